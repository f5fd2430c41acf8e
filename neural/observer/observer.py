"""The observer: the loop of eye, map, priority, gate, memory and timing that looks at pictures and films."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, Frame, GeislerPerry, Viewing
from foveation.checks import check_number, check_one_of
from foveation.image import check_pixels, opaque
from neural.observer.compiled_walk import is_compiled, walk, walked_glances, walked_path
from neural.observer.gaze import Gaze, glances_on, scanpath_of
from neural.observer.history import visits_of
from neural.observer.parts import Parts, TopDownBias, check_callable, check_gate, suited_to
from neural.observer.presentation import Glance, Presentation
from neural.observer.presets import PRESETS
from neural.observer.timing import TimingModel
from saliency import Gate, Luce, Memory, Model, Recordings, Scanpath
from saliency.models.stored_maps import FixedMap
from saliency.priority.context import Priority
from saliency.priority.log_linear import Study


class WatchedFrame(NamedTuple):
    """One frame of a film under an observer's gaze: the frame, the gaze in pixels, whether it rests, and the map."""

    frame: Frame
    gaze: tuple[float, float]
    fixation: int
    resting: bool
    map: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Observer:
    r"""A simulated person who looks at a picture or a film: a model of scanpaths, made of parts.

    Five parts take turns, and each can be replaced. The eye sees the picture through the fovea; the map tells what
    stands out, and priority what of it counts from here; memory sets back what was just looked at; the gate picks the
    next place; timing says when the eye goes:

    .. math:: priority(q) = \frac{P(q \mid map, gaze, history)}{1 + G(q)}

    with :math:`G` the inhibition of return.

    There are two families, told apart by what the gate says of itself. Gates that *draw* (`Luce`, `Softmax`, any
    `DrawingGate`) need a probability: with them, and by default, priority is the `LogLinear` density of the next
    fixation, made of the `Readout` map, and people's timing is that of `SaccadeProgramming`. Gates that *decide*
    (`WinnerTakeAll`, `Argmax`, `Race`) are the classical models': priority is what is salient in the retinal image,
    weighted by acuity, places visited are inhibited, and a fixation lasts as long as its decision. What is left out
    below is taken from the family of the gate, once: `dataclasses.replace` with another gate keeps the other parts.
    A gate that does not say that it takes a density, as `Luce` does, gets it relative to its greatest value, which is
    what temperatures and currents are meant for.

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
    model: Model | None = None
    gate: Gate = field(default_factory=Luce)
    task: TopDownBias | None = None
    priority: Priority | None = None
    memory: Memory | None = None
    timing: TimingModel | None = None
    map_from_retina: bool | None = None
    cells: int = 64

    def __post_init__(self) -> None:
        check_number(self.cells, "at least 2 cells along the longer side", least=2)
        if self.cells != int(self.cells):
            raise ValueError(f"expected a whole number of cells along the longer side, got {self.cells}")
        if isinstance(self.model, np.ndarray):
            object.__setattr__(self, "model", FixedMap(self.model))
        for name, part in suited_to(self.gate, self.model).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, part)
        check_gate(self.gate)
        check_callable(model=self.model, priority=self.priority, gate=self.gate, memory=self.memory)

    @cached_property
    def parts(self) -> Parts:
        """All parts, none left out: what the loop works with."""
        return Parts(**{each.name: getattr(self, each.name) for each in fields(Parts)})

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
        check_one_of("preset", name, PRESETS)
        observer = cls(**{**PRESETS[name], **changes})
        priority: Any = observer.priority
        if name == "typical" and hasattr(priority, "typical"):
            return replace(observer, priority=priority.typical())
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
        """Simulate one scanpath on a picture.

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
        presentation = self.for_picture(stimulus).presentation(image, viewing)
        return _path(presentation, checked_duration(duration), start, stimulus, np.random.default_rng(rng))

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
        """Simulate the scanpaths of many observers on a picture, each by itself; their names are 1, 2, ...

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
        check_number(observers, "at least one observer", least=1)
        rngs, duration = np.random.default_rng(rng).spawn(observers), checked_duration(duration)
        if executor is None or is_compiled(self.parts):  # compiled: nothing is gained by sending it about
            presentation = self.for_picture(stimulus).presentation(image, viewing)
            paths = [_path(presentation, duration, start, stimulus, each) for each in rngs]
        else:
            work = partial(_looked, self, check_pixels(image), viewing, duration, start, stimulus)
            paths = list(executor.map(work, rngs))
        return [replace(path, subject=str(k)) for k, path in enumerate(paths, start=1)]

    def density(
        self,
        image: ArrayLike,
        viewing: Viewing,
        history: Scanpath | ArrayLike | None = None,
        *,
        start: tuple[float, float] | None = None,
    ) -> NDArray[np.float64]:
        """Give the probability density of the next fixation: of each pixel to be looked at next.

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
        presentation = self.for_picture(getattr(history, "stimulus", "")).presentation(image, viewing)
        grid = presentation.grid
        visits = visits_of(history, start, grid)
        for k, visit in enumerate(visits):
            if not grid.holds(visit):
                raise ValueError(f"fixation {k} of the history, {grid.outside(visit)}")
        return grid.spread(presentation.density(visits))

    def follow(self, image: ArrayLike, viewing: Viewing, scanpath: Scanpath) -> Iterator[NDArray[np.float64]]:
        """Give, before each fixation of a path, the probability of each cell (rows, columns) to be looked at next.

        The history is that of the path itself; places outside the picture count as history like any other.
        """
        self._check_density()
        return self.for_picture(scanpath.stimulus).presentation(image, viewing).follow(scanpath)

    def log_likelihood(self, image: ArrayLike, viewing: Viewing, scanpath: Scanpath) -> NDArray[np.float64]:
        """Give the log-likelihood of each fixation of a path, given those before: natural logarithms of probabilities.

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
        return self.for_picture(scanpath.stimulus).presentation(image, viewing).log_likelihood(scanpath)

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
        """Fit the observer to people's scanpaths: the priority by maximum likelihood, the timing by its own `fit`.

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
        priority: Any = self.priority
        timing: Any = self.timing
        if hasattr(priority, "fit"):
            work = partial(_study, self, recordings, viewing)
            studies = list(map(work, chosen) if executor is None else executor.map(work, chosen))
            learned["priority"] = priority.fit(studies, executor=executor, watch=watch, provenance=provenance)
        if hasattr(timing, "fit") and any(np.isfinite(path.duration).any() for path in paths):
            learned["timing"] = timing.fit(paths)
        if not learned:
            raise ValueError(
                "expected a priority or a timing that learns, such as LogLinear and SaccadeProgramming, got "
                f"{type(self.priority).__name__} and {type(self.timing).__name__}"
            )
        return replace(self, **learned)

    def _check_density(self) -> None:
        if not self.parts.has_probabilities:
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
        presentation = self.presentation(image, viewing)
        duration, rng, begin = checked_duration(duration), np.random.default_rng(rng), presentation.grid.start(start)
        path = walk(presentation, begin, duration, rng)
        if path is not None:
            return walked_glances(path, presentation)
        return glances_on(presentation, begin, duration, rng, see=True)

    def watch(
        self,
        frames: Iterable[Frame],
        viewing: Viewing,
        *,
        rng: np.random.Generator | int = 0,
        start: tuple[float, float] | None = None,
    ) -> Iterator[WatchedFrame]:
        """Simulate the gaze on a film: for each frame, where it is, and what is salient from there.

        The next place is chosen on the frame that is shown when the gaze comes to rest, and the eye goes there when the
        fixation is over, as for a picture. It begins to look when the first frame appears.

        Parameters
        ----------
        frames : iterable of Frame
            Times in seconds, ascending; pictures of one size. `foveation.read_video` gives them.
        viewing, rng, start
            As for `look`.
        """
        gaze: Gaze | None = None
        presentation: Presentation | None = None
        appears = 0.0  # the first frame
        for frame in frames:
            if presentation is None or gaze is None:
                appears = frame.time
                presentation = self.presentation(frame.image, viewing)
                gaze = Gaze(self.parts, presentation.grid.start(start), np.random.default_rng(rng))
            else:
                presentation = presentation.next(opaque(frame.image))
            begun = gaze.watch(presentation, frame.time - appears)
            place, resting = gaze.at(frame.time - appears)
            map_ = presentation.retina.map(place) if begun is None else begun.map
            yield WatchedFrame(frame, place, gaze.number, resting, map_)

    def presentation(self, image: ArrayLike, viewing: Viewing) -> Presentation:
        """Put a picture before the observer; several looks at it can share what is made once, such as its map."""
        return Presentation.of(self.parts, opaque(image), viewing)


def checked_duration(duration: float) -> float:
    """Return a time in seconds, or refuse it unless it is above 0 and finite."""
    check_number(duration, "a positive duration in seconds", above=0)
    return float(duration)


def _path(
    presentation: Presentation,
    duration: float,
    start: tuple[float, float] | None,
    stimulus: str,
    rng: np.random.Generator,
) -> Scanpath:
    begin = presentation.grid.start(start)
    path = walk(presentation, begin, duration, rng)
    if path is not None:
        return walked_path(path, presentation, duration, stimulus)
    glances = list(glances_on(presentation, begin, duration, rng, see=False))
    return scanpath_of(glances, presentation.grid.viewing, duration, stimulus)


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
    """One picture, as a priority learns from it."""
    presentation = observer.for_picture(name).presentation(recordings.pixels(name), viewing)
    return presentation.study(recordings.scanpaths(name, viewing))
