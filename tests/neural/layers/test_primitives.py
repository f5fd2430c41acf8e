"""The steps of which the networks are made: their examples, gradients and precision."""

import doctest
from types import ModuleType

import numpy as np
import pytest
from autograd import grad
from autograd import value_and_grad as autograd_value_and_grad
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.layers import primitives as ops
from neural.layers.primitives import entmax15, sparsemax
from saliency.gate import softmax as gate
from saliency.learning import autodiff, convolution
from saliency.learning.autodiff import relu, value_and_grad

RNG = np.random.default_rng(0)
MASK = np.array([[True, True, False, True, True], [False] * 5, [True] * 5, [True, False, False, False, False]])
SCORES = 0.7 * RNG.normal(size=(4, 5))
NUMBERS, LABELS = np.array([[2, 0, 2], [5, 2, 0]]), np.array([0, 4, 2, 2])
TOLD = (RNG.normal(size=(4, 3)), RNG.normal(size=(5, 3)), RNG.normal(size=5))

STEPS = {  # a function of arrays, and the arrays
    "linear": (ops.linear, RNG.normal(size=(2, 3, 4)), RNG.normal(size=(4, 5)), RNG.normal(size=5)),
    "linear_relu": (ops.linear_relu, RNG.normal(size=(2, 3, 4)), RNG.normal(size=(4, 5)), RNG.normal(size=5)),
    "masked": (lambda values: ops.masked(values, MASK[:3, :, np.newaxis], -2.0), RNG.normal(size=(5, 2))),
    "tanh": (ops.tanh, 3 * RNG.normal(size=(4, 5))),
    "logistic": (ops.logistic, 3 * RNG.normal(size=(4, 5))),
    "relu": (relu, RNG.normal(size=(4, 5))),
    "log_softmax": (ops.log_softmax, SCORES),
    "cross_entropy": (lambda scores: ops.cross_entropy(scores, LABELS), SCORES),
    "take_rows": (lambda table: ops.take_rows(table, NUMBERS), RNG.normal(size=(6, 3))),
    "dropout": (lambda values: ops.dropout(values, 0.4, np.random.default_rng(1)), RNG.normal(size=(4, 5))),
    "tied_cross_entropy": (lambda *told: ops.tied_cross_entropy(*told, LABELS), *TOLD),
    "tied_cross_entropy, smoothed": (lambda *told: ops.tied_cross_entropy(*told, LABELS, 0.3), *TOLD),
    "softmax": (gate.softmax, SCORES, np.array(0.7)),
    "sparsemax": (sparsemax, SCORES, np.array(0.7)),
    "entmax15": (entmax15, SCORES, np.array(0.7)),
    "softmax, masked": (lambda scores, heat: gate.softmax(scores, heat, MASK), SCORES, np.array(1.3)),
    "sparsemax, masked": (lambda scores, heat: sparsemax(scores, heat, MASK), SCORES, np.array(1.3)),
    "entmax15, masked": (lambda scores, heat: entmax15(scores, heat, MASK), SCORES, np.array(1.3)),
    "convolved": (
        convolution.convolved,
        RNG.normal(size=(2, 4, 5)),
        RNG.normal(size=(3, 2, 3, 3)),
        RNG.normal(size=3),
    ),
    "neighbourhoods": (lambda maps: convolution.neighbourhoods(maps, "constant", 2, 1), RNG.normal(size=(2, 4, 5, 3))),
    "neighbourhoods, places last": (
        lambda maps: convolution.neighbourhoods(maps, "edge", places_last=True),
        RNG.normal(size=(2, 4, 5, 1)),
    ),
    "halved": (convolution.halved, RNG.normal(size=(2, 3, 5))),
}
NORMALISERS = [gate.softmax, sparsemax, entmax15]


def weighed(step, *arrays):
    """A number with a gradient of its own for each number that a step gives."""
    answer = step(*arrays)
    return (np.cos(np.arange(answer.size)).reshape(answer.shape).astype(answer.dtype) * answer).sum()


def primitives(module):
    return {name: step for name, step in vars(module).items() if getattr(step, "_is_autograd_primitive", False)}


@pytest.mark.parametrize("module", [ops, autodiff, convolution, gate], ids=lambda module: module.__name__)
def test_the_examples_of_primitives_are_right(module):
    """A primitive seems to be of autograd's module, so that nobody else looks for its examples."""
    own = {name: step for name, step in primitives(module).items() if step.fun.__module__ == module.__name__}
    assert isinstance(module, ModuleType) and own
    for name, step in own.items():
        examples = [test for test in doctest.DocTestFinder().find(step.fun, name, module) if test.examples]
        assert examples or name.startswith("_"), f"{name} has no example"
        for test in examples:
            test.globs = dict(vars(module))
            assert doctest.DocTestRunner(verbose=False).run(test).failed == 0, name


