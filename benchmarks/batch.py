"""A collection of pictures of 640 x 427 px, 3 s each: how many per second one process observes, and how many two do.

    OPENBLAS_NUM_THREADS=1 python benchmarks/batch.py

Pictures per second are wall time, the best of the rounds, and mean something on a machine that has nothing else to do.
The CPU time that a picture takes in all (here and in the workers) holds on a busy one too: two processors cannot do
more than twice the pictures of one, times its ratio. What the processes need to begin is left out. Linux only.
"""

import os
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from measure import table

from demos.commands.batch import AHEAD
from demos.workers import processes
from foveation import Viewing, sample_pixels, write_image
from neural import Observer
from neural.observer.collection import observe_all

PICTURES, ROUNDS = 24, 3
VIEWING = partial(Viewing.from_pixels_per_degree, 24)


def pictures(folder):
    whole = sample_pixels("rocket")
    for k in range(PICTURES):
        write_image(folder / f"{k:02}.png", np.roll(whole, 20 * k, axis=1))
    return sorted(folder.iterdir())


def cpu_seconds(processes=()):
    """CPU time of this process and of those."""
    stats = (Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in processes)
    return time.process_time() + sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def measured(files, executor=None):
    """Pictures per second, and pictures per second of CPU time."""
    observer, workers = Observer(), executor._processes if executor else ()
    with tempfile.TemporaryDirectory() as out:
        before, start = cpu_seconds(workers), time.perf_counter()
        results = list(observe_all(files, observer, viewing=VIEWING, out=out, executor=executor, ahead=2 * AHEAD))
        speeds = len(files) / (time.perf_counter() - start), len(files) / (cpu_seconds(workers) - before)
        kept = list(observe_all(files, observer, viewing=VIEWING, out=out))
    assert [observed.paths for observed in kept if observed.kept] == [observed.paths for observed in results]
    return speeds


def main():
    with tempfile.TemporaryDirectory() as folder, processes(2, Observer()) as executor:
        files = pictures(Path(folder))
        measured(files), measured(files, executor)
        rounds = [(measured(files), measured(files, executor)) for _ in range(ROUNDS)]
    (one, one_cpu), (two, two_cpu) = np.max(rounds, axis=0)
    table(
        "A collection of pictures",
        [
            ("pictures per second, 1 process", f"{one:.1f}", ""),
            ("pictures per second, 2 processes", f"{two:.1f}", ""),
            ("2 processes over 1", f"{two / one:.2f}", "above 1.7, if nothing else runs"),
            ("2 processes over 1, by CPU time", f"{2 * two_cpu / one_cpu:.2f}", "above 1.7"),
        ],
    )


if __name__ == "__main__":
    main()
