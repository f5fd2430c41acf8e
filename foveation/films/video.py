"""Films in and out, with the true time of every frame."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_shape
from foveation.files import check_input, check_output, written_whole
from foveation.films.containers import breaks_off, track_end
from foveation.films.encoders import AvEncoder, Encoder, GifEncoder, OpencvEncoder
from foveation.image import as_bytes
from foveation.opencv import cv2
from foveation.picture_files import MAX_PIXELS, check_size

VIDEO_ENDINGS = (".mp4", ".webm")  # of films that are written
WRITTEN_ENDINGS = (*VIDEO_ENDINGS, ".gif")  # and of short ones, without sound or end
FILM_ENDINGS = (*VIDEO_ENDINGS, ".avi", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".ogv", ".wmv")  # that are read
STREAM_ENDINGS = (".mpg", ".mpeg")  # of formats whose clock has no zero: times count from the start of the film
FASTEST_GRID = 120.0
SLACK = 0.25  # s that may be missing at the end of a film before it is called damaged


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
        Number of frames that the file states; an estimate in some formats, and more than are shown in others.
    shape : tuple of int
        Height and width of a frame, in square pixels: where those of the file are not square, the frame is stretched.
    start, end : float
        When the first frame appears and when the film ends, in seconds on the clock of the file, which is that of
        players. Until `end` the last frame is shown. 0 and 0 if they are not known.
    """

    path: Path
    fps: float
    frame_count: int
    shape: tuple[int, int]
    start: float = 0.0
    end: float = 0.0

    def __iter__(self) -> Iterator[Frame]:
        """Read the frames in order.

        Raises
        ------
        BrokenVideoError
            After the last frame that could be read, if frames are missing.
        """
        capture = _opened(self.path)
        frames, last = 0, self.start
        try:
            for last in self._times(capture):
                good, pixels = capture.retrieve()
                if not good:
                    break
                frames += 1
                yield Frame(last, self._square(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)))
        finally:
            capture.release()
        if frames < self.frame_count and last + SLACK < self.end and self._goes_on_after(last):
            raise BrokenVideoError(self.path, frames, self.frame_count)

    def times(self) -> NDArray[np.float64]:
        """Read through the film once for the time of each frame, in seconds."""
        capture = _opened(self.path)
        times = np.array(list(self._times(capture)), np.float64)
        capture.release()
        return times

    def _times(self, capture: Any) -> Iterator[float]:  # noqa: ANN401
        """Step from frame to frame; give the time of each."""
        previous = self.start - 1 / self.fps
        while capture.grab():
            time = self._time(capture)
            if time <= previous:  # a format without times of its own
                time = previous + 1 / self.fps
            previous = time
            yield time

    def _time(self, capture: Any) -> float:  # noqa: ANN401
        return self.start + float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000

    def _square(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Stretch a frame whose pixels are not square."""
        height, width = self.shape
        return pixels if pixels.shape[:2] == self.shape else cv2.resize(pixels, (width, height))

    def _goes_on_after(self, last: float) -> bool:
        """Whether the file has, or should have, frames after the last that could be read."""
        if breaks_off(self.path):
            return True
        undecoded = cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
        packets, missed = 0, False
        while undecoded.grab() and not missed:
            packets, missed = packets + 1, last + SLACK < self._time(undecoded) < self.end
        undecoded.release()
        return missed or (track_end(self.path) is not None and packets < self.frame_count)


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
        Iterate over it for `Frame(time, image)`; times are the file's own, so a variable frame rate is kept, and a
        film whose first frame appears late begins late. Frames are shown as a player shows them: turned, and with
        square pixels. When the first frame of a late film appears is known exactly with PyAV (the `video` extra), to
        half a frame with OpenCV from 4.12 alone, and not with an earlier one, which counts from that frame. The matrix
        of its colours is heeded by OpenCV from 4.13; earlier ones take all films for BT.601.

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
    if not good:
        raise ValueError(f"'{path}' is damaged: no frame of it could be read")
    fps, count = capture.get(cv2.CAP_PROP_FPS), max(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
    fps = float(fps) if np.isfinite(fps) and fps > 0 else 25.0
    shape, start = _shown_shape(capture, pixels.shape), _start(path, capture, fps)
    capture.release()
    end = track_end(path)
    return Video(path, fps, count, shape, start, count / fps if end is None else end)


def _opened(path: Path) -> Any:  # noqa: ANN401  (OpenCV's stubs differ between versions 4 and 5)
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise ValueError(f"'{path}' is not a video that can be read (or it is damaged)")
    return capture


def _shown_shape(capture: Any, shape: tuple[int, ...]) -> tuple[int, int]:  # noqa: ANN401
    """Give the height and width of a frame in square pixels, of which there are never fewer than there were."""
    aspect = [capture.get(each) for each in (cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN)]
    height, width = shape[:2]
    if not min(aspect) > 0:
        return height, width
    wide, high = aspect
    if capture.get(cv2.CAP_PROP_ORIENTATION_META) % 180:  # OpenCV has turned the frame, but not its pixels
        wide, high = high, wide
    return round(height * max(1.0, high / wide)), round(width * max(1.0, wide / high))


def _start(path: Path, capture: Any, fps: float) -> float:  # noqa: ANN401
    """When the first frame appears, in seconds; OpenCV counts its times from there."""
    stream = path.suffix.lower() in STREAM_ENDINGS
    if has_av():
        import av

        try:
            with av.open(str(path)) as container:
                pictures = container.streams.video[0]
                zero = (container.start_time or 0) / av.time_base if stream else 0.0
                return max(0.0, float((pictures.start_time or 0) * (pictures.time_base or 0)) - zero)
        except (av.FFmpegError, IndexError):
            pass
    if stream or not hasattr(cv2, "CAP_PROP_PTS"):
        return 0.0
    late: float = capture.get(cv2.CAP_PROP_PTS) / fps - capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    return max(0.0, late)


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
    VP8 (VP9 from 720 lines up) in WebM on an even grid of `fps`, whatever ending was asked for: `path` says where it
    went. A GIF repeats for ever, has 255 colours, and is held in memory until the end: for short films. The same frames
    give the same bytes. Used as a context manager; a film that is interrupted from the keyboard is closed properly and
    kept, one that fails is removed.

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
        self._encoder: Encoder | None = None
        self._shown: Frame | None = None  # until the next one comes

    @property
    def _is_gif(self) -> bool:
        return self.path.suffix.lower() == ".gif"

    def __enter__(self) -> Self:
        encoder = GifEncoder if self._is_gif else AvEncoder if has_av() else OpencvEncoder
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
        self._show_until(frame.time)
        self._shown = Frame(frame.time, as_bytes(frame.image).copy())
        self.frames += 1

    def hold(self, end: float) -> None:
        """Show the last frame until this time, in seconds; without a word, or if that is past, it is shown for 1 / fps.

        Examples
        --------
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "slide.gif"
        >>> with VideoWriter(path, (40, 60), fps=10) as film:
        ...     film.write(Frame(0.0, np.zeros((40, 60, 3), np.uint8)))
        ...     film.hold(7.0)
        >>> round(read_video(path).end, 3)
        7.0
        """
        if self._shown is not None:
            self._show_until(end if end > self._shown.time else self._shown.time + 1 / self.fps)

    def _show_until(self, end: float) -> None:
        if self._encoder is not None and self._shown is not None:
            self._encoder.write(self._shown.image, self._shown.time, end)
            self._shown = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        keep = self.frames > 0 and (kind is None or issubclass(kind, KeyboardInterrupt))
        try:
            if self._encoder is not None and self.frames:
                self.hold(0.0)
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
