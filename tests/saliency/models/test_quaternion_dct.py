"""Quaternion saliency, against quaternion arithmetic."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import truncated_gaussian

from saliency.models.quaternion_dct import TRANSFORMS, QuaternionDCT

UNIT = np.array([0, -1, -1, -1]) / np.sqrt(3)  # the axis of the quaternion transforms


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def times(a, b):
    """Hamilton's product of quaternions (..., 4)."""
    (a0, a1, a2, a3), (b0, b1, b2, b3) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.stack(
        [
            a0 * b0 - a1 * b1 - a2 * b2 - a3 * b3,
            a0 * b1 + a1 * b0 + a2 * b3 - a3 * b2,
            a0 * b2 - a1 * b3 + a2 * b0 + a3 * b1,
            a0 * b3 + a1 * b2 - a2 * b1 + a3 * b0,
        ],
        axis=-1,
    )


def exponential(angle):
    """Give the quaternions exp(axis * angle)."""
    return np.cos(angle)[..., np.newaxis] * np.array([1, 0, 0, 0]) + np.sin(angle)[..., np.newaxis] * UNIT


def quaternion_fourier(quaternions, sign):
    """Left-sided discrete Fourier transform of quaternions (rows, columns, 4), a sum a frequency."""
    rows, columns, _ = quaternions.shape
    y, x = np.mgrid[:rows, :columns]
    out = np.empty_like(quaternions)
    for v in range(rows):
        for u in range(columns):
            turn = exponential(sign * 2 * np.pi * (v * y / rows + u * x / columns))
            out[v, u] = times(turn, quaternions).sum(axis=(0, 1))
    return out


def quaternion_cosine(quaternions, transform):
    """Left-sided cosine transform: that of each component, times the axis."""
    parts = np.stack([transform(np.ascontiguousarray(quaternions[:, :, k])) for k in range(4)], axis=-1)
    return times(np.broadcast_to(UNIT, parts.shape), parts)


def slow_quaternions(picture, transform):
    """Schauerte and Stiefelhagen's energy by quaternion arithmetic."""
    ycrcb = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb).astype(np.float64)
    pixels = np.concatenate([np.zeros((*picture.shape[:2], 1)), ycrcb], axis=2)
    if transform == "whitening":
        spectra = np.fft.fft2(ycrcb, axes=(0, 1))
        return np.square(np.abs(np.fft.ifft2(spectra / np.abs(spectra), axes=(0, 1)))).sum(axis=2)
    if transform == "qdct":
        coefficients = quaternion_cosine(pixels, cv2.dct)
        back = quaternion_cosine(coefficients / np.linalg.norm(coefficients, axis=2, keepdims=True), cv2.idct)
        return np.square(back).sum(axis=2)
    spectrum = quaternion_fourier(pixels, -1)
    if transform == "eigenpqft":
        phase = spectrum / np.linalg.norm(spectrum, axis=2, keepdims=True)
    else:
        phase = exponential(np.arctan2(spectrum @ UNIT, spectrum[:, :, 0]))
    return np.square(quaternion_fourier(phase, 1) / (picture.shape[0] * picture.shape[1])).sum(axis=2)


@pytest.mark.parametrize("transform", TRANSFORMS)
@settings(deadline=None, max_examples=5)
@given(rows=st.integers(1, 4), columns=st.integers(1, 4), seed=st.integers(0, 99))
def test_quaternion_saliency_is_that_of_quaternion_arithmetic(transform, rows, columns, seed):
    picture = noise((2 * rows, 2 * columns, 3), seed)
    maps = QuaternionDCT(transform=transform, blur=0)(picture), slow_quaternions(picture, transform)
    np.testing.assert_allclose(maps[0], maps[1] / maps[1].max(), atol=1e-5)


def test_quaternion_saliency_is_blurred_by_nine_pixels_of_which_those_outside_are_empty():
    picture = noise((48, 64, 3))
    energy = QuaternionDCT().maps(picture)["energy"].sum(axis=0)
    blurred = truncated_gaussian(energy, 2.5, 4, "constant")
    np.testing.assert_allclose(QuaternionDCT()(picture), blurred / blurred.max(), atol=1e-5)
