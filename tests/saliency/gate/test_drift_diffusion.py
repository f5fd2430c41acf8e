"""The race of accumulators: known solutions for two, odds and times for many, and the worth of a move."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Visit
from saliency.gate.drift_diffusion import Race
from saliency.priority.context import GazeContext
from saliency.priority.foraging import Foraging

OVERSHOOT = 0.5826  # by how much a walk is beyond a boundary, in steps (Siegmund 1985, chapter 10)


def raced(gate, priority, rng):
    """The race, racer by racer and step by step; column, row and time of the winner, or None."""
    flat = np.asarray(priority, np.float32).ravel()
    starters = [k for k, value in enumerate(flat) if gate.gain * float(value) > gate.least]
    evidence = np.zeros(len(starters))
    for step in range(1, round(gate.patience / gate.step) + 1):
        for k, racer in enumerate(starters):
            evidence[k] += gate.gain * float(flat[racer]) * gate.step
            evidence[k] += math.sqrt(gate.variance * gate.step) * rng.standard_normal()
        others = [
            np.delete(evidence, k).max(initial=-np.inf if len(starters) > 1 else 0.0) for k in range(len(starters))
        ]
        leads = evidence - others
        if leads.max() >= gate.threshold:
            row, column = divmod(starters[int(leads.argmax())], priority.shape[1])
            return column, row, pytest.approx(gate.dead_time + step * gate.step)
    return None


def races(gate, priority, count, seed=0):
    """Columns of the winners and times of many races."""
    rng = np.random.default_rng(seed)
    won = [gate(np.array([priority]), rng) for _ in range(count)]
    return np.array([winner.x for winner in won]), np.array([winner.latency for winner in won])


def context(map_, gaze=None, *, step=10.0):
    rows, columns = map_.shape
    places = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1) * step + (step - 1) / 2
    viewing = Viewing.from_pixels_per_degree(20, (round(rows * step), round(columns * step)))
    return GazeContext(map_, places, viewing, [] if gaze is None else [Visit(*gaze, 0.0)], 0.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(2, 5), st.integers(0, 999))
def test_the_race_is_that_of_the_slow_twin(height, width, seed):
    priority = np.random.default_rng(seed).uniform(-0.5, 1, (height, width)).clip(0).astype(np.float32)
    priority[0, 0] = 0.7
    won = Race()(priority, np.random.default_rng(seed))
    assert (won.x, won.y, won.latency) == raced(Race(), priority, np.random.default_rng(seed))


@pytest.mark.parametrize(("weak", "strong"), [(0.8, 1.0), (0.5, 1.0), (0.55, 0.6)])
def test_two_racers_are_the_drift_diffusion_model(weak, strong):
    """Closed form of probability and mean time (Bogacz et al. 2006), the threshold corrected for the step."""
    gate, count = Race(step=5e-4, dead_time=0.0), 4000
    drift = gate.gain * (strong - weak)
    lead = gate.threshold + OVERSHOOT * math.sqrt(2 * gate.variance * gate.step)
    share = 1 / (1 + math.exp(-lead * drift / gate.variance))
    columns, times = races(gate, [0.0, weak, strong], count)
    assert np.mean(columns == 2) == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / count))
    mean = lead / drift * math.tanh(lead * drift / (2 * gate.variance))
    assert times.mean() == pytest.approx(mean, abs=4 * times.std() / math.sqrt(count))


def test_equal_racers_win_equally_often():
    racers, count = 8, 4000
    columns, _ = races(Race(), [0.6] * racers + [0.0], count)
    wins = np.bincount(columns, minlength=racers + 1)
    assert wins[-1] == 0
    chi_square = ((wins[:-1] - count / racers) ** 2 / (count / racers)).sum()
    assert chi_square < 24.3  # 99.9 % quantile for 7 degrees of freedom


def test_among_many_the_odds_of_the_stronger_are_better_than_of_two():
    """To swap two racers' walks weighs e^(-g (p_i - p_j) (E_i - E_j) / s), and the winner leads by a at least."""
    gate, values, count = Race(), np.array([1.0, 0.8, 0.6, 0.6, 0.4, 0.4, 0.0]), 6000
    columns, _ = races(gate, values, count)
    wins = np.bincount(columns, minlength=values.size)
    for strong, weak in [(0, 1), (1, 2), (2, 4)]:
        odds = math.log(wins[strong] / wins[weak])
        least = gate.threshold * gate.gain * (values[strong] - values[weak]) / gate.variance
        assert odds > least - 3 * math.sqrt(1 / wins[strong] + 1 / wins[weak])
    assert math.log(wins[0] / wins[4]) > 1.2 * gate.gain * 0.6 / gate.variance


def test_a_stronger_winner_is_faster():
    times = [races(Race(), [0.3, strong, 0.0], 800)[1].mean() for strong in (0.3, 0.6, 1.0, 2.0)]
    assert times == sorted(times, reverse=True)
    assert times[0] > 1.5 * times[-1]


