"""Scanpaths in the formats of other tools, chosen by the ending of a name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveation.checks import check_one_of
from saliency.recordings.exchange import bids, coco_search, eyelink, multimatch, pysaliency
from saliency.recordings.exchange.table import read_table, write_table
from saliency.recordings.exchange.trials import Geometry
from saliency.scanpaths.scanpath import Scanpath


@dataclass(frozen=True)
class Format:
    """How a format is written and read, and the endings that mean it if nothing else is said."""

    write: Callable[..., None]
    read: Callable[..., list[Scanpath]]
    endings: tuple[str, ...]


FORMATS = {
    "table": Format(write_table, read_table, (".csv",)),
    "multimatch": Format(multimatch.write_multimatch, multimatch.read_multimatch, (".tsv",)),
    "pysaliency": Format(pysaliency.write_pysaliency, pysaliency.read_pysaliency, pysaliency.ENDINGS),
    "coco-search": Format(coco_search.write_coco_search, coco_search.read_coco_search, coco_search.ENDINGS),
    "eyelink": Format(eyelink.write_asc, eyelink.read_asc, eyelink.ENDINGS),
    "bids": Format(bids.write_bids, bids.read_bids, ("",)),
}


def write_scanpaths(
    paths: Scanpath | Iterable[Scanpath],
    path: str | Path,
    format: str | None = None,
    **options: Any,  # noqa: ANN401
) -> None:
    """Write paths in the format of another tool; only "table" loses nothing.

    Parameters
    ----------
    paths : Scanpath or list of Scanpath
        The paths.
    path : str or Path
        File, or folder for "bids".
    format : str, optional
        "table" (.csv), "multimatch" (.tsv), "pysaliency" (.hdf5, .h5, .npz), "coco-search" (.json), "eyelink" (.asc) or
        "bids" (a name without ending); by the ending if left out.
    **options
        Those of the format's own function, such as `write_bids`.

    Raises
    ------
    ValueError
        If there is no such format or ending, or the format cannot hold the paths.
    OSError
        If it cannot be written there.

    Examples
    --------
    >>> import tempfile
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(x=[1], y=[2], onset=[0.2], duration=[0.3], viewing=viewing, watched=0.5)
    >>> for name in ("paths.csv", "paths.npz", "paths.asc", "paths"):
    ...     file = Path(tempfile.mkdtemp()) / name
    ...     write_scanpaths([path], file)
    ...     print(len(read_scanpaths(file, viewing)))
    1
    1
    1
    1
    """
    _format(path, format).write(paths, path, **options)


def read_scanpaths(
    path: str | Path,
    viewing: Geometry | None = None,
    format: str | None = None,
    **options: Any,  # noqa: ANN401
) -> list[Scanpath]:
    """Read paths from the format of another tool.

    Parameters
    ----------
    path : str or Path
        File, or folder for "bids".
    viewing : Viewing or callable, optional
        Geometry, in the pixels of the file, or a function that gives it for a picture's name. "bids" and our own tables
        tell it themselves.
    format : str, optional
        As in `write_scanpaths`.
    **options
        Those of the format's own function, such as `read_asc`.

    Raises
    ------
    ValueError
        If there is no such format or ending, the file is wrong, or the geometry is not told.
    OSError
        If the file is missing.
    """
    return _format(path, format).read(path, viewing, **options)


def _format(path: str | Path, name: str | None) -> Format:
    if name is not None:
        check_one_of("format", name, FORMATS)
        return FORMATS[name]
    if Path(path).is_dir():
        return FORMATS["bids"]
    ending = Path(path).suffix.lower()
    for each in FORMATS.values():
        if ending in each.endings:
            return each
    endings = [end for each in FORMATS.values() for end in each.endings if end]
    raise ValueError(f"'{path}': expected a name that ends in {', '.join(endings)}, or a format: {', '.join(FORMATS)}")
