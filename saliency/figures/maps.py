"""Figures of saliency maps: over the picture, and many models side by side."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from foveation import as_image
from foveation.figures import current_axes, draw_picture, printable
from foveation.image import opaque
from saliency.figures.page import FLAT, LETTER_MM, SMALL, Row, page_of, row_of
from saliency.map import check_map

TALLEST_PAGE_MM, MOST_COLUMNS = 230.0, 6


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
        grey = as_image(printable(opaque(image))).mean(axis=2)
        ax.imshow(grey, cmap="gray", vmin=0, vmax=1, origin="upper", extent=options["extent"])
        options["alpha"] = 0.15 + 0.7 * np.sqrt(share)
    ax.imshow(share, **{**options, **kwargs})
    ax.set_axis_off()
    return ax


def contact_sheet(
    image: ArrayLike,
    maps: Mapping[str, ArrayLike],
    milliseconds: Mapping[str, float] | None = None,
    *,
    overlay: bool = False,
) -> Figure:
    r"""Draw a picture and its maps by several models on one page, each with the model's name and time.

    Each map is drawn from 0 to its own greatest value.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The picture.
    maps : mapping of str to array, shape (height, width)
        The maps by the models' names.
    milliseconds : mapping of str to float, optional
        What each map took.
    overlay : bool
        Whether the maps are laid over the picture.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no map, or one is no map of the picture.

    Examples
    --------
    >>> picture = np.random.default_rng(0).random((60, 80, 3))
    >>> figure = contact_sheet(picture, {"light": picture.mean(axis=2)}, {"light": 0.1})
    >>> [ax.get_title() for ax in figure.axes]
    ['picture', 'light\n0.1 ms']
    """
    pixels = as_image(image)
    if not maps:
        raise ValueError("expected at least one map, got none")
    checked = {name: check_map(map_, pixels.shape) for name, map_ in maps.items()}
    aspect, cells, letters = pixels.shape[0] / pixels.shape[1], len(checked) + 1, max(map(len, checked))
    rows = {
        columns: row_of(aspect, columns, tallest=55, letters=letters, above=8) for columns in range(1, MOST_COLUMNS + 1)
    }
    columns = _columns(cells, rows, fewest=2 if aspect < FLAT else 3)
    row = rows[columns]
    figure, axes = page_of([row] * -(-cells // columns))
    first, *others = [ax for line in axes for ax in line]
    draw_picture(pixels, ax=first).set_title("picture", fontsize=SMALL, pad=3)
    for ax, (name, map_) in zip(others, checked.items(), strict=False):
        draw_heatmap(map_, pixels if overlay else None, ax=ax)
        took = [] if milliseconds is None else [_duration(milliseconds[name])]
        ax.set_title("\n".join([_fitting(name, row.width), *took]), fontsize=SMALL, pad=3, linespacing=1.1)
    for ax in others[len(checked) :]:
        ax.remove()
    return figure


def _columns(cells: int, rows: dict[int, Row], *, fewest: int) -> int:
    """Give the least number of columns with which a sheet fits a page, if there is one that leaves one cell empty."""
    fitting = [
        columns
        for columns in range(min(cells, fewest), MOST_COLUMNS + 1)
        if -(-cells // columns) * (rows[columns].height + rows[columns].above) < TALLEST_PAGE_MM
    ] or [MOST_COLUMNS]
    return next((columns for columns in fitting if -cells % columns <= 1), fitting[0])


def _duration(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def _fitting(name: str, width_mm: float) -> str:
    """Cut a name at its beginning if there is no room for all of it."""
    letters = max(6, int(width_mm / LETTER_MM))
    return name if len(name) <= letters else f"…{name[1 - letters :]}"
