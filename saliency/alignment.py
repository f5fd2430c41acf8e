"""How alike are two scanpaths? The measures of the field, each by its published definition.

A path is a `Scanpath`, or an array with a row a fixation, in order: x and y in pixels, and, where time counts, the
duration in seconds. A measure is not defined for a path without fixations (`multimatch`: fewer than three), and then
NaN: no path is ever filled up.

Which measure? Paths of people on *different* pictures score almost as high as those on the same picture in MultiMatch
shape and length and in `time_delay_embedding`, so these cannot tell a good model. `scanmatch`, `sequence_score` and
`string_edit` can, and so can MultiMatch position. No score says anything without those of two people on one picture
and on two.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from saliency import kernels
from saliency.scanpath import Scanpath

Path: TypeAlias = Scanpath | ArrayLike

SCANMATCH_THRESHOLD = 3.73  # bins of 12 x 8: two standard deviations of the saccades' amplitudes in OSIE
# Both chosen so that viewers of OSIE agree as much as other implementations of the measures say; tell them with scores
RADIUS_DEG = 2.0  # of a place, for recurrence
BANDWIDTHS = np.linspace(1 / 32, 3 / 20, 12)  # of fixation clusters, as shares of the picture's diagonal


class _Read(NamedTuple):
    """Paths as arrays (n, 3) of x, y and duration (NaN if unknown), and what is known of their screen."""

    tables: list[NDArray[np.float64]]
    viewing: Viewing | None
    shape: tuple[int, ...] | None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the screen in pixels."""
        if self.shape is None:
            raise ValueError("expected the shape (height, width) of the picture together with paths that are arrays")
        return float(self.shape[1]), float(self.shape[0])

    @property
    def empty(self) -> bool:
        """Whether a path has no fixation."""
        return not all(map(len, self.tables))

    @property
    def distances(self) -> NDArray[np.float64]:
        """How far each fixation of the first is from each of the second: degrees if `viewing` is known, else pixels."""
        first, second = (table[:, :2] for table in self.tables)
        if self.viewing is not None:
            first, second = self.viewing.rays(first), self.viewing.rays(second)
        distances = np.empty((len(first), len(second)))
        kernels.separate(first, second, self.viewing is not None, distances)
        return distances

    def check_durations(self, purpose: str) -> None:
        """Refuse paths with a fixation of unknown duration."""
        if any(np.isnan(table[:, 2]).any() for table in self.tables):
            raise ValueError(f"expected a duration for each fixation, {purpose}")


def _read(*paths: Path, shape: tuple[int, ...] | None = None, viewing: Viewing | None = None) -> _Read:
    """Read paths of either kind; what they and the caller say of the screen must be the same."""
    for path in paths:
        if isinstance(path, Scanpath):
            if viewing is not None and viewing is not path.viewing and viewing != path.viewing:
                raise ValueError(f"expected paths on one screen, got {viewing} and {path.viewing}")
            viewing = path.viewing
    if viewing is not None:
        told = viewing.screen_px[::-1]
        if shape is not None and tuple(shape[:2]) != told:
            raise ValueError(f"expected the shape {told} of the paths' screen, got {tuple(shape[:2])}")
        shape = told
    return _Read([_fixations(path) for path in paths], viewing, shape)


def _fixations(path: Path) -> NDArray[np.float64]:
    if isinstance(path, Scanpath):
        fixations = np.empty((len(path.x), 3))
        fixations[:, 0], fixations[:, 1], fixations[:, 2] = path.x, path.y, path.duration
    else:
        array = np.asarray(path, np.float64)
        if array.size == 0:
            return np.empty((0, 3))
        if array.ndim != 2 or array.shape[1] not in (2, 3):
            raise ValueError(f"expected a path of shape (n, 2) or (n, 3), got {array.shape}")
        fixations = np.full((len(array), 3), np.nan)
        fixations[:, : array.shape[1]] = array
        if not np.isfinite(fixations[:, :2]).all():
            raise ValueError("expected finite places in pixels, got NaN or infinity")
    if (fixations[:, 2] < 0).any():
        raise ValueError("expected durations from 0 s up, got a negative one")
    return fixations


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
    pair = _read(first, second, shape=shape)
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


