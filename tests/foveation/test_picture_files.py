"""Picture files: what an ending can hold, how a picture lies in its file, where the file ends, how large it may be."""

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from foveation import Frame, VideoWriter, as_image, read_image, read_video, write_image
from foveation.image import as_bytes, has_alpha, opaque
from foveation.picture_files import IMAGE_ENDINGS, WITH_16_BITS, WITH_ALPHA, read_pixels

RNG = np.random.default_rng(1)
SMOOTH = cv2.GaussianBlur(RNG.integers(0, 256, (40, 60, 4), np.uint8), (0, 0), 4)
HIDDEN = np.dstack([np.full((16, 16, 3), (255, 0, 255)), np.zeros((16, 16))]).astype(np.uint8)  # magenta, unseen
HIDDEN[4:12, 4:12] = (30, 60, 90, 255)


def _steps(ending):
    return 0.02 if ending in (".jpg", ".jpeg") else 0.5 / 255 + 1e-6


@pytest.mark.parametrize("ending", IMAGE_ENDINGS)
@pytest.mark.parametrize("channels", [0, 1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64, np.longdouble])
def test_whatever_is_written_reads_back_as_it_was(tmp_path, ending, channels, dtype):
    """Depth and alpha as far as the ending holds them; else rounded, and laid over white."""
    pixels = SMOOTH[:, :, 0] if not channels else SMOOTH[:, :, :channels]
    pixels = (
        pixels.astype(dtype) * {"u": {1: 1, 2: 257}.get(np.dtype(dtype).itemsize), "f": 1 / 255}[np.dtype(dtype).kind]
    )
    write_image(tmp_path / f"a{ending}", pixels.astype(dtype))
    stored = read_pixels(tmp_path / f"a{ending}")
    assert as_image(stored) == pytest.approx(as_image(pixels.astype(dtype)), abs=2 * _steps(ending))
    assert stored.dtype == (np.uint16 if dtype == np.uint16 and ending in WITH_16_BITS else np.uint8)
    assert has_alpha(stored) == (channels == 4 and ending in WITH_ALPHA)


@pytest.mark.parametrize("ending", IMAGE_ENDINGS)
def test_sixteen_bits_are_rounded_to_eight_not_cut(tmp_path, ending):
    levels = np.tile(np.arange(0, 65536, 1024, dtype=np.uint16), (16, 1))
    write_image(tmp_path / f"a{ending}", levels)
    error = 0.012 if ending.startswith(".jp") else 0.5 / 255 + 1e-6
    assert read_image(tmp_path / f"a{ending}")[:, :, 0] == pytest.approx(levels / 65535, abs=error)


@pytest.mark.parametrize("ending", IMAGE_ENDINGS)
@pytest.mark.parametrize("scale", [1, 257])
def test_the_colour_of_what_is_transparent_stays_hidden(tmp_path, ending, scale):
    write_image(tmp_path / f"a{ending}", HIDDEN.astype(np.uint16) * scale if scale > 1 else HIDDEN)
    seen = read_image(tmp_path / f"a{ending}")
    assert seen[:2, :2] == pytest.approx(1.0, abs=0.02)
    assert seen[6:10, 6:10].mean(axis=(0, 1)) == pytest.approx(np.array([30, 60, 90]) / 255, abs=0.02)


@pytest.mark.parametrize(("ending", "shape"), [(".webp", (2, 16400)), (".jpg", (2, 65600))])
def test_a_picture_that_the_format_cannot_hold_is_refused(tmp_path, ending, shape):
    with pytest.raises(ValueError, match=f"a {ending} file cannot hold {shape[1]} x 2 pixels"):
        write_image(tmp_path / f"a{ending}", np.zeros(shape, np.uint8))
    assert not list(tmp_path.iterdir())


def test_frames_of_every_kind_become_films(tmp_path):
    with VideoWriter(tmp_path / "a.webm", (40, 60), fps=5) as film:
        for number, frame in enumerate(
            [SMOOTH, SMOOTH[:, :, 0], SMOOTH[:, :, :3] / 255, SMOOTH.astype(np.uint16) * 257]
        ):
            film.write(Frame(number / 5, frame))
    frames = [frame.image for frame in read_video(film.path)]
    assert len(frames) == 4
    assert frames[3].astype(float) == pytest.approx(frames[0].astype(float), abs=12)
    assert frames[2].astype(float).mean() == pytest.approx(SMOOTH[:, :, :3].mean(), abs=4)


