"""What orients after a cue: attention, expectation and inhibition of return."""

from dataclasses import replace

import numpy as np
import pytest

from neural.laboratory.cueing import (
    Discrimination,
)
from neural.laboratory.orienting import STEP, Orienting
from saliency.displays.cueing import inhibition_probe, posner
from saliency.memory.inhibition import Visit


def at(course, seconds):
    """Index of the time, counted from the target, in a trace."""
    return int(np.argmin(np.abs(course.time - seconds)))


def dimmed(trial, share):
    """The same trial, its cue nearer to the empty field; whatever is shown with the target stays."""
    frames = trial.frames.copy()
    frames[1] = (1 - share) * frames[0] + share * frames[1]
    return replace(trial, frames=frames)


def test_inhibition_falls_with_the_distance_from_the_flash():
    observer, task, later, times = Orienting(), Discrimination(), [], []
    for turn in (0, 45, 90, 180):
        trial = inhibition_probe(turn, soa_s=1.0, recue_s=None, direction_deg=0.0)
        course = observer.course(trial)
        later.append(course.inhibition[np.argmax(course.answer), at(course, 0.0)])
        times.append(np.nanmean(task.respond(course, task.draw(1000, 0)).rt))
    assert later[0] > later[1] > later[2] > later[3]
    assert times[0] > times[1] + 0.005 > times[2] + 0.005
    assert times[2] >= times[3]
    assert later[3] < 0.01 * later[0] < later[1]


def test_a_dim_flash_draws_less_and_leaves_less_behind():
    trial, observer = posner("flash", soa_s=0.3, side="left"), Orienting()
    bright, dim, none = (observer.course(dimmed(trial, share)) for share in (1.0, 0.1, 0.0))
    assert bright.attention.max() > 1.2 * dim.attention.max() > 0
    assert bright.inhibition.max() > 1.2 * dim.inhibition.max() > 0
    assert not none.attention.any()
    assert not none.inhibition.any()


def test_nothing_is_attended_inhibited_or_expected_without_a_cue():
    course = Orienting().course(dimmed(posner("flash", soa_s=0.3), 0.0), validity=0.9)
    assert np.all(course.gain == 1)


def test_a_neutral_arrow_points_nowhere():
    course = Orienting().course(posner("neutral", soa_s=0.5), validity=0.9)
    assert np.all(course.expectation == 1)


# laws and slow twins


def test_a_transient_rises_within_a_tenth_of_a_second_and_has_left_after_half():
    course = Orienting().course(posner("flash", soa_s=1.0, side="left"))
    attention = course.attention[0]
    assert 0.05 <= course.time[np.argmax(attention)] + 1.0 <= 0.12
    assert attention[at(course, -0.5)] < 0.1 * attention.max()


def test_inhibition_is_that_of_visits_that_end_as_attention_leaves():
    trial, observer = posner("flash", soa_s=0.4, cue_s=0.4, side="left"), Orienting()
    course = observer.course(trial, after=0.2)
    _, _, change = next(iter(observer._changes(trial)))
    ((place, _),) = observer._peaks(change, trial.viewing)
    near = np.exp(-0.5 * (trial.viewing.angle_deg(place, trial.places[0]) / observer.spread_deg) ** 2)
    drawn = course.attention[0] / (observer.strength * near)
    now = len(course.time) - 1
    slow = 0.0
    for moment in range(now):
        visit = Visit(*place, float(course.time[moment + 1]))
        held = observer.memory([visit], float(course.time[now]), trial.places[:1], trial.viewing)[0]
        slow += drawn[moment] * (1 - np.exp(-STEP / observer.leak)) * held
    assert course.inhibition[0, now] == pytest.approx(slow, rel=1e-9)


def test_attention_has_the_course_of_two_leaks_in_a_row():
    trial, observer = posner("flash", soa_s=1.0, cue_s=1.0, side="left"), Orienting()
    course = observer.course(trial)
    since, fade, leak = np.maximum(course.time + 1.0, 0), observer.flicker.fade, observer.leak
    exact = (np.exp(-since / leak) - np.exp(-since / fade)) * leak / (leak - fade)
    np.testing.assert_allclose(course.attention[0] / course.attention[0].max(), exact / exact.max(), atol=0.06)
