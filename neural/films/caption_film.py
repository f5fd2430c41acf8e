"""A caption as a film: its words appear one by one under the picture, and the attention moves with them.

Frames are drawn by OpenCV, and words by Pillow, which comes with Matplotlib and scikit-image.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Frame
from foveation.checks import check_number
from foveation.image import as_image
from foveation.opencv import cv2
from neural.films.paint import (
    FRACTION_BITS,
    GAP,
    INK,
    NARROWEST_PX,
    TITLE,
    WHITE,
    Pixels,
    Place,
    line_of_text,
    subpixel,
    write_line,
)

SPOKEN = (0, 90, 160)  # colour of the word whose attention is shown
TYPE_PX, LEAST_TYPE_PX, LEADING = 20, 9, 1.5  # sizes of type, and the distance of lines in sizes of type
TALLEST = 1.0  # height of the picture, relative to the width of the film, at most
MARKS = tuple(",.;:!?")  # that follow a word without a space
KEY_PX = 64  # width of the key to the colours
DIM, COVER = 0.7, 0.9  # brightness of the grey picture, and opacity of the colours where attention is greatest


class Captioned(Protocol):
    """A caption with its attention, such as a `Caption` of `neural.captioning`.

    `words` holds the words in order, and "" for the end of the sentence; `weights` the attention to the places of a
    grid over the picture while each of them was said, (words, rows, columns).
    """

    @property
    def words(self) -> Sequence[str]:  # noqa: D102
        ...

    @property
    def weights(self) -> NDArray[Any]:  # noqa: D102
        ...


class Spoken(NamedTuple):
    """The words of a caption without its end, their attention (words, rows, columns), and whether it chose a place.

    Examples
    --------
    >>> class Said(NamedTuple):
    ...     words: list[str]
    ...     weights: np.ndarray
    >>> spoken = Spoken.of(Said(["a", "disc", ""], np.full((3, 4, 4), 1 / 16)))
    >>> spoken.words, spoken.weights.shape, spoken.hard
    (('a', 'disc'), (2, 4, 4), False)
    """

    words: tuple[str, ...]
    weights: NDArray[np.float64]
    hard: bool

    @classmethod
    def of(cls, caption: Captioned) -> "Spoken":
        """Check a caption; its attention chose a place if all of each map lies in one cell.

        Raises
        ------
        ValueError
            If there is no word, there are not as many maps as words, or a weight is negative or not finite.
        """
        weights = np.asarray(caption.weights, np.float64)
        if weights.ndim != 3 or len(weights) != len(caption.words) or not weights[:1].size:
            raise ValueError(f"expected a map for each of {len(caption.words)} words, got weights of {weights.shape}")
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError("expected attention weights that are finite and not negative, got others")
        kept = [number for number, word in enumerate(caption.words) if word]
        if not kept:
            raise ValueError("expected a caption of at least one word, got none")
        maps = weights[kept]
        hard = maps.shape[1] * maps.shape[2] > 1 and bool(((maps > 0).sum(axis=(1, 2)) == 1).all())
        return cls(tuple(caption.words[number] for number in kept), maps, hard)

    @property
    def chosen(self) -> NDArray[np.int64]:
        """Row and column of the greatest weight of each map, (words, 2)."""
        flat = self.weights.reshape(len(self.weights), -1).argmax(axis=1)
        return np.stack(np.unravel_index(flat, self.weights.shape[1:]), axis=1)

    @property
    def greatest(self) -> float:
        """The greatest weight of all."""
        return float(self.weights.max())


def caption_film(
    image: ArrayLike,
    caption: Captioned,
    *,
    seconds: float = 0.8,
    fade: float = 0.3,
    fps: float = 25.0,
    width: int = 480,
) -> Iterator[Frame]:
    r"""Film how a caption is written: word after word under the picture, and over it the attention of each.

    The picture is shown alone for as long as one word lasts, and again at the end. In the first `fade` seconds of word
    :math:`k` the map becomes :math:`(1 - s) \alpha_{k-1} + s \alpha_k`, with :math:`s` rising smoothly from 0 to 1: it
    sums to 1 all the time. Attention is laid over the grey picture, from nothing to pale yellow at the greatest weight
    of the whole caption, as a key tells; colours go by the square root of the weight, to show faint attention too. Hard
    attention is a frame around the chosen cell, which slides to the next.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, 3 or 4)
        The picture.
    caption : Captioned
        Words and their attention, such as a `Caption`; the end of the sentence is left out.
    seconds : float
        How long each word lasts, in seconds, above 0.
    fade : float
        How long the attention takes to change, in seconds, from 0 to `seconds`.
    fps : float
        Frames per second.
    width : int
        Width of a frame, in pixels, from 320 up.

    Yields
    ------
    Frame
        At 0, 1/fps, ...; all are of one size, with even sides.

    Raises
    ------
    ValueError
        If the caption is none (see `Spoken.of`), or `seconds`, `fade`, `fps` or `width` is not what is expected.

    References
    ----------
    Xu et al. (2015), Show, attend and tell: neural image caption generation with visual attention, ICML, figures 2-5.

    Examples
    --------
    >>> spoken = Spoken(("a", "disc"), np.full((2, 4, 4), 1 / 16), hard=False)
    >>> frames = list(caption_film(np.full((48, 64, 3), 0.5), spoken, seconds=0.5, fps=10, width=320))
    >>> len(frames), frames[1].time, frames[0].image.shape
    (20, 0.1, (300, 320, 3))
    """
    check_number(fps, "positive frames per second", above=0)
    check_number(seconds, "a positive number of seconds for each word", above=0)
    check_number(fade, f"a fade from 0 to the {seconds:g} s of a word", least=0, most=seconds)
    check_number(width, f"a width of at least {NARROWEST_PX} pixels", least=NARROWEST_PX)
    return _frames(_Sheet(image, Spoken.of(caption), width), seconds, fade, fps)


def _frames(sheet: "_Sheet", seconds: float, fade: float, fps: float) -> Iterator[Frame]:
    turns = len(sheet.spoken.words) + 2  # the picture alone, the words, the picture alone
    for k in range(max(1, round(turns * seconds * fps))):
        turn = min(int(k / fps / seconds + 1e-9), turns - 1)
        since = k / fps - turn * seconds
        share = min(max(since / fade, 0.0), 1.0) if fade > 0 else 1.0
        yield Frame(k / fps, sheet.draw(turn - 1, share * share * (3 - 2 * share)))


class _Sheet:
    """A picture, a caption, and where both stand on a frame.

    Parameters
    ----------
    image, width
        As for `caption_film`.
    spoken : Spoken
        The words and their attention.
    """

    def __init__(self, image: ArrayLike, spoken: Spoken, width: int) -> None:
        pixels, self.spoken = as_image(image), spoken
        height, across = pixels.shape[:2]
        self.across = width - width % 2 - 2 * GAP
        scale = min(self.across / across, TALLEST * width / height)
        self.size = max(2, round(height * scale)), max(2, round(across * scale))
        self.corner = TITLE, GAP + (self.across - self.size[1]) // 2
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        shown = np.clip(cv2.resize(pixels, self.size[::-1], interpolation=method), 0, 1)
        self.picture: NDArray[np.float32] = shown * np.float32(255)
        grey = DIM * cv2.cvtColor(self.picture, cv2.COLOR_RGB2GRAY)
        self.grey: NDArray[np.float32] = np.repeat(grey[..., np.newaxis], 3, axis=2).astype(np.float32)
        self.type_px, self.places, below = self._set(self.corner[0] + self.size[0] + GAP)
        self.blank = np.full((below + below % 2, width - width % 2, 3), 255, np.uint8)
        self._key()

    def _set(self, top: int) -> tuple[int, list[tuple[float, float]], int]:
        """Give the size of type, the places of the words in lines below `top`, and where the last line ends."""
        widest = max(line_of_text(word, TYPE_PX).shape[1] for word in self.spoken.words)
        size = max(LEAST_TYPE_PX, min(TYPE_PX, int(TYPE_PX * self.across / widest)))
        level, line, places = top + LEADING * size / 2, "", []
        for word in self.spoken.words:
            gap = "" if word in MARKS or not line else "  "
            if line and line_of_text(f"{line}{gap}{word}", size).shape[1] > self.across:
                level, line, gap = level + LEADING * size, "", ""
            line = f"{line}{gap}{word}"
            places.append((float(GAP + line_of_text(line, size).shape[1] - line_of_text(word, size).shape[1]), level))
        return size, places, round(level + LEADING * size / 2) + GAP

    def _key(self) -> None:
        """Write over the picture what its colours mean."""
        level, end, most = TITLE / 2, GAP + self.across, self.spoken.greatest
        if self.spoken.hard or most == 0:
            words = "frame: the place chosen for the word" if self.spoken.hard else "no attention"
            write_line(self.blank, words, (GAP, level), 12, INK)
            return
        write_line(self.blank, "attention to a place", (GAP, level), 12, INK)
        said = f"{most:.2f}"
        right = end - line_of_text(said, 12).shape[1] - 6
        write_line(self.blank, said, (end, level), 12, INK, align=1.0)
        part = self.blank[TITLE // 2 - 5 : TITLE // 2 + 6, right - KEY_PX : right]
        part[:] = _heat(np.tile(np.sqrt(np.linspace(0, 1, KEY_PX, dtype=np.float32)), (len(part), 1)))
        write_line(self.blank, "0.00", (right - KEY_PX - 6, level), 12, INK, align=1.0)

    def draw(self, number: int, share: float) -> Pixels:
        """Draw the sheet while attention goes over to a word: -1 is before the first, and `share` rises to 1."""
        canvas = self.blank.copy()
        top, left = self.corner
        canvas[top : top + self.size[0], left : left + self.size[1]] = self._attended(number, share)
        for told, (word, place) in enumerate(zip(self.spoken.words[: number + 1], self.places, strict=False)):
            write_line(canvas, word.ljust(3), place, self.type_px, _ink(told - number, share))  # all on one level
        return canvas

    def _attended(self, number: int, share: float) -> Pixels:
        """Give the picture under the attention that is on its way from the word before to word `number`."""
        count, most = len(self.spoken.words), self.spoken.greatest
        before, now = np.clip([number - 1, number], 0, count - 1)
        there, here = float(0 < number <= count), float(0 <= number < count)
        opacity = (1 - share) * there + share * here
        if opacity == 0 or most == 0:
            return np.rint(self.picture).astype(np.uint8)
        if self.spoken.hard:
            row, column = (1 - share) * self.spoken.chosen[before] + share * self.spoken.chosen[now]
            return self._framed(float(row), float(column), opacity)
        weights = (1 - share) * self.spoken.weights[before] + share * self.spoken.weights[now]
        spread = cv2.resize((weights / most).astype(np.float32), self.size[::-1], interpolation=cv2.INTER_CUBIC)
        lit = np.sqrt(np.clip(spread, 0, 1))
        overlaid = self.grey + COVER * lit[..., np.newaxis] * (_heat(lit) - self.grey)
        attended: Pixels = np.rint(self.picture + opacity * (overlaid - self.picture)).astype(np.uint8)
        return attended

    def _framed(self, row: float, column: float, opacity: float) -> Pixels:
        """Give the picture with a frame around a cell of the grid, which may lie between two."""
        picture = np.rint(self.picture).astype(np.uint8)
        framed = picture.copy()
        rows, columns = self.spoken.weights.shape[1:]
        high, wide = self.size[0] / rows, self.size[1] / columns
        begin: Place = (column * wide - 0.5, row * high - 0.5)
        corners = [(subpixel(x), subpixel(y)) for x, y in (begin, (begin[0] + wide, begin[1] + high))]
        for colour, thick in ((INK, 5), (WHITE, 3)):
            cv2.rectangle(framed, *corners, colour, thick, cv2.LINE_AA, FRACTION_BITS)
        blended: Pixels = cv2.addWeighted(framed, opacity, picture, 1 - opacity, 0)
        return blended


def _ink(age: int, share: float) -> tuple[int, int, int]:
    """Give the colour of a word: it comes out of the paper, and pales to the common ink when the next one comes."""
    if age < -1:
        return INK
    begin, end = (WHITE, SPOKEN) if age == 0 else (SPOKEN, INK)
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(begin, end, strict=True))
    return red, green, blue


def _heat(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour shares from 0 to 1 as fire: (height, width) to (height, width, 3), 0 to 255."""
    levels = np.rint(share * 255).astype(np.uint8)
    coloured = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return np.asarray(coloured, np.float32)
