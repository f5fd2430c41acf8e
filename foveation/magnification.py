"""Cortical magnification: how many millimetres of primary visual cortex one degree of the visual field gets."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array, check_positive

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


def check_eccentricity(degrees: ArrayLike) -> NDArray[np.float64]:
    """Return eccentricities in degrees as an array, or say which one is below 0."""
    array = check_array(degrees, "eccentricities in degrees")
    if not (array >= 0).all():
        raise ValueError(f"expected eccentricities of 0 degrees or more, got {array[~(array >= 0)].flat[0]}")
    return array


def right_half(eccentricity_deg: ArrayLike, direction_deg: ArrayLike) -> NDArray[np.complex128]:
    """Complex place in the visual field, mirrored to the right if it is on the left: each hemisphere sees one half."""
    angle = np.radians(check_array(direction_deg, "directions in degrees"))
    place: NDArray[np.complex128] = check_eccentricity(eccentricity_deg) * (np.abs(np.cos(angle)) + 1j * np.sin(angle))
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
        eccentricity, _ = np.broadcast_arrays(check_eccentricity(eccentricity_deg), direction_deg)
        return self.scale_mm / (eccentricity + self.half_eccentricity_deg)

    def distance_mm(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm."""
        return self.scale_mm * np.log1p(check_eccentricity(eccentricity_deg) / self.half_eccentricity_deg)

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
            numbers = check_array(pair, f"{name} to be two numbers")
            if numbers.shape != (2,) or not np.isfinite(numbers).all() or not (numbers[0] > 0 and numbers[1] >= 0):
                raise ValueError(f"expected {name} to be a positive and a non-negative number, got {pair}")
        if self.eye not in ("right", "left"):
            raise ValueError(f"expected the eye to be 'right' or 'left', got {self.eye!r}")

    def magnification_mm_deg(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Magnification, in mm of cortex per degree, at each eccentricity and direction."""
        eccentricity = check_eccentricity(eccentricity_deg)
        linear, cubic = self._coefficients(direction_deg)
        return self.foveal_mm_deg / (1 + linear * eccentricity + cubic * eccentricity**3)

    def distance_mm(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Distance on the cortex from the fovea, in mm, along a direction: the integral, by Gauss's rule."""
        eccentricity = check_eccentricity(eccentricity_deg)
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
