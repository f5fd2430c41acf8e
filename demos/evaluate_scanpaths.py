"""`foveal evaluate --scanpaths`: how well simulated observers look where people looked, and when."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.command import models_of, progress, viewing_of
from demos.evaluate import chosen_of, plain, rows_of, write_table

if TYPE_CHECKING:
    from foveation import Viewing
    from neural import Observer
    from neural.observer.scores import ScanpathEvaluation
    from saliency.recordings.recordings import Recordings


def run(options: argparse.Namespace, outputs: list[Path], per_picture: Path | None) -> None:
    """Score the observers and print the tables."""
    from demos.workers import pool_of
    from neural.observer.evaluation import evaluate_scanpaths
    from saliency.recordings.recordings import Recordings

    if options.sigma_px is not None:
        raise ValueError("expected no --sigma-px for scanpaths: give the viewing geometry, such as --ppd")
    observers = dict(_observers(options))
    recordings = Recordings.read(options.input, first=options.first)
    viewing, source = viewing_of(options, _shape_of(recordings))
    scored = list(recordings)
    if options.halves:
        learned, held_out = recordings.halves(options.seed)
        observers, scored = _fitted(observers, learned, viewing, options.workers), list(held_out)
    chosen = chosen_of(scored, options.limit)
    with pool_of(options.workers, observers) as executor:
        evaluation = evaluate_scanpaths(
            observers, recordings, viewing, rng=options.seed, pictures=chosen, paths=options.paths,
            duration=options.duration, executor=executor,
            watch=lambda results: progress(results, len(chosen), "picture"),
        )  # fmt: skip
    for output in outputs:
        write_table(output, evaluation.table())
    if per_picture is not None:
        write_table(per_picture, evaluation.per_picture())
    figures = list(_draw(options.figure, evaluation, options.input.name)) if options.figure else []
    written = [str(path) for path in [*outputs, *([] if per_picture is None else [per_picture]), *figures]]
    if options.json:
        print(json.dumps(_result(options, evaluation, recordings, viewing, written)))
        return
    fitted = "; observers learned from one half of the pictures and are scored on the other" if options.halves else ""
    print(f"{options.input}: {len(recordings)} pictures with fixations{fitted}; the screen is {source}")
    for remark in recordings.remarks():
        print(f"note: {remark}")
    print(f"\n{evaluation}")
    for path in written:
        print(f"written      {path}")


def _observers(options: argparse.Namespace) -> "Iterator[tuple[str, Observer]]":
    """Give each preset that was asked for, with each model that was, by a name that says both."""
    from neural import Observer

    for name in ",".join(options.observers or ["free_viewing"]).split(","):
        preset = name.strip()
        observer = Observer.preset(preset)
        if not options.models:
            yield preset, observer
            continue
        for title, model in models_of(",".join(options.models)).items():
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
    with ThreadPoolExecutor(workers) as executor:
        for name, observer in observers.items():
            fitted[name] = observer
            if observer.parts.learns:
                learned = observer.fit(recordings, viewing, executor=executor, provenance=provenance)
                parts = {part: getattr(learned, part) for part in ("model", "priority", "timing")}
                fitted[name] = Observer.preset(name.split(",")[0], **parts)
    return fitted


def _draw(output: Path, evaluation: "ScanpathEvaluation", folder: str) -> Iterator[Path]:
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


def _result(
    options: argparse.Namespace,
    evaluation: "ScanpathEvaluation",
    recordings: "Recordings",
    viewing: "Viewing",
    written: list[str],
) -> dict[str, Any]:
    return {
        "folder": str(options.input),
        "pictures": list(evaluation.pictures),
        "fixations": evaluation.fixations,
        "pixels_per_degree": plain(viewing.pixels_per_degree),
        "seed": options.seed,
        "rows": rows_of(evaluation.table()),
        "protocol": list(evaluation.protocol),
        "failures": [failure._asdict() for failure in evaluation.failures],
        "notes": recordings.remarks(),
        "written": written,
    }
