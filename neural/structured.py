"""Attention with structure: places that are attended to together, and places within groups.

A flat softmax makes places rivals that know nothing of each other. `LinearChainAttention` lets neighbours agree, so
that what is attended to comes in segments; `HierarchicalAttention` and `attend_groups` share attention within groups
(the words of a sentence, the pixels of an object) and then among the groups.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, defvjp_argnums, primitive
from autograd.tracer import getval
from numpy.typing import ArrayLike, NDArray

from neural.attention import Attention
from neural.ops import kept, linear, tanh
from saliency.gate import one_hot_argmax, perturbed, softmax

POOLS = ("logsumexp", "max")
READINGS = ("softmax", "argmax")

Array = NDArray[Any]


@primitive
def _over_nothing(scores: Array) -> Array:
    """Give two scores in place of each, (..., 2): 0, and itself."""
    return np.stack([np.zeros_like(scores), scores], axis=-1)


defvjp(_over_nothing, lambda _, scores: lambda slope: slope[..., 1])


def _floating(values: Any, kind: Any = None) -> Any:  # noqa: ANN401
    """Give an array of this kind (none: its own, or float64 for whole numbers); what is traced stays as it is."""
    if getval(values) is not values:
        return values
    plain = np.asarray(values)
    own = plain.dtype if plain.dtype.kind == "f" else np.dtype(np.float64)
    return np.asarray(plain, own if kind is None else kind)


def _weighted(weights: Any, values: Any) -> Any:  # noqa: ANN401
    """Sum values (..., n, m) with weights (..., n)."""
    return anp.matmul(weights[..., np.newaxis, :], values)[..., 0, :]


# The chain. `nodes` (..., n, states) and `edges` (..., n - 1, states, states) are its potentials, without gaps.


@primitive
def _abreast(values: Array, axes: int) -> Array:
    """Give the same numbers with the chains next to each other in memory, as the recursions read them, for speed.

    The last axes are those of one chain.
    """
    last, first = tuple(range(-axes, 0)), tuple(range(axes))
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(values, last, first)), first, last)


defvjp(_abreast, lambda _, values, axes: lambda slope: slope)


def _reversed(nodes: Array, edges: Array) -> tuple[Array, Array]:
    """Read the chain from its end."""
    return nodes[..., ::-1, :], edges[..., ::-1, :, :].swapaxes(-1, -2)


def _messages(nodes: Array, edges: Array, pool: np.ufunc = np.logaddexp) -> tuple[Array, Array]:
    r"""Pass what each place knows on to the next: :math:`m_{i+1}(b) = \ln \sum_a e^{m_i(a) + u_i(a) + w_i(a, b)}`.

    Give the messages (..., n, states), each with a greatest value of 0 so that float32 holds however long the chain is,
    and the logarithm of the sum over all chains (...,). With `np.maximum` as the pool, sums are maxima.
    """
    messages = np.zeros_like(nodes)
    scale = np.zeros(nodes.shape[:-2], nodes.dtype)
    for place in range(1, nodes.shape[-2]):
        known = messages[..., place - 1, :] + nodes[..., place - 1, :]
        passed = pool.reduce(known[..., np.newaxis] + edges[..., place - 1, :, :], axis=-2)
        top = passed.max(axis=-1)
        scale += top
        messages[..., place, :] = passed - np.where(np.isfinite(top), top, 0)[..., np.newaxis]
    total = scale + pool.reduce(messages[..., -1, :] + nodes[..., -1, :], axis=-1)
    if np.isneginf(total).any():
        raise ValueError("expected at least one possible sequence of states, but the potentials forbid them all")
    return messages, total


def _both_ways(nodes: Array, edges: Array) -> tuple[Array, Array]:
    """Give what each place hears from its left and what it hears from its right, both (..., n, states)."""
    ahead, _ = _messages(nodes, edges)
    behind, _ = _messages(*_reversed(nodes, edges))
    return ahead, behind[..., ::-1, :]


def _singles(ahead: Array, behind: Array, nodes: Array) -> Array:
    return np.asarray(softmax(ahead + nodes + behind))


def _pairs(ahead: Array, behind: Array, nodes: Array, edges: Array) -> Array:
    left, right = (ahead + nodes)[..., :-1, :, np.newaxis], (nodes + behind)[..., 1:, np.newaxis, :]
    logs = left + edges + right
    return np.asarray(softmax(logs.reshape(*logs.shape[:-2], logs.shape[-1] ** 2)).reshape(logs.shape))


@primitive
def _log_partition(nodes: Array, edges: Array) -> Array:
    r"""Give :math:`\ln Z` (...,); its slope is the marginals."""
    return _messages(nodes, edges)[1]


@primitive
def _marginals(nodes: Array, edges: Array) -> Array:
    """Give the probability (..., n, states) of each state at each place."""
    return _singles(*_both_ways(nodes, edges), nodes)


@primitive
def _pair_marginals(nodes: Array, edges: Array) -> Array:
    """Give the probability (..., n - 1, states, states) of each pair of neighbouring states."""
    return _pairs(*_both_ways(nodes, edges), nodes, edges)


@primitive
def _entropy(nodes: Array, edges: Array) -> Array:
    """Give the entropy (...,) of the chain: that of its first place, and of each next one given the one before."""
    ways = _both_ways(nodes, edges)
    single, pair = _surprise(_singles(*ways, nodes)), _surprise(_pairs(*ways, nodes, edges))
    first, given = single[..., 0, :].sum(axis=-1), single[..., :-1, :].sum(axis=(-1, -2))
    return np.asarray(first + pair.sum(axis=(-1, -2, -3)) - given)


def _surprise(shares: Array) -> Array:
    return np.asarray(-shares * np.log(np.where(shares > 0, shares, shares.dtype.type(1))))


def _message_slopes(messages: Array, nodes: Array, edges: Array, node_slopes: Array, edge_slopes: Array) -> Array:
    r"""Give how the messages change along a direction: each is the mean change of the states it may come from.

    :math:`\dot m_{i+1}(b) = \sum_a q_i(a | b) (\dot m_i(a) + \dot u_i(a) + \dot w_i(a, b))`, but for a number that is
    the same for all states of a place, and so changes no marginal.
    """
    arriving = ((messages + nodes)[..., :-1, :, np.newaxis] + edges).swapaxes(-1, -2)
    origins = softmax(arriving, mask=np.isfinite(arriving)).swapaxes(-1, -2)
    own = (origins * (node_slopes[..., :-1, :, np.newaxis] + edge_slopes)).sum(axis=-2)
    slopes = np.zeros_like(nodes)
    for place in range(1, nodes.shape[-2]):
        passed = (slopes[..., place - 1, :, np.newaxis] * origins[..., place - 1, :, :]).sum(axis=-2)
        passed += own[..., place - 1, :]
        slopes[..., place, :] = passed - passed[..., :1]
    return slopes


def _tangent(nodes: Array, edges: Array, node_slopes: Array, edge_slopes: Array) -> tuple[Array, Array]:
    r"""Give how the marginals, of places and of pairs, change along a direction of the potentials.

    This is the Hessian of :math:`\ln Z` times the direction. It is symmetric: the same pass that pushes a change of the
    potentials forward to the marginals brings a slope of the marginals back to the potentials.
    """
    node_slopes, edge_slopes = _abreast(node_slopes, 2), _abreast(edge_slopes, 3)
    ahead, behind = _both_ways(nodes, edges)
    forth = _message_slopes(ahead, nodes, edges, node_slopes, edge_slopes)
    turned = (*_reversed(nodes, edges), *_reversed(node_slopes, edge_slopes))
    back = _message_slopes(behind[..., ::-1, :], *turned)[..., ::-1, :]
    left, right = (forth + node_slopes)[..., :-1, :, np.newaxis], (node_slopes + back)[..., 1:, np.newaxis, :]
    return (
        _moved(_singles(ahead, behind, nodes), forth + node_slopes + back, axes=1),
        _moved(_pairs(ahead, behind, nodes, edges), left + edge_slopes + right, axes=2),
    )


def _moved(shares: Array, changes: Array, *, axes: int) -> Array:
    """Turn changes of log weights into changes of the shares, which add up to nothing over the last axes."""
    over = tuple(range(-axes, 0))
    return np.asarray(shares * (changes - (shares * changes).sum(axis=over, keepdims=True)))


def _finite(potentials: Array) -> Array:
    return np.asarray(np.where(np.isfinite(potentials), potentials, potentials.dtype.type(0)))


def _along(wanted: tuple[int, ...], nodes: Array, edges: Array, *direction: Array) -> tuple[Array, ...]:
    """Give what is wanted of the tangent: 0 for the places, 1 for the pairs."""
    moved = _tangent(nodes, edges, *direction)
    return tuple(moved[number] for number in wanted)


def _spread(slope: Any, axes: int) -> Any:  # noqa: ANN401
    return anp.reshape(slope, np.shape(slope) + (1,) * axes)


defvjp(
    _log_partition,
    lambda _, nodes, edges: lambda slope: _spread(slope, 2) * _marginals(nodes, edges),
    lambda _, nodes, edges: lambda slope: _spread(slope, 3) * _pair_marginals(nodes, edges),
)
defvjp_argnums(
    _marginals,
    lambda wanted, _, given, __: lambda slope: _along(wanted, *given, slope, np.zeros_like(given[1])),
)
defvjp_argnums(
    _pair_marginals,
    lambda wanted, _, given, __: lambda slope: _along(wanted, *given, np.zeros_like(given[0]), slope),
)
defvjp_argnums(  # the entropy is ln Z minus the mean potential, so that its slope is minus the Hessian times these
    _entropy,
    lambda wanted, _, given, __: (
        lambda slope: tuple(
            -_spread(slope, 2 + number) * moved
            for number, moved in zip(wanted, _along(wanted, *given, *map(_finite, given)), strict=True)
        )
    ),
)


def _traced_back(nodes: Array, edges: Array, messages: Array, rng: np.random.Generator | None = None) -> Array:
    """Choose the states (..., n) from the last place to the first, each given the one after it: the best, or a draw."""

    def chosen(scores: Array) -> Array:
        return np.asarray((scores if rng is None else perturbed(scores, 1.0, rng)).argmax(axis=-1))

    known = messages + nodes
    states = np.zeros(nodes.shape[:-1], np.intp)
    states[..., -1] = chosen(known[..., -1, :])
    for place in range(nodes.shape[-2] - 2, -1, -1):
        into = np.broadcast_to(edges[..., place, :, :], nodes.shape[:-2] + edges.shape[-2:])
        towards = np.take_along_axis(into, states[..., place + 1, np.newaxis, np.newaxis], axis=-1)[..., 0]
        states[..., place] = chosen(known[..., place, :] + towards)
    return states


@dataclass(frozen=True, eq=False)
class LinearChainAttention:
    r"""Attention that neighbours agree on: each place is attended to or not, given what the next ones are.

    The states :math:`z_1 \ldots z_n` of the places of a sequence form a chain,

    .. math::

        p(z) = \frac{1}{Z} \exp\Big(\sum_i u_i(z_i) + \sum_i w_i(z_i, z_{i+1})\Big), \qquad c = \sum_i p(z_i = 1)\, v_i

    With attractive pairs (:math:`w(0, 0), w(1, 1) > w(0, 1), w(1, 0)`), places are attended to in segments. With none,
    each place has an independent logistic weight ("sigmoid attention"). With three states, before, at and after one
    place, exactly one place is attended to: the weights are the softmax.

    All answers are exact, by one pass over the chain and one back, in logarithms and in the precision of the unary
    potentials; `autograd` differentiates through all but `argmax` and `sample`. A masked place stands outside: it has
    no state, takes no attention, and the chain breaks there.

    Parameters
    ----------
    unary : array, shape (..., n), or (..., n, states) if `states` is given
        Score of a place; in the first form, of being attended to (state 1) over not (state 0). May be -inf: forbidden.
    pairwise : array, shape (states, states) or (..., n - 1, states, states)
        Score of the states of a place (row) and the next (column); shared, or one for each pair. May be -inf.
    mask : array of bool, shape (..., n)
        Places that exist; all if none is given. For lengths (...,): ``np.arange(n) < lengths[..., np.newaxis]``.
    states : int or None
        Number of states, if it is not the binary chain with a score each.
    attended : int
        The state in which a place is attended to.

    Raises
    ------
    ValueError
        If shapes do not fit, potentials are NaN or +inf, `attended` is no state, or (when asked) nothing is possible.
    TypeError
        If the mask is not of bool.

    References
    ----------
    Kim, Denton, Hoang and Rush (2017), Structured attention networks, ICLR, sections 3.1 and 3.3.
    The gradient through the marginals is the tangent of the forward-backward pass, the Hessian being symmetric.

    Examples
    --------
    >>> attraction = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> chain = LinearChainAttention(np.array([-2.0, 2.0, -1.0, 2.0, -2.0]), attraction)
    >>> chain.argmax()
    array([0, 1, 1, 1, 0])
    >>> chain.weights().round(2)
    array([0.21, 0.74, 0.51, 0.74, 0.21])
    >>> chain.attend(np.eye(5)).context.round(2)
    array([0.21, 0.74, 0.51, 0.74, 0.21])
    """

    unary: Any
    pairwise: Any
    _: KW_ONLY
    mask: ArrayLike | None = None
    states: int | None = None
    attended: int = 1

    def __post_init__(self) -> None:
        states = 2 if self.states is None else self.states
        if not 0 <= self.attended < states:
            raise ValueError(f"expected the attended state to be one of {states}, counted from 0, got {self.attended}")
        for name, values in zip(("unary", "pairwise"), self.potentials, strict=True):
            plain = getval(values)
            if np.isnan(plain).any() or np.isposinf(plain).any():
                raise ValueError(f"expected {name} potentials that are numbers or -inf, got NaN or +inf")

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """Which places exist, (..., n), with the leading axes of both potentials and the mask."""
        grid = np.shape(self.unary) if self.states is None else np.shape(self.unary)[:-1]
        states = 2 if self.states is None else self.states
        pairs = np.shape(self.pairwise)
        if not grid or grid[-1] < 1 or (self.states is not None and np.shape(self.unary)[-1] != states):
            wanted = "(..., n)" if self.states is None else f"(..., n, {states})"
            raise ValueError(f"expected unary potentials {wanted} with n of at least 1, got {np.shape(self.unary)}")
        if pairs[-2:] != (states, states) or (len(pairs) > 2 and pairs[-3] != grid[-1] - 1):
            raise ValueError(
                f"expected pairwise potentials ({states}, {states}) or (..., {grid[-1] - 1}, {states}, {states}) "
                f"for the {grid[-1]} places of the last axis of {grid}, got {pairs}"
            )
        mask = np.ones(grid[-1:], bool) if self.mask is None else np.asarray(self.mask)
        if mask.dtype != bool:
            raise TypeError(f"expected a mask of bool, got {mask.dtype}")
        if mask.shape[-1:] != grid[-1:]:
            raise ValueError(f"expected a mask (..., {grid[-1]}), as the last axis of {grid}, got {mask.shape}")
        try:
            lead = np.broadcast_shapes(grid[:-1], pairs[:-3], mask.shape[:-1])
        except ValueError:
            raise ValueError(
                "expected leading axes that go together, got "
                f"{grid[:-1]} (unary), {pairs[:-3]} (pairwise) and {mask.shape[:-1]} (mask)"
            ) from None
        return np.broadcast_to(mask, lead + grid[-1:])

    @cached_property
    def potentials(self) -> tuple[Any, Any]:
        """Unary (..., n, states) and pairwise (..., n - 1, states, states); a masked place is in state 0 for sure."""
        allowed, unary = self.allowed, _floating(self.unary)
        kind = getval(unary).dtype
        if self.states is None:
            unary = _over_nothing(unary)
        alone = np.where(np.arange(np.shape(unary)[-1]) == 0, 0.0, -np.inf)
        nodes = kept(unary, allowed[..., np.newaxis], alone)
        linked = (allowed[..., 1:] & allowed[..., :-1])[..., np.newaxis, np.newaxis]
        return _abreast(nodes, 2), _abreast(kept(_floating(self.pairwise, kind), linked), 3)

    def log_partition(self) -> Any:  # noqa: ANN401
        r"""Give :math:`\ln Z` (...,), the logarithm of the sum over all sequences of states."""
        return _log_partition(*self.potentials)

    def marginals(self) -> Any:  # noqa: ANN401
        """Give the probability (..., n, states) of each state at each place; zeros where the mask allows none."""
        return kept(_marginals(*self.potentials), self.allowed[..., np.newaxis])

    def pair_marginals(self) -> Any:  # noqa: ANN401
        """Give the probability (..., n - 1, states, states) of neighbours' states together; zeros at a masked one."""
        linked = self.allowed[..., 1:] & self.allowed[..., :-1]
        return kept(_pair_marginals(*self.potentials), linked[..., np.newaxis, np.newaxis])

    def weights(self) -> Any:  # noqa: ANN401
        """Give the probability (..., n) of being attended to; unlike a softmax, it need not sum to one."""
        return self.marginals()[..., self.attended]

    def entropy(self) -> Any:  # noqa: ANN401
        """Give the entropy (...,) of the whole sequence of states, in nats."""
        return _entropy(*self.potentials)

    def argmax(self) -> NDArray[np.intp]:
        """Give the most probable sequence of states (..., n), by Viterbi's algorithm; 0 at masked places."""
        nodes, edges = map(getval, self.potentials)
        return _traced_back(nodes, edges, _messages(nodes, edges, np.maximum)[0])

    def sample(self, rng: np.random.Generator | int = 0, *, draws: int | None = None) -> NDArray[np.intp]:
        """Draw states (..., n), or (draws, ..., n), exactly: filter forward, then draw from the last to the first."""
        nodes, edges = map(getval, self.potentials)
        messages, _ = _messages(nodes, edges)
        shape = nodes.shape if draws is None else (draws, *nodes.shape)
        return _traced_back(np.broadcast_to(nodes, shape), edges, messages, np.random.default_rng(rng))

    def log_prob(self, states: ArrayLike) -> Any:  # noqa: ANN401
        """Give the logarithm of the probability of states (..., n), which may have further axes in front."""
        nodes, edges = self.potentials
        given, count = np.asarray(states), np.shape(nodes)[-1]
        if given.shape[-1:] != np.shape(nodes)[-2:-1]:
            raise ValueError(f"expected states (..., {np.shape(nodes)[-2]}), one for each place, got {given.shape}")
        given = np.where(self.allowed, given, 0)
        if not np.issubdtype(given.dtype, np.integer) or given.min() < 0 or given.max() >= count:
            raise ValueError(f"expected states from 0 to {count - 1}, got {np.unique(given).tolist()}")
        one = given[..., np.newaxis] == np.arange(count)
        two = one[..., :-1, :, np.newaxis] & one[..., 1:, np.newaxis, :]
        score = anp.sum(kept(nodes, one), axis=(-1, -2)) + anp.sum(kept(edges, two), axis=(-1, -2, -3))
        return score - self.log_partition()

    def attend(self, values: Any, *, mean: bool = False) -> Attention:  # noqa: ANN401
        r"""Read the values where attention is: :math:`c = \sum_i p(z_i = 1) v_i`.

        Parameters
        ----------
        values : array, shape (..., n, m)
            A value for each place; what stands at masked places is not read.
        mean : bool
            Divide the weights by their sum, so that the context has the scale of one value.

        Returns
        -------
        Attention
            Nothing is picked, so that `log_prob` is 0; `entropy` is that of the chain.

        Raises
        ------
        ValueError
            If there is not a value for each place.
        """
        places = self.allowed.shape
        if np.ndim(values) < 2 or np.shape(values)[-2] != places[-1]:
            raise ValueError(f"expected values (..., {places[-1]}, m) for places {places}, got {np.shape(values)}")
        weights = self.weights()
        if mean:
            total = anp.sum(weights, axis=-1, keepdims=True)
            weights = weights / (total + (getval(total) == 0))
        read = kept(_floating(values), self.allowed[..., np.newaxis])
        return Attention(
            _weighted(weights, read), weights, np.zeros(places[:-1], getval(weights).dtype), self.entropy()
        )


