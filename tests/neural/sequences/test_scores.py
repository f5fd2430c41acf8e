"""Measures of translations and of attention: known values, plain twins, and what they must not depend on."""

import math
import re
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.sequences.corpus import Listed, dates_and_numbers
from neural.sequences.scores import (
    alignment_error_rate,
    alignment_error_rate_of,
    alignment_links,
    attention_on_source,
    bleu,
    bleu_by_length,
    bleu_signature,
    exact_match,
)

LINKS = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)))
TWO = Listed(
    "3 may & forty two",
    "05-03 42",
    [(0, 5, 0, 5), (8, 17, 6, 8)],
    [((2, 5), (0, 2)), ((0, 1), (3, 5)), ((8, 17), (6, 8))],
)


def plain_bleu(hypotheses, references):
    """BLEU of sentences in which words stand apart, as Papineni et al. (2002) define it; without smoothing."""
    matched, shown, lengths = np.zeros(4), np.zeros(4), np.zeros(2)
    for pair in zip(hypotheses, references, strict=True):
        found, wanted = (text.split() for text in pair)
        lengths += len(found), len(wanted)
        for n in range(1, 5):
            ours, theirs = (
                Counter(tuple(words[k : k + n]) for k in range(len(words) - n + 1)) for words in (found, wanted)
            )
            matched[n - 1] += sum((ours & theirs).values())
            shown[n - 1] += sum(ours.values())
    return 100 * min(1, math.exp(1 - lengths[1] / lengths[0])) * math.exp(np.log(matched / shown).mean())


def one_hot(listed, places):
    """Attention of each character of the translation that is all on one place of the source."""
    weights = np.zeros((len(listed.target), len(listed.source)))
    weights[np.arange(len(places)), places] = 1
    return weights


def on_gold(listed, rng):
    """Attention that is on some character of the right word, and in separators of the translation anywhere."""
    places = rng.integers(len(listed.source), size=len(listed.target))
    for (a, b), (c, d) in listed.links:
        places[c:d] = rng.integers(a, b, size=d - c)
    return one_hot(listed, places)


# BLEU


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.integers(1, 6))
def test_bleu_is_as_its_paper_defines_it(seed, count):
    pytest.importorskip("sacrebleu")
    rng = np.random.default_rng(seed)
    references = [" ".join(rng.choice(list("abcd"), rng.integers(5, 12))) for _ in range(count)]
    hypotheses = [reference + " a b" * rng.integers(2) for reference in references]
    hypotheses = [" ".join(text.split()[rng.integers(2) :]) for text in hypotheses]
    assert bleu(hypotheses, references) == pytest.approx(plain_bleu(hypotheses, references), abs=1e-9)


def test_bleu_knows_the_best_the_worst_and_capitals():
    pytest.importorskip("sacrebleu")
    references = ["A man walks his dog.", "Two dogs run."]
    assert bleu(references, references) == pytest.approx(100)
    assert bleu([text.upper() for text in references], references) == pytest.approx(100)
    assert bleu([text.upper() for text in references], references, lower=False) < 10
    assert bleu(["", ""], references) == 0
    assert bleu(["a man walks his dog", ""], references) < bleu(["a man walks his dog.", "two dogs"], references) < 100


def test_the_signature_says_how_bleu_is_computed():
    sacrebleu = pytest.importorskip("sacrebleu")
    assert bleu_signature() == f"nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
    assert "|case:mixed|" in bleu_signature(lower=False)


def test_bleu_by_length_is_bleu_of_each_group():
    pytest.importorskip("sacrebleu")
    references = ["a b c d e", "a b c d e f", "e d c b a b c d e f g h", "d " * 40]
    hypotheses = ["a b c d f", "a b c d e f", "e d c b a b c d", "d " * 30]
    lengths = [len(text.split()) for text in references]
    rows = bleu_by_length(hypotheses, references, lengths, edges=(1, 7, 9, 13))
    assert [row[:3] for row in rows] == [(1, 6, 2), (9, 12, 1), (13, 40, 1)]
    groups = (slice(0, 2), slice(2, 3), slice(3, 4))
    assert [row.bleu for row in rows] == [bleu(hypotheses[group], references[group]) for group in groups]
    assert bleu_by_length(hypotheses, references, lengths, edges=[1]) == [(1, 40, 4, bleu(hypotheses, references))]


