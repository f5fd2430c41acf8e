"""ScanMatch, sequence score and string edit distance: scanpaths compared as sequences of letters."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_whole
from saliency.scanpaths import kernels
from saliency.scanpaths.pairs import ComparedPaths, Path, read_paths

MOST_BINS = 100  # a table holds the likeness of each of so many squared to each other
SCANMATCH_THRESHOLD = 3.73  # bins of 12 x 8: two standard deviations of the saccades' amplitudes in OSIE
BANDWIDTHS = np.linspace(1 / 32, 3 / 20, 12)  # of fixation clusters, as shares of the picture's diagonal


def _letters(pair: ComparedPaths, bins: tuple[int, int]) -> list[NDArray[np.int64]]:
    """Give the cell of a grid in which each fixation lies, row by row; one outside the picture takes the nearest."""
    if np.shape(bins) != (2,):
        raise ValueError(f"expected bins across and down, got {bins}")
    for count in bins:
        check_whole("bins across and down", count, 1, MOST_BINS)
    across, down = bins
    scale = np.array((across, down)) / pair.size
    letters = []
    for table in pair.tables:
        cells = np.floor((table[:, :2] + 0.5) * scale)
        np.minimum(np.maximum(cells, 0, out=cells), (across - 1, down - 1), out=cells)
        letters.append((cells @ (1.0, across)).astype(np.int64))
    return letters


def _in_time(pair: ComparedPaths, letters: list[NDArray[np.int64]], bin_s: float | None) -> list[NDArray[np.int64]]:
    """Repeat each letter once for each `bin_s` that its fixation lasts, to the nearest whole number."""
    if bin_s is None:
        return letters
    if not bin_s > 0:
        raise ValueError(f"expected a bin_s above 0 s, got {bin_s}")
    pair.check_durations("or bin_s=None, which compares without time")
    return [
        np.repeat(of_path, np.floor(table[:, 2] / bin_s + 0.5).astype(np.int64))
        for of_path, table in zip(letters, pair.tables, strict=True)
    ]


@functools.lru_cache(maxsize=8)
def _closeness(across: int, down: int, threshold: float) -> NDArray[np.float64]:
    """Give 1 less the distance of each cell of a grid from each other, in thresholds."""
    rows, columns = np.divmod(np.arange(across * down), across)
    apart = np.hypot(np.subtract.outer(rows, rows), np.subtract.outer(columns, columns))
    return np.asarray(1 - apart / threshold, np.float64)


@functools.lru_cache(maxsize=8)
def _sameness(letters: int) -> NDArray[np.float64]:
    return np.eye(letters)


def scanmatch(
    first: Path,
    second: Path,
    *,
    shape: tuple[int, ...] | None = None,
    bins: tuple[int, int] = (12, 8),
    bin_s: float | None = 0.05,
    threshold: float = SCANMATCH_THRESHOLD,
) -> float:
    r"""ScanMatch: compare where two paths were, and for how long, by aligning strings of letters; 1 is the same.

    A grid gives each fixation a letter, which is repeated once for each `bin_s` that the fixation lasts. The sequences
    are aligned (Needleman and Wunsch) so that the sum of :math:`t - d` over the letters opposite each other is
    greatest, :math:`d` being the distance of their cells in bins; a letter that is left alone counts 0. The sum is
    divided by :math:`t \max(n, m)`, that of the longer sequence with itself.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 3), or (n, 2) without time
        x and y in pixels, durations in seconds.
    shape : tuple of int
        Height and width of the picture; needed with arrays only.
    bins : tuple of int
        Cells of the grid across and down. A fixation outside the picture is in the nearest cell.
    bin_s : float or None
        Time for which a letter stands, in seconds. A fixation shorter than half of it has no letter. None: a letter a
        fixation.
    threshold : float
        :math:`t`, the distance in bins from which on two letters do not count for alike. The authors take two standard
        deviations of the saccade amplitudes: 3.73 of 12 x 8 bins in OSIE.

    Raises
    ------
    ValueError
        If the paths are of different screens, the shape is needed and missing, durations are, or a number is not above
        0.

    References
    ----------
    Cristino, Mathot, Theeuwes and Gilchrist (2010), ScanMatch: A novel method for comparing fixation sequences,
    Behavior Research Methods 42.

    Examples
    --------
    >>> path = np.array([(100, 100, 0.2), (200, 100, 0.3), (200, 300, 0.2)])
    >>> scanmatch(path, path, shape=(480, 640))
    1.0
    >>> round(scanmatch(path, path[:2], shape=(480, 640)), 3)
    0.714
    """
    pair = read_paths(first, second, shape=shape)
    if not threshold > 0:
        raise ValueError(f"expected a threshold above 0 bins, got {threshold}")
    letters = _in_time(pair, _letters(pair, bins), bin_s)
    return _share(letters, _closeness(bins[0], bins[1], threshold))


def _share(letters: list[NDArray[np.int64]], scores: NDArray[np.float64], gap: float = 0.0) -> float:
    """Give the score of the best alignment over the length of the longer sequence."""
    first, second = letters
    if not first.size or not second.size:
        return np.nan
    return float(kernels.needleman_wunsch(first, second, scores, gap) / max(first.size, second.size))


@dataclass(frozen=True, kw_only=True, eq=False)
class FixationClusters:
    """The places of a picture that people look at, made by `fixation_clusters`.

    Parameters
    ----------
    centres : array, shape (k, 2)
        x and y in pixels, the most populous first.
    bandwidth : float
        Radius of the window that found them, in pixels.
    """

    centres: NDArray[np.float64]
    bandwidth: float

    def __len__(self) -> int:
        """Give the number of clusters."""
        return len(self.centres)

    def letters(self, places: ArrayLike) -> NDArray[np.int64]:
        """Give the number of the cluster whose centre is nearest to each of the `places` (n, 2)."""
        offsets = np.asarray(places, np.float64)[:, np.newaxis] - self.centres
        return np.asarray(np.einsum("ijk,ijk->ij", offsets, offsets).argmin(axis=1))


def fixation_clusters(
    paths: Sequence[Path], *, shape: tuple[int, ...] | None = None, bandwidths: ArrayLike | None = None
) -> FixationClusters:
    r"""Find the places of a picture that people look at, by mean shift of all their fixations.

    A window moves from each fixation to the mean of the fixations in it, until it rests in the middle of a cluster;
    each fixation belongs to the cluster whose centre is nearest. Of several widths of the window, that one is taken
    for which :math:`(b - w) / k` is greatest, with :math:`b` saccades between clusters, :math:`w` within one, and
    :math:`k` clusters.

    Parameters
    ----------
    paths : sequence of Scanpath or array, shape (n, 2) or (n, 3)
        The paths of people on one picture.
    shape : tuple of int
        Height and width of the picture; needed with arrays only, and if `bandwidths` are left out.
    bandwidths : array, optional
        Radii of the window to choose from, in pixels. If left out, twelve from 1/32 to 3/20 of the picture's diagonal
        (of OSIE's pictures, 1.3 to 6.3 deg). The score depends on the least: finer clusters make people less alike.

    Raises
    ------
    ValueError
        If there is no fixation, the paths are of different screens, or a bandwidth is not above 0.

    References
    ----------
    Comaniciu and Meer (2002), Mean shift: a robust approach toward feature space analysis, PAMI 24.
    Borji, Tavakoli, Sihite and Itti (2013), Analysis of scores, datasets, and models in visual saliency prediction,
    ICCV.

    Examples
    --------
    >>> paths = [[(10, 10), (90, 50), (11, 9)], [(89, 50), (10, 11)]]
    >>> clusters = fixation_clusters(paths, shape=(80, 100))
    >>> len(clusters), clusters.letters([(0, 0), (80, 60)])
    (2, array([0, 1]))
    """
    seen = read_paths(*paths, shape=shape)
    places = np.concatenate([np.empty((0, 2)), *(table[:, :2] for table in seen.tables)])
    if not len(places):
        raise ValueError("expected paths with fixations, got none")
    widths = BANDWIDTHS * math.hypot(*seen.size) if bandwidths is None else np.array(bandwidths, np.float64).reshape(-1)
    if not widths.size or not (np.isfinite(widths) & (widths > 0)).all():
        raise ValueError(f"expected bandwidths above 0 pixels, got {widths}")
    ends = np.cumsum([len(table) for table in seen.tables])[:-1]
    candidates = [FixationClusters(centres=_centres(places, width), bandwidth=width) for width in widths.tolist()]
    return max(candidates, key=lambda clusters: _parting(np.split(clusters.letters(places), ends), len(clusters)))


def _parting(letters: Sequence[NDArray[np.int64]], clusters: int) -> float:
    """Give the saccades between clusters less those within one, over the number of clusters."""
    moves = np.concatenate([np.diff(of_path) != 0 for of_path in letters])
    return float(2 * moves.sum() - moves.size) / clusters


def _centres(places: NDArray[np.float64], bandwidth: float) -> NDArray[np.float64]:
    centres = np.empty_like(places)
    return centres[: kernels.mean_shift(places, bandwidth, centres)]


def sequence_score(first: Path, second: Path, *, clusters: FixationClusters, bin_s: float | None = None) -> float:
    r"""Sequence score: compare the order in which two paths went through clusters of fixations; 1 is the same.

    Each fixation has the letter of its cluster. The sequences are aligned (Needleman and Wunsch) so that the number of
    equal letters opposite each other is greatest; it is divided by the length of the longer sequence.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 2), or (n, 3) with time
        x and y in pixels, durations in seconds.
    clusters : FixationClusters
        The clusters of the picture: see `fixation_clusters`.
    bin_s : float or None
        Repeat each letter once for each such time that its fixation lasts, in seconds; None: a letter a fixation.

    Raises
    ------
    ValueError
        If the paths are of different screens, or durations are needed and missing.

    References
    ----------
    Yang, Huang, Chen, Wei, Ahn, Zelinsky, Samaras and Hoai (2020), Predicting goal-directed human attention using
    inverse reinforcement learning, CVPR.
    Borji, Tavakoli, Sihite and Itti (2013), see `fixation_clusters`.

    Examples
    --------
    >>> paths = [[(10, 10), (90, 50), (11, 9)], [(89, 50), (10, 11)]]
    >>> round(sequence_score(*paths, clusters=fixation_clusters(paths, shape=(80, 100))), 3)
    0.667
    """
    pair = read_paths(first, second)
    letters = [clusters.letters(table[:, :2]) for table in pair.tables]
    return _share(_in_time(pair, letters, bin_s), _sameness(len(clusters)))


def string_edit(
    first: Path, second: Path, *, shape: tuple[int, ...] | None = None, bins: tuple[int, int] = (5, 5)
) -> float:
    """Give the string edit (Levenshtein) distance of two paths, over the length of the longer; 0 is the same.

    A grid gives each fixation a letter; an edit inserts, deletes or replaces one (the Levenshtein distance). Tables
    often show 1 less this number.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 2) or (n, 3)
        x and y in pixels.
    shape : tuple of int
        Height and width of the picture; needed with arrays only.
    bins : tuple of int
        Cells of the grid across and down. A fixation outside the picture is in the nearest cell.

    Raises
    ------
    ValueError
        If the paths are of different screens, or the shape is needed and missing.

    References
    ----------
    Brandt and Stark (1997), Spontaneous eye movements during visual imagery reflect the content of the visual scene,
    Journal of Cognitive Neuroscience 9.

    Examples
    --------
    >>> string_edit([(10, 10), (300, 200), (600, 400), (10, 400)], [(10, 10), (600, 400), (10, 400)], shape=(480, 640))
    0.25
    """
    pair = read_paths(first, second, shape=shape)
    letters = _letters(pair, bins)
    return abs(_share(letters, _sameness(bins[0] * bins[1]) - 1, gap=1.0))
