"""What one observer has before it: a picture seen from a place of gaze, and what is decided from there."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Foveator, Viewing
from foveation.image import as_image
from foveation.opencv import cv2
from neural.observer.saccade_programming import SaccadeProgramming
from neural.observer.timing import Plan, UpcomingSaccade
from saliency import Gate, Scanpath, Softmax, Visit, Winner, check_map
from saliency.features.regions import Region
from saliency.gate.gates import Luce
from saliency.map import is_flat
from saliency.memory.inhibition import ShapeMemory
from saliency.priority import kernels
from saliency.priority.context import GazeContext, Precomputed, Priority
from saliency.priority.log_linear import AXES, POLAR, LogLinear, Study, grid_of

if TYPE_CHECKING:
    from neural.observer.observer import Observer


FIRST_REST_S, REST_S = 0.2, 0.25  # how long the gaze rests at the start, and later, where a history does not tell
ENOUGH_PPD = 80.0  # twice the finest grating that any fovea resolves: more pixels per degree show nothing more


class Glance(NamedTuple):
    """One turn of the loop, as it was for the observer.

    Parameters
    ----------
    gaze : tuple of float
        Where the eye looks, in pixels of the picture.
    onset, duration : float
        When the gaze came to rest there, and for how long; seconds.
    retina : array, shape (height, width, 3)
        What the eye sees of the picture from there.
    map : array, shape (height, width)
        What is salient in it.
    visibility, inhibition, priority : array, shape (rows, columns)
        How fine the eye sees each cell, relative to the fovea; what memory sets back; and what is left to win.
    cell : float
        Side of a cell, in pixels of the picture.
    winner : tuple of float, or None
        The place that won, in pixels: where the gaze goes next. None: no place differs from the others.
    latency, score : float
        How long the decision took, in seconds (NaN where the clock plans by itself when to go, and the place is
        drawn), and the winner's priority: the probability of its cell, of a gate that draws from a density; else
        relative to the strongest place in view.
    region : Region, or None
        The shape that has won, in pixels of `retina`, if memory is one of shapes.
    """

    gaze: tuple[float, float]
    onset: float
    duration: float
    retina: NDArray[np.float32]
    map: NDArray[np.float32]
    visibility: NDArray[np.float64]
    inhibition: NDArray[np.float64]
    priority: NDArray[Any]
    cell: float
    winner: tuple[float, float] | None
    latency: float
    score: float
    region: Region | None = None


def no_inhibition(visits: Sequence[Visit], now: float, places: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
    """Set nothing back: the memory of an observer whose priority has the history in itself."""
    return np.zeros(np.shape(places)[:-1])


def draws(gate: Gate) -> bool:
    """Whether a gate draws a place by its probability, rather than to decide for the strongest."""
    return isinstance(gate, Luce | Softmax)


class Presentation:
    """What one observer has before it: a picture, or one frame after the other, and what is made once for each."""

    def __init__(self, observer: "Observer", shape: tuple[int, ...], viewing: Viewing) -> None:
        self.observer = observer
        self.viewing = viewing.of_picture(shape)
        self.shape = (shape[0], shape[1])
        scale = min(1.0, ENOUGH_PPD / self.viewing.pixels_per_degree)
        size = tuple(max(2, round(side * scale)) for side in self.shape) if scale < 1 else self.shape
        self.scale_x, self.scale_y = size[1] / self.shape[1], size[0] / self.shape[0]
        self.near = self.viewing.resampled(size)  # the viewing in pixels of what the eye can use
        self.foveator = Foveator(self.near, (*size, 3), acuity=observer.eye) if observer.eye is not None else None
        block = -(-max(size) // observer.cells)
        self.grid = (-(-size[0] // block), -(-size[1] // block))
        height, width = (side / count for side, count in zip(size, self.grid, strict=True))
        self.cell = width, height
        rows, columns = ((np.arange(n) + 0.5) * side - 0.5 for n, side in zip(self.grid, (height, width), strict=True))
        self.cells = np.stack(np.meshgrid(columns, rows), axis=-1)
        self.edges = [np.linspace(0, side, n + 1).round().astype(int) for side, n in zip(size, self.grid, strict=True)]
        self.drawn = draws(observer.gate)
        self.start_counts = self.drawn or observer.eye is not None  # as a place that was visited

    def show(self, pixels: NDArray[Any]) -> Self:
        """Put a picture before the observer: finer detail than any fovea resolves is averaged away first."""
        if pixels.shape[:2] != self.shape:
            got = f"{pixels.shape[1]} x {pixels.shape[0]}"
            raise ValueError(f"expected frames of {self.shape[1]} x {self.shape[0]} pixels, got {got}")
        width, height = self.near.screen_px
        if (height, width) != self.shape:
            pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        self.pixels = as_image(pixels)
        self.sharp_map: NDArray[np.float32] | None = None
        self.sharp_pooled: NDArray[np.float64] | None = None
        self.precomputed: Callable[[GazeContext], NDArray[np.float64]] | None = None
        self.grid_for_walk: NDArray[np.float64] | None = None
        if self.foveator is not None:
            self.foveator.take(self.pixels)
        return self

    def start(self, start: tuple[float, float] | None) -> tuple[float, float]:
        """Give the place of the gaze when the picture appears: the middle if none is told."""
        if start is None:
            return self.viewing.centre
        x, y = (float(value) for value in start)
        if not (0 <= x <= self.shape[1] - 1 and 0 <= y <= self.shape[0] - 1):
            raise ValueError(f"gaze {self.place_outside((x, y))}")
        return x, y

    def holds(self, place: Sequence[Any]) -> bool:
        """Whether the pixel next to a place is one of the picture."""
        return bool(-0.5 <= place[0] < self.shape[1] - 0.5 and -0.5 <= place[1] < self.shape[0] - 0.5)

    def place_outside(self, place: Sequence[Any]) -> str:
        """Say that a place lies outside the picture."""
        return f"({place[0]:g}, {place[1]:g}) lies outside the {self.shape[1]} x {self.shape[0]} picture"

    def visits(self, history: Scanpath | ArrayLike | None, start: tuple[float, float] | None) -> list[Visit]:
        """Give the start and all fixations of a history; what it does not tell of times is filled in."""
        if isinstance(history, Scanpath):
            places, onsets, durations = history.places, history.onset, history.duration
            start = history.start if start is None else start
        else:
            rows = np.asarray([] if history is None else history, np.float64)
            rows = rows.reshape(-1, 2) if rows.size == 0 else rows
            if rows.ndim != 2 or rows.shape[1] not in (2, 3):
                raise ValueError(f"expected a history (n, 2) or (n, 3) of places in pixels, got {rows.shape}")
            if not np.isfinite(rows[:, :2]).all():
                raise ValueError("expected a history of finite places in pixels, got NaN or infinity")
            places, onsets = rows[:, :2], np.full(len(rows), np.nan)
            durations = rows[:, 2] if rows.shape[1] == 3 else onsets
        first = onsets[0] if len(onsets) and onsets[0] > 0 else FIRST_REST_S
        visits = [Visit(*self.start(start), offset=float(first), onset=0.0)]
        for (x, y), onset, duration in zip(places.tolist(), onsets.tolist(), durations.tolist(), strict=True):
            landing = visits[-1].offset if np.isnan(onset) else onset
            visits.append(Visit(x, y, offset=landing + (duration if duration > 0 else REST_S), onset=landing))
        return visits

    def cell_density(self, visits: Sequence[Visit]) -> NDArray[np.float64]:
        """Give the probability of each cell to be looked at next, when the last of the visits ends."""
        gate: Any = self.observer.gate
        map_ = self._map_of(self.retina(visits[-1][:2]) if self.observer.map_from_retina else self.pixels)
        visited = visits if self.start_counts else visits[1:]
        return np.asarray(gate.weights(self.decision(map_, visited, visits[-1].offset).priority))

    @cached_property
    def between(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Share of each cell (columns) that goes to each pixel (rows) of the picture: down, and across.

        That of `_landing`: a triangle over the cell and its neighbours, thrown back at the edges.
        """
        shares = []
        for pixels, cells in zip(self.shape, self.grid, strict=True):
            edges, centres = np.arange(pixels + 1)[:, np.newaxis] * cells / pixels, np.arange(cells) + 0.5
            before = sum(_triangle_before(edges - centre) for centre in (centres, -centres, 2 * cells - centres))
            shares.append(np.diff(before, axis=0))
        return shares[0], shares[1]

    def spread(self, density: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn a density on the cells into one on the pixels of the picture; its sum is 1."""
        down, across = self.between
        return np.asarray(down @ density @ across.T)

    def at(self, density: NDArray[np.float64], place: Sequence[Any]) -> float:
        """Give what `spread` has at the pixel next to a place."""
        down, across = self.between
        x, y = (int(np.floor(value + 0.5)) for value in place[:2])
        return float(down[y] @ density @ across[x])

    @property
    def is_walk(self) -> bool:
        """Whether the whole loop is compiled: a log-linear density of one map, drawn from, in programmed time."""
        observer = self.observer
        return (
            type(observer.priority) is LogLinear
            and type(observer.gate) is Luce
            and type(observer.timing) is SaccadeProgramming
            and observer.memory is no_inhibition
            and not observer.map_from_retina
        )

    def walk(self, start: tuple[float, float], duration: float, rng: np.random.Generator) -> NDArray[np.float64] | None:
        """Go through the whole loop at once: x, y, onset, duration, score and next cell of each rest of the gaze.

        A row more than rests in the time holds where the gaze would go next. None: no place differs from the others.
        """
        map_ = self._map_of(self.pixels)
        if is_flat(map_):
            return None
        observer: Any = self.observer
        if self.grid_for_walk is None:
            self.grid_for_walk = grid_of(self._pooled(map_), self.cells, self.near)
        rows, columns = self.grid
        pitch_x, pitch_y = (pitch / self.viewing.distance_cm for pitch in self.viewing.pitch_cm)
        screen = kernels.Screen(*self.viewing.screen_px, columns, rows, pitch_x, pitch_y)
        most = 8 + int(12 * duration)
        while True:
            path = np.empty((most, 6))
            path[0, :2] = start
            state = rng.bit_generator.state
            rests = kernels.walk_log_linear(
                observer.priority.tables, AXES, self.grid_for_walk, screen, observer.timing.rhythm,
                float(observer.gate.exponent), duration, np.empty(POLAR), rng, path,
            )  # fmt: skip
            if rests < most:
                return path[: rests + 1]
            rng.bit_generator.state = state  # more fixations than were thought of: once again, with room for them
            most *= 2

    def study(self, paths: Sequence[Scanpath]) -> Study:
        """Give the picture and paths on it in the form from which a log-linear priority learns."""
        grid = grid_of(self._pooled(self._map_of(self.pixels)), self.cells, self.near)
        return Study(grid, [(self._degrees([path.start, *path.places]), self._cells_of(path)) for path in paths])

    def _degrees(self, places: Sequence[Any]) -> NDArray[np.float64]:
        return self.viewing.degrees(np.array([place[:2] for place in places], np.float64))

    def _cells_of(self, path: Scanpath) -> NDArray[np.int64]:
        rows, columns = self.grid
        column = np.floor((path.x + 0.5) * columns / self.shape[1]).astype(np.int64)
        row = np.floor((path.y + 0.5) * rows / self.shape[0]).astype(np.int64)
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        return np.where(inside, row * columns + column, -1)

    def retina(self, gaze: tuple[float, float]) -> NDArray[np.float32]:
        """Give what the eye sees from a place of gaze."""
        if self.foveator is None:
            return self.pixels
        return self.foveator.look(self._to_near(gaze)).see(np.empty_like(self.pixels))

    def map_from(self, gaze: tuple[float, float]) -> NDArray[np.float32]:
        """Give what is salient from a place of gaze."""
        return self._map_of(self.retina(gaze) if self.observer.map_from_retina else self.pixels)

    def _map_of(self, retina: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.observer.map_from_retina and self.observer.eye is not None:
            return self._salient(retina)
        if self.sharp_map is None:  # the same from everywhere
            self.sharp_map = self._salient(retina)
        return self.sharp_map

    def _salient(self, retina: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give what stands out, and what of it the task asks for."""
        map_ = check_map(self.observer.model(retina), retina.shape)
        task = self.observer.task
        return map_ if task is None else check_map(task(retina, map_, self.near), retina.shape)

    def pooled(self, map_: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give the map on the cells: its mean for a gate that draws, its peak for one that decides."""
        if self.drawn:
            rows, columns = self.grid
            return np.asarray(cv2.resize(map_, (columns, rows), interpolation=cv2.INTER_AREA), np.float64)
        peaks = np.maximum.reduceat(map_, self.edges[0][:-1], axis=0)
        return np.maximum.reduceat(peaks, self.edges[1][:-1], axis=1).astype(np.float64)

    def _pooled(self, map_: NDArray[np.float32]) -> NDArray[np.float64]:
        if map_ is not self.sharp_map:
            return self.pooled(map_)
        if self.sharp_pooled is None:
            self.sharp_pooled = self.pooled(map_)
        return self.sharp_pooled

    def decision(self, map_: NDArray[np.float32], visits: Sequence[Visit], now: float) -> "_Decision":
        """Give what the gate decides on: made of a map, of where the gaze has been, and of the time of the decision."""
        observer = self.observer
        near = [visit._replace(x=x, y=y) for visit in visits for x, y in [self._to_near(visit[:2])]]
        visibility = None
        if not isinstance(observer.priority, LogLinear):  # which has learned what distance leaves
            visibility = self._visibility(visits[-1][:2] if visits else self.viewing.centre)
        context = GazeContext(self._pooled(map_), self.cells, self.near, near, now, visibility)
        priority = self._priority(context)(context)
        inhibition = observer.memory(near, visits[-1].onset if visits else now, self.cells, self.near)
        if not isinstance(observer.gate, Luce) and math.isclose(priority.sum(), 1):  # others get a density's shape
            priority = priority / priority.max()
        if np.any(inhibition):
            priority = priority / (1 + inhibition)
        return _Decision(priority if self.drawn else priority.astype(np.float32), inhibition)

    def _priority(self, context: GazeContext) -> Priority | Callable[[GazeContext], NDArray[np.float64]]:
        """Let a priority that can settle on a scene do so, once if the map is the same from everywhere."""
        priority = self.observer.priority
        if self.observer.map_from_retina or not isinstance(priority, Precomputed):
            return priority
        if self.precomputed is None:
            self.precomputed = priority.precompute(context)
        return self.precomputed

    def glance(
        self,
        gaze: tuple[float, float],
        onset: float,
        visits: Sequence[Visit],
        number: int,
        plan: Plan | None,
        rng: np.random.Generator,
        *,
        see: bool,
    ) -> Glance:
        """Take one turn of the loop; `see`: with all that the eye sees, else only with what the decision needs."""
        observer = self.observer
        sighted = self._look_around(gaze, onset, visits, 0.0 if plan is None else plan.duration, see=see)
        if is_flat(sighted.map):
            return sighted
        choice = observer.gate(sighted.priority, rng)
        if choice is None:
            return sighted
        winner = self._landing(choice, sighted.map, rng)
        step = self._step(number, [*(visit[:2] for visit in visits[:-1]), gaze], winner, plan)
        return sighted._replace(
            duration=observer.timing.fixation(choice.latency, rng, step),
            winner=winner,
            latency=np.nan if self.drawn and plan is not None else choice.latency,
            score=float(sighted.priority[choice.y, choice.x]),
            region=self._shape(sighted.retina, winner),
        )

    def walked(self, path: NDArray[np.float64]) -> Iterator[Glance]:
        """Give the glances of a path that `walk` has made."""
        visits: list[Visit] = []
        for (x, y, onset, duration, score, _), (to_x, to_y, *_) in pairwise(path.tolist()):
            visits.append(Visit(x, y, offset=onset, onset=onset))
            sighted = self._look_around((x, y), onset, visits, duration, see=True)
            yield sighted._replace(duration=duration, winner=(to_x, to_y), score=score)
            visits[-1] = visits[-1]._replace(offset=onset + duration)

    def _look_around(
        self, gaze: tuple[float, float], onset: float, visits: Sequence[Visit], planned: float, *, see: bool
    ) -> Glance:
        """Give a glance before anything is decided."""
        retina = self.retina(gaze) if see or self.observer.map_from_retina else self.pixels
        map_ = self._map_of(retina if self.observer.map_from_retina else self.pixels)
        seen = self.decision(map_, visits, onset + planned)
        return Glance(
            gaze=gaze,
            onset=onset,
            duration=np.inf,
            retina=retina,
            map=map_,
            visibility=self._visibility(gaze) if see else np.empty((0, 0)),
            inhibition=seen.inhibition,
            priority=seen.priority,
            cell=self.cell[0] / self.scale_x,
            winner=None,
            latency=np.nan,
            score=np.nan,
        )

    def _step(
        self, number: int, visits: Sequence[Sequence[Any]], winner: tuple[float, float], plan: Plan | None
    ) -> UpcomingSaccade:
        """Give the saccade to come, from the last visit to the winner, as a clock may want to know it."""
        amplitude = float(self.viewing.angle_deg(visits[-1][:2], winner))
        if len(visits) < 2:
            return UpcomingSaccade(number, amplitude, np.nan, plan)
        degrees = self._degrees([*visits[-2:], winner])
        (came_x, came_y), (goes_x, goes_y) = np.diff(degrees, axis=0).tolist()
        if not (came_x or came_y) or not (goes_x or goes_y):  # no way to turn from, or to
            return UpcomingSaccade(number, amplitude, np.nan, plan)
        turn = math.atan2(came_x * goes_y - came_y * goes_x, came_x * goes_x + came_y * goes_y)
        return UpcomingSaccade(number, amplitude, abs(math.degrees(turn)), plan)

    def _visibility(self, gaze: tuple[float, float]) -> NDArray[np.float64]:
        if self.observer.eye is None:
            return np.ones(self.grid)
        eccentricity = self.near.angle_deg(self._to_near(gaze), self.cells)
        return self.observer.eye.cutoff_cpd(eccentricity) / self.observer.eye.cutoff_cpd(0.0)

    def _landing(self, choice: Winner, map_: NDArray[np.float32], rng: np.random.Generator) -> tuple[float, float]:
        """Give the place in the winning cell, in pixels of the picture: see `Observer.cells`."""
        if not self.drawn:
            top, left = self.edges[0][choice.y], self.edges[1][choice.x]
            cell = map_[top : self.edges[0][choice.y + 1], left : self.edges[1][choice.x + 1]]
            row, column = np.unravel_index(int(cell.argmax()), cell.shape)
            return float((left + column + 0.5) / self.scale_x - 0.5), float((top + row + 0.5) / self.scale_y - 0.5)
        drawn = rng.random(4)
        return (
            reflected(choice.x + 0.5 + drawn[0] - drawn[1], self.grid[1], self.shape[1]),
            reflected(choice.y + 0.5 + drawn[2] - drawn[3], self.grid[0], self.shape[0]),
        )

    def _shape(self, retina: NDArray[np.float32], winner: tuple[float, float]) -> Region | None:
        """Ask a memory of shapes what has won, in what the eye can use."""
        memory = self.observer.memory
        if not isinstance(memory, ShapeMemory):
            return None
        x, y = self._to_near(winner)
        return memory.region(retina, (min(max(x, 0.0), retina.shape[1] - 1.0), min(max(y, 0.0), retina.shape[0] - 1.0)))

    def _to_near(self, place: tuple[float, float]) -> tuple[float, float]:
        return (place[0] + 0.5) * self.scale_x - 0.5, (place[1] + 0.5) * self.scale_y - 0.5


def _triangle_before(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a triangle of height 1 over -1 .. 1 that lies before a position."""
    position = np.clip(position, -1, 1)
    return np.asarray(0.5 + position - 0.5 * position * np.abs(position))


def reflected(position: float, cells: int, pixels: int) -> float:
    """Turn a position on the axis of cells, 0 to `cells`, into pixels; beyond an edge it is thrown back inside."""
    position = cells - abs(cells - abs(position))
    return float(min(max(position * pixels / cells - 0.5, 0.0), pixels - 1.0))


class _Decision(NamedTuple):
    """Priority and inhibition of each cell."""

    priority: NDArray[Any]
    inhibition: NDArray[np.float64]
