"""Pictures of digits on which a network learns where to look: read from files or drawn, alone, displaced, cluttered."""

import gzip
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.glimpse import normalised_to_pixels, pixels_to_normalised
from neural import kernels
from neural.policy import Scene

CLASSES = 10
UNSIGNED_BYTE = 0x08  # type code of the idx format
GZIP = b"\x1f\x8b"
PREFIXES = {"train": "train", "test": "t10k"}

# The shapes a hand draws, on paper 60 wide and 100 high, y down: for each digit one or more forms, each of strokes with
# a bar between them, each a smooth curve through the points x,y. A corner is where one stroke ends and the next begins.
FORMS = (
    (
        "34,0 12,14 3,50 10,84 28,100 47,86 57,50 52,14 34,0",
        "30,0 9,15 0,50 9,85 30,100 51,85 60,50 51,15 30,0",
    ),
    (
        "30,0 30,100",
        "10,23 32,0 | 32,0 32,100",
        "10,23 32,0 | 32,0 32,100 | 10,100 54,100",
    ),
    (
        "6,24 15,5 34,0 52,12 52,32 36,58 4,100 | 4,100 58,100",
        "6,20 28,0 50,18 40,55 15,90 5,92 9,80 25,84 42,98 60,92",
    ),
    (
        "6,14 28,0 50,14 46,36 26,47 | 26,47 50,56 55,78 36,98 16,98 2,84",
        "6,0 52,0 | 52,0 26,42 | 26,42 50,52 55,76 36,98 16,98 2,84",
    ),
    (
        "12,0 5,56 | 5,56 58,54 | 46,6 42,100",
        "44,0 2,66 | 2,66 60,66 | 44,0 44,100",
        "10,2 6,36 16,50 36,48 50,38 | 52,0 42,100",
    ),
    (
        "54,0 14,0 | 14,0 10,44 | 10,44 34,38 54,54 52,84 30,100 6,89",
        "56,2 36,6 16,3 | 16,3 11,42 30,44 50,60 46,90 24,100 3,92",
    ),
    (
        "46,0 22,20 6,54 8,86 28,100 50,88 52,64 34,51 14,60 7,76",
        "34,0 12,40 6,78 24,100 46,88 44,66 26,62 8,80",
    ),
    (
        "2,0 56,0 | 56,0 22,100",
        "2,2 56,0 | 56,0 34,46 26,100",
        "2,0 56,0 | 56,0 22,100 | 16,50 50,48",
        "2,18 4,0 | 4,0 56,0 | 56,0 34,46 26,100",
    ),
    (
        "49,13 30,0 10,14 16,36 42,56 53,80 30,100 7,82 16,58 44,36 49,13",
        "30,0 11,12 11,34 30,46 49,34 49,12 30,0 | 30,46 6,60 6,87 30,100 54,87 54,60 30,46",
    ),
    (
        "50,26 42,5 22,2 6,20 11,44 30,50 48,36 51,16 | 51,16 46,100",
        "52,24 34,0 10,10 8,38 28,50 48,38 52,24 | 52,24 51,62 38,94 12,98",
    ),
)
PAPER_CENTRE, PAPER_UNIT = (30, 50), 50
LINES_PER_SPAN = 5  # straight lines that stand for the curve from one point of a stroke to the next
AT_ONCE = 4096  # digits drawn before the next are prepared
BOX = 20 / 28  # part of the picture's side that the longer side of a digit takes, as in MNIST

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


