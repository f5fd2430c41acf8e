"""Encoders of films: each is given pictures, one after the other, with the times between which they are shown."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from foveation.opencv import cv2

TICKS = 90_000  # a second of an H.264 stream; divisible by all usual frame rates
THREADS = 4  # of an encoder: what it writes depends on their number, so it is the same on every machine
LEAST_STEP = 2  # hundredths of a second between the frames of a GIF: browsers show faster ones slowly
PALETTE = 255  # colours of a GIF; one more stands for "as before"
COLOURS = {  # numbers of ITU-T H.273: without them browsers take films of 720 lines and more for BT.709
    "colorspace": 6,  # the matrix of BT.601, which readers take when they look at no tags
    "color_range": 1,  # black at 16, white at 235
    "color_primaries": 1,  # those of sRGB, and of BT.709
    "color_trc": 13,  # the transfer function of sRGB
}
HIGH_DEFINITION = 720  # lines from which browsers take untagged VP8 for BT.709, but not VP9
HEAD = 4096  # bytes of a WebM file in which the number of its track stands


class Encoder(Protocol):
    """What writes a film."""

    def write(self, image: NDArray[np.uint8], start: float, end: float) -> None:
        """Add a picture, shown between two times, in seconds."""

    def close(self) -> None:
        """Finish the file."""


class AvEncoder:
    """H.264 in MP4, or VP9 in WebM, by PyAV: every frame at its own time."""

    def __init__(self, path: Path, shape: tuple[int, int], fps: float) -> None:
        import av

        codec, options = {
            ".mp4": ("libx264", {"crf": "20", "preset": "veryfast", "bf": "0"}),  # the last packet is the last frame
            ".webm": ("libvpx-vp9", {"crf": "30", "b": "0", "deadline": "realtime", "cpu-used": "8"}),
        }[path.suffix.lower()]
        container_options = {"fflags": "+bitexact"}  # no random numbers, no versions
        if codec == "libx264":
            container_options["movflags"] = "+faststart"
        self.frame_type = av.VideoFrame
        self.container: Any = av.open(str(path), "w", options=container_options)
        rate = max(Fraction(fps).limit_denominator(1001), Fraction(1, 1001))
        self.stream = cast("Any", self.container.add_stream(codec, rate=rate, options=options))
        self.stream.height, self.stream.width = (side + side % 2 for side in shape)
        self.stream.pix_fmt = "yuv420p"
        context = self.stream.codec_context
        context.time_base, context.thread_count = Fraction(1, TICKS), THREADS
        for name, number in COLOURS.items():
            setattr(context, name, number)
        self.last = -1
        self.ends: dict[int, int] = {}

    def write(self, image: NDArray[np.uint8], start: float, end: float) -> None:
        """Add a picture."""
        picture = self.frame_type.from_ndarray(_even(image), format="rgb24")
        self.last = max(self.last + 1, round(start * TICKS))
        self.ends[self.last] = max(self.last + 1, round(end * TICKS))
        picture.pts, picture.time_base = self.last, Fraction(1, TICKS)
        self._mux(self.stream.encode(picture))

    def close(self) -> None:
        """Finish the file."""
        self._mux(self.stream.encode())
        self.container.close()

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            packet.duration = self.ends.pop(packet.pts) - packet.pts
            self.container.mux(packet)


class OpencvEncoder:
    """VP8, or VP9 for high definition, in WebM by OpenCV, which knows one frame rate only.

    A frame is repeated until the next one is due; the first one is shown from 0.
    """

    def __init__(self, path: Path, shape: tuple[int, int], fps: float) -> None:
        height, width = (side + side % 2 for side in shape)
        self.path, self.fps, self.written = path, fps, 0
        code = cv2.VideoWriter.fourcc(*("VP90" if height >= HIGH_DEFINITION else "VP80"))
        with _quiet():
            self.writer = cv2.VideoWriter(str(path), code, fps, (width, height))
        if not self.writer.isOpened():
            raise OSError(f"OpenCV could not open '{path}' for VP8 or VP9 video")

    def write(self, image: NDArray[np.uint8], start: float, end: float) -> None:
        """Add a picture."""
        picture = cv2.cvtColor(_even(image), cv2.COLOR_RGB2BGR)
        while self.written < round(end * self.fps):
            self.writer.write(picture)
            self.written += 1

    def close(self) -> None:
        """Finish the file."""
        self.writer.release()
        _name_track(self.path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from the user what OpenCV prints past its own log: it finds no code of four letters in WebM."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _name_track(path: Path) -> None:
    """Give the track of a WebM file the number 1 for the random one that FFmpeg draws for it."""
    with path.open("r+b") as file:
        head = file.read(HEAD)
        _, found, rest = head.partition(b"\x73\xc5\x88")  # TrackUID, of 8 bytes
        if found:
            file.seek(0)
            file.write(head.replace(rest[:8], (1).to_bytes(8, "big")))  # here and in the tags of the track


class GifEncoder:
    """GIF by Pillow, of one palette for the whole film, so that what rests does not flicker; held in memory until then.

    Times are rounded to hundredths of a second, which is all that the format knows, and do not drift. The first frame
    is shown from 0.
    """

    def __init__(self, path: Path, shape: tuple[int, int], fps: float) -> None:
        self.path = path
        self.starts: list[int] = []
        self.end = 0
        self.codes: list[NDArray[np.uint16]] = []

    def write(self, image: NDArray[np.uint8], start: float, end: float) -> None:
        """Add a picture."""
        begin = round(100 * start)
        if self.starts and begin - self.starts[-1] < LEAST_STEP:
            raise ValueError(
                f"expected frames of a GIF at least {LEAST_STEP / 100:g} s apart (50 a second), got one at "
                f"{self.starts[-1] / 100:g} s and one at {start:g} s"
            )
        self.starts.append(begin)
        self.end = max(round(100 * end), begin + LEAST_STEP)
        self.codes.append(_cube_codes(image))

    def close(self) -> None:
        """Finish the file."""
        from PIL import Image

        shades = np.rint(np.arange(32) * (255 / 31)).astype(np.uint8)  # 32 steps a channel
        cube = np.stack(np.meshgrid(shades, shades, shades, indexing="ij"), axis=-1).reshape(-1, 1, 3)
        counts = np.sum([np.bincount(code.ravel(), minlength=len(cube)) for code in self.codes], axis=0)
        some = np.repeat(cube, np.ceil(np.sqrt(counts)).astype(np.int64), axis=0)  # rare colours count for more
        palette = Image.fromarray(some).quantize(PALETTE, kmeans=1)
        nearest = np.asarray(Image.fromarray(cube).quantize(palette=palette, dither=Image.Dither.NONE)).ravel()
        pictures = []
        for code in self.codes:
            picture = Image.fromarray(nearest[code])
            picture.putpalette(palette.getpalette() or [])
            pictures.append(picture)
        steps = [10 * int(step) for step in np.diff([0, *self.starts[1:], self.end])]
        pictures[0].save(self.path, save_all=True, append_images=pictures[1:], duration=steps, loop=0, optimize=True)


def _cube_codes(image: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Give the number of each pixel's colour, in 32 steps of red, green and blue: 0 to 32767."""
    red, green, blue = np.moveaxis(image >> 3, -1, 0).astype(np.uint16)
    codes: NDArray[np.uint16] = red << 10 | green << 5 | blue
    return codes


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return image
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
