"""`foveal evaluate`: how well saliency models, or simulated observers, predict where people looked."""

import argparse
import csv
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.command import MODEL_NAMES, add_json, add_viewing, models_of, progress, seed, viewing_of

if TYPE_CHECKING:
    from saliency import Model
    from saliency.evaluation import Evaluation
    from saliency.figures.evaluation import Comparison
    from saliency.recordings.recordings import Recordings

TABLE_ENDINGS = (".csv", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "input", type=Path, metavar="FOLDER", help="folder of pictures (in images/ or directly) with fixations.csv"
    )
    parser.add_argument(
        "--models", "--model", action="append", metavar="NAMES",
        help=f"models, separated by commas: names, or all of them ({', '.join(MODEL_NAMES)}), read-out files (.npz), "
        "module:callable, or folders of maps (readout and itti; for scanpaths, the observer's own)",
    )  # fmt: skip
    parser.add_argument(
        "--sigma-px", type=float, metavar="N", help="spread of a fixation, in pixels (one degree, see below)"
    )
    parser.add_argument("--first", type=int, default=0, metavar="K", help="leave out fixations with an index below K")
    parser.add_argument("--limit", type=int, metavar="N", help="score N pictures only, evenly out of all")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="number of processes that work (1)")
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="table of means (.csv, .json); may be given several times",
    )  # fmt: skip
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
    group.add_argument("--paths", type=int, default=5, metavar="N", help="simulated paths for each picture (5)")
    group.add_argument(
        "--duration", type=float, metavar="S", help="seconds for which a picture is seen (as long as by people)"
    )
    group.add_argument(
        "--halves", action="store_true", help="let observers learn from one half of the pictures, score on the other"
    )
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Score the models and print the table."""
    from demos.workers import pool_of
    from foveation.files import FIGURE_ENDINGS, check_output
    from saliency.evaluation import evaluate
    from saliency.recordings.recordings import Recordings

    for name in ("limit", "workers", "paths"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise ValueError(f"expected --{name} from 1 up, got {getattr(options, name)}")
    outputs = [check_output(path, TABLE_ENDINGS) for path in options.output or ()]
    per_picture = check_output(options.per_picture, (".csv",)) if options.per_picture else None
    if options.figure:
        check_output(options.figure, FIGURE_ENDINGS)
    if options.scanpaths or options.observers:
        from demos import evaluate_scanpaths

        evaluate_scanpaths.run(options, outputs, per_picture)
        return
    if options.halves or options.duration is not None:
        raise ValueError("expected --halves and --duration together with --scanpaths or --observers")
    models = models_of(",".join(options.models or ["readout", "itti"]))
    recordings = Recordings.read(options.input, first=options.first)
    chosen = chosen_of(list(recordings), options.limit)
    sigma, source = _sigma(options, recordings)
    with pool_of(options.workers, models) as executor:
        evaluation = evaluate(
            models, recordings, sigma=sigma, rng=options.seed, pictures=chosen, executor=executor,
            watch=lambda results: progress(results, len(chosen), "picture"),
        )  # fmt: skip
    for output in outputs:
        write_table(output, evaluation.table())
    if per_picture is not None:
        write_table(per_picture, evaluation.per_picture())
    if options.figure:
        _draw(options.figure, evaluation, models, recordings, sigma)
    written = [str(path) for path in [*outputs, per_picture, options.figure] if path is not None]
    if options.json:
        print(json.dumps(_result(options, evaluation, recordings, sigma, written)))
        return
    print(f"{options.input}: {len(recordings)} pictures with fixations; a fixation spreads {sigma:.3g} px, {source}")
    for remark in recordings.remarks():
        print(f"note: {remark}")
    print(f"\n{evaluation}")
    for path in written:
        print(f"written      {path}")


def chosen_of(names: list[str], limit: int | None) -> list[str]:
    """Give so many names, evenly out of all, or all."""
    return names if limit is None else names[:: max(1, len(names) // limit)][:limit]


def _sigma(options: argparse.Namespace, recordings: "Recordings") -> tuple[float, str]:
    if options.sigma_px is not None:
        if options.ppd is not None or options.screen is not None or options.distance is not None:
            raise ValueError("expected either --sigma-px or the viewing geometry, got both")
        return options.sigma_px, "as given"
    viewing, source = viewing_of(options, recordings.shape(next(iter(recordings))))
    return viewing.pixels_per_degree, f"one degree, {source}"


def _result(
    options: argparse.Namespace, evaluation: "Evaluation", recordings: "Recordings", sigma: float, written: list[str]
) -> dict[str, Any]:
    return {
        "folder": str(options.input),
        "pictures": list(evaluation.pictures),
        "fixations": evaluation.fixations,
        "sigma_px": sigma,
        "seed": options.seed,
        "rows": rows_of(evaluation.table()),
        "failures": [failure._asdict() for failure in evaluation.failures],
        "notes": recordings.remarks(),
        "written": written,
    }


def _draw(
    output: Path, evaluation: "Evaluation", models: "dict[str, Model]", recordings: "Recordings", sigma: float
) -> None:
    """Draw the report: the model with the greatest NSS beside people, and the scores of all."""
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


def plain(value: Any) -> Any:  # noqa: ANN401
    """Give None for what JSON and tables cannot say."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Turn columns into rows, as JSON has them."""
    return [dict(zip(columns, map(plain, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def write_table(path: Path, columns: dict[str, list[Any]]) -> None:
    """Write columns as .csv or .json, whole or not at all."""
    from foveation.files import written_whole

    rows = rows_of(columns)
    with written_whole(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        if path.suffix.lower() == ".json":
            json.dump(rows, file)
        else:
            writer = csv.DictWriter(file, list(columns), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
