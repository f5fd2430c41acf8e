"""The learned read-out: a lawful density, its maps, its file. Most weights here are random: any will do."""

import json
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import sample_pixels
from saliency import CentreBias, Channels, Readout, check_model
from saliency.features.early import working_picture
from saliency.models.readout.readout import WIDTHS, Weights, random_parameters, scores

PICTURE = sample_pixels("coffee")
PLAIN = Channels(faces=None)


def darker(image):
    """A further channel, for tests."""
    return 1 - np.asarray(image, np.float32)[np.newaxis, ::4, ::4, 0] / 255


def learned(seed=0, *, further=0, names=PLAIN.names, **changed):
    """Weights such as training gives, but random."""
    rng = np.random.default_rng(seed)
    count = len(names) + further
    places = np.clip(rng.normal((0.4, 0.55), 0.15, (500, 2)), 0, 1)
    parameters = random_parameters(count, rng) | {"own": rng.normal(0, 0.3, count).astype(np.float32)}
    made = Weights(
        parameters=parameters | changed,
        mean=rng.random(count).astype(np.float32),
        spread=(0.5 + rng.random(count)).astype(np.float32),
        centre=CentreBias.fit(places - 0.5, (1, 1), kind="kernels"),
        names=names,
        blur=0.02,
        provenance="drawn by lot",
    )
    return made


@pytest.fixture
def path(tmp_path):
    learned().write(tmp_path / "some.npz")
    return tmp_path / "some.npz"


def total(log_density):
    return np.exp(log_density).sum()


