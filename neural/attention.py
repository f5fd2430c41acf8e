"""Attention as mathematics: one formula, from a query, keys and values to what is attended to.

On a picture the keys are the feature channels of each place, the query is what they count for, the values are the
places themselves: then the hard read-out is the gate's choice and the soft one the expected place of the gaze.
"""

from typing import Any, NamedTuple

import autograd.numpy as np
from autograd.tracer import getval

from saliency.gate import one_hot_argmax, perturbed, softmax

SCORES = ("dot", "scaled")
NORMALISERS = ("softmax", "argmax", "sample")


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
    query: Any,  # noqa: ANN401  (arrays and autograd boxes)
    keys: Any,  # noqa: ANN401
    values: Any,  # noqa: ANN401
    *,
    mask: Any = None,  # noqa: ANN401
    score: str = "dot",
    normalise: str = "softmax",
    temperature: float = 1.0,
    rng: Any = 0,  # noqa: ANN401
) -> Attention:
    r"""Compare a query with the key of every place, and read the values there: the one formula of attention.

    .. math:: s_i = q \cdot k_i, \qquad w = N(s / T), \qquad c = \sum_i w_i v_i

    With :math:`N` the softmax, attention is soft: :math:`c` is an expectation, and differentiable. With argmax or a
    sample it is hard: :math:`c` is the value of one place, and the gradient through the choice is zero.

    Parameters
    ----------
    query : array, shape (..., d)
        One or more queries.
    keys : array, shape (\*grid, d)
        A key for each place of a grid of any shape: words, pixels, channels.
    values : array, shape (\*grid, m)
        A value for each place.
    mask : array of bool, shape (\*grid)
        Places that may be attended to; all if none is given. Where none may, weights and context are zero.
    score : str
        "dot" for :math:`q \cdot k`; "scaled" for :math:`q \cdot k / \sqrt d`.
    normalise : str
        "softmax"; "argmax"; or "sample", a draw from the softmax.
    temperature : float
        :math:`T`, in units of the scores, above 0.
    rng : numpy.random.Generator or int
        Source of randomness for "sample".

    Returns
    -------
    Attention

    Raises
    ------
    ValueError
        If shapes do not fit, or `score`, `normalise` or the temperature is none of the above.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), ICLR; Xu et al. (2015), Show, attend and tell, ICML, eq. 8-13 (soft and hard);
    Vaswani et al. (2017), Attention is all you need, NeurIPS, eq. 1 (scaled).

    Examples
    --------
    >>> keys = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> values = np.array([[10.0], [20.0]])
    >>> attend(np.array([0.0, 3.0]), keys, values, normalise="argmax").context
    array([20.])
    >>> attend(np.array([0.0, 3.0]), keys, values).context.round(2)
    array([19.53])
    """
    if score not in SCORES:
        raise ValueError(f"there is no score '{score}'; expected one of: {', '.join(SCORES)}")
    if normalise not in NORMALISERS:
        raise ValueError(f"there is no normaliser '{normalise}'; expected one of: {', '.join(NORMALISERS)}")
    grid, width = np.shape(keys)[:-1], np.shape(keys)[-1]
    if np.shape(query)[-1:] != (width,) or np.shape(values)[: len(grid)] != grid or np.ndim(values) != len(grid) + 1:
        raise ValueError(
            "expected a query (..., d), keys (*grid, d) and values (*grid, m), "
            f"got {np.shape(query)}, {np.shape(keys)} and {np.shape(values)}"
        )
    if mask is not None and np.shape(mask) != grid:
        raise ValueError(f"expected a mask of the shape of the grid, {grid}, got {np.shape(mask)}")
    scores = np.dot(query, np.reshape(keys, (-1, width)).T)
    if score == "scaled":
        scores = scores / np.sqrt(width)
    allowed = None if mask is None else np.broadcast_to(np.reshape(mask, (-1,)), np.shape(scores))
    soft = softmax(scores, temperature, allowed)
    logs = np.log(np.where(soft > 0, soft, 1.0))
    entropy = -np.sum(soft * logs, axis=-1)
    weights, log_prob = soft, np.zeros(np.shape(entropy))
    if normalise != "softmax":
        plain = getval(scores)
        weights = one_hot_argmax(perturbed(plain, temperature, rng) if normalise == "sample" else plain, allowed)
        log_prob = np.sum(weights * logs, axis=-1)
    context = np.dot(weights, np.reshape(values, (-1, np.shape(values)[-1])))
    return Attention(context, np.reshape(weights, np.shape(entropy) + grid), log_prob, entropy)
