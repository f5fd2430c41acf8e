"""Region covariances: equal to their slow twin, and lawful."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import check_model
from saliency.map import check_map
from saliency.models.covariance import CovarianceSaliency, neighbour_distances, patch_covariances, region_features

PICTURE = as_image(cv2.resize(sample_pixels("coffee"), (300, 200), interpolation=cv2.INTER_AREA))
SMALL = CovarianceSaliency(longer_side=128, patches=(8, 16, 32))


def random_covariances(rng, rows, columns, d):
    """Positive definite matrices."""
    mixing = rng.normal(size=(rows, columns, d, d))
    return mixing @ mixing.swapaxes(-1, -2) + 0.1 * np.eye(d)


def test_the_model_passes_the_check():
    check_model(SMALL)


@pytest.mark.parametrize("model", [CovarianceSaliency(), SMALL])
@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 400), (400, 3), (127, 33)])
def test_maps_are_finite_not_negative_and_of_the_pictures_size(model, shape):
    image = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    map_ = check_map(model(image), shape)
    assert map_.dtype == np.float32
    assert map_.max() <= 1


@settings(max_examples=8, deadline=None)
@given(level=st.floats(0, 1), red=st.floats(0, 1), height=st.integers(2, 200))
def test_an_even_picture_has_an_empty_map(level, red, height):
    image = np.full((height, 90, 3), level, np.float32)
    image[:, :, 0] = red
    assert not SMALL(image).any()


def test_grey_colour_and_transparency_are_all_taken():
    pixels = sample_pixels("chelsea")[:120, :160]
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    assert SMALL(opaque) == pytest.approx(SMALL(pixels), abs=1e-5)
    assert SMALL(grey) == pytest.approx(SMALL(np.dstack([grey, grey, grey])), abs=1e-5)


def test_maps_are_given_by_name_in_the_order_in_which_they_are_made():
    maps = SMALL.maps(PICTURE)
    assert list(maps) == ["features", "8 px", "16 px", "32 px", "saliency"]
    assert maps["features"].shape == (7, 128, 128)
    assert maps["8 px"].shape == (16, 16)
    assert np.array_equal(maps["saliency"], SMALL(PICTURE))


def test_features_are_those_of_plain_numpy():
    lab = cv2.cvtColor(PICTURE, cv2.COLOR_RGB2Lab)
    features = region_features(PICTURE)
    across = np.abs(lab[1:-1, 2:, 0] - lab[1:-1, :-2, 0])
    down = np.abs(lab[2:, 1:-1, 0] - lab[:-2, 1:-1, 0])
    assert features[:3] == pytest.approx(lab.transpose(2, 0, 1))
    assert features[3, 1:-1, 1:-1] == pytest.approx(across, abs=1e-4)
    assert features[4, 1:-1, 1:-1] == pytest.approx(down, abs=1e-4)
    assert features[5, 0] == pytest.approx(np.arange(300) - 149.5)
    assert features[6, :, 0] == pytest.approx(np.arange(200) - 99.5)


def test_covariances_are_those_of_numpy_patch_by_patch():
    features = region_features(cv2.resize(PICTURE, (64, 32)))
    covariances = patch_covariances(features, 16, noise=0.5)
    assert covariances.shape == (2, 4, 7, 7)
    for row in range(2):
        for column in range(4):
            patch = features[:, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
            expected = np.cov(patch.reshape(7, -1).astype(np.float64)) + 0.25 * np.eye(7)
            assert covariances[row, column] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), st.sampled_from([1, 2, 3.0]), st.integers(0, 999))
def test_distances_are_those_of_a_general_eigensolver(rows, columns, d, radius, seed):
    covariances = random_covariances(np.random.default_rng(seed), rows, columns, d)
    found = neighbour_distances(covariances, radius)
    for row in range(rows):
        for column in range(columns):
            expected = []
            for other_row in range(rows):
                for other_column in range(columns):
                    apart = np.hypot(row - other_row, column - other_column)
                    if 0 < apart <= radius:
                        ratio = np.linalg.solve(covariances[row, column], covariances[other_row, other_column])
                        logarithms = np.log(np.linalg.eigvals(ratio).real)
                        expected.append(np.sqrt((logarithms**2).sum()) / (1 + apart))
            here = found[:, row, column]
            assert np.sort(here[np.isfinite(here)]) == pytest.approx(np.sort(expected), rel=1e-6)


def test_the_distance_does_not_depend_on_the_units_of_the_features():
    """The metric of Forstner and Moonen is the same after any invertible mixing of the features."""
    rng = np.random.default_rng(0)
    covariances = random_covariances(rng, 3, 3, 4)
    mixing = rng.normal(size=(4, 4))
    mixed = neighbour_distances(mixing @ covariances @ mixing.T, 2)
    plain = neighbour_distances(covariances, 2)
    assert mixed[np.isfinite(mixed)] == pytest.approx(plain[np.isfinite(plain)], rel=1e-6)


def test_the_map_is_that_of_the_slow_twin():
    square = cv2.resize(PICTURE, (128, 128), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(square, cv2.COLOR_RGB2Lab).astype(np.float64)
    padded = np.pad(lab[:, :, 0], 1, mode="reflect")
    across, down = np.abs(padded[1:-1, 2:] - padded[1:-1, :-2]), np.abs(padded[2:, 1:-1] - padded[:-2, 1:-1])
    y, x = np.mgrid[:128, :128]
    features = np.dstack([lab, across, down, x, y])
    product = np.ones((128, 128))
    for side in (16, 32):
        n = 128 // side
        tiles = features.reshape(n, side, n, side, 7).swapaxes(1, 2).reshape(n, n, side * side, 7)
        covariance = [[np.cov(tiles[row, column].T) + np.eye(7) for column in range(n)] for row in range(n)]
        saliency = np.zeros((n, n))
        for row in range(n):
            for column in range(n):
                distances = []
                for other_row in range(n):
                    for other_column in range(n):
                        apart = np.hypot(row - other_row, column - other_column)
                        if 0 < apart <= 3:
                            ratio = np.linalg.solve(covariance[row][column], covariance[other_row][other_column])
                            length = np.sqrt((np.log(np.linalg.eigvals(ratio).real) ** 2).sum())
                            distances.append(length / (1 + apart))
                nearest = sorted(distances)[: max(1, round(len(distances) / 10))]
                middle = (n - 1) / 2
                inwards = 1 - np.hypot(row - middle, column - middle) / np.hypot(middle, middle)
                saliency[row, column] = np.mean(nearest) * inwards
        product *= cv2.resize(saliency, (128, 128), interpolation=cv2.INTER_LINEAR)
    expected = cv2.GaussianBlur(product, (0, 0), 0.02 * 128, borderType=cv2.BORDER_REPLICATE)
    found = CovarianceSaliency(longer_side=128, patches=(16, 32))(square)
    assert found == pytest.approx(expected / expected.max(), abs=1e-3)


@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(flip):
    mirrored = np.ascontiguousarray(PICTURE[flip])
    assert SMALL(mirrored)[flip] == pytest.approx(SMALL(PICTURE), abs=2e-3)


def test_turn_the_picture_turn_the_map():
    square = np.ascontiguousarray(PICTURE[:, :200])
    assert SMALL(np.ascontiguousarray(np.rot90(square))) == pytest.approx(np.rot90(SMALL(square)), abs=2e-3)


@pytest.mark.parametrize("feature", ["colour", "texture"])
def test_the_odd_patch_is_found(feature):
    """Its pixels have the mean of all others' in the second case: it differs in covariance alone."""
    rng = np.random.default_rng(0)
    image = np.repeat(rng.uniform(0.4, 0.6, (256, 256, 1)), 3, axis=2).astype(np.float32)
    odd = np.s_[112:144, 160:192]
    image[odd] = (0.8, 0.3, 0.3) if feature == "colour" else np.tile([[[0.2]], [[0.8]]], (16, 32, 3))
    row, column = np.unravel_index(CovarianceSaliency(central_weight=0)(image).argmax(), (256, 256))
    assert abs(row - 127.5) < 32
    assert abs(column - 175.5) < 32


