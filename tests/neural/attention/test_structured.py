"""Structured attention: exact answers on chains and hierarchies, and what they find that a flat softmax misses."""

from itertools import product

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import elementwise_grad, grad, value_and_grad
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.attention.attend import attend
from neural.attention.chain import LinearChainAttention
from neural.attention.hierarchy import HierarchicalAttention
from neural.attention.segments import attend_groups
from neural.layers.primitives import cross_entropy, linear, logistic, tanh
from saliency.gate.softmax import one_hot_argmax, softmax

QUERIES = ("log_partition", "marginals", "pair_marginals", "weights", "entropy")


def chain_of(seed, places, states=None, lead=(), dtype=np.float64):
    rng = np.random.default_rng(seed)
    count = 2 if states is None else states
    unary = rng.normal(size=(*lead, places) if states is None else (*lead, places, states)).astype(dtype)
    pairwise = rng.normal(size=(*lead, places - 1, count, count)).astype(dtype)
    return LinearChainAttention(unary, pairwise, states=states)


def enumerated(unary, pairwise):
    """All sequences of states and their probabilities, for unary (n, states), pairwise (n - 1, states, states)."""
    places, states = unary.shape
    sequences = np.array(list(product(range(states), repeat=places)))
    scores = unary[np.arange(places), sequences].sum(axis=1)
    for place in range(places - 1):
        scores = scores + pairwise[place, sequences[:, place], sequences[:, place + 1]]
    total = np.log(np.exp(scores - scores.max()).sum()) + scores.max()
    return sequences, np.exp(scores - total), total


def central(function, here, step=1e-5):
    gradients = np.empty(here.shape)
    for place in np.ndindex(here.shape):
        shift = np.zeros(here.shape)
        shift[place] = step
        gradients[place] = (function(here + shift) - function(here - shift)) / (2 * step)
    return gradients


def relative_error(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def one_place(scores):
    """A chain of three states, before, at and after the one place that is attended to."""
    count = len(scores)
    unary = anp.stack([np.zeros(count), scores, np.zeros(count)], axis=-1)
    ends = np.zeros((count, 3))
    ends[0, 2] = ends[-1, 0] = -np.inf
    order = np.array([[0.0, 0.0, -np.inf], [-np.inf, -np.inf, 0.0], [-np.inf, -np.inf, 0.0]])
    return LinearChainAttention(unary + ends, order, states=3)


# The chain


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 999), st.integers(1, 8), st.integers(2, 3))
def test_a_chain_answers_as_enumeration_does(seed, places, states):
    chain = chain_of(seed, places, states)
    sequences, shares, total = enumerated(chain.unary, chain.pairwise)
    assert chain.log_partition() == pytest.approx(total, abs=1e-12)
    one = np.eye(states)[sequences]
    assert chain.marginals() == pytest.approx(np.einsum("s,snk->nk", shares, one), abs=1e-13)
    pairs = np.einsum("s,snj,snk->njk", shares, one[:, :-1], one[:, 1:])
    assert chain.pair_marginals() == pytest.approx(pairs, abs=1e-13)
    assert chain.argmax().tolist() == sequences[shares.argmax()].tolist()
    assert chain.entropy() == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-11)
    assert chain.log_prob(sequences) == pytest.approx(np.log(shares), abs=1e-11)


def test_the_binary_chain_scores_being_attended_to_over_not():
    binary = chain_of(3, 6)
    twofold = LinearChainAttention(np.stack([np.zeros(6), binary.unary], axis=-1), binary.pairwise, states=2)
    for query in QUERIES:
        assert np.array_equal(getattr(binary, query)(), getattr(twofold, query)())


def test_draws_come_as_often_as_they_are_probable():
    chain = chain_of(1, 4, 2)
    sequences, shares, _ = enumerated(chain.unary, chain.pairwise)
    draws = chain.sample(0, draws=40_000)
    counts = np.bincount(draws @ (2 ** np.arange(4)[::-1]), minlength=16) / len(draws)
    assert np.array_equal(sequences @ (2 ** np.arange(4)[::-1]), np.arange(16))
    spread = np.sqrt(shares * (1 - shares) / len(draws))
    assert (np.abs(counts - shares) < 4.5 * spread).all()
    assert np.array_equal(chain.sample(7), chain.sample(np.random.default_rng(7)))
    assert -chain.log_prob(draws).mean() == pytest.approx(chain.entropy(), abs=0.02)


