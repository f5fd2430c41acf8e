"""How good are observers? Their predictions and their paths beside people's, between a floor and the ceiling."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.checks import check_number
from neural.observer.audience import Audience
from neural.observer.evaluation_protocol import protocol, viewing_time
from neural.observer.grid import CellGrid
from neural.observer.observer import Observer
from neural.observer.scores import ELSEWHERE, MEASURES, READING, UNIFORM, ScanpathEvaluation
from saliency import Recordings, Scanpath
from saliency.evaluation import CEILING, FLOOR, Failure, sentence
from saliency.models.stored_maps import FixedMap
from saliency.scanpaths.statistics import OculomotorStatistics, StatisticsComparison, compare


def evaluate_scanpaths(
    observers: Mapping[str, Observer],
    recordings: Recordings,
    viewing: Viewing,
    *,
    rng: np.random.Generator | int,
    pictures: Sequence[str] | None = None,
    paths: int = 5,
    duration: float | None = None,
    executor: Executor | None = None,
    watch: Callable[[Iterable[Any]], Iterable[Any]] | None = None,
) -> ScanpathEvaluation:
    r"""Score observers on people's recorded scanpaths, between floors that do not see the picture and a ceiling.

    *Next fixation.* Given a person's own fixations so far, an observer has a density :math:`p` on its cells (`follow`).
    For the cell :math:`c` that the person looked at next, the log likelihood is :math:`\log_2 n p_c` (:math:`n` cells),
    the information gain :math:`\log_2 p_c / b_c` over the centre bias :math:`b`, the density of the fixations on all
    other pictures; NSS and AUC are those of :math:`p` at :math:`c`. They are means over a picture's fixations; those
    outside the picture are not predicted, but belong to the history. The ceiling is the density of the *other* viewers
    of the picture, of 0.8 degrees, with a tenth of the centre bias.

    *Paths.* Simulated paths are compared with all viewers' paths by all of `similarities`. The floor are people's paths
    on other pictures (drawn by lot, scaled to this one), the ceiling is each viewer with each other. Their fixations
    have an NSS on people's map (1 degree; the ceiling on that of the other viewers).

    *Eye movements.* The distributions of amplitudes, turning angles and durations over all pictures: see `compare`.

    Parameters
    ----------
    observers : dict of str to Observer
        The observers by the names under which they appear. A model with a method ``for_picture(name)`` is asked for the
        one to use, such as one that looks up a finished map.
    recordings : Recordings
        Pictures and fixations, in order. Without the fixation with which the viewing began: it was not chosen.
    viewing : Viewing
        The screen on which all were shown, as for `Recordings.scanpaths`.
    rng : numpy.random.Generator or int
        Draws the simulated paths and people elsewhere, for each picture of its own.
    pictures : sequence of str, optional
        Score only these; the other pictures still count for the centre bias and people elsewhere.
    paths : int
        Number of simulated paths, and of people elsewhere, for each picture.
    duration : float, optional
        For how long an observer sees each picture, in seconds. If left out, the median over its viewers: of the end of
        the last fixation where onsets are known, else of the sum of all fixations and of the saccades between them by
        the main sequence, and 0.2 s before. A fixation of unknown duration counts 0.25 s.
    executor : concurrent.futures.Executor, optional
        Works on several pictures at a time; the scores are the same with any and without. If it breaks, the pictures
        that were not done are listed among the failures.
    watch : callable, optional
        Gets the iterator over the pictures' results and gives one over the same, such as a progress bar.

    Returns
    -------
    ScanpathEvaluation
        An observer that fails on a picture lacks scores there, and `failures` tells why; so it is with a picture that
        cannot be read.

    Raises
    ------
    ValueError
        If there is no observer, one has a name of a floor or the ceiling, there are fewer than two pictures that can be
        read, or a number is not above 0.

    Notes
    -----
    Attention that moves without the eye (`CovertShift`) has no durations of fixations: its paths get lengths and
    durations of people elsewhere, as the draws of the floors do. The spread of 0.8 degrees and the tenth are those for
    which viewers of OSIE predict each other about best.

    References
    ----------
    Kuemmerer and Bethge (2021), State-of-the-art in human scanpath prediction, arXiv 2102.12239: conditional scores.

    Examples
    --------
    ``print(evaluate_scanpaths({"ours": Observer()}, Recordings.read("osie"), viewing, rng=0))``
    """
    _check(observers, paths, duration)
    chosen = tuple(recordings) if pictures is None else tuple(recordings.select(pictures))
    seen, failures = _people_of(recordings, viewing)
    failures = [failure for failure in failures if failure.picture in chosen]
    names = _scorable(chosen, seen, failures)
    *rngs, halves = np.random.default_rng(rng).spawn(len(names) + 1)
    tasks = [
        _Task(name, seen[name], _elsewhere(name, seen, paths, draw), draw)
        for name, draw in zip(names, rngs, strict=True)
    ]
    work = partial(_scored, dict(observers), recordings.select(list(seen)), viewing, duration)
    results = _finished(work, tasks, executor)
    done = {result.name: result for result in (results if watch is None else watch(results))}
    people = {name: seen[name] for name in done}
    rows = (UNIFORM, FLOOR, ELSEWHERE, *observers, CEILING)
    simulated = _paths_by_row(rows, done, people)
    by_picture = [done.get(name, _Result("", {}, {}, {}, [])) for name in chosen]
    return ScanpathEvaluation(
        rows=rows,
        pictures=chosen,
        fixations=sum(len(recordings.places(name)) for name in names),
        scores={measure: _score_table(measure, rows, by_picture) for measure in MEASURES},
        milliseconds=np.array([[result.milliseconds.get(row, np.nan) for result in by_picture] for row in rows]),
        failures=(*failures, *_failures_of(names, done)),
        paths=simulated,
        comparisons=_comparisons(simulated, list(people.values()), halves),
        protocol=tuple(protocol(observers, people, viewing, paths, duration)),
    )


def _check(observers: Mapping[str, Observer], paths: int, duration: float | None) -> None:
    if not observers:
        raise ValueError("expected observers to score, got none")
    for name, observer in observers.items():
        if name in (UNIFORM, FLOOR, ELSEWHERE, CEILING, READING):
            raise ValueError(f"expected another name for an observer than '{name}', which has a meaning of its own")
        if not isinstance(observer, Observer):
            raise TypeError(f"expected an Observer, got {type(observer).__name__}: '{name}'")
    check_number(paths, "at least one path for each picture", least=1)
    if duration is not None and not (np.isfinite(duration) and duration > 0):
        raise ValueError(f"expected a positive duration in seconds, got {duration}")


def _people_of(recordings: Recordings, viewing: Viewing) -> tuple[dict[str, list[Scanpath]], list[Failure]]:
    """Give the paths of people on each picture, and the pictures of which there is nothing to score."""
    seen, failures = {}, []
    for name in recordings:
        try:
            paths = [path for path in recordings.scanpaths(name, viewing) if len(path)]
            if not len(recordings.places(name)):
                raise ValueError("no fixation lies in the picture")
            seen[name] = paths
        except (OSError, ValueError) as error:
            failures.append(Failure(READING, name, sentence(error)))
    return seen, failures


def _scorable(chosen: Sequence[str], seen: Mapping[str, list[Scanpath]], failures: Sequence[Failure]) -> list[str]:
    """Give the chosen pictures that can be scored; there must be one, and another that people saw."""
    names = [name for name in chosen if name in seen]
    if len(seen) < 2 or not names:
        reasons = "".join(f"; '{failure.picture}': {failure.reason}" for failure in failures[:3])
        raise ValueError(f"expected pictures to score, out of at least two with fixations, got {len(seen)}{reasons}")
    return names


class _Task(NamedTuple):
    """A picture, the people who saw it, and paths of people on other pictures, scaled to this one."""

    name: str
    people: list[Scanpath]
    elsewhere: list[Scanpath]
    rng: np.random.Generator


class _Result(NamedTuple):
    """Scores by row and measure, paths and milliseconds by row."""

    name: str
    scores: dict[str, dict[str, float]]
    paths: dict[str, list[Scanpath]]
    milliseconds: dict[str, float]
    failures: list[Failure]


def _paths_by_row(
    rows: Sequence[str], done: Mapping[str, _Result], people: Mapping[str, list[Scanpath]]
) -> dict[str, list[Scanpath]]:
    """Give the paths of each row over all pictures; those of the ceiling are people's own."""
    paths = {row: [path for result in done.values() for path in result.paths.get(row, [])] for row in rows}
    return paths | {CEILING: [path for viewers in people.values() for path in viewers]}


