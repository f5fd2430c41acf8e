"""A path over a page in terms of words: first passes, regressions, skips, and their statistics."""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.files import check_output, written_whole
from neural.reading.lines import assign_lines
from neural.reading.page import Page
from saliency.scanpaths.scanpath import Scanpath

LEGIBLE = 2.5  # cycles of a grating that a letter needs in its width to be told from others
SPAN = (4.0, 15.0)  # perceptual span, in letters to the left and to the right
IDENTIFIED = 7.0  # letters to the right within which words are identified
KINDS = ("first pass", "skip", "refixation", "regression", "return sweep")
RATED_LENGTHS = (2, 4, 6, 8)  # letters of words whose skipping is tabled
READERS_TIMED = 4  # readers whose mean rate stands for a pace


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """A path over a page, and what each fixation is on; made by `Reader.read` or, of people's paths, `Reading.of`.

    Parameters
    ----------
    path : Scanpath
        The fixations.
    page : Page
        What was read.
    line, word : array of int, shape (n,)
        Line and word of each fixation, from 0 up; the space before a word belongs to it.
    letter : array, shape (n,)
        Place in the word, in letters from its left edge.
    kind : tuple of str
        "refixation": on the same word as the one before; "return sweep": on a later line; "first pass": on the word
        after the farthest word so far; "skip": farther still, so that words were passed over; "regression": any other,
        back to where the eye was before.
    """

    path: Scanpath
    page: Page
    line: NDArray[np.int64]
    word: NDArray[np.int64]
    letter: NDArray[np.float64]
    kind: tuple[str, ...]

    @classmethod
    def of(cls, path: Scanpath, page: Page, line: ArrayLike | None = None) -> Self:
        """Find what each fixation of a path is on.

        Parameters
        ----------
        path : Scanpath
            The fixations, places in pixels of the page.
        page : Page
            The page.
        line : array of int, shape (n,), or None
            Line of each fixation; None: as `assign_lines` finds them.

        Raises
        ------
        ValueError
            If a line is not on the page.

        Examples
        --------
        >>> from foveation import Viewing
        >>> page = Page.of_text("a little word")[0]
        >>> x = [page.middles[1, 0], page.middles[2, 0], page.middles[2, 0] + 9, page.middles[0, 0]]
        >>> viewing = Viewing.from_pixels_per_degree(30, page.shape)
        >>> path = Scanpath(x=x, y=[page.line_y[0]] * 4, onset=range(4), duration=[0.2] * 4, viewing=viewing, watched=4)
        >>> Reading.of(path, page).kind
        ('skip', 'first pass', 'refixation', 'regression')
        """
        line = assign_lines(path.places, page) if line is None else np.asarray(line, np.int64)
        if line.shape != path.x.shape or not np.isin(line, np.arange(len(page.line_y))).all():
            raise ValueError(f"expected a line from 0 to {len(page.line_y) - 1} for each of {len(path)} fixations")
        word = page.word_at(path.x, line)
        letter = page.letter_at(path.x, word)
        return cls(path=path, page=page, line=line, word=word, letter=letter, kind=_kinds(word, line))

    @property
    def words_per_minute(self) -> float:
        """Words of the page for each minute from the first fixation to the end of the last."""
        took = self.path.onset[-1] + self.path.duration[-1] - self.path.onset[0]
        return float(60 * len(self.page.words) / took)

    @property
    def skipped(self) -> NDArray[np.float64]:
        """Whether each word, (n,), was passed over when the eye first went beyond it; NaN where it never did."""
        skipped = np.full(len(self.page.words), np.nan)
        farthest = -1
        for word in self.word:
            if word > farthest:
                skipped[farthest + 1 : word], skipped[word] = 1, 0
                farthest = int(word)
        return skipped

    def table(self) -> dict[str, list[Any]]:
        """Give columns, a row a fixation: those of `Scanpath.table`, and word, spelling, line, letter and kind."""
        return self.path.table() | {
            "line": self.line.tolist(),
            "word": self.word.tolist(),
            "spelling": [self.page.words[word].text for word in self.word],
            "word_letters": [self.page.words[word].letters for word in self.word],
            "letter": [round(letter, 2) for letter in self.letter.tolist()],
            "kind": list(self.kind),
        }

    def write(self, path: str | Path) -> None:
        """Write the table to a .csv file, whole or not at all; `Scanpath.read` reads the path in it."""
        path = check_output(path, (".csv",))
        facts = {name: column for name, column in self.table().items() if name not in self.path.table()}
        with written_whole(path) as draft:
            self.path.write(draft)
            with draft.open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            rows[0] += list(facts)
            for row, more in zip(rows[1:], zip(*facts.values(), strict=True), strict=False):
                row += [str(value) for value in more]
            with draft.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)


