"""Recurrent cores: what a network keeps of what it has seen, step by step, with the gradients through time.

A cell turns the drive of a step, x W + b, and the state before it into the state after it. `unroll` runs one along a
sequence and is one step for `autograd`: gradients go back through time in one loop, those of the weights are one
product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp_argnums, primitive
from autograd.tracer import getval
from numpy.typing import NDArray

Array = NDArray[Any]

WAYS = ("forward", "backward")
START = 3  # among the arguments of `_through_time`


class Unrolled(NamedTuple):
    """What a cell went through: states (steps, n, width) after each step, and what it kept for the way back."""

    states: Array
    kept: Array


class Cell(Protocol):
    """A recurrent core: how a state follows from the one before."""

    @property
    def size(self) -> int:
        """Units that the rest of the network sees: the first of the state."""
        ...

    @property
    def drives(self) -> int:
        """Inputs of each unit."""
        ...

    @property
    def width(self) -> int:
        """Numbers in the state of one example."""
        ...

    def step(self, drive: Array, state: Array, pull: Array) -> tuple[Array, Array]:
        """Give the next state (n, width), and what to keep (n, any), from `drive` and `pull`, (n, drives * size)."""
        ...

    def backward(self, gradient: Array, before: Array, after: Array, kept: Array) -> tuple[Array, Array, Array]:
        """Give the gradients of the drive, of the pull and, for what does not go through the pull, of the state before.

        The last is an array of its own, to which more is added.
        """
        ...


def _logistic(values: Array) -> Array:
    half = values.dtype.type(0.5)
    values *= half
    np.tanh(values, out=values)
    values *= half
    values += half
    return values


@dataclass(frozen=True, kw_only=True)
class ReLUCell:
    r"""The simplest core: :math:`h_t = \max(0, x_t W + h_{t-1} U + b)`.

    Parameters
    ----------
    size : int
        Units.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 4.

    Examples
    --------
    >>> ReLUCell(size=2).step(np.array([[1.0, -1.0]]), np.zeros((1, 2)), np.zeros((1, 2)))[0]
    array([[1., 0.]])
    """

    size: int = 256

    def __post_init__(self) -> None:
        _check_size(self.size)

    @property
    def drives(self) -> int:
        """Inputs of each unit: one."""
        return 1

    @property
    def width(self) -> int:
        """Numbers in the state: the units."""
        return self.size

    def step(self, drive: Array, state: Array, pull: Array) -> tuple[Array, Array]:
        """Give the next state; nothing is kept besides it."""
        after = drive + pull
        zeros = np.zeros(self.size, after.dtype)  # four times as fast as with the number 0
        return np.maximum(after, zeros, out=after), after[:, :0]

    def backward(self, gradient: Array, before: Array, after: Array, kept: Array) -> tuple[Array, Array, Array]:
        """Give the gradients of drive, pull and state."""
        passed = gradient * (after > 0)
        return passed, passed, np.zeros_like(gradient)


@dataclass(frozen=True, kw_only=True)
class GRU:
    r"""A core with gates: how much of the state stays (:math:`z`), how much of it counts for what is new (:math:`r`).

    .. math::

        r, z = \sigma(x W_{r,z} + h U_{r,z} + b), \quad n = \tanh(x W_n + b_n + r (h U_n + c_n)), \quad
        h' = n + z (h - n)

    Parameters
    ----------
    size : int
        Units.

    References
    ----------
    Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, EMNLP, eq. 5-8; with the reset gate
    after the product, as in most libraries.

    Examples
    --------
    >>> GRU(size=1).step(np.array([[0.0, 0.0, 10.0]]), np.zeros((1, 1)), np.zeros((1, 3)))[0]
    array([[0.5]])
    """

    size: int = 256

    def __post_init__(self) -> None:
        _check_size(self.size)

    @property
    def drives(self) -> int:
        """Inputs of each unit: two gates and the new state."""
        return 3

    @property
    def width(self) -> int:
        """Numbers in the state: the units."""
        return self.size

    def step(self, drive: Array, state: Array, pull: Array) -> tuple[Array, Array]:
        """Give the next state; gates, the new state and its pull are kept."""
        size = self.size
        kept = np.empty((len(drive), 4 * size), drive.dtype)
        gates, new, pulled = kept[:, : 2 * size], kept[:, 2 * size : 3 * size], kept[:, 3 * size :]
        np.add(drive[:, : 2 * size], pull[:, : 2 * size], out=gates)
        _logistic(gates)
        pulled[...] = pull[:, 2 * size :]
        np.multiply(gates[:, :size], pulled, out=new)
        new += drive[:, 2 * size :]
        np.tanh(new, out=new)
        return new + gates[:, size:] * (state - new), kept

    def backward(self, gradient: Array, before: Array, after: Array, kept: Array) -> tuple[Array, Array, Array]:
        """Give the gradients of drive, pull and state."""
        reset, update, new, pulled = np.split(kept, 4, axis=1)
        size = self.size
        drive = np.empty((len(gradient), 3 * size), gradient.dtype)
        of_new = gradient * (1 - update) * (1 - new * new)
        drive[:, :size] = of_new * pulled * reset * (1 - reset)
        drive[:, size : 2 * size] = gradient * (before - new) * update * (1 - update)
        drive[:, 2 * size :] = of_new
        pull = drive.copy()
        pull[:, 2 * size :] *= reset
        return drive, pull, gradient * update


@dataclass(frozen=True, kw_only=True)
class LSTM:
    r"""A core with a memory of its own: :math:`c' = f c + i g`, :math:`h' = o \tanh c'`.

    The gates stand in the order i, f, g, o; the state is h and c side by side.

    Parameters
    ----------
    size : int
        Units.

    References
    ----------
    Hochreiter and Schmidhuber (1997), Neural Computation 9; with the forget gate of Gers, Schmidhuber and Cummins
    (2000), Neural Computation 12.

    Examples
    --------
    >>> state, _ = LSTM(size=1).step(np.array([[9.0, 0.0, 9.0, 9.0]]), np.zeros((1, 2)), np.zeros((1, 4)))
    >>> state.round(2)
    array([[0.76, 1.  ]])
    """

    size: int = 256

    def __post_init__(self) -> None:
        _check_size(self.size)

    @property
    def drives(self) -> int:
        """Inputs of each unit: three gates and the new content."""
        return 4

    @property
    def width(self) -> int:
        """Numbers in the state: output and memory."""
        return 2 * self.size

    def step(self, drive: Array, state: Array, pull: Array) -> tuple[Array, Array]:
        """Give the next state; gates and new content are kept."""
        size = self.size
        kept = drive + pull
        content = np.tanh(kept[:, 2 * size : 3 * size])
        _logistic(kept[:, : 2 * size])
        _logistic(kept[:, 3 * size :])
        kept[:, 2 * size : 3 * size] = content
        after = np.empty((len(drive), 2 * size), drive.dtype)
        after[:, size:] = kept[:, size : 2 * size] * state[:, size:] + kept[:, :size] * content
        after[:, :size] = kept[:, 3 * size :] * np.tanh(after[:, size:])
        return after, kept

    def backward(self, gradient: Array, before: Array, after: Array, kept: Array) -> tuple[Array, Array, Array]:
        """Give the gradients of drive, pull and state."""
        size = self.size
        let_in, forget, content, let_out = np.split(kept, 4, axis=1)
        curved = np.tanh(after[:, size:])
        memory = gradient[:, size:] + gradient[:, :size] * let_out * (1 - curved * curved)
        parts = (
            memory * content * let_in * (1 - let_in),
            memory * before[:, size:] * forget * (1 - forget),
            memory * let_in * (1 - content * content),
            gradient[:, :size] * curved * let_out * (1 - let_out),
        )
        drive = np.concatenate(parts, axis=1)
        state = np.zeros_like(gradient)
        state[:, size:] = memory * forget
        return drive, drive, state


CORES: dict[str, type[ReLUCell] | type[GRU] | type[LSTM]] = {"rectifier": ReLUCell, "gru": GRU, "lstm": LSTM}


def _check_size(size: int) -> None:
    if not isinstance(size, int | np.integer) or size < 1:
        raise ValueError(f"expected a whole number of units from 1 up, got {size}")


def pull(cell: Cell, state: Array | None, recurrent: Array, bias: Array) -> Array:
    """Give what a state (n, width) adds to the drive, (n, drives * size) or, of no state at all, (1, drives * size)."""
    if state is None:
        return bias[np.newaxis]
    pulled = state[:, : cell.size] @ recurrent
    pulled += bias
    return np.asarray(pulled)


def run(
    cell: Cell, drive: Array, recurrent: Array, bias: Array, start: Array | None, mask: Array | None = None
) -> Unrolled:
    """Run a cell along a sequence of drives, without a thought of gradients; parameters are those of `unroll`."""
    states: list[Array] = []
    kept: list[Array] = []
    state = np.zeros((drive.shape[1], cell.width), drive.dtype) if start is None else start
    for step in range(len(drive)):
        after, keep = cell.step(drive[step], state, pull(cell, state if states else start, recurrent, bias))
        if mask is not None and not mask[step].all():
            counts = mask[step][:, np.newaxis]
            after, keep = np.where(counts, after, state), np.where(counts, keep, 0)
        state = after
        states.append(state)
        kept.append(keep)
    return Unrolled(np.stack(states), np.stack(kept))


def unroll(
    drive: Any,  # noqa: ANN401  (arrays and autograd boxes)
    recurrent: Any,  # noqa: ANN401
    bias: Any,  # noqa: ANN401
    start: Any,  # noqa: ANN401
    cell: Cell,
    *,
    mask: Array | None = None,
    known: Unrolled | None = None,
) -> Any:  # noqa: ANN401
    """Run a cell along a sequence; give the states (steps, n, width) after each step.

    Parameters
    ----------
    drive : array, shape (steps, n, drives * size)
        x W + b of every step.
    recurrent, bias : array, shape (size, drives * size) and (drives * size,)
        From the units to their own inputs.
    start : array, shape (n, width), or None
        State before the first step; None: zeros.
    cell : Cell
        `ReLUCell`, `GRU` or `LSTM`.
    mask : array of bool, shape (steps, n)
        Steps that count; at the others the state stays as it is, whatever stands there.
    known : Unrolled, optional
        What came of it, if that has been worked out already: then only gradients are.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If the mask is not of bool.

    Examples
    --------
    >>> cell = ReLUCell(size=1)
    >>> unroll(np.ones((3, 1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros((1, 1)), cell).ravel()
    array([1., 2., 3.])
    """
    plain = [getval(each) for each in (drive, recurrent, bias, start)]
    _check_shapes(cell, *(None if each is None else np.shape(each) for each in (*plain, mask)))
    if mask is not None and mask.dtype != np.bool_:
        raise TypeError(f"expected a mask of bool, True where a step counts, got {mask.dtype}")
    ran = run(cell, plain[0], plain[1], plain[2], plain[3], mask) if known is None else known
    return _through_time(drive, recurrent, bias, start, cell, mask, ran)


def _check_shapes(cell: Cell, *shapes: Any) -> None:  # noqa: ANN401
    drive = shapes[0]
    inputs = cell.drives * cell.size
    if len(drive) != 3 or drive[0] == 0:
        raise ValueError(f"expected drives (steps, n, {inputs}) of at least one step, got {drive}")
    wanted = [(*drive[:2], inputs), (cell.size, inputs), (inputs,), (drive[1], cell.width), drive[:2]]
    names = ("drives", "recurrent weights", "a bias", "a start", "a mask")
    for name, want, got in zip(names, wanted, shapes, strict=True):
        if got is not None and got != want:
            raise ValueError(f"expected {name} of shape {want} for {cell}, got {got}")


def _rows(values: Array) -> Array:
    return values.reshape(-1, values.shape[-1])


@primitive
def _through_time(
    drive: Array, recurrent: Array, bias: Array, start: Array | None, cell: Cell, mask: Array | None, ran: Unrolled
) -> Array:
    return ran.states


def _through_time_gradients(argnums: Any, states: Array, args: Any, _: Any) -> Any:  # noqa: ANN401
    drive, recurrent, _bias, start, cell, mask, ran = args

    def gradients(gradient: Array) -> tuple[Array, ...]:
        carried = np.zeros_like(states[0])
        before = [carried if start is None else start, *states[:-1]]
        drives, pulls = np.empty_like(drive), np.empty_like(drive)
        for step in range(len(states) - 1, -1, -1):
            arrived = gradient[step] + carried
            whole = mask is None or bool(mask[step].all())
            counts = arrived if whole else arrived * mask[step][:, np.newaxis]
            drives[step], pulls[step], direct = cell.backward(counts, before[step], states[step], ran.kept[step])
            if step == 0 and START not in argnums:
                break
            carried = direct
            carried[:, : cell.size] += pulls[step] @ recurrent.T
            if not whole:
                carried += arrived * ~mask[step][:, np.newaxis]
        earlier, pulled = (states[:-1], pulls[1:]) if start is None else (np.stack(before), pulls)
        ways = (
            lambda: drives,
            lambda: _rows(earlier[..., : cell.size]).T @ _rows(pulled),
            lambda: _rows(pulls).sum(axis=0),
            lambda: carried,
        )
        return tuple(ways[argnum]() for argnum in argnums)

    return gradients


defvjp_argnums(_through_time, _through_time_gradients)


def bidirectional(
    parameters: Mapping[str, Any],
    name: str,
    drives: tuple[Any, Any],
    cell: Cell,
    *,
    mask: Array | None = None,
) -> Any:  # noqa: ANN401
    """Read a sequence from its beginning and from its end; give the states of both side by side, (steps, n, 2 * width).

    So each step is known together with what comes before it and with what comes after.

    Parameters
    ----------
    parameters : dict of str to array
        With those that `initial_bidirectional` gives for this name.
    name : str
        What they are called.
    drives : array, shape (steps, n, drives * size), twice
        x W + b of every step, for the way there and for the way back, both in the order of the sequence.
    cell : Cell
        `ReLUCell`, `GRU` or `LSTM`.
    mask : array of bool, shape (steps, n)
        Steps that exist; None: all.

    References
    ----------
    Schuster and Paliwal (1997), Bidirectional recurrent neural networks, IEEE Transactions on Signal Processing 45.

    Examples
    --------
    >>> cell, drive = ReLUCell(size=1), np.array([[[1.0]], [[2.0]]])
    >>> weights = {f"x {way} recurrent": np.ones((1, 1)) for way in WAYS}
    >>> weights |= {f"x {way} recurrent bias": np.zeros(1) for way in WAYS}
    >>> bidirectional(weights, "x", (drive, drive), cell)[:, 0].tolist()
    [[1.0, 3.0], [3.0, 2.0]]
    """
    if mask is not None and mask.all():
        mask = None
    turned = (drives[0], anp.flipud(drives[1]))
    masks = (mask, None if mask is None else mask[::-1])
    there, backward = (
        unroll(
            drive,
            parameters[f"{name} {way} recurrent"],
            parameters[f"{name} {way} recurrent bias"],
            None,
            cell,
            mask=exist,
        )
        for way, drive, exist in zip(WAYS, turned, masks, strict=True)
    )
    return anp.concatenate([there, anp.flipud(backward)], axis=-1)


def initial_bidirectional(name: str, width: int, cell: Cell, rng: np.random.Generator) -> dict[str, Any]:
    """Draw weights for `bidirectional` and its drives, "`name` forward" and "`name` backward" with their bias.

    Examples
    --------
    >>> sorted(initial_bidirectional("word", 4, GRU(size=2), np.random.default_rng(0)))[:3]
    ['word backward', 'word backward bias', 'word backward recurrent']
    """
    inputs, made = cell.drives * cell.size, {}
    for way in WAYS:
        made[f"{name} {way}"] = he_normal(width, inputs, rng)
        made[f"{name} {way} recurrent"] = he_normal(cell.size, inputs, rng)
        for bias in (f"{name} {way} bias", f"{name} {way} recurrent bias"):
            made[bias] = np.zeros(inputs, np.float32)
    return made


def he_normal(rows: int, columns: int, rng: np.random.Generator, *, gain: float = 1.0) -> NDArray[np.float32]:
    r"""Give weights with variance gain² / rows: what they give varies as much as what they are given (times the gain).

    Parameters
    ----------
    rows, columns : int
        Inputs and outputs.
    rng : numpy.random.Generator
        Source of randomness.
    gain : float
        :math:`\sqrt 2` before a rectifier.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, ICCV, eq. 10.

    Examples
    --------
    >>> he_normal(100, 100, np.random.default_rng(0)).std().round(2)
    np.float32(0.1)
    """
    weights: NDArray[np.float32] = (rng.standard_normal((rows, columns)) * gain / np.sqrt(rows)).astype(np.float32)
    return weights
