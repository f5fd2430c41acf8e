"""`foveal batch`: where people look in all pictures of a folder; it goes on where it was stopped."""

import argparse
import csv
import importlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos import Failure
from demos.arguments import add_duration, add_json, add_observer, add_seed, add_viewing, add_workers, whole
from demos.inputs import ASSUMED_SCREEN, observer_of, viewing_of
from demos.outputs import progress, report, say
from demos.parser import CommandParser
from demos.tables import write_rows

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from neural import Observer
    from saliency import Scanpath

TABLE, FAILURES, TABLES, FIGURES = "fixations.csv", "failures.csv", "scanpaths", "figures"
COLUMNS = ("image", "subject", "index", "x", "y", "onset_ms", "duration_ms")
AHEAD = 4  # pictures for each worker that wait for it or for their turn
CHUNK = 256  # figures that are drawn together
MOST_LINES = 20  # of failures; the table has all
MOST_OBSERVERS = 10_000


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "input", type=Path, metavar="FOLDER", help="folder of pictures (in images/ or directly, or in folders there)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT",
        help="folder for the results; what is there from an earlier run with the same settings is kept",
    )  # fmt: skip
    where = parser.add_mutually_exclusive_group()
    add_workers(where, "number of processes that work")
    where.add_argument("--dask", metavar="ADDRESS", help="work on this dask cluster, such as tcp://10.0.0.5:8786")
    parser.add_argument(
        "--observers",
        type=whole("observers", most=MOST_OBSERVERS),
        default=1,
        metavar="K",
        help="how many look at each picture (1)",
    )
    add_duration(parser, "seconds for which each picture is seen (3)", 3.0)
    add_observer(parser, "free_viewing")
    parser.add_argument(
        "--figures", action="store_true", help="also draw each picture: the path, or the heat of all paths"
    )
    add_seed(parser)
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Look at all pictures and write what was seen."""
    from demos.workers import one_thread

    with one_thread():
        _run(options)


def _run(options: argparse.Namespace) -> None:
    """Look at all pictures, and write what came of it."""
    from concurrent.futures import BrokenExecutor

    files = _pictures(options.input, options.output)
    observer = observer_of(options)
    try:
        outcome = _Outcome(options.output)
        with _executor(options, observer) as (executor, ahead):
            _observe(options, files, observer, outcome, executor, ahead)
            outcome.write()
            if options.figures:
                _draw_all(files, outcome, executor)
    except KeyboardInterrupt:
        say(f"kept in '{options.output}': the same command goes on from there")
        raise
    except BrokenExecutor as error:
        raise Failure(str(error)) from None
    _report(options, files, outcome)
    if outcome.failures:
        names = list(outcome.failures)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise Failure(f"{len(names)} of {len(files)} pictures failed: {', '.join(names[:3])}{more}")


def _pictures(folder: Path, out: Path) -> dict[str, Path]:
    """Give the pictures of a folder and of the folders in it, by their names from there; none of the results."""
    from foveation.picture_files import IMAGE_ENDINGS
    from saliency.recordings.recordings import PICTURE_FOLDERS

    if not folder.is_dir():
        raise NotADirectoryError(f"expected a folder of pictures, there is none at '{folder}'")
    inner = next((folder / name for name in PICTURE_FOLDERS if (folder / name).is_dir()), folder)
    found = [path for path in sorted(inner.rglob("*")) if path.suffix.lower() in IMAGE_ENDINGS]
    own = out.resolve()
    files = {
        path.relative_to(inner).as_posix(): path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(inner).parts) and own not in path.resolve().parents
    }
    if not files:
        raise ValueError(f"there is no picture in '{folder}': expected files that end in {', '.join(IMAGE_ENDINGS)}")
    return files


def _geometry(options: argparse.Namespace) -> "tuple[Any, str]":
    """Give the viewing of all pictures, and a sentence that says what was assumed."""
    from foveation import Viewing

    width, height = (options.screen or ASSUMED_SCREEN)[0]
    viewing, source = viewing_of(options, (height, width))
    return (viewing if options.ppd is None else partial(Viewing.from_pixels_per_degree, options.ppd)), source


class _Outcome:
    """What came of the pictures so far: names and counts, not the paths, which are in the folder."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.done: list[str] = []
        self.failures: dict[str, str] = {}
        self.kept = self.fixations = 0

    def add(self, observed: Any) -> None:  # noqa: ANN401
        if observed.failure:
            self.failures[observed.name] = observed.failure
            return
        self.done.append(observed.name)
        self.kept += observed.kept
        self.fixations += sum(map(len, observed.paths))

    def write(self) -> None:
        """Write one table of all fixations, and one of the failures if there are any."""
        write_rows(self.out / TABLE, COLUMNS, self._rows())
        if self.failures:
            write_rows(self.out / FAILURES, ("image", "reason"), self.failures.items())
        else:
            (self.out / FAILURES).unlink(missing_ok=True)

    def _rows(self) -> Iterator[list[str]]:
        from neural.observer.collection import table_of

        for name in self.done:
            with table_of(self.out, name).open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    if row["index"]:  # a path without fixations is a row without place
                        yield [row[column] for column in COLUMNS]


def _observe(
    options: argparse.Namespace,
    files: dict[str, Path],
    observer: "Observer",
    outcome: _Outcome,
    executor: "Executor | None",
    ahead: int,
) -> None:
    from neural.observer.collection import observe_all

    results = observe_all(
        files, observer, viewing=_geometry(options)[0], out=options.output, observers=options.observers,
        duration=options.duration, rng=options.seed, executor=executor, ahead=ahead,
    )  # fmt: skip
    for observed in progress(results, len(files), "picture"):
        outcome.add(observed)


