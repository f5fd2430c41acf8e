"""Attention as mathematics: one formula, from a query, keys and values to what is attended to.

On a picture the keys are the feature channels of each place, the query is what they count for, the values are the
places themselves: then the hard read-out is the gate's choice and the soft one the expected place of the gaze. Several
heads are several maps of priority over the same places, and coverage is inhibition of return.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from autograd.tracer import getval

from neural.attention.scores import LEARNT, SCORES, Score, in_precision
from neural.layers.primitives import entmax15, masked, sparsemax
from saliency.gate.softmax import one_hot_argmax, perturbed, softmax
from saliency.learning.autodiff import stop_gradient

SOFT: dict[str, Callable[..., Any]] = {"softmax": softmax, "sparsemax": sparsemax, "entmax15": entmax15}
HARD = ("argmax", "sample", "straight_through")

Array = Any  # an array, or a box of autograd around one
Shape = tuple[int, ...]


class Attention(NamedTuple):
    r"""What was attended to.

    `context` (..., m) is the weighted sum of the values; `weights` (..., \*grid) sum to one (or are all zero where
    nothing may be attended to); `log_prob` (...,) is the logarithm of the probability of the place that was picked, 0
    where none is picked; `entropy` (...,) is that of the soft weights, in nats.
    """

    context: Any
    weights: Any
    log_prob: Any
    entropy: Any


def attend(
    query: Array,
    keys: Array,
    values: Array,
    *,
    mask: Array = None,
    bias: Array = None,
    score: str | Score = "dot",
    normalise: str = "softmax",
    temperature: Any = 1.0,  # noqa: ANN401
    rng: Any = 0,  # noqa: ANN401
    batch: int = 0,
) -> Attention:
    r"""Compare a query with the key of every place, and read the values there: the one formula of attention.

    .. math:: s_i = q \cdot k_i, \qquad w = N((s + b) / T), \qquad c = \sum_i w_i v_i

    With :math:`N` the softmax, attention is soft: :math:`c` is an expectation, and differentiable. With argmax or a
    sample it is hard: :math:`c` is the value of one place, and the gradient through the choice is zero; what teaches a
    sample where to look is the gradient of its `log_prob`, :math:`(e_i - w) / T`, times the reward.

    Which axes are which: the first `batch` axes are shared by the query, the keys and the values, and example is
    matched with example. Of what is left, the last axis of each is its features; all others of the keys and the values
    are the grid, and all others of the query are so many queries, each of which looks at all of the grid.

    Parameters
    ----------
    query : array, shape (\*batch, \*queries, d)
        One or more queries.
    keys : array, shape (\*batch, \*grid, d)
        A key for each place of a grid of any shape: words, pixels, channels.
    values : array, shape (\*batch, \*grid, m)
        A value for each place.
    mask : array of bool, shape (\*grid), (\*batch, \*grid) or (\*batch, \*queries, \*grid)
        Places that may be attended to; all if none is given. In the last form an axis of batch or queries of length 1
        is shared. What lies elsewhere is never read. Where no place may be attended to, weights, context and gradients
        are zero.
    bias : array, shaped like the mask
        :math:`b`, added to the scores: the logarithm of a prior over places, or what `Coverage` takes from those that
        were looked at. Minus infinity masks a place.
    score : str or callable
        "dot" for :math:`q \cdot k`; "scaled" for :math:`q \cdot k / \sqrt d`; "cosine" for :math:`\cos(q, k)`; or a
        score with parameters: `General`, `Additive`, `Cosine`, `Location`, or yours.
    normalise : str
        "softmax"; "sparsemax" or "entmax15", which give many places no weight at all; "argmax"; "sample", a draw from
        the softmax; or "straight_through", the same draw with the gradients of the softmax, which are biased.
    temperature : float
        :math:`T`, in units of the scores, from 0 up. 0 is the limit: all weight on the greatest score.
    rng : numpy.random.Generator or int
        Source of randomness for a draw.
    batch : int
        How many leading axes query, keys and values share.

    Returns
    -------
    Attention
        Context (\*batch, \*queries, m); weights (\*batch, \*queries, \*grid); log_prob and entropy
        (\*batch, \*queries).

    Raises
    ------
    ValueError
        If shapes do not fit, there is no place, a score is not a number, or `score`, `normalise` or the temperature is
        none of the above.
    TypeError
        If the mask is not one of bool.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), ICLR; Xu et al. (2015), Show, attend and tell, ICML, eq. 8-13 (soft and hard);
    Vaswani et al. (2017), Attention is all you need, NeurIPS, eq. 1 (scaled); Bengio, Leonard and Courville (2013),
    Estimating or propagating gradients through stochastic neurons, arXiv:1308.3432 (straight-through).

    Examples
    --------
    >>> keys = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> values = np.array([[10.0], [20.0]])
    >>> attend(np.array([0.0, 3.0]), keys, values, normalise="argmax").context
    array([20.])
    >>> attend(np.array([0.0, 3.0]), keys, values).context.round(2)
    array([19.53])
    """
    scorer = _scorer(score)
    if normalise not in SOFT and normalise not in HARD:
        raise ValueError(f"there is no normaliser '{normalise}'; expected one of: {', '.join((*SOFT, *HARD))}")
    if not temperature >= 0:
        raise ValueError(f"expected a temperature from 0 up, got {getval(temperature)}")
    axes = axes_of(query, keys, values, batch)
    allowed = axes.mask(mask)
    query, keys, values = axes.flat(query, keys, values, allowed)
    scores = scorer(query, keys)
    if np.shape(scores) != axes.sizes:
        raise ValueError(f"expected a score to give (batch, queries, places), {axes.sizes}, got {np.shape(scores)}")
    if bias is not None:
        scores = scores + axes.bias(bias, scores)
    allowed = _reachable(getval(scores), allowed)
    weights, log_prob, entropy = _read_out(scores, allowed, normalise, temperature, rng)
    context = anp.matmul(weights, values)
    lead = axes.batch + axes.queries
    return Attention(
        anp.reshape(context, (*lead, np.shape(values)[-1])),
        anp.reshape(weights, lead + axes.grid),
        anp.reshape(log_prob, lead),
        anp.reshape(entropy, lead),
    )


def _scorer(score: str | Score) -> Score:
    if not isinstance(score, str):
        return score
    if score in LEARNT:
        raise ValueError(f"the score '{score}' has parameters: expected neural.{LEARNT[score].__name__}(...)")
    if score not in SCORES:
        raise ValueError(f"there is no score '{score}'; expected one of: {', '.join(SCORES)}, or a callable")
    return SCORES[score]


def _read_out(
    scores: Array,
    allowed: Array,
    normalise: str,
    temperature: Any,  # noqa: ANN401
    rng: Any,  # noqa: ANN401
) -> tuple[Array, Array, Array]:
    """Turn scores (batch, queries, places) into weights, the logarithm of the odds of the choice, and the entropy."""
    plain = getval(scores) if allowed is None else np.where(allowed, getval(scores), 0)
    if temperature == 0:
        hot = _one_hot(plain, allowed)
        return hot, np.zeros_like(hot[..., 0]), np.zeros_like(hot[..., 0])
    soft = SOFT[normalise if normalise in SOFT else "softmax"](scores, temperature, allowed)
    entropy = _entropy(soft)
    if normalise in SOFT:
        return soft, np.zeros_like(getval(entropy)), entropy
    rivals = plain if normalise == "argmax" else perturbed(plain, stop_gradient(temperature), rng)
    hot = _one_hot(rivals, allowed).astype(getval(soft).dtype)
    return _straight_through(soft, hot) if normalise == "straight_through" else hot, _log_of_chosen(soft, hot), entropy


def _one_hot(scores: Array, allowed: Array) -> Array:
    return one_hot_argmax(scores, allowed).astype(np.result_type(scores, np.float32))


def _reachable(scores: Array, allowed: Array) -> Array:
    """Give the places neither masked nor of a score of minus infinity (None: all), and refuse what is no number."""
    refused = ~(scores < np.inf) if allowed is None else ~(scores < np.inf) & allowed
    if refused.any():
        raise ValueError(
            f"expected scores that are numbers below infinity, got {int(refused.sum())} of {scores.size} that are not"
        )
    possible = scores > -np.inf
    if possible.all():
        return allowed
    return possible if allowed is None else possible & allowed


class Axes(NamedTuple):
    """What the axes of query, keys and values are."""

    batch: Shape
    queries: Shape
    grid: Shape

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many examples, queries and places there are."""
        return math.prod(self.batch), math.prod(self.queries), math.prod(self.grid)

    def flat(self, query: Array, keys: Array, values: Array, allowed: Array) -> tuple[Array, Array, Array]:
        """Give each one axis for the batch and one for queries or places; what nobody may look at breaks nothing."""
        examples, queries, places = self.sizes
        query = anp.reshape(query, (examples, queries, np.shape(query)[-1]))
        keys = anp.reshape(keys, (examples, places, np.shape(keys)[-1]))
        values = anp.reshape(values, (examples, places, np.shape(values)[-1]))
        if allowed is None:
            return query, keys, values
        return query, _cleared(keys, allowed), _cleared(values, allowed)

    def mask(self, mask: Array) -> Array:
        """Bring a mask to (batch or 1, queries or 1, places)."""
        if mask is None:
            return None
        plain = np.asarray(getval(mask))
        if plain.dtype != bool:
            raise TypeError(f"expected a mask of bool, True where attention may go, got {plain.dtype}")
        shape = self._over_places("mask", plain.shape)
        split = len(self.batch)
        batch = self.batch if set(shape[:split]) - {1} else (1,) * split
        queries = self.queries if set(shape[split : split + len(self.queries)]) - {1} else (1,) * len(self.queries)
        full = np.broadcast_to(np.reshape(plain, shape), batch + queries + self.grid)
        return full.reshape(math.prod(batch), math.prod(queries), -1)

    def bias(self, bias: Array, scores: Array) -> Array:
        """Bring a bias to (batch, queries, places), in the precision of the scores."""
        shape = self._over_places("bias", np.shape(bias))
        whole = np.zeros(self.batch + self.queries + self.grid, getval(scores).dtype)
        return anp.reshape(anp.reshape(in_precision(bias, scores), shape) + whole, self.sizes)

    def _over_places(self, name: str, shape: Shape) -> Shape:
        """Give a shape over places an axis for each of batch, queries and grid, with 1 for those that share it."""
        wanted = self.batch + self.queries + self.grid
        missing = len(wanted) - len(shape)
        split = 0 if missing == len(self.batch) + len(self.queries) else len(self.batch)
        full = shape[:split] + (1,) * max(missing, 0) + shape[split:]
        fits = missing in (0, len(self.queries), len(self.batch) + len(self.queries)) and len(full) == len(wanted)
        lead = len(wanted) - len(self.grid)
        if not fits or full[lead:] != self.grid or any(n not in (1, m) for n, m in zip(full, wanted, strict=True)):
            raise ValueError(
                f"expected a {name} of the shape of the grid, {self.grid}, got {shape}; batch {self.batch} and queries "
                f"{self.queries} may stand before it"
            )
        return full


