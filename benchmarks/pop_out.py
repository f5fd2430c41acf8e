"""Does the odd one out win? Red among green and flat among upright bars, by background, size and model."""

import cv2
import numpy as np
from measure import table

from saliency import MODELS, Model

SIZES = (((10, 36), 90), ((6, 24), 60), ((16, 48), 120))  # bar, and distance between bars, in pixels
BACKGROUNDS = {"black": 0.0, "grey": 0.5, "white": 1.0}
SEEDS = 10


def display(
    seed: int, background: float, bar: tuple[int, int], gap: int, kind: str
) -> tuple[np.ndarray, tuple[int, int]]:
    """Bars on a jittered grid of 640 x 480 pixels, one of them odd; the picture and the odd one's place."""
    rng = np.random.default_rng(seed)
    image = np.full((480, 640, 3), background, np.float32)
    grid = [(x, y) for y in range(gap * 2 // 3, 480 - gap // 2, gap) for x in range(gap * 2 // 3, 640 - gap // 2, gap)]
    odd, jitter, target = int(rng.integers(len(grid))), gap // 6, (0, 0)
    for number, (x, y) in enumerate(grid):
        x, y = x + int(rng.integers(-jitter, jitter + 1)), y + int(rng.integers(-jitter, jitter + 1))
        colour, angle = (0.1, 0.7, 0.1), 0.0
        if kind == "orientation":
            colour = (0.2, 0.2, 0.2) if background > 0.3 else (0.8, 0.8, 0.8)
        if number == odd:
            target = (x, y)
            colour, angle = ((0.8, 0.1, 0.1), 0.0) if kind == "colour" else (colour, 90.0)
        corners = cv2.boxPoints(((x, y), bar, angle))
        cv2.fillPoly(image, [np.rint(corners * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)
    return image, target


def share_found(model: Model, background: float, kind: str) -> float:
    """Share of displays in which the map's peak lies within half a gap of the odd one."""
    found = []
    for bar, gap in SIZES:
        for seed in range(SEEDS):
            image, (x, y) = display(seed, background, bar, gap, kind)
            map_ = np.asarray(model(image))
            row, column = np.unravel_index(map_.argmax(), map_.shape)
            found.append(abs(column - x) <= gap / 2 and abs(row - y) <= gap / 2)
    return float(np.mean(found))


for kind in ("colour", "orientation"):
    table(
        f"The odd one in {kind} wins at once, share of {len(SIZES) * SEEDS} displays; on {', '.join(BACKGROUNDS)}",
        [
            (name, ", ".join(f"{share_found(model, level, kind):.0%}" for level in BACKGROUNDS.values()), "")
            for name, model in MODELS.items()
        ],
    )
