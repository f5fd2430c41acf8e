"""The grid of cells on which priority is decided, and the way from its cells to the pixels of the picture and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.opencv import cv2
from saliency import Scanpath
from saliency.measures.fixations import cell_indices

ENOUGH_PPD = 80.0  # twice the finest grating that any fovea resolves: more pixels per degree show nothing more


@dataclass(frozen=True, eq=False)
class CellGrid:
    """A grid of cells over a picture, which the observer sees in pixels no finer than any fovea resolves.

    Parameters
    ----------
    picture : tuple of int
        Height and width of the picture, in pixels.
    viewing : Viewing
        Geometry of the picture.
    near : Viewing
        The same, in pixels of what the eye can use.
    shape : tuple of int
        Rows and columns.
    """

    picture: tuple[int, int]
    viewing: Viewing
    near: Viewing
    shape: tuple[int, int]

    @classmethod
    def of(cls, shape: tuple[int, ...], viewing: Viewing, cells: int) -> Self:
        """Give the grid over a picture of a shape (height, width, ...), of at most so many cells along a side."""
        picture, viewing = (shape[0], shape[1]), viewing.of_picture(shape)
        scale = min(1.0, ENOUGH_PPD / viewing.pixels_per_degree)
        size = tuple(max(2, round(side * scale)) for side in picture) if scale < 1 else picture
        block = -(-max(size) // cells)
        return cls(picture, viewing, viewing.resampled(size), (-(-size[0] // block), -(-size[1] // block)))

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of what the eye can use, in pixels."""
        width, height = self.near.screen_px
        return height, width

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Pixels of what the eye can use for each pixel of the picture: across and down."""
        return self.size[1] / self.picture[1], self.size[0] / self.picture[0]

    @cached_property
    def cell_px(self) -> tuple[float, float]:
        """Width and height of a cell, in pixels of what the eye can use."""
        return self.size[1] / self.shape[1], self.size[0] / self.shape[0]

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """Centres of the cells (rows, columns, 2), in pixels of what the eye can use."""
        columns, rows = (
            (np.arange(n) + 0.5) * side - 0.5 for n, side in zip(self.shape[::-1], self.cell_px, strict=True)
        )
        return np.stack(np.meshgrid(columns, rows), axis=-1)

    @cached_property
    def _edges(self) -> list[NDArray[Any]]:
        """Pixels at which rows, and columns, of cells begin and end."""
        return [np.linspace(0, side, n + 1).round().astype(int) for side, n in zip(self.size, self.shape, strict=True)]

    def start(self, start: tuple[float, float] | None) -> tuple[float, float]:
        """Give the place of the gaze when the picture appears, in pixels: the middle if none is told."""
        if start is None:
            return self.viewing.centre
        x, y = (float(value) for value in start)
        if not (0 <= x <= self.picture[1] - 1 and 0 <= y <= self.picture[0] - 1):
            raise ValueError(f"gaze {self.outside((x, y))}")
        return x, y

    def holds(self, place: Sequence[Any]) -> bool:
        """Whether the pixel next to a place is one of the picture."""
        return bool(-0.5 <= place[0] < self.picture[1] - 0.5 and -0.5 <= place[1] < self.picture[0] - 0.5)

    def outside(self, place: Sequence[Any]) -> str:
        """Say that a place lies outside the picture."""
        return f"({place[0]:g}, {place[1]:g}) lies outside the {self.picture[1]} x {self.picture[0]} picture"

    def to_near(self, place: tuple[float, float]) -> tuple[float, float]:
        """Turn a place in pixels of the picture into one in pixels of what the eye can use."""
        return (place[0] + 0.5) * self.scale[0] - 0.5, (place[1] + 0.5) * self.scale[1] - 0.5

    def degrees(self, places: Sequence[Any]) -> NDArray[np.float64]:
        """Turn places in pixels of the picture into degrees from its centre, rightward and upward, (n, 2)."""
        return self.viewing.degrees(np.array([place[:2] for place in places], np.float64))

    def cells_of(self, path: Scanpath) -> NDArray[np.int64]:
        """Give the flat index of the cell of each fixation; -1 for one outside the picture."""
        return cell_indices(path.places, self.shape, self.picture)

    def means(self, map_: NDArray[np.float32]) -> NDArray[np.float64]:
        """Average a map over each cell."""
        rows, columns = self.shape
        return np.asarray(cv2.resize(map_, (columns, rows), interpolation=cv2.INTER_AREA), np.float64)

    def peaks(self, map_: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give the greatest value of a map in each cell."""
        peaks = np.maximum.reduceat(map_, self._edges[0][:-1], axis=0)
        return np.maximum.reduceat(peaks, self._edges[1][:-1], axis=1).astype(np.float64)

    def peak_in(self, row: int, column: int, map_: NDArray[np.float32]) -> tuple[float, float]:
        """Give the place of the greatest value of a map in a cell, in pixels of the picture."""
        (top, bottom), (left, right) = self._edges[0][row : row + 2], self._edges[1][column : column + 2]
        cell = map_[top:bottom, left:right]
        down, across = np.unravel_index(int(cell.argmax()), cell.shape)
        x, y = float(left + across + 0.5), float(top + down + 0.5)
        return x / self.scale[0] - 0.5, y / self.scale[1] - 0.5

    def sample_around(self, row: int, column: int, rng: np.random.Generator) -> tuple[float, float]:
        """Draw a place in and around a cell, in pixels: from a triangle, reflected at the edges of the picture."""
        (rows, columns), (height, width), drawn = self.shape, self.picture, rng.random(4)
        return (
            reflected(column + 0.5 + drawn[0] - drawn[1], columns, width),
            reflected(row + 0.5 + drawn[2] - drawn[3], rows, height),
        )

    @cached_property
    def shares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Share of each cell (columns) that goes to each pixel (rows) of the picture: down, and across.

        That of `sample_around`: a triangle over the cell and its neighbours, reflected at the edges.
        """
        shares = []
        for pixels, cells in zip(self.picture, self.shape, strict=True):
            edges, centres = np.arange(pixels + 1)[:, np.newaxis] * cells / pixels, np.arange(cells) + 0.5
            before = sum(_triangle_before(edges - centre) for centre in (centres, -centres, 2 * cells - centres))
            shares.append(np.diff(before, axis=0))
        return shares[0], shares[1]

    def spread(self, density: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn a density on the cells into one on the pixels of the picture; its sum is 1."""
        down, across = self.shares
        return np.asarray(down @ density @ across.T)

    def at(self, density: NDArray[np.float64], place: Sequence[Any]) -> float:
        """Give what `spread` has at the pixel next to a place."""
        down, across = self.shares
        x, y = (int(np.floor(value + 0.5)) for value in place[:2])
        return float(down[y] @ density @ across[x])


def _triangle_before(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a triangle of height 1 over -1 .. 1 that lies before a position."""
    position = np.clip(position, -1, 1)
    return np.asarray(0.5 + position - 0.5 * position * np.abs(position))


def reflected(position: float, cells: int, pixels: int) -> float:
    """Turn a position on the axis of cells, 0 to `cells`, into pixels; beyond an edge it is reflected back inside."""
    position = cells - abs(cells - abs(position))
    return float(min(max(position * pixels / cells - 0.5, 0.0), pixels - 1.0))
