"""`foveal train`: let a network learn where to look, from pictures of digits."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import add_json, seed
from demos.outputs import made_with, report
from demos.training.held_out import HELD_OUT, TRAINING
from demos.training.resumable import (
    EPILOG,
    Epoch,
    ResumableTraining,
    digest,
    kept_when_stopped,
    one_thread,
    part_of,
    write_epochs,
)

if TYPE_CHECKING:
    from neural import Digits, RecurrentAttentionModel, Scenes
    from neural.glimpses.policy import Policy
    from saliency.learning.parameters import Parameters

POLICIES = ("priority", "gaussian", "saliency", "random", "centre")
CORES = ("rectifier", "gru", "lstm")
HUES = ("red", "green", "blue", "yellow")  # those of neural.search, in its order
CONFIDENCE = 0.9  # probability of a class at which an early exit is taken
FEWEST = 1000  # held-out pictures, at least; and those that are looked at after each epoch
SHOWN = 6  # pictures in the figure of glimpses


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a task is learned, in plain words and numbers: a help must not wait for the library.

    Parameters
    ----------
    sensor : dict
        Settings of `GlimpseSensor`.
    policy, core : str
        Which ones.
    gaussian, priority : dict
        Settings of `GaussianPolicy`, and of `PriorityPolicy`, which is also the policy "saliency".
    layers : dict
        Settings of `RecurrentAttentionModel`: `what`, `where`, `joined`.
    units : int
        Units of the core.
    glimpses, pictures, epochs, batch : int
        How many.
    learning_rate, weight_decay : float
        As for `fit`.
    loss : dict
        Settings of `HybridLoss`.
    jitter : bool
        Whether pictures are moved, turned and scaled a little each time.
    alone : float
        Share of the pictures to learn from that show the digit alone, in "search".
    """

    sensor: Mapping[str, Any]
    policy: str
    core: str = "rectifier"
    gaussian: Mapping[str, Any] = field(default_factory=dict)
    priority: Mapping[str, Any] = field(default_factory=dict)
    layers: Mapping[str, Any] = field(default_factory=dict)
    units: int = 256
    glimpses: int = 6
    pictures: int = 60_000
    epochs: int = 60
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.0
    loss: Mapping[str, Any] = field(default_factory=dict)
    jitter: bool = False
    alone: float = 0.0


_GUIDED = {"temperature": 0.05, "acuity": 0.0}
RECIPES = {
    "digits": Recipe(
        sensor={"size": 8, "scales": 1}, policy="gaussian", priority=_GUIDED, epochs=40, learning_rate=1e-3, jitter=True
    ),
    "translated": Recipe(sensor={"size": 12, "scales": 3}, policy="priority", priority=_GUIDED, epochs=14, jitter=True),
    "cluttered": Recipe(sensor={"size": 12, "scales": 3}, policy="priority", priority=_GUIDED, epochs=16, jitter=True),
    "search": Recipe(
        sensor={"size": 12, "scales": 2},
        policy="priority",
        priority={"features": True, "tasks": HUES, "stateful": False, "temperature": 0.2, "acuity": 0.0},
        glimpses=3,
        pictures=20_000,
        epochs=24,
        loss={"reinforce": 0.3},
        alone=0.5,
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="folder with the files of MNIST; digits are drawn if left out"
    )
    parser.add_argument(
        "--task", default="digits", metavar="NAME",
        help="digits: one in each picture; translated: one anywhere in a larger picture; cluttered: among scraps of "
        "others; search: the one of a given hue, the dimmest of five (digits)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="file of what was learned, .npz (my-TASK.npz); beside it the epochs as .csv, the learning curve as "
        ".curve.png and glimpses as .glimpses.png",
    )  # fmt: skip
    choices = (
        ("policy", POLICIES, "what tells where to look"),
        ("core", CORES, "what keeps in mind what was seen"),
    )
    for name, kinds, summary in choices:
        parser.add_argument(f"--{name}", metavar="NAME", help=f"{summary}: {', '.join(kinds)} (as suits the task)")
    parser.add_argument("--glimpses", type=int, metavar="N", help="how many are taken of a picture (6; 3 in search)")
    parser.add_argument("--pictures", type=int, metavar="N", help="how many to learn from (60000; 20000 in search)")
    parser.add_argument("--epochs", type=int, metavar="N", help="how often each picture is seen (as suits the task)")
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="draws weights, pictures and places (0)")
    parser.add_argument(
        "--demo", nargs="?", const="", metavar="FILE",
        help="learn nothing: show what the network that ships for the task has learned, or the one in FILE",
    )  # fmt: skip
    add_json(parser)
    parser.epilog = EPILOG


