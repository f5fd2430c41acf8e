"""A page of text: where its lines and words are, in a picture or laid out, and which line was read when."""

import importlib.util
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number
from foveation.files import read_text as read_text
from foveation.image import as_image
from foveation.opencv import cv2

LEAST_CONTRAST = 0.1  # of ink on paper, from 0 to 1: fainter marks are no letters
LEAST_LETTERS = 3  # marks of one size without which there is no text
LEAST_SHARE, LEAST_AREA = 0.6, 0.15  # of all marks: those that are letters on lines; photographs have less
LEAST_LEVEL = 0.5  # heights of a letter: neighbours on a line that differ more are no letters
TALLEST = 3.0  # heights of a letter: what is taller is a picture or a frame
NARROWEST, USUAL_SPACE, WIDEST_SPACE = 0.25, 0.5, 1.2  # heights of a letter: a gap that is a space
ANOTHER_SIZE = 1.4  # factor of letters from which a line has a size of its own, as a heading has
ENOUGH = 12  # neighbouring letters from which a line has a letter width of its own
BESIDE = 6.0  # heights of a letter: marks farther apart are not on one line
FONT = "DejaVuSansMono.ttf"  # comes with matplotlib
ADVANCE = 0.602  # width of a letter of that font, as a share of its size
OFFSETS = tuple(k / 8 for k in range(-12, 13))  # of recorded heights, in distances of lines
WIDEST = 500  # letters in a line that is laid out


