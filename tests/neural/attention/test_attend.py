"""Attention: its weights, gradients, masks, draws and refusals, with every score and normaliser."""

import tracemalloc
from dataclasses import replace

import autograd.numpy as anp
import numpy as np
import pytest
from attention_cases import a_score, assert_gradients, places
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from neural import attend
from neural.attention.scores import Additive, Cosine, General, Location
from saliency import Argmax, IttiKoch, Softmax

SOFT = ("softmax", "sparsemax", "entmax15")
HARD = ("argmax", "sample", "straight_through")
SCORES = ("dot", "scaled", "cosine", "general", "additive", "location")


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
        gradients = np.empty(here.shape)
        for place in np.ndindex(here.shape):
            step = np.zeros(here.shape)
            step[place] = 1e-6
            gradients[place] = (loss(here + step) - loss(here - step)) / 2e-6
        assert grad(loss)(here) == pytest.approx(gradients, abs=1e-7)


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
        ({"score": "additive"}, r"'additive' has parameters: expected neural.Additive\(...\)"),
        ({"query": np.ones(2)}, r"differ along their last axis, d: got \(..., 2\) and \(..., 3\)"),
        ({"values": np.ones((4, 2))}, r"keys and values differ along axis 0: got shapes \(5, 3\) and \(4, 2\)"),
        ({"values": np.ones((5, 1, 2))}, r"keys and values of as many axes, got shapes \(5, 3\) and \(5, 1, 2\)"),
        ({"batch": 1}, r"1 axes of batch.*got shapes \(3,\), \(5, 3\) and \(5, 2\)"),
        (
            {"batch": 1, "query": np.ones((2, 3))},
            r"query and keys differ along axis 0: got shapes \(2, 3\) and \(5, 3\)",
        ),
        ({"keys": np.ones((0, 3)), "values": np.ones((0, 2))}, r"at least one place.*keys of shape \(0, 3\)"),
        ({"keys": np.full((5, 3), np.nan)}, "scores that are numbers below infinity, got 5 of 5 that are not"),
        ({"bias": np.array([0, 0, np.nan, 0, np.inf])}, "got 2 of 5 that are not"),
        ({"bias": np.zeros(4)}, r"bias of the shape of the grid, \(5,\), got \(4,\)"),
        ({"score": lambda query, keys: query}, r"to give \(batch, queries, places\), \(1, 1, 5\), got \(1, 1, 3\)"),
        ({"score": General(weights=np.ones((2, 3)))}, r"'weights' differ: got \(..., 3\) and \(2, 3\)"),
        ({"score": Location(weights=np.ones((3, 4)))}, r"columns of weights \(3, 4\), got 5"),
        ({"mask": np.ones(4, bool)}, r"mask of the shape of the grid, \(5,\), got \(4,\)"),
        ({"temperature": -0.1}, "temperature from 0 up, got -0.1"),
        ({"temperature": np.nan}, "temperature from 0 up, got nan"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"query": np.ones(3), "keys": np.ones((5, 3)), "values": np.ones((5, 2))} | change
    with pytest.raises(ValueError, match=message):
        attend(given.pop("query"), given.pop("keys"), given.pop("values"), **given)


@pytest.mark.parametrize("name", SCORES)
def test_scores_are_those_of_the_slow_twin(name):
    rng = np.random.default_rng(0)
    query, keys, score = rng.normal(size=3), rng.normal(size=(6, 3)), a_score(name)
    logs = attend(query, keys, np.eye(6), score=score).context
    twin = {
        "dot": lambda key, place: sum(query * key),
        "scaled": lambda key, place: sum(query * key) / np.sqrt(3),
        "cosine": lambda key, place: sum(query * key) / np.sqrt(sum(query**2) * sum(key**2)),
        "general": lambda key, place: query @ score.weights @ key,
        "additive": lambda key, place: score.vector @ np.tanh(query @ score.query + key @ score.key + score.bias),
        "location": lambda key, place: query @ score.weights[:, place],
    }[name]
    scores = np.array([twin(key, place) for place, key in enumerate(keys)])
    assert logs == pytest.approx(np.exp(scores) / np.exp(scores).sum())


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("normalise", SOFT)
@pytest.mark.parametrize("masked", [False, True])
def test_every_gradient_is_that_of_central_differences(name, normalise, masked):
    rng = np.random.default_rng(1)
    arrays = rng.normal(size=(2, 2, 3)), rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 2)), np.array(0.9)
    mask = np.array([[1, 1, 0, 1, 1, 1], [0, 1, 0, 1, 1, 0]], bool) if masked else None
    score = a_score(name)
    parameters = {} if isinstance(score, str) else vars(score)

    def loss(query, keys, values, temperature, bias, *rest):
        named = score if isinstance(score, str) else replace(score, **dict(zip(parameters, rest, strict=True)))
        seen = attend(
            query,
            keys,
            values,
            mask=mask,
            bias=bias,
            score=named,
            normalise=normalise,
            temperature=temperature,
            batch=1,
        )
        return (seen.context**3).sum() + (seen.weights**2).sum() + (seen.entropy**2).sum() + 0.0 * keys.sum()

    if name == "location":
        assert not grad(loss, 1)(*arrays, np.zeros(6), *parameters.values()).any()
        fixed, arrays = arrays[1], (arrays[0], *arrays[2:])
        assert_gradients(lambda query, *rest: loss(query, fixed, *rest), (*arrays, np.zeros(6), *parameters.values()))
    else:
        assert_gradients(loss, (*arrays, np.zeros(6), *parameters.values()))


