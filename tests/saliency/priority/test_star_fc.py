"""Two maps and a history: what each strategy takes from the centre and from the rest of the visual field."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Argmax, Visit
from saliency.priority.context import GazeContext
from saliency.priority.star_fc import StarFC, stretched

PPD, SHAPE = 20, (300, 800)
PLACES = np.stack(np.meshgrid(np.arange(9.5, 800, 20), np.arange(9.5, 300, 20)), axis=-1)  # 15 x 40 cells of a degree
VIEWING = Viewing.from_pixels_per_degree(PPD, SHAPE)
GRID = PLACES.shape[:2]


def context(map_, *gazes):
    return GazeContext(map_, PLACES, VIEWING, [Visit(x, y, 0.0) for x, y in gazes], 0.0)


def constant(map_):
    return lambda seen: map_


def joined_slowly(model, peripheral, central, gaze):
    """The three strategies, cell by cell, without history."""
    farthest = max(float(VIEWING.angle_deg(gaze, place)) for row in PLACES for place in row)
    out = np.empty(GRID)
    for row, column in np.ndindex(GRID):
        r = float(VIEWING.angle_deg(gaze, PLACES[row, column]))
        p, c = peripheral[row, column], central[row, column] if r <= model.central_deg else 0.0
        if model.strategy == "WCA":
            near = (model.peripheral_deg - r) / model.peripheral_deg * c + r / model.peripheral_deg * p
            share = (r - model.peripheral_deg) / (farthest - model.peripheral_deg)
            out[row, column] = near if r < model.peripheral_deg else (1 + share * abs(1 - model.peripheral_gain)) * p
        else:
            p = 0.0 if model.strategy == "SAR" and r <= model.peripheral_deg else p
            out[row, column] = max(model.peripheral_gain * p, model.central_gain * c)
    return out


@pytest.mark.parametrize("strategy", ["MCA", "SAR", "WCA"])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 99), gain=st.floats(0.5, 2))
def test_the_maps_are_joined_as_by_the_slow_twin(strategy, seed, gain):
    rng = np.random.default_rng(seed)
    peripheral, central = stretched(rng.random(GRID)), stretched(rng.random(GRID))
    gaze = (rng.uniform(0, 799), rng.uniform(0, 299))
    model = StarFC(strategy=strategy, central=constant(central), peripheral_gain=gain)
    seen = context(peripheral, gaze)
    twin = stretched(joined_slowly(model, peripheral, central, gaze) - model.history(seen))
    assert model(seen) == pytest.approx(twin, abs=1e-12)


def test_the_history_is_that_of_the_recursion():
    """H <- max(0, H - 1/10), then min(1, H + 1 - d / R), fixation by fixation, for one cell."""
    gazes = [(389.5, 149.5), (389.5, 149.5), (399.5, 149.5), (600.0, 40.0)] + [(20.0, 20.0)] * 3
    cell, left = (7, 19), 0.0
    for gaze in gazes:
        away = float(VIEWING.angle_deg(gaze, PLACES[cell]))
        left = min(1.0, max(0.0, left - 0.1) + max(0.0, 1 - away / 1.5))
    history = StarFC().history(context(np.ones(GRID), *gazes))
    assert left == pytest.approx(0.6)  # full after the third, and four fixations since
    assert history[cell] == pytest.approx(left)


def test_the_present_place_is_forgotten_after_ten_more_fixations():
    model = StarFC()
    for more in range(14):
        left = model.history(context(np.ones(GRID), (389.5, 149.5), *[(20.0, 20.0)] * more))[7, 19]
        assert left == pytest.approx(max(0, 1 - more / 10))


def test_the_history_ends_at_its_radius():
    history = StarFC(history_deg=2.0).history(context(np.ones(GRID), (389.5, 149.5)))
    away = VIEWING.angle_deg((389.5, 149.5), PLACES)
    assert np.all(history[away >= 2] == 0)
    assert np.all(history[away < 1.99] > 0)


def test_with_one_map_the_maximum_strategy_is_the_map_less_the_history():
    map_ = np.random.default_rng(0).random(GRID)
    seen = context(map_, (300, 100), (500, 200))
    expected = stretched(1.15 * stretched(map_) - StarFC().history(seen))
    assert StarFC()(seen) == pytest.approx(expected)


def test_each_strategy_asks_its_own_map():
    """A spot of the peripheral map near the gaze, and one of the central map far from it, are not seen by SAR."""
    peripheral, central = np.zeros(GRID), np.zeros(GRID)
    near, far, away = (7, 23), (7, 38), (3, 35)
    peripheral[near] = peripheral[away] = 1.0
    peripheral[away] = 0.5
    central[far] = 1.0
    seen = context(peripheral, (389.5, 149.5))
    won = {name: Argmax()(StarFC(strategy=name, central=constant(central))(seen)) for name in ("MCA", "SAR")}
    assert (won["MCA"].y, won["MCA"].x) == near
    assert (won["SAR"].y, won["SAR"].x) == away


def test_the_gaze_visits_one_spot_after_the_other_and_comes_back_when_the_history_is_gone():
    map_ = np.zeros(GRID)
    spots = [(3, 5), (11, 30), (3, 30), (11, 5)]
    for k, spot in enumerate(spots):
        map_[spot] = 1 - 0.02 * k
    gazes, order = [VIEWING.centre], []
    for _ in range(8):
        won = Argmax()(StarFC()(context(map_, *gazes)))
        order.append((won.y, won.x))
        gazes.append(tuple(PLACES[won.y, won.x]))
    assert order[:4] == spots
    assert order[4] == spots[0]


@settings(max_examples=20, deadline=None)
@given(strategy=st.sampled_from(["MCA", "SAR", "WCA"]), scale=st.floats(0.01, 100), seed=st.integers(0, 99))
def test_the_priority_is_from_0_to_1_whatever_the_scale_of_the_map(strategy, scale, seed):
    map_ = np.random.default_rng(seed).random(GRID)
    priority = StarFC(strategy=strategy)(context(map_, (200, 100)))
    assert (priority.min(), priority.max()) == (0, 1)
    assert StarFC(strategy=strategy)(context(scale * map_, (200, 100))) == pytest.approx(priority)


def test_a_gaze_that_was_nowhere_has_no_history():
    assert not StarFC().history(context(np.ones(GRID))).any()
    assert not StarFC()(context(np.zeros(GRID))).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strategy": "MAX"}, "strategy out of MCA, SAR, WCA, got 'MAX'"),
        ({"history_deg": 0.0}, "positive history_deg, got 0.0"),
        ({"recovery": np.inf}, "finite number for recovery, got inf"),
        ({"peripheral_gain": -1.0}, "positive peripheral_gain"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        StarFC(**change)


def test_the_central_map_has_the_shape_of_the_other():
    with pytest.raises(ValueError, match=r"central map of shape \(15, 40\), got \(3, 4\)"):
        StarFC(central=constant(np.ones((3, 4))))(context(np.ones(GRID)))
