"""The few steps of which the networks are made, with their gradients, in the precision that they are given.

`autograd` differentiates all of NumPy, but some of its steps (`mean`, `max`, `where`, `tanh`) turn float32 gradients
into float64 or overflow: what is used in every pass stands here, once.
"""

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, defvjp_argnums, primitive
from autograd.tracer import getval
from numpy.typing import NDArray

from neural.layers import kernels
from saliency.gate.softmax import check_temperature, differentiate_normaliser, tempered

Array = NDArray[Any]


@primitive
def masked(values: Array, allowed: Array, otherwise: Any = 0) -> Array:  # noqa: ANN401
    """Keep the values that are allowed, whatever the others hold, and put `otherwise` in place of these.

    All three are broadcast. A product with a mask would not do: 0 times NaN is NaN.

    Examples
    --------
    >>> masked(np.array([1.0, np.nan, 3.0]), np.array([True, False, True]))
    array([1., 0., 3.])
    """
    return np.where(allowed, values, np.asarray(otherwise, values.dtype))


def _summed_to(values: Any, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    """Add up what was broadcast from `shape`: the transpose of broadcasting."""
    added = anp.sum(values, axis=tuple(range(np.ndim(values) - len(shape))))
    short = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return anp.sum(added, axis=short, keepdims=True)


defvjp(
    masked,
    lambda _, values, allowed, otherwise=0: lambda gradient: _summed_to(masked(gradient, allowed), values.shape),
)


@primitive
def linear(inputs: Array, weights: Array, bias: Array | None = None, known: Array | None = None) -> Array:
    """Give x W + b for rows x (..., inputs), W (inputs, outputs) and b (outputs,), or x W.

    The answer itself may be given, if it is `known`, and then only its gradients are worked out.

    Examples
    --------
    >>> linear(np.ones((2, 3)), np.ones((3, 1)), np.array([0.5]))
    array([[3.5],
           [3.5]])
    """
    if known is not None:
        return known
    mixed = _rows(inputs) @ weights
    if bias is not None:
        mixed += bias
    return np.asarray(mixed.reshape(*inputs.shape[:-1], weights.shape[1]))


def _rows(values: Array) -> Array:
    return values.reshape(-1, values.shape[-1])


defvjp(
    linear,
    lambda _, inputs, weights, *__: lambda gradient: (_rows(gradient) @ weights.T).reshape(inputs.shape),
    lambda _, inputs, *__: lambda gradient: _rows(inputs).T @ _rows(gradient),
    lambda *_: lambda gradient: _rows(gradient).sum(axis=0),
)


@primitive
def tanh(values: Array) -> Array:
    """Give the hyperbolic tangent; its gradient is 1 - y * y, which cannot overflow.

    Examples
    --------
    >>> tanh(np.array([0, 100], np.float32))
    array([0., 1.], dtype=float32)
    """
    return np.tanh(values)


defvjp(tanh, lambda curved, _: lambda gradient: gradient * (1 - curved * curved))


@primitive
def logistic(values: Array) -> Array:
    """Give 1 / (1 + exp(-x)), by way of the hyperbolic tangent, which cannot overflow.

    Examples
    --------
    >>> logistic(np.array([-1000, 0, 1000], np.float32))
    array([0. , 0.5, 1. ], dtype=float32)
    """
    half = values.dtype.type(0.5)
    return np.asarray(half * np.tanh(half * values) + half)


defvjp(logistic, lambda gate, _: lambda gradient: gradient * gate * (1 - gate))


@primitive
def log_softmax(scores: Array) -> Array:
    r"""Give the logarithm of the softmax over the last axis, :math:`s_i - \ln \sum_j e^{s_j}`.

    Examples
    --------
    >>> log_softmax(np.log([1.0, 3.0])).round(3)
    array([-1.386, -0.288])
    """
    shifted = scores - scores.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.asarray(shifted)


defvjp(
    log_softmax,
    lambda logs, _: lambda gradient: gradient - np.exp(logs) * gradient.sum(axis=-1, keepdims=True),
)


@primitive
def cross_entropy(scores: Array, labels: Array) -> Array:
    r"""Give :math:`-\ln p` of the right class, (...,), for scores (..., classes) and labels (...,) of whole numbers.

    Examples
    --------
    >>> cross_entropy(np.log([[1.0, 3.0]]), np.array([1])).round(3)
    array([0.288])
    """
    greatest = scores.max(axis=-1)
    mass = np.exp(scores - greatest[..., np.newaxis]).sum(axis=-1)
    return np.asarray(np.log(mass) + greatest - _of_class(scores, labels)[..., 0])


def _of_class(scores: Array, labels: Array) -> Array:
    return np.take_along_axis(scores, labels[..., np.newaxis], axis=-1)


def _cross_entropy_gradients(lost: Array, scores: Array, labels: Array) -> Any:  # noqa: ANN401
    def gradients(gradient: Array) -> Array:
        probabilities = np.exp(scores - (_of_class(scores, labels) + lost[..., np.newaxis]))
        right = labels[..., np.newaxis] == np.arange(scores.shape[-1])
        return np.asarray(gradient[..., np.newaxis] * (probabilities - right))

    return gradients


defvjp(cross_entropy, _cross_entropy_gradients)


@primitive
def take_rows(table: Array, numbers: Array) -> Array:
    """Give the row of a table (words, width) for each of some whole numbers (...): (..., width).

    Examples
    --------
    >>> take_rows(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 1, 0]))
    array([[3., 4.],
           [3., 4.],
           [1., 2.]])
    """
    return np.asarray(table[numbers])


def _take_rows_gradients(_: Array, table: Array, numbers: Array) -> Any:  # noqa: ANN401
    def gradients(gradient: Array) -> Array:
        gathered = np.zeros_like(table)
        kernels.add_rows(np.ascontiguousarray(_rows(gradient), table.dtype), np.ravel(numbers), gathered)
        return gathered

    return gradients


defvjp(take_rows, _take_rows_gradients)


def dropout(values: Any, share: float, rng: np.random.Generator | None) -> Any:  # noqa: ANN401
    """Put zeros in place of a share of the values, drawn anew each time, and enlarge the others so that sums are kept.

    Without a generator, or with a share of 0, nothing is dropped: so it is when a network is used.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout, Journal of Machine Learning Research
    15: 1929-1958.

    Examples
    --------
    >>> dropout(np.ones(4), 0.5, np.random.default_rng(1)).tolist()
    [0.0, 2.0, 2.0, 2.0]
    """
    if rng is None or share == 0:
        return values
    plain = getval(values)
    stays = rng.random(plain.shape, np.float32) >= share
    return values * (stays * plain.dtype.type(1 / (1 - share)))


def tied_cross_entropy(
    rows: Any,  # noqa: ANN401
    table: Any,  # noqa: ANN401
    bias: Any,  # noqa: ANN401
    labels: Array,
    smoothing: float = 0.0,
) -> Any:  # noqa: ANN401
    r"""Give the cross entropy (n,) of the right words when words are told by the vectors that also stand for them.

    .. math:: p(w | x) \propto e^{x \cdot v_w + b_w}, \qquad
        L = -(1 - \epsilon) \ln p(y | x) - \frac{\epsilon}{V} \sum_w \ln p(w | x)

    Parameters
    ----------
    rows : array, shape (n, width)
        :math:`x`.
    table, bias : array, shape (words, width) and (words,)
        :math:`v` and :math:`b`.
    labels : array of int, shape (n,)
        :math:`y`.
    smoothing : float
        :math:`\epsilon`, the share of certainty that is spread over all words, from 0 up.

    References
    ----------
    Press and Wolf (2017), Using the output embedding to improve language models, EACL; Szegedy, Vanhoucke, Ioffe,
    Shlens and Wojna (2016), Rethinking the inception architecture, CVPR, section 7 (smoothing).

    Examples
    --------
    >>> tied_cross_entropy(np.ones((1, 1)), np.log([[1.0], [3.0]]), np.zeros(2), np.array([1])).round(3)
    array([0.288])
    """
    lost, wrong = _lost(getval(rows), getval(table), getval(bias), labels, smoothing)
    return _tied_cross_entropy(rows, table, bias, lost, wrong)


def _lost(rows: Array, table: Array, bias: Array, labels: Array, smoothing: float) -> tuple[Array, Array]:
    """Give the losses (n,), and their gradients (n, words) with respect to the scores."""
    scores = rows @ table.T
    scores += bias
    scores -= scores.max(axis=-1, keepdims=True)
    right = _of_class(scores, labels)[:, 0]
    share = scores.dtype.type(smoothing)
    lost = -(1 - share) * right - (share * scores.mean(axis=-1) if smoothing else 0)
    np.exp(scores, out=scores)
    mass = scores.sum(axis=-1, keepdims=True)
    scores /= mass
    if smoothing:
        scores -= share / scores.dtype.type(len(table))
    scores[np.arange(len(labels)), labels] -= 1 - share
    return np.asarray(lost + np.log(mass[:, 0])), scores


@primitive
def _tied_cross_entropy(rows: Array, table: Array, bias: Array, lost: Array, wrong: Array) -> Array:
    return lost


def _tied_cross_entropy_gradients(argnums: Any, _: Array, args: Any, __: Any) -> Any:  # noqa: ANN401
    rows, table, _bias, _lost, wrong = args

    def gradients(gradient: Array) -> tuple[Array, ...]:
        driven = wrong * gradient[:, np.newaxis]
        ways = (lambda: driven @ table, lambda: driven.T @ rows, lambda: driven.sum(axis=0))
        return tuple(ways[argnum]() for argnum in argnums)

    return gradients


defvjp_argnums(_tied_cross_entropy, _tied_cross_entropy_gradients)


@primitive
def linear_relu(inputs: Array, weights: Array, bias: Array, known: Array | None = None) -> Array:
    """Give max(x W + b, 0), a rectified linear layer; the answer may be given if `known`, and only gradients are found.

    Examples
    --------
    >>> linear_relu(np.ones((1, 2)), np.array([[1.0, -1.0], [1.0, -1.0]]), np.zeros(2))
    array([[2., 0.]])
    """
    if known is not None:
        return known
    mixed = _rows(inputs) @ weights
    kernels.rectify(mixed, bias)
    return np.asarray(mixed.reshape(*inputs.shape[:-1], len(bias)))


def _linear_relu_gradients(argnums: Any, answer: Array, args: Any, _: Any) -> Any:  # noqa: ANN401
    inputs, weights = args[:2]

    def gradients(gradient: Array) -> tuple[Array, ...]:
        passed = _rows(gradient * (answer > 0))
        ways = (
            lambda: (passed @ weights.T).reshape(inputs.shape),
            lambda: _rows(inputs).T @ passed,
            lambda: passed.sum(axis=0),
        )
        return tuple(ways[argnum]() for argnum in argnums)

    return gradients


defvjp_argnums(linear_relu, _linear_relu_gradients)


def sparsemax(scores: Any, temperature: Any = 1.0, mask: Any = None) -> Any:  # noqa: ANN401
    r"""Weights that sum to one over the last axis, none of them wasted on what is far below: softmax with a threshold.

    .. math:: w_i = \max(s_i / T - \tau, 0), \qquad \sum_i w_i = 1

    It is the point of the simplex that is nearest to the scores. Whatever lies :math:`T` or more below the greatest
    has no weight at all.

    Parameters
    ----------
    scores : array, shape (..., n)
        A score of minus infinity is one that is masked.
    temperature : float
        :math:`T`, in units of the scores, above 0.
    mask : array of bool, shape (..., n)
        Places that may have a weight. Where none may, all weights are 0, and all gradients.

    Raises
    ------
    ValueError
        If the temperature is not positive.

    References
    ----------
    Martins and Astudillo (2016), From softmax to sparsemax, ICML, algorithm 1 and eq. 14.

    Examples
    --------
    >>> sparsemax(np.array([1.0, 0.8, -0.2])).round(3)
    array([0.6, 0.4, 0. ])
    """
    check_temperature(temperature)
    return _sparsemax(scores, temperature, mask)


@primitive
def _sparsemax(scores: Array, temperature: float, mask: Array | None) -> Array:
    values = np.maximum(tempered(scores, temperature, mask), -2)  # the threshold is never below -1
    ordered = -np.sort(-values, axis=-1)
    ranks = np.arange(1, values.shape[-1] + 1)
    sums = ordered.cumsum(axis=-1, dtype=np.float64)
    above = 1 + ranks * ordered > sums
    count = np.maximum(above.sum(axis=-1, keepdims=True), 1)  # weights above 0: at least the first
    threshold = (np.take_along_axis(sums, count - 1, axis=-1) - 1) / count
    return _above(values, threshold)


def _above(values: Array, threshold: Array) -> Array:
    """Give what is above a threshold; where all is masked, and so at -2, that is nothing."""
    return np.asarray(np.maximum(values - np.maximum(threshold, -1).astype(values.dtype), 0))


differentiate_normaliser(_sparsemax, lambda weights: (weights > 0).astype(weights.dtype))


def entmax15(scores: Any, temperature: Any = 1.0, mask: Any = None) -> Any:  # noqa: ANN401
    r"""Weights that sum to one over the last axis: between `softmax` and `sparsemax`, smooth, and sparse.

    .. math:: w_i = \max\Bigl(\frac{s_i}{2 T} - \tau, 0\Bigr)^2, \qquad \sum_i w_i = 1

    Parameters
    ----------
    scores : array, shape (..., n)
        A score of minus infinity is one that is masked.
    temperature : float
        :math:`T`, in units of the scores, above 0.
    mask : array of bool, shape (..., n)
        Places that may have a weight. Where none may, all weights are 0, and all gradients.

    Raises
    ------
    ValueError
        If the temperature is not positive.

    References
    ----------
    Peters, Niculae and Martins (2019), Sparse sequence-to-sequence models, ACL, algorithm 2: 1.5-entmax.

    Examples
    --------
    >>> entmax15(np.array([1.0, 0.8, -0.2])).round(3)
    array([0.559, 0.419, 0.022])
    """
    check_temperature(temperature)
    return _entmax15(scores, temperature, mask)


@primitive
def _entmax15(scores: Array, temperature: float, mask: Array | None) -> Array:
    values = np.maximum(tempered(scores, temperature, mask) / 2, -2)  # the threshold is never below -1
    ordered = -np.sort(-values, axis=-1)
    ranks = np.arange(1, values.shape[-1] + 1)
    mean = ordered.cumsum(axis=-1, dtype=np.float64) / ranks
    spread = np.square(ordered).cumsum(axis=-1, dtype=np.float64) / ranks - mean * mean
    thresholds = mean - np.sqrt(np.maximum(1 / ranks - spread, 0))
    count = (thresholds <= ordered).sum(axis=-1, keepdims=True)
    threshold = np.take_along_axis(thresholds, count - 1, axis=-1)
    return np.asarray(np.square(_above(values, threshold)))


differentiate_normaliser(_entmax15, np.sqrt)
