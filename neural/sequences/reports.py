"""Generated reports with a known verdict sentence, and documents from files."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from foveation.checks import check_number
from foveation.files import read_text

# Reports that are made up: of a hotel, with one sentence that says what the writer thinks of it.

VERDICTS = {
    "praise": ("wonderful", "excellent", "splendid", "delightful"),
    "doubt": ("ordinary", "average", "passable", "unremarkable"),
    "complaint": ("dreadful", "awful", "terrible", "miserable"),
}
NOW = ("this time", "this year", "on this visit", "in the end")
EARLIER = ("last year", "years ago", "on our first visit", "long ago")
OURSELVES = ("I", "we", "both of us", "my wife and I")
SOMEBODY = ("my uncle", "the driver", "a neighbour", "the couple at our table")
JUDGED = ("found", "thought", "considered", "judged")
NOT_JUDGED = ("never found", "never thought", "never considered", "never judged")
SUBJECT = ("the hotel", "this hotel", "the whole hotel", "the old hotel")
ANOTHER = ("the station", "the beach", "the harbour", "the next village")
DEGREES = ("", "quite", "rather", "simply", "really")
TAILS = ("", "from the first day", "in every way", "by far", "all in all")
PARTS = (NOW, OURSELVES, JUDGED, SUBJECT)
OTHER_PARTS = (EARLIER, SOMEBODY, NOT_JUDGED, ANOTHER)
PLACES = ("the room", "the kitchen", "the garden", "the library", "the hall", "the terrace", "the hotel", "the station")
SCENERY = (
    "{place} had {count} windows and a door to the street",
    "{who} walked from {place} to {place2} before breakfast",
    "there was a picture of {place} on the wall",
    "{who} thought about the weather {time}",
    "{time} it rained for {count} days",
    "{who} found {count} keys near {place}",
    "breakfast was at {count} and dinner at {count2}",
    "{who} never saw {place2} from {place}",
    "{time} {who} paid for {count} nights",
    "{place} is {count} minutes from {place2}",
)
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")


class GeneratedDocument(NamedTuple):
    """A report that is made up, and what its class hangs on.

    Parameters
    ----------
    text : str
        Its sentences, as `split_sentences` splits them.
    label : str
        Its class: "praise", "doubt" or "complaint".
    sentence, word : int
        The number of the sentence that decides, and of the word in it.
    """

    text: str
    label: str
    sentence: int
    word: int


def generated_documents(
    count: int,
    rng: np.random.Generator | int,
    *,
    decoys: tuple[int, int] = (2, 5),
    fillers: tuple[int, int] = (4, 10),
) -> list[GeneratedDocument]:
    """Make up reports of a hotel, whose class is what the writer thinks of it now: one word, in one sentence.

    "This year we found the hotel awful." decides. A decoy differs from such a sentence in one thing: it is of an
    earlier time, another person, another place, or it is denied; its own word of praise, doubt or complaint is drawn by
    lot, and says nothing of the class. All else is scenery, made of the same small words. The order is drawn, too. So
    neither the words without their order suffice, nor the place of a sentence.

    Parameters
    ----------
    count : int
        How many.
    rng : numpy.random.Generator or int
        Source of randomness.
    decoys, fillers : tuple of int
        Fewest and most decoys, and sentences of scenery.

    Raises
    ------
    ValueError
        If the count is below 1, or numbers of sentences are not from 0 up, the fewest first.

    Examples
    --------
    >>> from neural.sequences.documents import split_sentences
    >>> report = generated_documents(1, rng=1, decoys=(1, 1), fillers=(1, 1))[0]
    >>> for sentence in split_sentences(report.text):
    ...     print(sentence)
    The driver judged this hotel rather terrible in every way this year.
    This year it rained for nine days.
    My wife and I judged the hotel unremarkable all in all on this visit.
    >>> report.label, report.sentence, report.word
    ('doubt', 2, 7)
    """
    check_number(count, "at least one document", least=1)
    for name, (fewest, greatest) in (("decoys", decoys), ("fillers", fillers)):
        if not 0 <= fewest <= greatest:
            raise ValueError(f"expected {name} from 0 up, the fewest first, got {fewest} and {greatest}")
    rng = np.random.default_rng(rng)
    return [_document(rng, decoys, fillers) for _ in range(count)]


def _document(rng: np.random.Generator, decoys: tuple[int, int], fillers: tuple[int, int]) -> GeneratedDocument:
    label = _drawn(tuple(VERDICTS), rng)
    key, word = _verdict(label, PARTS, rng)
    sentences = [key]
    sentences += [_decoy(rng) for _ in range(rng.integers(*decoys, endpoint=True))]
    sentences += [_scenery(rng) for _ in range(rng.integers(*fillers, endpoint=True))]
    order = rng.permutation(len(sentences)).tolist()
    text = " ".join(f"{sentences[k][0].upper()}{sentences[k][1:]}." for k in order)
    return GeneratedDocument(text, label, order.index(0), word)


def _decoy(rng: np.random.Generator) -> str:
    """Give a sentence that would decide, were it not for one thing."""
    odd = int(rng.integers(len(PARTS)))
    parts = [OTHER_PARTS[k] if k == odd else part for k, part in enumerate(PARTS)]
    return _verdict(_drawn(tuple(VERDICTS), rng), parts, rng)[0]


def _verdict(label: str, parts: Sequence[Sequence[str]], rng: np.random.Generator) -> tuple[str, int]:
    """Give a sentence in which somebody judges something, and the number of the word that says how.

    The time is at its beginning or at its end.
    """
    time, *rest, degree, word, tail = (_drawn(part, rng) for part in (*parts, DEGREES, VERDICTS[label], TAILS))
    early = bool(rng.integers(2))
    before = " ".join([time] * early + rest + [degree]).split()
    after = " ".join([tail] + [time] * (not early)).split()
    return " ".join([*before, word, *after]), len(before)


def _scenery(rng: np.random.Generator) -> str:
    (first, second), (low, high) = rng.permutation(PLACES)[:2].tolist(), rng.permutation(COUNTS)[:2].tolist()
    names = {"place": first, "place2": second, "count": low, "count2": high}
    people, times = OURSELVES + SOMEBODY, NOW + EARLIER
    return _drawn(SCENERY, rng).format(who=_drawn(people, rng), time=_drawn(times, rng), **names)


def _drawn(words: Sequence[str], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]


def read_documents(path: str | Path) -> tuple[list[str], list[str]]:
    r"""Read documents and their classes from a text file: in each line a label, a tab, and the text.

    Empty lines are passed over.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8.

    Returns
    -------
    list of str, list of str
        Texts, and the label of each.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If a line is no label and text with one tab between (the message names file and row), or all have one label.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "letters.tsv"
    >>> _ = path.write_text("praise\tWe liked it. Thank you!\ncomplaint\tIt rained.\n")
    >>> read_documents(path)
    (['We liked it. Thank you!', 'It rained.'], ['praise', 'complaint'])
    """
    documents, labels = [], []
    for row, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 2 or not all(cells):
            raise ValueError(f"'{path}', row {row}: expected a label, a tab and a text, got '{line[:60]}'")
        labels.append(cells[0])
        documents.append(cells[1])
    if len(set(labels)) < 2:
        raise ValueError(f"'{path}': expected documents of at least two classes, got {len(set(labels))}")
    return documents, labels
