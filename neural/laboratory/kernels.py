"""Compiled loops of search."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


class Stage(NamedTuple):
    """The constants of the decision stage; see `neural.laboratory.searcher.Searcher`."""

    selection: float
    accept: float
    reject: float
    caution: float
    resolve: float
    memory: float
    step: float


@compiled
def _drawn(weights: NDArray[np.float64], share: float) -> int:
    """Give the item at which the running sum of the weights reaches `share` of them all; -1 for a share of 1 or more.

    Items that weigh nothing are never given.
    """
    goal = share * weights.sum()
    for item in range(len(weights)):
        if weights[item] > 0:
            goal -= weights[item]
            if goal < 0:
                return item
    return -1


@compiled
def _identified(drift: float, stage: Stage, rng: np.random.Generator) -> tuple[float, bool]:
    """Gather noisy evidence until it reaches a bound; give the seconds, and whether it was that of the target."""
    evidence, steps, spread = 0.0, 0, math.sqrt(stage.step)
    while -stage.reject < evidence < stage.accept:
        evidence += drift * stage.step + spread * rng.standard_normal()
        steps += 1
    return steps * stage.step, evidence > 0


@compiled
def _doubt_at(odds: float, stage: Stage) -> float:
    """Give the weight of the quitting unit, relative to all that is left, at these odds that there is no target."""
    weight: float = min((stage.caution * (odds - 1)) ** stage.resolve, 1e12)
    return weight


@compiled
def covert_search(
    weights: NDArray[np.float64],
    drifts: NDArray[np.float64],
    advantage: float,
    stage: Stage,
    inspected: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[float, bool, int]:
    """Select and identify one item after the other; give the seconds, the answer, and how many were selected.

    `inspected` takes their numbers, in order; the search ends when it is full.
    """
    left, doubt, odds, elapsed = weights.copy(), 0.0, 1.0, 0.0
    for count in range(len(inspected)):
        item = _drawn(left, rng.random() * (1 + doubt))
        if item < 0:
            return elapsed, False, count
        inspected[count] = item
        seconds, found = _identified(drifts[item], stage, rng)
        elapsed += stage.selection * rng.standard_gamma(4.0) / 4 + seconds
        if found:
            return elapsed, True, count + 1
        others = left.sum() - left[item]
        if rng.random() < stage.memory:
            left[item] = 0.0
        if others <= 0:
            return elapsed, False, count + 1
        odds *= 1 + advantage / others
        doubt = _doubt_at(odds, stage)
    return elapsed, False, len(inspected)


class Gaze(NamedTuple):
    """The constants of an eye that searches; see `neural.laboratory.overt_searcher.OvertSearcher`."""

    half_deg: float
    timer: float
    steps: float


@compiled
def overt_search(
    weights: NDArray[np.float64],
    drifts: NDArray[np.float64],
    advantage: float,
    stage: Stage,
    gaze: Gaze,
    distances_deg: NDArray[np.float64],
    path: NDArray[np.float64],
    inspected: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[float, bool, int, int]:
    """Search with eye movements; give the seconds, the answer, and how many items were selected and fixated.

    `distances_deg` (n + 1, n + 1) are those between the items, and in the last row and column those to where the gaze
    begins. `path` (m, 3) takes of each fixation the item (n: the beginning), its onset and its end. Search ends when
    `path` or `inspected` is full.
    """
    items = len(weights)
    left, seen, doubt, odds, elapsed = weights.copy(), np.empty(items), 0.0, 1.0, 0.0
    here, fixations = items, 1
    path[0, 0], path[0, 1] = here, elapsed
    leave = gaze.timer * rng.standard_gamma(gaze.steps) / gaze.steps
    for count in range(len(inspected)):
        sought, free = 0.0, 0
        for item in range(items):
            sharpness = 1 / (1 + distances_deg[here, item] / gaze.half_deg)
            seen[item] = 0.0
            if left[item] > 0:
                seen[item] = left[item] ** sharpness * sharpness
                sought += advantage**sharpness * sharpness
                free += 1
        item = _drawn(seen, rng.random() * (1 + doubt))
        path[fixations - 1, 2] = elapsed
        if item < 0 or (fixations == len(path) and item != here):
            return elapsed, False, count, fixations
        inspected[count] = item
        others = seen.sum() - seen[item]
        if item != here and (distances_deg[here, item] > gaze.half_deg or elapsed >= leave):
            path[fixations - 1, 2] = max(elapsed, leave)
            elapsed = path[fixations - 1, 2] + 0.021 + 0.0022 * distances_deg[here, item]
            here = item
            path[fixations, 0], path[fixations, 1] = here, elapsed
            fixations += 1
            leave = elapsed + gaze.timer * rng.standard_gamma(gaze.steps) / gaze.steps
        sharpness = 1 / (1 + distances_deg[here, item] / gaze.half_deg)
        seconds, found = _identified(drifts[item] * sharpness, stage, rng)
        elapsed += stage.selection * rng.standard_gamma(4.0) / 4 + seconds
        path[fixations - 1, 2] = elapsed
        if found:
            return elapsed, True, count + 1, fixations
        if rng.random() < stage.memory:
            left[item] = 0.0
        if others <= 0:
            return elapsed, False, count + 1, fixations
        odds *= 1 + sought / free / others
        doubt = _doubt_at(odds, stage)
    return elapsed, False, len(inspected), fixations


@compiled
def ideal_gains(
    posterior: NDArray[np.float64],
    detectability: NDArray[np.float64],
    nodes: NDArray[np.float64],
    shares: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    r"""Fill `out` (n,) with the probability that the likeliest place will be the right one after a look at each place.

    .. math:: \sum_i p_i \int \phi(w) \prod_{j \ne i}
        \Phi\left(\frac{-2 \ln(p_j / p_i) + d_j^2 + 2 d_i w + d_i^2}{2 d_j}\right) dw

    with the detectability :math:`d_i` (place, gaze) of the target at each place. `nodes` and `shares` are those of a
    Gauss-Hermite rule for the normal density.
    """
    n = len(posterior)
    for gaze in range(n):
        total = 0.0
        for i in range(n):
            if posterior[i] < 1e-6:
                continue
            own = detectability[i, gaze]
            for node in range(len(nodes)):
                probability = 1.0
                for j in range(n):
                    if j != i and posterior[j] > 0:
                        other = detectability[j, gaze]
                        odds = -2 * math.log(posterior[j] / posterior[i])
                        lead = (odds + other * other + 2 * own * nodes[node] + own * own) / (2 * other)
                        probability *= 0.5 * math.erfc(-lead * math.sqrt(0.5))
                        if probability < 1e-9:
                            break
                total += posterior[i] * shares[node] * probability
        out[gaze] = total
