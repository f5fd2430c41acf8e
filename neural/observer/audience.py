"""The people who saw a picture, with whom an observer's predictions and paths are compared."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from saliency import Recordings, Scanpath
from saliency.measures.fixations import cell_indices, fixation_density, inside
from saliency.measures.information import SHARE_OF_BASELINE
from saliency.measures.scores import nss
from saliency.scanpaths.sequences import FixationClusters, fixation_clusters
from saliency.scanpaths.similarity import similarities

GOLD_DEG, FIXATION_DEG = 0.8, 1.0  # spread of a fixation: in the density of the other viewers, and in people's map


@dataclass(frozen=True, eq=False)
class Audience:
    """The people who saw a picture, with whom predictions and paths are compared."""

    name: str
    shape: tuple[int, int]
    paths: list[Scanpath]
    recordings: Recordings
    _centres: dict[tuple[int, ...], NDArray[np.float64]] = field(default_factory=dict)

    @cached_property
    def clusters(self) -> FixationClusters:
        """The clusters of all people's fixations, for the sequence score."""
        return fixation_clusters(self.paths)

    def centre(self, grid: tuple[int, ...]) -> NDArray[np.float64]:
        """Give the centre bias on a grid of cells: the density of the fixations on all other pictures."""
        if grid not in self._centres:
            self._centres[grid] = self.recordings.density(grid, without=self.name)
        return self._centres[grid]

    def _left_out(self, k: int) -> NDArray[np.float64]:
        """Give the places in the picture of all but one; all for -1."""
        places = [path.places for number, path in enumerate(self.paths) if number != k]
        return inside(np.concatenate(places), self.shape)

    def of_others(self, grid: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        """Give, for each person, where the others look: a density on a grid of cells."""
        centre, scale = self.centre(grid), np.divide(grid[::-1], self.shape[::-1])
        sigma = GOLD_DEG * self.paths[0].viewing.pixels_per_degree * scale[0]
        for k in range(len(self.paths)):
            places = inside((self._left_out(k) + 0.5) * scale - 0.5, grid)
            share = SHARE_OF_BASELINE if len(places) else 1.0
            of_others = fixation_density(places, grid, sigma=sigma) if len(places) else 0.0
            yield share * centre + (1 - share) * of_others

    def predicted(self, densities: Sequence[Iterable[NDArray[np.float64]]], grid: tuple[int, ...]) -> dict[str, float]:
        """Score densities, one before each fixation of each path."""
        centre = self.centre(grid).ravel()
        scores = []
        for path, before in zip(self.paths, densities, strict=True):
            for density, cell in zip(before, cell_indices(path.places, grid, self.shape).tolist(), strict=False):
                if cell >= 0:
                    scores.append(_prediction_scores(density.ravel(), cell, centre))
        return _means(scores)

    def compared(self, paths: Sequence[Scanpath]) -> dict[str, float]:
        """Compare paths with all people's."""
        scores = _means([similarities(*pair, clusters=self.clusters) for pair in product(paths, self.paths)])
        return scores | {"fixation_nss": self._nss(inside(np.concatenate([path.places for path in paths]), self.shape))}

    def agreement(self) -> dict[str, float]:
        """Compare each person with each other."""
        scores = _means([similarities(*pair, clusters=self.clusters) for pair in combinations(self.paths, 2)])
        alone = [self._nss(inside(path.places, self.shape), k) for k, path in enumerate(self.paths)]
        return scores | _means([{"fixation_nss": value} for value in alone])

    def _nss(self, places: NDArray[np.float64], left_out: int = -1) -> float:
        """Give the NSS of places on the map of all people but one."""
        others = self._left_out(left_out)
        if not len(places) or not len(others):
            return np.nan
        viewing = self.paths[0].viewing
        return nss(fixation_density(others, self.shape, sigma_deg=FIXATION_DEG, viewing=viewing), places)


def _prediction_scores(density: NDArray[np.float64], cell: int, centre: NDArray[np.float64]) -> dict[str, float]:
    """Score the density before one fixation, of which this is the cell."""
    total, chance = density.sum(), density[cell]
    if not abs(total - 1) < 1e-6:
        raise ValueError(f"expected probabilities that sum to 1, got a sum of {total:g}")
    deviation = density.std()
    with np.errstate(divide="ignore"):  # what was held to be impossible has happened
        bits = np.log2(chance)
    return {
        "log_likelihood": float(bits + np.log2(density.size)),
        "information_gain": float(bits - np.log2(centre[cell])),
        "conditional_nss": float((chance - density.mean()) / deviation) if deviation > 1e-12 else 0.0,
        "conditional_auc": float(((density < chance).sum() + (density <= chance).sum()) / (2 * density.size)),
    }


def _means(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """Give the mean of each measure over those that have it."""
    means = {}
    for name in scores[0] if scores else ():
        known = np.array([each[name] for each in scores])
        known = known[~np.isnan(known)]
        means[name] = float(known.mean()) if known.size else np.nan
    return means
