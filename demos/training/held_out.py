"""Which examples are learned from, and which are held out to be measured on."""

from collections.abc import Sequence
from typing import Any

from demos.arguments import MOST_COUNT
from foveation.checks import check_number

TRAINING, HELD_OUT = 1, 2  # beside the seed of a generator, so that both draw different examples
MOST_HELD_OUT, WATCHED = 1000, 200  # that are held out, at most by default; and measured on after each epoch


def count_of(given: Sequence[str]) -> int | None:
    """Read how many are held out, if a number is what was given.

    Raises
    ------
    ValueError
        If it is less than one, or more than `MOST_COUNT`.
    """
    if len(given) != 1 or not given[0].lstrip("-").isdecimal():
        return None
    check_number(int(given[0]), f"--held-out from 1 to {MOST_COUNT}", least=1, most=MOST_COUNT)
    return int(given[0])


def split(total: int, count: int | None, rng: Any) -> "tuple[list[int], list[int]]":  # noqa: ANN401
    """Choose which of so many are learned from, and which are held out: a tenth, but no more than `MOST_HELD_OUT`.

    Raises
    ------
    ValueError
        If none is left to learn from.
    """
    import numpy as np

    count = min(MOST_HELD_OUT, max(1, total // 10)) if count is None else count
    if count >= total:
        raise ValueError(f"expected --held-out below {total}, as many as there are, got {count}")
    order = np.random.default_rng(rng).permutation(total)
    return np.sort(order[count:]).tolist(), np.sort(order[:count]).tolist()


def check_asked(name: str, asked: int, there: int) -> None:
    """Refuse to learn from more than there are."""
    if asked > there:
        raise ValueError(f"expected --{name} up to {there}, as many as are not held out, got {asked}")
