"""Boolean map saliency: what is surrounded stands out, as figure does from ground."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_number
from foveation.opencv import cv2
from saliency.features.early import COLOUR_SPACES, colour_channels, working_picture
from saliency.map import finished
from saliency.models import kernels

LEVELS = 255  # steps of a channel's range
LAB_UNITS = (255.0, 100.0, 100.0)  # from L*, a*, b* over 100 to those of 8-bit Lab
AT_ONCE = 32  # binary maps that share one array of words


@dataclass(frozen=True, kw_only=True)
class BooleanMap:
    r"""Saliency of regions that are surrounded, in Boolean maps of the picture.

    Each of three whitened colour channels, scaled to 0 to 255, is cut at thresholds :math:`\theta` into Boolean maps
    :math:`B = [I > \theta]`. The parts of :math:`B` and of its complement that no path joins to the picture's border
    are surrounded, so they are figure. Each such set, widened and divided by its :math:`L_2` norm (small figures count
    more), is added to the attention map [1]_ [2]_.

    Parameters
    ----------
    longer_side : int
        Pixels of the longer side at which the model works; smaller pictures are not enlarged.
    colour_space : str
        As for `colour_channels`.
    whiten : bool
        Whether to turn the channels to the principal axes of the picture's own colours.
    median : int
        Width of the median filter on each channel, in pixels, odd; 1 leaves it out.
    step : int
        Distance of the thresholds, in 255ths of a channel's range.
    region_width, map_width : int
        Widths of the squares by which each surrounded set, and at the end the attention map, are dilated, in pixels,
        odd; 1 leaves it out. The authors' program takes 7 and 9; without the last dilation the map predicts people
        better (NSS 1.64, with it 1.59, on the 323 pictures of OSIE that this project develops on).
    blur : float
        Standard deviation of the last Gaussian, as a share of the longer side: 9 of 400 pixels.
    centre_bias : float
        Exponent of the central Gaussian by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a width is even or not positive, the step is not from 1 to 255, the colour space is unknown, or a share is
        negative.

    Notes
    -----
    No Boolean map is filled. Let :math:`C(p)` be the least, over all paths from pixel :math:`p` to the border, of the
    path's greatest value. Then :math:`p` lies in a surrounded part of the complement exactly if
    :math:`I(p) \le \theta < C(p)`, so one filling of the pits of each channel serves all thresholds, and one filling of
    its inverse serves all maps. 32 Boolean maps are dilated together, as the bits of a word. The result is that of the
    map-by-map definition up to rounding.

    Whitening also divides each axis by its standard deviation; the scaling to 0 to 255 undoes that, and with it the
    regularisation of the covariance. A channel whose range is less than one of the 255 levels of the input is empty:
    it holds rounding. The thresholds begin at the channel's least value, as in the authors' program.

    References
    ----------
    .. [1] Zhang and Sclaroff (2013), Saliency detection: a Boolean map approach, ICCV, eq. 1-5.
    .. [2] Zhang and Sclaroff (2016), Exploiting surroundedness for saliency detection: a Boolean map approach,
       IEEE Trans. PAMI 38: 889-902.

    Examples
    --------
    >>> picture = np.full((120, 160, 3), 0.5, np.float32)
    >>> picture[50:70, 100:120] = 0.9  # surrounded
    >>> picture[:30, 20:50] = 0.9  # touches the border
    >>> saliency = BooleanMap()(picture)
    >>> float(saliency[60, 110]) > 0.9, float(saliency[10, 30]) < 0.1
    (True, True)
    """

    longer_side: int = 400
    colour_space: str = "lab"
    whiten: bool = True
    median: int = 3
    step: int = 8
    region_width: int = 7
    map_width: int = 1
    blur: float = 9 / 400
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("median", "region_width", "map_width"):
            width = getattr(self, name)
            if width < 1 or width % 2 == 0:
                raise ValueError(f"expected {name} to be an odd number of pixels from 1 up, got {width}")
        check_number(self.step, f"a step from 1 to {LEVELS}", least=1, most=LEVELS)
        if self.longer_side < 2 or self.blur < 0 or self.centre_bias < 0:
            raise ValueError(
                "expected a longer_side from 2 pixels up, and blur and centre_bias from 0 up, "
                f"got {self.longer_side}, {self.blur}, {self.centre_bias}"
            )
        if self.colour_space not in COLOUR_SPACES:
            raise ValueError(f"expected a colour space out of {', '.join(COLOUR_SPACES)}; got '{self.colour_space}'")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width, 3), from 0 to 1."""
        saliency: NDArray[np.float32] = self.maps(image)["saliency"]
        return saliency

    def maps(self, image: ArrayLike) -> dict[str, NDArray[Any]]:
        """Give all maps by name, in the order in which they are made.

        "channels" (3, rows, columns), uint8: the whitened channels; "surrounded" (3, rows, columns): the summed sets of
        each; "attention" (rows, columns): their sum, from 0 up; "saliency": at the picture's size, from 0 to 1.
        """
        pixels = np.asarray(image)
        picture = working_picture(pixels, self.longer_side)
        channels = self._channels(picture)
        surrounded = np.zeros(channels.shape, np.float32)
        for channel, total in zip(channels, surrounded, strict=True):
            self._add_surrounded(channel, total)
        attention = surrounded.sum(axis=0)
        attention -= attention.min()
        square = np.ones((self.map_width, self.map_width), np.uint8)
        widened = cv2.dilate(attention, square) if self.map_width > 1 else attention
        saliency = finished(widened, picture, pixels.shape, blur=self.blur, centre_bias=self.centre_bias)
        return {"channels": channels, "surrounded": surrounded, "attention": attention, "saliency": saliency}

    def _channels(self, picture: NDArray[np.float32]) -> NDArray[np.uint8]:
        first, second, third = planes = colour_channels(picture, self.colour_space)
        units = np.array(LAB_UNITS if self.colour_space == "lab" else (LEVELS,) * 3, np.float64)
        axes = _principal_axes(planes.reshape(3, -1), units) if self.whiten else np.eye(3)
        channels = np.empty(planes.shape, np.uint8)
        for axis, channel in zip(axes * units, channels, strict=True):
            turned = cv2.scaleAdd(third, axis[2], cv2.addWeighted(first, axis[0], second, axis[1], 0))
            channel[:] = self._stretched(turned)
        return channels

    def _stretched(self, channel: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Scale a channel to 0 to 255, whole numbers, and take its median in each neighbourhood."""
        low, high, _, _ = cv2.minMaxLoc(channel)
        if high - low < 1:
            return np.zeros(channel.shape, np.uint8)
        scale = LEVELS / (high - low)
        levels = cv2.convertScaleAbs(channel, alpha=scale, beta=-low * scale)
        return np.asarray(cv2.medianBlur(levels, self.median) if self.median > 1 else levels, np.uint8)

    def _add_surrounded(self, channel: NDArray[np.uint8], total: NDArray[np.float32]) -> None:
        """Add to `total` the sets that are surrounded in the Boolean maps of a channel, and in their complements."""
        least, greatest = int(channel.min()), int(channel.max())
        passed = -(-np.maximum(np.arange(256) - least, 0) // self.step)  # thresholds below each value
        count = int(passed[greatest])
        for heights in (passed, count - passed):
            ground = cv2.LUT(channel, np.clip(heights, 0, count).astype(np.uint8))
            self._add_pits(ground, count, total)

    def _add_pits(self, ground: NDArray[np.uint8], count: int, total: NDArray[np.float32]) -> None:
        """Add to `total`, for each of `count` heights, the places where water of this height would stay."""
        water = filled(ground)
        across, sets = np.empty((2, *ground.shape), np.uint32)
        sizes = np.empty(AT_ONCE, np.int64)
        for first in range(0, count, AT_ONCE):
            kernels.interval_sets(ground, water, first, self.region_width // 2, across, sets)
            kernels.set_sizes(sets, sizes)
            weights = np.where(sizes > 0, 1 / np.sqrt(np.maximum(sizes, 1)), 0)
            kernels.add_sets(sets, (weights.reshape(4, 8) @ _bits_of_bytes()).astype(np.float32), total)


def filled(ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fill the pits of a ground to the height at which water runs off over the border.

    Each pixel gets the least, over all paths to the border (with diagonal steps), of the greatest height on the path.

    Parameters
    ----------
    ground : array of uint8, shape (height, width)

    Examples
    --------
    >>> filled(np.array([[5, 5, 5, 5], [5, 1, 2, 5], [5, 5, 5, 3]], np.uint8))
    array([[5, 5, 5, 5],
           [5, 3, 3, 5],
           [5, 5, 5, 3]], dtype=uint8)
    """
    rows, columns = ground.shape
    water = np.zeros((rows + 2, columns + 2), np.uint8)
    water[1:-1, 1:-1] = 255
    grounds = (ground, cv2.transpose(ground))
    still = turn = 0
    while still < 2 or turn % 2:  # until neither columns nor rows, which take turns, let any more water out
        still = 0 if kernels.flood(grounds[turn % 2], water) else still + 1
        water = cv2.transpose(water)
        turn += 1
    return np.ascontiguousarray(water[1:-1, 1:-1])


def _principal_axes(planes: NDArray[np.float32], units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the unit eigenvectors of the covariance of planes (3, n), one a row, with their greatest entry positive."""
    centred = planes - planes.mean(axis=1, keepdims=True)
    covariance = np.vecdot(centred[:, np.newaxis], centred) * np.outer(units, units)
    axes: NDArray[np.float64] = np.linalg.eigh(covariance).eigenvectors.T
    greatest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, np.newaxis], axis=1)
    return axes * np.sign(greatest)


@lru_cache(maxsize=1)
def _bits_of_bytes() -> NDArray[np.float64]:
    """Give the 8 bits, from the least up, of each of the 256 bytes: (8, 256)."""
    return np.asarray(np.arange(256) >> np.arange(8)[:, np.newaxis] & 1, np.float64)
