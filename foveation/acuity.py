"""Visual acuity: how fine a detail the eye resolves, by eccentricity; and losses of the visual field."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_positive
from foveation.viewing import Viewing

FARTHEST_DEG = 1e5  # where bisection begins: far beyond any place the eye can see
MERIDIANS = {  # a, r2 and re of Watson (2014), table 1, by the side of the visual field
    "temporal": (0.9851, 1.058, 22.14),
    "superior": (0.9935, 1.035, 16.35),
    "nasal": (0.9729, 1.084, 7.633),
    "inferior": (0.996, 0.9932, 12.13),
}


class Acuity(Protocol):
    """Any law of acuity: from eccentricity to the finest grating that can be seen."""

    @property
    def isotropic(self) -> bool:
        """Whether the law is the same in all directions from the gaze, so that directions do not matter."""
        ...

    def cutoff_cpd(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Finest visible frequency, in cycles per degree, at each eccentricity in degrees.

        The direction is that of the place from the gaze, in the visual field, in degrees counter-clockwise with y up:
        0 is right of the gaze, 90 above it.
        """
        ...

    def critical_eccentricity_deg(
        self, frequency_cpd: ArrayLike, direction_deg: ArrayLike = 0.0
    ) -> NDArray[np.float64]:
        """Eccentricity at which gratings of this frequency vanish; below 0 they are never seen."""
        ...

    def __hash__(self) -> int: ...


def _eccentricities(eccentricity_deg: ArrayLike, strength: float) -> NDArray[np.float64]:
    """Check eccentricities, in degrees, and exaggerate them."""
    eccentricity = np.asarray(eccentricity_deg, np.float64)
    if not np.all(eccentricity >= 0):
        raise ValueError(f"expected eccentricities from 0 up in degrees, got {np.min(eccentricity)}")
    exaggerated: NDArray[np.float64] = strength * eccentricity
    return exaggerated


def _frequencies(frequency_cpd: ArrayLike) -> NDArray[np.float64]:
    frequency = np.asarray(frequency_cpd, np.float64)
    if not np.all(frequency > 0):
        raise ValueError(f"expected positive frequencies in cycles per degree, got {np.min(frequency)}")
    return frequency


