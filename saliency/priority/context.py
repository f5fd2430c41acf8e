"""Priority: how a map, the eye and the gaze's history together make what a gate decides on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.checks import check_array, check_number
from saliency.memory.inhibition import Visit


class GazeContext(NamedTuple):
    """What an observer has to decide on, at one moment: a map on a grid of cells, and where the gaze has been.

    Parameters
    ----------
    map : array, shape (rows, columns)
        What is salient, a number a cell, from 0 up; its scale is the model's own.
    places : array, shape (rows, columns, 2)
        Centres of the cells, in pixels.
    viewing : Viewing
        Geometry of the picture, in the same pixels.
    visits : sequence of Visit
        Where the gaze has been, in order; the last is where it is now. Empty for attention that is nowhere yet.
    now : float
        Time of the decision, in seconds since the picture appeared.
    visibility : array, shape (rows, columns), or None
        How fine the eye sees each cell, relative to the fovea, from 0 to 1; None for an eye that is sharp everywhere.
    """

    map: NDArray[np.float64]
    places: NDArray[np.float64]
    viewing: Viewing
    visits: Sequence[Visit]
    now: float
    visibility: NDArray[np.float64] | None = None

    @property
    def gaze(self) -> tuple[float, float]:
        """Where the gaze is, in pixels; the picture's centre if it is nowhere yet."""
        return self.visits[-1][:2] if self.visits else self.viewing.centre

    @property
    def cell(self) -> tuple[int, int]:
        """Row and column of the cell nearest to the gaze."""
        x, y = self.gaze
        return int(np.abs(self.places[:, 0, 1] - y).argmin()), int(np.abs(self.places[0, :, 0] - x).argmin())


class Priority(Protocol):
    """Any way to make a priority map of what is seen and of where the gaze has been.

    A priority may say more of itself, and what it does not say is taken as no:

    - ``knows_eccentricity = True``: it has learned what distance from the gaze leaves of a map, and is not told the
      `visibility` of cells.
    - `precompute`: see `Precomputed`.
    - `fit`: it learns from people's paths, see `LearningPriority`.
    - ``typical()`` gives a priority that keeps to the likely places, for `Observer.preset("typical")`.
    """

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Priority of each cell (rows, columns), from 0 up; of a density, the probability of each: their sum is 1."""
        ...


class Precomputed(Priority, Protocol):
    """A priority that can precompute what depends on the map alone; `precompute` gives a faster one for this map.

    It is asked with a context without visits.
    """

    def precompute(self, context: GazeContext) -> Callable[[GazeContext], NDArray[np.float64]]:
        """Give the same priority, for contexts with the same map, places and viewing."""
        ...


@dataclass(frozen=True, kw_only=True)
class Visible:
    r"""What is salient counts as much as it is seen: :math:`P(q) = S(q)\, f_c(e_q) / f_c(0)`.

    :math:`f_c` is the finest grating that the eye sees at eccentricity :math:`e_q`: what it sees coarsely counts less,
    so near places are preferred to far ones.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (2, 2))
    >>> context = GazeContext(np.ones((1, 2)), np.zeros((1, 2, 2)), viewing, [], 0.0, np.array([[1.0, 0.5]]))
    >>> Visible()(context)
    array([[1. , 0.5]])
    """

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Priority of each cell, relative to the strongest."""
        seen = context.map if context.visibility is None else context.map * context.visibility
        return np.asarray(seen / max(float(seen.max()), 1e-30))


def share_of(values: ArrayLike, *, uniform: float) -> NDArray[np.float64]:
    r"""Turn a map into a probability of each cell, :math:`p_i = (1 - u) s_i / \sum_j s_j + u / n`.

    An empty map gives the even density.

    Parameters
    ----------
    values : array, any shape
        A map, from 0 up.
    uniform : float
        Share :math:`u` of looks that go anywhere, from 0 to 1.

    Raises
    ------
    ValueError
        If the share is not from 0 to 1, or the map is empty, or not finite or negative somewhere.

    Examples
    --------
    >>> share_of([[3.0, 1.0]], uniform=0.2)
    array([[0.7, 0.3]])
    """
    check_number(uniform, "a uniform share from 0 to 1", least=0, most=1)
    map_ = check_array(values, "a map of real numbers from 0 up")
    if not map_.size or not np.isfinite(map_).all() or map_.min() < 0:
        raise ValueError(f"expected a finite map from 0 up, got {values!r}")
    even = np.full(map_.shape, 1 / map_.size)
    total = map_.sum()
    return np.asarray((1 - uniform) * map_ / total + uniform * even if total > 0 else even)
