"""Figures of captions: where in the picture a captioner attended for each word."""

from collections.abc import Iterable
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, current_axes, draw_picture
from foveation.image import as_image
from neural.figures.alignment import NARROWEST_MM, NOTHING, TYPE, draw_colours, written
from neural.figures.style import SMALL
from neural.films.caption_film import COVER, DIM, Captioned, Spoken

TILE_MM, TITLE_MM, SPACE_MM = 34.0, 5.0, 2.0  # widest panel, room for its title, and between panels
FEW, FEW_A_LINE, MANY_A_LINE = 18, 6, 8  # up to so many panels there are fewer in a line
HEADING_LETTERS = 105  # of a line above a page
SMOOTH = "hermite"  # between the cells; in the middle of a cell it gives the cell's own weight, as others do not


def caption_figure(
    image: ArrayLike,
    caption: Captioned,
    *,
    boxes: ArrayLike | None = None,
    named: ArrayLike | None = None,
    heading: str = "",
) -> Figure:
    """Draw a caption word by word: the picture, then for each word the picture with the attention that it got.

    Soft attention is laid over the grey picture, spread smoothly from the cells of its grid, on one scale for all
    words; colours go by the square root of the weight, to show faint attention too. Hard attention is a frame around
    the chosen cell. The end of the sentence is left out.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, 3 or 4)
        The picture.
    caption : Captioned
        Words and their attention, such as a `Caption`.
    boxes : array, shape (k, 4), optional
        Objects: left, top, right and bottom edge, in pixels. They are framed in the picture, dashed.
    named : array of int, shape (words,), optional
        Which of the objects each word names, -1 for none: its box is drawn in the panel of the word.
    heading : str
        What stands above; the caption itself if empty.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the caption is none (see `neural.caption_film.Spoken.of`), or boxes or names do not fit.

    References
    ----------
    Xu et al. (2015), Show, attend and tell: neural image caption generation with visual attention, ICML, figures 2-5.

    Examples
    --------
    >>> spoken = Spoken(("a", "disc"), np.full((2, 4, 4), 1 / 16), hard=False)
    >>> [ax.get_title() for ax in caption_figure(np.full((48, 64, 3), 0.5), spoken).axes]
    ['picture', 'a', 'disc', '']
    """
    spoken, pixels = Spoken.of(caption), as_image(image)
    outlines = _checked_boxes(boxes)
    objects = _checked_names(named, len(spoken.words), len(outlines))
    said = fill(heading or " ".join(spoken.words).replace(" ,", ",").replace(" .", "."), HEADING_LETTERS)
    figure, axes, key = _caption_page(len(spoken.words) + 1, pixels.shape[0] / pixels.shape[1], said)
    draw_picture(pixels, ax=axes[0])
    _draw_boxes(outlines, axes[0])
    for ax, title in zip(axes, ("picture", *written(spoken.words)), strict=True):
        ax.set_title(title, fontsize=TYPE, pad=2, parse_math=False, style="italic" if ax is axes[0] else "normal")
    for weights, number, ax in zip(spoken.weights, objects, axes[1:], strict=True):
        draw_attention(weights, pixels, hard=spoken.hard, greatest=spoken.greatest, ax=ax)
        _draw_boxes(outlines[number : number + 1] if number >= 0 else [], ax)
    _draw_key(spoken, axes[1], key)
    return figure


