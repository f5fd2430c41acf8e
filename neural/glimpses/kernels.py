"""Compiled loops that draw and warp digits."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def draw_strokes(
    points: NDArray[np.float64],
    inked: NDArray[np.bool_],
    widths: NDArray[np.float64],
    softness: NDArray[np.float64],
    out: NDArray[np.uint8],
) -> None:
    """Draw lines from point to point, (n, k, 2), white into the black pictures `out` (n, size, size).

    `inked` (n, k - 1) says which lines are drawn. A line is `widths` (n,) pixels wide where it is half as bright as
    white, and its edge takes `softness` (n,) pixels from white to black. Where lines cross, the brighter counts.
    """
    count, size, _ = out.shape
    for i in range(count):
        reach = 0.5 * (widths[i] + softness[i])
        for k in range(inked.shape[1]):
            if not inked[i, k]:
                continue
            x, y = points[i, k]
            along_x, along_y = points[i, k + 1, 0] - x, points[i, k + 1, 1] - y
            squared_length = max(along_x * along_x + along_y * along_y, 1e-12)
            top = max(math.ceil(min(y, y + along_y) - reach), 0)
            bottom = min(math.floor(max(y, y + along_y) + reach), size - 1)
            left = max(math.ceil(min(x, x + along_x) - reach), 0)
            right = min(math.floor(max(x, x + along_x) + reach), size - 1)
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    from_x, from_y = column - x, row - y
                    share = (from_x * along_x + from_y * along_y) / squared_length
                    share = min(max(share, 0.0), 1.0)
                    distance = math.hypot(from_x - share * along_x, from_y - share * along_y)
                    ink = min((reach - distance) / softness[i], 1.0)
                    if ink > 0:
                        out[i, row, column] = max(out[i, row, column], np.uint8(255.0 * ink + 0.5))


@compiled
def paste(
    pieces: NDArray[np.uint8], corners: NDArray[np.int64], tints: NDArray[np.float64], out: NDArray[np.uint8]
) -> None:
    """Paste `pieces` (n, k, height, width) into `out` (n, rows, columns, channels), the brighter value winning.

    `corners` (n, k, 2) are the (x, y) of their first pixels; what lies outside is left out. `tints` (n, k, channels)
    multiply them.
    """
    count, several, height, width = pieces.shape
    _, rows, columns, channels = out.shape
    for i in range(count):
        for k in range(several):
            x, y = corners[i, k]
            for row in range(max(0, -y), min(height, rows - y)):
                for column in range(max(0, -x), min(width, columns - x)):
                    value = pieces[i, k, row, column]
                    if value == 0:
                        continue
                    for channel in range(channels):
                        tinted = np.uint8(value * tints[i, k, channel] + 0.5)
                        if tinted > out[i, y + row, x + column, channel]:
                            out[i, y + row, x + column, channel] = tinted


@compiled
def affine(images: NDArray[Any], sources: NDArray[np.float64], out: NDArray[Any]) -> None:
    """Fill `out` (n, height, width) with what the images of uint8 show, between pixels by bilinear interpolation.

    Pixel (x, y) comes from (x', y') = A (x, y, 1), with A = `sources` (n, 2, 3); outside the picture there is black.
    """
    count, height, width = images.shape
    for i in range(count):
        image = images[i]
        for row in range(height):
            for column in range(width):
                x = sources[i, 0, 0] * column + sources[i, 0, 1] * row + sources[i, 0, 2]
                y = sources[i, 1, 0] * column + sources[i, 1, 1] * row + sources[i, 1, 2]
                if not (-1.0 < x < width and -1.0 < y < height):
                    out[i, row, column] = 0
                    continue
                left, top = math.floor(x), math.floor(y)
                right, below = x - left, y - top
                total = 0.5
                if top >= 0 and left >= 0:
                    total += (1.0 - below) * (1.0 - right) * image[top, left]
                if top >= 0 and left + 1 < width:
                    total += (1.0 - below) * right * image[top, left + 1]
                if top + 1 < height and left >= 0:
                    total += below * (1.0 - right) * image[top + 1, left]
                if top + 1 < height and left + 1 < width:
                    total += below * right * image[top + 1, left + 1]
                out[i, row, column] = np.uint8(total)
