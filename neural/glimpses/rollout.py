"""What a glimpse network is given and what it goes through: pictures, steps, predictions."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import GlimpseSensor
from foveation.checks import check_number

Array = NDArray[Any]


class PictureBatch(NamedTuple):
    """A batch of pictures to look at, and what a policy may know of them beforehand.

    Parameters
    ----------
    images : array, shape (n, height, width) or (n, height, width, 3)
        The pictures.
    keys : array, shape (n, places, channels), or None
        What is conspicuous at each place of a grid.
    grid : array, shape (n, places, 2), or None
        Normalised locations of these places, where the gaze lands if it is sent there.
    tasks : array of int, shape (n,), or None
        The number of the task for each picture.
    """

    images: Array
    keys: Array | None = None
    grid: Array | None = None
    tasks: Array | None = None

    def take(self, which: Array | slice) -> "PictureBatch":
        """Give some of the pictures, by number, mask or slice."""
        return PictureBatch(*(None if each is None else each[which] for each in self))  # type: ignore[arg-type]


class GlimpseStep(NamedTuple):
    """One look at n pictures, or, stacked in a `Rollout`, all of them: what was drawn and seen, and what came of it.

    Parameters
    ----------
    drawn : array, shape (n, ...)
        What the policy drew.
    places : array, shape (n, 2)
        Where the network looked: normalised locations.
    memory : array, shape (n, ...), or None
        What the policy remembered of the gaze before.
    glimpses : array, shape (n, inputs)
        What the sensor saw.
    what, where, joined : array, shape (n, units)
        Activations of the glimpse network.
    drive : array, shape (n, drives * size)
        What it gives to the core.
    state, kept : array, shape (n, width) and (n, any)
        The core's state afterwards, and what it keeps for the way back.
    """

    drawn: Array
    places: Array
    memory: Array | None
    glimpses: Array
    what: Array
    where: Array
    joined: Array
    drive: Array
    state: Array
    kept: Array


class Rollout(NamedTuple):
    """What a network went through while it looked at a batch of pictures.

    Parameters
    ----------
    scene : PictureBatch
        The pictures.
    steps : GlimpseStep
        All looks, stacked: the first axis of each array is time.
    chosen : array of bool, shape (steps,)
        Whether the policy chose the place, or was told where to start.
    coarse : array, shape (n, inputs), or None
        What the context network saw.
    """

    scene: PictureBatch
    steps: GlimpseStep
    chosen: NDArray[np.bool_]
    coarse: Array | None


class Prediction(NamedTuple):
    """What a network says of n pictures, and how it came to it.

    Parameters
    ----------
    labels : array of int, shape (n,)
        The class that it took for most likely when it stopped.
    probabilities : array, shape (n, glimpses, classes)
        What it would have said after each glimpse; after it has stopped, what it said then.
    used : array of int, shape (n,)
        How many glimpses it took.
    places : array, shape (n, glimpses, 2)
        Where it looked, (x, y) in pixels; NaN after it has stopped.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    used: NDArray[np.int64]
    places: NDArray[np.float64]

    def stopped(self, confidence: float) -> "Prediction":
        """Give what would have come of it, had the network stopped as soon as one class was this probable.

        The same as `predict` with this `early_exit` where the places are not drawn at random, without looking again.

        Parameters
        ----------
        confidence : float
            A probability, from 0 to 1.

        Raises
        ------
        ValueError
            If it is outside this range.
        """
        check_confidence(confidence)
        steps = np.arange(self.probabilities.shape[1])
        sure = self.probabilities.max(axis=2) >= confidence
        last = np.minimum(np.where(sure.any(axis=1), sure.argmax(axis=1), steps[-1]), self.used - 1)
        known = np.minimum(steps, last[:, np.newaxis])[..., np.newaxis]
        said = np.take_along_axis(self.probabilities, known, axis=1)
        places = np.where((steps <= last[:, np.newaxis])[..., np.newaxis], self.places, np.nan)
        return Prediction(said[:, -1].argmax(axis=1), said, last + 1, places)


