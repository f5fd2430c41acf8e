"""Spatial priors: where a task says to look, whatever the picture shows; at a place, in a band, or as drawn."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.checks import check_fields
from saliency.map import check_map, fitted
from saliency.models.centre_bias import CentreBias

Map = NDArray[np.float32]
TRUST = 0.95  # share of what a place counts for that comes from the prior


class Prior(Protocol):
    """Any idea of where to look: from a picture's shape and viewing to a map (height, width), from 0 to 1."""

    def __call__(self, shape: tuple[int, int], viewing: Viewing | None) -> Map:
        """Return the map."""
        ...


@dataclass(frozen=True, kw_only=True)
class Place:
    r"""A prior around a place in degrees from the screen's centre: :math:`1 - t + t\, e^{-d(q)^2 / 2 \sigma^2}`.

    Parameters
    ----------
    place_deg : tuple of float
        Rightward and upward, in degrees.
    spread_deg : float
        :math:`\sigma`, in degrees.
    trust : float
        :math:`t`, from 0 to 1: how much a place counts for less where the prior says that nothing is.
    """

    place_deg: tuple[float, float]
    spread_deg: float = 2.0
    trust: float = TRUST

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.spread_deg > 0 or not 0 <= self.trust <= 1 or not np.isfinite(self.place_deg).all():
            raise ValueError(
                "expected a finite place, a positive spread and a trust from 0 to 1, "
                f"got {self.place_deg}, {self.spread_deg} and {self.trust}"
            )

    def __call__(self, shape: tuple[int, int], viewing: Viewing | None) -> Map:
        """Give the prior (height, width)."""
        if viewing is None:
            raise ValueError(f"a place in degrees, {self.place_deg}, needs a viewing; got none")
        near = viewing.of_picture(shape)
        grid = np.stack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0])), axis=-1)
        apart = near.angle_deg(grid, near.pixels(self.place_deg)) / self.spread_deg
        return np.asarray(1 - self.trust + self.trust * np.exp(-0.5 * apart**2), np.float32)


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawn:
    """A prior as a map, from 0 up, in the proportions of the picture: it is brought to its size, and its peak to 1."""

    map: Map

    def __post_init__(self) -> None:
        if not check_map(self.map).any():
            raise ValueError("expected a prior that is above 0 somewhere, got an empty map")

    def __call__(self, shape: tuple[int, int], viewing: Viewing | None) -> Map:
        """Give the prior (height, width)."""
        return fitted(self.map / self.map.max(), shape)


@dataclass(frozen=True, kw_only=True)
class Band:
    """A prior that does not depend on the picture: `CentreBias`, wherever its middle is, trusted as `Place` is."""

    bias: CentreBias
    trust: float = TRUST

    def __call__(self, shape: tuple[int, int], viewing: Viewing | None) -> Map:
        """Give the prior (height, width)."""
        return np.float32(1 - self.trust) + np.float32(self.trust) * self.bias(np.zeros((*shape, 3), np.uint8))
