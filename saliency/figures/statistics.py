"""Figures of oculomotor statistics: a model's saccades and fixations beside people's."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from foveation.checks import check_one_of
from foveation.figures import current_axes
from foveation.image import OKABE_ITO
from foveation.oculomotor import saccade_duration
from saliency.figures.page import LARGE, SMALL, Row, page_of, write_beside
from saliency.scanpaths.distributions import GammaFit, LogNormalFit, gamma_fit, log_normal_fit
from saliency.scanpaths.statistics import LAGS, NUMBERS, RETURN_DEG, TURNING_EDGES_DEG, OculomotorStatistics, compare

PEOPLE, MODEL = OKABE_ITO["blue"], OKABE_ITO["vermillion"]
ROSE_DEG, HISTOGRAM_BINS = 15, 40
TAIL = 99.0  # percentile at which a histogram ends
FEWEST = 10  # saccades of which a median is drawn


class _Side(NamedTuple):
    """Those whose statistics are drawn: people or a model."""

    name: str
    colour: str
    statistics: OculomotorStatistics


def _draw_histogram(
    ax: Axes,
    sides: Sequence[_Side],
    series: str,
    fitted: Callable[[NDArray[np.float64]], GammaFit | LogNormalFit],
    words: str,
    *,
    scale: float = 1.0,
) -> None:
    """Draw the density of a series of each side as steps, and a distribution fitted to it as a dashed line.

    `words` tell the two parameters of the distribution.
    """
    samples = [scale * side.statistics.known(series) for side in sides]
    end = max([float(np.percentile(sample, TAIL)) for sample in samples if sample.size] or [1.0]) or 1.0
    edges = np.linspace(0, end, HISTOGRAM_BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    highest = 0.0
    for side, sample in zip(sides, samples, strict=True):
        if not sample.size:
            continue
        density = np.histogram(sample, edges)[0] / (sample.size * edges[1])
        highest = max(highest, float(density.max()))
        ax.stairs(density, edges, color=side.colour, fill=True, alpha=0.25)
        ax.stairs(density, edges, color=side.colour, lw=0.7)
        fit = fitted(sample)
        if np.isfinite(fit).all():
            ax.plot(middles, fit.density(middles), color=side.colour, ls="--", lw=1.0, label=words.format(*fit))
    ax.set(xlim=(0, end), ylim=(0, 1.3 * highest or 1.0))
    _draw_legend(ax, "upper right")


def _draw_legend(ax: Axes, place: str) -> None:
    if ax.get_legend_handles_labels()[0]:
        style: dict[str, Any] = {"frameon": False, "handlelength": 1.5, "labelcolor": "linecolor", "borderpad": 0}
        ax.legend(**{"fontsize": SMALL - 1, "loc": place, **style})


def _draw_amplitudes(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_histogram(ax, sides, "amplitude_deg", gamma_fit, "gamma: shape {:.2f}, scale {:.2f} deg")
    ax.set(xlabel="amplitude (deg)", ylabel="saccades (share per deg)")


def _draw_durations(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_histogram(ax, sides, "duration", log_normal_fit, "log-normal: {1:.0f} ms, sigma {0:.2f}", scale=1000)
    ax.set(xlabel="duration of fixation (ms)", ylabel="fixations (share per ms)")


def _draw_rose(ax: Axes, sides: Sequence[_Side], series: str, edges: NDArray[np.float64]) -> None:
    """Draw the shares of angles as sectors."""
    middles, width = np.radians((edges[1:] + edges[:-1]) / 2), np.radians(np.diff(edges))
    highest = 0.0
    for side in sides:
        angles = (side.statistics.known(series) - edges[0]) % 360 + edges[0]
        shares = np.histogram(angles, edges)[0] / max(angles.size, 1)
        highest = max(highest, float(shares.max()))
        ax.bar(middles, shares, width, color=side.colour, alpha=0.25)
        ax.bar(middles, shares, width, fill=False, ec=side.colour, lw=0.7)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    ax.set_ylim(0, 1.05 * highest or 1.0)
    ax.grid(lw=0.3)


def _draw_directions(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_rose(ax, sides, "direction_deg", np.arange(-ROSE_DEG / 2, 360, ROSE_DEG))
    ax.set_xticks(np.radians(np.arange(0, 360, 45)))
    if isinstance(ax, PolarAxes):
        ax.set_rlabel_position(67.5)


def _draw_turns(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_rose(ax, sides, "turning_angle_deg", np.arange(0, 181.0, ROSE_DEG))
    ax.set(thetamin=0, thetamax=180, xticks=np.radians(np.arange(0, 181, 30)))


def _draw_main_sequence(ax: Axes, sides: Sequence[_Side]) -> None:
    """Draw the median time in flight by amplitude of each side that knows it, and the line of the textbooks."""
    farthest = 20.0
    line = np.array([0, farthest])
    ax.plot(line, 1000 * saccade_duration(line), color="#555555", ls=":", lw=1.0, label="21 ms + 2.2 ms/deg")
    for side in sides:
        amplitude, flight = side.statistics.amplitude_deg, side.statistics.saccade_duration
        known = np.isfinite(amplitude + flight)
        degrees = np.floor(amplitude[known])
        shown = [degree for degree in np.arange(farthest) if np.sum(degrees == degree) >= FEWEST]
        medians = [1000 * np.median(flight[known][degrees == degree]) for degree in shown]
        ax.plot(np.add(shown, 0.5), medians, **_dots(side))
        if not known.any():
            ax.plot([], [], color=side.colour, ls="", label=f"{side.name}: not known")
    _draw_legend(ax, "lower right")
    ax.set(xlim=(0, farthest), xlabel="amplitude (deg)", ylabel="time in flight (ms)")
    ax.set_ylim(bottom=0)


def _dots(side: _Side) -> dict[str, Any]:
    return {"color": side.colour, "marker": "o", "ms": 3, "lw": 1.0, "clip_on": False}


def _draw_durations_before_turns(ax: Axes, sides: Sequence[_Side]) -> None:
    edges = TURNING_EDGES_DEG
    middles = np.convolve(edges, (0.5, 0.5), "valid")
    for side in sides:
        before = [side.statistics.duration_before(low, high) for low, high in pairwise(edges)]
        ax.plot(middles, np.multiply(before, 1000), **_dots(side))
    ax.set(xlabel="turning angle (deg)", ylabel="fixation before it (ms)", xlim=(0, 180), xticks=edges[::2])


def _draw_by_number(ax: Axes, sides: Sequence[_Side], series: str, label: str, *, scale: float = 1.0) -> None:
    numbers = np.arange(1, NUMBERS + 1)
    for side in sides:
        ax.plot(numbers, scale * side.statistics.by_number(series), **_dots(side))
    ax.set(xlabel="number of fixation", ylabel=label, xticks=numbers, xlim=(0.5, NUMBERS + 0.5))


def _draw_durations_by_number(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_by_number(ax, sides, "duration", "duration of fixation (ms)", scale=1000)


def _draw_centre_distances(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_by_number(ax, sides, "centre_distance_deg", "distance from centre (deg)")
    ax.set_ylim(bottom=0)


def _draw_returns(ax: Axes, sides: Sequence[_Side]) -> None:
    for side in sides:
        ax.plot(LAGS, [100 * side.statistics.return_rate(lag) for lag in LAGS], **_dots(side))
    ax.set(xlabel="fixations ago", ylabel=f"back within {RETURN_DEG:g} deg (%)", xticks=LAGS)
    ax.set(xlim=(LAGS[0] - 0.5, LAGS[-1] + 0.5))
    ax.set_ylim(bottom=0)


STATISTICS: dict[str, Callable[[Axes, Sequence[_Side]], None]] = {
    "amplitude": _draw_amplitudes,
    "direction": _draw_directions,
    "turning angle": _draw_turns,
    "duration": _draw_durations,
    "main sequence": _draw_main_sequence,
    "duration before turn": _draw_durations_before_turns,
    "duration by number": _draw_durations_by_number,
    "centre bias": _draw_centre_distances,
    "returns": _draw_returns,
}
ROSES = ("direction", "turning angle")


def draw_statistic(
    statistic: str,
    people: OculomotorStatistics,
    model: OculomotorStatistics | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw one thing about how eyes move: people blue, a model beside them red.

    Parameters
    ----------
    statistic : str
        "amplitude" (dashed: gamma distribution), "direction", "turning angle" (0: straight on, 180: back), "duration"
        (dashed: log-normal distribution), "main sequence" (medians by degree; dotted: the line of the textbooks),
        "duration before turn", "duration by number", "centre bias" or "returns".
    people, model : OculomotorStatistics
        From `OculomotorStatistics.of`.
    ax : Axes
        Where to draw, polar for "direction" and "turning angle"; pyplot's current Axes if none is given.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no such statistic, or the Axes are not polar for an angle.
    """
    check_one_of("statistic", statistic, STATISTICS)
    ax = current_axes() if ax is None else ax
    if statistic in ROSES and not isinstance(ax, PolarAxes):
        raise ValueError(f"expected polar Axes for '{statistic}', got {ax.name} ones")
    STATISTICS[statistic](ax, _sides(people, model))
    ax.tick_params(labelsize=SMALL - 1, pad=1 if statistic in ROSES else 2)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(SMALL)
    if statistic not in ROSES:
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _sides(people: OculomotorStatistics, model: OculomotorStatistics | None) -> list[_Side]:
    return [_Side("people", PEOPLE, people), *([] if model is None else [_Side("model", MODEL, model)])]


