"""What a picture is: float32, (height, width, 3), RGB, 0 to 1. Everything enters the library through `as_image`.

And its pyramid, at halved and halved again resolution: sample `i` of a level lies on sample `2 i` of the level below
it, so no level is displaced against another.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array, check_number, check_shape, check_whole
from foveation.opencv import cv2

WHITE = (1.0, 1.0, 1.0)
OKABE_ITO = {  # colours that the colour-blind can tell apart: Okabe and Ito (2008), Color universal design
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky blue": "#56B4E9",
    "black": "#000000",
    "orange": "#E69F00",
    "yellow": "#F0E442",
}
FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}
CLOSEST = {4: np.float32, 8: np.float64}  # the float that OpenCV knows, by bytes of what came
LEVEL = np.float32(1 / 255)  # of 8 bits
NEAR_LEVEL = 4e-6  # a thousandth of the distance of two levels


def check_pixels(pixels: ArrayLike) -> NDArray[Any]:
    """Return `pixels` as an array that OpenCV and Numba can read, or say why it is no picture.

    Parameters
    ----------
    pixels : array, shape (height, width), (height, width, 1), (height, width, 3) or (height, width, 4)
        Grey, RGB or RGBA; uint8, uint16, or float from 0 to 1; at least 2 x 2 pixels; in any order in memory.

    Returns
    -------
    array of uint8, uint16, float32 or float64, of the same shape
        C-contiguous, bytes in the machine's order; half floats become float32 (of 8 bits, if their
        precision allows it), long ones float64.

    Raises
    ------
    TypeError
        If the numbers are of another type.
    ValueError
        If the shape is another, the picture is smaller than 2 x 2, or a number is NaN or outside 0 to 1.
    """
    try:
        array = np.asarray(pixels)
    except ValueError:
        raise ValueError("expected a picture, got rows of different lengths") from None
    native = array.dtype.newbyteorder("=")
    if native not in FULL_SCALE and native.kind != "f":
        raise TypeError(f"expected a picture of uint8, uint16 or float, got {array.dtype}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ValueError(
            f"expected a picture of shape (height, width) or (height, width, 1, 3 or 4), got {array.shape}"
        )
    if min(array.shape[:2]) < 2:
        raise ValueError(f"expected a picture of at least 2 x 2 pixels, got {array.shape[1]} x {array.shape[0]}")
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not np.isfinite(low) or not np.isfinite(high):
            count = int(np.count_nonzero(~np.isfinite(array)))
            raise ValueError(f"expected finite pixels, got {count} that are NaN or infinite")
        if low < -1e-3 or high > 1 + 1e-3:
            raise ValueError(f"expected float pixels from 0 to 1, got {low:g} to {high:g}")
    if native == np.float16:
        return _levelled(np.ascontiguousarray(array, np.float32), float(np.finfo(native).eps) / 4)
    return np.ascontiguousarray(array, native if native in FULL_SCALE else CLOSEST.get(native.itemsize, np.float64))


def as_image(pixels: ArrayLike, *, ground: ArrayLike = WHITE) -> NDArray[np.float32]:
    """Turn any usual array of pixels into the picture that the whole library works on.

    Parameters
    ----------
    pixels : array, shape (height, width), (height, width, 1), (height, width, 3) or (height, width, 4)
        Grey, RGB or RGBA; uint8, uint16, or float from 0 to 1; at least 2 x 2 pixels.
    ground : array, shape (3,)
        Colour (RGB from 0 to 1) on which a picture with transparency lies; white if none is given.

    Returns
    -------
    array of float32, shape (height, width, 3)
        RGB from 0 to 1, C-contiguous; `pixels` itself if it is that already.

    Raises
    ------
    TypeError
        If the numbers are of another type.
    ValueError
        If the shape is another, the picture is smaller than 2 x 2, or a number is NaN or outside 0 to 1.

    Notes
    -----
    A picture of 8 bits is the same picture in whatever numbers it comes: bytes, 16 bits, or floats of any rounding. If
    all pixels lie within 4e-6 of a level of 8 bits (or as near as numbers of their type can), they are that level.

    Examples
    --------
    >>> as_image(np.full((2, 3), 255, np.uint8)).shape
    (2, 3, 3)
    >>> levels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    >>> np.array_equal(as_image(levels), as_image(levels / 255))
    True
    >>> as_image(np.full((2, 3), 200))
    Traceback (most recent call last):
    ...
    TypeError: expected a picture of uint8, uint16 or float, got int64
    """
    array = check_pixels(pixels)
    if array.dtype in FULL_SCALE:
        image = np.multiply(array, np.float32(1 / FULL_SCALE[array.dtype]), dtype=np.float32)
    else:
        image = array.astype(np.float32, copy=False)
        if image.min() < 0 or image.max() > 1:
            image = np.clip(image, 0, 1)
    if array.dtype != np.uint8:
        image = _levelled(image, NEAR_LEVEL)
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
    if image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    if image.shape[2] == 4:
        alpha = image[:, :, 3:]
        image = image[:, :, :3] * alpha + (1 - alpha) * _check_colour(ground)
    return np.ascontiguousarray(image)


def _check_colour(colour: ArrayLike) -> NDArray[np.float32]:
    array = np.asarray(colour)
    if array.shape != (3,) or array.dtype.kind not in "uif" or not np.all((array >= 0) & (array <= 1)):
        raise ValueError(f"expected a ground of three numbers from 0 to 1 (red, green, blue), got {colour!r}")
    return array.astype(np.float32)


def has_alpha(pixels: NDArray[Any]) -> bool:
    """Whether some pixel of a picture is transparent.

    Examples
    --------
    >>> has_alpha(np.zeros((2, 2, 4), np.uint8)), has_alpha(np.zeros((2, 2, 3), np.uint8))
    (True, False)
    """
    return pixels.shape[2:] == (4,) and bool(np.any(pixels[:, :, 3] < FULL_SCALE.get(pixels.dtype, 1.0)))


def opaque(pixels: ArrayLike) -> NDArray[Any]:
    """Give a picture that may be resized, its numbers as they are: one with alpha is laid over white before.

    The colour of transparent pixels is hidden; means over areas would bring it out.

    Examples
    --------
    >>> opaque(np.zeros((2, 2, 4), np.uint8)).tolist()[0][0], opaque(np.zeros((2, 2), np.uint8)).dtype
    ([1.0, 1.0, 1.0], dtype('uint8'))
    """
    array = check_pixels(pixels)
    if array.shape[2:] != (4,):
        return array
    return as_image(array) if has_alpha(array) else np.ascontiguousarray(array[:, :, :3])


def as_bytes(pixels: ArrayLike) -> NDArray[np.uint8]:
    """Turn any usual array of pixels into 8-bit RGB, as screens and films show it: rounded to 255 steps.

    Examples
    --------
    >>> as_bytes(np.full((2, 2), 65535, np.uint16))[0, 0].tolist()
    [255, 255, 255]
    """
    array = check_pixels(pixels)
    if array.dtype == np.uint8 and array.shape[2:] == (3,):
        return array
    return np.asarray(np.rint(as_image(array) * np.float32(255)), np.uint8)


def _levelled(image: NDArray[np.float32], near: float) -> NDArray[np.float32]:
    """Set a picture to levels of 8 bits if each of its numbers is as near to one as `near`."""
    for part in (image[:1], image):  # most pictures that are not of 8 bits show it in their first row
        flat = part.reshape(len(part), -1)
        levels = np.multiply(cv2.convertScaleAbs(flat, alpha=255), LEVEL, dtype=np.float32)
        apart = cv2.norm(flat, levels, cv2.NORM_INF)
        if not apart <= near:
            return image
    return image if apart == 0 else levels.reshape(image.shape)


def eight_bit(image: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Give the bytes of a picture as `as_image` makes them, if it is of 8 bits; None if it holds other numbers.

    Examples
    --------
    >>> eight_bit(as_image(np.uint8([[3, 4], [5, 6]])))[:, :, 0]
    array([[3, 4],
           [5, 6]], dtype=uint8)
    """
    levels = np.asarray(cv2.convertScaleAbs(image, alpha=255), np.uint8)
    return levels if np.array_equal(np.multiply(levels, LEVEL, dtype=np.float32), image) else None


