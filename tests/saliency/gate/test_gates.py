"""The gate: one winner, on time, and the same functions as attention."""

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Argmax, InhibitionOfReturn, Luce, Softmax, Visit, WinnerTakeAll, softmax
from saliency.gate.softmax import one_hot_argmax
from saliency.map import is_flat

GATES = [Argmax(), Softmax(temperature=1e-3), WinnerTakeAll(), WinnerTakeAll(noise=1e-6)]


def latency_of(strength, *, charged=False):
    """Time at which a lone unit reaches 1 mV, from the closed form of the two equations."""
    time = np.linspace(0, 2, 2_000_001)
    rate, slow = 10.0, 0.0 if charged else 2.0
    level = 5 * 0.02 * strength  # volt
    rise = level * (1 - np.exp(-rate * time))
    if not charged:
        rise = level * (1 - np.exp(-rate * time) - rate / (rate - slow) * (np.exp(-slow * time) - np.exp(-rate * time)))
    return time[np.argmax(rise - 0.02 * np.exp(-rate * time) > 1e-3)]


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("charged", [False, True])
def test_the_race_lasts_as_the_equations_say(strength, charged):
    gate = WinnerTakeAll(charged_s=np.inf if charged else 0.0)
    won = gate(np.array([[0.01, strength]]))
    assert won.x == 1
    assert won.latency == pytest.approx(latency_of(strength, charged=charged), rel=5e-3, abs=2e-4)


def test_covert_shifts_take_the_published_time():
    """30 to 70 ms a shift (Itti, Koch and Niebur 1998); recovery from -20 mV at 10 mV in 36 ms (closed form)."""
    settled = WinnerTakeAll(charged_s=np.inf)
    assert settled(np.array([[0.0, 0.5]])).latency == pytest.approx(0.1 * np.log(0.07 / 0.049), abs=2e-4)
    assert 0.018 < settled(np.array([[0.0, 1.0]])).latency < settled(np.array([[0.0, 0.3]])).latency < 0.07


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 4), st.integers(2, 5), st.integers(0, 99))
def test_the_race_is_that_of_the_slow_twin(height, width, seed):
    priority = np.random.default_rng(seed).uniform(0.4, 1, (height, width)).astype(np.float32)
    winner, time = naive.race(priority)
    won = WinnerTakeAll()(priority)
    assert (won.y * width + won.x, won.latency) == (winner, pytest.approx(time))


@pytest.mark.parametrize("gate", GATES, ids=str)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999))
def test_the_strongest_wins_wherever_it_lies(gate, seed):
    rng = np.random.default_rng(seed)
    priority = rng.uniform(0, 0.9, (12, 17)).astype(np.float32)
    y, x = rng.integers(12), rng.integers(17)
    priority[y, x] = 1.0
    shuffled = rng.permutation(priority.ravel()).reshape(17, 12)
    won, again = gate(priority, seed), gate(shuffled, seed)
    assert (won.x, won.y) == (x, y)
    assert shuffled[again.y, again.x] == 1.0
    assert again.latency == won.latency or getattr(gate, "noise", 0)


def test_a_weaker_winner_takes_longer():
    times = [WinnerTakeAll()(np.array([[0.0, strength]])).latency for strength in (1.0, 0.8, 0.5, 0.2)]
    assert times == sorted(times)
    assert times[-1] > 1.5 * times[0]


@pytest.mark.parametrize("gate", GATES, ids=str)
@pytest.mark.parametrize("level", [0.0, 0.37])
def test_nobody_wins_where_all_are_alike(gate, level):
    assert gate(np.full((5, 6), level, np.float32)) is None


def test_nobody_wins_who_never_fires():
    assert WinnerTakeAll()(np.array([[0.0, 1e-3]])) is None


def test_noise_is_the_seeds():
    priority = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    gate = WinnerTakeAll(noise=0.3)
    winners = [gate(priority, seed) for seed in range(20)]
    assert winners == [gate(priority, seed) for seed in range(20)]
    assert len({(won.x, won.y) for won in winners}) > 3


def test_softmax_draws_with_the_odds_it_states():
    priority = np.array([[0.0, 1.0], [0.5, 0.2]], np.float32)
    gate = Softmax(temperature=0.5)
    rng = np.random.default_rng(0)
    counts = np.zeros((2, 2))
    for _ in range(4000):
        won = gate(priority, rng)
        counts[won.y, won.x] += 1
    assert counts / 4000 == pytest.approx(gate.weights(priority), abs=0.03)


def test_softmax_becomes_argmax_when_it_is_cold_and_even_when_it_is_hot():
    priority = np.random.default_rng(0).random((6, 7)).astype(np.float32)
    assert Softmax(temperature=1e-4).weights(priority) == pytest.approx(Argmax().weights(priority), abs=1e-9)
    assert Softmax(temperature=1e6).weights(priority) == pytest.approx(1 / 42, rel=1e-5)


