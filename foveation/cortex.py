"""Retinotopy: from the visual field to the primary visual cortex, and a picture laid out that way."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_positive
from foveation.image import DEEPEST, gaussian_pyramid
from foveation.logpolar import check_place, check_sampled, fixed_point, level_of_cell, sample
from foveation.magnification import check_eccentricity, right_half
from foveation.viewing import Viewing


class Retinotopy(Protocol):
    """Any map of one half of the visual field onto one hemisphere and back, both as planes of complex numbers."""

    def cortex_mm(self, field_deg: ArrayLike) -> NDArray[np.complex128]:
        """Place on the cortex, in mm from the fovea, of a place in the right half of the visual field, in degrees."""
        ...

    def field_deg(self, cortex_mm: ArrayLike) -> NDArray[np.complex128]:
        """Place in the visual field, in degrees, of a place on the cortex, in mm."""
        ...


@dataclass(frozen=True, kw_only=True)
class SchwartzMonopole:
    r"""One half of the visual field laid on one hemisphere by the complex logarithm.

    .. math:: w = k \ln\frac{z + a}{a}, \qquad z = a\,(e^{w/k} - 1)

    with :math:`z = e\,e^{i\theta}` the place in the right half of the visual field, in degrees, and :math:`w` the place
    on the left hemisphere, in mm from the fovea. The left half is its mirror image. Far from the fovea a turn of the
    picture becomes a shift along the imaginary axis, a growth one along the real axis.

    Parameters
    ----------
    scale_mm : float
        :math:`k`, in millimetres.
    foveal_deg : float
        :math:`a`, in degrees: inside it the map is nearly linear.

    Raises
    ------
    ValueError
        If a parameter is not positive.

    References
    ----------
    Schwartz (1980), Computational anatomy and functional architecture of striate cortex, Vision Research 20.

    Examples
    --------
    >>> SchwartzMonopole().distance_mm([1, 10]).round(4)
    array([13.3095, 40.9038])
    """

    scale_mm: float = 15.0
    foveal_deg: float = 0.7

    def __post_init__(self) -> None:
        check_positive(self, "scale_mm", "foveal_deg")

    def cortex_mm(self, field_deg: ArrayLike) -> NDArray[np.complex128]:
        """Place on the cortex, in mm from the fovea, of a place in the right half of the visual field, in degrees."""
        z: Any = np.asarray(field_deg, np.complex128)
        place: NDArray[np.complex128] = self.scale_mm * np.log1p(z / self.foveal_deg)
        return place

    def field_deg(self, cortex_mm: ArrayLike) -> NDArray[np.complex128]:
        """Place in the visual field, in degrees, of a place on the cortex, in mm."""
        w: Any = np.asarray(cortex_mm, np.complex128)
        place: NDArray[np.complex128] = self.foveal_deg * np.expm1(w / self.scale_mm)
        return place

    def magnification_mm_deg(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        r"""Magnification :math:`|dw/dz| = k / |z + a|`, in mm of cortex per degree."""
        return self.scale_mm / np.abs(right_half(eccentricity_deg, direction_deg) + self.foveal_deg)

    def distance_mm(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm, along the horizontal meridian."""
        return self.cortex_mm(check_eccentricity(eccentricity_deg)).real

    def eccentricity_deg(self, distance_mm: ArrayLike) -> NDArray[np.float64]:
        """Eccentricity, in degrees, on the horizontal meridian, this far from the fovea on the cortex, in mm."""
        return self.field_deg(np.asarray(distance_mm, np.float64)).real


