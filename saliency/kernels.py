"""Compiled loops of this package: C-contiguous arrays in, results into arrays the caller made.

Nothing here checks its arguments or calls a kernel of another file: what is kept on disk would not notice when that
file changes. Random numbers come from a generator that is handed in.
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


@compiled
def trigamma(x: float) -> float:
    """Slope of `digamma` for x > 0: steps up to 6, then the asymptotic series."""
    steps = 0.0
    while x < 6.0:
        steps += 1.0 / (x * x)
        x += 1.0
    inverse = 1.0 / (x * x)
    tail = inverse * (1 / 42 - inverse * (1 / 30 - inverse * (5 / 66 - inverse * 691 / 2730)))
    return steps + 1.0 / x + 0.5 * inverse + inverse / x * (1 / 6 - inverse * (1 / 30 - tail))


@compiled
def align(first: NDArray[np.int64], second: NDArray[np.int64], scores: NDArray[np.float64], gap: float) -> float:
    """Give the greatest sum of scores of two aligned sequences of letters (Needleman and Wunsch).

    Two letters that stand opposite each other count `scores` (letters, letters), one that stands alone costs `gap`.
    """
    best = np.empty(second.size + 1)
    for j in range(best.size):
        best[j] = -gap * j
    for i in range(first.size):
        of_letter = scores[first[i]]
        before = best[0]
        best[0] -= gap
        for j in range(second.size):
            opposite = before + of_letter[second[j]]
            before = best[j + 1]
            best[j + 1] = max(opposite, max(before, best[j]) - gap)
    return float(best[second.size])


@compiled
def separate(first: NDArray[np.float64], second: NDArray[np.float64], angular: bool, out: NDArray[np.float64]) -> None:
    """Fill `out` (n, m) with the distance of each place of `first` (n, 2) from each of `second` (m, 2).

    If `angular`, the places are rays from the eye (where they cross a screen at distance 1), and the distance is the
    angle between them, in degrees.
    """
    for i in range(len(first)):
        x, y = first[i, 0], first[i, 1]
        for j in range(len(second)):
            other_x, other_y = second[j, 0], second[j, 1]
            squared = (x - other_x) ** 2 + (y - other_y) ** 2
            if angular:
                sine = math.sqrt(squared + (x * other_y - y * other_x) ** 2)
                out[i, j] = math.degrees(math.atan2(sine, 1.0 + x * other_x + y * other_y))
            else:
                out[i, j] = math.sqrt(squared)


@compiled
def warp(distances: NDArray[np.float64]) -> float:
    """Give the least sum of distances along a way through (n, m) from corner to corner: dynamic time warping.

    A step goes down, right or down and right.
    """
    n, m = distances.shape
    sums = np.empty(m)
    for i in range(n):
        before = np.inf
        for j in range(m):
            above = sums[j] if i > 0 else np.inf
            beside = sums[j - 1] if j > 0 else np.inf
            reached = min(before, above, beside) if i > 0 or j > 0 else 0.0
            before = above
            sums[j] = reached + distances[i, j]
    return float(sums[m - 1])


@compiled
def leash(distances: NDArray[np.float64]) -> float:
    """Give the least greatest distance along a way through (n, m) from corner to corner: the discrete Frechet distance.

    A step goes down, right or down and right.
    """
    n, m = distances.shape
    longest = np.empty(m)
    for i in range(n):
        before = np.inf
        for j in range(m):
            above = longest[j] if i > 0 else np.inf
            beside = longest[j - 1] if j > 0 else np.inf
            reached = min(before, above, beside) if i > 0 or j > 0 else 0.0
            before = above
            longest[j] = max(reached, distances[i, j])
    return float(longest[m - 1])


@compiled
def embed(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Give the mean over k of exp(-d), d being how far a window of k places of `first` is from the nearest of `second`.

    The distance of two windows is the root of their summed squared distances, over k; d is its mean over the windows
    of `first` (n, 2).
    """
    n, m = len(first), len(second)
    squares = np.zeros((n, m))
    total = 0.0
    for k in range(1, min(n, m) + 1):
        mean = 0.0
        for i in range(n - k + 1):
            nearest = np.inf
            for j in range(m - k + 1):
                x = first[i + k - 1, 0] - second[j + k - 1, 0]
                y = first[i + k - 1, 1] - second[j + k - 1, 1]
                squares[i, j] += x * x + y * y
                nearest = min(nearest, squares[i, j])
            mean += math.sqrt(nearest) / k
        total += math.exp(-mean / (n - k + 1))
    return total / min(n, m)


