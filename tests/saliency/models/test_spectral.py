"""Laws and phenomena of spectral saliency (residual, signature, quaternions) and of frequency-tuned saliency."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import MODELS as CATALOGUE
from saliency import check_model
from saliency.features.early import working_picture
from saliency.models.frequency_tuned import FrequencyTuned
from saliency.models.image_signature import ImageSignature
from saliency.models.quaternion_dct import TRANSFORMS, QuaternionDCT
from saliency.models.spectral_residual import SpectralResidual


def quaternions(transform):
    return QuaternionDCT(transform=transform)


RESIDUALS = [
    SpectralResidual(),
    SpectralResidual(amplitude="flat"),
    SpectralResidual(ends="joined"),
    SpectralResidual(squeezed=False, ends="joined", blurred="energy", colour_space="lab", neighbourhood=5),
]
SYMMETRIC = [ImageSignature(), *map(quaternions, TRANSFORMS), FrequencyTuned()]
MODELS = [*RESIDUALS, *SYMMETRIC]


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


@pytest.mark.parametrize("model", [model for model in MODELS if model not in CATALOGUE.values()], ids=str)
def test_a_variant_that_has_no_name_is_a_model_too(model):
    check_model(model)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_maps_have_the_size_of_the_picture_and_run_to_one(model):
    for shape in (2, 2, 3), (2, 300, 3), (301, 3), (5, 7, 1), (1300, 40, 4):
        saliency = model(noise(shape))
        assert saliency.shape == shape[:2]
        assert saliency.dtype == np.float32
        assert saliency.min() >= 0
        assert 0 < saliency.max() <= 1


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_an_even_picture_has_an_empty_map(model):
    for colour in (0, 0, 0), (255, 255, 255), (200, 30, 90):
        even = np.full((60, 80, 3), colour, np.uint8)
        assert not model(even).any()
        assert not model(as_image(even)).any()


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_saliency_map_is_the_last_of_all_maps(model):
    image = sample_pixels("coffee")
    maps = model.maps(image)
    assert (next(iter(maps)), list(maps)[-1]) == ("channels", "saliency")
    assert np.array_equal(maps["saliency"], model(image))
    assert all(map_.dtype == np.float32 and np.isfinite(map_).all() for map_ in maps.values())


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_bytes_floats_and_views_of_one_picture_have_one_map(model):
    image = working_picture(sample_pixels("coffee"), 64)  # no shrinking, which rounds bytes
    pixels = np.rint(image * 255).astype(np.uint8)
    expected = model(pixels)
    floats, opaque = pixels / 255, np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    for same in (floats, opaque):  # bytes are rounded once more when colours are added to grey
        assert np.corrcoef(model(same).ravel(), expected.ravel())[0, 1] > 0.995
    view = np.repeat(pixels, 2, axis=1)[:, ::-2][:, ::-1]
    assert np.array_equal(model(view), expected)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_grey_picture_has_the_map_of_its_grey_channel(model):
    grey = sample_pixels("coffee")[:, :, 1]
    coloured = np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    assert np.abs(model(grey) - model(coloured)).max() < 1e-3


@pytest.mark.parametrize("model", [ImageSignature(colour_space="lab"), QuaternionDCT(colour_space="lab")], ids=str)
def test_colours_of_a_grey_picture_do_not_count(model):
    picture = np.repeat(noise((48, 64, 1)), 3, axis=2)
    maps = model.maps(picture)
    assert not maps["channels"][1:].any()
    assert not maps["energy"][1:].any()


@pytest.mark.parametrize("model", MODELS, ids=str)
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 99))
def test_a_mirrored_or_turned_picture_has_a_mirrored_or_turned_map(model, seed):
    image = cv2.GaussianBlur(noise((48, 64, 3), seed), (0, 0), 0.7)
    saliency = model(image)
    assert np.abs(model(image.transpose(1, 0, 2)).T - saliency).max() < 1e-3
    if model != SpectralResidual():  # see the next test
        assert np.abs(model(image[:, ::-1])[:, ::-1] - saliency).max() < 1e-3
        assert np.abs(model(image[::-1])[::-1] - saliency).max() < 1e-3


def test_a_symmetric_picture_has_a_symmetric_map():
    """Where the cosine transform vanishes its sign must be 0, not that of the rounding."""
    half = noise((48, 32, 3))
    picture = np.concatenate([half, half[:, ::-1]], axis=1)
    assert not ImageSignature().maps(picture)["signature"][:, :, 1::2].any()
    for model in SYMMETRIC:
        saliency = model(picture)
        assert np.abs(saliency - saliency[:, ::-1]).max() < 1e-4


@pytest.mark.parametrize("model", [ImageSignature(), *map(quaternions, ("qdct", "eigenpqft", "whitening"))], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_a_red_bar_among_green_bars_stands_out(model, seed):
    rng = np.random.default_rng(seed)
    picture = np.full((240, 320, 3), 0.5, np.float32)
    target = rng.integers(1, 3), rng.integers(1, 4)
    for row in range(4):
        for column in range(5):
            y, x = 64 * row + rng.integers(12, 29), 64 * column + rng.integers(12, 29)
            picture[y : y + 24, x : x + 8] = (0.8, 0.2, 0.2) if (row, column) == target else (0.2, 0.6, 0.2)
    row, column = np.unravel_index(model(picture).argmax(), (240, 320))
    assert (row // 64, column // 64) == target


@pytest.mark.parametrize("model", [SpectralResidual, ImageSignature, QuaternionDCT, FrequencyTuned])
def test_centre_bias_draws_to_the_middle(model):
    image = sample_pixels("astronaut")
    plain, drawn = model()(image), model(centre_bias=2.0)(image)
    edge = np.s_[:40]
    assert drawn[edge].mean() / drawn.mean() < 0.5 * plain[edge].mean() / plain.mean()


def test_weights_silence_a_channel():
    picture = noise((48, 64, 3))
    luma = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert np.abs(QuaternionDCT(weights=(1, 0, 0))(picture) - QuaternionDCT()(luma)).max() < 1e-4


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        (SpectralResidual, {"longer_side": 1}, "at least 2 pixels, got 1"),
        (SpectralResidual, {"neighbourhood": 4}, "1, 3, 5 ... frequencies, got 4"),
        (SpectralResidual, {"amplitude": "full"}, "residual or flat"),
        (SpectralResidual, {"ends": "open"}, "ends to be mirrored or joined, got 'open'"),
        (SpectralResidual, {"blurred": "map"}, "amplitude or energy"),
        (ImageSignature, {"colour_space": "grey"}, "no colour space 'grey'; expected one of: rgb"),
        (ImageSignature, {"blur": -0.1}, "blur=-0.1"),
        (ImageSignature, {"blur": float("nan")}, "finite number for blur, got nan"),
        (ImageSignature, {"blur_reach": 0}, "blur_reach=0"),
        (QuaternionDCT, {"transform": "dft"}, "no transform 'dft'; expected one of: qdct"),
        (QuaternionDCT, {"weights": (0, 0, 0)}, "not all 0"),
        (QuaternionDCT, {"weights": (1, 1)}, "tuple of 3 numbers for weights"),
        (FrequencyTuned, {"centre_bias": -1}, "centre_bias=-1"),
    ],
)
def test_senseless_parameters_are_refused(model, parameters, message):
    with pytest.raises(ValueError, match=message):
        model(**parameters)
