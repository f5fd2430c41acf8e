"""Scanpath similarity: against multimatch_gaze, against slow twins, by each measure's laws, and the known traps."""

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath
from saliency.scanpaths.multimatch import Simplification, multimatch
from saliency.scanpaths.recurrence import cross_recurrence, recurrence
from saliency.scanpaths.sequences import (
    BANDWIDTHS,
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

# Made by multimatch_gaze 0.1.3 (NumPy 2.4.6, SciPy 1.17.1) from `pair(0)`: docomparison as it is, and with
# grouping=True, TDir=45, TDur=0.3, TAmp=80
MULTIMATCH_GAZE = (0.8340924732280585, 0.7675746968279427, 0.8209790630816274, 0.6532662857444429, 0.6421980254997615)
MULTIMATCH_GAZE_GROUPED = (
    0.837662925408768,
    0.8018047891656808,
    0.8352511948491839,
    0.6302374677968814,
    0.6416206102465092,
)


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


def plain_centres(places, bandwidth):
    found = []
    for place in places:
        while True:
            window = [at for at in places if math.dist(at, place) <= bandwidth]
            moved = np.mean(window, axis=0)
            if math.dist(moved, place) < 1e-9:
                break
            place = moved
        found.append((len(window), tuple(moved)))
    centres = []
    for _, mode in sorted(found, key=lambda item: -item[0]):
        if all(math.dist(mode, centre) > bandwidth for centre in centres):
            centres.append(mode)
    return centres


def plain_clusters(paths):
    best = (-math.inf, None)
    for bandwidth in BANDWIDTHS * DIAGONAL:
        centres = plain_centres(np.concatenate([path.places for path in paths]), bandwidth)
        gain = 0
        for path in paths:
            letters = [min(range(len(centres)), key=lambda k, at=at: math.dist(centres[k], at)) for at in path.places]
            gain += sum(1 if a != b else -1 for a, b in pairwise(letters))
        if gain / len(centres) > best[0]:
            best = gain / len(centres), centres
    return best[1]


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


def test_the_clusters_equal_their_slow_twin():
    rng = np.random.default_rng(4)
    spots = table(rng, 6)[:, :2]
    places = [spots[rng.integers(6, size=9)] + rng.normal(0, 12, (9, 2)) for _ in range(6)]
    paths = [scanpath(np.column_stack([at, np.full(9, 0.2)])) for at in places]
    assert fixation_clusters(paths).centres == pytest.approx(np.array(plain_clusters(paths)), abs=1e-9)


def reference(one, other, **options):
    package = pytest.importorskip("multimatch_gaze")
    kind = [("start_x", float), ("start_y", float), ("duration", float)]
    records = [np.array([tuple(row) for row in rows], kind) for rows in (one, other)]
    return tuple(map(float, package.docomparison(*records, [640, 480], **options)))


def test_multimatch_equals_the_committed_numbers_of_multimatch_gaze():
    given = {"rel": 1e-12, "abs": 1e-12}
    assert tuple(multimatch(*pair(0), shape=SHAPE)) == pytest.approx(MULTIMATCH_GAZE, **given)
    assert tuple(multimatch(*pair(0), shape=SHAPE, simplify=Simplification())) == pytest.approx(
        MULTIMATCH_GAZE_GROUPED, **given
    )


def test_multimatch_equals_multimatch_gaze_itself():
    rng = np.random.default_rng(1)
    for _ in range(200):
        one, other = (table(rng, n) for n in rng.integers(3, 15, 2))
        got = tuple(multimatch(one, other, shape=SHAPE))
        assert got == pytest.approx(reference(one, other), rel=1e-12, abs=1e-12)


def test_multimatch_of_simplified_paths_equals_multimatch_gaze_itself():
    rng = np.random.default_rng(2)
    joined = 0
    for _ in range(200):
        one, other = (table(rng, n) for n in rng.integers(9, 15, 2))
        for rows in (one, other):
            rows[:, :2] = 320 + np.cumsum(rng.normal(0, 60, (len(rows), 2)), axis=0)
        simplify = Simplification(amplitude=rng.uniform(0.02, 0.1), duration=rng.uniform(0.1, 0.4))
        grouping = {"TDir": 45, "TDur": simplify.duration, "TAmp": simplify.amplitude * DIAGONAL}
        try:
            expected = reference(one, other, grouping=True, **grouping)
        except IndexError:  # it fails where one short saccade is left
            continue
        got = tuple(multimatch(one, other, shape=SHAPE, simplify=simplify))
        joined += got != tuple(multimatch(one, other, shape=SHAPE))
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert joined > 100


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


@few
@given(one=paths, other=paths, third=paths)
def test_the_frechet_distance_is_a_metric_between_its_bounds(one, other, third):
    assert frechet(one, third) <= frechet(one, other) + frechet(other, third) + 1e-9
    ends = [math.dist(one[k, :2], other[k, :2]) for k in (0, -1)]
    assert frechet(one, other) >= max(ends) - 1e-9
    assert dtw(one, other) * max(len(one), len(other)) >= frechet(one, other) - 1e-9


def test_warping_does_not_mind_who_lingers():
    one, _ = pair(3)
    slow = np.repeat(one, 3, axis=0)
    assert dtw(one, slow) == frechet(one, slow) == 0
    assert string_edit(one, slow, shape=SHAPE) > 0.5


def test_paths_at_known_angles_have_known_directions():
    right = np.array([(100, 100, 0.2), (200, 100, 0.2), (300, 100, 0.2)])
    down = right[:, [1, 0, 2]]
    assert multimatch(right, down, shape=SHAPE).direction == pytest.approx(0.5)
    assert multimatch(right, right[::-1], shape=SHAPE).direction == pytest.approx(0)
    assert multimatch(right, right[::-1], shape=SHAPE).shape == pytest.approx(1 - 200 / (2 * DIAGONAL))
    assert multimatch(right, right * (2, 1, 1), shape=SHAPE).length == pytest.approx(1 - 100 / DIAGONAL)
    assert multimatch(right, right * (1, 1, 4), shape=SHAPE).duration == pytest.approx(0.25)


def test_joined_saccades_are_one():
    steps = np.array([(100, 100, 0.2), (200, 100, 0.1), (300, 100, 0.2), (300, 300, 0.2), (100, 300, 0.2)])
    whole = np.delete(steps, 1, axis=0)
    simplify = Simplification(duration=0.15, amplitude=0)
    assert tuple(multimatch(steps, whole, shape=SHAPE, simplify=simplify)) == pytest.approx((1, 1, 1, 1, 1))
    assert multimatch(steps, whole, shape=SHAPE).shape < 1
    patient = Simplification(duration=0.05, amplitude=0)
    assert multimatch(steps, whole, shape=SHAPE, simplify=patient) == multimatch(steps, whole, shape=SHAPE)


def test_a_path_of_one_short_saccade_is_left_alone():
    near = np.array([(100, 100, 0.1), (110, 100, 0.1), (112, 100, 0.1)])
    assert tuple(multimatch(near, near, shape=SHAPE, simplify=Simplification())) == (1, 1, 1, 1, 1)


def test_scanmatch_counts_time_and_its_twin_without_does_not():
    one = np.array([(50, 50, 0.2), (400, 300, 0.4)])
    parted = np.array([(50, 50, 0.2), (400, 300, 0.3), (400, 300, 0.1)])
    assert scanmatch(one, parted, shape=SHAPE) == 1
    assert scanmatch(one, parted, shape=SHAPE, bin_s=None) == pytest.approx(2 / 3)
    longer = one * (1, 1, 2)
    assert scanmatch(one, longer, shape=SHAPE) == pytest.approx(0.5)
    assert scanmatch(one, longer, shape=SHAPE, bin_s=None) == 1


def test_letters_further_apart_than_the_threshold_have_nothing_in_common():
    corner, near, far = ([(x, 20)] for x in (20, 130, 300))
    given = {"shape": SHAPE, "bin_s": None, "threshold": 4.0}
    assert scanmatch(corner, near, **given) == pytest.approx(0.5)
    assert scanmatch(corner, far, **given) == 0


def test_a_fixation_outside_the_picture_is_in_the_nearest_cell():
    inside, outside = [(0, 0), (639, 479)], [(-50, -3), (900, 700)]
    assert scanmatch(inside, outside, shape=SHAPE, bin_s=None) == 1
    assert string_edit(inside, outside, shape=SHAPE) == 0


def test_clusters_are_found_where_people_look():
    rng = np.random.default_rng(0)
    spots = np.array([(100, 100), (500, 120), (300, 400)])
    visits = [spots[rng.permutation(np.tile([0, 1, 2], 3))] for _ in range(12)]
    viewers = [visit + rng.normal(0, 8, visit.shape) for visit in visits]
    clusters = fixation_clusters(viewers, shape=SHAPE)
    assert len(clusters) == 3
    order = clusters.letters(spots)
    assert sorted(order) == [0, 1, 2]
    assert clusters.centres[order] == pytest.approx(spots, abs=8)
    assert sequence_score(visits[0], visits[0] + 15, clusters=clusters) == 1
    assert sequence_score(spots, spots[[1, 2, 0]], clusters=clusters) == pytest.approx(2 / 3)
    assert sequence_score(spots[:1], spots[1:2], clusters=clusters) == 0


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


@pytest.mark.parametrize("n", [0, 1, 2])
def test_trap_short_paths_are_never_filled_up(n):
    one, other = pair(0)
    assert np.isnan(multimatch(one[:n], other, shape=SHAPE)).all()
    assert np.isnan(multimatch(other, one[:n], shape=SHAPE)).all()
    scores = similarities(one[:n], one, clusters=CLUSTERS, viewing=VIEWING)
    assert scores["string_similarity"] == pytest.approx(n / len(one) if n else np.nan, nan_ok=True)
    assert np.isnan(list(scores.values())).sum() == (len(scores) if not n else 5)


def test_trap_the_last_duration_plays_no_part_and_two_durations_of_zero_are_unknown():
    one, other = pair(5, (6, 6))
    longer = one.copy()
    longer[-1, 2] = 9
    assert multimatch(longer, other, shape=SHAPE) == multimatch(one, other, shape=SHAPE)
    one[:, 2] = other[:, 2] = 0
    scores = multimatch(one, other, shape=SHAPE)
    assert np.isnan(scores.duration)
    assert np.isfinite(scores[:4]).all()


def test_a_fixation_shorter_than_half_a_bin_has_no_letter():
    one = np.array([(50, 50, 0.2), (400, 300, 0.02)])
    assert scanmatch(one, one[:1], shape=SHAPE) == 1
    assert np.isnan(scanmatch(one[1:], one, shape=SHAPE))


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


def test_without_a_screen_distances_are_in_pixels_and_with_one_in_degrees():
    one, other = [(319.5, 239.5)], [(339.5, 239.5)]
    assert dtw(one, other) == frechet(one, other) == 20
    assert dtw(one, other, viewing=VIEWING) == pytest.approx(1, abs=1e-3)
    assert dtw(one, other, viewing=VIEWING) == pytest.approx(float(VIEWING.angle_deg(one[0], other[0])), rel=1e-12)


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
        (lambda a, b: string_edit(a, b, shape=SHAPE, bins=(5, 0)), "at least 1 of each"),
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
