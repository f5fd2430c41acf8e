"""`foveal train-readout`: learn from your own pictures and fixations where people look."""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import (
    LEAST_SIGMA_PX,
    MOST_COUNT,
    MOST_SIGMA_PX,
    VIEWING,
    add_json,
    add_viewing,
    add_workers,
    given_any,
    real,
    seed,
    whole,
)
from demos.inputs import viewing_of
from demos.outputs import Clock, made_with, progress, report, say
from demos.parser import CommandParser
from demos.tables import rows_of
from demos.training.resumable import digest, kept_when_stopped, part_of

if TYPE_CHECKING:
    from saliency import Channels, Readout, Recordings
    from saliency.evaluation import Evaluation
    from saliency.learning.loop import Progress
    from saliency.models.readout.readout import Weights
    from saliency.models.readout.training import Example

OUTPUT = Path("my-readout.npz")
SHIPPED = "shipped"
ROW = "read-out"
EPOCHS, EPOCHS_ON = 70, 14  # from nothing, and from what is learned already


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="FOLDER",
        help="folder of pictures (in images/ or directly) with fixations.csv; each has a centre bias of its own",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, default=OUTPUT, metavar="FILE", help=f"file of what was learned ({OUTPUT})"
    )
    parser.add_argument(
        "--first", type=_list_of(whole("indices", least=0, most=MOST_COUNT)), default=[0], metavar="K[,K...]",
        help="leave out fixations with an index below K (0); one for all folders, or one for each",
    )  # fmt: skip
    parser.add_argument(
        "--epochs",
        type=whole("epochs", most=MOST_COUNT),
        metavar="N",
        help=f"how often each picture is seen ({EPOCHS}; {EPOCHS_ON} with --start)",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="draws what is seen when, and how (0)")
    parser.add_argument(
        "--start", metavar="FILE", help=f"go on from this file, or from the read-out that ships: --start {SHIPPED}"
    )
    parser.add_argument("--without-faces", action="store_true", help="no channels of skin and faces: twice as fast")
    parser.add_argument("--onnx", type=Path, metavar="NET", help="further channels: a network of yours, an .onnx file")
    parser.add_argument("--layer", metavar="L", help="the layer of that network (its output)")
    parser.add_argument(
        "--folds",
        type=whole("folds", least=2, most=MOST_COUNT),
        metavar="K",
        help="also say how good it is, by cross-validation: K more trainings",
    )
    parser.add_argument(
        "--sigma-px",
        type=_list_of(real("pixels", least=LEAST_SIGMA_PX, most=MOST_SIGMA_PX)),
        metavar="N[,N...]",
        help="spread of a fixation with --folds, in pixels (one degree, see below)",
    )
    add_workers(parser, "number of processes for channels")
    add_viewing(parser)
    parser.only("layer", where="with --onnx", met=given_any("onnx"))
    parser.only("sigma_px", *VIEWING, where="with --folds", met=given_any("folds"))
    parser.only("sigma_px", where="without the viewing geometry", met=lambda options: not given_any(*VIEWING)(options))
    add_json(parser)


