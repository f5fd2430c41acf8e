"""Attention with structure: places that are attended to together, and places within groups.

A flat softmax makes places rivals that know nothing of each other. `LinearChainAttention` lets neighbours agree, so
that what is attended to comes in segments; `HierarchicalAttention` and `attend_groups` share attention within groups
(the words of a sentence, the pixels of an object) and then among the groups.
"""

from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, defvjp_argnums, primitive
from autograd.tracer import getval
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number
from neural.attention.attend import Attention, as_floating, weighted_sum
from neural.layers.primitives import masked
from saliency.gate.softmax import perturbed, softmax

Array = NDArray[Any]


@primitive
def _over_nothing(scores: Array) -> Array:
    """Give two scores in place of each, (..., 2): 0, and itself."""
    return np.stack([np.zeros_like(scores), scores], axis=-1)


defvjp(_over_nothing, lambda _, scores: lambda gradient: gradient[..., 1])


# The chain. `nodes` (..., n, states) and `edges` (..., n - 1, states, states) are its potentials, without gaps.


@primitive
def _abreast(values: Array, axes: int) -> Array:
    """Give the same numbers with the chains next to each other in memory, as the recursions read them, for speed.

    The last axes are those of one chain.
    """
    last, first = tuple(range(-axes, 0)), tuple(range(axes))
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(values, last, first)), first, last)


defvjp(_abreast, lambda _, values, axes: lambda gradient: gradient)


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


def _in_both_directions(nodes: Array, edges: Array) -> tuple[Array, Array]:
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
    r"""Give :math:`\ln Z` (...,); its gradient is the marginals."""
    return _messages(nodes, edges)[1]


@primitive
def _marginals(nodes: Array, edges: Array) -> Array:
    """Give the probability (..., n, states) of each state at each place."""
    return _singles(*_in_both_directions(nodes, edges), nodes)


@primitive
def _pair_marginals(nodes: Array, edges: Array) -> Array:
    """Give the probability (..., n - 1, states, states) of each pair of neighbouring states."""
    return _pairs(*_in_both_directions(nodes, edges), nodes, edges)


@primitive
def _entropy(nodes: Array, edges: Array) -> Array:
    """Give the entropy (...,) of the chain: that of its first place, and of each next one given the one before."""
    ways = _in_both_directions(nodes, edges)
    single, pair = _surprise(_singles(*ways, nodes)), _surprise(_pairs(*ways, nodes, edges))
    first, given = single[..., 0, :].sum(axis=-1), single[..., :-1, :].sum(axis=(-1, -2))
    return np.asarray(first + pair.sum(axis=(-1, -2, -3)) - given)


def _surprise(shares: Array) -> Array:
    return np.asarray(-shares * np.log(np.where(shares > 0, shares, shares.dtype.type(1))))


def _message_gradients(
    messages: Array, nodes: Array, edges: Array, node_gradients: Array, edge_gradients: Array
) -> Array:
    r"""Give how the messages change along a direction: each is the mean change of the states it may come from.

    :math:`\dot m_{i+1}(b) = \sum_a q_i(a | b) (\dot m_i(a) + \dot u_i(a) + \dot w_i(a, b))`, but for a number that is
    the same for all states of a place, and so changes no marginal.
    """
    arriving = ((messages + nodes)[..., :-1, :, np.newaxis] + edges).swapaxes(-1, -2)
    origins = softmax(arriving, mask=np.isfinite(arriving)).swapaxes(-1, -2)
    own = (origins * (node_gradients[..., :-1, :, np.newaxis] + edge_gradients)).sum(axis=-2)
    gradients = np.zeros_like(nodes)
    for place in range(1, nodes.shape[-2]):
        passed = (gradients[..., place - 1, :, np.newaxis] * origins[..., place - 1, :, :]).sum(axis=-2)
        passed += own[..., place - 1, :]
        gradients[..., place, :] = passed - passed[..., :1]
    return gradients


