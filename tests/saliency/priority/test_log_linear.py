"""The density of the next fixation: its formula, its gradients, what it learns, and what the shipped tables hold."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import GazeContext, LogLinear, Visit
from saliency.priority.kernels import SaccadeTables
from saliency.priority.log_linear import SHAPES, SHIPPED, Study, grid_of

VIEWING = Viewing.from_pixels_per_degree(10, (120, 160))
ROOT_NODES, ROOT_NODES_BEFORE = 0.35 * np.arange(16), 0.9 * np.arange(6)
LEFT_OUT = 12  # fixations after which one is forgotten


def cells_of(rows=6, columns=8, viewing=VIEWING):
    """Centres of the cells of a picture, (rows, columns, 2)."""
    width, height = viewing.screen_px
    across, down = (np.arange(columns) + 0.5) * width / columns - 0.5, (np.arange(rows) + 0.5) * height / rows - 0.5
    return np.stack(np.meshgrid(across, down), axis=-1)


def grid_from(seed, rows=6, columns=8):
    """A map of noise on the cells of a picture of 16 x 12 degrees, as the model sees it."""
    return grid_of(np.random.default_rng(seed).random((rows, columns)) ** 3, cells_of(rows, columns), VIEWING)


def any_tables(seed, size=0.6):
    rng = np.random.default_rng(seed)
    tables = SaccadeTables(**{name: size * rng.standard_normal(shape) for name, shape in SHAPES.items()})
    tables.back[:, -1] = 0
    return tables


def any_history(seed, fixations):
    """Places in degrees, some of them beyond the picture."""
    return np.random.default_rng(seed).normal(0, (5, 4), (fixations, 2))


def twin(tables, grid, places):
    """The formula of `LogLinear`, a cell and a term after the other."""
    number, gaze = min(len(places) - 1, 3), places[-1]
    headings = np.arange(48) * 7.5
    polar = np.zeros((16, 48))
    for a in range(16):
        polar[a] = np.interp(headings, np.arange(9) * 45, np.append(tables.direction[a], tables.direction[a, 0]))
        if len(places) == 1:
            polar[a] += tables.first[a]
            continue
        came = gaze - places[-2]
        turned = np.abs((headings - np.degrees(np.arctan2(came[1], came[0])) + 180) % 360 - 180)
        polar[a] += np.interp(turned, np.arange(9) * 22.5, tables.turn[a])
        polar[a] += np.interp(np.sqrt(np.hypot(*came)), ROOT_NODES_BEFORE, tables.previous[a])
    scores = []
    for right, up, across, down, log_share in grid.T:
        goes = np.array([right, up]) - gaze
        root, direction = np.sqrt(np.hypot(*goes)), np.degrees(np.arctan2(goes[1], goes[0])) % 360
        at_root = [np.interp(root, ROOT_NODES, polar[:, d]) for d in [*range(48), 0]]
        score = np.interp(direction, np.arange(49) * 7.5, at_root)
        score += np.interp(root, ROOT_NODES, tables.gain[number]) * log_share
        score += tables.centre[number] @ [across, across**2, down, down**2]
        for k in range(1, min(len(places) - 1, LEFT_OUT) + 1):
            away = np.hypot(right - places[-1 - k][0], up - places[-1 - k][1])
            score += np.interp(away, np.arange(11) * 0.5, tables.back[min(k, 4) - 1], right=0)
        scores.append(score)
    weights = np.exp(np.array(scores) - max(scores))
    return weights / weights.sum()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), fixations=st.integers(1, 16))
def test_the_density_is_that_of_the_slow_twin(seed, fixations):
    tables, grid, places = any_tables(seed), grid_from(seed), any_history(seed, fixations)
    density = LogLinear(tables=tables).next_density(grid, places)
    assert density == pytest.approx(twin(tables, grid, places), rel=1e-5)


def test_directions_go_round():
    """Across the rightward direction, where the circle begins and ends, and across the leftward one."""
    tables = any_tables(0)
    around = [5 * np.array([np.cos(a), np.sin(a)]) for a in (-1e-9, 0.0, 1e-9, np.pi - 1e-9, np.pi, -np.pi + 1e-9)]
    grid = np.concatenate([np.transpose(around), np.zeros((3, 6))])
    for heading in np.radians([0, 3, 90, 180, 359]):
        places = np.array([[-np.cos(heading), -np.sin(heading)], [0, 0]])
        density = LogLinear(tables=tables).next_density(grid, places)
        assert density == pytest.approx(twin(tables, grid, places), rel=1e-5)
        assert np.ptp(density[:3]) < 1e-6
        assert np.ptp(density[3:]) < 1e-6


def test_a_cell_under_the_gaze_and_one_beyond_the_last_node_have_a_probability():
    grid = np.array([[0.0, 40, -1], [0, 0, 3], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    for places in (np.zeros((1, 2)), np.zeros((3, 2)), np.array([[-60.0, 0], [0, 0]])):
        assert LogLinear(tables=any_tables(1)).next_density(grid, places) == pytest.approx(
            twin(any_tables(1), grid, places), rel=1e-5
        )


def test_twelve_places_are_remembered_and_the_last_row_serves_for_the_early_ones():
    grid, places = grid_from(0), any_history(0, 16)
    zero = LogLinear.unlearned()
    early = zero.tables._replace(back=np.zeros(SHAPES["back"]))
    early.back[3, :10] = 1.0  # of what was looked at four and more fixations ago
    model = LogLinear(tables=early)
    here = model.next_density(grid, places)
    moved = places.copy()
    moved[:3] += 20  # thirteen and more fixations ago
    assert np.array_equal(model.next_density(grid, moved), here)
    near, far = places.copy(), places.copy()
    near[3], far[3] = grid[:2, 5], 99  # twelve ago
    assert model.next_density(grid, near)[5] > 1.5 * model.next_density(grid, far)[5]


def test_the_grid_tells_degrees_places_and_the_share_of_the_map():
    map_, places = np.array([[3.0, 1.0], [0.0, 0.0]]), cells_of(2, 2)
    grid = grid_of(map_, places, VIEWING)
    assert grid[:2].T - VIEWING.degrees(places).reshape(4, 2) == pytest.approx(0)
    assert grid[0, 1] > 0 > grid[1, 3]  # rightward, and up
    assert grid[2].tolist() == pytest.approx([-0.5, 0.5, -0.5, 0.5])
    assert grid[3].tolist() == pytest.approx([-0.5, -0.5, 0.5, 0.5])
    assert np.exp(grid[4]) == pytest.approx([0.99 * 3 + 0.01, 0.99 + 0.01, 0.01, 0.01])


def test_a_map_s_scale_does_not_count_and_an_empty_map_is_an_even_one():
    map_, places = np.random.default_rng(0).random((6, 8)), cells_of()
    assert grid_of(map_, places, VIEWING) == pytest.approx(grid_of(1e-6 * map_, places, VIEWING))
    assert grid_of(np.zeros((6, 8)), places, VIEWING) == pytest.approx(grid_of(np.ones((6, 8)), places, VIEWING))


def paths_on(grid, model, seed, paths, fixations):
    """Paths drawn by a model, from the centre of the picture, cell by cell."""
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(paths):
        places, targets = np.zeros((fixations + 1, 2)), np.zeros(fixations, np.int64)
        for n in range(fixations):
            targets[n] = rng.choice(grid.shape[1], p=model.next_density(grid, places[: n + 1]))
            places[n + 1] = grid[:2, targets[n]]
        drawn.append((places, targets))
    return drawn


@cache
def one_study():
    """Two long paths on one picture, with a fixation that does not count."""
    grid = grid_from(3)
    paths = paths_on(grid, LogLinear(tables=any_tables(5)), 0, 2, 15)
    paths[0][1][4] = -1
    paths.append((any_history(8, 4), np.array([3, 40, 11])))  # between the cells, and outside
    return Study(grid, paths)


def test_surprise_is_minus_the_log_likelihood_of_what_counts():
    model, study = LogLinear(tables=any_tables(2)), one_study()
    expected = -sum(
        np.log(model.next_density(study.grid, places[: n + 1])[target])
        for places, targets in study.paths
        for n, target in enumerate(targets)
        if target >= 0
    )
    assert model.surprise(study)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", SHAPES)
def test_slopes_are_those_of_central_differences(name):
    """Of every number of every table, but those that are held at 0."""
    tables, study, step = any_tables(2), one_study(), 1e-4
    gradients = getattr(LogLinear(tables=tables).surprise(study)[1], name)
    touched = 0
    for index in np.ndindex(SHAPES[name]):
        losses = []
        for sign in (1, -1):
            table = getattr(tables, name).copy()
            table[index] += sign * step
            losses.append(LogLinear(tables=tables._replace(**{name: table})).surprise(study)[0])
        expected = (losses[0] - losses[1]) / (2 * step)
        if name == "back" and index[1] == 10:
            assert gradients[index] == 0
        else:
            assert gradients[index] == pytest.approx(expected, abs=1e-6)
            touched += abs(expected) > 1e-3
    assert touched > 0.3 * gradients.size


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), size=st.floats(0.01, 2))
def test_the_loss_is_convex_along_any_line(seed, size):
    first, second = any_tables(seed, size), any_tables(seed + 1, size)
    (start, gradients), (end, _) = (LogLinear(tables=tables).surprise(one_study()) for tables in (first, second))
    way = SaccadeTables(*(two - one for one, two in zip(first, second, strict=True)))
    along = sum(float(np.vdot(slope, step)) for slope, step in zip(gradients, way, strict=True))
    assert end >= start + along - 1e-9 * abs(start)
    for share in (0.25, 0.5, 0.75):
        between = SaccadeTables(*(one + share * step for one, step in zip(first, way, strict=True)))
        loss = LogLinear(tables=between).surprise(one_study())[0]
        assert loss <= (1 - share) * start + share * end + 1e-9 * abs(start)
        assert loss >= start + share * along - 1e-9 * abs(start)


def known_model():
    """A strong map, short saccades that go on, and returns."""
    root, turn, away = ROOT_NODES[:, None], np.arange(9) * 22.5, np.arange(11) * 0.5
    tables = LogLinear.unlearned().tables
    return LogLinear(
        tables=tables._replace(
            gain=np.tile(1.2 - 0.15 * ROOT_NODES, (4, 1)),
            first=-0.3 * ROOT_NODES**2,
            turn=0.8 * np.cos(np.radians(turn)) - 0.5 * root,
            direction=0.5 * np.cos(np.radians(90 * np.arange(8))) * np.ones((16, 1)),
            back=np.tile(1.5 * np.exp(-away) - 1.5 * np.exp(-5), (4, 1)),
        )
    )


@cache
def drawn_studies(first=0, pictures=4):
    pictures = range(first, first + pictures)
    return [Study(grid_from(k), paths_on(grid_from(k), known_model(), k, 50, 5)) for k in pictures]


@cache
def learned(ridge):
    return LogLinear.unlearned().fit(drawn_studies(), ridge=ridge, steps=120, provenance="drawn")


def test_a_fit_finds_the_model_that_drew_the_paths():
    """By its predictions on other pictures: the tables can trade with each other."""
    fitted, start, truth = learned(1.0), LogLinear.unlearned(), known_model()
    far = {"fitted": 0.0, "start": 0.0}
    for study in drawn_studies(first=90, pictures=2):
        for places, targets in study.paths[:25]:
            for n in range(len(targets)):
                wanted = truth.next_density(study.grid, places[: n + 1])
                for name, model in (("fitted", fitted), ("start", start)):
                    got = model.next_density(study.grid, places[: n + 1])
                    far[name] += float(np.sum(wanted * np.log(wanted / got)))
    assert far["fitted"] < 0.25 * far["start"]
    assert fitted.provenance == "drawn"


def test_what_is_expected_of_a_fitted_model_is_what_was_observed():
    """The moments of an exponential family match at the optimum: gradients are expected minus observed counts."""
    fitted, rest = learned(1.0), LogLinear.unlearned().tables
    gradients = [fitted.surprise(study)[1] for study in drawn_studies()]
    for name in SHAPES:
        missing = sum(getattr(slope, name) for slope in gradients)
        from_ridge = -2 * (getattr(fitted.tables, name) - getattr(rest, name))
        assert missing == pytest.approx(from_ridge, abs=0.05), name  # counts, of 1000


def test_a_fitted_model_expects_fixations_as_far_from_the_centre_as_people_have_them():
    """The same for moments that are worked out here: mean and square of the place across, by fixation number."""
    fitted = learned(0.01)
    for number in range(3):
        expected, observed = [], []
        for study in drawn_studies():
            features = np.array([study.grid[2], study.grid[2] ** 2, study.grid[4]])
            for places, targets in study.paths:
                expected.append(features @ fitted.next_density(study.grid, places[: number + 1]))
                observed.append(features[:, targets[number]])
        assert np.mean(expected, axis=0) == pytest.approx(np.mean(observed, axis=0), abs=3e-3)


def test_a_fit_is_the_same_in_threads_and_better_than_its_start():
    seen = []
    model = LogLinear.unlearned().fit(drawn_studies(), steps=5, watch=lambda step, bits: seen.append((step, bits)))
    with ThreadPoolExecutor(2) as executor:
        again = LogLinear.unlearned().fit(drawn_studies(), steps=5, executor=executor)
    for one, two in zip(model.tables, again.tables, strict=True):
        assert one == pytest.approx(two, abs=1e-9)
    assert [step for step, _ in seen] == list(range(1, len(seen) + 1))
    nats = sum(LogLinear.unlearned().surprise(study)[0] for study in drawn_studies())
    assert seen[0][1] == pytest.approx((np.log(48) - nats / 1000) / np.log(2))
    assert max(bits for _, bits in seen) > seen[0][1] + 0.2


def test_a_strong_ridge_keeps_the_tables_at_rest():
    fitted = LogLinear.unlearned().fit(drawn_studies(), ridge=1e6, steps=20)
    for one, rest in zip(fitted.tables, LogLinear.unlearned().tables, strict=True):
        assert one == pytest.approx(rest, abs=1e-3)


def test_without_fixations_there_is_nothing_to_learn():
    for studies in ([], [Study(grid_from(0), [(np.zeros((2, 2)), np.array([-1]))])]):
        with pytest.raises(ValueError, match="expected fixations to learn from, got none"):
            LogLinear().fit(studies)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (5, 64), (48, 64)])
def test_a_density_has_the_shape_of_the_cells_and_the_sum_1(shape):
    map_, places = np.random.default_rng(0).random(shape), cells_of(*shape)
    for visits in ([], [Visit(3, 110, 0.2)], [Visit(80, 60, 0.2), Visit(-40, 500, 0.5), Visit(80, 60, 0.5)]):
        density = LogLinear.pretrained("map")(GazeContext(map_, places, VIEWING, visits, 1.0))
        assert density.shape == shape
        assert density.sum() == pytest.approx(1, abs=1e-12)
        assert density.min() >= 0


def test_settled_on_a_picture_it_is_the_same():
    context = GazeContext(np.random.default_rng(0).random((6, 8)), cells_of(), VIEWING, [Visit(80, 60, 0.2)], 0.2)
    model = LogLinear()
    precomputed = model.precompute(context)
    for visits in ([], [Visit(10, 20, 0.2)], [Visit(10, 20, 0.2), Visit(90, 20, 0.4)]):
        assert np.array_equal(precomputed(context._replace(visits=visits)), model(context._replace(visits=visits)))


def test_a_gaze_that_is_nowhere_yet_starts_in_the_middle():
    context = GazeContext(np.random.default_rng(0).random((6, 8)), cells_of(), VIEWING, [], 0.0)
    assert np.array_equal(LogLinear()(context), LogLinear()(context._replace(visits=[Visit(*VIEWING.centre, 0.0)])))


def test_an_unlearned_model_is_a_power_of_the_map():
    map_ = np.random.default_rng(0).random((6, 8))
    density = LogLinear.unlearned()(GazeContext(map_, cells_of(), VIEWING, [Visit(3, 5, 0.0), Visit(20, 50, 0.0)], 0.0))
    powers = (0.99 * map_ / map_.sum() + 0.01 / 48) ** 0.7
    assert density == pytest.approx(powers / powers.sum())


@pytest.mark.parametrize("name", SHIPPED)
def test_a_typical_observer_keeps_to_the_map_and_leaves_what_it_has_seen(name):
    model = LogLinear.pretrained(name)
    typical = model.typical()
    context = GazeContext(np.random.default_rng(0).random((24, 32)) ** 2, cells_of(24, 32), VIEWING, [], 0.0)
    visits = [Visit(80, 60, 0.0), Visit(100, 40, 0.3), Visit(60, 80, 0.6)]
    entropy = []
    for one in (model, typical):
        density = one(context._replace(visits=visits))
        assert density.sum() == pytest.approx(1)
        entropy.append(-float(np.sum(density * np.log(density))))
    assert entropy[1] < entropy[0] - 0.1
    assert typical.tables.gain == pytest.approx(3 * model.tables.gain)
    assert typical.tables.back[:, 0] == pytest.approx(0.4 * model.tables.back[:, 0] - np.log(2))
    assert (typical.tables.back[:, -1] == 0).all()
    assert model.typical(map_=1, saccades=1, inhibition=0) == model
    assert typical.provenance == f"{model.provenance}, typical"


def test_tables_are_written_and_read(tmp_path):
    model = replace(LogLinear.pretrained("map"), provenance="two pictures\nand a half")
    model.write(tmp_path / "tables.npz")
    again = LogLinear.read(tmp_path / "tables.npz")
    assert again == model != LogLinear.unlearned()
    assert again.provenance == "two pictures\nand a half"
    odd = LogLinear(tables=any_tables(0))
    odd.write(tmp_path / "tables.npz")
    for name, table in LogLinear.read(tmp_path / "tables.npz").tables._asdict().items():
        assert table == pytest.approx(getattr(odd.tables, name), rel=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["tables.npz"]


def test_the_shipped_tables_say_what_they_were_learned_from():
    for name in SHIPPED:
        assert "osie" in LogLinear.pretrained(name).provenance
    assert LogLinear.pretrained() == LogLinear() != LogLinear.pretrained("map")
    assert (LogLinear() == "tables") is False


def spoiled(folder, how):
    path = folder / "tables.npz"
    LogLinear().write(path)
    if how == "cut":
        path.write_bytes(path.read_bytes()[:900])
    elif how == "words":
        path.write_text("no tables")
    else:
        with np.load(path) as stored:
            arrays = dict(stored)
        arrays.pop("turn" if how == "without a table" else "provenance")
        np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("how", ["cut", "words", "without a table", "without provenance"])
def test_a_damaged_file_is_refused_by_name(tmp_path, how):
    with pytest.raises(ValueError, match=r"tables.npz' is no saccade table file, or it is damaged"):
        LogLinear.read(spoiled(tmp_path, how))


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no saccade table file '.*gone.npz'"):
        LogLinear.read(tmp_path / "gone.npz")
    with pytest.raises(ValueError, match=r"expected a name that ends in .npz"):
        LogLinear().write(tmp_path / "tables.json")
    with pytest.raises(ValueError, match="no tables 'itti'; expected one of: readout, map"):
        LogLinear.pretrained("itti")
    with pytest.raises(ValueError, match=r"table 'turn' of finite numbers \(16, 9\), got \(9, 16\)"):
        LogLinear(tables=any_tables(0)._replace(turn=np.zeros((9, 16))))
    with pytest.raises(ValueError, match="table 'first' of finite numbers"):
        LogLinear(tables=any_tables(0)._replace(first=np.full(16, np.nan)))


WIDE = Viewing.from_pixels_per_degree(10, (240, 320))
FINE = cells_of(96, 128, WIDE)
EVEN = GazeContext(np.ones((96, 128)), FINE, WIDE, [], 0.0)


def after(model, *places_deg):
    """Density on an even map after some places, in degrees from the centre."""
    places = WIDE.pixels(np.array(places_deg, float))
    return model(EVEN._replace(visits=[Visit(x, y, 0.0) for x, y in places]))


@pytest.mark.parametrize("name", SHIPPED)
def test_saccades_go_on_as_they_went(name):
    """Saccadic momentum (Smith and Henderson 2011): onward rather than aside, for small saccades; for all headings."""
    degrees, onward, aside = WIDE.degrees(FINE), 0.0, 0.0
    amplitude = np.hypot(degrees[..., 0], degrees[..., 1])
    for heading in np.arange(0, 360, 45):
        came = 4 * np.array([np.cos(np.radians(heading)), np.sin(np.radians(heading))])
        density = after(LogLinear.pretrained(name), -came, (0, 0))
        course = np.degrees(np.arctan2(degrees[..., 1], degrees[..., 0]))
        turn = np.abs((course - heading + 180) % 360 - 180)
        small = (amplitude > 0.3) & (amplitude < 3)
        onward += density[small & (turn <= 30)].sum()
        aside += density[small & (turn > 60) & (turn < 120)].sum() / 2
    assert onward > 1.5 * aside


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("lag", [1, 2])
def test_the_gaze_returns_more_often_than_it_would(name, lag):
    """Facilitation of return (Smith and Henderson 2011): the last places but one and but two, within 1 degree."""
    model = LogLinear.pretrained(name)
    forgetful = replace(model, tables=model.tables._replace(back=np.zeros(SHAPES["back"])))
    history = [(-4.0, 1.0), (4.0, 2.0), (1.0, -3.0)]
    near = WIDE.angle_deg(WIDE.pixels(np.array(history[-1 - lag])), FINE) < 1
    assert after(model, *history)[near].sum() > 1.2 * after(forgetful, *history)[near].sum()


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_salient_is_looked_at_and_near_places_are_preferred(name):
    map_ = np.ones((96, 128))
    map_[60:64, 40:44] = 20
    model = LogLinear.pretrained(name)
    plain, drawn = (
        model(EVEN._replace(map=values, visits=[Visit(160, 120, 0.0)])) for values in (np.ones_like(map_), map_)
    )
    assert drawn[60:64, 40:44].sum() > 4 * plain[60:64, 40:44].sum()
    away = WIDE.angle_deg((160, 120), FINE)
    later = after(model, (6.0, 3.0), (-5.0, 2.0), (0.0, 0.0))
    assert later[(away > 1) & (away < 3)].mean() > 3 * later[(away > 8) & (away < 10)].mean()
