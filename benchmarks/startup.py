"""What does an import cost, and how soon does help answer? Whole processes, in turn, medians."""

import shutil
import statistics
import subprocess
import sys
import time

from measure import table

PYTHON = sys.executable
ALL_NAMES = "import {0}; [getattr({0}, name) for name in {0}.__all__]"  # what is imported when it is first used


def in_turn(commands: dict[str, list[str]], rounds: int = 15) -> dict[str, float]:
    """Median wall time of each command, in seconds; the commands take turns, so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


seconds = in_turn(
    {
        "pass": [PYTHON, "-c", "pass"],
        "help": [shutil.which("foveal") or "foveal", "--help"],
        "parts": [PYTHON, "-c", "import numpy, cv2, numba"],
        "import saliency": [PYTHON, "-c", "import saliency"],
        "saliency": [PYTHON, "-c", ALL_NAMES.format("saliency")],
        "neural": [PYTHON, "-c", ALL_NAMES.format("neural")],
    }
)
table(
    "Start-up, wall time",
    [
        ("python -c pass", f"{1000 * seconds['pass']:.0f} ms", ""),
        ("foveal --help", f"{seconds['help'] / seconds['pass']:.2f} x that", "target 3 x"),
        ("import numpy, cv2, numba", f"{1000 * seconds['parts']:.0f} ms", ""),
        ("import saliency", f"{seconds['import saliency'] / seconds['parts']:.2f} x that", ""),
        ("... and all of its public names", f"{seconds['saliency'] / seconds['parts']:.2f} x that", "target 2 x"),
        ("neural and all of its public names", f"{seconds['neural'] / seconds['parts']:.2f} x that", ""),
    ],
)
