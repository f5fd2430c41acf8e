"""From the visual field to the cortex: how many millimetres a degree gets, and the picture laid out that way."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.acuity import check_positive
from foveation.logpolar import DEEPEST, check_place, check_sampled, fixed_point, level_of_cell, sample
from foveation.pyramid import gaussian_pyramid
from foveation.viewing import Viewing

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


class Magnification(Protocol):
    """Any law of cortical magnification: millimetres of primary visual cortex given to one degree of the visual field.

    Directions are in degrees, counter-clockwise from rightward in the visual field.
    """

    def magnification_mm_deg(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Magnification, in mm of cortex per degree, at each eccentricity and direction."""
        ...

    def distance_mm(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm, along the direction 0: the integral of the magnification."""
        ...


class Retinotopy(Protocol):
    """Any map of one half of the visual field onto one hemisphere and back, both as planes of complex numbers."""

    def cortex_mm(self, field_deg: ArrayLike) -> NDArray[np.complex128]:
        """Place on the cortex, in mm from the fovea, of a place in the right half of the visual field, in degrees."""
        ...

    def field_deg(self, cortex_mm: ArrayLike) -> NDArray[np.complex128]:
        """Place in the visual field, in degrees, of a place on the cortex, in mm."""
        ...


def _eccentricity(degrees: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(degrees, np.float64)
    if not (array >= 0).all():
        raise ValueError(f"expected eccentricities of 0 degrees or more, got {array[~(array >= 0)].flat[0]}")
    return array


def _right_half(eccentricity_deg: ArrayLike, direction_deg: ArrayLike) -> NDArray[np.complex128]:
    """Complex place in the visual field, mirrored to the right if it is on the left: each hemisphere sees one half."""
    angle = np.radians(np.asarray(direction_deg, np.float64))
    place: NDArray[np.complex128] = _eccentricity(eccentricity_deg) * (np.abs(np.cos(angle)) + 1j * np.sin(angle))
    return place


@dataclass(frozen=True, kw_only=True)
class _InverseLinear:
    """Magnification that falls as the inverse of eccentricity plus a constant, alike in all directions."""

    scale_mm: float
    half_eccentricity_deg: float

    def __post_init__(self) -> None:
        check_positive(self, "scale_mm", "half_eccentricity_deg")

    def magnification_mm_deg(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Magnification, in mm of cortex per degree; the same in every direction."""
        eccentricity, _ = np.broadcast_arrays(_eccentricity(eccentricity_deg), direction_deg)
        return self.scale_mm / (eccentricity + self.half_eccentricity_deg)

    def distance_mm(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm."""
        return self.scale_mm * np.log1p(_eccentricity(eccentricity_deg) / self.half_eccentricity_deg)

    def eccentricity_deg(self, distance_mm: ArrayLike) -> NDArray[np.float64]:
        """Eccentricity, in degrees, that lies this far from the fovea on the cortex, in mm."""
        return self.half_eccentricity_deg * np.expm1(np.asarray(distance_mm, np.float64) / self.scale_mm)


@dataclass(frozen=True, kw_only=True)
class HortonHoyt(_InverseLinear):
    r"""Magnification of human primary visual cortex, from the blind fields of patients with lesions.

    .. math:: M(e) = \frac{A}{e + e_2}, \qquad d(e) = A \ln(1 + e / e_2)

    Parameters
    ----------
    scale_mm : float
        :math:`A`, in millimetres.
    half_eccentricity_deg : float
        Eccentricity :math:`e_2` at which magnification is half of that in the fovea, in degrees.

    Raises
    ------
    ValueError
        If a parameter is not positive.

    References
    ----------
    Horton and Hoyt (1991), The representation of the visual field in human striate cortex, Archives of Ophthalmology
    109: :math:`A = 17.3`, :math:`e_2 = 0.75`.

    Examples
    --------
    >>> HortonHoyt().magnification_mm_deg([0, 10]).round(4)
    array([23.0667,  1.6093])
    >>> HortonHoyt().distance_mm([1, 10]).round(3)
    array([14.658, 46.063])
    """

    scale_mm: float = 17.3
    half_eccentricity_deg: float = 0.75


@dataclass(frozen=True, kw_only=True)
class Dougherty(_InverseLinear):
    r"""Magnification of human primary visual cortex, from functional magnetic resonance imaging.

    .. math:: M(e) = \frac{A}{e + e_2}, \qquad d(e) = A \ln(1 + e / e_2)

    Parameters
    ----------
    scale_mm : float
        :math:`A`, in millimetres.
    half_eccentricity_deg : float
        Eccentricity :math:`e_2` at which magnification is half of that in the fovea, in degrees.

    Raises
    ------
    ValueError
        If a parameter is not positive.

    References
    ----------
    Dougherty et al. (2003), Visual field representations and locations of visual areas V1/2/3 in human visual cortex,
    Journal of Vision 3(10): :math:`A = 29.2`, :math:`e_2 = 3.67`.

    Examples
    --------
    >>> Dougherty().magnification_mm_deg([0, 10]).round(4)
    array([7.9564, 2.1361])
    """

    scale_mm: float = 29.2
    half_eccentricity_deg: float = 3.67


@dataclass(frozen=True, kw_only=True)
class RovamoVirsu:
    r"""Magnification that differs between the four half-meridians of the visual field.

    .. math:: M(e) = \frac{M_0}{1 + a e + b e^3}

    with :math:`(a, b)` of each half-meridian. Between them :math:`1/M` goes over as :math:`\cos^2` and :math:`\sin^2`
    of the direction; this mixture is a choice made here. In the visual field of the right eye the direction 0
    (rightward) is temporal, 90 superior, 180 nasal and 270 inferior; the left eye is its mirror image.

    Parameters
    ----------
    foveal_mm_deg : float
        :math:`M_0`, in mm per degree.
    temporal, superior, nasal, inferior : tuple of float
        :math:`(a, b)`, per degree and per cubic degree. The form is that of the paper; the default numbers are those
        in common use and should be compared with the paper before anything depends on their last digit.
    eye : str
        "right" or "left".

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    Rovamo and Virsu (1979), An estimation and application of the human cortical magnification factor, Experimental
    Brain Research 37.

    Examples
    --------
    >>> RovamoVirsu().magnification_mm_deg(10, [0, 90, 180, 270]).round(4)
    array([2.0424, 1.5019, 1.8284, 1.5205])
    """

    foveal_mm_deg: float = 7.99
    temporal: tuple[float, float] = (0.29, 1.2e-5)
    superior: tuple[float, float] = (0.42, 1.2e-4)
    nasal: tuple[float, float] = (0.33, 7e-5)
    inferior: tuple[float, float] = (0.42, 5.5e-5)
    eye: Literal["right", "left"] = "right"

    def __post_init__(self) -> None:
        check_positive(self, "foveal_mm_deg")
        for name in ("temporal", "superior", "nasal", "inferior"):
            pair = getattr(self, name)
            if np.shape(pair) != (2,) or not np.isfinite(pair).all() or not (pair[0] > 0 and pair[1] >= 0):
                raise ValueError(f"expected {name} to be a positive and a non-negative number, got {pair}")
        if self.eye not in ("right", "left"):
            raise ValueError(f"expected the eye to be 'right' or 'left', got {self.eye!r}")

    def magnification_mm_deg(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Magnification, in mm of cortex per degree, at each eccentricity and direction."""
        eccentricity = _eccentricity(eccentricity_deg)
        linear, cubic = self._coefficients(direction_deg)
        return self.foveal_mm_deg / (1 + linear * eccentricity + cubic * eccentricity**3)

    def distance_mm(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm, along a direction: the integral, by Gauss's rule."""
        eccentricity = _eccentricity(eccentricity_deg)
        linear, cubic = self._coefficients(direction_deg)
        reach = np.log1p(linear * eccentricity)  # the variable s in which the integrand is nearly constant
        s = reach[..., np.newaxis] * (1 + NODES) / 2
        e, a, b = np.expm1(s) / linear[..., np.newaxis], linear[..., np.newaxis], cubic[..., np.newaxis]
        integrand = (1 + a * e) / (1 + a * e + b * e**3)
        distance: NDArray[np.float64] = self.foveal_mm_deg / linear * reach * (integrand @ WEIGHTS) / 2
        return distance

    def _coefficients(self, direction_deg: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        angle = np.radians(np.asarray(direction_deg, np.float64))
        right, left = (self.temporal, self.nasal) if self.eye == "right" else (self.nasal, self.temporal)
        across, along = np.cos(angle), np.sin(angle)
        linear, cubic = (
            np.where(across >= 0, right[k], left[k]) * across**2
            + np.where(along >= 0, self.superior[k], self.inferior[k]) * along**2
            for k in (0, 1)
        )
        return linear, cubic


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
        return self.scale_mm / np.abs(_right_half(eccentricity_deg, direction_deg) + self.foveal_deg)

    def distance_mm(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm, along the horizontal meridian."""
        return self.cortex_mm(_eccentricity(eccentricity_deg)).real

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
        z = _right_half(eccentricity_deg, direction_deg)
        length = self.peripheral_deg - self.foveal_deg
        return self.scale_mm * length / np.abs((z + self.foveal_deg) * (z + self.peripheral_deg))

    def distance_mm(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm, along the horizontal meridian."""
        return self.cortex_mm(_eccentricity(eccentricity_deg)).real

    def eccentricity_deg(self, distance_mm: ArrayLike) -> NDArray[np.float64]:
        """Eccentricity, in degrees, on the horizontal meridian, this far from the fovea on the cortex, in mm."""
        return self.field_deg(np.asarray(distance_mm, np.float64)).real


def cortical_magnification(
    eccentricity_deg: ArrayLike, *, direction_deg: ArrayLike = 0.0, law: Magnification | None = None
) -> NDArray[np.float64]:
    """Millimetres of primary visual cortex that one degree of the visual field gets.

    Parameters
    ----------
    eccentricity_deg : array
        Distance from the gaze, in degrees, 0 or more.
    direction_deg : array
        Direction in the visual field, in degrees counter-clockwise from rightward; it matters to some laws only.
    law : Magnification
        `HortonHoyt()` if none is given.

    Returns
    -------
    array
        In mm per degree.

    Raises
    ------
    ValueError
        If an eccentricity is negative or NaN.

    Examples
    --------
    >>> cortical_magnification([0, 5, 20]).round(4)
    array([23.0667,  3.0087,  0.8337])
    """
    return (HortonHoyt() if law is None else law).magnification_mm_deg(eccentricity_deg, direction_deg)


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
    if not (np.isfinite(mm_per_pixel) and mm_per_pixel > 0):
        raise ValueError(f"expected a positive mm_per_pixel, got {mm_per_pixel}")
    if reach_deg is None:
        corners = [(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]
        reach_deg = float(viewing.angle_deg(gaze, corners).max())
    if not 0 < reach_deg < 180:
        raise ValueError(f"expected reach_deg between 0 and 180 degrees, got {reach_deg}")
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
