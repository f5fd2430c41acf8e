"""Documents: a classifier that attends to words and to sentences is what its equations say, and finds what decides."""

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from neural.figures.documents import SENTENCE_COLOUR, WORD_COLOUR, document_figure
from neural.sequences.deletion import deletion
from neural.sequences.documents import ATTENTIONS, DocumentClassifier, DocumentReading, split_sentences
from neural.sequences.reports import OTHER_PARTS, PARTS, VERDICTS, generated_documents, read_documents
from neural.sequences.vocabulary import Words
from saliency.learning.autodiff import value_and_grad
from saliency.learning.loop import batches_by_length

REPORTS = generated_documents(40, 3, fillers=(0, 5))
TEXTS = [report.text for report in REPORTS]
LABELS = [report.label for report in REPORTS]


def untrained(attention="hierarchical", dtype=np.float32, **settings):
    """A classifier for the reports, with weights by chance, no bias at zero."""
    words = Words.learn([sentence for text in TEXTS for sentence in split_sentences(text)], least=1)
    sizes = {"embedding": 5, "units": 4, "hidden": 6} | settings
    network = DocumentClassifier(attention=attention, vocabulary=words, classes=tuple(VERDICTS), **sizes).initial(rng=1)
    rng = np.random.default_rng(2)
    moved = {name: each + 0.3 * rng.standard_normal(each.shape) for name, each in network.weights.items()}
    return replace(network, weights={name: each.astype(dtype) for name, each in moved.items()})


def softmax(scores):
    grown = np.exp(scores - scores.max())
    return grown / grown.sum()


def gru(weights, way, inputs):
    """Run a gated recurrent unit over inputs, step by step, one example."""
    size = len(weights[f"{way} recurrent"])
    state, states = np.zeros(size), []
    for given_ in inputs:
        drive = given_ @ weights[way] + weights[f"{way} bias"]
        pull = state @ weights[f"{way} recurrent"] + weights[f"{way} recurrent bias"]
        reset, update = np.split(1 / (1 + np.exp(-(drive + pull)[: 2 * size])), 2)
        new = np.tanh(drive[2 * size :] + reset * pull[2 * size :])
        state = (1 - update) * new + update * state
        states.append(state)
    return np.array(states)


def both_directions(weights, level, inputs):
    there, back = gru(weights, f"{level} forward", inputs), gru(weights, f"{level} backward", inputs[::-1])
    return np.hstack([there, back[::-1]])


def attended(weights, level, states):
    hidden = np.tanh(states @ weights[f"{level} weights"] + weights[f"{level} bias"])
    return softmax(hidden @ weights[f"{level} context"])


def slow_reading(network, text):
    """Probabilities, weights of sentences, and weights of words, one sentence and one word after the other."""
    weights = {name: each.astype(np.float64) for name, each in network.weights.items()}
    numbers = [network.vocabulary.encode(sentence) for sentence in split_sentences(text)]
    if network.attention == "flat":
        states = both_directions(weights, "word", weights["words"][np.concatenate(numbers)])
        shares = attended(weights, "word", states)
        inside = np.split(shares, np.cumsum([len(each) for each in numbers])[:-1])
        probabilities = softmax(shares @ states @ weights["class"] + weights["class bias"])
        return probabilities, [each.sum() for each in inside], [each / each.sum() for each in inside]
    even = network.attention == "none"
    sentences, members = [], []
    for each in numbers:
        states = both_directions(weights, "word", weights["words"][each])
        members.append(np.full(len(each), 1 / len(each)) if even else attended(weights, "word", states))
        sentences.append(members[-1] @ states)
    states = both_directions(weights, "sentence", np.array(sentences))
    groups = np.full(len(states), 1 / len(states)) if even else attended(weights, "sentence", states)
    return softmax(groups @ states @ weights["class"] + weights["class bias"]), groups, members


@cache
def learned():
    """A small classifier that has learned from short reports."""
    lessons = generated_documents(2000, 0, decoys=(1, 3), fillers=(0, 2))
    network = DocumentClassifier(units=16, hidden=32)
    labels = [lesson.label for lesson in lessons]
    return network.fit([lesson.text for lesson in lessons], labels, rng=1, epochs=3, learning_rate=1e-2)


def close(one, other):
    """Tell whether two readings are the same but for rounding."""
    pairs = [(one.sentence_weights, other.sentence_weights), *zip(one.word_weights, other.word_weights, strict=True)]
    same = all(np.allclose(mine, yours, rtol=1e-4, atol=1e-6) for mine, yours in pairs)
    return same and one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