def statistics_figure(
    people: OculomotorStatistics, model: OculomotorStatistics | None = None, *, heading: str = ""
) -> Figure:
    """Draw how people's eyes move on one page, and a model's beside them; titles tell the Wasserstein-1 distances.

    Parameters
    ----------
    people, model : OculomotorStatistics
        From `OculomotorStatistics.of`; of the same pictures, since amplitudes grow with the picture.
    heading : str
        What stands above, such as the names of the pictures and of the model.

    Returns
    -------
    Figure

    Examples
    --------
    >>> from saliency import Scanpath
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> places = {"x": [100, 140, 300], "y": [50, 50, 90]}
    >>> path = Scanpath(**places, onset=[0, 1, 2], duration=[1, 1, 1], viewing=viewing, watched=3)
    >>> figure = statistics_figure(OculomotorStatistics.of([path]))
    >>> [ax.get_title() for ax in figure.axes[:3]]
    ['amplitude', 'direction', 'turning angle']
    """
    figure, axes = page_of([Row(3, 40, above=above, below=10, left=11, gap=15, widest=40) for above in (16, 8, 8)])
    boxes = [ax.get_position().bounds for row in axes for ax in row]
    figure.clear()
    apart = _distances(people, model)
    for name, box in zip(STATISTICS, boxes, strict=True):
        ax = figure.add_axes(box, projection="polar" if name in ROSES else None)
        draw_statistic(name, people, model, ax=ax).set_title(name + apart.get(name, ""), fontsize=SMALL, pad=6)
    write_beside(figure, figure.axes[0], heading, -11, 10, fontsize=LARGE, weight="bold")
    for side, up in zip(_sides(people, model), (12, 9), strict=False):
        words = f"{side.name} (paths: {side.statistics.paths}, fixations: {len(side.statistics)})"
        write_beside(figure, figure.axes[0], words, 155, up, color=side.colour, ha="right")
    return figure


def _distances(people: OculomotorStatistics, model: OculomotorStatistics | None) -> dict[str, str]:
    """Give what the titles of the distributions say about how far apart the two sides are."""
    if model is None:
        return {}
    amplitude, turn, duration, _ = compare(model, people).distances()
    of_statistic = {"amplitude": amplitude, "turning angle": turn, "duration": duration}
    digits = {"deg": 2, "ms": 0}
    return {
        name: f", W1 {distance.value:.{digits[distance.unit]}f} {distance.unit}"
        for name, distance in of_statistic.items()
        if np.isfinite(distance.value)
    }
