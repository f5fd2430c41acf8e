"""Laws, slow twins and phenomena of search: one setting for all displays, and what it owes to the pictures."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from neural.laboratory import kernels
from neural.laboratory.experiment import SearchExperiment, run_experiment
from neural.laboratory.overt_searcher import OvertSearcher
from neural.laboratory.people import PEOPLE
from neural.laboratory.searcher import Searcher, SearchTrial
from saliency.displays.items import Item, Stroke
from saliency.displays.search import SEARCHES, Search, search_display
from saliency.models.itti import IttiKoch

SEARCHER = Searcher()
STAGE = kernels.Stage(0.03, 0.8, 0.4, 0.1, 5.0, 1.0, 0.001)


@cache
def practice(kind):
    return SEARCHER.practise(kind, displays=10)


def experiment(kind, *, sizes=(3, 18), trials=50, searcher=SEARCHER, **how):
    return run_experiment(kind, sizes=sizes, trials=trials, searcher=searcher, rng=1, **how)


def bars(*, target=(0.8, 0.1, 0.1), other=(0.1, 0.7, 0.1)):
    bar = Item(label="bar", strokes=(Stroke(0, 0, 3.0, 0.9),), colour=other)
    return Search(targets=(replace(bar, colour=target),), distractors=(bar,))


def advantage(kind):
    return practice(kind).advantages.mean()


def test_colour_pops_out():
    slopes = experiment("pop-out").slopes()
    assert abs(slopes.slope_present) < 3
    assert abs(slopes.slope_absent) < 6


def test_what_moves_among_what_stands_still_pops_out():
    slopes = experiment("pop-out-motion", trials=8, searcher=replace(SEARCHER, residual_spread=0.02)).slopes()
    assert abs(slopes.slope_present) < 6
    assert abs(slopes.slope_absent) < 6


def test_slopes_are_steeper_where_less_tells_the_target_from_the_others():
    conjunction, spatial = (experiment(kind, trials=70).slopes() for kind in ("conjunction", "2-among-5"))
    assert 5 < conjunction.slope_present < 16
    assert 14 < conjunction.slope_absent < 34
    assert 30 < spatial.slope_present < 58
    assert 75 < spatial.slope_absent < 115
    assert 1.6 < spatial.ratio < 2.8


@pytest.mark.parametrize(
    ("easy", "hard"),
    [
        ("q-among-o", "o-among-q"),
        ("tilted-among-vertical", "vertical-among-tilted"),
        ("curved-among-straight", "straight-among-curved"),
    ],
)
def test_search_is_asymmetric_because_the_map_is(easy, hard):
    assert advantage(easy) > 1.8 * advantage(hard)
    assert practice(easy).difference == pytest.approx(practice(hard).difference, rel=0.2)


def test_a_map_that_leads_away_from_the_target_is_not_used():
    assert advantage("o-among-q") == 0
    display = search_display("o-among-q", 12, rng=3)
    quiet = replace(SEARCHER, noise=0.0)
    assert np.ptp(quiet.activations(display, practice("o-among-q"))) > 0.05
    assert np.array_equal(quiet._weights(display, practice("o-among-q"), np.random.default_rng(0)), np.ones(12))


def test_2_and_5_are_told_apart_more_slowly_than_t_and_l_because_they_look_more_alike():
    assert practice("2-among-5").difference < 0.5 * practice("t-among-l").difference
    assert practice("t-among-l").difference < practice("conjunction").difference


def test_the_name_of_a_search_does_not_matter():
    named, nameless = experiment("conjunction", trials=6), experiment(SEARCHES["conjunction"], trials=6)
    assert named.trials == nameless.trials
    assert nameless.people is None
    assert not any(isinstance(getattr(SEARCHER, each.name), dict | list | tuple) for each in fields(SEARCHER))


def test_a_made_up_search_is_the_harder_the_more_alike_things_are():
    green = (0.1, 0.7, 0.1)
    slopes = [
        experiment(bars(target=target, other=green), trials=16).slopes().slope_absent
        for target in ((0.8, 0.1, 0.1), (0.1, 0.68, 0.12))
    ]
    assert abs(slopes[0]) < 6
    assert slopes[1] > 20


def test_an_experiment_is_the_same_in_any_order_of_work():
    alone = run_experiment("t-among-l", sizes=(3, 9), trials=12, searcher=SEARCHER, rng=5)
    with ThreadPoolExecutor(2) as executor:
        shared = run_experiment("t-among-l", sizes=(3, 9), trials=12, searcher=SEARCHER, rng=5, executor=executor)
    assert alone == shared
    assert alone != run_experiment("t-among-l", sizes=(3, 9), trials=12, searcher=SEARCHER, rng=6)


def naive_search(weights, drifts, advantage, stage, most, rng):
    """Do what `kernels.covert_search` does, in plain Python."""
    left, odds, elapsed, inspected = np.array(weights), 1.0, 0.0, []
    while len(inspected) < most:
        doubt = min((stage.caution * (odds - 1)) ** stage.resolve, 1e12)
        share = rng.random() * (1 + doubt)
        item = int(np.searchsorted(np.cumsum(left), share * left.sum(), side="right"))
        if item == len(left):
            return elapsed, False, inspected
        inspected.append(item)
        evidence, seconds = 0.0, 0.0
        while -stage.reject < evidence < stage.accept:
            evidence += drifts[item] * stage.step + math.sqrt(stage.step) * rng.standard_normal()
            seconds += stage.step
        elapsed += stage.selection * rng.standard_gamma(4.0) / 4 + seconds
        if evidence > 0:
            return elapsed, True, inspected
        others = left.sum() - left[item]
        if rng.random() < stage.memory:
            left[item] = 0.0
        if others <= 1e-9:
            return elapsed, False, inspected
        odds *= 1 + advantage / others
    return elapsed, False, inspected


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    items=st.integers(1, 9),
    memory=st.sampled_from([1.0, 0.7]),
    advantage=st.floats(1, 8),
    target=st.integers(-1, 8),
)
def test_the_compiled_search_does_what_the_plain_one_does(seed, items, memory, advantage, target):
    rng = np.random.default_rng(seed)
    weights, drifts = rng.uniform(0.5, 3.0, items), np.full(items, -6.0)
    if 0 <= target < items:
        drifts[target] *= -1
    stage, inspected = STAGE._replace(memory=memory), np.empty(40, np.int64)
    fast = kernels.covert_search(weights, drifts, advantage, stage, inspected, np.random.default_rng(seed))
    slow = naive_search(weights, drifts, advantage, stage, 40, np.random.default_rng(seed))
    assert inspected[: fast[2]].tolist() == slow[2]
    assert fast[1] == slow[1]
    assert fast[0] == pytest.approx(slow[0], abs=1e-9)


def test_identification_errs_as_often_and_lasts_as_long_as_diffusion_between_two_bounds_does():
    drift, bound = 2.0, 0.4
    stage = STAGE._replace(accept=bound, reject=bound, step=1e-4)
    rng = np.random.default_rng(0)
    told = np.array([kernels._identified(drift, stage, rng) for _ in range(4000)])
    assert told[:, 1].mean() == pytest.approx(1 / (1 + math.exp(-2 * drift * bound)), abs=0.02)
    assert told[:, 0].mean() == pytest.approx(bound / drift * math.tanh(drift * bound), rel=0.06)


def absent(items=6):
    return search_display("2-among-5", items, present=False, rng=2)


def test_who_remembers_inspects_nothing_twice_and_who_never_quits_inspects_all():
    patient = replace(SEARCHER, caution=1e-9, accept=3.0)
    trial = patient.search(absent(), practice("2-among-5"), rng=1)
    assert sorted(trial.inspected) == list(range(6))
    assert not trial.said
    forgetful = replace(patient, memory=0.0).search(absent(), practice("2-among-5"), rng=1)
    assert len(forgetful.inspected) > 6


def test_who_is_hasty_quits_early_and_misses_more():
    hasty, careful = (replace(SEARCHER, caution=caution) for caution in (2.0, 0.02))
    trials = {
        searcher: [
            searcher.search(search_display("2-among-5", 12, rng=seed), practice("2-among-5"), rng=seed)
            for seed in range(30)
        ]
        for searcher in (hasty, careful)
    }
    missed = [sum(not trial.said for trial in each) for each in trials.values()]
    assert missed[0] > 10 > missed[1]


def test_a_trial_tells_what_happened():
    display = search_display("pop-out", 12, rng=4)
    trial = replace(SEARCHER, slip=0.0, residual_spread=0.0).search(display, practice("pop-out"), rng=4)
    assert trial.correct
    assert trial.present
    assert trial.inspected == (display.target_index,)
    assert trial.size == 12
    assert trial.fixations == 1
    assert 0.338 < trial.rt < 0.6


def test_the_wrong_key_is_pressed_as_often_as_slips_are():
    clumsy = replace(SEARCHER, slip=1.0)
    assert not clumsy.search(search_display("pop-out", 6, rng=0), practice("pop-out"), rng=0).correct


def test_eyes_that_search_end_on_what_they_found():
    searcher = OvertSearcher(slip=0.0, half_deg=3.0)
    display = search_display("2-among-5", 18, rng=8)
    trial = searcher.search(display, searcher.practise("2-among-5"), rng=8)
    assert trial.said
    assert trial.inspected[-1] == display.target_index
    assert display.viewing.angle_deg(trial.path.places[-1], display.target) <= searcher.half_deg
    assert trial.fixations == 1 + len(trial.path)
    assert trial.rt > trial.path.watched > trial.path.onset[-1]
    assert trial == searcher.search(display, searcher.practise("2-among-5"), rng=8)


def test_harder_searches_take_more_fixations_of_about_a_quarter_of_a_second_each():
    searcher = OvertSearcher()
    trials = {kind: experiment(kind, trials=20, searcher=searcher).trials for kind in ("pop-out", "2-among-5")}
    taken = {kind: np.mean([trial.fixations for trial in each]) for kind, each in trials.items()}
    assert taken["2-among-5"] > 2 * taken["pop-out"]
    chosen = [trial.fixations - 1 for trial in trials["2-among-5"]]
    slope, intercept = np.polyfit(chosen, [1000 * trial.rt for trial in trials["2-among-5"]], 1)
    assert 202 < slope < 302
    assert 260 < intercept < 520


def made(size, present, said, rt):
    return SearchTrial(size, present, said, rt, (0,), None)


def test_slopes_and_errors_are_those_of_the_trials():
    trials = [made(n, present, present, 0.4 + step * n) for n in (3, 6) for present, step in ((1, 0.01), (0, 0.03))]
    told = SearchExperiment(kind="conjunction", trials=(*trials, made(3, True, False, 9.0)))
    assert np.allclose(told.slopes(), (10, 30, 400, 400))
    assert told.slopes().ratio == pytest.approx(3)
    assert told.errors(3, True) == 0.5
    assert told.errors(3, False) == 0
    assert told.sizes == (3, 6)
    assert told.people is PEOPLE["conjunction"]
    assert told.table()["error"] == [0, 0, 0, 0, 1]
    assert {len(column) for column in told.table().values()} == {5}


def test_a_display_may_be_on_another_screen():
    viewing = Viewing.from_pixels_per_degree(16, (400, 400))
    seen = []

    class Watched(Searcher):
        def search(self, display, practice, *, rng):
            seen.append(display)
            return super().search(display, practice, rng=rng)

    told = run_experiment("q-among-o", sizes=(3, 6), trials=2, searcher=Watched(), layout="ring", viewing=viewing)
    assert [trial.size for trial in told.trials] == [len(display.items) for display in seen] == [3, 3, 6, 6]
    for display in seen:
        assert display.viewing == viewing
        assert np.ptp(viewing.angle_deg(viewing.centre, display.items)) < 0.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"guidance": -1.0}, "expected guidance to be from 0 up, got -1"),
        ({"drift": 0.0}, "expected drift to be above 0, got 0"),
        ({"residual": math.nan}, "expected residual to be above 0, got nan"),
        ({"memory": 1.5}, "expected memory to be a probability, got 1.5"),
    ],
)
def test_a_setting_that_cannot_be_says_so(change, said):
    with pytest.raises(ValueError, match=said):
        Searcher(**change)


def test_bad_use_says_so():
    with pytest.raises(ValueError, match="expected a positive half_deg, got 0"):
        OvertSearcher(half_deg=0)
    with pytest.raises(ValueError, match="there is no search 'hats'"):
        run_experiment("hats", searcher=SEARCHER)
    with pytest.raises(ValueError, match=r"no more than the 25 that fit .*, got 40"):
        run_experiment("conjunction", sizes=(3, 40), searcher=SEARCHER)
    with pytest.raises(ValueError, match="at least 2 trials"):
        run_experiment("conjunction", trials=1, searcher=SEARCHER)
    with pytest.raises(ValueError, match="expected different set sizes"):
        run_experiment("conjunction", sizes=(3, 3), searcher=SEARCHER)
    with pytest.raises(ValueError, match="at least 1 display of at least 2 items, got 0 of 8"):
        SEARCHER.practise("conjunction", displays=0)
    with pytest.raises(ValueError, match="at least two set sizes"):
        SearchExperiment(kind="x", trials=(made(3, True, True, 0.4),)).slopes()
    with pytest.raises(ValueError, match="a correct answer with each set size"):
        SearchExperiment(kind="x", trials=(made(3, True, True, 0.4), made(6, True, True, 0.4))).slopes()


def test_another_map_may_guide():
    searcher = Searcher(model=IttiKoch())
    trial = searcher.search(search_display("pop-out", 6, rng=1), searcher.practise("pop-out", displays=6), rng=1)
    assert trial.size == 6
