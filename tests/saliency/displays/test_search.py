"""Displays: seeded, exact in degrees when measured back from the pixels, and everything is where and what they say."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import IttiKoch, VideoSaliency
from saliency.displays.display import VIEWING
from saliency.displays.items import Item, line
from saliency.displays.search import ODD, SEARCHES, SET_SIZES, Search, pop_out, search_display

kinds = st.sampled_from(list(SEARCHES))
seeds = st.integers(0, 2**32 - 1)
PAIRS = [("tilted-among-vertical", "vertical-among-tilted"), ("q-among-o", "o-among-q")]
PAIRS += [("curved-among-straight", "straight-among-curved")]


def ink(image, background=0.5):
    """How much of each pixel is covered, if things have one colour."""
    off = np.abs(image.astype(np.float64) - background).sum(axis=2)
    return off / off.max()


def moments(cover):
    """Area, centre (x, y), and covariance of what is covered, as if pixels were points."""
    rows, columns = np.mgrid[: cover.shape[0], : cover.shape[1]]
    points, weights = np.stack([columns.ravel(), rows.ravel()]), cover.ravel()
    return weights.sum(), np.average(points, axis=1, weights=weights), np.cov(points, aweights=weights, ddof=0)


def angle_deg(cover):
    """Direction of the long axis, counter-clockwise, from -90 to 90."""
    (xx, xy), (_, yy) = moments(cover)[2]
    return np.degrees(np.arctan2(-2 * xy, xx - yy)) / 2


def around(display, index, room=3):
    """The part of the picture in an item's box."""
    x, y, width, height = display.boxes[index]
    rows = slice(max(int(np.floor(y)) - room, 0), int(np.ceil(y + height)) + room)
    return display.image[rows, max(int(np.floor(x)) - room, 0) : int(np.ceil(x + width)) + room]


@pytest.mark.parametrize("kind", ODD)
def test_the_same_seed_gives_the_same_display(kind):
    first, again, other = (pop_out(kind, rng=seed) for seed in (3, np.random.default_rng(3), 4))
    assert np.array_equal(first.image, again.image)
    assert first.target == again.target
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("kind", ODD)
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.0, 0.5, 1.0]), st.integers(2, 30))
def test_only_the_target_differs_from_the_others(kind, seed, background, items):
    display = pop_out(kind, background=background, items=items, rng=seed)
    assert display.items.shape == (items, 2)
    assert list(display.target) in display.items.tolist()
    patches = {}
    for x, y in display.items.astype(int).tolist():
        patch = display.image[y - 20 : y + 21, x - 20 : x + 21]
        patches.setdefault(patch.tobytes(), []).append([x, y])
    assert sorted(map(len, patches.values())) == sorted([1, items - 1])
    assert [list(display.target)] in patches.values()


@pytest.mark.parametrize(("kind", "width", "length"), [("colour", 10, 36), ("orientation", 36, 10), ("size", 20, 72)])
def test_what_makes_the_odd_one_odd(kind, width, length):
    display = pop_out(kind, items=2, background=0, gap=140, rng=5)
    for x, y in display.items.astype(int).tolist():
        patch = display.image[max(y - 50, 0) : y + 51, max(x - 50, 0) : x + 51]
        lit = patch.max(axis=2) > 0.3
        expected = (width, length) if (x, y) == display.target else (10, 36)
        assert (lit.any(axis=0).sum(), lit.any(axis=1).sum()) == pytest.approx(expected, abs=1.5)
        if kind == "colour":
            assert display.image[y, x].argmax() == (0 if (x, y) == display.target else 1)


def test_places_are_a_grid_with_jitter():
    display = pop_out("colour", gap=60, bar=(6, 24), shape=(300, 400), rng=0)
    grid = np.array([(x, y) for y in range(40, 270, 60) for x in range(40, 370, 60)])
    assert np.abs(display.items - grid).max() == 10
    assert display.image.shape == (300, 400, 3)


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("background", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("bar", "gap"), [((10, 36), 90), ((6, 24), 60), ((16, 48), 120)])
def test_the_odd_one_has_the_peak_of_ittis_map(kind, background, bar, gap):
    for seed in range(2):
        display = pop_out(kind, background=background, bar=bar, gap=gap, rng=seed)
        map_ = IttiKoch()(display.image)
        row, column = np.unravel_index(map_.argmax(), map_.shape)
        assert np.abs(np.subtract((column, row), display.target)).max() <= gap / 2


