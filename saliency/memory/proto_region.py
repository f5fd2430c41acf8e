"""The attended proto-object: from the winner's place back through the feature maps to the region that made it win."""

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import kernels as eye_kernels
from foveation.opencv import cv2
from saliency.features.normalisation import across_scale_difference
from saliency.features.regions import Region
from saliency.models.itti import CHANNELS, HUES, IttiKoch

ANSWER = re.compile(r"N\((?P<feature>.+?)[+-]? (?P<centre>\d+)-(?P<surround>\d+)\)")

Maps = dict[str, NDArray[np.float32]]


def attended_region(
    model: IttiKoch,
    image: ArrayLike,
    place: tuple[float, float],
    *,
    share: float = 0.5,
    largest: float = 0.1,
    dilation: int = 0,
) -> Region | None:
    """Find the proto-object that a winner belongs to.

    The way of the winner is gone back: to the conspicuity map that is strongest at its place, and to the feature whose
    difference between two scales is strongest there among those that made it. All that is connected with the winner,
    answers with the same sign and reaches a share of the winner's answer is the shape, with what it encloses
    (unless both together are too large). Where there is none, or it is too large to be an object, the conspicuity map
    is tried in the same way, and at last the saliency map [1]_.

    Parameters
    ----------
    model : IttiKoch
        The model that made the winner win.
    image : array, shape (height, width, 3)
        The picture in which it won.
    place : tuple of float
        The winner, (x, y) in pixels of the picture.
    share : float
        Answer at the shape's edge, relative to the winner's, above 0 and up to 1. At half of it, an edge that a filter
        has blurred is where it was.
    largest : float
        A shape covers less than this share of the map, above 0 and up to 1.
    dilation : int
        By how many cells of the model's conspicuity maps the shape is widened, from 0 up.

    Returns
    -------
    Region or None
        The shape, in pixels of the picture; its score is its share of the saliency. None if no map has one.

    Raises
    ------
    ValueError
        If the place lies outside the picture, or a parameter is not in its range.

    Notes
    -----
    The winning difference names the feature and the surround; the outline is taken at the finest centre scale of the
    two, because a small shape on a coarse scale is a blur. Holes are filled, because lines are seen only along the
    edges of a wide shape. Both are our additions.

    References
    ----------
    .. [1] Walther and Koch (2006), Modeling attention to salient proto-objects, Neural Networks 19: 1395-1407, section
       2.2. The greatest area is that of the SaliencyToolbox. The paper's share, as recalled, is 0.1: on photographs it
       seldom ends before the shape is too large.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:120, 80:240] = (0.9, 0.1, 0.1)
    >>> region = attended_region(IttiKoch(), picture, (100, 110))
    >>> bool(region.on(picture.shape)[100:120, 80:240].mean() > 0.95), region.area < 1.5 * 20 * 160
    (True, True)
    """
    check_shape(share, largest, dilation)
    maps = model.maps(image)
    saliency = maps["saliency"]
    height, width = saliency.shape
    if not (0 <= place[0] <= width - 1 and 0 <= place[1] <= height - 1):
        raise ValueError(f"place ({place[0]:g}, {place[1]:g}) lies outside the {width} x {height} picture")
    cell = max(saliency.shape) / max(maps[f"{CHANNELS[0]} conspicuity"].shape)
    for map_ in _way_back(model, maps, place):
        flooded = _flooded(map_, place, cell / 2, share)
        for shape in (_filled(flooded), flooded):
            if 0 < np.count_nonzero(shape) < largest * shape.size:
                return Region.of(_widened(shape, dilation * cell), saliency)
    return None


def check_shape(share: float, largest: float, dilation: int) -> None:
    """Refuse what cannot describe a shape.

    Raises
    ------
    ValueError
        If a parameter is not in its range.
    """
    if not 0 < share <= 1 or not 0 < largest <= 1 or dilation < 0:
        raise ValueError(
            "expected a share and a largest area above 0 and up to 1 and a dilation from 0 up, "
            f"got share={share}, largest={largest} and dilation={dilation}"
        )


def _way_back(model: IttiKoch, maps: Maps, place: tuple[float, float]) -> list[NDArray[np.float32]]:
    """Give the maps in which to look for the shape: the winning feature's difference, conspicuity, saliency."""
    saliency, working = maps["saliency"], next(iter(maps.values())).shape
    pixel = (round(place[1]), round(place[0]))

    def in_pixels(map_: NDArray[np.float32]) -> NDArray[np.float32]:
        return _in_pixels(map_, working, saliency.shape)

    def at_winner(name: str) -> float:
        return float(in_pixels(maps[name])[pixel])

    channel = max(CHANNELS, key=lambda name: getattr(model, name) * at_winner(f"{name} conspicuity"))
    answers = [answer for name in maps if (answer := ANSWER.fullmatch(name)) and _channel(answer["feature"]) == channel]
    winner = max(answers, key=lambda answer: at_winner(answer[0]))
    feature, surround = winner["feature"], int(winner["surround"])
    finest = min(int(answer["centre"]) for answer in answers)
    difference = across_scale_difference(
        maps[f"{feature} {finest}"], maps[f"{feature} {surround}"], 2 ** (surround - finest), border=model.border
    )
    return [in_pixels(difference), in_pixels(maps[f"{channel} conspicuity"]), saliency]


def _in_pixels(map_: NDArray[np.float32], working: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Bring a map of a pyramid level to the picture's size; its cell `i` lies on sample `i * step`."""
    step = 2 ** round(np.log2(max(working) / max(map_.shape)))
    fine = np.empty(working, np.float32)
    eye_kernels.expand(np.ascontiguousarray(map_), step, fine)
    if fine.shape == tuple(shape):
        return fine
    return np.asarray(cv2.resize(fine, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _channel(feature: str) -> str:
    if feature in HUES:
        return "colour"
    return "intensity" if feature == "intensity" else "orientation"


def _flooded(map_: NDArray[np.float32], place: tuple[float, float], reach: float, share: float) -> NDArray[np.bool_]:
    """Mark what is connected with the strongest answer within `reach` of the winner; nothing if that is 0."""
    top, left = (max(0, round(side - reach)) for side in (place[1], place[0]))
    near = np.abs(map_[top : round(place[1] + reach) + 1, left : round(place[0] + reach) + 1])
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    seed = (top + int(row), left + int(column))
    peak = np.float32(map_[seed])
    if not peak:
        return np.zeros(map_.shape, np.bool_)
    _, labels = cv2.connectedComponents((map_ * np.sign(peak) >= share * abs(peak)).astype(np.uint8), connectivity=8)
    return np.asarray(labels == labels[seed], np.bool_)


def _filled(shape: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add what a shape encloses."""
    _, beyond = cv2.connectedComponents(np.pad(~shape, 1, constant_values=True).astype(np.uint8), connectivity=4)
    return np.asarray(beyond[1:-1, 1:-1] != beyond[0, 0], np.bool_)


def _widened(shape: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Add all pixels within `radius` of a shape."""
    away = cv2.distanceTransform((~shape).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= radius, np.bool_)
