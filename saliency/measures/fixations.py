"""Fixations as places on a map: counted, smoothed to a density, and checked."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.checks import check_array, check_number, check_shape
from saliency.measures import kernels

EPSILON = 2.2204e-16  # of the MIT/Tuebingen benchmark
CELLS = 4096
WIDEST_PX = 1e5
TRUNCATION = 4  # standard deviations at which a Gaussian ends


def check_values(values: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """Return a map as float64, or say why it is none; unlike a saliency map's, its values may be negative.

    Raises
    ------
    ValueError
        If it has not two dimensions, not the `shape`, or holds NaN, infinity or a number above 1e+150.
    """
    array = check_array(values, "a map of real numbers")
    if array.ndim != 2 or not array.size or (shape is not None and array.shape != tuple(shape[:2])):
        wanted = "(height, width)" if shape is None else str(tuple(shape[:2]))
        raise ValueError(f"expected a map of shape {wanted}, got {array.shape}")
    greatest = max(abs(float(array.min())), abs(float(array.max())))
    if not np.isfinite(greatest):
        count = int(np.count_nonzero(~np.isfinite(array)))
        raise ValueError(f"expected a finite map, got {count} values that are NaN or infinite")
    if greatest > GREATEST:
        raise ValueError(f"expected a map of values up to {GREATEST:g}, got {greatest:g}")
    return array


def as_places(places: ArrayLike) -> NDArray[np.float64]:
    """Give places (n, 2) as floats, or say why they are none."""
    array = check_array(places, "fixations of shape (n, 2), x and y in pixels")
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"expected fixations of shape (n, 2), x and y in pixels, got {array.shape}")
    return array


def inside(places: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Keep the places whose nearest pixel lies in a picture; NaN lies in none.

    Parameters
    ----------
    places : array, shape (n, 2)
        x and y, in pixels.
    shape : tuple of int
        Height and width of the picture.

    Examples
    --------
    >>> inside([(0, 0), (-0.6, 0), (639.4, 479.4), (640, 3)], (480, 640))
    array([[  0. ,   0. ],
           [639.4, 479.4]])
    """
    array = as_places(places)
    return array[are_inside(array, shape)]


