"""Evaluation of models: a table of all measures, between the centre bias and inter-observer agreement."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.checks import check_number, check_one_of
from saliency.map import check_map
from saliency.measures.fixations import above_least, fixation_density
from saliency.measures.information import information_gain, inter_observer
from saliency.measures.scores import auc_judd, auc_shuffled, cc, kl_divergence, nss, sim
from saliency.models.catalogue import Model
from saliency.recordings.recordings import Recordings, centre_density

MEASURES = {
    "nss": "NSS",
    "auc_judd": "AUC-Judd",
    "auc_shuffled": "sAUC",
    "cc": "CC",
    "sim": "SIM",
    "kl_divergence": "KL",
    "information_gain": "IG bit",
}
FLOOR, CEILING = "centre bias", "inter-observer"
NEGATIVES = 20_000


class Failure(NamedTuple):
    """A model that gave no valid map of a picture, and why."""

    model: str
    picture: str
    reason: str


class Mean(NamedTuple):
    """A mean over pictures, and its standard error."""

    value: float
    error: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """The scores of each model on each picture; `str()` gives the table of means, `table()` its columns.

    Parameters
    ----------
    rows : tuple of str
        "centre bias", the models' names, "inter-observer".
    pictures : tuple of str
        Names of the pictures.
    fixations : int
        Number of the fixations on them.
    scores : dict of str to array, shape (rows, pictures)
        For each measure; NaN where there is none.
    milliseconds : array, shape (rows, pictures)
        Time that the model took for its map.
    failures : tuple of Failure
        What went wrong.
    """

    rows: tuple[str, ...]
    pictures: tuple[str, ...]
    fixations: int
    scores: dict[str, NDArray[np.float64]]
    milliseconds: NDArray[np.float64]
    failures: tuple[Failure, ...] = ()

    def _row(self, name: str) -> int:
        check_one_of("row", name, self.rows)
        return self.rows.index(name)

    def _scores(self, row: str, measure: str) -> NDArray[np.float64]:
        check_one_of("measure", measure, self.scores)
        scores: NDArray[np.float64] = self.scores[measure][self._row(row)]
        return scores

    def mean(self, row: str, measure: str) -> Mean:
        """Give the mean of a measure over the pictures that have it, and its standard error."""
        return _mean(self._scores(row, measure))

    def over(self, row: str, measure: str, other: str = FLOOR) -> Mean:
        """Give by how much a row exceeds another, the centre bias if left out: the mean of the differences.

        Each picture is compared with itself, so the standard error is that of the differences: a mean of more than two
        of them is hardly chance.
        """
        return _mean(self._scores(row, measure) - self._scores(other, measure))

    def interval(
        self, row: str, measure: str, *, rng: np.random.Generator | int, level: float = 0.95, draws: int = 2000
    ) -> tuple[float, float]:
        """Give the bootstrap interval of a mean: pictures are drawn with replacement, over and over."""
        check_number(level, "a level between 0 and 1", above=0, below=1)
        known = self._scores(row, measure)
        known = known[np.isfinite(known)]
        if not known.size:
            return np.nan, np.nan
        drawn = np.random.default_rng(rng).integers(known.size, size=(draws, known.size))
        low, high = np.quantile(known[drawn].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def counted(self, row: str) -> int:
        """Give the number of pictures on which a row has a score: over these its means are."""
        place = self._row(row)
        return int(np.any([~np.isnan(scores[place]) for scores in self.scores.values()], axis=0).sum())

    def remarks(self) -> list[str]:
        """Say what makes rows hard to compare: that they are over different numbers of pictures."""
        counts = {row: self.counted(row) for row in self.rows}
        if len(set(counts.values())) < 2:
            return []
        listed = ", ".join(f"{row} {count}" for row, count in counts.items())
        return [f"rows are over different numbers of pictures, and do not compare: {listed}"]

    def median_milliseconds(self, row: str) -> float:
        """Give the median time for one map; NaN for the floor and the ceiling."""
        times = self.milliseconds[self._row(row)]
        times = times[np.isfinite(times)]
        return float(np.median(times)) if times.size else np.nan

    def table(self) -> dict[str, list[Any]]:
        """Give columns of equal length, a row a model, for pandas or R: means, and means over the floor; their errors.

        Examples
        --------
        ``pandas.DataFrame(evaluation.table())``
        """
        columns: dict[str, list[Any]] = {"model": list(self.rows)}
        for measure in self.scores:
            means = [self.mean(row, measure) for row in self.rows]
            differences = [self.over(row, measure) for row in self.rows]
            columns[measure] = [mean.value for mean in means]
            columns[f"{measure}_error"] = [mean.error for mean in means]
            columns[f"{measure}_over_floor"] = [mean.value for mean in differences]
            columns[f"{measure}_over_floor_error"] = [mean.error for mean in differences]
        columns["pictures"] = [self.counted(row) for row in self.rows]
        columns["failures"] = [sum(failure.model == row for failure in self.failures) for row in self.rows]
        columns["milliseconds"] = [self.median_milliseconds(row) for row in self.rows]
        return columns

    def per_picture(self) -> dict[str, list[Any]]:
        """Give columns of equal length, a row a model and picture: the scores themselves."""
        return {
            "model": [row for row in self.rows for _ in self.pictures],
            "image": list(self.pictures) * len(self.rows),
            **{measure: scores.ravel().tolist() for measure, scores in self.scores.items()},
            "milliseconds": self.milliseconds.ravel().tolist(),
        }

    def __str__(self) -> str:
        """Give the table of means, aligned."""
        differ = bool(self.remarks())
        head = ["", *(MEASURES[measure] for measure in self.scores), "NSS over centre", "ms"]
        head += ["pictures"] if differ else []
        body = []
        for row in self.rows:
            gain, time_ = self.over(row, "nss"), self.median_milliseconds(row)
            body.append(
                [
                    row,
                    *(_number(self.mean(row, measure).value) for measure in self.scores),
                    "" if row == FLOOR or np.isnan(gain.value) else f"{gain.value:+.3f} ± {gain.error:.3f}",
                    "" if np.isnan(time_) else f"{time_:.1f}",
                    *([str(self.counted(row))] if differ else []),
                ]
            )
        widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if k == 0 else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ).rstrip()
            for cells in [head, *body]
        ]
        lines.append(f"means over {len(self.pictures)} pictures, {self.fixations} fixations; KL: less is better")
        return "\n".join([*lines, *self.remarks(), *self._failure_lines()])

    def _failure_lines(self) -> list[str]:
        pictures: dict[tuple[str, str], list[str]] = {}
        for failure in self.failures:
            pictures.setdefault((failure.model, failure.reason), []).append(failure.picture)
        return [
            f"{model} failed on '{first}'{f' and {len(more)} more' if more else ''}: {reason}"
            for (model, reason), (first, *more) in pictures.items()
        ]


def _mean(scores: NDArray[np.float64]) -> Mean:
    known = scores[~np.isnan(scores)]
    if not known.size:
        return Mean(np.nan, np.nan)
    error = float(known.std(ddof=1) / np.sqrt(known.size)) if known.size > 1 and np.isfinite(known).all() else np.nan
    return Mean(float(known.mean()), error)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


class _Scores(NamedTuple):
    scores: dict[str, dict[str, float]]  # by row and measure
    milliseconds: dict[str, float]
    failures: list[Failure]


def evaluate(
    models: dict[str, Model],
    recordings: Recordings,
    *,
    sigma: float,
    rng: np.random.Generator | int,
    pictures: Sequence[str] | None = None,
    executor: Executor | None = None,
    negatives: int = NEGATIVES,
    watch: Callable[[Iterable[Any]], Iterable[Any]] | None = None,
) -> Evaluation:
    """Score models on recorded fixations, between the centre bias and the agreement of people.

    Scores are means over a picture's fixations. The centre bias is `Recordings.density` of all other pictures, the
    ceiling `inter_observer`. Shuffled areas compare with fixations on other pictures. Before CC, SIM and KL the least
    value of a map is subtracted.

    A model is called with the picture. It may have further methods, which are used then: those of `measure_maps` give
    the map that suits each of the measures "nss", "auc_judd", "auc_shuffled", "cc", "sim", "kl_divergence";
    ``log_density(image)`` gives natural logarithms of probabilities, without which there is no information gain;
    ``for_picture(name)`` gives the model to use for the picture of this name, such as one that looks up a finished map.

    Parameters
    ----------
    models : dict of str to callable
        The models by the names under which they appear.
    recordings : Recordings
        Pictures and fixations.
    sigma : float
        Standard deviation of the fixation density, in pixels of the pictures: about one degree of visual angle.
    rng : numpy.random.Generator or int
        Draws the fixations elsewhere and the halves of the observers, for each picture of its own.
    pictures : sequence of str, optional
        Score only these; the other pictures still count for the centre bias and the shuffled areas.
    executor : concurrent.futures.Executor, optional
        Works on several pictures at a time; the scores are the same with any and without. With processes, models must
        be such that they can be pickled.
    negatives : int
        Number of the fixations elsewhere for shuffled areas, if there are more.
    watch : callable, optional
        Gets the iterator over the pictures' results and gives one over the same, such as a progress bar.

    Returns
    -------
    Evaluation
        A model that fails on a picture, or gives no valid map of it, has no scores there; `failures` tells why.

    Raises
    ------
    ValueError
        If a model has a name of the floor or ceiling, there are fewer than two pictures, or `sigma` is not above 0.

    Examples
    --------
    ``print(evaluate({"itti": IttiKoch()}, Recordings.read("osie"), sigma=19.2, rng=0))``
    """
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"expected a standard deviation above 0, got {sigma} pixels")
    check_number(negatives, "at least one fixation elsewhere", least=1)
    for name, model in models.items():
        if name in (FLOOR, CEILING):
            raise ValueError(f"expected another name for a model than '{name}', which is a row of its own")
        if not callable(model) and not hasattr(model, "for_picture"):
            raise TypeError(f"expected a model that can be called with a picture, got {type(model).__name__}: '{name}'")
    names = tuple(recordings) if pictures is None else tuple(recordings.select(pictures))
    check_number(len(recordings), "at least two pictures with fixations", least=2)
    if not names:
        raise ValueError("expected pictures to score, got none")
    for name in recordings:
        recordings.shape(name)  # known once, before the recordings are sent to processes
    work = partial(_scored, models, recordings, sigma, negatives)
    rngs = np.random.default_rng(rng).spawn(len(names))
    results = map(work, names, rngs) if executor is None else executor.map(work, names, rngs)
    collected: list[_Scores] = list(results if watch is None else watch(results))
    return _collected((FLOOR, *models, CEILING), names, recordings, collected)


def _collected(
    rows: tuple[str, ...], names: tuple[str, ...], recordings: Recordings, results: list[_Scores]
) -> Evaluation:
    scores = {
        measure: np.array([[result.scores.get(row, {}).get(measure, np.nan) for result in results] for row in rows])
        for measure in MEASURES
    }
    times = np.array([[result.milliseconds.get(row, np.nan) for result in results] for row in rows])
    return Evaluation(
        rows=rows,
        pictures=names,
        fixations=sum(len(recordings.places(name)) for name in names),
        scores=scores,
        milliseconds=times,
        failures=tuple(failure for result in results for failure in result.failures),
    )


def _scored(
    models: dict[str, Model],
    recordings: Recordings,
    sigma: float,
    negatives: int,
    name: str,
    rng: np.random.Generator,
) -> _Scores:
    """Score all models on one picture."""
    result = _Scores({}, {}, [])
    try:
        image = as_image(recordings.pixels(name))
    except (OSError, ValueError) as error:
        result.failures.extend(Failure(model, name, sentence(error)) for model in models)
        return result
    shape, places = image.shape[:2], recordings.places(name)
    if not len(places):
        result.failures.extend(Failure(model, name, "no fixation lies in the picture") for model in models)
        return result
    others = recordings.elsewhere(name)
    centre = centre_density(others, shape)
    people = _People(
        places=places,
        elsewhere=others if len(others) <= negatives else others[rng.choice(len(others), negatives, replace=False)],
        density=fixation_density(places, shape, sigma=sigma),
        baseline=np.log(centre),
    )
    result.scores[FLOOR] = people.scores(dict.fromkeys(MEASURES, centre), people.baseline)
    observers = [recordings.places(name, subject) for subject in recordings.subjects(name)]
    if sum(len(observer) > 0 for observer in observers) > 1:
        result.scores[CEILING] = inter_observer(
            observers, shape, sigma=sigma, rng=rng, elsewhere=people.elsewhere, baseline=people.baseline
        )
    for row, model in models.items():
        try:
            maps, log_density, result.milliseconds[row] = _maps(model, image, name)
            result.scores[row] = people.scores(maps, log_density)
        except Exception as error:  # whatever a user's model does, the others go on
            result.failures.append(Failure(row, name, sentence(error)))
            result.milliseconds.pop(row, None)
    return result


def sentence(error: BaseException) -> str:
    """Say in one line what went wrong, and what kind of error it is unless it explains itself."""
    words = " ".join(str(error).split())
    return words if isinstance(error, ValueError) and words else f"{type(error).__name__}: {words}".rstrip(": ")


def _maps(
    model: Any,  # noqa: ANN401
    image: NDArray[np.float32],
    name: str,
) -> tuple[dict[str, NDArray[np.float32]], ArrayLike | None, float]:
    """Give a model's map for each measure, its log density if it has one, and the milliseconds for the first map."""
    if hasattr(model, "for_picture"):
        model = model.for_picture(name)
    start = time.perf_counter()
    plain = model(image)
    milliseconds = 1000 * (time.perf_counter() - start)
    maps = dict.fromkeys(MEASURES, check_map(plain, image.shape))
    if hasattr(model, "metric_maps") or hasattr(model, "metric_map"):
        maps = measure_maps(model, image, tuple(MEASURES))
    return maps, model.log_density(image) if hasattr(model, "log_density") else None, milliseconds


