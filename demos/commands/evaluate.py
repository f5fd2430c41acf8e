"""`foveal evaluate`: how well saliency models, or simulated observers, predict where people looked."""

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos import Failure
from demos.arguments import (
    LEAST_SIGMA_PX,
    MODEL_NAMES,
    MOST_COUNT,
    MOST_SIGMA_PX,
    VIEWING,
    add_duration,
    add_json,
    add_maps_are,
    add_outputs,
    add_viewing,
    add_workers,
    given_any,
    real,
    seed,
    whole,
)
from demos.inputs import models_of, viewing_of
from demos.outputs import progress, report
from demos.parser import CommandParser
from demos.tables import plain, rows_of, write_table

if TYPE_CHECKING:
    from foveation import Viewing
    from neural import Observer
    from neural.observer.scores import ScanpathEvaluation
    from saliency import Model
    from saliency.evaluation import Evaluation
    from saliency.figures.evaluation import Comparison
    from saliency.recordings.recordings import Recordings

TABLE_ENDINGS = (".csv", ".json")
MOST_PATHS = 1000


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "input", type=Path, metavar="FOLDER", help="folder of pictures (in images/ or directly) with fixations.csv"
    )
    parser.add_argument(
        "--models", "--model", action="append", metavar="NAMES",
        help=f"models, separated by commas: names, or all of them ({', '.join(MODEL_NAMES)}), read-out files (.npz), "
        "module:callable, or folders of maps (readout and itti; for scanpaths, the observer's own)",
    )  # fmt: skip
    add_maps_are(parser, "models")
    parser.add_argument(
        "--sigma-px",
        type=real("pixels", least=LEAST_SIGMA_PX, most=MOST_SIGMA_PX),
        metavar="N",
        help="spread of a fixation, in pixels (one degree, see below)",
    )
    parser.add_argument(
        "--first",
        type=whole("an index", least=0, most=MOST_COUNT),
        default=0,
        metavar="K",
        help="leave out fixations with an index below K",
    )
    parser.add_argument(
        "--limit", type=whole("pictures", most=MOST_COUNT), metavar="N", help="score N pictures only, evenly out of all"
    )
    add_workers(parser, "number of processes that work")
    add_outputs(parser, "table of means (.csv, .json); may be given several times")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE",
        help="page with the best model beside people on its best, median and worst picture, and the scores of all "
        "(.png, .pdf, .svg)",
    )  # fmt: skip
    parser.add_argument("--per-picture", type=Path, metavar="FILE", help="table of the scores of each picture (.csv)")
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="draws fixations elsewhere and halves of the observers (0)"
    )
    group = parser.add_argument_group("scanpaths: where simulated observers look and when, beside people")
    group.add_argument("--scanpaths", action="store_true", help="score observers' scanpaths rather than maps")
    group.add_argument(
        "--observers", "--observer", action="append", metavar="NAMES",
        help="presets, separated by commas, such as itti1998 (free_viewing); each looks at each map of --models",
    )  # fmt: skip
    group.add_argument(
        "--paths",
        type=whole("paths", most=MOST_PATHS),
        default=5,
        metavar="N",
        help="simulated paths for each picture (5)",
    )
    add_duration(group, "seconds for which a picture is seen (as long as by people)", None)
    group.add_argument(
        "--halves", action="store_true", help="let observers learn from one half of the pictures, score on the other"
    )
    add_viewing(parser)
    parser.only(
        "paths", "duration", "halves", where="with --scanpaths or --observers", met=given_any("scanpaths", "observers")
    )
    parser.only(
        "sigma_px", where="without --scanpaths, --observers and the viewing geometry",
        met=lambda options: not given_any("scanpaths", "observers", *VIEWING)(options),
    )  # fmt: skip
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Score the models or observers, write tables and figures, and report."""
    _check(options)
    scored = _scored_observers(options) if options.scanpaths or options.observers else _scored_models(options)
    written = [str(path) for path in _write(options, scored)]
    if options.json:
        print(json.dumps({**_result(options, scored), "written": written}))
    else:
        _report(scored, written)
    failed = [row for row in scored.asked if not scored.evaluation.counted(row)]
    if failed:
        raise Failure(f"failed on every picture: {', '.join(failed)}")


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be written or does not go together, before any work is done."""
    from foveation.files import FIGURE_ENDINGS, check_output

    for path in options.output or ():
        check_output(path, TABLE_ENDINGS)
    if options.per_picture:
        check_output(options.per_picture, (".csv",))
    if options.figure:
        check_output(options.figure, FIGURE_ENDINGS)


