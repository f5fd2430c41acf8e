"""What the eye sees of a picture from each place of gaze, and what is salient in it; the sharp map is kept."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from foveation import Foveator
from foveation.image import as_image
from foveation.opencv import cv2
from neural.observer.grid import CellGrid
from neural.observer.parts import Parts
from saliency import check_map


class Seen(NamedTuple):
    """What is seen from a place of gaze: the picture on the retina, its saliency map, and the map on the cells."""

    image: NDArray[np.float32]
    map: NDArray[np.float32]
    cells: NDArray[np.float64]


class Retina:
    """A picture before an eye: foveated around the gaze, and the saliency map that the model makes of it.

    Parameters
    ----------
    parts : Parts
        Eye, model and task of the observer.
    grid : CellGrid
        The cells.
    pixels : array, shape (height, width, 3)
        The picture, no finer than any fovea resolves.
    foveator : Foveator, or None
        The eye, which takes the picture; None if all is sharp.
    """

    def __init__(self, parts: Parts, grid: CellGrid, pixels: NDArray[np.float32], foveator: Foveator | None) -> None:
        self.parts, self.grid, self.pixels = parts, grid, pixels
        self.foveator = None if foveator is None else foveator.take(pixels)
        self._sharp: Seen | None = None

    @classmethod
    def of(cls, parts: Parts, grid: CellGrid, pixels: NDArray[Any]) -> Self:
        """Put a picture before the eye."""
        foveator = None if parts.eye is None else Foveator(grid.near, (*grid.size, 3), acuity=parts.eye)
        return cls(parts, grid, _usable(pixels, grid), foveator)

    def next(self, pixels: NDArray[Any]) -> Self:
        """Put the next frame of a film before the same eye."""
        return type(self)(self.parts, self.grid, _usable(pixels, self.grid), self.foveator)

    def image(self, gaze: tuple[float, float]) -> NDArray[np.float32]:
        """Give what the eye sees from a place of gaze."""
        if self.foveator is None:
            return self.pixels
        return self.foveator.look(self.grid.to_near(gaze)).see(np.empty_like(self.pixels))

    def map(self, gaze: tuple[float, float]) -> NDArray[np.float32]:
        """Give what is salient from a place of gaze."""
        return self._salient(self.image(gaze)) if self.parts.has_many_maps else self.sharp.map

    @property
    def sharp(self) -> Seen:
        """The sharp picture and its map: the same from everywhere, and made once."""
        if self._sharp is None:  # before Python 3.12, cached_property has a lock: no two threads would make maps
            self._sharp = self._seen(self.pixels)
        return self._sharp

    def seen(self, gaze: tuple[float, float], *, image: bool = True) -> Seen:
        """Give what is seen from a place of gaze; without `image`, the sharp picture may stand for the retina's."""
        if self.parts.has_many_maps:
            return self._seen(self.image(gaze))
        return self.sharp._replace(image=self.image(gaze)) if image else self.sharp

    def _seen(self, image: NDArray[np.float32]) -> Seen:
        """Make the map, and bring it to the cells: its mean for a gate that draws, its peak for one that decides."""
        map_ = self._salient(image)
        return Seen(image, map_, self.grid.means(map_) if self.parts.draws else self.grid.peaks(map_))

    def _salient(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give what stands out, and what of it the task asks for."""
        map_, task = check_map(self.parts.model(image), image.shape), self.parts.task
        return map_ if task is None else check_map(task(image, map_, self.grid.near), image.shape)


def _usable(pixels: NDArray[Any], grid: CellGrid) -> NDArray[np.float32]:
    """Average away finer detail than any fovea resolves."""
    if pixels.shape[:2] != grid.picture:
        got = f"{pixels.shape[1]} x {pixels.shape[0]}"
        raise ValueError(f"expected frames of {grid.picture[1]} x {grid.picture[0]} pixels, got {got}")
    image = as_image(pixels)
    if grid.size != grid.picture:
        image = np.asarray(cv2.resize(image, grid.size[::-1], interpolation=cv2.INTER_AREA), np.float32)
    return image
