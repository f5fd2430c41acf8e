"""Settings of a simulation described in JSON, so that a later run can tell whether they are the same."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from types import FunctionType, MethodType
from typing import Any

import numpy as np

OURS = ("foveation", "saliency", "neural", "demos")
SHAPES = ((600, 800), (2160, 3840))  # of pictures for which a geometry is compared: a usual one, and one that is shrunk


def described(thing: Any, _above: tuple[int, ...] = ()) -> Any:  # noqa: ANN401
    """Describe a thing in what JSON knows, alike in every process: two that work differently look different.

    Objects are told by their class and what they hold, functions by their name and code, arrays and files by a digest
    of their content. Of what is not Python's own, such as a tensor of another library, only the class is told. Classes
    and functions of Foveal are told by package and public name, not by file, so that results outlast a file's move.

    Examples
    --------
    >>> from foveation import Viewing
    >>> described(Viewing(screen_px=(800, 600), screen_cm=(40, 30), distance_cm=60))
    {'is': 'foveation.Viewing', 'screen_px': [800, 600], 'screen_cm': [40.0, 30.0], 'distance_cm': 60.0}
    >>> described(np.arange(3.0))
    'float64 (3,) b0c45303f7f11848'
    """
    if thing is None or isinstance(thing, bool | int | float | str):
        return thing
    if isinstance(thing, bytes):
        return _digest(thing)
    if isinstance(thing, np.ndarray | np.generic):
        return f"{thing.dtype} {thing.shape} {_digest(np.ascontiguousarray(thing).tobytes())}"
    if isinstance(thing, Path):
        return f"{thing} {_digest(thing.read_bytes())}" if thing.is_file() else str(thing)
    if id(thing) in _above:  # it holds itself
        return "..."
    inner = partial(described, _above=(*_above, id(thing)))
    if isinstance(thing, list | tuple):
        return [inner(part) for part in thing]
    if isinstance(thing, set | frozenset):
        return sorted(json.dumps(inner(part)) for part in thing)
    if isinstance(thing, Mapping):
        return {str(name): inner(part) for name, part in thing.items()}
    if isinstance(thing, type):
        return _name(thing)
    thing = getattr(thing, "py_func", thing)  # what Numba has compiled
    return {"is": _name(thing if isinstance(thing, FunctionType) else type(thing))} | {
        name: inner(part) for name, part in _parts(thing).items()
    }


def _parts(thing: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give what a thing holds, by name."""
    if isinstance(thing, FunctionType):
        if is_ours(thing):
            return {}
        code = thing.__code__
        constants = [part for part in code.co_consts if not hasattr(part, "co_code")]
        cells = [cell.cell_contents for cell in thing.__closure__ or ()]
        words = _digest(code.co_code + " ".join(code.co_names).encode())
        return {"code": words, "holds": [constants, thing.__defaults__, thing.__kwdefaults__, cells]}
    if isinstance(thing, MethodType):
        return {"of": thing.__self__, "calls": thing.__func__}
    if isinstance(thing, partial):
        return {"calls": thing.func, "with": [thing.args, thing.keywords]}
    if is_dataclass(thing):
        return {each.name: getattr(thing, each.name) for each in fields(thing) if each.init}
    return dict(getattr(thing, "__dict__", {}))


def is_ours(thing: Any) -> bool:  # noqa: ANN401
    """Whether a class or function is Foveal's own, and what its name finds there, rather than a wrapper of it."""
    if thing.__module__.partition(".")[0] not in OURS or "<" in thing.__qualname__:
        return False
    found = resolve_name(f"{thing.__module__}:{thing.__qualname__}")
    return getattr(found, "py_func", found) is thing


def _name(thing: Any) -> str:  # noqa: ANN401
    module = thing.__module__.partition(".")[0] if is_ours(thing) else thing.__module__
    return f"{module}.{thing.__qualname__}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
