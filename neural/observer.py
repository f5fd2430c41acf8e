"""The loop that looks: eye, map, gate, memory, timing, and round again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, Foveator, Frame, GeislerPerry, Viewing
from foveation.image import as_image, check_pixels
from foveation.oculomotor import saccade_progress
from foveation.opencv import cv2
from neural.timing import Clock, CovertShift, Timing
from saliency import (
    Gate,
    InhibitionOfReturn,
    IttiKoch,
    Memory,
    Model,
    Scanpath,
    Visit,
    Winner,
    WinnerTakeAll,
    check_map,
)
from saliency.gate import is_flat
from saliency.inhibition import ShapeMemory
from saliency.regions import Region

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
        How long the decision took, in seconds, and the winner's priority, relative to the strongest place in view.
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
    priority: NDArray[np.float32]
    cell: float
    winner: tuple[float, float] | None
    latency: float
    score: float
    region: Region | None = None


class Look(NamedTuple):
    """One frame of a film under an observer's gaze: the frame, the gaze in pixels, whether it rests, and the map."""

    frame: Frame
    gaze: tuple[float, float]
    fixation: int
    resting: bool
    map: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Observer:
    r"""A simulated person who looks at a picture or a film.

    From each place of gaze the picture is seen through the fovea; the map tells what stands out there; memory sets back
    what was just looked at; the gate picks the next place; timing says when the eye goes. In short,

    .. math:: priority(q) = \frac{map(q)}{1 + G(q)} \cdot \frac{f_c(e_q)}{f_c(0)}

    with :math:`G` the inhibition of return and :math:`f_c` the finest grating seen at eccentricity :math:`e_q`: what
    the eye sees coarsely counts less, so near places are preferred to far ones.

    Parameters
    ----------
    eye : Acuity or None
        Law of acuity. None: attention without an eye. The whole picture is sharp, its map is made only once, and the
        start is no place that was visited.
    model : callable
        From the picture (height, width, 3) to a map (height, width): any of `saliency.MODELS`, or yours.
    gate : callable
        From the priority map to the `Winner`: `WinnerTakeAll`, `Argmax`, `Softmax`, or yours.
    memory : callable
        Inhibition of return: `InhibitionOfReturn` of discs, `ShapeInhibition` of whole shapes, or yours.
    timing : Clock
        Durations of fixations and saccades.
    cells : int
        Priority is decided on a grid of at most this many cells along the longer side; the gaze lands on the peak of
        the map inside the winning cell.

    Notes
    -----
    Detail finer than any fovea resolves (more than 80 pixels per degree) is averaged away before anything else. The
    strength of inhibition (10) and the gate's noise (0.2) were picked out of a handful of settings, for saccades of
    about human size on 50 pictures each of OSIE (Xu et al. 2014) and MIT1003 (Judd et al. 2009).

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> image = sample_pixels("rocket")
    >>> viewing = Viewing.from_pixels_per_degree(24, image.shape)
    >>> path = Observer().look(image, viewing, duration=2.0, rng=0)
    >>> path == Observer().look(image, viewing, duration=2.0, rng=0)
    True
    """

    eye: Acuity | None = field(default_factory=GeislerPerry)
    model: Model = field(default_factory=IttiKoch)
    gate: Gate = field(default_factory=lambda: WinnerTakeAll(noise=0.2))
    memory: Memory = field(default_factory=InhibitionOfReturn)
    timing: Clock = field(default_factory=Timing)
    cells: int = 64

    def __post_init__(self) -> None:
        if self.cells < 2:
            raise ValueError(f"expected at least 2 cells along the longer side, got {self.cells}")

    @classmethod
    def preset(cls, name: str) -> Self:
        """Give a published system by name: see `PRESETS`.

        Raises
        ------
        ValueError
            If there is none of this name.

        Examples
        --------
        >>> Observer.preset("itti1998").eye is None
        True
        """
        if name not in PRESETS:
            raise ValueError(f"there is no preset '{name}'; expected one of: {', '.join(PRESETS)}")
        return cls(**PRESETS[name])

    def look(
        self,
        image: ArrayLike,
        viewing: Viewing,
        *,
        duration: float = 3.0,
        rng: np.random.Generator | int = 0,
        start: tuple[float, float] | None = None,
        stimulus: str = "",
    ) -> Scanpath:
        """Look at a picture for a while.

        Parameters
        ----------
        image : array, shape (height, width) or (height, width, 3 or 4)
            The picture: anything that `foveation.as_image` takes.
        viewing : Viewing
            The screen; the picture stands in its middle, pixel for pixel, shrunk if it is too large.
        duration : float
            How long the picture is seen, in seconds.
        rng : numpy.random.Generator or int
            Source of randomness; the same seed gives the same path, bit for bit.
        start : tuple of float
            Where the gaze is when the picture appears, in pixels; the middle if none is given.
        stimulus : str
            The picture's name, for the tables.

        Returns
        -------
        Scanpath
            The fixations chosen, without the start. Empty, and `ended` says "no winner", if nothing stands out.

        Raises
        ------
        ValueError
            If the picture, the duration or the start is not what is expected, or the model's map is none.
        """
        pixels = check_pixels(image)
        glances = list(self.glances(pixels, viewing, duration=duration, rng=rng, start=start))
        chosen, choices = glances[1:], glances[:-1]
        return Scanpath(
            x=np.array([glance.gaze[0] for glance in chosen]),
            y=np.array([glance.gaze[1] for glance in chosen]),
            onset=np.array([glance.onset for glance in chosen]),
            duration=np.array([min(glance.duration, duration - glance.onset) for glance in chosen]),
            latency=np.array([glance.latency for glance in choices]),
            score=np.array([glance.score for glance in choices]),
            viewing=viewing.of_picture(pixels.shape),
            start=glances[0].gaze,
            watched=float(duration),
            stimulus=stimulus,
            ended="no winner" if glances[-1].winner is None else "time",
        )

    def glances(
        self,
        image: ArrayLike,
        viewing: Viewing,
        *,
        duration: float = 3.0,
        rng: np.random.Generator | int = 0,
        start: tuple[float, float] | None = None,
    ) -> Iterator[Glance]:
        """Give every turn of the loop, with the maps on which it was decided; `look` keeps only the path.

        The first glance is that from the start. Parameters and errors are those of `look`.
        """
        if not (np.isfinite(duration) and duration > 0):
            raise ValueError(f"expected a positive duration in seconds, got {duration}")
        rng = np.random.default_rng(rng)
        pixels = check_pixels(image)
        scene = _Scene(self, pixels.shape, viewing).show(pixels)
        gaze, now, visits = scene.start(start), 0.0, list[Visit]()
        region: Region | None = None
        while now < duration:
            here = self._visit(gaze, now, region, first=not now)
            glance = scene.glance(gaze, now, [*visits, *here], rng)
            yield glance
            if glance.winner is None:
                return
            visits += [visit._replace(offset=now + glance.duration) for visit in here]
            now += glance.duration + self.timing.saccade(float(scene.viewing.angle_deg(gaze, glance.winner)))
            gaze, region = glance.winner, glance.region

    def watch(
        self,
        frames: Iterable[Frame],
        viewing: Viewing,
        *,
        rng: np.random.Generator | int = 0,
        start: tuple[float, float] | None = None,
    ) -> Iterator[Look]:
        """Watch a film: for each frame, where the gaze is, and what is salient from there.

        The next place is chosen on the frame that is shown when the gaze comes to rest, and the eye goes there when the
        fixation is over, as for a picture.

        Parameters
        ----------
        frames : iterable of Frame
            Times in seconds, ascending; pictures of one size. `foveation.read_video` gives them.
        viewing, rng, start
            As for `look`.
        """
        rng = np.random.default_rng(rng)
        visits: list[Visit] = []
        glance: Glance | None = None
        gaze: tuple[float, float] | None = None
        here: list[Visit] = []
        region: Region | None = None
        number, landing = -1, 0.0
        scene: _Scene | None = None
        for frame in frames:
            scene = (_Scene(self, frame.image.shape, viewing) if scene is None else scene).show(frame.image)
            gaze = scene.start(start) if gaze is None else gaze
            map_: NDArray[np.float32] | None = None
            while frame.time >= landing:  # the gaze has come to rest; in a long gap between frames more than once
                if glance is None:
                    number = 0
                elif glance.winner is not None:
                    visits += [visit._replace(offset=glance.onset + glance.duration) for visit in here]
                    gaze, number, region = glance.winner, number + 1, glance.region
                here = self._visit(gaze, landing, region, first=number == 0)
                glance = scene.glance(gaze, landing, [*visits, *here], rng)
                map_ = glance.map
                if glance.winner is None:  # nothing stands out: stay, and ask the next frame
                    landing = float(np.nextafter(frame.time, np.inf))
                    break
                flight = self.timing.saccade(float(scene.viewing.angle_deg(gaze, glance.winner)))
                landing = glance.onset + glance.duration + flight
            assert glance is not None
            spot, resting = _course(glance, landing, frame.time)
            yield Look(frame, spot, number, resting, scene.map_from(spot) if map_ is None else map_)

    def _visit(self, gaze: tuple[float, float], now: float, region: Region | None, *, first: bool) -> list[Visit]:
        """Give the visit that is going on; attention without an eye is nowhere before its first shift."""
        return [] if first and self.eye is None else [Visit(*gaze, offset=now, region=region)]


