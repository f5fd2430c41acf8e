"""The steps of the read-out's network: each equal to plain loops, and each with the gradient of its own differences."""

import numpy as np
import pytest
from autograd import grad
from autograd.core import make_vjp
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.learning.autodiff import relu
from saliency.learning.convolution import convolved, enlarged, halved

SIZES = [(1, 1), (1, 4), (2, 2), (3, 2), (5, 7), (8, 6)]
sides = st.integers(1, 9)


def plain_convolved(maps, weights, bias):
    """A sum over the 3 x 3 neighbours of each place, the nearest place of the map standing for one outside it."""
    count, rows, columns = maps.shape
    mixed = np.zeros((len(weights), rows, columns))
    for o in range(len(weights)):
        for row in range(rows):
            for column in range(columns):
                mixed[o, row, column] = bias[o]
                for i in range(count):
                    for j in range(3):
                        for k in range(3):
                            r, c = min(max(row + j - 1, 0), rows - 1), min(max(column + k - 1, 0), columns - 1)
                            mixed[o, row, column] += weights[o, i, j, k] * maps[i, r, c]
    return mixed


def plain_halved(maps):
    count, rows, columns = maps.shape
    half = np.zeros((count, -(-rows // 2), -(-columns // 2)))
    for row in range(half.shape[1]):
        for column in range(half.shape[2]):
            block = maps[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            half[:, row, column] = block.mean(axis=(1, 2))
    return half


def plain_enlarged(maps, shape):
    def along(line, fine):
        places = [(k + 0.5) * len(line) / fine - 0.5 for k in range(fine)]
        return np.interp(places, range(len(line)), line)

    taller = np.apply_along_axis(along, 1, maps, shape[0])
    return np.apply_along_axis(along, 2, taller, shape[1])


def differences(function, values, size=1e-6):
    """The gradient by central differences."""
    gradient = np.zeros(values.shape)
    for place in np.ndindex(values.shape):
        ahead, behind = values.copy(), values.copy()
        ahead[place] += size
        behind[place] -= size
        gradient[place] = (function(ahead) - function(behind)) / (2 * size)
    return gradient


def normal(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


@settings(max_examples=30, deadline=None)
@given(sides, sides, st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_a_convolution_is_that_of_plain_loops(rows, columns, inputs, outputs, seed):
    maps, weights, bias = normal(seed, (inputs, rows, columns), (outputs, inputs, 3, 3), (outputs,))
    assert convolved(maps, weights, bias) == pytest.approx(plain_convolved(maps, weights, bias), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(sides, sides, st.integers(0, 99))
def test_halving_is_that_of_plain_loops(rows, columns, seed):
    (maps,) = normal(seed, (2, rows, columns))
    assert halved(maps) == pytest.approx(plain_halved(maps), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(sides, sides, sides, sides, st.integers(0, 99))
def test_enlarging_is_linear_interpolation_between_centres(rows, columns, more_rows, more_columns, seed):
    (maps,) = normal(seed, (2, rows, columns))
    shape = (rows + more_rows, columns + more_columns)
    assert enlarged(maps, shape) == pytest.approx(plain_enlarged(maps, shape), abs=1e-6)


def test_maps_after_relu_have_no_negative_values():
    (maps,) = normal(0, (2, 5, 6))
    assert np.array_equal(relu(maps), np.where(maps > 0, maps, 0))


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("argument", [0, 1, 2])
def test_the_gradients_of_a_convolution_are_those_of_differences(shape, argument):
    *given_, target = normal(1, (2, *shape), (3, 2, 3, 3), (3,), (3, *shape))

    def loss(*values):
        return ((convolved(*values) - target) ** 2 * 0.5).sum()

    def along(value):
        return loss(*given_[:argument], value, *given_[argument + 1 :])

    expected = differences(along, given_[argument])
    gradient = grad(loss, argument)(*given_)
    assert gradient == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("step", [halved, relu, lambda maps: enlarged(maps, (11, 9))])
def test_the_gradients_of_the_other_steps_are_those_of_differences(shape, step):
    (maps,) = normal(2, (2, *shape))
    (target,) = normal(3, step(maps).shape)

    def loss(values):
        return ((step(values) - target) ** 2 * 0.5).sum()

    expected = differences(loss, maps)
    assert grad(loss)(maps) == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.abs(expected).max())


@settings(max_examples=30, deadline=None)
@given(sides, sides, st.integers(0, 99))
def test_each_linear_step_is_matched_by_its_transpose(rows, columns, seed):
    maps, weights = normal(seed, (2, rows, columns), (3, 2, 3, 3))
    for step in (
        lambda values: convolved(values, weights, np.zeros(3)),
        halved,
        lambda values: enlarged(values, (rows + 3, 2 * columns)),
    ):
        (y,) = normal(seed + 1, step(maps).shape)
        transposed = grad(lambda values, step=step, y=y: (step(values) * y).sum())(np.zeros_like(maps))
        assert (step(maps) * y).sum() == pytest.approx((maps * transposed).sum(), abs=1e-9)


def test_a_convolution_with_one_weight_in_its_middle_changes_nothing():
    (maps,) = normal(4, (1, 5, 4))
    middle = np.zeros((1, 1, 3, 3))
    middle[0, 0, 1, 1] = 1
    assert np.array_equal(convolved(maps, middle, np.zeros(1)), maps)


@pytest.mark.parametrize("shape", SIZES)
def test_even_maps_stay_even(shape):
    even = np.full((2, *shape), 0.7, np.float32)
    box = np.full((1, 2, 3, 3), 1 / 18, np.float32)
    for changed in (convolved(even, box, np.zeros(1, np.float32)), halved(even), enlarged(even, (13, 17))):
        assert changed == pytest.approx(np.full(changed.shape, 0.7), rel=1e-6)


@pytest.mark.parametrize("shape", [(3, 4), (6, 5)])
def test_mirrored_maps_and_weights_give_mirrored_answers(shape):
    maps, weights = normal(5, (2, *shape), (3, 2, 3, 3))
    mirrored = convolved(maps[:, :, ::-1], weights[:, :, :, ::-1], np.zeros(3))
    assert mirrored == pytest.approx(convolved(maps, weights, np.zeros(3))[:, :, ::-1], abs=1e-12)
    assert enlarged(maps[:, ::-1], (9, 9)) == pytest.approx(enlarged(maps, (9, 9))[:, ::-1], abs=1e-6)


def test_single_precision_stays_single_precision_and_so_do_its_gradients():
    maps, weights, bias = (values.astype(np.float32) for values in normal(6, (2, 5, 7), (3, 2, 3, 3), (3,)))

    def answer(maps, weights, bias):
        return enlarged(halved(relu(convolved(maps, weights, bias))), (9, 11)).sum()

    assert answer(maps, weights, bias).dtype == np.float32
    for argument in range(3):
        assert grad(answer, argument)(maps, weights, bias).dtype == np.float32


def test_the_gradients_between_the_steps_are_of_single_precision_too():
    maps, weights, bias = (values.astype(np.float32) for values in normal(6, (2, 5, 7), (3, 2, 3, 3), (3,)))
    for step in (relu, halved, lambda maps: enlarged(maps, (9, 9)), lambda maps: convolved(maps, weights, bias)):
        back, answer = make_vjp(step, maps)
        assert back(np.ones_like(answer)).dtype == np.float32


def test_no_step_changes_what_it_is_given():
    maps, weights, bias = normal(7, (2, 5, 7), (3, 2, 3, 3), (3,))
    before = maps.copy()
    convolved(maps, weights, bias), halved(maps), enlarged(maps, (9, 9)), relu(maps)
    grad(lambda values: (halved(values) ** 2).sum())(maps)
    assert np.array_equal(maps, before)
