"""Geisler and Perry's law: numbers worked out from the formula with the published constants."""

import numpy as np
import pytest

from foveation import GeislerPerry

ECCENTRICITY = [0, 1, 2, 2.3, 5, 10, 20, 30, 40]


@pytest.mark.parametrize(
    ("minimum_contrast", "cutoff"),
    [
        (1 / 64, [39.2347, 27.3454, 20.9860, 19.6174, 12.3616, 7.3366, 4.0466, 2.7938, 2.1333]),
        (1 / 75, [40.7310, 28.3883, 21.7864, 20.3655, 12.8331, 7.6164, 4.2010, 2.9004, 2.2147]),
    ],
)
def test_cutoff_frequency(minimum_contrast, cutoff):
    law = GeislerPerry(minimum_contrast=minimum_contrast)
    assert law.cutoff_cpd(ECCENTRICITY) == pytest.approx(cutoff, abs=5e-5)


def test_acuity_is_half_at_the_half_eccentricity():
    law = GeislerPerry()
    assert law.cutoff_cpd(law.half_eccentricity_deg) == law.cutoff_cpd(0) / 2


def test_critical_eccentricity():
    frequency = [1, 2, 4, 8, 16, 32]
    expected = [87.9399, 42.8200, 20.2600, 8.9800, 3.3400, 0.5200]
    assert GeislerPerry().critical_eccentricity_deg(frequency) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("frequency", "threshold"),
    [(1, [0.017372, 0.021874, 0.027543, 0.043668]), (4, [0.023876, 0.060016, 0.150860, 0.953204])],
)
def test_contrast_threshold(frequency, threshold):
    law = GeislerPerry()
    assert law.contrast_threshold(frequency, [0, 5, 10, 20]) == pytest.approx(threshold, abs=5e-7)
    assert law.contrast_sensitivity(frequency, [0, 5]) == pytest.approx(1 / np.array(threshold[:2]), rel=1e-4)


def test_the_threshold_is_one_at_the_cutoff():
    law = GeislerPerry()
    assert law.contrast_threshold(law.cutoff_cpd([0, 3, 17]), [0, 3, 17]) == pytest.approx(1.0)


def test_the_reference_screen_shows_less_than_the_fovea_resolves(screen):
    assert GeislerPerry().critical_eccentricity_deg(screen.nyquist_cpd) == pytest.approx(2.457455, abs=5e-7)


@pytest.mark.parametrize("change", [{"minimum_contrast": 1.0}, {"decay_deg": 0}, {"half_eccentricity_deg": -1}])
def test_an_impossible_eye_is_refused(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))}"):
        GeislerPerry(**change)