class Word(NamedTuple):
    """A word on a page: its box (outer edges, in pixels), its line from 0 up, and its spelling, or "" if unknown.

    `letters` is its length in letters, marks such as commas included.
    """

    left: float
    top: float
    right: float
    bottom: float
    line: int
    letters: int
    text: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Page:
    """Words in the order in which they are read, and the picture in which they stand.

    Parameters
    ----------
    words : sequence of Word
        By line from the top, in each line from the left; lines are numbered from 0 without gaps.
    image : array, shape (height, width) or (height, width, 3)
        The picture: uint8, or float from 0 to 1.

    Raises
    ------
    ValueError
        If there is no word, a box is empty, or words or lines are out of order.

    Examples
    --------
    >>> page = Page.of_text("The eye sees few words at a time.", columns=20)[0]
    >>> [word.text for word in page.words if word.line == 1], page.letter_px, len(page.line_y)
    (['words', 'at', 'a', 'time.'], 12.0, 2)
    """

    words: tuple[Word, ...]
    image: NDArray[Any]

    def __post_init__(self) -> None:
        words = tuple(self.words)
        object.__setattr__(self, "words", words)
        if not words:
            raise ValueError("expected a page with at least one word, got none")
        for word in words:
            if not (word.left < word.right and word.top < word.bottom and word.letters >= 1):
                raise ValueError(f"expected a box with an inside and at least one letter, got {word}")
        steps = np.diff([0, *(word.line for word in words)])
        if words[0].line != 0 or not np.isin(steps, (0, 1)).all():
            raise ValueError("expected words line by line, lines numbered from 0 without gaps")
        if any(b.line == a.line and b.left < a.left for a, b in pairwise(words)):
            raise ValueError("expected the words of a line from left to right")

    @classmethod
    def find(cls, image: ArrayLike) -> Self:
        r"""Find the lines and words in a picture of a page: dark on light or light on dark, in one column.

        1. Paper is what is left of the grey picture when dark marks narrower than a sixteenth of it are filled up (a
           closing), so that shadows on the page do not matter. Ink is darker than paper by more than Otsu's threshold.
        2. Connected components of ink are letters, unless they are too tall. Each joins the line whose last letter to
           the left is at its height; small marks (dots, accents, commas) join the nearest line.
        3. Gaps between the letters of all lines are of two kinds, between letters and between words; Otsu's threshold
           parts them.
        4. Without text recognition no spelling is known. The number of letters is the width of the box divided by the
           usual distance between the middles of neighbouring letters.

        Parameters
        ----------
        image : array, shape (height, width) or (height, width, 3)
            The picture; see `as_image`. Lines may lean a little.

        Raises
        ------
        ValueError
            If no text is found.

        References
        ----------
        Otsu (1979), A threshold selection method from gray-level histograms, IEEE Trans. SMC 9.

        Examples
        --------
        >>> laid_out = Page.of_text("Two lines of text on one page,\nfound again in the picture.")[0]
        >>> found = Page.find(laid_out.image)
        >>> [word.letters for word in found.words] == [word.letters for word in laid_out.words]
        True
        """
        marks = _marks(_ink(as_image(image)))
        lines = _lines(marks)
        if not _is_text(lines, marks):
            raise ValueError(
                "found no text in the picture: expected a page with dark letters on light or light on dark"
            )
        words: list[Word] = []
        for number, (line, space, letter) in enumerate(zip(lines, *_spacing(lines), strict=True)):
            for left, top, right, bottom in _joined(line, space):
                letters = max(1, round((right - left + 0.2 * letter) / letter))
                words.append(Word(left - 0.5, top - 0.5, right - 0.5, bottom - 0.5, number, letters))
        return cls(words=tuple(words), image=np.asarray(image))

    @classmethod
    def of_text(
        cls, text: str, *, columns: int = 72, lines: int = 20, letter_px: int = 12, spacing: float = 2.0
    ) -> list[Self]:
        """Lay out text in a font whose letters are all equally wide, black on white, on as many pages as it needs.

        Parameters
        ----------
        text : str
            Lines that end are kept; those longer than `columns` are broken between words, or within a word that is
            longer than a line.
        columns : int
            Letters in a line, from 1 to 500.
        lines : int
            Lines on a page.
        letter_px : int
            Width of a letter, in pixels, at least 3.
        spacing : float
            Distance of lines, as a multiple of the size of the font, at least 1.

        Returns
        -------
        list of Page
            The boxes of words are exact: a box is as wide as its letters and as high as the font.

        Raises
        ------
        ValueError
            If the text has no words, or a number is outside its range.
        """
        for name, value, least, most in (
            ("columns", columns, 1, WIDEST),
            ("lines", lines, 1, math.inf),
            ("letter_px", letter_px, 3, math.inf),
            ("spacing", spacing, 1, math.inf),
        ):
            check_number(value, f"{name} from {least} to {most}", least=least, most=most)
        broken = [line for paragraph in text.splitlines() for line in _broken(paragraph, columns)]
        pages = [broken[k : k + lines] for k in range(0, len(broken), lines)]
        pages = [page for page in pages if any(map(str.strip, page))]
        if not pages:
            raise ValueError("expected text with at least one word, got an empty one")
        return [cls._laid_out(page, columns, letter_px, spacing) for page in pages]

    @classmethod
    def _laid_out(cls, lines: list[str], columns: int, letter_px: int, spacing: float) -> Self:
        from PIL import Image, ImageDraw

        size = round(letter_px / ADVANCE)
        font, pitch, margin = _font(size), round(spacing * size), 5 * letter_px
        width = 2 * margin + letter_px * max(max(map(len, lines)), min(columns, 20))
        picture = Image.new("L", (width, 2 * margin + pitch * (len(lines) - 1) + size), 255)
        draw = ImageDraw.Draw(picture)
        words: list[Word] = []
        number = -1
        for row, line in enumerate(lines):
            top = margin + row * pitch
            for k, letter in enumerate(line):
                draw.text((margin + (k + 0.5) * letter_px, top + 0.5 * size), letter, fill=0, font=font, anchor="mm")
            number += bool(line.strip())
            for start, word in _words_of(line):
                left = margin + start * letter_px - 0.5
                box = (left, top - 0.5, left + len(word) * letter_px, top + size - 0.5)
                words.append(Word(*box, number, len(word), word))
        return cls(words=tuple(words), image=np.asarray(picture))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture, in pixels."""
        height, width = self.image.shape[:2]
        return height, width

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """Boxes of the words, (n, 4): left, top, right, bottom, in pixels."""
        return np.array([word[:4] for word in self.words], np.float64)

    @cached_property
    def line(self) -> NDArray[np.int64]:
        """Line of each word, (n,)."""
        return np.array([word.line for word in self.words])

    @cached_property
    def letters(self) -> NDArray[np.int64]:
        """Length of each word in letters, (n,)."""
        return np.array([word.letters for word in self.words])

    @cached_property
    def middles(self) -> NDArray[np.float64]:
        """Middles of the words' boxes, (n, 2), at the height of their line."""
        left, _, right, _ = self.boxes.T
        return np.stack([(left + right) / 2, self.line_y[self.line]], axis=1)

    @cached_property
    def line_y(self) -> NDArray[np.float64]:
        """Height of each line: the median of the middles of its words, in pixels."""
        middle = (self.boxes[:, 1] + self.boxes[:, 3]) / 2
        return np.array([np.median(middle[self.line == number]) for number in range(self.line[-1] + 1)])

    @cached_property
    def line_ends(self) -> NDArray[np.float64]:
        """Left and right end of each line, (lines, 2), in pixels."""
        ends = [self.boxes[self.line == number] for number in range(len(self.line_y))]
        return np.array([(boxes[:, 0].min(), boxes[:, 2].max()) for boxes in ends])

    @cached_property
    def letter_px(self) -> float:
        """Width of a letter: that of all boxes together, over the number of their letters."""
        return float(np.sum(self.boxes[:, 2] - self.boxes[:, 0]) / self.letters.sum())

    @cached_property
    def line_px(self) -> float:
        """Distance of lines, in pixels: the lower quartile, as some have room above; of one line, twice its height."""
        if len(self.line_y) > 1:
            return float(np.quantile(np.diff(self.line_y), 0.25))
        return float(2 * np.median(self.boxes[:, 3] - self.boxes[:, 1]))

    def word_at(self, x: ArrayLike, line: ArrayLike) -> NDArray[np.int64]:
        """Give the words of these lines that are nearest to these abscissae; the space before a word belongs to it.

        Parameters
        ----------
        x : array, shape (n,)
            Abscissae, in pixels.
        line : array of int, shape (n,)
            Lines, from 0 up.

        Examples
        --------
        >>> page = Page.of_text("one two")[0]
        >>> page.word_at([page.words[1].left - 5, page.words[0].left], [0, 0])
        array([1, 0])
        """
        x, line = np.broadcast_arrays(np.asarray(x, np.float64)[..., None], np.asarray(line)[..., None])
        left, right = self.boxes[:, 0] - self.letter_px, self.boxes[:, 2]
        away = np.maximum(np.maximum(left - x, x - right), 0) + np.where(self.line == line, 0.0, np.inf)
        inside_later = np.where(away == 0, -np.arange(len(self.words)) * 1e-9, 0)
        nearest: NDArray[np.int64] = np.argmin(away + inside_later, axis=-1)
        return nearest

    def letter_at(self, x: ArrayLike, word: ArrayLike) -> NDArray[np.float64]:
        """Give how many letters these abscissae are from the left edge of these words; below 0 before the word."""
        word = np.asarray(word)
        left, _, right, _ = self.boxes[word].T
        position: NDArray[np.float64] = (np.asarray(x) - left) / ((right - left) / self.letters[word])
        return position


