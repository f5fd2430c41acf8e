"""Guided search: items are selected one by one by the saliency map, identified by diffusion, and given up in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_number
from neural.laboratory import kernels
from saliency.displays.display import Display
from saliency.displays.items import Item
from saliency.displays.search import Search, search_display
from saliency.features.normalisation import Unnormalised
from saliency.models.itti import IttiKoch
from saliency.scanpaths.scanpath import Scanpath
from saliency.task.channels import channels_of, peaks_at
from saliency.task.task import Task
from saliency.task.vocabulary import DIMENSIONS

FAINT = 0.01  # of the strongest answer: the least strength of a dimension that counts
BLOCK = 20  # trials that an executor is handed at once
EVIDENCE_STEP = 0.001  # seconds
LOUDEST = 100.0  # greatest logarithm of a weight
PATIENCE = 20  # looks at each item, on average, after which any search ends


@dataclass(frozen=True, kw_only=True, eq=False)
class Practice:
    """What a searcher has learned from a few displays in which it was shown the target: all it knows of a search.

    Parameters
    ----------
    tasks : tuple of Task
        What counts in the picture; of a film, also in the picture of what changes.
    gains : array, shape (pictures, channels)
        Their gains, in the order of the channels.
    scales : array, shape (pictures, channels)
        How strongly each channel's dimension answers.
    reach : float
        How far an item reaches from its place, in pixels.
    level : float
        Mean log activation of what is not the target.
    advantages : array, shape (displays,)
        By how much the target's log activation was greater than the mean of the others'; all 0 if that is on average no
        more than two standard errors.
    difference : float
        How different target and others look, from 0 to 1.
    """

    tasks: tuple[Task, ...]
    gains: NDArray[np.float64]
    scales: NDArray[np.float64]
    reach: float
    level: float
    advantages: NDArray[np.float64]
    difference: float


class SearchTrial(NamedTuple):
    """One trial of a visual search.

    Parameters
    ----------
    size : int
        Number of items.
    present : bool
        Whether the target was among them.
    said : bool
        Whether the answer was that it is.
    rt : float
        Reaction time, in seconds.
    inspected : tuple of int
        Items that were selected, in order; the last one is what was taken for the target, if any was.
    path : Scanpath or None
        Where the eye went, if it moved; `start` is its first fixation, which is no choice.
    """

    size: int
    present: bool
    said: bool
    rt: float
    inspected: tuple[int, ...]
    path: Scanpath | None

    @property
    def correct(self) -> bool:
        """Whether the answer was right."""
        return self.said == self.present

    @property
    def fixations(self) -> int:
        """Number of fixations, with that in which the display appeared."""
        return 1 if self.path is None else 1 + len(self.path)


class AnySearcher(Protocol):
    """Anything that learns what is searched for, and then searches displays."""

    def practise(self, kind: str | Search, *, rng: np.random.Generator | int = 0, **display: Any) -> Any:  # noqa: ANN401
        """Give what it has learned."""
        ...

    def search(self, display: Display, practice: Any, *, rng: np.random.Generator | int = 0) -> SearchTrial:  # noqa: ANN401
        """Search one display."""
        ...


@dataclass(frozen=True, kw_only=True)
class Searcher:
    r"""Search without eye movements: guided selection, identification, and a rule for giving up.

    **Guidance** is read from the rendered picture. Channel :math:`j` of the map (a feature at a size) answers
    :math:`k_{ij}` at item :math:`i`; the task's gains :math:`g_j` are the signal-to-noise ratios of these channels in a
    few displays in which the searcher was shown the target (`Task.optimal_places`). The activation, and the weight of
    the item in the competition, are

    .. math:: a_i = \sum_j g_j^q \left(\frac{k_{ij}}{s_j}\right)^p , \qquad
              w_i = \left(\frac{a_i}{\bar a}\right)^\kappa e^{\sigma \epsilon_i}, \quad \epsilon_i \sim N(0, 1),

    with :math:`s_j` the strongest answer in the channel's dimension and :math:`\bar a` the mean (of logarithms) of what
    is not the target, both from practice. If the target was not more active than the others in practice (by two
    standard errors), the map is not used: :math:`\kappa = 0`.

    **Selection** (competitive guided search). An item is selected with probability
    :math:`w_i / (w_{quit} + \sum w)`, about one every `selection` seconds.

    **Identification** is a race to one of two bounds. Evidence starts at 0, its drift is :math:`v` for the target and
    :math:`-v` for others, its variance 1 a second; at `accept` the answer is "present", at `-reject` the item is
    rejected, and inhibited with probability `memory`. The drift

    .. math:: v = v_0 + v_1\, D, \qquad D^2 = \frac{|t - d|^2}{|t|^2 + |d|^2}

    comes from how different target and distractor look: :math:`t` and :math:`d` are the answers
    :math:`(k_j / s_j)^p` to the two, on average over practice, of the looks that are nearest to each other. So things
    that look alike take longer, and more errors are made.

    **Quitting**. After each rejection the odds that there is no target rise by
    :math:`1 + w_T / \sum_{left} w`, where :math:`w_T` is the weight that targets had in practice, on average:
    who is guided well and has found nothing can stop soon. The quitting unit weighs

    .. math:: w_{quit} = \bigl(c\,(O - 1)\bigr)^\gamma \sum_{left} w .

    The answer takes `residual` seconds in addition (seeing, deciding to press, pressing), and the wrong key is pressed
    with probability `slip`.

    Parameters
    ----------
    model : IttiKoch
        The map whose channels guide. The default has finer scales than that of 1998, as an item is small, and is
        without N, which would set back what is in many places.
    answer_exponent, gain_exponent : float
        :math:`p` and :math:`q`.
    guidance : float
        :math:`\kappa`.
    noise : float
        :math:`\sigma`.
    selection : float
        Mean time of a selection, in seconds (gamma of shape 4).
    drift, clarity : float
        :math:`v_0` and :math:`v_1`, per second.
    accept, reject : float
        Bounds.
    caution, resolve : float
        :math:`c` (more means sooner, and more misses) and :math:`\gamma`.
    memory : float
        Probability that a rejected item is not selected again.
    residual, residual_spread : float
        Mean and standard deviation, in seconds (gamma).
    slip : float
        Probability of the wrong key.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    One setting serves all searches: nothing here depends on which search it is, but for what `practise` measures on
    rendered displays. The constants were fitted to the mean correct reaction times and errors of every second observer
    of the three tasks of [4]_ (colour, conjunction, 2 among 5), to the ranges of slopes for T among L, and to three
    search asymmetries (tilted and vertical, curved and straight lines, Q and O: only that one is so many times as steep
    as the other), by random search. `memory`, and that about 20 to 30 items a second can be selected, come from the
    literature.

    What it does not give: people's reaction times are 80 to 210 ms longer in the harder searches even for few items.
    Search for the absence of a feature (O among Q, straight among curved) is as slow as if there were no guidance at
    all, which is slower than people's.

    References
    ----------
    .. [1] Moran, Zehetleitner, Mueller and Usher (2013), Competitive guided search, Journal of Vision 13(8): the
       competition with a quitting unit that grows (from memory; that it grows with the odds is ours).
    .. [2] Wolfe (2021), Guided Search 6.0, Psychonomic Bulletin and Review 28: about 20 selections a second.
    .. [3] Navalpakkam and Itti (2007), Neuron 53: gains.
    .. [4] Wolfe, Palmer and Horowitz (2010), Vision Research 50: 1304-1311: the data.

    Examples
    --------
    >>> searcher = Searcher()
    >>> practice = searcher.practise("pop-out")
    >>> display = search_display("pop-out", 12, rng=5)
    >>> trial = searcher.search(display, practice, rng=5)
    >>> trial.correct, trial.inspected == (display.target_index,)
    (True, True)
    """

    model: IttiKoch = field(default_factory=lambda: IttiKoch(normalise=Unnormalised(), centres=(1, 2, 3), map_level=3))
    answer_exponent: float = 3.0
    gain_exponent: float = 4.0
    guidance: float = 3.4
    noise: float = 0.2
    selection: float = 0.031
    drift: float = 5.3
    clarity: float = 24.0
    accept: float = 0.82
    reject: float = 0.385
    caution: float = 0.097
    resolve: float = 5.0
    memory: float = 1.0
    residual: float = 0.338
    residual_spread: float = 0.08
    slip: float = 0.007

    def __post_init__(self) -> None:
        positive = ("answer_exponent", "gain_exponent", "accept", "reject", "drift", "caution", "resolve", "residual")
        from_zero = ("guidance", "noise", "selection", "clarity", "residual_spread")
        for name in (*positive, *from_zero):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0) or (name in positive and value == 0):
                raise ValueError(f"expected {name} to be {'above 0' if name in positive else 'from 0 up'}, got {value}")
        for name in ("memory", "slip"):
            check_number(getattr(self, name), f"{name} to be a probability", least=0, most=1)

    def practise(
        self,
        kind: str | Search,
        *,
        displays: int = 24,
        items: int = 8,
        rng: np.random.Generator | int = 0,
        **display: Any,  # noqa: ANN401
    ) -> Practice:
        """Learn from displays in which it is shown what the target is.

        Parameters
        ----------
        kind : str or Search
            As for `search_display`.
        displays : int
            How many.
        items : int
            Items in each, at least 2.
        rng : numpy.random.Generator or int
            Source of randomness.
        **display
            Passed to `search_display`, such as `viewing` or `layout`.

        Raises
        ------
        ValueError
            If there is no display, fewer than two items, or the displays cannot be drawn.

        Examples
        --------
        >>> hard, easy = (Searcher().practise(kind) for kind in ("conjunction", "pop-out-orientation"))
        >>> bool(hard.advantages.mean() < easy.advantages.mean())
        True
        """
        if displays < 1 or items < 2:
            raise ValueError(f"expected at least 1 display of at least 2 items, got {displays} of {items}")
        shown = [
            search_display(kind, items, rng=each, **display) for each in np.random.default_rng(rng).spawn(displays)
        ]
        reach = max(item.diameter for item in (*shown[0].targets, *shown[0].distractors)) / 2
        tasks = tuple(
            Task.optimal_places([_pointed_out(each, picture) for each in shown], reach=reach, model=self.model)
            for picture in range(len(_pictures(shown[0])))
        )
        answers = np.concatenate([self._answers(each, reach) for each in shown], axis=1)
        targets = np.concatenate([np.arange(items) == each.target_index for each in shown])
        names = channels_of(self.model, shown[0].image).names
        scales = self._scales(answers, targets, names)
        gains = np.stack([task.query(names) for task in tasks])
        activation = np.log(self._activation(answers, gains, scales))
        level = float(activation[~targets].mean())
        looks = [item for each in shown for item in each.drawn]
        described = np.concatenate((answers / scales[:, np.newaxis]) ** self.answer_exponent, axis=-1)
        return Practice(
            tasks=tasks,
            gains=gains,
            scales=scales,
            reach=reach,
            level=level,
            advantages=_reliable(activation[targets] - activation[~targets].reshape(displays, -1).mean(axis=1)),
            difference=_difference(described, looks, targets),
        )

    def activations(self, display: Display, practice: Practice) -> NDArray[np.float64]:
        r"""Give how active each item is (n,), relative to what is not the target: :math:`a_i / \bar a`.

        Parameters
        ----------
        display : Display
        practice : Practice
            Of the same search.
        """
        answers = self._answers(display, practice.reach)
        return np.asarray(self._activation(answers, practice.gains, practice.scales) / np.exp(practice.level))

    def search(self, display: Display, practice: Practice, *, rng: np.random.Generator | int = 0) -> SearchTrial:
        """Search one display.

        Parameters
        ----------
        display : Display
            From `search_display`.
        practice : Practice
            Of the same search, from `practise`.
        rng : numpy.random.Generator or int
            Source of randomness.
        """
        rng = np.random.default_rng(rng)
        weights, drifts = self._weights(display, practice, rng), self._drifts(display, practice)
        inspected = np.empty(PATIENCE * len(weights), np.int64)
        advantage = self._advantage(practice)
        elapsed, found, count = kernels.covert_search(weights, drifts, advantage, self._stage, inspected, rng)
        return self._answered(display, elapsed, found, inspected[:count], None, rng)

    @property
    def _stage(self) -> kernels.Stage:
        return kernels.Stage(
            self.selection, self.accept, self.reject, self.caution, self.resolve, self.memory, EVIDENCE_STEP
        )

    def _guidance(self, practice: Practice) -> float:
        """Give the exponent of the map: one that does not lead to the target is not used."""
        return self.guidance if practice.advantages.any() else 0.0

    def _advantage(self, practice: Practice) -> float:
        """Give the weight that targets had in practice, over that of others (geometric means)."""
        return float(np.exp(self._guidance(practice) * practice.advantages.mean()))

    def _weights(self, display: Display, practice: Practice, rng: np.random.Generator) -> NDArray[np.float64]:
        noise = self.noise * rng.standard_normal(len(display.items))
        logs = self._guidance(practice) * np.log(self.activations(display, practice)) + noise
        return np.exp(np.clip(logs, -LOUDEST, LOUDEST))

    def _drifts(self, display: Display, practice: Practice) -> NDArray[np.float64]:
        drifts = np.full(len(display.items), -(self.drift + self.clarity * practice.difference))
        if display.target_index is not None:
            drifts[display.target_index] *= -1
        return drifts

    def _answered(
        self,
        display: Display,
        elapsed: float,
        found: bool,
        inspected: NDArray[np.int64],
        path: Scanpath | None,
        rng: np.random.Generator,
    ) -> SearchTrial:
        """Press a key."""
        said = found != (rng.random() < self.slip)
        rt = elapsed + _gamma(self.residual, self.residual_spread, rng)
        return SearchTrial(len(display.items), display.present, said, rt, tuple(inspected.tolist()), path)

    def _answers(self, display: Display, reach: float) -> NDArray[np.float64]:
        """Give the greatest answer of each channel within reach of each item, (pictures, items, channels)."""
        answers = []
        for picture in _pictures(display):
            channels = channels_of(self.model, picture)
            cell = 2**channels.level
            answers.append(peaks_at(np.moveaxis(channels.answers, 0, -1), display.items / cell, reach / cell))
        return np.stack(answers)

    def _scales(
        self, answers: NDArray[np.float64], targets: NDArray[np.bool_], names: Sequence[str]
    ) -> NDArray[np.float64]:
        """Strongest mean answer of each channel's dimension, (pictures, channels)."""
        power = self.answer_exponent
        means = np.maximum(
            (answers[:, targets] ** power).mean(axis=1), (answers[:, ~targets] ** power).mean(axis=1)
        ) ** (1 / power)
        scales = np.empty_like(means)
        for features in DIMENSIONS.values():
            own = [name.split(" ", 1)[1] in features for name in names]
            scales[:, own] = means[:, own].max(axis=1, keepdims=True)
        return np.asarray(np.maximum(scales, FAINT * max(float(means.max()), 1e-12)))

    def _activation(
        self, answers: NDArray[np.float64], gains: NDArray[np.float64], scales: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        strengths = (answers / scales[:, np.newaxis]) ** self.answer_exponent
        total: NDArray[np.float64] = np.einsum("pc,pic->i", gains**self.gain_exponent, strengths)
        return total + 1e-12


def _pictures(display: Display) -> tuple[NDArray[np.float32], ...]:
    """Give what is to be seen: the picture, and of a film also how much changes where."""
    if len(display.frames) == 1:
        return (display.image,)
    change = np.abs(np.diff(display.frames, axis=0)).mean(axis=0)
    return display.image, np.asarray(change, np.float32)


def _pointed_out(display: Display, picture: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Give one of the pictures of a display, where the target is, and where the others are."""
    target = np.arange(len(display.items)) == display.target_index
    return _pictures(display)[picture], display.items[target], display.items[~target]


def _reliable(advantages: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the advantages of the target; 0 if their mean is not above chance: two standard errors."""
    error = advantages.std() / np.sqrt(len(advantages))
    return advantages if advantages.mean() > 2 * error else np.zeros_like(advantages)


def _difference(described: NDArray[np.float64], looks: Sequence[Item], targets: NDArray[np.bool_]) -> float:
    """How different target and others are, from 0 to 1: on average, each look from the most similar look of the other.

    `described` (items, values) are the answers to each item, `looks` what is drawn there.
    """
    sides: list[list[NDArray[np.float64]]] = []
    for side in (targets, ~targets):
        own = {look: [] for look, is_in in zip(looks, side, strict=True) if is_in}  # type: dict[Item, list[Any]]
        for look, values, is_in in zip(looks, described, side, strict=True):
            if is_in:
                own[look].append(values)
        sides.append([np.mean(each, axis=0) for each in own.values()])
    squares = np.array([[np.sum((t - d) ** 2) / (np.sum(t**2) + np.sum(d**2)) for d in sides[1]] for t in sides[0]])
    return float(np.sqrt((squares.min(axis=0).mean() + squares.min(axis=1).mean()) / 2))


def _gamma(mean: float, spread: float, rng: np.random.Generator) -> float:
    return mean if spread == 0 else float(rng.gamma((mean / spread) ** 2, spread**2 / mean))
