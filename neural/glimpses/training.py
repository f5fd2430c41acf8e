"""What a glimpse network learns from: pictures with their classes, and the keys that the policy needs of them."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neural.glimpses.rollout import PictureBatch, check_pictures
from saliency.learning.loop import Progress as Progress

if TYPE_CHECKING:
    from neural.glimpses.model import RecurrentAttentionModel

Array = NDArray[Any]


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


class LabelledPictures(NamedTuple):
    """Pictures with their classes and tasks, (n,) each, and the keys of a policy that needs some."""

    images: Array
    labels: Array
    tasks: Array | None
    keys: _Keys | None

    @classmethod
    def of(
        cls, network: "RecurrentAttentionModel", images: ArrayLike, labels: ArrayLike, tasks: ArrayLike | None
    ) -> "LabelledPictures":
        """Check what is to be learned from by a network.

        Raises
        ------
        ValueError
            If the numbers of pictures, labels and tasks differ, or a label is no class.
        """
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
