"""The log-polar map: a picture by direction and logarithm of distance from one place, every sample an average."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import kernels
from foveation.checks import check_array, check_number, check_positive, check_whole
from foveation.image import DEEPEST, check_pixels, gaussian_pyramid
from foveation.opencv import cv2

LONGEST_SIDE = 32766  # of a picture that OpenCV can sample


def level_of_cell(cell_px: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Pyramid level whose blur has the spread of a square cell of :math:`c` pixels; 0 for a pixel and less.

    A box of :math:`c` pixels has the variance :math:`c^2/12`, of which a pixel of the picture has 1/12 already. Level
    :math:`l` adds :math:`(4^l - 1)/3`, and reading between its samples :math:`(4^l - 1)/6` more than between pixels.
    So :math:`l = \frac12 \log_2((c^2 + 5) / 6)`.
    """
    level: NDArray[np.float64] = np.log2((np.maximum(cell_px, 1.0) ** 2 + 5) / 6) / 2
    return level


def check_sampled(image: ArrayLike) -> NDArray[Any]:
    """Return a picture that OpenCV can sample, or say why it cannot."""
    pixels = check_pixels(image)
    if max(pixels.shape[:2]) > LONGEST_SIDE:
        raise ValueError(f"expected at most {LONGEST_SIDE} pixels a side, got {pixels.shape[1]} x {pixels.shape[0]}")
    return np.ascontiguousarray(pixels, np.float32 if pixels.dtype.kind == "f" else None)


def check_place(place: ArrayLike, name: str) -> tuple[float, float]:
    """Return a place (x, y) in pixels, or say why it is none."""
    array = check_array(place, f"a {name} (x, y) in pixels")
    if array.shape != (2,) or not np.isfinite(array).all():
        raise ValueError(f"expected a finite {name} (x, y) in pixels, got {array.tolist()}")
    return float(array[0]), float(array[1])