def test_means_over_areas_do_not_bring_out_a_hidden_colour():
    small = cv2.resize(as_image(HIDDEN), (4, 4), interpolation=cv2.INTER_AREA)
    assert cv2.resize(opaque(HIDDEN), (4, 4), interpolation=cv2.INTER_AREA) == pytest.approx(small)
    assert opaque(HIDDEN[:, :, :3]).dtype == np.uint8


@pytest.mark.parametrize("ground", [(0, 0, 0), (1, 1, 1), (0.25, 0.5, 0.75)])
@pytest.mark.parametrize("alpha", [0, 51, 255])
def test_a_transparent_picture_lies_on_the_ground_that_is_asked_for(tmp_path, ground, alpha):
    pixels = np.full((4, 5, 4), 255, np.uint8)
    pixels[:, :, 3] = alpha
    write_image(tmp_path / "a.png", pixels)
    share = alpha / 255
    expected = share + (1 - share) * np.array(ground)
    assert read_image(tmp_path / "a.png", ground=ground)[2, 3] == pytest.approx(expected, abs=1e-6)
    assert as_image(pixels[:, :, :3], ground=ground).min() == 1


@pytest.mark.parametrize("ground", ["white", (1, 1), (0, 0, 2), (np.nan, 0, 0), 1j, None])
def test_what_is_no_ground_is_refused(ground):
    with pytest.raises(ValueError, match="expected a ground of three numbers from 0 to 1"):
        as_image(HIDDEN, ground=ground)


def test_bytes_are_rounded_and_bytes_stay():
    assert np.array_equal(as_bytes(SMOOTH[:, :, :3]), SMOOTH[:, :, :3])
    assert np.array_equal(as_bytes(as_image(SMOOTH[:, :, :3])), SMOOTH[:, :, :3])


# EXIF orientation


STEPS = np.kron(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40 + 20, np.ones((16, 16), np.uint8))
KINDS = [
    *[("PNG", mode) for mode in ("L", "LA", "P", "RGB", "RGBA", "I;16")],
    *[("JPEG", mode) for mode in ("L", "RGB", "CMYK")],
    *[("WEBP", mode) for mode in ("RGB", "RGBA")],
    *[("TIFF", mode) for mode in ("L", "P", "RGB", "RGBA", "I;16")],
]


def _stored(form, mode, orientation):
    """Give a file of a picture whose orientation says that it is to be turned."""
    grey = Image.fromarray(STEPS.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(STEPS)
    picture = grey if mode in ("L", "I;16") else grey.convert(mode) if mode == "LA" else grey.convert("RGB")
    picture = picture.quantize(16) if mode == "P" else picture.convert(mode) if picture.mode != mode else picture
    exif, file = Image.Exif(), BytesIO()
    exif[274] = orientation
    more = {"TIFF": {"tiffinfo": {274: orientation}}, "WEBP": {"exif": exif, "lossless": True}}
    picture.save(file, form, **more.get(form, {"exif": exif, "quality": 95}))
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("form", "mode"), KINDS)
def test_every_picture_is_turned_as_its_exif_says(tmp_path, form, mode, orientation):
    (tmp_path / "a").write_bytes(_stored(form, mode, orientation))
    turned = ImageOps.exif_transpose(Image.open(BytesIO(_stored("PNG", "L", orientation))))
    assert read_image(tmp_path / "a")[:, :, 0] == pytest.approx(np.asarray(turned) / 255, abs=0.03)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_avif_is_turned_too(tmp_path, orientation):
    from PIL import features

    if not features.check("avif") or "AVIF:                        NO" in cv2.getBuildInformation():
        pytest.skip("neither Pillow nor OpenCV was built with AVIF")
    (tmp_path / "a.avif").write_bytes(_stored("AVIF", "RGB", orientation))
    turned = ImageOps.exif_transpose(Image.open(BytesIO(_stored("PNG", "L", orientation))))
    assert read_image(tmp_path / "a.avif")[:, :, 0] == pytest.approx(np.asarray(turned) / 255, abs=0.05)


