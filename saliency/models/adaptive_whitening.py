"""Adaptive whitening: what is far from the rest of the picture once colours and scales are decorrelated."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.early import working_picture
from saliency.map import finished

SHARPNESS = 0.55  # of a filter on a logarithmic scale of frequency: two octaves
ANGULAR_SPREAD_DEG = 37.5
MARGIN = 0.1  # of the longer side, mirrored around the picture
VANISHING = 1e-6  # a component with less than this share of the greatest variance is none


@dataclass(frozen=True, kw_only=True)
class AdaptiveWhitening:
    r"""Saliency as distance from the picture's own statistics, after its colours and its scales are whitened.

    The three colours are turned into components that are uncorrelated in this very picture, of unit variance.
    Log-Gabor filters of several orientations and scales see each; within an orientation the strengths :math:`a_s` of
    the scales are whitened in turn, :math:`z = C^{-1/2} (a - \bar a)`, and the saliency of a place is the squared
    length of what remains, summed over components and orientations, :math:`S = \sum |z|^2`: Hotelling's
    :math:`T^2` [1]_.

    Parameters
    ----------
    longer_side : int
        Pixels at which the model works.
    orientations : int
        Number of orientations, evenly from 0 to 180 degrees.
    scales : tuple of int
        Number of scales for the component of greatest variance, mostly brightness, and for the two others. Scales whose
        wavelength exceeds the picture are left out.
    shortest_wavelength : float
        Of the filters, in pixels of the working picture, from 2 up; each scale doubles it.
    blur : float
        Standard deviation of the last Gaussian, as a share of the longer side.
    centre_bias : float
        Exponent of a central Gaussian by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    The authors' program is not open. Its blur (2.1 % of the longer side) is documented; numbers of orientations and
    scales, wavelengths and widths of the filters are those of the papers as recalled: starting points, not certain.

    References
    ----------
    .. [1] Garcia-Diaz, Fdez-Vidal, Pardo and Dosil (2012), Saliency from hierarchical adaptation through decorrelation
       and variance normalization, Image and Vision Computing 30: 51-64.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:120, 200:220] = (0.9, 0.1, 0.1)
    >>> saliency = AdaptiveWhitening()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(90 <= row <= 130 and 190 <= column <= 230)
    True
    """

    longer_side: int = 160
    orientations: int = 4
    scales: tuple[int, int] = (7, 5)
    shortest_wavelength: float = 3.0
    blur: float = 0.021
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, orientations=180, scales=100)
        if self.longer_side < 2 or self.orientations < 1:
            raise ValueError(
                "expected longer_side from 2 up and orientations from 1 up, "
                f"got {self.longer_side} and {self.orientations}"
            )
        if len(self.scales) != 2 or min(self.scales) < 1 or self.shortest_wavelength < 2:
            raise ValueError(
                "expected two numbers of scales from 1 up and wavelengths from 2 pixels up, "
                f"got scales={self.scales}, shortest_wavelength={self.shortest_wavelength}"
            )
        if self.blur < 0 or self.centre_bias < 0:
            raise ValueError(f"expected blur and centre_bias from 0 up, got {self.blur} and {self.centre_bias}")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture, from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "components", (3 or fewer, rows, columns), are the whitened colours; "distances", one for each component and
        orientation, the squared lengths; "saliency" has the picture's size.
        """
        picture = working_picture(image, self.longer_side)
        rows, columns = picture.shape[:2]
        components = whitened(picture.reshape(-1, 3).T).reshape(-1, rows, columns)
        distances = [
            np.square(whitened(strengths.reshape(len(strengths), -1))).sum(axis=0).reshape(rows, columns)
            for number, component in enumerate(components)
            for strengths in self._strengths(component, self.scales[min(number, 1)])
        ]
        total = np.sum(distances, axis=0) if distances else np.zeros((rows, columns), np.float32)
        saliency = finished(total, picture, np.shape(image), blur=self.blur, centre_bias=self.centre_bias)
        return {
            "components": components,
            "distances": np.array(distances, np.float32).reshape(-1, rows, columns),
            "saliency": saliency,
        }

    def _strengths(self, component: NDArray[np.float32], scales: int) -> list[NDArray[np.float32]]:
        """Give for each orientation the strengths of the filters' answers at all scales, (scales, rows, columns)."""
        rows, columns = component.shape
        margin = int(np.ceil(MARGIN * max(rows, columns)))
        height, width = (cv2.getOptimalDFTSize(side + 2 * margin) for side in (rows, columns))
        below, right = height - rows - margin, width - columns - margin
        padded = cv2.copyMakeBorder(component, margin, below, margin, right, cv2.BORDER_REFLECT)
        spectrum = np.fft.fft2(padded)
        fitting = 1 + int(np.log2(max(1.0, max(rows, columns) / self.shortest_wavelength)))
        bank = log_gabors((height, width), self.orientations, self.shortest_wavelength, min(scales, fitting))
        inside = np.s_[:, margin : margin + rows, margin : margin + columns]
        return [np.abs(np.fft.ifft2(spectrum * filters)[inside]) for filters in bank]


def whitened(values: ArrayLike) -> NDArray[np.float32]:
    """Turn rows of numbers into uncorrelated rows of mean 0 and variance 1, that of greatest variance first.

    Rows that vary next to nothing once the others are known are left out.

    Examples
    --------
    >>> whitened([[0, 1, 0, 1], [0, 2, 0, 2]]).shape
    (1, 4)
    """
    centred = np.asarray(values, np.float32)
    centred = centred - centred.mean(axis=1, keepdims=True)
    variances, axes = np.linalg.eigh((centred @ centred.T).astype(np.float64) / centred.shape[1])
    kept = np.flatnonzero(variances > VANISHING * max(variances[-1], VANISHING))[::-1]
    return np.asarray((axes[:, kept] / np.sqrt(variances[kept])).T.astype(np.float32) @ centred, np.float32)


@lru_cache(maxsize=8)
def log_gabors(size: tuple[int, int], orientations: int, shortest: float, scales: int) -> NDArray[np.float32]:
    r"""Give the transfer functions of one-sided log-Gabor filters, each scale an octave below the one before.

    .. math:: G(f,\theta) = \exp\left(-\frac{\ln^2 f\lambda}{2\ln^2 0.55} - \frac{(\theta-\theta_0)^2}{2\sigma^2}\right)

    Returns
    -------
    array of float32, shape (orientations, scales, height, width)
    """
    down, across = np.fft.fftfreq(size[0])[:, np.newaxis], np.fft.fftfreq(size[1])[np.newaxis]
    frequency, angle = np.hypot(down, across), np.arctan2(-down, across)
    frequency[0, 0] = np.finfo(np.float64).tiny  # the mean passes no filter
    octaves = [np.log(frequency * shortest * 2**scale) / np.log(SHARPNESS) for scale in range(scales)]
    turns = [angle - np.pi * number / orientations for number in range(orientations)]
    apart = [np.arctan2(np.sin(turn), np.cos(turn)) / np.radians(ANGULAR_SPREAD_DEG) for turn in turns]
    bank = np.exp([[-(octave**2 + turn**2) / 2 for octave in octaves] for turn in apart])
    return np.asarray(bank, np.float32)
