"""The table of one path that `multimatch_gaze` and its command compare."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from foveation.files import check_output, read_text, table_rows, written_whole
from saliency.recordings.columns import read_numbers
from saliency.recordings.exchange.trials import Geometry, as_scanpath, geometry_of, listed, titled
from saliency.scanpaths.scanpath import Scanpath

COLUMNS = ("start_x", "start_y", "duration")
ENDINGS = (".tsv", ".txt")


def write_multimatch(paths: Scanpath | Iterable[Scanpath], path: str | Path) -> None:
    """Write one path as multimatch_gaze reads it: places in pixels and durations in SECONDS, separated by tabs.

    Places and durations are exact. The file cannot hold onsets, latencies, scores, the start, the names, the geometry,
    nor a second path.

    Parameters
    ----------
    paths : Scanpath or list of one Scanpath
        The path.
    path : str or Path
        Ends in .tsv or .txt.

    Raises
    ------
    ValueError
        If the ending is another, there is not one path, or a duration is unknown.
    OSError
        If the folder is missing or closed to us.

    References
    ----------
    Wagner, Halchenko and Hanke (2019), multimatch-gaze: the MultiMatch algorithm for gaze path comparison in Python,
    J. Open Source Software 4.

    Examples
    --------
    >>> import tempfile
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(x=[1.5], y=[2], onset=[0.2], duration=[0.3], viewing=viewing, watched=1)
    >>> file = Path(tempfile.mkdtemp()) / "path.tsv"
    >>> write_multimatch(path, file)
    >>> file.read_text().split()
    ['start_x', 'start_y', 'duration', '1.5', '2.0', '0.3']
    """
    path = check_output(path, ENDINGS)
    chosen = listed(paths)
    if len(chosen) != 1:
        raise ValueError(f"a multimatch file holds one path, got {len(chosen)}: write a file for each")
    if np.isnan(chosen[0].duration).any():
        raise ValueError(f"{titled(0, chosen[0])}: expected all durations to be known, got NaN")
    rows = [(fixation.x, fixation.y, fixation.duration) for fixation in chosen[0]]
    with written_whole(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([COLUMNS, *rows])


def read_multimatch(
    path: str | Path, viewing: Geometry | None = None, *, stimulus: str = "", subject: str = "", first: int = 0
) -> list[Scanpath]:
    """Read a table with the columns start_x, start_y (pixels) and duration (seconds); others are left out.

    Parameters
    ----------
    path : str or Path
        Cells separated by tabs.
    viewing : Viewing or callable
        Geometry, in the pixels of the file.
    stimulus, subject : str
        Names of picture and observer, which the file does not hold.
    first : int
        So many fixations at the beginning are left out; the last of them is the path's `start`.

    Returns
    -------
    list of Scanpath
        One path; its onsets are unknown.

    Raises
    ------
    ValueError
        If a column is missing, a cell holds no number, or no geometry is given.
    OSError
        If the file is missing.
    """
    path = Path(path)
    cells = table_rows(read_text(path), path, "\t")
    _, titles = next(cells, (0, []))
    titles = [" ".join(title.split()) for title in titles]
    missing = [name for name in COLUMNS if name not in titles]
    if missing:
        raise ValueError(f"'{path}': expected columns {', '.join(COLUMNS)}, got {', '.join(titles) or 'none'}")
    rows, lines = [], []
    for line, row in cells:
        if row:
            if len(row) < len(titles):
                raise ValueError(f"'{path}', row {line}: expected {len(titles)} cells, got {len(row)}")
            rows.append(row)
            lines.append(line)
    x, y, duration = (
        read_numbers([row[titles.index(name)] for row in rows], lines, path, name, comma=False) for name in COLUMNS
    )
    return [
        as_scanpath(
            x,
            y,
            np.full(len(x), np.nan),
            duration,
            viewing=geometry_of(viewing, stimulus, path),
            where=lambda k: f"'{path}', row {lines[k]}",
            stimulus=stimulus,
            subject=subject,
            first=first,
        )
    ]
