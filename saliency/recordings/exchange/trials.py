"""One viewing of one picture, as a file tells it: checked, and made a `Scanpath`."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.checks import check_number
from saliency.recordings.recordings import last_end
from saliency.scanpaths.scanpath import Scanpath

Geometry = Viewing | Callable[[str], Viewing]
"""A screen in the pixels of the file: one for all pictures, or a function of the picture's name."""


def listed(paths: Scanpath | Iterable[Scanpath]) -> list[Scanpath]:
    """Give a list of paths, also of a single one."""
    chosen = [paths] if isinstance(paths, Scanpath) else list(paths)
    for path in chosen:
        if not isinstance(path, Scanpath):
            raise TypeError(f"expected scanpaths, got {type(path).__name__}")
    return chosen


def titled(k: int, path: Scanpath) -> str:
    """Say in words which path of a list is meant."""
    return f"path {k} (picture '{path.stimulus}', observer '{path.subject}')"


def check_timed(k: int, path: Scanpath) -> None:
    """Refuse a path of which a time is unknown, for a format that needs them all."""
    if not np.isfinite([*path.onset, *path.duration, path.watched]).all():
        raise ValueError(f"{titled(k, path)}: expected all onsets and durations to be known, got NaN")
    if np.any(path.onset < 0):
        raise ValueError(f"{titled(k, path)}: expected onsets from 0 s up, got {path.onset.min():g} s")


def geometry_of(viewing: Geometry | None, stimulus: str, path: str | Path) -> Viewing:
    """Give the screen of a picture, or say that the file does not tell it."""
    if viewing is None:
        raise ValueError(f"'{path}' does not tell the size of the screen in cm and its distance: give `viewing`")
    return viewing if isinstance(viewing, Viewing) else viewing(stimulus)


def as_scanpath(
    x: ArrayLike,
    y: ArrayLike,
    onset: ArrayLike,
    duration: ArrayLike,
    *,
    viewing: Viewing,
    where: Callable[[int], str],
    stimulus: str = "",
    subject: str = "",
    first: int = 0,
    start: tuple[float, float] | None = None,
    watched: float | None = None,
) -> Scanpath:
    """Check what a file tells of one viewing, and make it a path.

    Parameters
    ----------
    x, y : array, shape (n,)
        Places, in pixels.
    onset, duration : array, shape (n,)
        Seconds; NaN where unknown.
    viewing : Viewing
        Geometry, in the pixels of the places.
    where : callable
        Says in words where a fixation, given by its number, stands in the file.
    stimulus, subject : str
        Names of picture and observer.
    first : int
        So many fixations at the beginning were no choices; the place of the last of them is the path's `start`.
    start : tuple of float, optional
        Place of the gaze when the picture appeared.
    watched : float, optional
        How long the picture was seen, in seconds; to the end of the last fixation if left out.

    Raises
    ------
    ValueError
        If a place is not finite, a time infinite, a duration negative or an onset below the one before.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = as_scanpath([1, 2], [3, 4], [0, 0.3], [0.3, 0.2], viewing=viewing, where=str, first=1)
    >>> path.x, path.start, path.watched
    (array([2.]), (1.0, 3.0), 0.5)
    """
    columns = [np.array(series, np.float64).reshape(-1) for series in (x, y, onset, duration)]
    _check(columns, where)
    check_number(first, "the number of fixations to leave out, 0 or more", least=0)
    x, y, onset, duration = columns
    if first and len(x):
        last = min(first, len(x)) - 1
        start = (float(x[last]), float(y[last]))
    path = Scanpath(
        x=x,
        y=y,
        onset=onset,
        duration=duration,
        viewing=viewing,
        watched=last_end(onset, duration) if watched is None else watched,
        stimulus=stimulus,
        subject=subject,
    )[first:]
    return path if start is None else replace(path, start=start)


def _check(columns: list[NDArray[np.float64]], where: Callable[[int], str]) -> None:
    x, y, onset, duration = columns
    backward = np.zeros(len(x), bool)
    backward[1:] = np.diff(onset) < 0
    refused = {
        "expected a place in pixels, got {} and {}": (~np.isfinite(x + y), x, y),
        "expected a finite onset and duration, got {} and {} s": (
            np.isinf(onset) | np.isinf(duration),
            onset,
            duration,
        ),
        "expected a duration from 0 up, got {} s": (duration < 0, duration),
        "expected an onset not before that of the fixation before, got {} s": (backward, onset),
    }
    for sentence, (wrong, *values) in refused.items():
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            raise ValueError(f"{where(k)}: {sentence.format(*(f'{series[k]:g}' for series in values))}")