def _course(glance: Glance, landing: float, time: float) -> tuple[tuple[float, float], bool]:
    """Place of the gaze at a time: on the fixated place, or on its way to the winner."""
    leaving = glance.onset + glance.duration
    if glance.winner is None or time <= leaving:
        return glance.gaze, True
    share = float(saccade_progress((time - leaving) / max(landing - leaving, 1e-9)))
    (x, y), (to_x, to_y) = glance.gaze, glance.winner
    return (x + share * (to_x - x), y + share * (to_y - y)), False


class _Scene:
    """What one observer has before it: a picture, or one frame after the other, and what is made once for each."""

    def __init__(self, observer: Observer, shape: tuple[int, ...], viewing: Viewing) -> None:
        self.observer = observer
        self.viewing = viewing.of_picture(shape)
        self.shape = (shape[0], shape[1])
        scale = min(1.0, ENOUGH_PPD / self.viewing.pixels_per_degree)
        size = tuple(max(2, round(side * scale)) for side in self.shape) if scale < 1 else self.shape
        self.scale_x, self.scale_y = size[1] / self.shape[1], size[0] / self.shape[0]
        self.near = self.viewing.resampled(size)  # the viewing in pixels of what the eye can use
        self.foveator = Foveator(self.near, (*size, 3), acuity=observer.eye) if observer.eye is not None else None
        self.block = -(-max(size) // observer.cells)
        rows, columns = (np.arange(0, side, self.block) + (self.block - 1) / 2 for side in size)
        self.cells = np.stack(np.meshgrid(columns, rows), axis=-1)

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
        if self.foveator is not None:
            self.foveator.take(self.pixels)
        return self

    def start(self, start: tuple[float, float] | None) -> tuple[float, float]:
        if start is None:
            return self.viewing.centre
        x, y = (float(value) for value in start)
        if not (0 <= x <= self.shape[1] - 1 and 0 <= y <= self.shape[0] - 1):
            raise ValueError(f"gaze ({x:g}, {y:g}) lies outside the {self.shape[1]} x {self.shape[0]} picture")
        return x, y

    def retina(self, gaze: tuple[float, float]) -> NDArray[np.float32]:
        if self.foveator is None:
            return self.pixels
        return self.foveator.look(self._to_near(gaze)).see(np.empty_like(self.pixels))

    def map_from(self, gaze: tuple[float, float]) -> NDArray[np.float32]:
        """Give what is salient from a place of gaze."""
        return self._map_of(self.retina(gaze))

    def _map_of(self, retina: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.observer.eye is not None:
            return check_map(self.observer.model(retina), retina.shape)
        if self.sharp_map is None:  # an eye that is sharp everywhere sees the same from everywhere
            self.sharp_map = check_map(self.observer.model(retina), retina.shape)
        return self.sharp_map

    def glance(self, gaze: tuple[float, float], onset: float, visits: list[Visit], rng: np.random.Generator) -> Glance:
        observer = self.observer
        retina = self.retina(gaze)
        map_ = self._map_of(retina)
        pooled = np.maximum.reduceat(map_, np.arange(0, map_.shape[0], self.block), axis=0)
        pooled = np.maximum.reduceat(pooled, np.arange(0, map_.shape[1], self.block), axis=1)
        near = [Visit(*self._to_near(visit[:2]), offset=visit.offset, region=visit.region) for visit in visits]
        inhibition = observer.memory(near, onset, self.cells, self.near)
        visibility = self._visibility(gaze)
        flat = is_flat(map_)  # asked before eye and memory make places differ
        seen = np.zeros_like(pooled) if flat else pooled * visibility
        priority = (seen / max(float(seen.max()), 1e-30) / (1 + inhibition)).astype(np.float32)
        choice = None if flat else observer.gate(priority, rng)
        winner = None if choice is None else self._landing(choice, map_)
        latency = np.nan if choice is None else choice.latency
        return Glance(
            gaze=gaze,
            onset=onset,
            duration=np.inf if choice is None else observer.timing.fixation(latency, rng),
            retina=retina,
            map=map_,
            visibility=visibility,
            inhibition=inhibition,
            priority=priority,
            cell=self.block / self.scale_x,
            winner=winner,
            latency=latency,
            score=np.nan if choice is None else float(priority[choice.y, choice.x]),
            region=None if winner is None else self._shape(retina, winner),
        )

    def _visibility(self, gaze: tuple[float, float]) -> NDArray[np.float64]:
        if self.observer.eye is None:
            return np.ones(self.cells.shape[:2])
        eccentricity = self.near.angle_deg(self._to_near(gaze), self.cells)
        return self.observer.eye.cutoff_cpd(eccentricity) / self.observer.eye.cutoff_cpd(0.0)

    def _landing(self, choice: Winner, map_: NDArray[np.float32]) -> tuple[float, float]:
        """Peak of the map inside the winning cell, in pixels of the picture."""
        top, left = choice.y * self.block, choice.x * self.block
        cell = map_[top : top + self.block, left : left + self.block]
        row, column = np.unravel_index(int(cell.argmax()), cell.shape)
        return float((left + column + 0.5) / self.scale_x - 0.5), float((top + row + 0.5) / self.scale_y - 0.5)

    def _shape(self, retina: NDArray[np.float32], winner: tuple[float, float]) -> Region | None:
        """Ask a memory of shapes what has won, in what the eye can use."""
        memory = self.observer.memory
        if not isinstance(memory, ShapeMemory):
            return None
        x, y = self._to_near(winner)
        return memory.region(retina, (min(max(x, 0.0), retina.shape[1] - 1.0), min(max(y, 0.0), retina.shape[0] - 1.0)))

    def _to_near(self, place: tuple[float, float]) -> tuple[float, float]:
        return (place[0] + 0.5) * self.scale_x - 0.5, (place[1] + 0.5) * self.scale_y - 0.5


PRESETS: dict[str, dict[str, Any]] = {
    "free_viewing": {},
    "itti1998": {
        "eye": None,
        "gate": WinnerTakeAll(charged_s=np.inf),
        "memory": InhibitionOfReturn(strength=2e4, spread_deg=1.0, decay_s=0.09),  # down to 1 after 0.9 s
        "timing": CovertShift(),
    },
}