def _letters(pair: _Read, bins: tuple[int, int]) -> list[NDArray[np.int64]]:
    """Give the cell of a grid in which each fixation lies, row by row; one outside the picture takes the nearest."""
    across, down = (int(count) for count in bins)
    if min(across, down) < 1:
        raise ValueError(f"expected bins across and down, at least 1 of each, got {bins}")
    scale = np.array((across, down)) / pair.size
    letters = []
    for table in pair.tables:
        cells = np.floor((table[:, :2] + 0.5) * scale)
        np.minimum(np.maximum(cells, 0, out=cells), (across - 1, down - 1), out=cells)
        letters.append((cells @ (1.0, across)).astype(np.int64))
    return letters


def _in_time(pair: _Read, letters: list[NDArray[np.int64]], bin_s: float | None) -> list[NDArray[np.int64]]:
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
    r"""Compare where two paths were and for how long, as sequences of letters: 1 is the same, 0 nothing in common.

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
    pair = _read(first, second, shape=shape)
    if not threshold > 0:
        raise ValueError(f"expected a threshold above 0 bins, got {threshold}")
    letters = _in_time(pair, _letters(pair, bins), bin_s)
    return _share(letters, _closeness(bins[0], bins[1], threshold))


def _share(letters: list[NDArray[np.int64]], scores: NDArray[np.float64], gap: float = 0.0) -> float:
    """Give the score of the best alignment over the length of the longer sequence."""
    first, second = letters
    if not first.size or not second.size:
        return np.nan
    return float(kernels.align(first, second, scores, gap) / max(first.size, second.size))


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
    seen = _read(*paths, shape=shape)
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
    r"""Compare in which order two paths went through the places that people look at: 1 is the same, 0 nothing alike.

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
    pair = _read(first, second)
    letters = [clusters.letters(table[:, :2]) for table in pair.tables]
    return _share(_in_time(pair, letters, bin_s), _sameness(len(clusters)))


