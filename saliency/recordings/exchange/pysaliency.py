"""Scanpaths of pysaliency: its HDF5 files, and the same arrays in a .npz file."""

import json
from collections.abc import Iterable, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.files import check_output, load_arrays, reading, written_whole
from saliency.recordings.exchange.trials import Geometry, as_scanpath, geometry_of, listed
from saliency.scanpaths.scanpath import Scanpath

HDF5_ENDINGS = (".hdf5", ".h5")
ENDINGS = (*HDF5_ENDINGS, ".npz")
TRAINS = ("train_xs", "train_ys", "train_ts", "train_ns", "train_subjects")
NAMES = ("image_names", "subject_names")
MEASURED, COUNTED = ("train_xs", "train_ys", "train_ts", "durations"), ("train_ns", "train_subjects", "lengths")
PIXEL_EDGE = 0.5
"""From the centre of a pixel, where our coordinates are whole, to its edge, where those of pysaliency are."""


def write_pysaliency(paths: Scanpath | Iterable[Scanpath], path: str | Path) -> None:
    """Write paths as the `FixationTrains` that pysaliency 0.2 and newer read, or as the same arrays in a .npz file.

    With n paths and m the length of the longest: train_xs, train_ys (pixels), train_ts (onsets in seconds) and
    durations (seconds), each (n, m) and filled up with NaN; train_ns and train_subjects (n,), the numbers of picture
    and observer in the sorted order of their names. The names are in image_names and subject_names, which pysaliency
    does not read; give it the stimuli in that order.

    pysaliency cuts the decimals off a coordinate to find the pixel, so half a pixel is added to ours. Places are exact
    to 1e-12 of the picture, times are exact. The file cannot hold latencies, scores, the start, how long was watched,
    and the geometry.

    Parameters
    ----------
    paths : Scanpath or list of Scanpath
        At least one with a fixation.
    path : str or Path
        Ends in .hdf5, .h5 (these need h5py) or .npz.

    Raises
    ------
    ValueError
        If the ending is another, or there is no fixation.
    ImportError
        If h5py is missing.
    OSError
        If the folder is missing or closed to us.

    References
    ----------
    Kuemmerer, Wallis and Bethge (2018), Saliency benchmarking made easy: separating models, maps and metrics, ECCV.

    Examples
    --------
    >>> import tempfile
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(x=[1.75], y=[2], onset=[0.2], duration=[0.3], viewing=viewing, watched=0.5, stimulus="a.png")
    >>> file = Path(tempfile.mkdtemp()) / "paths.npz"
    >>> write_pysaliency(path, file)
    >>> float(np.load(file)["train_xs"][0, 0])
    2.25
    >>> read_pysaliency(file, viewing) == [path]
    True
    """
    path = check_output(path, ENDINGS)
    arrays = _arrays(listed(paths))
    if path.suffix.lower() == ".npz":
        with written_whole(path) as draft, draft.open("wb") as npz:
            np.savez_compressed(npz, allow_pickle=False, **arrays)
        return
    h5py = _h5py(path)
    content = BytesIO()  # not the file: on a full disk HDF5 crashes
    with h5py.File(content, "w") as file:
        file.attrs["type"] = np.bytes_("FixationTrains")
        file.attrs["version"] = np.bytes_("1.2")
        file.attrs["__attributes__"] = np.bytes_("[]")
        file.attrs["scanpath_attribute_mapping"] = np.bytes_(json.dumps({"durations": "duration"}))
        for name in TRAINS:
            file[name] = arrays[name]
        for name in NAMES:
            file.create_dataset(name, data=arrays[name].tolist(), dtype=h5py.string_dtype())
        for group, names in (("scanpath_attributes", []), ("scanpath_fixation_attributes", ["durations"])):
            file.create_group(group).attrs["__attributes__"] = np.bytes_(json.dumps(names))
            for name in names:
                file[group][name] = arrays[name]
    with written_whole(path) as draft:
        draft.write_bytes(content.getvalue())


def read_pysaliency(
    path: str | Path,
    viewing: Geometry | None = None,
    *,
    images: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    first: int = 0,
) -> list[Scanpath]:
    """Read a file of `FixationTrains` or `ScanpathFixations` of pysaliency, or arrays of the same names in a .npz file.

    Parameters
    ----------
    path : str or Path
        Ends in .hdf5, .h5 or .npz. Half a pixel is taken off its coordinates; see `write_pysaliency`.
    viewing : Viewing or callable
        Geometry, in the pixels of the picture, or a function that gives it for a picture's name.
    images, subjects : list of str, optional
        Names of the pictures and observers by their numbers; if left out, those in the file, or else the numbers.
    first : int
        So many fixations at the beginning of each path are left out; the last of them is its `start`.

    Raises
    ------
    ValueError
        If the file is damaged, is no such file, lacks an array, or its arrays differ in shape; or a place or a name is
        missing: the message tells the number of the path, counted from 0.
    ImportError
        If h5py is missing.
    OSError
        If the file is missing.
    """
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"cannot read '{path}': expected a name that ends in .hdf5, .h5 or .npz")
    if not path.is_file():
        raise FileNotFoundError(f"there is no file '{path}'")
    with reading(path, "cannot be read as a file of pysaliency"):
        arrays = _trains(load_arrays(path, "pysaliency"), path) if path.suffix.lower() == ".npz" else _hdf5(path)
        _check_shapes(arrays, path)
        arrays |= {name: np.asarray(arrays[name], np.float64) for name in MEASURED}
        arrays |= {name: _whole(arrays[name], name) for name in COUNTED}
    of_images = arrays.get("image_names") if images is None else images
    of_subjects = arrays.get("subject_names") if subjects is None else subjects
    paths = []
    for k, length in enumerate(arrays["lengths"]):
        where = f"'{path}', path {k}"
        stimulus = _name(of_images, int(arrays["train_ns"][k]), "picture", where)
        paths.append(
            as_scanpath(
                arrays["train_xs"][k, :length] - PIXEL_EDGE,
                arrays["train_ys"][k, :length] - PIXEL_EDGE,
                arrays["train_ts"][k, :length],
                arrays["durations"][k, :length],
                viewing=geometry_of(viewing, stimulus, path),
                where=lambda j, where=where: f"{where}, fixation {j}",  # type: ignore[misc]
                stimulus=stimulus,
                subject=_name(of_subjects, int(arrays["train_subjects"][k]), "observer", where),
                first=first,
            )
        )
    return paths


