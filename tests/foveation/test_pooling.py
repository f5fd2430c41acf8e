"""Pooling windows tile the visual field and average over it; crowding follows Bouma's law."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foveation import Viewing
from foveation.crowding import CrowdingAsymmetry, critical_spacing_deg, crowding_zone, is_crowded
from foveation.pooling import PoolingWindows, mother_window, polar_deg, polar_places

SYMMETRIC = CrowdingAsymmetry(horizontal=1, lower=1, right=1)
SMALL = Viewing.from_pixels_per_degree(6.0, (90, 120))

windows_of_any_kind = st.builds(
    PoolingWindows,
    scaling=st.floats(0.2, 1.2),
    innermost_deg=st.floats(0.3, 1.5),
    outermost_deg=st.floats(4, 14),
    aspect=st.floats(0.5, 3),
    transition=st.floats(0.05, 1),
)
gazes = st.tuples(st.floats(-20, 140), st.floats(-20, 110))


def dense_windows(windows, gaze, viewing):
    """Every window as a whole map, straight from the two formulas: the slow twin."""
    width, height = viewing.screen_px
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    eccentricity, direction = polar_deg(places, gaze, viewing)
    ring = np.arange(windows.rings)[:, None, None, None]
    wedge = np.arange(windows.wedges)[None, :, None, None]
    with np.errstate(divide="ignore"):
        out = (np.log(eccentricity) - np.log(windows.innermost_deg)) / windows.ring_width - ring
    around = (direction / windows.wedge_width_deg - wedge + windows.wedges / 2) % windows.wedges - windows.wedges / 2
    return mother_window(out, transition=windows.transition) * mother_window(around, transition=windows.transition)


# The mother window


@pytest.mark.parametrize(
    ("x", "height"), [(-0.75, 0), (-0.5, 0.5), (-0.25, 1), (0, 1), (0.25, 1), (0.375, 0.853553), (0.5, 0.5), (0.8, 0)]
)
def test_heights_of_the_mother_window(x, height):
    assert mother_window(x) == pytest.approx(height, abs=1e-6)


@given(st.floats(-0.5, 0.5), st.floats(0.01, 1))
def test_the_mother_window_is_the_formula_of_the_paper(x, t):
    if x <= (t - 1) / 2:
        expected = np.cos(np.pi / 2 * (x - (t - 1) / 2) / t) ** 2
    elif x <= (1 - t) / 2:
        expected = 1.0
    else:
        expected = 1 - np.cos(np.pi / 2 * (x - (1 + t) / 2) / t) ** 2
    assert mother_window(x, transition=t) == pytest.approx(expected, abs=1e-12)


@given(st.floats(0, 1), st.floats(0.01, 1))
def test_copies_of_the_mother_window_sum_to_one(x, transition):
    assert mother_window(x - np.arange(-2, 4), transition=transition).sum() == pytest.approx(1, abs=1e-12)


# Directions around the gaze


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1919), st.floats(0, 1079), st.floats(-300, 2200), st.floats(-300, 1400))
def test_polar_places_come_back(x, y, gaze_x, gaze_y):
    screen = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8125), distance_cm=60.0)
    eccentricity, direction = polar_deg((x, y), (gaze_x, gaze_y), screen)
    assert eccentricity == pytest.approx(screen.angle_deg((gaze_x, gaze_y), (x, y)), abs=1e-12)
    assert polar_places(eccentricity, direction, (gaze_x, gaze_y), screen) == pytest.approx([x, y], abs=1e-6)


def test_directions_around_the_centre_are_those_on_the_screen(screen):
    centre = screen.centre
    places = np.array(centre) + np.array([(300, 0), (200, -200), (0, -300), (-300, 0), (0, 300), (0, 0)])
    assert polar_deg(places, centre, screen)[1] == pytest.approx([0, 45, 90, 180, 270, 0], abs=1e-9)


def test_equal_directions_around_an_oblique_gaze_make_equal_angles_at_the_eye(screen):
    """On the sphere the angle between neighbours on a ring is the same all around; on the screen it is not."""
    ring = polar_places(8.0, np.arange(0, 360, 10), (1800, 100), screen)
    steps = screen.angle_deg(ring, np.roll(ring, 1, axis=0))
    assert steps == pytest.approx(steps[0], abs=1e-9)
    assert np.ptp(np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1)) > 5


def test_a_direction_away_from_the_screen_has_no_place():
    assert np.isnan(polar_places(95, 0, SMALL.centre, SMALL)).all()


# Windows


@pytest.mark.parametrize(
    ("scaling", "width", "between"), [(0.26, 0.259273, 13.1182), (0.46, 0.456038, 7.4581), (0.5, 0.494933, 6.8720)]
)
def test_ring_widths_by_scaling(scaling, width, between):
    windows = PoolingWindows(scaling=scaling)
    assert windows.ring_width == pytest.approx(width, abs=5e-7)
    assert np.log(15 / 0.5) / windows.ring_width == pytest.approx(between, abs=5e-5)
    assert windows.rings == int(np.ceil(between - 0.25)) + 1


def test_centres_of_the_rings():
    assert PoolingWindows(scaling=0.5).eccentricities_deg[1:4] == pytest.approx([0.82019, 1.34544, 2.20704], abs=5e-6)


@given(windows_of_any_kind)
def test_width_at_half_height_over_eccentricity_is_the_scaling(windows):
    half = windows.eccentricities_deg[:, None] * np.exp(windows.ring_width * np.array([-0.5, 0.5]))
    assert np.diff(half)[:, 0] / windows.eccentricities_deg == pytest.approx(windows.scaling)
    assert windows.wedges == pytest.approx(2 * np.pi * windows.aspect / windows.scaling, abs=0.5)  # a whole number


@settings(max_examples=40, deadline=None)
@given(windows_of_any_kind, gazes)
def test_the_windows_sum_to_one_from_the_innermost_to_the_outermost_eccentricity(windows, gaze):
    width, height = SMALL.screen_px
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    eccentricity = SMALL.angle_deg(places, gaze)
    coverage = windows.coverage(gaze, SMALL)
    between = (eccentricity >= windows.innermost_deg) & (eccentricity <= windows.outermost_deg)
    assert coverage[between] == pytest.approx(1, abs=1e-6)
    fovea = eccentricity < windows.innermost_deg * np.exp(-windows.ring_width * (1 + windows.transition) / 2)
    assert not coverage[fovea].any()
    assert coverage.min() >= 0
    assert coverage.max() <= 1 + 1e-6


@settings(max_examples=12, deadline=None)
@given(windows_of_any_kind, gazes, st.integers(0, 99))
def test_pool_and_project_are_those_of_the_dense_twin(windows, gaze, seed):
    assume(windows.count < 400)
    viewing = Viewing.from_pixels_per_degree(3.0, (37, 50))
    image = np.random.default_rng(seed).random((37, 50, 2)).astype(np.float32)
    dense = dense_windows(windows, gaze, viewing)
    total = dense.sum(axis=(2, 3))
    seen = total > 1e-3  # a window that only grazes a pixel is rounded away
    means = np.einsum("rwyx,yxc->rwc", dense, image)[seen] / total[seen][:, None]
    pooled = windows.pool(image, gaze, viewing, empty=0)
    assert pooled.shape == (windows.rings, windows.wedges, 2)
    assert pooled[seen] == pytest.approx(means, abs=1e-4)
    again = np.einsum("rwyx,rwc->yxc", dense, pooled)
    assert windows.project(pooled, gaze, viewing) == pytest.approx(again, abs=1e-5)


@pytest.mark.parametrize(("ring", "wedge"), [(0, 0), (3, 7), (4, 24)])
def test_one_window_is_that_of_the_dense_twin(ring, wedge):
    windows, gaze = PoolingWindows(), (40.3, 50.8)
    one = windows.window(ring, wedge, gaze, SMALL)
    assert one.shape == (90, 120)
    assert one.max() > 0.5
    assert one == pytest.approx(dense_windows(windows, gaze, SMALL)[ring, wedge], abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(windows_of_any_kind, gazes, st.floats(-5, 300, width=32))
def test_a_constant_stays_constant(windows, gaze, level):
    pooled = windows.pool(np.full((90, 120), level, np.float32), gaze, SMALL)
    seen = np.isfinite(pooled)
    assert pooled[seen] == pytest.approx(level, rel=1e-6)
    shown = windows.project(pooled, gaze, SMALL, beyond=level)
    assert shown == pytest.approx(level, rel=1e-5, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(gazes, st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 99))
def test_pooling_is_linear(gaze, a, b, seed):
    windows = PoolingWindows()
    one, two = np.random.default_rng(seed).standard_normal((2, 90, 120)).astype(np.float32)
    apart = a * windows.pool(one, gaze, SMALL, empty=0) + b * windows.pool(two, gaze, SMALL, empty=0)
    assert windows.pool(a * one + b * two, gaze, SMALL, empty=0) == pytest.approx(apart, abs=1e-5)


def test_averages_weighted_by_their_windows_keep_the_sum_of_the_picture():
    windows, gaze = PoolingWindows(innermost_deg=0.2, outermost_deg=40), (60, 44)
    image = np.random.default_rng(0).random((90, 120))
    totals = windows.shares(gaze, SMALL).totals
    pooled = windows.pool(image, gaze, SMALL, empty=0)
    coverage = windows.coverage(gaze, SMALL)
    assert np.sum(pooled * totals) == pytest.approx(np.sum(image * coverage), rel=1e-6)


def test_what_was_pooled_once_stays_when_windows_hardly_overlap():
    windows, gaze = PoolingWindows(transition=1e-6), (55.2, 31.7)
    once = windows.pool(np.random.default_rng(1).random((90, 120)), gaze, SMALL)
    twice = windows.pool(windows.project(once, gaze, SMALL), gaze, SMALL)
    assert np.array_equal(np.isnan(once), np.isnan(twice))
    assert twice == pytest.approx(once, abs=1e-6, nan_ok=True)


def test_pooling_again_only_smooths():
    windows, gaze = PoolingWindows(), (60, 45)
    once = windows.pool(np.random.default_rng(2).random((90, 120)), gaze, SMALL)
    twice = windows.pool(windows.project(once, gaze, SMALL, beyond=0.5), gaze, SMALL)
    assert np.nanmin(once) - 1e-6 <= np.nanmin(twice)
    assert np.nanmax(twice) <= np.nanmax(once) + 1e-6
    assert np.nanstd(twice) < np.nanstd(once)


def test_the_fovea_shows_the_picture_itself():
    windows, gaze = PoolingWindows(innermost_deg=3.0), (60, 45)
    image = np.random.default_rng(3).random((90, 120, 3)).astype(np.float32)
    seen = windows.project(windows.pool(image, gaze, SMALL), gaze, SMALL, beyond=image)
    assert np.array_equal(seen[40:50, 55:65], image[40:50, 55:65])
    far = windows.coverage(gaze, SMALL) == 1
    assert seen[far].std() < 0.5 * image[far].std()


def test_larger_scaling_leaves_fewer_and_flatter_windows():
    image = np.random.default_rng(4).random((90, 120))
    fine, coarse = PoolingWindows(scaling=0.25), PoolingWindows(scaling=0.5)
    assert fine.count > 3 * coarse.count
    spread = [
        np.nanstd(w.pool(image, SMALL.centre, SMALL)[np.abs(w.eccentricities_deg - 4) < 2]) for w in (fine, coarse)
    ]
    assert spread[0] > 1.5 * spread[1]


def test_windows_move_with_the_gaze_and_miss_the_picture_far_from_it():
    windows = PoolingWindows()
    centre = windows.pool(np.ones((90, 120)), SMALL.centre, SMALL)
    corner = windows.pool(np.ones((90, 120)), (0, 0), SMALL)
    assert np.isnan(corner).sum() > 2 * np.isnan(centre).sum()
    assert np.isnan(corner[4, 6])  # above the picture
    assert windows.pool(np.ones((90, 120)), (0, 0), SMALL, empty=-1)[4, 6] == -1


def test_bytes_and_channels_pool_alike():
    image = np.random.default_rng(5).integers(0, 256, (90, 120, 3), np.uint8)
    windows, gaze = PoolingWindows(), (30, 30)
    colour = windows.pool(image, gaze, SMALL)
    assert colour.dtype == np.float32
    for channel in range(3):
        alone = windows.pool(image[:, :, channel].astype(np.float64), gaze, SMALL)
        assert np.array_equal(colour[:, :, channel], alone, equal_nan=True)
    strided = windows.pool(image[:, :, ::-1], gaze, SMALL)
    assert np.array_equal(strided, colour[:, :, ::-1], equal_nan=True)


def test_outlines_run_where_the_window_is_half_as_high():
    windows, gaze = PoolingWindows(), (50.4, 40.2)
    line = windows.outline(4, 3, gaze, SMALL, points=5)
    assert line.shape == (20, 2)
    out, around = polar_deg(line, gaze, SMALL)
    edge_out = np.abs(np.log(out / windows.eccentricities_deg[4]) / windows.ring_width)
    edge_around = np.abs((around - windows.directions_deg[3]) / windows.wedge_width_deg)
    assert np.maximum(edge_out, edge_around) == pytest.approx(0.5, abs=1e-9)
    assert np.linalg.norm(line[0] - line[-1]) == pytest.approx(0, abs=1e-9)
    assert line.mean(axis=0) == pytest.approx(np.argwhere(windows.window(4, 3, gaze, SMALL) > 0.5).mean(0)[::-1], abs=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scaling": 0}, "positive scaling, got 0"),
        ({"innermost_deg": float("nan")}, "positive innermost_deg, got nan"),
        ({"outermost_deg": 0.4}, "outermost_deg beyond innermost_deg=0.5, got 0.4"),
        ({"aspect": -2}, "positive aspect, got -2"),
        ({"transition": 1.5}, "transition above 0 and at most 1, got 1.5"),
        ({"transition": 0}, "transition above 0 and at most 1, got 0"),
    ],
)
def test_impossible_windows_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        PoolingWindows(**change)


def test_pool_says_what_it_expected():
    windows, centre = PoolingWindows(), SMALL.centre
    with pytest.raises(ValueError, match=r"of the 120 x 90 px viewing, got \(90, 121\)"):
        windows.pool(np.zeros((90, 121)), centre, SMALL)
    with pytest.raises(ValueError, match=r"got \(90, 120, 0\)"):
        windows.pool(np.zeros((90, 120, 0)), centre, SMALL)
    with pytest.raises(TypeError, match="real numbers, got complex128"):
        windows.pool(np.zeros((90, 120), complex), centre, SMALL)
    holes = np.zeros((90, 120))
    holes[3, 4] = np.nan
    with pytest.raises(ValueError, match="finite pixels, got 1 that are not"):
        windows.pool(holes, centre, SMALL)
    with pytest.raises(ValueError, match=r"a gaze at a finite place in pixels, got \[nan, 1.0\]"):
        windows.pool(np.zeros((90, 120)), (np.nan, 1), SMALL)
    with pytest.raises(ValueError, match=r"a gaze as one place \(x, y\), got shape \(1, 2\)"):
        windows.pool(np.zeros((90, 120)), [(1, 1)], SMALL)


def test_project_and_window_say_what_they_expected():
    windows, centre = PoolingWindows(), SMALL.centre
    with pytest.raises(ValueError, match=r"8 rings x 25 wedges, got shape \(25, 8\)"):
        windows.project(np.zeros((25, 8)), centre, SMALL)
    with pytest.raises(ValueError, match="finite averages"):
        windows.project(np.full((8, 25), np.nan), centre, SMALL)
    with pytest.raises(ValueError, match=r"8 rings and 25 wedges, got \(8, 0\)"):
        windows.window(8, 0, centre, SMALL)
    with pytest.raises(ValueError, match=r"8 rings and 25 wedges, got \(0, -1\)"):
        windows.outline(0, -1, centre, SMALL)
    with pytest.raises(ValueError, match="at least 2 points on a side, got 1"):
        windows.outline(0, 0, centre, SMALL, points=1)


# Crowding


def test_critical_spacing_is_boumas_law():
    assert critical_spacing_deg([0, 5, 10, 20], bouma=0.5, offset_deg=0) == pytest.approx([0, 2.5, 5, 10])
    assert critical_spacing_deg(10) == pytest.approx(0.3 * 10.15)


def test_ratios_of_the_meridians():
    """Kurzawski et al. (2023), J. Vision 23(8):6, abstract; for Bouma's factor the right meridian is the standard."""
    right, upper, left, lower = critical_spacing_deg(10, [0, 90, 180, 270])
    assert right / left == pytest.approx(0.78)
    assert lower / upper == pytest.approx(0.79)
    assert np.sqrt(right * left) / np.sqrt(lower * upper) == pytest.approx(0.62)


