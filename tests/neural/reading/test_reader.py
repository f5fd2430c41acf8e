"""How the eyes read: the stages add up, words are skipped and looked at again as people do."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import GeislerPerry, Viewing, Weymouth, saccade_duration
from neural.reading.page import Page, Word
from neural.reading.reader import Reader, zipf_by_length, zipf_of
from neural.reading.statistics import KINDS, ReadingStatistics

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
