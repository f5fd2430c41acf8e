"""The spectral residual, against its slow twin and OpenCV."""

import cv2
import numpy as np
import pytest
from naive import truncated_gaussian

from foveation import sample_pixels
from saliency.models.spectral_residual import SpectralResidual


def slow_residual(image, *, flat=False):
    """Hou and Zhang's map as OpenCV makes it, with NumPy's Fourier transform and explicit averages."""
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (64, 64), interpolation=cv2.INTER_LINEAR_EXACT)
    spectrum = np.fft.fft2(grey.astype(np.float64))
    logarithm = np.log(1 + np.abs(spectrum))
    padded = np.pad(logarithm, 1, mode="reflect")
    mean = sum(padded[y : y + 64, x : x + 64] for y in range(3) for x in range(3)) / 9
    residual = 0 * logarithm if flat else logarithm - mean
    recovered = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum))))
    energy = truncated_gaussian(recovered, 8, 2, "reflect") ** 2
    return cv2.resize((energy / energy.max()).astype(np.float32), image.shape[1::-1])


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_the_spectral_residual_is_that_of_its_slow_twin(name, flat):
    image = sample_pixels(name)
    saliency = SpectralResidual(amplitude="flat" if flat else "residual")(image)
    assert np.abs(saliency - slow_residual(image, flat=flat)).max() < 2e-4


def test_the_spectral_residual_is_opencvs_where_that_is_installed():
    if not hasattr(cv2, "saliency"):
        pytest.skip("OpenCV's contributed modules are not installed")
    image = sample_pixels("coffee")
    _, theirs = cv2.saliency.StaticSaliencySpectralResidual_create().computeSaliency(image[:, :, ::-1].copy())
    assert np.abs(SpectralResidual()(image) - theirs).max() < 2e-4


def test_phase_alone_gives_much_the_same_map():
    """Guo, Ma and Zhang (2008), section 2: the residual matters little, the phase does the work."""
    image = sample_pixels("coffee")
    both = [SpectralResidual(amplitude=amplitude)(image).ravel() for amplitude in ("residual", "flat")]
    assert np.corrcoef(both)[0, 1] > 0.9


def test_grey_sees_nothing_in_colours_of_one_luma():
    picture = np.full((40, 40, 3), (0.5, 0.5, 0.5), np.float32)
    picture[10:20, 10:20] += np.float32([0.2, -0.2 * 0.299 / 0.587, 0])
    assert not SpectralResidual()(picture).any()
    assert SpectralResidual(colour_space="lab")(picture).any()
