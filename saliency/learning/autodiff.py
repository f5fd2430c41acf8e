"""Gradients by autograd, of functions of named arrays."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from autograd.core import VJPNode, backward_pass
from autograd.extend import defvjp, primitive
from autograd.tracer import getval, isbox, new_box, trace_stack
from numpy.typing import NDArray

Array = NDArray[Any]


def stop_gradient(values: Any) -> Any:  # noqa: ANN401  (arrays and autograd boxes)
    """Give the plain numbers: what is made of them has no gradient with respect to where they come from.

    Examples
    --------
    >>> from autograd import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return getval(values)


def value_and_grad(
    function: Callable[[dict[str, Any]], Any], parameters: Mapping[str, Array]
) -> tuple[Any, dict[str, Array]]:
    """Give the value of a function of named arrays, and its gradient with respect to each of them.

    `autograd.value_and_grad` gives the same, but goes through all of the names for each of them.

    Examples
    --------
    >>> value_and_grad(lambda p: p["x"] * p["y"], {"x": np.array(2.0), "y": np.array(3.0)})
    (np.float64(6.0), {'x': np.float64(3.0), 'y': np.float64(2.0)})
    """
    gradients = {name: np.zeros_like(value) for name, value in parameters.items()}

    def leaf(name: str) -> Any:  # noqa: ANN401
        def keep(gradient: Array) -> tuple[()]:
            gradients[name] = gradient
            return ()

        node = VJPNode.new_root()
        node.vjp = keep
        return node

    with trace_stack.new_trace() as trace:
        total = function({name: new_box(value, trace, leaf(name)) for name, value in parameters.items()})
    value = getval(total)
    if isbox(total):
        backward_pass(np.ones_like(value), total._node)
    return value, gradients


@primitive
def relu(values: Array) -> Array:
    """Put zeros in place of what is negative; unlike with `autograd.numpy.maximum`, gradients of float32 stay float32.

    Examples
    --------
    >>> relu(np.array([-1, 0, 2], np.float32))
    array([0., 0., 2.], dtype=float32)
    """
    return np.maximum(values, 0)


defvjp(relu, lambda positive, _: lambda gradient: gradient * (positive > 0))
