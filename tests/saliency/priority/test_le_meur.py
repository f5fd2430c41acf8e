"""The saccade table, the best of a few candidates, and the memory of discs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath, Visit
from saliency.gate.gates import Luce
from saliency.priority.context import GazeContext
from saliency.priority.le_meur import DIRECTIONS, EDGES_DEG, LeMeur, SaccadeTable, best_of

SHAPE = (480, 640)
PLACES = np.stack(np.meshgrid(np.arange(4.5, 640, 10), np.arange(4.5, 480, 10)), axis=-1)
VIEWING = Viewing.from_pixels_per_degree(20, SHAPE)
GRID = PLACES.shape[:2]
AREA = np.pi * np.diff(EDGES_DEG**2) / DIRECTIONS
EVEN = SaccadeTable(density=np.ones((len(EDGES_DEG) - 1, DIRECTIONS)))


def context(map_, *gazes):
    return GazeContext(map_, PLACES, VIEWING, [Visit(x, y, 0.0) for x, y in gazes], 0.0)


def path(places):
    x, y = np.transpose(places)
    time = np.arange(len(x), dtype=float)
    return Scanpath(x=x, y=y, onset=time, duration=np.ones(len(x)), viewing=VIEWING, watched=len(x))


def paths_of(amplitudes_deg, directions_deg):
    """A path of one saccade each, from the screen's centre."""
    angle = np.radians(directions_deg)
    ends = VIEWING.pixels(np.stack([amplitudes_deg * np.cos(angle), amplitudes_deg * np.sin(angle)], axis=1))
    return [path([VIEWING.centre, end]) for end in ends]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 6), st.integers(0, 999))
def test_the_best_of_n_is_the_difference_of_powers(cells, n, levels, seed):
    rng = np.random.default_rng(seed)
    density = rng.dirichlet(np.ones(cells))
    values = rng.integers(0, levels, cells)
    expected = np.zeros(cells)
    for k in range(cells):
        equal = density[values == values[k]].sum()
        most, less = density[values <= values[k]].sum(), density[values < values[k]].sum()
        expected[k] = (most**n - less**n) * (density[k] / equal if equal else 0)
    assert best_of(density, values, n) == pytest.approx(expected, abs=1e-12)
    assert best_of(density, values, n).sum() == pytest.approx(1)


def test_the_best_of_n_is_what_a_simulation_draws():
    rng = np.random.default_rng(0)
    density, values = rng.dirichlet(np.ones(12)).reshape(3, 4), np.array([[5, 1, 2, 2], [3, 9, 0, 5], [5, 7, 8, 2]])
    candidates = rng.choice(12, p=density.ravel(), size=(40_000, 5))
    worth = values.ravel()[candidates]
    first = np.argmax(worth, axis=1)  # candidates stand in random order, so among equals each is first as often
    drawn = np.bincount(candidates[np.arange(len(first)), first], minlength=12).reshape(3, 4) / len(first)
    assert best_of(density, values, 5) == pytest.approx(drawn, abs=0.01)


def test_one_candidate_is_the_density_and_equal_values_change_nothing():
    density = np.random.default_rng(0).dirichlet(np.ones(9))
    assert best_of(density, np.arange(9), 1) == pytest.approx(density)
    assert best_of(density, np.full(9, 3.0), 7) == pytest.approx(density)


def test_a_cell_that_is_not_proposed_is_not_chosen_and_many_candidates_find_the_best():
    density = np.array([0.0, 0.3, 0.7])
    assert best_of(density, [3, 2, 1], 200) == pytest.approx([0, 1, 0])


@pytest.mark.parametrize(
    ("n", "values", "message"), [(0, [1, 2], "n to be a whole"), (2, [1], r"values of shape \(2,\)")]
)
def test_impossible_candidates_are_refused(n, values, message):
    with pytest.raises(ValueError, match=message):
        best_of([0.5, 0.5], values, n)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.integers(1, 6), st.floats(0, 4))
def test_the_density_sums_to_one_and_leaves_no_place_out(seed, candidates, radius):
    rng = np.random.default_rng(seed)
    gazes = [(rng.uniform(0, 639), rng.uniform(0, 479)) for _ in range(rng.integers(0, 12))]
    density = LeMeur(candidates=candidates, radius_deg=radius)(context(rng.random(GRID), *gazes))
    assert density.sum() == pytest.approx(1)
    assert density.min() >= 0.01 / density.size * (1 - 1e-9)


