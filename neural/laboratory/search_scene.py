"""A photograph and a target before a Bayesian searcher: evidence, posterior, and density of the next fixation."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing, as_image
from foveation.image import check_pixels
from foveation.opencv import cv2
from neural.observer.observer import Observer
from saliency.priority.context import share_of
from saliency.priority.log_linear import UNIFORM, grid_of, places_in_degrees
from saliency.task.template import Template

if TYPE_CHECKING:
    from neural.laboratory.photo_search import PhotoSearcher

FLAT = 2 / 255  # a template whose lightness varies by less than this shows nothing
FEWEST_CELLS, MOST_CELLS = 40, 160


class Belief(NamedTuple):
    """Posterior of a searcher at one fixation, and the density of the next one.

    Parameters
    ----------
    posterior : array, shape (rows, columns)
        Probability that the target is in each cell.
    absent : float
        Probability that it is nowhere; with the posterior, the sum is 1.
    information : array, shape (rows, columns)
        What can be learned by a look at each cell, as a share of all.
    density : array, shape (rows, columns)
        Probability of each cell to be looked at next; its sum is 1.
    likely : tuple of int
        Row and column of the cell that is believed in most.
    certainty : float
        Probability that the target is there, or within its own size around.
    """

    posterior: NDArray[np.float64]
    absent: float
    information: NDArray[np.float64]
    density: NDArray[np.float64]
    likely: tuple[int, int]
    certainty: float


class SearchScene:
    """A photograph and a template before a searcher: what is the same for every fixation, made once."""

    def __init__(self, searcher: "PhotoSearcher", image: ArrayLike, template: ArrayLike, viewing: Viewing) -> None:
        pixels, self.searcher = check_pixels(image), searcher
        sought = _checked_template(template)
        self.size = (sought.shape[1], sought.shape[0])
        self.resemblance = Template(picture=sought, exponent=1.0)(pixels)
        observer = Observer(model=searcher.model, priority=searcher.habits, cells=self._cells(pixels.shape))
        self.presentation = observer.presentation(pixels, viewing)
        self.cells = self.presentation.grid
        self.near = self.cells.viewing
        (height, width), (rows, columns) = pixels.shape[:2], self.cells.shape
        self.cell = (width / columns, height / rows)
        across, down = ((np.arange(n) + 0.5) * side - 0.5 for n, side in zip((columns, rows), self.cell, strict=True))
        self.places = np.stack(np.meshgrid(across, down), axis=-1)
        self.edges = [np.linspace(0, side, n + 1).round().astype(int) for side, n in ((height, rows), (width, columns))]
        self.prior = share_of(self.presentation.retina.sharp.cells, uniform=UNIFORM)
        self.grid = grid_of(self.prior, self.places, self.near)

    def _cells(self, shape: tuple[int, ...]) -> int:
        """Give the cells along the longer side."""
        longer, least = max(shape[:2]), min(self.size)
        needed = -(-longer // least)
        cells = max(FEWEST_CELLS, needed) if self.searcher.cells is None else self.searcher.cells
        if cells < needed:
            raise ValueError(
                f"{cells} cells along {longer} px are larger than the template of {self.size[0]} x {self.size[1]} px: "
                f"expected at least {needed}"
            )
        if self.searcher.cells is None and cells > MOST_CELLS:
            raise ValueError(
                f"the template of {self.size[0]} x {self.size[1]} px is too small to be searched for in a picture of "
                f"{shape[1]} x {shape[0]} px: expected at least {-(-longer // MOST_CELLS)} px"
            )
        return min(cells, longer)

    @cached_property
    def match(self) -> NDArray[np.float64]:
        """How much the best place in each cell speaks for the target, from -1/2 to 1/2."""
        peaks = np.maximum.reduceat(self.resemblance, self.edges[0][:-1], axis=0)
        peaks = np.maximum.reduceat(peaks, self.edges[1][:-1], axis=1).astype(np.float64)
        criterion = self.searcher.criterion
        return np.asarray(np.clip((peaks - criterion) / (2 * (1 - criterion)), -0.5, 0.5))

    def visibility(self, eccentricity_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Discriminability d' of the target at an eccentricity."""
        eye, searcher = self.searcher.eye, self.searcher
        seen = eye.cutoff_cpd(eccentricity_deg) / eye.cutoff_cpd(0.0)
        return np.asarray(searcher.discriminability * seen**searcher.crowding)

    def answers(self, gaze: tuple[float, float], rng: np.random.Generator | None = None) -> NDArray[np.float64]:
        """Logarithm of each cell's likelihood ratio, seen from a place; without randomness, its mean."""
        visibility = self.visibility(self.near.angle_deg(gaze, self.places))
        mean = visibility**2 * self.match
        return mean if rng is None else mean + visibility * rng.standard_normal(mean.shape)

    def beliefs(self, places: list[Any]) -> Iterator[Belief]:
        """Give the belief at each place of a path, without noise."""
        answers = np.zeros(self.cells.shape)
        for number, place in enumerate(places, start=1):
            answers += self.answers(place)
            yield self.believed(answers, places[:number])

    def foreseen(self, places: list[Any], crowd: int) -> Iterator[NDArray[np.float64]]:
        """Give the mean density of a crowd of searchers at each place of a path."""
        rng, logs = np.random.default_rng(0), np.zeros(crowd)
        answers = densities = np.zeros((crowd, *self.cells.shape))
        for number, place in enumerate(places, start=1):
            if number > 1 and self.cells.holds(place):
                row, column = (int(at) for at in np.divide(np.add(place, 0.5), self.cell)[::-1])
                logs += np.log(densities[:, row, column])
            for each in answers:
                each += self.answers(place, rng)
            densities = np.array([self.believed(each, places[:number]).density for each in answers])
            weights = np.exp(logs - logs.max())
            yield np.asarray(np.tensordot(weights / weights.sum(), densities, axes=1))

    def believed(self, answers: NDArray[np.float64], places: list[Any]) -> Belief:
        """Give the belief after all answers so far, at the last of the places."""
        missing = self.searcher.missing
        logs = np.log(self.prior) + answers + np.log1p(-missing)
        highest = max(float(logs.max()), np.log(missing) if missing else -np.inf)
        weights, nowhere = np.exp(logs - highest), missing * np.exp(-highest)
        total = weights.sum() + nowhere
        posterior = weights / total
        row, column = np.unravel_index(int(posterior.argmax()), posterior.shape)
        certainty = self._around(posterior, int(row), int(column))
        information = self._information(posterior)
        density = self._next(posterior / posterior.sum(), information, certainty, places)
        return Belief(posterior, float(nowhere / total), information, density, (int(row), int(column)), certainty)

    def _around(self, posterior: NDArray[np.float64], row: int, column: int) -> float:
        """Probability of the cells on which the target would lie if it were in one of them."""
        across, down = (max(1, round(side / 2 / cell)) for side, cell in zip(self.size, self.cell, strict=True))
        part = posterior[max(0, row - down) : row + down + 1, max(0, column - across) : column + across + 1]
        return float(part.sum())

    def _information(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the expected information of a look at each cell, as a share: the posterior spread by squared d'."""
        rows, columns = posterior.shape
        shape = (2 * rows - 1, 2 * columns - 1)
        spread = np.fft.irfft2(np.fft.rfft2(posterior, shape) * self._gain, shape)
        return share_of(np.maximum(spread[:rows, :columns], 0), uniform=0.0)

    @cached_property
    def _gain(self) -> NDArray[np.complex128]:
        """Transform of the squared visibility by distance in cells, as it wraps around."""
        rows, columns = self.cells.shape
        down, across = (np.concatenate([np.arange(n), np.arange(1 - n, 0)]) for n in (rows, columns))
        pitch = np.divide(self.cell, self.near.pixels_per_degree)
        distance = np.hypot(across * pitch[0], (down * pitch[1])[:, np.newaxis])
        return np.asarray(np.fft.rfft2(self.visibility(distance) ** 2))

    def _next(
        self, posterior: NDArray[np.float64], information: NDArray[np.float64], certainty: float, places: list[Any]
    ) -> NDArray[np.float64]:
        """Density of the next fixation: pursuit of what is believed to be seen, and exploration."""
        sigma = self.searcher.scatter_deg * self.near.pixels_per_degree
        across, down = (sigma / cell for cell in self.cell)
        pursued = cv2.GaussianBlur(posterior, (0, 0), across, sigmaY=down, borderType=cv2.BORDER_REFLECT)
        share = share_of(information, uniform=UNIFORM)
        grid = np.concatenate([self.grid[:4], np.log(share * share.size).reshape(1, -1)])
        explored = self.searcher.habits.next_density(grid, places_in_degrees(places, self.near)).reshape(
            posterior.shape
        )
        followed = self.searcher.pursuit * certainty
        return np.asarray(followed * pursued / pursued.sum() + (1 - followed) * explored)

    def landing(self, density: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float]:
        """Draw the next place of gaze, in pixels: in and around a cell, as `CellGrid.spread` has it."""
        chosen = int(rng.choice(density.size, p=density.ravel() / density.sum()))
        row, column = divmod(chosen, density.shape[1])
        return self.cells.sample_around(row, column, rng)

    def place(self, cell: tuple[int, int]) -> tuple[float, float]:
        """Place in a cell that resembles the target most, in pixels."""
        (top, bottom), (left, right) = (edges[n : n + 2] for n, edges in zip(cell, self.edges, strict=True))
        part = self.resemblance[top:bottom, left:right]
        row, column = np.unravel_index(int(part.argmax()), part.shape)
        return float(left + column), float(top + row)

    def on_target(self, gaze: tuple[float, float], place: tuple[float, float]) -> bool:
        """Whether the gaze rests on a thing of the template's size at a place."""
        fovea = self.searcher.fovea_deg * self.near.pixels_per_degree
        return all(abs(a - b) <= max(fovea, side / 2) for a, b, side in zip(gaze, place, self.size, strict=True))

    def box(self, place: tuple[float, float]) -> tuple[float, float, float, float]:
        """Give left, top, width and height around a place, inside the picture."""
        left, top = (
            min(max(middle - side / 2, -0.5), whole - side - 0.5)
            for middle, side, whole in zip(place, self.size, self.cells.picture[::-1], strict=True)
        )
        return left, top, float(self.size[0]), float(self.size[1])


def _checked_template(template: ArrayLike) -> NDArray[np.float32]:
    given = np.asarray(template)
    if not given.size:
        raise ValueError(f"an empty template: expected a picture of the thing, got an array of shape {given.shape}")
    picture = as_image(check_pixels(given))
    if min(picture.shape[:2]) < 4:
        raise ValueError(f"expected a template of at least 4 x 4 px, got {picture.shape[1]} x {picture.shape[0]}")
    if float(np.ptp(picture, axis=(0, 1)).max()) < FLAT:
        raise ValueError("a flat template: expected a picture with something in it, all its pixels are alike")
    return picture
