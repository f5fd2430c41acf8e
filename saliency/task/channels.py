"""Feature channels of a bottom-up map: what each adds to it, and the gains that best tell a target from distractors."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import gaussian_pyramid
from saliency.features.normalisation import across_scale_difference
from saliency.measures.fixations import pixels_at
from saliency.models.itti import CHANNELS, HUE_CELLS, HUES, IttiKoch, expanded
from saliency.task.vocabulary import DIMENSIONS, ORIENTATIONS

Map = NDArray[np.float32]
QUIET = 1e-3  # share of the strongest answer of all channels together below which a place shows nothing
NOISE = 0.02  # of a channel, as a share of the strongest mean answer in its dimension


class ChannelParts(NamedTuple):
    """What each channel holds at the cells of the map, and how to bring it to the picture."""

    names: tuple[str, ...]
    parts: Map  # (channels, rows, columns): what each adds to the map
    answers: Map  # the same before N
    level: int
    working: tuple[int, int]
    saliency: Map

    @property
    def quiet(self) -> np.float32:
        """The answer of all channels together below which a place shows nothing."""
        return np.float32(max(QUIET * float(self.parts.sum(axis=0).max()), 1e-12))

    def expanded(self, values: Map, shape: tuple[int, ...]) -> Map:
        """Bring a map from the cells to the picture."""
        return expanded(np.ascontiguousarray(values), self.level, self.working, shape)


def optimal_gains(target: Mapping[str, float], distractors: Mapping[str, float]) -> dict[str, float]:
    """Give the signal-to-noise gain of each channel from its mean answers to target and distractors.

    Parameters
    ----------
    target, distractors : dict of str to float
        Mean answers, from 0 up, by the channel's name, such as "small red".

    Examples
    --------
    >>> gains = optimal_gains({"small red": 1.0, "small green": 0.0}, {"small red": 0.0, "small green": 1.0})
    >>> {name: round(gain, 3) for name, gain in gains.items()}  # 51 and 1/51, over their mean
    {'small red': 1.999, 'small green': 0.001}
    """
    ratios: dict[str, float] = {}
    for features in DIMENSIONS.values():
        names = [name for name in target if name.split(" ", 1)[1] in features]
        noise = NOISE * max([*(target[name] for name in names), *(distractors[name] for name in names)], default=0.0)
        ratios |= {name: (target[name] + noise) / (distractors[name] + noise) if noise > 0 else 1.0 for name in names}
    mean = sum(ratios.values()) / len(ratios)
    return {name: float(ratios[name] / mean) for name in target}


class _Difference(NamedTuple):
    """One difference between two scales, read from its name in `IttiKoch.maps`, such as "red-green+ 2-5"."""

    name: str
    cell: str
    feature: str
    dimension: str
    centre: int
    surround: int

    @classmethod
    def of(cls, name: str) -> Self:
        cell, scales = name.rsplit(" ", 1)
        feature = cell.rstrip("+-")
        dimension = "orientation" if feature in ORIENTATIONS else "colour" if feature in HUES else "intensity"
        centre, surround = (int(scale) for scale in scales.split("-"))
        return cls(name, cell, feature, dimension, centre, surround)


def channels_of(model: IttiKoch, image: ArrayLike) -> ChannelParts:
    """Split a model's map into the parts of its channels: features, each at its sizes."""
    maps = model.maps(image)
    differences = [_Difference.of(name[2:-1]) for name in maps if name.startswith("N(")]
    centres = sorted({each.centre for each in differences})
    level = _level(maps["intensity"].shape, maps["intensity sum"].shape)
    factors = _factors(model, maps, differences)
    parts: dict[str, Map] = {}
    answers: dict[str, Map] = {}
    for each in differences:
        for feature, portion in _portions(model, maps, each, level).items():
            name = f"{_size(centres, each.centre)} {feature}"
            part, answer = maps[f"N({each.name})"] * factors[each.feature] * portion, maps[each.name] * portion
            parts[name] = parts[name] + part if name in parts else part
            answers[name] = answers[name] + answer if name in answers else answer
    stacks = np.stack(list(parts.values())), np.stack(list(answers.values()))
    height, width = maps["intensity"].shape
    return ChannelParts(tuple(parts), *stacks, level, (height, width), maps["saliency"])


def _factors(model: IttiKoch, maps: Mapping[str, Map], differences: Sequence[_Difference]) -> dict[str, Map]:
    """Give what the differences of each feature are multiplied by on their way to the saliency map, cell by cell."""
    weights = dict(zip(CHANNELS, (model.intensity, model.colour, model.orientation), strict=True))
    factors = {}
    for feature, dimension in {each.feature: each.dimension for each in differences}.items():
        total = np.sum([maps[f"N({each.name})"] for each in differences if each.feature == feature], axis=0)
        within = _ratio(total if dimension == "intensity" else model.normalise(total), total)
        across = _ratio(maps[f"{dimension} conspicuity"], maps[f"{dimension} sum"])
        factors[feature] = within * across * np.float32(weights[dimension] / len(CHANNELS))
    return factors


def _portions(model: IttiKoch, maps: Mapping[str, Map], each: _Difference, level: int) -> dict[str, Map | float]:
    """Give the features that a difference speaks for, and how much at each place: intensity for bright and for dark."""
    if each.dimension != "intensity":
        return {HUE_CELLS.get(each.cell, each.cell): 1.0}
    fine, coarse = maps[f"intensity {each.centre}"], maps[f"intensity {each.surround}"]
    difference = across_scale_difference(fine, coarse, 2 ** (each.surround - each.centre), border=model.border)
    bright = gaussian_pyramid(np.maximum(difference, 0), level - each.centre)[-1]
    share = np.clip(_ratio(bright, maps[each.name]), 0, 1)
    return {"bright": share, "dark": 1 - share}


def _ratio(part: Map, whole: Map) -> Map:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _size(centres: Sequence[int], centre: int) -> str:
    """Small, medium or large, by the rank of a centre scale; a lone one is medium."""
    ends = {centres[0]: "small", centres[-1]: "large"} if len(centres) > 1 else {}
    return ends.get(centre, "medium")


def _level(shape: tuple[int, ...], coarse: tuple[int, ...]) -> int:
    """How often a shape was halved."""
    level = 0
    while shape != coarse:
        shape, level = tuple((side + 1) // 2 for side in shape), level + 1
    return level


def mean_answers(answers: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean answer of each channel; one that a small picture does not have answers nothing there."""
    names = dict.fromkeys(name for each in answers for name in each)
    return {name: float(np.mean([each.get(name, 0.0) for each in answers])) for name in names}


def peaks_at(maps: Map, places: ArrayLike, reach: float) -> NDArray[np.float64]:
    """Greatest value of each map (height, width, n) within `reach` pixels of each place: (places, n)."""
    wanted = np.asarray(places, np.float64).reshape(-1, 2)
    rows, columns = pixels_at(wanted, maps.shape)
    across = round(reach)
    if not across >= 0:
        raise ValueError(f"expected a reach from 0 px up, got {reach}")
    peaks = np.empty((len(wanted), maps.shape[2]))
    for k, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        top, left = max(0, row - across), max(0, column - across)
        window = maps[top : row + across + 1, left : column + across + 1]
        y, x = np.ogrid[top - row : top - row + window.shape[0], left - column : left - column + window.shape[1]]
        peaks[k] = window[x * x + y * y <= across**2].max(axis=0)
    return peaks
