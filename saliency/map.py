"""What a map is: how it is checked, brought to the size of a picture, and told from an empty one."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array
from foveation.opencv import cv2

ROUND_OFF = 1e-5  # a map whose greatest value is below this holds nothing but rounding
EVEN = 1e-3  # a picture whose channels all stay within this range shows nothing


def unit_range(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a map that is not negative to 1 at its greatest; one that holds nothing but rounding becomes empty.

    Examples
    --------
    >>> unit_range(np.array([[1.0, 4.0]], np.float32))
    array([[0.25, 1.  ]], dtype=float32)
    """
    greatest = values.max()
    return np.zeros_like(values) if greatest < ROUND_OFF else np.asarray(values * (1 / greatest), np.float32)


def finished(
    values: NDArray[Any],
    picture: NDArray[np.float32],
    shape: tuple[int, ...],
    *,
    blur: float = 0.0,
    centre_bias: float = 0.0,
) -> NDArray[np.float32]:
    r"""Turn what a model computed at its working size into a map of the picture's size, from 0 to 1.

    Parameters
    ----------
    values : array, shape (rows, columns)
        Raw saliency, from 0 up.
    picture : array of float32, shape (rows, columns, 3)
        The picture as the model saw it: where nothing in it differs, the map is empty.
    shape : tuple of int
        Height and width of the picture that was asked for.
    blur : float
        Standard deviation of a last Gaussian, as a share of the map's longer side.
    centre_bias : float
        Exponent :math:`k` of a Gaussian at the centre, with a quarter of each side as standard deviation, by which the
        map is multiplied: people look at the middle of pictures. 0 leaves it out.

    Examples
    --------
    >>> grey = np.full((2, 3, 3), 0.5, np.float32)
    >>> float(finished(np.ones((2, 3)), grey, (20, 30)).max())
    0.0
    """
    if is_even(picture):
        return np.zeros(shape[:2], np.float32)
    return at_size(values, shape, blur=blur, centre_bias=centre_bias)


def is_even(picture: NDArray[np.float32]) -> bool:
    """Whether nothing in a picture (rows, columns, channels) differs by more than a thousandth."""
    return float((picture.max(axis=0).max(axis=0) - picture.min(axis=0).min(axis=0)).max()) < EVEN


def at_size(
    values: NDArray[Any], shape: tuple[int, ...], *, blur: float = 0.0, centre_bias: float = 0.0
) -> NDArray[np.float32]:
    """Bring a map to the size of a picture, from 0 to 1; parameters as of `finished`.

    What filters leave below 0 by rounding, where a map should be empty, becomes 0.
    """
    map_ = np.ascontiguousarray(np.maximum(values, 0), np.float32)
    if blur > 0:
        map_ = cv2.GaussianBlur(map_, (0, 0), blur * max(map_.shape), borderType=cv2.BORDER_REPLICATE)
    map_ = centred(map_, centre_bias)
    greatest = float(map_.max())
    map_ = map_ * np.float32(1 / greatest) if greatest > 0 else np.zeros_like(map_)
    if map_.shape != tuple(shape[:2]):
        map_ = cv2.resize(map_, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(map_, np.float32)


def centred(values: NDArray[np.float32], centre_bias: float, spread: float = 0.25) -> NDArray[np.float32]:
    r"""Multiply a map by a power of a Gaussian at its centre, axis by axis.

    Parameters
    ----------
    values : array of float32, shape (height, width)
    centre_bias : float
        Exponent :math:`k` of the Gaussian; 0 gives the map itself.
    spread : float
        Standard deviations of the Gaussian, as a share of each side.

    Examples
    --------
    >>> centred(np.ones((3, 3), np.float32), 0.5)[1].round(2)
    array([0.64, 1.  , 0.64], dtype=float32)
    """
    if centre_bias == 0:
        return values
    rows, columns = (
        np.exp(-0.5 * centre_bias * ((np.arange(side) - (side - 1) / 2) / (spread * side)) ** 2).astype(np.float32)
        for side in values.shape
    )
    return np.asarray(values * rows[:, np.newaxis] * columns, np.float32)


def resized(
    values: NDArray[np.float32], shape: tuple[int, ...], *, enlarging: int = cv2.INTER_LINEAR
) -> NDArray[np.float32]:
    """Bring a map or a picture to a height and width: means over areas, or linearly if it is smaller."""
    rows, columns = shape[:2]
    shrinks = values.shape[0] >= rows and values.shape[1] >= columns
    way = cv2.INTER_AREA if shrinks else enlarging
    return np.asarray(cv2.resize(values, (columns, rows), interpolation=way), np.float32)


def fitted(values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Bring a finished map to the height and width of a picture that it is of; see `check_proportions`."""
    check_proportions(values.shape, shape)
    return resized(values, shape)


def check_proportions(size: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Refuse a map that is not as wide for its height as the picture is: it would be stretched.

    Parameters
    ----------
    size, shape : tuple of int
        Height and width of the map, and of the picture.

    Raises
    ------
    ValueError
        If no single scale makes one as large as the other, to the pixel.

    Examples
    --------
    >>> check_proportions((30, 40), (480, 640))
    >>> check_proportions((40, 30), (480, 640))
    Traceback (most recent call last):
    ...
    ValueError: expected a map of the proportions of the 640 x 480 picture, got one of 30 x 40, which ... transposed
    """
    if not _is_scaled(size, shape):
        cure = "it would fit transposed" if _is_scaled(size[1::-1], shape) else "bring it to these proportions first"
        raise ValueError(
            f"expected a map of the proportions of the {shape[1]} x {shape[0]} picture, got one of {size[1]} x "
            f"{size[0]}, which would be stretched: {cure}"
        )


def _is_scaled(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether a single scale brings the larger to the smaller shape; sides may be rounded in any way."""
    small, large = sorted([one[:2], other[:2]], key=np.prod)
    least, most = ([(side + off) / larger for side, larger in zip(small, large, strict=True)] for off in (-1, 1))
    return max(least) < min(most)


def check_map(values: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[np.float32]:
    """Return a map as float32, or say why it is none: two dimensions, finite, nowhere negative, of the given shape.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> check_map([[0, float("nan")]])
    Traceback (most recent call last):
    ...
    ValueError: expected a finite map, got 1 values that are NaN or infinite
    """
    with np.errstate(over="ignore"):  # infinite as float32: refused below
        array = np.ascontiguousarray(check_array(values, "a map of real numbers", np.float32))
    if array.ndim != 2 or not array.size or (shape is not None and array.shape != tuple(shape[:2])):
        wanted = "(height, width)" if shape is None else str(tuple(shape[:2]))
        raise ValueError(f"expected a map of shape {wanted}, got {array.shape}")
    low = float(array.min())
    if not np.isfinite(low) or not np.isfinite(float(array.max())):
        count = int(np.count_nonzero(~np.isfinite(array)))
        raise ValueError(f"expected a finite map, got {count} values that are NaN or infinite")
    if low < 0:
        raise ValueError(f"expected a map that is nowhere negative, got {low:g}")
    return array


FLAT = 1e-6  # relative differences below this are rounding


def is_flat(values: NDArray[np.float32]) -> bool:
    """Whether no place of a map differs from the others: there is nothing to choose.

    Examples
    --------
    >>> is_flat(np.ones((3, 4), np.float32)), is_flat(np.eye(3, dtype=np.float32))
    (True, False)
    """
    low, high = float(values.min()), float(values.max())
    return high - low <= FLAT * high
