"""Constrained Levy exploration: the exact density against the procedure itself, and how its paths look."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency.gate.gates import Luce
from saliency.memory.inhibition import Visit
from saliency.priority.context import GazeContext
from saliency.priority.levy import ConstrainedLevy

VIEWING = Viewing.from_pixels_per_degree(20, (300, 400))
ROWS, COLUMNS = 10, 10
PLACES = np.stack(np.meshgrid(np.arange(20.0, 400, 40), np.arange(15.0, 300, 30)), axis=-1)  # cells are not square
GAZE = (185.0, 140.0)
OWN = (4, 4)


def seen(map_, gaze=GAZE, *, places=PLACES, viewing=VIEWING):
    return GazeContext(np.asarray(map_, np.float64), places, viewing, [Visit(*gaze, offset=0.0)], 0.0)


def noise(seed):
    """Twelve levels of saliency, so that many cells are equal."""
    return np.round(12 * np.random.default_rng(seed).random((ROWS, COLUMNS)))


def hill():
    return np.exp(-((PLACES - (180, 135)) ** 2).sum(axis=-1) / 2e4)


def walked(context, model, count, seed):
    """Slow twin: candidates drawn one by one, the best kept, and accepted or not; how often each cell was next."""
    rng = np.random.default_rng(seed)
    saliency = 100 * (context.map - context.map.min()) / np.ptp(context.map)
    potential = 100 * np.exp(-model.damping * saliency)
    drift = np.array([np.gradient(potential, 40, axis=1)[OWN], np.gradient(potential, 30, axis=0)[OWN]])
    start = np.array(context.gaze) - model.step * model.mix * drift
    scale = model.step * (1 - model.mix) * (2 * model.focus * 300) ** 2
    counts = np.zeros(context.map.shape)
    while counts.sum() < count:
        lengths = scale * rng.standard_cauchy((count, model.candidates))
        angles = rng.uniform(-np.pi, np.pi, lengths.shape)
        column = np.round((start[0] + lengths * np.cos(angles) - 20) / 40)
        row = np.round((start[1] + lengths * np.sin(angles) - 15) / 30)
        inside = (column >= 0) & (column < COLUMNS) & (row >= 0) & (row < ROWS)
        some = inside.any(axis=1)
        row, column = (np.where(inside, side, 0)[some].astype(int) for side in (row, column))
        found = np.where(inside[some], saliency[row, column], -1)
        best = np.arange(len(found)), found.argmax(axis=1)
        gain = np.pi * (found[best] - saliency[OWN])
        stays = rng.random(len(gain)) >= np.exp(np.minimum(gain, 0) / model.temperature)
        np.add.at(counts, (np.where(stays, OWN[0], row[best]), np.where(stays, OWN[1], column[best])), 1)
    return counts


@pytest.mark.parametrize(
    ("map_", "model"),
    [
        (noise(0), ConstrainedLevy()),
        (hill(), ConstrainedLevy(temperature=200.0)),
        (noise(1), ConstrainedLevy(focus=0.05, candidates=7)),
        (noise(2) ** 3, ConstrainedLevy(step=3.0, damping=0.05, mix=0.95, focus=0.1)),  # a drift of several pixels
    ],
    ids=["many equal", "on a peak", "short jumps", "drift"],
)
def test_the_density_is_that_of_the_procedure(map_, model):
    context = seen(map_)
    counts = walked(context, model, 60_000, 0)
    expected = model(context) * counts.sum()
    often = expected > 5
    rest = expected[~often].sum(), counts[~often].sum()
    chi_square = np.sum((counts - expected)[often] ** 2 / expected[often]) + (rest[1] - rest[0]) ** 2 / max(rest[0], 5)
    free = often.sum()
    assert chi_square < free + 4 * np.sqrt(2 * free)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.floats(-0.5, 399.5),
    st.floats(-0.5, 299.5),
    st.floats(0.02, 1),
    st.integers(1, 80),
    st.floats(0.1, 1000),
)
def test_it_is_a_density_from_everywhere(seed, x, y, focus, candidates, temperature):
    model = ConstrainedLevy(focus=focus, candidates=candidates, temperature=temperature)
    density = model(seen(noise(seed), (x, y)))
    assert density.shape == (ROWS, COLUMNS)
    assert density.min() >= 0
    assert density.sum() == pytest.approx(1, abs=1e-12)


def test_the_tail_of_the_jumps_is_that_of_the_cauchy_law():
    side = np.arange(-2005.0, 2006, 10)
    places = np.stack(np.meshgrid(side, side), axis=-1)
    viewing = Viewing.from_pixels_per_degree(20, (300, 300))
    jumps = ConstrainedLevy(focus=0.1, mix=0.0, step=0.02)
    chances = jumps.proposals(seen(np.zeros(places.shape[:2]), (0.0, 0.0), places=places, viewing=viewing))
    scale = 0.02 * (2 * 0.1 * 300) ** 2  # 72 pixels
    away = np.hypot(*np.moveaxis(places, -1, 0))
    far = away > 100
    expected = 100 * scale / (np.pi**2 * away * (scale**2 + away**2))
    np.testing.assert_allclose(chances[far], expected[far], rtol=3e-3)
    for radius in (300, 1000, 1900):
        assert chances[away < radius].sum() == pytest.approx(2 / np.pi * np.arctan(radius / scale), abs=2e-3)


def test_cells_of_half_the_size_share_what_the_whole_cell_gets():
    fine = np.stack(np.meshgrid(np.arange(10.0, 400, 20), np.arange(7.5, 300, 15)), axis=-1)
    jumps = ConstrainedLevy()
    whole = jumps.proposals(seen(np.zeros((10, 10))))
    halves = jumps.proposals(seen(np.zeros((20, 20)), places=fine))
    np.testing.assert_allclose(halves.reshape(10, 2, 10, 2).sum(axis=(1, 3)), whole, rtol=1e-9)


def test_on_a_flat_map_it_is_the_law_of_the_jumps():
    model = ConstrainedLevy()
    chances = model.proposals(seen(np.ones((10, 10))))
    np.testing.assert_allclose(model(seen(np.ones((10, 10)))), chances / chances.sum(), rtol=1e-9)


def test_with_many_candidates_and_no_warmth_it_climbs():
    map_ = noise(3) + np.linspace(0, 0.5, 100).reshape(10, 10)
    density = ConstrainedLevy(candidates=100_000, temperature=1e-3)(seen(map_))
    assert density.argmax() == map_.argmax()
    assert density.max() > 0.99
    mild = ConstrainedLevy(candidates=1, temperature=1e9)(seen(map_))
    assert mild.argmax() != map_.argmax()


def test_an_accepted_loss_follows_metropolis():
    map_ = np.zeros((10, 10))
    map_[OWN] = 1.0  # every move away loses all 100
    moved = {t: 1 - ConstrainedLevy(candidates=1, temperature=t)(seen(map_))[OWN] for t in (100.0, 1e12)}
    assert moved[100.0] / moved[1e12] == pytest.approx(np.exp(-np.pi), rel=1e-6)


def test_jumps_have_a_heavy_tail_and_places_are_looked_at_again():
    rng, gate, model = np.random.default_rng(0), Luce(), ConstrainedLevy()
    steps, returns = [], []
    for _ in range(20):
        map_, path = rng.random((10, 10)) ** 3, [GAZE]
        for _ in range(20):
            x, y, _ = gate(model(seen(map_, path[-1])), rng)
            path.append(tuple(PLACES[y, x]))
        places = np.array(path[1:])
        steps.extend(VIEWING.angle_deg(places[:-1], places[1:]))
        returns.extend(VIEWING.angle_deg(places[:-2], places[2:]) < 1.5)
    assert np.mean(steps) > 2 * np.median(steps)
    assert np.percentile(steps, 95) > 6
    assert np.mean(returns) > 0.4  # 0.5 to 0.6 on photographs


def test_one_row_or_one_cell_will_do():
    row = PLACES[:1]
    assert ConstrainedLevy()(seen(np.arange(10.0)[np.newaxis], (20.0, 15.0), places=row)).sum() == pytest.approx(1)
    np.testing.assert_allclose(ConstrainedLevy()(seen([[1.0]], places=PLACES[:1, :1])), [[1.0]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("candidates", 0),
        ("temperature", 0.0),
        ("damping", -1.0),
        ("step", np.nan),
        ("mix", 1.0),
        ("focus", -0.1),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(name, value):
    with pytest.raises(ValueError, match=name if name != "candidates" else "candidate"):
        ConstrainedLevy(**{name: value})
