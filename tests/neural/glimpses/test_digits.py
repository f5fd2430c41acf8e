"""Digits are read whole or refused, drawn alike from the same seed, and found again where the scene says they lie."""

import gzip
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation.image import normalised_to_pixels, pixels_to_normalised
from neural import PictureBatch
from neural.glimpses import kernels
from neural.glimpses.handwriting import LINES_PER_SPAN, _curve, rendered_digits
from neural.glimpses.mnist import Digits, read_idx, read_mnist
from neural.glimpses.pictures import (
    HUES,
    Jitter,
    Scenes,
    centred_digits,
    cluttered_digits,
    hue_search_scenes,
    jittered_digits,
    translated_digits,
)
from saliency import IttiKoch

FEW = rendered_digits(40, rng=7)
seeds = st.integers(0, 2**32 - 1)
briefly = settings(max_examples=15, deadline=None)


def idx(array, code=8):
    """The array as an idx file, written by hand."""
    header = bytes([0, 0, code, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    return header + array.astype(np.uint8).tobytes()


def mnist_folder(folder, names=("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), digits=FEW):
    for name, array in zip(names, digits, strict=True):
        content = idx(array)
        (folder / name).write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return folder


def tile(scenes, number, side=28):
    """What the scene shows in the square around the place it names."""
    x, y = (scenes.places[number] - (side - 1) / 2).astype(int)
    return scenes.images[number, y : y + side, x : x + side]


@briefly
@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), seeds)
def test_an_idx_file_gives_back_the_array_compressed_or_not(tmp_path_factory, shape, seed):
    array = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    path = tmp_path_factory.mktemp("idx") / "numbers"
    for content in (idx(array), gzip.compress(idx(array), mtime=0)):
        path.write_bytes(content)
        read = read_idx(path)
        assert read.dtype == np.uint8
        assert np.array_equal(read, array)
        assert read.flags.writeable


WHOLE = idx(np.arange(12).reshape(3, 4))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "begins with two zero bytes.*got nothing"),
        (b"\x89PNG\r\n", "begins with two zero bytes.*got 89 50 4e 47"),
        (b"\0\0\x08", "begins with two zero bytes.*got 00 00 08"),
        (idx(np.arange(4), code=0x0D), "expected unsigned bytes, type code 0x08, got type code 0x0d"),
        (bytes([0, 0, 8, 0]), "at least one axis"),
        (bytes([0, 0, 8, 3, 0, 0]), "a header of 16 bytes for the 3 axes it states, got 6 bytes"),
        (WHOLE[:-1], "expected 12 bytes for the 3 x 4 numbers its header states, got 11"),
        (WHOLE + b"\0", "expected 12 bytes for the 3 x 4 numbers its header states, got 13"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "expected 79228162458924105385300197375 bytes"),
        (gzip.compress(WHOLE, mtime=0)[:-9], "cannot be unpacked, expected a whole gzip file"),
        (gzip.compress(WHOLE, mtime=0)[:-8] + b"\0" * 8, "cannot be unpacked, expected a whole gzip file"),
        (gzip.compress(WHOLE, mtime=0)[:10] + b"\xff" * 20, "cannot be unpacked, expected a whole gzip file"),
        (gzip.compress(WHOLE[:-1], mtime=0), "expected 12 bytes"),
    ],
)
def test_a_file_that_is_not_a_whole_idx_file_of_bytes_is_refused(tmp_path, content, message):
    path = tmp_path / "some-file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"'.*some-file'.*{message}") as refusal:
        read_idx(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "names",
    [
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
        ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte.gz"),
    ],
)
def test_mnist_is_found_under_all_its_names(tmp_path, names):
    digits = read_mnist(mnist_folder(tmp_path, names), "test")
    assert np.array_equal(digits.images, FEW.images)
    assert np.array_equal(digits.labels, FEW.labels)
    assert digits.labels.dtype == np.int64
    with pytest.raises(FileNotFoundError, match="expected 'train-images-idx3-ubyte' or"):
        read_mnist(tmp_path)


