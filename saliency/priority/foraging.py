"""The value of each place to a forager: the priority of ScanDDM."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields, check_number
from saliency.priority.context import GazeContext


@dataclass(frozen=True, kw_only=True)
class Foraging:
    r"""What a move of the gaze to each place is worth, to a forager who gathers what is salient.

    .. math:: v(q) = \frac{1}{1 + \log_2(1 + S_f)} \cdot \frac{S_q\, \psi_a(q)\, \psi_d(q)}{\max_p S_p \psi_a \psi_d},
              \qquad \psi_a = \Bigl(1 + \frac{d_x^2}{k_x} + \frac{d_y^2}{k_y}\Bigr)^{-3/2},
              \qquad \psi_d = \frac{1 + \cos 4\theta}{2}

    with the map :math:`S` relative to its greatest, :math:`f` the cell that the gaze is on, and :math:`d` and
    :math:`\theta` the way from there to the cell :math:`q`. So near places are worth more (a Cauchy density: short
    moves, now and then a long one), so are those straight across or straight up, and the richer the present place, the
    less all others. Scales are parts of the picture, not degrees: the model knows of no eye.

    Parameters
    ----------
    spread : float
        Scale :math:`\sqrt{k}` of the moves, relative to the picture's shorter side. Along the longer side :math:`k` is
        greater by the ratio of the sides.

    Raises
    ------
    ValueError
        If the spread is not positive.

    Notes
    -----
    The published grid has 15 cells along the shorter side and :math:`k = 10` cells, which is the default here; the
    published cosine is of 0.069 radians a degree, which are 3.95 lobes instead of 4.

    References
    ----------
    D'Amelio, Lucchi and Boccignone (2024), ScanDDM: Generalised zero-shot neuro-dynamical modelling of goal-directed
    attention, ECCV Workshops. Equations and constants are those of the authors' program and its demonstration.

    Examples
    --------
    >>> from foveation import Viewing
    >>> places = np.stack(np.meshgrid([0, 10, 20], [0, 10, 20]), axis=-1)
    >>> context = GazeContext(np.ones((3, 3)), places, Viewing.from_pixels_per_degree(20, (21, 21)), [], 0.0)
    >>> Foraging(spread=0.5)(context).round(3)
    array([[0.  , 0.19, 0.  ],
           [0.19, 0.5 , 0.19],
           [0.  , 0.19, 0.  ]])
    """

    spread: float = 10**0.5 / 15

    def __post_init__(self) -> None:
        check_fields(self)
        check_number(self.spread, "a spread above 0", above=0)

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Worth of each cell, from 0 to 1 and to less where the gaze is on something salient."""
        top = float(context.map.max())
        if top <= 0:
            return np.zeros(context.map.shape)
        salient = np.asarray(context.map / top, np.float64)
        here = context.cell
        way = context.places - context.places[here]
        worth = salient * self._near(way, context.viewing.screen_px) * _straight(way)
        return np.asarray(worth / max(float(worth.max()), 1e-30) / (1 + np.log2(1 + salient[here])))

    def _near(self, way: NDArray[np.float64], sides: tuple[int, int]) -> NDArray[np.float64]:
        """Cauchy density of each way (..., 2), relative to that of staying."""
        scale = self.spread**2 * min(sides) * np.array(sides)  # of the shorter side squared, and of the longer
        return np.asarray((1 + np.sum(way**2 / scale, axis=-1)) ** -1.5)


def _straight(way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Four lobes: 1 for a way straight across or straight up, and for none, 0 for a diagonal."""
    return np.asarray((1 + np.cos(4 * np.arctan2(way[..., 1], way[..., 0]))) / 2)
