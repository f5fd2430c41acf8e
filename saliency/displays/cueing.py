"""Trials with a cue: Posner's cueing task, and the probe for inhibition of return."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_one_of
from foveation.viewing import Viewing
from saliency.displays.display import DARK, VIEWING, WHITE, boxes_of, check_background, check_room
from saliency.displays.items import Colour, Item, Stroke, arc, line

CUES = ("flash", "arrow", "neutral")


class _Show(NamedTuple):
    """An item that is to be seen at a place from one time to another, in seconds; sizes in degrees."""

    item: Item
    place: tuple[float, float]
    since: float = -np.inf
    until: float = np.inf

    def seen(self, now: float) -> bool:
        """Whether it is to be seen at a time."""
        return self.since <= now < self.until


class _Course(NamedTuple):
    """When the cue and the target of a trial appear and the trial ends, in seconds, and the flashes that cue."""

    cue_s: float
    target_s: float
    end_s: float
    cues: Sequence[_Show]
    recues: Sequence[_Show] = ()

    def event(self, now: float) -> str:
        """Say what is newest to be seen at a time."""
        if now >= self.target_s:
            return "target"
        if any(show.seen(now) for show in self.recues):
            return "recue"
        if any(show.seen(now) for show in self.cues):
            return "cue"
        return "wait" if now >= self.cue_s else "fixation"


@dataclass(frozen=True, kw_only=True)
class CueingTrial:
    """What one sees in a trial with a cue: pictures, each from its own time to that of the next.

    Parameters
    ----------
    frames : array of float32, shape (t, height, width, 3)
    times : array of float, shape (t,)
        When each appears, in seconds from the start, 0.
    events : tuple of str
        What each shows: "fixation", "cue", "wait", "recue" or "target".
    end_s : float
        When the last one ends, in seconds.
    soa_s : float
        From the start of the cue to that of the target, in seconds.
    fixation : tuple of float
        Where the eye is to rest, (x, y) in pixels.
    places, boxes : array of float, shape (n, 2) and (n, 4)
        Centres of the boxes in which a target may come, and their edges: left, top, width, height.
    cued : tuple of float or None
        Centre of the box that the cue marks or points to; None if it tells nothing.
    target : tuple of float
        Centre of the target.
    viewing : Viewing
        The screen.
    """

    frames: NDArray[np.float32]
    times: NDArray[np.float64]
    events: tuple[str, ...]
    end_s: float
    soa_s: float
    fixation: tuple[float, float]
    places: NDArray[np.float64]
    boxes: NDArray[np.float64]
    cued: tuple[float, float] | None
    target: tuple[float, float]
    viewing: Viewing

    @property
    def valid(self) -> bool | None:
        """Whether the target comes where the cue was; None if the cue tells nothing."""
        return None if self.cued is None else self.cued == self.target

    @property
    def distance_deg(self) -> float:
        """Angle between the cued place and the target, in degrees; NaN if the cue tells nothing."""
        return np.nan if self.cued is None else float(self.viewing.angle_deg(self.cued, self.target))

    def at(self, seconds: float) -> NDArray[np.float32]:
        """Give the picture (height, width, 3) that is to be seen at a time.

        Raises
        ------
        ValueError
            If the trial has not begun or is over.
        """
        check_number(seconds, f"a time from 0 to {self.end_s:g} s, when the trial ends", least=0, below=self.end_s)
        frame: NDArray[np.float32] = self.frames[int(np.searchsorted(self.times, seconds, side="right")) - 1]
        return frame


def _cross(colour: Colour) -> Item:
    strokes = (line((-0.3, 0), (0.3, 0), 0.15), line((0, 0.3), (0, -0.3), 0.15))
    return Item(label="fixation", strokes=strokes, colour=colour)


def _frame(width: float, colour: Colour) -> Item:
    """Give the outline of a box 2 degrees wide and high."""
    side, middle = 2.0, 1.0 - width / 2
    strokes = [Stroke(middle, 0, side, width).turned(angle) for angle in (0, 90, 180, 270)]
    return Item(label="box", strokes=tuple(strokes), colour=colour)


def _arrow(*, both: bool) -> Item:
    """Give an arrow to the right, or one with two heads, which tells nothing."""
    heads = [line((1.0, 0), (0.6, y), 0.12) for y in (-0.4, 0.4)]
    if both:
        heads += [stroke.turned(180) for stroke in heads]
    return Item(label="arrow", strokes=(line((-1.0, 0), (1.0, 0), 0.12), *heads), colour=WHITE)


_PLAIN_BOX, _BRIGHT_BOX = _frame(0.15, DARK), _frame(0.25, WHITE)
_PROBE = Item(label="target", strokes=(arc((0, 0), 0.25, 0.5),), colour=WHITE)


def posner(
    cue: str = "flash",
    *,
    valid: bool = True,
    soa_s: float = 0.1,
    side: str | None = None,
    eccentricity_deg: float = 7.0,
    fixation_s: float = 0.5,
    cue_s: float = 0.05,
    target_s: float = 1.0,
    background: float = 0.5,
    viewing: Viewing = VIEWING,
    rng: np.random.Generator | int = 0,
) -> CueingTrial:
    """Give a trial of Posner's: a cue to the left or right, and later a target there or on the other side.

    Boxes mark the two places. Sizes are those at the screen's centre: boxes of 2 degrees, a target of 1.

    Parameters
    ----------
    cue : str
        "flash": the box lights up for `cue_s` (exogenous); "arrow": an arrow at the centre points to it and stays
        (endogenous); "neutral": an arrow with two heads stays, which tells nothing.
    valid : bool
        Whether the target comes on the cued side; means nothing for a neutral cue.
    soa_s : float
        From the start of the cue to that of the target, in seconds, 0 or more.
    side : str or None
        Side of the target, "left" or "right"; None: by chance.
    eccentricity_deg : float
        Angle between the centre and the middle of each box, in degrees.
    fixation_s, cue_s, target_s : float
        How long there is nothing but the cross and the boxes before the cue, how long a flash lasts, and for how long
        the target stays, in seconds.
    background : float
        Grey level of the ground, from 0 to 1.
    viewing : Viewing
        The screen; its pixels are those of the picture.
    rng : Generator or int
        Draws the side of the target.

    Raises
    ------
    ValueError
        If there is no such cue or side, a time is not positive, or the boxes leave the screen.

    References
    ----------
    Posner (1980), Orienting of attention, Quarterly Journal of Experimental Psychology 32. Times and sizes are ours.

    Examples
    --------
    >>> trial = posner("flash", valid=False, soa_s=0.1, side="right")
    >>> trial.events, trial.times.round(3).tolist(), trial.valid, round(trial.distance_deg, 6)
    (('fixation', 'cue', 'wait', 'target'), [0.0, 0.5, 0.55, 0.6], False, 14.0)
    """
    check_one_of("cue", cue, CUES)
    if side not in (None, "left", "right"):
        raise ValueError(f"expected the side 'left' or 'right', or None, got '{side}'")
    _check_times(soa_s, fixation_s=fixation_s, cue_s=cue_s, target_s=target_s)
    by_chance = int(np.random.default_rng(rng).integers(2))
    target = by_chance if side is None else ("left", "right").index(side)
    cued = target if valid else 1 - target
    places = _around((180.0, 0.0), eccentricity_deg, viewing)
    if cue == "flash":
        cues = [_Show(_BRIGHT_BOX, places[cued], fixation_s, fixation_s + cue_s)]
    else:
        arrow = _arrow(both=cue == "neutral").turned(180 * (1 - cued))
        cues = [_Show(arrow, viewing.centre, fixation_s)]
    course = _Course(fixation_s, fixation_s + soa_s, fixation_s + soa_s + target_s, cues)
    return _trial(course, soa_s, places, None if cue == "neutral" else cued, target, background, viewing)


def inhibition_probe(
    turn_deg: float = 0.0,
    *,
    soa_s: float = 0.6,
    recue_s: float | None = 0.3,
    places: int = 8,
    eccentricity_deg: float = 7.0,
    direction_deg: float | None = None,
    fixation_s: float = 0.5,
    cue_s: float = 0.05,
    target_s: float = 1.0,
    background: float = 0.5,
    viewing: Viewing = VIEWING,
    rng: np.random.Generator | int = 0,
) -> CueingTrial:
    """Give a trial that probes inhibition of return: a flash, a flash at the centre, then a target near or far from it.

    Parameters
    ----------
    turn_deg : float
        How far around the centre the target lies from the cued box, in degrees counter-clockwise: a whole number of
        boxes. 0: the same box; 180: the opposite one.
    soa_s : float
        From the start of the cue to that of the target, in seconds.
    recue_s : float or None
        When the centre flashes, which brings attention back, in seconds from the start of the cue; None: it does not.
    places : int
        Number of boxes around the centre, at least 2.
    eccentricity_deg : float
        Angle between the centre and the middle of each box, in degrees.
    direction_deg : float or None
        Direction of the cued box, in degrees counter-clockwise from the right; the other boxes follow. None: one of
        `places` by chance.
    fixation_s, cue_s, target_s, background, viewing, rng
        See `posner`; `cue_s` is also how long the centre flashes.

    Raises
    ------
    ValueError
        If the target would not lie in a box, boxes overlap or leave the screen, or times are out of order.

    References
    ----------
    Posner and Cohen (1984), Components of visual orienting, Attention and Performance X; Klein (2000), Inhibition of
    return, Trends in Cognitive Sciences 4. Times and sizes are ours.

    Examples
    --------
    >>> [round(inhibition_probe(turn, direction_deg=0).distance_deg, 2) for turn in (0, 45, 180)]
    [0.0, 5.35, 14.0]
    >>> inhibition_probe(90).events
    ('fixation', 'cue', 'wait', 'recue', 'wait', 'target')
    """
    _check_times(soa_s, fixation_s=fixation_s, cue_s=cue_s, target_s=target_s)
    if recue_s is not None and not cue_s <= recue_s <= soa_s - cue_s:
        raise ValueError(
            f"expected the flash at the centre between the cue and the target, from {cue_s:g} to {soa_s - cue_s:g} s "
            f"after the cue, got {recue_s}"
        )
    boxes = _boxes_apart(turn_deg, places)
    by_chance = int(np.random.default_rng(rng).integers(places))
    start = 360 / places * by_chance if direction_deg is None else direction_deg
    centres = _around(start + 360 / places * np.arange(places), eccentricity_deg, viewing)
    cue = _Show(_BRIGHT_BOX, centres[0], fixation_s, fixation_s + cue_s)
    recues = []
    if recue_s is not None:
        back = fixation_s + recue_s
        recues = [_Show(_BRIGHT_BOX.scaled(0.5), viewing.centre, back, back + cue_s)]
    course = _Course(fixation_s, fixation_s + soa_s, fixation_s + soa_s + target_s, [cue], recues)
    return _trial(course, soa_s, centres, 0, boxes, background, viewing)


def _boxes_apart(turn_deg: float, places: int) -> int:
    """Give how many boxes of `places` around the centre a turn goes on."""
    check_number(places, "at least 2 boxes", least=2)
    steps = turn_deg * places / 360
    if not abs(steps - np.rint(steps)) < 1e-9:
        raise ValueError(f"expected a turn by whole boxes, {360 / places:g} degrees apart, got {turn_deg}")
    return int(np.rint(steps)) % places


def _check_times(soa_s: float, **seconds: float) -> None:
    check_number(soa_s, "a time of 0 s or more from cue to target", least=0)
    for name, value in seconds.items():
        check_number(value, f"a positive {name}", above=0)


def _around(directions_deg: ArrayLike, eccentricity_deg: float, viewing: Viewing) -> list[tuple[float, float]]:
    """Give places in pixels around the centre, exact angles from it."""
    check_number(eccentricity_deg, "an eccentricity between 0 and 90 degrees", above=0, below=90)
    angle = np.radians(directions_deg)
    places = viewing.pixels(eccentricity_deg * np.stack([np.cos(angle), np.sin(angle)], axis=-1))
    return [(x, y) for x, y in places.tolist()]


def _trial(
    course: _Course,
    soa_s: float,
    places: Sequence[tuple[float, float]],
    cued: int | None,
    target: int,
    background: float,
    viewing: Viewing,
) -> CueingTrial:
    """Draw the frames of a trial: the cross and the boxes all the time, the cues and the target in their turn."""
    check_background(background)
    probe = _Show(_PROBE, places[target], course.target_s)
    plain = [_Show(_cross(DARK), viewing.centre), *(_Show(_PLAIN_BOX, place) for place in places)]
    shows = [
        show._replace(item=show.item.scaled(viewing.pixels_per_degree))
        for show in (*plain, *course.cues, *course.recues, probe)
    ]
    boxes = boxes_of([show.item for show in shows[: 1 + len(places)]], np.array([viewing.centre, *places]))
    check_room(boxes, "boxes", viewing)
    times = sorted({0.0} | {time for show in shows for time in (show.since, show.until) if 0 < time < course.end_s})
    return CueingTrial(
        frames=_frames(shows, times, background, viewing),
        times=np.array(times),
        events=tuple(course.event(now) for now in times),
        end_s=course.end_s,
        soa_s=soa_s,
        fixation=viewing.centre,
        places=np.array(places),
        boxes=boxes[1:],
        cued=None if cued is None else places[cued],
        target=places[target],
        viewing=viewing,
    )


def _frames(shows: Sequence[_Show], times: Sequence[float], background: float, viewing: Viewing) -> NDArray[np.float32]:
    """Draw what is to be seen from each time on."""
    frames = np.full((len(times), *viewing.screen_px[::-1], 3), background, np.float32)
    for frame, now in zip(frames, times, strict=True):
        for show in shows:
            if show.seen(now):
                show.item.draw(frame, show.place)
    return frames