# The network


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_network_is_what_its_equations_say(attention):
    network = untrained(attention)
    for text, reading in zip(TEXTS[:8], network.predict(TEXTS)[:8], strict=True):
        probabilities, groups, members = slow_reading(network, text)
        assert list(reading.probabilities.values()) == pytest.approx(probabilities, abs=1e-5)
        assert reading.label == tuple(VERDICTS)[probabilities.argmax()]
        assert reading.sentence_weights == pytest.approx(groups, abs=1e-5)
        for found, expected in zip(reading.word_weights, members, strict=True):
            assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_padding_changes_nothing(attention):
    network = untrained(attention)
    long = " ".join(TEXTS[:6])
    together = network.predict(["It rained.", TEXTS[0], long])
    for reading, text in zip(together, ["It rained.", TEXTS[0], long], strict=True):
        assert close(reading, network.predict([text])[0])


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_what_stands_in_the_padding_is_not_read(attention):
    network = untrained(attention)
    texts = network._read(["It rained.", TEXTS[0]], "refuse")
    words, mask = network._side_by_side(texts)
    assert not mask.all()
    scores, _ = network._scores(network.weights, words, mask)
    other, _ = network._scores(network.weights, np.where(mask, words, 7), mask)
    assert np.array_equal(scores, other)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_weights_are_shares_on_both_levels(attention):
    for reading in untrained(attention).predict(TEXTS):
        assert reading.sentence_weights.sum() == pytest.approx(1, abs=1e-5)
        assert len(reading.word_weights) == len(reading.sentences) == len(reading.importance)
        for words, weights, shown, share in zip(
            *reading[2:4], reading.importance, reading.sentence_weights, strict=True
        ):
            assert weights.shape == (len(words),)
            assert weights.sum() == pytest.approx(1, abs=1e-5)
            assert shown == pytest.approx(np.sqrt(share) * weights, abs=1e-6)
        assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_a_single_sentence_has_all_the_weight():
    for attention in ATTENTIONS:
        reading = untrained(attention).predict(["We found the hotel awful."])[0]
        assert reading.sentence_weights == pytest.approx([1], abs=1e-6)
        assert reading.sentences == [["we", "found", "the", "hotel", "awful", "."]]


def test_documents_are_read_one_by_one():
    network = untrained()
    order = np.random.default_rng(0).permutation(len(TEXTS))
    readings = network.predict(TEXTS)
    for reading, place in zip(network.predict([TEXTS[k] for k in order]), order, strict=True):
        assert close(reading, readings[place])


def test_a_sentence_is_read_alone_but_weighed_among_the_others():
    network = untrained()
    sentences = split_sentences(TEXTS[0])
    order = np.roll(np.arange(len(sentences)), 1)
    straight, turned = network.predict([sentences, [sentences[k] for k in order]])
    for place, weights in zip(order, turned.word_weights, strict=True):
        assert weights == pytest.approx(straight.word_weights[place], abs=1e-6)
    assert np.abs(turned.sentence_weights - straight.sentence_weights[order]).max() > 1e-4


def test_the_flat_network_reads_on_over_the_ends_of_sentences():
    network = untrained("flat")
    sentences = split_sentences(TEXTS[0])
    first, alone = network.predict([sentences, sentences[:1]])
    assert np.abs(first.word_weights[0] - alone.word_weights[0]).max() > 1e-4


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_gradients_are_those_of_the_loss(attention):
    network = untrained(attention, np.float64)
    texts = network._read(TEXTS[:3], "refuse")
    batch = _batch(network, texts)
    _, gradients = value_and_grad(lambda weights: network.loss(weights, batch)[0], network.weights)
    rng, step = np.random.default_rng(0), 1e-5
    for name, values in network.weights.items():
        direction = rng.standard_normal(values.shape)
        ahead, behind = (
            network.loss(network.weights | {name: values + side * direction}, batch)[0] for side in (step, -step)
        )
        gradient = (ahead - behind) / (2 * step)
        assert np.vdot(gradients[name], direction) == pytest.approx(gradient, rel=1e-4, abs=1e-8), name
        assert gradient != 0


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_gradients_keep_single_precision(attention):
    network = untrained(attention)
    batch = _batch(network, network._read(TEXTS[:3], "refuse"))
    total, gradients = value_and_grad(lambda weights: network.loss(weights, batch)[0], network.weights)
    assert {total.dtype, *(each.dtype for each in gradients.values())} == {np.dtype(np.float32)}


def _batch(network, texts):
    from neural.sequences.documents import _Batch

    return _Batch(*network._side_by_side(texts), np.arange(len(texts)) % 3)


# Learning


