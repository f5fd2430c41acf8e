"""Eye tracking in the Brain Imaging Data Structure (BIDS 1.11): a folder with a run for each path."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.eye_tracking import gaze_trace
from foveation.files import check_input, read_json, read_text, reading, table_rows, unpacked, written_whole
from foveation.oculomotor import saccade_duration
from saliency.recordings.exchange.trials import (
    Geometry,
    as_scanpath,
    check_timed,
    geometry_of,
    listed,
    titled,
)
from saliency.scanpaths.scanpath import Scanpath

VERSION = "1.11.1"
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
UNKNOWN = "n/a"
DESCRIPTION = {
    "Name": "Scanpaths",
    "BIDSVersion": VERSION,
    "DatasetType": "raw",
    "GeneratedBy": [{"Name": "Foveal", "Description": "Samples and events made of scanpaths, not by an eye tracker"}],
}
README = """Scanpaths, a run each, written by Foveal.

The samples (physio) are what an eye tracker without noise would have recorded of the fixations (physioevents).
"""
PLACES = {
    "x_coordinate": {"Description": "Place from the left of the picture; pixel centres are whole.", "Units": "pixel"},
    "y_coordinate": {"Description": "Place from the top of the picture; pixel centres are whole.", "Units": "pixel"},
}
EVENTS = ("onset", "duration", "trial_type", *PLACES)
TRIAL = ("onset", "duration", "trial_type", "image")


def write_bids(
    paths: Scanpath | Iterable[Scanpath], folder: str | Path, *, task: str = "freeview", rate: float = 500.0
) -> None:
    """Write a BIDS data set with the gaze in samples and its fixations and saccades as events; a run a path.

    For each path, in ``sub-LABEL/beh/``, with the name ``sub-LABEL_task-TASK_run-K``: ``_recording-eye1_physio.tsv.gz``
    holds the samples of `foveation.gaze_trace` (timestamp in seconds from the appearance of the picture, x_coordinate,
    y_coordinate), ``_recording-eye1_physioevents.tsv.gz`` the fixations and saccades, ``_events.tsv`` the picture and
    how long it was seen; each with its .json. The screen is the picture: its size, distance and pixels are under
    StimulusPresentation, in metres. The labels of the observers are in ``participants.tsv`` with their names.

    Times are exact to 1e-12 s, places are exact, the size of the screen to 1e-12 cm. The data set cannot hold
    latencies, scores, and why the path ended.

    Parameters
    ----------
    paths : Scanpath or list of Scanpath
        With known times.
    folder : str or Path
        New, or empty.
    task : str
        Letters and digits.
    rate : float
        Samples per second.

    Raises
    ------
    ValueError
        If the task has other characters, the rate is not positive, there is no path, or a time is unknown.
    OSError
        If the folder holds anything, or cannot be written.

    References
    ----------
    Gorgolewski et al. (2016), The brain imaging data structure, Scientific Data 3; bids-specification 1.11,
    Physiological recordings, Eye-tracking.

    Examples
    --------
    >>> import tempfile
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(x=[100], y=[50], onset=[0.2], duration=[0.3], viewing=viewing, watched=0.5, subject="s1")
    >>> folder = Path(tempfile.mkdtemp()) / "bids"
    >>> write_bids(path, folder)
    >>> sorted(file.name for file in folder.rglob("*.tsv.gz"))[0]
    'sub-s1_task-freeview_run-1_recording-eye1_physio.tsv.gz'
    >>> read_bids(folder, viewing) == [path]
    True
    """
    folder = Path(folder)
    chosen = listed(paths)
    if not (task.isascii() and task.isalnum()):
        raise ValueError(f"expected a task of letters and digits, got '{task}'")
    if not chosen:
        raise ValueError(f"there is no path to write to '{folder}'")
    for k, path in enumerate(chosen):
        check_timed(k, path)
        if not path.watched > 0:
            raise ValueError(f"{titled(k, path)}: expected a positive time watched, got {path.watched} s")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"cannot write a data set to '{folder}': it is not an empty folder")
    labels = _labels(sorted({path.subject for path in chosen}))
    digits = len(str(len(chosen)))
    folder.mkdir(exist_ok=True)
    for k, path in enumerate(chosen, start=1):
        label = labels[path.subject]
        beside = folder / f"sub-{label}" / "beh"
        beside.mkdir(parents=True, exist_ok=True)
        _write_run(path, beside / f"sub-{label}_task-{task}_run-{k:0{digits}d}", task, rate)
    participants = [("participant_id", "name"), *((f"sub-{label}", name) for name, label in labels.items())]
    _write(folder / "participants.tsv", _tabbed(participants))
    _write(folder / "participants.json", _json({"name": {"Description": "Name of the observer."}}))
    _write(folder / "dataset_description.json", _json(DESCRIPTION))
    _write(folder / "README", README)


def read_bids(
    folder: str | Path,
    viewing: Geometry | None = None,
    *,
    task: str | None = None,
    recording: str = "eye1",
    first: int = 0,
) -> list[Scanpath]:
    """Read the fixations of a BIDS data set: a path for each row of a run's ``_events.tsv``, or for a run without it.

    The path of a row has the fixations that began while it lasted; one that had begun before it is the path's `start`,
    or else the first sample in it. Fixations without a place are where the samples in them are on average.

    Parameters
    ----------
    folder : str or Path
        The data set.
    viewing : Viewing or callable, optional
        The screen, in its pixels, or a function that gives it for a picture's name; if left out, the one that
        StimulusPresentation tells.
    task : str, optional
        Only runs of this task.
    recording : str
        The label of the recording: one eye has one, as told by RecordedEye.
    first : int
        So many further fixations at the beginning of each path are left out; the last of them is its `start`.

    Raises
    ------
    ValueError
        If a file is damaged or a row or sidecar lacks something; the message names the file and row.
    OSError
        If there is no such data set.
    """
    root = Path(folder)
    runs = [
        path
        for path in sorted(root.glob("sub-*/**/*_physioevents.tsv.gz"))
        if f"recording-{recording}" in path.name.split("_") and (task is None or f"task-{task}" in path.name.split("_"))
    ]
    if not runs:
        raise FileNotFoundError(f"there is no '*_recording-{recording}_physioevents.tsv.gz' in '{root}'")
    names = _participants(root)
    return [path for run in runs for path in _paths(run, root, names, viewing, first)]


def _write_run(path: Scanpath, stem: Path, task: str, rate: float) -> None:
    trace = gaze_trace(path, rate)
    eye = f"{stem.name}_recording-eye1"
    samples = zip(trace.time.tolist(), trace.x.tolist(), trace.y.tolist(), strict=True)
    _write(stem.with_name(f"{eye}_physio.tsv.gz"), _tabbed(samples))
    _write(stem.with_name(f"{eye}_physio.json"), _json(_physio(task, rate)))
    _write(stem.with_name(f"{eye}_physioevents.tsv.gz"), _tabbed(_events(path)))
    _write(stem.with_name(f"{eye}_physioevents.json"), _json(_physioevents(task)))
    _write(stem.with_name(f"{stem.name}_events.tsv"), _tabbed([TRIAL, (0, path.watched, "picture", path.stimulus)]))
    _write(stem.with_name(f"{stem.name}_events.json"), _json(_presentation(path.viewing, task)))


def _events(path: Scanpath) -> list[tuple[Any, ...]]:
    """Give the fixations with the saccades between them, in order of time."""
    rows: list[tuple[Any, ...]] = []
    ends = 0.0
    for k, fixation in enumerate(path):
        if not k:
            ends = max(0.0, fixation.onset - float(saccade_duration(path.viewing.angle_deg(path.start, fixation[:2]))))
        if fixation.onset > ends:
            rows.append((ends, fixation.onset - ends, "saccade", UNKNOWN, UNKNOWN))
        rows.append((fixation.onset, fixation.duration, "fixation", fixation.x, fixation.y))
        ends = fixation.onset + fixation.duration
    return rows


def _physio(task: str, rate: float) -> dict[str, Any]:
    return {
        "TaskName": task,
        "PhysioType": "eyetrack",
        "Columns": ["timestamp", *PLACES],
        "SamplingFrequency": rate,
        "StartTime": 0,
        "RecordedEye": "cyclopean",
        "SampleCoordinateSystem": "gaze-on-screen",
        "timestamp": {"Description": "Time of the sample.", "Units": "s", "Origin": "Appearance of the picture"},
        **PLACES,
    }


def _physioevents(task: str) -> dict[str, Any]:
    levels = {"fixation": "The gaze rests.", "saccade": "The gaze is in flight."}
    return {
        "TaskName": task,
        "Columns": list(EVENTS),
        "Description": "Fixations and saccades of the path of which the samples were made",
        "OnsetSource": "timestamp",
        "onset": {"Description": "Begin of the event.", "Units": "s"},
        "duration": {"Description": "Length of the event.", "Units": "s"},
        "trial_type": {"Description": "What the gaze does.", "Levels": levels},
        **PLACES,
    }


def _presentation(viewing: Viewing, task: str) -> dict[str, Any]:
    return {
        "TaskName": task,
        "image": {"Description": "Name of the picture."},
        "StimulusPresentation": {
            "ScreenDistance": viewing.distance_cm / 100,
            "ScreenOrigin": ["top", "left"],
            "ScreenResolution": list(viewing.screen_px),
            "ScreenSize": [side / 100 for side in viewing.screen_cm],
        },
    }


def _labels(names: Sequence[str]) -> dict[str, str]:
    """Give each observer a label of letters and digits: the name's own, numbered where two are alike."""
    labels: dict[str, str] = {}
    for k, name in enumerate(names, start=1):
        label = "".join(letter for letter in name if letter.isascii() and letter.isalnum()) or f"{k:02d}"
        while label.lower() in {other.lower() for other in labels.values()}:
            label += f"x{k}"
        labels[name] = label
    return labels


