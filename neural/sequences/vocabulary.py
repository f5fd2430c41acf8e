"""Sentences as numbers: what a network that translates reads and writes, by characters, words or pieces of words."""

import base64
import binascii
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_number

PADDING, START, END, UNKNOWN = 0, 1, 2, 3
SIGNS = ("", "", "", "<unknown>")  # how the four signs that every vocabulary has are shown, by their numbers
PIECE = re.compile(r"\w+(?:['\u2019]\w+|(?<=[^\W\d_])-(?=[^\W\d_])\w+|(?<=\d)[.,](?=\d)\w+)*|[^\w\s]")
CLOSING, OPENING = frozenset(".,;:!?)]}%…»”\u2019"), frozenset("([{$£€#«„\u2018")
CLOSES = {'"': '"', "'": "'", "“": "„"}  # marks that open, unless there is a mark open that they close
BETWEEN_NUMBERS = frozenset("-:/")
BLANK = "▁"  # how sentencepiece writes a blank


class Vocabulary(Protocol):
    """Any way to turn sentences into numbers and back; the numbers 0 to 3 are `PADDING`, `START`, `END`, `UNKNOWN`."""

    def __len__(self) -> int:
        """Count the numbers, the four signs among them."""
        ...

    def pieces(self, sentence: str) -> list[str]:
        """Cut a sentence into the pieces that have a number each; those that are not known are kept as they are."""
        ...

    def encode(self, sentence: str) -> NDArray[np.int32]:
        """Give the number of each piece, without `START` and `END`."""
        ...

    def decode(self, numbers: Iterable[int]) -> str:
        """Give the sentence of these numbers, up to the first `END`."""
        ...

    def piece(self, number: int) -> str:
        """Give the piece of a number; `PADDING`, `START` and `END` are empty."""
        ...

    def join(self, pieces: Sequence[str]) -> str:
        """Put pieces together to a sentence again."""
        ...


@dataclass(frozen=True)
class _TokenList(Vocabulary):
    """A vocabulary that lists its tokens, each once; their numbers begin at 4."""

    tokens: tuple[str, ...]

    def __len__(self) -> int:
        return len(SIGNS) + len(self.tokens)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens, start=len(SIGNS))}

    def encode(self, sentence: str) -> NDArray[np.int32]:
        """Give the number of each piece of a sentence."""
        return np.array([self._numbers.get(piece, UNKNOWN) for piece in self.pieces(sentence)], np.int32)

    def decode(self, numbers: Iterable[int]) -> str:
        """Give the sentence of these numbers, up to the first `END`."""
        return _decoded(self, numbers)

    def piece(self, number: int) -> str:
        """Give the piece of a number."""
        _check_number(number, len(self))
        return SIGNS[number] if number < len(SIGNS) else self.tokens[number - len(SIGNS)]


@dataclass(frozen=True)
class Characters(_TokenList):
    """Every character is a number: there are few, none is rare, and sentences are long.

    Parameters
    ----------
    tokens : tuple of str
        The characters, each once; their numbers begin at 4.

    Raises
    ------
    ValueError
        If a token is not one character, or is there twice.

    Examples
    --------
    >>> vocabulary = Characters.learn(["3 may", "7 june"])
    >>> len(vocabulary), vocabulary.encode("may 3").tolist()
    (14, [10, 7, 13, 4, 5])
    >>> vocabulary.decode(vocabulary.encode("7 x"))
    '7 <unknown>'
    """

    def __post_init__(self) -> None:
        _check_tokens(self.tokens)
        for token in self.tokens:
            if len(token) != 1:
                raise ValueError(f"expected single characters, got '{token}'")

    @classmethod
    def learn(cls, sentences: Iterable[str]) -> Self:
        """Take the characters of these sentences, in the order of their code.

        Raises
        ------
        ValueError
            If there is no sentence, or one is empty.
        """
        return cls(tuple(sorted(set().union(*_checked(sentences)))))

    def pieces(self, sentence: str) -> list[str]:
        """Give the characters."""
        return list(_sentence(sentence))

    def join(self, pieces: Sequence[str]) -> str:
        """Put characters one after the other."""
        return "".join(pieces)


