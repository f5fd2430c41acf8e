"""The retinal image: what is left of a picture after the eye's acuity, for a gaze."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import kernels
from foveation.acuity import Acuity, GeislerPerry
from foveation.image import as_image, check_pixels
from foveation.pyramid import gaussian_pyramid, half_height_frequency, level_transfer
from foveation.viewing import Viewing

DEEPEST = 12  # levels beyond this are blurred over more than 4096 pixels
SHARP = 0.6  # cycles per pixel; a wanted half-height above it leaves the picture as it is
SEAM = 0.5
WIDEST_TANGENT = np.tan(np.radians(85.0))


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
    but with the exact transfer of the pyramid that is built (`foveation.pyramid.level_transfer`).

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


@lru_cache(maxsize=1)
def _levels_by_frequency() -> tuple[NDArray[np.float64], float]:
    frequency, step = np.linspace(0, SHARP + 0.01, 32769, retstep=True)
    return blur_level(frequency), float(step)


@lru_cache(maxsize=8)
def _cutoff_by_tangent(acuity: Acuity) -> tuple[NDArray[np.float64], float]:
    tangent, step = np.linspace(0, WIDEST_TANGENT, 65537, retstep=True)
    return np.asarray(acuity.cutoff_cpd(np.degrees(np.arctan(tangent))), np.float64), float(step)


def blur_levels(gaze: ArrayLike, viewing: Viewing, *, acuity: Acuity | None = None) -> NDArray[np.float32]:
    """Map of the pyramid level at which each pixel is seen: 0 in the fovea, growing with eccentricity.

    Parameters
    ----------
    gaze : array, shape (2,) or (n, 2)
        Where the eye looks, (x, y) in pixels; several gazes share the picture and the nearest one counts.
    viewing : Viewing
        Geometry, in the pixels of the picture.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.

    Returns
    -------
    array of float32, shape (height, width)

    Raises
    ------
    ValueError
        If `gaze` is not finite or not of that shape.
    """
    gazes = np.atleast_2d(np.asarray(gaze, np.float64))
    if gazes.ndim != 2 or gazes.shape[1] != 2 or not len(gazes):
        raise ValueError(f"expected a gaze (x, y) or several of shape (n, 2), got shape {np.shape(gaze)}")
    if not np.isfinite(gazes).all():
        raise ValueError(f"expected a finite gaze in pixels, got {np.asarray(gaze).tolist()}")
    cutoff, tangents_per_entry = _cutoff_by_tangent(GeislerPerry() if acuity is None else acuity)
    level, frequency_per_entry = _levels_by_frequency()
    pitch_x, pitch_y = viewing.pitch_cm
    screen = kernels.Screen(
        centre_x=viewing.centre[0],
        centre_y=viewing.centre[1],
        pitch_x=pitch_x / viewing.distance_cm,
        pitch_y=pitch_y / viewing.distance_cm,
        pixels_per_degree=float(np.radians(1.0) * viewing.distance_cm / viewing.mean_pitch_cm),
    )
    out = np.empty(viewing.screen_px[::-1], np.float32)
    kernels.blur_levels(viewing.rays(gazes), screen, cutoff, tangents_per_entry, level, frequency_per_entry, out)
    return out


def blend(pyramid: list[NDArray[Any]], levels: NDArray[np.float32]) -> NDArray[Any]:
    """Show each pixel of a Gaussian pyramid at its own level, from the coarsest level up.

    Parameters
    ----------
    pyramid : list of arrays, shape (height, width, channels) and its halves
        From `gaussian_pyramid`; levels deeper than it are shown at its last.
    levels : array of float32, shape (height, width)
        From `blur_levels`.

    Returns
    -------
    array like `pyramid[0]`
        Equal to it, bit for bit, where the level is 0.
    """
    rounding = np.float32(0 if pyramid[0].dtype.kind == "f" else 0.5)
    depth = min(len(pyramid) - 1, int(np.ceil(levels.max())))
    image = pyramid[depth]
    for finer in range(depth - 1, -1, -1):
        own = pyramid[finer]
        out = np.empty_like(own)
        kernels.blend_level(own, image, levels, finer, rounding, out)
        image = out
    return image.copy() if image is pyramid[0] else image


def foveate(image: ArrayLike, gaze: ArrayLike, viewing: Viewing, *, acuity: Acuity | None = None) -> NDArray[Any]:
    """Blur a picture as the eye does that looks at one place: sharp there, coarser with every degree away.

    At each pixel the amplitude of a grating falls to half at the cut-off frequency of the acuity law, in cycles per
    degree, with the exact angles of the flat screen.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, 3)
        uint8 or float from 0 to 1 (anything else that `as_image` takes becomes float32 RGB first).
    gaze : array, shape (2,) or (n, 2)
        Where the eye looks, (x, y) in pixels of the picture; it may lie outside. Of several, the nearest counts.
    viewing : Viewing
        The screen; the picture stands in its middle, pixel for pixel, shrunk if it is too large (`Viewing.of_picture`).
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.

    Returns
    -------
    array of the same shape
        uint8 for uint8, else float32. In the fovea it equals the picture bit for bit.

    Raises
    ------
    ValueError
        If the picture or the gaze is not what is expected.

    References
    ----------
    Geisler and Perry (1998), Proc. SPIE 3299; Perry and Geisler (2002), Proc. SPIE 4662.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(24, (480, 640))
    >>> noise = np.random.default_rng(0).random((480, 640, 3))
    >>> seen = foveate(noise, (100, 240), viewing)
    >>> bool(seen[240, 100:120].std() > 3 * seen[240, 600:620].std())
    True
    """
    pixels = check_pixels(image)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype.kind == "f" and channels in (1, 3):
        pixels = np.clip(pixels, 0, 1).astype(np.float32, copy=False)
    elif pixels.dtype != np.uint8 or channels not in (1, 3):
        pixels = as_image(pixels)
    planes = np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1))
    levels = blur_levels(gaze, viewing.of_picture(planes.shape), acuity=acuity)
    pyramid = gaussian_pyramid(planes, int(np.ceil(levels.max())))
    pyramid = [level.reshape(*level.shape[:2], -1) for level in pyramid]  # OpenCV drops a single channel
    return blend(pyramid, levels).reshape(pixels.shape)
