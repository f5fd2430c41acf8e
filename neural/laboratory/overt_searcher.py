"""Visual search with the eyes: what is far from the gaze guides less and takes longer to identify."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.checks import check_positive
from neural.laboratory import kernels
from neural.laboratory.searcher import PATIENCE, Practice, Searcher, SearchTrial
from saliency.displays.display import Display
from saliency.scanpaths.scanpath import Scanpath


@dataclass(frozen=True, kw_only=True)
class OvertSearcher(Searcher):
    r"""Search with the eyes: what is far from the gaze guides less and takes longer to tell apart.

    At eccentricity :math:`e` an item's weight is :math:`w^{s} s` and its drift :math:`v s`, with
    :math:`s = 1 / (1 + e / e_2)`. Items are selected as by `Searcher`. One that is no farther than :math:`e_2` is
    identified without moving the eye, as long as the fixation has not lasted as long as planned (a gamma-distributed
    time); to any other, the eye goes at the end of that time. Saccades last 21 ms and 2.2 ms a degree more.

    Parameters
    ----------
    half_deg : float
        Eccentricity :math:`e_2` at which identification takes twice as long, in degrees: the functional visual field.
    timer : float
        Mean planned duration of a fixation, in seconds.
    timer_steps : int
        Steps of its random walk: the more, the more regular.

    Notes
    -----
    These displays have large items, which people can tell apart without looking at each; this searcher is for those who
    have to look. Its eccentricity is set by hand; the residual and planned times are such that, over all trials, the
    reaction time is about that of the experiments below: 376 ms, and 252 ms more with each fixation that is chosen.

    References
    ----------
    Wolfe (2021), Guided Search 6.0: functional visual fields. Gupta, Zhang, Wu, Wolfe and Kreiman (2021), Visual search
    asymmetry: deep nets and humans share similar inherent biases, NeurIPS: reaction times by fixations.

    Examples
    --------
    >>> searcher = OvertSearcher()
    >>> display = search_display("2-among-5", 18, present=False, rng=1)
    >>> trial = searcher.search(display, searcher.practise("2-among-5"), rng=1)
    >>> trial.said, trial.fixations > 3
    (False, True)
    """

    half_deg: float = 5.0
    residual: float = 0.27
    timer: float = 0.2
    timer_steps: int = 9

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "half_deg", "timer", "timer_steps")

    def search(self, display: Display, practice: Practice, *, rng: np.random.Generator | int = 0) -> SearchTrial:
        """Search one display, from its centre on."""
        rng = np.random.default_rng(rng)
        weights, drifts = self._weights(display, practice, rng), self._drifts(display, practice)
        places = np.vstack([display.items, display.viewing.centre])
        distances = np.asarray(display.viewing.angle_deg(places[:, np.newaxis], places[np.newaxis]))
        inspected = np.empty(PATIENCE * len(weights), np.int64)
        looks = np.empty((PATIENCE * len(weights), 3))
        gaze = kernels.Gaze(self.half_deg, self.timer, float(self.timer_steps))
        elapsed, found, count, fixations = kernels.overt_search(
            weights, drifts, self._advantage(practice), self._stage, gaze, distances, looks, inspected, rng
        )
        path = _path(places, looks[:fixations], elapsed, display.viewing)
        return self._answered(display, elapsed, found, inspected[:count], path, rng)


def _path(places: NDArray[np.float64], looks: NDArray[np.float64], watched: float, viewing: Viewing) -> Scanpath:
    """Give the fixations that were chosen."""
    x, y = places[looks[:, 0].astype(int)].T
    onset, end = looks[:, 1], looks[:, 2]
    return Scanpath(
        x=x[1:], y=y[1:], onset=onset[1:], duration=(end - onset)[1:], viewing=viewing, watched=watched,
        start=(float(x[0]), float(y[0])),
    )  # fmt: skip
