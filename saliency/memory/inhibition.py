"""Inhibition of return: a place just looked at is, for a while, less worth looking at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.regions import Region
from saliency.memory.proto_region import attended_region, check_shape
from saliency.models.itti import IttiKoch

FORGOTTEN = 1e-3


class Visit(NamedTuple):
    """A place, in pixels, that was looked at until `offset`, in seconds, and the shape that was attended there, if any.

    The `region` belongs to the picture that the memory's `viewing` measures. `onset` is when the gaze came to rest
    there; NaN where nobody asks.
    """

    x: float
    y: float
    offset: float
    region: Region | None = None
    onset: float = np.nan


class Memory(Protocol):
    """Any inhibition of return: from where the gaze has been to how much each place is inhibited, 0 for not at all.

    A memory that also has a method `region` is a `ShapeMemory`.
    """

    def __call__(self, visits: Sequence[Visit], now: float, places: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
        """Inhibition of each of `places` (..., 2) at time `now`; the priority there is divided by one plus it."""
        ...


class ShapeMemory(Memory, Protocol):
    """Object-based inhibition of return: it is asked for the shape that was attended, and given it with the `Visit`."""

    def region(self, image: NDArray[np.float32], place: tuple[float, float]) -> Region | None:
        """Give the shape at the place that has won in a picture (height, width, 3), or None."""
        ...


@dataclass(frozen=True, kw_only=True)
class InhibitionOfReturn:
    r"""Inhibition of return: shunting inhibition around each place visited, fading with distance and with time.

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
        check_fields(self, strength=1e300, decay_s=math.inf)
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
            left = self.left(visit, now)
            if left > FORGOTTEN:
                angle = viewing.angle_deg((visit.x, visit.y), where)
                total += left * np.exp(-0.5 * (angle / self.spread_deg) ** 2)
        return total

    def left(self, visit: Visit, now: float) -> float:
        """Inhibition that is left of a visit, at its place."""
        return float(self.strength * np.exp(-max(now - visit.offset, 0.0) / self.decay_s))


@dataclass(frozen=True, kw_only=True)
class ShapeInhibition:
    """Inhibition of the whole shape that was attended, and of nothing beyond it: object-based inhibition of return.

    The shape is the proto-object that `attended_region` finds from the maps of the model, widened a little, because the
    map shows it blurred [1]_. Within it the inhibition is even. Where there is no shape, as at a place where the gaze
    only started, the disc takes its place.

    Parameters
    ----------
    model : IttiKoch
        The model that makes the map, or one like it.
    disc : InhibitionOfReturn
        Strength and decay, and the spread where there is no shape.
    share, largest : float
        Answer at a shape's edge, relative to the winner's, and area that it must stay below, relative to the map.
    dilation : int
        By how many cells of the model's conspicuity maps a shape is widened.

    Raises
    ------
    ValueError
        If a share is not above 0 and up to 1, or the dilation is negative.

    References
    ----------
    .. [1] Walther and Koch (2006), Neural Networks 19: 1395-1407. A dilation by 2 is that of the SaliencyToolbox.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:120, 80:240] = (0.9, 0.1, 0.1)
    >>> memory = ShapeInhibition()
    >>> visit = Visit(100, 110, 0.0, region=memory.region(picture, (100, 110)))
    >>> viewing = Viewing.from_pixels_per_degree(20, picture.shape)
    >>> memory([visit], 0.0, [(100, 110), (230, 110), (100, 170)], viewing)
    array([10., 10.,  0.])
    """

    model: IttiKoch = field(default_factory=IttiKoch)
    disc: InhibitionOfReturn = field(default_factory=InhibitionOfReturn)
    share: float = 0.5
    largest: float = 0.1
    dilation: int = 2

    def __post_init__(self) -> None:
        check_fields(self)
        check_shape(self.share, self.largest, self.dilation)

    def region(self, image: ArrayLike, place: tuple[float, float]) -> Region | None:
        """Give the shape at the place (x, y) that has won in a picture, widened; None if there is none."""
        return attended_region(self.model, image, place, share=self.share, largest=self.largest, dilation=self.dilation)

    def __call__(self, visits: Sequence[Visit], now: float, places: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
        """Inhibition of each of `places` (..., 2) at time `now`; a place of a grid stands for its whole cell."""
        where = np.asarray(places, np.float64)
        total = self.disc([visit for visit in visits if visit.region is None], now, where, viewing)
        for visit in visits:
            left = self.disc.left(visit, now)
            if visit.region is not None and left > FORGOTTEN:
                total += left * _covered(visit.region, where, viewing)
        return total


def _covered(region: Region, where: NDArray[np.float64], viewing: Viewing) -> NDArray[np.bool_]:
    """Mark the places that a region covers; of a grid, those whose cell it touches."""
    width, height = viewing.screen_px
    mask = region.on((height, width)).astype(np.uint8)
    if where.ndim == 3 and where.shape[1] > 1:
        step = max(1, round(where[0, 1, 0] - where[0, 0, 0]))
        mask = cv2.dilate(mask, np.ones((step, step), np.uint8), anchor=((step - 1) // 2, (step - 1) // 2))
    nearest = np.ceil(where - 0.5).astype(np.intp)  # half pixels down: of an even cell, the lower of its middle two
    inside = np.all((nearest >= 0) & (nearest < (width, height)), axis=-1)
    columns, rows = np.clip(nearest, 0, (width - 1, height - 1)).T
    return np.asarray(inside & (mask[rows, columns].T > 0), np.bool_)
