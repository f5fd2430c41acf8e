"""Likelihood of fixations under a map as a density: log likelihood, information gain, agreement between observers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array, check_number
from saliency.measures.fixations import as_places, fixation_density, pixels_at
from saliency.measures.scores import auc_judd, auc_shuffled, cc, kl_divergence, nss, sim

SHARE_OF_BASELINE = 0.1  # of the inter-observer density: what a person does that no other person has done


def log_likelihood(log_density: ArrayLike, places: ArrayLike) -> float:
    """Give the mean log probability that a model gave to the fixated pixels, in nat a fixation.

    Parameters
    ----------
    log_density : array, shape (height, width)
        Natural logarithms of probabilities that sum to 1; -inf for a pixel that is never looked at.
    places : array, shape (n, 2)
        The fixations, in pixels of the map.

    Raises
    ------
    ValueError
        If the probabilities do not sum to 1.

    Notes
    -----
    The mean of pysaliency's `Model.log_likelihoods`.

    Examples
    --------
    >>> round(log_likelihood(np.log([[0.5, 0.25, 0.25]]), [(0, 0), (1, 0)]), 4)
    -1.0397
    """
    values = check_log_density(log_density)
    rows, columns = pixels_at(places, values.shape)
    return float(values[rows, columns].mean())


def information_gain(log_density: ArrayLike, places: ArrayLike, baseline: ArrayLike | None = None) -> float:
    """Give how much better than a baseline a model predicts each fixation, in bit a fixation.

    0 is no better than the baseline, 1 means that each fixated pixel was given twice the probability. No other measure
    counts all that a model says, punishes overconfidence, and can be added up over fixations.

    Parameters
    ----------
    log_density : array, shape (height, width)
        Natural logarithms of the model's probabilities, which sum to 1.
    places : array, shape (n, 2)
        The fixations, in pixels of the map.
    baseline : array, shape (height, width), optional
        The same for the baseline, mostly the centre bias: `Recordings.density` of the other pictures. Every pixel the
        same if left out.

    Raises
    ------
    ValueError
        If probabilities do not sum to 1, or the baseline gives none to a fixated pixel.

    Notes
    -----
    The mean of pysaliency's `Model.information_gains`.

    References
    ----------
    Kuemmerer, Wallis and Bethge (2015), Information-theoretic model comparison unifies saliency metrics, PNAS 112.

    Examples
    --------
    >>> information_gain(np.log([[0.5, 0.25, 0.125, 0.125]]), [(0, 0)])
    1.0
    """
    values = check_log_density(log_density)
    rows, columns = pixels_at(places, values.shape)
    if baseline is None:
        expected: NDArray[np.float64] | float = -float(np.log(values.size))
    else:
        expected = check_log_density(baseline, values.shape)[rows, columns]
        if np.isneginf(expected).any():
            raise ValueError("expected a baseline that gives every fixated pixel a probability, got 0 for one")
    return float(np.mean((values[rows, columns] - expected) / np.log(2)))


def check_log_density(values: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """Return natural logarithms of probabilities as float64, or say why they are none: their sum must be 1.

    Raises
    ------
    ValueError
        If the shape is another, a value is NaN or infinite upwards, or the sum is not 1 (to a thousandth).
    """
    array = check_array(values, "a log density of real numbers")
    if array.ndim != 2 or not array.size or (shape is not None and array.shape != tuple(shape[:2])):
        wanted = "(height, width)" if shape is None else str(tuple(shape[:2]))
        raise ValueError(f"expected a log density of shape {wanted}, got {array.shape}")
    with np.errstate(over="ignore"):
        total = float(np.exp(array).sum())
    if not abs(total - 1) < 1e-3:
        raise ValueError(f"expected the logarithms of probabilities that sum to 1, got a sum of {total:g}")
    return array


def inter_observer(
    observers: Sequence[ArrayLike],
    shape: tuple[int, ...],
    *,
    sigma: float,
    rng: np.random.Generator | int,
    elsewhere: ArrayLike | None = None,
    baseline: ArrayLike | None = None,
    splits: int = 4,
) -> dict[str, float]:
    """Inter-observer agreement: score people as if they were a model, a ceiling for models of the average person.

    What one observer looks at is predicted by the `fixation_density` of all others, for each observer in turn (NSS,
    areas, information gain; the mean over observers). For the measures that compare densities, that of one half of
    the observers is compared with that of the other half, drawn several times. A half knows less than all, so a model
    may come out better there, first of all in KL, which is hard on a half that has no one where the other looked.

    Parameters
    ----------
    observers : sequence of arrays, each (n, 2)
        The fixations of each observer, in pixels. Those without any are left out; at least two must have some.
    shape : tuple of int
        Height and width of the picture.
    sigma : float
        Standard deviation of the densities, in pixels.
    rng : numpy.random.Generator or int
        Draws the halves.
    elsewhere : array, shape (m, 2), optional
        Fixations on other pictures, for the shuffled area.
    baseline : array, shape (height, width), optional
        Natural logarithms of the baseline's probabilities, for the information gain. A tenth of the baseline is mixed
        into the density of the others, since people also look where nobody has looked.
    splits : int
        Number of drawings.

    Returns
    -------
    dict of str to float
        "nss", "auc_judd", "auc_shuffled" and "information_gain" if asked for, "cc", "sim", "kl_divergence".

    Raises
    ------
    ValueError
        If fewer than two observers have fixations.

    Examples
    --------
    >>> agree = [[(10, 10), (30, 12)], [(11, 10)], [(30, 11), (10, 9)]]
    >>> ceiling = inter_observer(agree, (40, 50), sigma=3, rng=0)
    >>> ceiling["nss"] > 2, ceiling["auc_judd"] > 0.9
    (True, True)
    """
    watched = [as_places(places) for places in observers]
    watched = [places for places in watched if len(places)]
    check_number(len(watched), "at least two observers with fixations", least=2)
    check_number(splits, "at least one split", least=1)
    one_out = _leave_one_out(watched, shape, sigma, elsewhere, baseline)
    halves = _split_half(watched, shape, sigma, np.random.default_rng(rng), splits)
    return {
        name: float(np.mean([scores[name] for scores in group])) for group in (one_out, halves) for name in group[0]
    }


def _leave_one_out(
    watched: Sequence[NDArray[np.float64]],
    shape: tuple[int, ...],
    sigma: float,
    elsewhere: ArrayLike | None,
    baseline: ArrayLike | None,
) -> list[dict[str, float]]:
    """Score the fixations of each observer under the density of all others."""
    expected = np.empty(0) if baseline is None else np.exp(check_log_density(baseline, shape))
    found = []
    for k, places in enumerate(watched):
        others = fixation_density(np.concatenate([*watched[:k], *watched[k + 1 :]]), shape, sigma=sigma)
        scores = {"nss": nss(others, places), "auc_judd": auc_judd(others, places)}
        if elsewhere is not None:
            scores["auc_shuffled"] = auc_shuffled(others, places, elsewhere)
        if baseline is not None:
            rows, columns = pixels_at(places, shape)
            ratio = others[rows, columns] / expected[rows, columns]
            gains = np.log2((1 - SHARE_OF_BASELINE) * ratio + SHARE_OF_BASELINE)
            scores["information_gain"] = float(gains.mean())
        found.append(scores)
    return found


def _split_half(
    watched: Sequence[NDArray[np.float64]], shape: tuple[int, ...], sigma: float, rng: np.random.Generator, splits: int
) -> list[dict[str, float]]:
    """Compare the densities of two random halves of the observers, so many times."""
    found = []
    for _ in range(splits):
        order = rng.permutation(len(watched))
        first, second = (
            fixation_density(np.concatenate([watched[k] for k in half]), shape, sigma=sigma)
            for half in (order[: len(order) // 2], order[len(order) // 2 :])
        )
        found.append(
            {"cc": cc(first, second), "sim": sim(first, second), "kl_divergence": kl_divergence(first, second)}
        )
    return found
