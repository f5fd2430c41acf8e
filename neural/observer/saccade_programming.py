"""Durations of fixations by saccade programming: a timer, a labile stage and a non-labile stage."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import saccade_duration
from foveation.checks import check_number, check_positive, check_whole
from neural.observer.timing import NEUTRAL, Plan, UpcomingSaccade
from saliency.priority import kernels
from saliency.scanpaths.scanpath import Scanpath
from saliency.scanpaths.statistics import OculomotorStatistics

PROGRAMS = 12  # the most that can start in one fixation
SETTLED = 3  # number of the fixation from which on the beginning is over
LEAST = 30  # durations without which there is nothing to fit
TIMER_STEPS = (4, 6, 8, 11, 14, 18, 24)
LEVELS = np.arange(1, 100) / 100
OBSERVERS, FIXATIONS = 2000, 10  # simulated in a fit
FIRST_STEP, FINEST_STEP = 0.1, 0.002  # of the search, in logarithms of the constants: 10 % and 0.2 %
FINEST_S = 1e-5  # in seconds: what is nearer than this to the best durations is good enough


@dataclass(frozen=True, kw_only=True)
class SaccadeProgramming:
    r"""Durations of fixations by saccade programming: a random timer starts programs, which at first can be cancelled.

    A random-walk timer starts one program after the other, whatever is seen. A program is at first labile: if the timer
    starts a new one in the meantime, the old one is cancelled, and the fixation lasts longer. Then it is non-labile:
    nothing stops it, and at its end the eye leaves. The timer runs on while a program is non-labile and while the eye
    flies, so that the next program may be well under way when the eye lands, and that fixation is short. The appearance
    of the picture starts timer and program at once. Each random walk of :math:`n` steps lasts

    .. math:: t \sim \Gamma(n,\; \mu / n)

    of mean :math:`\mu` and standard deviation :math:`\mu / \sqrt n`. When the place of the next fixation is known, the
    present one is made longer or shorter with the angle :math:`\theta` by which the gaze turns there (temporal
    inhibition of return),

    .. math:: d = t_{planned}\, (1 - \rho \cos \theta)

    while the timer stands still. People's turns have a mean cosine near 0, so the mean duration stays what it is.

    Parameters
    ----------
    timer : float
        Mean interval of the timer, in seconds.
    timer_steps : int
        Steps of its random walk: the more, the more regular.
    labile : float
        Mean of the stage in which a program can be cancelled, in seconds.
    nonlabile : float
        Mean of the stage in which it can not, in seconds: dead time before the eye moves.
    stage_steps : int
        Steps of the random walk of either stage.
    first : float
        Share of `labile` that a program lasts if it starts in the first fixation that was chosen, which people leave
        early. The model does not say why.
    reversal : float
        :math:`\rho`, by what share a fixation before a complete reversal is longer than the mean, from 0 to below 1.
    flight : float
        Time, in seconds, during which the timer is taken to run between two fixations: mean duration of a saccade. The
        saccade itself lasts as long as `saccade` says.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    The defaults are what `fit` found on one half of the pictures of OSIE (Xu et al. 2014; 15 people, free viewing for
    3 s; `Recordings.halves(rng=0)[0]`); `nonlabile` and `stage_steps` are from the literature. On the other half the
    mean duration comes within 1 %, the standard deviation is 6 % too small, and the Wasserstein distance between the
    distributions is 3 ms (between people on either half, 1.4 ms). People who look at other pictures, with other
    instructions, take other times: use `fit`.

    How long the decision about the place took does not count: the eye goes when it is time, to what is strongest then.
    A program passes the point of no return only when the eye has left with the one before, and its non-labile stage
    begins once the eye has landed: every fixation lasts at least that long, before a turn makes it shorter or longer.
    No more than 12 programs start in a fixation.

    References
    ----------
    Nuthmann, Smith, Engbert and Henderson (2010), CRISP: a computational model of fixation durations in scene viewing,
    Psychol. Rev. 117: timer of 11 steps, labile stage 180 ms, non-labile stage 40 ms (from memory). Findlay and Walker
    (1999), Behav. Brain Sci. 22: when apart from where. Engbert et al. (2005), SWIFT, Psychol. Rev. 112: standard
    deviation of a stage a third of its mean, so 9 steps. Smith and Henderson (2011), J. Vision 11(1):3: longer
    fixations before returns.

    Examples
    --------
    >>> programming = SaccadeProgramming()
    >>> durations = programming.durations(8000, 5, rng=0)
    >>> durations.shape, durations.mean(axis=0).round(2)
    ((8000, 5), array([0.22, 0.18, 0.22, 0.22, 0.22]))
    """

    timer: float = 0.198
    timer_steps: int = 18
    labile: float = 0.145
    nonlabile: float = 0.045
    stage_steps: int = 9
    first: float = 0.8
    reversal: float = 0.103
    flight: float = 0.034

    def __post_init__(self) -> None:
        check_positive(self, "timer", "labile", "nonlabile", "first")
        for name in ("timer_steps", "stage_steps"):
            check_whole(name, getattr(self, name), 1)
        check_number(self.reversal, "a reversal from 0 to below 1", least=0, below=1)
        check_number(self.flight, "a flight from 0 s up", least=0)

    @classmethod
    def fit(cls, paths: Iterable[Scanpath], *, rng: np.random.Generator | int = 0) -> Self:
        r"""Fit timer, labile stage, first fixation and temporal inhibition to the durations of people's fixations.

        1. :math:`\rho` is the slope of a regression of duration on :math:`-\cos\theta`, divided by its intercept; all
           durations are then divided by :math:`1 - \rho \cos\theta`. `flight` is the mean `saccade_duration`.
        2. For each of several numbers of steps, `timer` and `labile` are those for which the 99 percentiles of
           simulated durations come nearest to people's (root mean square), from the third fixation on. The same random
           numbers serve all of them. The best number of steps is kept.
        3. `first` is that for which the first fixations have people's mean.

        Parameters
        ----------
        paths : iterable of Scanpath
            People's paths, whose first fixation is the first that was chosen. Unknown durations and those of 0 do not
            count.
        rng : numpy.random.Generator or int
            Source of randomness of the simulation.

        Raises
        ------
        ValueError
            If there are fewer than 30 known durations from the third fixation on, or none of a first fixation.

        Examples
        --------
        >>> from foveation import Viewing
        >>> planned = SaccadeProgramming(timer=0.25).durations(300, 20, rng=0)[:, 1:]
        >>> places = {"x": np.arange(19), "y": np.zeros(19), "viewing": Viewing.from_pixels_per_degree(4, (8, 40))}
        >>> onset = np.arange(19)
        >>> paths = [Scanpath(onset=onset, duration=duration, watched=20, **places) for duration in planned]
        >>> fitted = SaccadeProgramming.fit(paths)
        >>> bool(abs(fitted.timer - 0.25) < 0.02)
        True
        """
        people = OculomotorStatistics.of(paths)
        known, number = people.duration > 0, people.number
        if np.count_nonzero(known & (number >= SETTLED)) < LEAST or not np.any(known & (number == 1)):
            raise ValueError(
                f"expected at least {LEAST} known durations from fixation {SETTLED} on, and one of a first fixation, "
                f"got {np.count_nonzero(known & (number >= SETTLED))} and {np.count_nonzero(known & (number == 1))}"
            )
        amplitude = people.known("amplitude_deg")
        start = cls(
            reversal=_reversal(people.duration[known], people.turning_angle_deg[known]),
            flight=float(saccade_duration(amplitude).mean()),
        )
        neutral = people.duration / start.lengthening(people.turning_angle_deg)
        settled = neutral[known & (number >= SETTLED)]
        rng, matched = np.random.default_rng(rng), []
        for steps in TIMER_STEPS:
            start = replace(start, timer_steps=steps)
            loss, start = start._matched(settled, rng)
            matched.append((loss, start))
        _, fitted = min(matched, key=lambda match: match[0])
        return fitted._begun(float(neutral[known & (number == 1)].mean()), rng)

    def _matched(self, durations: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, Self]:
        """Give how near simulated percentiles come to those of `durations` at best, and with which constants."""
        draws = self._drawn(rng, (OBSERVERS, SETTLED + FIXATIONS))
        wanted = np.quantile(durations, LEVELS)
        ranks = np.rint(LEVELS * (OBSERVERS * FIXATIONS - 1)).astype(np.intp)

        def miss(logarithms: NDArray[np.float64]) -> float:
            simulated = np.sort(self._with(logarithms)._timed(draws)[:, SETTLED:], axis=None)
            return float(np.sqrt(np.mean((simulated[ranks] - wanted) ** 2)))

        best, loss = _minimum(miss, np.log([self.timer, self.labile]))
        return loss, self._with(best)

    def _with(self, logarithms: NDArray[np.float64]) -> Self:
        """Give the same with another timer and labile stage."""
        timer, labile = np.exp(logarithms).tolist()
        return replace(self, timer=timer, labile=labile)

    def _begun(self, mean: float, rng: np.random.Generator) -> Self:
        """Give the constants with which the first fixations have this mean."""
        draws = self._drawn(rng, (OBSERVERS * FIXATIONS, 2))

        def miss(logarithm: NDArray[np.float64]) -> float:
            changed = replace(self, first=float(np.exp(logarithm[0])))
            return abs(float(changed._timed(draws)[:, 1].mean()) - mean)

        best, _ = _minimum(miss, np.zeros(1))
        return replace(self, first=float(np.exp(best[0])))

    @cached_property
    def _steps(self) -> NDArray[np.float64]:
        """Steps of the random walks of one fixation: intervals of the timer, labile stages, non-labile stage."""
        return np.repeat(np.array([self.timer_steps, self.stage_steps], np.float64), [PROGRAMS, PROGRAMS + 1])

    @cached_property
    def _step_s(self) -> NDArray[np.float64]:
        """Mean time of one step of each walk, in seconds, (2, ...): in any fixation, and in the first one chosen."""
        times = [[self.timer, share * self.labile, self.nonlabile] for share in (1.0, self.first)]
        return np.repeat(times, [PROGRAMS, PROGRAMS, 1], axis=1) / self._steps

    def _drawn(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw random walks of unit steps."""
        return rng.standard_gamma(self._steps, (*shape, len(self._steps)))

    def _timed(self, draws: NDArray[np.float64]) -> NDArray[np.float64]:
        """Planned durations, (observers, fixations), from what was drawn."""
        observers, fixations, _ = draws.shape
        first = (np.arange(fixations) == 1).astype(np.intp)
        durations = np.empty((observers, fixations))
        kernels.programs(self.flight, draws * self._step_s[first], durations)
        return durations

    def plan(self, index: int, before: Plan | None, rng: np.random.Generator) -> Plan:
        """Plan a fixation: when the eye will leave, if it does not matter where to.

        Parameters
        ----------
        index : int
            Number of the fixation, 0 for the gaze with which the viewing began.
        before : Plan or None
            Plan of the fixation before. None: the eye was at rest, and a program starts now.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        Plan
            `carried` holds what the timer has left when the eye leaves, and for how long the program under way is still
            labile, in seconds; infinity if there is none.

        Raises
        ------
        ValueError
            If `before` is the plan of another timing model.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> gaze = SaccadeProgramming().plan(0, None, rng)
        >>> len(gaze.carried), SaccadeProgramming().plan(1, gaze, rng).duration > 0
        (2, True)
        """
        stages = rng.standard_gamma(self._steps) * self._step_s[1 if index == 1 else 0]
        if before is None:
            timer_left, labile_left, flight = 0.0, math.inf, 0.0
        elif len(before.carried) == 2:
            (timer_left, labile_left), flight = before.carried, self.flight
        else:
            raise ValueError(f"expected a plan that carries timer and program, got one that carries {before.carried}")
        duration, timer_left, labile_left = kernels.program(timer_left, labile_left, flight, stages)
        return Plan(duration, (timer_left, labile_left))

    def fixation(self, latency: float, rng: np.random.Generator, upcoming: UpcomingSaccade = NEUTRAL) -> float:
        """Duration of a fixation, in seconds: what was planned, longer before a reversal; `latency` does not count."""
        planned = self.plan(upcoming.number, None, rng) if upcoming.plan is None else upcoming.plan
        if math.isnan(upcoming.turn_deg):
            return planned.duration
        return planned.duration * (1 - self.reversal * math.cos(math.radians(upcoming.turn_deg)))

    @cached_property
    def rhythm(self) -> kernels.Rhythm:
        """What the compiled loop of a whole path needs to know."""
        return kernels.Rhythm(self._steps, self._step_s, self.flight, self.reversal)

    def saccade(self, amplitude_deg: float) -> float:
        """Duration of a saccade, in seconds: the main sequence."""
        return float(saccade_duration(amplitude_deg))

    def lengthening(self, turn_deg: ArrayLike) -> NDArray[np.float64]:
        """Give by what factor fixations last longer before turns of these angles, in degrees; 1 where that is NaN.

        Examples
        --------
        >>> SaccadeProgramming(reversal=0.1).lengthening([0, 90, 180, np.nan])
        array([0.9, 1. , 1.1, 1. ])
        """
        return 1 - self.reversal * np.nan_to_num(np.cos(np.radians(np.asarray(turn_deg, np.float64))))

    def durations(self, observers: int, fixations: int, rng: np.random.Generator | int) -> NDArray[np.float64]:
        """Plan all fixations of many observers at once: bit for bit what `plan` gives, an observer after the other.

        Parameters
        ----------
        observers, fixations : int
            How many of each.
        rng : numpy.random.Generator or int
            Source of randomness.

        Returns
        -------
        array, shape (observers, fixations)
            Planned durations, in seconds. The first column is the time until the first saccade, the second the first
            fixation that was chosen. Times `lengthening`, they are those that `fixation` gives.

        Raises
        ------
        ValueError
            If a number is negative.
        """
        if observers < 0 or fixations < 0:
            raise ValueError(f"expected numbers from 0 up, got {observers} observers and {fixations} fixations")
        return self._timed(self._drawn(np.random.default_rng(rng), (observers, fixations)))


def _reversal(duration: NDArray[np.float64], turn_deg: NDArray[np.float64]) -> float:
    """Give the slope of duration on minus the cosine of the turn, relative to the duration before a turn of 90 degrees.

    By least squares; 0 if the turns hardly differ.
    """
    turned = np.isfinite(turn_deg)
    backward, duration = -np.cos(np.radians(turn_deg[turned])), duration[turned]
    if not turned.any() or backward.std() < 0.01:
        return 0.0
    slope = float(np.cov(backward, duration, ddof=0)[0, 1] / backward.var())
    return min(max(slope / float(duration.mean() - slope * backward.mean()), 0.0), 0.9)


def _minimum(
    loss: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Go down to the minimum of a loss without gradients, by the simplex of Nelder and Mead; give place and loss."""
    from scipy.optimize import minimize  # here: only who fits waits for its import

    corners = np.vstack([start, start + FIRST_STEP * np.eye(len(start))])
    options = {"initial_simplex": corners, "xatol": FINEST_STEP, "fatol": FINEST_S}
    found = minimize(loss, start, method="Nelder-Mead", options=options)
    return found.x, float(found.fun)