class Digits(NamedTuple):
    """Pictures of single digits, white on black.

    Parameters
    ----------
    images : array of uint8, shape (n, height, width)
        28 x 28 pixels in MNIST.
    labels : array of int64, shape (n,)
        Which digit it is, 0 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


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


def read_idx(path: str | Path) -> NDArray[np.uint8]:
    r"""Read an array of unsigned bytes from an idx file, plain or compressed by gzip.

    Two zero bytes, a type code (8: unsigned bytes), the number of axes, the length of each axis as four bytes with the
    most significant first, then the numbers, the last axis running fastest.

    Parameters
    ----------
    path : str or Path
        Compressed or not is seen from the content, not from the name.

    Returns
    -------
    array of uint8
        Of the shape the file states.

    Raises
    ------
    ValueError
        If the file is not of this format, holds other numbers than unsigned bytes, or is shorter or longer than its
        header says.
    OSError
        If it cannot be opened.

    References
    ----------
    LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "labels-idx1-ubyte"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    >>> read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    content = _content(Path(path))
    if len(content) < 4 or content[:2] != b"\0\0":
        raise ValueError(
            f"cannot read '{path}': expected an idx file, which begins with two zero bytes, a type code and the number "
            f"of axes; got {content[:4].hex(' ') or 'nothing'}"
        )
    code, axes = content[2], content[3]
    if code != UNSIGNED_BYTE:
        raise ValueError(f"cannot read '{path}': expected unsigned bytes, type code 0x08, got type code 0x{code:02x}")
    start = 4 + 4 * axes
    if axes == 0 or len(content) < start:
        raise ValueError(
            f"cannot read '{path}': expected at least one axis and a header of {start} bytes for the {axes} axes it "
            f"states, got {len(content)} bytes"
        )
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"cannot read '{path}': expected {math.prod(shape)} bytes for the {' x '.join(map(str, shape))} numbers "
            f"its header states, got {len(content) - start}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _content(path: Path) -> bytes:
    """Give what the file holds, uncompressed."""
    content = path.read_bytes()
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"cannot read '{path}': expected a whole gzip file, got a damaged one ({error})") from error


def read_mnist(folder: str | Path, part: Literal["train", "test"] = "train") -> Digits:
    """Read the handwritten digits of MNIST [1]_ from a folder with its original files.

    Parameters
    ----------
    folder : str or Path
        Where ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` lie, for the test ``t10k-...``; with a dot in
        place of the last hyphen but one (``train-images.idx3-ubyte``) they are found too, and compressed (``.gz``).
    part : str
        "train": 60,000 digits; or "test": 10,000.

    Raises
    ------
    ValueError
        If there is no such part, a file is damaged (see `read_idx`), or images and labels do not belong together.
    FileNotFoundError
        If a file is missing.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition,
       Proceedings of the IEEE 86.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> one_image = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 9, 9, 0])
    >>> _ = (folder / "t10k-images-idx3-ubyte").write_bytes(one_image)
    >>> _ = (folder / "t10k-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    >>> read_mnist(folder, "test").labels
    array([7])
    """
    if part not in PREFIXES:
        raise ValueError(f"there is no part '{part}'; expected one of: {', '.join(PREFIXES)}")
    images_at, labels_at = (_found(Path(folder), part, kind) for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    images, labels = read_idx(images_at), read_idx(labels_at)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(
            f"expected images (n, height, width) in '{images_at}' and as many labels (n,) in '{labels_at}', "
            f"got shapes {images.shape} and {labels.shape}"
        )
    if images.size == 0 or labels.max() >= CLASSES:
        raise ValueError(
            f"expected at least one image in '{images_at}' and labels from 0 to 9 in '{labels_at}', "
            f"got {len(images)} images and labels up to {labels.max(initial=0)}"
        )
    return Digits(images, labels.astype(np.int64))


def _found(folder: Path, part: str, kind: str) -> Path:
    """Give the file of a part of MNIST under the names that are in use."""
    names = [f"{PREFIXES[part]}-{kind.replace('-idx', joint)}" for joint in ("-idx", ".idx")]
    for name in (f"{name}{ending}" for name in names for ending in ("", ".gz")):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"expected '{names[0]}' or '{names[0]}.gz' in the folder '{folder}', found neither")


