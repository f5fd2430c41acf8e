"""The bridge: what cognitive science and neural networks call attention is one mathematics, row by row.

`docs/attention.md` says each row in words and names its test; here the project's own functions stand on both sides.
"""

import importlib
import math
import re
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from foveation import (
    Dougherty,
    GeislerPerry,
    GlimpseSensor,
    HortonHoyt,
    Viewing,
    as_image,
    cortical_magnification,
    sample_pixels,
)
from neural import attend
from neural.attention.chain import LinearChainAttention
from neural.attention.gradient_estimators import exact, reinforce_moments
from neural.attention.segments import attend_groups
from neural.figures import readouts_figure
from saliency import Argmax, CentreBias, InhibitionOfReturn, IttiKoch, Softmax, Visit, WinnerTakeAll, softmax
from saliency.gate.softmax import perturbed

IMAGE = as_image(sample_pixels("rocket"))
GAINS = {"intensity": 0.5, "colour": 2.0, "orientation": 1.0}
SCORES = np.array([1.3, 0.2, -0.4, 0.9, 0.0])
NOT_ROWS = {"test_the_figure_reads_one_map_in_four_ways", "test_the_page_names_tests_and_functions_that_exist"}
PAGE = Path(__file__).parents[1] / "docs" / "attention.md"


@pytest.fixture(scope="module")
def channels():
    """Conspicuity of each channel at each place of the picture, (height, width, 3): the keys."""
    return np.stack(list(IttiKoch().conspicuity(IMAGE).values()), axis=-1).astype(float)


def query_of(gains):
    return np.array(list(gains.values())) / 3


def grid_of(step):
    """Every `step`-th place (x, y) of the picture, (rows, columns, 2)."""
    y, x = np.mgrid[step // 2 : IMAGE.shape[0] : step, step // 2 : IMAGE.shape[1] : step]
    return np.stack([x, y], axis=-1)


def chosen(scores, normalise="softmax", **options):
    """Attend to places that have these scores; the weights."""
    return attend(
        np.ones(1),
        np.asarray(scores, float)[..., np.newaxis],
        np.ones((*np.shape(scores), 1)),
        normalise=normalise,
        **options,
    ).weights


def total_variation(p, q):
    return np.abs(np.asarray(p) - np.asarray(q)).sum() / 2


# Priority, keys, queries


def test_a_priority_map_is_the_scores_of_attention(channels):
    """One location, one key; the task's gains are the query: q . k(l) is the Itti-Koch map with these gains."""
    map_ = IttiKoch(**GAINS)(IMAGE)
    assert_allclose(channels @ query_of(GAINS), map_, rtol=0, atol=2e-6 * map_.max())
    soft = attend(query_of(GAINS), channels, channels, temperature=0.2)
    assert_allclose(soft.weights, Softmax(temperature=0.2).weights(map_), rtol=1e-4)


def test_attention_selects_on_conspicuity_and_returns_what_the_fovea_sees(channels):
    """Key and value are not the same thing: where to look is decided by features, what comes back is a glimpse."""
    places, sensor = grid_of(16), GlimpseSensor(size=8, scales=3)
    glimpses = sensor(IMAGE, places.reshape(-1, 2)).reshape(*places.shape[:2], -1)
    keys = channels[places[..., 1], places[..., 0]]
    seen = attend(query_of(GAINS), keys, glimpses, normalise="argmax").context
    won = Argmax()((keys @ query_of(GAINS)).astype(np.float32))
    assert np.array_equal(seen, sensor(IMAGE, places[won.y, won.x]).ravel())


def test_a_spatial_prior_is_a_bias_added_to_the_scores(channels):
    r"""Log A(l) is one more key, with a query of 1: :math:`softmax(s + \ln A) = A e^s / \sum A e^s`."""
    prior = CentreBias().log_density(IMAGE.shape)
    keys = np.concatenate([channels, prior[..., np.newaxis]], axis=-1)
    weights = attend(np.append(query_of(GAINS), 1.0), keys, keys).weights
    multiplied = np.exp(channels @ query_of(GAINS)) * np.exp(prior)
    assert_allclose(weights, multiplied / multiplied.sum(), rtol=1e-10)


def test_several_task_sets_are_several_heads(channels):
    """H queries to the same keys are H priority maps at once."""
    tasks = [GAINS, {"intensity": 1.0, "colour": 0.0, "orientation": 0.0}, dict.fromkeys(GAINS, 1.0)]
    heads = attend(np.stack([query_of(task) for task in tasks]), channels, channels, temperature=0.1).weights
    assert heads.shape == (3, *IMAGE.shape[:2])
    for task, head in zip(tasks, heads, strict=True):
        assert_allclose(head, Softmax(temperature=0.1).weights(IttiKoch(**task)(IMAGE)), rtol=1e-3)


# Divisive normalisation


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.floats(0.1, 5))
def test_divisive_normalisation_is_softmax_with_the_task_as_a_bias(seed, temperature):
    r""":math:`E A / \sum E A` with drive :math:`E = e^{s/T}`, attention field :math:`A = e^{b/T}`: a gain, a bias."""
    rng = np.random.default_rng(seed)
    scores, bias = rng.normal(size=(2, 8))
    drive, field = np.exp(scores / temperature), np.exp(bias / temperature)
    assert chosen(scores + bias, temperature=temperature) == pytest.approx(drive * field / (drive @ field), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.floats(0.01, 10), st.floats(0.1, 5))