@dataclass(frozen=True, kw_only=True)
class SchwartzDipole:
    r"""One half of the visual field laid on one hemisphere, closed towards the far periphery too.

    .. math:: w = k \left[\ln\frac{z + a}{z + b} - \ln\frac{a}{b}\right]

    with :math:`z = e\,e^{i\theta}` the place in the right half of the visual field, in degrees, and :math:`w` the place
    on the left hemisphere, in mm from the fovea. The left half is its mirror image.

    Parameters
    ----------
    scale_mm : float
        :math:`k`, in millimetres.
    foveal_deg : float
        :math:`a`, in degrees: inside it the map is nearly linear.
    peripheral_deg : float
        :math:`b`, in degrees, larger than :math:`a`: beyond it the map closes.

    Raises
    ------
    ValueError
        If a parameter is not positive, or `peripheral_deg` is not beyond `foveal_deg`.

    References
    ----------
    Schwartz (1980), Vision Research 20; Polimeni, Balasubramanian and Schwartz (2006), Multi-area visuotopic map
    complexes in macaque striate and extra-striate cortex, Vision Research 46 (their wedge-dipole without shear).

    Examples
    --------
    >>> SchwartzDipole().distance_mm([1, 10]).round(4)
    array([13.1232, 39.137 ])
    >>> law = SchwartzDipole()
    >>> complex(law.field_deg(law.cortex_mm(3 + 4j)).round(9))
    (3+4j)
    """

    scale_mm: float = 15.0
    foveal_deg: float = 0.7
    peripheral_deg: float = 80.0

    def __post_init__(self) -> None:
        check_positive(self, "scale_mm", "foveal_deg", "peripheral_deg")
        if self.peripheral_deg <= self.foveal_deg:
            raise ValueError(
                f"expected peripheral_deg beyond foveal_deg={self.foveal_deg} degrees, got {self.peripheral_deg}"
            )

    def cortex_mm(self, field_deg: ArrayLike) -> NDArray[np.complex128]:
        """Place on the cortex, in mm from the fovea, of a place in the right half of the visual field, in degrees."""
        z: Any = np.asarray(field_deg, np.complex128)
        place: NDArray[np.complex128] = self.scale_mm * (
            np.log1p(z / self.foveal_deg) - np.log1p(z / self.peripheral_deg)
        )
        return place

    def field_deg(self, cortex_mm: ArrayLike) -> NDArray[np.complex128]:
        """Place in the visual field, in degrees, of a place on the cortex, in mm."""
        w: Any = np.asarray(cortex_mm, np.complex128)
        growth = np.expm1(w / self.scale_mm)
        place: NDArray[np.complex128] = growth / (1 / self.foveal_deg - (1 + growth) / self.peripheral_deg)
        return place

    def magnification_mm_deg(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        r"""Magnification :math:`|dw/dz| = k (b - a) / |(z + a)(z + b)|`, in mm of cortex per degree."""
        z = right_half(eccentricity_deg, direction_deg)
        length = self.peripheral_deg - self.foveal_deg
        return self.scale_mm * length / np.abs((z + self.foveal_deg) * (z + self.peripheral_deg))

    def distance_mm(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm, along the horizontal meridian."""
        return self.cortex_mm(check_eccentricity(eccentricity_deg)).real

    def eccentricity_deg(self, distance_mm: ArrayLike) -> NDArray[np.float64]:
        """Eccentricity, in degrees, on the horizontal meridian, this far from the fovea on the cortex, in mm."""
        return self.field_deg(np.asarray(distance_mm, np.float64)).real


class CorticalImage(NamedTuple):
    """A picture as primary visual cortex has it, both hemispheres side by side.

    Parameters
    ----------
    pixels : array, shape (height, width) or (height, width, channels)
        The picture on the cortex; white where no part of it is.
    seen : array of bool, shape (height, width)
        Where the cortex sees the picture.
    mm_per_pixel : float
        Scale on the cortex, in mm.
    fovea : tuple of float
        Where the fovea lies, (x, y) in pixels of the cortical picture.
    """

    pixels: NDArray[Any]
    seen: NDArray[np.bool_]
    mm_per_pixel: float
    fovea: tuple[float, float]


def cortical_view(
    image: ArrayLike,
    gaze: ArrayLike,
    viewing: Viewing,
    *,
    law: Retinotopy | None = None,
    mm_per_pixel: float = 0.1,
    reach_deg: float | None = None,
) -> CorticalImage:
    r"""Show a picture as primary visual cortex has it: the fovea takes most of the room.

    Each hemisphere sees the opposite half of the visual field. Here the two flattened hemispheres touch at the fovea,
    in the middle, and keep the directions of the visual field: the left half of the result is what lies to the left
    of the gaze, seen by the *right* hemisphere, and up is up. (In the head the two foveae lie at the occipital poles
    and the upper field on the lower bank.) Both vertical meridians open like wings.

    Every sample is an average over its own cell of the picture, and angles are the exact ones of the flat screen.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, channels)
        uint8, uint16, or float from 0 to 1.
    gaze : array, shape (2,)
        Where the eye looks, (x, y) in pixels of the picture; it may lie outside.
    viewing : Viewing
        The screen; the picture stands in its middle, pixel for pixel, shrunk if it is too large (`Viewing.of_picture`).
    law : Retinotopy
        Map of the visual field on the cortex; `SchwartzDipole()` if none is given.
    mm_per_pixel : float
        Scale of the result, in mm of cortex.
    reach_deg : float
        Greatest eccentricity shown, in degrees, below 180; that of the picture's farthest corner if none is given.

    Returns
    -------
    CorticalImage
        `pixels`, `seen`, `mm_per_pixel` and `fovea`.

    Raises
    ------
    ValueError
        If the picture, the gaze, the scale or the reach is impossible, or the result would have more than 100 million
        pixels.

    References
    ----------
    Schwartz (1980), Vision Research 20; Polimeni, Balasubramanian and Schwartz (2006), Vision Research 46.

    Examples
    --------
    >>> image = np.full((120, 160), 100, np.uint8)
    >>> cortex = cortical_view(image, (80, 60), Viewing.from_pixels_per_degree(20, image.shape), mm_per_pixel=0.5)
    >>> np.unique(cortex.pixels[cortex.seen]).tolist(), np.unique(cortex.pixels[~cortex.seen]).tolist()
    ([100], [255])
    """
    pixels = check_sampled(image)
    gaze = check_place(gaze, "gaze")
    viewing = viewing.of_picture(pixels.shape)
    height, width = pixels.shape[:2]
    check_number(mm_per_pixel, "a positive mm_per_pixel", above=0)
    if reach_deg is None:
        corners = [(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]
        reach_deg = float(viewing.angle_deg(gaze, corners).max())
    check_number(reach_deg, "reach_deg between 0 and 180 degrees", above=0, below=180)
    law = SchwartzDipole() if law is None else law
    if not hasattr(law, "field_deg"):
        raise TypeError(f"expected a law that maps the cortex back to the visual field (Retinotopy), got {law}")
    field, opposite, fovea = _field_of_hemispheres(law, reach_deg, mm_per_pixel)
    x, y, ahead = _places(field, gaze, viewing)
    within = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    seen = opposite & ahead & within & (np.abs(field) <= reach_deg)
    sampled = _averages(pixels, x, y, seen)
    sampled[~seen] = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}.get(pixels.dtype, 1)
    return CorticalImage(sampled, seen, float(mm_per_pixel), fovea)


def _field_of_hemispheres(
    law: Retinotopy, reach_deg: float, mm_per_pixel: float
) -> tuple[NDArray[np.complex128], NDArray[np.bool_], tuple[float, float]]:
    """Place in the visual field of each pixel of both hemispheres; whether it is in the half they see; the fovea."""
    directions = np.exp(1j * np.radians(np.linspace(-90, 90, 61)))
    outline = law.cortex_mm(np.geomspace(reach_deg / 1000, reach_deg, 61)[:, np.newaxis] * directions)
    columns = int(np.ceil(outline.real.max() / mm_per_pixel))
    rows = int(np.ceil(np.abs(outline.imag).max() / mm_per_pixel))
    if (2 * columns + 1) * (2 * rows + 1) > 1e8:
        raise ValueError(
            f"expected mm_per_pixel to give fewer than 100 million pixels, got {mm_per_pixel} for "
            f"{2 * columns * mm_per_pixel:.0f} x {2 * rows * mm_per_pixel:.0f} mm of cortex"
        )
    up = np.arange(rows, -rows - 1, -1)[:, np.newaxis] * mm_per_pixel
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half = law.field_deg(np.arange(columns + 1) * mm_per_pixel + 1j * up)
    field = np.concatenate([-half[:, :0:-1].conj(), half], axis=1)
    opposite = half.real >= -1e-9
    opposite = np.concatenate([opposite[:, :0:-1], opposite], axis=1)
    return np.where(np.isfinite(field), field, 180.0), opposite & np.isfinite(field), (float(columns), float(rows))


def _places(
    field: NDArray[np.complex128], gaze: tuple[float, float], viewing: Viewing
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Pixels on the screen of places in the visual field around a gaze, and which of them are in front of the eye."""
    slope_x, slope_y = viewing.rays(gaze)
    straight = np.array([slope_x, slope_y, 1.0]) / np.sqrt(1 + slope_x**2 + slope_y**2)
    right = np.array([1.0, 0.0, -slope_x]) / np.hypot(1, slope_x)
    down = np.cross(straight, right)
    angle = np.radians(np.abs(field))
    aside = field * np.radians(1.0) * np.sinc(angle / np.pi)  # its length is the sine of the eccentricity
    ray_x, ray_y, ray_z = (np.cos(angle) * straight[k] + aside.real * right[k] - aside.imag * down[k] for k in range(3))
    ahead = ray_z > 1e-6
    depth = np.where(ahead, ray_z, 1.0)
    (pitch_x, pitch_y), (centre_x, centre_y) = viewing.pitch_cm, viewing.centre
    x = ray_x / depth * (viewing.distance_cm / pitch_x) + centre_x
    y = ray_y / depth * (viewing.distance_cm / pitch_y) + centre_y
    return x, y, ahead


def _averages(
    pixels: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64], seen: NDArray[np.bool_]
) -> NDArray[Any]:
    """Averages of a picture over the cells that a regular grid of samples at (x, y) has in it."""
    (x_down, x_across), (y_down, y_across) = np.gradient(x), np.gradient(y)
    area = np.where(seen, np.abs(x_across * y_down - x_down * y_across), 0.0)
    level = np.minimum(level_of_cell(np.sqrt(area)), DEEPEST)
    x, y = np.where(seen, x, 0.0), np.where(seen, y, 0.0)
    channels = (1,) * (pixels.ndim - 2)
    total = np.zeros((*x.shape, *pixels.shape[2:]), np.float32)
    for depth, picture in enumerate(gaussian_pyramid(pixels, int(np.ceil(level.max())))):
        maps = fixed_point(x / 2**depth, y / 2**depth, picture.shape[:2])
        share = np.maximum(1 - np.abs(level - depth), 0).astype(np.float32)
        total += share.reshape(*x.shape, *channels) * sample(picture, maps).reshape(total.shape)
    return total if pixels.dtype.kind == "f" else np.rint(total).astype(pixels.dtype)
