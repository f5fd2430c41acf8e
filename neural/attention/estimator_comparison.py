"""Estimators of the gradient of a hard choice side by side: bias, variance, and how fast a bandit learns."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neural.attention.gradient_estimators import (
    Array,
    Moments,
    Reward,
    exact,
    gumbel_softmax,
    moments_of,
    pathwise,
    reinforce,
    reinforce_moments,
    straight_through_moments,
)
from saliency.gate.softmax import softmax


class Estimator(NamedTuple):
    """One row of `estimator_table`.

    `bias` is the length of what the mean differs by from the exact gradient, and `error` the standard error of this
    difference (0 where all outcomes were enumerated); `variance` is added up over the scores.
    """

    name: str
    bias: float
    error: float
    variance: float


def estimator_table(
    scores: ArrayLike,
    reward: Reward,
    *,
    copies: int = 4,
    relaxations: Sequence[float] = (0.1, 0.5, 1.0),
    temperature: float = 1.0,
    rng: np.random.Generator | int = 0,
    draws: int = 20_000,
) -> list[Estimator]:
    r"""Bias and variance of each estimator, every estimate averaged over the same number of copies.

    REINFORCE and straight-through are enumerated; the running mean, the Gumbel rows and the pathwise gradient are
    sampled.

    Parameters
    ----------
    scores, reward, temperature, rng, draws
        As in `reinforce`.
    copies : int
        Choices in each estimate, at least 2; the number of choices to this power is at most 300,000.
    relaxations : sequence of float
        Temperatures :math:`\tau` of the Gumbel rows.

    Examples
    --------
    >>> for row in estimator_table(np.zeros(2), [9.0, 10.0], draws=500)[:3]:
    ...     print(f"{row.name}: bias {row.bias:.3f}, variance {row.variance:.3f}")
    pathwise: bias 0.354, variance 0.000
    no baseline: bias 0.000, variance 11.281
    mean reward: bias 0.000, variance 0.000
    """
    truth = exact(scores, reward, temperature=temperature)
    generator = np.random.default_rng(rng)
    shared: dict[str, Any] = {"copies": copies, "temperature": temperature}
    sampled: dict[str, Any] = {**shared, "rng": generator, "draws": draws}
    rows = [
        _sampled_row("pathwise", pathwise(scores, reward, temperature=temperature, rng=generator, draws=100), truth),
        *(
            _row(name, reinforce_moments(scores, reward, baseline=baseline, **shared), truth)
            for name, baseline in (
                ("no baseline", "none"),
                ("mean reward", "mean"),
                ("optimal constant", "optimal"),
                ("leave-one-out", "leave-one-out"),
            )
        ),
        _sampled_row("running mean", reinforce(scores, reward, baseline="running", **sampled), truth),
        _row("straight-through", straight_through_moments(scores, reward, **shared), truth),
    ]
    for relaxation in relaxations:
        for name, hard in (("Gumbel-softmax", False), ("straight-through Gumbel", True)):
            estimates = gumbel_softmax(scores, reward, relaxation=relaxation, hard=hard, **sampled)
            rows.append(_sampled_row(f"{name} {relaxation:g}", estimates, truth))
    return rows


def _row(name: str, moments: Moments, truth: Array, error: float = 0.0) -> Estimator:
    return Estimator(name, float(np.linalg.norm(moments.mean - truth)), error, moments.variance)


def _sampled_row(name: str, estimates: Array, truth: Array) -> Estimator:
    moments = moments_of(estimates, np.full(len(estimates), 1 / len(estimates)))
    return _row(name, moments, truth, float(np.sqrt(moments.variance / len(estimates))))


def learning_curve(
    estimator: Callable[[Array, np.random.Generator], ArrayLike],
    reward: ArrayLike,
    *,
    steps: int = 200,
    rate: float = 0.5,
    rng: np.random.Generator | int = 0,
) -> Array:
    """Let a bandit learn: from even scores, a step of gradient ascent after each estimate.

    Parameters
    ----------
    estimator : callable
        From scores (n,) and a generator to one or several estimates of the gradient, (n,) or (draws, n).
    reward : array, shape (n,)
        What each arm pays.
    steps : int
        Number of steps.
    rate : float
        Length of a step, per unit of gradient.
    rng : numpy.random.Generator or int
        Source of randomness.

    Returns
    -------
    array, shape (steps + 1,)
        Expected reward at a temperature of 1, before the first step and after each.

    Examples
    --------
    >>> arms = [0.0, 1.0]
    >>> learning_curve(lambda scores, _: exact(scores, arms), arms, steps=2).round(3)
    array([0.5  , 0.562, 0.622])
    """
    rewards, generator = np.asarray(reward, np.float64), np.random.default_rng(rng)
    scores = np.zeros(rewards.size)
    curve = np.empty(steps + 1)
    for step in range(steps + 1):
        curve[step] = softmax(scores) @ rewards
        estimates = np.reshape(estimator(scores, generator), (-1, rewards.size))
        scores = scores + rate * estimates.mean(axis=0)
    return curve
