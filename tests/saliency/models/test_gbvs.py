"""Graph-based visual saliency: its equilibria are those of a walk, and its map that of the slow twin."""

import cv2
import numpy as np
import pytest
from conftest import bars
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import check_model
from saliency.map import check_map
from saliency.models.gbvs import CHANNELS, GBVS, equilibrium

PICTURE = as_image(cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA))


def distances(shape):
    """Distance between all pairs of places of a grid."""
    places = np.stack(np.indices(shape), axis=-1).reshape(-1, 2)
    return np.linalg.norm(places[:, None] - places[None], axis=2)


def transitions(weights):
    """Probabilities p[i, j] to step from i to j, in proportion to the weights."""
    return weights / weights.sum(axis=1, keepdims=True)


def walked(probabilities):
    """Where a walker is found after very many steps; it stays where it is every other time, so that it never swings."""
    share = np.full(len(probabilities), 1 / len(probabilities))
    for _ in range(100_000):
        moved = (share + share @ probabilities) / 2
        if np.abs(moved - share).max() < 1e-14:
            break
        share = moved
    return share


def first_chain(plane, sigma):
    closeness = np.exp(-(distances(plane.shape) ** 2) / (2 * sigma**2))
    return transitions(np.abs(np.subtract.outer(plane.ravel(), plane.ravel())) * closeness)


def second_chain(activation, sigma):
    closeness = np.exp(-(distances(activation.shape) ** 2) / (2 * sigma**2))
    return transitions(activation.ravel()[None, :] * closeness)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 999), st.floats(0.1, 2.0))
def test_the_equilibrium_is_where_a_long_walk_ends(rows, columns, seed, spread):
    plane = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    expected = walked(first_chain(plane.astype(np.float64), spread * (rows + columns) / 2))
    np.testing.assert_allclose(equilibrium(plane[np.newaxis], spread).ravel(), expected, atol=2e-6)


def test_the_equilibrium_stays_as_it_is_on_the_whole_grid():
    maps = GBVS().maps(PICTURE)
    for plane, share in zip(maps["features"], maps["activation"].astype(np.float64), strict=True):
        chain = first_chain(plane.astype(np.float64), 0.15 * 28)
        np.testing.assert_allclose(share.ravel() @ chain, share.ravel(), rtol=1e-5)
        assert share.sum() == pytest.approx(1, abs=1e-5)


def test_traffic_is_the_same_in_both_directions():
    plane = np.random.default_rng(1).random((6, 8))
    chain = first_chain(plane, 2.0)
    traffic = equilibrium(plane[np.newaxis].astype(np.float32), 2.0 / 7).reshape(-1, 1) * chain
    np.testing.assert_allclose(traffic, traffic.T, atol=1e-8)


def test_the_second_chain_too_ends_where_the_map_says():
    maps = GBVS(concentration="markov", grid=12).maps(PICTURE)
    expected = dict.fromkeys(CHANNELS, 0.0)
    sizes = {"colour": 9, "intensity": 3, "orientation": 12}
    names = [name for name in CHANNELS for _ in range(sizes[name])]
    for name, activation in zip(names, maps["activation"].astype(np.float64), strict=True):
        share = walked(second_chain(activation, 0.06 * (12 + 9) / 2))
        expected[name] = expected[name] + share.reshape(activation.shape)
    for name in CHANNELS:
        np.testing.assert_allclose(maps[name], expected[name], atol=1e-5)


