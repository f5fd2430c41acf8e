"""Tables that commands write, as .csv or .json, whole or not at all."""

import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:  # noqa: ANN401
    """Give None for what JSON and tables cannot say: a number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Turn columns into rows, as JSON has them."""
    return [dict(zip(columns, map(plain, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def write_table(path: Path, columns: dict[str, list[Any]]) -> None:
    """Write columns as .csv or .json."""
    from foveation.files import written_whole

    rows = rows_of(columns)
    if path.suffix.lower() != ".json":
        write_rows(path, columns, (row.values() for row in rows))
        return
    with written_whole(path) as draft:
        draft.write_text(json.dumps(rows), encoding="utf-8")


def write_rows(path: Path, titles: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write rows under their titles as .csv."""
    from foveation.files import written_whole

    with written_whole(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(titles)
        writer.writerows(rows)