def string_edit(
    first: Path, second: Path, *, shape: tuple[int, ...] | None = None, bins: tuple[int, int] = (5, 5)
) -> float:
    """Count the edits that turn one path into the other, over the length of the longer: 0 is the same, 1 all different.

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
    pair = _read(first, second, shape=shape)
    letters = _letters(pair, bins)
    return abs(_share(letters, _sameness(bins[0] * bins[1]) - 1, gap=1.0))


def dtw(first: Path, second: Path, *, viewing: Viewing | None = None) -> float:
    r"""Warp one path onto the other in time, and give how far apart the fixations then are; 0 is the same place.

    Dynamic time warping pairs each fixation with one or several of the other path, in order, so that the sum of the
    distances :math:`d` over the pairs :math:`w` is least; it is divided by the number of fixations of the longer path,

    .. math:: \frac{1}{\max(n, m)} \min_w \sum_{(i, j) \in w} d(a_i, b_j).

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 2) or (n, 3)
        x and y in pixels.
    viewing : Viewing, optional
        Geometry of paths that are arrays.

    Returns
    -------
    float
        Degrees of visual angle, exact for a flat screen; pixels if the geometry is unknown.

    Raises
    ------
    ValueError
        If the paths are of different screens.

    References
    ----------
    Berndt and Clifford (1994), Using dynamic time warping to find patterns in time series, KDD workshop.

    Examples
    --------
    >>> dtw([(0, 0), (30, 40)], [(0, 0), (0, 0), (30, 40), (30, 46)])
    1.5
    """
    pair = _read(first, second, viewing=viewing)
    if pair.empty:
        return float("nan")
    return float(kernels.warp(pair.distances) / max(map(len, pair.tables)))


def frechet(first: Path, second: Path, *, viewing: Viewing | None = None) -> float:
    r"""Give the shortest leash with which two can walk along both paths, from fixation to fixation, never back.

    The discrete Frechet distance: the least, over all pairings of the fixations in order, of the greatest distance in
    the pairing,

    .. math:: \min_w \max_{(i, j) \in w} d(a_i, b_j).

    It is a metric, and one fixation far away decides it.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 2) or (n, 3)
        x and y in pixels.
    viewing : Viewing, optional
        Geometry of paths that are arrays.

    Returns
    -------
    float
        Degrees of visual angle, exact for a flat screen; pixels if the geometry is unknown.

    Raises
    ------
    ValueError
        If the paths are of different screens.

    References
    ----------
    Eiter and Mannila (1994), Computing discrete Frechet distance, report CD-TR 94/64, TU Vienna.

    Examples
    --------
    >>> frechet([(0, 0), (30, 40)], [(0, 0), (0, 0), (30, 40), (30, 46)])
    6.0
    """
    pair = _read(first, second, viewing=viewing)
    return float(kernels.leash(pair.distances)) if not pair.empty else float("nan")


def time_delay_embedding(first: Path, second: Path, *, shape: tuple[int, ...] | None = None) -> float:
    r"""Look for each stretch of the first path in the second: 1 if all are found, towards 0 the further they are off.

    Coordinates are taken as shares of the picture's longer side. For each length :math:`k` up to that of the shorter
    path, each of the windows :math:`A_i` of :math:`k` fixations of the first path is compared with the window of the
    second that is nearest to it,

    .. math:: \frac{1}{K} \sum_{k=1}^{K} \exp\left(-\frac{1}{n - k + 1} \sum_i \min_j \frac{|A_i - B_j|}{k}\right),

    with the Euclidean distance of the :math:`2k` numbers. It is not symmetric: the first path is the model's.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 2) or (n, 3)
        x and y in pixels.
    shape : tuple of int
        Height and width of the picture; needed with arrays only.

    Raises
    ------
    ValueError
        If the paths are of different screens, or the shape is needed and missing.

    References
    ----------
    Wang, Chen, Wang, Jiang, Fang and Yao (2011), Simulating human saccadic scanpaths on natural images, CVPR; scaled as
    by Zanca, Serchi, Piu, Rosini and Rufa (2018), FixaTons, arXiv 1802.02534. Both recalled.

    Examples
    --------
    >>> path = [(10, 10), (90, 50), (10, 90)]
    >>> time_delay_embedding(path, path, shape=(100, 100))
    1.0
    >>> round(time_delay_embedding(path[:1], [(20, 10)], shape=(100, 100)), 3)
    0.905
    """
    pair = _read(first, second, shape=shape)
    longer = max(pair.size)
    if pair.empty:
        return float("nan")
    return float(kernels.embed(*(table[:, :2] / longer for table in pair.tables)))


class Recurrence(NamedTuple):
    """How often gaze is in the same place again, in %, and how these recurrences are arranged: NaN if there is none."""

    recurrence: float
    determinism: float
    laminarity: float
    centre: float


def cross_recurrence(
    first: Path, second: Path, *, radius_deg: float = RADIUS_DEG, line: int = 2, viewing: Viewing | None = None
) -> Recurrence:
    r"""Mark which fixations of two paths are in the same place, and describe the pattern that the marks form.

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
    pair = _read(first, second, viewing=viewing)
    n = min(map(len, pair.tables))
    near = _near(pair, radius_deg)[:n, :n]
    return _pattern(near, n * n, line)


