"""How good are observers? Their predictions and their paths beside people's, between a floor and the ceiling."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import combinations, product, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing, saccade_duration
from neural.observer.observer import Observer
from neural.observer.timing import CovertShift
from neural.observer.view import FIRST_REST_S, REST_S, Presentation
from saliency import Recordings, Scanpath
from saliency.evaluation import CEILING, FLOOR, Evaluation, Failure, Mean, sentence
from saliency.measures.fixations import fixation_density, inside
from saliency.measures.information import SHARE_OF_BASELINE
from saliency.measures.scores import nss
from saliency.models.stored_maps import FixedMap
from saliency.priority.log_linear import LogLinear
from saliency.scanpaths.recurrence import RADIUS_DEG
from saliency.scanpaths.sequences import SCANMATCH_THRESHOLD, FixationClusters, fixation_clusters
from saliency.scanpaths.similarity import SIMILARITIES, similarities
from saliency.scanpaths.statistics import OculomotorStatistics, Statistic, StatisticsComparison, compare

UNIFORM, ELSEWHERE = "uniform", "people elsewhere"
READING = "reading"
GOLD_DEG, FIXATION_DEG = 0.8, 1.0  # spread of a fixation: in the density of the other viewers, and in people's map
SHOWN = (  # of the statistics of eye movements
    "fixations per path",
    "amplitude mean",
    "turning angle 0-30 deg",
    "turning angle 150-180 deg",
    "return to n-2",
    "duration mean",
    "duration of fixation 1",
)


class Measure(NamedTuple):
    """A measure of observers: its title in a table, its unit, the row that is its floor, and whether more is better."""

    title: str
    unit: str = ""
    floor: str = FLOOR
    greater_is_better: bool = True


PREDICTIONS = {
    "log_likelihood": Measure("Log likelihood over uniform", "bit"),
    "information_gain": Measure("Information gain over centre bias", "bit"),
    "conditional_nss": Measure("Conditional NSS"),
    "conditional_auc": Measure("Conditional AUC"),
}
PATHS = {
    **{
        name: Measure(known.title, known.unit, ELSEWHERE, known.greater_is_better)
        for name, known in SIMILARITIES.items()
    },
    "fixation_nss": Measure("NSS of the fixations", floor=ELSEWHERE),
}
MEASURES = PREDICTIONS | PATHS


@dataclass(frozen=True, kw_only=True, eq=False)
class ScanpathEvaluation(Evaluation):
    """The scores of each observer on each picture; `str()` gives the tables of means and the protocol.

    A score is NaN where there is none: predictions of a gate that gives no probabilities, and of "people elsewhere",
    who are no density; MultiMatch of a path with fewer than three fixations, and what needs durations that are not
    known. Pairs of paths without a score are left out of a picture's mean, and pictures without one of the mean over
    pictures.

    Parameters
    ----------
    rows : tuple of str
        "uniform", "centre bias", "people elsewhere", the observers' names, "inter-observer".
    pictures, fixations, failures
        As for `Evaluation`. Fixations are those in the picture.
    scores : dict of str to array, shape (rows, pictures)
        For each of `MEASURES`.
    milliseconds : array, shape (rows, pictures)
        Time for an observer's map and all its paths on a picture.
    paths : dict of str to list of Scanpath
        For each row, the paths that were compared with people's; those of the ceiling are people's own.
    comparisons : dict of str to StatisticsComparison
        For each row that has paths, how its eye movements differ from people's, over all pictures at once. For the
        ceiling, one half of each picture's viewers beside the other half, drawn by lot.
    protocol : tuple of str
        Sentences that say what was compared with what, and how.
    """

    paths: dict[str, list[Scanpath]]
    comparisons: dict[str, StatisticsComparison]
    protocol: tuple[str, ...]

    @property
    def observers(self) -> tuple[str, ...]:
        """The rows between the floors and the ceiling."""
        return tuple(row for row in self.rows if row not in (UNIFORM, FLOOR, ELSEWHERE, CEILING))

    def over(self, row: str, measure: str, other: str | None = None) -> Mean:
        """Give by how much a row exceeds another, the measure's floor if left out: the mean of the differences.

        The floor of a prediction is the centre bias, that of a path's similarity to people's are people elsewhere. Each
        picture is compared with itself, and the standard error is that of the differences.
        """
        self._scores(row, measure)
        return super().over(row, measure, MEASURES[measure].floor if other is None else other)

    def movements(self, row: str) -> list[Statistic]:
        """Give how far a row's eye movements are from people's, and some of what they are; nothing if there are none.

        All of it is in `comparisons`.
        """
        self._row(row)
        if row not in self.comparisons:
            return []
        comparison = self.comparisons[row]
        return [*comparison.distances(), *(each for each in comparison.model.statistics() if each.name in SHOWN)]

    def table(self) -> dict[str, list[Any]]:
        """Give columns of equal length, a row each, for pandas or R: means, means over the floor, and their errors.

        Statistics of eye movements are over all pictures at once and have no error.
        """
        columns: dict[str, list[Any]] = {"model": list(self.rows)}
        for measure in self.scores:
            for addition, give in (("", self.mean), ("_over_floor", self.over)):
                means = [give(row, measure) for row in self.rows]
                columns[f"{measure}{addition}"] = [mean.value for mean in means]
                columns[f"{measure}{addition}_error"] = [mean.error for mean in means]
        moves = [{each.name: each for each in self.movements(row)} for row in self.rows]
        for each in next(filter(None, moves), {}).values():
            column = " ".join([each.name, each.unit]).strip().replace(" ", "_").replace("-", "_").lower()
            columns[column] = [known[each.name].value if known else np.nan for known in moves]
        columns["failures"] = [sum(failure.model == row for failure in self.failures) for row in self.rows]
        columns["milliseconds"] = [self.median_milliseconds(row) for row in self.rows]
        return columns

    def __str__(self) -> str:
        """Give the means with their errors, a line a measure, and the protocol."""
        body: list[list[str]] = [["", "unit", *self.rows]]
        for heading, measures in (
            ("Next fixation, given those before", PREDICTIONS),
            ("Paths beside people's", PATHS),
        ):
            body.append([heading])
            body += [self._line(name, measure) for name, measure in measures.items() if name in self.scores]
        body.append(["Eye movements, over all pictures"])
        moves = [self.movements(row) for row in self.rows]
        for k, each in enumerate(next(filter(None, moves), [])):
            values = [_number(known[k].value, 1 if each.unit == "ms" else 3) if known else "" for known in moves]
            body.append([f"  {each.name}", each.unit, *values])
        widths = [max(len(row[k]) for row in body if k < len(row) > 1) for k in range(len(body[0]))]
        lines = [
            "  ".join(
                cell.ljust(width) if k < 2 else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=False))
            ).rstrip()
            for row in body
        ]
        return "\n".join([*lines, "", *self.protocol, *self._failure_lines()])

    def _line(self, name: str, measure: Measure) -> list[str]:
        cells = []
        for row in self.rows:
            value, error = self.mean(row, name)
            errs = row in self.observers and np.isfinite(error)
            cells.append(_number(value) + (f" ± {error:.3f}" if errs else ""))
        less = "" if measure.greater_is_better else " (less is better)"
        return [f"  {measure.title}{less}", measure.unit, *cells]


def _number(value: float, digits: int = 3) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


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
    names = [name for name in chosen if name in seen]
    if len(seen) < 2 or not names:
        reasons = "".join(f"; '{failure.picture}': {failure.reason}" for failure in failures[:3])
        raise ValueError(f"expected pictures to score, out of at least two with fixations, got {len(seen)}{reasons}")
    *rngs, halves = np.random.default_rng(rng).spawn(len(names) + 1)
    tasks = [
        _Task(name, seen[name], _elsewhere(name, seen, paths, draw), draw)
        for name, draw in zip(names, rngs, strict=True)
    ]
    work = partial(_scored, dict(observers), recordings.select(list(seen)), viewing, duration)
    results = _finished(work, tasks, executor)
    done = {result.name: result for result in (results if watch is None else watch(results))}
    failures += [failure for result in done.values() for failure in result.failures]
    failures += [
        Failure(READING, name, "a worker ended before its work was done") for name in names if name not in done
    ]
    rows = (UNIFORM, FLOOR, ELSEWHERE, *observers, CEILING)
    simulated = {row: [path for result in done.values() for path in result.paths.get(row, [])] for row in rows}
    people = {name: seen[name] for name in done}
    simulated[CEILING] = [path for viewers in people.values() for path in viewers]
    missing = _Result("", {}, {}, {}, [])
    by_picture = [done.get(name, missing) for name in chosen]
    return ScanpathEvaluation(
        rows=rows,
        pictures=chosen,
        fixations=sum(len(recordings.places(name)) for name in names),
        scores={
            measure: np.array(
                [[result.scores.get(row, {}).get(measure, np.nan) for result in by_picture] for row in rows]
            )
            for measure in MEASURES
        },
        milliseconds=np.array([[result.milliseconds.get(row, np.nan) for result in by_picture] for row in rows]),
        failures=tuple(failures),
        paths=simulated,
        comparisons=_comparisons(simulated, list(people.values()), halves),
        protocol=tuple(_protocol(observers, people, viewing, paths, duration)),
    )


def _check(observers: Mapping[str, Observer], paths: int, duration: float | None) -> None:
    if not observers:
        raise ValueError("expected observers to score, got none")
    for name, observer in observers.items():
        if name in (UNIFORM, FLOOR, ELSEWHERE, CEILING, READING):
            raise ValueError(f"expected another name for an observer than '{name}', which has a meaning of its own")
        if not isinstance(observer, Observer):
            raise TypeError(f"expected an Observer, got {type(observer).__name__}: '{name}'")
    if paths < 1:
        raise ValueError(f"expected at least one path for each picture, got {paths}")
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
    audience = _Audience(task.name, recordings.shape(task.name), task.people, recordings)
    rngs = dict(zip((UNIFORM, FLOOR, *observers), task.rng.spawn(len(observers) + 2), strict=True))
    _score_floors(
        result, audience, task, Presentation(next(iter(observers.values())), audience.shape, viewing).grid, rngs
    )
    try:
        pixels = recordings.pixels(task.name)
    except (OSError, ValueError) as error:
        result.failures.append(Failure(READING, task.name, sentence(error)))
        return result
    seconds = float(np.median([viewing_time(path) for path in task.people])) if duration is None else duration
    for row, observer in observers.items():
        try:
            start = time.perf_counter()
            ready = _with_map(observer, pixels, viewing, task.name)
            paths = ready.look_many(
                pixels, viewing, observers=len(task.elsewhere), duration=seconds, rng=rngs[row], stimulus=task.name
            )
            result.milliseconds[row] = 1000 * (time.perf_counter() - start)
            if isinstance(observer.timing, CovertShift):
                paths = [_timed(path, by) for path, by in zip(paths, task.elsewhere, strict=True)]
            result.paths[row] = paths
            result.scores[row] = audience.compared(paths)
            if hasattr(observer.gate, "weights"):
                scene = Presentation(ready, audience.shape, viewing).show(pixels)
                result.scores[row] |= audience.foreseen([_followed(scene, path) for path in task.people], scene.grid)
        except Exception as error:  # whatever a user's part does, the others go on
            result.failures.append(Failure(row, task.name, sentence(error)))
    return result


def _score_floors(
    result: _Result,
    audience: "_Audience",
    task: _Task,
    grid: tuple[int, ...],
    rngs: Mapping[str, np.random.Generator],
) -> None:
    """Score what knows nothing of the picture, and people."""
    for row, density in ((UNIFORM, np.full(grid, 1 / np.prod(grid))), (FLOOR, audience.centre(grid))):
        result.paths[row] = [_drawn(density, path, rngs[row]) for path in task.elsewhere]
        result.scores[row] = audience.compared(result.paths[row])
        result.scores[row] |= audience.foreseen([repeat(density)] * len(task.people), grid)
    result.paths[ELSEWHERE] = task.elsewhere
    result.scores[ELSEWHERE] = audience.compared(task.elsewhere)
    if len(task.people) > 1:
        result.scores[CEILING] = audience.agreement() | audience.foreseen(
            [repeat(density) for density in audience.of_others(grid)], grid
        )


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


def learns(observer: Observer) -> bool:
    """Whether `Observer.fit` has something to learn."""
    return isinstance(observer.priority, LogLinear) or hasattr(observer.timing, "fit")


def _with_map(observer: Observer, pixels: NDArray[Any], viewing: Viewing, name: str) -> Observer:
    """Give the observer with the model for this picture; its map is made now if it is the same from everywhere."""
    observer = observer.for_picture(name)
    if observer.map_from_retina:
        return observer
    scene = Presentation(observer, pixels.shape, viewing).show(pixels)
    return replace(observer, model=FixedMap(scene.map_from(scene.viewing.centre)))


def _followed(scene: Presentation, path: Scanpath) -> Iterator[NDArray[np.float64]]:
    """Give what `Observer.follow` gives, on a scene that is there already."""
    visits = scene.visits(path, None)
    return (scene.cell_density(visits[:n]) for n in range(1, len(visits)))


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


@dataclass(frozen=True, eq=False)
class _Audience:
    """The people who saw a picture, with whom predictions and paths are compared."""

    name: str
    shape: tuple[int, int]
    paths: list[Scanpath]
    recordings: Recordings
    _centres: dict[tuple[int, ...], NDArray[np.float64]] = field(default_factory=dict)

    @cached_property
    def clusters(self) -> FixationClusters:
        return fixation_clusters(self.paths)

    def centre(self, grid: tuple[int, ...]) -> NDArray[np.float64]:
        """Give the centre bias on a grid of cells: the density of the fixations on all other pictures."""
        if grid not in self._centres:
            self._centres[grid] = self.recordings.density(grid, without=self.name)
        return self._centres[grid]

    def _left_out(self, k: int) -> NDArray[np.float64]:
        """Give the places in the picture of all but one; all for -1."""
        places = [path.places for number, path in enumerate(self.paths) if number != k]
        return inside(np.concatenate(places), self.shape)

    def of_others(self, grid: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
        """Give, for each person, where the others look: a density on a grid of cells."""
        centre, scale = self.centre(grid), np.divide(grid[::-1], self.shape[::-1])
        sigma = GOLD_DEG * self.paths[0].viewing.pixels_per_degree * scale[0]
        for k in range(len(self.paths)):
            places = inside((self._left_out(k) + 0.5) * scale - 0.5, grid)
            share = SHARE_OF_BASELINE if len(places) else 1.0
            of_others = fixation_density(places, grid, sigma=sigma) if len(places) else 0.0
            yield share * centre + (1 - share) * of_others

    def foreseen(self, densities: Sequence[Iterable[NDArray[np.float64]]], grid: tuple[int, ...]) -> dict[str, float]:
        """Score densities, one before each fixation of each path."""
        centre = self.centre(grid).ravel()
        scores = []
        for path, before in zip(self.paths, densities, strict=True):
            for density, cell in zip(before, _cells(path.places, grid, self.shape), strict=False):
                if cell >= 0:
                    scores.append(_foreseen(density.ravel(), cell, centre))
        return _means(scores)

    def compared(self, paths: Sequence[Scanpath]) -> dict[str, float]:
        """Compare paths with all people's."""
        scores = _means([similarities(*pair, clusters=self.clusters) for pair in product(paths, self.paths)])
        return scores | {"fixation_nss": self._nss(inside(np.concatenate([path.places for path in paths]), self.shape))}

    def agreement(self) -> dict[str, float]:
        """Compare each person with each other."""
        scores = _means([similarities(*pair, clusters=self.clusters) for pair in combinations(self.paths, 2)])
        alone = [self._nss(inside(path.places, self.shape), k) for k, path in enumerate(self.paths)]
        return scores | _means([{"fixation_nss": value} for value in alone])

    def _nss(self, places: NDArray[np.float64], left_out: int = -1) -> float:
        """Give the NSS of places on the map of all people but one."""
        others = self._left_out(left_out)
        if not len(places) or not len(others):
            return np.nan
        viewing = self.paths[0].viewing
        return nss(fixation_density(others, self.shape, sigma_deg=FIXATION_DEG, viewing=viewing), places)


