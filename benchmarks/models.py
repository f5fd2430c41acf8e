"""How fast is every model? At three sizes, beside its plain twin of the tests, and at the first call of a process.

Name models to try only those: `OPENBLAS_NUM_THREADS=1 python benchmarks/models.py itti gbvs`. The times of originals
were measured on a machine of the same kind, but another day: they tell the order of magnitude, not a ratio.
"""

import statistics
import subprocess
import sys
from functools import partial

import cv2
import numpy as np
from measure import milliseconds, table, twins

from foveation import as_image, sample_pixels
from saliency import MODELS

naive = twins("naive")
slow_vocus2 = twins("saliency/models/test_vocus2").slow_twin

TWINS = {
    "itti1998": lambda image: naive.itti(image, merged=True),
    "bms": twins("saliency/models/test_boolean_map").plain_boolean_map,
    "gbvs": twins("saliency/models/test_gbvs").plain_gbvs,
    "spectral-residual": twins("saliency/models/test_spectral").slow_residual,
    "vocus2": lambda image: slow_vocus2(image, 3, 13, 5),
    "vocus2-cluttered": lambda image: slow_vocus2(image, 2, 6, 5),
}
ORIGINALS = {  # 640 x 480, one thread
    "itti": "pySaliencyMap 39 ms",
    "itti1998": "SaliencyToolbox, Octave 780 ms",
    "gbvs": "Octave 1700 ms",
    "bms": "C++ 150 ms",
    "signature": "Octave 166 ms",
    "spectral-residual": "cv2.saliency 0.4 ms",
    "whitening": "Octave 82 ms",
    "aim": "NumPy 690 ms",
    "covariance": "Octave > 600 s",
    "vocus2": "C++ 95 to 135 ms",
    "proto-object": "Octave 34 s",
}
TARGETS = {"readout": 100, "readout-without-faces": 30, "itti": 8, "gbvs": 40, "bms": 12}
HD_TARGETS = {"itti": 25}
FIRST_CALL = """
import sys, time
import cv2
from foveation import sample_pixels
from saliency import MODELS
cv2.setNumThreads(1)
image = cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA)
start = time.process_time()
MODELS[sys.argv[1]](image)
print(time.process_time() - start)
"""


def first_call(name: str, processes: int = 3) -> float:
    """Seconds of CPU time that the first call takes in a process of its own; the compiled code lies on disk."""
    command = [sys.executable, "-c", FIRST_CALL, name]
    times = [float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(processes)]
    return statistics.median(times)


def target(name: str, targets: dict[str, int]) -> str:
    return f"target {targets[name]} ms" if name in targets else ""


vga = cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA)
double, hd = (
    cv2.resize(sample_pixels("coffee"), size, interpolation=cv2.INTER_CUBIC) for size in ((1280, 960), (1920, 1080))
)
names = sys.argv[1:] or list(MODELS)
# From here on the C library keeps memory that is freed, as in any process that has seen a large picture; else much of
# the time of the faster models goes into memory that the operating system clears again and again.
np.empty(31 * 2**20, np.uint8)
speeds, sizes, twins, calls = [], [], [], []
for name in names:
    small, large, largest = (
        milliseconds(partial(MODELS[name], pixels), repeats) for pixels, repeats in ((vga, 15), (double, 7), (hd, 5))
    )
    speeds.append((name, f"{small:.1f} ms", target(name, TARGETS)))
    sizes.append((name, f"{largest:.1f} ms, {large / small:.2f} x", target(name, HD_TARGETS)))
    if name in TWINS:
        slow = milliseconds(partial(TWINS[name], as_image(vga)), 3)
        twins.append((name, f"{slow:.0f} ms, {slow / small:.0f} x", ""))
    calls.append((name, f"{first_call(name):.2f} s", "target 1 s"))
table("Each model, CPU time, one thread, 640 x 480 bytes", speeds)
table("The same at 1920 x 1080; 1280 x 960 takes so many times what 640 x 480 takes (4 x: linear in pixels)", sizes)
table("The plain twin of the tests, 640 x 480; how many times longer it takes", twins)
table("First call in a process, compiled code on disk, 640 x 480", calls)
table("The originals, measured elsewhere", [(name, ORIGINALS[name], "") for name in names if name in ORIGINALS])
