"""Checks of parameters: each refuses a value with a ValueError that says what was expected and what came."""

import math
from collections.abc import Iterable
from numbers import Integral


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
        If the number is NaN, infinite or outside the range.

    Examples
    --------
    >>> check_number(1.5, "a depth between 0 and 1", least=0, most=1)
    Traceback (most recent call last):
    ...
    ValueError: expected a depth between 0 and 1, got 1.5
    """
    finite = isinstance(value, int) or math.isfinite(value)  # whole numbers may be too great for a float
    if not (finite and above < value < below and least <= value <= most):
        raise ValueError(f"expected {what}, got {value}")


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
