"""Compiled loops of layers."""

from typing import Any

from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def rectify(values: NDArray[Any], bias: NDArray[Any]) -> None:
    """Add `bias` (units,) to `values` (n, units), and put 0 in place of what is negative."""
    rows, units = values.shape
    zero = values.dtype.type(0.0)
    for i in range(rows):
        row = values[i]
        for j in range(units):
            value = row[j] + bias[j]
            row[j] = zero if value < zero else value


@compiled
def add_rows(rows: NDArray[Any], numbers: NDArray[Any], out: NDArray[Any]) -> None:
    """Add each of `rows` (n, width) to the row of `out` (words, width) whose number is given."""
    for row in range(len(numbers)):
        into = numbers[row]
        for column in range(rows.shape[1]):
            out[into, column] += rows[row, column]
