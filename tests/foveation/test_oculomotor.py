"""Eye movements: published durations, speeds and latencies, and the course of a saccade."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation.oculomotor import (
    TASKS,
    fixation_duration,
    peak_velocity,
    saccade_duration,
    saccade_latency,
    saccade_progress,
    saccade_trajectory,
    saccadic_suppression,
)

AMPLITUDES = [1, 2, 5, 10, 20]


# Published numbers


def test_duration_of_saccades():  # Carpenter (1988)
    assert saccade_duration(AMPLITUDES) == pytest.approx([0.0232, 0.0254, 0.0320, 0.0430, 0.0650])


def test_peak_velocity_of_saccades():  # Bahill, Clark and Stark (1975)
    assert peak_velocity(AMPLITUDES) == pytest.approx([34.47, 66.56, 150.16, 255.23, 380.17], abs=6e-3)
    assert peak_velocity(1e3) == pytest.approx(500)
    assert peak_velocity(7, fastest_deg_s=700, scale_deg=7) == pytest.approx(700 * (1 - np.exp(-1)))


def test_the_peak_of_a_minimum_jerk_flight_is_1_875_times_its_mean_velocity():
    _, velocity = saccade_trajectory(10, np.linspace(0, 0.05, 5001), duration=0.05)
    assert velocity.max() == pytest.approx(1.875 * 10 / 0.05)


@settings(deadline=None, max_examples=40)
@given(amplitude=st.floats(0.1, 40), share=st.floats(0.01, 0.99))
def test_velocity_is_the_slope_of_position(amplitude, share):
    duration, step = float(saccade_duration(amplitude)), 1e-6
    (before, _), (_, velocity), (after, _) = (
        saccade_trajectory(amplitude, share * duration + shift) for shift in (-step, 0, step)
    )
    assert velocity == pytest.approx((after - before) / (2 * step), rel=1e-4, abs=1e-4)


def test_a_saccade_rests_before_and_after_its_flight():
    position, velocity = saccade_trajectory(5, [-1, 0, 0.032, 2])
    assert position == pytest.approx([0, 0, 5, 5])
    assert velocity == pytest.approx([0, 0, 0, 0])


def test_a_flight_takes_the_smoothest_course():
    assert saccade_progress([0.25, 0.5, 0.75]) == pytest.approx([0.103515625, 0.5, 0.896484375])


def test_latencies_are_skewed_between_their_bounds():
    latency = saccade_latency(0, 50_000)
    assert latency.min() >= 0.1
    assert latency.max() <= 0.3
    assert 0.18 <= latency.mean() <= 0.20
    assert np.mean((latency - latency.mean()) ** 3) / latency.std() ** 3 > 0.3


def test_the_rates_behind_latencies_are_normal_between_their_bounds():
    rate = 1 / saccade_latency(1, 50_000, promptness=5, spread=0.4)  # the bounds are 4 standard deviations away
    assert rate.mean() == pytest.approx(5, abs=0.01)
    assert rate.std() == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize("draw", [saccade_latency, lambda *a: fixation_duration("visual search", *a)])
def test_one_seed_gives_one_series(draw):
    assert np.array_equal(draw(3, 20), draw(np.random.default_rng(3), 20))
    assert not np.array_equal(draw(3, 20), draw(4, 20))
    assert draw(3).shape == ()
    assert draw(3, (2, 3)).shape == (2, 3)


# Approximate means of Rayner (1998), table 1, in seconds.
@pytest.mark.parametrize(
    ("task", "mean"),
    [
        ("silent reading", 0.225),
        ("oral reading", 0.275),
        ("visual search", 0.275),
        ("scene perception", 0.330),
        ("music reading", 0.375),
        ("typing", 0.400),
    ],
)
def test_fixations_last_as_long_as_the_task_asks(task, mean):
    assert set(TASKS) >= {task}
    duration = fixation_duration(task, 0, 20_000)
    assert duration.mean() == pytest.approx(mean, rel=0.02)
    assert duration.min() >= 0.1
    assert duration.mean() > np.median(duration)


def test_suppression_has_its_window():
    gain = saccadic_suppression([-0.2, -0.05, -0.025, 0, 0.02, 0.04, 0.065, 0.09, 1], 0, 0.04, depth=0.9)
    assert gain == pytest.approx([1, 1, 0.55, 0.1, 0.1, 0.1, 0.55, 1, 1])


@settings(deadline=None, max_examples=60)
@given(time=st.floats(-1, 1), duration=st.floats(0, 0.2), depth=st.floats(0, 1))
def test_suppression_is_a_gain_that_is_one_far_from_the_saccade(time, duration, depth):
    gain = saccadic_suppression(time, 0.0, duration, depth=depth)
    assert 1 - depth - 1e-12 <= gain <= 1
    if time <= -0.05 or time >= duration + 0.05:
        assert gain == 1


def test_suppression_of_several_saccades_broadcasts():
    gain = saccadic_suppression(np.linspace(0, 1, 11)[:, None], [0.2, 0.7], [0.03, 0.05])
    assert gain.shape == (11, 2)
    assert gain.argmin(axis=0).tolist() == [2, 7]


@pytest.mark.parametrize("amplitude", [-1, float("nan")])
@pytest.mark.parametrize("law", [saccade_duration, peak_velocity, lambda a: saccade_trajectory(a, 0.0)])
def test_an_impossible_amplitude_is_refused(law, amplitude):
    with pytest.raises(ValueError, match=f"expected amplitudes from 0 up in degrees, got {amplitude}"):
        law(amplitude)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: peak_velocity(1, fastest_deg_s=0), "expected a positive fastest_deg_s, got 0"),
        (lambda: peak_velocity(1, scale_deg=-1), "expected a positive scale_deg, got -1"),
        (lambda: saccade_trajectory(1, 0.0, duration=0), "expected a positive duration in seconds, got 0"),
        (lambda: saccade_latency(0, promptness=0), "expected a positive promptness, got 0"),
        (lambda: saccade_latency(0, spread=float("nan")), "expected a positive spread, got nan"),
        (lambda: saccade_latency(0, shortest=0.4), "expected shortest below longest, got 0.4 and 0.3 s"),
        (lambda: fixation_duration("juggling", 0), "there is no task 'juggling'; expected one of: silent reading"),
        (lambda: fixation_duration("typing", 0, refractory=0.4), "expected a refractory part from 0 up and below"),
        (lambda: fixation_duration("typing", 0, shape=0), "expected a positive shape, got 0"),
        (lambda: saccadic_suppression(0, 0, 0.1, depth=1.1), "expected a depth between 0 and 1, got 1.1"),
        (lambda: saccadic_suppression(0, 0, -0.1), "expected durations from 0 up in seconds, got -0.1"),
        (lambda: saccadic_suppression(0, 0, 0.1, before=0), "expected a positive time before the saccade in seconds"),
        (lambda: saccadic_suppression(0, 0, 0.1, after=-1), "expected a positive time after the saccade in seconds"),
    ],
)
def test_an_impossible_saccade_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
