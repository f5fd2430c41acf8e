"""Displays of the classic experiments on attention: search among items, cues, and letters that crowd each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.pooling import polar_deg, polar_places
from foveation.viewing import Viewing
from saliency.items import LETTERS, Colour, Item, Stroke, arc, line

GREEN, RED = (0.1, 0.7, 0.1), (0.8, 0.1, 0.1)
DARK, LIGHT, WHITE = (0.2, 0.2, 0.2), (0.8, 0.8, 0.8), (1.0, 1.0, 1.0)
VIEWING = Viewing.from_pixels_per_degree(20, (480, 480))
SET_SIZES = (3, 6, 12, 18)  # Wolfe, Palmer and Horowitz (2010)
GAP_PX = 2.0  # at least, between the circles that hold neighbouring items
FRAME_S = 0.04
LAYOUTS = ("grid", "ring")
CUES = ("flash", "arrow", "neutral")
FLANKERS = {"radial": (0.0, 180.0), "tangential": (90.0, -90.0), "none": ()}  # turned from the line to the gaze


@dataclass(frozen=True, kw_only=True)
class Display:
    """A search display and the truth about it, in pixels.

    Parameters
    ----------
    frames : array of float32, shape (t, height, width, 3)
        One picture, or the pictures of a film.
    times : array of float, shape (t,)
        When each frame appears, in seconds.
    items : array of float, shape (n, 2)
        Centres (x, y) of all items, the target among them; in a film, of its middle frame.
    drawn : tuple of Item
        What stands at these places.
    target_index : int or None
        Which item is the target; None if it is absent.
    targets, distractors : tuple of Item
        Every look that the target, and that the others, may have in this search, whether shown here or not.
    background : float
        Grey level of the ground, from 0 to 1.
    viewing : Viewing
        The screen.
    """

    frames: NDArray[np.float32]
    times: NDArray[np.float64]
    items: NDArray[np.float64]
    drawn: tuple[Item, ...]
    target_index: int | None
    targets: tuple[Item, ...]
    distractors: tuple[Item, ...]
    background: float
    viewing: Viewing

    @property
    def image(self) -> NDArray[np.float32]:
        """The picture (height, width, 3), from 0 to 1; of a film, its middle frame."""
        image: NDArray[np.float32] = self.frames[len(self.frames) // 2]
        return image

    @property
    def present(self) -> bool:
        """Whether the target is among the items."""
        return self.target_index is not None

    @property
    def target(self) -> tuple[float, float] | None:
        """Centre (x, y) of the target; None if it is absent."""
        if self.target_index is None:
            return None
        x, y = self.items[self.target_index].tolist()
        return x, y

    @property
    def labels(self) -> tuple[str, ...]:
        """What the items are called, such as "red vertical"."""
        return tuple(item.label for item in self.drawn)

    @property
    def boxes(self) -> NDArray[np.float64]:
        """Boxes (n, 4) that hold the items exactly: left, top, width, height.

        Edges, not pixel centres: an item that fills pixel 3 alone has its left edge at 2.5 and is 1 wide.
        """
        return _boxes(self.drawn, self.items)

    @property
    def target_items(self) -> tuple[NDArray[np.float32], ...]:
        """Small pictures (side, side, 3) of `targets`, on the display's ground, as large as `distractor_items`."""
        return tuple(item.picture(self.background, self._side) for item in self.targets)

    @property
    def distractor_items(self) -> tuple[NDArray[np.float32], ...]:
        """Small pictures (side, side, 3) of `distractors`, on the display's ground."""
        return tuple(item.picture(self.background, self._side) for item in self.distractors)

    @property
    def _side(self) -> int:
        return max(len(item.picture()) for item in (*self.targets, *self.distractors))


