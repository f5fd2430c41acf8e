"""Multi-head attention."""

from dataclasses import dataclass, fields
from typing import Any, Self

import autograd.numpy as anp
import numpy as np

from neural.attention.attend import Attention, attend, axes_of
from neural.attention.scores import Score, check_rows, glorot_uniform
from neural.layers.primitives import linear

Array = Any


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
        weights = {name: glorot_uniform((inputs, width), generator, dtype) for name, inputs in rows.items()}
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
        axes = axes_of(query, keys, values, batch)
        for name, features in (("query", query), ("key", keys), ("value", values)):
            check_rows(name, features, name, getattr(self, name))
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
