"""Priors of place: a place in degrees, a horizon, a drawn map."""

import numpy as np
import pytest

from foveation import Viewing
from saliency.task.task import Task


def peak(map_):
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    return np.array([column, row])


# Where to look, faces, text


def test_a_place_in_degrees_is_where_the_viewing_says():
    viewing = Viewing.from_pixels_per_degree(20, (240, 320))
    even = np.ones((240, 320), np.float32)
    map_ = Task.where((-4.0, 2.0), spread_deg=1.0)(np.zeros((240, 320, 3)), even, viewing)
    assert np.abs(peak(map_) - viewing.pixels((-4.0, 2.0))).max() <= 1
    assert map_.min() == pytest.approx(0.05, abs=1e-4)
    half = map_[round(viewing.pixels((-4.0, 2.0))[1]), round(viewing.pixels((-3.0, 2.0))[0])]
    assert half == pytest.approx(0.05 + 0.95 * np.exp(-0.5), abs=0.02)


def test_a_horizon_is_a_band_and_a_drawn_prior_takes_any_size():
    even = np.ones((100, 200), np.float32)
    image = np.zeros((100, 200, 3))
    band = Task.horizon(0.3, spread=0.1)(image, even)
    assert np.all(np.ptp(band, axis=1) < 1e-4)
    assert peak(band)[1] in (29, 30)
    left = Task.where([[1.0, 0.0]], trust=1.0)(image, even)
    assert left[:, :40].min() > 0.99
    assert left[:, 160:].max() < 0.01
