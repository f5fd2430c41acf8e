"""What the tests of structured attention share: gradients by central differences, and planted sequences."""

import numpy as np

from neural.layers.primitives import linear


def central(function, here, step=1e-5):
    gradients = np.empty(here.shape)
    for place in np.ndindex(here.shape):
        shift = np.zeros(here.shape)
        shift[place] = step
        gradients[place] = (function(here + shift) - function(here - shift)) / (2 * step)
    return gradients


def relative_error(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def answers(parameters, context):
    return linear(context, parameters["out"], parameters["out bias"])


def sequences(rng, count, places=40, strength=1.0):
    """Sequences with one segment of 6 to 12 places of weak evidence, which alone votes for the label."""
    length = rng.integers(6, 13, count)[:, None]
    start = rng.integers(0, places - length + 1)
    inside = (np.arange(places) >= start) & (np.arange(places) < start + length)
    evidence = rng.normal(size=(count, places)) + strength * inside
    label = rng.integers(0, 2, count)
    elsewhere = rng.choice([-1, 1], (count, 1))
    votes = np.where(inside, 2 * label[:, None] - 1, elsewhere) + rng.normal(size=(count, places))
    return evidence.astype(np.float32), votes[..., None].astype(np.float32), inside, label