def test_without_pairs_each_place_has_a_logistic_weight():
    scores = np.random.default_rng(0).normal(size=(3, 7)) * 3
    chain = LinearChainAttention(scores, np.zeros((2, 2)))
    assert chain.weights() == pytest.approx(logistic(scores), abs=1e-15)
    assert chain.log_partition() == pytest.approx(np.logaddexp(0, scores).sum(axis=1), abs=1e-12)


def test_exactly_one_attended_place_is_the_softmax():
    rng = np.random.default_rng(0)
    scores, values = rng.normal(size=9) * 2, rng.normal(size=(9, 4))
    seen = one_place(scores).attend(values)
    flat = attend(np.ones(1), scores[:, None], values)
    assert seen.weights == pytest.approx(softmax(scores), abs=1e-15)
    assert seen.context == pytest.approx(flat.context, abs=1e-14)
    assert seen.entropy == pytest.approx(flat.entropy, abs=1e-13)
    assert (one_place(scores).argmax() == 1).tolist() == one_hot_argmax(scores).astype(bool).tolist()
    assert ((one_place(scores).sample(0, draws=50) == 1).sum(axis=1) == 1).all()
    target = rng.normal(size=9)
    gradients = [
        grad(lambda s, w=weigh: anp.sum(w(s) * target))(scores) for weigh in (softmax, lambda s: one_place(s).weights())
    ]
    assert gradients[0] == pytest.approx(gradients[1], abs=1e-14)


def test_gradients_pass_by_what_is_forbidden():
    scores = np.random.default_rng(0).normal(size=6)
    found = grad(lambda s: one_place(s).entropy() + one_place(s).log_partition())(scores)
    shares = softmax(scores)
    entropy = -(shares * np.log(shares)).sum()
    assert found == pytest.approx(-shares * (np.log(shares) + entropy) + shares, abs=1e-14)


def test_several_chains_can_share_scores_pairs_or_a_mask():
    rng = np.random.default_rng(0)
    unary, pairwise, mask = rng.normal(size=(3, 1, 5)), rng.normal(size=(4, 2, 2)), np.arange(5) < np.array([[3], [5]])
    goal = rng.normal(size=(3, 2, 5))

    def loss(unary, pairwise):
        return anp.sum(LinearChainAttention(unary, pairwise, mask=mask).weights() * goal)

    together = LinearChainAttention(unary, pairwise, mask=mask).weights()
    assert together[1, 0] == pytest.approx(
        LinearChainAttention(unary[1, 0], pairwise, mask=mask[0]).weights(), abs=1e-15
    )
    gradients = grad(loss, (0, 1))(unary, pairwise)
    assert relative_error(gradients[0], central(lambda u: loss(u, pairwise), unary)) <= 1e-6
    assert relative_error(gradients[1], central(lambda w: loss(unary, w), pairwise)) <= 1e-6


def test_attraction_smooths_what_is_attended_to():
    scores = np.array([-2.0, 2.0, -0.5, 2.0, -2.0])
    alone = LinearChainAttention(scores, np.zeros((2, 2))).weights()
    together = LinearChainAttention(scores, np.eye(2)).weights()
    apart = LinearChainAttention(scores, -np.eye(2)).weights()
    assert apart[2] < alone[2] < 0.5 < together[2]
    assert LinearChainAttention(scores, np.eye(2)).argmax().tolist() == [0, 1, 1, 1, 0]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999), st.integers(2, 6))