def _cells(places: NDArray[np.float64], grid: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """Give the number of the cell in which each place lies; -1 for one outside the picture."""
    column, row = np.floor((places + 0.5) * np.divide(grid[::-1], shape[::-1])).astype(np.int64).T
    held = (column >= 0) & (column < grid[1]) & (row >= 0) & (row < grid[0])
    cells: list[int] = np.where(held, row * grid[1] + column, -1).tolist()
    return cells


def _foreseen(density: NDArray[np.float64], cell: int, centre: NDArray[np.float64]) -> dict[str, float]:
    """Score the density before one fixation, of which this is the cell."""
    total, chance = density.sum(), density[cell]
    if not abs(total - 1) < 1e-6:
        raise ValueError(f"expected probabilities that sum to 1, got a sum of {total:g}")
    deviation = density.std()
    with np.errstate(divide="ignore"):  # what was held to be impossible has happened
        bits = np.log2(chance)
    return {
        "log_likelihood": float(bits + np.log2(density.size)),
        "information_gain": float(bits - np.log2(centre[cell])),
        "conditional_nss": float((chance - density.mean()) / deviation) if deviation > 1e-12 else 0.0,
        "conditional_auc": float(((density < chance).sum() + (density <= chance).sum()) / (2 * density.size)),
    }


def _means(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """Give the mean of each measure over those that have it."""
    means = {}
    for name in scores[0] if scores else ():
        known = np.array([each[name] for each in scores])
        known = known[~np.isnan(known)]
        means[name] = float(known.mean()) if known.size else np.nan
    return means


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


def _protocol(
    observers: Mapping[str, Observer],
    people: Mapping[str, list[Scanpath]],
    viewing: Viewing,
    paths: int,
    duration: float | None,
) -> Iterator[str]:
    """Say what was compared with what."""
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
    times = [float(np.median([viewing_time(path) for path in viewers])) for viewers in people.values()]
    seen = (
        f"{duration:g} s"
        if duration is not None
        else f"as long as people (median {np.median(times or [np.nan]):.2f} s)"
    )
    yield (
        f"Paths: {paths} for each picture, seen {seen}, each beside each viewer; floor: people's paths on other "
        f"pictures; ceiling: each viewer beside each other. {UNIFORM} and {FLOOR} draw independent places, with "
        f"lengths and durations of people elsewhere."
    )
    untimed = [name for name, observer in observers.items() if isinstance(observer.timing, CovertShift)]
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
