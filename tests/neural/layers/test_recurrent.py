"""Recurrent cores: their gradients through time, those of torch, and that padding counts for nothing."""

import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from neural import GRU, LSTM, ReLUCell
from neural.layers.recurrent import CORES, he_normal, run, unroll

STEPS, COUNT, SIZE = 4, 3, 3
ARGUMENTS = ("drive", "recurrent", "bias", "start")
MASK = np.array([[True, True, False], [True, False, True], [True, False, False], [True, True, False]])


def arrays(cell, dtype=np.float64, seed=0):
    """Drives of every step, recurrent weights, bias and start, none of them small."""
    rng = np.random.default_rng(seed)
    inputs = cell.drives * cell.size
    shapes = ((STEPS, COUNT, inputs), (cell.size, inputs), (inputs,), (COUNT, cell.width))
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def weighed(states):
    """A number with a gradient of its own for each number of the states."""
    return (np.cos(np.arange(states.size)).reshape(states.shape).astype(states.dtype) * states).sum()


def gradients(cell, parts, **settings):
    """Gradients of such a number with respect to each argument."""

    def total(*parts):
        return weighed(unroll(*parts, cell, **settings))

    return [grad(total, number)(*parts) for number in range(len(parts))]


def sigma(values):
    return 1 / (1 + np.exp(-values))


