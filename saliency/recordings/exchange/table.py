"""A table of the fixations of many paths: for spreadsheets, R, pandas and polars."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.files import check_output, written_whole
from saliency.recordings.columns import TABLE_ENDINGS, named_columns, read_numbers, read_sheet
from saliency.recordings.exchange.trials import Geometry, as_scanpath, geometry_of, listed
from saliency.recordings.recordings import known_durations
from saliency.scanpaths.scanpath import Scanpath

WHOLE = (
    *("start_x", "start_y", "watched_ms", "ended"),
    *("picture_width_px", "picture_height_px", "picture_width_cm", "picture_height_cm", "distance_cm"),
)


def write_table(paths: Scanpath | Iterable[Scanpath], path: str | Path) -> None:
    """Write one table of many paths, a row a fixation, with the columns of `Scanpath.table`; nothing is lost.

    One path follows the other; the column index begins again at 0. A path without fixations is one row without place
    and time. Unknown numbers are blank, which R reads as NA.

    Parameters
    ----------
    paths : Scanpath or list of Scanpath
        At least one.
    path : str or Path
        Ends in .csv (cells separated by commas), .tsv or .txt (by tabs).

    Raises
    ------
    ValueError
        If the ending is another, or there is no path.
    OSError
        If the folder is missing or closed to us.

    Examples
    --------
    >>> import tempfile
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> paths = [
    ...     Scanpath(x=[1], y=[2], onset=[0.2], duration=[0.3], viewing=viewing, watched=1, subject=name)
    ...     for name in ("anna", "ben")
    ... ]
    >>> file = Path(tempfile.mkdtemp()) / "paths.csv"
    >>> write_table(paths, file)
    >>> read_table(file) == paths
    True
    """
    path = check_output(path, TABLE_ENDINGS)
    chosen = listed(paths)
    if not chosen:
        raise ValueError(f"there is no path to write to '{path}'")
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    with written_whole(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        for k, each in enumerate(chosen):
            rows = each.rows()
            titles = next(rows)
            writer.writerows(rows if k else [titles, *rows])


def read_table(path: str | Path, viewing: Geometry | None = None, *, first: int = 0) -> list[Scanpath]:
    """Read a table of fixations: ours, or that of another program.

    Another's table has the columns that `Recordings.read` knows: picture, x and y, and, if known, observer, index,
    onset and duration, in seconds or milliseconds. The rows of one observer on one picture are a path, in the order of
    their index; where an index begins again, so does a path.

    Parameters
    ----------
    path : str or Path
        Cells separated by commas, semicolons or tabs.
    viewing : Viewing or callable, optional
        Geometry, in the pixels of the picture, or a function that gives it for a picture's name. Ours tell it
        themselves; then it replaces what they tell.
    first : int
        So many fixations at the beginning of each path are left out; the last of them is its `start`.

    Raises
    ------
    ValueError
        If a column is missing, a cell holds no number, a place is unknown, an index is there twice, or the geometry is
        not told; the message names file and row.
    OSError
        If the file is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file '{path}'")
    table = _read(path)
    paths = []
    for rows in _viewings(table):
        if table.ours:
            whole = _ours(table, rows)
            moved = whole if viewing is None else replace(whole, viewing=geometry_of(viewing, whole.stimulus, path))
            chosen = moved[first:]
            paths.append(replace(chosen, start=moved[min(first, len(moved)) - 1][:2]) if first and moved else chosen)
        else:
            paths.append(_theirs(table, rows, viewing, first))
    return paths


@dataclass(frozen=True)
class _Table:
    path: Path
    titles: list[str]
    rows: list[list[str]]
    lines: list[int]
    columns: dict[str, Any]

    @property
    def ours(self) -> bool:
        return set(WHOLE) <= set(self.titles)

    def row(self, k: int) -> str:
        return f"'{self.path}', row {self.lines[k]}"


