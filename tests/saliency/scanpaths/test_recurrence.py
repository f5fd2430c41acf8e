"""Recurrence quantification, against its slow twin, and its traps."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath
from saliency.scanpaths.recurrence import cross_recurrence, recurrence

SHAPE = (480, 640)


VIEWING = Viewing.from_pixels_per_degree(20, SHAPE)


def table(rng, n):
    return np.column_stack([rng.random(n) * 639, rng.random(n) * 479, rng.gamma(4, 0.06, n)])


def pair(seed, lengths=(9, 12)):
    rng = np.random.default_rng(seed)
    return tuple(table(rng, n) for n in lengths)


def scanpath(rows, viewing=VIEWING):
    x, y, duration = np.asarray(rows, float).reshape(-1, 3).T
    onset = np.cumsum(duration)
    return Scanpath(x=x, y=y, duration=duration, onset=onset, viewing=viewing, watched=5.0)


def plain_distances(first, second):
    return [[float(VIEWING.angle_deg((a.x, a.y), (b.x, b.y))) for b in second] for a in first]


def plain_recurrence(first, second=None, radius=2.0, line=2):
    n = min(len(first), len(second or first))
    distances = plain_distances(first[:n], (second or first)[:n])
    marks = {(i, j) for i in range(n) for j in range(n) if distances[i][j] <= radius and (second or i < j)}

    def on_lines(down, right):
        kept = set()
        for i, j in marks:
            stretch = [(i + k * down, j + k * right) for k in range(line)]
            if marks.issuperset(stretch):
                kept |= set(stretch)
        return len(kept)

    c = len(marks)
    return (
        100 * c / (n * n if second else n * (n - 1) / 2),
        100 * on_lines(1, 1) / c if c else math.nan,
        100 * (on_lines(0, 1) + on_lines(1, 0)) / (2 * c) if c else math.nan,
        100 * sum(j - i for i, j in marks) / ((n - 1) * c) if c else math.nan,
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("radius", "line"), [(2.0, 2), (9.0, 2), (12.0, 3)])
def test_recurrence_equals_its_slow_twin(seed, radius, line):
    first, second = (scanpath(rows) for rows in pair(seed, (8 + seed % 3, 11)))
    given = {"radius_deg": radius, "line": line}
    assert tuple(cross_recurrence(first, second, **given)) == pytest.approx(
        plain_recurrence(first, second, radius, line), nan_ok=True
    )
    assert tuple(recurrence(second, **given)) == pytest.approx(
        plain_recurrence(second, None, radius, line), nan_ok=True
    )


places = st.tuples(st.floats(0, 639), st.floats(0, 479), st.floats(0.05, 1))


paths = st.lists(places, min_size=3, max_size=9).map(np.array)


few = settings(deadline=None, max_examples=60)


# Traps: what public code was found to get wrong


def test_trap_the_determinism_of_two_equal_paths_is_not_zero():
    path = scanpath([(50 + 60 * k, 40 * k, 0.2) for k in range(8)])
    assert tuple(cross_recurrence(path, path)) == (12.5, 100, 0, 0)


def test_trap_determinism_counts_the_runs_of_a_diagonal_and_not_all_its_marks():
    spots = [(100, 100), (300, 100), (500, 100), (100, 400)]
    first = [spots[0], spots[1], spots[2], spots[3]]
    second = [spots[0], spots[1], (600, 470), spots[3]]
    marks = cross_recurrence(first, second, viewing=VIEWING)
    assert marks.recurrence == pytest.approx(100 * 3 / 16)
    assert marks.determinism == pytest.approx(100 * 2 / 3)


def test_trap_recurrence_looks_at_both_coordinates():
    assert cross_recurrence([(100, 20)] * 4, [(100, 400)] * 4, viewing=VIEWING).recurrence == 0
    assert cross_recurrence([(20, 100)] * 4, [(400, 100)] * 4, viewing=VIEWING).recurrence == 0


def test_trap_laminarity_is_a_share_and_is_not_multiplied_by_the_number_of_recurrences():
    stay, pass_by = [(100, 100)] * 4, [(100, 100), (300, 100), (500, 100), (600, 100)]
    assert tuple(cross_recurrence(pass_by, stay, viewing=VIEWING))[:3] == (25, 0, 50)
    assert tuple(cross_recurrence(stay, stay, viewing=VIEWING)) == pytest.approx((100, 100 * 14 / 16, 100, 0))


def test_trap_without_recurrences_the_pattern_is_unknown():
    marks = cross_recurrence([(0, 0), (30, 0)], [(600, 400), (500, 400)], viewing=VIEWING)
    assert marks.recurrence == 0
    assert np.isnan(marks[1:]).all()


@given(one=paths)
@few
def test_a_path_that_never_returns_has_no_recurrence(one):
    assume(len({tuple(row) for row in np.floor(one[:, :2] / 100)}) == len(one))
    marks = recurrence(one, radius_deg=0.0, viewing=VIEWING)
    assert marks.recurrence == 0
    back = np.concatenate([one, one])
    again = recurrence(back, radius_deg=0.0, viewing=VIEWING)
    assert again.determinism == 100
    assert again.centre == pytest.approx(100 * len(one) / (len(back) - 1))
