"""Pictures of digits to look at: translated, cluttered, to be searched by hue, and jittered."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_whole
from foveation.image import normalised_to_pixels, pixels_to_normalised
from neural.glimpses import kernels
from neural.glimpses.mnist import Digits
from neural.glimpses.rollout import PictureBatch

# equal in mean over red, green and blue, so that of two hues at the same brightness neither is the brighter
HUES = {
    "red": (1.0, 0.25, 0.25),
    "green": (0.25, 1.0, 0.25),
    "blue": (0.25, 0.25, 1.0),
    "yellow": (0.75, 0.75, 0.0),
}
WHITE = (1.0, 1.0, 1.0)
CELLS = 3  # the search display has as many rows and columns of cells
MOST_TRIES = 64


class Scenes(NamedTuple):
    """Pictures in which there is a digit to be found and named.

    Parameters
    ----------
    images : array of uint8, shape (n, height, width), or (n, height, width, 3) in colour
    labels : array of int64, shape (n,)
        Class of the digit that is asked for, 0 to 9.
    places : array of float, shape (n, 2)
        Centre (x, y) of its square, in pixels.
    tasks : array of int64, shape (n,), or None
        Which hue is asked for, where the picture alone does not say which digit is meant.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    places: NDArray[np.float64]
    tasks: NDArray[np.int64] | None = None


def centred_digits(digits: Digits) -> Scenes:
    """Give the digits as they are, each in the middle of its picture.

    Parameters
    ----------
    digits : Digits

    Raises
    ------
    ValueError
        If the digits are not images (n, height, width) of uint8 with a label for each.

    Examples
    --------
    >>> from neural import rendered_digits
    >>> centred_digits(rendered_digits(2, rng=0)).places
    array([[13.5, 13.5],
           [13.5, 13.5]])
    """
    _check_digits(digits)
    count, height, width = digits.images.shape
    return Scenes(digits.images, digits.labels, np.tile([(width - 1) / 2, (height - 1) / 2], (count, 1)))


def _check_digits(digits: Digits) -> None:
    images, labels = digits
    if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0 or labels.shape != images.shape[:1]:
        raise ValueError(
            "expected digits with images (n, height, width) of uint8 and labels (n,), "
            f"got images {images.shape} of {images.dtype} and labels {labels.shape}"
        )


def translated_digits(digits: Digits, rng: np.random.Generator | int, *, size: int = 60) -> Scenes:
    """Put each digit anywhere in a larger black picture, its whole square inside.

    Parameters
    ----------
    digits : Digits
    rng : Generator or int
        Source of randomness: every place is equally likely.
    size : int
        Side of the pictures, in pixels.

    Raises
    ------
    ValueError
        If the digits do not fit into the picture, or as in `centred_digits`.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 4.1, "Translated
    MNIST".

    Examples
    --------
    >>> from neural import rendered_digits
    >>> digits = rendered_digits(3, rng=0)
    >>> scenes = translated_digits(digits, rng=1)
    >>> x, y = (scenes.places[0] - 13.5).astype(int)
    >>> scenes.images.shape, np.array_equal(scenes.images[0, y : y + 28, x : x + 28], digits.images[0])
    ((3, 60, 60), True)
    """
    _check_digits(digits)
    return _translated(digits, np.random.default_rng(rng), size)


def _translated(digits: Digits, rng: np.random.Generator, size: int) -> Scenes:
    images = np.ascontiguousarray(digits.images)
    count, height, width = images.shape
    check_whole("size", size, max(height, width))
    corners = rng.integers(0, (size - width + 1, size - height + 1), (count, 2))
    scenes = np.zeros((count, size, size), np.uint8)
    _paste(images[:, np.newaxis], corners[:, np.newaxis], scenes)
    return Scenes(scenes, digits.labels, corners + (np.array([width, height]) - 1) / 2)


def _paste(pieces: NDArray[np.uint8], corners: NDArray[np.int64], scenes: NDArray[np.uint8]) -> None:
    """Paste grey pieces (n, k, height, width) into grey scenes (n, rows, columns) by the maximum."""
    kernels.paste(pieces, corners, np.ones((*corners.shape[:2], 1)), scenes[..., np.newaxis])


