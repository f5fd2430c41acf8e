"""Figures of the observer: what it saw, what stood out, what memory held back, and where it went."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, GlimpseSensor, Viewing, foveate
from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, current_axes, draw_picture, page_figure
from foveation.glimpse import pixels_to_normalised
from foveation.image import as_image
from foveation.opencv import cv2
from neural.attention import Attention, attend
from neural.cueing import Cueing, Discrimination, Trace
from neural.evaluation import MEASURES, ScanpathEvaluation
from neural.gradients import Estimator
from neural.network import RecurrentAttentionModel, check_pictures
from neural.photo_search import PhotoSearch
from neural.reading import IDENTIFIED, Reading, span_of, words_in_span
from neural.searcher import People, SearchExperiment, Slopes
from neural.structured import Hierarchy
from neural.training import Parts
from neural.view import Glance
from saliency import Scanpath, WinnerTakeAll, check_map
from saliency.displays import SET_SIZES
from saliency.evaluation import CEILING
from saliency.figures import draw_heatmap, draw_scanpath

INHIBITION = "inhibition"
COLUMNS = ("what the eye sees", "priority", INHIBITION, "choice")


def glance_strip(glances: Sequence[Glance], image: ArrayLike, viewing: Viewing, *, at_most: int = 6) -> Figure:
    """Draw the turns of the loop, a row each: what the eye sees, the priority, the inhibition if any, and the choice.

    Parameters
    ----------
    glances : sequence of Glance
        From `Observer.glances`.
    image : array, shape (height, width, 3)
        The picture.
    viewing : Viewing
        Geometry, as given to the observer.
    at_most : int
        Rows.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no glance.
    """
    shown = list(glances[:at_most])
    if not shown:
        raise ValueError("expected at least one glance")
    greatest = max(float(glance.inhibition.max()) for glance in shown)
    titles = COLUMNS if greatest > 0 else tuple(title for title in COLUMNS if title != INHIBITION)
    width, height = viewing.of_picture(np.shape(image)).screen_px
    row_mm = PAGE_MM / len(titles) * height / width
    size = (PAGE_MM * MILLIMETRE, (8 + (row_mm + 2) * len(shown)) * MILLIMETRE)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(shown), len(titles), squeeze=False)
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    for row, (glance, axes) in enumerate(zip(shown, grid, strict=True)):
        eye, priority, choice = axes[0], axes[1], axes[-1]
        draw_picture(np.clip(glance.retina, 0, 1), ax=eye, extent=extent)
        draw_heatmap(glance.priority, ax=priority, extent=extent, interpolation="nearest")
        if greatest > 0:
            options: dict[str, Any] = {"cmap": "cividis", "vmin": 0, "vmax": np.log1p(greatest)}
            axes[2].imshow(np.log1p(glance.inhibition), extent=extent, interpolation="nearest", **options)
        draw_picture(image, ax=choice)
        for ax in axes:
            ax.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
            ax.set_axis_off()
            ax.plot(*glance.gaze, "o", mfc="none", mec="white", ms=7, mew=1.2, path_effects=OUTLINE)
        if glance.winner is not None:
            arrow = {"arrowstyle": "-|>", "color": "white", "lw": 1.3, "mutation_scale": 9, "shrinkA": 4, "shrinkB": 0}
            line = choice.annotate("", xy=glance.winner, xytext=glance.gaze, arrowprops=arrow)
            if line.arrow_patch is not None:
                line.arrow_patch.set_path_effects(OUTLINE)
            priority.plot(*glance.winner, "x", color="white", ms=6, mew=1.5, path_effects=OUTLINE)
            how = f"rests {glance.duration * 1000:.0f} ms"
            if np.isfinite(glance.latency):
                how = f"chose in {glance.latency * 1000:.0f} ms"
            label = f"{glance.onset * 1000:.0f} ms\n{how}"
        else:
            label = f"{glance.onset * 1000:.0f} ms\nno winner"
        style = {"ha": "left", "va": "top", "fontsize": 6, "color": "white", "path_effects": OUTLINE}
        eye.text(0.02, 0.97, label, transform=eye.transAxes, **style)
        if row == 0:
            for ax, title in zip(axes, titles, strict=True):
                ax.set_title(title, fontsize=8)
    return figure


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


LEAST = 1e-4  # the left edge of an axis of variances
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9")  # Okabe and Ito


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


LOSSES = ("action", "baseline", "reinforce")
SMALL = 6.5  # points of type


def training_figure(parts: Sequence[Parts], *, test_error: Sequence[tuple[int, float]] = ()) -> Figure:
    """Draw how a glimpse network learned: the parts of its loss, its errors, its rewards, and how open its choice was.

    Parameters
    ----------
    parts : sequence of Parts
        Means over each epoch, the first epoch first: from the `Progress` that `fit` gives.
    test_error : sequence of tuple
        Epochs, counted from 1, and the share of pictures, from 0 to 1, that were named wrongly in pictures from which
        the network did not learn.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no epoch.

    Examples
    --------
    >>> figure = training_figure([Parts(2.0, 0.5, 0.0, 3.0, 0.3, 0.2, 0.6), Parts(1.0, 0.3, 0.0, 2.0, 0.8, 0.9, 0.4)])
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['loss', 'error (%)', 'reward', "policy's entropy (nats)"]
    """
    if not parts:
        raise ValueError("expected the parts of at least one epoch, got none")
    epochs = np.arange(1, len(parts) + 1)
    marked: dict[str, Any] = {"lw": 1.3, "marker": "o" if len(parts) <= 30 else None, "ms": 2.5}
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, 110 * MILLIMETRE), layout="constrained")
    (losses, errors), (rewards, entropy) = figure.subplots(2, 2, sharex=True)
    for name, colour in zip(LOSSES, COLOURS, strict=False):
        losses.plot(epochs, [getattr(each, name) for each in parts], color=colour, label=name, **marked)
    _plot_errors(errors, epochs, [1 - each.accuracy for each in parts], color=COLOURS[0], label="training", **marked)
    if test_error:
        tested, missed = zip(*test_error, strict=True)
        _plot_errors(errors, tested, missed, color=COLOURS[1], label="held out", **marked)
    rewards.plot(epochs, [each.reward for each in parts], color=COLOURS[0], label="mean", **marked)
    spread = [each.advantage for each in parts]
    rewards.plot(epochs, spread, color=COLOURS[1], label="spread around the baseline", **marked)
    entropy.plot(epochs, [each.entropy for each in parts], color=COLOURS[2], **marked)
    for ax, label in zip(figure.axes, ("loss", "error (%)", "reward", "policy's entropy (nats)"), strict=True):
        _dress(ax, "epoch" if ax in (rewards, entropy) else "", label)
    return figure


def _plot_errors(ax: Axes, at: ArrayLike, errors: ArrayLike, **style: Any) -> None:  # noqa: ANN401
    """Plot shares of errors in per cent on a logarithmic axis; what is below 0.01 % stands there."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter("{x:g}")
    ax.plot(at, 100 * np.maximum(np.asarray(errors, np.float64), LEAST), **style)


