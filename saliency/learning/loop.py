"""How every network of this package learns: one loop, which can be stopped and taken up again, bit for bit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from saliency.learning.autodiff import value_and_grad
from saliency.learning.optimiser import AdamW
from saliency.learning.parameters import Parameters

Array = NDArray[Any]
Loss = Callable[[Parameters, Any, np.random.Generator], tuple[Any, Any]]
Batches = Callable[[np.random.Generator], Sequence[Any]]


CLIP_NORM = 1.0  # of networks that tell sentences: longer ones, of a batch, are shortened to this


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


def train(
    weights: Mapping[str, Array],
    loss: Loss,
    batches: Batches,
    *,
    rng: np.random.Generator | int,
    epochs: int,
    count: int,
    learning_rate: float,
    weight_decay: float = 0.0,
    clip_norm: float = np.inf,
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
        From a random generator to the batches of one epoch, in the order in which they are taken.
    rng : numpy.random.Generator or int
        The same seed gives the same weights.
    epochs, count : int
        How often all is seen, and the batches of an epoch.
    learning_rate, weight_decay, clip_norm : float
        As for `saliency.optimiser.AdamW`.
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
        If `resume` has other epochs or weights, or the epochs, the learning rate or the count are not positive.

    Examples
    --------
    >>> class Parts(NamedTuple):
    ...     error: float
    >>> def loss(weights, target, rng):
    ...     missed = weights["x"] - target
    ...     return (missed * missed)[0], Parts(0.0)
    >>> start = {"x": np.zeros(1, np.float32)}
    >>> train(start, loss, lambda rng: [3.0] * 50, rng=0, epochs=4, count=50, learning_rate=0.1)["x"].round(1)
    array([3.], dtype=float32)
    """
    if epochs < 1 or count < 1:
        raise ValueError(f"expected at least one epoch of at least one batch, got {epochs} and {count}")
    rng = np.random.default_rng(rng)
    optimiser = AdamW(
        weights, learning_rate=learning_rate, weight_decay=weight_decay, steps=epochs * count, clip_norm=clip_norm
    )
    if resume is not None:
        _check_resumed(resume, epochs, optimiser.parameters)
        optimiser.go_on(resume.weights, resume.first_moments, resume.second_moments, resume.epoch * count)
        rng.bit_generator.state = resume.rng_state
    for epoch in range(0 if resume is None else resume.epoch, epochs):
        terms = [_one_step(optimiser, loss, batch, rng) for batch in batches(rng)]
        if watch is not None:
            means = type(terms[0])(*np.mean(terms, axis=0).tolist())
            watch(Progress(epoch + 1, epochs, means, *optimiser.state(), dict(rng.bit_generator.state)))
    return optimiser.state()[0]


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


def _one_step(optimiser: AdamW, loss: Loss, batch: Any, rng: np.random.Generator) -> Any:  # noqa: ANN401
    """Move all weights once, and give the parts of the loss."""
    found: list[Any] = []

    def total(weights: Parameters) -> Any:  # noqa: ANN401
        whole, parts = loss(weights, batch, rng)
        found.append(parts)
        return whole

    _, gradients = value_and_grad(total, optimiser.parameters)
    optimiser.move(gradients)
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
