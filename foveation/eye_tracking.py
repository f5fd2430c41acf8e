"""What an eye tracker records of a gaze, and the fixations that are detected in its samples (I-VT)."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array, check_number
from foveation.oculomotor import saccade_duration, saccade_progress
from foveation.viewing import Viewing

WIDEST_REACH = 0.02  # seconds to each side that smoothing may take; more would hide saccades


def _series(values: ArrayLike) -> NDArray[np.float64]:
    series = check_array(values, "a series of numbers").reshape(-1).copy()
    series.setflags(write=False)
    return series


@dataclass(frozen=True, eq=False)
class GazeTrace:
    """Raw samples of a gaze, as an eye tracker gives them.

    Parameters
    ----------
    time : array, shape (n,)
        Seconds, ascending.
    x, y : array, shape (n,)
        Places, in pixels.

    Raises
    ------
    ValueError
        If the series differ in length, hold NaN or infinity, or the times do not ascend.

    Examples
    --------
    >>> len(GazeTrace([0, 0.004, 0.008], [320, 321, 320], [240, 240, 241]))
    3
    """

    time: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("time", "x", "y"):
            object.__setattr__(self, name, _series(getattr(self, name)))
        if not len(self.time) == len(self.x) == len(self.y):
            raise ValueError(
                f"expected series of equal length, got {len(self.time)} times, {len(self.x)} x and {len(self.y)} y"
            )
        lost = ~np.isfinite([self.time, self.x, self.y]).all(axis=0)
        if lost.any():
            raise ValueError(f"expected finite samples, got NaN or infinity in sample {int(lost.argmax())}")
        if np.any(np.diff(self.time) <= 0):
            raise ValueError("expected times that ascend")

    def __len__(self) -> int:
        """Give the number of samples."""
        return len(self.time)

    @property
    def places(self) -> NDArray[np.float64]:
        """Places of the samples, (n, 2), in pixels."""
        return np.stack([self.x, self.y], axis=1)


@dataclass(frozen=True, eq=False)
class Fixations:
    """Fixations that were detected in a trace.

    Parameters
    ----------
    x, y : array, shape (n,)
        Places, in pixels.
    onset, duration : array, shape (n,)
        Begin and length, in seconds.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    onset: NDArray[np.float64]
    duration: NDArray[np.float64]

    def __len__(self) -> int:
        """Give the number of fixations."""
        return len(self.x)


class GazePath(Protocol):
    """What `gaze_trace` reads of a path: fixations in pixels and seconds, the start, and how long it was watched."""

    @property
    def x(self) -> NDArray[np.float64]:
        """Places of the fixations across, in pixels."""
        ...

    @property
    def y(self) -> NDArray[np.float64]:
        """Places of the fixations down, in pixels."""
        ...

    @property
    def onset(self) -> NDArray[np.float64]:
        """Begin of each fixation, in seconds."""
        ...

    @property
    def duration(self) -> NDArray[np.float64]:
        """Length of each fixation, in seconds."""
        ...

    @property
    def start(self) -> tuple[float, float]:
        """Place of the gaze at the beginning, in pixels."""
        ...

    @property
    def viewing(self) -> Viewing:
        """Geometry, in the pixels of the path."""
        ...

    @property
    def watched(self) -> float:
        """How long it was looked at, in seconds."""
        ...


def gaze_trace(
    scanpath: GazePath,
    rate: float,
    *,
    noise_deg: float = 0.0,
    drift_deg: float = 0.0,
    rng: np.random.Generator | int = 0,
) -> GazeTrace:
    r"""Record a scanpath as an eye tracker would: samples of the gaze, at rest and in flight.

    The gaze rests on `start` until the first saccade, which takes its `saccade_duration`; then on each fixation from
    its onset to its end. In between it flies in a straight line on the screen, along the minimum-jerk course.

    Parameters
    ----------
    scanpath : GazePath
        A `saliency.Scanpath`, or anything with x, y, onset, duration, start, viewing and watched.
    rate : float
        Samples per second.
    noise_deg : float
        Standard deviation of the noise of a sample, across and up, in degrees, independent from sample to sample;
        within 20 degrees of the screen's centre it is exact to 2 %.
    drift_deg : float
        Slow drift of the resting eye, a random walk from the fixated place: standard deviation after one second, across
        and up, in degrees.
    rng : numpy.random.Generator or int
        Source of noise and drift.

    Returns
    -------
    GazeTrace
        Samples at 0, 1/rate, ... until the last fixation ends: where the eye goes then, the path does not say. A path
        without fixations rests on the start while it is watched. Without noise and drift, resting samples are exactly
        on the place.

    Raises
    ------
    ValueError
        If the rate or the time watched is not positive, noise or drift is negative, or a time of the path is unknown.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = SimpleNamespace(
    ...     x=[100.0], y=[240.0], onset=[0.2], duration=[0.3], start=(300.0, 240.0), viewing=viewing, watched=0.5
    ... )
    >>> trace = gaze_trace(path, 100)
    >>> trace.x[14:22].round(1)
    array([300. , 300. , 299.5, 268. , 188.1, 117.5, 100. , 100. ])
    """
    check_number(rate, "a positive rate in samples per second", above=0)
    check_number(noise_deg, "noise from 0 up in degrees", least=0)
    check_number(drift_deg, "drift from 0 up in degrees", least=0)
    check_number(scanpath.watched, "a positive time watched in seconds", above=0)
    places = np.concatenate([[scanpath.start], np.stack([scanpath.x, scanpath.y], axis=1)])
    leaving, landing, end = _flights(scanpath, places)
    time = np.arange(int(np.ceil(end * rate - 1e-6))) / rate
    flown = np.searchsorted(landing, time, side="right")
    leaves, flight = np.append(leaving, np.inf)[flown], np.append(landing - leaving, 1.0)[flown]
    share = np.divide(time - leaves, flight, out=np.zeros_like(time), where=time > leaves)
    progress = saccade_progress(share)[:, None]
    ahead = np.minimum(flown + 1, len(places) - 1)
    gaze = places[flown] + progress * (places[ahead] - places[flown])
    if noise_deg or drift_deg:
        rng = np.random.default_rng(rng)
        walk = drift_deg / np.sqrt(rate) * np.cumsum(rng.standard_normal(gaze.shape), axis=0)
        drift = _since_landing(walk, time, leaves, np.insert(landing, 0, 0.0)[flown])
        offset = (1 - progress) * drift + noise_deg * rng.standard_normal(gaze.shape)
        gaze = scanpath.viewing.pixels(scanpath.viewing.degrees(gaze) + offset)
    return GazeTrace(time, gaze[:, 0], gaze[:, 1])