def slow(name, drive, recurrent, bias, start, mask):
    """The states as in the books: one example after the other, one unit after the other."""
    size = len(recurrent)
    states = np.empty((len(drive), *start.shape))
    for example, first in enumerate(start):
        state = first.copy()
        for step, wanted in enumerate(drive[:, example]):
            pull = [bias[k] + sum(state[j] * recurrent[j, k] for j in range(size)) for k in range(len(bias))]
            after = state.copy()
            for unit in range(size):
                x = [wanted[unit + k * size] for k in range(len(bias) // size)]
                u = [pull[unit + k * size] for k in range(len(bias) // size)]
                if name == "rectifier":
                    after[unit] = max(x[0] + u[0], 0)
                elif name == "gru":
                    reset, update = sigma(x[0] + u[0]), sigma(x[1] + u[1])
                    after[unit] = (1 - update) * np.tanh(x[2] + reset * u[2]) + update * state[unit]
                else:
                    let_in, forget, let_out = (sigma(x[k] + u[k]) for k in (0, 1, 3))
                    after[size + unit] = forget * state[size + unit] + let_in * np.tanh(x[2] + u[2])
                    after[unit] = let_out * np.tanh(after[size + unit])
            state = after if mask[step, example] else state
            states[step, example] = state
    return states


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CORES)
def test_states_are_those_of_the_slow_twin(name, masked):
    cell = CORES[name](size=SIZE)
    parts = arrays(cell)
    expected = slow(name, *parts, MASK if masked else np.ones_like(MASK))
    assert unroll(*parts, cell, mask=MASK if masked else None) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CORES)
def test_gradients_are_those_of_central_differences(name, masked):
    cell = CORES[name](size=SIZE)
    parts = arrays(cell)
    mask = MASK if masked else None
    for number, gradient in enumerate(gradients(cell, parts, mask=mask)):
        here = parts[number]
        expected = np.empty(here.shape)
        for place in np.ndindex(here.shape):
            ahead, behind = here.copy(), here.copy()
            ahead[place] += 1e-5
            behind[place] -= 1e-5
            rise = [
                weighed(unroll(*parts[:number], moved, *parts[number + 1 :], cell, mask=mask))
                for moved in (ahead, behind)
            ]
            expected[place] = (rise[0] - rise[1]) / 2e-5
        assert np.linalg.norm(expected) > 0.1
        assert np.linalg.norm(gradient - expected) <= 1e-6 * np.linalg.norm(expected), ARGUMENTS[number]


@pytest.mark.parametrize("name", CORES)
def test_states_and_gradients_are_those_of_torch(name):
    torch = pytest.importorskip("torch")
    kinds = {"rectifier": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    kind = {"nonlinearity": "relu"} if name == "rectifier" else {}
    theirs = kinds[name](5, SIZE, dtype=torch.float64, **kind)
    cell = CORES[name](size=SIZE)
    rng = np.random.default_rng(0)
    inputs, start = rng.normal(size=(STEPS, COUNT, 5)), rng.normal(size=(COUNT, cell.width))
    first = torch.tensor(start, requires_grad=True)
    halves = tuple(part.contiguous()[None] for part in first.split(SIZE, dim=1))
    seen = torch.tensor(inputs, requires_grad=True)
    output, last = theirs(seen, halves if name == "lstm" else halves[0])
    (output**3).sum().backward()
    weights = [theirs.weight_ih_l0, theirs.bias_ih_l0, theirs.weight_hh_l0, theirs.bias_hh_l0]
    into, into_bias, recurrent, bias = (weight.detach().numpy() for weight in weights)

    def states(inputs, into, into_bias, recurrent, bias, start):
        return unroll(inputs @ into.T + into_bias, recurrent.T, bias, start, cell)

    ours = (inputs, into, into_bias, recurrent, bias, start)
    assert states(*ours)[..., :SIZE] == pytest.approx(output.detach().numpy(), abs=1e-12)
    if name == "lstm":
        assert states(*ours)[-1, :, SIZE:] == pytest.approx(last[1][0].detach().numpy(), abs=1e-12)
    for number, tensor in enumerate((seen, *weights, first)):
        gradient = grad(lambda *parts: (states(*parts)[..., :SIZE] ** 3).sum(), number)(*ours)
        assert gradient == pytest.approx(tensor.grad.numpy(), abs=1e-10)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CORES)
def test_float32_stays_float32(name, masked):
    cell = CORES[name](size=SIZE)
    parts = arrays(cell, np.float32)
    mask = MASK if masked else None
    states = unroll(*parts, cell, mask=mask)
    assert states.dtype == np.float32
    assert run(cell, *parts, mask).kept.dtype == np.float32
    wide = gradients(cell, [each.astype(np.float64) for each in parts], mask=mask)
    for gradient, expected in zip(gradients(cell, parts, mask=mask), wide, strict=True):
        assert gradient.dtype == np.float32
        assert gradient == pytest.approx(expected, abs=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("content", [1e3, np.inf, np.nan])
@pytest.mark.parametrize("name", CORES)
def test_what_stands_in_masked_steps_changes_nothing(name, content):
    cell = CORES[name](size=SIZE)
    drive, *rest = arrays(cell)
    padded = np.where(MASK[..., np.newaxis], drive, content)
    assert np.array_equal(unroll(padded, *rest, cell, mask=MASK), unroll(drive, *rest, cell, mask=MASK))
    plain, other = (gradients(cell, [parts, *rest], mask=MASK) for parts in (drive, padded))
    for gradient, same in zip(plain, other, strict=True):
        assert np.array_equal(gradient, same)
    assert not plain[0][~MASK].any()
    assert plain[0][MASK].any(axis=-1).all()


@pytest.mark.parametrize("name", CORES)
def test_a_masked_step_leaves_the_state_and_passes_the_gradient_on(name):
    cell = CORES[name](size=SIZE)
    parts = arrays(cell)
    states = unroll(*parts, cell, mask=MASK)
    before = np.concatenate([parts[3][np.newaxis], states[:-1]])
    assert np.array_equal(states[~MASK], before[~MASK])
    nobody = np.zeros_like(MASK)
    assert np.array_equal(unroll(*parts, cell, mask=nobody), np.broadcast_to(parts[3], states.shape))
    drive, recurrent, bias, start = gradients(cell, parts, mask=nobody)
    assert not drive.any() and not recurrent.any() and not bias.any()
    assert start == pytest.approx(np.cos(np.arange(states.size)).reshape(states.shape).sum(axis=0))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CORES)
def test_what_is_known_is_not_worked_out_again_and_gradients_are_the_same(name, masked):
    cell = CORES[name](size=SIZE)
    parts, mask = arrays(cell), MASK if masked else None
    known = run(cell, *parts, mask)
    for gradient, same in zip(
        gradients(cell, parts, mask=mask), gradients(cell, parts, mask=mask, known=known), strict=True
    ):
        assert np.array_equal(gradient, same)
    made_up = known._replace(states=known.states + 1)
    assert np.array_equal(unroll(*parts, cell, mask=mask, known=made_up), known.states + 1)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CORES)
def test_no_start_is_a_start_of_zeros(name, masked, known):
    cell = CORES[name](size=SIZE)
    *parts, start = arrays(cell)
    mask = MASK if masked else None
    ran = {"known": run(cell, *parts, None, mask) if known else None, "mask": mask}
    zeros = np.zeros_like(start)
    assert unroll(*parts, None, cell, **ran) == pytest.approx(unroll(*parts, zeros, cell, mask=mask), abs=1e-14)
    for number in range(3):
        gradient = grad(lambda *parts: weighed(unroll(*parts, None, cell, **ran)), number)(*parts)
        expected = grad(lambda *parts: weighed(unroll(*parts, zeros, cell, mask=mask)), number)(*parts)
        assert np.linalg.norm(expected) > 0.1
        assert gradient == pytest.approx(expected, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(CORES)), st.integers(0, 999), st.integers(1, STEPS - 1))
