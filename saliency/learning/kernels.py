"""Compiled loops of learning: AdamW, and neighbourhoods for convolution."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


class Pace(NamedTuple):
    """One step of AdamW: shares of the new gradient and its square in the moments, decay of the weights, length."""

    mean: float
    square: float
    left: float
    length: float
    least: float


@compiled
def descend(
    weights: NDArray[Any], gradients: NDArray[Any], means: NDArray[Any], second_moments: NDArray[Any], pace: Pace
) -> None:
    """Move `weights` (n,) along the mean of their `gradients`, and the running means of these and of their squares."""
    share, square_share, left = (
        weights.dtype.type(pace.mean),
        weights.dtype.type(pace.square),
        weights.dtype.type(pace.left),
    )
    length, least = weights.dtype.type(pace.length), weights.dtype.type(pace.least)
    for i in range(weights.size):
        gradient = gradients[i]
        means[i] += share * (gradient - means[i])
        second_moments[i] += square_share * (gradient * gradient - second_moments[i])
        weights[i] = left * weights[i] - length * means[i] / (np.sqrt(second_moments[i]) + least)


@compiled
def neighbourhoods(wide: NDArray[Any], stride: int, pace: int, out: NDArray[Any]) -> None:
    """Fill `out` (n, rows, runs, 3, length) with the runs of `length` numbers in the three lines around each row.

    The maps stand in `wide` (n, height + 2, any), a line for each row, with a border round them; every `stride`-th row
    is taken, and a run begins every `pace` numbers.
    """
    count, rows, runs, _, length = out.shape
    for i in range(count):
        for row in range(rows):
            for down in range(3):
                line = wide[i, row * stride + down]
                for run in range(runs):
                    source, target = line[run * pace :], out[i, row, run, down]
                    for k in range(length):
                        target[k] = source[k]


@compiled
def gather_neighbourhoods(gradients: NDArray[Any], stride: int, pace: int, wide: NDArray[Any]) -> None:
    """Add `gradients` (n, rows, runs, 3, length) to where they came from in `wide`, zeros at first.

    The transpose of `neighbourhoods`.
    """
    count, rows, runs, _, length = gradients.shape
    for i in range(count):
        for row in range(rows):
            for down in range(3):
                line = wide[i, row * stride + down]
                for run in range(runs):
                    target, source = line[run * pace :], gradients[i, row, run, down]
                    for k in range(length):
                        target[k] += source[k]