def _ink(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell where there is ink: what differs from the paper around it."""
    grey = image.mean(axis=2)
    if np.median(grey) < (float(grey.min()) + float(grey.max())) / 2:
        grey = 1 - grey
    side = max(7, min(grey.shape) // 16) | 1
    paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    paper = np.maximum(cv2.GaussianBlur(paper, (0, 0), side / 4), 0.05)
    contrast = np.clip(1 - grey / paper, 0, 1)
    threshold, _ = cv2.threshold(np.rint(contrast * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    ink: NDArray[np.bool_] = contrast > max(threshold / 255, LEAST_CONTRAST)
    return ink


def _marks(ink: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give the boxes (n, 4) of connected pieces of ink: left, top, right, bottom."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    left, top, width, height, area = boxes[1:].astype(np.float64).T
    marks: NDArray[np.float64] = np.stack([left, top, left + width, top + height], axis=1)[area >= 2]
    return marks


def _lines(marks: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Sort marks into lines from the top, each from the left; drop what is no letter."""
    height = marks[:, 3] - marks[:, 1]
    tall = height >= 4
    if not tall.any():
        return []
    usual = float(np.median(height[tall]))
    letters = marks[(height >= 0.6 * usual) & (height <= TALLEST * usual)]
    lines: list[list[NDArray[np.float64]]] = []
    for mark in letters[np.argsort(letters[:, 0])]:
        fitting = [line for line in lines if _beside(line[-1], mark, usual)]
        if fitting:
            min(fitting, key=lambda line: abs(float(np.sum(line[-1][[1, 3]] - mark[[1, 3]])))).append(mark)
        else:
            lines.append([mark])
    lines = [line for line in lines if len(line) >= 2 or len(lines) == 1]
    _add_small(lines, marks[height < 0.6 * usual], usual)
    lines.sort(key=lambda line: float(np.median([mark[1] + mark[3] for mark in line])))
    return [np.array(line)[np.argsort([mark[0] for mark in line])] for line in _on_one_level(lines, usual)]


def _beside(last: NDArray[np.float64], mark: NDArray[np.float64], usual: float) -> bool:
    """Tell whether a mark is on the line that this one ends so far: at its height, and not too far to the right."""
    overlap = min(last[3], mark[3]) - max(last[1], mark[1])
    lower = min(last[3] - last[1], mark[3] - mark[1])
    return bool(overlap > 0.4 * lower and mark[0] - last[2] < BESIDE * usual)


def _on_one_level(lines: list[list[NDArray[np.float64]]], usual: float) -> list[list[NDArray[np.float64]]]:
    """Join pieces of lines that are at one height, as after a wide gap."""
    joined: list[list[NDArray[np.float64]]] = []
    for line in lines:
        if joined and abs(_level(joined[-1]) - _level(line)) < 0.7 * usual:
            joined[-1] += line
        else:
            joined.append(list(line))
    return joined


def _level(line: list[NDArray[np.float64]]) -> float:
    return float(np.median([mark[1] + mark[3] for mark in line])) / 2


def _add_small(lines: list[list[NDArray[np.float64]]], marks: NDArray[np.float64], usual: float) -> None:
    """Give dots, accents and commas to the line that has the nearest letter, if one is near."""
    if not lines:
        return
    letters = np.array([mark for line in lines for mark in line])
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    for mark in marks:
        across = np.maximum(np.maximum(letters[:, 0] - mark[2], mark[0] - letters[:, 2]), 0)
        down = np.maximum(np.maximum(letters[:, 1] - mark[3], mark[1] - letters[:, 3]), 0)
        distance = np.hypot(across, down)
        nearest = int(distance.argmin())
        if distance[nearest] < 0.8 * usual:
            lines[owner[nearest]].append(mark)


def _is_text(lines: list[NDArray[np.float64]], marks: NDArray[np.float64]) -> bool:
    """Tell whether marks on lines are letters: enough of all marks, and each at the height of the one before."""
    letters = np.concatenate(lines) if lines else np.empty((0, 4))
    if len(letters) < LEAST_LETTERS:
        return False
    height = float(np.median(letters[:, 3] - letters[:, 1]))
    rise = np.median(np.abs(np.concatenate([np.diff(line[:, 3]) for line in lines])))
    share, area = len(letters) / len(marks), _area(letters) / _area(marks)
    return bool((share >= LEAST_SHARE or area >= LEAST_AREA) and rise < LEAST_LEVEL * height)


def _area(boxes: NDArray[np.float64]) -> float:
    return float(np.sum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])))


