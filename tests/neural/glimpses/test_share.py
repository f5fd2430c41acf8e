"""How much of a picture has been looked at, and what stopping early would have led to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import GlimpseSensor, LogPolar, LogPolarSensor
from neural import GaussianPolicy, PriorityPolicy, RecurrentAttentionModel
from neural.glimpses.rollout import Prediction, share_seen

SENSOR = GlimpseSensor(size=12, scales=3, units="normalised")
PLACE = st.one_of(st.floats(-20, 80), st.integers(-20, 80).map(lambda x: x / 2))


def pixels_seen(places, shape, side):
    """Collect, one by one, the pixels whose centre lies in a patch."""
    seen, shares = set(), []
    for x, y in places:
        for row in range(shape[0]):
            for column in range(shape[1]):
                if x - side / 2 <= column < x + side / 2 and y - side / 2 <= row < y + side / 2:
                    seen.add((row, column))
        shares.append(len(seen) / (shape[0] * shape[1]))
    return shares


@given(st.lists(st.tuples(PLACE, PLACE), min_size=1, max_size=4), st.integers(1, 9))
@settings(deadline=None, max_examples=40)
def test_the_area_is_that_of_the_pixels_counted_one_by_one(places, side):
    share = share_seen(places, (14, 19), GlimpseSensor(size=side, scales=2))
    assert share.area == pytest.approx(pixels_seen(places, (14, 19), side))
    assert share.samples == pytest.approx(np.arange(1, len(places) + 1) * 2 * side**2 / (14 * 19))


@given(st.floats(-1, 1), st.floats(-1, 1))
@settings(deadline=None, max_examples=40)
def test_a_patch_inside_the_picture_shows_as_many_pixels_as_it_has_cells(x, y):
    place = 29.5 + 24 * np.array([x, y])
    assert share_seen([place], (60, 60), SENSOR).area[0] == pytest.approx(144 / 3600)


def test_what_is_seen_twice_counts_once_as_area_and_twice_as_samples():
    area, samples = share_seen([(30, 30), (30, 30), (33, 30)], (60, 60), SENSOR)
    assert area * 3600 == pytest.approx([144, 144, 180])
    assert samples * 3600 == pytest.approx([432, 864, 1296])


def test_one_patch_as_large_as_the_picture_shows_all_of_it():
    share = share_seen([(13.5, 13.5)], (28, 28), GlimpseSensor(size=28, scales=1))
    assert share.area.tolist() == share.samples.tolist() == [1.0]


def test_a_glimpse_that_was_not_taken_costs_nothing():
    places = np.array([[[20, 20], [40, 40]], [[20, 20], [np.nan, np.nan]]])
    area, samples = share_seen(places, (60, 60, 3), SENSOR)
    assert area * 3600 == pytest.approx(np.array([[144, 288], [144, 144]]))
    assert samples * 3600 == pytest.approx(np.array([[432, 864], [432, 432]]))


def test_places_of_another_shape_and_a_retina_without_patches_are_refused():
    with pytest.raises(ValueError, match=r"shape \(\.\.\., glimpses, 2\), got \(2,\)"):
        share_seen([1.0, 2.0], (60, 60), SENSOR)
    with pytest.raises(ValueError, match=r"got \(4, 3\)"):
        share_seen(np.zeros((4, 3)), (60, 60), SENSOR)
    with pytest.raises(TypeError, match="expected a GlimpseSensor, whose patches are counted, got LogPolarSensor"):
        share_seen(np.zeros((4, 2)), (60, 60), LogPolarSensor(log_polar=LogPolar(inner_px=1, outer_px=9)))


@pytest.mark.parametrize("policy", [GaussianPolicy(first="centre"), PriorityPolicy()])
@pytest.mark.parametrize("confidence", [0.0, 0.12, 0.14, 1.0])
def test_stopping_afterwards_is_stopping_early(policy, confidence):
    images = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)
    network = RecurrentAttentionModel(policy=policy, glimpses=4).initial(images, rng=1)
    early = network.predict(images, early_exit=confidence)
    stopped = network.predict(images).stopped(confidence)
    assert np.array_equal(stopped.used, early.used)
    assert np.array_equal(stopped.labels, early.labels)
    assert stopped.probabilities == pytest.approx(early.probabilities, abs=1e-5)
    assert stopped.places == pytest.approx(early.places, abs=1e-3, nan_ok=True)
    if confidence in (0.12, 0.14):
        assert len(set(early.used.tolist())) > 1


def test_a_network_that_had_stopped_does_not_go_on():
    said = np.array([[[0.75, 0.25], [0.1, 0.9], [0.1, 0.9]]], np.float32)
    places = np.array([[[1.0, 1], [2, 2], [np.nan, np.nan]]])
    prediction = Prediction(np.array([1]), said, np.array([2]), places)
    assert prediction.stopped(0.95).used.tolist() == [2]
    first = prediction.stopped(0.75)
    assert (first.used.tolist(), first.labels.tolist()) == ([1], [0])
    assert np.array_equal(first.probabilities, np.repeat(said[:, :1], 3, axis=1))
    assert np.isnan(first.places[0, 1:]).all()


@pytest.mark.parametrize("confidence", [-0.1, 1.1, np.nan])
def test_a_confidence_is_a_probability(confidence):
    prediction = Prediction(np.zeros(1, int), np.ones((1, 1, 2), np.float32), np.ones(1, int), np.zeros((1, 1, 2)))
    with pytest.raises(ValueError, match="probability from 0 to 1, got"):
        prediction.stopped(confidence)
