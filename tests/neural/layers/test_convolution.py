"""A convolution mixes each place with its neighbours as a loop would, and its gradients are those of differences."""

import numpy as np
import pytest
from autograd.test_util import check_grads
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.layers.convolution import convolution_relu
from saliency.learning.autodiff import value_and_grad

briefly = settings(max_examples=25, deadline=None)
strides = st.sampled_from([1, 2])
sides = st.integers(1, 6)


def drawn(shape, outputs, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    arrays = rng.normal(size=shape), rng.normal(size=(9 * shape[-1], outputs)), rng.normal(size=outputs)
    return tuple(each.astype(dtype) for each in arrays)


def looped(maps, weights, bias, stride, shift=0):
    """The slow twin: place by place, neighbour by neighbour."""
    count, height, width, channels = maps.shape
    kernel = weights.reshape(3, 3, channels, -1)
    rows, columns = range(0, height, stride), range(0, width, stride)
    out = np.zeros((count, len(rows), len(columns), len(bias)))
    for i, (r, row), (c, column) in (
        (i, r, c) for i in range(count) for r in enumerate(rows) for c in enumerate(columns)
    ):
        total = bias.copy()
        for down in range(3):
            for across in range(3):
                y, x = row + shift + down - 1, column + shift + across - 1
                if 0 <= y < height and 0 <= x < width:
                    total += maps[i, y, x] @ kernel[down, across]
        out[i, r, c] = np.maximum(total, 0)
    return out


@briefly
@given(sides, sides, st.integers(1, 3), st.integers(1, 4), strides, st.integers(0, 1), st.integers(0, 99))
def test_it_is_the_loop_over_places_and_neighbours(height, width, channels, outputs, stride, shift, seed):
    arrays = drawn((2, height, width, channels), outputs, seed)
    mixed = convolution_relu(*arrays, stride=stride, shift=shift)
    assert np.allclose(mixed, looped(*arrays, stride, shift), atol=1e-12)


@pytest.mark.parametrize(("stride", "shift"), [(1, 0), (2, 0), (2, 1), (1, 1)])
@pytest.mark.parametrize("shape", [(2, 4, 4, 2), (1, 3, 5, 1), (1, 1, 2, 3)])
def test_its_gradients_are_those_of_differences(shape, stride, shift):
    arrays = drawn(shape, 3, seed=1)
    check_grads(lambda *each: convolution_relu(*each, stride=stride, shift=shift), modes=["rev"], order=1)(*arrays)


def test_float32_stays_float32_on_both_ways():
    maps, weights, bias = drawn((2, 5, 4, 3), 4, 0, np.float32)
    value, gradients = value_and_grad(
        lambda p: (convolution_relu(p["maps"], p["weights"], p["bias"], stride=2) * np.float32(0.5)).sum(),
        {"maps": maps, "weights": weights, "bias": bias},
    )
    assert value.dtype == np.float32
    assert {name: (each.dtype, each.shape) for name, each in gradients.items()} == {
        "maps": (np.float32, maps.shape),
        "weights": (np.float32, weights.shape),
        "bias": (np.float32, bias.shape),
    }


def test_a_stride_of_two_takes_every_other_place():
    arrays = drawn((1, 7, 8, 2), 3, 2)
    assert np.array_equal(convolution_relu(*arrays, stride=2), convolution_relu(*arrays)[:, ::2, ::2])


def test_layers_with_and_without_a_shift_keep_maps_in_their_place():
    """Light falls off to both sides of the middle of the pictures alike, and so it does in what layers make of them."""
    across = 2 - np.abs(np.arange(16) - 7.5) / 8
    maps = np.broadcast_to((across[:, np.newaxis] * across)[np.newaxis, ..., np.newaxis], (1, 16, 16, 1))
    box, none = np.full((9, 1), 1 / 9), np.zeros(1)
    skewed = convolution_relu(convolution_relu(maps, box, none, stride=2), box, none, stride=2)[0, :, :, 0]
    even = convolution_relu(convolution_relu(maps, box, none, stride=2), box, none, stride=2, shift=1)[0, :, :, 0]
    off = [abs(each.sum(axis=0) @ np.arange(4) / each.sum() - 1.5) for each in (skewed, even)]
    assert off[1] < off[0] / 2


@pytest.mark.parametrize(
    ("shapes", "stride", "message"),
    [
        (((4, 4, 1), (9, 2), (2,)), 1, r"maps \(n, height, width, channels\).*got shape \(4, 4, 1\)"),
        (((1, 0, 4, 1), (9, 2), (2,)), 1, "at least one place"),
        (((1, 4, 4, 2), (9, 2), (2,)), 1, r"weights \(18, outputs\) .* for 2 channels, got \(9, 2\) and \(2,\)"),
        (((1, 4, 4, 1), (9, 2), (3,)), 1, r"a bias \(outputs,\)"),
        (((1, 4, 4, 1), (9, 2), (2,)), 3, "a stride of 1 or 2 and a shift of 0 or 1, got 3 and 0"),
    ],
)
def test_what_does_not_fit_is_refused(shapes, stride, message):
    with pytest.raises(ValueError, match=message):
        convolution_relu(*map(np.zeros, shapes), stride=stride)