def _score_table(measure: str, rows: Sequence[str], results: Sequence[_Result]) -> NDArray[np.float64]:
    """Give the scores (rows, pictures) in one measure; NaN where there is none."""
    return np.array([[result.scores.get(row, {}).get(measure, np.nan) for result in results] for row in rows])


def _failures_of(names: Sequence[str], done: Mapping[str, _Result]) -> Iterator[Failure]:
    """Give the failures on the pictures that were done, and say of the others that they were not."""
    for result in done.values():
        yield from result.failures
    for name in names:
        if name not in done:
            yield Failure(READING, name, "a worker ended before its work was done")


def _finished(work: Callable[[_Task], _Result], tasks: Sequence[_Task], executor: Executor | None) -> Iterator[_Result]:
    """Give the results in order, until all are given or the executor breaks."""
    if executor is None:
        yield from map(work, tasks)
        return
    try:
        yield from executor.map(work, tasks)
    except BrokenExecutor:
        return


def _elsewhere(name: str, seen: Mapping[str, list[Scanpath]], paths: int, rng: np.random.Generator) -> list[Scanpath]:
    """Draw people's paths on other pictures, and scale them to this one."""
    here = seen[name][0].viewing
    others = [viewers for other, viewers in seen.items() if other != name]
    drawn = [others[k] for k in rng.choice(len(others), paths, replace=len(others) < paths)]
    return [_moved(viewers[rng.integers(len(viewers))], here) for viewers in drawn]


