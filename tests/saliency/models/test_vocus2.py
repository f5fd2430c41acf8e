"""VOCUS2: equal to its slow twin, and lawful."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import check_model
from saliency.displays.search import pop_out
from saliency.models.vocus2 import VOCUS2

PICTURE = as_image(sample_pixels("coffee"))


def blurred(plane, spread):
    """Gaussian blur, one axis after the other, the border's values continued; four spreads to either side."""
    reach = round(4 * spread * 2 + 1) // 2
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * spread**2))
    for _ in range(2):
        padded = np.pad(plane, ((reach, reach), (0, 0)), mode="edge")
        plane = sum(w * padded[k : k + len(plane)] for k, w in enumerate(weights / weights.sum())).T
    return plane


def slow_twin(image, centre, surround, octaves):
    """Every layer on its own, in double precision; two scales an octave."""
    red, green, blue = (image[:, :, k].astype(np.float64) for k in range(3))
    answers = []
    for plane in ((red + green + blue) / 3, red - green, blue - (red + green) / 2):
        octave = blurred(plane, centre)
        for _ in range(octaves):
            for scale in (0, 1):
                middle = octave if scale == 0 else blurred(octave, centre * np.sqrt(2 - 1))
                around = blurred(middle, np.sqrt(surround**2 - centre**2) * 2 ** (scale / 2))
                for sign in (1, -1):
                    cells = np.maximum(sign * (middle - around), 0)
                    answers.append(cv2.resize(cells, image.shape[1::-1], interpolation=cv2.INTER_CUBIC))
            twice = blurred(blurred(octave, centre), centre * np.sqrt(2))
            octave = (twice[::2, ::2] + twice[1::2, ::2] + twice[::2, 1::2] + twice[1::2, 1::2]) / 4
    total = np.mean(answers, axis=0)
    return total / total.max()


@pytest.mark.parametrize("model", [VOCUS2(octaves=3), VOCUS2(octaves=2, centre_spread=2, surround_spread=6)])
def test_the_map_is_that_of_the_slow_twin(model):
    image = np.ascontiguousarray(PICTURE[80:208, 200:392])
    expected = slow_twin(image, model.centre_spread, model.surround_spread, model.octaves)
    assert model(image) == pytest.approx(expected, abs=1e-4)


def test_every_map_is_there_by_name_and_the_last_is_the_saliency_map():
    model = VOCUS2()
    maps = model.maps(PICTURE)
    assert list(maps)[:3] == ["intensity", "red-green", "blue-yellow"]
    assert list(maps)[-3:] == ["intensity conspicuity", "colour conspicuity", "saliency"]
    assert maps["red-green centre 0"].shape == (2, 400, 600)
    assert maps["red-green surround 4"].shape == (2, 25, 37)
    hues = [maps[f"{hue} {polarity}"] for hue in ("red-green", "blue-yellow") for polarity in ("on-off", "off-on")]
    assert maps["colour conspicuity"] == pytest.approx(np.mean(hues, axis=0), abs=1e-6)
    both = maps["intensity conspicuity"] + 2 * maps["colour conspicuity"]
    assert maps["saliency"] == pytest.approx(both / both.max(), abs=1e-5)
    assert np.array_equal(maps["saliency"], model(PICTURE))
    assert maps["saliency"].min() >= 0
    assert maps["saliency"].max() == 1


def test_presets_are_those_of_the_authors():
    assert (VOCUS2().centre_spread, VOCUS2().surround_spread, VOCUS2().octaves, VOCUS2().scales) == (3, 13, 5, 2)
    assert (VOCUS2.cluttered().centre_spread, VOCUS2.cluttered().surround_spread) == (2, 6)


@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(flip):
    image = np.random.default_rng(0).random((128, 192, 3)).astype(np.float32)
    mirrored = np.ascontiguousarray(image[flip])
    assert VOCUS2()(mirrored)[flip] == pytest.approx(VOCUS2()(image), abs=1e-4)


@settings(max_examples=10, deadline=None)
@given(offset=st.floats(-0.2, 0.2), contrast=st.floats(0.2, 1))
def test_neither_more_light_nor_less_contrast_changes_the_map(offset, contrast):
    image = np.random.default_rng(0).random((60, 80, 3)).astype(np.float32) * 0.4 + 0.3
    other = ((image - 0.5) * contrast + 0.5 + offset).astype(np.float32)
    assert VOCUS2()(other) == pytest.approx(VOCUS2()(image), abs=1e-3)


def test_light_and_dark_change_their_cells():
    maps, negative = VOCUS2().maps(PICTURE[:120, :160]), VOCUS2().maps(1 - PICTURE[:120, :160])
    for feature in ("intensity", "red-green", "blue-yellow"):
        assert maps[f"{feature} on-off"] == pytest.approx(negative[f"{feature} off-on"], abs=1e-5)


@pytest.mark.parametrize("shape", [(2, 2), (2, 90), (3, 3), (17, 400), (700, 900)])
@pytest.mark.parametrize("kind", ["bytes", "floats", "grey", "alpha"])
def test_any_picture_has_a_map_of_its_size(shape, kind):
    image = np.random.default_rng(0).random((*shape, 4 if kind == "alpha" else 3))
    image = (image * 255).astype(np.uint8) if kind == "bytes" else image[:, :, 0] if kind == "grey" else image
    map_ = VOCUS2()(image)
    assert (map_.shape, map_.dtype) == (shape, np.float32)
    assert 0 <= map_.min() <= map_.max() <= 1


@settings(max_examples=10, deadline=None)
@given(level=st.floats(0, 1), red=st.floats(0, 1), side=st.integers(2, 100))
def test_an_even_picture_has_an_empty_map(level, red, side):
    image = np.full((side, 60, 3), level, np.float32)
    image[:, :, 0] = red
    assert not VOCUS2()(image).any()
    check_model(VOCUS2())


@pytest.mark.parametrize("background", [0.0, 0.5])
def test_a_red_bar_among_green_ones_has_the_peak(background):
    for seed in range(3):
        display = pop_out("colour", background=background, rng=seed)
        map_ = VOCUS2()(display.image)
        row, column = np.unravel_index(map_.argmax(), map_.shape)
        assert np.abs(np.subtract((column, row), display.target)).max() <= 45


def test_senseless_parameters_are_refused():
    with pytest.raises(ValueError, match=r"wider than the centre, got centre_spread=3\.0, surround_spread=2"):
        VOCUS2(surround_spread=2)
    with pytest.raises(ValueError, match="at least one octave"):
        VOCUS2(octaves=0)
    with pytest.raises(ValueError, match="colour spaces codi, lab, rgby, ycrcb, got 'rgb'"):
        VOCUS2(colour_space="rgb")
    with pytest.raises(ValueError, match="a blur from 0 to 1"):
        VOCUS2(blur=-1)
