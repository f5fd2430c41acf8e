"""Templates: what looks like a picture is found."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import Template
from saliency.features.early import orientation_energy
from saliency.task.task import Task

COFFEE = as_image(sample_pixels("coffee"))


def peak(map_):
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    return np.array([column, row])


def bars():
    """A red upright, a green upright, a red flat and a green flat bar, and their places."""
    picture = np.full((240, 320, 3), 0.5, np.float32)
    places = {"red upright": (64, 64), "green upright": (256, 64), "red flat": (64, 176), "green flat": (256, 176)}
    for name, (x, y) in places.items():
        across, down = (4, 14) if "upright" in name else (14, 4)
        picture[y - down : y + down, x - across : x + across] = (0.8, 0.1, 0.1) if "red" in name else (0.1, 0.6, 0.1)
    return picture, places


# Templates


@settings(deadline=None, max_examples=12)
@given(st.floats(0.7, 1.4), st.floats(0.7, 1.3))
def test_a_template_is_found_smaller_or_larger_in_more_light_or_less(scale, light):
    x, y, side = 470, 235, 90
    scene = as_image(sample_pixels("rocket")) * np.float32(0.7)
    thing = cv2.resize(COFFEE[80:180, 300:420], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, columns = thing.shape[:2]
    scene[y - rows // 2 : y - rows // 2 + rows, x - columns // 2 : x - columns // 2 + columns] = thing
    map_ = Task.like(COFFEE[80:180, 300:420])(np.clip(scene * np.float32(light), 0, 1))
    assert np.abs(peak(map_) - (x, y)).max() < side / 4


def test_a_template_that_is_not_there_has_a_clearly_lower_peak():
    template = Task.box(COFFEE, (300, 80, 120, 100)).templates[0]
    assert template(COFFEE).max() > 0.8
    for name in ("rocket", "chelsea", "astronaut"):
        assert template(sample_pixels(name)).max() < 0.5


def test_similarity_is_that_of_the_formula():
    """One size, nothing reduced: each window on its own, by NumPy."""
    picture = COFFEE[80:140, 300:380]
    thing = picture[20:40, 30:56]
    template = Template(picture=thing, scales=(1.0,), exponent=2.0, colour_tolerance=0.2)

    def described(part):
        lab = cv2.cvtColor(part, cv2.COLOR_RGB2Lab).transpose(2, 0, 1) / 100 + np.reshape([0.16, 0, 0], (3, 1, 1))
        lab = lab.astype(np.float32)
        return np.concatenate([lab, orientation_energy(lab[0]) / 4]).astype(float)

    whole, part = described(picture), described(np.ascontiguousarray(thing))
    map_ = template(picture)
    assert peak(map_).tolist() == [30 + 13, 20 + 10]
    for x, y in ((43, 30), (40, 25), (20, 20), (60, 45)):
        window = whole[:, y - 10 : y + 10, x - 13 : x + 13]
        f, t = (each - each.mean(axis=(1, 2), keepdims=True) for each in (window, part))
        alike = max((f * t).sum() / np.sqrt((f**2).sum() * (t**2).sum()), 0)
        colours = [each.mean(axis=(1, 2))[1:3] / each[0].mean() for each in (window, part)]
        near = np.exp(-((colours[0] - colours[1]) ** 2).sum() / (2 * 0.2**2))
        assert map_[y, x] == pytest.approx(alike**2 * near, abs=2e-4)


def test_a_template_in_which_nothing_differs_is_found_nowhere():
    """A plain correlation with it is 0 / 0."""
    map_ = Template(picture=np.full((20, 20, 3), (0.7, 0.1, 0.1), np.float32))(bars()[0])
    assert map_.max() < 0.05
