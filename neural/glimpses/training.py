"""How a glimpse network is fitted to pictures and their classes."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neural.glimpses.loss import HybridLoss, LossTerms
from neural.glimpses.rollout import PictureBatch, check_pictures
from saliency.learning.autodiff import stop_gradient
from saliency.learning.loop import Progress as Progress
from saliency.learning.loop import train
from saliency.learning.parameters import Parameters

if TYPE_CHECKING:
    from neural.glimpses.model import RecurrentAttentionModel

Array = NDArray[Any]
Network = TypeVar("Network", bound="RecurrentAttentionModel")
Augment = Callable[[PictureBatch, np.random.Generator], PictureBatch]


def fit(
    network: Network,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    rng: np.random.Generator | int,
    tasks: ArrayLike | None = None,
    epochs: int = 20,
    batch: int = 128,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.0,
    loss: HybridLoss | None = None,
    augment: Augment | None = None,
    resume: Progress | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Network:
    """Let a network learn from pictures and their classes, by AdamW with a step that falls along half a cosine.

    One thread for linear algebra is fastest (`OPENBLAS_NUM_THREADS=1`): the products are small.

    Parameters
    ----------
    network : "RecurrentAttentionModel"
        With weights, to go on from them, or without.
    images : array, shape (n, height, width) or (n, height, width, 3)
        Of uint8, or float from 0 to 1.
    labels : array of int, shape (n,)
        Classes, from 0.
    rng : numpy.random.Generator or int
        The same seed gives the same weights.
    tasks : array of int, shape (n,)
        The number of the task for each picture.
    epochs : int
        How often each picture is seen.
    batch : int
        Pictures from which one step is made.
    learning_rate, weight_decay : float
        Greatest step, and the share of it by which weights shrink.
    loss : HybridLoss
        The loss; the default one, if none is given.
    augment : callable
        From a `PictureBatch` and a random generator to one that is a little different: `Jitter()`.
    resume : Progress
        Go on with a training that was stopped, bit for bit as if it had not been; all else must be as it was.
    watch : callable
        Called with a `Progress` after each epoch.

    Returns
    -------
    RecurrentAttentionModel
        The network with what it has learned.

    Raises
    ------
    ValueError
        If the numbers of pictures, labels and tasks differ, a label is no class, the pictures do not fit, or `resume`
        has other epochs or weights.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS.

    Examples
    --------
    >>> from neural import RecurrentAttentionModel
    >>> images = np.zeros((40, 28, 28), np.uint8)
    >>> images[::2, :, :14], images[1::2, :, 14:] = 255, 255
    >>> network = RecurrentAttentionModel(classes=2, glimpses=3)
    >>> learned = network.fit(images, np.arange(40) % 2, rng=0, epochs=30, batch=20)
    >>> bool((learned.predict(images).labels == np.arange(40) % 2).mean() > 0.9)
    True
    """
    lesson = _Lesson.of(network, images, labels, tasks)
    if epochs < 1 or batch < 1:
        raise ValueError(f"expected at least one epoch and one picture a batch, got {epochs} and {batch}")
    rng = np.random.default_rng(rng)
    learner = network if network.weights else network.initial(lesson.images, rng)
    criterion = HybridLoss() if loss is None else loss

    def batches(rng: np.random.Generator) -> list[Array]:
        order = rng.permutation(len(lesson.images))
        return [order[first : first + batch] for first in range(0, len(order), batch)]

    def lost(weights: Parameters, which: Array, rng: np.random.Generator) -> tuple[Any, LossTerms]:
        scene, classes = lesson.some(which)
        scene = scene if augment is None else augment(scene, rng)
        plain = {name: stop_gradient(values) for name, values in weights.items()}
        return criterion(learner, weights, replace(learner, weights=plain).look(scene, rng), classes)

    learned = train(
        learner.weights,
        lost,
        batches,
        rng=rng,
        epochs=epochs,
        count=-(-len(lesson.images) // batch),
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        resume=resume,
        watch=watch,
    )
    return replace(learner, weights=learned)


class _Keys:
    """Keys and places of pictures, each worked out when it is first asked for, and kept in 16 bits, to three digits."""

    def __init__(self, network: "RecurrentAttentionModel", images: Array, first: tuple[Array, Array]) -> None:
        self._network, self._images = network, images
        self._kept = tuple(np.empty((len(images), *each.shape[1:]), np.float16) for each in first)
        self._known = np.zeros(len(images), np.bool_)

    def __call__(self, which: Array) -> tuple[Array, ...]:
        """Give keys (n, places, channels) and grid (n, places, 2) of some of the pictures."""
        new = which[~self._known[which]]
        found = self._network.policy.keys(self._images[new]) if len(new) else None
        for kept, values in zip(self._kept, found or (), strict=False):
            kept[new] = values
        self._known[new] = True
        return tuple(kept[which].astype(np.float32) for kept in self._kept)


class _Lesson(NamedTuple):
    """All that there is to learn from."""

    images: Array
    labels: Array
    tasks: Array | None
    keys: _Keys | None

    @classmethod
    def of(
        cls, network: "RecurrentAttentionModel", images: ArrayLike, labels: ArrayLike, tasks: ArrayLike | None
    ) -> "_Lesson":
        pixels, classes = check_pictures(images), np.asarray(labels)
        wanted = None if tasks is None else np.asarray(tasks)
        for name, values in (("labels", classes), ("tasks", wanted)):
            if values is not None and (values.shape != (len(pixels),) or values.dtype.kind not in "iu"):
                raise ValueError(
                    f"expected {name} of whole numbers, one for each of the {len(pixels)} pictures, "
                    f"got {values.dtype} of shape {values.shape}"
                )
        if classes.min() < 0 or classes.max() >= network.classes:
            raise ValueError(f"expected labels from 0 to {network.classes - 1}, got {classes.min()} to {classes.max()}")
        first = network.policy.keys(pixels[:1])
        return cls(pixels, classes, wanted, None if first is None else _Keys(network, pixels, first))

    def some(self, which: Array) -> tuple[PictureBatch, Array]:
        """Give some of the pictures as a scene, and their labels."""
        keys, grid = (None, None) if self.keys is None else self.keys(which)
        tasks = None if self.tasks is None else self.tasks[which]
        return PictureBatch(self.images[which], keys, grid, tasks), self.labels[which]
