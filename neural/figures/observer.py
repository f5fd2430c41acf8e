"""Figures of the observer: what it saw, what was chosen, and how its paths stand beside people's."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, current_axes, draw_picture
from neural.figures.style import COLOURS, dress
from neural.observer.presentation import Glance
from neural.observer.scores import MEASURES, ScanpathEvaluation
from saliency.evaluation import CEILING
from saliency.figures.maps import draw_heatmap

INHIBITION = "inhibition"
COLUMNS = ("what the eye sees", "priority", INHIBITION, "choice")


def glance_strip(glances: Sequence[Glance], image: ArrayLike, viewing: Viewing, *, at_most: int = 6) -> Figure:
    """Draw the turns of the loop, a row each: what the eye sees, the priority, the inhibition if any, and the choice.

    Parameters
    ----------
    glances : sequence of Glance
        From `Observer.glances`.
    image : array, shape (height, width, 3)
        The picture.
    viewing : Viewing
        Geometry, as given to the observer.
    at_most : int
        Rows.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no glance.
    """
    shown = list(glances[:at_most])
    if not shown:
        raise ValueError("expected at least one glance")
    greatest = max(float(glance.inhibition.max()) for glance in shown)
    titles = COLUMNS if greatest > 0 else tuple(title for title in COLUMNS if title != INHIBITION)
    width, height = viewing.of_picture(np.shape(image)).screen_px
    row_mm = PAGE_MM / len(titles) * height / width
    size = (PAGE_MM * MILLIMETRE, (8 + (row_mm + 2) * len(shown)) * MILLIMETRE)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(shown), len(titles), squeeze=False)
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    for glance, axes in zip(shown, grid, strict=True):
        _draw_glance(glance, image, axes, extent, greatest)
    for ax, title in zip(grid[0], titles, strict=True):
        ax.set_title(title, fontsize=8)
    return figure


Extent = tuple[float, float, float, float]  # left, right, bottom and top of a picture, in pixels


def _draw_glance(glance: Glance, image: ArrayLike, axes: Sequence[Axes], extent: Extent, greatest: float) -> None:
    """Draw one turn of the loop: a row of `glance_strip`; `greatest` is the strongest inhibition of all."""
    eye, priority, choice = axes[0], axes[1], axes[-1]
    draw_picture(np.clip(glance.retina, 0, 1), ax=eye, extent=extent)
    draw_heatmap(glance.priority, ax=priority, extent=extent, interpolation="nearest")
    if greatest > 0:
        options: dict[str, Any] = {"cmap": "cividis", "vmin": 0, "vmax": np.log1p(greatest)}
        axes[2].imshow(np.log1p(glance.inhibition), extent=extent, interpolation="nearest", **options)
    draw_picture(image, ax=choice)
    for ax in axes:
        ax.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
        ax.set_axis_off()
        ax.plot(*glance.gaze, "o", mfc="none", mec="white", ms=7, mew=1.2, path_effects=OUTLINE)
    if glance.winner is not None:
        _draw_winner(glance.gaze, glance.winner, priority, choice)
    style: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": 6, "color": "white", "path_effects": OUTLINE}
    eye.text(0.02, 0.97, _label(glance), transform=eye.transAxes, **style)


def _draw_winner(gaze: tuple[float, float], winner: tuple[float, float], priority: Axes, choice: Axes) -> None:
    """Draw the place that has won: a cross on the priority, and an arrow from the gaze on the picture."""
    arrow = {"arrowstyle": "-|>", "color": "white", "lw": 1.3, "mutation_scale": 9, "shrinkA": 4, "shrinkB": 0}
    line = choice.annotate("", xy=winner, xytext=gaze, arrowprops=arrow)
    if line.arrow_patch is not None:
        line.arrow_patch.set_path_effects(OUTLINE)
    priority.plot(*winner, "x", color="white", ms=6, mew=1.5, path_effects=OUTLINE)


def _label(glance: Glance) -> str:
    """Say when the gaze came to rest, and how long it rested or the choice took."""
    if glance.winner is None:
        how = "no winner"
    elif np.isfinite(glance.latency):
        how = f"chose in {glance.latency * 1000:.0f} ms"
    else:
        how = f"rests {glance.duration * 1000:.0f} ms"
    return f"{glance.onset * 1000:.0f} ms\n{how}"


WAY = (-0.75, 1.5)  # what is shown of the way from floor to ceiling


def draw_between(evaluation: ScanpathEvaluation, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Draw each observer's score in each measure as its share of the way from the floor (0) to the ceiling (1).

    Bars are standard errors of the difference to the floor; a triangle at the edge stands for a score beyond it. The
    numbers on the right are those of floor and ceiling. Measures that lack either are left out.

    Parameters
    ----------
    evaluation : ScanpathEvaluation
        From `evaluate_scanpaths`.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `errorbar` of the observers, such as `markersize`.

    Returns
    -------
    Axes

    Examples
    --------
    ``draw_between(evaluate_scanpaths(observers, recordings, viewing, rng=0))``
    """
    ax = current_axes() if ax is None else ax
    ends = {name: _ends(evaluation, name) for name in evaluation.scores}
    shown = [name for name, (low, high) in ends.items() if np.isfinite([low, high]).all() and low != high]
    for k, observer in enumerate(evaluation.observers):
        shares = _shares_of_way(evaluation, observer, {name: ends[name] for name in shown})
        rows = np.arange(len(shown)) + 0.5 * ((k + 0.5) / len(evaluation.observers) - 0.5)
        options = {"fmt": "o", "ms": 3, "lw": 0.8, "color": COLOURS[k % len(COLOURS)], "label": observer, **kwargs}
        _draw_scores(ax, shares, rows, options)
    small: dict[str, Any] = {"textcoords": "offset points", "fontsize": 6}
    for place, name in ((0, "floor"), (1, "ceiling")):
        ax.axvline(place, color="#555555", lw=0.7, ls="--", zorder=0)
        ax.annotate(name, (place, 1), (0, 3), xycoords=("data", "axes fraction"), ha="center", **small)
    for row, name in enumerate(shown):
        words = "  to  ".join(f"{end:.3g}" for end in ends[name]) + f" {MEASURES[name].unit}"
        ax.annotate(words, (1, row), (8, 0), xycoords=("axes fraction", "data"), va="center", **small)
    ax.set_yticks(np.arange(len(shown)), [MEASURES[name].title for name in shown])
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    ax.set_xlim(*WAY)
    dress(ax, "share of the way from floor to ceiling", "", loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=3)
    return ax


