"""The decoder: the right gradients, the same words as its slow twin, and a search that finds what there is to find."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import told_slowly

import neural.attention.attend
from neural.sequences.beam import Source
from neural.sequences.decoder import FORMS, NORMALISERS, Decoder, padded
from neural.sequences.teacher_forcing import teacher_forcing_loss
from neural.sequences.vocabulary import END, PADDING, START, UNKNOWN
from saliency.learning.autodiff import value_and_grad

SIZE, EMBEDDING, TOKENS, SUMMARY, PLACES = 4, 3, 7, 5, 5
LENGTHS = np.array([5, 3, 4])  # places of the three sources
SENTENCES = [np.array(each, np.int32) for each in ([4, 5, 6], [6], [5, 3])]
SCORES = ("dot", "scaled", "cosine", "general", "additive", "location")
SMOOTH = ("softmax", "sparsemax", "entmax15", "chain")  # normalisers with gradients
EXTRAS = {
    "plain": {},
    "coverage": {"coverage": 3.0},
    "coverage loss": {"coverage_loss": 0.5},
    "all at once": {"coverage": 0.4, "coverage_loss": 0.3, "doubly_stochastic": 0.8, "smoothing": 0.2, "dropout": 0.3},
}


def a_decoder(form="luong", score="general", normalise="softmax", **extras):
    return Decoder(size=SIZE, embedding=EMBEDDING, form=form, score=score, normalise=normalise, max_places=8, **extras)


def a_source(seed=1, *, prior=True, dtype=np.float64):
    """Three sources of unequal length; where the mask ends there are numbers that nobody may read."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(LENGTHS), PLACES, SIZE))
    mask = np.arange(PLACES) < LENGTHS[:, np.newaxis]
    values[~mask] = 50
    bias = 0.5 * rng.normal(size=mask.shape) if prior else None
    summary = rng.normal(size=(len(LENGTHS), SUMMARY))
    return Source(values.astype(dtype), mask, summary.astype(dtype), None if bias is None else bias.astype(dtype))


def weights_of(decoder, seed=0, *, dtype=np.float64, scale=1.0):
    """Weights of which none is zero, so that each counts; and the end is not rare."""
    rng = np.random.default_rng(seed)
    drawn = decoder.initial(tokens=TOKENS, width=SIZE, summary=SUMMARY, rng=rng)
    made = {n: scale * np.asarray(value + 0.3 * rng.normal(size=value.shape)) for n, value in drawn.items()}
    made["words bias"][END] += 1
    if "sharpness" in made:
        made["sharpness"] /= 4  # or else one place has all the weight, and nothing a gradient
    return {name: value.astype(dtype) for name, value in made.items()}


def of_words(logs, sentence):
    return sum(row[word] for row, word in zip(logs, [*sentence, END], strict=True))


def loss_of(decoder, weights, source, sentences, seed=0):
    """The loss and its terms, with what is drawn from a seed."""
    return teacher_forcing_loss(decoder, weights, source, sentences, np.random.default_rng(seed))


@pytest.mark.parametrize("prior", [False, True], ids=["flat", "prior"])
@pytest.mark.parametrize("extra", ["plain", "coverage"])
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("form", FORMS)
def test_it_tells_what_its_slow_twin_tells(form, score, extra, prior):
    decoder = a_decoder(form, score, **EXTRAS[extra])
    weights, source = weights_of(decoder), a_source(prior=prior)
    slow = [told_slowly(decoder, weights, source, row, sentence) for row, sentence in enumerate(SENTENCES)]
    logs = [of_words(each, sentence) for (each, _), sentence in zip(slow, SENTENCES, strict=True)]
    loss, parts = loss_of(decoder, weights, source, SENTENCES)
    assert loss == pytest.approx(-sum(logs) / sum(len(sentence) + 1 for sentence in SENTENCES), rel=1e-6)
    assert parts.words == pytest.approx(loss)
    for told, (_, looked), log, sentence in zip(
        decoder.align(weights, source, SENTENCES), slow, logs, SENTENCES, strict=True
    ):
        assert told.words is sentence
        assert told.log_prob == pytest.approx(log, rel=1e-9)
        assert told.weights.shape == (len(sentence) + 1, PLACES)
        if form == "none":
            assert not told.weights.any()
        else:
            assert told.weights[:, : looked.shape[1]] == pytest.approx(looked, abs=1e-9)
            assert not told.weights[:, looked.shape[1] :].any()


