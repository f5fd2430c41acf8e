"""Lines, discs and letters drawn into frames of a film."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.image import OKABE_ITO
from foveation.opencv import cv2

WIDEST_PX, NARROWEST_PX = 1280, 320
GAP, TITLE, AXIS = 12, 24, 52  # around the panels, above each, and below all, in pixels
FRACTION_BITS = 4  # OpenCV draws at sixteenths of a pixel
WHITE, BLACK, INK, PALE = (255, 255, 255), (0, 0, 0), (50, 50, 50), (205, 205, 205)
Pixels = NDArray[np.uint8]
Place = Sequence[float]


def _rgb(colour: str) -> tuple[int, int, int]:
    """Give the three bytes of a colour that is written as #RRGGBB."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


COLOURS = tuple(_rgb(OKABE_ITO[name]) for name in ("vermillion", "blue", "green", "purple", "sky blue"))


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
    paint(part, cover, colour)


def paint(part: Pixels, cover: NDArray[Any], colour: tuple[int, int, int]) -> None:
    """Lay a colour over a part of a picture, as thick as `cover` (height, width) says, 0 to 1."""
    part[:] = np.rint(part + cover[..., np.newaxis] * (np.array(colour, np.float32) - part)).astype(np.uint8)


def draw_ring(picture: Pixels, place: Place, radius: float, *, thin: bool = False) -> None:
    """Draw a white ring with black rims around a place, so that it shows on any ground."""
    half = 0.75 if thin else 1.5
    _round(picture, place, radius - half - 1, radius + half + 1, BLACK, 0.8)
    _round(picture, place, radius - half, radius + half, WHITE)


def draw_disc(picture: Pixels, place: Place, radius: float, colour: tuple[int, int, int], opacity: float = 1.0) -> None:
    """Fill a disc and draw a white rim round it."""
    _round(picture, place, -1, radius, colour, opacity)
    _round(picture, place, radius - 0.5, radius + 0.5, WHITE, opacity)


def draw_line(
    picture: Pixels, begin: Place, end: Place, *, colour: tuple[int, int, int] | None = None, thin: bool = False
) -> None:
    """Draw a line in a colour, or in white with black edges."""
    places = [(subpixel(x), subpixel(y)) for x, y in (begin, end)]
    strokes = [(BLACK, 3), (WHITE, 1)] if colour is None else [(colour, 1 if thin else 2)]
    for shade, width in strokes:
        cv2.line(picture, *places, shade, width, cv2.LINE_AA, FRACTION_BITS)


def draw_curve(picture: Pixels, places: NDArray[np.float64], colour: tuple[int, int, int]) -> None:
    """Draw a line through places in order."""
    points = np.rint(places * 2**FRACTION_BITS).astype(np.int32)
    cv2.polylines(picture, [points], False, colour, 2, cv2.LINE_AA, FRACTION_BITS)


def draw_square(picture: Pixels, place: Place, *, bold: bool) -> None:
    """Mark a place by a square around it."""
    corners = [(subpixel(place[0] + side), subpixel(place[1] + side)) for side in (-13, 13)]
    for colour, width in ((BLACK, 5 if bold else 3), (WHITE, 3 if bold else 1)):
        cv2.rectangle(picture, *corners, colour, width, cv2.LINE_AA, FRACTION_BITS)


def draw_letter(picture: Pixels, place: Place, rank: int) -> None:
    """Write the letter of a rank (A, B, ...) on a disc."""
    draw_disc(picture, place, 8, COLOURS[rank])
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
    paint(part, ink[above : above + part.shape[0], before : before + part.shape[1]], colour)
