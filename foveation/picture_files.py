"""Picture files: read as their own numbers, within a bound, and written as their ending can hold them."""

import io
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_whole
from foveation.files import check_input, check_output, written_whole
from foveation.image import FULL_SCALE, WHITE, as_image, check_pixels
from foveation.opencv import cv2

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # how such files begin
JPEG_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd8\xff])")  # not those inside the coded pixels
END_OF_JPEG = b"\xd9"
WIDTH_TAG, HEIGHT_TAG, ORIENTATION_TAG = 256, 257, 274


class PictureHeader(NamedTuple):
    """What a picture file says before it is decoded: pixels as they lie in it, and how they are to be turned (EXIF).

    Parameters
    ----------
    width, height : int
        In pixels, of what is stored.
    orientation : int
        Of EXIF, 1 (as it is stored) to 8.
    """

    width: int
    height: int
    orientation: int


def picture_header(content: bytes) -> PictureHeader | None:
    """Read what a picture file says of itself, without decoding it; None if it is no picture, or damaged.

    The orientation is that which is left to do for who decodes by OpenCV: TIFFs come turned from there.
    """
    from PIL import Image

    if content.startswith(TIFF):
        return _tiff_header(content)
    for load_formats in (Image.preinit, Image.init):  # the usual ones, then all
        load_formats()
        for opened, accepts in [Image.OPEN[name] for name in Image.ID]:
            if accepts is None or accepts(content[:16]) is not True:
                continue
            try:
                picture = opened(io.BytesIO(content), "")
            except Exception:  # whatever a damaged file makes of Pillow
                continue
            return PictureHeader(*picture.size, _orientation(picture.info.get("exif", b"")))
    return None


def _tiff_header(content: bytes) -> PictureHeader | None:
    tags = _tiff_tags(content)
    width, height = tags.get(WIDTH_TAG), tags.get(HEIGHT_TAG)
    return PictureHeader(width, height, 1) if isinstance(width, int) and isinstance(height, int) else None


def _orientation(exif: bytes) -> int:
    """Give the orientation out of EXIF data; 1 where they tell none."""
    told = _tiff_tags(exif.removeprefix(b"Exif\0\0")).get(ORIENTATION_TAG, 1)
    return told if told in range(1, 9) else 1


def _tiff_tags(content: bytes) -> dict[int, Any]:
    """Give the first directory of a TIFF, which is what EXIF data are too; what cannot be read is left out."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    try:
        directory = ImageFileDirectory_v2(content[: 16 if b"+" in content[2:4] else 8])
        file = io.BytesIO(content)
        file.seek(directory.next)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="PIL")
            directory.load(file)
        return {tag: directory[tag] for tag in (WIDTH_TAG, HEIGHT_TAG, ORIENTATION_TAG) if tag in directory}
    except Exception:  # whatever damaged data make of Pillow
        return {}


def is_whole_picture(content: bytes) -> bool:
    """Whether a PNG, JPEG, WebP or BMP file has its end; decoders fill what is missing with grey and do not say so.

    What comes behind the end, as the clip in a phone's "motion photo", is not looked at.
    """
    if content.startswith(b"\x89PNG"):
        return content.rfind(b"IEND") > 0
    if content.startswith(b"\xff\xd8"):
        return _is_whole_jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return len(content) >= 8 + int.from_bytes(content[4:8], "little")
    if content.startswith(b"BM"):
        return len(content) >= int.from_bytes(content[2:6], "little")
    return True


def _is_whole_jpeg(content: bytes) -> bool:
    """Go from segment to segment, over thumbnails that they hold and coded pixels between them, to the end."""
    marker = JPEG_MARKER.search(content, 2)
    while marker and marker[1] != END_OF_JPEG:
        length = int.from_bytes(content[marker.end() : marker.end() + 2], "big")
        marker = JPEG_MARKER.search(content, marker.end() + length)
    return marker is not None


IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
WITH_16_BITS = (".png", ".tif", ".tiff")  # the other endings hold 8
WITH_ALPHA = (".png", ".tif", ".tiff", ".webp")
MAX_PIXELS = 2**28  # 16,384 x 16,384
SAMPLES = ("astronaut", "chelsea", "coffee", "rocket")


def read_pixels(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """Read a picture file as its own numbers: uint8, uint16 or float, RGB, turned as its EXIF orientation says.

    Parameters
    ----------
    path : str or Path
        The file.
    max_pixels : int
        Most pixels that are read: a small file may hold a picture that no memory does. Checked before it is decoded.

    Raises
    ------
    OSError
        If the file is missing, is a folder, or cannot be read.
    ValueError
        If it holds no picture, only a part of one, or more than `max_pixels`.
    """
    path = check_input(path, "picture")
    content = path.read_bytes()
    if not content:
        raise ValueError(f"'{path}' is empty")
    header = picture_header(content)
    if header is not None:
        check_size(path, header.width, header.height, max_pixels)
    if not is_whole_picture(content):
        raise ValueError(f"'{path}' is cut off: its end is missing")
    pixels = None if header is None else _decode(np.frombuffer(content, np.uint8))
    if header is None or pixels is None:
        raise ValueError(f"'{path}' is not a picture that can be read (or it is damaged)")
    try:
        return check_pixels(_turned(pixels, header.orientation))
    except (TypeError, ValueError) as error:
        raise ValueError(f"'{path}': {error}") from None


def check_size(path: str | Path, width: int, height: int, max_pixels: int) -> None:
    """Refuse a file whose pictures have more pixels than `max_pixels`."""
    check_whole("max_pixels", max_pixels, 1)
    if width * height > max_pixels:
        raise ValueError(
            f"'{path}' is {width} x {height} px, {width * height:,} pixels: expected at most {max_pixels:,} "
            "(max_pixels, or --max-pixels, allows more)"
        )


def read_image(path: str | Path, *, ground: ArrayLike = WHITE, max_pixels: int = MAX_PIXELS) -> NDArray[np.float32]:
    """Read a picture file: PNG, JPEG, TIFF, WebP, BMP; grey, RGB or RGBA; 8 or 16 bit.

    Parameters
    ----------
    path : str or Path
        The file.
    ground : array, shape (3,)
        Colour on which a picture with transparency lies, see `as_image`.
    max_pixels : int
        Most pixels that are read, 268 million (16,384 x 16,384) if none is given.

    Returns
    -------
    array of float32, shape (height, width, 3)
        RGB from 0 to 1, turned as the EXIF orientation says.

    Raises
    ------
    OSError
        If the file is missing, is a folder, or cannot be read.
    ValueError
        If it holds no picture, only a part of one, or more than `max_pixels`.
    """
    return as_image(read_pixels(path, max_pixels=max_pixels), ground=ground)


def _decode(content: NDArray[np.uint8]) -> NDArray[Any] | None:
    """Give the numbers of a picture file in RGB(A), as they lie in it; None if OpenCV cannot."""
    try:
        pixels: NDArray[Any] | None = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if pixels is None or pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB))


def _turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn and mirror a picture as its EXIF orientation, 1 to 8, says."""
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    down = -1 if orientation in (3, 4, 7, 8) else 1
    across = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::down, ::across]