def test_the_time_grows_with_the_logarithm_of_the_racers():
    """Hick's law: each doubling of the choice costs about as much as the one before."""
    times = np.array([races(Race(), [0.5] * n + [0.0], 1200)[1].mean() for n in (4, 8, 16, 32, 64)])
    costs = np.diff(times)
    assert np.all(costs > 0.01)
    assert costs.max() < 2.5 * costs.mean()  # were it linear, the last would be half of all


def test_one_racer_alone_crosses_a_single_threshold():
    gate = Race(step=5e-4, dead_time=0.0)
    columns, times = races(gate, [0.0, 1.0], 2000)
    lead = gate.threshold + OVERSHOOT * math.sqrt(gate.variance * gate.step)
    assert np.all(columns == 1)
    assert times.mean() == pytest.approx(lead / gate.gain, abs=4 * times.std() / math.sqrt(2000))


def test_who_is_too_weak_does_not_start():
    faint = 0.9 * Race().least / Race().gain
    columns, _ = races(Race(gain=17.0, variance=500.0), [faint, 0.1, faint, 0.1], 300)
    assert set(columns) == {1, 3}
    assert Race()(np.array([[0.0, faint]])) is None


def test_nobody_wins_a_race_that_takes_too_long():
    assert Race(patience=0.008, threshold=50)(np.array([[0.1, 0.2]])) is None


@pytest.mark.parametrize("level", [0.0, 0.4])
def test_nobody_wins_where_all_are_alike(level):
    assert Race()(np.full((3, 4), level, np.float32)) is None


def test_a_seed_gives_its_race():
    priority = np.random.default_rng(0).random((12, 16))
    assert Race()(priority, 5) == Race()(priority, 5)
    assert len({Race()(priority, seed)[:2] for seed in range(30)}) > 5


def test_dead_time_adds_to_the_latency():
    priority = np.array([[0.2, 0.9]])
    first, second = Race(dead_time=0.0)(priority, 3), Race(dead_time=0.1)(priority, 3)
    assert second.latency == pytest.approx(first.latency + 0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gain": 0.0}, "positive gain, got 0.0"),
        ({"variance": -1.0}, "positive variance"),
        ({"threshold": math.nan}, "finite number for threshold, got nan"),
        ({"step": math.inf}, "finite number for step, got inf"),
        ({"dead_time": -0.1}, "from 0 up, got 0.001 and -0.1"),
    ],
)
def test_impossible_races_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Race(**change)


@pytest.mark.parametrize("bad", [[[1, -1]], [[1, np.nan]], [1, 2]])
def test_a_race_wants_a_map(bad):
    with pytest.raises(ValueError, match="expected a"):
        Race()(np.array(bad, np.float32))


def test_the_worth_is_that_of_the_published_grid():
    """The equations on a grid of 15 x 20 cells, distances counted in cells."""
    map_ = np.random.default_rng(0).random((15, 20))
    row, column = 4, 12
    rows, columns = np.mgrid[:15, :20]
    down, across = rows - row, columns - column
    amplitude = (1 + down**2 / 10 + across**2 / (10 * 20 / 15)) ** -1.5
    direction = (np.cos(4 * np.arctan2(down, across)) + 1) / 2
    relative = map_ / map_.max()
    value = relative * amplitude * direction
    expected = value / value.max() / (1 + np.log2(1 + relative[row, column]))
    assert Foraging()(context(map_, (column * 10 + 3, row * 10 + 6))) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.01, 100), times=st.integers(2, 5), seed=st.integers(0, 99))
def test_the_worth_depends_on_parts_of_the_picture_only(scale, times, seed):
    map_ = np.random.default_rng(seed).random((6, 8))
    plain = Foraging()(context(map_, (24.5, 24.5)))
    larger = Foraging()(context(scale * map_, (24.5 * times + (times - 1) / 2,) * 2, step=10.0 * times))
    assert larger == pytest.approx(plain)


def test_near_and_straight_moves_are_worth_more():
    worth = Foraging()(context(np.ones((15, 15)), (74.5, 74.5)))
    assert worth[7, 7] > worth[7, 8] > worth[7, 10] > worth[7, 14] > 0
    assert worth[7, 10] == pytest.approx(worth[10, 7])
    assert worth[9, 9] == pytest.approx(0, abs=1e-12)


def test_a_rich_place_holds_the_gaze_for_longer():
    poor, rich = np.full((15, 20), 0.2), np.full((15, 20), 0.2)
    poor[2, 3] = rich[2, 3] = rich[7, 10] = 1.0
    gaze = (104.5, 74.5)
    at_poor, at_rich = Foraging()(context(poor, gaze)), Foraging()(context(rich, gaze))
    assert at_poor.max() == pytest.approx(1 / (1 + math.log2(1.2)))
    assert at_rich.max() == pytest.approx(0.5)


def test_a_gaze_that_is_nowhere_starts_from_the_middle():
    map_ = np.random.default_rng(1).random((5, 7))
    assert np.array_equal(Foraging()(context(map_)), Foraging()(context(map_, (34.5, 24.5))))


def test_an_empty_map_is_worth_nothing():
    assert not Foraging()(context(np.zeros((4, 5)))).any()


def test_a_spread_is_positive():
    with pytest.raises(ValueError, match="spread above 0, got 0"):
        Foraging(spread=0)