def test_the_planted_sentence_is_found_among_more_than_were_ever_there():
    reports = generated_documents(100, 5, fillers=(10, 15))
    readings = learned().predict([report.text for report in reports])
    places = [reading.most_attended() for reading in readings]
    right = [reading.label == report.label for reading, report in zip(readings, reports, strict=True)]
    assert np.mean(right) >= 0.95
    assert np.mean([place[0] == report.sentence for place, report in zip(places, reports, strict=True)]) >= 0.95
    found = [place == (report.sentence, report.word) for place, report in zip(places, reports, strict=True)]
    assert np.mean(found) >= 0.5  # one of more than a hundred


def test_the_answer_hangs_on_the_sentence_that_is_attended_to():
    reports = generated_documents(100, 6, fillers=(3, 6))
    gone = deletion(learned(), [report.text for report in reports], rng=0)
    assert gone.attended >= 0.4  # where two classes are left, a third of the answers is right by chance
    assert gone.other <= 0.05
    assert gone.documents == 100


def test_the_same_words_in_a_decoy_change_nothing():
    key, decoys = "This year we found the hotel awful.", ["Last year we found the hotel splendid."]
    decoys += ["This year the driver found the hotel splendid.", "This year we found the beach splendid."]
    decoys += ["This year we never found the hotel splendid."]
    for reading in learned().predict([[decoy, key] for decoy in decoys] + [[key, decoy] for decoy in decoys]):
        assert reading.label == "complaint"


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    network = DocumentClassifier(embedding=4, units=3, hidden=4)
    one, same, other = (network.fit(TEXTS, LABELS, rng=seed, epochs=2).weights for seed in (0, 0, 1))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["class"], other["class"])


def test_a_training_that_was_stopped_goes_on_bit_for_bit():
    network = DocumentClassifier(embedding=4, units=3, hidden=4)
    kept = []
    whole = network.fit(TEXTS, LABELS, rng=0, epochs=3, batch=16, watch=kept.append)
    again = network.fit(TEXTS, LABELS, rng=0, epochs=3, batch=16, resume=kept[0])
    assert all(np.array_equal(whole.weights[name], again.weights[name]) for name in whole.weights)
    assert [each.epoch for each in kept] == [1, 2, 3]
    assert 0 <= kept[0].loss_terms.accuracy <= 1


def test_every_document_is_in_one_batch_with_others_of_its_length():
    network = untrained()
    texts = network._read(TEXTS, "refuse")
    parts = batches_by_length(network._sizes(texts), 7, np.random.default_rng(0))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(TEXTS)))
    spans = sorted(
        (min(len(texts[k].numbers) for k in part), max(len(texts[k].numbers) for k in part)) for part in parts
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    again = batches_by_length(network._sizes(texts), 7, np.random.default_rng(1))
    assert [part.tolist() for part in parts] != [part.tolist() for part in again]


def test_what_is_known_already_is_kept():
    known = Words(("hotel", "awful"))
    network = DocumentClassifier(
        embedding=2, units=2, hidden=2, vocabulary=known, classes=("doubt", "complaint", "praise")
    )
    after = network.fit(TEXTS, LABELS, rng=0, epochs=1)
    assert after.vocabulary is known
    assert after.classes == ("doubt", "complaint", "praise")
    assert list(after.predict(TEXTS[:1])[0].probabilities) == ["doubt", "complaint", "praise"]


def test_unknown_words_are_shown_but_all_the_same_to_the_network():
    network = untrained()
    one, other = network.predict(["We met a zebra.", "We met a unicorn."])
    assert one.sentences[0][3] == "zebra"
    assert other.sentences[0][3] == "unicorn"
    assert one.probabilities == other.probabilities


def test_a_document_may_be_a_list_of_sentences():
    network = untrained()
    text, split = network.predict([TEXTS[0], split_sentences(TEXTS[0])])
    assert close(text, split)


# Reports that are made up


def verdicts_in(sentence):
    """Classes of the verdicts in a sentence."""
    return [label for label, words in VERDICTS.items() for word in re.findall(r"\w+", sentence) if word in words]


def test_what_a_decoy_says_does_not_depend_on_the_class():
    said = Counter()
    for report in generated_documents(600, 0):
        sentences = split_sentences(report.text)
        assert verdicts_in(sentences.pop(report.sentence)) == [report.label]
        said.update((report.label, verdict) for sentence in sentences for verdict in verdicts_in(sentence))
    shares = np.array([[said[label, verdict] for verdict in VERDICTS] for label in VERDICTS], float)
    assert shares / shares.sum(axis=1, keepdims=True) == pytest.approx(np.full((3, 3), 1 / 3), abs=0.06)


def test_the_word_that_decides_is_where_it_is_said_to_be():
    vocabulary = Words(("hotel",))
    for report in generated_documents(200, 1):
        sentence = split_sentences(report.text)[report.sentence]
        assert vocabulary.pieces(sentence)[report.word] in VERDICTS[report.label]


def test_a_decoy_differs_from_what_decides_in_one_thing():
    for report in generated_documents(200, 2):
        for place, sentence in enumerate(split_sentences(report.text)):
            if verdicts_in(sentence):
                plain = f" {sentence.rstrip('.').lower()} "
                own = [any(f" {part.lower()} " in plain for part in each) for each in PARTS]
                odd = [any(f" {part.lower()} " in plain for part in each) for each in OTHER_PARTS]
                odd_things = 0 if place == report.sentence else 1
                assert sum(odd) == odd_things
                assert sum(mine and not yours for mine, yours in zip(own, odd, strict=True)) == 4 - odd_things


def test_classes_and_places_are_even():
    reports = generated_documents(1500, 3, decoys=(2, 2), fillers=(3, 3))
    labels = Counter(report.label for report in reports)
    assert all(abs(count - 500) < 75 for count in labels.values())
    places = Counter(report.sentence for report in reports)
    assert all(abs(places[place] - 250) < 65 for place in range(6))


def test_reports_follow_their_seed():
    assert generated_documents(3, 0) == generated_documents(5, 0)[:3]
    assert generated_documents(3, 0) != generated_documents(3, 1)


# Texts and files


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="ab .!?\n\"'", max_size=40))
def test_splitting_loses_no_letter(text):
    sentences = split_sentences(text)
    assert re.sub(r"\s", "", "".join(sentences)) == re.sub(r"\s", "", text)
    assert all(sentence.strip() for sentence in sentences)


