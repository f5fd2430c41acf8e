"""Whether a document classifier's answer hangs on the sentence that it attends to: the deletion test."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neural.sequences.documents import Document, DocumentClassifier, sentences_of


class Deletion(NamedTuple):
    """How often a classifier changes its answer when a sentence is deleted, as shares of the documents.

    Parameters
    ----------
    attended : float
        Without the sentence that it attends to most.
    other : float
        Without one of the others, drawn at random.
    documents : int
        How many documents have two sentences or more, and so count.
    """

    attended: float
    other: float
    documents: int


def deletion(
    classifier: DocumentClassifier, documents: Sequence[Document], *, rng: np.random.Generator | int
) -> Deletion:
    """Delete the sentence that is attended to most, or another one, and see how often the answer changes.

    Weights tell where a network looks, not what its answer hangs on: that is what this tells.

    Parameters
    ----------
    classifier : DocumentClassifier
        It has learned.
    documents : sequence of str, or of sequences of str
        A document of a single sentence is left out.
    rng : numpy.random.Generator or int
        Draws the other sentence.

    Raises
    ------
    ValueError
        If no document has two sentences.

    References
    ----------
    Serrano and Smith (2019), Is attention interpretable?, ACL, section 4: there single words are erased.
    """
    rng = np.random.default_rng(rng)
    split = [sentences_of(*each) for each in enumerate(documents, start=1)]
    several = [sentences for sentences in split if len(sentences) > 1]
    if not several:
        raise ValueError("expected at least one document of two sentences or more")
    readings = classifier.predict(several)
    attended = [reading.most_attended()[0] for reading in readings]
    others = [_other(place, len(sentences), rng) for place, sentences in zip(attended, several, strict=True)]
    changed = []
    for places in (attended, others):
        left = [[*each[:place], *each[place + 1 :]] for each, place in zip(several, places, strict=True)]
        after = classifier.predict(left)
        changed.append(np.mean([one.label != two.label for one, two in zip(readings, after, strict=True)]))
    return Deletion(float(changed[0]), float(changed[1]), len(several))


def _other(place: int, count: int, rng: np.random.Generator) -> int:
    """Draw one of `count` places that is not this one."""
    return int((place + 1 + rng.integers(count - 1)) % count)
