"""Kinds of objects that a task may be after, and what tells where they are: faces, text, skin."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.checks import check_fields
from foveation.image import check_pixels
from foveation.opencv import cv2
from saliency.features.early import working_picture
from saliency.features.faces import Faces
from saliency.map import resized
from saliency.models.readout.channels import skin

Map = NDArray[np.float32]


class Evidence(Protocol):
    """Anything that finds a kind of object: from a picture to a map (height, width), from 0 to 1."""

    def __call__(self, image: ArrayLike) -> Map:
        """Return the map."""
        ...


@dataclass(frozen=True, kw_only=True)
class Text:
    r"""Evidence for text: fine strokes, both upright and flat ones, packed into lines.

    Strokes are what a closing or an opening by less than `stroke` pixels takes away. With :math:`u, f` the share of
    upright and flat strokes in a window as high as a line and five times as wide, a line is where
    :math:`t = \sqrt{u f}` is above its mean over the gaps over and under it; the evidence is
    :math:`\max_h t' / (t' + c)` over heights :math:`h` of lines.

    Parameters
    ----------
    longer_side : int
        Pixels to which the picture's longer side is reduced first.
    heights : tuple of int
        Heights of lines, in these pixels.
    stroke : int
        Widest stroke, in these pixels.
    half : float
        Density of strokes :math:`c`, as a share of full contrast, at which the evidence is a half.

    Examples
    --------
    >>> from foveation.opencv import cv2
    >>> page = np.full((240, 320, 3), 200, np.uint8)
    >>> page[40:120, 40:120] = 50  # a dark square
    >>> _ = cv2.putText(page, "The lazy dog", (120, 190), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (30, 30, 30), 2)
    >>> row, column = np.unravel_index(Text()(page).argmax(), page.shape[:2])
    >>> bool(170 < row < 200 and 120 < column < 270)
    True
    """

    longer_side: int = 640
    heights: tuple[int, ...] = (8, 14, 24)
    stroke: int = 7
    half: float = 0.1

    def __post_init__(self) -> None:
        check_fields(self, stroke=1000, heights=1000)
        if min(self.longer_side, self.stroke, *self.heights, 9) < 2 or not self.heights or not self.half > 0:
            raise ValueError(
                "expected sizes from 2 pixels up, heights of lines and a positive density, got "
                f"{self.longer_side}, {self.stroke}, {self.heights} and {self.half}"
            )

    def __call__(self, image: ArrayLike) -> Map:
        """Give the evidence (height, width), from 0 to 1."""
        pixels = check_pixels(image)
        grey = cv2.cvtColor(working_picture(pixels, self.longer_side), cv2.COLOR_RGB2GRAY)
        upright, flat = (
            cv2.max(cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, bar), cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, bar))
            for bar in (np.ones((1, self.stroke), np.uint8), np.ones((self.stroke, 1), np.uint8))
        )
        best = np.zeros_like(grey)
        for height in self.heights:
            window = (5 * height, height)
            both = np.sqrt(cv2.blur(upright, window) * cv2.blur(flat, window))
            gap = cv2.blur(both, (1, 3 * height)) * np.float32(1.5) - both * np.float32(0.5)
            line = np.maximum(both - np.maximum(gap, 0) * np.float32(0.5), 0)
            best = np.maximum(best, line / (line + np.float32(self.half)))
        return resized(best, pixels.shape)


@dataclass(frozen=True, kw_only=True)
class People:
    """Evidence for faces, from 0 to 1: with votes :math:`V` of the windows of `Faces`, :math:`V / (1 + V)`."""

    faces: Faces = field(default_factory=Faces)

    def __call__(self, image: ArrayLike) -> Map:
        """Give the evidence (height, width), from 0 to 1."""
        pixels = check_pixels(image)
        rows, columns = working_picture(pixels, self.faces.longer_side).shape[:2]
        return resized(-np.expm1(-self.faces.evidence(pixels, (rows, columns))), pixels.shape)


def skin_colour(image: ArrayLike) -> Map:
    """Give how close the colour of each pixel is to that of skin, from 0 to 1; see `channels.skin`."""
    return skin(as_image(image))


OBJECTS: dict[str, Evidence] = {"face": People(), "text": Text(), "skin": skin_colour}
