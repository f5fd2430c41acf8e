"""Attention within groups and over groups: a softmax by segments."""

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from autograd.tracer import getval
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_one_of
from neural.attention.attend import as_floating
from neural.attention.hierarchy import POOLS, READINGS, Hierarchy
from neural.layers.primitives import masked
from saliency.gate.softmax import one_hot_argmax, softmax

Array = NDArray[Any]


# Groups of any shape: places sorted by group, so that a group is a run that begins at one of the `starts`.


@primitive
def _gathered(values: Array, starts: Array) -> Array:
    """Sum over each group: (..., n) to (..., groups)."""
    return np.add.reduceat(values, starts, axis=-1)


@primitive
def _handed_out(values: Array, starts: Array, count: int) -> Array:
    """Give each of the `count` places the number of its group: (..., groups) to (..., n)."""
    return np.repeat(values, np.diff(starts, append=count), axis=-1)


defvjp(_gathered, lambda _, values, starts: lambda gradient: _handed_out(gradient, starts, np.shape(values)[-1]))
defvjp(_handed_out, lambda _, values, starts, count: lambda gradient: _gathered(gradient, starts))


def _firsts_of_greatest(scores: Array, starts: Array) -> NDArray[np.bool_]:
    """Mark the greatest score of each group, the first of equal ones."""
    count = scores.shape[-1]
    greatest = scores == _handed_out(np.maximum.reduceat(scores, starts, axis=-1), starts, count)
    number = np.where(greatest, np.arange(count), count)
    first = _handed_out(np.minimum.reduceat(number, starts, axis=-1), starts, count)
    return np.asarray(number == first)


def attend_groups(
    scores: Any,  # noqa: ANN401
    labels: ArrayLike,
    values: Any = None,  # noqa: ANN401
    *,
    mask: ArrayLike | None = None,
    coarse: Any = "logsumexp",  # noqa: ANN401
    normalise: str = "softmax",
    temperature: float = 1.0,
) -> Hierarchy:
    r"""Attend to objects, and to places in them, by the scores of the places: :math:`p(i, j) = p(i)\, p(j | i)`.

    A group's score is made of its members': with :math:`C_i = T \ln \sum_{j \in i} e^{s_j / T}` the two steps give the
    flat softmax exactly, however places are grouped; with :math:`C_i = \max_{j \in i} s_j` and the hard reading, going
    down from the best group to the best place in it finds the flat maximum, as in selective tuning [1]_. On a picture
    the groups are proto-objects [2]_ and the places pixels.

    Parameters
    ----------
    scores : array, shape (..., \*grid)
        A score for each place, finite.
    labels : array of int, shape (\*grid)
        The group of each place: equal numbers, one group.
    values : array, shape (\*grid, m)
        A value for each place, for the context.
    mask : array of bool, shape (\*grid)
        Places that may be attended to; a group without any does not count. All if none is given.
    coarse : str or array, shape (..., groups)
        Score of a group: "logsumexp" or "max" of its members', or numbers, in ascending order of the labels allowed.
    normalise : str
        "softmax", or "argmax" at both levels.
    temperature : float
        :math:`T`, in units of the scores, above 0.

    Returns
    -------
    Hierarchy
        `groups` in ascending order of the labels allowed.

    Raises
    ------
    ValueError
        If shapes do not fit, scores are not finite, or an option or the temperature is none of the above.

    References
    ----------
    .. [1] Tsotsos et al. (1995), Modeling visual attention via selective tuning, Artificial Intelligence 78.
    .. [2] Walther and Koch (2006), Modeling attention to salient proto-objects, Neural Networks 19.

    Examples
    --------
    >>> scores = np.log(np.array([[6.0, 1.0], [2.0, 1.0]]))
    >>> seen = attend_groups(scores, [[0, 1], [0, 1]])
    >>> seen.groups.round(2), seen.members.round(2).tolist()
    (array([0.8, 0.2]), [[0.75, 0.5], [0.25, 0.5]])
    >>> seen.weights.round(2)  # the softmax of the scores
    array([[0.6, 0.1],
           [0.2, 0.1]])
    """
    tags = np.asarray(labels)
    grid, size = tags.shape, tags.size
    lead = np.shape(scores)[: max(np.ndim(scores) - len(grid), 0)]
    allowed = np.ones(grid, bool) if mask is None else np.asarray(mask)
    _check_groups(scores, tags, values, allowed, coarse, normalise, temperature)
    places = np.flatnonzero(allowed)
    _, numbers, counts = np.unique(tags.ravel()[places], return_inverse=True, return_counts=True)
    places = places[np.argsort(numbers, kind="stable")]
    starts = np.cumsum(counts) - counts
    flat = anp.reshape(as_floating(scores), (*lead, size))[..., places] / temperature
    groups, members = _two_levels(flat, starts, coarse, normalise, temperature)
    back = np.full(size, len(places))  # the place after the last sorted one holds the zero of what is masked
    back[places] = np.arange(len(places))

    def laid_out(shares: Any) -> Any:  # noqa: ANN401
        padded = anp.concatenate([shares, np.zeros((*lead, 1), getval(shares).dtype)], axis=-1)
        return anp.reshape(padded[..., back], lead + grid)

    weights = laid_out(_handed_out(groups, starts, len(places)) * members)
    context = None
    if values is not None:
        read = masked(as_floating(values), allowed[..., np.newaxis])
        context = anp.matmul(anp.reshape(weights, (*lead, size)), anp.reshape(read, (size, -1)))
    return Hierarchy(context, weights, groups, laid_out(members))


