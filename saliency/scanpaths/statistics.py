"""How eyes move over pictures, in numbers: the statistics of many scanpaths, and those of a model beside people's."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_one_of
from saliency.scanpaths.distributions import (
    MainSequence,
    gamma_fit,
    known_values,
    log_normal_fit,
    mean_known,
    wasserstein,
)
from saliency.scanpaths.scanpath import Scanpath

RETURN_DEG = 1.5  # nearer than this to an earlier fixation, the gaze is back
LAGS = (2, 3, 4, 5, 6, 7, 8)  # fixations ago
NUMBERS = 8  # fixations at the beginning of a path that are told apart
TURNING_EDGES_DEG = (0, 30, 60, 90, 120, 150, 180)
TURNS_DEG = {"forward": (0, 30), "right-angle": (60, 120), "reversal": (150, 180)}
AXIS_DEG = 22.5  # a direction so near to an axis is along it
JOINT_AMPLITUDES_DEG = (0, 0.5, 1, 2, 4, 8, 16, 180)
JOINT_TURNS_DEG = tuple(range(0, 181, 15))
LONGEST_FLIGHT = 0.15  # seconds; a longer gap between two fixations holds a blink or a loss of the eye
SERIES = (
    "duration",
    "amplitude_deg",
    "direction_deg",
    "saccade_duration",
    "turning_angle_deg",
    "centre_distance_deg",
)


class Statistic(NamedTuple):
    """A number that describes how eyes move; a share or a count has no unit."""

    name: str
    unit: str
    value: float


@dataclass(frozen=True, kw_only=True, eq=False)
class OculomotorStatistics:
    r"""How eyes moved in many scanpaths: made by `OculomotorStatistics.of`; `str()` and `table()` give the numbers.

    The series have one row a fixation, path after path. A saccade stands in the row of the fixation at which it lands.
    What is unknown or undefined is NaN and does not count.

    Directions and turning angles are those in the plane of visual degrees (`Viewing.degrees`); amplitudes and distances
    are the exact angles at the eye.

    Parameters
    ----------
    number : array, shape (n,)
        Number of the fixation in its path, from 1.
    position_deg : array, shape (n, 2)
        Place, in degrees from the picture's centre, rightward and upward.
    position_share : array, shape (n, 2)
        Place, in widths and heights of the picture, from the top left.
    duration : array, shape (n,)
        Of the fixation, in seconds.
    amplitude_deg, direction_deg : array, shape (n,)
        Of the saccade that landed there; directions from -180 to 180, counter-clockwise from rightward.
    saccade_duration : array, shape (n,)
        Its time in flight: the gap between the two fixations, in seconds; known where onsets and durations are.
    turning_angle_deg : array, shape (n,)
        By how much the saccade that leaves departs from the course of the one that landed: 0 straight on, 180 back.
    return_distance_deg : array, shape (n, 7)
        How far the fixation is from those 2, 3, ... 8 before it (`LAGS`).
    picture_deg : array, shape (paths, 2)
        Width and height of the picture of each path, in degrees.

    Examples
    --------
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> there_and_back = {"x": [200, 300, 200], "y": [240, 240, 240], "onset": [0, 0.3, 0.6]}
    >>> path = Scanpath(**there_and_back, duration=[0.25, 0.26, 0.25], viewing=viewing, watched=1)
    >>> statistics = OculomotorStatistics.of([path])
    >>> statistics.turning_angle_deg.round(1), statistics.saccade_duration.round(2)
    (array([ nan, 180.,  nan]), array([ nan, 0.05, 0.04]))
    >>> statistics.return_rate(2)
    1.0
    """

    number: NDArray[np.int64]
    position_deg: NDArray[np.float64]
    position_share: NDArray[np.float64]
    duration: NDArray[np.float64]
    amplitude_deg: NDArray[np.float64]
    direction_deg: NDArray[np.float64]
    saccade_duration: NDArray[np.float64]
    turning_angle_deg: NDArray[np.float64]
    return_distance_deg: NDArray[np.float64]
    picture_deg: NDArray[np.float64]

    @classmethod
    def of(cls, paths: Iterable[Scanpath], *, from_start: bool = False) -> Self:
        """Measure the saccades and fixations of all paths.

        Parameters
        ----------
        paths : iterable of Scanpath
            The paths, of any observers on any pictures.
        from_start : bool
            Whether the saccade from `Scanpath.start` to the first fixation counts, too. With people, the start is often
            only supposed to be the picture's centre.

        Raises
        ------
        ValueError
            If there is no path.
        """
        measured = [_measured(path, from_start=from_start) for path in paths]
        if not measured:
            raise ValueError("expected at least one scanpath, got none")
        return cls(**{name: np.concatenate([columns[name] for columns in measured]) for name in measured[0]})

    def __len__(self) -> int:
        """Give the number of fixations."""
        return len(self.number)

    @property
    def paths(self) -> int:
        """Number of paths."""
        return len(self.picture_deg)

    @property
    def centre_distance_deg(self) -> NDArray[np.float64]:
        """How far each fixation is from the picture's centre, (n,), in degrees."""
        distance: NDArray[np.float64] = np.hypot(*self.position_deg.T)
        return distance

    def _series(self, name: str) -> NDArray[np.float64]:
        check_one_of("series", name, SERIES)
        series: NDArray[np.float64] = getattr(self, name)
        return series

    def known(self, series: str) -> NDArray[np.float64]:
        """Give the values of a series that are known.

        Parameters
        ----------
        series : str
            "duration", "amplitude_deg", "direction_deg", "saccade_duration", "turning_angle_deg" or
            "centre_distance_deg".

        Raises
        ------
        ValueError
            If there is no such series.
        """
        return known_values(self._series(series))

    def by_number(self, series: str, numbers: int = NUMBERS) -> NDArray[np.float64]:
        """Give the means of a series over the first fixations of all paths, the second ones, and so on.

        Parameters
        ----------
        series : str
            As for `known`. Of a saccade, number 2 is the one that lands at the second fixation.
        numbers : int
            How many means.

        Raises
        ------
        ValueError
            If there is no such series.
        """
        values = self._series(series)
        return np.array([mean_known(values[self.number == number]) for number in range(1, numbers + 1)])

    def return_rate(self, lag: int, *, radius_deg: float = RETURN_DEG) -> float:
        """Give the share of fixations that are back at the one `lag` before: 2 is there and back again.

        Parameters
        ----------
        lag : int
            From 2 to 8.
        radius_deg : float
            How near is back, in degrees.

        Raises
        ------
        ValueError
            If the lag is another.
        """
        if lag not in LAGS:
            raise ValueError(f"expected a lag from {LAGS[0]} to {LAGS[-1]} fixations, got {lag}")
        return mean_known(known_values(self.return_distance_deg[:, LAGS.index(lag)]) < radius_deg)

    def turning_shares(self) -> NDArray[np.float64]:
        """Give the shares of turning angles 0-30, 30-60, ... 150-180 degrees, (6,)."""
        counts, _ = np.histogram(self.known("turning_angle_deg"), TURNING_EDGES_DEG)
        return np.asarray(counts / counts.sum() if counts.any() else np.full(len(counts), np.nan))

    def direction_shares(self) -> dict[str, float]:
        """Give the shares of saccades that are horizontal, vertical (each within 22.5 degrees) and oblique."""
        away = np.abs(self.known("direction_deg"))
        horizontal = mean_known((away <= AXIS_DEG) | (away >= 180 - AXIS_DEG))
        vertical = mean_known(np.abs(away - 90) <= AXIS_DEG)
        return {"horizontal": horizontal, "vertical": vertical, "oblique": 1 - horizontal - vertical}

    def duration_before(self, low_deg: float, high_deg: float) -> float:
        """Give the mean duration, in seconds, of the fixations before turns between two angles."""
        turn = self.turning_angle_deg
        return mean_known(self.duration[(turn >= low_deg) & (turn <= high_deg)])

    def main_sequence(self) -> MainSequence:
        """Fit a line to the times in flight over the amplitudes, by least squares, without gaps of over 150 ms.

        NaN if fewer than two different saccades have a known time. `foveation.oculomotor.saccade_duration` gives the
        line of the textbooks.
        """
        amplitude, flight = self.amplitude_deg, self.saccade_duration
        known = np.isfinite(amplitude) & (flight > 0) & (flight <= LONGEST_FLIGHT)
        if not known.any() or np.ptp(amplitude[known]) == 0:
            return MainSequence(math.nan, math.nan)
        away = amplitude[known] - amplitude[known].mean()
        slope = float(away @ flight[known] / (away @ away))
        return MainSequence(float(flight[known].mean() - slope * amplitude[known].mean()), slope)

    def joint(self) -> NDArray[np.int64]:
        """Count saccades by amplitude (rows, `JOINT_AMPLITUDES_DEG`) and the turn before them (columns of 15 deg)."""
        leaving = np.append(self.amplitude_deg[1:], np.nan)[: len(self)]
        turn = self.turning_angle_deg
        known = np.isfinite(turn)
        counts, _, _ = np.histogram2d(leaving[known], turn[known], (JOINT_AMPLITUDES_DEG, JOINT_TURNS_DEG))
        return np.asarray(counts, np.int64)

    def statistics(self) -> Iterator[Statistic]:
        """Give one number after the other, times in milliseconds."""
        rest = mean_known(self.duration)
        yield Statistic("paths", "count", self.paths)
        yield Statistic("fixations per path", "", len(self) / self.paths)
        yield Statistic("fixations per second of fixation", "1/s", 1 / rest if rest else math.nan)
        for side, sizes in zip(("width", "height"), self.picture_deg.T, strict=True):
            yield Statistic(f"picture {side}", "deg", mean_known(sizes))
        yield from self._of_amplitudes()
        yield from self._of_directions()
        yield from self._of_durations()
        for lag in LAGS:
            yield Statistic(f"return to n-{lag}", "", self.return_rate(lag))
        yield from self._of_places()

    def _of_amplitudes(self) -> Iterator[Statistic]:
        amplitude = self.known("amplitude_deg")
        yield from _moments("amplitude", "deg", amplitude, (10, 25, 50, 75, 90, 99))
        yield Statistic("amplitude below 1 deg", "", mean_known(amplitude < 1))
        yield Statistic("amplitude above 10 deg", "", mean_known(amplitude > 10))
        gamma, log_normal = gamma_fit(amplitude), log_normal_fit(amplitude)
        yield Statistic("amplitude gamma shape", "", gamma.shape)
        yield Statistic("amplitude gamma scale", "deg", gamma.scale)
        yield Statistic("amplitude log-normal sigma", "", log_normal.sigma)
        yield Statistic("amplitude log-normal scale", "deg", log_normal.scale)
        for number, mean in enumerate(self.by_number("amplitude_deg", NUMBERS + 1)[1:], start=1):
            yield Statistic(f"amplitude of saccade {number}", "deg", mean)
        intercept, slope = self.main_sequence()
        yield Statistic("main sequence at 0 deg", "ms", 1000 * intercept)
        yield Statistic("main sequence slope", "ms/deg", 1000 * slope)

    def _of_directions(self) -> Iterator[Statistic]:
        for low, high, share in zip(TURNING_EDGES_DEG, TURNING_EDGES_DEG[1:], self.turning_shares(), strict=False):
            yield Statistic(f"turning angle {low}-{high} deg", "", share)
        for name, share in self.direction_shares().items():
            yield Statistic(f"direction {name}", "", share)

    def _of_durations(self) -> Iterator[Statistic]:
        duration = 1000 * self.known("duration")
        yield from _moments("duration", "ms", duration, (5, 50, 95))
        sigma, scale = log_normal_fit(duration)
        yield Statistic("duration log-normal sigma", "", sigma)
        yield Statistic("duration log-normal scale", "ms", scale)
        for name, (low, high) in TURNS_DEG.items():
            yield Statistic(f"duration before {name}", "ms", 1000 * self.duration_before(low, high))
        for number, mean in enumerate(self.by_number("duration"), start=1):
            yield Statistic(f"duration of fixation {number}", "ms", 1000 * mean)

    def _of_places(self) -> Iterator[Statistic]:
        for number, mean in enumerate(self.by_number("centre_distance_deg"), start=1):
            yield Statistic(f"distance from centre of fixation {number}", "deg", mean)
        for axis, side, k in (("x", "width", 0), ("y", "height", 1)):
            yield Statistic(f"spread {axis}", "deg", _spread(self.position_deg[:, k]))
            yield Statistic(f"spread {axis} over {side}", "", _spread(self.position_share[:, k]))

    def table(self) -> dict[str, list[Any]]:
        """Give columns of equal length, a row a number: name, unit and value, for `csv`, pandas or R.

        Examples
        --------
        ``pandas.DataFrame(statistics.table())``
        """
        return _columns(self.statistics(), Statistic._fields)

    def __str__(self) -> str:
        """Give the numbers, aligned."""
        rows = [(row.name, row.unit, _number(row.value, row.unit)) for row in self.statistics()]
        return _aligned([("", "unit", "value"), *rows])


