"""Motion and flicker in films: optical flow less that of the camera, changes of light, and gain control."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields, check_number
from foveation.opencv import cv2
from saliency.map import ROUND_OFF

PRESETS = ("ultrafast", "fast", "medium")
LEAST_SIDE = 64  # pixels that optical flow needs in each direction
MISMATCH = np.float32(10)  # how much faster than contrast gives it a bad match takes away trust in flow
BLACK, WHITE = np.float32(0.02), np.float32(0.98)  # beyond these a sensor may say anything
BEYOND = np.float32(0.01)  # how far something must be expected outside 0 to 1 to be kept
DARK = 0.1  # below this intensity a ratio of two frames says nothing


class Light(NamedTuple):
    """How the light of a whole frame differs from that of the frame before: intensity = gain * before + offset."""

    gain: float
    offset: float


def common_light(before: NDArray[np.float32], now: NDArray[np.float32]) -> Light:
    """Give the change of light that a frame has everywhere: none, one factor or one amount, whichever explains most.

    Factor and amount are medians over the pixels, so that nothing that happens in less than half of the frame counts.
    Pixels that have become black or white say nothing as long as there are others; a frame that has nothing else any
    more, after one that had, is taken for a blinding or a darkening of all.

    Parameters
    ----------
    before, now : array of float32, shape (rows, columns) or (rows, columns, 3)
        Frames; those before may lie outside 0 to 1, where they are known to.

    Examples
    --------
    >>> before = np.linspace(0.2, 0.6, 12, dtype=np.float32).reshape(3, 4)
    >>> light = common_light(before, before * np.float32(1.5))
    >>> round(light.gain, 6), light.offset
    (1.5, 0.0)
    """
    tells, told = _between(now), _between(before)
    if told.mean() > 0.5:
        if tells.mean() < 0.02:
            return Light(1.0, 1.0 if now.mean() > 0.5 else -1.0)
        before, now = before[tells], now[tells]
    offset = float(np.median(now - before))
    bright = before > DARK
    gain = float(np.median(now[bright] / before[bright])) if bright.mean() > 0.25 else 1.0
    lights = [Light(1.0, 0.0), Light(1.0, offset), *([Light(gain, 0.0)] if gain > 0 else [])]
    return min(lights, key=lambda light: float(np.abs(now - np.clip(relit(before, light), 0, 1)).mean()))


def _between(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where values are neither black nor white."""
    return (values > BLACK) & (values < WHITE)


class OpticMotion(NamedTuple):
    """Motion between two frames.

    `camera` (2, 3) takes a place (x, y, 1) of the later frame to where the scene shows it in the earlier one; `speed`
    (rows, columns) is what moves otherwise, in longer sides of the frame per second.
    """

    camera: NDArray[np.float64]
    speed: NDArray[np.float32]


def relit(image: NDArray[np.float32], light: Light) -> NDArray[np.float32]:
    """Show a frame in another light, brighter than white and darker than black where it is."""
    return np.asarray(np.clip(image * np.float32(light.gain) + np.float32(light.offset), -1, 2), np.float32)


