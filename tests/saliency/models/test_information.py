"""Laws of AIM, adaptive whitening and rarity, which learn from statistics of the picture itself."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import check_model
from saliency.map import check_map
from saliency.models.adaptive_whitening import AdaptiveWhitening
from saliency.models.aim import AIM
from saliency.models.rarity import Rarity

MODELS = {"aim": AIM(), "adaptive whitening": AdaptiveWhitening(), "rarity": Rarity()}
PICTURE = as_image(cv2.resize(sample_pixels("coffee"), (300, 200), interpolation=cv2.INTER_AREA))


def likeness(map_, other):
    """Correlation of two maps."""
    return float(np.corrcoef(map_.ravel(), other.ravel())[0, 1])


# What holds for all three


@pytest.mark.parametrize("name", MODELS)
def test_the_model_passes_the_check(name):
    check_model(MODELS[name])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (16, 16), (3, 400), (400, 3), (127, 33)])
def test_maps_are_finite_not_negative_and_of_the_pictures_size(name, shape):
    image = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    map_ = check_map(MODELS[name](image), shape)
    assert map_.dtype == np.float32
    assert map_.max() <= 1


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=10, deadline=None)
@given(level=st.floats(0, 1), red=st.floats(0, 1), height=st.integers(2, 200))
def test_an_even_picture_has_an_empty_map(name, level, red, height):
    image = np.full((height, 90, 3), level, np.float32)
    image[:, :, 0] = red
    assert not MODELS[name](image).any()


@pytest.mark.parametrize("name", MODELS)
def test_grey_colour_and_transparency_are_all_taken(name):
    pixels = sample_pixels("chelsea")[:120, :160]
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    model = MODELS[name]
    assert model(opaque) == pytest.approx(model(pixels), abs=1e-6)
    assert likeness(model(grey), model(np.dstack([grey, grey, grey]))) > 0.9999


@pytest.mark.parametrize("name", MODELS)
def test_the_last_map_is_the_saliency_and_all_are_finite(name):
    maps = MODELS[name].maps(PICTURE)
    assert list(maps)[-1] == "saliency"
    assert np.array_equal(maps["saliency"], MODELS[name](PICTURE))
    assert all(np.isfinite(map_).all() and map_.dtype == np.float32 for map_ in maps.values())


@pytest.mark.parametrize("name", MODELS)
def test_less_contrast_in_the_whole_picture_changes_nothing(name):
    """Each measures a place by the statistics of the picture that it is in."""
    model = MODELS[name]
    assert likeness(model(PICTURE * np.float32(0.5)), model(PICTURE)) > 0.999


@pytest.mark.parametrize("name", ["adaptive whitening", "rarity"])
@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(name, flip):
    """On sizes of 2^k n + 1 the samples of every level lie on one another's mirror images."""
    model = type(MODELS[name])(longer_side=225)
    picture = cv2.resize(PICTURE, (225, 161), interpolation=cv2.INTER_AREA)
    mirrored = np.ascontiguousarray(picture[flip])
    assert likeness(model(mirrored)[flip], model(picture)) > 0.999


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("feature", ["colour", "orientation"])
def test_the_odd_one_out_is_found(name, feature):
    image = np.full((480, 672, 3), 0.5, np.float32)
    for y in range(48, 480, 96):
        for x in range(48, 672, 96):
            image[y - 20 : y + 20, x - 5 : x + 5] = (0.2, 0.6, 0.2)
    image[240 - 20 : 240 + 20, 432 - 5 : 432 + 5] = 0.5 if feature == "orientation" else (0.8, 0.2, 0.2)
    if feature == "orientation":
        image[240 - 5 : 240 + 5, 432 - 20 : 432 + 20] = (0.2, 0.6, 0.2)
    row, column = np.unravel_index(MODELS[name](image).argmax(), image.shape[:2])
    assert abs(row - 240) < 40
    assert abs(column - 432) < 40


@pytest.mark.parametrize("name", MODELS)
def test_a_central_bias_moves_the_map_inwards(name):
    model = MODELS[name]
    biased = type(model)(centre_bias=1.0)
    rim = np.ones(PICTURE.shape[:2], bool)
    rim[30:-30, 45:-45] = False
    plain, central = model(PICTURE), biased(PICTURE)
    assert central[rim].mean() / central.mean() < 0.8 * plain[rim].mean() / plain.mean()


# Parameters


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        (AIM, {"longer_side": 1}, "longer_side and bins from 2 up, got longer_side=1"),
        (AIM, {"bins": 1}, "bins=1"),
        (AIM, {"blur": -0.1}, "blur and centre_bias from 0 up, got -0.1"),
        (AdaptiveWhitening, {"orientations": 0}, "orientations from 1 up"),
        (AdaptiveWhitening, {"scales": (7,)}, "tuple of 2 numbers for scales"),
        (AdaptiveWhitening, {"shortest_wavelength": 1}, "wavelengths from 2 pixels up"),
        (AdaptiveWhitening, {"centre_bias": -1}, "blur and centre_bias from 0 up"),
        (Rarity, {"bins": 1}, "longer_side and bins from 2 up, got 240 and 1"),
        (Rarity, {"orientations": 3}, "even number of orientations"),
        (Rarity, {"levels": 0}, "levels=0"),
        (Rarity, {"least_efficiency": 2}, "least_efficiency from 0 to 1, got 2"),
        (Rarity, {"blur": -1}, "blur and centre_bias from 0 up"),
    ],
)
def test_senseless_parameters_are_refused(model, parameters, message):
    with pytest.raises(ValueError, match=message):
        model(**parameters)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_no_picture_is_refused(name):
    with pytest.raises(TypeError, match="picture of uint8"):
        MODELS[name](np.zeros((20, 20), int))
    with pytest.raises(ValueError, match="finite"):
        MODELS[name](np.full((20, 20, 3), np.nan))


def test_models_are_their_parameters():
    assert AIM() == AIM()
    assert hash(Rarity()) != hash(Rarity(bins=32))
    assert AdaptiveWhitening(orientations=8) != AdaptiveWhitening()
