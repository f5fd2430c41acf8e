"""Figures of sequences: what each word looked at, what attention is worth, and how it was learned."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from foveation.figures import current_axes, page_figure
from neural.figures.alignment import BOTTLENECK
from neural.figures.style import COLOURS, dress

LEARNED = 0.08  # darkness of the range of lengths that was learned from


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
