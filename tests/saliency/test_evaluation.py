"""The table of models between floor and ceiling."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2
import numpy as np
import pytest

from foveation import as_image, write_image
from saliency import IttiKoch
from saliency.evaluation import CEILING, FLOOR, MEASURES, evaluate, measure_maps
from saliency.measures.fixations import fixation_density
from saliency.measures.information import information_gain
from saliency.measures.scores import as_density, auc_judd, auc_shuffled, cc, kl_divergence, nss, sim
from saliency.recordings.recordings import Recordings, centre_density

SHAPE = (48, 64)


@dataclass(frozen=True)
class Brightness:
    """A model that knows what the observers of these tests look at."""

    def __call__(self, image):
        return cv2.GaussianBlur(image[:, :, 0], (0, 0), 2)


@dataclass(frozen=True)
class Probable(Brightness):
    """The same, with probabilities."""

    def log_density(self, image):
        return np.log(as_density(self(image), floor=0.01))


@dataclass(frozen=True)
class Suited(Brightness):
    """Another map for the shuffled area."""

    def metric_map(self, image, measure):
        return 1 - image[:, :, 0] if measure == "auc_shuffled" else self(image)


@dataclass(frozen=True)
class SuitedAtOnce(Suited):
    """The same maps, all of them at once."""

    def metric_map(self, image, measure):
        raise AssertionError("asked for one map after the other")

    def metric_maps(self, image, measures):
        return {measure: Suited.metric_map(self, image, measure) for measure in measures}


@dataclass(frozen=True)
class Named:
    """A model that wants to know the picture's name."""

    def for_picture(self, name):
        return lambda image: np.full(image.shape[:2], float(name[1])) + image[:, :, 0]


