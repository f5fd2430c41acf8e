"""Compiled loops of this package: C-contiguous arrays in, results into arrays the caller made.

Nothing here checks its arguments, makes random numbers, or calls a kernel of another file.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def opponency(image: NDArray[Any], scale: np.float32, out: NDArray[np.float32]) -> None:
    """Fill `out` (3, height, width) with intensity, red minus green and blue minus yellow of an RGB picture.

    Pixels are `image * scale`. Hue counts only where the intensity is above a tenth of the picture's greatest.
    """
    rows, columns, _ = image.shape
    zero, half, third = np.float32(0.0), np.float32(0.5), np.float32(1.0 / 3.0)
    colours = np.empty((3, columns), np.float32)
    reds, greens, blues = colours[0], colours[1], colours[2]
    greatest = zero
    for row in range(rows):
        pixels, intensities = image[row], out[0, row]
        for i in range(columns):
            total = np.float32(pixels[i, 0]) + np.float32(pixels[i, 1]) + np.float32(pixels[i, 2])
            intensities[i] = total * scale * third
        for i in range(columns):
            greatest = intensities[i] if intensities[i] > greatest else greatest
    floor = greatest * np.float32(0.1)
    for row in range(rows):
        pixels, intensities, red_greens, blue_yellows = image[row], out[0, row], out[1, row], out[2, row]
        for i in range(columns):
            unit = scale / max(intensities[i], np.float32(1e-6)) if intensities[i] > floor else zero
            reds[i] = np.float32(pixels[i, 0]) * unit
            greens[i] = np.float32(pixels[i, 1]) * unit
            blues[i] = np.float32(pixels[i, 2]) * unit
        for i in range(columns):
            red, green, blue = reds[i], greens[i], blues[i]
            pure_red, pure_green = red - half * (green + blue), green - half * (red + blue)
            pure_blue, yellow = blue - half * (red + green), half * (red + green - abs(red - green)) - blue
            red_greens[i] = max(pure_red, zero) - max(pure_green, zero)
            blue_yellows[i] = max(pure_blue, zero) - max(yellow, zero)


@compiled
def rival_peaks(
    values: NDArray[np.int16], highest: NDArray[np.int16], floor: int, seen: NDArray[np.bool_], stack: NDArray[np.int64]
) -> tuple[int, int]:
    """Give the sum and the number of the peaks of a map that are at least `floor`, without its greatest one.

    A peak is a place, or an area of equal neighbours, next to which nothing is higher. `highest` holds the greatest
    value among each place and its eight neighbours; `seen` (all False) and `stack` are space of the map's size.
    """
    rows, columns = values.shape
    total, count, greatest = 0, 0, 0
    for row in range(rows):
        for column in range(columns):
            here = values[row, column]
            if here != highest[row, column] or here < floor or seen[row, column]:
                continue
            stack[0], waiting, peak = row * columns + column, 1, True
            seen[row, column] = True
            while waiting > 0:
                waiting -= 1
                place = stack[waiting]
                at_row, at_column = place // columns, place % columns
                peak = peak and highest[at_row, at_column] == here
                for next_row in range(max(at_row - 1, 0), min(at_row + 2, rows)):
                    for next_column in range(max(at_column - 1, 0), min(at_column + 2, columns)):
                        if values[next_row, next_column] == here and not seen[next_row, next_column]:
                            seen[next_row, next_column] = True
                            stack[waiting] = next_row * columns + next_column
                            waiting += 1
            if peak:
                total += here
                count += 1
                greatest = max(greatest, here)
    return total - greatest, count - 1


class Membrane(NamedTuple):
    """Two layers of leaky integrate-and-fire units, in SI units: conductance over capacitance (1/s), potentials (V)."""

    step: float
    saliency_rate: float
    drive_rate: float
    leak_rate: float
    input_rate: float
    threshold: float
    floor: float


@compiled
def race(
    drive: NDArray[np.float64],
    saliency: NDArray[np.float64],
    potential: NDArray[np.float64],
    membrane: Membrane,
    steps: int,
) -> tuple[int, int]:
    """Let the units race in place until the first one fires; give its index and the step, or (-1, steps).

    `drive` charges the `saliency` neurons, and these charge the racing units' `potential`; all are (n,).
    """
    n = drive.size
    gather = membrane.step * membrane.drive_rate
    fade = membrane.step * membrane.saliency_rate
    feed = membrane.step * membrane.input_rate
    leak = membrane.step * membrane.leak_rate
    for step in range(steps):
        strongest = membrane.floor
        for unit in range(n):
            saliency[unit] += gather * drive[unit] - fade * saliency[unit]
            charged = potential[unit] + feed * saliency[unit] - leak * potential[unit]
            potential[unit] = max(charged, membrane.floor)
            strongest = max(strongest, potential[unit])
        if strongest > membrane.threshold:
            for unit in range(n):
                if potential[unit] == strongest:
                    return unit, step + 1
    return -1, steps
