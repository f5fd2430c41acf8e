"""Compiled loops of this package: C-contiguous arrays in, results into arrays the caller made.

Nothing here checks its arguments, makes random numbers, or calls a kernel of another file.
"""

import math
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
    for place in order:
        parent[place] = place
        here = heights[place]
        separate[place] = True
        row, column = place // columns, place % columns
        for next_row in range(max(row - 1, 0), min(row + 2, rows)):
            for next_column in range(max(column - 1, 0), min(column + 2, columns)):
                other = next_row * columns + next_column
                if parent[other] < 0:
                    continue
                low, high = place, other
                while parent[low] != low:
                    parent[low] = parent[parent[low]]
                    low = parent[low]
                while parent[high] != high:
                    parent[high] = parent[parent[high]]
                    high = parent[high]
                if low == high:
                    continue
                if heights[low] > heights[high]:
                    low, high = high, low
                separate[low] = separate[low] and here < share * heights[low]
                parent[low] = high
    flat, count = labels.ravel(), 0
    stack = parent  # no longer needed
    for peak in order:
        if not separate[peak] or heights[peak] <= 0:
            continue
        count += 1
        stack[0], waiting = peak, 1
        flat[peak] = count
        while waiting > 0:
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
    for i in range(values.size):
        value = np.float64(values[i])
        cell = int((value - low) * scale)
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
    """Divergence, in nats, of one Gamma distribution from an older one: how much was learned."""
    learned = (shape - old_shape) * digamma(shape) - math.lgamma(shape) + math.lgamma(old_shape)
    learned += old_shape * math.log(rate / old_rate) + shape * (old_rate - rate) / rate
    return max(learned, 0.0)


@compiled
def revise(
    believed: NDArray[np.float64],
    told: NDArray[np.float64],
    keep: float,
    certainty: float,
    revised: NDArray[np.float64],
    surprise: NDArray[np.float64],
) -> None:
    """Let Gamma beliefs about firing, with these means and this rate `certainty`, see one more observation each.

    Fills `revised` with the new means, a share `keep` of the old ones and the rest of what was `told`, and `surprise`
    with the divergence of the new beliefs from the old; all arrays are (n,).
    """
    for i in range(believed.size):
        old = believed[i]
        new = keep * old + (1.0 - keep) * told[i]
        revised[i] = new
        surprise[i] = 0.0 if new == old else gamma_divergence(certainty * new, certainty, certainty * old, certainty)


@compiled
def _flow(floor: NDArray[np.uint8], source: NDArray[np.uint8], sink: NDArray[np.uint8]) -> np.uint8:
    """Lower one row of water to the lowest of the three places beside it in `source`, but not below its `floor`.

    `source` and `sink` are two columns wider than `floor`; gives 0 if nothing changed.
    """
    left, beside, right, water = source[:-2], source[1:-1], source[2:], sink[1:-1]
    changed = np.uint8(0)
    for i in range(floor.size):
        lowest = left[i] if left[i] < right[i] else right[i]
        lowest = lowest if lowest < beside[i] else beside[i]
        lowest = lowest if lowest > floor[i] else floor[i]
        before = water[i]
        after = lowest if lowest < before else before
        water[i] = after
        changed |= before ^ after
    return changed


@compiled
def drain(floor: NDArray[np.uint8], water: NDArray[np.uint8]) -> bool:
    """Let `water` on a ground of height `floor` flow down through the rows and up again; say whether any of it moved.

    `water` has a rim of one pixel more on each side, from which it runs off.
    """
    rows = floor.shape[0]
    changed = np.uint8(0)
    for row in range(rows):
        changed |= _flow(floor[row], water[row], water[row + 1])
    for row in range(rows - 1, -1, -1):
        changed |= _flow(floor[row], water[row + 2], water[row + 1])
    return bool(changed)


@compiled
def interval_sets(
    low: NDArray[np.uint8],
    high: NDArray[np.uint8],
    first: int,
    reach: int,
    across: NDArray[np.uint32],
    sets: NDArray[np.uint32],
) -> None:
    """Fill `sets` with 32 binary maps, one a bit: bit `k` is set near any pixel with low <= first + k < high.

    Near means in the square of 2 reach + 1 pixels; `across` is space of the maps' shape.
    """
    rows, columns = low.shape
    line = np.zeros(columns + 2 * reach, np.uint32)
    middle = line[reach : reach + columns]
    one = np.uint64(1)
    for row in range(rows):
        lows, highs, wide = low[row], high[row], across[row]
        for i in range(columns):
            begin = np.uint64(min(max(int(lows[i]) - first, 0), 32))
            end = np.uint64(min(max(int(highs[i]) - first, 0), 32))
            middle[i] = np.uint32((one << end) - (one << begin))
        for i in range(columns):
            wide[i] = middle[i]
        for shift in range(2 * reach + 1):
            shifted = line[shift : shift + columns]
            for i in range(columns):
                wide[i] |= shifted[i]
    for row in range(rows):
        here = sets[row]
        for i in range(columns):
            here[i] = np.uint32(0)
        for near in range(max(row - reach, 0), min(row + reach + 1, rows)):
            wide = across[near]
            for i in range(columns):
                here[i] |= wide[i]


