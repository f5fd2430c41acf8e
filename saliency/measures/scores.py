"""Measures of how well a map predicts fixations: NSS, AUC (Judd, Borji, shuffled), CC, SIM, KL.

A fixation is a place (x, y) in pixels of the picture, y down, pixel centres at whole numbers; fixations are (n, 2). The
value of a map at a fixation is that of the nearest pixel. Fixations outside the picture are refused: leave them out by
`inside`. Where a docstring names a function of pysaliency, the reference of the field, both give the same number; note
that pysaliency cuts the decimals off its coordinates, since there pixel 0 reaches from 0 to 1.

Which measure? `information_gain` if the model gives probabilities. Otherwise `nss` and `auc_judd` tell how well the
map singles out what was looked at, and `auc_shuffled` tells the same without what is gained by knowing that people look
at the middle of pictures. `cc`, `sim` and `kl_divergence` compare the map with the density of all fixations.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number
from saliency.measures import kernels
from saliency.measures.fixations import CELLS, EPSILON, GREATEST, check_values, pixels_at


def nss(saliency: ArrayLike, places: ArrayLike) -> float:
    """Give the normalised scanpath saliency: how many standard deviations above its mean the map is where people look.

    0 is chance, 1 is better than most models of the last century, 3 to 4 is what people reach who predict each other.
    The measure rewards a map that is high in few places, if they are the right ones.

    Parameters
    ----------
    saliency : array, shape (height, width)
        Any finite map. One that is the same everywhere gives 0.
    places : array, shape (n, 2)
        The fixations, in pixels of the map.

    Notes
    -----
    The mean of pysaliency's `metrics.NSS`.

    References
    ----------
    Peters, Iyer, Itti and Koch (2005), Components of bottom-up gaze allocation in natural images, Vision Research 45.

    Examples
    --------
    >>> round(nss([[0, 0, 0, 1]], [(3, 0)]), 3)
    1.732
    """
    values = check_values(saliency)
    rows, columns = pixels_at(places, values.shape)
    centred, deviation = _centred(values)
    return float(centred[rows, columns].mean() / deviation) if deviation else 0.0


def _centred(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Give a map less its mean, and its standard deviation, both over its range; 0 if it is the same everywhere."""
    low, high = values.min(), values.max()
    if low == high:
        return np.zeros_like(values), 0.0
    centred = values - low
    centred /= high - low  # squares of the smallest and greatest numbers would be lost
    centred -= centred.mean()
    return centred, float(np.sqrt(_mean_product(centred, centred)))