class _Strip(NamedTuple):
    """Neighbouring rings whose samples lie between two levels of the pyramid."""

    rings: slice
    level: int
    finer: tuple[NDArray[np.int16], NDArray[np.uint16]]
    coarser: tuple[NDArray[np.int16], NDArray[np.uint16]] | None
    share: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class LogPolar:
    r"""The picture around a centre, laid out by the logarithm of distance and by direction.

    Row :math:`i` of the map is a ring of radius :math:`r_i = r_0 (r_1 / r_0)^{i / (n - 1)}`, from `inner_px` to
    `outer_px`; column :math:`j` is the direction :math:`2 \pi j / m`, counter-clockwise from rightward. A turn of the
    picture about the centre shifts the map along its columns, a growth shifts it along its rows.

    Where rings and wedges are more than a pixel apart, each sample is an average over its own cell: it is read from
    the Gaussian pyramid between the two levels whose blur is as wide as the cell, so that detail too fine for the map
    does not show up as a false pattern. The cell counts as a square of the same area; it really is one when
    :math:`2 \pi / m = \ln(r_1 / r_0) / (n - 1)`.

    Parameters
    ----------
    rings, wedges : int
        Rows :math:`n` and columns :math:`m` of the map, at least 2.
    inner_px, outer_px : float
        Radii of the first and the last ring, in pixels. The disc inside the first has no place in the map; the way
        back fills it, straight from the first ring's mean in the centre to the ring.
    spread : float
        Width of the average, in cells. 0 takes points, as plain log-polar maps do; 1 has the variance of the cell;
        2 also silences gratings just too fine for the map, but is less sharp.

    Raises
    ------
    ValueError
        If there are fewer than two rings or wedges, the radii are not positive and growing, or `spread` is negative.

    References
    ----------
    Weiman and Chaikin (1979), Logarithmic spiral grids for image processing and display, Computer Graphics and Image
    Processing 11; Williams (1983), Pyramidal parametrics, SIGGRAPH (reading between two levels).

    Examples
    --------
    >>> log_polar = LogPolar(rings=64, wedges=128, outer_px=100)
    >>> image = np.full((240, 320, 3), 200, np.uint8)
    >>> cortex = log_polar.forward(image, (160, 120))
    >>> cortex.shape, int(cortex.min()), int(cortex.max())
    ((64, 128, 3), 200, 200)
    >>> log_polar.inverse(cortex, (160, 120), (240, 320)).shape
    (240, 320, 3)
    """

    rings: int = 256
    wedges: int = 512
    inner_px: float = 1.0
    outer_px: float
    spread: float = 1.0

    def __post_init__(self) -> None:
        for name in ("rings", "wedges"):
            check_whole(name, getattr(self, name), 2, LONGEST_SIDE - 3)
        check_positive(self, "inner_px", "outer_px")
        if not self.inner_px < self.outer_px:
            raise ValueError(
                f"expected radii 0 < inner_px < outer_px in pixels, got {self.inner_px} and {self.outer_px}"
            )
        check_number(self.spread, "a spread of 0 cells or more", least=0)

    @property
    def radii_px(self) -> NDArray[np.float64]:
        """Radius of each ring, in pixels."""
        radii: NDArray[np.float64] = self.inner_px * np.exp(self.ring_step * np.arange(self.rings))
        return radii

    @property
    def directions_deg(self) -> NDArray[np.float64]:
        """Direction of each wedge, in degrees counter-clockwise from rightward."""
        directions: NDArray[np.float64] = np.arange(self.wedges, dtype=np.float64) * (360 / self.wedges)
        return directions

    @property
    def ring_step(self) -> float:
        """Logarithm of the ratio of the radii of neighbouring rings."""
        return float(np.log(self.outer_px / self.inner_px) / (self.rings - 1))

    @property
    def levels(self) -> NDArray[np.float64]:
        """Pyramid level, whole and fraction, that each ring is read from."""
        cell = self.radii_px * np.sqrt(self.ring_step * 2 * np.pi / self.wedges)
        return np.minimum(level_of_cell(self.spread * cell), DEEPEST)

    def forward(self, image: ArrayLike, centre: ArrayLike) -> NDArray[Any]:
        """Lay a picture out by rings and wedges.

        Parameters
        ----------
        image : array, shape (height, width) or (height, width, channels)
            uint8, uint16, or float from 0 to 1.
        centre : array, shape (2,)
            (x, y) in pixels; it may lie between pixels or outside. Beyond the picture its border is repeated.

        Returns
        -------
        array, shape (rings, wedges) or (rings, wedges, channels)
            float32 for float, else as the picture. A uniform picture gives a uniform map.

        Raises
        ------
        ValueError
            If the picture or the centre is not what is expected.
        """
        pixels = check_sampled(image)
        strips = _strips(self, check_place(centre, "centre"), pixels.shape[:2])
        last = strips[-1]
        pyramid = gaussian_pyramid(pixels, last.level + (last.coarser is not None))
        out = np.empty((self.rings, self.wedges, *pixels.shape[2:]), pixels.dtype)
        rounding = np.float32(0 if pixels.dtype.kind == "f" else 0.5)
        for strip in strips:
            rows = out[strip.rings].reshape(len(strip.share), -1)
            finer = sample(pyramid[strip.level], strip.finer).reshape(rows.shape)
            if strip.coarser is None:
                rows[:] = finer
            else:
                coarser = sample(pyramid[strip.level + 1], strip.coarser).reshape(rows.shape)
                kernels.blend_rows(finer, coarser, strip.share, rounding, rows)
        return out

    def inverse(self, rings_and_wedges: ArrayLike, centre: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
        """Lay a map of rings and wedges back into a picture.

        Each pixel is read from the map by cubic interpolation, round the circle without a seam. Beyond the last ring
        that ring is repeated; inside the first the picture goes straight from its mean, in the centre, to the ring.
        Near the centre, where the map is finer than the pixels, a pixel is one reading of it, no average: a map from
        `forward` is smooth there.

        Parameters
        ----------
        rings_and_wedges : array, shape (rings, wedges) or (rings, wedges, channels)
            uint8, uint16, or float from 0 to 1.
        centre : array, shape (2,)
            (x, y) in pixels of the picture.
        shape : tuple of int
            Height and width of the picture, in pixels (anything after them is ignored).

        Returns
        -------
        array, shape (height, width) or (height, width, channels)

        Raises
        ------
        ValueError
            If the map has not the rings and wedges of this `LogPolar`, or the centre or the shape is impossible.
        """
        cortex = check_sampled(rings_and_wedges)
        if cortex.shape[:2] != (self.rings, self.wedges):
            raise ValueError(f"expected a map of {self.rings} rings x {self.wedges} wedges, got shape {cortex.shape}")
        size = (int(shape[0]), int(shape[1])) if len(shape) >= 2 else ()
        if len(size) != 2 or not 1 <= min(size) <= max(size) <= LONGEST_SIDE:
            raise ValueError(f"expected a shape (height, width) of 1 to {LONGEST_SIDE} pixels, got {shape}")
        maps, inside, share = _way_back(self, check_place(centre, "centre"), size)
        around = np.concatenate([cortex[:, -1:], cortex, cortex[:, :2]], axis=1)
        picture = sample(around, maps, cv2.INTER_CUBIC)
        if cortex.dtype.kind == "f":
            np.clip(picture, 0, 1, out=picture)
        picture = picture.reshape(*size, *cortex.shape[2:])
        middle = cortex[0].mean(axis=0)
        disc = middle + share.reshape(-1, *(1,) * middle.ndim) * (picture[inside] - middle)
        picture[inside] = disc if cortex.dtype.kind == "f" else np.rint(disc)
        return picture


def sample(
    picture: NDArray[Any], maps: tuple[NDArray[Any], NDArray[Any]], interpolation: int = cv2.INTER_LINEAR
) -> NDArray[Any]:
    """Read a picture at the places of a map made by `fixed_point`."""
    sampled: NDArray[Any] = cv2.remap(picture, *maps, interpolation, borderMode=cv2.BORDER_REPLICATE)
    return sampled


def fixed_point(x: NDArray[Any], y: NDArray[Any], size: tuple[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give places on a picture of `size` (height, width), in 32nds of a pixel; those beyond it go to its border."""
    inside = (np.clip(x, 0, size[1] - 1).astype(np.float32), np.clip(y, 0, size[0] - 1).astype(np.float32))
    whole, fraction = cv2.convertMaps(*inside, cv2.CV_16SC2)
    return whole, fraction


@lru_cache(maxsize=8)
def _offsets(log_polar: LogPolar) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle = np.radians(log_polar.directions_deg)
    radius = log_polar.radii_px[:, np.newaxis]
    return radius * np.cos(angle), -radius * np.sin(angle)


@lru_cache(maxsize=16)
def _strips(log_polar: LogPolar, centre: tuple[float, float], size: tuple[int, int]) -> tuple[_Strip, ...]:
    """Divide the rings by the pyramid's levels, and say where each sample lies on its two levels."""
    right, down = _offsets(log_polar)
    levels = log_polar.levels

    def maps(rows: slice, level: int) -> tuple[NDArray[Any], NDArray[Any]]:
        stride = 2**level  # sample i of a level lies on pixel i * stride
        halved = ((size[0] - 1) // stride + 1, (size[1] - 1) // stride + 1)
        return fixed_point((right[rows] + centre[0]) / stride, (down[rows] + centre[1]) / stride, halved)

    strips = []
    for level in range(int(np.ceil(levels[-1])) + 1):
        first, last = (int(np.searchsorted(np.floor(levels), bound)) for bound in (level, level + 1))
        sharp = int(np.searchsorted(levels, level, side="right"))  # rings exactly on the level need no other
        for rows, blended in ((slice(first, sharp), False), (slice(sharp, last), True)):
            if rows.stop > rows.start:
                share = (levels[rows] - level).astype(np.float32)
                coarser = maps(rows, level + 1) if blended else None
                strips.append(_Strip(rows, level, maps(rows, level), coarser, share))
    return tuple(strips)


@lru_cache(maxsize=4)
def _way_back(
    log_polar: LogPolar, centre: tuple[float, float], size: tuple[int, int]
) -> tuple[tuple[NDArray[Any], NDArray[Any]], tuple[NDArray[np.intp], ...], NDArray[np.float64]]:
    """Where each pixel of a picture lies on the map (a column further right); those inside the first ring, how far."""
    right = np.arange(size[1]) - centre[0]
    down = (np.arange(size[0]) - centre[1])[:, np.newaxis]
    radius = np.hypot(right, down)
    ring = np.log(np.maximum(radius, log_polar.inner_px) / log_polar.inner_px) / log_polar.ring_step
    wedge = np.arctan2(-down, right) % (2 * np.pi) * (log_polar.wedges / (2 * np.pi))
    maps = fixed_point(wedge + 1, ring, (log_polar.rings, log_polar.wedges + 3))
    inside = np.nonzero(radius < log_polar.inner_px)
    return maps, inside, radius[inside] / log_polar.inner_px
