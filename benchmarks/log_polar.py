"""How fast and how good is the antialiased log-polar map? Beside a plain cached remap and OpenCV's `warpPolar`."""

import cv2
import numpy as np
from measure import milliseconds, table

from foveation import sample_pixels
from foveation.logpolar import LogPolar

RINGS, WEDGES, OUTER, CENTRE = 256, 512, 540.0, (959.5, 539.5)
BANDS = ((5, 30), (30, 100), (100, 300), (300, 530))
FLAGS = cv2.WARP_POLAR_LOG + cv2.INTER_LINEAR + cv2.WARP_FILL_OUTLIERS


def plain_maps(log_polar: LogPolar):
    angle, radius = np.radians(log_polar.directions_deg), log_polar.radii_px[:, np.newaxis]
    x = (CENTRE[0] + radius * np.cos(angle)).astype(np.float32)
    y = (CENTRE[1] - radius * np.sin(angle)).astype(np.float32)
    return cv2.convertMaps(x, y, cv2.CV_16SC2)


def decibels(picture, back):
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    radius = np.hypot(x - CENTRE[0], y - CENTRE[1])
    errors = (picture.astype(float) - back) ** 2
    return [10 * np.log10(255**2 / errors[(radius >= low) & (radius < high)].mean()) for low, high in BANDS]


def opencv_round_trip(picture):
    cortex = cv2.warpPolar(picture, (RINGS, WEDGES), CENTRE, OUTER, FLAGS)
    return cv2.warpPolar(cortex, picture.shape[1::-1], CENTRE, OUTER, FLAGS | cv2.WARP_INVERSE_MAP)


def opencv_pyramid(picture, depth):
    for _ in range(depth):
        picture = cv2.pyrDown(picture)


log_polar = LogPolar(rings=RINGS, wedges=WEDGES, outer_px=OUTER)
frame = cv2.resize(sample_pixels("coffee"), (1920, 1080), interpolation=cv2.INTER_CUBIC)
depth, maps = int(np.ceil(log_polar.levels[-1])), plain_maps(log_polar)
cortex = log_polar.forward(frame, CENTRE)
centres = iter(np.random.default_rng(0).uniform(400, 600, (1000, 2)))

plain = milliseconds(lambda: cv2.remap(frame, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), 51)
pyramid = milliseconds(lambda: opencv_pyramid(frame, depth), 51)
forward = milliseconds(lambda: log_polar.forward(frame, CENTRE), 51)
moving = milliseconds(lambda: log_polar.forward(frame, next(centres)), 51)
inverse = milliseconds(lambda: log_polar.inverse(cortex, CENTRE, frame.shape), 15)
warp = milliseconds(lambda: cv2.warpPolar(frame, (RINGS, WEDGES), CENTRE, OUTER, FLAGS), 51)
table(
    f"Log-polar map of 1920 x 1080 RGB, {WEDGES} wedges x {RINGS} rings, CPU time, one thread",
    [
        ("plain cached remap", f"{plain:.2f} ms", ""),
        (f"cv2.pyrDown, {depth} levels", f"{pyramid:.2f} ms", ""),
        ("antialiased, centre fixed", f"{forward:.2f} ms", ""),
        ("  over remap plus pyramid", f"{forward / (plain + pyramid):.2f} x", "target 1.5 x"),
        ("antialiased, centre moving every frame", f"{moving:.2f} ms", ""),
        ("cv2.warpPolar, not antialiased", f"{warp:.2f} ms", ""),
        ("back to the picture, centre fixed", f"{inverse:.2f} ms", ""),
    ],
)

rows = []
for name in ("astronaut", "chelsea", "coffee", "rocket"):
    picture = cv2.resize(sample_pixels(name), frame.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    ours = decibels(picture, log_polar.inverse(log_polar.forward(picture, CENTRE), CENTRE, picture.shape))
    theirs = decibels(picture, opencv_round_trip(picture))
    for band, a, b in zip(BANDS, ours, theirs, strict=True):
        rows.append((f"{name}, {band[0]} to {band[1]} px: ours, warpPolar", f"{a:.1f}, {b:.1f} dB", "not below"))
table("There and back again", rows)

wave = 127.5 + 127.5 * np.sin(0.9 * np.pi * np.arange(1920))
grating = np.rint(wave).astype(np.uint8)[np.newaxis].repeat(1080, axis=0)
outer = log_polar.radii_px > 300
middle = (log_polar.radii_px > 150) & ~outer
soft = LogPolar(rings=RINGS, wedges=WEDGES, outer_px=OUTER, spread=2).forward(grating, CENTRE)
theirs = cv2.warpPolar(grating, (RINGS, WEDGES), CENTRE, OUTER, FLAGS).T
table(
    "A grating of 0.45 cycles per pixel, too fine for the map: standard deviation of 255",
    [
        ("beyond 300 px: ours", f"{log_polar.forward(grating, CENTRE)[outer].std():.1f}", "target 3"),
        ("beyond 300 px: warpPolar", f"{theirs[outer].std():.1f}", ""),
        ("150 to 300 px: ours", f"{log_polar.forward(grating, CENTRE)[middle].std():.1f}", ""),
        ("150 to 300 px: ours with spread=2", f"{soft[middle].std():.1f}", ""),
        ("150 to 300 px: warpPolar", f"{theirs[middle].std():.1f}", ""),
    ],
)
