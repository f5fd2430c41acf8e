"""Frequency-tuned saliency, against its slow twin."""

import cv2
import numpy as np

from saliency.models.frequency_tuned import FrequencyTuned


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def test_frequency_tuned_saliency_is_that_of_its_slow_twin():
    picture = noise((23, 31, 3))
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).astype(np.float64)
    padded = np.pad(lab, ((2, 2), (2, 2), (0, 0)), mode="reflect")
    binomial = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    blurred = sum(binomial[y, x] * padded[y : y + 23, x : x + 31] for y in range(5) for x in range(5))
    distance = np.linalg.norm(blurred - lab.mean(axis=(0, 1)), axis=2)
    np.testing.assert_allclose(FrequencyTuned()(picture), distance / distance.max(), atol=1e-5)


def test_frequency_tuned_maps_fill_objects_evenly_up_to_their_borders():
    picture = np.full((90, 120, 3), (0.3, 0.5, 0.3), np.float32)
    picture[30:60, 40:80] = (0.8, 0.3, 0.2)
    saliency = FrequencyTuned()(picture)
    assert np.ptp(saliency[32:58, 42:78]) < 1e-4
    assert saliency[32:58, 42:78].min() > 2 * saliency[:28].max()