def test_sentences_end_at_marks_and_at_line_ends():
    assert split_sentences("One. Two! Three?\nfour\r\n\r\nfive 3.5 six") == [
        "One.",
        "Two!",
        "Three?",
        "four",
        "five 3.5 six",
    ]


def test_documents_come_from_a_file(tmp_path):
    path = tmp_path / "letters.tsv"
    path.write_text("good\tWe like it. Yes.\n\nbad\tNo.\n", encoding="utf-8")
    assert read_documents(path) == (["We like it. Yes.", "No."], ["good", "bad"])


@pytest.mark.parametrize("line", ["bad", "bad\t", "\tNo.", "bad\tNo.\tNever."])
def test_a_row_that_is_no_label_and_text_is_named(tmp_path, line):
    path = tmp_path / "letters.tsv"
    path.write_text(f"good\tYes.\n\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"letters.tsv', row 3: expected a label, a tab and a text"):
        read_documents(path)


def test_a_file_of_one_class_has_nothing_to_tell_apart(tmp_path):
    path = tmp_path / "letters.tsv"
    path.write_text("good\tYes.\ngood\tYes, yes.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"letters.tsv': expected documents of at least two classes, got 1"):
        read_documents(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_documents(tmp_path / "nowhere.tsv")


# Bad input


@pytest.mark.parametrize("empty", ["", " \n ", []])
def test_an_empty_document_is_named(empty):
    with pytest.raises(ValueError, match="document 2: expected at least one sentence, got an empty document"):
        untrained().predict([TEXTS[0], empty])
    with pytest.raises(ValueError, match="document 1: expected at least one sentence"):
        DocumentClassifier().fit([empty, TEXTS[0]], ["a", "b"], rng=0)


def test_an_empty_sentence_is_named():
    with pytest.raises(ValueError, match="document 2, sentence 3: expected words, got ' '"):
        untrained().predict([TEXTS[0], ["It rained.", "Why?", " "]])


def test_what_is_too_long_is_refused_or_cut():
    network = untrained(max_length=4, most=2)
    with pytest.raises(ValueError, match="document 1, sentence 2 has 6 words; expected at most 4"):
        network.predict(["It rained. We found the hotel awful."])
    with pytest.raises(ValueError, match="document 2 has 3 sentences; expected at most 2"):
        network.predict(["It rained.", "It rained. We paid. Why?"])
    reading = network.predict(["It rained. We found the hotel awful. Why?"], overlong="cut")[0]
    assert reading.sentences == [["it", "rained", "."], ["we", "found", "the", "hotel"]]
    with pytest.raises(ValueError, match="expected overlong to be one of: refuse, cut; got 'split'"):
        network.predict(TEXTS, overlong="split")


def test_labels_have_to_fit():
    with pytest.raises(ValueError, match="got 40 documents and 2 labels"):
        DocumentClassifier().fit(TEXTS, ["praise", "doubt"], rng=0)
    with pytest.raises(ValueError, match="at least two classes"):
        DocumentClassifier().fit(TEXTS, ["praise"] * len(TEXTS), rng=0)
    labels = [*LABELS[:-1], "joy"]
    with pytest.raises(ValueError, match="document 40: there is no class 'joy'; expected one of: praise, doubt"):
        DocumentClassifier(classes=tuple(VERDICTS)).fit(TEXTS, labels, rng=0)


def test_settings_have_to_make_sense():
    with pytest.raises(ValueError, match="there is no attention 'deep'; expected one of: hierarchical, flat, none"):
        DocumentClassifier(attention="deep")
    with pytest.raises(ValueError, match="expected units from 1 up, got 0"):
        DocumentClassifier(units=0)
    with pytest.raises(ValueError, match="expected each class once, got a, b, a"):
        DocumentClassifier(classes=("a", "b", "a"))
    with pytest.raises(ValueError, match="has learned: call `fit` first"):
        DocumentClassifier().predict(TEXTS)
    with pytest.raises(TypeError, match="got a single text: put it into a list"):
        untrained().predict(TEXTS[0])
    with pytest.raises(ValueError, match="expected fillers from 0 up, the fewest first, got 4 and 2"):
        generated_documents(3, 0, fillers=(4, 2))
    with pytest.raises(ValueError, match="at least one document of two sentences"):
        deletion(untrained(), ["It rained."], rng=0)


# The figure


def reading_of(sentences, groups, members):
    importance = [np.sqrt(share) * np.array(part) for share, part in zip(groups, members, strict=True)]
    weights = [np.array(part) for part in members]
    return DocumentReading("praise", {"praise": 0.75, "doubt": 0.25}, sentences, weights, np.array(groups), importance)


SIMPLE = reading_of([["it", "rained", "."], ["we", "paid"]], [0.2, 0.8], [[0.5, 0.25, 0.25], [0.1, 0.9]])


def boxes(figure, colour):
    from matplotlib.colors import to_rgb

    return [patch for patch in figure.axes[0].patches if patch.get_facecolor()[:3] == to_rgb(colour)]


def test_bars_are_as_long_as_sentences_are_weighty_and_shades_as_words_are_important():
    figure = document_figure(SIMPLE)
    bars = [bar.get_width() for bar in boxes(figure, SENTENCE_COLOUR)]
    assert bars[1] / bars[0] == pytest.approx(4)
    shades = [box.get_alpha() for box in boxes(figure, WORD_COLOUR)]
    importance = np.concatenate(SIMPLE.importance)
    assert shades == pytest.approx(importance / importance.max() * max(shades))
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert [word for word in drawn if word in {"it", "rained", ".", "we", "paid"}] == [
        "it",
        "rained",
        ".",
        "we",
        "paid",
    ]
    assert "praise 75 %, doubt 25 %" in drawn
    assert {"20", "80"} <= set(drawn)


def test_long_sentences_go_on_in_the_next_line_within_the_page():
    words = [f"word{number}" for number in range(60)] + [".", "(", "$x_1$", ")"]
    reading = reading_of([words, ["no"]], [1.0, 0.0], [np.full(64, 1 / 64), [1.0]])
    figure = document_figure(reading, headings=["a"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    extents = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 and box.y1 <= figure.bbox.y1 for box in extents)
    assert not any(
        one.shrunk(0.98, 0.6).overlaps(other.shrunk(0.98, 0.6))
        for place, one in enumerate(extents)
        for other in extents[:place]
    )
    levels = {round(text.get_position()[1], 3) for text in figure.axes[0].texts if text.get_text().startswith("word")}
    assert len(levels) > 2


def test_the_planted_word_is_underlined():
    figure = document_figure(SIMPLE, SIMPLE, planted=[(1, 1), (0, 0)])
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    paid = next(
        box
        for box, word in zip(boxes(figure, WORD_COLOUR), ["it", "rained", ".", "we", "paid"], strict=False)
        if word == "paid"
    )
    assert np.mean(lines[0].get_xdata()) == pytest.approx(paid.get_x() + paid.get_width() / 2)
    assert len(lines) == 2


def test_a_figure_needs_documents_and_what_is_marked_in_them():
    with pytest.raises(ValueError, match="at least one document that was read, got none"):
        document_figure()
    with pytest.raises(ValueError, match="expected headings for all 1 documents or for none, got 2"):
        document_figure(SIMPLE, headings=["a", "b"])
    with pytest.raises(ValueError, match="document 0 has no word 2 in a sentence 1 to mark"):
        document_figure(SIMPLE, planted=[(1, 2)])