class Hierarchy(NamedTuple):
    r"""Attention to places within groups: :math:`p(i, j) = p(i)\, p(j | i)`.

    `context` (..., m) is the weighted sum of the values (None where none are given); `weights`, of the shape of the
    places, is the weight :math:`p(i, j)` of each place among all; `groups` (..., groups) is the weight :math:`p(i)` of
    each group; `members`, of the shape of the places, is the weight :math:`p(j | i)` of each place within its group.
    """

    context: Any
    weights: Any
    groups: Any
    members: Any

    @property
    def importance(self) -> Any:  # noqa: ANN401
        r"""What to show: :math:`\sqrt{p(i)}\, p(j | i)`, so that words of unimportant sentences do not vanish.

        References
        ----------
        Yang et al. (2016), NAACL-HLT, section 3.6, figures 5 and 6.
        """
        return np.sqrt(getval(self.weights) * getval(self.members))


@dataclass(frozen=True, kw_only=True)
class HierarchicalAttention:
    r"""From words to sentences, and from sentences to a document, each level with its own attention.

    .. math::

        u_{it} = \tanh(h_{it} W_w + b_w), \quad \alpha_{it} = \mathrm{softmax}_t(u_{it} \cdot u_w), \quad
        s_i = \sum_t \alpha_{it} h_{it}

        u_i = \tanh(h_i W_s + b_s), \quad \alpha_i = \mathrm{softmax}_i(u_i \cdot u_s), \quad v = \sum_i \alpha_i h_i

    with the encoded words :math:`h_{it}`, the encoded sentences :math:`h_i` and one learned context vector :math:`u` a
    level. Encoders are the caller's: words come encoded, and `encode` turns sentence vectors :math:`s_i` into
    :math:`h_i` (Yang et al.: bidirectional recurrent networks); without it, :math:`h_i = s_i`.

    Parameters
    ----------
    width : int
        Numbers that describe a word.
    sentence_width : int or None
        Numbers that describe an encoded sentence, if not `width`.
    hidden : int
        Length of the context vectors.

    Raises
    ------
    ValueError
        If a size is not positive, or words, mask and parameters do not fit together.

    References
    ----------
    Yang, Yang, Dyer, He, Smola and Hovy (2016), Hierarchical attention networks for document classification, NAACL-HLT,
    eq. 5-10; section 3.3 for the hidden size of 100.

    Examples
    --------
    >>> network = HierarchicalAttention(width=3, hidden=4)
    >>> words = np.ones((2, 5, 3), np.float32)  # two sentences of at most five words
    >>> mask = np.array([[True, True, True, True, True], [True, True, False, False, False]])
    >>> seen = network(network.parameters(rng=0), words, mask=mask)
    >>> seen.groups.tolist(), seen.members[1].tolist(), seen.context.shape
    ([0.5, 0.5], [0.5, 0.5, 0.0, 0.0, 0.0], (3,))
    """

    width: int
    sentence_width: int | None = None
    hidden: int = 100

    def __post_init__(self) -> None:
        for name in ("width", "sentence_width", "hidden"):
            size = getattr(self, name)
            if size is not None and size < 1:
                raise ValueError(f"expected a {name} of at least 1, got {size}")

    def parameters(self, rng: np.random.Generator | int = 0) -> dict[str, NDArray[np.float32]]:
        """Start the network: weights of Glorot and Bengio (2010), no bias, small context vectors."""
        rng = np.random.default_rng(rng)
        made = {}
        for level, width in (("word", self.width), ("sentence", self.sentence_width or self.width)):
            made[f"{level} weights"] = rng.standard_normal((width, self.hidden)) * np.sqrt(2 / (width + self.hidden))
            made[f"{level} bias"] = np.zeros(self.hidden)
            made[f"{level} context"] = rng.standard_normal(self.hidden) / np.sqrt(self.hidden)
        return {name: values.astype(np.float32) for name, values in made.items()}

    def __call__(
        self,
        parameters: Any,  # noqa: ANN401
        words: Any,  # noqa: ANN401
        *,
        mask: ArrayLike | None,
        encode: Callable[[Any, NDArray[np.bool_]], Any] | None = None,
    ) -> Hierarchy:
        """Attend to words (..., sentences, words, width), in sentences and then in the document.

        Parameters
        ----------
        parameters : dict of str to array
            As `parameters` gives them.
        words : array, shape (..., sentences, words, width)
            Encoded words; what stands in the padding is not read.
        mask : array of bool, shape (..., sentences, words), or None
            Words that exist; a sentence without words is not attended to. None: all do.
        encode : callable
            From sentence vectors (..., sentences, width), and a mask of the sentences that exist, to
            (..., sentences, sentence_width).
        """
        shape = np.shape(words)
        if len(shape) < 3 or shape[-1] != self.width:
            raise ValueError(f"expected words (..., sentences, words, {self.width}), got {shape}")
        exist = np.ones(shape[:-1], bool) if mask is None else np.asarray(mask)
        if exist.dtype != bool or exist.shape != shape[:-1]:
            raise ValueError(
                f"expected a mask of bool of shape {shape[:-1]}, as the words {shape} without their last axis, "
                f"got {exist.dtype} of shape {exist.shape}"
            )
        words = kept(_floating(words), exist[..., np.newaxis])
        members = softmax(self._scores(parameters, "word", words), mask=exist)
        sentences = _weighted(members, words)
        full = np.asarray(exist.any(axis=-1))
        encoded = sentences if encode is None else encode(sentences, full)
        wanted = (*shape[:-2], self.sentence_width or self.width)
        if np.shape(encoded) != wanted:
            raise ValueError(f"expected encoded sentences of shape {wanted}, got {np.shape(encoded)}")
        groups = softmax(self._scores(parameters, "sentence", encoded), mask=full)
        return Hierarchy(_weighted(groups, encoded), groups[..., np.newaxis] * members, groups, members)

    def _scores(self, parameters: Any, level: str, encoded: Any) -> Any:  # noqa: ANN401
        hidden = tanh(linear(encoded, parameters[f"{level} weights"], parameters[f"{level} bias"]))
        return anp.matmul(hidden, parameters[f"{level} context"])


