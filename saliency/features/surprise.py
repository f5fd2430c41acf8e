"""Bayesian surprise: what changes an observer's beliefs, and so what a film shows for the first time."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_number
from foveation.opencv import cv2
from saliency.features import kernels

MOST_STEPS = 64  # in one gap between frames: whatever was believed before it is forgotten by then


@dataclass(frozen=True, kw_only=True)
class Surprise:
    r"""Bayesian surprise: how far each observation moves beliefs from prior to posterior, in time and space.

    At each place of each feature map an observer believes that a cell fires with a rate :math:`\lambda`, a Gamma
    distribution with shape :math:`\alpha` and rate :math:`\beta`. One more observation makes it

    .. math:: \alpha' = \zeta\alpha + \lambda, \qquad \beta' = \zeta\beta + 1, \qquad S = KL(\gamma', \gamma)

    and the divergence of the new belief from the old is the surprise. The mean of the new belief is what the next,
    slower observer of the chain is told. The surprises of the chain are multiplied; their geometric mean goes through
    a cube root, as the answers of complex cells do [1]_:

    .. math:: S = \left[\prod_{k=1}^{n} \left(S^k_{time} + w\, S^k_{space}\right)\right]^{1/(3n)}

    Parameters
    ----------
    keep : float
        Forgetting factor :math:`\zeta`, from 0 to 1: the share of a belief that is left after `interval`.
    interval : float
        Time of one observation, in seconds: a frame of the authors' films.
    scales : int
        Observers in the chain.
    space : float
        Weight :math:`w` of the surprise that a place is when its neighbours are believed; 0 leaves it out.
    spontaneous : float
        Spikes of a cell in one `interval` with nothing to see, added to what it is told: no rate is ever 0. The
        authors' program puts a tiny shape in the place of 0; with one spike, noise in dark places does not surprise.
    neighbourhood, hole : float
        Standard deviations of the Gaussian that weighs the neighbours and of the one that takes the place itself out of
        it: a share of the map's longer side, and map cells.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    An observation lasts as long as its frame is shown: beliefs move by :math:`\zeta^{\Delta t / interval}`, and the
    surprise of a frame is that of one whole `interval` of it, so that frame rates do not matter. :math:`\beta` is at
    its fixed point :math:`1 / (1 - \zeta)` from the start, as in the authors' program, and the divergence is taken
    from the new belief to the old as there. The program's `space` is 0.1; the paper's is a twentieth.

    References
    ----------
    .. [1] Itti and Baldi (2009), Bayesian surprise attracts human attention, Vision Research 49: 1295-1306; first in
       Itti and Baldi (2005), A principled approach to detecting surprising events in video, CVPR.

    Examples
    --------
    >>> beliefs = Surprise().begin(np.full((1, 3, 4), 10.0))
    >>> event = np.full((1, 3, 4), 10.0)
    >>> event[0, 1, 2] = 40
    >>> float(beliefs.update(event * 0 + 10, elapsed=0.04)[0, 1, 2])  # nothing new
    0.0
    >>> surprise = beliefs.update(event, elapsed=0.04)[0]
    >>> tuple(map(int, np.unravel_index(surprise.argmax(), surprise.shape)))
    (1, 2)
    """

    keep: float = 0.7
    interval: float = 1 / 30
    scales: int = 5
    space: float = 1 / 20
    spontaneous: float = 1.0
    neighbourhood: float = 0.5
    hole: float = 3.0

    def __post_init__(self) -> None:
        check_fields(self, scales=1000, hole=100)
        check_number(self.keep, "`keep` between 0 and 1", above=0, below=1)
        if not (0 < self.interval < np.inf and self.neighbourhood > 0 and self.hole > 0):
            raise ValueError("expected a positive `interval` in seconds, and positive `neighbourhood` and `hole`")
        check_number(self.spontaneous, "a positive `spontaneous` rate", above=0)
        if self.scales < 1 or not 0 <= self.space < np.inf:
            raise ValueError(f"expected one scale at least and `space` from 0, got {self.scales} and {self.space}")

    def begin(self, rates: ArrayLike) -> "Beliefs":
        """Start to watch feature maps (n, rows, columns); the first ones are believed at once, and surprise nobody."""
        return Beliefs(self, rates)


class Beliefs:
    """Gamma beliefs of `Surprise` about the maps of a film, which a Bayesian update changes with every frame.

    Parameters
    ----------
    surprise : Surprise
        The law by which beliefs change.
    rates : array, shape (n, rows, columns)
        First maps: numbers of spikes in one `interval`, from 0 up.

    Raises
    ------
    ValueError
        If maps are of another shape, negative or not finite, or no time has passed.

    Examples
    --------
    >>> beliefs = Surprise(scales=2).begin(np.zeros((1, 2, 2)))
    >>> beliefs.means.shape
    (2, 1, 2, 2)
    """

    def __init__(self, surprise: Surprise, rates: ArrayLike) -> None:
        self.surprise = surprise
        self._seen = _checked(rates, None) + surprise.spontaneous
        self.means = np.repeat(self._seen[np.newaxis], surprise.scales, axis=0)

    def update(self, rates: ArrayLike, *, elapsed: float) -> NDArray[np.float64]:
        """Look at new maps, `elapsed` seconds after those before; give the surprise of each place of each map."""
        told = _checked(rates, self._seen.shape) + self.surprise.spontaneous
        check_number(elapsed, "a time that has passed, in seconds", above=0)
        self._believe(elapsed)
        self._seen = told
        law = self.surprise
        total = np.ones_like(told)
        for believed in self.means:
            revised, surprise = _revised(believed, told, law)
            if law.space:
                around = _around(told, law.neighbourhood * max(told.shape[1:]), law.hole)
                surprise += law.space * _revised(around, told, law)[1]
            total *= surprise
            told = revised
        return np.asarray(total ** (1 / (3 * law.scales)), np.float64)

    def _believe(self, elapsed: float) -> None:
        """Let the maps that were shown until now sink in."""
        intervals = elapsed / self.surprise.interval
        steps = min(max(1, int(np.ceil(intervals - 1e-6))), MOST_STEPS)
        keep = self.surprise.keep ** (intervals / steps)
        for _ in range(steps):
            told = self._seen
            for believed in self.means:
                believed += (1 - keep) * (told - believed)
                told = believed


def _revised(
    believed: NDArray[np.float64], told: NDArray[np.float64], law: Surprise
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of the beliefs after one whole observation, and how much it surprised."""
    revised, surprise = np.empty_like(told), np.empty_like(told)
    certainty = 1 / (1 - law.keep)
    kernels.update_beliefs(believed.ravel(), told.ravel(), law.keep, certainty, revised.ravel(), surprise.ravel())
    return revised, surprise


def _around(maps: NDArray[np.float64], spread: float, hole: float) -> NDArray[np.float64]:
    """Mean of the neighbours of each place of each map, the nearest left out."""
    weights, mass = _neighbours(maps.shape[1:], spread, hole)
    means = np.stack([_weighted(each, *weights) for each in maps]) / np.maximum(mass, 1e-9)
    return np.where(mass > 1e-9, means, maps)  # a map of one cell has no neighbours


@lru_cache(maxsize=16)
def _neighbours(
    shape: tuple[int, ...], spread: float, hole: float
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]:
    """Weights of the neighbours, [wide - 1.5 narrow]+, as a wide separable Gaussian less a small square; their sum."""
    down, across = (np.exp(-(np.arange(1 - side, side) ** 2) / (2 * spread**2)) for side in shape)
    reach = int(np.ceil(4 * hole))
    axis = np.arange(-reach, reach + 1)
    distance = axis[:, np.newaxis] ** 2 + axis**2
    square = np.minimum(np.exp(-distance / (2 * spread**2)), 1.5 * np.exp(-distance / (2 * hole**2)))
    weights = (across, down, square)
    return weights, _weighted(np.ones(shape), *weights)


def _weighted(
    values: NDArray[np.float64], across: NDArray[np.float64], down: NDArray[np.float64], square: NDArray[np.float64]
) -> NDArray[np.float64]:
    border = cv2.BORDER_CONSTANT  # nothing outside
    wide = cv2.sepFilter2D(values, cv2.CV_64F, across, down, borderType=border)
    return np.asarray(np.maximum(wide - cv2.filter2D(values, cv2.CV_64F, square, borderType=border), 0.0), np.float64)


def _checked(rates: ArrayLike, shape: tuple[int, ...] | None) -> NDArray[np.float64]:
    array = np.array(rates, np.float64)
    if array.ndim != 3 or not array.size or (shape is not None and array.shape != shape):
        raise ValueError(f"expected maps of shape {shape or '(n, rows, columns)'}, got {array.shape}")
    if not (np.isfinite(array).all() and array.min() >= 0):
        raise ValueError("expected finite rates from 0 up")
    return array