def test_a_learnt_sharpness_has_a_gradient():
    rng = np.random.default_rng(0)
    query, keys, values = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))

    def loss(sharpness):
        return (attend(query, keys, values, score=Cosine(sharpness=sharpness)).context ** 2).sum()

    assert_gradients(loss, (np.array(2.0),))
    assert np.isfinite(grad(lambda keys: attend(query, keys, values, score="cosine").context.sum())(0 * keys)).all()


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("normalise", SOFT + HARD)
def test_float32_stays_float32(score, normalise):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=size).astype(np.float32) for size in ((2, 3), (2, 6, 3), (2, 6, 2), (2, 6))]
    made, mask = a_score(score, dtype=np.float32), np.arange(6) < 4

    def seen(query, keys, values, bias):
        return attend(
            query,
            keys,
            values,
            mask=mask,
            bias=bias,
            score=made,
            normalise=normalise,
            batch=1,
            temperature=np.float64(0.8),
        )

    assert {np.asarray(part).dtype for part in seen(*arrays)} == {np.dtype(np.float32)}

    def loss(*arrays):
        answer = seen(*arrays)
        whole = answer.context.sum() + answer.entropy.sum() + answer.log_prob.sum()
        return whole + sum(np.float32(0) * array.sum() for array in arrays)

    assert [grad(loss, number)(*arrays).dtype for number in range(4)] == [np.float32] * 4


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 999),
    st.sampled_from(SCORES),
    st.sampled_from(SOFT + HARD),
    st.sampled_from([7.0, -1e6, 1e30, np.nan]),
)
def test_what_is_in_the_padding_changes_nothing(seed, name, normalise, garbage):
    rng = np.random.default_rng(seed)
    query, keys, values = rng.normal(size=(2, 3)), rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 2))
    mask = rng.random((2, 6)) < 0.6
    score = a_score(name)
    dirty = [np.where(mask[..., np.newaxis], array, garbage) for array in (keys, values)]

    def both(query, keys, values):
        seen = attend(query, keys, values, mask=mask, score=score, normalise=normalise, rng=seed, batch=1)
        gradients = [
            grad(
                lambda *arrays: (
                    (
                        (
                            answer := attend(*arrays, mask=mask, score=score, normalise=normalise, rng=seed, batch=1)
                        ).context
                        ** 2
                    ).sum()
                    + answer.log_prob.sum()
                    + sum(0.0 * array[mask].sum() for array in arrays[1:])
                    + 0.0 * arrays[0].sum()
                ),
                number,
            )(query, keys, values)
            for number in range(3)
        ]
        return [np.asarray(part) for part in (*seen, *gradients)]

    for clean, soiled in zip(both(query, keys, values), both(query, *dirty), strict=True):
        assert np.array_equal(clean, soiled)