def _measured(path: Scanpath, *, from_start: bool) -> dict[str, NDArray[Any]]:
    """Give the series of one path, by the names of the fields."""
    n, viewing = len(path), path.viewing
    places = np.vstack([[path.start], path.places])
    position = viewing.degrees(places)
    amplitude = viewing.angle_deg(places[:-1], places[1:])
    step = np.diff(position, axis=0)
    direction = np.where(step.any(axis=1), np.degrees(np.arctan2(step[:, 1], step[:, 0])), np.nan)
    if not from_start:
        amplitude[:1], direction[:1] = np.nan, np.nan
    turning = np.full(n, np.nan)
    turning[:-1] = np.abs((np.diff(direction) + 180) % 360 - 180)
    flight = np.full(n, np.nan)
    flight[1:] = path.onset[1:] - (path.onset + path.duration)[:-1]
    earlier = np.arange(n)[:, None] - LAGS
    back = viewing.angle_deg(path.places[:, None], path.places[np.maximum(earlier, 0)])
    return {
        "number": np.arange(1, n + 1),
        "position_deg": position[1:],
        "position_share": (path.places + 0.5) / viewing.screen_px,
        "duration": path.duration,
        "amplitude_deg": amplitude,
        "direction_deg": direction,
        "saccade_duration": flight,
        "turning_angle_deg": turning,
        "return_distance_deg": np.where(earlier >= 0, back, np.nan),
        "picture_deg": np.array([viewing.size_deg]),
    }


