"""`foveal evaluate`: how well saliency models predict where people looked."""

import argparse
import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.command import MODEL_NAMES, add_json, add_viewing, models_of, progress, seed, viewing_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from saliency import Model
    from saliency.evaluation import Evaluation
    from saliency.figures import Comparison
    from saliency.recordings import Recordings

TABLE_ENDINGS = (".csv", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "input", type=Path, metavar="FOLDER", help="folder of pictures (in images/ or directly) with fixations.csv"
    )
    parser.add_argument(
        "--models", "--model", action="append", metavar="NAMES",
        help=f"models, separated by commas: names, or all of them ({', '.join(MODEL_NAMES)}), read-out files (.npz), "
        "module:callable, or folders of maps (readout and itti)",
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
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Score the models and print the table."""
    from foveation.files import FIGURE_ENDINGS, check_output
    from saliency.evaluation import evaluate
    from saliency.recordings import Recordings

    for name in ("limit", "workers"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise ValueError(f"expected --{name} from 1 up, got {getattr(options, name)}")
    outputs = [check_output(path, TABLE_ENDINGS) for path in options.output or ()]
    per_picture = check_output(options.per_picture, (".csv",)) if options.per_picture else None
    if options.figure:
        check_output(options.figure, FIGURE_ENDINGS)
    models = models_of(",".join(options.models or ["readout", "itti"]))
    recordings = Recordings.read(options.input, first=options.first)
    names = list(recordings)
    chosen = names if options.limit is None else names[:: max(1, len(names) // options.limit)][: options.limit]
    sigma, source = _sigma(options, recordings)
    with pool_of(options.workers, models) as executor:
        evaluation = evaluate(
            models, recordings, sigma=sigma, rng=options.seed, pictures=chosen, executor=executor,
            watch=lambda results: progress(results, len(chosen), "picture"),
        )  # fmt: skip
    for output in outputs:
        _write(output, evaluation.table())
    if per_picture is not None:
        _write(per_picture, evaluation.per_picture())
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


def _sigma(options: argparse.Namespace, recordings: "Recordings") -> tuple[float, str]:
    if options.sigma_px is not None:
        if options.ppd is not None or options.screen is not None or options.distance is not None:
            raise ValueError("expected either --sigma-px or the viewing geometry, got both")
        return options.sigma_px, "as given"
    viewing, source = viewing_of(options, recordings.shape(next(iter(recordings))))
    return viewing.pixels_per_degree, f"one degree, {source}"


@contextmanager
def pool_of(workers: int, models: "Mapping[str, Any]") -> "Iterator[Executor | None]":
    """Give so many processes to which these models can be sent, or None for one."""
    if workers == 1:
        yield None
        return
    import multiprocessing
    import pickle
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    try:
        pickle.dumps(models)
    except Exception as error:  # each kind of object has its own way to refuse
        raise ValueError(f"a model cannot be sent to other processes ({error}): leave out --workers") from None
    executor = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield executor
    except BrokenProcessPool:
        raise OSError("a worker process ended before its work was done, perhaps for want of memory") from None
    finally:
        executor.shutdown(cancel_futures=True)


def _result(
    options: argparse.Namespace, evaluation: "Evaluation", recordings: "Recordings", sigma: float, written: list[str]
) -> dict[str, Any]:
    table = evaluation.table()
    rows = [dict(zip(table, map(_plain, row), strict=True)) for row in zip(*table.values(), strict=True)]
    return {
        "folder": str(options.input),
        "pictures": list(evaluation.pictures),
        "fixations": evaluation.fixations,
        "sigma_px": sigma,
        "seed": options.seed,
        "rows": rows,
        "failures": [failure._asdict() for failure in evaluation.failures],
        "notes": recordings.remarks(),
        "written": written,
    }


def _draw(
    output: Path, evaluation: "Evaluation", models: "dict[str, Model]", recordings: "Recordings", sigma: float
) -> None:
    """Draw the report: the model with the greatest NSS beside people, and the scores of all."""
    from foveation.figures import save_figure
    from saliency.figures import ranked, report_figure

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
    from saliency.figures import Comparison
    from saliency.measures import fixation_density

    image, places = as_image(recordings.pixels(picture)), recordings.places(picture)
    if hasattr(model, "for_picture"):
        model = model.for_picture(picture)
    map_ = measure_maps(model, image, ("nss",))["nss"]
    return Comparison(image, map_, fixation_density(places, image.shape, sigma=sigma), places, scores, title)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Give None for what JSON and tables cannot say."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write(path: Path, columns: dict[str, list[Any]]) -> None:
    from foveation.files import written_whole

    rows: Iterable[list[Any]] = ([_plain(value) for value in row] for row in zip(*columns.values(), strict=True))
    with written_whole(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        if path.suffix.lower() == ".json":
            json.dump([dict(zip(columns, row, strict=True)) for row in rows], file)
        else:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
