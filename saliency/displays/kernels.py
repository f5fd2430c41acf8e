"""The compiled loop that fills strokes."""

import math

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def fill_strokes(
    image: NDArray[np.float32],
    strokes: NDArray[np.float64],
    colour: NDArray[np.float64],
    place: tuple[float, float],
    window: tuple[int, int, int, int],
) -> None:
    """Paint strokes around a place: each pixel takes as much of the colour as the strokes cover of it.

    `strokes` (n, 8) holds of each: the middle x, y relative to the place, cosine and sine of its direction, half of its
    length, its reach to the left and to the right, and the radius of its bend (infinite: straight). `window` holds the
    first and last column, and the first and last row, that they can reach.
    """
    for row in range(max(window[2], 0), min(window[3] + 1, image.shape[0])):
        for column in range(max(window[0], 0), min(window[1] + 1, image.shape[1])):
            cover = 0.0
            for number in range(len(strokes)):
                x, y, cosine, sine, half, left, right, radius = strokes[number]
                x, y = column - place[0] - x, row - place[1] - y
                along, across = x * cosine - y * sine, -x * sine - y * cosine
                if radius < math.inf:
                    to_centre = radius - across
                    across = radius - math.hypot(along, to_centre)
                    along = radius * math.atan2(along, to_centre)
                long = min(along + 0.5, half) - max(along - 0.5, -half)
                wide = min(across + 0.5, left) - max(across - 0.5, -right)
                if long > 0 and wide > 0:
                    cover = max(cover, long * wide)
            if cover > 0:
                for channel in range(3):
                    image[row, column, channel] += cover * (colour[channel] - image[row, column, channel])
