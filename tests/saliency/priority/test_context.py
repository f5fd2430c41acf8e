"""Priority: a share of a map, what is visible of it, and what a decision is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import GazeContext, LeMeur, LogLinear, SceneWalk, Visible, Visit, share_of

VIEWING = Viewing.from_pixels_per_degree(20, (30, 40))
PLACES = np.stack(np.meshgrid(np.arange(5.0, 40, 10), np.arange(5.0, 30, 10)), axis=-1)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 9999), uniform=st.floats(0, 1), scale=st.floats(1e-9, 1e9))
def test_a_share_is_a_density_whatever_the_map_s_scale(seed, uniform, scale):
    values = np.random.default_rng(seed).random((5, 7)) ** 4
    share = share_of(values, uniform=uniform)
    assert share.sum() == pytest.approx(1)
    assert share.min() >= uniform / 35 * (1 - 1e-12)
    assert share_of(scale * values, uniform=uniform) == pytest.approx(share)
    plain = values / values.sum()
    assert share == pytest.approx(plain + uniform * (1 / 35 - plain))


@pytest.mark.parametrize("shape", [(1,), (3, 4), (2, 3, 5)])
def test_an_empty_map_is_shared_evenly(shape):
    for uniform in (0, 0.2):
        assert share_of(np.zeros(shape), uniform=uniform) == pytest.approx(np.full(shape, 1 / np.prod(shape)))


def test_a_share_keeps_the_odds_of_a_map_but_for_looks_anywhere():
    assert share_of([3, 1], uniform=0).tolist() == [0.75, 0.25]
    assert share_of([3, 1], uniform=1).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("uniform", [-0.1, 1.1, float("nan")])
def test_a_uniform_share_is_a_share(uniform):
    with pytest.raises(ValueError, match="uniform share from 0 to 1, got"):
        share_of([1, 2], uniform=uniform)


def test_what_is_seen_coarsely_counts_less():
    map_ = np.random.default_rng(0).random((3, 4))
    visibility = np.linspace(1, 0.1, 12).reshape(3, 4)
    context = GazeContext(map_, PLACES, VIEWING, [], 0.0)
    sharp, seen = Visible()(context), Visible()(context._replace(visibility=visibility))
    assert sharp == pytest.approx(map_ / map_.max())
    assert seen == pytest.approx(map_ * visibility / (map_ * visibility).max())
    assert Visible()(context._replace(map=np.zeros((3, 4)))).tolist() == np.zeros((3, 4)).tolist()


def test_the_gaze_is_at_the_last_visit_and_in_the_middle_before_the_first():
    context = GazeContext(np.ones((3, 4)), PLACES, VIEWING, [], 0.0)
    assert context.gaze == VIEWING.centre
    assert context._replace(visits=[Visit(1, 2, 0.1), Visit(3, 4, 0.2)]).gaze == (3, 4)


def test_only_what_can_settle_says_so():
    assert hasattr(LogLinear(), "precompute")
    assert not any(hasattr(priority, "precompute") for priority in (Visible(), SceneWalk(), LeMeur()))
