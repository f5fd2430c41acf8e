"""The training loop of all networks, and of the read-out; a training can be stopped and resumed, bit for bit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from saliency.learning.autodiff import value_and_grad
from saliency.learning.optimiser import AdamW
from saliency.learning.parameters import Parameters

Array = NDArray[Any]
Loss = Callable[[Parameters, Any, np.random.Generator], tuple[Any, Any]]
Gradients = Callable[[Loss, Parameters, Any, np.random.Generator], tuple[Parameters, list[Any]]]
Batches = Callable[[np.random.Generator, int], Sequence[Any]]

CLIP_NORM = 1.0  # of networks that tell sentences: longer gradients, of a batch, are scaled down to this


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long a network learns, from how much at a time, and how fast.

    Parameters
    ----------
    epochs : int
        How often all is seen.
    items, batch : int
        How many items there are to learn from, and from how many one step is made.
    learning_rate, weight_decay, clip_norm : float
        As for `saliency.learning.optimiser.AdamW`.

    Raises
    ------
    ValueError
        If epochs, items or batch are below 1.

    Examples
    --------
    >>> Schedule(epochs=2, items=10, batch=4, learning_rate=0.1).steps_per_epoch
    3
    """

    epochs: int
    items: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.0
    clip_norm: float = np.inf

    def __post_init__(self) -> None:
        for name in ("epochs", "items", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"expected {name} from 1 up to learn, got {getattr(self, name)}")

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        return -(-self.items // self.batch)

    def optimiser(self, weights: Mapping[str, Array]) -> AdamW:
        """Give the optimiser of a training that starts from these weights."""
        return AdamW(
            weights,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            steps=self.epochs * self.steps_per_epoch,
            clip_norm=self.clip_norm,
        )


class Progress(NamedTuple):
    """A training after some epochs: how far it is, and all that it needs to go on as if it had never stopped.

    Parameters
    ----------
    epoch, epochs : int
        How many epochs are done, of how many.
    loss_terms : NamedTuple of float
        Of what the loss is made, by name: means over the last epoch.
    weights, first_moments, second_moments : dict of str to array
        The weights, and the running means of their gradients and of the gradients' squares.
    rng_state : dict
        State of the random numbers.
    """

    epoch: int
    epochs: int
    loss_terms: Any
    weights: Parameters
    first_moments: Parameters
    second_moments: Parameters
    rng_state: dict[str, Any]


def batch_gradients(
    loss: Loss,
    weights: Parameters,
    batch: Any,  # noqa: ANN401
    rng: np.random.Generator,
) -> tuple[Parameters, list[Any]]:
    """Give the gradients of the loss of a batch, all of which goes through the loss at once, and the loss's terms."""
    terms: list[Any] = []

    def total(weights: Parameters) -> Any:  # noqa: ANN401
        whole, found = loss(weights, batch, rng)
        terms.append(found)
        return whole

    return value_and_grad(total, weights)[1], terms


def mean_gradients(
    loss: Loss, weights: Parameters, batch: Sequence[Any], rng: np.random.Generator
) -> tuple[Parameters, list[Any]]:
    """Give the mean gradients of a batch whose items go through the loss one by one, and the terms of each."""
    means: Parameters = {}
    terms: list[Any] = []
    for item in batch:
        gradients, found = batch_gradients(loss, weights, item, rng)
        terms += found
        for name, gradient in gradients.items():
            means[name] = means.get(name, 0) + gradient / np.float32(len(batch))
    return means, terms


def train(
    weights: Mapping[str, Array],
    loss: Loss,
    batches: Batches,
    schedule: Schedule,
    *,
    rng: np.random.Generator | int,
    gradients: Gradients = batch_gradients,
    resume: Progress | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Parameters:
    """Minimise a loss, batch by batch, by AdamW with a learning rate that falls along half a cosine.

    Parameters
    ----------
    weights : dict of str to array of float32
        Where to start.
    loss : callable
        From the weights, a batch and a random generator to the loss, and to a NamedTuple of plain numbers: its terms.
    batches : callable
        From a random generator and the number of the epoch, from 0, to its batches, in the order in which they are
        taken.
    schedule : Schedule
        How long, from how much at a time, and how fast.
    rng : numpy.random.Generator or int
        The same seed gives the same weights.
    gradients : callable
        `batch_gradients`, or `mean_gradients` where the loss takes one item of a batch at a time.
    resume : Progress
        Go on with a training that was stopped; all else must be as it was.
    watch : callable
        Called with a `Progress` after each epoch.

    Returns
    -------
    dict of str to array
        What the weights have become.

    Raises
    ------
    ValueError
        If `resume` has other epochs or weights, or the learning rate is not positive.

    Examples
    --------
    >>> class LossTerms(NamedTuple):
    ...     error: float
    >>> def loss(weights, target, rng):
    ...     missed = weights["x"] - target
    ...     return (missed * missed)[0], LossTerms(0.0)
    >>> start, schedule = {"x": np.zeros(1, np.float32)}, Schedule(epochs=4, items=50, batch=1, learning_rate=0.1)
    >>> train(start, loss, lambda rng, epoch: [3.0] * 50, schedule, rng=0)["x"].round(1)
    array([3.], dtype=float32)
    """
    rng, epochs = np.random.default_rng(rng), schedule.epochs
    optimiser = schedule.optimiser(weights)
    if resume is not None:
        _check_resumed(resume, epochs, optimiser.parameters)
        moments = resume.first_moments, resume.second_moments
        optimiser.go_on(resume.weights, *moments, resume.epoch * schedule.steps_per_epoch)
        rng.bit_generator.state = resume.rng_state
    for epoch in range(0 if resume is None else resume.epoch, epochs):
        terms: list[Any] = []
        for batch in batches(rng, epoch):
            found, its_terms = gradients(loss, optimiser.parameters, batch, rng)
            optimiser.move(found)
            terms += its_terms
        if watch is not None:
            means = type(terms[0])(*np.mean(terms, axis=0).tolist())
            watch(Progress(epoch + 1, epochs, means, *optimiser.state(), dict(rng.bit_generator.state)))
    return optimiser.state()[0]


def random_batches(items: int, batch: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Deal the numbers of items out to batches in a drawn order.

    Examples
    --------
    >>> [len(each) for each in random_batches(5, 2, np.random.default_rng(0))]
    [2, 2, 1]
    """
    return _cut(rng.permutation(items), batch)


def batches_by_length(lengths: NDArray[Any], batch: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Deal items out to batches of about one length each, in a drawn order; which items meet differs each time.

    Parameters
    ----------
    lengths : array of int, shape (n,) or (n, k)
        One or more lengths of each item; the first counts most.
    batch : int
        Items in a batch.
    rng : numpy.random.Generator
        Source of randomness.

    Examples
    --------
    >>> batches = batches_by_length(np.array([9, 1, 8, 2]), 2, np.random.default_rng(0))
    >>> sorted(sorted(each.tolist()) for each in batches)
    [[0, 2], [1, 3]]
    """
    order = rng.permutation(len(lengths))
    order = order[np.lexsort(lengths[order].reshape(len(lengths), -1).T[::-1])]  # a stable sort
    batches = _cut(order, batch)
    return [batches[each] for each in rng.permutation(len(batches))]


def _cut(order: NDArray[np.intp], batch: int) -> list[NDArray[np.intp]]:
    return [order[first : first + batch] for first in range(0, len(order), batch)]


def _check_resumed(resume: Progress, epochs: int, weights: Mapping[str, Array]) -> None:
    if resume.epochs != epochs:
        raise ValueError(f"expected to go on with a training of {resume.epochs} epochs, got {epochs}")
    for name, value in weights.items():
        kept = resume.weights.get(name)
        if kept is None or kept.shape != value.shape:
            got = "none" if kept is None else str(kept.shape)
            raise ValueError(f"expected to go on with weights '{name}' of shape {value.shape}, got {got}")
    for name in resume.weights:
        if name not in weights:
            raise ValueError(f"expected to go on without weights '{name}', which this network has not")
