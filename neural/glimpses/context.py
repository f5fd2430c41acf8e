"""The context network's first look at a whole picture, coarsely."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields
from foveation.opencv import cv2


@dataclass(frozen=True, kw_only=True)
class Context:
    """A first look at the whole picture, coarsely: it tells the policy where to look, and nothing to the classifier.

    So the classifier cannot do without the glimpses.

    Parameters
    ----------
    size : int
        Cells across and down, to which the picture is averaged.
    hidden : int
        Units of the layer between.

    Raises
    ------
    ValueError
        If one of them is below 1.

    References
    ----------
    Ba, Mnih and Kavukcuoglu (2015), Multiple object recognition with visual attention, ICLR, section 3.1.

    Examples
    --------
    >>> Context(size=2).see(np.eye(4, dtype=np.float32)[np.newaxis])
    array([[0.5, 0. , 0. , 0.5]], dtype=float32)
    """

    size: int = 12
    hidden: int = 64

    def __post_init__(self) -> None:
        check_fields(self)
        if self.size < 1 or self.hidden < 1:
            raise ValueError(f"expected cells and units from 1 up, got {self.size} and {self.hidden}")

    def see(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Average pictures (n, height, width[, channels]) to cells, (n, size * size [* channels]), from 0 to 1."""
        side = (self.size, self.size)
        cells = np.stack([cv2.resize(each, side, interpolation=cv2.INTER_AREA) for each in images])
        scale = 255 if images.dtype == np.uint8 else 1
        coarse: NDArray[np.float32] = (cells.reshape(len(images), -1) / np.float32(scale)).astype(np.float32)
        return coarse
