"""How the eye moves: when it starts, how long and on what course a saccade flies, how long a fixation lasts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number, check_one_of

TASKS = {  # mean duration of a fixation, in seconds, and mean size of a saccade, in degrees
    "silent reading": (0.225, 2.0),
    "oral reading": (0.275, 1.5),
    "visual search": (0.275, 3.0),
    "scene perception": (0.330, 4.0),
    "music reading": (0.375, 1.0),
    "typing": (0.400, 1.0),
}
Size = int | tuple[int, ...]


def _amplitudes(amplitude_deg: ArrayLike) -> NDArray[np.float64]:
    amplitude = np.asarray(amplitude_deg, np.float64)
    if not np.all(amplitude >= 0):
        raise ValueError(f"expected amplitudes from 0 up in degrees, got {np.min(amplitude)}")
    return amplitude


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
    r"""Peak velocity of a saccade, in degrees per second, by the main sequence: large ones are faster, up to a limit.

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
    check_number(fastest_deg_s, "a positive fastest_deg_s", above=0)
    check_number(scale_deg, "a positive scale_deg", above=0)
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
    r"""Trajectory of a saccade by the minimum-jerk law: where it is, and how fast, at each time after its start.

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
    check_number(flight, "a positive duration in seconds", above=0)
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
        check_number(value, f"a positive {name}", above=0)
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
    check_one_of("task", task, TASKS)
    mean = TASKS[task][0]
    check_number(refractory, f"a refractory part from 0 up and below the mean of {mean} s", least=0, below=mean)
    check_number(shape, "a positive shape", above=0)
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
    check_number(depth, "a depth between 0 and 1", least=0, most=1)
    check_number(before, "a positive time before the saccade in seconds", above=0)
    check_number(after, "a positive time after the saccade in seconds", above=0)
    duration = np.asarray(duration, np.float64)
    if not np.all(duration >= 0):
        raise ValueError(f"expected durations from 0 up in seconds, got {np.min(duration)}")
    since = np.asarray(time, np.float64) - np.asarray(onset, np.float64)
    away = np.clip(np.maximum(-since / before, (since - duration) / after), 0, 1)
    gain: NDArray[np.float64] = 1 - depth * (1 + np.cos(np.pi * away)) / 2
    return gain
