"""A display of items on a screen, exact in degrees of visual angle: what all experiments draw on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_number
from foveation.viewing import Viewing
from saliency.displays.items import Item

GREEN, RED = (0.1, 0.7, 0.1), (0.8, 0.1, 0.1)
DARK, LIGHT, WHITE = (0.2, 0.2, 0.2), (0.8, 0.8, 0.8), (1.0, 1.0, 1.0)
VIEWING = Viewing.from_pixels_per_degree(20, (480, 480))


@dataclass(frozen=True, kw_only=True)
class Display:
    """A search display and the truth about it, in pixels.

    Parameters
    ----------
    frames : array of float32, shape (t, height, width, 3)
        One picture, or the pictures of a film.
    times : array of float, shape (t,)
        When each frame appears, in seconds.
    items : array of float, shape (n, 2)
        Centres (x, y) of all items, the target among them; in a film, of its middle frame.
    drawn : tuple of Item
        What stands at these places.
    target_index : int or None
        Which item is the target; None if it is absent.
    targets, distractors : tuple of Item
        Every look that the target, and that the others, may have in this search, whether shown here or not.
    background : float
        Grey level of the ground, from 0 to 1.
    viewing : Viewing
        The screen.
    """

    frames: NDArray[np.float32]
    times: NDArray[np.float64]
    items: NDArray[np.float64]
    drawn: tuple[Item, ...]
    target_index: int | None
    targets: tuple[Item, ...]
    distractors: tuple[Item, ...]
    background: float
    viewing: Viewing

    @property
    def image(self) -> NDArray[np.float32]:
        """The picture (height, width, 3), from 0 to 1; of a film, its middle frame."""
        image: NDArray[np.float32] = self.frames[len(self.frames) // 2]
        return image

    @property
    def present(self) -> bool:
        """Whether the target is among the items."""
        return self.target_index is not None

    @property
    def target(self) -> tuple[float, float] | None:
        """Centre (x, y) of the target; None if it is absent."""
        if self.target_index is None:
            return None
        x, y = self.items[self.target_index].tolist()
        return x, y

    @property
    def labels(self) -> tuple[str, ...]:
        """What the items are called, such as "red vertical"."""
        return tuple(item.label for item in self.drawn)

    @property
    def boxes(self) -> NDArray[np.float64]:
        """Boxes (n, 4) that hold the items exactly: left, top, width, height.

        Edges, not pixel centres: an item that fills pixel 3 alone has its left edge at 2.5 and is 1 wide.
        """
        return boxes_of(self.drawn, self.items)

    @property
    def target_items(self) -> tuple[NDArray[np.float32], ...]:
        """Small pictures (side, side, 3) of `targets`, on the display's ground, as large as `distractor_items`."""
        return tuple(item.picture(self.background, self._side) for item in self.targets)

    @property
    def distractor_items(self) -> tuple[NDArray[np.float32], ...]:
        """Small pictures (side, side, 3) of `distractors`, on the display's ground."""
        return tuple(item.picture(self.background, self._side) for item in self.distractors)

    @property
    def _side(self) -> int:
        return max(len(item.picture()) for item in (*self.targets, *self.distractors))


def boxes_of(drawn: Sequence[Item], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the box (left, top, width, height) of each item at its place, (n, 4)."""
    boxes = np.array([item.box for item in drawn], np.float64).reshape(-1, 4)
    boxes[:, :2] += places
    return boxes


def check_background(background: float) -> None:
    """Refuse a lightness of the background that is not from 0 to 1."""
    check_number(background, "a background from 0 to 1", least=0, most=1)


def check_room(boxes: NDArray[np.float64], what: str, viewing: Viewing) -> None:
    """Raise ValueError if boxes leave the screen or overlap."""
    near, far = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    if not (np.isfinite(boxes).all() and near.min() >= -0.5 and (far <= np.array(viewing.screen_px) - 0.5).all()):
        raise ValueError(f"expected {what} that fit the screen of {viewing}; they leave it")
    apart = (near[:, np.newaxis] >= far) | (near >= far[:, np.newaxis])
    if not (apart.any(axis=-1) | np.eye(len(boxes), dtype=bool)).all():
        raise ValueError(f"expected {what} that do not overlap, got two that are too near to each other")