@contextmanager
def _executor(options: argparse.Namespace, observer: "Observer") -> "Iterator[tuple[Executor | None, int]]":
    """Give what works on several pictures at a time, and how many pictures it wants ahead."""
    if options.dask is not None:
        with _cluster(options.dask) as (executor, workers):
            yield executor, AHEAD * max(workers, 16)
    elif options.workers > 1:
        from demos.workers import processes

        with processes(options.workers, observer) as executor:
            yield executor, AHEAD * options.workers
    else:
        yield None, 1


@contextmanager
def _cluster(address: str) -> "Iterator[tuple[Executor, int]]":
    """Give the workers of a dask cluster, and their number."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise ImportError('--dask needs dask.distributed: pip install "foveal[cluster]"') from None
    if not re.fullmatch(r"(\w+://)?\S+:\d+", address):
        raise ValueError(f"expected an address such as tcp://10.0.0.5:8786 for --dask, got '{address}'")
    try:
        client = distributed.Client(address, timeout=10, set_as_default=False)
    except OSError:
        raise OSError(f"no dask scheduler answers at '{address}'") from None
    with client:
        workers = sum(client.ncores().values())
        if not workers:
            say(f"the cluster at '{address}' has no worker yet: waiting for one")
        yield client.get_executor(), workers


def _draw_all(files: dict[str, Path], outcome: _Outcome, executor: "Executor | None") -> None:
    """Draw what has no figure yet, or one that is older than its table."""
    from foveation.files import written_whole
    from neural.observer.collection import table_of

    names = []
    for name in outcome.done:
        figure = _figure_of(outcome.out, name)
        if not figure.exists() or figure.stat().st_mtime < table_of(outcome.out, name).stat().st_mtime:
            names.append(name)
    drawn = _drawings(names, files, outcome.out, executor)
    for name, content in progress(drawn, len(names), "figure"):
        figure = _figure_of(outcome.out, name)
        figure.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(figure) as draft:
            draft.write_bytes(content)


def _drawings(
    names: list[str], files: dict[str, Path], out: Path, executor: "Executor | None"
) -> Iterator[tuple[str, bytes]]:
    from neural.observer.collection import table_of
    from saliency.recordings.exchange import read_table

    for first in range(0, len(names), CHUNK):
        chunk = names[first : first + CHUNK]
        jobs = [(read_table(table_of(out, name)), files[name].absolute()) for name in chunk]
        yield from zip(chunk, map(_drawn, jobs) if executor is None else executor.map(_drawn, jobs), strict=True)


def _drawn(job: "tuple[list[Scanpath], Path]") -> bytes:
    """Give a figure as the content of a .png file: the path of one observer, or the heat of all."""
    from foveation.figures import draw_picture, picture_figure, save_figure
    from foveation.picture_files import read_pixels
    from saliency.figures.maps import draw_heatmap
    from saliency.figures.scanpaths import draw_scanpath
    from saliency.measures.fixations import fixation_density

    (first, *others), pixels = job[0], read_pixels(job[1])
    places = [place for path in (first, *others) for place in path.places]
    figure, axes = picture_figure(pixels.shape)
    if not others:
        draw_scanpath(first, pixels, ax=axes)
    elif places:
        sigma = first.viewing.pixels_per_degree
        draw_heatmap(fixation_density(places, pixels.shape[:2], sigma=sigma), pixels, ax=axes)
    else:
        draw_picture(pixels, ax=axes)
    by = f" of {len(others) + 1} observers" if others else ""
    axes.set_title(f"{first.stimulus}: {len(places)} fixations{by} in {first.watched:g} s", fontsize=8)
    with tempfile.TemporaryDirectory() as folder:
        save_figure(figure, Path(folder) / "figure.png")
        return (Path(folder) / "figure.png").read_bytes()


def _figure_of(out: Path, name: str) -> Path:
    return out / FIGURES / f"{name}.png"


def _report(options: argparse.Namespace, files: dict[str, Path], outcome: _Outcome) -> None:
    written = [outcome.out / TABLE]
    written += [outcome.out / FAILURES] if outcome.failures else []
    if options.json:
        result = {
            "folder": str(options.input),
            "pictures": len(files),
            "done": len(outcome.done),
            "kept": outcome.kept,
            "observers": options.observers,
            "fixations": outcome.fixations,
            "seed": options.seed,
            "failures": [{"image": name, "reason": reason} for name, reason in outcome.failures.items()],
            "written": [str(path) for path in written],
        }
        print(json.dumps(result))
        return
    by = "1 observer" if options.observers == 1 else f"{options.observers} observers"
    report(
        [
            ("pictures", f"{options.input}, {len(files)}"),
            ("observed", f"by {by} for {options.duration:g} s each, seed {options.seed}"),
            ("viewing", _geometry(options)[1]),
            ("done", f"{len(outcome.done)}, {outcome.kept} of them before; {outcome.fixations} fixations"),
        ]
    )
    report([("failed", f"{name}: {reason}") for name, reason in islice(outcome.failures.items(), MOST_LINES)])
    if len(outcome.failures) > MOST_LINES:
        report([("", f"and {len(outcome.failures) - MOST_LINES} more")])
    report([("written", path) for path in written])
    report([("", f"{outcome.out / TABLES}{os.sep}, a table a picture")])
    if options.figures:
        report([("", f"{outcome.out / FIGURES}{os.sep}, a figure a picture")])
