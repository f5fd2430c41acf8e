"""How the benchmarks measure: CPU time of this process, medians, one thread, and ratios within one run."""

import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

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


def twins(file: str) -> ModuleType:
    """Import a file of `tests/`, for the slow twins in it: `twins("saliency/models/test_gbvs")`."""
    tests = Path(__file__).resolve().parent.parent / "tests"
    sys.path[:0] = [str(tests), str((tests / file).parent)]
    return import_module(Path(file).name)


def table(title: str, rows: list[tuple[str, str, str]]) -> None:
    """Print what was measured, the figure, and the target."""
    print(f"\n{title}")
    for name, figure, target in rows:
        print(f"  {name:<58} {figure:>18}   {target}")
