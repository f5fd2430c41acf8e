"""Drift-diffusion: where to look next, and when, as a race of noisy accumulators of evidence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foveation.checks import check_fields, check_positive
from saliency.gate import kernels
from saliency.gate.gates import Winner
from saliency.map import check_map, is_flat


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
        check_fields(self, patience=1e4)
        check_positive(self, "gain", "variance", "threshold", "step", "patience")
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