@pytest.mark.parametrize("normalise", SOFT + HARD)
@pytest.mark.parametrize("score", SCORES)
def test_where_all_is_masked_nothing_comes_and_no_gradient(normalise, score):
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(2, 3)), rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 2))
    mask = np.array([[True], [False]]) & np.ones((2, 6), bool)
    made = a_score(score)

    def loss(*arrays):
        seen = attend(*arrays, mask=mask, score=made, normalise=normalise, batch=1)
        rest = sum(0.0 * array.sum() for array in arrays)
        return seen.context.sum() + (seen.weights**2).sum() + seen.entropy.sum() + seen.log_prob.sum() + rest

    seen = attend(*arrays, mask=mask, score=made, normalise=normalise, batch=1)
    for part in seen:
        assert np.isfinite(part).all() and not part[1].any()
    for number in range(3):
        gradient = grad(loss, number)(*arrays)
        assert np.isfinite(gradient).all() and not gradient[1].any()
    assert seen.weights[0].any() and grad(loss, 2)(*arrays)[0].any()


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("normalise", SOFT)
def test_a_batch_is_one_example_after_another(score, normalise):
    rng = np.random.default_rng(0)
    query, keys, values = (
        rng.normal(size=(2, 3, 4, 3)),
        rng.normal(size=(2, 3, 2, 3, 3)),
        rng.normal(size=(2, 3, 2, 3, 5)),
    )
    bias, mask, made = rng.normal(size=(2, 3, 4, 2, 3)), rng.random((2, 3, 1, 2, 3)) < 0.7, a_score(score)
    together = attend(query, keys, values, mask=mask, bias=bias, score=made, normalise=normalise, batch=2)
    assert [np.shape(part) for part in together] == [(2, 3, 4, 5), (2, 3, 4, 2, 3), (2, 3, 4), (2, 3, 4)]
    for one in np.ndindex(2, 3):
        alone = attend(
            query[one], keys[one], values[one], mask=mask[one][0], bias=bias[one], score=made, normalise=normalise
        )
        for part, other in zip(together, alone, strict=True):
            assert part[one] == pytest.approx(other)


def test_a_mask_may_differ_between_queries():
    """Each word sees those before it."""
    words = np.random.default_rng(0).normal(size=(5, 3))
    causal = attend(words, words, words, mask=np.tri(5, dtype=bool))
    for last in range(5):
        alone = attend(words[last], words[: last + 1], words[: last + 1])
        assert causal.context[last] == pytest.approx(alone.context)
    assert not np.triu(causal.weights, 1).any()


def test_a_bias_is_a_prior_over_places():
    """Multiplying the prior into the softmax is adding its logarithm: Reynolds and Heeger's field of attention."""
    rng = np.random.default_rng(0)
    query, keys, values, prior = (
        rng.normal(size=3),
        rng.normal(size=(4, 5, 3)),
        rng.normal(size=(4, 5, 2)),
        rng.random((4, 5)),
    )
    plain = attend(query, keys, values).weights * prior
    assert attend(query, keys, values, bias=np.log(prior)).weights == pytest.approx(plain / plain.sum())
    prior[0] = 0
    with np.errstate(divide="ignore"):
        assert not attend(query, keys, values, bias=np.log(prior)).weights[0].any()


@pytest.mark.parametrize("normalise", SOFT + HARD)
def test_temperature_zero_is_the_limit(normalise):
    rng = np.random.default_rng(0)
    query, keys, values = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    frozen = attend(query, keys, values, normalise=normalise, temperature=0)
    cold = attend(query, keys, values, normalise=normalise, temperature=1e-4)
    assert np.array_equal(frozen.weights, attend(query, keys, values, normalise="argmax").weights)
    for part, other in zip(frozen, cold, strict=True):
        assert part == pytest.approx(other, abs=1e-9)
    assert not attend(query, keys, values, mask=np.zeros(5, bool), temperature=0, normalise=normalise).context.any()


@pytest.mark.parametrize("normalise", HARD)
def test_the_gradient_of_the_log_of_a_choice_is_the_choice_less_its_odds(normalise):
    """What REINFORCE needs: (e_i - p) / T; and for the entropy -p (ln p + H) / T."""
    rng = np.random.default_rng(0)
    scores, heat = rng.normal(size=7), 0.6
    odds = np.exp(scores / heat) / np.exp(scores / heat).sum()

    def seen(bias):
        return attend(
            np.zeros(1), np.ones((7, 1)), np.ones((7, 1)), bias=bias, normalise=normalise, temperature=heat, rng=3
        )

    chosen = seen(scores).weights
    assert chosen.sum() == chosen.max() == 1
    assert seen(scores).log_prob == pytest.approx(np.log(odds[chosen.argmax()]))
    assert grad(lambda bias: seen(bias).log_prob)(scores) == pytest.approx((chosen - odds) / heat)
    entropy = -(odds * np.log(odds)).sum()
    assert seen(scores).entropy == pytest.approx(entropy)
    assert grad(lambda bias: seen(bias).entropy)(scores) == pytest.approx(-odds * (np.log(odds) + entropy) / heat)