@pytest.mark.parametrize("items", [6, 12, 24])
def test_however_many_others_there_are(items):
    for kind in ODD:
        display = pop_out(kind, items=items, rng=items)
        map_ = IttiKoch()(display.image)
        row, column = np.unravel_index(map_.argmax(), map_.shape)
        assert np.abs(np.subtract((column, row), display.target)).max() <= 45, kind


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no display of kind 'taste'; expected one of: colour, orientation, size"):
        pop_out("taste")
    with pytest.raises(ValueError, match=r"at least 2 items .* 640 x 480, 30, got 36"):
        pop_out("colour", items=36)
    with pytest.raises(ValueError, match="got 1"):
        pop_out("colour", items=1)
    with pytest.raises(ValueError, match="got 0"):
        pop_out("colour", shape=(20, 20))
    with pytest.raises(ValueError, match=r"shorter than the gap, got background=0\.5, bar=\(10, 36\), gap=30"):
        pop_out("colour", gap=30)
    with pytest.raises(ValueError, match="background=2"):
        pop_out("colour", background=2)


# search


@settings(max_examples=60, deadline=None)
@given(kinds, st.integers(1, 25), st.booleans(), seeds)
def test_a_display_has_so_many_items_that_neither_overlap_nor_leave_the_screen(kind, items, present, seed):
    display = search_display(kind, items, present=present, rng=seed)
    assert display.items.shape == (items, 2)
    assert len(display.drawn) == len(display.labels) == len(display.boxes) == items
    assert display.image.dtype == display.frames.dtype == np.float32
    assert display.image.shape == (480, 480, 3)
    assert 0 <= display.frames.min() <= display.frames.max() <= 1
    apart = np.linalg.norm(display.items[:, np.newaxis] - display.items, axis=-1) + 1e9 * np.eye(items)
    reach = max(item.diameter for item in display.drawn)
    assert apart.min() >= reach
    assert (display.boxes[:, :2] >= -0.5).all()
    assert (display.boxes[:, :2] + display.boxes[:, 2:] <= 479.5).all()


@settings(max_examples=25, deadline=None)
@given(kinds, st.integers(1, 18), seeds)
def test_the_target_is_there_or_not(kind, items, seed):
    shown, missing = (search_display(kind, items, present=present, rng=seed) for present in (True, False))
    looks, others = ({item.label for item in side} for side in (shown.targets, shown.distractors))
    assert not looks & others
    assert [label in looks for label in shown.labels] == [k == shown.target_index for k in range(items)]
    assert shown.present
    assert shown.target == tuple(shown.items[shown.target_index])
    assert missing.target is None
    assert missing.target_index is None
    assert not missing.present
    assert set(missing.labels) <= others
    assert np.array_equal(shown.items, missing.items)
    assert [p.tobytes() for p in shown.target_items] == [p.tobytes() for p in missing.target_items]


@pytest.mark.parametrize("kind", SEARCHES)
def test_one_seed_one_display(kind):
    first, again, other = (search_display(kind, rng=seed) for seed in (3, np.random.default_rng(3), 4))
    assert np.array_equal(first.frames, again.frames)
    assert first.labels == again.labels
    assert not np.array_equal(first.image, other.image)
    places = {search_display(kind, 6, rng=seed).target_index for seed in range(60)}
    assert places == set(range(6))


def test_places_are_drawn_from_the_whole_field_evenly():
    places = np.concatenate([search_display("2-among-5", 12, rng=seed).items for seed in range(60)])
    field = 2 * VIEWING.distance_cm * np.tan(np.radians(22.5 / 2)) / VIEWING.pitch_cm[0]
    share = (places - VIEWING.centre) / field + 0.5
    assert share.min() > 0
    assert share.max() < 1
    cells = Counter(map(tuple, np.floor(share * 5).astype(int).tolist()))
    assert len(cells) == 25
    assert max(cells.values()) < 2 * min(cells.values())
    assert np.std(5 * share % 1) > 0.05  # and not on the cells' middles


@pytest.mark.parametrize("kind", SEARCHES)
@pytest.mark.parametrize("pixels_per_degree", [17.3, 24])
def test_sizes_in_degrees_are_those_in_the_pixels(kind, pixels_per_degree):
    viewing = Viewing.from_pixels_per_degree(pixels_per_degree, (500, 600))
    display = search_display(kind, 6, viewing=viewing, field_deg=20, rng=1)
    for index in range(6):
        cover = ink(around(display, index)) > 1e-3
        size = cover.any(axis=0).sum(), cover.any(axis=1).sum()
        assert (np.array(size) >= np.floor(display.boxes[index, 2:])).all()
        assert (np.array(size) <= np.ceil(display.boxes[index, 2:]) + 2).all()
    search = SEARCHES[kind]
    sizes = {item.label: item.box[2:] for item in (*search.targets, *search.distractors)}
    for label, box in zip(display.labels, display.boxes, strict=True):
        if kind != "t-among-l":
            assert box[2:] / pixels_per_degree == pytest.approx(sizes[label])