def _read(path: Path) -> _Table:
    titles, rows, lines, comma = read_sheet(path)
    columns: dict[str, Any] = {}
    for name, column in named_columns(titles, path).items():
        cells = [row[column] for row in rows]
        words = name in ("image", "subject")
        columns[name] = cells if words else read_numbers(cells, lines, path, titles[column], comma=comma)
    if not rows:
        raise ValueError(f"'{path}': there is no row")
    columns.setdefault("subject", [""] * len(rows))
    return _Table(path, titles, rows, lines, columns)


def _viewings(table: _Table) -> list[list[int]]:
    """Give the rows of each path in order; paths by their first row in the table."""
    together: dict[tuple[str, str], list[int]] = {}
    for k, key in enumerate(zip(table.columns["image"], table.columns["subject"], strict=True)):
        together.setdefault(key, []).append(k)
    paths = [part for rows in together.values() for part in _split(table, rows)]
    return sorted(paths, key=min)


def _split(table: _Table, rows: list[int]) -> list[list[int]]:
    """Give the viewings among the rows of one observer on one picture."""
    if "index" not in table.columns:
        return [rows]
    index: NDArray[np.float64] = table.columns["index"]
    blank = [k for k in rows if np.isnan(index[k])]
    if blank and not (table.ours and all(np.isnan(table.columns["x"][k]) for k in blank)):
        raise ValueError(f"{table.row(blank[0])}: expected the number of the fixation, got a blank")
    numbered = [k for k in rows if not np.isnan(index[k])]
    if len({index[k] for k in numbered}) == len(numbered):
        return [[k] for k in blank] + ([sorted(numbered, key=index.__getitem__)] if numbered else [])
    lowest = min(index[k] for k in numbered)
    parts: list[list[int]] = []
    seen: set[tuple[str, ...]] = set()
    for k in numbered:
        if index[k] == lowest:
            parts.append([])
        last = index[parts[-1][-1]] if parts and parts[-1] else -np.inf
        skips = table.ours and index[k] != (last + 1 if np.isfinite(last) else 0)
        copied = not table.ours and tuple(table.rows[k]) in seen
        if not parts or index[k] <= last or skips or copied:
            raise ValueError(
                f"{table.row(k)}: fixation {index[k]:g} of '{table.columns['subject'][k]}' on "
                f"'{table.columns['image'][k]}' is there twice or out of order"
            )
        parts[-1].append(k)
        seen.add(tuple(table.rows[k]))
    return [[k] for k in blank] + parts


def _ours(table: _Table, rows: list[int]) -> Scanpath:
    whole = [table.titles.index(name) for name in WHOLE]
    for k in rows:
        if [table.rows[k][column] for column in whole] != [table.rows[rows[0]][column] for column in whole]:
            raise ValueError(f"{table.row(k)}: expected the same {', '.join(WHOLE)} in all rows of a path")
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([table.titles, *(table.rows[k] for k in rows)])
    try:
        return Scanpath.from_csv(text.getvalue())
    except KeyError as error:
        raise ValueError(f"'{table.path}': expected a column {error}") from None
    except (ValueError, TypeError, ArithmeticError) as error:  # also of decimals
        raise ValueError(f"'{table.path}', rows {table.lines[rows[0]]} to {table.lines[rows[-1]]}: {error}") from None


def _theirs(table: _Table, rows: list[int], viewing: Geometry | None, first: int) -> Scanpath:
    columns = table.columns
    unknown = np.full(len(table.rows), np.nan)
    onset = columns["onset_s"] if "onset_s" in columns else columns.get("onset_ms", unknown) / 1000
    stimulus = columns["image"][rows[0]]
    return as_scanpath(
        columns["x"][rows],
        columns["y"][rows],
        onset[rows],
        known_durations(columns, unknown)[rows],
        viewing=geometry_of(viewing, stimulus, table.path),
        where=lambda k: table.row(rows[k]),
        stimulus=stimulus,
        subject=columns["subject"][rows[0]],
        first=first,
    )
