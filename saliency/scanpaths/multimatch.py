"""MultiMatch: how alike two scanpaths are in shape, direction, length, position and duration."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from foveation.checks import check_fields
from saliency.scanpaths import kernels
from saliency.scanpaths.pairs import Path, read_paths


class MultiMatch(NamedTuple):
    """How alike two paths are in five ways: 1 is the same, 0 as different as can be."""

    shape: float
    direction: float
    length: float
    position: float
    duration: float


@dataclass(frozen=True, kw_only=True)
class Simplification:
    """Which saccades MultiMatch joins before it compares: it takes them for parts of one.

    Parameters
    ----------
    direction_deg : float
        Two saccades in a row are joined if the angle between them is below this and the fixation between them short.
    amplitude : float
        A saccade shorter than this share of the screen's diagonal is joined with the next one if the fixation before
        or after it is short.
    duration : float
        A fixation is short if it lasts less than this, in seconds.

    Notes
    -----
    The values are those that Dewhurst et al. recommend, recalled from the paper.

    Examples
    --------
    >>> Simplification(duration=0.1)
    Simplification(direction_deg=45.0, amplitude=0.1, duration=0.1)
    """

    direction_deg: float = 45.0
    amplitude: float = 0.1
    duration: float = 0.3

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("direction_deg", "amplitude", "duration"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"expected {name} from 0 up, got {getattr(self, name)}")


def multimatch(
    first: Path, second: Path, *, shape: tuple[int, ...] | None = None, simplify: Simplification | None = None
) -> MultiMatch:
    r"""Compare the saccades of two paths in shape, direction, length, position and duration.

    The saccades :math:`u_i`, :math:`v_j` are aligned so that the sum of :math:`|u_i - v_j|` over the pairs that stand
    opposite each other is least. The median over these pairs of each difference is scaled, and taken from 1:

    ========= ============================================================ =====================
    shape     :math:`|u - v|`                                              twice the diagonal
    direction angle between :math:`u` and :math:`v`                        :math:`\pi`
    length    :math:`||u| - |v||`                                          diagonal
    position  distance of the places where the saccades start              diagonal
    duration  difference of the fixations before the saccades              the longer of the two
    ========= ============================================================ =====================

    All five are NaN if a path has fewer than three fixations. The duration is NaN if durations are unknown, or both of
    a pair are 0.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 3) or (n, 2)
        x and y in pixels, durations in seconds.
    shape : tuple of int
        Height and width of the picture; needed with arrays only.
    simplify : Simplification, optional
        Join saccades first.

    Raises
    ------
    ValueError
        If the paths are of different screens, the shape is needed and missing, or durations are missing in paths that
        are to be simplified.

    Notes
    -----
    `multimatch_gaze.docomparison` gives the same numbers, also with ``grouping=True`` (and fails where a path becomes
    one short saccade, which is left alone here). The duration of the last fixation plays no part. Where several
    alignments are equally good, the diagonal step is taken.

    References
    ----------
    Jarodzka, Holmqvist and Nystrom (2010), A vector-based, multidimensional scanpath similarity measure, ETRA.
    Dewhurst, Nystrom, Jarodzka, Foulsham, Johansson and Holmqvist (2012), It depends on how you look at it, Behavior
    Research Methods 44.

    Examples
    --------
    >>> path = np.array([(100, 100, 0.2), (200, 100, 0.3), (200, 300, 0.2)])
    >>> tuple(multimatch(path, path, shape=(480, 640)))
    (1.0, 1.0, 1.0, 1.0, 1.0)
    >>> round(multimatch(path, path + (80, 0, 0), shape=(480, 640)).position, 3)
    0.9
    """
    pair = read_paths(first, second, shape=shape)
    diagonal = math.hypot(*pair.size)
    grouping = kernels.Grouping(0.0, 0.0, 0.0)
    if simplify is not None:
        pair.check_durations("without which paths cannot be simplified")
        grouping = kernels.Grouping(
            float(simplify.direction_deg), float(simplify.duration), float(simplify.amplitude * diagonal)
        )
    if min(map(len, pair.tables)) < 3:
        return MultiMatch(*[np.nan] * 5)
    medians = np.empty(5)
    one, other = pair.tables
    kernels.match_saccades(one, other, grouping, medians)
    vector, angle, length, distance, share = medians.tolist()
    return MultiMatch(
        1 - vector / (2 * diagonal), 1 - angle / np.pi, 1 - length / diagonal, 1 - distance / diagonal, 1 - share
    )
