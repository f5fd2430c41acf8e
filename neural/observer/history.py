"""The history of a gaze: where it has been, and when, of a path or of bare places."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neural.observer.grid import CellGrid
from saliency import Scanpath, Visit

FIRST_REST_S, REST_S = 0.2, 0.25  # how long the gaze rests at the start, and later, where a history does not tell


def visits_of(history: Scanpath | ArrayLike | None, start: tuple[float, float] | None, grid: CellGrid) -> list[Visit]:
    """Give the start and all fixations of a history; what it does not tell of times is filled in.

    Raises
    ------
    ValueError
        If the history is none of places, or the start lies outside the picture.
    """
    if isinstance(history, Scanpath):
        places, onsets, durations = history.places, history.onset, history.duration
        start = history.start if start is None else start
    else:
        places, durations = _told(history)
        onsets = np.full(len(places), np.nan)
    first = onsets[0] if len(onsets) and onsets[0] > 0 else FIRST_REST_S
    visits = [Visit(*grid.start(start), offset=float(first), onset=0.0)]
    for (x, y), onset, duration in zip(places.tolist(), onsets.tolist(), durations.tolist(), strict=True):
        landing = visits[-1].offset if np.isnan(onset) else onset
        visits.append(Visit(x, y, offset=landing + (duration if duration > 0 else REST_S), onset=landing))
    return visits


def _told(history: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give places (n, 2) and durations (n,) of the rows of a history; NaN where it does not tell a duration."""
    rows = np.asarray([] if history is None else history, np.float64)
    rows = rows.reshape(-1, 2) if rows.size == 0 else rows
    if rows.ndim != 2 or rows.shape[1] not in (2, 3):
        raise ValueError(f"expected a history (n, 2) or (n, 3) of places in pixels, got {rows.shape}")
    if not np.isfinite(rows[:, :2]).all():
        raise ValueError("expected a history of finite places in pixels, got NaN or infinity")
    return rows[:, :2], rows[:, 2] if rows.shape[1] == 3 else np.full(len(rows), np.nan)
