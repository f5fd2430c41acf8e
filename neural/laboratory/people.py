"""People's search times and errors, as published, for comparison."""

from typing import NamedTuple


class People(NamedTuple):
    """What people did in a search: slopes in ms an item, intercepts in ms, shares of errors by set size.

    `errors` are misses, then false alarms, for 3, 6, 12 and 18 items; what is not known is NaN, or no errors at all.
    """

    slope_present: float
    slope_absent: float
    intercept_present: float
    intercept_absent: float
    errors: tuple[tuple[float, ...], tuple[float, ...]] | None
    source: str


_WOLFE = "mean correct reaction times of the 111,777 trials of Wolfe, Palmer and Horowitz (2010)"
_ASYMMETRY = "slope as digitised by Gupta et al. (2021)"
_NAN = float("nan")
PEOPLE: dict[str, People] = {
    "pop-out-colour": People(0.6, -0.5, 405, 435, ((0.022, 0.023, 0.022, 0.031), (0.018, 0.017, 0.014, 0.007)), _WOLFE),
    "conjunction": People(9.2, 25.7, 488, 487, ((0.022, 0.025, 0.030, 0.049), (0.019, 0.015, 0.012, 0.011)), _WOLFE),
    "2-among-5": People(42.7, 95.3, 577, 587, ((0.019, 0.018, 0.053, 0.092), (0.017, 0.013, 0.013, 0.013)), _WOLFE),
    "t-among-l": People(20, 40, _NAN, _NAN, None, "about, Wolfe (1998), from memory"),
    "tilted-among-vertical": People(2.4, _NAN, _NAN, _NAN, None, _ASYMMETRY),
    "vertical-among-tilted": People(9.9, _NAN, _NAN, _NAN, None, _ASYMMETRY),
    "curved-among-straight": People(0.8, _NAN, _NAN, _NAN, None, _ASYMMETRY),
    "straight-among-curved": People(7.6, _NAN, _NAN, _NAN, None, _ASYMMETRY),
}
