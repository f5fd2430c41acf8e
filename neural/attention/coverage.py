"""Coverage: attention that remembers what it has attended to, and the losses that ask for it."""

from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from autograd.tracer import getval

from neural.attention.scores import in_precision
from saliency.learning.autodiff import relu

Array = Any


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
        :math:`w`, in units of the scores, from 0 up. Infinite: no place twice (for hard weights, and no gradients).
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
    >>> from neural import attend
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
        return in_precision(self.decay, total) * total

    def bias(self, covered: Array) -> Array:
        """Give what `attend` adds to the scores; None while nothing is covered."""
        if covered is None:
            return None
        if self.strength == np.inf:
            plain = getval(covered)
            return np.where(plain > 0, -np.inf, 0).astype(plain.dtype)
        return -in_precision(self.strength, covered) * covered


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


defvjp(_spread, lambda _, weights, kernel: lambda gradient: _spread(gradient, np.flip(kernel)))


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
    return anp.sum(weights - relu(weights - covered), axis=tuple(range(-grid, 0)))


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
        missing = missing * in_precision(mask, covered)
    return anp.sum(missing * missing, axis=tuple(range(-grid, 0)))
