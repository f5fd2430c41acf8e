"""How the eyes read: the stages add up, words are skipped and looked at again as people do, lines are told apart."""

import csv
import itertools
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import GeislerPerry, Viewing, Weymouth, saccade_duration
from neural.reading.lines import LineAssignment, assign_lines, nearest_lines
from neural.reading.page import Page, Word
from neural.reading.reader import Reader, zipf_by_length, zipf_of
from neural.reading.statistics import KINDS, Reading, ReadingStatistics, span_of, words_in_span
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
SURE = {  # no chance, no error
    "variation": 1e-6,
    "error": 0.0,
    "error_growth": 0.0,
    "refixation": 0.0,
    "regression": 0.0,
    "undershoot": 0.0,
    "sweep_error": 0.0,
    "wobble": 0.0,
}


def readings(reader, readers=12, page=PAGE, rng=0):
    return reader.read_many(page, VIEWING, readers=readers, rng=rng)


def fixed(page, x, line, duration=0.2):
    """A path over given places of given lines."""
    y = page.line_y[np.asarray(line)]
    onset = np.arange(len(x)) * 0.25
    viewing = Viewing.from_pixels_per_degree(40, page.shape)
    return Scanpath(x=x, y=y, onset=onset, duration=np.full(len(x), duration), viewing=viewing, watched=60)


def test_reading_is_as_peoples():
    """Of 24 adults on 12 pages (Carr et al. 2022): 196 ms, 8.1 letters, 0.70, 0.36, 0.12 and 0.04 passed over."""
    measured = ReadingStatistics.of(readings(Reader(), 40))
    assert measured.duration == pytest.approx(0.196, rel=0.2)
    assert measured.duration_spread == pytest.approx(0.083, rel=0.3)
    assert measured.forward == pytest.approx(8.1, rel=0.2)
    assert 0.1 < measured.backward < 0.3
    skipping = list(measured.skipping.values())
    assert skipping[:3] == pytest.approx([0.70, 0.36, 0.12], abs=0.1)
    assert skipping[:3] == sorted(skipping[:3], reverse=True)
    assert skipping[3] < 0.25  # there are only a few of them here
    assert 150 < measured.words_per_minute < 350


def test_durations_are_skewed_to_the_right():
    duration = np.concatenate([reading.path.duration for reading in readings(Reader())])
    assert np.mean(((duration - duration.mean()) / duration.std()) ** 3) > 0.5


def test_the_stages_add_up_on_a_single_letter():
    """The first stage runs at the rate of what is seen: of the middle of the picture, until the eye has arrived."""
    page = Page(words=[Word(20, 50, 30, 70, 0, 1)], image=np.full((200, 400), 255, np.uint8))
    viewing = Viewing.from_pixels_per_degree(40, page.shape)
    reader = Reader(**SURE, familiarity=0.2)
    zipf = float(zipf_by_length(1))
    first = reader.familiarity - reader.frequency_gain * math.log(10 ** (zipf - 3))
    angle = float(viewing.angle_deg(viewing.centre, (25, 60)))
    away = ((angle + 2.3) / 2.3) ** reader.acuity_power  # of the law of Geisler and Perry
    leaves = reader.labile + reader.nonlabile
    lands = leaves + float(saccade_duration(angle))
    arrives = lands + reader.lag
    assert first * away > arrives  # else this tests nothing
    ends = arrives + (first - arrives / away) + reader.completion * first
    reading = reader.read(page, viewing, rng=0)
    assert len(reading.path) == 1
    assert (reading.path.x[0], reading.path.y[0]) == pytest.approx((25, 60))
    assert reading.path.onset[0] == pytest.approx(lands, abs=1e-4)
    assert reading.path.watched == pytest.approx(ends, abs=1e-4)
    assert reading.path.duration[0] == pytest.approx(ends - lands, abs=1e-4)


def test_a_program_that_can_be_cancelled_longer_skips_more():
    shares = [
        np.nanmean([np.nanmean(reading.skipped) for reading in readings(Reader(**{**SURE, "labile": labile}), 1)])
        for labile in (0.01, 0.12, 0.3)
    ]
    assert shares[0] + 0.05 < shares[1] < shares[2] - 0.05


def test_what_is_seen_less_well_is_skipped_less():
    skipping = [
        np.mean([np.nanmean(reading.skipped) for reading in readings(replace(Reader(), acuity_power=power))])
        for power in (0.0, 1.5, 4.0)
    ]
    assert skipping[0] > skipping[1] > skipping[2]
    narrow = replace(Reader(), acuity=GeislerPerry(half_eccentricity_deg=0.8))
    assert np.mean([np.nanmean(reading.skipped) for reading in readings(narrow)]) < skipping[1] - 0.03


