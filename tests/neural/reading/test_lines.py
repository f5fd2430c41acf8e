"""Lines of recorded fixations, although the recording drifts."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from neural.reading.lines import LineAssignment, assign_lines, nearest_lines
from neural.reading.page import Page
from neural.reading.reader import Reader
from neural.reading.statistics import Reading
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


def readings(reader, readers=12, page=PAGE, rng=0):
    return reader.read_many(page, VIEWING, readers=readers, rng=rng)


def fixed(page, x, line, duration=0.2):
    """A path over given places of given lines."""
    y = page.line_y[np.asarray(line)]
    onset = np.arange(len(x)) * 0.25
    viewing = Viewing.from_pixels_per_degree(40, page.shape)
    return Scanpath(x=x, y=y, onset=onset, duration=np.full(len(x), duration), viewing=viewing, watched=60)


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


def test_lines_that_are_not_on_the_page_are_refused():
    page = Page.of_text("one\ntwo")[0]
    path = fixed(page, [70, 80], [0, 1])
    for wrong in ([0, 2], [-1, 0], [0]):
        with pytest.raises(ValueError, match="a line from 0 to 1 for each of 2 fixations"):
            Reading.of(path, page, wrong)
