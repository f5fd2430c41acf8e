"""Fixations as places, pixels and densities."""

import numpy as np
import pytest

from foveation import Viewing
from saliency.measures.fixations import above_least, fixation_density, fixation_map, inside


def scene(seed=0, shape=(48, 64), n=40):
    rng = np.random.default_rng(seed)
    return rng.random(shape), rng.random((n, 2)) * (shape[1] - 1, shape[0] - 1), rng


def test_a_density_keeps_all_its_mass_at_the_borders():
    density = fixation_density([(0, 0), (63, 47)], (48, 64), sigma=9)
    assert density.sum() == pytest.approx(1, abs=1e-12)
    assert density[0, 0] == density.max()
    assert fixation_density([(1, 0)], (2, 2), sigma=50) == pytest.approx(np.full((2, 2), 0.25), abs=1e-3)


def test_a_density_is_the_mean_of_those_of_its_fixations():
    _, places, _ = scene(n=12)
    each = [fixation_density([place], (48, 64), sigma=4) for place in places]
    np.testing.assert_allclose(fixation_density(places, (48, 64), sigma=4), np.mean(each, axis=0), atol=1e-16)


def test_a_sigma_can_be_given_in_degrees():
    viewing = Viewing.from_pixels_per_degree(8, (48, 64))
    in_degrees = fixation_density([(20, 20)], (48, 64), sigma_deg=0.5, viewing=viewing)
    np.testing.assert_allclose(
        in_degrees, fixation_density([(20, 20)], (48, 64), sigma=0.5 * viewing.pixels_per_degree)
    )


def test_a_place_belongs_to_the_nearest_pixel():
    counts = fixation_map([(-0.5, -0.5), (2.49, 0.5), (1.5, 0.49)], (2, 3))
    np.testing.assert_array_equal(counts, [[1, 0, 1], [0, 0, 1]])
    assert inside([(-0.51, 0), (2.5, 0), (0, 1.5), (np.nan, 0), (2.4, 1.4)], (2, 3)).tolist() == [[2.4, 1.4]]
    assert inside([], (2, 3)).shape == (0, 2)


def test_the_least_value_is_subtracted():
    np.testing.assert_array_equal(above_least([[3, 5]]), [[0, 2]])