def test_semi_saturation_is_one_more_place_that_is_nowhere(seed, sigma, temperature):
    r""":math:`E A / (\sigma + \sum E A)`: a slot of score :math:`T \ln \sigma` takes what is attended to nowhere."""
    scores, bias = np.random.default_rng(seed).normal(size=(2, 8))
    grown = np.exp((scores + bias) / temperature)
    weights = chosen(np.append(scores + bias, temperature * np.log(sigma)), temperature=temperature)
    assert weights[:-1] == pytest.approx(grown / (sigma + grown.sum()), rel=1e-12)
    assert weights[-1] == pytest.approx(sigma / (sigma + grown.sum()), rel=1e-12)
    assert chosen(scores + bias, temperature=temperature).sum() == pytest.approx(1)


# Winner-take-all


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_winner_take_all_is_softmax_at_temperature_zero(seed):
    """The race, the argmax, hard attention and the limit of soft attention are one place."""
    priority = np.random.default_rng(seed).uniform(0.2, 1, (6, 7)).astype(np.float32)
    won, top = WinnerTakeAll()(priority), Argmax()(priority)
    assert (won.x, won.y) == (top.x, top.y)
    hard = Argmax().weights(priority)
    assert np.array_equal(chosen(priority, "argmax"), hard)
    gap = float(np.diff(np.sort(priority.ravel().astype(float))[-2:])[0])
    assert chosen(priority, temperature=gap / 40) == pytest.approx(hard, abs=1e-14)
    assert chosen(priority, temperature=1e9) == pytest.approx(1 / 42, rel=1e-8)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 9999), st.floats(0.05, 5))
def test_softmax_is_the_best_trade_of_score_for_entropy(seed, temperature):
    r""":math:`\langle p, s\rangle + T H(p)` is greatest at softmax, :math:`T \ln Z`; others lack T times a divergence.

    At temperature 0 the entropy counts nothing and the best is all weight on the greatest score: winner-take-all.
    """
    rng = np.random.default_rng(seed)
    scores, other = rng.normal(size=6), rng.dirichlet(np.ones(6))

    def worth(p):
        return p @ scores - temperature * np.sum(p * np.log(np.maximum(p, 1e-300)))

    soft = attend(np.ones(1), scores[:, np.newaxis], scores[:, np.newaxis], temperature=temperature)
    best = temperature * (scores.max() / temperature + np.log(np.exp((scores - scores.max()) / temperature).sum()))
    assert worth(soft.weights) == pytest.approx(best, rel=1e-9, abs=1e-12)
    assert soft.context[0] + temperature * soft.entropy == pytest.approx(best, rel=1e-9, abs=1e-12)
    divergence = np.sum(other * (np.log(other) - scores / temperature)) + best / temperature
    assert worth(other) == pytest.approx(best - temperature * divergence, rel=1e-9, abs=1e-9)
    assert worth(other) < best
    assert other @ scores <= chosen(scores, "argmax") @ scores


# The race without noise


