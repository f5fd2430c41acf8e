"""Files: written whole or not at all, and refused in one sentence when they are damaged."""

import codecs
import csv
import errno
import gzip
import hashlib
import io
import json
import os
import platform
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GZIP = b"\x1f\x8b"
FIGURE_ENDINGS = (".png", ".svg", ".pdf")
DRAFT = re.compile(r"^\..*\.foveal-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-(?P<birth>[0-9a-f]{8})-[0-9a-f]{8}(\.|$)")
LONGEST_STEM = 40  # letters of a file's name in that of its draft, which has to be short enough for the system
UNTOLD = "0" * 8  # in place of the birth of a process


def check_output(path: str | Path, endings: tuple[str, ...]) -> Path:
    """Refuse an output that could not be written, before any work is done for it.

    Parameters
    ----------
    path : str or Path
        Where the result should go.
    endings : tuple of str
        The endings that this result can be written in, such as ``(".png", ".svg")``.

    Returns
    -------
    Path
        `path` itself.

    Raises
    ------
    ValueError
        If the ending is not one of `endings`.
    OSError
        If the folder is missing or closed to us, or `path` is a folder.

    Examples
    --------
    >>> check_output("gaze.doc", (".csv", ".json"))
    Traceback (most recent call last):
    ...
    ValueError: cannot write 'gaze.doc': expected a name that ends in .csv or .json
    """
    path = Path(path)
    if path.suffix.lower() not in endings:
        *most, last = endings
        choice = f"{', '.join(most)} or {last}" if most else last
        raise ValueError(f"cannot write '{path}': expected a name that ends in {choice}")
    if path.is_dir():
        raise IsADirectoryError(f"cannot write '{path}': it is a folder")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write '{path}': the folder '{path.parent}' does not exist")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"cannot write '{path}': the folder '{path.parent}' is not writable")
    return path


def check_input(path: str | Path, kind: str) -> Path:
    """Give the path of a file to read if it is there and no folder; `kind` names what is expected in it.

    Raises
    ------
    OSError
        If the file is missing or is a folder.

    Examples
    --------
    >>> check_input("no such.png", "picture")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no file 'no such.png'
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"expected a {kind} file, '{path}' is a folder")
    if not path.exists():
        raise FileNotFoundError(f"there is no file '{path}'")
    return path


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; move it to `path` when the block ends well, remove it when it does not.

    The name tells the process that writes. What a process left there that was killed is removed by the next one that
    writes into the folder.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with written_whole(target) as draft:
    ...     _ = draft.write_text("all of it")
    >>> target.read_text()
    'all of it'
    """
    path = Path(path)
    _clear_drafts(path.parent)
    owner = f"{_machine()}-{os.getpid()}-{_birth(os.getpid())}-{secrets.token_hex(4)}"
    draft = path.with_name(f".{path.stem[:LONGEST_STEM]}.foveal-{owner}{path.suffix}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(draft), draft):
            raise
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None  # in the name that was asked for
    finally:
        draft.unlink(missing_ok=True)


def _clear_drafts(folder: Path) -> None:
    """Remove the drafts of processes of this machine that live no more; those that may be alive are left alone."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  (names alone are faster, in folders of many)
    except OSError:
        return
    for name in names:
        draft = DRAFT.search(name)
        if draft and draft["machine"] == _machine() and not _lives(int(draft["process"]), draft["birth"]):
            with suppress(OSError):
                (folder / name).unlink()


@cache
def _machine() -> str:
    """Give a short name of this machine, or container: the one in which the number of a process means something."""
    try:
        processes = os.readlink("/proc/self/ns/pid")  # noqa: PTH115
    except OSError:
        processes = ""
    return _short(f"{platform.node()} {processes}")


def _birth(process: int) -> str:
    """Give a short name of when a process began, which differs from that of any other of its number, if it is told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        state, *_, ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:20]
    except (OSError, ValueError):
        return UNTOLD
    return _short("ended" if state in "ZX" else f"{boot} {ticks}")


