"""A scanpath as a film, in true time: the gaze, what the eye sees, the priority, and how the next place is chosen.

Frames are drawn by OpenCV, and words by Pillow, which comes with Matplotlib and scikit-image.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, Frame, GeislerPerry, Viewing, gaze_trace, saccade_duration
from foveation.checks import check_number
from neural.films.paint import GAP, INK, TITLE, WIDEST_PX, write_line
from neural.films.panels import (
    PANELS,
    PATH_PANELS,
    BarsPanel,
    Choice,
    GazePanel,
    Moment,
    Panel,
    PriorityPanel,
    RacePanel,
    Rests,
    RetinaPanel,
    Stage,
    TimeAxis,
)
from neural.observer.gaze import scanpath_of
from neural.observer.observer import Observer
from neural.observer.parts import Parts
from neural.observer.presentation import Glance
from saliency import Gate, Scanpath, Winner
from saliency.gate.gates import RacingGate


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
    - "race": how it is chosen. For a race such as `WinnerTakeAll`, the membrane potentials of the leading units as they
      rise to the threshold, on the clock of the fixation: with `DecisionTiming`, whose random factor stretches the
      decision with the fixation, the race is stretched too. For other gates, the probability that the gaze lands within
      1.5 degrees of each leading place, or, where a gate does not draw, their priority.

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
    stage = Stage(image, viewing, panels, width)
    rate = _checked_rate(fps, slow)
    choices = list(_choices(observer, image, viewing, {"duration": duration, "rng": rng, "start": start}))
    path = scanpath_of([choice.glance for choice in choices], stage.viewing, duration)
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
    stage = Stage(image, path.viewing, panels, width)
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
    check_number(fps, "a positive frames per second", above=0)
    check_number(slow, "a positive factor of slowness", above=0)
    return fps * slow


@dataclass(frozen=True)
class _Noted:
    """A gate that notes the drives of its units, with their noise, as it races; else it is as it was."""

    gate: RacingGate
    drives: list[NDArray[np.float64]]

    def __call__(self, priority: NDArray[np.float32], rng: np.random.Generator | int = 0) -> Winner | None:
        self.drives.append(self.gate.drive(priority, deepcopy(rng)))
        return self.gate(priority, rng)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.gate, name)


def _races(gate: Gate | None) -> bool:
    """Whether a gate is a race of units whose potentials can be shown."""
    return hasattr(gate, "drive") and hasattr(gate, "potentials")


def _choices(observer: Observer, image: ArrayLike, viewing: Viewing, how: dict[str, Any]) -> Iterator[Choice]:
    """Let the observer look, and note what was decided on; what was seen is not kept."""
    drives: list[NDArray[np.float64]] = []
    gate: Any = observer.gate
    noted = replace(observer, gate=_Noted(gate, drives)) if _races(gate) else observer
    for glance in noted.glances(image, viewing, **how):
        drive = drives.pop() if drives else None
        weights = gate.weights(glance.priority) if observer.parts.draws else None
        nothing = np.empty((0, 0), np.float32)
        yield Choice(glance._replace(retina=nothing, map=nothing), _decided(observer.parts, glance), drive, weights)


def _decided(parts: Parts, glance: Glance) -> float:
    """Give how long after the landing the next place was decided; infinity if none was."""
    if glance.winner is None:
        return math.inf
    timing: Any = parts.timing
    if hasattr(timing, "decision_time"):
        return float(timing.decision_time(glance.latency, glance.duration))
    return glance.duration if parts.draws else min(glance.latency, glance.duration)


def _film(
    stage: Stage,
    path: Scanpath,
    eye: Acuity | None,
    rate: float,
    fps: float,
    choices: Sequence[Choice] = (),
    gate: Gate | None = None,
) -> Iterator[Frame]:
    trace, rests = gaze_trace(path, rate), Rests.of(path)
    made: dict[str, Callable[[], Panel]] = {
        "gaze": lambda: GazePanel(stage, rests),
        "retina": lambda: RetinaPanel(stage, eye),
        "priority": lambda: PriorityPanel(stage, choices),
        "race": lambda: (
            RacePanel(stage, choices, cast("RacingGate", gate)) if _races(gate) else BarsPanel(stage, choices)
        ),
    }
    panels = [made[name]() for name in stage.panels]
    return _frames(stage, panels, TimeAxis(stage, rests), trace.time, trace.places, path.onset, rate, fps)


def _frames(
    stage: Stage,
    panels: Sequence["Panel"],
    axis: "TimeAxis",
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
        moment = Moment(time, (gaze[0], gaze[1]), int(np.searchsorted(onsets, time, side="right")))
        canvas = blank.copy()
        for number, panel in enumerate(panels):
            drawn = panel.draw(moment)
            top, left = (int(side) for side in stage.corner(number))
            top, left = top + (stage.box[0] - drawn.shape[0]) // 2, left + (stage.box[1] - drawn.shape[1]) // 2
            canvas[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
        axis.draw(canvas, time)
        write_line(canvas, f"{time:.2f} s{slower}", (stage.shape[1] - GAP, TITLE / 2), 14, INK, align=1.0)
        yield Frame(k / fps, canvas)
