"""Figures of alignments: which pieces of the source a translation attended to for each piece that it wrote."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from numpy.typing import ArrayLike, NDArray

from foveation.figures import MILLIMETRE, PAGE_MM, current_axes
from foveation.image import OKABE_ITO
from neural.figures.style import SMALL

END_SIGN, SPACE_SIGN = "\N{END OF PROOF}", "\N{OPEN BOX}"  # how the end of a sentence and a space are written
LONGEST_PIECE = 26  # letters of a piece that are written, at most
LARGEST_CELL_MM, SMALLEST_CELL_MM, NARROWEST_MM = 6.5, 1.9, 80.0  # of a cell, and of a figure
TYPE = 7.0  # points, where there is room for it
POINT_MM = 25.4 / 72
LINK = OKABE_ITO["vermillion"]
WEIGHT = "attention weight (a row sums to 1)"
NOTHING = "no attention: all weights are 0"
BOTTLENECK = "Without attention, one vector of fixed size has to hold the whole sentence"
Span = tuple[int, int]
Link = tuple[Span, Span]


class Aligned(Protocol):
    """A translation with its attention, such as a `Translation` of `neural.sequences.translation`.

    `source` and `target` hold the pieces (words, parts of words, characters) in order, "" for the end of the sentence;
    `weights` the attention of each target piece to the source pieces, (target, source).
    """

    @property
    def source(self) -> Sequence[str]:  # noqa: D102
        ...

    @property
    def target(self) -> Sequence[str]:  # noqa: D102
        ...

    @property
    def weights(self) -> NDArray[Any]:  # noqa: D102
        ...


def draw_alignment(
    weights: ArrayLike,
    source: Sequence[str],
    target: Sequence[str],
    *,
    links: Iterable[Link] = (),
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw to which pieces of the source each piece of the target attended: a row a target piece, the first above.

    Colours go evenly from white, 0, to dark, the greatest weight.

    Parameters
    ----------
    weights : array, shape (target, source)
        Attention weights, or other numbers that are not negative.
    source, target : sequence of str
        The pieces: words, parts of words, or characters. The end of the sentence, "", is written as a small square, a
        space as an open box.
    links : iterable of tuple
        Which pieces belong together: ((source start, stop), (target start, stop)), as in `neural.corpus.Listed`. Each
        gets a frame.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to `imshow`, such as `vmax` or `cmap`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there are not as many weights as pieces, one is negative or not finite, or a link lies outside.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and translate, ICLR,
    figure 3.

    Examples
    --------
    >>> weights = [[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]]
    >>> ax = draw_alignment(weights, ["guten", "Tag", ""], ["hello", ""], ax=Figure().subplots())
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['guten', 'Tag', '∎']
    """
    values = _checked_weights(weights, source, target)
    ax = current_axes() if ax is None else ax
    options: dict[str, Any] = {"cmap": "Blues", "vmin": 0, "vmax": values.max() or 1}
    options |= {"interpolation": "nearest", "aspect": "auto"}
    ax.imshow(values, **{**options, **kwargs})
    ax.set_xticks(np.arange(len(source)), written(source), rotation=0 if _narrow(source) else 90)
    ax.set_yticks(np.arange(len(target)), written(target))
    ax.tick_params(length=0, pad=2, labelsize=TYPE, top=True, labeltop=True, bottom=False, labelbottom=False)
    for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        label.set_parse_math(False)
    for across, end in ((ax.axvline, len(source)), (ax.axhline, len(target))):
        for between in range(1, end):
            across(between - 0.5, color="0.85", lw=0.3, zorder=1.5)
    for link in links:
        _draw_link(link, values.shape, ax)
    return ax


def _checked_weights(weights: ArrayLike, source: Sequence[str], target: Sequence[str]) -> NDArray[np.float64]:
    values = np.asarray(weights, np.float64)
    if values.shape != (len(target), len(source)) or not values.size:
        raise ValueError(
            f"expected weights of {len(target)} target x {len(source)} source pieces, got shape {values.shape}"
        )
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("expected weights that are finite and not negative, got others")
    return values


