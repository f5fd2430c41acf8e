"""A collection of pictures, looked at one by one or on many machines: what is done is kept, what fails is told."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass, fields
from importlib.metadata import version
from itertools import islice
from os import getpid
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from foveation import Viewing
from foveation.checks import check_number
from foveation.files import read_json, written_whole
from foveation.opencv import cv2
from foveation.picture_files import read_pixels
from neural.observer.observer import Observer, checked_duration
from neural.observer.settings import OURS, SHAPES, described
from saliency.evaluation import sentence
from saliency.recordings.columns import some_of
from saliency.recordings.exchange import read_table, write_table
from saliency.scanpaths.scanpath import Scanpath

FORMAT, OLDER = "foveal collection 2", "foveal collection 1"
RENAMED = {"exact of the observer": "map_from_retina of the observer", "Timing": "DecisionTiming"}  # since the older
SETTINGS, TABLES = "settings.json", "scanpaths"


class Observed(NamedTuple):
    """What came of one picture.

    Parameters
    ----------
    name : str
        The picture's name.
    paths : tuple of Scanpath
        A path an observer; none if it failed.
    failure : str
        Why there is no path; empty if there is.
    kept : bool
        Whether an earlier run had made it.
    """

    name: str
    paths: tuple[Scanpath, ...] = ()
    failure: str = ""
    kept: bool = False


def observe_all(
    files: Iterable[str | Path] | Mapping[str, Path],
    observer: Observer,
    *,
    viewing: Viewing | Callable[[tuple[int, ...]], Viewing],
    out: str | Path | None = None,
    observers: int = 1,
    duration: float = 3.0,
    rng: np.random.Generator | int = 0,
    executor: Executor | None = None,
    ahead: int = 64,
) -> Iterator[Observed]:
    """Simulate the scanpaths of many observers on each of many pictures, in the order of the files.

    The paths are those of `Observer.look_many` with a generator that belongs to the picture's name: they depend neither
    on the other pictures, nor on their order, nor on how many work at a time. A picture that cannot be read, or on
    which the model fails, is told as a failure; the others are done.

    Parameters
    ----------
    files : iterable of str or Path, or dict of str to Path
        The pictures; their names are those of the files, or the keys, such as those of `Recordings.files`.
    observer : Observer
        Who looks. A model that has `for_picture`, such as `MapFolder`, is asked for the map of the name.
    viewing : Viewing or callable
        The screen on which all are shown, or a function that gives the viewing for a shape (height, width, ...).
    out : str or Path, optional
        Folder to keep the results in: `scanpaths/NAME.csv`, one table a picture (`saliency.exchange.write_table`), is
        written whole as soon as it is ready, and `settings.json` says how all were made. A later call with the same
        settings reads what is there, and makes only the others, and those whose picture is newer than its table.
    observers : int
        How many look at each picture.
    duration : float
        How long each picture is seen, in seconds.
    rng : numpy.random.Generator or int
        Source of randomness: a seed, or a generator from which one is drawn.
    executor : concurrent.futures.Executor, optional
        Works on several pictures at a time: threads, processes, or those of a cluster (`Client.get_executor` of
        dask.distributed). It must be able to read the files; the results are written here. In other processes, OpenCV
        works with one thread.
    ahead : int
        At most so many pictures are handed to the executor, or wait for their turn, at a time; at least twice as many
        as there are workers keep them all busy.

    Yields
    ------
    Observed
        What came of each picture.

    Raises
    ------
    ValueError
        If there is no picture, two have the same name, or `out` holds results of other settings.
    OSError
        If `out` cannot be written, as when the disk is full: what was done before stays there.
    concurrent.futures.BrokenExecutor
        If the executor has lost its workers. One of many workers of a cluster may be lost: the failure is that of the
        picture on which it died.

    Examples
    --------
    >>> from functools import partial
    >>> import tempfile
    >>> from foveation import sample_pixels, write_image
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_image(folder / "a.png", sample_pixels("rocket")[::4, ::4])
    >>> _ = (folder / "b.png").write_text("no picture")
    >>> viewing = partial(Viewing.from_pixels_per_degree, 6)
    >>> pictures = sorted(folder.iterdir())
    >>> for name, paths, failure, _ in observe_all(pictures, Observer(), viewing=viewing, observers=2, duration=1):
    ...     print(name, failure.replace(str(folder), "...") or len(paths))
    a.png 2
    b.png '.../b.png' is not a picture that can be read (or it is damaged)
    """
    check_number(observers, "at least one observer", least=1)
    check_number(ahead, "at least one picture ahead", least=1)
    named = _named(files)
    seed = int(rng.integers(2**63)) if isinstance(rng, np.random.Generator) else int(rng)
    check_number(seed, "a seed from 0 up", least=0)
    work = _Work(observer, viewing, observers, checked_duration(duration), seed, getpid())
    store = _Store(None if out is None else Path(out), observers)
    store.open(work.settings())
    return _in_turn(named, work, store) if executor is None else _at_once(named, work, store, executor, ahead)


def _named(files: Iterable[str | Path] | Mapping[str, Path]) -> dict[str, Path]:
    if isinstance(files, str | Path):
        raise TypeError(f"expected a list of files, got one: '{files}'")
    named: dict[str, Path] = {}
    for name, file in files.items() if isinstance(files, Mapping) else ((Path(file).name, file) for file in files):
        if name in named:
            raise ValueError(f"expected pictures of different names, got '{named[name]}' and '{file}': give a dict")
        pure = PurePosixPath(name)
        if not pure.name or pure.is_absolute() or ".." in pure.parts:
            raise ValueError(f"expected the name of a picture, with folders or without, got '{name}'")
        named[name] = Path(file).absolute()
    if not named:
        raise ValueError("expected pictures, got none")
    return named


def seed_of(name: str, seed: int) -> np.random.SeedSequence:
    """Give the seed of one picture: that of the collection, spawned by the picture's name.

    Examples
    --------
    >>> seed_of("a.png", 0).generate_state(1) == seed_of("b.png", 0).generate_state(1)
    array([False])
    """
    words = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], "<u4")
    return np.random.SeedSequence(seed, spawn_key=tuple(words.tolist()))


@dataclass(frozen=True)
class _Work:
    """All that is done for one picture; it can be sent to other processes."""

    observer: Observer
    viewing: Viewing | Callable[[tuple[int, ...]], Viewing]
    observers: int
    duration: float
    seed: int
    caller: int

    def __call__(self, name: str, file: Path) -> Observed:
        if getpid() != self.caller:
            cv2.setNumThreads(1)  # there are others beside us
        try:
            return Observed(name, tuple(self._paths(name, file)))
        except Exception as error:  # whatever a file, or a model of the user's, makes of itself
            return Observed(name, failure=sentence(error))

    def _paths(self, name: str, file: Path) -> list[Scanpath]:
        pixels = read_pixels(file)
        return self.observer.look_many(
            pixels,
            self._viewing(pixels.shape),
            observers=self.observers,
            duration=self.duration,
            rng=np.random.default_rng(seed_of(name, self.seed)),
            stimulus=name,
        )

    def _viewing(self, shape: tuple[int, ...]) -> Viewing:
        return self.viewing.of_picture(shape) if isinstance(self.viewing, Viewing) else self.viewing(shape)

    def settings(self) -> dict[str, Any]:
        """Say on what the paths depend."""
        parts = {f"{each.name} of the observer": getattr(self.observer, each.name) for each in fields(self.observer)}
        whole = {
            "format": FORMAT,
            "version of foveal": version("foveal"),
            "duration": self.duration,
            "number of observers": self.observers,
            "seed": self.seed,
            "viewing": [self._viewing(shape) for shape in SHAPES],
            **parts,
        }
        told: dict[str, Any] = json.loads(json.dumps({name: described(part) for name, part in whole.items()}))
        return told


def _in_turn(files: dict[str, Path], work: _Work, store: "_Store") -> Iterator[Observed]:
    for name, file in files.items():
        yield store.kept(name, file) or store.keep(work(name, file))


def _at_once(
    files: dict[str, Path], work: _Work, store: "_Store", executor: Executor, ahead: int
) -> Iterator[Observed]:
    """Hand out at most `ahead` pictures, write each as soon as it is ready, and give them in order."""
    ready: dict[str, Observed] = {}
    running: dict[Future[Observed], str] = {}
    rest = iter(files.items())
    try:
        for wanted in files:
            for name, file in islice(rest, ahead - len(ready) - len(running)):
                kept = store.kept(name, file)
                if kept is None:
                    running[executor.submit(work, name, file)] = name
                else:
                    ready[name] = kept
            while True:
                done = wait(running, timeout=0 if wanted in ready else None, return_when=FIRST_COMPLETED).done
                for future in sorted(done, key=_is_broken):  # what was done before it broke is kept
                    observed = _result(future, running[future])
                    ready[running.pop(future)] = store.keep(observed)
                if wanted in ready:
                    break
            yield ready.pop(wanted)
    except (BrokenExecutor, CancelledError) as error:
        where = "" if store.out is None else f"; what is done is kept in '{store.out}'"
        raise BrokenExecutor(
            f"the workers were lost, killed perhaps for want of memory, at one of {some_of(running.values())}{where}"
        ) from error
    finally:
        for future in running:
            future.cancel()


def _is_broken(future: "Future[Observed]") -> bool:
    return future.cancelled() or isinstance(future.exception(), BrokenExecutor)


def _result(future: "Future[Observed]", name: str) -> Observed:
    """Give what came of a picture, also if it was the end of the worker, or could not be sent to one."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        raise
    except Exception as error:  # each executor has its own
        if type(error).__name__ == "KilledWorker":  # that of dask.distributed
            return Observed(name, failure="all workers that tried it were killed, perhaps for want of memory")
        return Observed(name, failure=sentence(error))


