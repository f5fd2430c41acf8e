"""How good translations are, and whether attention is on the words that are translated."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number
from neural.sequences.corpus import Listed, Span

WORD = re.compile(r"\w+")
EDGES = (1, 9, 13, 17, 25)  # shortest sentences of the groups of `bleu_by_length`

Link = tuple[Span, Span]


class LengthRow(NamedTuple):
    """How well sentences of some lengths are translated.

    `lower` and `upper` are the shortest and the greatest length of the group, `sentences` is how many it has.
    """

    lower: int
    upper: int
    sentences: int
    bleu: float


def bleu(hypotheses: Sequence[str], references: Sequence[str], *, lower: bool = True) -> float:
    r"""Compare translations with those of people: BLEU [1]_, 0 to 100.

    .. math:: 100 \, \min\!\left(1, e^{1 - r / c}\right) \exp\Big(\tfrac14 \sum_{n=1}^{4} \ln p_n\Big)

    with :math:`p_n` the share of the sequences of :math:`n` words that are also in the reference of their sentence (no
    more often than there), pooled over all sentences, and :math:`c` and :math:`r` the words of all translations and of
    all references. It is computed by sacrebleu [2]_, so that it can be compared between papers: quote
    `bleu_signature` with it.

    Parameters
    ----------
    hypotheses : list of str
        Translations, as sentences and not cut into words; an empty one is a bad translation.
    references : list of str
        A translation of each by a person.
    lower : bool
        Read capitals as small letters.

    Raises
    ------
    ImportError
        If sacrebleu is not installed.
    ValueError
        If there is no sentence, there are not equally many of both, or a reference is empty.

    References
    ----------
    .. [1] Papineni, Roukos, Ward and Zhu (2002), BLEU: a Method for Automatic Evaluation of Machine Translation, ACL,
       section 2.3.
    .. [2] Post (2018), A Call for Clarity in Reporting BLEU Scores, WMT.

    Examples
    --------
    >>> round(bleu(["a man walks his big dog"], ["A man walks his dog"]), 1)
    53.7
    """
    _check_sentences(hypotheses, references)
    return float(_metric(lower).corpus_score(list(hypotheses), [list(references)]).score)


def bleu_signature(*, lower: bool = True) -> str:
    """Say how `bleu` is computed, in the way that sacrebleu asks to be quoted.

    Raises
    ------
    ImportError
        If sacrebleu is not installed.

    Examples
    --------
    >>> bleu_signature().split("|")[:-1]
    ['nrefs:1', 'case:lc', 'eff:no', 'tok:13a', 'smooth:exp']
    """
    metric = _metric(lower)
    metric.corpus_score(["a"], [["a"]])  # tells it that there is one reference for each sentence
    return str(metric.get_signature())


def bleu_by_length(
    hypotheses: Sequence[str],
    references: Sequence[str],
    lengths: ArrayLike,
    *,
    edges: Sequence[int] = EDGES,
    lower: bool = True,
) -> list[LengthRow]:
    """Compare translations with those of people, apart for short and long sentences [1]_.

    Parameters
    ----------
    hypotheses, references : list of str
        As for `bleu`.
    lengths : array of int, shape (n,)
        Length of each source sentence, such as its words.
    edges : list of int
        Shortest length of each group, rising; the last group goes on to the longest sentence.
    lower : bool
        Read capitals as small letters.

    Returns
    -------
    list of LengthRow
        For the groups in which there are sentences.

    Raises
    ------
    ImportError
        If sacrebleu is not installed.
    ValueError
        If there is not one length for each sentence, a length is below the first edge, edges do not rise, or as for
        `bleu`.

    References
    ----------
    .. [1] Bahdanau, Cho and Bengio (2015), Neural Machine Translation by Jointly Learning to Align and Translate, ICLR,
       figure 2.

    Examples
    --------
    >>> same = ["a man walks his dog", "a man walks his small dog in the big old park"]
    >>> for row in bleu_by_length(same, same, [5, 11]):
    ...     print(row.lower, row.upper, row.sentences, round(row.bleu))
    1 8 1 100
    9 12 1 100
    """
    _check_sentences(hypotheses, references)
    longs = np.asarray(lengths)
    if longs.shape != (len(references),):
        raise ValueError(f"expected {len(references)} lengths, one for each sentence, got shape {longs.shape}")
    if not len(edges) or (np.diff(edges) <= 0).any():
        raise ValueError(f"expected edges that rise, got {tuple(edges)}")
    check_number(longs.min(), f"lengths of at least {edges[0]}, the first edge", least=edges[0])
    rows = []
    for least, beyond in zip(edges, [*edges[1:], max(longs.max() + 1, edges[-1])], strict=True):
        chosen = np.flatnonzero((longs >= least) & (longs < beyond)).tolist()
        if chosen:
            found, wanted = ([texts[k] for k in chosen] for texts in (hypotheses, references))
            rows.append(LengthRow(int(least), int(beyond) - 1, len(chosen), bleu(found, wanted, lower=lower)))
    return rows


def exact_match(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Give the share of translations that are the same as their references, to the letter.

    Raises
    ------
    ValueError
        If there is no sentence, there are not equally many of both, or a reference is empty.

    Examples
    --------
    >>> exact_match(["1983-05-03", "1991-06-08"], ["1983-05-03", "1991-06-07"])
    0.5
    """
    _check_sentences(hypotheses, references)
    return sum(map(str.__eq__, hypotheses, references)) / len(references)


