"""What holds for every saliency model, whatever its theory: one test a law, one case a model."""

import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import cv2
import numpy as np
import pytest
from conftest import in_other_numbers

from foveation import as_image, sample_pixels
from saliency import MODELS, check_model, model_named

NAMES = list(MODELS)
FROM_PIXELS = [name for name in NAMES if name != "centre"]  # the centre bias looks at nothing but a picture's size
OWN_SCALE = [name for name in NAMES if name.startswith("itti")]  # not rescaled to 1, as in the paper
SIZES = [(2, 2), (3, 3), (2, 40), (3, 120), (2, 300), (5, 200), (300, 2), (120, 3), (17, 31)]  # height, width
COLOURS = {"black": (0, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255), "teal": (9, 120, 133)}

# A mirrored picture gives a mirrored map, but for these models. Least correlation of the two maps, and why:
UNEVEN = {
    "readout": 0.8,  # its network learned filters of 3 x 3 cells, and faces from one side
    "readout-without-faces": 0.8,
    "aim": 0.97,  # its filters were learned too, none of them beside its mirror image
    "aws": 0.99,  # the picture is continued further to the right and below, to a length that is fast to transform
    "spectral-residual": 0.999,  # the mean over frequencies has mirrored ends, as published; a spectrum's are joined
}


def small(name, width, height):
    return cv2.resize(sample_pixels(name), (width, height), interpolation=cv2.INTER_AREA)


PHOTOGRAPH = small("coffee", 64, 64)  # bytes, of a size that even the spectral models take as it is


