"""The gate: from a map of priorities to the one place that is looked at, or to a weight for each.

Hard attention and soft attention are two ways to read the same map: `Argmax` and `WinnerTakeAll` pick one place,
`softmax` spreads a weight over all of them, and a sample of these weights (`Softmax`) is in between. `neural.attend`
uses the functions of this file, so a gate and an attention layer are one piece of code.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_number, check_positive
from saliency.gate import kernels
from saliency.gate.softmax import one_hot_argmax, perturbed, softmax
from saliency.map import check_map, is_flat


class Winner(NamedTuple):
    """The place that won, column `x` and row `y` of the map, and how long the decision took, in seconds."""

    x: int
    y: int
    latency: float


class Gate(Protocol):
    """Any way to pick one place of a priority map: the selection stage of a model of attention.

    A gate may say more of itself, and what it does not say is taken as no. One that samples from a probability is a
    `DrawingGate`, one that is a race whose course can be shown a `RacingGate`. Any gate can have `weights`, the
    probability of each place, for `Observer.density`.
    """

    def __call__(self, priority: NDArray[np.float32], rng: np.random.Generator | int = 0) -> Winner | None:
        """Pick a place of the (height, width) map, or None where no place differs from the others."""
        ...


class DrawingGate(Gate, Protocol):
    """A gate that samples the place from a probability, rather than to decide for the strongest.

    Attributes
    ----------
    draws : bool
        Whether it does. An observer with such a gate gets the parts that suit a density, works on the mean of the map
        in each cell, not on its peak, and lands anywhere in and around the cell that was drawn.
    takes_density : bool
        Whether it takes a density as it is. Gates without this get it relative to its greatest value, which is what
        temperatures and currents are meant for.
    """

    draws: ClassVar[bool]
    takes_density: ClassVar[bool]

    def weights(self, priority: ArrayLike) -> NDArray[np.float64]:
        """Probability of each place of the (height, width) map; sums to one."""
        ...


class RacingGate(Gate, Protocol):
    """A gate whose units race to a threshold, so that a film can show how the winner came to win."""

    @property
    def reset(self) -> float:
        """Potential at which all units start, in volt."""
        ...

    @property
    def threshold(self) -> float:
        """Potential that ends the race, in volt."""
        ...

    def drive(self, priority: ArrayLike, rng: np.random.Generator | int = 0) -> NDArray[np.float64]:
        """Give the current into the unit of each place of the (height, width) map, in ampere, with its noise."""
        ...

    def potentials(self, drive: ArrayLike, duration: float) -> NDArray[np.float64]:
        """Potentials (steps + 1, n) of units over time, in volt, for currents (n,), as if none of them ended it."""
        ...


def _checked(priority: ArrayLike) -> NDArray[np.float32] | None:
    values = check_map(priority)
    return None if is_flat(values) else values


def _place(index: Any, values: NDArray[np.float32], latency: float) -> Winner:  # noqa: ANN401
    row, column = divmod(int(index), values.shape[1])
    return Winner(column, row, latency)


@dataclass(frozen=True, kw_only=True)
class Argmax:
    """Argmax: the place of highest priority, after a time that is always the same; hard attention.

    Parameters
    ----------
    latency : float
        Time that a decision takes, in seconds.

    Examples
    --------
    >>> Argmax()([[0.1, 0.2], [0.9, 0.1]])
    Winner(x=0, y=1, latency=0.11)
    """

    latency: float = 0.11

    def __post_init__(self) -> None:
        check_number(self.latency, "a latency from 0 s up", least=0)

    def __call__(self, priority: ArrayLike, rng: np.random.Generator | int = 0) -> Winner | None:
        """Pick a place of the (height, width) map, or None if it is flat."""
        values = _checked(priority)
        return None if values is None else _place(one_hot_argmax(values.ravel()).argmax(), values, self.latency)

    def weights(self, priority: ArrayLike) -> NDArray[np.float64]:
        """Weight of each place: 1 for the winner, 0 elsewhere."""
        values = check_map(priority)
        return one_hot_argmax(values.ravel()).reshape(values.shape)


@dataclass(frozen=True, kw_only=True)
class Softmax:
    r"""A place drawn with probability :math:`\propto e^{p/T}`: a sample of soft attention.

    Parameters
    ----------
    temperature : float
        :math:`T`, in units of the priority, above 0.
    latency : float
        Time that a decision takes, in seconds.

    Raises
    ------
    ValueError
        If the temperature is not positive.

    Examples
    --------
    >>> gate = Softmax(temperature=0.01)
    >>> gate([[0.1, 0.2], [0.9, 0.1]], rng=0)
    Winner(x=0, y=1, latency=0.11)
    """

    draws: ClassVar[bool] = True

    temperature: float = 0.1
    latency: float = 0.11

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.temperature > 0:
            raise ValueError(f"expected a temperature above 0, got {self.temperature}")

    def __call__(self, priority: ArrayLike, rng: np.random.Generator | int = 0) -> Winner | None:
        """Draw a place of the (height, width) map, or None if it is flat."""
        values = _checked(priority)
        if values is None:
            return None
        return _place(perturbed(values.ravel(), self.temperature, rng).argmax(), values, self.latency)

    def weights(self, priority: ArrayLike) -> NDArray[np.float64]:
        """Probability of each place; sums to one."""
        values = check_map(priority)
        weights: NDArray[np.float64] = softmax(values.astype(np.float64).ravel(), self.temperature)
        return weights.reshape(values.shape)


@dataclass(frozen=True, kw_only=True)
class WinnerTakeAll:
    r"""A race of leaky integrate-and-fire units, ended for all by the first that fires.

    The priority :math:`s_i` of a place drives a saliency neuron, which does not fire, and this drives a unit that does:

    .. math::

        C_s \dot v_i = I s_i - g_s v_i, \qquad C \dot u_i = g_{in} v_i - g u_i

    When the first :math:`u_i` passes the threshold, a global inhibitor resets all units to its reversal potential;
    so every race starts there. The weaker the winner, the longer the race [1]_. Constants are those of the
    SaliencyToolbox [2]_, in SI units; on a saliency neuron that starts from rest, as after a saccade, they make a race
    of about 0.1 s, and on one that is already charged (`charged_s`) the 30 to 70 ms of a covert shift of attention.

    Parameters
    ----------
    peak : float
        Priority that drives a saliency neuron with `current`.
    current : float
        Current :math:`I` into a saliency neuron at `peak`, in ampere (20 mV in the end).
    saliency_capacitance, saliency_leak : float
        :math:`C_s` in farad and :math:`g_s` in siemens (0.5 s).
    capacitance, leak : float
        :math:`C` in farad and :math:`g` in siemens (0.1 s).
    coupling : float
        :math:`g_{in}`, in siemens.
    threshold : float
        Potential that ends the race, in volt.
    reset : float
        Reversal potential of the global inhibition, where all units start, in volt.
    charged_s : float
        Time for which the saliency neurons have been driven when the race starts, in seconds; `inf`: for ever.
    noise : float
        Standard deviation of the logarithm of each unit's drive, from race to race.
    step : float
        Integration step, in seconds.
    patience : float
        Give up after this many seconds.

    Raises
    ------
    ValueError
        If a constant that must be positive is not, or `step` is not shorter than the time constants.

    References
    ----------
    .. [1] Koch and Ullman (1985), Shifts in selective visual attention, Human Neurobiology 4;
       Itti and Koch (2000), Vision Research 40, section 2.4.
    .. [2] Walther and Koch (2006), Modeling attention to salient proto-objects, Neural Networks 19.

    Examples
    --------
    >>> gate = WinnerTakeAll()
    >>> gate([[0.1, 0.2], [1.0, 0.1]])
    Winner(x=0, y=1, latency=0.1081)
    >>> gate([[0.1, 0.2], [0.5, 0.1]]).latency
    0.1407
    """

    peak: float = 1.0
    current: float = 2e-9
    saliency_capacitance: float = 50e-9
    saliency_leak: float = 100e-9
    capacitance: float = 1e-9
    leak: float = 10e-9
    coupling: float = 50e-9
    threshold: float = 1e-3
    reset: float = -20e-3
    charged_s: float = 0.0
    noise: float = 0.0
    step: float = 1e-4
    patience: float = 2.0

    def __post_init__(self) -> None:
        check_fields(self, charged_s=math.inf, patience=1e4)
        positive = (
            "peak",
            "current",
            "saliency_capacitance",
            "saliency_leak",
            "capacitance",
            "leak",
            "coupling",
            "step",
        )
        check_positive(self, *positive)
        if self.noise < 0 or self.charged_s < 0:
            raise ValueError(f"expected noise and charged_s from 0 up, got {self.noise} and {self.charged_s}")
        shortest = min(self.saliency_capacitance / self.saliency_leak, self.capacitance / self.leak)
        if self.step >= shortest:
            raise ValueError(f"expected a step shorter than the time constant of {shortest:g} s, got {self.step:g} s")

    def __call__(self, priority: ArrayLike, rng: np.random.Generator | int = 0) -> Winner | None:
        """Race the (height, width) map; None if it is flat or nobody reaches the threshold in time."""
        values = _checked(priority)
        if values is None:
            return None
        drive = self.drive(values, rng).ravel()
        winner, steps = kernels.race(
            drive,
            drive * (self._charge / self.saliency_leak),
            np.full(drive.size, self.reset),
            kernels.Membrane(
                step=self.step,
                saliency_rate=self.saliency_leak / self.saliency_capacitance,
                drive_rate=1 / self.saliency_capacitance,
                leak_rate=self.leak / self.capacitance,
                input_rate=self.coupling / self.capacitance,
                threshold=self.threshold,
                floor=self.reset,
            ),
            round(self.patience / self.step),
        )
        return None if winner < 0 else _place(winner, values, round(steps * self.step, 9))

    @property
    def _charge(self) -> float:
        """How far the saliency neurons are charged when the race starts, as a share of where they will end."""
        return float(-np.expm1(-self.charged_s * self.saliency_leak / self.saliency_capacitance))

    def drive(self, priority: ArrayLike, rng: np.random.Generator | int = 0) -> NDArray[np.float64]:
        """Give the current into each saliency neuron, in ampere, with its noise, for a (height, width) map."""
        current = np.asarray(priority, np.float64) * (self.current / self.peak)
        if not self.noise:
            return np.asarray(current)
        noise = np.random.default_rng(rng).standard_normal(current.size).reshape(current.shape)
        return np.asarray(current * np.exp(self.noise * noise))

    def potentials(self, drive: ArrayLike, duration: float) -> NDArray[np.float64]:
        r"""Membrane potentials of the units over time, as if none of them ended the race.

        Parameters
        ----------
        drive : array, shape (n,)
            Current :math:`I s_i` into each saliency neuron, in ampere.
        duration : float
            How long, in seconds.

        Returns
        -------
        array, shape (steps + 1, n)
            :math:`u_i` in volt, every `step` seconds from 0. The first that passes `threshold` wins.

        Examples
        --------
        >>> gate = WinnerTakeAll()
        >>> potentials = gate.potentials([2e-9, 1e-9], 0.12)
        >>> winner = gate([[1.0, 0.5]])
        >>> int((potentials[:, winner.x] > gate.threshold).argmax()) * gate.step, winner.latency
        (0.1081, 0.1081)
        """
        currents = np.asarray(drive, np.float64)
        steps = round(duration / self.step)
        saliency = currents / self.saliency_leak * self._charge
        potentials = np.empty((steps + 1, currents.size))
        potentials[0] = self.reset
        for step in range(steps):
            saliency = saliency + self.step / self.saliency_capacitance * (currents - self.saliency_leak * saliency)
            flow = self.coupling * saliency - self.leak * potentials[step]
            potentials[step + 1] = np.maximum(potentials[step] + self.step / self.capacitance * flow, self.reset)
        return potentials


@dataclass(frozen=True, kw_only=True)
class Luce:
    r"""A place drawn with probability :math:`\propto p^\beta`: Luce's choice axiom, the gate of a density.

    With :math:`\beta = 1` a priority that is a density is sampled as it is; a greater exponent keeps to the likely
    places, up to `Argmax`. It is `Softmax` of :math:`\log p` at temperature :math:`1 / \beta`.

    Parameters
    ----------
    exponent : float
        :math:`\beta`, above 0.
    latency : float
        Time that a decision takes, in seconds.

    Raises
    ------
    ValueError
        If the exponent is not positive and finite.

    References
    ----------
    Luce (1959), Individual Choice Behavior, chapter 1.

    Examples
    --------
    >>> Luce().weights([[1.0, 3.0]]), Luce(exponent=2).weights([[1.0, 3.0]])
    (array([[0.25, 0.75]]), array([[0.1, 0.9]]))
    """

    draws: ClassVar[bool] = True
    takes_density: ClassVar[bool] = True

    exponent: float = 1.0
    latency: float = 0.11

    def __post_init__(self) -> None:
        check_fields(self)
        check_number(self.exponent, "a finite exponent above 0", above=0)

    def __call__(self, priority: ArrayLike, rng: np.random.Generator | int = 0) -> Winner | None:
        """Draw a place of the (height, width) map, or None if it is empty."""
        values = np.asarray(priority, np.float64)
        if not values.any():
            return None
        summed = np.cumsum(self.weights(values))
        drawn = np.searchsorted(summed, np.random.default_rng(rng).random() * summed[-1], side="right")
        row, column = divmod(int(min(drawn, values.size - 1)), values.shape[1])
        return Winner(column, row, self.latency)

    def weights(self, priority: ArrayLike) -> NDArray[np.float64]:
        """Probability of each place; sums to one. An empty map gives an even one."""
        values = np.asarray(priority, np.float64)
        if values.ndim != 2 or not np.isfinite(values).all() or (values < 0).any():
            raise ValueError(f"expected a map (height, width) of finite numbers from 0 up, got {values.shape}")
        top = float(values.max())
        weights = np.ones(values.shape) if top == 0 else (values / top) ** self.exponent
        return np.asarray(weights / weights.sum())
