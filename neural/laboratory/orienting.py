"""Orienting of attention after a cue: a map of attention that follows flashes and arrows in time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.checks import check_fields, check_number, check_positive
from foveation.opencv import cv2
from saliency.displays.cueing import CueingTrial
from saliency.features.motion import Flicker, approach
from saliency.memory.inhibition import InhibitionOfReturn, Memory, Visit

CELLS_PER_DEGREE = 4.0
NOTICED = 0.05  # a change that is answered less than this draws nothing
POINTING_DEG = 0.1  # a change whose centroid is nearer to the fixation than this points nowhere
STEP = 0.005  # seconds
CUES = {"exogenous": "flash", "endogenous": "arrow"}


class OrientingCourse(NamedTuple):
    """Attention, expectation and inhibition of return at each place, from the first frame to the last answer.

    Parameters
    ----------
    time : array, shape (t,)
        Seconds from the onset of the target.
    attention, inhibition, expectation : array, shape (n, t)
        At each of the places where targets may appear.
    answer : array, shape (n,)
        How well the change that the target makes is seen at each place, from 0 to 1.
    """

    time: NDArray[np.float64]
    attention: NDArray[np.float64]
    inhibition: NDArray[np.float64]
    expectation: NDArray[np.float64]
    answer: NDArray[np.float64]

    @property
    def gain(self) -> NDArray[np.float64]:
        """By what the evidence at each place is multiplied, (n, t): 1 where no cue has done anything."""
        return self.expectation * (1 + self.attention) / (1 + self.inhibition)


@dataclass(frozen=True, kw_only=True)
class Orienting:
    r"""Exogenous and endogenous orienting: from frames to a gain of perception by place and time.

    A change between frames fades with a time constant :math:`\tau_c` (`Flicker`). Pooled around each place, a change
    :math:`F` is answered by :math:`r = F^2 / (F^2 + h^2)`. At each peak :math:`k` of the answer attention flows in, and
    leaks away; what has left is inhibited as after a look that ended at that moment:

    .. math::

        \dot a_k = \frac{r_k}{\tau_c} e^{-(t - t_k) / \tau_c} - \frac{a_k}{\tau_a}, \qquad
        A(q, t) = \sum_k g\, a_k(t)\, e^{-\theta(q, q_k)^2 / 2 \sigma^2}, \qquad
        G(q, t) = \sum_k \int_0^t \frac{a_k(s)}{\tau_a}\, M_k(q, t - s)\, ds

    where :math:`M_k(q, u)` is what the memory holds of a visit to :math:`q_k` that ended :math:`u` seconds ago. So
    facilitation comes first and inhibition after it, and nothing says when. Where the first change points to, on the
    way from the fixation point to its centroid, the target is expected with the validity of the cue, elsewhere with the
    rest, :math:`p_q`; a share :math:`w` of what can be processed follows this slowly, and stays:

    .. math:: E(q, t) = 1 + w\,(1 - e^{-(t - t_1) / \tau_e})\,(n p_q - 1)

    What comes in at a place is multiplied by :math:`E\,(1 + A) / (1 + G)`. Flash and arrow pass through the same
    equations: an arrow is a change too, but far from the places of the targets, and a flash points too, but to no
    purpose if it is valid no more often than by chance.

    Parameters
    ----------
    flicker : Flicker
        Transient channel; its `fade` is :math:`\tau_c`.
    pool_deg : float
        Standard deviation of the pool around each place, in degrees.
    half : float
        Mean change :math:`h` in a pool that is answered by half; intensities go from 0 to 1.
    strength : float
        :math:`g`; 0 for no facilitation.
    leak : float
        Time constant :math:`\tau_a` with which attention leaves, in seconds.
    spread_deg : float
        Standard deviation :math:`\sigma` of attention around a peak, in degrees.
    memory : Memory
        Law of inhibition; strength 0 for none.
    share : float
        :math:`w`, from 0 (expectation does nothing) to 1.
    settle : float
        Time constant :math:`\tau_e` of expectation, in seconds.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    `strength` and that of the memory are fitted to people, see `run_cueing`. The others are starting points from memory
    of the literature: attention to a flash is greatest about 0.1 s after it and gone after 0.3 s (Nakayama and Mackeben
    1989, Vision Res. 29), inhibition of return lasts for about 3 s (Samuel and Kat 2003, Psychon. Bull. Rev. 10) and
    fades over some degrees (Bennett and Pratt 2001, Psychol. Sci. 12), an arrow needs about 0.3 s to act (Müller and
    Rabbitt 1989, J. Exp. Psychol. HPP 15). The target attracts attention as well, alike in all conditions: left out.

    References
    ----------
    Posner (1980), Orienting of attention, Q. J. Exp. Psychol. 32. Posner and Cohen (1984), Components of visual
    orienting, Attention and Performance X. Klein (2000), Inhibition of return, Trends Cogn. Sci. 4.

    Examples
    --------
    >>> from saliency import posner
    >>> course = Orienting().course(posner("flash", soa_s=0.1, side="left"))
    >>> course.gain[:, course.time >= 0][:, 0].round(1)
    array([1.6, 1. ])
    """

    flicker: Flicker = field(default_factory=Flicker)
    pool_deg: float = 1.0
    half: float = 0.02
    strength: float = 0.85
    leak: float = 0.12
    spread_deg: float = 2.5
    memory: Memory = field(default_factory=lambda: InhibitionOfReturn(strength=0.053, spread_deg=2.5, decay_s=1.6))
    share: float = 0.15
    settle: float = 0.15

    def __post_init__(self) -> None:
        check_fields(self)
        check_positive(self, "pool_deg", "half", "leak", "spread_deg", "settle")
        if not 0 <= self.strength < np.inf or not 0 <= self.share <= 1:
            raise ValueError(f"expected strength from 0 up, share from 0 to 1, got {self.strength} and {self.share}")

    def course(self, trial: CueingTrial, *, validity: float | None = None, after: float = 2.0) -> OrientingCourse:
        """Follow one trial by its frames.

        Parameters
        ----------
        trial : CueingTrial
            From `posner` or `inhibition_probe`. Only the frames, their times and the places of the boxes count; which
            place was cued is not read.
        validity : float or None
            Share of trials in which the target comes where the cue points to, as the observer was told, from 0 to 1;
            None if it tells nothing: one in as many as there are places.
        after : float
            Seconds from the onset of the target to the end of the trace, above 0.

        Raises
        ------
        ValueError
            If the validity or the time is outside its range.
        """
        validity = 1 / len(trial.places) if validity is None else validity
        check_validity(validity)
        check_number(after, "a positive time after the target", above=0)
        zero, n = _target_time(trial), len(trial.places)
        time = STEP * np.arange(np.floor((trial.times[0] - zero) / STEP), round(after / STEP) + 1)
        attention, inhibition, expectation = np.zeros((n, len(time))), np.zeros((n, len(time))), np.ones((n, len(time)))
        pointed = None
        for onset, offset, change in self._changes(trial):
            if pointed is None and change.any():
                pointed = _expected(change, trial, validity)
                risen = -np.expm1(-np.maximum(time - onset, 0) / self.settle)
                expectation += np.outer(n * pointed - 1, self.share * risen)
            course = self._course(time, onset, offset)
            for place, answer in self._peaks(change, trial.viewing):
                near = np.exp(-0.5 * (trial.viewing.angle_deg(place, trial.places) / self.spread_deg) ** 2)
                attention += np.outer(self.strength * answer * near, course)
                inhibition += answer * self._left_behind(course, place, trial)
        return OrientingCourse(time, attention, inhibition, expectation, self._answer_to_target(trial))

    def _changes(self, trial: CueingTrial) -> Iterator[tuple[float, float, NDArray[np.float32]]]:
        """Give, of each frame between the first and the target, its onset and its end, and what changes.

        Seconds from the onset of the target; what the last one has begun goes on.
        """
        times, frames, target = trial.times - _target_time(trial), trial.frames, trial.events.index("target")
        memory = _grey(frames[0])
        for k in range(1, target):
            shown = _grey(frames[k])
            yield float(times[k]), float(times[k + 1]) if k + 1 < target else np.inf, self.flicker(memory, shown)
            memory = self.flicker.remember(memory, shown, float(times[k + 1] - times[k]))

    def _answer_to_target(self, trial: CueingTrial) -> NDArray[np.float64]:
        """Answer to the change that the target makes, at each of the places, (n,)."""
        target = trial.events.index("target")
        answers = self._answers(
            self.flicker(_grey(trial.frames[target - 1]), _grey(trial.frames[target])), trial.viewing
        )
        columns, rows = _cells(trial.places, answers, trial.viewing).T
        return np.asarray(answers[rows, columns], np.float64)

    def _answers(self, change: NDArray[np.float32], viewing: Viewing) -> NDArray[np.float32]:
        """Answer to a change around each place, from 0 to 1, on a coarser grid."""
        shrink = min(1.0, CELLS_PER_DEGREE / viewing.pixels_per_degree)
        size = [max(1, round(side * shrink)) for side in viewing.screen_px]
        coarse = cv2.resize(change, size, interpolation=cv2.INTER_AREA)
        sigma = self.pool_deg * viewing.pixels_per_degree * shrink
        pooled = cv2.GaussianBlur(coarse, (0, 0), sigma, borderType=cv2.BORDER_REFLECT) ** 2
        return np.asarray(pooled / (pooled + np.float32(self.half**2)), np.float32)

    def _peaks(self, change: NDArray[np.float32], viewing: Viewing) -> Iterator[tuple[tuple[float, float], float]]:
        """Give the places, in pixels, where a change is answered more than within two pools around, and the answer."""
        answers = self._answers(change, viewing)
        reach = 2 * max(1, round(2 * self.pool_deg * min(CELLS_PER_DEGREE, viewing.pixels_per_degree))) + 1
        highest = cv2.dilate(answers, np.ones((reach, reach), np.uint8))
        peaks = ((answers >= highest) & (answers > NOTICED)).astype(np.uint8)
        *_, centres = cv2.connectedComponentsWithStats(peaks)
        for cell in centres[1:]:
            x, y = (cell + 0.5) * viewing.screen_px / answers.shape[::-1] - 0.5
            column, row = np.rint(cell).astype(np.intp)
            yield (float(x), float(y)), float(answers[row, column])

    def _course(self, time: NDArray[np.float64], onset: float, offset: float) -> NDArray[np.float64]:
        """Attention (t,) that a change draws while its frame is shown, where it is answered by 1."""
        fade, since = self.flicker.fade, time - onset
        inflow = np.where((since >= 0) & (time < offset), np.exp(-np.maximum(since, 0) / fade), 0)
        return _convolved(approach(STEP, fade) * inflow, np.exp(-STEP * np.arange(len(time)) / self.leak))

    def _left_behind(
        self, course: NDArray[np.float64], place: tuple[float, float], trial: CueingTrial
    ) -> NDArray[np.float64]:
        """Inhibition of each of the places (n, t) by the attention that has left a place by then."""
        visit, lags = [Visit(*place, 0.0)], STEP * np.arange(len(course))
        held = np.array([self.memory(visit, float(lag), trial.places, trial.viewing) for lag in lags])
        return np.array([_convolved(approach(STEP, self.leak) * course, of_place) for of_place in held.T])


def check_validity(validity: float) -> None:
    """Refuse a share of valid cues that is not from 0 to 1."""
    check_number(validity, "a validity from 0 to 1", least=0, most=1)


def _target_time(trial: CueingTrial) -> float:
    return float(trial.times[trial.events.index("target")])


def _grey(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(np.asarray(image, np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def _cells(places: NDArray[np.float64], grid: NDArray[Any], viewing: Viewing) -> NDArray[np.intp]:
    """Columns and rows (n, 2) of a grid over the screen in which places lie."""
    return np.asarray(np.floor((places + 0.5) * grid.shape[::-1] / viewing.screen_px), np.intp)


def _convolved(inflow: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give what is there at each step (t,) of what flowed in before it, of which `kernel` (t,) is left later on."""
    return np.append(0.0, np.convolve(inflow, kernel)[: len(inflow) - 1])


def _expected(change: NDArray[np.float32], trial: CueingTrial, validity: float) -> NDArray[np.float64]:
    """Probability of each place (n,) after a change that may point to one of them."""
    total, n = float(change.sum()), len(trial.places)
    centroid = np.array([change.sum(axis=0) @ np.arange(change.shape[1]), change.sum(axis=1) @ np.arange(len(change))])
    way, ways = centroid / total - trial.fixation, trial.places - trial.fixation
    if n < 2 or np.linalg.norm(way) < POINTING_DEG * trial.viewing.pixels_per_degree:
        return np.full(n, 1 / n)
    nearest = np.argmax(ways @ way / np.maximum(np.linalg.norm(ways, axis=1), 1e-9))
    return np.where(np.arange(n) == nearest, validity, (1 - validity) / (n - 1))