def _two_levels(scores: Any, starts: Array, coarse: Any, normalise: str, temperature: float) -> tuple[Any, Any]:  # noqa: ANN401
    """Give the weights of groups and of members within them, for scores (..., n) over temperature, sorted by group."""
    count = np.shape(scores)[-1]
    if not count:
        return scores, scores
    hot = _firsts_of_greatest(getval(scores), starts)
    top = _gathered(masked(scores, hot), starts)
    grown = anp.exp(scores - _handed_out(getval(top), starts, count))
    total = _gathered(grown, starts)
    if not isinstance(coarse, str):
        pooled = as_floating(coarse, getval(scores).dtype) / temperature
    else:
        pooled = top if coarse == "max" else getval(top) + anp.log(total)
    if normalise == "softmax":
        return softmax(pooled), grown / _handed_out(total, starts, count)
    kind = getval(scores).dtype
    return one_hot_argmax(getval(pooled)).astype(kind), hot.astype(kind)


def _check_groups(
    scores: Any,  # noqa: ANN401
    labels: Array,
    values: Any,  # noqa: ANN401
    allowed: Array,
    coarse: Any,  # noqa: ANN401
    normalise: str,
    temperature: float,
) -> None:
    grid = labels.shape
    if not temperature > 0:
        raise ValueError(f"expected a temperature above 0, got {temperature}")
    check_one_of("normaliser", normalise, READINGS)
    if isinstance(coarse, str) and coarse not in POOLS:
        raise ValueError(f"there is no coarse score '{coarse}'; expected one of: {', '.join(POOLS)}, or numbers")
    if not np.issubdtype(labels.dtype, np.integer) or not grid:
        raise ValueError(f"expected a grid of labels that are whole numbers, got {labels.dtype} of shape {grid}")
    if np.shape(scores)[np.ndim(scores) - len(grid) :] != grid or np.ndim(scores) < len(grid):
        raise ValueError(f"expected scores (..., *grid) for labels of shape {grid}, got {np.shape(scores)}")
    if allowed.dtype != bool or allowed.shape != grid:
        raise ValueError(
            f"expected a mask of bool of the shape of the labels, {grid}, got {allowed.dtype} of {allowed.shape}"
        )
    if values is not None and (np.shape(values)[:-1] != grid):
        raise ValueError(f"expected values (*grid, m) for labels of shape {grid}, got {np.shape(values)}")
    if not np.isfinite(getval(as_floating(scores))[..., allowed]).all():
        raise ValueError("expected finite scores, got NaN or infinite ones where the mask allows attention")
    count = len(np.unique(labels[allowed]))
    if not isinstance(coarse, str) and np.shape(coarse)[-1:] != (count,):
        raise ValueError(f"expected a score for each of the {count} groups on the last axis, got {np.shape(coarse)}")
