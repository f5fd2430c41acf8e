"""Maps of the visual field on the cortex, and the picture as visual cortex has it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from foveation.cortex import SchwartzDipole, SchwartzMonopole, cortical_view
from foveation.magnification import HortonHoyt

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


# --- the log-polar map


def smooth(shape, seed=0, width=4):
    noise = np.random.default_rng(seed).random((*shape, 3), np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), width)
    return (blurred - blurred.min()) / np.ptp(blurred)


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