def recurrence(
    path: Path, *, radius_deg: float = RADIUS_DEG, line: int = 2, viewing: Viewing | None = None
) -> Recurrence:
    r"""Mark which fixations of one path return to a place, and describe the pattern that the marks form.

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
    pair = _read(path, path, viewing=viewing)
    n = len(pair.tables[0])
    return _pattern(np.triu(_near(pair, radius_deg), 1), n * (n - 1) / 2, line)


def _near(pair: _Read, radius_deg: float) -> NDArray[np.bool_]:
    if pair.viewing is None:
        raise ValueError("expected a viewing together with paths that are arrays: how large is a degree?")
    if not radius_deg >= 0:
        raise ValueError(f"expected a radius from 0 deg up, got {radius_deg}")
    return np.asarray(pair.distances <= radius_deg)


def _pattern(near: NDArray[np.bool_], cells: float, line: int) -> Recurrence:
    if line < 2:
        raise ValueError(f"expected lines of at least 2 recurrences, got {line}")
    rows, columns = np.nonzero(near)
    if not rows.size:
        return Recurrence(0.0 if cells else np.nan, np.nan, np.nan, np.nan)
    diagonal, across, down = (kernels.count_lines(near, *step, line) for step in ((1, 1), (0, 1), (1, 0)))
    lag, last = float(np.sum(columns - rows)), len(near) - 1
    return Recurrence(
        100 * rows.size / cells,
        100 * diagonal / rows.size,
        100 * (across + down) / (2 * rows.size),
        100 * lag / (last * rows.size) if last else np.nan,
    )


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """What `similarities` gives under a name: its title in a table, its unit, and whether more of it is more alike."""

    title: str
    unit: str = ""
    greater_is_better: bool = True


SIMILARITIES = {
    "scanmatch": Similarity(title="ScanMatch, 50 ms"),
    "scanmatch_order": Similarity(title="ScanMatch without time"),
    "sequence_score": Similarity(title="Sequence score"),
    "string_similarity": Similarity(title="1 - string edit"),
    "multimatch_shape": Similarity(title="MultiMatch shape"),
    "multimatch_direction": Similarity(title="MultiMatch direction"),
    "multimatch_length": Similarity(title="MultiMatch length"),
    "multimatch_position": Similarity(title="MultiMatch position"),
    "multimatch_duration": Similarity(title="MultiMatch duration"),
    "time_delay_embedding": Similarity(title="Time-delay embedding"),
    "dtw": Similarity(title="Dynamic time warping", unit="deg", greater_is_better=False),
    "frechet": Similarity(title="Frechet distance", unit="deg", greater_is_better=False),
    "recurrence": Similarity(title="Cross-recurrence", unit="%"),
    "determinism": Similarity(title="Determinism", unit="%"),
    "laminarity": Similarity(title="Laminarity", unit="%"),
}


def similarities(
    first: Path, second: Path, *, clusters: FixationClusters | None = None, viewing: Viewing | None = None
) -> dict[str, float]:
    """Compare two paths by every measure, each as it is set; the names are those of `SIMILARITIES`.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 3) or (n, 2)
        x and y in pixels, durations in seconds. The model's path comes first.
    clusters : FixationClusters, optional
        For the sequence score, which is NaN without.
    viewing : Viewing
        Geometry; needed with arrays only.

    Returns
    -------
    dict of str to float
        NaN for what is not defined: see each measure. Where a duration is unknown, those that need durations are NaN.

    Raises
    ------
    ValueError
        If the paths are of different screens, or the geometry is needed and missing.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = np.array([(100, 100, 0.2), (300, 100, 0.3), (300, 300, 0.2)])
    >>> scores = similarities(path, path[:, :2] + (20, 0), viewing=viewing)
    >>> scores["string_similarity"], round(scores["dtw"], 3), scores["scanmatch"]
    (1.0, 0.984, nan)
    """
    pair = _read(first, second, viewing=viewing)
    if pair.viewing is None:
        raise ValueError("expected a viewing together with paths that are arrays")
    paths, shape = pair.tables, pair.shape
    timed = not any(np.isnan(table[:, 2]).any() for table in paths)
    marks = cross_recurrence(*paths, viewing=pair.viewing)
    return {
        "scanmatch": scanmatch(*paths, shape=shape) if timed else np.nan,
        "scanmatch_order": scanmatch(*paths, shape=shape, bin_s=None),
        "sequence_score": np.nan if clusters is None else sequence_score(*paths, clusters=clusters),
        "string_similarity": 1 - string_edit(*paths, shape=shape),
        **{f"multimatch_{name}": value for name, value in multimatch(*paths, shape=shape)._asdict().items()},
        "time_delay_embedding": time_delay_embedding(*paths, shape=shape),
        "dtw": dtw(*paths, viewing=pair.viewing),
        "frechet": frechet(*paths, viewing=pair.viewing),
        "recurrence": marks.recurrence,
        "determinism": marks.determinism,
        "laminarity": marks.laminarity,
    }
