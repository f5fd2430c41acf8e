"""Softmax and argmax: how scores become weights that sum to one, shared by the gate and by neural attention."""

from collections.abc import Callable
from typing import Any

import numpy as np
from autograd.extend import defvjp, primitive
from autograd.tracer import getval
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array


def softmax(scores: Any, temperature: Any = 1.0, mask: Any = None) -> Any:  # noqa: ANN401  (arrays and autograd boxes)
    r"""Weights that grow with the score and sum to one over the last axis: :math:`w_i = e^{s_i/T} / \sum_j e^{s_j/T}`.

    Gradients with respect to the scores and to the temperature are those of the formula, in the precision of the
    scores.

    Parameters
    ----------
    scores : array, shape (..., n)
        A score of minus infinity is one that is masked.
    temperature : float
        :math:`T`, in units of the scores, above 0: towards 0 all weight goes to the greatest, towards infinity all get
        the same.
    mask : array of bool, shape (..., n)
        Places that may be attended to. Where none may, all weights are 0, and all gradients.

    Raises
    ------
    ValueError
        If the temperature is not positive.

    Examples
    --------
    >>> softmax(np.log([1.0, 2.0, 5.0])).round(3)
    array([0.125, 0.25 , 0.625])
    """
    check_temperature(temperature)
    return _softmax(scores, temperature, mask)


def check_temperature(temperature: Any) -> None:  # noqa: ANN401
    """Refuse a temperature that is not above 0."""
    if not temperature > 0:
        raise ValueError(f"expected a temperature above 0, got {getval(temperature)}")


@primitive
def _softmax(scores: ArrayLike, temperature: float, mask: ArrayLike | None) -> NDArray[Any]:
    weights = tempered(scores, temperature, mask)
    np.exp(weights, out=weights)
    weights /= np.maximum(weights.sum(axis=-1, keepdims=True), 1)  # the greatest alone gives 1, if it is not masked
    return weights


def tempered(scores: ArrayLike, temperature: float, mask: ArrayLike | None = None) -> NDArray[Any]:
    """Scores over temperature, less the greatest of their row; minus infinity where they are masked.

    Examples
    --------
    >>> tempered([1.0, 3.0, 9.0], 2.0, [True, True, False])
    array([ -1.,   0., -inf])
    """
    values = np.asarray(scores)
    values = values if values.dtype.kind == "f" else check_array(values, "scores (..., n) of real numbers")
    if values.ndim == 0 or not values.shape[-1]:
        raise ValueError(f"expected scores (..., n) of at least one place, got shape {values.shape}")
    allowed = values if mask is None else np.where(np.broadcast_to(mask, values.shape), values, -np.inf)
    top = allowed.max(axis=-1, keepdims=True)
    shifted: NDArray[Any] = allowed - np.where(top > -np.inf, top, 0)
    with np.errstate(over="ignore"):  # far below the greatest at a low temperature: minus infinity is right
        shifted /= _divisor(temperature, shifted)
    return shifted


def _divisor(temperature: float, values: NDArray[Any]) -> Any:  # noqa: ANN401
    """Give the temperature in the precision of the values, and never so that it is zero or infinite there."""
    limits = np.finfo(values.dtype)
    return values.dtype.type(min(max(temperature, float(limits.tiny)), float(limits.max)))


def differentiate_normaliser(normaliser: Any, rates: Callable[[NDArray[Any]], NDArray[Any]]) -> None:  # noqa: ANN401
    r"""Teach autograd the gradients of weights :math:`w = N(s / T)` that sum to one over the last axis.

    A score drives its own weight at the rate :math:`q_i(w)`, and sets all others back in proportion to theirs:

    .. math::

        \frac{\partial w_i}{\partial s_j} = \frac{1}{T} \Bigl( q_i \delta_{ij} - \frac{q_i q_j}{\sum_k q_k} \Bigr)

    Parameters
    ----------
    normaliser : autograd primitive
        From scores (..., n), temperature and mask to weights.
    rates : callable
        From the weights to :math:`q`: the weights themselves for softmax.

    References
    ----------
    Peters, Niculae and Martins (2019), Sparse sequence-to-sequence models, ACL, proposition 2.
    """

    def to_scores(weights: NDArray[Any], temperature: float, gradient: NDArray[Any]) -> NDArray[Any]:
        rate = rates(weights)
        mean = np.einsum("...i,...i->...", rate, gradient) / np.maximum(
            rate.sum(axis=-1), 1
        )  # all masked: 0, not 0 / 0
        return np.asarray(rate * (gradient - mean[..., np.newaxis]) / _divisor(temperature, weights))

    def to_temperature(weights: NDArray[Any], scores: ArrayLike, temperature: float, given: NDArray[Any]) -> Any:  # noqa: ANN401
        relative = np.where(weights > 0, tempered(scores, temperature, weights > 0), 0)
        return np.full(np.shape(temperature), -np.vdot(to_scores(weights, temperature, given), relative))

    defvjp(
        normaliser,
        lambda weights, scores, temperature, mask: lambda gradient: to_scores(weights, temperature, gradient),
        lambda weights, scores, temperature, mask: (
            lambda gradient: to_temperature(weights, scores, temperature, gradient)
        ),
    )


differentiate_normaliser(_softmax, lambda weights: weights)


def one_hot_argmax(scores: ArrayLike, mask: ArrayLike | None = None) -> NDArray[np.float64]:
    """All weight on the greatest score of the last axis (the first of equal ones); none where the mask allows none.

    Examples
    --------
    >>> one_hot_argmax([1.0, 3.0, 2.0])
    array([0., 1., 0.])
    """
    values = np.asarray(scores, np.float64)
    allowed = values if mask is None else np.where(mask, values, -np.inf)
    hot = np.zeros(allowed.shape)
    np.put_along_axis(hot, allowed.argmax(axis=-1)[..., np.newaxis], 1.0, axis=-1)
    return hot if mask is None else hot * np.any(mask, axis=-1, keepdims=True)


def perturbed(scores: ArrayLike, temperature: float, rng: np.random.Generator | int) -> NDArray[np.float64]:
    r"""Scores over temperature with Gumbel noise: their argmax is a sample of the softmax.

    References
    ----------
    Yellott (1977), The relationship between Luce's choice axiom, Thurstone's theory of comparative judgment, and the
    double exponential distribution, J. Math. Psychol. 15.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draws = [int(perturbed(np.log([0.2, 0.8]), 1.0, rng).argmax()) for _ in range(2000)]
    >>> abs(sum(draws) / 2000 - 0.8) < 0.03
    True
    """
    if not temperature > 0:
        raise ValueError(f"expected a temperature above 0, got {temperature}")
    values = np.asarray(scores, np.float64)
    return values / temperature + np.random.default_rng(rng).gumbel(size=values.shape)
