"""Figures of scanpaths: over the picture, and as a one-page report."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from foveation.figures import OUTLINE, current_axes, draw_picture, draw_scale_bar
from saliency.evaluation import Evaluation
from saliency.figures.evaluation import CHARTED, Comparison, draw_scores, ranked
from saliency.figures.page import LARGE, LETTER_MM, Row, page_of, write_beside
from saliency.scanpaths.scanpath import Scanpath

SECOND_OF_REST = 2400.0  # area of the circle of a fixation of 1 s, in square points
SMALLEST_CIRCLE = 90.0


def draw_scanpath(
    scanpath: Scanpath,
    image: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw fixations as numbered circles, their area the time the gaze rested, and saccades as arrows.

    A cross marks the gaze with which the viewing began; a bar shows degrees of visual angle.

    Parameters
    ----------
    scanpath : Scanpath
        The path; places in pixels of the picture.
    image : array, shape (height, width, 3)
        The picture below; a blank frame of its size if none is given.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `scatter` of the fixations, such as `cmap`.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    if image is not None:
        draw_picture(image, ax=ax)
    width, height = scanpath.viewing.screen_px
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal", xticks=[], yticks=[])
    ax.set_axis_on()
    area = np.maximum(SECOND_OF_REST * np.nan_to_num(scanpath.duration, nan=0.2), SMALLEST_CIRCLE)
    stops = np.vstack([[scanpath.start], scanpath.places])
    for begin, end, radius in zip(stops, stops[1:], np.sqrt(area / np.pi), strict=False):
        arrow = {
            "arrowstyle": "-|>",
            "color": "white",
            "lw": 1.2,
            "shrinkA": 0,
            "shrinkB": radius,
            "mutation_scale": 10,
        }
        line = ax.annotate("", xy=tuple(end), xytext=tuple(begin), arrowprops={**arrow, "zorder": 2})
        if line.arrow_patch is not None:
            line.arrow_patch.set_path_effects(OUTLINE)
    start_x, start_y = scanpath.start
    ax.plot(start_x, start_y, "+", color="white", ms=9, mew=1.6, path_effects=OUTLINE, zorder=3)
    if len(scanpath):
        options: dict[str, Any] = {
            "cmap": "viridis",
            "edgecolors": "black",
            "linewidths": 0.8,
            "alpha": 0.85,
            "zorder": 4,
        }
        order = np.arange(len(scanpath))
        options |= {"vmin": 0, "vmax": max(1, len(scanpath) - 1)}
        ax.scatter(scanpath.x, scanpath.y, s=area, c=order, **{**options, **kwargs})
    for number, (x, y) in enumerate(scanpath.places, start=1):
        text = ax.text(x, y, str(number), ha="center", va="center", color="white", fontsize=7, weight="bold", zorder=5)
        text.set_path_effects(OUTLINE)
    draw_scale_bar(scanpath.viewing, ax)
    return ax


def report_figure(evaluation: Evaluation, comparisons: Sequence[Comparison] = (), *, heading: str = "") -> Figure:
    """Draw how good models are on one page: some pictures with people beside a model, and the scores of all models.

    Parameters
    ----------
    evaluation : Evaluation
        From `evaluate`.
    comparisons : sequence of Comparison
        Pictures to show, from top to bottom.
    heading : str
        What stands above the pictures, such as the model whose maps they are.

    Returns
    -------
    Figure
    """
    order = ranked(evaluation)
    left = LETTER_MM * max(map(len, order)) + 2
    chart = Row(len(CHARTED), 4.2 * len(order) + 2, above=8, below=9, left=left, gap=5)
    figure, axes = page_of(
        [*(comparison.row(above=12 if k == 0 else 8) for k, comparison in enumerate(comparisons)), chart]
    )
    for comparison, row in zip(comparisons, axes, strict=False):
        comparison.draw(figure, row)
    if comparisons:
        write_beside(figure, axes[0][0], heading, 0, 9, fontsize=LARGE, weight="bold")
    for number, (measure, ax) in enumerate(zip(CHARTED, axes[-1], strict=True)):
        draw_scores(evaluation, measure, rows=order, ax=ax)
        if number:
            ax.set_yticklabels([])
    counts = sorted({evaluation.counted(row) for row in evaluation.rows})
    over = " to ".join(map(str, counts[:: max(1, len(counts) - 1)]))
    words = f"Means over {over} pictures, between the centre bias and the agreement of people"
    write_beside(figure, axes[-1][0], words, -left, 3, fontsize=LARGE, weight="bold")
    return figure
