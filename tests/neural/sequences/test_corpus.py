"""Corpora: pairs come from files as they are there, and generated ones are true, aligned, and evenly drawn."""

import gzip
import re
from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.sequences.corpus import dates_and_numbers, read_aligned, read_pairs, spelled

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def written(folder, name, text, *, packed=False):
    path = folder / name
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return path


def numeral(words):
    """Read an English numeral from left to right: an independent way back."""
    whole, group = 0, 0
    for word in words.replace("-", " ").replace(" and ", " ").split():
        if word == "thousand":
            whole, group = whole + 1000 * group, 0
        elif word == "hundred":
            group *= 100
        else:
            group += UNITS.index(word) if word in UNITS else 10 * (TENS.index(word) + 2)
    return whole + group


def read_date(text):
    """Read a date in any of the forms: its day, and its weekday or None."""
    words = re.findall(r"\w+", text)
    weekdays = [k for word in words for k, name in enumerate(WEEKDAYS) if word in (name, name[:3])]
    months = [k for word in words for k, name in enumerate(MONTHS, 1) if word in (name, name[:3])]
    figures = [int(re.match(r"\d+", word)[0]) for word in words if word[0].isdigit()]
    day, year = sorted(figures)
    assert len(months) == 1 and len(weekdays) <= 1
    return date(year, months[0], day), weekdays[0] if weekdays else None


# Files


@pytest.mark.parametrize("packed", [False, True])
def test_pairs_are_read_from_a_table_by_number_or_by_name(tmp_path, packed):
    rows = "a dog\tein Hund\tAnna, CC-BY\nde big\tgroß\tBen\n"
    plain = written(tmp_path, "plain.tsv", rows, packed=packed)
    assert read_pairs(plain) == [("a dog", "ein Hund"), ("de big", "groß")]
    assert read_pairs(plain, (2, 0)) == [("Anna, CC-BY", "a dog"), ("Ben", "de big")]
    titled = written(tmp_path, "titled.tsv.gz", "en\tde\twho\n" + rows, packed=packed)
    assert read_pairs(titled, ("de", "en")) == [("ein Hund", "a dog"), ("groß", "de big")]


def test_line_ends_of_any_system_quotes_and_odd_separators_leave_sentences_whole(tmp_path):
    text = '\ufeff"a"\tb\u2028c\r\n d e \tf\x85g\r\n'
    assert read_pairs(written(tmp_path, "a.tsv", text)) == [('"a"', "b\u2028c"), ("d e", "f\x85g")]
    source, target = written(tmp_path, "a.txt", "a\r\nb"), written(tmp_path, "b.txt", "c\nd\n", packed=True)
    assert read_aligned(source, target) == [("a", "c"), ("b", "d")]


@pytest.mark.parametrize(
    ("text", "columns", "problem"),
    [
        ("a\tb\nc\n", (0, 1), "row 2: expected at least 2 columns with tabs between them, got 1"),
        ("a\tb\nc\td\n", (0, 2), "row 1: expected at least 3 columns .* got 2"),
        ("x\ty\na\tb\nc\n", ("x", "y"), "row 3: expected at least 2 columns"),
        ("a\tb\nc\t \n", (0, 1), "row 2: expected a sentence and its translation, got an empty one"),
        ("a\tb\n\nc\td\n", (0, 1), "row 2: expected at least 2 columns"),
        ("x\ty\na\tb\n", ("x", "z"), "expected a column 'z', there are: x, y"),
        ("", ("x", "y"), "expected a column 'x', there are: none"),
        ("", (0, 1), "expected rows of sentences, got none"),
        ("x\ty\n", ("x", "y"), "expected rows of sentences, got none"),
        ("a\tb\n", (0, -1), "a column's name or its number, from 0, got -1"),
        (b"a\xff\tb\n", (0, 1), "expected text in UTF-8"),
        (gzip.compress(b"a\tb\n" * 99, mtime=0)[:-9], (0, 1), "expected a whole gzip file"),
    ],
)
def test_a_table_that_is_none_is_refused_with_the_row(tmp_path, text, columns, problem):
    path = written(tmp_path, "pairs.tsv", text)
    with pytest.raises(ValueError, match=problem) as caught:
        read_pairs(path, columns)
    assert str(path) in str(caught.value) or columns == (0, -1)


