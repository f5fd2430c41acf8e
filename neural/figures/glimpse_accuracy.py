"""Figures of how often glimpse networks are wrong: by glimpse, by what they have seen, and by way of looking."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from foveation.figures import current_axes, page_figure
from neural.figures.style import COLOURS, LEAST, dress


def plot_errors(ax: Axes, at: ArrayLike, errors: ArrayLike, **style: Any) -> None:  # noqa: ANN401
    """Plot shares of errors in per cent on a logarithmic axis; what is below 0.01 % stands there."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter("{x:g}")
    ax.plot(at, 100 * np.maximum(np.asarray(errors, np.float64), LEAST), **style)


def draw_errors_by_glimpse(
    curves: Mapping[str, ArrayLike],
    *,
    early: Mapping[str, ArrayLike] | None = None,
    levels: Mapping[str, float] | None = None,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw how often networks are wrong after each glimpse.

    Parameters
    ----------
    curves : mapping of str to array, shape (glimpses,) or (runs, glimpses)
        Share of errors, from 0 to 1, by the networks' names; of several runs the mean and the range are drawn.
    early : mapping of str to array, shape (n, 2), optional
        For networks that may stop early: mean number of glimpses, and share of errors, a row for each confidence.
    levels : mapping of str to float, optional
        Errors that stand for themselves, such as chance, by name.
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
        If there is no curve.
    """
    if not curves:
        raise ValueError("expected at least one curve, got none")
    ax = current_axes() if ax is None else ax
    colours = _colours_of(curves, early or {})
    for name, errors in curves.items():
        runs = np.atleast_2d(np.asarray(errors, np.float64))
        glimpses = np.arange(1, runs.shape[1] + 1)
        style = {"color": colours[name], "label": name, "lw": 1.3, "marker": "o", "ms": 3, **kwargs}
        plot_errors(ax, glimpses, runs.mean(axis=0), **style)
        low, high = 100 * np.maximum([runs.min(axis=0), runs.max(axis=0)], LEAST)
        ax.fill_between(glimpses, low, high, color=colours[name], alpha=0.2, lw=0)
    _draw_early(early or {}, colours, ax, **kwargs)
    _draw_levels(levels or {}, ax)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    dress(ax, "glimpses", "error (%)", **ABOVE)
    return ax


def _colours_of(*named: Mapping[str, Any]) -> dict[str, str]:
    """Give each name a colour, the same name the same."""
    return dict(zip(dict.fromkeys(name for each in named for name in each), COLOURS * 3, strict=False))


def _draw_early(early: Mapping[str, ArrayLike], colours: Mapping[str, str], ax: Axes, **kwargs: Any) -> None:  # noqa: ANN401
    """Draw dashed lines through what it costs to stop early, and the errors, (n, 2)."""
    for name, points in early.items():
        style = {"color": colours[name], "label": f"{name}, stops when sure", "lw": 1.3, "ls": "--", **kwargs}
        plot_errors(ax, *_pairs(points).T, **style)


def _pairs(points: ArrayLike) -> NDArray[np.float64]:
    """Give points (n, 2), or one alone (2,), as (n, 2)."""
    pairs = np.atleast_2d(np.asarray(points, np.float64))
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"expected points of shape (n, 2), a cost and an error each, got {pairs.shape}")
    return pairs


def _draw_levels(levels: Mapping[str, float], ax: Axes) -> None:
    """Draw errors that do not depend on the horizontal axis, with their names at its right end."""
    for name, error in levels.items():
        ax.axhline(100 * max(error, LEAST), color="grey", lw=0.8, ls=":")
        style: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "ha": "right", "va": "bottom", "color": "grey"}
        ax.text(0.99, 100 * max(error, LEAST), name, fontsize=6, **style)


ABOVE = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 3, "columnspacing": 1.0}  # where a legend stands
COUNTED = {
    "area": "seen by a finest patch (% of the picture)",
    "samples": "samples taken (% of the picture's pixels)",
}


def draw_budget(
    points: Mapping[str, ArrayLike],
    *,
    counted: str = "area",
    early: Mapping[str, ArrayLike] | None = None,
    levels: Mapping[str, float] | None = None,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw how often networks are wrong against how much of the picture they have looked at.

    Parameters
    ----------
    points : mapping of str to array, shape (n, 2)
        Share of the picture, above 0, and share of errors, by the networks' names: a line each, or one point alone, as
        of a network that sees the whole picture.
    counted : str
        Which share it is: the "area" or the "samples" of `neural.network.share_seen`.
    early : mapping of str to array, shape (n, 2), optional
        For networks that may stop early: mean share of the picture, and share of errors, a row for each confidence.
    levels : mapping of str to float, optional
        Errors that stand for themselves, such as chance, by name.
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
        If there is no network, or `counted` is none of the above.
    """
    if not points:
        raise ValueError("expected at least one network, got none")
    if counted not in COUNTED:
        raise ValueError(f"expected counted to be one of {', '.join(COUNTED)}; got '{counted}'")
    ax = current_axes() if ax is None else ax
    ax.set_xscale("log")
    colours = _colours_of(points, early or {})
    for name, rows in points.items():
        pairs = _pairs(rows)
        mark = {"marker": "o", "ms": 3} if len(pairs) > 1 else {"marker": "*", "ms": 9, "ls": "none"}
        plot_errors(ax, *(pairs * (100, 1)).T, **{"color": colours[name], "label": name, "lw": 1.3, **mark, **kwargs})
    _draw_early({name: _pairs(rows) * (100, 1) for name, rows in (early or {}).items()}, colours, ax, **kwargs)
    _draw_levels(levels or {}, ax)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter("{x:g}")
    dress(ax, COUNTED[counted], "error (%)", **ABOVE)
    return ax


def glimpse_accuracy_figure(
    curves: Mapping[str, ArrayLike],
    *,
    early: Mapping[str, ArrayLike] | None = None,
    levels: Mapping[str, float] | None = None,
) -> Figure:
    """Draw `draw_errors_by_glimpse` on a page of its own; the parameters are the same.

    Examples
    --------
    >>> figure = glimpse_accuracy_figure({"guided": [0.3, 0.1], "random": [0.8, 0.7]}, levels={"chance": 0.9})
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['guided', 'random']
    """
    figure, ax = page_figure(110, 75)
    draw_errors_by_glimpse(curves, early=early, levels=levels, ax=ax)
    return figure


def budget_figure(
    points: Mapping[str, ArrayLike],
    *,
    counted: str = "area",
    early: Mapping[str, ArrayLike] | None = None,
    levels: Mapping[str, float] | None = None,
) -> Figure:
    """Draw `draw_budget` on a page of its own; the parameters are the same.

    Examples
    --------
    >>> figure = budget_figure({"guided": [(0.04, 0.3), (0.08, 0.1)], "whole picture": [(1.0, 0.05)]})
    >>> figure.axes[0].get_xlabel()
    'seen by a finest patch (% of the picture)'
    """
    figure, ax = page_figure(110, 75)
    draw_budget(points, counted=counted, early=early, levels=levels, ax=ax)
    return figure


def draw_accuracy(
    right: Mapping[str, ArrayLike],
    *,
    levels: Mapping[str, float] | None = None,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    r"""Draw how often each of several ways to look led to the right answer, with the range that chance leaves open.

    The range is :math:`\pm 1.96 \sqrt{p (1 - p) / n}`: of many sets of `n` pictures, 95 in 100 would have their share
    that near to the true one.

    Parameters
    ----------
    right : mapping of str to array of bool, shape (n,)
        Whether the answer to each picture was right, by the name of the way to look.
    levels : mapping of str to float, optional
        Shares that stand for themselves, such as chance, from 0 to 1, by name.
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
        If there is no way to look, or no picture.

    Examples
    --------
    >>> ax = draw_accuracy({"learned": [True, True, False, True], "random": [False] * 4}, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['75 %', '0 %']
    """
    if not right or not all(np.size(each) for each in right.values()):
        raise ValueError("expected at least one way to look, and answers to at least one picture")
    ax = current_axes() if ax is None else ax
    shares = np.array([np.mean(np.asarray(each, bool)) for each in right.values()])
    spread = 1.96 * np.sqrt(shares * (1 - shares) / [np.size(each) for each in right.values()])
    at = np.arange(len(shares))
    ax.bar(at, 100 * shares, **{"width": 0.6, "color": COLOURS[0], **kwargs})
    ax.errorbar(at, 100 * shares, 100 * spread, fmt="none", ecolor="black", elinewidth=0.8, capsize=2, capthick=0.8)
    style: dict[str, Any] = {"textcoords": "offset points", "xytext": (0, 2), "ha": "center", "fontsize": 7}
    for place, share, margin in zip(at, shares, spread, strict=True):
        ax.annotate(f"{100 * share:.0f} %", (place, 100 * (share + margin)), **style)
    dress(ax, "", "right answers (%)")
    ax.grid(visible=False, axis="x")
    ax.set_axisbelow(True)
    ax.set_xticks(at, [fill(name, 16) for name in right])
    room = 0.9 if levels else 0.5
    ax.set(xlim=(-0.5, len(at) - 1 + room), ylim=(0, min(1.15 * 100 * (shares + spread).max() + 5, 112)))
    _draw_levels(levels or {}, ax)
    return ax