def cluttered_digits(
    digits: Digits, rng: np.random.Generator | int, *, size: int = 60, pieces: int = 4, piece: int = 8
) -> Scenes:
    """Put each digit anywhere in a larger black picture, then scraps of other digits anywhere over it.

    A scrap is a square cut at random, wholly inside, from another digit drawn at random from the same set; one without
    ink is cut again, so that every picture has as many scraps as it should. Scraps may lie on the digit and on each
    other: the brighter pixel is kept.

    Parameters
    ----------
    digits : Digits
        At least two.
    rng : Generator or int
        Source of randomness.
    size : int
        Side of the pictures, in pixels.
    pieces : int
        Scraps in each picture.
    piece : int
        Side of a scrap, in pixels.

    Raises
    ------
    ValueError
        If the digits do not fit into the picture or the scraps into the digits, there are fewer than two digits, or as
        in `centred_digits`.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 4.1, "Cluttered
    translated MNIST": 60 x 60 with four pieces, 100 x 100 with eight. It does not say what becomes of scraps without
    ink, one in seven of those cut from MNIST.

    Examples
    --------
    >>> from neural import rendered_digits
    >>> digits = rendered_digits(3, rng=0)
    >>> clean, scenes = translated_digits(digits, rng=1), cluttered_digits(digits, rng=1)
    >>> bool((scenes.images >= clean.images).all()), np.array_equal(scenes.places, clean.places)
    (True, True)
    """
    _check_digits(digits)
    check_whole("pieces", pieces, 0)
    height, width = digits.images.shape[1:]
    check_whole("piece", piece, 1, min(height, width))
    if len(digits.images) < 2:
        raise ValueError("expected at least two digits, so that there are others to cut from, got one")
    rng = np.random.default_rng(rng)
    scenes = _translated(digits, rng, size)
    if pieces:
        scraps = _scraps(digits.images, pieces, piece, rng)
        _paste(scraps, rng.integers(0, size - piece + 1, (len(scraps), pieces, 2)), scenes.images)
    return scenes