@compiled
def count_lines(near: NDArray[np.bool_], down: int, right: int, shortest: int) -> int:
    """Count the marked cells that stand in a row of at least `shortest`, a step being so many cells down and right."""
    n, m = near.shape
    count = 0
    for i in range(n):
        for j in range(m):
            began = i >= down and j >= right and near[i - down, j - right]
            if began or not near[i, j]:
                continue
            length, row, column = 0, i, j
            while row < n and column < m and near[row, column]:
                length, row, column = length + 1, row + down, column + right
            if length >= shortest:
                count += length
    return count


@compiled
def mean_shift(places: NDArray[np.float64], bandwidth: float, centres: NDArray[np.float64]) -> int:
    """Fill `centres` (n, 2) with the modes of `places` (n, 2), the most populous first, and give their number.

    From each place on, a window moves to the mean of the places within `bandwidth` until it rests. Of two that rest
    within `bandwidth` of each other, the one with more places stays.
    """
    n = len(places)
    modes, populations = places.copy(), np.empty(n, np.int64)
    for k in range(n):
        for _ in range(300):
            x, y, inside = 0.0, 0.0, 0
            for i in range(n):
                if math.hypot(places[i, 0] - modes[k, 0], places[i, 1] - modes[k, 1]) <= bandwidth:
                    x, y, inside = x + places[i, 0], y + places[i, 1], inside + 1
            x, y = x / inside, y / inside
            rests = x == modes[k, 0] and y == modes[k, 1]
            modes[k, 0], modes[k, 1], populations[k] = x, y, inside
            if rests:
                break
    found = 0
    for k in np.argsort(-populations, kind="mergesort"):
        alone = True
        for i in range(found):
            apart = math.hypot(centres[i, 0] - modes[k, 0], centres[i, 1] - modes[k, 1])
            alone = alone and apart > bandwidth
        if alone:
            centres[found] = modes[k]
            found += 1
    return found


class Grouping(NamedTuple):
    """Saccades that are joined: by direction (degrees) and by amplitude, next to fixations shorter than duration."""

    direction: float
    duration: float
    amplitude: float