@pytest.mark.parametrize("damage", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x09"])
def test_exif_data_that_cannot_be_read_turn_nothing(tmp_path, damage, recwarn):
    file = BytesIO()
    Image.fromarray(STEPS).save(file, "PNG", exif=damage)
    (tmp_path / "a.png").write_bytes(file.getvalue())
    assert np.array_equal(read_pixels(tmp_path / "a.png"), STEPS)
    assert not recwarn.list


# Where the file ends


@pytest.mark.parametrize("tail", [b"\0" * 100, b"\xff\xda\x00\x08" * 40, bytes(range(256)) * 8, b"ftypmp42" * 9])
@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".bmp", ".tif"])
def test_what_follows_the_end_of_a_picture_is_not_looked_at(tmp_path, ending, tail):
    """The clip behind a phone's motion photo, a second picture, an archive."""
    whole = cv2.imencode(ending, SMOOTH[:, :, :3])[1].tobytes()
    (tmp_path / "plain").write_bytes(whole)
    (tmp_path / "longer").write_bytes(whole + tail)
    assert np.array_equal(read_pixels(tmp_path / "longer"), read_pixels(tmp_path / "plain"))


@pytest.mark.parametrize("progressive", [0, 1])
@pytest.mark.parametrize("restart", [0, 3])
def test_every_kind_of_jpeg_has_its_end_found(tmp_path, progressive, restart):
    settings = [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive, cv2.IMWRITE_JPEG_RST_INTERVAL, restart]
    whole = cv2.imencode(".jpg", RNG.integers(0, 256, (80, 90, 3), np.uint8), settings)[1].tobytes()
    (tmp_path / "a.jpg").write_bytes(whole + b"\xff\xda" * 9)
    assert read_pixels(tmp_path / "a.jpg").shape == (80, 90, 3)
    for end in (len(whole) - 1, len(whole) - 2, len(whole) // 2):
        (tmp_path / "a.jpg").write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"is cut off|is not a picture"):
            read_pixels(tmp_path / "a.jpg")


# How large it may be


def _encoded(ending, shape):
    return cv2.imencode(ending, np.zeros(shape, np.uint8))[1].tobytes()


@pytest.mark.parametrize("ending", [*IMAGE_ENDINGS, ".ppm", ".gif", ".jp2", ".avif"])
def test_a_picture_of_more_pixels_than_asked_for_is_not_decoded(tmp_path, ending, monkeypatch):
    if not cv2.haveImageWriter(f"a{ending}"):
        pytest.skip(f"OpenCV was built without {ending}")
    (tmp_path / f"a{ending}").write_bytes(_encoded(ending, (64, 80, 3)))
    assert read_image(tmp_path / f"a{ending}", max_pixels=5120).shape == (64, 80, 3)
    monkeypatch.setattr(cv2, "imdecode", lambda *given: pytest.fail("decoded"))
    with pytest.raises(ValueError, match="is 80 x 64 px, 5,120 pixels: expected at most 5,119"):
        read_image(tmp_path / f"a{ending}", max_pixels=5119)


def test_a_small_file_that_holds_a_huge_picture_is_refused_at_once(tmp_path):
    """A bit for a pixel, all alike: 30,000 x 30,000 in 111 KB."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(3751)) for _ in range(30000)) + rows.flush()
    header = struct.pack(">IIBBBBB", 30000, 30000, 1, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(content)
    with pytest.raises(ValueError, match="is 30000 x 30000 px, 900,000,000 pixels: expected at most 268,435,456"):
        read_pixels(tmp_path / "bomb.png")


def test_frames_of_more_pixels_than_asked_for_are_refused(tmp_path):
    with VideoWriter(tmp_path / "a.webm", (40, 60), fps=5) as film:
        film.write(Frame(0, SMOOTH[:, :, :3]))
    assert read_video(film.path, max_pixels=2400).shape == (40, 60)
    with pytest.raises(ValueError, match="is 60 x 40 px, 2,400 pixels: expected at most 2,399"):
        read_video(film.path, max_pixels=2399)


@pytest.mark.parametrize("bound", [0, -1, 2.5, None, "many", float("nan")])
def test_a_bound_that_is_no_number_of_pixels_is_refused(tmp_path, bound):
    (tmp_path / "a.png").write_bytes(_encoded(".png", (4, 5)))
    with pytest.raises(ValueError, match="expected max_pixels to be a whole number, at least 1"):
        read_pixels(tmp_path / "a.png", max_pixels=bound)