@dataclass(frozen=True)
class Fragile(Brightness):
    """Fails on dark pictures."""

    def __call__(self, image):
        if image.mean() < 0.1:
            raise ZeroDivisionError("too dark")
        return super().__call__(image)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six pictures with one bright spot each, at which four observers look, and somewhere else too."""
    path = tmp_path_factory.mktemp("eyes")
    rng = np.random.default_rng(4)
    rows = ["image,subject,x,y"]
    for k in range(6):
        spot = rng.integers((8, 8), (SHAPE[1] - 8, SHAPE[0] - 8))
        picture = np.full(SHAPE, 20 if k == 5 else 100, np.uint8)
        cv2.circle(picture, tuple(map(int, spot)), 1 if k == 5 else 4, 255, -1)
        write_image(path / f"p{k}.png", picture)
        for subject in range(4):
            at = np.concatenate([rng.normal(spot, 2, (5, 2)), rng.random((1, 2)) * (63, 47)])
            rows += [f"p{k}.png,s{subject},{x:.2f},{y:.2f}" for x, y in np.clip(at, 0, (63, 47))]
    (path / "fixations.csv").write_text("\n".join(rows))
    return path


@pytest.fixture(scope="module")
def recordings(folder):
    return Recordings.read(folder)


@pytest.fixture(scope="module")
def evaluation(recordings):
    models = {"bright": Brightness(), "probable": Probable(), "suited": Suited(), "itti": IttiKoch()}
    return evaluate(models, recordings, sigma=3, rng=0)


def test_the_rows_are_floor_models_and_ceiling(evaluation):
    assert evaluation.rows == (FLOOR, "bright", "probable", "suited", "itti", CEILING)
    assert evaluation.pictures == tuple(f"p{k}.png" for k in range(6))
    assert evaluation.fixations == 6 * 4 * 6
    assert set(evaluation.scores) == set(MEASURES)
    assert all(scores.shape == (6, 6) for scores in evaluation.scores.values())


def test_a_good_model_lies_between_floor_and_ceiling(evaluation):
    for measure in ("nss", "auc_judd", "auc_shuffled", "cc", "sim"):
        floor, model, ceiling = (evaluation.mean(row, measure).value for row in (FLOOR, "bright", CEILING))
        assert floor < model
        assert floor < ceiling
    assert evaluation.mean(FLOOR, "information_gain").value == 0
    assert evaluation.mean(CEILING, "information_gain").value > 1
    assert evaluation.over("bright", "nss").value > 2 * evaluation.over("bright", "nss").error > 0


def test_the_scores_are_those_of_the_measures(recordings, evaluation):
    name, k = "p2.png", 2
    image = as_image(recordings.pixels(name))
    map_, places = Brightness()(image), recordings.places(name)
    density = fixation_density(places, SHAPE, sigma=3)
    lifted = map_.astype(float) - map_.min()
    centre = centre_density(recordings.elsewhere(name), SHAPE)
    for measure, expected in {
        "nss": nss(map_, places),
        "auc_judd": auc_judd(map_, places),
        "auc_shuffled": auc_shuffled(map_, places, recordings.elsewhere(name)),
        "cc": cc(map_, density),
        "sim": sim(lifted, density),
        "kl_divergence": kl_divergence(lifted, density),
    }.items():
        assert evaluation.scores[measure][1, k] == pytest.approx(expected, abs=1e-12)
    assert evaluation.scores["nss"][0, k] == nss(centre, places)
    gain = information_gain(Probable().log_density(image), places, np.log(centre))
    assert evaluation.scores["information_gain"][2, k] == pytest.approx(gain, abs=1e-12)


def test_a_model_may_offer_probabilities_and_maps_for_measures(evaluation):
    assert np.isnan(evaluation.mean("bright", "information_gain").value)
    assert evaluation.mean("probable", "information_gain").value > 0.2
    bright, suited = (evaluation.mean(row, "auc_shuffled").value for row in ("bright", "suited"))
    assert suited < 0.5 < bright
    np.testing.assert_array_equal(evaluation.scores["nss"][1], evaluation.scores["nss"][3])


def test_a_model_may_give_the_maps_for_all_measures_at_once(recordings):
    scored = evaluate({"one": Suited(), "all": SuitedAtOnce()}, recordings, sigma=3, rng=0)
    assert not scored.failures
    for scores in scored.scores.values():
        assert np.array_equal(scores[1], scores[2], equal_nan=True)
    maps = measure_maps(SuitedAtOnce(), np.eye(4, dtype=np.float32)[:, :, np.newaxis].repeat(3, 2), ("auc_shuffled",))
    assert np.array_equal(maps["auc_shuffled"], 1 - np.eye(4))


def test_a_model_may_want_the_name_of_the_picture(recordings):
    evaluation = evaluate({"named": Named()}, recordings, sigma=3, rng=0)
    assert not evaluation.failures
    assert evaluation.mean("named", "nss").value > 1


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_the_scores_are_the_same_with_any_executor(recordings, evaluation, kind):
    models = {"bright": Brightness(), "probable": Probable(), "suited": Suited(), "itti": IttiKoch()}
    pool = (
        ThreadPoolExecutor(3) if kind == "threads" else ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    )  # fork would copy the locks of running threads
    with pool as executor:
        other = evaluate(models, recordings, sigma=3, rng=np.random.default_rng(0), executor=executor)
    for measure in MEASURES:
        np.testing.assert_array_equal(other.scores[measure], evaluation.scores[measure])


def test_the_seed_draws_what_is_drawn(recordings):
    first, again, other = (
        evaluate({"bright": Brightness()}, recordings, sigma=3, rng=seed, negatives=40) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.scores["auc_shuffled"], again.scores["auc_shuffled"])
    assert np.any(first.scores["auc_shuffled"] != other.scores["auc_shuffled"])
    np.testing.assert_array_equal(first.scores["nss"][:2], other.scores["nss"][:2])


def test_some_pictures_can_be_scored_while_all_count(recordings, evaluation):
    some = evaluate({"bright": Brightness()}, recordings, sigma=3, rng=0, pictures=["p4.png", "p1.png"])
    assert some.pictures == ("p1.png", "p4.png")
    np.testing.assert_array_equal(some.scores["nss"][0], evaluation.scores["nss"][0][[1, 4]])


def test_a_model_that_fails_on_a_picture_is_named_and_the_rest_is_done(recordings):
    models = {"fragile": Fragile(), "flat": lambda image: image, "bright": Brightness()}
    evaluation = evaluate(models, recordings, sigma=3, rng=0)
    assert ("fragile", "p5.png", "ZeroDivisionError: too dark") in evaluation.failures
    assert len(evaluation.failures) == 7
    assert np.isnan(evaluation.scores["nss"][1]).tolist() == [False] * 5 + [True]
    assert np.isfinite(evaluation.scores["nss"][3]).all()
    assert evaluation.mean("fragile", "nss").value == np.mean(evaluation.scores["nss"][1, :5])
    said = str(evaluation)
    assert "fragile failed on 'p5.png': ZeroDivisionError: too dark" in said
    assert "flat failed on 'p0.png' and 5 more: expected a map of shape (48, 64), got (48, 64, 3)" in said
    assert evaluation.table()["failures"] == [0, 1, 6, 0, 0]
    assert evaluation.table()["pictures"] == [6, 5, 0, 6, 6]


def test_a_picture_that_cannot_be_read_is_named(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    recordings = Recordings.read(tmp_path)
    assert all(recordings.shape(name) == SHAPE for name in recordings)
    (tmp_path / "p3.png").write_bytes(b"not a picture")
    evaluation = evaluate({"bright": Brightness()}, recordings, sigma=3, rng=0)
    assert [failure[:2] for failure in evaluation.failures] == [("bright", "p3.png")]
    assert np.isnan(evaluation.scores["nss"][:, 3]).all()
    assert np.isfinite(np.delete(evaluation.scores["nss"], 3, axis=1)).all()


def test_a_single_observer_has_no_ceiling(tmp_path):
    for k in range(2):
        write_image(tmp_path / f"{k}.png", np.arange(100, dtype=np.uint8).reshape(10, 10))
    (tmp_path / "fixations.csv").write_text("image,subject,x,y\n0.png,a,5,5\n1.png,a,5,6\n")
    evaluation = evaluate({"bright": Brightness()}, Recordings.read(tmp_path), sigma=1, rng=0)
    assert np.isnan(evaluation.mean(CEILING, "nss").value)
    assert np.isfinite(evaluation.mean("bright", "nss").value)
    assert "inter-observer" in str(evaluation)


def test_the_table_is_aligned(evaluation):
    head, *rows, last = str(evaluation).splitlines()
    assert head.split() == ["NSS", "AUC-Judd", "sAUC", "CC", "SIM", "KL", "IG", "bit", "NSS", "over", "centre", "ms"]
    assert len(rows) == 6
    end = head.index("NSS") + 3
    for row, name in zip(rows, evaluation.rows, strict=True):
        assert row.startswith(name)
        assert row[end - 5 : end].strip() == f"{evaluation.mean(name, 'nss').value:.3f}"
    assert last.startswith("means over 6 pictures, 144 fixations")


def test_the_columns_are_of_equal_length(evaluation):
    table = evaluation.table()
    assert {len(column) for column in table.values()} == {6}
    assert table["nss"][1] == evaluation.mean("bright", "nss").value
    assert table["nss_over_floor"][1] == pytest.approx(table["nss"][1] - table["nss"][0])
    assert table["nss_over_floor"][0] == 0
    assert table["milliseconds"][1] > 0
    long = evaluation.per_picture()
    assert {len(column) for column in long.values()} == {36}
    assert long["nss"][6 + 2] == evaluation.scores["nss"][1, 2]
    assert (long["model"][8], long["image"][8]) == ("bright", "p2.png")


def test_errors_and_intervals_tell_how_sure_a_mean_is(evaluation):
    scores = evaluation.scores["nss"][1]
    mean = evaluation.mean("bright", "nss")
    assert mean.error == pytest.approx(np.std(scores, ddof=1) / np.sqrt(6))
    low, high = evaluation.interval("bright", "nss", rng=0)
    assert scores.min() <= low < mean.value < high <= scores.max()
    assert evaluation.interval("bright", "nss", rng=0) == (low, high)
    narrow = evaluation.interval("bright", "nss", rng=0, level=0.5)
    assert low < narrow[0] < narrow[1] < high
    assert np.isnan(evaluation.interval("bright", "information_gain", rng=0)).all()
    gain = evaluation.over("bright", "nss", "itti")
    assert gain.value == pytest.approx(mean.value - evaluation.mean("itti", "nss").value)


def test_the_results_can_be_watched(recordings):
    seen = []

    def watch(results):
        for result in results:
            seen.append(result)
            yield result

    watched = evaluate({"bright": Brightness()}, recordings, sigma=3, rng=0, watch=watch)
    assert len(seen) == len(watched.pictures) == 6
    assert [[each.scores[row]["nss"] for each in seen] for row in watched.rows] == watched.scores["nss"].tolist()


def test_bad_input_is_answered_in_words(recordings, evaluation):
    for sentence, call in {
        "standard deviation above 0, got 0": lambda: evaluate({}, recordings, sigma=0, rng=0),
        "another name for a model than 'centre bias'": lambda: evaluate(
            {"centre bias": Brightness()}, recordings, sigma=3, rng=0
        ),
        "at least two pictures": lambda: evaluate({}, recordings.select(["p0.png"]), sigma=3, rng=0),
        "pictures to score, got none": lambda: evaluate({}, recordings, sigma=3, rng=0, pictures=[]),
        "at least one fixation elsewhere": lambda: evaluate({}, recordings, sigma=3, rng=0, negatives=0),
        "no row 'x'; expected one of: centre bias, ": lambda: evaluation.mean("x", "nss"),
        "no measure 'x'; expected one of: nss, ": lambda: evaluation.mean("bright", "x"),
        "a level between 0 and 1": lambda: evaluation.interval("bright", "nss", rng=0, level=2),
    }.items():
        with pytest.raises(ValueError, match=sentence):
            call()
    with pytest.raises(TypeError, match="expected a model that can be called with a picture, got int: 'three'"):
        evaluate({"three": 3}, recordings, sigma=3, rng=0)