def latency_alone(gate, strength):
    """Time to threshold of one unit, from the closed form of the two membrane equations (bisection)."""
    fast, slow = gate.capacitance / gate.leak, gate.saliency_capacitance / gate.saliency_leak
    level = gate.coupling / gate.leak * gate.current / gate.saliency_leak * strength

    def potential(time):
        rise = 1 - (slow * math.exp(-time / slow) - fast * math.exp(-time / fast)) / (slow - fast)
        return level * rise + gate.reset * math.exp(-time / fast)

    early, late = 0.0, gate.patience
    for _ in range(60):
        middle = (early + late) / 2
        early, late = (early, middle) if potential(middle) > gate.threshold else (middle, late)
    return late


@pytest.mark.parametrize("strength", [0.55, 0.7, 1.0])
@pytest.mark.parametrize("reset", [0.0, -0.02])
def test_a_charged_race_lasts_tau_ln_of_RI_over_RI_less_theta(strength, reset):
    r"""One stage, from rest: :math:`t = \tau \ln(R I / (R I - \theta))`; from a reset potential r, RI - r on top."""
    gate = WinnerTakeAll(charged_s=np.inf, reset=reset, threshold=0.05, step=1e-5)
    level = 5 * 0.02 * strength  # R I in volt: 5 times the saliency neuron's 20 mV
    expected = 0.1 * np.log((level - reset) / (level - 0.05))
    assert gate(np.array([[0.0, strength]])).latency == pytest.approx(expected, abs=2.1e-5)


@pytest.mark.parametrize("gate", [WinnerTakeAll(step=1e-5), WinnerTakeAll(charged_s=np.inf, step=1e-5)])
def test_the_race_is_argmax_with_a_latency(gate):
    """All potentials are one curve, scaled by the priority: the greater is ahead at every time, so it fires first."""
    strengths = np.random.default_rng(0).uniform(0.3, 1, 12)
    alone = [gate(np.array([[0.0, strength]])).latency for strength in strengths]
    assert np.array_equal(np.argsort(alone), np.argsort(-strengths))
    together = gate(strengths[np.newaxis])
    assert together.x == np.argmax(chosen(strengths, "argmax"))
    assert together.latency == min(alone)
    if gate.charged_s == 0:
        assert alone == pytest.approx([latency_alone(gate, strength) for strength in strengths], abs=3e-5)


# The race with noise


def thurstone(means, spread):
    """Probability that each of several normal numbers is the greatest, by quadrature."""
    z = np.linspace(-8, 8, 2001)
    density = np.exp(-z * z / 2)
    cumulative = np.vectorize(lambda x: (1 + math.erf(x / math.sqrt(2))) / 2)
    ahead = [
        np.prod([cumulative(z + (mine - other) / spread) for k, other in enumerate(means) if k != own], axis=0)
        for own, mine in enumerate(means)
    ]
    return np.array(ahead) @ density / density.sum()


def nearest_softmax(scores, odds):
    """Temperature of the softmax that is nearest to some odds, and what is left of total variation."""
    temperatures = np.geomspace(0.02, 5, 2000)
    apart = [total_variation(softmax(scores, temperature), odds) for temperature in temperatures]
    best = int(np.argmin(apart))
    return temperatures[best], apart[best]


def test_a_race_with_noisy_drives_is_thurstones_choice():
    """Noise on the logarithm of the drive moves the runner, not the rule: argmax of ln s + noise, with normal noise."""
    strengths, gate, rng = np.array([[1.0, 0.9, 0.75, 0.6, 0.4]]), WinnerTakeAll(noise=0.3), np.random.default_rng(0)
    won = np.bincount([gate(strengths, rng).x for _ in range(10_000)], minlength=5) / 10_000
    odds = thurstone(np.log(strengths[0]), 0.3)
    assert np.all(np.abs(won - odds) < 4 * np.sqrt(odds / 10_000))
    assert total_variation(won, odds) < 0.01


def test_a_race_with_noisy_drives_is_close_to_softmax_but_not_softmax():
    """Computed, not sampled: what is left at the best temperature is no sampling error. More noise, more heat."""
    scores = np.log([1.0, 0.9, 0.75, 0.6, 0.4])
    fits = [nearest_softmax(scores, thurstone(scores, noise)) for noise in (0.1, 0.2, 0.3, 0.6)]
    heat, apart = zip(*fits, strict=True)
    assert list(heat) == sorted(heat)
    assert heat[-1] > 4 * heat[0]
    assert all(0.005 < rest < 0.03 for rest in apart)


