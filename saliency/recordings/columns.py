"""Columns of tables of fixations: what they are called, in which unit they stand, and how numbers are read."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.files import read_text, table_rows

TABLE_ENDINGS = (".csv", ".tsv", ".txt")
NAMES = {
    "image": ("image", "picture", "stimulus", "filename", "file", "image_name", "img", "imagename"),
    "subject": ("subject", "observer", "participant", "viewer", "subj", "participant_id", "recording_session_label"),
    "index": ("index", "fixation", "fix_index", "fixation_index", "current_fix_index"),
    "x": ("x", "fix_x", "x_px", "fixation_x", "current_fix_x"),
    "y": ("y", "fix_y", "y_px", "fixation_y", "current_fix_y"),
    "onset_s": ("onset_s", "t_s", "start_s"),
    "onset_ms": ("onset_ms", "t_ms", "start_ms", "current_fix_start"),
    "duration_s": ("duration_s",),
    "duration_ms": ("duration_ms", "current_fix_duration"),
    "duration": ("duration", "dur"),
    "inside": ("inside", "in_picture"),
}


class Sheet(NamedTuple):
    """The cells of a table as text: its titles, its rows without blank ones, and the line of the file of each."""

    titles: list[str]
    rows: list[list[str]]
    lines: list[int]
    comma: bool
    """Whether the comma is free to stand in numbers, since the cells are parted by semicolons."""


def read_sheet(path: Path) -> Sheet:
    """Read a table of comma, semicolon or tab separated values, whichever its header has most of.

    Raises
    ------
    ValueError
        If a row has fewer cells than the header.
    """
    text = read_text(path)
    header = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=header.count)
    cells = table_rows(text, path, delimiter)
    titles = [" ".join(title.split()) for title in next(cells, (0, []))[1]]
    rows, lines = [], []
    for line, row in cells:
        if any(cell.strip() for cell in row):
            if len(row) < len(titles):
                raise ValueError(f"'{path}', row {line}: expected {len(titles)} cells, got {len(row)}")
            rows.append(row)
            lines.append(line)
    return Sheet(titles, rows, lines, delimiter == ";")


def columns_of(path: Path) -> dict[str, Any]:
    """Read a table into columns by our names: texts for image and subject, numbers (NaN if unknown) for the others."""
    sheet = read_sheet(path)
    titles, lines, rows = sheet.titles, sheet.lines, sheet.rows
    columns: dict[str, Any] = {"row": np.array(lines, np.int64)}
    for name, column in named_columns(titles, path).items():
        cells = [row[column].strip() for row in rows]
        if name in ("image", "subject"):
            columns[name] = cells
            if name == "image" and "" in cells:
                raise ValueError(f"'{path}', row {lines[cells.index('')]}: expected the name of a picture, got a blank")
        else:
            columns[name] = read_numbers(cells, lines, path, titles[column], comma=sheet.comma)
    return columns


def named_columns(titles: list[str], path: Path) -> dict[str, int]:
    """Give the column of each thing that we know, by the first of its names that there is."""
    plain = [title.lower().replace(" ", "_").replace("-", "_") for title in titles]
    ours = {
        name: next(plain.index(alias) for alias in aliases if alias in plain)
        for name, aliases in NAMES.items()
        if set(aliases) & set(plain)
    }
    for name in ("image", "x", "y"):
        if name not in ours:
            raise ValueError(
                f"'{path}': expected a column for {name} ({', '.join(NAMES[name])}), got {', '.join(titles) or 'none'}"
            )
    return ours


def read_numbers(cells: list[str], lines: list[int], path: Path, title: str, *, comma: bool) -> NDArray[np.float64]:
    """Read a column of numbers, NaN for blanks; an error names file and row."""

    def number(cell: str) -> float:
        if cell.lower() in BLANKS:
            return np.nan
        return float(cell.replace(",", ".") if comma else cell)

    numbers = np.empty(len(cells))
    for k, cell in enumerate(cells):
        try:
            numbers[k] = number(cell)
        except ValueError:
            raise ValueError(f"'{path}', row {lines[k]}: expected a number for {title}, got '{_shown(cell)}'") from None
        if np.isinf(numbers[k]):
            raise ValueError(f"'{path}', row {lines[k]}: expected a finite number for {title}, got '{_shown(cell)}'")
    return numbers


def _shown(cell: str) -> str:
    """Give a cell in a line, without the rest of a long one."""
    line = " ".join(cell.split())
    return line if len(line) <= 40 else f"{line[:36]} ..."


BLANKS = ("", ".", "na", "nan", "none", "null")


def some_of(names: Any, most: int = 5) -> str:  # noqa: ANN401
    """Name the first of many, and say how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(map(str, listed[:most])) + more
