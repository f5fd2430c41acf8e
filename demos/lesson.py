"""What the commands that let a network learn share: lessons that can be stopped, their tables, and what they taught."""

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from demos.command import Clock, say

if TYPE_CHECKING:
    from saliency.learning.loop import Progress
    from saliency.learning.parameters import Parameters

T = TypeVar("T")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
TRAINING, HELD_OUT = 1, 2  # beside the seed: where chance comes from
MOST_HELD_OUT, WATCHED = 1000, 200  # that are held out, at most by default; and looked at after each epoch
ATTENTION, CONTROL = "attention", "no attention"
MEASURED = ("held_out", "cpu_s")  # after each epoch of a network that tells sentences
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
def kept_when_stopped(*loss_terms: Path) -> Iterator[None]:
    """Say where a training is kept, when it is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        for part in loss_terms:
            if part.exists():
                say(f"kept in '{part}': the same command goes on from there")
        raise


class Epoch(NamedTuple):
    """What came of an epoch: parts of the loss, means over it, and what was measured after it."""

    loss_terms: Any
    measured: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class ResumableTraining:
    """A training that is kept in a file after each epoch, so that the same command goes on where it was stopped.

    Parameters
    ----------
    part : Path
        That file.
    settings : dict
        All that the result depends on, as JSON gives it back.
    loss_terms : type
        The NamedTuple of the parts of the loss.
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
        from saliency.learning.unfinished import resumable

        progress, notes = resumable(self.part, self.loss_terms, self.settings)
        count = len(self.loss_terms._fields)
        return progress, [Epoch(self.loss_terms(*row[:count]), row[count:]) for row in notes.get("epochs", ())]

    def train_with_control(
        self,
        fit: Callable[..., T],
        *,
        epochs: int,
        measure: "Callable[[Parameters], Sequence[float]]",
        line: Callable[[Epoch], str],
    ) -> tuple[T, list[Epoch]]:
        """Learn, or go on with what is kept; after each epoch measure, keep all that is needed to go on, and say it."""
        from neural.files import write_progress

        kept, taught = self.kept()
        clock = Clock(epochs)
        if kept is not None:
            clock.skip(kept.epoch)
            say(f"going on after epoch {kept.epoch} of {kept.epochs}, kept in '{self.part}'")

        def watch(now: "Progress") -> None:
            taught.append(Epoch(now.loss_terms, measure(now.weights)))
            history = [[*epoch.loss_terms, *epoch.measured] for epoch in taught]
            write_progress(now, self.part, notes={"settings": dict(self.settings), "epochs": history})
            say(f"epoch {now.epoch} of {now.epochs}: {line(taught[-1])}, {clock.left(1)} left")

        return fit(epochs=epochs, resume=kept, watch=watch), taught


def write_table(output: Path, epochs: Sequence[Epoch], measured: Sequence[str]) -> None:
    """Write a row an epoch: parts of the loss, and what was measured, under these titles."""
    from foveation.files import written_whole

    with written_whole(output) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["epoch", *epochs[0].loss_terms._fields, *measured])
        table.writerows([number, *epoch.loss_terms, *epoch.measured] for number, epoch in enumerate(epochs, start=1))


# Networks that tell sentences


def check_mode(options: argparse.Namespace, using: Sequence[str], learning: Sequence[str]) -> None:
    """Refuse options that belong to learning where a model is used, and the other way round.

    Raises
    ------
    ValueError
        If there is one, or the beam is empty.
    """
    if options.beam < 1:
        raise ValueError(f"expected --beam from 1 up, got {options.beam}")
    for name in using if options.learn else learning:
        given = getattr(options, name)
        if given is not None and given != []:
            option = "an input" if name in ("sentences", "input") else f"--{name.replace('_', '-')}"
            raise ValueError(f"expected {'--learn without' if options.learn else '--learn with'} {option}")