def run(options: argparse.Namespace) -> None:
    """Learn, or read what was learned, and show it."""
    one_thread()
    _check(options)
    if options.demo is not None:
        _demonstrate(options)
        return
    lesson = _Lesson.of(options)
    with kept_when_stopped(lesson.part):
        _learn(options, lesson)


def _check(options: argparse.Namespace) -> None:
    for name, kinds in (("task", tuple(RECIPES)), ("policy", POLICIES), ("core", CORES)):
        given = getattr(options, name)
        if given is not None and given not in kinds:
            raise ValueError(f"there is no {name} '{given}'; expected one of: {', '.join(kinds)}")
    for name in ("glimpses", "pictures", "epochs"):
        given = getattr(options, name)
        if given is not None and given < 1:
            raise ValueError(f"expected --{name} from 1 up, got {given}")
    if options.pictures == 1 and options.task in ("cluttered", "search"):
        raise ValueError("expected --pictures from 2 up: a picture shows parts of the digits of others")


class _Lesson(NamedTuple):
    """What is learned, how, and where it is written."""

    task: str
    recipe: Recipe
    network: "RecurrentAttentionModel"
    data: Path | None
    seed: int
    output: Path

    @classmethod
    def of(cls, options: argparse.Namespace) -> "_Lesson":
        """Give what was asked for; refuse outputs that could not be written."""
        from foveation.files import FIGURE_ENDINGS, check_output
        from neural.files import ENDINGS

        asked = {
            name: getattr(options, name)
            for name in ("policy", "core", "glimpses", "pictures", "epochs")
            if getattr(options, name) is not None
        }
        recipe = replace(RECIPES[options.task], **asked)
        output = check_output(options.output or Path(f"my-{options.task}.npz"), ENDINGS)
        lesson = cls(options.task, recipe, network_of(recipe), options.data, options.seed, output)
        for path in lesson.beside:
            check_output(path, (".csv", *FIGURE_ENDINGS))
        return lesson

    @property
    def part(self) -> Path:
        """The file that keeps an unfinished training."""
        return part_of(self.output)

    @property
    def beside(self) -> tuple[Path, Path, Path]:
        """Table of the epochs, learning curve, glimpses."""
        table, curve, glimpses = (self.output.with_suffix(end) for end in (".csv", ".curve.png", ".glimpses.png"))
        return table, curve, glimpses

    @property
    def settings(self) -> dict[str, Any]:
        """All that the result depends on but the digits, as JSON gives it back."""
        settings: dict[str, Any] = json.loads(
            json.dumps({"task": self.task, "seed": self.seed, "data": _name(self.data), **asdict(self.recipe)})
        )
        return settings

    @property
    def provenance(self) -> str:
        """What was learned from, and the command."""
        recipe = self.recipe
        command = ["foveal train --task", self.task, *([] if self.data is None else ["--data", self.data.name])]
        command += [f"--{name} {getattr(recipe, name)}" for name in ("policy", "core", "glimpses", "pictures")]
        command += [f"--epochs {recipe.epochs} --seed {self.seed}"]
        return f"Learned by: {' '.join(command)}\nFrom: {_told(self)}\nWith: {made_with()}"


