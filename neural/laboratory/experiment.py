"""A search experiment: many trials over set sizes, slopes and errors beside people's."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from foveation.checks import check_number
from neural.laboratory.people import PEOPLE, People
from neural.laboratory.searcher import BLOCK, AnySearcher, Searcher, SearchTrial
from saliency.displays.search import SET_SIZES, SHORT, Search, search_display


class Slopes(NamedTuple):
    """Lines through the mean correct reaction times: ms an item and ms, with the target present and absent."""

    slope_present: float
    slope_absent: float
    intercept_present: float
    intercept_absent: float

    @property
    def ratio(self) -> float:
        """Slope without over slope with a target."""
        return self.slope_absent / self.slope_present


@dataclass(frozen=True, kw_only=True)
class SearchExperiment:
    """Trials of one search, and what comes of them.

    Parameters
    ----------
    kind : str
        What was searched for.
    trials : tuple of SearchTrial
        All of them.
    """

    kind: str
    trials: tuple[SearchTrial, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Set sizes, ascending."""
        return tuple(sorted({trial.size for trial in self.trials}))

    @property
    def people(self) -> People | None:
        """What people did, where that is known."""
        return PEOPLE.get(self.kind)

    def of(self, size: int, present: bool) -> list[SearchTrial]:
        """Give the trials with so many items, with or without a target."""
        return [trial for trial in self.trials if trial.size == size and trial.present == present]

    def mean_rt(self, size: int, present: bool) -> float:
        """Mean correct reaction time in ms; NaN if there was none."""
        times = [trial.rt for trial in self.of(size, present) if trial.correct]
        return 1000 * float(np.mean(times)) if times else float("nan")

    def errors(self, size: int, present: bool) -> float:
        """Share of wrong answers: misses with a target, false alarms without one."""
        return 1 - float(np.mean([trial.correct for trial in self.of(size, present)]))

    def slopes(self) -> Slopes:
        """Fit lines to the mean correct reaction times.

        Raises
        ------
        ValueError
            If there are fewer than two set sizes, or one without a correct answer.
        """
        check_number(len(self.sizes), "at least two set sizes for a slope", least=2)
        lines = []
        for present in (True, False):
            means = [self.mean_rt(size, present) for size in self.sizes]
            if not np.isfinite(means).all():
                raise ValueError("expected a correct answer with each set size, with and without target; got none")
            lines.append(np.polyfit(self.sizes, means, 1).tolist())
        return Slopes(lines[0][0], lines[1][0], lines[0][1], lines[1][1])

    def table(self) -> dict[str, list[Any]]:
        """Give columns of equal length, a row a trial; times are in milliseconds."""
        return {
            "search": [self.kind] * len(self.trials),
            "set_size": [trial.size for trial in self.trials],
            "target_present": [int(trial.present) for trial in self.trials],
            "answer_present": [int(trial.said) for trial in self.trials],
            "error": [int(not trial.correct) for trial in self.trials],
            "rt_ms": [1000 * trial.rt for trial in self.trials],
            "inspected": [len(trial.inspected) for trial in self.trials],
            "fixations": [trial.fixations for trial in self.trials],
        }


def run_experiment(
    kind: str | Search,
    *,
    sizes: Sequence[int] = SET_SIZES,
    trials: int = 200,
    searcher: AnySearcher | None = None,
    rng: np.random.Generator | int = 0,
    executor: Executor | None = None,
    **display: Any,  # noqa: ANN401
) -> SearchExperiment:
    """Let a searcher do a whole experiment, each trial on a display of its own.

    Parameters
    ----------
    kind : str or Search
        As for `search_display`.
    sizes : sequence of int
        Set sizes.
    trials : int
        Trials with each set size, the first half of them, rounded up, with a target; at least 2.
    searcher : Searcher or the like
        `Searcher()` if none is given.
    rng : numpy.random.Generator or int
        Source of randomness.
    executor : Executor, optional
        Who does the trials; the result is the same.
    **display
        Passed to `search_display`, such as `viewing` or `layout`.

    Raises
    ------
    ValueError
        If there is no such search, no set size, or fewer than 2 trials, or the items do not fit.

    Examples
    --------
    >>> experiment = run_experiment("t-among-l", sizes=(3, 12), trials=20)
    >>> len(experiment.trials), experiment.mean_rt(3, True) < experiment.mean_rt(12, True)
    (40, True)
    """
    name = SHORT.get(kind, kind) if isinstance(kind, str) else _named(kind)
    if not sizes or len(set(sizes)) < len(sizes) or trials < 2:
        raise ValueError(f"expected different set sizes and at least 2 trials with each, got {sizes} and {trials}")
    search: AnySearcher = Searcher() if searcher is None else searcher
    learning, *rngs = np.random.default_rng(rng).spawn(1 + trials * len(sizes))
    for size in sizes:
        search_display(kind, size, **display)  # what does not fit says so at once
    practice = search.practise(kind, rng=learning, **display)
    wanted = [(size, number < (trials + 1) // 2) for size in sizes for number in range(trials)]
    blocks = [
        list(zip(wanted[first : first + BLOCK], rngs[first : first + BLOCK], strict=True))
        for first in range(0, len(wanted), BLOCK)
    ]
    work = partial(_block, kind, search, practice, display)
    done = map(work, blocks) if executor is None else executor.map(work, blocks)
    return SearchExperiment(kind=name, trials=tuple(trial for block in done for trial in block))


def _named(search: Search) -> str:
    targets, others = (
        "/".join(dict.fromkeys(i.label for i in looks)) for looks in (search.targets, search.distractors)
    )
    return f"{targets} among {others}"


def _block(
    kind: str | Search,
    searcher: AnySearcher,
    practice: Any,  # noqa: ANN401
    display: Mapping[str, Any],
    block: Sequence[tuple[tuple[int, bool], np.random.Generator]],
) -> list[SearchTrial]:
    """Do some trials."""
    done = []
    for (size, present), rng in block:
        shown = search_display(kind, size, present=present, rng=rng, **display)
        done.append(searcher.search(shown, practice, rng=rng))
    return done
