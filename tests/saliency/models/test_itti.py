"""Itti, Koch and Niebur's map: equal to its slow twin, and lawful."""

from dataclasses import replace

import cv2
import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import MODELS, Iterative, IttiKoch, LocalMaxima, check_model, model_named
from saliency.features import kernels
from saliency.features.early import opponent_channels, orientation_energy
from saliency.features.normalisation import DivideByMean, Unnormalised, across_scale_difference
from saliency.map import check_map

PICTURE = as_image(sample_pixels("coffee"))


@pytest.mark.parametrize(
    ("name", "cells", "every"),
    [("coffee", "separate", 1), ("astronaut", "merged", 2), ("rocket", "separate", 2), ("chelsea", "merged", 1)],
)
def test_the_map_is_that_of_the_slow_twin(name, cells, every):
    image = as_image(sample_pixels(name))[::every, ::every]
    expected = naive.itti(image, merged=cells == "merged")
    assert IttiKoch(opponent_cells=cells, shared_range=False)(image) == pytest.approx(expected, abs=1e-4)


def test_a_synthetic_picture_too():
    noise = np.random.default_rng(0).random((257, 385, 3)).astype(np.float32)
    assert IttiKoch(shared_range=False)(noise) == pytest.approx(naive.itti(noise), abs=1e-4)


def test_published_is_the_model_as_the_paper_prints_it():
    assert IttiKoch.published()(PICTURE) == pytest.approx(naive.itti(PICTURE, merged=True), abs=1e-4)


def test_maps_of_a_feature_share_their_range():
    """Where the paper scales a map to 1, the share M of the feature's peak makes it M (M - m)^2 high, not (1 - m)^2."""
    shared, alone = (IttiKoch(shared_range=share).maps(PICTURE) for share in (True, False))
    for feature in ("intensity", "red-green", "45 deg"):
        peaks = {name: map_.max() for name, map_ in shared.items() if name.startswith(feature) and "-" in name[-3:]}
        assert len(peaks) == (12 if feature == "red-green" else 6)
        for name, peak in peaks.items():
            share = peak / max(peaks.values())
            values = alone[name] / max(peaks.values())
            rivals = sorted(naive.local_maxima(np.rint(alone[name] / peak * 1000), 100))[:-1]
            expected = values * (share - share * np.mean(rivals) / 1000 if rivals else share) ** 2
            assert shared[f"N({name})"] == pytest.approx(expected, abs=1e-5)


def test_every_map_is_there_by_name_and_the_last_is_the_saliency_map():
    model = IttiKoch()
    maps = model.maps(PICTURE)
    assert list(maps)[:3] == ["intensity", "red-green", "blue-yellow"]
    assert list(maps)[-4:] == ["intensity conspicuity", "colour conspicuity", "orientation conspicuity", "saliency"]
    assert [name for name in maps if name.startswith("45 deg") and "-" not in name] == [
        f"45 deg {k}" for k in range(2, 9)
    ]
    merged = IttiKoch.published().maps(PICTURE)
    assert sum(name.startswith("N(") for name in merged) == 42
    assert sum(name.startswith("N(") for name in maps) == 54
    assert np.array_equal(maps["saliency"], model(PICTURE))
    assert maps["red-green+ 2-5"].shape == maps["red-green- 4-8"].shape == maps["intensity conspicuity"].shape


def test_blur_exponent_and_centre_bias_are_what_they_say():
    plain = IttiKoch(map_level=0)(PICTURE)
    rows, columns = plain.shape
    blurred = cv2.GaussianBlur(plain, (0, 0), 0.02 * columns, borderType=cv2.BORDER_REPLICATE)
    y, x = np.mgrid[:rows, :columns]
    centre = ((y - (rows - 1) / 2) / (rows / 4)) ** 2 + ((x - (columns - 1) / 2) / (columns / 4)) ** 2
    expected = blurred**1.5 * np.exp(-centre / 2) ** 0.5
    model = IttiKoch(map_level=0, blur=0.02, exponent=1.5, centre_bias=0.5)
    assert model(PICTURE) == pytest.approx(expected, abs=1e-5 * float(expected.max()))