def network_of(recipe: Recipe) -> "RecurrentAttentionModel":
    """Give the network of a recipe, which has learned nothing yet."""
    from foveation import GlimpseSensor
    from neural import RecurrentAttentionModel
    from neural.layers import recurrent

    return RecurrentAttentionModel(
        sensor=GlimpseSensor(**recipe.sensor, units="normalised"),
        policy=_policy_of(recipe),
        core=recurrent.CORES[recipe.core](size=recipe.units),
        glimpses=recipe.glimpses,
        **recipe.layers,
    )


def _policy_of(recipe: Recipe) -> "Policy":
    from neural import CentrePolicy, GaussianPolicy, PriorityPolicy, RandomPolicy

    if recipe.policy in ("priority", "saliency"):
        return PriorityPolicy(**recipe.priority, guided=recipe.policy == "priority")
    if recipe.policy == "gaussian":
        return GaussianPolicy(**recipe.gaussian)
    return RandomPolicy() if recipe.policy == "random" else CentrePolicy()


def scenes_of(task: str, digits: "Digits", count: int, rng: Any, *, alone: float = 0.0) -> "Scenes":  # noqa: ANN401
    """Make so many pictures for a task; digits come again, at other places, if there are fewer."""
    import numpy as np

    from neural import Digits, centred_digits, cluttered_digits, hue_search_scenes, translated_digits

    which = np.arange(count) % len(digits.labels)
    some = Digits(digits.images[which], digits.labels[which])
    if task == "digits":
        return centred_digits(some)
    if task == "search":
        return hue_search_scenes(some, rng, hues=HUES, alone=alone)
    return {"translated": translated_digits, "cluttered": cluttered_digits}[task](some, rng)


def _pictures(
    options: argparse.Namespace, task: str, part: int, count: int, *, alone: float = 0.0
) -> "tuple[Digits, Scenes]":
    """Give digits for learning, or others that are held out, and pictures of them: all of MNIST that is held out."""
    import numpy as np

    from neural import read_mnist, rendered_digits

    rng = np.random.default_rng([options.seed, part])
    if options.data is None:
        digits = rendered_digits(count, rng)
    else:
        digits = read_mnist(options.data, "train" if part == TRAINING else "test")
        count = count if part == TRAINING else len(digits.labels)
    if task == "digits" and count > len(digits.labels):
        raise ValueError(f"expected --pictures up to {len(digits.labels)}, as many as there are, got {count}")
    return digits, scenes_of(task, digits, count, rng, alone=alone)


def _name(data: Path | None) -> str:
    return "drawn digits" if data is None else f"digits in {data.resolve().name}"


def _told(lesson: _Lesson) -> str:
    return f"{lesson.recipe.pictures} pictures of {_name(lesson.data)}, {lesson.recipe.epochs} epochs"


