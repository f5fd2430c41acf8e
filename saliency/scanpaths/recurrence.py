"""Recurrence quantification: how often a scanpath, or two of them, come back to the same places."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.checks import check_number
from saliency.scanpaths import kernels
from saliency.scanpaths.pairs import ComparedPaths, Path, read_paths

# Both chosen so that viewers of OSIE agree as much as other implementations of the measures say; tell them with scores
RADIUS_DEG = 2.0  # of a place, for recurrence


class Recurrence(NamedTuple):
    """How often gaze is in the same place again, in %, and how these recurrences are arranged: NaN if there is none."""

    recurrence: float
    determinism: float
    laminarity: float
    centre: float


def cross_recurrence(
    first: Path, second: Path, *, radius_deg: float = RADIUS_DEG, line: int = 2, viewing: Viewing | None = None
) -> Recurrence:
    r"""Cross-recurrence: which fixations of two paths are in the same place, and what pattern they form.

    The longer path is cut to the length :math:`N` of the shorter; :math:`r_{ij} = 1` where fixation :math:`i` of the
    first is no further than the radius from fixation :math:`j` of the second, and :math:`C = \sum_{ij} r_{ij}`:

    - recurrence :math:`100\, C / N^2`: how much both looked at the same places;
    - determinism :math:`100\, |D| / C`, with the marks :math:`D` on diagonal lines: in the same order;
    - laminarity :math:`100\, (|H| + |V|) / 2C`, with those on horizontal and on vertical lines: one dwelt in one region
      that the other passed;
    - centre :math:`100 \sum_{ij} (j - i)\, r_{ij} / (N - 1)\, C`, the centre of recurrence mass: above 0, the second
      came later to the same places.

    A line is an unbroken run of at least `line` marks. With no mark, only the recurrence is known (0).

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 2) or (n, 3)
        x and y in pixels.
    radius_deg : float
        Radius of a place, in degrees. All four numbers depend on it: tell it with them.
    line : int
        Shortest run of marks that counts for a line, from 2.
    viewing : Viewing
        Geometry; needed with arrays only.

    Raises
    ------
    ValueError
        If the paths are of different screens, the geometry is needed and missing, the radius is below 0, or the line
        shorter than 2.

    References
    ----------
    Anderson, Anderson, Kingstone and Bischof (2015), A comparison of scanpath comparison methods, Behavior Research
    Methods 47.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = [(100, 100), (300, 100), (300, 300), (100, 300)]
    >>> cross_recurrence(path, path, viewing=viewing)
    Recurrence(recurrence=25.0, determinism=100.0, laminarity=0.0, centre=0.0)
    """
    pair = read_paths(first, second, viewing=viewing)
    n = min(map(len, pair.tables))
    near = _near(pair, radius_deg)[:n, :n]
    return _pattern(near, n * n, line)


def recurrence(
    path: Path, *, radius_deg: float = RADIUS_DEG, line: int = 2, viewing: Viewing | None = None
) -> Recurrence:
    r"""Recurrence quantification: which fixations of a path return to a place, and what pattern they form.

    As `cross_recurrence` of the path with itself, but only pairs :math:`i < j` count, and the recurrence is the share
    of these, :math:`100 \cdot 2C / N(N - 1)`. Diagonal lines are stretches that are walked again; laminarity tells
    that gaze stays in a region, and a high centre that returns are late.

    Parameters
    ----------
    path : Scanpath or array, shape (n, 2) or (n, 3)
        x and y in pixels.
    radius_deg : float
        Radius of a place, in degrees. All four numbers depend on it: tell it with them.
    line : int
        Shortest run of marks that counts for a line, from 2.
    viewing : Viewing
        Geometry; needed with arrays only.

    Raises
    ------
    ValueError
        As `cross_recurrence`.

    References
    ----------
    Anderson, Bischof, Laidlaw, Risko and Kingstone (2013), Recurrence quantification analysis of eye movements,
    Behavior Research Methods 45.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> recurrence([(100, 100), (300, 100), (100, 100), (300, 100), (300, 300)], viewing=viewing)
    Recurrence(recurrence=20.0, determinism=100.0, laminarity=0.0, centre=50.0)
    """
    pair = read_paths(path, path, viewing=viewing)
    n = len(pair.tables[0])
    return _pattern(np.triu(_near(pair, radius_deg), 1), n * (n - 1) / 2, line)


def _near(pair: ComparedPaths, radius_deg: float) -> NDArray[np.bool_]:
    if pair.viewing is None:
        raise ValueError("expected a viewing together with paths that are arrays: how large is a degree?")
    if not radius_deg >= 0:
        raise ValueError(f"expected a radius from 0 deg up, got {radius_deg}")
    return np.asarray(pair.distances <= radius_deg)


def _pattern(near: NDArray[np.bool_], cells: float, line: int) -> Recurrence:
    check_number(line, "lines of at least 2 recurrences", least=2)
    rows, columns = np.nonzero(near)
    if not rows.size:
        return Recurrence(0.0 if cells else np.nan, np.nan, np.nan, np.nan)
    diagonal, across, down = (kernels.count_diagonals(near, *step, line) for step in ((1, 1), (0, 1), (1, 0)))
    lag, last = float(np.sum(columns - rows)), len(near) - 1
    return Recurrence(
        100 * rows.size / cells,
        100 * diagonal / rows.size,
        100 * (across + down) / (2 * rows.size),
        100 * lag / (last * rows.size) if last else np.nan,
    )