def shrunk(pixels: NDArray[Any], longer_side: int) -> NDArray[Any]:
    """Reduce a picture or map by means over areas until its longer side has so many pixels; a smaller one stays.

    Examples
    --------
    >>> shrunk(np.zeros((30, 60), np.float32), 20).shape
    (10, 20)
    """
    rows, columns = shrunk_shape(pixels.shape, longer_side)
    if (rows, columns) == pixels.shape[:2]:
        return pixels
    return np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA))


def shrunk_shape(shape: tuple[int, ...], longer_side: int) -> tuple[int, int]:
    """Give the height and width, at least 2, of a picture of this shape whose longer side has at most so many pixels.

    Examples
    --------
    >>> shrunk_shape((30, 60, 3), 20)
    (10, 20)
    """
    shrink = min(1.0, longer_side / max(shape[:2]))
    return max(2, round(shape[0] * shrink)), max(2, round(shape[1] * shrink))


def normalised_to_pixels(locations: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    r"""Turn locations from -1 to 1 into places in pixels: :math:`x = (l + 1) N / 2 - 1/2`, each axis with its own N.

    (-1, -1) is the outer corner of the first pixel at the top left, (0, 0) the picture's centre.

    Parameters
    ----------
    locations : array, shape (..., 2)
        (x, y), rightward and downward.
    shape : tuple of int
        Height and width of the picture (and what may follow).

    References
    ----------
    The convention of Mnih et al. (2014), Recurrent models of visual attention, NeurIPS.

    Examples
    --------
    >>> normalised_to_pixels([[-1, -1], [0, 0], [0.5, 0.5]], (40, 80))
    array([[-0.5, -0.5],
           [39.5, 19.5],
           [59.5, 29.5]])
    """
    height, width = check_shape(shape)[:2]
    sides = np.array([width, height], np.float64)
    return (check_array(locations, "locations (x, y) from -1 to 1") + 1) * sides / 2 - 0.5


def pixels_to_normalised(places: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Turn places (..., 2) in pixels into locations from -1 to 1: the inverse of `normalised_to_pixels`.

    Examples
    --------
    >>> pixels_to_normalised((59.5, 29.5), (40, 80))
    array([0.5, 0.5])
    """
    height, width = check_shape(shape)[:2]
    sides = np.array([width, height], np.float64)
    return (check_array(places, "places (x, y) in pixels") + 0.5) * 2 / sides - 1


DEEPEST = 12  # levels beyond this are blurred over more than 4096 pixels
SHARP = 0.6  # cycles per pixel; a wanted half-height above it leaves the picture as it is
SEAM = 0.5


def gaussian_pyramid(image: NDArray[Any], depth: int) -> list[NDArray[Any]]:
    """Give the picture and `depth` further levels, each blurred by [1 4 6 4 1]/16 both ways and halved.

    Sample `i` of level `l` lies on pixel :math:`2^l i` of the picture.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, channels)
        uint8, uint16 or float32. A side of `n` becomes one of `(n + 1) // 2`.
    depth : int
        Number of further levels.

    References
    ----------
    Burt and Adelson (1983), The Laplacian pyramid as a compact image code, IEEE Trans. Comm. 31, with their a = 3/8.

    Examples
    --------
    >>> [level.shape for level in gaussian_pyramid(np.zeros((5, 8), np.float32), 2)]
    [(5, 8), (3, 4), (2, 2)]
    """
    check_whole("depth", depth, 0, 31)
    level = np.asarray(image)
    if level.dtype not in (np.uint8, np.uint16, np.float32, np.float64) or level.ndim not in (2, 3) or not level.size:
        raise ValueError(
            "expected uint8, uint16 or float32 of shape (height, width) or (height, width, channels), "
            f"got {level.dtype} of shape {level.shape}"
        )
    levels = [level]
    for _ in range(depth):
        levels.append(cv2.pyrDown(levels[-1]))
    return levels


def level_transfer(level: int, frequency: ArrayLike) -> NDArray[np.float64]:
    r"""Share of a grating's amplitude that a level keeps, brought back to full size by linear expansion.

    .. math:: T_l(\nu) = \prod_{k<l} \cos^6(\pi \nu 2^k)

    (four from the kernel, two from the linear expansion), along one axis; `frequency` :math:`\nu` in cycles per pixel.

    Examples
    --------
    >>> level_transfer(1, [0, 0.150076]).round(3)
    array([1. , 0.5])
    """
    nu = np.asarray(frequency, np.float64)
    transfer = np.ones_like(nu)
    for octave in range(level):
        transfer = transfer * np.cos(np.pi * nu * 2**octave) ** 6
    return transfer


@lru_cache(maxsize=32)
def half_height_frequency(level: int) -> float:
    """Frequency, in cycles per pixel, of which `level` keeps half the amplitude.

    Examples
    --------
    >>> round(half_height_frequency(2), 6)
    0.067528
    """
    check_number(level, "a level from 1 up (level 0 keeps everything)", least=1)
    low, high = 0.0, 0.5**level  # the transfer falls from 1 to 0 between these
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if level_transfer(level, middle) > 0.5 else (low, middle)
    return low


def blur_level(half_height: ArrayLike) -> NDArray[np.float64]:
    r"""Pyramid level, whole and fraction, whose blend passes half of a grating of this many cycles per pixel.

    Between level :math:`i` and :math:`i+1` the finer one gets the weight
    :math:`B = (\frac12 - T_{i+1}(\nu)) / (T_i(\nu) - T_{i+1}(\nu))`, and the level is :math:`i + 1 - B`. Above 0.6
    cycles per pixel the level is 0, and between 0.5 and 0.6 it goes there in a straight line.

    Parameters
    ----------
    half_height : array
        Wanted half-height frequency :math:`\nu`, in cycles per pixel.

    References
    ----------
    After Perry and Geisler (2002), Gaze-contingent real-time simulation of arbitrary visual fields, Proc. SPIE 4662,
    but with the exact transfer of the pyramid that is built (`level_transfer`).

    Examples
    --------
    >>> blur_level([0.7, 0.5, 0.150076, 0.067528]).round(3)
    array([0. , 0.5, 1. , 2. ])
    """
    nu = np.asarray(half_height, np.float64)
    level = np.full(nu.shape, float(DEEPEST))
    upper = SEAM
    for finer in range(DEEPEST):
        lower = half_height_frequency(finer + 1)
        inside = (nu > lower) & (nu <= upper)
        fine, coarse = level_transfer(finer, nu[inside]), level_transfer(finer + 1, nu[inside])
        level[inside] = finer + 1 - (0.5 - coarse) / (fine - coarse)
        level[nu == lower] = finer + 1
        upper = lower
    above = nu > SEAM
    level[above] = np.clip(0.5 * (SHARP - nu[above]) / (SHARP - SEAM), 0, 0.5)
    return level