def test_a_race_with_noisy_membranes_is_close_to_softmax_but_not_softmax():
    """Leaky integrators in equal noise, stepped by Euler and Maruyama: the misfit is far above the sampling error."""
    drives, tau, step, trials, rng = np.array([1.8, 1.6, 1.4, 1.2]), 20.0, 0.25, 20_000, np.random.default_rng(0)
    heat = []
    for noise, least, most in ((0.1, 0.010, 0.03), (0.3, 0.0, 0.02)):
        potential, counts = np.zeros((trials, 4)), np.zeros(4)
        while len(potential):
            kick = noise * np.sqrt(2 * step / tau) * rng.standard_normal(potential.shape)
            potential = potential + step / tau * (drives - potential) + kick
            fired = potential.max(axis=1) >= 1
            counts += np.bincount(potential[fired].argmax(axis=1), minlength=4)
            potential = potential[~fired]
        temperature, apart = nearest_softmax(drives, counts / trials)
        assert least < apart < most
        heat.append(temperature)
    assert heat[1] > 2 * heat[0]


def test_a_race_of_exponential_clocks_is_sampled_attention():
    r"""Rates :math:`e^{s/T}`, the first spike wins: softmax exactly, for any T; and it comes after 1/Z on average."""
    rng, trials = np.random.default_rng(0), 200_000
    for temperature in (0.5, 1.0, 3.0):
        rates = np.exp(SCORES / temperature)
        clocks = rng.exponential(1 / rates, (trials, SCORES.size))
        won = np.bincount(clocks.argmin(axis=1), minlength=SCORES.size) / trials
        odds = chosen(SCORES, temperature=temperature)
        assert np.all(np.abs(won - odds) < 4 * np.sqrt(odds * (1 - odds) / trials))
        assert total_variation(won, odds) < 0.004
        first = clocks.min(axis=1)
        assert first.mean() == pytest.approx(1 / rates.sum(), rel=0.01)
        slowest = clocks.argmin(axis=1) == np.argmin(SCORES)  # who wins says nothing about when
        assert first[slowest].mean() == pytest.approx(first.mean(), rel=0.05)


def test_the_gumbel_of_gumbel_max_is_the_log_of_an_exponential_clock():
    """Minus the logarithm of a clock is score over temperature plus Gumbel noise: the earliest is the greatest."""
    noisy = perturbed(np.tile(SCORES, (50_000, 1)), 0.7, 0)
    clocks = np.exp(-noisy)
    assert np.array_equal(clocks.argmin(axis=1), noisy.argmax(axis=1))
    in_units = np.sort((clocks * np.exp(SCORES / 0.7)).ravel())  # unit exponentials, if this is true
    ranks = (np.arange(in_units.size) + 0.5) / in_units.size
    assert np.abs(-np.expm1(-in_units) - ranks).max() < 1.63 / np.sqrt(in_units.size)  # Kolmogorov-Smirnov, 1 %
    drawn = attend(np.ones(1), SCORES[:, np.newaxis], np.eye(5), normalise="sample", temperature=0.7, rng=3)
    assert drawn.weights.argmax() == np.exp(-perturbed(SCORES, 0.7, 3)).argmin()


# Competition


@pytest.mark.parametrize("temperature", [0.3, 1.0])
def test_competition_settles_at_softmax(temperature):
    r""":math:`\dot x_i = x_i (u_i - \sum_j x_j u_j)`, :math:`u = s - T \ln x`: free energy climbs to softmax."""
    x, energy = np.full(5, 0.2), []
    for _ in range(3000):
        use = SCORES - temperature * np.log(x)
        energy.append(x @ use)
        x = x * np.exp(0.05 * (use - x @ use))
        x /= x.sum()
    assert x == pytest.approx(chosen(SCORES, temperature=temperature), abs=1e-12)
    assert np.all(np.diff(energy) > -1e-14)
    assert energy[-1] == pytest.approx(temperature * np.log(np.exp(SCORES / temperature).sum()), abs=1e-12)


# Inhibition of return


VIEWING = Viewing.from_pixels_per_degree(20, (400, 400))
SPOTS = np.array([(40.0, 60.0), (350.0, 40.0), (200.0, 200.0), (60.0, 330.0), (340.0, 360.0)])
PRIORITY = np.array([0.9, 0.5, 0.3, 0.7, 0.2])


