"""Bayesian surprise, against its slow twin and known values."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.features import kernels
from saliency.features.surprise import Surprise

# surprise


def twin(maps, times, law):
    """Surprise of the last map, one number after the other, with beliefs kept as alpha and beta."""
    zeta = law.keep
    beta = 1 / (1 - zeta)
    rows, columns = maps[0].shape
    alpha = [[[beta * (maps[0][r, c] + law.spontaneous) for c in range(columns)] for r in range(rows)]] * law.scales
    alpha = [np.array(each) for each in alpha]
    result = np.zeros((rows, columns))
    for before, now, elapsed in zip(maps, maps[1:], np.diff(times), strict=False):
        steps = max(1, math.ceil(elapsed / law.interval - 1e-6))
        fade = zeta ** (elapsed / law.interval / steps)
        for _ in range(steps):
            told = before + law.spontaneous
            for k in range(law.scales):
                alpha[k] = fade * alpha[k] + (1 - fade) * beta * told
                told = alpha[k] / beta
        told = now + law.spontaneous
        result = np.ones((rows, columns))
        for k in range(law.scales):
            new = zeta * alpha[k] + told
            temporal = divergence(new, zeta * beta + 1, alpha[k], beta)
            if law.space:
                around = beta * neighbours(told, law)
                temporal = temporal + law.space * divergence(zeta * around + told, zeta * beta + 1, around, beta)
            result = result * temporal
            told = new / (zeta * beta + 1)
        result = result ** (1 / (3 * law.scales))
    return result


def divergence(shape, rate, old_shape, old_rate):
    """Integral of p log (p / q) over the rates, p and q two Gamma densities."""

    def log_density(x, a, b):
        return a * math.log(b) - math.lgamma(a) + (a - 1) * np.log(x) - b * x

    result = np.zeros(np.shape(shape))
    for place, a in np.ndenumerate(shape):
        mean, deviation = a / rate, math.sqrt(a) / rate
        logs = np.linspace(math.log(mean) - 40 / math.sqrt(a + 1), math.log(mean + 12 * deviation), 20_000)
        x = np.exp(logs)
        p, q = log_density(x, a, rate), log_density(x, old_shape[place], old_rate)
        result[place] = np.trapezoid(np.exp(p) * (p - q) * x, logs)
    return np.maximum(result, 0)


def neighbours(values, law):
    rows, columns = values.shape
    y, x = np.mgrid[:rows, :columns]
    out = np.zeros(values.shape)
    spread = law.neighbourhood * max(rows, columns)
    for row in range(rows):
        for column in range(columns):
            square = (y - row) ** 2 + (x - column) ** 2
            weight = np.exp(-square / (2 * spread**2)) - 1.5 * np.exp(-square / (2 * law.hole**2))
            weight = np.maximum(weight, 0)
            out[row, column] = (weight * values).sum() / weight.sum()
    return out


@pytest.mark.parametrize("law", [Surprise(space=0), Surprise(scales=2, neighbourhood=0.6, hole=0.7)])
def test_surprise_is_that_of_the_slow_twin(law):
    rng = np.random.default_rng(4)
    maps, times = rng.random((4, 5, 6)) * 20, [0, 1 / 30, 0.1, 0.115]
    beliefs = law.begin(maps[:1])
    for now, elapsed in zip(maps[1:], np.diff(times), strict=True):
        surprise = beliefs.update(now[np.newaxis], elapsed=elapsed)[0]
    assert surprise == pytest.approx(twin(maps, times, law), rel=2e-3)


@pytest.mark.parametrize(
    "x, value",
    [(1, -0.5772156649015329), (0.5, -1.9635100260214235), (2, 0.42278433509846714), (10, 2.2517525890667211)],
)
def test_digamma_has_its_known_values(x, value):  # Abramowitz and Stegun, 6.3.2, 6.3.3 and table 6.1
    assert kernels.digamma(float(x)) == pytest.approx(value, rel=1e-12)


@given(st.floats(1e-3, 1e4))
@settings(deadline=None)
def test_digamma_obeys_its_recurrence_and_is_the_slope_of_lgamma(x):
    assert kernels.digamma(x + 1) - kernels.digamma(x) == pytest.approx(1 / x, rel=1e-7)
    step = 1e-4 * x
    slope = (math.lgamma(x + step) - math.lgamma(x - step)) / (2 * step)
    assert kernels.digamma(x) == pytest.approx(slope, rel=1e-5, abs=1e-5)


@given(st.floats(0.01, 500), st.floats(0.1, 50), st.floats(0.01, 500), st.floats(0.1, 50))
@settings(deadline=None)
def test_a_divergence_is_0_for_equals_and_never_negative(shape, rate, old_shape, old_rate):
    assert kernels.gamma_divergence(shape, rate, shape, rate) == pytest.approx(0, abs=1e-9)
    assert kernels.gamma_divergence(shape, rate, old_shape, old_rate) >= 0


def test_the_divergence_of_exponential_distributions_is_the_known_one():
    for rate, old in ((1.0, 2.0), (3.0, 0.5)):  # Gamma distributions of shape 1
        assert kernels.gamma_divergence(1.0, rate, 1.0, old) == pytest.approx(math.log(rate / old) + old / rate - 1)


def test_an_event_surprises_more_than_its_tenth_repetition():
    calm = np.full((1, 4, 5), 5.0)
    event = calm.copy()
    event[0, 2, 2] = 25
    beliefs, surprises = Surprise().begin(calm), []
    for _ in range(10):
        surprises.append(beliefs.update(event, elapsed=1 / 30)[0, 2, 2])
        for _ in range(4):
            beliefs.update(calm, elapsed=1 / 30)
    assert surprises[0] > 1.5 * surprises[9]
    assert surprises[9] < 0.5 * max(surprises)


def test_what_does_not_change_does_not_surprise_in_time():
    maps = np.random.default_rng(5).random((2, 6, 7)) * 30
    beliefs = Surprise(space=0).begin(maps)
    assert beliefs.update(maps, elapsed=0.04).max() < 0.02
    for _ in range(100):
        surprise = beliefs.update(maps, elapsed=0.04)
    assert surprise.max() == pytest.approx(0, abs=1e-6)


def test_an_odd_place_surprises_its_neighbours():
    maps = np.full((1, 12, 16), 5.0)
    maps[0, 4, 9] = 20
    beliefs = Surprise().begin(maps)
    surprise = beliefs.update(maps, elapsed=0.04)[0]
    assert np.unravel_index(surprise.argmax(), surprise.shape) == (4, 9)


def test_a_sudden_event_in_noise_surprises_more_than_the_noise():
    rng = np.random.default_rng(6)
    beliefs = Surprise(space=0).begin(rng.poisson(10, (1, 20, 20)))
    noise = [beliefs.update(rng.poisson(10, (1, 20, 20)), elapsed=1 / 30).max() for _ in range(30)]
    event = rng.poisson(10, (1, 20, 20))
    event[0, 7, 8] = 60
    surprise = beliefs.update(event, elapsed=1 / 30)[0]
    assert np.unravel_index(surprise.argmax(), surprise.shape) == (7, 8)
    assert surprise.max() > 1.3 * np.median(noise)


def test_beliefs_move_by_seconds_and_not_by_frames():
    rng = np.random.default_rng(7)
    first, second, third = rng.random((3, 1, 3, 4)) * 20
    slow, fast = (Surprise(scales=1).begin(first) for _ in range(2))
    slow.update(second, elapsed=0.02)
    for _ in range(4):
        fast.update(first, elapsed=0.005)
    fast.update(second, elapsed=1e-9)
    assert fast.update(third, elapsed=0.04) == pytest.approx(slow.update(third, elapsed=0.04), rel=1e-6)


def test_laws_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Surprise().keep = 0.5
