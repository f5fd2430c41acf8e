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
MEASURED = ("held_out", "cpu_s")  # after each epoch of a network that tells sentences


def outputs_beside(output: Path, *, controlled: bool) -> list[Path]:
    """Name every file: model, epochs, learning curve; and those of the control, with the figure of both."""
    beside = [output, output.with_suffix(".csv"), output.with_suffix(".curve.png")]
    others = (control_of(output), control_of(output).with_suffix(".csv"), output.with_suffix(".lengths.png"))
    return [*beside, *others] if controlled else beside


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
    from neural.sequences.decoder import SequenceLossTerms

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
        write_epochs(course.output.with_suffix(".csv"), course.epochs, MEASURED)
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