def _learn(options: argparse.Namespace, lesson: _Lesson) -> None:
    from neural import LossTerms
    from neural.files import write_network

    ResumableTraining(
        part=lesson.part, settings=lesson.settings, loss_terms=LossTerms
    ).kept()  # says at once what does not fit
    digits, scenes = _pictures(options, lesson.task, TRAINING, lesson.recipe.pictures, alone=lesson.recipe.alone)
    _, held_out = _pictures(options, lesson.task, HELD_OUT, max(FEWEST, lesson.recipe.pictures // 6))
    settings = lesson.settings | {"pictures of digits": digest(digits)}
    network, epochs = _trained(lesson, settings, scenes, held_out)
    shown = _shown(network, held_out)
    write_network(network, lesson.output, provenance=lesson.provenance)
    table, curve, glimpses = lesson.beside
    write_epochs(table, epochs, ("held_out_error",))
    _draw_curve(curve, epochs)
    _draw_glimpses(glimpses, network, held_out)
    lesson.part.unlink(missing_ok=True)
    written = [lesson.output, *lesson.beside]
    _report(options, network, shown, f"{_told(lesson)}, seed {lesson.seed}", lesson.provenance, written)


def _demonstrate(options: argparse.Namespace) -> None:
    """Show what a network can do that has learned already."""
    from foveation.files import FIGURE_ENDINGS, check_output
    from neural.files import pretrained_path, read_network, read_provenance

    for name in ("policy", "core", "glimpses", "pictures", "epochs"):
        if getattr(options, name) is not None:
            raise ValueError(f"expected --demo without --{name}: nothing is learned")
    path = Path(options.demo) if options.demo else pretrained_path(options.task)
    stem = path.stem if options.demo else options.task
    output = check_output(options.output or Path(f"{stem}.glimpses.png"), FIGURE_ENDINGS)
    network, provenance = read_network(path), read_provenance(path)
    _, held_out = _pictures(options, options.task, HELD_OUT, FEWEST)
    shown = _shown(network, held_out)
    _draw_glimpses(output, network, held_out)
    learned = provenance.partition("From: ")[2].partition("\n")[0] or "the file does not say"
    _report(options, network, shown, learned, provenance, [output])


def _trained(
    lesson: _Lesson, settings: Mapping[str, Any], scenes: "Scenes", held_out: "Scenes"
) -> "tuple[RecurrentAttentionModel, list[Epoch]]":
    """Learn, or go on with what is kept; count errors on some held-out pictures after each epoch."""
    from neural import HybridLoss, Jitter, LossTerms

    network, recipe = lesson.network, lesson.recipe
    few = network.scene(held_out.images[:FEWEST], None if held_out.tasks is None else held_out.tasks[:FEWEST])
    labels = held_out.labels[:FEWEST]

    def errors(weights: "Parameters") -> list[float]:
        said = replace(network, weights=weights).predict(few)
        return [float((said.labels != labels).mean())]

    fit = partial(
        network.fit, scenes.images, scenes.labels, tasks=scenes.tasks, rng=lesson.seed, batch=recipe.batch,
        learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay, loss=HybridLoss(**recipe.loss),
        augment=Jitter() if recipe.jitter else None,
    )  # fmt: skip
    kept = ResumableTraining(part=lesson.part, settings=settings, loss_terms=LossTerms)
    return kept.train_with_control(fit, epochs=recipe.epochs, measure=errors, line=_line)


def _line(epoch: Epoch) -> str:
    loss_terms = epoch.loss_terms
    return (
        f"action {loss_terms.action:.3f}, baseline {loss_terms.baseline:.3f}, reinforce {loss_terms.reinforce:+.3f}, "
        f"accuracy {loss_terms.accuracy:.1%}, reward {loss_terms.reward:.3f}, held-out error {epoch.measured[0]:.1%}"
    )


class _Shown(NamedTuple):
    """What a network can do, on held-out pictures; errors are shares."""

    pictures: int
    shape: tuple[int, ...]
    errors: list[float]
    elsewhere: dict[str, float]
    early_glimpses: float
    early_error: float
    gains: dict[str, dict[str, float]]


def _shown(network: "RecurrentAttentionModel", held_out: "Scenes") -> _Shown:
    """Ask the network after each glimpse, with its gaze sent elsewhere, and with an early exit."""
    import numpy as np

    images, labels, tasks = held_out.images, held_out.labels, held_out.tasks
    said = network.predict(images, tasks=tasks)
    wrong = said.probabilities.argmax(axis=-1) != labels[:, np.newaxis]
    elsewhere = {
        name: float((other.predict(images, tasks=tasks).labels != labels).mean()) for name, other in _others(network)
    }
    names = getattr(network.policy, "tasks", ())
    if tasks is not None and len(names) > 1 and network.policy.learns:
        misled = network.predict(images, tasks=(tasks + 1) % len(names))
        elsewhere["wrong task"] = float((misled.labels != labels).mean())
    used = said.stopped(CONFIDENCE).used
    early = wrong[np.arange(len(wrong)), used - 1].mean()
    size = images.shape[1:]
    return _Shown(
        len(images), size, wrong.mean(axis=0).tolist(), elsewhere, float(used.mean()), float(early), _gains(network)
    )


def _others(network: "RecurrentAttentionModel") -> "Iterator[tuple[str, RecurrentAttentionModel]]":
    """Give the same network with other policies that need no learning: what its own choices are worth."""
    from neural import CentrePolicy, PriorityPolicy, RandomPolicy

    if isinstance(network.policy, PriorityPolicy) and network.policy.guided:
        yield "saliency", replace(network, policy=replace(network.policy, guided=False))
    for name, policy in (("random", RandomPolicy()), ("centre", CentrePolicy())):
        if type(policy) is not type(network.policy):
            yield name, replace(network, policy=policy)


def _gains(network: "RecurrentAttentionModel") -> dict[str, dict[str, float]]:
    """Give what each task asks of each channel, if the network has learned that."""
    from neural import PriorityPolicy

    policy = network.policy
    if not isinstance(policy, PriorityPolicy) or not policy.guided:
        return {}
    rows = zip(policy.tasks, network.weights["gains"].tolist(), strict=True)
    return {task: dict(zip(policy.names, gains, strict=False)) for task, gains in rows}


def _draw_curve(output: Path, epochs: Sequence[Epoch]) -> None:
    from foveation.figures import save_figure
    from neural.figures import training_figure

    errors = [(number, epoch.measured[0]) for number, epoch in enumerate(epochs, start=1)]
    save_figure(training_figure([epoch.loss_terms for epoch in epochs], test_error=errors), output)


def _draw_glimpses(output: Path, network: "RecurrentAttentionModel", scenes: "Scenes") -> None:
    from foveation.figures import save_figure
    from neural.figures import glimpses_figure

    tasks = None if scenes.tasks is None else scenes.tasks[:SHOWN]
    beside = {name: other for name, other in _others(network) if name == "saliency"}
    save_figure(
        glimpses_figure(network, scenes.images[:SHOWN], scenes.labels[:SHOWN], tasks=tasks, beside=beside), output
    )


def _report(
    options: argparse.Namespace,
    network: "RecurrentAttentionModel",
    shown: _Shown,
    learned: str,
    provenance: str,
    written: Sequence[Path],
) -> None:
    if options.json:
        result = {"task": options.task, "seed": options.seed, "provenance": provenance, **shown._asdict()}
        print(json.dumps({**result, "confidence": CONFIDENCE, "written": [str(path) for path in written]}))
        return
    height, width = shown.shape[:2]
    report([("task", f"{options.task}, {width} x {height} px"), ("learned from", learned)])
    report([("network", _told_network(network)), ("held out", f"{shown.pictures} pictures of other digits")])
    print("\nglimpses     held-out error")
    report((str(number), f"{error:8.2%}") for number, error in enumerate(shown.errors, start=1))
    early = f"{shown.early_error:8.2%} when it stops as soon as a class is {CONFIDENCE:.0%} probable"
    report([(f"{shown.early_glimpses:.2f}", early)])
    print(
        f"\nlooking      held-out error after {len(shown.errors)} glimpses, if the same network is made to look there"
    )
    report((name, f"{error:8.2%}") for name, error in shown.elsewhere.items())
    _report_gains(shown.gains)
    print()
    report([("written", path) for path in written])


def _report_gains(gains: Mapping[str, Mapping[str, float]]) -> None:
    if not gains:
        return
    channels = list(next(iter(gains.values())))
    widths = [max(len(name), 6) + 2 for name in channels]
    print("\ngains        " + "".join(f"{name:>{width}}" for name, width in zip(channels, widths, strict=True)))
    for task, row in gains.items():
        print(f"{task:<12} " + "".join(f"{row[name]:>{w}.2f}" for name, w in zip(channels, widths, strict=True)))


def _told_network(network: "RecurrentAttentionModel") -> str:
    sensor, core = network.sensor, network.core
    scales = f" at {sensor.scales} scales" if sensor.scales > 1 else ""
    count = sum(values.size for values in network.weights.values())
    return (
        f"{type(network.policy).__name__}, {type(core).__name__} of {core.size} units, "
        f"{network.glimpses} glimpses of {sensor.size} x {sensor.size} px{scales}, {count} weights"
    )