def test_smoothing_spreads_certainty_over_all_words():
    decoder = a_decoder(smoothing=0.2)
    weights, source = weights_of(decoder), a_source()
    lost = 0
    for row, sentence in enumerate(SENTENCES):
        logs, _ = told_slowly(decoder, weights, source, row, sentence)
        lost -= 0.8 * of_words(logs, sentence) + 0.2 * logs.mean(axis=1).sum()
    assert loss_of(decoder, weights, source, SENTENCES)[0] == pytest.approx(lost / 9, rel=1e-6)


def test_the_terms_of_structure_are_the_published_ones():
    """See et al. (2017), eq. 12, over the words; Xu et al. (2015), eq. 14, over the places that there are."""
    decoder = a_decoder(coverage_loss=0.3, doubly_stochastic=0.8)
    weights, source = weights_of(decoder), a_source()
    again = once = 0
    for row, sentence in enumerate(SENTENCES):
        _, looked = told_slowly(decoder, weights, source, row, sentence)
        before = np.cumsum(looked, axis=0) - looked
        again += np.minimum(looked, before).sum()
        once += np.square(1 - looked.sum(axis=0)).sum()
    loss, parts = loss_of(decoder, weights, source, SENTENCES)
    assert parts.structure == pytest.approx((0.3 * again + 0.8 * once) / 9, rel=1e-5)
    assert loss == pytest.approx(parts.words + parts.structure, rel=1e-6)


# Gradients


def check_gradients(decoder, weights, source, tolerance=1e-6):
    """Compare the gradient along a random direction of each array with central differences; randomness is frozen."""
    parameters = {**weights, "values": source.values, "summary": source.summary, "bias": source.bias}

    def loss(given):
        read = Source(given["values"], source.mask, given["summary"], given["bias"])
        return loss_of(decoder, given, read, SENTENCES, 5)[0]

    _, gradients = value_and_grad(loss, parameters)
    rng = np.random.default_rng(9)
    for name, value in parameters.items():
        direction = rng.normal(size=value.shape)
        direction /= np.linalg.norm(direction)
        ahead, behind = (loss({**parameters, name: value + sign * 1e-5 * direction}) for sign in (1, -1))
        expected = (ahead - behind) / 2e-5
        assert (gradients[name] * direction).sum() == pytest.approx(expected, rel=tolerance, abs=1e-9), name
        assert gradients[name].dtype == np.float64
    return gradients


@pytest.mark.parametrize("extra", ["plain", "all at once"])
@pytest.mark.parametrize("normalise", SMOOTH)
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("form", ["luong", "bahdanau"])
def test_gradients_are_those_of_central_differences(form, score, normalise, extra):
    decoder = a_decoder(form, score, normalise, **EXTRAS[extra])
    source = a_source()
    gradients = check_gradients(decoder, weights_of(decoder), source)
    assert not gradients["values"][~source.mask].any()  # nothing learns from what is only padding
    assert all(np.any(gradient) for gradient in gradients.values())


@pytest.mark.parametrize("extra", [{}, {"dropout": 0.3, "smoothing": 0.1}], ids=["plain", "dropout"])
def test_without_attention_gradients_are_those_of_central_differences_too(extra):
    decoder = a_decoder("none", **extra)
    gradients = check_gradients(decoder, weights_of(decoder), a_source())
    assert not gradients["values"].any() and not gradients["bias"].any()
    assert all(np.any(gradient) for name, gradient in gradients.items() if name not in ("values", "bias"))


@pytest.mark.parametrize("normalise", NORMALISERS)
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("form", FORMS)
def test_weights_values_and_gradients_stay_in_float32(form, score, normalise):
    decoder = a_decoder(form, score, normalise, **EXTRAS["all at once"])
    weights, source = weights_of(decoder, dtype=np.float32), a_source(dtype=np.float32)
    drawn = decoder.initial(tokens=TOKENS, width=SIZE, summary=SUMMARY, rng=0)
    assert {each.dtype for each in drawn.values()} == {np.dtype(np.float32)}

    def loss(given):
        return loss_of(decoder, given, source, SENTENCES, 5)[0]

    value, gradients = value_and_grad(loss, weights)
    assert value.dtype == np.float32
    assert gradients.keys() == drawn.keys()
    for name, gradient in gradients.items():
        assert gradient.dtype == np.float32 and np.shape(gradient) == drawn[name].shape, name
        assert np.isfinite(gradient).all(), name
    for told in decoder.decode(weights, source, max_length=3) + decoder.align(weights, source, SENTENCES):
        assert told.weights.dtype == np.float32