def test_the_bars_and_digits_have_the_published_sizes():
    """Wolfe, Palmer and Horowitz (2010): 1.0 x 3.5 degrees and 1.5 x 2.7 degrees in a field of 22.5."""
    assert SET_SIZES == (3, 6, 12, 18)
    conjunction = search_display("conjunction", 18, rng=0)
    for index, label in enumerate(conjunction.labels):
        area, _, covariance = moments(ink(around(conjunction, index)))
        assert area / 20**2 == pytest.approx(3.5, rel=1e-3)
        sides = np.sqrt(12 * np.diag(covariance) - 1) / 20
        assert sides == pytest.approx((3.5, 1.0) if label == "red horizontal" else (1.0, 3.5), rel=0.01)
    digits = search_display("2-among-5", 18, rng=0)
    assert digits.boxes[:, 2:] / 20 == pytest.approx(np.tile((1.5, 2.7), (18, 1)))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 25), st.booleans(), seeds)
def test_each_half_of_a_conjunctions_distractors_shares_one_feature(items, present, seed):
    display = search_display("conjunction", items, present=present, rng=seed)
    counts = Counter(display.labels)
    assert counts["red vertical"] == int(present)
    assert abs(counts["red horizontal"] - counts["green vertical"]) == (items - present) % 2
    for index, label in enumerate(display.labels):
        x, y = np.rint(display.items[index]).astype(int)
        assert (display.image[y, x].argmax() == 0) == label.startswith("red")
        width, height = display.boxes[index, 2:]
        assert (width > height) == label.endswith("horizontal")


def test_chance_decides_which_feature_has_one_more():
    more = [Counter(search_display("conjunction", 6, rng=seed).labels)["red horizontal"] for seed in range(40)]
    assert set(more) == {2, 3}


def test_letters_are_turned_in_all_four_ways():
    display = search_display("t-among-l", 13, rng=0)
    assert sorted(Counter(item.strokes for item in display.drawn if item.label == "L").values()) == [3, 3, 3, 3]
    turns = {search_display("t-among-l", 3, rng=seed).drawn[0].strokes for seed in range(40)}
    assert len(turns) == 8
    assert len(display.target_items) == len(display.distractor_items) == 4


@pytest.mark.parametrize(
    ("kind", "target", "others"),
    [
        ("pop-out-orientation", 0, 90),
        ("tilted-among-vertical", 70, 90),
        ("vertical-among-tilted", 90, 70),
        ("pop-out-size", 90, 90),
    ],
)
def test_the_target_is_turned_as_stated(kind, target, others):
    display = search_display(kind, 9, rng=2)
    for index in range(9):
        expected = target if index == display.target_index else others
        turn = angle_deg(ink(around(display, index))) - expected
        assert np.sin(np.radians(turn)) == pytest.approx(0, abs=0.005)


def test_the_target_differs_in_colour_or_in_size_as_stated():
    display = search_display("pop-out-colour", 9, rng=2)
    x, y = np.rint(display.items).astype(int).T
    hues = display.image[y, x]
    assert hues[display.target_index] == pytest.approx((0.8, 0.1, 0.1))
    assert np.delete(hues, display.target_index, axis=0) == pytest.approx(np.tile((0.1, 0.7, 0.1), (8, 1)))
    display = search_display("pop-out-size", 9, rng=2)
    areas = [moments(ink(around(display, index)))[0] for index in range(9)]
    assert areas[display.target_index] / np.delete(areas, display.target_index) == pytest.approx([4] * 8, rel=0.01)


def test_the_target_moves_and_the_others_stay():
    for seed in range(4):
        display = search_display("pop-out-motion", 8, rng=seed)
        assert display.times == pytest.approx(0.04 * np.arange(9))
        assert np.array_equal(display.image, display.frames[4])
        for index, (x, y) in enumerate(np.rint(display.items).astype(int).tolist()):
            parts = display.frames[:, max(y - 40, 0) : y + 41, max(x - 40, 0) : x + 41]
            centres = np.array([moments(ink(part))[1] for part in parts])
            step = np.diff(centres, axis=0)
            if index == display.target_index:
                assert np.linalg.norm(step, axis=1) / 20 / 0.04 == pytest.approx([3.0] * 8, rel=0.02)
            elif (parts[0] == parts[-1]).all():
                continue
            else:  # the target passes through the neighbourhood
                assert np.linalg.norm(display.items[index] - display.target) < 100


@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_in_an_asymmetry_target_and_others_change_places(kind, other):
    first, second = SEARCHES[kind], SEARCHES[other]
    assert (first.targets, first.distractors) == (second.distractors, second.targets)
    assert first.targets != first.distractors


