"""How the benchmarks measure: CPU time of this process, medians, one thread, and ratios within one run."""

import statistics
import time
from collections.abc import Callable

import cv2

cv2.setNumThreads(1)


def milliseconds(function: Callable[[], object], repeats: int = 15) -> float:
    """Median CPU time of one call, in ms, after two calls that are not counted."""
    function(), function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times)


def table(title: str, rows: list[tuple[str, str, str]]) -> None:
    """Print what was measured, the figure, and the target."""
    print(f"\n{title}")
    for name, figure, target in rows:
        print(f"  {name:<58} {figure:>18}   {target}")