def axes_of(query: Array, keys: Array, values: Array, batch: int) -> Axes:
    """Tell which axes are which, and refuse what does not fit."""
    shapes = np.shape(query), np.shape(keys), np.shape(values)
    if not 0 <= batch < min(map(len, shapes)):
        raise ValueError(
            f"expected {batch} axes of batch, shared by query, keys and values, and one of features, "
            f"got shapes {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    _check_axes("query", "keys", shapes[0][:batch], shapes[1][:batch], shapes[:2])
    _check_axes("keys", "values", shapes[1][:-1], shapes[2][:-1], shapes[1:])
    axes = Axes(shapes[0][:batch], shapes[0][batch:-1], shapes[1][batch:-1])
    if axes.sizes[2] == 0:
        raise ValueError(f"expected at least one place to attend to, got keys of shape {shapes[1]}")
    return axes


def _check_axes(first: str, second: str, some: Shape, others: Shape, shapes: tuple[Shape, ...]) -> None:
    if len(some) != len(others):
        raise ValueError(f"expected {first} and {second} of as many axes, got shapes {shapes[0]} and {shapes[1]}")
    for axis, (one, other) in enumerate(zip(some, others, strict=True)):
        if one != other:
            raise ValueError(f"{first} and {second} differ along axis {axis}: got shapes {shapes[0]} and {shapes[1]}")


def _cleared(features: Array, allowed: Array) -> Array:
    """Put zeros where no query may look, if need be: a weight of 0 hides any number, but not NaN."""
    return features if np.isfinite(getval(features)).all() else masked(features, allowed.any(axis=1)[..., np.newaxis])


def _logs(weights: Array) -> Array:
    return np.log(np.where(weights > 0, weights, 1))


@primitive
def _entropy(weights: Array) -> Array:
    """Give the entropy of weights (..., n), in nats; with those of a softmax its gradient is -w (ln w + H) / T."""
    return 0 - np.einsum("...i,...i->...", weights, _logs(weights))


defvjp(_entropy, lambda _, weights: lambda gradient: -gradient[..., np.newaxis] * (_logs(weights) + 1))


@primitive
def _log_of_chosen(weights: Array, chosen: Array) -> Array:
    """Give the logarithm of the weight (..., n) that is chosen, one-hot; 0 where none is."""
    return _logs(np.einsum("...i,...i->...", weights, chosen))


defvjp(
    _log_of_chosen,
    lambda logs, weights, chosen: lambda gradient: (gradient * np.exp(-logs))[..., np.newaxis] * chosen,
)


@primitive
def _straight_through(weights: Array, chosen: Array) -> Array:
    """Give the choice, and to what comes back the weights."""
    return chosen


defvjp(_straight_through, lambda _, weights, chosen: lambda gradient: gradient)


def as_floating(values: Any, kind: Any = None) -> Any:  # noqa: ANN401
    """Give an array of this kind (none: its own, or float64 for whole numbers); what is traced stays as it is."""
    if getval(values) is not values:
        return values
    plain = np.asarray(values)
    own = plain.dtype if plain.dtype.kind == "f" else np.dtype(np.float64)
    return np.asarray(plain, own if kind is None else kind)


def weighted_sum(weights: Any, values: Any) -> Any:  # noqa: ANN401
    """Sum values (..., n, m) with weights (..., n)."""
    return anp.matmul(weights[..., np.newaxis, :], values)[..., 0, :]
