"""The gaze: from one fixation to the next, on a picture or through a film, and the scanpath that it leaves."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from foveation import Viewing
from foveation.oculomotor import saccade_progress
from neural.observer.grid import CellGrid
from neural.observer.parts import Parts
from neural.observer.presentation import Glance, Presentation
from neural.observer.timing import Plan, UpcomingSaccade
from saliency import Scanpath, Visit
from saliency.features.regions import Region
from saliency.map import is_flat


class Gaze:
    """The gaze of one observer: where it rests, where it has been, and what was decided last.

    Parameters
    ----------
    parts : Parts
        Those of the observer.
    start : tuple of float
        Where it rests at first, in pixels.
    rng : numpy.random.Generator
        Source of randomness.
    """

    def __init__(self, parts: Parts, start: tuple[float, float], rng: np.random.Generator) -> None:
        self.parts, self.rng = parts, rng
        self.place, self.number, self.landing = start, 0, 0.0
        self.visits: list[Visit] = []
        self.here: list[Visit] = []  # the visit that is going on, if it counts
        self.region: Region | None = None
        self.plan: Plan | None = None
        self.glance: Glance | None = None

    def rest(self, presentation: Presentation, now: float, *, see: bool) -> Glance:
        """Let the gaze come to rest, at the place that has won if there is one; give what is seen and decided there."""
        last = self.glance
        if last is not None and last.winner is not None:
            self.visits += [visit._replace(offset=last.onset + last.duration) for visit in self.here]
            self.place, self.region, self.number = last.winner, last.region, self.number + 1
        counts = self.number > 0 or self.parts.counts_start
        self.here = [Visit(*self.place, offset=now, region=self.region, onset=now)] if counts else []
        self.plan = self.parts.plan(self.number, self.plan, self.rng)
        planned = 0.0 if self.plan is None else self.plan.duration
        seen = presentation.glance(self.place, now, [*self.visits, *self.here], planned, see=see)
        self.glance = self._decided(seen, presentation)
        return self.glance

    def _decided(self, glance: Glance, presentation: Presentation) -> Glance:
        """Choose where to look next, and when; a glance without a winner stays as it is."""
        parts, rng = self.parts, self.rng
        choice = None if is_flat(glance.map) else parts.gate(glance.priority, rng)
        if choice is None:
            return glance
        rows, columns = presentation.grid.shape
        if not (0 <= choice.x < columns and 0 <= choice.y < rows and 0 <= choice.latency < np.inf):
            raise ValueError(
                f"expected of the gate a cell (x, y) of {columns} x {rows}, after a time from 0 s up, got {choice}"
            )
        winner = presentation.landing(choice, glance.map, rng)
        return glance._replace(
            duration=parts.timing.fixation(choice.latency, rng, self._upcoming(winner, presentation.grid)),
            winner=winner,
            latency=np.nan if parts.draws and self.plan is not None else choice.latency,
            score=float(glance.priority[choice.y, choice.x]),
            region=presentation.region(glance.retina, winner),
        )

    def _upcoming(self, winner: tuple[float, float], grid: CellGrid) -> UpcomingSaccade:
        """Give the saccade to the winner, as a timing model may want to know it."""
        amplitude, turn = float(grid.viewing.angle_deg(self.place, winner)), np.nan
        if self.visits:
            degrees = grid.degrees([self.visits[-1], self.place, winner])
            (came_x, came_y), (goes_x, goes_y) = np.diff(degrees, axis=0).tolist()
            if (came_x or came_y) and (goes_x or goes_y):  # a way to turn from, and one to
                turned = math.atan2(came_x * goes_y - came_y * goes_x, came_x * goes_x + came_y * goes_y)
                turn = abs(math.degrees(turned))
        return UpcomingSaccade(self.number, amplitude, turn, self.plan)

    def flight_s(self, viewing: Viewing) -> float:
        """Duration of the saccade to the place that has won last, in seconds."""
        assert self.glance is not None
        assert self.glance.winner is not None
        return self.parts.timing.saccade(float(viewing.angle_deg(self.place, self.glance.winner)))

    def watch(self, presentation: Presentation, time: float) -> Glance | None:
        """Live through a film up to the frame that is shown at a time; give the glance that began on it, if one did."""
        begun = None
        while time >= self.landing:  # the gaze has come to rest; in a long gap between frames more than once
            begun = self.rest(presentation, self.landing, see=True)
            if begun.winner is None:  # nothing stands out: stay, and ask the next frame
                self.landing = float(np.nextafter(time, np.inf))
            else:
                self.landing = begun.onset + begun.duration + self.flight_s(presentation.grid.viewing)
        return begun

    def at(self, time: float) -> tuple[tuple[float, float], bool]:
        """Give where the gaze is at a time of a film, and whether it rests: else it flies to the winner."""
        glance = self.glance
        assert glance is not None
        leaving = glance.onset + glance.duration
        if glance.winner is None or time <= leaving:
            return glance.gaze, True
        share = float(saccade_progress((time - leaving) / max(self.landing - leaving, 1e-9)))
        (x, y), (to_x, to_y) = glance.gaze, glance.winner
        return (x + share * (to_x - x), y + share * (to_y - y)), False


def glances_on(
    presentation: Presentation, start: tuple[float, float], duration: float, rng: np.random.Generator, *, see: bool
) -> Iterator[Glance]:
    """Look at a picture for a while: every turn of the loop, the first that from the start."""
    gaze, now = Gaze(presentation.parts, start, rng), 0.0
    while now < duration:
        glance = gaze.rest(presentation, now, see=see)
        yield glance
        if glance.winner is None:
            return
        now += glance.duration + gaze.flight_s(presentation.grid.viewing)


def scanpath_of(glances: Sequence[Glance], viewing: Viewing, watched: float, stimulus: str = "") -> Scanpath:
    """Give the path of all glances at a picture: the fixations that were chosen, without the start."""
    chosen, choices = glances[1:], glances[:-1]
    return Scanpath(
        x=np.array([glance.gaze[0] for glance in chosen]),
        y=np.array([glance.gaze[1] for glance in chosen]),
        onset=np.array([glance.onset for glance in chosen]),
        duration=np.array([min(glance.duration, watched - glance.onset) for glance in chosen]),
        latency=np.array([glance.latency for glance in choices]),
        score=np.array([glance.score for glance in choices]),
        start=glances[0].gaze,
        ended="no winner" if glances[-1].winner is None else "time",
        viewing=viewing,
        watched=float(watched),
        stimulus=stimulus,
    )
