"""What a command gives back: names of its files, lines and progress for who waits, and what made it."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foveation import Viewing
    from saliency import Scanpath

T = TypeVar("T")
BECAME_WEBM = 'an .mp4 needs PyAV (pip install "foveal[video]"); the film became WebM'


def outputs_of(
    options: argparse.Namespace, name: str, defaults: tuple[str, ...], endings: tuple[str, ...]
) -> list[Path]:
    """Give the checked names of the outputs: those asked for, else the picture's name with `defaults` added."""
    from foveation.files import check_output

    asked = options.output or [Path.cwd() / f"{Path(name).stem}{addition}" for addition in defaults]
    return [check_output(path, endings) for path in asked]


def film_output_of(options: argparse.Namespace, default: str) -> Path:
    """Give the checked name of the one film to write."""
    from foveation.films.video import VIDEO_ENDINGS

    outputs = outputs_of(options, options.input.name, (default,), VIDEO_ENDINGS)
    if len(outputs) > 1:
        raise ValueError(f"expected one film to write, got {len(outputs)}")
    return outputs[0]


def note_webm(asked: Iterable[Path], written: Iterable[Path], *, aside: bool) -> None:
    """Tell if an MP4 became WebM: below the report, or aside, on standard error, where the output is for a program."""
    if any(was.suffix != now.suffix for was, now in zip(asked, written, strict=False)):
        say(BECAME_WEBM) if aside else report([("note", BECAME_WEBM)])


def angle_line(viewing: "Viewing") -> str:
    """Say how large the picture is for the eye."""
    across, down = viewing.size_deg
    return f"the picture is {across:.1f} x {down:.1f} deg, {viewing.pixels_per_degree:.1f} px/deg"


def ground_hint(pixels: "NDArray[Any]") -> str:
    """Say why nothing may stand out in a picture with transparency; nothing of another one."""
    from foveation.image import has_alpha

    return "; what is transparent shows white: --ground black lays it on another ground" if has_alpha(pixels) else ""


def report(rows: Iterable[tuple[str, Any]]) -> None:
    """Print names and what they are, aligned."""
    for name, value in rows:
        print(f"{name:<12} {value}")


def report_fixations(path: "Scanpath") -> None:
    """Print where each fixation was, and when."""
    for number, fixation in enumerate(path, start=1):
        times = f"at {fixation.onset * 1000:5.0f} ms for {fixation.duration * 1000:4.0f} ms"
        print(f"{number:>12}  x {fixation.x:7.1f}  y {fixation.y:7.1f}  {times}")


def progress(items: Iterable[T], total: int, unit: str) -> Iterable[T]:
    """Show a progress bar on standard error, if that is a terminal and tqdm is there."""
    if not sys.stderr.isatty():
        return items
    try:
        from tqdm import tqdm
    except ImportError:
        return items
    bar: Iterable[T] = tqdm(items, total=total or None, unit=unit)
    return bar


@contextmanager
def stages(*names: str) -> Iterator[Callable[[], None]]:
    """Show the first of some stages in a progress bar, as `progress` does; call what is given as the next one begins.

    Examples
    --------
    >>> with stages("picture", "map") as next_stage:
    ...     next_stage()
    """
    bar: Any = progress(names, len(names), "stage")
    if bar is names:  # nobody watches
        yield lambda: None
        return
    bar.leave = False

    def next_stage() -> None:
        bar.n += 1
        bar.set_description_str(names[bar.n])

    with bar:
        bar.set_description_str(names[0])
        yield next_stage


class Clock:
    """Guesses the time that is left from that of the work done so far.

    Parameters
    ----------
    total : float
        All there is to do, in any unit.
    """

    def __init__(self, total: float) -> None:
        self.total, self.done, self.begin = total, 0.0, time.monotonic()

    def skip(self, work: float) -> None:
        """Count work that was done before this run."""
        self.total -= work

    def left(self, work: float) -> str:
        """Count work that was just done; give the time for the rest."""
        self.done += work
        seconds = (time.monotonic() - self.begin) / self.done * (self.total - self.done)
        return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def say(sentence: str) -> None:
    """Write a line on standard error, for who waits."""
    print(sentence, file=sys.stderr, flush=True)


def made_with() -> str:
    """Name the versions on which a result depends."""
    from importlib.metadata import version
    from platform import python_version

    import numpy as np

    from foveation.opencv import cv2

    return f"foveal {version('foveal')}, Python {python_version()}, NumPy {np.__version__}, OpenCV {cv2.__version__}"