def _moved(path: Scanpath, here: Viewing) -> Scanpath:
    """Half way across another picture is half way across this one."""
    scale = np.divide(here.screen_px, path.viewing.screen_px)
    x, y = ((path.places + 0.5) * scale - 0.5).T
    return replace(path, x=x, y=y, viewing=here, start=here.centre)


def _scored(
    observers: dict[str, Observer],
    recordings: Recordings,
    viewing: Viewing,
    duration: float | None,
    task: _Task,
) -> _Result:
    """Score all observers, floors and ceiling on one picture."""
    result = _Result(task.name, {}, {}, {}, [])
    audience = Audience(task.name, recordings.shape(task.name), task.people, recordings)
    rngs = dict(zip((UNIFORM, FLOOR, *observers), task.rng.spawn(len(observers) + 2), strict=True))
    grid = CellGrid.of(audience.shape, viewing, next(iter(observers.values())).cells).shape
    _score_floors(result, audience, task, grid, rngs)
    try:
        pixels = recordings.pixels(task.name)
    except (OSError, ValueError) as error:
        result.failures.append(Failure(READING, task.name, sentence(error)))
        return result
    seconds = float(np.median([viewing_time(path) for path in task.people])) if duration is None else duration
    shown = _Shown(pixels, viewing, seconds)
    for row, observer in observers.items():
        try:
            _score_observer(result, row, observer, audience, task, shown, rngs[row])
        except Exception as error:  # whatever a user's part does, the others go on
            result.failures.append(Failure(row, task.name, sentence(error)))
    return result


class _Shown(NamedTuple):
    """A picture as observers see it: its pixels, its screen, and for how many seconds."""

    pixels: NDArray[Any]
    viewing: Viewing
    seconds: float


