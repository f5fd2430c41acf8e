"""Measures of scanpath similarity: against slow twins, and by the laws that all of them keep."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath
from saliency.scanpaths.multimatch import Simplification, multimatch
from saliency.scanpaths.recurrence import cross_recurrence, recurrence
from saliency.scanpaths.sequences import (
    FixationClusters,
    fixation_clusters,
    scanmatch,
    sequence_score,
    string_edit,
)
from saliency.scanpaths.similarity import SIMILARITIES, similarities
from saliency.scanpaths.warping import dtw, frechet, time_delay_embedding

SHAPE = (480, 640)
VIEWING = Viewing.from_pixels_per_degree(20, SHAPE)
DIAGONAL = 800


def table(rng, n):
    return np.column_stack([rng.random(n) * 639, rng.random(n) * 479, rng.gamma(4, 0.06, n)])


def pair(seed, lengths=(9, 12)):
    rng = np.random.default_rng(seed)
    return tuple(table(rng, n) for n in lengths)


def scanpath(rows, viewing=VIEWING):
    x, y, duration = np.asarray(rows, float).reshape(-1, 3).T
    onset = np.cumsum(duration)
    return Scanpath(x=x, y=y, duration=duration, onset=onset, viewing=viewing, watched=5.0)


# Slow twins: plain Python, each straight from the formula


def plain_multimatch(one, other, diagonal=DIAGONAL):
    u, v = np.diff(one[:, :2], axis=0), np.diff(other[:, :2], axis=0)

    @cache
    def cheapest(i, j):
        before = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        ways = [cheapest(*cell) for cell in before if min(cell) >= 0]
        if not ways:
            return 0.0, ((0, 0),)
        cost, way = min(ways, key=lambda item: item[0])
        return cost + math.dist(u[i], v[j]), (*way, (i, j))

    rows = []
    for i, j in cheapest(len(u) - 1, len(v) - 1)[1]:
        turn = abs(math.atan2(u[i][1], u[i][0]) - math.atan2(v[j][1], v[j][0]))
        rows.append(
            (
                math.dist(u[i], v[j]) / (2 * diagonal),
                min(turn, 2 * math.pi - turn) / math.pi,
                abs(math.hypot(*u[i]) - math.hypot(*v[j])) / diagonal,
                math.dist(one[i, :2], other[j, :2]) / diagonal,
                abs(one[i, 2] - other[j, 2]) / max(one[i, 2], other[j, 2]),
            )
        )
    return 1 - np.median(rows, axis=0)


def plain_cells(rows, bins):
    cells = []
    for x, y in rows[:, :2]:
        column, row = math.floor((x + 0.5) / SHAPE[1] * bins[0]), math.floor((y + 0.5) / SHAPE[0] * bins[1])
        cells.append((min(max(column, 0), bins[0] - 1), min(max(row, 0), bins[1] - 1)))
    return cells


def plain_alignment(one, other, score, gap=0.0):
    sums = [[-gap * (i + j) for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i, letter in enumerate(one, 1):
        for j, opposite in enumerate(other, 1):
            sums[i][j] = max(sums[i - 1][j - 1] + score(letter, opposite), sums[i - 1][j] - gap, sums[i][j - 1] - gap)
    return sums[-1][-1]


def plain_repeats(letters, rows, bin_s):
    if bin_s is None:
        return letters
    return [letter for letter, lasts in zip(letters, rows[:, 2], strict=True) for _ in range(int(lasts / bin_s + 0.5))]


def plain_scanmatch(one, other, bins=(12, 8), bin_s=0.05, threshold=3.73):
    one, other = (plain_repeats(plain_cells(rows, bins), rows, bin_s) for rows in (one, other))
    total = plain_alignment(one, other, lambda a, b: threshold - math.dist(a, b))
    return total / (threshold * max(len(one), len(other)))


def plain_sequence_score(one, other, centres, bin_s=None):
    letters = []
    for rows in (one, other):
        nearest = [min(range(len(centres)), key=lambda k, at=at: math.dist(centres[k], at)) for at in rows[:, :2]]
        letters.append(plain_repeats(nearest, rows, bin_s))
    return plain_alignment(*letters, lambda a, b: float(a == b)) / max(map(len, letters))


def plain_string_edit(one, other, bins=(5, 5)):
    one, other = plain_cells(one, bins), plain_cells(other, bins)

    @cache
    def edits(i, j):
        if not i or not j:
            return i + j
        return min(edits(i - 1, j - 1) + (one[i - 1] != other[j - 1]), edits(i - 1, j) + 1, edits(i, j - 1) + 1)

    return edits(len(one), len(other)) / max(len(one), len(other))


def plain_distances(first, second):
    return [[float(VIEWING.angle_deg((a.x, a.y), (b.x, b.y))) for b in second] for a in first]


def plain_warping(distances, join):
    @cache
    def best(i, j):
        ways = [best(*cell) for cell in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if min(cell) >= 0]
        return join(min(ways), distances[i][j]) if ways else distances[i][j]

    return best(len(distances) - 1, len(distances[0]) - 1)


def plain_dtw(first, second):
    return plain_warping(plain_distances(first, second), lambda a, b: a + b) / max(len(first), len(second))


def plain_frechet(first, second):
    return plain_warping(plain_distances(first, second), max)


def plain_embedding(one, other):
    one, other = one[:, :2] / max(SHAPE), other[:, :2] / max(SHAPE)
    likeness = []
    for k in range(1, min(len(one), len(other)) + 1):
        windows = [other[j : j + k] for j in range(len(other) - k + 1)]
        nearest = [
            min(float(np.linalg.norm(one[i : i + k] - window)) / k for window in windows)
            for i in range(len(one) - k + 1)
        ]
        likeness.append(math.exp(-np.mean(nearest)))
    return np.mean(likeness)


@pytest.mark.parametrize("seed", range(8))
def test_the_measures_equal_their_slow_twins(seed):
    rng = np.random.default_rng(seed)
    one, other = pair(seed, rng.integers(3, 14, 2))
    first, second = scanpath(one), scanpath(other)
    exact = {"rel": 1e-12, "abs": 1e-12}
    clusters = FixationClusters(centres=table(rng, 7)[:, :2], bandwidth=30.0)
    assert tuple(multimatch(first, second)) == pytest.approx(tuple(plain_multimatch(one, other)), **exact)
    for bin_s in (0.05, 0.021, None):
        assert scanmatch(first, second, bin_s=bin_s) == pytest.approx(plain_scanmatch(one, other, bin_s=bin_s), **exact)
        assert sequence_score(first, second, clusters=clusters, bin_s=bin_s) == pytest.approx(
            plain_sequence_score(one, other, clusters.centres, bin_s), **exact
        )
    assert scanmatch(first, second, bins=(16, 12), threshold=3.5) == pytest.approx(
        plain_scanmatch(one, other, bins=(16, 12), threshold=3.5), **exact
    )
    assert string_edit(first, second) == plain_string_edit(one, other)
    assert string_edit(first, second, bins=(2, 3)) == plain_string_edit(one, other, (2, 3))
    assert dtw(first, second) == pytest.approx(plain_dtw(first, second), **exact)
    assert frechet(first, second) == pytest.approx(plain_frechet(first, second), **exact)
    assert time_delay_embedding(first, second) == pytest.approx(plain_embedding(one, other), **exact)


places = st.tuples(st.floats(0, 639), st.floats(0, 479), st.floats(0.05, 1))
paths = st.lists(places, min_size=3, max_size=9).map(np.array)
few = settings(deadline=None, max_examples=60)
CLUSTERS = FixationClusters(centres=np.array([[100.0, 100], [500, 100], [300, 400]]), bandwidth=50.0)


def every(one, other):
    return similarities(one, other, clusters=CLUSTERS, viewing=VIEWING)


@few
@given(one=paths)
def test_nothing_is_more_alike_than_a_path_and_itself(one):
    scores = every(one, one)
    marked = scores.pop("recurrence"), scores.pop("determinism"), scores.pop("laminarity")
    assert marked[0] >= 100 / len(one) - 1e-9
    assert marked[1] >= 100 * (100 / len(one)) / marked[0] - 1e-9  # the main diagonal is a line
    for name, score in scores.items():
        assert score == pytest.approx(0 if name in ("dtw", "frechet") else 1, abs=1e-12), name


@few
@given(one=paths, other=paths)
def test_scores_stay_in_their_range_and_do_not_pass_that_of_the_same_path(one, other):
    scores, same = every(one, other), every(one, one)
    for name, measure in SIMILARITIES.items():
        assert math.isnan(scores[name]) or -1e-12 <= scores[name] <= (100 if measure.unit == "%" else 1e9)
        if measure.unit != "%":
            sign = 1 if measure.greater_is_better else -1
            assert sign * scores[name] <= sign * same[name] + 1e-12, name


@few
@given(one=paths, other=paths)
def test_the_order_of_two_paths_plays_no_part_except_where_it_is_meant_to(one, other):
    there, back = every(one, other), every(other, one)
    for name in SIMILARITIES:
        if name != "time_delay_embedding" and not name.startswith("multimatch"):  # two ways may cost the same
            assert there[name] == pytest.approx(back[name], rel=1e-12, abs=1e-12, nan_ok=True), name
    lag = cross_recurrence(one, other, viewing=VIEWING).centre
    assert lag == pytest.approx(-cross_recurrence(other, one, viewing=VIEWING).centre, nan_ok=True)


@pytest.mark.parametrize("seed", range(20))
def test_multimatch_is_symmetric_and_the_embedding_is_not(seed):
    one, other = pair(seed)
    assert tuple(multimatch(one, other, shape=SHAPE)) == pytest.approx(tuple(multimatch(other, one, shape=SHAPE)))
    there, back = (time_delay_embedding(*both, shape=SHAPE) for both in ((one, other), (other, one)))
    assert abs(there - back) > 1e-6


@few
@given(one=paths, other=paths, shift=st.tuples(st.floats(-300, 300), st.floats(-300, 300)))
def test_moving_both_paths_changes_no_distance(one, other, shift):
    moved = [rows + np.array((*shift, 0)) for rows in (one, other)]
    assert dtw(*moved) == pytest.approx(dtw(one, other), abs=1e-9)
    assert frechet(*moved) == pytest.approx(frechet(one, other), abs=1e-9)
    assert time_delay_embedding(*moved, shape=SHAPE) == pytest.approx(
        time_delay_embedding(one, other, shape=SHAPE), abs=1e-9
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [0.5, 2, 3.7])
def test_the_size_of_the_pixels_plays_no_part(seed, scale):
    one, other = pair(seed)
    finer = [np.column_stack([(rows[:, :2] + 0.5) * scale - 0.5, rows[:, 2]]) for rows in (one, other)]
    shape = (480 * scale, 640 * scale)
    assert tuple(multimatch(*finer, shape=shape)) == pytest.approx(tuple(multimatch(one, other, shape=SHAPE)))
    assert scanmatch(*finer, shape=shape) == pytest.approx(scanmatch(one, other, shape=SHAPE))
    assert string_edit(*finer, shape=shape) == string_edit(one, other, shape=SHAPE)
    simplify = Simplification()
    assert tuple(multimatch(*finer, shape=shape, simplify=simplify)) == pytest.approx(
        tuple(multimatch(one, other, shape=SHAPE, simplify=simplify))
    )
    if scale != 3.7:
        same_screen = VIEWING.resampled((int(480 * scale), int(640 * scale)))
        assert similarities(*finer, viewing=same_screen)["frechet"] == pytest.approx(
            similarities(one, other, viewing=VIEWING)["frechet"]
        )


@pytest.mark.parametrize("n", [0, 1, 2])
def test_trap_short_paths_are_never_filled_up(n):
    one, other = pair(0)
    assert np.isnan(multimatch(one[:n], other, shape=SHAPE)).all()
    assert np.isnan(multimatch(other, one[:n], shape=SHAPE)).all()
    scores = similarities(one[:n], one, clusters=CLUSTERS, viewing=VIEWING)
    assert scores["string_similarity"] == pytest.approx(n / len(one) if n else np.nan, nan_ok=True)
    assert np.isnan(list(scores.values())).sum() == (len(scores) if not n else 5)


def test_both_kinds_of_path_give_the_same():
    one, other = pair(7)
    first, second = scanpath(one), scanpath(other)
    for mixed in ((first, second), (first, other), (one, second)):
        np.testing.assert_equal(similarities(*mixed, clusters=CLUSTERS), every(one, other))
    assert list(every(one, other)) == list(SIMILARITIES)
    assert recurrence(first) == recurrence(one, viewing=VIEWING)
    assert fixation_clusters([first, second]).centres.tolist() == (
        fixation_clusters([one, other], shape=SHAPE).centres.tolist()
    )


def test_what_needs_durations_is_unknown_without():
    one, other = pair(7)
    timed, untimed = every(one, other), every(one[:, :2], other[:, :2])
    missing = {name for name, score in untimed.items() if np.isnan(score) and not np.isnan(timed[name])}
    assert missing == {"scanmatch", "multimatch_duration"}
    assert all(untimed[name] == timed[name] for name in timed if name not in missing and not np.isnan(timed[name]))


OTHER_SCREEN = Viewing.from_pixels_per_degree(30, SHAPE)


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        (lambda a, b: multimatch(a, b), "shape .* together with paths that are arrays"),
        (lambda a, b: scanmatch(a, b), "shape .* together with paths that are arrays"),
        (lambda a, b: cross_recurrence(a, b), "viewing together with paths that are arrays"),
        (lambda a, b: similarities(a, b), "viewing together with paths that are arrays"),
        (lambda a, b: fixation_clusters([a, b]), "shape .* together with paths that are arrays"),
        (lambda a, b: multimatch(scanpath(a), b, shape=(100, 100)), r"shape \(480, 640\) .* got \(100, 100\)"),
        (lambda a, b: dtw(scanpath(a), scanpath(b, OTHER_SCREEN)), "paths on one screen"),
        (lambda a, b: dtw(scanpath(a), b, viewing=OTHER_SCREEN), "paths on one screen"),
        (lambda a, b: dtw(a[:, :1], b), r"shape \(n, 2\) or \(n, 3\), got \(9, 1\)"),
        (lambda a, b: dtw(a[0], b), r"shape \(n, 2\) or \(n, 3\), got \(3,\)"),
        (lambda a, b: dtw(a * np.nan, b), "finite places"),
        (lambda a, b: dtw(a * (1, 1, -1), b), "durations from 0 s up"),
        (lambda a, b: scanmatch(a[:, :2], b, shape=SHAPE), "a duration for each fixation, or bin_s=None"),
        (lambda a, b: multimatch(a[:, :2], b, shape=SHAPE, simplify=Simplification()), "a duration for each fixation"),
        (lambda a, b: scanmatch(a, b, shape=SHAPE, bin_s=0), "bin_s above 0"),
        (lambda a, b: scanmatch(a, b, shape=SHAPE, threshold=0), "threshold above 0"),
        (
            lambda a, b: string_edit(a, b, shape=SHAPE, bins=(5, 0)),
            "bins across and down to be a whole number",
        ),
        (lambda a, b: cross_recurrence(a, b, viewing=VIEWING, radius_deg=-1), "radius from 0"),
        (lambda a, b: recurrence(a, viewing=VIEWING, line=1), "at least 2 recurrences"),
        (lambda a, b: fixation_clusters([a[:0]], shape=SHAPE), "paths with fixations, got none"),
        (lambda a, b: fixation_clusters([], shape=SHAPE), "paths with fixations, got none"),
        (lambda a, b: fixation_clusters([a], bandwidths=[0.0]), "bandwidths above 0"),
        (lambda a, b: Simplification(duration=-0.1), "duration from 0 up"),
    ],
)
def test_bad_input_is_refused(compare, message):
    with pytest.raises(ValueError, match=message):
        compare(*pair(0))