@dataclass(frozen=True)
class Words(_TokenList):
    """Every frequent word or punctuation mark is a number; rare words are unknown.

    A word is letters and digits, with apostrophes inside, hyphens between letters, and points and commas between
    digits: *don't*, *t-shirt* and *3.5* are words. Every other mark stands alone.

    Parameters
    ----------
    tokens : tuple of str
        The words, each once; their numbers begin at 4.
    lower : bool
        Read capitals as small letters.

    Raises
    ------
    ValueError
        If a token is empty or there twice.

    Examples
    --------
    >>> vocabulary = Words.learn(["A man, a dog.", "A dog (brown)."], least=1)
    >>> vocabulary.pieces("A dog's man.")
    ['a', "dog's", 'man', '.']
    >>> vocabulary.decode(vocabulary.encode("a man (old), a dog."))
    'a man (<unknown>), a dog.'
    """

    lower: bool = True

    def __post_init__(self) -> None:
        _check_tokens(self.tokens)

    @classmethod
    def learn(cls, sentences: Iterable[str], *, least: int = 2, most: int | None = None, lower: bool = True) -> Self:
        """Take the words of these sentences, the most frequent first.

        Parameters
        ----------
        sentences : iterable of str
        least : int
            Words that are there less often are left out.
        most : int, optional
            Take no more words than so many.
        lower : bool
            Read capitals as small letters.

        Raises
        ------
        ValueError
            If there is no sentence, one is empty, or no word is frequent enough.
        """
        check_number(least, "least of at least 1", least=1)
        if most is not None:
            check_number(most, "most of at least 1", least=1)
        counts = Counter(word for each in _checked(sentences) for word in _words(each, lower))
        frequent = [word for word, count in counts.items() if count >= least]
        if not frequent:
            raise ValueError(f"expected a word that is there at least {least} times, but there is none")
        return cls(tuple(sorted(frequent, key=lambda word: (-counts[word], word))[:most]), lower)

    def pieces(self, sentence: str) -> list[str]:
        """Give the words and punctuation marks."""
        return _words(_sentence(sentence), self.lower)

    def join(self, pieces: Sequence[str]) -> str:
        """Put words together with the blanks that are usual around punctuation marks.

        No blank before a full stop, none after a bracket that opens, and straight quotation marks open and close by
        turns. Where usage differs (a dash between two numbers, a slash), marks that can be tight are.
        """
        return _spaced(pieces)


@dataclass(frozen=True)
class Subwords:
    """Frequent words are whole, rare ones are cut into pieces: few numbers, and hardly anything is unknown.

    The pieces are those of a unigram model [1]_ of the library sentencepiece; a piece that begins with ▁ begins a word.
    The text is changed only by `lower` and in its blanks, of which one is left between words.

    Parameters
    ----------
    model : str
        A model of sentencepiece, in base64, in which padding, start, end and unknown have the numbers 0 to 3.
    lower : bool
        Read capitals as small letters.

    Raises
    ------
    ImportError
        When it is used and sentencepiece is not installed.
    ValueError
        When it is used and `model` is none, or has other numbers for the four signs.

    References
    ----------
    .. [1] Kudo (2018), Subword Regularization: Improving Neural Network Translation Models with Multiple Subword
       Candidates, ACL, section 3.2.

    Examples
    --------
    >>> vocabulary = Subwords.learn(["the dogs run", "a dog ran", "the dog runs"], size=20)
    >>> vocabulary.decode(vocabulary.encode("The dogs ran"))
    'the dogs ran'
    """

    model: str
    lower: bool = True

    @classmethod
    def learn(cls, sentences: Iterable[str], *, size: int = 4000, lower: bool = True) -> Self:
        """Learn which pieces describe these sentences best; the same sentences give the same model.

        Parameters
        ----------
        sentences : iterable of str
        size : int
            Numbers, the four signs among them; fewer where the sentences do not have as many pieces.
        lower : bool
            Read capitals as small letters.

        Raises
        ------
        ImportError
            If sentencepiece is not installed.
        ValueError
            If there is no sentence, one is empty, or `size` is less than the characters and signs that there are.
        """
        texts = [_tidied(each, lower) for each in _checked(sentences)]
        least = len(SIGNS) + len({" "}.union(*texts))
        check_number(size, f"a size of at least {least}, for the characters of these sentences", least=least)
        trained = io.BytesIO()
        _sentencepiece().SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=trained,
            vocab_size=size,
            hard_vocab_limit=False,
            character_coverage=1.0,
            normalization_rule_name="identity",
            max_sentence_length=max(len(text.encode()) for text in texts) + 1,
            pad_id=PADDING,
            bos_id=START,
            eos_id=END,
            unk_id=UNKNOWN,
            num_threads=1,
            minloglevel=3,
        )
        return cls(base64.b64encode(trained.getvalue()).decode("ascii"), lower)

    def __len__(self) -> int:
        return int(self._processor.get_piece_size())

    @cached_property
    def _processor(self) -> Any:  # noqa: ANN401
        processor = _sentencepiece().SentencePieceProcessor()
        try:
            processor.LoadFromSerializedProto(base64.b64decode(self.model, validate=True))
        except (binascii.Error, RuntimeError):
            raise ValueError("expected a model of sentencepiece in base64, got what is none") from None
        signs = (processor.pad_id(), processor.bos_id(), processor.eos_id(), processor.unk_id())
        if signs != (PADDING, START, END, UNKNOWN):
            raise ValueError(
                f"expected a model in which padding, start, end and unknown are {PADDING}, {START}, {END} and "
                f"{UNKNOWN}, got {', '.join(map(str, signs))}"
            )
        return processor

    def pieces(self, sentence: str) -> list[str]:
        """Give the pieces of words."""
        return list(self._processor.encode(_tidied(sentence, self.lower), out_type=str))

    def encode(self, sentence: str) -> NDArray[np.int32]:
        """Give the number of each piece."""
        return np.array(self._processor.encode(_tidied(sentence, self.lower), out_type=int), np.int32)

    def decode(self, numbers: Iterable[int]) -> str:
        """Give the sentence of these numbers, up to the first `END`."""
        return _decoded(self, numbers)

    def piece(self, number: int) -> str:
        """Give the piece of a number."""
        _check_number(number, len(self))
        return SIGNS[number] if number < len(SIGNS) else str(self._processor.id_to_piece(int(number)))

    def join(self, pieces: Sequence[str]) -> str:
        """Put pieces one after the other, with a blank where a word begins."""
        return "".join(pieces).replace(BLANK, " ").strip()


