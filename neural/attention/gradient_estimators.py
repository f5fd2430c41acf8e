"""Why a hard choice cannot be back-propagated, and what is done instead.

One of n places is chosen with probability :math:`p = softmax(e / T)`, and the choice i pays :math:`R_i`. How should the
scores e change, so that more is paid on average? The expectation has a gradient (`exact`), but it asks for the reward
of every place, and who looks at one place knows one. The choice itself is a step: its gradient is 0 wherever it has one
(`pathwise`). So the gradient is estimated, without bias but noisily (`reinforce`; the baselines are about the noise),
or smoothly but with a bias (`straight_through`, `gumbel_softmax`). `estimator_table` puts numbers to all of this.

Estimators give samples of the gradient, (draws, n), each the average over `copies` choices.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number
from neural.attention.attend import attend
from saliency.gate.softmax import one_hot_argmax, perturbed, softmax

__all__ = [
    "BASELINES",
    "Moments",
    "exact",
    "gumbel_softmax",
    "optimal_baseline",
    "pathwise",
    "reinforce",
    "reinforce_moments",
    "straight_through",
    "straight_through_moments",
]

BASELINES = ("none", "mean", "optimal", "running", "leave-one-out")
MOST_OUTCOMES = 300_000  # that are enumerated

Array = NDArray[np.float64]
Reward = ArrayLike | Callable[[Any], Any]


class Moments(NamedTuple):
    """Mean (n,) of an estimate of the gradient, and its variance, added up over the n scores."""

    mean: Array
    variance: float


class _Task(NamedTuple):
    """Scores and their temperature; the probability of each choice, what it pays, and the payment of weights."""

    scores: Array
    temperature: float
    odds: Array
    rewards: Array
    paid: Callable[[Any], Any]


def _task(scores: ArrayLike, reward: Reward, temperature: float) -> _Task:
    values = np.asarray(scores, np.float64)
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():
        raise ValueError(f"expected at least two finite scores, shape (n,), got {scores!r}")
    if callable(reward):
        paid, rewards = reward, np.asarray(reward(np.eye(values.size)), np.float64)
    else:
        rewards = np.asarray(reward, np.float64)
        paid = lambda weights: anp.dot(weights, rewards)  # noqa: E731  (a line for a line)
    if rewards.shape != values.shape or not np.isfinite(rewards).all():
        raise ValueError(f"expected a finite reward for each of the {values.size} choices, got {rewards!r}")
    return _Task(values, temperature, softmax(values, temperature), rewards, paid)


def _perturbed(task: _Task, copies: int, rng: np.random.Generator | int, draws: int) -> Array:
    """Scores over temperature with Gumbel noise, (draws, copies, n): the greatest is a sample of the softmax."""
    if draws < 1 or copies < 1:
        raise ValueError(f"expected at least one draw of at least one copy, got {draws} and {copies}")
    return perturbed(np.broadcast_to(task.scores, (draws, copies, task.scores.size)), task.temperature, rng)


def _outcomes(task: _Task, copies: int) -> tuple[NDArray[np.int64], Array]:
    """All outcomes of `copies` choices, (m, copies), and their probabilities, (m,)."""
    n = task.odds.size
    if copies < 1 or n**copies > MOST_OUTCOMES:
        raise ValueError(f"expected {copies} copies of {n} choices to have 1 to {MOST_OUTCOMES} outcomes")
    choices = np.indices((n,) * copies).reshape(copies, -1).T
    return choices, task.odds[choices].prod(axis=1)


def moments_of(gradients: Array, probabilities: Array) -> Moments:
    mean = probabilities @ gradients
    return Moments(mean, float(probabilities @ ((gradients - mean) ** 2).sum(axis=1)))


def _gradients(paid: Callable[[Any], Any], weights: Array) -> Array:
    """Gradient of what is paid with each of the weights (..., n), where they stand."""
    vjp, payment = make_vjp(paid)(weights)
    gradients: Array = vjp(np.ones(np.shape(payment)))
    return gradients


def _through_softmax(weights: Array, gradients: Array, temperature: float) -> Array:
    r"""Gradients v (..., n) of weights :math:`w = softmax(e / T)`, made those of scores: :math:`w (v - w v)/T`."""
    pulled: Array = weights * (gradients - (weights * gradients).sum(axis=-1, keepdims=True)) / temperature
    return pulled


def exact(scores: ArrayLike, reward: Reward, *, temperature: float = 1.0) -> Array:
    r"""Gradient of the expected reward: :math:`\partial E[R] / \partial e_j = p_j (R_j - E[R]) / T`.

    Parameters
    ----------
    scores : array, shape (n,)
        Scores :math:`e`, for n at least 2.
    reward : array, shape (n,), or callable
        What each choice pays; or a function, of `autograd.numpy`, from weights (..., n) to what they pay (...,). Of
        the function, only the values at one-hot weights are rewards of a choice; an array is the linear function.
    temperature : float
        :math:`T`, above 0.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If a score or a reward is not finite, their shapes differ, or the temperature is not positive.

    Examples
    --------
    >>> exact(np.zeros(2), [0.0, 1.0])
    array([-0.25,  0.25])
    """
    task = _task(scores, reward, temperature)
    return _through_softmax(task.odds, task.rewards, temperature)


def pathwise(
    scores: ArrayLike,
    reward: Reward,
    *,
    temperature: float = 1.0,
    rng: np.random.Generator | int = 0,
    draws: int = 1000,
) -> Array:
    """Back-propagate through the choice that `neural.attend` draws, with its noise held still: all zeros, (draws, n).

    A little more of a score changes nothing until another place wins, and then all at once. Parameters as in `exact`
    and `reinforce`.

    Examples
    --------
    >>> pathwise(np.zeros(2), [0.0, 1.0], draws=3)
    array([[0., 0.],
           [0., 0.],
           [0., 0.]])
    """
    task = _task(scores, reward, temperature)
    places = np.eye(task.scores.size)

    def payment(query: Any) -> Any:  # noqa: ANN401  (arrays and autograd boxes)
        drawn = attend(query, places, places, normalise="sample", temperature=temperature, rng=rng)
        return task.paid(drawn.context) + 0 * query[:, 0]  # or autograd would warn that nothing depends on the query

    check_number(draws, "at least one draw", least=1)
    return _gradients(payment, np.tile(task.scores, (draws, 1)))


def optimal_baseline(scores: ArrayLike, reward: Reward, *, temperature: float = 1.0) -> float:
    r"""Constant that makes REINFORCE least noisy: rewards, weighted by how much each choice moves the scores.

    .. math:: b^* = \frac{E[\|\nabla \ln p_i\|^2 R_i]}{E[\|\nabla \ln p_i\|^2]}

    Parameters as in `exact`.

    References
    ----------
    Greensmith, Bartlett and Baxter (2004), Variance reduction techniques for gradient estimates in reinforcement
    learning, Journal of Machine Learning Research 5, section 4.

    Examples
    --------
    >>> optimal_baseline(np.log([0.8, 0.2]), [0.0, 1.0])  # the mean reward is 0.2; the rare choice moves more
    0.8
    """
    task = _task(scores, reward, temperature)
    moved = task.odds * ((np.eye(task.odds.size) - task.odds) ** 2).sum(axis=1)
    return float(moved @ task.rewards / moved.sum()) if moved.sum() else float(task.odds @ task.rewards)


def _averaged(gradients: Array) -> Array:
    """Average (draws, copies, n) over the copies."""
    mean: Array = gradients.mean(axis=1)
    return mean


def _constant(task: _Task, baseline: float | str) -> float:
    if not isinstance(baseline, str):
        return float(baseline)
    if baseline == "none":
        return 0.0
    if baseline == "mean":
        return float(task.odds @ task.rewards)
    if baseline == "optimal":
        return optimal_baseline(task.scores, task.rewards, temperature=task.temperature)
    raise ValueError(f"there is no baseline '{baseline}'; expected a number or one of: {', '.join(BASELINES)}")


def _running(paid: Array, decay: float) -> Array:
    """Give, for each draw, the running mean of what the draws before it paid, (draws, 1); it begins with 0."""
    check_number(decay, "a decay from 0 to below 1", least=0, below=1)
    means = np.zeros((len(paid), 1))
    for draw, now in enumerate(paid[:-1].mean(axis=1)):
        means[draw + 1] = decay * means[draw] + (1 - decay) * now
    return means


def _of_the_others(paid: Array) -> Array:
    """Mean of what the other copies paid, (draws, copies)."""
    copies = paid.shape[1]
    check_number(copies, "at least two copies to leave one out", least=2)
    others: Array = (paid.sum(axis=1, keepdims=True) - paid) / (copies - 1)
    return others


def _score_function(task: _Task, choices: NDArray[np.int64], baseline: Array | float) -> Array:
    """Prediction error times eligibility, averaged over the copies: (draws, n) for choices (draws, copies)."""
    eligibility = (np.eye(task.odds.size)[choices] - task.odds) / task.temperature
    errors = task.rewards[choices] - baseline
    return _averaged(errors[..., np.newaxis] * eligibility)


def reinforce(
    scores: ArrayLike,
    reward: Reward,
    *,
    baseline: float | str = "none",
    copies: int = 1,
    decay: float = 0.9,
    temperature: float = 1.0,
    rng: np.random.Generator | int = 0,
    draws: int = 1000,
) -> Array:
    r"""Score-function estimate: how much better than expected, times what made the choice likely.

    .. math:: \hat g = (R_i - b) \, \frac{onehot(i) - p}{T}, \qquad i \sim p

    The eligibility :math:`\nabla \ln p_i` has mean 0, so a baseline b that does not depend on the choice i cannot bias
    the estimate; it can only make it more or less noisy.

    Parameters
    ----------
    scores : array, shape (n,)
        Scores, for n at least 2.
    reward : array, shape (n,), or callable
        As in `exact`; only what each choice pays is used.
    baseline : float or str
        A constant; or "none" (0), "mean" (the expected reward), "optimal" (`optimal_baseline`), "running" (the running
        mean of the draws before, which begins with 0), "leave-one-out" (the mean of what the other copies were paid).
    copies : int
        Choices that are averaged in one estimate; at least 2 for "leave-one-out".
    decay : float
        Share of the running mean that is kept from draw to draw, from 0 to below 1.
    temperature : float
        :math:`T`, above 0.
    rng : numpy.random.Generator or int
        Source of randomness.
    draws : int
        Number of estimates.

    Returns
    -------
    array, shape (draws, n)

    Raises
    ------
    ValueError
        If there is no such baseline, or a parameter is outside its range.

    References
    ----------
    Williams (1992), Simple statistical gradient-following algorithms for connectionist reinforcement learning, Machine
    Learning 8, theorem 1; leaving one out: Kool, van Hoof and Welling (2019), ICLR workshop "Deep RL meets structured
    prediction".

    Examples
    --------
    >>> estimates = reinforce(np.zeros(2), [0.0, 1.0], draws=4000)
    >>> bool(np.allclose(estimates.mean(axis=0), exact(np.zeros(2), [0.0, 1.0]), atol=0.02))
    True
    """
    task = _task(scores, reward, temperature)
    choices = _perturbed(task, copies, rng, draws).argmax(axis=-1)
    paid = task.rewards[choices]
    if baseline == "running":
        return _score_function(task, choices, _running(paid, decay))
    if baseline == "leave-one-out":
        return _score_function(task, choices, _of_the_others(paid))
    return _score_function(task, choices, _constant(task, baseline))


def reinforce_moments(
    scores: ArrayLike,
    reward: Reward,
    *,
    baseline: float | str = "none",
    copies: int = 1,
    temperature: float = 1.0,
) -> Moments:
    """Mean and variance of `reinforce`, by going through all outcomes; the running mean has a past, and is left out.

    Examples
    --------
    >>> for baseline in ("none", "mean"):
    ...     print(reinforce_moments(np.zeros(2), [9.0, 10.0], baseline=baseline))
    Moments(mean=array([-0.25,  0.25]), variance=45.125)
    Moments(mean=array([-0.25,  0.25]), variance=0.0)
    """
    task = _task(scores, reward, temperature)
    choices, probabilities = _outcomes(task, copies)
    if baseline == "running":
        raise ValueError("a running mean depends on the draws before: expected another baseline")
    removed = _of_the_others(task.rewards[choices]) if baseline == "leave-one-out" else _constant(task, baseline)
    return moments_of(_score_function(task, choices, removed), probabilities)


def straight_through(
    scores: ArrayLike,
    reward: Reward,
    *,
    copies: int = 1,
    temperature: float = 1.0,
    rng: np.random.Generator | int = 0,
    draws: int = 1000,
) -> Array:
    r"""Choose in the forward pass, and go back as if the weights had been the soft ones.

    .. math:: \hat g = \frac{p \, (v - p \cdot v)}{T}, \qquad v = \nabla_w R(w) \text{ at } w = onehot(i)

    A linear reward has the same gradient everywhere, :math:`v = R`: then every draw is the exact gradient. Any other
    reward is judged by its gradient at the corner that was chosen, which says nothing certain about the other corners:
    in general the estimate is biased, and no number of draws mends that. Parameters as in `reinforce`.

    References
    ----------
    Bengio, Leonard and Courville (2013), Estimating or propagating gradients through stochastic neurons for conditional
    computation, arXiv:1308.3432, section 3.

    Examples
    --------
    >>> straight_through(np.zeros(2), [0.0, 1.0], draws=1)
    array([[-0.25,  0.25]])
    >>> straight_through_moments(np.log([0.8, 0.2]), lambda w: w[..., 1] ** 2).mean, exact(np.log([0.8, 0.2]), [0, 1])
    (array([-0.064,  0.064]), array([-0.16,  0.16]))
    """
    task = _task(scores, reward, temperature)
    hard = one_hot_argmax(_perturbed(task, copies, rng, draws))
    return _averaged(_through_softmax(task.odds, _gradients(task.paid, hard), temperature))


def straight_through_moments(
    scores: ArrayLike, reward: Reward, *, copies: int = 1, temperature: float = 1.0
) -> Moments:
    """Mean and variance of `straight_through`, by going through all outcomes."""
    task = _task(scores, reward, temperature)
    one = moments_of(_through_softmax(task.odds, _gradients(task.paid, np.eye(task.odds.size)), temperature), task.odds)
    return Moments(one.mean, one.variance / copies)


def gumbel_softmax(
    scores: ArrayLike,
    reward: Reward,
    *,
    relaxation: float = 1.0,
    hard: bool = False,
    copies: int = 1,
    temperature: float = 1.0,
    rng: np.random.Generator | int = 0,
    draws: int = 1000,
) -> Array:
    r"""Give up the hard choice for a softmax of the noisy scores, which has a gradient.

    .. math:: q = softmax\left(\frac{e / T + G}{\tau}\right), \qquad \hat g = \frac{q \, (v - q \cdot v)}{\tau T}

    with Gumbel noise :math:`G` and :math:`v = \nabla_w R(w)` at :math:`w = q` or, if `hard`, at the one-hot choice
    (straight-through Gumbel-softmax). The relaxed estimate is the exact gradient of another function, :math:`E[R(q)]`,
    so it is biased even if the reward is linear, where it and the hard one are the same. With :math:`\tau \to 0` its
    bias goes, and the variance grows without bound. The hard one then takes the mean of the gradients at two corners
    for the difference of their rewards: right up to quadratic rewards, biased beyond.

    Parameters
    ----------
    scores, reward, copies, temperature, rng, draws
        As in `reinforce`.
    relaxation : float
        :math:`\tau`, above 0.
    hard : bool
        Whether the forward pass chooses.

    References
    ----------
    Jang, Gu and Poole (2017), Categorical reparameterization with Gumbel-softmax, ICLR, section 2; Maddison, Mnih and
    Teh (2017), The concrete distribution, ICLR.

    Examples
    --------
    >>> estimates = gumbel_softmax(np.zeros(2), [0.0, 1.0], draws=4000)
    >>> bool(abs(estimates.mean(axis=0)[1] - 1 / 6) < 0.01)  # the exact gradient is 1/4
    True
    """
    task = _task(scores, reward, temperature)
    noisy = _perturbed(task, copies, rng, draws)
    relaxed = softmax(noisy, relaxation)
    gradients = _gradients(task.paid, one_hot_argmax(noisy) if hard else relaxed)
    return _averaged(_through_softmax(relaxed, gradients, relaxation * temperature))