def test_a_chain_read_from_its_end_is_the_same_chain(seed, places):
    chain = chain_of(seed, places, 3)
    turned = LinearChainAttention(chain.unary[::-1], chain.pairwise[::-1].swapaxes(1, 2), states=3)
    assert turned.log_partition() == pytest.approx(chain.log_partition(), abs=1e-12)
    assert turned.marginals()[::-1] == pytest.approx(chain.marginals(), abs=1e-13)
    assert turned.argmax()[::-1].tolist() == chain.argmax().tolist()


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("states", [None, 3])
@pytest.mark.parametrize("shared", [False, True])
def test_the_gradients_of_every_answer_are_those_of_central_differences(query, states, shared):
    chain = chain_of(5, 4, states, lead=(2,))
    mask = np.array([[True, True, True, True], [True, True, True, False]])
    pairwise = chain.pairwise[0, 0] if shared else chain.pairwise
    rng = np.random.default_rng(0)
    goal = rng.normal(size=np.shape(getattr(chain, query)()))

    def loss(unary, pairs):
        return anp.sum(getattr(LinearChainAttention(unary, pairs, mask=mask, states=states), query)() * goal)

    unary_gradients, pair_gradients = grad(loss, (0, 1))(chain.unary, pairwise)
    assert relative_error(unary_gradients, central(lambda u: loss(u, pairwise), chain.unary)) <= 1e-6
    assert relative_error(pair_gradients, central(lambda w: loss(chain.unary, w), pairwise)) <= 1e-6
    assert grad(lambda u: loss(u, pairwise))(chain.unary) == pytest.approx(unary_gradients, abs=1e-14)


def test_the_gradients_of_the_log_probability_and_of_the_context_are_those_of_central_differences():
    chain, rng = chain_of(2, 5), np.random.default_rng(0)
    values, goal = rng.normal(size=(5, 3)), rng.normal(size=3)
    draws = chain.sample(0, draws=3)
    losses = [
        lambda u, w, v: anp.sum(LinearChainAttention(u, w).log_prob(draws) * goal),
        lambda u, w, v: anp.sum(LinearChainAttention(u, w).attend(v).context * goal),
        lambda u, w, v: anp.sum(LinearChainAttention(u, w).attend(v, mean=True).context * goal),
    ]
    for number, loss in enumerate(losses):
        given = [chain.unary, chain.pairwise, values]
        for argument in (0, 1) if number == 0 else (0, 1, 2):

            def at(here, loss=loss, argument=argument, given=given):
                return loss(*(here if place == argument else fixed for place, fixed in enumerate(given)))

            assert relative_error(grad(at)(given[argument]), central(at, given[argument])) <= 1e-6


def test_the_partition_can_be_differentiated_twice():
    chain = chain_of(4, 5)

    def weighted(scores):
        return anp.sum(grad(lambda s: LinearChainAttention(s, chain.pairwise).log_partition())(scores) * goal)

    goal = np.random.default_rng(0).normal(size=5)
    direct = grad(lambda s: anp.sum(LinearChainAttention(s, chain.pairwise).weights() * goal))(chain.unary)
    assert grad(weighted)(chain.unary) == pytest.approx(direct, abs=1e-14)


def test_the_gradients_agree_with_those_of_another_library():
    torch = pytest.importorskip("torch")
    chain, rng = chain_of(6, 7, 3, lead=(4,)), np.random.default_rng(0)
    goal = rng.normal(size=(4, 7, 3))
    unary, pairwise = (torch.tensor(values, requires_grad=True) for values in (chain.unary, chain.pairwise))
    filtered = unary[:, 0]
    for place in range(1, 7):
        filtered = torch.logsumexp(filtered[:, :, None] + pairwise[:, place - 1], dim=1) + unary[:, place]
    (marginals,) = torch.autograd.grad(torch.logsumexp(filtered, dim=1).sum(), unary, create_graph=True)
    (marginals * torch.tensor(goal)).sum().backward()

    def loss(unary, pairwise):
        return anp.sum(LinearChainAttention(unary, pairwise, states=3).marginals() * goal)

    gradients = grad(loss, (0, 1))(chain.unary, chain.pairwise)
    assert chain.marginals() == pytest.approx(marginals.detach().numpy(), abs=1e-13)
    assert gradients[0] == pytest.approx(unary.grad.numpy(), abs=1e-13)
    assert gradients[1] == pytest.approx(pairwise.grad.numpy(), abs=1e-13)


