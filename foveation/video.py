"""Films in and out, with the true time of every frame."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_shape
from foveation.files import check_input, check_output, written_whole
from foveation.image import MAX_PIXELS, as_bytes, check_size
from foveation.opencv import cv2

VIDEO_ENDINGS = (".mp4", ".webm")  # of films that are written
WRITTEN_ENDINGS = (*VIDEO_ENDINGS, ".gif")  # and of short ones, without sound or end
FILM_ENDINGS = (*VIDEO_ENDINGS, ".avi", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".ogv", ".wmv")  # that are read
TICKS = 90_000  # a second of an H.264 stream; divisible by all usual frame rates
FASTEST_GRID = 120.0
LEAST_STEP = 2  # hundredths of a second between the frames of a GIF: browsers show faster ones slowly
PALETTE = 255  # colours of a GIF; one more stands for "as before"


class Frame(NamedTuple):
    """One picture of a film: when it is shown, in seconds from the start, and its uint8 RGB pixels."""

    time: float
    image: NDArray[np.uint8]


class BrokenVideoError(ValueError):
    """The film ends before it should; `frames` of it could be read."""

    def __init__(self, path: Path, frames: int, expected: int) -> None:
        super().__init__(f"'{path}' is damaged: {frames} of {expected} frames could be read")
        self.frames = frames


@dataclass(frozen=True)
class Video:
    """A film that can be read from its start any number of times; iterating gives one `Frame` after the other.

    Parameters
    ----------
    path : Path
        The file.
    fps : float
        Frames per second that the file states; an average where the steps differ.
    frame_count : int
        Number of frames that the file states; an estimate in some formats.
    shape : tuple of int
        Height and width of a frame, in pixels.
    """

    path: Path
    fps: float
    frame_count: int
    shape: tuple[int, int]

    def __iter__(self) -> Iterator[Frame]:
        """Read the frames in order.

        Raises
        ------
        BrokenVideoError
            After the last frame that could be read, if frames are missing.
        """
        capture = _opened(self.path)
        frames, previous = 0, -1 / self.fps
        try:
            while True:
                good, pixels = capture.read()
                if not good:
                    break
                time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if time <= previous:  # a format without times of its own
                    time = previous + 1 / self.fps
                frames, previous = frames + 1, time
                yield Frame(time, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
        finally:
            capture.release()
        stated_end = (self.frame_count - 2) / self.fps
        if frames < self.frame_count - 2 and previous < stated_end - 0.25:
            raise BrokenVideoError(self.path, frames, self.frame_count)

    def times(self) -> NDArray[np.float64]:
        """Read through the film once for the time of each frame, in seconds."""
        capture = _opened(self.path)
        times: list[float] = []
        while capture.grab():
            times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        capture.release()
        return np.array(times)


def read_video(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> Video:
    """Open a film.

    Parameters
    ----------
    path : str or Path
        Any film that the FFmpeg inside OpenCV reads.
    max_pixels : int
        Most pixels of a frame, see `read_image`; checked before one is decoded.

    Returns
    -------
    Video
        Iterate over it for `Frame(time, image)`; times are the file's own, so a variable frame rate is kept.

    Raises
    ------
    OSError
        If the file is missing or is a folder.
    ValueError
        If no frame of it can be read, or frames have more pixels than `max_pixels`.
    """
    path = check_input(path, "video")
    capture = _opened(path)
    width, height = (round(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    check_size(path, width, height, max_pixels)
    good, pixels = capture.read()
    fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    if not good:
        raise ValueError(f"'{path}' is damaged: no frame of it could be read")
    fps = fps if np.isfinite(fps) and fps > 0 else 25.0
    return Video(path, float(fps), max(int(count), 0), (pixels.shape[0], pixels.shape[1]))


def _opened(path: Path) -> Any:  # noqa: ANN401  (OpenCV's stubs differ between versions 4 and 5)
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise ValueError(f"'{path}' is not a video that can be read (or it is damaged)")
    return capture


class _Encoder(Protocol):
    def write(self, frame: Frame) -> None: ...
    def close(self) -> None: ...


class _AvEncoder:
    """H.264 in MP4, or VP9 in WebM, by PyAV: every frame at its own time."""

    def __init__(self, path: Path, shape: tuple[int, int], fps: float) -> None:
        import av

        codec, options = {
            ".mp4": ("libx264", {"crf": "20", "preset": "veryfast"}),
            ".webm": ("libvpx-vp9", {"crf": "30", "b": "0", "deadline": "realtime", "cpu-used": "8"}),
        }[path.suffix.lower()]
        container_options = {"movflags": "+faststart"} if codec == "libx264" else {}
        self.frame_type = av.VideoFrame
        self.container: Any = av.open(str(path), "w", options=container_options)
        rate = Fraction(fps).limit_denominator(1001)
        self.stream = cast("Any", self.container.add_stream(codec, rate=rate, options=options))
        self.stream.height, self.stream.width = (side + side % 2 for side in shape)
        self.stream.pix_fmt = "yuv420p"
        self.stream.codec_context.time_base = Fraction(1, TICKS)
        self.last = -1

    def write(self, frame: Frame) -> None:
        picture = self.frame_type.from_ndarray(_even(frame.image), format="rgb24")
        self.last = max(self.last + 1, round(frame.time * TICKS))
        picture.pts, picture.time_base = self.last, Fraction(1, TICKS)
        self.container.mux(self.stream.encode(picture))

    def close(self) -> None:
        self.container.mux(self.stream.encode())
        self.container.close()


class _OpencvEncoder:
    """VP8 in WebM by OpenCV, which knows one frame rate only: a frame is repeated until the next one is due."""

    def __init__(self, path: Path, shape: tuple[int, int], fps: float) -> None:
        height, width = (side + side % 2 for side in shape)
        self.fps, self.written = fps, 0
        self.pending: NDArray[np.uint8] | None = None
        self.writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP80"), fps, (width, height))
        if not self.writer.isOpened():
            raise OSError(f"OpenCV could not open '{path}' for VP8 video")

    def write(self, frame: Frame) -> None:
        self._fill(round(frame.time * self.fps))
        self.pending = cv2.cvtColor(_even(frame.image), cv2.COLOR_RGB2BGR)

    def close(self) -> None:
        self._fill(self.written + 1)
        self.writer.release()

    def _fill(self, slot: int) -> None:
        while self.pending is not None and self.written < slot:
            self.writer.write(self.pending)
            self.written += 1


class _GifEncoder:
    """GIF by Pillow, of one palette for the whole film, so that what rests does not flicker; held in memory until then.

    Times are rounded to hundredths of a second, which is all that the format knows, and do not drift.
    """

    def __init__(self, path: Path, shape: tuple[int, int], fps: float) -> None:
        self.path, self.fps = path, fps
        self.starts: list[int] = []
        self.codes: list[NDArray[np.uint16]] = []

    def write(self, frame: Frame) -> None:
        start = round(100 * frame.time)
        if self.starts and start - self.starts[-1] < LEAST_STEP:
            raise ValueError(
                f"expected frames of a GIF at least {LEAST_STEP / 100:g} s apart (50 a second), got one at "
                f"{self.starts[-1] / 100:g} s and one at {frame.time:g} s"
            )
        self.starts.append(start)
        self.codes.append(_cube_codes(frame.image))

    def close(self) -> None:
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
        last = self.starts[-1] + max(LEAST_STEP, round(100 / self.fps))
        steps = [10 * int(step) for step in np.diff([*self.starts, last])]
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


def grid_rate(times: ArrayLike) -> float:
    """Frame rate, in frames per second, of the coarsest even grid that keeps the given frame times apart.

    Examples
    --------
    >>> grid_rate([0, 0.04, 0.08]), round(grid_rate([0, 0.02, 0.12, 0.14]))
    (25.0, 50)
    """
    steps = np.diff(np.asarray(times, np.float64))
    steps = steps[steps > 0]
    return min(FASTEST_GRID, round(1 / float(steps.min()), 3)) if steps.size else 25.0


def has_av() -> bool:
    """Whether PyAV (the `video` extra) is installed, and films become H.264."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


