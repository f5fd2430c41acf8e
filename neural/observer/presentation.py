"""A picture before an observer: what is seen from a place of gaze, and what is decided from there."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from neural.observer.grid import CellGrid
from neural.observer.history import visits_of
from neural.observer.parts import Parts
from neural.observer.retina import Retina
from saliency import Scanpath, Visit, Winner
from saliency.features.regions import Region
from saliency.priority.context import GazeContext
from saliency.priority.log_linear import Study, grid_of


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
        How long the decision took, in seconds (NaN where the timing model plans by itself when to go, and the place is
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


class Decision(NamedTuple):
    """What the gate decides on: priority and inhibition of each cell (rows, columns)."""

    priority: NDArray[Any]
    inhibition: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Presentation:
    """A picture before an observer, with all that is made once for it.

    Parameters
    ----------
    parts : Parts
        Those of the observer.
    grid : CellGrid
        The cells on which priority is decided.
    retina : Retina
        The picture, as the eye sees it.
    """

    parts: Parts
    grid: CellGrid
    retina: Retina

    @classmethod
    def of(cls, parts: Parts, pixels: NDArray[Any], viewing: Viewing) -> Self:
        """Put a picture (height, width) or (height, width, 3) before an observer with these parts."""
        grid = CellGrid.of(pixels.shape, viewing, parts.cells)
        return cls(parts, grid, Retina.of(parts, grid, pixels))

    def next(self, pixels: NDArray[Any]) -> Self:
        """Put the next frame of a film before the same observer."""
        return replace(self, retina=self.retina.next(pixels))

    def density(self, visits: Sequence[Visit]) -> NDArray[np.float64]:
        """Give the probability of each cell to be looked at next, when the last of the visits ends."""
        gate: Any = self.parts.gate
        seen = self.retina.seen(visits[-1][:2], image=False)
        visited = visits if self.parts.counts_start else visits[1:]
        return np.asarray(gate.weights(self.decision(seen.cells, visited, visits[-1].offset).priority))

    def follow(self, path: Scanpath) -> Iterator[NDArray[np.float64]]:
        """Give the density of the cells before each fixation of a path, after those before it."""
        visits = visits_of(path, None, self.grid)
        return (self.density(visits[:n]) for n in range(1, len(visits)))

    def log_likelihood(self, path: Scanpath) -> NDArray[np.float64]:
        """Give the log probability of the pixel of each fixation of a path, after those before it."""
        visits = visits_of(path, None, self.grid)
        probabilities = [
            self.grid.at(self.density(visits[:n]), visits[n]) if self.grid.holds(visits[n]) else np.nan
            for n in range(1, len(visits))
        ]
        with np.errstate(divide="ignore"):  # what cannot happen: minus infinity
            return np.log(np.array(probabilities, np.float64))

    def decision(self, cells: NDArray[np.float64], visits: Sequence[Visit], now: float) -> Decision:
        """Give what the gate decides on: made of the map on the cells, of the history, and of the time."""
        parts, near = self.parts, self.grid.near
        gaze = visits[-1][:2] if visits else self.grid.viewing.centre
        visibility = None if parts.knows_eccentricity else self._visibility(gaze)
        visits = [visit._replace(x=x, y=y) for visit in visits for x, y in [self.grid.to_near(visit[:2])]]
        priority = self._priority(GazeContext(cells, self.grid.centres, near, visits, now, visibility))
        inhibition = parts.memory(visits, visits[-1].onset if visits else now, self.grid.centres, near)
        self._check("priority", priority)
        self._check("inhibition", inhibition)
        if not parts.takes_density and math.isclose(priority.sum(), 1):
            priority = priority / priority.max()
        if np.any(inhibition):
            priority = priority / (1 + inhibition)
        return Decision(priority if parts.draws else priority.astype(np.float32), inhibition)

    def _check(self, what: str, values: NDArray[np.float64]) -> None:
        """Refuse what a part gave for the cells, if it is not a finite number for each."""
        if np.shape(values) != self.grid.shape or not np.isfinite(values).all():
            rows, columns = self.grid.shape
            raise ValueError(
                f"expected a finite {what} for each of {rows} x {columns} cells, got "
                + (f"shape {np.shape(values)}" if np.shape(values) != self.grid.shape else "NaN or infinity")
            )

    @cached_property
    def _priority(self) -> Callable[[GazeContext], NDArray[np.float64]]:
        """The priority, with what depends on the map alone done once, where that is the same from everywhere."""
        priority: Any = self.parts.priority
        if self.parts.map_from_retina or not hasattr(priority, "precompute"):
            return self.parts.priority
        context = GazeContext(self.retina.sharp.cells, self.grid.centres, self.grid.near, [], 0.0)
        precomputed: Callable[[GazeContext], NDArray[np.float64]] = priority.precompute(context)
        return precomputed

    def glance(
        self, gaze: tuple[float, float], onset: float, visits: Sequence[Visit], planned: float, *, see: bool
    ) -> Glance:
        """Give a glance before anything is decided; `see`: with all that the eye sees, not only what decides."""
        seen = self.retina.seen(gaze, image=see)
        decision = self.decision(seen.cells, visits, onset + planned)
        return Glance(
            gaze=gaze,
            onset=onset,
            duration=np.inf,
            retina=seen.image,
            map=seen.map,
            visibility=self._visibility(gaze) if see else np.empty((0, 0)),
            inhibition=decision.inhibition,
            priority=decision.priority,
            cell=self.grid.cell_px[0] / self.grid.scale[0],
            winner=None,
            latency=np.nan,
            score=np.nan,
        )

    def landing(self, choice: Winner, map_: NDArray[np.float32], rng: np.random.Generator) -> tuple[float, float]:
        """Give the place in the winning cell, in pixels of the picture: see `Observer.cells`."""
        if self.parts.draws:
            return self.grid.sample_around(choice.y, choice.x, rng)
        return self.grid.peak_in(choice.y, choice.x, map_)

    def region(self, image: NDArray[np.float32], place: tuple[float, float]) -> Region | None:
        """Give the shape that was attended at a place, in what the eye can use, if memory is one of shapes."""
        (x, y), (height, width) = self.grid.to_near(place), self.grid.size
        return self.parts.region(image, (min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)))

    @cached_property
    def log_linear_grid(self) -> NDArray[np.float64]:
        """What a log-linear priority needs to know of each cell of the map that is the same from everywhere."""
        return grid_of(self.retina.sharp.cells, self.grid.centres, self.grid.near)

    def study(self, paths: Sequence[Scanpath]) -> Study:
        """Give the picture and paths on it in the form from which a priority learns."""
        cells = self.retina.sharp.cells
        return Study(
            grid_of(cells, self.grid.centres, self.grid.near),
            [(self.grid.degrees([path.start, *path.places]), self.grid.cells_of(path)) for path in paths],
        )

    def _visibility(self, gaze: tuple[float, float]) -> NDArray[np.float64]:
        """Give how fine the eye sees each cell from a place of gaze, relative to the fovea."""
        eye = self.parts.eye
        if eye is None:
            return np.ones(self.grid.shape)
        eccentricity = self.grid.near.angle_deg(self.grid.to_near(gaze), self.grid.centres)
        return eye.cutoff_cpd(eccentricity) / eye.cutoff_cpd(0.0)
