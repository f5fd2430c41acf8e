"""Pictures in and out."""

import os

import cv2
import numpy as np
import pytest
from conftest import in_other_numbers
from hypothesis import given
from hypothesis import strategies as st

from foveation import as_image, read_image, sample_pixels, write_image
from foveation.files import check_output, written_whole
from foveation.glimpse import extract_glimpses
from foveation.image import eight_bit, normalised_to_pixels, pixels_to_normalised
from foveation.picture_files import read_pixels

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (40, 50, 3), np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4)])
def test_every_usual_array_becomes_the_one_kind_of_picture(dtype, shape):
    full = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    image = as_image(np.full(shape, full, dtype))
    assert (image.shape, image.dtype, image.flags.c_contiguous) == ((5, 7, 3), np.float32, True)
    assert image == pytest.approx(1.0)


def test_grey_is_three_times_grey():
    image = as_image(NOISE[:, :, 0])
    assert np.array_equal(image[:, :, 0], image[:, :, 2])
    assert image[:, :, 1] == pytest.approx(NOISE[:, :, 0] / 255, abs=1e-7)


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_a_picture_of_8_bits_is_the_same_in_whatever_numbers_it_comes(channels):
    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, *channels), np.uint8)
    expected = as_image(pixels)
    for name, other in in_other_numbers(pixels).items():
        assert np.array_equal(as_image(other), expected), name
    assert as_image(expected) is expected
    if channels != (4,):  # what lies over white with an alpha has no longer 8 bits
        assert np.array_equal(eight_bit(expected), np.broadcast_to(np.atleast_3d(pixels), (40, 50, 3)))


def test_a_picture_of_other_numbers_than_8_bits_stays_as_it_is():
    levels = as_image(np.random.default_rng(1).integers(1, 255, (40, 50, 3), np.uint8))
    for image in (levels + np.float32(1e-5), np.sqrt(levels)):
        assert as_image(image) is image
        assert eight_bit(image) is None
    finer = np.random.default_rng(1).integers(0, 65536, (40, 50, 3), np.uint16)
    assert as_image(finer) == pytest.approx(finer / 65535, abs=1e-7)


def test_what_is_transparent_shows_white():
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0, 3] = 255
    assert as_image(pixels)[:, :, 0].tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        (np.zeros((5, 7), np.int64), TypeError, "uint8, uint16 or float, got int64"),
        (np.zeros((5, 7), bool), TypeError, "got bool"),
        (np.zeros((5, 7, 2)), ValueError, r"got \(5, 7, 2\)"),
        (np.zeros(5), ValueError, r"got \(5,\)"),
        (np.zeros((0, 7)), ValueError, "at least 2 x 2 pixels, got 7 x 0"),
        (np.zeros((1, 1, 3), np.uint8), ValueError, "at least 2 x 2 pixels, got 1 x 1"),
        (np.full((5, 7), np.nan), ValueError, "finite pixels, got 35 that are NaN"),
        (np.full((5, 7), 255.0), ValueError, "from 0 to 1, got 255 to 255"),
    ],
)
def test_what_is_no_picture_is_refused(pixels, error, message):
    with pytest.raises(error, match=message):
        as_image(pixels)


@pytest.mark.parametrize("ending", [".png", ".tif", ".tiff", ".bmp", ".webp", ".jpg"])
@pytest.mark.parametrize("channels", [1, 3])
def test_files_of_every_format_come_back(tmp_path, ending, channels):
    smooth = cv2.GaussianBlur(NOISE, (0, 0), 6)
    pixels = smooth if channels == 3 else smooth[:, :, 0]
    write_image(tmp_path / f"a{ending}", pixels)
    lossy = 0.03 if ending in (".jpg", ".webp") else 1e-6
    assert read_image(tmp_path / f"a{ending}") == pytest.approx(as_image(pixels), abs=lossy)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{ending}"]


@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 3), (9, 11, 4)])
def test_sixteen_bits_and_alpha_are_read(tmp_path, ending, shape):
    pixels = RNG.integers(0, 65536, shape).astype(np.uint16)
    bgr = pixels if len(shape) == 2 else pixels[:, :, [2, 1, 0, 3][: shape[2]]]
    cv2.imwrite(str(tmp_path / f"a{ending}"), bgr)
    assert read_image(tmp_path / f"a{ending}") == pytest.approx(as_image(pixels), abs=1e-6)