@pytest.mark.parametrize(
    ("digits", "message"),
    [
        ((FEW.images, FEW.labels[:-1]), r"got shapes \(40, 28, 28\) and \(39,\)"),
        ((FEW.images[:, 0], FEW.labels), r"got shapes \(40, 28\) and \(40,\)"),
        ((FEW.images[:0], FEW.labels[:0]), "got 0 images"),
        ((FEW.images, FEW.labels + 1), "labels from 0 to 9.*labels up to 10"),
    ],
)
def test_images_and_labels_that_do_not_belong_together_are_refused(tmp_path, digits, message):
    with pytest.raises(ValueError, match=message):
        read_mnist(mnist_folder(tmp_path, digits=digits))


def test_mnist_has_two_parts(tmp_path):
    with pytest.raises(ValueError, match="there is no part 'validation'; expected one of: train, test"):
        read_mnist(tmp_path, "validation")


def classified(train, test):
    """Classes by a linear classifier (least squares with a little shrinkage)."""

    def rows(images):
        return np.column_stack([images.reshape(len(images), -1) / 255.0, np.ones(len(images))])

    design = rows(train.images)
    weights = np.linalg.solve(design.T @ design + 10 * np.eye(design.shape[1]), design.T @ np.eye(10)[train.labels])
    return (rows(test.images) @ weights).argmax(axis=1)


def test_drawn_digits_are_told_apart_by_a_linear_classifier_that_saw_others():
    train, test = rendered_digits(3000, rng=0), rendered_digits(1000, rng=1)
    assert (classified(train, test) == test.labels).mean() > 0.9


def test_no_two_drawn_digits_are_alike_and_no_class_is_one_shape():
    digits = rendered_digits(1000, rng=0)
    assert len(np.unique(digits.images.reshape(1000, -1), axis=0)) == 1000
    for label in range(10):
        same = digits.images[digits.labels == label] / 255.0
        assert same.std(axis=0).max() > 0.3


def test_classes_come_equally_often_and_in_no_order():
    labels = rendered_digits(1000, rng=0).labels
    assert np.bincount(labels).tolist() == [100] * 10
    assert 50 < (np.diff(labels) == 0).sum() < 150
    assert not np.array_equal(labels, rendered_digits(1000, rng=1).labels)


@briefly
@given(seeds, st.integers(14, 64))
def test_drawn_digits_have_the_extent_of_mnist_at_every_size(seed, size):
    images = rendered_digits(20, seed, size=size).images
    assert images.shape == (20, size, size)
    assert images.max(axis=(1, 2)).min() > 220
    ink = images / images.sum(axis=(1, 2), keepdims=True)
    centres = np.stack([ink.sum(axis=axis) @ np.arange(size) for axis in (1, 2)], axis=-1)
    assert np.abs(centres - (size - 1) / 2).max() < 0.5 + 0.06 * size  # half a pixel, and strokes that cross
    for image in images > 127:
        longest = max(np.ptp(np.flatnonzero(image.any(axis=axis))) + 1 for axis in (0, 1))
        assert longest == pytest.approx(20 / 28 * size, abs=2.1)


def test_a_stroke_goes_through_its_points_and_a_ring_closes_without_a_corner():
    ring = _curve("30,0 51,15 60,50 51,85 30,100 9,85 0,50 9,15 30,0")
    assert np.array_equal(ring[::LINES_PER_SPAN, 0], [30, 51, 60, 51, 30, 9, 0, 9, 30])
    ways = np.diff(np.concatenate([ring, ring[1:2]]), axis=0)
    turns = np.abs(np.angle(np.exp(1j * np.diff(np.arctan2(ways[:, 1], ways[:, 0])))))
    assert turns[-1] < 1.5 * turns[:-1].max()
    assert turns.sum() == pytest.approx(2 * np.pi, abs=0.2)


def test_a_line_is_as_wide_and_as_soft_as_the_pen():
    """The kernel against its law: full within the line, half at its edge, nothing beyond, linear between."""
    out = np.zeros((1, 30, 30), np.uint8)
    points = np.array([[[5.0, 10.3], [25.0, 10.3], [25.0, 20.0]]])
    inked = np.array([[True, False]])
    kernels.draw_strokes(points, inked, np.array([3.0]), np.array([2.0]), out)
    distances = np.abs(np.arange(30) - 10.3)
    ink = np.clip((2.5 - distances) / 2.0, 0, 1)
    assert np.abs(out[0, :, 15] - 255 * ink).max() <= 0.5
    assert not out[0, 15:].any()
    assert out[0, 10, 2] == 0 < out[0, 10, 4]


