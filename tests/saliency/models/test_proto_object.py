"""Proto-objects: borders belong to things, and a map that sees things."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import check_model
from saliency.displays.search import pop_out
from saliency.models.proto_object import ProtoObject

MODEL = ProtoObject()
FLAT, UPRIGHT = 0, 2  # indices of edges at 0 and 90 degrees


def square(light=0.8, ground=0.3, side=24, shape=(96, 128), centre=(64, 48)):
    image = np.full((*shape, 3), ground, np.float32)
    x, y = centre
    image[y - side // 2 : y + side // 2, x - side // 2 : x + side // 2] = light
    return image


def correlated(plane, kernel):
    """Correlation with the border's values continued, term by term."""
    reach = kernel.shape[0] // 2
    padded = np.pad(plane, reach, mode="edge")
    return sum(
        kernel[i, j] * padded[i : i + plane.shape[0], j : j + plane.shape[1]]
        for i in range(kernel.shape[0])
        for j in range(kernel.shape[1])
    )


def gaussian(spread):
    reach = round(4 * spread * 2 + 1) // 2
    axis = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * spread**2))
    return np.outer(axis, axis) / axis.sum() ** 2


def ring(degrees):
    """Von Mises kernel of radius 2; `degrees` counter-clockwise from the right, y up."""
    y, x = np.mgrid[-6:7, -6:7].astype(float)
    direction = np.arctan2(-y, x)
    kernel = np.exp(2 * np.cos(direction - np.radians(degrees)) * (np.hypot(x, y) > 0)) / np.i0(np.hypot(x, y) - 2)
    return kernel / kernel.max()


def gabor(degrees, phase):
    """Lines at `degrees`; period 4, spread 2.24, aspect 0.8."""
    y, x = np.mgrid[-6:7, -6:7].astype(float)
    turn = np.radians(degrees)
    along, across = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    kernel = np.exp(-(across**2 + 0.64 * along**2) / (2 * 2.24**2)) * np.cos(np.pi / 2 * across + phase)
    kernel -= kernel.mean()
    return kernel / np.linalg.norm(kernel)


def slow_twin(plane, opposite=1.0):
    """Border ownership by both sides and grouping of one level alone."""
    difference = correlated(plane, gaussian(0.9)) - correlated(plane, gaussian(2.7))
    light, dark = np.maximum(difference, 0), np.maximum(-difference, 0)
    owned = {}
    for degrees in (0, 45, 90, 135):
        edge = np.hypot(*(correlated(plane, gabor(degrees, phase)) for phase in (0, np.pi / 2)))
        for side in (90, -90):
            here, there = ring(degrees + side), ring(degrees - side)
            owned[degrees, side] = sum(
                np.maximum(edge * (1 + correlated(a, here) - opposite * correlated(b, there)), 0)
                for a, b in ((light, dark), (dark, light))
            )
    strength = {degrees: np.abs(owned[degrees, 90] - owned[degrees, -90]) for degrees in (0, 45, 90, 135)}
    strongest = np.max(list(strength.values()), axis=0)
    grouping = 0
    for degrees, side in owned:
        wins = np.maximum(owned[degrees, side] - owned[degrees, -side], 0) * (strength[degrees] == strongest)
        grouping = grouping + correlated(wins, ring(degrees - side))
    left, right = ([owned[degrees, side] for degrees in (0, 45, 90, 135)] for side in (90, -90))
    return np.array(left), np.array(right), grouping


def test_one_level_is_that_of_the_slow_twin():
    image = as_image(sample_pixels("coffee"))[100:148, 200:264]
    maps = ProtoObject(levels=1, opposite=0.7).maps(image)
    left, right, grouping = slow_twin(image.mean(axis=2).astype(np.float64), 0.7)
    assert maps["intensity left 0"] == pytest.approx(left, abs=1e-5)
    assert maps["intensity right 0"] == pytest.approx(right, abs=1e-5)
    # where two edges are all but equally strong, rounding may choose the other
    near = np.abs(maps["intensity grouping 0"] - grouping) < 1e-3 * grouping.max()
    assert near.mean() > 0.95


def test_only_coarser_levels_know_which_side_of_a_straight_border_is_inside():
    """What light and dark cells say on both sides of it is equal to fine ones: there is no inside in the small."""
    image = square(side=60)
    preference = []
    for levels in (1, 6):
        maps = ProtoObject(levels=levels).maps(image)
        left, right = maps["intensity left 0"][UPRIGHT], maps["intensity right 0"][UPRIGHT]
        at = np.s_[40:56, 32:36]  # along the left side of the square: owned by what is on the right
        preference.append((right[at] - left[at]).sum() / (right[at] + left[at]).sum())
    assert abs(preference[0]) < 1e-4 < 1e-2 < preference[1]


