"""Gradient descent with momentum, each weight's steps in units of its own slopes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saliency.learning import kernels

Map = NDArray[np.float32]
WARM_UP = 50  # steps until the full length is reached, but a tenth of all at most
DECAY = (0.9, 0.999)


class Descent:
    r"""AdamW: steps along the mean slope, each weight's in units of its own slopes; and all weights shrink.

    With slope :math:`g`, its running mean :math:`m` and that of its square :math:`v`, both corrected for their start,
    :math:`w \leftarrow w - \eta_k (\lambda w + m / (\sqrt v + 10^{-8}))`; :math:`\eta_k` rises during the first steps
    and then falls along half a cosine.

    Parameters
    ----------
    parameters : dict of str to array of float32
        Where to start.
    step : float
        Greatest :math:`\eta`.
    shrinkage : float
        :math:`\lambda`.
    steps : int
        How many steps will be taken.
    longest : float
        Slopes that are longer than this, all taken as one vector, are scaled down to it.

    Raises
    ------
    ValueError
        If the step, the number of steps or the longest slope is not positive, or the shrinkage is negative.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, ICLR; Loshchilov and Hutter (2019), Decoupled
    weight decay regularization, ICLR.

    Examples
    --------
    >>> descent = Descent({"x": np.array([1.0], np.float32)}, step=0.1, steps=100)
    >>> for _ in range(100):
    ...     descent.move({"x": 2 * descent.parameters["x"]})
    >>> bool(abs(descent.parameters["x"][0]) < 0.02)
    True
    """

    def __init__(
        self,
        parameters: Mapping[str, Map],
        *,
        step: float,
        steps: int,
        shrinkage: float = 0.0,
        longest: float = np.inf,
    ) -> None:
        if steps < 1:
            raise ValueError(f"expected at least one step, got {steps}")
        if not step > 0:
            raise ValueError(f"expected a positive step, got {step}")
        if not shrinkage >= 0:
            raise ValueError(f"expected a shrinkage from 0 up, got {shrinkage}")
        if not longest > 0:
            raise ValueError(f"expected a positive greatest length of the slopes, got {longest}")
        self.parameters = {name: np.array(value) for name, value in parameters.items()}
        self.mean = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.square = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.step, self.shrinkage, self.steps, self.longest, self.taken = step, shrinkage, steps, longest, 0

    def go_on(
        self, parameters: Mapping[str, Map], mean: Mapping[str, Map], square: Mapping[str, Map], taken: int
    ) -> None:
        """Take up a descent that was stopped after so many steps."""
        kept = (parameters, mean, square)
        self.parameters, self.mean, self.square = ({n: np.array(v) for n, v in each.items()} for each in kept)
        self.taken = taken

    def state(self) -> tuple[dict[str, Map], dict[str, Map], dict[str, Map]]:
        """Give copies of the weights and of the two running means."""
        parameters, mean, square = (
            {name: value.copy() for name, value in each.items()} for each in (self.parameters, self.mean, self.square)
        )
        return parameters, mean, square

    def move(self, slopes: Mapping[str, Any]) -> None:
        """Take one step; weights without a slope stay."""
        fall = 0.5 * (1 + np.cos(np.pi * self.taken / self.steps))
        size = float(self.step * min(1.0, (self.taken + 1) / min(WARM_UP, max(0.1 * self.steps, 1.0))) * fall)
        self.taken += 1
        length = float(np.sqrt(sum(float(np.vdot(slope, slope)) for slope in slopes.values())))
        scale = min(1.0, self.longest / max(length, 1e-12))
        momentum, steadiness = (1 - decay**self.taken for decay in DECAY)
        root = float(np.sqrt(steadiness))
        left, length = 1 - size * self.shrinkage, size * root / momentum
        pace = kernels.Pace(1 - DECAY[0], 1 - DECAY[1], left, length, 1e-8 * root)
        for name, slope in slopes.items():
            given = slope * scale if scale < 1 else slope
            kinds = (self.parameters, self.mean, self.square)
            weights, mean, square = (each[name].reshape(-1) for each in kinds)
            kernels.descend(weights, np.ascontiguousarray(given, weights.dtype).reshape(-1), mean, square, pace)
