"""Proto-objects of Russell and colleagues: edges that know which side owns them, and cells that group such edges."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.early import opponent_channels, orientation_energy, working_picture
from saliency.features.normalisation import LocalMaxima
from saliency.map import finished

ANGLES_DEG = (0, 45, 90, 135)
CHANNELS = ("intensity", "colour", "orientation")
HALF_OCTAVE = 2**0.5
SMALLEST = 4  # pixels along the shorter side of the coarsest level

Map = NDArray[np.float32]


class Level(NamedTuple):
    """What the cells of one level of one feature answer: ownership (4, rows, columns) by angle, and grouping."""

    left: Map
    right: Map
    grouping: Map


@dataclass(frozen=True, kw_only=True)
class ProtoObject:
    r"""Saliency of things, not of places: borders are assigned to a side, and those around a thing are grouped.

    At each level :math:`k` of a pyramid in half octaves, edges :math:`C_\theta` (even and odd Gabor filters) are
    modulated by centre-surround cells of both polarities on either side, at this and all coarser levels :math:`j`:

    .. math:: B^k_\theta = \left[C^k_\theta \left(1 + \sum_{j \ge k} 2^{k-j} \left(V_\theta * CS^j_+ -
        w\, V_{\theta + \pi} * CS^j_-\right)\right)\right]_+

    Grouping cells add up, along a ring, the borders that are owned by its inside: of the two sides of each edge the
    stronger one wins, and the strongest edge at each place. :math:`N(\cdot)` of Itti, Koch and Niebur is applied to
    each level, to the sum of each channel, and the three channels are averaged [1]_.

    Parameters
    ----------
    levels : int
        Number of pyramid levels, :math:`\sqrt 2` apart; fewer where the picture is too small.
    radius : float
        Radius :math:`R_0` of the ring of the von Mises kernel, in pixels of a level.
    gabor_spread, gabor_period, gabor_aspect : float
        Standard deviation, period (both in pixels) and aspect of the Gabor filters for edges.
    centre_spread, surround_spread : float
        Standard deviations of the centre-surround cells, in pixels.
    opposite : float
        Weight :math:`w` of the inhibition by cells of the other polarity on the other side.
    longer_side : int
        Pixels at which the model works. The authors' program takes pictures as they are.
    colour_space : str
        "rgby", the only one: its red, green, blue and yellow cells each have a map.
    blur : float
        Standard deviation of a last Gaussian, as a share of the map's longer side; 0 leaves it out.
    centre_bias : float
        Exponent of a central Gaussian; 0 leaves it out.

    Raises
    ------
    ValueError
        If a number is not positive, or the surround is not wider than the centre.

    Notes
    -----
    Written from the paper's equations; its constants are quoted from memory of it, and so are parameters.

    References
    ----------
    .. [1] Russell, Mihalas, von der Heydt, Niebur and Etienne-Cummings (2014), A model of proto-object based saliency,
       Vision Research 94: 1-15, section 2.

    Examples
    --------
    >>> picture = np.full((120, 160, 3), 0.5, np.float32)
    >>> picture[40:60, 100:120] = 0.9
    >>> saliency = ProtoObject()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(36 <= row < 64 and 96 <= column < 124)
    True
    """

    levels: int = 10
    radius: float = 2.0
    gabor_spread: float = 2.24
    gabor_period: float = 4.0
    gabor_aspect: float = 0.8
    centre_spread: float = 0.9
    surround_spread: float = 2.7
    opposite: float = 1.0
    longer_side: int = 320
    colour_space: str = "rgby"
    blur: float = 0.0
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, radius=1000, gabor_spread=1000, surround_spread=1000, levels=1000)
        positive = (self.radius, self.gabor_spread, self.gabor_period, self.gabor_aspect, self.centre_spread)
        if not min(positive) > 0 or not self.surround_spread > self.centre_spread or not self.opposite >= 0:
            raise ValueError(
                "expected positive sizes, a surround wider than the centre and an inhibition from 0 up, "
                f"got radius={self.radius}, gabor_spread={self.gabor_spread}, gabor_period={self.gabor_period}, "
                f"gabor_aspect={self.gabor_aspect}, centre_spread={self.centre_spread}, "
                f"surround_spread={self.surround_spread}, opposite={self.opposite}"
            )
        if self.levels < 1 or self.longer_side < 2:
            raise ValueError(
                f"expected at least one level and a longer side of at least 2 px, got {self.levels}, {self.longer_side}"
            )
        if self.colour_space != "rgby":
            raise ValueError(f"expected the colour space 'rgby', got '{self.colour_space}'")
        if not 0 <= self.blur < 1 or not 0 <= self.centre_bias < np.inf:
            raise ValueError(
                f"expected a blur from 0 to 1 and a centre bias from 0 up, got {self.blur} and {self.centre_bias}"
            )

    def __call__(self, image: ArrayLike) -> Map:
        """Saliency of each pixel of a picture (height, width, 3), from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, Map]:
        """Give every map by name, in the order they are made.

        The features ("intensity", "red", ..., "135 deg"); of each and each level, border ownership by the side that
        owns the edge ("red left 3" and "red right 3", each (4, rows, columns) for edges at 0, 45, 90 and 135 degrees;
        left is to the left of an upright edge and above a flat one) and grouping ("red grouping 3"); the conspicuity of
        intensity, colour and orientation; and at last "saliency".
        """
        picture = working_picture(image, self.longer_side)
        maps = _features(picture)
        conspicuity = {channel: np.zeros(picture.shape[:2], np.float32) for channel in CHANNELS}
        for feature, values in list(maps.items()):
            for k, level in enumerate(self._levels(values)):
                maps |= {
                    f"{feature} left {k}": level.left,
                    f"{feature} right {k}": level.right,
                    f"{feature} grouping {k}": level.grouping,
                }
                promoted = LocalMaxima()(level.grouping)
                conspicuity[_channel(feature)] += cv2.resize(promoted, picture.shape[1::-1])
        maps |= {f"{channel} conspicuity": LocalMaxima()(values) for channel, values in conspicuity.items()}
        total = np.sum([maps[f"{channel} conspicuity"] for channel in CHANNELS], axis=0)
        maps["saliency"] = finished(
            total, picture, np.asarray(image).shape, blur=self.blur, centre_bias=self.centre_bias
        )
        return maps

    def _levels(self, values: Map) -> list[Level]:
        """Give border ownership and grouping of one feature at every level, finest first."""
        pyramid = _half_octaves(values, self.levels)
        rings = _rings(self.radius)
        inherited: NDArray[np.float32] | None = None  # what coarser levels say about both sides, halved at each level
        levels = []
        for plane in reversed(pyramid):
            evidence = self._evidence(plane, rings)
            if inherited is not None:
                evidence += 0.5 * np.stack([cv2.resize(each, plane.shape[::-1]) for each in inherited])
            inherited = evidence
            light, dark = evidence[:8], evidence[8:]
            edges = self._edges(plane)
            owned = [
                np.maximum(edges * (1 + light[side] - self.opposite * dark[other]), 0)
                + np.maximum(edges * (1 + dark[side] - self.opposite * light[other]), 0)
                for side, other in ((np.s_[:4], np.s_[4:]), (np.s_[4:], np.s_[:4]))
            ]
            levels.append(Level(owned[0], owned[1], _grouping(owned[0], owned[1], rings)))
        return levels[::-1]

    def _evidence(self, plane: Map, rings: Map) -> Map:
        """Give what light things, then dark things, on each of 8 sides say to a place: (16, rows, columns)."""
        difference = _blurred(plane, self.centre_spread) - _blurred(plane, self.surround_spread)
        return np.stack(
            [
                _filtered(cells, ring)
                for cells in (np.maximum(difference, 0), np.maximum(-difference, 0))
                for ring in rings
            ]
        )

    def _edges(self, plane: Map) -> Map:
        """Strength of edges and lines (4, rows, columns) at the four angles."""
        pairs = _gabors(self.gabor_spread, self.gabor_period, self.gabor_aspect)
        return np.stack([np.hypot(_filtered(plane, even), _filtered(plane, odd)) for even, odd in pairs])


