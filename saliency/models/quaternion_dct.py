"""Quaternion spectra: the colours of a pixel are one number, and only the phase of its spectrum is kept."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_one_of
from saliency.features.early import working_picture
from saliency.map import finished
from saliency.models.image_signature import (
    SILENT,
    check_vocabulary,
    cosine_transform,
    differing_channels,
    faded_gaussian,
)

TRANSFORMS = ("qdct", "pqft", "eigenpqft", "whitening")
AXIS = np.array([1, 1, 1]) / np.sqrt(3)
ACROSS = np.array([[1, -1, 0] / np.sqrt(2), [1, 1, -2] / np.sqrt(6)])


@dataclass(frozen=True, kw_only=True)
class QuaternionDCT:
    r"""Saliency by the phase of a quaternion transform, in which the channels of a picture share one amplitude.

    A pixel is the quaternion :math:`q = x_1 i + x_2 j + x_3 k`. Its transform :math:`Q` is divided by its amplitude and
    brought back, :math:`S = g * |T^{-1}(Q / |Q|)|^2`, with a Gaussian :math:`g` [1]_, [2]_.

    Parameters
    ----------
    transform : str
        :math:`T`. "qdct", the quaternion cosine transform: `Q / |Q|` is the quaternion signature [1]_. "eigenpqft",
        the quaternion Fourier transform, with the phase along the axis of each coefficient [2]_, which is what Guo, Ma
        and Zhang describe [3]_. "pqft", the same with the phase along the axis of the transform alone, as in the
        authors' program. "whitening", the Fourier transform of each channel by itself.
    weights : tuple of float
        What the three channels are multiplied by.
    longer_side : int
        Pixels of the longer side at which the model works.
    colour_space : str
        One of those of `colour_channels`.
    blur : float
        Standard deviation of :math:`g`, as a share of the longer side: 2.5 pixels of 64.
    blur_reach : float
        Where :math:`g` is cut off, in standard deviations: 4 pixels. Outside the picture the map counts as empty.
    centre_bias : float
        Exponent of the Gaussian at the centre by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Notes
    -----
    No quaternion is ever multiplied. The cosine transform multiplies each coefficient by one fixed unit quaternion,
    which the way back undoes, so it is three cosine transforms with one common amplitude. The Fourier transform about
    the axis :math:`\mu = (i + j + k) / \sqrt 3` is that of the part of :math:`q` along the axis and that of the part
    across it, which is a complex plane (Ell and Sangwine 2007). "pqft" keeps the first only: it is the phase of the sum
    of the channels, and blind to colours that leave the sum as it is. The authors' program means to scale the channels'
    maps to one range before it adds them up ("whitening"), but a slip in its condition keeps it from doing so; nor do
    we.

    References
    ----------
    .. [1] Schauerte and Stiefelhagen (2012), Predicting human gaze using quaternion DCT image signature saliency and
       face detection, WACV, section 2.
    .. [2] Schauerte and Stiefelhagen (2012), Quaternion-based spectral saliency detection for eye fixation prediction,
       ECCV, section 2.
    .. [3] Guo, Ma and Zhang (2008), Spatio-temporal saliency detection using phase spectrum of quaternion Fourier
       transform, CVPR.

    Examples
    --------
    >>> picture = np.random.default_rng(0).uniform(0.4, 0.6, (60, 80, 3)).astype(np.float32)
    >>> picture[20:28, 50:58] = (0.9, 0.1, 0.1)
    >>> saliency = QuaternionDCT()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(18 <= row <= 30 and 48 <= column <= 60)
    True
    """

    transform: str = "qdct"
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    longer_side: int = 64
    colour_space: str = "ycrcb"
    blur: float = 2.5 / 64
    blur_reach: float = 1.6
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, blur_reach=100)
        check_vocabulary(self.longer_side, self.colour_space, self.blur, self.blur_reach, self.centre_bias)
        check_one_of("transform", self.transform, TRANSFORMS)
        if len(self.weights) != 3 or min(self.weights) < 0 or max(self.weights) <= 0:
            raise ValueError(f"expected three weights from 0 up, not all 0, got {self.weights}")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width) or (height, width, 1, 3 or 4), from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "channels" (3, rows, columns); "amplitude" (1 or 3, rows, columns), by frequency, the lowest at the top left;
        "energy" (1, 2 or 3, rows, columns), of each part that is transformed; "saliency" (height, width).
        """
        picture = working_picture(image, self.longer_side)
        channels = differing_channels(picture, self.colour_space)
        spectra = self._spectra(np.reshape(self.weights, (3, 1, 1)) * channels)
        amplitude = np.abs(spectra) if self.transform == "whitening" else np.linalg.norm(spectra, axis=0, keepdims=True)
        loud = amplitude > SILENT * amplitude.max(axis=(1, 2), keepdims=True)
        energy = self._energy(spectra * np.divide(1, amplitude, where=loud, out=np.zeros_like(amplitude)))
        saliency = faded_gaussian(energy.sum(axis=0), self.blur, self.blur_reach)
        return {
            "channels": channels,
            "amplitude": amplitude.astype(np.float32),
            "energy": energy.astype(np.float32),
            "saliency": finished(saliency, picture, np.shape(image), centre_bias=self.centre_bias),
        }

    def _spectra(self, channels: NDArray[np.float64]) -> NDArray[np.number]:
        """Transform the channels, or the parts of them along and across the axis."""
        if self.transform == "qdct":
            return cosine_transform(channels)
        if self.transform == "whitening":
            return np.fft.fft2(channels)
        along = 1j * np.tensordot(AXIS, channels, 1)
        if self.transform == "pqft":
            return np.fft.fft2(along[np.newaxis])
        real, imaginary = np.tensordot(ACROSS, channels, 1)
        return np.fft.fft2(np.stack([along, real + 1j * imaginary]))

    def _energy(self, spectra: NDArray[np.number]) -> NDArray[np.float64]:
        """Bring spectra back and square what comes."""
        if self.transform == "qdct":
            return np.square(cosine_transform(spectra, inverse=True))
        back = np.fft.ifft2(spectra)
        return back.real**2 + back.imag**2