def _tabbed(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue()


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    content = text.encode("utf-8")
    with written_whole(path) as draft:
        draft.write_bytes(gzip.compress(content, 6, mtime=0) if path.suffix == ".gz" else content)


@dataclass(frozen=True)
class _Table:
    path: Path
    columns: dict[str, list[str]]
    first_row: int

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def where(self, k: int) -> str:
        return f"'{self.path}', row {k + self.first_row}"

    def words(self, name: str) -> list[str]:
        if name not in self.columns:
            raise ValueError(f"'{self.path}': expected a column {name}, got {', '.join(self.columns) or 'none'}")
        return self.columns[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        numbers = np.empty(len(self.words(name)))
        for k, cell in enumerate(self.words(name)):
            try:
                numbers[k] = np.nan if cell in (UNKNOWN, "") else float(cell)
            except ValueError:
                raise ValueError(f"{self.where(k)}: expected a number for {name}, got '{cell}'") from None
        return numbers


def _table(path: Path, titles: Sequence[str] | None = None) -> _Table:
    """Read a table of tabs: compressed, with the titles that its sidecar tells, or plain, with a row of titles."""
    rows = [row for _, row in table_rows(_text(path), path, "\t")]
    first_row = 1 if titles is not None else 2
    if titles is None:
        titles, rows = (rows[0], rows[1:]) if rows else ([], [])
    for k, row in enumerate(rows):
        if len(row) != len(titles):
            raise ValueError(f"'{path}', row {k + first_row}: expected {len(titles)} cells, got {len(row)}")
    return _Table(path, {title: [row[k].strip() for row in rows] for k, title in enumerate(titles)}, first_row)


def _text(path: Path) -> str:
    if path.suffix != ".gz":
        return read_text(path)
    with reading(path, "cannot be unpacked"):
        return unpacked(check_input(path, "recording")).decode("utf-8")


def _sidecar(path: Path, root: Path) -> dict[str, Any]:
    """Give what all .json files say that hold for a file: those above it, and the nearer over the farther."""
    *entities, suffix = path.name.split(".")[0].split("_")
    merged: dict[str, Any] = {}
    for folder in reversed([folder for folder in path.parents if folder == root or root in folder.parents]):
        for beside in sorted(folder.glob(f"*{suffix}.json"), key=lambda other: len(other.name)):
            *theirs, kind = beside.name.split(".")[0].split("_")
            if kind == suffix and set(theirs) <= set(entities):
                merged |= _object(beside)
    return merged


def _object(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"'{path}': expected named fields, got {type(content).__name__}")
    return content


def _entry(sidecar: Mapping[str, Any], name: str, path: Path) -> Any:  # noqa: ANN401
    if name not in sidecar:
        raise ValueError(f"'{path}': expected {name} in its .json file, it is not there")
    return sidecar[name]


def _participants(root: Path) -> dict[str, str]:
    path = root / "participants.tsv"
    if not path.is_file():
        return {}
    table = _table(path)
    return dict(zip(table.words("participant_id"), table.words("name"), strict=True)) if "name" in table else {}


class _Run(NamedTuple):
    fixations: _Table
    rows: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    samples: dict[str, NDArray[np.float64]]


def _paths(
    path: Path, root: Path, names: Mapping[str, str], viewing: Geometry | None, first: int
) -> Iterable[Scanpath]:
    run = _run(path, root)
    entities = path.name.split("_")
    subject = next(part for part in entities if part.startswith("sub-"))
    events = path.with_name(
        "_".join(part for part in entities[:-1] if not part.startswith("recording-")) + "_events.tsv"
    )
    screen = _sidecar(events, root).get("StimulusPresentation")
    for begin, length, stimulus in _presented(events):
        end = begin + length
        chosen = np.flatnonzero((run.onset >= begin) & (run.onset <= end))
        yield as_scanpath(
            run.x[chosen],
            run.y[chosen],
            np.round(run.onset[chosen] - begin, 12),
            run.duration[chosen],
            viewing=_viewing(screen, events) if viewing is None else geometry_of(viewing, stimulus, root),
            where=lambda k, chosen=chosen: run.fixations.where(int(run.rows[chosen[k]])),  # type: ignore[misc]
            stimulus=stimulus,
            subject=names.get(subject, subject.removeprefix("sub-")),
            start=_start(run, begin, end),
            watched=length if np.isfinite(length) else None,
            first=first,
        )


def _run(path: Path, root: Path) -> _Run:
    samples_path = path.with_name(path.name.replace("_physioevents.", "_physio."))
    metadata, sample_metadata = _sidecar(path, root), _sidecar(samples_path, root)
    events = _table(path, _entry(metadata, "Columns", path))
    samples = _table(samples_path, _entry(sample_metadata, "Columns", samples_path))
    rate, start_time = (_entry(sample_metadata, name, samples_path) for name in ("SamplingFrequency", "StartTime"))
    source = metadata.get("OnsetSource", UNKNOWN)
    unit, zero = 1 / rate, 0.0
    if source != UNKNOWN:
        word = sample_metadata.get(source, {}).get("Units", "ms")
        if word not in SECONDS:
            raise ValueError(f"'{samples_path}': expected {source} in s, ms, us or ns, got '{word}'")
        unit, zero = SECONDS[word], float(samples.numbers(source)[0]) if samples.words(source) else 0.0
    length_unit = SECONDS.get(metadata.get("duration", {}).get("Units", ""), unit)
    rows = np.array([k for k, kind in enumerate(events.words("trial_type")) if kind == "fixation"], np.int64)
    onset = np.round((events.numbers("onset")[rows] - zero) * unit + start_time, 12)
    duration = events.numbers("duration")[rows] * length_unit
    count = len(samples.words("x_coordinate"))
    clock = samples.numbers(source) if source != UNKNOWN else np.arange(count)
    seen = {name: samples.numbers(name) for name in PLACES} | {"time": (clock - zero) * unit + start_time}
    x, y = (_of_fixations(events, name, seen, rows, onset, duration) for name in PLACES)
    return _Run(events, rows, x, y, onset, duration, seen)


def _of_fixations(
    events: _Table,
    name: str,
    seen: Mapping[str, NDArray[np.float64]],
    rows: NDArray[np.int64],
    onset: NDArray[np.float64],
    duration: NDArray[np.float64],
) -> NDArray[np.float64]:
    if name in events:
        return events.numbers(name)[rows]
    means = np.full(len(rows), np.nan)
    for k, (begin, length) in enumerate(zip(onset, duration, strict=True)):
        values = seen[name][(seen["time"] >= begin) & (seen["time"] <= begin + length)]
        known = values[np.isfinite(values)]
        means[k] = known.mean() if known.size else np.nan
    return means


def _presented(path: Path) -> list[tuple[float, float, str]]:
    """Give begin, length (seconds) and picture of each row of a run's table of events."""
    if not path.is_file():
        return [(-np.inf, np.inf, "")]
    table = _table(path)
    picture = next(
        (name for name in ("image", "stim_file", "stimulus", "stim_id", "trial_type") if name in table), None
    )
    onset, duration = table.numbers("onset"), table.numbers("duration")
    for k in np.flatnonzero(~np.isfinite(onset + duration)):
        raise ValueError(f"{table.where(int(k))}: expected a known onset and duration in seconds")
    pictures = table.words(picture) if picture else [""] * len(onset)
    return list(zip(onset.tolist(), duration.tolist(), pictures, strict=True))


def _start(run: _Run, begin: float, end: float) -> tuple[float, float] | None:
    if not np.isfinite(begin):
        return None
    under_way = np.flatnonzero((run.onset < begin) & (run.onset + run.duration > begin))
    if under_way.size:
        return float(run.x[under_way[-1]]), float(run.y[under_way[-1]])
    x, y = (run.samples[name] for name in PLACES)
    known = np.flatnonzero((run.samples["time"] >= begin) & (run.samples["time"] <= end) & np.isfinite(x + y))
    return (float(x[known[0]]), float(y[known[0]])) if known.size else None


def _viewing(screen: Any, path: Path) -> Viewing:  # noqa: ANN401
    try:
        width, height = screen["ScreenSize"]
        return Viewing(
            screen_px=tuple(screen["ScreenResolution"]),
            screen_cm=(_cm(width), _cm(height)),
            distance_cm=_cm(screen["ScreenDistance"]),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise ValueError(
            f"'{path}': expected ScreenSize, ScreenResolution and ScreenDistance in metres under StimulusPresentation "
            "in its .json file, or a `viewing`"
        ) from None


def _cm(metres: float) -> float:
    return float(np.round(metres * 100, 12))