def _spacing(lines: list[NDArray[np.float64]]) -> tuple[list[float], list[float]]:
    """Give, of each line, the least gap between words, and the usual distance between the middles of letters."""
    heights = np.array([np.median(line[:, 3] - line[:, 1]) for line in lines])
    usual = float(np.median(np.concatenate([line[:, 3] - line[:, 1] for line in lines])))
    sizes = np.where(np.abs(np.log(heights / usual)) < np.log(ANOTHER_SIZE), usual, heights)
    gaps = np.concatenate([_gaps(line) / size for line, size in zip(lines, sizes, strict=True)])
    space = _parting(gaps[(gaps > 0) & (gaps < 3)])
    apart = [_apart(line / size, space) for line, size in zip(lines, sizes, strict=True)]
    everywhere = np.concatenate(apart)
    middle = float(np.median(everywhere)) if len(everywhere) else 1.0
    own = [float(np.median(some)) if len(some) >= ENOUGH else middle for some in apart]
    letters = np.clip(own, 0.4, 2.0) * sizes
    return (space * sizes).tolist(), letters.tolist()


def _apart(line: NDArray[np.float64], space: float) -> NDArray[np.float64]:
    """Give the distances between the middles of neighbouring letters of a word; heights of a letter."""
    letters = line[line[:, 3] - line[:, 1] >= 0.5]
    middles = np.diff((letters[:, 0] + letters[:, 2]) / 2)
    return middles[(letters[1:, 0] - letters[:-1, 2] < space) & (middles > 0.2)]