def test_other_laws_of_acuity_serve_as_well():
    path = Reader(acuity=Weymouth()).read(PAGE, VIEWING, rng=0).path
    assert len(path) > 50
    assert path != Reader().read(PAGE, VIEWING, rng=0).path


def test_frequent_words_are_passed_over_more_and_read_faster():
    """The same boxes, once all frequent and once all rare."""

    class Frequency:
        def __init__(self, zipf):
            self.zipf = zipf

        def available_languages(self):
            return ["en"]

        def zipf_frequency(self, word, language):
            return self.zipf

    measured = {}
    for zipf in (3.0, 6.5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "wordfreq", Frequency(zipf))
            measured[zipf] = ReadingStatistics.of(readings(Reader(language="en")))
    assert measured[6.5].skipping[4] > measured[3.0].skipping[4] + 0.1
    assert measured[6.5].words_per_minute > 1.2 * measured[3.0].words_per_minute


def test_misfits_send_the_eye_back():
    back = [ReadingStatistics.of(readings(Reader(regression=share))).backward for share in (0.0, 0.2, 0.5)]
    assert back[0] + 0.05 < back[1] < back[2]


def test_sweeps_fall_short_and_take_a_step_more():
    landed, followed = [], []
    for reading in readings(Reader()):
        sweeps = np.flatnonzero(np.diff(reading.line) == 1) + 1
        starts = PAGE.line_ends[reading.line[sweeps], 0]
        landed += ((reading.path.x[sweeps] - starts) / PAGE.letter_px).tolist()
        later = sweeps[sweeps < len(reading.path) - 1]
        followed += (np.diff(reading.path.x)[later] < 0).tolist()
    assert 2 < np.mean(landed) < 7  # adults: 5.8 letters
    assert np.mean(followed) > 0.2


def test_every_line_is_read_from_the_first_word_to_the_last():
    for reading in readings(Reader(), 6):
        assert set(reading.line.tolist()) == set(range(len(PAGE.line_y)))
        assert reading.path.ended == "read"
        assert np.all(reading.path.duration > 0)
        assert np.all(np.diff(reading.path.onset) > reading.path.duration[:-1])
        assert set(reading.kind) == set(KINDS)


def test_chance_is_the_seeds():
    first, again, other = (Reader().read(PAGE, VIEWING, rng=seed) for seed in (1, np.random.default_rng(1), 2))
    assert first.path == again.path
    assert first.path != other.path
    several = readings(Reader(), 3)
    assert several[1].path == readings(Reader(), 5)[1].path
    assert several[0].path != several[1].path


@settings(deadline=None, max_examples=25)
@given(
    familiarity=st.floats(0.01, 0.5),
    completion=st.floats(0, 2),
    labile=st.floats(0.01, 0.4),
    acuity_power=st.floats(0, 3),
    preferred=st.floats(1, 20),
    error_growth=st.floats(0, 0.5),
    refixation=st.floats(0, 0.5),
    regression=st.floats(0, 0.6),
    variation=st.floats(0.01, 1),
    seed=st.integers(0, 100),
)
def test_reading_ends_whatever_the_constants(seed, **constants):
    page = Page.of_text(TEXT[:220], columns=90)[0]
    reading = Reader(**constants).read(page, VIEWING, rng=seed)
    assert 0 < len(reading.path) < 20 * len(page.words)
    assert np.all(reading.path.duration > 0)
    assert np.isfinite(reading.path.places).all()


def test_a_reader_can_be_hurried():
    for rate in (120.0, 330.0):
        reader = Reader().at_pace(rate, PAGE, VIEWING)
        assert np.mean([reading.words_per_minute for reading in readings(reader, 16)]) == pytest.approx(rate, rel=0.1)
    with pytest.raises(ValueError, match=r"expected \d+ to \d+ words per minute on this page, got 20000"):
        Reader().at_pace(20000, PAGE, VIEWING)
    with pytest.raises(ValueError, match="positive number of words per minute, got 0"):
        Reader().at_pace(0, PAGE, VIEWING)


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


def drifted(reading, rng):
    """Heights as a tracker records them: a slow drift of nearly a line, and noise."""
    n = len(reading.path)
    offset = np.linspace(0, 0.8, n) + rng.normal(0, 0.15, n)
    return np.stack([reading.path.x, PAGE.line_y[reading.line] + offset * PAGE.line_px], axis=1)