class VideoWriter:
    """A film that is being written; it plays in every browser, and appears under its name only when it is whole.

    With PyAV (the `video` extra) an MP4 holds H.264 and a WebM VP9, each frame at its own time. Without it the film is
    VP8 in WebM on an even grid of `fps`, whatever ending was asked for: `path` says where it went. A GIF repeats for
    ever, has 255 colours, and is held in memory until the end: for short films. Used as a context manager; a film that
    is interrupted from the keyboard is closed properly and kept, one that fails is removed.

    Parameters
    ----------
    path : str or Path
        A name that ends in .mp4, .webm or .gif.
    shape : tuple of int
        Height and width of the frames, in pixels; odd sides get one more row or column.
    fps : float
        Frames per second (`grid_rate` of the frame times when they differ).

    Raises
    ------
    ValueError
        If the ending is another, a frame has another shape, or those of a GIF come faster than 50 a second.
    OSError
        If the folder is missing or closed to us.
    """

    def __init__(self, path: str | Path, shape: tuple[int, int], *, fps: float) -> None:
        self.path = check_output(path, WRITTEN_ENDINGS)
        if not has_av() and not self._is_gif:
            self.path = self.path.with_suffix(".webm")
        check_number(fps, "a positive rate in frames per second", above=0)
        self.shape, self.fps, self.frames = check_shape(shape)[:2], fps, 0
        self._stack = ExitStack()
        self._encoder: _Encoder | None = None

    @property
    def _is_gif(self) -> bool:
        return self.path.suffix.lower() == ".gif"

    def __enter__(self) -> Self:
        encoder = _GifEncoder if self._is_gif else _AvEncoder if has_av() else _OpencvEncoder
        draft = self._stack.enter_context(written_whole(self.path))
        self._encoder = encoder(draft, (self.shape[0], self.shape[1]), self.fps)
        return self

    def write(self, frame: Frame) -> None:
        """Add one frame; its time must be later than that of the frame before."""
        if self._encoder is None:
            raise ValueError("the film is not open: use `with VideoWriter(...) as film`")
        if frame.image.shape[:2] != self.shape:
            got = f"{frame.image.shape[1]} x {frame.image.shape[0]}"
            raise ValueError(
                f"expected frames of {self.shape[1]} x {self.shape[0]} pixels, got {got} at {frame.time:.3f} s"
            )
        self._encoder.write(Frame(frame.time, as_bytes(frame.image)))
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        keep = self.frames > 0 and (kind is None or issubclass(kind, KeyboardInterrupt))
        try:
            if self._encoder is not None and self.frames:
                self._encoder.close()
        except BaseException as failure:
            self._stack.__exit__(type(failure), failure, failure.__traceback__)
            raise
        if keep:
            self._stack.close()
        else:
            unfinished = error or ValueError(f"cannot write '{self.path}': there are no frames")
            self._stack.__exit__(type(unfinished), unfinished, trace)
            if kind is None:
                raise unfinished


def write_video(path: str | Path, frames: Iterable[Frame], *, fps: float = 25.0) -> Path:
    """Write a film, whole or not at all, that plays in every browser; return where it went (see `VideoWriter`).

    Raises
    ------
    ValueError
        If there is no frame, the ending is none of .mp4, .webm and .gif, or frames differ in shape.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise ValueError(f"cannot write '{path}': there are no frames")
    with VideoWriter(path, (first.image.shape[0], first.image.shape[1]), fps=fps) as film:
        for frame in chain([first], frames):
            film.write(frame)
    return film.path
