"""The loop that looks: eye, map, gate, memory, timing, and round again."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, Frame, GeislerPerry, Viewing
from foveation.image import check_pixels
from foveation.oculomotor import saccade_progress
from neural.observer.saccade_programming import SaccadeProgramming
from neural.observer.timing import CovertShift, DecisionTiming, Plan, Planner, TimingModel
from neural.observer.view import Glance, Presentation, draws, no_inhibition
from saliency import (
    AIM,
    Argmax,
    ConstrainedLevy,
    Foraging,
    Gate,
    InhibitionOfReturn,
    IttiKoch,
    LeMeur,
    Memory,
    Model,
    Race,
    Readout,
    Recordings,
    Scanpath,
    SceneWalk,
    StarFC,
    Visit,
    WinnerTakeAll,
)
from saliency.features.regions import Region
from saliency.gate.gates import Luce
from saliency.models.stored_maps import FixedMap
from saliency.priority.context import Priority, Visible
from saliency.priority.log_linear import LogLinear, Study

OF_THE_FAMILY: Any = None  # a part that is left out


class WatchedFrame(NamedTuple):
    """One frame of a film under an observer's gaze: the frame, the gaze in pixels, whether it rests, and the map."""

    frame: Frame
    gaze: tuple[float, float]
    fixation: int
    resting: bool
    map: NDArray[np.float32]


class TopDownBias(Protocol):
    """Any top-down bias of a map: `saliency.Task`, or yours."""

    def __call__(self, image: NDArray[np.float32], map: NDArray[np.float32], viewing: Viewing) -> NDArray[np.float32]:
        """Give the map of the picture as the task weighs it, from 0 up."""
        ...


