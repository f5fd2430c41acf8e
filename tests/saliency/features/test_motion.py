"""Motion and flicker: common light, the camera, speed, and how memories fade."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.features.motion import Flicker, GainControl, Motion, common_light
from saliency.features.surprise import Surprise

# light and camera


@given(st.floats(0.7, 1.3), st.floats(0.25, 0.45))
@settings(deadline=None, max_examples=25)
def test_common_light_is_found_whatever_a_third_of_the_frame_does(gain, share):
    rng = np.random.default_rng(1)
    before = rng.uniform(0.2, 0.7, (30, 40)).astype(np.float32)
    now = before * np.float32(gain)
    now[:, : int(40 * share)] = rng.random((30, int(40 * share)))
    assert common_light(before, now).gain == pytest.approx(gain, abs=1e-5) or abs(gain - 1) < 0.02


@pytest.mark.parametrize(
    "turn, zoom, shift", [(0, 1, (4, -3)), (1.5, 1, (0, 0)), (0, 1.03, (2, 0)), (-1, 0.98, (3, 3))]
)
def test_the_camera_is_found_though_a_part_moves_otherwise(turn, zoom, shift):
    rng = np.random.default_rng(2)
    wall = cv2.normalize(cv2.GaussianBlur(rng.random((180, 320), np.float32), (0, 0), 2.5), None, 0, 1, cv2.NORM_MINMAX)
    back = cv2.getRotationMatrix2D((159.5, 89.5), turn, zoom)  # from places now to places before
    back[:, 2] += shift
    now = cv2.warpAffine(
        wall, back, (320, 180), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    now[60:110, 200:260] = np.roll(wall, (5, -6), (0, 1))[60:110, 200:260]
    moved = Motion()(wall, now, 0.04)
    corners = np.array([[0, 0, 1], [319, 0, 1], [0, 179, 1], [319, 179, 1]]).T
    assert moved.camera @ corners == pytest.approx(back @ corners, abs=0.6)
    assert moved.speed[70:100, 210:250].mean() > 5 * np.median(moved.speed)


def test_speed_is_in_longer_sides_a_second():
    rng = np.random.default_rng(3)
    wall = cv2.normalize(cv2.GaussianBlur(rng.random((180, 320), np.float32), (0, 0), 2.5), None, 0, 1, cv2.NORM_MINMAX)
    now = wall.copy()
    now[50:130, 100:180] = np.roll(wall, 4, axis=1)[50:130, 100:180]
    moved = Motion()(wall, now, 0.04)
    assert np.median(moved.speed[60:120, 110:170]) == pytest.approx(4 / 320 / 0.04, rel=0.2)


def test_the_memory_of_flicker_fades_exponentially():
    memory, one = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    law = Flicker(fade=0.1)
    assert law.remember(memory, one, 0.1)[0, 0] == pytest.approx(1 - math.exp(-1))
    halves = law.remember(law.remember(memory, one, 0.05), one, 0.05)
    assert halves == pytest.approx(law.remember(memory, one, 0.1), abs=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Flicker(fade=0),
        lambda: Motion(preset="slow"),
        lambda: Motion(texture=0),
        lambda: Motion(fade=-1),
        lambda: Motion()(np.zeros((4, 4), np.float32), np.zeros((4, 5), np.float32), 0.04),
        lambda: GainControl(settle=0),
        lambda: Surprise(keep=1),
        lambda: Surprise(interval=0),
        lambda: Surprise(spontaneous=0),
        lambda: Surprise(scales=0),
        lambda: Surprise().begin(np.zeros((3, 4))),
        lambda: Surprise().begin(-np.ones((1, 3, 4))),
        lambda: Surprise().begin(np.ones((1, 3, 4))).update(np.ones((1, 3, 5)), elapsed=0.04),
        lambda: Surprise().begin(np.ones((1, 3, 4))).update(np.ones((1, 3, 4)), elapsed=0),
    ],
)
def test_senseless_laws_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()