def _boxes(drawn: Sequence[Item], places: NDArray[np.float64]) -> NDArray[np.float64]:
    boxes = np.array([item.box for item in drawn], np.float64).reshape(-1, 4)
    boxes[:, :2] += places
    return boxes


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is searched for, and among what: sizes in degrees.

    Parameters
    ----------
    targets : tuple of Item
        Looks of the target; a display has one of them, drawn by chance.
    distractors : tuple of Item
        Looks of the others; a display has as many of each as can be, and chance decides about the rest.
    frames : int
        Pictures of the film, 40 ms apart; 1: a picture.

    Raises
    ------
    ValueError
        If there is no target, no distractor, or no frame.

    Examples
    --------
    >>> [item.label for item in SEARCHES["conjunction"].distractors]
    ['red horizontal', 'green vertical']
    """

    targets: tuple[Item, ...]
    distractors: tuple[Item, ...]
    frames: int = 1

    def __post_init__(self) -> None:
        if not self.targets or not self.distractors or self.frames < 1:
            raise ValueError(
                "expected at least one look of the target, one of the others, and one frame, "
                f"got {len(self.targets)}, {len(self.distractors)} and {self.frames}"
            )

    def scaled(self, factor: float) -> "Search":
        """Give the search with everything so many times as large."""
        targets, distractors = (tuple(i.scaled(factor) for i in looks) for looks in (self.targets, self.distractors))
        return replace(self, targets=targets, distractors=distractors)

    @property
    def reach(self) -> float:
        """Diameter of the circle in which any of the items stays, however it is turned and wherever it moves."""
        duration = (self.frames - 1) * FRAME_S
        return max(i.diameter + float(np.hypot(*i.velocity)) * duration for i in (*self.targets, *self.distractors))


@lru_cache(maxsize=64)
def _in_pixels(search: Search, factor: float) -> Search:
    return search.scaled(factor)


def _bar(label: str, colour: Colour = DARK, *, angle_deg: float = 0.0, width: float = 1.0, length: float = 3.5) -> Item:
    """Give an upright bar, turned counter-clockwise; 1 x 3.5 degrees as in Wolfe, Palmer and Horowitz (2010)."""
    return Item(label=label, strokes=(Stroke(0, 0, length, width),), colour=colour).turned(angle_deg)


def _four(item: Item) -> tuple[Item, ...]:
    return tuple(item.turned(angle) for angle in (0, 90, 180, 270))


def _digit(label: str, sign: int) -> Item:
    """Give the digital 2 (sign 1) or its mirror image, the 5 (-1): 1.5 x 2.7 degrees."""
    levels = [line((-0.75, y), (0.75, y), 0.3) for y in (-1.2, 0.0, 1.2)]
    sides = [line((sign * side * 0.6, 0.15 * side), (sign * side * 0.6, -1.35 * side), 0.3) for side in (1, -1)]
    return Item(label=label, strokes=(*levels, *sides), colour=DARK)


def _moving(speed: float) -> tuple[Item, ...]:
    """Give a disc that moves to the right, up, to the left, or down."""
    disc = Item(label="moving", strokes=(arc((0, 0), 0.25, 0.5),), colour=DARK)
    return tuple(replace(disc, velocity=(speed * x, speed * y)) for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1)))


_VERTICAL, _TILTED = (_bar(n, angle_deg=a, width=0.4, length=2) for n, a in (("vertical", 0.0), ("tilted", -20.0)))
_STRAIGHT, _CURVED = (
    Item(label=name, strokes=(Stroke(0, 0, 2, 0.25, bend_deg=bend),), colour=DARK)
    for name, bend in (("straight", 0.0), ("curved", 90.0))
)
_RING, _TAIL = arc((0, 0), 0.65, 0.2), line((0, 0.4), (0, 1.1), 0.2)
_O, _Q = (Item(label=n, strokes=s, colour=DARK) for n, s in (("O", (_RING,)), ("Q", (_RING, _TAIL))))
_T, _L = (
    Item(label=name, strokes=(line((-0.75, y), (0.75, y), 0.3), line((x, 0.75), (x, -0.75), 0.3)), colour=DARK)
    for name, x, y in (("T", 0.0, -0.6), ("L", -0.6, 0.6))
)

SEARCHES: dict[str, Search] = {
    "pop-out-colour": Search(targets=(_bar("red", RED),), distractors=(_bar("green", GREEN),)),
    "pop-out-orientation": Search(targets=(_bar("horizontal", angle_deg=90),), distractors=(_bar("vertical"),)),
    "pop-out-size": Search(
        targets=(_bar("large"),),
        distractors=(_bar("small", width=0.5, length=1.75),),
    ),
    "pop-out-motion": Search(targets=_moving(3.0), distractors=(replace(_moving(0.0)[0], label="still"),), frames=9),
    "conjunction": Search(
        targets=(_bar("red vertical", RED),),
        distractors=(_bar("red horizontal", RED, angle_deg=90), _bar("green vertical", GREEN)),
    ),
    "t-among-l": Search(targets=_four(_T), distractors=_four(_L)),
    "2-among-5": Search(targets=(_digit("2", 1),), distractors=(_digit("5", -1),)),
    "q-among-o": Search(targets=(_Q,), distractors=(_O,)),
    "o-among-q": Search(targets=(_O,), distractors=(_Q,)),
    "tilted-among-vertical": Search(targets=(_TILTED,), distractors=(_VERTICAL,)),
    "vertical-among-tilted": Search(targets=(_VERTICAL,), distractors=(_TILTED,)),
    "curved-among-straight": Search(targets=(_CURVED,), distractors=(_STRAIGHT,)),
    "straight-among-curved": Search(targets=(_STRAIGHT,), distractors=(_CURVED,)),
}
SHORT = {"pop-out": "pop-out-colour"}


def search_display(
    kind: str | Search,
    items: int = 12,
    *,
    present: bool = True,
    layout: str = "grid",
    field_deg: float = 22.5,
    spacing_deg: float = 4.5,
    radius_deg: float = 8.0,
    scale: float = 1.0,
    background: float = 0.5,
    viewing: Viewing = VIEWING,
    rng: np.random.Generator | int = 0,
) -> Display:
    r"""Draw a display in which one looks for a target among others, and say where everything is.

    Items keep their size on the screen: one of :math:`s` degrees is :math:`s k` pixels long wherever it stands, where
    :math:`k` is the screen's `pixels_per_degree` at its centre. No two items overlap however they are turned.

    Parameters
    ----------
    kind : str or Search
        One of `SEARCHES` ("pop-out" is short for "pop-out-colour"), or a search of your own.
    items : int
        Number of items, the target among them, from 1 to the number of places.
    present : bool
        Whether the target is among them.
    layout : str
        "grid": in cells of a square field, drawn by chance, each item moved in its cell as far as nothing can overlap;
        "ring": evenly around the screen's centre, from a direction drawn by chance.
    field_deg : float
        Side of the field, edge to edge, in degrees of the flat screen; no more than the screen has is used. 22.5 and
        the bars' and digits' sizes are those of the experiment that `SET_SIZES` stems from [1]_.
    spacing_deg : float
        Least side of a cell, in degrees: the field has as many cells a side as fit, 5 by default.
    radius_deg : float
        Radius of the ring: angle between the centre and each item, in degrees.
    scale : float
        Size of the items over that in `SEARCHES`.
    background : float
        Grey level of the ground, from 0 to 1.
    viewing : Viewing
        The screen; its pixels are those of the picture.
    rng : Generator or int
        Where chance comes from.

    Returns
    -------
    Display

    Raises
    ------
    ValueError
        If there is no such kind or layout, fewer than 1 item or more than fit, or a number is outside its range.

    References
    ----------
    .. [1] Wolfe, Palmer and Horowitz (2010), Reaction time distributions constrain models of visual search, Vision
       Research 50. Treisman and Gormican (1988), Feature analysis in early vision, Psychological Review 95, for the
       pairs in which target and others change places. Sizes and colours of the other kinds are ours.

    Examples
    --------
    >>> display = search_display("conjunction", 6, rng=1)
    >>> sorted(display.labels)[:3], display.labels[display.target_index]
    (['green vertical', 'green vertical', 'red horizontal'], 'red vertical')
    >>> display.image.shape, display.boxes[display.target_index, 2:]
    ((480, 480, 3), array([20., 70.]))
    """
    design = _search(kind)
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"expected a positive scale, got {scale}")
    _check_background(background)
    chance = np.random.default_rng(rng)
    search = _in_pixels(design, scale * viewing.pixels_per_degree)
    if layout == "grid":
        places = _on_grid(items, search.reach, field_deg, spacing_deg, viewing, chance)
    elif layout == "ring":
        places = _on_ring(items, search.reach, radius_deg, viewing, chance)
    else:
        raise ValueError(f"there is no layout '{layout}'; expected one of: {', '.join(LAYOUTS)}")
    index, look = int(chance.integers(items)), search.targets[int(chance.integers(len(search.targets)))]
    drawn = _dealt(search.distractors, items - bool(present), chance)
    if present:
        drawn.insert(index, look)
    return _shown(search, drawn, places, index if present else None, background, viewing)


def _search(kind: str | Search) -> Search:
    if isinstance(kind, Search):
        return kind
    if kind not in SEARCHES and kind not in SHORT:
        raise ValueError(f"there is no search '{kind}'; expected one of: {', '.join(SEARCHES)}")
    return SEARCHES[SHORT.get(kind, kind)]


def _check_background(background: float) -> None:
    if not 0 <= background <= 1:
        raise ValueError(f"expected a background from 0 to 1, got {background}")


def _check_items(items: int, most: int, where: str) -> None:
    if not isinstance(items, int | np.integer):
        raise TypeError(f"expected a whole number of items, got {items!r}")
    if not 1 <= items <= most:
        raise ValueError(f"expected at least 1 item and no more than the {most} that fit {where}, got {items}")


def _on_grid(
    items: int, reach: float, field_deg: float, spacing_deg: float, viewing: Viewing, chance: np.random.Generator
) -> NDArray[np.float64]:
    """Give places (n, 2) in cells drawn by chance, each anywhere that its circle stays inside its cell."""
    if not (np.isfinite([field_deg, spacing_deg]).all() and 0 < field_deg < 180 and spacing_deg > 0):
        raise ValueError(f"expected a field below 180 degrees and a spacing above 0, got {field_deg} and {spacing_deg}")
    sides_deg = np.minimum(field_deg, viewing.size_deg)
    sides = 2 * viewing.distance_cm * np.tan(np.radians(sides_deg / 2)) / viewing.pitch_cm
    columns, rows = (int(side) for side in sides_deg / spacing_deg + 1e-9)
    where = f"{spacing_deg:g} degrees apart into {sides_deg[0]:.3g} x {sides_deg[1]:.3g} degrees"
    _check_items(items, columns * rows, where)
    cells = sides / (columns, rows)
    free = (cells - reach - GAP_PX) / 2
    if free.min() < 0:
        needed = (reach + GAP_PX) / viewing.pixels_per_degree
        raise ValueError(f"expected a spacing of at least {needed:.3g} degrees for these items, got {spacing_deg:g}")
    chosen = chance.choice(columns * rows, items, replace=False)
    steps = np.stack([chosen % columns, chosen // columns], axis=-1) + 0.5
    places: NDArray[np.float64] = viewing.centre + steps * cells - sides / 2 + chance.uniform(-free, free, (items, 2))
    return places


def _on_ring(
    items: int, reach: float, radius_deg: float, viewing: Viewing, chance: np.random.Generator
) -> NDArray[np.float64]:
    """Give places (n, 2) evenly around the centre."""
    if not 0 < radius_deg < 90:
        raise ValueError(f"expected a radius between 0 and 90 degrees, got {radius_deg}")
    _, radius = viewing.pixels((0, -radius_deg)) - viewing.centre
    room = reach + GAP_PX
    if radius + room / 2 > min(viewing.screen_px) / 2:
        raise ValueError(
            f"expected a ring whose items lie on the screen of {viewing.size_deg[0]:.3g} x {viewing.size_deg[1]:.3g} "
            f"degrees, got a radius of {radius_deg:g} degrees"
        )
    most = int(np.pi / np.arcsin(room / (2 * radius))) if room < 2 * radius else 1
    _check_items(items, most, f"on a ring of {radius_deg:g} degrees")
    direction = np.radians(360 * (chance.random() + np.arange(items)) / items)
    return viewing.pixels(radius_deg * np.stack([np.cos(direction), np.sin(direction)], axis=-1))


def _dealt(looks: Sequence[Item], count: int, chance: np.random.Generator) -> list[Item]:
    """Deal out looks in equal shares, in an order drawn by chance; chance decides who has one more."""
    order = chance.permutation(len(looks))
    return [looks[order[number % len(looks)]] for number in chance.permutation(count)]


def _shown(
    search: Search,
    drawn: Sequence[Item],
    places: NDArray[np.float64],
    target_index: int | None,
    background: float,
    viewing: Viewing,
) -> Display:
    """Draw the frames: in the middle one, everything stands at its place."""
    width, height = viewing.screen_px
    times = np.arange(search.frames, dtype=np.float64) * FRAME_S
    frames = np.full((search.frames, height, width, 3), background, np.float32)
    for frame, since in zip(frames, times - times[search.frames // 2], strict=True):
        for (x, y), item in zip(places.tolist(), drawn, strict=True):
            item.draw(frame, (x + since * item.velocity[0], y - since * item.velocity[1]))
    return Display(
        frames=frames,
        times=times,
        items=places,
        drawn=tuple(drawn),
        target_index=target_index,
        targets=search.targets,
        distractors=search.distractors,
        background=background,
        viewing=viewing,
    )


def _redder(bar: Item) -> Item:
    return replace(bar, colour=RED)


def _flat(bar: Item) -> Item:
    return bar.turned(90)


def _twice(bar: Item) -> Item:
    return bar.scaled(2)


# what makes an item the odd one: from the bar that all others are to the bar that it is
ODD: dict[str, Callable[[Item], Item]] = {"colour": _redder, "orientation": _flat, "size": _twice}


def pop_out(
    kind: str,
    *,
    items: int | None = None,
    background: float = 0.5,
    bar: tuple[float, float] = (10, 36),
    gap: int = 90,
    shape: tuple[int, int] = (480, 640),
    rng: np.random.Generator | int = 0,
) -> Display:
    """Draw upright bars on a grid with jitter, one of which differs in colour, orientation or size; all in pixels.

    People find such an odd one at once, however many others there are [1]_. For the same in degrees, with or without
    a target, see `search_display`.

    Parameters
    ----------
    kind : str
        "colour": red among green; "orientation": flat among upright, dark on light or light on dark; "size": twice as
        wide and long.
    items : int or None
        Number of bars, at least 2, on places of the grid drawn by chance; None fills the grid.
    background : float
        Grey level, from 0 to 1.
    bar : tuple of float
        Width and length of a bar, in pixels.
    gap : int
        Distance between neighbours on the grid, in pixels; each bar is moved by up to a sixth of it either way.
    shape : tuple of int
        Height and width of the picture, in pixels; 20 of them are taken for a degree.
    rng : Generator or int
        Where chance comes from: which one is odd, and the jitter.

    Raises
    ------
    ValueError
        If there is no such kind, the bars do not fit, or there are fewer places than items.

    References
    ----------
    .. [1] Treisman and Gelade (1980), A feature-integration theory of attention, Cognitive Psychology 12.

    Examples
    --------
    >>> display = pop_out("colour", rng=1)
    >>> x, y = (round(place) for place in display.target)
    >>> display.image[y, x], len(display.items)
    (array([0.8, 0.1, 0.1], dtype=float32), 30)
    """
    if kind not in ODD:
        raise ValueError(f"there is no display of kind '{kind}'; expected one of: {', '.join(ODD)}")
    if not 0 <= background <= 1 or min(bar) <= 0 or gap <= max(bar):
        raise ValueError(
            "expected a background from 0 to 1, and a bar of positive size that is shorter than the gap, "
            f"got background={background}, bar={bar}, gap={gap}"
        )
    chance = np.random.default_rng(rng)
    places = _grid(gap, shape, items, chance)
    colour = GREEN if kind == "colour" else DARK if background > 0.3 else LIGHT
    plain = _bar("plain", colour, width=float(bar[0]), length=float(bar[1]))
    search = Search(targets=(replace(ODD[kind](plain), label="odd"),), distractors=(plain,))
    odd = int(chance.integers(len(places)))
    drawn = [search.targets[0] if number == odd else plain for number in range(len(places))]
    return _shown(search, drawn, places, odd, background, Viewing.from_pixels_per_degree(20, shape))


def _grid(gap: int, shape: tuple[int, int], items: int | None, chance: np.random.Generator) -> NDArray[np.float64]:
    """Give the items' places (n, 2): a grid with jitter, or some of its places by chance."""
    rows, columns = (np.arange(gap * 2 // 3, side - gap // 2, gap) for side in shape)
    places = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    wanted = len(places) if items is None else items
    if not 2 <= wanted <= len(places):
        raise ValueError(
            f"expected at least 2 items and no more than the places {gap} px apart in a picture of "
            f"{shape[1]} x {shape[0]}, {len(places)}, got {wanted}"
        )
    chosen = np.sort(chance.choice(len(places), wanted, replace=False))
    jitter = chance.integers(-(gap // 6), gap // 6 + 1, (wanted, 2))
    return (places[chosen] + jitter).astype(np.float64)


def crowded_letters(
    letter: str | None = None,
    *,
    spacing_deg: float = 1.5,
    eccentricity_deg: float = 8.0,
    direction_deg: float = 0.0,
    flankers: str = "radial",
    size_deg: float = 0.8,
    background: float = 0.5,
    viewing: Viewing = VIEWING,
    rng: np.random.Generator | int = 0,
) -> Display:
    """Draw a letter away from the gaze, which rests on the screen's centre, between two others that may hide it.

    Distances are exact angles at the eye; the letters' size is that at the screen's centre.

    Parameters
    ----------
    letter : str or None
        One of Sloan's ten, C D H K N O R S V Z; None: by chance. The flankers differ from it and from each other.
    spacing_deg : float
        Angle between the middles of the letter and of each flanker, in degrees.
    eccentricity_deg, direction_deg : float
        Where the letter stands: degrees from the gaze, and its direction, counter-clockwise from the right.
    flankers : str
        "radial": nearer to the gaze and farther out; "tangential": on the two sides; "none".
    size_deg : float
        Height and width of a letter, in degrees.
    background : float
        Grey level of the ground, from 0 to 1.
    viewing : Viewing
        The screen; its pixels are those of the picture.
    rng : Generator or int
        Where chance comes from: which letters.

    Returns
    -------
    Display
        Its `labels` are the letters, the target first. Compare `foveation.is_crowded`.

    Raises
    ------
    ValueError
        If there is no such letter or place for flankers, letters overlap, or they do not fit the screen.

    References
    ----------
    Bouma (1970), Interaction effects in parafoveal letter recognition, Nature 226; Sloan (1959), New test charts for
    the measurement of visual acuity, American Journal of Ophthalmology 48.

    Examples
    --------
    >>> display = crowded_letters("K", spacing_deg=2, rng=3)
    >>> display.labels[0], display.viewing.angle_deg(display.items[0], display.items[1:]).round(6)
    ('K', array([2., 2.]))
    """
    _check_background(background)
    if flankers not in FLANKERS:
        raise ValueError(f"there is no place for flankers '{flankers}'; expected one of: {', '.join(FLANKERS)}")
    if letter is not None and letter not in LETTERS:
        raise ValueError(f"there is no letter '{letter}'; expected one of: {', '.join(LETTERS)}")
    if not (0 <= eccentricity_deg < 90 and 0 < spacing_deg < 90 and size_deg > 0):
        raise ValueError(
            "expected an eccentricity and a spacing below 90 degrees and letters of positive size, "
            f"got {eccentricity_deg}, {spacing_deg} and {size_deg}"
        )
    chance = np.random.default_rng(rng)
    order = [name for name in chance.permutation(list(LETTERS)).tolist() if name != letter]
    names = [*([] if letter is None else [letter]), *order][: 1 + len(FLANKERS[flankers])]
    look = {name: _letter(name, size_deg * viewing.pixels_per_degree) for name in LETTERS}
    target = polar_places(eccentricity_deg, direction_deg, viewing.centre, viewing)
    inward = polar_deg(viewing.centre, target, viewing)[1]
    others = [polar_places(spacing_deg, inward + turn, target, viewing) for turn in FLANKERS[flankers]]
    places, drawn = np.array([target, *others]), [look[name] for name in names]
    _check_room(_boxes(drawn, places), "letters", viewing)
    search = Search(targets=(drawn[0],), distractors=tuple(look.values()))
    return _shown(search, drawn, places, 0, background, viewing)


@lru_cache(maxsize=64)
def _letter(name: str, size: float) -> Item:
    return Item(label=name, strokes=LETTERS[name], colour=DARK).scaled(size / 5)


def _check_room(boxes: NDArray[np.float64], what: str, viewing: Viewing) -> None:
    """Raise ValueError if boxes leave the screen or overlap."""
    near, far = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    if not (np.isfinite(boxes).all() and near.min() >= -0.5 and (far <= np.array(viewing.screen_px) - 0.5).all()):
        raise ValueError(f"expected {what} that fit the screen of {viewing}; they leave it")
    apart = (near[:, np.newaxis] >= far) | (near >= far[:, np.newaxis])
    if not (apart.any(axis=-1) | np.eye(len(boxes), dtype=bool)).all():
        raise ValueError(f"expected {what} that do not overlap, got two that are too near to each other")


class _Show(NamedTuple):
    """An item that is to be seen at a place from one time to another."""

    item: Item
    place: tuple[float, float]
    since: float = -np.inf
    until: float = np.inf


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
        if not 0 <= seconds < self.end_s:
            raise ValueError(f"expected a time from 0 to {self.end_s:g} s, when the trial ends, got {seconds}")
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
        Where chance comes from.

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
    if cue not in CUES:
        raise ValueError(f"there is no cue '{cue}'; expected one of: {', '.join(CUES)}")
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
    end = fixation_s + soa_s + target_s
    return _trial(
        cues, [], places, None if cue == "neutral" else cued, target, (fixation_s, soa_s, end), background, viewing
    )


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
    if places < 2:
        raise ValueError(f"expected at least 2 boxes, got {places}")
    steps = turn_deg * places / 360
    if not abs(steps - np.rint(steps)) < 1e-9:
        raise ValueError(f"expected a turn by whole boxes, {360 / places:g} degrees apart, got {turn_deg}")
    by_chance = int(np.random.default_rng(rng).integers(places))
    start = 360 / places * by_chance if direction_deg is None else direction_deg
    centres = _around(start + 360 / places * np.arange(places), eccentricity_deg, viewing)
    cues = [_Show(_BRIGHT_BOX, centres[0], fixation_s, fixation_s + cue_s)]
    back = fixation_s + (0.0 if recue_s is None else recue_s)
    recues = [] if recue_s is None else [_Show(_BRIGHT_BOX.scaled(0.5), viewing.centre, back, back + cue_s)]
    clock = (fixation_s, soa_s, fixation_s + soa_s + target_s)
    return _trial(cues, recues, centres, 0, int(np.rint(steps)) % places, clock, background, viewing)


def _check_times(soa_s: float, **seconds: float) -> None:
    if not (np.isfinite(soa_s) and soa_s >= 0):
        raise ValueError(f"expected a time of 0 s or more from cue to target, got {soa_s}")
    for name, value in seconds.items():
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"expected a positive {name}, got {value}")


def _around(directions_deg: ArrayLike, eccentricity_deg: float, viewing: Viewing) -> list[tuple[float, float]]:
    """Give places in pixels around the centre, exact angles from it."""
    if not 0 < eccentricity_deg < 90:
        raise ValueError(f"expected an eccentricity between 0 and 90 degrees, got {eccentricity_deg}")
    angle = np.radians(directions_deg)
    places = viewing.pixels(eccentricity_deg * np.stack([np.cos(angle), np.sin(angle)], axis=-1))
    return [(x, y) for x, y in places.tolist()]


def _trial(
    cues: Sequence[_Show],
    recues: Sequence[_Show],
    places: Sequence[tuple[float, float]],
    cued: int | None,
    target: int,
    clock: tuple[float, float, float],
    background: float,
    viewing: Viewing,
) -> CueingTrial:
    """Draw the frames of a trial whose clock tells the start of the cue, the time to the target, and the end."""
    _check_background(background)
    start, soa, end = clock
    probe = _Show(_PROBE, places[target], start + soa)
    plain = [_Show(_cross(DARK), viewing.centre), *(_Show(_PLAIN_BOX, place) for place in places)]
    shows = [
        show._replace(item=show.item.scaled(viewing.pixels_per_degree)) for show in (*plain, *cues, *recues, probe)
    ]
    boxes = _boxes([show.item for show in shows[: 1 + len(places)]], np.array([viewing.centre, *places]))
    _check_room(boxes, "boxes", viewing)
    times = sorted({0.0} | {time for show in shows for time in (show.since, show.until) if 0 < time < end})
    frames = np.full((len(times), *viewing.screen_px[::-1], 3), background, np.float32)
    for frame, now in zip(frames, times, strict=True):
        for show in shows:
            if show.since <= now < show.until:
                show.item.draw(frame, show.place)
    return CueingTrial(
        frames=frames,
        times=np.array(times),
        events=tuple(_event(now, start, start + soa, cues, recues) for now in times),
        end_s=end,
        soa_s=soa,
        fixation=viewing.centre,
        places=np.array(places),
        boxes=boxes[1:],
        cued=None if cued is None else places[cued],
        target=places[target],
        viewing=viewing,
    )


def _event(now: float, start: float, target: float, cues: Sequence[_Show], recues: Sequence[_Show]) -> str:
    """Say what is newest to be seen at a time."""
    if now >= target:
        return "target"
    if any(show.since <= now < show.until for show in recues):
        return "recue"
    if any(show.since <= now < show.until for show in cues):
        return "cue"
    return "wait" if now >= start else "fixation"
