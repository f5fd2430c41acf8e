"""The film that a command writes beside the one that it reads: with its shape and times, as far as that can be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from demos import Failure
from demos.outputs import progress

if TYPE_CHECKING:
    from foveation import Frame, VideoWriter
    from foveation.films.video import BrokenVideoError, Video


class FilmBeside:
    """A film that is read, and the one that is written beside it; made by `film_beside`.

    Parameters
    ----------
    video : Video
        The film that is read.
    writer : VideoWriter
        What writes the other.
    """

    def __init__(self, video: "Video", writer: "VideoWriter") -> None:
        self.video, self.writer = video, writer
        self.problem: BrokenVideoError | None = None  # why the film that is read ended early
        self.is_read = False  # to its end

    def frames(self) -> "Iterator[Frame]":
        """Read the film, with a progress bar."""
        yield from progress(self.video, self.video.frame_count, "frame")
        self.is_read = True

    def check(self) -> None:
        """Fail if the film was damaged.

        Raises
        ------
        Failure
            With a sentence that says so.
        """
        if self.problem:
            raise Failure(f"{self.problem}; what could be read was kept")


@contextmanager
def film_beside(video: "Video", output: Path) -> "Iterator[FilmBeside]":
    """Open the film to write; one that is read to its end ends with it, a damaged one is followed as far as it goes.

    Raises
    ------
    ValueError
        If it would be written over the film that is read.
    """
    from foveation.films.video import BrokenVideoError, VideoWriter, grid_rate, has_av

    fps = video.fps if has_av() else grid_rate(video.times())
    writer = VideoWriter(output, video.shape, fps=fps)
    if writer.path.resolve() == video.path.resolve():
        raise ValueError(f"'{writer.path}' is the film to read: expected one film to write, under another name")
    with writer:
        film = FilmBeside(video, writer)
        try:
            yield film
        except BrokenVideoError as error:
            film.problem = error
        if film.is_read:
            writer.hold(video.end)
