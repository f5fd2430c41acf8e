"""What the tests of attention share: scores to attend with, and gradients by central differences."""

from dataclasses import replace

import numpy as np
from autograd import grad

from neural.attention.scores import Additive, General, Location


def a_score(name, width=3, places=6, dtype=np.float64):
    """A score by name, with parameters if it has any: for queries and keys of one width."""
    rng = np.random.default_rng(5)
    if name == "general":
        return General(weights=rng.normal(size=(width, width)).astype(dtype))
    if name == "additive":
        return replace(
            Additive.initial(query=width, key=width, hidden=4, rng=rng, dtype=dtype),
            bias=rng.normal(size=4).astype(dtype),
        )
    return Location(weights=rng.normal(size=(width, places)).astype(dtype)) if name == "location" else name


def differences(loss, here):
    """Gradients by central differences."""
    gradients = np.empty(here.shape)
    for place in np.ndindex(here.shape):
        step = np.zeros(here.shape)
        step[place] = 1e-5
        gradients[place] = (loss(here + step) - loss(here - step)) / 2e-5
    return gradients


def assert_gradients(loss, arrays):
    """The gradient of a number with respect to each array is that of central differences, to a millionth."""
    for number, here in enumerate(arrays):

        def along(array, number=number):
            return loss(*arrays[:number], array, *arrays[number + 1 :])

        expected = differences(along, here)
        assert np.linalg.norm(grad(along)(here) - expected) <= 1e-6 * np.linalg.norm(expected), number


def places(shape):
    """The place (x, y) of each pixel: what a priority map points to."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.stack([x, y], axis=-1).astype(float)