def test_the_mean_of_rewards_times_these_gradients_is_the_gradient_of_the_mean_reward():
    rng = np.random.default_rng(0)
    query, keys, rewards = rng.normal(size=2), rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    exact = grad(lambda query: attend(query, keys, rewards).context.sum())(query)
    odds, gradients = attend(query, keys, rewards).weights, {}
    for seed in range(200):
        place = int(attend(query, keys, rewards, normalise="sample", rng=seed).weights.argmax())
        gradients[place] = grad(
            lambda query, seed=seed: attend(query, keys, rewards, normalise="sample", rng=seed).log_prob
        )
        gradients[place] = gradients[place](query)
    assert set(gradients) == {0, 1, 2, 3}
    assert sum(odds[i] * (rewards[i] - 0.3) * gradients[i] for i in range(4)) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("normalise", ["argmax", "sample"])
@pytest.mark.parametrize("score", SCORES)
def test_the_gradient_of_a_hard_choice_reaches_the_values_and_nothing_else(normalise, score):
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=3), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    made = a_score(score)
    chosen = attend(*arrays, score=made, normalise=normalise).weights

    def loss(query, keys, values):
        context = attend(query, keys, values, score=made, normalise=normalise).context
        return (context * np.array([2.0, 5.0])).sum() + 0.0 * query.sum() + 0.0 * keys.sum()

    assert not grad(loss, 0)(*arrays).any()
    assert not grad(loss, 1)(*arrays).any()
    assert np.array_equal(grad(loss, 2)(*arrays), np.outer(chosen, [2, 5]))


def test_straight_through_chooses_like_a_sample_and_learns_like_a_softmax():
    rng = np.random.default_rng(0)
    query, keys, values, gradient = (
        rng.normal(size=3),
        rng.normal(size=(5, 3)),
        rng.normal(size=(5, 2)),
        rng.normal(size=2),
    )
    through = attend(query, keys, values, normalise="straight_through", temperature=0.7, rng=2)
    sample = attend(query, keys, values, normalise="sample", temperature=0.7, rng=2)
    for part, other in zip(through, sample, strict=True):
        assert np.array_equal(part, other)

    def loss(query, normalise):
        seen = attend(query, keys, values, normalise=normalise, temperature=0.7, rng=2)
        return (seen.context * gradient).sum()

    assert grad(loss)(query, "straight_through") == pytest.approx(grad(loss)(query, "softmax"))


def test_keys_projected_once_are_scored_alike():
    rng = np.random.default_rng(0)
    query, keys, values, score = (
        rng.normal(size=(7, 3)),
        rng.normal(size=(6, 3)),
        rng.normal(size=(6, 2)),
        a_score("additive"),
    )
    once = attend(query, score.project(keys), values, score=score.projected)
    assert once.context == pytest.approx(attend(query, keys, values, score=score).context, abs=1e-14)


def test_an_additive_score_of_many_queries_holds_a_block_at_a_time():
    """All hidden units of 400 queries and 400 places are 82 MB; the gradients would need them again."""
    rng = np.random.default_rng(0)
    query, keys = rng.normal(size=(1, 400, 64)), rng.normal(size=(1, 400, 64))
    score = Additive.initial(query=64, key=64, hidden=64, rng=0, dtype=np.float64)
    few = score(query[:, 201:203], keys)
    gradient = grad(lambda query: (score(query, keys)[:, 201:203] ** 2).sum())(query)
    assert gradient[:, 201:203] == pytest.approx(grad(lambda query: (score(query, keys) ** 2).sum())(query[:, 201:203]))
    assert not gradient[:, :201].any()
    tracemalloc.start()
    try:
        assert score(query, keys)[:, 201:203] == pytest.approx(few)
        grad(lambda query: score(query, keys).sum())(query)
        assert tracemalloc.get_traced_memory()[1] < 25e6
    finally:
        tracemalloc.stop()


def test_a_score_of_ones_own():
    def nearness(query, keys):
        apart = query[:, :, np.newaxis] - keys[:, np.newaxis]
        return -anp.sum(apart * apart, axis=-1)

    keys = np.array([[0.0], [1.0], [2.0]])
    assert attend(np.array([1.2]), keys, keys, score=nearness, normalise="argmax").context == [1.0]
    assert_gradients(lambda query: attend(query, keys, keys, score=nearness).context.sum(), (np.array([1.2]),))
