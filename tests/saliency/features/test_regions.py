"""Regions and crops: exact, all different, and where one would put them oneself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.filters import gaussian

from foveation import sample_pixels
from saliency import IttiKoch
from saliency.features.regions import STEPS, Box, Region, salient_regions, smart_crop

MAPS = arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 6).map(float))


def bump(x, y, spread, shape=(60, 90)):
    rows, columns = np.indices(shape)
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2)).astype(np.float32)


def hills(values, share):
    """The slow twin: flood from every place, and keep what has nothing higher in it; each hill once."""
    found = set()
    for start in zip(*np.nonzero(values > 0), strict=True):
        floor, hill, waiting = share * values[start], {start}, [start]
        while waiting:
            row, column = waiting.pop()
            for near in np.ndindex(3, 3):
                place = (row + near[0] - 1, column + near[1] - 1)
                inside = 0 <= place[0] < values.shape[0] and 0 <= place[1] < values.shape[1]
                if inside and place not in hill and values[place] >= floor:
                    hill.add(place)
                    waiting.append(place)
        if max(values[place] for place in hill) == values[start]:
            found.add(frozenset(hill))
    return found


def pixels(region, shape):
    return frozenset(zip(*np.nonzero(region.on(shape)), strict=True))


@settings(deadline=None, max_examples=150)
@given(MAPS, st.sampled_from([0.3, 0.5, 0.75, 1.0]))
def test_regions_are_the_hills_of_the_map(values, share):
    if values.min() == values.max():
        assert salient_regions(values, share=share) == []
        return
    regions = salient_regions(values, share=share)
    found = [pixels(region, values.shape) for region in regions]
    assert set(found) == hills(values, share)
    assert len(set(found)) == len(found)
    assert sum(map(len, found)) == len(frozenset().union(*found))  # no pixel in two of them


@pytest.mark.parametrize("share", [0.4, 0.75, 0.95])
@pytest.mark.parametrize("levels", [4, 60])
def test_regions_are_the_hills_of_a_larger_map_whose_basins_wind(levels, share):
    rng = np.random.default_rng(levels)
    for smooth in (False, True):
        noise = rng.random((23, 31))
        values = np.rint((gaussian(noise, 1.5, mode="reflect") if smooth else noise) * levels).astype(np.float32)
        found = {pixels(region, values.shape) for region in salient_regions(values, share=share)}
        steps = np.rint(values * (STEPS / float(values.max())))
        assert found == hills(steps, share)


@pytest.mark.parametrize("height", [1e-44, 1e-35, 1e36])
def test_regions_do_not_hang_on_the_unit_of_the_map(height):
    two = bump(20, 20, 5) + 0.8 * bump(65, 35, 8)
    scaled = [(np.rint(50 * two) * factor).astype(np.float32) for factor in (1, height)]
    ones, others = (salient_regions(values) for values in scaled)
    assert [region.box for region in ones] == [region.box for region in others]
    assert [region.score for region in ones] == pytest.approx([region.score for region in others])


@settings(deadline=None, max_examples=50)
@given(MAPS)
def test_every_number_of_a_region_is_that_of_its_pixels(values):
    regions = salient_regions(values)
    for region in regions:
        mask = region.on(values.shape)
        rows, columns = np.nonzero(mask)
        weights = values[mask]
        assert region.box == (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
        assert region.mask.shape == (region.box.height, region.box.width)
        assert region.score == pytest.approx(weights.sum() / values.sum())
        assert region.centroid == pytest.approx((columns @ weights / weights.sum(), rows @ weights / weights.sum()))
        assert (region.peak, region.area) == (weights.max(), mask.sum())
    assert [region.score for region in regions] == sorted((region.score for region in regions), reverse=True)


@settings(deadline=None, max_examples=50)
@given(MAPS)
def test_a_mirrored_or_brighter_map_has_the_same_regions(values):
    regions = {pixels(region, values.shape) for region in salient_regions(values)}
    turned = {pixels(region, values.shape) for region in salient_regions(values[::-1, ::-1])}
    height, width = values.shape
    assert {frozenset((height - 1 - row, width - 1 - column) for row, column in one) for one in turned} == regions
    assert {pixels(region, values.shape) for region in salient_regions(values * np.float32(0.125))} == regions


def test_two_bumps_are_two_regions_and_a_shoulder_is_none():
    two = bump(20, 20, 5) + 0.8 * bump(65, 35, 8)
    regions = salient_regions(two)
    assert [region.centroid for region in regions] == [
        pytest.approx((65, 35), abs=0.2),  # lower but wider: it holds more
        pytest.approx((20, 20), abs=0.2),
    ]
    assert len(salient_regions(bump(20, 20, 5) + 0.9 * bump(28, 20, 5))) == 1
    assert len(salient_regions(two, 1)) == 1
    radius = 5 * np.sqrt(2 * np.log(1 / 0.75))  # where a bump has fallen to three quarters
    assert regions[1].area == pytest.approx(np.pi * radius**2, rel=0.1)


@pytest.mark.parametrize("values", [np.zeros((5, 7)), np.full((5, 7), 0.4), np.ones((1, 1))])
def test_a_map_that_is_everywhere_the_same_has_no_region(values):
    assert salient_regions(values, 5) == []


@pytest.mark.parametrize("name", ["astronaut", "coffee", "rocket", "chelsea"])
def test_photographs_have_several_regions_the_same_each_time(name):
    map_ = IttiKoch()(sample_pixels(name))
    first, again = salient_regions(map_, 5), salient_regions(map_, 5)
    assert 2 <= len(first) <= 5
    assert len({region.box for region in first}) == len(first)
    for one, other in zip(first, again, strict=True):
        assert (one.box, one.score, one.centroid) == (other.box, other.score, other.centroid)
    peak = np.unravel_index(map_.argmax(), map_.shape)
    assert any(region.on(map_.shape)[peak] for region in salient_regions(map_))


def test_a_region_is_made_of_any_mask():
    map_ = np.arange(6.0).reshape(2, 3)
    region = Region.of(map_ > 3, map_)
    assert (region.box, region.score, region.centroid) == (Box(1, 1, 2, 1), 0.6, (pytest.approx(14 / 9), 1.0))
    empty = Region.of(map_ > 3, np.zeros((2, 3)))
    assert (empty.score, empty.centroid) == (0.0, (1.5, 1.0))
    with pytest.raises(ValueError, match=r"mask of shape \(2, 3\) with at least one pixel"):
        Region.of(map_ > 9, map_)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n to be a whole number, at least 1; got 0"),
        ({"share": 0}, "share of the peak"),
        ({"share": 1.1}, "share of the peak"),
    ],
)
def test_impossible_regions_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        salient_regions(np.eye(4), **change)


def fullest(values, width, height):
    """The slow twin: the greatest sum over any window."""
    return max(
        values[y : y + height, x : x + width].sum(dtype=np.float64)
        for y in range(values.shape[0] - height + 1)
        for x in range(values.shape[1] - width + 1)
    )


@settings(deadline=None, max_examples=100)
@given(MAPS, st.data())
def test_no_window_of_its_size_holds_more(values, data):
    height, width = values.shape
    size = data.draw(st.tuples(st.integers(1, width), st.integers(1, height)))
    box = smart_crop(values.shape, values, size=size)
    assert (box.width, box.height) == size
    assert 0 <= box.x <= width - box.width
    assert 0 <= box.y <= height - box.height
    assert values[box.slices].sum() == pytest.approx(fullest(values, *size))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 400), st.integers(1, 400), st.floats(0.1, 10))
def test_the_window_of_an_aspect_is_the_largest_that_fits(width, height, aspect):
    box = smart_crop((height, width), np.ones((height, width)), aspect=aspect)
    assert box.width == width or box.height == height
    assert box.width <= width
    assert box.height <= height
    fitting = (max(1, round(aspect * box.height)), max(1, round(box.width / aspect)))
    assert box.width == fitting[0] or box.height == fitting[1]


def test_the_smallest_window_of_a_share_holds_it_and_the_next_smaller_one_does_not():
    map_ = bump(30, 25, 6) + 0.5 * bump(70, 40, 4)
    for share in (0.2, 0.5, 0.8, 0.95):
        box = smart_crop(map_.shape, map_, aspect=1, share=share)
        assert box.width == box.height
        assert map_[box.slices].sum() >= share * map_.sum() * (1 - 1e-6)
        assert fullest(map_, box.width - 1, box.height - 1) < share * map_.sum()
    assert smart_crop(map_.shape, map_, aspect=1, share=1.0).height == 60  # the largest, though it holds less


def test_a_single_spot_is_kept_in_the_middle_not_at_the_edge():
    spot = np.zeros((100, 300), np.float32)
    spot[50:61, 200:211] = 1
    assert smart_crop(spot.shape, spot, aspect=1) == Box(155, 0, 100, 100)
    assert smart_crop(spot.shape, spot, size=(41, 31)) == Box(185, 40, 41, 31)


def test_an_empty_map_gives_the_middle_of_the_picture():
    for values in (np.zeros((100, 300)), np.ones((100, 300))):
        assert smart_crop(np.zeros((100, 300, 3)), values, aspect=1) == Box(100, 0, 100, 100)


def test_a_map_of_another_size_is_laid_over_the_picture_but_not_stretched():
    image = np.zeros((200, 300, 3), np.uint8)
    box = smart_crop(image, bump(30, 10, 4, shape=(40, 60)), size=(40, 40))
    assert (box.x + 19.5, box.y + 19.5) == pytest.approx((152, 54.5), abs=5)
    with pytest.raises(ValueError, match="60 x 20, which would be stretched: bring it to these proportions"):
        smart_crop(image, bump(30, 10, 4, shape=(20, 60)), size=(40, 40))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "either an aspect or a size"),
        ({"aspect": 1, "size": (2, 2)}, "either an aspect or a size"),
        ({"aspect": 0}, "aspect .* above 0, got 0"),
        ({"aspect": float("nan")}, "above 0, got nan"),
        ({"size": (5, 3)}, "window from 1 x 1 to 4 x 4 pixels, got 5 x 3"),
        ({"size": (0, 3)}, "got 0 x 3"),
        ({"aspect": 1, "share": 1.5}, "share of the map"),
        ({"size": (2, 2), "share": 0.5}, "share of the map"),
    ],
)
def test_impossible_windows_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        smart_crop((4, 4), np.eye(4), **change)


@pytest.mark.parametrize("use", [salient_regions, lambda map_: smart_crop((4, 4), map_, aspect=1)])
def test_only_maps_are_taken(use):
    with pytest.raises(ValueError, match="nowhere negative"):
        use(np.full((4, 4), -1.0))
    with pytest.raises(ValueError, match="finite map"):
        use(np.full((4, 4), np.nan))