def test_the_density_is_the_product_of_its_parts():
    map_ = np.random.default_rng(0).random(GRID)
    seen = context(map_, (100, 100), (300, 200))
    model = LeMeur(candidates=1, uniform=0.0)
    product = map_ * model.saccades(seen) * model.recovered(seen)
    assert model(seen) == pytest.approx(product / product.sum())
    assert LeMeur(candidates=3, uniform=0.0)(seen) == pytest.approx(best_of(product / product.sum(), map_, 3))


def test_a_disc_recovers_linearly():
    model = LeMeur(radius_deg=1.5, recovery=8)
    for more in range(11):
        seen = context(np.ones(GRID), (104.5, 104.5), *[(504.5, 404.5)] * more)
        assert model.recovered(seen)[10, 10] == pytest.approx(min(more / 8, 1))
    seen = context(np.ones(GRID), (104.5, 104.5))
    away = VIEWING.angle_deg((104.5, 104.5), PLACES)
    assert np.array_equal(model.recovered(seen) == 0, away <= 1.5)


def test_without_a_radius_nothing_is_inhibited():
    seen = context(np.ones(GRID), (104.5, 104.5))
    assert np.all(LeMeur(radius_deg=0).recovered(seen) == 1)


def test_more_candidates_are_less_random():
    seen = context(np.random.default_rng(0).random(GRID), (304.5, 204.5))
    shares = [float((LeMeur(candidates=n)(seen) * seen.map).sum()) for n in (1, 2, 5, 20)]
    assert shares == sorted(shares)
    assert shares[-1] > shares[0] + 0.2


def test_paths_that_the_gate_draws_follow_the_density():
    map_ = np.zeros(GRID)
    map_[20, 30], map_[20, 40], map_[30, 30] = 1.0, 1.0, 0.5
    density = LeMeur(uniform=0.0)(context(map_, (204.5, 204.5)))
    rng = np.random.default_rng(0)
    won = [Luce()(density, rng) for _ in range(2000)]
    for row, column in [(20, 30), (20, 40), (30, 30)]:
        drawn = np.mean([(winner.y, winner.x) == (row, column) for winner in won])
        assert drawn == pytest.approx(density[row, column], abs=0.04)


def test_where_nothing_is_salient_the_gaze_moves_as_people_move_theirs():
    model, empty = LeMeur(uniform=0.0), context(np.zeros(GRID), (104.5, 104.5))
    moves = model.saccades(empty) * model.recovered(empty)
    assert model(empty) == pytest.approx(moves / moves.sum())


def test_what_cannot_be_reached_is_looked_at_by_chance_only():
    density = LeMeur(radius_deg=60)(context(np.ones(GRID), (104.5, 104.5)))
    assert density == pytest.approx(np.full(GRID, 1 / density.size))


def test_the_table_counts_saccades_by_area():
    table = SaccadeTable.of(paths_of(np.array([3.0, 3.1, 9.0, 9.1]), np.array([5.0, 6.0, 95.0, 186.0])), smoothing=0.0)
    shares = table.density * AREA[:, np.newaxis]
    near, far = np.searchsorted(EDGES_DEG, [3.05, 9.05]) - 1
    assert shares[near, 0] == pytest.approx(0.5)
    assert shares[far, [9, 18]] == pytest.approx([0.25, 0.25])
    assert shares.sum() == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 3), st.integers(0, 99))
def test_smoothing_keeps_the_sum_and_the_turn_of_a_circle(smoothing, seed):
    rng = np.random.default_rng(seed)
    amplitudes, directions = rng.gamma(1.2, 5, 40).clip(0.1, 20), rng.uniform(0, 360, 40)
    table = SaccadeTable.of(paths_of(amplitudes, directions), smoothing=smoothing)
    turned = SaccadeTable.of(paths_of(amplitudes, directions + 360 / DIRECTIONS), smoothing=smoothing)
    assert (table.density * AREA[:, np.newaxis]).sum() == pytest.approx(1)
    assert np.roll(table.density, 1, axis=1) == pytest.approx(turned.density, abs=1e-9)


