"""Constrained Levy exploration: long random jumps, kept if they land on what is salient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields, check_number, check_positive
from saliency.priority.context import GazeContext

SALIENCY = 100.0  # of the most salient cell; that of the least is 0
FOCUS_SUM = float(np.pi)  # of the Gaussian over pixels, exp(-d^2), with which the last step weighs saliency
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True, kw_only=True)
class ConstrainedLevy:
    r"""Density of the next place of a random walk with heavy-tailed jumps over a landscape of saliency.

    From the gaze :math:`x` candidates are proposed by a Langevin step on the potential :math:`V = 100\, e^{-\tau s}`
    of the saliency :math:`s`, from 0 to 100 in the picture,

    .. math:: x' = x - h k \nabla V(x) + h (1 - k)\, r\, (\cos\phi, \sin\phi)

    with a direction :math:`\phi` drawn evenly and a jump :math:`r` from a Cauchy law of scale :math:`(2 a)^2`,
    :math:`a` the radius of the focus of attention. Of those inside the picture the most salient is kept, and the gaze
    goes there with probability :math:`\min(1, e^{\Delta w / T})`; else it stays [1]_, [2]_. The gain :math:`\Delta w`
    is that of saliency weighed by :math:`e^{-d^2}` over the pixels at distance :math:`d`: :math:`\pi \Delta s` for
    cells of some pixels.

    Nothing is simulated here; the density is exact. Be :math:`p` the chance that a candidate lands inside the picture,
    :math:`F(s)` that it is there and no more salient than :math:`s`, and :math:`q_i` that it lands on cell :math:`i`.
    Of :math:`n` candidates, the best of those inside is at most :math:`s` with probability

    .. math:: B(s) = \frac{(1 - p + F(s))^n - (1 - p)^n}{1 - (1 - p)^n}

    so cell :math:`i` gets its share, in proportion to :math:`q`, of the step of :math:`B` at :math:`s_i`, times the
    chance that the move is accepted, and the gaze's own cell gets the rest.

    Parameters
    ----------
    candidates : int
        Number :math:`n` of candidates; if none is inside the picture, they are drawn again.
    temperature : float
        :math:`T`, in units of weighed saliency, above 0.
    damping : float
        :math:`\tau`, per unit of saliency, from 0 up.
    step, mix : float
        Length :math:`h` of the step, above 0, and share :math:`k` of the potential against the jumps, from 0 up and
        below 1.
    focus : float
        :math:`a` as a share of the picture's shorter side, above 0.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    It has no memory and no time: draw from it with `Luce` and no inhibition of return, for as many steps as
    wanted. A choice of the gaze's own cell is a rejected move. The published scale of the jumps is a square of pixels,
    so it depends on the picture's size: :math:`S^2 / 180` pixels for a shorter side of :math:`S`, which is 2.7 times
    that side at 480, and jumps inside the picture are then of nearly all lengths alike.

    The gradient is that of the paper, by central differences; the authors' program adds up the differences instead. On
    40 pictures of OSIE (Xu et al. 2014) the gaze stays at 0.4 to 0.5 of the steps, and 0.5 to 0.6 of the places are
    within 1.5 degrees of the last but one.

    References
    ----------
    .. [1] Boccignone and Ferraro (2004), Modelling gaze shift as a constrained random walk, Physica A 331: 207-218.
    .. [2] Boccignone and Ferraro (2013), Feed and fly control of visual scanpaths for foveation image processing,
       Annals of Telecommunications 68: 201-217, for the candidates; constants of the authors' program.

    Examples
    --------
    >>> from foveation import Viewing
    >>> from saliency.memory.inhibition import Visit
    >>> places = np.stack(np.meshgrid(np.arange(20.0, 400, 40), np.arange(20.0, 300, 40)), axis=-1)
    >>> viewing, map_ = Viewing.from_pixels_per_degree(20, (280, 400)), np.zeros((7, 10))
    >>> map_[3, 6] = 1.0
    >>> density = ConstrainedLevy()(GazeContext(map_, places, viewing, [Visit(180, 140, 0.0)], 0.0))
    >>> round(float(density.sum()), 9), round(float(density[3, 6]), 3)
    (1.0, 0.204)
    """

    candidates: int = 50
    temperature: float = 25.0
    damping: float = 0.01
    step: float = 0.1
    mix: float = 0.5
    focus: float = 1 / 6

    def __post_init__(self) -> None:
        check_fields(self, candidates=1e6)
        check_number(self.candidates, "at least 1 candidate", least=1)
        check_positive(self, "temperature", "step", "focus")
        if not self.damping >= 0 or not 0 <= self.mix < 1:
            raise ValueError(f"expected a damping from 0 up and a mix from 0 below 1, got {self.damping}, {self.mix}")

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Density of the next place over the cells (rows, columns); its sum is 1."""
        saliency = _saliency(context.map)
        own = context.cell
        best = _best(self.proposals(context), saliency, self.candidates)
        moves = best * np.exp(np.minimum(FOCUS_SUM * (saliency - saliency[own]), 0) / self.temperature)
        moves[own] += 1 - moves.sum()
        return np.asarray(moves)

    def proposals(self, context: GazeContext) -> NDArray[np.float64]:
        """Chance (rows, columns) that a candidate lands on each cell; the sum is that of landing on any."""
        x, y = self._drifted(context)
        scale = self.step * (1 - self.mix) * (2 * self.focus * min(context.viewing.screen_px)) ** 2
        columns, rows = _edges(context)
        corner = _quadrant(np.abs(columns - x), np.abs(rows - y)[:, np.newaxis], scale)
        corner *= np.sign(columns - x) * np.sign(rows - y)[:, np.newaxis]
        return np.asarray(np.diff(np.diff(corner, axis=0), axis=1).clip(min=0))

    def _drifted(self, context: GazeContext) -> tuple[float, float]:
        """Place of the gaze, in pixels, after its way down the potential."""
        potential = 100 * np.exp(-self.damping * _saliency(context.map))
        row, column = context.cell
        (x, y), (rows, columns) = context.gaze, potential.shape
        left, right, up, down = (
            max(column - 1, 0),
            min(column + 1, columns - 1),
            max(row - 1, 0),
            min(row + 1, rows - 1),
        )
        across = context.places[row, right, 0] - context.places[row, left, 0]
        along = context.places[down, column, 1] - context.places[up, column, 1]
        slope_x = (potential[row, right] - potential[row, left]) / across if across else 0.0
        slope_y = (potential[down, column] - potential[up, column]) / along if along else 0.0
        pull = self.step * self.mix
        return float(x - pull * slope_x), float(y - pull * slope_y)


