"""Early visual features: intensity, opponent colours, and the energy of orientations."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.image import check_pixels, shrunk_shape
from foveation.opencv import cv2
from saliency.features import kernels

STRIP = 64  # rows of a large picture that are floats at one time
COLOUR_SPACES = ("rgb", "lab", "ycrcb", "codi", "rgby")
GABOR_SIDE = 9
GABOR_PERIOD = 7.0
GABOR_SPREAD = 7.0 / 3.0


def working_picture(image: ArrayLike, longer_side: int) -> NDArray[np.float32]:
    """Shrink a picture until its longer side has so many pixels; one that is smaller already stays as it is.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, 1, 3 or 4)
        Whatever `as_image` takes. A large one is never held as floats as a whole, so that a photograph costs little.
    longer_side : int
        Pixels; each new pixel is the mean of the area that it covers.

    Returns
    -------
    array of float32, shape (rows, columns, 3)

    Raises
    ------
    TypeError, ValueError
        If `image` is no picture.

    Examples
    --------
    >>> working_picture(np.zeros((300, 600), np.uint8), 400).shape
    (200, 400, 3)
    """
    pixels = check_pixels(image)
    rows, columns = shrunk_shape(pixels.shape, longer_side)
    if (rows, columns) == pixels.shape[:2]:
        return as_image(pixels)
    narrow = np.empty((len(pixels), columns, 3), np.float32)
    for strip, out in zip(*(np.array_split(each, -(-len(pixels) // STRIP)) for each in (pixels, narrow)), strict=True):
        cv2.resize(as_image(strip), (columns, len(out)), out, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(narrow, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def colour_channels(image: NDArray[np.float32], colour_space: str) -> NDArray[np.float32]:
    r"""Split a picture into the three channels of a colour space, all of the order of 1.

    Parameters
    ----------
    image : array of float32, shape (height, width, 3)
    colour_space : str
        "rgb"; "lab", CIE L*, a*, b* over 100; "ycrcb", luma and two differences of colour; "codi",
        :math:`I = (R+G+B)/3, R-G, B-(R+G)/2` [1]_; "rgby", see `opponent_channels`.

    Returns
    -------
    array of float32, shape (3, height, width)

    Raises
    ------
    ValueError
        If there is no such space; the message lists them.

    References
    ----------
    .. [1] Frintrop, Werner and Martin Garcia (2015), Traditional saliency reloaded, CVPR.

    Examples
    --------
    >>> red = np.zeros((2, 2, 3), np.float32)
    >>> red[:, :, 0] = 1
    >>> colour_channels(red, "codi")[:, 0, 0].round(3)
    array([ 0.333,  1.   , -0.5  ], dtype=float32)
    """
    if colour_space == "rgby":
        return opponent_channels(image)
    if colour_space == "codi":
        red, green, blue = _planes(image)
        both = red + green
        return np.stack([(both + blue) * np.float32(1 / 3), red - green, blue - both * np.float32(0.5)])
    if colour_space == "rgb":
        return _planes(image)
    if colour_space == "lab":
        planes = _planes(cv2.cvtColor(image, cv2.COLOR_RGB2Lab))
        planes *= np.float32(0.01)
        return planes
    if colour_space == "ycrcb":
        return _planes(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb))
    raise ValueError(f"there is no colour space '{colour_space}'; expected one of: {', '.join(COLOUR_SPACES)}")


def _planes(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay the colours of a picture (height, width, 3) beside each other: (3, height, width)."""
    planes = np.empty((3, *image.shape[:2]), np.float32)
    for number, plane in enumerate(planes):
        cv2.extractChannel(image, number, plane)
    return planes


def opponent_channels(image: ArrayLike) -> NDArray[np.float32]:
    r"""Intensity and the two colour opponencies of Itti, Koch and Niebur.

    With :math:`I = (r+g+b)/3` and, where :math:`I` exceeds a tenth of its greatest value, :math:`r, g, b` divided by
    :math:`I` (elsewhere 0): :math:`R = r - (g+b)/2`, :math:`G = g - (r+b)/2`, :math:`B = b - (r+g)/2`,
    :math:`Y = (r+g)/2 - |r-g|/2 - b`, negative values set to 0 [1]_.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        A picture (uint8 is read as it is; anything else goes through `as_image`).

    Returns
    -------
    array of float32, shape (3, height, width)
        :math:`I`, :math:`R - G` and :math:`B - Y`.

    References
    ----------
    .. [1] Itti, Koch and Niebur (1998), IEEE Trans. PAMI 20, section 2.1.

    Examples
    --------
    >>> red = np.zeros((2, 2, 3), np.uint8)
    >>> red[:, :, 0] = 255
    >>> opponent_channels(red)[:, 0, 0].round(3)
    array([0.333, 3.   , 0.   ], dtype=float32)
    """
    pixels: NDArray[Any] = np.asarray(image)
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3 and min(pixels.shape[:2]) > 1:
        pixels, scale = np.ascontiguousarray(pixels), np.float32(1 / 255)
    else:
        pixels, scale = as_image(pixels), np.float32(1)
    channels = np.empty((3, *pixels.shape[:2]), np.float32)
    kernels.opponency(pixels, scale, channels)
    return channels


