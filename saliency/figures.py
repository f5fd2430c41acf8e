"""Figures of maps and scanpaths: each function draws on the Axes it is given and returns it."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing, as_image
from foveation.opencv import cv2
from saliency.conspicuity import check_map
from saliency.scanpath import Scanpath

MILLIMETRE = 1 / 25.4  # of an inch
PAGE_MM = 170.0
PRINTABLE_PX = 2000
SECOND_OF_REST = 2400.0  # area of the circle of a fixation of 1 s, in square points
SMALLEST_CIRCLE = 90.0
OUTLINE: list[AbstractPathEffect] = [withStroke(linewidth=2.2, foreground="black")]


def current_axes() -> Axes:
    """Give the Axes that pyplot would draw on."""
    from matplotlib import pyplot

    return pyplot.gca()


def picture_figure(shape: tuple[int, ...], *, width_mm: float = PAGE_MM) -> tuple[Figure, Axes]:
    """Give a figure, and one Axes in it, for a picture of `shape` (height, width, ...), without pyplot.

    Examples
    --------
    >>> figure, axes = picture_figure((480, 640), width_mm=85)
    >>> (figure.get_size_inches() * 25.4).round()
    array([85., 74.])
    """
    height, width = shape[:2]
    height_mm = min(width_mm * height / width, 1.6 * width_mm) + 10
    figure = Figure(figsize=(width_mm * MILLIMETRE, height_mm * MILLIMETRE), layout="constrained")
    return figure, figure.add_subplot()


def draw_picture(image: ArrayLike, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Show a picture, pixel centres at whole numbers, origin at the top left; `kwargs` go to `imshow`."""
    ax = current_axes() if ax is None else ax
    height, width = np.shape(image)[:2]
    options = {"origin": "upper", "interpolation": "nearest", "extent": (-0.5, width - 0.5, height - 0.5, -0.5)}
    ax.imshow(as_image(_printable(np.asarray(image))), **{**options, **kwargs})
    ax.set_axis_off()
    return ax


def _printable(values: NDArray[Any]) -> NDArray[Any]:
    """Reduce a picture or map to what a page can show: a large one would take minutes to draw."""
    shrink = PRINTABLE_PX / max(values.shape[:2])
    if shrink >= 1:
        return values
    size = (max(2, round(values.shape[1] * shrink)), max(2, round(values.shape[0] * shrink)))
    reduced: NDArray[Any] = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return reduced


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
    values = _printable(values)
    share = values / values.max() if values.max() > 0 else values
    options: dict[str, Any] = {"cmap": "inferno", "vmin": 0, "vmax": 1, "origin": "upper", "interpolation": "bilinear"}
    options["extent"] = (-0.5, width - 0.5, height - 0.5, -0.5)
    if image is not None:
        grey = as_image(_printable(np.asarray(image))).mean(axis=2)
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
    _draw_scale_bar(scanpath.viewing, ax)
    return ax


def _draw_scale_bar(viewing: Viewing, ax: Axes) -> None:
    """Draw a bar of a round number of degrees, about a sixth of the picture, into the lower left corner."""
    width, height = viewing.screen_px
    wanted = width / viewing.pixels_per_degree / 6
    rounds = [base * 10.0**power for power in range(-3, 3) for base in (1, 2, 5)]
    degrees = min(rounds, key=lambda candidate: abs(np.log(candidate / wanted)))
    left, bottom = 0.03 * width, height - 0.04 * height
    right = left + degrees * viewing.pixels_per_degree
    ax.plot([left, right], [bottom, bottom], color="white", lw=2, solid_capstyle="butt", path_effects=OUTLINE, zorder=6)
    label = f"{degrees:g} deg"
    style = {"ha": "center", "va": "bottom", "color": "white", "fontsize": 7, "path_effects": OUTLINE, "zorder": 6}
    ax.text((left + right) / 2, bottom - 0.012 * height, label, **style)  # type: ignore[arg-type]


def save_figure(figure: Figure, path: Any, *, suffix: str) -> None:  # noqa: ANN401
    """Write a figure as .png, .svg or .pdf so that the same figure gives the same bytes."""
    metadata = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(suffix.lower())
    with mpl.rc_context({"svg.hashsalt": "foveal", "svg.fonttype": "none", "pdf.fonttype": 42}):
        figure.savefig(path, dpi=200, format=suffix.lstrip(".").lower(), metadata=metadata)
