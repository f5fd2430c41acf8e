"""Tasks whose gains and priors were fitted to where people look with that task in mind."""

from collections.abc import Sequence

from saliency.models.centre_bias import CentreBias
from saliency.task.spatial_prior import Band
from saliency.task.task import Task
from saliency.task.vocabulary import FEATURES


def _fitted(gains: Sequence[float], middle: float, spread: tuple[float, float], trust: float) -> Task:
    """Give a task of gains in the order of the features, text and skin, and a prior around a height of the picture."""
    prior = Band(bias=CentreBias(spread=spread, middle=(0.5, middle)), trust=trust)
    return Task(gains=dict(zip((*FEATURES, "text", "skin"), gains, strict=True)), priors=(prior,))


# Eight people a task each looked at the same photographs (Albayrak 2020, task492). Fitted on every second picture of 80
# from the first, with `Readout().metric_map(image, "cc")` as the map, for the greatest mean correlation; first the
# prior, out of a grid, then the gains, held to those of bottom-up by a penalty that cross-validation on the same 40
# pictures picked. `benchmarks/task_maps.py` scores the other 40. Faces got a gain of 0: the read-out sees them already.
TASKS: dict[str, Task] = {
    "free viewing": _fitted(
        (0.93, 1.01, 1.04, 0.99, 0.94, 0.92, 1.03, 0.98, 1.03, 1.09, 0.06, 0.10), 0.4, (0.2, 0.25), 0.75
    ),
    "count people": _fitted(
        (0.85, 1.27, 0.60, 1.02, 1.01, 0.84, 1.05, 1.01, 0.95, 1.07, 0.18, 0.06), 0.4, (1e3, 0.35), 0.95
    ),
    "emotion": _fitted((0.98, 1.05, 1.04, 0.99, 0.91, 0.90, 0.92, 1.02, 1.05, 1.09, 0.03, 0.05), 0.5, (0.2, 0.15), 0.5),
    "occasion": _fitted(
        (1.00, 1.00, 0.97, 1.00, 0.93, 0.89, 1.00, 1.03, 1.03, 1.07, 0.23, 0.06), 0.5, (0.2, 0.25), 0.75
    ),
}