def test_the_same_randomness_gives_the_same_loss_and_another_one_another():
    for extra in ({"dropout": 0.5}, {"normalise": "sample"}, {"normalise": "straight_through"}):
        decoder = a_decoder(**extra)
        weights, source = weights_of(decoder), a_source()
        losses = {seed: loss_of(decoder, weights, source, SENTENCES, seed)[0] for seed in range(9)}
        assert losses[0] == loss_of(decoder, weights, source, SENTENCES)[0]
        assert len(set(losses.values())) > 1


# A drawn choice: the gradient of what it is worth on average


class Forced:
    """Takes the places it is told to, in turn, and keeps how probable that was."""

    def __init__(self, places):
        self.places, self.log_prob = list(places), 0.0

    def __call__(self, scores, temperature, rng):
        chosen = np.array([self.places.pop(0) for _ in range(scores.shape[1])])
        odds = scores[0] - np.log(np.exp(scores[0]).sum(axis=-1, keepdims=True))
        self.log_prob += odds[np.arange(len(chosen)), chosen].sum()
        return np.eye(scores.shape[2])[chosen][np.newaxis]


def expected_gradients(decoder, weights, source, sentence, monkeypatch):
    """The gradients of the loss on average over all ways to look."""
    steps, mean, mass = len(sentence) + 1, dict.fromkeys(weights, 0.0), 0.0
    for places in itertools.product(range(source.values.shape[1]), repeat=steps):
        forced = Forced(places)
        monkeypatch.setattr(neural.attention.attend, "perturbed", forced)
        _, gradients = value_and_grad(lambda given: loss_of(decoder, given, source, [sentence])[0], weights)
        share = np.exp(forced.log_prob)
        mass += share
        mean = {name: mean[name] + share * gradients[name] for name in weights}
    assert mass == pytest.approx(1)
    return mean


def one_source():
    rng = np.random.default_rng(3)
    return Source(rng.normal(size=(1, 3, SIZE)), None, rng.normal(size=(1, SUMMARY)))


@pytest.mark.parametrize("score", ["general", "additive"])
def test_on_average_a_drawn_choice_learns_by_the_gradient_of_the_expected_log_probability(score, monkeypatch):
    """Xu et al. (2015), eq. 11-12: the baseline, whatever it expects, changes nothing on average."""
    decoder = a_decoder(score=score, normalise="sample", reinforce=1.0, entropy=0.0)
    weights, source, sentence = weights_of(decoder), one_source(), np.array([4, 6], np.int32)

    def expected(given):
        _, shares = told_slowly(decoder, given, source, 0, sentence)
        total = 0
        for place, only in enumerate(np.eye(3)):
            logs, _ = told_slowly(decoder, given, source, 0, sentence, choose=lambda _, only=only: only)
            total += (shares[:, place] * logs[np.arange(3), [*sentence, END]]).sum()
        return -total / 3

    mean = expected_gradients(decoder, weights, source, sentence, monkeypatch)
    rng = np.random.default_rng(4)
    for name in weights.keys() - {"baseline", "baseline bias"}:
        direction = rng.normal(size=weights[name].shape)
        ahead, behind = (expected({**weights, name: weights[name] + sign * 1e-5 * direction}) for sign in (1, -1))
        along = (mean[name] * direction).sum()
        assert along == pytest.approx((ahead - behind) / 2e-5, rel=1e-4, abs=1e-7), name


@pytest.mark.parametrize("form", ["luong", "bahdanau"])
def test_what_the_baseline_expects_does_not_depend_on_the_choice_it_judges(form, monkeypatch):
    """Then it moves nothing on average but itself."""
    decoder = a_decoder(form, normalise="sample", entropy=0.0)
    weights, source, sentence = weights_of(decoder), one_source(), np.array([5], np.int32)
    other = {**weights, "baseline": weights["baseline"] + 2, "baseline bias": weights["baseline bias"] - 3}
    one, two = (expected_gradients(decoder, each, source, sentence, monkeypatch) for each in (weights, other))
    for name in weights:
        assert (two[name] == pytest.approx(one[name], rel=1e-5, abs=1e-6)) == ("baseline" not in name), name


