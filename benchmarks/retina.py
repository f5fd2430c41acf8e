"""How fast is the retinal image? Beside one `cv2.pyrDown` of the frame, and two recipes people use."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import cv2
import numpy as np
from measure import milliseconds, table

from foveation import Foveator, Viewing


def reference_screen(width: int, height: int) -> Viewing:
    return Viewing(screen_px=(width, height), screen_cm=(53.0, 53.0 * height / width), distance_cm=60.0)


def gaussian_recipe(frame: np.ndarray, eccentricity: np.ndarray) -> np.ndarray:
    """Four Gaussian blurs of the whole frame, blended by eccentricity in NumPy."""
    stack = [frame.astype(np.float32)] + [cv2.GaussianBlur(frame, (0, 0), 2.0**k).astype(np.float32) for k in range(4)]
    level = np.clip(eccentricity / 6, 0, 3.999)
    out = np.zeros_like(stack[0])
    for k in range(4):
        share = np.clip(1 - np.abs(level - k), 0, 1)[..., None]
        out += share * stack[k]
    return out.astype(np.uint8)


def laplacian_recipe(frame: np.ndarray, masks: list[np.ndarray]) -> np.ndarray:
    """Multiply each band of a Laplacian pyramid by a mask and add them up again, in float."""
    gaussian = [frame.astype(np.float64)]
    for _ in range(4):
        gaussian.append(cv2.pyrDown(gaussian[-1]))
    out = gaussian[-1]
    for k in range(3, -1, -1):
        size = gaussian[k].shape[1::-1]
        band = gaussian[k] - cv2.pyrUp(gaussian[k + 1], dstsize=size)
        out = cv2.pyrUp(out, dstsize=size) + band * masks[k]
    return np.clip(out, 0, 255).astype(np.uint8)


rng = np.random.default_rng(0)
frame = rng.integers(0, 256, (1080, 1920, 3), np.uint8)
screen = reference_screen(1920, 1080)
still, moving = Foveator(screen, frame.shape), Foveator(screen, frame.shape)
gazes = cycle(rng.random((100, 2)) * (1920, 1080))
large = rng.integers(0, 256, (2160, 3840, 3), np.uint8)
wide = Foveator(reference_screen(3840, 2160), large.shape)
rows, columns = np.mgrid[:1080, :1920]
eccentricity = np.hypot(columns - 960, rows - 540) / screen.pixels_per_degree
sizes = [(-(-1920 // 2**k), -(-1080 // 2**k)) for k in range(4)]
masks = [cv2.resize(np.exp(-((eccentricity / 5 / 2**k) ** 2)), size)[..., None] for k, size in enumerate(sizes)]

# parts take turns, so that drift of the machine hits all alike
down, fixed, follow, four = [], [], [], []
for _ in range(5):
    down.append(milliseconds(lambda: cv2.pyrDown(frame), 9))
    fixed.append(milliseconds(lambda: still(frame), 9))
    follow.append(milliseconds(lambda: moving.look(next(gazes))(frame), 9))
    four.append(milliseconds(lambda: wide(large), 3))
unit, still_ms, moving_ms, large_ms = (statistics.median(times) for times in (down, fixed, follow, four))
gaussian_ms = milliseconds(lambda: gaussian_recipe(frame, eccentricity), 3)
laplacian_ms = milliseconds(lambda: laplacian_recipe(frame, masks), 3)


def seconds_for(workers: int, frames: int = 240) -> float:
    """Wall time for many frames, each worker with a Foveator of its own."""
    eyes = [Foveator(screen, frame.shape) for _ in range(workers)]
    own = [frame.copy() for _ in range(workers)]
    for eye, picture in zip(eyes, own, strict=True):
        eye(picture)

    def work(eye: Foveator, picture: np.ndarray) -> None:
        for _ in range(frames // workers):
            eye(picture)

    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as executor:
        list(executor.map(work, eyes, own))
    return time.perf_counter() - start


def foveatorch_ms() -> float | None:
    """CPU time of foveatorch (a Perry-Geisler pyramid in PyTorch) on the same frame, where it is installed."""
    try:
        import torch
        from foveatorch import foveate
    except ImportError:
        return None
    torch.set_num_threads(1)
    tensor = torch.from_numpy(frame.transpose(2, 0, 1)[np.newaxis] / np.float32(255))
    return milliseconds(lambda: foveate(tensor, torch.tensor([[[960.0, 540.0]]])), 3)


speed_up = statistics.median(seconds_for(1) / seconds_for(2) for _ in range(9))
torch_ms = foveatorch_ms()
table(
    "Retinal image, uint8 RGB, CPU time, one thread",
    [
        ("cv2.pyrDown of a 1920 x 1080 frame", f"{unit:.2f} ms", ""),
        ("foveate it, gaze fixed", f"{still_ms / unit:.2f} x that", "target 2.5 x"),
        ("foveate it, gaze moving every frame", f"{moving_ms / unit:.2f} x that", "target 4 x"),
        ("foveate 3840 x 2160 beside 1920 x 1080", f"{large_ms / still_ms:.2f} x", "target 4.5 x"),
        ("four Gaussian blurs and a NumPy blend: slower by", f"{gaussian_ms / still_ms:.0f} x", "target 40 x"),
        ("Laplacian pyramid and masks: slower by", f"{laplacian_ms / still_ms:.0f} x", "target 25 x"),
        ("foveatorch: slower by", f"{torch_ms / still_ms:.0f} x" if torch_ms else "not installed", "extra `bench`"),
        ("two threads beside one, wall time", f"{speed_up:.2f} x", "target 1.7 x"),
    ],
)
