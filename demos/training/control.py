"""Training a network and, for the same CPU time, its control without attention."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.outputs import say
from demos.training.length_scores import LengthScore
from demos.training.resumable import Epoch, ResumableTraining, part_of, write_epochs

if TYPE_CHECKING:
    from saliency.learning.parameters import Parameters

ATTENTION, CONTROL = "attention", "no attention"
MEASURED = ("held_out", "cpu_s")  # after each epoch


class Run(NamedTuple):
    """A trained network, its loss in each epoch, and the file that it goes to."""

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


def outputs_beside(output: Path, *, controlled: bool) -> list[Path]:
    """Name every file: model, epochs, learning curve; and those of the control, with the figure of both."""
    beside = [output, output.with_suffix(".csv"), output.with_suffix(".curve.png")]
    others = (control_of(output), control_of(output).with_suffix(".csv"), output.with_suffix(".lengths.png"))
    return [*beside, *others] if controlled else beside


def train_with_control(
    network: Any,  # noqa: ANN401
    fit: Callable[..., Any],
    measure: "Callable[[Any, Parameters], float]",
    *,
    output: Path,
    settings: Mapping[str, Any],
    epochs: int,
    controlled: bool,
) -> dict[str, Run]:
    """Train a network and, if asked for, the same one without attention for the same CPU time.

    Parameters
    ----------
    network : Translator or Captioner
    fit : callable
        From a network, and `epochs` and what `ResumableTraining.train` adds, to a trained one.
    measure : callable
        From a network and weights to its loss on what is held out.
    output : Path
        File of the network; beside it there are those of unfinished trainings.
    settings : dict
        All that the result depends on.
    epochs : int
        Of the network; those of the control follow from the time.
    controlled : bool
        Whether there is a control.

    Returns
    -------
    dict of str to Run
        By the networks' names: "attention", "no attention".
    """
    first = _run(network, fit, measure, output, settings, epochs)
    if not controlled:
        return {CONTROL if network.decoder.form == "none" else ATTENTION: first}
    other, beside = network.control, control_of(output)
    others = {name: value for name, value in settings.items() if name != "epochs"}  # of these the time decides
    kept, _ = sentence_training(beside, others).kept()
    count = epochs_in(first.seconds, partial(fit, other)) if kept is None else kept.epochs
    say(f"{CONTROL}: {count} epochs in the same {first.seconds:.0f} CPU-s")
    return {ATTENTION: first, CONTROL: _run(other, fit, measure, beside, settings, count)}


def _run(
    network: Any,  # noqa: ANN401
    fit: Callable[..., Any],
    measure: "Callable[[Any, Parameters], float]",
    output: Path,
    settings: Mapping[str, Any],
    epochs: int,
) -> Run:
    training = sentence_training(output, {**settings, "epochs": epochs})
    timed = with_cpu_time(partial(measure, network))
    return Run(*training.train(partial(fit, network), epochs=epochs, measure=timed, line=_line), output)


def sentence_training(output: Path, settings: Mapping[str, Any]) -> ResumableTraining:
    """Give the training of a network that tells sentences and goes to this file."""
    from neural.sequences.teacher_forcing import SequenceLossTerms

    return ResumableTraining(part=part_of(output), settings=settings, loss_terms=SequenceLossTerms)


def _line(epoch: Epoch) -> str:
    held_out, seconds = epoch.measured
    return f"loss {epoch.loss_terms.words:.3f} nats a piece, held out {held_out:.3f}, {seconds:.1f} CPU-s"


def cpu_seconds(call: Callable[[], object]) -> float:
    """Call a function and give the CPU time that it took."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def epochs_in(seconds: float, fit: Callable[..., Any]) -> int:
    """Give the epochs of a training that take so many seconds of CPU time, from one that is timed."""
    return max(1, round(seconds / max(cpu_seconds(partial(fit, epochs=1)), 1e-9)))


def with_cpu_time(measure: "Callable[[Parameters], float]") -> "Callable[[Parameters], list[float]]":
    """Add the CPU seconds of the epoch to what is measured after it; those of the measuring do not count."""
    begun = time.process_time()

    def measured(weights: "Parameters") -> list[float]:
        nonlocal begun
        seconds = time.process_time() - begun
        found = measure(weights)
        begun = time.process_time()
        return [found, round(seconds, 3)]

    return measured


def write_runs(runs: Mapping[str, Run], provenance: str) -> None:
    """Write networks and the tables of their epochs, and the learning curve beside the first."""
    from neural.files import write_network

    for name, run in runs.items():
        alone = f"\nAs: {name}, {len(run.epochs)} epochs"
        write_network(run.network, run.output, provenance=provenance + alone)
        write_epochs(run.output.with_suffix(".csv"), run.epochs, MEASURED)
    draw_curve(next(iter(runs.values())).output.with_suffix(".curve.png"), runs)


def described_runs(
    runs: Mapping[str, Run], scores: "Mapping[str, Sequence[LengthScore]]", **more: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what came of each network, as JSON takes it; `more` are measures, by name, of each network."""
    return {
        name: {
            "epochs": len(run.epochs),
            "cpu_s": round(run.seconds, 3),
            "held_out": [score._asdict() for score in scores[name]],
            **{measure: values[name] for measure, values in more.items()},
        }
        for name, run in runs.items()
    }


def draw_curve(output: Path, runs: Mapping[str, Run]) -> None:
    """Draw how networks learned: the loss on what they learn from, and on what is held out."""
    from foveation.figures import save_figure
    from neural.figures.sequences import learning_figure

    curves = {}
    for name, run in runs.items():
        beside = f", {name}" if len(runs) > 1 else ""
        curves[f"learned from, mean of the epoch{beside}"] = [epoch.loss_terms.words for epoch in run.epochs]
        curves[f"held out, after it{beside}"] = [epoch.measured[0] for epoch in run.epochs]
    save_figure(learning_figure(curves), output)
