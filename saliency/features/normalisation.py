"""The normalisation N(.): a map with one strong peak is promoted, one with many equal peaks is set back."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foveation import kernels as eye_kernels
from foveation.checks import check_fields, check_number, check_positive, check_whole
from foveation.opencv import cv2
from saliency.features import kernels
from saliency.map import ROUND_OFF

STEPS = 1000  # of a map's range: peaks that are parted by less than one are one peak
NEIGHBOURS = np.ones((3, 3), np.uint8)


class Normalisation(Protocol):
    """Any normalisation N(.): from a map to a map of the same shape, not negative."""

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the normalised map."""
        ...


MOST_ITERATIONS = 1000


@dataclass(frozen=True, kw_only=True)
class LocalMaxima:
    r"""Multiply a map by how far its greatest peak rises above the mean of its other peaks.

    The map is scaled to :math:`[0, M]` and multiplied by :math:`(M - \bar m)^2`, where :math:`\bar m` is the mean of
    all local maxima other than the greatest [1]_; here :math:`M = 1`. A local maximum is a place, or an area that is
    level to a thousandth of the range, next to which nothing is higher.

    Parameters
    ----------
    floor_share : float
        Local maxima below this share of the greatest do not count, from 0 to 1: a tenth as in the SaliencyToolbox [2]_.

    References
    ----------
    .. [1] Itti, Koch and Niebur (1998), A model of saliency-based visual attention for rapid scene analysis,
       IEEE Trans. PAMI 20, section 2.2.
    .. [2] Walther and Koch (2006), Neural Networks 19.

    Examples
    --------
    >>> lone = np.zeros((9, 9), np.float32)
    >>> lone[4, 4] = 3
    >>> pair = lone.copy()
    >>> pair[0, 0] = 3
    >>> float(LocalMaxima()(lone).max()), float(LocalMaxima()(pair).max())
    (1.0, 0.0)
    """

    floor_share: float = 0.1

    def __post_init__(self) -> None:
        check_fields(self)
        check_number(self.floor_share, "floor_share from 0 to 1", least=0, most=1)

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise a map (height, width) that is not negative."""
        greatest = values.max()
        if greatest < ROUND_OFF:
            return np.zeros_like(values)
        steps = np.rint(values * np.float32(STEPS / greatest)).astype(np.int16)
        total, count = kernels.rival_peaks(
            steps,
            cv2.dilate(steps, NEIGHBOURS),
            round(STEPS * self.floor_share),
            np.zeros(steps.shape, np.bool_),
            np.empty(steps.size, np.int64),
        )
        rivals = total / count / STEPS if count else 0.0
        normalised: NDArray[np.float32] = values * np.float32((1 - rivals) ** 2 / greatest)
        return normalised


@dataclass(frozen=True, kw_only=True)
class DivideByMean:
    r"""Divide a map by its mean: one with few strong places ends high, one that is strong everywhere ends at 1.

    Not of the 1998 paper; it predicts fixations on photographs better than the squared distance of the peaks.

    Examples
    --------
    >>> lone = np.zeros((4, 4), np.float32)
    >>> lone[1, 1] = 3
    >>> float(DivideByMean()(lone).max()), round(float(DivideByMean()(lone + 3).max()), 2)
    (16.0, 1.88)
    """

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise a map (height, width) that is not negative."""
        mean = values.mean()
        return np.zeros_like(values) if mean < ROUND_OFF**2 else np.asarray(values * (1 / mean), np.float32)