def test_texts_of_unequal_length_are_refused_with_the_line_where_one_ends(tmp_path):
    short, long = written(tmp_path, "short.txt", "a\nb\n"), written(tmp_path, "long.txt", "a\nb\nc\n")
    message = r"short.txt' ends at line 2, but '.*long.txt' has 3 lines"
    with pytest.raises(ValueError, match=message):
        read_aligned(short, long)
    with pytest.raises(ValueError, match=message):
        read_aligned(long, short)


def test_an_empty_line_and_an_empty_text_are_refused(tmp_path):
    whole, holed = written(tmp_path, "whole.txt", "a\nb\n"), written(tmp_path, "holed.txt", "a\n \n")
    with pytest.raises(ValueError, match=r"holed.txt', line 2: expected a sentence, got an empty line"):
        read_aligned(whole, holed)
    nothing = written(tmp_path, "nothing.txt", "")
    with pytest.raises(ValueError, match=r"nothing.txt': expected lines of sentences, got none"):
        read_aligned(nothing, nothing)
    with pytest.raises(FileNotFoundError):
        read_aligned(whole, tmp_path / "missing.txt")


# Dates and numbers


def test_numbers_are_spelled_in_english():
    known = {0: "zero", 7: "seven", 13: "thirteen", 20: "twenty", 42: "forty two", 100: "one hundred"}
    known |= {819: "eight hundred nineteen", 1000: "one thousand", 9999: "nine thousand nine hundred ninety nine"}
    assert {number: spelled(number) for number in known} == known
    assert [numeral(spelled(number)) for number in range(10_000)] == list(range(10_000))
    assert spelled(1942, hyphen=True, link=True) == "one thousand nine hundred and forty-two"
    plain = [
        spelled(number, hyphen=True, link=True).replace("-", " ").replace(" and ", " ") for number in range(10_000)
    ]
    assert plain == [spelled(number) for number in range(10_000)]
    for number in (-1, 10_000):
        with pytest.raises(ValueError, match=f"from 0 to 9999, got {number}"):
            spelled(number)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(0, 3), st.sampled_from([0.0, 0.4, 1.0]))
def test_every_item_is_translated_and_every_weekday_is_true(seed, least, more, numbers):
    for listed in dates_and_numbers(3, seed, items=(least, least + more), numbers=numbers):
        sources, targets = listed.source.split(" & "), listed.target.split(" ")
        assert least <= len(sources) == len(targets) <= least + more
        assert [listed.source[a:b] for a, b, _, _ in listed.spans] == sources
        assert [listed.target[c:d] for _, _, c, d in listed.spans] == targets
        assert listed.source == listed.source.lower()
        for source, target in zip(sources, targets, strict=True):
            if "-" in target:
                day, weekday = read_date(source)
                assert day.isoformat() == target
                assert weekday in (None, day.weekday())
                assert 1900 <= day.year <= 2099
            else:
                ways = {spelled(int(target), hyphen=a, link=b) for a in (False, True) for b in (False, True)}
                assert source in ways
        assert numbers < 1 or not set("-&") & set(listed.target)
        assert numbers > 0 or listed.target.count("-") == 2 * len(targets)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_gold_links_join_words_and_fields_of_the_same_meaning(seed):
    for listed in dates_and_numbers(3, seed, numbers=0.3):
        pairs = [(listed.source[a:b], listed.target[c:d]) for (a, b), (c, d) in listed.links]
        assert [field for _, field in pairs] == re.findall(r"\d+", listed.target)
        for word, field in pairs:
            named = [k for k, name in enumerate(MONTHS, 1) if word in (name, name[:3])]
            if named:
                assert int(field) == named[0] and len(field) == 2
            elif word[0].isdigit():
                assert int(re.fullmatch(r"(\d+)(st|nd|rd|th)?", word)[1]) == int(field)
            else:
                assert numeral(word) == int(field)
        for (a, b), _ in listed.links:
            assert not listed.source[a - 1 : a].isalnum() and not listed.source[b : b + 1].isalnum()


