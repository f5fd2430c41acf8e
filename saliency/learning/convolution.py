"""The few steps of which a small network over maps is made, with their gradients; stacks of maps (n, rows, columns)."""

from functools import lru_cache

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from numpy.typing import NDArray

Maps = NDArray[np.float32]


@primitive
def convolved(maps: Maps, weights: Maps, bias: Maps) -> Maps:
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
    outputs = weights.shape[0]
    mixed = weights.reshape(outputs, -1) @ _neighbourhoods(maps)
    mixed += bias[:, np.newaxis]
    return np.asarray(mixed.reshape(outputs, *maps.shape[1:]))


def _neighbourhoods(maps: Maps) -> Maps:
    """Lay the nine shifted copies of each map below each other: (inputs * 9, rows * columns)."""
    count, rows, columns = maps.shape
    wide = np.pad(maps, ((0, 0), (1, 1), (1, 1)), mode="edge")
    shifted = np.empty((count, 9, rows, columns), maps.dtype)
    for number in range(9):
        down, right = divmod(number, 3)
        shifted[:, number] = wide[:, down : down + rows, right : right + columns]
    return shifted.reshape(count * 9, rows * columns)


def _gathered(shifted: Maps, shape: tuple[int, ...]) -> Maps:
    """Add what reached the nine shifted copies back to where it came from: the transpose of `_neighbourhoods`."""
    count, rows, columns = shape
    parts = shifted.reshape(count, 9, rows, columns)
    wide = np.zeros((count, rows + 2, columns + 2), shifted.dtype)
    for number in range(9):
        down, right = divmod(number, 3)
        wide[:, down : down + rows, right : right + columns] += parts[:, number]
    wide[:, 1] += wide[:, 0]
    wide[:, -2] += wide[:, -1]
    wide[:, :, 1] += wide[:, :, 0]
    wide[:, :, -2] += wide[:, :, -1]
    return wide[:, 1:-1, 1:-1]


defvjp(
    convolved,
    lambda _, maps, weights, bias: (
        lambda gradient: _gathered(weights.reshape(len(weights), -1).T @ gradient.reshape(len(weights), -1), maps.shape)
    ),
    lambda _, maps, weights, bias: (
        lambda gradient: (gradient.reshape(len(weights), -1) @ _neighbourhoods(maps).T).reshape(weights.shape)
    ),
    lambda _, maps, weights, bias: lambda gradient: gradient.sum(axis=(1, 2)),
)


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