def plain_gbvs(image):
    """Harel, Koch and Perona's map with NumPy and OpenCV: features, walks, powers, sum."""
    weights = np.array([1, 5, 10, 10, 5, 1]) / 32
    level = np.dstack([image, image.max(axis=2)]).astype(np.float64)
    shape = (24, 32)
    closeness = np.exp(-(distances(shape) ** 2) / (2 * (0.15 * 28) ** 2))
    cones = np.array([[18.32535, 44.60077, 7.46216], [4.09544, 28.20135, 6.66066], [0.02114, 0.10325, 1.05258]])
    grey = np.array([34.918538957799996, 19.314796676499999, 0.5856108185])
    total = np.zeros(shape)
    y, x = np.mgrid[-13:14, -13:14]
    for depth in range(1, 5):
        padded = np.pad(level, ((2, 3), (2, 3), (0, 0)), mode="symmetric")
        rows, columns = level.shape[:2]
        down = sum(weight * padded[k : k + rows : 2] for k, weight in enumerate(weights))
        level = sum(weight * down[:, k : k + columns : 2] for k, weight in enumerate(weights))
        if depth == 1:
            continue
        long, middle, short = np.moveaxis(level[:, :, :3] ** 2.2 @ cones.T / grey, 2, 0)
        luminance = long * grey[0] + middle * grey[1]
        planes = [level[:, :, 3], luminance, long - middle, short - luminance / grey[:2].sum()]
        for angle in np.radians([0, 45, 90, 135]):
            along, across = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
            energy = 0
            for phase in (0, np.pi / 2):
                gabor = np.cos(2 * across + phase) * np.exp(-(across**2) / 8 - along**2 / 32)
                gabor -= gabor.mean()
                gabor /= np.linalg.norm(gabor)
                energy += np.abs(cv2.filter2D(level[:, :, 3], -1, gabor, borderType=cv2.BORDER_REFLECT))
            planes.append(energy * faded(energy.shape, 13))
        for plane in planes:
            small = cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_AREA).ravel()
            degrees = (np.abs(np.subtract.outer(small, small)) * closeness).sum(axis=1)
            total += (degrees / degrees.sum()).reshape(shape) ** 1.5
    total *= faded(shape, 4)
    total -= total.min()
    blurred = cv2.GaussianBlur(total, (0, 0), 0.02 * 32, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(blurred / blurred.max(), image.shape[1::-1])


def faded(shape, width):
    rows, columns = (np.minimum(np.minimum(np.arange(n) + 1, n - np.arange(n)) / (width + 1), 1) for n in shape)
    return np.outer(rows, columns)


def test_the_map_is_that_of_the_slow_twin():
    np.testing.assert_allclose(GBVS()(PICTURE), plain_gbvs(PICTURE), atol=1e-3)


def test_both_ways_to_concentrate_agree_roughly():
    power, markov = GBVS()(PICTURE), GBVS(concentration="markov")(PICTURE)
    assert 0.8 < np.corrcoef(power.ravel(), markov.ravel())[0, 1] < 0.999


def test_the_odd_one_out_is_found_by_its_colour():
    found = 0
    for seed in range(10):
        image, (x, y) = bars(seed)
        saliency = GBVS()(image)
        row, column = np.unravel_index(saliency.argmax(), saliency.shape)
        found += np.hypot(row - y, column - x) < 60
    assert found >= 8


def test_even_noise_is_looked_at_in_the_middle():
    image = np.random.default_rng(0).random((480, 640, 3)).astype(np.float32)
    saliency = GBVS()(image)
    assert saliency[160:320, 213:427].mean() > 1.5 * saliency.mean()


def test_channels_are_weighted():
    maps = GBVS(colour=2.0, orientation=0.0, border=0, blur=0.0, grid=32).maps(PICTURE)
    assert list(maps) == ["features", "activation", "colour", "intensity", "saliency"]
    assert maps["features"].shape == maps["activation"].shape == (12, 24, 32)
    total = 2 * maps["colour"] + maps["intensity"]
    total -= total.min()
    expected = cv2.resize(total / total.max(), (640, 480), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(maps["saliency"], expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 2), (2, 90), (16, 16), (17, 400), (300, 7), (127, 33), (500, 810)])
@pytest.mark.parametrize("concentration", ["power", "markov"])
def test_maps_are_finite_not_negative_and_of_the_pictures_size(shape, concentration):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 4)).astype(np.uint8)
    map_ = check_map(GBVS(concentration=concentration)(pixels), shape)
    assert map_.dtype == np.float32
    assert map_.max() <= 1


@pytest.mark.parametrize("model", [GBVS(), GBVS(concentration="markov"), GBVS(colour=0, intensity=0, orientation=0)])
def test_the_model_passes_the_check(model):
    check_model(model)


@settings(max_examples=10, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(2, 200))
def test_an_even_picture_has_an_empty_map(level, red, side):
    image = np.full((side, 60, 3), level, np.float32)
    image[:, :, 0] = red
    assert not GBVS()(image).any()


@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(flip):
    """On sides that can be halved four times, samples lie on one another's mirror images at every level."""
    mirrored = np.ascontiguousarray(PICTURE[flip])
    np.testing.assert_allclose(GBVS()(mirrored)[flip], GBVS()(PICTURE), atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 50), st.floats(-20, 20))
def test_scale_and_offset_of_a_feature_do_not_matter(scale, offset):
    plane = np.random.default_rng(0).random((1, 12, 16)).astype(np.float32)
    scaled = (plane * scale + offset).astype(np.float32)
    np.testing.assert_allclose(equilibrium(scaled, 0.15), equilibrium(plane, 0.15), rtol=5e-3)


def test_an_even_feature_holds_no_walker():
    noise = np.random.default_rng(0).random((12, 16)).astype(np.float32)
    shares = equilibrium(np.stack([noise, np.full_like(noise, 0.3)]), 0.15)
    assert shares[0].sum() == pytest.approx(1, abs=1e-5)
    assert not shares[1].any()


def test_the_same_picture_gives_the_same_bits():
    np.testing.assert_array_equal(GBVS()(PICTURE), GBVS()(PICTURE))


def test_a_large_picture_is_worked_on_as_its_smaller_self():
    large = cv2.resize(PICTURE, (1920, 1440), interpolation=cv2.INTER_LINEAR)
    assert np.corrcoef(GBVS()(large)[1::3, 1::3].ravel(), GBVS()(PICTURE).ravel())[0, 1] > 0.99


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"grid": 1}, "a grid of 2 to 64 places .* got 1"),
        ({"grid": 65}, "a grid of 2 to 64"),
        ({"longer_side": 1}, "a longer_side from 2 up"),
        ({"levels": ()}, r"pyramid levels from 1 up, got \(\)"),
        ({"levels": (0, 2)}, "pyramid levels from 1 up"),
        ({"concentration": "max"}, "'power' or 'markov', got 'max'"),
        ({"spread": 0}, "spreads and an exponent above 0"),
        ({"exponent": -1}, "spreads and an exponent above 0"),
        ({"colour": -1}, "channel weights, border, blur and centre_bias from 0 up"),
    ],
)
def test_senseless_parameters_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        GBVS(**wrong)
