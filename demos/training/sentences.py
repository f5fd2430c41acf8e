"""How networks that tell sentences, translations or captions, are trained, compared with a control, and reported."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from demos.outputs import report
from demos.training.control import (
    Run,
    control_of,
    described_runs,
    outputs_beside,
    sentence_training,
    train_with_control,
    write_runs,
)
from demos.training.length_scores import (
    LengthScore,
    draw_lengths,
    knows_bleu,
    report_scores,
    score_by_length,
    signature_of,
)
from demos.training.resumable import kept_when_stopped, part_of

if TYPE_CHECKING:
    from saliency.learning.parameters import Parameters


class Recipe(Protocol):
    """What every recipe says; `epochs`, `batch` and `learning_rate` are those of `fit`."""

    @property
    def epochs(self) -> int: ...  # noqa: D102
    @property
    def batch(self) -> int: ...  # noqa: D102
    @property
    def learning_rate(self) -> float: ...  # noqa: D102


class Wording(NamedTuple):
    """How a report speaks of a kind of network.

    `examples` is what there are so many of; `telling` what is done with them; `aim` names the measure of where
    attention was, in JSON, and `aim_line` in words; `heading` is that of the figure with the control; `described` gives
    a network in words.
    """

    examples: str
    telling: str
    aim: str
    aim_line: str
    heading: str
    described: Callable[[Any], str]


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Examples to learn from, and others that are held out.

    Parameters
    ----------
    network : Translator or Captioner
        Untrained, with the vocabulary of the examples.
    examples : tuple of sequences
        What `fit` takes: pairs, or images and captions.
    content : dict
        Stands for the examples among the settings.
    loss : callable
        From a network and weights to its mean loss a piece, in nats, on some that are held out.
    tell : callable
        From a network to its sentences for all that are held out.
    aim : callable
        From a network and these to how well attention aims, None if that is not known.
    right : sequence of str
        The sentences that are right.
    lengths, edges, unit
        By what the scores are told apart: the length of each, where each range begins, and the unit in words.
    """

    network: Any
    examples: tuple[Any, ...]
    content: Mapping[str, str]
    loss: "Callable[[Any, Parameters], float]"
    tell: Callable[[Any], list[Any]]
    aim: Callable[[Any, list[Any]], float | None]
    right: Sequence[str]
    lengths: Sequence[int]
    edges: tuple[int, ...]
    unit: str


@dataclass(frozen=True, kw_only=True)
class Study:
    """What is learned, how, and where it is written.

    Parameters
    ----------
    recipe : Recipe
    seed, beam : int
    output : Path
        File of the network.
    controlled : bool
        Whether the same network learns without attention, too.
    settings : dict
        All that the result depends on but the examples, as JSON gives it back.
    source, provenance : str
        What is learned from, in words, and this with the command.
    own : bool
        Whether the examples are the user's: then BLEU is computed, too.
    lesson : callable
        Gives the examples.
    wording : Wording
    """

    recipe: Recipe
    seed: int
    beam: int
    output: Path
    controlled: bool
    settings: Mapping[str, Any]
    source: str
    provenance: str
    own: bool
    lesson: Callable[[], Lesson]
    wording: Wording

    @property
    def written(self) -> list[Path]:
        """Every file."""
        return outputs_beside(self.output, controlled=self.controlled)


class Trained(NamedTuple):
    """What came of a study: for each network its run, its scores by length, and how well its attention aims."""

    study: Study
    lesson: Lesson
    runs: dict[str, Run]
    scores: dict[str, list[LengthScore]]
    aims: dict[str, float | None]


def train_sentences(study: Study) -> Trained:
    """Train, score what is held out, and write networks, tables and figures."""
    with kept_when_stopped(part_of(study.output), part_of(control_of(study.output))):
        trained = _trained(study)
        write_runs(trained.runs, study.provenance)
        if study.controlled:
            draw_lengths(study.written[-1], trained.lesson.unit, trained.scores, study.wording.heading)
        for run in trained.runs.values():
            part_of(run.output).unlink(missing_ok=True)
    return trained


def _trained(study: Study) -> Trained:
    sentence_training(study.output, study.settings).kept()  # says at once what does not fit
    lesson, recipe = study.lesson(), study.recipe

    def fit(network: Any, **how: Any) -> Any:  # noqa: ANN401
        return network.fit(
            *lesson.examples, rng=study.seed, batch=recipe.batch, learning_rate=recipe.learning_rate, **how
        )

    runs = train_with_control(
        lesson.network, fit, lesson.loss, output=study.output, settings={**study.settings, **lesson.content},
        epochs=recipe.epochs, controlled=study.controlled,
    )  # fmt: skip
    bleu = study.own and knows_bleu()
    scores, aims = {}, {}
    for name, run in runs.items():
        told = lesson.tell(run.network)
        texts = [each.text for each in told]
        scores[name] = score_by_length(texts, lesson.right, lesson.lengths, lesson.edges, bleu=bleu)
        aims[name] = lesson.aim(run.network, told)
    return Trained(study, lesson, runs, scores, aims)


def report_trained(trained: Trained, *, as_json: bool) -> None:
    """Print what came of a study."""
    study, lesson, runs, scores, aims = trained
    wording, count = study.wording, len(lesson.examples[0])
    if as_json:
        result = {
            "seed": study.seed,
            wording.examples: count,
            "beam": study.beam,
            "provenance": study.provenance,
            "bleu": signature_of(scores),
            "networks": described_runs(runs, scores, **{wording.aim: aims}),
        }
        print(json.dumps({**result, "written": [str(path) for path in study.written]}, indent=1))
        return
    report([("learned from", f"{study.source}: {count} {wording.examples}, seed {study.seed}")])
    for name, run in runs.items():
        report([(name, f"{wording.described(run.network)}; {len(run.epochs)} epochs, {run.seconds:.0f} CPU-s")])
    held_out = f"{len(lesson.right)} {wording.examples}, {wording.telling} with a beam of {study.beam}"
    report([("held out", held_out)])
    report_scores(lesson.unit, scores)
    for name, aim in aims.items():
        if aim is not None:
            print(f"\n{wording.aim_line}, {name}: {aim:.1%}")
    print()
    report(("written", path) for path in study.written)


def attention_line(network: Any) -> str:  # noqa: ANN401
    """Say how a network attends: form, score and normalisation."""
    decoder = network.decoder
    return "none" if decoder.form == "none" else f"{decoder.form}, {decoder.score}, {decoder.normalise}"