@pytest.mark.parametrize("filling", [0.0, 50.0, np.nan, np.inf])
def test_what_stands_in_the_padding_changes_nothing(filling):
    chain = chain_of(8, 6, lead=(2,))
    mask = np.arange(6) < np.array([[4], [6]])
    values, goal = np.random.default_rng(0).normal(size=(2, 6, 3)), np.array([1.0, -2.0, 0.5])
    unary, pairwise, read = chain.unary.copy(), chain.pairwise.copy(), values.copy()
    unary[0, 4:], pairwise[0, 3:], read[0, 4:] = filling, filling, filling

    def loss(unary, pairwise, values):
        seen = LinearChainAttention(unary, pairwise, mask=mask).attend(values)
        return anp.sum(anp.dot(seen.context, goal)) + anp.sum(seen.entropy)

    padded = LinearChainAttention(unary, pairwise, mask=mask)
    short = LinearChainAttention(chain.unary[0, :4], chain.pairwise[0, :3])
    assert padded.log_partition()[0] == pytest.approx(short.log_partition(), abs=1e-13)
    assert padded.weights()[0] == pytest.approx(np.append(short.weights(), [0, 0]), abs=1e-14)
    assert padded.entropy()[0] == pytest.approx(short.entropy(), abs=1e-13)
    assert padded.argmax()[0].tolist() == [*short.argmax().tolist(), 0, 0]
    assert not padded.sample(0)[0, 4:].any()
    states = np.array([1, 0, 1, 1, 1, 0])
    assert padded.log_prob(states)[0] == pytest.approx(short.log_prob(states[:4]), abs=1e-13)
    clean = grad(loss, (0, 1, 2))(chain.unary, chain.pairwise, values)
    dirty = grad(loss, (0, 1, 2))(unary, pairwise, read)
    for first, second in zip(clean, dirty, strict=True):
        assert np.array_equal(first, second)
    assert not any(gradients[0, 4:].any() for gradients in (dirty[0], dirty[2]))


def test_a_single_place_is_a_chain():
    gradients = grad(lambda s: LinearChainAttention(s, np.eye(2)).entropy())(np.array([0.7]))
    share = logistic(np.array([0.7]))
    assert gradients == pytest.approx(-0.7 * share * (1 - share))
    assert grad(lambda s: LinearChainAttention(s, np.eye(2)).weights()[0])(np.array([0.7])) == pytest.approx(
        share * (1 - share)
    )


def test_a_masked_place_breaks_the_chain_in_two():
    chain = chain_of(9, 5)
    broken = LinearChainAttention(chain.unary, chain.pairwise, mask=np.array([True, True, False, True, True]))
    parts = [LinearChainAttention(chain.unary[s], chain.pairwise[s][:1]) for s in (slice(0, 2), slice(3, 5))]
    assert broken.log_partition() == pytest.approx(sum(part.log_partition() for part in parts), abs=1e-13)
    assert broken.entropy() == pytest.approx(sum(part.entropy() for part in parts), abs=1e-13)


def test_where_nothing_may_be_attended_to_all_is_zero_and_gradients_are_finite():
    chain, mask = chain_of(0, 4, lead=(2,)), np.array([[True] * 4, [False] * 4])
    values = np.ones((4, 2))

    def answers(unary, mean):
        blind = LinearChainAttention(unary, chain.pairwise, mask=mask)
        seen = blind.attend(values, mean=mean)
        return [blind.log_partition(), blind.marginals(), seen.context, seen.weights, seen.entropy]

    for mean in (False, True):
        assert not any(np.any(answer[1]) for answer in answers(chain.unary, mean))
        gradients = grad(lambda unary, mean=mean: sum(anp.sum(a) for a in answers(unary, mean)))(chain.unary)
        assert np.isfinite(gradients).all()
        assert gradients[0].any()
        assert not gradients[1].any()


def test_float32_stays_float32_forth_and_back():
    chain = chain_of(0, 5, lead=(3,), dtype=np.float32)
    values = np.ones((3, 5, 2), np.float32)
    mask = np.arange(5) < np.array([[3], [5], [0]])

    def made(unary, pairwise):
        chain = LinearChainAttention(unary, pairwise, mask=mask)
        return [getattr(chain, query)() for query in QUERIES] + list(chain.attend(values, mean=True)[:2])

    for number, answer in enumerate(made(chain.unary, chain.pairwise)):
        assert answer.dtype == np.float32
        gradients = grad(lambda u, w, k=number: anp.sum(made(u, w)[k]), (0, 1))(chain.unary, chain.pairwise)
        assert [gradient.dtype for gradient in gradients] == [np.float32, np.float32]
    assert LinearChainAttention([1, 2, 3], [[1, 0], [0, 1]]).weights().dtype == np.float64


