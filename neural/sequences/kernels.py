"""The compiled loop that draws scenes of shapes."""

import math

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def draw_shapes(
    picture: NDArray[np.int64],
    centres: NDArray[np.float64],
    radii: NDArray[np.float64],
    shapes: NDArray[np.int64],
    colours: NDArray[np.float64],
    out: NDArray[np.uint8],
) -> None:
    """Draw circles (0), squares (1), triangles (2) and crosses (3) into the pictures `out` (n, rows, columns, 3).

    Each fills the box of `radii` (k,) pixels to all sides of its centre (k, 2), (x, y). A pixel whose middle is d
    pixels within the outline shows d + 1/2 of the colour (k, 3), at most all of it, over what was there.
    """
    _, rows, columns, _ = out.shape
    slant = 1 / math.sqrt(5.0)
    for k in range(len(radii)):
        image, (middle_x, middle_y), radius = out[picture[k]], centres[k], radii[k]
        top, bottom = max(math.ceil(middle_y - radius - 0.5), 0), min(math.floor(middle_y + radius + 0.5), rows - 1)
        left, right = max(math.ceil(middle_x - radius - 0.5), 0), min(math.floor(middle_x + radius + 0.5), columns - 1)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                x, y = abs(column - middle_x), row - middle_y
                if shapes[k] == 0:
                    beyond = math.hypot(x, y) - radius
                elif shapes[k] == 1:
                    beyond = max(x, abs(y)) - radius
                elif shapes[k] == 2:
                    beyond = max(y - radius, (2 * x - y - radius) * slant)
                else:
                    beyond = min(max(x - radius, abs(y) - radius / 3), max(x - radius / 3, abs(y) - radius))
                ink = min(max(0.5 - beyond, 0.0), 1.0)
                for channel in range(3):
                    ground = image[row, column, channel]
                    image[row, column, channel] = np.uint8(ground + ink * (colours[k, channel] - ground) + 0.5)
