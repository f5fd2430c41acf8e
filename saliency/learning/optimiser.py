"""AdamW: gradient descent with momentum, adaptive step lengths and decoupled weight decay."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_number
from saliency.learning import kernels

Map = NDArray[np.float32]
WARM_UP = 50  # steps until the full length is reached, but a tenth of all at most
DECAY = (0.9, 0.999)


class AdamW:
    r"""AdamW: steps along the running mean of the gradient, in units of each weight's own gradients, and weight decay.

    With gradient :math:`g`, its running mean :math:`m` and that of its square :math:`v`, both corrected for their
    start, :math:`w \leftarrow w - \eta_k (\lambda w + m / (\sqrt v + 10^{-8}))`; :math:`\eta_k` rises during the first
    steps and then falls along half a cosine.

    Parameters
    ----------
    parameters : dict of str to array of float32
        Where to start.
    learning_rate : float
        Greatest :math:`\eta`, above 0.
    weight_decay : float
        :math:`\lambda`, from 0 up.
    steps : int
        How many steps will be taken.
    clip_norm : float
        Gradients that are longer than this, all taken as one vector, are scaled down to it (gradient clipping).

    Raises
    ------
    ValueError
        If the learning rate, the number of steps or the clip norm is not positive, or the weight decay is negative.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, ICLR; Loshchilov and Hutter (2019), Decoupled
    weight decay regularization, ICLR.

    Examples
    --------
    >>> optimiser = AdamW({"x": np.array([1.0], np.float32)}, learning_rate=0.1, steps=100)
    >>> for _ in range(100):
    ...     optimiser.move({"x": 2 * optimiser.parameters["x"]})
    >>> bool(abs(optimiser.parameters["x"][0]) < 0.02)
    True
    """

    def __init__(
        self,
        parameters: Mapping[str, Map],
        *,
        learning_rate: float,
        steps: int,
        weight_decay: float = 0.0,
        clip_norm: float = np.inf,
    ) -> None:
        check_number(steps, "at least one step", least=1)
        if not learning_rate > 0:
            raise ValueError(f"expected a positive learning rate, got {learning_rate}")
        if not weight_decay >= 0:
            raise ValueError(f"expected a weight decay from 0 up, got {weight_decay}")
        if not clip_norm > 0:
            raise ValueError(f"expected a positive clip norm, got {clip_norm}")
        self.parameters = {name: np.array(value) for name, value in parameters.items()}
        self.mean = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.square = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.learning_rate, self.weight_decay, self.clip_norm = learning_rate, weight_decay, clip_norm
        self.steps, self.taken = steps, 0

    def go_on(
        self, parameters: Mapping[str, Map], mean: Mapping[str, Map], square: Mapping[str, Map], taken: int
    ) -> None:
        """Resume a training that was stopped after so many steps."""
        kept = (parameters, mean, square)
        self.parameters, self.mean, self.square = ({n: np.array(v) for n, v in each.items()} for each in kept)
        self.taken = taken

    def state(self) -> tuple[dict[str, Map], dict[str, Map], dict[str, Map]]:
        """Give copies of the weights and of the two running means."""
        parameters, mean, square = (
            {name: value.copy() for name, value in each.items()} for each in (self.parameters, self.mean, self.square)
        )
        return parameters, mean, square

    def move(self, gradients: Mapping[str, Any]) -> None:
        """Take one step; weights without a gradient stay."""
        fall = 0.5 * (1 + np.cos(np.pi * self.taken / self.steps))
        size = float(self.learning_rate * min(1.0, (self.taken + 1) / min(WARM_UP, max(0.1 * self.steps, 1.0))) * fall)
        self.taken += 1
        length = float(np.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients.values())))
        scale = min(1.0, self.clip_norm / max(length, 1e-12))
        momentum, steadiness = (1 - decay**self.taken for decay in DECAY)
        root = float(np.sqrt(steadiness))
        left, length = 1 - size * self.weight_decay, size * root / momentum
        pace = kernels.Pace(1 - DECAY[0], 1 - DECAY[1], left, length, 1e-8 * root)
        for name, gradient in gradients.items():
            given = gradient * scale if scale < 1 else gradient
            kinds = (self.parameters, self.mean, self.square)
            weights, mean, square = (each[name].reshape(-1) for each in kinds)
            kernels.descend(weights, np.ascontiguousarray(given, weights.dtype).reshape(-1), mean, square, pace)
