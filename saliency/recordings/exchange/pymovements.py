"""Events of pymovements: a row a fixation, times in milliseconds."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from saliency.recordings.columns import NAMES
from saliency.recordings.exchange.trials import Geometry, as_scanpath, geometry_of, listed
from saliency.scanpaths.scanpath import Scanpath

TRIAL_COLUMNS = ("image", "subject", "trial")


def to_pymovements(paths: Scanpath | Iterable[Scanpath]) -> dict[str, list[Any]]:
    """Give fixations as columns that are the events of pymovements.

    ``pymovements.Events(polars.DataFrame(to_pymovements(paths)), trial_columns=["image", "subject", "trial"])``.

    Parameters
    ----------
    paths : Scanpath or list of Scanpath
        Their places are exact, their times to a rounding of the last digit. The events cannot hold latencies, scores,
        the start, how long was watched, the geometry (pymovements keeps it in an `Experiment`), and paths without
        fixations.

    Returns
    -------
    dict of str to list
        image, subject, trial (number of the path), name ("fixation"), onset, offset and duration in milliseconds from
        the appearance of the picture (None where unknown), location [x, y] in pixels.

    References
    ----------
    Krakowczyk et al. (2023), pymovements: a Python package for eye movement data processing, ETRA.

    Examples
    --------
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(x=[1.5], y=[2], onset=[0.2], duration=[0.3], viewing=viewing, watched=1, stimulus="a.png")
    >>> events = to_pymovements(path)
    >>> events["name"], events["onset"], events["offset"], events["location"]
    (['fixation'], [200.0], [500.0], [[1.5, 2.0]])
    >>> from_pymovements(events, viewing)[0].duration
    array([0.3])
    """
    columns: dict[str, list[Any]] = {
        name: [] for name in (*TRIAL_COLUMNS, "name", "onset", "offset", "duration", "location")
    }
    for trial, path in enumerate(listed(paths)):
        table = path.table()
        n = len(path)
        columns["image"] += table["image"]
        columns["subject"] += table["subject"]
        columns["trial"] += [trial] * n
        columns["name"] += ["fixation"] * n
        columns["onset"] += [_known(value) for value in table["onset_ms"]]
        columns["duration"] += [_known(value) for value in table["duration_ms"]]
        offsets = [a + b for a, b in zip(table["onset_ms"], table["duration_ms"], strict=True)]
        columns["offset"] += [_known(value) for value in offsets]
        columns["location"] += [[x, y] for x, y in zip(table["x"], table["y"], strict=True)]
    return columns


def from_pymovements(
    events: Any,  # noqa: ANN401
    viewing: Geometry,
    *,
    trial: Sequence[str] | None = None,
    image: str | None = None,
    subject: str | None = None,
    first: int = 0,
) -> list[Scanpath]:
    """Make paths of events: of all rows whose name begins with "fixation".

    Parameters
    ----------
    events : pymovements.Events, data frame or dict of columns
        With name, onset and offset (milliseconds from the appearance of the picture; a clock of the device must be set
        to zero there first), and the place: location, or location_x and location_y.
    viewing : Viewing or callable
        Geometry, in the pixels of the places, or a function that gives it for a picture's name.
    trial : list of str, optional
        Columns that tell one path from the other; if left out, the trial columns of the events, or else those of
        trial, image and subject that are there.
    image, subject : str, optional
        Columns of the names of picture and observer; found by the usual names if left out.
    first : int
        So many fixations at the beginning of each path are left out; the last of them is its `start`.

    Returns
    -------
    list of Scanpath
        In the order of their first rows.

    Raises
    ------
    ValueError
        If a column is missing, or a fixation has no place; the message names the row, counted from 0.
    """
    columns = _columns_of(events)
    for name in ("name", "onset", "offset"):
        _check_column(columns, name)
    x, y = _places(columns)
    image = image or _alias(columns, "image")
    subject = subject or _alias(columns, "subject")
    apart = list(trial or getattr(events, "trial_columns", None) or _some(columns, ("trial", image, subject)))
    for name in (*apart, *filter(None, (image, subject))):
        _check_column(columns, name)
    together: dict[tuple[Any, ...], list[int]] = {}
    for k, name in enumerate(columns["name"]):
        if str(name).startswith("fixation"):
            together.setdefault(tuple(columns[column][k] for column in apart), []).append(k)
    onset, offset = (_milliseconds(columns[name]) for name in ("onset", "offset"))
    duration = _milliseconds(columns["duration"]) if "duration" in columns else offset - onset
    paths = []
    for rows in together.values():
        stimulus = str(columns[image][rows[0]]) if image else ""
        paths.append(
            as_scanpath(
                x[rows],
                y[rows],
                onset[rows] / 1000,
                duration[rows] / 1000,
                viewing=geometry_of(viewing, stimulus, "events"),
                where=lambda k, rows=rows: f"events, row {rows[k]}",  # type: ignore[misc]
                stimulus=stimulus,
                subject=str(columns[subject][rows[0]]) if subject else "",
                first=first,
            )
        )
    return paths


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _columns_of(events: Any) -> dict[str, list[Any]]:  # noqa: ANN401
    frame = getattr(events, "frame", events)
    names = frame.keys() if isinstance(frame, dict) else getattr(frame, "columns", None)
    if names is None:
        raise TypeError(f"expected events of pymovements, a data frame or columns, got {type(events).__name__}")
    return {str(name): list(frame[name]) for name in names}


def _check_column(columns: dict[str, list[Any]], name: str) -> None:
    if name not in columns:
        raise ValueError(f"events: expected a column {name}, got {', '.join(columns) or 'none'}")


def _milliseconds(values: list[Any]) -> Any:  # noqa: ANN401
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _places(columns: dict[str, list[Any]]) -> tuple[Any, Any]:
    for across, down in (("location_x", "location_y"), ("x", "y")):
        if "location" not in columns and across in columns and down in columns:
            return _milliseconds(columns[across]), _milliseconds(columns[down])
    _check_column(columns, "location")
    pairs = [(np.nan, np.nan) if value is None else tuple(value) for value in columns["location"]]
    for k, pair in enumerate(pairs):
        if len(pair) != 2:
            raise ValueError(f"events, row {k}: expected a location of two numbers, x and y, got {len(pair)}")
    places = np.array(pairs, np.float64).reshape(-1, 2)
    return places[:, 0], places[:, 1]


def _alias(columns: dict[str, list[Any]], wanted: str) -> str | None:
    known = (*NAMES[wanted], f"{wanted}_id")
    return next((name for name in columns if name.lower() in known), None)


def _some(columns: dict[str, list[Any]], names: tuple[str | None, ...]) -> list[str]:
    return [name for name in names if name in columns]
