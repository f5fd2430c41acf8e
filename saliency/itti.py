"""The saliency map of Itti, Koch and Niebur: what differs from its surround in intensity, colour or orientation."""

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import gaussian_pyramid
from foveation import kernels as eye_kernels
from saliency.conspicuity import LocalMaxima, Normalisation, across_scale_difference, unit_range
from saliency.features import opponent_channels, orientation_energy

CHANNELS = ("intensity", "colour", "orientation")
FEATURES = ("intensity", "red-green", "blue-yellow", "0 deg", "45 deg", "90 deg", "135 deg")
HUES = ("red-green", "blue-yellow")
FEWEST_CELLS = 8  # along the shorter side of the saliency map


@dataclass(frozen=True, kw_only=True)
class IttiKoch:
    r"""Bottom-up saliency by centre-surround differences across the scales of a pyramid.

    Of intensity, two colour opponencies and four orientations, each at centre scale :math:`c`, the surround scale
    :math:`s = c + \delta` is taken off: :math:`F(c, s) = |F(c) \ominus F(s)|`, 42 pairs in all. Each is normalised by
    :math:`N(\cdot)`, which promotes maps with a lone peak; they are added within a channel, normalised again, and the
    three conspicuity maps are averaged, :math:`S = (N(\bar I) + N(\bar C) + N(\bar O)) / 3` [1]_.

    Parameters
    ----------
    centres : tuple of int
        Centre scales :math:`c`: level 2 is a quarter of the picture's resolution.
    deltas : tuple of int
        Differences :math:`\delta` between surround and centre scale.
    map_level : int
        Level at which maps are added.
    normalise : callable
        :math:`N(\cdot)`: `LocalMaxima()` of 1998 or `Iterative()` of 2000 [2]_.
    opponent_cells : str
        "separate": cells for a hue on its opponent and cells for the reverse (red on green, green on red) have maps of
        their own; "merged": they share one, the difference without its sign, as the paper prints it.
    intensity, colour, orientation : float
        Weights of the three channels, relative to 1.
    border : float
        Share of a map's longer side over which differences fade out towards the border, as in the authors' programs.

    Raises
    ------
    ValueError
        If a scale is negative, there is none, or a weight is negative.

    Notes
    -----
    The paper prints :math:`RG(c,s) = |(R(c)-G(c)) \ominus (G(s)-R(s))|`, which would *add* centre and surround of the
    same hue; like the authors' programs we take the difference of one opponent signal, :math:`|RG(c) \ominus RG(s)|`.
    Without its sign, green bars answer to that as much as a red bar among them, and the red one stands out in some
    displays only (`benchmarks/pop_out.py` counts them). So we keep the four kinds of double-opponent cells that the
    paper names apart by default. :math:`N` is applied at the map's level, after reduction. In pictures whose shorter
    side is below 128 pixels all scales are moved down, so that the map keeps 8 cells.

    References
    ----------
    .. [1] Itti, Koch and Niebur (1998), A model of saliency-based visual attention for rapid scene analysis,
       IEEE Trans. PAMI 20: 1254-1259, eq. 1-8.
    .. [2] Itti and Koch (2000), Vision Research 40: 1489-1506.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:120, 200:220] = (0.9, 0.1, 0.1)
    >>> saliency = IttiKoch()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(90 <= row <= 130 and 190 <= column <= 230)
    True
    """

    centres: tuple[int, ...] = (2, 3, 4)
    deltas: tuple[int, ...] = (3, 4)
    map_level: int = 4
    normalise: Normalisation = field(default_factory=LocalMaxima)
    opponent_cells: str = "separate"
    intensity: float = 1.0
    colour: float = 1.0
    orientation: float = 1.0
    border: float = 0.05

    def __post_init__(self) -> None:
        if not self.centres or not self.deltas or min(self.centres) < 0 or min(self.deltas) < 1 or self.map_level < 0:
            raise ValueError(
                "expected centre scales and a map level from 0 up and surrounds at least one level coarser, "
                f"got centres={self.centres}, deltas={self.deltas}, map_level={self.map_level}"
            )
        if self.opponent_cells not in ("separate", "merged"):
            raise ValueError(f"expected opponent_cells 'separate' or 'merged', got '{self.opponent_cells}'")
        if min(self.intensity, self.colour, self.orientation) < 0 or not 0 <= self.border < 0.5:
            raise ValueError("expected channel weights from 0 up and a border share from 0 to 0.5")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width, 3), from 0 (nothing differs) to about 1."""
        maps, level, shape = self._conspicuity(image)
        weights = (self.intensity, self.colour, self.orientation)
        total = sum(np.float32(weight / len(CHANNELS)) * map_ for weight, map_ in zip(weights, maps, strict=True))
        return _expanded(np.asarray(total, np.float32), level, shape)

    def conspicuity(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give the three normalised conspicuity maps, (height, width) each, by name: intensity, colour, orientation.

        Their mean, weighted, is the saliency map: they are the keys to which a task can put its query.
        """
        maps, level, shape = self._conspicuity(image)
        return {name: _expanded(map_, level, shape) for name, map_ in zip(CHANNELS, maps, strict=True)}

    def _conspicuity(self, image: ArrayLike) -> tuple[list[NDArray[np.float32]], int, tuple[int, int]]:
        channels = opponent_channels(image)
        shape = (channels.shape[1], channels.shape[2])
        down = max(0, int(np.ceil(np.log2(FEWEST_CELLS * 2**self.map_level / min(shape)))))
        level = max(0, self.map_level - down)
        centres = sorted({min(level, max(0, centre - down)) for centre in self.centres})
        features = self._features(channels, centres)
        intensity, red_green, blue_yellow, *orientations = self._added(features, centres, level)
        colour = self.normalise(red_green) + self.normalise(blue_yellow) if self.colour else red_green * 0
        lines = [self.normalise(one) for one in orientations]
        added = (intensity, colour, np.sum(lines, axis=0))
        return [self.normalise(each) for each in added], level, shape

    def _features(self, channels: NDArray[np.float32], centres: list[int]) -> dict[int, list[NDArray[np.float32]]]:
        """Give the seven feature planes at each level that is a centre or a surround."""
        surrounds = {centre + delta for centre in centres for delta in self.deltas}
        pyramids = [gaussian_pyramid(channel, max(surrounds)) for channel in channels]
        return {
            level: [*(pyramid[level] for pyramid in pyramids), *orientation_energy(pyramids[0][level])]
            for level in {*centres, *surrounds}
        }

    def _added(
        self, features: dict[int, list[NDArray[np.float32]]], centres: list[int], level: int
    ) -> list[NDArray[np.float32]]:
        """Across-scale addition: normalised differences of each feature, reduced to the map's level and summed."""
        totals = []
        for feature, name in enumerate(FEATURES):
            total = None
            for centre, delta in product(centres, self.deltas):
                fine, coarse = features[centre][feature], features[centre + delta][feature]
                difference = across_scale_difference(fine, coarse, 2**delta, border=self.border)
                for part in self._parts(difference, name):
                    reduced = unit_range(gaussian_pyramid(part, level - centre)[-1])
                    normalised = self.normalise(reduced)
                    total = normalised if total is None else total + normalised
            totals.append(np.asarray(total, np.float32))
        return totals

    def _parts(self, difference: NDArray[np.float32], feature: str) -> list[NDArray[np.float32]]:
        """Give what the cells of a feature answer: those of a hue and those of its opponent, or all as one."""
        if self.opponent_cells == "separate" and feature in HUES:
            return [np.maximum(difference, 0), np.maximum(-difference, 0)]
        return [np.abs(difference)]


def _expanded(values: NDArray[np.float32], level: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Bring a map from a pyramid level to the picture's size, linearly and in register."""
    out = np.empty(shape, np.float32)
    eye_kernels.expand(values, 2**level, out)
    return out
