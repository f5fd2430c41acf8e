"""Compiled loops of gates: races of integrators."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


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
