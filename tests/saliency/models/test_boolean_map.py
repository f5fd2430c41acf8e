"""Boolean map saliency: equal to filling every Boolean map, and lawful."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import check_model
from saliency.features.early import colour_channels, working_picture
from saliency.map import check_map, finished
from saliency.models.boolean_map import BooleanMap, filled

SMALL = BooleanMap(longer_side=160, region_width=3, map_width=1, blur=0)


def surrounded(boolean):
    """Parts of a Boolean map that no path joins to the border: pour paint from outside."""
    painted = np.pad(boolean.astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(painted, None, (0, 0), 2, flags=8)
    return painted[1:-1, 1:-1] == 1


def plain_attention(channels, step, width):
    """Zhang and Sclaroff's definition, a Boolean map after the other."""
    attention = np.zeros(channels[0].shape)
    for channel in channels:
        for threshold in range(int(channel.min()), int(channel.max()), step):
            for boolean in (channel > threshold, channel <= threshold):
                widened = cv2.dilate(surrounded(boolean).astype(np.uint8), np.ones((width, width), np.uint8))
                if widened.any():
                    attention += widened / np.linalg.norm(widened)
    return attention - attention.min()


def plain_channels(picture, colour_space="lab"):
    """Whitened channels in steps of a 255th of their range, medians of 3 x 3."""
    planes = colour_channels(picture, colour_space).astype(np.float64)
    planes *= np.reshape((255, 100, 100) if colour_space == "lab" else (255, 255, 255), (3, 1, 1))
    variance, axes = np.linalg.eigh(np.cov(planes.reshape(3, -1)) + 50 * np.eye(3))
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), range(3)]) / np.sqrt(variance)
    whitened = np.einsum("ca,cij->aij", axes, planes)
    scaled = [255 * (plane - plane.min()) / np.ptp(plane) for plane in whitened]
    return np.stack([cv2.medianBlur(np.rint(plane).astype(np.uint8), 3) for plane in scaled])


def plain_boolean_map(image, *, step=8, width=7, map_width=1):
    picture = working_picture(image, 400)
    attention = plain_attention(plain_channels(picture), step, width)
    widened = cv2.dilate(attention.astype(np.float32), np.ones((map_width, map_width), np.uint8))
    return finished(widened, picture, image.shape, blur=9 / 400)


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_the_map_is_that_of_the_slow_twin(name):
    image = sample_pixels(name)
    for map_width in (1, 9):
        twin = plain_boolean_map(image, map_width=map_width)
        np.testing.assert_allclose(BooleanMap(map_width=map_width)(image), twin, atol=1e-3)


@pytest.mark.parametrize("colour_space", ["lab", "rgb"])
def test_whitening_and_its_regularisation_leave_only_a_rotation(colour_space):
    picture = working_picture(sample_pixels("chelsea"), 300)
    channels = BooleanMap(longer_side=300, colour_space=colour_space).maps(picture)["channels"]
    different = channels != plain_channels(picture, colour_space)
    assert different.mean() < 1e-3


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(2, 30), st.integers(1, 255), st.integers(0, 999), st.sampled_from([1, 3, 7]))
def test_attention_is_that_of_filling_each_boolean_map(height, width, step, seed, region_width):
    rng = np.random.default_rng(seed)
    image = cv2.blur(rng.random((height, width, 3)).astype(np.float32), (3, 3))
    maps = BooleanMap(step=step, region_width=region_width, median=1).maps(image)
    expected = plain_attention(maps["channels"], step, region_width)
    np.testing.assert_allclose(maps["attention"], expected, atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 255), st.integers(0, 999))
def test_pits_are_filled_as_by_reconstruction_from_the_border(height, width, levels, seed):
    from skimage.morphology import reconstruction

    ground = np.random.default_rng(seed).integers(0, levels + 1, (height, width)).astype(np.uint8)
    start = np.full(ground.shape, 255, np.uint8)
    start[[0, -1]], start[:, [0, -1]] = ground[[0, -1]], ground[:, [0, -1]]
    expected = reconstruction(start, ground, method="erosion", footprint=np.ones((3, 3)))
    np.testing.assert_array_equal(filled(ground), expected)


def test_water_finds_its_way_out_of_a_spiral():
    spiral = np.full((41, 41), 200, np.uint8)
    row, column, length = 20, 20, 2
    for turn in range(19):
        for _ in range(length):
            spiral[row, column] = 10
            row, column = row + (0, 1, 0, -1)[turn % 4], column + (1, 0, -1, 0)[turn % 4]
        length += 2 * (turn % 2)
    assert filled(spiral)[20, 20] == 200
    spiral[row, : column + 1] = 10  # a way out to the border
    assert filled(spiral)[20, 20] == 10


