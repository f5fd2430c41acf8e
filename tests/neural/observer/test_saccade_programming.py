"""When the eye goes: the programs of saccades obey their rules, and durations are as people's."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from neural.observer.saccade_programming import SaccadeProgramming
from neural.observer.timing import DecisionTiming, Plan, UpcomingSaccade
from saliency import Scanpath
from saliency.priority import kernels

REGULAR = {"timer_steps": 10**6, "stage_steps": 10**6}  # every walk takes its mean time, to a few thousandths
AT_REST = (0.0, np.inf, 0.0)


def planned(programming, observers=4000, rng=0):
    """Durations from the third fixation on, when the beginning is over."""
    return programming.durations(observers, 10, rng)[:, 3:]


def people(programming, *, observers, fixations, turning=True, rng=0):
    """Paths made by known constants, with turns of any angle and saccades of some degrees."""
    rng = np.random.default_rng(rng)
    viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    paths = []
    for durations in programming.durations(observers, fixations + 1, rng)[:, 1:]:
        places = rng.uniform((220, 140), (420, 340), (fixations, 2))
        turn = np.full(fixations, np.nan)
        if turning:
            course = np.degrees(np.arctan2(*np.diff(viewing.degrees(places), axis=0).T[::-1]))
            turn[1:-1] = np.abs((np.diff(course) + 180) % 360 - 180)
        durations = durations * programming.lengthening(turn)
        onset = np.cumsum(durations + 0.034) - durations
        paths.append(
            Scanpath(x=places[:, 0], y=places[:, 1], onset=onset, duration=durations, viewing=viewing, watched=9)
        )
    return paths


def ticked(stages, flight):
    """The same rules, one millisecond after the other."""
    now, landed, leaving, timer, program, durations = 0, 0, -1, 0, np.inf, []
    rows = iter(stages)
    timers, labiles, nonlabile = next(rows)
    while True:
        if now == leaving:
            durations.append(now - landed)
            landed, leaving = now + flight, -1
            if len(durations) == len(stages):
                return durations
            timers, labiles, nonlabile = next(rows)
        if leaving < 0 and program <= 0:
            leaving, program = max(now, landed) + nonlabile, np.inf
        if timer == 0 and timers:
            (timer, *timers), (program, *labiles) = timers, labiles
        now, timer, program = now + 1, max(timer - 1, 0), program - 1


walks = st.lists(st.integers(1, 90), min_size=4, max_size=4)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(walks, walks, st.integers(1, 60)), min_size=1, max_size=6), st.integers(0, 50))
def test_programs_are_those_of_a_clock_that_ticks(stages, flight):
    rows = np.array([[*timers, *labiles, nonlabile] for timers, labiles, nonlabile in stages], np.float64)
    durations = np.empty((1, len(stages)))
    kernels.programs(float(flight), rows[None], durations)
    assert durations[0].tolist() == ticked(stages, flight)


def test_a_clock_that_plans():
    assert hasattr(SaccadeProgramming(), "plan")
    assert not hasattr(DecisionTiming(), "plan")
    assert SaccadeProgramming().saccade(10) == pytest.approx(0.043)


def test_one_after_the_other_is_all_at_once_bit_for_bit():
    programming, rng = SaccadeProgramming(), np.random.default_rng(5)
    one_by_one = np.empty((3, 6))
    for observer in range(3):
        plan = None
        for index in range(6):
            plan = programming.plan(index, plan, rng)
            one_by_one[observer, index] = plan.duration
    assert np.array_equal(one_by_one, programming.durations(3, 6, 5))


def test_chance_is_the_seeds():
    first, again, other = (SaccadeProgramming().durations(50, 8, rng) for rng in (3, np.random.default_rng(3), 4))
    assert np.array_equal(first, again)
    assert not np.any(first == other)


@settings(deadline=None, max_examples=60)
@given(
    timer=st.floats(0.001, 2),
    labile=st.floats(0.001, 2),
    nonlabile=st.floats(0.001, 0.5),
    timer_steps=st.integers(1, 40),
    stage_steps=st.integers(1, 40),
    flight=st.floats(0, 0.5),
    turn=st.floats(0, 180),
)
def test_durations_are_positive_and_finite_whatever_the_constants(turn, **constants):
    programming = SaccadeProgramming(**constants)
    durations = programming.durations(20, 8, 0) * programming.lengthening(turn)
    assert np.all(np.isfinite(durations))
    assert np.all(durations > 0)


def test_a_program_that_is_cancelled_lengthens_the_fixation_by_what_it_had_taken():
    alone, *_ = kernels.program(*AT_REST, np.array([0.30, 0.30, 0.15, 0.15, 0.045]))
    cancelled, *_ = kernels.program(*AT_REST, np.array([0.12, 0.30, 0.15, 0.15, 0.045]))
    too_late, *_ = kernels.program(*AT_REST, np.array([0.16, 0.30, 0.15, 0.15, 0.045]))
    assert alone == too_late == pytest.approx(0.15 + 0.045)
    assert cancelled == pytest.approx(alone + 0.12)


def test_what_starts_while_the_eye_can_not_be_stopped_is_carried_on():
    duration, timer_left, labile_left = kernels.program(*AT_REST, np.array([0.16, 0.30, 0.15, 0.14, 0.045]))
    assert (timer_left, labile_left) == pytest.approx((0.16 + 0.30 - duration, 0.16 + 0.14 - duration))
    following, *_ = kernels.program(timer_left, labile_left, 0.03, np.array([0.3, 0.3, 0.15, 0.15, 0.045]))
    assert following == pytest.approx(0.16 + 0.14 - duration - 0.03 + 0.045)


def test_programs_go_on_in_flight_but_no_fixation_is_shorter_than_the_non_labile_stage():
    stages = np.array([0.3, 0.3, 0.15, 0.15, 0.045])
    durations = [kernels.program(0.3, 0.08, flight, stages)[0] for flight in (0.0, 0.03, 0.08, 0.12)]
    assert durations == pytest.approx([0.125, 0.095, 0.045, 0.045])


def test_from_rest_no_fixation_is_shorter_than_both_stages_and_later_ones_are():
    programming = replace(SaccadeProgramming(), timer_steps=14, stage_steps=10**6)
    durations = programming.durations(2000, 10, 0)
    both = programming.labile + programming.nonlabile
    assert durations[:, 0].min() > 0.99 * both
    assert np.mean(durations[:, 3:] < 0.9 * both) > 0.1


def test_a_regular_timer_is_followed_step_by_step():
    programming = SaccadeProgramming(timer=0.25, labile=0.14, nonlabile=0.045, flight=0.03, **REGULAR)
    assert planned(programming, 5) == pytest.approx(0.25 - 0.03, abs=0.005)


def test_walks_have_the_mean_and_the_spread_of_a_gamma_distribution():
    """From rest, with a timer that comes too late: the sum of both stages."""
    programming = SaccadeProgramming(timer=100, labile=0.15, nonlabile=0.05, stage_steps=4)
    first = programming.durations(50_000, 1, 0)
    assert first.mean() == pytest.approx(0.2, rel=0.01)
    assert first.var() == pytest.approx((0.15**2 + 0.05**2) / 4, rel=0.03)


def test_a_faster_timer_makes_shorter_fixations():
    means = [planned(replace(SaccadeProgramming(), timer=timer)).mean() for timer in (0.4, 0.3, 0.25, 0.2)]
    assert all(slower > 1.05 * faster for slower, faster in pairwise(means))


def test_a_longer_labile_stage_is_cancelled_more_often():
    means = [planned(replace(SaccadeProgramming(), labile=labile)).mean() for labile in (0.12, 0.15, 0.18)]
    assert means == sorted(means)
    assert means[-1] > 1.2 * means[0]


def test_the_turn_lengthens_a_fixation_step_by_step():
    programming, plan = SaccadeProgramming(), Plan(0.2, (0.1, 0.1))
    rng, angles = np.random.default_rng(0), np.arange(0, 181, 15)
    durations = [programming.fixation(0.05, rng, UpcomingSaccade(turn_deg=angle, plan=plan)) for angle in angles]
    assert all(less < more for less, more in pairwise(durations))
    assert np.mean(durations) == pytest.approx(plan.duration)
    assert durations == pytest.approx(plan.duration * programming.lengthening(angles))
    assert programming.fixation(0.05, rng, UpcomingSaccade(plan=plan)) == plan.duration


def test_the_time_of_the_decision_does_not_count_and_nothing_is_drawn_for_a_plan():
    programming, rng = SaccadeProgramming(), np.random.default_rng(0)
    step = UpcomingSaccade(turn_deg=170.0, plan=programming.plan(1, None, rng))
    state = rng.bit_generator.state
    assert programming.fixation(0.01, rng, step) == programming.fixation(0.5, rng, step)
    assert rng.bit_generator.state == state


def test_without_a_plan_a_fixation_begins_at_rest():
    programming = SaccadeProgramming()
    assert (
        programming.fixation(0.05, np.random.default_rng(1))
        == programming.plan(2, None, np.random.default_rng(1)).duration
    )


def test_durations_are_as_those_of_people_who_look_at_pictures():
    """Of 15 people on OSIE (Xu et al. 2014): mean, deviation and quantiles, in ms; skewed to the right."""
    durations = 1000 * SaccadeProgramming().durations(10_000, 10, 0)[:, 1:].ravel()
    assert durations.mean() == pytest.approx(214, rel=0.05)
    assert durations.std() == pytest.approx(121, rel=0.15)
    assert np.percentile(durations, [5, 25, 50, 75, 95]) == pytest.approx([70, 136, 190, 262, 430], rel=0.12)
    assert np.mean(((durations - durations.mean()) / durations.std()) ** 3) > 1


def test_the_first_saccade_takes_a_fifth_of_a_second_and_the_first_fixation_is_short():
    """200 to 250 ms until the first saccade; the first fixation 30 to 60 ms shorter than the third (OSIE: 50)."""
    latency, first, _, third, *_ = 1000 * SaccadeProgramming().durations(20_000, 6, 0).mean(axis=0)
    assert 200 < latency < 250
    assert 30 < third - first < 60


def test_fixations_before_reversals_are_longer_by_30_to_60_ms():
    """OSIE: 195 ms before turns below 30 degrees, 239 ms before those above 150. Smith and Henderson (2011)."""
    programming = SaccadeProgramming()
    forward, back = (programming.lengthening(np.linspace(*turns)).mean() for turns in ((0, 30), (150, 180)))
    assert 0.03 < planned(programming).mean() * (back - forward) < 0.06


@pytest.mark.parametrize(
    "known",
    [
        SaccadeProgramming(timer=0.26, labile=0.15, timer_steps=8, first=0.7, reversal=0.2),
        SaccadeProgramming(timer=0.19, labile=0.16, timer_steps=18, first=1.1, reversal=0.05),
    ],
)
def test_a_fit_to_known_constants_finds_their_durations(known):
    fitted = SaccadeProgramming.fit(people(known, observers=1000, fixations=10), rng=1)
    ours, theirs = (np.sort(planned(programming, rng=7).ravel()) for programming in (fitted, known))
    assert np.abs(ours - theirs).mean() < 0.005
    first = [programming.durations(8000, 2, 3)[:, 1].mean() for programming in (fitted, known)]
    assert first[0] == pytest.approx(first[1], abs=0.012)
    assert fitted.reversal == pytest.approx(known.reversal, abs=0.03)
    assert fitted.timer == pytest.approx(known.timer, rel=0.1)
    assert fitted.labile == pytest.approx(known.labile, rel=0.1)


def test_a_fit_is_its_seeds_and_needs_no_turns():
    paths = people(SaccadeProgramming(), observers=60, fixations=6)
    assert SaccadeProgramming.fit(paths, rng=2) == SaccadeProgramming.fit(paths, rng=2)


def test_turns_that_hardly_differ_tell_nothing_about_reversals():
    straight = [
        replace(path, x=np.arange(8), y=np.full(8, 0.3))
        for path in people(SaccadeProgramming(), observers=30, fixations=8)
    ]
    assert SaccadeProgramming.fit(straight).reversal == 0


def test_unknown_durations_do_not_count():
    paths = people(SaccadeProgramming(), observers=100, fixations=6)
    lost = [replace(path, duration=np.full(6, bad)) for path, bad in zip(paths, [np.nan, 0.0] * 50, strict=True)]
    with pytest.raises(ValueError, match=r"expected at least 30 known durations from fixation 3 on.*got 0 and 0"):
        SaccadeProgramming.fit(lost)
    assert SaccadeProgramming.fit(paths + lost).timer == pytest.approx(0.2, rel=0.15)
    with pytest.raises(ValueError, match="expected at least one scanpath"):
        SaccadeProgramming.fit([])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timer": 0}, "positive timer, got 0"),
        ({"labile": -0.1}, "positive labile, got -0.1"),
        ({"nonlabile": np.nan}, "positive nonlabile, got nan"),
        ({"first": np.inf}, "positive first, got inf"),
        ({"timer_steps": 0}, "timer_steps to be a whole number, at least 1; got 0"),
        ({"stage_steps": 2.5}, "stage_steps to be a whole number, at least 1; got 2.5"),
        ({"reversal": 1}, "reversal from 0 to below 1, got 1"),
        ({"flight": -1}, "flight from 0 s up, got -1"),
    ],
)
def test_impossible_constants_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        SaccadeProgramming(**change)


def test_the_plan_of_another_clock_is_refused():
    with pytest.raises(ValueError, match=r"carries timer and program, got one that carries \(\)"):
        SaccadeProgramming().plan(1, Plan(0.2), np.random.default_rng(0))
    with pytest.raises(ValueError, match="numbers from 0 up, got -1 observers and 3 fixations"):
        SaccadeProgramming().durations(-1, 3, 0)
