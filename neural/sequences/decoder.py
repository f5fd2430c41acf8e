r"""One decoder for words and for pictures: it tells a sentence word by word, and looks at its source before each word.

What it reads is a `Source`: places with a vector each, whether they are the words of a sentence (`Translator`) or the
cells of a picture (`Captioner`). At each step the state :math:`s_t` of a recurrent core asks, attention answers with a
context :math:`c_t`, and both tell the next word:

.. math:: o_t = \tanh([s_t; c_t] W_o + b_o), \qquad p(y_t) \propto e^{o_t \cdot v_y + b_y}

A word's vector :math:`v` is the same where it is told and where it is taken in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_number, check_one_of
from neural.attention.attend import HARD, SOFT, attend
from neural.attention.chain import LinearChainAttention
from neural.attention.coverage import Coverage, coverage_loss
from neural.attention.scores import LEARNT, SCORES, Additive, Cosine, General, Location
from neural.layers.primitives import dropout, linear, log_softmax, take_rows, tanh
from neural.layers.recurrent import GRU, he_normal, unroll
from neural.sequences.beam import Beam, Decoded, DecoderState, Source
from neural.sequences.vocabulary import END, PADDING, START
from saliency.learning.parameters import Parameters

Array = Any  # an array, or a box of autograd around one
Numbers = NDArray[np.int32]

FORMS = ("luong", "bahdanau", "none")
CHAIN = "chain"
NORMALISERS = (*SOFT, *HARD, CHAIN)
DRAWN = ("sample",)  # normalisers whose choice has no gradient, and is learned by reward
SHARPNESS = 8.0  # of the cosine, to start with


class TeacherForced(NamedTuple):
    """What came of telling the decoder all words but the last (teacher forcing): outputs, asking states, attention."""

    outputs: Array
    asking: Array
    weights: Array
    log_prob: Array
    entropy: Array
    repeated: Array


@dataclass(frozen=True, kw_only=True)
class Decoder:
    r"""A recurrent network that tells a sentence and attends to a source.

    Parameters
    ----------
    size : int
        Units of the recurrent core.
    embedding : int
        Length of a word's vector.
    form : str
        "luong": the state asks, and what it finds tells the word [1]_; attention to all words is then one product.
        "bahdanau": the state before asks, and what it finds also enters the core [2]_. "none": no attention; the
        context is the summary of the source at every step.
    score : str
        How state and place are compared: "general", "additive", "dot", "scaled", "cosine" or "location" (see
        `neural.attend`); "dot", "scaled" and "cosine" ask for as many units as a place has numbers.
    normalise : str
        "softmax", "sparsemax", "entmax15"; "argmax"; "sample" and "straight_through", which draw a place while it
        learns and take the best when it is used; "chain", which attends to runs of neighbours [3]_.
    coverage : float
        How much less a place attracts for what was looked at there before, to start with; the strength is learned [4]_.
        0: not at all.
    dropout : float
        Share of the numbers that are dropped while it learns, 0..1.
    smoothing : float
        Share of certainty that the loss spreads over all words.
    coverage_loss, doubly_stochastic : float
        Weights of the terms that ask attention not to come back, and to go everywhere once.
    reinforce, entropy : float
        For "sample": weight of the reward, and of the entropy of the choice.
    max_places : int
        Places at most, for the score "location".

    Raises
    ------
    ValueError
        If there is no such form, score or normaliser, or a number is out of its range.

    References
    ----------
    .. [1] Luong, Pham and Manning (2015), Effective approaches to attention-based neural machine translation, EMNLP,
       eq. 5-8.
    .. [2] Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and translate, ICLR,
       section 3; Xu et al. (2015), Show, attend and tell, ICML, for pictures and for hard choices.
    .. [3] Kim, Denton, Hoang and Rush (2017), Structured attention networks, ICLR.
    .. [4] Tu et al. (2016), Modeling coverage for neural machine translation, ACL; See, Liu and Manning (2017), Get to
       the point, ACL (`coverage_loss`); Xu et al. (2015), eq. 14 (`doubly_stochastic`).

    Examples
    --------
    >>> decoder = Decoder(size=8, embedding=4)
    >>> weights = decoder.initial(tokens=10, width=6, summary=6, rng=0)
    >>> source = Source(np.ones((2, 5, 6), np.float32), None, np.ones((2, 6), np.float32))
    >>> told = decoder.decode(weights, source, max_length=7)
    >>> len(told), told[0].weights.shape[1]
    (2, 5)
    """

    size: int = 128
    embedding: int = 64
    form: str = "luong"
    score: str = "general"
    normalise: str = "softmax"
    coverage: float = 0.0
    dropout: float = 0.0
    smoothing: float = 0.0
    coverage_loss: float = 0.0
    doubly_stochastic: float = 0.0
    reinforce: float = 1.0
    entropy: float = 0.01
    max_places: int = 200

    def __post_init__(self) -> None:
        check_one_of("form of attention", self.form, FORMS)
        check_one_of("score", self.score, (*SCORES, *LEARNT))
        check_one_of("normaliser", self.normalise, NORMALISERS)
        for name in ("size", "embedding", "max_places"):
            check_number(getattr(self, name), f"a {name} of at least 1", least=1)
        for name in ("dropout", "smoothing"):
            check_number(getattr(self, name), f"a {name} from 0 to below 1", least=0, below=1)
        for name in ("coverage", "coverage_loss", "doubly_stochastic", "reinforce", "entropy"):
            check_number(getattr(self, name), f"a weight '{name}' from 0 up", least=0)

    def initial(self, *, tokens: int, width: int, summary: int, rng: np.random.Generator | int) -> Parameters:
        """Draw weights to start from, for so many words, and for places and a summary of these widths.

        Raises
        ------
        ValueError
            If the score compares what has not the same length.
        """
        if self.score in SCORES and self.form != "none" and self.size != width:
            raise ValueError(
                f"the score '{self.score}' asks for as many units as a place has numbers, {width}, got {self.size}"
            )
        rng = np.random.default_rng(rng)
        size, embedding = self.size, self.embedding
        context = summary if self.form == "none" else width
        made = {
            "words": (rng.standard_normal((tokens, embedding)) / np.sqrt(embedding)).astype(np.float32),
            "words bias": np.zeros(tokens, np.float32),
            "start": he_normal(summary, size, rng),
            "start bias": np.zeros(size, np.float32),
            "drive": he_normal(embedding, 3 * size, rng),
            "drive bias": np.zeros(3 * size, np.float32),
            "recurrent": he_normal(size, 3 * size, rng),
            "recurrent bias": np.zeros(3 * size, np.float32),
            "state out": he_normal(size, embedding, rng),
            "context out": he_normal(context, embedding, rng),
            "out bias": np.zeros(embedding, np.float32),
        }
        if self.form != "luong":
            made["context drive"] = he_normal(context, 3 * size, rng)
        if self.form != "none":
            made |= self._initial_attention(width, rng)
        return made

    def _initial_attention(self, width: int, rng: np.random.Generator) -> Parameters:
        size, made = self.size, {}
        if self.score == "general":
            made["general"] = he_normal(size, width, rng, gain=float(1 / np.sqrt(width)))
        elif self.score == "location":
            made["location"] = he_normal(size, self.max_places, rng)
        elif self.score == "cosine":
            made["sharpness"] = np.full((), SHARPNESS, np.float32)
        elif self.score == "additive":
            made["query"], made["key"] = he_normal(size, size, rng), he_normal(width, size, rng)
            made["key bias"], made["vector"] = np.zeros(size, np.float32), he_normal(size, 1, rng)[:, 0]
        if self.normalise == CHAIN:
            made["pairs"] = np.eye(2, dtype=np.float32)
        if self.coverage:
            made["coverage"] = np.full((), np.log(self.coverage), np.float32)
        if self.normalise in DRAWN:
            made["baseline"], made["baseline bias"] = np.zeros((size, 1), np.float32), np.zeros(1, np.float32)
        return made

    # How attention works at a step, and over all steps

    def _score(self, parameters: Parameters) -> Any:  # noqa: ANN401
        """Give the score with its weights; the keys of the additive one are projected already."""
        if self.score == "general":
            return General(weights=parameters["general"])
        if self.score == "location":
            return Location(weights=parameters["location"])
        if self.score == "cosine":
            return Cosine(sharpness=parameters["sharpness"])
        if self.score == "additive":
            return Additive(
                query=parameters["query"], key=None, bias=parameters["key bias"], vector=parameters["vector"]
            )
        return self.score

    def _keys(self, parameters: Parameters, source: Source) -> Array:
        """Give what states are compared with: the places, which the additive score projects once for all words."""
        if self.score != "additive" or self.form == "none":
            return source.values
        return linear(source.values, parameters["key"], parameters["key bias"])

    def _look(
        self,
        parameters: Parameters,
        asking: Array,
        keys: Array,
        source: Source,
        bias: Array,
        rng: np.random.Generator | None,
    ) -> Any:  # noqa: ANN401
        """Attend with states (n, steps, size); give what `attend` gives."""
        if self.normalise == CHAIN:
            return self._look_along(parameters, asking, keys, source, bias)
        used = rng is None and self.normalise in HARD
        return attend(
            asking,
            keys,
            source.values,
            mask=source.mask,
            bias=bias,
            score=self._score(parameters),
            normalise="argmax" if used else self.normalise,
            rng=0 if rng is None else rng,
            batch=1,
        )

    def _look_along(self, parameters: Parameters, asking: Array, keys: Array, source: Source, bias: Array) -> Any:  # noqa: ANN401
        """Attend to runs of neighbouring places; weights are the odds of each place, brought to a sum of one."""
        scorer = self._score(parameters)
        scores = (SCORES[scorer] if isinstance(scorer, str) else scorer)(asking, keys)
        scores = scores if bias is None else scores + bias
        mask = None if source.mask is None else source.mask[:, np.newaxis]
        chain = LinearChainAttention(scores, parameters["pairs"], mask=mask)
        return chain.attend(source.values[:, np.newaxis], mean=True)

    def _bias(self, parameters: Parameters, source: Source, covered: Array) -> Array:
        """Give what is added to the scores (n, 1, places): the prior, less what was covered."""
        prior = None if source.bias is None else source.bias[:, np.newaxis]
        if covered is None:
            return prior
        taken = Coverage(strength=anp.exp(parameters["coverage"])).bias(covered)
        return taken if prior is None else prior + taken

    # Teacher forcing: all words are known

    def teacher_forced(
        self, parameters: Parameters, source: Source, told: Numbers, rng: np.random.Generator | None
    ) -> TeacherForced:
        """Tell it the words (n, steps), each after the right one before: teacher forcing; what came of every step."""
        vectors = dropout(take_rows(parameters["words"], told.T), self.dropout, rng)
        drive = linear(vectors, parameters["drive"], parameters["drive bias"])
        start = self._start(parameters, source)
        if self.form == "luong":
            return self._forced_at_once(parameters, source, drive, start, rng)
        if self.form == "none":
            drive = drive + linear(source.summary, parameters["context drive"])
            states = self._core(parameters, drive, start)
            steps, count = told.shape[1], len(told)
            nothing = np.zeros((count, steps), np.float32)
            outputs = self._output(parameters, states, source.summary)
            return TeacherForced(outputs, states, None, nothing, nothing, nothing)
        return self._forced_in_turn(parameters, source, drive, start, rng)

    def _start(self, parameters: Parameters, source: Source) -> Array:
        return tanh(linear(source.summary, parameters["start"], parameters["start bias"]))

    def _core(self, parameters: Parameters, drive: Array, start: Array) -> Array:
        return unroll(drive, parameters["recurrent"], parameters["recurrent bias"], start, GRU(size=self.size))

    def _output(self, parameters: Parameters, states: Array, contexts: Array) -> Array:
        """Give what tells the words, from states and contexts (..., any)."""
        own = linear(states, parameters["state out"], parameters["out bias"])
        return tanh(own + linear(contexts, parameters["context out"]))

    def _forced_at_once(
        self, parameters: Parameters, source: Source, drive: Array, start: Array, rng: np.random.Generator | None
    ) -> TeacherForced:
        """Attend after the core has run: one product for all words, unless what was covered counts."""
        states = self._core(parameters, drive, start)
        asking, keys = anp.swapaxes(states, 0, 1), self._keys(parameters, source)
        if not (self.coverage or self.coverage_loss):
            seen = self._look(parameters, asking, keys, source, self._bias(parameters, source, None), rng)
            found = [(*seen, np.zeros(np.shape(seen.entropy), np.float32))]
        else:
            found, covered = [], None
            for step in range(np.shape(asking)[1]):
                looked, covered, again = self._cover(parameters, asking[:, step : step + 1], keys, source, covered, rng)
                found.append((*looked, again))
        return self._found(parameters, states, states, found)

    def _forced_in_turn(
        self, parameters: Parameters, source: Source, drive: Array, start: Array, rng: np.random.Generator | None
    ) -> TeacherForced:
        """Attend before each step of the core, which takes in what was found."""
        keys, state, covered = self._keys(parameters, source), start, None
        found, states = [], [state[np.newaxis]]
        for step in range(np.shape(drive)[0]):
            looked, covered, again = self._cover(parameters, state[:, np.newaxis], keys, source, covered, rng)
            moved = drive[step : step + 1] + linear(anp.swapaxes(looked.context, 0, 1), parameters["context drive"])
            states.append(self._core(parameters, moved, state))
            state = states[-1][0]
            found.append((*looked, again))
        asking, after = (anp.concatenate(each, axis=0) for each in (states[:-1], states[1:]))
        return self._found(parameters, after, asking, found)

    def _found(
        self, parameters: Parameters, states: Array, asking: Array, found: Sequence[tuple[Array, ...]]
    ) -> TeacherForced:
        """Put together what was found step by step, or at once."""
        together = found[0] if len(found) == 1 else [anp.concatenate(each, axis=1) for each in zip(*found, strict=True)]
        contexts, weights, log_prob, entropy, repeated = together
        outputs = self._output(parameters, states, anp.swapaxes(contexts, 0, 1))
        return TeacherForced(outputs, asking, weights, log_prob, entropy, repeated)

    def _cover(
        self,
        parameters: Parameters,
        asking: Array,
        keys: Array,
        source: Source,
        covered: Array,
        rng: np.random.Generator | None,
    ) -> tuple[Any, Array, Array]:
        """Attend once, (n, 1, size); give what was found, what is covered now, and how much of it was again."""
        bias = self._bias(parameters, source, covered if self.coverage else None)
        seen = self._look(parameters, asking, keys, source, bias, rng)
        if not (self.coverage or self.coverage_loss):
            return seen, None, np.zeros(np.shape(seen.entropy), np.float32)
        before = np.zeros(np.shape(seen.weights), np.float32) if covered is None else covered
        return seen, Coverage().add(covered, seen.weights), coverage_loss(seen.weights, before)

    # Decoding: no word is known

    def begin(self, parameters: Parameters, source: Source) -> tuple[Array, DecoderState]:
        """Give what `step` needs before the first word: the keys of the source, and the state that it starts from."""
        return self._keys(parameters, source), DecoderState(self._start(parameters, source), None)

    def step(
        self, parameters: Parameters, source: Source, keys: Array, state: DecoderState, words: Numbers
    ) -> tuple[Array, Array, DecoderState]:
        """Take in the words (n,) told last; give log odds (n, words) of the next, weights (n, places), and state."""
        drive = linear(take_rows(parameters["words"], words), parameters["drive"], parameters["drive bias"])[np.newaxis]
        covered, weights = state.covered, np.zeros(np.shape(source.values)[:2], np.float32)
        if self.form == "none":
            drive = drive + linear(source.summary, parameters["context drive"])
            core, context = self._core(parameters, drive, state.core)[0], source.summary
        elif self.form == "luong":
            core = self._core(parameters, drive, state.core)[0]
            seen, covered, _ = self._cover(parameters, core[:, np.newaxis], keys, source, covered, None)
            context, weights = seen.context[:, 0], seen.weights[:, 0]
        else:
            seen, covered, _ = self._cover(parameters, state.core[:, np.newaxis], keys, source, covered, None)
            context, weights = seen.context[:, 0], seen.weights[:, 0]
            core = self._core(parameters, drive + linear(context, parameters["context drive"]), state.core)[0]
        scores = self._output(parameters, core, context) @ parameters["words"].T + parameters["words bias"]
        return log_softmax(scores), weights, DecoderState(core, covered)

    def outputs(self, parameters: Parameters, source: Source, told: Numbers) -> Array:
        """Give the outputs (steps, n, embedding) after each of the words told (n, steps); nothing is dropped."""
        return self.teacher_forced(parameters, source, told, None).outputs

    def align(self, parameters: Parameters, source: Source, sentences: Sequence[Numbers]) -> list[Decoded]:
        """Tell it these sentences, and give where it looked for each word, and how probable they were to it."""
        told, exist = padded(sentences)
        taught = self.teacher_forced(parameters, source, told[:, :-1], None)
        scores = flat(taught.outputs) @ parameters["words"].T + parameters["words bias"]
        logs = log_softmax(scores).reshape(*np.shape(taught.outputs)[:2], -1)
        right = np.take_along_axis(logs, told[:, 1:].T[..., np.newaxis], axis=-1)[..., 0].T
        shape = (*exist.shape, np.shape(source.values)[1])
        weights = np.zeros(shape, np.float32) if taught.weights is None else taught.weights
        return [
            Decoded(sentence, weights[row, : len(sentence) + 1], float(right[row, : len(sentence) + 1].sum()))
            for row, sentence in enumerate(sentences)
        ]

    def decode(
        self,
        parameters: Parameters,
        source: Source,
        *,
        beam: int = 1,
        max_length: int | Sequence[int] = 100,
        length_penalty: float = 1.0,
    ) -> list[Decoded]:
        r"""Tell the most probable sentence that a search finds: word by word (`beam` of 1), or with several at a time.

        Sentences are ranked by :math:`\ln p / length^\alpha`, where the length counts the end.

        Parameters
        ----------
        parameters : dict of str to array
            Weights.
        source : Source
            n of them.
        beam : int
            Beginnings that are followed at a time, from 1 up.
        max_length : int or sequence of int
            Words at most, of each or of all.
        length_penalty : float
            :math:`\alpha`: 0 prefers short sentences, 1 ranks by the mean word.

        Raises
        ------
        ValueError
            If the beam or the length is not positive.

        References
        ----------
        Wu et al. (2016), Google's neural machine translation system, arXiv:1609.08144, section 7: theirs is
        :math:`((5 + length) / 6)^\alpha`.
        """
        limits = np.broadcast_to(max_length, np.shape(source.values)[0])
        if beam < 1 or limits.min() < 1:
            raise ValueError(f"expected a beam and a length of at least 1, got {beam} and {limits.min()}")
        search = Beam(self, parameters, source, beam, limits)
        while search.open:
            search.go_on()
        return search.best(length_penalty)


def padded(sentences: Sequence[Numbers]) -> tuple[Numbers, NDArray[np.bool_]]:
    """Give sentences with start and end, filled up to the longest, (n, length + 2), and which of their words follow.

    Examples
    --------
    >>> told, exist = padded([np.array([7, 8]), np.array([9])])
    >>> told.tolist(), exist.tolist()
    ([[1, 7, 8, 2], [1, 9, 2, 0]], [[True, True, True], [True, True, False]])
    """
    length = max(map(len, sentences))
    told = np.full((len(sentences), length + 2), PADDING, np.int32)
    told[:, 0] = START
    for row, sentence in enumerate(sentences):
        told[row, 1 : len(sentence) + 1] = sentence
        told[row, len(sentence) + 1] = END
    return told, np.arange(length + 1) <= np.array([[len(sentence)] for sentence in sentences])


def flat(values: Array) -> Array:
    """Lay all vectors (..., width) below each other."""
    return anp.reshape(values, (-1, np.shape(values)[-1]))
