"""Gradient descent: AdamW as the papers print it, step by step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.learning.optimiser import AdamW

SHAPES = {"weights": (3, 4), "bias": (4,)}


def weights(seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in SHAPES.items()}


def slope_of(step, *, scale=1.0, dtype=np.float64):
    return {name: (scale * value).astype(dtype) for name, value in weights(1000 + step).items()}


def slow(start, taken, *, learning_rate, steps, weight_decay=0.0, clip_norm=np.inf):
    """Loshchilov and Hutter's algorithm 2 with their schedule, one number after the other; give weights, m and v."""
    w, m, v = ({n: a.copy() if k == 0 else 0 * a for n, a in start.items()} for k in range(3))
    for t in range(taken):
        gradients = slope_of(t)
        norm = np.sqrt(sum(number**2 for each in gradients.values() for number in each.ravel()))
        warm = min(1, (t + 1) / min(50, 0.1 * steps))
        rate = learning_rate * warm * (1 + np.cos(np.pi * t / steps)) / 2
        for name in w:
            for place in np.ndindex(w[name].shape):
                g = gradients[name][place] * min(1, clip_norm / norm)
                m[name][place] = 0.9 * m[name][place] + 0.1 * g
                v[name][place] = 0.999 * v[name][place] + 0.001 * g**2
                first, second = m[name][place] / (1 - 0.9 ** (t + 1)), v[name][place] / (1 - 0.999 ** (t + 1))
                w[name][place] -= rate * (first / (np.sqrt(second) + 1e-8) + weight_decay * w[name][place])
    return w, m, v


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.integers(1, 30), st.sampled_from([0.0, 0.3]), st.sampled_from([np.inf, 5.0, 2.0]))
def test_each_step_is_that_of_the_slow_twin(seed, taken, weight_decay, clip_norm):
    knobs = {"learning_rate": 0.05, "steps": 30, "weight_decay": weight_decay, "clip_norm": clip_norm}
    optimiser = AdamW(weights(seed), **knobs)
    for step in range(taken):
        optimiser.move(slope_of(step))
    for found, expected in zip(optimiser.state(), slow(weights(seed), taken, **knobs), strict=True):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, abs=1e-12)


def test_many_steps_warm_up_for_fifty_and_few_for_a_tenth():
    """The mean gradient over its size is 1 where all gradients are alike: a step is as long as the schedule says."""
    for steps, warm in ((2000, 50), (200, 20), (3, 1)):
        optimiser = AdamW({"x": np.zeros(1)}, learning_rate=0.1, steps=steps)
        lengths = []
        for _ in range(steps):
            before = optimiser.parameters["x"].copy()
            optimiser.move({"x": np.ones(1)})
            lengths.append(float(before[0] - optimiser.parameters["x"][0]))
        cosine = 0.05 * (1 + np.cos(np.pi * np.arange(steps) / steps))
        rise = np.minimum(1, np.arange(1, steps + 1) / warm)
        assert lengths == pytest.approx((cosine * rise).tolist(), abs=1e-7)


def test_gradients_of_all_weights_are_cut_as_one_vector():
    """AdamW knows no scale, so that what is cut shows in the running means."""
    cut, free = (AdamW(weights(0), learning_rate=0.1, steps=10, clip_norm=clip_norm) for clip_norm in (1.0, np.inf))
    for optimiser in (cut, free):
        optimiser.move(slope_of(0, scale=100.0))
    norm = np.sqrt(sum((gradient**2).sum() for gradient in slope_of(0, scale=100.0).values()))
    for name in SHAPES:
        assert cut.mean[name] * norm == pytest.approx(free.mean[name])
        assert cut.square[name] * norm**2 == pytest.approx(free.square[name])
    short = AdamW(weights(0), learning_rate=0.1, steps=10, clip_norm=1e6)
    short.move(slope_of(0, scale=100.0))
    assert all(np.array_equal(short.mean[name], free.mean[name]) for name in SHAPES)


