"""Items of displays: things drawn with a few straight or bent strokes, exact to a fraction of a pixel."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields
from saliency.displays import kernels

Colour = tuple[float, float, float]
RIM_STEP_DEG = 1.0  # between points on the rim of a bent stroke
MARGIN = 1.5  # side of an item's own picture, over the item's diameter
ROUND_OFF = 1e-9


def _unit(angle_deg: float) -> tuple[float, float]:
    """Cosine and sine, exact for quarter turns."""
    angle = np.radians(angle_deg)
    return round(float(np.cos(angle)), 15), round(float(np.sin(angle)), 15)


class Stroke(NamedTuple):
    """A band of even width with square ends, straight or bent like a piece of a ring.

    Parameters
    ----------
    x, y : float
        Middle of its centre line; x to the right, y down, from the item's place.
    length, width : float
        Along the centre line, and across; positive.
    direction_deg : float
        Direction at its middle, in degrees counter-clockwise from rightward.
    bend_deg : float
        How far it turns to the left from end to end, from 0 (straight) to 360 (a ring).
    """

    x: float
    y: float
    length: float
    width: float
    direction_deg: float = 90.0
    bend_deg: float = 0.0

    @property
    def radius(self) -> float:
        """Radius of the centre line; infinite if straight."""
        return self.length / float(np.radians(self.bend_deg)) if self.bend_deg else np.inf

    def turned(self, angle_deg: float) -> Self:
        """Turn it around the item's place, counter-clockwise."""
        cosine, sine = _unit(angle_deg)
        x, y = self.x * cosine + self.y * sine, self.y * cosine - self.x * sine
        return self._replace(x=x, y=y, direction_deg=self.direction_deg + angle_deg)

    def scaled(self, factor: float) -> Self:
        """Make it so many times as large."""
        x, y, length, width = (factor * value for value in self[:4])
        return self._replace(x=x, y=y, length=length, width=width)

    def row(self) -> tuple[float, ...]:
        """Give what `kernels.fill_strokes` takes; a ring has no ends, and a disc no inner rim."""
        half = self.width / 2
        reach = self.length / 2 if self.bend_deg < 360 else np.inf
        inward = half if half < self.radius * (1 - ROUND_OFF) else np.inf
        return self.x, self.y, *_unit(self.direction_deg), reach, inward, half, self.radius

    def rim(self) -> NDArray[np.float64]:
        """Points (n, 2) on its outline, all corners among them."""
        along = np.linspace(-0.5, 0.5, 2 + int(self.bend_deg / RIM_STEP_DEG))[:, np.newaxis] * self.length
        across = np.array([-0.5, 0.5]) * self.width
        if self.bend_deg:
            turn, outward = along / self.radius, self.radius - across
            along, across = np.sin(turn) * outward, self.radius - np.cos(turn) * outward
        cosine, sine = _unit(self.direction_deg)
        x, y = self.x + along * cosine - across * sine, self.y - along * sine - across * cosine
        return np.stack([x, y], axis=-1).reshape(-1, 2)


def line(start: tuple[float, float], end: tuple[float, float], width: float) -> Stroke:
    """Give the straight stroke from one point to another.

    Examples
    --------
    >>> line((0, 1), (0, -1), 0.5)
    Stroke(x=0.0, y=0.0, length=2.0, width=0.5, direction_deg=90.0, bend_deg=0.0)
    """
    across, up = end[0] - start[0], start[1] - end[1]
    direction = float(np.degrees(np.arctan2(up, across)))
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    return Stroke(*middle, float(np.hypot(across, up)), width, direction)


