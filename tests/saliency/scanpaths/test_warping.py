"""Dynamic time warping and the Frechet distance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency.scanpaths.sequences import (
    string_edit,
)
from saliency.scanpaths.warping import dtw, frechet

SHAPE = (480, 640)


VIEWING = Viewing.from_pixels_per_degree(20, SHAPE)


def table(rng, n):
    return np.column_stack([rng.random(n) * 639, rng.random(n) * 479, rng.gamma(4, 0.06, n)])


def pair(seed, lengths=(9, 12)):
    rng = np.random.default_rng(seed)
    return tuple(table(rng, n) for n in lengths)


places = st.tuples(st.floats(0, 639), st.floats(0, 479), st.floats(0.05, 1))


paths = st.lists(places, min_size=3, max_size=9).map(np.array)


few = settings(deadline=None, max_examples=60)


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


def test_without_a_screen_distances_are_in_pixels_and_with_one_in_degrees():
    one, other = [(319.5, 239.5)], [(339.5, 239.5)]
    assert dtw(one, other) == frechet(one, other) == 20
    assert dtw(one, other, viewing=VIEWING) == pytest.approx(1, abs=1e-3)
    assert dtw(one, other, viewing=VIEWING) == pytest.approx(float(VIEWING.angle_deg(one[0], other[0])), rel=1e-12)
