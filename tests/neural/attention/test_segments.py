"""Objects and then their pixels: attention by groups is the flat softmax, however pixels are grouped."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from chain_cases import central, relative_error
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.attention.segments import attend_groups
from saliency.gate.softmax import one_hot_argmax, softmax

# Objects and their pixels


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.integers(1, 6), st.sampled_from([0.01, 0.5, 3.0]))
def test_objects_then_pixels_is_the_flat_softmax_however_pixels_are_grouped(seed, groups, temperature):
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(size=(2, 5, 7)), rng.integers(-1, groups, (5, 7))
    mask = rng.random((5, 7)) < 0.8
    mask[0, 0] = True
    values = rng.normal(size=(5, 7, 2))
    seen = attend_groups(scores, labels, values, mask=mask, temperature=temperature)
    flat = softmax(scores.reshape(2, -1), temperature, mask.ravel()).reshape(2, 5, 7)
    assert seen.weights == pytest.approx(flat, abs=1e-14)
    assert seen.context == pytest.approx(np.einsum("bij,ijm->bm", flat, values), abs=1e-13)
    for group, label in enumerate(np.unique(labels[mask])):
        inside = (labels == label) & mask
        assert seen.groups[:, group] == pytest.approx(flat[:, inside].sum(axis=1), abs=1e-14)
        assert seen.members[:, inside] == pytest.approx(softmax(scores[:, inside], temperature), abs=1e-14)
    assert not seen.members[:, ~mask].any()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.integers(1, 6))
def test_from_the_best_object_down_to_its_best_pixel_is_the_flat_maximum(seed, groups):
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(size=(3, 4, 6)), rng.integers(0, groups, (4, 6))
    seen = attend_groups(scores, labels, coarse="max", normalise="argmax")
    assert np.array_equal(seen.weights, one_hot_argmax(scores.reshape(3, -1)).reshape(scores.shape))
    assert np.array_equal(seen.members.reshape(3, -1).sum(axis=1), [len(np.unique(labels))] * 3)


def test_a_large_object_can_win_over_the_brightest_pixel():
    scores = np.array([3.0, 0.0, 2.0, 2.0, 2.0, 1.9])
    labels = np.array([0, 0, 1, 1, 1, 1])
    summed = attend_groups(scores, labels, normalise="argmax")
    assert (summed.groups.tolist(), summed.weights.tolist()) == ([0, 1], [0, 0, 1, 0, 0, 0])
    told = attend_groups(scores, labels, coarse=np.array([1.0, 0.0]), normalise="argmax")
    assert told.weights.tolist() == [1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("coarse", ["logsumexp", "max", "given"])
def test_the_gradients_through_objects_are_those_of_central_differences(coarse):
    rng = np.random.default_rng(0)
    scores, labels, mask = rng.normal(size=(2, 3, 4)), rng.integers(0, 3, (3, 4)), rng.random((3, 4)) < 0.8
    own, goal, value_goal = rng.normal(size=(2, 3)), rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 2))
    values = rng.normal(size=(3, 4, 2))

    def loss(scores, values, own):
        seen = attend_groups(
            scores, labels, values, mask=mask, coarse=own if coarse == "given" else coarse, temperature=0.7
        )
        return anp.sum(seen.weights * goal) + anp.sum(seen.context * value_goal) + anp.sum(seen.members**2)

    given = [scores, values, own]
    for argument in range(3 if coarse == "given" else 2):

        def at(here, argument=argument):
            return loss(*(here if place == argument else fixed for place, fixed in enumerate(given)))

        assert relative_error(grad(at)(given[argument]), central(at, given[argument])) <= 1e-6


def test_objects_in_float32_stay_float32():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(3, 4)).astype(np.float32), rng.integers(0, 3, (3, 4))
    seen = attend_groups(scores, labels, np.ones((3, 4, 2), np.float32), temperature=0.3)
    assert {values.dtype for values in seen} == {np.dtype(np.float32)}
    assert grad(lambda s: anp.sum(attend_groups(s, labels, coarse="max").weights[0]))(scores).dtype == np.float32


def test_where_no_pixel_may_be_attended_to_all_is_zero():
    scores, values = np.full((3, 4), np.nan), np.ones((3, 4, 2))
    blind = attend_groups(scores, np.zeros((3, 4), int), values, mask=np.zeros((3, 4), bool))
    assert not blind.weights.any()
    assert not blind.context.any()
    assert blind.groups.shape == (0,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": np.ones((3, 5))}, r"scores \(..., \*grid\) for labels of shape \(3, 4\), got \(3, 5\)"),
        ({"scores": np.full((3, 4), np.nan)}, "finite scores"),
        ({"labels": np.zeros((3, 4))}, "whole numbers, got float64"),
        ({"values": np.ones((4, 3, 1))}, r"values \(\*grid, m\) for labels of shape \(3, 4\), got \(4, 3, 1\)"),
        ({"mask": np.ones((3, 4))}, "mask of bool"),
        ({"coarse": "mean"}, "there is no coarse score 'mean'"),
        ({"coarse": np.ones(3)}, r"each of the 1 groups on the last axis, got \(3,\)"),
        ({"normalise": "magic"}, "there is no normaliser 'magic'"),
        ({"temperature": 0.0}, "temperature above 0"),
    ],
)
def test_groups_that_do_not_fit_are_refused(change, message):
    given = {"scores": np.ones((3, 4)), "labels": np.zeros((3, 4), int)} | change
    with pytest.raises(ValueError, match=message):
        attend_groups(given.pop("scores"), given.pop("labels"), **given)
