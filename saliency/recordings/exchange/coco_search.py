"""The JSON of COCO-Search18 and COCO-FreeView, which models of visual search (HAT, Gazeformer) read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from foveation.files import check_output, read_json, written_whole
from saliency.recordings.exchange.trials import Geometry, as_scanpath, geometry_of, listed, titled
from saliency.scanpaths.scanpath import Scanpath

ENDINGS = (".json",)


def write_coco_search(
    paths: Scanpath | Iterable[Scanpath],
    path: str | Path,
    *,
    task: str = "freeview",
    condition: str = "freeview",
    split: str = "test",
    facts: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Write trials as COCO-Search18 does: name, subject, task, condition, X, Y, T, length, correct, RT, split.

    Places are exact, durations T are rounded to a millisecond. The file cannot hold onsets, latencies, scores, the
    start and the geometry. Its subjects are numbers from 1 up: a name that is a number is kept, the others are counted
    in their sorted order.

    Parameters
    ----------
    paths : Scanpath or list of Scanpath
        The trials.
    path : str or Path
        Ends in .json.
    task : str
        What was looked for, such as "bottle".
    condition : str
        "present", "absent" or "freeview".
    split : str
        "train", "valid" or "test".
    facts : list of dict, optional
        For each path, fields that replace these or are added: task, condition, bbox ([x, y, width, height] of the
        target), fixOnTarget, correct, RT (milliseconds; otherwise how long was watched) and so on.

    Raises
    ------
    ValueError
        If the ending is another, a duration is unknown, or the facts are not as many as the paths.
    OSError
        If the folder is missing or closed to us.

    References
    ----------
    Chen, Yang, Ahn, Samaras, Hoai and Zelinsky (2021), COCO-Search18 fixation dataset for predicting goal-directed
    attention control, Scientific Reports 11.

    Examples
    --------
    >>> import tempfile
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(30, (1050, 1680))
    >>> path = Scanpath(x=[840], y=[525], onset=[0], duration=[0.2], viewing=viewing, watched=1, stimulus="a.jpg")
    >>> file = Path(tempfile.mkdtemp()) / "trials.json"
    >>> write_coco_search([path], file, task="bottle", condition="absent", facts=[{"RT": 730}])
    >>> trial = json.loads(file.read_text())[0]
    >>> trial["name"], trial["subject"], trial["task"], trial["X"], trial["T"], trial["RT"]
    ('a.jpg', 1, 'bottle', [840.0], [200], 730)
    """
    path = check_output(path, ENDINGS)
    chosen = listed(paths)
    if facts is not None and len(facts) != len(chosen):
        raise ValueError(f"expected facts for each of the {len(chosen)} paths, got {len(facts)}")
    number = _numbers_of({each.subject for each in chosen})
    trials = []
    for k, each in enumerate(chosen):
        if not np.isfinite(each.duration).all():
            raise ValueError(f"{titled(k, each)}: expected all durations to be known, got NaN")
        trial = {
            "name": each.stimulus,
            "subject": number[each.subject],
            "task": task,
            "condition": condition,
            "X": each.x.tolist(),
            "Y": each.y.tolist(),
            "T": np.rint(each.duration * 1000).astype(int).tolist(),
            "length": len(each),
            "correct": 1,
            "RT": round(each.watched * 1000) if np.isfinite(each.watched) else None,
            "split": split,
        }
        trials.append(trial | dict(facts[k] if facts else {}))
    text = json.dumps(trials, indent=1, allow_nan=False) + "\n"
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8")


def read_coco_search(
    path: str | Path,
    viewing: Geometry | None = None,
    *,
    task: str | None = None,
    condition: str | None = None,
    split: str | None = None,
    first: int = 0,
) -> list[Scanpath]:
    """Read the trials of a JSON file in the form of COCO-Search18.

    Parameters
    ----------
    path : str or Path
        A list of trials with name, subject, X and Y (pixels of the screen of 1680 x 1050) and T (milliseconds).
    viewing : Viewing or callable
        Geometry, in the pixels of the file.
    task, condition, split : str, optional
        Only trials with these values.
    first : int
        So many fixations at the beginning of each trial are left out; the last of them is the path's `start`. The data
        set begins with the fixation at the centre that the observer was made to take: 1 leaves it out.

    Returns
    -------
    list of Scanpath
        In the order of the file; onsets are unknown.

    Raises
    ------
    ValueError
        If the file is no such list, or a trial lacks a field or holds one that is wrong; the message names its number,
        counted from 1.
    OSError
        If the file is missing.
    """
    path = Path(path)
    trials = read_json(path)
    if not isinstance(trials, list):
        raise ValueError(f"'{path}': expected a list of trials, got {type(trials).__name__}")
    wanted = {"task": task, "condition": condition, "split": split}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    paths = []
    for k, trial in enumerate(trials, start=1):
        where = f"'{path}', trial {k}"
        missing = [name for name in ("name", "subject", "X", "Y", "T", *wanted) if name not in _fields(trial, where)]
        if missing:
            raise ValueError(f"{where}: expected the fields name, subject, X, Y and T, there is no {missing[0]}")
        if all(trial[name] == value for name, value in wanted.items()):
            paths.append(_path(trial, where, viewing, first, path))
    return paths


def _path(trial: dict[str, Any], where: str, viewing: Geometry | None, first: int, path: Path) -> Scanpath:
    try:
        x, y, duration = (np.array(trial[name], np.float64).reshape(-1) for name in "XYT")
    except (TypeError, ValueError, ArithmeticError):  # also a number that is too great
        raise ValueError(f"{where}: expected lists of numbers for X, Y and T") from None
    lengths = [len(x), len(y), len(duration), trial.get("length", len(x))]
    if any(length != lengths[0] for length in lengths):
        length = f", and length {trial['length']}" if "length" in trial else ""
        raise ValueError(f"{where}: expected X, Y and T alike, got {len(x)}, {len(y)} and {len(duration)}{length}")
    stimulus = str(trial["name"])
    return as_scanpath(
        x,
        y,
        np.full(len(x), np.nan),
        duration / 1000,
        viewing=geometry_of(viewing, stimulus, path),
        where=lambda j: f"{where}, fixation {j + 1}",
        stimulus=stimulus,
        subject=str(trial["subject"]),
        first=first,
    )


def _fields(trial: Any, where: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(trial, dict):
        raise ValueError(f"{where}: expected a trial with named fields, got {type(trial).__name__}")
    return trial


def _numbers_of(names: set[str]) -> dict[str, int]:
    """Give each observer a number from 1 up, and one whose name is a number that number."""
    numbers = {name: int(name) for name in names if name.isascii() and name.isdigit()}
    if len(set(numbers.values())) < len(numbers) or 0 in numbers.values():
        numbers = {}
    free = (k for k in range(1, len(names) + len(numbers) + 1) if k not in numbers.values())
    return numbers | {name: next(free) for name in sorted(names - set(numbers))}