@compiled
def _saccades(fixations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give x, y, dx, dy of the saccades (n - 1, 4) between fixations (n, 3)."""
    vectors = np.empty((len(fixations) - 1, 4))
    for i in range(len(vectors)):
        for k in range(2):
            vectors[i, k] = fixations[i, k]
            vectors[i, k + 2] = fixations[i + 1, k] - fixations[i, k]
    return vectors


@compiled
def _join_straight(vectors: NDArray[Any], durations: NDArray[Any], count: int, rests: int, by: Grouping) -> int:
    """Join pairs of saccades of like direction, in place; give how many remain (and one fixation more)."""
    read, written, last = 0, 0, durations[rests - 1]
    while read < count:
        vectors[written], durations[written] = vectors[read], durations[read]
        if read < count - 1 and durations[read + 1] < by.duration:
            x, y, next_x, next_y = vectors[read, 2], vectors[read, 3], vectors[read + 1, 2], vectors[read + 1, 3]
            angle = math.degrees(math.atan2(abs(x * next_y - y * next_x), x * next_x + y * next_y))
            if angle < by.direction and (x != 0 or y != 0) and (next_x != 0 or next_y != 0):
                vectors[written, 2], vectors[written, 3] = x + next_x, y + next_y
                read += 1
        read, written = read + 1, written + 1
    durations[written] = last
    return written


@compiled
def _join_short(
    vectors: NDArray[Any], durations: NDArray[Any], count: int, rests: int, by: Grouping
) -> tuple[int, int]:
    """Join a short saccade with the next one, the last with that before, in place; give what remains of both series.

    As in the toolbox, the last two saccades are taken as they were before this pass, and the duration between them
    is kept: there may be a duration too many, which the next pass drops.
    """
    read, written, last, last_but_one = 0, 0, durations[rests - 1], durations[rests - 2]
    end_x, end_y = vectors[count - 1, 2], vectors[count - 1, 3]
    if count > 1:
        end_x, end_y = vectors[count - 2, 2] + end_x, vectors[count - 2, 3] + end_y
    while read < count:
        x, y = vectors[read, 2], vectors[read, 3]
        short = math.sqrt(x * x + y * y) < by.amplitude
        if short and read == count - 1 and count > 1 and (last < by.duration or last_but_one < by.duration):
            vectors[written - 1, 2], vectors[written - 1, 3] = end_x, end_y
            durations[written] = durations[read - 1]
            durations[written + 1] = last
            return written, written + 2
        vectors[written], durations[written] = vectors[read], durations[read]
        if short and read < count - 1 and (durations[read + 1] < by.duration or durations[read] < by.duration):
            vectors[written, 2], vectors[written, 3] = x + vectors[read + 1, 2], y + vectors[read + 1, 3]
            read += 1
        read, written = read + 1, written + 1
    durations[written] = last
    return written, written + 1


@compiled
def _grouped(vectors: NDArray[Any], durations: NDArray[Any], by: Grouping) -> int:
    """Join saccades in place until nothing changes; give how many remain."""
    count, rests = len(vectors), len(durations)
    while True:
        before = rests
        count = _join_straight(vectors, durations, count, rests, by)
        count, rests = _join_short(vectors, durations, count, count + 1, by)
        if rests == before:
            return count


@compiled
def _median(values: NDArray[np.float64]) -> float:
    ordered = np.sort(values)
    middle = ordered.size // 2
    return float(ordered[middle] if ordered.size % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


@compiled
def _turn(x: float, y: float) -> float:
    angle = math.atan2(y, x)
    return angle if angle >= 0 else math.pi + (math.pi + angle)


@compiled
def match_saccades(
    first: NDArray[np.float64], second: NDArray[np.float64], grouping: Grouping, out: NDArray[np.float64]
) -> None:
    """Fill `out` (5,) with the median differences of two paths (n, 3), (m, 3): x, y, duration; each at least 2 rows.

    They are of the saccades that stand opposite each other in the cheapest alignment: of vector, angle (radians),
    length, start, and of the duration before them (as a share of the longer).
    """
    ones, others = _saccades(first), _saccades(second)
    one_durations, other_durations = first[:, 2].copy(), second[:, 2].copy()
    n, m = len(ones), len(others)
    if grouping.duration > 0:
        n, m = _grouped(ones, one_durations, grouping), _grouped(others, other_durations, grouping)
    costs, sums = np.empty((n, m)), np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            costs[i, j] = math.sqrt((ones[i, 2] - others[j, 2]) ** 2 + (ones[i, 3] - others[j, 3]) ** 2)
            if i > 0 and j > 0:
                sums[i, j] = min(sums[i - 1, j - 1], sums[i - 1, j], sums[i, j - 1]) + costs[i, j]
            elif i > 0:
                sums[i, j] = sums[i - 1, j] + costs[i, j]
            elif j > 0:
                sums[i, j] = sums[i, j - 1] + costs[i, j]
    differences = np.empty((5, n + m - 1))
    i, j, steps, known = n - 1, m - 1, 0, True
    while i >= 0 and j >= 0:
        one, other = ones[i], others[j]
        turn = abs(_turn(one[2], one[3]) - _turn(other[2], other[3]))
        longer = max(one_durations[i], other_durations[j])
        share = abs(one_durations[i] - other_durations[j]) / longer
        known = known and not np.isnan(share)
        differences[0, steps] = costs[i, j]
        differences[1, steps] = min(turn, 2 * math.pi - turn)
        differences[2, steps] = abs(math.sqrt(one[2] ** 2 + one[3] ** 2) - math.sqrt(other[2] ** 2 + other[3] ** 2))
        differences[3, steps] = math.sqrt((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2)
        differences[4, steps] = share
        steps += 1
        if i > 0 and j > 0 and sums[i - 1, j - 1] <= min(sums[i - 1, j], sums[i, j - 1]):
            i, j = i - 1, j - 1
        elif j == 0 or (i > 0 and sums[i - 1, j] <= sums[i, j - 1]):
            i -= 1
        else:
            j -= 1
    for k in range(5):
        out[k] = _median(differences[k, :steps])
    if not known:
        out[4] = np.nan


OLDEST = 12  # fixations that are remembered


class SaccadeTables(NamedTuple):
    """Logarithms of by how much a place is preferred, on nodes: see `saliency.log_linear.LogLinear`."""

    gain: NDArray[np.float64]  # (fixation number, amplitude)
    centre: NDArray[np.float64]  # (fixation number, 4)
    first: NDArray[np.float64]  # (amplitude,)
    turn: NDArray[np.float64]  # (amplitude, turning angle)
    direction: NDArray[np.float64]  # (amplitude, direction)
    previous: NDArray[np.float64]  # (amplitude, amplitude of the saccade before)
    back: NDArray[np.float64]  # (lag, distance)


class SaccadeAxes(NamedTuple):
    """How far apart the nodes of the tables lie: in square roots of degrees for amplitudes, degrees for distances."""

    amplitude: float
    previous: float
    distance: float


@compiled
def _on_nodes(position: float, nodes: int) -> tuple[int, float]:
    """Node below a position on an axis with nodes at 0, 1, ..., and how far on it is to the next; the ends hold."""
    position = min(max(position, 0.0), nodes - 1.0)
    node = min(int(position), nodes - 2)
    return node, position - node


@compiled
def _round_nodes(turns: float, nodes: int) -> tuple[int, int, float]:
    """Nodes around a direction, in turns, on an axis that goes round, and how far it is on to the second."""
    position = (turns - math.floor(turns)) * nodes
    node = int(position)
    return node % nodes, (node + 1) % nodes, position - node


@compiled
def _polar_places(
    grid: NDArray[np.float64], x: float, y: float, step: float, directions: int, polar_places: NDArray[np.float64]
) -> None:
    """Give each cell's place on the axes of a polar table around (x, y): root of the distance, and direction.

    The arc tangent is that of Abramowitz and Stegun (1964), 4.4.49, to 2e-8: without branches, so that it is worked
    out for several cells at once.
    """
    whole, half, quarter = float(directions), directions * 0.5, directions * 0.25
    radian = half / math.pi
    for k in range(grid.shape[1]):
        right, up = grid[0, k] - x, grid[1, k] - y
        polar_places[0, k] = math.sqrt(math.sqrt(right * right + up * up)) / step
        wide, high = abs(right), abs(up)
        slope = min(wide, high) / (max(wide, high) + 1e-30)
        square = slope * slope
        angle = 0.0028662257
        angle = angle * square - 0.0161657367
        angle = angle * square + 0.0429096138
        angle = angle * square - 0.0752896400
        angle = angle * square + 0.1065626393
        angle = angle * square - 0.1420889944
        angle = angle * square + 0.1999355085
        angle = angle * square - 0.3333314528
        angle = (angle * square + 1.0) * slope * radian
        angle = quarter - angle if high > wide else angle
        angle = half - angle if right < 0 else angle
        polar_places[1, k] = whole - angle if up < 0 else angle


@compiled
def _saccade_before(history: NDArray[np.float64], axes: SaccadeAxes) -> tuple[float, float]:
    """Direction, in turns, and node position of the amplitude of the saccade that led here."""
    x, y = history[0, 0] - history[1, 0], history[0, 1] - history[1, 1]
    turns = math.atan2(y, x) / (2 * math.pi)
    return turns - math.floor(turns), math.sqrt(math.hypot(x, y)) / axes.previous


@compiled
def polar_scores(
    tables: SaccadeTables, axes: SaccadeAxes, history: NDArray[np.float64], polar: NDArray[np.float64]
) -> None:
    """Sum up what depends on amplitude and direction of the next saccade alone: `polar` (amplitude, direction).

    `history` holds the places of gaze in degrees, (n, 2), the present one first.
    """
    amplitudes, directions = polar.shape
    before, share, heading = 0, 0.0, 0.0
    if len(history) > 1:
        heading, position = _saccade_before(history, axes)
        before, share = _on_nodes(position, tables.previous.shape[1])
    for d in range(directions):
        low, high, between = _round_nodes(d / directions, tables.direction.shape[1])
        turned = abs(d / directions - heading)
        turn, on = _on_nodes(2 * min(turned, 1 - turned) * (tables.turn.shape[1] - 1), tables.turn.shape[1])
        for a in range(amplitudes):
            score = (1 - between) * tables.direction[a, low] + between * tables.direction[a, high]
            if len(history) > 1:
                score += (1 - on) * tables.turn[a, turn] + on * tables.turn[a, turn + 1]
                score += (1 - share) * tables.previous[a, before] + share * tables.previous[a, before + 1]
            else:
                score += tables.first[a]
            polar[a, d] = score


@compiled
def _add_returns(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    history: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Add what nearness to places visited before counts for."""
    reach = (tables.back.shape[1] - 1) * axes.distance
    for lag in range(1, min(len(history), OLDEST + 1)):
        row = tables.back[min(lag, len(tables.back)) - 1]
        x, y = history[lag]
        for k in range(len(out)):
            right, up = abs(grid[0, k] - x), abs(grid[1, k] - y)
            if right < reach and up < reach:
                distance = math.sqrt(right * right + up * up)
                if distance < reach:
                    node, on = _on_nodes(distance / axes.distance, tables.back.shape[1])
                    out[k] += (1 - on) * row[node] + on * row[node + 1]


@compiled
def next_place(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    history: NDArray[np.float64],
    number: int,
    polar: NDArray[np.float64],
    polar_places: NDArray[np.float64],
    out: NDArray[np.float64],
) -> float:
    """Give each cell a weight in proportion to its probability to be looked at next, and give back their sum.

    `grid` (5, cells): degrees rightward and upward, place across and down (-1 to 1), logarithm of the map's share.
    `polar` and `polar_places` (2, cells) are overwritten. The greatest weight is 1.
    """
    polar_scores(tables, axes, history, polar)
    amplitudes, directions = polar.shape
    _polar_places(grid, history[0, 0], history[0, 1], axes.amplitude, directions, polar_places)
    row = min(number, len(tables.gain) - 1)
    gain, (across, across_2, down, down_2) = tables.gain[row], tables.centre[row]
    for k in range(len(out)):
        a, far = _on_nodes(polar_places[0, k], amplitudes)
        low = int(polar_places[1, k])
        on = polar_places[1, k] - low
        low = low if low < directions else 0
        high = low + 1 if low + 1 < directions else 0
        near_score = (1 - on) * polar[a, low] + on * polar[a, high] + gain[a] * grid[4, k]
        far_score = (1 - on) * polar[a + 1, low] + on * polar[a + 1, high] + gain[a + 1] * grid[4, k]
        out[k] = (
            near_score
            + far * (far_score - near_score)
            + (across + across_2 * grid[2, k]) * grid[2, k]
            + (down + down_2 * grid[3, k]) * grid[3, k]
        )
    _add_returns(tables, axes, grid, history, out)
    top, total = -np.inf, 0.0
    for k in range(len(out)):
        top = max(top, out[k])
    for k in range(len(out)):
        out[k] = math.exp(out[k] - top)
        total += out[k]
    return total


@compiled
def _polar_slopes(
    axes: SaccadeAxes, history: NDArray[np.float64], polar: NDArray[np.float64], slopes: SaccadeTables
) -> None:
    """Hand the slopes of `polar_scores` on to the tables."""
    amplitudes, directions = polar.shape
    before, share, heading = 0, 0.0, 0.0
    if len(history) > 1:
        heading, position = _saccade_before(history, axes)
        before, share = _on_nodes(position, slopes.previous.shape[1])
    for d in range(directions):
        low, high, between = _round_nodes(d / directions, slopes.direction.shape[1])
        turned = abs(d / directions - heading)
        turn, on = _on_nodes(2 * min(turned, 1 - turned) * (slopes.turn.shape[1] - 1), slopes.turn.shape[1])
        for a in range(amplitudes):
            slope = polar[a, d]
            slopes.direction[a, low] += (1 - between) * slope
            slopes.direction[a, high] += between * slope
            if len(history) > 1:
                slopes.turn[a, turn] += (1 - on) * slope
                slopes.turn[a, turn + 1] += on * slope
                slopes.previous[a, before] += (1 - share) * slope
                slopes.previous[a, before + 1] += share * slope
            else:
                slopes.first[a] += slope


@compiled
def add_slopes(
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    history: NDArray[np.float64],
    number: int,
    polar: NDArray[np.float64],
    polar_places: NDArray[np.float64],
    surprise: NDArray[np.float64],
    slopes: SaccadeTables,
) -> None:
    """Add the slopes of one fixation's loss to those of the tables, from those of the scores of the cells.

    `polar_places` are those that `next_place` has left.
    """
    polar[:] = 0
    amplitudes, directions = polar.shape
    row = min(number, len(slopes.gain) - 1)
    for k in range(len(surprise)):
        slope = surprise[k]
        a, far = _on_nodes(polar_places[0, k], amplitudes)
        low, high, on = _round_nodes(polar_places[1, k] / directions, directions)
        polar[a, low] += slope * (1 - far) * (1 - on)
        polar[a, high] += slope * (1 - far) * on
        polar[a + 1, low] += slope * far * (1 - on)
        polar[a + 1, high] += slope * far * on
        slopes.gain[row, a] += slope * (1 - far) * grid[4, k]
        slopes.gain[row, a + 1] += slope * far * grid[4, k]
        for axis in range(2):
            at = grid[2 + axis, k]
            slopes.centre[row, 2 * axis] += slope * at
            slopes.centre[row, 2 * axis + 1] += slope * at * at
    reach = (slopes.back.shape[1] - 1) * axes.distance
    for lag in range(1, min(len(history), OLDEST + 1)):
        row = slopes.back[min(lag, len(slopes.back)) - 1]
        x, y = history[lag]
        for k in range(len(surprise)):
            right, up = abs(grid[0, k] - x), abs(grid[1, k] - y)
            if right < reach and up < reach:
                distance = math.sqrt(right * right + up * up)
                if distance < reach:
                    node, on = _on_nodes(distance / axes.distance, slopes.back.shape[1])
                    row[node] += surprise[k] * (1 - on)
                    row[node + 1] += surprise[k] * on
    _polar_slopes(axes, history, polar, slopes)


@compiled
def surprise_of_path(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    places: NDArray[np.float64],
    targets: NDArray[np.int64],
    polar: NDArray[np.float64],
    slopes: SaccadeTables,
) -> float:
    """Add up the surprise, minus the log likelihood, of one path, and its slopes.

    `places` in degrees, the start first; `targets` the cell of each fixation after it, below 0 for one that does not
    count.
    """
    surprise, polar_places = np.empty(grid.shape[1]), np.empty((2, grid.shape[1]))
    total = 0.0
    for number in range(len(targets)):
        if targets[number] >= 0:
            history = places[max(0, number - OLDEST) : number + 1][::-1]
            summed = next_place(tables, axes, grid, history, number, polar, polar_places, surprise)
            surprise /= summed
            total -= math.log(max(surprise[targets[number]], 1e-300))
            surprise[targets[number]] -= 1
            add_slopes(axes, grid, history, number, polar, polar_places, surprise, slopes)
    return total


@compiled
def race_to_lead(
    drifts: NDArray[np.float64],
    spread: float,
    lead: float,
    steps: int,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """Give the random walk that first leads the second best by `lead`, and after how many steps; -1 if none does.

    All start at 0. In each step each goes on by its drift and a normal number times `spread`. One alone must lead 0.
    """
    racers = drifts.size
    evidence = np.zeros(racers)
    for step in range(1, steps + 1):
        first, best, second = 0, -math.inf, 0.0 if racers == 1 else -math.inf
        for i in range(racers):
            evidence[i] += drifts[i] + spread * rng.standard_normal()
            if evidence[i] > best:
                first, best, second = i, evidence[i], best if racers > 1 else second
            elif evidence[i] > second:
                second = evidence[i]
        if best - second >= lead:
            return first, step
    return -1, steps


SQUARED_ANGLE = np.array([8 / (k**2 * math.comb(2 * k, k)) for k in range(14, 0, -1)])


@compiled
def squared_angles(rays: NDArray[np.float64], ray: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill `out` (n,) with the squared angles, in square radians, of unit rays (3, n) from one unit ray (3,).

    With s the squared sine of a quarter of the angle, it is 16 asin(sqrt(s))^2, the sum of 8 (4 s)^k / (k^2 C(2k, k)).
    What is left out after 14 terms is below 1e-13 up to 90 degrees, and below 1e-9 up to 120.
    """
    for i in range(out.size):
        chord = (rays[0, i] - ray[0]) ** 2 + (rays[1, i] - ray[1]) ** 2 + (rays[2, i] - ray[2]) ** 2
        four_s = chord / (2 * (1 + math.sqrt(1 - 0.25 * chord)))
        total = 0.0
        for k in range(14):
            total = (total + SQUARED_ANGLE[k]) * four_s
        out[i] = total


@compiled
def _focused(
    angles: NDArray[np.float64], precision: float, density: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    total = 0.0
    for i in range(out.size):
        out[i] = density[i] * math.exp(-precision * angles[i])
        total += out[i]
    if total > 0:
        out /= total
    else:  # too far from all cells to be felt by any
        out[:] = density


@compiled
def _relax(
    state: NDArray[np.float64],
    target: NDArray[np.float64],
    kept: float,
    kept_near: float,
    angles: NDArray[np.float64],
    near: float,
) -> None:
    for i in range(state.size):
        share = kept_near if angles[i] < near else kept
        state[i] = target[i] + share * (state[i] - target[i])


class Walk(NamedTuple):
    """Constants of `scene_walk`: half inverse variances and `near` in radians squared, rates per second."""

    attention: float
    shift: float
    inhibition: float
    first_rate: float
    attention_rate: float
    previous_rate: float
    inhibition_rate: float
    near: float


@compiled
def scene_walk(
    density: NDArray[np.float64],
    rays: NDArray[np.float64],
    fixations: NDArray[np.float64],
    beyond: NDArray[np.float64],
    phases: NDArray[np.float64],
    walk: Walk,
    attention: NDArray[np.float64],
    inhibition: NDArray[np.float64],
) -> None:
    """Bring `attention` and `inhibition` (n,) from before the first fixation to the end of the last one's main phase.

    `density` (n,) is that of the cells, `rays` (3, n) point at them, `fixations` and `beyond` (k, 3) at each fixation
    and at where attention is just after the saccade to it; `phases` (k, 3) are the seconds after the saccade, with
    attention at the place, and before the next saccade.
    """
    count, cells = len(fixations), density.size
    even = np.full(cells, 1 / cells)
    angles, focus = np.empty((count, cells)), np.empty((count, cells))
    shifted, target = np.empty(cells), np.empty(cells)
    for k in range(count):
        squared_angles(rays, fixations[k], angles[k])
        _focused(angles[k], walk.attention, density, focus[k])
    for k in range(count):
        after, main, before = phases[k]
        previous, near = angles[max(k - 1, 0)], walk.near if k > 0 else 0.0
        if after > 0:
            squared_angles(rays, beyond[k], shifted)
            _focused(shifted, walk.shift, density, target)
            kept, kept_near = math.exp(-walk.attention_rate * after), math.exp(-walk.previous_rate * after)
            _relax(attention, target, kept, kept_near, previous, near)
        rate = walk.attention_rate if k > 0 else walk.first_rate
        _relax(attention, focus[k], math.exp(-rate * main), math.exp(-walk.previous_rate * main), previous, near)
        if k < count - 1 and before > 0:
            kept, kept_near = math.exp(-walk.attention_rate * before), math.exp(-walk.previous_rate * before)
            _relax(attention, focus[k + 1], kept, kept_near, previous, near)
        seen = after + main + (before if k < count - 1 else 0.0)
        _focused(angles[k], walk.inhibition, even, target)
        kept = math.exp(-walk.inhibition_rate * seen)
        _relax(inhibition, target, kept, kept, previous, 0.0)


@compiled
def program(
    timer_left: float, labile_left: float, flight: float, stages: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Let saccade programs run until the eye leaves; give the duration, and what timer and program have left.

    Times are in seconds. The timer has `timer_left` until it next starts a program; the one under way is labile for
    `labile_left` more, infinity if there is none. The eye lands after `flight`, and the fixation begins. `stages`
    (2 m + 1,) holds the next m intervals of the timer, the m labile stages that they begin, and the non-labile stage;
    after m programs no more begin in this fixation.
    """
    most = len(stages) // 2
    begun = 0
    now = -flight
    while timer_left < labile_left and begun < most:  # what was labile is cancelled
        now += timer_left
        timer_left, labile_left = stages[begun], stages[most + begun]
        begun += 1
    now += labile_left
    timer_left = max(timer_left - labile_left, 0.0)
    duration = max(now, 0.0) + stages[2 * most]
    rest = duration - now
    labile_left = np.inf
    while timer_left < rest and begun < most:  # for the next fixation
        rest -= timer_left
        timer_left, labile_left = stages[begun], stages[most + begun]
        begun += 1
    return duration, max(timer_left - rest, 0.0), max(labile_left - rest, 0.0)


@compiled
def programs(flight: float, stages: NDArray[np.float64], durations: NDArray[np.float64]) -> None:
    """Fill `durations` (n, k) with what `program` gives, for n gazes at rest at first, of `stages` (n, k, 2 m + 1)."""
    count, several = durations.shape
    for i in range(count):
        timer_left, labile_left, before = 0.0, np.inf, 0.0
        for k in range(several):
            durations[i, k], timer_left, labile_left = program(timer_left, labile_left, before, stages[i, k])
            before = flight


class Screen(NamedTuple):
    """A picture and its grid of cells: sizes, and the distance between pixels over that of the eye."""

    width: int
    height: int
    columns: int
    rows: int
    pitch_x: float
    pitch_y: float


class Rhythm(NamedTuple):
    """What a walk needs to know of time: see `neural.programming.SaccadeProgramming`; seconds, and steps of walks."""

    steps: NDArray[np.float64]
    step_s: NDArray[np.float64]
    flight: float
    reversal: float


@compiled
def _degrees(screen: Screen, x: float, y: float) -> tuple[float, float]:
    """Give a place in degrees from the centre, rightward and upward; see `Viewing.degrees`."""
    right = (x - (screen.width - 1) / 2) * screen.pitch_x
    up = -(y - (screen.height - 1) / 2) * screen.pitch_y
    length = math.hypot(right, up)
    share = math.degrees(math.atan(length)) / length if length > 0 else math.degrees(1.0)
    return right * share, up * share


@compiled
def _angle_deg(screen: Screen, x: float, y: float, to_x: float, to_y: float) -> float:
    """Angle at the eye between two places; see `Viewing.angle_deg`."""
    ax, ay = (x - (screen.width - 1) / 2) * screen.pitch_x, (y - (screen.height - 1) / 2) * screen.pitch_y
    bx, by = (to_x - (screen.width - 1) / 2) * screen.pitch_x, (to_y - (screen.height - 1) / 2) * screen.pitch_y
    sine = math.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (ax * by - ay * bx) ** 2)
    return math.degrees(math.atan2(sine, 1 + ax * bx + ay * by))


@compiled
def _drawn_cell(weights: NDArray[np.float64], exponent: float, rng: np.random.Generator) -> int:
    """Draw a cell in proportion to its weight to the power of `exponent`."""
    total = 0.0
    for k in range(len(weights)):
        total += weights[k] if exponent == 1.0 else weights[k] ** exponent
    left = rng.random() * total
    for k in range(len(weights)):
        left -= weights[k] if exponent == 1.0 else weights[k] ** exponent
        if left < 0:
            return k
    return int(np.argmax(weights))


@compiled
def _landing(position: float, cells: int, pixels: int) -> float:
    """Turn a position on the axis of cells into pixels; beyond an edge it is thrown back inside."""
    position = cells - abs(cells - abs(position))
    return min(max(position * pixels / cells - 0.5, 0.0), pixels - 1.0)


@compiled
def wander(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    screen: Screen,
    rhythm: Rhythm,
    exponent: float,
    watched: float,
    polar: NDArray[np.float64],
    rng: np.random.Generator,
    path: NDArray[np.float64],
) -> int:
    """Let one observer look at a picture: the loop of `Observer` for a log-linear priority, drawn by Luce's choice.

    `path` (n, 6) takes of each rest of the gaze: x, y, onset, duration, and the score and cell of the next place; the
    first row holds the start. The number of rows is given back: less than n, or the time was too long for them.
    """
    places = np.empty((len(path) + 1, 2))
    weights, polar_places = np.empty(grid.shape[1]), np.empty((2, grid.shape[1]))
    stages = np.empty(len(rhythm.steps))
    timer_left, labile_left, flight, now = 0.0, np.inf, 0.0, 0.0
    places[0] = _degrees(screen, path[0, 0], path[0, 1])
    for number in range(len(path) - 1):
        for k in range(len(stages)):
            stages[k] = rng.standard_gamma(rhythm.steps[k]) * rhythm.step_s[1 if number == 1 else 0, k]
        planned, timer_left, labile_left = program(timer_left, labile_left, flight, stages)
        flight = rhythm.flight
        history = places[max(0, number - OLDEST) : number + 1][::-1]
        total = next_place(tables, axes, grid, history, number, polar, polar_places, weights)
        cell = _drawn_cell(weights, exponent, rng)
        across, down = rng.random() - rng.random(), rng.random() - rng.random()
        x = _landing(cell % screen.columns + 0.5 + across, screen.columns, screen.width)
        y = _landing(cell // screen.columns + 0.5 + down, screen.rows, screen.height)
        places[number + 1] = _degrees(screen, x, y)
        if number > 0:
            came, goes = places[number] - places[number - 1], places[number + 1] - places[number]
            sizes = math.hypot(came[0], came[1]) * math.hypot(goes[0], goes[1])
            if sizes > 0:
                planned *= 1 - rhythm.reversal * (came[0] * goes[0] + came[1] * goes[1]) / sizes
        path[number, 2], path[number, 3], path[number, 4], path[number, 5] = now, planned, weights[cell] / total, cell
        path[number + 1, 0], path[number + 1, 1] = x, y
        now += planned + 0.021 + 0.0022 * _angle_deg(screen, path[number, 0], path[number, 1], x, y)
        if now >= watched:
            return number + 1
    return len(path)


@compiled
def fill_strokes(
    image: NDArray[np.float32],
    strokes: NDArray[np.float64],
    colour: NDArray[np.float64],
    place: tuple[float, float],
    window: tuple[int, int, int, int],
) -> None:
    """Paint strokes around a place: each pixel takes as much of the colour as the strokes cover of it.

    `strokes` (n, 8) holds of each: the middle x, y relative to the place, cosine and sine of its direction, half of its
    length, its reach to the left and to the right, and the radius of its bend (infinite: straight). `window` holds the
    first and last column, and the first and last row, that they can reach.
    """
    for row in range(max(window[2], 0), min(window[3] + 1, image.shape[0])):
        for column in range(max(window[0], 0), min(window[1] + 1, image.shape[1])):
            cover = 0.0
            for number in range(len(strokes)):
                x, y, cosine, sine, half, left, right, radius = strokes[number]
                x, y = column - place[0] - x, row - place[1] - y
                along, across = x * cosine - y * sine, -x * sine - y * cosine
                if radius < math.inf:
                    to_centre = radius - across
                    across = radius - math.hypot(along, to_centre)
                    along = radius * math.atan2(along, to_centre)
                long = min(along + 0.5, half) - max(along - 0.5, -half)
                wide = min(across + 0.5, left) - max(across - 0.5, -right)
                if long > 0 and wide > 0:
                    cover = max(cover, long * wide)
            if cover > 0:
                for channel in range(3):
                    image[row, column, channel] += cover * (colour[channel] - image[row, column, channel])