def plackett_luce(path, priority):
    """Probability of a scanpath that never returns: each choice is among what is left, in proportion to priority."""
    left, odds = priority.sum(), 1.0
    for place in path:
        odds *= priority[place] / left
        left -= priority[place]
    return odds


def inhibited(path, memory):
    """Priority of the spots after a path, one fixation a second: divided by one plus the inhibition."""
    visits = [Visit(*SPOTS[place], float(number)) for number, place in enumerate(path)]
    return PRIORITY / (1 + memory(visits, float(len(path)), SPOTS, VIEWING))


def test_full_inhibition_of_return_is_sampling_without_replacement():
    """Total, point-like, lasting inhibition: chances of scanpaths are Plackett-Luce, and all of them add up to one."""
    memory = InhibitionOfReturn(strength=1e13, spread_deg=0.1, decay_s=1e9)
    total = 0.0
    for path in permutations(range(5), 3):
        odds = [chosen(np.log(inhibited(path[:k], memory)))[path[k]] for k in range(3)]
        assert np.prod(odds) == pytest.approx(plackett_luce(path, PRIORITY), rel=1e-9)
        total += plackett_luce(path, PRIORITY)
    assert total == pytest.approx(1)


def test_gumbel_top_k_draws_whole_scanpaths_without_replacement():
    """The three greatest noisy scores, in order, are a scanpath of three fixations."""
    trials = 200_000
    paths = np.argsort(-perturbed(np.tile(np.log(PRIORITY), (trials, 1)), 1.0, 0), axis=1)[:, :3]
    codes = np.bincount(paths @ [25, 5, 1], minlength=125) / trials
    for path in permutations(range(5), 3):
        odds = plackett_luce(path, PRIORITY)
        assert codes[np.array(path) @ [25, 5, 1]] == pytest.approx(odds, abs=4.5 * np.sqrt(odds / trials))


def test_an_observer_with_full_inhibition_walks_like_gumbel_top_k():
    memory, rng, trials = InhibitionOfReturn(strength=1e13, spread_deg=0.1, decay_s=1e9), np.random.default_rng(0), 3000
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(trials):
        path: tuple[int, ...] = ()
        while len(path) < 3:
            scores = np.log(inhibited(path, memory))
            path += (int(chosen(scores, "sample", rng=rng).argmax()),)
        counts[path] = counts.get(path, 0) + 1
    assert all(len(set(path)) == 3 for path in counts)
    for path in permutations(range(5), 3):
        odds = plackett_luce(path, PRIORITY)
        assert counts.get(path, 0) / trials == pytest.approx(odds, abs=4.5 * np.sqrt(odds / trials))


def test_inhibition_of_return_is_a_coverage_that_fades():
    r""":math:`G_t = a \sum_{k<t} \lambda^{t - t_k} K(\cdot, l_k)`; on log priorities a bias, :math:`-\ln(1 + G)`."""
    memory = InhibitionOfReturn(strength=3.0, spread_deg=4.0, decay_s=2.0)
    path, fade = (0, 2, 3), np.exp(-1 / 2.0)
    kernel = np.exp(-0.5 * (VIEWING.angle_deg(SPOTS[:, np.newaxis], SPOTS) / 4.0) ** 2)
    coverage = 3.0 * sum(fade ** (3 - number) * kernel[place] for number, place in enumerate(path))
    assert inhibited(path, memory) == pytest.approx(PRIORITY / (1 + coverage), rel=1e-9)
    biased = chosen(np.log(PRIORITY) - np.log1p(coverage))
    assert chosen(np.log(inhibited(path, memory))) == pytest.approx(biased, rel=1e-9)
    weak = InhibitionOfReturn(strength=0.03, spread_deg=4.0, decay_s=2.0)  # then the bias is the coverage itself
    assert np.log(PRIORITY / inhibited(path, weak)) == pytest.approx(0.01 * coverage, rel=0.02)


# Acuity


def resolution_of(sensor, distance):
    """Cells per pixel with which a sensor resolves one pixel, so far right of the middle; the finest of its patches."""
    picture = np.zeros((256, 256), np.float32)
    picture[127, 128 + distance] = 1.0  # `distance` + 1/2 from the gaze
    return float(np.sqrt(sensor(picture, (127.5, 127.5)).max()))


def test_a_glimpse_spends_the_same_samples_on_any_picture():
    sensor = GlimpseSensor(size=8, scales=4)
    assert {sensor(np.zeros(shape), (20, 20)).size for shape in ((60, 60), (200, 300), (64, 999))} == {4 * 8**2}


