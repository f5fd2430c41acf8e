"""Glimpses are exact averages of areas, centred where they say; the Gaussian window has the paper's numbers."""

import re
from itertools import product

import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing, foveate
from foveation.glimpse import FoveatedSensor, GaussianWindow, GlimpseSensor, LogPolarSensor, extract_glimpses
from foveation.logpolar import LogPolar

PADDINGS = ("zeros", "edge", "mean")


def overlaps(start, cell, size, pixels):
    """How much of each pixel (column) lies in each cell (row) of a patch from `start` on, over the cell's width."""
    table = np.zeros((size, len(pixels)))
    for number, (column, pixel) in product(range(size), enumerate(pixels)):
        low, high = start + number * cell, start + (number + 1) * cell
        table[number, column] = max(0.0, min(high, pixel + 0.5) - max(low, pixel - 0.5)) / cell
    return table


def glimpse_twin(image, place, size, cells, padding):
    """One glimpse (scales, size, size) of a grey picture: pad it visibly, then add up areas in float64."""
    margin = int(np.ceil(size * cells[-1] + np.abs(place).max() + max(image.shape)))
    modes = {"zeros": {"mode": "constant"}, "edge": {"mode": "edge"}}
    mode = modes.get(padding, {"mode": "constant", "constant_values": image.mean(dtype=np.float64)})
    padded = np.pad(image.astype(np.float64), margin, **mode)
    down, across = (np.arange(-margin, side + margin) for side in image.shape)
    patches = []
    for cell in cells:
        rows = overlaps(place[1] - size * cell / 2, cell, size, down)
        columns = overlaps(place[0] - size * cell / 2, cell, size, across)
        patches.append(rows @ padded @ columns.T)
    return np.array(patches)


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.integers(10, 24), st.integers(10, 24)),
    st.tuples(st.floats(-12, 36), st.floats(-12, 36)),
    st.integers(1, 5),
    st.integers(1, 3),
    st.sampled_from([2, 2.0, 1.5, 1.3]),
    st.sampled_from(PADDINGS),
    st.integers(0, 99),
)
def test_a_glimpse_is_the_average_of_areas_of_the_slow_twin(shape, place, size, scales, factor, padding, seed):
    image = np.random.default_rng(seed).random(shape).astype(np.float32)
    seen = extract_glimpses(image, place, size=size, scales=scales, factor=factor, padding=padding)
    twin = glimpse_twin(image, place, size, factor ** np.arange(scales), padding)
    assert seen.dtype == np.float32
    assert np.abs(seen - twin).max() < 1e-6


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(
    "place", [(-0.5, -0.5), (0, 11), (10.5, 12.5), (21.0, 3.25), (21.5, 0.1 + 0.2), (400.0, -90.0)]
)
def test_the_border_is_exact_on_whole_half_and_other_places(place, padding):
    image = np.random.default_rng(1).random((13, 22)).astype(np.float32)
    for size, scales in ((4, 3), (5, 3), (1, 2), (12, 2)):
        seen = extract_glimpses(image, place, size=size, scales=scales, padding=padding)
        assert np.abs(seen - glimpse_twin(image, place, size, 2.0 ** np.arange(scales), padding)).max() < 1e-6


def test_at_29_5_a_patch_of_12_is_pixels_24_to_35():
    image = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    fine, middle, coarse = extract_glimpses(image, (29.5, 29.5), size=12)
    assert np.array_equal(fine, image[24:36, 24:36])
    halves = image[18:42, 18:42].reshape(12, 2, 12, 2).mean(axis=(1, 3))
    assert middle == pytest.approx(halves, abs=1e-6)
    assert coarse == pytest.approx(image[6:54, 6:54].reshape(12, 4, 12, 4).mean(axis=(1, 3)), abs=1e-6)


def test_an_odd_patch_on_a_pixel_is_centred_on_it():
    image = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    assert np.array_equal(extract_glimpses(image, (20, 11), size=5, scales=1)[0], image[9:14, 18:23])


@pytest.mark.parametrize("padding", PADDINGS)
def test_batches_colours_and_several_glimpses_are_the_single_ones(padding):
    rng = np.random.default_rng(0)
    images = rng.random((3, 20, 31, 3)).astype(np.float32)
    places = rng.uniform(-2, 30, (3, 4, 2))
    sensor = GlimpseSensor(size=5, scales=3, padding=padding)
    all_seen = sensor(images, places)
    assert all_seen.shape == (3, 4, 3, 5, 5, 3)
    for i, k, channel in product(range(3), range(4), range(3)):
        single = sensor(np.ascontiguousarray(images[i, :, :, channel]), places[i, k])
        assert single.shape == sensor.shape
        assert single == pytest.approx(all_seen[i, k, ..., channel], abs=1e-6)
    assert np.array_equal(sensor(images, places[:, 1]), all_seen[:, 1])
    assert np.array_equal(sensor(images[2], places[2]), all_seen[2])
    assert np.array_equal(sensor(images[..., 0], places[:, 1]), sensor(images[..., :1], places[:, 1])[..., 0])
    assert sensor(images[..., 0], places).shape == (3, 4, 3, 5, 5)
    assert sensor(images[:0], places[:0]).shape == (0, 4, 3, 5, 5, 3)
    assert sensor(images[0], places[0, :0]).shape == (0, 3, 5, 5, 3)


