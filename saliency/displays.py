"""Pictures for which everybody knows where to look: one item among many that differs in one feature."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.opencv import cv2

GREEN, RED = (0.1, 0.7, 0.1), (0.8, 0.1, 0.1)
DARK, LIGHT = (0.2, 0.2, 0.2), (0.8, 0.8, 0.8)
SUBPIXEL = 4  # bits after the point of the corners that are drawn


class Display(NamedTuple):
    """A search display.

    Parameters
    ----------
    image : array of float32, shape (height, width, 3)
    target : tuple of float
        Centre (x, y) of the odd one, in pixels.
    items : array of float, shape (n, 2)
        Centres of all items, the target among them.
    """

    image: NDArray[np.float32]
    target: tuple[float, float]
    items: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One item: its colour, its width and length in pixels, and how far it is turned from upright."""

    colour: tuple[float, float, float]
    size: tuple[float, float]
    angle_deg: float = 0.0


def _redder(bar: Bar) -> Bar:
    return replace(bar, colour=RED)


def _flat(bar: Bar) -> Bar:
    return replace(bar, angle_deg=90.0)


def _twice(bar: Bar) -> Bar:
    return replace(bar, size=(2 * bar.size[0], 2 * bar.size[1]))


# what makes an item the odd one: from the bar that all others are to the bar that it is
ODD: dict[str, Callable[[Bar], Bar]] = {"colour": _redder, "orientation": _flat, "size": _twice}


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
    """Draw upright bars on a grid with jitter, one of which differs in colour, orientation or size.

    People find such an odd one at once, however many others there are [1]_.

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
        Height and width of the picture, in pixels.
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
    plain = Bar(colour=colour, size=(float(bar[0]), float(bar[1])))
    odd = int(chance.integers(len(places)))
    image = np.full((*shape, 3), background, np.float32)
    for number, place in enumerate(places):
        _draw(image, place, ODD[kind](plain) if number == odd else plain)
    return Display(image, (float(places[odd, 0]), float(places[odd, 1])), places)


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


def _draw(image: NDArray[np.float32], place: NDArray[np.float64], bar: Bar) -> None:
    """Fill a turned bar into the picture, its edges smooth."""
    corners = cv2.boxPoints(((float(place[0]), float(place[1])), bar.size, bar.angle_deg))
    cv2.fillPoly(image, [np.rint(corners * 2**SUBPIXEL).astype(np.int32)], bar.colour, cv2.LINE_AA, SUBPIXEL)
