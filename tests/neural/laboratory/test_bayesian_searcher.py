"""Laws, a slow twin and phenomena of the Bayesian searcher."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.laboratory.bayesian_searcher import RULES, BayesianSearcher, hexagon

PLACES = hexagon(3)


def taken(rule, count=60, **how):
    searcher = BayesianSearcher(rule=rule, **how)
    return [searcher.search(seed % len(PLACES), PLACES, rng=seed) for seed in range(count)]


def fixations(hunts):
    return np.mean([len(hunt.fixated) for hunt in hunts])


def test_who_looks_where_it_helps_needs_far_fewer_fixations_than_who_looks_anywhere():
    random = fixations(taken("random"))
    assert fixations(taken("entropy")) < 0.7 * random
    assert fixations(taken("map")) < 0.8 * random


def test_the_simple_rule_is_nearly_as_fast_as_the_ideal_one():
    assert fixations(taken("entropy", 24)) < 1.25 * fixations(taken("ideal", 24))


@pytest.mark.parametrize("rule", ["entropy", "map", "random"])
def test_who_is_confident_is_right_as_often(rule):
    assert np.mean([hunt.correct for hunt in taken(rule, 100)]) >= 0.9


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), rule=st.sampled_from(RULES))
def test_beliefs_are_probabilities_and_the_same_seed_gives_the_same_search(seed, rule):
    searcher = BayesianSearcher(rule=rule, fixations=4)
    hunt, again = (searcher.search(5, hexagon(1), rng=seed) for _ in range(2))
    assert np.allclose(hunt.posteriors.sum(axis=1), 1)
    assert len(hunt.posteriors) == len(hunt.fixated) <= 4
    assert hunt.fixated[0] == 3
    assert hunt.fixated == again.fixated
    assert hunt.found == again.found


def test_a_prior_counts_like_evidence():
    prior = np.full(len(PLACES), 1e-3)
    prior[4] = 1
    sure = BayesianSearcher(confidence=0.9).search(4, PLACES, prior=prior, rng=0)
    assert len(sure.fixated) < 5
    assert sure.correct


def test_the_ideal_gain_is_the_probability_of_being_right_after_a_look():
    searcher, places = BayesianSearcher(rule="ideal"), hexagon(1)
    seen = searcher.detectabilities(places)
    posterior = np.array([0.3, 0.05, 0.1, 0.2, 0.05, 0.05, 0.25])
    rng, share = np.random.default_rng(0), []
    for gaze in range(len(places)):
        right = 0
        for target in rng.choice(len(places), 4000, p=posterior):
            signs = np.where(np.arange(len(places)) == target, 0.5, -0.5)
            logs = np.log(posterior) + seen[:, gaze] ** 2 * signs + seen[:, gaze] * rng.standard_normal(len(places))
            right += logs.argmax() == target
        share.append(right / 4000)
    from neural.laboratory import kernels

    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    gains = np.empty(len(places))
    kernels.ideal_gains(posterior, seen, nodes, weights / weights.sum(), gains)
    assert np.allclose(gains, share, atol=0.03)
    assert searcher.next_place(posterior, seen) == gains.argmax()


def test_a_hexagon_has_neighbours_at_its_spacing():
    places = hexagon(2, 1.5)
    apart = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
    assert len(places) == 19
    assert np.allclose(np.where(apart > 0, apart, np.inf).min(axis=1), 1.5)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: BayesianSearcher(rule="magic"), "there is no rule 'magic'; expected one of: ideal, entropy"),
        (lambda: BayesianSearcher(detectability=0), "expected a positive detectability"),
        (lambda: BayesianSearcher(confidence=1.0), "expected a confidence from 0.5 to below 1"),
        (lambda: BayesianSearcher().search(99, PLACES), "a target among them"),
        (lambda: BayesianSearcher().search(0, PLACES[:1]), "expected at least 2 places"),
        (lambda: BayesianSearcher().search(0, PLACES, prior=[1, 0]), "expected a prior above 0 for each of the 37"),
        (lambda: hexagon(0), "at least 1 ring"),
    ],
)
def test_bad_use_says_so(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()
