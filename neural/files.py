"""Networks in files: arrays and a header in JSON, which hold numbers and words but no code."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from foveation import GlimpseSensor
from foveation.checks import check_one_of
from foveation.files import check_output, read_arrays, reading, write_arrays
from neural.glimpses.context import Context
from neural.glimpses.model import RecurrentAttentionModel
from neural.glimpses.policy import CentrePolicy, GaussianPolicy, PriorityPolicy, RandomPolicy
from neural.layers.recurrent import GRU, LSTM, ReLUCell
from neural.sequences.captioning import Captioner
from neural.sequences.decoder import Decoder
from neural.sequences.documents import DocumentClassifier
from neural.sequences.translation import Translator
from neural.sequences.vocabulary import Characters, Subwords, Words
from saliency import IttiKoch
from saliency.features.normalisation import DivideByMean, Iterative, LocalMaxima, Unnormalised

KIND, VERSION = "network", 1
FORMAT = f"foveal {KIND}"
ENDINGS = (".npz",)
KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RecurrentAttentionModel,
        Translator,
        Captioner,
        DocumentClassifier,
        Decoder,
        Characters,
        Words,
        Subwords,
        GlimpseSensor,
        GaussianPolicy,
        PriorityPolicy,
        RandomPolicy,
        CentrePolicy,
        ReLUCell,
        GRU,
        LSTM,
        Context,
        IttiKoch,
        LocalMaxima,
        Iterative,
        DivideByMean,
        Unnormalised,
    )
}
LEARNED = ("weights",)  # fields that are no part of how a thing is built

Array = NDArray[Any]
Trained = RecurrentAttentionModel | Translator | Captioner | DocumentClassifier
N = TypeVar("N", RecurrentAttentionModel, Translator, Captioner, DocumentClassifier)


def described(thing: Any) -> Any:  # noqa: ANN401
    """Say how a thing is built, in what JSON knows: its class by name, and its fields; without what was learned.

    Raises
    ------
    TypeError
        If it has a part of a class that is not in `KINDS`: a file could not say how to build it again.

    Examples
    --------
    >>> described(GRU(size=64))
    {'kind': 'GRU', 'size': 64}
    """
    if is_dataclass(thing) and KINDS.get(type(thing).__name__) is type(thing):
        parts = {each.name: getattr(thing, each.name) for each in fields(thing) if each.name not in LEARNED}
        return {"kind": type(thing).__name__} | {name: described(part) for name, part in parts.items()}
    if isinstance(thing, np.generic):
        return thing.item()
    if isinstance(thing, tuple):
        return [described(part) for part in thing]
    if thing is None or isinstance(thing, str | int | float):
        return thing
    raise TypeError(
        f"a network file cannot hold what is of class {type(thing).__name__}; expected one of: {', '.join(KINDS)}"
    )


def built(description: Any) -> Any:  # noqa: ANN401
    """Build a thing again from what `described` says.

    Raises
    ------
    ValueError
        If there is no such class, or it has other fields or refuses their values.

    Examples
    --------
    >>> built({"kind": "GRU", "size": 64})
    GRU(size=64)
    """
    if isinstance(description, list):
        return tuple(built(part) for part in description)
    if not isinstance(description, dict):
        return description
    kind: Any = description.get("kind")
    check_one_of("class", kind, KINDS)
    wanted = {each.name for each in fields(KINDS[kind])} - set(LEARNED)
    parts = {name: built(part) for name, part in description.items() if name != "kind"}
    if set(parts) != wanted:
        odd = ", ".join(sorted(set(parts) ^ wanted))
        raise ValueError(f"expected the fields of {kind}: {', '.join(sorted(wanted))}; missing or unknown: {odd}")
    return KINDS[kind](**parts)


def write_network(network: Trained, path: str | Path, *, provenance: str = "", float16: bool = False) -> None:
    """Write a network that has learned, whole or not at all.

    Parameters
    ----------
    network : RecurrentAttentionModel, Translator, Captioner or DocumentClassifier
        With weights.
    path : str or Path
        Ends in .npz; a file that is there is replaced.
    provenance : str
        What it learned from, and the command.
    float16 : bool
        Keep weights in 16 bits, as in the networks that ship: half as large, and exact to three digits.

    Raises
    ------
    ValueError
        If the network has no weights, one is not finite or too great for 16 bits, or `path` has another ending.
    TypeError
        If the network has a part of your own: see `described`.
    OSError
        If the folder is missing or closed to us.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "network.npz"
    >>> network = RecurrentAttentionModel(glimpses=4).initial(np.zeros((1, 28, 28)))
    >>> write_network(network, path)
    >>> again = read_network(path)
    >>> again == network, np.array_equal(again.weights["class"], network.weights["class"])
    (True, True)
    """
    path = check_output(path, ENDINGS)
    if not network.weights:
        raise ValueError("expected a network that has weights: call `fit` first")
    kind = np.float16 if float16 else np.float32
    with np.errstate(over="ignore"):
        arrays = {name: np.asarray(values, kind) for name, values in network.weights.items()}
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            room = " of at most 65504, the greatest in 16 bits" if float16 else ""
            raise ValueError(f"expected finite weights{room}, got others in '{name}'")
    header = {"architecture": described(network), "provenance": provenance}
    write_arrays(path, {"format": FORMAT, "version": VERSION, **header}, arrays)


def read_network(path: str | Path, kind: type[N] = RecurrentAttentionModel) -> N:  # type: ignore[assignment]
    """Read a network that `write_network` wrote; no code is run that the file could bring along.

    Parameters
    ----------
    path : str or Path
        A file of such a network.
    kind : type
        Of what class it has to be: `RecurrentAttentionModel`, `Translator`, `Captioner` or `DocumentClassifier`.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is another kind of file, is damaged or truncated, was written by another version, or its arrays are not
        those of the network that it describes.
    """
    header, arrays = _read(path)
    with reading(path, f"is a damaged {KIND} file"):
        network: N = built(header["architecture"])
    if not isinstance(network, kind):
        raise ValueError(f"'{path}' holds another network: expected a {kind.__name__}, got {type(network).__name__}")
    with reading(path, f"is a damaged {KIND} file"):
        for problem in _problems(network, arrays):
            raise ValueError(problem)
    return replace(network, weights={name: values.astype(np.float32) for name, values in arrays.items()})


def read_provenance(path: str | Path) -> str:
    """Give what a network file says it was learned from.

    Raises
    ------
    OSError, ValueError
        As for `read_network`.
    """
    return str(_read(path)[0].get("provenance", ""))


def pretrained_path(task: str) -> Path:
    """Give the file of the network that ships for a task.

    Raises
    ------
    ValueError
        If there is none; the message names those that there are.
    """
    folder = Path(str(files("neural").joinpath("weights")))
    path = folder / f"{task}.npz"
    there = sorted(each.stem for each in folder.glob("*.npz"))
    if task not in there:
        raise ValueError(f"no network ships for '{task}'; there are: {', '.join(there) or 'none'}")
    return path


def load_pretrained(task: str, kind: type[N] = RecurrentAttentionModel) -> N:  # type: ignore[assignment]
    """Give the network that ships for a task: "digits", "translated", "cluttered" or "search".

    Or, with its class as `kind`, "dates" (a `Translator`) or "scenes" (a `Captioner`).

    Raises
    ------
    ValueError
        If there is none; the message names those that there are.
    """
    return read_network(pretrained_path(task), kind)


def _read(path: str | Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Give header and arrays of a file of a network."""
    header, arrays = read_arrays(path, KIND, VERSION)
    if header.get("format") != FORMAT:
        raise ValueError(f"'{path}' is no {KIND} file")
    return header, arrays


