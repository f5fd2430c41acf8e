"""The image signature, against its slow twin."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import truncated_gaussian

from foveation import sample_pixels
from saliency.models.image_signature import ImageSignature, cosine_transform
from saliency.models.spectral_residual import SpectralResidual


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def slow_signature(picture):
    """Hou, Harel and Koch's map with OpenCV's cosine transform, at the size of the picture."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).astype(np.float64)
    rebuilt = [cv2.idct(np.sign(cv2.dct(lab[:, :, k]))) for k in range(3)]
    spread = 0.045 * max(picture.shape)
    energy = truncated_gaussian(np.square(rebuilt).mean(axis=0), spread, round(2 * spread), "constant")
    return energy / energy.max()


@settings(deadline=None, max_examples=8)
@given(rows=st.integers(2, 16), columns=st.integers(2, 16), seed=st.integers(0, 99))
def test_the_signature_is_that_of_its_slow_twin(rows, columns, seed):
    picture = noise((2 * rows, 2 * columns, 3), seed)  # OpenCV transforms even sizes only
    assert np.abs(ImageSignature()(picture) - slow_signature(picture)).max() < 1e-5


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (48, 64), (37, 51)])
def test_cosine_transforms_keep_the_energy_and_lead_back(shape):
    planes = np.random.default_rng(1).normal(size=(2, *shape))
    coefficients = cosine_transform(planes)
    np.testing.assert_allclose(np.square(coefficients).sum(), np.square(planes).sum())
    np.testing.assert_allclose(cosine_transform(coefficients, inverse=True), planes, atol=1e-12)


def test_the_signature_finds_sparse_foreground_on_a_spectrally_sparse_background():
    """Hou, Harel and Koch (2012), section 2: a mean cosine of 1/2 or more with N/6 background frequencies."""
    rng = np.random.default_rng(2)
    size, cosines = 32 * 32, []
    for _ in range(40):
        foreground, background = np.zeros(size), np.zeros(size)
        foreground[rng.choice(size, size // 40, replace=False)] = rng.normal(size=size // 40)
        background[rng.choice(size, size // 6, replace=False)] = rng.normal(0, 10, size // 6)
        spectra = cosine_transform(foreground.reshape(1, 32, 32)), background.reshape(1, 32, 32)
        alone, mixed = np.sign(spectra[0]), np.sign(spectra[0] + spectra[1])
        cosines.append((alone * mixed).sum() / (np.linalg.norm(alone) * np.linalg.norm(mixed)))
    assert np.mean(cosines) >= 0.5


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_mirroring_the_ends_of_the_spectrum_does_little_harm_to_the_symmetry_of_photographs(name):
    image, model = sample_pixels(name), SpectralResidual()
    saliency = model(image)
    for mirrored in (model(image[:, ::-1])[:, ::-1], model(image[::-1])[::-1]):
        assert 0 < np.abs(mirrored - saliency).max() < 0.02


def test_the_signature_does_not_mind_brightness_and_contrast():
    image = noise((48, 64, 3)) * 0.5
    model = ImageSignature(colour_space="rgb")
    assert np.abs(model(image * 0.6 + np.float32(0.3)) - model(image)).max() < 1e-4
