"""Displays of the classic experiments on attention: search among items, cues, and letters that crowd each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_array, check_fields, check_number, check_one_of, check_shape, check_whole
from foveation.viewing import Viewing
from saliency.displays.display import DARK, GREEN, LIGHT, RED, VIEWING, Display, check_background
from saliency.displays.items import Colour, Item, Stroke, arc, line

SET_SIZES = (3, 6, 12, 18)  # Wolfe, Palmer and Horowitz (2010)
GAP_PX = 2.0  # at least, between the circles that hold neighbouring items
FRAME_S = 0.04
LAYOUTS = ("grid", "ring")


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
        check_fields(self)
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
        Draws the items, their looks and their places.

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
    check_number(scale, "a positive scale", above=0)
    check_background(background)
    rng = np.random.default_rng(rng)
    search = _in_pixels(design, scale * viewing.pixels_per_degree)
    if layout == "grid":
        places = _on_grid(items, search.reach, field_deg, spacing_deg, viewing, rng)
    elif layout == "ring":
        places = _on_ring(items, search.reach, radius_deg, viewing, rng)
    else:
        raise ValueError(f"there is no layout '{layout}'; expected one of: {', '.join(LAYOUTS)}")
    index, look = int(rng.integers(items)), search.targets[int(rng.integers(len(search.targets)))]
    drawn = _dealt(search.distractors, items - bool(present), rng)
    if present:
        drawn.insert(index, look)
    return render_search(search, drawn, places, index if present else None, background, viewing)


def _search(kind: str | Search) -> Search:
    if isinstance(kind, Search):
        return kind
    if kind not in SEARCHES and kind not in SHORT:
        raise ValueError(f"there is no search '{kind}'; expected one of: {', '.join(SEARCHES)}")
    return SEARCHES[SHORT.get(kind, kind)]


def _check_items(items: int, most: int, where: str) -> None:
    if not isinstance(items, int | np.integer):
        raise TypeError(f"expected a whole number of items, got {items!r}")
    check_number(items, f"at least 1 item and no more than the {most} that fit {where}", least=1, most=most)


def _on_grid(
    items: int, reach: float, field_deg: float, spacing_deg: float, viewing: Viewing, rng: np.random.Generator
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
    chosen = rng.choice(columns * rows, items, replace=False)
    steps = np.stack([chosen % columns, chosen // columns], axis=-1) + 0.5
    places: NDArray[np.float64] = viewing.centre + steps * cells - sides / 2 + rng.uniform(-free, free, (items, 2))
    return places


def _on_ring(
    items: int, reach: float, radius_deg: float, viewing: Viewing, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Give places (n, 2) evenly around the centre."""
    check_number(radius_deg, "a radius between 0 and 90 degrees", above=0, below=90)
    _, radius = viewing.pixels((0, -radius_deg)) - viewing.centre
    room = reach + GAP_PX
    if radius + room / 2 > min(viewing.screen_px) / 2:
        raise ValueError(
            f"expected a ring whose items lie on the screen of {viewing.size_deg[0]:.3g} x {viewing.size_deg[1]:.3g} "
            f"degrees, got a radius of {radius_deg:g} degrees"
        )
    most = int(np.pi / np.arcsin(room / (2 * radius))) if room < 2 * radius else 1
    _check_items(items, most, f"on a ring of {radius_deg:g} degrees")
    direction = np.radians(360 * (rng.random() + np.arange(items)) / items)
    return viewing.pixels(radius_deg * np.stack([np.cos(direction), np.sin(direction)], axis=-1))


def _dealt(looks: Sequence[Item], count: int, rng: np.random.Generator) -> list[Item]:
    """Deal out looks in equal shares, in an order drawn by chance; chance decides who has one more."""
    order = rng.permutation(len(looks))
    return [looks[order[number % len(looks)]] for number in rng.permutation(count)]


def render_search(
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
        Draws which one is odd, and the jitter.

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
    check_one_of("display of kind", kind, ODD)
    shape = (check_shape(shape)[0], check_shape(shape)[1])
    check_whole("gap", gap, 1)
    if items is not None:
        check_whole("items", items, 2)
    if check_array(bar, "a bar (width, length) in pixels").shape != (2,):
        raise ValueError(f"expected a bar (width, length) in pixels, got {bar}")
    if not 0 <= background <= 1 or min(bar) <= 0 or gap <= max(bar):
        raise ValueError(
            "expected a background from 0 to 1, and a bar of positive size that is shorter than the gap, "
            f"got background={background}, bar={bar}, gap={gap}"
        )
    rng = np.random.default_rng(rng)
    places = _grid(gap, shape, items, rng)
    colour = GREEN if kind == "colour" else DARK if background > 0.3 else LIGHT
    plain = _bar("plain", colour, width=float(bar[0]), length=float(bar[1]))
    search = Search(targets=(replace(ODD[kind](plain), label="odd"),), distractors=(plain,))
    odd = int(rng.integers(len(places)))
    drawn = [search.targets[0] if number == odd else plain for number in range(len(places))]
    return render_search(search, drawn, places, odd, background, Viewing.from_pixels_per_degree(20, shape))


def _grid(gap: int, shape: tuple[int, int], items: int | None, rng: np.random.Generator) -> NDArray[np.float64]:
    """Give the items' places (n, 2): a grid with jitter, or some of its places by chance."""
    rows, columns = (np.arange(gap * 2 // 3, side - gap // 2, gap) for side in shape)
    places = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    wanted = len(places) if items is None else items
    if not 2 <= wanted <= len(places):
        raise ValueError(
            f"expected at least 2 items and no more than the places {gap} px apart in a picture of "
            f"{shape[1]} x {shape[0]}, {len(places)}, got {wanted}"
        )
    chosen = np.sort(rng.choice(len(places), wanted, replace=False))
    jitter = rng.integers(-(gap // 6), gap // 6 + 1, (wanted, 2))
    return (places[chosen] + jitter).astype(np.float64)