def are_inside(places: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Tell of each place (n, 2) whether its nearest pixel lies in a picture of a height and width."""
    height, width = check_shape(shape)[:2]
    within: NDArray[np.bool_] = np.all((places >= -0.5) & (places < (width - 0.5, height - 0.5)), axis=1)
    return within


def cell_indices(places: ArrayLike, grid: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Give the flat index, row by row, of the cell of a grid in which each place lies; -1 outside the picture.

    Parameters
    ----------
    places : array, shape (n, 2)
        Places (x, y), in pixels.
    grid : tuple of int
        Rows and columns of the cells that share out the picture.
    shape : tuple of int
        Height and width of the picture.

    Examples
    --------
    >>> cell_indices([(0, 0), (639, 479), (640, 0)], (3, 4), (480, 640))
    array([ 0, 11, -1])
    """
    (rows, columns), (x, y) = grid, as_places(places).T
    column = np.floor((x + 0.5) * columns / shape[1]).astype(np.int64)
    row = np.floor((y + 0.5) * rows / shape[0]).astype(np.int64)
    held = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    return np.where(held, row * columns + column, -1)


def pixels_at(places: ArrayLike, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows and columns of the nearest pixels; a half goes up.

    Parameters
    ----------
    places : array, shape (n, 2)
        x and y, in pixels.
    shape : tuple of int
        Height and width of the picture.

    Raises
    ------
    ValueError
        If there is no place, or one has its nearest pixel outside the picture.

    Examples
    --------
    >>> rows, columns = pixels_at([(2.4, 0.5)], (480, 640))
    >>> rows, columns
    (array([1]), array([2]))
    >>> pixels_at([(0, 0), (640, 3)], (480, 640))
    Traceback (most recent call last):
    ...
    ValueError: expected fixations inside the 640 x 480 picture, got 1 of 2 outside, the first at (640, 3)
    """
    array = as_places(places)
    if not len(array):
        raise ValueError("expected at least one fixation, got none")
    within = are_inside(array, shape)
    if not within.all():
        x, y = array[~within][0]
        raise ValueError(
            f"expected fixations inside the {shape[1]} x {shape[0]} picture, got {np.count_nonzero(~within)} of "
            f"{len(array)} outside, the first at ({x:g}, {y:g})"
        )
    columns, rows = np.floor(array + 0.5).astype(np.int64).T
    return rows, columns


def fixation_map(places: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Count the fixations on each pixel.

    Parameters
    ----------
    places : array, shape (n, 2)
        x and y, in pixels.
    shape : tuple of int
        Height and width of the picture.

    Notes
    -----
    The map of pysaliency's `FixationMap`, given whole coordinates.

    Examples
    --------
    >>> fixation_map([(0, 0), (1.2, 0), (0.8, 0)], (1, 3))
    array([[1., 2., 0.]])
    """
    rows, columns = pixels_at(places, shape)
    counts = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
    return counts.reshape(shape[:2]).astype(np.float64)


def fixation_density(
    places: ArrayLike,
    shape: tuple[int, ...],
    *,
    sigma: float | None = None,
    sigma_deg: float | None = None,
    viewing: Viewing | None = None,
) -> NDArray[np.float64]:
    """Give where people look in a picture: a Gaussian on each fixation's pixel; the sum is 1.

    Borders are mirrored, so that no fixation loses mass.

    Parameters
    ----------
    places : array, shape (n, 2)
        The fixations, in pixels.
    shape : tuple of int
        Height and width of the picture.
    sigma : float
        Standard deviation, in pixels; one degree of visual angle is usual. The Gaussian ends after four of them.
    sigma_deg : float
        The same in degrees, with
    viewing : Viewing
        the geometry, in the pixels of the picture.

    Raises
    ------
    ValueError
        If not exactly one of `sigma` and `sigma_deg` is given, or it is not above 0.

    Notes
    -----
    The map of pysaliency's `FixationMap(kernel_size=sigma)`, given whole coordinates, over its sum.

    Examples
    --------
    >>> density = fixation_density([(20, 30)], (60, 80), sigma=5)
    >>> round(float(density.sum()), 6), bool(density[30, 20] == density.max())
    (1.0, True)
    """
    rows, columns = pixels_at(places, shape)
    weights = _gaussian(_sigma_px(sigma, sigma_deg, viewing))
    used_rows, row_of = np.unique(rows, return_inverse=True)
    used_columns, column_of = np.unique(columns, return_inverse=True)
    counts = np.zeros((used_columns.size, used_rows.size))
    np.add.at(counts, (column_of, row_of), 1 / rows.size)
    across, density = np.zeros((shape[1], used_rows.size)), np.zeros(shape[:2])
    kernels.spread(counts, used_columns, weights, across)
    kernels.spread(np.ascontiguousarray(across.T), used_rows, weights, density)
    return density


def _sigma_px(sigma: float | None, sigma_deg: float | None, viewing: Viewing | None) -> float:
    if (sigma is None) == (sigma_deg is None):
        raise ValueError("expected either sigma in pixels, or sigma_deg and viewing")
    if sigma_deg is not None:
        if viewing is None:
            raise ValueError("expected a viewing with sigma_deg: how large is a degree in this picture?")
        sigma = sigma_deg * viewing.pixels_per_degree
    assert sigma is not None
    check_number(sigma, f"a standard deviation above 0 (and up to {WIDEST_PX:g}) in pixels", above=0, most=WIDEST_PX)
    return float(sigma)


def _gaussian(sigma: float) -> NDArray[np.float64]:
    radius = int(TRUNCATION * sigma + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    return np.asarray(weights / weights.sum(), np.float64)


def above_least(values: ArrayLike) -> NDArray[np.float64]:
    """Subtract a map's least value, as is usual before `sim` and `kl_divergence`."""
    array = check_values(values)
    return np.asarray(array - array.min(), np.float64)


GREATEST = 1e150  # sums of larger numbers would overflow