def _gaps(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the gap before each mark but the first: from the rightmost edge so far; below 0 where marks overlap."""
    gaps: NDArray[np.float64] = line[1:, 0] - np.maximum.accumulate(line[:, 2])[:-1]
    return gaps


def _parting(gaps: NDArray[np.float64]) -> float:
    """Give the threshold that parts gaps into narrow and wide ones with the least variance within both (Otsu)."""
    values = np.unique(gaps)
    between = (values[1:] + values[:-1]) / 2
    between = between[(between >= NARROWEST) & (between <= WIDEST_SPACE)]
    if not len(between):
        return USUAL_SPACE
    spread = [sum(float(np.var(part) * len(part)) for part in (gaps[gaps < t], gaps[gaps >= t])) for t in between]
    return float(between[int(np.argmin(spread))])


def _joined(line: NDArray[np.float64], space: float) -> Iterator[tuple[float, float, float, float]]:
    """Give the boxes of the words of a line."""
    for word in np.split(line, np.flatnonzero(_gaps(line) >= space) + 1):
        left, top = word[:, :2].min(axis=0)
        right, bottom = word[:, 2:].max(axis=0)
        yield float(left), float(top), float(right), float(bottom)


def _font(size: int) -> Any:  # noqa: ANN401
    """Give a font with letters of one width, which comes with matplotlib."""
    from PIL import ImageFont

    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ImportError("to lay out text, matplotlib is needed, which brings the font")
    return ImageFont.truetype(str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / FONT), size)


def _broken(paragraph: str, columns: int) -> Iterable[str]:
    """Break a paragraph into lines; an empty one is an empty line. Tabs and control characters become spaces."""
    from textwrap import wrap

    plain = "".join(letter if letter.isprintable() else " " for letter in paragraph)
    return wrap(plain, columns) or [""]


def _words_of(line: str) -> Iterator[tuple[int, str]]:
    """Give the words of a line, and the column in which each begins."""
    start = 0
    for word in line.split():
        start = line.index(word, start)
        yield start, word
        start += len(word)