def test_centred_digits_are_the_digits():
    scenes = centred_digits(FEW)
    assert np.array_equal(scenes.images, FEW.images)
    assert (scenes.places == 13.5).all()
    assert scenes.tasks is None


@briefly
@given(seeds, st.integers(28, 70))
def test_a_translated_digit_lies_where_the_scene_says_and_nothing_else_is_there(seed, size):
    scenes = translated_digits(FEW, seed, size=size)
    assert scenes.images.shape == (40, size, size)
    assert scenes.images.dtype == np.uint8
    for number, image in enumerate(FEW.images):
        assert np.array_equal(tile(scenes, number), image)
    assert np.array_equal(scenes.images.sum(axis=(1, 2), dtype=int), FEW.images.sum(axis=(1, 2), dtype=int))
    assert np.array_equal(scenes.labels, FEW.labels)


def test_every_place_is_as_likely():
    places = translated_digits(rendered_digits(5000, rng=0, size=8), 0, size=12).places - 3.5
    counts = np.zeros((5, 5))
    np.add.at(counts, tuple(places.astype(int).T), 1)
    assert np.array_equal(np.unique(places), np.arange(5.0))
    assert ((counts - 200) ** 2 / 200).sum() < 51.2  # chi-squared, 24 degrees of freedom, p = 0.001


@briefly
@given(seeds, st.integers(0, 6), st.integers(1, 12))
def test_clutter_only_adds_light_and_no_more_than_its_squares(seed, pieces, piece):
    clean, scenes = translated_digits(FEW, seed), cluttered_digits(FEW, seed, pieces=pieces, piece=piece)
    assert np.array_equal(scenes.places, clean.places)
    assert (scenes.images >= clean.images).all()
    changed = (scenes.images != clean.images).sum(axis=(1, 2))
    assert changed.max() <= pieces * piece**2
    if pieces >= 4 and piece >= 8:
        assert (changed > 0).mean() > 0.9


def test_scraps_are_cut_from_other_digits_and_have_ink():
    """Each digit has a grey of its own: the greys around it say whom the scraps come from."""
    images = np.zeros((12, 28, 28), np.uint8)
    images[:, 10:18, 10:18] = 20 * np.arange(1, 13)[:, np.newaxis, np.newaxis]
    digits = Digits(images, np.zeros(12, np.int64))
    seen = []
    for seed in range(10):
        scenes = cluttered_digits(digits, seed, pieces=1)
        for number in range(12):
            greys = set(np.unique(scenes.images[number])) - {0, 20 * (number + 1)}
            assert len(greys) <= 1
            assert (scenes.images[number] == 20 * (number + 1)).sum() <= 64  # nothing of its own was added
            seen.append(len(greys))
    assert np.mean(seen) > 0.9  # the rest lie hidden behind a brighter digit


def test_digits_without_ink_end_the_search_for_scraps():
    blank = Digits(np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.int64))
    assert not cluttered_digits(blank, 0).images.any()


@briefly
@given(seeds, st.integers(0, 8), st.integers(84, 100))
def test_the_digit_asked_for_is_dim_in_the_tasks_hue_and_the_others_are_brighter(seed, distractors, size):
    hues = tuple(HUES)
    scenes = hue_search_scenes(FEW, seed, distractors=distractors, size=size, white=min(1, distractors))
    assert scenes.images.shape == (40, size, size, 3)
    assert np.array_equal(scenes.labels, FEW.labels)
    cell = size // 3
    for number, (x, y) in enumerate(scenes.places):
        image = scenes.images[number].astype(float)
        hue = np.array(HUES[hues[scenes.tasks[number]]])
        light = image @ hue / (hue @ hue)  # how bright it is, where it has this hue
        in_hue = (image.sum(axis=-1) > 0) & (np.abs(image - light[..., np.newaxis] * hue).max(axis=-1) <= 2)
        rows, columns = np.nonzero(in_hue & (light > 60))
        assert np.abs(rows - y).max() <= 14
        assert np.abs(columns - x).max() <= 14
        assert 0.4 * 255 < light[in_hue].max() <= 0.6 * 255 + 1
        blocks = image[: 3 * cell, : 3 * cell].mean(axis=-1).reshape(3, cell, 3, cell).max(axis=(1, 3))
        brightness = blocks[blocks > 0]
        assert len(brightness) == distractors + 1  # each has a cell of its own
        assert (brightness > 0.62 * 255 / 2).sum() == distractors  # every hue has a mean of a half