def _kinds(word: NDArray[np.int64], line: NDArray[np.int64]) -> tuple[str, ...]:
    kinds = []
    before, farthest, on = -1, -1, 0
    for now, here in zip(word.tolist(), line.tolist(), strict=True):
        if now == before:
            kinds.append("refixation")
        elif before >= 0 and here > on:
            kinds.append("return sweep")
        elif now > farthest:
            kinds.append("first pass" if now == farthest + 1 else "skip")
        else:
            kinds.append("regression")
        before, on, farthest = now, here, max(farthest, now)
    return tuple(kinds)


class ReadingStatistics(NamedTuple):
    """How people, or a model, read: means over all fixations of all readings.

    Parameters
    ----------
    duration : float
        Mean duration of a fixation, in seconds.
    duration_spread : float
        Its standard deviation.
    forward : float
        Mean length of saccades to the right on a line, in letters.
    backward : float
        Share of the saccades on a line that go to the left.
    skipping : dict of int to float
        Share of words of 2, 4, 6 and 8 letters that were passed over when first reached.
    words_per_minute : float
        Rate of reading.
    """

    duration: float
    duration_spread: float
    forward: float
    backward: float
    skipping: dict[int, float]
    words_per_minute: float

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> Self:
        """Measure readings.

        Raises
        ------
        ValueError
            If there is none, or none with two fixations on a line.
        """
        readings = list(readings)
        steps = [_steps(reading) for reading in readings]
        along = np.concatenate(steps) if steps else np.empty(0)
        if not len(along):
            raise ValueError("expected at least one reading with two fixations on one line")
        duration = np.concatenate([reading.path.duration for reading in readings])
        skipped = np.concatenate([reading.skipped for reading in readings])
        letters = np.concatenate([reading.page.letters for reading in readings])
        return cls(
            duration=float(np.nanmean(duration)),
            duration_spread=float(np.nanstd(duration)),
            forward=float(along[along > 0].mean()),
            backward=float(np.mean(along < 0)),
            skipping={
                length: float(np.mean(some)) if len(some := _known(skipped[letters == length])) else math.nan
                for length in RATED_LENGTHS
            },
            words_per_minute=float(np.mean([reading.words_per_minute for reading in readings])),
        )


def _known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known: NDArray[np.float64] = values[np.isfinite(values)]
    return known


def _steps(reading: Reading) -> NDArray[np.float64]:
    """Give the lengths of the saccades that stay on a line, in letters, to the right above 0."""
    steps = np.diff(reading.path.x) / reading.page.letter_px
    along: NDArray[np.float64] = steps[np.diff(reading.line) == 0]
    return along


def span_of(page: Page, x: float, *, span: Sequence[float] = SPAN) -> tuple[float, float]:
    """Give the left and right end of the perceptual span, in pixels: what text is made use of around a fixation.

    Text farther away than 3 to 4 letters to the left, or 14 to 15 to the right, can be replaced by x without a loss of
    speed, for readers from left to right. Words are identified up to 7 or 8 letters to the right.

    Parameters
    ----------
    page : Page
        The page.
    x : float
        Where the eye looks, in pixels.
    span : sequence of float
        Letters to the left and to the right.

    References
    ----------
    McConkie and Rayner (1975), The span of the effective stimulus during a fixation in reading, Percept. Psychophys.
    17; Rayner (1998), Psychol. Bull. 124 (the ranges, from memory).

    Examples
    --------
    >>> span_of(Page.of_text("word")[0], 100)
    (52.0, 280.0)
    """
    left, right = span
    return x - left * page.letter_px, x + right * page.letter_px


def words_in_span(page: Page, x: float, line: int, *, span: Sequence[float] = SPAN) -> NDArray[np.int64]:
    """Give the words of which at least half lies in the span around a fixation on a line; see `span_of`."""
    left, right = span_of(page, x, span=span)
    boxes = page.boxes
    inside = np.minimum(boxes[:, 2], right) - np.maximum(boxes[:, 0], left)
    return np.flatnonzero((page.line == line) & (inside >= 0.5 * (boxes[:, 2] - boxes[:, 0])))
