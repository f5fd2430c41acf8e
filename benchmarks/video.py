"""How fast is the map of a film? Whole and by channel, on one thread and on two, at three sizes.

One thread is measured in CPU time. With two, one works out the static map of a frame while the other sees to its
flicker, motion and surprise: that is measured by the clock, beside one thread by the clock, and what other programs do
makes both slower. Reading the film from its file is not counted.
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from measure import milliseconds, table

from foveation import as_image, sample_pixels
from saliency import IttiKoch
from saliency.features.motion import Motion, common_light
from saliency.features.surprise import Surprise
from saliency.models.films import VideoSaliency

FRAMES = 12


def film(width, height):
    """Pan over a photograph on which a disc moves otherwise."""
    wide = cv2.resize(sample_pixels("coffee"), (width + 10 * FRAMES, height), interpolation=cv2.INTER_CUBIC)
    frames = [np.ascontiguousarray(wide[:, 8 * k : 8 * k + width]) for k in range(FRAMES)]
    for k, frame in enumerate(frames):
        cv2.circle(frame, (width // 2, height // 4 + 6 * k), height // 20, (240, 240, 240), -1)
    return frames


def cost(frames, clock, executor=None, **options):
    """Median time of one frame, in ms."""
    eye, times = VideoSaliency(**options).watch(executor), []
    for lap in range(2):
        for number, frame in enumerate(frames):
            start = clock()
            eye.update(frame, (lap * FRAMES + number) * 0.04)
            times.append(clock() - start)
    return 1000 * statistics.median(times[3:])


rows = []
for width, height in ((1920, 1080), (640, 480), (320, 240)):
    frames = film(width, height)
    one = cost(frames, time.process_time)
    alone = cost(frames, time.perf_counter)
    with ThreadPoolExecutor(1) as executor:
        two = cost(frames, time.perf_counter, executor=executor)
    without = cost(frames, time.process_time, weights={"surprise": 0})
    target = "target 30" if width == 1920 else "target 40" if width == 320 else ""
    rows += [
        (f"{width} x {height}: one thread, CPU", f"{one:.1f} ms, {1000 / one:.0f} /s", target),
        (f"{width} x {height}: one thread, CPU, without surprise", f"{without:.1f} ms, {1000 / without:.0f} /s", ""),
        (f"{width} x {height}: one thread, clock", f"{alone:.1f} ms, {1000 / alone:.0f} /s", ""),
        (f"{width} x {height}: two threads, clock", f"{two:.1f} ms, {1000 / two:.0f} /s", target),
    ]
table("Frames of a film, ms and frames a second (flicker and motion at 320 pixels, static map at 640)", rows)

small = [as_image(cv2.resize(frame, (320, 180), interpolation=cv2.INTER_AREA)) for frame in film(1920, 1080)[:2]]
before, now = (frame.mean(axis=2) for frame in small)
half = cv2.resize(film(1920, 1080)[0], (640, 360), interpolation=cv2.INTER_AREA)
rates = np.random.default_rng(0).random((9, 22, 40)) * 10
beliefs, spatial = Surprise(space=0).begin(rates), Surprise().begin(rates)
full = film(1920, 1080)[0]
parts = {
    "shrinking 1920 x 1080 to 640": lambda: cv2.resize(full, (640, 360), interpolation=cv2.INTER_AREA),
    "static map, 640 x 360": lambda: IttiKoch()(half),
    "common light, 320 x 180": lambda: common_light(before, now),
    "motion, ultrafast": lambda: Motion(preset="ultrafast")(before, now, 0.04),
    "motion, fast": lambda: Motion()(before, now, 0.04),
    "motion, medium": lambda: Motion(preset="medium")(before, now, 0.04),
    "surprise in time, nine maps of 40 x 22": lambda: beliefs.update(rates[::-1], elapsed=0.04),
    "surprise in time and space": lambda: spatial.update(rates[::-1], elapsed=0.04),
}
table("Parts, CPU time, one thread", [(name, f"{milliseconds(part):.2f} ms", "") for name, part in parts.items()])