@dataclass(frozen=True)
class _Store:
    """The folder in which results are kept, if there is one."""

    out: Path | None
    observers: int

    def open(self, settings: dict[str, Any]) -> None:
        """Make the folder, or see that what it holds was made with these settings."""
        if self.out is None:
            return
        told = self.out / SETTINGS
        if self.out.exists() and not self.out.is_dir():
            raise NotADirectoryError(f"expected a folder for the results, '{self.out}' is a file")
        if told.exists():
            _check_same(_read(told), settings, self.out)
        elif (self.out / TABLES).exists():
            raise ValueError(f"'{told}', which says how the results in '{self.out}' were made, is missing")
        else:
            self.out.mkdir(parents=True, exist_ok=True)
            with written_whole(told) as draft:
                draft.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")

    def table(self, name: str) -> Path:
        """Give the place of a picture's table."""
        assert self.out is not None
        return table_of(self.out, name)

    def kept(self, name: str, file: Path) -> Observed | None:
        """Give what an earlier run made of the picture, if it is all there and the picture is not newer."""
        if self.out is None:
            return None
        table = self.table(name)
        try:
            if table.stat().st_mtime < file.stat().st_mtime:
                return None
            paths = tuple(read_table(table))
        except (OSError, ValueError):  # there is none, or it is damaged
            return None
        whole = len(paths) == self.observers and all(path.stimulus == name for path in paths)
        return Observed(name, paths, kept=True) if whole else None

    def keep(self, observed: Observed) -> Observed:
        """Write the paths, if there are any."""
        if self.out is not None and observed.paths:
            table = self.table(observed.name)
            try:
                table.parent.mkdir(parents=True, exist_ok=True)
                write_table(observed.paths, table)
            except OSError as error:
                reason = f"{error.strerror or error} (what is done is kept in '{self.out}')"
                raise OSError(error.errno, reason, str(table)) from None
        return observed


