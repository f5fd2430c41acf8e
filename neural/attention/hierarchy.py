"""Hierarchical attention: over words, then over sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval
from numpy.typing import ArrayLike, NDArray

from neural.attention.attend import as_floating, weighted_sum
from neural.layers.primitives import linear, masked, tanh
from saliency.gate.softmax import softmax

POOLS = ("logsumexp", "max")
READINGS = ("softmax", "argmax")


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
        words = masked(as_floating(words), exist[..., np.newaxis])
        members = softmax(self._scores(parameters, "word", words), mask=exist)
        sentences = weighted_sum(members, words)
        full = np.asarray(exist.any(axis=-1))
        encoded = sentences if encode is None else encode(sentences, full)
        wanted = (*shape[:-2], self.sentence_width or self.width)
        if np.shape(encoded) != wanted:
            raise ValueError(f"expected encoded sentences of shape {wanted}, got {np.shape(encoded)}")
        groups = softmax(self._scores(parameters, "sentence", encoded), mask=full)
        return Hierarchy(weighted_sum(groups, encoded), groups[..., np.newaxis] * members, groups, members)

    def _scores(self, parameters: Any, level: str, encoded: Any) -> Any:  # noqa: ANN401
        hidden = tanh(linear(encoded, parameters[f"{level} weights"], parameters[f"{level} bias"]))
        return anp.matmul(hidden, parameters[f"{level} context"])