def test_exact_match_counts_translations_that_are_right_to_the_letter():
    assert exact_match(["a", "b", "", "D"], ["a", "b", "c", "d"]) == 0.5


@pytest.mark.parametrize("measure", [bleu, exact_match])
@pytest.mark.parametrize(
    ("hypotheses", "references", "problem"),
    [
        ([], [], "got 0 translations and 0 references"),
        (["a"], ["a", "b"], "got 1 translations and 2 references"),
        (["a", "b"], ["a", " "], "reference 2 is empty"),
    ],
)
def test_sentences_that_cannot_be_compared_are_refused(measure, hypotheses, references, problem):
    with pytest.raises(ValueError, match=problem):
        measure(hypotheses, references)
    with pytest.raises(TypeError, match="expected translations as a list of sentences, got one str"):
        measure("a", ["a"])


@pytest.mark.parametrize(
    ("lengths", "edges", "problem"),
    [
        ([1], (1, 9), "expected 2 lengths"),
        ([1, 2], (1, 9, 9), "expected edges that rise"),
        ([1, 2], (), "expected edges that rise"),
        ([1, 2], (2, 9), "lengths of at least 2, the first edge, got 1"),
    ],
)
def test_groups_of_length_that_cannot_be_are_refused(lengths, edges, problem):
    with pytest.raises(ValueError, match=problem):
        bleu_by_length(["a", "b"], ["a", "b"], lengths, edges=edges)


def test_without_sacrebleu_only_bleu_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    with pytest.raises(ImportError, match=r'BLEU needs sacrebleu: pip install "foveal\[translation\]"'):
        bleu(["a"], ["a"])
    assert exact_match(["a"], ["a"]) == 1


# Alignment


@settings(deadline=None, max_examples=100)
@given(LINKS, LINKS.filter(bool), LINKS)
def test_the_alignment_error_rate_lies_between_its_ends(found, sure, possible):
    rate = alignment_error_rate(found, sure, possible)
    assert 0 <= rate <= 1
    assert (rate == 0) == (sure <= found <= sure | possible)
    assert (rate == 1) == (not found & (sure | possible))
    assert rate <= alignment_error_rate(found, sure)


@settings(deadline=None, max_examples=50)
@given(LINKS, LINKS.filter(bool))
def test_with_sure_links_alone_the_error_rate_is_one_less_the_f_measure(found, sure):
    right = len(found & sure)
    f_measure = 2 * right / (len(found) + len(sure))
    assert alignment_error_rate(found, sure) == pytest.approx(1 - f_measure)


def test_the_alignment_error_rate_follows_its_formula():
    assert alignment_error_rate({1, 2, 3, 4}, sure={1, 2, 5}, possible={3}) == pytest.approx(1 - (2 + 3) / (4 + 3))
    with pytest.raises(ValueError, match="at least one link that is sure"):
        alignment_error_rate({1}, sure=set())


def test_attention_on_the_right_words_gives_the_gold_links():
    rng = np.random.default_rng(1)
    lists = dates_and_numbers(40, rng, numbers=0.3)
    weights = [on_gold(listed, rng) for listed in lists]
    assert [alignment_links(*pair) for pair in zip(weights, lists, strict=True)] == [each.links for each in lists]
    assert alignment_error_rate_of(weights, lists) == 0


def test_attention_without_a_clue_is_mostly_wrong():
    lists = dates_and_numbers(40, 2, items=(4, 4), numbers=0)
    rng = np.random.default_rng(3)
    weights = [rng.dirichlet(np.ones(len(each.source)), len(each.target)) for each in lists]
    assert alignment_error_rate_of(weights, lists) > 0.8


@pytest.mark.parametrize(
    ("place", "word"),
    [(0, (0, 1)), (1, (0, 1)), (2, (2, 5)), (5, (2, 5)), (6, (2, 5)), (7, (2, 5)), (8, (8, 17)), (13, (8, 17))],
)
def test_a_blank_or_mark_belongs_to_the_word_before_it(place, word):
    found = alignment_links(one_hot(TWO, [place] * len(TWO.target)), TWO)
    assert found == [(word, field) for _, field in TWO.links]


def test_words_without_a_gold_link_can_be_linked_by_mistake():
    listed = dates_and_numbers(1, 1, items=(2, 2))[0]
    start = listed.source.index("friday")
    found = alignment_links(one_hot(listed, [start] * len(listed.target)), listed)
    assert {source for source, _ in found} == {(start, start + len("friday"))}
    assert alignment_error_rate(found, listed.links) == 1