def test_the_digit_asked_for_is_recovered_from_its_hue():
    scenes = hue_search_scenes(FEW, 3)
    for number, image in enumerate(FEW.images):
        hue = HUES[list(HUES)[scenes.tasks[number]]]
        x, y = (scenes.places[number] - 13.5).astype(int)
        rows, columns = np.nonzero(image > 0)
        lights = scenes.images[number, rows + y, columns + x, int(np.argmax(hue))] / max(hue)
        share = lights.max() / image.max()
        assert 0.44 <= share <= 0.61
        assert np.abs(lights - share * image[rows, columns]).max() <= 2


def test_with_the_default_each_hue_is_there_once_and_one_digit_is_white():
    scenes = hue_search_scenes(FEW, 0)
    assert set(scenes.tasks) == {0, 1, 2, 3}
    colours = np.array([*HUES.values(), (1.0, 1.0, 1.0)])
    pixels = scenes.images[..., np.newaxis, :] / 255.0
    bright = (np.abs(pixels - 0.95 * colours).max(axis=-1) < 0.08).any(axis=(1, 2))
    assert np.array_equal(bright, np.arange(5) != scenes.tasks[:, np.newaxis])


@pytest.mark.parametrize(("alone", "count"), [(0.0, 0), (0.25, 10), (1.0, 40)])
def test_the_first_pictures_show_the_digit_alone_and_nothing_else_is_changed(alone, count):
    scenes, crowded = hue_search_scenes(FEW, 3, alone=alone), hue_search_scenes(FEW, 3)
    for name in ("labels", "places", "tasks"):
        assert np.array_equal(getattr(scenes, name), getattr(crowded, name))
    assert np.array_equal(scenes.images[count:], crowded.images[count:])
    shown = scenes.images[:count].reshape(-1, 3, 28, 3, 28, 3).max(axis=(2, 4, 5)) > 0
    assert (shown.sum(axis=(1, 2)) == 1).all()  # one of nine cells
    for number, (x, y) in enumerate(scenes.places[:count]):
        rows, columns = np.nonzero(scenes.images[number].any(axis=-1))
        assert np.abs(rows - y).max() <= 14 and np.abs(columns - x).max() <= 14
        assert np.array_equal(scenes.images[number, rows, columns], crowded.images[number, rows, columns])


def test_bottom_up_saliency_misleads_and_the_right_opponent_channel_tells():
    """A digit's own hue is the key: the map of its opponent cells peaks on it, the saliency map elsewhere."""
    right = {"red": "red-green+", "green": "red-green-", "blue": "blue-yellow+", "yellow": "blue-yellow-"}
    scenes = hue_search_scenes(rendered_digits(100, rng=0), 1)
    model = IttiKoch()
    salient, channel = [], []
    for image, place, task in zip(scenes.images, scenes.places, scenes.tasks, strict=True):
        maps = model.maps(image)
        for name, hits in (("saliency", salient), (f"N({right[list(HUES)[task]]} 2-5)", channel)):
            row, column = np.unravel_index(maps[name].argmax(), maps[name].shape)
            peak = (np.array([column, row]) + 0.5) * 84 / maps[name].shape[0] - 0.5
            hits.append(np.abs(peak - place).max() <= 14)
    assert np.mean(salient) < 0.15  # 0.06 of 400; one of the five digits by chance: 0.2
    assert np.mean(channel) > 0.95  # 1.00 of 400


def naive_jittered(image, turn, shift):
    """The picture turned by `turn` quarters and moved by whole pixels, black coming in."""
    turned = np.rot90(image, turn)
    out = np.zeros_like(image)
    dx, dy = shift
    height, width = image.shape
    for row in range(height):
        for column in range(width):
            if 0 <= row - dy < height and 0 <= column - dx < width:
                out[row, column] = turned[row - dy, column - dx]
    return out


def test_the_affine_kernel_moves_and_turns_as_numpy_does():
    image = np.random.default_rng(0).integers(0, 256, (1, 9, 9), np.uint8)
    for turn in range(4):
        for shift in ((0, 0), (2, -3), (-4, 1), (20, 0)):
            cosine, sine = round(math.cos(turn * math.pi / 2)), round(math.sin(turn * math.pi / 2))
            matrix = np.array([[cosine, -sine], [sine, cosine]], float)
            source = np.column_stack([matrix, 4 - matrix @ (np.array([4, 4]) + shift)])
            out = np.empty_like(image)
            kernels.affine(image, np.ascontiguousarray(source[np.newaxis]), out)
            assert np.array_equal(out[0], naive_jittered(image[0], turn, shift))