def _moments(name: str, unit: str, values: NDArray[np.float64], percents: tuple[int, ...]) -> Iterator[Statistic]:
    yield Statistic(f"{name} mean", unit, mean_known(values))
    yield Statistic(f"{name} standard deviation", unit, _spread(values))
    for percent in percents:
        title = "median" if percent == 50 else f"{percent} % quantile"
        yield Statistic(f"{name} {title}", unit, float(np.percentile(values, percent)) if values.size else math.nan)


def _spread(values: NDArray[np.float64]) -> float:
    return float(values.std()) if values.size else math.nan


@dataclass(frozen=True, kw_only=True, eq=False)
class StatisticsComparison:
    """How far a model's eye movements are from people's: made by `compare`; `print` shows the table.

    Parameters
    ----------
    model, people : OculomotorStatistics
        What was compared.
    wasserstein_amplitude_deg, wasserstein_turning_deg : float
        Wasserstein-1 distances of the amplitudes and of the turning angles, in degrees.
    wasserstein_duration : float
        The same of the durations of fixations, in seconds.
    joint_divergence : float
        Kullback-Leibler divergence of the model's table of amplitudes and turning angles from people's, in bits for
        each saccade.
    """

    model: OculomotorStatistics
    people: OculomotorStatistics
    wasserstein_amplitude_deg: float
    wasserstein_turning_deg: float
    wasserstein_duration: float
    joint_divergence: float

    def distances(self) -> Iterator[Statistic]:
        """Give the four distances between the distributions, times in milliseconds."""
        yield Statistic("Wasserstein-1 of amplitude", "deg", self.wasserstein_amplitude_deg)
        yield Statistic("Wasserstein-1 of turning angle", "deg", self.wasserstein_turning_deg)
        yield Statistic("Wasserstein-1 of duration", "ms", 1000 * self.wasserstein_duration)
        yield Statistic("divergence of amplitude x turning angle", "bit", self.joint_divergence)

    def _rows(self) -> Iterator[tuple[str, str, float, float, float]]:
        for model, people in zip(self.model.statistics(), self.people.statistics(), strict=True):
            yield (*people[:2], people.value, model.value, model.value - people.value)
        for distance in self.distances():
            yield (*distance[:2], math.nan, math.nan, distance.value)

    def table(self) -> dict[str, list[Any]]:
        """Give columns of equal length: name, unit, people, model, difference (model less people, or distance)."""
        return _columns(self._rows(), ("name", "unit", "people", "model", "difference"))

    def __str__(self) -> str:
        """Give the table, aligned."""
        head = ("", "unit", "people", "model", "difference")
        rows = [(name, unit, *(_number(value, unit) for value in values)) for name, unit, *values in self._rows()]
        return _aligned([head, *rows])