@dataclass(frozen=True, kw_only=True)
class Observer:
    r"""A simulated person who looks at a picture or a film.

    Five parts take turns, and each can be replaced. The eye sees the picture through the fovea; the map tells what
    stands out, and priority what of it counts from here; memory sets back what was just looked at; the gate picks the
    next place; timing says when the eye goes:

    .. math:: priority(q) = \frac{P(q \mid map, gaze, history)}{1 + G(q)}

    with :math:`G` the inhibition of return.

    There are two families, told apart by the gate. Gates that *draw* (`Luce`, `Softmax`) need a probability: with them,
    and by default, priority is the `LogLinear` density of the next fixation, made of the `Readout` map, and people's
    timing is that of `SaccadeProgramming`. Gates that *decide* (`WinnerTakeAll`, `Argmax`, `Race`) are the classical
    models': priority is what is salient in the retinal image, weighted by acuity, places visited are inhibited, and a
    fixation lasts as long as its decision. What is left out below is taken from the family. A gate other than `Luce`
    gets a density relative to its greatest value, which is what temperatures and currents are meant for.

    Parameters
    ----------
    eye : Acuity or None
        Law of acuity. None: attention without an eye. The whole picture is sharp, and for a gate that decides the
        start is no place that was visited.
    model : callable or array
        From the picture (height, width, 3) to a map (height, width): any of `saliency.MODELS`, or yours; or a finished
        map, such as a deep model's, of the picture's size. `Readout`, or `IttiKoch` for a gate that decides.
    task : callable, or None
        What the observer is after: from the picture, its map and the viewing to the map as the task weighs it, such as
        `Task.target("red")`. None: looking freely.
    priority : callable
        From a `GazeContext` to the priority of each cell: `LogLinear`, `Visible`, `SceneWalk`, or yours.
    gate : callable
        From the priority map to the `Winner`: `Luce`, `WinnerTakeAll`, `Argmax`, or yours.
    memory : callable
        Inhibition of return: `InhibitionOfReturn` of discs, `ShapeInhibition` of whole shapes, or yours. For a gate
        that draws there is none by default: the density has the history in itself.
    timing : TimingModel
        Durations of fixations and saccades.
    map_from_retina : bool
        Whether the map is made anew at each fixation, of the picture as the eye sees it from there; else it is made
        once, of the sharp picture. False for a gate that draws: `LogLinear` has learned what distance leaves of a map.
    cells : int
        Priority is decided on a grid of at most this many cells along the longer side. A place that was drawn lies
        anywhere in (and, the density being smooth, around) its cell, one that was decided for on the peak of the map.

    Notes
    -----
    Detail finer than any fovea resolves (more than 80 pixels per degree) is averaged away before anything else. For
    gates that decide, the strength of inhibition (10) and the gate's noise (0.2) were picked out of a handful of
    settings, for saccades of about human size on 50 pictures each of OSIE (Xu et al. 2014) and MIT1003 (Judd et al.
    2009).

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> image = sample_pixels("rocket")
    >>> viewing = Viewing.from_pixels_per_degree(24, image.shape)
    >>> observer = Observer()
    >>> path = observer.look(image, viewing, duration=2.0, rng=0)
    >>> path == observer.look(image, viewing, duration=2.0, rng=0)
    True
    >>> density = observer.density(image, viewing, history=path[:3])
    >>> density.shape == image.shape[:2], round(float(density.sum()), 6)
    (True, 1.0)
    """

    eye: Acuity | None = field(default_factory=GeislerPerry)
    model: Model = OF_THE_FAMILY
    gate: Gate = field(default_factory=Luce)
    task: TopDownBias | None = None
    priority: Priority = OF_THE_FAMILY
    memory: Memory = OF_THE_FAMILY
    timing: TimingModel = OF_THE_FAMILY
    map_from_retina: bool = OF_THE_FAMILY
    cells: int = 64

    def __post_init__(self) -> None:
        if self.cells < 2:
            raise ValueError(f"expected at least 2 cells along the longer side, got {self.cells}")
        if isinstance(self.model, np.ndarray):
            object.__setattr__(self, "model", FixedMap(self.model))
        for name, part in (_drawn(self.model) if draws(self.gate) else DECIDED).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, part)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:  # noqa: ANN401
        """Give a system by name; `changes` are parts to have in place of its own, such as another `model`.

        free_viewing
            The default: people's scanpaths, calibrated (likelihood, and statistics of saccades and fixations).
        typical
            The same, keeping to the likely places: paths that resemble those of most people.
        foveated
            Itti and Koch's map of what the eye sees from each place of gaze, a race, and inhibition of return.
        itti1998
            Itti, Koch and Niebur (1998): covert shifts of attention, without an eye.
        scenewalk, scenewalk_basic
            Engbert et al. (2015), and its extension by Schwetlick et al. (2020): maps of attention and inhibition.
        levy
            Boccignone and Ferraro (2004): constrained Levy exploration. It stays where it is every second time.
        lemeur
            Le Meur and Liu (2015): saccade table, map and memory; the most salient of five candidates.
        race
            ScanDDM, D'Amelio et al.: a drift-diffusion race, which also makes the durations.
        starfc
            Wloka, Kotseruba and Tsotsos (2018): central and peripheral priority with a fixation history.

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
        observer = cls(**{**PRESETS[name], **changes})
        if name == "typical" and isinstance(observer.priority, LogLinear):
            return replace(observer, priority=observer.priority.typical())
        return observer

    def for_picture(self, name: str) -> Self:
        """Give the observer for the picture of this name: the same, unless the model is one of finished maps by name.

        Such a model, as `saliency.MapFolder`, has a method `for_picture` itself.
        """
        model: Any = self.model
        return replace(self, model=model.for_picture(name)) if hasattr(model, "for_picture") else self

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
        scene = Presentation(self.for_picture(stimulus), pixels.shape, viewing).show(pixels)
        return self._path(scene, checked_duration(duration), start, stimulus, np.random.default_rng(rng))

    def look_many(
        self,
        image: ArrayLike,
        viewing: Viewing,
        *,
        observers: int = 100,
        duration: float = 3.0,
        rng: np.random.Generator | int = 0,
        start: tuple[float, float] | None = None,
        stimulus: str = "",
        executor: Executor | None = None,
    ) -> list[Scanpath]:
        """Let many observers look at a picture, each by itself; their names are 1, 2, ...

        Path k is that of `look` with the k-th generator that ``rng.spawn(observers)`` gives, with any executor.

        Parameters
        ----------
        observers : int
            How many.
        executor : concurrent.futures.Executor, optional
            Lets several look at a time, if each makes maps of its own (`map_from_retina`); else one looks after the
            other.
        image, viewing, duration, rng, start, stimulus
            As for `look`.
        """
        if observers < 1:
            raise ValueError(f"expected at least one observer, got {observers}")
        pixels = check_pixels(image)
        scene = Presentation(self.for_picture(stimulus), pixels.shape, viewing).show(pixels)
        rngs = np.random.default_rng(rng).spawn(observers)
        if executor is None or scene.is_walk:  # compiled: nothing is gained by sending it about
            paths = [self._path(scene, checked_duration(duration), start, stimulus, each) for each in rngs]
        else:
            work = partial(_looked, self, pixels, viewing, duration, start, stimulus)
            paths = list(executor.map(work, rngs))
        return [replace(path, subject=str(k)) for k, path in enumerate(paths, start=1)]

    def _path(
        self,
        scene: Presentation,
        duration: float,
        start: tuple[float, float] | None,
        stimulus: str,
        rng: np.random.Generator,
    ) -> Scanpath:
        whole: dict[str, Any] = {"viewing": scene.viewing, "watched": float(duration), "stimulus": stimulus}
        path = scene.walk(scene.start(start), duration, rng) if scene.is_walk else None
        if path is not None:
            x, y, onset, rest = path[1:-1, :4].T
            return Scanpath(
                x=x,
                y=y,
                onset=onset,
                duration=np.minimum(rest, duration - onset),
                score=path[:-2, 4],
                start=(path[0, 0], path[0, 1]),
                **whole,
            )
        glances = list(self._glances(scene, duration, rng, start, see=False))
        chosen, choices = glances[1:], glances[:-1]
        return Scanpath(
            x=np.array([glance.gaze[0] for glance in chosen]),
            y=np.array([glance.gaze[1] for glance in chosen]),
            onset=np.array([glance.onset for glance in chosen]),
            duration=np.array([min(glance.duration, duration - glance.onset) for glance in chosen]),
            latency=np.array([glance.latency for glance in choices]),
            score=np.array([glance.score for glance in choices]),
            start=glances[0].gaze,
            ended="no winner" if glances[-1].winner is None else "time",
            **whole,
        )

    def density(
        self,
        image: ArrayLike,
        viewing: Viewing,
        history: Scanpath | ArrayLike | None = None,
        *,
        start: tuple[float, float] | None = None,
    ) -> NDArray[np.float64]:
        """Give the probability of each pixel to be looked at next.

        Parameters
        ----------
        image, viewing
            As for `look`.
        history : Scanpath, or array, shape (n, 2) or (n, 3)
            The fixations so far, in order: a path, or x and y in pixels and, if known, durations in seconds. None:
            the picture has just appeared.
        start : tuple of float
            Where the gaze was when the picture appeared, in pixels; the middle, or the path's start, if left out.

        Returns
        -------
        array of float64, shape (height, width)
            Sums to 1.

        Raises
        ------
        ValueError
            If the gate gives no probabilities, or the history is none or leaves the picture.

        Examples
        --------
        ``observer.density(image, viewing, history=[(310, 200), (120, 90)])``
        """
        self._check_density()
        pixels = check_pixels(image)
        scene = Presentation(self.for_picture(getattr(history, "stimulus", "")), pixels.shape, viewing).show(pixels)
        visits = scene.visits(history, start)
        for k, visit in enumerate(visits):
            if not scene.holds(visit):
                raise ValueError(f"fixation {k} of the history, {scene.place_outside(visit)}")
        return scene.spread(scene.cell_density(visits))

    def follow(self, image: ArrayLike, viewing: Viewing, scanpath: Scanpath) -> Iterator[NDArray[np.float64]]:
        """Give, before each fixation of a path, the probability of each cell (rows, columns) to be looked at next.

        The history is that of the path itself; places outside the picture count as history like any other.
        """
        self._check_density()
        pixels = check_pixels(image)
        scene = Presentation(self.for_picture(scanpath.stimulus), pixels.shape, viewing).show(pixels)
        visits = scene.visits(scanpath, None)
        return (scene.cell_density(visits[:n]) for n in range(1, len(visits)))

    def log_likelihood(self, image: ArrayLike, viewing: Viewing, scanpath: Scanpath) -> NDArray[np.float64]:
        """Give how likely each fixation of a path was, given those before: the natural logarithm, a number a fixation.

        Probabilities are those of a pixel, `density` at the one next to the fixation. NaN for a fixation outside the
        picture, minus infinity for one that the density excludes.

        Parameters
        ----------
        image, viewing
            As for `look`.
        scanpath : Scanpath
            The path, simulated or recorded.

        Raises
        ------
        ValueError
            If the gate gives no probabilities.
        """
        self._check_density()
        pixels = check_pixels(image)
        scene = Presentation(self.for_picture(scanpath.stimulus), pixels.shape, viewing).show(pixels)
        return self._log_likelihood(scene, scanpath)

    def _log_likelihood(self, scene: Presentation, scanpath: Scanpath) -> NDArray[np.float64]:
        visits = scene.visits(scanpath, None)
        chances = [
            scene.at(scene.cell_density(visits[:n]), visits[n]) if scene.holds(visits[n]) else np.nan
            for n in range(1, len(visits))
        ]
        with np.errstate(divide="ignore"):  # what cannot happen: minus infinity
            return np.log(np.array(chances, np.float64))

    def fit(
        self,
        recordings: Recordings,
        viewing: Viewing,
        *,
        names: Iterable[str] | None = None,
        executor: Executor | None = None,
        watch: Callable[[int, float], None] | None = None,
        provenance: str = "",
    ) -> Self:
        """Learn from people where and when they look next: priority by likelihood, timing by its own `fit`.

        Parts that learn nothing, and timing where no durations are known, stay as they are.

        Parameters
        ----------
        recordings : Recordings
            Pictures and fixations.
        viewing : Viewing
            The screen on which all were shown, as for `Recordings.scanpaths`.
        names : iterable of str, optional
            Learn only from these pictures.
        executor : concurrent.futures.Executor, optional
            Works on several pictures at a time: threads do.
        watch : callable, optional
            Gets the number of the step and the mean log likelihood over an even density, in bits.
        provenance : str
            What was learned from, to be kept with the tables.

        Raises
        ------
        ValueError
            If neither priority nor timing can learn.
        """
        chosen = list(recordings if names is None else recordings.select(list(names)))
        paths = [path for name in chosen for path in recordings.scanpaths(name, viewing)]
        learned: dict[str, Any] = {}
        if isinstance(self.priority, LogLinear):
            work = partial(_study, self, recordings, viewing)
            studies = list(map(work, chosen) if executor is None else executor.map(work, chosen))
            learned["priority"] = self.priority.fit(studies, executor=executor, watch=watch, provenance=provenance)
        if hasattr(self.timing, "fit") and any(np.isfinite(path.duration).any() for path in paths):
            learned["timing"] = self.timing.fit(paths)
        if not learned:
            raise ValueError(
                "expected a priority or a timing that learns, such as LogLinear and SaccadeProgramming, got "
                f"{type(self.priority).__name__} and {type(self.timing).__name__}"
            )
        return replace(self, **learned)

    def _check_density(self) -> None:
        if not hasattr(self.gate, "weights"):
            raise ValueError(
                f"a {type(self.gate).__name__} gives no probabilities: expected a gate with `weights`, such as Luce"
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
        pixels = check_pixels(image)
        scene = Presentation(self, pixels.shape, viewing).show(pixels)
        duration, rng = checked_duration(duration), np.random.default_rng(rng)
        path = scene.walk(scene.start(start), duration, rng) if scene.is_walk else None
        return self._glances(scene, duration, rng, start, see=True) if path is None else scene.walked(path)

    def _glances(
        self,
        scene: Presentation,
        duration: float,
        rng: np.random.Generator,
        start: tuple[float, float] | None,
        *,
        see: bool,
    ) -> Iterator[Glance]:
        gaze, now, visits = scene.start(start), 0.0, list[Visit]()
        region: Region | None = None
        plan: Plan | None = None
        for number in count():
            if now >= duration:
                return
            plan = self._plan(number, plan, rng)
            here = self._visit(gaze, now, region, counts=number > 0 or scene.start_counts)
            glance = scene.glance(gaze, now, [*visits, *here], number, plan, rng, see=see)
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
    ) -> Iterator[WatchedFrame]:
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
        plan: Plan | None = None
        scene: Presentation | None = None
        for frame in frames:
            scene = (Presentation(self, frame.image.shape, viewing) if scene is None else scene).show(frame.image)
            gaze = scene.start(start) if gaze is None else gaze
            map_: NDArray[np.float32] | None = None
            while frame.time >= landing:  # the gaze has come to rest; in a long gap between frames more than once
                if glance is None:
                    number = 0
                elif glance.winner is not None:
                    visits += [visit._replace(offset=glance.onset + glance.duration) for visit in here]
                    gaze, number, region = glance.winner, number + 1, glance.region
                here = self._visit(gaze, landing, region, counts=number > 0 or scene.start_counts)
                plan = self._plan(number, plan, rng)
                glance = scene.glance(gaze, landing, [*visits, *here], number, plan, rng, see=True)
                map_ = glance.map
                if glance.winner is None:  # nothing stands out: stay, and ask the next frame
                    landing = float(np.nextafter(frame.time, np.inf))
                    break
                flight = self.timing.saccade(float(scene.viewing.angle_deg(gaze, glance.winner)))
                landing = glance.onset + glance.duration + flight
            assert glance is not None
            spot, resting = _course(glance, landing, frame.time)
            yield WatchedFrame(frame, spot, number, resting, scene.map_from(spot) if map_ is None else map_)

    def _visit(self, gaze: tuple[float, float], now: float, region: Region | None, *, counts: bool) -> list[Visit]:
        """Give the visit that is going on; attention without an eye is nowhere before its first shift."""
        return [Visit(*gaze, offset=now, region=region, onset=now)] if counts else []

    def _plan(self, number: int, before: Plan | None, rng: np.random.Generator) -> Plan | None:
        return self.timing.plan(number, before, rng) if isinstance(self.timing, Planner) else None


def _drawn(model: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give the parts that suit a gate that draws, and this model."""
    kind = "readout" if model is None or isinstance(model, Readout) else "map"
    return {
        "model": Readout(),
        "priority": LogLinear.pretrained(kind),
        "memory": no_inhibition,
        "timing": SaccadeProgramming(),
        "map_from_retina": False,
    }