@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_the_glimpses_patches_are_a_hyperbolic_fall_of_acuity(factor):
    """In ring j the resolution is s ** -j: E2 / (E2 + r) with E2 = g / 2, to within a factor of two or of s."""
    size, scales = 8, 3
    sensor, half = GlimpseSensor(size=size, scales=scales, factor=factor), size / 2
    cortex = HortonHoyt(half_eccentricity_deg=half)  # one pixel a degree
    for distance in range(int(half * factor ** (scales - 1))):
        r = distance + 0.5
        ring = max(0, math.ceil(math.log(r / half, factor)))
        resolution = resolution_of(sensor, distance)
        assert resolution == pytest.approx(factor**-ring, rel=1e-6)
        hyperbola = half / (half + r)
        assert 1 / factor < resolution / hyperbola <= 2
        assert ring == 0 or 1 / factor < resolution / (half / r) <= 1.000001
        magnification = cortex.magnification_mm_deg(r) / cortex.magnification_mm_deg(0)
        assert 1 / factor**2 < resolution**2 / magnification**2 <= 4  # samples an area


@pytest.mark.parametrize(
    ("law", "foveal", "half"), [(HortonHoyt(), 17.3 / 0.75, 0.75), (Dougherty(), 29.2 / 3.67, 3.67)]
)
def test_the_cortex_spends_its_millimetres_by_the_same_hyperbola(law, foveal, half):
    eccentricity = np.array([0.0, half, 5, 20, 60])
    expected = foveal / (1 + eccentricity / half)
    assert law.magnification_mm_deg(eccentricity) == pytest.approx(expected)
    assert cortical_magnification(eccentricity, law=law) == pytest.approx(expected)


def test_the_finest_visible_grating_falls_by_the_same_hyperbola():
    """Geisler and Perry (1998): alpha 0.106, E2 2.3 deg, least contrast 1/64."""
    eccentricity = np.array([0.0, 2.3, 10, 30])
    cutoff = 2.3 * np.log(64) / (0.106 * (eccentricity + 2.3))
    assert GeislerPerry().cutoff_cpd(eccentricity) == pytest.approx(cutoff)
    assert cutoff / cutoff[0] == pytest.approx(2.3 / (2.3 + eccentricity))


# Soft and hard


def test_soft_attention_is_the_mean_of_hard_attention_and_has_none_of_its_noise(channels):
    """Of all glimpses that a saccade may fetch, the soft context is the expected one (Rao and Blackwell)."""
    places = grid_of(24)
    glimpses = GlimpseSensor(size=4, scales=2)(IMAGE, places.reshape(-1, 2)).reshape(*places.shape[:2], -1)
    keys, options = channels[places[..., 1], places[..., 0]], {"temperature": 0.3}
    soft = attend(query_of(GAINS), keys, glimpses, **options)
    rows = glimpses.reshape(-1, glimpses.shape[-1]).astype(float)
    odds = soft.weights.ravel()
    assert soft.context == pytest.approx(sum(p * row for p, row in zip(odds, rows, strict=True)), abs=1e-12)
    noise = odds @ ((rows - soft.context) ** 2).sum(axis=1)
    assert odds @ (rows**2).sum(axis=1) == pytest.approx((soft.context**2).sum() + noise)
    many = attend(np.tile(query_of(GAINS), (4000, 1)), keys, glimpses, normalise="sample", rng=0, **options).context
    assert np.linalg.norm(many.mean(axis=0) - soft.context) < 3 * np.sqrt(noise / 4000)
    assert ((many - soft.context) ** 2).sum(axis=1).mean() == pytest.approx(noise, rel=0.1)
    assert noise > 0.1


def test_a_saccade_and_a_covert_shift_read_one_map(channels):
    """The mode, a sample and the expectation of one distribution over places."""
    places = grid_of(24)
    priority = channels[places[..., 1], places[..., 0]] @ query_of(GAINS)
    odds = chosen(priority, temperature=0.2)
    assert chosen(priority, "argmax").argmax() == odds.argmax()
    won = WinnerTakeAll()(priority)
    assert (won.y, won.x) == np.unravel_index(odds.argmax(), odds.shape)
    rng, gate, count = np.random.default_rng(0), Softmax(temperature=0.2), 3000
    gazes = np.array([places[drawn.y, drawn.x] for drawn in (gate(priority, rng) for _ in range(count))])
    expected = attend(np.ones(1), priority[..., np.newaxis], places.astype(float), temperature=0.2).context
    assert gazes.mean(axis=0) == pytest.approx(expected, abs=4 * gazes.std() / np.sqrt(count))


