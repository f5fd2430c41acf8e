"""Compiled loops of measures on maps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def count_at(
    values: NDArray[Any],
    thresholds: NDArray[np.float64],
    low: float,
    scale: float,
    first: NDArray[np.int64],
    gaps: NDArray[np.int64],
    equal: NDArray[np.int64],
) -> None:
    """Count how many `values` (n,) lie between the ascending `thresholds` (k,), and how many are equal to each.

    `gaps` (k + 1,) receives the numbers below, between and above them, `equal` (k,) the others. A value belongs to the
    cell `int((value - low) * scale)`, and `first` (cells + 1,) tells the first threshold of a cell or of those after
    it: a value whose cell holds no threshold is compared with none.
    """
    last = first.size - 2.0
    for i in range(values.size):
        value = np.float64(values[i])
        cell = int(min(last, max(0.0, (value - low) * scale)))
        k, end = first[cell], first[cell + 1]
        while k < end:
            middle = (k + end) // 2
            if thresholds[middle] < value:
                k = middle + 1
            else:
                end = middle
        if k < thresholds.size and thresholds[k] == value:
            equal[k] += 1
        else:
            gaps[k] += 1


@compiled
def spread(
    lines: NDArray[np.float64], rows: NDArray[np.int64], weights: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Add each of the `lines` (n, width) to `out` (height, width) around its row, by `weights` (2 radius + 1,).

    Borders are mirrored, edge pixels twice: what would fall outside comes back.
    """
    height, width = out.shape
    radius = weights.size // 2
    for i in range(rows.size):
        line = lines[i]
        for k in range(weights.size):
            row = (rows[i] + k - radius) % (2 * height)
            target = out[row if row < height else 2 * height - 1 - row]
            weight = weights[k]
            for column in range(width):
                target[column] += weight * line[column]
