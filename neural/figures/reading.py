"""Figures of reading: the page, the path, and what each fixation lets through."""

from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foveation import Acuity, foveate
from foveation.figures import MILLIMETRE, PAGE_MM, current_axes, draw_picture
from foveation.image import OKABE_ITO, as_image
from foveation.opencv import cv2
from neural.reading.statistics import IDENTIFIED, Reading, span_of, words_in_span

KIND_COLOURS = {
    "first pass": OKABE_ITO["blue"],
    "skip": OKABE_ITO["sky blue"],
    "refixation": OKABE_ITO["orange"],
    "regression": OKABE_ITO["vermillion"],
    "return sweep": OKABE_ITO["green"],
}
FADED = 0.12  # of the contrast of text outside the perceptual span
STRIP_LINES = 1.4  # distances of lines above and below the gaze that a strip shows
SPAN_CAPTION = (
    "Above: circles as large as the time rested. Below: what single fixations let through, the perceptual span from 4 "
    "letters left of the gaze (upright line) to 15 letters right; the bar: where words are identified."
)
SECOND_OF_READING = 160.0  # area of a circle, in square points


def draw_reading(reading: Reading, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Draw a page and the path of a reader over it: circles as large as the time rested, coloured by kind.

    Parameters
    ----------
    reading : Reading
        From `Reader.read` or `Reading.of`.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `scatter` of the fixations, such as `alpha`.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    path = reading.path
    height, width = reading.page.shape
    draw_picture(reading.page.image, ax=ax)
    ax.plot(path.x, path.y, color="0.35", lw=0.6, alpha=0.7, zorder=2)
    area = np.maximum(SECOND_OF_READING * np.nan_to_num(path.duration, nan=0.2), 4.0)
    kinds = np.array(reading.kind)
    for kind in (kind for kind in KIND_COLOURS if np.any(kinds == kind)):
        style = {"color": KIND_COLOURS[kind], "alpha": 0.6, "linewidths": 0, "zorder": 3, **kwargs}
        these = kinds == kind
        ax.scatter(path.x[these], path.y[these], s=area[these], label=f"{kind} ({these.sum()})", **style)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    if len(path):
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=5, fontsize=6, frameon=False, handletextpad=0.2)
    return ax


def draw_span(reading: Reading, number: int, *, ax: Axes | None = None, acuity: Acuity | None = None) -> Axes:
    """Draw what one fixation lets through: the text in the perceptual span, as sharp as the eye sees it; all else pale.

    A line marks the gaze; a bar below it the letters within which words are identified.

    Parameters
    ----------
    reading : Reading
        From `Reader.read` or `Reading.of`.
    number : int
        Which fixation, from 0 up.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    page, path = reading.page, reading.path
    x, level = float(path.x[number]), float(page.line_y[reading.line[number]])
    image = as_image(page.image)
    seen = foveate(image, (x, level), path.viewing, acuity=acuity)
    left, right = span_of(page, x)
    columns, rows = np.arange(image.shape[1]), np.arange(image.shape[0])
    within = (columns >= left) & (columns <= right) & (np.abs(rows - level) <= 0.45 * page.line_px)[:, None]
    paper = cv2.medianBlur(np.rint(image * 255).astype(np.uint8), round(page.line_px) | 1) / np.float32(255)
    shown = paper + np.where(within, 1.0, FADED)[..., None] * (seen - paper)
    draw_picture(np.clip(shown, 0, 1), ax=ax)
    below = level + 0.45 * page.line_px
    ax.plot([x, x + IDENTIFIED * page.letter_px], [below, below], color=KIND_COLOURS["first pass"], lw=1.2)
    ax.plot([x, x], [level - 0.45 * page.line_px, below], color=KIND_COLOURS[reading.kind[number]], lw=1.0)
    return ax


def reading_figure(reading: Reading, *, at_most: int = 8, first: int = 0, heading: str = "") -> Figure:
    """Draw the page and the path, and below, for some fixations in a row, only what the span lets through.

    Parameters
    ----------
    reading : Reading
        From `Reader.read` or `Reading.of`.
    at_most : int
        How many fixations have a strip.
    first : int
        The first of them, from 0 up.
    heading : str
        Title of the page.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no such fixation.
    """
    page, path = reading.page, reading.path
    numbers = range(first, min(first + at_most, len(path)))
    if not 0 <= first < len(path) or not numbers:
        raise ValueError(f"expected a fixation from 0 to {len(path) - 1} to begin with, and at least one, got {first}")
    left, right = _text_area(reading)
    page_mm = min(PAGE_MM * page.shape[0] / page.shape[1], 1.3 * PAGE_MM)
    reach = STRIP_LINES * page.line_px
    strip_mm = PAGE_MM * 2 * reach / (right - left)
    size = (PAGE_MM * MILLIMETRE, (page_mm + 22 + (strip_mm + 4.5) * len(numbers)) * MILLIMETRE)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(numbers) + 1, 1, height_ratios=[page_mm + 9] + [strip_mm + 4] * len(numbers))
    draw_reading(reading, ax=axes[0])
    axes[0].set_title(heading or f"{len(page.words)} words, {len(path)} fixations", fontsize=8)
    for number, ax in zip(numbers, axes[1:], strict=True):
        draw_span(reading, number, ax=ax)
        line = int(reading.line[number])
        level = float(page.line_y[line])
        ax.set(xlim=(left, right), ylim=(level + reach, level - reach))
        inside = len(words_in_span(page, float(path.x[number]), line))
        label = f"{number + 1}: {reading.kind[number]}, {1000 * path.duration[number]:.0f} ms"
        ax.set_title(f"{label}; {inside} of {len(page.words)} words in the span", fontsize=6, loc="left", pad=1.5)
    figure.supxlabel(fill(SPAN_CAPTION, 130), fontsize=6)
    return figure


def _text_area(reading: Reading) -> tuple[float, float]:
    """Give the left and right end of all words and fixations, with a margin of some letters; pixels."""
    boxes, path, margin = reading.page.boxes, reading.path, 4 * reading.page.letter_px
    left, right = min(boxes[:, 0].min(), path.x.min()), max(boxes[:, 2].max(), path.x.max())
    return max(left - margin, -0.5), min(right + margin, reading.page.shape[1] - 0.5)
