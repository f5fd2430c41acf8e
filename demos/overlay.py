"""Heat and gaze drawn into the pixels of a picture or a frame, fast enough for films."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from foveation.opencv import cv2
from saliency.features.regions import Region

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def heat_over(image: NDArray[np.uint8], map_: NDArray[np.float32], peak: float) -> NDArray[np.uint8]:
    """Lay a map over an RGB picture: the higher the value, relative to `peak`, the warmer and the less transparent."""
    share = np.clip(map_ / max(peak, 1e-12), 0, 1).astype(np.float32)
    heat = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    weight = 0.85 * share
    blended: NDArray[np.uint8] = cv2.blendLinear(image, cv2.cvtColor(heat, cv2.COLOR_BGR2RGB), 1 - weight, weight)
    return blended


def draw_gaze(
    image: NDArray[np.uint8],
    gaze: tuple[float, float],
    trail: Sequence[tuple[float, float]],
    radius: float,
    resting: bool,
) -> None:
    """Draw the gaze into an RGB picture: a circle where it rests, a dot in flight, and the way it came."""
    thin = max(1, round(min(image.shape[:2]) / 240))
    points = np.rint([*trail, gaze]).astype(np.int32)
    for begin, end in pairwise(points):
        for colour, width in ((BLACK, 3 * thin), (WHITE, thin)):
            cv2.line(image, tuple(map(int, begin)), tuple(map(int, end)), colour, width, cv2.LINE_AA)
    centre = (int(points[-1][0]), int(points[-1][1]))
    size = max(3 * thin, round(radius)) if resting else 3 * thin
    cv2.circle(image, centre, size, BLACK, 4 * thin, cv2.LINE_AA)
    cv2.circle(image, centre, size, WHITE, 2 * thin, cv2.LINE_AA)


def draw_regions(image: NDArray[np.uint8], regions: Sequence[Region]) -> None:
    """Draw into an RGB picture the outline of each region, its box, and its rank."""
    thin = max(1, round(min(image.shape[:2]) / 300))
    scale = 0.45 * thin
    for region in regions:
        box = region.box
        edges, _ = cv2.findContours(
            region.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(box.x, box.y)
        )
        corners = ((box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1))
        for colour, width in ((BLACK, 3 * thin), (WHITE, thin)):
            cv2.rectangle(image, *corners, colour, width)
            cv2.drawContours(image, edges, -1, colour, width)
    for rank, region in enumerate(regions, start=1):  # last, so that no box hides a number
        (width, height), below = cv2.getTextSize(str(rank), cv2.FONT_HERSHEY_SIMPLEX, scale, thin)
        left, top = region.box.x, region.box.y
        cv2.rectangle(image, (left, top), (left + width + 4 * thin, top + height + below + 2 * thin), WHITE, cv2.FILLED)
        base = (left + 2 * thin, top + height + 2 * thin)
        cv2.putText(image, str(rank), base, cv2.FONT_HERSHEY_SIMPLEX, scale, BLACK, thin, cv2.LINE_AA)
