r"""Translation by a recurrent network that looks back at its source: an encoder of words, and a decoder that attends.

The encoder reads the source forwards and backwards, so that the vector of each word, :math:`h_s`, tells it with what
stands around it. Without attention, the decoder gets the last states alone, one vector for a sentence of any length:
what does not fit is lost. With attention it looks back at all of them before each word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal, NamedTuple, Self, overload

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp
from numpy.typing import NDArray

from foveation.checks import check_number
from neural.layers.primitives import dropout, linear, log_softmax, take_rows
from neural.layers.recurrent import GRU, WAYS, bidirectional, initial_bidirectional
from neural.sequences.beam import Decoded, Source
from neural.sequences.decoder import Decoder, padded
from neural.sequences.teacher_forcing import SequenceLossTerms, teacher_forcing_loss
from neural.sequences.vocabulary import UNKNOWN, Characters, Vocabulary
from saliency.learning.loop import CLIP_NORM, Progress, Schedule, batches_by_length, train
from saliency.learning.parameters import Parameters

Numbers = NDArray[np.int32]
Pairs = Sequence[tuple[str, str]]

TABLES = ("source words", "words")  # the weights that have a row for each piece, of source and target
AT_ONCE = 64  # sentences that are translated at a time
OF_THE_SOURCE = 2.0  # a translation has at most so many pieces for each piece of its source, and some more
MORE = 20
BLANK = " \u2581"  # and how subwords write it


class _Read(NamedTuple):
    """A source sentence, or a part of it: the numbers of its pieces, and the pieces as they were written."""

    numbers: Numbers
    pieces: list[str]


class Translation(NamedTuple):
    """A sentence that was translated.

    Parameters
    ----------
    text : str
        The translation.
    source, target : list of str
        The pieces of both; the last one of the target is "", the end, if that was told.
    weights : array of float32, shape (target, source)
        Where attention was at each piece of the target; rows sum to one (or are 0 without attention).
    log_prob : float
        Of the translation, in nats, as the network sees it.
    """

    text: str
    source: list[str]
    target: list[str]
    weights: NDArray[np.float32]
    log_prob: float


@dataclass(frozen=True, kw_only=True)
class Translator:
    r"""A network that translates sentences: bidirectional encoder, and a decoder with attention.

    .. math:: \overrightarrow{h}_s = GRU(x_s, \overrightarrow{h}_{s-1}), \quad
        \overleftarrow{h}_s = GRU(x_s, \overleftarrow{h}_{s+1}), \quad
        h_s = [\overrightarrow{h}_s; \overleftarrow{h}_s]

    Parameters
    ----------
    units : int
        Of the encoder, in each direction.
    embedding : int
        Length of the vector of a source word.
    decoder : Decoder
        How the translation is told; `Decoder(form="none")` is the control without attention.
    source, target : Vocabulary
        Of both languages: `Characters`, `Words` or `Subwords`; characters are learned from the pairs if none is given.
    max_length : int
        Pieces of a source sentence at most.
    weights : dict of str to array
        What it has learned.

    Raises
    ------
    ValueError
        If a size is not positive.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and translate, ICLR; Luong,
    Pham and Manning (2015), Effective approaches to attention-based neural machine translation, EMNLP; without
    attention: Cho et al. (2014), EMNLP.

    Examples
    --------
    >>> pairs = [("ab", "ba"), ("cd", "dc"), ("ac", "ca"), ("bd", "db")]
    >>> translator = Translator(units=16, embedding=8, decoder=Decoder(size=16, embedding=8))
    >>> translator = translator.fit(pairs, rng=0, epochs=150, batch=4, learning_rate=1e-2)
    >>> [told.text for told in translator.translate(["ab", "cd"])]
    ['ba', 'dc']
    >>> translator.translate("ac").weights.shape  # two letters and the end, by two letters
    (3, 2)
    """

    units: int = 128
    embedding: int = 64
    decoder: Decoder = field(default_factory=Decoder)
    source: Vocabulary | None = None
    target: Vocabulary | None = None
    max_length: int = 200
    weights: Parameters = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("units", "embedding", "max_length"):
            check_number(getattr(self, name), f"a number of {name} of at least 1", least=1)
        if self.decoder.score == "location" and self.decoder.max_places < self.max_length:
            raise ValueError(
                f"the score 'location' of the decoder knows {self.decoder.max_places} places, but sources may have "
                f"{self.max_length}"
            )

    @property
    def control(self) -> Self:
        """The same translator without attention, and without what it has learned."""
        return replace(self, decoder=replace(self.decoder, form="none"), weights={})

    def prepared(self, pairs: Pairs) -> Self:
        """Give it vocabularies, if it has none: the characters of both sides of the pairs."""
        if self.source is not None and self.target is not None:
            return self
        source = self.source or Characters.learn([pair[0] for pair in pairs])
        return replace(self, source=source, target=self.target or Characters.learn([pair[1] for pair in pairs]))

    def initial(self, rng: np.random.Generator | int) -> Self:
        """Draw weights to start from; it must have vocabularies."""
        rng = np.random.default_rng(rng)
        source, target = self._vocabularies()
        table = rng.standard_normal((len(source), self.embedding)) / np.sqrt(self.embedding)
        made: Parameters = {"source words": table.astype(np.float32)}
        made |= initial_bidirectional("source", self.embedding, GRU(size=self.units), rng)
        width = 2 * self.units
        made |= self.decoder.initial(tokens=len(target), width=width, summary=width, rng=rng)
        return replace(self, weights=made)

    def fit(
        self,
        pairs: Pairs,
        *,
        rng: np.random.Generator | int,
        epochs: int = 20,
        batch: int = 64,
        learning_rate: float = 2e-3,
        weight_decay: float = 0.0,
        resume: Progress | None = None,
        watch: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Learn from pairs of sentences, by teacher forcing: each piece of a translation is told after the right ones.

        Steps are those of AdamW. Sentences of about the same length are learned from together. One thread for linear
        algebra is fastest (`OPENBLAS_NUM_THREADS=1`).

        Parameters
        ----------
        pairs : sequence of (str, str)
            A sentence, and what it is in the other language.
        rng : numpy.random.Generator or int
            The same seed gives the same weights.
        epochs : int
            How often each pair is seen.
        batch : int
            Pairs from which one step is made.
        learning_rate, weight_decay : float
            Of AdamW: the greatest step, and the share of it by which weights shrink.
        resume : Progress
            Go on with a training that was stopped.
        watch : callable
            Called with a `Progress` after each epoch.

        Raises
        ------
        ValueError
            If there is no pair, a sentence is empty, or a source has more pieces than `max_length`.
        """
        if not pairs:
            raise ValueError("expected at least one pair of sentences to learn from, got none")
        schedule = Schedule(
            epochs=epochs,
            items=len(pairs),
            batch=batch,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clip_norm=CLIP_NORM,
        )
        rng = np.random.default_rng(rng)
        learner = self.prepared(pairs)
        learner = learner if learner.weights else learner.initial(rng)
        learner._check_weights()
        lesson = learner.numbers(pairs)
        lengths = np.array([(len(source), len(target)) for source, target in lesson])

        def batches(rng: np.random.Generator, _epoch: int) -> list[NDArray[np.intp]]:
            return batches_by_length(lengths, batch, rng)

        def loss(
            weights: Parameters, which: NDArray[np.intp], rng: np.random.Generator
        ) -> tuple[Any, SequenceLossTerms]:
            source = learner.encode(weights, [lesson[each][0] for each in which], rng)
            return teacher_forcing_loss(learner.decoder, weights, source, [lesson[each][1] for each in which], rng)

        learned = train(learner.weights, loss, batches, schedule, rng=rng, resume=resume, watch=watch)
        return replace(learner, weights=learned)

    def numbers(self, pairs: Pairs) -> list[tuple[Numbers, Numbers]]:
        """Give the numbers of the pieces of both sides.

        Raises
        ------
        ValueError
            If a sentence is empty or too long; the message says which.
        """
        source, target = self._vocabularies()
        return [
            (self._read(source, pair[0], f"pair {row}"), _read(target, pair[1], f"pair {row}"))
            for row, pair in enumerate(pairs, start=1)
        ]

    def encode(
        self, weights: Parameters, sentences: Sequence[Numbers], rng: np.random.Generator | None = None
    ) -> Source:
        """Read sentences, forwards and backwards; with a generator some numbers are dropped, as in learning."""
        told, exist = padded(sentences)
        return self._encoded(weights, take_rows(weights["source words"], told[:, 1:-1].T), exist[:, 1:].T, rng)

    def _encoded(
        self,
        weights: Parameters,
        vectors: Any,  # noqa: ANN401
        exist: NDArray[np.bool_],
        rng: np.random.Generator | None,
    ) -> Source:
        """Read vectors of words (words, n, embedding), of which some are only padding."""
        vectors = dropout(vectors, self.decoder.dropout, rng)
        drives = [linear(vectors, weights[f"source {way}"], weights[f"source {way} bias"]) for way in WAYS]
        states = bidirectional(weights, "source", (drives[0], drives[1]), GRU(size=self.units), mask=exist)
        summary = anp.concatenate([states[-1][:, : self.units], states[0][:, self.units :]], axis=1)
        places = dropout(anp.swapaxes(states, 0, 1), self.decoder.dropout, rng)
        mask = None if exist.all() else np.ascontiguousarray(exist.T)
        return Source(places, mask, summary)

    @overload
    def translate(
        self,
        sentences: str,
        *,
        beam: int = ...,
        length_penalty: float = ...,
        unknown: Literal["show", "copy"] = ...,
        overlong: Literal["refuse", "split"] = ...,
    ) -> Translation: ...

    @overload
    def translate(
        self,
        sentences: list[str] | tuple[str, ...],
        *,
        beam: int = ...,
        length_penalty: float = ...,
        unknown: Literal["show", "copy"] = ...,
        overlong: Literal["refuse", "split"] = ...,
    ) -> list[Translation]: ...

    def translate(
        self,
        sentences: str | Sequence[str],
        *,
        beam: int = 1,
        length_penalty: float = 1.0,
        unknown: Literal["show", "copy"] = "show",
        overlong: Literal["refuse", "split"] = "refuse",
    ) -> Translation | list[Translation]:
        """Translate sentences; give a `Translation` for each, or one alone for a sentence alone.

        Parameters
        ----------
        sentences : str or sequence of str
            One or more.
        beam : int
            Beginnings that are followed at a time; 1: greedily, the most probable piece each time.
        length_penalty : float
            How much longer translations are put up with: see `Decoder.decode`.
        unknown : str
            "show" writes ``<unknown>`` where the network says that it has no word; "copy" puts the source's piece that
            it looked at most in its place.
        overlong : str
            "refuse" sentences that are longer than `max_length` pieces, or "split" them there.

        Raises
        ------
        ValueError
            If a sentence is empty, or too long; the message says which.

        References
        ----------
        Luong et al. (2015), Addressing the rare word problem in neural machine translation, ACL, for the copying.
        """
        self._check_weights()
        if unknown not in ("show", "copy") or overlong not in ("refuse", "split"):
            raise ValueError(
                f"expected unknown 'show' or 'copy' and overlong 'refuse' or 'split', got {unknown!r}, {overlong!r}"
            )
        alone = isinstance(sentences, str)
        asked = [sentences] if isinstance(sentences, str) else list(sentences)
        parts = [self._parts(sentence, f"sentence {row}", overlong) for row, sentence in enumerate(asked, start=1)]
        told = iter(self._told([part for some in parts for part in some], beam, length_penalty, unknown))
        found = [_joined(list(islice(told, len(some)))) for some in parts]
        return found[0] if alone else found

    def align(self, pairs: Pairs) -> list[Translation]:
        """Give where it looks for each piece of a translation that is given, and how probable that is to it.

        Raises
        ------
        ValueError
            If a sentence is empty or too long.
        """
        self._check_weights()
        numbers = self.numbers(pairs)
        found: list[Translation] = []
        for first in range(0, len(numbers), AT_ONCE):
            some = numbers[first : first + AT_ONCE]
            source = self.encode(self.weights, [each[0] for each in some])
            told = self.decoder.align(self.weights, source, [each[1] for each in some])
            read = [
                _Read(numbers, self._vocabularies()[0].pieces(pair[0]))
                for (numbers, _), pair in zip(some, pairs[first:], strict=False)
            ]
            found += [self._shown(*each, "show") for each in zip(read, told, strict=True)]
        return found

    def influence(self, source: str, target: str) -> NDArray[np.float32]:
        r"""Give how much each piece of the source moves each piece of a translation, (target, source).

        The length of the gradient, :math:`|\partial \ln p(y_t) / \partial x_s|`, with respect to the vector of the
        piece of the source; the pieces of the target before it are given, and the last row is that of the end. It is
        there without attention, too, and so compares the two.

        References
        ----------
        Simonyan, Vedaldi and Zisserman (2014), Deep inside convolutional networks, ICLR workshop.
        """
        self._check_weights()
        (numbers,) = self.numbers([(source, target)])
        told, _ = padded([numbers[1]])
        vectors = self.weights["source words"][numbers[0]][:, np.newaxis]
        exist = np.ones((len(numbers[0]), 1), np.bool_)

        def tell(read: Any) -> Any:  # noqa: ANN401
            seen = self._encoded(self.weights, read, exist, None)
            outputs = self.decoder.outputs(self.weights, seen, told[:, :-1])
            scores = linear(outputs, np.ascontiguousarray(self.weights["words"].T), self.weights["words bias"])
            return log_softmax(scores)[np.arange(told.shape[1] - 1), 0, told[0, 1:]]

        backward, logs = make_vjp(tell)(vectors)
        gradients = [backward(one) for one in np.eye(len(logs), dtype=np.float32)]
        return np.asarray([np.linalg.norm(gradient[:, 0], axis=-1) for gradient in gradients], np.float32)

    # From sentences to numbers and back

    def _check_weights(self) -> None:
        """Refuse to translate with nothing learned, or with the vocabulary of another network."""
        if not self.weights:
            raise ValueError("expected a translator that has learned: call `fit` first")
        for name, vocabulary, table in zip(("source", "target"), self._vocabularies(), TABLES, strict=True):
            if len(vocabulary) != len(self.weights[table]):
                raise ValueError(
                    f"the {name} vocabulary is that of another network: it has {len(vocabulary)} pieces, "
                    f"and this one has learned with {len(self.weights[table])}"
                )

    def _vocabularies(self) -> tuple[Vocabulary, Vocabulary]:
        if self.source is None or self.target is None:
            raise ValueError("expected a translator with vocabularies: call `fit`, or give `source` and `target`")
        return self.source, self.target

    def _read(self, vocabulary: Vocabulary, sentence: str, name: str) -> Numbers:
        numbers = _read(vocabulary, sentence, name)
        if len(numbers) > self.max_length:
            raise ValueError(f"{name} has {len(numbers)} pieces; expected at most {self.max_length}: split it")
        return numbers

    def _parts(self, sentence: str, name: str, overlong: str) -> list[_Read]:
        """Read a sentence, in parts of a length that the network takes."""
        source, _ = self._vocabularies()
        numbers = self._read(source, sentence, name) if overlong == "refuse" else _read(source, sentence, name)
        pieces = source.pieces(sentence)
        return [_Read(numbers[some], pieces[some]) for some in _cuts(pieces, self.max_length)]

    def _told(self, read: Sequence[_Read], beam: int, length_penalty: float, unknown: str) -> list[Translation]:
        """Translate what was read, sentences of about one length together."""
        found: dict[int, Translation] = {}
        order = np.argsort([len(each.numbers) for each in read], kind="stable")
        for first in range(0, len(order), AT_ONCE):
            which = order[first : first + AT_ONCE]
            some = [read[each] for each in which]
            max_length = [int(OF_THE_SOURCE * len(each.numbers)) + MORE for each in some]
            source = self.encode(self.weights, [each.numbers for each in some])
            told = self.decoder.decode(
                self.weights, source, beam=beam, max_length=max_length, length_penalty=length_penalty
            )
            for each, part, decoded in zip(which, some, told, strict=True):
                found[int(each)] = self._shown(part, decoded, unknown)
        return [found[each] for each in range(len(read))]

    def _shown(self, read: _Read, decoded: Decoded, unknown: str) -> Translation:
        """Put a translation into words."""
        _, target = self._vocabularies()
        weights = np.ascontiguousarray(decoded.weights[:, : len(read.pieces)])
        pieces = [target.piece(int(number)) for number in decoded.words]
        text = target.decode(decoded.words)
        if unknown == "copy" and UNKNOWN in decoded.words:
            pieces = [
                read.pieces[int(weights[row].argmax())] if number == UNKNOWN and weights[row].any() else pieces[row]
                for row, number in enumerate(decoded.words)
            ]
            text = target.join(pieces)
        ended = [""] * (len(weights) - len(pieces))
        return Translation(text, read.pieces, pieces + ended, weights, decoded.log_prob)


