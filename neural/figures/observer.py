"""Figures of the observer: what it saw, what was chosen, and how its paths stand beside people's."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike

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
    for row, (glance, axes) in enumerate(zip(shown, grid, strict=True)):
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
            arrow = {"arrowstyle": "-|>", "color": "white", "lw": 1.3, "mutation_scale": 9, "shrinkA": 4, "shrinkB": 0}
            line = choice.annotate("", xy=glance.winner, xytext=glance.gaze, arrowprops=arrow)
            if line.arrow_patch is not None:
                line.arrow_patch.set_path_effects(OUTLINE)
            priority.plot(*glance.winner, "x", color="white", ms=6, mew=1.5, path_effects=OUTLINE)
            how = f"rests {glance.duration * 1000:.0f} ms"
            if np.isfinite(glance.latency):
                how = f"chose in {glance.latency * 1000:.0f} ms"
            label = f"{glance.onset * 1000:.0f} ms\n{how}"
        else:
            label = f"{glance.onset * 1000:.0f} ms\nno winner"
        style = {"ha": "left", "va": "top", "fontsize": 6, "color": "white", "path_effects": OUTLINE}
        eye.text(0.02, 0.97, label, transform=eye.transAxes, **style)
        if row == 0:
            for ax, title in zip(axes, titles, strict=True):
                ax.set_title(title, fontsize=8)
    return figure


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
        shares = np.full((2, len(shown)), np.nan)
        for column, name in enumerate(shown):
            low, high = ends[name]
            shares[:, column] = np.divide(evaluation.over(observer, name, MEASURES[name].floor), high - low)
        rows = np.arange(len(shown)) + 0.5 * ((k + 0.5) / len(evaluation.observers) - 0.5)
        share, colour = shares[0], COLOURS[k % len(COLOURS)]
        held = (share >= WAY[0]) & (share <= WAY[1])
        options: dict[str, Any] = {"fmt": "o", "ms": 3, "lw": 0.8, "color": colour, "label": observer, **kwargs}
        ax.errorbar(share[held], rows[held], xerr=np.nan_to_num(np.abs(shares[1][held])), **options)
        for beyond, edge, marker in ((share < WAY[0], WAY[0], "<"), (share > WAY[1], WAY[1], ">")):
            ax.scatter(np.full(beyond.sum(), edge), rows[beyond], s=12, marker=marker, color=colour, clip_on=False)
    for place, name in ((0, "floor"), (1, "ceiling")):
        ax.axvline(place, color="#555555", lw=0.7, ls="--", zorder=0)
        ax.annotate(
            name,
            (place, 1),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            fontsize=6,
        )
    for row, name in enumerate(shown):
        said = "  to  ".join(f"{end:.3g}" for end in ends[name])
        ax.annotate(
            f"{said} {MEASURES[name].unit}",
            (1, row),
            (8, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=6,
        )
    ax.set_yticks(np.arange(len(shown)), [MEASURES[name].title for name in shown])
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    ax.set_xlim(*WAY)
    dress(ax, "share of the way from floor to ceiling", "", loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=3)
    return ax


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
