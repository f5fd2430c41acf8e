"""Does the task change the map the way it changes where people look? On the same pictures under four tasks.

`python benchmarks/task_maps.py FOLDER`: FOLDER holds `images/` and, for each task, densities of where people looked,
`maps/free_viewing/`, `maps/count_people/`, `maps/emotion/` and `maps/occasion/`, of the pictures' names. `TASKS` were
fitted on every second picture from the first; what is printed is of the other half. The read-out itself learned from
free viewing of other sets, with which this one shares some pictures, so that the level of its scores may be too high,
bottom-up and under a task alike; what counts is the difference.
"""

import sys
from pathlib import Path

import numpy as np
from measure import table

from foveation import read_image
from foveation.opencv import cv2
from saliency import IttiKoch, Readout, cc
from saliency.task.presets import TASKS

WIDTH = 768  # pixels to which the pictures are enlarged, so that faces and text in them are large enough
CELLS = (64, 48)
RESAMPLES = 10_000


def maps_of(image, bottom_up):
    """Give the bottom-up map and that of each task, on the cells."""
    image = cv2.resize(image, (WIDTH, round(WIDTH * image.shape[0] / image.shape[1])), interpolation=cv2.INTER_CUBIC)
    whole = bottom_up(np.clip(image, 0, 1))
    every = [whole, *(task(np.clip(image, 0, 1), whole) for task in TASKS.values())]
    return [cv2.resize(each, CELLS, interpolation=cv2.INTER_AREA) for each in every]


def people(folder, name, task):
    density = read_image(folder / "maps" / task.replace(" ", "_") / f"{name}.png")[..., 0]
    return cv2.resize(density, CELLS, interpolation=cv2.INTER_AREA)


def paired(differences):
    """Say the mean difference, Student's t and the bootstrap's interval of 95 %."""
    count = len(differences)
    t = differences.mean() / (differences.std(ddof=1) / np.sqrt(count))
    drawn = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    low, high = np.percentile(differences[drawn].mean(axis=1), (2.5, 97.5))
    return f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}], t({count - 1}) = {t:.2f}"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    pictures = sorted((folder / "images").iterdir())[1::2]
    readout = Readout()
    for title, bottom_up in (
        ("Readout, on which the tasks were fitted", lambda image: readout.metric_map(image, "cc")),
        ("IttiKoch.tuned(), on which they were not", IttiKoch.tuned()),
    ):
        scores = np.array(
            [
                [[cc(map_, people(folder, path.stem, task)) for map_ in maps] for task in TASKS]
                for path in pictures
                for maps in [maps_of(read_image(path), bottom_up)]
            ]
        )  # pictures, tasks of the people, maps
        rows = []
        for k, task in enumerate(TASKS):
            own, others = scores[:, k, k + 1], np.delete(scores[:, k, 1:], k, axis=1)
            rows += [
                (f"people: {task}", f"{own.mean():.3f}", f"bottom-up {scores[:, k, 0].mean():.3f}"),
                ("  own task's map over the bottom-up one", paired(own - scores[:, k, 0]), "> 0 for 3 of 4"),
                ("  own task's map over the mean of the other tasks'", paired(own - others.mean(axis=1)), "> 0"),
                ("  the other tasks' maps", ", ".join(f"{value:.3f}" for value in others.mean(axis=0)), ""),
            ]
        table(f"CC with people's density, {len(pictures)} pictures that nothing was fitted on; {title}", rows)