def test_a_longer_side_makes_the_map_one_of_the_reduced_picture():
    model = IttiKoch(longer_side=300)
    reduced = cv2.resize(PICTURE, (300, 200), interpolation=cv2.INTER_AREA)
    expected = cv2.resize(IttiKoch()(reduced), (600, 400))
    assert model(PICTURE) == pytest.approx(expected, abs=1e-5)
    assert model(PICTURE[:100, :150]) == pytest.approx(IttiKoch()(PICTURE[:100, :150]))
    assert model.conspicuity(PICTURE)["colour"].shape == (400, 600)


@pytest.mark.parametrize("space", ["lab", "codi", "ycrcb"])
def test_every_colour_space_sees_the_red_square(space):
    image = np.full((240, 320, 3), 0.5, np.float32)
    image[100:130, 200:230] = (0.7, 0.4, 0.4)
    map_ = IttiKoch(colour_space=space, intensity=0, orientation=0)(image)
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    assert 95 <= row <= 135
    assert 195 <= column <= 235


@pytest.mark.parametrize("model", [IttiKoch.tuned(), IttiKoch.published(), IttiKoch(normalise=Unnormalised())])
@settings(max_examples=10, deadline=None)
@given(level=st.floats(0, 1), red=st.floats(0, 1), height=st.integers(2, 200))
def test_an_even_picture_has_an_empty_map_with_every_setting(model, level, red, height):
    image = np.full((height, 128, 3), level, np.float32)
    image[:, :, 0] = red
    assert not model(image).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 999), st.floats(0.01, 100))
def test_division_by_the_mean_knows_no_scale(height, width, seed, scale):
    values = np.random.default_rng(seed).random((height, width), np.float32) + np.float32(0.01)
    divided = DivideByMean()(values * np.float32(scale))
    assert divided == pytest.approx(values / values.mean(dtype=np.float64), rel=1e-4)
    assert divided.mean() == pytest.approx(1, rel=1e-4)
    assert np.array_equal(Unnormalised()(values), values)
    assert not DivideByMean()(values * 0).any()


def test_bytes_and_floats_give_one_map():
    pixels = sample_pixels("coffee")
    assert IttiKoch()(pixels) == pytest.approx(IttiKoch()(as_image(pixels)), abs=1e-5)


def test_the_map_is_the_mean_of_its_conspicuity_maps():
    model = IttiKoch(colour=2.0, orientation=0.5)
    maps = model.conspicuity(PICTURE)
    assert list(maps) == ["intensity", "colour", "orientation"]
    weighted = (maps["intensity"] + 2 * maps["colour"] + 0.5 * maps["orientation"]) / 3
    assert model(PICTURE) == pytest.approx(weighted, abs=1e-6)


@pytest.mark.parametrize("channel", ["intensity", "colour", "orientation"])
def test_each_channel_finds_its_own_odd_one_out(channel):
    image = np.full((480, 640, 3), 0.5, np.float32)
    for y in range(48, 480, 96):
        for x in range(48, 640, 96):
            image[y - 16 : y + 16, x - 4 : x + 4] = (0.3, 0.3, 0.3)
    image[240 - 30 : 240 + 30, 432 - 30 : 432 + 30] = 0.5
    if channel == "orientation":
        image[240 - 4 : 240 + 4, 432 - 16 : 432 + 16] = 0.3
    else:
        image[240 - 16 : 240 + 16, 432 - 4 : 432 + 4] = 1.0 if channel == "intensity" else (0.62, 0.14, 0.14)
    others = {name: 0.0 for name in ("intensity", "colour", "orientation") if name != channel}
    alone = replace(IttiKoch(), **others)(image)
    row, column = np.unravel_index(alone.argmax(), alone.shape)
    assert abs(row - 240) < 32
    assert abs(column - 432) < 32


ITTI = [name for name in MODELS if name.startswith("itti")]


@pytest.mark.parametrize("name", ITTI)
@pytest.mark.parametrize("shape", [(2, 2), (16, 16), (17, 400), (127, 33), (300, 200)])
def test_maps_are_finite_not_negative_and_of_the_pictures_size(name, shape):
    image = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    map_ = check_map(MODELS[name](image), shape)
    assert map_.dtype == np.float32