def arc(
    centre: tuple[float, float], radius: float, width: float, *, facing_deg: float = 0.0, bend_deg: float = 360.0
) -> Stroke:
    """Give a piece of a ring around a centre: so many degrees of it, its middle in the direction it faces.

    Examples
    --------
    >>> ring = arc((0, 0), 0.65, 0.2)
    >>> round(ring.radius, 6), ring.rim().max(axis=0).round(3)
    (0.65, array([0.75, 0.75]))
    """
    cosine, sine = _unit(facing_deg)
    x, y = centre[0] + radius * cosine, centre[1] - radius * sine
    return Stroke(x, y, radius * float(np.radians(bend_deg)), width, facing_deg + 90, bend_deg)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A thing in a display: what it is called, its strokes, its colour, and how it moves.

    Lengths are in degrees where a search is described and in pixels in a display. A pixel takes as much of the colour
    as the strokes cover of it, so that sizes and places need not be whole pixels.

    Parameters
    ----------
    label : str
        Such as "red vertical".
    strokes : tuple of Stroke
        They may overlap.
    colour : tuple of float
        Red, green and blue, from 0 to 1.
    velocity : tuple of float
        Lengths per second, rightward and upward.

    Raises
    ------
    ValueError
        If there is no stroke, one has no size or bends beyond a ring, or the colour is none.

    Examples
    --------
    >>> bar = Item(label="bar", strokes=(Stroke(0, 0, 6, 2),), colour=(1, 1, 1))
    >>> bar.box, bar.turned(90).box
    ((-1.0, -3.0, 2.0, 6.0), (-3.0, -1.0, 6.0, 2.0))
    >>> image = np.zeros((5, 10, 3), np.float32)
    >>> bar.turned(90).draw(image, (4.5, 2.0))
    >>> image[:, :, 0]
    array([[0. , 0. , 0. , 0. , 0. , 0. , 0. , 0. , 0. , 0. ],
           [0. , 0. , 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0. , 0. ],
           [0. , 0. , 1. , 1. , 1. , 1. , 1. , 1. , 0. , 0. ],
           [0. , 0. , 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0. , 0. , 0. , 0. , 0. , 0. , 0. , 0. ]], dtype=float32)
    """

    label: str
    strokes: tuple[Stroke, ...]
    colour: Colour
    velocity: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.strokes:
            raise ValueError(f"expected at least one stroke in the item '{self.label}', got none")
        for stroke in self.strokes:
            if not (np.isfinite(stroke).all() and min(stroke.length, stroke.width) > 0 and 0 <= stroke.bend_deg <= 360):
                raise ValueError(f"expected strokes of positive size that bend by 0 to 360 degrees, got {stroke}")
        if len(self.colour) != 3 or not all(0 <= value <= 1 for value in self.colour):
            raise ValueError(f"expected a colour of red, green and blue from 0 to 1, got {self.colour}")

    def turned(self, angle_deg: float, label: str | None = None) -> Self:
        """Give the item turned counter-clockwise around its place, and perhaps called otherwise."""
        strokes = tuple(stroke.turned(angle_deg) for stroke in self.strokes)
        return replace(self, strokes=strokes, label=self.label if label is None else label)

    def scaled(self, factor: float) -> Self:
        """Give the item so many times as large (and as fast)."""
        strokes = tuple(stroke.scaled(factor) for stroke in self.strokes)
        return replace(self, strokes=strokes, velocity=(factor * self.velocity[0], factor * self.velocity[1]))

    @cached_property
    def _rim(self) -> NDArray[np.float64]:
        return np.concatenate([stroke.rim() for stroke in self.strokes])

    @cached_property
    def _rows(self) -> NDArray[np.float64]:
        return np.array([stroke.row() for stroke in self.strokes])

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left and top edge relative to the item's place, width, and height."""
        (left, top), (right, bottom) = self._rim.min(axis=0).tolist(), self._rim.max(axis=0).tolist()
        return left, top, right - left, bottom - top

    @cached_property
    def diameter(self) -> float:
        """Of the circle around its place that holds it however it is turned."""
        return 2 * float(np.linalg.norm(self._rim, axis=1).max())

    def draw(self, image: NDArray[np.float32], place: tuple[float, float]) -> None:
        """Paint it into a picture (height, width, 3) at (x, y) in pixels; what lies outside is left out."""
        left, top, width, height = self.box
        right, bottom = place[0] + left + width, place[1] + top + height
        window = int(place[0] + left) - 2, int(right) + 2, int(place[1] + top) - 2, int(bottom) + 2
        kernels.fill_strokes(image, self._rows, np.array(self.colour, np.float64), place, window)

    def picture(self, background: float = 0.5, side: int | None = None) -> NDArray[np.float32]:
        """Draw it alone, in the middle of a square of 1.5 times its diameter, or of so many pixels."""
        pixels = int(np.ceil(MARGIN * self.diameter)) if side is None else side
        image = np.full((pixels, pixels, 3), background, np.float32)
        self.draw(image, ((pixels - 1) / 2, (pixels - 1) / 2))
        return image


def _bowl(x: float, y: float, radius: float, facing_deg: float, bend_deg: float = 180.0) -> Stroke:
    return arc((x, y), radius, 1.0, facing_deg=facing_deg, bend_deg=bend_deg)


def _bar(*ends: float) -> Stroke:
    return line((ends[0], ends[1]), (ends[2], ends[3]), 1.0)


_LEFT, _RIGHT = _bar(-2, 2.5, -2, -2.5), _bar(2, 2.5, 2, -2.5)
# Sloan's ten letters, 5 high with strokes 1 wide; straight parts reach a little into bent ones
LETTERS: dict[str, tuple[Stroke, ...]] = {
    "C": (_bowl(0, 0, 2, 180, 300),),
    "D": (_LEFT, _bar(-2.5, -2, 0.2, -2), _bowl(0, 0, 2, 0), _bar(-2.5, 2, 0.2, 2)),
    "H": (_LEFT, _bar(-2, 0, 2, 0), _RIGHT),
    "K": (_LEFT, _bar(-2, 0.9, 2, -2.1), _bar(-0.4, -0.6, 2, 2.1)),
    "N": (_LEFT, _bar(-2, -2, 2, 2), _RIGHT),
    "O": (_bowl(0, 0, 2, 0, 360),),
    "R": (_LEFT, _bar(-2.5, -2, 1.2, -2), _bowl(1, -1, 1, 0), _bar(-2, 0, 1.2, 0), _bar(-0.2, 0, 2, 2.2)),
    "S": (
        _bar(-1.2, -2, 2.5, -2),
        _bowl(-1, -1, 1, 180),
        _bar(-1.2, 0, 1.2, 0),
        _bowl(1, 1, 1, 0),
        _bar(-2.5, 2, 1.2, 2),
    ),
    "V": (_bar(-2, -2.3, 0, 2.2), _bar(2, -2.3, 0, 2.2)),
    "Z": (_bar(-2.5, -2, 2.5, -2), _bar(2, -2, -2, 2), _bar(-2.5, 2, 2.5, 2)),
}
