"""A document read word by word and sentence by sentence, against its slow twin."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, value_and_grad
from chain_cases import central, relative_error

from neural.attention.hierarchy import HierarchicalAttention

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
