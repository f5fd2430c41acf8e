"""How eyes moved: laws of the statistics, distances between people and models, paths of which little is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from foveation.oculomotor import saccade_duration
from saliency import Scanpath
from saliency.scanpaths.distributions import gamma_fit
from saliency.scanpaths.statistics import JOINT_AMPLITUDES_DEG, LAGS, SERIES, OculomotorStatistics, compare

VIEWING = Viewing.from_pixels_per_degree(20, (481, 641))


def path_of(places, viewing=VIEWING, **times):
    n = len(places)
    x, y = np.reshape(np.asarray(places, float), (-1, 2)).T
    return Scanpath(
        **{"x": x, "y": y, "onset": [np.nan] * n, "duration": [0.2] * n, **times}, viewing=viewing, watched=3
    )


def path_in_degrees(degrees, **times):
    return path_of(VIEWING.pixels(np.reshape(np.asarray(degrees, float), (-1, 2))), **times)


def walk_log_linear(seed, n=40):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(0, 1.2, (n, 2)), axis=0)


def walks(seed, paths=30):
    """Paths of any length with durations and gaps that make sense."""
    rng = np.random.default_rng(seed)
    made = []
    for n in rng.integers(0, 12, paths):
        degrees, duration = rng.normal(0, 4, (n, 2)), rng.gamma(4, 0.05, n)
        step = np.linalg.norm(np.diff(degrees, axis=0, prepend=0), axis=1) if n else np.empty(0)
        onset = np.cumsum(duration + saccade_duration(step)) - duration
        made.append(path_in_degrees(degrees, duration=duration, onset=onset))
    return made


def values(statistics):
    return np.array([statistic.value for statistic in statistics.statistics()], float)


# Turning angles, directions, amplitudes


def test_a_path_straight_on_never_turns():
    along = np.linspace(-8, 9, 12)[:, None] * (math.cos(0.4), math.sin(0.4)) + (1, -2)
    statistics = OculomotorStatistics.of([path_in_degrees(along)])
    assert statistics.known("turning_angle_deg") == pytest.approx(np.zeros(10), abs=1e-6)
    assert statistics.known("direction_deg") == pytest.approx(np.full(11, math.degrees(0.4)))
    assert statistics.turning_shares()[0] == 1


def test_a_path_there_and_back_reverses():
    statistics = OculomotorStatistics.of([path_in_degrees([(-3, 1), (4, -2)] * 4)])
    assert statistics.known("turning_angle_deg") == pytest.approx(np.full(6, 180.0))
    assert statistics.return_rate(2) == 1
    assert statistics.return_rate(3) == 0
    assert statistics.turning_shares()[-1] == 1


def test_directions_are_counter_clockwise_from_rightward():
    square = [(0, 0), (5, 0), (5, 5), (0, 5), (0, 0)]
    statistics = OculomotorStatistics.of([path_in_degrees(square)])
    assert statistics.known("direction_deg") == pytest.approx([0, 90, 180, -90])
    assert statistics.known("turning_angle_deg") == pytest.approx([90, 90, 90])
    assert statistics.direction_shares() == {"horizontal": 0.5, "vertical": 0.5, "oblique": 0.0}
    assert path_in_degrees(square).y[2] < path_in_degrees(square).y[0]  # upward is a smaller y


def test_a_saccade_at_22_degrees_is_horizontal_and_at_23_is_oblique():
    def share(angle, kind):
        end = 5 * np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
        return OculomotorStatistics.of([path_in_degrees([(0, 0), end])]).direction_shares()[kind]

    for axis, kind in ((0, "horizontal"), (90, "vertical"), (180, "horizontal"), (270, "vertical")):
        assert share(axis + 22, kind) == share(axis - 22, kind) == 1
        assert share(axis + 23, "oblique") == share(axis - 23, "oblique") == 1


@settings(deadline=None, max_examples=30)
@given(angle=st.floats(0, 360), seed=st.integers(0, 50))
def test_turning_the_picture_turns_directions_and_nothing_else(angle, seed):
    degrees = walk_log_linear(seed)
    turn = np.radians(angle)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    still = OculomotorStatistics.of([path_in_degrees(degrees)])
    turned = OculomotorStatistics.of([path_in_degrees(degrees @ rotation.T)])
    for name in ("amplitude_deg", "turning_angle_deg", "centre_distance_deg"):
        assert turned.known(name) == pytest.approx(still.known(name), abs=1e-5)
    by = turned.known("direction_deg") - still.known("direction_deg") - angle
    assert (by + 180) % 360 - 180 == pytest.approx(np.zeros(len(by)), abs=1e-5)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 100))
def test_a_path_walked_backwards_turns_by_the_same_angles(seed):
    degrees = walk_log_linear(seed)
    forth, back = (OculomotorStatistics.of([path_in_degrees(way)]) for way in (degrees, degrees[::-1]))
    assert back.known("turning_angle_deg")[::-1] == pytest.approx(forth.known("turning_angle_deg"), abs=1e-6)
    assert back.known("amplitude_deg")[::-1] == pytest.approx(forth.known("amplitude_deg"))
    assert [back.return_rate(lag) for lag in LAGS] == [forth.return_rate(lag) for lag in LAGS]


def test_amplitudes_are_the_exact_angles_on_the_flat_screen():
    paths = walks(3)
    expected = np.concatenate([path.amplitudes_deg for path in paths])
    assert OculomotorStatistics.of(paths).known("amplitude_deg") == pytest.approx(expected)
    corner = OculomotorStatistics.of([path_of([(0, 0), (20, 0)])])
    assert corner.known("amplitude_deg")[0] < 0.95  # 20 pixels are a degree only in the middle


def test_the_first_saccade_counts_if_asked_for():
    path = path_in_degrees([(3, 0), (3, 2)])
    without, with_start = (OculomotorStatistics.of([path], from_start=start) for start in (False, True))
    assert without.known("amplitude_deg") == pytest.approx([2], rel=1e-2)
    assert with_start.known("amplitude_deg") == pytest.approx([3, 2], rel=1e-2)
    assert with_start.known("turning_angle_deg") == pytest.approx([90])
    assert with_start.return_distance_deg == pytest.approx(without.return_distance_deg, nan_ok=True)


def test_a_gaze_that_does_not_move_has_no_direction():
    statistics = OculomotorStatistics.of([path_in_degrees([(1, 1), (1, 1), (4, 1)])])
    assert statistics.known("amplitude_deg")[0] == 0
    assert len(statistics.known("direction_deg")) == 1
    assert not statistics.known("turning_angle_deg").size
    assert np.isfinite(gamma_fit(statistics.known("amplitude_deg"))).sum() == 0  # one value above 0: no fit


# Beside a slow twin


def twin(paths):
    """Statistics a student would write: loops over paths and fixations."""
    numbers = {"turns": [], "before": [], "back2": [], "back3": [], "second": [], "far3": []}
    for path in paths:
        degrees = path.viewing.degrees(path.places)
        for k in range(1, len(path) - 1):
            a, b = degrees[k] - degrees[k - 1], degrees[k + 1] - degrees[k]
            cosine = np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)), -1, 1)
            numbers["turns"].append(math.degrees(math.acos(cosine)))
            if numbers["turns"][-1] >= 150:
                numbers["before"].append(path[k].duration)
        for lag in (2, 3):
            for k in range(lag, len(path)):
                numbers[f"back{lag}"].append(path.viewing.angle_deg(path.places[k], path.places[k - lag]) < 1.5)
        if len(path) > 2:
            numbers["second"].append(path.amplitudes_deg[1])
            numbers["far3"].append(path.viewing.angle_deg(path.viewing.centre, path.places[2]))
    return numbers


@pytest.mark.parametrize("seed", range(5))
def test_the_statistics_are_those_of_the_slow_twin(seed):
    paths = walks(seed, 60)
    statistics, slow = OculomotorStatistics.of(paths), twin(paths)
    row = {statistic.name: statistic.value for statistic in statistics.statistics()}
    assert statistics.known("turning_angle_deg") == pytest.approx(slow["turns"], abs=1e-5)
    assert row["turning angle 60-90 deg"] == pytest.approx(np.mean([60 <= turn < 90 for turn in slow["turns"]]))
    assert row["duration before reversal"] == pytest.approx(1000 * np.mean(slow["before"]))
    assert row["return to n-2"] == pytest.approx(np.mean(slow["back2"]))
    assert row["return to n-3"] == pytest.approx(np.mean(slow["back3"]))
    assert row["amplitude of saccade 2"] == pytest.approx(np.mean(slow["second"]))
    assert row["distance from centre of fixation 3"] == pytest.approx(np.mean(slow["far3"]))
    assert row["fixations per path"] == pytest.approx(np.mean([len(path) for path in paths]))
    durations = np.concatenate([path.duration for path in paths])
    assert row["duration median"] == pytest.approx(1000 * np.median(durations))
    assert row["fixations per second of fixation"] == pytest.approx(len(durations) / durations.sum())
    x = np.concatenate([path.x for path in paths])
    assert row["spread x over width"] == pytest.approx(x.std() / 641)


def test_joint_counts_pair_a_turn_with_the_saccade_after_it():
    statistics = OculomotorStatistics.of([path_in_degrees([(0, 0), (9, 0), (9, 3), (9, 0)])])
    joint = statistics.joint()
    row = np.searchsorted(JOINT_AMPLITUDES_DEG, 3, side="right") - 1
    assert joint.sum() == joint[row].sum() == 2
    assert (joint[row, 6], joint[row, -1]) == (1, 1)  # a right angle and a reversal, both of 3 deg


# Many paths, and paths of which little is known


@settings(deadline=None, max_examples=15)
@given(first=st.integers(0, 50), second=st.integers(51, 99))
def test_the_statistics_of_two_lists_are_those_of_one_after_the_other(first, second):
    a, b = OculomotorStatistics.of(walks(first)), OculomotorStatistics.of(walks(second))
    both = OculomotorStatistics.of(walks(first) + walks(second))
    assert (both.paths, len(both)) == (a.paths + b.paths, len(a) + len(b))
    for name in SERIES:
        assert np.array_equal(both.known(name), np.concatenate([a.known(name), b.known(name)]))
    assert np.array_equal(both.joint(), a.joint() + b.joint())


def test_the_order_of_the_paths_does_not_matter():
    paths = walks(1)
    forth, back = (values(OculomotorStatistics.of(order)) for order in (paths, paths[::-1]))
    assert forth == pytest.approx(back, nan_ok=True)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_short_paths_have_the_statistics_that_they_can_have(n):
    statistics = OculomotorStatistics.of([path_in_degrees([(1, 2), (5, 2)][:n])])
    known = {statistic.name for statistic in statistics.statistics() if not math.isnan(statistic.value)}
    assert ("duration mean" in known, "amplitude mean" in known) == (n > 0, n > 1)
    assert not known & {"turning angle 0-30 deg", "return to n-2", "amplitude gamma shape", "main sequence slope"}
    assert not statistics.joint().any()
    assert "nan" not in str(statistics)


def test_short_paths_among_others_change_no_saccade():
    paths, short = walks(2), [path_in_degrees([]), path_in_degrees([(1, 1)])]
    with_short = OculomotorStatistics.of([short[0], *paths, short[1]])
    for name in ("amplitude_deg", "turning_angle_deg", "saccade_duration"):
        assert np.array_equal(with_short.known(name), OculomotorStatistics.of(paths).known(name))


def test_unknown_times_are_left_out():
    degrees = [(0, 0), (5, 0), (0, 0), (5, 0)]
    path = path_in_degrees(degrees, duration=[0.1, np.nan, 0.3, 0.2], onset=[0, 0.2, 0.4, 0.8])
    statistics = OculomotorStatistics.of([path, path_in_degrees(degrees, duration=[np.nan] * 4)])
    assert statistics.known("duration") == pytest.approx([0.1, 0.3, 0.2])
    assert statistics.known("saccade_duration") == pytest.approx([0.1, 0.1])
    assert statistics.duration_before(150, 180) == pytest.approx(0.3)
    assert len(statistics.known("amplitude_deg")) == 6
    silent = OculomotorStatistics.of([path_in_degrees(degrees, duration=[np.nan] * 4)])
    assert math.isnan(silent.duration_before(0, 180))
    comparison = compare(silent, statistics)
    assert math.isnan(comparison.wasserstein_duration)
    assert comparison.wasserstein_amplitude_deg == pytest.approx(0)


def test_pictures_of_several_sizes_are_measured_each_in_its_own_degrees():
    small = path_of([(10, 10), (50, 10)], Viewing.from_pixels_per_degree(10, (101, 201)))
    large = path_of([(100, 100), (900, 100)], Viewing.from_pixels_per_degree(200, (2001, 4001)))
    statistics = OculomotorStatistics.of([small, large])
    assert statistics.known("amplitude_deg") == pytest.approx([4, 4], rel=0.03)
    assert statistics.picture_deg[:, 0] == pytest.approx([20, 20], rel=0.03)
    assert statistics.position_share[:, 0] == pytest.approx([10.5 / 201, 50.5 / 201, 100.5 / 4001, 900.5 / 4001])


# The main sequence


def test_flights_lie_on_the_line_by_which_they_were_made():
    intercept, slope = OculomotorStatistics.of(walks(4, 50)).main_sequence()
    assert intercept == pytest.approx(0.021, rel=0.05)  # made of degrees in the plane: nearly the exact angles
    assert slope == pytest.approx(0.0022, rel=0.05)


def test_blinks_do_not_bend_the_main_sequence():
    paths = walks(4, 50)
    longest = max(paths, key=len)
    blinked = path_of(longest.places, duration=longest.duration, onset=longest.onset + 0.4 * np.arange(len(longest)))
    silent = path_of(longest.places)
    with_blinks, without = (OculomotorStatistics.of([*paths, more]).main_sequence() for more in (blinked, silent))
    assert with_blinks == without
    assert np.isnan(OculomotorStatistics.of([blinked]).main_sequence()).all()


# A model beside people


def test_nothing_is_apart_from_itself():
    statistics = OculomotorStatistics.of(walks(7))
    comparison = compare(statistics, statistics)
    assert [distance.value for distance in comparison.distances()] == [0, 0, 0, 0]
    assert set(np.nan_to_num(comparison.table()["difference"])) == {0.0}


def test_longer_saccades_and_rests_are_as_far_apart_as_they_are_longer():
    degrees = np.random.default_rng(2).normal(0, 2, (60, 2))
    people = OculomotorStatistics.of([path_in_degrees(degrees)])
    model = OculomotorStatistics.of([path_in_degrees(2 * degrees, duration=[0.25] * 60)])
    comparison = compare(model, people)
    grown = model.known("amplitude_deg").mean() - people.known("amplitude_deg").mean()
    assert comparison.wasserstein_amplitude_deg == pytest.approx(grown, rel=1e-3)
    assert comparison.wasserstein_amplitude_deg == pytest.approx(people.known("amplitude_deg").mean(), rel=0.05)
    assert comparison.wasserstein_turning_deg == pytest.approx(0, abs=1e-6)
    assert comparison.wasserstein_duration == pytest.approx(0.05)
    assert comparison.joint_divergence > 0.1
    table = comparison.table()
    row = table["name"].index("duration mean")
    assert (table["unit"][row], table["people"][row], table["model"][row]) == ("ms", pytest.approx(200), 250)
    assert table["difference"][row] == pytest.approx(50)
    assert table["difference"][table["name"].index("Wasserstein-1 of duration")] == pytest.approx(50)


def test_the_divergence_is_what_the_models_table_loses_on_peoples_saccades():
    there_and_back, onward = [(0, 0), (3, 0)] * 3, np.linspace((-9, 0), (9, 0), 7)
    people = OculomotorStatistics.of([path_in_degrees(there_and_back)])  # 4 turns of 180 deg, saccades of 3 deg
    model = OculomotorStatistics.of([path_in_degrees(onward), path_in_degrees(there_and_back)])  # 5 of 0 deg beside
    p, q = np.full(84, 0.5), np.full(84, 0.5)
    p[0], q[0], q[1] = 4.5, 4.5, 5.5
    p, q = p / p.sum(), q / q.sum()
    assert compare(model, people).joint_divergence == pytest.approx(np.sum(p * np.log2(p / q)))
    assert compare(model, people).joint_divergence != pytest.approx(np.sum(q * np.log2(q / p)), rel=0.02)


def test_the_divergence_is_never_negative_and_grows_with_strangeness():
    people = OculomotorStatistics.of(walks(1, 200))
    like = compare(OculomotorStatistics.of(walks(2, 200)), people).joint_divergence
    straight = OculomotorStatistics.of([path_in_degrees(np.linspace((-8, 0), (8, 0), 300))])
    assert 0 < like < 0.3 < compare(straight, people).joint_divergence


def test_tables_have_columns_of_equal_length_with_units():
    statistics = OculomotorStatistics.of(walks(1))
    table = statistics.table()
    assert list(table) == ["name", "unit", "value"]
    assert len({len(column) for column in table.values()}) == 1
    assert len(set(table["name"])) == len(table["name"])
    assert set(table["unit"]) == {"", "count", "deg", "ms", "ms/deg", "1/s"}
    both = compare(statistics, statistics).table()
    assert both["name"][: len(table["name"])] == table["name"]
    assert list(both) == ["name", "unit", "people", "model", "difference"]


def test_what_is_printed_is_aligned():
    statistics = OculomotorStatistics.of(walks(1))
    for text in (str(statistics), str(compare(OculomotorStatistics.of(walks(2)), statistics))):
        head, *lines = text.splitlines()
        ends = {len(line) for line in lines}
        assert ends == {len(head)}
        assert lines[0].startswith("paths") and "nan" not in text
    comparison = str(compare(OculomotorStatistics.of(walks(2, 10)), statistics))
    assert comparison.splitlines()[0].split() == ["unit", "people", "model", "difference"]
    assert comparison.splitlines()[1].split() == ["paths", "count", "30", "10", "-20"]


# Bad input


def test_what_there_is_not_is_said_plainly():
    statistics = OculomotorStatistics.of(walks(1))
    with pytest.raises(ValueError, match="at least one scanpath"):
        OculomotorStatistics.of([])
    for ask in (statistics.known, statistics.by_number):
        with pytest.raises(ValueError, match="no series 'speed'; expected one of: duration"):
            ask("speed")
    with pytest.raises(ValueError, match="a lag from 2 to 8 fixations, got 1"):
        statistics.return_rate(1)
