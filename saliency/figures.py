"""Figures of maps and scanpaths: each function draws on the Axes it is given and returns it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from foveation import as_image
from foveation.figures import OUTLINE, current_axes, draw_picture, draw_scale_bar, printable
from saliency.conspicuity import check_map
from saliency.scanpath import Scanpath

SECOND_OF_REST = 2400.0  # area of the circle of a fixation of 1 s, in square points
SMALLEST_CIRCLE = 90.0


def draw_heatmap(
    map_: ArrayLike,
    image: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Lay a map over a picture: the higher the value, the warmer and the less transparent.

    Parameters
    ----------
    map_ : array, shape (height, width)
        Any map that is nowhere negative.
    image : array, shape (height, width, 3)
        The picture, shown grey below it; the map stands alone if none is given.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `imshow` of the map, such as `cmap`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the map is none.
    """
    ax = current_axes() if ax is None else ax
    values = check_map(map_)
    height, width = values.shape if image is None else np.shape(image)[:2]
    values = printable(values)
    share = values / values.max() if values.max() > 0 else values
    options: dict[str, Any] = {"cmap": "inferno", "vmin": 0, "vmax": 1, "origin": "upper", "interpolation": "bilinear"}
    options["extent"] = (-0.5, width - 0.5, height - 0.5, -0.5)
    if image is not None:
        grey = as_image(printable(np.asarray(image))).mean(axis=2)
        ax.imshow(grey, cmap="gray", vmin=0, vmax=1, origin="upper", extent=options["extent"])
        options["alpha"] = 0.15 + 0.7 * np.sqrt(share)
    ax.imshow(share, **{**options, **kwargs})
    ax.set_axis_off()
    return ax


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
