"""Saliency of films: each frame's own map, and what changes, moves or surprises, frame by frame."""

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.image import opaque, shrunk
from foveation.opencv import cv2
from saliency.features.early import colour_channels, orientation_energy, working_picture
from saliency.features.motion import (
    BEYOND,
    BLACK,
    LEAST_SIDE,
    WHITE,
    Flicker,
    GainControl,
    Motion,
    OpticMotion,
    approach,
    common_light,
    relit,
    warped,
)
from saliency.features.surprise import Beliefs, Surprise
from saliency.map import ROUND_OFF, check_map
from saliency.models.itti import IttiKoch

CHANNELS = ("static", "flicker", "motion", "surprise")
FLOORS = {"flicker": 0.04, "motion": 0.1, "surprise": 1.5}
RAW = {"flicker": "change", "motion": "speed", "surprise": "wows"}


@dataclass
class _Watched:
    """What is kept of the frames until now: all of it is made anew after a cut."""

    time: float
    image: NDArray[np.float32]
    memory: NDArray[np.float32]
    static: NDArray[np.float32]
    speed: NDArray[np.float32] | None = None
    brightness: float = 1.0


@dataclass(frozen=True, kw_only=True)
class VideoSaliency:
    r"""Saliency of films: what stands out now, frame by frame, from contrast, flicker, motion and surprise.

    Four channels, each from 0 to 1, are added by their weights, :math:`S = \sum_k w_k c_k / \sum_k w_k`: *static*, what
    a model of pictures says of the frame; *flicker*, what changes; *motion*, what moves otherwise than the scene; and
    *surprise*, what changes beliefs. The first is divided by its greatest value in the last seconds, and the others go
    through a gain control whose scale follows slowly; nothing is scaled frame by frame. What all of a frame does
    together, the light and the camera, is taken off first. In a still film the map settles at the static map times its
    share of the weights.

    Parameters
    ----------
    model : callable
        Map of a single frame: any of `saliency.MODELS`.
    weights : mapping
        Weights of "static", "flicker", "motion" and "surprise"; those that are left out weigh 1. A static map or a
        surprise with weight 0 is not worked out.
    flicker, motion, surprise, gain : Flicker, Motion, Surprise, GainControl
        Laws of the channels. The surprise is that in time alone: what stands out in space is the static map's matter.
    longer_side : int
        Pixels at which flicker and motion are worked out.
    static_side : int
        Pixels at which the model sees the frame.
    cells : int
        Cells of the surprise along the longer side, 40 in the authors' work.
    firing : float
        Spikes of a cell at full contrast in one interval of `surprise`.
    persistence : float
        Time constant over which static maps are averaged, in seconds; 0 for none.
    adaptation : float
        Time constant with which the surprise's eye gets used to brighter or darker light, in seconds.
    floors : mapping
        Least scales of "flicker" (intensity from 0 to 1), "motion" (longer sides per second) and "surprise" (cube roots
        of nats, added over the features): noise below them never becomes a peak.
    cut : float
        Share of a frame that must have become another, at once and in light and place alike, for a cut; above 1 for
        films without any.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    Times are those of the frames: a frame is taken to be shown until the next one comes, and memories move by the time
    that has passed, so that films of 25 and of 50 frames a second give nearly the same maps at the same times. A cut
    is found where most of the frame is new although the frame before it was calm; after it everything begins anew, and
    only the scales of flicker, motion and surprise stay. Of the authors' 72 feature maps the surprise has nine here:
    intensity, two opponent colours, four orientations, flicker and motion. The weights, scales and time constants are
    our own starting points; those of `Surprise` are published.

    Examples
    --------
    >>> frame = np.full((60, 80, 3), 128, np.uint8)
    >>> eye = VideoSaliency().watch()
    >>> _ = eye.update(frame, 0.0)
    >>> frame[20:26, 50:56] = 200
    >>> map_ = eye.update(frame, 0.04)
    >>> row, column = np.unravel_index(map_.argmax(), map_.shape)
    >>> bool(17 <= row <= 28 and 47 <= column <= 58)
    True
    >>> eye.update(frame, 0.04)
    Traceback (most recent call last):
    ...
    ValueError: expected a frame later than 0.04 s, got one at 0.04 s
    """

    model: Any = field(default_factory=IttiKoch)  # any model, as in `saliency.Model`
    weights: Mapping[str, float] = field(default_factory=dict, hash=False)
    flicker: Flicker = field(default_factory=Flicker)
    motion: Motion = field(default_factory=Motion)
    surprise: Surprise = field(default_factory=lambda: Surprise(space=0))
    gain: GainControl = field(default_factory=GainControl)
    longer_side: int = 320
    static_side: int = 640
    cells: int = 40
    firing: float = 50.0
    persistence: float = 0.1
    adaptation: float = 10.0
    floors: Mapping[str, float] = field(default_factory=dict, hash=False)
    cut: float = 0.5

    def __post_init__(self) -> None:
        check_fields(self)
        for name, default in (("weights", dict.fromkeys(CHANNELS, 1.0)), ("floors", FLOORS)):
            object.__setattr__(self, name, _chosen(name, getattr(self, name), default))
        if min(self.longer_side, self.static_side, self.cells) < 2 or not sum(self.weights.values()) > 0:
            raise ValueError("expected sizes of at least 2 and a weight that is above 0")
        positive = (self.firing, self.adaptation, self.cut, *self.floors.values())
        if not (min(positive) > 0 and self.persistence >= 0):
            raise ValueError("expected positive firing, adaptation, floors and cut, and persistence from 0")

    def watch(self, executor: Executor | None = None) -> "VideoWatcher":
        """Begin a film.

        Parameters
        ----------
        executor : concurrent.futures.Executor
            Threads for the static map, which then runs beside the others; maps are the same with and without.
        """
        return VideoWatcher(self, executor)