def measure_maps(
    model: Any,  # noqa: ANN401
    image: NDArray[np.float32],
    measures: tuple[str, ...],
) -> dict[str, NDArray[np.float32]]:
    """Give the map of a picture (height, width, 3) that a model has for each measure.

    A model may have a method ``metric_maps(image, measures)``, which gives them all at once, by measure, or
    ``metric_map(image, measure)``; of another the one map that it has serves for all.

    Raises
    ------
    ValueError
        If one of them is no map of the picture.
    """
    if hasattr(model, "metric_maps"):
        maps = model.metric_maps(image, measures)
    elif hasattr(model, "metric_map"):
        maps = {measure: model.metric_map(image, measure) for measure in measures}
    else:
        maps = dict.fromkeys(measures, model(image))
    return {measure: check_map(maps[measure], image.shape) for measure in measures}


class _People(NamedTuple):
    """What the fixations on one picture, and on others, say: all that a map is compared with."""

    places: NDArray[np.float64]
    elsewhere: NDArray[np.float64]
    density: NDArray[np.float64]
    baseline: NDArray[np.float64]

    def scores(self, maps: dict[str, Any], log_density: ArrayLike | None) -> dict[str, float]:
        """Give every measure of the map that is meant for it."""
        scores = {
            "nss": nss(maps["nss"], self.places),
            "auc_judd": auc_judd(maps["auc_judd"], self.places),
            "auc_shuffled": auc_shuffled(maps["auc_shuffled"], self.places, self.elsewhere),
            "cc": cc(maps["cc"], self.density),
            "sim": sim(above_least(maps["sim"]), self.density),
            "kl_divergence": kl_divergence(above_least(maps["kl_divergence"]), self.density),
        }
        if log_density is not None:
            scores["information_gain"] = information_gain(log_density, self.places, self.baseline)
        return scores
