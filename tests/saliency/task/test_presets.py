"""Tasks that were fitted to people."""

import numpy as np

from foveation import sample_pixels
from saliency.task.presets import TASKS
from saliency.task.vocabulary import KEYS

ROCKET = sample_pixels("rocket")[::2, ::2]


# Presets, and tasks as values


def test_the_presets_are_of_the_four_tasks_and_differ():
    assert set(TASKS) == {"free viewing", "count people", "emotion", "occasion"}
    map_ = KEYS(ROCKET)
    maps = [task(ROCKET, map_) for task in TASKS.values()]
    for k, one in enumerate(maps):
        assert not np.array_equal(one, map_)
        assert all(not np.allclose(one, other) for other in maps[:k])
