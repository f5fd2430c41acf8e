"""The one way this project compiles a function."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile `function` to run without the interpreter lock; keep the machine code on disk where there is a place."""
    try:
        return cast("F", njit(nogil=True, cache=True, error_model="numpy")(function))
    except RuntimeError:  # no folder to keep it in: a read-only installation without a home
        return cast("F", njit(nogil=True, error_model="numpy")(function))
