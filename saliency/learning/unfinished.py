"""Unfinished trainings in files, from which the same training goes on as if it had never stopped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foveation.files import read_arrays, reading, write_arrays
from saliency.learning.loop import Progress
from saliency.learning.parameters import Parameters

KIND, VERSION = "unfinished training", 1
FORMAT = f"foveal {KIND}"
STATES = ("weights", "first_moments", "second_moments")
DIGEST = "sha256:"  # what begins a setting that stands for the content of something


def write_progress(progress: Progress, path: str | Path, *, notes: Mapping[str, Any] | None = None) -> None:
    """Write an unfinished training, whole or not at all: all that `fit` needs to go on as if it had never stopped.

    Parameters
    ----------
    progress : Progress
        What `fit` gives to `watch`.
    path : str or Path
        With any ending; a file that is there is replaced.
    notes : dict
        Anything to keep with it that JSON knows, such as the settings.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from typing import NamedTuple
    >>> from saliency.learning.loop import Schedule, train
    >>> class LossTerms(NamedTuple):
    ...     error: float
    >>> def loss(weights, target, rng):
    ...     return (weights["x"] - target)[0] ** 2, LossTerms(0.0)
    >>> def batches(rng, epoch):
    ...     return rng.normal(size=4).astype(np.float32)
    >>> start, schedule = {"x": np.zeros(1, np.float32)}, Schedule(epochs=2, items=4, batch=1, learning_rate=0.1)
    >>> epochs = []
    >>> whole = train(start, loss, batches, schedule, rng=0, watch=epochs.append)
    >>> path = Path(tempfile.mkdtemp()) / "network.npz.part"
    >>> write_progress(epochs[0], path, notes={"seed": 0})
    >>> kept, notes = read_progress(path, LossTerms)
    >>> resumed = train(start, loss, batches, schedule, rng=notes["seed"], resume=kept)
    >>> bool(resumed["x"] == whole["x"])
    True
    """
    arrays = {f"{state}/{name}": values for state in STATES for name, values in getattr(progress, state).items()}
    plain = {name: value for name, value in progress._asdict().items() if name not in STATES}
    write_arrays(path, {"format": FORMAT, "version": VERSION, **plain, "notes": dict(notes or {})}, arrays)


def read_progress(path: str | Path, loss_terms: type[Any]) -> tuple[Progress, dict[str, Any]]:
    """Read what `write_progress` wrote: the training and the notes.

    Parameters
    ----------
    path : str or Path
        A file of such a training.
    loss_terms : type
        The NamedTuple of the terms of the loss, such as `LossTerms` of a glimpse network or `SequenceLossTerms`.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is another kind of file, is damaged or truncated, or was written by another version.
    """
    header, arrays = read_arrays(path, KIND, VERSION)
    if header.get("format") != FORMAT:
        raise ValueError(f"'{path}' is no {KIND} file")
    with reading(path, f"is a damaged {KIND} file"):
        weights, first, second = (_under(f"{state}/", arrays) for state in STATES)
        shapes = [{name: each.shape for name, each in state.items()} for state in (weights, first, second)]
        if not weights or shapes[1:] != [shapes[0]] * 2 or len(arrays) != len(STATES) * len(weights):
            raise ValueError("expected first and second moments of the same names and shapes as the weights")
        means, rng_state = loss_terms(*header["loss_terms"]), dict(header["rng_state"])
        progress = Progress(int(header["epoch"]), int(header["epochs"]), means, weights, first, second, rng_state)
        return progress, dict(header["notes"])


def resumable(path: Path, loss_terms: type[Any], settings: Mapping[str, Any]) -> tuple[Progress | None, dict[str, Any]]:
    """Read what is kept of a training with these settings, the note "settings"; None if nothing is.

    Raises
    ------
    ValueError
        If the file is damaged, or of a training with other settings.
    """
    if not path.exists():
        return None, {}
    try:
        progress, notes = read_progress(path, loss_terms)
    except ValueError as error:
        raise ValueError(f"{error}: remove '{path}' to start afresh") from None
    before = notes.get("settings", {})
    for name, value in settings.items():
        if before.get(name) != value:
            change = "" if str(value).startswith(DIGEST) else f" ({before.get(name)}, not {value})"
            raise ValueError(
                f"'{path}' keeps an unfinished training with other {name}{change}: finish that one, or remove the file"
            )
    return progress, notes


def _under(prefix: str, arrays: Parameters) -> Parameters:
    return {name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)}
