"""What each plain channel answers to, and what it does not."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import sample_pixels
from saliency import Channels
from saliency.features.early import working_picture
from saliency.models.readout.channels import COLOURS, CONTRASTS

CHANNELS = Channels(faces=None)


def named(image, channels=CHANNELS):
    return dict(zip(channels.names, channels(image), strict=True))


def grey(height=120, width=160, level=0.4):
    return np.full((height, width, 3), level, np.float32)


def lab(image):
    return cv2.cvtColor(working_picture(working_picture(image, 640), 160), cv2.COLOR_RGB2Lab)


def squashed(values):
    above = values - values.min()
    return np.sqrt(above / (above.mean() + 1e-6))


def test_the_names_are_those_of_the_maps():
    picture = sample_pixels("rocket")
    assert Channels().names == (*CONTRASTS, "skin", "face", *COLOURS)
    assert Channels()(picture).shape == (13, 107, 160)
    assert CHANNELS(picture).shape == (11, 107, 160)
    assert CHANNELS(picture).dtype == np.float32


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.booleans(), st.integers(0, 99))
def test_pictures_of_any_size_have_finite_channels(height, width, even, seed):
    image = np.full((height, width, 3), seed, np.uint8)
    if not even:
        image = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    maps = Channels()(image)
    assert maps.shape == (13, height, width)
    assert np.isfinite(maps).all()
    assert maps[:10].min() >= 0


@pytest.mark.parametrize("shape", [(2, 900), (900, 2), (1200, 700), (159, 161)])
def test_the_grid_keeps_the_shape_of_the_picture(shape):
    image = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    rows, columns = CHANNELS(image).shape[1:]
    assert max(rows, columns) == min(160, max(shape))
    assert rows / columns == pytest.approx(shape[0] / shape[1], rel=0.02) or min(rows, columns) == 2


def test_a_picture_without_contrast_has_none_in_any_channel():
    maps = named(grey())
    assert all(not maps[name].any() for name in CONTRASTS)
    assert all(np.ptp(maps[name]) == 0 for name in COLOURS)


def test_bytes_fractions_and_alpha_give_the_same_channels():
    pixels = sample_pixels("coffee")[:320, :480]
    expected = Channels()(pixels)
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    assert Channels()(opaque) == pytest.approx(expected, abs=1e-5)
    fractions = CHANNELS((pixels / 255).astype(np.float32))
    without_faces = np.concatenate([expected[:8], expected[10:]])
    # bytes are shrunk as bytes, and rounding moves a colour to another bin of the histogram here and there
    assert np.abs(fractions - without_faces).mean() < 0.02
    assert np.median(np.abs(fractions - without_faces)) < 0.003


def test_a_grey_picture_is_one_with_three_equal_colours():
    pixels = sample_pixels("coffee")[:, :, 1].copy()
    assert np.array_equal(CHANNELS(pixels), CHANNELS(np.repeat(pixels[:, :, np.newaxis], 3, axis=2)))


def test_the_picture_is_not_changed_and_the_answer_is_always_the_same():
    pixels = sample_pixels("coffee").copy()
    first = Channels()(pixels)
    assert np.array_equal(pixels, sample_pixels("coffee"))
    assert np.array_equal(Channels()(pixels), first)


@pytest.mark.parametrize("name", [*CONTRASTS, *COLOURS])
def test_a_mirrored_picture_has_mirrored_channels(name):
    image = working_picture(sample_pixels("coffee"), 160)
    here = named(image)[name]
    there = named(np.ascontiguousarray(image[:, ::-1]))[name][:, ::-1]
    assert there == pytest.approx(here, abs=5e-3)


@pytest.mark.parametrize("name", ["corner", "contrast 1.5", "contrast 3", "lines", "detail 1", "detail 2"])
def test_the_overall_contrast_does_not_count(name):
    luminance = working_picture(cv2.cvtColor(sample_pixels("coffee"), cv2.COLOR_RGB2GRAY), 640)
    if name.startswith(("corner", "contrast")):  # they see CIE lightness, a cube root of luminance
        strong, faint = (((0.3 + share * 0.5 * luminance) ** 3).astype(np.float32) for share in (1, 0.5))
        linear = [np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055) for v in (strong, faint)]
        strong, faint = (np.asarray(v, np.float32) for v in linear)
    else:
        strong, faint = luminance, 0.25 + 0.5 * luminance
    here, there = named(strong)[name], named(faint)[name]
    assert np.abs(here - there).mean() < 0.02 * here.mean()
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.995


def test_contrasts_are_standard_deviations_under_a_gaussian():
    image = sample_pixels("coffee")
    lightness = lab(image)[:, :, 0].astype(np.float64)
    for spread in (1.5, 3):
        mean, square = (cv2.GaussianBlur(values, (0, 0), spread) for values in (lightness, lightness**2))
        expected = squashed(np.sqrt(np.maximum(square - mean**2, 0)))
        assert named(image)[f"contrast {spread:g}"] == pytest.approx(expected, abs=0.02)


def test_rarity_is_the_information_of_a_colour():
    image = sample_pixels("coffee")
    colours = cv2.GaussianBlur(lab(image), (0, 0), 2)
    share = (colours - np.array((0, -60, -60))) / np.array((100, 120, 120))
    bins = np.clip((share * 10).astype(int), 0, 9)
    cells = [tuple(cell) for cell in bins.reshape(-1, 3).tolist()]
    counts = {cell: cells.count(cell) for cell in set(cells)}
    information = np.array([-np.log(counts[cell] / len(cells)) for cell in cells]).reshape(bins.shape[:2])
    assert np.abs(named(image)["rarity"] - squashed(information)).mean() < 1e-3


def test_the_rare_colour_is_rare_whichever_it_is():
    green, red = (0.2, 0.7, 0.2), (0.8, 0.2, 0.2)
    for common, odd in ((green, red), (red, green)):
        image = grey()
        image[:] = common
        image[40:60, 100:120] = odd
        rarity = named(image)["rarity"]
        assert rarity[45:55, 105:115].min() > 2 * np.median(rarity)


def test_the_boolean_map_answers_to_what_is_surrounded():
    image = grey()
    cv2.circle(image, (110, 60), 12, (0.8, 0.8, 0.8), -1)
    image[:, :20] = 0.8  # as light, but it touches the border
    surrounded = named(image)["boolean map"]
    assert surrounded[60, 110] > 1
    assert not surrounded[:, :15].any()


def test_corners_are_where_lines_meet():
    image = grey()
    image[30:90, 40:120] = 0.8
    corner = named(image)["corner"]
    assert corner[26:34, 36:44].max() > 5 * corner[55:65, 36:44].max()
    lines = named(image)["lines"]
    assert lines[55:65, 36:44].max() > 0.7 * lines[26:34, 36:44].max()


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 135])
def test_lines_of_any_orientation_count_and_evenness_does_not(degrees):
    image = grey(240, 320)
    away = np.array([np.cos(np.radians(degrees)), -np.sin(np.radians(degrees))]) * 50
    middle = np.array([160, 120])
    ends = [tuple(np.rint(middle + sign * away).astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(image, *ends, (0.9, 0.9, 0.9), 3, cv2.LINE_AA)
    lines = named(image)["lines"]
    assert lines[56:64, 76:84].max() > 3
    assert lines[:10, :10].max() < 0.01 * lines.max()


def test_fine_detail_answers_to_fine_texture_and_not_to_coarse():
    y, x = np.mgrid[:480, :640]
    image = grey(480, 640, 0.5)
    image[:, :320] += 0.3 * ((x + y) % 2 - 0.5)[:, :320, np.newaxis].astype(np.float32)
    image[:, 320:] += 0.15 * np.sin(2 * np.pi * x / 60)[:, 320:, np.newaxis].astype(np.float32)
    fine, coarser = (named(image)[f"detail {octave}"] for octave in (1, 2))
    assert fine[20:100, 10:70].mean() > 3 * fine[20:100, 90:150].mean()
    assert coarser[20:100, 10:70].mean() < coarser[20:100, 90:150].mean()  # a pixel's checks are gone at half the size


def test_skin_is_a_matter_of_hue_and_not_of_light():
    maps = []
    for light in (1.0, 0.6):
        image = grey(level=0.5)
        image[20:60, 20:60] = np.array((0.86, 0.60, 0.515)) * light  # shares of 0.435, 0.304, 0.261
        image[70:110, 100:140] = np.array((0.2, 0.3, 0.8)) * light
        image[70:110, 20:60] = 0.02  # too dark to have a hue
        maps.append(named(image, Channels())["skin"])
    for skin in maps:
        assert skin[25:55, 25:55].min() > 0.98
        assert skin[75:105, 105:135].max() < 1e-6
        assert not skin[75:105, 25:55].any()
    assert maps[0][25:55, 25:55] == pytest.approx(maps[1][25:55, 25:55], abs=0.01)


def test_skin_is_a_gaussian_in_two_shares_of_colour():
    image = np.random.default_rng(0).random((20, 30, 3)).astype(np.float32)
    covariance = np.array([[0.053375**2, 0.5852 * 0.053375 * 0.024349], [0, 0.024349**2]])
    covariance[1, 0] = covariance[0, 1]
    skin = named(image, Channels())["skin"]
    for row, column in np.ndindex(20, 30):
        colour = image[row, column].astype(np.float64)
        away = colour[:2] / (colour.sum() + 1e-3) - (0.434904, 0.301983)
        expected = np.exp(-0.5 * away @ np.linalg.inv(covariance) @ away) if colour.max() > 0.1 else 0
        assert skin[row, column] == pytest.approx(expected, abs=1e-4)


def test_the_colours_are_those_of_cie_lab():
    image = sample_pixels("coffee")
    maps = named(image)
    assert np.stack([maps[name] for name in COLOURS], axis=2) == pytest.approx(lab(image) / 100, abs=1e-4)


def test_further_channels_follow_at_the_size_of_the_grid():
    def features(image):
        coarse = cv2.resize(np.asarray(image, np.float32), (20, 15), interpolation=cv2.INTER_AREA)
        return coarse.transpose(2, 0, 1)

    image = np.random.default_rng(0).random((240, 320, 3)).astype(np.float32)
    channels = Channels(faces=None, features=features)
    maps = channels(image)
    assert maps.shape == (11 + 3, 120, 160)
    assert len(channels.names) == 11
    assert np.array_equal(maps[:11], CHANNELS(image))
    assert maps[11:, 4::8, 4::8] == pytest.approx(features(image), abs=0.06)
    fine = Channels(faces=None, features=lambda image: np.asarray(image).transpose(2, 0, 1))(image)
    assert fine[11:] == pytest.approx(working_picture(image, 160).transpose(2, 0, 1), abs=1e-6)


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        CHANNELS(np.full((20, 20, 3), np.nan, np.float32))
    with pytest.raises(TypeError, match="expected a picture"):
        CHANNELS(np.zeros((20, 20, 3), np.int64))