def test_the_first_fixation_has_no_saccade_to_count():
    with pytest.raises(ValueError, match="saccades to count, got none"):
        SaccadeTable.of([path([(10, 10)]), path([(10, 10), (10, 10)])])
    with pytest.raises(ValueError, match="saccades to count, got none"):
        SaccadeTable.of([])


def test_the_table_is_read_between_its_middles():
    density = np.arange(1.0, 1 + (len(EDGES_DEG) - 1) * DIRECTIONS).reshape(-1, DIRECTIONS)
    table = SaccadeTable(density=density)
    middles = np.sqrt(EDGES_DEG[1:-1] * EDGES_DEG[2:])
    assert table(middles, np.full(len(middles), 25.0)) == pytest.approx(density[1:, 2])
    assert table(middles[3], 30.0) == pytest.approx((density[4, 2] + density[4, 3]) / 2)
    assert table(np.sqrt(middles[3] * middles[4]), 5.0) == pytest.approx((density[4, 0] + density[5, 0]) / 2)
    assert table(middles[3], 0.0) == pytest.approx((density[4, 0] + density[4, -1]) / 2)
    assert table(middles[3], -170.0) == pytest.approx(table(middles[3], 190.0))
    assert table([0.0, 90.0], [5.0, 5.0]) == pytest.approx(density[[0, -1], 0])


def test_directions_are_counter_clockwise_from_the_right():
    density = np.zeros_like(EVEN.density)
    density[:, : DIRECTIONS // 4] = 1.0  # up and to the right
    priority = LeMeur(table=SaccadeTable(density=density), candidates=1, radius_deg=0, uniform=0.0)(
        context(np.ones(GRID), (304.5, 204.5))
    )
    assert priority[5, 50] > 0
    assert priority[35, 50] == priority[5, 10] == priority[35, 10] == 0


def test_the_table_that_ships_is_that_of_people():
    """Two fifths of the saccades are horizontal, fewer vertical; near places are far likelier; the mean is 5.8 deg."""
    table = SaccadeTable.pretrained()
    assert "OSIE" in table.provenance.upper()
    shares = table.density * AREA[:, np.newaxis]
    assert shares.sum() == pytest.approx(1, abs=1e-3)
    direction = np.abs((np.arange(DIRECTIONS) + 0.5) * 360 / DIRECTIONS - 180)
    horizontal = shares.sum(axis=0)[(direction < 22.5) | (direction > 157.5)].sum()
    vertical = shares.sum(axis=0)[np.abs(direction - 90) < 22.5].sum()
    assert 0.3 < horizontal < 0.5
    assert vertical < 0.8 * horizontal
    middles = np.append(0.25, np.sqrt(EDGES_DEG[1:-1] * EDGES_DEG[2:]))
    assert shares.sum(axis=1) @ middles == pytest.approx(5.8, abs=0.3)
    assert SaccadeTable.pretrained() is table


def test_a_table_comes_back_from_its_file(tmp_path):
    file = tmp_path / "table.npz"
    np.savez(file, density=EVEN.density, edges_deg=EDGES_DEG, provenance=np.array("even"))
    table = SaccadeTable.read(file)
    assert np.array_equal(table.density, EVEN.density)
    assert table.provenance == "even"
    np.savez(file, density=EVEN.density)
    with pytest.raises(ValueError, match="is no saccade table file, or it is damaged: it has no edges_deg, provenance"):
        SaccadeTable.read(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"density": np.zeros((27, 36))}, "from 0 up, got one of"),
        ({"density": -EVEN.density}, "from 0 up"),
        ({"density": np.ones(5)}, "amplitudes, directions"),
        ({"density": np.ones((2, 4)), "edges_deg": np.array([0.0, 2.0, 1.0])}, "3 edges that ascend from 0"),
        ({"density": np.ones((2, 4)), "edges_deg": np.array([0.0, 1.0])}, "3 edges"),
    ],
)
def test_impossible_tables_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        SaccadeTable(**change)


@pytest.mark.parametrize("change", [{"candidates": 0}, {"radius_deg": -1.0}, {"recovery": 0}, {"uniform": 1.5}])
def test_impossible_settings_are_refused(change):
    with pytest.raises(ValueError, match="expected at least 1 candidate"):
        LeMeur(**change)
