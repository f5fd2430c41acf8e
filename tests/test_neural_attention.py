"""Attention is one formula: hard and soft, on words and on pictures, and it is the gate."""

import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from neural import attend
from saliency import Argmax, IttiKoch, Softmax


def places(shape):
    """The place (x, y) of each pixel: what a priority map points to."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.stack([x, y], axis=-1).astype(float)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.integers(2, 20), st.integers(2, 20))
def test_the_gates_choice_is_hard_attention_and_its_expectation_soft(seed, height, width):
    priority = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    keys, values = priority[:, :, None].astype(float), places(priority.shape)
    hard = attend(np.ones(1), keys, values, normalise="argmax")
    won = Argmax()(priority)
    assert hard.context.tolist() == [won.x, won.y]
    assert np.array_equal(hard.weights, Argmax().weights(priority))
    soft = attend(np.ones(1), keys, values, temperature=0.2)
    weights = Softmax(temperature=0.2).weights(priority)
    assert soft.weights == pytest.approx(weights, abs=1e-12)
    assert soft.context == pytest.approx((weights[:, :, None] * values).sum(axis=(0, 1)))
    assert attend(np.ones(1), keys, values, temperature=1e-6).context == pytest.approx([won.x, won.y])


def test_a_sample_is_the_softmax_gates_draw():
    priority = np.random.default_rng(0).random((9, 11)).astype(np.float32)
    gate = Softmax(temperature=0.3)
    keys = priority[:, :, None].astype(float)
    for seed in range(20):
        drawn = attend(np.ones(1), keys, places((9, 11)), normalise="sample", temperature=0.3, rng=seed)
        won = gate(priority, seed)
        assert drawn.context.tolist() == [won.x, won.y]
        assert drawn.log_prob == pytest.approx(np.log(gate.weights(priority)[won.y, won.x]))


def test_a_task_is_a_query_to_the_channels_of_the_map():
    """Feature channels are keys, their weights the query: the weighted map is the scores of attention."""
    image = as_image(sample_pixels("rocket"))
    model = IttiKoch(intensity=0.5, colour=2.0, orientation=1.0)
    keys = np.stack(list(model.conspicuity(image).values()), axis=-1).astype(float)
    found = attend(np.array([0.5, 2.0, 1.0]) / 3, keys, places(image.shape), normalise="argmax").context
    won = Argmax()(model(image))
    assert found.tolist() == [won.x, won.y]


def test_soft_attention_is_the_mean_of_hard_attention():
    rng = np.random.default_rng(0)
    query, keys, values = rng.normal(size=3), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    soft = attend(query, keys, values)
    draws = np.mean([attend(query, keys, values, normalise="sample", rng=rng).context for _ in range(20000)], axis=0)
    assert draws == pytest.approx(soft.context, abs=0.03)


def test_several_queries_at_once():
    rng = np.random.default_rng(0)
    query, keys, values = rng.normal(size=(2, 5, 3)), rng.normal(size=(4, 6, 3)), rng.normal(size=(4, 6, 7))
    together = attend(query, keys, values, score="scaled")
    assert (together.context.shape, together.weights.shape) == ((2, 5, 7), (2, 5, 4, 6))
    alone = attend(query[1, 2], keys, values, temperature=np.sqrt(3))
    assert together.context[1, 2] == pytest.approx(alone.context)
    assert together.weights.sum(axis=(2, 3)) == pytest.approx(1)


def test_entropy_is_that_of_the_weights():
    even = attend(np.zeros(2), np.ones((8, 2)), np.ones((8, 1)))
    assert even.entropy == pytest.approx(np.log(8))
    sure = attend(np.array([100.0]), np.eye(8)[:, :1], np.ones((8, 1)), normalise="argmax")
    assert (sure.entropy, sure.log_prob) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))


@pytest.mark.parametrize("normalise", ["softmax", "argmax", "sample"])
def test_what_is_masked_is_not_attended_to(normalise):
    rng = np.random.default_rng(0)
    query, keys, values = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    mask = np.array([True, False, True, False, True])
    seen = attend(query, keys, values, mask=mask, normalise=normalise)
    assert not seen.weights[:, ~mask].any()
    assert seen.weights.sum(axis=1) == pytest.approx(1)
    blind = attend(query, keys, values, mask=np.zeros(5, bool), normalise=normalise)
    assert not blind.weights.any()
    assert not blind.context.any()
    assert np.isfinite(blind.entropy).all()


@pytest.mark.parametrize("mask", [None, np.array([True, False, True, True, False]), np.zeros(5, bool)])
def test_the_gradient_of_soft_attention_is_that_of_central_differences(mask):
    rng = np.random.default_rng(0)
    query, keys, values = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    for index in range(3):

        def loss(argument, index=index):
            given = [query, keys, values]
            given[index] = argument
            answer = attend(*given, mask=mask, temperature=0.7)
            return (answer.context**2).sum() + answer.entropy

        here = (query, keys, values)[index]
        slopes = np.empty(here.shape)
        for place in np.ndindex(here.shape):
            step = np.zeros(here.shape)
            step[place] = 1e-6
            slopes[place] = (loss(here + step) - loss(here - step)) / 2e-6
        assert grad(loss)(here) == pytest.approx(slopes, abs=1e-7)


def test_no_gradient_passes_through_a_hard_choice():
    rng = np.random.default_rng(0)
    keys, values = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))

    def loss(query):
        return (attend(query, keys, values, normalise="argmax").context ** 2).sum() + 0.0 * query.sum()

    assert not grad(loss)(rng.normal(size=3)).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": "magic"}, "there is no score 'magic'"),
        ({"normalise": "magic"}, "there is no normaliser 'magic'"),
        ({"query": np.ones(2)}, "expected a query"),
        ({"values": np.ones((4, 2))}, "expected a query"),
        ({"mask": np.ones(4, bool)}, r"mask of the shape of the grid, \(5,\), got \(4,\)"),
        ({"temperature": 0.0}, "temperature above 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"query": np.ones(3), "keys": np.ones((5, 3)), "values": np.ones((5, 2))} | change
    with pytest.raises(ValueError, match=message):
        attend(given.pop("query"), given.pop("keys"), given.pop("values"), **given)
