"""Search in photographs, for a thing of which one has seen a picture.

A Bayesian searcher. At each fixation every place answers how much it resembles the target, the worse the farther it is
from the fovea; the answers of all fixations add up to a posterior; the gaze goes where the target is believed to be, or
else to where most can be learned, by the habits that people's saccades have in search.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, GeislerPerry, Viewing, as_image
from foveation.image import check_pixels
from foveation.opencv import cv2
from neural.observer.history import visits_of
from neural.observer.observer import Observer
from neural.observer.saccade_programming import SaccadeProgramming
from saliency import Readout, Scanpath
from saliency.models.catalogue import Model
from saliency.priority.context import share_of
from saliency.priority.log_linear import LogLinear, grid_of, places_in_degrees
from saliency.task.template import Template

FLAT = 2 / 255  # a template whose lightness varies by less than this shows nothing
FEWEST_CELLS, MOST_CELLS = 40, 160
FOUND, ABSENT, BUDGET = "found", "absent", "budget"


@lru_cache
def search_habits() -> LogLinear:
    """Give the saccade tables of people who search: learned by `benchmarks/photo_search.py --learn`."""
    return LogLinear.pretrained("search")


class Belief(NamedTuple):
    """What a searcher believes at one fixation, and where the gaze may go next.

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


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoSearch:
    """A search that is over: where the gaze went, and what became of the belief.

    Parameters
    ----------
    path : Scanpath
        The fixations; `ended` is the verdict.
    verdict : str
        "found"; "absent": nothing is left that could be the target; or "budget": no saccade is left.
    place : tuple of float, or None
        Where it was found, in pixels.
    box : tuple of float, or None
        Left, top, width and height around that place, of the template's size, in pixels.
    posteriors : array, shape (fixations + 1, rows, columns)
        Probability that the target is in each cell: at the start, and after each fixation.
    absent : array, shape (fixations + 1,)
        Probability that it is nowhere.
    """

    path: Scanpath
    verdict: str
    place: tuple[float, float] | None
    box: tuple[float, float, float, float] | None
    posteriors: NDArray[np.float64]
    absent: NDArray[np.float64]

    @property
    def found(self) -> bool:
        """Whether the target was identified."""
        return self.verdict == FOUND

    @property
    def fixations(self) -> int:
        """Number of fixations it took, that of the start not counted."""
        return len(self.path)

    @property
    def time_s(self) -> float:
        """Time from the picture's appearance to the answer, in seconds."""
        return self.path.watched


