"""The few steps of which the networks are made, with their gradients, in the precision that they are given.

`autograd` differentiates all of NumPy, but some of its steps (`mean`, `max`, `where`, `tanh`) turn float32 slopes into
float64 or overflow: what is used in every pass stands here, once.
"""

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, defvjp_argnums, primitive
from autograd.tracer import getval
from numpy.typing import NDArray

from saliency.convolution import rectified

__all__ = [
    "cross_entropy",
    "linear",
    "linear_rectified",
    "log_softmax",
    "logistic",
    "rectified",
    "stop_gradient",
    "tanh",
]

Array = NDArray[Any]


def stop_gradient(values: Any) -> Any:  # noqa: ANN401  (arrays and autograd boxes)
    """Give the plain numbers: what is made of them has no slope with respect to where they come from.

    Examples
    --------
    >>> from autograd import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return getval(values)


@primitive
def linear(inputs: Array, weights: Array, bias: Array) -> Array:
    """Give x W + b for rows x (..., inputs), W (inputs, outputs) and b (outputs,).

    Examples
    --------
    >>> linear(np.ones((2, 3)), np.ones((3, 1)), np.array([0.5]))
    array([[3.5],
           [3.5]])
    """
    mixed = inputs.reshape(-1, inputs.shape[-1]) @ weights
    mixed += bias
    return np.asarray(mixed.reshape(*inputs.shape[:-1], len(bias)))


def _rows(values: Array) -> Array:
    return values.reshape(-1, values.shape[-1])


defvjp(
    linear,
    lambda _, inputs, weights, bias: lambda slope: (_rows(slope) @ weights.T).reshape(inputs.shape),
    lambda _, inputs, weights, bias: lambda slope: _rows(inputs).T @ _rows(slope),
    lambda _, inputs, weights, bias: lambda slope: _rows(slope).sum(axis=0),
)


@primitive
def tanh(values: Array) -> Array:
    """Give the hyperbolic tangent; its slope is 1 - y * y, which cannot overflow.

    Examples
    --------
    >>> tanh(np.array([0, 100], np.float32))
    array([0., 1.], dtype=float32)
    """
    return np.tanh(values)


defvjp(tanh, lambda curved, _: lambda slope: slope * (1 - curved * curved))


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


defvjp(logistic, lambda gate, _: lambda slope: slope * gate * (1 - gate))


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
    lambda logs, _: lambda slope: slope - np.exp(logs) * slope.sum(axis=-1, keepdims=True),
)


def cross_entropy(scores: Any, labels: Array) -> Any:  # noqa: ANN401
    r"""Give :math:`-\ln p` of the right class, (...,), for scores (..., classes) and labels (...,) of whole numbers.

    Examples
    --------
    >>> cross_entropy(np.log([[1.0, 3.0]]), np.array([1])).round(3)
    array([0.288])
    """
    logs = anp.reshape(log_softmax(scores), (-1, np.shape(scores)[-1]))
    rows = np.arange(np.size(labels))
    return anp.reshape(-logs[rows, np.reshape(labels, -1)], np.shape(labels))


@primitive
def linear_rectified(inputs: Array, weights: Array, bias: Array, known: Array | None = None) -> Array:
    """Give max(x W + b, 0); the answer itself may be given, if it is `known`, and then only its slopes are worked out.

    Examples
    --------
    >>> linear_rectified(np.ones((1, 2)), np.array([[1.0, -1.0], [1.0, -1.0]]), np.zeros(2))
    array([[2., 0.]])
    """
    if known is not None:
        return known
    mixed = inputs.reshape(-1, inputs.shape[-1]) @ weights
    mixed += bias
    return np.asarray(np.maximum(mixed, 0, out=mixed).reshape(*inputs.shape[:-1], len(bias)))


def _linear_rectified_slopes(argnums: Any, answer: Array, args: Any, _: Any) -> Any:  # noqa: ANN401
    inputs, weights = args[:2]

    def slopes(slope: Array) -> tuple[Array, ...]:
        passed = _rows(slope * (answer > 0))
        ways = (
            lambda: (passed @ weights.T).reshape(inputs.shape),
            lambda: _rows(inputs).T @ passed,
            lambda: passed.sum(axis=0),
        )
        return tuple(ways[argnum]() for argnum in argnums)

    return slopes


defvjp_argnums(linear_rectified, _linear_rectified_slopes)
