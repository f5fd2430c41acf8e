"""How fast are glimpses? Beside OpenCV called for each patch, and `grid_sample` of PyTorch where it is installed."""

from importlib.util import find_spec

import cv2
import numpy as np
from measure import milliseconds, table

from foveation import Viewing
from foveation.glimpse import FoveatedSensor, GlimpseSensor, LogPolarSensor
from foveation.image import normalised_to_pixels
from foveation.logpolar import LogPolar

COUNT, SIDE, SIZE, SCALES = 256, 60, 12, 3
rng = np.random.default_rng(0)
images = rng.random((COUNT, SIDE, SIDE), dtype=np.float32)
colours = rng.random((COUNT, SIDE, SIDE, 3), dtype=np.float32)
pixels = rng.integers(0, 256, (COUNT, SIDE, SIDE), np.uint8)
anywhere = rng.uniform(-1, 1, (COUNT, 2))
inside = rng.uniform(-0.15, 0.15, (COUNT, 2))  # the widest patch fits
sensor = GlimpseSensor(size=SIZE, scales=SCALES, units="normalised")


def opencv(locations):
    places = normalised_to_pixels(locations, (SIDE, SIDE))
    out = np.empty((COUNT, SCALES, SIZE, SIZE), np.float32)
    for image, place, glimpse in zip(images, places, out, strict=True):
        for scale in range(SCALES):
            patch = cv2.getRectSubPix(image, (SIZE << scale, SIZE << scale), place)
            glimpse[scale] = cv2.resize(patch, (SIZE, SIZE), interpolation=cv2.INTER_AREA) if scale else patch
    return out


def grid_sample(locations):
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    batch, centres = torch.from_numpy(images)[:, None], torch.from_numpy(locations.astype(np.float32))

    def run():
        patches = []
        for scale in range(SCALES):
            extent = SIZE << scale
            steps = (torch.arange(extent) - (extent - 1) / 2) * 2 / SIDE
            y, x = torch.meshgrid(steps, steps, indexing="ij")
            grid = torch.stack([x, y], dim=-1) + centres[:, None, None]
            patch = functional.grid_sample(batch, grid, align_corners=False)
            patches.append(functional.avg_pool2d(patch, 1 << scale))
        return torch.cat(patches, dim=1).numpy()

    return run


ours, plain = milliseconds(lambda: sensor(images, anywhere), 41), milliseconds(lambda: opencv(anywhere))
ours_inside, plain_inside = milliseconds(lambda: sensor(images, inside), 41), milliseconds(lambda: opencv(inside))
rows = [
    (
        "whole patches inside the picture: ours, OpenCV loop",
        f"{ours_inside:.2f}, {plain_inside:.2f} ms",
        "target 1.2 ms",
    ),
    ("whole patches inside: faster than the loop by", f"{plain_inside / ours_inside:.1f} x", ""),
    ("locations anywhere: ours, OpenCV loop", f"{ours:.2f}, {plain:.2f} ms", "target 1.2 ms"),
    ("locations anywhere: faster than the loop by", f"{plain / ours:.1f} x", ""),
    ("largest difference from the loop, inside", f"{np.abs(sensor(images, inside) - opencv(inside)).max():.1e}", ""),
]
if find_spec("torch"):
    run = grid_sample(anywhere)
    theirs = milliseconds(run)
    rows.append(("locations anywhere: faster than grid_sample by", f"{theirs / ours:.1f} x", "target 6 x"))
    rows.append(("largest difference from it", f"{np.abs(sensor(images, anywhere) - run()).max():.1e}", ""))
for padding in ("edge", "mean"):
    padded = GlimpseSensor(size=SIZE, scales=SCALES, padding=padding, units="normalised")
    rows.append(
        (f"locations anywhere, padding {padding}", f"{milliseconds(lambda p=padded: p(images, anywhere)):.2f} ms", "")
    )
rows.append(("locations anywhere, bytes", f"{milliseconds(lambda: sensor(pixels, anywhere)):.2f} ms", ""))
rows.append(("locations anywhere, RGB", f"{milliseconds(lambda: sensor(colours, anywhere)):.2f} ms", ""))
uneven = GlimpseSensor(size=11, scales=SCALES, factor=1.7, units="normalised")
rows.append(("locations anywhere, 11 x 11, factor 1.7", f"{milliseconds(lambda: uneven(images, anywhere)):.2f} ms", ""))
acuity = FoveatedSensor(viewing=Viewing.from_pixels_per_degree(40, (SIDE, SIDE)), units="normalised")
rows.append(("acuity-blended sensor, 48 x 48", f"{milliseconds(lambda: acuity(images, anywhere), 3):.0f} ms", ""))
log_polar = LogPolar(rings=16, wedges=32, inner_px=1, outer_px=24)
rings = LogPolarSensor(log_polar=log_polar, units="normalised")
rows.append(
    ("log-polar sensor, 16 rings x 32 wedges", f"{milliseconds(lambda: rings(images, anywhere), 3):.0f} ms", "")
)
table(
    f"Glimpses of {COUNT} pictures of {SIDE} x {SIDE}, {SCALES} scales of {SIZE} x {SIZE}, CPU time, one thread", rows
)