def draw_attention(
    weights: ArrayLike,
    image: ArrayLike,
    *,
    hard: bool = False,
    greatest: float | None = None,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Lay attention to the cells of a grid over a picture: smoothly spread, or as a frame around the chosen cell.

    Parameters
    ----------
    weights : array, shape (rows, columns)
        Of the cells, which divide the picture evenly; none negative.
    image : array, shape (height, width) or (height, width, 3 or 4)
        The picture: grey below soft attention, as it is below hard attention.
    hard : bool
        Whether to frame the cell of the greatest weight.
    greatest : float, optional
        The weight that is drawn palest; the greatest of `weights` if left out.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `imshow` of the weights, or to the frame.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = draw_attention([[0.0, 0.75], [0.25, 0.0]], np.full((48, 64, 3), 0.5), ax=Figure().subplots())
    >>> ax.images[1].get_array().tolist()
    [[0.0, 0.75], [0.25, 0.0]]
    """
    ax = current_axes() if ax is None else ax
    values, pixels = np.asarray(weights, np.float64), as_image(image)
    high, wide = (side / cells for side, cells in zip(pixels.shape, values.shape, strict=False))
    if hard:
        row, column = np.unravel_index(values.argmax(), values.shape)
        place = (float(column * wide - 0.5), float(row * high - 0.5))
        frame: dict[str, Any] = {"fill": False, "ec": "white", "lw": 1.4, "path_effects": OUTLINE}
        draw_picture(pixels, ax=ax).add_patch(Rectangle(place, wide, high, **{**frame, **kwargs}))
        return ax
    most = float(values.max()) if greatest is None else greatest
    if most == 0:
        return draw_picture(pixels, ax=ax)
    draw_picture(DIM * pixels.mean(axis=2), ax=ax)
    options: dict[str, Any] = {"cmap": "inferno", "norm": PowerNorm(0.5, 0, most), "interpolation": SMOOTH}
    options |= {"alpha": COVER * np.sqrt(np.clip(values / most, 0, 1)), "extent": ax.images[0].get_extent()}
    ax.imshow(values, **{**options, **kwargs})
    return ax


def _checked_boxes(boxes: ArrayLike | None) -> NDArray[np.float64]:
    outlines = np.empty((0, 4)) if boxes is None else np.asarray(boxes, np.float64)
    if outlines.ndim != 2 or outlines.shape[1] != 4:
        raise ValueError(f"expected boxes of shape (k, 4): left, top, right, bottom; got shape {outlines.shape}")
    return outlines


def _checked_names(named: ArrayLike | None, words: int, boxes: int) -> NDArray[np.int64]:
    """Give the number of the object that each word names, -1 for none."""
    objects = np.full(words, -1) if named is None else np.asarray(named)
    if objects.shape != (words,):
        raise ValueError(f"expected an object, or -1, for each of the {words} words, got shape {objects.shape}")
    if objects.max() >= boxes or objects.min() < -1:
        raise ValueError(f"expected objects from -1 to {boxes - 1}, got {objects.min()} to {objects.max()}")
    return objects


def _draw_boxes(boxes: Iterable[NDArray[np.float64]], ax: Axes) -> None:
    """Draw dashed frames around objects."""
    for left, top, right, bottom in boxes:
        style: dict[str, Any] = {"fill": False, "ec": "white", "lw": 0.9, "ls": (0, (3, 2)), "zorder": 3}
        ax.add_patch(Rectangle((left, top), right - left, bottom - top, **style))


def _caption_page(panels: int, aspect: float, heading: str) -> tuple[Figure, list[Axes], Axes]:
    """Give a page, its panels in lines, for pictures `aspect` times as high as wide, and a place for the key."""
    lines = -(-panels // (FEW_A_LINE if panels <= FEW else MANY_A_LINE))
    columns = -(-panels // lines)
    wide = min(TILE_MM, (PAGE_MM - SPACE_MM * (columns + 1)) / columns)
    high = wide * aspect
    above = 3.6 * (heading.count("\n") + 1) + 2
    width = max(SPACE_MM + columns * (wide + SPACE_MM), NARROWEST_MM)
    height = above + lines * (high + TITLE_MM) + 11
    figure = Figure(figsize=(width * MILLIMETRE, height * MILLIMETRE))
    figure.text(0.5, 1 - 1.5 / height, heading, ha="center", va="top", fontsize=8, parse_math=False)

    def axes(left: float, top: float, across: float, down: float) -> Axes:
        return figure.add_axes((left / width, 1 - (top + down) / height, across / width, down / height))

    places = [divmod(number, columns) for number in range(panels)]
    tiles = [
        axes(SPACE_MM + column * (wide + SPACE_MM), above + line * (high + TITLE_MM) + TITLE_MM, wide, high)
        for line, column in places
    ]
    return figure, tiles, axes(SPACE_MM + 3, height - 8, 26, 2.2)


def _draw_key(spoken: Spoken, ax: Axes, key: Axes) -> None:
    """Tell what is laid over the pictures, beside a scale of colours if there is one."""
    if spoken.hard or spoken.greatest == 0:
        key.set_axis_off()
        words = "frame: the place chosen for the word" if spoken.hard else NOTHING
        key.text(0, 0.5, words, fontsize=SMALL, va="center", transform=key.transAxes)
        return
    draw_colours(ax, key, "attention to a cell (all sum to 1)", between=0.25)
