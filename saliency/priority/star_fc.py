"""A gaze that goes where one of two maps is strongest, one for the centre of the visual field and one for the rest."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields, check_positive
from saliency.priority.context import GazeContext, Priority

Strategy = Literal["MCA", "SAR", "WCA"]


@dataclass(frozen=True, kw_only=True)
class StarFC:
    r"""A peripheral and a central map, joined, less a map of the places fixated: STAR-FC, its control of the gaze.

    With :math:`P` the peripheral map, :math:`C` the central one (0 beyond :math:`r_c`), :math:`r` the distance from the
    gaze, :math:`r_{max}` that of the farthest cell, and :math:`H` the fixation history:

    .. math::

        \text{MCA: } & \max(g_p P, g_c C) - H \\
        \text{SAR: } & \text{the same, with } P = 0 \text{ within } r_p \\
        \text{WCA: } & \frac{r_p - r}{r_p} C + \frac{r}{r_p} P - H \text{ within } r_p, \quad
                       \Bigl(1 + \frac{r - r_p}{r_{max} - r_p} |1 - g_p|\Bigr) P - H \text{ beyond}

    Each fixation adds :math:`1 - d / R` to the history within :math:`R` of it, up to 1 in all, and each further one
    takes a tenth away everywhere. Both maps are stretched to 0 .. 1 before, and the priority after. The gate of the
    published system is `Argmax`, its eye `GeislerPerry`.

    Parameters
    ----------
    strategy : "MCA", "SAR" or "WCA"
        Maximum of the central and the peripheral activation, which the authors found best; separate activation regions;
        weighted central activation.
    central : callable, or None
        From the `GazeContext` to the central map (rows, columns). None: the map that is seen is both. Then MCA is that
        map less the history, the two fields being one; a learned map, as the authors use, makes them two.
    peripheral_gain, central_gain : float
        :math:`g_p` and :math:`g_c`. The periphery is strengthened, since the eye weakens what it sees there.
    peripheral_deg, central_deg : float
        :math:`r_p` and :math:`r_c`, in degrees.
    history_deg : float
        :math:`R`, in degrees.
    recovery : float
        Number of fixations after which one is forgotten.

    Raises
    ------
    ValueError
        If the strategy is unknown, a radius, a gain or the recovery is not positive, or the central map has another
        shape than the one that is seen.

    Notes
    -----
    This is STAR-FC as far as the map allows. The authors' peripheral map is AIM of the foveated picture, so a model of
    `AIM` comes nearest; their central map is a network (SALICON or DeepGaze II), which is not part of this package. In
    the published program the scene around the picture is seen too; here the maps end where the picture ends.

    References
    ----------
    Wloka, Kotseruba and Tsotsos (2018), Active fixation control to predict saccade sequences, CVPR. The constants are
    those of the authors' program pySTAR-FC.

    Examples
    --------
    >>> from foveation import Viewing
    >>> from saliency import Visit
    >>> places = np.stack(np.meshgrid([0, 20, 40], [0]), axis=-1)
    >>> viewing = Viewing.from_pixels_per_degree(20, (1, 41))
    >>> context = GazeContext(np.array([[1.0, 0.8, 0.0]]), places, viewing, [Visit(0, 0, 0.0)], 0.0)
    >>> StarFC()(context).round(2)
    array([[0.26, 1.  , 0.  ]])
    """

    strategy: Strategy = "MCA"
    central: Priority | None = None
    peripheral_gain: float = 1.15
    central_gain: float = 1.0
    peripheral_deg: float = 9.5
    central_deg: float = 9.6
    history_deg: float = 1.5
    recovery: float = 10.0

    def __post_init__(self) -> None:
        check_fields(self)
        if self.strategy not in get_args(Strategy):
            raise ValueError(f"expected a strategy out of {', '.join(get_args(Strategy))}, got '{self.strategy}'")
        check_positive(
            self, "peripheral_gain", "central_gain", "peripheral_deg", "central_deg", "history_deg", "recovery"
        )

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Priority of each cell, from 0 to 1."""
        away = context.viewing.angle_deg(context.gaze, context.places)
        peripheral = stretched(context.map)
        central = np.where(away <= self.central_deg, self._central(context), 0)
        if self.strategy == "WCA":
            joined = self._weighted(peripheral, central, away)
        else:
            outside = away > self.peripheral_deg if self.strategy == "SAR" else True
            joined = np.maximum(self.peripheral_gain * np.where(outside, peripheral, 0), self.central_gain * central)
        return stretched(joined - self.history(context))

    def _central(self, context: GazeContext) -> NDArray[np.float64]:
        values = np.asarray(context.map if self.central is None else self.central(context), np.float64)
        if values.shape != context.map.shape:
            raise ValueError(f"expected a central map of shape {context.map.shape}, got {values.shape}")
        return stretched(values)

    def _weighted(
        self, peripheral: NDArray[np.float64], central: NDArray[np.float64], away: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        radius = self.peripheral_deg
        near = np.minimum(away / radius, 1)
        far = np.maximum(away - radius, 0) / max(float(away.max()) - radius, 1e-9)
        beyond = (1 + far * abs(1 - self.peripheral_gain)) * peripheral
        return np.where(away < radius, (1 - near) * central + near * peripheral, beyond)

    def history(self, context: GazeContext) -> NDArray[np.float64]:
        """Give the fixation history of each cell, from 0 to 1: the last fixation counts in full."""
        left = np.zeros(context.map.shape)
        for visit in context.visits:
            away = context.viewing.angle_deg(visit[:2], context.places)
            left = np.maximum(left - 1 / self.recovery, 0)
            left = np.minimum(left + np.maximum(1 - away / self.history_deg, 0), 1)
        return left


def stretched(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stretch a map to 0 .. 1; one that is the same everywhere becomes 0.

    Examples
    --------
    >>> stretched(np.array([[2.0, 3.0, 4.0]]))
    array([[0. , 0.5, 1. ]])
    """
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / (high - low) if high > low else np.zeros(values.shape), np.float64)
