"""How the eye moves: when it starts, how long it flies and on what course, and what an eye tracker records of it."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.viewing import Viewing

TASKS = {  # mean duration of a fixation, in seconds, and mean size of a saccade, in degrees
    "silent reading": (0.225, 2.0),
    "oral reading": (0.275, 1.5),
    "visual search": (0.275, 3.0),
    "scene perception": (0.330, 4.0),
    "music reading": (0.375, 1.0),
    "typing": (0.400, 1.0),
}
WIDEST_REACH = 0.02  # seconds to each side that smoothing may take; more would hide saccades
Size = int | tuple[int, ...]


def _amplitudes(amplitude_deg: ArrayLike) -> NDArray[np.float64]:
    amplitude = np.asarray(amplitude_deg, np.float64)
    if not np.all(amplitude >= 0):
        raise ValueError(f"expected amplitudes from 0 up in degrees, got {np.min(amplitude)}")
    return amplitude


def _check(value: float, what: str, *, zero: bool = False) -> None:
    if not (np.isfinite(value) and (value > 0 or (zero and value == 0))):
        raise ValueError(f"expected {what}, got {value}")


def saccade_duration(amplitude_deg: ArrayLike) -> NDArray[np.float64]:
    """Time in flight, in seconds, of a saccade of this many degrees: 21 ms and 2.2 ms more for each degree.

    Raises
    ------
    ValueError
        If an amplitude is negative.

    References
    ----------
    Carpenter (1988), Movements of the Eyes, 2nd ed., p. 72: the main sequence.

    Examples
    --------
    >>> saccade_duration([1, 5, 20]).round(4)
    array([0.0232, 0.032 , 0.065 ])
    """
    return 0.021 + 0.0022 * _amplitudes(amplitude_deg)


def peak_velocity(
    amplitude_deg: ArrayLike, *, fastest_deg_s: float = 500.0, scale_deg: float = 14.0
) -> NDArray[np.float64]:
    r"""Highest speed of a saccade, in degrees per second: large saccades are faster, up to a limit.

    .. math:: v = v_{max} (1 - e^{-A / C})

    Parameters
    ----------
    amplitude_deg : array
        Size :math:`A`, in degrees, from 0 up.
    fastest_deg_s : float
        Limit :math:`v_{max}`, in degrees per second.
    scale_deg : float
        Amplitude :math:`C` at which 63 % of the limit is reached, in degrees.

    Raises
    ------
    ValueError
        If an amplitude is negative or a parameter not positive.

    References
    ----------
    Bahill, Clark and Stark (1975), The main sequence, a tool for studying human eye movements, Math. Biosci. 24. The
    defaults are a starting point; they differ from person to person, and a minimum-jerk flight of `saccade_duration` is
    faster at its peak.

    Examples
    --------
    >>> peak_velocity([1, 10, 20]).round(2)
    array([ 34.47, 255.23, 380.17])
    """
    _check(fastest_deg_s, "a positive fastest_deg_s")
    _check(scale_deg, "a positive scale_deg")
    velocity: NDArray[np.float64] = -fastest_deg_s * np.expm1(-_amplitudes(amplitude_deg) / scale_deg)
    return velocity


def saccade_progress(time_share: ArrayLike) -> NDArray[np.float64]:
    r"""Share of its way that a saccade has made after a share :math:`u` of its time.

    .. math:: s(u) = 10 u^3 - 15 u^4 + 6 u^5

    the smoothest (minimum-jerk) course.

    References
    ----------
    Flash and Hogan (1985), The coordination of arm movements, J. Neurosci. 5, eq. 3.

    Examples
    --------
    >>> saccade_progress([0, 0.5, 1])
    array([0. , 0.5, 1. ])
    """
    u = np.clip(np.asarray(time_share, np.float64), 0, 1)
    return u**3 * (10 - 15 * u + 6 * u**2)


class Trajectory(NamedTuple):
    """Course of one saccade: degrees from where it began, and degrees per second, at each time."""

    position_deg: NDArray[np.float64]
    velocity_deg_s: NDArray[np.float64]


def saccade_trajectory(amplitude_deg: float, time: ArrayLike, *, duration: float | None = None) -> Trajectory:
    r"""Where a saccade is, and how fast, at each time after its start: the minimum-jerk course.

    .. math:: A\, s(t/D), \qquad v(t) = 30 \frac{A}{D} u^2 (1 - u)^2, \quad u = t / D

    with :math:`s` of `saccade_progress`. The highest speed is 1.875 times the mean.

    Parameters
    ----------
    amplitude_deg : float
        Size :math:`A`, in degrees, from 0 up.
    time : array
        Times since the eye left, in seconds; before 0 and after the flight the eye rests.
    duration : float or None
        Time in flight :math:`D`, in seconds; None: `saccade_duration(amplitude_deg)`.

    Raises
    ------
    ValueError
        If the amplitude is negative or the duration not positive.

    Examples
    --------
    >>> position, velocity = saccade_trajectory(10, [0, 0.0215, 0.043])
    >>> position, velocity.round(1)
    (array([ 0.,  5., 10.]), array([  0., 436.,   0.]))
    """
    amplitude = float(_amplitudes(amplitude_deg))
    flight = float(saccade_duration(amplitude)) if duration is None else duration
    _check(flight, "a positive duration in seconds")
    share = np.clip(np.asarray(time, np.float64) / flight, 0, 1)
    return Trajectory(amplitude * saccade_progress(share), 30 * amplitude / flight * (share * (1 - share)) ** 2)


def saccade_latency(
    rng: np.random.Generator | int,
    size: Size = (),
    *,
    promptness: float = 5.5,
    spread: float = 1.0,
    shortest: float = 0.1,
    longest: float = 0.3,
) -> NDArray[np.float64]:
    r"""Draw times from the appearance of a target to the start of the saccade to it, in seconds.

    The eye starts when a signal that rises at a steady rate :math:`r` reaches a threshold; the rate differs from
    saccade to saccade. So the latency is :math:`1/r` with :math:`r \sim N(\mu, \sigma)`, here between two bounds, and
    its distribution is skewed: the mean of the defaults is 0.186 s, the median shorter.

    Parameters
    ----------
    rng : numpy.random.Generator or int
        Source of randomness; the same seed gives the same latencies.
    size : int or tuple of int
        How many; none given, one number.
    promptness : float
        Mean rate :math:`\mu`, per second.
    spread : float
        Standard deviation :math:`\sigma` of the rate, per second.
    shortest, longest : float
        Bounds, in seconds.

    Raises
    ------
    ValueError
        If a parameter is not positive or the bounds do not ascend.

    References
    ----------
    Carpenter and Williams (1995), Neural computation of log likelihood in control of saccadic eye movements, Nature
    377. The constants are chosen for the usual mean, 180 to 200 ms, and range, 100 to 300 ms.

    Examples
    --------
    >>> round(float(saccade_latency(0, 10_000).mean()), 3)
    0.186
    """
    for name, value in {"promptness": promptness, "spread": spread, "shortest": shortest, "longest": longest}.items():
        _check(value, f"a positive {name}")
    if not shortest < longest:
        raise ValueError(f"expected shortest below longest, got {shortest} and {longest} s")
    rate = np.linspace(1 / longest, 1 / shortest, 4097)
    logarithm = -(((rate - promptness) / spread) ** 2) / 2
    weight = np.exp(logarithm - logarithm.max())
    below = np.concatenate([[0], np.cumsum(weight[1:] + weight[:-1])])
    latency: NDArray[np.float64] = 1 / np.interp(np.random.default_rng(rng).random(size) * below[-1], below, rate)
    return latency


def fixation_duration(
    task: str, rng: np.random.Generator | int, size: Size = (), *, refractory: float = 0.1, shape: float = 3.0
) -> NDArray[np.float64]:
    """Draw durations of fixations in a task, in seconds: a fixed part, and a random one with a long tail (gamma).

    Parameters
    ----------
    task : str
        One of `TASKS`, which also tells the usual size of saccades in it.
    rng : numpy.random.Generator or int
        Source of randomness; the same seed gives the same durations.
    size : int or tuple of int
        How many; none given, one number.
    refractory : float
        No fixation is shorter, in seconds.
    shape : float
        Shape of the gamma distribution: 1 is an exponential tail, larger is more symmetric. Mean durations are those of
        the task whatever the shape.

    Raises
    ------
    ValueError
        If there is no such task, or a parameter is outside its range.

    References
    ----------
    Approximate means: Rayner (1998), Eye movements in reading and information processing, Psychol. Bull. 124, table 1.
    The refractory part and the shape are starting points.

    Examples
    --------
    >>> round(float(fixation_duration("scene perception", 0, 10_000).mean()), 2)
    0.33
    """
    if task not in TASKS:
        raise ValueError(f"there is no task '{task}'; expected one of: {', '.join(TASKS)}")
    mean = TASKS[task][0]
    if not 0 <= refractory < mean:
        raise ValueError(f"expected a refractory part from 0 up and below the mean of {mean} s, got {refractory}")
    _check(shape, "a positive shape")
    duration: NDArray[np.float64] = refractory + np.random.default_rng(rng).gamma(
        shape, (mean - refractory) / shape, size
    )
    return duration


def saccadic_suppression(
    time: ArrayLike,
    onset: ArrayLike,
    duration: ArrayLike,
    *,
    depth: float = 0.8,
    before: float = 0.05,
    after: float = 0.05,
) -> NDArray[np.float64]:
    r"""Sensitivity to coarse changes of light around a saccade, relative to that at rest: the eye is all but blind.

    It falls along half a cosine from `before` the saccade to its onset, stays at :math:`1 - depth` while the eye flies,
    and returns in the same way until `after` its end. Colour and fine detail are spared.

    Parameters
    ----------
    time : array
        Times, in seconds.
    onset, duration : array
        Start and length of the saccade, in seconds; arrays are broadcast against `time`.
    depth : float
        Share of the sensitivity that is lost, from 0 to 1; 0.68 to 0.9 is 0.5 to 1 log unit.
    before, after : float
        How long the loss sets in before the onset and lasts after the end, in seconds.

    Returns
    -------
    array
        Gain, from 1 - `depth` to 1.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    Burr, Morrone and Ross (1994), Selective suppression of the magnocellular visual pathway during saccadic eye
    movements, Nature 371. Depth and times are starting points.

    Examples
    --------
    >>> saccadic_suppression([-0.05, -0.025, 0, 0.04, 0.065, 0.09], 0, 0.04).round(2)
    array([1. , 0.6, 0.2, 0.2, 0.6, 1. ])
    """
    if not 0 <= depth <= 1:
        raise ValueError(f"expected a depth between 0 and 1, got {depth}")
    _check(before, "a positive time before the saccade in seconds")
    _check(after, "a positive time after the saccade in seconds")
    duration = np.asarray(duration, np.float64)
    if not np.all(duration >= 0):
        raise ValueError(f"expected durations from 0 up in seconds, got {np.min(duration)}")
    since = np.asarray(time, np.float64) - np.asarray(onset, np.float64)
    away = np.clip(np.maximum(-since / before, (since - duration) / after), 0, 1)
    gain: NDArray[np.float64] = 1 - depth * (1 + np.cos(np.pi * away)) / 2
    return gain


def _series(values: ArrayLike) -> NDArray[np.float64]:
    series = np.array(values, np.float64).reshape(-1)
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
    """Rests of the gaze, found in a trace.

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
    _check(rate, "a positive rate in samples per second")
    _check(noise_deg, "noise from 0 up in degrees", zero=True)
    _check(drift_deg, "drift from 0 up in degrees", zero=True)
    _check(scanpath.watched, "a positive time watched in seconds")
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
    r"""Find the fixations in a trace: the eye rests while it is slower than a threshold (I-VT).

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
    _check(velocity_deg_s, "a positive velocity_deg_s")
    _check(shortest, "a shortest fixation from 0 up in seconds", zero=True)
    step = _interval(trace)
    if smoothing is None:
        reach = _enough_smoothing(trace, viewing, step, velocity_deg_s)
    else:
        _check(smoothing, "smoothing from 0 up in seconds", zero=True)
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
    if len(trace) < 3:
        raise ValueError(f"expected at least 3 samples, got {len(trace)}")
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
