"""Which of many sentences, and which of its words, tells what a document is about: attention on two levels.

A `DocumentClassifier` reads each sentence word by word in both directions, makes one vector of it by attention to its
words, reads these vectors in both directions, and makes one vector of the document by attention to its sentences. The
same network with one attention over all words, and with plain means in place of attention, is there to compare with.
`generated_documents` are small reports of which one planted sentence alone decides the class.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_number, check_one_of
from neural.attention.hierarchy import HierarchicalAttention, Hierarchy
from neural.layers.primitives import cross_entropy, linear, take_rows, tanh
from neural.layers.recurrent import GRU, WAYS, bidirectional, he_normal, initial_bidirectional
from neural.sequences.vocabulary import PADDING, Vocabulary, Words
from saliency.gate.softmax import softmax
from saliency.learning.autodiff import stop_gradient
from saliency.learning.loop import Progress, Schedule, batches_by_length, train
from saliency.learning.parameters import Parameters

Array = NDArray[Any]
Document = str | Sequence[str]

ATTENTIONS = ("hierarchical", "flat", "none")
OVERLONG = ("refuse", "cut")
AT_ONCE = 64  # documents
CLIP_NORM = 5.0
SPREAD = 1.0  # standard deviation of the numbers that describe a word, before anything is learned
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"')\u201d\u2019])\s+|\s*[\r\n]+\s*")


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences: after a full stop, exclamation or question mark before a blank, and at line ends.

    A number such as 3.5 stays whole; an abbreviation before a blank ends a sentence, as nothing tells it from one. Give
    a document as a list of sentences where this is not good enough.

    Examples
    --------
    >>> split_sentences('It cost 3.5 crowns. "Too much!" she said. Why?')
    ['It cost 3.5 crowns.', '"Too much!"', 'she said.', 'Why?']
    """
    return [sentence for sentence in SENTENCE_END.split(text.strip()) if sentence.strip()]


class DocumentReading(NamedTuple):
    r"""What a classifier says of a document, and what it attended to.

    Parameters
    ----------
    label : str
        The most probable class.
    probabilities : dict of str to float
        Of each class.
    sentences : list of list of str
        Words of each sentence, as they were read.
    word_weights : list of array
        For each sentence the weight :math:`p(j | i)` of each of its words within it.
    sentence_weights : array, shape (sentences,)
        The weight :math:`p(i)` of each sentence. Where there are no sentences to attend to ("flat"), the sum of the
        weights of its words.
    importance : list of array
        :math:`\sqrt{p(i)}\, p(j | i)`, what is shown: words of unimportant sentences do not vanish altogether.
    """

    label: str
    probabilities: dict[str, float]
    sentences: list[list[str]]
    word_weights: list[NDArray[np.float32]]
    sentence_weights: NDArray[np.float32]
    importance: list[NDArray[np.float32]]

    def most_attended(self) -> tuple[int, int]:
        r"""Give the number of the sentence that is attended to most, and that of the word in it.

        Examples
        --------
        >>> weights = [np.array([0.5, 0.5]), np.array([0.1, 0.9])]
        >>> reading = DocumentReading("a", {"a": 1.0}, [["b", "c"], ["d", "e"]], weights, np.array([0.4, 0.6]), weights)
        >>> reading.most_attended()
        (1, 1)
        """
        sentence = int(self.sentence_weights.argmax())
        return sentence, int(self.word_weights[sentence].argmax())


class DocumentLossTerms(NamedTuple):
    """What came of a batch: means over its documents.

    Parameters
    ----------
    error : float
        Cross entropy, in nats.
    accuracy : float
        Share of the documents whose class was told.
    """

    error: float
    accuracy: float


class _Batch(NamedTuple):
    """Documents side by side: numbers of words (words, n, sentences), which of them exist, and the classes (n,)."""

    words: NDArray[np.int32]
    mask: NDArray[np.bool_]
    labels: NDArray[np.int64]


class _Text(NamedTuple):
    """A document as it is read: the words of each sentence, and their numbers in the vocabulary."""

    pieces: list[list[str]]
    numbers: list[NDArray[np.int32]]