def _features(picture: Map) -> dict[str, Map]:
    """Split a picture into intensity, four hues and four orientations, each from 0 up."""
    intensity, red_green, blue_yellow = opponent_channels(picture)
    features = {
        "intensity": intensity,
        "red": np.maximum(red_green, 0),
        "green": np.maximum(-red_green, 0),
        "blue": np.maximum(blue_yellow, 0),
        "yellow": np.maximum(-blue_yellow, 0),
    }
    lines = orientation_energy(intensity)
    return features | {f"{angle} deg": line for angle, line in zip(ANGLES_DEG, lines, strict=True)}


def _channel(feature: str) -> str:
    return feature if feature == "intensity" else "orientation" if feature.endswith("deg") else "colour"


def _half_octaves(values: Map, levels: int) -> list[Map]:
    """Levels of a pyramid, each smaller than the one before by the square root of 2."""
    pyramid = [values]
    for level in range(1, levels):
        rows, columns = (round(side / HALF_OCTAVE**level) for side in values.shape)
        if min(rows, columns) < SMALLEST:
            break
        pyramid.append(cv2.resize(pyramid[-1], (columns, rows), interpolation=cv2.INTER_AREA))
    return pyramid


def _grouping(left: Map, right: Map, rings: Map) -> Map:
    """Add up along a ring the edges whose owner is inside; at each place only the strongest edge has a say."""
    difference = left - right
    strength = np.abs(difference)
    strongest = strength == strength.max(axis=0)
    owners = (*np.where(strongest, np.maximum(difference, 0), 0), *np.where(strongest, np.maximum(-difference, 0), 0))
    total = np.zeros(left.shape[1:], np.float32)
    for index, owner in enumerate(owners):
        total += _filtered(owner, rings[(index + 4) % 8])
    return total


