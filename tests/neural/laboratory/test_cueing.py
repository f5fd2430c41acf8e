"""Cueing: what flashes is attended at once and inhibited later, what an arrow points to is expected, from frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from neural.laboratory.cueing import (
    CONDITIONS,
    CORRECT,
    OUTCOMES,
    PEOPLE,
    Cueing,
    Discrimination,
    Noise,
    condition_trial,
    run_cueing,
    without_target,
)
from neural.laboratory.orienting import STEP, Orienting, OrientingCourse
from saliency.displays.cueing import posner
from saliency.memory.inhibition import InhibitionOfReturn

NO_MEMORY = InhibitionOfReturn(strength=0.0)
SILENT = Noise(np.zeros((1, 2)), np.array([np.inf]), np.array([True]))


@pytest.fixture(scope="module")
def exogenous():
    return run_cueing("exogenous", (0.1, 0.2, 0.5, 1.0, 2.5, 3.0), 2000, rng=0)


@pytest.fixture(scope="module")
def endogenous():
    return run_cueing("endogenous", (0.1, 0.3, 1.0), 2000, rng=0)


def effects_ms(cueing, slow="invalid", fast="valid"):
    return {soa: 1000 * cueing.effect(soa, slow, fast).value for soa in cueing.soas}


def steady(answer=1.0, gain=1.0, seconds=2.0):
    """A trace in which nothing changes, for two places, the target at the first."""
    time = STEP * np.arange(-20, round(seconds / STEP) + 1)
    none = np.zeros((2, len(time)))
    return OrientingCourse(time, none, none, none + gain, np.array([answer, 0.0]))


# phenomena


def test_a_flash_helps_at_once_and_hinders_later(exogenous):
    effect = effects_ms(exogenous)
    assert 30 < effect[0.1] < 100
    assert effect[0.2] > 0 > effect[0.5]
    assert -30 < effect[1.0] < 0
    assert abs(effect[3.0]) < 10


def test_the_effect_of_a_flash_is_within_the_interval_of_peoples(exogenous):
    effect = effects_ms(exogenous)
    for soa, people in PEOPLE.items():
        assert abs(effect[soa] - 1000 * people["effect"]) < 1960 * people["error"]


def test_reaction_times_are_nearly_as_long_and_as_scattered_as_peoples(exogenous):
    means = [exogenous.mean(name, soa).value for name in ("valid", "invalid") for soa in PEOPLE]
    people = [PEOPLE[soa][name] for name in ("valid", "invalid") for soa in PEOPLE]
    assert np.abs(np.subtract(means, people)).max() < 0.05
    assert np.nanstd(exogenous.rt("invalid", 1.0)) == pytest.approx(0.18, abs=0.02)


def test_an_arrow_speeds_valid_answers_slows_invalid_ones_and_leaves_no_inhibition(endogenous):
    for soa in (0.3, 1.0):
        assert 15 < effects_ms(endogenous, "neutral", "valid")[soa] < 60
        assert 15 < effects_ms(endogenous, "invalid", "neutral")[soa] < 60
    benefit = effects_ms(endogenous)
    assert benefit[0.1] < benefit[0.3] < benefit[1.0]


def test_both_cues_are_read_by_one_observer_with_one_setting():
    observer = Orienting()
    flash = observer.course(posner("flash", soa_s=0.5, side="right"), validity=0.8)
    arrow = observer.course(posner("arrow", soa_s=0.5, side="right"), validity=0.8)
    np.testing.assert_allclose(flash.expectation, arrow.expectation)
    assert arrow.attention.max() < 0.1 < flash.attention.max()
    assert arrow.inhibition.max() < 0.005 < flash.inhibition.max()


def test_an_arrow_that_says_nothing_does_nothing():
    cueing = run_cueing("endogenous", (0.5,), 500, validity=0.5)
    assert abs(effects_ms(cueing)[0.5]) < 2


def test_an_arrow_that_is_mostly_wrong_repels():
    cueing = run_cueing("endogenous", (0.5,), 500, validity=0.2)
    assert effects_ms(cueing)[0.5] < -30


def test_left_and_right_are_alike():
    left, right = (Orienting().course(posner("flash", soa_s=0.2, side=side)) for side in ("left", "right"))
    np.testing.assert_allclose(left.gain, right.gain[::-1], rtol=0.02)


def test_a_target_that_is_seen_worse_is_answered_later():
    task = Discrimination()
    noise = task.draw(500, 0)
    strong, weak = (np.nanmean(task.respond(steady(answer), noise).rt) for answer in (0.9, 0.6))
    assert weak > strong + 0.1


# each mechanism can be switched off


def test_without_the_strength_of_attention_a_flash_only_hinders():
    cueing = run_cueing(soas=(0.1, 0.5), trials=500, orienting=Orienting(strength=0.0))
    assert all(effect < 0 for effect in effects_ms(cueing).values())


def test_without_memory_a_flash_only_helps():
    cueing = run_cueing(soas=(0.1, 0.5, 1.0), trials=500, orienting=Orienting(memory=NO_MEMORY))
    effect = effects_ms(cueing)
    assert effect[0.1] > 30
    assert effect[0.5] >= 0
    assert abs(effect[1.0]) < 0.5


def test_with_all_off_a_cue_does_nothing():
    off = Orienting(strength=0.0, memory=NO_MEMORY, share=0.0)
    for kind in ("exogenous", "endogenous"):
        cueing = run_cueing(kind, (0.1, 0.5), 200, validity=0.9, orienting=off)
        assert all(effect == 0 for effect in effects_ms(cueing).values())


def raced(task, course, rates):
    """The same race, one small step after the other."""
    step, evidence, reached = 5e-4, np.zeros(2), np.full(2, np.inf)
    for k in range(round(2.0 / step)):
        gain = np.interp(k * step, course.time, course.gain[0])
        drift = task.rate * gain * np.array([1.0, task.likeness]) + task.noise * rates
        evidence = evidence + step * course.answer[0] * drift
        fresh = (evidence >= 1) & np.isinf(reached)
        reached[fresh] = (k + 1) * step
    return task.dead_time + reached


@settings(deadline=None, max_examples=15)
@given(st.floats(-2, 2), st.floats(-2, 2), st.sampled_from([0.1, 0.4, 1.0]))
def test_the_race_is_that_of_small_steps(right, wrong, soa):
    task, rates = Discrimination(guesses=0.0), np.array([right, wrong])
    course = Orienting().course(posner("flash", soa_s=soa, side="left"))
    responses = task.respond(course, Noise(rates[np.newaxis], np.array([np.inf]), np.array([True])))
    slow = raced(task, course, rates)
    if slow.min() > task.latest:
        assert OUTCOMES[responses.outcome[0]] == "miss"
    else:
        assert responses.rt[0] == pytest.approx(slow.min(), abs=0.005)
        assert abs(slow[0] - slow[1]) < 0.01 or (responses.outcome[0] == CORRECT) == (slow[0] < slow[1])


def test_without_noise_the_time_is_the_dead_time_and_the_threshold_over_the_rate():
    task = Discrimination(rate=4.0, dead_time=0.2)
    assert task.respond(steady(gain=1.25), SILENT).rt[0] == pytest.approx(0.2 + 1 / 5)


def test_all_that_is_not_answered_in_time_is_missed():
    responses = Discrimination(rate=0.3).respond(steady(), SILENT)
    assert np.isnan(responses.rt[0])
    assert OUTCOMES[responses.outcome[0]] == "miss"


def test_a_guess_before_the_target_is_an_anticipation_and_one_after_it_is_right_by_luck():
    task, course = Discrimination(), steady()
    noise = Noise(np.zeros((3, 2)), np.array([0.05, 0.35, 0.35]), np.array([True, True, False]))
    responses = task.respond(course, noise)
    assert [OUTCOMES[k] for k in responses.outcome] == ["anticipation", "correct", "wrong"]
    np.testing.assert_allclose(responses.rt, np.array([0.05, 0.35, 0.35]) + course.time[0])


def test_catch_trials_are_answered_by_guesses_alone(exogenous):
    for soa in exogenous.soas:
        assert exogenous.share("catch", soa, "correct") == exogenous.share("catch", soa, "miss") == 0
        assert exogenous.share("catch", soa, "withheld") > 0.95
    honest = run_cueing(soas=(0.1,), trials=100, task=Discrimination(guesses=0.0))
    assert honest.share("catch", 0.1, "withheld") == 1


def test_a_trial_without_a_target_shows_none():
    course = Orienting().course(without_target(posner("flash", soa_s=0.3)))
    assert not course.answer.any()
    assert course.attention.any()


def test_equal_seeds_give_equal_responses_and_others_do_not():
    one, same, other = (run_cueing(soas=(0.1,), trials=50, rng=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.rt("valid", 0.1), same.rt("valid", 0.1), equal_nan=True)
    assert not np.array_equal(one.rt("valid", 0.1), other.rt("valid", 0.1), equal_nan=True)


def test_the_table_has_a_row_for_each_condition_and_its_shares_add_up(exogenous):
    table = exogenous.table()
    assert {len(column) for column in table.values()} == {len(CONDITIONS) * len(exogenous.soas)}
    np.testing.assert_allclose(np.sum([table[name] for name in OUTCOMES], axis=0), 1)


def test_the_error_of_an_effect_is_that_of_repeated_experiments():
    task = Discrimination()
    courses = {name: Orienting().course(condition_trial("exogenous", name, 0.5)) for name in ("valid", "invalid")}

    def repeated(seed):
        noise = task.draw(100, seed)
        responses = {name: (task.respond(course, noise),) for name, course in courses.items()}
        return Cueing(kind="exogenous", soas=(0.5,), validity=0.5, responses=responses).effect(0.5)

    runs = [repeated(seed) for seed in range(200)]
    spread = np.std([run.value for run in runs], ddof=1)
    assert np.mean([run.error**2 for run in runs]) ** 0.5 == pytest.approx(spread, rel=0.2)


def test_the_screen_does_not_matter():
    coarse = Viewing.from_pixels_per_degree(10, (240, 240))
    one, other = (run_cueing(soas=(0.1,), trials=300, **how) for how in ({}, {"viewing": coarse}))
    assert effects_ms(one)[0.1] == pytest.approx(effects_ms(other)[0.1], rel=0.15)


# bad input


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"kind": "auditory"}, "there is no cue of kind 'auditory'"),
        ({"soas": (-0.1,)}, "intervals above 0 s"),
        ({"soas": (np.nan,)}, "intervals above 0 s"),
        ({"soas": ()}, "intervals above 0 s"),
        ({"trials": 0}, "at least 1 trial"),
        ({"validity": 1.2}, "a validity from 0 to 1"),
        ({"validity": np.nan}, "a validity from 0 to 1"),
    ],
)
def test_an_experiment_that_cannot_be_run_is_refused(how, words):
    with pytest.raises(ValueError, match=words):
        run_cueing(**how)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Orienting(leak=0.0), "a positive leak"),
        (lambda: Orienting(strength=-1.0), "strength from 0 up"),
        (lambda: Orienting(share=1.5), "share from 0 to 1"),
        (lambda: Orienting().course(condition_trial("exogenous", "valid", 0.1), after=0.0), "a positive time"),
        (lambda: Orienting().course(condition_trial("exogenous", "valid", 0.1), validity=-1.0), "a validity"),
        (lambda: Discrimination(rate=0.0), "a positive rate"),
        (lambda: Discrimination(likeness=1.0), "a likeness from 0 to below 1"),
        (lambda: Discrimination(noise=-1.0), "noise from 0 up"),
    ],
)
def test_constants_outside_their_range_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
