"""A linear chain of attention against enumeration of all its sequences, and its gradients."""

from itertools import product

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import elementwise_grad, grad
from chain_cases import central, relative_error
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.attention.attend import attend
from neural.attention.chain import LinearChainAttention
from neural.layers.primitives import logistic
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
