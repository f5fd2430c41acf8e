"""Fits of durations and amplitudes, and the Wasserstein distance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma
from scipy.stats import gamma

from saliency.scanpaths.distributions import gamma_fit, log_normal_fit, wasserstein

number = st.floats(-50, 50)


samples = st.lists(number, min_size=1, max_size=12)


# Fits


@pytest.mark.parametrize(("shape", "scale"), [(0.3, 2.0), (1.0, 5.0), (1.18, 5.15), (40.0, 0.1)])
def test_fits_find_the_distributions_that_samples_were_drawn_from(shape, scale):
    rng = np.random.default_rng(5)
    assert gamma_fit(rng.gamma(shape, scale, 200_000)) == pytest.approx((shape, scale), rel=0.02)
    sigma = min(shape, 1.2)
    assert log_normal_fit(rng.lognormal(math.log(scale), sigma, 200_000)) == pytest.approx((sigma, scale), rel=0.02)


@settings(deadline=None, max_examples=40)
@given(x=st.lists(st.floats(0.01, 100), min_size=2, max_size=20))
def test_no_gamma_distribution_is_likelier_than_the_fitted_one(x):
    if np.ptp(x) < 0.1:
        return
    fit = gamma_fit(x)
    assert fit.shape * fit.scale == pytest.approx(np.mean(x))
    best = np.log(fit.density(x)).sum()
    for change in (0.99, 1.01):
        assert np.log(fit._replace(shape=fit.shape * change).density(x)).sum() <= best + 1e-9
        assert np.log(fit._replace(scale=fit.scale * change).density(x)).sum() <= best + 1e-9


def test_a_gamma_fit_solves_the_equations_of_the_maximum():
    x = np.random.default_rng(1).gamma(1.18, 5.15, 3000)
    shape, scale = fit = gamma_fit(x)
    assert np.log(shape) - digamma(shape) == pytest.approx(np.log(x.mean()) - np.log(x).mean(), rel=1e-9)
    assert shape * scale == pytest.approx(x.mean())
    assert fit.density(x) == pytest.approx(gamma.pdf(x, shape, scale=scale))


def test_densities_sum_to_one():
    x = np.linspace(0.001, 80, 400_000)
    for fit in (gamma_fit([1, 2, 5, 9]), log_normal_fit([1, 2, 5, 9])):
        assert np.trapezoid(fit.density(x), x) == pytest.approx(1, abs=1e-3)


def test_what_is_not_positive_does_not_count_in_a_fit():
    assert gamma_fit([0, 1, np.nan, 3]) == gamma_fit([1, 3])
    assert log_normal_fit([0, 1, np.nan, 3]) == log_normal_fit([1, 3])


@pytest.mark.parametrize("x", [[], [2.0], [2.0, 2.0, 2.0], [0, np.nan]])
def test_there_is_no_fit_to_a_single_value(x):
    assert np.isnan(gamma_fit(x)).all()
    assert np.isnan(log_normal_fit(x)).all()


# Distances


def moved(first, second):
    """Move the values of one sample to the other, in order, a share at a time."""
    a, b = np.repeat(np.sort(first), len(second)), np.repeat(np.sort(second), len(first))
    return np.abs(a - b).mean()


@settings(deadline=None, max_examples=60)
@given(a=samples, b=samples, c=samples, shift=number, scale=st.floats(0.1, 10))
def test_wasserstein_is_a_metric_that_shifts_and_scales(a, b, c, shift, scale):
    distance = wasserstein(a, b)
    assert distance == pytest.approx(moved(a, b), abs=1e-9)
    assert distance == pytest.approx(wasserstein(b, a), abs=1e-12)
    assert wasserstein(a, a) == 0
    assert distance <= wasserstein(a, c) + wasserstein(c, b) + 1e-9
    assert distance >= abs(np.mean(a) - np.mean(b)) - 1e-9
    assert wasserstein(a, np.add(a, shift)) == pytest.approx(abs(shift), abs=1e-9)
    assert wasserstein(np.multiply(a, scale), np.multiply(b, scale)) == pytest.approx(scale * distance, abs=1e-7)
    assert wasserstein(a * 3, b) == pytest.approx(distance, abs=1e-9)  # each value thrice is the same distribution


@pytest.mark.parametrize("sample", [[], [1, np.nan], [np.inf]])
def test_wasserstein_refuses_what_is_no_sample(sample):
    with pytest.raises(ValueError, match="two samples of finite numbers"):
        wasserstein(sample, [1.0])
    with pytest.raises(ValueError, match="two samples of finite numbers"):
        wasserstein([1.0], sample)