@pytest.mark.parametrize(("light", "ground"), [(0.8, 0.3), (0.2, 0.7)])
def test_a_square_owns_its_borders_be_it_light_or_dark(light, ground):
    maps = MODEL.maps(square(light, ground))
    for k in range(3):
        left, right = maps[f"intensity left {k}"], maps[f"intensity right {k}"]
        scale = 2 ** (-k / 2)
        row, column, half = round(48 * scale), round(64 * scale), round(12 * scale)
        west, east = np.s_[UPRIGHT, row, column - half], np.s_[UPRIGHT, row, column + half]
        north, south = np.s_[FLAT, row - half, column], np.s_[FLAT, row + half, column]
        assert right[west] > left[west]
        assert left[east] > right[east]
        assert right[north] > left[north]  # left of a flat edge is above it
        assert left[south] > right[south]


def test_grouping_cells_peak_inside_the_thing():
    maps = MODEL.maps(square(side=16))
    best = max(range(10), key=lambda k: maps[f"intensity grouping {k}"].max() if f"red grouping {k}" in maps else 0)
    values = maps[f"intensity grouping {best}"]
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert abs((row + 0.5) * 96 / values.shape[0] - 48) < 8
    assert abs((column + 0.5) * 128 / values.shape[1] - 64) < 8


def test_a_closed_figure_is_more_salient_than_the_same_lines_scattered():
    image = np.full((120, 240, 3), 0.5, np.float32)
    for y, x, height, width in ((48, 48, 2, 24), (70, 48, 2, 24), (48, 48, 24, 2), (48, 70, 24, 2)):
        image[y : y + height, x : x + width] = 0.9
    for y, x, height, width in ((30, 150, 2, 24), (90, 190, 2, 24), (50, 200, 24, 2), (70, 150, 24, 2)):
        image[y : y + height, x : x + width] = 0.9
    map_ = MODEL(image)
    assert map_[:, :120].max() > map_[:, 120:].max()


@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(flip):
    image = np.random.default_rng(0).random((96, 128, 3)).astype(np.float32)
    mirrored = np.ascontiguousarray(image[flip])
    assert MODEL(mirrored)[flip] == pytest.approx(MODEL(image), abs=0.05)
    here, there = MODEL.maps(square(centre=(50, 40))), MODEL.maps(square(centre=(78, 40)))
    left, right = here["intensity left 0"][UPRIGHT], there["intensity right 0"][UPRIGHT][:, ::-1]
    assert left == pytest.approx(right, abs=1e-4)


def test_every_map_is_there_by_name_and_the_last_is_the_saliency_map():
    image = as_image(sample_pixels("coffee"))
    maps = MODEL.maps(image)
    features = ["intensity", "red", "green", "blue", "yellow", "0 deg", "45 deg", "90 deg", "135 deg"]
    assert list(maps)[:9] == features
    assert list(maps)[-4:] == ["intensity conspicuity", "colour conspicuity", "orientation conspicuity", "saliency"]
    assert sum("grouping" in name for name in maps) == 9 * 10
    assert maps["red left 2"].shape == maps["red right 2"].shape == (4, *maps["red grouping 2"].shape)
    assert maps["red grouping 2"].shape == (106, 160)
    assert maps["saliency"].shape == image.shape[:2]
    assert maps["saliency"].max() == pytest.approx(1, abs=0.02)
    assert all(values.min() >= 0 for name, values in maps.items() if "left" in name or "right" in name)
    assert np.array_equal(maps["saliency"], MODEL(image))


@pytest.mark.parametrize("shape", [(2, 2), (2, 90), (3, 3), (17, 200), (400, 500)])
@pytest.mark.parametrize("kind", ["bytes", "grey", "alpha"])
def test_any_picture_has_a_map_of_its_size(shape, kind):
    image = np.random.default_rng(0).random((*shape, 4 if kind == "alpha" else 3))
    image = (image * 255).astype(np.uint8) if kind == "bytes" else image[:, :, 0] if kind == "grey" else image
    map_ = ProtoObject(longer_side=100)(image)
    assert (map_.shape, map_.dtype) == (shape, np.float32)
    assert 0 <= map_.min() <= map_.max() <= 1


@settings(max_examples=5, deadline=None)
@given(level=st.floats(0, 1), red=st.floats(0, 1), side=st.integers(2, 60))
def test_an_even_picture_has_an_empty_map(level, red, side):
    image = np.full((side, 60, 3), level, np.float32)
    image[:, :, 0] = red
    assert not MODEL(image).any()


def test_it_passes_the_check_of_models():
    check_model(ProtoObject())


def test_senseless_parameters_are_refused():
    with pytest.raises(ValueError, match="a surround wider than the centre"):
        ProtoObject(centre_spread=3)
    with pytest.raises(ValueError, match="at least one level"):
        ProtoObject(levels=0)
    with pytest.raises(ValueError, match="colour space 'rgby', got 'lab'"):
        ProtoObject(colour_space="lab")
    with pytest.raises(ValueError, match="a blur from 0 to 1"):
        ProtoObject(blur=2)


def test_a_large_bar_among_small_ones_has_the_peak():
    display = pop_out("size", gap=120, shape=(360, 480), rng=1)
    map_ = ProtoObject()(display.image)
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    assert np.abs(np.subtract((column, row), display.target)).max() <= 60
