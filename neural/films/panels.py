"""Panels of a scanpath film: gaze, retina, priority, the race, and the time axis."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, Foveator, Viewing, saccade_duration
from foveation.checks import check_number
from foveation.image import as_image
from foveation.opencv import cv2
from neural.films.paint import (
    AXIS,
    BLACK,
    COLOURS,
    GAP,
    INK,
    NARROWEST_PX,
    PALE,
    TITLE,
    WHITE,
    Pixels,
    Place,
    draw_curve,
    draw_disc,
    draw_letter,
    draw_line,
    draw_ring,
    draw_square,
    write_line,
)
from neural.observer.presentation import Glance
from saliency import Scanpath
from saliency.gate.gates import RacingGate

PANELS = ("gaze", "retina", "priority", "race")
PATH_PANELS = ("gaze", "retina")
FLATNESS = 0.7  # a film is about this high, relative to its width, at most
LEAST_BOX = (130, 200)  # height and width of a plot
RING_DEG = 1.0  # radius of the ring around the gaze
LEADER_DEG = 1.5  # what lies this near to a leading place counts as the same
LEADERS = 5


class Choice(NamedTuple):
    """A glance, when the next place was decided (seconds after the landing), and what drove the units of the race."""

    glance: Glance
    decided: float
    drive: NDArray[np.float64] | None
    weights: NDArray[np.float64] | None


class Moment(NamedTuple):
    """What all panels show: the time, the gaze in pixels of the picture, and the number of the last landing."""

    time: float
    gaze: tuple[float, float]
    number: int


class Rests(NamedTuple):
    """Places (n + 1, 2) where the gaze rested, and from when to when; the first is the start, which was not chosen."""

    places: NDArray[np.float64]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]

    @classmethod
    def of(cls, path: Scanpath) -> "Rests":
        """Give the rests of a path; the start lasts until the first saccade begins."""
        places = np.vstack([[path.start], path.places])
        left = path.watched
        if len(path):
            left = max(0.0, float(path.onset[0] - saccade_duration(path.viewing.angle_deg(places[0], places[1]))))
        end = np.minimum(path.onset + path.duration, path.watched)
        return cls(places, np.append(0.0, path.onset), np.append(left, end))


class Stage:
    """A picture, the size at which it is shown, and where the panels stand.

    Parameters
    ----------
    image, viewing, panels, width
        As for `scanpath_film`.
    """

    def __init__(self, image: ArrayLike, viewing: Viewing, panels: Sequence[str], width: int) -> None:
        if not panels or isinstance(panels, str) or not set(panels) <= set(PANELS):
            raise ValueError(f"expected some panels out of {', '.join(PANELS)}, got {panels!r}")
        check_number(width, f"a width of at least {NARROWEST_PX} pixels", least=NARROWEST_PX)
        pixels = as_image(image)
        self.viewing = viewing.of_picture(pixels.shape)
        self.panels = tuple(panels)
        height, across = pixels.shape[:2]
        most = min(len(panels), max(1, (width - GAP) // (LEAST_BOX[1] + GAP)))
        scales = [
            _scale((height, across), -(-len(panels) // columns), columns, width) for columns in range(1, most + 1)
        ]
        self.scale, self.columns = max(scales), 1 + int(np.argmax(scales))
        self.size = (max(2, round(height * self.scale)), max(2, round(across * self.scale)))
        self.box = (max(self.size[0], LEAST_BOX[0]), max(self.size[1], LEAST_BOX[1]))
        self.steps = (self.size[1] / across, self.size[0] / height)
        self.near = self.viewing.resampled(self.size)
        method = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        shown = cv2.resize(pixels, self.size[::-1], interpolation=method)
        self.picture: Pixels = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
        rows = -(-len(panels) // self.columns)
        high, wide = rows * (TITLE + self.box[0]) + AXIS, self.columns * (self.box[1] + GAP) + GAP
        self.shape = (high + high % 2, wide + wide % 2)

    def shown(self, place: Place) -> tuple[float, float]:
        """Turn a place in pixels of the picture into one in pixels of a panel."""
        return (place[0] + 0.5) * self.steps[0] - 0.5, (place[1] + 0.5) * self.steps[1] - 0.5

    def corner(self, panel: int) -> tuple[int, int]:
        """Give top and left of the box of a panel."""
        row, column = divmod(panel, self.columns)
        return TITLE + row * (TITLE + self.box[0]), GAP + column * (GAP + self.box[1])

    @property
    def ring(self) -> float:
        """Radius of the ring around the gaze, in pixels of a panel."""
        return float(np.clip(RING_DEG * self.near.pixels_per_degree, 6, max(6.0, min(self.size) / 5)))


def _scale(shape: tuple[int, int], rows: int, columns: int, width: int) -> float:
    """Give how much larger the picture can be shown in so many panels."""
    across = (width - GAP) / columns - GAP
    down = (FLATNESS * width - AXIS) / rows - TITLE
    return min(across / shape[1], max(down, LEAST_BOX[0]) / shape[0])


class Panel(Protocol):
    """One part of the film; moments come in order."""

    title: str

    def draw(self, moment: Moment) -> Pixels:
        """Draw the panel as it is at a moment."""
        ...


class GazePanel:
    """The picture with the gaze and the fixations so far."""

    title = "gaze"

    def __init__(self, stage: Stage, rests: Rests) -> None:
        self.stage, self.rests = stage, rests
        self.places = [stage.shown(place) for place in rests.places]
        self.second = min(stage.size) * 0.055  # radius of a disc that stands for a second
        self.trail, self.number = stage.picture, 0

    def draw(self, moment: Moment) -> Pixels:
        """Draw the panel as it is at a moment."""
        if self.number != moment.number:
            self.trail, self.number = self._trail(moment.number), moment.number
        picture = self.trail.copy()
        gaze = self.stage.shown(moment.gaze)
        draw_line(picture, self.places[moment.number], gaze)
        self._rest(picture, moment.number, moment.time)
        draw_ring(picture, gaze, self.stage.ring)
        return picture

    def _trail(self, number: int) -> Pixels:
        """Draw the way to a rest, and those before it: lines below, discs above."""
        picture = self.stage.picture.copy()
        for begin, end in pairwise(self.places[: number + 1]):
            draw_line(picture, begin, end)
        for past in range(number):
            self._rest(picture, past, math.inf)
        return picture

    def _rest(self, picture: Pixels, number: int, time: float) -> None:
        """Draw the disc of a rest up to a time, its area the time so far."""
        rested = min(time, float(self.rests.end[number])) - float(self.rests.begin[number])
        radius = 2 * self.second * math.sqrt(max(rested, 0.0))
        place = self.places[number]
        draw_disc(picture, place, radius, (0, 90, 160) if number else (110, 110, 110), 0.65)
        if number and radius > 6:
            write_line(picture, str(number), place, 11, WHITE, align=0.5)


class RetinaPanel:
    """The picture as the eye sees it from where the gaze is."""

    def __init__(self, stage: Stage, eye: Acuity | None) -> None:
        self.stage = stage
        self.title = "what the eye sees" if eye is not None else "what is seen: no eye, all is sharp"
        self.foveator = (
            None if eye is None else Foveator(stage.near, stage.picture.shape, acuity=eye).take(stage.picture)
        )

    def draw(self, moment: Moment) -> Pixels:
        """Draw the panel as it is at a moment."""
        gaze = self.stage.shown(moment.gaze)
        seen = self.stage.picture if self.foveator is None else self.foveator.look(gaze).see()
        picture: Pixels = seen.copy()
        draw_ring(picture, gaze, self.stage.ring, thin=True)
        return picture


class _Leader(NamedTuple):
    """A leading place: its row and column on the grid, and its place in pixels of the picture."""

    row: int
    column: int
    place: tuple[float, float]


def _leaders(values: NDArray[Any], stage: Stage) -> list[_Leader]:
    """Give the strongest places that lie further from each other than twice what counts as the same place."""
    left = np.array(values, np.float64)
    places = _cell_places(values.shape, stage)
    leaders: list[_Leader] = []
    while len(leaders) < LEADERS and left.max() > 0:
        row, column = (int(index) for index in np.unravel_index(left.argmax(), left.shape))
        x, y = places[row, column].tolist()
        leaders.append(_Leader(row, column, (x, y)))
        left[stage.viewing.angle_deg(places, (x, y)) <= 2 * LEADER_DEG] = 0
    return leaders


def _cell_places(grid: tuple[int, ...], stage: Stage) -> NDArray[np.float64]:
    """Places of the cells, (rows, columns, 2), in pixels of the picture."""
    width, height = stage.viewing.screen_px
    rows, columns = ((np.arange(n) + 0.5) * side / n - 0.5 for n, side in zip(grid, (height, width), strict=True))
    return np.stack(np.meshgrid(columns, rows), axis=-1)


def _leading(choice: Choice, stage: Stage) -> list[_Leader]:
    """Give the leading places of a choice: where the race is fastest, or else where priority is highest."""
    if choice.drive is not None:
        return _leaders(choice.drive, stage)
    return _leaders(choice.glance.priority if choice.weights is None else choice.weights, stage)


class PriorityPanel:
    """The priority, its leading places, and the coming one."""

    def __init__(self, stage: Stage, choices: Sequence[Choice]) -> None:
        self.stage, self.choices = stage, choices
        drawn = bool(choices) and choices[0].weights is not None
        self.title = "where next: probability" if drawn else "priority"
        grey = cv2.cvtColor(stage.picture, cv2.COLOR_RGB2GRAY)
        self.grey: Pixels = cv2.cvtColor((0.6 * grey).astype(np.uint8), cv2.COLOR_GRAY2RGB)
        self.number = -1
        self.map: Pixels = self.grey
        self.leaders: list[tuple[float, float]] = []

    def draw(self, moment: Moment) -> Pixels:
        """Draw the panel as it is at a moment."""
        choice = self.choices[moment.number]
        if self.number != moment.number:
            self.number, self.map = moment.number, self._map(choice)
            self.leaders = [self.stage.shown(leader.place) for leader in _leading(choice, self.stage)]
        picture: Pixels = self.map.copy()
        glance = choice.glance
        if glance.winner is not None:
            chosen = moment.time >= glance.onset + choice.decided
            draw_square(picture, self.stage.shown(glance.winner), bold=chosen)
        for rank, place in enumerate(self.leaders):
            draw_letter(picture, place, rank)
        draw_ring(picture, self.stage.shown(moment.gaze), self.stage.ring, thin=True)
        return picture

    def _map(self, choice: Choice) -> Pixels:
        values = np.asarray(choice.glance.priority if choice.weights is None else choice.weights, np.float32)
        share = np.clip(values / max(float(values.max()), 1e-30), 0, 1)
        share = cv2.resize(share, self.stage.size[::-1], interpolation=cv2.INTER_LINEAR)
        heat = cv2.cvtColor(cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
        weight = (0.3 + 0.7 * share).astype(np.float32)
        blended: Pixels = cv2.blendLinear(self.grey, heat, 1 - weight, weight)
        return blended


class RacePanel:
    """Membrane potentials of the leading units, rising to the threshold; when one fires, all are reset."""

    title = "race: membrane potentials"

    def __init__(self, stage: Stage, choices: Sequence[Choice], gate: RacingGate) -> None:
        self.stage, self.choices = stage, choices
        longest = max([choice.decided for choice in choices if math.isfinite(choice.decided)], default=0.1)
        self.span = 1.1 * longest
        self.base = np.full((*stage.box, 3), 255, np.uint8)
        self.left, self.right, self.top, self.bottom = 58, stage.box[1] - 10, 22, stage.box[0] - 36
        self.number, self.potentials, self.gate = -1, np.empty((0, 0)), gate
        self._axes()

    def _axes(self) -> None:
        reset, threshold = self.gate.reset, self.gate.threshold
        level = self._at(0, threshold)[1]
        for x in range(self.left, self.right, 8):
            draw_line(self.base, (x, level), (x + 4, level), colour=INK, thin=True)
        write_line(self.base, f"{1000 * threshold:g} mV", (self.left - 6, level), 12, INK, align=1.0)
        write_line(self.base, f"{1000 * reset:g} mV", (self.left - 6, self.bottom), 12, INK, align=1.0)
        draw_line(self.base, (self.left, self.top), (self.left, self.bottom), colour=INK, thin=True)
        draw_line(self.base, (self.left, self.bottom), (self.right, self.bottom), colour=INK, thin=True)
        for tick in _ticks(self.span, (self.right - self.left) / 60):
            x = self._at(tick, reset)[0]
            draw_line(self.base, (x, self.bottom), (x, self.bottom + 4), colour=INK, thin=True)
            write_line(self.base, f"{1000 * tick:.0f}", (x, self.bottom + 12), 12, INK, align=0.5)
        write_line(self.base, "ms since the gaze landed", (self.right, self.bottom + 27), 12, INK, align=1.0)

    def _at(self, time: Any, potential: Any) -> tuple[Any, Any]:  # noqa: ANN401  (numbers and arrays)
        reset, threshold = self.gate.reset, self.gate.threshold
        share = (potential - reset) / (threshold - reset)
        level = self.bottom - 0.94 * share * (self.bottom - self.top)
        return self.left + time / self.span * (self.right - self.left), level

    def draw(self, moment: Moment) -> Pixels:
        """Draw the panel as it is at a moment."""
        choice = self.choices[moment.number]
        picture = self.base.copy()
        if choice.drive is None or choice.glance.winner is None:
            middle = (self.left + self.right) / 2, (self.top + self.bottom) / 2
            write_line(picture, "no place wins over the others", middle, 13, INK, align=0.5)
            return picture
        if self.number != moment.number:
            leaders = _leading(choice, self.stage)
            drives = np.array([choice.drive[leader.row, leader.column] for leader in leaders])
            self.number = moment.number
            self.potentials = self.gate.potentials(drives, choice.glance.latency)
        elapsed = moment.time - choice.glance.onset
        self._curves(picture, choice, elapsed)
        return picture

    def _curves(self, picture: Pixels, choice: Choice, elapsed: float) -> None:
        """Draw the potentials so far, the weakest first, and the end of the race."""
        steps, racers = self.potentials.shape
        run = min(elapsed / choice.decided, 1.0) * (steps - 1)
        step = np.unique(np.append(np.arange(0, run, max(1, steps // 100)), run))
        for racer in reversed(range(racers)):
            colour = COLOURS[racer]
            x, y = self._at(
                step / (steps - 1) * choice.decided, np.interp(step, range(steps), self.potentials[:, racer])
            )
            draw_curve(picture, np.stack([x, y], axis=1), colour)
            if run < steps - 1:
                draw_disc(picture, (x[-1], y[-1]), 4, colour)
            else:
                draw_line(picture, (x[-1], y[-1]), (x[-1], self.bottom), colour=colour, thin=True)
            draw_letter(picture, (self.left + 16 + 20 * racer, self.top - 10), racer)
        if run >= steps - 1:
            draw_disc(picture, (x[-1], y[-1]), 5, COLOURS[0])
            word = f"A fires after {1000 * choice.decided:.0f} ms"
            write_line(picture, word, (self.right, self.top - 10), 12, INK, align=1.0)


class BarsPanel:
    """What the leading places have for them: the probability that the gaze lands there, or their priority."""

    def __init__(self, stage: Stage, choices: Sequence[Choice]) -> None:
        self.stage, self.choices = stage, choices
        self.probable = choices[0].weights is not None
        self.title = "chance of the leading places" if self.probable else "priority of the leading places"
        self.leaders = [_leading(choice, stage) for choice in choices]
        self.values = [self._values(choice, leaders) for choice, leaders in zip(choices, self.leaders, strict=True)]
        self.most = max([max(values, default=0.0) for values in self.values], default=0.0) or 1.0

    def _values(self, choice: Choice, leaders: Sequence[_Leader]) -> list[float]:
        if choice.weights is None:
            return [float(choice.glance.priority[leader.row, leader.column]) for leader in leaders]
        near = _cell_places(choice.weights.shape, self.stage)
        angles = [self.stage.viewing.angle_deg(near, leader.place) for leader in leaders]
        return [float(choice.weights[angle <= LEADER_DEG].sum()) for angle in angles]

    def draw(self, moment: Moment) -> Pixels:
        """Draw the panel as it is at a moment."""
        choice, leaders = self.choices[moment.number], self.leaders[moment.number]
        values = self.values[moment.number]
        picture = np.full((*self.stage.box, 3), 255, np.uint8)
        if choice.glance.winner is None:
            write_line(picture, "no place wins over the others", (12, 16), 13, INK)
            return picture
        chosen = moment.time >= choice.glance.onset + choice.decided
        coming = self._coming(choice.glance.winner, leaders)
        pitch = min(48.0, self.stage.box[0] / (LEADERS + 1))
        for rank, value in enumerate(values):
            words = f"{100 * value:.1f} %" if self.probable else f"{value:.2f}"
            self._bar(picture, (rank + 0.5) * pitch, rank, value / self.most, words, chosen and rank == coming)
        if self.probable:
            words = f"elsewhere {100 * (1 - sum(values)):.0f} %" + (": chosen" if chosen and coming == -1 else "")
            write_line(picture, words, (34, (LEADERS + 0.5) * pitch), 13, INK)
        return picture

    def _bar(self, picture: Pixels, level: float, rank: int, share: float, words: str, chosen: bool) -> None:
        draw_letter(picture, (14, level), rank)
        end = 34 + share * (self.stage.box[1] - 34 - 110)
        thick = min(12, self.stage.box[0] / LEADERS / 4)
        corners = (34, round(level - thick)), (round(end), round(level + thick))
        cv2.rectangle(picture, *corners, COLOURS[rank], cv2.FILLED)
        write_line(picture, f"{words}: chosen" if chosen else words, (end + 6, level), 13, INK)

    def _coming(self, winner: tuple[float, float], leaders: Sequence[_Leader]) -> int:
        """Give the rank of the leading place that a winner belongs to, -1 for none."""
        near = [float(self.stage.viewing.angle_deg(leader.place, winner)) for leader in leaders]
        return int(np.argmin(near)) if near and min(near) <= LEADER_DEG else -1


class TimeAxis:
    """A bar for each rest of the gaze, filled as it goes by, and the present."""

    def __init__(self, stage: Stage, rests: Rests) -> None:
        self.left, self.right = float(GAP), float(stage.shape[1] - GAP)
        self.top, self.length = stage.shape[0] - AXIS, max(float(rests.end[-1]), 1e-9)
        self.ahead, self.gone = (self._drawn(rests, stage.shape[1], gone=gone) for gone in (False, True))

    def _x(self, time: float) -> float:
        return self.left + time / self.length * (self.right - self.left)

    def _drawn(self, rests: Rests, width: int, *, gone: bool) -> Pixels:
        strip = np.full((AXIS, width, 3), 255, np.uint8)
        for number, (begin, end) in enumerate(zip(rests.begin.tolist(), rests.end.tolist(), strict=True)):
            full = (0, 90, 160) if number else (110, 110, 110)
            from_, to = round(self._x(begin)), round(self._x(end))
            cv2.rectangle(strip, (from_, 10), (max(from_, to - 1), 27), full if gone else PALE, cv2.FILLED)
            if number and to - from_ > 9 * len(str(number)):
                write_line(strip, str(number), ((from_ + to) / 2, 18.5), 12, WHITE if gone else INK, align=0.5)
        for tick in _ticks(self.length, (self.right - self.left) / 70):
            draw_line(strip, (self._x(tick), 30), (self._x(tick), 34), colour=INK, thin=True)
            align = 0.0 if tick == 0 else 1.0 if self._x(tick) > self.right - 14 else 0.5
            write_line(strip, f"{tick:g} s", (self._x(tick), 42), 12, INK, align=align)
        return strip

    def draw(self, canvas: Pixels, time: float) -> None:
        """Draw the panel as it is at a moment."""
        now = round(self._x(time))
        strip = canvas[self.top : self.top + AXIS]
        strip[:, :now], strip[:, now:] = self.gone[:, :now], self.ahead[:, now:]
        cv2.line(canvas, (now, self.top + 5), (now, self.top + 32), BLACK, 2)


def _ticks(span: float, most: float) -> list[float]:
    """Give round numbers from 0 to a span, at most so many."""
    steps = (digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5))
    step = next(step for step in steps if span / step <= max(most, 2))
    return [round(k * step, 9) for k in range(int(span / step + 1e-9) + 1)]
