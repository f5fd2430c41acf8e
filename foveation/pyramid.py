"""Gaussian pyramids: a picture at halved and halved again resolution, and how much of each frequency a level keeps.

Sample `i` of a level lies on sample `2 i` of the level below it, so sample `i` of level `l` lies on pixel
:math:`2^l i` of the picture: no level is displaced against another.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number
from foveation.opencv import cv2

DEEPEST = 12  # levels beyond this are blurred over more than 4096 pixels
SHARP = 0.6  # cycles per pixel; a wanted half-height above it leaves the picture as it is
SEAM = 0.5


def gaussian_pyramid(image: NDArray[Any], depth: int) -> list[NDArray[Any]]:
    """Give the picture and `depth` further levels, each blurred by [1 4 6 4 1]/16 both ways and halved.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, channels)
        uint8, uint16 or float32. A side of `n` becomes one of `(n + 1) // 2`.
    depth : int
        Number of further levels.

    References
    ----------
    Burt and Adelson (1983), The Laplacian pyramid as a compact image code, IEEE Trans. Comm. 31, with their a = 3/8.

    Examples
    --------
    >>> [level.shape for level in gaussian_pyramid(np.zeros((5, 8), np.float32), 2)]
    [(5, 8), (3, 4), (2, 2)]
    """
    levels = [image]
    for _ in range(depth):
        levels.append(cv2.pyrDown(levels[-1]))
    return levels


def level_transfer(level: int, frequency: ArrayLike) -> NDArray[np.float64]:
    r"""Share of a grating's amplitude that a level keeps, brought back to full size by linear expansion.

    .. math:: T_l(\nu) = \prod_{k<l} \cos^6(\pi \nu 2^k)

    (four from the kernel, two from the linear expansion), along one axis; `frequency` :math:`\nu` in cycles per pixel.

    Examples
    --------
    >>> level_transfer(1, [0, 0.150076]).round(3)
    array([1. , 0.5])
    """
    nu = np.asarray(frequency, np.float64)
    transfer = np.ones_like(nu)
    for octave in range(level):
        transfer = transfer * np.cos(np.pi * nu * 2**octave) ** 6
    return transfer


@lru_cache(maxsize=32)
def half_height_frequency(level: int) -> float:
    """Frequency, in cycles per pixel, of which `level` keeps half the amplitude.

    Examples
    --------
    >>> round(half_height_frequency(2), 6)
    0.067528
    """
    check_number(level, "a level from 1 up (level 0 keeps everything)", least=1)
    low, high = 0.0, 0.5**level  # the transfer falls from 1 to 0 between these
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if level_transfer(level, middle) > 0.5 else (low, middle)
    return low


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