def test_every_public_primitive_is_checked_here():
    public = {
        name for module in (ops, autodiff, convolution, gate) for name in primitives(module) if not name.startswith("_")
    }
    assert public <= STEPS.keys()


@pytest.mark.parametrize("name", STEPS)
def test_gradients_are_those_of_central_differences(name):
    step, *arrays = STEPS[name]
    for number, here in enumerate(arrays):
        gradient = grad(lambda array, number=number: weighed(step, *arrays[:number], array, *arrays[number + 1 :]))(
            here
        )
        expected = np.empty(here.shape)
        for place in np.ndindex(here.shape):
            ahead, behind = here.copy(), here.copy()
            ahead[place] += 1e-5
            behind[place] -= 1e-5
            rise = [weighed(step, *arrays[:number], array, *arrays[number + 1 :]) for array in (ahead, behind)]
            expected[place] = (rise[0] - rise[1]) / 2e-5
        assert gradient.shape == here.shape
        assert np.linalg.norm(gradient - expected) <= 1e-6 * np.linalg.norm(expected)


@pytest.mark.parametrize("name", STEPS)
def test_float32_stays_float32(name):
    step, *arrays = STEPS[name]
    small = [array.astype(np.float32) for array in arrays]
    assert step(*small).dtype == np.float32
    for number, here in enumerate(small):
        gradient = grad(lambda array, number=number: weighed(step, *small[:number], array, *small[number + 1 :]))(here)
        assert gradient.dtype == np.float32
    wide = step(*arrays)
    assert wide.dtype == np.float64
    assert step(*small) == pytest.approx(wide, abs=2e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_gradients_of_named_arrays_are_those_of_autograd(dtype):
    rng = np.random.default_rng(3)
    shapes = {"inputs": (4, 3), "weights": (3, 5), "bias": (5,), "scale": (), "idle": (2, 2)}
    parameters = {name: np.asarray(rng.normal(size=shape), dtype) for name, shape in shapes.items()}
    before = {name: value.copy() for name, value in parameters.items()}

    def loss(given):
        hidden = ops.tanh(ops.linear(given["inputs"], given["weights"], given["bias"]))
        return (hidden * given["scale"] * given["scale"]).sum() + (given["weights"] * given["weights"]).sum()

    value, gradients = value_and_grad(loss, parameters)
    expected, others = autograd_value_and_grad(loss)(parameters)
    assert value == expected
    assert gradients.keys() == others.keys()
    for name, gradient in gradients.items():
        assert gradient.dtype == dtype and np.shape(gradient) == shapes[name]
        assert gradient == pytest.approx(others[name], rel=1e-6, abs=1e-7), name
        assert np.any(gradient) == (name != "idle")
        assert np.array_equal(parameters[name], before[name])


def test_a_value_that_depends_on_nothing_has_no_gradients():
    value, gradients = value_and_grad(lambda given: 3.0, {"x": np.ones(2, np.float32)})
    assert value == 3
    assert gradients["x"].tolist() == [0, 0] and gradients["x"].dtype == np.float32


def test_what_is_not_kept_has_no_gradient_whatever_it_is():
    values = np.array([1.0, np.nan, np.inf])
    allowed = np.array([[True, False, False], [True, False, False]])
    assert ops.masked(values, allowed, -1.0).tolist() == [[1, -1, -1]] * 2
    assert grad(lambda given: weighed(ops.masked, given, allowed))(values).tolist() == [1 + np.cos(3), 0, 0]


def test_the_gradient_of_a_row_is_the_sum_over_all_places_where_it_is_taken():
    table = RNG.normal(size=(6, 3)).astype(np.float32)
    assert np.array_equal(ops.take_rows(table, NUMBERS), table[NUMBERS])
    gradient = grad(lambda given: ops.take_rows(given, NUMBERS).sum())(table)
    assert gradient.tolist() == [[count] * 3 for count in (2, 0, 3, 0, 0, 1)]


def test_words_are_told_by_the_vectors_that_stand_for_them():
    rows, table, bias = TOLD
    logs = ops.log_softmax(rows @ table.T + bias)
    right = -logs[np.arange(4), LABELS]
    assert ops.tied_cross_entropy(rows, table, bias, LABELS) == pytest.approx(right)
    assert right == pytest.approx(ops.cross_entropy(rows @ table.T + bias, LABELS))
    smooth = 0.7 * right - 0.3 * logs.mean(axis=1)
    assert ops.tied_cross_entropy(rows, table, bias, LABELS, 0.3) == pytest.approx(smooth)
    before = [each.copy() for each in TOLD]
    value, gradients = autograd_value_and_grad(
        lambda given: ops.tied_cross_entropy(1e4 * given, table, bias, LABELS).sum()
    )(rows)
    assert np.isfinite(value) and np.isfinite(gradients).all()
    assert all(np.array_equal(*pair) for pair in zip(before, TOLD, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.floats(0, 0.9))
def test_a_share_is_dropped_and_the_sum_is_kept_on_average(seed, share):
    values = np.ones((100, 100), np.float32)
    left = ops.dropout(values, share, np.random.default_rng(seed))
    assert left.dtype == np.float32
    assert (left == 0).mean() == pytest.approx(share, abs=0.03)
    assert left[left > 0] == pytest.approx(1 / (1 - share))
    assert np.array_equal(left, ops.dropout(values, share, np.random.default_rng(seed)))
    assert ops.dropout(values, share, None) is values


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=lambda normaliser: normaliser.__name__)
def test_a_temperature_of_double_precision_changes_no_precision(normaliser):
    scores = SCORES.astype(np.float32)
    assert normaliser(scores, np.float64(0.5)).dtype == np.float32
    gradient = grad(lambda heat: weighed(normaliser, scores, heat))(np.float64(0.5))
    assert gradient == pytest.approx(grad(lambda heat: weighed(normaliser, SCORES, heat))(0.5), rel=1e-4)


def nearest(scores, power):
    """Find the threshold by halving: weights max(s - t, 0) ** power that sum to one."""
    low, high = scores.max() - 1, scores.max()
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if (np.maximum(scores - middle, 0) ** power).sum() > 1 else (low, middle)
    return np.maximum(scores - low, 0) ** power


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.integers(1, 40), st.sampled_from([1e-3, 0.3, 3.0, 300.0]), st.sampled_from([0.2, 1.0]))
def test_sparse_weights_are_those_of_the_slow_twin(seed, size, spread, temperature):
    scores = spread * np.random.default_rng(seed).normal(size=size)
    assert sparsemax(scores, temperature) == pytest.approx(nearest(scores / temperature, 1), abs=1e-9)
    assert entmax15(scores, temperature) == pytest.approx(nearest(scores / temperature / 2, 2), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(2, 20))
