"""Scores of observers beside people: what is measured, and the table that tells it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from saliency import Scanpath
from saliency.evaluation import CEILING, FLOOR, Evaluation, Mean
from saliency.scanpaths.similarity import SIMILARITIES
from saliency.scanpaths.statistics import Statistic, StatisticsComparison

UNIFORM, ELSEWHERE = "uniform", "people elsewhere"
READING = "reading"
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
        columns["pictures"] = [self.counted(row) for row in self.rows]
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
        return "\n".join([*lines, "", *self.protocol, *self.remarks(), *self._failure_lines()])

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
