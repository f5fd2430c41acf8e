"""The one way this project compiles a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> Dispatcher[F]:
    """Compile `function` to run without the interpreter lock; keep the machine code on disk where there is a place."""
    try:
        return njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:  # no folder to keep it in: a read-only installation without a home
        return njit(nogil=True, error_model="numpy")(function)