@pytest.mark.parametrize("kind", SEARCHES)
def test_small_pictures_show_what_the_display_does(kind):
    display = search_display(kind, 12, rng=6)
    assert len(display.target_items) == len(display.targets)
    for pictures, looks in ((display.target_items, display.targets), (display.distractor_items, display.distractors)):
        for picture, look in zip(pictures, looks, strict=True):
            assert picture.dtype == np.float32
            assert picture.shape == display.target_items[0].shape
            index = next((k for k, item in enumerate(display.drawn) if item == look), None)
            if index is not None:
                amounts = [np.abs(part - 0.5).sum() for part in (picture, around(display, index))]
                assert amounts[0] == pytest.approx(amounts[1], rel=0.02)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.floats(5, 9), seeds)
def test_a_ring_has_its_items_evenly_around_the_centre(items, radius, seed):
    display = search_display("tilted-among-vertical", items, layout="ring", radius_deg=radius, rng=seed)
    assert VIEWING.angle_deg(display.items, VIEWING.centre) == pytest.approx([radius] * items)
    right, up = VIEWING.degrees(display.items).T
    directions = np.sort(np.degrees(np.arctan2(up, right)))
    gaps = np.diff([*directions, directions[0] + 360])
    assert gaps == pytest.approx([360 / items] * items)


def test_a_display_of_ones_own():
    odd, plain = (
        Item(label=name, strokes=(line((-half, 0), (half, 0), 0.4),), colour=(1, 1, 1))
        for name, half in (("long", 1.0), ("short", 0.5))
    )
    display = search_display(Search(targets=(odd,), distractors=(plain,)), 4, scale=1.5, background=0.1, rng=0)
    assert sorted(display.labels) == ["long", "short", "short", "short"]
    assert display.boxes[display.target_index, 2:] == pytest.approx((60, 12))
    assert display.image[0, 0] == pytest.approx([0.1] * 3)
    assert search_display("pop-out", rng=5).labels == search_display("pop-out-colour", rng=5).labels


def test_what_pops_out_for_people_does_so_for_a_map():
    for kind in ("pop-out-colour", "pop-out-orientation", "pop-out-size"):
        for seed in range(4):
            display = search_display(kind, 18, rng=seed)
            map_ = IttiKoch()(display.image)
            row, column = np.unravel_index(map_.argmax(), map_.shape)
            assert np.linalg.norm(np.subtract((column, row), display.target)) <= 45, kind


def test_what_moves_pops_out_for_a_map_of_films():
    for seed in range(3):
        display = search_display("pop-out-motion", 12, rng=seed)
        eye = VideoSaliency().watch()
        maps = [eye.update((255 * f).astype(np.uint8), t) for f, t in zip(display.frames, display.times, strict=True)]
        row, column = np.unravel_index(int(maps[4].argmax()), maps[4].shape)
        assert np.linalg.norm(np.subtract((column, row), display.target)) <= 45


# bad input


def test_searches_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match="no search 'taste'; expected one of: pop-out-colour, "):
        search_display("taste")
    with pytest.raises(ValueError, match=r"no more than the 25 that fit 4\.5 degrees apart into 22\.5 x .* got 26"):
        search_display("conjunction", 26)
    with pytest.raises(ValueError, match=r"at least 1 item .* got 0"):
        search_display("conjunction", 0)
    with pytest.raises(TypeError, match=r"whole number of items, got 2\.5"):
        search_display("conjunction", 2.5)
    with pytest.raises(ValueError, match=r"spacing of at least 3\.\d+ degrees for these items, got 2"):
        search_display("conjunction", spacing_deg=2)
    with pytest.raises(ValueError, match="no layout 'heap'; expected one of: grid, ring"):
        search_display("conjunction", layout="heap")
    with pytest.raises(ValueError, match=r"on a ring of 8 degrees, got 40"):
        search_display("t-among-l", 40, layout="ring")
    with pytest.raises(ValueError, match="ring whose items lie on the screen"):
        search_display("conjunction", layout="ring", radius_deg=11)
    with pytest.raises(ValueError, match="positive scale, got 0"):
        search_display("conjunction", scale=0)
    with pytest.raises(ValueError, match=r"background from 0 to 1, got 1\.5"):
        search_display("conjunction", background=1.5)
    with pytest.raises(ValueError, match="field below 180 degrees"):
        search_display("conjunction", field_deg=np.nan)
    with pytest.raises(ValueError, match="radius between 0 and 90"):
        search_display("conjunction", layout="ring", radius_deg=-1)
    with pytest.raises(ValueError, match="the 0 that fit"):
        search_display("conjunction", viewing=Viewing.from_pixels_per_degree(20, (60, 60)))
    with pytest.raises(ValueError, match="one look of the target"):
        Search(targets=(), distractors=SEARCHES["q-among-o"].targets)
