"""The one way this project compiles a function."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., Any])


_FunctionCache: Any = FunctionCache  # it has no types


class _MendingCache(_FunctionCache):  # type: ignore[misc]
    """Machine code on disk that is made anew where a file of it was cut off, as by a full disk or a power cut."""

    def load_overload(self, *what: Any) -> Any:  # noqa: ANN401
        try:
            return super().load_overload(*what)
        except Exception:  # whatever a damaged file makes of pickle and LLVM
            warnings.warn(f"compiled code was damaged and is made anew, in '{self.cache_path}'", stacklevel=2)
            with suppress(OSError):  # a folder that is closed to us
                self.flush()
            return None

    def save_overload(self, *what: Any) -> None:  # noqa: ANN401
        with suppress(Exception):  # what stays damaged: it is no more than a cache
            super().save_overload(*what)


def compiled(function: F) -> F:
    """Compile `function` to run without the interpreter lock; keep the machine code on disk where there is a place."""
    dispatcher: Any = njit(nogil=True, error_model="numpy")(function)
    with suppress(RuntimeError):  # no folder to keep it in: a read-only installation without a home
        dispatcher._cache = _MendingCache(function)
    return cast("F", dispatcher)