def _dress(ax: Axes, x: str, y: str, **legend: Any) -> None:  # noqa: ANN401
    """Name the axes of a chart, and its lines if they have names."""
    ax.set_xlabel(x, fontsize=7)
    ax.set_ylabel(y, fontsize=7)
    ax.tick_params(labelsize=6, which="both")
    ax.grid(alpha=0.3, lw=0.4)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(fontsize=6, framealpha=0.9, edgecolor="none", **legend)


RIGHT, WRONG = "#009E73", "#D55E00"  # Okabe and Ito


def glimpses_figure(
    network: RecurrentAttentionModel,
    images: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    tasks: ArrayLike | None = None,
    task_names: Sequence[str] | None = None,
    beside: Mapping[str, RecurrentAttentionModel] | None = None,
    rng: np.random.Generator | int | None = None,
) -> Figure:
    """Draw how a network looks at pictures, a row each: its path, what it saw, and what it would have said each time.

    The frames in a picture are the finest patch of each glimpse, numbered in their order. Beside it stands what the
    sensor gave, the finest scale above; then the probability of each class after each glimpse, the darker the higher,
    with a frame around the greatest. An answer that is wrong is red, one that is right has a green frame.

    Parameters
    ----------
    network : RecurrentAttentionModel
        With weights.
    images : array, shape (n, height, width) or (n, height, width, 3)
        The pictures.
    labels : array of int, shape (n,), optional
        Their classes.
    tasks : array of int, shape (n,), optional
        The number of the task for each picture.
    task_names : sequence of str, optional
        What the tasks are called; as the network's policy calls them, if it does.
    beside : mapping of str to RecurrentAttentionModel, optional
        Other networks, whose paths are drawn in the last columns.
    rng : numpy.random.Generator or int, optional
        As for `predict`: draw places from the policy. None: take the most likely one each time.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If a network has no weights, or pictures, labels and tasks do not fit each other.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 255, (2, 28, 28), np.uint8)
    >>> figure = glimpses_figure(RecurrentAttentionModel(glimpses=3).initial(images), images)
    >>> len(figure.axes)
    6
    """
    pixels = check_pictures(images)
    right = None if labels is None else np.asarray(labels)
    if right is not None and right.shape != (len(pixels),):
        raise ValueError(f"expected a label for each of the {len(pixels)} pictures, got shape {right.shape}")
    networks = {"path": network, **(beside or {})}
    told = {name: each.predict(pixels, tasks=tasks, rng=rng) for name, each in networks.items()}
    seen = [_seen(network, *each) for each in zip(pixels, told["path"].places, strict=True)]
    called = _called(tasks, task_names if task_names is not None else getattr(network.policy, "tasks", None))
    figure, rows = _glimpse_page(pixels.shape, seen[0].shape, list(beside or {}))
    for number, (image, glimpses, axes) in enumerate(zip(pixels, seen, rows, strict=True)):
        path, strip, certain, *others = axes
        truth = None if right is None else int(right[number])
        for (name, said), ax in zip(told.items(), (path, *others), strict=True):
            draw_picture(image, ax=ax)
            _draw_path(said.places[number], networks[name].sensor, ax)
            _caption(int(said.labels[number]), truth, ax)
        _draw_glimpses(glimpses, strip)
        _draw_probabilities(told["path"].probabilities[number], truth, certain)
        if tasks is not None:
            style: dict[str, Any] = {"rotation": 90, "ha": "right", "va": "center", "fontsize": SMALL}
            path.text(-0.06, 0.5, called[number], transform=path.transAxes, **style)
    rows[-1][2].set_xlabel("after glimpse", fontsize=SMALL)
    return figure


