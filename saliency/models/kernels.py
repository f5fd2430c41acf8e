"""Compiled loops of saliency models."""

import math

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


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
def flood(floor: NDArray[np.uint8], water: NDArray[np.uint8]) -> bool:
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

    The `bins` lie evenly between `low` and `high`; `values` and `out` are (n,). All are brought near 1 by a power of
    two, which rounds nothing: the step between bins and its inverse are numbers then, however small or large the range.
    """
    n = values.size
    unit = math.ldexp(1.0, -math.frexp(max(abs(low), abs(high)))[1])
    scale = np.float32((bins - 1) / (high * unit - low * unit))
    first, half = np.float32(low * unit), np.float32(0.5)
    lowest, highest = np.float32(0.0), np.float32(bins - 1)
    places = np.empty(n, np.int32)
    counts = np.zeros(bins, np.int64)
    table = np.zeros(bins, np.float32)
    for i in range(n):
        place = (np.float32(values[i] * unit) - first) * scale + half
        places[i] = np.int32(min(highest, max(lowest, place)))
    for i in range(n):
        counts[places[i]] += 1
    for k in range(bins):
        if counts[k] > 0:
            table[k] = np.float32(-np.log(counts[k] / n))
    for i in range(n):
        out[i] = table[places[i]]