def test_masks():
    scores = np.array([[1.0, 5.0, 2.0], [1.0, 2.0, 3.0]])
    mask = np.array([[True, False, True], [False, False, False]])
    weights = softmax(scores, 1.0, mask)
    assert weights[0, 1] == 0
    assert weights.sum(axis=1) == pytest.approx([1, 0])
    assert one_hot_argmax(scores, mask).tolist() == [[0, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize("make", [lambda: Softmax(temperature=0), lambda: softmax(np.ones(2), -1.0)])
def test_a_temperature_is_positive(make):
    with pytest.raises(ValueError, match="temperature above 0"):
        make()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leak": 0}, "positive leak, got 0"),
        ({"step": 0.2}, "step shorter than the time constant of 0.1 s, got 0.2 s"),
        ({"noise": -1}, "noise and charged_s from 0 up"),
    ],
)
def test_impossible_neurons_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        WinnerTakeAll(**change)


@pytest.mark.parametrize("bad", [[[1, -1]], [[1, np.nan]], [1, 2]])
def test_a_gate_wants_a_map(bad):
    for gate in GATES:
        with pytest.raises(ValueError, match="expected a"):
            gate(np.array(bad, np.float32))


def test_flat_is_flat_up_to_rounding():
    assert is_flat(np.full((3, 3), 0.1, np.float32) + np.float32(1e-9))
    assert not is_flat(np.array([[0.1, 0.1001]], np.float32))


def test_inhibition_fades_with_distance_and_time():
    viewing = Viewing.from_pixels_per_degree(20, (400, 400))
    memory = InhibitionOfReturn(strength=8, spread_deg=1.5, decay_s=0.5)
    here = (200.0, 200.0)
    visit = [Visit(*here, offset=1.0)]
    away = viewing.pixels(viewing.degrees(here) + np.array([1.5, 0]))
    now, later = (memory(visit, time, [here, away], viewing) for time in (1.0, 1.5))
    assert now == pytest.approx([8, 8 * np.exp(-0.5)], rel=1e-3)
    assert later == pytest.approx(now * np.exp(-1))
    assert memory([], 0.0, [here], viewing) == [0.0]
    assert memory(visit * 2, 1.0, [here], viewing) == [16.0]


@pytest.mark.parametrize("change", [{"strength": -1}, {"spread_deg": 0}, {"decay_s": float("nan")}])
def test_an_impossible_memory_is_refused(change):
    with pytest.raises(ValueError, match=r"expected a strength from 0 up|a finite number for decay_s, got nan"):
        InhibitionOfReturn(**change)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), exponent=st.floats(0.1, 8), scale=st.floats(1e-6, 1e6))
def test_luce_weighs_by_powers_whatever_the_scale(seed, exponent, scale):
    priority = np.random.default_rng(seed).random((4, 6))
    weights = Luce(exponent=exponent).weights(priority)
    assert weights == pytest.approx(priority**exponent / (priority**exponent).sum())
    assert Luce(exponent=exponent).weights(scale * priority) == pytest.approx(weights)
    logarithms = np.log(priority).ravel()
    assert weights.ravel() == pytest.approx(softmax(logarithms, 1 / exponent))


def test_luce_draws_with_the_odds_it_states_and_never_what_has_none():
    priority = np.array([[0.0, 1.0, 0.0], [0.5, 2.5, 0.0]])
    gate, rng = Luce(exponent=1.5, latency=0.2), np.random.default_rng(0)
    counts = np.zeros((2, 3))
    for _ in range(4000):
        won = gate(priority, rng)
        counts[won.y, won.x] += 1
    assert won.latency == 0.2
    assert counts / 4000 == pytest.approx(gate.weights(priority), abs=0.03)
    assert (counts[priority == 0] == 0).all()
    assert gate(priority, 7) == gate(priority, np.random.default_rng(7))


def test_luce_keeps_a_density_becomes_argmax_when_it_is_sharp_and_even_when_it_is_blunt():
    density = np.random.default_rng(0).random((6, 7))
    density /= density.sum()
    assert Luce().weights(density) == pytest.approx(density, rel=1e-12)
    assert Luce(exponent=1e6).weights(density) == pytest.approx(Argmax().weights(density), abs=1e-9)
    assert Luce(exponent=1e-9).weights(density) == pytest.approx(1 / 42, rel=1e-6)


def test_luce_draws_from_an_even_map_but_not_from_an_empty_one():
    assert len({Luce()(np.full((3, 3), 0.1), seed) for seed in range(50)}) == 9
    assert Luce()(np.zeros((3, 3))) is None
    assert Luce().weights(np.zeros((2, 2))).tolist() == [[0.25, 0.25], [0.25, 0.25]]


@pytest.mark.parametrize("exponent", [0, -1, np.inf, np.nan])
def test_luce_wants_a_finite_exponent_above_0(exponent):
    with pytest.raises(ValueError, match=r"expected a finite exponent above 0|a finite number for exponent, got"):
        Luce(exponent=exponent)


@pytest.mark.parametrize("bad", [[[1, -1]], [[1, np.nan]], [1, 2]])
def test_luce_wants_a_map(bad):
    for use in (Luce(), Luce().weights):
        with pytest.raises(ValueError, match=r"expected a map \(height, width\) of finite numbers from 0 up"):
            use(np.array(bad))