@given(st.floats(0, 360))
def test_between_meridians_the_spacing_lies_between_theirs_and_does_not_jump(direction):
    asymmetry = CrowdingAsymmetry()
    quarter = 90 * (direction // 90)
    low, high = sorted(asymmetry.factor([quarter, quarter + 90]))
    here = asymmetry.factor(direction)
    assert low - 1e-12 <= here <= high + 1e-12
    assert asymmetry.factor(direction + 1e-4) == pytest.approx(here, abs=1e-5)


def test_a_field_without_directions_is_round():
    equal = CrowdingAsymmetry(tangential=1, horizontal=1, lower=1, right=1)
    assert equal.factor(np.arange(0, 360, 7)) == pytest.approx(1)
    zone = crowding_zone((90, 20), (30, 50), SMALL, asymmetry=equal)
    distances = SMALL.angle_deg(zone, (90, 20))
    assert distances == pytest.approx(0.3 * (SMALL.angle_deg((90, 20), (30, 50)) + 0.15))


def test_half_axes_of_the_zone(screen):
    gaze, target = (400, 300), (1300, 700)
    eccentricity = screen.angle_deg(gaze, target)
    zone = crowding_zone(target, gaze, screen, offset_deg=0, asymmetry=SYMMETRIC, points=4)
    spacing = 0.3 * eccentricity
    assert screen.angle_deg(zone, target) == pytest.approx(spacing * np.array([1, 0.55, 1, 0.55]))
    assert screen.angle_deg(gaze, zone)[[0, 2]] == pytest.approx(eccentricity + spacing * np.array([-1, 1]))
    # the first point lies on the line to the gaze, which is straight on the screen
    across = np.cross(*(np.append(place - np.array(target), 0) for place in (zone[0], np.array(gaze))))[2]
    assert across == pytest.approx(0, abs=1e-6)


@settings(max_examples=60)
@given(
    st.tuples(st.floats(0, 119), st.floats(0, 89)),
    gazes,
    st.floats(0, 360),
    st.floats(0.9, 0.999) | st.floats(1.001, 1.1),
)
def test_a_flanker_crowds_if_and_only_if_it_is_inside_the_zone(target, gaze, turn, share):
    points = 360
    outline = crowding_zone(target, gaze, SMALL, points=points)[int(turn) % points]
    distance, bearing = polar_deg(outline, target, SMALL)
    assume(distance > 1e-6)
    flanker = polar_places(distance * share, bearing, target, SMALL)
    assert is_crowded(target, flanker, gaze, SMALL) == (share < 1)


@settings(max_examples=60)
@given(st.tuples(st.floats(0, 119), st.floats(0, 89)), gazes, st.floats(0, 360), st.floats(0.1, 8), st.floats(1.01, 5))
def test_a_farther_flanker_never_crowds_more(target, gaze, bearing, distance, farther):
    near = polar_places(distance, bearing, target, SMALL)
    far = polar_places(distance * farther, bearing, target, SMALL)
    assert is_crowded(target, near, gaze, SMALL) >= is_crowded(target, far, gaze, SMALL)


@given(st.floats(1, 9), st.floats(0.01, 0.9), st.floats(0, 360))
def test_farther_from_the_gaze_a_target_is_more_crowded(eccentricity, nearer, direction):
    """The same spacing along the same direction: once crowded, crowded at every larger eccentricity."""
    gaze, crowded = np.array(SMALL.centre), []
    for distance in (eccentricity * nearer, eccentricity):
        target = polar_places(distance, direction, gaze, SMALL)
        flanker = polar_places(distance + 1.5, direction, gaze, SMALL)
        crowded.append(bool(is_crowded(target, flanker, gaze, SMALL)))
    assert crowded[0] <= crowded[1]
    spacing = critical_spacing_deg([eccentricity * nearer, eccentricity], direction)
    assert spacing[0] < spacing[1]


def test_a_target_at_the_gaze_is_not_crowded_where_one_in_the_periphery_is(screen):
    gaze = np.array(screen.centre)
    for direction in range(0, 360, 45):
        offset = 40 * np.array([np.cos(np.radians(direction)), np.sin(np.radians(direction))])
        assert not is_crowded(gaze, gaze + offset, gaze, screen)
        aside = np.add(gaze, (500, 0))
        assert is_crowded(aside, aside + offset, gaze, screen)


def test_flankers_away_from_the_gaze_crowd_farther_than_those_around_it(screen):
    gaze, target = screen.centre, np.add(screen.centre, (380, 0))  # about 10 degrees to the right
    at = {name: target + offset for name, offset in (("out", (100, 0)), ("in", (-100, 0)), ("up", (0, -100)))}
    crowded = {name: bool(is_crowded(target, place, gaze, screen)) for name, place in at.items()}
    assert crowded == {"out": True, "in": True, "up": False}


def test_the_upper_field_crowds_more_than_the_right(screen):
    gaze = screen.centre
    right, up = np.add(gaze, [(300, 0), (420, 0)]), np.subtract(gaze, [(0, 300), (0, 420)])
    assert not is_crowded(*right, gaze, screen)
    assert is_crowded(*up, gaze, screen)


def test_several_targets_and_several_flankers(screen):
    gaze = screen.centre
    letters = np.add(gaze, [(x, 0) for x in (0, 40, 300, 340, 640)])
    crowded = is_crowded(letters, letters, gaze, screen)
    assert crowded.tolist() == [False, False, True, True, False]
    one_by_one = [bool(is_crowded(letter, letters, gaze, screen)) for letter in letters]
    assert one_by_one == crowded.tolist()
    assert is_crowded(letters[0], letters, gaze, screen).shape == ()
    assert not is_crowded(letters, np.empty((0, 2)), gaze, screen).any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bouma": 0}, "positive Bouma factor, got 0"),
        ({"bouma": float("inf")}, "positive Bouma factor, got inf"),
        ({"offset_deg": -0.1}, "offset of 0 degrees or more, got -0.1"),
    ],
)
def test_an_impossible_law_of_crowding_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        is_crowded((1, 2), (3, 4), (5, 6), SMALL, **change)


def test_bad_places_are_refused():
    with pytest.raises(ValueError, match="eccentricities of 0 degrees or more, got -1"):
        critical_spacing_deg(-1)
    with pytest.raises(ValueError, match="positive ratio lower, got 0"):
        CrowdingAsymmetry(lower=0)
    with pytest.raises(ValueError, match=r"flankers as places \(x, y\) of shape \(n, 2\), got shape \(3,\)"):
        is_crowded((1, 2), (3, 4, 5), (5, 6), SMALL)
    with pytest.raises(ValueError, match=r"targets at a finite place in pixels, got \[inf, 2.0\]"):
        is_crowded((np.inf, 2), (3, 4), (5, 6), SMALL)
    with pytest.raises(ValueError, match=r"a target as one place \(x, y\), got shape \(1, 2\)"):
        crowding_zone([(1, 2)], (5, 6), SMALL)
    with pytest.raises(ValueError, match="points to be a whole number, at least 1 and at most 100000; got 0"):
        crowding_zone((1, 2), (5, 6), SMALL, points=0)
