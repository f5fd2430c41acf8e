"""Scenes show what their sentences say: the objects are where the boxes are, in reading order, and look as named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.sequences import kernels
from neural.sequences.scenes import CELLS, COLOURS, DARK, NOISE, SHAPES, SIZES, rendered_scenes
from neural.sequences.vocabulary import Words

briefly = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(24, 100)
VOCABULARY = Words.learn(rendered_scenes(500, 0).captions)


def objects(caption):
    """Size, colour and shape of each object that a sentence names."""
    return [tuple(phrase.split()[1:]) for phrase in caption.split(", ")]


def inside(box, size, margin=0.0):
    """The pixels whose middles lie in a box, or within a margin around it."""
    rows, columns = np.mgrid[:size, :size]
    (left, top), (right, bottom) = box[:2] - margin, box[2:] + margin
    return (columns >= left) & (columns <= right) & (rows >= top) & (rows <= bottom)


@briefly
@given(seeds, sizes)
def test_the_same_seed_gives_the_same_scenes_and_another_others(seed, size):
    first, same, other = (rendered_scenes(5, chance, size=size) for chance in (seed, seed, seed + 1))
    assert np.array_equal(first.images, same.images)
    assert first.captions == same.captions
    assert not np.array_equal(first.images, other.images)


@briefly
@given(seeds, sizes)
def test_each_word_names_the_object_of_its_phrase(seed, size):
    scenes = rendered_scenes(20, seed, size=size)
    for caption, boxes, words in zip(scenes.captions, scenes.boxes, scenes.words, strict=True):
        assert len(words) == len(VOCABULARY.pieces(caption))
        assert len(boxes) == len(objects(caption))
        number = 0
        for word, named in zip(VOCABULARY.pieces(caption), words, strict=True):
            assert named == (-1 if word in ("a", ",") else number)
            number += word == ","


@briefly
@given(seeds, sizes, st.integers(1, 9))
def test_objects_lie_in_cells_of_their_own_and_are_listed_in_reading_order(seed, size, most):
    scenes = rendered_scenes(20, seed, objects=(1, most), size=size)
    for boxes in scenes.boxes:
        first, last = ((corner + 0.5) * CELLS / size for corner in (boxes[:, :2], boxes[:, 2:]))
        column, row = np.floor(first).T
        assert (last <= np.floor(first) + 1 + 1e-9).all()
        assert (np.diff(CELLS * row + column) > 0).all()


@briefly
@given(seeds, sizes)
def test_an_object_has_the_size_that_it_is_said_to_have(seed, size):
    scenes = rendered_scenes(20, seed, size=size)
    for caption, boxes in zip(scenes.captions, scenes.boxes, strict=True):
        for (name, *_), (left, top, right, bottom) in zip(objects(caption), boxes, strict=True):
            least, most = SIZES[name]
            assert right - left == pytest.approx(bottom - top)
            assert least <= (right - left) * CELLS / size <= most


def test_there_is_light_in_the_boxes_and_none_elsewhere():
    scenes = rendered_scenes(200, 0)
    for image, boxes in zip(scenes.images, scenes.boxes, strict=True):
        covered = np.any([inside(box, 64, margin=0.5) for box in boxes], axis=0)
        assert image[~covered].min() >= DARK
        assert image[~covered].max() <= DARK + NOISE
        for box in boxes:
            assert image[inside(box, 64)].max() > DARK + 3 * NOISE


def test_the_middle_of_an_object_has_the_colour_that_is_named():
    scenes = rendered_scenes(200, 1)
    tints = np.array(list(COLOURS.values()), float)
    tints /= np.linalg.norm(tints, axis=1, keepdims=True)
    for image, caption, boxes in zip(scenes.images, scenes.captions, scenes.boxes, strict=True):
        for (_, colour, _), box in zip(objects(caption), boxes, strict=True):
            x, y = np.rint((box[:2] + box[2:]) / 2).astype(int)
            assert list(COLOURS)[int((tints @ image[y, x]).argmax())] == colour


# share of the box that each shape covers: pi / 4, all, a half, and five ninths
AREAS = {"circle": np.pi / 4, "square": 1.0, "triangle": 0.5, "cross": 5 / 9}


def test_each_shape_covers_the_share_of_its_box_that_geometry_says():
    scenes = rendered_scenes(300, 2, objects=(1, 1), size=96)
    for image, caption, boxes in zip(scenes.images, scenes.captions, scenes.boxes, strict=True):
        (_, _, shape), (left, top, right, bottom) = objects(caption)[0], boxes[0]
        ground = DARK + NOISE / 2
        light = image.sum(axis=-1, dtype=float) - 3 * ground
        x, y = np.rint((boxes[0, :2] + boxes[0, 2:]) / 2).astype(int)
        near = inside(boxes[0], 96, margin=1)
        covered = light[near].sum() / light[y, x]
        assert covered / ((right - left) * (bottom - top)) == pytest.approx(AREAS[shape], abs=0.06)


def test_a_pixel_on_the_outline_is_half_inked():
    """The kernel against its law: whole within, half on the outline, nothing beyond."""
    image = np.zeros((1, 12, 12, 3), np.uint8)
    one, middle = np.array([0]), np.array([[6.0, 6.0]])
    kernels.draw_shapes(one, middle, np.array([3.0]), np.array([SHAPES.index("square")]), np.full((1, 3), 200.0), image)
    assert image[0, 6, :, 0].tolist() == [0, 0, 0, 100, 200, 200, 200, 200, 200, 100, 0, 0]
    assert image[0, 3, 3, 1] == 100
    assert image[0, :, 6, 2].tolist() == image[0, 6, :, 2].tolist()


def test_all_kinds_and_numbers_of_objects_come_equally_often():
    scenes = rendered_scenes(4000, 3)
    assert np.abs(np.bincount([len(each) for each in scenes.boxes], minlength=5)[1:] - 1000).max() < 130
    kinds = [kind for caption in scenes.captions for kind in objects(caption)]
    for place, names in enumerate((SIZES, COLOURS, SHAPES)):
        counts = np.array([sum(kind[place] == name for kind in kinds) for name in names])
        assert np.abs(counts * len(names) / len(kinds) - 1).max() < 0.12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "at least one picture, got 0"),
        ({"count": 1, "objects": (0, 2)}, r"from 1 to 9, got \(0, 2\)"),
        ({"count": 1, "objects": (3, 2)}, r"from 1 to 9, got \(3, 2\)"),
        ({"count": 1, "objects": (1, 10)}, r"from 1 to 9, got \(1, 10\)"),
        ({"count": 1, "size": 20}, "at least 24 pixels a side, got 20"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        rendered_scenes(**arguments, rng=0)
