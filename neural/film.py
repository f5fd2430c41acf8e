"""A scanpath as a film, in true time: the gaze, what the eye sees, the priority, and how the next place is chosen.

Frames are drawn by OpenCV, and words by Pillow, which comes with Matplotlib and scikit-image.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, Foveator, Frame, GeislerPerry, Viewing, gaze_trace, saccade_duration
from foveation.image import as_image
from foveation.opencv import cv2
from neural.observer import Observer
from neural.timing import Timing
from neural.view import Glance, draws
from saliency import Gate, Scanpath, Winner, WinnerTakeAll

PANELS = ("gaze", "retina", "priority", "race")
PATH_PANELS = ("gaze", "retina")
WIDEST_PX, NARROWEST_PX = 1280, 320
FLATNESS = 0.7  # a film is about this high, relative to its width, at most
GAP, TITLE, AXIS = 12, 24, 52  # around the panels, above each, and below all, in pixels
LEAST_BOX = (130, 200)  # height and width of a plot
FRACTION_BITS = 4  # OpenCV draws at sixteenths of a pixel
RING_DEG = 1.0  # radius of the ring around the gaze
LEADER_DEG = 1.5  # what lies this near to a leading place counts as the same
LEADERS = 5
COLOURS = ((213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (86, 180, 233))  # Okabe and Ito
WHITE, BLACK, INK, PALE = (255, 255, 255), (0, 0, 0), (50, 50, 50), (205, 205, 205)
Pixels = NDArray[np.uint8]
Place = Sequence[float]


def scanpath_film(
    observer: Observer,
    image: ArrayLike,
    viewing: Viewing,
    *,
    duration: float = 3.0,
    rng: np.random.Generator | int = 0,
    start: tuple[float, float] | None = None,
    fps: float = 25.0,
    slow: float = 1.0,
    panels: Sequence[str] = PANELS,
    width: int = WIDEST_PX,
) -> Iterator[Frame]:
    """Film how an observer looks at a picture: frame k shows the moment k / fps / slow.

    The panels are

    - "gaze": the picture with a ring around the gaze, and the fixations so far, their area the time of rest;
    - "retina": what the eye sees from where the gaze is, in flight too (that vision is suppressed then is not shown);
    - "priority": the priority on which the next place is decided, with the leading places A, B, ... and the coming one
      (a cross, bold once it is chosen);
    - "race": how it is chosen. For `WinnerTakeAll`, the membrane potentials of the leading units as they rise to the
      threshold, on the clock of the fixation: with `Timing`, whose random factor stretches the decision with the
      fixation, the race is stretched too. For other gates, the probability that the gaze lands within 1.5 degrees of
      each leading place, or, where a gate has no probabilities, their priority.

    The gaze moves as in `foveation.gaze_trace`, and the film ends with the last fixation. Below is the time, with a bar
    for each rest of the gaze.

    Parameters
    ----------
    observer : Observer
        Who looks.
    image, viewing, duration, rng, start
        As for `Observer.look`; the film shows the path that `look` gives for them.
    fps : float
        Frames per second.
    slow : float
        By what factor the film is slower than life.
    panels : sequence of str
        Which panels, in this order.
    width : int
        Width of a frame at most, in pixels, from 320 up.

    Yields
    ------
    Frame
        At 0, 1/fps, ... All are of one size, with even sides.

    Raises
    ------
    ValueError
        If `fps`, `slow`, `panels` or `width` is not what is expected, or what is given for `look` is not.

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> image = sample_pixels("rocket")
    >>> viewing = Viewing.from_pixels_per_degree(24, image.shape)
    >>> frames = list(scanpath_film(Observer(), image, viewing, duration=1.0, slow=2, width=640))
    >>> len(frames) <= 50, frames[1].time, frames[0].image.shape
    (True, 0.04, (448, 558, 3))
    """
    stage = _Stage(image, viewing, panels, width)
    rate = _checked_rate(fps, slow)
    choices = list(_choices(observer, image, viewing, {"duration": duration, "rng": rng, "start": start}))
    path = _path_of([choice.glance for choice in choices], stage.viewing, duration)
    return _film(stage, path, observer.eye, rate, fps, choices, observer.gate)


def path_film(
    path: Scanpath,
    image: ArrayLike,
    *,
    acuity: Acuity | None = None,
    fps: float = 25.0,
    slow: float = 1.0,
    panels: Sequence[str] = PATH_PANELS,
    width: int = WIDEST_PX,
) -> Iterator[Frame]:
    """Film any path, a person's as well: the gaze on the picture, and what an eye sees from there.

    Parameters
    ----------
    path : Scanpath
        Fixations with known durations. If onsets are unknown, as in many recordings, the first fixation begins at 0,
        and each saccade lasts as long as `saccade_duration` says.
    image : array, shape (height, width) or (height, width, 3 or 4)
        The picture that was looked at.
    acuity : Acuity
        Law of acuity of the eye; `GeislerPerry()` if none is given.
    fps, slow, panels, width
        As for `scanpath_film`; what a person decided on is not known, so the panels are "gaze" and "retina".

    Raises
    ------
    ValueError
        If the path has no fixation, a duration in it is not known, or the picture is not of its size.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (120, 160))
    >>> path = Scanpath(x=[40, 120], y=[60, 60], onset=[0.2, 0.6], duration=[0.3, 0.4], viewing=viewing, watched=1)
    >>> frames = list(path_film(path, np.full((120, 160, 3), 0.5), fps=50))
    >>> len(frames), frames[1].time
    (50, 0.02)
    """
    if not len(path):
        raise ValueError("cannot film a path without fixations")
    missing = set(panels) - set(PATH_PANELS)
    if missing & set(PANELS):
        raise ValueError(f"expected panels out of {', '.join(PATH_PANELS)} for a path, got {', '.join(panels)}")
    stage = _Stage(image, path.viewing, panels, width)
    if stage.viewing.screen_px != path.viewing.screen_px:
        (got, high), (wanted, tall) = stage.viewing.screen_px, path.viewing.screen_px
        raise ValueError(f"expected the picture of the path, {wanted} x {tall} pixels, got {got} x {high}")
    eye = GeislerPerry() if acuity is None else acuity
    return _film(stage, _with_onsets(path), eye, _checked_rate(fps, slow), fps)


def _with_onsets(path: Scanpath) -> Scanpath:
    """Fill in unknown onsets, from the first fixation on, of which the time and the place before are not known."""
    if np.isfinite(path.onset).all():
        return path
    lasting = path.duration + np.append(saccade_duration(path.amplitudes_deg), 0.0)
    end = np.cumsum(lasting)
    start = (float(path.x[0]), float(path.y[0]))
    return replace(path, onset=np.append(0.0, end[:-1]), start=start, watched=max(path.watched, float(end[-1])))


def _checked_rate(fps: float, slow: float) -> float:
    """Give the frames in one second of the path."""
    for value, what in ((fps, "frames per second"), (slow, "factor of slowness")):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"expected a positive {what}, got {value}")
    return fps * slow


class _Choice(NamedTuple):
    """A glance, when the next place was decided (seconds after the landing), and what drove the units of the race."""

    glance: Glance
    decided: float
    drive: NDArray[np.float64] | None
    weights: NDArray[np.float64] | None


@dataclass(frozen=True)
class _Watched:
    """A race whose drives, with their noise, are noted as it is run."""

    gate: WinnerTakeAll
    drives: list[NDArray[np.float64]]

    def __call__(self, priority: NDArray[np.float32], rng: np.random.Generator | int = 0) -> Winner | None:
        self.drives.append(_drive(self.gate, priority, deepcopy(rng)))
        return self.gate(priority, rng)


def _drive(gate: WinnerTakeAll, priority: NDArray[np.float32], rng: np.random.Generator | int) -> NDArray[np.float64]:
    """Give the current into each saliency neuron, in ampere, as the gate has it with this source of noise."""
    drive = np.asarray(priority, np.float64) * (gate.current / gate.peak)
    if not gate.noise:
        return drive
    noise = np.random.default_rng(rng).standard_normal(drive.size).reshape(drive.shape)
    return np.asarray(drive * np.exp(gate.noise * noise))


def membrane_potentials(gate: WinnerTakeAll, drive: ArrayLike, duration: float) -> NDArray[np.float64]:
    r"""Potentials of the units of a race over time, as if none of them ended it.

    .. math:: C_s \dot v_i = I_i - g_s v_i, \qquad C \dot u_i = g_{in} v_i - g u_i

    Parameters
    ----------
    gate : WinnerTakeAll
        Constants of the units.
    drive : array, shape (n,)
        Current :math:`I_i` into each saliency neuron, in ampere.
    duration : float
        How long, in seconds.

    Returns
    -------
    array, shape (steps + 1, n)
        :math:`u_i` in volt, every `gate.step` seconds from 0. The first that passes `gate.threshold` wins.

    References
    ----------
    Those of `WinnerTakeAll`, whose Euler steps these are.

    Examples
    --------
    >>> gate = WinnerTakeAll()
    >>> potentials = membrane_potentials(gate, [2e-9, 1e-9], 0.12)
    >>> winner = gate([[1.0, 0.5]])
    >>> int((potentials[:, winner.x] > gate.threshold).argmax()) * gate.step, winner.latency
    (0.1081, 0.1081)
    """
    currents = np.asarray(drive, np.float64)
    steps = round(duration / gate.step)
    saliency = (
        currents / gate.saliency_leak * -np.expm1(-gate.charged_s * gate.saliency_leak / gate.saliency_capacitance)
    )
    potentials = np.empty((steps + 1, currents.size))
    potentials[0] = gate.reset
    for step in range(steps):
        saliency = saliency + gate.step / gate.saliency_capacitance * (currents - gate.saliency_leak * saliency)
        flow = gate.coupling * saliency - gate.leak * potentials[step]
        potentials[step + 1] = np.maximum(potentials[step] + gate.step / gate.capacitance * flow, gate.reset)
    return potentials


def _choices(observer: Observer, image: ArrayLike, viewing: Viewing, how: dict[str, Any]) -> Iterator[_Choice]:
    """Let the observer look, and note what was decided on; what was seen is not kept."""
    drives: list[NDArray[np.float64]] = []
    gate: Any = observer.gate
    watched = replace(observer, gate=_Watched(gate, drives)) if isinstance(gate, WinnerTakeAll) else observer
    for glance in watched.glances(image, viewing, **how):
        drive = drives.pop() if drives else None
        weights = gate.weights(glance.priority) if draws(gate) else None
        nothing = np.empty((0, 0), np.float32)
        yield _Choice(glance._replace(retina=nothing, map=nothing), _decided(observer, glance), drive, weights)


def _decided(observer: Observer, glance: Glance) -> float:
    """Give how long after the landing the next place was decided; infinity if none was."""
    if glance.winner is None:
        return math.inf
    if isinstance(observer.timing, Timing):  # its factor stretches the decision and the dead time alike
        return glance.duration * glance.latency / (glance.latency + observer.timing.dead_time)
    return glance.duration if draws(observer.gate) else min(glance.latency, glance.duration)


def _path_of(glances: Sequence[Glance], viewing: Viewing, duration: float) -> Scanpath:
    chosen = glances[1:]
    return Scanpath(
        x=np.array([glance.gaze[0] for glance in chosen]),
        y=np.array([glance.gaze[1] for glance in chosen]),
        onset=np.array([glance.onset for glance in chosen]),
        duration=np.array([min(glance.duration, duration - glance.onset) for glance in chosen]),
        viewing=viewing,
        start=glances[0].gaze,
        watched=float(duration),
    )


class _Moment(NamedTuple):
    """What all panels show: the time, the gaze in pixels of the picture, and the number of the last landing."""

    time: float
    gaze: tuple[float, float]
    number: int


class _Rests(NamedTuple):
    """Places (n + 1, 2) where the gaze rested, and from when to when; the first is the start, which was not chosen."""

    places: NDArray[np.float64]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]

    @classmethod
    def of(cls, path: Scanpath) -> "_Rests":
        places = np.vstack([[path.start], path.places])
        left = path.watched
        if len(path):
            left = max(0.0, float(path.onset[0] - saccade_duration(path.viewing.angle_deg(places[0], places[1]))))
        end = np.minimum(path.onset + path.duration, path.watched)
        return cls(places, np.append(0.0, path.onset), np.append(left, end))


class _Stage:
    """A picture, the size at which it is shown, and where the panels stand.

    Parameters
    ----------
    image, viewing, panels, width
        As for `scanpath_film`.
    """

    def __init__(self, image: ArrayLike, viewing: Viewing, panels: Sequence[str], width: int) -> None:
        if not panels or isinstance(panels, str) or not set(panels) <= set(PANELS):
            raise ValueError(f"expected some panels out of {', '.join(PANELS)}, got {panels!r}")
        if width < NARROWEST_PX:
            raise ValueError(f"expected a width of at least {NARROWEST_PX} pixels, got {width}")
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


def _film(
    stage: _Stage,
    path: Scanpath,
    eye: Acuity | None,
    rate: float,
    fps: float,
    choices: Sequence[_Choice] = (),
    gate: Gate | None = None,
) -> Iterator[Frame]:
    trace, rests = gaze_trace(path, rate), _Rests.of(path)
    made: dict[str, Callable[[], _Panel]] = {
        "gaze": lambda: _GazePanel(stage, rests),
        "retina": lambda: _RetinaPanel(stage, eye),
        "priority": lambda: _PriorityPanel(stage, choices),
        "race": lambda: (
            _RacePanel(stage, choices, gate) if isinstance(gate, WinnerTakeAll) else _BarsPanel(stage, choices)
        ),
    }
    panels = [made[name]() for name in stage.panels]
    return _frames(stage, panels, _TimeAxis(stage, rests), trace.time, trace.places, path.onset, rate, fps)


def _frames(
    stage: _Stage,
    panels: Sequence["_Panel"],
    axis: "_TimeAxis",
    times: NDArray[np.float64],
    gazes: NDArray[np.float64],
    onsets: NDArray[np.float64],
    rate: float,
    fps: float,
) -> Iterator[Frame]:
    blank = np.full((*stage.shape, 3), 255, np.uint8)
    for number, panel in enumerate(panels):
        top, left = stage.corner(number)
        write_line(blank, panel.title, (left, top - TITLE / 2), 14, INK)
    slower = "" if rate == fps else f", {rate / fps:g} x slower" if rate > fps else f", {fps / rate:g} x faster"
    for k, (time, gaze) in enumerate(zip(times.tolist(), gazes.tolist(), strict=True)):
        moment = _Moment(time, (gaze[0], gaze[1]), int(np.searchsorted(onsets, time, side="right")))
        canvas = blank.copy()
        for number, panel in enumerate(panels):
            drawn = panel.draw(moment)
            top, left = (int(side) for side in stage.corner(number))
            top, left = top + (stage.box[0] - drawn.shape[0]) // 2, left + (stage.box[1] - drawn.shape[1]) // 2
            canvas[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
        axis.draw(canvas, time)
        write_line(canvas, f"{time:.2f} s{slower}", (stage.shape[1] - GAP, TITLE / 2), 14, INK, align=1.0)
        yield Frame(k / fps, canvas)


class _Panel(Protocol):
    """One part of the film; moments come in order."""

    title: str

    def draw(self, moment: _Moment) -> Pixels: ...


class _GazePanel:
    """The picture with the gaze and the fixations so far."""

    title = "gaze"

    def __init__(self, stage: _Stage, rests: _Rests) -> None:
        self.stage, self.rests = stage, rests
        self.places = [stage.shown(place) for place in rests.places]
        self.second = min(stage.size) * 0.055  # radius of a disc that stands for a second
        self.trail, self.number = stage.picture, 0

    def draw(self, moment: _Moment) -> Pixels:
        if self.number != moment.number:
            self.trail, self.number = self._trail(moment.number), moment.number
        picture = self.trail.copy()
        gaze = self.stage.shown(moment.gaze)
        _line(picture, self.places[moment.number], gaze)
        self._rest(picture, moment.number, moment.time)
        _ring(picture, gaze, self.stage.ring)
        return picture

    def _trail(self, number: int) -> Pixels:
        """Draw the way to a rest, and those before it: lines below, discs above."""
        picture = self.stage.picture.copy()
        for begin, end in pairwise(self.places[: number + 1]):
            _line(picture, begin, end)
        for past in range(number):
            self._rest(picture, past, math.inf)
        return picture

    def _rest(self, picture: Pixels, number: int, time: float) -> None:
        """Draw the disc of a rest up to a time, its area the time so far."""
        rested = min(time, float(self.rests.end[number])) - float(self.rests.begin[number])
        radius = 2 * self.second * math.sqrt(max(rested, 0.0))
        place = self.places[number]
        _disc(picture, place, radius, (0, 90, 160) if number else (110, 110, 110), 0.65)
        if number and radius > 6:
            write_line(picture, str(number), place, 11, WHITE, align=0.5)


class _RetinaPanel:
    """The picture as the eye sees it from where the gaze is."""

    def __init__(self, stage: _Stage, eye: Acuity | None) -> None:
        self.stage = stage
        self.title = "what the eye sees" if eye is not None else "what is seen: no eye, all is sharp"
        self.foveator = (
            None if eye is None else Foveator(stage.near, stage.picture.shape, acuity=eye).take(stage.picture)
        )

    def draw(self, moment: _Moment) -> Pixels:
        gaze = self.stage.shown(moment.gaze)
        seen = self.stage.picture if self.foveator is None else self.foveator.look(gaze).see()
        picture: Pixels = seen.copy()
        _ring(picture, gaze, self.stage.ring, thin=True)
        return picture


class _Leader(NamedTuple):
    """A leading place: its row and column on the grid, and its place in pixels of the picture."""

    row: int
    column: int
    place: tuple[float, float]


def _leaders(values: NDArray[Any], stage: _Stage) -> list[_Leader]:
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


def _cell_places(grid: tuple[int, ...], stage: _Stage) -> NDArray[np.float64]:
    """Places of the cells, (rows, columns, 2), in pixels of the picture."""
    width, height = stage.viewing.screen_px
    rows, columns = ((np.arange(n) + 0.5) * side / n - 0.5 for n, side in zip(grid, (height, width), strict=True))
    return np.stack(np.meshgrid(columns, rows), axis=-1)


def _leading(choice: _Choice, stage: _Stage) -> list[_Leader]:
    """Give the leading places of a choice: where the race is fastest, or else where priority is highest."""
    if choice.drive is not None:
        return _leaders(choice.drive, stage)
    return _leaders(choice.glance.priority if choice.weights is None else choice.weights, stage)


class _PriorityPanel:
    """The priority, its leading places, and the coming one."""

    def __init__(self, stage: _Stage, choices: Sequence[_Choice]) -> None:
        self.stage, self.choices = stage, choices
        drawn = bool(choices) and choices[0].weights is not None
        self.title = "where next: probability" if drawn else "priority"
        grey = cv2.cvtColor(stage.picture, cv2.COLOR_RGB2GRAY)
        self.grey: Pixels = cv2.cvtColor((0.6 * grey).astype(np.uint8), cv2.COLOR_GRAY2RGB)
        self.number = -1
        self.map: Pixels = self.grey
        self.leaders: list[tuple[float, float]] = []

    def draw(self, moment: _Moment) -> Pixels:
        choice = self.choices[moment.number]
        if self.number != moment.number:
            self.number, self.map = moment.number, self._map(choice)
            self.leaders = [self.stage.shown(leader.place) for leader in _leading(choice, self.stage)]
        picture: Pixels = self.map.copy()
        glance = choice.glance
        if glance.winner is not None:
            chosen = moment.time >= glance.onset + choice.decided
            _square(picture, self.stage.shown(glance.winner), bold=chosen)
        for rank, place in enumerate(self.leaders):
            _letter(picture, place, rank)
        _ring(picture, self.stage.shown(moment.gaze), self.stage.ring, thin=True)
        return picture

    def _map(self, choice: _Choice) -> Pixels:
        values = np.asarray(choice.glance.priority if choice.weights is None else choice.weights, np.float32)
        share = np.clip(values / max(float(values.max()), 1e-30), 0, 1)
        share = cv2.resize(share, self.stage.size[::-1], interpolation=cv2.INTER_LINEAR)
        heat = cv2.cvtColor(cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
        weight = (0.3 + 0.7 * share).astype(np.float32)
        blended: Pixels = cv2.blendLinear(self.grey, heat, 1 - weight, weight)
        return blended


class _RacePanel:
    """Membrane potentials of the leading units, rising to the threshold; when one fires, all are thrown back."""

    title = "race: membrane potentials"

    def __init__(self, stage: _Stage, choices: Sequence[_Choice], gate: WinnerTakeAll) -> None:
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
            _line(self.base, (x, level), (x + 4, level), colour=INK, thin=True)
        write_line(self.base, f"{1000 * threshold:g} mV", (self.left - 6, level), 12, INK, align=1.0)
        write_line(self.base, f"{1000 * reset:g} mV", (self.left - 6, self.bottom), 12, INK, align=1.0)
        _line(self.base, (self.left, self.top), (self.left, self.bottom), colour=INK, thin=True)
        _line(self.base, (self.left, self.bottom), (self.right, self.bottom), colour=INK, thin=True)
        for tick in _ticks(self.span, (self.right - self.left) / 60):
            x = self._at(tick, reset)[0]
            _line(self.base, (x, self.bottom), (x, self.bottom + 4), colour=INK, thin=True)
            write_line(self.base, f"{1000 * tick:.0f}", (x, self.bottom + 12), 12, INK, align=0.5)
        write_line(self.base, "ms since the gaze landed", (self.right, self.bottom + 27), 12, INK, align=1.0)

    def _at(self, time: Any, potential: Any) -> tuple[Any, Any]:  # noqa: ANN401  (numbers and arrays)
        reset, threshold = self.gate.reset, self.gate.threshold
        share = (potential - reset) / (threshold - reset)
        level = self.bottom - 0.94 * share * (self.bottom - self.top)
        return self.left + time / self.span * (self.right - self.left), level

    def draw(self, moment: _Moment) -> Pixels:
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
            self.potentials = membrane_potentials(self.gate, drives, choice.glance.latency)
        elapsed = moment.time - choice.glance.onset
        self._curves(picture, choice, elapsed)
        return picture

    def _curves(self, picture: Pixels, choice: _Choice, elapsed: float) -> None:
        """Draw the potentials so far, the weakest first, and the end of the race."""
        steps, racers = self.potentials.shape
        run = min(elapsed / choice.decided, 1.0) * (steps - 1)
        step = np.unique(np.append(np.arange(0, run, max(1, steps // 100)), run))
        for racer in reversed(range(racers)):
            colour = COLOURS[racer]
            x, y = self._at(
                step / (steps - 1) * choice.decided, np.interp(step, range(steps), self.potentials[:, racer])
            )
            _curve(picture, np.stack([x, y], axis=1), colour)
            if run < steps - 1:
                _disc(picture, (x[-1], y[-1]), 4, colour)
            else:
                _line(picture, (x[-1], y[-1]), (x[-1], self.bottom), colour=colour, thin=True)
            _letter(picture, (self.left + 16 + 20 * racer, self.top - 10), racer)
        if run >= steps - 1:
            _disc(picture, (x[-1], y[-1]), 5, COLOURS[0])
            word = f"A fires after {1000 * choice.decided:.0f} ms"
            write_line(picture, word, (self.right, self.top - 10), 12, INK, align=1.0)


class _BarsPanel:
    """What the leading places have for them: the probability that the gaze lands there, or their priority."""

    def __init__(self, stage: _Stage, choices: Sequence[_Choice]) -> None:
        self.stage, self.choices = stage, choices
        self.probable = choices[0].weights is not None
        self.title = "chance of the leading places" if self.probable else "priority of the leading places"
        self.leaders = [_leading(choice, stage) for choice in choices]
        self.values = [self._values(choice, leaders) for choice, leaders in zip(choices, self.leaders, strict=True)]
        self.most = max([max(values, default=0.0) for values in self.values], default=0.0) or 1.0

    def _values(self, choice: _Choice, leaders: Sequence[_Leader]) -> list[float]:
        if choice.weights is None:
            return [float(choice.glance.priority[leader.row, leader.column]) for leader in leaders]
        near = _cell_places(choice.weights.shape, self.stage)
        angles = [self.stage.viewing.angle_deg(near, leader.place) for leader in leaders]
        return [float(choice.weights[angle <= LEADER_DEG].sum()) for angle in angles]

    def draw(self, moment: _Moment) -> Pixels:
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
        _letter(picture, (14, level), rank)
        end = 34 + share * (self.stage.box[1] - 34 - 110)
        thick = min(12, self.stage.box[0] / LEADERS / 4)
        corners = (34, round(level - thick)), (round(end), round(level + thick))
        cv2.rectangle(picture, *corners, COLOURS[rank], cv2.FILLED)
        write_line(picture, f"{words}: chosen" if chosen else words, (end + 6, level), 13, INK)

    def _coming(self, winner: tuple[float, float], leaders: Sequence[_Leader]) -> int:
        """Give the rank of the leading place that a winner belongs to, -1 for none."""
        near = [float(self.stage.viewing.angle_deg(leader.place, winner)) for leader in leaders]
        return int(np.argmin(near)) if near and min(near) <= LEADER_DEG else -1


class _TimeAxis:
    """A bar for each rest of the gaze, filled as it goes by, and the present."""

    def __init__(self, stage: _Stage, rests: _Rests) -> None:
        self.left, self.right = float(GAP), float(stage.shape[1] - GAP)
        self.top, self.length = stage.shape[0] - AXIS, max(float(rests.end[-1]), 1e-9)
        self.ahead, self.gone = (self._drawn(rests, stage.shape[1], gone=gone) for gone in (False, True))

    def _x(self, time: float) -> float:
        return self.left + time / self.length * (self.right - self.left)

    def _drawn(self, rests: _Rests, width: int, *, gone: bool) -> Pixels:
        strip = np.full((AXIS, width, 3), 255, np.uint8)
        for number, (begin, end) in enumerate(zip(rests.begin.tolist(), rests.end.tolist(), strict=True)):
            full = (0, 90, 160) if number else (110, 110, 110)
            from_, to = round(self._x(begin)), round(self._x(end))
            cv2.rectangle(strip, (from_, 10), (max(from_, to - 1), 27), full if gone else PALE, cv2.FILLED)
            if number and to - from_ > 9 * len(str(number)):
                write_line(strip, str(number), ((from_ + to) / 2, 18.5), 12, WHITE if gone else INK, align=0.5)
        for tick in _ticks(self.length, (self.right - self.left) / 70):
            _line(strip, (self._x(tick), 30), (self._x(tick), 34), colour=INK, thin=True)
            align = 0.0 if tick == 0 else 1.0 if self._x(tick) > self.right - 14 else 0.5
            write_line(strip, f"{tick:g} s", (self._x(tick), 42), 12, INK, align=align)
        return strip

    def draw(self, canvas: Pixels, time: float) -> None:
        now = round(self._x(time))
        strip = canvas[self.top : self.top + AXIS]
        strip[:, :now], strip[:, now:] = self.gone[:, :now], self.ahead[:, now:]
        cv2.line(canvas, (now, self.top + 5), (now, self.top + 32), BLACK, 2)


def _ticks(span: float, most: float) -> list[float]:
    """Give round numbers from 0 to a span, at most so many."""
    steps = (digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5))
    step = next(step for step in steps if span / step <= max(most, 2))
    return [round(k * step, 9) for k in range(int(span / step + 1e-9) + 1)]


def subpixel(value: float) -> int:
    """Give a coordinate in the fractions of a pixel that OpenCV draws in."""
    return round(value * (1 << FRACTION_BITS))


def _round(
    picture: Pixels, place: Place, inner: float, outer: float, colour: tuple[int, int, int], opacity: float = 1.0
) -> None:
    """Paint what lies between two radii around a place, with smooth edges; all of the disc if the inner is negative."""
    left, top = (max(0, math.floor(side - outer) - 1) for side in place)
    right, bottom = (max(0, math.ceil(side + outer) + 2) for side in place)
    part = picture[top:bottom, left:right]
    y, x = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
    radius = np.hypot(x - place[0], y - place[1])
    cover = opacity * np.clip(outer + 0.5 - radius, 0, 1)
    if inner > 0:
        cover *= np.clip(radius - inner + 0.5, 0, 1)
    _paint(part, cover, colour)


def _paint(part: Pixels, cover: NDArray[Any], colour: tuple[int, int, int]) -> None:
    """Lay a colour over a part of a picture, as thick as `cover` (height, width) says, 0 to 1."""
    part[:] = np.rint(part + cover[..., np.newaxis] * (np.array(colour, np.float32) - part)).astype(np.uint8)


def _ring(picture: Pixels, place: Place, radius: float, *, thin: bool = False) -> None:
    half = 0.75 if thin else 1.5
    _round(picture, place, radius - half - 1, radius + half + 1, BLACK, 0.8)
    _round(picture, place, radius - half, radius + half, WHITE)


def _disc(picture: Pixels, place: Place, radius: float, colour: tuple[int, int, int], opacity: float = 1.0) -> None:
    _round(picture, place, -1, radius, colour, opacity)
    _round(picture, place, radius - 0.5, radius + 0.5, WHITE, opacity)


def _line(
    picture: Pixels, begin: Place, end: Place, *, colour: tuple[int, int, int] | None = None, thin: bool = False
) -> None:
    """Draw a line in a colour, or in white with black edges."""
    places = [(subpixel(x), subpixel(y)) for x, y in (begin, end)]
    strokes = [(BLACK, 3), (WHITE, 1)] if colour is None else [(colour, 1 if thin else 2)]
    for shade, width in strokes:
        cv2.line(picture, *places, shade, width, cv2.LINE_AA, FRACTION_BITS)


def _curve(picture: Pixels, places: NDArray[np.float64], colour: tuple[int, int, int]) -> None:
    points = np.rint(places * 2**FRACTION_BITS).astype(np.int32)
    cv2.polylines(picture, [points], False, colour, 2, cv2.LINE_AA, FRACTION_BITS)


def _square(picture: Pixels, place: Place, *, bold: bool) -> None:
    """Mark a place by a square around it."""
    corners = [(subpixel(place[0] + side), subpixel(place[1] + side)) for side in (-13, 13)]
    for colour, width in ((BLACK, 5 if bold else 3), (WHITE, 3 if bold else 1)):
        cv2.rectangle(picture, *corners, colour, width, cv2.LINE_AA, FRACTION_BITS)


def _letter(picture: Pixels, place: Place, rank: int) -> None:
    _disc(picture, place, 8, COLOURS[rank])
    write_line(picture, "ABCDE"[rank], place, 11, WHITE, align=0.5)


@lru_cache(maxsize=1024)
def line_of_text(text: str, size: int) -> NDArray[np.float32]:
    """Give the ink of a line of text, (height, width), 0 to 1."""
    from PIL import Image, ImageDraw, ImageFont

    font: Any = ImageFont.load_default(size)
    left, _, right, _ = font.getbbox(text)
    _, top, _, bottom = font.getbbox("A" if len(text) <= 2 else "Ag")  # lines of words stand on one level
    ink = Image.new("L", (max(1, math.ceil(right - left)), max(1, math.ceil(bottom - top))))
    ImageDraw.Draw(ink).text((-left, -top), text, fill=255, font=font)
    return np.asarray(ink).astype(np.float32) / np.float32(255)


def write_line(
    picture: Pixels, text: str, place: Place, size: int, colour: tuple[int, int, int], *, align: float = 0.0
) -> None:
    """Write a line of text: its middle on a level, and to the right of a place, or with `align` 0.5 or 1 elsewhere."""
    ink = line_of_text(text, size)
    left, top = round(place[0] + 0.5 - align * ink.shape[1]), round(place[1] + 0.5 - ink.shape[0] / 2)
    part = picture[max(0, top) : max(0, top + ink.shape[0]), max(0, left) : max(0, left + ink.shape[1])]
    above, before = max(0, -top), max(0, -left)
    _paint(part, ink[above : above + part.shape[0], before : before + part.shape[1]], colour)
