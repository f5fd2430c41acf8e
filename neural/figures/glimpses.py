"""Figures of networks that learn where to look: glimpses, errors, budgets, gains."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, current_axes, draw_picture
from foveation.image import OKABE_ITO, pixels_to_normalised
from neural.figures.glimpse_accuracy import draw_accuracy, plot_errors
from neural.figures.style import COLOURS, LEAST, SMALL, dress
from neural.glimpses.loss import LossTerms
from neural.glimpses.model import RecurrentAttentionModel
from neural.glimpses.rollout import check_pictures
from saliency import Scanpath
from saliency.figures.maps import draw_heatmap
from saliency.figures.scanpaths import draw_scanpath

LOSSES = ("action", "baseline", "reinforce")


def training_figure(parts: Sequence[LossTerms], *, test_error: Sequence[tuple[int, float]] = ()) -> Figure:
    """Draw how a glimpse network learned: the parts of its loss, its errors, its rewards, and how open its choice was.

    Parameters
    ----------
    parts : sequence of LossTerms
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
    >>> figure = training_figure(
    ...     [LossTerms(2.0, 0.5, 0.0, 3.0, 0.3, 0.2, 0.6), LossTerms(1.0, 0.3, 0.0, 2.0, 0.8, 0.9, 0.4)]
    ... )
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
    plot_errors(errors, epochs, [1 - each.accuracy for each in parts], color=COLOURS[0], label="training", **marked)
    if test_error:
        tested, missed = zip(*test_error, strict=True)
        plot_errors(errors, tested, missed, color=COLOURS[1], label="held out", **marked)
    rewards.plot(epochs, [each.reward for each in parts], color=COLOURS[0], label="mean", **marked)
    spread = [each.advantage for each in parts]
    rewards.plot(epochs, spread, color=COLOURS[1], label="spread around the baseline", **marked)
    entropy.plot(epochs, [each.entropy for each in parts], color=COLOURS[2], **marked)
    for ax, label in zip(figure.axes, ("loss", "error (%)", "reward", "policy's entropy (nats)"), strict=True):
        dress(ax, "epoch" if ax in (rewards, entropy) else "", label)
    return figure


RIGHT, WRONG = OKABE_ITO["green"], OKABE_ITO["vermillion"]


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
    >>> from foveation import Viewing, sample_pixels
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
