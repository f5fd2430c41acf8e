"""Paths as strings: ScanMatch, sequence scores and clusters of fixations."""

import math
from itertools import pairwise

import numpy as np
import pytest

from foveation import Viewing
from saliency import Scanpath
from saliency.scanpaths.sequences import (
    BANDWIDTHS,
    fixation_clusters,
    scanmatch,
    sequence_score,
    string_edit,
)

SHAPE = (480, 640)


VIEWING = Viewing.from_pixels_per_degree(20, SHAPE)


DIAGONAL = 800


def table(rng, n):
    return np.column_stack([rng.random(n) * 639, rng.random(n) * 479, rng.gamma(4, 0.06, n)])


def scanpath(rows, viewing=VIEWING):
    x, y, duration = np.asarray(rows, float).reshape(-1, 3).T
    onset = np.cumsum(duration)
    return Scanpath(x=x, y=y, duration=duration, onset=onset, viewing=viewing, watched=5.0)


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


def test_the_clusters_equal_their_slow_twin():
    rng = np.random.default_rng(4)
    spots = table(rng, 6)[:, :2]
    places = [spots[rng.integers(6, size=9)] + rng.normal(0, 12, (9, 2)) for _ in range(6)]
    paths = [scanpath(np.column_stack([at, np.full(9, 0.2)])) for at in places]
    assert fixation_clusters(paths).centres == pytest.approx(np.array(plain_clusters(paths)), abs=1e-9)


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


def test_a_fixation_shorter_than_half_a_bin_has_no_letter():
    one = np.array([(50, 50, 0.2), (400, 300, 0.02)])
    assert scanmatch(one, one[:1], shape=SHAPE) == 1
    assert np.isnan(scanmatch(one[1:], one, shape=SHAPE))