def _read(vocabulary: Vocabulary, sentence: str, name: str) -> Numbers:
    if isinstance(sentence, str) and not sentence.strip():
        raise ValueError(f"{name} is empty; expected a sentence")
    return vocabulary.encode(sentence)


def _cuts(pieces: Sequence[str], max_length: int) -> list[slice]:
    """Cut pieces into parts that are short enough: at the last blank that allows it, which is left out.

    Where there is none, parts are of about the same length.
    """
    parts, first = [], 0
    while len(pieces) - first > max_length:
        blanks = [place for place in range(first + 1, first + max_length + 1) if not pieces[place].strip(BLANK)]
        words = [place for place in range(first + 1, first + max_length + 1) if pieces[place].startswith(tuple(BLANK))]
        left = len(pieces) - first
        stop = max(blanks or words or [first - (-left // -(-left // max_length))])
        parts.append(slice(first, stop))
        first = stop + bool(blanks)
    return [*parts, slice(first, len(pieces))] if first < len(pieces) else parts


def _joined(parts: list[Translation]) -> Translation:
    """Put the translations of the parts of a sentence together; attention is to the own part."""
    if len(parts) == 1:
        return parts[0]
    rows, columns = (sum(np.shape(part.weights)[axis] for part in parts) for axis in (0, 1))
    weights, row, column = np.zeros((rows, columns), np.float32), 0, 0
    for part in parts:
        height, width = part.weights.shape
        weights[row : row + height, column : column + width] = part.weights
        row, column = row + height, column + width
    return Translation(
        " ".join(part.text for part in parts),
        [piece for part in parts for piece in part.source],
        [piece for part in parts for piece in part.target],
        weights,
        sum(part.log_prob for part in parts),
    )
