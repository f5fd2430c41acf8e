"""3 x 3 convolutions, and maps made smaller and larger, with their gradients.

A convolution is one product of matrices: of the weights, and of the nine neighbours of each place laid side by side
(`neighbourhoods`).
"""

from functools import lru_cache
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from numpy.typing import NDArray

from saliency.learning import kernels

Maps = NDArray[np.float32]
Array = NDArray[Any]


@primitive
def neighbourhoods(
    maps: Array, border: str = "constant", stride: int = 1, shift: int = 0, places_last: bool = False
) -> Array:
    """Give the 3 x 3 places around every `stride`-th place of maps: what a convolution multiplies with its weights.

    Parameters
    ----------
    maps : array, shape (n, height, width, channels)
    border : str
        What lies beyond the border, as in `numpy.pad`: "constant", zeros, or "edge", the last row and column again.
    stride : int
        1 or 2.
    shift : int
        By how many places the windows are moved down and to the right, 0 or 1; 0 if the border is "edge".
    places_last : bool
        Lay the places, not the neighbours, side by side; the stride is 1 then.

    Returns
    -------
    array, shape (n, rows, columns, 9 * channels), or (n, 9, rows * columns * channels) if places come last

    Examples
    --------
    >>> neighbourhoods(np.arange(4.0).reshape(1, 2, 2, 1))[0, 0, 0].reshape(3, 3)
    array([[0., 0., 0.],
           [0., 0., 1.],
           [0., 2., 3.]])
    """
    count, height, width, channels = maps.shape
    rows, columns = -(-height // stride), -(-width // stride)
    sides = (1 - shift, 1 + shift)
    wide: Array = np.pad(maps, ((0, 0), sides, sides, (0, 0)), mode=border)  # type: ignore[call-overload]
    shape = (count, 9, rows * columns * channels) if places_last else (count, rows, columns, 9 * channels)
    around = np.empty(shape, maps.dtype)
    kernels.neighbourhoods(
        wide.reshape(count, height + 2, -1), stride, stride * channels, _runs(around, rows, places_last)
    )
    return around


def _runs(around: Array, rows: int, places_last: bool) -> Array:
    """Give what is around each place as the kernels go through it, (n, rows, runs, 3, length): runs lie in one line."""
    if places_last:
        return around.reshape(len(around), 3, 3, rows, -1).transpose(0, 3, 2, 1, 4)
    return around.reshape(*around.shape[:3], 3, -1)


def _gathered(gradient: Array, maps: Array, border: str, stride: int, shift: int, places_last: bool) -> Array:
    """Add what reached the neighbourhoods back to where it came from: the transpose of `neighbourhoods`."""
    count, height, width, channels = maps.shape
    wide = np.zeros((count, height + 2, width + 2, channels), gradient.dtype)
    lines = wide.reshape(count, height + 2, -1)
    runs = _runs(np.ascontiguousarray(gradient), -(-height // stride), places_last)
    if places_last:  # from below, so that each place adds up its neighbours in their order
        runs, lines = runs[:, ::-1, :, ::-1], lines[:, ::-1]
    kernels.gather_neighbourhoods(runs, stride, stride * channels, lines)
    if border == "edge":
        wide[:, 1] += wide[:, 0]
        wide[:, -2] += wide[:, -1]
        wide[:, :, 1] += wide[:, :, 0]
        wide[:, :, -2] += wide[:, :, -1]
    before = 1 - shift
    return wide[:, before : before + height, before : before + width]


defvjp(
    neighbourhoods,
    lambda _, maps, border="constant", stride=1, shift=0, places_last=False: (
        lambda gradient: _gathered(gradient, maps, border, stride, shift, places_last)
    ),
)


def convolved(maps: Any, weights: Any, bias: Any) -> Any:  # noqa: ANN401
    r"""Mix each place with its eight neighbours: a 3 x 3 convolution; beyond the border the last row goes on.

    :math:`y_o(r, c) = b_o + \sum_{i, j, k} w_{oijk}\, x_i(r + j - 1, c + k - 1)`

    Parameters
    ----------
    maps : array, shape (inputs, rows, columns)
    weights : array, shape (outputs, inputs, 3, 3)
    bias : array, shape (outputs,)

    Returns
    -------
    array, shape (outputs, rows, columns)

    Examples
    --------
    >>> box = np.full((1, 1, 3, 3), 1 / 9, np.float32)
    >>> convolved(np.eye(3, dtype=np.float32)[np.newaxis], box, np.zeros(1, np.float32))[0, 1, 1].round(3)
    np.float32(0.333)
    """
    (_, rows, columns), outputs = maps.shape, len(weights)
    around = neighbourhoods(maps[..., np.newaxis], border="edge", places_last=True)
    mixed = anp.dot(anp.reshape(weights, (outputs, -1)), anp.reshape(around, (-1, rows * columns)))
    return anp.reshape(mixed + anp.reshape(bias, (-1, 1)), (outputs, rows, columns))


@primitive
def halved(maps: Maps) -> Maps:
    """Halve rows and columns: means of 2 x 2; an odd last row or column stands alone.

    Examples
    --------
    >>> halved(np.arange(6, dtype=np.float32).reshape(1, 2, 3))
    array([[[2. , 3.5]]], dtype=float32)
    """
    rows, columns = maps.shape[1:]
    even = np.pad(maps, ((0, 0), (0, rows % 2), (0, columns % 2)), mode="edge")
    down = even[:, 0::2] + even[:, 1::2]
    return np.asarray((down[:, :, 0::2] + down[:, :, 1::2]) * maps.dtype.type(0.25))


def _halved_transposed(gradient: Maps, shape: tuple[int, ...]) -> Maps:
    rows, columns = shape[1:]
    spread = np.repeat(np.repeat(gradient * gradient.dtype.type(0.25), 2, axis=1), 2, axis=2)
    if rows % 2:
        spread[:, -2] += spread[:, -1]
    if columns % 2:
        spread[:, :, -2] += spread[:, :, -1]
    return spread[:, :rows, :columns]


defvjp(halved, lambda _, maps: lambda gradient: _halved_transposed(gradient, maps.shape))


@lru_cache(maxsize=64)
def _between(coarse: int, fine: int) -> Maps:
    """Weights (fine, coarse) of linear interpolation between the centres of cells; constant beyond the outermost."""
    places = np.clip((np.arange(fine) + 0.5) * coarse / fine - 0.5, 0, coarse - 1)
    near: Maps = np.maximum(0, 1 - np.abs(places[:, np.newaxis] - np.arange(coarse))).astype(np.float32)
    return near


def enlarged(maps: Maps, shape: tuple[int, ...]) -> Maps:
    """Bring maps to more rows and columns, linearly between the centres of cells.

    Examples
    --------
    >>> enlarged(np.array([[[0.0, 1.0]]], np.float32), (1, 4))
    array([[[0.  , 0.25, 0.75, 1.  ]]], dtype=float32)
    """
    down, across = (_between(*lengths).astype(maps.dtype) for lengths in zip(maps.shape[1:], shape, strict=True))
    wide: Maps = anp.matmul(anp.matmul(down, maps), across.T)
    return wide
