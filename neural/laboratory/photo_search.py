"""Search in photographs, for a thing of which one has seen a picture.

A Bayesian searcher. At each fixation every place answers how much it resembles the target, the worse the farther it is
from the fovea; the answers of all fixations add up to a posterior; the gaze goes where the target is believed to be, or
else to where most can be learned, by the habits that people's saccades have in search.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, GeislerPerry, Viewing
from foveation.checks import check_number
from neural.laboratory.search_scene import Belief, SearchScene
from neural.observer.history import visits_of
from neural.observer.saccade_programming import SaccadeProgramming
from saliency import Readout, Scanpath
from saliency.models.catalogue import Model
from saliency.priority.log_linear import LogLinear

FOUND, ABSENT, BUDGET = "found", "absent", "budget"


@lru_cache
def search_habits() -> LogLinear:
    """Give the saccade tables of people who search: learned by `benchmarks/photo_search.py --learn`."""
    return LogLinear.pretrained("search")


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoSearch:
    """The result of a search: its scanpath, the verdict, and the posterior after each fixation.

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
    that is nowhere; the prior :math:`s` is the share of a bottom-up map, with 1 % of an even one mixed in.

    *The next fixation.* Let :math:`w` be the probability that the target is at the most likely place. Then

    .. math:: P(q) = \kappa w\, (B * p)(q) + (1 - \kappa w)\, L\left(q \mid \sum_i p_i\, d'^2(i, q)\right):

    the gaze goes to the target if it is believed to be seen, with the landing scatter :math:`B`; else to where the
    expected information is great [2]_, by people's habits of saccades :math:`L` (`LogLinear`), with 1 % of an even
    density mixed into the information, too.

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
            check_number(getattr(self, name), f"{name} to be positive", above=0)
        for name, least in (("criterion", 0.0), ("sure", 0.5), ("hopeless", 0.5)):
            check_number(getattr(self, name), f"{name} between {least:g} and 1", above=least, below=1)
        if not (0 <= self.pursuit <= 1 and 0 <= self.missing < 1):
            raise ValueError(
                f"expected pursuit from 0 to 1 and missing from 0 to below 1, got {self.pursuit} and {self.missing}"
            )
        check_number(self.crowd, "a crowd of at least one searcher", least=1)
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
        check_number(searchers, "at least one searcher", least=1)
        budgets = [saccades] * searchers if isinstance(saccades, int) else list(saccades)
        places = [None] * searchers if starts is None else list(starts)
        if len(budgets) != searchers or len(places) != searchers or min(budgets) < 0:
            raise ValueError(
                f"expected a start and a number of saccades, from 0 up, for each of {searchers} searchers, got "
                f"{len(places)} and {budgets}"
            )
        scene = SearchScene(self, image, template, viewing)
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
        scene = SearchScene(self, image, template, viewing)
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
        scene = SearchScene(self, image, template, viewing)
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
        scene = SearchScene(self, image, template, viewing)
        return (scene.beliefs([path.start, *map(tuple, path.places)]) for path in scanpaths)

    def _searched(
        self, scene: SearchScene, saccades: int, start: tuple[float, float], stimulus: str, rng: np.random.Generator
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

    def _verdict(self, scene: SearchScene, belief: Belief, gaze: tuple[float, float]) -> str:
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
