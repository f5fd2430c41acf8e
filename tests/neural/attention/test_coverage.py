"""Coverage: attention that remembers where it has been, and the losses that ask for it."""

import itertools

import numpy as np
import pytest
from attention_cases import assert_gradients
from autograd import grad

from neural import attend
from neural.attention.coverage import Coverage, coverage_loss, doubly_stochastic_loss


def test_coverage_is_the_sum_of_what_was_looked_at():
    rng = np.random.default_rng(0)
    steps = rng.random((4, 2, 5))
    memory, covered = Coverage(strength=3.0, decay=0.8), None
    for step in steps:
        covered = memory.add(covered, step)
    expected = sum(0.8 ** (4 - number) * step for number, step in enumerate(steps))
    assert covered == pytest.approx(expected)
    assert memory.bias(covered) == pytest.approx(-3 * expected)
    assert memory.bias(None) is None


def test_inhibition_spreads_with_the_kernel():
    kernel = np.arange(1.0, 16.0).reshape(3, 5)
    weights = np.random.default_rng(0).random((2, 6, 7))
    covered = Coverage(kernel=kernel).add(None, weights)
    expected = np.zeros(weights.shape)
    for row, column, down, across in np.ndindex(6, 7, 3, 5):
        if 0 <= row + down - 1 < 6 and 0 <= column + across - 2 < 7:
            expected[:, row + down - 1, column + across - 2] += kernel[down, across] * weights[:, row, column]
    assert covered == pytest.approx(expected)
    assert_gradients(lambda weights: (Coverage(kernel=kernel).add(None, weights) ** 2).sum(), (weights,))
    assert Coverage(kernel=kernel).add(None, weights.astype(np.float32)).dtype == np.float32


def test_coverage_sends_attention_elsewhere_and_learns():
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), np.array(1.5), np.array(0.7)

    def loss(query, keys, values, strength, decay):
        memory, covered, total = Coverage(strength=strength, decay=decay), None, 0.0
        for _ in range(3):
            seen = attend(query, keys, values, bias=memory.bias(covered))
            if covered is not None:
                total = total + coverage_loss(seen.weights, covered)
            covered = memory.add(covered, seen.weights)
            total = total + (seen.context**2).sum()
        return total + doubly_stochastic_loss(covered)

    assert_gradients(loss, arrays)
    strong, weak = (Coverage(strength=strength) for strength in (5.0, 0.0))
    first = attend(*arrays[:3]).weights
    again = [attend(*arrays[:3], bias=memory.bias(memory.add(None, first))).weights for memory in (strong, weak)]
    assert coverage_loss(again[0], first) < coverage_loss(again[1], first) == pytest.approx(1)


def test_sampling_without_return_has_the_odds_of_plackett_and_luce():
    scores = np.array([0.9, 0.1, -0.4, 0.5])
    memory, rng, counts = Coverage(strength=np.inf), np.random.default_rng(0), {}
    for _ in range(4000):
        covered, path, log_prob = None, [], 0.0
        for _ in range(3):
            seen = attend(
                np.ones(1),
                scores[:, None],
                np.arange(4.0)[:, None],
                bias=memory.bias(covered),
                normalise="sample",
                rng=rng,
            )
            covered = memory.add(covered, seen.weights)
            path.append(int(seen.context[0]))
            log_prob += seen.log_prob
        counts.setdefault(tuple(path), [0, log_prob])[0] += 1
    odds = {}
    for path in itertools.permutations(range(4), 3):
        left = np.exp(scores)
        odds[path] = 1.0
        for place in path:
            odds[path] *= left[place] / left.sum()
            left[place] = 0
    assert sum(odds.values()) == pytest.approx(1)
    assert counts.keys() <= odds.keys()  # no place twice
    for path, (count, log_prob) in counts.items():
        assert np.exp(log_prob) == pytest.approx(odds[path])
        assert count / 4000 == pytest.approx(odds[path], abs=0.02)


def test_where_all_was_visited_there_is_nowhere_to_go():
    memory = Coverage(strength=np.inf)
    nowhere = attend(np.ones(1), np.ones((3, 1)), np.ones((3, 1)), bias=memory.bias(np.ones(3)), normalise="sample")
    assert not nowhere.weights.any()
    assert nowhere.context == [0.0]


def test_losses_of_coverage_on_grids():
    rng = np.random.default_rng(0)
    weights, covered = rng.random((2, 3, 4)), rng.random((2, 3, 4))
    assert coverage_loss(weights, covered, grid=2) == pytest.approx(np.minimum(weights, covered).sum(axis=(1, 2)))
    mask = rng.random((3, 4)) < 0.5
    expected = (((1 - covered) ** 2) * mask).sum(axis=(1, 2))
    assert doubly_stochastic_loss(covered, mask=mask, grid=2) == pytest.approx(expected)
    once = np.eye(3)  # every place once: nothing to punish
    assert doubly_stochastic_loss(once.sum(axis=0)) == 0
    assert coverage_loss(once[2], once[:2].sum(axis=0)) == 0
    for loss in (coverage_loss, lambda one, other: doubly_stochastic_loss(one, mask=one > 0.5) + other.sum()):
        small = [array.astype(np.float32) for array in (weights[0, 0], covered[0, 0])]
        assert [grad(loss, number)(*small).dtype for number in range(2)] == [np.float32] * 2