def test_lines_are_told_although_the_recording_drifts():
    rng, ours, nearest = np.random.default_rng(0), [], []
    for reading in readings(Reader(), 6):
        places = drifted(reading, rng)
        ours.append(np.mean(assign_lines(places, PAGE) == reading.line))
        nearest.append(np.mean(nearest_lines(places, PAGE) == reading.line))
    assert np.mean(ours) > 0.97
    assert np.mean(nearest) < 0.75


def test_without_drift_and_noise_the_nearest_line_is_right():
    reading = Reader(wobble=0.0).read(PAGE, VIEWING, rng=0)
    assert np.array_equal(assign_lines(reading.path.places, PAGE), reading.line)
    assert np.array_equal(nearest_lines(reading.path.places, PAGE), reading.line)
    assert len(assign_lines(np.empty((0, 2)), PAGE)) == 0


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_no_sequence_of_lines_is_cheaper(seed):
    """All sequences of lines and offsets of three fixations, one by one."""
    rng = np.random.default_rng(seed)
    page = Page.of_text("some words of text\nand some below")[0]
    places = np.stack([rng.uniform(*page.line_ends[0], 3), rng.uniform(*page.line_y, 3) + rng.normal(0, 20, 3)], axis=1)
    model = LineAssignment(drift=0.2)
    offsets = np.linspace(-1.5, 1.5, 25)
    swept = np.diff(places[:, 0]) < -model.sweep * (page.line_ends.max() - page.line_ends.min())
    costs = {}
    for lines in itertools.product((0, 1), repeat=3):
        moves = 0.0
        for k, (a, b) in enumerate(itertools.pairwise(lines)):
            on, sweep = (0.0, 1.0, 2.0), (1.0, 0.0, 1.5)  # to the same line, the next, the one before
            moves += model.jump * (sweep if swept[k] else on)[b - a]
        height = (places[:, 1] - page.line_y[list(lines)]) / page.line_px
        own = (height[:, None] - offsets) ** 2 / (2 * model.noise**2) + offsets**2 / (2 * model.offset**2)
        change = (offsets[:, None] - offsets) ** 2 / (2 * model.drift**2)
        every = own[0][:, None, None] + own[1][None, :, None] + own[2] + change[:, :, None] + change[None]
        costs[lines] = moves + every.min()
    best = min(costs.values())
    assert costs[tuple(model(places, page).tolist())] == pytest.approx(best)


def test_frequencies_come_from_the_length_of_words_or_from_a_list(monkeypatch):
    page = Page.of_text("the, crystallography 1789 --")[0]
    assert zipf_of(page).tolist() == zipf_by_length([4, 16, 4, 2]).tolist()
    assert np.all(np.diff(zipf_by_length(np.arange(1, 40))) <= 0)
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    with pytest.raises(ImportError, match="need wordfreq"):
        zipf_of(page, "en")

    class Frequency:
        available_languages = staticmethod(lambda: ["en"])
        zipf_frequency = staticmethod(lambda word, language: {"the,": 7.7}.get(word, 0.0))

    monkeypatch.setitem(sys.modules, "wordfreq", Frequency)
    assert zipf_of(page, "en").tolist() == [7.7, 1.0, 1.0, zipf_by_length(2)]
    with pytest.raises(ValueError, match="no list of words for the language 'xx'; there are en"):
        zipf_of(page, "xx")


def test_letters_too_small_to_see_are_refused():
    tiny = Viewing.from_pixels_per_degree(400, PAGE.shape)
    with pytest.raises(ValueError, match=r"the letters are 0\.030 deg wide, too small to be told apart"):
        Reader().read(PAGE, tiny, rng=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"familiarity": 0}, "positive familiarity, got 0"),
        ({"variation": np.nan}, "positive variation, got nan"),
        ({"pace": -1}, "positive pace, got -1"),
        ({"lag": -0.1}, "lag from 0 up, got -0.1"),
        ({"error": np.inf}, "error from 0 up, got inf"),
        ({"regression": 1}, "regression from 0 to below 1, got 1"),
        ({"undershoot": -0.1}, "undershoot from 0 to below 1, got -0.1"),
    ],
)
def test_impossible_constants_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Reader(**change)


def test_lines_that_are_not_on_the_page_are_refused():
    page = Page.of_text("one\ntwo")[0]
    path = fixed(page, [70, 80], [0, 1])
    for wrong in ([0, 2], [-1, 0], [0]):
        with pytest.raises(ValueError, match="a line from 0 to 1 for each of 2 fixations"):
            Reading.of(path, page, wrong)
