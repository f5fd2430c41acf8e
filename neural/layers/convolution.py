"""A convolutional layer with ReLU over batches of pictures, channels last."""

from typing import Any

import numpy as np
from autograd.tracer import getval

from neural.layers.primitives import linear_relu
from saliency.learning.convolution import neighbourhoods


def convolution_relu(maps: Any, weights: Any, bias: Any, *, stride: int = 1, shift: int = 0) -> Any:  # noqa: ANN401
    r"""Mix each place with its eight neighbours and put 0 in place of what is negative: a 3 x 3 convolution.

    .. math:: y_o(r, c) = \max(0, b_o + \sum_{j, k, i} w_{jkio}\, x_i(s r + d + j - 1, s c + d + k - 1))

    Beyond the border there are zeros. With a stride :math:`s` of 2 every other place is left out, so that rows and
    columns are halved.

    Parameters
    ----------
    maps : array, shape (n, height, width, inputs)
        Pictures, or what became of them.
    weights : array, shape (9 * inputs, outputs)
        :math:`w`: the nine neighbours row by row, and for each of them the inputs.
    bias : array, shape (outputs,)
        :math:`b`.
    stride : int
        :math:`s`, 1 or 2.
    shift : int
        :math:`d`, 0 or 1. With a stride of 2 the middle of the window lies half a place before the middle of the two
        rows that become one, or half a place after it: layers with the one and the other keep maps in their place.

    Returns
    -------
    array, shape (n, ceil(height / stride), ceil(width / stride), outputs)

    Raises
    ------
    ValueError
        If the shapes do not fit, or stride or shift is another.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition, Proceedings of
    the IEEE 86; as one product: Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for
    document processing.

    Examples
    --------
    >>> box = np.full((9, 1), 1 / 9)
    >>> convolution_relu(np.ones((1, 4, 4, 1)), box, np.zeros(1), stride=2)[0, ..., 0].round(2)
    array([[0.44, 0.67],
           [0.67, 1.  ]])
    """
    _check(np.shape(getval(maps)), np.shape(getval(weights)), np.shape(getval(bias)), stride, shift)
    return linear_relu(neighbourhoods(maps, stride=stride, shift=shift), weights, bias)


def _check(maps: tuple[int, ...], weights: tuple[int, ...], bias: tuple[int, ...], stride: int, shift: int) -> None:
    if stride not in (1, 2) or shift not in (0, 1):
        raise ValueError(f"expected a stride of 1 or 2 and a shift of 0 or 1, got {stride} and {shift}")
    if len(maps) != 4 or 0 in maps:
        raise ValueError(f"expected maps (n, height, width, channels) with at least one place, got shape {maps}")
    if len(weights) != 2 or weights[0] != 9 * maps[3] or bias != weights[1:]:
        raise ValueError(
            f"expected weights ({9 * maps[3]}, outputs) and a bias (outputs,) for {maps[3]} channels, "
            f"got {weights} and {bias}"
        )