@dataclass(frozen=True, kw_only=True)
class Motion:
    r"""Speed of what moves otherwise than the scene: optical flow, less what a moving camera does to all of it.

    The flow :math:`v` is that of dense inverse search [1]_. The camera's part is an affine field :math:`A x`, fitted to
    the textured places by least squares that are weighted anew each round by :math:`1 / (1 + |v - A x|^2 / s^2)`, with
    :math:`s` the median of the rest, so that what moves by itself does not pull at it.

    Parameters
    ----------
    preset : {"ultrafast", "fast", "medium"}
        How carefully OpenCV searches.
    texture : float
        Contrast, as an intensity from 0 to 1, of places whose flow is believed by half; even places have no motion of
        their own.
    rounds : int
        Fits of the camera.
    fade : float
        Time constant over which a film's speeds are averaged, in seconds, so that frames that are shown twice do not
        stop the motion; 0 for none.

    Raises
    ------
    ValueError
        If a parameter is outside its range, or the frames differ in shape.

    References
    ----------
    .. [1] Kroeger, Timofte, Dai and Van Gool (2016), Fast optical flow using dense inverse search, ECCV.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wall = cv2.GaussianBlur(rng.random((90, 160), np.float32), (0, 0), 2)
    >>> panned = np.roll(wall, 3, axis=1)
    >>> moved = Motion()(wall, panned, 0.04)
    >>> [round(step) for step in moved.camera[:, 2]], bool(np.median(moved.speed) < 0.02)
    ([-3, 0], True)
    """

    preset: str = "fast"
    texture: float = 0.02
    rounds: int = 6
    fade: float = 0.05

    def __post_init__(self) -> None:
        check_fields(self, rounds=1000)
        if self.preset not in PRESETS:
            raise ValueError(f"expected preset {', '.join(PRESETS)}, got '{self.preset}'")
        if not (0 < self.texture < 1 and self.rounds >= 1 and 0 <= self.fade < np.inf):
            raise ValueError("expected `texture` between 0 and 1, one round at least, and `fade` from 0")

    def __call__(self, before: NDArray[np.float32], now: NDArray[np.float32], elapsed: float) -> OpticMotion:
        """Compare two frames (rows, columns) of intensities from 0 to 1 that are `elapsed` seconds apart."""
        if before.shape != now.shape or before.ndim != 2:
            raise ValueError(f"expected two frames of one shape (rows, columns), got {before.shape} and {now.shape}")
        flow = self._flow(now, before)
        missed = _missed(now, _carried(before, flow))
        trust = self._trust(now, missed)
        field = self._camera(flow, trust)
        camera = np.eye(2, 3) + field
        missed_by_camera = _missed(now, warped(before, camera))
        needed = missed_by_camera / (missed_by_camera + missed + np.float32(self.texture**2 / 4))
        x, y = _places(*now.shape)
        own = [flow[:, :, k] - (a * x + b * y + c) for k, (a, b, c) in enumerate(field.astype(np.float32))]
        speed = trust * needed * cv2.magnitude(*own) * np.float32(1 / (elapsed * max(now.shape)))
        return OpticMotion(camera, np.asarray(speed, np.float32))

    def _flow(self, now: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the steps from the places of `now` to where they were, (rows, columns, 2), in pixels."""
        search = cv2.DISOpticalFlow.create(PRESETS.index(self.preset))
        down, right = (max(0, LEAST_SIDE - side) for side in now.shape)
        frames = [
            cv2.copyMakeBorder(np.rint(each * 255).astype(np.uint8), 0, down, 0, right, cv2.BORDER_REPLICATE)
            for each in (now, before)
        ]
        flow: NDArray[np.float32] = search.calc(*frames, None)
        return np.ascontiguousarray(flow[: now.shape[0], : now.shape[1]])

    def _trust(self, now: NDArray[np.float32], missed: NDArray[np.float32]) -> NDArray[np.float32]:
        """Share to which flow is believed: 0 where a place is even or is not found again, 1 at a good match."""
        mean, square = _box(now), _box(now * now)
        variance = np.maximum(square - mean * mean, 0)
        return np.asarray(variance / (variance + MISMATCH * missed + np.float32(self.texture**2)), np.float32)

    def _camera(self, flow: NDArray[np.float32], trust: NDArray[np.float32]) -> NDArray[np.float64]:
        """Fit the affine field (2, 3) that most textured places follow."""
        grid = np.s_[2::4, 2::4] if min(trust.shape) > 4 else np.s_[:, :]
        y, x = np.indices(trust.shape)[:, *grid].reshape(2, -1).astype(np.float64)
        v, weight = flow[grid].reshape(-1, 2).astype(np.float64), trust[grid].ravel().astype(np.float64)
        middle, scale = np.array([np.mean(x), np.mean(y)]), max(trust.shape)
        places = np.stack([(x - middle[0]) / scale, (y - middle[1]) / scale, np.ones_like(x)])
        if weight.sum() < 1e-6:
            return np.zeros((2, 3))
        fitted = np.array([[0.0, 0.0, _weighted_median(v[:, k], weight)] for k in range(2)])
        for _ in range(self.rounds):
            rest = np.hypot(*(v.T - fitted @ places))
            typical = max(1.5 * _weighted_median(rest, weight), 0.05)
            share = weight / (1 + (rest / typical) ** 2) ** 2
            matrix = (places * share) @ places.T + 1e-6 * share.sum() * np.diag([1.0, 1.0, 0.0])
            fitted = np.linalg.solve(matrix, (places * share) @ v).T
        slopes = fitted[:, :2] / scale
        return np.column_stack([slopes, fitted[:, 2] - slopes @ middle])


def _places(rows: int, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give x (columns,) and y (rows, 1) of a grid of pixels."""
    return np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)[:, np.newaxis]


def _carried(before: NDArray[np.float32], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Show the earlier frame with each place moved along its flow."""
    x, y = _places(*before.shape)
    border = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.remap(before, flow[:, :, 0] + x, flow[:, :, 1] + y, cv2.INTER_LINEAR, borderMode=border), np.float32
    )


def _missed(now: NDArray[np.float32], expected: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean square around each place of what was expected wrongly."""
    return _box((expected - now) ** 2)


def _box(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(values, (9, 9), borderType=cv2.BORDER_REPLICATE), np.float32)


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    half = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(half, half[-1] / 2)])


