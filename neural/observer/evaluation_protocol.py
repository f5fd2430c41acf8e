"""The protocol of an evaluation of observers: sentences that say what was compared with what, and for how long."""

from collections.abc import Iterator, Mapping

import numpy as np

from foveation import Viewing, saccade_duration
from neural.observer.audience import FIXATION_DEG, GOLD_DEG
from neural.observer.history import FIRST_REST_S, REST_S
from neural.observer.observer import Observer
from neural.observer.scores import UNIFORM
from saliency import Scanpath
from saliency.evaluation import FLOOR
from saliency.measures.fixations import inside
from saliency.measures.information import SHARE_OF_BASELINE
from saliency.scanpaths.recurrence import RADIUS_DEG
from saliency.scanpaths.sequences import SCANMATCH_THRESHOLD

People = Mapping[str, list[Scanpath]]  # who saw a picture, by the picture's name


def viewing_time(path: Scanpath) -> float:
    """Give for how long a picture was seen, in seconds, from one person's path.

    The end of the last fixation where onsets are known. Else the sum of all fixations (0.25 s where unknown), of the
    saccades between them by the main sequence, and 0.2 s before the first.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> places = {"x": [100, 300], "y": [100, 100], "duration": [0.2, 0.3], "viewing": viewing}
    >>> viewing_time(Scanpath(**places, onset=[0.2, 0.5], watched=0.8))
    0.8
    >>> round(viewing_time(Scanpath(**places, onset=[np.nan, np.nan], watched=0.5)), 2)
    0.79
    """
    if np.isfinite(path.onset + path.duration).any():
        return path.watched
    rests = np.where(path.duration > 0, path.duration, REST_S)
    flights = saccade_duration(path.viewing.angle_deg(np.vstack([path.start, path.places[:-1]]), path.places))
    return float(FIRST_REST_S + rests.sum() + np.sum(flights))


def protocol(
    observers: Mapping[str, Observer], people: People, viewing: Viewing, paths: int, duration: float | None
) -> Iterator[str]:
    """Say what was compared with what."""
    yield from _on_people(people, viewing)
    yield (
        f"Paths: {paths} for each picture, seen {_seen(people, duration)}, each beside each viewer; floor: people's "
        f"paths on other pictures; ceiling: each viewer beside each other. {UNIFORM} and {FLOOR} draw independent "
        f"places, with lengths and durations of people elsewhere."
    )
    untimed = [name for name, observer in observers.items() if observer.parts.is_covert]
    if untimed:
        yield f"No durations of their own, but lengths and durations of people elsewhere: {', '.join(untimed)}."
    yield (
        f"ScanMatch: 12 x 8 bins, threshold {SCANMATCH_THRESHOLD:g} bins; string edit: 5 x 5 bins; recurrence within "
        f"{RADIUS_DEG:g} deg; NSS of the fixations: on people's map, {FIXATION_DEG:g} deg."
    )
    yield "Eye movements: over all paths at once. The ceiling is one half of the viewers beside the other half."
    alone = sum(len(viewers) < 2 for viewers in people.values())
    if alone:
        yield f"One viewer only, and so no ceiling: {alone} of {len(people)} pictures."


def _on_people(people: People, viewing: Viewing) -> Iterator[str]:
    """Say whose fixations were predicted, and between which floor and ceiling."""
    everyone = [path for viewers in people.values() for path in viewers]
    fixations = sum(map(len, everyone))
    outside = fixations - sum(len(inside(path.places, path.viewing.screen_px[::-1])) for path in everyone)
    yield (
        f"{len(people)} pictures, {len(everyone)} paths of people with {fixations} fixations; "
        f"{viewing.pixels_per_degree:.3g} pixels per degree. Means over pictures, ± standard error."
    )
    yield (
        f"Next fixation: mean over a picture's fixations; {outside} outside the pictures count as history only. Floor: "
        f"{FLOOR}, the density of fixations on the other pictures. Ceiling: density of the other viewers "
        f"({GOLD_DEG:g} deg) with {100 * SHARE_OF_BASELINE:g} % of the centre bias, without history."
    )


def _seen(people: People, duration: float | None) -> str:
    """Say for how long a picture was seen."""
    if duration is not None:
        return f"{duration:g} s"
    times = [float(np.median([viewing_time(path) for path in viewers])) for viewers in people.values()]
    return f"as long as people (median {np.median(times or [np.nan]):.2f} s)"