def likeness(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def assert_is_map(map_, shape, name):
    assert map_.shape == shape
    assert map_.dtype == np.float32
    assert np.isfinite(map_).all()
    assert map_.min() >= 0
    assert map_.max() <= 1 + 1e-6 or name in OWN_SCALE
    assert map_.max() < 1000


@pytest.mark.parametrize("name", NAMES)
def test_it_passes_the_check_that_any_model_has_to_pass(name):
    check_model(model_named(name))


def equal_things(rows, columns):
    """A display whose items are all alike, so that ties abound."""
    pixels = np.full((rows, columns, 3), 128, np.uint8)
    for row, column in product(range(rows // 8, rows, rows // 4), range(columns // 8, columns, columns // 4)):
        cv2.circle(pixels, (column, row), rows // 20, (200, 60, 60), cv2.FILLED)
    return pixels


EIGHT_BIT = {
    "a photograph": small("astronaut", 180, 120),
    "equal things": equal_things(120, 160),
    "two halves": np.repeat(np.uint8([[[0] * 3] * 40 + [[255] * 3] * 40]), 60, axis=0),
    "a large photograph": small("coffee", 660, 80),
}


@pytest.mark.parametrize("kind", EIGHT_BIT)
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_of_8_bits_has_one_map_in_whatever_numbers_it_comes(name, kind):
    expected = MODELS[name](EIGHT_BIT[kind])
    for numbers, pixels in in_other_numbers(EIGHT_BIT[kind]).items():
        assert np.abs(MODELS[name](pixels) - expected).max() <= 1e-3 * expected.max(), numbers


@pytest.mark.parametrize("name", FROM_PIXELS)
def test_a_picture_of_one_colour_gives_an_empty_map(name):
    for colour, value in COLOURS.items():
        pixels = np.full((15, 22, 3), value, np.uint8)
        assert not MODELS[name](pixels).any(), colour
    assert not MODELS[name](pixels / np.float32(255)).any()


def test_the_centre_bias_alone_says_of_any_picture_that_its_middle_matters():
    bias = MODELS["centre"]
    map_ = bias(np.zeros((15, 21, 3), np.uint8))
    assert np.unravel_index(map_.argmax(), map_.shape) == (7, 10)
    assert np.array_equal(map_, bias(small("coffee", 21, 15)))


@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_any_shape_have_maps(name):
    for shape in SIZES:
        noise = np.random.default_rng(0).random((*shape, 3), np.float32)
        lone = np.zeros_like(noise)
        lone[shape[0] // 2, shape[1] // 3] = 1
        stripes = np.repeat(noise[:, :1] > 0.5, shape[1], axis=1)
        for picture in (noise > 0.5, lone, stripes):
            assert_is_map(MODELS[name](picture.astype(np.float32)), shape, name)


def extreme_pictures():
    """Pictures whose numbers lie at the ends of what float32 can hold, and those without any contrast."""
    noise = np.random.default_rng(0).random((12, 16, 3), np.float32)
    for scale in (1e-2, 1e-5, 1e-20, 1e-36, 1e-38, 1e-40, 1e-45):
        yield noise * np.float32(scale)
    lone = np.zeros_like(noise)
    lone[3, 4] = 1e-45
    yield lone
    lone[5, 6] = 1
    yield lone
    yield np.float32(0.5) + np.float32(6e-8) * (noise > 0.5)
    yield (noise[:2] > 0.5).astype(np.float64)
    for value in (0, 1e-45, 1e-38, 0.5, 1):
        yield np.full_like(noise, value)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_with_extreme_numbers_have_maps(name):
    for picture in extreme_pictures():
        maps = MODELS[name].maps(picture)
        assert all(np.isfinite(step).all() for step in maps.values())
        assert_is_map(maps["saliency"], picture.shape[:2], name)


@pytest.mark.parametrize("name", NAMES)
def test_huge_numbers_are_no_picture(name):
    for pixels in (
        np.full((12, 16), 1e30, np.float32),
        np.linspace(-3e38, 3e38, 192, dtype=np.float32).reshape(12, 16),
    ):
        with pytest.raises(ValueError, match="expected float pixels from 0 to 1, got"):
            MODELS[name](pixels)


@pytest.mark.parametrize("name", NAMES)
def test_large_pictures_have_maps(name):
    large = cv2.resize(sample_pixels("coffee"), (1500, 1000), interpolation=cv2.INTER_CUBIC)
    map_ = MODELS[name](large)
    assert_is_map(map_, (1000, 1500), name)
    assert np.ptp(map_) > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_memory_of_any_kind_give_the_map_of_the_same_floats(name):
    image = as_image(PHOTOGRAPH)
    expected = MODELS[name](image)
    kinds = {
        "uint8": PHOTOGRAPH,
        "uint16": PHOTOGRAPH.astype(np.uint16) * 257,
        "RGBA of float64": np.concatenate([PHOTOGRAPH / 255, np.ones((64, 64, 1))], axis=2),
        "by columns, from the end": np.asfortranarray(image[::-1, ::-1])[::-1, ::-1],
    }
    for kind, pixels in kinds.items():
        pixels.setflags(write=False)
        # the spectral residual makes bytes grey in bytes, as the program does whose maps it gives
        rounding = 0.03 if name == "spectral-residual" else 2e-4
        assert MODELS[name](pixels) == pytest.approx(expected, abs=rounding), kind


@pytest.mark.parametrize("name", NAMES)
def test_numbers_that_cannot_be_shrunk_as_they_are_can_be_mapped_nevertheless(name):
    image = as_image(small("coffee", 660, 24))
    assert MODELS[name](image.astype(np.float16)) == pytest.approx(MODELS[name](image), abs=1e-6)


# Greatest distance, in pixels, of a map's peak from the middle of a lone disc of 40 in a picture of 640. Exact are the
# models that work at the picture's size; the others' cells are 4 to 16 pixels wide, and what N or learned filters leave
# of a disc may lie at its edge.
PEAK_WITHIN = dict.fromkeys(["bms", "frequency-tuned", "vocus2"], 1) | dict.fromkeys(["aim", "aws", "rarity"], 2)
PEAK_WITHIN |= {"proto-object": 3, "gbvs": 14, "covariance": 20}


@pytest.mark.parametrize("name", FROM_PIXELS)
def test_the_peak_over_a_lone_disc_lies_on_it(name):
    for shape, x, y, grey in (((480, 640), 200, 140, 220), ((481, 641), 455, 333, 30), ((640, 480), 127, 500, 220)):
        rows, columns = np.indices(shape)
        picture = np.full((*shape, 3), 128, np.uint8)
        picture[np.hypot(columns - x, rows - y) <= 20] = grey
        map_ = MODELS[name](picture)
        row, column = np.argwhere(map_ >= map_.max() * (1 - 1e-6)).mean(axis=0)
        assert np.hypot(column - x, row - y) <= PEAK_WITHIN.get(name, 12)


@pytest.mark.parametrize("name", NAMES)
def test_grey_is_three_equal_colours(name):
    grey = cv2.cvtColor(PHOTOGRAPH, cv2.COLOR_RGB2GRAY)
    expected = MODELS[name](as_image(np.repeat(grey[:, :, np.newaxis], 3, axis=2)))
    assert np.ptp(expected) > 0.02
    for pixels in (grey, (grey / 255).astype(np.float32)[:, :, np.newaxis]):
        assert MODELS[name](pixels) == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("name", FROM_PIXELS)
def test_what_nobody_sees_behind_full_transparency_does_not_count(name):
    hidden = np.dstack([PHOTOGRAPH, np.zeros((64, 64), np.uint8)])
    assert not MODELS[name](hidden).any()


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        (np.full((5, 5, 3), np.nan), ValueError, "expected finite pixels, got 75 that are NaN or infinite"),
        (np.full((5, 5, 3), np.inf, np.float32), ValueError, "expected finite pixels, got 75"),
        (np.full((5, 5, 3), 255.0), ValueError, "expected float pixels from 0 to 1, got 255 to 255"),
        (np.full((5, 5), -0.5), ValueError, "expected float pixels from 0 to 1, got -0.5 to -0.5"),
        (np.zeros((5, 5, 3), np.int64), TypeError, "expected a picture of uint8, uint16 or float, got int64"),
        (np.zeros((5, 5, 3), np.bool_), TypeError, "expected a picture of uint8, uint16 or float, got bool"),
        (np.zeros((5, 5, 2)), ValueError, r"expected a picture of shape .*, got \(5, 5, 2\)"),
        (np.zeros((3, 5, 5, 3)), ValueError, r"expected a picture of shape .*, got \(3, 5, 5, 3\)"),
        (np.zeros((1, 1, 3)), ValueError, "expected a picture of at least 2 x 2 pixels, got 1 x 1"),
        (np.zeros((1, 9), np.uint8), ValueError, "expected a picture of at least 2 x 2 pixels, got 9 x 1"),
        (np.zeros((0, 0, 3)), ValueError, "expected a picture of at least 2 x 2 pixels, got 0 x 0"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence_by_all(pixels, error, message):
    for model in MODELS.values():
        with pytest.raises(error, match=message):
            model(pixels)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits_come_again_and_from_two_threads_at_once_and_the_picture_stays(name):
    model, pixels = MODELS[name], small("rocket", 70, 52)
    given = pixels.copy()
    first = model(pixels)
    with ThreadPoolExecutor(2) as threads:
        maps = [model(pixels), *threads.map(model, [pixels] * 2)]
    assert all(np.array_equal(first, again) for again in maps)
    assert np.array_equal(pixels, given)


SIDEWAYS, UPSIDE_DOWN = np.s_[:, ::-1], np.s_[::-1]
LEARNED = ("readout", "readout-without-faces")  # from upright pictures: upside down is another picture to them


@pytest.mark.parametrize("name", NAMES)
def test_mirror_the_picture_mirror_the_map(name):
    # of 129 pixels every other one, from both sides, is the same one; GBVS halves between pixels and needs an even side
    side = 128 if name == "gbvs" else 129
    picture = small("coffee", side, side)
    map_ = MODELS[name](picture)
    for flip in (SIDEWAYS,) if name in LEARNED else (SIDEWAYS, UPSIDE_DOWN):
        mirrored = MODELS[name](np.ascontiguousarray(picture[flip]))[flip]
        if name in UNEVEN:
            assert likeness(map_, mirrored) > UNEVEN[name]
        else:
            assert mirrored == pytest.approx(map_, abs=2e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_map_of_a_picture_twice_as_large_is_much_the_same(name):
    map_, large = (MODELS[name](small("coffee", width, height)) for width, height in ((150, 100), (300, 200)))
    assert likeness(map_, cv2.resize(large, (150, 100), interpolation=cv2.INTER_AREA)) > 0.8


@pytest.mark.parametrize("name", FROM_PIXELS)
def test_a_lone_disc_on_an_even_ground_is_the_peak(name):
    for disc in (0.9, 0.1):
        picture = np.full((96, 128, 3), 0.5, np.float32)
        cv2.circle(picture, (84, 40), 8, (disc,) * 3, -1)
        row, column = np.unravel_index(MODELS[name](picture).argmax(), (96, 128))
        assert math.hypot(column - 84, row - 40) < 11


@pytest.mark.parametrize("name", NAMES)
def test_all_maps_have_names_and_the_last_is_the_answer(name):
    pixels = small("chelsea", 72, 48)
    maps = MODELS[name].maps(pixels)
    assert len(maps) > 1
    assert list(maps)[-1] == "saliency"
    assert np.array_equal(maps["saliency"], MODELS[name](pixels))
    for map_ in maps.values():
        assert map_.ndim >= 2
        assert map_.dtype in (np.float32, np.uint8)
        assert np.isfinite(map_).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_its_parameters(name):
    model, pixels = MODELS[name], small("rocket", 48, 40)
    again = pickle.loads(pickle.dumps(model))
    assert again == model
    assert repr(again) == repr(model)
    assert repr(model).startswith(f"{type(model).__name__}(")
    assert np.array_equal(again(pixels), model(pixels))


def test_no_two_names_stand_for_the_same_model():
    assert all(MODELS[one] != MODELS[other] for one in NAMES for other in NAMES if one != other)
