"""What attention does, on pictures made for it."""

import numpy as np
import pytest
from conftest import bars

from foveation import GeislerPerry, Viewing, sample_pixels
from neural import Observer
from saliency import IttiKoch

VIEWING = Viewing.from_pixels_per_degree(24, (480, 640))


@pytest.mark.parametrize("preset", ["free_viewing", "itti1998"])
@pytest.mark.parametrize("seed", range(12))
def test_a_red_bar_among_green_ones_wins_at_the_first_fixation(preset, seed):
    image, (x, y) = bars(seed)
    path = Observer.preset(preset).look(image, VIEWING, duration=0.6, rng=seed)
    assert abs(path.x[0] - x) <= 24
    assert abs(path.y[0] - y) <= 36


def test_pop_out_does_not_depend_on_how_many_others_there_are():
    ranks = []
    for cut in (240, 480):
        image, (x, y) = bars(3)
        image[:, cut + 160 :] = 0.5
        if x > cut + 100:
            continue
        map_ = IttiKoch()(image)
        ranks.append(map_[max(0, y - 24) : y + 24, max(0, x - 16) : x + 16].max() / map_.max())
    assert ranks == pytest.approx([1.0] * len(ranks))


def test_nothing_pops_out_of_bars_that_are_all_alike():
    with_target, without = (IttiKoch()(bars(0, target=target)[0]).max() for target in (True, False))
    assert with_target > 2 * without


@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea"])
def test_inhibition_of_return_keeps_the_gaze_from_coming_back_at_once(name):
    image = sample_pixels(name)
    viewing = Viewing.from_pixels_per_degree(24, image.shape)
    path = Observer.preset("itti1998").look(image, viewing, duration=2.0, rng=0)
    left = path.onset + path.duration
    pairs = [(earlier, later) for later in range(1, len(path)) for earlier in range(later)]
    soon = [(earlier, later) for earlier, later in pairs if path.onset[later] - left[earlier] < 0.5]
    assert len(soon) > 10
    assert min(viewing.angle_deg(path.places[earlier], path.places[later]) for earlier, later in soon) > 1.0


def test_a_narrower_fovea_shortens_saccades():
    """Mean over three pictures and three people; 2.3 degrees is Geisler and Perry's eye."""
    amplitudes = []
    for width in (8.0, 2.3, 0.5):
        observer = Observer(eye=GeislerPerry(half_eccentricity_deg=width))
        paths = []
        for name in ("coffee", "rocket", "astronaut"):
            image = sample_pixels(name)
            viewing = Viewing.from_pixels_per_degree(24, image.shape)
            paths += [observer.look(image, viewing, duration=3, rng=seed) for seed in range(3)]
        amplitudes.append(np.concatenate([path.amplitudes_deg for path in paths]).mean())
    assert amplitudes[0] > 1.05 * amplitudes[1] > 1.1 * amplitudes[2]


def test_a_narrower_fovea_leaves_detail_unseen():
    image = sample_pixels("rocket")
    viewing = Viewing.from_pixels_per_degree(24, image.shape)
    left = []
    for width in (2.3, 0.8):
        observer = Observer(eye=GeislerPerry(half_eccentricity_deg=width))
        glance = next(observer.glances(image, viewing, start=(40, 40)))
        left.append(np.abs(np.diff(glance.retina, axis=1)).sum())
    assert left[1] < 0.9 * left[0]


def test_a_place_seen_before_is_seen_again_when_inhibition_has_gone():
    """Two lone discs: the gaze goes from one to the other and back, however long it looks."""
    image = np.full((240, 320, 3), 0.5)
    image[100:130, 60:90] = image[100:130, 230:260] = 1.0
    path = Observer().look(image, Viewing.from_pixels_per_degree(16, image.shape), duration=4, rng=0)
    left = np.abs(path.x - 75) < 40
    right = np.abs(path.x - 245) < 40
    assert left.sum() >= 2
    assert right.sum() >= 2