@lru_cache(maxsize=8)
def _rings(radius: float) -> Map:
    r"""Von Mises kernels (8, side, side), each 1 at its peak: parts of a ring, to the left of an upright edge, ...

    :math:`V_\theta(x, y) = \exp(R_0 \cos(\phi - \theta)) / I_0(\sqrt{x^2 + y^2} - R_0)`, with :math:`\phi` the
    direction of :math:`(x, y)`.
    """
    reach = int(np.ceil(3 * radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    side = [(-np.sin(turn), -np.cos(turn)) for turn in np.radians([*ANGLES_DEG, *(a + 180 for a in ANGLES_DEG)])]
    distance = np.hypot(x, y)
    with np.errstate(invalid="ignore"):
        along = [np.where(distance > 0, (x * right + y * down) / distance, 0.0) for right, down in side]
    rings = np.stack([np.exp(radius * each) / np.i0(distance - radius) for each in along])
    return np.asarray(rings / rings.max(axis=(1, 2), keepdims=True), np.float32)


@lru_cache(maxsize=8)
def _gabors(spread: float, period: float, aspect: float) -> list[tuple[Map, Map]]:
    """Even and odd Gabor filters for edges at the four angles, each of zero mean and unit norm."""
    reach = int(np.ceil(2.5 * spread))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    pairs = []
    for turn in np.radians(ANGLES_DEG):
        along, across = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        envelope = np.exp(-(across**2 + (aspect * along) ** 2) / (2 * spread**2))
        filters = [envelope * wave(2 * np.pi * across / period) for wave in (np.cos, np.sin)]
        filters = [each - each.mean() for each in filters]
        pairs.append(tuple((each / np.linalg.norm(each)).astype(np.float32) for each in filters))
    return [(even, odd) for even, odd in pairs]


def _blurred(plane: Map, spread: float) -> Map:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), spread, borderType=cv2.BORDER_REPLICATE), np.float32)


def _filtered(plane: Map, kernel: Map) -> Map:
    """Correlate a plane with a kernel; borders are continued as they are."""
    return np.asarray(cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)
