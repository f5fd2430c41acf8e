"""The image signature: what is left of a picture when only the signs of its cosine transform are kept."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_number, check_one_of
from foveation.opencv import cv2
from saliency.features.early import COLOUR_SPACES, colour_channels, working_picture
from saliency.map import finished

PALE = 2e-3  # what the conversion to CIE Lab gives grey as colour, at most; a channel that differs less shows nothing
SILENT = 1e-7  # of the greatest coefficient: one below this share of it is rounding and has no sign and no phase


@dataclass(frozen=True, kw_only=True)
class ImageSignature:
    r"""Saliency by the signs of the cosine transform, which keep a sparse foreground and lose the background.

    Each channel :math:`x` is rebuilt from the signs alone, :math:`\bar x = \mathrm{IDCT}(\mathrm{sign}(\mathrm{DCT}
    (x)))`, and the map is :math:`S = g * \frac{1}{n} \sum_x \bar x \circ \bar x` with a Gaussian :math:`g` [1]_.

    Parameters
    ----------
    longer_side : int
        Pixels of the longer side at which the model works.
    colour_space : str
        One of those of `colour_channels`: "lab" or "rgb" in the paper.
    blur : float
        Standard deviation of :math:`g`, as a share of the longer side.
    blur_reach : float
        Where :math:`g` is cut off, in standard deviations. Outside the picture the map counts as empty.
    centre_bias : float
        Exponent of the Gaussian at the centre by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Notes
    -----
    The constants are those of the authors' program, which sets the *width* to 64 pixels; in upright pictures we set the
    height. Its Gaussian is 12 pixels wide and so lies half a pixel off; ours is 13. A channel in which nothing differs,
    as the colours of a grey picture, adds nothing.

    References
    ----------
    .. [1] Hou, Harel and Koch (2012), Image signature: highlighting sparse salient regions, IEEE Trans. PAMI 34:
       194-201, sections 2 and 4.

    Examples
    --------
    >>> picture = np.tile(np.float32([0.4, 0.6]), (60, 40))
    >>> picture[20:28, 50:58] = 0.9
    >>> saliency = ImageSignature()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(18 <= row <= 30 and 48 <= column <= 60)
    True
    """

    longer_side: int = 64
    colour_space: str = "lab"
    blur: float = 0.045
    blur_reach: float = 2.0
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, blur_reach=100)
        check_vocabulary(self.longer_side, self.colour_space, self.blur, self.blur_reach, self.centre_bias)

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width) or (height, width, 1, 3 or 4), from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "channels", "signature" (-1, 0 or 1 for each frequency), "rebuilt" and "energy", (3, rows, columns) each, and
        "saliency", (height, width).
        """
        picture = working_picture(image, self.longer_side)
        channels = differing_channels(picture, self.colour_space)
        coefficients = cosine_transform(channels)
        silent = np.abs(coefficients) <= SILENT * np.abs(coefficients).max(axis=(1, 2), keepdims=True)
        signature = np.where(silent, 0, np.sign(coefficients))
        rebuilt = cosine_transform(signature, inverse=True)
        energy = rebuilt * rebuilt
        saliency = faded_gaussian(energy.mean(axis=0), self.blur, self.blur_reach)
        return {
            "channels": channels,
            "signature": signature.astype(np.float32),
            "rebuilt": rebuilt.astype(np.float32),
            "energy": energy.astype(np.float32),
            "saliency": finished(saliency, picture, np.shape(image), centre_bias=self.centre_bias),
        }


def check_vocabulary(
    longer_side: int, colour_space: str, blur: float, blur_reach: float, centre_bias: float, *more_spaces: str
) -> None:
    """Say which of the parameters that all spectral models share makes no sense.

    Raises
    ------
    ValueError
        If one does not.

    Examples
    --------
    >>> check_vocabulary(1, "lab", 0.05, 2, 0)
    Traceback (most recent call last):
    ...
    ValueError: expected a longer side of at least 2 pixels, got 1
    """
    check_number(longer_side, "a longer side of at least 2 pixels", least=2)
    spaces = (*more_spaces, *COLOUR_SPACES)
    check_one_of("colour space", colour_space, spaces)
    if not (0 <= blur < 1 and blur_reach > 0 and centre_bias >= 0):
        raise ValueError(
            "expected a blur from 0 to 1 of the longer side, a reach above 0 and a centre bias from 0 up, "
            f"got blur={blur}, blur_reach={blur_reach}, centre_bias={centre_bias}"
        )


def differing_channels(picture: NDArray[np.float32], colour_space: str) -> NDArray[np.float32]:
    """Split a picture into the channels of a colour space; those in which nothing differs are set to 0.

    Without that, the transforms below would make as much of the rounding in the colours of a grey picture as of the
    picture itself: they weigh all amplitudes alike.

    Examples
    --------
    >>> grey = np.repeat(np.float32([[[0.2], [0.7]]]), 3, axis=2)
    >>> differing_channels(grey, "ycrcb")[:, 0].round(3)
    array([[0.2, 0.7],
           [0. , 0. ],
           [0. , 0. ]], dtype=float32)
    """
    channels = colour_channels(picture, colour_space)
    channels[np.ptp(channels, axis=(1, 2)) < PALE] = 0
    return channels


def cosine_transform(planes: NDArray[Any], *, inverse: bool = False) -> NDArray[np.float64]:
    r"""Discrete cosine transform of planes of any size, or the way back.

    .. math::
        X_{kl} = \sum_{mn} c_{km} c_{ln} x_{mn},\quad
        c_{km} = \sqrt{\frac{2 - \delta_{k0}}{M}} \cos\frac{\pi k (2m + 1)}{2M}

    Parameters
    ----------
    planes : array, shape (n, rows, columns)
    inverse : bool
        From coefficients to planes; the transform is orthonormal.

    Examples
    --------
    >>> plane = np.arange(6.0).reshape(1, 2, 3)
    >>> bool(np.allclose(cosine_transform(cosine_transform(plane), inverse=True), plane))
    True
    """
    down, across = cosine_basis(planes.shape[1]), cosine_basis(planes.shape[2])
    transformed: NDArray[np.float64] = (
        down.T @ planes.astype(np.float64) @ across if inverse else down @ planes.astype(np.float64) @ across.T
    )
    return transformed


@lru_cache(maxsize=32)
def cosine_basis(size: int) -> NDArray[np.float64]:
    """Give the orthonormal cosines, (size, size): a row a frequency."""
    frequency, place = np.arange(size)[:, np.newaxis], np.arange(size)
    basis: NDArray[np.float64] = np.sqrt(2 / size) * np.cos(np.pi * frequency * (2 * place + 1) / (2 * size))
    basis[0] = np.sqrt(1 / size)
    basis.setflags(write=False)
    return basis


def faded_gaussian(values: NDArray[np.float64], blur: float, reach: float) -> NDArray[np.float64]:
    """Blur a map by a Gaussian that is cut off; outside the map there is nothing, so it fades towards its border.

    Parameters
    ----------
    values : array, shape (rows, columns)
    blur : float
        Standard deviation, as a share of the longer side.
    reach : float
        Where the Gaussian is cut off, in standard deviations.
    """
    spread = blur * max(values.shape)
    side = 2 * round(reach * spread) + 1
    if side == 1:
        return values
    blurred: NDArray[np.float64] = cv2.GaussianBlur(values, (side, side), spread, borderType=cv2.BORDER_CONSTANT)
    return blurred
