"""Figures of the observer: what it saw, what stood out, what memory held back, and where it went."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from foveation import Viewing
from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, draw_picture
from neural.observer import Glance
from saliency.figures import draw_heatmap

COLUMNS = ("what the eye sees", "priority", "inhibition", "choice")


def glance_strip(glances: Sequence[Glance], image: ArrayLike, viewing: Viewing, *, at_most: int = 6) -> Figure:
    """Draw the turns of the loop, a row each: what the eye sees, the priority, the inhibition, and the choice.

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
    width, height = viewing.of_picture(np.shape(image)).screen_px
    row_mm = PAGE_MM / len(COLUMNS) * height / width
    size = (PAGE_MM * MILLIMETRE, (8 + (row_mm + 2) * len(shown)) * MILLIMETRE)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(shown), len(COLUMNS), squeeze=False)
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    greatest = max(max(float(glance.inhibition.max()) for glance in shown), 1e-9)
    for row, (glance, axes) in enumerate(zip(shown, grid, strict=True)):
        eye, priority, inhibition, choice = axes
        draw_picture(np.clip(glance.retina, 0, 1), ax=eye, extent=extent)
        draw_heatmap(glance.priority, ax=priority, extent=_cells_extent(glance), interpolation="nearest")
        options: dict[str, Any] = {"cmap": "cividis", "vmin": 0, "vmax": np.log1p(greatest), "interpolation": "nearest"}
        inhibition.imshow(np.log1p(glance.inhibition), extent=_cells_extent(glance), **options)
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
            label = f"{glance.onset * 1000:.0f} ms\nchose in {glance.latency * 1000:.0f} ms"
        else:
            label = f"{glance.onset * 1000:.0f} ms\nno winner"
        style = {"ha": "left", "va": "top", "fontsize": 6, "color": "white", "path_effects": OUTLINE}
        eye.text(0.02, 0.97, label, transform=eye.transAxes, **style)
        if row == 0:
            for ax, title in zip(axes, COLUMNS, strict=True):
                ax.set_title(title, fontsize=8)
    return figure


def _cells_extent(glance: Glance) -> tuple[float, float, float, float]:
    """Edges of the grid of cells in pixels of the picture; the last cells may stick out of it."""
    rows, columns = glance.priority.shape
    return (-0.5, columns * glance.cell - 0.5, rows * glance.cell - 0.5, -0.5)
