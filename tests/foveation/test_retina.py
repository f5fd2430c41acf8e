"""The retinal image: the blur meets the law, nothing moves, the fovea is untouched."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import blended

from foveation import FieldLoss, Foveator, GeislerPerry, Viewing, foveate, kernels
from foveation.acuity import Guenter2012, Watson2014, Weymouth
from foveation.image import SHARP, blur_level, half_height_frequency
from foveation.retina import blur_levels, display, light

LAWS = [GeislerPerry(), Weymouth(), Guenter2012(), Watson2014()]


@dataclass(frozen=True)
class Eagle:
    """An eye that is sharp everywhere: what is blurred, a resolution map has blurred."""

    isotropic: ClassVar[bool] = True

    def cutoff_cpd(self, eccentricity_deg, direction_deg=0.0):
        return np.full(np.shape(eccentricity_deg), 1e9)


@pytest.mark.parametrize(
    ("degrees", "half_height", "finer", "weight"),
    [(5, 0.32338, 0, 0.4891), (10, 0.18756, 0, 0.2535), (20, 0.09419, 1, 0.4842)],
)
def test_levels_of_the_reference_screen(screen, degrees, half_height, finer, weight):
    radial, _ = screen.local_pixels_per_degree(screen.pixels([degrees, 0]))
    wanted = GeislerPerry().cutoff_cpd(degrees) / radial
    assert wanted == pytest.approx(half_height, abs=1e-5)
    assert finer + 1 - blur_level(wanted) == pytest.approx(weight, abs=1e-4)
    place = np.rint(screen.pixels([degrees, 0])).astype(int)
    assert blur_levels(screen.centre, screen)[place[1], place[0]] == pytest.approx(finer + 1 - weight, abs=2e-3)


def test_the_fovea_of_the_reference_screen_ends_at_its_nyquist_frequency(screen):
    levels = blur_levels(screen.centre, screen)[539]
    assert (levels == 0).sum() / 2 == pytest.approx(1.66 * screen.pixels_per_degree, abs=1)
    edge = screen.centre[0] - 93.284  # where the cut-off is the screen's Nyquist frequency
    assert levels[int(edge)] >= 0.5 > levels[int(edge) + 1] - 1e-6


def share_kept(screen, law, degrees, factor, towards):
    """Share of the amplitude of a grating, at `factor` times the cut-off, that the real output keeps out there."""
    vertical, side = towards in ("up", "down"), 1 if towards in ("right", "down") else -1
    if vertical:  # the same screen, upright
        screen = Viewing(screen_px=screen.screen_px[::-1], screen_cm=screen.screen_cm[::-1], distance_cm=60.0)
    shape = (1920, 33) if vertical else (33, 1920)
    viewing = screen.of_picture(shape)
    out = np.array([0.0, degrees] if vertical else [degrees, 0.0])
    offset = np.abs(viewing.pixels(out) - viewing.centre).max()
    place = viewing.centre[int(vertical)] + side * offset
    radial, _ = viewing.local_pixels_per_degree(viewing.pixels(out))
    direction = {"right": 0, "up": 90, "left": 180, "down": 270}[towards]
    cutoff = float(law.cutoff_cpd(degrees, direction) / radial)
    axis = np.arange(1920)
    window = np.exp(-0.5 * ((axis - place) / (0.8 / cutoff + 5)) ** 2)
    wave = np.exp(2j * np.pi * factor * cutoff * (axis - place))
    answer = 0j
    for part, unit in ((wave.real, 1), (wave.imag, 1j)):
        plane = np.broadcast_to(0.5 + 0.4 * (part[:, None] if vertical else part), shape)
        seen = foveate(np.ascontiguousarray(plane, np.float32), viewing.centre, viewing, acuity=law)
        line = (seen[:, 16] if vertical else seen[16]) - 0.5
        answer += unit * np.sum(window * line * wave.conj()) / np.sum(window) / 0.4
    return abs(answer), cutoff


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
@pytest.mark.parametrize("towards", ["right", "up", "left", "down"])
@pytest.mark.parametrize("degrees", [3, 5, 8, 10, 15, 20])
def test_the_blur_meets_the_law_within_two_percent(screen, law, degrees, towards):
    """A grating at 98 % of the cut-off keeps more, one at 102 % less than half of its amplitude in the real output."""
    (below, cutoff), (above, _) = (share_kept(screen, law, degrees, factor, towards) for factor in (0.98, 1.02))
    if cutoff > 0.5:  # finer than the screen can show: all is kept, or what the seam leaves
        assert min(below, above) > 0.49
    elif cutoff > 0.4:  # the coarser level holds nothing so near the Nyquist frequency: half of all that is finer
        assert [below, above] == pytest.approx([0.5, 0.5], abs=0.03)
    else:
        assert below > 0.5 > above


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(61, 83), (48, 64), (33, 130)])
@pytest.mark.parametrize("share", [0.9, 0.6, 0.3, 0.15, 0.08, 0.03])
def test_one_resolution_everywhere_gives_that_level_of_the_slow_twin(dtype, shape, share):
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    level = float(blur_level(SHARP * share))
    expected = blended(image, np.full(shape, level))
    given = image if dtype == np.float32 else np.rint(image * 255).astype(np.uint8)
    even = np.full(shape, share)
    seen = foveate(given, (0, 0), Viewing.from_pixels_per_degree(9, shape), acuity=Eagle(), resolution=even)
    if dtype == np.float32:
        assert seen == pytest.approx(expected, abs=2e-5)
    else:
        assert np.abs(seen - 255 * expected).max() <= 2


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 70), st.integers(2, 70), st.sampled_from([1, 3]), st.integers(0, 99))
def test_bytes_are_halved_bit_for_bit_as_opencv_does(height, width, channels, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    out = np.empty(((height + 1) // 2, (width + 1) // 2 * channels), np.uint8)
    sums, smooth = np.empty((width + 4) * channels, np.uint16), np.empty(width * channels, np.uint8)
    kernels.halve_bytes(image.reshape(height, -1), channels, sums, smooth, out)
    assert np.array_equal(out, cv2.pyrDown(image).reshape(out.shape))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 150), st.integers(2, 150), st.sampled_from([(), (3,)]), st.floats(-40, 190), st.floats(-40, 190))
def test_bytes_follow_the_float_picture(height, width, colours, x, y):
    image = np.random.default_rng(height).integers(0, 256, (height, width, *colours), np.uint8)
    viewing = Viewing.from_pixels_per_degree(3.0, image.shape)
    as_bytes = foveate(image, (x, y), viewing).astype(float)
    as_float = foveate(image.astype(np.float32) / 255, (x, y), viewing) * 255
    assert np.abs(as_bytes - np.rint(as_float)).max() <= 2


def test_bytes_follow_the_float_picture_on_the_reference_screen(screen):
    image = np.random.default_rng(0).integers(0, 256, (540, 960, 3), np.uint8)
    as_bytes = foveate(image, (100, 200), screen).astype(float)
    as_float = foveate(image.astype(np.float32) / 255, (100, 200), screen) * 255
    assert np.abs(as_bytes - np.rint(as_float)).max() <= 2
    assert abs((as_bytes - as_float).mean()) < 0.1


def test_the_fovea_is_the_picture_bit_for_bit(screen):
    image = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    for pixels in (image, image.astype(np.float32) / 255, image[:, :, 0]):
        for gaze in ((120, 200), (123.4, 201.7), (0, 299)):
            sharp = blur_levels(gaze, screen.of_picture(pixels.shape)) == 0
            seen = foveate(pixels, gaze, screen)
            assert seen.dtype == pixels.dtype
            assert sharp.sum() > 2500
            assert np.array_equal(seen[sharp], pixels[sharp])
            assert not np.array_equal(seen, pixels)


@pytest.mark.parametrize("shape", [(16, 16), (33, 17, 3), (2, 2, 3), (101, 64, 3), (480, 641)])
@pytest.mark.parametrize("gaze", [(0, 0), (-300, 40), (7.3, 5000)])
def test_a_constant_picture_stays_constant(shape, gaze):
    viewing = Viewing.from_pixels_per_degree(6.0, shape)
    for level in (0, 77, 255):
        flat = np.full(shape, level, np.uint8)
        assert np.array_equal(foveate(flat, gaze, viewing), flat)
    assert foveate(np.full(shape, 0.3, np.float32), gaze, viewing) == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_no_level_is_displaced(level):
    rows, columns = np.mgrid[:512, :512]
    image = np.exp(-0.5 * ((columns - 310.3) ** 2 + (rows - 220.6) ** 2) / 18**2).astype(np.float32)
    share = np.full(image.shape, half_height_frequency(level) / SHARP)
    seen = foveate(image, (0, 0), Viewing.from_pixels_per_degree(9, image.shape), acuity=Eagle(), resolution=share)
    before, after = image / image.sum(dtype=float), seen / seen.sum(dtype=float)
    for axis in (rows, columns):
        assert (after * axis).sum() == pytest.approx((before * axis).sum(), abs=0.05)


def test_a_shifted_picture_gives_the_shifted_answer():
    rng = np.random.default_rng(0)
    scene, loss = rng.random((256, 320)).astype(np.float32), rng.random((32, 40)).repeat(8, 0).repeat(8, 1)
    viewing = Viewing.from_pixels_per_degree(9, (256, 256))
    first, second = (
        foveate(
            np.ascontiguousarray(scene[:, left : left + 256]),
            (0, 0),
            viewing,
            acuity=Eagle(),
            resolution=np.maximum(loss[:, left : left + 256], 0.1),
        )
        for left in (0, 32)
    )
    assert second[40:-40, 40:-72] == pytest.approx(first[40:-40, 72:-40], abs=1e-5)


def test_two_gazes_see_what_either_sees_sharper():
    viewing = Viewing.from_pixels_per_degree(8, (200, 300))
    one, two, both = (blur_levels(gaze, viewing) for gaze in ((20, 20), (250, 150), [(250, 150), (20, 20)]))
    assert np.array_equal(both, np.minimum(one, two))


def test_a_narrower_fovea_blurs_more():
    viewing = Viewing.from_pixels_per_degree(10, (200, 300))
    wide, narrow = (blur_levels((150, 100), viewing, acuity=GeislerPerry(half_eccentricity_deg=e)) for e in (2.3, 1.0))
    assert np.all(narrow >= wide)
    assert narrow.max() > wide.max() + 0.2


def test_an_eye_whose_meridians_differ_sees_farther_out_on_one_side():
    viewing = Viewing.from_pixels_per_degree(20, (401, 801))
    levels = blur_levels((400, 200), viewing, acuity=Watson2014(eye="right"))
    law = Watson2014(eye="right")
    for (row, column), direction in {(200, 600): 0, (20, 400): 90, (200, 200): 180, (380, 400): 270}.items():
        away = viewing.angle_deg((400, 200), (column, row))
        radial, _ = viewing.local_pixels_per_degree((column, row))
        assert levels[row, column] == pytest.approx(
            float(blur_level(law.cutoff_cpd(away, direction) / radial)), abs=5e-3
        )


def test_light_and_numbers_undo_each_other():
    numbers = np.linspace(0, 1, 256, dtype=np.float32)
    assert display(light(numbers)) == pytest.approx(numbers, abs=1e-6)
    assert light(np.float32([0.5])) == pytest.approx(0.21404, abs=1e-5)


def test_in_linear_light_a_fine_pattern_keeps_its_brightness():
    pattern = (np.indices((240, 320)).sum(axis=0) % 2 * 255).astype(np.uint8)
    viewing = Viewing.from_pixels_per_degree(3, pattern.shape)
    plain, linear = (foveate(pattern, (0, 0), viewing, linear_light=option) for option in (False, True))
    corner = np.s_[150:, 200:]
    assert plain[corner].mean() == pytest.approx(127.5, abs=1)
    assert light(linear[corner] / np.float32(255)).mean() == pytest.approx(0.5, rel=0.005)
    noise = np.random.default_rng(0).random((240, 320, 3)).astype(np.float32)
    seen = foveate(noise, (160, 120), viewing, linear_light=True)
    assert light(seen).mean() == pytest.approx(light(noise).mean(), rel=2e-3)


def test_colour_can_fall_off_faster_than_luminance():
    red_green = np.zeros((128, 256, 3), np.float32)
    bars = np.arange(256) // 4 % 2 == 0
    red_green[:, bars], red_green[:, ~bars] = (0.6, 0.0, 0.3), (0.0, 0.6 * 0.2126 / 0.7152, 0.3)
    grey = np.where(bars, 0.7, 0.2)[None, :, None] * np.ones((128, 1, 3), np.float32)
    viewing = Viewing.from_pixels_per_degree(8, grey.shape)
    coarse = Guenter2012()
    seen_colour, seen_grey = (
        foveate(image.astype(np.float32), (0, 64), viewing, colour_acuity=coarse) for image in (red_green, grey)
    )
    assert seen_grey == pytest.approx(foveate(grey.astype(np.float32), (0, 64), viewing), abs=1e-5)
    assert seen_colour[64, 200:, 0].std() < 0.6 * foveate(red_green, (0, 64), viewing)[64, 200:, 0].std()
    assert seen_colour[64, :4] == pytest.approx(red_green[64, :4], abs=0.02)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(120, 160, 3), (119, 161)])
def test_a_stream_is_foveated_like_single_pictures(dtype, shape):
    viewing = Viewing.from_pixels_per_degree(5, shape)
    foveator = Foveator(viewing, shape)
    rng = np.random.default_rng(0)
    for _ in range(6):
        frame = rng.integers(0, 256, shape).astype(np.uint8)
        frame = frame if dtype == np.uint8 else frame.astype(np.float32) / 255
        gaze = rng.uniform(-20, 180, 2)
        assert np.array_equal(foveator.look(gaze)(frame), foveate(frame, gaze, viewing))


def test_one_frame_is_seen_from_many_gazes():
    frame = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    viewing = Viewing.from_pixels_per_degree(5, frame.shape)
    foveator = Foveator(viewing, frame.shape).take(frame)
    for gaze in ((0, 0), (159, 3), (80, 60), (0, 0)):
        assert np.array_equal(foveator.look(gaze).see(), foveate(frame, gaze, viewing))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_stream_allocates_nothing_for_a_frame(dtype):
    frames = np.random.default_rng(0).integers(0, 256, (4, 240, 320, 3)).astype(dtype)
    frames = frames if dtype == np.uint8 else frames / np.float32(255)
    foveator = Foveator(Viewing.from_pixels_per_degree(6, (240, 320)), (240, 320, 3))
    for frame in frames:
        foveator.look((10, 200))(frame)
    tracemalloc.start()
    for number, frame in enumerate(frames):
        seen = foveator.look((60 * number, 100))(frame)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen is foveator(frames[0])
    assert peak < frames[0].nbytes / 20


def test_an_answer_can_be_put_anywhere():
    frame = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    foveator = Foveator(Viewing.from_pixels_per_degree(3, frame.shape), frame.shape)
    out = np.zeros_like(frame)
    assert foveator(frame, out) is out
    assert np.array_equal(out, foveator(frame))
    for bad in (
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 3), np.float32),
        np.zeros((48, 64, 6), np.uint8)[..., ::2],
    ):
        with pytest.raises(ValueError, match="expected `out` to be a C-contiguous uint8 array"):
            foveator(frame, bad)


def test_threads_with_an_object_each_give_the_same_pictures():
    frames = np.random.default_rng(0).integers(0, 256, (8, 96, 128, 3), np.uint8)
    viewing = Viewing.from_pixels_per_degree(4, frames[0].shape)

    def run(part):
        foveator = Foveator(viewing, frames[0].shape)
        return [foveator.look((9 * number, 30))(frames[number]).copy() for number in part]

    with ThreadPoolExecutor(2) as executor:
        halves = list(executor.map(run, [range(4), range(4, 8)]))
    assert np.array_equal(np.concatenate(halves), np.array(run(range(8))))


def test_what_does_not_fit_is_refused():
    viewing = Viewing.from_pixels_per_degree(20, (20, 30))
    picture = np.zeros((20, 30), np.float32)
    foveator = Foveator(viewing, (20, 30))
    with pytest.raises(ValueError, match="a frame to be taken first"):
        foveator.see()
    foveator(picture)
    for bad, message in (
        (np.zeros((20, 31), np.float32), r"frames of shape \(20, 30\), got \(20, 31\)"),
        (np.zeros((20, 30), np.uint8), "frames of float32 as before, got uint8"),
        (np.zeros((20, 30), np.uint16), "frames of uint8 or float, got uint16"),
        (np.full((20, 30), np.nan, np.float32), "expected finite pixels, got 600 that are NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            foveator(bad)
    for gaze, message in (
        ((float("nan"), 3), r"finite gaze in pixels, got \[nan, 3.0\]"),
        ((1, 2, 3), r"expected a gaze \(x, y\) or several"),
        (np.zeros((0, 2)), r"expected a gaze \(x, y\) or several"),
    ):
        with pytest.raises(ValueError, match=message):
            foveator.look(gaze)
    for resolution, message in (
        (np.ones((20, 31)), r"resolution map of the frames' shape \(20, 30\), got \(20, 31\)"),
        (np.full((20, 30), 1.5), "resolution map from 0 to 1, got 1.5 to 1.5"),
        (np.full((20, 30), np.nan), "resolution map from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=message):
            foveate(picture, (0, 0), viewing, resolution=resolution)
    for answer in (lambda places, gaze, viewing: 0.5, lambda places, gaze, viewing: places[..., 0] * np.nan):
        with pytest.raises(ValueError, match="resolution"):
            foveate(picture, (0, 0), viewing, resolution=answer)
    with pytest.raises(ValueError, match="three colours for an acuity of colour"):
        foveate(picture, (0, 0), viewing, colour_acuity=GeislerPerry())
    with pytest.raises(ValueError, match=r"frames of shape \(height, width\)"):
        Foveator(viewing, (20, 30, 4))
    with pytest.raises(ValueError, match="no field loss 'dark'"):
        FieldLoss(kind="dark")
    with pytest.raises(ValueError, match="positive radius_deg, got 0"):
        FieldLoss(kind="tunnel", radius_deg=0)
    with pytest.raises(ValueError, match=r"one gaze \(x, y\) for a resolution that goes with it"):
        foveate(picture, [(0, 0), (5, 5)], viewing, resolution=FieldLoss(kind="left"))
