"""How fast is pooling? Beside the same windows kept as a dense stack of maps, as is usual, and summed with einsum."""

import numpy as np
from measure import milliseconds, table

from foveation import Viewing
from foveation.pooling import PoolingWindows, mother_window, polar_deg


def dense_stack(windows: PoolingWindows, gaze: tuple[float, float], viewing: Viewing):
    """All windows as maps (rings, wedges, height, width), float32, straight from their formulas."""
    width, height = viewing.screen_px
    eccentricity, direction = polar_deg(np.stack(np.meshgrid(range(width), range(height)), -1), gaze, viewing)
    ring, wedge = np.arange(windows.rings)[:, None, None], np.arange(windows.wedges)[:, None, None]
    out = np.log(np.maximum(eccentricity, 1e-12) / windows.innermost_deg) / windows.ring_width - ring
    around = (direction / windows.wedge_width_deg - wedge + windows.wedges / 2) % windows.wedges - windows.wedges / 2
    rings, wedges = mother_window(out).astype(np.float32), mother_window(around).astype(np.float32)
    return rings[:, None] * wedges[None]


windows = PoolingWindows(scaling=0.5)
viewing = Viewing.from_pixels_per_degree(8, (256, 256))
gaze = (100.0, 140.0)
picture = np.random.default_rng(0).random((256, 256)).astype(np.float32)
features = np.random.default_rng(0).random((256, 256, 16)).astype(np.float32)
moves = iter(np.random.default_rng(1).random((100, 2)) * 255)

set_up = milliseconds(lambda: windows.shares(next(moves), viewing))
dense_set_up = milliseconds(lambda: dense_stack(windows, gaze, viewing), 3)
stack = dense_stack(windows, gaze, viewing)
totals = stack.sum(axis=(2, 3), dtype=np.float64)
pool = milliseconds(lambda: windows.pool(picture, gaze, viewing))
dense_pool = milliseconds(lambda: np.einsum("rwyx,yx->rw", stack, picture, optimize=True), 5)
pool_features = milliseconds(lambda: windows.pool(features, gaze, viewing))
dense_features = milliseconds(lambda: np.einsum("rwyx,yxc->rwc", stack, features, optimize=True), 3)
pooled = windows.pool(picture, gaze, viewing, empty=0)
project = milliseconds(lambda: windows.project(pooled, gaze, viewing))
dense_project = milliseconds(lambda: np.einsum("rwyx,rw->yx", stack, pooled, optimize=True), 5)
shares = windows.shares(gaze, viewing)
kept = sum(part.nbytes for part in shares)
seen = totals > 1
dense_means = np.einsum("rwyx,yx->rw", stack, picture, optimize=True)[seen] / totals[seen]

screen = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8125), distance_cm=60.0)
fine = PoolingWindows(scaling=0.25, outermost_deg=30)
frame = np.random.default_rng(0).random((1080, 1920, 3)).astype(np.float32)
steps = iter(np.random.default_rng(1).random((100, 2)) * 1000)
hd_set_up = milliseconds(lambda: fine.shares(next(steps), screen), 5)
hd_pool = milliseconds(lambda: fine.pool(frame, (960, 540), screen), 5)

table(
    f"Pooling windows, scaling 0.5, {windows.count} of them, 256 x 256, CPU time",
    [
        ("set-up for a new gaze: ours, dense", f"{set_up:.1f}, {dense_set_up:.0f} ms", ""),
        ("set-up: faster by", f"{dense_set_up / set_up:.0f} x", ""),
        ("pool one map: ours, dense einsum", f"{pool:.2f}, {dense_pool:.1f} ms", ""),
        ("pool one map: faster by", f"{dense_pool / pool:.0f} x", ""),
        ("pool 16 maps: ours, dense einsum", f"{pool_features:.1f}, {dense_features:.1f} ms", ""),
        ("project: ours, dense einsum", f"{project:.2f}, {dense_project:.1f} ms", ""),
        ("kept for a gaze: ours, dense", f"{kept / 2**20:.2f}, {stack.nbytes / 2**20:.0f} MiB", ""),
        ("largest difference of the means", f"{np.abs(pooled[seen] - dense_means).max():.1e}", "target 1e-4"),
        (f"1920 x 1080, {fine.count} windows: set-up, pool RGB", f"{hd_set_up:.0f}, {hd_pool:.0f} ms", ""),
    ],
)