def _list_of(read: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Give what reads a list with commas."""
    return lambda text: [read(part) for part in text.split(",")]


def run(options: argparse.Namespace) -> None:
    """Learn, write the file, and say how good it is."""
    from foveation.files import check_output
    from saliency.models.readout.readout import ENDINGS

    check_output(options.output, ENDINGS)
    options.epochs = options.epochs or (EPOCHS if options.start is None else EPOCHS_ON)
    with kept_when_stopped(_part(options.output)):
        _run(options)


def _run(options: argparse.Namespace) -> None:
    from demos.workers import pool_of
    from saliency.learning.unfinished import resumable
    from saliency.models.readout.training import ReadoutLossTerms, examples

    study = _study(options)
    for part in (_part(options.output, fold) for fold in range((options.folds or 0) + 1)):
        resumable(part, ReadoutLossTerms, study.settings)  # says at once what does not fit
    total = sum(map(len, study.sets))
    say(f"working out {len(study.channels.names)} channels of {total} pictures")
    with pool_of(options.workers, {"channels": study.channels}) as executor:
        made = examples(study.sets, study.channels, executor=executor)
        named = list(progress(made, total, "picture"))
    pictures = [example for _, example in named]
    blank = [name for name, example in named if not example.counts.any()]
    if len(blank) == len(pictures):
        raise ValueError("no picture has fixations inside it: are x and y in pixels of the picture?")
    folds = _folds(options, study)
    clock = Clock(options.epochs * (len(pictures) + sum(len(fold.seen) for fold in folds)))
    weights = _trained(pictures, study, clock, _part(options.output), "")
    weights.write(options.output)
    evaluations = _validated(options, study, pictures, folds, clock)
    for number in range(len(folds) + 1):
        _part(options.output, number).unlink(missing_ok=True)
    _report(options, study, weights, blank, evaluations)


@dataclass(frozen=True)
class _Study:
    """What is learned from, and how."""

    sets: "list[Recordings]"
    names: list[str]
    channels: "Channels"
    start: "Weights | None"
    started: str
    settings: dict[str, Any]
    sigmas: list[float]
    sigma_source: str


def _study(options: argparse.Namespace) -> _Study:
    from saliency import Channels, Faces, OnnxFeatures, Readout, Recordings
    from saliency.models.readout.readout import Weights

    firsts = _each(options.first, len(options.folders), "--first")
    sets = [Recordings.read(folder, first=first) for folder, first in zip(options.folders, firsts, strict=True)]
    features = None if options.onnx is None else OnnxFeatures(options.onnx, options.layer)
    channels = Channels(faces=None if options.without_faces else Faces(), features=features)
    start = None
    if options.start == SHIPPED:
        start = Readout(faces=not options.without_faces).weights
    elif options.start is not None:
        start = Weights.read(options.start)
    if start is not None and start.names != channels.names:
        raise ValueError(f"'{options.start}' has the channels {', '.join(start.names)}; see --without-faces")
    started = "" if options.start is None else Path(options.start).name
    settings = {
        "folders": [folder.resolve().name for folder in options.folders],
        "first": firsts,
        "epochs": options.epochs,
        "seed": options.seed,
        "start": None if start is None else digest([*start.parameters.values(), start.mean, start.spread]),
        "channels": list(channels.names),
        "network": None if options.onnx is None else f"{options.onnx.name} {options.layer or ''}".strip(),
        "folds": options.folds,
    }
    sigmas, source = _sigmas(options, sets) if options.folds else ([], "")
    return _Study(sets, settings["folders"], channels, start, started, settings, sigmas, source)


def _each(numbers: list[Any], count: int, option: str) -> list[Any]:
    """Give one number for each folder, where there is one for all or one for each."""
    if len(numbers) not in (1, count):
        raise ValueError(f"expected one number for {option}, or one for each of {count} folders, got {len(numbers)}")
    return numbers * (count if len(numbers) == 1 else 1)


def _sigmas(options: argparse.Namespace, sets: "list[Recordings]") -> tuple[list[float], str]:
    if options.sigma_px is not None:
        return _each(options.sigma_px, len(sets), "--sigma-px"), "as given"
    viewings = [viewing_of(options, recordings.shape(next(iter(recordings)))) for recordings in sets]
    return [viewing.pixels_per_degree for viewing, _ in viewings], f"one degree, {viewings[0][1]}"


def _trained(pictures: "Sequence[Example]", study: _Study, clock: Clock, part: Path, title: str) -> "Weights":
    """Learn, or go on with what `part` keeps; after each epoch keep all that is needed to go on."""
    from saliency.learning.unfinished import resumable, write_progress
    from saliency.models.readout.training import ReadoutLossTerms, train

    settings = study.settings | {"pictures": digest([array for each in pictures for array in each[:3]])}
    kept, _ = resumable(part, ReadoutLossTerms, settings)
    clock.skip(0 if kept is None else kept.epoch * len(pictures))
    if kept is not None:
        say(f"{title}going on after epoch {kept.epoch} of {kept.epochs}, kept in '{part}'")

    def watch(now: "Progress") -> None:
        write_progress(now, part, notes={"settings": settings})
        gain, left = f"{now.loss_terms.bits:.3f} bits above an even density", clock.left(len(pictures))
        say(f"{title}epoch {now.epoch} of {now.epochs}: {gain}, {left} left")

    return train(
        pictures, study.channels.names, rng=study.settings["seed"], epochs=study.settings["epochs"],
        start=study.start, resume=kept, provenance=_provenance(study), watch=watch,
    )  # fmt: skip


def _part(output: Path, fold: int = 0) -> Path:
    """Name the file beside the output that keeps an unfinished training."""
    return part_of(output.with_name(f"{output.name}.fold-{fold}") if fold else output)


class _Fold(NamedTuple):
    """The numbers of the pictures that are learned from, and the held-out names in each set."""

    seen: list[int]
    held_out: list[set[str]]


def _folds(options: argparse.Namespace, study: _Study) -> list[_Fold]:
    """Split the pictures of each set by lot."""
    if not options.folds:
        return []
    each = [recordings.folds(options.folds, options.seed) for recordings in study.sets]
    jobs = [(source, name) for source, recordings in enumerate(study.sets) for name in recordings]
    folds = []
    for number in range(options.folds):
        held_out = [set(parts[number][1]) for parts in each]
        folds.append(_Fold([k for k, (source, name) in enumerate(jobs) if name not in held_out[source]], held_out))
    return folds


@dataclass(frozen=True)
class _HeldOut:
    """For each picture, the read-out that has not seen it."""

    readouts: "dict[str, Readout]" = field(default_factory=dict)

    def for_picture(self, name: str) -> "Readout":
        return self.readouts[name]


def _validated(
    options: argparse.Namespace, study: _Study, pictures: "list[Example]", folds: list[_Fold], clock: Clock
) -> "list[Evaluation]":
    """Train without each part of the pictures, and score on it: a table for each folder."""
    from saliency import Readout

    models = [_HeldOut() for _ in study.sets if folds]
    with tempfile.TemporaryDirectory() as folder:
        for number, fold in enumerate(folds, start=1):
            seen = [pictures[k] for k in fold.seen]
            weights = _trained(seen, study, clock, _part(options.output, number), f"fold {number} of {len(folds)}, ")
            path = Path(folder) / f"fold-{number}.npz"
            weights.write(path)
            readout = Readout(path=path, features=study.channels.features)
            for model, names in zip(models, fold.held_out, strict=True):
                model.readouts.update(dict.fromkeys(names, readout))
        return [_scored(options, study, source, model) for source, model in enumerate(models)]


def _scored(options: argparse.Namespace, study: _Study, source: int, model: Any) -> "Evaluation":  # noqa: ANN401
    from demos.workers import pool_of
    from saliency.evaluation import evaluate

    recordings = study.sets[source]
    names = [name for name in recordings if len(recordings.places(name))]
    say(f"scoring {len(names)} pictures of {study.names[source]}, each by the training that has not seen it")
    with pool_of(options.workers, {ROW: model}) as executor:
        return evaluate(
            {ROW: model}, recordings, sigma=study.sigmas[source], rng=options.seed, pictures=names,
            executor=executor, watch=partial(progress, total=len(names), unit="picture"),
        )  # fmt: skip


def _counts(recordings: "Recordings") -> tuple[int, int, int]:
    """Count pictures, observers and fixations inside the pictures."""
    observers = {subject for name in recordings for subject in recordings.subjects(name)}
    return len(recordings), len(observers), sum(len(recordings.places(name)) for name in recordings)


def _told(study: _Study) -> Iterator[str]:
    for name, recordings in zip(study.names, study.sets, strict=True):
        pictures, observers, fixations = _counts(recordings)
        yield f"{name}: {pictures} pictures, {observers} observers, {fixations} fixations"


def _provenance(study: _Study) -> str:
    settings = study.settings
    command = ["foveal train-readout", *study.names, f"--epochs {settings['epochs']} --seed {settings['seed']}"]
    command += [f"--first {','.join(map(str, settings['first']))}"] if any(settings["first"]) else []
    command += [f"--start {study.started}"] if study.started else []
    command += ["--without-faces"] if study.channels.faces is None else []
    command += [f"--onnx {settings['network']}"] if settings["network"] else []
    start = "" if study.start is None else f"\nGone on from: {study.start.provenance}"
    return f"Learned by: {' '.join(command)}\nFrom: {'; '.join(_told(study))}\nWith: {made_with()}{start}"


def _report(
    options: argparse.Namespace, study: _Study, weights: "Weights", blank: list[str], evaluations: "list[Evaluation]"
) -> None:
    notes = list(_notes(options, study, blank))
    if options.json:
        print(json.dumps(_result(options, study, weights, notes, evaluations)))
        return
    report([("learned from", line) for line in _told(study)])
    for note in notes:
        print(f"note: {note}")
    for name, sigma, evaluation in zip(study.names, study.sigmas, evaluations, strict=False):
        print(
            f"\n{name}, {options.folds} folds; a fixation spreads {sigma:.3g} px, {study.sigma_source}\n{evaluation}\n"
        )
    report([("written", options.output), ("use it by", _use(options))])


def _notes(options: argparse.Namespace, study: _Study, blank: list[str]) -> Iterator[str]:
    for name, recordings in zip(study.names, study.sets, strict=True):
        for remark in recordings.remarks():
            yield remark if len(study.sets) == 1 else f"{name}: {remark}"
    if blank:
        more = f" and {len(blank) - 5} more" if len(blank) > 5 else ""
        yield f"left out, no fixation inside: {', '.join(blank[:5])}{more}"
    if options.folds and study.start is not None:
        yield "if --start was learned from these very pictures, the cross-validated scores are too good"


def _use(options: argparse.Namespace) -> str:
    if options.onnx is None:
        return f"foveal map photo.jpg --model {options.output}"
    layer = "" if options.layer is None else f", '{options.layer}'"
    return f"Readout(path='{options.output}', features=OnnxFeatures('{options.onnx}'{layer})), in Python"


def _result(
    options: argparse.Namespace,
    study: _Study,
    weights: "Weights",
    notes: list[str],
    evaluations: "list[Evaluation]",
) -> dict[str, Any]:
    sets = [dict(zip(("pictures", "observers", "fixations"), _counts(one), strict=True)) for one in study.sets]
    return {
        "sets": [{"folder": str(folder), **counts} for folder, counts in zip(options.folders, sets, strict=True)],
        "epochs": options.epochs,
        "seed": options.seed,
        "channels": len(weights.mean),
        "provenance": weights.provenance,
        "cross_validation": [
            {"folder": str(folder), "folds": options.folds, "sigma_px": sigma, "rows": rows_of(evaluation.table())}
            for folder, sigma, evaluation in zip(options.folders, study.sigmas, evaluations, strict=False)
        ],
        "notes": notes,
        "written": [str(options.output)],
    }