def _saliency(map_: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map from 0 at its least to 100 at its greatest; all 0 if it is flat."""
    low, high = float(map_.min()), float(map_.max())
    return np.zeros(map_.shape) if high == low else np.asarray(SALIENCY * (map_ - low) / (high - low))


def _edges(context: GazeContext) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places, in pixels, between the columns and between the rows of the cells, and at the two ends."""
    sides = []
    for centres, side in zip(
        (context.places[0, :, 0], context.places[:, 0, 1]), context.viewing.screen_px, strict=True
    ):
        half = (centres[1] - centres[0]) / 2 if len(centres) > 1 else side / 2
        sides.append(np.append(centres - half, centres[-1] + half))
    return sides[0], sides[1]


def _quadrant(x: NDArray[np.float64], y: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    r"""Chance that a jump ends between 0 and x across and between 0 and y along, for x and y from 0 up.

    In polar coordinates the half-Cauchy law integrates to :math:`\frac{1}{\pi^2} \int \arctan(R(\phi) / g)\, d\phi`
    up to the rectangle's side at :math:`R = x / \cos\phi`, and then :math:`y / \sin\phi`; with
    :math:`1 / \cos\phi = \cosh u` the integrand is smooth, and 16 Gauss nodes are enough.
    """
    x, y = np.maximum(x, 1e-9), np.maximum(y, 1e-9)
    total = np.zeros(np.broadcast_shapes(x.shape, y.shape))
    for near, far in ((x, y), (y, x)):
        end = np.arcsinh(far / near)
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            stretch = np.cosh(end * (0.5 + 0.5 * node))
            total += (0.5 * weight) * end * np.arctan(near / scale * stretch) / stretch
    return np.asarray(total / np.pi**2)


def _best(chances: NDArray[np.float64], saliency: NDArray[np.float64], candidates: int) -> NDArray[np.float64]:
    """Chance of each cell to be that of the most salient of the candidates that land on any, in proportion if equal."""
    levels, level = np.unique(saliency, return_inverse=True)
    level = level.reshape(saliency.shape)
    landing = np.bincount(level.ravel(), chances.ravel(), len(levels))
    inside = landing.sum()
    above = np.append(inside - np.cumsum(landing)[:-1], 0.0).clip(min=0)  # chance of what is more salient
    log_none = candidates * np.log1p(-np.append(inside, above))
    best = np.diff(np.exp(log_none)) / -np.expm1(log_none[0])
    return np.asarray(chances * (best / np.maximum(landing, 1e-300))[level])
