"""Adaptive whitening, against its slow twin."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency.models.adaptive_whitening import AdaptiveWhitening, log_gabors, whitened

PICTURE = as_image(cv2.resize(sample_pixels("coffee"), (300, 200), interpolation=cv2.INTER_AREA))


def likeness(map_, other):
    """Correlation of two maps."""
    return float(np.corrcoef(map_.ravel(), other.ravel())[0, 1])


# Adaptive whitening


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(20, 300), st.integers(0, 999))
def test_whitened_rows_are_uncorrelated_and_of_unit_variance(rows, n, seed):
    rng = np.random.default_rng(seed)
    mixed = (rng.normal(size=(rows, rows)) + 2 * np.eye(rows)) @ rng.normal(size=(rows, n))
    white = whitened(mixed).astype(np.float64)
    assert np.cov(white, bias=True).reshape(len(white), -1) == pytest.approx(np.eye(len(white)), abs=0.02)


def test_the_distance_is_that_of_mahalanobis():
    values = np.random.default_rng(0).normal(size=(4, 500)).cumsum(axis=0)
    centred = values - values.mean(axis=1, keepdims=True)
    expected = np.einsum("in,ij,jn->n", centred, np.linalg.inv(np.cov(values, bias=True)), centred)
    assert np.square(whitened(values)).sum(axis=0) == pytest.approx(expected, rel=1e-3)


def test_rows_that_do_not_vary_are_left_out():
    one = np.random.default_rng(0).normal(size=100)
    assert whitened([one, one, 2 * one]).shape == (1, 100)
    assert whitened(np.ones((3, 100))).shape == (0, 100)


def decorrelated(values):
    """Whitening as in the textbook, in double precision: the component of greatest variance first."""
    centred = values - values.mean(axis=1, keepdims=True)
    variances, axes = np.linalg.eigh(np.cov(values, bias=True))
    return ((axes / np.sqrt(variances)).T @ centred)[::-1]


def log_gabor_strength(plane, wavelength, degrees):
    """Length of the complex answer of a log-Gabor filter, pixel of the spectrum by pixel."""
    transfer = np.zeros(plane.shape)
    for (row, column), _ in np.ndenumerate(plane):
        v, u = np.fft.fftfreq(plane.shape[0])[row], np.fft.fftfreq(plane.shape[1])[column]
        if u or v:
            turn = (np.degrees(np.arctan2(-v, u)) - degrees + 180) % 360 - 180
            octave = np.log(np.hypot(u, v) * wavelength) / np.log(0.55)
            transfer[row, column] = np.exp(-(octave**2) / 2 - turn**2 / (2 * 37.5**2))
    return np.abs(np.fft.ifft2(np.fft.fft2(plane) * transfer))


def test_adaptive_whitening_is_its_slow_twin():
    small = cv2.resize(PICTURE, (48, 32), interpolation=cv2.INTER_AREA)
    total = np.zeros((32, 48))
    for number, component in enumerate(decorrelated(small.reshape(-1, 3).T.astype(np.float64))):
        size = cv2.getOptimalDFTSize(32 + 10), cv2.getOptimalDFTSize(48 + 10)
        margins = [(5, size[0] - 37), (5, size[1] - 53)]
        plane = np.pad(component.reshape(32, 48), margins, mode="symmetric")
        for degrees in (0, 45, 90, 135):
            octaves = range(4 if number == 0 else 2)
            strengths = [log_gabor_strength(plane, 4 * 2**k, degrees)[5:37, 5:53].ravel() for k in octaves]
            total += np.square(decorrelated(np.stack(strengths))).sum(axis=0).reshape(32, 48)
    expected = cv2.GaussianBlur(total, (0, 0), 0.021 * 48, borderType=cv2.BORDER_REPLICATE)
    model = AdaptiveWhitening(scales=(6, 2), shortest_wavelength=4)  # four octaves fit into 48 pixels
    assert model(small) == pytest.approx(expected / expected.max(), abs=2e-3)


def test_a_log_gabor_passes_its_own_wavelength_best():
    bank = log_gabors((64, 64), 4, 4.0, 3)
    assert not bank[:, :, 0, 0].any()
    for scale, wavelength in enumerate((4, 8, 16)):
        assert bank[0, scale, 0].argmax() == 64 // wavelength
        assert bank[2, scale, :, 0].argmax() == 64 - 64 // wavelength  # y runs down


@settings(max_examples=8, deadline=None)
@given(st.floats(-0.3, 0.3), st.floats(0.1, 1))
def test_light_and_contrast_do_not_matter_to_adaptive_whitening(offset, contrast):
    changed = np.clip(PICTURE * 0.3 + 0.35, 0, 1)
    other = (changed - 0.5) * np.float32(contrast) + np.float32(0.5 + 0.5 * offset)
    assert likeness(AdaptiveWhitening()(other), AdaptiveWhitening()(changed)) > 0.999
