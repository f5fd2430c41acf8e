"""Timing models: durations of fixations and saccades."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from foveation import saccade_duration
from foveation.checks import check_fields


class Plan(NamedTuple):
    """The planned duration of a fixation, made before the place of the next one is known.

    Parameters
    ----------
    duration : float
        Planned duration of the fixation, in seconds.
    carried : tuple of float
        What the timing model needs to know at the next fixation, such as programs that are under way already.
    """

    duration: float
    carried: tuple[float, ...] = ()


class UpcomingSaccade(NamedTuple):
    """The saccade that ends a fixation: which one, how long, and by how much it turns.

    Parameters
    ----------
    number : int
        Which fixation it ends: 0 for the gaze with which the viewing began, 1 for the first that was chosen.
    amplitude_deg : float
        Size of the saccade to come, in degrees; NaN where unknown.
    turn_deg : float
        By how much its direction turns from that of the saccade before, 0 (on) to 180 (back); NaN if there was none.
    plan : Plan, or None
        What the timing model had planned.
    """

    number: int = 2
    amplitude_deg: float = np.nan
    turn_deg: float = np.nan
    plan: Plan | None = None


class TimingModel(Protocol):
    """Any model of durations: how long a fixation and the saccade after it last, in seconds.

    A timing model may say more of itself, and what it does not say is taken as no:

    - `plan`: it decides when to go before it is known where, see `Planner`.
    - ``covert = True``: attention moves without the eye, so what it takes are no durations of fixations.
    - ``fit(paths)`` gives one that is fitted to people's paths, for `Observer.fit`.
    - ``decision_time(latency, duration)``: how long after the landing the decision came, in a fixation of this
      duration, for films. Else it comes after its latency, or, if the gate draws, when the eye leaves.
    """

    def fixation(self, latency: float, rng: np.random.Generator, upcoming: UpcomingSaccade = ...) -> float:
        """Duration of a fixation in which the decision where to look next took `latency` seconds."""
        ...

    def saccade(self, amplitude_deg: float) -> float:
        """Duration of a saccade of this many degrees."""
        ...


class Planner(TimingModel, Protocol):
    """A timing model that plans when the eye goes before it is known where: it is asked as each fixation begins."""

    def plan(self, index: int, before: Plan | None, rng: np.random.Generator) -> Plan:
        """Plan the fixation of this number; `before` is the plan of the one before it."""
        ...


NEUTRAL = UpcomingSaccade()


@dataclass(frozen=True, kw_only=True)
class DecisionTiming:
    r"""A fixation lasts as long as the decision and the dead time before the eye moves, times a log-normal factor.

    .. math:: d = (t_{decision} + t_{dead})\, e^{\sigma \epsilon}, \qquad \epsilon \sim N(0, 1)

    Parameters
    ----------
    dead_time : float
        Time for light to reach the cortex and for a command that can no longer be stopped to reach the eye, in seconds.
    spread : float
        Standard deviation :math:`\sigma` of the logarithm of the duration.

    References
    ----------
    Dead time 80 to 100 ms: Findlay and Walker (1999), Behav. Brain Sci. 22. The spread is that of people who viewed
    pictures freely, 0.52 to 0.56 (OSIE, Xu et al. 2014; EyeCrowd, Jiang et al. 2014).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> round(float(np.median([DecisionTiming().fixation(0.11, rng) for _ in range(2000)])), 2)
    0.2
    """

    dead_time: float = 0.09
    spread: float = 0.5

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.dead_time >= 0 or not self.spread >= 0:
            raise ValueError(f"expected a dead time and a spread from 0 up, got {self.dead_time} and {self.spread}")

    def fixation(self, latency: float, rng: np.random.Generator, upcoming: UpcomingSaccade = NEUTRAL) -> float:
        """Duration of a fixation, in seconds."""
        return float((latency + self.dead_time) * np.exp(self.spread * rng.standard_normal()))

    def saccade(self, amplitude_deg: float) -> float:
        """Duration of a saccade, in seconds: the main sequence."""
        return float(saccade_duration(amplitude_deg))

    def decision_time(self, latency: float, duration: float) -> float:
        """Time from the landing to the decision: the random factor stretches decision and dead time alike."""
        return duration * latency / (latency + self.dead_time)


@dataclass(frozen=True, kw_only=True)
class CovertShift:
    """Attention that moves without the eye: it rests as long as the next decision takes, and needs no time to fly.

    References
    ----------
    Itti, Koch and Niebur (1998), IEEE Trans. PAMI 20, section 2.3: a shift every 30 to 70 ms.
    """

    covert: ClassVar[bool] = True

    def fixation(self, latency: float, rng: np.random.Generator, upcoming: UpcomingSaccade = NEUTRAL) -> float:
        """Duration of a rest of attention, in seconds: that of the race."""
        return latency

    def saccade(self, amplitude_deg: float) -> float:
        """Duration of a shift: none."""
        return 0.0
