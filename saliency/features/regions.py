"""Salient regions of a map by connected components, ranked, and the crop of a picture that keeps most of them."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_shape, check_whole
from foveation.opencv import cv2
from saliency.features import kernels
from saliency.map import check_map, check_proportions, is_flat

STEPS = 65535  # of a map's greatest value: places that differ by less are equally high
SMALLEST = 1e-30  # greatest value of a map that float32 can bring to so many steps
EQUAL = 1e-9  # share of a map's mass: windows that differ by less hold the same


class Box(NamedTuple):
    """A rectangle of pixels: its first column `x` and row `y`, its width and height.

    Examples
    --------
    >>> box = Box(2, 1, 3, 2)
    >>> np.arange(24).reshape(4, 6)[box.slices]
    array([[ 8,  9, 10],
           [14, 15, 16]])
    """

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to cut the box out of a picture or a map."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """A connected part of a map.

    Parameters
    ----------
    box : Box
        The smallest rectangle around it, in pixels of the map.
    mask : array of bool, shape (box.height, box.width)
        Which pixels of the box belong to it.
    centroid : tuple of float
        Its centre of mass, (x, y) in pixels, each pixel weighted with the map.
    score : float
        Its share of the map's mass, from 0 to 1: where the map is a density, the probability of looking there.
    peak : float
        The greatest value of the map in it.

    Examples
    --------
    >>> map_ = np.zeros((4, 6), np.float32)
    >>> map_[1, 2:5] = 1, 2, 1
    >>> region = Region.of(map_ > 0, map_)
    >>> region.box, region.centroid, region.score, region.area
    (Box(x=2, y=1, width=3, height=1), (3.0, 1.0), 1.0, 3)
    """

    box: Box
    mask: NDArray[np.bool_]
    centroid: tuple[float, float]
    score: float
    peak: float

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(np.count_nonzero(self.mask))

    def on(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Give the region as a mask of a whole map of `shape` (height, width)."""
        whole = np.zeros(shape[:2], np.bool_)
        whole[self.box.slices] = self.mask
        return whole

    @classmethod
    def of(cls, mask: ArrayLike, map_: ArrayLike) -> Self:
        """Describe the pixels of a map that a mask of the same shape marks.

        Raises
        ------
        ValueError
            If the map is none, or the mask has another shape or marks no pixel.
        """
        values = check_map(map_)
        marked = np.asarray(mask, np.bool_)
        if marked.shape != values.shape or not marked.any():
            raise ValueError(f"expected a mask of shape {values.shape} with at least one pixel, got {marked.shape}")
        rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
        box = Box(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        return cls._in(box, marked[box.slices].copy(), values, float(values.sum(dtype=np.float64)))

    @classmethod
    def _in(cls, box: Box, mask: NDArray[np.bool_], values: NDArray[np.float32], total: float) -> Self:
        weights = np.where(mask, values[box.slices], 0).astype(np.float64)
        mass, peak = float(weights.sum()), float(weights.max())
        if not mass:
            weights = mask.astype(np.float64)
        down, across = weights.sum(axis=1), weights.sum(axis=0)
        return cls(
            box=box,
            mask=mask,
            centroid=(
                box.x + float(across @ np.arange(box.width) / across.sum()),
                box.y + float(down @ np.arange(box.height) / down.sum()),
            ),
            score=mass / total if total else 0.0,
            peak=peak,
        )


def salient_regions(map_: ArrayLike, n: int | None = None, *, share: float = 0.75) -> list[Region]:
    """Find the regions of a map that stand out, the one that holds most of it first.

    A region is a hill: all that is connected with a peak at no less than `share` of its height, provided that nothing
    in it is higher. A peak from which one gets to a higher one without going below that height is a shoulder, and no
    region of its own; so no two regions share a pixel. The attended region of VOCUS2 grows likewise from the greatest
    value of the map down to three quarters of it [1]_.

    Parameters
    ----------
    map_ : array, shape (height, width)
        Any map that is nowhere negative.
    n : int, optional
        Give at most so many; all of them if none is given.
    share : float
        Height of a region's edge, as a share of that of its peak, above 0 and up to 1: the lower, the larger the
        regions, and the fewer.

    Returns
    -------
    list of Region
        By score; of equal scores, the higher peak first, then the one further up and left. Empty if the map is
        everywhere the same.

    Raises
    ------
    ValueError
        If the map is none, `n` is below 1, or `share` is not above 0 and up to 1.

    Notes
    -----
    Exact, in time almost linear in the number of pixels: basins of peaks, joined in a triplet merge tree [2]_. Heights
    are compared in steps of 1/65535 of the greatest.

    References
    ----------
    .. [1] Frintrop, Werner and Martin Garcia (2015), Traditional saliency reloaded, CVPR.
    .. [2] Smirnov and Morozov (2017), Triplet merge trees, TopoInVis.

    Examples
    --------
    >>> map_ = np.zeros((40, 60), np.float32)
    >>> map_[5:15, 10:20], map_[20:35, 40:50] = 0.5, 1.0
    >>> [(region.box, round(region.score, 2)) for region in salient_regions(map_)]
    [(Box(x=40, y=20, width=10, height=15), 0.75), (Box(x=10, y=5, width=10, height=10), 0.25)]
    """
    values = check_map(map_)
    if n is not None:
        check_whole("n", n, 1)
    check_number(share, "a share of the peak above 0 and up to 1", above=0, most=1)
    if is_flat(values):
        return []
    labels, corners, masses = _hills(values, share)
    best = np.argsort(-masses, kind="stable")[:n]  # labels ascend from the highest peak down
    total = float(values.sum(dtype=np.float64))
    regions = []
    for index in best:
        left, top, right, bottom = (int(side) for side in corners[index])
        box = Box(left, top, right - left + 1, bottom - top + 1)
        regions.append(Region._in(box, labels[box.slices] == index + 1, values, total))
    return regions


def _hills(
    values: NDArray[np.float32], share: float
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Label the hills of a map from 1, the highest first, and give the corners and the mass of each.

    Each place belongs to the basin of the peak that one climbs to from it. Two basins meet at passes; the highest pass
    from a peak to a higher one decides whether it is a hill of its own, and which basins its hill reaches into.
    """
    heights, labels = np.empty(values.shape, np.uint16), np.empty(values.shape, np.int32)
    greatest = float(values.max())
    scaled = values if greatest > SMALLEST else values / np.float32(greatest)
    count = kernels.ascend(scaled, STEPS / float(scaled.max()), heights, labels)
    summits = np.zeros(count, np.uint16)
    kernels.climb(heights, labels, summits)
    passes, rivals = np.full((2, count), -1, np.int32)
    floors: NDArray[np.float64] = share * summits.astype(np.float64)
    kernels.find_passes(heights, labels, summits, floors, passes, rivals)
    alone = np.flatnonzero((summits > 0) & (passes < floors))
    alone = alone[np.argsort(-summits[alone].astype(np.int32), kind="stable")]
    numbers, owners = np.zeros((2, count), np.int32)
    numbers[alone] = np.arange(1, alone.size + 1)
    kernels.own_basins(summits, floors, passes, rivals, numbers, owners)
    corners, masses = np.empty((alone.size, 4), np.int64), np.zeros(alone.size)
    kernels.measure_hills(values, heights, owners, floors[alone], labels, corners, masses)
    return labels, corners, masses


def smart_crop(
    image: ArrayLike | tuple[int, ...],
    map_: ArrayLike,
    *,
    aspect: float | None = None,
    size: tuple[int, int] | None = None,
    share: float | None = None,
) -> Box:
    """Find the part of a picture that keeps the most of what stands out.

    Of all windows of one size, the one over which the map sums to the most, exactly, by an integral image. Where
    several hold the same, as in an empty map, the one whose middle is nearest to the map's centre of mass.

    Parameters
    ----------
    image : array or tuple of int
        The picture (height, width, ...), or its shape.
    map_ : array, shape (height, width)
        A map of the picture, of any size, but of its shape.
    aspect : float, optional
        Width over height. The window is the largest of this shape that fits into the picture.
    size : tuple of int, optional
        Width and height of the window, in pixels, instead of `aspect`.
    share : float, optional
        With `aspect`: the smallest window of this shape that holds at least this share of the map's mass, above 0 and
        up to 1; the largest that fits, if none holds so much.

    Returns
    -------
    Box
        The window, in pixels of the picture.

    Raises
    ------
    ValueError
        If the map is none, not exactly one of `aspect` and `size` is given, or the window does not fit.

    References
    ----------
    Suh, Ling, Bederson and Jacobs (2003), Automatic thumbnail cropping and its effectiveness, UIST: the smallest
    window that holds a given share of the saliency.

    Examples
    --------
    >>> map_ = np.zeros((40, 60), np.float32)
    >>> map_[10:20, 45:55] = 1
    >>> smart_crop((40, 60), map_, aspect=1)
    Box(x=20, y=0, width=40, height=40)
    >>> smart_crop((40, 60), map_, size=(20, 20))
    Box(x=40, y=5, width=20, height=20)
    >>> smart_crop((40, 60), map_, aspect=2, share=0.9)
    Box(x=41, y=10, width=18, height=9)
    """
    height, width = check_shape(image if isinstance(image, tuple) else np.shape(image))[:2]
    values = check_map(map_)
    if values.shape != (height, width):
        check_proportions(values.shape, (height, width))
        values = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    if (aspect is None) == (size is None):
        raise ValueError("expected either an aspect or a size of the window, got both or neither")
    if share is not None and (aspect is None or not 0 < share <= 1):
        raise ValueError(f"expected a share of the map above 0 and up to 1, with an aspect, got {share}")
    table: NDArray[np.float64] = cv2.integral(values, sdepth=cv2.CV_64F)
    if size is None:
        assert aspect is not None
        size = _largest(aspect, width, height)
        if share is not None:
            size = _smallest_holding(share, size, table)
    across, down = (int(side) for side in size)
    if not (1 <= across <= width and 1 <= down <= height):
        raise ValueError(f"expected a window from 1 x 1 to {width} x {height} pixels, got {across} x {down}")
    return _fullest(across, down, values, table)


def _largest(aspect: float, width: int, height: int) -> tuple[int, int]:
    check_number(aspect, "an aspect (width over height) above 0", above=0)
    if width > aspect * height:
        return min(width, max(1, round(aspect * height))), height
    return width, min(height, max(1, round(width / aspect)))


def _smallest_holding(share: float, largest: tuple[int, int], table: NDArray[np.float64]) -> tuple[int, int]:
    """Shrink the largest window as far as it still holds its share somewhere; windows of this series are nested."""
    longer = max(largest)
    too_small, enough = 0, longer
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        across, down = (max(1, round(side * middle / longer)) for side in largest)
        if float(_held(across, down, table).max()) >= (share - EQUAL) * table[-1, -1]:
            enough = middle
        else:
            too_small = middle
    across, down = (max(1, round(side * enough / longer)) for side in largest)
    return across, down


def _held(across: int, down: int, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over each window of this size, by its first row and column."""
    strips = table[down:] - table[:-down]
    held: NDArray[np.float64] = strips[:, across:] - strips[:, :-across]
    return held


def _fullest(across: int, down: int, values: NDArray[np.float32], table: NDArray[np.float64]) -> Box:
    held = _held(across, down, table)
    rows, columns = np.nonzero(held >= held.max() - EQUAL * table[-1, -1])
    x, y = _centre_of_mass(values)
    away = np.hypot(columns + (across - 1) / 2 - x, rows + (down - 1) / 2 - y)
    nearest = int(np.argmin(np.round(away, 6)))
    return Box(int(columns[nearest]), int(rows[nearest]), across, down)


def _centre_of_mass(values: NDArray[np.float32]) -> tuple[float, float]:
    sides = (values.sum(axis=0, dtype=np.float64), values.sum(axis=1, dtype=np.float64))
    x, y = (float(mass @ np.arange(mass.size) / mass.sum()) if mass.sum() else (mass.size - 1) / 2 for mass in sides)
    return x, y
