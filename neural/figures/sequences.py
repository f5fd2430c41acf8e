"""Figures of sequences: what each word looked at, what attention is worth, and how it was learned."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from numpy.typing import ArrayLike, NDArray

from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, current_axes, draw_picture, page_figure
from foveation.image import OKABE_ITO, as_image
from neural.figures.style import COLOURS, SMALL, dress
from neural.films.caption_film import COVER, DIM, Captioned, Spoken

END_SIGN, SPACE_SIGN = "\N{END OF PROOF}", "\N{OPEN BOX}"  # how the end of a sentence and a space are written
LONGEST_PIECE = 26  # letters of a piece that are written, at most
LARGEST_CELL_MM, SMALLEST_CELL_MM, NARROWEST_MM = 6.5, 1.9, 80.0  # of a cell, and of a figure
TYPE = 7.0  # points, where there is room for it
POINT_MM = 25.4 / 72
LINK = OKABE_ITO["vermillion"]
WEIGHT = "attention weight (a row sums to 1)"
NOTHING = "no attention: all weights are 0"
BOTTLENECK = "Without attention, one vector of fixed size has to hold the whole sentence"
LEARNED = 0.08  # darkness of the range of lengths that was learned from
Span = tuple[int, int]
Link = tuple[Span, Span]


class Aligned(Protocol):
    """A translation with its attention, such as a `Translation` of `neural.translation`.

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
    ax.set_xticks(np.arange(len(source)), _written(source), rotation=0 if _narrow(source) else 90)
    ax.set_yticks(np.arange(len(target)), _written(target))
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


def _written(pieces: Sequence[str]) -> list[str]:
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
        left = _longest_mm(_written(target)) + 6
        above = _longest_mm(_written(source)) if not _narrow(source) else TYPE * POINT_MM
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
    _draw_colours(ax, key, meaning if values.any() else NOTHING)
    if linked:
        key.add_patch(Rectangle((1.15, -2.3), 0.11, 1.3, transform=key.transAxes, clip_on=False, fill=False, ec=LINK))
        key.text(1.32, -1.65, "belong together", fontsize=SMALL, va="center", transform=key.transAxes)
    return figure


def _draw_colours(ax: Axes, key: Axes, meaning: str, between: float = 0.5) -> None:
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


