"""Faces are found where they are, at any size, and hardly where there are none."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import sample_pixels
from saliency import Faces

FACE = (223, 117)  # centre of the astronaut's, in the sample picture of 512 x 512
ASTRONAUT = sample_pixels("astronaut")


def peak(evidence):
    row, column = np.unravel_index(int(evidence.argmax()), evidence.shape)
    return int(column), int(row)


def test_the_astronauts_face_is_found():
    windows = Faces().windows(ASTRONAUT)
    assert len(windows) >= 5
    near = np.abs(windows - (*FACE, 100)).max(axis=1) < 25
    assert near.sum() >= 4
    evidence = Faces().evidence(ASTRONAUT, (512, 512))
    assert peak(evidence) == pytest.approx(FACE, abs=8)
    assert evidence.max() > np.log(3)


def test_the_evidence_is_the_logarithm_of_summed_votes():
    faces = Faces()
    expected = np.zeros((50, 40))
    for x, y, width in faces.windows(ASTRONAUT):
        for row in range(50):
            for column in range(40):
                # the centre of each cell, in pixels of the picture
                across, down = (column + 0.5) * 512 / 40 - 0.5 - x, (row + 0.5) * 512 / 50 - 0.5 - y
                expected[row, column] += np.exp(-(across**2 + down**2) / (2 * (0.28 * width) ** 2))
    assert faces.evidence(ASTRONAUT, (50, 40)) == pytest.approx(np.log(1 + expected), abs=1e-5)


def test_a_mirrored_face_is_found_in_the_mirrored_place():
    here = Faces().evidence(ASTRONAUT, (128, 128))
    there = Faces().evidence(np.ascontiguousarray(ASTRONAUT[:, ::-1]), (128, 128))[:, ::-1]
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.8
    assert peak(there) == pytest.approx(peak(here), abs=3)


@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket"])
def test_where_there_is_no_face_there_is_little_evidence(name):
    elsewhere = Faces().evidence(sample_pixels(name), (100, 100))
    assert elsewhere.max() < 0.6 * Faces().evidence(ASTRONAUT, (100, 100)).max()


def test_an_even_picture_has_no_face():
    even = np.full((200, 300, 3), 90, np.uint8)
    assert Faces().windows(even).shape == (0, 3)
    assert not Faces().evidence(even, (20, 30)).any()


@pytest.mark.parametrize("scale", [1, 1.5, 2, 3])
def test_a_larger_picture_has_its_face_in_the_same_share_of_it(scale):
    side = round(512 * scale)
    image = cv2.resize(ASTRONAUT, (side, side), interpolation=cv2.INTER_CUBIC)
    assert peak(Faces().evidence(image, (128, 128))) == pytest.approx((56, 29), abs=4)
    away = np.abs(Faces().windows(image) - np.array((*FACE, 100)) * scale)
    assert (away.max(axis=1) < 25 * scale).sum() >= 4


@pytest.mark.parametrize("place", [(0, 0), (150, 40), (390, 290)])
def test_a_face_is_found_wherever_it_is(place):
    face = ASTRONAUT[58:178, 165:285]
    image = np.full((420, 512, 3), 128, np.uint8)
    image[place[1] : place[1] + 120, place[0] : place[0] + 120] = face
    assert peak(Faces().evidence(image, image.shape)) == pytest.approx((place[0] + 60, place[1] + 60), abs=9)


def test_grey_bytes_and_fractions_have_the_same_face():
    grey = cv2.cvtColor(ASTRONAUT, cv2.COLOR_RGB2GRAY)
    alpha = np.dstack([ASTRONAUT, np.full((512, 512), 255, np.uint8)])
    for image in (grey, (ASTRONAUT / 255).astype(np.float32), alpha):
        assert peak(Faces().evidence(image, (128, 128))) == pytest.approx((56, 29), abs=3)


def test_a_face_smaller_than_the_smallest_window_is_not_found_and_a_larger_picture_finds_it():
    small = np.full((512, 512, 3), 128, np.uint8)
    small[200:248, 300:348] = cv2.resize(ASTRONAUT[58:178, 165:285], (48, 48), interpolation=cv2.INTER_AREA)
    assert not Faces(smallest=60).evidence(small, (64, 64)).any()
    assert peak(Faces(longer_side=1024).evidence(cv2.resize(small, (1024, 1024)), (128, 128))) == pytest.approx(
        (81, 56), abs=4
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 99))
def test_tiny_pictures_are_searched_too(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    evidence = Faces().evidence(image, (height, width))
    assert evidence.shape == (height, width)
    assert evidence.dtype == np.float32
    assert np.isfinite(evidence).all()
    assert evidence.min() >= 0
    if min(height, width) <= 24:
        assert not evidence.any()


@pytest.mark.parametrize("shape", [(30, 900), (900, 30), (4, 2000)])
def test_narrow_pictures_are_searched_too(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    windows = Faces().windows(image)
    assert np.all(windows[:, 2] <= min(shape) * 1.05)
    assert Faces().evidence(image, shape).shape == shape


def test_the_same_picture_has_the_same_windows():
    assert np.array_equal(Faces().windows(ASTRONAUT), Faces().windows(ASTRONAUT.copy()))


@pytest.mark.parametrize(
    "change", [{"longer_side": 1}, {"smallest": 1}, {"growth": 1.0}, {"step": 0.0}, {"spread": -1.0}]
)
def test_senseless_parameters_are_refused(change):
    with pytest.raises(ValueError, match="expected sizes from 2 pixels up"):
        Faces(**change)