# Learning


def test_learning_where_to_look_is_prediction_error_times_eligibility():
    """The eligibility is the slope of the log probability that `attend` gives; on average, exact for any baseline."""
    rewards, temperature = np.array([0.0, 1.0, 0.3, -0.5, 0.8]), 0.7
    odds = chosen(SCORES, temperature=temperature)

    def log_prob(scores, seed):
        return attend(scores, np.eye(5), np.eye(5), normalise="sample", temperature=temperature, rng=seed).log_prob

    seen = set()
    for seed in range(60):
        place = int(chosen(SCORES, "sample", temperature=temperature, rng=seed).argmax())
        seen.add(place)
        assert grad(log_prob)(SCORES, seed) == pytest.approx((np.eye(5)[place] - odds) / temperature, abs=1e-12)
    assert seen == set(range(5))
    truth = exact(SCORES, rewards, temperature=temperature)
    assert truth == pytest.approx(odds * (rewards - odds @ rewards) / temperature, abs=1e-15)
    for expected_reward in (0.0, odds @ rewards, 10.0):
        moments = reinforce_moments(SCORES, rewards, baseline=expected_reward, temperature=temperature)
        assert moments.mean == pytest.approx(truth, abs=1e-14)
    soft = grad(lambda scores: attend(scores, np.eye(5), rewards[:, np.newaxis], temperature=temperature).context[0])
    assert soft(SCORES) == pytest.approx(truth, abs=1e-14)


# Hierarchies and structure


def test_hierarchical_attention_is_flat_attention_with_log_sum_exp_pooling():
    """First the object, then a place in it: p(i) p(j|i) = p(i, j), if the object's score sums up its places."""
    scores, temperature = np.random.default_rng(0).normal(size=(6, 5)), 0.6
    flat = chosen(scores, temperature=temperature)
    rows = np.tile(np.arange(6)[:, np.newaxis], (1, 5))
    seen = attend_groups(scores, rows, temperature=temperature)
    assert seen.weights == pytest.approx(flat, abs=1e-15)
    pooled = temperature * np.log(np.exp(scores / temperature).sum(axis=1))
    assert seen.groups == pytest.approx(chosen(pooled, temperature=temperature), abs=1e-15)
    assert seen.members == pytest.approx(np.stack([chosen(row, temperature=temperature) for row in scores]), abs=1e-15)
    by_peaks = attend_groups(scores, rows, coarse="max", temperature=temperature)
    assert total_variation(by_peaks.weights, flat) > 0.04


def test_coarse_to_fine_winner_take_all_is_flat_winner_take_all():
    """Each coarse cell bears the peak of its places: the winner's winner is the winner (selective tuning)."""
    map_ = IttiKoch()(IMAGE)[:416, :640]
    cell = Argmax()(map_.reshape(13, 32, 20, 32).max(axis=(1, 3)))
    beam = map_[32 * cell.y : 32 * cell.y + 32, 32 * cell.x : 32 * cell.x + 32]
    place, flat = Argmax()(beam), Argmax()(map_)
    assert (32 * cell.x + place.x, 32 * cell.y + place.y) == (flat.x, flat.y)
    rows, columns = np.indices(map_.shape) // 32
    down = attend_groups(map_, 20 * rows + columns, coarse="max", normalise="argmax")
    assert np.array_equal(down.weights, Argmax().weights(map_))
    assert down.groups.argmax() == 20 * cell.y + cell.x


def states_of(chain, count, states=2):
    """All states of a chain (m, count), and their probabilities, by going through them one by one."""
    nodes, edges = chain
    every = np.indices((states,) * count).reshape(count, -1).T
    scores = nodes[np.arange(count), every].sum(axis=1)
    scores = scores + np.array([sum(edges[a, b] for a, b in pairwise(one)) for one in every])
    return every, softmax(scores)