def test_pictures_need_not_be_contiguous_and_bytes_count_from_0_to_1():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 24, 26), np.uint8)
    floats = pixels / np.float32(255)
    places = [(3.3, 4.4), (22, 21)]
    for padding in PADDINGS:
        seen = extract_glimpses(pixels, places, size=6, padding=padding)
        assert seen == pytest.approx(extract_glimpses(floats, places, size=6, padding=padding), abs=1e-6)
    assert np.array_equal(
        extract_glimpses(floats[:, :, ::-1], places, size=6),
        extract_glimpses(floats[:, :, ::-1].copy(), places, size=6),
    )


@pytest.mark.parametrize("padding", ["edge", "mean"])
def test_a_uniform_picture_gives_uniform_glimpses_also_across_its_border(padding):
    image = np.full((30, 20), 0.3, np.float32)
    seen = extract_glimpses(image, [(0, 0), (19.4, 7.7), (60, 60)], size=7, scales=3, padding=padding)
    assert np.abs(seen - 0.3).max() < 1e-6


@settings(max_examples=20, deadline=None)
@given(st.floats(-4, 28), st.floats(-4, 20), st.sampled_from(PADDINGS), st.integers(0, 99))
def test_the_mirror_image_gives_the_mirrored_glimpse(x, y, padding, seed):
    image = np.random.default_rng(seed).random((17, 25)).astype(np.float32)
    seen = extract_glimpses(image, (x, y), size=5, scales=3, padding=padding)
    mirrored = extract_glimpses(image[:, ::-1], (24 - x, y), size=5, scales=3, padding=padding)
    assert mirrored[..., ::-1] == pytest.approx(seen, abs=2e-6)


def test_a_ramp_is_seen_at_the_place_that_was_asked_for():
    """The mean of a patch on a ramp is the centre itself, to hundredths of a thousandth of a pixel, at every scale."""
    ramp = np.tile(np.arange(100, dtype=np.float32), (100, 1))
    for x in (40.0, 41.25, 50.9, 49.999):
        seen = extract_glimpses(ramp, (x, 50), size=6, scales=3)
        assert seen.mean(axis=(1, 2)) == pytest.approx([x] * 3, abs=2e-5)


def test_what_lies_outside_the_glimpse_does_not_matter():
    image = np.random.default_rng(0).random((40, 40)).astype(np.float32)
    changed = image.copy()
    changed[:, :12] = 9.0
    assert np.array_equal(
        extract_glimpses(image, (25, 20), size=6, scales=3), extract_glimpses(changed, (25, 20), size=6, scales=3)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"locations": (np.nan, 3)}, r"finite locations \(x, y\), got [nan, 3.0]"),
        ({"locations": [(1, 2, 3)]}, "shape (2,) or (k, 2) for one image, got (1, 3)"),
        (
            {"images": np.zeros((4, 20, 20)), "locations": [(1, 2)]},
            "shape (4, 2) or (4, k, 2) for 4 images, got (1, 2)",
        ),
        ({"images": np.zeros(20)}, "expected images of shape (height, width)"),
        ({"images": np.zeros((20, 0))}, "expected images of shape (height, width)"),
        ({"images": np.full((20, 20), np.nan)}, "expected finite pixels"),
        ({"scales": 5}, "at most 2 x the longer side of the 20 x 20 image, got 64 pixels: 5 scales of 4 cells"),
        ({"scales": 2000}, "got inf pixels: 2000 scales of 4 cells"),
        ({"scales": 0}, "expected scales to be a whole number, at least 1 and at most 10000; got 0"),
        ({"size": 2.5}, "expected size to be a whole number, at least 1 and at most 30000; got 2.5"),
        ({"factor": 1}, "expected a factor above 1, got 1"),
        ({"padding": "reflect"}, "expected padding to be one of zeros, edge, mean; got 'reflect'"),
        ({"units": "degrees"}, "expected units to be one of pixels, normalised; got 'degrees'"),
    ],
)
def test_bad_input_is_named(change, message):
    given_ = {"images": np.zeros((20, 20)), "locations": (3, 3), "size": 4} | change
    with pytest.raises(ValueError, match=re.escape(message.replace("\\", ""))):
        extract_glimpses(given_.pop("images"), given_.pop("locations"), **given_)