def test_a_long_chain_is_as_exact_in_float32():
    exact = chain_of(0, 3000)
    rough = LinearChainAttention(exact.unary.astype(np.float32), exact.pairwise.astype(np.float32))
    goal = np.random.default_rng(1).normal(size=3000).astype(np.float32)
    assert rough.weights() == pytest.approx(exact.weights(), abs=2e-6)
    assert rough.entropy() == pytest.approx(exact.entropy(), rel=1e-5)
    assert rough.log_partition() == pytest.approx(exact.log_partition(), rel=1e-5)
    gradients = [
        grad(lambda u, w=chain.pairwise: anp.sum(LinearChainAttention(u, w).weights() * goal))(chain.unary)
        for chain in (rough, exact)
    ]
    assert gradients[0] == pytest.approx(gradients[1], abs=5e-6)


def test_potentials_of_any_size_give_no_nan():
    scores = np.array([1e30, -1e30, 80.0, -80.0, 0.0], np.float32)
    chain = LinearChainAttention(scores, np.zeros((2, 2), np.float32))
    assert chain.weights() == pytest.approx([1, 0, 1, 0, 0.5])
    gradients = elementwise_grad(lambda s: LinearChainAttention(s, np.zeros((2, 2), np.float32)).weights())(scores)
    assert gradients == pytest.approx([0, 0, 0, 0, 0.25])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"unary": np.float64(1.0)}, ValueError, r"unary potentials \(..., n\) with n of at least 1, got \(\)"),
        ({"unary": np.ones((3, 0))}, ValueError, r"got \(3, 0\)"),
        ({"states": 3}, ValueError, r"unary potentials \(..., n, 3\)"),
        ({"pairwise": np.ones((3, 3))}, ValueError, r"\(2, 2\) or \(..., 4, 2, 2\) .* \(5,\), got \(3, 3\)"),
        ({"pairwise": np.ones((5, 2, 2))}, ValueError, r"got \(5, 2, 2\)"),
        (
            {"unary": np.ones((3, 5)), "pairwise": np.ones((2, 4, 2, 2))},
            ValueError,
            r"leading axes .* \(3,\) .* \(2,\)",
        ),
        ({"mask": np.ones(4, bool)}, ValueError, r"mask \(..., 5\), as the last axis of \(5,\), got \(4,\)"),
        ({"mask": np.ones(5)}, TypeError, "mask of bool, got float64"),
        ({"unary": np.full(5, np.nan)}, ValueError, "unary potentials that are numbers or -inf, got NaN"),
        ({"pairwise": np.full((2, 2), np.inf)}, ValueError, "pairwise potentials that are numbers or -inf"),
        ({"attended": 2}, ValueError, "one of 2, counted from 0, got 2"),
    ],
)
def test_a_chain_that_does_not_fit_is_refused(change, error, message):
    given = {"unary": np.ones(5), "pairwise": np.eye(2)} | change
    with pytest.raises(error, match=message):
        LinearChainAttention(given.pop("unary"), given.pop("pairwise"), **given)


@pytest.mark.parametrize("query", ["log_partition", "marginals", "argmax", "sample", "entropy"])
def test_a_chain_without_a_possible_sequence_says_so(query):
    chain = LinearChainAttention(np.ones(3), np.full((2, 2), -np.inf))
    with pytest.raises(ValueError, match="at least one possible sequence"):
        getattr(chain, query)()


def test_values_and_states_that_do_not_fit_are_refused():
    chain = chain_of(0, 5)
    with pytest.raises(ValueError, match=r"values \(..., 5, m\) for places \(5,\), got \(4, 2\)"):
        chain.attend(np.ones((4, 2)))
    with pytest.raises(ValueError, match=r"states \(..., 5\), one for each place, got \(4,\)"):
        chain.log_prob(np.zeros(4, int))
    with pytest.raises(ValueError, match=r"states from 0 to 1, got \[0, 2\]"):
        chain.log_prob([0, 2, 0, 0, 0])