@pytest.mark.parametrize("name", ITTI)
def test_every_model_passes_the_check(name):
    check_model(model_named(name))


@pytest.mark.parametrize("name", ITTI)
@settings(max_examples=10, deadline=None)
@given(level=st.floats(0, 1), red=st.floats(0, 1), side=st.integers(16, 200))
def test_an_even_picture_has_an_empty_map(name, level, red, side):
    image = np.full((side, 128, 3), level, np.float32)
    image[:, :, 0] = red
    assert not MODELS[name](image).any()


@pytest.mark.parametrize("name", ["itti", "itti1998", "itti-iterative"])
@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(name, flip):
    """On sizes of 2^k n + 1 the samples of every level lie on one another's mirror images."""
    image = np.random.default_rng(0).random((257, 513, 3)).astype(np.float32)
    mirrored = np.ascontiguousarray(image[flip])
    model = MODELS[name]
    assert model(mirrored)[flip] == pytest.approx(model(image), abs=2e-3 * float(model(image).max()))


@given(st.floats(-0.2, 0.2))
@settings(max_examples=10, deadline=None)
def test_more_light_everywhere_leaves_intensity_and_orientation(offset):
    image = np.repeat(np.random.default_rng(0).random((160, 200, 1)).astype(np.float32) * 0.5 + 0.25, 3, axis=2)
    before, after = (IttiKoch().conspicuity(picture) for picture in (image, image + np.float32(offset)))
    for channel in ("intensity", "orientation"):
        assert after[channel] == pytest.approx(before[channel], abs=5e-3 * float(before[channel].max()))


def test_grey_has_no_colour():
    grey = np.repeat(np.random.default_rng(0).random((160, 200, 1)).astype(np.float32), 3, axis=2)
    assert not IttiKoch().conspicuity(grey)["colour"].any()


def test_opponent_channels_of_pure_colours():
    patches = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 0], [1, 1, 1]]] * 2, np.float32)
    _, red_green, blue_yellow = opponent_channels(patches)[:, 0].tolist()
    assert red_green == pytest.approx([3, -3, 0, 0, 0, 0], abs=1e-5)
    assert blue_yellow == pytest.approx([0, 0, 3, -1.5, 0, 0], abs=1e-5)