def test_numbers_that_are_no_pixels_are_refused():
    with pytest.raises(TypeError, match="expected images of uint8, uint16 or float, got int64"):
        extract_glimpses(np.zeros((20, 20), np.int64), (3, 3), size=4)


@pytest.mark.parametrize("colours", [(), (3,)])
def test_the_foveated_sensor_is_the_foveated_picture_cut_out(colours):
    rng = np.random.default_rng(0)
    images = rng.random((2, 48, 64, *colours)).astype(np.float32)
    viewing = Viewing.from_pixels_per_degree(80, images.shape[1:])
    seen = FoveatedSensor(viewing=viewing, size=16)(
        images, [[(20.5, 23.5), (40.5, 19.5)], [(31.5, 30.5), (11.5, 12.5)]]
    )
    assert seen.shape == (2, 2, 16, 16, *colours)
    blurred = foveate(images[1], (31.5, 30.5), viewing)
    assert seen[1, 0] == pytest.approx(blurred[23:39, 24:40], abs=1e-6)
    assert np.abs(seen[1, 0] - images[1, 23:39, 24:40]).max() > 0.1
    reduced = FoveatedSensor(viewing=viewing, size=4, cell_px=4)(images[1], (31.5, 30.5))
    means = blurred[23:39, 24:40].reshape(4, 4, 4, 4, *colours).mean(axis=(1, 3))
    assert reduced == pytest.approx(means, abs=1e-6)


def test_the_foveated_sensor_sees_bytes_and_floats_alike_and_refuses_four_channels():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8)
    sensor = FoveatedSensor(viewing=Viewing.from_pixels_per_degree(80, pixels.shape), size=20, units="normalised")
    seen = sensor(pixels / np.float32(255), (0.2, -0.9))
    assert sensor(pixels, (0.2, -0.9)) == pytest.approx(seen, abs=2.5 / 255)
    assert sensor(pixels * np.uint16(257), (0.2, -0.9)) == pytest.approx(seen, abs=1e-5)
    with pytest.raises(ValueError, match="expected grey or RGB images, got 4 channels"):
        sensor(np.zeros((40, 50, 4)), (0, 0))
    with pytest.raises(ValueError, match=r"expected cell_px to be at least 1 pixel, got 0\.5"):
        FoveatedSensor(viewing=sensor.viewing, cell_px=0.5)


@pytest.mark.parametrize("colours", [(), (3,)])
def test_the_log_polar_sensor_is_the_log_polar_map_around_each_place(colours):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 48, 64, *colours), np.uint8)
    log_polar = LogPolar(rings=12, wedges=24, inner_px=1, outer_px=20)
    sensor = LogPolarSensor(log_polar=log_polar, units="normalised")
    seen = sensor(pixels, [[(0, 0), (0.5, -0.5), (1, 1)]] * 2)
    assert seen.shape == (2, 3, *sensor.shape, *colours)
    assert seen[1, 1] == pytest.approx(log_polar.forward(pixels[1], (47.5, 11.5)) / 255, abs=1e-6)
    with pytest.raises(ValueError, match="expected units to be one of pixels, normalised"):
        LogPolarSensor(log_polar=log_polar, units="degrees")


HALF = np.array([0.0, 0.0, 0.0, np.log(0.5), 0.0])


def test_the_papers_window_on_60_pixels():
    """Pixels count from 1 in the paper: g = 30.5, delta = 2.681818, mu_1 = 15.75, mu_12 = 45.25."""
    across, down = GaussianWindow(size=12).centres(HALF, (60, 60))
    assert across.mean() + 1 == pytest.approx(30.5)
    assert np.diff(across) == pytest.approx(np.full(11, 2.681818), abs=1e-6)
    assert across[[0, -1]] + 1 == pytest.approx([15.75, 45.25])
    assert np.array_equal(across, down)


def window_twin(parameters, size, height, width):
    """The paper's equations, one filter at a time, pixels counted from 1."""
    g_x = (width + 1) / 2 * (parameters[0] + 1)
    g_y = (height + 1) / 2 * (parameters[1] + 1)
    variance, stride, _ = np.exp(parameters[2:])
    step = (max(width, height) - 1) / (size - 1) * stride
    tables = []
    for centre, side in ((g_x, width), (g_y, height)):
        table = np.zeros((size, side))
        for i, a in product(range(1, size + 1), range(1, side + 1)):
            table[i - 1, a - 1] = np.exp(-((a - centre - (i - size / 2 - 0.5) * step) ** 2) / (2 * variance))
        tables.append(table / table.sum(axis=1, keepdims=True))
    return tables


