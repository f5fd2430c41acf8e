"""What attention does, on pictures made for it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from conftest import bars

from foveation import GeislerPerry, Viewing, sample_pixels
from neural import Observer
from saliency import MODELS, IttiKoch, pop_out
from saliency.displays.search import ODD

VIEWING = Viewing.from_pixels_per_degree(24, (480, 640))
SIZES = [((10, 36), 90), ((6, 24), 60), ((16, 48), 120)]  # of bars, and the distances between them, in pixels
POPS_OUT = [
    *[(name, kind) for name in ("itti", "rarity") for kind in ODD],
    *[(name, kind) for name in ("bms", "vocus2") for kind in ("colour", "size")],
    ("aws", "colour"),
    ("quaternion-dct", "colour"),
    ("spectral-residual", "orientation"),
]


def wins(model, display, gap):
    """Whether the map's peak lies within half a gap of the odd one, across and down."""
    map_ = model(display.image)
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    return np.abs(np.subtract((column, row), display.target)).max() <= gap / 2


def leaning(odd_deg, others_deg, seed):
    """Dark bars on a grid with jitter, all at one angle but one; give the picture, all places, and the odd one's."""
    rng = np.random.default_rng(seed)
    places = np.array([(x, y) for y in range(60, 440, 90) for x in range(60, 600, 90)])
    places += rng.integers(-15, 16, places.shape)
    image, odd = np.full((480, 640, 3), 0.5, np.float32), int(rng.integers(len(places)))
    for number, (x, y) in enumerate(places):
        corners = cv2.boxPoints(((float(x), float(y)), (10.0, 36.0), float(odd_deg if number == odd else others_deg)))
        cv2.fillPoly(image, [np.rint(16 * corners).astype(np.int32)], (0.2, 0.2, 0.2), cv2.LINE_AA, 4)
    return image, places, odd


@pytest.mark.parametrize("preset", ["foveated", "itti1998"])
@pytest.mark.parametrize("seed", range(12))
def test_a_red_bar_among_green_ones_wins_at_the_first_fixation(preset, seed):
    image, (x, y) = bars(seed)
    path = Observer.preset(preset).look(image, VIEWING, duration=0.6, rng=seed)
    assert abs(path.x[0] - x) <= 24
    assert abs(path.y[0] - y) <= 36


def test_people_who_look_freely_visit_the_red_bar_more_than_the_others():
    """It draws by chance, so not at once and not everybody; three times as many as come to one of the 31 green bars."""
    on_target, on_others = 0, 0
    for seed in range(4):
        image, (x, y) = bars(seed)
        for path in Observer().look_many(image, VIEWING, observers=50, duration=1.0, rng=seed):
            hit = (np.abs(path.x - x) <= 36) & (np.abs(path.y - y) <= 48)
            on_target += int(hit.sum())
            on_others += int((~hit).sum())
    assert on_target > 3 * on_others / 31


def test_pop_out_does_not_depend_on_how_many_others_there_are():
    ranks = []
    for cut in (240, 480):
        image, (x, y) = bars(3)
        image[:, cut + 160 :] = 0.5
        if x > cut + 100:
            continue
        map_ = IttiKoch()(image)
        ranks.append(map_[max(0, y - 24) : y + 24, max(0, x - 16) : x + 16].max() / map_.max())
    assert ranks == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(("name", "kind"), POPS_OUT)
def test_the_odd_one_pops_out(name, kind):
    """In at least 95 % of displays, on black, grey and white, with bars of three sizes."""
    found = [
        wins(MODELS[name], pop_out(kind, background=background, bar=bar, gap=gap, rng=seed), gap)
        for background in (0.0, 0.5, 1.0)
        for bar, gap in SIZES
        for seed in range(20, 23)
    ]
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", ["itti", "rarity"])
def test_the_odd_one_pops_out_of_few_and_of_many(name, kind):
    for items in (4, 8, 16, 30):
        assert all(wins(MODELS[name], pop_out(kind, items=items, rng=seed), 90) for seed in range(4)), items


@pytest.mark.parametrize("name", ["signature", "quaternion-dct"])
def test_a_leaning_bar_among_upright_ones_is_found_but_not_an_upright_one_among_leaning_ones(name):
    """Treisman and Gormican's asymmetry (1988): the axes of the cosine transform are the standard to deviate from."""
    found = []
    for angles in ((20, 0), (0, 20)):
        first = 0
        for seed in range(10):
            image, places, odd = leaning(*angles, seed)
            map_ = MODELS[name](image)
            first += np.argmax([map_[y - 30 : y + 31, x - 30 : x + 31].max() for x, y in places]) == odd
        found.append(first)
    assert found[0] >= 9
    assert found[1] <= 3


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
        observer = replace(Observer.preset("foveated"), eye=GeislerPerry(half_eccentricity_deg=width))
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
        observer = replace(Observer.preset("foveated"), eye=GeislerPerry(half_eccentricity_deg=width))
        glance = next(observer.glances(image, viewing, start=(40, 40)))
        left.append(np.abs(np.diff(glance.retina, axis=1)).sum())
    assert left[1] < 0.9 * left[0]


def test_a_place_seen_before_is_seen_again_when_inhibition_has_gone():
    """Two lone discs: the gaze goes from one to the other and back, however long it looks."""
    image = np.full((240, 320, 3), 0.5)
    image[100:130, 60:90] = image[100:130, 230:260] = 1.0
    viewing = Viewing.from_pixels_per_degree(16, image.shape)
    path = Observer.preset("foveated").look(image, viewing, duration=4, rng=0)
    left = np.abs(path.x - 75) < 40
    right = np.abs(path.x - 245) < 40
    assert left.sum() >= 2
    assert right.sum() >= 2
