"""What structure is good for: networks that are trained here, as their rivals are, on tasks with a planted answer."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad
from chain_cases import answers, sequences

from neural.attention.chain import LinearChainAttention
from neural.attention.hierarchy import HierarchicalAttention
from neural.layers.primitives import cross_entropy, linear, logistic, tanh
from saliency.gate.softmax import softmax

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