VOCABULARIES: dict[str, type[Characters] | type[Words] | type[Subwords]] = {
    "characters": Characters,
    "words": Words,
    "subwords": Subwords,
}


def _sentencepiece() -> Any:  # noqa: ANN401
    try:
        import sentencepiece
    except ImportError:
        raise ImportError(
            'subwords need sentencepiece (pip install "foveal[translation]"); characters and words do without'
        ) from None
    return sentencepiece


def _sentence(sentence: str) -> str:
    if not isinstance(sentence, str):
        raise TypeError(f"expected a sentence as a str, got {type(sentence).__name__}")
    if not sentence.strip():
        raise ValueError("expected a sentence, got an empty one")
    return sentence


def _tidied(sentence: str, lower: bool) -> str:
    """Leave one blank between words; the sign for a blank is one too."""
    text = _sentence(" ".join(_sentence(sentence).replace(BLANK, " ").split()))
    return text.lower() if lower else text


def _checked(sentences: Iterable[str]) -> list[str]:
    if isinstance(sentences, str):
        raise TypeError("expected a list of sentences, got one str")
    texts = list(sentences)
    if not texts:
        raise ValueError("expected sentences to learn a vocabulary from, got none")
    for number, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            raise TypeError(f"expected sentences as str, got {type(text).__name__} as sentence {number}")
        if not text.strip():
            raise ValueError(f"expected sentences to learn a vocabulary from, but sentence {number} is empty")
    return texts


def _check_tokens(tokens: Sequence[str]) -> None:
    if not tokens:
        raise ValueError("expected at least one token")
    for token, count in Counter(tokens).items():
        if not token:
            raise ValueError("expected tokens that are not empty")
        if count > 1:
            raise ValueError(f"expected each token once, got '{token}' {count} times")


def _check_number(number: int, count: int) -> None:
    check_number(number, f"a number from 0 to {count - 1}, as this vocabulary has", least=0, below=count)


def _decoded(vocabulary: Vocabulary, numbers: Iterable[int]) -> str:
    pieces = []
    for number in numbers:
        if number == END:
            break
        if number not in (PADDING, START):
            pieces.append(vocabulary.piece(number))
    return vocabulary.join(pieces)


def _words(sentence: str, lower: bool) -> list[str]:
    return PIECE.findall(sentence.lower() if lower else sentence)


def _spaced(pieces: Sequence[str]) -> str:
    """Put words together; each mark says whether there is a blank before it and after it."""
    text, blank, open_marks = "", False, set[str]()
    for before, piece, after in zip(["", *pieces], pieces, [*pieces[1:], ""], strict=False):
        inside = piece == "/" or (piece in BETWEEN_NUMBERS and before[-1:].isdigit() and after[:1].isdigit())
        ends = CLOSES.get(piece) in open_marks
        begins = piece in OPENING or (piece in CLOSES and not ends)
        text += " " * (blank and not (piece in CLOSING or inside or ends)) + piece
        blank = not (inside or begins)
        open_marks = open_marks - {CLOSES[piece]} if ends else open_marks | {piece} if begins else open_marks
    return text
