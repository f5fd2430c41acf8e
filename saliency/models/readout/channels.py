"""The plain channels that a learned read-out weighs: what a picture holds at each place, one map a kind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_whole
from foveation.opencv import cv2
from saliency.features.early import orientation_energy, working_picture
from saliency.features.faces import Faces
from saliency.map import resized
from saliency.models.boolean_map import BooleanMap

FINE_SIDE = 640  # pixels of the longer side in which fine detail is measured
HUE_BINS = 10
SKIN_MEAN = (0.434904, 0.301983)
SKIN_SPREAD = (0.053375, 0.024349)
SKIN_CORRELATION = 0.5852
CORNER_SIDE = 5

Map = NDArray[np.float32]


class Features(Protocol):
    """Any further channels, such as those of a network: from a picture to maps (n, rows, columns) of any size."""

    def __call__(self, image: ArrayLike) -> Map:
        """Return the maps of the picture."""
        ...


@dataclass(frozen=True, kw_only=True)
class Channels:
    r"""Split a picture into what is known to draw the eye, each kind a map on a coarse grid.

    "boolean map": surroundedness, `BooleanMap` [1]_; "rarity": :math:`-\log p` of a place's colour in the picture;
    "corner": lesser eigenvalue of the structure tensor; "contrast 1.5" and "contrast 3": standard deviation of
    lightness under Gaussians of so many cells; "lines": Gabor energy; "detail 1", "detail 2": what a blur by a pixel
    takes away at 640 and at 320 pixels; "skin": closeness to the colour of skin [2]_; "face": `Faces`; "lightness",
    "red-green", "blue-yellow": the colour itself, CIE L*, a*, b*.

    Each of them but skin, face and colour is then made :math:`\sqrt{(c - \min c) / \overline{(c - \min c)}}`, so that a
    picture's overall contrast does not count.

    Parameters
    ----------
    longer_side : int
        Cells of the grid along the longer side.
    faces : Faces or None
        The search for faces. None: neither that channel nor that of skin.
    features : callable or None
        Further channels, from a picture to (n, rows, columns); `OnnxFeatures` gives those of a network of yours.

    References
    ----------
    .. [1] Zhang and Sclaroff (2013), Saliency detection: a Boolean map approach, ICCV.
    .. [2] Walther and Koch (2006), Neural Networks 19: constants of the SaliencyToolbox.

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> maps = Channels()(sample_pixels("coffee"))
    >>> maps.shape, Channels().names[:3]
    ((13, 107, 160), ('boolean map', 'rarity', 'corner'))
    """

    longer_side: int = 160
    faces: Faces | None = field(default_factory=Faces)
    features: Features | None = None

    def __post_init__(self) -> None:
        check_whole("longer_side", self.longer_side, 2, 30_000)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the plain channels, in the order of the maps; those of `features` follow without a name."""
        people = () if self.faces is None else ("skin", "face")
        return (*CONTRASTS, *people, *COLOURS)

    def __call__(self, image: ArrayLike) -> Map:
        """Give the channels, float32 (n, rows, columns), of any picture that `as_image` takes."""
        pixels = np.asarray(image)
        fine = working_picture(pixels, FINE_SIDE)
        picture = working_picture(fine, self.longer_side)
        view = _View(fine, picture, cv2.cvtColor(picture, cv2.COLOR_RGB2Lab))
        maps = [_squashed(channel(view)) for channel in CONTRASTS.values()]
        if self.faces is not None:
            maps += [skin(picture), self.faces.evidence(pixels, picture.shape)]
        maps += list(view.lab.transpose(2, 0, 1) * np.float32(0.01))
        if self.features is not None:
            maps += [resized(each, picture.shape) for each in np.asarray(self.features(pixels), np.float32)]
        return np.stack(maps)


