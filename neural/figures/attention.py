"""Figures of attention: one map and its read-outs, structure, and why hard choices have no gradient."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from foveation import GlimpseSensor
from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, draw_picture
from foveation.image import as_image
from neural.attention.attend import Attention, attend
from neural.attention.estimator_comparison import Estimator
from neural.attention.hierarchy import Hierarchy
from neural.figures.style import COLOURS, LEAST
from saliency import WinnerTakeAll, check_map
from saliency.figures.maps import draw_heatmap

READ_OUTS = ("winner-take-all: the race", "hard: the argmax", "hard: samples", "soft: the expectation")
MARK: dict[str, Any] = {"color": "white", "mew": 1.8, "ms": 8, "ls": "none", "path_effects": OUTLINE}


class _Read(NamedTuple):
    """Places (rows, columns, 2) of a grid, their priority (greatest 1), and what a glimpse sees at each of them."""

    places: NDArray[np.float64]
    priority: NDArray[np.float64]
    glimpses: NDArray[np.float64]

    def attend(self, values: NDArray[np.float64], queries: int = 1, **how: Any) -> Attention:  # noqa: ANN401
        """Read values of the places by their priority, once or several times."""
        return attend(np.ones((queries, 1)), self.priority[..., np.newaxis], values, **how)


def readouts_figure(
    image: ArrayLike,
    priority: ArrayLike,
    *,
    temperature: float = 0.1,
    sweep: Sequence[float] = (0.0, 0.03, 0.1, 0.3, 1.0, np.inf),
    samples: int = 60,
    step_px: int = 16,
    rng: np.random.Generator | int = 0,
) -> Figure:
    """Draw one priority map read in four ways, what each way fetches, and the weights from cold to hot.

    First row: the race of `WinnerTakeAll`, with the time at which the strongest places would fire on their own; the
    argmax; samples; the expectation, a cross at the expected place. Second row: the glimpse that is fetched, one, four
    samples, or the mean of all by their weights. Third row: the weights and the expected place at several temperatures,
    and the number of even weights that would have their entropy.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The picture.
    priority : array, shape (height, width)
        Its map; it is divided by its greatest value.
    temperature : float
        Of samples and expectation, in units of the greatest priority, above 0.
    sweep : sequence of float
        Temperatures of the third row; 0 is the argmax, infinity the plain mean.
    samples : int
        Number of fixations to draw, at least 4.
    step_px : int
        Distance between the places that may be attended to, in pixels.
    rng : numpy.random.Generator or int
        Source of randomness.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the map is empty, or has another shape than the picture.
    """
    picture, map_ = as_image(image), check_map(priority)
    if map_.shape != picture.shape[:2] or not map_.any():
        raise ValueError(f"expected a map of shape {picture.shape[:2]} with something in it, got {map_.shape}")
    read = _read(picture, map_ / map_.max(), step_px)
    height, width = map_.shape
    top_mm = (PAGE_MM - 8) / 4 * height / width
    low_mm = (PAGE_MM - 8) / len(sweep) * height / width
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, (top_mm + low_mm + 55) * MILLIMETRE), layout="constrained")
    rows: Any = figure.subfigures(3, 1, height_ratios=[top_mm + 8, 37, low_mm + 10])
    _draw_read_outs(read, picture, (rows[0].subplots(1, 4), rows[1].subplots(1, 4)), temperature, samples, rng)
    for ax, heat in zip(rows[2].subplots(1, len(sweep)), sweep, strict=True):
        how = {"normalise": "argmax"} if heat == 0 else {"temperature": min(heat, 1e9)}
        seen = read.attend(read.places, **how)
        _draw_weights(seen, picture, ax, alpha=0.65, interpolation="nearest")
        count = 1 if heat == 0 else float(np.exp(seen.entropy[0]))
        named = "infinity" if np.isinf(heat) else f"{heat:g}"
        ax.set_title(f"T = {named}\n{count:.0f} of {read.priority.size} places", fontsize=7)
    return figure


def _read(picture: NDArray[np.float32], priority: NDArray[np.float32], step: int) -> _Read:
    """Make keys and values: the priority at every `step`-th place, and a glimpse 96 pixels wide."""
    y, x = np.mgrid[step // 2 : priority.shape[0] : step, step // 2 : priority.shape[1] : step]
    places = np.stack([x, y], axis=-1).astype(np.float64)
    sensor = GlimpseSensor(size=48, scales=2, padding="edge")
    glimpses = np.stack([sensor(picture, row)[:, 1] for row in places])
    return _Read(places, priority[y, x].astype(np.float64), glimpses.reshape(*y.shape, -1).astype(np.float64))


def _draw_read_outs(
    read: _Read,
    picture: NDArray[np.float32],
    axes: tuple[Any, Any],
    temperature: float,
    samples: int,
    rng: np.random.Generator | int,
) -> None:
    above, below = axes
    heat: dict[str, Any] = {"temperature": temperature}
    for ax, title in zip(above, READ_OUTS, strict=True):
        ax.set_title(title, fontsize=8)
    for ax in above[:3]:
        draw_heatmap(read.priority.astype(np.float32), picture, ax=ax)
    _draw_race(read, above[0])
    hard = read.attend(read.places, normalise="argmax").context[0]
    above[1].plot(*hard, "x", **MARK)
    drawn = read.attend(read.places, samples, normalise="sample", rng=rng, **heat).context
    above[2].plot(*drawn.T, "o", color="white", mec="black", mew=0.5, ms=3)
    _draw_weights(read.attend(read.places, **heat), picture, above[3])
    fetched = read.attend(read.glimpses, normalise="argmax").context
    four = read.attend(read.glimpses, samples, normalise="sample", rng=rng, **heat).context[:4]
    mean = read.attend(read.glimpses, **heat).context
    for ax, shown in zip(below, (fetched, fetched, four, mean), strict=True):
        tiles = np.clip(shown, 0, 1).reshape(-1, 48, 48, 3)
        side = int(np.sqrt(len(tiles)))
        mosaic = tiles.reshape(side, side, 48, 48, 3).swapaxes(1, 2).reshape(48 * side, 48 * side, 3)
        draw_picture(mosaic.astype(np.float32), ax=ax)
        for line in range(1, side):
            ax.axhline(48 * line - 0.5, color="white", lw=1.5)
            ax.axvline(48 * line - 0.5, color="white", lw=1.5)
    for ax, title in zip(below, ("what is fetched", "the same", "four of them", "the mean of all"), strict=True):
        ax.set_title(title, fontsize=7)


def _draw_race(read: _Read, ax: Axes) -> None:
    """Mark the winner, and write the time that it and the next four peaks, each on its own, need to fire."""
    gate, left = WinnerTakeAll(), read.priority.copy()
    reach = 0.24 * np.ptp(read.places[..., 0])
    for rank in range(5):
        row, column = np.unravel_index(left.argmax(), left.shape)
        place = read.places[row, column]
        won = gate([[0.0, left[row, column]]])
        if won is None:
            return
        ax.plot(*place, "x" if rank == 0 else ".", **{**MARK, "ms": 8 if rank == 0 else 5})
        style: dict[str, Any] = {"color": "white", "ha": "center", "va": "bottom", "path_effects": OUTLINE}
        style |= {"xytext": (0, 5), "textcoords": "offset points", "weight": "normal" if rank else "bold"}
        ax.annotate(f"{won.latency * 1000:.0f} ms", place, fontsize=6.5, **style)
        left[np.hypot(*(read.places - place).transpose(2, 0, 1)) < reach] = 0


def _draw_weights(seen: Attention, picture: NDArray[np.float32], ax: Axes, **kwargs: Any) -> None:  # noqa: ANN401
    draw_heatmap(seen.weights[0].astype(np.float32), picture, ax=ax, **kwargs)
    ax.plot(*seen.context[0], "+", **MARK)


def estimators_figure(
    tables: Mapping[str, Sequence[Estimator]], curves: Mapping[str, ArrayLike], *, best: float
) -> Figure:
    """Draw how a bandit learns with each estimate of the gradient, and the bias and the variance of the estimates.

    Parameters
    ----------
    tables : mapping of str to sequence of Estimator
        From `neural.gradients.estimator_table`, by the name of the reward; the same rows in each.
    curves : mapping of str to array, shape (runs, steps + 1)
        Expected rewards from `neural.gradients.learning_curve`, by the name of the estimate; the mean of the runs is
        drawn, and the range from the 10th to the 90th percentile; one run alone is dashed.
    best : float
        Reward of the best arm.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no table or no curve.
    """
    if not tables or not curves:
        raise ValueError(f"expected at least one table and one curve, got {len(tables)} and {len(curves)}")
    names = [row.name for row in next(iter(tables.values()))]
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, 82 * MILLIMETRE), layout="constrained")
    learning, bias, variance = figure.subplots(1, 3, width_ratios=[1.25, 0.8, 0.8])
    for (name, runs), colour in zip(curves.items(), COLOURS, strict=False):
        runs = np.asarray(runs)
        steps = np.arange(runs.shape[1])
        style = "-" if len(runs) > 1 else "--"
        learning.plot(steps, runs.mean(axis=0), color=colour, lw=1.3, ls=style, label=name)
        learning.fill_between(steps, *np.percentile(runs, [10, 90], axis=0), color=colour, alpha=0.15, lw=0)
    learning.axhline(best, color="grey", lw=0.8, ls="--")
    learning.text(steps[-1], best, "best arm", fontsize=6, color="grey", ha="right", va="bottom")
    learning.set(xlabel="step", ylabel="expected reward", xlim=(0, steps[-1]))
    learning.legend(fontsize=6, loc="lower right", framealpha=0.9, edgecolor="none")
    thick = 0.8 / len(tables)
    for number, ((reward, rows), colour) in enumerate(zip(tables.items(), COLOURS, strict=False)):
        at = np.arange(len(names)) + (number - (len(tables) - 1) / 2) * thick
        bias.barh(at, [row.bias for row in rows], thick, color=colour, label=reward)
        variance.barh(at, [max(row.variance, LEAST) for row in rows], thick, color=colour)
    bias.set(yticks=range(len(names)), yticklabels=names, xlabel="bias", ylim=(len(names) - 0.5, -0.5))
    variance.set(yticks=[], xlabel="variance (left edge: none)", xscale="log", ylim=bias.get_ylim())
    variance.set_xlim(LEAST, None)
    bias.legend(fontsize=6, framealpha=0.9, edgecolor="none", title="reward", title_fontsize=6)
    for ax in (learning, bias, variance):
        ax.tick_params(labelsize=6)
        ax.xaxis.label.set_size(7)
        ax.yaxis.label.set_size(7)
        ax.grid(alpha=0.3, lw=0.4)
    return figure


def structure_figure(
    evidence: ArrayLike, weights: Mapping[str, ArrayLike], segment: ArrayLike, image: ArrayLike, seen: Hierarchy
) -> Figure:
    """Draw attention along a sequence with a planted segment, and attention to the objects of a picture.

    Parameters
    ----------
    evidence : array, shape (n,)
        What each place of the sequence says for itself.
    weights : mapping of str to array, shape (n,)
        Attention to the places, by the name of the network; each is drawn relative to its greatest.
    segment : array of bool, shape (n,)
        The places that should be found.
    image : array, shape (height, width, 3)
        The picture.
    seen : Hierarchy
        Attention to the pixels of the picture and their groups, from `neural.structured.attend_groups`.

    Returns
    -------
    Figure
    """
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, 98 * MILLIMETRE), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=[1.7, 1])
    along, objects = halves
    said, attended = along.subplots(2, 1, sharex=True, height_ratios=[1, 1.4])
    places = np.arange(np.size(evidence))
    said.bar(places, np.asarray(evidence), color="grey", width=0.7)
    said.set_ylabel("evidence", fontsize=7)
    for (name, shares), colour in zip(weights.items(), COLOURS, strict=False):
        relative = np.asarray(shares) / np.max(shares)
        attended.plot(places, relative, color=colour, lw=1.3, marker="o", ms=2.5, label=name)
    attended.set(xlim=(-0.6, len(places) - 0.4), ylim=(0, 1.25))
    attended.set_xlabel("place in the sequence", fontsize=7)
    attended.set_ylabel("attention\n(of its greatest)", fontsize=7)
    for ax in (said, attended):
        whole_height = {"transform": ax.get_xaxis_transform()}
        ax.bar(places[np.asarray(segment)], 1, width=1, color="gold", alpha=0.35, zorder=0, **whole_height)
        ax.tick_params(labelsize=6)
    attended.legend(fontsize=6, loc="upper left", ncols=len(weights), framealpha=0.9, edgecolor="none")
    shares = np.where(seen.members > 0, seen.weights / np.where(seen.members > 0, seen.members, 1), 0)
    titles = ("picture", "object, p(i)", "pixel in object, p(j|i)", "pixel, p(i) p(j|i)")
    axes = objects.subplots(1, len(titles))
    draw_picture(image, ax=axes[0])
    most = np.percentile(seen.members, 99)  # an object of one pixel would leave all others dark
    shown = (shares, np.minimum(seen.members, most), seen.weights)
    for ax, values in zip(axes[1:], shown, strict=True):
        draw_heatmap(np.asarray(values, np.float32), ax=ax)
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, fontsize=7)
        ax.set_axis_off()
    return figure