def test_the_baseline_learns_to_expect_the_log_probability_of_the_words():
    decoder = a_decoder(normalise="sample")
    weights, source = weights_of(decoder), a_source()
    told = loss_of(decoder, weights, source, SENTENCES)[1]

    def missed(level):
        flat = {**weights, "baseline": np.zeros((SIZE, 1)), "baseline bias": np.array([level])}
        return loss_of(decoder, flat, source, SENTENCES)[1].baseline

    assert missed(-told.words) < min(missed(-told.words - 0.1), missed(-told.words + 0.1))


def test_entropy_keeps_a_choice_open():
    weights, source = weights_of(a_decoder(normalise="sample")), a_source()

    def loss_and_parts(entropy):
        decoder = a_decoder(normalise="sample", entropy=entropy, reinforce=0.0)
        return loss_of(decoder, weights, source, SENTENCES)

    (plain, parts), (open_, _) = loss_and_parts(0.0), loss_and_parts(0.5)
    assert parts.entropy > 0
    assert plain - open_ == pytest.approx(0.5 * parts.entropy, rel=1e-5)


# Telling: what is told step by step is what was learned at once


ASKED = [(form, normalise, extra) for form in FORMS for normalise in NORMALISERS for extra in ("plain", "coverage")]


@pytest.mark.parametrize(("form", "normalise", "extra"), ASKED)
def test_telling_word_by_word_agrees_with_being_told_all_at_once(form, normalise, extra):
    decoder = a_decoder(form, "general", normalise, **EXTRAS[extra])
    weights, source = weights_of(decoder, 2, scale=1.5), a_source(2)
    ended = 0
    for beam in (1, 3, 5):
        told = decoder.decode(weights, source, beam=beam, max_length=8, length_penalty=2)
        aligned = decoder.align(weights, source, [each.words for each in told])
        for one, other in zip(told, aligned, strict=True):
            assert one.weights == pytest.approx(other.weights[: len(one.weights)], abs=1e-6)
            if len(one.weights) > len(one.words):
                ended += 1
                assert one.log_prob == pytest.approx(other.log_prob, abs=1e-6)
    assert ended


@pytest.mark.parametrize("form", FORMS)
def test_a_beam_of_one_takes_the_most_probable_word_each_time(form):
    decoder, lengths = a_decoder(form, coverage=0.5), []
    for seed in range(4):
        weights, source = weights_of(decoder, seed, scale=1.5), a_source(seed)
        for row, told in enumerate(decoder.decode(weights, source, max_length=6)):
            words = []
            while len(words) < 6:
                logs = told_slowly(decoder, weights, source, row, words)[0][-1]
                logs[[PADDING, START] if words else [PADDING, START, END]] = -np.inf
                if logs.argmax() == END:
                    break
                words.append(int(logs.argmax()))
            assert told.words.tolist() == words
            lengths.append(len(words))
    assert len(set(lengths)) > 1


def all_sentences(max_length):
    """Every sentence of one to so many words that could be told."""
    words = [UNKNOWN, *range(4, TOKENS)]
    return [np.array(each, np.int32) for n in range(1, max_length + 1) for each in itertools.product(words, repeat=n)]