def test_the_central_weight_moves_the_map_inwards():
    rim = np.ones(PICTURE.shape[:2], bool)
    rim[30:-30, 45:-45] = False
    shares = []
    for weight in (0.0, 0.5, 1.0):
        map_ = CovarianceSaliency(longer_side=128, patches=(8, 16, 32), central_weight=weight)(PICTURE)
        shares.append(map_[rim].mean() / map_.mean())
    assert shares[0] > shares[1] > shares[2]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"patches": ()}, "patches from 2 pixels up that tile"),
        ({"patches": (8, 100)}, r"\(8, 100\) in 512 pixels"),
        ({"longer_side": 128}, "two patches a side at least"),
        ({"radius": 0.5}, "radius=0.5"),
        ({"most_similar": 0}, "share above 0 to 1"),
        ({"noise": 0}, "noise above 0, got 0"),
        ({"central_weight": -1}, "central_weight, blur and centre_bias from 0 up, got -1"),
    ],
)
def test_senseless_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        CovarianceSaliency(**parameters)


def test_what_is_no_picture_is_refused():
    with pytest.raises(TypeError, match="picture of uint8"):
        SMALL(np.zeros((20, 20), int))
    with pytest.raises(ValueError, match="finite"):
        SMALL(np.full((20, 20, 3), np.nan))