@pytest.mark.parametrize("cut", [1, 7, 19])
def test_a_descent_that_was_stopped_goes_on_bit_for_bit(cut):
    knobs = {"learning_rate": 0.05, "steps": 20, "weight_decay": 0.1, "clip_norm": 3.0}
    whole, first = (AdamW(weights(0, np.float32), **knobs) for _ in range(2))
    for step in range(20):
        whole.move(slope_of(step, dtype=np.float32))
    for step in range(cut):
        first.move(slope_of(step, dtype=np.float32))
    kept = first.state()
    second = AdamW(weights(5, np.float32), **knobs)
    second.go_on(*kept, cut)
    for step in range(cut, 20):
        second.move(slope_of(step, dtype=np.float32))
        first.move(slope_of(step, dtype=np.float32))
    for found, same, expected in zip(second.state(), first.state(), whole.state(), strict=True):
        for name in SHAPES:
            assert np.array_equal(found[name], expected[name]) and np.array_equal(same[name], expected[name])


def test_nothing_that_was_given_is_written_to():
    start, gradients = weights(0), slope_of(0)
    optimiser = AdamW(start, learning_rate=0.1, steps=10, clip_norm=0.1)
    optimiser.move(gradients)
    kept = optimiser.state()
    before = [{name: value.copy() for name, value in each.items()} for each in kept]
    other = AdamW(start, learning_rate=0.1, steps=10)
    other.go_on(*kept, 1)
    for each in (optimiser, other):
        each.move(gradients)
    for found, same in ((start, weights(0)), (gradients, slope_of(0)), *zip(kept, before, strict=True)):
        assert all(np.array_equal(found[name], same[name]) for name in SHAPES)


def test_weights_without_a_gradient_stay():
    optimiser = AdamW(weights(0), learning_rate=0.1, steps=10, weight_decay=0.5)
    optimiser.move({"bias": slope_of(0)["bias"]})
    assert np.array_equal(optimiser.parameters["weights"], weights(0)["weights"])
    assert not np.array_equal(optimiser.parameters["bias"], weights(0)["bias"])


def test_float32_stays_float32():
    optimiser = AdamW(
        weights(0, np.float32), learning_rate=np.float64(0.1), steps=10, weight_decay=np.float64(0.1), clip_norm=1.0
    )
    optimiser.move(slope_of(0, dtype=np.float32))
    for values in optimiser.state():
        assert {value.dtype for value in values.values()} == {np.dtype(np.float32)}


def test_a_gradient_of_nothing_moves_nothing_and_a_valley_is_found():
    still = AdamW(weights(0), learning_rate=0.1, steps=10)
    still.move({name: 0 * value for name, value in weights(0).items()})
    assert all(np.array_equal(still.parameters[name], weights(0)[name]) for name in SHAPES)
    optimiser = AdamW({"x": np.array([3.0, -2.0])}, learning_rate=0.2, steps=200)
    for _ in range(200):
        x, y = optimiser.parameters["x"]
        optimiser.move({"x": np.array([2 * (x - 1), 200 * (y - 1)])})  # a hundred times as steep one way
    assert optimiser.parameters["x"] == pytest.approx([1, 1], abs=0.01)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"learning_rate": 0.1, "steps": 0}, "expected at least one step, got 0"),
        ({"learning_rate": 0.0, "steps": 5}, "expected a positive learning rate, got 0.0"),
        ({"learning_rate": float("nan"), "steps": 5}, "expected a positive learning rate, got nan"),
        ({"learning_rate": 0.1, "steps": 5, "weight_decay": -1.0}, "expected a weight decay from 0 up, got -1.0"),
        (
            {"learning_rate": 0.1, "steps": 5, "clip_norm": 0.0},
            "expected a positive clip norm, got 0.0",
        ),
    ],
)
def test_a_descent_that_cannot_be_is_refused(knobs, message):
    with pytest.raises(ValueError, match=message):
        AdamW(weights(0), **knobs)
