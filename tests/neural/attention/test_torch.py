"""Attention beside torch: the same answers and the same gradients."""

from dataclasses import replace

import numpy as np
import pytest
from attention_cases import a_score
from autograd import grad

from neural import attend
from neural.attention.multihead import MultiHeadAttention


@pytest.mark.parametrize("masked", [False, True])
def test_scaled_attention_is_that_of_torch(masked):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 5))
    mask = rng.random((2, 4, 6)) < 0.7 if masked else None
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *tensors, attn_mask=None if mask is None else torch.tensor(mask)
    )
    (theirs**3).sum().backward()
    assert attend(*arrays, mask=mask, score="scaled", batch=1).context == pytest.approx(
        theirs.detach().numpy(), abs=1e-12
    )

    def loss(*arrays):
        return (attend(*arrays, mask=mask, score="scaled", batch=1).context ** 3).sum()

    for number, tensor in enumerate(tensors):
        assert grad(loss, number)(*arrays) == pytest.approx(tensor.grad.numpy(), abs=1e-10)


@pytest.mark.parametrize("masked", [False, True])
def test_heads_are_those_of_torch(masked):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    theirs = torch.nn.MultiheadAttention(8, 4, batch_first=True, kdim=5, vdim=6, dtype=torch.float64)
    torch.nn.init.normal_(theirs.in_proj_bias)
    torch.nn.init.normal_(theirs.out_proj.bias)
    weights = {"query": theirs.q_proj_weight, "key": theirs.k_proj_weight, "value": theirs.v_proj_weight}
    biases = dict(zip(weights, np.split(theirs.in_proj_bias.detach().numpy(), 3), strict=True))
    layer = MultiHeadAttention(
        **{name: weight.detach().numpy().T for name, weight in weights.items()},
        **{f"{name}_bias": bias for name, bias in biases.items()},
        output=theirs.out_proj.weight.detach().numpy().T,
        output_bias=theirs.out_proj.bias.detach().numpy(),
        heads=4,
    )
    query, keys, values = rng.normal(size=(2, 3, 8)), rng.normal(size=(2, 6, 5)), rng.normal(size=(2, 6, 6))
    mask = np.arange(6) < np.array([[6], [4]]) if masked else None
    padding = None if mask is None else torch.tensor(~mask)
    tensors = [torch.tensor(array, requires_grad=True) for array in (query, keys, values)]
    context, heads = theirs(*tensors, key_padding_mask=padding, average_attn_weights=False)
    (context**3).sum().backward()
    seen = layer(query, keys, values, mask=mask, batch=1)
    assert seen.context == pytest.approx(context.detach().numpy(), abs=1e-12)
    assert seen.weights == pytest.approx(heads.detach().numpy(), abs=1e-12)

    def loss(parameters, *arrays):
        return (replace(layer, **parameters)(*arrays, mask=mask, batch=1).context ** 3).sum()

    gradients = grad(loss)(layer.parameters(), query, keys, values)
    for name, weight in weights.items():
        assert gradients[name] == pytest.approx(weight.grad.numpy().T, abs=1e-9)
    assert gradients["output"] == pytest.approx(theirs.out_proj.weight.grad.numpy().T, abs=1e-9)
    for number, tensor in enumerate(tensors):
        gradient = grad(loss, number + 1)(layer.parameters(), query, keys, values)
        assert gradient == pytest.approx(tensor.grad.numpy(), abs=1e-9)


@pytest.mark.parametrize("masked", [False, True])
def test_additive_gradients_are_those_of_torch(masked):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    query, keys, values, score = (
        rng.normal(size=(2, 4, 3)),
        rng.normal(size=(2, 6, 3)),
        rng.normal(size=(2, 6, 5)),
        a_score("additive"),
    )
    mask = rng.random((2, 6)) < 0.7 if masked else np.ones((2, 6), bool)
    names = list(vars(score))
    tensors = [torch.tensor(array, requires_grad=True) for array in (query, keys, *vars(score).values())]
    q, k, wq, wk, b, v = tensors
    scores = torch.tanh((q @ wq)[:, :, None] + (k @ wk + b)[:, None]) @ v
    theirs = torch.softmax(scores.masked_fill(~torch.tensor(mask)[:, None], -torch.inf), -1) @ torch.tensor(values)
    (theirs**3).sum().backward()

    def loss(query, keys, *parameters):
        made = replace(score, **dict(zip(names, parameters, strict=True)))
        return (attend(query, keys, values, mask=mask, score=made, batch=1).context ** 3).sum()

    for number, tensor in enumerate(tensors):
        gradient = grad(loss, number)(query, keys, *vars(score).values())
        assert gradient == pytest.approx(tensor.grad.numpy(), abs=1e-10)
