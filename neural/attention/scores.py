"""Scores of attention: how well each key matches a query."""

import math
from dataclasses import dataclass
from typing import Any, Protocol, Self

import autograd.numpy as anp
import numpy as np
from autograd.extend import Box, defvjp, defvjp_argnums, primitive
from autograd.tracer import getval

from neural.layers.primitives import linear

Array = Any
BLOCK = 1 << 18  # numbers of an additive score that are worked on at once: about what a cache holds


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
        check_rows("query", query, "weights", self.weights)
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

    >>> from neural import attend
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
            query=glorot_uniform((query, hidden), generator, dtype),
            key=glorot_uniform((key, hidden), generator, dtype),
            bias=np.zeros(hidden, dtype),
            vector=glorot_uniform((hidden, 1), generator, dtype)[:, 0],
        )

    def project(self, keys: Array) -> Array:
        """Give k W_k + b for keys (..., key width): what `projected` takes in place of the keys."""
        check_rows("keys", keys, "key", self.key)
        return linear(keys, self.key, self.bias)

    @property
    def projected(self) -> "Additive":
        """The score of keys that are projected already."""
        return Additive(query=self.query, key=None, bias=self.bias, vector=self.vector)

    def __call__(self, query: Array, keys: Array) -> Array:
        """Give the scores (batch, queries, places)."""
        check_rows("query", query, "query", self.query)
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
        return in_precision(self.sharpness, scores) * scores


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
        check_rows("query", query, "weights", self.weights)
        places, columns = np.shape(keys)[1], np.shape(self.weights)[1]
        if places > columns:
            raise ValueError(
                f"expected at most as many places as columns of weights {np.shape(self.weights)}, got {places}"
            )
        return anp.dot(query, self.weights if places == columns else self.weights[:, :places])


SCORES: dict[str, Score] = {"dot": dot, "scaled": scaled, "cosine": Cosine()}
LEARNT = {"general": General, "additive": Additive, "location": Location}


def check_rows(name: str, features: Array, parameter: str, weights: Array) -> None:
    """Refuse features whose width is not the number of the weights' rows."""
    width, shape = np.shape(features)[-1], np.shape(weights)
    if len(shape) != 2 or width != shape[0]:
        raise ValueError(
            f"the last axis of the {name} and the first of the parameter '{parameter}' differ: "
            f"got (..., {width}) and {shape}"
        )


def glorot_uniform(shape: tuple[int, int], rng: Any, dtype: Any) -> Array:  # noqa: ANN401
    """Draw weights that keep the spread of what goes through them, both ways: Glorot and Bengio (2010), eq. 16."""
    limit = math.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def in_precision(number: Array, like: Array) -> Array:
    """Give a number or an array in the precision of another, so that float32 stays float32."""
    dtype = getval(like).dtype
    return number.astype(dtype) if isinstance(number, Box) else np.asarray(number, dtype)


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


def _added_gradients(argnums: Any, answer: Array, args: Any, _: Any) -> Any:  # noqa: ANN401
    """Find all gradients in one pass; the hidden units are made again, not kept."""
    query, keys, vector = args

    def backward(gradient: Array) -> tuple[Array, ...]:
        to_query, to_keys, to_vector = np.empty_like(query), np.zeros_like(keys), np.zeros_like(vector)
        for block in _blocks(query, keys):
            hidden, down = _hidden(query[:, block], keys), gradient[:, block]
            to_vector += down.reshape(-1) @ hidden.reshape(-1, len(vector))
            steep = np.subtract(1, np.square(hidden, out=hidden), out=hidden)
            to_query[:, block] = (down[:, :, np.newaxis] @ steep)[:, :, 0]
            to_keys += np.einsum("bqn,bqnh->bnh", down, steep)
        every = to_query * vector, to_keys * vector, to_vector
        return tuple(every[number] for number in argnums)

    return backward


defvjp_argnums(_added, _added_gradients)


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
        lambda gradient: (
            (gradient - unit * np.einsum("...i,...i->...", gradient, unit)[..., np.newaxis]) / _length(features)
        )
    ),
)