@dataclass(frozen=True, kw_only=True)
class GeislerPerry:
    r"""Contrast threshold of gratings by frequency and eccentricity.

    .. math:: CT(f, e) = CT_0 \exp\left(\alpha f \frac{e + e_2}{e_2}\right)

    A grating of full contrast vanishes at the cut-off :math:`f_c(e) = e_2 \ln(1/CT_0) / (\alpha (e + e_2))` [1]_.

    Parameters
    ----------
    minimum_contrast : float
        Least visible contrast :math:`CT_0`, between 0 and 1.
    decay_deg : float
        Fall of sensitivity with frequency, :math:`\alpha`, in degrees.
    half_eccentricity_deg : float
        Eccentricity :math:`e_2` at which acuity is half of that in the fovea, in degrees. Smaller is a narrower fovea.
    strength : float
        Exaggeration, for demonstration only: every eccentricity is multiplied by it. 1 is the law as measured.

    Raises
    ------
    ValueError
        If a parameter is outside its range, an eccentricity is negative, or a critical frequency is not positive.

    References
    ----------
    .. [1] Geisler and Perry (1998), Real-time foveated multiresolution system for low-bandwidth video communication,
       Proc. SPIE 3299, eq. 1-2: :math:`\alpha = 0.106`, :math:`e_2 = 2.3`, :math:`CT_0 = 1/64`.

    Examples
    --------
    >>> GeislerPerry().cutoff_cpd([0, 2.3, 10]).round(4)
    array([39.2347, 19.6174,  7.3366])
    """

    isotropic: ClassVar[bool] = True
    minimum_contrast: float = 1 / 64
    decay_deg: float = 0.106
    half_eccentricity_deg: float = 2.3
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_number(self.minimum_contrast, "minimum_contrast between 0 and 1", above=0, below=1)
        check_positive(self, "decay_deg", "half_eccentricity_deg", "strength")

    def contrast_threshold(self, frequency_cpd: ArrayLike, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Least contrast at which a grating is seen, :math:`CT(f, e)`; above 1 it is never seen."""
        eccentricity = _eccentricities(eccentricity_deg, self.strength)
        reach = (eccentricity + self.half_eccentricity_deg) / self.half_eccentricity_deg
        threshold: NDArray[np.float64] = self.minimum_contrast * np.exp(
            self.decay_deg * np.asarray(frequency_cpd, np.float64) * reach
        )
        return threshold

    def contrast_sensitivity(self, frequency_cpd: ArrayLike, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Inverse of the contrast threshold, :math:`1 / CT(f, e)`."""
        return 1 / self.contrast_threshold(frequency_cpd, eccentricity_deg)

    def cutoff_cpd(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Finest visible frequency :math:`f_c(e)`, in cycles per degree, the same in all directions."""
        return self._visible / (_eccentricities(eccentricity_deg, self.strength) + self.half_eccentricity_deg)

    def critical_eccentricity_deg(
        self, frequency_cpd: ArrayLike, direction_deg: ArrayLike = 0.0
    ) -> NDArray[np.float64]:
        """Eccentricity at which gratings of this frequency vanish; below 0 they are never seen."""
        return (self._visible / _frequencies(frequency_cpd) - self.half_eccentricity_deg) / self.strength

    @property
    def _visible(self) -> float:
        return float(self.half_eccentricity_deg * np.log(1 / self.minimum_contrast) / self.decay_deg)


@dataclass(frozen=True, kw_only=True)
class Weymouth:
    r"""Linear law of acuity: the minimum angle of resolution grows in a straight line with eccentricity.

    .. math:: MAR(e) = MAR_0 \left(1 + \frac{e}{E_2}\right), \qquad f_c(e) = \frac{1}{2\, MAR(e)}

    Parameters
    ----------
    foveal_mar_deg : float
        Minimum angle of resolution in the fovea, :math:`MAR_0`, in degrees: 1/60, one minute of arc, is 20/20 vision.
    half_eccentricity_deg : float
        Eccentricity :math:`E_2` at which the angle has doubled, in degrees. It depends on the task: about 1.5 to 2.6
        for letters and gratings, 0.6 to 0.8 for a vernier.
    strength : float
        Exaggeration, for demonstration only: every eccentricity is multiplied by it. 1 is the law as measured.

    Raises
    ------
    ValueError
        If a parameter is not positive, an eccentricity is negative, or a critical frequency is not positive.

    References
    ----------
    Weymouth (1958), Visual sensory units and the minimal angle of resolution, Am. J. Ophthalmol. 46. The ranges of
    :math:`E_2` are of the order of those in Strasburger, Rentschler and Juttner (2011), Peripheral vision and pattern
    recognition, J. Vision 11(5); the default is a middle value for letters and gratings, not a fit.

    Examples
    --------
    >>> Weymouth().cutoff_cpd([0, 2, 10])
    array([30., 15.,  5.])
    """

    isotropic: ClassVar[bool] = True
    foveal_mar_deg: float = 1 / 60
    half_eccentricity_deg: float = 2.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_positive(self, "foveal_mar_deg", "half_eccentricity_deg", "strength")

    def minimum_angle_deg(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Least angle between two lines seen as two, :math:`MAR(e)`, in degrees."""
        eccentricity = _eccentricities(eccentricity_deg, self.strength)
        return self.foveal_mar_deg * (1 + eccentricity / self.half_eccentricity_deg)

    def cutoff_cpd(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Finest visible frequency :math:`f_c(e)`, in cycles per degree, the same in all directions."""
        return 0.5 / self.minimum_angle_deg(eccentricity_deg)

    def critical_eccentricity_deg(
        self, frequency_cpd: ArrayLike, direction_deg: ArrayLike = 0.0
    ) -> NDArray[np.float64]:
        """Eccentricity at which gratings of this frequency vanish; below 0 they are never seen."""
        widening = 0.5 / (_frequencies(frequency_cpd) * self.foveal_mar_deg)
        return (widening - 1) * self.half_eccentricity_deg / self.strength


@dataclass(frozen=True, kw_only=True)
class Guenter2012:
    r"""The linear law with the constants of foveated rendering: a blur that viewers did not notice.

    .. math:: MAR(e) = m e + \omega_0, \qquad f_c(e) = \frac{1}{2\, MAR(e)}

    It is about three times as strong as `GeislerPerry` far from the gaze: that law says what can be detected, this one
    what is missed.

    Parameters
    ----------
    slope : float
        Growth :math:`m` of the minimum angle of resolution, in degrees per degree. The paper's range is 0.022 to
        0.0275, which is 1.32 to 1.65 minutes of arc per degree: a careful and a bold setting.
    foveal_mar_deg : float
        Minimum angle of resolution in the fovea, :math:`\omega_0`, in degrees.
    strength : float
        Exaggeration, for demonstration only: every eccentricity is multiplied by it. 1 is the law as measured.

    Raises
    ------
    ValueError
        If a parameter is not positive, an eccentricity is negative, or a critical frequency is not positive.

    References
    ----------
    Guenter, Finch, Drucker, Tan and Snyder (2012), Foveated 3D graphics, ACM Trans. Graphics 31(6). The value 1/48 of
    :math:`\omega_0` (20/25 vision) is a starting point.

    Examples
    --------
    >>> Guenter2012().cutoff_cpd([0, 5, 10]).round(4)
    array([24.    ,  3.8217,  2.0761])
    """

    isotropic: ClassVar[bool] = True
    slope: float = 0.022
    foveal_mar_deg: float = 1 / 48
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_positive(self, "slope", "foveal_mar_deg", "strength")

    def minimum_angle_deg(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Least angle between two lines seen as two, :math:`MAR(e)`, in degrees."""
        return self.slope * _eccentricities(eccentricity_deg, self.strength) + self.foveal_mar_deg

    def cutoff_cpd(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Finest visible frequency :math:`f_c(e)`, in cycles per degree, the same in all directions."""
        return 0.5 / self.minimum_angle_deg(eccentricity_deg)

    def critical_eccentricity_deg(
        self, frequency_cpd: ArrayLike, direction_deg: ArrayLike = 0.0
    ) -> NDArray[np.float64]:
        """Eccentricity at which gratings of this frequency vanish; below 0 they are never seen."""
        return (0.5 / _frequencies(frequency_cpd) - self.foveal_mar_deg) / (self.slope * self.strength)


@dataclass(frozen=True, kw_only=True)
class Watson2014:
    r"""The finest grating that the midget ganglion cells of one eye can carry: finer to the side than above or below.

    Along a meridian :math:`k` there are, per square degree of the visual field,

    .. math:: d(r, k) = \frac{2 d_{c0}}{1 + r / r_m} \left[ a_k \left(1 + \frac{r}{r_{2,k}}\right)^{-2}
              + (1 - a_k)\, e^{-r / r_{e,k}} \right]

    midget receptive fields. Between two meridians the spacing :math:`s` runs along an ellipse,
    :math:`s^2 = \cos^2\theta\, s_h^2 + \sin^2\theta\, s_v^2`, with the spacings at the same eccentricity on the
    horizontal and on the vertical one. Half of the cells answer to light, half to dark; one such half in a hexagonal
    lattice has the spacing :math:`s = \sqrt{2 / (\sqrt3\, d / 2)}` and carries gratings up to :math:`1 / (\sqrt3\, s)`.

    Parameters
    ----------
    eye : {"right", "left"}
        Which eye. In the right eye the temporal side of the visual field, where it reaches farther, is on the right
        (direction 0) and the nasal side on the left (180); the left eye is its mirror image. Superior is 90,
        inferior 270.
    foveal_cones : float
        Peak density of cones, :math:`d_{c0}`, per square degree.
    midget_decline_deg : float
        Eccentricity :math:`r_m` at which the share of midget cells is half of that in the fovea, in degrees.
    strength : float
        Exaggeration, for demonstration only: every eccentricity is multiplied by it. 1 is the law as measured.

    Raises
    ------
    ValueError
        If a parameter is outside its range, an eccentricity is negative, or a critical frequency is not positive.

    References
    ----------
    Watson (2014), A formula for human retinal ganglion cell receptive field density as a function of visual field
    location, J. Vision 14(7):15, eq. 4, 7-9 and table 1.

    Examples
    --------
    >>> Watson2014().cutoff_cpd(10, [0, 90, 180, 270]).round(3)
    array([7.974, 6.492, 7.556, 5.828])
    >>> Watson2014(eye="left").cutoff_cpd(10, [0, 180]).round(3)
    array([7.556, 7.974])
    """

    isotropic: ClassVar[bool] = False
    eye: Literal["right", "left"] = "right"
    foveal_cones: float = 14804.6
    midget_decline_deg: float = 41.03
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.eye not in ("right", "left"):
            raise ValueError(f"expected the eye to be 'right' or 'left', got {self.eye!r}")
        check_positive(self, "foveal_cones", "midget_decline_deg", "strength")

    def density(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Midget receptive fields of both polarities per square degree, :math:`d`."""
        eccentricity = _eccentricities(eccentricity_deg, self.strength)
        direction = np.radians(np.asarray(direction_deg, np.float64))
        across, up = np.cos(direction), np.sin(direction)
        temporal = across if self.eye == "right" else -across
        horizontal = np.where(temporal >= 0, self._along("temporal", eccentricity), self._along("nasal", eccentricity))
        vertical = np.where(up >= 0, self._along("superior", eccentricity), self._along("inferior", eccentricity))
        density: NDArray[np.float64] = 1 / (across**2 / horizontal + up**2 / vertical)
        return density

    def _along(self, meridian: str, eccentricity: NDArray[np.float64]) -> NDArray[np.float64]:
        a, r2, re = MERIDIANS[meridian]
        peak = 2 * self.foveal_cones / (1 + eccentricity / self.midget_decline_deg)
        density: NDArray[np.float64] = peak * (a * (1 + eccentricity / r2) ** -2 + (1 - a) * np.exp(-eccentricity / re))
        return density

    def spacing_deg(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Distance between neighbouring cells of one polarity in a hexagonal lattice, :math:`s`, in degrees."""
        one_polarity = self.density(eccentricity_deg, direction_deg) / 2
        spacing: NDArray[np.float64] = np.sqrt(2 / (np.sqrt(3) * one_polarity))
        return spacing

    def cutoff_cpd(self, eccentricity_deg: ArrayLike, direction_deg: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Finest frequency that one polarity carries, its Nyquist frequency, in cycles per degree."""
        cutoff: NDArray[np.float64] = 1 / (np.sqrt(3) * self.spacing_deg(eccentricity_deg, direction_deg))
        return cutoff

    def critical_eccentricity_deg(
        self, frequency_cpd: ArrayLike, direction_deg: ArrayLike = 0.0
    ) -> NDArray[np.float64]:
        """Eccentricity in this direction at which gratings of this frequency vanish; minus infinity: never seen."""
        frequency, direction = np.broadcast_arrays(_frequencies(frequency_cpd), np.asarray(direction_deg, np.float64))
        near, far = np.zeros(frequency.shape), np.full(frequency.shape, FARTHEST_DEG / self.strength)
        for _ in range(80):  # halves the bracket down to rounding
            middle = (near + far) / 2
            visible = self.cutoff_cpd(middle, direction) > frequency
            near, far = np.where(visible, middle, near), np.where(visible, far, middle)
        critical: NDArray[np.float64] = np.where(self.cutoff_cpd(0.0, direction) < frequency, -np.inf, near)
        return critical


class Resolution(Protocol):
    """Anything that tells what is left of the resolution, from 0 to 1, at places (..., 2) in pixels, for a gaze."""

    def __call__(self, places: NDArray[Any], gaze: ArrayLike, viewing: Viewing) -> ArrayLike:
        """Return the shares (...,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class FieldLoss:
    """A loss of part of the visual field, which goes where the gaze goes: what is left of the resolution at each place.

    Parameters
    ----------
    kind : str
        "scotoma": nothing is seen within `radius_deg` of the gaze (as in macular degeneration); "tunnel": nothing
        beyond it (late glaucoma); "left" or "right": nothing on that side of the gaze (hemianopia).
    radius_deg : float
        Radius of the loss, or of what is left, in degrees, above 0.
    edge_deg : float
        Width of the edge between lost and kept, in degrees, above 0.

    Raises
    ------
    ValueError
        If there is no such kind, or a size is not positive.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(10, (200, 300))
    >>> FieldLoss(kind="left")([(20, 100), (280, 100)], (150, 100), viewing)
    array([0., 1.])
    """

    kind: str
    radius_deg: float = 5.0
    edge_deg: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in ("scotoma", "tunnel", "left", "right"):
            raise ValueError(f"there is no field loss '{self.kind}'; expected scotoma, tunnel, left or right")
        check_positive(self, "radius_deg", "edge_deg")

    def __call__(self, places: ArrayLike, gaze: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
        """Share of the resolution that is left at `places` (..., 2), in pixels: 1 for all of it, 0 for nothing."""
        where, (x, _) = np.asarray(places, np.float64), np.asarray(gaze, np.float64)
        if self.kind in ("left", "right"):
            upright = np.stack([np.full(where.shape[:-1], x), where[..., 1]], axis=-1)
            aside = viewing.angle_deg(where, upright) * np.sign(where[..., 0] - x)
            beyond = aside if self.kind == "left" else -aside
        else:
            outside = viewing.angle_deg(gaze, where) - self.radius_deg
            beyond = outside if self.kind == "scotoma" else -outside
        share: NDArray[np.float64] = np.clip(beyond / self.edge_deg + 0.5, 0, 1)
        return share