def test_a_ring_is_figure_and_what_touches_the_border_is_ground():
    image = np.full((200, 300, 3), 0.4, np.float32)
    cv2.circle(image, (200, 100), 30, (0.8, 0.8, 0.8), 8)
    image[60:140, :40] = 0.8
    attention = BooleanMap().maps(image)["attention"]
    assert attention[100, 200] > 0  # the hole of the ring is surrounded as well
    assert attention[100, 230] > 0
    assert not attention[60:140, :40].any()


def test_a_small_figure_counts_more_than_a_large_one():
    image = np.full((200, 300, 3), 0.4, np.float32)
    image[90:110, 50:70] = 0.7  # two tones: each has Boolean maps of its own
    image[60:140, 170:250] = 0.1
    attention = BooleanMap().maps(image)["attention"]
    assert attention[100, 60] > 2 * attention[100, 210] > 0


@pytest.mark.parametrize("shape", [(2, 2), (2, 90), (16, 16), (17, 400), (127, 33), (500, 610)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_maps_are_finite_not_negative_and_of_the_pictures_size(shape, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, channels)).astype(np.uint8)
    map_ = check_map(BooleanMap()(pixels), shape)
    assert map_.dtype == np.float32
    assert map_.max() <= 1


@pytest.mark.parametrize("model", [BooleanMap(), SMALL, BooleanMap(whiten=False, colour_space="rgb")])
def test_the_model_passes_the_check(model):
    check_model(model)


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(2, 200))
def test_an_even_picture_has_an_empty_map(level, red, side):
    image = np.full((side, 60, 3), level, np.float32)
    image[:, :, 0] = red
    assert not BooleanMap()(image).any()


def test_a_grey_picture_has_no_colour_to_speak_of():
    grey = np.repeat(cv2.cvtColor(sample_pixels("coffee"), cv2.COLOR_RGB2GRAY)[:, :, np.newaxis], 3, axis=2)
    levels = [np.ptp(channel) for channel in BooleanMap().maps(grey)["channels"]]
    assert sorted(levels)[:2] == [0, 0]
    assert sorted(levels)[2] > 200
    assert np.array_equal(BooleanMap()(grey), BooleanMap()(grey[:, :, 0]))


@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(flip):
    image = as_image(sample_pixels("astronaut"))[:400, :400]
    mirrored = np.ascontiguousarray(image[flip])
    np.testing.assert_allclose(BooleanMap()(mirrored)[flip], BooleanMap()(image), atol=1e-2)


def test_turn_the_picture_turn_the_map():
    image = as_image(sample_pixels("astronaut"))[:400, :300]
    turned = np.ascontiguousarray(image.transpose(1, 0, 2))
    np.testing.assert_allclose(BooleanMap()(turned).T, BooleanMap()(image), atol=1e-2)


def test_contrast_does_not_matter():
    image = as_image(sample_pixels("coffee"))[:, :, :1]
    pale = (0.25 + 0.5 * image).astype(np.float32)
    model = BooleanMap(colour_space="rgb", median=1, whiten=False)
    assert np.corrcoef(model(pale).ravel(), model(image).ravel())[0, 1] > 0.999


def test_the_same_picture_gives_the_same_bits():
    image = sample_pixels("coffee")
    np.testing.assert_array_equal(BooleanMap()(image), BooleanMap()(image))


def test_all_intermediate_maps_have_names():
    maps = BooleanMap().maps(sample_pixels("coffee"))
    assert [(name, map_.shape) for name, map_ in maps.items()] == [
        ("channels", (3, 267, 400)),
        ("surrounded", (3, 267, 400)),
        ("attention", (267, 400)),
        ("saliency", (400, 600)),
    ]


def test_a_centre_bias_raises_the_centre():
    image = np.random.default_rng(0).random((90, 120, 3)).astype(np.float32)
    plain, biased = BooleanMap()(image), BooleanMap(centre_bias=1.0)(image)
    assert biased[45, 60] / biased[10, 10] > 2 * plain[45, 60] / plain[10, 10]


def test_no_blur_and_no_widening_leave_the_attention_as_it_is():
    maps = replace(SMALL, longer_side=640).maps(sample_pixels("coffee"))
    np.testing.assert_allclose(maps["saliency"], maps["attention"] / maps["attention"].max(), atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"region_width": 4}, "region_width to be an odd number of pixels from 1 up, got 4"),
        ({"map_width": 0}, "map_width to be an odd"),
        ({"median": -1}, "median to be an odd"),
        ({"step": 0}, "a step from 1 to 255, got 0"),
        ({"longer_side": 1}, "a longer_side from 2 pixels up"),
        ({"blur": -0.1}, "blur and centre_bias from 0 up"),
        ({"colour_space": "cmyk"}, "out of rgb, lab, .*; got 'cmyk'"),
    ],
)
def test_senseless_parameters_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        BooleanMap(**wrong)


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="at least 2 x 2"):
        BooleanMap()(np.zeros((1, 5), np.uint8))
    with pytest.raises(ValueError, match="NaN"):
        BooleanMap()(np.full((5, 5), np.nan))
