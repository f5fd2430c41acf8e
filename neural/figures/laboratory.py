"""Figures of experiments: cueing, search in displays, search in photographs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from foveation.checks import check_number
from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, current_axes, page_figure
from neural.figures.style import COLOURS, dress
from neural.laboratory.cueing import Cueing, Discrimination
from neural.laboratory.experiment import SearchExperiment, Slopes
from neural.laboratory.orienting import OrientingCourse
from neural.laboratory.people import People
from neural.laboratory.photo_search import PhotoSearch
from saliency.displays.search import SET_SIZES
from saliency.figures.maps import draw_heatmap
from saliency.figures.scanpaths import draw_scanpath


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
        By interval in seconds, "effect" and its standard "error", in seconds: `PEOPLE` of `neural.laboratory.cueing`.
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
    dress(ax, "from cue to target, ms", "invalid minus valid, ms")
    return ax


def draw_orienting(course: OrientingCourse, task: Discrimination, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Draw what a cue does at the place of the target: attention, inhibition, expectation, and the evidence that grows.

    Parameters
    ----------
    course : OrientingCourse
        From `Orienting.course`.
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
    place, time = int(np.argmax(course.answer)), 1000 * course.time
    curves = {
        "attention": course.attention[place],
        "inhibition": -course.inhibition[place],
        "expectation": course.expectation[place] - 1,
    }
    for (name, values), colour in zip(curves.items(), COLOURS, strict=False):
        ax.plot(time, values, **{"color": colour, "lw": 1.3, "label": name, **kwargs})
    growth = task.growth(course)
    ended = int(np.argmax(growth >= 1)) if growth.max() >= 1 else len(growth) - 1
    grows = slice(int(np.argmax(time >= 0)), ended + 1)
    ax.plot(time[grows], growth[grows], **{"color": "black", "lw": 1.6, "label": "evidence", **kwargs})
    ax.axhline(1, color="#555555", lw=0.7, ls="--", zorder=0)
    ax.axvline(0, color="#555555", lw=0.7, ls=":", zorder=0)
    ax.text(0, 1.01, "target", fontsize=6, va="bottom", transform=ax.get_xaxis_transform(), ha="center")
    changed = np.flatnonzero(course.gain[place] != 1)
    begin = min(float(time[changed[0]]), 0.0) if len(changed) else 0.0
    ax.set_xlim(begin - 150, max(time[ended] + 150, 200))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    dress(ax, "from target, ms", "attention, inhibition (down), evidence", loc="upper left")
    return ax


def cueing_figure(
    cueing: Cueing,
    courses: Mapping[str, OrientingCourse],
    people: Mapping[float, Mapping[str, float]] | None = None,
    *,
    task: Discrimination | None = None,
) -> Figure:
    """Draw an experiment on one page: the effect by the interval, and one trial each of some conditions.

    Parameters
    ----------
    cueing : Cueing
        From `run_cueing`.
    courses : mapping of str to OrientingCourse
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
    if not courses:
        raise ValueError("expected at least one trace")
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, 125 * MILLIMETRE), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=[1.1, 1])
    draw_cueing(cueing, people, ax=halves[0].subplots())
    axes = halves[1].subplots(1, len(courses), sharey=True, squeeze=False)[0]
    for (heading, course), ax in zip(courses.items(), axes, strict=True):
        draw_orienting(course, task or Discrimination(), ax=ax)
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
    check_number(at_most, "at least one belief to draw", least=1)
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
    >>> from neural.laboratory.experiment import run_experiment
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
    dress(ax, "items", "reaction time (ms)", loc="upper left", title="target, ms an item", title_fontsize=6)
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
    dress(ax, "items", "errors (%)", loc="upper left")
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
    >>> from neural.laboratory.experiment import run_experiment
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
