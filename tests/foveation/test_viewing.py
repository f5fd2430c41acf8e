"""Angles on a flat screen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveation import Viewing

# reference numbers: 1920 x 1080 square pixels, 53 cm wide, at 60 cm, worked out from the rays


def test_pixels_per_degree_at_the_centre(screen):
    assert screen.pixels_per_degree == pytest.approx(37.936214, abs=5e-7)
    assert screen.nyquist_cpd == pytest.approx(18.968107, abs=5e-7)
    assert screen.size_deg[0] == pytest.approx(47.658899, abs=5e-7)


@pytest.mark.parametrize(
    ("degrees", "offset", "radial", "tangential"),
    [(5, 190.164, 38.2266, 38.0811), (10, 383.262, 39.1157, 38.5214), (20, 791.120, 42.9618, 40.3709)],
)
def test_pixels_grow_denser_in_degrees_away_from_the_centre(screen, degrees, offset, radial, tangential):
    place = screen.pixels([degrees, 0.0])
    assert place[0] - screen.centre[0] == pytest.approx(offset, abs=5e-4)
    assert screen.local_pixels_per_degree(place) == pytest.approx((radial, tangential), abs=5e-5)


@pytest.mark.parametrize(
    ("a", "b", "angle"),
    [
        ((0, 0), (1919, 1079), 53.718215),
        ((0, 0), (959.5, 539.5), 26.859108),
        ((480, 270), (1440, 810), 28.435929),
    ],
)
def test_angles_are_exact_also_off_the_centre(screen, a, b, angle):
    assert screen.angle_deg(a, b) == pytest.approx(angle, abs=5e-7)
    assert screen.angle_deg(b, a) == pytest.approx(angle, abs=5e-7)


@given(*[st.floats(-2000, 4000)] * 4)
def test_angles_are_those_of_extended_precision(x, y, other_x, other_y):
    viewing = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8), distance_cm=60.0)
    rays = []
    for place in ((x, y), (other_x, other_y)):
        offset = (np.array(place, np.longdouble) - np.array([959.5, 539.5])) * np.array([53.0, 29.8]) / [1920, 1080]
        rays.append(np.append(offset, np.longdouble(60)))
    a, b = (ray / np.sqrt((ray**2).sum()) for ray in rays)
    # half-angle form: accurate for all angles, and another one than the code's
    angle = np.degrees(2 * np.arctan2(np.sqrt(((a - b) ** 2).sum()), np.sqrt(((a + b) ** 2).sum())))
    assert viewing.angle_deg((x, y), (other_x, other_y)) == pytest.approx(float(angle), abs=1e-9)


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_degrees_to_pixels_and_back(right, up):
    viewing = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8), distance_cm=60.0)
    there = viewing.pixels([right, up])
    assert viewing.degrees(there) == pytest.approx([right, up], abs=1e-9)
    assert viewing.angle_deg(viewing.centre, there) == pytest.approx(np.hypot(right, up), abs=1e-9)


def test_up_is_up(screen):
    assert screen.pixels([0, 1])[1] < screen.centre[1]


def test_given_pixels_per_degree_are_kept_exactly():
    for density in (0.5, 13.0, 24.0, 100.0):
        assert Viewing.from_pixels_per_degree(density, (48, 64)).pixels_per_degree == pytest.approx(density, rel=1e-12)


def test_a_small_picture_is_a_piece_of_the_screen(screen):
    picture = screen.of_picture((480, 640, 3))
    corner = (960 - 320, 540 - 240)
    assert picture.angle_deg((0, 0), (100, 50)) == pytest.approx(
        screen.angle_deg(corner, (corner[0] + 100, corner[1] + 50)), abs=1e-9
    )


def test_a_large_picture_is_shrunk_to_fit(screen):
    picture = screen.of_picture((8000, 8000))
    assert picture.size_deg[1] == pytest.approx(screen.size_deg[1])
    assert picture.of_picture((8000, 8000)) == picture


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distance_cm": 0}, "positive viewing distance in cm, got 0"),
        ({"distance_cm": float("nan")}, "positive viewing distance in cm, got nan"),
        ({"screen_px": (0, 1080)}, "screen_px to be a positive width and height in pixels"),
        ({"screen_cm": (53.0, float("nan"))}, "screen_cm to be a positive width and height in cm"),
        ({"screen_cm": (53.0,)}, "screen_cm to be a positive width and height in cm"),
    ],
)
def test_an_impossible_screen_is_refused(change, message):
    good = {"screen_px": (1920, 1080), "screen_cm": (53.0, 29.8), "distance_cm": 60.0}
    with pytest.raises(ValueError, match=message):
        Viewing(**(good | change))


def test_impossible_pixels_per_degree_are_refused():
    with pytest.raises(ValueError, match="positive pixels per degree, got -3"):
        Viewing.from_pixels_per_degree(-3, (48, 64))