def test_a_sequence_in_two_pieces_is_the_whole(name, seed, cut):
    cell = CORES[name](size=SIZE)
    drive, *rest, start = arrays(cell, seed=seed)

    def pieces(drive, recurrent, bias, start):
        first = unroll(drive[:cut], recurrent, bias, start, cell)
        return first, unroll(drive[cut:], recurrent, bias, first[-1], cell)

    whole = unroll(drive, *rest, start, cell)
    assert np.concatenate(pieces(drive, *rest, start)) == pytest.approx(whole, abs=1e-14)
    weights = np.cos(np.arange(whole.size)).reshape(whole.shape)

    def total(*parts):
        early, late = pieces(*parts)
        return (weights[:cut] * early).sum() + (weights[cut:] * late).sum()

    for number, gradient in enumerate(gradients(cell, [drive, *rest, start])):
        assert grad(total, number)(drive, *rest, start) == pytest.approx(gradient, abs=1e-10)


def test_a_gate_that_is_open_or_shut_keeps_or_forgets():
    """Without a drive for what is new, a GRU that updates nothing and an LSTM that forgets nothing stay as they are."""
    state, still = np.array([[0.3, -0.7]]), np.zeros((1, 6))
    for gate, expected in ((50.0, state), (-50.0, 0 * state)):
        after, _ = GRU(size=2).step(np.repeat([0, gate, 0], 2)[np.newaxis].astype(float), state, still)
        assert after == pytest.approx(expected, abs=1e-12)
        memory = np.concatenate([np.tanh(state), state], axis=1)
        drive = np.repeat([-50.0, gate, 0, 50.0], 2)[np.newaxis]
        after, _ = LSTM(size=2).step(drive, memory, np.zeros((1, 8)))
        assert after == pytest.approx(np.concatenate([np.tanh(expected), expected], axis=1), abs=1e-12)


@pytest.mark.parametrize("name", CORES)
def test_extreme_drives_give_numbers(name):
    cell = CORES[name](size=2)
    for height in (-1e4, 1e4):
        parts = [np.full(each.shape, height, np.float32) for each in arrays(cell)]
        parts[1] = np.zeros_like(parts[1])
        assert np.isfinite(unroll(*parts, cell)).all()
        assert all(np.isfinite(gradient).all() for gradient in gradients(cell, parts))


def test_random_weights_keep_the_variance_whatever_the_width():
    rng = np.random.default_rng(0)
    for rows, columns, gain in ((400, 300, 1.0), (50, 900, np.sqrt(2)), (300, 300, 0.0)):
        weights = he_normal(rows, columns, rng, gain=gain)
        assert weights.shape == (rows, columns) and weights.dtype == np.float32
        assert weights.std() == pytest.approx(gain / np.sqrt(rows), rel=0.02)
        answer = rng.normal(size=(500, rows)) @ weights
        assert answer.std() == pytest.approx(gain, rel=0.02)
    assert np.array_equal(*(he_normal(3, 4, np.random.default_rng(7)) for _ in range(2)))


@pytest.mark.parametrize("size", [0, -1, 2.5])
@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_a_core_has_a_whole_number_of_units(core, size):
    with pytest.raises(ValueError, match=f"expected a whole number of units from 1 up, got {size}"):
        core(size=size)


@pytest.mark.parametrize("name", CORES)
def test_shapes_that_do_not_fit_are_told(name):
    cell = CORES[name](size=SIZE)
    parts = arrays(cell)
    wide = SIZE * cell.drives
    for number, (said, shape) in enumerate(
        {
            "expected drives of shape": (STEPS, COUNT, wide + 1),
            "expected recurrent weights of shape": (SIZE + 1, wide),
            "expected a bias of shape": (wide + 1,),
            "expected a start of shape": (COUNT + 1, cell.width),
        }.items()
    ):
        wrong = [*parts[:number], np.zeros(shape), *parts[number + 1 :]]
        with pytest.raises(ValueError, match=said) as told:
            unroll(*wrong, cell)
        assert f"got {shape}" in str(told.value) and f"shape {parts[number].shape}" in str(told.value)
    for drive in (np.zeros((0, COUNT, wide)), np.zeros((COUNT, wide))):
        with pytest.raises(ValueError, match=f"expected drives .steps, n, {wide}. of at least one step"):
            unroll(drive, *parts[1:], cell)


def test_a_mask_that_does_not_fit_is_told():
    cell = ReLUCell(size=SIZE)
    parts = arrays(cell)
    with pytest.raises(ValueError, match=r"expected a mask of shape \(4, 3\).* got \(3, 4\)"):
        unroll(*parts, cell, mask=MASK.T)
    with pytest.raises(TypeError, match="expected a mask of bool, True where a step counts, got float64"):
        unroll(*parts, cell, mask=MASK.astype(float))
