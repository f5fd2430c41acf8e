"""How every network of this package learns: one loop, which can be stopped and taken up again, bit for bit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from saliency.learning.autodiff import value_and_slopes
from saliency.learning.optimiser import Descent
from saliency.learning.parameters import Parameters

Array = NDArray[Any]
Loss = Callable[[Parameters, Any, np.random.Generator], tuple[Any, Any]]
Batches = Callable[[np.random.Generator], Sequence[Any]]


LONGEST_SLOPE = 1.0  # of networks that tell sentences: longer ones, of a batch, are shortened to this


class Progress(NamedTuple):
    """A training after some epochs: how far it is, and all that it needs to go on as if it had never stopped.

    Parameters
    ----------
    epoch, epochs : int
        How many epochs are done, of how many.
    parts : NamedTuple of float
        Of what the loss is made, by name: means over the last epoch.
    weights, slopes, squares : dict of str to array
        The weights, and the running means of their slopes and of the slopes' squares.
    chance : dict
        State of the random numbers.
    """

    epoch: int
    epochs: int
    parts: Any
    weights: Parameters
    slopes: Parameters
    squares: Parameters
    chance: dict[str, Any]


def learn(
    weights: Mapping[str, Array],
    loss: Loss,
    batches: Batches,
    *,
    rng: np.random.Generator | int,
    epochs: int,
    count: int,
    step: float,
    shrinkage: float = 0.0,
    longest: float = np.inf,
    resume: Progress | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Parameters:
    """Move weights down the slopes of a loss, batch by batch, by AdamW with a step that falls along half a cosine.

    Parameters
    ----------
    weights : dict of str to array of float32
        Where to start.
    loss : callable
        From the weights, a batch and a random generator to the loss, and to a NamedTuple of plain numbers: its parts.
    batches : callable
        From a random generator to the batches of one epoch, in the order in which they are taken.
    rng : numpy.random.Generator or int
        The same seed gives the same weights.
    epochs, count : int
        How often all is seen, and the batches of an epoch.
    step, shrinkage, longest : float
        As for `saliency.descent.Descent`.
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
        If `resume` has other epochs or weights, or the epochs, the step or the count are not positive.

    Examples
    --------
    >>> class Parts(NamedTuple):
    ...     error: float
    >>> def loss(weights, target, rng):
    ...     missed = weights["x"] - target
    ...     return (missed * missed)[0], Parts(0.0)
    >>> start = {"x": np.zeros(1, np.float32)}
    >>> learn(start, loss, lambda rng: [3.0] * 50, rng=0, epochs=4, count=50, step=0.1)["x"].round(1)
    array([3.], dtype=float32)
    """
    if epochs < 1 or count < 1:
        raise ValueError(f"expected at least one epoch of at least one batch, got {epochs} and {count}")
    chance = np.random.default_rng(rng)
    descent = Descent(weights, step=step, shrinkage=shrinkage, steps=epochs * count, longest=longest)
    if resume is not None:
        _check_resumed(resume, epochs, descent.parameters)
        descent.go_on(resume.weights, resume.slopes, resume.squares, resume.epoch * count)
        chance.bit_generator.state = resume.chance
    for epoch in range(0 if resume is None else resume.epoch, epochs):
        parts = [_one_step(descent, loss, batch, chance) for batch in batches(chance)]
        if watch is not None:
            means = type(parts[0])(*np.mean(parts, axis=0).tolist())
            watch(Progress(epoch + 1, epochs, means, *descent.state(), dict(chance.bit_generator.state)))
    return descent.state()[0]


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
    batches = [order[first : first + batch] for first in range(0, len(order), batch)]
    return [batches[each] for each in rng.permutation(len(batches))]


def _one_step(descent: Descent, loss: Loss, batch: Any, rng: np.random.Generator) -> Any:  # noqa: ANN401
    """Move all weights once, and give the parts of the loss."""
    found: list[Any] = []

    def total(weights: Parameters) -> Any:  # noqa: ANN401
        whole, parts = loss(weights, batch, rng)
        found.append(parts)
        return whole

    _, slopes = value_and_slopes(total, descent.parameters)
    descent.move(slopes)
    return found[0]


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
