"""`foveal train`: let a network learn where to look, from pictures of digits."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import MOST_COUNT, add_json, seed, whole
from demos.outputs import report
from demos.parser import CommandParser
from demos.training.digits import CORES, POLICIES, RECIPES, DigitStudy, held_out_scenes, train_digits
from demos.training.resumable import (
    EPILOG,
    Epoch,
    kept_when_stopped,
    one_thread,
    write_epochs,
)
from foveation.checks import check_one_of

if TYPE_CHECKING:
    from neural import RecurrentAttentionModel, Scenes

MOST_GLIMPSES = 100
CONFIDENCE = 0.9  # probability of a class at which an early exit is taken
SHOWN = 6  # pictures in the figure of glimpses


def add_arguments(parser: CommandParser) -> None:
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
    parser.add_argument(
        "--glimpses",
        type=whole("glimpses", most=MOST_GLIMPSES),
        metavar="N",
        help="how many are taken of a picture (6; 3 in search)",
    )
    parser.add_argument(
        "--pictures",
        type=whole("pictures", most=MOST_COUNT),
        metavar="N",
        help="how many to learn from (60000; 20000 in search)",
    )
    parser.add_argument(
        "--epochs",
        type=whole("epochs", most=MOST_COUNT),
        metavar="N",
        help="how often each picture is seen (as suits the task)",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="draws weights, pictures and places (0)")
    parser.add_argument(
        "--demo", nargs="?", const="", metavar="FILE",
        help="learn nothing: show what the network that ships for the task has learned, or the one in FILE",
    )  # fmt: skip
    parser.only(
        "policy", "core", "glimpses", "pictures", "epochs", where="without --demo, which learns nothing",
        met=lambda options: options.demo is None,
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
    study = DigitStudy.of(options)
    with kept_when_stopped(study.part):
        _learn(options, study)


def _check(options: argparse.Namespace) -> None:
    for name, kinds in (("task", tuple(RECIPES)), ("policy", POLICIES), ("core", CORES)):
        if getattr(options, name) is not None:
            check_one_of(name, getattr(options, name), kinds)
    if options.pictures == 1 and options.task in ("cluttered", "search"):
        raise ValueError("expected --pictures from 2 up: a picture shows parts of the digits of others")


def _learn(options: argparse.Namespace, study: DigitStudy) -> None:
    from neural.files import write_network

    network, epochs, held_out = train_digits(study)
    shown = _shown(network, held_out)
    write_network(network, study.output, provenance=study.provenance)
    table, curve, glimpses = study.beside
    write_epochs(table, epochs, ("held_out_error",))
    _draw_curve(curve, epochs)
    _draw_glimpses(glimpses, network, held_out)
    study.part.unlink(missing_ok=True)
    written = [study.output, *study.beside]
    _report(options, network, shown, f"{study.source}, seed {study.seed}", study.provenance, written)


def _demonstrate(options: argparse.Namespace) -> None:
    """Show what a network can do that has learned already."""
    from foveation.files import FIGURE_ENDINGS, check_output
    from neural.files import pretrained_path, read_network, read_provenance

    path = Path(options.demo) if options.demo else pretrained_path(options.task)
    stem = path.stem if options.demo else options.task
    output = check_output(options.output or Path(f"{stem}.glimpses.png"), FIGURE_ENDINGS)
    network, provenance = read_network(path), read_provenance(path)
    held_out = held_out_scenes(options.task, options.data, options.seed)
    shown = _shown(network, held_out)
    _draw_glimpses(output, network, held_out)
    learned = provenance.partition("From: ")[2].partition("\n")[0] or "the file does not say"
    _report(options, network, shown, learned, provenance, [output])


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
    from neural import CentrePolicy, RandomPolicy

    own: Any = network.policy
    if getattr(own, "guided", False):
        yield "saliency", replace(network, policy=replace(own, guided=False))
    for name, policy in (("random", RandomPolicy()), ("centre", CentrePolicy())):
        if type(policy) is not type(own):
            yield name, replace(network, policy=policy)


def _gains(network: "RecurrentAttentionModel") -> dict[str, dict[str, float]]:
    """Give what each task asks of each channel, if the network has learned that."""
    policy: Any = network.policy
    if not getattr(policy, "guided", False):
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