def _lives(process: int, birth: str) -> bool:
    """Whether a process of this machine, of this number and birth, may still be alive."""
    if os.name != "posix":  # where there is no asking without harm
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it belongs to somebody else
        pass
    return UNTOLD in (birth, _birth(process)) or birth == _birth(process)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def write_arrays(path: str | Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays, and a header in JSON, to a file .npz, whole or not at all: numbers and words, but no code.

    Parameters
    ----------
    path : str or Path
        A file that is there is replaced.
    header : dict
        Anything that JSON knows.
    arrays : dict of str to array
        Of numbers; by any names but "header".

    Raises
    ------
    ValueError
        If an array holds objects of Python: to read them, code would have to be run.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "some.npz"
    >>> write_arrays(path, {"version": 1}, {"x": np.ones(2)})
    >>> read_arrays(path, "sample", 1)
    ({'version': 1}, {'x': array([1., 1.])})
    """
    for name, values in arrays.items():
        if values.dtype.hasobject:
            raise ValueError(f"expected an array of numbers for '{name}', got one of {values.dtype}")
    stored: dict[str, Any] = {"header": np.array(json.dumps(header)), **arrays}
    with written_whole(path) as draft, draft.open("wb") as file:
        np.savez(file, **stored)


def read_arrays(path: str | Path, kind: str, version: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `write_arrays` wrote: the header and the arrays; no code is run that the file could bring along.

    Parameters
    ----------
    path : str or Path
        The file.
    kind : str
        What it should be, in words for the messages, such as "network".
    version : int
        That the header should tell.

    Raises
    ------
    OSError
        If there is no such file, or it is closed to us.
    ValueError
        If it is another kind of file, has no header, is damaged, or tells another version.
    """
    arrays = load_arrays(path, kind, ("header",))
    with reading(path, f"is no {kind} file, or it is damaged"):
        header = json.loads(str(arrays.pop("header")))
        if not isinstance(header, dict):
            raise ValueError("its header has no names")
    if header.get("version") != version:
        told = header.get("version", "none")
        raise ValueError(f"'{path}' is a {kind} file of version {told}; expected version {version}: make it again")
    return header, arrays


def load_arrays(path: str | Path, kind: str, names: Collection[str] = ()) -> dict[str, NDArray[Any]]:
    """Read all arrays of a file .npz, among which those of these names have to be; see `read_arrays`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "some.npz"
    >>> np.savez(path, x=np.ones(2))
    >>> load_arrays(path, "sample", ["x", "y"])
    Traceback (most recent call last):
    ...
    ValueError: '...some.npz' is no sample file, or it is damaged: it has no y
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no {kind} file '{path}'")
    with (
        reading(path, f"is no {kind} file, or it is damaged"),
        path.open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        arrays = {name: stored[name] for name in stored.files}
    if missing := [name for name in names if name not in arrays]:
        raise ValueError(f"'{path}' is no {kind} file, or it is damaged: it has no {', '.join(missing)}")
    return arrays


@contextmanager
def reading(path: str | Path, trouble: str) -> Iterator[None]:
    """Say in one sentence what is wrong with a file, whatever its content makes of the code that reads it.

    What names the file already is left as it is, and so is what the system says of it.

    Parameters
    ----------
    path : str or Path
        The file that is read in the block.
    trouble : str
        What a sentence says of a file that cannot be read, such as "is a damaged network file".

    Raises
    ------
    OSError
        If there is no such file, or it is closed to us.
    ValueError
        If anything else goes wrong: the file is damaged, or another kind of file.

    Examples
    --------
    >>> with reading("a.json", "cannot be read"):
    ...     json.loads("[" * 100_000)
    Traceback (most recent call last):
    ...
    ValueError: 'a.json' cannot be read: it is nested too deeply
    """
    try:
        yield
    except Exception as error:
        told = isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)  # not a place before the file
        of_system = told or (isinstance(error, OSError) and type(error) is not OSError)
        named = isinstance(error, ValueError) and f"'{path}'" in str(error)
        if named or isinstance(error, ImportError) or (of_system and not isinstance(error, gzip.BadGzipFile)):
            raise
        raise ValueError(f"'{path}' {trouble}: {_problem(error)}") from None


def _problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return " ".join(str(error).split()) or type(error).__name__


def read_json(path: str | Path) -> Any:  # noqa: ANN401
    """Read a file of JSON; see `reading`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "some.json"
    >>> _ = path.write_text('{"x": [1, 2')
    >>> read_json(path)
    Traceback (most recent call last):
    ...
    ValueError: '...some.json' is not JSON, or only a part of it: Expecting ',' delimiter: line 1 column 12 (char 11)
    """
    with reading(path, "is not JSON, or only a part of it"):
        return json.loads(read_text(path))


def table_rows(text: str, path: str | Path, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Give the rows of the text of a table, each with the number of its line; see `reading`."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    with reading(path, "is no table, or a damaged one"):
        for row in rows:
            yield rows.line_num, row


def unpacked(path: str | Path) -> bytes:
    """Give what a file holds, that may be compressed by gzip; see `reading`."""
    content = Path(path).read_bytes()
    with reading(path, "cannot be unpacked, expected a whole gzip file"):
        return gzip.decompress(content) if content.startswith(GZIP) else content


def read_text(path: str | Path, *, encoding: str = "utf-8") -> str:
    """Read a text file; marks of the byte order, and the UTF-16 of spreadsheets, are seen from the content.

    Parameters
    ----------
    path : str or Path
        The file.
    encoding : str
        How its letters are stored, such as utf-8, latin-1 or cp1252.

    Raises
    ------
    OSError
        If the file is missing, is a folder, or cannot be read.
    ValueError
        If there is no such encoding, the file is stored in another one, or it holds no text.
    """
    path = check_input(path, "text")
    try:
        text = _decoded(path.read_bytes(), encoding)
    except LookupError:
        raise ValueError(
            f"there is no encoding '{encoding}': expected a name such as utf-8, latin-1 or cp1252"
        ) from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"'{path}' is not text in the encoding {encoding} (byte {error.start}): "
            "save it as UTF-8, or name the right one"
        ) from None
    if not text.strip():
        raise ValueError(f"'{path}' is empty: expected text with at least one word")
    return text


def _decoded(content: bytes, encoding: str) -> str:
    if encoding.lower() not in ("utf-8", "utf8"):
        return content.decode(encoding)
    return content.decode("utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
