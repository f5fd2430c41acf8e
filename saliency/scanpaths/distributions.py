"""Distributions of durations and amplitudes: gamma and log-normal fits, the main sequence, Wasserstein distance."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class GammaFit(NamedTuple):
    r"""A gamma distribution, :math:`p(x) = x^{k-1} e^{-x/\theta} / (\Gamma(k)\, \theta^k)`."""

    shape: float
    scale: float

    def density(self, values: ArrayLike) -> NDArray[np.float64]:
        """Give the density at values above 0."""
        x = np.asarray(values, np.float64)
        log = (self.shape - 1) * np.log(x) - x / self.scale - math.lgamma(self.shape) - self.shape * np.log(self.scale)
        return np.asarray(np.exp(log))


class LogNormalFit(NamedTuple):
    r"""A log-normal distribution: :math:`\ln x` is normal, of mean :math:`\ln` `scale` and this standard deviation."""

    sigma: float
    scale: float

    def density(self, values: ArrayLike) -> NDArray[np.float64]:
        """Give the density at values above 0."""
        x = np.asarray(values, np.float64)
        z = np.log(x / self.scale) / self.sigma
        return np.asarray(np.exp(-(z**2) / 2) / (x * self.sigma * math.sqrt(2 * math.pi)))


class MainSequence(NamedTuple):
    """Main sequence: duration of a saccade, in seconds, as a line in its amplitude (intercept, slope per degree)."""

    intercept: float
    slope: float


def known_values(values: ArrayLike) -> NDArray[np.float64]:
    """Give the numbers that are finite."""
    numbers = np.asarray(values, np.float64).ravel()
    return numbers[np.isfinite(numbers)]


def _positive(values: ArrayLike) -> NDArray[np.float64]:
    known = known_values(values)
    return known[known > 0]


def mean_known(values: ArrayLike) -> float:
    """Give the mean of the numbers that are finite; NaN if there are none."""
    known = known_values(values)
    return float(known.mean()) if known.size else math.nan


def gamma_fit(values: ArrayLike) -> GammaFit:
    r"""Fit a gamma distribution by maximum likelihood to the values that are known and above 0.

    The shape :math:`k` solves :math:`\ln k - \psi(k) = \ln \bar x - \overline{\ln x}`; the scale is
    :math:`\bar x / k`. Both are NaN if there are not two different values.

    Parameters
    ----------
    values : array
        A sample.

    References
    ----------
    Choi and Wette (1969), Maximum likelihood estimation of the parameters of the gamma distribution, Technometrics 11.

    Examples
    --------
    >>> fit = gamma_fit(np.random.default_rng(0).gamma(1.2, 5.0, 100_000))
    >>> round(fit.shape, 2), round(fit.scale, 2)
    (1.2, 5.01)
    """
    from scipy.stats import gamma  # here: it takes longer to import than all of this package

    x = _positive(values)
    if not x.size or np.log(x.mean()) - np.log(x).mean() < 1e-9:
        return GammaFit(math.nan, math.nan)
    shape, _, scale = gamma.fit(x, floc=0)
    return GammaFit(float(shape), float(scale))


def log_normal_fit(values: ArrayLike) -> LogNormalFit:
    """Fit a log-normal distribution by maximum likelihood to the values that are known and above 0.

    Both numbers are NaN if there are not two different values.

    Parameters
    ----------
    values : array
        A sample.

    Examples
    --------
    >>> fit = log_normal_fit([0.1, 0.2, 0.4])
    >>> round(fit.sigma, 3), round(fit.scale, 3)
    (0.566, 0.2)
    """
    x = np.log(_positive(values))
    if not x.size or np.ptp(x) == 0:
        return LogNormalFit(math.nan, math.nan)
    return LogNormalFit(float(x.std()), math.exp(float(x.mean())))


def wasserstein(first: ArrayLike, second: ArrayLike) -> float:
    r"""Wasserstein distance: how far the values of a sample must be moved, on average, to become those of another.

    The Wasserstein-1 (earth mover's) distance, the area between the two cumulative distributions,

    .. math:: W_1 = \int |F(x) - G(x)|\, dx

    exact, in the unit of the values, for samples of any sizes.

    Parameters
    ----------
    first, second : array
        Two samples.

    Raises
    ------
    ValueError
        If a sample is empty or holds a number that is not finite.

    References
    ----------
    Vallender (1974), Calculation of the Wasserstein distance between probability distributions on the line, Theory of
    Probability and its Applications 18.

    Examples
    --------
    >>> wasserstein([0, 1, 3], [5, 6, 8]), wasserstein([0, 2], [1])
    (5.0, 1.0)
    """
    from scipy.stats import wasserstein_distance

    samples = [np.asarray(values, np.float64).ravel() for values in (first, second)]
    if not all(sample.size and np.isfinite(sample).all() for sample in samples):
        raise ValueError("expected two samples of finite numbers, got one that is empty or holds NaN or infinity")
    return float(wasserstein_distance(*samples))