def _score_observer(
    result: _Result,
    row: str,
    observer: Observer,
    audience: Audience,
    task: _Task,
    shown: _Shown,
    rng: np.random.Generator,
) -> None:
    """Let an observer look at a picture, and score its paths and, if its gate has probabilities, its predictions."""
    pixels, viewing, seconds = shown
    start = time.perf_counter()
    ready = _with_map(observer.for_picture(task.name), pixels, viewing)
    paths = ready.look_many(
        pixels, viewing, observers=len(task.elsewhere), duration=seconds, rng=rng, stimulus=task.name
    )
    result.milliseconds[row] = 1000 * (time.perf_counter() - start)
    if observer.parts.is_covert:
        paths = [_timed(path, by) for path, by in zip(paths, task.elsewhere, strict=True)]
    result.paths[row] = paths
    result.scores[row] = audience.compared(paths)
    if observer.parts.has_probabilities:
        presentation = ready.presentation(pixels, viewing)
        densities = [presentation.follow(path) for path in task.people]
        result.scores[row] |= audience.predicted(densities, presentation.grid.shape)


def _with_map(observer: Observer, pixels: NDArray[Any], viewing: Viewing) -> Observer:
    """Give the observer with the map of this picture as its model, if the map is the same from everywhere."""
    if observer.parts.map_from_retina:
        return observer
    return replace(observer, model=FixedMap(observer.presentation(pixels, viewing).retina.sharp.map))


def _score_floors(
    result: _Result,
    audience: Audience,
    task: _Task,
    grid: tuple[int, ...],
    rngs: Mapping[str, np.random.Generator],
) -> None:
    """Score what knows nothing of the picture, and people."""
    for row, density in ((UNIFORM, np.full(grid, 1 / np.prod(grid))), (FLOOR, audience.centre(grid))):
        result.paths[row] = [_drawn(density, path, rngs[row]) for path in task.elsewhere]
        result.scores[row] = audience.compared(result.paths[row])
        result.scores[row] |= audience.predicted([repeat(density)] * len(task.people), grid)
    result.paths[ELSEWHERE] = task.elsewhere
    result.scores[ELSEWHERE] = audience.compared(task.elsewhere)
    if len(task.people) > 1:
        result.scores[CEILING] = audience.agreement() | audience.predicted(
            [repeat(density) for density in audience.of_others(grid)], grid
        )


def _timed(path: Scanpath, by: Scanpath) -> Scanpath:
    """Give a path the length and the times of another."""
    n = min(len(path), len(by))
    return replace(path[:n], onset=by.onset[:n], duration=by.duration[:n], watched=by.watched)


def _drawn(density: NDArray[np.float64], like: Scanpath, rng: np.random.Generator) -> Scanpath:
    """Draw independent places from a density on cells, as many as another path has, with its times."""
    rows, columns = np.divmod(rng.choice(density.size, len(like), p=density.ravel()), density.shape[1])
    width, height = like.viewing.screen_px
    return replace(
        like,
        x=(columns + rng.random(len(like))) * width / density.shape[1] - 0.5,
        y=(rows + rng.random(len(like))) * height / density.shape[0] - 0.5,
    )


def _comparisons(
    simulated: Mapping[str, list[Scanpath]], people: Sequence[list[Scanpath]], rng: np.random.Generator
) -> dict[str, StatisticsComparison]:
    everyone = [path for viewers in people for path in viewers]
    sides = {row: (paths, everyone) for row, paths in simulated.items()}
    halves: tuple[list[Scanpath], list[Scanpath]] = ([], [])
    for viewers in people:
        order = rng.permutation(len(viewers))
        for half, numbers in zip(halves, (order[: len(order) // 2], order[len(order) // 2 :]), strict=True):
            half += [viewers[k] for k in numbers]
    sides[CEILING] = halves
    return {
        row: compare(OculomotorStatistics.of(model), OculomotorStatistics.of(others))
        for row, (model, others) in sides.items()
        if model and others
    }