def written(pieces: Sequence[str]) -> list[str]:
    """Give what is written for each piece: signs for the end and for a space, and the beginning of what is too long."""
    shown = {"": END_SIGN, " ": SPACE_SIGN}
    cut = (each if len(each) <= LONGEST_PIECE else f"{each[: LONGEST_PIECE - 1]}…" for each in pieces)
    return [shown.get(each, each) for each in cut]


def _narrow(pieces: Sequence[str]) -> bool:
    """Whether all pieces are single letters and signs, which stand upright side by side."""
    return max(len(each) for each in pieces) <= 1


def _draw_link(link: Link, shape: tuple[int, ...], ax: Axes) -> None:
    (left, right), (top, bottom) = link
    if not (0 <= left < right <= shape[1] and 0 <= top < bottom <= shape[0]):
        raise ValueError(f"expected links within {shape[1]} source and {shape[0]} target pieces, got {link}")
    style: dict[str, Any] = {"fill": False, "ec": LINK, "lw": 1.1, "zorder": 3}
    ax.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, **style))


class _Room(NamedTuple):
    """What an alignment takes on the page, in millimetres, and the size of its type, in points."""

    cell: float
    left: float
    above: float
    type: float

    @classmethod
    def of(cls, source: Sequence[str], target: Sequence[str], right: float) -> "_Room":
        """Make cells as large as the page allows, beside the labels and what stands to the right."""
        left = _longest_mm(written(target)) + 6
        above = _longest_mm(written(source)) if not _narrow(source) else TYPE * POINT_MM
        cell = float(np.clip((PAGE_MM - left - right) / len(source), SMALLEST_CELL_MM, LARGEST_CELL_MM))
        return cls(cell, left, above + 7, min(TYPE, 0.88 * cell / POINT_MM))


def _longest_mm(texts: Iterable[str]) -> float:
    """Give the length of the longest of some texts in ordinary type."""
    type_ = FontProperties(size=TYPE)
    widths = [text_to_path.get_text_width_height_descent(text, type_, ismath=False)[0] for text in texts]
    return float(max(widths)) * POINT_MM


BAR_MM, GAP_MM, BELOW_MM = 18.0, 4.0, 12.0  # columns beside an alignment, the space between, and the room for its key


def alignment_figure(
    translation: Aligned,
    *,
    links: Iterable[Link] = (),
    entropy: bool = False,
    beside: Mapping[str, ArrayLike] | None = None,
    heading: str = "",
    meaning: str = WEIGHT,
    **kwargs: Any,  # noqa: ANN401
) -> Figure:
    r"""Draw a translation as a heat map: which source pieces (columns) each piece that was written (rows) looked at.

    Cells and type shrink until the source fits a page; from about 75 pieces the figure is wider than one. If
    all weights are 0, as without attention, the key says so.

    Parameters
    ----------
    translation : Aligned
        Pieces and weights, such as a `Translation`.
    links : iterable of tuple
        Frames around what belongs together, as for `draw_alignment`.
    entropy : bool
        Whether to draw beside each row its entropy :math:`-\sum_i \alpha_i \log \alpha_i`, in nats: 0 if all weight is
        on one piece, :math:`\log n` if it is on :math:`n` evenly.
    beside : mapping of str to array, shape (target,), optional
        Other numbers to draw beside the rows, by name, such as the log probability of each piece.
    heading : str
        What stands above.
    meaning : str
        What the colours show, written beside their key; such as "share of the gradient" for an influence.
    **kwargs
        Passed to `imshow`, such as `vmax`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        As for `draw_alignment`; or if there are not as many numbers beside as rows.

    Examples
    --------
    >>> class Said(NamedTuple):
    ...     source: list[str]
    ...     target: list[str]
    ...     weights: np.ndarray
    >>> said = Said(["guten", "Tag", ""], ["hello", ""], np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]]))
    >>> figure = alignment_figure(said, entropy=True, links=[((0, 2), (0, 1))])
    >>> figure.axes[1].get_title()
    'entropy (nats)'
    """
    source, target = translation.source, translation.target
    values = _checked_weights(translation.weights, source, target)
    bars = {"entropy (nats)": entropies(values)} if entropy else {}
    bars |= {name: np.asarray(each, np.float64) for name, each in (beside or {}).items()}
    for name, numbers in bars.items():
        if numbers.shape != (len(target),):
            raise ValueError(f"expected '{name}' for each of the {len(target)} target pieces, got {numbers.shape}")
    right = (BAR_MM + GAP_MM) * len(bars) + 4
    room = _Room.of(source, target, right)
    wide, high = room.cell * len(source), room.cell * len(target)
    above = room.above + (6 if heading else 0)
    width, height = max(room.left + wide + right, NARROWEST_MM), above + high + BELOW_MM
    figure = Figure(figsize=(width * MILLIMETRE, height * MILLIMETRE))

    def axes(left: float, top: float, across: float, down: float) -> Axes:
        return figure.add_axes((left / width, 1 - (top + down) / height, across / width, down / height))

    ax = axes(room.left, above, wide, high)
    linked = list(links)
    draw_alignment(values, source, target, links=linked, ax=ax, **kwargs)
    ax.tick_params(labelsize=room.type, pad=1.5)
    _name_sides(ax)
    if heading:
        figure.text(0.5, 1 - 2 / height, heading, ha="center", va="top", fontsize=8)
    for number, (name, each) in enumerate(bars.items()):
        _draw_beside(each, name, ax, axes(room.left + wide + GAP_MM + number * (BAR_MM + GAP_MM), above, BAR_MM, high))
    key = axes(5, above + high + 4, 24, 2.2)
    draw_colours(ax, key, meaning if values.any() else NOTHING)
    if linked:
        key.add_patch(Rectangle((1.15, -2.3), 0.11, 1.3, transform=key.transAxes, clip_on=False, fill=False, ec=LINK))
        key.text(1.32, -1.65, "belong together", fontsize=SMALL, va="center", transform=key.transAxes)
    return figure


