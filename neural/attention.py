"""Attention as mathematics: one formula, from a query, keys and values to what is attended to.

On a picture the keys are the feature channels of each place, the query is what they count for, the values are the
places themselves: then the hard read-out is the gate's choice and the soft one the expected place of the gaze. Several
heads are several maps of priority over the same places, and coverage is inhibition of return.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol, Self

import autograd.numpy as anp
import numpy as np
from autograd.extend import Box, defvjp, defvjp_argnums, primitive
from autograd.tracer import getval

from neural.ops import entmax15, kept, linear, rectified, sparsemax, stop_gradient
from saliency.gate import one_hot_argmax, perturbed, softmax

SOFT: dict[str, Callable[..., Any]] = {"softmax": softmax, "sparsemax": sparsemax, "entmax15": entmax15}
HARD = ("argmax", "sample", "straight_through")
BLOCK = 1 << 18  # numbers of an additive score that are worked on at once: about what a cache holds

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


class Score(Protocol):
    """Any way to compare queries with keys; here batch, queries and places have one axis each."""

    def __call__(self, query: Array, keys: Array) -> Array:
        """Give the scores (batch, queries, places) of queries (batch, queries, d) on keys (batch, places, d)."""
        ...


def dot(query: Array, keys: Array) -> Array:
    r"""Score by the product :math:`q \cdot k`: how much of what counts is there.

    Examples
    --------
    >>> dot(np.ones((1, 1, 2)), np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    array([[[3., 7.]]])
    """
    if np.shape(query)[-1] != np.shape(keys)[-1]:
        raise ValueError(
            "query and keys differ along their last axis, d: "
            f"got (..., {np.shape(query)[-1]}) and (..., {np.shape(keys)[-1]})"
        )
    return anp.matmul(query, anp.swapaxes(keys, -1, -2))


def scaled(query: Array, keys: Array) -> Array:
    r"""Score by :math:`q \cdot k / \sqrt d`, whose spread does not grow with the number of features.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, NeurIPS, eq. 1.

    Examples
    --------
    >>> scaled(np.ones((1, 1, 4)), np.ones((1, 1, 4)))
    array([[[2.]]])
    """
    return dot(query / math.sqrt(np.shape(query)[-1]), keys)


@dataclass(frozen=True, eq=False, kw_only=True)
class General:
    r"""Score by :math:`q W k^T`: query and keys of different kinds.

    Parameters
    ----------
    weights : array, shape (query width, key width)

    References
    ----------
    Luong, Pham and Manning (2015), Effective approaches to attention-based neural machine translation, EMNLP, eq. 8.

    Examples
    --------
    >>> score = General(weights=np.array([[0.0, 1.0]]))
    >>> score(np.ones((1, 1, 1)), np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    array([[[2., 4.]]])
    """

    weights: Any

    def __call__(self, query: Array, keys: Array) -> Array:
        """Give the scores (batch, queries, places)."""
        _check_rows("query", query, "weights", self.weights)
        return dot(linear(query, self.weights), keys)


@dataclass(frozen=True, eq=False, kw_only=True)
class Additive:
    r"""Score by a small network, :math:`v \cdot \tanh(q W_q + k W_k + b)`.

    Of the many hidden units, queries times places times h, only a block at a time is held, on the way back too.

    Parameters
    ----------
    query : array, shape (query width, h)
        :math:`W_q`.
    key : array, shape (key width, h), or None
        :math:`W_k`. None: the keys are those that `project` made.
    bias : array, shape (h,)
        :math:`b`.
    vector : array, shape (h,)
        :math:`v`.

    Raises
    ------
    ValueError
        If they differ in h.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and translate, ICLR,
    section A.1.2.

    Examples
    --------
    One source, many queries: its keys are projected once.

    >>> score = Additive.initial(query=3, key=5, hidden=8, rng=0)
    >>> keys = np.ones((4, 5))
    >>> once = attend(np.ones(3), score.project(keys), keys, score=score.projected)
    >>> bool(np.allclose(once.weights, attend(np.ones(3), keys, keys, score=score).weights))
    True
    """

    query: Any
    key: Any
    bias: Any
    vector: Any

    def __post_init__(self) -> None:
        arrays = {"query": self.query, "key": self.key, "bias": self.bias, "vector": self.vector}
        shapes = {name: np.shape(array) for name, array in arrays.items() if array is not None}
        if len({shape[-1:] for shape in shapes.values()}) != 1:
            raise ValueError(f"expected query, key, bias and vector of one length along their last axis, got {shapes}")

    @classmethod
    def initial(cls, *, query: int, key: int, hidden: int, rng: Any, dtype: Any = np.float32) -> Self:  # noqa: ANN401
        """Draw parameters to start to learn from, for queries and keys of these widths."""
        generator = np.random.default_rng(rng)
        return cls(
            query=_drawn((query, hidden), generator, dtype),
            key=_drawn((key, hidden), generator, dtype),
            bias=np.zeros(hidden, dtype),
            vector=_drawn((hidden, 1), generator, dtype)[:, 0],
        )

    def project(self, keys: Array) -> Array:
        """Give k W_k + b for keys (..., key width): what `projected` takes in place of the keys."""
        _check_rows("keys", keys, "key", self.key)
        return linear(keys, self.key, self.bias)

    @property
    def projected(self) -> "Additive":
        """The score of keys that are projected already."""
        return Additive(query=self.query, key=None, bias=self.bias, vector=self.vector)

    def __call__(self, query: Array, keys: Array) -> Array:
        """Give the scores (batch, queries, places)."""
        _check_rows("query", query, "query", self.query)
        hidden = keys if self.key is None else self.project(keys)
        if np.shape(hidden)[-1:] != np.shape(self.vector):
            raise ValueError(f"expected projected keys (..., h) for h of {np.shape(self.vector)}, got {np.shape(keys)}")
        return _added(linear(query, self.query), hidden, self.vector)


@dataclass(frozen=True, eq=False, kw_only=True)
class Cosine:
    r"""Score by the angle, :math:`\beta \cos(q, k)`; a query or key of length zero is at right angles to all.

    Parameters
    ----------
    sharpness : float
        :math:`\beta`.

    References
    ----------
    Graves, Wayne and Danihelka (2014), Neural Turing machines, arXiv:1410.5401, eq. 5-6.

    Examples
    --------
    >>> Cosine(sharpness=10.0)(np.ones((1, 1, 2)), np.array([[[5.0, 5.0], [1.0, -1.0]]])).round(6)
    array([[[10.,  0.]]])
    """

    sharpness: Any = 1.0

    def __call__(self, query: Array, keys: Array) -> Array:
        """Give the scores (batch, queries, places)."""
        scores = dot(_direction(query), _direction(keys))
        return _in_precision(self.sharpness, scores) * scores


@dataclass(frozen=True, eq=False, kw_only=True)
class Location:
    r"""Score by the query alone, :math:`q W_a`: it says where to look, whatever is there.

    Parameters
    ----------
    weights : array, shape (query width, places)
        :math:`W_a`. Where there are fewer places than columns, the first columns count.

    References
    ----------
    Luong, Pham and Manning (2015), Effective approaches to attention-based neural machine translation, EMNLP, eq. 9.

    Examples
    --------
    >>> Location(weights=np.array([[1.0, 2.0, 3.0]]))(np.ones((1, 1, 1)), np.zeros((1, 2, 7)))
    array([[[1., 2.]]])
    """

    weights: Any

    def __call__(self, query: Array, keys: Array) -> Array:
        """Give the scores (batch, queries, places)."""
        _check_rows("query", query, "weights", self.weights)
        places, columns = np.shape(keys)[1], np.shape(self.weights)[1]
        if places > columns:
            raise ValueError(
                f"expected at most as many places as columns of weights {np.shape(self.weights)}, got {places}"
            )
        return anp.dot(query, self.weights if places == columns else self.weights[:, :places])


SCORES: dict[str, Score] = {"dot": dot, "scaled": scaled, "cosine": Cosine()}
LEARNT = {"general": General, "additive": Additive, "location": Location}


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
    sample where to look is the slope of its `log_prob`, :math:`(e_i - w) / T`, times the reward.

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
        is shared. What lies elsewhere is never read. Where no place may be attended to, weights, context and slopes
        are zero.
    bias : array, shaped like the mask
        :math:`b`, added to the scores: the logarithm of a prior over places, or what `Coverage` takes from those that
        were looked at. Minus infinity masks a place.
    score : str or callable
        "dot" for :math:`q \cdot k`; "scaled" for :math:`q \cdot k / \sqrt d`; "cosine" for :math:`\cos(q, k)`; or a
        score with parameters: `General`, `Additive`, `Cosine`, `Location`, or yours.
    normalise : str
        "softmax"; "sparsemax" or "entmax15", which give many places no weight at all; "argmax"; "sample", a draw from
        the softmax; or "straight_through", the same draw with the slopes of the softmax, which are biased.
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
    axes = _axes(query, keys, values, batch)
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


class _Axes(NamedTuple):
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
        return anp.reshape(anp.reshape(_in_precision(bias, scores), shape) + whole, self.sizes)

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


def _axes(query: Array, keys: Array, values: Array, batch: int) -> _Axes:
    """Tell which axes are which, and refuse what does not fit."""
    shapes = np.shape(query), np.shape(keys), np.shape(values)
    if not 0 <= batch < min(map(len, shapes)):
        raise ValueError(
            f"expected {batch} axes of batch, shared by query, keys and values, and one of features, "
            f"got shapes {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    _check_axes("query", "keys", shapes[0][:batch], shapes[1][:batch], shapes[:2])
    _check_axes("keys", "values", shapes[1][:-1], shapes[2][:-1], shapes[1:])
    axes = _Axes(shapes[0][:batch], shapes[0][batch:-1], shapes[1][batch:-1])
    if axes.sizes[2] == 0:
        raise ValueError(f"expected at least one place to attend to, got keys of shape {shapes[1]}")
    return axes


def _check_axes(first: str, second: str, some: Shape, others: Shape, shapes: tuple[Shape, ...]) -> None:
    if len(some) != len(others):
        raise ValueError(f"expected {first} and {second} of as many axes, got shapes {shapes[0]} and {shapes[1]}")
    for axis, (one, other) in enumerate(zip(some, others, strict=True)):
        if one != other:
            raise ValueError(f"{first} and {second} differ along axis {axis}: got shapes {shapes[0]} and {shapes[1]}")


def _check_rows(name: str, features: Array, parameter: str, weights: Array) -> None:
    width, shape = np.shape(features)[-1], np.shape(weights)
    if len(shape) != 2 or width != shape[0]:
        raise ValueError(
            f"the last axis of the {name} and the first of the parameter '{parameter}' differ: "
            f"got (..., {width}) and {shape}"
        )


def _drawn(shape: tuple[int, int], rng: Any, dtype: Any) -> Array:  # noqa: ANN401
    """Draw weights that keep the spread of what goes through them, both ways: Glorot and Bengio (2010), eq. 16."""
    limit = math.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def _in_precision(number: Array, like: Array) -> Array:
    """Give a number or an array in the precision of another, so that float32 stays float32."""
    dtype = getval(like).dtype
    return number.astype(dtype) if isinstance(number, Box) else np.asarray(number, dtype)


def _cleared(features: Array, allowed: Array) -> Array:
    """Put zeros where no query may look, if need be: a weight of 0 hides any number, but not NaN."""
    return features if np.isfinite(getval(features)).all() else kept(features, allowed.any(axis=1)[..., np.newaxis])


@primitive
def _added(query: Array, keys: Array, vector: Array) -> Array:
    """Give v . tanh(q + k) for queries (batch, queries, h), keys (batch, places, h) and v (h,), block by block."""
    scores = np.empty((*query.shape[:2], keys.shape[1]), np.result_type(query, keys, vector))
    for block in _blocks(query, keys):
        hidden = _hidden(query[:, block], keys)
        scores[:, block] = (hidden.reshape(-1, len(vector)) @ vector).reshape(hidden.shape[:-1])
    return scores


def _blocks(query: Array, keys: Array) -> list[slice]:
    """Cut the queries so that the hidden units of each part are about `BLOCK`."""
    step = max(1, BLOCK // max(keys.size, 1))
    return [slice(start, start + step) for start in range(0, query.shape[1], step)]


def _hidden(query: Array, keys: Array) -> Array:
    hidden = query[:, :, np.newaxis] + keys[:, np.newaxis]
    return np.tanh(hidden, out=hidden)


def _added_slopes(argnums: Any, answer: Array, args: Any, _: Any) -> Any:  # noqa: ANN401
    """Find all slopes in one pass; the hidden units are made again, not kept."""
    query, keys, vector = args

    def back(slope: Array) -> tuple[Array, ...]:
        to_query, to_keys, to_vector = np.empty_like(query), np.zeros_like(keys), np.zeros_like(vector)
        for block in _blocks(query, keys):
            hidden, down = _hidden(query[:, block], keys), slope[:, block]
            to_vector += down.reshape(-1) @ hidden.reshape(-1, len(vector))
            steep = np.subtract(1, np.square(hidden, out=hidden), out=hidden)
            to_query[:, block] = (down[:, :, np.newaxis] @ steep)[:, :, 0]
            to_keys += np.einsum("bqn,bqnh->bnh", down, steep)
        every = to_query * vector, to_keys * vector, to_vector
        return tuple(every[number] for number in argnums)

    return back


defvjp_argnums(_added, _added_slopes)


@primitive
def _direction(features: Array) -> Array:
    """Give vectors (..., d) the length 1; none of zeros."""
    return features / _length(features)


def _length(features: Array) -> Array:
    length = np.sqrt(np.einsum("...i,...i->...", features, features))[..., np.newaxis]
    return np.where(length > 0, length, np.inf)


defvjp(
    _direction,
    lambda unit, features: (
        lambda slope: (slope - unit * np.einsum("...i,...i->...", slope, unit)[..., np.newaxis]) / _length(features)
    ),
)


def _logs(weights: Array) -> Array:
    return np.log(np.where(weights > 0, weights, 1))


@primitive
def _entropy(weights: Array) -> Array:
    """Give the entropy of weights (..., n), in nats; with those of a softmax its slope is -w (ln w + H) / T."""
    return 0 - np.einsum("...i,...i->...", weights, _logs(weights))


defvjp(_entropy, lambda _, weights: lambda slope: -slope[..., np.newaxis] * (_logs(weights) + 1))


@primitive
def _log_of_chosen(weights: Array, chosen: Array) -> Array:
    """Give the logarithm of the weight (..., n) that is chosen, one-hot; 0 where none is."""
    return _logs(np.einsum("...i,...i->...", weights, chosen))


defvjp(
    _log_of_chosen,
    lambda logs, weights, chosen: lambda slope: (slope * np.exp(-logs))[..., np.newaxis] * chosen,
)


@primitive
def _straight_through(weights: Array, chosen: Array) -> Array:
    """Give the choice, and to what comes back the weights."""
    return chosen


defvjp(_straight_through, lambda _, weights, chosen: lambda slope: slope)


@dataclass(frozen=True, eq=False, kw_only=True)
class MultiHeadAttention:
    r"""Several queries to the same places at once: each head is a map of priority of its own.

    .. math:: head_h = attend(Q W_q^h, K W_k^h, V W_v^h), \qquad c = [head_1 \dots head_H] W_o + b_o

    Head :math:`h` has the h-th part of the columns of :math:`W_q, W_k` and :math:`W_v`. Self-attention: give the same
    array as query, keys and values.

    Parameters
    ----------
    query, key, value : array, shape (width of the query, the keys, the values; width)
        :math:`W_q, W_k, W_v`.
    output : array, shape (width, width)
        :math:`W_o`.
    query_bias, key_bias, value_bias, output_bias : array, shape (width,)
        What is added after each.
    heads : int
        :math:`H`; divides the width.

    Raises
    ------
    ValueError
        If the heads do not divide the width, or the parameters differ in it.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, NeurIPS, section 3.2.2.

    Examples
    --------
    >>> words = np.random.default_rng(0).normal(size=(6, 8))
    >>> seen = MultiHeadAttention.initial(width=8, heads=2, rng=0)(words, words, words)
    >>> seen.context.shape, seen.weights.shape
    ((6, 8), (2, 6, 6))

    To learn, give the arrays to autograd and put its boxes in: `dataclasses.replace(layer, **parameters)`.

    >>> sorted(MultiHeadAttention.initial(width=8, heads=2, rng=0).parameters())[:3]
    ['key', 'key_bias', 'output']
    """

    query: Any
    key: Any
    value: Any
    output: Any
    query_bias: Any
    key_bias: Any
    value_bias: Any
    output_bias: Any
    heads: int

    def __post_init__(self) -> None:
        shapes = {name: np.shape(array) for name, array in self.parameters().items()}
        widths = {shape[-1] for shape in shapes.values() if shape}
        if len(widths) != 1 or shapes["output"] != (*widths, *widths):
            raise ValueError(f"expected parameters of one width along their last axis, got {shapes}")
        if self.heads < 1 or next(iter(widths)) % self.heads:
            raise ValueError(
                f"expected a number of heads that divides the width {next(iter(widths))}, got {self.heads}"
            )

    @classmethod
    def initial(
        cls,
        *,
        width: int,
        heads: int,
        rng: Any,  # noqa: ANN401
        key_width: int | None = None,
        value_width: int | None = None,
        dtype: Any = np.float32,  # noqa: ANN401
    ) -> Self:
        """Draw parameters to start to learn from; keys and values are as wide as the query if nothing else is said."""
        generator = np.random.default_rng(rng)
        rows = {"query": width, "key": key_width or width, "value": value_width or width, "output": width}
        weights = {name: _drawn((inputs, width), generator, dtype) for name, inputs in rows.items()}
        biases = {f"{name}_bias": np.zeros(width, dtype) for name in rows}
        return cls(**weights, **biases, heads=heads)

    def parameters(self) -> dict[str, Array]:
        """Give the arrays by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "heads"}

    def __call__(
        self,
        query: Array,
        keys: Array,
        values: Array,
        *,
        mask: Array = None,
        bias: Array = None,
        score: str | Score = "scaled",
        normalise: str = "softmax",
        temperature: Any = 1.0,  # noqa: ANN401
        rng: Any = 0,  # noqa: ANN401
        batch: int = 0,
    ) -> Attention:
        r"""Attend with every head; all arguments are those of `attend`, and mask and bias are shared by the heads.

        Returns
        -------
        Attention
            Context (\*batch, \*queries, width); weights (\*batch, heads, \*queries, \*grid); log_prob and entropy
            (\*batch, heads, \*queries). A query to which all is masked gets the output's bias alone.
        """
        axes = _axes(query, keys, values, batch)
        for name, features in (("query", query), ("key", keys), ("value", values)):
            _check_rows(name, features, name, getattr(self, name))
        allowed = axes.mask(mask)
        query, keys, values = axes.flat(query, keys, values, allowed)
        seen = attend(
            self._split(linear(query, self.query, self.query_bias)),
            self._split(linear(keys, self.key, self.key_bias)),
            self._split(linear(values, self.value, self.value_bias)),
            mask=None if allowed is None else allowed[:, np.newaxis],
            bias=None if bias is None else axes.bias(bias, query)[:, np.newaxis],
            score=score,
            normalise=normalise,
            temperature=temperature,
            rng=rng,
            batch=2,
        )
        joined = anp.reshape(anp.swapaxes(seen.context, 1, 2), (*axes.sizes[:2], -1))
        context = linear(joined, self.output, self.output_bias)
        lead = (*axes.batch, self.heads, *axes.queries)
        return Attention(
            anp.reshape(context, (*axes.batch, *axes.queries, np.shape(context)[-1])),
            anp.reshape(seen.weights, lead + axes.grid),
            anp.reshape(seen.log_prob, lead),
            anp.reshape(seen.entropy, lead),
        )

    def _split(self, features: Array) -> Array:
        """Deal the features (batch, n, width) out to the heads: (batch, heads, n, width / heads)."""
        examples, count, width = np.shape(features)
        return anp.swapaxes(anp.reshape(features, (examples, count, self.heads, width // self.heads)), 1, 2)


@dataclass(frozen=True, eq=False, kw_only=True)
class Coverage:
    r"""A memory of where attention was, which sends it elsewhere: coverage, and inhibition of return.

    .. math:: e_t = s - w C_t, \qquad C_t = \sum_{\tau < t} \lambda^{t - \tau} K * \alpha_\tau

    With soft weights :math:`\alpha` it is the coverage of machine translation [1]_; with hard ones it is the inhibition
    of places that were looked at [2]_. At infinite strength, with a sample at each step, it is sampling without
    replacement: the odds of a scanpath are those of Plackett and Luce,
    :math:`\prod_t e^{s_t} / \sum_{not visited} e^{s_j}` [3]_.

    Parameters
    ----------
    strength : float
        :math:`w`, in units of the scores, from 0 up. Infinite: no place twice (for hard weights, and no slopes).
    decay : float
        :math:`\lambda`, what is left from one step to the next, 0..1.
    kernel : array, an odd number of places along each axis of the grid, or None
        :math:`K`, how inhibition spreads to the places around, its middle at the place itself. None: it does not.

    Raises
    ------
    ValueError
        If the strength is negative, the decay is not in 0..1, or the kernel has no middle.

    References
    ----------
    .. [1] Tu et al. (2016), Modeling coverage for neural machine translation, ACL; See, Liu and Manning (2017), Get to
       the point, ACL, eq. 10.
    .. [2] Posner and Cohen (1984), Components of visual orienting, Attention and Performance X; Klein (2000),
       Inhibition of return, Trends in Cognitive Sciences 4.
    .. [3] Plackett (1975), The analysis of permutations, Applied Statistics 24.

    Examples
    --------
    >>> memory, covered, visited = Coverage(strength=np.inf), None, []
    >>> for _ in range(3):
    ...     seen = attend(
    ...         np.ones(1),
    ...         np.array([[0.3], [0.1], [0.2]]),
    ...         np.arange(3.0)[:, None],
    ...         bias=memory.bias(covered),
    ...         normalise="argmax",
    ...     )
    ...     covered = memory.add(covered, seen.weights)
    ...     visited.append(int(seen.context[0]))
    >>> visited
    [0, 2, 1]
    """

    strength: Any = 1.0
    decay: Any = 1.0
    kernel: Any = None

    def __post_init__(self) -> None:
        if not self.strength >= 0 or not 0 <= self.decay <= 1:
            raise ValueError(
                "expected a strength from 0 up and a decay in 0..1, "
                f"got {getval(self.strength)} and {getval(self.decay)}"
            )
        if self.kernel is not None and not all(length % 2 for length in np.shape(self.kernel)):
            raise ValueError(f"expected a kernel of an odd length along each axis, got shape {np.shape(self.kernel)}")

    def add(self, covered: Array, weights: Array) -> Array:
        r"""Give :math:`C_{t+1}` from :math:`C_t` (None: nothing yet) and the weights (..., \*grid) of step t."""
        if covered is not None and np.shape(covered) != np.shape(weights):
            raise ValueError(
                f"expected coverage of the shape of the weights, {np.shape(weights)}, got {np.shape(covered)}"
            )
        spread = weights if self.kernel is None else _spread(weights, np.asarray(self.kernel, getval(weights).dtype))
        total = spread if covered is None else covered + spread
        return _in_precision(self.decay, total) * total

    def bias(self, covered: Array) -> Array:
        """Give what `attend` adds to the scores; None while nothing is covered."""
        if covered is None:
            return None
        if self.strength == np.inf:
            plain = getval(covered)
            return np.where(plain > 0, -np.inf, 0).astype(plain.dtype)
        return -_in_precision(self.strength, covered) * covered


@primitive
def _spread(weights: Array, kernel: Array) -> Array:
    """Add copies of weights (..., *grid), shifted and weighed as the kernel says; nothing comes from outside."""
    if kernel.ndim > weights.ndim:
        raise ValueError(f"expected a kernel of at most the axes of the weights {weights.shape}, got {kernel.shape}")
    lead = weights.ndim - kernel.ndim
    wide = np.pad(weights, [(0, 0)] * lead + [(length // 2, length // 2) for length in kernel.shape])
    total = np.zeros_like(weights)
    for place in np.ndindex(kernel.shape):
        window: Any = [
            slice(length - 1 - start, length - 1 - start + size)
            for start, length, size in zip(place, kernel.shape, weights.shape[lead:], strict=True)
        ]
        total += kernel[place] * wide[(..., *window)]
    return total


defvjp(_spread, lambda _, weights, kernel: lambda slope: _spread(slope, np.flip(kernel)))


def coverage_loss(weights: Array, covered: Array, *, grid: int = 1) -> Array:
    r"""Give what is looked at again, :math:`\sum_i \min(\alpha_i, C_i)`, for weights and coverage (..., \*grid).

    Parameters
    ----------
    weights, covered : array, shape (..., \*grid)
        Of this step, and up to it.
    grid : int
        How many axes the grid has.

    References
    ----------
    See, Liu and Manning (2017), Get to the point, ACL, eq. 12.

    Examples
    --------
    >>> coverage_loss(np.array([0.9, 0.1]), np.array([0.5, 0.5])).round(3)
    np.float64(0.6)
    """
    if np.shape(weights) != np.shape(covered):
        raise ValueError(f"expected weights and coverage of one shape, got {np.shape(weights)} and {np.shape(covered)}")
    return anp.sum(weights - rectified(weights - covered), axis=tuple(range(-grid, 0)))


def doubly_stochastic_loss(covered: Array, *, mask: Array = None, grid: int = 1) -> Array:
    r"""Give what was not looked at exactly once, :math:`\sum_i (1 - \sum_t \alpha_{ti})^2`.

    Parameters
    ----------
    covered : array, shape (..., \*grid)
        Sum of the weights of all steps.
    mask : array of bool, shape (..., \*grid)
        Places that count; all if none is given.
    grid : int
        How many axes the grid has.

    References
    ----------
    Xu et al. (2015), Show, attend and tell, ICML, eq. 14.

    Examples
    --------
    >>> doubly_stochastic_loss(np.array([1.0, 1.5, 0.5]))
    np.float64(0.5)
    """
    missing = 1 - covered
    if mask is not None:
        missing = missing * _in_precision(mask, covered)
    return anp.sum(missing * missing, axis=tuple(range(-grid, 0)))