@dataclass(frozen=True, kw_only=True)
class Flicker:
    r"""Change of intensity against a memory that fades: :math:`F = |I - M|`, :math:`\tau \dot M = I - M`.

    Parameters
    ----------
    fade : float
        Time constant :math:`\tau` of the memory, in seconds: with 0.05 s a change counts for about a tenth of a second.

    Raises
    ------
    ValueError
        If it is not positive.

    Notes
    -----
    A difference from a running frame, as in the motion channels of Itti's and Harel's programs; what a moving camera
    or a change of all light does to the frame is done to the memory too, and so does not flicker.

    Examples
    --------
    >>> memory = Flicker().remember(np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32), 0.05)
    >>> round(float(memory[0, 0]), 3)
    0.632
    """

    fade: float = 0.05

    def __post_init__(self) -> None:
        check_fields(self)
        check_number(self.fade, "a positive `fade` in seconds", above=0)

    def remember(self, memory: NDArray[np.float32], shown: NDArray[np.float32], elapsed: float) -> NDArray[np.float32]:
        """Give the memory after a frame was shown for some seconds."""
        return np.asarray(memory + np.float32(approach(elapsed, self.fade)) * (shown - memory), np.float32)

    def __call__(self, memory: NDArray[np.float32], now: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the change from memory, without its sign, (rows, columns)."""
        return np.asarray(cv2.absdiff(now, memory), np.float32)


@dataclass(frozen=True, kw_only=True)
class GainControl:
    r"""Gain control: bring a channel to 0..1 by a scale that follows its peaks slowly.

    .. math:: c = \frac{r^n}{r^n + (h\sigma + m)^n}, \qquad r = [x - m]_+

    :math:`x` is the blurred channel and :math:`m` its mean over the frame, so that what happens everywhere attracts
    nobody; :math:`\sigma` follows the greatest value with a time constant of seconds. A new peak changes next to
    nothing elsewhere in its frame, and little in the next ones.

    Parameters
    ----------
    settle : float
        Time constant with which the scale :math:`\sigma` follows, in seconds.
    half : float
        Share :math:`h` of the scale at which a channel answers by half.
    exponent : float
        Steepness :math:`n`; 2 is typical of cells in primary visual cortex [1]_.
    blur : float
        Standard deviation of the Gaussian before it, as a share of the frame's longer side.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    .. [1] Albrecht and Hamilton (1982), Striate cortex of monkey and cat: contrast response function,
       J. Neurophysiology 48; the other values are our own starting points.

    Examples
    --------
    >>> lone = np.zeros((5, 5), np.float32)
    >>> lone[2, 2] = 1
    >>> round(float(GainControl()(lone, 1.0).max()), 2), round(float(GainControl()(lone, 2.0).max()), 2)
    (0.76, 0.46)
    """

    settle: float = 2.0
    half: float = 0.5
    exponent: float = 2.0
    blur: float = 0.015

    def __post_init__(self) -> None:
        check_fields(self, exponent=100, blur=1)
        if not (0 < self.settle < np.inf and 0 < self.half < np.inf and 0 < self.exponent < np.inf and self.blur >= 0):
            raise ValueError("expected positive `settle` (seconds), `half` and `exponent`, and `blur` from 0")

    def __call__(self, channel: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
        """Give the answer, from 0 to 1, of a blurred channel (rows, columns) at a scale."""
        mean = channel.mean()
        above = np.maximum(channel - (mean + np.float32(ROUND_OFF)), 0) * np.float32(1 / (self.half * scale + mean))
        power = above**self.exponent if self.exponent != 2 else above * above
        return np.asarray(power / (power + 1), np.float32)

    def smooth(self, channel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Blur a channel."""
        sigma = self.blur * max(channel.shape)
        if sigma < 0.1:
            return channel
        return np.asarray(cv2.GaussianBlur(channel, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)

    def follow(self, scale: float, peak: float, elapsed: float) -> float:
        """Give the scale after a channel with this greatest value was there for some seconds."""
        return scale + approach(elapsed, self.settle) * (peak - scale)


def approach(elapsed: float, time_constant: float) -> float:
    """Give the share of the way to a new value that is gone after some seconds."""
    return float(-np.expm1(-elapsed / time_constant))


def warped(frame: NDArray[np.float32], camera: NDArray[np.float64]) -> NDArray[np.float32]:
    """Show a frame as a moved camera does."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(frame, camera, frame.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
