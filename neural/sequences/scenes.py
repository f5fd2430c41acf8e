"""Scenes of a few plain objects, with a sentence that says what there is: pictures on which a captioner learns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_number
from neural.sequences import kernels

CELLS = 3  # the picture has as many rows and as many columns of cells, and an object lies within one of them
SIZES = {  # side of an object's box, as a share of its cell's: least and most
    "small": (0.5, 0.6),
    "large": (0.85, 0.95),
}
COLOURS = {
    "red": (225, 35, 35),
    "green": (35, 185, 50),
    "blue": (50, 80, 240),
    "yellow": (230, 215, 40),
    "purple": (160, 55, 205),
    "white": (235, 235, 235),
}
SHAPES = ("circle", "square", "triangle", "cross")  # the kernel that draws them goes by these numbers
NOTHING = -1  # the number of the object that "a" and the comma name
DARK, NOISE = 16, 24  # of the ground: darkest grey level, and how far above it the brightest lies
DIMMEST = 0.8  # of an object: the least share of its colour's brightness


class CaptionedScenes(NamedTuple):
    """Pictures of objects, and sentences that list these in reading order.

    Parameters
    ----------
    images : array of uint8, shape (n, size, size, 3)
        The pictures.
    captions : list of str
        A sentence each.
    boxes : list of array of float, shape (k, 4)
        Left, top, right and bottom edge of the k objects of each picture, in pixels, in the order of the sentence.
    words : list of array of int, shape (words,)
        Which of these objects each word of the sentence names, a comma being a word too; -1 for "a" and for the comma,
        which name none. So they belong to the pieces of a vocabulary of `Words`.
    """

    images: NDArray[np.uint8]
    captions: list[str]
    boxes: list[NDArray[np.float64]]
    words: list[NDArray[np.int64]]


class _Objects(NamedTuple):
    """All objects of all pictures, in the order of the pictures and, within one, in reading order."""

    picture: NDArray[np.int64]
    centre: NDArray[np.float64]
    side: NDArray[np.float64]
    size: NDArray[np.int64]
    colour: NDArray[np.int64]
    shape: NDArray[np.int64]


def rendered_scenes(
    count: int, rng: np.random.Generator | int, *, objects: tuple[int, int] = (1, 4), size: int = 64
) -> CaptionedScenes:
    """Draw pictures of a few objects on a dark ground with some noise, and say what is in them, in reading order.

    A picture is cut into 3 x 3 equal cells. Objects lie in cells of their own, each wholly within it, at a place drawn
    by chance: so none hides another, and reading order has one meaning, that of the cells: from left to right, the
    upper row first. A "small" object takes 50 to 60 percent of the side of its cell, a "large" one 85 to 95 percent.
    Size, colour, shape and the number of objects are drawn with equal odds; objects may be alike.

    Parameters
    ----------
    count : int
        How many pictures.
    rng : numpy.random.Generator or int
        Where chance comes from.
    objects : tuple of int
        Least and greatest number of objects, from 1 to 9.
    size : int
        Side of the pictures, in pixels, from 24 up.

    Raises
    ------
    ValueError
        If the count, the numbers of objects or the size are none of the above.

    Examples
    --------
    >>> scenes = rendered_scenes(2, rng=0, objects=(1, 2))
    >>> scenes.images.shape, scenes.captions[0]
    ((2, 64, 64, 3), 'a small yellow square, a small purple square')
    >>> scenes.words[0]
    array([-1,  0,  0,  0, -1, -1,  1,  1,  1])
    """
    _check(count, objects, size)
    rng = np.random.default_rng(rng)
    drawn = _drawn(count, objects, size, rng)
    images = rng.integers(DARK, DARK + NOISE, (count, size, size, 3), np.uint8, endpoint=True)
    shades = np.array(list(COLOURS.values()))[drawn.colour] * rng.uniform(DIMMEST, 1, (len(drawn.side), 1))
    kernels.draw_shapes(drawn.picture, drawn.centre, drawn.side / 2, drawn.shape, shades, images)
    half = drawn.side[:, np.newaxis] / 2
    ends = np.cumsum(np.bincount(drawn.picture, minlength=count))[:-1]
    boxes = np.split(np.concatenate([drawn.centre - half, drawn.centre + half], axis=1), ends)
    captions = [", ".join(phrases) for phrases in np.split(np.array(_phrases(drawn)), ends)]
    return CaptionedScenes(images, captions, boxes, [_named(len(each)) for each in boxes])


def _check(count: int, objects: tuple[int, int], size: int) -> None:
    check_number(count, "at least one picture", least=1)
    if not 1 <= objects[0] <= objects[1] <= CELLS**2:
        raise ValueError(f"expected a least and a greatest number of objects from 1 to {CELLS**2}, got {objects}")
    check_number(size, f"pictures of at least {8 * CELLS} pixels a side", least=8 * CELLS)


def _drawn(count: int, objects: tuple[int, int], size: int, rng: np.random.Generator) -> _Objects:
    numbers = rng.integers(objects[0], objects[1], count, endpoint=True)
    order = np.argsort(rng.random((count, CELLS**2)), axis=1)
    picture, cell = np.nonzero(order < numbers[:, np.newaxis])
    many = len(picture)
    kind = rng.integers(len(SIZES), size=many)
    least, most = np.array(list(SIZES.values()))[kind].T
    width = size / CELLS
    side = width * rng.uniform(least, most)
    corner = np.stack([cell % CELLS, cell // CELLS], axis=1) * width - 0.5  # the picture begins before its first pixel
    centre = corner + side[:, np.newaxis] / 2 + rng.random((many, 2)) * (width - side)[:, np.newaxis]
    colour, shape = rng.integers(len(COLOURS), size=many), rng.integers(len(SHAPES), size=many)
    return _Objects(picture, centre, side, kind, colour, shape)


def _phrases(drawn: _Objects) -> list[str]:
    sizes, colours = tuple(SIZES), tuple(COLOURS)
    kinds = zip(drawn.size.tolist(), drawn.colour.tolist(), drawn.shape.tolist(), strict=True)
    return [f"a {sizes[size]} {colours[colour]} {SHAPES[shape]}" for size, colour, shape in kinds]


def _named(objects: int) -> NDArray[np.int64]:
    """Give the object that each word names, in a sentence about so many: a, three words, and a comma between."""
    phrases = np.full((objects, 5), NOTHING)
    phrases[:, 1:4] = np.arange(objects)[:, np.newaxis]
    return phrases.ravel()[:-1]