def test_each_field_is_linked_by_the_sum_over_its_characters():
    weights = np.zeros((8, 17))
    weights[0, 2:5] = 0.2  # the word "may" gets 0.6 + 0.3, the word "3" gets 0.4 + 0.7
    weights[0, 0], weights[1, 0], weights[1, 3] = 0.4, 0.7, 0.3
    assert alignment_links(weights, TWO) == [((0, 1), (0, 2))]
    weights[1, 4] = 0.3
    assert alignment_links(weights, TWO) == [((2, 5), (0, 2))]


def test_the_row_of_the_end_is_left_out():
    weights = one_hot(TWO, [3, 3, 0, 0, 0, 9, 9, 9])
    ended = np.vstack([weights, np.eye(17)[:1]])
    assert alignment_links(ended, TWO) == alignment_links(weights, TWO) == TWO.links


def test_no_attention_finds_no_links():
    assert alignment_links(np.zeros((8, 17)), TWO) == []
    assert alignment_error_rate_of([np.zeros((8, 17))], [TWO]) == 1


def test_links_of_one_list_do_not_count_for_another():
    right, wrong = one_hot(TWO, [3, 3, 0, 0, 0, 9, 9, 9]), one_hot(TWO, [9, 9, 9, 9, 9, 0, 0, 0])
    assert alignment_error_rate_of([right, wrong], [TWO, TWO]) == 0.5


# Attention on the right item


def test_the_share_on_the_right_item_is_a_ratio_of_sums():
    rng = np.random.default_rng(4)
    listed = dates_and_numbers(1, rng, items=(3, 3))[0]
    weights = rng.random((len(listed.target) + 1, len(listed.source)))
    expected = []
    for a, b, c, d in listed.spans:
        inside = sum(weights[t, s] for t in range(c, d) for s in range(a, b))
        expected.append(inside / sum(weights[t, s] for t in range(c, d) for s in range(len(listed.source))))
    assert attention_on_source(weights, listed.spans) == pytest.approx(expected)
    assert attention_on_source(7 * weights, listed.spans) == pytest.approx(expected)


def test_attention_on_the_right_words_is_on_the_right_items_and_even_attention_is_at_chance():
    assert attention_on_source(one_hot(TWO, [3, 3, 0, 0, 0, 9, 9, 9]), TWO.spans).tolist() == [1, 1]
    assert attention_on_source(np.ones((8, 17)), TWO.spans) == pytest.approx([5 / 17, 9 / 17])


def test_an_item_without_any_weight_has_no_share():
    weights = one_hot(TWO, [3, 3, 0, 0, 0])
    assert attention_on_source(weights, TWO.spans) == pytest.approx([1, np.nan], nan_ok=True)


# Bad input


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        (np.zeros((8, 16)), r"shape \(8, 17\), or with one more row for the end, got \(8, 16\)"),
        (np.zeros((10, 17)), r"got \(10, 17\)"),
        (np.zeros(17), r"shape \(target, source\), got shape \(17,\)"),
        (np.full((8, 17), -1), "finite and not negative"),
        (np.full((8, 17), np.nan), "finite and not negative"),
        (np.full((8, 17), np.inf), "finite and not negative"),
    ],
)
def test_weights_that_are_no_attention_on_the_list_are_refused(weights, problem):
    with pytest.raises(ValueError, match=problem):
        alignment_links(weights, TWO)


def test_weights_for_other_lists_are_refused():
    for weights, lists in (([], []), ([np.zeros((8, 17))], [TWO, TWO])):
        with pytest.raises(ValueError, match=re.escape(f"got {len(weights)} for {len(lists)}")):
            alignment_error_rate_of(weights, lists)


@pytest.mark.parametrize("span", [(0, 18, 0, 1), (0, 1, 0, 9), (3, 3, 0, 1), (0, 1, 2, 2), (-1, 1, 0, 1)])
def test_items_that_are_not_in_the_weights_are_refused(span):
    with pytest.raises(ValueError, match=re.escape(f"within weights of shape (8, 17), got {span}")):
        attention_on_source(np.ones((8, 17)), [span])
    with pytest.raises(ValueError, match="at least one item, got none"):
        attention_on_source(np.ones((8, 17)), [])