def _seen(network: RecurrentAttentionModel, image: NDArray[Any], places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Give what the sensor sees at places (k, 2) in pixels, (k, scales, rows, columns[, channels]), from 0 to 1."""
    seen: NDArray[np.float32] = network.sensor(image, pixels_to_normalised(places, image.shape[:2]))
    return np.clip(seen.reshape(len(places), -1, *network.sensor.shape[-2:], *image.shape[2:]), 0, 1)


def _glimpse_page(pictures: tuple[int, ...], seen: tuple[int, ...], others: Sequence[str]) -> tuple[Figure, Any]:
    """Give a page and its Axes, a row for each of the pictures: path, glimpses, probabilities, paths of others."""
    headings = ["path", "what the sensor gave", "probability", *(fill(name, 18) for name in others)]
    count, aspect = pictures[0], pictures[1] / pictures[2]
    steps, scales = seen[:2]
    high = 24.0 if others else 28.0
    widths = [high / aspect, min(high / scales * steps, 60.0), 30.0, *[high / aspect] * len(others)]
    left, right, gap, above, below = 8.0, 3.0, 6.0, 6.0, 9.0
    head = 1.0 + 3.0 * max(heading.count("\n") + 1 for heading in headings)
    width = left + right + sum(widths) + gap * (len(widths) - 1)
    height = head + (high + above) * count + below
    places = {
        "left": left / width,
        "right": 1 - right / width,
        "bottom": below / height,
        "top": 1 - (head + above) / height,
        "wspace": gap * len(widths) / sum(widths),
        "hspace": above / high,
    }
    shrink = min(1.0, PAGE_MM / width) * MILLIMETRE
    figure = Figure(figsize=(width * shrink, height * shrink))
    axes = figure.subplots(count, len(widths), squeeze=False, width_ratios=widths, gridspec_kw=places)
    style: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": 7}
    for ax, heading in zip(axes[0], headings, strict=True):
        ax.annotate(heading, (0.5, 1), xytext=(0, 13), xycoords="axes fraction", **style)
    return figure, axes


def _colours(steps: int) -> NDArray[np.float64]:
    """Give a colour for each glimpse, from violet to yellow in their order."""
    from matplotlib import colormaps

    colours: NDArray[np.float64] = colormaps["plasma"](np.linspace(0.35, 0.95, steps))
    return colours


def _draw_path(places: NDArray[np.float64], sensor: Any, ax: Axes) -> None:  # noqa: ANN401
    """Frame the finest patch around each of places (k, 2), in pixels, with numbers in their order."""
    side = getattr(sensor, "extents_px", (0.0,))[0]
    limits = ax.get_xlim(), ax.get_ylim()
    ax.plot(*places.T, color="white", lw=0.6, alpha=0.7)
    for place, colour in zip(places, _colours(len(places)), strict=True):
        ax.add_patch(Rectangle(tuple(place - side / 2), side, side, fill=False, ec=colour, lw=1.1))
    ax.set(xlim=limits[0], ylim=limits[1])
    width, height = np.ptp(limits, axis=1)
    groups: dict[int, list[int]] = {}
    for number, place in enumerate(places):
        near = (k for k in groups if np.hypot(*(places[k] - place)) < NEAR * min(width, height))
        groups.setdefault(next(near, number), []).append(number + 1)
    for k, numbers in groups.items():
        x, y = np.clip(places[k] - side / 2, 0, [0.94 * width, 0.94 * height])
        style: dict[str, Any] = {"ha": "left", "va": "baseline", "color": "white", "path_effects": OUTLINE}
        ax.text(x, max(y, 0.1 * height), _runs(numbers), fontsize=SMALL, weight="bold", clip_on=True, **style)


NEAR = 0.15  # of the picture's side: numbers of places that are no farther apart are written together


def _runs(numbers: Sequence[int]) -> str:
    """Write ascending numbers with a dash for those between the first and the last of a run.

    Examples
    --------
    >>> _runs([1, 3, 4, 5, 8])
    '1 3\N{EN DASH}5 8'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    dash = "\N{EN DASH}"
    return " ".join(str(run[0]) if len(run) == 1 else f"{run[0]}{dash}{run[-1]}" for run in runs)


def _caption(said: int, truth: int | None, ax: Axes) -> None:
    """Write over a picture what the network took it for; if it is something else, in red, and what it is."""
    wrong = truth is not None and said != truth
    words = f"says {said}, is {truth}" if wrong else f"says {said}"
    ax.set_title(words, fontsize=SMALL, pad=2.5, color=WRONG if wrong else "black")


def _draw_glimpses(glimpses: NDArray[np.float32], ax: Axes) -> None:
    """Draw what the sensor gave (k, scales, rows, columns[, channels]): a column a glimpse, the finest scale above."""
    steps, scales = glimpses.shape[:2]
    frame: dict[str, Any] = {"fill": False, "lw": 1.1, "clip_on": False}
    above: dict[str, Any] = {"xytext": (0, 2.5), "textcoords": "offset points", "ha": "center", "fontsize": SMALL}
    for step, colour in enumerate(_colours(steps)):
        ax.annotate(str(step + 1), (step + TILE / 2, 0), **above)
        for scale, tile in enumerate(glimpses[step]):
            extent = (step, step + TILE, scale + TILE, scale)
            ax.imshow(tile, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="nearest")
            ax.add_patch(Rectangle((step, scale), TILE, TILE, ec=colour, **frame))
    ax.set(xlim=(0, steps - 1 + TILE), ylim=(scales - 1 + TILE, 0), aspect="equal", anchor="N")
    ax.set_axis_off()


TILE = 0.92  # of the distance from one glimpse to the next


def _draw_probabilities(probabilities: NDArray[np.float32], truth: int | None, ax: Axes) -> None:
    """Draw the probabilities (k, classes) of the classes after each glimpse, with a frame around the greatest."""
    steps, classes = probabilities.shape
    extent = (0.5, steps + 0.5, classes - 0.5, -0.5)
    ax.imshow(probabilities.T, cmap="Greys", vmin=0, vmax=1, extent=extent, aspect="auto", interpolation="nearest")
    ax.set_xticks(np.arange(1, steps + 1))
    ax.set_yticks(np.arange(classes))
    ax.tick_params(labelsize=5, length=1.5, pad=1.5)
    for step, best in enumerate(probabilities.argmax(axis=1), start=1):
        colour = "grey" if truth is None else RIGHT if best == truth else WRONG
        ax.add_patch(Rectangle((step - 0.5, best - 0.5), 1, 1, fill=False, ec=colour, lw=1.1, clip_on=False))


def _called(tasks: ArrayLike | None, names: Sequence[str] | None) -> list[str]:
    """Give the names of the tasks, or their numbers."""
    numbers = [] if tasks is None else np.asarray(tasks).tolist()
    if names is None:
        return [f"task {number}" for number in numbers]
    if numbers and max(numbers) >= len(names):
        raise ValueError(f"expected a name for each task up to {max(numbers)}, got {len(names)}: {', '.join(names)}")
    return [names[number] for number in numbers]


def paths_figure(
    image: ArrayLike, paths: Mapping[str, Scanpath], *, maps: Mapping[str, ArrayLike] | None = None
) -> Figure:
    """Draw several ways to look at the same picture side by side, such as a learned path and that of saliency alone.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, 3)
        The picture.
    paths : mapping of str to Scanpath
        The paths by the names of those who looked, in pixels of the picture.
    maps : mapping of str to array, shape (height, width), optional
        What drew each of them: drawn under the path of the same name.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no path, one is of a picture of another size, or a map belongs to no path.

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> image = sample_pixels("coffee")
    >>> viewing = Viewing.from_pixels_per_degree(24, image.shape)
    >>> path = Scanpath(x=[100, 300], y=[50, 60], onset=[0.2, 0.5], duration=[0.2, 0.4], viewing=viewing, watched=1.0)
    >>> [ax.get_title() for ax in paths_figure(image, {"all of it": path, "its beginning": path[:1]}).axes]
    ['all of it', 'its beginning']
    """
    height, width = np.shape(image)[:2]
    if not paths:
        raise ValueError("expected at least one path, got none")
    for name, path in paths.items():
        if path.viewing.screen_px != (width, height):
            raise ValueError(f"expected paths in {(width, height)} pixels, got '{name}' in {path.viewing.screen_px}")
    unknown = set(maps or {}) - set(paths)
    if unknown:
        raise ValueError(f"expected maps of {', '.join(paths)}, got one of '{min(unknown)}'")
    rows = 2 if maps else 1
    wide = min((PAGE_MM - 4 * len(paths)) / len(paths), 110.0)
    size = ((wide + 4) * len(paths), (wide * height / width + 3) * rows + 5)
    figure = Figure(figsize=(size[0] * MILLIMETRE, size[1] * MILLIMETRE), layout="constrained")
    grid = figure.subplots(rows, len(paths), squeeze=False)
    for (name, path), axes in zip(paths.items(), grid.T, strict=True):
        draw_scanpath(path, image, ax=axes[0]).set_title(name, fontsize=8)
        for ax in axes[1:]:
            ax.set_axis_off()
            if maps and name in maps:
                draw_heatmap(maps[name], image, ax=ax)
    return figure


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
        _plot_errors(ax, glimpses, runs.mean(axis=0), **style)
        low, high = 100 * np.maximum([runs.min(axis=0), runs.max(axis=0)], LEAST)
        ax.fill_between(glimpses, low, high, color=colours[name], alpha=0.2, lw=0)
    _draw_early(early or {}, colours, ax, **kwargs)
    _draw_levels(levels or {}, ax)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _dress(ax, "glimpses", "error (%)", **ABOVE)
    return ax


def _colours_of(*named: Mapping[str, Any]) -> dict[str, str]:
    """Give each name a colour, the same name the same."""
    return dict(zip(dict.fromkeys(name for each in named for name in each), COLOURS * 3, strict=False))


def _draw_early(early: Mapping[str, ArrayLike], colours: Mapping[str, str], ax: Axes, **kwargs: Any) -> None:  # noqa: ANN401
    """Draw dashed lines through what it costs to stop early, and the errors, (n, 2)."""
    for name, points in early.items():
        style = {"color": colours[name], "label": f"{name}, stops when sure", "lw": 1.3, "ls": "--", **kwargs}
        _plot_errors(ax, *_pairs(points).T, **style)


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
        _plot_errors(ax, *(pairs * (100, 1)).T, **{"color": colours[name], "label": name, "lw": 1.3, **mark, **kwargs})
    _draw_early({name: _pairs(rows) * (100, 1) for name, rows in (early or {}).items()}, colours, ax, **kwargs)
    _draw_levels(levels or {}, ax)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter("{x:g}")
    _dress(ax, COUNTED[counted], "error (%)", **ABOVE)
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


def draw_gains(
    gains: ArrayLike,
    tasks: Sequence[str],
    channels: Sequence[str],
    *,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw how much each task lets each channel of a map count: red what attracts, blue what repels, and the numbers.

    Parameters
    ----------
    gains : array, shape (tasks, channels)
        Gains, such as those that a network with a `PriorityPolicy` has learned; any finite numbers, in any unit.
    tasks, channels : sequence of str
        What they are called.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to `imshow`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no gain, one is not finite, or they are not as many as the names.

    References
    ----------
    Navalpakkam and Itti (2007), Search goal tunes visual features optimally, Neuron 53: 605-617: a task is a set of
    gains.

    Examples
    --------
    >>> ax = draw_gains([[0.4, -0.1]], ["find red"], ["red", "green"], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['0.40', '−0.10']
    """
    values = np.asarray(gains, np.float64)
    if values.shape != (len(tasks), len(channels)) or not values.size:
        raise ValueError(f"expected gains of {len(tasks)} tasks x {len(channels)} channels, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("expected gains that are finite, got others")
    ax = current_axes() if ax is None else ax
    greatest = max(np.abs(values).max(), LEAST)
    ax.imshow(values, **{"cmap": "RdBu_r", "vmin": -greatest, "vmax": greatest, "aspect": "auto", **kwargs})
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6}
    for (row, column), value in np.ndenumerate(values):
        said = f"{np.round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")
        ax.text(column, row, said, color="white" if abs(value) > 0.68 * greatest else "black", **style)
    ax.set_xticks(np.arange(len(channels)), channels)
    ax.set_yticks(np.arange(len(tasks)), tasks)
    ax.tick_params(labelsize=6, length=0)
    return ax


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
    _dress(ax, "", "right answers (%)")
    ax.grid(visible=False, axis="x")
    ax.set_axisbelow(True)
    ax.set_xticks(at, [fill(name, 16) for name in right])
    room = 0.9 if levels else 0.5
    ax.set(xlim=(-0.5, len(at) - 1 + room), ylim=(0, min(1.15 * 100 * (shares + spread).max() + 5, 112)))
    _draw_levels(levels or {}, ax)
    return ax


def search_figure(
    network: RecurrentAttentionModel,
    images: ArrayLike,
    labels: ArrayLike,
    tasks: ArrayLike,
    right: Mapping[str, ArrayLike],
    *,
    beside: Mapping[str, RecurrentAttentionModel] | None = None,
    levels: Mapping[str, float] | None = None,
) -> Figure:
    """Draw how a network searches for what its task names: its paths, what it asks of the channels, what it is worth.

    Left, a row a picture: the task, where the network looks and what it says, and the same for others. Right: the gains
    that it has learned for each task, without those for the place itself, and the share of right answers.

    Parameters
    ----------
    network : RecurrentAttentionModel
        With weights, and a `PriorityPolicy` that is guided.
    images : array, shape (n, height, width) or (n, height, width, 3)
        A few pictures.
    labels, tasks : array of int, shape (n,)
        Their classes, and the number of the task for each.
    right : mapping of str to array of bool
        As for `draw_accuracy`, of many pictures.
    beside : mapping of str to RecurrentAttentionModel, optional
        Other networks, whose paths are drawn in the next columns.
    levels : mapping of str to float, optional
        As for `draw_accuracy`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the network has learned no gains, another one has no weights, or pictures, labels and tasks do not fit.

    Examples
    --------
    >>> from neural import PriorityPolicy
    >>> images = np.random.default_rng(0).integers(0, 255, (2, 28, 28, 3), np.uint8)
    >>> network = RecurrentAttentionModel(policy=PriorityPolicy(tasks=("near", "far")), glimpses=2).initial(images)
    >>> figure = search_figure(network, images, [0, 1], [1, 0], {"its task": [True, False]})
    >>> len(figure.axes)
    4
    """
    pixels, truths = check_pictures(images), np.asarray(labels)
    if truths.shape != (len(pixels),):
        raise ValueError(f"expected a label for each of the {len(pixels)} pictures, got shape {truths.shape}")
    policy: Any = network.policy
    if "gains" not in network.weights:
        raise ValueError(f"expected a network that has learned gains, got one with a {type(policy).__name__} and none")
    networks = {"guided by its task": network, **(beside or {})}
    side = 25.0
    wide, high = (side + 3) * len(networks) + 6, (side * pixels.shape[1] / pixels.shape[2] + 6) * len(pixels) + 5
    size = (PAGE_MM * MILLIMETRE, max(high, 80.0) * MILLIMETRE)
    figure = Figure(figsize=size, layout="constrained")
    halves: Any = figure.subfigures(1, 2, width_ratios=[wide, PAGE_MM - wide], wspace=0.04)
    paths = halves[0].subplots(len(pixels), len(networks), squeeze=False)
    for (name, each), column in zip(networks.items(), paths.T, strict=True):
        said = each.predict(pixels, tasks=tasks)
        for number, ax in enumerate(column):
            draw_picture(pixels[number], ax=ax)
            _draw_path(said.places[number], each.sensor, ax)
            _caption(int(said.labels[number]), int(truths[number]), ax)
        heading: dict[str, Any] = {"xytext": (0, 13), "textcoords": "offset points", "ha": "center", "fontsize": 7}
        column[0].annotate(fill(name, 18), (0.5, 1), xycoords="axes fraction", va="bottom", **heading)
    for ax, task in zip(paths[:, 0], _called(tasks, policy.tasks), strict=True):
        beside_it: dict[str, Any] = {"rotation": 90, "ha": "right", "va": "center", "fontsize": SMALL}
        ax.text(-0.06, 0.5, task, transform=ax.transAxes, **beside_it)
    above, below = halves[1].subplots(2, 1, height_ratios=[1, 1.3])
    draw_gains(network.weights["gains"][:, : len(policy.names)], policy.tasks, policy.names, ax=above)
    above.set_title(f"what each task lets the channels count (before learning {1 / len(policy.names):.2f})", fontsize=7)
    draw_accuracy(right, levels=levels, ax=below)
    below.set_title("what it is worth to look there, with the same weights", fontsize=7)
    return figure


WAY = (-0.75, 1.5)  # what is shown of the way from floor to ceiling


def draw_between(evaluation: ScanpathEvaluation, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Draw each observer's score in each measure as its share of the way from the floor (0) to the ceiling (1).

    Bars are standard errors of the difference to the floor; a triangle at the edge stands for a score beyond it. The
    numbers on the right are those of floor and ceiling. Measures that lack either are left out.

    Parameters
    ----------
    evaluation : ScanpathEvaluation
        From `evaluate_scanpaths`.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `errorbar` of the observers, such as `markersize`.

    Returns
    -------
    Axes

    Examples
    --------
    ``draw_between(evaluate_scanpaths(observers, recordings, viewing, rng=0))``
    """
    ax = current_axes() if ax is None else ax
    ends = {name: _ends(evaluation, name) for name in evaluation.scores}
    shown = [name for name, (low, high) in ends.items() if np.isfinite([low, high]).all() and low != high]
    for k, observer in enumerate(evaluation.observers):
        shares = np.full((2, len(shown)), np.nan)
        for column, name in enumerate(shown):
            low, high = ends[name]
            shares[:, column] = np.divide(evaluation.over(observer, name, MEASURES[name].floor), high - low)
        rows = np.arange(len(shown)) + 0.5 * ((k + 0.5) / len(evaluation.observers) - 0.5)
        share, colour = shares[0], COLOURS[k % len(COLOURS)]
        held = (share >= WAY[0]) & (share <= WAY[1])
        options: dict[str, Any] = {"fmt": "o", "ms": 3, "lw": 0.8, "color": colour, "label": observer, **kwargs}
        ax.errorbar(share[held], rows[held], xerr=np.nan_to_num(np.abs(shares[1][held])), **options)
        for beyond, edge, marker in ((share < WAY[0], WAY[0], "<"), (share > WAY[1], WAY[1], ">")):
            ax.scatter(np.full(beyond.sum(), edge), rows[beyond], s=12, marker=marker, color=colour, clip_on=False)
    for place, name in ((0, "floor"), (1, "ceiling")):
        ax.axvline(place, color="#555555", lw=0.7, ls="--", zorder=0)
        ax.annotate(
            name,
            (place, 1),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            fontsize=6,
        )
    for row, name in enumerate(shown):
        said = "  to  ".join(f"{end:.3g}" for end in ends[name])
        ax.annotate(
            f"{said} {MEASURES[name].unit}",
            (1, row),
            (8, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=6,
        )
    ax.set_yticks(np.arange(len(shown)), [MEASURES[name].title for name in shown])
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    ax.set_xlim(*WAY)
    _dress(ax, "share of the way from floor to ceiling", "", loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=3)
    return ax


def _ends(evaluation: ScanpathEvaluation, measure: str) -> tuple[float, float]:
    """Give the mean of the floor and of the ceiling, over the pictures that have both."""
    low = evaluation.mean(MEASURES[measure].floor, measure).value
    return low, low + evaluation.over(CEILING, measure).value


def observers_figure(evaluation: ScanpathEvaluation) -> Figure:
    """Draw how good observers are on one page: `draw_between`, and the protocol below.

    Examples
    --------
    ``observers_figure(evaluate_scanpaths(observers, recordings, viewing, rng=0))``
    """
    lines = [line for sentence in evaluation.protocol for line in fill(sentence, 148).splitlines()]
    height, below = 120 + 3.2 * len(lines), 3.2 * len(lines) + 2
    layout = ConstrainedLayoutEngine(rect=(0, below / height, 1, 1 - below / height))
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, height * MILLIMETRE), layout=layout)
    draw_between(evaluation, ax=figure.subplots())
    figure.text(0.02, below / height, "\n".join(lines), fontsize=6, va="top", linespacing=1.3)
    return figure


KIND_COLOURS = {  # of Okabe and Ito, for the colour-blind too
    "first pass": "#0072B2",
    "skip": "#56B4E9",
    "refixation": "#E69F00",
    "regression": "#D55E00",
    "return sweep": "#009E73",
}
FADED = 0.12  # of the contrast of text outside the perceptual span
STRIP_LINES = 1.4  # distances of lines above and below the gaze that a strip shows
SPAN_CAPTION = (
    "Above: circles as large as the time rested. Below: what single fixations let through, the perceptual span from 4 "
    "letters left of the gaze (upright line) to 15 letters right; the bar: where words are identified."
)
SECOND_OF_READING = 160.0  # area of a circle, in square points


def draw_reading(reading: Reading, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Draw a page and the path of a reader over it: circles as large as the time rested, coloured by kind.

    Parameters
    ----------
    reading : Reading
        From `Reader.read` or `Reading.of`.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `scatter` of the fixations, such as `alpha`.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    path = reading.path
    height, width = reading.page.shape
    draw_picture(reading.page.image, ax=ax)
    ax.plot(path.x, path.y, color="0.35", lw=0.6, alpha=0.7, zorder=2)
    area = np.maximum(SECOND_OF_READING * np.nan_to_num(path.duration, nan=0.2), 4.0)
    kinds = np.array(reading.kind)
    for kind in (kind for kind in KIND_COLOURS if np.any(kinds == kind)):
        style = {"color": KIND_COLOURS[kind], "alpha": 0.6, "linewidths": 0, "zorder": 3, **kwargs}
        these = kinds == kind
        ax.scatter(path.x[these], path.y[these], s=area[these], label=f"{kind} ({these.sum()})", **style)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    if len(path):
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=5, fontsize=6, frameon=False, handletextpad=0.2)
    return ax


def draw_span(reading: Reading, number: int, *, ax: Axes | None = None, acuity: Acuity | None = None) -> Axes:
    """Draw what one fixation lets through: the text in the perceptual span, as sharp as the eye sees it; all else pale.

    A line marks the gaze; a bar below it the letters within which words are identified.

    Parameters
    ----------
    reading : Reading
        From `Reader.read` or `Reading.of`.
    number : int
        Which fixation, from 0 up.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    page, path = reading.page, reading.path
    x, level = float(path.x[number]), float(page.line_y[reading.line[number]])
    image = as_image(page.image)
    seen = foveate(image, (x, level), path.viewing, acuity=acuity)
    left, right = span_of(page, x)
    columns, rows = np.arange(image.shape[1]), np.arange(image.shape[0])
    within = (columns >= left) & (columns <= right) & (np.abs(rows - level) <= 0.45 * page.line_px)[:, None]
    paper = cv2.medianBlur(np.rint(image * 255).astype(np.uint8), round(page.line_px) | 1) / np.float32(255)
    shown = paper + np.where(within, 1.0, FADED)[..., None] * (seen - paper)
    draw_picture(np.clip(shown, 0, 1), ax=ax)
    below = level + 0.45 * page.line_px
    ax.plot([x, x + IDENTIFIED * page.letter_px], [below, below], color=KIND_COLOURS["first pass"], lw=1.2)
    ax.plot([x, x], [level - 0.45 * page.line_px, below], color=KIND_COLOURS[reading.kind[number]], lw=1.0)
    return ax


def reading_figure(reading: Reading, *, at_most: int = 8, first: int = 0, heading: str = "") -> Figure:
    """Draw the page and the path, and below, for some fixations in a row, only what the span lets through.

    Parameters
    ----------
    reading : Reading
        From `Reader.read` or `Reading.of`.
    at_most : int
        How many fixations have a strip.
    first : int
        The first of them, from 0 up.
    heading : str
        Title of the page.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no such fixation.
    """
    page, path = reading.page, reading.path
    numbers = range(first, min(first + at_most, len(path)))
    if not 0 <= first < len(path) or not numbers:
        raise ValueError(f"expected a fixation from 0 to {len(path) - 1} to begin with, and at least one, got {first}")
    left, right = _text_area(reading)
    page_mm = min(PAGE_MM * page.shape[0] / page.shape[1], 1.3 * PAGE_MM)
    reach = STRIP_LINES * page.line_px
    strip_mm = PAGE_MM * 2 * reach / (right - left)
    size = (PAGE_MM * MILLIMETRE, (page_mm + 22 + (strip_mm + 4.5) * len(numbers)) * MILLIMETRE)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(numbers) + 1, 1, height_ratios=[page_mm + 9] + [strip_mm + 4] * len(numbers))
    draw_reading(reading, ax=axes[0])
    axes[0].set_title(heading or f"{len(page.words)} words, {len(path)} fixations", fontsize=8)
    for number, ax in zip(numbers, axes[1:], strict=True):
        draw_span(reading, number, ax=ax)
        line = int(reading.line[number])
        level = float(page.line_y[line])
        ax.set(xlim=(left, right), ylim=(level + reach, level - reach))
        inside = len(words_in_span(page, float(path.x[number]), line))
        label = f"{number + 1}: {reading.kind[number]}, {1000 * path.duration[number]:.0f} ms"
        ax.set_title(f"{label}; {inside} of {len(page.words)} words in the span", fontsize=6, loc="left", pad=1.5)
    figure.supxlabel(fill(SPAN_CAPTION, 130), fontsize=6)
    return figure


def _text_area(reading: Reading) -> tuple[float, float]:
    """Give the left and right end of all words and fixations, with a margin of some letters; pixels."""
    boxes, path, margin = reading.page.boxes, reading.path, 4 * reading.page.letter_px
    left, right = min(boxes[:, 0].min(), path.x.min()), max(boxes[:, 2].max(), path.x.max())
    return max(left - margin, -0.5), min(right + margin, reading.page.shape[1] - 0.5)


def draw_cueing(
    cueing: Cueing,
    people: Mapping[float, Mapping[str, float]] | None = None,
    *,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw by how much invalid cues are slower than valid ones, by the interval, beside people's.

    Above zero attention is at the cued place, below zero it is kept from there. Bars are 95 % intervals of the mean:
    over trials for the model, over people for people.

    Parameters
    ----------
    cueing : Cueing
        From `run_cueing`.
    people : mapping of float to mapping of str to float, or None
        By interval in seconds, "effect" and its standard "error", in seconds, such as `neural.cueing.PEOPLE`.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `errorbar` of the model, such as `color`.

    Returns
    -------
    Axes

    Examples
    --------
    ``draw_cueing(run_cueing(trials=1000), PEOPLE)``
    """
    ax = current_axes() if ax is None else ax
    effects = np.array([cueing.effect(soa) for soa in cueing.soas]) * 1000
    options: dict[str, Any] = {"fmt": "o-", "ms": 3, "lw": 1.2, "capsize": 2, "color": COLOURS[0], "label": "model"}
    soas = 1000 * np.array(cueing.soas)
    ax.errorbar(soas, effects[:, 0], yerr=1.96 * np.nan_to_num(effects[:, 1]), **{**options, **kwargs})
    if people:
        known = np.array([(1000 * soa, 1000 * row["effect"], 1960 * row["error"]) for soa, row in people.items()]).T
        style: dict[str, Any] = {"fmt": "s", "ms": 4, "lw": 1.2, "capsize": 2, "color": COLOURS[1], "label": "people"}
        ax.errorbar(known[0], known[1], yerr=known[2], **style)
    ax.axhline(0, color="#555555", lw=0.7, zorder=0)
    ax.set_xscale("log")
    shown = sorted({round(each) for each in (*soas, *(1000 * soa for soa in people or ()))})
    ax.set_xticks(shown, [str(each) for each in shown])
    ax.minorticks_off()
    _dress(ax, "from cue to target, ms", "invalid minus valid, ms")
    return ax


def draw_orienting(trace: Trace, task: Discrimination, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Draw what a cue does at the place of the target: attention, inhibition, expectation, and the evidence that grows.

    Parameters
    ----------
    trace : Trace
        From `Orienting.trace`.
    task : Discrimination
        Who decides.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to each `plot`, such as `lw`.

    Returns
    -------
    Axes

    Examples
    --------
    ``draw_orienting(Orienting().trace(posner("flash", soa_s=0.3)), Discrimination())``
    """
    ax = current_axes() if ax is None else ax
    place, time = int(np.argmax(trace.answer)), 1000 * trace.time
    curves = {
        "attention": trace.attention[place],
        "inhibition": -trace.inhibition[place],
        "expectation": trace.expectation[place] - 1,
    }
    for (name, values), colour in zip(curves.items(), COLOURS, strict=False):
        ax.plot(time, values, **{"color": colour, "lw": 1.3, "label": name, **kwargs})
    growth = task.growth(trace)
    ended = int(np.argmax(growth >= 1)) if growth.max() >= 1 else len(growth) - 1
    grows = slice(int(np.argmax(time >= 0)), ended + 1)
    ax.plot(time[grows], growth[grows], **{"color": "black", "lw": 1.6, "label": "evidence", **kwargs})
    ax.axhline(1, color="#555555", lw=0.7, ls="--", zorder=0)
    ax.axvline(0, color="#555555", lw=0.7, ls=":", zorder=0)
    ax.text(0, 1.01, "target", fontsize=6, va="bottom", transform=ax.get_xaxis_transform(), ha="center")
    changed = np.flatnonzero(trace.gain[place] != 1)
    begin = min(float(time[changed[0]]), 0.0) if len(changed) else 0.0
    ax.set_xlim(begin - 150, max(time[ended] + 150, 200))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    _dress(ax, "from target, ms", "attention, inhibition (down), evidence", loc="upper left")
    return ax


def cueing_figure(
    cueing: Cueing,
    traces: Mapping[str, Trace],
    people: Mapping[float, Mapping[str, float]] | None = None,
    *,
    task: Discrimination | None = None,
) -> Figure:
    """Draw an experiment on one page: the effect by the interval, and one trial each of some conditions.

    Parameters
    ----------
    cueing : Cueing
        From `run_cueing`.
    traces : mapping of str to Trace
        By their headings, at least one.
    people : mapping, optional
        As for `draw_cueing`.
    task : Discrimination, optional
        Who decides; the default one if left out.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no trace.
    """
    if not traces:
        raise ValueError("expected at least one trace")
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, 125 * MILLIMETRE), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=[1.1, 1])
    draw_cueing(cueing, people, ax=halves[0].subplots())
    axes = halves[1].subplots(1, len(traces), sharey=True, squeeze=False)[0]
    for (heading, trace), ax in zip(traces.items(), axes, strict=True):
        draw_orienting(trace, task or Discrimination(), ax=ax)
        ax.set_title(heading, fontsize=7, pad=11)
    for ax in axes[1:]:
        ax.set_ylabel("")
        ax.get_legend().remove()
    return figure


def performance_figure(curves: Mapping[str, ArrayLike]) -> Figure:
    """Draw the share of targets found by each saccade: people in black, all others in colour.

    Parameters
    ----------
    curves : dict of str to array, shape (n + 1,)
        By name, the share found by saccade 0 (from the start), 1, ..., n. That of "people" comes first.

    Returns
    -------
    Figure
    """
    figure, ax = page_figure(PAGE_MM / 2, 62)
    others = [name for name in curves if name != "people"]
    for k, name in enumerate([*(["people"] if "people" in curves else []), *others]):
        share = np.asarray(curves[name], np.float64)
        style: dict[str, Any] = {"color": "black", "lw": 2} if name == "people" else {"color": f"C{k - 1}", "lw": 1.3}
        ax.plot(share, label=name, marker="o", ms=2.5, **style)
    ax.set_xlabel("saccades", fontsize=8)
    ax.set_ylabel("share of targets found", fontsize=8)
    ax.set(xlim=(0, None), ylim=(0, None))
    ax.tick_params(labelsize=7)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=6)
    return figure


def search_photo_figure(image: ArrayLike, search: PhotoSearch, *, at_most: int = 6) -> Figure:
    """Draw a search in a photograph: the path and where the target was found, then the belief after each fixation.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The photograph.
    search : PhotoSearch
        From `PhotoSearcher.search`.
    at_most : int
        So many beliefs, from 1 up: the first, the last, and some between.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If no belief is to be drawn.
    """
    if at_most < 1:
        raise ValueError(f"expected at least one belief to draw, got {at_most}")
    height, width = np.shape(image)[:2]
    count = len(search.posteriors)
    shown = np.unique(np.linspace(0, count - 1, min(at_most, count)).round().astype(int))
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    small_mm = PAGE_MM / columns * height / width + 6
    large_mm = 0.72 * PAGE_MM * height / width + 6
    size = (PAGE_MM * MILLIMETRE, (large_mm + rows * small_mm) * MILLIMETRE)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.add_gridspec(rows + 1, columns, height_ratios=[large_mm, *[small_mm] * rows])
    whole = figure.add_subplot(grid[0, :])
    draw_scanpath(search.path, image, ax=whole)
    words = {"found": "found", "absent": "reported absent", "budget": "not found"}
    many = "fixation" if search.fixations == 1 else "fixations"
    whole.set_title(f"{words[search.verdict]} after {search.fixations} {many}, {search.time_s:.1f} s", fontsize=8)
    if search.box is not None:
        left, top, across, down = search.box
        whole.add_patch(
            Rectangle((left, top), across, down, fill=False, ec="white", lw=1.5, path_effects=OUTLINE, zorder=5)
        )
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    places = np.array([search.path.start, *search.path.places])
    for k, number in enumerate(shown.tolist()):
        ax = figure.add_subplot(grid[1 + k // columns, k % columns])
        belief = np.sqrt(search.posteriors[number])
        draw_heatmap(belief, image, ax=ax, extent=extent, interpolation="nearest")
        ax.plot(*places[: number + 1].T, color="white", lw=0.8, path_effects=OUTLINE)
        ax.plot(*places[number], "o", mfc="none", mec="white", ms=7, mew=1.2, path_effects=OUTLINE)
        ax.set(xlim=extent[:2], ylim=extent[2:])
        ax.set_axis_off()
        best = search.posteriors[number].max()
        title = "start" if number == 0 else f"fixation {number}"
        ax.set_title(f"{title}: likeliest {best:.2f}, absent {search.absent[number]:.2f}", fontsize=7)
    return figure


SIDES = {True: ("present", COLOURS[0], "o"), False: ("absent", COLOURS[1], "s")}  # of the target


def draw_slopes(experiment: SearchExperiment, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Draw mean correct reaction times by set size, with and without a target, and people's lines where known (grey).

    Bars are standard errors of the means over trials; each line is the least-squares fit. The legend tells the slopes.

    Parameters
    ----------
    experiment : SearchExperiment
        From `run_experiment`, with at least two set sizes.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `errorbar` of the means, such as `markersize`.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from neural.searcher import run_experiment
    >>> ax = draw_slopes(run_experiment("pop-out", sizes=(3, 12), trials=6), ax=Figure().subplots())
    >>> ax.get_xlabel()
    'items'
    """
    ax = current_axes() if ax is None else ax
    ends = np.array([0.0, 1.08 * max(experiment.sizes)])
    own = _lines_of(experiment.slopes())
    theirs = {} if experiment.people is None else _lines_of(experiment.people)
    for present, (label, colour, marker) in SIDES.items():
        slope, intercept = own[present]
        means = [experiment.mean_rt(size, present) for size in experiment.sizes]
        errors = [_standard_error(experiment, size, present) for size in experiment.sizes]
        said = f"{label} {slope:.1f}".replace("-", "\N{MINUS SIGN}")
        style: dict[str, Any] = {"ms": 4, "mfc": colour if present else "white", "capsize": 2, "lw": 0.8, **kwargs}
        ax.errorbar(experiment.sizes, means, errors, fmt=marker, color=colour, label=said, **style)
        ax.plot(ends, intercept + slope * ends, color=colour, lw=1.2)
        slope, intercept = theirs.get(present, (np.nan, np.nan))
        if np.isfinite(intercept):
            grey: dict[str, Any] = {"color": "0.55", "lw": 1.0, "ls": "-" if present else "--", "zorder": 0}
            said = f"people {slope:.1f}".replace("-", "\N{MINUS SIGN}")
            ax.plot(ends, intercept + slope * ends, label=said, **grey)
    _dress(ax, "items", "reaction time (ms)", loc="upper left", title="target, ms an item", title_fontsize=6)
    ax.set(xlim=ends, ylim=(0, 1.25 * max(experiment.mean_rt(size, False) for size in experiment.sizes)))
    ax.set_xticks(experiment.sizes)
    return ax


def _lines_of(told: Slopes | People) -> dict[bool, tuple[float, float]]:
    """Slope and intercept with a target (True) and without."""
    return {
        True: (told.slope_present, told.intercept_present),
        False: (told.slope_absent, told.intercept_absent),
    }


def _standard_error(experiment: SearchExperiment, size: int, present: bool) -> float:
    times = [1000 * trial.rt for trial in experiment.of(size, present) if trial.correct]
    return float(np.std(times) / np.sqrt(len(times)))


def draw_search_errors(experiment: SearchExperiment, *, ax: Axes | None = None) -> Axes:
    """Draw the shares of misses and of false alarms by set size, and people's where known (grey).

    Parameters
    ----------
    experiment : SearchExperiment
        From `run_experiment`.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    people = experiment.people
    for present, (_, colour, marker) in SIDES.items():
        shares = [100 * experiment.errors(size, present) for size in experiment.sizes]
        style: dict[str, Any] = {"ms": 4, "mfc": colour if present else "white", "lw": 1.0, "color": colour}
        ax.plot(experiment.sizes, shares, marker=marker, label="misses" if present else "false alarms", **style)
        if people is not None and people.errors is not None:
            theirs = 100 * np.array(people.errors[not present])
            ax.plot(SET_SIZES, theirs, color="0.55", lw=1.0, ls="-" if present else "--", zorder=0)
    _dress(ax, "items", "errors (%)", loc="upper left")
    ax.set(xlim=(0, 1.08 * max(experiment.sizes)), ylim=(0, max(10.0, 1.5 * ax.get_ylim()[1])))
    ax.set_xticks(experiment.sizes)
    return ax


def slopes_figure(experiments: Sequence[SearchExperiment]) -> Figure:
    """Draw search experiments side by side: reaction times by set size, and below them the errors.

    Parameters
    ----------
    experiments : sequence of SearchExperiment
        At least one, from `run_experiment`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no experiment, or one has a single set size.

    Examples
    --------
    >>> from neural.searcher import run_experiment
    >>> figure = slopes_figure([run_experiment("pop-out", sizes=(3, 12), trials=6)])
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['reaction time (ms)', 'errors (%)']
    """
    if not experiments:
        raise ValueError("expected at least one experiment, got none")
    columns = len(experiments)
    width = min(PAGE_MM, 85 * columns)
    figure = Figure(figsize=(width * MILLIMETRE, 110 * MILLIMETRE), layout="constrained")
    grid = figure.subplots(2, columns, squeeze=False, sharex="col", height_ratios=[2, 1])
    for experiment, (above, below) in zip(experiments, grid.T, strict=True):
        draw_slopes(experiment, ax=above)
        draw_search_errors(experiment, ax=below)
        above.set_title(experiment.kind, fontsize=8)
        above.set_xlabel("")
    for row in grid:
        top = max(ax.get_ylim()[1] for ax in row)
        for ax in row:
            ax.set_ylim(0, top)
        for ax in row[1:]:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
    for ax in grid[1, 1:]:
        ax.get_legend().remove()
    return figure
