"""Laws of acuity: numbers worked out from the formulas with the published constants."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foveation import FieldLoss, Foveator, GeislerPerry, Viewing, foveate
from foveation.acuity import Guenter2012, Watson2014, Weymouth
from foveation.retina import blur_levels


@dataclass(frozen=True)
class Eagle:
    """An eye that is sharp everywhere: what is blurred, a resolution map has blurred."""

    isotropic: ClassVar[bool] = True

    def cutoff_cpd(self, eccentricity_deg, direction_deg=0.0):
        return np.full(np.shape(eccentricity_deg), 1e9)


ECCENTRICITY = [0, 1, 2, 2.3, 5, 10, 20, 30, 40]


@pytest.mark.parametrize(
    ("minimum_contrast", "cutoff"),
    [
        (1 / 64, [39.2347, 27.3454, 20.9860, 19.6174, 12.3616, 7.3366, 4.0466, 2.7938, 2.1333]),
        (1 / 75, [40.7310, 28.3883, 21.7864, 20.3655, 12.8331, 7.6164, 4.2010, 2.9004, 2.2147]),
    ],
)
def test_cutoff_frequency(minimum_contrast, cutoff):
    law = GeislerPerry(minimum_contrast=minimum_contrast)
    assert law.cutoff_cpd(ECCENTRICITY) == pytest.approx(cutoff, abs=5e-5)


def test_acuity_is_half_at_the_half_eccentricity():
    law = GeislerPerry()
    assert law.cutoff_cpd(law.half_eccentricity_deg) == law.cutoff_cpd(0) / 2


def test_critical_eccentricity():
    frequency = [1, 2, 4, 8, 16, 32]
    expected = [87.9399, 42.8200, 20.2600, 8.9800, 3.3400, 0.5200]
    assert GeislerPerry().critical_eccentricity_deg(frequency) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("frequency", "threshold"),
    [(1, [0.017372, 0.021874, 0.027543, 0.043668]), (4, [0.023876, 0.060016, 0.150860, 0.953204])],
)
def test_contrast_threshold(frequency, threshold):
    law = GeislerPerry()
    assert law.contrast_threshold(frequency, [0, 5, 10, 20]) == pytest.approx(threshold, abs=5e-7)
    assert law.contrast_sensitivity(frequency, [0, 5]) == pytest.approx(1 / np.array(threshold[:2]), rel=1e-4)


def test_the_threshold_is_one_at_the_cutoff():
    law = GeislerPerry()
    assert law.contrast_threshold(law.cutoff_cpd([0, 3, 17]), [0, 3, 17]) == pytest.approx(1.0)


def test_the_reference_screen_shows_less_than_the_fovea_resolves(screen):
    assert GeislerPerry().critical_eccentricity_deg(screen.nyquist_cpd) == pytest.approx(2.457455, abs=5e-7)


@pytest.mark.parametrize("change", [{"minimum_contrast": 1.0}, {"decay_deg": 0}, {"half_eccentricity_deg": -1}])
def test_an_impossible_eye_is_refused(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))}"):
        GeislerPerry(**change)


LAWS = [GeislerPerry(), Weymouth(), Guenter2012(), Guenter2012(slope=0.0275), Watson2014(), Watson2014(eye="left")]
MERIDIANS = {"temporal": 0, "superior": 90, "nasal": 180, "inferior": 270}


@pytest.mark.parametrize(
    ("slope", "cutoff"),
    [(0.022, [24.0, 3.8217, 2.0761, 1.0850]), (0.0275, [24.0, 3.1579, 1.6901, 0.8759])],
)
def test_cutoff_of_guenter_and_others(slope, cutoff):
    assert Guenter2012(slope=slope).cutoff_cpd([0, 5, 10, 20]) == pytest.approx(cutoff, abs=5e-5)


def test_minimum_angle_of_guenter_and_others():
    expected = [0.02083, 0.13083, 0.24083, 0.46083]
    assert Guenter2012().minimum_angle_deg([0, 5, 10, 20]) == pytest.approx(expected, abs=5e-6)


def test_twenty_twenty_vision_resolves_thirty_cycles_and_half_at_the_half_eccentricity():
    law = Weymouth(half_eccentricity_deg=1.7)
    assert law.cutoff_cpd([0, 1.7]) == pytest.approx([30, 15])
    assert law.minimum_angle_deg(1.7) == pytest.approx(2 / 60)


# Midget receptive fields per square degree, and what one polarity of them carries: from eq. 8 of Watson (2014).
@pytest.mark.parametrize(
    ("meridian", "density", "cutoff"),
    [
        ("temporal", [29609.2, 7937.06, 1106.77, 440.49, 169.69], [65.374, 33.847, 12.639, 7.974, 4.949]),
        ("superior", [29609.2, 7605.02, 897.58, 292.01, 85.96], [65.374, 33.131, 11.382, 6.492, 3.522]),
        ("nasal", [29609.2, 8295.65, 1186.66, 395.59, 90.46], [65.374, 34.603, 13.087, 7.556, 3.613]),
        ("inferior", [29609.2, 7254.72, 791.85, 235.30, 59.69], [65.374, 32.359, 10.691, 5.828, 2.935]),
    ],
)
def test_midget_cells_along_each_meridian(meridian, density, cutoff):
    law, eccentricity = Watson2014(), [0, 1, 5, 10, 20]
    assert law.density(eccentricity, MERIDIANS[meridian]) == pytest.approx(density, abs=6e-3)
    assert law.cutoff_cpd(eccentricity, MERIDIANS[meridian]) == pytest.approx(cutoff, abs=6e-4)


def test_spacing_of_one_polarity():
    assert Watson2014().spacing_deg([0, 5, 10, 20]) == pytest.approx([0.00883, 0.04568, 0.07241, 0.11666], abs=6e-6)


def spacing_of_a_student(x, y):
    """Spacing at (x, y) degrees in the right eye's field, in plain words of the paper: an ellipse between meridians."""
    constants = {
        "right": (0.9851, 1.058, 22.14),
        "up": (0.9935, 1.035, 16.35),
        "left": (0.9729, 1.084, 7.633),
        "down": (0.996, 0.9932, 12.13),
    }
    r = math.hypot(x, y)
    spacings = []
    for side in ("right" if x > 0 else "left", "up" if y > 0 else "down"):
        a, r2, re = constants[side]
        density = 2 * 14804.6 / (1 + r / 41.03) * (a / (1 + r / r2) ** 2 + (1 - a) * math.exp(-r / re))
        spacings.append(math.sqrt(2 / (math.sqrt(3) * density / 2)))
    return math.sqrt((x * spacings[0]) ** 2 + (y * spacings[1]) ** 2) / r