class _Scored(NamedTuple):
    """An evaluation of what was asked for, how it is drawn, and what a report says of it beside the scores."""

    evaluation: "Evaluation | ScanpathEvaluation"
    asked: list[str]
    recordings: "Recordings"
    draw: Callable[[Path], Iterator[Path]]
    heading: str
    geometry: dict[str, Any]
    protocol: dict[str, Any]


def _write(options: argparse.Namespace, scored: _Scored) -> list[Path]:
    """Write what was asked for; give every file."""
    written = list(options.output or ())
    for output in written:
        write_table(output, scored.evaluation.table())
    if options.per_picture:
        write_table(options.per_picture, scored.evaluation.per_picture())
        written.append(options.per_picture)
    return [*written, *scored.draw(options.figure)] if options.figure else written


def _result(options: argparse.Namespace, scored: _Scored) -> dict[str, Any]:
    evaluation = scored.evaluation
    return {
        "folder": str(options.input),
        "pictures": list(evaluation.pictures),
        "fixations": evaluation.fixations,
        **scored.geometry,
        "seed": options.seed,
        "rows": rows_of(evaluation.table()),
        **scored.protocol,
        "failures": [failure._asdict() for failure in evaluation.failures],
        "notes": [*scored.recordings.remarks(), *evaluation.remarks()],
    }


def _report(scored: _Scored, written: list[str]) -> None:
    print(scored.heading)
    for remark in scored.recordings.remarks():
        print(f"note: {remark}")
    print(f"\n{scored.evaluation}")
    report(("written", path) for path in written)


