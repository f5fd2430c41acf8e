"""Observers between floors and the ceiling: every score by a slow twin, and what becomes of bad data."""

from concurrent.futures import Executor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import combinations

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from foveation import Viewing, saccade_duration, write_image
from neural import Observer
from neural.figures import draw_between, observers_figure
from neural.observer.evaluation import evaluate_scanpaths
from neural.observer.evaluation_protocol import viewing_time
from neural.observer.scores import ELSEWHERE, MEASURES, PREDICTIONS, UNIFORM
from saliency import Recordings, Scanpath, WinnerTakeAll
from saliency.evaluation import CEILING, FLOOR
from saliency.gate.gates import Luce
from saliency.measures.fixations import fixation_density
from saliency.measures.scores import auc, nss
from saliency.priority.log_linear import LogLinear
from saliency.scanpaths.distributions import wasserstein
from saliency.scanpaths.sequences import fixation_clusters
from saliency.scanpaths.similarity import SIMILARITIES, similarities

SHAPE = (60, 80)
VIEWING = Viewing.from_pixels_per_degree(4, SHAPE)


@dataclass(frozen=True)
class Brightness:
    """A model that knows what the observers of these tests look at."""

    def __call__(self, image):
        return cv2.GaussianBlur(np.ascontiguousarray(image[:, :, 0]), (0, 0), 2)


@dataclass(frozen=True)
class Darkness:
    """A model that is wrong."""

    def __call__(self, image):
        return 1.0 - image[:, :, 0]


@dataclass(frozen=True)
class Named:
    """A model that wants to know the picture's name, and does not know all of them."""

    def for_picture(self, name):
        if name == "p1.png":
            raise KeyError(name)
        return Brightness()


@dataclass(frozen=True)
class Doubled(Luce):
    """A gate whose probabilities do not sum to 1."""

    def weights(self, priority):
        return 2 * super().weights(priority)


def follows(model):
    return Observer(model=model, priority=LogLinear.unlearned(), cells=16)


