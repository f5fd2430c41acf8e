"""Figures of documents: the text itself, with what a classifier attended to on both levels."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextToPath

from foveation.figures import MILLIMETRE, PAGE_MM
from neural.figures.style import COLOURS, SMALL
from neural.sequences.documents import DocumentReading
from neural.sequences.vocabulary import Words

WORD_COLOUR, SENTENCE_COLOUR = COLOURS[0], COLOURS[1]
POINT_MM = 25.4 / 72
EDGE_MM, BARS_MM, GAP_MM = 3.0, 22.0, 3.0  # around all, of the bars, and between bars and text
LINE, HEADING_MM, BETWEEN_MM, NOTE_MM = 1.75, 8.0, 1.0, 3.2  # LINE: of the size of the letters
MARGIN_MM = 0.4  # of a shade beside its word, where there is a blank
SPACING = Words(("any",))  # knows where blanks stand between words and marks, whatever the words
DARKEST = 0.75  # opacity behind the most important word
NOTE = "Bars: weight of the sentence. Shade: importance of the word, darkest for the greatest of the document."
NOTE_PLANTED = " Triangle and line: what decides."
NOTE_LETTERS = 0.75  # letters a millimetre
LIGHTEST = 0.02  # words of less importance, relative to the greatest, are left white


class _Placed(NamedTuple):
    """A word on the page: sentence, word, line of its sentence, left and right edge in mm, and those of its shade."""

    sentence: int
    word: int
    line: int
    left: float
    right: float
    shade: tuple[float, float]


def document_figure(
    *readings: DocumentReading,
    headings: Sequence[str] = (),
    planted: Sequence[tuple[int, int]] = (),
    letters_pt: float = 8.0,
    width_mm: float = PAGE_MM,
) -> Figure:
    r"""Draw documents word by word: bars for the weights of sentences, shades for the importance of words.

    A bar left of each sentence is as long as its weight :math:`p(i)`, which stands beside it in percent. The shade
    behind a word is its importance :math:`\sqrt{p(i)}\, p(j | i)`, relative to the greatest in its document. Sentences
    that are too long for a line go on in the next one.

    Parameters
    ----------
    readings : DocumentReading
        One or more, from `DocumentClassifier.predict`; they are drawn below each other.
    headings : sequence of str
        What stands above each document, before what was said of it.
    planted : sequence of (int, int)
        For each document the sentence and the word that decide, where they are known: the word is underlined, and a
        triangle marks its sentence.
    letters_pt : float
        Size of the letters, in points.
    width_mm : float
        Width of the figure.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no document, headings or planted places are given for others than all of them, or there is no such
        word.

    References
    ----------
    Yang et al. (2016), Hierarchical attention networks for document classification, NAACL-HLT, figures 5 and 6.
    """
    _check(readings, headings, planted)
    room = width_mm - 2 * EDGE_MM - BARS_MM - GAP_MM
    placed = [_placed(reading, letters_pt, room) for reading in readings]
    line_mm = LINE * letters_pt * POINT_MM
    heights = [HEADING_MM + _height(words, line_mm) for words in placed]
    note = fill(NOTE + (NOTE_PLANTED if planted else ""), int(NOTE_LETTERS * width_mm))
    height_mm = sum(heights) + NOTE_MM * (1 + note.count("\n")) + EDGE_MM
    figure = Figure(figsize=(width_mm * MILLIMETRE, height_mm * MILLIMETRE))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width_mm), ylim=(height_mm, 0))
    ax.set_axis_off()
    top = 0.0
    for number, (reading, words, height) in enumerate(zip(readings, placed, heights, strict=True)):
        heading = f"{headings[number]}: " if headings else ""
        _draw_heading(f"{heading}{_said(reading)}", top, ax)
        key = planted[number] if planted else None
        _draw_document(reading, words, ax, top=top + HEADING_MM, letters_pt=letters_pt, key=key)
        top += height
    ax.text(EDGE_MM, top + GAP_MM / 2, note, fontsize=SMALL, color="0.3", va="top")
    return figure


def _check(readings: Sequence[DocumentReading], headings: Sequence[str], planted: Sequence[tuple[int, int]]) -> None:
    if not readings:
        raise ValueError("expected at least one document that was read, got none")
    for name, given in (("headings", headings), ("planted places", planted)):
        if given and len(given) != len(readings):
            raise ValueError(f"expected {name} for all {len(readings)} documents or for none, got {len(given)}")
    for number, (sentence, word) in enumerate(planted):
        lengths = [len(words) for words in readings[number].sentences]
        if not 0 <= sentence < len(lengths) or not 0 <= word < lengths[sentence]:
            raise ValueError(f"document {number} has no word {word} in a sentence {sentence} to mark")


def _said(reading: DocumentReading) -> str:
    ordered = sorted(reading.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in ordered[:4])


def _placed(reading: DocumentReading, letters_pt: float, room_mm: float) -> list[_Placed]:
    """Lay the words of each sentence out in lines of this width, in millimetres from the left edge of the text."""
    font = FontProperties(size=letters_pt)
    blank = _width_mm("n n", font) - _width_mm("nn", font)
    placed = []
    for number, words in enumerate(reading.sentences):
        widths = [_width_mm(word, font) for word in words]
        right, line, place = -blank, 0, 0
        for run in _runs(words):
            left = right + blank
            if left + sum(widths[place : place + run]) > room_mm and left > 0:
                left, line = 0.0, line + 1
            for inside in range(run):
                if left + widths[place] > room_mm and inside:
                    left, line = 0.0, line + 1
                right = left + widths[place]
                shade = (left - MARGIN_MM * (inside == 0), right + MARGIN_MM * (inside == run - 1))
                placed.append(_Placed(number, place, line, left, right, shade))
                left, place = right, place + 1
    return placed


def _runs(words: Sequence[str]) -> list[int]:
    """Count the words and marks of each run between two blanks."""
    text, end, runs = SPACING.join(words), 0, [0]
    for word in words:
        start = text.index(word, end)
        if start > end:
            runs.append(0)
        runs[-1] += 1
        end = start + len(word)
    return runs


def _width_mm(text: str, font: FontProperties) -> float:
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, False)
    return float(width) * POINT_MM


def _lines(words: Sequence[_Placed]) -> list[int]:
    """Count the lines of each sentence."""
    count = [0] * (words[-1].sentence + 1)
    for word in words:
        count[word.sentence] = word.line + 1
    return count


def _height(words: Sequence[_Placed], line_mm: float) -> float:
    lines = _lines(words)
    return sum(lines) * line_mm + len(lines) * BETWEEN_MM


def _draw_heading(text: str, top: float, ax: Axes) -> None:
    ax.text(EDGE_MM, top + 0.55 * HEADING_MM, text, fontsize=8, weight="bold", va="center", parse_math=False)


def _draw_document(
    reading: DocumentReading,
    words: Sequence[_Placed],
    ax: Axes,
    *,
    top: float,
    letters_pt: float,
    key: tuple[int, int] | None,
) -> None:
    """Draw bars and words, the first line at `top` (millimetres)."""
    line_mm = LINE * letters_pt * POINT_MM
    lines = _lines(words)
    tops = top + np.cumsum([0.0, *[count * line_mm + BETWEEN_MM for count in lines[:-1]]])
    left = EDGE_MM + BARS_MM + GAP_MM
    for number, (weight, start) in enumerate(zip(reading.sentence_weights.tolist(), tops.tolist(), strict=True)):
        _draw_bar(weight, start, line_mm, ax, marked=key is not None and key[0] == number)
    greatest = max(float(each.max()) for each in reading.importance)
    for word in words:
        level = float(tops[word.sentence]) + word.line * line_mm
        share = float(reading.importance[word.sentence][word.word]) / (greatest or 1.0)
        start, end = word.shade
        box = Rectangle((left + start, level), end - start, line_mm * 0.94, lw=0)
        box.set(facecolor=WORD_COLOUR, alpha=DARKEST * share if share >= LIGHTEST else 0)
        ax.add_patch(box)
        style: dict[str, Any] = {"color": "white" if share > 0.75 else "black", "fontsize": letters_pt}
        text = reading.sentences[word.sentence][word.word]
        ax.text(left + word.left, level + 0.7 * line_mm, text, va="baseline", parse_math=False, **style)
        if (word.sentence, word.word) == key:
            ax.plot([left + word.left, left + word.right], [level + 0.86 * line_mm] * 2, color=SENTENCE_COLOUR, lw=1.5)


def _draw_bar(weight: float, top: float, line_mm: float, ax: Axes, *, marked: bool) -> None:
    """Draw the weight of a sentence as a bar that ends at the text, and its percent."""
    right, full = EDGE_MM + BARS_MM, BARS_MM - 8.0
    bar = Rectangle((right - full * weight, top + 0.12 * line_mm), full * weight, 0.7 * line_mm, lw=0)
    bar.set_facecolor(SENTENCE_COLOUR)
    ax.add_patch(bar)
    percent = "<1" if 0 < weight < 0.005 else f"{100 * weight:.0f}"
    place = (right - full * weight - 0.8, top + 0.47 * line_mm)
    ax.text(*place, percent, fontsize=SMALL, ha="right", va="center", color="0.3")
    if marked:
        ax.plot(right + GAP_MM / 2, top + 0.47 * line_mm, ">", color="black", ms=3.5, clip_on=False)