def test_between_pixels_the_affine_kernel_interpolates_linearly():
    image = np.random.default_rng(0).integers(0, 256, (1, 6, 7), np.uint8)
    out = np.empty_like(image)
    kernels.affine(image, np.array([[[1.0, 0.0, 0.25], [0.0, 1.0, -0.5]]]), out)
    padded = np.pad(image[0].astype(float), 1)
    across = 0.75 * padded[:, 1:-1] + 0.25 * padded[:, 2:]
    assert np.array_equal(out[0], np.floor((across[:-2] + across[1:-1]) / 2 + 0.5))


@briefly
@given(seeds)
def test_jitter_keeps_the_ink_and_moves_it_no_farther_than_it_may(seed):
    images = np.pad(FEW.images, [(0, 0), (4, 4), (4, 4)])
    moved = jittered_digits(images, seed, shift=2, rotation_deg=0, scale=0)
    assert moved.sum(axis=(1, 2), dtype=float) == pytest.approx(images.sum(axis=(1, 2), dtype=float), rel=0.005)
    for axis in (1, 2):
        before, after = (
            pictures.sum(axis=axis, dtype=float) @ np.arange(36) / pictures.sum(axis=(1, 2), dtype=float)
            for pictures in (images, moved)
        )
        assert np.abs(after - before).max() <= 2.05
        assert np.abs(after - before).max() > 0.5


def test_jitter_scales_and_turns_about_the_centre():
    images = np.zeros((200, 29, 29), np.uint8)
    images[:, 9:20, 12:17] = 255
    scaled = jittered_digits(images, 0, shift=0, rotation_deg=0, scale=0.3)
    areas = scaled.sum(axis=(1, 2), dtype=float) / images[0].sum(dtype=float)
    assert 0.7**2 - 0.03 < areas.min() < 0.6
    assert 1.5 < areas.max() < 1.3**2 + 0.03
    turned = jittered_digits(images, 0, shift=0, rotation_deg=20, scale=0) / 255.0
    y, x = np.mgrid[:29, :29] - 14
    tilts = [
        np.degrees(0.5 * np.arctan2(2 * (p * x * -y).sum(), (p * y * y).sum() - (p * x * x).sum())) for p in turned
    ]
    assert 18 < np.abs(tilts).max() < 21
    assert (turned * x).sum() / turned.sum() == pytest.approx(0, abs=0.02)


def test_a_bright_dot_and_the_landing_place_of_its_key_move_together():
    rng = np.random.default_rng(2)
    corners = rng.integers(12, (32, 24), (60, 2))  # x in 44 columns, y in 36 rows
    images = np.zeros((60, 36, 44), np.uint8)
    for image, (x, y) in zip(images, corners, strict=True):
        image[y : y + 2, x : x + 2] = 255
    grid = pixels_to_normalised((corners + 0.5)[:, np.newaxis], (36, 44)).astype(np.float32)
    scene = PictureBatch(images, keys=np.ones((60, 1, 3), np.float32), grid=grid, tasks=np.arange(60))
    moved = Jitter(shift=3, rotation_deg=20, scale=0.2)(scene, rng)
    y, x = np.mgrid[:36, :44]
    mass = moved.images.sum(axis=(1, 2), dtype=float)
    seen = np.stack([(moved.images * along).sum(axis=(1, 2), dtype=float) / mass for along in (x, y)], axis=-1)
    landed = normalised_to_pixels(moved.grid, (36, 44))[:, 0]
    assert moved.grid.dtype == np.float32
    assert np.hypot(*(landed - seen).T).max() < 1
    assert np.hypot(*(landed - corners - 0.5).T).max() > 3  # they do move
    assert moved.keys is scene.keys and moved.tasks is scene.tasks


def test_no_jitter_changes_nothing():
    grid = np.random.default_rng(0).uniform(-1, 1, (40, 7, 2)).astype(np.float32)
    still = Jitter(shift=0, rotation_deg=0, scale=0)(PictureBatch(FEW.images, grid=grid), np.random.default_rng(0))
    assert np.array_equal(still.images, FEW.images)
    assert still.grid == pytest.approx(grid, abs=1e-6)
    assert Jitter()(PictureBatch(FEW.images), np.random.default_rng(0)).grid is None


