"""Figures of displays of an experiment."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from foveation.figures import draw_picture
from foveation.image import OKABE_ITO
from saliency.displays.cueing import CueingTrial
from saliency.displays.display import Display
from saliency.figures.page import SMALL, page_of, row_of, write_beside


def draw_display(display: Display, *, ax: Axes | None = None) -> Axes:
    """Draw a display with a ring around its target, if it has one, and an arrow on what moves.

    Parameters
    ----------
    display : Display
        From `search_display`, `crowded_letters` or `pop_out`.
    ax : Axes, optional
        Where to draw; by default the current one of pyplot.

    Returns
    -------
    Axes
    """
    ax = draw_picture(display.image, ax=ax, interpolation="antialiased")
    if display.target_index is not None:
        x, y, width, height = display.boxes[display.target_index].tolist()
        middle, radius = (x + width / 2, y + height / 2), float(np.hypot(width, height)) / 2
        room = 0.02 * max(display.image.shape)
        ax.add_patch(Circle(middle, radius + room, facecolor="none", edgecolor=FOUND, linewidth=1.0))
    for (x, y), item in zip(display.items.tolist(), display.drawn, strict=True):
        if any(item.velocity):
            tip = (x + ARROW_S * item.velocity[0], y - ARROW_S * item.velocity[1])
            ax.annotate("", tip, (x, y), arrowprops={"arrowstyle": "->", "color": FOUND, "mutation_scale": 6})
    return ax


def displays_figure(displays: Mapping[str, Display], trials: Mapping[str, CueingTrial] | None = None) -> Figure:
    """Draw displays on one page, their targets in rings, and below them what is seen one after the other in trials.

    Parameters
    ----------
    displays : mapping of str to Display
        By the names that stand above them.
    trials : mapping of str to CueingTrial, optional
        By the names that stand above them; each frame has its time above it.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no display.

    Examples
    --------
    >>> from saliency.displays.search import search_display
    >>> figure = displays_figure({"T among L": search_display("t-among-l")})
    >>> [ax.get_title() for ax in figure.axes]
    ['T among L']
    """
    if not displays:
        raise ValueError("expected at least one display, got none")
    shows = {} if trials is None else dict(trials)
    first = next(iter(displays.values())).image
    columns = min(5, len(displays))
    grid = row_of(first.shape[0] / first.shape[1], columns, letters=22)
    films = [
        row_of(trial.frames.shape[1] / trial.frames.shape[2], max(6, len(trial.times)), above=10)
        for trial in shows.values()
    ]
    figure, axes = page_of([grid] * -(-len(displays) // columns) + films)
    panels = [ax for row in axes[: len(axes) - len(films)] for ax in row]
    for ax, (name, display) in zip(panels, displays.items(), strict=False):
        draw_display(display, ax=ax).set_title(name, fontsize=SMALL, pad=2)
    for (name, trial), row in zip(shows.items(), axes[len(axes) - len(films) :], strict=True):
        write_beside(figure, row[0], name, 0, 5, weight="bold")
        for ax, frame, event, time in zip(row, trial.frames, trial.events, trial.times, strict=False):
            draw_picture(frame, ax=ax, interpolation="antialiased").set_title(
                f"{event}, {1000 * time:.0f} ms", fontsize=SMALL, pad=2
            )
    for ax in [ax for ax in figure.axes if not ax.images]:
        ax.remove()
    return figure


FOUND = OKABE_ITO["blue"]  # colour of the ring around a target
ARROW_S = 2.0  # seconds of motion that an arrow stands for