@settings(deadline=None, max_examples=60)
@given(x=st.floats(-40, 40), y=st.floats(-40, 40))
def test_between_meridians_the_spacing_runs_along_an_ellipse(x, y):
    assume(min(abs(x), abs(y)) > 1e-3)
    law, direction = Watson2014(), math.degrees(math.atan2(y, x))
    assert law.spacing_deg(math.hypot(x, y), direction) == pytest.approx(spacing_of_a_student(x, y), rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(eccentricity=st.floats(0, 60), direction=st.floats(-360, 360))
def test_the_left_eye_mirrors_the_right(eccentricity, direction):
    right, left = Watson2014(), Watson2014(eye="left")
    assert left.density(eccentricity, 180 - direction) == pytest.approx(
        right.density(eccentricity, direction), rel=1e-9
    )


@pytest.mark.parametrize("direction", [0.0, 90.0, 180.0, 270.0])
def test_no_seam_at_a_meridian(direction):
    before, after = Watson2014().cutoff_cpd(12.0, [direction - 1e-6, direction + 1e-6])
    assert before == pytest.approx(after, rel=1e-6)


def test_directions_and_eccentricities_broadcast():
    law, eccentricities, directions = Watson2014(), np.arange(7.0), np.arange(0.0, 350, 70)
    told = law.cutoff_cpd(eccentricities[:, np.newaxis], directions)
    assert told == pytest.approx(np.array([[law.cutoff_cpd(e, d) for d in directions] for e in eccentricities]))


@pytest.mark.parametrize("law", LAWS, ids=repr)
@settings(deadline=None, max_examples=30)
@given(eccentricity=st.floats(0, 60), direction=st.floats(-360, 360))
def test_a_grating_vanishes_at_its_critical_eccentricity(law, eccentricity, direction):
    frequency = law.cutoff_cpd(eccentricity, direction)
    assert law.critical_eccentricity_deg(frequency, direction) == pytest.approx(eccentricity, abs=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=repr)
@settings(deadline=None, max_examples=30)
@given(near=st.floats(0, 80), step=st.floats(1e-3, 20), direction=st.floats(-360, 360))
def test_farther_from_the_gaze_less_is_seen(law, near, step, direction):
    assert 0 < law.cutoff_cpd(near + step, direction) < law.cutoff_cpd(near, direction)


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_only_a_law_that_is_not_isotropic_minds_the_direction(law):
    around = law.cutoff_cpd(np.full(360, 15.0), np.arange(360))
    assert (np.ptp(around) == 0) == law.isotropic


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_a_grating_too_fine_for_the_fovea_has_no_eccentricity(law):
    assert law.critical_eccentricity_deg(law.cutoff_cpd(0) * 1.01) < 0


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_strength_multiplies_eccentricity_and_nothing_else(law):
    strong = replace(law, strength=2.5)
    assert law.strength == 1
    assert strong.cutoff_cpd([0, 4, 10], 30) == pytest.approx(law.cutoff_cpd([0, 10, 25], 30))
    assert strong.critical_eccentricity_deg(5) == pytest.approx(law.critical_eccentricity_deg(5) / 2.5)


def test_strength_acts_on_the_contrast_threshold():
    strong, law = GeislerPerry(strength=3), GeislerPerry()
    assert strong.contrast_threshold(4, [0, 2]) == pytest.approx(law.contrast_threshold(4, [0, 6]))


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_laws_are_values_that_the_eye_can_wear(law, screen):
    assert hash(law) == hash(replace(law)) and law == replace(law)
    half = screen.resampled((540, 960))
    levels = blur_levels(half.centre, half, acuity=law)
    assert levels[270, 955] > levels[270, 600]


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("eccentricity", [-0.1, float("nan"), [1, -2]])
def test_an_impossible_eccentricity_is_refused(law, eccentricity):
    with pytest.raises(ValueError, match="expected eccentricities from 0 up in degrees"):
        law.cutoff_cpd(eccentricity)


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("frequency", [0, -3, float("nan")])
def test_an_impossible_frequency_is_refused(law, frequency):
    with pytest.raises(ValueError, match="expected positive frequencies in cycles per degree, got"):
        law.critical_eccentricity_deg(frequency)


@pytest.mark.parametrize(
    ("law", "change"),
    [
        (GeislerPerry, {"strength": 0}),
        (GeislerPerry, {"half_eccentricity_deg": float("nan")}),
        (Weymouth, {"foveal_mar_deg": 0}),
        (Weymouth, {"half_eccentricity_deg": float("inf")}),
        (Weymouth, {"strength": -1}),
        (Guenter2012, {"slope": -0.02}),
        (Guenter2012, {"foveal_mar_deg": float("nan")}),
        (Watson2014, {"foveal_cones": 0}),
        (Watson2014, {"midget_decline_deg": -1}),
        (Watson2014, {"strength": float("nan")}),
    ],
)
def test_a_law_with_an_impossible_parameter_is_refused(law, change):
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=f"expected a positive {name}, got {value}"):
        law(**change)