# The hierarchy


def naive_hierarchy(parameters, words, mask):
    """Two levels of attention over one document, sentence by sentence and word by word."""

    def attended(level, vectors):
        scores = np.array(
            [
                np.tanh(vector @ parameters[f"{level} weights"] + parameters[f"{level} bias"])
                @ parameters[f"{level} context"]
                for vector in vectors
            ]
        )
        shares = np.exp(scores) / np.exp(scores).sum()
        return sum(share * vector for share, vector in zip(shares, vectors, strict=True)), shares

    read = [attended("word", sentence[exist]) for sentence, exist in zip(words, mask, strict=True) if exist.any()]
    context, groups = attended("sentence", [vector for vector, _ in read])
    return context, groups, [shares for _, shares in read]


def document(seed, lead=(), dtype=np.float64):
    rng = np.random.default_rng(seed)
    words = rng.normal(size=(*lead, 4, 5, 3)).astype(dtype)
    mask = np.arange(5) < np.array([[3], [5], [0], [2]])
    network = HierarchicalAttention(width=3, hidden=6)
    parameters = {name: values.astype(dtype) for name, values in network.parameters(seed).items()}
    for level in ("word", "sentence"):
        parameters[f"{level} bias"] = rng.normal(size=6).astype(dtype)
    return network, parameters, words, np.broadcast_to(mask, words.shape[:-1]).copy()


@pytest.mark.parametrize("seed", range(5))
def test_a_document_is_read_as_its_slow_twin_reads_it(seed):
    network, parameters, words, mask = document(seed)
    seen = network(parameters, words, mask=mask)
    context, groups, members = naive_hierarchy(parameters, words, mask)
    assert seen.context == pytest.approx(context, abs=1e-14)
    assert seen.groups == pytest.approx([groups[0], groups[1], 0, groups[2]], abs=1e-14)
    assert seen.members[mask] == pytest.approx(np.concatenate(members), abs=1e-14)
    assert seen.weights.sum() == pytest.approx(1)
    assert seen.weights == pytest.approx(seen.groups[:, None] * seen.members)
    assert seen.importance == pytest.approx(np.sqrt(seen.groups)[:, None] * seen.members)


def test_the_gradients_of_a_document_are_those_of_central_differences():
    network, parameters, words, mask = document(0, lead=(2,))
    goal = np.random.default_rng(1).normal(size=(2, 3))

    def loss(parameters, words):
        seen = network(parameters, words, mask=mask)
        return anp.sum(seen.context * goal) + anp.sum(seen.weights**2)

    found, word_gradients = grad(loss, (0, 1))(parameters, words)
    for name, values in parameters.items():
        assert relative_error(found[name], central(lambda v, n=name: loss(parameters | {n: v}, words), values)) <= 1e-6
    assert relative_error(word_gradients, central(lambda w: loss(parameters, w), words)) <= 1e-6


@pytest.mark.parametrize("filling", [50.0, np.nan, np.inf])
def test_what_stands_in_the_padding_of_a_document_changes_nothing(filling):
    network, parameters, words, mask = document(1, lead=(2,))
    mask[1] = False

    def loss(parameters, words):
        seen = network(parameters, words, mask=mask)
        return anp.sum(seen.context) + anp.sum(seen.weights**2)

    filled = np.where(mask[..., None], words, filling)
    clean, dirty = (value_and_grad(loss)(parameters, each) for each in (words, filled))
    assert clean[0] == dirty[0]
    for name, gradients in clean[1].items():
        assert np.array_equal(gradients, dirty[1][name])
        assert np.isfinite(gradients).all()
    assert not grad(loss, 1)(parameters, filled)[~mask].any()
    blind = network(parameters, filled, mask=mask)
    assert not blind.context[1].any()
    assert not blind.groups[1].any()
    assert not blind.weights[1].any()


