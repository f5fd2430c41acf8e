"""Inhibition of return: a place just looked at is, for a while, less worth looking at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing

FORGOTTEN = 1e-3


class Visit(NamedTuple):
    """A place, in pixels, that was looked at until `offset`, in seconds."""

    x: float
    y: float
    offset: float


class Memory(Protocol):
    """Any memory of where the gaze has been: how much each place is set back, 0 for not at all."""

    def __call__(self, visits: Sequence[Visit], now: float, places: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
        """Inhibition of each of `places` (..., 2) at time `now`; the priority there is divided by one plus it."""
        ...


@dataclass(frozen=True, kw_only=True)
class InhibitionOfReturn:
    r"""Shunting inhibition around each place visited, fading with distance and with time.

    .. math:: G(q, t) = \sum_k a \exp\left(-\frac{\theta(q, q_k)^2}{2 \sigma^2} - \frac{t - t_k}{\tau}\right)

    The priority is divided by :math:`1 + G`, as an inhibitory conductance divides a potential [1]_.

    Parameters
    ----------
    strength : float
        Conductance :math:`a` at the place itself, relative to the leak.
    spread_deg : float
        Standard deviation :math:`\sigma`, in degrees.
    decay_s : float
        Time constant :math:`\tau`, in seconds. With a great strength the inhibition outlasts it by far:
        :math:`G` falls to 1 only after :math:`\tau \ln a`.

    Raises
    ------
    ValueError
        If the strength is negative, or the spread or the decay is not positive.

    References
    ----------
    .. [1] Itti and Koch (2000), Vision Research 40, section 2.4; constants of the SaliencyToolbox: strength 2e4 after a
       winner of 20 mV, decay 1 s, spread 0.3 of a focus of a sixth of the picture's longer side. People are
       inhibited far less, and return often: Smith and Henderson (2011), J. Vision 11(1):3.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (400, 400))
    >>> memory = InhibitionOfReturn(strength=10, spread_deg=1, decay_s=1)
    >>> memory([Visit(200, 200, 0.0)], 0.0, [(200, 200), (300, 200)], viewing).round(3)
    array([10.,  0.])
    """

    strength: float = 10.0
    spread_deg: float = 1.5
    decay_s: float = 1.0

    def __post_init__(self) -> None:
        if not self.strength >= 0 or not self.spread_deg > 0 or not self.decay_s > 0:
            raise ValueError(
                "expected a strength from 0 up, a positive spread in degrees and a positive decay in seconds, "
                f"got {self.strength}, {self.spread_deg} and {self.decay_s}"
            )

    def __call__(self, visits: Sequence[Visit], now: float, places: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
        """Inhibition :math:`G` of each of `places` (..., 2) at time `now`."""
        where = np.asarray(places, np.float64)
        total = np.zeros(where.shape[:-1])
        for visit in visits:
            left = self.strength * np.exp(-max(now - visit.offset, 0.0) / self.decay_s)
            if left > FORGOTTEN:
                angle = viewing.angle_deg((visit.x, visit.y), where)
                total += left * np.exp(-0.5 * (angle / self.spread_deg) ** 2)
        return total
