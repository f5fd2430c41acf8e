"""Compiled loops of features: opponent colours, peaks, regions, surprise."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def opponency(image: NDArray[Any], scale: np.float32, out: NDArray[np.float32]) -> None:
    """Fill `out` (3, height, width) with intensity, red minus green and blue minus yellow of an RGB picture.

    Pixels are `image * scale`. Hue counts only where the intensity is above a tenth of the picture's greatest.
    """
    rows, columns, _ = image.shape
    zero, half, third, one = np.float32(0.0), np.float32(0.5), np.float32(1.0 / 3.0), np.float32(1.0)
    colours = np.empty((3, columns), np.float32)
    reds, greens, blues = colours[0], colours[1], colours[2]
    greatest = zero
    for row in range(rows):
        pixels, intensities = image[row], out[0, row]
        for i in range(columns):
            red, green, blue = np.float32(pixels[i, 0]), np.float32(pixels[i, 1]), np.float32(pixels[i, 2])
            intensities[i] = (red * scale + green * scale + blue * scale) * third
        for i in range(columns):
            greatest = intensities[i] if intensities[i] > greatest else greatest
    floor = greatest * np.float32(0.1)
    for row in range(rows):
        pixels, intensities, red_greens, blue_yellows = image[row], out[0, row], out[1, row], out[2, row]
        for i in range(columns):
            unit = one / max(intensities[i], np.float32(1e-6)) if intensities[i] > floor else zero
            reds[i] = np.float32(pixels[i, 0]) * scale * unit
            greens[i] = np.float32(pixels[i, 1]) * scale * unit
            blues[i] = np.float32(pixels[i, 2]) * scale * unit
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


@compiled
def label_hills(
    values: NDArray[np.uint16],
    order: NDArray[np.int64],
    share: float,
    parent: NDArray[np.int64],
    labels: NDArray[np.int32],
) -> int:
    """Write into `labels` the number of the hill that each place of a map belongs to; give how many there are.

    Hills are numbered from 1, the highest first. A hill is all that is connected with a peak at no less than `share` of
    its height, if nothing in it is higher.
    `order` holds all places, the highest first; `parent` (all -1) is space, and `labels` all 0.
    """
    rows, columns = values.shape
    heights = values.ravel()
    separate = np.zeros(order.size, np.bool_)  # by peak: whether it has met nothing higher above its share
    for place in order:  # water falls: each place rises from it as a hill of its own (union-find)
        parent[place] = place
        here = heights[place]
        separate[place] = True
        row, column = place // columns, place % columns
        for next_row in range(max(row - 1, 0), min(row + 2, rows)):
            for next_column in range(max(column - 1, 0), min(column + 2, columns)):
                other = next_row * columns + next_column
                if parent[other] < 0:  # still under water
                    continue
                low, high = place, other  # ... up to the peaks of both hills, halving the ways
                while parent[low] != low:
                    parent[low] = parent[parent[low]]
                    low = parent[low]
                while parent[high] != high:
                    parent[high] = parent[parent[high]]
                    high = parent[high]
                if low == high:  # already one hill
                    continue
                if heights[low] > heights[high]:
                    low, high = high, low
                # the lower hill joins the higher; its peak counts if they meet below its share of its height
                separate[low] = separate[low] and here < share * heights[low]
                parent[low] = high
    flat, count = labels.ravel(), 0
    stack = parent  # no longer needed
    for peak in order:  # the highest first: what it floods, no lower one takes
        if not separate[peak] or heights[peak] <= 0:
            continue
        count += 1
        stack[0], waiting = peak, 1
        flat[peak] = count
        while waiting > 0:  # flood all that is connected and high enough
            waiting -= 1
            row, column = stack[waiting] // columns, stack[waiting] % columns
            for next_row in range(max(row - 1, 0), min(row + 2, rows)):
                for next_column in range(max(column - 1, 0), min(column + 2, columns)):
                    other = next_row * columns + next_column
                    if flat[other] == 0 and heights[other] >= share * heights[peak]:
                        flat[other] = count
                        stack[waiting] = other
                        waiting += 1
    return count


@compiled
def measure_regions(
    values: NDArray[np.float32], labels: NDArray[np.int32], corners: NDArray[np.int64], masses: NDArray[np.float64]
) -> None:
    """Fill `corners` (n, 4) with first and last column and row (left, top, right, bottom) of each region, from label 1.

    `masses` (n,), all 0, gets the sum of the map over each.
    """
    rows, columns = values.shape
    corners[:, 0], corners[:, 1] = columns, rows
    corners[:, 2], corners[:, 3] = -1, -1
    for row in range(rows):
        for column in range(columns):
            label = labels[row, column] - 1
            if label >= 0:
                masses[label] += values[row, column]
                corners[label, 0] = min(corners[label, 0], column)
                corners[label, 1] = min(corners[label, 1], row)
                corners[label, 2] = max(corners[label, 2], column)
                corners[label, 3] = max(corners[label, 3], row)


@compiled
def digamma(x: float) -> float:
    """Logarithmic derivative of the gamma function for x > 0: steps up to 6, then the asymptotic series."""
    steps = 0.0
    while x < 6.0:
        steps += 1.0 / x
        x += 1.0
    inverse = 1.0 / (x * x)
    tail = inverse * (1 / 252 - inverse * (1 / 240 - inverse * (1 / 132 - inverse * 691 / 32760)))
    return math.log(x) - 0.5 / x - inverse * (1 / 12 - inverse * (1 / 120 - tail)) - steps


@compiled
def gamma_divergence(shape: float, rate: float, old_shape: float, old_rate: float) -> float:
    """Kullback-Leibler divergence, in nats, of one Gamma distribution from an older one: how much was learned."""
    learned = (shape - old_shape) * digamma(shape) - math.lgamma(shape) + math.lgamma(old_shape)
    learned += old_shape * math.log(rate / old_rate) + shape * (old_rate - rate) / rate
    return max(learned, 0.0)


@compiled
def update_beliefs(
    believed: NDArray[np.float64],
    told: NDArray[np.float64],
    keep: float,
    certainty: float,
    revised: NDArray[np.float64],
    surprise: NDArray[np.float64],
) -> None:
    """Bayesian update of Gamma beliefs about firing, of these means and this rate `certainty`, by an observation.

    Fills `revised` with the new means, a share `keep` of the old ones and the rest of what was `told`, and `surprise`
    with the divergence of the new beliefs from the old; all arrays are (n,).
    """
    for i in range(believed.size):
        old = believed[i]
        new = keep * old + (1.0 - keep) * told[i]
        revised[i] = new
        surprise[i] = 0.0 if new == old else gamma_divergence(certainty * new, certainty, certainty * old, certainty)