def check_counts(asked: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse what was asked for by these names if it is below 1."""
    for name in names:
        if asked.get(name, 1) < 1:
            raise ValueError(f"expected --{name} from 1 up, got {asked[name]}")


def check_outputs(given: Sequence[Path] | None, default: str, *, controlled: bool) -> Path:
    """Give the file of the model; refuse it if it, or what is written beside it, could not be written."""
    from foveation.files import FIGURE_ENDINGS, check_output
    from neural.files import ENDINGS

    if given is not None and len(given) > 1:
        raise ValueError(f"expected one output with --train, got {len(given)}")
    output = check_output((given or [Path(default)])[0], ENDINGS)
    for path in outputs_beside(output, controlled=controlled):
        check_output(path, (".csv", *ENDINGS, *FIGURE_ENDINGS))
    return output


def check_apart(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Refuse to write over a file that is read.

    Raises
    ------
    ValueError
        If an output is one of the inputs.
    """
    read = {path.resolve() for path in inputs}
    for output in outputs:
        if output.resolve() in read:
            raise ValueError(f"expected another output than '{output}', which is read and would be lost")


def outputs_beside(output: Path, *, controlled: bool) -> list[Path]:
    """Name every file: model, epochs, learning curve; and those of the control, with the figure of both."""
    beside = [output, output.with_suffix(".csv"), output.with_suffix(".curve.png")]
    others = (control_of(output), control_of(output).with_suffix(".csv"), output.with_suffix(".lengths.png"))
    return [*beside, *others] if controlled else beside


def count_of(given: Sequence[str]) -> int | None:
    """Read how many are held out, if it is that what was given.

    Raises
    ------
    ValueError
        If it is less than one.
    """
    if len(given) != 1 or not given[0].lstrip("-").isdecimal():
        return None
    if int(given[0]) < 1:
        raise ValueError(f"expected --held-out from 1 up, got {given[0]}")
    return int(given[0])


def split(total: int, count: int | None, rng: Any) -> "tuple[list[int], list[int]]":  # noqa: ANN401
    """Choose which of so many are learned from, and which are held out: a tenth, but no more than `MOST_HELD_OUT`.

    Raises
    ------
    ValueError
        If none is left to learn from.
    """
    import numpy as np

    count = min(MOST_HELD_OUT, max(1, total // 10)) if count is None else count
    if count >= total:
        raise ValueError(f"expected --held-out below {total}, as many as there are, got {count}")
    order = np.random.default_rng(rng).permutation(total)
    return np.sort(order[count:]).tolist(), np.sort(order[:count]).tolist()


def check_asked(name: str, asked: int, there: int) -> None:
    """Refuse to learn from more than there are."""
    if asked > there:
        raise ValueError(f"expected --{name} up to {there}, as many as are not held out, got {asked}")


def sequence_line(epoch: Epoch) -> str:
    """Say how an epoch of a network that tells sentences went."""
    held_out, seconds = epoch.measured
    return f"loss {epoch.loss_terms.words:.3f} nats a piece, held out {held_out:.3f}, {seconds:.1f} CPU-s"


def with_cpu_time(measure: "Callable[[Parameters], float]") -> "Callable[[Parameters], list[float]]":
    """Add the CPU seconds of the epoch to what is measured after it; those of the measuring do not count."""
    begun = [time.process_time()]

    def measured(weights: "Parameters") -> list[float]:
        seconds = time.process_time() - begun[0]
        found = measure(weights)
        begun[0] = time.process_time()
        return [found, round(seconds, 3)]

    return measured


class Run(NamedTuple):
    """A network that tells sentences, what came of the epochs in which it learned, and the file that it goes to."""

    network: Any
    epochs: list[Epoch]
    output: Path

    @property
    def seconds(self) -> float:
        """CPU time of all epochs."""
        return float(sum(epoch.measured[1] for epoch in self.epochs))


def control_of(output: Path) -> Path:
    """Name the file of the network without attention, beside the other."""
    return output.with_suffix(".control.npz")


def courses_of(
    network: Any,  # noqa: ANN401
    fit: Callable[..., Any],
    measure: "Callable[[Any, Parameters], float]",
    *,
    output: Path,
    settings: Mapping[str, Any],
    epochs: int,
    controlled: bool,
) -> dict[str, Run]:
    """Let a network learn that tells sentences, and, if asked for, the same without attention in the same CPU time.

    Parameters
    ----------
    network : Translator or Captioner
    fit : callable
        From a network, and `epochs` and what `ResumableTraining.train_with_control` adds, to one that has learned.
    measure : callable
        From a network and weights to its loss on what is held out.
    output : Path
        File of the network; beside it there are those of unfinished trainings.
    settings : dict
        All that the result depends on.
    epochs : int
    controlled : bool
        Whether there is a control.

    Returns
    -------
    dict of str to Course
        By the networks' names: "attention", "no attention".
    """
    from neural.sequences.teacher_forcing import SequenceLossTerms

    def course(network: Any, output: Path, epochs: int) -> Run:  # noqa: ANN401
        lesson = ResumableTraining(
            part=part_of(output), settings={**settings, "epochs": epochs}, loss_terms=SequenceLossTerms
        )
        timed = with_cpu_time(partial(measure, network))
        learned, taught = lesson.train_with_control(
            partial(fit, network), epochs=epochs, measure=timed, line=sequence_line
        )
        return Run(learned, taught, output)

    first = course(network, output, epochs)
    if not controlled:
        return {CONTROL if network.decoder.form == "none" else ATTENTION: first}
    other, beside = network.control, control_of(output)
    others = {name: value for name, value in settings.items() if name != "epochs"}  # of these the time decides
    kept, _ = ResumableTraining(part=part_of(beside), settings=others, loss_terms=SequenceLossTerms).kept()
    count = epochs_in(first.seconds, partial(fit, other)) if kept is None else kept.epochs
    say(f"{CONTROL}: {count} epochs in the same {first.seconds:.0f} CPU-s")
    return {ATTENTION: first, CONTROL: course(other, beside, count)}


def epochs_in(seconds: float, fit: Callable[..., Any]) -> int:
    """Give the epochs of a training that take so many seconds of CPU time, from one that is timed."""
    begun = time.process_time()
    fit(epochs=1)
    return max(1, round(seconds / max(time.process_time() - begun, 1e-9)))


def write_courses(courses: Mapping[str, Run], provenance: str) -> None:
    """Write networks and the tables of their epochs, and the learning curve beside the first."""
    from neural.files import write_network

    for name, course in courses.items():
        alone = f"\nAs: {name}, {len(course.epochs)} epochs"
        write_network(course.network, course.output, provenance=provenance + alone)
        write_table(course.output.with_suffix(".csv"), course.epochs, MEASURED)
    draw_curve(next(iter(courses.values())).output.with_suffix(".curve.png"), courses)


def described_courses(
    courses: Mapping[str, Run], grades: "Mapping[str, Sequence[LengthScore]]", **more: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what came of each network, as JSON takes it; `more` are measures, by name, of each network."""
    return {
        name: {
            "epochs": len(course.epochs),
            "cpu_s": round(course.seconds, 3),
            "held_out": [group._asdict() for group in grades[name]],
            **{measure: values[name] for measure, values in more.items()},
        }
        for name, course in courses.items()
    }


class LengthScore(NamedTuple):
    """How many sentences of one range of lengths there are, the share told exactly, and BLEU where that was asked."""

    length: str
    sentences: int
    exact: float
    bleu: float | None


def score_by_length(
    told: Sequence[str], right: Sequence[str], lengths: Sequence[int], edges: Sequence[int], *, bleu: bool
) -> list[LengthScore]:
    """Compare sentences with those that are right, by length and, last, all together; `edges` begin each range."""
    import numpy as np

    from neural.sequences.scores import exact_match

    groups = np.searchsorted(edges, lengths, side="right") - 1
    chosen = {_range(edges, group): np.flatnonzero(groups == group).tolist() for group in np.unique(groups).tolist()}
    found = []
    for name, which in {**chosen, "all": list(range(len(told)))}.items():
        some = [told[k] for k in which], [right[k] for k in which]
        found.append(LengthScore(name, len(which), exact_match(*some), _bleu(*some) if bleu else None))
    return found


def signature_of(networks: "Mapping[str, Sequence[LengthScore]]") -> str | None:
    """Say how BLEU was computed, if it was."""
    if all(group.bleu is None for groups in networks.values() for group in groups):
        return None
    from neural.sequences.scores import bleu_signature

    return bleu_signature()


def _range(edges: Sequence[int], group: int) -> str:
    if group + 1 == len(edges):
        return f"{edges[group]} and more" if len(edges) > 1 and edges[-1] - edges[-2] > 1 else str(edges[group])
    return str(edges[group]) if edges[group + 1] - edges[group] == 1 else f"{edges[group]}-{edges[group + 1] - 1}"


def _bleu(told: Sequence[str], right: Sequence[str]) -> float:
    from neural.sequences.scores import bleu

    return bleu(told, right)


def knows_bleu() -> bool:
    """Tell whether BLEU can be computed here; say what is missing if not."""
    from importlib.util import find_spec

    if find_spec("sacrebleu") is None:
        say('BLEU is left out: it needs sacrebleu (pip install "foveal[translation]")')
        return False
    return True


def report_groups(unit: str, networks: Mapping[str, Sequence[LengthScore]]) -> None:
    """Print how good networks are, by length: a row a range of lengths, columns for each network."""
    signature = signature_of(networks)
    measures = ("exact",) if signature is None else ("exact", "BLEU")
    names = [f"{name} {measure}" for name in networks for measure in measures]
    widths = [max(len(name), 8) + 2 for name in names]
    print(f"\n{unit:<20}{'number':>8}" + "".join(f"{name:>{w}}" for name, w in zip(names, widths, strict=True)))
    for rows in zip(*networks.values(), strict=True):
        cells = [
            cell
            for row in rows
            for cell in ([f"{row.exact:.1%}"] + ([f"{row.bleu:.1f}"] if row.bleu is not None else []))
        ]
        numbers = "".join(f"{cell:>{w}}" for cell, w in zip(cells, widths, strict=True))
        print(f"{rows[0].length:<20}{rows[0].sentences:>8}{numbers}")
    if signature is not None:
        print(f"BLEU: {signature}")


def draw_curve(output: Path, courses: Mapping[str, Run]) -> None:
    """Draw how networks learned: the loss on what they learn from, and on what is held out."""
    from foveation.figures import save_figure
    from neural.figures.sequences import learning_figure

    curves = {}
    for name, course in courses.items():
        beside = f", {name}" if len(courses) > 1 else ""
        curves[f"learned from, mean of the epoch{beside}"] = [epoch.loss_terms.words for epoch in course.epochs]
        curves[f"held out, after it{beside}"] = [epoch.measured[0] for epoch in course.epochs]
    save_figure(learning_figure(curves), output)


def draw_lengths(output: Path, unit: str, networks: Mapping[str, Sequence[LengthScore]], heading: str) -> None:
    """Draw how good networks are, by length."""
    from foveation.figures import save_figure
    from neural.figures.sequences import length_figure

    rows = {name: groups[:-1] for name, groups in networks.items()}
    bleu = all(group.bleu is not None for groups in rows.values() for group in groups)
    scores: dict[str, Any] = {
        name: [group.bleu if bleu else group.exact for group in groups] for name, groups in rows.items()
    }
    lengths = [group.length for group in next(iter(rows.values()))]
    measure = "BLEU" if bleu else "share told exactly"
    save_figure(length_figure(scores, lengths, measure=measure, unit=unit, heading=heading), output)