def rendered_digits(count: int, rng: np.random.Generator | int, *, size: int = 28) -> Digits:
    r"""Draw digits as a hand would, no two alike: the set for when there is no other.

    Each digit has a few forms, given by strokes through a few points. A form's points are moved by a smooth random
    field, then stretched, slanted and turned; a pen of random width and softness follows the curves through them. As in
    MNIST the longer side takes 20 of 28 pixels, and the centre of the ink (the mean place along the strokes) lies
    within half a pixel of the picture's centre. The ten classes come equally often, in random order.

    Parameters
    ----------
    count : int
        Number of digits.
    rng : Generator or int
        Where chance comes from. The same seed draws the same digits.
    size : int
        Side of the pictures in pixels, at least 8.

    Raises
    ------
    ValueError
        If `count` is below 1 or `size` below 8.

    Examples
    --------
    >>> digits = rendered_digits(20, rng=0)
    >>> digits.images.shape, np.bincount(digits.labels).tolist()
    ((20, 28, 28), [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    _check_whole("count", count, 1)
    _check_whole("size", size, 8)
    chance = np.random.default_rng(rng)
    labels = chance.permutation(count) % CLASSES
    firsts = np.cumsum([0, *(len(forms) for forms in FORMS)])
    forms = firsts[labels] + (chance.random(count) * np.diff(firsts)[labels]).astype(np.int64)
    warps = _warps(count, chance)
    widths, softness = (chance.uniform(low, high, count) * size / 28 for low, high in ((2.0, 3.6), (1.0, 1.7)))
    shifts = chance.uniform(-0.5, 0.5, (count, 1, 2))
    images = np.zeros((count, size, size), np.uint8)
    bases, inked = _traced()
    for start in range(0, count, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        points, ink = bases[forms[some]] @ warps[some], inked[forms[some]]
        points = _fitted(points, ink, BOX * size - widths[some]) + shifts[some] + (size - 1) / 2
        kernels.draw_strokes(points, ink, widths[some], softness[some], images[some])
    return Digits(images, labels)


def _check_whole(name: str, value: int, least: int, most: float = math.inf) -> None:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not least <= value <= most:
        upper = "" if most == math.inf else f" and at most {most}"
        raise ValueError(f"expected {name} to be a whole number, at least {least}{upper}; got {value}")


def _warps(count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """Give what makes the points (x, y) of a digit of the functions of place in `_traced`: matrices (count, 7, 2)."""
    bend = chance.normal(0.0, 0.07, (count, 5, 2))
    straight = np.broadcast_to(np.eye(2), (count, 2, 2))
    slant = np.clip(chance.normal(0.15, 0.2, count), -0.4, 0.7)
    stretch = np.exp(np.clip(chance.normal(0.0, 0.2, count), -0.5, 0.4))
    turn = np.radians(np.clip(chance.normal(0.0, 6.0, count), -15, 15))
    shape = np.zeros((count, 2, 2))  # rows: what x and what y contribute
    shape[:, 0, 0], shape[:, 1, 0], shape[:, 1, 1] = stretch, -slant, 1.0
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]).transpose(2, 0, 1)
    warps: NDArray[np.float64] = np.concatenate([straight, bend], axis=1) @ shape @ rotation
    return warps


def _traced() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Trace every form: functions of the place (forms, k, 7) of its points, and which lines between them are drawn.

    The functions are x and y, and those that bend: x^2, x y, y^2, sin(pi x) and sin(pi y), for y from -1 to 1.
    """
    traces = [[_curve(stroke) for stroke in form.split("|")] for forms in FORMS for form in forms]
    most = max(sum(map(len, trace)) for trace in traces)
    points, inked = np.zeros((len(traces), most, 2)), np.zeros((len(traces), most - 1), bool)
    for number, trace in enumerate(traces):
        ends = np.cumsum([len(curve) for curve in trace])
        points[number, : ends[-1]] = np.concatenate(trace)
        points[number, ends[-1] :] = trace[-1][-1]
        inked[number, : ends[-1] - 1] = True
        inked[number, ends[:-1] - 1] = False
    x, y = np.moveaxis((points - PAPER_CENTRE) / PAPER_UNIT, -1, 0)
    return np.stack([x, y, x * x, x * y, y * y, np.sin(np.pi * x), np.sin(np.pi * y)], axis=-1), inked


