"""VOCUS2 of Frintrop, Werner and Martin Garcia: centre and surround as two scale spaces, with a ratio of one's own."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.early import colour_channels, working_picture
from saliency.map import finished

COLOUR_SPACES = ("codi", "lab", "rgby", "ycrcb")  # those whose first channel is an intensity
FEATURES = ("intensity", "red-green", "blue-yellow")
HUES = FEATURES[1:]
POLARITIES = ("on-off", "off-on")
WIDE = 8.0  # pixels: the detail that halving costs weighs less than 1e-4 in the answer of such a Gaussian
RIM = 4  # pixels by which a plane is continued before it is halved; even


@dataclass(frozen=True, kw_only=True)
class VOCUS2:
    r"""Saliency by differences of Gaussians between a scale space of centres and one of surrounds.

    At octave :math:`o` and scale :math:`s` of :math:`S` the centre is the channel blurred by
    :math:`\sigma_c 2^{s/S}` pixels of that octave, the surround by :math:`\sigma_s 2^{s/S}`; on-off and off-on cells
    answer :math:`[C - S]_+` and :math:`[S - C]_+`. All are averaged, over scales, polarities and features, so that the
    two hues together count twice as much as intensity [1]_.

    Parameters
    ----------
    centre_spread, surround_spread : float
        :math:`\sigma_c` and :math:`\sigma_s`, standard deviations in pixels at the first octave.
    octaves : int
        Number of octaves, each half the size of the one before; fewer in pictures that are too small.
    scales : int
        Scales :math:`S` in each octave.
    longer_side : int
        Pixels at which the model works. The authors' program takes pictures as they are.
    colour_space : str
        "codi" of the paper, :math:`I = (R+G+B)/3, R-G, B-(R+G)/2`, or "lab", "rgby", "ycrcb".
    blur : float
        Standard deviation of a last Gaussian, as a share of the map's longer side; 0 leaves it out.
    centre_bias : float
        Exponent of a central Gaussian; 0 leaves it out.

    Raises
    ------
    ValueError
        If the surround is not wider than the centre, a number is not positive, or there is no such colour space.

    References
    ----------
    .. [1] Frintrop, Werner and Martin Garcia (2015), Traditional saliency reloaded: a good old model in new shape,
       CVPR, 82-90, section 3; spreads and octaves as in the authors' program.

    Examples
    --------
    >>> picture = np.full((120, 160, 3), 0.5, np.float32)
    >>> picture[40:60, 100:120] = (0.8, 0.2, 0.2)
    >>> saliency = VOCUS2()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(40 <= row < 60 and 100 <= column < 120)
    True
    """

    centre_spread: float = 3.0
    surround_spread: float = 13.0
    octaves: int = 5
    scales: int = 2
    longer_side: int = 640
    colour_space: str = "codi"
    blur: float = 0.0
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, octaves=20, scales=100)
        if not 0 < self.centre_spread < self.surround_spread < np.inf:
            raise ValueError(
                "expected a surround that is wider than the centre, "
                f"got centre_spread={self.centre_spread}, surround_spread={self.surround_spread}"
            )
        if min(self.octaves, self.scales) < 1 or self.longer_side < 2:
            raise ValueError(
                "expected at least one octave and scale and a longer side of at least 2 px, "
                f"got octaves={self.octaves}, scales={self.scales}, longer_side={self.longer_side}"
            )
        if self.colour_space not in COLOUR_SPACES:
            raise ValueError(f"expected one of the colour spaces {', '.join(COLOUR_SPACES)}, got '{self.colour_space}'")
        if not 0 <= self.blur < 1 or not 0 <= self.centre_bias < np.inf:
            raise ValueError(
                f"expected a blur from 0 to 1 and a centre bias from 0 up, got {self.blur} and {self.centre_bias}"
            )

    @classmethod
    def cluttered(cls) -> Self:
        """Give the authors' setting for cluttered scenes such as coffee machines: smaller centres and surrounds."""
        return cls(centre_spread=2.0, surround_spread=6.0)

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width, 3), from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give every map by name, in the order they are made.

        The three channels ("red-green"), centres and surrounds at each octave ("red-green centre 0", scales stacked),
        the cells' answers averaged over all scales ("red-green on-off", "red-green off-on"), the conspicuity of
        intensity and colour, and at last "saliency".
        """
        picture = working_picture(image, self.longer_side)
        channels = colour_channels(picture, self.colour_space)
        maps = dict(zip(FEATURES, channels, strict=True))
        for name in FEATURES:
            maps |= self._cells(maps[name], name)
        maps["intensity conspicuity"] = _mean([maps[f"intensity {polarity}"] for polarity in POLARITIES])
        maps["colour conspicuity"] = _mean([maps[f"{hue} {polarity}"] for hue in HUES for polarity in POLARITIES])
        cells = _mean([maps[f"{name} {polarity}"] for name in FEATURES for polarity in POLARITIES])
        maps["saliency"] = finished(
            cells, picture, np.asarray(image).shape, blur=self.blur, centre_bias=self.centre_bias
        )
        return maps

    def _cells(self, channel: NDArray[np.float32], name: str) -> dict[str, NDArray[np.float32]]:
        """Give centres and surrounds of one channel, and what its on-off and off-on cells answer on average."""
        rows, columns = channel.shape
        maps: dict[str, NDArray[np.float32]] = {}
        answers = np.zeros((2, rows, columns), np.float32)
        octaves = min(self.octaves, int(np.log2(min(rows, columns))))
        layer = _blurred(channel, self.centre_spread)
        for octave in range(octaves):
            centres, layer = self._octave(layer)
            surrounds = self._surrounds(centres)
            maps |= {f"{name} centre {octave}": centres, f"{name} surround {octave}": surrounds}
            differences = centres - surrounds
            on = np.maximum(differences, 0)
            for answer, cells in zip(answers, (on, on - differences), strict=True):
                answer += cv2.resize(cells.sum(axis=0), (columns, rows), interpolation=cv2.INTER_CUBIC)
        answers *= np.float32(1 / (octaves * self.scales))
        return maps | {f"{name} {polarity}": answer for polarity, answer in zip(POLARITIES, answers, strict=True)}

    def _octave(self, layer: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give the centres (scales, rows, columns) of an octave, and the first centre of the next one."""
        spreads = [self.centre_spread * 2 ** (scale / self.scales) for scale in range(self.scales + 1)]
        centres = np.empty((self.scales, *layer.shape), np.float32)
        for centre, (narrow, wide) in zip(centres, pairwise(spreads), strict=True):
            centre[:] = layer
            layer = _blurred(layer, np.sqrt(wide**2 - narrow**2))
        return centres, _halved(layer)

    def _surrounds(self, centres: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the surround of each centre, (scales, rows, columns)."""
        widen = np.sqrt(self.surround_spread**2 - self.centre_spread**2)
        surrounds = np.empty_like(centres)
        for scale, (centre, surround) in enumerate(zip(centres, surrounds, strict=True)):
            surround[:] = _blurred(centre, widen * 2 ** (scale / self.scales))
        return surrounds


def _mean(maps: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.asarray(sum(maps[1:], start=maps[0]) * np.float32(1 / len(maps)), np.float32)


def _blurred(plane: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """Blur a plane whose border values go on outside; by a wide Gaussian at half the resolution, which is as good.

    On the way down and up again `pyrDown` and `pyrUp` add a variance of 1 each; the rest is blurred between them.
    """
    if spread < WIDE:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), spread, borderType=cv2.BORDER_REPLICATE), np.float32)
    wide = cv2.copyMakeBorder(plane, RIM, RIM, RIM, RIM, cv2.BORDER_REPLICATE)
    half = _blurred(cv2.pyrDown(wide, borderType=cv2.BORDER_REPLICATE), np.sqrt(spread**2 - 2) / 2)
    rows, columns = plane.shape
    return np.asarray(cv2.pyrUp(half)[RIM : RIM + rows, RIM : RIM + columns], np.float32)


def _halved(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Halve a blurred plane in register: each new sample is the mean of the four it covers."""
    size = tuple(max(1, side // 2) for side in plane.shape[::-1])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