def test_grouping_is_a_chain_of_places_that_want_to_agree():
    """The marginals of the chain are the attention map; attraction raises a weak place between two strong ones."""
    unary = np.array([-2.0, 2.0, -0.5, 2.0, -2.0, 0.3])
    for attraction in (0.0, 1.0, 3.0):
        pairs = attraction * np.eye(2)
        every, odds = states_of((np.stack([0 * unary, unary], axis=1), pairs), 6)
        weights = LinearChainAttention(unary, pairs).weights()
        assert weights == pytest.approx(odds @ every, abs=1e-14)
        alone = 1 / (1 + np.exp(-unary))
        assert (weights == pytest.approx(alone, abs=1e-14)) == (attraction == 0)
        assert attraction == 0 or weights[2] > alone[2] + 0.1


def test_a_chain_that_may_attend_to_one_place_only_is_softmax():
    """Three states: before the place, at it, after it; all else is forbidden."""
    never = -np.inf
    steps = np.array([[0.0, 0.0, never], [never, never, 0.0], [never, never, 0.0]])
    unary = np.stack([0 * SCORES, SCORES, 0 * SCORES], axis=1)
    unary[0, 2] = unary[-1, 0] = never
    chain = LinearChainAttention(unary, steps, states=3)
    assert chain.weights() == pytest.approx(chosen(SCORES), abs=1e-15)
    assert chain.log_partition() == pytest.approx(np.log(np.exp(SCORES).sum()), abs=1e-14)


# Early exit


@pytest.mark.parametrize("classes", [2, 5])
def test_exit_by_confidence_is_a_threshold_on_evidence(classes):
    r"""Stop when a class is surer than :math:`\eta`: its evidence leads all others' by :math:`\ln(\eta / (1 - \eta))`.

    With two classes this is the sequential probability ratio test. Of those who stop, the share :math:`\eta` is right.
    """
    rng, trials, steps = np.random.default_rng(0), 4000, 200
    means = 0.4 * np.eye(classes)
    seen = means[0] + rng.standard_normal((trials, steps, classes))  # the truth is class 0
    evidence = np.cumsum(seen @ means.T - 0.5 * (means**2).sum(axis=1), axis=1)  # log likelihoods, up to a constant
    beliefs = softmax(evidence)
    mean_time = []
    for eta in (0.8, 0.95):
        confident = beliefs.max(axis=2) > eta
        top = np.sort(evidence, axis=2)
        lead = top[..., -1] - np.log(np.exp(top[..., :-1] - top[..., -1:]).sum(axis=2)) - top[..., -1]
        assert np.array_equal(confident, lead > np.log(eta / (1 - eta)))
        if classes == 2:
            ratio = np.abs(evidence[..., 0] - evidence[..., 1])
            assert np.array_equal(confident, ratio > np.log(eta / (1 - eta)))
        assert confident.any(axis=1).all()
        stop = confident.argmax(axis=1)
        right = beliefs[np.arange(trials), stop].argmax(axis=1) == 0
        assert eta - 0.02 < right.mean() < eta + (1 - eta) * 0.8
        mean_time.append(stop.mean())
    assert mean_time[1] > 1.3 * mean_time[0]


# The page


def test_the_figure_reads_one_map_in_four_ways():
    """The argmax is the race's winner; the expected place goes from there to the middle as the temperature rises."""
    map_ = IttiKoch()(IMAGE)
    figure = readouts_figure(IMAGE, map_, sweep=(0.0, 0.1, np.inf), step_px=32, samples=20)
    race, hard, samples, _, *_, cold, _, hot = figure.axes

    def mark(ax):
        return np.array(ax.lines[0].get_xydata())

    assert mark(race).tolist() == mark(hard).tolist() == mark(cold).tolist()
    assert len(mark(samples)) == 20
    rows, columns = (np.arange(16, side, 32).mean() for side in IMAGE.shape[:2])
    assert mark(hot)[0] == pytest.approx([columns, rows], abs=0.01)
    assert [text.get_text().endswith(" ms") for text in race.texts] == [True] * 5
    with pytest.raises(ValueError, match=r"expected a map of shape \(427, 640\)"):
        readouts_figure(IMAGE, np.zeros((427, 640), np.float32))


def test_the_page_names_tests_and_functions_that_exist():
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    assert named == {name for name in globals() if name.startswith("test_")} - NOT_ROWS
    for package, name in re.findall(r"`((?:foveation|saliency|neural)[\w.]*)\.(\w+)`", text):
        assert hasattr(importlib.import_module(package), name), f"{package}.{name}"
