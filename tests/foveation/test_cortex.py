"""Cortical magnification, log-polar maps, and the picture as visual cortex has it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing, kernels, sample_pixels
from foveation.cortex import SchwartzDipole, SchwartzMonopole, cortical_view
from foveation.logpolar import LogPolar
from foveation.magnification import Dougherty, HortonHoyt, RovamoVirsu, cortical_magnification

LAWS = [HortonHoyt(), Dougherty(), RovamoVirsu(), SchwartzMonopole(), SchwartzDipole()]
CLOSED = [law for law in LAWS if not isinstance(law, RovamoVirsu)]
TOLERANCE = {"abs": 5.1e-5}  # reference numbers are given to four decimals


# --- laws of magnification: numbers worked out from the formulas with the published constants


@pytest.mark.parametrize(
    ("law", "direction_deg", "expected"),
    [
        (HortonHoyt(), 0, [23.0667, 3.0087, 1.6093, 0.8337]),
        (Dougherty(), 0, [7.9564, 3.3679, 2.1361, 1.2336]),
        (RovamoVirsu(), 0, [7.99, 3.2592, 2.0424, 1.1586]),
        (RovamoVirsu(), 90, [7.99, 2.5650, 1.5019, 0.7712]),
        (RovamoVirsu(), 180, [7.99, 3.0052, 1.8284, 0.9792]),
        (RovamoVirsu(), 270, [7.99, 2.5717, 1.5205, 0.8120]),
        (SchwartzDipole(), 0, [21.2411, 2.4551, 1.2352, 0.5746]),
    ],
)
def test_magnification_at_0_5_10_and_20_degrees(law, direction_deg, expected):
    magnification = cortical_magnification([0, 5, 10, 20], direction_deg=direction_deg, law=law)
    assert magnification == pytest.approx(expected, **TOLERANCE)


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (HortonHoyt(), [14.658, 35.238, 46.063, 57.440]),
        (SchwartzMonopole(), [13.3095, 31.4571, 40.9038, 50.8021]),
        (SchwartzDipole(), [13.1232, 30.5477, 39.1370, 47.4550]),
        (SchwartzDipole(foveal_deg=0.69), [13.2505, 30.7372, 39.3388, 47.6636]),
    ],
)
def test_distance_from_the_fovea_at_1_5_10_and_20_degrees(law, expected):
    assert law.distance_mm([1, 5, 10, 20]) == pytest.approx(expected, abs=5.1e-4 if law == HortonHoyt() else 5.1e-5)


def test_the_law_of_horton_and_hoyt_is_the_one_taken_if_none_is_given():
    assert cortical_magnification(3.0) == HortonHoyt().magnification_mm_deg(3.0)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_magnification_is_the_slope_of_distance(law):
    eccentricity, step = np.array([0.01, 0.5, 2, 7, 20, 50]), 1e-4
    slope = (law.distance_mm(eccentricity + step) - law.distance_mm(eccentricity - step)) / (2 * step)
    assert slope == pytest.approx(law.magnification_mm_deg(eccentricity), rel=1e-6)
    assert law.distance_mm(0) == 0


@pytest.mark.parametrize("direction_deg", [0, 60, 90, 180, 200, 270])
def test_magnification_is_the_slope_of_distance_in_every_direction(direction_deg):
    law, eccentricity, step = RovamoVirsu(), np.array([0.5, 5, 60]), 1e-4
    ends = [law.distance_mm(eccentricity + sign * step, direction_deg) for sign in (1, -1)]
    slope = (ends[0] - ends[1]) / (2 * step)
    assert slope == pytest.approx(law.magnification_mm_deg(eccentricity, direction_deg), rel=1e-6)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_magnification_falls_with_eccentricity(law):
    for direction_deg in (0, 45, 90, 180, 270):
        magnification = law.magnification_mm_deg(np.linspace(0, 60, 61), direction_deg)
        assert magnification.shape == (61,)
        assert (np.diff(magnification) < 0).all()


@given(st.floats(0, 80))
def test_eccentricity_to_distance_and_back(eccentricity):
    for law in CLOSED:
        assert law.eccentricity_deg(law.distance_mm(eccentricity)) == pytest.approx(eccentricity, abs=1e-9)


def test_the_left_eye_is_the_mirror_image_of_the_right():
    direction = np.arange(0, 360, 15)
    right = RovamoVirsu().magnification_mm_deg(12, direction)
    left = RovamoVirsu(eye="left").magnification_mm_deg(12, 180 - direction)
    assert left == pytest.approx(right)
    assert RovamoVirsu(eye="left").magnification_mm_deg(12, 0) < 0.99 * right[0]


# --- the complex logarithm


@pytest.mark.parametrize("law", [SchwartzMonopole(), SchwartzDipole()])
@given(eccentricity=st.floats(0, 80), direction=st.floats(-90, 90))
def test_visual_field_to_cortex_and_back(law, eccentricity, direction):
    place = eccentricity * np.exp(1j * np.radians(direction))
    assert complex(law.field_deg(law.cortex_mm(place))) == pytest.approx(complex(place), abs=1e-9)


@pytest.mark.parametrize("law", [SchwartzMonopole(), SchwartzDipole()])
def test_the_map_magnifies_alike_in_all_directions_of_a_step(law):
    place, step = 4 * np.exp(0.7j), 1e-5
    lengths = [abs(law.cortex_mm(place + step * np.exp(1j * a)) - law.cortex_mm(place)) / step for a in (0, 1, 2, 3)]
    expected = law.magnification_mm_deg(4, np.degrees(0.7))
    assert lengths == pytest.approx([float(expected)] * 4, rel=1e-4)
    assert law.magnification_mm_deg(4, 180 - np.degrees(0.7)) == pytest.approx(expected)


def test_far_from_the_fovea_a_turn_is_a_shift():
    law = SchwartzMonopole()
    shift = law.cortex_mm(500j) - law.cortex_mm(500)
    assert complex(shift) == pytest.approx(1j * law.scale_mm * np.pi / 2, abs=0.05)


def test_a_distant_pole_makes_the_dipole_a_monopole():
    places = np.array([0, 1 + 2j, 20])
    assert SchwartzDipole(peripheral_deg=1e7).cortex_mm(places) == pytest.approx(
        SchwartzMonopole().cortex_mm(places), abs=1e-4
    )


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
@pytest.mark.parametrize("eccentricity", [-1, float("nan")])
def test_a_negative_eccentricity_is_refused(law, eccentricity):
    with pytest.raises(ValueError, match=f"eccentricities of 0 degrees or more, got {eccentricity}"):
        law.magnification_mm_deg([1, eccentricity])
    with pytest.raises(ValueError, match=f"eccentricities of 0 degrees or more, got {eccentricity}"):
        law.distance_mm([1, eccentricity])


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (HortonHoyt, {"scale_mm": 0}, "positive scale_mm, got 0"),
        (Dougherty, {"half_eccentricity_deg": float("nan")}, "positive half_eccentricity_deg, got nan"),
        (RovamoVirsu, {"foveal_mm_deg": -1}, "positive foveal_mm_deg, got -1"),
        (RovamoVirsu, {"nasal": (0.3,)}, "expected nasal to be"),
        (RovamoVirsu, {"nasal": (0.3, -1)}, "expected nasal to be"),
        (RovamoVirsu, {"eye": "third"}, "'right' or 'left', got 'third'"),
        (SchwartzMonopole, {"foveal_deg": 0}, "positive foveal_deg, got 0"),
        (SchwartzDipole, {"peripheral_deg": 0.5}, "peripheral_deg beyond foveal_deg=0.7 degrees, got 0.5"),
    ],
)
def test_an_impossible_law_is_refused(kind, change, message):
    with pytest.raises(ValueError, match=message):
        kind(**change)


# --- the log-polar map


def smooth(shape, seed=0, width=4):
    noise = np.random.default_rng(seed).random((*shape, 3), np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), width)
    return (blurred - blurred.min()) / np.ptp(blurred)


def point_samples(image, log_polar, centre):
    """A grey map by linear interpolation of points: slow, in float64, border repeated."""
    rows, columns = image.shape
    out = np.empty((log_polar.rings, log_polar.wedges))
    for ring in range(log_polar.rings):
        radius = log_polar.inner_px * (log_polar.outer_px / log_polar.inner_px) ** (ring / (log_polar.rings - 1))
        for wedge in range(log_polar.wedges):
            angle = 2 * np.pi * wedge / log_polar.wedges
            x = min(max(centre[0] + radius * np.cos(angle), 0), columns - 1)
            y = min(max(centre[1] - radius * np.sin(angle), 0), rows - 1)
            left, top = min(int(x), columns - 2), min(int(y), rows - 2)
            weight = np.outer([1 - y + top, y - top], [1 - x + left, x - left])
            out[ring, wedge] = (weight * image[top : top + 2, left : left + 2]).sum()
    return out


@pytest.mark.parametrize("centre", [(40.3, 29.8), (0.0, 0.0), (-20.0, 70.0)])
def test_without_averaging_it_takes_points(centre):
    image = smooth((60, 81))[:, :, 0]
    log_polar = LogPolar(rings=20, wedges=24, outer_px=45, spread=0)
    expected = point_samples(image, log_polar, centre)
    assert np.abs(log_polar.forward(image, centre) - expected).max() < 0.005  # places are kept in 32nds of a pixel


def test_each_sample_is_as_wide_as_its_cell():
    """Bright lines, one at a time, show how one sample weighs the columns of the picture; the spread is their width."""
    log_polar = LogPolar(rings=40, wedges=80, inner_px=4, outer_px=150)
    ring = 35
    cell = log_polar.radii_px[ring] * np.sqrt(log_polar.ring_step * 2 * np.pi / 80)
    centre_x = 200 - log_polar.radii_px[ring]
    weights = []
    for column in range(150, 251):
        line = np.zeros((401, 401), np.float32)
        line[:, column] = 1
        weights.append(log_polar.forward(line, (centre_x, 200))[ring, 0])
    offset = np.arange(-50, 51)
    assert sum(weights) == pytest.approx(1, abs=1e-4)
    assert np.sqrt(np.sum(weights * offset**2)) == pytest.approx(np.sqrt(cell**2 / 12), rel=0.2)


@settings(deadline=None, max_examples=25)
@given(
    st.tuples(st.integers(2, 70), st.integers(2, 70)),
    st.integers(0, 255),
    st.tuples(st.floats(-200, 200), st.floats(-200, 200)),
    st.floats(0, 3),
)
def test_a_uniform_picture_stays_uniform_there_and_back(shape, grey, centre, spread):
    log_polar = LogPolar(rings=16, wedges=20, outer_px=90, spread=spread)
    image = np.full((*shape, 3), grey, np.uint8)
    cortex = log_polar.forward(image, centre)
    assert (cortex == grey).all()
    assert (log_polar.inverse(cortex, centre, shape) == grey).all()
    bright = log_polar.forward(np.full(shape, grey / 255, np.float32), centre)
    assert bright == pytest.approx(grey / 255, abs=1e-6)


def test_flat_to_the_last_ring_where_it_leaves_the_picture():
    image = np.full((108, 192), 200, np.uint8)
    assert (LogPolar(rings=64, wedges=128, outer_px=54).forward(image, (95.5, 53.5)) == 200).all()


@pytest.mark.parametrize(("turns", "wedges"), [(1, 16), (2, 32), (3, 48)])
def test_turning_the_picture_shifts_the_wedges(turns, wedges):
    image = smooth((257, 257))  # of 2^n + 1 pixels, so that all levels of the pyramid turn with it
    log_polar = LogPolar(rings=32, wedges=64, outer_px=120)
    turned = log_polar.forward(np.ascontiguousarray(np.rot90(image, turns)), (128, 128))
    expected = np.roll(log_polar.forward(image, (128, 128)), wedges, axis=1)
    assert np.abs(turned - expected).max() < 0.01
    assert np.abs(turned - log_polar.forward(image, (128, 128))).max() > 0.1


def test_turning_the_picture_by_one_wedge_shifts_the_map_by_one():
    y, x = np.mgrid[-128:129, -128:129]
    log_polar = LogPolar(rings=32, wedges=64, inner_px=8, outer_px=120)

    def flower(turn):
        return (0.5 + 0.4 * np.cos(3 * (np.arctan2(-y, x) - turn))).astype(np.float32)

    turned = log_polar.forward(flower(2 * np.pi / 64), (128, 128))
    assert np.abs(turned - np.roll(log_polar.forward(flower(0), (128, 128)), 1, axis=1)).max() < 0.01


def test_a_wedge_further_is_counter_clockwise():
    image = np.zeros((101, 101), np.float32)
    image[:40, 45:56] = 1  # above the centre
    cortex = LogPolar(rings=16, wedges=64, inner_px=5, outer_px=45).forward(image, (50, 50))
    assert cortex[-2:].mean(axis=0).argmax() == pytest.approx(16, abs=2)


@pytest.mark.parametrize("rings_further", [1, 5])
def test_growing_the_picture_shifts_the_rings(rings_further):
    y, x = np.mgrid[-200:201, -200:201]
    log_polar = LogPolar(rings=40, wedges=64, inner_px=10, outer_px=190)

    def target(scale):
        radius, angle = np.hypot(x, y) / scale, np.arctan2(-y, x)
        return (0.5 + 0.2 * np.cos(5 * np.log(radius + 1e-3)) + 0.2 * np.cos(2 * angle)).astype(np.float32)

    small = log_polar.forward(target(1), (200, 200))
    large = log_polar.forward(target(np.exp(log_polar.ring_step * rings_further)), (200, 200))
    assert np.abs(large[rings_further:] - small[:-rings_further]).max() < 0.02
    assert np.abs(large - small).max() > 0.05


@pytest.mark.parametrize("angle_deg", [0, 30, 90])
def test_a_grating_too_fine_for_the_outer_rings_leaves_no_pattern(angle_deg):
    y, x = np.mgrid[:540, :960]
    phase = 0.9 * np.pi * (x * np.cos(np.radians(angle_deg)) + y * np.sin(np.radians(angle_deg)))
    grating = np.rint(127.5 + 127.5 * np.sin(phase)).astype(np.uint8)
    log_polar = LogPolar(rings=128, wedges=256, outer_px=270)
    outer = log_polar.radii_px > 150
    points = LogPolar(rings=128, wedges=256, outer_px=270, spread=0)
    assert log_polar.forward(grating, (479.5, 269.5))[outer].std() < 3
    assert points.forward(grating, (479.5, 269.5))[outer].std() > 35


def test_a_wider_average_is_smoother():
    noise = np.random.default_rng(1).integers(0, 256, (200, 200), np.uint8)
    spreads = [
        LogPolar(rings=32, wedges=64, outer_px=95, spread=s).forward(noise, (99.5, 99.5))[20:].std() for s in (0, 1, 2)
    ]
    assert spreads[0] > 1.5 * spreads[1] > 1.5 * 1.2 * spreads[2]


def decibels(picture, back, band, centre):
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    radius = np.hypot(x - centre[0], y - centre[1])
    inside = (radius >= band[0]) & (radius < band[1])
    return 10 * np.log10(255**2 / np.mean((picture[inside].astype(float) - back[inside]) ** 2))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_there_and_back_is_not_worse_than_opencv(name):
    picture = cv2.resize(sample_pixels(name), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    centre, flags = (959.5, 539.5), cv2.WARP_POLAR_LOG + cv2.INTER_LINEAR + cv2.WARP_FILL_OUTLIERS
    log_polar = LogPolar(rings=256, wedges=512, outer_px=540)
    ours = log_polar.inverse(log_polar.forward(picture, centre), centre, picture.shape)
    theirs = cv2.warpPolar(picture, (256, 512), centre, 540, flags)
    theirs = cv2.warpPolar(theirs, (1920, 1080), centre, 540, flags | cv2.WARP_INVERSE_MAP)
    for band in ((5, 30), (30, 100), (100, 300), (300, 530)):
        assert decibels(picture, ours, band, centre) >= decibels(picture, theirs, band, centre)


@pytest.mark.parametrize("centre", [(100, 80), (97.3, 85.6)])
def test_there_and_back_is_nearly_the_identity_inside_the_fovea(centre):
    image = np.rint(smooth((161, 201)) * 255).astype(np.uint8)
    log_polar = LogPolar(rings=128, wedges=256, outer_px=75)
    back = log_polar.inverse(log_polar.forward(image, centre), centre, image.shape)
    y, x = np.mgrid[:161, :201]
    fovea = np.hypot(x - centre[0], y - centre[1]) < 20
    assert np.abs(back[fovea].astype(int) - image[fovea]).max() <= 3


def test_there_is_no_seam_where_the_circle_closes():
    log_polar = LogPolar(rings=16, wedges=32, outer_px=50)
    angle = np.radians(log_polar.directions_deg)
    cortex = np.tile((0.5 + 0.4 * np.cos(angle - 0.1)).astype(np.float32), (16, 1))
    back = log_polar.inverse(cortex, (60, 60), (121, 121))
    assert np.abs(np.diff(back[50:71, 100], axis=0)).max() < 0.02


def test_the_disc_inside_the_first_ring_goes_straight_from_its_mean_to_the_ring():
    log_polar = LogPolar(rings=8, wedges=16, inner_px=6, outer_px=50)
    cortex = np.random.default_rng(0).random((8, 16, 3), np.float32)
    back = log_polar.inverse(cortex, (40, 30), (61, 81, 3))
    assert back[30, 40] == pytest.approx(cortex[0].mean(axis=0), abs=1e-6)
    assert back[30, 46] == pytest.approx(cortex[0, 0], abs=1e-6)
    assert back[27, 40] == pytest.approx((cortex[0].mean(axis=0) + cortex[0, 4]) / 2, abs=1e-6)


@pytest.mark.parametrize("shape", [(31, 40), (31, 40, 1), (31, 40, 3), (31, 40, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_shape_and_type_are_kept(shape, dtype):
    log_polar = LogPolar(rings=8, wedges=12, outer_px=40)
    cortex = log_polar.forward(np.zeros(shape, dtype), (12, 20))
    back = log_polar.inverse(cortex, (12, 20), shape)
    assert cortex.shape == (8, 12, *shape[2:])
    assert back.shape == shape
    assert cortex.dtype == back.dtype == (np.uint8 if dtype == np.uint8 else np.float32)


def test_bytes_and_floats_agree():
    image = np.random.default_rng(2).integers(0, 256, (90, 120, 3), np.uint8)
    log_polar = LogPolar(rings=32, wedges=64, outer_px=80)
    bright = log_polar.forward(image.astype(np.float32) / 255, (60, 45))
    assert np.abs(log_polar.forward(image, (60, 45)) - 255 * bright).max() <= 2


def test_the_same_picture_gives_the_same_map_whatever_came_between():
    log_polar = LogPolar(rings=16, wedges=32, outer_px=60)
    image = np.random.default_rng(3).integers(0, 256, (80, 100, 3), np.uint8)
    first = log_polar.forward(image, (50, 40))
    log_polar.forward(image, (20, 40))
    log_polar.forward(image[:40], (50, 40))
    assert (log_polar.forward(image, (50, 40)) == first).all()


def test_rows_are_mixed_each_by_its_share():
    rng = np.random.default_rng(0)
    finer, coarser = rng.random((2, 5, 7), np.float32)
    share, out = rng.random(5, np.float32), np.empty((5, 7), np.float32)
    kernels.blend_rows(finer, coarser, share, np.float32(0), out)
    assert out == pytest.approx((1 - share[:, None]) * finer + share[:, None] * coarser, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rings": 1}, "rings to be a whole number from 2 to .*, got 1"),
        ({"wedges": 0}, "wedges to be a whole number from 2 to .*, got 0"),
        ({"wedges": 7.5}, "wedges to be a whole number from 2 to .*, got 7.5"),
        ({"inner_px": 50}, "0 < inner_px < outer_px in pixels, got 50 and 50"),
        ({"inner_px": 0}, "0 < inner_px < outer_px in pixels, got 0 and 50"),
        ({"outer_px": float("nan")}, "0 < inner_px < outer_px in pixels, got 1.0 and nan"),
        ({"spread": -1}, "spread of 0 cells or more, got -1"),
    ],
)
def test_an_impossible_log_polar_map_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        LogPolar(**({"rings": 8, "wedges": 12, "outer_px": 50} | change))


def test_what_cannot_be_mapped_is_refused():
    log_polar, image = LogPolar(rings=8, wedges=12, outer_px=50), np.zeros((40, 50), np.uint8)
    with pytest.raises(ValueError, match=r"finite centre \(x, y\) in pixels, got \[nan, 3.0\]"):
        log_polar.forward(image, (float("nan"), 3.0))
    with pytest.raises(ValueError, match=r"finite centre \(x, y\) in pixels, got \[1, 2, 3\]"):
        log_polar.forward(image, (1, 2, 3))
    with pytest.raises(ValueError, match="8 rings x 12 wedges, got shape"):
        log_polar.inverse(image, (20, 20), (40, 50))
    with pytest.raises(ValueError, match=r"shape \(height, width\) of 1 to 32766 pixels, got \(0, 50\)"):
        log_polar.inverse(np.zeros((8, 12), np.uint8), (20, 20), (0, 50))
    with pytest.raises(ValueError, match="at most 32766 pixels a side, got 40000 x 2"):
        log_polar.forward(np.zeros((2, 40000), np.uint8), (20, 20))


# --- the cortical picture


def a_screen(height=300, width=400, pixels_per_degree=20):
    return Viewing.from_pixels_per_degree(pixels_per_degree, (height, width))


@pytest.mark.parametrize("law", [SchwartzMonopole(), SchwartzDipole(scale_mm=10)])
@pytest.mark.parametrize("place", [(6.0, 0.0), (-6.0, 0.0), (3.0, 4.0), (-2.0, -5.0)])
def test_a_spot_lies_on_the_cortex_where_the_law_says(law, place):
    viewing = a_screen()
    image = np.zeros((300, 400), np.float32)
    y, x = np.mgrid[:300, :400]
    spot = viewing.pixels(place)
    image[:] = np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / 18)
    cortex = cortical_view(image, viewing.centre, viewing, law=law)
    expected = law.cortex_mm(abs(place[0]) + 1j * place[1]) / cortex.mm_per_pixel
    brightness = np.where(cortex.seen, cortex.pixels, 0)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    assert column - cortex.fovea[0] == pytest.approx(np.sign(place[0]) * expected.real, abs=3)
    assert cortex.fovea[1] - row == pytest.approx(expected.imag, abs=3)


@pytest.mark.parametrize("gaze", [(80.0, 150.0), (360.0, 40.0), (-50.0, 150.0)])
def test_angles_are_exact_for_a_gaze_off_the_centre(gaze):
    viewing = a_screen(pixels_per_degree=8)  # 50 degrees wide
    y, x = np.mgrid[:300, :400]
    eccentricity = viewing.angle_deg(gaze, np.stack([x, y], axis=-1))
    cortex = cortical_view((eccentricity / 90).astype(np.float32), gaze, viewing)
    rows, columns = np.nonzero(cortex.seen)
    place = np.abs(columns - cortex.fovea[0]) + 1j * (cortex.fovea[1] - rows)
    expected = np.abs(SchwartzDipole().field_deg(place * cortex.mm_per_pixel))
    inside = expected > 2  # the cone's tip is blurred by the pixels
    error = np.abs(90 * cortex.pixels[rows, columns][inside] - expected[inside])
    assert error.max() < 0.25
    assert error.mean() < 0.02


def test_the_left_hemifield_is_on_the_left_and_up_is_up():
    image = np.zeros((300, 400, 3), np.uint8)
    image[:, :200, 0], image[:150, :, 1] = 200, 200
    cortex = cortical_view(image, (199.5, 149.5), a_screen())
    x, y = (int(c) for c in cortex.fovea)
    assert cortex.pixels[y - 30, x - 200].tolist() == [200, 200, 0]
    assert cortex.pixels[y + 30, x + 200].tolist() == [0, 0, 0]


def test_the_cortex_of_a_mirrored_picture_is_mirrored():
    image = smooth((300, 401))
    viewing = a_screen(300, 401)
    cortex = cortical_view(image, (200, 149.5), viewing)
    mirrored = cortical_view(image[:, ::-1], (200, 149.5), viewing)
    assert (cortex.seen == mirrored.seen[:, ::-1]).all()
    assert np.abs(cortex.pixels - mirrored.pixels[:, ::-1]).mean() < 0.003
    assert np.abs(cortex.pixels - mirrored.pixels).mean() > 0.05


def test_the_fovea_takes_the_area_that_the_magnification_says():
    law, reach = SchwartzDipole(), 2.0
    image = np.zeros((300, 400), np.uint8)
    cortex = cortical_view(image, (199.5, 149.5), a_screen(), reach_deg=reach, mm_per_pixel=0.05)
    eccentricity, direction = np.meshgrid(np.linspace(0, reach, 801), np.linspace(-90, 90, 181))
    density = law.magnification_mm_deg(eccentricity, direction) ** 2 * eccentricity
    area = 2 * np.trapezoid(np.trapezoid(density, eccentricity[0], axis=1), np.radians(direction[:, 0]))
    assert cortex.seen.sum() * 0.05**2 == pytest.approx(area, rel=0.01)


def test_detail_too_fine_for_the_cortex_is_averaged():
    image = np.random.default_rng(0).integers(0, 2, (600, 800), np.uint8) * 255
    fine = cortical_view(image, (400, 300), a_screen(600, 800, 60), mm_per_pixel=0.05)
    coarse = cortical_view(image, (400, 300), a_screen(600, 800, 60), mm_per_pixel=1.0)
    assert fine.pixels[fine.seen].std() > 60
    assert coarse.pixels[coarse.seen].std() < 30


@settings(deadline=None, max_examples=15)
@given(st.tuples(st.floats(-300, 700), st.floats(-300, 600)), st.floats(2, 60), st.integers(0, 254))
def test_a_uniform_picture_is_uniform_on_the_cortex_and_white_beside_it(gaze, pixels_per_degree, grey):
    viewing = a_screen(pixels_per_degree=pixels_per_degree)
    cortex = cortical_view(np.full((300, 400, 3), grey, np.uint8), gaze, viewing, mm_per_pixel=1.0)
    assert (cortex.pixels[cortex.seen] == grey).all()
    assert (cortex.pixels[~cortex.seen] == 255).all()
    assert cortex.pixels.shape[:2] == cortex.seen.shape
    mirrored = cortex.fovea[0] * 2 + 1, cortex.fovea[1] * 2 + 1
    assert cortex.seen.shape[::-1] == mirrored


def test_beside_a_float_picture_there_is_white():
    cortex = cortical_view(np.zeros((300, 400, 3)), (100, 100), a_screen())
    assert cortex.pixels.dtype == np.float32
    assert (cortex.pixels[~cortex.seen] == 1).all()
    assert np.isfinite(cortex.pixels).all()


@pytest.mark.parametrize(
    ("gaze", "change", "message"),
    [
        ((np.nan, 3), {}, "finite gaze"),
        ((10, 3), {"mm_per_pixel": 0}, "positive mm_per_pixel, got 0"),
        ((10, 3), {"mm_per_pixel": 1e-4}, "fewer than 100 million pixels, got 0.0001"),
        ((10, 3), {"reach_deg": 0}, "reach_deg between 0 and 180 degrees, got 0"),
        ((10, 3), {"reach_deg": np.nan}, "reach_deg between 0 and 180 degrees, got nan"),
    ],
)
def test_an_impossible_view_is_refused(gaze, change, message):
    with pytest.raises(ValueError, match=message):
        cortical_view(np.zeros((300, 400)), gaze, a_screen(), **change)


def test_a_law_without_a_way_back_is_refused():
    with pytest.raises(TypeError, match="maps the cortex back to the visual field"):
        cortical_view(np.zeros((300, 400)), (10, 3), a_screen(), law=HortonHoyt())
