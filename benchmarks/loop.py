"""What does a look cost? The whole loop through the fovea, and its parts, beside plain NumPy and OpenCV."""

import cv2
import numpy as np
from measure import milliseconds, table

from foveation import Viewing, as_image, foveate, sample_pixels
from neural import Observer
from saliency import Scanpath, WinnerTakeAll

image = as_image(cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA))
viewing = Viewing.from_pixels_per_degree(24, image.shape)
rows, columns = np.mgrid[:480, :640]


def plain_foveate() -> np.ndarray:
    """Four Gaussian blurs, mixed by eccentricity: the usual recipe, uncalibrated."""
    level = np.clip(np.hypot(columns - 320, rows - 240) / 24 / 6, 0, 3.999)
    blurred = np.stack([image, *(cv2.GaussianBlur(image, (0, 0), sigma) for sigma in (1, 2, 4, 8))])
    below = level.astype(int)
    share = (level - below)[..., None]
    at = blurred[below, rows, columns], blurred[below + 1, rows, columns]
    return at[0] * (1 - share) + at[1] * share


def look(observer: Observer) -> Scanpath:
    return observer.look(image, viewing, duration=3.0, rng=0)


priority = np.random.default_rng(0).random((48, 64)).astype(np.float32)
path, sharp = look(Observer()), look(Observer(eye=None))
map_from_retina, once = milliseconds(lambda: look(Observer()), 7), milliseconds(lambda: look(Observer(eye=None)), 7)
ours, plain = milliseconds(lambda: foveate(image, (320, 240), viewing)), milliseconds(plain_foveate, 7)
same = np.mean([np.hypot(path.x - x, path.y - y).min() < viewing.pixels_per_degree for x, y in sharp.places])
table(
    "The loop, 640 x 480, CPU time, one thread",
    [
        ("3 s through the fovea, map anew at each fixation", f"{map_from_retina:.0f} ms", ""),
        ("... per fixation", f"{map_from_retina / (len(path) + 1):.1f} ms", ""),
        ("3 s without a fovea, map made once", f"{once:.0f} ms", ""),
        ("... share of its places within 1 deg of the fovea's path", f"{same:.0%}", ""),
        ("foveate, float: ours, naive recipe", f"{ours:.1f}, {plain:.1f} ms", ""),
        ("foveate: faster than the naive recipe by", f"{plain / ours:.0f} x", ""),
        ("one race of 64 x 48 units", f"{milliseconds(lambda: WinnerTakeAll()(priority)):.1f} ms", ""),
    ],
)