def compare(model: OculomotorStatistics, people: OculomotorStatistics) -> StatisticsComparison:
    r"""Give how far a model's eye movements are from people's.

    The Wasserstein-1 distances of amplitudes, turning angles and durations; the differences of all statistics; and the
    Kullback-Leibler divergence of the tables of amplitude by turning angle,

    .. math:: D = \sum_{a,t} p_{people}(a, t) \log_2 \frac{p_{people}(a, t)}{p_{model}(a, t)}

    with half a saccade added to every cell of both, so that none is impossible. A distance is NaN where one side knows
    nothing.

    Parameters
    ----------
    model, people : OculomotorStatistics
        The two sides; of the same pictures, since amplitudes grow with the picture.

    Examples
    --------
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(
    ...     x=[100, 140, 300], y=[50, 50, 90], onset=[0, 1, 2], duration=[1, 1, 1], viewing=viewing, watched=3
    ... )
    >>> statistics = OculomotorStatistics.of([path])
    >>> compare(statistics, statistics).wasserstein_amplitude_deg
    0.0
    """
    return StatisticsComparison(
        model=model,
        people=people,
        wasserstein_amplitude_deg=_distance(model.known("amplitude_deg"), people.known("amplitude_deg")),
        wasserstein_turning_deg=_distance(model.known("turning_angle_deg"), people.known("turning_angle_deg")),
        wasserstein_duration=_distance(model.known("duration"), people.known("duration")),
        joint_divergence=_divergence(people.joint(), model.joint()),
    )


def _distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return wasserstein(first, second) if first.size and second.size else math.nan


def _divergence(true: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Give the divergence of the second table from the first, in bits, half a count added to each cell."""
    if not true.any() or not other.any():
        return math.nan
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (true, other))
    return float(np.sum(p * np.log2(p / q)))


def _columns(rows: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> dict[str, list[Any]]:
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _number(value: float, unit: str) -> str:
    if math.isnan(value):
        return ""
    digits = {"count": 0, "ms": 0, "deg": 2, "ms/deg": 2, "1/s": 2}.get(unit, 3)
    return f"{round(value, digits) + 0.0:.{digits}f}"  # no minus before nothing


def _aligned(rows: list[tuple[str, ...]]) -> str:
    """Set cells in columns: names and units to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k < 2 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in rows
    )