def test_the_encoder_of_sentences_is_the_callers():
    _, parameters, words, mask = document(2)
    network = HierarchicalAttention(width=3, sentence_width=7, hidden=6)
    parameters = network.parameters(0) | {name: values for name, values in parameters.items() if "word" in name}
    told = []

    def encode(sentences, full):
        told.append(full.tolist())
        return np.concatenate([sentences, np.ones((4, 4))], axis=-1)

    seen = network(parameters, words, mask=mask, encode=encode)
    assert told == [[True, True, False, True]]
    assert seen.context.shape == (7,)
    assert seen.context[3:] == pytest.approx(1)


def test_a_document_in_float32_stays_float32():
    network, parameters, words, mask = document(0, dtype=np.float32)
    seen = network(parameters, words, mask=mask)
    assert {values.dtype for values in seen} == {np.dtype(np.float32)}
    gradients = grad(lambda p: anp.sum(network(p, words, mask=mask).context))(parameters)
    assert {values.dtype for values in gradients.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"words": np.ones((4, 5, 2))}, r"words \(..., sentences, words, 3\), got \(4, 5, 2\)"),
        ({"mask": np.ones((4, 4), bool)}, r"mask of bool of shape \(4, 5\), .* got bool of shape \(4, 4\)"),
        ({"mask": np.ones((4, 5))}, "got float64"),
        ({"encode": lambda sentences, full: sentences[:2]}, r"encoded sentences of shape \(4, 3\), got \(2, 3\)"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(change, message):
    network, parameters, words, mask = document(0)
    given = {"words": words, "mask": mask} | change
    with pytest.raises(ValueError, match=message):
        network(parameters, given.pop("words"), **given)
    with pytest.raises(ValueError, match="hidden of at least 1, got 0"):
        HierarchicalAttention(width=3, hidden=0)


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


# What structure is good for: each network is trained here, as its rivals are, on tasks with a planted answer


def trained(loss, parameters, *, steps, rate):
    """Descend by Adam."""
    slopes_of, here = value_and_grad(loss), dict(parameters)
    means, squares = ({name: 0 * values for name, values in here.items()} for _ in range(2))
    for step in range(1, steps + 1):
        _, gradients = slopes_of(here)
        for name, gradient in gradients.items():
            means[name] = 0.9 * means[name] + 0.1 * gradient
            squares[name] = 0.99 * squares[name] + 0.01 * gradient**2
            pace = rate / (1 - 0.9**step) * np.sqrt(1 - 0.99**step)
            here[name] = (here[name] - pace * means[name] / (np.sqrt(squares[name]) + 1e-8)).astype(np.float32)
    return here


def read_out(width):
    return {"out": np.zeros((width, 2), np.float32), "out bias": np.zeros(2, np.float32)}


def answers(parameters, context):
    return linear(context, parameters["out"], parameters["out bias"])


def mean_loss(parameters, context, labels):
    return anp.sum(cross_entropy(answers(parameters, context), labels)) * np.float32(1 / len(labels))


def documents(rng, count, sentences=5, words=6):
    """Documents of 3 to 5 sentences, each with a colour, a form, a verdict and fillers, words in any order.

    The verdict of the one sentence about the red square (red 0, blue 1, square 2, circle 3) is the answer; others speak
    of red circles, blue squares or blue circles, so that no word tells by itself which sentence counts.
    """
    key = rng.integers(0, lengths := rng.integers(3, sentences + 1, count))
    topic = rng.choice([1, 2, 3], (count, sentences))
    topic[np.arange(count), key] = 0
    verdict = rng.integers(0, 2, (count, sentences))
    told = np.stack([topic // 2, 2 + topic % 2, 4 + verdict], axis=-1)
    fillers = rng.integers(6, 12, (count, sentences, words - 3))
    written = rng.permuted(np.concatenate([told, fillers], axis=-1), axis=-1)
    exist = (np.arange(sentences) < lengths[:, None])[..., None] & ((written < 6) | (rng.random(written.shape) < 0.7))
    return np.eye(12, dtype=np.float32)[written], exist, key, verdict[np.arange(count), key]


def flat_reading(parameters, words, mask):
    """One softmax over all words of a document, scored as the hierarchy scores words."""
    flat = words.reshape(len(words), -1, words.shape[-1])
    hidden = tanh(linear(flat, parameters["word weights"], parameters["word bias"]))
    weights = softmax(anp.matmul(hidden, parameters["word context"]), mask=mask.reshape(len(mask), -1))
    return anp.matmul(weights[:, None, :], flat)[:, 0], weights


def found_sentences(seed):
    """Accuracy, and share of documents whose key sentence gets most attention: hierarchical, then flat."""
    rng = np.random.default_rng(seed)
    (words, mask, _, labels), (new_words, new_mask, key, wanted) = documents(rng, 400), documents(rng, 1000)
    network = HierarchicalAttention(width=12, hidden=8)
    start = network.parameters(seed) | read_out(12)
    steep = trained(lambda p: mean_loss(p, network(p, words, mask=mask).context, labels), start, steps=150, rate=0.05)
    flat = trained(lambda p: mean_loss(p, flat_reading(p, words, mask)[0], labels), start, steps=150, rate=0.05)
    seen = network(steep, new_words, mask=new_mask)
    context, weights = flat_reading(flat, new_words, new_mask)
    right = [(answers(p, c).argmax(1) == wanted).mean() for p, c in ((steep, seen.context), (flat, context))]
    mass = weights.reshape(new_mask.shape).sum(axis=-1)
    found = [(each.argmax(1) == key).mean() for each in (seen.groups, mass)]
    return right[0], found[0], right[1], found[1]


@pytest.mark.parametrize("seed", range(3))
def test_sentence_attention_finds_the_sentence_that_counts(seed):
    accuracy, found, flat_accuracy, flat_found = found_sentences(seed)
    assert (accuracy > 0.95, found > 0.95) == (True, True)
    assert accuracy - flat_accuracy > 0.15
    assert found - flat_found > 0.5


def sequences(rng, count, places=40, strength=1.0):
    """Sequences with one segment of 6 to 12 places of weak evidence, which alone votes for the label."""
    length = rng.integers(6, 13, count)[:, None]
    start = rng.integers(0, places - length + 1)
    inside = (np.arange(places) >= start) & (np.arange(places) < start + length)
    evidence = rng.normal(size=(count, places)) + strength * inside
    label = rng.integers(0, 2, count)
    elsewhere = rng.choice([-1, 1], (count, 1))
    votes = np.where(inside, 2 * label[:, None] - 1, elsewhere) + rng.normal(size=(count, places))
    return evidence.astype(np.float32), votes[..., None].astype(np.float32), inside, label


WEIGHTS = {
    "softmax": lambda p, scores: softmax(scores),
    "logistic": lambda p, scores: logistic(scores),
    "chain": lambda p, scores: LinearChainAttention(scores, p["pairwise"]).weights(),
}


def found_segments(kind, seed):
    """Accuracy, and probability that a place of the segment has more weight than one outside (area under the ROC)."""
    rng = np.random.default_rng(seed)
    (evidence, votes, _, labels), (new, new_votes, inside, wanted) = sequences(rng, 300), sequences(rng, 2000)

    def looked_at(p, evidence, votes):
        weights = WEIGHTS[kind](p, p["gain"] * evidence + p["bias"])
        shares = weights / anp.sum(weights, axis=-1, keepdims=True)
        return anp.matmul(shares[:, None, :], votes)[:, 0], weights

    start = {"gain": np.ones(1, np.float32), "bias": np.zeros(1, np.float32), "pairwise": np.zeros((2, 2), np.float32)}
    start |= {"out": np.array([[-1, 1]], np.float32), "out bias": np.zeros(2, np.float32)}
    last = trained(lambda p: mean_loss(p, looked_at(p, evidence, votes)[0], labels), start, steps=60, rate=0.1)
    context, weights = looked_at(last, new, new_votes)
    higher = [(each[here][:, None] > each[~here]).mean() for each, here in zip(weights, inside, strict=True)]
    return (answers(last, context).argmax(1) == wanted).mean(), np.mean(higher)


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_finds_segments_that_a_flat_softmax_misses(seed):
    accuracy, found = found_segments("chain", seed)
    for rival in ("softmax", "logistic"):
        rival_accuracy, rival_found = found_segments(rival, seed)
        assert accuracy - rival_accuracy > 0.04
        assert found - rival_found > 0.08