@lru_cache(maxsize=8)
def _gabor_factors(wave: tuple[float, float]) -> tuple[float, float, NDArray[np.float32], NDArray[np.float32]]:
    """Give both scales and the two pairs of one-dimensional factors of the even and odd Gabor of this wave vector."""
    axis = np.arange(GABOR_SIDE) - GABOR_SIDE // 2
    envelope = np.exp(-(axis**2) / (2 * GABOR_SPREAD**2))
    turn = 2 * np.pi / GABOR_PERIOD * np.asarray(wave)
    across = envelope * np.exp(1j * turn[0] * axis)
    down = envelope * np.exp(1j * turn[1] * axis)
    full = np.outer(down, across)
    even, odd = full.real - full.real.mean(), full.imag
    return (
        float(1 / np.linalg.norm(even)),
        float(1 / np.linalg.norm(odd)),
        np.stack([across.real, across.imag]).astype(np.float32),
        np.stack([down.real, down.imag]).astype(np.float32),
    )


def _filtered(
    plane: NDArray[np.float32], across: NDArray[np.float32], down: NDArray[np.float32]
) -> NDArray[np.float32]:
    filtered: NDArray[np.float32] = cv2.sepFilter2D(plane, cv2.CV_32F, across, down)
    return filtered


def orientation_energy(intensity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Strength of lines at four orientations: the answers of an even and an odd Gabor filter, without sign, added.

    The filters are 9 x 9 pixels with a period of 7 and a standard deviation of 7/3, zero mean and unit norm.

    Parameters
    ----------
    intensity : array of float32, shape (height, width)

    Returns
    -------
    array of float32, shape (4, height, width)
        For lines at 0 (horizontal), 45, 90 and 135 degrees, counter-clockwise with y up.

    References
    ----------
    Walther and Koch (2006), Modeling attention to salient proto-objects, Neural Networks 19: constants of the
    SaliencyToolbox, after Greenspan et al. (1994).

    Examples
    --------
    >>> stripes = np.tile(np.cos(2 * np.pi * np.arange(28) / 7), (28, 1)).astype(np.float32)
    >>> int(orientation_energy(stripes)[:, 14, 14].argmax()) * 45  # columns: lines at 90 degrees
    90
    """
    mean = np.full((GABOR_SIDE,), 1 / GABOR_SIDE, np.float32)
    box = _filtered(intensity, mean, mean)
    diagonal = float(np.sqrt(0.5))
    energy = np.empty((4, *intensity.shape), np.float32)
    for index, wave in ((0, (0.0, 1.0)), (2, (1.0, 0.0))):
        even_scale, odd_scale, across, down = _gabor_factors(wave)
        even = _filtered(intensity, across[0], down[0])
        odd = _filtered(intensity, across[index // 2], down[1 - index // 2])
        dc = float(across[0].sum() * down[0].sum())
        energy[index] = np.abs(even - dc * box) * even_scale + np.abs(odd) * odd_scale
    even_scale, odd_scale, across, down = _gabor_factors((diagonal, diagonal))
    cos_cos, sin_sin = _filtered(intensity, across[0], down[0]), _filtered(intensity, across[1], down[1])
    sin_cos, cos_sin = _filtered(intensity, across[1], down[0]), _filtered(intensity, across[0], down[1])
    dc_even = float(across[0].sum() * down[0].sum())
    # y runs down: a wave vector (1, 1) is that of lines rising to the right
    energy[1] = np.abs(cos_cos - sin_sin - dc_even * box) * even_scale + np.abs(sin_cos + cos_sin) * odd_scale
    energy[3] = np.abs(cos_cos + sin_sin - dc_even * box) * even_scale + np.abs(sin_cos - cos_sin) * odd_scale
    return energy