@dataclass(frozen=True, kw_only=True)
class Unnormalised:
    """Leave a map as it is: what a model sees without any N(.), for comparison.

    Examples
    --------
    >>> Unnormalised()(np.array([[1.0, 2.0]], np.float32))
    array([[1., 2.]], dtype=float32)
    """

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the map (height, width) itself."""
        return values


@dataclass(frozen=True, kw_only=True)
class Iterative:
    r"""Iterative lateral inhibition: each excites its near and inhibits its far neighbours, several times over.

    .. math:: M \leftarrow \left[M + G_{ex} * M - G_{inh} * M - 0.02 \max M\right]_+

    Borders neither gain nor lose: each Gaussian is divided by its mass inside the map [1]_.

    Parameters
    ----------
    iterations : int
        Number of rounds.
    excitation, inhibition : float
        Peak amplitudes along one axis, :math:`c_{ex}` and :math:`c_{inh}`.
    excitation_spread, inhibition_spread : float
        Standard deviations, as shares of the map's longer side.

    References
    ----------
    .. [1] Itti and Koch (2000), A saliency-based search mechanism for overt and covert shifts of visual attention,
       Vision Research 40, section 2.3; constants of the SaliencyToolbox (Walther and Koch 2006).

    Examples
    --------
    >>> bump = np.exp(-(np.hypot(*np.mgrid[-9:10, -9:10]) ** 2) / 8).astype(np.float32)
    >>> competed = Iterative()(bump)
    >>> bool(competed[9, 9] == competed.max()), bool((competed > 0).sum() < (bump > 0.01).sum())
    (True, True)
    """

    iterations: int = 3
    excitation: float = 0.5
    inhibition: float = 1.5
    excitation_spread: float = 0.02
    inhibition_spread: float = 0.25

    def __post_init__(self) -> None:
        check_fields(self)
        check_whole("iterations", self.iterations, 0, MOST_ITERATIONS)
        check_positive(self, "excitation", "inhibition", "excitation_spread", "inhibition_spread")

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise a map (height, width) that is not negative."""
        competing = values
        excite = _surround_kernel(values.shape, self.excitation_spread, self.excitation)
        inhibit = _surround_kernel(values.shape, self.inhibition_spread, self.inhibition)
        for _ in range(self.iterations):
            push = _inside_filter(competing, excite) - _inside_filter(competing, inhibit)
            competing = np.maximum(competing + push - np.float32(0.02) * competing.max(), 0)
        return np.asarray(competing, np.float32)


@lru_cache(maxsize=64)
def _surround_kernel(shape: tuple[int, int], spread: float, amplitude: float) -> NDArray[np.float32]:
    sigma = max(shape) * spread
    reach = max(0, min(int(np.ceil(3 * sigma)), min(shape) // 2 - 1))
    axis = np.arange(-reach, reach + 1)
    factor = amplitude / (sigma * np.sqrt(2 * np.pi)) * np.exp(-(axis**2) / (2 * sigma**2))
    factor *= min(1.0, amplitude / factor.sum())  # on a map of few cells the samples would add up to more
    return np.asarray(factor, np.float32)


def _inside_filter(values: NDArray[np.float32], factor: NDArray[np.float32]) -> NDArray[np.float32]:
    border = cv2.BORDER_CONSTANT  # zeros outside
    filtered = cv2.sepFilter2D(values, cv2.CV_32F, factor, factor, borderType=border)
    mass = _mass_inside(values.shape[0], factor.tobytes())[:, np.newaxis] * _mass_inside(
        values.shape[1], factor.tobytes()
    )
    return np.asarray(filtered / mass, np.float32)


@lru_cache(maxsize=256)
def _mass_inside(length: int, factor: bytes) -> NDArray[np.float32]:
    weights = np.frombuffer(factor, np.float32)
    share: NDArray[np.float64] = np.convolve(np.ones(length), weights / weights.sum(), mode="full")
    reach = weights.size // 2
    return np.asarray(share[reach : reach + length], np.float32)


def across_scale_difference(
    centre: NDArray[np.float32], surround: NDArray[np.float32], step: int, *, border: float
) -> NDArray[np.float32]:
    """Subtract from a finer map a coarser one that is brought to its size linearly.

    Parameters
    ----------
    centre : array of float32, shape (height, width)
    surround : array of float32
        `step` times coarser; its sample `i` lies on sample `step * i` of `centre`.
    step : int
    border : float
        Share of the longer side over which the difference falls to zero towards the border.
    """
    difference = np.empty_like(centre)
    eye_kernels.expand(np.ascontiguousarray(surround), step, difference)
    np.subtract(centre, difference, out=difference)
    difference *= _border_window(centre.shape, border)
    return difference


@lru_cache(maxsize=64)
def _border_window(shape: tuple[int, int], share: float) -> NDArray[np.float32]:
    width = round(max(shape) * share)
    sides = []
    for length in shape:
        distance = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1
        sides.append(np.minimum(distance / (width + 1), 1.0))
    return np.outer(*sides).astype(np.float32)