@dataclass(frozen=True)
class _View:
    """One picture at the two sizes in which channels are measured, and its colours in CIE L*a*b*."""

    fine: Map
    picture: Map
    lab: Map

    @cached_property
    def lightness(self) -> Map:
        return np.ascontiguousarray(self.lab[:, :, 0])

    @cached_property
    def grey(self) -> Map:
        """The fine picture without its colours."""
        return np.asarray(cv2.cvtColor(self.fine, cv2.COLOR_RGB2GRAY), np.float32)


def surroundedness(view: _View) -> Map:
    """Boolean maps, at the size of the grid and without the last blur."""
    model = BooleanMap(longer_side=max(view.picture.shape), region_width=3, map_width=1, blur=0)
    attention: Map = model.maps(view.picture)["attention"]
    return attention


def rarity(view: _View) -> Map:
    r"""How rare a colour is: :math:`-\log p` by a histogram of 10 x 10 x 10 colours, after a blur by 2 cells."""
    lowest, width = np.array((0, -60, -60), np.float32), np.array((100, 120, 120), np.float32)
    share = (cv2.GaussianBlur(view.lab, (0, 0), 2) - lowest) / width
    red, green, blue = np.clip((share * HUE_BINS).astype(np.int64), 0, HUE_BINS - 1).transpose(2, 0, 1)
    bins = (red * HUE_BINS + green) * HUE_BINS + blue
    counts = np.bincount(bins.ravel(), minlength=HUE_BINS**3)
    information = -np.log(np.maximum(counts, 1) / bins.size)
    return np.asarray(information[bins], np.float32)


def corner(view: _View) -> Map:
    """Square root of the lesser eigenvalue of the structure tensor over 5 x 5 cells: lines that meet."""
    return np.asarray(np.sqrt(np.maximum(cv2.cornerMinEigenVal(view.lightness, CORNER_SIDE), 0)), np.float32)


def _contrast(spread: float) -> Callable[[_View], Map]:
    def contrast(view: _View) -> Map:
        lightness = view.lightness
        mean = cv2.GaussianBlur(lightness, (0, 0), spread)
        square = cv2.GaussianBlur(lightness * lightness, (0, 0), spread)
        return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)

    return contrast


def lines(view: _View) -> Map:
    """Energy of lines of any orientation, at half the size of the fine picture."""
    shrink = min(1.0, 2 * max(view.picture.shape) / max(view.grey.shape))
    half = resized(view.grey, tuple(max(2, round(side * shrink)) for side in view.grey.shape))
    return resized(orientation_energy(half).sum(axis=0), view.picture.shape)


def _detail(octave: int) -> Callable[[_View], Map]:
    def detail(view: _View) -> Map:
        grey = view.grey
        for _ in range(octave - 1):
            grey = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if min(grey.shape) > 1 else grey
        taken = cv2.absdiff(grey, cv2.GaussianBlur(grey, (7, 7), 1))
        return resized(taken, view.picture.shape)

    return detail


def skin(picture: Map) -> Map:
    """How close a colour is to that of skin: a Gaussian in red and green, as shares of the three."""
    total = picture.sum(axis=2) + np.float32(1e-3)
    red = (picture[:, :, 0] / total - SKIN_MEAN[0]) / SKIN_SPREAD[0]
    green = (picture[:, :, 1] / total - SKIN_MEAN[1]) / SKIN_SPREAD[1]
    distance = red * red + green * green - 2 * SKIN_CORRELATION * red * green
    near = np.exp(-distance / (2 * (1 - SKIN_CORRELATION**2)))
    return np.asarray(near * (picture.max(axis=2) > 0.1), np.float32)


def _squashed(values: Map) -> Map:
    above = values - values.min()
    return np.asarray(np.sqrt(above / (above.mean() + np.float32(1e-6))), np.float32)


CONTRASTS: dict[str, Callable[[_View], Map]] = {
    "boolean map": surroundedness,
    "rarity": rarity,
    "corner": corner,
    "contrast 1.5": _contrast(1.5),
    "contrast 3": _contrast(3.0),
    "lines": lines,
    "detail 1": _detail(1),
    "detail 2": _detail(2),
}
COLOURS = ("lightness", "red-green", "blue-yellow")