def written(folder, people=4, pictures=6, rows=lambda row: [row]):
    """Pictures with three bright spots, between which the viewers go to and fro; one picture is larger."""
    rng = np.random.default_rng(4)
    lines = ["image,subject,index,x,y,duration_ms"]
    for k in range(pictures):
        height, width = np.multiply(SHAPE, 2 if k == 2 else 1)
        spots = rng.integers((8, 8), (width - 8, height - 8), (3, 2))
        picture = np.full((height, width), 20, np.uint8)
        for spot in spots:
            cv2.circle(picture, tuple(map(int, spot)), 4, 255, -1)
        write_image(folder / f"p{k}.png", picture)
        for subject in range(people):
            order = rng.integers(3, size=4 + subject)
            places = np.clip(rng.normal(spots[order], 2), 0, (width - 1, height - 1))
            for index, (x, y) in enumerate(places):
                lines += rows(f"p{k}.png,s{subject},{index},{x:.2f},{y:.2f},{rng.integers(100, 400)}")
    lines.append("p0.png,s0,9,-30,5,200")
    (folder / "fixations.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("eyes"))


@pytest.fixture(scope="module")
def recordings(folder):
    return Recordings.read(folder)


OBSERVERS = {
    "bright": follows(Brightness()),
    "dark": follows(Darkness()),
    "decides": Observer(model=Brightness(), gate=WinnerTakeAll(noise=0.2), eye=None, map_from_retina=False, cells=16),
    "covert": replace(Observer.preset("itti1998"), model=Brightness(), cells=16),
}


@pytest.fixture(scope="module")
def evaluation(recordings):
    return evaluate_scanpaths(OBSERVERS, recordings, VIEWING, rng=0, paths=3)


def score(evaluation, row, measure, picture):
    return evaluation.scores[measure][evaluation.rows.index(row), evaluation.pictures.index(picture)]


def cell_of(place, grid, shape):
    return int((place[1] + 0.5) * grid[0] / shape[0]), int((place[0] + 0.5) * grid[1] / shape[1])


def inside(place, shape):
    return -0.5 <= place[0] < shape[1] - 0.5 and -0.5 <= place[1] < shape[0] - 0.5


def judged(densities, places, centre, shape):
    """Slow twin: the four conditional scores of one density a fixation, by the measures for maps."""
    rows = []
    for density, place in zip(densities, places, strict=True):
        if inside(place, shape):
            at = cell_of(place, density.shape, shape)
            chance = density[at]
            rows.append(
                (
                    np.log2(chance * density.size),
                    np.log2(chance / centre[at]),
                    nss(density, [at[::-1]]),
                    auc([chance], density.ravel()),
                )
            )
    return dict(zip(PREDICTIONS, np.mean(rows, axis=0), strict=True))


@pytest.mark.parametrize("picture", ["p0.png", "p2.png"])
def test_the_next_fixation_is_judged_on_the_density_before_it(evaluation, recordings, picture):
    shape, paths = recordings.shape(picture), recordings.scanpaths(picture, VIEWING)
    pixels = recordings.pixels(picture)
    before = [density for path in paths for density in OBSERVERS["bright"].follow(pixels, VIEWING, path)]
    places = np.concatenate([path.places for path in paths])
    centre = recordings.density(before[0].shape, without=picture)
    for measure, value in judged(before, places, centre, shape).items():
        assert score(evaluation, "bright", measure, picture) == pytest.approx(value, rel=1e-9)
    for measure, value in judged([centre] * len(places), places, centre, shape).items():
        assert score(evaluation, FLOOR, measure, picture) == pytest.approx(value, rel=1e-9)


def test_the_ceiling_of_prediction_is_what_the_other_viewers_look_at(evaluation, recordings):
    picture, grid = "p2.png", (12, 16)
    shape, paths = recordings.shape(picture), recordings.scanpaths(picture, VIEWING)
    centre = recordings.density(grid, without=picture)
    scale = grid[1] / shape[1]
    densities = []
    for path in paths:
        others = np.concatenate([other.places for other in paths if other is not path])
        density = fixation_density(
            (others + 0.5) * scale - 0.5, grid, sigma=0.8 * paths[0].viewing.pixels_per_degree * scale
        )
        densities += [0.9 * density + 0.1 * centre] * len(path)
    places = np.concatenate([path.places for path in paths])
    for measure, value in judged(densities, places, centre, shape).items():
        assert score(evaluation, CEILING, measure, picture) == pytest.approx(value, rel=1e-3)


def test_an_even_density_has_no_gain_and_the_centre_bias_none_over_itself(evaluation):
    for measure, value in zip(PREDICTIONS, (0, None, 0, 0.5), strict=True):
        if value is not None:
            np.testing.assert_allclose(evaluation.scores[measure][0], value, atol=1e-12)
    np.testing.assert_allclose(evaluation.scores["information_gain"][1], 0, atol=1e-12)
    likelihood, gain = (evaluation.scores[name] for name in ("log_likelihood", "information_gain"))
    known = [0, 1, 3, 4, -1]
    np.testing.assert_allclose((likelihood - gain)[known], np.tile((likelihood - gain)[0], (5, 1)), atol=1e-9)


def means_of(pairs, clusters):
    scores = [similarities(*pair, clusters=clusters) for pair in pairs]
    return {name: np.nanmean([each[name] for each in scores]) for name in scores[0]}


def test_paths_are_compared_with_all_viewers_and_viewers_with_each_other(evaluation, recordings):
    picture = "p3.png"
    people = recordings.scanpaths(picture, VIEWING)
    clusters = fixation_clusters(people)
    for row in ("bright", ELSEWHERE, FLOOR):
        simulated = [path for path in evaluation.paths[row] if path.stimulus == picture or row != "bright"]
        if row != "bright":
            simulated = evaluation.paths[row][9:12]  # three for each picture, in order
        assert len(simulated) == 3
        for name, value in means_of([(path, person) for path in simulated for person in people], clusters).items():
            assert score(evaluation, row, name, picture) == pytest.approx(value, nan_ok=True)
    for name, value in means_of(list(combinations(people, 2)), clusters).items():
        assert score(evaluation, CEILING, name, picture) == pytest.approx(value, nan_ok=True)
    sample = fixation_density(np.concatenate([p.places for p in people]), SHAPE, sigma=4)
    places = np.concatenate([p.places for p in evaluation.paths["bright"] if p.stimulus == picture])
    assert score(evaluation, "bright", "fixation_nss", picture) == pytest.approx(nss(sample, places))
    alone = []
    for person in people:
        others = np.concatenate([other.places for other in people if other is not person])
        alone.append(nss(fixation_density(others, SHAPE, sigma=4), person.places))
    assert score(evaluation, CEILING, "fixation_nss", picture) == pytest.approx(np.mean(alone))


def test_who_sees_what_people_look_at_is_better_than_the_floor_and_who_sees_the_rest_is_not(evaluation):
    for row, measures in (("bright", PREDICTIONS), ("decides", ("scanmatch", "multimatch_position", "fixation_nss"))):
        for measure in measures:
            over = evaluation.over(row, measure)
            assert over.value > 2 * over.error
            assert evaluation.over("dark", measure).value < 0
    distance = evaluation.over("decides", "dtw")
    assert distance.value < -2 * distance.error
    assert not MEASURES["dtw"].greater_is_better


def test_people_elsewhere_saw_other_pictures_half_way_is_half_way(evaluation, recordings):
    taken = evaluation.paths[ELSEWHERE]
    for k, path in enumerate(taken):
        here = evaluation.pictures[k // 3]
        assert path.stimulus != here
        shape = recordings.shape(here)
        assert path.viewing == VIEWING.of_picture(shape)
        origin = next(p for p in recordings.scanpaths(path.stimulus, VIEWING) if p.subject == path.subject)
        scale = shape[0] / recordings.shape(path.stimulus)[0]
        np.testing.assert_allclose(path.places + 0.5, (origin.places + 0.5) * scale)
    for row in (UNIFORM, FLOOR):
        assert [len(path) for path in evaluation.paths[row]] == [len(path) for path in taken]
        for drawn, like in zip(evaluation.paths[row], taken, strict=True):
            np.testing.assert_array_equal(drawn.duration, like.duration)


def test_a_gate_that_decides_predicts_nothing_but_its_paths_count(evaluation):
    row = evaluation.rows.index("decides")
    for measure in PREDICTIONS:
        assert np.isnan(evaluation.scores[measure][row]).all()
    assert np.isfinite(evaluation.scores["scanmatch"][row]).all()
    assert evaluation.failures == ()


def test_attention_without_an_eye_is_given_times_of_people_elsewhere(evaluation):
    for path, like in zip(evaluation.paths["covert"], evaluation.paths[ELSEWHERE], strict=True):
        assert 0 < len(path) <= len(like)
        np.testing.assert_array_equal(path.duration, like.duration[: len(path)])
    assert any("No durations of their own" in line and "covert" in line for line in evaluation.protocol)


def test_eye_movements_are_compared_over_all_pictures(evaluation, recordings):
    everyone = [path for name in recordings for path in recordings.scanpaths(name, VIEWING)]
    amplitudes = [np.concatenate([p.amplitudes_deg for p in paths]) for paths in (evaluation.paths["dark"], everyone)]
    distance, *_ = evaluation.movements("dark")
    assert distance.value == pytest.approx(wasserstein(*amplitudes))
    assert evaluation.comparisons["dark"].people.paths == len(everyone) == 24
    halves = evaluation.comparisons[CEILING]
    assert (halves.model.paths, halves.people.paths) == (12, 12)


@pytest.mark.parametrize("order", [["dark", "bright"], ["bright"]])
def test_an_executor_changes_nothing(evaluation, recordings, order):
    with ThreadPoolExecutor(2) as executor:
        other = evaluate_scanpaths(
            {name: OBSERVERS[name] for name in OBSERVERS}, recordings, VIEWING, rng=0, paths=3, executor=executor
        )
    for measure, scores in evaluation.scores.items():
        for row in order:
            np.testing.assert_array_equal(other.scores[measure][other.rows.index(row)], scores[other.rows.index(row)])
    assert other.paths["bright"] == evaluation.paths["bright"]


def test_some_pictures_can_be_scored_and_the_others_still_count_for_the_floor(evaluation, recordings):
    some = evaluate_scanpaths(
        {"bright": OBSERVERS["bright"]}, recordings, VIEWING, rng=0, paths=3, pictures=["p3.png", "p0.png"]
    )
    assert some.pictures == ("p0.png", "p3.png")
    for picture in some.pictures:
        for row in (FLOOR, "bright", CEILING):
            expected = score(evaluation, row, "information_gain", picture)
            assert score(some, row, "information_gain", picture) == pytest.approx(expected)


def test_a_model_may_ask_for_the_pictures_name_and_fail_on_one(evaluation, recordings):
    named = evaluate_scanpaths({"named": follows(Named())}, recordings, VIEWING, rng=0, paths=2)
    assert [tuple(failure) for failure in named.failures] == [("named", "p1.png", "KeyError: 'p1.png'")]
    assert np.isnan(score(named, "named", "log_likelihood", "p1.png"))
    for picture in ("p0.png", "p5.png"):
        expected = score(evaluation, "bright", "log_likelihood", picture)
        assert score(named, "named", "log_likelihood", picture) == pytest.approx(expected)
    assert "named failed on 'p1.png': KeyError: 'p1.png'" in str(named)


def test_probabilities_that_do_not_sum_are_refused_and_the_paths_are_kept(recordings):
    twice = replace(OBSERVERS["bright"], gate=Doubled())
    evaluation = evaluate_scanpaths({"twice": twice}, recordings, VIEWING, rng=0, paths=2, pictures=["p0.png"])
    assert "expected probabilities that sum to 1, got a sum of 2" in evaluation.failures[0].reason
    assert np.isnan(evaluation.mean("twice", "log_likelihood").value)
    assert np.isfinite(evaluation.mean("twice", "scanmatch").value)


def test_pictures_that_cannot_be_read_are_listed_and_the_rest_is_done(tmp_path):
    written(tmp_path, pictures=5)
    (tmp_path / "p1.png").write_bytes(b"no picture")
    (tmp_path / "p4.png").unlink()
    with (tmp_path / "fixations.csv").open("a") as file:
        file.write("\np3.png,s1,2,1,1,100")
    recordings = Recordings.read(tmp_path)
    evaluation = evaluate_scanpaths({"bright": OBSERVERS["bright"]}, recordings, VIEWING, rng=0, paths=2)
    assert {failure.picture for failure in evaluation.failures} == {"p1.png", "p3.png"}
    said = str(evaluation)
    assert "reading failed on 'p1.png': " in said
    assert "two fixations with index 2 of observer 's1' on 'p3.png'" in said
    assert "fixations.csv', rows " in said
    known = np.isfinite(evaluation.scores["scanmatch"][evaluation.rows.index("bright")])
    assert dict(zip(evaluation.pictures, known.tolist(), strict=True)) == {
        "p0.png": True, "p1.png": False, "p2.png": True, "p3.png": False
    }  # fmt: skip
    (tmp_path / "images.csv").write_text("image,width,height\np1.png,80,60\n")
    told = evaluate_scanpaths({"bright": OBSERVERS["bright"]}, Recordings.read(tmp_path), VIEWING, rng=0, paths=2)
    assert np.isfinite(score(told, CEILING, "scanmatch", "p1.png"))  # its size is known, and so the people's scores
    assert np.isnan(score(told, "bright", "scanmatch", "p1.png"))


class Dying(Executor):
    """An executor whose worker dies after two tasks."""

    def map(self, fn, *iterables, timeout=None, chunksize=1):
        for number, arguments in enumerate(zip(*iterables, strict=True)):
            if number == 2:
                raise BrokenProcessPool("gone")
            yield fn(*arguments)


def test_what_was_done_before_a_worker_died_is_kept(evaluation, recordings):
    broken = evaluate_scanpaths(OBSERVERS, recordings, VIEWING, rng=0, paths=3, executor=Dying())
    assert [failure.picture for failure in broken.failures] == ["p2.png", "p3.png", "p4.png", "p5.png"]
    assert "a worker ended before its work was done" in str(broken)
    for measure, scores in evaluation.scores.items():
        np.testing.assert_array_equal(broken.scores[measure][:, :2], scores[:, :2])
        assert np.isnan(broken.scores[measure][:, 2:]).all()


def test_with_one_viewer_there_is_no_ceiling_and_it_is_said(tmp_path):
    recordings = Recordings.read(written(tmp_path, people=1, pictures=3))
    evaluation = evaluate_scanpaths({"bright": OBSERVERS["bright"]}, recordings, VIEWING, rng=0, paths=2)
    assert np.isnan(evaluation.mean(CEILING, "scanmatch").value)
    assert np.isfinite(evaluation.mean("bright", "scanmatch").value)
    assert "One viewer only, and so no ceiling: 3 of 3 pictures." in str(evaluation)
    assert len(draw_between(evaluation, ax=Figure().subplots()).get_yticks()) == 0


def test_without_durations_what_needs_them_is_not_known(tmp_path):
    recordings = Recordings.read(written(tmp_path, pictures=3, rows=lambda row: [row.rpartition(",")[0] + ","]))
    evaluation = evaluate_scanpaths({"bright": OBSERVERS["bright"]}, recordings, VIEWING, rng=0, paths=2)
    assert evaluation.failures == ()
    for row in ("bright", CEILING, ELSEWHERE):
        assert np.isnan(evaluation.mean(row, "scanmatch").value)
        assert np.isfinite(evaluation.mean(row, "scanmatch_order").value)
    assert all(path.watched > 1 for path in evaluation.paths["bright"])


def test_viewing_time_is_that_of_the_last_fixation_or_the_sum_of_all_parts():
    places = {"x": [10, 30], "y": [10, 10], "viewing": VIEWING}
    timed = Scanpath(**places, onset=[0.3, 0.9], duration=[0.2, 0.4], watched=1.3)
    assert viewing_time(timed) == 1.3
    untimed = replace(timed, onset=[np.nan] * 2, duration=[0.2, np.nan], watched=0.2)
    flights = saccade_duration(VIEWING.angle_deg(VIEWING.centre, (10, 10))) + saccade_duration(
        VIEWING.angle_deg((10, 10), (30, 10))
    )
    assert viewing_time(untimed) == pytest.approx(0.2 + 0.2 + 0.25 + float(flights))


def test_observers_see_as_long_as_people_or_as_told(evaluation, recordings):
    for path in evaluation.paths["bright"]:
        people = [viewing_time(person) for person in recordings.scanpaths(path.stimulus, VIEWING)]
        assert path.watched == pytest.approx(np.median(people))
    told = evaluate_scanpaths({"bright": OBSERVERS["bright"]}, recordings, VIEWING, rng=0, paths=2, duration=0.7)
    assert {path.watched for path in told.paths["bright"]} == {0.7}
    assert "seen 0.7 s" in str(told)


def test_the_tables_have_all_scores(evaluation):
    table = evaluation.table()
    assert {len(column) for column in table.values()} == {len(evaluation.rows)}
    assert table["model"] == [UNIFORM, FLOOR, ELSEWHERE, *OBSERVERS, CEILING]
    assert evaluation.observers == tuple(OBSERVERS)
    assert set(MEASURES) | {"fixation_nss_over_floor_error", "wasserstein_1_of_amplitude_deg"} <= set(table)
    row = evaluation.rows.index("bright")
    assert table["scanmatch"][row] == evaluation.scores["scanmatch"][row].mean()
    difference = evaluation.scores["scanmatch"][row] - evaluation.scores["scanmatch"][2]
    assert table["scanmatch_over_floor"][row] == pytest.approx(difference.mean())
    assert table["scanmatch_over_floor_error"][row] == pytest.approx(difference.std(ddof=1) / np.sqrt(6))
    each = evaluation.per_picture()
    assert len(each["image"]) == len(evaluation.rows) * 6
    assert set(SIMILARITIES) <= set(each)
    with pytest.raises(ValueError, match="there is no measure 'rouge'"):
        evaluation.over("bright", "rouge")
    with pytest.raises(ValueError, match="there is no row 'green'"):
        evaluation.movements("green")


def test_the_text_tells_scores_units_and_protocol(evaluation):
    said = str(evaluation)
    assert "4 pixels per degree" in said
    assert "1 outside the pictures count as history only" in said
    line = next(line for line in said.splitlines() if "ScanMatch, 50 ms" in line)
    mean = evaluation.mean("bright", "scanmatch")
    assert f"{mean.value:.3f} ± {mean.error:.3f}" in line
    for words in ("6 pictures, 24 paths of people", "Floor: centre bias", "12 x 8 bins", "less is better"):
        assert words in said
    assert max(map(len, said.splitlines()[:30])) < 220


def test_the_report_shows_the_way_from_floor_to_ceiling(evaluation):
    figure = observers_figure(evaluation)
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(OBSERVERS)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert MEASURES["scanmatch"].title in names
    floor, ceiling = (evaluation.mean(row, "scanmatch").value for row in (ELSEWHERE, CEILING))
    share = (evaluation.mean("bright", "scanmatch").value - floor) / (ceiling - floor)
    drawn = ax.containers[0].lines[0].get_xdata()
    assert np.abs(drawn - share).min() < 1e-9
    assert any("Ceiling: density of the other viewers" in text.get_text() for text in figure.texts)


def test_who_learns_is_known():
    assert Observer().parts.learns
    assert not Observer.preset("itti1998").parts.learns


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({"observers": {}}, ValueError, "expected observers to score, got none"),
        ({"observers": {"uniform": OBSERVERS["dark"]}}, ValueError, "another name for an observer than 'uniform'"),
        ({"observers": {"map": Brightness()}}, TypeError, "expected an Observer, got Brightness: 'map'"),
        ({"paths": 0}, ValueError, "expected at least one path for each picture, got 0"),
        ({"duration": -1.0}, ValueError, "expected a positive duration in seconds, got -1.0"),
        ({"pictures": ["p9.png"]}, ValueError, "there is no picture 'p9.png'"),
    ],
)
def test_bad_arguments_are_answered_in_words(recordings, changes, kind, sentence):
    arguments = {"observers": {"bright": OBSERVERS["bright"]}, "recordings": recordings, "viewing": VIEWING, "rng": 0}
    with pytest.raises(kind, match=sentence):
        evaluate_scanpaths(**arguments | changes)


def test_one_picture_is_too_few(recordings, tmp_path):
    with pytest.raises(ValueError, match="out of at least two with fixations, got 1"):
        evaluate_scanpaths({"bright": OBSERVERS["bright"]}, recordings.select(["p0.png"]), VIEWING, rng=0)
    written(tmp_path, pictures=2)
    (tmp_path / "p1.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"got 1; 'p1\.png': "):
        evaluate_scanpaths({"bright": OBSERVERS["bright"]}, Recordings.read(tmp_path), VIEWING, rng=0)