@dataclass(frozen=True, kw_only=True)
class PhotoSearcher:
    r"""A simulated person who searches a photograph for a thing of which they have a picture.

    *Evidence.* `Template` tells how much each place :math:`i` resembles the target, :math:`e_i` from 0 to 1. Looked at
    from :math:`k_t` at fixation :math:`t`, the place answers with its likelihood ratio

    .. math:: \ell_{it} = d'^2(i, k_t)\, m_i + d'(i, k_t)\, n_{it}, \qquad
        m_i = \left[\frac{e_i - c}{2 (1 - c)}\right]_{-1/2}^{+1/2}, \qquad
        d'(i, k) = d'_0 \left(\frac{f_c(e_{ik})}{f_c(0)}\right)^a,

    with noise :math:`n \sim N(0, 1)`, drawn anew for each place and fixation, and :math:`f_c` the finest grating seen
    at the eccentricity of :math:`i` from :math:`k`. A perfect match has :math:`m = 1/2`, what is quite unlike has
    :math:`-1/2`, as target and background have in [1]_.

    *Belief.* The posterior is :math:`p_i \propto (1 - p_0)\, s_i\, e^{\sum_t \ell_{it}}`, and :math:`p_0` for a target
    that is nowhere; the prior :math:`s` is the share of a bottom-up map.

    *The next fixation.* Let :math:`w` be the probability that the target is at the most likely place. Then

    .. math:: P(q) = \kappa w\, (B * p)(q) + (1 - \kappa w)\, L\left(q \mid \sum_i p_i\, d'^2(i, q)\right):

    the gaze goes to the target if it is believed to be seen, with the landing scatter :math:`B`; else to where the
    expected information is great [2]_, by people's habits of saccades :math:`L` (`LogLinear`).

    *The end.* The target is found if it is believed in and the gaze rests on it; it is reported absent if :math:`p_0`
    has come to be believed in.

    Parameters
    ----------
    eye : Acuity
        Law of acuity, :math:`f_c`.
    model : callable
        From the picture (height, width, 3) to the bottom-up map (height, width).
    habits : LogLinear
        Tables of saccades. By default those of people in search.
    timing : SaccadeProgramming
        Durations of fixations and saccades.
    discriminability : float
        :math:`d'_0`, of the target at the fovea, above 0.
    crowding : float
        :math:`a`, above 0: above 1, things are lost to eccentricity sooner than gratings are.
    criterion : float
        Resemblance :math:`c`, between 0 and 1, that speaks neither for the target nor against it.
    pursuit : float
        :math:`\kappa`, from 0 to 1: how often the gaze follows the belief when it could.
    scatter_deg : float
        Standard deviation of landings around the place meant, in degrees.
    missing : float
        Prior probability :math:`p_0`, from 0 to below 1, that the target is not in the picture.
    sure : float
        Probability, between 0.5 and 1, from which the target is said to be there.
    hopeless : float
        Probability, between 0.5 and 1, from which it is said to be absent.
    fovea_deg : float
        The gaze is on the target if it is not farther from its middle, across and down, than this or half its size.
    crowd : int
        Searchers whose mean is the density of the next fixation, from 1 up.
    cells : int, optional
        Cells along the picture's longer side. If left out, 40, or as many as make a cell no larger than the template.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    The discriminability, its fall, the criterion and the pursuit were picked by hand out of about thirty settings, by
    the share of targets found and the likelihood of fixations, on half of the pictures of Bujia et al. (2022), at an
    assumed 20 pixels per degree; the tables were learned there, by likelihood, from the saccades that did not land on
    the target. `benchmarks/photo_search.py` tells what they are worth on the other half. Noise is drawn for each cell:
    the constants go with the 40 cells of 0.8 degrees there. The visibility in [1]_ is measured for each observer; here
    it follows the acuity.

    References
    ----------
    .. [1] Najemnik and Geisler (2005), Optimal eye movement strategies in visual search, Nature 434: 387-391.
    .. [2] Najemnik and Geisler (2009), Simple summation rule for optimal fixation selection in visual search, Vision
       Research 49: 1286-1294: entropy-limit minimisation.

    Bujia, Sclar, Vita, Solovey and Kamienkowski (2022), Modeling human visual search in natural scenes, Frontiers in
    Systems Neuroscience 16: 882315, who take the template's resemblance for the mean answer and saliency for the prior.
    Zelinsky (2008), A theory of eye movements during target acquisition, Psychological Review 115: 787-835.

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> image = sample_pixels("coffee")
    >>> viewing = Viewing.from_pixels_per_degree(24, image.shape)
    >>> search = PhotoSearcher().search(image, image[280:340, 300:360], viewing, rng=0)
    >>> search.verdict, [abs(search.place[0] - 330) < 9, abs(search.place[1] - 310) < 9]
    ('found', [True, True])
    """

    eye: Acuity = field(default_factory=GeislerPerry)
    model: Model = field(default_factory=Readout)
    habits: LogLinear = field(default_factory=search_habits)
    timing: SaccadeProgramming = field(default_factory=SaccadeProgramming)
    discriminability: float = 18.0
    crowding: float = 1.5
    criterion: float = 0.7
    pursuit: float = 0.4
    scatter_deg: float = 0.7
    missing: float = 0.5
    sure: float = 0.9
    hopeless: float = 0.995
    fovea_deg: float = 1.35
    crowd: int = 16
    cells: int | None = None

    def __post_init__(self) -> None:
        for name in ("discriminability", "crowding", "scatter_deg", "fovea_deg"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"expected {name} to be positive, got {value}")
        for name, least in (("criterion", 0.0), ("sure", 0.5), ("hopeless", 0.5)):
            if not least < getattr(self, name) < 1:
                raise ValueError(f"expected {name} between {least:g} and 1, got {getattr(self, name)}")
        if not (0 <= self.pursuit <= 1 and 0 <= self.missing < 1):
            raise ValueError(
                f"expected pursuit from 0 to 1 and missing from 0 to below 1, got {self.pursuit} and {self.missing}"
            )
        if self.crowd < 1:
            raise ValueError(f"expected a crowd of at least one searcher, got {self.crowd}")
        if self.cells is not None and self.cells < 2:
            raise ValueError(f"expected at least 2 cells along the longer side, got {self.cells}")

    def search(
        self,
        image: ArrayLike,
        template: ArrayLike,
        viewing: Viewing,
        *,
        saccades: int = 64,
        start: tuple[float, float] | None = None,
        rng: np.random.Generator | int = 0,
        stimulus: str = "",
    ) -> PhotoSearch:
        """Search a picture.

        Parameters
        ----------
        image : array, shape (height, width, 3)
            The photograph.
        template : array, shape (height, width, 3)
            The thing to find, cut out with little around it.
        viewing : Viewing
            The screen on which the photograph is shown.
        saccades : int
            At most this many, from 0 up.
        start : tuple of float, optional
            Where the gaze is when the photograph appears, in pixels; the middle if left out.
        rng : numpy.random.Generator or int
            Source of randomness.
        stimulus : str
            The photograph's name, kept with the path.

        Returns
        -------
        PhotoSearch

        Raises
        ------
        ValueError
            If the template is empty, flat, or larger than the photograph; if cells are larger than the template; or if
            the start lies outside.
        """
        return self.search_many(image, template, viewing, 1, saccades=saccades, starts=[start], rng=rng,
                                stimulus=stimulus)[0]  # fmt: skip

    def search_many(
        self,
        image: ArrayLike,
        template: ArrayLike,
        viewing: Viewing,
        searchers: int,
        *,
        saccades: int | list[int] = 64,
        starts: list[tuple[float, float] | None] | None = None,
        rng: np.random.Generator | int = 0,
        stimulus: str = "",
    ) -> list[PhotoSearch]:
        """Let several people search, each with randomness of their own; what they share is made once.

        Parameters
        ----------
        image, template, viewing, rng, stimulus
            As for `search`.
        searchers : int
            How many.
        saccades : int or list of int
            At most this many; or a number for each.
        starts : list of tuple of float, optional
            For each, where the gaze is when the photograph appears; None for the middle.
        """
        if searchers < 1:
            raise ValueError(f"expected at least one searcher, got {searchers}")
        budgets = [saccades] * searchers if isinstance(saccades, int) else list(saccades)
        places = [None] * searchers if starts is None else list(starts)
        if len(budgets) != searchers or len(places) != searchers or min(budgets) < 0:
            raise ValueError(
                f"expected a start and a number of saccades, from 0 up, for each of {searchers} searchers, got "
                f"{len(places)} and {budgets}"
            )
        scene = _Scene(self, image, template, viewing)
        rngs = np.random.default_rng(rng).spawn(searchers)
        return [
            self._searched(scene, budget, scene.cells.start(start), stimulus, each)
            for budget, start, each in zip(budgets, places, rngs, strict=True)
        ]

    def density(
        self,
        image: ArrayLike,
        template: ArrayLike,
        viewing: Viewing,
        history: Scanpath | ArrayLike | None = None,
        *,
        start: tuple[float, float] | None = None,
    ) -> NDArray[np.float64]:
        """Give the probability of each pixel to be looked at next.

        What noise a person had is not known: the density is that of `foresee`.

        Parameters
        ----------
        image, template, viewing, start
            As for `search`.
        history : Scanpath, or array, shape (n, 2)
            The fixations so far: a path, or x and y in pixels. None: the photograph has just appeared.

        Returns
        -------
        array of float64, shape (height, width)
            Sums to 1.
        """
        scene = _Scene(self, image, template, viewing)
        *_, last = scene.foreseen([visit[:2] for visit in visits_of(history, start, scene.cells)], self.crowd)
        return scene.cells.spread(last)

    def foresee(
        self, image: ArrayLike, template: ArrayLike, viewing: Viewing, scanpaths: Iterable[Scanpath]
    ) -> Iterator[Iterator[NDArray[np.float64]]]:
        r"""Give for each path, before each fixation and after the last, the probability of each cell to be looked at.

        The density is the mean over a crowd of searchers, each with noise of its own and a weight: how likely it made
        the path so far (a particle filter),

        .. math:: P(q_t \mid q_{<t}) = \sum_k w_{kt} P_k(q_t \mid q_{<t}), \qquad
            w_{kt} \propto \prod_{u < t} P_k(q_u \mid q_{<u}).

        Parameters
        ----------
        image, template, viewing
            As for `search`.
        scanpaths : iterable of Scanpath
            Paths, simulated or recorded; their places may lie outside the photograph.
        """
        scene = _Scene(self, image, template, viewing)
        return (scene.foreseen([path.start, *map(tuple, path.places)], self.crowd) for path in scanpaths)

    def follow(self, image: ArrayLike, template: ArrayLike, viewing: Viewing, scanpath: Scanpath) -> Iterator[Belief]:
        """Give the belief before each fixation of a path, and after the last, without noise.

        Parameters
        ----------
        image, template, viewing
            As for `search`.
        scanpath : Scanpath
            A path, simulated or recorded; its places may lie outside the photograph.
        """
        return next(self.follow_many(image, template, viewing, [scanpath]))

    def follow_many(
        self, image: ArrayLike, template: ArrayLike, viewing: Viewing, scanpaths: Iterable[Scanpath]
    ) -> Iterator[Iterator[Belief]]:
        """Follow several paths on one photograph; what they share is made once."""
        scene = _Scene(self, image, template, viewing)
        return (scene.beliefs([path.start, *map(tuple, path.places)]) for path in scanpaths)

    def _searched(
        self, scene: "_Scene", saccades: int, start: tuple[float, float], stimulus: str, rng: np.random.Generator
    ) -> PhotoSearch:
        answers, places, beliefs = np.zeros(scene.cells.shape), [start], []
        while True:
            answers += scene.answers(places[-1], rng)
            beliefs.append(scene.believed(answers, places))
            verdict = self._verdict(scene, beliefs[-1], places[-1])
            if verdict or len(places) > saccades:
                break
            places.append(scene.landing(beliefs[-1].density, rng))
        place = scene.place(beliefs[-1].likely) if verdict == FOUND else None
        return PhotoSearch(
            path=self._timed(places, scene.cells.viewing, stimulus, verdict or BUDGET, rng),
            verdict=verdict or BUDGET,
            place=place,
            box=None if place is None else scene.box(place),
            posteriors=np.array([belief.posterior for belief in beliefs]),
            absent=np.array([belief.absent for belief in beliefs]),
        )

    def _verdict(self, scene: "_Scene", belief: Belief, gaze: tuple[float, float]) -> str:
        """Say what a searcher can say by now; nothing if the search goes on."""
        if belief.certainty > self.sure and scene.on_target(gaze, scene.place(belief.likely)):
            return FOUND
        return ABSENT if belief.absent > self.hopeless else ""

    def _timed(
        self, places: list[tuple[float, float]], viewing: Viewing, stimulus: str, ended: str, rng: np.random.Generator
    ) -> Scanpath:
        """Give the path its times: programmed durations, longer before a reversal, and the saccades between."""
        rests = self.timing.durations(1, len(places), rng)[0]
        saccades = np.diff(viewing.degrees(places), axis=0)
        heading = np.degrees(np.arctan2(saccades[:, 1], saccades[:, 0]))
        rests[1:-1] *= self.timing.lengthening(np.diff(heading))
        flights = [self.timing.saccade(float(viewing.angle_deg(*pair))) for pair in pairwise(places)]
        onsets = np.cumsum(rests[:-1] + flights)
        x, y = np.array(places).T
        return Scanpath(
            x=x[1:],
            y=y[1:],
            onset=onsets,
            duration=rests[1:],
            viewing=viewing,
            watched=float(rests.sum() + sum(flights)),
            start=places[0],
            stimulus=stimulus,
            ended=ended,
        )


class _Scene:
    """A photograph and a template before a searcher: what is the same for every fixation, made once."""

    def __init__(self, searcher: PhotoSearcher, image: ArrayLike, template: ArrayLike, viewing: Viewing) -> None:
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
        self.prior = share_of(self.presentation.retina.sharp.cells)
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
        grid = np.concatenate([self.grid[:4], np.log(share_of(information) * information.size).reshape(1, -1)])
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
