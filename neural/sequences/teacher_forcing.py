"""How a decoder learns: teacher forcing, in which each word is told after the right words before it.

The loss is the cross entropy of the words, with terms on where attention went in all; a hard choice, which has no
gradient, is learned by reward (REINFORCE with a learned baseline).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

from neural.attention.coverage import doubly_stochastic_loss
from neural.layers.primitives import dropout, linear, take_rows, tied_cross_entropy
from neural.sequences.beam import Source
from neural.sequences.decoder import DRAWN, Decoder, TeacherForced, flat, padded
from saliency.learning.autodiff import stop_gradient
from saliency.learning.parameters import Parameters

Array = Any  # an array, or a box of autograd around one
Numbers = NDArray[np.int32]


class SequenceLossTerms(NamedTuple):
    """What the loss of a decoder is made of; sums over the words, divided by their number.

    `words` is the cross entropy in nats, as it is learned from (smoothed, and with what is dropped); `reinforce` and
    `baseline` are what teaches a hard choice; `entropy` is that of attention, in nats; `structure` are the terms on
    where attention went in all.
    """

    words: float
    reinforce: float
    baseline: float
    entropy: float
    structure: float


def teacher_forcing_loss(
    decoder: Decoder, parameters: Parameters, source: Source, sentences: Sequence[Numbers], rng: np.random.Generator
) -> tuple[Array, SequenceLossTerms]:
    """Give the loss of a decoder that is told these sentences, each word after the right ones before it.

    Parameters
    ----------
    decoder : Decoder
        Whose weights are `parameters`, a dict of arrays by name.
    source : Source
        What it attends to, n of them.
    sentences : sequence of array of int
        n of them: the numbers of the words, without start and end.
    rng : numpy.random.Generator
        Draws what is dropped, and where a hard choice looks.

    Returns
    -------
    loss : float
        As a function of `parameters`, for `autograd`.
    terms : SequenceLossTerms
        Its terms, as plain numbers.
    """
    told, exist = padded(sentences)
    forced = decoder.teacher_forced(parameters, source, told[:, :-1], rng)
    places = np.nonzero(exist.T.ravel())[0]
    rows = take_rows(flat(dropout(forced.outputs, decoder.dropout, rng)), places)
    labels = told[:, 1:].T.ravel()[places]
    errors = tied_cross_entropy(rows, parameters["words"], parameters["words bias"], labels, decoder.smoothing)
    unit = np.float32(1 / len(labels))
    total = anp.sum(errors) * unit
    words = float(stop_gradient(total))
    reinforced = baseline = structure = np.float32(0)
    if decoder.form != "none":
        structure = _structure(decoder, forced, source, exist) * unit
        if decoder.normalise in DRAWN:
            rewards = np.zeros(exist.T.shape, np.float32)
            rewards[exist.T] = _log_odds(parameters, rows, labels)
            reinforced, baseline = _rewarded(decoder, parameters, forced, rewards, exist)
            reinforced, baseline = reinforced * unit, baseline * unit
        total = total + structure + reinforced + baseline
    spread = 0.0 if decoder.form == "none" else float((stop_gradient(forced.entropy) * exist).sum() * unit)
    learned, missed, asked = (float(stop_gradient(each)) for each in (reinforced, baseline, structure))
    return total, SequenceLossTerms(words, learned, missed, spread, asked)


def _log_odds(parameters: Parameters, rows: Array, labels: Numbers) -> NDArray[Any]:
    """Give the log probabilities of the right words, as plain numbers, without smoothing."""
    table, bias = stop_gradient(parameters["words"]), stop_gradient(parameters["words bias"])
    return np.asarray(-tied_cross_entropy(stop_gradient(rows), table, bias, labels))


def _structure(decoder: Decoder, forced: TeacherForced, source: Source, exist: NDArray[np.bool_]) -> Array:
    """Give the terms on where attention went in all, added up over the sentences."""
    total = np.float32(0)
    if decoder.coverage_loss:
        total = total + np.float32(decoder.coverage_loss) * anp.sum(forced.repeated * exist.astype(np.float32))
    if decoder.doubly_stochastic:
        seen = anp.sum(forced.weights * exist[:, :, np.newaxis].astype(np.float32), axis=1)
        total = total + np.float32(decoder.doubly_stochastic) * anp.sum(doubly_stochastic_loss(seen, mask=source.mask))
    return total


def _rewarded(
    decoder: Decoder, parameters: Parameters, forced: TeacherForced, rewards: NDArray[Any], exist: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Give what teaches where to look, and what teaches to expect how well that turns out; sums over the words.

    The reward of a choice is the log probability of its word; where the choice enters the core ("bahdanau"), the
    mean of those of its word and of all that follow.
    """
    steps, count = rewards.shape
    if decoder.form == "bahdanau":
        rewards = np.cumsum(rewards[::-1], axis=0)[::-1] / np.maximum(np.cumsum(exist.T[::-1], axis=0)[::-1], 1)
    valid = exist.T.astype(np.float32)
    asking = stop_gradient(forced.asking)
    expected = anp.reshape(linear(asking, parameters["baseline"], parameters["baseline bias"]), (steps, count))
    missed = (expected - rewards.astype(np.float32)) * valid
    advantage = -stop_gradient(missed)
    likely = anp.sum(anp.swapaxes(forced.log_prob, 0, 1) * advantage)
    spread = anp.sum(forced.entropy * exist.astype(np.float32))
    reinforced = np.float32(-decoder.reinforce) * likely - np.float32(decoder.entropy) * spread
    return reinforced, anp.sum(missed * missed)
