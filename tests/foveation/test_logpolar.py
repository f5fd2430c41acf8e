"""The log-polar map of a picture, there and back."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import kernels, sample_pixels
from foveation.logpolar import LogPolar

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
        ({"rings": 1}, "rings to be a whole number, at least 2 and at most .*; got 1"),
        ({"wedges": 0}, "wedges to be a whole number, at least 2 and at most .*; got 0"),
        ({"wedges": 7.5}, "wedges to be a whole number, at least 2 and at most .*; got 7.5"),
        ({"inner_px": 50}, "0 < inner_px < outer_px in pixels, got 50 and 50"),
        ({"inner_px": 0}, "expected a positive inner_px, got 0"),
        ({"outer_px": float("nan")}, "expected a positive outer_px, got nan"),
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
    with pytest.raises(ValueError, match=r"finite centre \(x, y\) in pixels, got \[1.0, 2.0, 3.0\]"):
        log_polar.forward(image, (1, 2, 3))
    with pytest.raises(ValueError, match="8 rings x 12 wedges, got shape"):
        log_polar.inverse(image, (20, 20), (40, 50))
    with pytest.raises(ValueError, match=r"shape \(height, width\) of 1 to 32766 pixels, got \(0, 50\)"):
        log_polar.inverse(np.zeros((8, 12), np.uint8), (20, 20), (0, 50))
    with pytest.raises(ValueError, match="at most 32766 pixels a side, got 40000 x 2"):
        log_polar.forward(np.zeros((2, 40000), np.uint8), (20, 20))
