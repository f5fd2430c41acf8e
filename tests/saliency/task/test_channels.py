"""Feature channels add up to the map; optimal gains are signal to noise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from foveation import sample_pixels
from saliency import DivideByMean, Iterative, IttiKoch
from saliency.task.channels import optimal_gains
from saliency.task.task import Task
from saliency.task.vocabulary import KEYS

ROCKET = sample_pixels("rocket")[::2, ::2]


@pytest.mark.parametrize(
    "model",
    [
        KEYS,
        IttiKoch(),
        IttiKoch(normalise=Iterative()),
        IttiKoch(colour=0.0, orientation=2.5, centres=(2, 3), normalise=DivideByMean()),
    ],
)
def test_the_keys_of_all_channels_add_up_to_the_bottom_up_map(model):
    """Any normalisation: what N leaves of a sum is shared among those that made it."""
    keys = Task(others=0.5, model=model).keys(ROCKET)
    map_ = model(ROCKET)
    assert len(set(keys.names)) == len(keys.names) == 10 * min(3, len(model.centres)) + 1
    assert keys.values.min() >= 0
    assert_allclose(keys.values.sum(axis=-1), map_, rtol=0, atol=1e-6 * map_.max())


# Optimal gains


def test_optimal_gains_are_signal_to_noise_over_its_mean():
    target = {"small red": 3.0, "small green": 1.0, "small bright": 0.0}
    distractors = {"small red": 1.0, "small green": 2.0, "small bright": 0.0}
    noise = 0.02 * 3.0
    ratios = np.array([(3 + noise) / (1 + noise), (1 + noise) / (2 + noise), 1.0])
    gains = optimal_gains(target, distractors)
    assert_allclose(list(gains.values()), ratios / ratios.mean(), rtol=1e-12)
    assert np.mean(list(gains.values())) == pytest.approx(1)