@dataclass(frozen=True, kw_only=True)
class DocumentClassifier:
    r"""A network that tells the class of a document from words within sentences.

    .. math::

        h_{it} = \mathrm{BiGRU}(x_{it}), \quad s_i = \sum_t \alpha_{it} h_{it}, \quad
        h_i = \mathrm{BiGRU}(s_i), \quad v = \sum_i \alpha_i h_i, \quad p = \mathrm{softmax}(v W_c + b_c)

    with the weights :math:`\alpha` of `HierarchicalAttention`. Padding is not read: not by the recurrent networks, in
    either direction, and not by the attention.

    Parameters
    ----------
    attention : str
        "hierarchical"; "flat": the document is one long sentence with one attention over all of its words; "none": the
        two levels, with plain means in place of attention.
    embedding : int
        Numbers that describe a word.
    units : int
        Units of the recurrent networks, in each direction.
    hidden : int
        Length of the context vectors of the attention.
    max_length, most : int
        Words a sentence and sentences a document that are read; what is longer is refused, or cut on request.
    classes : tuple of str
        Their names; learned from the labels by `fit`, if none are given.
    vocabulary : Vocabulary or None
        Which words are known; if none is given, `fit` learns those that occur at least twice in the documents.
    weights : dict of str to array
        What was learned; empty before `initial` or `fit`.

    Raises
    ------
    ValueError
        If a number is below 1, there is no such attention, or a class has two names.

    References
    ----------
    Yang, Yang, Dyer, He, Smola and Hovy (2016), Hierarchical attention networks for document classification, NAACL-HLT,
    section 2; there the embedding is 200, the units 50, the context vectors 100. Their HN-AVE is "none" here.

    Examples
    --------
    >>> documents = ["The sea was calm. We liked it.", "It rained. We did not like it."] * 10
    >>> network = DocumentClassifier(embedding=8, units=8, hidden=8)
    >>> learned = network.fit(documents, ["good", "bad"] * 10, rng=0, epochs=15, batch=5)
    >>> reading = learned.predict(["The sea was calm. We liked it."])[0]
    >>> reading.label, reading.sentences[1], reading.sentence_weights.shape
    ('good', ['we', 'liked', 'it', '.'], (2,))
    """

    attention: str = "hierarchical"
    embedding: int = 48
    units: int = 24
    hidden: int = 64
    max_length: int = 80
    most: int = 80
    classes: tuple[str, ...] = ()
    vocabulary: Vocabulary | None = None
    weights: Parameters = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("embedding", "units", "hidden", "max_length", "most"):
            check_number(getattr(self, name), f"{name} from 1 up", least=1)
        check_one_of("attention", self.attention, ATTENTIONS)
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"expected each class once, got {', '.join(self.classes)}")

    def initial(self, *, rng: np.random.Generator | int = 0) -> Self:
        """Give the network as it is before it learns, for its vocabulary and its classes.

        Raises
        ------
        ValueError
            If it has no vocabulary, or fewer than two classes.
        """
        if self.vocabulary is None or len(self.classes) < 2:
            raise ValueError("expected a vocabulary and at least two classes: `fit` learns both from documents")
        rng = np.random.default_rng(rng)
        read = 2 * self.units
        words = rng.standard_normal((len(self.vocabulary), self.embedding), np.float32)
        weights = {"words": words * np.float32(SPREAD)}
        for level, width in (("word", self.embedding), ("sentence", read)):
            if level == "word" or self.attention != "flat":
                weights |= initial_bidirectional(level, width, self._cell, rng)
        attending = HierarchicalAttention(width=read, hidden=self.hidden).parameters(rng)
        weights |= {name: values for name, values in attending.items() if name.split()[0] in self._levels}
        weights["class"] = he_normal(read, len(self.classes), rng)
        weights["class bias"] = np.zeros(len(self.classes), np.float32)
        return replace(self, weights=weights)

    @property
    def _levels(self) -> tuple[str, ...]:
        """Levels on which there is attention."""
        return {"hierarchical": ("word", "sentence"), "flat": ("word",), "none": ()}[self.attention]

    def fit(
        self,
        documents: Sequence[Document],
        labels: Sequence[str],
        *,
        rng: np.random.Generator | int,
        epochs: int = 10,
        batch: int = 32,
        learning_rate: float = 5e-3,
        weight_decay: float = 0.0,
        overlong: str = "refuse",
        resume: Progress | None = None,
        watch: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Give a classifier that has learned from documents and their classes, by AdamW.

        Vocabulary, classes and weights that it has already are kept. A batch is made of documents of similar length.

        Parameters
        ----------
        documents : sequence of str, or of sequences of str
            Texts, which `split_sentences` splits, or lists of sentences.
        labels : sequence of str
            The class of each.
        rng : numpy.random.Generator or int
            The same seed gives the same weights.
        epochs, batch : int
            How often each document is seen, and from how many one step is made.
        learning_rate, weight_decay : float
            Of AdamW: the greatest step, and the share of it by which weights shrink.
        overlong : str
            "refuse", or "cut": what is beyond the limits is not read.
        resume, watch
            Go on with a training that was stopped; called with a `Progress` after each epoch.

        Raises
        ------
        ValueError
            If a document has no words or is too long (the message says which), there is not a label for each, or a
            label is none of the classes.
        """
        if len(documents) != len(labels) or not len(documents):
            raise ValueError(
                f"expected documents and a label for each, got {len(documents)} documents and {len(labels)} labels"
            )
        schedule = Schedule(
            epochs=epochs,
            items=len(documents),
            batch=batch,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clip_norm=CLIP_NORM,
        )
        rng = np.random.default_rng(rng)
        learner = self._for_corpus(documents, labels)
        texts = learner._read(documents, overlong)
        learner = learner if learner.weights else learner.initial(rng=rng)
        wanted = np.array([learner._class(number, label) for number, label in enumerate(labels, start=1)])

        def batches(rng: np.random.Generator, _epoch: int) -> list[_Batch]:
            parts = batches_by_length(learner._sizes(texts), batch, rng)
            return [_Batch(*learner._side_by_side([texts[k] for k in part]), wanted[part]) for part in parts]

        learned = train(learner.weights, learner.loss, batches, schedule, rng=rng, resume=resume, watch=watch)
        return replace(learner, weights=learned)

    def predict(self, documents: Sequence[Document], *, overlong: str = "refuse") -> list[DocumentReading]:
        """Say of each document what class it is, and which sentences and words were attended to.

        Parameters
        ----------
        documents, overlong
            As for `fit`. Of a word that is not in the vocabulary, only that it is there is known.

        Raises
        ------
        ValueError
            If nothing has been learned, or a document has no words or is too long; the message says which.
        """
        if not self.weights:
            raise ValueError("expected a classifier that has learned: call `fit` first")
        texts = self._read(documents, overlong)
        found: dict[int, DocumentReading] = {}
        order = np.lexsort(self._sizes(texts).T[::-1])
        for part in (order[first : first + AT_ONCE] for first in range(0, len(order), AT_ONCE)):
            some = [texts[k] for k in part]
            scores, seen = self._scores(self.weights, *self._side_by_side(some))
            rows = zip(softmax(scores), seen.groups, seen.members, strict=True)
            found |= {k: self._reading(text, *row) for k, text, row in zip(part.tolist(), some, rows, strict=True)}
        return [found[number] for number in range(len(texts))]

    def loss(
        self, weights: Parameters, batch: _Batch, rng: np.random.Generator | None = None
    ) -> tuple[Any, DocumentLossTerms]:
        """Give the mean cross entropy of a batch as a function of the weights, and what came of it as plain numbers."""
        scores, _ = self._scores(weights, batch.words, batch.mask)
        total = anp.sum(cross_entropy(scores, batch.labels)) * np.float32(1 / len(batch.labels))
        right = stop_gradient(scores).argmax(axis=-1) == batch.labels
        return total, DocumentLossTerms(float(stop_gradient(total)), float(right.mean()))

    def _for_corpus(self, documents: Sequence[Document], labels: Sequence[str]) -> Self:
        """Learn the words and the names of the classes, if there are none yet."""
        words: Vocabulary | None = self.vocabulary
        if words is None:
            numbered = enumerate(documents, start=1)
            words = Words.learn([sentence for document in numbered for sentence in sentences_of(*document)])
        return replace(self, vocabulary=words, classes=self.classes or tuple(sorted(set(labels))))

    def _class(self, number: int, label: str) -> int:
        if label not in self.classes:
            names = ", ".join(self.classes)
            raise ValueError(f"document {number}: there is no class '{label}'; expected one of: {names}")
        return self.classes.index(label)

    # From documents to arrays.

    def _read(self, documents: Sequence[Document], overlong: str) -> list[_Text]:
        """Give the words of documents and their numbers, within the limits."""
        if overlong not in OVERLONG:
            raise ValueError(f"expected overlong to be one of: {', '.join(OVERLONG)}; got '{overlong}'")
        if isinstance(documents, str):
            raise TypeError("expected a sequence of documents, got a single text: put it into a list")
        return [self._text(number, document, overlong == "cut") for number, document in enumerate(documents, start=1)]

    def _text(self, number: int, document: Document, cut: bool) -> _Text:
        assert self.vocabulary is not None
        sentences = sentences_of(number, document)
        if len(sentences) > self.most and not cut:
            raise ValueError(f"document {number} has {len(sentences)} sentences; expected at most {self.most}")
        pieces, numbers = [], []
        for place, sentence in enumerate(sentences[: self.most], start=1):
            words = self.vocabulary.pieces(sentence) if sentence.strip() else []
            if not words:
                raise ValueError(f"document {number}, sentence {place}: expected words, got '{sentence}'")
            if len(words) > self.max_length and not cut:
                raise ValueError(
                    f"document {number}, sentence {place} has {len(words)} words; expected at most {self.max_length}"
                )
            pieces.append(words[: self.max_length])
            numbers.append(self.vocabulary.encode(sentence)[: self.max_length])
        return _Text(pieces, numbers)

    def _sizes(self, texts: Sequence[_Text]) -> NDArray[np.int64]:
        """Give the sentences, or words, of each document, and the words of its longest sentence, (n, 2)."""
        lengths = [[len(sentence) for sentence in text.numbers] for text in texts]
        return np.array([[sum(each) if self.attention == "flat" else len(each), max(each)] for each in lengths])

    def _side_by_side(self, texts: Sequence[_Text]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Give numbers of words and which of them exist, (words, n, sentences); a flat document is one sentence."""
        flat = self.attention == "flat"
        documents = [[np.concatenate(text.numbers)] if flat else text.numbers for text in texts]
        max_length = max(len(sentence) for document in documents for sentence in document)
        shape = (max_length, len(documents), max(map(len, documents)))
        words, mask = np.full(shape, PADDING, np.int32), np.zeros(shape, np.bool_)
        for row, document in enumerate(documents):
            for place, sentence in enumerate(document):
                words[: len(sentence), row, place] = sentence
                mask[: len(sentence), row, place] = True
        return words, mask

    # From arrays to scores.

    def _scores(self, weights: Parameters, words: Array, mask: Array) -> tuple[Any, Hierarchy]:
        """Give the scores (n, classes), and what was attended to."""
        seen = self._attended(weights, self._encoded_words(weights, words, mask), mask.transpose(1, 2, 0))
        return linear(seen.context, weights["class"], weights["class bias"]), seen

    def _encoded_words(self, weights: Parameters, words: Array, mask: Array) -> Any:  # noqa: ANN401
        """Read the sentences word by word; give (n, sentences, words, 2 * units).

        The drive of a word is the same wherever it stands: it is worked out once.
        """
        different, places = np.unique(words.reshape(len(words), -1), return_inverse=True)
        rows = take_rows(weights["words"], different)
        places = places.reshape(len(words), -1)
        there, back = (
            take_rows(linear(rows, weights[f"word {way}"], weights[f"word {way} bias"]), places) for way in WAYS
        )
        states = bidirectional(weights, "word", (there, back), self._cell, mask=mask.reshape(places.shape))
        return anp.transpose(anp.reshape(states, (*words.shape, 2 * self.units)), (1, 2, 0, 3))

    def _encoded_sentences(self, weights: Parameters, sentences: Any, mask: Array) -> Any:  # noqa: ANN401
        """Read the sentences (n, sentences, 2 * units) of each document in both directions; give as many numbers."""
        steps = anp.transpose(sentences, (1, 0, 2))
        there, back = (linear(steps, weights[f"sentence {way}"], weights[f"sentence {way} bias"]) for way in WAYS)
        states = bidirectional(weights, "sentence", (there, back), self._cell, mask=mask.T)
        return anp.transpose(states, (1, 0, 2))

    @property
    def _cell(self) -> GRU:
        return GRU(size=self.units)

    def _attended(self, weights: Parameters, words: Any, mask: Array) -> Hierarchy:  # noqa: ANN401
        """Make one vector of each document of its encoded words (n, sentences, words, 2 * units)."""

        def encode(sentences: Any, exist: Array) -> Any:  # noqa: ANN401
            return self._encoded_sentences(weights, sentences, exist)

        if self.attention == "hierarchical":
            network = HierarchicalAttention(width=2 * self.units, hidden=self.hidden)
            return network(weights, words, mask=mask, encode=encode)
        if self.attention == "none":
            return _means(words, mask, encode)
        hidden = tanh(linear(words, weights["word weights"], weights["word bias"]))
        members = softmax(anp.matmul(hidden, weights["word context"]), mask=mask)
        return Hierarchy(_sums(members, words)[:, 0], members, np.ones(mask.shape[:2], np.float32), members)

    def _reading(self, text: _Text, shares: Array, groups: Array, members: Array) -> DocumentReading:
        """Say what came of one document, without the padding."""
        lengths = [len(words) for words in text.pieces]
        if self.attention == "flat":
            inside = np.split(members[0, : sum(lengths)], np.cumsum(lengths)[:-1])
            weights = np.array([part.sum() for part in inside])
            within = [part / whole if whole > 0 else part for part, whole in zip(inside, weights, strict=True)]
        else:
            weights = np.array(groups[: len(lengths)])
            within = [np.array(row[:length]) for row, length in zip(members, lengths, strict=False)]
        importance = [np.sqrt(whole) * part for part, whole in zip(within, weights, strict=True)]
        probabilities = dict(zip(self.classes, shares.tolist(), strict=True))
        label = self.classes[int(shares.argmax())]
        return DocumentReading(label, probabilities, text.pieces, within, weights, importance)


def sentences_of(number: int, document: Document) -> list[str]:
    """Give the sentences of a document, or say which one has none."""
    sentences = split_sentences(document) if isinstance(document, str) else list(document)
    if not sentences:
        raise ValueError(f"document {number}: expected at least one sentence, got an empty document")
    return sentences


def _sums(weights: Any, values: Any) -> Any:  # noqa: ANN401
    """Sum values (..., places, width) with weights (..., places)."""
    return anp.matmul(weights[..., np.newaxis, :], values)[..., 0, :]


def _means(words: Any, mask: Array, encode: Callable[[Any, Array], Any]) -> Hierarchy:  # noqa: ANN401
    """Give the means of words and of sentences, those that exist, in place of attention to them."""
    members, full = _even(mask), np.asarray(mask.any(axis=-1))
    sentences, groups = encode(_sums(members, words), full), _even(full)
    return Hierarchy(_sums(groups, sentences), groups[..., np.newaxis] * members, groups, members)


def _even(exist: Array) -> NDArray[np.float32]:
    """Give what exists equal weights that sum to one; where nothing does, zeros."""
    shares: NDArray[np.float32] = (exist / np.maximum(exist.sum(axis=-1, keepdims=True), 1)).astype(np.float32)
    return shares
