"""Where to look next as a race of noisy accumulators: drift-diffusion, the gate that tells where and when at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saliency import kernels
from saliency.conspicuity import check_map
from saliency.gate import Winner, is_flat
from saliency.priority import Sight


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
    >>> sight = Sight(np.ones((3, 3)), places, Viewing.from_pixels_per_degree(20, (21, 21)), [], 0.0)
    >>> Foraging(spread=0.5)(sight).round(3)
    array([[0.  , 0.19, 0.  ],
           [0.19, 0.5 , 0.19],
           [0.  , 0.19, 0.  ]])
    """

    spread: float = 10**0.5 / 15

    def __post_init__(self) -> None:
        if not 0 < self.spread < np.inf:
            raise ValueError(f"expected a spread above 0, got {self.spread}")

    def __call__(self, sight: Sight) -> NDArray[np.float64]:
        """Worth of each cell, from 0 to 1 and to less where the gaze is on something salient."""
        top = float(sight.map.max())
        if top <= 0:
            return np.zeros(sight.map.shape)
        salient = np.asarray(sight.map / top, np.float64)
        here = np.unravel_index(np.argmin(np.sum((sight.places - sight.gaze) ** 2, axis=-1)), salient.shape)
        way = sight.places - sight.places[here]
        worth = salient * self._near(way, sight.viewing.screen_px) * _straight(way)
        return np.asarray(worth / max(float(worth.max()), 1e-30) / (1 + np.log2(1 + salient[here])))

    def _near(self, way: NDArray[np.float64], sides: tuple[int, int]) -> NDArray[np.float64]:
        """Cauchy density of each way (..., 2), relative to that of staying."""
        scale = self.spread**2 * min(sides) * np.array(sides)  # of the shorter side squared, and of the longer
        return np.asarray((1 + np.sum(way**2 / scale, axis=-1)) ** -1.5)


def _straight(way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Four lobes: 1 for a way straight across or straight up, and for none, 0 for a diagonal."""
    return np.asarray((1 + np.cos(4 * np.arctan2(way[..., 1], way[..., 0]))) / 2)


@dataclass(frozen=True, kw_only=True)
class Race:
    r"""A race of drift-diffusion accumulators, a racer a place: the first with a clear lead wins.

    Each racer gathers evidence at a rate given by its priority :math:`p_i`, with noise, and is held back by the best of
    the others (feed-forward inhibition):

    .. math:: dE_i = g\,p_i\,dt + \sqrt{s}\,dW_i, \qquad \text{winner: } E_i - \max_{j \ne i} E_j \ge a

    The latency of the winner is the time of the race, so one process decides where and when. For two racers this is the
    drift-diffusion model of choice: with :math:`v = g (p_1 - p_2)`, the first wins with probability
    :math:`1 / (1 + e^{-a v / s})`, which is a softmax of the priorities, after :math:`(a / v) \tanh(a v / 2 s)` seconds
    on average [1]_. With more racers the odds of a stronger one are better than that, and the time grows with the
    logarithm of the number of equal ones, as Hick's law says [2]_.

    Parameters
    ----------
    gain : float
        Drift :math:`g` of a racer of priority 1, per second.
    variance : float
        Variance :math:`s` that noise adds to each racer in one second.
    threshold : float
        Lead :math:`a` that ends the race.
    least : float
        A racer whose drift, per second, is not above this does not start.
    dead_time : float
        Time that passes before the race starts, in seconds.
    step : float
        Integration step, in seconds.
    patience : float
        Give up after this many seconds of racing.

    Raises
    ------
    ValueError
        If a constant that must be positive is not.

    References
    ----------
    .. [1] Bogacz, Brown, Moehlis, Holmes and Cohen (2006), The physics of optimal decision making, Psychological Review
       113, appendix A.
    .. [2] McMillen and Holmes (2006), The dynamics of choice among multiple alternatives, J. Math. Psychol. 50: the
       test of the best against the next. The constants are those of ScanDDM (see `Foraging`), also the step. It is
       coarse: as the lead is looked at only then, the threshold is in effect a seventh higher than in continuous time.

    Examples
    --------
    >>> gate = Race()
    >>> gate([[0.1, 0.2], [1.0, 0.1]], rng=1)
    Winner(x=0, y=1, latency=0.049)
    >>> times = [gate([[0.0, 1.0, 1.0]], seed).latency for seed in range(1000)]
    >>> more = [gate([[0.0, *[1.0] * 8]], seed).latency for seed in range(1000)]
    >>> sum(more) > 1.5 * sum(times)
    True
    """

    gain: float = 17.0
    variance: float = 7.0
    threshold: float = 1.0
    least: float = 1e-3
    dead_time: float = 0.005
    step: float = 0.004
    patience: float = 5.0

    def __post_init__(self) -> None:
        for name in ("gain", "variance", "threshold", "step", "patience"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"expected a positive {name}, got {getattr(self, name)}")
        if not self.least >= 0 or not self.dead_time >= 0:
            raise ValueError(f"expected least and dead_time from 0 up, got {self.least} and {self.dead_time}")

    def __call__(self, priority: ArrayLike, rng: np.random.Generator | int = 0) -> Winner | None:
        """Race the (height, width) map; None if it is flat, nobody starts, or nobody leads in time."""
        values = check_map(priority)
        drifts = self.gain * values.ravel().astype(np.float64)
        starters = np.flatnonzero(drifts > self.least)
        if is_flat(values) or not starters.size:
            return None
        winner, steps = kernels.race_to_lead(
            drifts[starters] * self.step,
            (self.variance * self.step) ** 0.5,
            self.threshold,
            round(self.patience / self.step),
            np.random.default_rng(rng),
        )
        if winner < 0:
            return None
        row, column = divmod(int(starters[winner]), values.shape[1])
        return Winner(column, row, round(self.dead_time + steps * self.step, 9))