class VideoWatcher:
    """The saliency of one film, frame by frame: made by `VideoSaliency.watch`, it remembers what it has seen.

    Parameters
    ----------
    laws : VideoSaliency
        How maps are made.
    executor : concurrent.futures.Executor, optional
        See `VideoSaliency.watch`.

    Raises
    ------
    ValueError
        In `update`, if the time does not grow or a frame has another size.
    """

    def __init__(self, laws: VideoSaliency, executor: Executor | None = None) -> None:
        self.laws, self.executor = laws, executor
        self.reset()

    def reset(self) -> None:
        """Forget the film: the next frame is a first one, of any size and time."""
        self.shape: tuple[int, int] | None = None
        self.is_cut = False
        self._image = np.zeros((2, 2, 3), np.float32)
        self.scales = {"static": 0.0, **self.laws.floors}
        self._watched: _Watched | None = None
        self._beliefs: Beliefs | None = None
        self._restless = 0.0
        self._maps: dict[str, NDArray[np.float32]] = {}

    def update(self, frame: ArrayLike, time: float) -> NDArray[np.float32]:
        """Look at the next frame and give its map.

        Parameters
        ----------
        frame : array, shape (height, width) or (height, width, 1, 3 or 4)
            Whatever `as_image` takes; all frames of one size.
        time : float
            When it is shown, in seconds; later than the frame before.

        Returns
        -------
        array of float32, shape (height, width)
            From 0 to 1.
        """
        pixels, time = self._accepted(frame, time)
        seen = working_picture(pixels, self.laws.static_side)
        static = self._begin_static(seen)
        try:
            image = shrunk(seen, self.laws.longer_side)
            image = image.copy() if np.may_share_memory(image, pixels) else image  # the caller may use its array again
            elapsed = 0.0 if self._watched is None else time - self._watched.time
            raw = self._dynamic(image, elapsed)
        finally:
            given = static.result() if isinstance(static, Future) else static
        self._finish(raw, given, time)
        return self._maps["saliency"]

    def maps(self) -> dict[str, NDArray[np.float32]]:
        """Give all maps of the last frame by name, in the order in which they were made.

        "change" (intensity), "speed" (longer sides per second) and "wows" (the surprise of all features) are the
        channels before their gain control; then come "static", "flicker", "motion" and "surprise", from 0 to 1, at the
        working size; last "saliency", (height, width).

        Raises
        ------
        ValueError
            If no frame was seen yet.
        """
        if not self._maps:
            raise ValueError("expected a frame first: call `update`")
        return dict(self._maps)

    def _accepted(self, frame: ArrayLike, time: float) -> tuple[NDArray[Any], float]:
        pixels, time = opaque(frame), float(time)
        shape = (pixels.shape[0], pixels.shape[1])
        if not np.isfinite(time):
            raise ValueError(f"expected the time of the frame in seconds, got {time}")
        if self.shape is not None and shape != self.shape:
            raise ValueError(
                f"expected frames of {self.shape[1]} x {self.shape[0]} pixels, got {shape[1]} x {shape[0]} "
                f"at {time:g} s: reset before another film"
            )
        if self._watched is not None and time <= self._watched.time:
            raise ValueError(f"expected a frame later than {self._watched.time:g} s, got one at {time:g} s")
        self.shape = shape
        return pixels, time

    def _begin_static(self, seen: NDArray[np.float32]) -> NDArray[np.float32] | Future[NDArray[np.float32]]:
        """Let the model see the frame, in the executor's thread if there is one."""
        if not self.laws.weights["static"]:
            return np.zeros(seen.shape[:2], np.float32)
        if self.executor is None:
            return self._static(seen)
        return self.executor.submit(self._static, seen)

    def _static(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        return check_map(self.laws.model(seen), seen.shape)

    def _dynamic(self, image: NDArray[np.float32], elapsed: float) -> dict[str, NDArray[np.float32]]:
        """Give the channels that need frames before this one; all 0 in the first of a scene."""
        channels = {name: np.zeros(image.shape[:2], np.float32) for name in RAW.values()}
        self._image = image
        moved = self._compared(image, elapsed)
        if moved is not None and self._watched is not None:
            channels["change"] = self.laws.flicker(_intensity(self._watched.memory), _intensity(image))
            channels["speed"] = self._averaged(moved, self._watched, elapsed)
        if self.laws.weights["surprise"]:
            channels["wows"] = self._surprised(self._image, channels, elapsed)
        return channels

    def _compared(self, image: NDArray[np.float32], elapsed: float) -> OpticMotion | None:
        """Bring what was seen into the light and the place of a new frame, and give the motion; None in a new scene."""
        watched, self.is_cut = self._watched, False
        if watched is None:
            return None
        every = np.s_[:: 2 if min(image.shape[:2]) > LEAST_SIDE else 1]
        light = common_light(watched.image[every, every], image[every, every])
        memory = self.laws.flicker.remember(watched.memory, watched.image, elapsed)
        before, memory = (relit(each, light) for each in (watched.image, memory))
        now = _intensity(image)
        moved = self.laws.motion(_intensity(before), now, elapsed)
        before, watched.memory = (warped(each, moved.camera) for each in (before, memory))
        watched.brightness = (watched.brightness * light.gain) ** (1 - approach(elapsed, self.laws.adaptation))
        self.is_cut = self._finds_cut(_intensity(before), now)
        if self.is_cut:
            self._watched = None
            return None
        self._image = _filled(image, before)
        return moved

    def _averaged(self, moved: OpticMotion, watched: _Watched, elapsed: float) -> NDArray[np.float32]:
        """Average the speeds of the scene's places over time."""
        if watched.speed is None or not self.laws.motion.fade:
            watched.speed = moved.speed
        else:
            carried = warped(watched.speed, moved.camera)
            watched.speed = carried + np.float32(approach(elapsed, self.laws.motion.fade)) * (moved.speed - carried)
        return watched.speed.copy()

    def _finds_cut(self, expected: NDArray[np.float32], now: NDArray[np.float32]) -> bool:
        """Whether most of a frame is new, after a frame that was not."""
        spread = float(now.std())
        missed = np.abs(now - expected)
        explained = float(np.mean(missed**2)) < 0.5 * spread**2
        new = 0.0 if explained else float(np.mean(missed > max(0.03, 0.25 * spread)))
        calm, self._restless = self._restless < new / 2, new
        return calm and new > self.laws.cut

    def _surprised(
        self, image: NDArray[np.float32], channels: dict[str, NDArray[np.float32]], elapsed: float
    ) -> NDArray[np.float32]:
        """Give the surprise of the frame, summed over the features."""
        brightness = 1.0 if self._watched is None else self._watched.brightness
        rates = self._rates(image * np.float32(1 / brightness), channels["change"], channels["speed"])
        if self._watched is None or self._beliefs is None:
            self._beliefs = self.laws.surprise.begin(rates)
            return channels["wows"]
        surprise = self._beliefs.update(rates, elapsed=elapsed).sum(axis=0).astype(np.float32)
        return np.asarray(cv2.resize(surprise, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)

    def _rates(
        self, image: NDArray[np.float32], change: NDArray[np.float32], speed: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Spikes of the cells (9, rows, columns) in one interval."""
        colours = list(colour_channels(image, "codi"))
        lines = list(orientation_energy(shrunk(colours[0], self.laws.longer_side // 2)))
        differing = [_centre_surround(shrunk(each, self.laws.cells)) for each in colours]
        size = differing[0].shape
        others = [
            cv2.resize(each, size[::-1], interpolation=cv2.INTER_AREA)
            for each in (*lines, change, np.minimum(speed, 1))
        ]
        return np.float32(self.laws.firing) * np.maximum(np.stack([*differing, *others]) - np.float32(ROUND_OFF), 0)

    def _finish(self, raw: dict[str, NDArray[np.float32]], static: NDArray[np.float32], time: float) -> None:
        """Bring the channels to one scale, add them, and remember the frame."""
        assert self.shape is not None
        watched = self._watched
        elapsed = 0.0 if watched is None else time - watched.time
        static = np.asarray(cv2.resize(static, self._image.shape[1::-1], interpolation=cv2.INTER_AREA), np.float32)
        if watched is not None and self.laws.persistence:
            static = watched.static + np.float32(approach(elapsed, self.laws.persistence)) * (static - watched.static)
        channels = {"static": self._levelled(static, elapsed)}
        for name, source in RAW.items():
            smooth = self.laws.gain.smooth(raw[source])
            channels[name] = self.laws.gain(smooth, self.scales[name])
            peak = max(float(smooth.max()), self.laws.floors[name])
            self.scales[name] = self.laws.gain.follow(self.scales[name], peak, elapsed)
        total = sum(self.laws.weights.values())
        combined = sum(np.float32(self.laws.weights[name] / total) * channel for name, channel in channels.items())
        saliency = cv2.resize(np.minimum(combined, np.float32(1)), self.shape[::-1], interpolation=cv2.INTER_LINEAR)
        self._maps = {**raw, **channels, "saliency": saliency}
        if watched is None:
            self._watched = _Watched(time, self._image, self._image, static)
        else:
            watched.time, watched.image, watched.static = time, self._image, static

    def _levelled(self, static: NDArray[np.float32], elapsed: float) -> NDArray[np.float32]:
        """Divide the static map by its peak in this scene: a greater one counts at once, a lesser one slowly."""
        peak = float(static.max())
        fallen = 0.0 if self._watched is None else self.laws.gain.follow(self.scales["static"], peak, elapsed)
        self.scales["static"] = max(fallen, peak)
        if self.scales["static"] < ROUND_OFF:
            return np.zeros_like(static)
        return np.asarray(static * np.float32(1 / self.scales["static"]), np.float32)


def _chosen(what: str, given: Mapping[str, float], default: dict[str, float]) -> dict[str, float]:
    """Put what is given in place of the defaults of the same names."""
    unknown = set(given) - set(default)
    if unknown:
        raise ValueError(f"expected {what} of {', '.join(default)}, got '{sorted(unknown)[0]}'")
    chosen = {**default, **given}
    if not all(0 <= value < np.inf for value in chosen.values()):
        raise ValueError(f"expected {what} from 0 up, got {chosen}")
    return chosen


def _intensity(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the three colours, each as far as a frame can show it."""
    return np.asarray(cv2.transform(np.clip(image, 0, 1), np.full((1, 3), 1 / 3, np.float32)), np.float32)


def _filled(image: NDArray[np.float32], expected: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keep what was expected where it is beyond black or white, and the frame too: there it shows nothing else."""
    beyond = ((image > WHITE) & (expected > 1 + BEYOND)) | ((image < BLACK) & (expected < -BEYOND))
    return np.asarray(np.where(beyond, expected, image), np.float32)


def _centre_surround(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Difference of each cell from its surround, without its sign."""
    return np.asarray(np.abs(cells - cv2.GaussianBlur(cells, (0, 0), 3, borderType=cv2.BORDER_REPLICATE)), np.float32)