def draw_colours(ax: Axes, key: Axes, meaning: str, between: float = 0.5) -> None:
    """Draw the scale of colours of the last picture in `ax`, and write beside it what they mean."""
    shown: Any = ax.images[-1]
    ticks = [share * shown.get_clim()[1] for share in (0, between, 1)]
    bar: Any = key.figure.colorbar(shown, cax=key, orientation="horizontal", ticks=ticks)
    bar.set_ticklabels([f"{tick:.2g}" for tick in ticks])
    bar.set_alpha(1)
    bar.outline.set_linewidth(0.4)
    bar.ax.tick_params(labelsize=6, length=1.5, pad=1.5, width=0.4)
    key.text(1.15, 0.5, meaning, fontsize=SMALL, va="center", transform=key.transAxes)


def _name_sides(ax: Axes) -> None:
    """Write which side is the source and which the translation, outside the pieces."""
    style: dict[str, Any] = {"fontsize": SMALL, "color": "0.35"}
    ax.set_xlabel("source", labelpad=4, **style)
    ax.xaxis.set_label_position("top")
    ax.set_ylabel("translation", labelpad=2, **style)


def _draw_beside(values: NDArray[np.float64], name: str, rows: Axes, ax: Axes) -> None:
    """Draw a number for each row of an alignment as a bar."""
    ax.barh(np.arange(len(values)), values, 0.7, color="0.55")
    least, most = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    ax.set(ylim=rows.get_ylim(), yticks=[], xlim=(1.05 * least, 1.05 * most if most > least else 1))
    ax.set_title(name, fontsize=6, pad=3)
    ax.tick_params(labelsize=6, length=1.5, pad=1.5)
    ax.locator_params(axis="x", nbins=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", alpha=0.3, lw=0.4)


def entropies(weights: ArrayLike) -> NDArray[np.float64]:
    r"""Entropy of each row of weights, :math:`-\sum_i \alpha_i \log \alpha_i`, in nats; that of a weight of 0 is 0.

    Parameters
    ----------
    weights : array, shape (..., n)
        Weights, none negative.

    Returns
    -------
    array, shape (...)

    Examples
    --------
    >>> entropies([[1.0, 0.0], [0.5, 0.5]]).round(3) + 0.0
    array([0.   , 0.693])
    """
    values = np.asarray(weights, np.float64)
    entropy: NDArray[np.float64] = -np.sum(values * np.log(np.where(values > 0, values, 1.0)), axis=-1)
    return entropy
