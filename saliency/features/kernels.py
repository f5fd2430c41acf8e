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
def ascend(values: NDArray[np.float32], scale: float, heights: NDArray[np.uint16], towards: NDArray[np.int32]) -> int:
    """Write where each place of a map leads uphill, to the highest place next to it, and give the number of peaks.

    Fills `heights` with the map in steps, `values * scale` rounded, and `towards` with places, numbered row by row from
    0, and at peaks with the peak's number k as -1 - k. Of equal heights the earlier place counts as the higher.
    """
    rows, columns = values.shape
    factor, peaks = np.float32(scale), 0
    padded = np.full((3, columns + 2), -1, np.int32)  # three rows of heights, with an edge that nothing leads to
    above, here, below = padded[0], padded[1], padded[2]
    for row in range(rows + 1):
        above, here, below = here, below, above
        if row < rows:
            for column in range(columns):
                heights[row, column] = np.uint16(np.rint(values[row, column] * factor))
                below[column + 1] = heights[row, column]
        else:
            below[:] = -1
        if row == 0:
            continue
        first, ways = (row - 1) * columns, towards[row - 1]
        for column in range(columns):
            highest, way = above[column], -columns - 1
            way = -columns if above[column + 1] > highest else way
            highest = max(highest, above[column + 1])
            way = -columns + 1 if above[column + 2] > highest else way
            highest = max(highest, above[column + 2])
            way = -1 if here[column] > highest else way
            highest = max(highest, here[column])
            way = 0 if here[column + 1] > highest else way
            highest = max(highest, here[column + 1])
            way = 1 if here[column + 2] > highest else way
            highest = max(highest, here[column + 2])
            way = columns - 1 if below[column] > highest else way
            highest = max(highest, below[column])
            way = columns if below[column + 1] > highest else way
            highest = max(highest, below[column + 1])
            way = columns + 1 if below[column + 2] > highest else way
            ways[column] = first + column + way
        for column in range(columns):
            if ways[column] == first + column:
                peaks += 1
                ways[column] = -peaks
    return peaks


@compiled
def climb(heights: NDArray[np.uint16], towards: NDArray[np.int32], summits: NDArray[np.uint16]) -> None:
    """Write at each place the number of the peak that one comes to at last; fill `summits` (all 0): their heights."""
    levels, flat = heights.ravel(), towards.ravel()
    for place in range(flat.size - 1, -1, -1):  # what leads to a later place: to where that one leads
        if flat[place] > place:
            flat[place] = flat[flat[place]]
    for start in range(flat.size):
        place = start
        while flat[place] >= 0:
            place = flat[place]
        end = flat[place]
        summits[-1 - end] = max(summits[-1 - end], levels[start])
        place = start
        while flat[place] >= 0:  # later places that lead here need not go all the way
            flat[place], place = end, flat[place]
    for place in range(flat.size):
        flat[place] = -1 - flat[place]


@compiled
def highest_met(peak: int, level: int, passes: NDArray[np.int32], rivals: NDArray[np.int32]) -> int:
    """Give the highest peak that one comes to from a peak without going below a level."""
    while passes[peak] >= level:
        rival = rivals[peak]
        if passes[rival] >= passes[peak]:
            rivals[peak] = rivals[rival]  # halve the way for the next time
        peak = rival
    return peak


@compiled
def join(
    one: int,
    other: int,
    level: int,
    summits: NDArray[np.uint16],
    passes: NDArray[np.int32],
    rivals: NDArray[np.int32],
) -> None:
    """Add a pass of a height above 0 between two peaks to what is known of the passes."""
    while level > 0:
        one, other = highest_met(one, level, passes, rivals), highest_met(other, level, passes, rivals)
        if one == other:
            return
        if summits[one] > summits[other] or (summits[one] == summits[other] and one < other):
            one, other = other, one
        before, rival = passes[one], rivals[one]
        passes[one], rivals[one] = level, other
        one, other, level = other, rival, before  # the lower pass that this one replaces


@compiled
def find_passes(
    heights: NDArray[np.uint16],
    basins: NDArray[np.int32],
    summits: NDArray[np.uint16],
    floors: NDArray[np.float64],
    passes: NDArray[np.int32],
    rivals: NDArray[np.int32],
) -> None:
    """Find the highest pass from each peak to a higher one: fill `passes` (all -1) with its height, `rivals` with whom.

    Left out are passes below the floors of both peaks: below these, no hill begins or ends. The passes come in any
    order: each joins what is known so far, which is the triplet merge tree of Smirnov and Morozov (2017).
    """
    rows, columns = heights.shape
    for row in range(rows):
        below = min(row + 1, rows - 1)
        for column in range(columns):
            left, right, here = max(column - 1, 0), min(column + 1, columns - 1), basins[row, column]
            beside, lower = basins[row, right], basins[below, column]
            if here == beside and here == lower and here == basins[below, left] and here == basins[below, right]:
                continue  # most places are inside their basin
            for next_row, next_column in ((row, right), (below, left), (below, column), (below, right)):
                there = basins[next_row, next_column]
                if there != here:
                    level = int(min(heights[row, column], heights[next_row, next_column]))
                    if level >= min(floors[here], floors[there]):
                        join(here, there, level, summits, passes, rivals)


@compiled
def own_basins(
    summits: NDArray[np.uint16],
    floors: NDArray[np.float64],
    passes: NDArray[np.int32],
    rivals: NDArray[np.int32],
    numbers: NDArray[np.int32],
    owners: NDArray[np.int32],
) -> None:
    """Fill `owners` with the hill that each basin belongs to: the number of its peak in `numbers`, or 0 for none.

    `numbers` is above 0 for the peaks of hills, those that get to a higher one only below their floor.
    """
    for basin in range(summits.size):
        peak, lowest = basin, np.int64(summits[basin])
        while numbers[peak] == 0 and passes[peak] >= 0:
            lowest = min(lowest, passes[peak])
            peak = rivals[peak]
        owners[basin] = numbers[peak] if lowest >= floors[peak] else 0


@compiled
def measure_hills(
    values: NDArray[np.float32],
    heights: NDArray[np.uint16],
    owners: NDArray[np.int32],
    floors: NDArray[np.float64],
    labels: NDArray[np.int32],
    corners: NDArray[np.int64],
    masses: NDArray[np.float64],
) -> None:
    """Write the number of its hill, from 1, over the basin of each place (`labels`), or 0 below the hill's floor.

    Fills `corners` (n, 4) with first and last column and row (left, top, right, bottom) of each hill, and `masses`
    (n,), all 0, with the sum of the map over it. `floors` (n,) are heights.
    """
    rows, columns = values.shape
    corners[:, 0], corners[:, 1] = columns, rows
    corners[:, 2], corners[:, 3] = -1, -1
    for row in range(rows):
        for column in range(columns):
            hill = owners[labels[row, column]] - 1
            if hill < 0 or heights[row, column] < floors[hill]:
                labels[row, column] = 0
                continue
            labels[row, column] = hill + 1
            masses[hill] += values[row, column]
            corners[hill, 0] = min(corners[hill, 0], column)
            corners[hill, 1] = min(corners[hill, 1], row)
            corners[hill, 2] = max(corners[hill, 2], column)
            corners[hill, 3] = max(corners[hill, 3], row)


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