def _arrays(paths: list[Scanpath]) -> dict[str, NDArray[Any]]:
    longest = max(map(len, paths), default=0)
    if not longest:
        raise ValueError("expected paths with at least one fixation, got none")
    images, subjects = (sorted({getattr(path, name) for path in paths}) for name in ("stimulus", "subject"))

    def filled(name: str, shift: float = 0.0) -> NDArray[np.float64]:
        rows = np.full((len(paths), longest), np.nan)
        for row, path in zip(rows, paths, strict=True):
            row[: len(path)] = getattr(path, name) + shift
        return rows

    return {
        "train_xs": filled("x", PIXEL_EDGE),
        "train_ys": filled("y", PIXEL_EDGE),
        "train_ts": filled("onset"),
        "train_ns": np.array([images.index(path.stimulus) for path in paths]),
        "train_subjects": np.array([subjects.index(path.subject) for path in paths]),
        "durations": filled("duration"),
        "image_names": np.array(images),
        "subject_names": np.array(subjects),
    }


def _h5py(path: Path) -> Any:  # noqa: ANN401
    try:
        return import_module("h5py")
    except ImportError:
        raise ImportError(f"'{path}' is a file in HDF5, for which h5py is needed: pip install h5py") from None


def _hdf5(path: Path) -> dict[str, NDArray[Any]]:
    h5py = _h5py(path)
    with h5py.File(path, "r") as file:
        kind = _word(file.attrs.get("type", "nothing"))
        if kind == "ScanpathFixations":
            return _trains(_of_scanpaths(file["scanpaths"]), path)
        if kind != "FixationTrains":
            raise ValueError(f"'{path}': expected FixationTrains or ScanpathFixations of pysaliency, got {kind}")
        arrays = {name: file[name][...] for name in (*TRAINS, *NAMES, "train_lengths") if name in file}
        if "durations" in file.get("scanpath_fixation_attributes", ()):
            arrays["durations"] = file["scanpath_fixation_attributes"]["durations"][...]
    return _trains(arrays, path)


def _of_scanpaths(group: Any) -> dict[str, NDArray[Any]]:  # noqa: ANN401
    """Give the arrays of the newer kind of file by the names of the older."""
    of_fixations, of_paths = group["fixation_attributes"], group["scanpath_attributes"]
    lengths = group["lengths" if "lengths" in group else "length"][...]
    arrays = {"train_xs": group["xs"][...], "train_ys": group["ys"][...], "train_ns": group["n"][...]}
    arrays |= {"train_lengths": lengths}
    for name, theirs, source in (
        ("train_ts", "ts", of_fixations),
        ("durations", "durations", of_fixations),
        ("train_subjects", "subject", of_paths),
    ):
        if theirs in source:
            arrays[name] = source[theirs][...]
    return arrays


def _trains(arrays: dict[str, NDArray[Any]], path: Path) -> dict[str, NDArray[Any]]:
    for name in ("train_xs", "train_ys", "train_ns"):
        if name not in arrays:
            raise ValueError(f"'{path}': expected arrays {', '.join(TRAINS)}, there is no {name}")
    unknown = np.full(arrays["train_xs"].shape, np.nan)
    arrays = {"train_ts": unknown, "durations": unknown, "train_subjects": arrays["train_ns"] * 0} | arrays
    ends = ~np.isnan(arrays["train_xs"])
    lengths = ends.shape[-1] - ends[..., ::-1].argmax(axis=-1) if ends.size else np.zeros(len(ends), int)
    arrays["lengths"] = arrays.pop("train_lengths", np.where(ends.any(axis=-1), lengths, 0))
    for name in NAMES:
        if name in arrays:
            arrays[name] = np.array([_word(word) for word in arrays[name]])
    return arrays


def _check_shapes(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    shape = arrays["train_xs"].shape
    expected = dict.fromkeys(MEASURED, shape) | dict.fromkeys(COUNTED, shape[:1])
    for name, each in expected.items():
        if len(shape) != 2 or arrays[name].shape != each:
            raise ValueError(f"'{path}': expected arrays (paths, fixations) alike, got {name} {arrays[name].shape}")


def _whole(values: NDArray[Any], name: str) -> NDArray[np.int64]:
    numbers = np.asarray(values, np.float64)
    if not (np.abs(numbers) < 2**53).all() or (numbers != np.rint(numbers)).any():
        raise ValueError(f"expected whole numbers in {name}")
    return numbers.astype(np.int64)


def _name(names: Sequence[str] | NDArray[Any] | None, number: int, what: str, where: str) -> str:
    if names is None:
        return str(number)
    if not 0 <= number < len(names):
        raise ValueError(f"{where}: expected the number of a {what} from 0 to {len(names) - 1}, got {number}")
    return str(names[number])


def _word(text: Any) -> str:  # noqa: ANN401
    return text.decode("utf-8") if isinstance(text, bytes) else str(text)