def alignment_error_rate(found: Iterable[Any], sure: Iterable[Any], possible: Iterable[Any] | None = None) -> float:
    r"""Compare links between words with those that people drew: 0 is as they did, 1 is all wrong.

    .. math:: 1 - \frac{|A \cap S| + |A \cap P|}{|A| + |S|}

    with :math:`A` the links found, :math:`S` those that must be there and :math:`P` those that may be [1]_. Links of
    many sentences are compared at once when each link names its sentence.

    Parameters
    ----------
    found : set
        Links, each of any kind that a set can hold, such as (source word, target word).
    sure : set
    possible : set, optional
        Those that are sure are possible too; without it, no others are.

    Raises
    ------
    ValueError
        If no link is sure.

    References
    ----------
    .. [1] Och and Ney (2003), A Systematic Comparison of Various Statistical Alignment Models, Computational
       Linguistics 29(1), section 5.2.

    Examples
    --------
    >>> alignment_error_rate({(0, 0), (1, 2)}, sure={(0, 0), (1, 1)})
    0.5
    >>> alignment_error_rate({(0, 0), (1, 2)}, sure={(0, 0)}, possible={(1, 2)})
    0.0
    """
    links, certain = set(found), set(sure)
    if not certain:
        raise ValueError("expected at least one link that is sure, got none")
    allowed = certain.union(() if possible is None else possible)
    return 1 - (len(links & certain) + len(links & allowed)) / (len(links) + len(certain))


def alignment_links(weights: ArrayLike, listed: Listed) -> list[Link]:
    """Say which word each field of a translation comes from, by where most of the attention is.

    For each field that has a gold link, attention is summed over its characters, and over the characters of each word
    of the source; it is linked to the word with the greatest sum, or to none where there is no attention at all. A
    blank or punctuation mark belongs to the word before it: a recurrent encoder that reads from left to right knows a
    word best where it ends. A number is one word here, though it is spelled in several.

    Parameters
    ----------
    weights : array, shape (target characters, source characters)
        Attention; one more row, for the end of the sentence, is left out.
    listed : Listed
        Source and gold links.

    Returns
    -------
    list of ((int, int), (int, int))
        Links like those of `listed`.

    Raises
    ------
    ValueError
        If `weights` has another shape, or a weight is negative or no number.

    Examples
    --------
    >>> listed = Listed("3 may", "05-03", [(0, 5, 0, 5)], [((2, 5), (0, 2)), ((0, 1), (3, 5))])
    >>> weights = np.zeros((5, 5))
    >>> weights[0, 4], weights[1, 3], weights[2:, 1] = 1, 1, 1
    >>> alignment_links(weights, listed)
    [((2, 5), (0, 2)), ((0, 1), (3, 5))]
    """
    shares = _on_characters(weights, listed)
    words = _source_words(listed)
    begins = [0, *(start for start, _ in words[1:])]
    links = []
    for _, (start, stop) in listed.links:
        sums = np.add.reduceat(shares[start:stop].sum(axis=0), begins)
        if sums.any():
            links.append((words[int(sums.argmax())], (start, stop)))
    return links


def alignment_error_rate_of(weights: Sequence[ArrayLike], lists: Sequence[Listed]) -> float:
    """Give the `alignment_error_rate` of attention over many lists, all their gold links being sure.

    Parameters
    ----------
    weights : list of array, each of shape (target characters, source characters)
        Attention while each list is translated, see `alignment_links`.
    lists : list of Listed

    Raises
    ------
    ValueError
        If there is no list, there are not equally many of both, or as for `alignment_links`.

    Examples
    --------
    >>> listed = Listed("3 may", "05-03", [(0, 5, 0, 5)], [((2, 5), (0, 2)), ((0, 1), (3, 5))])
    >>> alignment_error_rate_of([np.eye(5)[[4, 4, 4, 4, 4]]], [listed])
    0.5
    """
    if not len(lists) or len(weights) != len(lists):
        raise ValueError(f"expected weights for each of at least one list, got {len(weights)} for {len(lists)}")
    found = {
        (k, link)
        for k, (each, listed) in enumerate(zip(weights, lists, strict=True))
        for link in alignment_links(each, listed)
    }
    return alignment_error_rate(found, {(k, link) for k, listed in enumerate(lists) for link in listed.links})


