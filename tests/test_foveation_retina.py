"""The retinal image: the blur meets the law, nothing moves, the fovea is untouched."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import blended

from foveation import GeislerPerry, Viewing, foveate, gaussian_pyramid
from foveation.pyramid import half_height_frequency, level_transfer
from foveation.retina import blur_level, blur_levels


@pytest.mark.parametrize(
    ("level", "frequency"),
    [(1, 0.150076), (2, 0.067528), (3, 0.032989), (4, 0.016402), (5, 0.008189), (6, 0.004093)],
)
def test_half_height_of_each_level(level, frequency):
    assert half_height_frequency(level) == pytest.approx(frequency, abs=1e-6)
    assert level_transfer(level, half_height_frequency(level)) == pytest.approx(0.5)
    assert blur_level(half_height_frequency(level)) == pytest.approx(level)


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


@pytest.mark.parametrize("vertical", [False, True])
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("degrees", [3, 5, 8, 10, 15, 20])
def test_the_blur_meets_the_law_within_two_percent(screen, degrees, side, vertical):
    """A grating at 98 % of the cut-off keeps more, one at 102 % less than half of its amplitude in the real output."""
    if vertical:  # the same screen, upright
        screen = Viewing(screen_px=screen.screen_px[::-1], screen_cm=screen.screen_cm[::-1], distance_cm=60.0)
    shape = (1920, 33) if vertical else (33, 1920)
    viewing = screen.of_picture(shape)
    offset = screen.pixels([degrees, 0])[0] - screen.centre[0]
    centre = (np.array(shape[::-1]) - 1) / 2
    place = centre[1 if vertical else 0] + side * offset
    radial, _ = screen.local_pixels_per_degree(screen.pixels([degrees, 0]))
    cutoff = float(GeislerPerry().cutoff_cpd(degrees) / radial)
    axis = np.arange(shape[0] if vertical else shape[1])
    window = np.exp(-0.5 * ((axis - place) / (1.5 / cutoff + 6)) ** 2)
    kept = []
    for factor in (0.98, 1.02):
        wave = np.exp(2j * np.pi * factor * cutoff * (axis - place))
        lines = []
        for part in (wave.real, wave.imag):
            plane = np.broadcast_to(0.5 + 0.4 * (part[:, None] if vertical else part), shape)
            seen = foveate(plane.astype(np.float32), viewing.centre, viewing)
            lines.append((seen[:, 16] if vertical else seen[16]) - 0.5)
        answer = np.sum(window * (lines[0] + 1j * lines[1]) * wave.conj()) / np.sum(window)
        kept.append(abs(answer) / 0.4)
    if degrees == 3:  # the coarser level holds nothing so near the Nyquist frequency: half is kept of all that is finer
        assert kept == pytest.approx([0.5, 0.5], abs=0.005)
    else:
        assert kept[0] > 0.5 > kept[1]


@settings(max_examples=15, deadline=None)
@given(st.integers(20, 90), st.integers(20, 90), st.floats(-20, 110), st.floats(-20, 110), st.integers(0, 99))
def test_it_is_the_blend_of_the_slow_twin(height, width, x, y, seed):
    image = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    viewing = Viewing.from_pixels_per_degree(3.0, image.shape)
    levels = blur_levels((x, y), viewing)
    whole = blur_levels((x, y), viewing).copy()
    seen = foveate(image, (x, y), viewing)
    inside = np.floor(levels) < 1  # deeper levels are blended on their own, coarser grid
    assert seen[inside] == pytest.approx(blended(image, np.minimum(whole, 1))[inside], abs=2e-2)
    exact = levels <= 0
    assert np.array_equal(seen[exact], image[exact])


def test_a_flat_level_map_gives_exactly_that_level_of_the_slow_twin():
    from foveation.retina import blend

    image = np.random.default_rng(0).random((61, 83)).astype(np.float32)
    pyramid = [level[..., None] for level in gaussian_pyramid(image, 3)]
    for level in (0.3, 1.0, 1.6, 2.25, 3.0):
        levels = np.full(image.shape, level, np.float32)
        seen = blend(pyramid, levels)[..., 0]
        assert seen == pytest.approx(blended(image, levels), abs=1e-5)


def test_the_fovea_is_the_picture_bit_for_bit(screen):
    image = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    for pixels in (image, image.astype(np.float32) / 255, image[:, :, 0]):
        viewing = screen.of_picture(pixels.shape)
        sharp = blur_levels((120, 200), viewing) == 0
        seen = foveate(pixels, (120, 200), screen)
        assert seen.dtype == pixels.dtype
        assert sharp.sum() > 5000
        assert np.array_equal(seen[sharp], pixels[sharp])
        assert not np.array_equal(seen, pixels)


@pytest.mark.parametrize("shape", [(16, 16), (33, 17, 3), (2, 2, 3), (101, 64, 3), (480, 641)])
@pytest.mark.parametrize("gaze", [(0, 0), (-300, 40), (7.3, 5000)])
def test_a_constant_picture_stays_constant(shape, gaze):
    viewing = Viewing.from_pixels_per_degree(6.0, shape)
    flat = np.full(shape, 77, np.uint8)
    assert np.array_equal(foveate(flat, gaze, viewing), flat)
    assert foveate(np.full(shape, 0.3, np.float32), gaze, viewing) == pytest.approx(0.3, abs=1e-6)


def test_nothing_moves():
    image = np.zeros((400, 400), np.float32)
    rows, columns = np.mgrid[:400, :400]
    image += np.exp(-0.5 * ((columns - 310.3) ** 2 + (rows - 120.6) ** 2) / 8**2).astype(np.float32)
    seen = foveate(image, (60, 330), Viewing.from_pixels_per_degree(12.0, image.shape))
    weight = seen / seen.sum()
    was = image / image.sum()
    for axis in (rows, columns):
        # the blur grows across the blob, so a little of it is drawn outward; a displaced pyramid level moves by pixels
        assert (weight * axis).sum() == pytest.approx((was * axis).sum(), abs=0.5)
    flat = np.full(image.shape, 3.0, np.float32)
    from foveation.retina import blend

    level3 = blend([level[..., None] for level in gaussian_pyramid(image, 3)], flat)[..., 0]
    for axis in (rows, columns):
        assert (level3 * axis).sum() / level3.sum() == pytest.approx((was * axis).sum(), abs=0.05)


def test_bytes_follow_the_float_picture():
    image = np.random.default_rng(3).integers(0, 256, (240, 320, 3), np.uint8)
    viewing = Viewing.from_pixels_per_degree(10, image.shape)
    as_bytes = foveate(image, (30, 200), viewing).astype(float)
    as_float = foveate(image.astype(np.float32) / 255, (30, 200), viewing) * 255
    assert np.abs(as_bytes - as_float).max() <= 2


def test_two_gazes_see_what_either_sees_sharper():
    viewing = Viewing.from_pixels_per_degree(8, (200, 300))
    one, two, both = (blur_levels(gaze, viewing) for gaze in ((20, 20), (250, 150), [(250, 150), (20, 20)]))
    assert np.array_equal(both, np.minimum(one, two))


def test_a_narrower_fovea_blurs_more():
    viewing = Viewing.from_pixels_per_degree(10, (200, 300))
    wide, narrow = (blur_levels((150, 100), viewing, acuity=GeislerPerry(half_eccentricity_deg=e)) for e in (2.3, 1.0))
    assert np.all(narrow >= wide)
    assert narrow.max() > wide.max() + 0.2


def test_gaze_must_be_a_place():
    viewing = Viewing.from_pixels_per_degree(20, (20, 30))
    with pytest.raises(ValueError, match=r"finite gaze in pixels, got \[nan, 3.0\]"):
        foveate(np.zeros((20, 30)), (float("nan"), 3), viewing)
    with pytest.raises(ValueError, match=r"expected a gaze \(x, y\) or several"):
        foveate(np.zeros((20, 30)), (1, 2, 3), viewing)