def table_of(out: str | Path, name: str) -> Path:
    """Give the file in which `observe_all` keeps the paths on a picture.

    Examples
    --------
    >>> table_of("out", "a.png").as_posix()
    'out/scanpaths/a.png.csv'
    """
    return Path(out) / TABLES / f"{name}.csv"


def _read(told: Path) -> dict[str, Any]:
    try:
        settings = read_json(told)
    except ValueError:
        settings = None
    if not isinstance(settings, dict) or settings.get("format") not in (FORMAT, OLDER):
        raise ValueError(f"'{told}' does not say how our results were made: give another folder")
    return settings if settings["format"] == FORMAT else {**_by_public_name(settings), "format": FORMAT}


def _by_public_name(told: Any) -> Any:  # noqa: ANN401
    """Turn a description by file, as the older format had it, into one by package and public name of today."""
    if isinstance(told, list):
        return [_by_public_name(part) for part in told]
    if not isinstance(told, dict):
        return told
    inner = {RENAMED.get(name, name): _by_public_name(part) for name, part in told.items()}
    path = str(told.get("is", "")).split(".")
    if path[0] not in OURS:
        return inner
    return {
        "is": f"{path[0]}.{RENAMED.get(path[-1], path[-1])}",
        **{part: inner[part] for part in inner if part not in ("is", "code", "holds")},
    }


def _check_same(were: dict[str, Any], settings: dict[str, Any], out: Path) -> None:
    for name in settings | were:
        was, now = were.get(name), settings.get(name)
        if json.dumps(was, sort_keys=True) != json.dumps(now, sort_keys=True):
            change = f" ({was}, not {now})" if all(isinstance(one, str | int | float) for one in (was, now)) else ""
            raise ValueError(f"'{out}' holds results with another {name}{change}: give another folder")