def write_image(path: str | Path, image: ArrayLike) -> None:
    """Write a picture or a map, whole or not at all; the name's ending picks the format.

    Parameters
    ----------
    path : str or Path
        A name that ends in .png, .jpg, .jpeg, .tif, .tiff, .webp or .bmp.
    image : array, shape (height, width), (height, width, 1), (height, width, 3) or (height, width, 4)
        uint8 as it is; uint16 too, rounded to 8 bits for .jpg, .webp and .bmp; float from 0 to 1 as 8 bits. Alpha is
        laid over white for .jpg and .bmp, which hold none.

    Raises
    ------
    ValueError
        If the ending is another, `image` is no picture, or the format cannot hold one of its size.
    OSError
        If the folder is missing or closed to us, or the disk is full.
    """
    path = check_output(path, IMAGE_ENDINGS)
    ending = path.suffix.lower()
    pixels = _fitting(check_pixels(image), ending)
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    try:
        encoded, content = cv2.imencode(ending, pixels)
    except cv2.error:
        encoded = False
    if not encoded:
        raise ValueError(
            f"cannot write '{path}': a {ending} file cannot hold {pixels.shape[1]} x {pixels.shape[0]} pixels"
        )
    with written_whole(path) as draft:
        draft.write_bytes(content.tobytes())


def _fitting(pixels: NDArray[Any], ending: str) -> NDArray[Any]:
    """Give a picture in the depth and the channels that a file of this ending can hold."""
    if pixels.shape[2:] == (1,):
        pixels = pixels[:, :, 0]
    if pixels.shape[2:] == (4,) and ending not in WITH_ALPHA:
        pixels = as_image(pixels)
    if pixels.dtype == np.uint8 or (pixels.dtype == np.uint16 and ending in WITH_16_BITS):
        return pixels
    return np.rint(np.clip(pixels * (255 / FULL_SCALE.get(pixels.dtype, 1.0)), 0, 255)).astype(np.uint8)


def sample_pixels(name: str = "astronaut") -> NDArray[np.uint8]:
    """Give a picture that ships with scikit-image, uint8 RGB: astronaut, chelsea, coffee or rocket.

    Raises
    ------
    ValueError
        If there is no such picture.
    """
    if name not in SAMPLES:
        raise ValueError(f"expected a sample picture out of {', '.join(SAMPLES)}; got '{name}'")
    from skimage import data

    pixels: NDArray[np.uint8] = getattr(data, name)()
    return pixels
