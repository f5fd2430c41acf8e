"""Several heads: each attends by itself, and all of them learn."""

from dataclasses import replace

import numpy as np
import pytest
from attention_cases import assert_gradients
from autograd import grad

from neural import attend
from neural.attention.multihead import MultiHeadAttention


@pytest.mark.parametrize("masked", [False, True])
def test_each_head_attends_by_itself(masked):
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention.initial(width=6, heads=3, rng=1, key_width=4, value_width=5, dtype=np.float64)
    query, keys, values = rng.normal(size=(2, 7, 6)), rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(2, 3, 4, 5))
    mask = rng.random((2, 7, 3, 4)) < 0.7 if masked else None
    bias = rng.normal(size=(3, 4))
    seen = layer(query, keys, values, mask=mask, bias=bias, batch=1)
    assert [np.shape(part) for part in seen] == [(2, 7, 6), (2, 3, 7, 3, 4), (2, 3, 7), (2, 3, 7)]
    contexts = []
    for head in range(3):
        part = slice(2 * head, 2 * head + 2)
        alone = attend(
            query @ layer.query[:, part],
            keys @ layer.key[:, part],
            values @ layer.value[:, part],
            mask=mask,
            bias=bias,
            score="scaled",
            batch=1,
        )
        assert seen.weights[:, head] == pytest.approx(alone.weights)
        assert seen.entropy[:, head] == pytest.approx(alone.entropy)
        contexts.append(alone.context)
    assert seen.context == pytest.approx(np.concatenate(contexts, axis=-1) @ layer.output)


def test_heads_learn():
    rng = np.random.default_rng(0)
    words, mask = rng.normal(size=(2, 4, 4)), np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)
    layer = MultiHeadAttention.initial(width=4, heads=2, rng=1, dtype=np.float64)
    layer = replace(layer, **{f"{name}_bias": rng.normal(size=4) for name in ("query", "key", "value", "output")})
    names, arrays = zip(*layer.parameters().items(), strict=True)
    assert len(names) == 8

    def loss(words, *arrays):
        seen = replace(layer, **dict(zip(names, arrays, strict=True)))(words, words, words, mask=mask, batch=1)
        return (seen.context**2).sum() + (seen.weights**2).sum()

    keys = names.index("key_bias")
    assert grad(loss, keys + 1)(words, *arrays) == pytest.approx(0, abs=1e-12)  # it changes all scores of a query alike
    fixed = arrays[keys]
    arrays = arrays[:keys] + arrays[keys + 1 :]
    assert_gradients(lambda words, *rest: loss(words, *rest[:keys], fixed, *rest[keys:]), (words, *arrays))


def test_heads_keep_float32_and_ignore_padding():
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention.initial(width=4, heads=2, rng=1)
    words = rng.normal(size=(2, 5, 4)).astype(np.float32)
    mask = np.array([[True] * 5, [False] * 5])
    dirty = np.where(mask[..., np.newaxis], words, np.float32(np.nan))

    def loss(parameters, keys):
        return (replace(layer, **parameters)(words, keys, keys, mask=mask, batch=1).context ** 2).sum()

    clean, soiled = (grad(loss)(layer.parameters(), keys) for keys in (words, dirty))
    for name, gradient in clean.items():
        assert gradient.dtype == np.float32
        assert np.array_equal(gradient, soiled[name])
    blind = replace(layer, output_bias=np.arange(4, dtype=np.float32))(words, dirty, dirty, mask=mask, batch=1)
    assert {part.dtype for part in blind} == {np.dtype(np.float32)}
    assert np.array_equal(blind.context[1], np.tile(np.arange(4), (5, 1)))