DECIDED: dict[str, Any] = {
    "model": IttiKoch(),
    "priority": Visible(),
    "memory": InhibitionOfReturn(),
    "timing": DecisionTiming(),
    "map_from_retina": True,
}


def checked_duration(duration: float) -> float:
    """Return a time in seconds, or refuse it unless it is above 0 and finite."""
    if not (np.isfinite(duration) and duration > 0):
        raise ValueError(f"expected a positive duration in seconds, got {duration}")
    return float(duration)


def _looked(
    observer: Observer,
    pixels: NDArray[Any],
    viewing: Viewing,
    duration: float,
    start: tuple[float, float] | None,
    stimulus: str,
    rng: np.random.Generator,
) -> Scanpath:
    return observer.look(pixels, viewing, duration=duration, start=start, stimulus=stimulus, rng=rng)


def _study(observer: Observer, recordings: Recordings, viewing: Viewing, name: str) -> Study:
    """One picture, as a log-linear priority learns from it."""
    pixels = recordings.pixels(name)
    scene = Presentation(observer.for_picture(name), pixels.shape, viewing).show(pixels)
    return scene.study(recordings.scanpaths(name, viewing))


def _course(glance: Glance, landing: float, time: float) -> tuple[tuple[float, float], bool]:
    """Place of the gaze at a time: on the fixated place, or on its way to the winner."""
    leaving = glance.onset + glance.duration
    if glance.winner is None or time <= leaving:
        return glance.gaze, True
    share = float(saccade_progress((time - leaving) / max(landing - leaving, 1e-9)))
    (x, y), (to_x, to_y) = glance.gaze, glance.winner
    return (x + share * (to_x - x), y + share * (to_y - y)), False


PRESETS: dict[str, dict[str, Any]] = {
    "free_viewing": {},
    "typical": {},
    "foveated": {"gate": WinnerTakeAll(noise=0.2)},
    "itti1998": {
        "eye": None,
        "gate": WinnerTakeAll(charged_s=np.inf),
        "memory": InhibitionOfReturn(strength=2e4, spread_deg=1.0, decay_s=0.09),  # down to 1 after 0.9 s
        "timing": CovertShift(),
    },
    "scenewalk": {"priority": SceneWalk.extended()},
    "scenewalk_basic": {"priority": SceneWalk()},
    "levy": {"priority": ConstrainedLevy()},
    "lemeur": {"priority": LeMeur()},
    "race": {
        "eye": None,
        "priority": Foraging(),
        "gate": Race(),
        "memory": no_inhibition,
        "timing": DecisionTiming(dead_time=0, spread=0),  # the race is the fixation
        "cells": 20,
    },
    "starfc": {"model": AIM(), "priority": StarFC(), "gate": Argmax(), "memory": no_inhibition},
}