def test_a_third_eye_is_refused():
    with pytest.raises(ValueError, match="expected the eye to be 'right' or 'left', got 'middle'"):
        Watson2014(eye="middle")


@pytest.mark.parametrize("kind", ["scotoma", "tunnel", "left", "right"])
def test_a_field_loss_takes_its_part_of_the_picture(kind):
    viewing = Viewing.from_pixels_per_degree(10, (240, 320))
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    loss = FieldLoss(kind=kind, radius_deg=5)
    seen = foveate(noise, (160, 120), viewing, acuity=Eagle(), resolution=loss)
    everywhere = loss(np.stack(np.meshgrid(np.arange(320), np.arange(240)), axis=-1), (160, 120), viewing)
    as_map = foveate(noise, (160, 120), viewing, acuity=Eagle(), resolution=everywhere)
    assert np.array_equal(as_map[:232, :312], seen[:232, :312])
    spots = {"centre": (120, 160), "left": (120, 40), "right": (120, 280), "corner": (10, 10)}
    lost = {name for name, (y, x) in spots.items() if seen[y - 8 : y + 8, x - 8 : x + 8].std() < 20}
    blind = {
        "scotoma": {"centre"},
        "tunnel": {"left", "right", "corner"},
        "left": {"left", "corner"},
        "right": {"right"},
    }
    assert lost - {"centre"} == blind[kind] - {"centre"}
    assert ("centre" in lost) == (kind == "scotoma")


def test_a_loss_goes_where_the_gaze_goes():
    viewing = Viewing.from_pixels_per_degree(10, (240, 320))
    noise = np.random.default_rng(0).integers(0, 256, (240, 320), np.uint8)
    foveator = Foveator(viewing, noise.shape, acuity=Eagle(), resolution=FieldLoss(kind="scotoma", radius_deg=4)).take(
        noise
    )
    for gaze in ((80, 120), (240, 120)):
        seen = foveator.look(gaze).see()
        spread = {x: seen[100:140, x - 20 : x + 20].std() for x in (80, 240)}
        assert spread.pop(gaze[0]) < 20 < 60 < min(spread.values())