def _problems(network: Any, arrays: Mapping[str, Array]) -> Iterator[str]:  # noqa: ANN401
    """Say which arrays are missing, too many, of another shape, or no finite numbers."""
    glimpses = isinstance(network, RecurrentAttentionModel)
    wanted = (network.initial(_blank(network, arrays)) if glimpses else network.initial(rng=0)).weights
    for name in [*wanted, *sorted(set(arrays) - set(wanted))]:
        shapes = [str(each[name].shape) if name in each else "none" for each in (wanted, arrays)]
        if shapes[0] != shapes[1]:
            yield f"expected '{name}' of shape {shapes[0]}, got {shapes[1]}"
        elif arrays[name].dtype not in (np.float16, np.float32):
            yield f"expected '{name}' in float16 or float32, got {arrays[name].dtype}"
        elif not np.isfinite(arrays[name]).all():
            yield f"'{name}' holds what is no number"


def _blank(network: RecurrentAttentionModel, arrays: Mapping[str, Array]) -> Array:
    """Give a black picture, grey or in colour, of the kind that the network sees."""
    side = math.ceil(max(network.sensor.extents_px))
    coloured = len(arrays["what"]) == 3 * math.prod(network.sensor.shape)
    return np.zeros((1, side, side, 3) if coloured else (1, side, side), np.uint8)
