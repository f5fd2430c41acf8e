"""Crowding: how near to each other things may stand in the periphery before they cannot be told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array, check_number, check_whole
from foveation.pooling import check_places, polar_deg, polar_places
from foveation.viewing import Viewing

MOST_POINTS = 100_000  # of an outline


@dataclass(frozen=True, kw_only=True)
class CrowdingAsymmetry:
    r"""How much farther crowding reaches in some directions and in some parts of the visual field.

    Each is a ratio of critical spacings. The right half of the horizontal meridian is the standard, 1; the left is
    :math:`1 / r`. The (geometric) mean of the vertical meridian is that of the horizontal over :math:`h`, of which the
    lower half has :math:`\sqrt{l}` and the upper :math:`1/\sqrt{l}`. Between meridians, at direction :math:`\theta`,
    the logarithms are mixed by :math:`\cos^2\theta` and :math:`\sin^2\theta` (our choice: the data lie on the
    meridians).

    Parameters
    ----------
    tangential : float
        Spacing around the gaze over spacing away from it.
    horizontal : float
        Horizontal over vertical meridian, :math:`h`.
    lower : float
        Lower over upper visual field, :math:`l`.
    right : float
        Right over left visual field, :math:`r`. All four 1: a field without directions.

    Raises
    ------
    ValueError
        If a ratio is not a positive finite number.

    References
    ----------
    Kurzawski et al. (2023), The Bouma law accounts for crowding in 50 observers, Journal of Vision 23(8):6, abstract.

    Examples
    --------
    >>> CrowdingAsymmetry().factor([0, 90, 180, 270]).round(4)  # right, upper, left, lower
    array([1.    , 2.0547, 1.2821, 1.6232])
    """

    tangential: float = 0.55
    horizontal: float = 0.62
    lower: float = 0.79
    right: float = 0.78

    def __post_init__(self) -> None:
        for name in ("tangential", "horizontal", "lower", "right"):
            check_number(getattr(self, name), f"a positive ratio {name}", above=0)

    def factor(self, direction_deg: ArrayLike) -> NDArray[np.float64]:
        """Critical spacing at a direction from the gaze, in degrees counter-clockwise, over that on the right."""
        angle = np.radians(_finite(direction_deg, "directions in degrees"))
        across, up = np.cos(angle), np.sin(angle)
        vertical = -np.log(self.horizontal) - np.log(self.right) / 2
        sideways = np.where(across < 0, -np.log(self.right), 0.0)
        factor: NDArray[np.float64] = np.exp(
            across**2 * sideways + up**2 * (vertical - np.sign(up) * np.log(self.lower) / 2)
        )
        return factor


KURZAWSKI = CrowdingAsymmetry()


def critical_spacing_deg(
    eccentricity_deg: ArrayLike,
    direction_deg: ArrayLike = 0.0,
    *,
    bouma: float = 0.3,
    offset_deg: float = 0.15,
    asymmetry: CrowdingAsymmetry = KURZAWSKI,
) -> NDArray[np.float64]:
    r"""Distance at which a neighbour, farther out or in, begins to spoil a target: Bouma's law, :math:`b (e + e_0)`.

    Parameters
    ----------
    eccentricity_deg : array
        Eccentricity :math:`e` of the target, in degrees, 0 or more.
    direction_deg : array
        Direction of the target from the gaze, in degrees counter-clockwise; 0 is the right, for which Bouma's factor is
        given.
    bouma : float
        Bouma's factor :math:`b`. Bouma's own rule was 0.5; standardised, his data give 0.35, five newer studies 0.30,
        Kurzawski et al. 0.24 [1]_.
    offset_deg : float
        Offset :math:`e_0`, in degrees: what crowding is left in the fovea. Recalled values lie from 0.15 to 0.3.
    asymmetry : CrowdingAsymmetry
        Differences between meridians.

    Returns
    -------
    array
        Degrees between the centres of target and flanker.

    Raises
    ------
    ValueError
        If an eccentricity is negative or NaN, or a parameter outside its range.

    References
    ----------
    .. [1] Kurzawski et al. (2023), The Bouma law accounts for crowding in 50 observers, Journal of Vision 23(8):6.
       Bouma (1970), Interaction effects in parafoveal letter recognition, Nature 226.

    Examples
    --------
    >>> critical_spacing_deg([0, 5, 10]).round(3)
    array([0.045, 1.545, 3.045])
    """
    eccentricity = check_array(eccentricity_deg, "eccentricities in degrees")
    if not (np.isfinite(eccentricity) & (eccentricity >= 0)).all():
        raise ValueError(f"expected eccentricities of 0 degrees or more, got {eccentricity.tolist()}")
    check_number(bouma, "a positive Bouma factor", above=0)
    check_number(offset_deg, "an offset of 0 degrees or more", least=0)
    spacing: NDArray[np.float64] = bouma * (eccentricity + offset_deg) * asymmetry.factor(direction_deg)
    return spacing


def crowding_zone(
    target: ArrayLike,
    gaze: ArrayLike,
    viewing: Viewing,
    *,
    bouma: float = 0.3,
    offset_deg: float = 0.15,
    asymmetry: CrowdingAsymmetry = KURZAWSKI,
    points: int = 72,
) -> NDArray[np.float64]:
    """Outline of the zone around a target that other things must stay out of for the target to be recognised.

    It is an ellipse at the eye, as long as two critical spacings away from the gaze, and shorter around it.

    Parameters
    ----------
    target : array, shape (2,)
        Place of the target, (x, y) in pixels.
    gaze : array, shape (2,)
        Where the eye looks, (x, y) in pixels.
    viewing : Viewing
        Geometry, in the same pixels.
    bouma, offset_deg, asymmetry
        See `critical_spacing_deg`.
    points : int
        Points on the outline.

    Returns
    -------
    array, shape (points, 2)
        (x, y) in pixels, counter-clockwise from the point nearest to the gaze.

    Raises
    ------
    ValueError
        If a place is not one finite place, or a parameter outside its range.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> zone = crowding_zone((519.5, 239.5), viewing.centre, viewing, points=4)
    >>> viewing.angle_deg(zone, (519.5, 239.5)).round(2)
    array([3.02, 1.66, 3.02, 1.66])
    """
    place, look = check_places("a target", target, (2,)), check_places("a gaze", gaze, (2,))
    check_whole("points", points, 1, MOST_POINTS)
    spacing = critical_spacing_deg(
        *polar_deg(place, look, viewing), bouma=bouma, offset_deg=offset_deg, asymmetry=asymmetry
    )
    inward = polar_deg(look, place, viewing)[1]
    turn = np.arange(points) * (360 / points)
    return polar_places(_reach_deg(spacing, turn, asymmetry.tangential), inward + turn, place, viewing)


def is_crowded(
    targets: ArrayLike,
    flankers: ArrayLike,
    gaze: ArrayLike,
    viewing: Viewing,
    *,
    bouma: float = 0.3,
    offset_deg: float = 0.15,
    asymmetry: CrowdingAsymmetry = KURZAWSKI,
) -> NDArray[np.bool_]:
    """Whether each target has a flanker in its `crowding_zone`, so that it is seen but not recognised.

    Flankers farther out and farther in count alike.

    Parameters
    ----------
    targets : array, shape (2,) or (n, 2)
        Centres of the targets, (x, y) in pixels.
    flankers : array, shape (2,) or (m, 2)
        Centres of the flankers, (x, y) in pixels. A flanker at the very place of a target is that target itself and
        does not count, so the same places may be given as both.
    gaze : array, shape (2,)
        Where the eye looks, (x, y) in pixels.
    viewing : Viewing
        Geometry, in the same pixels.
    bouma, offset_deg, asymmetry
        See `critical_spacing_deg`.

    Returns
    -------
    array of bool, shape (n,), or () for one target

    Raises
    ------
    ValueError
        If the places have another shape or are not finite, or a parameter is outside its range.

    References
    ----------
    Bouma (1970), Nature 226; Toet and Levi (1992), The two-dimensional shape of spatial interaction zones in the
    parafovea, Vision Research 32; Kurzawski et al. (2023), Journal of Vision 23(8):6.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> letters = [(320, 240), (350, 240), (520, 240), (550, 240)]
    >>> is_crowded(letters, letters, (320, 240), viewing)
    array([False, False,  True,  True])
    """
    items, others = check_places("targets", targets), np.atleast_2d(check_places("flankers", flankers))
    look = check_places("a gaze", gaze, (2,))
    critical = critical_spacing_deg(
        *polar_deg(items, look, viewing), bouma=bouma, offset_deg=offset_deg, asymmetry=asymmetry
    )
    inward = polar_deg(look, items, viewing)[1]
    items = items[..., np.newaxis, :]
    spacing, bearing = polar_deg(others, items, viewing)
    reach = _reach_deg(critical[..., np.newaxis], bearing - inward[..., np.newaxis], asymmetry.tangential)
    crowded: NDArray[np.bool_] = ((spacing < reach) & (others != items).any(-1)).any(-1)
    return np.asarray(crowded)


def _reach_deg(spacing_deg: ArrayLike, turn_deg: ArrayLike, tangential: float) -> NDArray[np.float64]:
    """Radius of the crowding zone, turned away from the line between target and gaze."""
    turn = np.radians(turn_deg)
    reach: NDArray[np.float64] = np.asarray(spacing_deg) / np.hypot(np.cos(turn), np.sin(turn) / tangential)
    return reach


def _finite(values: ArrayLike, what: str) -> NDArray[np.float64]:
    array = check_array(values, what)
    if not np.isfinite(array).all():
        raise ValueError(f"expected finite {what}, got {array[~np.isfinite(array)].flat[0]}")
    return array
