"""Where a gaze is at any time, from a table or a scanpath on disk."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveation.eye_tracking import gaze_trace
from foveation.files import read_text, reading, table_rows
from saliency import Scanpath

SAMPLES_PER_SECOND = 500.0


class GazeCourse:
    """A gaze that can be asked for its place at any time; before its first and after its last sample it rests."""

    def __init__(self, time: NDArray[np.float64], places: NDArray[np.float64]) -> None:
        self.time, self.places = time, places

    def __call__(self, time: float) -> tuple[float, float]:
        """Give the place (x, y), in pixels, at a time in seconds."""
        x, y = (float(np.interp(time, self.time, series)) for series in self.places.T)
        return x, y


def read_gaze(path: Path) -> GazeCourse:
    """Read a gaze: a scanpath of ours (.json, .csv), or a .csv with the columns time_ms, x and y.

    Raises
    ------
    OSError
        If the file is missing or cannot be read.
    ValueError
        If it holds neither.
    """
    if path.suffix.lower() not in (".csv", ".json"):
        raise ValueError(f"cannot read a gaze from '{path}': expected a name that ends in .csv or .json, or mouse")
    if path.suffix.lower() == ".csv" and path.is_file():
        (_, titles), *rows = table_rows(read_text(path), path)
        if "time_ms" in titles:
            return _of_table(path, [dict(zip(titles, row, strict=False)) for _, row in rows if row])
    trace = gaze_trace(Scanpath.read(path), SAMPLES_PER_SECOND)
    return GazeCourse(trace.time, trace.places)


def _of_table(path: Path, rows: list[dict[str, str]]) -> GazeCourse:
    with reading(path, "is no table of gaze: expected numbers in time_ms, x and y"):
        table = np.array([[float(row[name]) for name in ("time_ms", "x", "y")] for row in rows])
    if not len(table) or not np.isfinite(table).all() or np.any(np.diff(table[:, 0]) < 0):
        raise ValueError(f"'{path}' is no table of gaze: expected finite places at times that ascend")
    return GazeCourse(table[:, 0] / 1000, table[:, 1:])