@pytest.mark.parametrize("patience", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("form", FORMS)
def test_a_beam_that_is_wide_enough_finds_the_best_sentence_and_no_narrower_one_a_better(form, patience):
    decoder, missed = a_decoder(form), 0
    every = all_sentences(3)
    for seed in range(3):
        weights, source = weights_of(decoder, seed, scale=1.5), a_source(seed)
        widest = decoder.decode(weights, source, beam=TOKENS * len(every), max_length=4, length_penalty=patience)
        narrower = [
            decoder.decode(weights, source, beam=beam, max_length=4, length_penalty=patience) for beam in (1, 2, 4, 9)
        ]
        for row, best in enumerate(widest):
            same = source.some(np.full(len(every), row))
            values = [told.log_prob / (len(told.words) + 1) ** patience for told in decoder.align(weights, same, every)]
            assert best.words.tolist() == every[int(np.argmax(values))].tolist()
            assert best.log_prob / len(best.weights) ** patience == pytest.approx(max(values), rel=1e-6)
            for found in narrower:
                value = found[row].log_prob / len(found[row].weights) ** patience
                ended = len(found[row].weights) > len(found[row].words)
                assert not ended or value <= max(values) + 1e-6
                missed += value < max(values) - 1e-6
    assert missed  # or else the search would be easy


def test_patience_puts_up_with_longer_sentences():
    decoder = a_decoder()
    lengths = []
    for patience in (0.0, 1.0, 3.0):
        told = [
            decoder.decode(weights_of(decoder, seed), a_source(seed), beam=40, max_length=5, length_penalty=patience)
            for seed in range(4)
        ]
        lengths.append(sum(len(each.words) for some in told for each in some))
    assert lengths[0] < lengths[1] < lengths[2]


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 99),
    max_length=st.integers(1, 6),
    beam=st.integers(1, 4),
    normalise=st.sampled_from(NORMALISERS),
)
def test_what_is_told_is_never_too_long_and_holds_no_sign(seed, max_length, beam, normalise):
    decoder = a_decoder(normalise=normalise)
    source = a_source(seed)
    for row, told in enumerate(decoder.decode(weights_of(decoder, seed), source, beam=beam, max_length=max_length)):
        assert len(told.words) <= max_length
        assert len(told.weights) in (len(told.words), len(told.words) + 1)
        assert not np.isin(told.words, (PADDING, START, END)).any()
        assert told.log_prob <= 0
        assert told.weights.sum(axis=1) == pytest.approx(1)
        assert not told.weights[:, ~source.mask[row]].any()
        if normalise in ("argmax", "sample", "straight_through"):
            assert set(np.unique(told.weights)) <= {0, 1}


def test_each_source_has_a_limit_of_its_own():
    decoder = a_decoder()
    weights, source = weights_of(decoder), a_source()
    weights["words bias"][END] = -50  # an end that is worse than all that goes on is none
    for beam in (1, 3):
        together = decoder.decode(weights, source, beam=beam, max_length=[2, 7, 4])
        assert [len(told.words) for told in together] == [2, 7, 4]
        assert [len(told.weights) for told in together] == [2, 7, 4]
        for row, (told, limit) in enumerate(zip(together, (2, 7, 4), strict=True)):
            (alone,) = decoder.decode(weights, source.some(np.array([row])), beam=beam, max_length=limit)
            assert told.words.tolist() == alone.words.tolist()
            assert told.log_prob == pytest.approx(alone.log_prob)


# Padding


@pytest.mark.parametrize("normalise", NORMALISERS)
@pytest.mark.parametrize("form", FORMS)
def test_what_stands_in_the_padding_of_a_source_changes_nothing(form, normalise):
    decoder = a_decoder(form, "additive", normalise, coverage=0.5)
    weights, source = weights_of(decoder), a_source()
    torn = source._replace(
        values=np.where(source.mask[..., np.newaxis], source.values, np.nan),
        bias=np.where(source.mask, source.bias, 99.0),
    )
    for row, length in enumerate(LENGTHS):
        alone = Source(source.values[[row], :length], None, source.summary[[row]], source.bias[[row], :length])
        for one, others in (
            (decoder.decode(weights, alone, beam=2), decoder.decode(weights, torn, beam=2)),
            (decoder.align(weights, alone, SENTENCES[row : row + 1]), decoder.align(weights, torn, SENTENCES)),
        ):
            assert one[0].words.tolist() == others[row].words.tolist()
            assert one[0].log_prob == pytest.approx(others[row].log_prob, rel=1e-9)
            assert one[0].weights == pytest.approx(others[row].weights[:, :length], abs=1e-9)


@pytest.mark.parametrize("extra", ["plain", "all at once"])
@pytest.mark.parametrize("form", FORMS)
def test_the_loss_of_a_batch_is_that_of_its_words_whatever_is_padded(form, extra):
    decoder = replace(a_decoder(form, **EXTRAS[extra]), dropout=0.0)
    weights, source = weights_of(decoder), a_source()
    loss, parts = loss_of(decoder, weights, source, SENTENCES)
    singles = [
        loss_of(decoder, weights, source.some(np.array([row])), SENTENCES[row : row + 1])
        for row in range(len(SENTENCES))
    ]
    shares = np.array([len(sentence) + 1 for sentence in SENTENCES]) / 9
    assert loss == pytest.approx(sum(share * one for share, (one, _) in zip(shares, singles, strict=True)), rel=1e-6)
    assert parts == pytest.approx(shares @ np.array([each for _, each in singles]), rel=1e-5, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(3, 9), max_size=6), min_size=1, max_size=5))
