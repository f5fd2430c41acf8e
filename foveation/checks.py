"""Checks of parameters: each refuses a value with a ValueError that says what was expected and what came."""

import math
from collections.abc import Iterable
from dataclasses import fields
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, get_args, get_origin

if TYPE_CHECKING:
    from numpy.typing import NDArray


def check_number(
    value: float,
    what: str,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> None:
    """Refuse a number that is not finite or lies outside a range; `what` names what was expected.

    Parameters
    ----------
    value : float
        The number.
    what : str
        What was expected, such as "a positive scale".
    above, below : float
        Ends of the range that are themselves refused.
    least, most : float
        Ends of the range that belong to it.

    Raises
    ------
    ValueError
        If it is no real number, NaN, infinite or outside the range.

    Examples
    --------
    >>> check_number(1.5, "a depth between 0 and 1", least=0, most=1)
    Traceback (most recent call last):
    ...
    ValueError: expected a depth between 0 and 1, got 1.5
    """
    number = _number(value)
    if not (math.isfinite(number) and above < number < below and least <= number <= most):
        raise ValueError(f"expected {what}, got {value}")


def _number(value: object) -> float:
    """Give a real number as float; NaN for words, complex numbers, lists, and integers beyond all floats."""
    try:
        return math.nan if isinstance(value, (str, bytes, complex)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def check_positive(owner: object, *names: str) -> None:
    """Refuse an object in which one of these attributes is not positive and finite.

    Examples
    --------
    >>> check_positive(0j, "real")
    Traceback (most recent call last):
    ...
    ValueError: expected a positive real, got 0.0
    """
    for name in names:
        check_number(getattr(owner, name), f"a positive {name}", above=0)


MOST = {int: 30_000.0, float: 1e12}  # beyond these no parameter makes sense, and memory or patience ends


def check_fields(owner: Any, **most: float) -> None:  # noqa: ANN401
    """Refuse an object of a dataclass in which a field that is declared to hold numbers holds something else.

    `int` stands for whole numbers, `float` for finite ones, a tuple of these for as many as it says. What more is asked
    of a field, its class checks itself.

    Parameters
    ----------
    owner : dataclass
        The object.
    most : float
        The greatest size of a field, by its name, where it is not 30,000 for whole numbers, 1e12 for others; infinity
        lets infinity pass.

    Raises
    ------
    ValueError
        If a field does.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Grid:
    ...     rows: int
    >>> check_fields(Grid(rows=2.5))
    Traceback (most recent call last):
    ...
    ValueError: expected a whole number for rows, got 2.5
    >>> check_fields(Grid(rows=200), rows=100)
    Traceback (most recent call last):
    ...
    ValueError: expected rows of at most 100, got 200
    """
    for field in fields(owner):
        kind, value = field.type, getattr(owner, field.name)
        if kind is int or kind is float:
            _check_kind(field.name, value, kind, most)
        elif get_origin(kind) is tuple and set(get_args(kind)) <= {int, float, ...}:
            kinds = get_args(kind)
            if not isinstance(value, (tuple, list)) or (... not in kinds and len(value) != len(kinds)):
                many = "numbers" if ... in kinds else f"{len(kinds)} numbers"
                raise ValueError(f"expected a tuple of {many} for {field.name}, got {value}")
            for each in value:
                _check_kind(field.name, each, kinds[0], most)


def _check_kind(name: str, value: object, kind: type, most: dict[str, float]) -> None:
    number, greatest = _number(value), most.get(name, MOST[kind])
    whole = kind is float or (isinstance(value, Integral) and not isinstance(value, bool))
    if not whole or math.isnan(number) or (math.isinf(number) and number != greatest):
        raise ValueError(f"expected a {'whole' if kind is int else 'finite'} number for {name}, got {value}")
    if abs(number) > greatest:
        raise ValueError(f"expected {name} of at most {greatest:g}, got {value}")


def check_one_of(what: str, name: object, choices: Iterable[str]) -> None:
    """Refuse a name that is not among the choices.

    Examples
    --------
    >>> check_one_of("letter", "Q", "ABC")
    Traceback (most recent call last):
    ...
    ValueError: there is no letter 'Q'; expected one of: A, B, C
    """
    choices = tuple(choices)
    if name not in choices:
        raise ValueError(f"there is no {what} '{name}'; expected one of: {', '.join(choices)}")


def check_whole(name: str, value: int, least: int, most: float = math.inf) -> None:
    """Refuse what is not a whole number within a range.

    Examples
    --------
    >>> check_whole("size", 2.5, 1)
    Traceback (most recent call last):
    ...
    ValueError: expected size to be a whole number, at least 1; got 2.5
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or not least <= value <= most:
        upper = "" if most == math.inf else f" and at most {most}"
        raise ValueError(f"expected {name} to be a whole number, at least {least}{upper}; got {value}")


def check_shape(shape: object) -> tuple[int, ...]:
    """Return the shape of a picture (height, width, ...) as whole numbers, or refuse it.

    Examples
    --------
    >>> check_shape((480, 640, 3))
    (480, 640, 3)
    >>> check_shape((0, 640))
    Traceback (most recent call last):
    ...
    ValueError: expected a shape (height, width) of whole numbers from 1 up, got (0, 640)
    """
    sides = tuple(shape) if isinstance(shape, Iterable) else ()
    if len(sides) < 2 or not all(isinstance(side, Integral) and 1 <= int(side) < 2**31 for side in sides):
        raise ValueError(f"expected a shape (height, width) of whole numbers from 1 up, got {shape}")
    return tuple(int(side) for side in sides)


def check_array(values: object, what: str, kind: Any = float) -> "NDArray[Any]":  # noqa: ANN401
    """Return real numbers as an array of floats, or refuse words, complex numbers and rows of different lengths.

    Parameters
    ----------
    values : array
        Of any shape, also nested lists; NaN and infinity pass.
    what : str
        What was expected, such as "places (x, y) in pixels".
    kind : dtype
        Of what is returned; float64 if none is given.

    Raises
    ------
    ValueError
        If these are no real numbers.

    Examples
    --------
    >>> check_array([1, 2], "angles in degrees")
    array([1., 2.])
    >>> check_array(["left"], "angles in degrees")
    Traceback (most recent call last):
    ...
    ValueError: expected angles in degrees, got ['left']
    """
    import numpy as np

    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"expected {what}, got rows of different lengths") from None
    numeric = array.dtype.kind in "biuf" or (array.dtype.kind == "O" and all(isinstance(n, Real) for n in array.flat))
    if not numeric:
        got = f"complex numbers of shape {array.shape}" if array.dtype.kind == "c" else values
        raise ValueError(f"expected {what}, got {got}")
    try:
        return np.asarray(array, kind)
    except OverflowError:  # an integer beyond all floats
        raise ValueError(f"expected {what}, got {values}") from None