@pytest.mark.parametrize(
    "made",
    [
        lambda rng: rendered_digits(20, rng),
        lambda rng: translated_digits(FEW, rng),
        lambda rng: cluttered_digits(FEW, rng),
        lambda rng: hue_search_scenes(FEW, rng),
        lambda rng: (jittered_digits(FEW.images, rng),),
    ],
)
def test_the_same_seed_makes_the_same_pictures_and_another_others(made):
    first, again, from_generator, other = made(5), made(5), made(np.random.default_rng(5)), made(6)
    for one, two, three in zip(first, again, from_generator, strict=True):
        assert np.array_equal(one, two)
        assert np.array_equal(one, three)
    assert not np.array_equal(first[0], other[0])


def test_scenes_leave_the_digits_alone():
    before = FEW.images.copy()
    for scenes in (translated_digits(FEW, 0), cluttered_digits(FEW, 0), hue_search_scenes(FEW, 0)):
        assert isinstance(scenes, Scenes)
        scenes.images[:] = 9
    assert np.array_equal(FEW.images, before)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: rendered_digits(0, 0), "expected count to be a whole number, at least 1; got 0"),
        (lambda: rendered_digits(5, 0, size=7), "expected size to be a whole number, at least 8; got 7"),
        (lambda: translated_digits(FEW, 0, size=27), "expected size to be a whole number, at least 28; got 27"),
        (lambda: translated_digits(FEW, 0, size=60.0), "expected size to be a whole number"),
        (lambda: cluttered_digits(FEW, 0, pieces=-1), "expected pieces to be a whole number, at least 0; got -1"),
        (
            lambda: cluttered_digits(FEW, 0, piece=29),
            "expected piece to be a whole number, at least 1 and at most 28; got 29",
        ),
        (lambda: cluttered_digits(Digits(FEW.images[:1], FEW.labels[:1]), 0), "at least two digits"),
        (lambda: hue_search_scenes(Digits(FEW.images[:1], FEW.labels[:1]), 0), "at least two digits"),
        (lambda: hue_search_scenes(FEW, 0, size=83), "expected size to be a whole number, at least 84; got 83"),
        (lambda: hue_search_scenes(FEW, 0, distractors=9), "expected distractors to be .* at most 8; got 9"),
        (lambda: hue_search_scenes(FEW, 0, white=5), "expected white to be .* at most 4; got 5"),
        (lambda: hue_search_scenes(FEW, 0, hues=("red", "pink")), "hues of red, green, blue, yellow; got red, pink"),
        (lambda: hue_search_scenes(FEW, 0, hues=("red",)), "two or more different hues"),
        (lambda: hue_search_scenes(FEW, 0, hues=("red", "red")), "two or more different hues"),
        (
            lambda: hue_search_scenes(FEW, 0, alone=1.1),
            "a share of pictures with one digit alone, from 0 to 1, got 1.1",
        ),
        (lambda: hue_search_scenes(FEW, 0, alone=math.nan), "from 0 to 1, got nan"),
        (lambda: hue_search_scenes(FEW, 0, dimness=(0.5, 0.95)), r"got dimness=\(0.5, 0.95\), brightness=\(0.9, 1.0\)"),
        (lambda: centred_digits(Digits(FEW.images / 255, FEW.labels)), r"got images \(40, 28, 28\) of float64"),
        (
            lambda: centred_digits(Digits(FEW.images, FEW.labels[1:])),
            r"got images \(40, 28, 28\) of uint8 and labels \(39,\)",
        ),
        (lambda: jittered_digits(FEW.images[0], 0), r"expected images \(n, height, width\) of uint8, got \(28, 28\)"),
        (
            lambda: Jitter()(PictureBatch(np.zeros((1, 9, 9, 3), np.uint8)), np.random.default_rng(0)),
            "grey pictures of uint8",
        ),
        (lambda: jittered_digits(FEW.images, 0, scale=1.0), "a scale from 0 to below 1"),
        (lambda: jittered_digits(FEW.images, 0, shift=math.nan), "got shift=nan"),
    ],
)
def test_what_does_not_fit_is_refused(made, message):
    with pytest.raises(ValueError, match=message):
        made()