def attention_on_source(weights: ArrayLike, spans: Sequence[tuple[int, int, int, int]]) -> NDArray[np.float64]:
    r"""Give the share of the attention that is on the right item of the source, for each item of the translation.

    .. math:: \frac{\sum_{t \in T_k} \sum_{s \in S_k} w_{ts}}{\sum_{t \in T_k} \sum_s w_{ts}}

    with :math:`T_k` and :math:`S_k` the characters of item :math:`k` in translation and source. It is also the share of
    the gradients :math:`|\partial \ln p(y_t) / \partial x_s|`: how much of what the translation depends on is right.
    Where every character counts the same, as by chance, it is what `weights` of ones give.

    Parameters
    ----------
    weights : array, shape (target characters, source characters)
        Not negative; one more row, for the end of the sentence, belongs to no item.
    spans : list of (int, int, int, int)
        First character of the item in the source, one after its last, and the same in the translation: `Listed.spans`.

    Returns
    -------
    array, shape (items,)
        0 to 1; nan for an item where all weights are 0.

    Raises
    ------
    ValueError
        If there is no item, an item has no characters or is not within `weights`, or a weight is negative or no number.

    Examples
    --------
    >>> attention_on_source([[0.8, 0.2, 0.0], [0.1, 0.4, 0.5]], [(0, 1, 0, 1), (1, 3, 1, 2)])
    array([0.8, 0.9])
    """
    shares = _nonnegative(weights)
    if not len(spans):
        raise ValueError("expected spans of at least one item, got none")
    for span in spans:
        start, stop, first, last = span
        if not (0 <= start < stop <= shares.shape[1] and 0 <= first < last <= shares.shape[0]):
            raise ValueError(f"expected spans within weights of shape {shares.shape}, got {tuple(span)}")
    sums = np.array([(shares[t0:t1, s0:s1].sum(), shares[t0:t1].sum()) for s0, s1, t0, t1 in spans])
    right = np.full(len(sums), np.nan)
    np.divide(sums[:, 0], sums[:, 1], out=right, where=sums[:, 1] > 0)
    return right


def _metric(lower: bool) -> Any:  # noqa: ANN401
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError:
        raise ImportError('BLEU needs sacrebleu: pip install "foveal[translation]"') from None
    return BLEU(lowercase=lower, force=True)


def _check_sentences(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    for name, texts in (("translations", hypotheses), ("references", references)):
        if isinstance(texts, str):
            raise TypeError(f"expected {name} as a list of sentences, got one str")
    if not len(references) or len(hypotheses) != len(references):
        raise ValueError(
            f"expected a reference for each of at least one translation, got {len(hypotheses)} translations and "
            f"{len(references)} references"
        )
    for number, text in enumerate(references, start=1):
        if not text.strip():
            raise ValueError(f"expected references to compare with, but reference {number} is empty")


def _nonnegative(weights: ArrayLike) -> NDArray[np.float64]:
    shares = np.asarray(weights, np.float64)
    if shares.ndim != 2:
        raise ValueError(f"expected weights of shape (target, source), got shape {shares.shape}")
    if not (shares >= 0).all() or np.isinf(shares).any():
        raise ValueError("expected weights that are finite and not negative, got others")
    return shares


def _on_characters(weights: ArrayLike, listed: Listed) -> NDArray[np.float64]:
    shares = _nonnegative(weights)
    rows, columns = len(listed.target), len(listed.source)
    if shares.shape not in ((rows, columns), (rows + 1, columns)):
        raise ValueError(
            f"expected weights of shape ({rows}, {columns}), or with one more row for the end, got {shares.shape}"
        )
    return shares[:rows]


def _source_words(listed: Listed) -> list[Span]:
    """Give the words of the source in order; what a gold link joins is one word."""
    linked = {source for source, _ in listed.links}
    words = {each.span() for each in WORD.finditer(listed.source)}
    alone = {word for word in words if not any(start < word[1] and word[0] < stop for start, stop in linked)}
    return sorted(linked | alone)
