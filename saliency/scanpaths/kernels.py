"""Compiled loops of scanpath measures."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def needleman_wunsch(
    first: NDArray[np.int64], second: NDArray[np.int64], scores: NDArray[np.float64], gap: float
) -> float:
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
def pairwise_distances(
    first: NDArray[np.float64], second: NDArray[np.float64], angular: bool, out: NDArray[np.float64]
) -> None:
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
def _best_way(distances: NDArray[np.float64], greatest: bool) -> float:
    """Give the least sum of distances, or the least greatest one, along a way through (n, m) from corner to corner.

    A step goes down, right or down and right: the recurrence of dynamic programming.
    """
    n, m = distances.shape
    costs = np.empty(m)
    for i in range(n):
        before = np.inf
        for j in range(m):
            above = costs[j] if i > 0 else np.inf
            beside = costs[j - 1] if j > 0 else np.inf
            reached = min(before, above, beside) if i > 0 or j > 0 else 0.0
            before = above
            costs[j] = max(reached, distances[i, j]) if greatest else reached + distances[i, j]
    return float(costs[m - 1])


@compiled
def dtw_cost(distances: NDArray[np.float64]) -> float:
    """Give the least sum of distances along a way through (n, m): dynamic time warping."""
    return _best_way(distances, False)


@compiled
def discrete_frechet(distances: NDArray[np.float64]) -> float:
    """Give the least greatest distance along a way through (n, m): the discrete Frechet distance."""
    return _best_way(distances, True)


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
def count_diagonals(near: NDArray[np.bool_], down: int, right: int, shortest: int) -> int:
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
    # costs of pairs, and of the cheapest way from the first pair to each (the first pair itself is free)
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
    # back along the cheapest way from the last pair: one column of differences for each pair on it
    differences = np.empty((5, n + m - 1))
    i, j, steps, known = n - 1, m - 1, 0, True
    while i >= 0 and j >= 0:
        one, other = ones[i], others[j]
        # how the two saccades differ
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
        # where the way came from: both a saccade back if that is not dearer, else one of them
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