def _curve(stroke: str) -> NDArray[np.float64]:
    """Give points (k, 2) on the Catmull-Rom curve through those of the stroke, which closes if they do."""
    points = np.array([point.split(",") for point in stroke.split()]).astype(np.float64)
    closed = (points[0] == points[-1]).all()
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    around = np.concatenate([[before], points, [after]])
    slopes = (around[2:] - around[:-2]) / 2
    t = np.arange(LINES_PER_SPAN)[:, np.newaxis] / LINES_PER_SPAN
    spans = [
        (1 + 2 * t) * (1 - t) ** 2 * points[i]
        + t * (1 - t) ** 2 * slopes[i]
        + t**2 * (3 - 2 * t) * points[i + 1]
        + t**2 * (t - 1) * slopes[i + 1]
        for i in range(len(points) - 1)
    ]
    return np.concatenate([*spans, points[-1:]])


def _fitted(points: NDArray[np.float64], inked: NDArray[np.bool_], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale each digit's points (n, k, 2) so that its longer side is `sides` (n,), the centre of its ink at (0, 0)."""
    extents = np.ptp(points, axis=1).max(axis=1)
    points = points * (sides / extents)[:, np.newaxis, np.newaxis]
    lengths = np.hypot(*np.moveaxis(np.diff(points, axis=1), -1, 0)) * inked
    middles = (points[:, 1:] + points[:, :-1]) / 2
    centres = (lengths[..., np.newaxis] * middles).sum(axis=1) / lengths.sum(axis=1)[:, np.newaxis]
    fitted: NDArray[np.float64] = points - centres[:, np.newaxis]
    return fitted


def centred(digits: Digits) -> Scenes:
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
    >>> centred(rendered_digits(2, rng=0)).places
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


def translated(digits: Digits, rng: np.random.Generator | int, *, size: int = 60) -> Scenes:
    """Put each digit anywhere in a larger black picture, its whole square inside.

    Parameters
    ----------
    digits : Digits
    rng : Generator or int
        Where chance comes from: every place is equally likely.
    size : int
        Side of the pictures, in pixels.

    Raises
    ------
    ValueError
        If the digits do not fit into the picture, or as in `centred`.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 4.1, "Translated
    MNIST".

    Examples
    --------
    >>> digits = rendered_digits(3, rng=0)
    >>> scenes = translated(digits, rng=1)
    >>> x, y = (scenes.places[0] - 13.5).astype(int)
    >>> scenes.images.shape, np.array_equal(scenes.images[0, y : y + 28, x : x + 28], digits.images[0])
    ((3, 60, 60), True)
    """
    _check_digits(digits)
    return _translated(digits, np.random.default_rng(rng), size)


def _translated(digits: Digits, chance: np.random.Generator, size: int) -> Scenes:
    images = np.ascontiguousarray(digits.images)
    count, height, width = images.shape
    _check_whole("size", size, max(height, width))
    corners = chance.integers(0, (size - width + 1, size - height + 1), (count, 2))
    scenes = np.zeros((count, size, size), np.uint8)
    _paste(images[:, np.newaxis], corners[:, np.newaxis], scenes)
    return Scenes(scenes, digits.labels, corners + (np.array([width, height]) - 1) / 2)


def _paste(pieces: NDArray[np.uint8], corners: NDArray[np.int64], scenes: NDArray[np.uint8]) -> None:
    """Paste grey pieces (n, k, height, width) into grey scenes (n, rows, columns) by the maximum."""
    kernels.paste(pieces, corners, np.ones((*corners.shape[:2], 1)), scenes[..., np.newaxis])


def cluttered(
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
        Where chance comes from.
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
        in `centred`.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 4.1, "Cluttered
    translated MNIST": 60 x 60 with four pieces, 100 x 100 with eight. It does not say what becomes of scraps without
    ink, one in seven of those cut from MNIST.

    Examples
    --------
    >>> digits = rendered_digits(3, rng=0)
    >>> clean, scenes = translated(digits, rng=1), cluttered(digits, rng=1)
    >>> bool((scenes.images >= clean.images).all()), np.array_equal(scenes.places, clean.places)
    (True, True)
    """
    _check_digits(digits)
    _check_whole("pieces", pieces, 0)
    height, width = digits.images.shape[1:]
    _check_whole("piece", piece, 1, min(height, width))
    if len(digits.images) < 2:
        raise ValueError("expected at least two digits, so that there are others to cut from, got one")
    chance = np.random.default_rng(rng)
    scenes = _translated(digits, chance, size)
    if pieces:
        scraps = _scraps(digits.images, pieces, piece, chance)
        _paste(scraps, chance.integers(0, size - piece + 1, (len(scraps), pieces, 2)), scenes.images)
    return scenes


def _others(count: int, several: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """For each of `count` draw `several` of the others: indices (count, several)."""
    steps = chance.integers(1, count, (count, several))
    return (np.arange(count)[:, np.newaxis] + steps) % count


def _scraps(images: NDArray[np.uint8], pieces: int, side: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    """For each image cut squares (n, pieces, side, side) with ink out of others."""
    count, height, width = images.shape
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    scraps = np.zeros((count, pieces, side, side), np.uint8)
    empty = np.ones((count, pieces), bool)
    for _ in range(MOST_TRIES):  # images without any ink would never end it
        sources = _others(count, pieces, chance)[empty]
        rows, columns = chance.integers(0, (height - side + 1, width - side + 1), (len(sources), 2)).T
        scraps[empty] = windows[sources, rows, columns]
        empty = scraps.max(axis=(2, 3)) == 0
        if not empty.any():
            break
    return scraps


def search(
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
        Where chance comes from.
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
        If a parameter is outside its range, the digits do not fit, or as in `centred`.

    References
    ----------
    In the manner of Navalpakkam and Itti (2006), An integrated model of top-down and bottom-up attention for optimal
    object detection, CVPR: knowledge of the target sets the gains of the channels.

    Examples
    --------
    >>> scenes = search(rendered_digits(5, rng=0), rng=1)
    >>> scenes.images.shape, scenes.tasks.shape
    ((5, 84, 84, 3), (5,))
    """
    _check_digits(digits)
    _check_search(digits, size, distractors, hues, (dimness, brightness), white)
    if not 0 <= alone <= 1:
        raise ValueError(f"expected a share of pictures with one digit alone, from 0 to 1, got {alone}")
    chance = np.random.default_rng(rng)
    count = len(digits.images)
    shown = np.column_stack([np.arange(count), _others(count, distractors, chance)])  # the one asked for comes first
    tasks = chance.integers(0, len(hues), count)
    lowest, highest = np.array([dimness, *[brightness] * distractors]).T
    lights = chance.uniform(lowest, highest, shown.shape)
    lights[: round(alone * count), 1:] = 0
    tints = _tints(tasks, np.array([HUES[hue] for hue in hues]), distractors, white, chance)
    pieces = digits.images[shown]
    corners = _corners(pieces, size, chance)
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
    _check_whole("size", size, CELLS * max(height, width))
    _check_whole("distractors", distractors, 0, CELLS**2 - 1)
    _check_whole("white", white, 0, distractors)
    if len(set(hues)) != len(hues) or len(hues) < 2 or not set(hues) <= set(HUES):
        raise ValueError(f"expected two or more different hues of {', '.join(HUES)}; got {', '.join(hues)}")
    (dimmest, dim), (bright, brightest) = lights
    if not 0 < dimmest <= dim < bright <= brightest <= 1:
        raise ValueError(
            "expected 0 < dimness < brightness <= 1, each with its least value first, "
            f"got dimness={lights[0]}, brightness={lights[1]}"
        )


def _tints(
    tasks: NDArray[np.int64], hues: NDArray[np.float64], distractors: int, white: int, chance: np.random.Generator
) -> NDArray[np.float64]:
    """Give the colours (n, 1 + distractors, 3): the task's hue, white, and the other hues dealt out in turn."""
    rest = len(hues) - 1
    order = np.argsort(chance.random((len(tasks), rest)), axis=1)[:, np.arange(distractors) % rest]
    steps = np.column_stack([np.zeros_like(tasks), 1 + order])
    tints: NDArray[np.float64] = hues[(tasks[:, np.newaxis] + steps) % len(hues)]
    tints[:, 1 : 1 + white] = WHITE
    return tints


def _corners(pieces: NDArray[np.uint8], size: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """Give the pieces (n, k, height, width) places (n, k, 2) in cells of their own, all their ink inside."""
    count, several, height, width = pieces.shape
    cells = np.argsort(chance.random((count, CELLS**2)), axis=1)[:, :several]
    corners = np.empty((count, several, 2), np.int64)
    sides = {0: (pieces.max(axis=2) > 0, cells % CELLS, width), 1: (pieces.max(axis=3) > 0, cells // CELLS, height)}
    for axis, (ink, cell, side) in sides.items():
        blank_before, blank_after = ink.argmax(axis=-1), ink[..., ::-1].argmax(axis=-1)
        room = size // CELLS - side  # what the cell has to spare beyond the whole square
        corners[..., axis] = cell * (size // CELLS) + chance.integers(-blank_before, room + blank_after + 1)
    return corners


def jittered(
    images: ArrayLike,
    rng: np.random.Generator | int,
    *,
    shift: float = 2.0,
    rotation_deg: float = 10.0,
    scale: float = 0.1,
) -> NDArray[np.uint8]:
    r"""Move, turn and scale each picture a little by chance, so that no training picture is seen twice.

    Pixel :math:`p` shows what was at :math:`c + R(-\theta) (p - c - d) / s`, with the picture's centre :math:`c`, shift
    :math:`d`, angle :math:`\theta` and scale :math:`s`, interpolated between pixels; outside there is black.

    Parameters
    ----------
    images : array of uint8, shape (n, height, width)
    rng : Generator or int
        Where chance comes from; all quantities are uniform.
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
    >>> images = rendered_digits(4, rng=0).images
    >>> jittered(images, rng=1).shape
    (4, 28, 28)
    >>> np.array_equal(jittered(images, rng=1, shift=0, rotation_deg=0, scale=0), images)
    True
    """
    pixels = np.ascontiguousarray(images)
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"expected images (n, height, width) of uint8, got {pixels.shape} of {pixels.dtype}")
    jitter = Jitter(shift=shift, rotation_deg=rotation_deg, scale=scale)
    return jitter.shown(pixels, jitter.drawn(pixels.shape, np.random.default_rng(rng)))


@dataclass(frozen=True, kw_only=True)
class Jitter:
    """Move, turn and scale the pictures of a scene a little by chance, and the places of their keys with them.

    The keys themselves stay: what is conspicuous in a picture that is turned by some degrees is so in the other, too.

    Parameters
    ----------
    shift, rotation_deg, scale : float
        As in `jittered`.

    Raises
    ------
    ValueError
        If a range is negative or not finite; when called, if the pictures are not grey ones of uint8.

    Examples
    --------
    >>> scene = Scene(rendered_digits(4, rng=0).images)
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

    def __call__(self, scene: Scene, rng: np.random.Generator) -> Scene:
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