class SeenShare(NamedTuple):
    """How much of a picture has been looked at after each glimpse, as shares of its pixels.

    Parameters
    ----------
    area : array, shape (..., glimpses)
        Pixels that lie, with their centre, in the finest patch of at least one glimpse, from 0 to 1.
    samples : array, shape (..., glimpses)
        Numbers that the sensor has given, all scales of all glimpses, for each pixel of the picture; what is seen twice
        counts twice, so that it may be above 1.
    """

    area: NDArray[np.float64]
    samples: NDArray[np.float64]


def check_confidence(probability: float) -> None:
    """Refuse a probability that is not from 0 to 1."""
    check_number(probability, "an early exit at a probability from 0 to 1", least=0, most=1)


def check_pictures(images: ArrayLike) -> Array:
    """Give pictures (n, height, width) or (n, height, width, 3) of uint8, or float32 from 0 to 1; refuse all else.

    Raises
    ------
    ValueError
        If there is no picture, the shape is another, or pixels are not finite or lie outside 0 to 1.
    TypeError
        If they are neither of uint8 nor float.

    Examples
    --------
    >>> check_pictures(np.zeros((28, 28)))
    Traceback (most recent call last):
    ValueError: expected pictures (n, height, width) or (n, height, width, 3), at least one, got shape (28, 28)
    """
    pixels = np.asarray(images)
    if pixels.ndim not in (3, 4) or 0 in pixels.shape or (pixels.ndim == 4 and pixels.shape[3] != 3):
        raise ValueError(
            f"expected pictures (n, height, width) or (n, height, width, 3), at least one, got shape {pixels.shape}"
        )
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind != "f":
        raise TypeError(f"expected pictures of uint8 or float, got {pixels.dtype}")
    if not np.isfinite(pixels).all():
        raise ValueError("expected finite pixels, got NaN or infinity")
    if pixels.min() < 0 or pixels.max() > 1:
        raise ValueError(f"expected float pixels from 0 to 1, got {pixels.min():g} to {pixels.max():g}")
    return pixels.astype(np.float32)


def share_seen(places: ArrayLike, shape: tuple[int, ...], sensor: GlimpseSensor) -> SeenShare:
    """Tell how much of a picture has been looked at after each glimpse: what a network's answer has cost.

    Parameters
    ----------
    places : array, shape (..., glimpses, 2)
        Where the glimpses were taken, (x, y) in pixels: `Prediction.places`, or those of a `Scanpath`. NaN where none
        was.
    shape : tuple of int
        Height and width of the picture (and what may follow).
    sensor : GlimpseSensor
        The retina.

    Raises
    ------
    ValueError
        If the places are not (..., glimpses, 2).
    TypeError
        If the retina has no patches.

    Examples
    --------
    >>> sensor = GlimpseSensor(size=12, scales=3, units="normalised")
    >>> share = share_seen([(29.5, 29.5), (29.5, 41.5), (29.5, 47.5)], (60, 60), sensor)
    >>> share.area * 3600, share.samples * 3600
    (array([144., 288., 360.]), array([ 432.,  864., 1296.]))
    """
    if not isinstance(sensor, GlimpseSensor):
        raise TypeError(f"expected a GlimpseSensor, whose patches are counted, got {type(sensor).__name__}")
    where = np.asarray(places, np.float64)
    if where.ndim < 2 or where.shape[-1] != 2:
        raise ValueError(f"expected places of shape (..., glimpses, 2), got {where.shape}")
    height, width = shape[:2]
    side = sensor.extents_px[0]
    corners = where.reshape(-1, *where.shape[-2:]) - side / 2
    across, down = (
        (low <= np.arange(pixels)) & (np.arange(pixels) < low + side)
        for low, pixels in ((corners[..., :1], width), (corners[..., 1:], height))
    )
    seen = np.zeros((len(corners), height, width), np.bool_)
    area = np.empty(corners.shape[:2])
    for number in range(corners.shape[1]):
        seen |= down[:, number, :, np.newaxis] & across[:, number, np.newaxis, :]
        area[:, number] = seen.mean(axis=(1, 2))
    taken = np.isfinite(where).all(axis=-1).cumsum(axis=-1)
    return SeenShare(area.reshape(where.shape[:-1]), taken * (np.prod(sensor.shape) / (height * width)))