def _shares_of_way(
    evaluation: ScanpathEvaluation, observer: str, ends: Mapping[str, tuple[float, float]]
) -> NDArray[np.float64]:
    """Give an observer's scores as shares of the way from floor to ceiling, and their standard errors (2, measures)."""
    shares = np.full((2, len(ends)), np.nan)
    for column, (name, (low, high)) in enumerate(ends.items()):
        shares[:, column] = np.divide(evaluation.over(observer, name, MEASURES[name].floor), high - low)
    return shares


def _draw_scores(ax: Axes, shares: NDArray[Any], rows: NDArray[Any], options: dict[str, Any]) -> None:
    """Draw scores with their errors, and a triangle at the edge for each that lies beyond it."""
    share, error = shares
    held = (share >= WAY[0]) & (share <= WAY[1])
    ax.errorbar(share[held], rows[held], xerr=np.nan_to_num(np.abs(error[held])), **options)
    for beyond, edge, marker in ((share < WAY[0], WAY[0], "<"), (share > WAY[1], WAY[1], ">")):
        places = np.full(beyond.sum(), edge)
        ax.scatter(places, rows[beyond], s=12, marker=marker, color=options["color"], clip_on=False)


def _ends(evaluation: ScanpathEvaluation, measure: str) -> tuple[float, float]:
    """Give the mean of the floor and of the ceiling, over the pictures that have both."""
    low = evaluation.mean(MEASURES[measure].floor, measure).value
    return low, low + evaluation.over(CEILING, measure).value


def observers_figure(evaluation: ScanpathEvaluation) -> Figure:
    """Draw how good observers are on one page: `draw_between`, and the protocol below.

    Examples
    --------
    ``observers_figure(evaluate_scanpaths(observers, recordings, viewing, rng=0))``
    """
    lines = [line for sentence in evaluation.protocol for line in fill(sentence, 148).splitlines()]
    height, below = 120 + 3.2 * len(lines), 3.2 * len(lines) + 2
    layout = ConstrainedLayoutEngine(rect=(0, below / height, 1, 1 - below / height))
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, height * MILLIMETRE), layout=layout)
    draw_between(evaluation, ax=figure.subplots())
    figure.text(0.02, below / height, "\n".join(lines), fontsize=6, va="top", linespacing=1.3)
    return figure
