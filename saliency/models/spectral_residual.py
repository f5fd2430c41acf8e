"""The spectral residual: what the spectrum of a picture has that its own smooth course does not foretell."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.checks import check_fields
from foveation.image import LEVEL, eight_bit
from foveation.opencv import cv2
from saliency.features.early import working_picture
from saliency.map import finished
from saliency.models.image_signature import SILENT, check_vocabulary, differing_channels

AMPLITUDES = ("residual", "flat")
ENDS = ("mirrored", "joined")
BLURRED = ("amplitude", "energy")


@dataclass(frozen=True, kw_only=True)
class SpectralResidual:
    r"""Saliency by the unforeseen part of the spectrum of a picture.

    The amplitude :math:`A` of pictures falls off smoothly with frequency. What its logarithm has above its own local
    mean is the residual, :math:`R = \log(1 + A) - h * \log(1 + A)`; with the phase :math:`P` of the picture it is
    brought back, :math:`S = (g * |F^{-1}(e^{R + iP})|)^2`, with a Gaussian :math:`g` [1]_.

    Parameters
    ----------
    amplitude : str
        "residual", or "flat": all amplitudes are set to 1 and the phase alone is kept, which gives much the same map
        (PFT) [2]_.
    neighbourhood : int
        Side of the box :math:`h`, in frequencies; odd.
    ends : str
        What the box finds beyond the ends of the spectrum: "mirrored", the same frequencies backwards (OpenCV), or
        "joined", those of the other end, as the spectrum is periodic.
    squeezed : bool
        Squeeze every picture to a square of `longer_side` pixels, by single pixels and not by area means, as OpenCV
        does; otherwise it is shrunk and keeps its shape.
    blurred : str
        What :math:`g` is applied to: "amplitude", the result being squared (OpenCV), or "energy", the square (paper).
    longer_side : int
        Pixels of the longer side at which the model works.
    colour_space : str
        "grey", or one of those of `colour_channels`; the maps of the channels are then added.
    blur : float
        Standard deviation of :math:`g`, as a share of the longer side: 8 pixels of 64.
    blur_reach : float
        Where :math:`g` is cut off, in standard deviations: 2 pixels.
    centre_bias : float
        Exponent of the Gaussian at the centre by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Notes
    -----
    The paper takes :math:`\log A`, which has no value where a frequency is missing. With the defaults the map is that
    of `StaticSaliencySpectralResidual` in OpenCV's contributed modules, to 1e-4. Its mirrored ends do not agree with
    the symmetry of a spectrum, so that the map of a mirrored picture is not quite the mirrored map; with joined ends it
    is. Colours help: with `colour_space="lab"` the map is closer to where people look, but that is not what was
    published.

    References
    ----------
    .. [1] Hou and Zhang (2007), Saliency detection: a spectral residual approach, CVPR, section 2.
    .. [2] Guo, Ma and Zhang (2008), Spatio-temporal saliency detection using phase spectrum of quaternion Fourier
       transform, CVPR, section 2.

    Examples
    --------
    >>> picture = np.random.default_rng(0).uniform(0.4, 0.6, (60, 80)).astype(np.float32)
    >>> picture[20:28, 50:58] = 0.9
    >>> saliency = SpectralResidual()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(17 <= row <= 30 and 47 <= column <= 60)
    True
    """

    amplitude: str = "residual"
    neighbourhood: int = 3
    ends: str = "mirrored"
    squeezed: bool = True
    blurred: str = "amplitude"
    longer_side: int = 64
    colour_space: str = "grey"
    blur: float = 0.125
    blur_reach: float = 0.25
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, blur_reach=100)
        check_vocabulary(self.longer_side, self.colour_space, self.blur, self.blur_reach, self.centre_bias, "grey")
        for name, choices in (("amplitude", AMPLITUDES), ("ends", ENDS), ("blurred", BLURRED)):
            if getattr(self, name) not in choices:
                raise ValueError(f"expected {name} to be {' or '.join(choices)}, got '{getattr(self, name)}'")
        if self.neighbourhood < 1 or self.neighbourhood % 2 == 0:
            raise ValueError(f"expected a neighbourhood of 1, 3, 5 ... frequencies, got {self.neighbourhood}")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width) or (height, width, 1, 3 or 4), from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "channels"; "log amplitude" and "residual", by frequency, the lowest at the top left; "recovered"; each (1 or 3,
        rows, columns), and "saliency", (height, width). With a flat amplitude there is no residual.
        """
        picture = self._seen(image)
        channels = picture[np.newaxis] if picture.ndim == 2 else differing_channels(picture, self.colour_space)
        by_channel = [self._recovered(channel) for channel in channels]
        maps = {name: np.stack([one[name] for one in by_channel]) for name in by_channel[0]}
        recovered = maps["recovered"]
        if self.blurred == "energy":
            energy = self._blur(np.square(recovered).sum(axis=0))
        else:
            energy = np.square([self._blur(one) for one in recovered]).sum(axis=0)
        saliency = finished(energy, picture, np.shape(image), centre_bias=self.centre_bias)
        return {"channels": channels, **maps, "saliency": saliency}

    def _seen(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the picture at the working size, (rows, columns) if the model sees it in grey, else with colours."""
        grey = self.colour_space == "grey"
        if not self.squeezed:
            picture = working_picture(image, self.longer_side)
            return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if grey else picture, np.float32)
        image = as_image(image)
        levels = eight_bit(image)
        pixels: NDArray[Any] = image if levels is None else levels
        if grey:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        side = self.longer_side
        pixels = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_LINEAR_EXACT)
        return np.asarray(pixels * LEVEL if levels is not None else pixels, np.float32)

    def _recovered(self, channel: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Give the picture that remains when the amplitudes are replaced, and what leads to it."""
        spectrum = cv2.dft(channel * np.float32(255), flags=cv2.DFT_COMPLEX_OUTPUT)
        amplitude = _magnitude(spectrum)
        greatest = amplitude.max()
        phase_only = np.divide(1, amplitude, where=amplitude > SILENT * greatest, out=np.zeros_like(amplitude))
        maps = {"log amplitude": cv2.log(amplitude + 1)}
        if self.amplitude == "residual":
            maps["residual"] = maps["log amplitude"] - self._local_mean(maps["log amplitude"])
            phase_only *= cv2.exp(maps["residual"])
        back = cv2.dft(spectrum * phase_only[:, :, np.newaxis], flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)
        return {**maps, "recovered": _magnitude(back)}

    def _local_mean(self, spectrum: NDArray[np.float32]) -> NDArray[np.float32]:
        box, reach = (self.neighbourhood, self.neighbourhood), self.neighbourhood // 2
        if self.ends == "mirrored":
            return np.asarray(cv2.blur(spectrum, box), np.float32)
        rows, columns = spectrum.shape
        mean: NDArray[np.float32] = cv2.blur(np.pad(spectrum, reach, mode="wrap"), box)
        return mean[reach : reach + rows, reach : reach + columns]

    def _blur(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        spread = self.blur * max(values.shape)
        side = 2 * round(self.blur_reach * spread) + 1
        blurred: NDArray[np.float32] = cv2.GaussianBlur(values, (side, side), spread) if side > 1 else values
        return blurred


def _magnitude(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Length of complex numbers (rows, columns, 2); OpenCV's depends, in its last bit, on where in memory they lie."""
    squares = numbers * numbers
    magnitude: NDArray[np.float32] = np.sqrt(squares[:, :, 0] + squares[:, :, 1])
    return magnitude