@pytest.mark.parametrize("degrees", [0, 45, 90, 135])
def test_orientation_energy_is_that_of_plain_gabors(degrees):
    plane = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    expected = sum(np.abs(cv2.filter2D(plane, cv2.CV_32F, naive.gabor(degrees, phase))) for phase in (0, np.pi / 2))
    assert orientation_energy(plane)[degrees // 45] == pytest.approx(expected, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 40), st.integers(3, 40), st.integers(0, 999), st.sampled_from([2, 8, 16]))
def test_across_scale_difference_is_that_of_the_slow_twin(height, width, seed, step):
    rng = np.random.default_rng(seed)
    centre = rng.random((height, width), np.float32)
    surround = rng.random((-(-height // step), -(-width // step)), np.float32)
    expected = (centre - naive.expanded(surround, step, centre.shape)) * naive.border(centre.shape)
    assert across_scale_difference(centre, surround, step, border=0.05) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 999))
def test_local_maxima_are_those_of_the_slow_twin(height, width, seed):
    values = np.random.default_rng(seed).random((height, width), np.float32)
    assert LocalMaxima()(values) == pytest.approx(naive.normalised(values), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(2, 9), st.integers(0, 999))
def test_peaks_of_level_areas_are_those_of_scikit_image(height, width, levels, seed):
    from skimage.measure import label
    from skimage.morphology import local_maxima

    values = np.random.default_rng(seed).integers(0, levels, (height, width)).astype(np.int16)
    if values.min() == values.max():
        return
    peaks = label(local_maxima(values, connectivity=2), connectivity=2)
    expected = [int(values[peaks == k][0]) for k in range(1, peaks.max() + 1)]
    space = np.zeros(values.shape, bool), np.empty(values.size, np.int64)
    total, count = kernels.rival_peaks(values, cv2.dilate(values, np.ones((3, 3))), 0, *space)
    assert (total, count) == (sum(expected) - max(expected), len(expected) - 1)
    assert sorted(naive.local_maxima(values, 0)) == sorted(expected)


def test_a_peak_of_two_equal_pixels_is_one_peak():
    wide = np.zeros((9, 9), np.float32)
    wide[4, 4:6] = 1
    assert LocalMaxima()(wide).max() == 1


def test_a_lone_peak_is_promoted_over_many():
    lone, crowd = np.zeros((2, 40, 40), np.float32)
    lone[20, 20] = 1
    crowd[4::8, 4::8] = np.random.default_rng(0).uniform(0.9, 1, (5, 5))
    lone, crowd = (cv2.GaussianBlur(map_, (0, 0), 1.5) for map_ in (lone, crowd))
    for normalise in (LocalMaxima(), Iterative(iterations=8)):
        assert normalise(lone).max() > 2 * normalise(crowd).max()


def test_iteration_leaves_fewer_places():
    noise = np.random.default_rng(0).random((40, 60)).astype(np.float32)
    left = [np.count_nonzero(Iterative(iterations=n)(noise)) for n in (1, 3, 6)]
    assert left[0] > left[1] > left[2] > 0


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_a_query_of_equal_gains_to_the_keys_is_the_saliency_map(name):
    """Brought to the picture's size by the slow twin's loops; 16 pixels from place to place."""
    image = as_image(sample_pixels(name))
    model = IttiKoch(intensity=0.5, colour=2.0)
    keys = model.keys(image)
    assert keys.names == ("intensity", "colour", "orientation")
    assert keys.values.dtype == np.float32
    for gains, same in ((np.full(3, 1 / 3), IttiKoch()), (np.array([0.5, 2, 1]) / 3, model)):
        priority = (keys.values @ gains).astype(np.float32)
        assert naive.expanded(priority, 16, image.shape[:2]) == pytest.approx(same(image), abs=1e-5)
    rows, columns = priority.shape
    assert keys.places[..., 0] == pytest.approx(np.tile(16.0 * np.arange(columns), (rows, 1)))
    assert keys.places[..., 1] == pytest.approx(np.tile(16.0 * np.arange(rows)[:, None], (1, columns)))


@pytest.mark.parametrize("cells", ["separate", "merged"])
def test_keys_of_features_are_what_each_feature_adds_to_its_channel(cells):
    model = IttiKoch(opponent_cells=cells)
    keys, maps = model.keys(PICTURE, features=True), model.maps(PICTURE)
    hues = ("red", "green", "blue", "yellow") if cells == "separate" else ("red-green", "blue-yellow")
    assert keys.names == ("intensity", *hues, "0 deg", "45 deg", "90 deg", "135 deg")
    assert keys.places.tolist() == model.keys(PICTURE).places.tolist()
    kinds = {"red": "red-green+", "green": "red-green-", "blue": "blue-yellow+", "yellow": "blue-yellow-"}
    for number, name in enumerate(keys.names):
        start = f"N({kinds.get(name, name)} "
        parts = [map_ for title, map_ in maps.items() if title.startswith(start)]
        assert len(parts) == 6
        assert keys.values[..., number] == pytest.approx(naive.normalised(sum(parts)), abs=1e-4)
    added = [keys.values[..., keys.names.index(name)] for name in ("0 deg", "45 deg", "90 deg", "135 deg")]
    assert maps["orientation sum"] == pytest.approx(sum(added), abs=1e-4)


@pytest.mark.parametrize(
    ("hue", "colour", "other"),
    [
        ("red", (0.6, 0, 0), "green"),
        ("green", (0, 0.6, 0), "red"),
        ("blue", (0, 0, 0.6), "yellow"),
        ("yellow", (0.6, 0.6, 0), "blue"),
    ],
)
def test_the_key_of_a_hue_points_at_it_and_that_of_its_opponent_does_not(hue, colour, other):
    picture = np.zeros((129, 193, 3), np.float32)
    picture[40:56, 120:136] = colour
    picture[80:96, 40:56] = 1  # brighter, and no hue
    keys = IttiKoch().keys(picture, features=True)
    own, opponent = (keys.values[..., keys.names.index(name)] for name in (hue, other))
    found = np.unravel_index(own.argmax(), own.shape)
    assert np.abs(keys.places[found] - (127.5, 47.5)).max() <= 8
    assert opponent[found] < 0.1 * own[found]
    white = np.linalg.norm(keys.places - (47.5, 87.5), axis=-1) <= 16
    assert own[white].max() < 0.05 * own.max()
    light = keys.values[..., keys.names.index("intensity")]
    assert light[white].max() == light.max()


@settings(max_examples=12, deadline=None)
@given(st.integers(16, 300), st.integers(16, 300), st.sampled_from([None, 64, 150]), st.booleans())
def test_places_of_the_keys_lie_where_the_picture_is(height, width, longer_side, features):
    """A spot is found within a cell of where it is, in the picture's own pixels, whatever size the map works in."""
    y, x = 0.3 * height, 0.6 * width
    rows, columns = np.ogrid[:height, :width]
    spot = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * (min(height, width) / 10) ** 2))
    keys = IttiKoch(longer_side=longer_side).keys(spot, features=features)
    assert keys.places.shape == (*keys.values.shape[:2], 2)
    assert keys.values.shape[2] == len(keys.names) == (9 if features else 3)
    assert (keys.places >= 0).all() and (keys.places <= (width - 1, height - 1)).all()
    light = keys.values[..., 0]
    found = keys.places[np.unravel_index(light.argmax(), light.shape)]
    assert (np.abs(found - (x, y)) <= np.array([width, height]) / (np.array(light.shape[::-1]) - 1) + 1).all()


