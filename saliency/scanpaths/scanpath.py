"""Where a gaze went and when.

A `Scanpath` holds the fixations that were *chosen*. The gaze with which the viewing began is no choice, so it is not
counted: it is `start`, and the first fixation begins when the first saccade has landed.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.files import check_output, read_json, read_text, reading, written_whole

SCANPATH_ENDINGS = (".csv", ".json")
FORMAT = "foveal scanpath 1"
COLUMNS = ("x", "y", "onset", "duration", "latency", "score")
IN_MILLISECONDS = {"onset": "onset_ms", "duration": "duration_ms", "latency": "latency_ms"}


class Fixation(NamedTuple):
    """One rest of the gaze: its place in pixels, when it begins and how long it lasts, and how it was chosen.

    `latency` is the time, in seconds, that the decision to look there took; `score` the priority that won: relative
    to the strongest place in view, or, where it was drawn from a density, the probability of its cell.
    """

    x: float
    y: float
    onset: float
    duration: float
    latency: float
    score: float


def _series(values: ArrayLike) -> NDArray[np.float64]:
    series = np.array(values, np.float64).reshape(-1)
    series.setflags(write=False)
    return series


@dataclass(frozen=True, kw_only=True, eq=False)
class Scanpath:
    """The fixations of one observer on one picture, in order.

    Parameters
    ----------
    x, y : array, shape (n,)
        Places, in pixels of the picture.
    onset, duration : array, shape (n,)
        Begin, counted from the appearance of the picture, and length; seconds. NaN where unknown.
    latency, score : array, shape (n,)
        How each place was chosen: see `Fixation`. NaN where unknown, as with people.
    viewing : Viewing
        Geometry, in the pixels of the picture.
    start : tuple of float
        Place of the gaze when the picture appeared.
    watched : float
        How long the picture was seen, in seconds.
    stimulus, subject : str
        Names of the picture and of the observer.
    ended : str
        Why there is no further fixation: "time" or "no winner" (nothing in the picture stood out).

    Raises
    ------
    ValueError
        If the series differ in length, a place is not finite, or the onsets do not ascend.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(x=[100, 140], y=[50, 50], onset=[0.2, 0.5], duration=[0.25, 0.3], viewing=viewing, watched=1)
    >>> len(path), path[0].x, path[:1].watched, path.amplitudes_deg.round(2)
    (2, 100.0, 1, array([1.92]))
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    viewing: Viewing
    watched: float
    latency: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    score: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    start: tuple[float, float] = (np.nan, np.nan)
    stimulus: str = ""
    subject: str = ""
    ended: str = "time"

    def __post_init__(self) -> None:
        for name in COLUMNS:
            object.__setattr__(self, name, _series(getattr(self, name)))
        for name in ("latency", "score"):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, _series(np.full(len(self.x), np.nan)))
        if np.isnan(self.start).all():
            object.__setattr__(self, "start", self.viewing.centre)
        object.__setattr__(self, "start", (float(self.start[0]), float(self.start[1])))
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"expected series of equal length, got {lengths}")
        if not np.isfinite([self.x, self.y]).all():
            raise ValueError("expected finite places in pixels, got NaN or infinity")
        if np.any(np.diff(self.onset) < 0):
            raise ValueError("expected onsets that ascend")

    def __len__(self) -> int:
        """Give the number of fixations."""
        return len(self.x)

    @overload
    def __getitem__(self, index: int) -> Fixation: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> "Fixation | Self":
        """Give one fixation by its number, or a shorter path by a slice."""
        if isinstance(index, slice):
            return replace(self, **{name: getattr(self, name)[index] for name in COLUMNS})
        return Fixation(*(float(getattr(self, name)[index]) for name in COLUMNS))

    def __iter__(self) -> Iterator[Fixation]:
        """Give one fixation after the other."""
        return (self[k] for k in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Whether all of both paths is equal, bit for bit."""
        if not isinstance(other, Scanpath):
            return NotImplemented
        series = all(np.array_equal(getattr(self, name), getattr(other, name), equal_nan=True) for name in COLUMNS)
        rest = (item.name for item in fields(self) if item.name not in COLUMNS)
        return series and all(getattr(self, name) == getattr(other, name) for name in rest)

    __hash__ = None  # type: ignore[assignment]

    @property
    def places(self) -> NDArray[np.float64]:
        """Places of the fixations, (n, 2), in pixels."""
        return np.stack([self.x, self.y], axis=1)

    @property
    def amplitudes_deg(self) -> NDArray[np.float64]:
        """Angle from each fixation to the next, (n - 1,), in degrees."""
        return self.viewing.angle_deg(self.places[:-1], self.places[1:])

    def table(self) -> dict[str, list[Any]]:
        """Give columns of equal length, a row a fixation, for `csv`, pandas, polars or R; the unit is in the name.

        What belongs to the whole path (picture, observer, geometry) stands in every row. Times are in milliseconds.
        """
        return {
            name: [float(value) if isinstance(value, Decimal) else value for value in column]
            for name, column in self._exact_table().items()
        }

    def _exact_table(self) -> dict[str, list[Any]]:
        n = len(self)
        table: dict[str, list[Any]] = {
            "image": [self.stimulus] * n,
            "subject": [self.subject] * n,
            "index": list(range(n)),
        }
        for name in COLUMNS:
            shift = 3 if name in IN_MILLISECONDS else 0
            table[IN_MILLISECONDS.get(name, name)] = [_shifted(value, shift) for value in getattr(self, name)]
        return table | {name: [value] * n for name, value in self._whole().items()}

    def _whole(self) -> dict[str, Any]:
        (width, height), (width_cm, height_cm) = self.viewing.screen_px, self.viewing.screen_cm
        return {
            "start_x": self.start[0],
            "start_y": self.start[1],
            "watched_ms": _shifted(self.watched, 3),
            "ended": self.ended,
            "picture_width_px": width,
            "picture_height_px": height,
            "picture_width_cm": width_cm,
            "picture_height_cm": height_cm,
            "distance_cm": self.viewing.distance_cm,
        }

    def write(self, path: str | Path) -> None:
        """Write the path to a .csv or .json file, whole or not at all; `Scanpath.read` gives it back without loss.

        A path without fixations is one row (CSV) without place and time. Unknown numbers are empty (CSV) or null
        (JSON).

        Raises
        ------
        ValueError
            If the ending is another.
        OSError
            If the folder is missing or closed to us.
        """
        path = check_output(path, SCANPATH_ENDINGS)
        with written_whole(path) as draft:
            if path.suffix.lower() == ".json":
                draft.write_text(self.to_json(), encoding="utf-8")
            else:
                with draft.open("w", encoding="utf-8", newline="") as file:
                    csv.writer(file, lineterminator="\n").writerows(self.rows())

    def rows(self) -> Iterator[list[Any]]:
        """Give the rows of the table as text, the titles first."""
        table = self._exact_table()
        yield list(table)
        if not len(self):
            known = {"image": self.stimulus, "subject": self.subject, **self._whole()}
            yield [_text(known.get(name, "")) for name in table]
        for row in zip(*table.values(), strict=True):
            yield [_text(value) for value in row]

    def to_json(self) -> str:
        """Give the whole path as JSON text; times in seconds."""
        content = {
            "format": FORMAT,
            "stimulus": self.stimulus,
            "subject": self.subject,
            "viewing": {name: getattr(self.viewing, name) for name in ("screen_px", "screen_cm", "distance_cm")},
            "start_px": self.start,
            "watched_s": self.watched,
            "ended": self.ended,
            "fixations": [
                {_json_name(name): None if np.isnan(value) else value for name, value in fixation._asdict().items()}
                for fixation in self
            ],
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a path that `write` has written.

        Raises
        ------
        OSError
            If the file is missing or cannot be read.
        ValueError
            If the ending is neither .csv nor .json, or the file holds something else.
        """
        path = Path(path)
        if path.suffix.lower() not in SCANPATH_ENDINGS:
            raise ValueError(f"cannot read '{path}': expected a name that ends in .csv or .json")
        with reading(path, "is no scanpath of ours"):
            if path.suffix.lower() == ".json":
                return cls._from_json(read_json(path))
            return cls.from_csv(read_text(path))

    @classmethod
    def _from_json(cls, content: Any) -> Self:  # noqa: ANN401
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f"expected the format '{FORMAT}'")
        rows = content["fixations"]
        series: dict[str, Any] = {
            name: [np.nan if row[_json_name(name)] is None else row[_json_name(name)] for row in rows]
            for name in COLUMNS
        }
        return cls(
            viewing=Viewing(**content["viewing"]),
            start=content["start_px"],
            watched=content["watched_s"],
            stimulus=content["stimulus"],
            subject=content["subject"],
            ended=content["ended"],
            **series,
        )

    @classmethod
    def from_csv(cls, text: str) -> Self:
        """Make the path of the text of a table that `write` has written."""
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        if not rows:
            raise ValueError("there is no row")
        whole = rows[0]
        if {(row["image"], row["subject"]) for row in rows} != {(whole["image"], whole["subject"])}:
            raise ValueError("expected the rows of one observer on one picture")
        seen = [row for row in rows if row["index"]]
        series: dict[str, Any] = {}
        for name in COLUMNS:
            column = IN_MILLISECONDS.get(name, name)
            series[name] = [_unshifted(row[column], 3 if name in IN_MILLISECONDS else 0) for row in seen]
        return cls(
            viewing=Viewing(
                screen_px=(int(whole["picture_width_px"]), int(whole["picture_height_px"])),
                screen_cm=(float(whole["picture_width_cm"]), float(whole["picture_height_cm"])),
                distance_cm=float(whole["distance_cm"]),
            ),
            start=(float(whole["start_x"]), float(whole["start_y"])),
            watched=_unshifted(whole["watched_ms"], 3),
            stimulus=whole["image"],
            subject=whole["subject"],
            ended=whole["ended"],
            **series,
        )


def _json_name(name: str) -> str:
    return f"{name}_s" if name in IN_MILLISECONDS else name


def _shifted(value: float, digits: int) -> Decimal | float:
    """Move the decimal point of a number, which loses nothing, unlike a multiplication."""
    return float(value) if np.isnan(value) or not digits else Decimal(repr(float(value))).scaleb(digits)


def _unshifted(text: str, digits: int) -> float:
    return float(Decimal(text).scaleb(-digits)) if text else float("nan")


def _text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "" if value != value else str(value)
