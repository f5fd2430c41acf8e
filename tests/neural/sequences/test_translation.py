"""Translation: what the network reads and tells, that padding changes nothing, and what attention is for."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import gated, told_slowly

from neural.sequences.beam import Source
from neural.sequences.decoder import FORMS, NORMALISERS, Decoder
from neural.sequences.teacher_forcing import SequenceLossTerms, teacher_forcing_loss
from neural.sequences.translation import MORE, OF_THE_SOURCE, Translation, Translator, _cuts
from neural.sequences.vocabulary import END, PADDING, START, UNKNOWN, Characters, Words
from saliency.learning.autodiff import value_and_grad
from saliency.learning.loop import batches_by_length

LETTERS = Characters(tuple("abcdef"))
UNITS, EMBEDDING = 4, 3
PAIRS = [("abc", "cba"), ("de", "ed"), ("fabd", "dbaf"), ("c", "c"), ("bead", "daeb")]
SENTENCES = ["abcdef", "f", "cab", "eddb", "ba"]


class Stopped(Exception):
    pass


def a_translator(form="luong", normalise="softmax", *, source=LETTERS, target=LETTERS, scale=1.5, seed=1, **extras):
    """An untrained network whose weights are so large that it has something to tell."""
    decoder = Decoder(size=6, embedding=EMBEDDING, form=form, normalise=normalise, **extras)
    translator = Translator(units=UNITS, embedding=EMBEDDING, decoder=decoder, source=source, target=target)
    translator = translator.initial(seed)
    rng = np.random.default_rng(seed)
    for name, value in translator.weights.items():
        translator.weights[name] = np.asarray(scale * (value + 0.2 * rng.normal(size=value.shape)), np.float32)
    translator.weights["words bias"][END] += 2
    return translator


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def check_alike(one, other, tolerance=1e-5):
    assert one.text == other.text
    assert one.source == other.source
    assert one.target == other.target
    assert one.weights == pytest.approx(other.weights, abs=tolerance)
    assert one.log_prob == pytest.approx(other.log_prob, abs=tolerance * max(1, abs(other.log_prob)))


# The network once more, with NumPy alone


def read_slowly(weights, numbers):
    """Read one sentence, word by word, in both directions."""
    vectors = weights["source words"][numbers]

    def run(way, ordered):
        state, states = np.zeros(UNITS), []
        for vector in ordered:
            drive = vector @ weights[f"source {way}"] + weights[f"source {way} bias"]
            state = gated(weights, drive, state, f"source {way} ")
            states.append(state)
        return np.array(states)

    ahead, behind = run("forward", vectors), run("backward", vectors[::-1])[::-1]
    values = np.concatenate([ahead, behind], axis=1)[np.newaxis]
    return Source(values, None, np.concatenate([ahead[-1], behind[0]])[np.newaxis])


@pytest.mark.parametrize("form", FORMS)
def test_it_reads_and_tells_as_its_slow_twin(form):
    translator = a_translator(form)
    wide = {name: value.astype(np.float64) for name, value in translator.weights.items()}
    for told, (source, target) in zip(translator.align(PAIRS), PAIRS, strict=True):
        read = read_slowly(wide, LETTERS.encode(source))
        logs, looked = told_slowly(translator.decoder, wide, read, 0, LETTERS.encode(target))
        right = [*LETTERS.encode(target), END]
        assert told.log_prob == pytest.approx(logs[np.arange(len(right)), right].sum(), rel=1e-4)
        assert told.weights == pytest.approx(looked if form != "none" else np.zeros(told.weights.shape), abs=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_the_gradients_of_the_whole_network_are_those_of_central_differences(form):
    translator = a_translator(form, coverage=0.3, scale=1.0)
    wide = {name: value.astype(np.float64) for name, value in translator.weights.items()}
    lesson = translator.numbers(PAIRS)

    def loss(weights):
        read = translator.encode(weights, [each[0] for each in lesson])
        return teacher_forcing_loss(
            translator.decoder, weights, read, [each[1] for each in lesson], np.random.default_rng(0)
        )[0]

    _, gradients = value_and_grad(loss, wide)
    rng = np.random.default_rng(5)
    for name, value in wide.items():
        direction = rng.normal(size=value.shape)
        ahead, behind = (loss({**wide, name: value + sign * 1e-6 * direction}) for sign in (1, -1))
        assert (gradients[name] * direction).sum() == pytest.approx((ahead - behind) / 2e-6, rel=1e-5, abs=1e-8), name
    assert not gradients["source words"][PADDING].any() and not gradients["source words"][[START, END, UNKNOWN]].any()


@pytest.mark.parametrize("form", FORMS)
def test_influence_is_the_gradient_of_the_log_probability_in_the_vectors_of_the_source(form):
    translator, source, target = a_translator(form), "badf", "cab"  # no letter of the source twice
    wide = {name: value.astype(np.float64) for name, value in translator.weights.items()}
    numbers, told = LETTERS.encode(source), LETTERS.encode(target)
    right = [*told, END]

    def logs(weights):
        found, _ = told_slowly(translator.decoder, weights, read_slowly(weights, numbers), 0, told)
        return found[np.arange(len(right)), right]

    gradients = np.empty((len(right), len(numbers), EMBEDDING))
    for place, number in enumerate(numbers):
        for axis in range(EMBEDDING):
            ahead, behind = ({**wide, "source words": wide["source words"].copy()} for _ in range(2))
            ahead["source words"][number, axis] += 1e-5
            behind["source words"][number, axis] -= 1e-5
            gradients[:, place, axis] = (logs(ahead) - logs(behind)) / 2e-5
    influence = translator.influence(source, target)
    assert influence.dtype == np.float32
    assert influence == pytest.approx(np.linalg.norm(gradients, axis=-1), rel=1e-3, abs=1e-4)
    assert influence.min() > 0


# Padding and order


@pytest.mark.parametrize("normalise", NORMALISERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_sentence_alone_is_translated_as_among_longer_ones(form, normalise):
    translator, lengths = a_translator(form, normalise, coverage=0.5), set()
    for beam in (1, 3):
        together = translator.translate(SENTENCES, beam=beam)
        for sentence, among in zip(SENTENCES, together, strict=True):
            check_alike(translator.translate(sentence, beam=beam), among)
            lengths.add(len(among.target))
    assert len(lengths) > 1


@pytest.mark.parametrize("normalise", NORMALISERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_pair_alone_is_aligned_as_among_longer_ones(form, normalise):
    translator = a_translator(form, normalise, coverage=0.5)
    for pair, among in zip(PAIRS, translator.align(PAIRS), strict=True):
        check_alike(translator.align([pair])[0], among)


@pytest.mark.parametrize("form", FORMS)
def test_the_vector_of_the_padding_counts_for_nothing(form):
    translator = a_translator(form)
    weights = {**translator.weights, "source words": translator.weights["source words"].copy()}
    weights["source words"][PADDING] = 1e3
    other = replace(translator, weights=weights)
    for one, two in zip(translator.translate(SENTENCES), other.translate(SENTENCES), strict=True):
        check_alike(one, two, 0)
    for one, two in zip(translator.align(PAIRS), other.align(PAIRS), strict=True):
        check_alike(one, two, 0)


def test_a_network_that_never_ends_is_stopped_at_a_length_of_the_own_sentence():
    translator = a_translator()
    translator.weights["words bias"][END] = -100
    for sentence, told in zip(SENTENCES, translator.translate(SENTENCES), strict=True):
        assert len(told.target) == int(OF_THE_SOURCE * len(sentence)) + MORE
        assert told.target[-1] != ""
        assert told.weights.shape == (len(told.target), len(sentence))


def test_more_sentences_than_are_translated_at_a_time_keep_their_order():
    rng = np.random.default_rng(0)
    many = ["".join(rng.choice(list("abcdef"), rng.integers(1, 9))) for _ in range(150)]
    translator = a_translator()
    told = translator.translate(many)
    aligned = translator.align([(sentence, "ab") for sentence in many])
    assert ["".join(each.source) for each in told] == many == ["".join(each.source) for each in aligned]
    for row in (0, 77, 149):
        check_alike(told[row], translator.translate(many[row]))
        check_alike(aligned[row], translator.align([(many[row], "ab")])[0])


# What a translation says


@pytest.mark.parametrize("normalise", NORMALISERS)
@pytest.mark.parametrize("form", FORMS)
def test_its_own_translation_is_as_probable_as_it_said(form, normalise):
    whole = 0
    for seed in range(4):
        translator = a_translator(form, normalise, coverage=0.5, seed=seed)
        translator.weights["words bias"][UNKNOWN] = -50  # there is no letter to give it back by
        for told in translator.translate(SENTENCES):
            if told.target[-1] == "" and len(told.target) > 1:
                check_alike(told, translator.align([("".join(told.source), told.text)])[0])
                whole += 1
    assert whole


@settings(deadline=None, max_examples=25)
@given(
    sentences=st.lists(st.text("abcdefx", min_size=1, max_size=9), min_size=1, max_size=4),
    form=st.sampled_from(FORMS),
    beam=st.integers(1, 3),
)
def test_pieces_and_weights_belong_together(sentences, form, beam):
    translator = a_translator(form)
    for sentence, told in zip(sentences, translator.translate(sentences, beam=beam), strict=True):
        assert isinstance(told, Translation)
        assert told.source == list(sentence)
        assert told.text == "".join(told.target)
        assert told.weights.shape == (len(told.target), len(told.source))
        assert told.weights.dtype == np.float32
        assert told.weights.sum(axis=1) == pytest.approx(0 if form == "none" else 1, abs=1e-5)
        assert told.log_prob < 0


def test_without_attention_all_weights_are_zero_and_influence_is_not():
    translator = a_translator("none")
    for told in [*translator.translate(SENTENCES), *translator.align(PAIRS)]:
        assert told.weights.size and not told.weights.any()
    assert (translator.influence("abc", "cb") > 0).all()


def test_the_control_is_the_same_network_without_attention():
    translator = a_translator("bahdanau", coverage=0.5)
    control = translator.control
    assert control.decoder == replace(translator.decoder, form="none")
    assert (control.units, control.source, control.weights) == (UNITS, LETTERS, {})
    assert replace(control, decoder=translator.decoder) == translator  # but for what was learned


def test_no_sentence_has_no_translation():
    assert a_translator().translate([]) == []
    assert a_translator().align([]) == []


WORDS = Words(("dog", "cat", "runs", "."))


def test_a_word_that_is_unknown_is_shown_or_copied_from_where_it_looked():
    translator = a_translator(source=WORDS, target=WORDS)
    translator.weights["words bias"][UNKNOWN] += 3
    shown = translator.translate("dog Whiskers runs zebra .")
    copied = translator.translate("dog Whiskers runs zebra .", unknown="copy")
    assert "<unknown>" in shown.target and "<unknown>" in shown.text
    assert "<unknown>" not in copied.text
    assert shown.source == copied.source == ["dog", "whiskers", "runs", "zebra", "."]
    assert np.array_equal(shown.weights, copied.weights)
    for one, other, weights in zip(shown.target, copied.target, shown.weights, strict=True):
        assert other == (shown.source[int(weights.argmax())] if one == "<unknown>" else one)
    assert copied.text == WORDS.join([piece for piece in copied.target if piece])


def test_where_nothing_was_looked_at_nothing_can_be_copied():
    translator = a_translator("none", source=WORDS, target=WORDS)
    translator.weights["words bias"][UNKNOWN] += 9
    shown, copied = (translator.translate("dog runs .", unknown=way) for way in ("show", "copy"))
    assert "<unknown>" in shown.target
    assert copied.target == shown.target and copied.text == shown.text


@pytest.mark.parametrize("form", FORMS)
def test_a_sentence_that_is_split_is_translated_part_by_part(form):
    translator = replace(a_translator(form), max_length=4)
    sentence = "abcdefabcd"
    parts = [translator.translate(part) for part in ("abcd", "efa", "bcd")]
    told, other = translator.translate([sentence, "fed"], overlong="split")
    check_alike(other, translator.translate("fed"))
    assert told.source == list(sentence)
    assert told.text == " ".join(part.text for part in parts)
    assert told.target == [piece for part in parts for piece in part.target]
    assert told.log_prob == pytest.approx(sum(part.log_prob for part in parts), rel=1e-5)
    assert told.weights.shape == (len(told.target), len(sentence))
    row = column = 0
    for part in parts:
        height, width = part.weights.shape
        block = told.weights[row : row + height, column : column + width]
        assert block == pytest.approx(part.weights, abs=1e-5)
        rest = told.weights[row : row + height].copy()
        rest[:, column : column + width] = 0
        assert not rest.any()
        row, column = row + height, column + width


def test_a_sentence_is_split_at_blanks_where_there_are_some():
    def parts(pieces, max_length):
        return [pieces[some] for some in _cuts(pieces, max_length)]

    assert parts(list("tuesday 3 may 1983"), 10) == [list("tuesday 3"), list("may 1983")]
    assert parts(["▁a", "b", "▁c", "d", "e"], 3) == [["▁a", "b"], ["▁c", "d", "e"]]
    assert parts(["one", "two", "three"], 2) == [["one", "two"], ["three"]]


@given(text=st.text("ab ", min_size=1, max_size=40), max_length=st.integers(1, 9))
def test_parts_of_a_sentence_hold_all_but_blanks_and_are_short_enough(text, max_length):
    cuts = _cuts(list(text), max_length)
    assert all(len(text[some]) <= max_length for some in cuts)
    left = list(text)
    for some in cuts:
        left[some] = [" "] * len(left[some])
    assert not "".join(left).strip()


# Learning


def strings(count, rng):
    return ["".join(rng.choice(list("abcdef"), rng.integers(7, 11))) for _ in range(count)]


def test_attention_learns_to_say_a_word_backwards_before_the_control_does():
    """What one vector has to hold for the control, attention finds where it stands: from the last letter to the first.

    Bahdanau, Cho and Bengio (2015), section 5; both networks take the same steps.
    """
    rng = np.random.default_rng(0)
    pairs, others = ([(word, word[::-1]) for word in strings(count, rng)] for count in (800, 100))
    decoder = Decoder(size=32, embedding=16)
    attentive = Translator(units=32, embedding=16, decoder=decoder, source=LETTERS, target=LETTERS)
    right = []
    for translator in (attentive, attentive.control):
        learned = translator.fit(pairs, rng=0, epochs=6, batch=20, learning_rate=1e-2)
        told = learned.translate([source for source, _ in others])
        right.append(np.mean([each.text == target for each, (_, target) in zip(told, others, strict=True)]))
        if translator is attentive:
            found = learned.align(others)
    assert right[0] > 0.8
    assert right[1] < right[0] - 0.3
    backwards = [
        int(row.argmax()) == len(each.source) - 1 - place
        for each in found
        for place, row in enumerate(each.weights[:-1])
    ]
    assert np.mean(backwards) > 0.8


@pytest.mark.parametrize("normalise", ["softmax", "sample", "straight_through", "chain"])
@pytest.mark.parametrize("form", ["luong", "bahdanau"])
def test_a_training_that_was_stopped_goes_on_bit_for_bit(form, normalise):
    decoder = Decoder(size=6, embedding=3, form=form, normalise=normalise, dropout=0.2, coverage=0.3, smoothing=0.1)
    translator = Translator(units=4, embedding=3, decoder=decoder)
    whole, kept, rest = [], [], []
    expected = translator.fit(PAIRS, rng=7, epochs=4, batch=2, weight_decay=0.01, watch=whole.append)

    def watch(now):
        kept.append(now)
        if now.epoch == 2:
            raise Stopped

    with pytest.raises(Stopped):
        translator.fit(PAIRS, rng=7, epochs=4, batch=2, weight_decay=0.01, watch=watch)
    found = translator.fit(PAIRS, rng=7, epochs=4, batch=2, weight_decay=0.01, resume=kept[-1], watch=rest.append)
    assert same(found.weights, expected.weights)
    assert isinstance(kept[-1].loss_terms, SequenceLossTerms)
    assert [each.loss_terms for each in rest] == [each.loss_terms for each in whole[2:]]
    for one, other in zip(whole[2:], rest, strict=True):
        assert same(one.first_moments, other.first_moments) and same(one.second_moments, other.second_moments)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_seed_gives_the_same_weights_all_in_float32(form):
    translator = Translator(units=4, embedding=3, decoder=Decoder(size=6, embedding=3, form=form, dropout=0.1))
    one, two, other = (translator.fit(PAIRS, rng=seed, epochs=2, batch=2) for seed in (0, 0, 1))
    assert same(one.weights, two.weights)
    assert not same(one.weights, other.weights)
    start = one.initial(0).weights
    assert start.keys() == one.weights.keys()
    for name, value in one.weights.items():
        assert value.dtype == start[name].dtype == np.float32
        assert value.shape == start[name].shape


def test_a_network_that_has_learned_learns_on():
    translator = a_translator()
    more = translator.fit(PAIRS, rng=0, epochs=1, learning_rate=1e-6)
    for name, value in translator.weights.items():
        assert more.weights[name] == pytest.approx(value, abs=1e-4)
    assert not same(more.weights, translator.weights)


def test_characters_are_learned_from_the_pairs_if_no_vocabulary_is_given():
    learned = Translator(units=4, embedding=3, decoder=Decoder(size=4, embedding=3)).fit(PAIRS, rng=0, epochs=1)
    assert learned.source == learned.target == LETTERS
    own = Translator(units=4, embedding=3, decoder=Decoder(size=4, embedding=3), target=WORDS)
    learned = own.fit([("ab", "dog runs ."), ("ba", "cat runs .")], rng=0, epochs=1)
    assert (learned.source, learned.target) == (Characters(("a", "b")), WORDS)


@settings(deadline=None, max_examples=40)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=40), batch=st.integers(1, 9), seed=st.integers(0, 99))
def test_batches_hold_each_item_once_and_those_of_one_length_together(lengths, batch, seed):
    batches = batches_by_length(np.array(lengths), batch, np.random.default_rng(seed))
    assert sorted(item for each in batches for item in each) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // batch)
    spans = sorted((min(lengths[item] for item in each), max(lengths[item] for item in each)) for each in batches)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_which_items_meet_in_a_batch_is_drawn():
    lengths, rng = np.ones(12), np.random.default_rng(0)
    met = {tuple(sorted(batches_by_length(lengths, 3, rng)[0])) for _ in range(20)}
    assert len(met) > 10


# Bad input


@pytest.mark.parametrize(
    ("sentences", "sentence"),
    [
        ("", "sentence 1 is empty"),
        (["ab", " \t"], "sentence 2 is empty"),
        (["ab", "b" * 201], "sentence 2 has 201 pieces; expected at most 200: split it"),
    ],
)
def test_a_sentence_that_cannot_be_read_is_named(sentences, sentence):
    with pytest.raises(ValueError, match=sentence):
        a_translator().translate(sentences)


def test_what_is_no_sentence_is_refused():
    with pytest.raises(TypeError, match="expected a sentence as a str, got int"):
        a_translator().translate([3])
    with pytest.raises(TypeError, match="expected a sentence as a str, got NoneType"):
        a_translator().align([("ab", None)])


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([("ab", "ba"), ("a", "")], "pair 2 is empty"),
        ([(" ", "ba")], "pair 1 is empty"),
        ([("ab", "ba"), ("a" * 201, "b")], "pair 2 has 201 pieces; expected at most 200"),
    ],
)
def test_a_pair_that_cannot_be_read_is_named(pairs, sentence):
    translator = a_translator()
    for read in (translator.align, lambda given: translator.fit(given, rng=0)):
        with pytest.raises(ValueError, match=sentence):
            read(pairs)


def test_learning_from_nothing_is_refused():
    with pytest.raises(ValueError, match="expected at least one pair of sentences to learn from, got none"):
        Translator().fit([], rng=0)
    with pytest.raises(ValueError, match="expected batch from 1 up to learn, got 0"):
        Translator().fit(PAIRS, rng=0, batch=0)
    with pytest.raises(ValueError, match="expected epochs from 1 up"):
        a_translator().fit(PAIRS, rng=0, epochs=0)


def uses(translator):
    """All that can be asked of a network that has learned."""
    return (
        lambda: translator.translate("ab"),
        lambda: translator.align([("ab", "ba")]),
        lambda: translator.influence("ab", "ba"),
    )


def test_a_network_that_has_not_learned_is_refused():
    for use in uses(replace(a_translator(), weights={})):
        with pytest.raises(ValueError, match="expected a translator that has learned: call `fit` first"):
            use()
    with pytest.raises(ValueError, match="expected a translator with vocabularies: call `fit`, or give `source`"):
        Translator().initial(0)


@pytest.mark.parametrize("side", ["source", "target"])
def test_the_vocabulary_of_another_network_is_refused(side):
    other = replace(a_translator(), **{side: Characters(tuple("abcdefg"))})
    for use in (*uses(other), lambda: other.fit(PAIRS, rng=0, epochs=1)):
        with pytest.raises(ValueError, match=f"the {side} vocabulary is that of another network: it has 11 pieces"):
            use()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"unknown": "guess"}, "expected unknown 'show' or 'copy' and overlong 'refuse' or 'split', got 'guess'"),
        ({"overlong": "cut"}, "expected unknown 'show' or 'copy' and overlong 'refuse' or 'split', got 'show', 'cut'"),
        ({"beam": 0}, "expected a beam and a length of at least 1, got 0"),
    ],
)
def test_ways_to_translate_that_there_are_not_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        a_translator().translate("ab", **change)


@pytest.mark.parametrize("name", ["units", "embedding", "max_length"])
def test_a_size_of_nothing_is_refused(name):
    with pytest.raises(ValueError, match=f"expected a number of {name} of at least 1, got 0"):
        Translator(**{name: 0})


def test_a_score_that_needs_the_size_of_the_encoder_says_so():
    translator = Translator(units=4, decoder=Decoder(size=6, score="dot"), source=LETTERS, target=LETTERS)
    with pytest.raises(ValueError, match="the score 'dot' asks for as many units as a place has numbers, 8, got 6"):
        translator.initial(0)
