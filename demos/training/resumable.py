"""Training that is kept in a file after each epoch, so that the same command goes on where it was stopped."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from demos.outputs import Clock, say
from demos.tables import write_rows

if TYPE_CHECKING:
    from saliency.learning.loop import Progress
    from saliency.learning.parameters import Parameters

T = TypeVar("T")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
EPILOG = (
    "One thread for linear algebra is fastest, and is what this command takes, unless OPENBLAS_NUM_THREADS or "
    "OMP_NUM_THREADS says otherwise. A training that is stopped, by Ctrl-C or by a power cut, is kept in FILE.part "
    "after each epoch; the same command goes on from there, to the same result."
)


def one_thread() -> None:
    """Take one thread for linear algebra, unless the user says otherwise, or it is too late to say anything."""
    if "numpy" not in sys.modules:  # it reads them when it is first imported
        for name in THREADS:
            os.environ.setdefault(name, "1")


def part_of(output: Path) -> Path:
    """Name the file beside the output that keeps an unfinished training."""
    return output.with_name(f"{output.name}.part")


def digest(arrays: "Sequence[Any]") -> str:
    """Give a short text that stands for the content of some arrays or texts."""
    import hashlib

    from saliency.learning.unfinished import DIGEST

    found = hashlib.sha256()
    for each in arrays:
        found.update(each.encode() + b"\0" if isinstance(each, str) else each.tobytes())
    return DIGEST + found.hexdigest()[:16]


@contextmanager
def kept_when_stopped(*parts: Path) -> Iterator[None]:
    """Say where a training is kept, when it is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        for part in parts:
            if part.exists():
                say(f"kept in '{part}': the same command goes on from there")
        raise


class Epoch(NamedTuple):
    """What came of an epoch: terms of the loss, means over it, and what was measured after it."""

    loss_terms: Any
    measured: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class ResumableTraining:
    """A training that can be stopped after any epoch: its state is kept in a file, a checkpoint, from which it resumes.

    Parameters
    ----------
    part : Path
        That file.
    settings : dict
        All that the result depends on, as JSON gives it back.
    loss_terms : type
        The NamedTuple of the terms of the loss.
    """

    part: Path
    settings: Mapping[str, Any]
    loss_terms: type[Any]

    def kept(self) -> "tuple[Progress | None, list[Epoch]]":
        """Read what is kept of a training with these settings, if anything is.

        Raises
        ------
        ValueError
            If it is damaged, or of a training with other settings.
        """
        from foveation.files import reading
        from saliency.learning.unfinished import resumable

        progress, notes = resumable(self.part, self.loss_terms, self.settings)
        if progress is None:
            return None, []
        count = len(self.loss_terms._fields)
        with reading(self.part, "is a damaged unfinished training: remove it to start afresh"):
            return progress, [Epoch(self.loss_terms(*row[:count]), row[count:]) for row in notes["epochs"]]

    def train(
        self,
        fit: Callable[..., T],
        *,
        epochs: int,
        measure: "Callable[[Parameters], Sequence[float]]",
        line: Callable[[Epoch], str],
    ) -> tuple[T, list[Epoch]]:
        """Train, or go on with what is kept; after each epoch measure, keep all that is needed to go on, and say it.

        Parameters
        ----------
        fit : callable
            From `epochs`, `resume` and `watch`, as the `fit` of a network takes them, to a trained network.
        epochs : int
        measure : callable
            From weights to what is measured after an epoch.
        line : callable
            From an epoch to words.
        """
        from saliency.learning.unfinished import write_progress

        kept, done = self.kept()
        clock = Clock(epochs)
        if kept is not None:
            clock.skip(kept.epoch)
            say(f"going on after epoch {kept.epoch} of {kept.epochs}, kept in '{self.part}'")

        def watch(now: "Progress") -> None:
            done.append(Epoch(now.loss_terms, measure(now.weights)))
            history = [[*epoch.loss_terms, *epoch.measured] for epoch in done]
            write_progress(now, self.part, notes={"settings": dict(self.settings), "epochs": history})
            say(f"epoch {now.epoch} of {now.epochs}: {line(done[-1])}, {clock.left(1)} left")

        return fit(epochs=epochs, resume=kept, watch=watch), done


def write_epochs(output: Path, epochs: Sequence[Epoch], measured: Sequence[str]) -> None:
    """Write a row an epoch: terms of the loss, and what was measured, under these titles."""
    rows = ([number, *epoch.loss_terms, *epoch.measured] for number, epoch in enumerate(epochs, start=1))
    write_rows(output, ["epoch", *epochs[0].loss_terms._fields, *measured], rows)
