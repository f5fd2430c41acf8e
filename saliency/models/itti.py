"""The saliency map of Itti, Koch and Niebur: what differs from its surround in intensity, colour or orientation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import as_image, gaussian_pyramid
from foveation import kernels as eye_kernels
from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.early import colour_channels, opponent_channels, orientation_energy, working_picture
from saliency.features.normalisation import DivideByMean, LocalMaxima, Normalisation, across_scale_difference
from saliency.map import centred, unit_range

CHANNELS = ("intensity", "colour", "orientation")
FEATURES = ("intensity", "red-green", "blue-yellow", "0 deg", "45 deg", "90 deg", "135 deg")
HUES = ("red-green", "blue-yellow")
HUE_CELLS = {"red-green+": "red", "red-green-": "green", "blue-yellow+": "blue", "blue-yellow-": "yellow"}
COLOUR_SPACES = ("rgby", "lab", "codi", "ycrcb")  # those whose first channel is an intensity
FEWEST_CELLS = 8  # along the shorter side of the saliency map

Map = NDArray[np.float32]
Note = Callable[[str, Map], Any]


class Keys(NamedTuple):
    """What is conspicuous where.

    `names` are those of the channels; `values` (rows, columns, channels), from 0 up, tell how much stands out in each;
    `places` (rows, columns, 2) are the centres (x, y) of the map's cells, in pixels of the picture.
    """

    names: tuple[str, ...]
    values: Map
    places: NDArray[np.float64]


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
        :math:`N(\cdot)`: `LocalMaxima()` of 1998, `Iterative()` of 2000 [2]_, `DivideByMean()`, `Unnormalised()`.
    opponent_cells : str
        "separate": cells for a hue on its opponent and cells for the reverse (red on green, green on red) have maps of
        their own; "merged": they share one, the difference without its sign, as the paper prints it.
    shared_range : bool
        True: the maps of one feature keep their sizes relative to each other, and one whose peak is the share :math:`M`
        of the feature's greatest is scaled to :math:`[0, M]`, so that :math:`N` multiplies it by
        :math:`(M - \bar m)^2`. False: each map is scaled to 1 first, as in the paper.
    intensity, colour, orientation : float
        Weights of the three channels, relative to 1.
    border : float
        Share of a map's longer side over which differences fade out towards the border, as in the authors' programs.
    longer_side : int or None
        Pixels to which the picture's longer side is reduced first; None leaves it as it is, like the paper.
    colour_space : str
        "rgby" of the paper, or "lab", "codi", "ycrcb"; see `colour_channels`. The second and third channel go by the
        names "red-green" and "blue-yellow" in each.
    blur : float
        Standard deviation of a last Gaussian, as a share of the map's longer side; 0 leaves it out.
    exponent : float
        Power to which the blurred map is raised: above 1, few places count for more.
    centre_bias : float
        Exponent of the central Gaussian by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a scale is negative, there is none, a weight is negative, or there is no such colour space.

    Notes
    -----
    The paper prints :math:`RG(c,s) = |(R(c)-G(c)) \ominus (G(s)-R(s))|`, which would *add* centre and surround of the
    same hue; like the authors' programs we take the difference of one opponent signal, :math:`|RG(c) \ominus RG(s)|`.
    Without its sign, green bars answer to that as much as a red bar among them, and the red one stands out in some
    displays only (`benchmarks/pop_out.py` counts them). So we keep the four kinds of double-opponent cells that the
    paper names apart by default. Likewise, when each map is scaled to 1, a coarse map in which small bars have all but
    vanished counts as much as the fine one that shows them, and the beat between bars and samples outweighs a bar that
    lies across the others: so the maps of a feature share their range by default. `IttiKoch.published()` does neither.
    Red-green and blue-yellow are normalised each, as the orientations are by equation 7, before they make up colour;
    equation 6 adds them scale by scale. :math:`N` is applied at the map's level, after reduction. In pictures whose
    shorter side is below 128 pixels all scales are moved down, so that the map keeps 8 cells. The map is not rescaled
    to 1.

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
    shared_range: bool = True
    intensity: float = 1.0
    colour: float = 1.0
    orientation: float = 1.0
    border: float = 0.05
    longer_side: int | None = None
    colour_space: str = "rgby"
    blur: float = 0.0
    exponent: float = 1.0
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, map_level=20, centres=20, deltas=20)
        if not self.centres or not self.deltas or min(self.centres) < 0 or min(self.deltas) < 1 or self.map_level < 0:
            raise ValueError(
                "expected centre scales and a map level from 0 up and surrounds at least one level coarser, "
                f"got centres={self.centres}, deltas={self.deltas}, map_level={self.map_level}"
            )
        if self.opponent_cells not in ("separate", "merged"):
            raise ValueError(f"expected opponent_cells 'separate' or 'merged', got '{self.opponent_cells}'")
        if min(self.intensity, self.colour, self.orientation) < 0 or not 0 <= self.border < 0.5:
            raise ValueError("expected channel weights from 0 up and a border share from 0 to 0.5")
        if self.colour_space not in COLOUR_SPACES:
            raise ValueError(f"expected one of the colour spaces {', '.join(COLOUR_SPACES)}, got '{self.colour_space}'")
        if not 0 <= self.blur < 1 or not 0 < self.exponent < np.inf or not 0 <= self.centre_bias < np.inf:
            raise ValueError(
                "expected a blur from 0 to 1, a positive exponent and a centre bias from 0 up, "
                f"got blur={self.blur}, exponent={self.exponent}, centre_bias={self.centre_bias}"
            )
        if self.longer_side is not None and self.longer_side < 2:
            raise ValueError(f"expected a longer side of at least 2 px, got {self.longer_side}")

    @classmethod
    def published(cls) -> Self:
        """Give the model as the paper of 1998 prints it, without what we changed for the sake of lone odd ones."""
        return cls(opponent_cells="merged", shared_range=False)

    @classmethod
    def tuned(cls) -> Self:
        """Give a setting that predicts far better where people look on photographs; odd ones do not pop out of it.

        Lab colours, maps divided by their mean, finer scales (counted from a picture of 320 pixels), colour twice,
        a blur of 0.8 degrees on pictures 33 degrees wide, and a centre bias: found by trying one knob at a time on the
        323 pictures of OSIE that this project develops on (Xu et al. 2014, Journal of Vision 14(1):28).
        """
        return cls(
            centres=(0, 1),
            deltas=(2, 3),
            map_level=2,
            normalise=DivideByMean(),
            shared_range=False,
            colour=2.0,
            longer_side=320,
            colour_space="lab",
            blur=0.024,
            exponent=1.5,
            centre_bias=0.5,
        )

    def __call__(self, image: ArrayLike) -> Map:
        """Saliency of each pixel of a picture (height, width, 3), from 0 (nothing differs) to about 1."""
        return self._saliency(image, _forget)

    def maps(self, image: ArrayLike) -> dict[str, Map]:
        """Give every map by name, in the order they are made.

        The three channels ("red-green"), the features at each scale ("red-green 2", "45 deg 3"), differences between
        scales, one for each kind of cell, reduced to the map's level ("red-green+ 2-5", "45 deg 3-6"), what N leaves of
        them ("N(45 deg 3-6)"), the conspicuity maps before N ("intensity sum", ...) and after it ("intensity
        conspicuity", ...), and at last "saliency", the only one that has the picture's size.
        """
        kept: dict[str, Map] = {}
        kept["saliency"] = self._saliency(image, kept.__setitem__)
        return kept

    def conspicuity(self, image: ArrayLike) -> dict[str, Map]:
        """Give the three normalised conspicuity maps, (height, width) each, by name: intensity, colour, orientation.

        Their mean, weighted, is the saliency map (before blur, exponent and centre bias): they are the keys to which a
        task can put its query.
        """
        maps, level, working = self._conspicuity(image, _forget)
        shape = np.asarray(image).shape[:2]
        return {name: expanded(map_, level, working, shape) for name, map_ in zip(CHANNELS, maps, strict=True)}

    def keys(self, image: ArrayLike, *, features: bool = False) -> Keys:
        r"""Give what is conspicuous at each place of the map, channel by channel: the keys of attention.

        A query of gains :math:`w` gives the priority :math:`S(l) = \sum_c w_c k_c(l)`; with `intensity`, `colour` and
        `orientation` over 3 as gains, and without features, that is the saliency map (before blur, exponent and centre
        bias).

        Parameters
        ----------
        image : array, shape (height, width) or (height, width, 3)
            The picture.
        features : bool
            False: the three conspicuity maps. True: the normalised maps of the single features, and of the cells of
            each hue ("red", "green", "blue", "yellow"), if the opponent cells are separate.

        Returns
        -------
        Keys

        Examples
        --------
        >>> picture = np.zeros((64, 64, 3), np.float32)
        >>> picture[8:24, 40:56] = (0.6, 0, 0)
        >>> keys = IttiKoch().keys(picture, features=True)
        >>> keys.values.shape
        (8, 8, 9)
        >>> red = keys.values[..., keys.names.index("red")]
        >>> keys.places[np.unravel_index(red.argmax(), red.shape)]
        array([48., 16.])
        """
        totals: dict[str, Map] = {}

        def note(name: str, values: Map) -> None:
            if features and name.startswith("N("):
                feature = name[2:].rsplit(" ", 1)[0]
                feature = HUE_CELLS.get(feature, feature)
                totals[feature] = totals[feature] + values if feature in totals else values

        maps, level, working = self._conspicuity(image, note)
        if features:
            names, maps = tuple(totals), [self.normalise(total) for total in totals.values()]
        else:
            names = CHANNELS
        height, width = np.asarray(image).shape[:2]
        rows, columns = maps[0].shape
        step = 2**level * np.array([width, height]) / (working[1], working[0])
        places = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1) * step + (step / 2**level - 1) / 2
        return Keys(names, np.stack(maps, axis=-1), np.clip(places, 0, (width - 1, height - 1)))

    def _saliency(self, image: ArrayLike, note: Note) -> Map:
        maps, level, working = self._conspicuity(image, note)
        weights = (self.intensity, self.colour, self.orientation)
        total = sum(np.float32(weight / len(CHANNELS)) * map_ for weight, map_ in zip(weights, maps, strict=True))
        total = np.asarray(total, np.float32)
        if self.blur > 0:
            spread = self.blur * max(total.shape)
            total = np.asarray(cv2.GaussianBlur(total, (0, 0), spread, borderType=cv2.BORDER_REPLICATE), np.float32)
        if self.exponent != 1:
            total = total ** np.float32(self.exponent)
        return centred(expanded(total, level, working, np.asarray(image).shape[:2]), self.centre_bias)

    def _conspicuity(self, image: ArrayLike, note: Note) -> tuple[list[Map], int, tuple[int, int]]:
        channels = self._channels(image)
        for name, channel in zip(FEATURES, channels, strict=False):
            note(name, channel)
        shape = (channels.shape[1], channels.shape[2])
        down = max(0, int(np.ceil(np.log2(FEWEST_CELLS * 2**self.map_level / min(shape)))))
        level = max(0, self.map_level - down)
        centres = sorted({min(level, max(0, centre - down)) for centre in self.centres})
        pyramids = [self._pyramid(channel, centres) for channel in channels]
        del channels  # as large as three pictures of float32, and no longer needed
        features = self._features(pyramids, note)
        intensity, red_green, blue_yellow, *orientations = self._added(features, centres, level, note)
        colour = self.normalise(red_green) + self.normalise(blue_yellow) if self.colour else red_green * 0
        lines = [self.normalise(one) for one in orientations]
        added = (intensity, colour, np.sum(lines, axis=0))
        maps = [self.normalise(each) for each in added]
        for stage, planes in (("sum", added), ("conspicuity", maps)):
            for name, plane in zip(CHANNELS, planes, strict=True):
                note(f"{name} {stage}", plane)
        return maps, level, shape

    def _channels(self, image: ArrayLike) -> NDArray[np.float32]:
        """Split the picture, reduced if it has to be, into intensity and two hues."""
        if self.longer_side is not None:
            image = working_picture(image, self.longer_side)
        return (
            opponent_channels(image)
            if self.colour_space == "rgby"
            else colour_channels(as_image(image), self.colour_space)
        )

    def _pyramid(self, channel: Map, centres: list[int]) -> dict[int, Map]:
        """Give the levels of a channel that are a centre or a surround."""
        levels = sorted({*centres, *(centre + delta for centre in centres for delta in self.deltas)})
        pyramid = gaussian_pyramid(channel, levels[-1])
        return {level: pyramid[level] for level in levels}

    def _features(self, pyramids: list[dict[int, Map]], note: Note) -> dict[int, list[Map]]:
        """Give the seven feature planes at each level of the pyramids."""
        features = {
            level: [*(pyramid[level] for pyramid in pyramids), *orientation_energy(intensity)]
            for level, intensity in pyramids[0].items()
        }
        for level, planes in features.items():
            for name, plane in zip(FEATURES, planes, strict=True):
                note(f"{name} {level}", plane)
        return features

    def _added(self, features: dict[int, list[Map]], centres: list[int], level: int, note: Note) -> list[Map]:
        """Across-scale addition: normalised differences of each feature, reduced to the map's level and summed."""
        totals = []
        for feature, name in enumerate(FEATURES):
            reduced: dict[str, Map] = {}
            for centre, delta in product(centres, self.deltas):
                fine, coarse = features[centre][feature], features[centre + delta][feature]
                difference = across_scale_difference(fine, coarse, 2**delta, border=self.border)
                for sign, part in self._parts(difference, name).items():
                    reduced[f"{name}{sign} {centre}-{centre + delta}"] = gaussian_pyramid(part, level - centre)[-1]
            peaks = {key: float(map_.max()) for key, map_ in reduced.items()}
            greatest = max(peaks.values())
            total = np.zeros_like(next(iter(reduced.values())))
            for key, map_ in reduced.items():
                note(key, map_)
                normalised = self.normalise(unit_range(map_)) if peaks[key] > 0 else map_
                if self.shared_range and 0 < peaks[key] < greatest:
                    normalised = normalised * np.float32((peaks[key] / greatest) ** 3)  # M (M - m)^2
                note(f"N({key})", normalised)
                total += normalised
            totals.append(total)
        return totals

    def _parts(self, difference: Map, feature: str) -> dict[str, Map]:
        """Give what the cells of a feature answer: those of a hue and those of its opponent, or all as one."""
        if self.opponent_cells == "separate" and feature in HUES:
            return {"+": np.maximum(difference, 0), "-": np.maximum(-difference, 0)}
        return {"": np.abs(difference)}


def _forget(name: str, values: Map) -> None:
    """Take no note."""


def expanded(values: Map, level: int, working: tuple[int, int], shape: tuple[int, ...]) -> Map:
    """Bring a map from a pyramid level to the working size, linearly and in register, then to the picture's size."""
    out = np.empty(working, np.float32)
    eye_kernels.expand(values, 2**level, out)
    if working == tuple(shape[:2]):
        return out
    return np.asarray(cv2.resize(out, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)
