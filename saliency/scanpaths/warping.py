"""Dynamic time warping, Frechet distance and time delay embedding: distances between scanpaths as curves."""

from foveation import Viewing
from saliency.scanpaths import kernels
from saliency.scanpaths.pairs import Path, read_paths


def dtw(first: Path, second: Path, *, viewing: Viewing | None = None) -> float:
    r"""Dynamic time warping: distance of the fixations of two paths after the best alignment in time; 0 is the same.

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
    pair = read_paths(first, second, viewing=viewing)
    if pair.empty:
        return float("nan")
    return float(kernels.dtw_cost(pair.distances) / max(map(len, pair.tables)))


def frechet(first: Path, second: Path, *, viewing: Viewing | None = None) -> float:
    r"""Discrete Frechet distance: the shortest leash with which two can walk along both paths and never turn back.

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
    pair = read_paths(first, second, viewing=viewing)
    return float(kernels.discrete_frechet(pair.distances)) if not pair.empty else float("nan")


def time_delay_embedding(first: Path, second: Path, *, shape: tuple[int, ...] | None = None) -> float:
    r"""Time delay embedding: look for each stretch of the first path in the second; 1 if all are found.

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
    pair = read_paths(first, second, shape=shape)
    longer = max(pair.size)
    if pair.empty:
        return float("nan")
    return float(kernels.embed(*(table[:, :2] / longer for table in pair.tables)))