def test_weights_sum_to_one_follow_the_scores_and_ignore_what_is_added_to_all(seed, size):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(3, size))
    mask = rng.random((3, size)) < 0.7
    for normaliser in NORMALISERS:
        weights = normaliser(scores, 0.5, mask)
        assert weights.sum(axis=-1) == pytest.approx(mask.any(axis=-1).astype(float))
        assert not weights[~mask].any()
        assert normaliser(scores + 1000.0, 0.5, mask) == pytest.approx(weights, abs=1e-9)
        assert normaliser(np.where(mask, scores, -np.inf), 0.5) == pytest.approx(weights, abs=1e-15)
        for row, score, masked in zip(weights, scores, mask, strict=True):
            assert (np.diff(row[masked][score[masked].argsort()]) >= 0).all()


def test_sparsemax_leaves_out_most_and_softmax_nobody():
    scores = np.linspace(0, 3, 13)
    counts = [int((normaliser(scores) > 0).sum()) for normaliser in (sparsemax, entmax15, gate.softmax)]
    assert counts[0] < counts[1] < counts[2] == 13


def test_two_scores_share_as_the_published_curves_do():
    """Of two scores that differ by t: sparsemax (1 + t) / 2 up to |t| = 1; softmax is the logistic function."""
    for t in (-0.5, 0.0, 0.3, 0.99, 1.5):
        pair = np.array([t, 0.0])
        assert sparsemax(pair)[0] == pytest.approx(np.clip((1 + t) / 2, 0, 1))
        assert gate.softmax(pair)[0] == pytest.approx(1 / (1 + np.exp(-t)))
        root = np.sqrt(8 - t * t)
        assert entmax15(pair)[0] == pytest.approx(((t + root) / 4) ** 2)


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=lambda normaliser: normaliser.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_give_numbers(normaliser, dtype):
    scores = np.array([[1e30, -1e30, 0.0], [3.0, 3.0, -np.inf], [-np.inf] * 3], dtype)
    for temperature in (1e-300, 1.0, 1e300, np.inf):
        weights = normaliser(scores, temperature)
        gradient = grad(lambda array, heat=temperature: weighed(normaliser, array, heat))(scores)
        assert np.isfinite(weights).all() and np.isfinite(gradient).all()
        assert weights[1] == pytest.approx([0.5, 0.5, 0], abs=1e-6)
        assert not weights[2].any() and not gradient[2].any()
    assert normaliser(scores[:1], 1.0).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=lambda normaliser: normaliser.__name__)
@pytest.mark.parametrize("temperature", [0.0, -1.0, np.nan])
def test_a_normaliser_wants_a_temperature_above_zero(normaliser, temperature):
    with pytest.raises(ValueError, match=f"expected a temperature above 0, got {temperature}"):
        normaliser(np.ones(3), temperature)