# --- the density ---


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 60), st.integers(2, 60), st.integers(0, 99))
def test_the_density_of_any_picture_adds_up_to_one(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    readout = Readout(faces=False)
    density = readout.log_density(image)
    assert density.shape == (height, width)
    assert density.dtype == np.float64
    assert total(density) == pytest.approx(1, abs=1e-9)
    assert readout(image).shape == (height, width)


@pytest.mark.parametrize("shape", [(700, 90), (90, 1300), (3, 400)])
def test_pictures_of_any_proportions_have_a_density(path, shape):
    image = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    readout = Readout(path=path)
    assert total(readout.log_density(image)) == pytest.approx(1, abs=1e-9)
    assert readout(image).shape == shape


def test_the_map_is_the_density_as_a_share_of_its_peak(path):
    readout = Readout(path=path)
    density = np.exp(readout.log_density(PICTURE))
    map_ = readout(PICTURE)
    assert map_.max() == pytest.approx(1, abs=0.02)  # the peak of 1 is that of the coarse grid
    np.testing.assert_allclose(map_ / map_.max(), density / density.max(), atol=1e-6)
    coarse = readout.maps(PICTURE)["log density"]
    assert total(coarse) == pytest.approx(1, abs=1e-5)
    shares = cv2.resize(np.exp(coarse - coarse.max()), PICTURE.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(readout(PICTURE), shares, atol=1e-6)


def test_the_maps_are_the_channels_the_score_the_density_and_the_saliency(path):
    maps = Readout(path=path).maps(PICTURE)
    assert tuple(maps) == (*PLAIN.names, "score", "log density", "saliency")
    assert np.array_equal(np.stack([maps[name] for name in PLAIN.names]), PLAIN(PICTURE))
    assert maps["saliency"].dtype == np.float32
    assert maps["saliency"].shape == PICTURE.shape[:2]
    assert maps["saliency"].min() >= 0
    assert 0.95 < maps["saliency"].max() <= 1
    centre = CentreBias(cells=learned().centre.cells).log_density(maps["score"].shape)
    biased = maps["score"] + 0.8 * centre
    assert maps["log density"] == pytest.approx(biased - np.log(np.exp(biased).sum()), abs=1e-4)


@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("shape", [(60, 80, 3), (2, 2, 3), (300, 20)])
def test_where_nothing_differs_the_map_is_zero_and_the_density_the_centre_bias(path, level, shape):
    even = np.full(shape, level, np.uint8)
    readout = Readout(path=path)
    assert not readout(even).any()
    for measure in ("nss", "cc", "auc_shuffled"):
        assert not readout.metric_map(even, measure).any()
    expected = 0.8 * learned().centre.log_density(shape)
    assert readout.log_density(even) == pytest.approx(expected - np.log(np.exp(expected).sum()), abs=1e-6)
    unbiased = Readout(path=path, centre_bias=0).log_density(even)
    assert unbiased == pytest.approx(np.full(shape[:2], -np.log(shape[0] * shape[1])), rel=1e-9)


def test_without_centre_bias_the_density_is_that_of_the_score(path):
    score = Readout(path=path).maps(PICTURE)["score"]
    without = Readout(path=path, centre_bias=0).maps(PICTURE)["log density"]
    assert without == pytest.approx(score - np.log(np.exp(score.astype(np.float64)).sum()), abs=1e-4)


def test_the_more_centre_bias_the_more_of_the_density_is_where_people_look_anyway(path):
    centre = learned().centre.log_density(PICTURE.shape)
    expected = [
        (np.exp(Readout(path=path, centre_bias=bias).log_density(PICTURE)) * centre).sum() for bias in (0, 0.5, 1, 2)
    ]
    assert np.all(np.diff(expected) > 0)


def test_a_picture_and_its_mirror_image_have_mirrored_scores_if_the_weights_have():
    weights = learned()
    mirrored = {
        name: np.ascontiguousarray((value + value[..., ::-1]) / 2) if value.ndim == 4 else value
        for name, value in weights.parameters.items()
    }
    channels = np.random.default_rng(0).standard_normal((11, 48, 64)).astype(np.float32)  # halved without a remainder
    here, there = (scores(mirrored, each) for each in (channels, channels[:, :, ::-1]))
    assert there[:, ::-1] == pytest.approx(here, abs=1e-4)


def test_with_an_empty_pyramid_the_score_is_a_weighted_sum_of_channels(tmp_path):
    weights = learned(out=np.zeros(16, np.float32))
    weights.write(tmp_path / "linear.npz")
    by_hand = sum(
        own * (channel.astype(np.float64) - mean) / spread
        for own, channel, mean, spread in zip(
            weights.parameters["own"], PLAIN(PICTURE), weights.mean, weights.spread, strict=True
        )
    )
    assert Readout(path=tmp_path / "linear.npz").maps(PICTURE)["score"] == pytest.approx(by_hand, abs=1e-4)


def plain_scores(parameters, channels):
    """The pyramid with OpenCV's filters and resizing, a map at a time."""

    def mixed(maps, weights, bias):
        return np.stack(
            [
                sum(
                    cv2.filter2D(one, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE)
                    for one, kernel in zip(maps, kernels, strict=True)
                )
                + offset
                for kernels, offset in zip(weights.astype(np.float64), bias, strict=True)
            ]
        )

    def resized(maps, shape, way):
        return np.stack([cv2.resize(one, shape[::-1], interpolation=way) for one in maps])

    levels, here = [], channels.astype(np.float64)
    for level in range(len(WIDTHS)):
        half = resized(here, tuple(side // 2 for side in here.shape[1:]), cv2.INTER_AREA)
        here = np.maximum(mixed(half, parameters[f"encode {level}"], parameters[f"encode bias {level}"]), 0)
        levels.append(here)
    found = np.zeros((16, *levels[-1].shape[1:]))
    for level in reversed(range(len(WIDTHS))):
        side = np.einsum("oi,iyx->oyx", parameters[f"side {level}"], levels[level])
        side += parameters[f"side bias {level}"][:, np.newaxis, np.newaxis]
        side = np.maximum(side + resized(found, side.shape[1:], cv2.INTER_LINEAR), 0)
        found = np.maximum(mixed(side, parameters[f"mix {level}"], parameters[f"mix bias {level}"]), 0)
    pyramid = np.einsum("i,iyx->yx", parameters["out"], found)
    own = np.einsum("i,iyx->yx", parameters["own"], channels.astype(np.float64))
    return own + resized(pyramid[np.newaxis], channels.shape[1:], cv2.INTER_LINEAR)[0]


@pytest.mark.parametrize("shape", [(16, 16), (48, 64), (32, 80)])
def test_the_score_is_that_of_the_slow_twin(shape):
    channels = np.random.default_rng(1).standard_normal((11, *shape)).astype(np.float32)
    parameters = learned(3).parameters
    assert scores(parameters, channels) == pytest.approx(plain_scores(parameters, channels), abs=1e-3)


def test_the_score_of_single_precision_has_single_precision():
    channels = np.random.default_rng(1).standard_normal((11, 21, 34)).astype(np.float32)
    assert scores(learned().parameters, channels).dtype == np.float32


# --- a map for each measure ---


def test_each_measure_has_the_map_that_suits_it(path):
    readout = Readout(path=path)
    maps = readout.maps(PICTURE)
    made = readout.metric_maps(PICTURE, ("nss", "auc_judd", "auc_shuffled", "cc", "sim", "kl_divergence"))
    assert np.array_equal(made["nss"], maps["saliency"])
    assert np.array_equal(made["auc_judd"], maps["saliency"])
    density = np.exp(maps["log density"])
    blurred = cv2.GaussianBlur(density, (0, 0), 0.02 * max(density.shape), borderType=cv2.BORDER_REPLICATE)
    expected = cv2.resize(blurred / blurred.max(), PICTURE.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    for measure in ("cc", "sim", "kl_divergence"):
        np.testing.assert_allclose(made[measure], expected, atol=1e-5)
        assert np.array_equal(readout.metric_map(PICTURE, measure), made[measure])
    np.testing.assert_allclose(made["auc_shuffled"], Readout(path=path, centre_bias=0)(PICTURE), atol=1e-5)


# --- a model ---


@pytest.mark.parametrize("readout", [Readout(), Readout(faces=False), Readout(centre_bias=0)])
def test_a_readout_is_a_model(readout):
    check_model(readout)


def test_the_shipped_weights_know_their_channels_and_where_they_come_from():
    assert Readout().weights.names == Channels().names
    assert Readout(faces=False).weights.names == PLAIN.names
    assert Readout(faces=False).channels == PLAIN


def test_bytes_fractions_grey_and_alpha_are_taken(path):
    readout = Readout(path=path)
    expected = readout(PICTURE)
    alpha = np.dstack([PICTURE, np.full(PICTURE.shape[:2], 255, np.uint8)])
    np.testing.assert_allclose(readout(alpha), expected, atol=1e-4)
    assert np.abs(readout((PICTURE / 255).astype(np.float32)) - expected).mean() < 0.02
    grey = PICTURE[:, :, 1].copy()
    assert np.array_equal(readout(grey), readout(np.repeat(grey[:, :, np.newaxis], 3, axis=2)))


def test_the_answer_is_the_same_here_in_a_thread_and_in_another_process(path):
    readout = Readout(path=path)
    small = working_picture(PICTURE, 200)
    expected = readout(small)
    assert np.array_equal(readout(small), expected)
    copy = pickle.loads(pickle.dumps(readout))
    assert copy == readout
    assert np.array_equal(copy(small), expected)
    with ThreadPoolExecutor(4) as threads:
        assert all(np.array_equal(each, expected) for each in threads.map(readout, [small] * 8))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        assert np.array_equal(processes.submit(readout, small).result(), expected)


def test_the_picture_is_left_as_it_was(path):
    image = PICTURE.copy()
    Readout(path=path).metric_maps(image, ("cc", "nss"))
    assert np.array_equal(image, PICTURE)


# --- further channels ---


def test_further_channels_are_weighed_too(tmp_path):
    weights = learned(further=1, out=np.zeros(16, np.float32))
    weights.write(tmp_path / "further.npz")
    readout = Readout(path=tmp_path / "further.npz", features=darker)
    maps = readout.maps(PICTURE)
    channels = Channels(faces=None, features=darker)(PICTURE)
    seen = (channels - weights.mean[:, None, None]) / weights.spread[:, None, None]
    assert maps["score"] == pytest.approx(np.tensordot(weights.parameters["own"], seen, axes=1), abs=1e-4)
    assert tuple(maps) == (*PLAIN.names, "score", "log density", "saliency")
    check_model(readout)
    assert np.array_equal(pickle.loads(pickle.dumps(readout))(PICTURE), readout(PICTURE))
    even = np.full((40, 50, 3), 7, np.uint8)
    assert not readout(even).any()


def test_further_channels_that_were_not_learned_are_refused_and_so_are_missing_ones(tmp_path, path):
    with pytest.raises(ValueError, match=r"trained with 0 further channels, got 1 from `features`"):
        Readout(path=path, features=darker)(PICTURE)
    learned(further=2).write(tmp_path / "further.npz")
    with pytest.raises(ValueError, match=r"trained with 2 further channels, got 0 from `features`"):
        Readout(path=tmp_path / "further.npz")(PICTURE)


# --- the file ---


def test_what_is_written_is_read_again(tmp_path):
    weights = learned(5, further=1)
    weights.write(tmp_path / "some.npz")
    again = Weights.read(tmp_path / "some.npz")
    assert again.names == weights.names
    assert (again.blur, again.provenance) == (weights.blur, weights.provenance)
    assert np.array_equal(again.mean, weights.mean)
    assert np.array_equal(again.spread, weights.spread)
    assert set(again.parameters) == set(weights.parameters)
    for name, value in weights.parameters.items():
        assert np.array_equal(again.parameters[name], value)
        assert again.parameters[name].dtype == np.float32
    assert np.asarray(again.centre.cells) == pytest.approx(np.asarray(weights.centre.cells), rel=1e-6)
    assert [file.name for file in tmp_path.iterdir()] == ["some.npz"]


def test_a_file_that_changes_is_read_again(tmp_path):
    import os

    learned(1).write(tmp_path / "some.npz")
    readout = Readout(path=tmp_path / "some.npz")
    before = readout(PICTURE)
    learned(2).write(tmp_path / "some.npz")
    os.utime(tmp_path / "some.npz", ns=(1, 1))
    assert not np.array_equal(readout(PICTURE), before)


def spoilt(path, **changed):
    """Write the file again with other arrays; None leaves one out."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays |= {name.replace("_", " "): value for name, value in changed.items()}
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})


def header(**changed):
    told = {"version": 1, "names": PLAIN.names, "blur": 0.02, "provenance": ""} | changed
    return np.array(json.dumps({name: value for name, value in told.items() if value is not None}))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"header": header(version=7)}, "is a read-out file of version 7; expected version 1: make it again"),
        ({"header": header(version=None)}, "is a read-out file of version none"),
        ({"header": np.array("[1, 2]")}, "is no read-out file, or it is damaged"),
        ({"header": np.array("no json")}, "is no read-out file, or it is damaged"),
        ({"header": None}, "is no read-out file, or it is damaged"),
        ({"header": header(blur=None)}, "is a damaged read-out file: 'blur' is missing"),
        ({"header": header(blur="wide")}, "is a damaged read-out file: could not convert"),
        ({"mean": None}, "is a damaged read-out file: 'mean' is missing"),
        ({"centre_cells": None}, "is a damaged read-out file: 'centre cells' is missing"),
        ({"centre_cells": -np.ones((4, 4))}, "is a damaged read-out file: expected cells"),
        ({"encode_2": None}, r"is a damaged read-out file: expected 'encode 2' of shape \(48, 32, 3, 3\), got none"),
        ({"out": np.zeros(3)}, r"expected 'out' of shape \(16,\), got \(3,\)"),
        ({"more": np.zeros(3)}, r"expected 'more' of shape none, got \(3,\)"),
        ({"spread": np.ones(4)}, r"expected 'spread' of shape \(11,\), got \(4,\)"),
        ({"mean": np.zeros(4)}, r"expected statistics of 11 channels or more, got an array of shape \(4,\)"),
        ({"mean": np.float32(1)}, r"expected statistics of 11 channels or more, got an array of shape \(\)"),
        ({"own": np.full(11, np.nan, np.float32)}, "'own' holds what is no number"),
    ],
)
def test_a_file_that_is_not_right_is_refused_in_one_sentence(path, changed, sentence):
    spoilt(path, **changed)
    with pytest.raises(ValueError, match=f"some.npz' {sentence}|{sentence}") as refusal:
        Readout(path=path)(PICTURE)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("share", [0, 0.02, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match="is no read-out file, or it is damaged"):
        Readout(path=path)(PICTURE)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "text.npz").write_text("image,subject,x,y\n")
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("text.npz", "array.npy"):
        with pytest.raises(ValueError, match="is no read-out file, or it is damaged"):
            Readout(path=tmp_path / name)(PICTURE)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no read-out file '.*none.npz'"):
        Readout(path=tmp_path / "none.npz")(PICTURE)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, path):
    with pytest.raises(ValueError, match=r"expected a name that ends in \.npz"):
        learned().write(tmp_path / "some.txt")
    before = path.read_bytes()
    with pytest.raises((ValueError, TypeError)):
        learned()._replace(provenance={1, 2}).write(path)
    with pytest.raises(ValueError, match="expected an array of numbers for 'mean', got one of object"):
        learned()._replace(mean=np.array([None])).write(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["some.npz"]


@pytest.mark.parametrize("bias", [-0.1, float("nan"), float("inf")])
def test_a_senseless_centre_bias_is_refused(bias):
    with pytest.raises(ValueError, match=r"an exponent of the centre bias from 0 up|a finite number for centre_bias"):
        Readout(centre_bias=bias)
    with pytest.raises(ValueError, match=r"an exponent of the centre bias from 0 up|a finite number for centre_bias"):
        replace(Readout(), centre_bias=bias)


def test_what_is_no_picture_is_refused(path):
    with pytest.raises(ValueError, match="NaN"):
        Readout(path=path)(np.full((20, 20, 3), np.nan, np.float32))
    with pytest.raises(ValueError, match="at least 2 x 2 pixels"):
        Readout(path=path)(np.zeros((1, 5, 3), np.uint8))


def test_sharpness_scales_what_does_not_come_from_the_centre_bias(path):
    whole, half, none = (Readout(path=path, sharpness=factor).maps(PICTURE) for factor in (1, 0.5, 0))
    assert half["score"] == pytest.approx(0.5 * whole["score"], rel=1e-6)
    weights = Readout(path=path).weights
    bias = float(weights.parameters["centre"]) * weights.centre.log_density(none["log density"].shape)
    assert none["log density"] - none["log density"].max() == pytest.approx(bias - bias.max(), abs=1e-4)
    with pytest.raises(ValueError, match="expected a sharpness from 0 up, got -1"):
        Readout(sharpness=-1)


# --- what was learned ---


def test_the_one_that_ships_looks_at_her_face_rather_than_at_the_flag():
    density = np.exp(Readout().log_density(sample_pixels("astronaut")))
    face, flag = density[70:160, 180:270].mean(), density[0:200, 0:60].mean()
    assert face > 2.5 * density.mean()
    assert face > 4 * flag


@pytest.mark.parametrize("faces", [True, False])
@pytest.mark.parametrize(("x", "y"), [(130, 120), (500, 150), (480, 360)])
def test_the_one_that_ships_finds_a_lone_disc_wherever_it_is(faces, x, y):
    image = np.full((480, 640, 3), (110, 120, 110), np.uint8)
    cv2.circle(image, (x, y), 28, (200, 60, 40), -1, cv2.LINE_AA)
    map_ = Readout(faces=faces, centre_bias=0)(image)
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    assert np.hypot(column - x, row - y) < 40


def test_the_ones_that_ship_say_on_what_they_were_trained():
    for faces in (True, False):
        weights = Readout(faces=faces).weights
        assert "osie" in weights.provenance
        assert ("face" in weights.names) == faces
