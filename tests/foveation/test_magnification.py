"""Laws of cortical magnification, against published numbers and by calculus."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveation.cortex import SchwartzDipole, SchwartzMonopole
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