def draw_by_length(
    scores: Mapping[str, ArrayLike],
    lengths: Sequence[float] | Sequence[str],
    *,
    measure: str = "share of exact translations",
    unit: str = "dates in the list",
    learned: tuple[float, float] | None = None,
    levels: Mapping[str, ArrayLike] | None = None,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw how good models are by the length of what they translate: the mean over seeds, and the range as a band.

    Parameters
    ----------
    scores : mapping of str to array, shape (lengths,) or (seeds, lengths)
        By the models' names, in the units of the measure, such as shares from 0 to 1, or BLEU from 0 to 100.
    lengths : sequence of float or of str
        Lengths, or names for ranges of lengths, which are set side by side.
    measure, unit : str
        What is measured, and what the lengths count.
    learned : tuple of float, optional
        Least and greatest length that the models learned from: shaded.
    levels : mapping of str to float or array, shape (lengths,), optional
        What stands for itself, such as chance, by name.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `plot` of the lines.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no model, or there are not as many scores as lengths.

    References
    ----------
    Cho et al. (2014), On the properties of neural machine translation: encoder-decoder approaches, SSST-8, figure 4;
    Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and translate, ICLR,
    figure 2.

    Examples
    --------
    >>> scores = {"attention": [[1.0, 0.99], [0.98, 0.97]], "one vector": [0.9, 0.1]}
    >>> ax = draw_by_length(scores, [1, 2], ax=Figure().subplots())
    >>> ax.lines[0].get_ydata()
    array([0.99, 0.98])
    """
    runs = _runs_of(scores, len(lengths))
    ax = current_axes() if ax is None else ax
    at, names = _at(lengths)
    if learned is not None:
        ax.axvspan(learned[0] - 0.5, learned[1] + 0.5, color="black", alpha=LEARNED, lw=0, label="lengths learned from")
    for (name, each), colour in zip(runs.items(), COLOURS * 3, strict=False):
        _draw_band(name, each, at, colour, ax, **{"ms": 3, **kwargs})
    _draw_levels(levels or {}, at, ax)
    greatest = max(float(each.max()) for each in runs.values())
    ax.set_ylim(0, 1.04 if greatest <= 1 else 1.1 * greatest)
    ax.set_xticks(at, names)
    dress(ax, unit, measure)
    return ax


def _runs_of(scores: Mapping[str, ArrayLike], count: int) -> dict[str, NDArray[np.float64]]:
    """Give the scores as (seeds, count), after a check."""
    if not scores:
        raise ValueError("expected the scores of at least one model, got none")
    runs = {name: np.atleast_2d(np.asarray(each, np.float64)) for name, each in scores.items()}
    for name, each in runs.items():
        if each.ndim != 2 or each.shape[1] != count or not each.size:
            raise ValueError(f"expected {count} scores of '{name}', or (seeds, {count}), got shape {each.shape}")
    return runs


def _at(lengths: Sequence[float] | Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
    """Give where lengths stand on an axis, and what is written there."""
    if any(isinstance(each, str) for each in lengths):
        return np.arange(len(lengths), dtype=np.float64), [str(each) for each in lengths]
    return np.asarray(lengths, np.float64), [f"{each:g}" for each in lengths]


def _draw_band(name: str, runs: NDArray[np.float64], at: NDArray[Any], colour: str, ax: Axes, **style: Any) -> None:  # noqa: ANN401
    """Draw the mean of runs (seeds, n) as a line, and their range as a band."""
    (line,) = ax.plot(at, runs.mean(axis=0), **{"color": colour, "label": name, "lw": 1.3, "marker": "o", **style})
    ax.fill_between(at, runs.min(axis=0), runs.max(axis=0), color=line.get_color(), alpha=0.2, lw=0)


def _draw_levels(levels: Mapping[str, ArrayLike], at: NDArray[np.float64], ax: Axes) -> None:
    """Draw what does not belong to a model as dotted lines, with a name at the right end."""
    for name, level in levels.items():
        values = np.broadcast_to(np.asarray(level, np.float64), at.shape)
        ax.plot(at, values, color="grey", lw=0.9, ls=":")
        style: dict[str, Any] = {"xytext": (0, 2), "textcoords": "offset points", "ha": "right", "va": "bottom"}
        ax.annotate(name, (at[-1], values[-1]), fontsize=6, color="grey", **style)


def length_figure(
    scores: Mapping[str, ArrayLike],
    lengths: Sequence[float] | Sequence[str],
    *,
    heading: str = BOTTLENECK,
    **how: Any,  # noqa: ANN401
) -> Figure:
    """Draw `draw_by_length` on a page of its own, under a heading that says what is seen; the parameters are the same.

    Examples
    --------
    >>> figure = length_figure({"attention": [31, 30], "one vector": [20, 9]}, ["1-9", "10-19"], measure="BLEU")
    >>> figure.axes[0].get_title()
    'Without attention, one vector of fixed size has to hold the whole sentence'
    """
    figure, ax = page_figure(115, 78)
    draw_by_length(scores, lengths, ax=ax, **how)
    ax.set_title(heading, fontsize=8)
    return figure


def draw_influence(
    shares: Mapping[str, ArrayLike],
    lengths: Sequence[float] | Sequence[str],
    *,
    chance: ArrayLike,
    unit: str = "dates in the list",
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    r"""Draw how much of what decides a piece comes from the right item of the source, in bars, beside chance.

    That is the share of :math:`\sum_s |\partial \log p(y_t) / \partial x_s|` that falls to the item which :math:`y_t`
    translates. A bar is the mean over seeds, a dot one seed, and a black line chance.

    Parameters
    ----------
    shares : mapping of str to array, shape (lengths,) or (seeds, lengths)
        By the models' names, from 0 to 1.
    lengths : sequence of float or of str
        How many items there are to tell apart: a group of bars each.
    chance : float or array, shape (lengths,)
        The share if the source did not matter: 1 over the number of items, if these are equally long.
    unit : str
        What the lengths count.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to `bar`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no model, there are not as many shares as lengths, or a share is not from 0 to 1.

    Examples
    --------
    >>> ax = draw_influence({"attention": [0.9, 0.8]}, [2, 4], chance=[0.5, 0.25], ax=Figure().subplots())
    >>> [float(bar.get_height()) for bar in ax.patches]
    [0.9, 0.8]
    """
    runs = _runs_of(shares, len(lengths))
    for name, each in runs.items():
        if not ((each >= 0) & (each <= 1)).all():
            raise ValueError(f"expected shares from 0 to 1, got {each.min():g} to {each.max():g} of '{name}'")
    ax = current_axes() if ax is None else ax
    at, names = np.arange(len(lengths)), _at(lengths)[1]
    thick = 0.8 / len(runs)
    for number, ((name, each), colour) in enumerate(zip(runs.items(), COLOURS * 3, strict=False)):
        middle = at + (number - (len(runs) - 1) / 2) * thick
        ax.bar(middle, each.mean(axis=0), **{"width": 0.92 * thick, "color": colour, "label": name, **kwargs})
        if len(each) > 1:
            aside = middle + np.linspace(-0.2, 0.2, len(each))[:, np.newaxis] * thick
            ax.plot(aside.ravel(), each.ravel(), "o", color="white", mec="black", mew=0.5, ms=2.5)
    levels = np.broadcast_to(np.asarray(chance, np.float64), at.shape)
    ax.hlines(levels, at - 0.46, at + 0.46, color="black", lw=1.4, label="chance")
    ax.set(xticks=at, xticklabels=names, ylim=(0, 1.02))
    dress(ax, unit, "share of the gradient", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(runs) + 1)
    ax.grid(visible=False, axis="x")
    ax.set_axisbelow(True)
    return ax


def influence_figure(
    shares: Mapping[str, ArrayLike],
    lengths: Sequence[float] | Sequence[str],
    *,
    chance: ArrayLike,
    heading: str = "Share of |d log p / dx| on the date that is being written",
    **how: Any,  # noqa: ANN401
) -> Figure:
    """Draw `draw_influence` on a page of its own, under a heading; the parameters are the same.

    Examples
    --------
    >>> figure = influence_figure({"attention": [0.9, 0.8], "one vector": [0.4, 0.3]}, [2, 3], chance=[1 / 2, 1 / 3])
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['chance', 'attention', 'one vector']
    """
    figure, ax = page_figure(115, 72)
    draw_influence(shares, lengths, chance=chance, ax=ax, **how)
    figure.suptitle(heading, fontsize=8)
    return figure


def learning_figure(curves: Mapping[str, ArrayLike], *, measure: str = "loss of a piece (nats)") -> Figure:
    """Draw how models learned: a measure after each epoch, the mean over seeds, and the range as a band.

    Parameters
    ----------
    curves : mapping of str to array, shape (epochs,) or (seeds, epochs)
        By the models' names; from the `Progress` that `fit` gives.
    measure : str
        What is measured.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no model, or a curve is empty.

    Examples
    --------
    >>> figure = learning_figure({"attention": [2.0, 0.4, 0.1], "one vector": [2.1, 1.5]})
    >>> [len(line.get_xdata()) for line in figure.axes[0].lines]
    [3, 2]
    """
    if not curves:
        raise ValueError("expected the curve of at least one model, got none")
    figure, ax = page_figure(115, 72)
    for (name, curve), colour in zip(curves.items(), COLOURS * 3, strict=False):
        epochs = np.shape(curve)[-1] if np.ndim(curve) else 0
        runs = _runs_of({name: curve}, epochs)[name]
        _draw_band(name, runs, np.arange(1, epochs + 1), colour, ax, ms=2.5 if epochs <= 30 else 0)
    ax.set_ylim(0, None)
    ax.locator_params(axis="x", integer=True)
    dress(ax, "epoch", measure)
    return figure


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
    for ax, title in zip(axes, ("picture", *_written(spoken.words)), strict=True):
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
    _draw_colours(ax, key, "attention to a cell (all sum to 1)", between=0.25)