def _limited(names: list[str], limit: int | None) -> list[str]:
    """Give so many names, evenly out of all, or all."""
    return names if limit is None else names[:: max(1, len(names) // limit)][:limit]


# Saliency models


def _scored_models(options: argparse.Namespace) -> _Scored:
    """Score the maps of models."""
    from demos.workers import pool_of
    from saliency.evaluation import evaluate
    from saliency.recordings.recordings import Recordings

    models = models_of(",".join(options.models or ["readout", "itti"]), options.maps_are)
    recordings = Recordings.read(options.input, first=options.first)
    chosen = _limited(list(recordings), options.limit)
    sigma, source = _sigma(options, recordings)
    with pool_of(options.workers, models) as executor:
        evaluation = evaluate(
            models, recordings, sigma=sigma, rng=options.seed, pictures=chosen, executor=executor,
            watch=partial(progress, total=len(chosen), unit="picture"),
        )  # fmt: skip
    draw = partial(_draw_best, evaluation=evaluation, models=models, recordings=recordings, sigma=sigma)
    counted = f"{options.input}: {len(recordings)} pictures with fixations"
    heading = f"{counted}; a fixation spreads {sigma:.3g} px, {source}"
    return _Scored(evaluation, list(models), recordings, draw, heading, {"sigma_px": sigma}, {})


def _sigma(options: argparse.Namespace, recordings: "Recordings") -> tuple[float, str]:
    if options.sigma_px is not None:
        return options.sigma_px, "as given"
    viewing, source = viewing_of(options, recordings.shape(next(iter(recordings))))
    return viewing.pixels_per_degree, f"one degree, {source}"


def _draw_best(
    output: Path, evaluation: "Evaluation", models: "dict[str, Model]", recordings: "Recordings", sigma: float
) -> Iterator[Path]:
    """Draw the model with the greatest NSS beside people, and the scores of all."""
    from foveation.figures import save_figure
    from saliency.figures.evaluation import ranked
    from saliency.figures.scanpaths import report_figure

    name = next(row for row in ranked(evaluation) if row in models)
    shown = _chosen(evaluation, name)
    comparisons = [
        _comparison(models[name], recordings, picture, sigma, f"{rank}: {picture}", _scores(evaluation, name, picture))
        for rank, picture in shown.items()
    ]
    save_figure(report_figure(evaluation, comparisons, heading=f"{name} beside people"), output)
    yield output


def _chosen(evaluation: "Evaluation", name: str) -> dict[str, str]:
    """Give the pictures on which a model's NSS is best, median and worst, fewer if there are fewer."""
    import numpy as np

    scores = evaluation.scores["nss"][evaluation.rows.index(name)]
    order = [evaluation.pictures[k] for k in np.argsort(-scores, kind="stable") if np.isfinite(scores[k])]
    places = {"best": 0, "median": len(order) // 2, "worst": len(order) - 1}
    chosen: dict[str, str] = {}
    for rank, place in places.items():
        if order and order[place] not in chosen.values():
            chosen[rank] = order[place]
    return chosen


def _scores(evaluation: "Evaluation", name: str, picture: str) -> dict[str, float]:
    place = evaluation.rows.index(name), evaluation.pictures.index(picture)
    return {measure: float(scores[place]) for measure, scores in evaluation.scores.items()}


def _comparison(
    model: Any,  # noqa: ANN401
    recordings: "Recordings",
    picture: str,
    sigma: float,
    title: str,
    scores: dict[str, float],
) -> "Comparison":
    from foveation import as_image
    from saliency.evaluation import measure_maps
    from saliency.figures.evaluation import Comparison
    from saliency.measures.fixations import fixation_density

    image, places = as_image(recordings.pixels(picture)), recordings.places(picture)
    if hasattr(model, "for_picture"):
        model = model.for_picture(picture)
    map_ = measure_maps(model, image, ("nss",))["nss"]
    return Comparison(image, map_, fixation_density(places, image.shape, sigma=sigma), places, scores, title)


# Observers and their scanpaths


def _scored_observers(options: argparse.Namespace) -> _Scored:
    """Score the scanpaths of observers."""
    from demos.workers import pool_of
    from neural.observer.evaluation import evaluate_scanpaths
    from saliency.recordings.recordings import Recordings

    observers = dict(_observers(options))
    recordings = Recordings.read(options.input, first=options.first)
    viewing, source = viewing_of(options, _shape_of(recordings))
    scored, fitted = list(recordings), ""
    if options.halves:
        learned, held_out = recordings.halves(options.seed)
        observers, scored = _fitted(observers, learned, viewing, options.workers), list(held_out)
        fitted = "; observers learned from one half of the pictures and are scored on the other"
    chosen = _limited(scored, options.limit)
    with pool_of(options.workers, observers) as executor:
        evaluation = evaluate_scanpaths(
            observers, recordings, viewing, rng=options.seed, pictures=chosen, paths=options.paths,
            duration=options.duration, executor=executor,
            watch=partial(progress, total=len(chosen), unit="picture"),
        )  # fmt: skip
    draw = partial(_draw_observers, evaluation=evaluation, folder=options.input.name)
    heading = f"{options.input}: {len(recordings)} pictures with fixations{fitted}; the screen is {source}"
    geometry = {"pixels_per_degree": plain(viewing.pixels_per_degree)}
    return _Scored(
        evaluation, list(observers), recordings, draw, heading, geometry, {"protocol": list(evaluation.protocol)}
    )


def _observers(options: argparse.Namespace) -> "Iterator[tuple[str, Observer]]":
    """Give each preset that was asked for, with each model that was, by a name that says both."""
    from neural import Observer

    for name in ",".join(options.observers or ["free_viewing"]).split(","):
        preset = name.strip()
        observer = Observer.preset(preset)
        if not options.models:
            yield preset, observer
            continue
        for title, model in models_of(",".join(options.models), options.maps_are).items():
            yield f"{preset}, {title}", Observer.preset(preset, model=model)


def _shape_of(recordings: "Recordings") -> tuple[int, ...]:
    """Give the shape of the first picture that can be read."""
    for name in recordings:
        try:
            return recordings.shape(name)
        except (OSError, ValueError) as error:
            fault = error
    raise fault


def _fitted(
    observers: "dict[str, Observer]", recordings: "Recordings", viewing: "Viewing", workers: int
) -> "dict[str, Observer]":
    """Let the observers that learn learn."""
    from concurrent.futures import ThreadPoolExecutor

    from neural import Observer

    provenance = f"{len(recordings)} pictures of a folder of recordings, by foveal evaluate --halves"
    fitted = {}
    if not any(observer.parts.learns for observer in observers.values()):
        raise ValueError(f"expected an observer that learns with --halves, got {', '.join(observers)}")
    with ThreadPoolExecutor(workers) as executor:
        for name, observer in observers.items():
            fitted[name] = observer
            if observer.parts.learns:
                learned = observer.fit(recordings, viewing, executor=executor, provenance=provenance)
                parts = {part: getattr(learned, part) for part in ("model", "priority", "timing")}
                fitted[name] = Observer.preset(name.split(",")[0], **parts)
    return fitted


def _draw_observers(output: Path, evaluation: "ScanpathEvaluation", folder: str) -> Iterator[Path]:
    """Draw the scores between floor and ceiling, and for each observer a page of its eye movements beside people's."""
    from foveation.figures import save_figure
    from neural.figures import observers_figure
    from saliency.figures.statistics import statistics_figure

    save_figure(observers_figure(evaluation), output)
    yield output
    for row in evaluation.observers:
        if row not in evaluation.comparisons:
            continue
        comparison = evaluation.comparisons[row]
        plain_name = "".join(letter if letter.isalnum() or letter == "_" else "-" for letter in row)
        page = output.with_name(f"{output.stem}.{plain_name}{output.suffix}")
        heading = f"Eye movements on {folder}: people and {row}"
        save_figure(statistics_figure(comparison.people, comparison.model, heading=heading), page)
        yield page
