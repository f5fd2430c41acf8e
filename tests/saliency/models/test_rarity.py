"""Rarity, against its slow twin."""

import cv2
import naive
import numpy as np
import pytest

from foveation import as_image, sample_pixels
from saliency.models.adaptive_whitening import whitened
from saliency.models.rarity import Rarity, line_strengths

PICTURE = as_image(cv2.resize(sample_pixels("coffee"), (300, 200), interpolation=cv2.INTER_AREA))


def likeness(map_, other):
    """Correlation of two maps."""
    return float(np.corrcoef(map_.ravel(), other.ravel())[0, 1])


# Rarity


def gabor_strength(plane, angle):
    """Length of the answers of an even and an odd Gabor filter of 11 x 11 pixels, two-dimensional."""
    y, x = np.mgrid[-5:6, -5:6].astype(np.float64)
    envelope = np.exp(-(x**2 + y**2) / 8)
    phase = 2 * np.pi / 4 * (x * np.cos(angle) + y * np.sin(angle))
    envelope /= envelope.sum()
    parts = [
        cv2.filter2D(plane, cv2.CV_64F, envelope * wave, borderType=cv2.BORDER_REFLECT)
        for wave in (np.cos(phase), np.sin(phase))
    ]
    return np.hypot(*parts)


@pytest.mark.parametrize("orientations", [2, 4, 8, 6])
def test_line_strengths_are_those_of_plain_gabors(orientations):
    plane = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    strengths = line_strengths(plane, orientations)
    for number in range(orientations):
        expected = gabor_strength(plane.astype(np.float64), np.pi * number / orientations)
        assert strengths[number] == pytest.approx(expected, abs=1e-5)


def unit(map_):
    return (map_ - map_.min()) / max(float(map_.max() - map_.min()), 1e-9)


def fused(maps):
    """Weigh maps by efficiency and its rank, one by one, and leave out those with less than 0.3 of the greatest."""
    maps = [unit(map_) for map_ in maps]
    order = sorted(range(len(maps)), key=lambda k: (1 - maps[k].mean()) ** 2)
    best = (1 - maps[order[-1]].mean()) ** 2
    total = 0
    for rank, k in enumerate(order, start=1):
        efficiency = (1 - maps[k].mean()) ** 2
        if efficiency >= 0.3 * best:
            total = total + rank / len(maps) * efficiency * maps[k]
    return total


def rarity(map_):
    """-ln p over four levels, by NumPy's own histogram of 16 bins."""
    total, level = 0, map_
    for k in range(4):
        place = np.rint(unit(level) * 15).astype(int)
        share = np.bincount(place.ravel(), minlength=16) / place.size
        total = total + naive.expanded(-np.log(share[place]), 2**k, map_.shape)
        level = cv2.pyrDown(level)
    return total


def test_rarity_is_its_slow_twin():
    small = cv2.resize(PICTURE, (96, 64), interpolation=cv2.INTER_AREA)
    channels = []
    for component in whitened(small.reshape(-1, 3).T).reshape(3, 64, 96):
        maps, level = [rarity(component)], component
        for k in range(3):
            maps.extend(naive.expanded(rarity(strength), 2**k, (64, 96)) for strength in line_strengths(level, 8))
            level = cv2.pyrDown(level)
        channels.append(fused(maps))
    expected = cv2.GaussianBlur(fused(channels), (0, 0), 0.02 * 96, borderType=cv2.BORDER_REPLICATE)
    found = Rarity()(small)
    assert found == pytest.approx(expected / expected.max(), abs=0.02)
    assert likeness(found, expected) > 0.9999


def test_what_is_rare_is_salient_wherever_it_is():
    rng = np.random.default_rng(0)
    for _ in range(5):
        image = np.full((120, 160, 3), 0.3, np.float32)
        row, column = rng.integers(20, 90), rng.integers(20, 130)
        image[row : row + 8, column : column + 8] = (0.3, 0.3, 0.8)
        found = np.unravel_index(Rarity()(image).argmax(), image.shape[:2])
        assert np.hypot(found[0] - row - 3.5, found[1] - column - 3.5) < 10


def test_a_map_with_a_lone_peak_outweighs_one_with_many():
    lone, crowd = np.zeros((2, 40, 40), np.float32)
    lone[10, 10] = 1
    crowd[::3, ::3] = 1
    both = Rarity(least_efficiency=0)._fused(np.stack([lone, crowd]))
    assert both[10, 10] > 2 * both[3, 3] > 0
    assert not Rarity(least_efficiency=0.9)._fused(np.stack([lone, crowd]))[3, 3]
