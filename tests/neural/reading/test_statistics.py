"""Measures of reading: kinds of fixations, times on words, the perceptual span."""

import csv
import math

import numpy as np
import pytest

from foveation import Viewing
from neural.reading.page import Page
from neural.reading.reader import Reader
from neural.reading.statistics import Reading, ReadingStatistics, span_of, words_in_span
from saliency import Scanpath

TEXT = (
    "When we open a book the whole of the page seems to be there at once, as if\n"
    "it were printed in the mind. It is not so. In each moment the eye makes out\n"
    "no more than a few words, those it rests on and the one or two that follow,\n"
    "and of all the others it sees that they are there, with grey lines and gaps\n"
    "between them. Several times a second it moves on, by seven or eight letters\n"
    "as a rule; little words are passed over, and long or unusual ones have two\n"
    "visits. Now and then something does not fit, and the reader goes back. At\n"
    "the margin there is a great leap to the left, often too short, which takes\n"
    "a little step more. Nobody notices any of this. What is noticed is a story,\n"
    "a town in the rain, somebody who waits for a letter that does not come, and\n"
    "it is the same with every picture that we ever thought to have seen whole."
)


PAGE = Page.of_text(TEXT, columns=90)[0]


VIEWING = Viewing.from_pixels_per_degree(40, PAGE.shape)


def fixed(page, x, line, duration=0.2):
    """A path over given places of given lines."""
    y = page.line_y[np.asarray(line)]
    onset = np.arange(len(x)) * 0.25
    viewing = Viewing.from_pixels_per_degree(40, page.shape)
    return Scanpath(x=x, y=y, onset=onset, duration=np.full(len(x), duration), viewing=viewing, watched=60)


def test_each_fixation_has_its_kind():
    page = Page.of_text("one two three four\nfive six")[0]
    x = page.middles[:, 0]
    order = [0, 0, 2, 1, 3, 5, 4, 3, 5]
    reading = Reading.of(fixed(page, x[order], page.line[order]), page, page.line[order])
    assert reading.word.tolist() == order
    assert reading.kind == (
        "first pass",
        "refixation",
        "skip",
        "regression",
        "first pass",
        "return sweep",
        "regression",
        "regression",
        "return sweep",
    )
    assert reading.skipped.tolist() == [0, 1, 0, 0, 1, 0]
    assert reading.letter[2] == pytest.approx(2.5)
    assert reading.words_per_minute == pytest.approx(60 * 6 / (8 * 0.25 + 0.2))


def test_statistics_are_what_they_say():
    page = Page.of_text("ab abcd ab\nab")[0]
    x = [page.words[0].left, page.words[0].left + 72, page.words[0].left + 48, page.words[3].left]
    reading = Reading.of(fixed(page, x, [0, 0, 0, 1]), page, [0, 0, 0, 1])
    measured = ReadingStatistics.of([reading])
    assert measured.duration == pytest.approx(0.2)
    assert measured.forward == pytest.approx(6)
    assert measured.backward == 0.5
    assert (measured.skipping[2], measured.skipping[4]) == (pytest.approx(1 / 3), 0.0)
    assert math.isnan(measured.skipping[8])
    with pytest.raises(ValueError, match="at least one reading with two fixations on one line"):
        ReadingStatistics.of([])


def test_the_table_is_a_scanpath_with_facts(tmp_path):
    reading = Reader().read(PAGE, VIEWING, rng=0, stimulus="a page")
    reading.write(tmp_path / "read.csv")
    assert Scanpath.read(tmp_path / "read.csv") == reading.path
    with (tmp_path / "read.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == list(reading.kind)
    assert rows[3]["spelling"] == PAGE.words[reading.word[3]].text
    assert len({len(column) for column in reading.table().values()}) == 1
    with pytest.raises(ValueError, match=r"ends in \.csv"):
        reading.write(tmp_path / "read.json")


def test_of_a_page_few_words_are_in_the_span():
    line = 4
    x = float(PAGE.line_ends[line].mean())
    left, right = span_of(PAGE, x)
    assert ((x - left) / PAGE.letter_px, (right - x) / PAGE.letter_px) == pytest.approx((4, 15))
    seen = words_in_span(PAGE, x, line)
    assert 2 <= len(seen) <= 6
    assert set(PAGE.line[seen]) == {line}
    assert len(words_in_span(PAGE, x, line, span=(1000, 1000))) == np.count_nonzero(PAGE.line == line)
    for word in seen:
        assert left < PAGE.middles[word, 0] < right