def _tangent(nodes: Array, edges: Array, node_gradients: Array, edge_gradients: Array) -> tuple[Array, Array]:
    r"""Give how the marginals, of places and of pairs, change along a direction of the potentials.

    This is the Hessian of :math:`\ln Z` times the direction. It is symmetric: the same pass that pushes a change of the
    potentials forward to the marginals brings a gradient of the marginals back to the potentials.
    """
    node_gradients, edge_gradients = _abreast(node_gradients, 2), _abreast(edge_gradients, 3)
    ahead, behind = _in_both_directions(nodes, edges)
    forth = _message_gradients(ahead, nodes, edges, node_gradients, edge_gradients)
    turned = (*_reversed(nodes, edges), *_reversed(node_gradients, edge_gradients))
    back = _message_gradients(behind[..., ::-1, :], *turned)[..., ::-1, :]
    left, right = (forth + node_gradients)[..., :-1, :, np.newaxis], (node_gradients + back)[..., 1:, np.newaxis, :]
    return (
        _moved(_singles(ahead, behind, nodes), forth + node_gradients + back, axes=1),
        _moved(_pairs(ahead, behind, nodes, edges), left + edge_gradients + right, axes=2),
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


def _spread(gradient: Any, axes: int) -> Any:  # noqa: ANN401
    return anp.reshape(gradient, np.shape(gradient) + (1,) * axes)


defvjp(
    _log_partition,
    lambda _, nodes, edges: lambda gradient: _spread(gradient, 2) * _marginals(nodes, edges),
    lambda _, nodes, edges: lambda gradient: _spread(gradient, 3) * _pair_marginals(nodes, edges),
)
defvjp_argnums(
    _marginals,
    lambda wanted, _, given, __: lambda gradient: _along(wanted, *given, gradient, np.zeros_like(given[1])),
)
defvjp_argnums(
    _pair_marginals,
    lambda wanted, _, given, __: lambda gradient: _along(wanted, *given, np.zeros_like(given[0]), gradient),
)
defvjp_argnums(  # the entropy is ln Z minus the mean potential, so that its gradient is minus the Hessian times these
    _entropy,
    lambda wanted, _, given, __: (
        lambda gradient: tuple(
            -_spread(gradient, 2 + number) * moved
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
        check_number(self.attended, f"the attended state to be one of {states}, counted from 0", least=0, below=states)
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
        allowed, unary = self.allowed, as_floating(self.unary)
        kind = getval(unary).dtype
        if self.states is None:
            unary = _over_nothing(unary)
        alone = np.where(np.arange(np.shape(unary)[-1]) == 0, 0.0, -np.inf)
        nodes = masked(unary, allowed[..., np.newaxis], alone)
        linked = (allowed[..., 1:] & allowed[..., :-1])[..., np.newaxis, np.newaxis]
        return _abreast(nodes, 2), _abreast(masked(as_floating(self.pairwise, kind), linked), 3)

    def log_partition(self) -> Any:  # noqa: ANN401
        r"""Give :math:`\ln Z` (...,), the logarithm of the sum over all sequences of states."""
        return _log_partition(*self.potentials)

    def marginals(self) -> Any:  # noqa: ANN401
        """Give the probability (..., n, states) of each state at each place; zeros where the mask allows none."""
        return masked(_marginals(*self.potentials), self.allowed[..., np.newaxis])

    def pair_marginals(self) -> Any:  # noqa: ANN401
        """Give the probability (..., n - 1, states, states) of neighbours' states together; zeros at a masked one."""
        linked = self.allowed[..., 1:] & self.allowed[..., :-1]
        return masked(_pair_marginals(*self.potentials), linked[..., np.newaxis, np.newaxis])

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
        score = anp.sum(masked(nodes, one), axis=(-1, -2)) + anp.sum(masked(edges, two), axis=(-1, -2, -3))
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
        read = masked(as_floating(values), self.allowed[..., np.newaxis])
        return Attention(
            weighted_sum(weights, read), weights, np.zeros(places[:-1], getval(weights).dtype), self.entropy()
        )