def test_ordinals_end_as_in_english():
    texts = " ".join(listed.source for listed in dates_and_numbers(3000, 1, items=(1, 1), numbers=0))
    ordinals = set(re.findall(r"\b(\d+(?:st|nd|rd|th)) of ", texts))
    expected = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    assert ordinals == {f"{day}{expected.get(day, 'th')}" for day in range(1, 32)}


def test_forms_weekdays_and_abbreviations_are_as_frequent_as_stated():
    lists = dates_and_numbers(8000, 2, items=(1, 1), numbers=0)
    texts = [listed.source for listed in lists]
    weekday = "|".join(name[:3] for name in WEEKDAYS)
    named = [re.match(rf"(?:{weekday})\w* ", text) for text in texts]
    rest = [text[each.end() :] if each else text for text, each in zip(texts, named, strict=True)]
    assert np.mean([each is not None for each in named]) == pytest.approx(0.25, abs=0.02)
    assert np.mean([len(each[0]) == 4 for each in named if each]) == pytest.approx(0.5, abs=0.05)
    patterns = [r"\d+ [a-z]+ \d{4}", r"[a-z]+ \d+ \d{4}", r"[a-z]+ \d+, \d{4}", r"\d+[a-z]{2} of [a-z]+ \d{4}"]
    counts = np.array([sum(re.fullmatch(pattern, text) is not None for text in rest) for pattern in patterns])
    assert counts.sum() == 8000
    assert counts / 8000 == pytest.approx(0.25, abs=0.02)
    months = [re.search(r"[a-z]{3,}", re.sub(r"\d\w+", "", text))[0] for text in rest]
    assert np.mean([month in MONTHS for month in months]) == pytest.approx(0.5 + 0.5 / 12, abs=0.02)


def test_four_dates_are_about_69_characters_long():
    lengths = [len(listed.source) for listed in dates_and_numbers(2000, 3, items=(4, 4), numbers=0)]
    assert np.mean(lengths) == pytest.approx(69, abs=2)


def test_lengths_days_and_digits_are_drawn_evenly():
    lists = dates_and_numbers(4000, 4, numbers=0.25)
    sizes = Counter(len(listed.spans) for listed in lists)
    assert sorted(sizes) == [1, 2, 3, 4]
    assert np.array(list(sizes.values())) / 4000 == pytest.approx(0.25, abs=0.03)
    items = [item for listed in lists for item in listed.target.split(" ")]
    figures = Counter(len(item) for item in items if "-" not in item)
    assert sum(figures.values()) / len(items) == pytest.approx(0.25, abs=0.02)
    assert np.array([figures[k] for k in (1, 2, 3, 4)]) / sum(figures.values()) == pytest.approx(0.25, abs=0.03)
    assert {item for item in items if len(item) == 1} == set("0123456789")
    years = np.array([int(item[:4]) for item in items if "-" in item])
    assert (years.min(), years.max()) == (1900, 2099)
    assert (years < 2000).mean() == pytest.approx(0.5, abs=0.03)


def test_a_seed_gives_its_own_lists_again_and_another_gives_others():
    assert dates_and_numbers(20, 5) == dates_and_numbers(20, np.random.default_rng(5))
    assert dates_and_numbers(20, 5) != dates_and_numbers(20, 6)


@pytest.mark.parametrize(
    ("count", "changed", "problem"),
    [
        (0, {}, "count of at least 1, got 0"),
        (1, {"items": (0, 2)}, r"got \(0, 2\)"),
        (1, {"items": (3, 2)}, r"got \(3, 2\)"),
        (1, {"numbers": 1.5}, "share of numbers from 0 to 1, got 1.5"),
        (1, {"numbers": float("nan")}, "share of numbers from 0 to 1, got nan"),
    ],
)
def test_lists_that_cannot_be_are_refused(count, changed, problem):
    with pytest.raises(ValueError, match=problem):
        dates_and_numbers(count, 0, **changed)


def test_a_column_cannot_be_source_and_target(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("en\tde\na dog\tein Hund\n", encoding="utf-8")
    for columns in ((1, 1), ("de", "de")):
        with pytest.raises(ValueError, match=r"expected two different columns, got (1 and 1|de and de)"):
            read_pairs(path, columns)
