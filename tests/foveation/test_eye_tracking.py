"""What an eye tracker records of a path, and the fixations that are found in it again."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing, sample_pixels
from foveation.eye_tracking import GazeTrace, detect_fixations, gaze_trace
from foveation.oculomotor import (
    saccade_duration,
)
from neural import Observer
from saliency import Scanpath

VIEWING = Viewing.from_pixels_per_degree(24, (480, 640))


def path(**change):
    """Three fixations with flights of the usual duration."""
    x, y, lasting = [120.0, 500.0, 320.0], [300.0, 80.0, 240.0], [0.25, 0.3, 0.2]
    start = (320.0, 240.0)
    places = np.array([start, *zip(x, y, strict=True)])
    flights = saccade_duration(VIEWING.angle_deg(places[:-1], places[1:]))
    onset = 0.2 + np.cumsum(flights) + np.cumsum([0, *lasting[:-1]])
    fields = {"x": x, "y": y, "onset": onset, "duration": lasting, "start": start, "watched": 1.5, "viewing": VIEWING}
    return Scanpath(**{**fields, **change})


# The trace


def test_a_trace_rests_on_fixations_and_flies_in_between():
    whole = path()
    trace = gaze_trace(whole, 1000)
    assert np.diff(trace.time) == pytest.approx(0.001)
    for k in range(3):
        inside = (trace.time >= whole.onset[k]) & (trace.time <= whole.onset[k] + whole.duration[k])
        assert np.all(trace.places[inside] == whole.places[k])
    leaving = whole.onset[0] - saccade_duration(VIEWING.angle_deg(whole.start, whole.places[0]))
    assert np.all(trace.places[trace.time <= leaving] == whole.start)
    assert trace.time[-1] < whole.onset[-1] + whole.duration[-1] <= trace.time[-1] + 0.001


def test_a_trace_equals_that_of_a_student():
    whole = path()
    trace = gaze_trace(whole, 333)
    for time, place in zip(trace.time, trace.places, strict=True):
        assert place == pytest.approx(np.array(where(whole, time)), abs=1e-9)


def where(whole, time):
    """Place of the gaze at a time, by walking along the path."""
    here = np.array(whole.start)
    leaving = whole.onset[0] - float(saccade_duration(VIEWING.angle_deg(here, whole.places[0])))
    for fixation in whole:
        there = np.array([fixation.x, fixation.y])
        if time < leaving:
            return here
        if time < fixation.onset:
            u = (time - leaving) / (fixation.onset - leaving)
            return here + (10 * u**3 - 15 * u**4 + 6 * u**5) * (there - here)
        here, leaving = there, fixation.onset + fixation.duration
    return here


def test_noise_has_the_stated_size_in_degrees():
    resting = path(x=[], y=[], onset=[], duration=[], watched=20.0, start=(500.0, 100.0))
    trace = gaze_trace(resting, 500, noise_deg=0.05, rng=1)
    offset = VIEWING.degrees(trace.places) - VIEWING.degrees(np.array([500.0, 100.0]))
    assert offset.std(axis=0) == pytest.approx([0.05, 0.05], rel=0.03)
    assert np.corrcoef(offset[1:, 0], offset[:-1, 0])[0, 1] == pytest.approx(0, abs=0.05)


def test_drift_grows_with_the_root_of_time_and_ends_with_each_saccade():
    squares = []
    for seed in range(300):
        trace = gaze_trace(path(), 100, drift_deg=0.3, rng=seed)
        off = VIEWING.degrees(trace.places) - VIEWING.degrees(path().places[1])
        rest = (trace.time >= path().onset[1]) & (trace.time <= path().onset[1] + path().duration[1])
        squares.append((off[rest] ** 2).mean(axis=1))
    spread = np.sqrt(np.mean(squares, axis=0))
    since = trace.time[rest] - trace.time[rest][0]
    assert spread == pytest.approx(0.3 * np.sqrt(since), rel=0.12, abs=1e-9)


def test_one_seed_gives_one_trace():
    one, same, other = (gaze_trace(path(), 250, noise_deg=0.1, drift_deg=0.1, rng=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.places, same.places)
    assert not np.array_equal(one.places, other.places)


def test_without_noise_the_seed_does_not_matter():
    assert np.array_equal(gaze_trace(path(), 250, rng=1).places, gaze_trace(path(), 250, rng=2).places)


def test_a_path_without_fixations_is_a_rest_on_the_start():
    trace = gaze_trace(path(x=[], y=[], onset=[], duration=[]), 100)
    assert len(trace) == 150
    assert np.all(trace.places == path().start)


# And back


@pytest.fixture(scope="module")
def looks():
    """Paths of a simulated person over sample pictures, without saccades too small to be found."""
    made = []
    for name in ("rocket", "coffee", "astronaut", "chelsea"):
        picture = sample_pixels(name)
        viewing = Viewing.from_pixels_per_degree(24, picture.shape)
        made += [Observer.preset("foveated").look(picture, viewing, duration=4.0, rng=seed) for seed in range(2)]
    return made


# Tolerances: 0.1 deg; onset and end in seconds. What is measured: 0.3 ms; 1 ms; 2.5 ms, that of noise included.
@pytest.mark.parametrize(
    ("rate", "noise_deg", "seconds"), [(1000, 0.0, 0.001), (250, 0.0, 0.004), (250, 0.05, 0.006), (1000, 0.05, 0.004)]
)
def test_a_trace_goes_back_to_its_scanpath(looks, rate, noise_deg, seconds):
    for number, look in enumerate(looks):
        found = detect_fixations(gaze_trace(look, rate, noise_deg=noise_deg, rng=number), look.viewing)
        long = look.duration > 0.06
        assert long.sum() > 5
        for x, y, onset, duration in zip(
            *(getattr(look, c)[long] for c in ("x", "y", "onset", "duration")), strict=True
        ):
            k = np.argmin(np.abs(found.onset - onset))
            assert look.viewing.angle_deg((x, y), (found.x[k], found.y[k])) < 0.1
            assert found.onset[k] == pytest.approx(onset, abs=seconds)
            assert found.onset[k] + found.duration[k] == pytest.approx(onset + duration, abs=seconds)


@pytest.mark.parametrize(("rate", "noise_deg"), [(1000, 0.0), (250, 0.05)])
def test_a_trace_goes_back_to_no_more_than_its_scanpath(looks, rate, noise_deg):
    for number, look in enumerate(looks):
        found = detect_fixations(gaze_trace(look, rate, noise_deg=noise_deg, rng=number), look.viewing)
        assert (look.duration > 0.06).sum() + 1 <= len(found) <= len(look) + 1
        assert (found.x[0], found.y[0]) == pytest.approx(look.start, abs=1)


def test_attention_that_jumps_is_found_again():
    picture = sample_pixels("rocket")
    viewing = Viewing.from_pixels_per_degree(24, picture.shape)
    look = Observer.preset("itti1998").look(picture, viewing, duration=0.6)
    look = Scanpath(x=look.x, y=look.y, onset=look.onset * 4, duration=look.duration * 4, viewing=viewing, watched=3.0)
    found = detect_fixations(gaze_trace(look, 1000), viewing)
    assert found.onset[1:] == pytest.approx(look.onset, abs=0.004)
    assert np.all(viewing.angle_deg(look.places, np.stack([found.x, found.y], axis=1)[1:]) < 0.1)


@settings(deadline=None, max_examples=60)
@given(
    amplitude=st.floats(0.7, 25),
    direction=st.floats(0, 2 * np.pi),
    rests=st.tuples(st.floats(0.1, 0.5), st.floats(0.1, 0.5)),
    rate=st.sampled_from([250, 500, 1000]),
)
def test_one_saccade_of_any_size_is_found(amplitude, direction, rests, rate):
    viewing = Viewing.from_pixels_per_degree(24, (1400, 1400))
    here, there = viewing.pixels(amplitude / 2 * np.array([[-1], [1]]) * [np.cos(direction), np.sin(direction)])
    landing = rests[0] + float(saccade_duration(viewing.angle_deg(here, there)))
    look = Scanpath(
        x=there[:1], y=there[1:], onset=[landing], duration=[rests[1]], viewing=viewing, start=tuple(here), watched=9.0
    )
    found = detect_fixations(gaze_trace(look, rate), viewing)
    assert found.onset == pytest.approx([0, landing], abs=1 / rate)
    assert found.duration == pytest.approx(rests, abs=2 / rate)
    assert viewing.angle_deg(np.stack([found.x, found.y], axis=1), [here, there]) == pytest.approx([0, 0], abs=0.05)


def test_drifting_is_no_saccade():
    trace = gaze_trace(path(), 500, drift_deg=0.15, noise_deg=0.02, rng=0)
    assert len(detect_fixations(trace, VIEWING)) == 4


def test_the_threshold_is_in_degrees_per_second():
    time = np.arange(400) / 400
    steady = VIEWING.pixels(np.stack([20 * time - 10, np.zeros(400)], axis=1))  # 20 degrees per second throughout
    trace = GazeTrace(time, *steady.T)
    assert len(detect_fixations(trace, VIEWING, velocity_deg_s=20.5)) == 1
    moving = detect_fixations(trace, VIEWING, velocity_deg_s=19.5)
    assert len(moving) == 0
    assert moving.x.shape == moving.y.shape == moving.onset.shape == moving.duration.shape == (0,)


def test_short_rests_are_left_out():
    trace = gaze_trace(path(), 1000)
    found = detect_fixations(trace, VIEWING, shortest=0.22)
    assert found.duration == pytest.approx([0.25, 0.3], abs=0.002)


def test_unsmoothed_noise_breaks_fixations_and_smoothing_mends_them():
    trace = gaze_trace(path(), 1000, noise_deg=0.05, rng=0)
    broken = detect_fixations(trace, VIEWING, smoothing=0.002, shortest=0)
    assert len(broken) > 20
    assert len(detect_fixations(trace, VIEWING, smoothing=0.016)) == 4


# Bad input


@pytest.mark.parametrize("rate", [0, -250, float("nan"), float("inf")])
def test_an_impossible_rate_is_refused(rate):
    with pytest.raises(ValueError, match=f"expected a positive rate in samples per second, got {rate}"):
        gaze_trace(path(), rate)


@pytest.mark.parametrize("name", ["noise_deg", "drift_deg"])
@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_impossible_noise_is_refused(name, value):
    with pytest.raises(ValueError, match=f"expected {name[:5]} from 0 up in degrees, got {value}"):
        gaze_trace(path(), 250, **{name: value})


@pytest.mark.parametrize("watched", [0, -1, float("nan")])
def test_a_path_that_was_not_watched_is_refused(watched):
    with pytest.raises(ValueError, match="expected a positive time watched in seconds, got"):
        gaze_trace(path(watched=watched), 250)


def test_a_path_of_unknown_times_is_refused():
    with pytest.raises(ValueError, match="expected known onsets and durations in seconds"):
        gaze_trace(path(duration=[0.2, np.nan, 0.2]), 250)


@pytest.mark.parametrize("change", [{"onset": [0.5, 0.2]}, {"duration": [0.1, -0.1]}])
def test_a_path_against_the_clock_is_refused(change):
    fields = {"x": [1.0, 2.0], "y": [1.0, 2.0], "onset": [0.2, 0.5], "duration": [0.1, 0.1]}
    crooked = SimpleNamespace(**{**fields, "start": (0.0, 0.0), "viewing": VIEWING, "watched": 1.0, **change})
    with pytest.raises(ValueError, match="expected onsets that ascend and durations from 0 up"):
        gaze_trace(crooked, 250)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (([0, 1, 2], [1, 2], [1, 2, 3]), "expected series of equal length, got 3 times, 2 x and 3 y"),
        (([0, 1, 2], [1, np.nan, 3], [1, 2, 3]), "expected finite samples, got NaN or infinity in sample 1"),
        (([0, 2, 1], [1, 2, 3], [1, 2, 3]), "expected times that ascend"),
    ],
)
def test_an_impossible_trace_is_refused(samples, message):
    with pytest.raises(ValueError, match=message):
        GazeTrace(*samples)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"velocity_deg_s": 0}, "expected a positive velocity_deg_s, got 0"),
        ({"velocity_deg_s": float("nan")}, "expected a positive velocity_deg_s, got nan"),
        ({"shortest": -0.1}, "expected a shortest fixation from 0 up in seconds, got -0.1"),
        ({"smoothing": -1}, "expected smoothing from 0 up in seconds, got -1"),
    ],
)
def test_an_impossible_search_is_refused(settings_, message):
    with pytest.raises(ValueError, match=message):
        detect_fixations(gaze_trace(path(), 250), VIEWING, **settings_)


def test_a_trace_too_short_or_with_gaps_is_refused():
    with pytest.raises(ValueError, match="expected at least 3 samples, got 2"):
        detect_fixations(GazeTrace([0, 1], [1, 1], [1, 1]), VIEWING)
    with pytest.raises(
        ValueError, match=r"expected samples at even intervals, got 0.004 to 0.1 s; cut the trace at gaps"
    ):
        detect_fixations(GazeTrace([0, 0.004, 0.008, 0.108, 0.112], [1] * 5, [1] * 5), VIEWING)