@compiled
def set_sizes(sets: NDArray[np.uint32], sizes: NDArray[np.int64]) -> None:
    """Fill `sizes` (32,) with the number of pixels in each of 32 binary maps, one a bit of `sets`.

    Four counters of a byte share a word, and are emptied before 256 pixels can overflow them.
    """
    bits, byte, words = np.uint32(0x01010101), np.uint32(255), sets.reshape(-1)
    sizes[:] = 0
    for begin in range(0, words.size, 255):
        part = words[begin : begin + 255]
        for turn in range(8):
            shift, four = np.uint32(turn), np.uint32(0)
            for i in range(part.size):
                four = np.uint32(four + ((part[i] >> shift) & bits))
            for k in range(4):
                sizes[8 * k + turn] += (four >> np.uint32(8 * k)) & byte


@compiled
def add_sets(sets: NDArray[np.uint32], sums: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Add to each pixel of `out` the weights of those of 32 binary maps, one a bit of `sets`, in which it lies.

    `sums` (4, 256) holds, for each byte of a word, the summed weights of the maps that it names.
    """
    rows, columns = sets.shape
    first, second, third, fourth = sums[0], sums[1], sums[2], sums[3]
    byte = np.uint32(255)
    for row in range(rows):
        words, total = sets[row], out[row]
        for i in range(columns):
            word = words[i]
            total[i] += (first[word & byte] + second[(word >> np.uint32(8)) & byte]) + (
                third[(word >> np.uint32(16)) & byte] + fourth[word >> np.uint32(24)]
            )


@compiled
def markov_degrees(values: NDArray[np.float32], closeness: NDArray[np.float32], degrees: NDArray[np.float32]) -> None:
    """Fill `degrees` (maps, n) with each node's sum of |difference of value| times closeness, over all other nodes.

    `values` is (maps, n); `closeness` (n, n) is symmetric.
    """
    maps, nodes = values.shape
    degrees[:] = np.float32(0.0)
    for j in range(nodes):
        near = closeness[j]
        for k in range(maps):
            value, degree = values[k], degrees[k]
            other = value[j]
            for i in range(nodes):
                degree[i] += abs(value[i] - other) * near[i]


@compiled
def self_information(values: NDArray[np.float32], low: float, high: float, bins: int, out: NDArray[np.float32]) -> None:
    """Fill `out` with -ln p of each value, p being the share of all values that fall into its bin.

    The `bins` lie evenly between `low` and `high`; `values` and `out` are (n,).
    """
    n = values.size
    scale = np.float32((bins - 1) / (high - low))
    first, half = np.float32(low), np.float32(0.5)
    places = np.empty(n, np.int32)
    counts = np.zeros(bins, np.int64)
    table = np.zeros(bins, np.float32)
    for i in range(n):
        places[i] = np.int32((values[i] - first) * scale + half)
    for i in range(n):
        counts[places[i]] += 1
    for k in range(bins):
        if counts[k] > 0:
            table[k] = np.float32(-np.log(counts[k] / n))
    for i in range(n):
        out[i] = table[places[i]]


class Pace(NamedTuple):
    """One step of AdamW: shares of the new slope and its square in their means; what is left of the weights; length."""

    mean: float
    square: float
    left: float
    length: float
    least: float


@compiled
def descend(
    weights: NDArray[Any], slopes: NDArray[Any], means: NDArray[Any], squares: NDArray[Any], pace: Pace
) -> None:
    """Move `weights` (n,) along the mean of their `slopes`, and the running means of these and of their squares."""
    share, square_share, left = (
        weights.dtype.type(pace.mean),
        weights.dtype.type(pace.square),
        weights.dtype.type(pace.left),
    )
    length, least = weights.dtype.type(pace.length), weights.dtype.type(pace.least)
    for i in range(weights.size):
        slope = slopes[i]
        means[i] += share * (slope - means[i])
        squares[i] += square_share * (slope * slope - squares[i])
        weights[i] = left * weights[i] - length * means[i] / (np.sqrt(squares[i]) + least)