def _others(count: int, several: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """For each of `count` draw `several` of the others: indices (count, several)."""
    steps = rng.integers(1, count, (count, several))
    return (np.arange(count)[:, np.newaxis] + steps) % count


def _scraps(images: NDArray[np.uint8], pieces: int, side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """For each image cut squares (n, pieces, side, side) with ink out of others."""
    count, height, width = images.shape
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    scraps = np.zeros((count, pieces, side, side), np.uint8)
    empty = np.ones((count, pieces), bool)
    for _ in range(MOST_TRIES):  # images without any ink would never end it
        sources = _others(count, pieces, rng)[empty]
        rows, columns = rng.integers(0, (height - side + 1, width - side + 1), (len(sources), 2)).T
        scraps[empty] = windows[sources, rows, columns]
        empty = scraps.max(axis=(2, 3)) == 0
        if not empty.any():
            break
    return scraps


def hue_search_scenes(
    digits: Digits,
    rng: np.random.Generator | int,
    *,
    size: int = 84,
    distractors: int = 4,
    hues: Sequence[str] = ("red", "green", "blue", "yellow"),
    dimness: tuple[float, float] = (0.45, 0.6),
    brightness: tuple[float, float] = (0.9, 1.0),
    white: int = 1,
    alone: float = 0.0,
) -> Scenes:
    """Hide each digit, dim and in a hue that only the task names, among brighter digits in white and in other hues.

    The digits lie in cells of a 3 x 3 grid, each with its ink anywhere in its cell. What draws the eye is bright, and
    the digit that is asked for never is: bottom-up saliency misleads, and the task's hue tells. (So does being the
    dimmest; whether a network goes by the hue is seen when the tasks are exchanged.) Classes are drawn freely: who
    names another digit of the picture is right in about one of ten.

    Parameters
    ----------
    digits : Digits
        At least two; picture i asks for digit i.
    rng : Generator or int
        Source of randomness.
    size : int
        Side of the pictures in pixels, at least three digits.
    distractors : int
        Number of other digits, 0 to 8.
    hues : sequence of str
        The hues that are asked for, two or more of "red", "green", "blue" and "yellow", which have the same mean over
        red, green and blue. `Scenes.tasks` are indices into it.
    dimness : tuple of float
        Least and greatest brightness of the digit that is asked for, as a part of full.
    brightness : tuple of float
        The same for the others, above that of the digit that is asked for.
    white : int
        How many of the others are white; to the rest the hues that are not asked for are dealt out in random order, and
        again when all are used up. With the default each hue is there once, so that none stands out by being rare.
    alone : float
        Share of the pictures, the first of them, in which the others are left out, from 0 to 1: a network that learns
        to read from these can learn from the rest where to look.

    Returns
    -------
    Scenes
        Images (n, size, size, 3), RGB on black: 21 kB each, so that a large set is best made a batch at a time.

    Raises
    ------
    ValueError
        If a parameter is outside its range, the digits do not fit, or as in `centred_digits`.

    References
    ----------
    In the manner of Navalpakkam and Itti (2006), An integrated model of top-down and bottom-up attention for optimal
    object detection, CVPR: knowledge of the target sets the gains of the channels.

    Examples
    --------
    >>> from neural import rendered_digits
    >>> scenes = hue_search_scenes(rendered_digits(5, rng=0), rng=1)
    >>> scenes.images.shape, scenes.tasks.shape
    ((5, 84, 84, 3), (5,))
    """
    _check_digits(digits)
    _check_search(digits, size, distractors, hues, (dimness, brightness), white)
    check_number(alone, "a share of pictures with one digit alone, from 0 to 1", least=0, most=1)
    rng = np.random.default_rng(rng)
    count = len(digits.images)
    shown = np.column_stack([np.arange(count), _others(count, distractors, rng)])  # the one asked for comes first
    tasks = rng.integers(0, len(hues), count)
    lowest, highest = np.array([dimness, *[brightness] * distractors]).T
    lights = rng.uniform(lowest, highest, shown.shape)
    lights[: round(alone * count), 1:] = 0
    tints = _tints(tasks, np.array([HUES[hue] for hue in hues]), distractors, white, rng)
    pieces = digits.images[shown]
    corners = _corners(pieces, size, rng)
    images = np.zeros((count, size, size, 3), np.uint8)
    kernels.paste(pieces, corners, tints * lights[..., np.newaxis], images)
    height, width = digits.images.shape[1:]
    return Scenes(images, digits.labels, corners[:, 0] + (np.array([width, height]) - 1) / 2, tasks)


def _check_search(
    digits: Digits,
    size: int,
    distractors: int,
    hues: Sequence[str],
    lights: tuple[tuple[float, float], tuple[float, float]],
    white: int,
) -> None:
    count, height, width = digits.images.shape
    if count < 2:
        raise ValueError("expected at least two digits, so that there are others, got one")
    check_whole("size", size, CELLS * max(height, width))
    check_whole("distractors", distractors, 0, CELLS**2 - 1)
    check_whole("white", white, 0, distractors)
    if len(set(hues)) != len(hues) or len(hues) < 2 or not set(hues) <= set(HUES):
        raise ValueError(f"expected two or more different hues of {', '.join(HUES)}; got {', '.join(hues)}")
    (dimmest, dim), (bright, brightest) = lights
    if not 0 < dimmest <= dim < bright <= brightest <= 1:
        raise ValueError(
            "expected 0 < dimness < brightness <= 1, each with its least value first, "
            f"got dimness={lights[0]}, brightness={lights[1]}"
        )


def _tints(
    tasks: NDArray[np.int64], hues: NDArray[np.float64], distractors: int, white: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Give the colours (n, 1 + distractors, 3): the task's hue, white, and the other hues dealt out in turn."""
    rest = len(hues) - 1
    order = np.argsort(rng.random((len(tasks), rest)), axis=1)[:, np.arange(distractors) % rest]
    steps = np.column_stack([np.zeros_like(tasks), 1 + order])
    tints: NDArray[np.float64] = hues[(tasks[:, np.newaxis] + steps) % len(hues)]
    tints[:, 1 : 1 + white] = WHITE
    return tints


def _corners(pieces: NDArray[np.uint8], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Give the pieces (n, k, height, width) places (n, k, 2) in cells of their own, all their ink inside."""
    count, several, height, width = pieces.shape
    cells = np.argsort(rng.random((count, CELLS**2)), axis=1)[:, :several]
    corners = np.empty((count, several, 2), np.int64)
    sides = {0: (pieces.max(axis=2) > 0, cells % CELLS, width), 1: (pieces.max(axis=3) > 0, cells // CELLS, height)}
    for axis, (ink, cell, side) in sides.items():
        blank_before, blank_after = ink.argmax(axis=-1), ink[..., ::-1].argmax(axis=-1)
        room = size // CELLS - side  # what the cell has to spare beyond the whole square
        corners[..., axis] = cell * (size // CELLS) + rng.integers(-blank_before, room + blank_after + 1)
    return corners


def jittered_digits(
    images: ArrayLike,
    rng: np.random.Generator | int,
    *,
    shift: float = 2.0,
    rotation_deg: float = 10.0,
    scale: float = 0.1,
) -> NDArray[np.uint8]:
    r"""Move, turn and scale each picture a little at random, so that no training picture is seen twice.

    Pixel :math:`p` shows what was at :math:`c + R(-\theta) (p - c - d) / s`, with the picture's centre :math:`c`, shift
    :math:`d`, angle :math:`\theta` and scale :math:`s`, interpolated between pixels; outside there is black.

    Parameters
    ----------
    images : array of uint8, shape (n, height, width)
    rng : Generator or int
        Source of randomness; all quantities are uniform.
    shift : float
        Greatest shift along each axis, either way, in pixels.
    rotation_deg : float
        Greatest angle either way, in degrees.
    scale : float
        Greatest change of size either way, as a share, below 1.

    Raises
    ------
    ValueError
        If the images are not (n, height, width) of uint8, or a range is negative or not finite.

    Examples
    --------
    >>> from neural import rendered_digits
    >>> images = rendered_digits(4, rng=0).images
    >>> jittered_digits(images, rng=1).shape
    (4, 28, 28)
    >>> np.array_equal(jittered_digits(images, rng=1, shift=0, rotation_deg=0, scale=0), images)
    True
    """
    pixels = np.ascontiguousarray(images)
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"expected images (n, height, width) of uint8, got {pixels.shape} of {pixels.dtype}")
    jitter = Jitter(shift=shift, rotation_deg=rotation_deg, scale=scale)
    return jitter.shown(pixels, jitter.drawn(pixels.shape, np.random.default_rng(rng)))


@dataclass(frozen=True, kw_only=True)
class Jitter:
    """Move, turn and scale the pictures of a scene a little at random, and the places of their keys with them.

    The keys themselves stay: what is conspicuous in a picture that is turned by some degrees is so in the other, too.

    Parameters
    ----------
    shift, rotation_deg, scale : float
        As in `jittered_digits`.

    Raises
    ------
    ValueError
        If a range is negative or not finite; when called, if the pictures are not grey ones of uint8.

    Examples
    --------
    >>> from neural import rendered_digits
    >>> scene = PictureBatch(rendered_digits(4, rng=0).images)
    >>> Jitter()(scene, np.random.default_rng(1)).images.shape
    (4, 28, 28)
    """

    shift: float = 2.0
    rotation_deg: float = 10.0
    scale: float = 0.1

    def __post_init__(self) -> None:
        finite = 0 <= self.shift < math.inf and 0 <= self.rotation_deg < math.inf
        if not (finite and 0 <= self.scale < 1):
            raise ValueError(
                "expected a finite shift and rotation_deg of at least 0 and a scale from 0 to below 1, "
                f"got shift={self.shift}, rotation_deg={self.rotation_deg}, scale={self.scale}"
            )

    def __call__(self, scene: PictureBatch, rng: np.random.Generator) -> PictureBatch:
        """Give a scene that is a little different."""
        pixels = np.ascontiguousarray(scene.images)
        if pixels.ndim != 3 or pixels.dtype != np.uint8:
            raise ValueError(f"expected grey pictures of uint8 to jitter, got {pixels.shape} of {pixels.dtype}")
        sources = self.drawn(pixels.shape, rng)
        grid = scene.grid
        if grid is not None:
            places = normalised_to_pixels(grid, pixels.shape[1:]) - sources[:, np.newaxis, :, 2]
            turned = places @ np.linalg.inv(sources[:, :, :2]).transpose(0, 2, 1)
            grid = pixels_to_normalised(turned, pixels.shape[1:]).astype(grid.dtype)
        return scene._replace(images=self.shown(pixels, sources), grid=grid)

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw, for each of n pictures, the matrix (2, 3) that tells where what a pixel (x, y, 1) shows comes from."""
        count, height, width = shape
        moved = rng.uniform(-self.shift, self.shift, (count, 2, 1))
        angles = np.radians(rng.uniform(-self.rotation_deg, self.rotation_deg, count))
        factors = 1 / rng.uniform(1 - self.scale, 1 + self.scale, count)
        cosines, sines = factors * np.cos(angles), factors * np.sin(angles)
        turns = np.array([[cosines, sines], [-sines, cosines]]).transpose(2, 0, 1)
        centre = np.array([[width - 1], [height - 1]]) / 2
        return np.ascontiguousarray(np.concatenate([turns, centre - turns @ (centre + moved)], axis=2))

    def shown(self, pixels: NDArray[np.uint8], sources: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Give the pictures (n, height, width) as these matrices (n, 2, 3) turn them."""
        out = np.empty_like(pixels)
        kernels.affine(pixels, sources, out)
        return out
