"""Two scanpaths, or arrays of fixations, read into one form for the measures that compare them."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.checks import check_array
from saliency.scanpaths import kernels
from saliency.scanpaths.scanpath import Scanpath

Path: TypeAlias = Scanpath | ArrayLike


class ComparedPaths(NamedTuple):
    """Paths as arrays (n, 3) of x, y and duration (NaN if unknown), and what is known of their screen."""

    tables: list[NDArray[np.float64]]
    viewing: Viewing | None
    shape: tuple[int, ...] | None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the screen in pixels."""
        if self.shape is None:
            raise ValueError("expected the shape (height, width) of the picture together with paths that are arrays")
        return float(self.shape[1]), float(self.shape[0])

    @property
    def empty(self) -> bool:
        """Whether a path has no fixation."""
        return not all(map(len, self.tables))

    @property
    def distances(self) -> NDArray[np.float64]:
        """How far each fixation of the first is from each of the second: degrees if `viewing` is known, else pixels."""
        first, second = (table[:, :2] for table in self.tables)
        if self.viewing is not None:
            first, second = self.viewing.rays(first), self.viewing.rays(second)
        distances = np.empty((len(first), len(second)))
        kernels.pairwise_distances(first, second, self.viewing is not None, distances)
        return distances

    def check_durations(self, purpose: str) -> None:
        """Refuse paths with a fixation of unknown duration."""
        if any(np.isnan(table[:, 2]).any() for table in self.tables):
            raise ValueError(f"expected a duration for each fixation, {purpose}")


def read_paths(*paths: Path, shape: tuple[int, ...] | None = None, viewing: Viewing | None = None) -> ComparedPaths:
    """Read paths of either kind; what they and the caller say of the screen must be the same."""
    for path in paths:
        if isinstance(path, Scanpath):
            if viewing is not None and viewing is not path.viewing and viewing != path.viewing:
                raise ValueError(f"expected paths on one screen, got {viewing} and {path.viewing}")
            viewing = path.viewing
    if viewing is not None:
        told = viewing.screen_px[::-1]
        if shape is not None and tuple(shape[:2]) != told:
            raise ValueError(f"expected the shape {told} of the paths' screen, got {tuple(shape[:2])}")
        shape = told
    return ComparedPaths([_fixations(path) for path in paths], viewing, shape)


def _fixations(path: Path) -> NDArray[np.float64]:
    if isinstance(path, Scanpath):
        fixations = np.empty((len(path.x), 3))
        fixations[:, 0], fixations[:, 1], fixations[:, 2] = path.x, path.y, path.duration
    else:
        array = check_array(path, "a path of shape (n, 2) or (n, 3)")
        if array.size == 0:
            return np.empty((0, 3))
        if array.ndim != 2 or array.shape[1] not in (2, 3):
            raise ValueError(f"expected a path of shape (n, 2) or (n, 3), got {array.shape}")
        fixations = np.full((len(array), 3), np.nan)
        fixations[:, : array.shape[1]] = array
        if not np.isfinite(fixations[:, :2]).all():
            raise ValueError("expected finite places in pixels, got NaN or infinity")
    if (fixations[:, 2] < 0).any():
        raise ValueError("expected durations from 0 s up, got a negative one")
    return fixations