@pytest.mark.parametrize("features", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_mirror_the_picture_mirror_the_keys(features, axis):
    picture = PICTURE[:257, 60:573]  # each level of the pyramid has a sample on both borders
    keys, mirrored = (IttiKoch().keys(each, features=features) for each in (picture, np.flip(picture, axis)))
    expected = np.flip(keys.values, axis)
    if features:  # lines to the left become lines to the right
        order = [keys.names.index({"45 deg": "135 deg", "135 deg": "45 deg"}.get(name, name)) for name in keys.names]
        expected = expected[..., order]
    assert mirrored.values == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("features", [False, True])
def test_an_even_picture_has_keys_of_nothing(features):
    for picture in (np.full((40, 50), 0.5), np.full((140, 150, 3), 90, np.uint8)):
        keys = IttiKoch().keys(picture, features=features)
        assert not keys.values.any()
        assert keys.names == IttiKoch().keys(PICTURE, features=features).names


def test_models_are_their_parameters():
    assert IttiKoch() == IttiKoch()
    assert hash(IttiKoch(centres=(1, 2))) != hash(IttiKoch())
    with pytest.raises(ValueError, match="centre scales"):
        IttiKoch(centres=())
    with pytest.raises(ValueError, match="channel weights from 0 up"):
        IttiKoch(colour=-1)
    with pytest.raises(ValueError, match="opponent_cells 'separate' or 'merged', got 'both'"):
        IttiKoch(opponent_cells="both")
    with pytest.raises(ValueError, match="colour spaces rgby, lab, codi, ycrcb, got 'rgb'"):
        IttiKoch(colour_space="rgb")
    with pytest.raises(ValueError, match=r"positive exponent and a centre bias from 0 up, got blur=0\.0, exponent=0"):
        IttiKoch(exponent=0)
    with pytest.raises(ValueError, match="longer side of at least 2 px, got 1"):
        IttiKoch(longer_side=1)
    with pytest.raises(ValueError, match="floor_share from 0 to 1, got 2"):
        LocalMaxima(floor_share=2)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        ("itti", TypeError, "can be called with a picture, got str"),
        (lambda image: image, ValueError, r"map of shape \(48, 64\), got \(48, 64, 3\)"),
        (lambda image: image[:, :, 0] * np.nan, ValueError, "NaN"),
        (lambda image: np.random.default_rng().random(image.shape[:2]), ValueError, "two calls gave different maps"),
    ],
)
def test_what_is_no_model_is_refused(model, error, message):
    with pytest.raises(error, match=message):
        check_model(model)