def _mean_product(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(np.einsum("ij,ij->", first, second) / first.size)


def auc(positives: ArrayLike, negatives: ArrayLike) -> float:
    """Give the area under the ROC curve: how often a positive exceeds a negative; a tie counts one half.

    Parameters
    ----------
    positives, negatives : array
        Finite numbers, at least one of each. No number is left out and none is rounded.

    Notes
    -----
    The first result of pysaliency's `roc.general_roc`.

    Examples
    --------
    >>> auc([3, 2], [1, 2])
    0.875
    """
    above, below = (np.asarray(numbers).ravel() for numbers in (positives, negatives))
    for name, numbers in (("positive", above), ("negative", below)):
        if not numbers.size or not np.isfinite(numbers).all():
            raise ValueError(f"expected at least one {name} number, and all of them finite")
    return _auc(np.asarray(above, np.float64), below)


def _auc(positives: NDArray[np.float64], negatives: NDArray[np.float64]) -> float:
    thresholds, of_positive = np.unique(positives, return_inverse=True)
    lower, equal = _ranks(thresholds, negatives)
    return float((2 * lower + equal)[of_positive].sum() / (2 * positives.size * negatives.size))


def _ranks(thresholds: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the values that are lower than and equal to each of the ascending thresholds."""
    low, high = float(min(thresholds[0], values.min())), float(max(thresholds[-1], values.max()))
    with np.errstate(over="ignore", divide="ignore"):
        scale = float((CELLS - 1) / (np.float64(high) - low))
    if not 0 < scale < np.inf:  # the range is too small or too large for a number: one cell for all
        low, scale = 0.0, 0.0
    cells = ((thresholds - low) * scale).astype(np.int64)
    first = np.searchsorted(cells, np.arange(CELLS + 1)).astype(np.int64)
    gaps, equal = np.zeros(thresholds.size + 1, np.int64), np.zeros(thresholds.size, np.int64)
    kernels.count_at(np.ascontiguousarray(values).ravel(), thresholds, low, scale, first, gaps, equal)
    lower = np.cumsum(gaps[:-1])
    lower[1:] += np.cumsum(equal)[:-1]
    return lower, equal


def auc_judd(saliency: ArrayLike, places: ArrayLike, *, negatives: str = "all", thresholds: str = "all") -> float:
    """Give the area under the ROC curve: how often the map is higher where people look than at a pixel drawn by lot.

    0.5 is chance, 1 is perfect; only the order of the map's values counts. A Gaussian at the picture's centre, which
    knows nothing of the picture, often reaches 0.75 to 0.8: see `auc_shuffled`.

    Parameters
    ----------
    saliency : array, shape (height, width)
        Any finite map. One that is the same everywhere gives 0.5.
    places : array, shape (n, 2)
        The fixations, in pixels of the map.
    negatives : str
        What fixations are compared with: "all" pixels, or those that are "unfixated".
    thresholds : str
        "all": the exact area. "fixated": only the values at fixations are thresholds, between which the curve is drawn
        straight, as in Judd's own script; with few fixations this comes out a little higher.

    Raises
    ------
    ValueError
        If a word is another, a fixation lies outside, or every pixel is fixated where "unfixated" ones are asked for.

    Notes
    -----
    One picture's value of pysaliency's `SaliencyMapModel.AUC_per_image(nonfixations="uniform")`; with "unfixated" and
    "fixated" that of `AUC_Judd(jitter=False)`. Judd's script adds noise to part equal values; here a tie counts one
    half, which is what noise gives on average.

    References
    ----------
    Judd, Ehinger, Durand and Torralba (2009), Learning to predict where humans look, ICCV.

    Examples
    --------
    >>> auc_judd([[1, 2, 3, 4]], [(3, 0)])
    0.875
    >>> auc_judd([[1, 2, 3, 4]], [(3, 0)], negatives="unfixated")
    1.0
    """
    for name, word, words in (
        ("negatives", negatives, ("all", "unfixated")),
        ("thresholds", thresholds, ("all", "fixated")),
    ):
        if word not in words:
            raise ValueError(f"expected {name} to be one of {', '.join(words)}; got '{word}'")
    values = check_values(saliency)
    rows, columns = pixels_at(places, values.shape)
    steps, of_fixation = np.unique(values[rows, columns], return_inverse=True)
    lower, equal = _ranks(steps, values)
    total = values.size
    if negatives == "unfixated":
        fixated = np.unique(rows * values.shape[1] + columns)
        fixated_lower, fixated_equal = _ranks(steps, values.ravel()[fixated])
        lower, equal, total = lower - fixated_lower, equal - fixated_equal, total - fixated.size
        if not total:
            raise ValueError("expected a picture with unfixated pixels, got fixations on every one")
    if thresholds == "all":
        return float((2 * lower + equal)[of_fixation].sum() / (2 * rows.size * total))
    hits = np.cumsum(np.bincount(of_fixation)[::-1]) / rows.size
    false_alarms = (total - lower)[::-1] / total
    return float(np.trapezoid(np.concatenate([[0], hits, [1]]), np.concatenate([[0], false_alarms, [1]])))


def auc_borji(saliency: ArrayLike, places: ArrayLike, *, rng: np.random.Generator | int, splits: int = 100) -> float:
    """Give `auc_judd` against pixels that are drawn by lot, as many as there are fixations, over and over.

    Parameters
    ----------
    saliency : array, shape (height, width)
        Any finite map. One that is the same everywhere gives 0.5.
    places : array, shape (n, 2)
        The fixations, in pixels of the map.
    rng : numpy.random.Generator or int
        Draws the pixels; a number is a seed.
    splits : int
        Number of drawings, whose areas are averaged.

    Notes
    -----
    pysaliency's `AUC_per_image(nonfixations=...)` given the same pixels. Each area is exact: the original script walks
    in thresholds of a tenth of the range, which makes most maps look worse.

    References
    ----------
    Borji, Tavakoli, Sihite and Itti (2013), Analysis of scores, datasets, and models in visual saliency prediction,
    ICCV.

    Examples
    --------
    >>> auc_borji(np.arange(100.0).reshape(10, 10), [(9, 9), (8, 9)], rng=0) > 0.95
    True
    """
    check_number(splits, "at least one split", least=1)
    values = check_values(saliency)
    rows, columns = pixels_at(places, values.shape)
    # every drawing has as many pixels, so the mean of their areas is the area against all of them
    drawn = np.random.default_rng(rng).integers(values.size, size=(splits, rows.size))
    return _auc(values[rows, columns], values.ravel()[drawn])


def auc_shuffled(saliency: ArrayLike, places: ArrayLike, elsewhere: ArrayLike) -> float:
    """Give the area under the ROC curve against places where people look in *other* pictures: no gain from the centre.

    0.5 is chance, and what any fixed map such as a Gaussian at the centre gets; people reach 0.7 to 0.9. A model with a
    centre bias is set back, so this measure asks for a map of its own, without it.

    Parameters
    ----------
    saliency : array, shape (height, width)
        Any finite map. One that is the same everywhere gives 0.5.
    places : array, shape (n, 2)
        The fixations, in pixels of the map.
    elsewhere : array, shape (m, 2)
        Fixations on other pictures, scaled to this one's size, as `Recordings.elsewhere` gives them.

    Notes
    -----
    One picture's value of pysaliency's `AUC_per_image(nonfixations="shuffled")`, given whole coordinates.

    References
    ----------
    Zhang, Tong, Marks, Shan and Cottrell (2008), SUN: a Bayesian framework for saliency, Journal of Vision 8(7):32.

    Examples
    --------
    >>> auc_shuffled([[1, 2, 3, 4]], [(3, 0), (1, 0)], [(0, 0), (1, 0)])
    0.875
    """
    values = check_values(saliency)
    rows, columns = pixels_at(places, values.shape)
    other_rows, other_columns = pixels_at(elsewhere, values.shape)
    return _auc(values[rows, columns], values[other_rows, other_columns])


def cc(saliency: ArrayLike, density: ArrayLike) -> float:
    """Give the correlation coefficient of a map and a fixation density: from -1 through 0, no relation, to 1, the same.

    Parameters
    ----------
    saliency : array, shape (height, width)
        Any finite map.
    density : array, shape (height, width)
        Where people looked, see `fixation_density`. If it or the map is the same everywhere, the result is 0.

    Notes
    -----
    pysaliency's `metrics.CC`, which gives NaN where the second map is the same everywhere.

    Examples
    --------
    >>> round(cc([[0, 1, 2]], [[0, 1, 1]]), 3)
    0.866
    """
    first = check_values(saliency)
    second = check_values(density, first.shape)
    (first, first_deviation), (second, second_deviation) = _centred(first), _centred(second)
    if not first_deviation or not second_deviation:
        return 0.0
    return float(np.clip(_mean_product(first, second) / (first_deviation * second_deviation), -1, 1))


def as_density(values: ArrayLike, *, floor: float = 0.0) -> NDArray[np.float64]:
    """Turn a map into a density: not negative, sum 1.

    Parameters
    ----------
    values : array, shape (height, width)
        Any finite map. If a value is negative, the least is subtracted; a map of zeros becomes even.
    floor : float
        Added to each value before the division by the sum.

    Notes
    -----
    pysaliency's `metrics.convert_saliency_map_to_density`.

    Examples
    --------
    >>> as_density([[1, 3]])
    array([[0.25, 0.75]])
    """
    return _density(check_values(values), floor)


def _density(values: NDArray[np.float64], floor: float = 0.0) -> NDArray[np.float64]:
    check_number(floor, "a floor from 0 up", least=0, most=GREATEST)
    low = float(values.min())
    lifted = values - low if low < 0 else values
    lifted = lifted + floor if floor else lifted
    total = float(lifted.sum())
    return np.asarray(lifted / total if total > 0 else np.full(values.shape, 1 / values.size), np.float64)


def sim(saliency: ArrayLike, density: ArrayLike) -> float:
    """Give the share that a map and a fixation density have in common, both scaled to sum 1: from 0 to 1, the same.

    A map whose least value is far above 0 scores badly: subtract it first.

    Parameters
    ----------
    saliency, density : array, shape (height, width)
        See `as_density` for negative values and zeros.

    Notes
    -----
    pysaliency's `metrics.SIM`.

    Examples
    --------
    >>> sim([[1, 1]], [[1, 3]])
    0.75
    """
    first = check_values(saliency)
    second = check_values(density, first.shape)
    shared, other = _density(first), _density(second)
    return float(np.minimum(shared, other, out=shared).sum())


def kl_divergence(saliency: ArrayLike, density: ArrayLike, *, floor: float = 0.0, epsilon: float = EPSILON) -> float:
    r"""Kullback-Leibler divergence of a map from a fixation density, both scaled to sum 1; 0 is the same; nat.

    .. math:: \mathrm{KL} = \sum_i q_i \ln\left(\epsilon + \frac{q_i}{p_i + \epsilon}\right)

    with the map :math:`p` and the fixation density :math:`q`. The measure is hard on a map that is 0 where people look.

    Parameters
    ----------
    saliency : array, shape (height, width)
        The map, :math:`p`; see `as_density` for negative values and zeros.
    density : array, shape (height, width)
        Where people looked, :math:`q`.
    floor : float
        Added to every value of both before they are scaled.
    epsilon : float
        :math:`\epsilon`, of the MIT/Tuebingen benchmark; with 0, a map that is 0 where people looked gives infinity.

    Notes
    -----
    pysaliency's `metrics.MIT_KLDiv`; with ``floor=1e-20, epsilon=0`` its `metrics.image_based_kl_divergence`.

    Examples
    --------
    >>> round(kl_divergence([[1, 1]], [[1, 3]]), 4)
    0.1308
    """
    first = check_values(saliency)
    second = check_values(density, first.shape)
    check_number(epsilon, "an epsilon from 0 up", least=0)
    terms, people = _density(first, floor), _density(second, floor)
    terms += epsilon
    looked = people > 0
    with np.errstate(divide="ignore"):
        np.divide(people, terms, out=terms, where=looked)
        terms += epsilon
        np.log(terms, out=terms, where=looked)
    np.multiply(terms, people, out=terms)
    return float(terms.sum(where=looked))