# Groups of any shape: places sorted by group, so that a group is a run that begins at one of the `starts`.


@primitive
def _gathered(values: Array, starts: Array) -> Array:
    """Sum over each group: (..., n) to (..., groups)."""
    return np.add.reduceat(values, starts, axis=-1)


@primitive
def _handed_out(values: Array, starts: Array, count: int) -> Array:
    """Give each of the `count` places the number of its group: (..., groups) to (..., n)."""
    return np.repeat(values, np.diff(starts, append=count), axis=-1)


defvjp(_gathered, lambda _, values, starts: lambda slope: _handed_out(slope, starts, np.shape(values)[-1]))
defvjp(_handed_out, lambda _, values, starts, count: lambda slope: _gathered(slope, starts))


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
    flat = anp.reshape(_floating(scores), (*lead, size))[..., places] / temperature
    groups, members = _two_levels(flat, starts, coarse, normalise, temperature)
    back = np.full(size, len(places))  # the place after the last sorted one holds the zero of what is masked
    back[places] = np.arange(len(places))

    def laid_out(shares: Any) -> Any:  # noqa: ANN401
        padded = anp.concatenate([shares, np.zeros((*lead, 1), getval(shares).dtype)], axis=-1)
        return anp.reshape(padded[..., back], lead + grid)

    weights = laid_out(_handed_out(groups, starts, len(places)) * members)
    context = None
    if values is not None:
        read = kept(_floating(values), allowed[..., np.newaxis])
        context = anp.matmul(anp.reshape(weights, (*lead, size)), anp.reshape(read, (size, -1)))
    return Hierarchy(context, weights, groups, laid_out(members))


def _two_levels(scores: Any, starts: Array, coarse: Any, normalise: str, temperature: float) -> tuple[Any, Any]:  # noqa: ANN401
    """Give the weights of groups and of members within them, for scores (..., n) over temperature, sorted by group."""
    count = np.shape(scores)[-1]
    if not count:
        return scores, scores
    hot = _firsts_of_greatest(getval(scores), starts)
    top = _gathered(kept(scores, hot), starts)
    grown = anp.exp(scores - _handed_out(getval(top), starts, count))
    total = _gathered(grown, starts)
    if not isinstance(coarse, str):
        pooled = _floating(coarse, getval(scores).dtype) / temperature
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
    if normalise not in READINGS:
        raise ValueError(f"there is no normaliser '{normalise}'; expected one of: {', '.join(READINGS)}")
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
    if not np.isfinite(getval(_floating(scores))[..., allowed]).all():
        raise ValueError("expected finite scores, got NaN or infinite ones where the mask allows attention")
    count = len(np.unique(labels[allowed]))
    if not isinstance(coarse, str) and np.shape(coarse)[-1:] != (count,):
        raise ValueError(f"expected a score for each of the {count} groups on the last axis, got {np.shape(coarse)}")
