"""Items as strokes: areas, places, directions and boxes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.displays.items import LETTERS, Item, Stroke, arc
from saliency.displays.search import SEARCHES, search_display

FINE = 16  # points across a pixel, of the slow twin


def alike(first, second):
    return first.shape == second.shape and np.abs(first - second).max() < 1e-5


def moments(cover):
    """Area, centre (x, y), and covariance of what is covered, as if pixels were points."""
    rows, columns = np.mgrid[: cover.shape[0], : cover.shape[1]]
    points, weights = np.stack([columns.ravel(), rows.ravel()]), cover.ravel()
    return weights.sum(), np.average(points, axis=1, weights=weights), np.cov(points, aweights=weights, ddof=0)


def angle_deg(cover):
    """Direction of the long axis, counter-clockwise, from -90 to 90."""
    (xx, xy), (_, yy) = moments(cover)[2]
    return np.degrees(np.arctan2(-2 * xy, xx - yy)) / 2


def covered_points(strokes, x, y):
    """Slow twin: whether points lie on a stroke, by the definition of bands and rings."""
    x, y = np.broadcast_arrays(x, y)
    inside = np.zeros(x.shape, bool)
    for stroke in strokes:
        direction = np.radians(stroke.direction_deg)
        left = np.array([-np.sin(direction), -np.cos(direction)])
        if stroke.bend_deg == 0:
            along = (x - stroke.x) * np.cos(direction) - (y - stroke.y) * np.sin(direction)
            across = (x - stroke.x) * left[0] + (y - stroke.y) * left[1]
            inside |= (np.abs(along) <= stroke.length / 2) & (np.abs(across) <= stroke.width / 2)
            continue
        radius = stroke.length / np.radians(stroke.bend_deg)
        centre = np.array([stroke.x, stroke.y]) + radius * left
        towards = np.stack([x - centre[0], y - centre[1]], axis=-1)
        length = np.linalg.norm(towards, axis=-1)
        turn = np.degrees(np.arccos(np.clip(-towards @ left / np.maximum(length, 1e-12), -1, 1)))
        ring = np.abs(length - radius) <= stroke.width / 2 + 1e-9
        inside |= ring & (turn <= stroke.bend_deg / 2)
    return inside


# items


@pytest.mark.parametrize("turn", [0, 33])
def test_items_cover_pixels_as_points_in_them_do(turn):
    looks = [look for search in SEARCHES.values() for look in (search.targets[0], search.distractors[0])]
    looks += [Item(label=name, strokes=strokes, colour=(0, 0, 0)).scaled(0.3) for name, strokes in LETTERS.items()]
    for look in looks:
        item = look.turned(turn).scaled(12)
        image = np.ones((61, 61, 3), np.float32)
        item.draw(image, (30.3, 29.6))
        steps = (np.arange(61 * FINE) + 0.5) / FINE - 0.5
        points = covered_points(item.strokes, steps[np.newaxis] - 30.3, steps[:, np.newaxis] - 29.6)
        share = points.reshape(61, FINE, 61, FINE).mean(axis=(1, 3))
        cover = (1 - image[:, :, 0]) / (1 - item.colour[0])
        alone = len(item.strokes) == 1
        assert np.abs(cover - share).max() < (0.07 if alone else 0.4), look.label  # 0.4 where strokes meet
        assert np.abs(cover - share).sum() < 0.03 * share.sum(), look.label
        assert cover.sum() == pytest.approx(share.sum(), rel=0.01), look.label


@settings(max_examples=40, deadline=None)
@given(st.floats(10, 30), st.floats(2, 9), st.floats(-180, 180), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_bar_has_its_area_place_and_direction(length, width, angle, x, y):
    bar = Item(label="bar", strokes=(Stroke(0, 0, length, width),), colour=(1, 1, 1)).turned(angle)
    image = np.zeros((60, 60, 3), np.float32)
    bar.draw(image, (29 + x, 30 + y))
    area, centre, covariance = moments(image[:, :, 0])
    assert area == pytest.approx(length * width, rel=0.02)
    assert centre == pytest.approx((29 + x, 30 + y), abs=0.1)  # all that areas of pixels tell
    sizes = np.sqrt(12 * np.linalg.eigvalsh(covariance))
    if length > 1.5 * width:
        assert sizes[1] == pytest.approx(length, abs=0.25)
        assert np.sin(np.radians(angle_deg(image[:, :, 0]) - 90 - angle)) == pytest.approx(0, abs=0.02)


def test_an_upright_bar_covers_exactly():
    image = np.zeros((5, 6, 3), np.float32)
    Item(label="bar", strokes=(Stroke(0, 0, 2.5, 1.5),), colour=(1, 0.5, 0)).draw(image, (2.25, 2.0))
    down, across = np.array([0, 0.75, 1, 0.75, 0]), np.array([0, 0, 1, 0.5, 0, 0])
    assert image[:, :, 0] == pytest.approx(np.outer(down, across), abs=1e-6)
    assert image[:, :, 1] == pytest.approx(np.outer(down, across) / 2, abs=1e-6)
    assert not image[:, :, 2].any()


def test_what_lies_outside_the_picture_is_left_out():
    disc = Item(label="disc", strokes=(arc((0, 0), 2, 4),), colour=(1, 1, 1))
    whole, part = np.zeros((20, 20, 3), np.float32), np.zeros((12, 12, 3), np.float32)
    disc.draw(whole, (4.0, 5.0))
    disc.draw(part, (-4.0, -3.0))
    disc.draw(part, (0.0, 1.0))
    assert np.array_equal(part[:8, :8], whole[4:12, 4:12])


@pytest.mark.parametrize("kind", SEARCHES)
def test_turning_an_item_turns_its_picture(kind):
    item = SEARCHES[kind].targets[0].scaled(20)
    for quarter in (1, 2, 3):
        assert alike(item.turned(90 * quarter).picture(), np.rot90(item.picture(), quarter))


def test_a_digital_5_is_a_2_in_the_mirror_and_a_q_is_an_o_with_a_tail():
    (two,), (five,) = (search_display("2-among-5").target_items, search_display("2-among-5").distractor_items)
    assert alike(five, two[:, ::-1])
    assert not alike(five, two)
    (q,), (o,) = (search_display("q-among-o").target_items, search_display("q-among-o").distractor_items)
    assert (q <= o + 1e-6).all()  # dark on grey
    middle = len(o) // 2
    assert np.array_equal(q[: middle + 5], o[: middle + 5])
    assert (q < o - 0.1).any()
    t = search_display("t-among-l").target_items[0]
    assert alike(t, t[:, ::-1])


def test_boxes_hold_bent_strokes_exactly():
    assert arc((1, 2), 3, 1).rim().max(axis=0) == pytest.approx((4.5, 5.5), abs=1e-3)
    half = Item(label="half", strokes=(arc((0, 0), 3, 1, facing_deg=90, bend_deg=180),), colour=(0, 0, 0))
    assert half.box == pytest.approx((-3.5, -3.5, 7, 3.5), abs=1e-3)
    assert half.diameter == pytest.approx(7)


def test_items_that_are_none_are_refused():
    bar = SEARCHES["pop-out-colour"].targets[0]
    with pytest.raises(ValueError, match="at least one stroke in the item 'red', got none"):
        replace(bar, strokes=())
    for stroke in (Stroke(0, 0, 0, 1), Stroke(0, 0, 1, -1), Stroke(0, np.nan, 1, 1), Stroke(0, 0, 1, 1, 0, 400)):
        with pytest.raises(ValueError, match="strokes of positive size that bend by 0 to 360"):
            replace(bar, strokes=(stroke,))
    with pytest.raises(ValueError, match=r"colour of red, green and blue from 0 to 1, got \(2, 0, 0\)"):
        replace(bar, colour=(2, 0, 0))