def test_padded_sentences_can_be_told_from_their_padding(sentences):
    told, exist = padded([np.array(each, np.int32) for each in sentences])
    assert told.dtype == np.int32
    for row, ahead, sentence in zip(told, exist, sentences, strict=True):
        assert row[1:][ahead].tolist() == [*sentence, END]
        assert row[0] == START
        assert not row[1:][~ahead].any()


# The control, and bad input


def test_without_attention_all_comes_from_the_summary_and_nothing_is_looked_at():
    decoder = a_decoder("none")
    weights, source = weights_of(decoder), a_source()
    assert not {"general", "key", "query", "coverage"} & weights.keys()
    for told in decoder.decode(weights, source, max_length=5):
        assert not told.weights.any() and told.weights.shape[1] == PLACES
    elsewhere = source._replace(values=source.values + 7)
    one, other = (loss_of(decoder, weights, each, SENTENCES) for each in (source, elsewhere))
    assert one == other
    assert one[1][1:] == (0, 0, 0, 0)


def test_the_same_seed_gives_the_same_weights():
    one, two, other = (a_decoder().initial(tokens=TOKENS, width=SIZE, summary=SUMMARY, rng=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not np.array_equal(one["drive"], other["drive"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"form": "transformer"}, "no form of attention 'transformer'; expected one of: luong, bahdanau, none"),
        ({"score": "euclid"}, "no score 'euclid'; expected one of: dot, scaled, cosine, general"),
        ({"normalise": "sigmoid"}, "no normaliser 'sigmoid'; expected one of: softmax"),
        ({"size": 0}, "a size of at least 1, got 0"),
        ({"embedding": -1}, "an embedding of at least 1, got -1"),
        ({"max_places": 0}, "a max_places of at least 1, got 0"),
        ({"dropout": 1.0}, "a dropout from 0 to below 1, got 1.0"),
        ({"smoothing": -0.1}, "a smoothing from 0 to below 1, got -0.1"),
        ({"dropout": float("nan")}, "a dropout from 0 to below 1, got nan"),
        ({"coverage": -1.0}, "a weight 'coverage' from 0 up, got -1.0"),
        ({"doubly_stochastic": float("nan")}, "a weight 'doubly_stochastic' from 0 up, got nan"),
        ({"reinforce": -1.0}, "a weight 'reinforce' from 0 up"),
    ],
)
def test_a_decoder_that_cannot_be_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence.replace("an embedding", "a embedding")):
        Decoder(**change)


@pytest.mark.parametrize("score", ["dot", "scaled", "cosine"])
def test_a_score_that_compares_numbers_one_by_one_asks_for_as_many(score):
    decoder = a_decoder(score=score)
    with pytest.raises(
        ValueError, match=f"the score '{score}' asks for as many units as a place has numbers, 6, got 4"
    ):
        decoder.initial(tokens=TOKENS, width=6, summary=SUMMARY, rng=0)
    assert replace(decoder, form="none").initial(tokens=TOKENS, width=6, summary=SUMMARY, rng=0)


def test_a_location_score_refuses_more_places_than_it_has_learned_to_point_at():
    decoder = Decoder(size=SIZE, embedding=EMBEDDING, score="location", max_places=PLACES - 1)
    with pytest.raises(ValueError, match="expected at most as many places as columns of weights"):
        decoder.decode(weights_of(decoder), a_source(prior=False))


@pytest.mark.parametrize(("beam", "max_length"), [(0, 5), (1, 0), (2, [3, 0, 1])])
def test_a_search_for_nothing_is_refused(beam, max_length):
    decoder = a_decoder()
    with pytest.raises(ValueError, match="expected a beam and a length of at least 1, got"):
        decoder.decode(weights_of(decoder), a_source(), beam=beam, max_length=max_length)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("beam", [1, 3])
def test_no_sentence_is_empty(form, beam):
    decoder = a_decoder(form)
    weights = weights_of(decoder, 0, scale=1.5)
    weights["words bias"][END] += 20
    told = decoder.decode(weights, a_source(0), beam=beam)
    assert [len(each.words) for each in told] == [1] * len(told)


@pytest.mark.parametrize("name", ["coverage", "coverage_loss", "doubly_stochastic", "reinforce", "entropy"])
def test_a_weight_without_end_is_refused(name):
    with pytest.raises(ValueError, match=f"a weight '{name}' from 0 up, got inf"):
        Decoder(**{name: np.inf})
