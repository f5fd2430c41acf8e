"""Frequency-tuned saliency: how far the colour of a place lies from the mean colour of the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.early import colour_channels, working_picture
from saliency.map import finished
from saliency.models.image_signature import check_vocabulary

BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / np.float32(16)


@dataclass(frozen=True, kw_only=True)
class FrequencyTuned:
    r"""Saliency by the distance of each colour from the mean colour, for whole objects with sharp borders.

    :math:`S(x, y) = \lVert \bar I - I_\omega(x, y) \rVert` in CIE Lab, with the mean :math:`\bar I` of the picture and
    the picture :math:`I_\omega` blurred by a binomial filter of 5 x 5 pixels, which takes the noise away: all
    frequencies but the very highest and the mean are kept [1]_.

    Parameters
    ----------
    longer_side : int
        Pixels of the longer side at which the model works; smaller pictures stay as they are. The paper works at full
        size, on pictures of 400 pixels.
    colour_space : str
        One of those of `colour_channels`.
    blur : float
        Standard deviation of a last Gaussian, as a share of the longer side; the paper has none.
    centre_bias : float
        Exponent of the Gaussian at the centre by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    References
    ----------
    .. [1] Achanta, Hemami, Estrada and Suesstrunk (2009), Frequency-tuned salient region detection, CVPR, eq. 4.

    Examples
    --------
    >>> picture = np.full((60, 80, 3), (0.2, 0.6, 0.2), np.float32)
    >>> picture[20:40, 30:50] = (0.8, 0.1, 0.1)
    >>> saliency = FrequencyTuned()(picture)
    >>> bool(saliency[23:37, 33:47].min() > 3 * saliency[:17].max())
    True
    """

    longer_side: int = 640
    colour_space: str = "lab"
    blur: float = 0.0
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)
        check_vocabulary(self.longer_side, self.colour_space, self.blur, 1.0, self.centre_bias)

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width) or (height, width, 1, 3 or 4), from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "channels", "blurred" and "difference" (blurred minus mean), (3, rows, columns) each; "saliency" (height,
        width).
        """
        picture = working_picture(image, self.longer_side)
        channels = colour_channels(picture, self.colour_space)
        blurred = np.empty_like(channels)
        for channel, plane in zip(channels, blurred, strict=True):
            cv2.sepFilter2D(channel, cv2.CV_32F, BINOMIAL, BINOMIAL, plane)
        mean = channels.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
        difference = blurred - mean.astype(np.float32)
        distance = np.sqrt(sum(plane * plane for plane in difference))
        saliency = finished(distance, picture, np.shape(image), blur=self.blur, centre_bias=self.centre_bias)
        return {"channels": channels, "blurred": blurred, "difference": difference, "saliency": saliency}
