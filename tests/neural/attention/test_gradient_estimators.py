"""Why a hard choice cannot be back-propagated: zero gradients, unbiased but noisy estimates, smooth but biased ones."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from neural import attend
from neural.attention.estimator_comparison import estimator_table, learning_curve
from neural.attention.gradient_estimators import (
    exact,
    gumbel_softmax,
    optimal_baseline,
    pathwise,
    reinforce,
    reinforce_moments,
    straight_through,
    straight_through_moments,
)
from neural.figures import estimators_figure
from saliency import softmax

SCORES = np.array([0.4, -0.3, 0.9, 0.0])
REWARDS = np.array([5.0, 5.6, 5.2, 6.0])
BASELINES = ["none", "mean", "optimal", 3.7, -20.0]


def squared(weights):
    """A reward that pays `REWARDS` at the corners and bends between them."""
    return anp.sum(REWARDS * weights**2, axis=-1)


def cubed(weights):
    return anp.sum(REWARDS * weights**3, axis=-1)


def of_the_other_choice(exponent, gap, relaxation, hard):
    """Mean of the Gumbel estimate of the second of two scores, reward w_1 ** exponent, by quadrature."""
    share = (np.arange(2_000_000) + 0.5) / 2_000_000
    noisy = gap + np.log(share / (1 - share))  # two Gumbels differ by a logistic number
    soft = 1 / (1 + np.exp(-np.clip(noisy / relaxation, -700, 700)))
    gradient = exponent * np.where(hard, 1.0 * (noisy > 0), soft) ** (exponent - 1)
    return np.mean(soft * (1 - soft) * gradient) / relaxation


def problems(count):
    """Scores and rewards of `count` choices, and a temperature."""
    numbers = st.lists(st.floats(-3, 3), min_size=count, max_size=count).map(np.array)
    return st.tuples(numbers, numbers, st.floats(0.3, 3))


@settings(max_examples=30, deadline=None)
@given(problems(4))
def test_the_exact_gradient_is_that_of_central_differences(problem):
    scores, rewards, temperature = problem
    for place in range(4):
        step = 1e-5 * np.eye(4)[place]
        above, below = (softmax(scores + side, temperature) @ rewards for side in (step, -step))
        assert exact(scores, rewards, temperature=temperature)[place] == pytest.approx((above - below) / 2e-5, abs=1e-8)


@pytest.mark.parametrize("normalise", ["argmax", "sample"])
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_through_a_choice_is_zero_and_through_its_expectation_is_not(normalise, seed):
    rng = np.random.default_rng(seed)
    scores, keys, values = rng.normal(size=4), np.eye(4), rng.normal(size=(4, 3))

    def paid(query, normalise):
        context = attend(query, keys, values, normalise=normalise, rng=seed).context
        return anp.sum(context**2) + 0 * anp.sum(query)

    assert not grad(paid)(scores, normalise).any()
    assert np.abs(grad(paid)(scores, "softmax")).max() > 1e-3


def test_the_gradient_is_zero_because_the_reward_is_a_step():
    """The same noise, a little more of each score: what is paid does not change at all, until another place wins."""

    def paid(scores):
        return attend(scores, np.eye(4), REWARDS[:, np.newaxis], normalise="sample", rng=1).context[0]

    last = np.eye(4)[3]
    assert {paid(SCORES + change * last) for change in np.linspace(0, 1e-3, 7)} == {paid(SCORES)}
    assert paid(SCORES + 50 * last) == 6.0 != paid(SCORES)
    assert not pathwise(SCORES, REWARDS, draws=50).any()
    assert not pathwise(SCORES, squared, draws=50, temperature=0.2).any()
    assert pathwise(SCORES, squared, draws=50).shape == (50, 4)


@settings(max_examples=30, deadline=None)
@given(problems(4), st.sampled_from(BASELINES))
def test_no_baseline_biases_reinforce(problem, baseline):
    scores, rewards, temperature = problem
    truth = exact(scores, rewards, temperature=temperature)
    moments = reinforce_moments(scores, rewards, baseline=baseline, temperature=temperature)
    assert moments.mean == pytest.approx(truth, abs=1e-12 * 20 / temperature)


@pytest.mark.parametrize("copies", [2, 3, 4])
def test_leaving_one_out_does_not_bias_reinforce(copies):
    moments = reinforce_moments(SCORES, REWARDS, baseline="leave-one-out", copies=copies, temperature=0.7)
    assert moments.mean == pytest.approx(exact(SCORES, REWARDS, temperature=0.7), abs=1e-12)


def test_a_baseline_that_knows_the_choice_does_bias_it():
    """The mean of all copies, the own one included, shrinks the estimate to (M - 1) / M."""
    odds, rewards = softmax(SCORES), REWARDS
    pairs = [(i, j) for i in range(4) for j in range(4)]
    mean = sum(
        odds[i] * odds[j] * (rewards[i] - (rewards[i] + rewards[j]) / 2) * (np.eye(4)[i] - odds) for i, j in pairs
    )
    assert mean == pytest.approx(exact(SCORES, REWARDS) / 2, abs=1e-12)


@pytest.mark.parametrize("baseline", [*BASELINES[:4], "running", "leave-one-out"])
def test_draws_of_reinforce_average_to_the_exact_gradient(baseline):
    estimates = reinforce(SCORES, REWARDS, baseline=baseline, copies=2, temperature=0.7, draws=40_000, rng=3)
    error = estimates.std(axis=0) / np.sqrt(len(estimates))
    assert np.all(np.abs(estimates.mean(axis=0) - exact(SCORES, REWARDS, temperature=0.7)) < 4 * error)


@pytest.mark.parametrize("baseline", [*BASELINES, "leave-one-out"])
@pytest.mark.parametrize("copies", [2, 3])
def test_the_enumerated_variance_is_that_of_the_draws(baseline, copies):
    estimates = reinforce(SCORES, REWARDS, baseline=baseline, copies=copies, draws=40_000)
    moments = reinforce_moments(SCORES, REWARDS, baseline=baseline, copies=copies)
    assert estimates.var(axis=0).sum() == pytest.approx(moments.variance, rel=0.04)


def test_a_baseline_takes_the_noise_out():
    """Rewards of about 5: almost all of the noise without a baseline is the 5."""
    variance = {
        baseline: reinforce_moments(SCORES, REWARDS, baseline=baseline, copies=4).variance
        for baseline in ("none", "mean", "optimal", "leave-one-out")
    }
    assert variance["none"] > 100 * variance["leave-one-out"]
    assert variance["leave-one-out"] > variance["mean"] > 1.02 * variance["optimal"]
    running = reinforce(SCORES, REWARDS, baseline="running", copies=4, draws=20_000).var(axis=0).sum()
    assert variance["optimal"] < running < 1.2 * variance["mean"]


@settings(max_examples=30, deadline=None)
@given(problems(3), st.floats(-4, 4))
def test_no_constant_is_better_than_the_optimal_one(problem, other):
    """And the price of another is what theory says: the squared difference times the mean squared eligibility."""
    scores, rewards, temperature = problem
    best = optimal_baseline(scores, rewards, temperature=temperature)
    least = reinforce_moments(scores, rewards, baseline="optimal", temperature=temperature).variance
    more = reinforce_moments(scores, rewards, baseline=other, temperature=temperature).variance
    odds = softmax(scores, temperature)
    squares = (odds * ((np.eye(3) - odds) ** 2).sum(axis=1)).sum() / temperature**2
    assert more - least == pytest.approx((other - best) ** 2 * squares, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("copies", [2, 3, 4, 5])
def test_leaving_one_out_costs_more_than_the_mean_and_ever_less_with_more_copies(copies):
    """Per copy, its variance is ((M - 2) V + 2 W) / (M - 1), V that of the mean baseline and W that of one pair."""
    odds, truth = softmax(SCORES), exact(SCORES, REWARDS)
    pair = 0.0
    for i in range(4):
        for j in range(4):
            kernel = (REWARDS[i] - REWARDS[j]) * (np.eye(4)[i] - np.eye(4)[j]) / 2
            pair += odds[i] * odds[j] * ((kernel - truth) ** 2).sum()
    mean = reinforce_moments(SCORES, REWARDS, baseline="mean").variance
    left_out = reinforce_moments(SCORES, REWARDS, baseline="leave-one-out", copies=copies).variance
    assert copies * left_out == pytest.approx(((copies - 2) * mean + 2 * pair) / (copies - 1), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(problems(4))
def test_straight_through_is_exact_for_a_linear_reward(problem):
    scores, rewards, temperature = problem
    truth = exact(scores, rewards, temperature=temperature)
    estimates = straight_through(scores, rewards, temperature=temperature, draws=20)
    assert estimates == pytest.approx(np.tile(truth, (20, 1)), abs=1e-12)


def test_straight_through_is_biased_for_any_other_reward():
    """Both rewards pay the same for each choice; only the gradients between the choices differ."""
    assert squared(np.eye(4)).tolist() == cubed(np.eye(4)).tolist() == REWARDS.tolist()
    truth = exact(SCORES, REWARDS)
    assert exact(SCORES, squared).tolist() == truth.tolist()
    for reward, power in ((squared, 2), (cubed, 3)):
        odds = softmax(SCORES)
        gradients = power * odds * REWARDS  # expected gradient: only that of the place that was chosen is not 0
        closed = odds * (gradients - odds @ gradients)
        moments = straight_through_moments(SCORES, reward)
        assert moments.mean == pytest.approx(closed, abs=1e-12)
        assert np.linalg.norm(moments.mean - truth) > 4 * np.linalg.norm(truth)
        estimates = straight_through(SCORES, reward, draws=20_000, rng=2)
        assert np.all(np.abs(estimates.mean(axis=0) - closed) < 4 * estimates.std(axis=0) / np.sqrt(20_000))
        assert estimates.var(axis=0).sum() == pytest.approx(moments.variance, rel=0.04)


def test_straight_through_weighs_the_end_slopes_of_an_edge_by_the_odds():
    """Two choices and the reward w_1 ** 2: right only where both are as likely."""
    square = lambda weights: weights[..., 1] ** 2  # noqa: E731
    even, odd = np.zeros(2), np.log([0.8, 0.2])
    assert straight_through_moments(even, square).mean == pytest.approx(exact(even, square), abs=1e-12)
    assert straight_through_moments(odd, square).mean == pytest.approx(exact(odd, square) * 2 * 0.2, abs=1e-12)


def test_gumbel_softmax_is_biased_even_for_a_linear_reward():
    """Two even scores, tau 1: the expected gradient is the mean of u (1 - u) over 0 to 1, 1/6, and should be 1/4."""
    estimates = gumbel_softmax(np.zeros(2), [0.0, 1.0], draws=100_000)
    assert estimates.mean(axis=0) == pytest.approx([-1 / 6, 1 / 6], abs=4 * estimates.std() / np.sqrt(100_000))
    assert of_the_other_choice(1, 0.0, 1.0, hard=False) == pytest.approx(1 / 6, abs=1e-6)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("power", [1, 2, 3])
def test_the_gumbel_estimates_are_those_of_the_quadrature(hard, power):
    scores = np.array([0.0, -1.0])
    reward = lambda weights: weights[..., 1] ** power  # noqa: E731
    options = {"relaxation": 0.5, "temperature": 0.6, "hard": hard}
    estimates = gumbel_softmax(scores, reward, draws=50_000, rng=1, **options)[:, 1]
    expected = of_the_other_choice(power, -1.0 / 0.6, 0.5, hard) / 0.6
    assert estimates.mean() == pytest.approx(expected, abs=4 * estimates.std() / np.sqrt(50_000))


def test_with_a_linear_reward_the_relaxed_and_the_straight_through_gumbel_are_one():
    assert gumbel_softmax(SCORES, REWARDS, hard=True, draws=9) == pytest.approx(
        gumbel_softmax(SCORES, REWARDS, draws=9), abs=1e-12
    )


def test_a_sharper_relaxation_has_less_bias_and_more_variance():
    truth = exact(SCORES, REWARDS)
    bias, variance = [], []
    for relaxation in (1.0, 0.5, 0.2, 0.05):
        estimates = gumbel_softmax(SCORES, REWARDS, relaxation=relaxation, draws=100_000, rng=0)
        bias.append(np.linalg.norm(estimates.mean(axis=0) - truth))
        variance.append(estimates.var(axis=0).sum())
    assert bias[0] > 2 * bias[1] > 4 * bias[3]
    assert variance == sorted(variance)
    assert variance[-1] > 30 * variance[0]


@pytest.mark.parametrize(("power", "hard", "unbiased"), [(2, True, True), (3, True, False), (3, False, True)])
def test_as_the_relaxation_vanishes_straight_through_stays_biased_beyond_quadratic_rewards(power, hard, unbiased):
    """It puts the mean of the gradients at two corners for the difference of their rewards: the trapezoid rule."""
    scores = np.array([0.0, -1.0])
    truth = exact(scores, [0.0, 1.0])[1]
    limit = of_the_other_choice(power, -1.0, 0.005, hard)
    assert (limit == pytest.approx(truth, rel=0.01)) == unbiased
    if not unbiased:
        assert limit == pytest.approx(truth * power / 2, rel=0.01)


def test_the_table_tells_what_the_tests_tell():
    rows = {row.name: row for row in estimator_table(SCORES, squared, draws=20_000, relaxations=(0.5,))}
    truth = np.linalg.norm(exact(SCORES, squared))
    assert rows["pathwise"].bias == pytest.approx(truth)
    assert rows["pathwise"].variance == 0
    for name in ("no baseline", "mean reward", "optimal constant", "leave-one-out"):
        assert rows[name].bias < 1e-12
        assert rows[name].error == 0
    assert rows["running mean"].bias < 4 * rows["running mean"].error
    for name in ("straight-through", "Gumbel-softmax 0.5", "straight-through Gumbel 0.5"):
        assert rows[name].bias > truth
        assert rows[name].bias > 4 * rows[name].error
    assert rows["mean reward"].variance == pytest.approx(
        reinforce_moments(SCORES, REWARDS, baseline="mean").variance / 4, rel=1e-12
    )
    assert rows["straight-through Gumbel 0.5"].variance > 2 * rows["Gumbel-softmax 0.5"].variance
    linear = {row.name: row for row in estimator_table(SCORES, REWARDS, draws=100, relaxations=())}
    assert (linear["straight-through"].bias, linear["straight-through"].variance) == pytest.approx((0, 0), abs=1e-12)


def test_a_bandit_learns_and_faster_with_a_baseline():
    arms = np.array([5.0, 5.6, 5.2, 6.0])

    def mean_curve(estimator, steps=150):
        return np.mean([learning_curve(estimator, arms, steps=steps, rng=seed) for seed in range(8)], axis=0)

    def with_baseline(baseline):
        return lambda scores, rng: reinforce(scores, arms, baseline=baseline, copies=2, rng=rng, draws=1)

    best = learning_curve(lambda scores, _: exact(scores, arms), arms, steps=150)
    left_out = mean_curve(with_baseline("leave-one-out"))
    assert np.all(np.diff(best) > 0)
    assert (best[0], left_out[0]) == pytest.approx((arms.mean(), arms.mean()))
    assert best[-1] > 5.9
    assert left_out[-1] == pytest.approx(best[-1], abs=0.05)
    assert mean_curve(with_baseline("none"))[-1] < left_out[-1] - 0.2
    still = learning_curve(lambda scores, rng: pathwise(scores, arms, rng=rng, draws=1), arms, steps=10)
    assert still == pytest.approx(arms.mean(), abs=1e-12)


def test_the_figure_shows_every_row_of_the_table_and_every_curve():
    tables = {name: estimator_table(SCORES, reward, draws=50) for name, reward in (("a", REWARDS), ("b", squared))}
    curves = {"exact": [[5.0, 5.5, 5.9]], "noisy": [[5.0, 5.2, 5.3], [5.0, 4.8, 5.1]]}
    learning, bias, variance = estimators_figure(tables, curves, best=6.0).axes
    assert [text.get_text() for text in learning.get_legend().get_texts()] == ["exact", "noisy"]
    assert learning.lines[1].get_ydata() == pytest.approx([5.0, 5.0, 5.2])
    assert [text.get_text() for text in bias.get_yticklabels()] == [row.name for row in tables["a"]]
    assert [bar.get_width() for bar in bias.patches] == pytest.approx(
        [row.bias for row in (*tables["a"], *tables["b"])]
    )
    assert len(variance.patches) == 2 * len(tables["a"])
    with pytest.raises(ValueError, match="at least one table and one curve"):
        estimators_figure(tables, {}, best=6.0)


def test_the_seed_is_the_result():
    for estimator in (pathwise, reinforce, straight_through, gumbel_softmax):
        assert np.array_equal(estimator(SCORES, squared, rng=5, draws=9), estimator(SCORES, squared, rng=5, draws=9))
    assert not np.array_equal(reinforce(SCORES, REWARDS, rng=5), reinforce(SCORES, REWARDS, rng=6))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact([1.0], [1.0]), "at least two finite scores"),
        (lambda: exact(np.zeros((2, 2)), [1.0, 2.0]), "at least two finite scores"),
        (lambda: exact([0.0, np.nan], [1.0, 2.0]), "at least two finite scores"),
        (lambda: exact([0.0, 1.0], [1.0, 2.0, 3.0]), "a finite reward for each of the 2 choices"),
        (lambda: exact([0.0, 1.0], [1.0, np.inf]), "a finite reward for each of the 2 choices"),
        (lambda: exact([0.0, 1.0], lambda weights: weights), "a finite reward for each of the 2 choices"),
        (lambda: exact([0.0, 1.0], [1.0, 2.0], temperature=0), "temperature above 0"),
        (lambda: reinforce(SCORES, REWARDS, baseline="magic"), "there is no baseline 'magic'"),
        (lambda: reinforce(SCORES, REWARDS, baseline="leave-one-out"), "at least two copies"),
        (lambda: reinforce(SCORES, REWARDS, baseline="running", decay=1.0), "a decay from 0 to below 1, got 1.0"),
        (lambda: reinforce(SCORES, REWARDS, draws=0), "at least one draw"),
        (lambda: pathwise(SCORES, REWARDS, draws=0), "at least one draw"),
        (lambda: reinforce_moments(SCORES, REWARDS, baseline="running"), "depends on the draws before"),
        (lambda: reinforce_moments(SCORES, REWARDS, copies=20), "20 copies of 4 choices"),
        (lambda: gumbel_softmax(SCORES, REWARDS, relaxation=0), "temperature above 0"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