def _since_landing(
    walk: NDArray[np.float64], time: NDArray[np.float64], leaves: NDArray[np.float64], landed: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Way walked by each sample since the gaze last landed; in flight, that walked when it left."""
    now = np.minimum(np.searchsorted(time, leaves), np.arange(len(time)))
    return walk[now] - walk[np.minimum(np.searchsorted(time, landed), now)]


def _flights(path: GazePath, places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Give the times at which the eye leaves for each fixation and lands on it, and the end of the last."""
    landing, duration = np.asarray(path.onset, np.float64), np.asarray(path.duration, np.float64)
    if not (np.isfinite(landing).all() and np.isfinite(duration).all()):
        raise ValueError("expected known onsets and durations in seconds, got NaN or infinity")
    if np.any(np.diff(landing) < 0) or np.any(duration < 0):
        raise ValueError("expected onsets that ascend and durations from 0 up")
    if not len(landing):
        return landing, landing, path.watched
    first = float(landing[0] - saccade_duration(path.viewing.angle_deg(places[0], places[1])))
    leaving = np.append(max(first, 0.0), (landing + duration)[:-1])
    return np.minimum(leaving, landing), landing, min(path.watched, float(landing[-1] + duration[-1]))


def detect_fixations(
    trace: GazeTrace,
    viewing: Viewing,
    *,
    velocity_deg_s: float = 30.0,
    shortest: float = 0.04,
    smoothing: float | None = None,
) -> Fixations:
    r"""Detect fixations by a velocity threshold (I-VT): the eye rests while it is slower.

    Velocity is the slope of a straight line fitted to the samples in a short window, in exact degrees. Two effects hide
    part of a flight or add to it, and both are undone for a flight on the minimum-jerk course: it begins and ends below
    the threshold :math:`\theta`, so that of :math:`D` only :math:`D \sqrt{1 - \sqrt{\theta / v_{peak}}}` is seen; and
    the window widens it, so that :math:`D^2` grows by 28 times the variance of the window (that of a minimum-jerk
    flight is :math:`D^2 / 28`).

    Parameters
    ----------
    trace : GazeTrace
        Samples at even intervals, without gaps.
    viewing : Viewing
        Geometry, in the pixels of the trace.
    velocity_deg_s : float
        Threshold :math:`\theta`, in degrees per second. Saccades below about 0.35 deg are never faster than the
        default.
    shortest : float
        Shorter rests are left out, in seconds.
    smoothing : float or None
        Length of the window, in seconds, at least two intervals. None: as short as the noise of the trace allows. The
        noise is estimated from second differences, and the window grows until a sixth of the threshold exceeds the
        noise of the velocity, or to 40 ms.

    Returns
    -------
    Fixations
        In order. The first is where the gaze was when the record began: of a `saliency.Scanpath`, the start.

    Raises
    ------
    ValueError
        If a parameter is outside its range, the trace is shorter than 3 samples, or its intervals are not even.

    References
    ----------
    Salvucci and Goldberg (2000), Identifying fixations and saccades in eye-tracking protocols, Proc. ETRA, section 3.1.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> time = np.arange(500) / 1000
    >>> trace = GazeTrace(time, 100 + 200 * saccade_progress((time - 0.2) / 0.043), np.full(500, 240))
    >>> found = detect_fixations(trace, viewing)
    >>> found.x.round(1), found.onset.round(3), found.duration.round(3)
    (array([100., 300.]), array([0.   , 0.243]), array([0.2  , 0.257]))
    """
    check_number(velocity_deg_s, "a positive velocity_deg_s", above=0)
    check_number(shortest, "a shortest fixation from 0 up in seconds", least=0)
    step = _interval(trace)
    if smoothing is None:
        reach = _enough_smoothing(trace, viewing, step, velocity_deg_s)
    else:
        check_number(smoothing, "smoothing from 0 up in seconds", least=0)
        reach = max(1, round(smoothing / step / 2))
    speed = _speed_deg_s(trace.places, viewing, step, reach)
    onset, offset = _rests(trace.time, speed, velocity_deg_s, step, step**2 * _blur(reach))
    long = offset - onset >= shortest
    onset, offset = onset[long], offset[long]
    span = zip(np.searchsorted(trace.time, onset), np.searchsorted(trace.time, offset), strict=True)
    places = np.array([trace.places[a : max(b, a + 1)].mean(axis=0) for a, b in span]).reshape(-1, 2)
    return Fixations(places[:, 0], places[:, 1], onset, offset - onset)


def _interval(trace: GazeTrace) -> float:
    """Time from sample to sample, in seconds."""
    check_number(len(trace), "at least 3 samples", least=3)
    intervals = np.diff(trace.time)
    step = float(np.median(intervals))
    if np.any(np.abs(intervals - step) > step / 2):
        raise ValueError(
            f"expected samples at even intervals, got {intervals.min():.4g} to {intervals.max():.4g} s; "
            "cut the trace at gaps"
        )
    return step


def _enough_smoothing(trace: GazeTrace, viewing: Viewing, step: float, velocity_deg_s: float) -> int:
    """Give the samples to each side that bring the noise of the velocity below a sixth of the threshold."""
    shake = np.linalg.norm(np.diff(viewing.degrees(trace.places), n=2, axis=0), axis=1)
    noise = float(np.median(shake)) / np.sqrt(6 * 2 * np.log(2))  # median of a Rayleigh distribution
    reach = 1
    while 6 * noise > velocity_deg_s * step * np.sqrt(_leverage(reach)) and (reach + 1) * step <= WIDEST_REACH:
        reach += 1
    return reach


def _leverage(reach: int) -> float:
    """Sum of the squares of the numbers from -reach to reach."""
    return reach * (reach + 1) * (2 * reach + 1) / 3


def _blur(reach: int) -> float:
    """Variance, in intervals squared, of the window through which a fitted slope sees the velocity."""
    return (3 * reach**2 + 3 * reach - 1) / 15


def _speed_deg_s(places: NDArray[np.float64], viewing: Viewing, step: float, reach: int) -> NDArray[np.float64]:
    slope = np.arange(reach, -reach - 1, -1) / _leverage(reach)
    padded = np.pad(places, ((reach, reach), (0, 0)), mode="edge")
    half = np.stack([np.convolve(column, slope, mode="valid") for column in padded.T], axis=1) / 2
    return viewing.angle_deg(places - half, places + half) / step


def _rests(
    time: NDArray[np.float64], speed: NDArray[np.float64], threshold: float, step: float, blur: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give begin and end of each rest, between whole flights."""
    time, speed = np.pad(time, 1, mode="edge"), np.pad(speed, 1, constant_values=np.inf)
    resting = speed < threshold
    begin, end = np.flatnonzero(~resting[:-1] & resting[1:]) + 1, np.flatnonzero(resting[:-1] & ~resting[1:])
    onset = _crossing(time, speed, threshold, begin, begin - 1)
    offset = _crossing(time, speed, threshold, end, end + 1)
    peak = np.array([speed[a:b].max() for a, b in zip(end[:-1], begin[1:], strict=True)])
    seen = onset[1:] - offset[:-1]
    hidden = (_whole_flight(seen, threshold / peak, blur) - seen) / 2
    onset[1:] += hidden
    offset[:-1] -= hidden
    offset[end == len(speed) - 2] += step  # the last sample stands for the time up to the next
    return onset, offset


def _crossing(
    time: NDArray[np.float64],
    speed: NDArray[np.float64],
    threshold: float,
    inside: NDArray[np.intp],
    outside: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Give the times at which the speed passes the threshold between neighbouring samples."""
    share = (threshold - speed[inside]) / (speed[outside] - speed[inside])
    crossing: NDArray[np.float64] = time[inside] + share * (time[outside] - time[inside])
    return crossing


def _whole_flight(seen: NDArray[np.float64], share_of_peak: NDArray[np.float64], blur: float) -> NDArray[np.float64]:
    """Time in flight, from the time above the threshold; one that barely passes it is lengthened at most threefold."""
    whole = seen / np.sqrt(np.maximum(1 - np.sqrt(share_of_peak), 0.1))
    flight: NDArray[np.float64] = np.sqrt(np.maximum(whole**2 - 28 * blur, 0))
    return flight