def test_a_photo_is_turned_as_its_exif_says(tmp_path):
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, :20] = 255
    encoded = cv2.imencode(".jpg", image)[1].tobytes()
    exif = (
        b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    )
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "turned.jpg").write_bytes(encoded[:2] + segment + encoded[2:])
    turned = read_image(tmp_path / "turned.jpg")
    assert turned.shape == (40, 20, 3)
    assert turned[:15].mean() > 0.9 > 0.1 > turned[25:].mean()


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".bmp", ".tif"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.995])
def test_a_file_that_is_cut_off_is_refused(tmp_path, capfd, ending, share):
    whole = cv2.imencode(ending, NOISE)[1].tobytes()
    (tmp_path / f"a{ending}").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ValueError, match=r"is cut off|is not a picture that can be read"):
        read_image(tmp_path / f"a{ending}")


def test_a_jpeg_with_a_thumbnail_is_known_to_be_cut_off(tmp_path):
    whole = cv2.imencode(".jpg", NOISE)[1].tobytes()
    thumbnail = cv2.imencode(".jpg", NOISE[:8, :8])[1].tobytes()
    segment = b"\xff\xe1" + (len(thumbnail) + 8).to_bytes(2, "big") + b"Exif\x00\x00" + thumbnail
    (tmp_path / "a.jpg").write_bytes((whole[:2] + segment + whole[2:])[:-200])
    with pytest.raises(ValueError, match="is cut off"):
        read_image(tmp_path / "a.jpg")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((1, 1), np.uint8))
    cv2.imwrite(str(tmp_path / "nan.tiff"), np.full((4, 4), np.nan, np.float32))
    for name, message in {
        "text.jpg": "not a picture",
        "empty.png": "is empty",
        "dot.png": "at least 2 x 2 pixels, got 1 x 1",
        "nan.tiff": "16 that are NaN",
    }.items():
        with pytest.raises(ValueError, match=message):
            read_pixels(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_image(tmp_path / "missing.png")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read_image(tmp_path)


def test_a_write_that_fails_leaves_nothing_and_takes_nothing(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(RuntimeError), written_whole(target) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text() == "before"


def test_outputs_that_cannot_be_written_are_refused_before_the_work(tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.png or \.svg"):
        check_output(tmp_path / "a.doc", (".png", ".svg"))
    with pytest.raises(FileNotFoundError, match=r"the folder '.*nowhere' does not exist"):
        check_output(tmp_path / "nowhere" / "a.png", (".png",))
    (tmp_path / "b.png").mkdir()
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        check_output(tmp_path / "b.png", (".png",))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_closed_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="is not writable"):
        check_output(tmp_path / "a.png", (".png",))
    tmp_path.chmod(0o700)


def test_sample_pictures_come_with_scikit_image():
    assert sample_pixels("rocket").dtype == np.uint8
    with pytest.raises(ValueError, match="expected a sample picture out of astronaut"):
        sample_pixels("mona lisa")


def test_the_recurrent_attention_models_locations_count_from_the_edges_of_each_axis():
    """(-1, -1) is the corner of the first pixel; x = 0.5 on 40 x 80 pixels is 59.5, by the width, not the height."""
    shape = (40, 80)
    assert normalised_to_pixels([(-1, -1), (0, 0), (1, 1), (0.5, 0.5)], shape).tolist() == [
        [-0.5, -0.5],
        [39.5, 19.5],
        [79.5, 39.5],
        [59.5, 29.5],
    ]
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    seen = extract_glimpses(image, (0.5, 0.5), size=8, scales=1, units="normalised")[0]
    assert np.array_equal(seen, image[26:34, 56:64])
    corner = extract_glimpses(image, (-1, -1), size=8, scales=1, units="normalised")[0]
    assert np.array_equal(corner[4:, 4:], image[:4, :4])
    assert not corner[:4].any()
    assert not corner[:, :4].any()


@given(st.floats(-2, 2), st.floats(-2, 2), st.integers(1, 500), st.integers(1, 500))
def test_pixels_and_normalised_locations_turn_into_each_other(x, y, height, width):
    there = normalised_to_pixels((x, y), (height, width))
    assert pixels_to_normalised(there, (height, width)) == pytest.approx([x, y], abs=1e-9)