def test_reading_and_writing_are_the_papers_equations():
    rng = np.random.default_rng(0)
    window, image, patch = GaussianWindow(size=5), rng.random((9, 14)), rng.random((5, 5))
    parameters = np.array([0.2, -0.3, 0.7, -0.9, 0.4])
    across, down = window_twin(parameters, 5, 9, 14)
    assert window.read(image, parameters) == pytest.approx(np.exp(0.4) * down @ image @ across.T)
    assert window.write(patch, parameters, (9, 14)) == pytest.approx(down.T @ patch @ across / np.exp(0.4))


def test_writing_is_the_adjoint_of_reading_up_to_the_intensity():
    rng = np.random.default_rng(0)
    window, image, patch = GaussianWindow(size=4), rng.random((11, 8)), rng.random((4, 4))
    parameters = rng.normal(size=5) * 0.3
    read = np.sum(window.read(image, parameters) * patch)
    written = np.sum(image * window.write(patch, parameters, image.shape))
    assert read == pytest.approx(written * np.exp(2 * parameters[4]))


def test_batches_and_channels_of_a_window_are_the_single_ones():
    rng = np.random.default_rng(0)
    window, images, parameters = GaussianWindow(size=3), rng.random((2, 7, 9)), rng.normal(size=(2, 5)) * 0.3
    read = window.read(images, parameters)
    written = window.write(read, parameters, (7, 9))
    for i in range(2):
        assert read[i] == pytest.approx(window.read(images[i], parameters[i]))
        assert written[i] == pytest.approx(window.write(read[i], parameters[i], (7, 9)))
    assert window.read(images, parameters[0])[1] == pytest.approx(window.read(images[1], parameters[0]))


def test_a_window_far_outside_sees_the_border_and_nothing_is_undefined():
    image = np.tile(np.arange(9.0), (9, 1))
    seen = GaussianWindow(size=3).read(image, [9.0, 0.0, -8.0, -2.0, 0.0])
    assert seen == pytest.approx(np.full((3, 3), 8.0))


def test_a_narrow_window_reads_the_pixels_it_is_placed_on():
    image = np.random.default_rng(0).random((40, 60))
    window = GaussianWindow(size=5)
    parameters = window.parameters((12, 20), image.shape, spacing_px=2, spread_px=0.05, intensity=3)
    assert window.read(image, parameters) == pytest.approx(3 * image[16:25:2, 8:17:2])


def numerical_gradients(function, point, step=1e-6):
    """Central differences of a scalar function, one number at a time."""
    result = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        offset = np.zeros(point.shape)
        offset[index] = step
        result[index] = (function(point + offset) - function(point - offset)) / (2 * step)
    return result


def test_the_gradients_of_reading_and_writing_are_those_of_central_differences():
    rng = np.random.default_rng(0)
    window, images, patches = GaussianWindow(size=3), rng.normal(size=(2, 7, 6)), rng.normal(size=(2, 3, 3))
    parameters = rng.normal(size=(2, 5)) * 0.3
    weights, canvas = rng.normal(size=(2, 3, 3)), rng.normal(size=(2, 7, 6))
    losses = [
        (lambda p: (window.read(images, p) * weights).sum(), parameters),
        (lambda image: (window.read(image, parameters) * weights).sum(), images),
        (lambda p: (window.write(patches, p, (7, 6)) * canvas).sum(), parameters),
        (lambda patch: (window.write(patch, parameters, (7, 6)) * canvas).sum(), patches),
    ]
    for loss, point in losses:
        slope = grad(loss)(point)
        assert np.abs(slope).max() > 0.01
        assert slope == pytest.approx(numerical_gradients(loss, point), abs=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GaussianWindow(size=1), "expected size to be a whole number, at least 2 and at most 30000; got 1"),
        (lambda: GaussianWindow().read(np.ones((9, 9)), np.zeros(4)), "shape (..., 5), got (4,)"),
        (lambda: GaussianWindow().read(np.ones((9, 9)), HALF + np.nan), "expected finite parameters"),
        (lambda: GaussianWindow().read(np.ones((9, 9)), HALF + 99), "logarithms within 80"),
        (lambda: GaussianWindow().read(np.ones(9), HALF), "expected an image (..., height, width), got shape (9,)"),
        (lambda: GaussianWindow().write(np.ones((9, 9)), HALF, (20, 20)), "expected a patch (..., 12, 12)"),
        (
            lambda: GaussianWindow().parameters((3, 3), (9, 9), spacing_px=-1, spread_px=1),
            "expected a positive spacing_px, got -1",
        ),
    ],
)
def test_an_impossible_window_is_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
