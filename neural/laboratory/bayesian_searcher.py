"""Bayesian search for a faint target in noise: the posterior after each fixation, and where to look next."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_one_of
from neural.laboratory import kernels

RULES = ("ideal", "entropy", "map", "random")
NODES = 11  # of the quadrature over what is seen
LEAST = 1e-12  # probability of a place


def hexagon(rings: int = 4, spacing_deg: float = 1.75) -> NDArray[np.float64]:
    """Give the places (n, 2) of a hexagonal grid around the origin, in degrees.

    Parameters
    ----------
    rings : int
        Rings around the middle, from 1 up; 4 rings are 61 places.
    spacing_deg : float
        Distance between neighbours.

    Examples
    --------
    >>> hexagon(1).round(2).tolist()[:3]
    [[-0.88, -1.52], [0.88, -1.52], [-1.75, 0.0]]
    """
    if rings < 1 or not 0 < spacing_deg < np.inf:
        raise ValueError(f"expected at least 1 ring and a positive spacing, got {rings} and {spacing_deg}")
    return np.array([
        (spacing_deg * (column + row / 2), spacing_deg * row * np.sqrt(0.75))
        for row in range(-rings, rings + 1)
        for column in range(-rings, rings + 1)
        if abs(row + column) <= rings
    ])  # fmt: skip


class Hunt(NamedTuple):
    """One search: fixations, and the posterior after each.

    Parameters
    ----------
    target : int
        Place of the target.
    fixated : tuple of int
        Places that were fixated, in order, with the one where the search began.
    found : int
        Place that was taken for the target's.
    posteriors : array, shape (fixations, places)
        Probability of each place after each fixation.
    """

    target: int
    fixated: tuple[int, ...]
    found: int
    posteriors: NDArray[np.float64]

    @property
    def correct(self) -> bool:
        """Whether the target was found."""
        return self.found == self.target


@dataclass(frozen=True, kw_only=True)
class BayesianSearcher:
    r"""Bayesian searcher: a target may be at any of :math:`n` places in noise, and each fixation updates the posterior.

    While the gaze is at place :math:`k`, the template's response at place :math:`i` is
    :math:`W_i \sim N(\pm 1/2, 1 / d_{ik}^2)`, plus at the target's place, with a detectability that falls with
    eccentricity, :math:`d_{ik} = d_0 / (1 + e_{ik} / e_2)`. The responses of all looks :math:`t` add up:

    .. math:: p_i \propto \exp\Bigl(\sum_t d_{i k(t)}^2 W_{it}\Bigr)

    The next fixation is, by the rule,

    - "ideal": where the probability that the likeliest place will then be the right one is greatest [1]_;
    - "entropy": where the expected loss of entropy is, :math:`\arg\max_k \sum_i p_i d_{ik}^2` [2]_, nearly as good and
      much cheaper;
    - "map": at the likeliest place itself;
    - "random": anywhere.

    Parameters
    ----------
    rule : str
        One of these.
    detectability : float
        :math:`d_0`, at the gaze.
    half_deg : float
        :math:`e_2`, in degrees.
    confidence : float
        Search ends when a place is at least so likely, between 0.5 and 1.
    fixations : int
        ... or after so many.

    Raises
    ------
    ValueError
        If there is no such rule, or a number is outside its range.

    References
    ----------
    .. [1] Najemnik and Geisler (2005), Optimal eye movement strategies in visual search, Nature 434.
    .. [2] Najemnik and Geisler (2009), Simple summation rule for optimal fixation selection in visual search, Vision
       Research 49 (from memory). People are nearly as fast as the ideal searcher. The law of detectability is ours.

    Examples
    --------
    >>> places = hexagon()
    >>> takes = {
    ...     rule: [len(BayesianSearcher(rule=rule).search(7, places, rng=seed).fixated) for seed in range(60)]
    ...     for rule in ("entropy", "random")
    ... }
    >>> sum(takes["entropy"]) < 0.7 * sum(takes["random"])
    True
    """

    rule: str = "entropy"
    detectability: float = 3.0
    half_deg: float = 2.3
    confidence: float = 0.95
    fixations: int = 200

    def __post_init__(self) -> None:
        check_fields(self)
        check_one_of("rule", self.rule, RULES)
        if not (0 < self.detectability < np.inf and 0 < self.half_deg < np.inf):
            raise ValueError(
                f"expected a positive detectability and eccentricity, got {self.detectability} and {self.half_deg}"
            )
        if not 0.5 <= self.confidence < 1 or self.fixations < 1:
            raise ValueError(
                "expected a confidence from 0.5 to below 1 and at least one fixation, "
                f"got {self.confidence} and {self.fixations}"
            )

    def detectabilities(self, places_deg: ArrayLike) -> NDArray[np.float64]:
        """Give the detectability of a target at each place (rows) for the gaze at each (columns)."""
        places = np.asarray(places_deg, np.float64)
        apart = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
        return np.asarray(self.detectability / (1 + apart / self.half_deg))

    def search(
        self,
        target: int,
        places_deg: ArrayLike,
        *,
        prior: ArrayLike | None = None,
        rng: np.random.Generator | int = 0,
    ) -> Hunt:
        """Search, from the place nearest to the middle on.

        Parameters
        ----------
        target : int
            Place of the target.
        places_deg : array, shape (n, 2)
            Places at which it may be, in degrees; at least 2, such as `hexagon()`.
        prior : array, shape (n,), optional
            How likely each is; all the same if left out.
        rng : numpy.random.Generator or int
            Source of randomness.

        Raises
        ------
        ValueError
            If there are fewer than two places, the target is at none, or the prior is none.
        """
        places = np.asarray(places_deg, np.float64)
        if places.ndim != 2 or places.shape[1] != 2 or len(places) < 2 or not 0 <= target < len(places):
            raise ValueError(f"expected at least 2 places (n, 2) and a target among them, got {places.shape}, {target}")
        believed = np.full(len(places), 1.0) if prior is None else np.asarray(prior, np.float64)
        if believed.shape != (len(places),) or not (np.isfinite(believed).all() and (believed > 0).all()):
            raise ValueError(f"expected a prior above 0 for each of the {len(places)} places, got {believed}")
        rng, seen = np.random.default_rng(rng), self.detectabilities(places)
        signs = np.where(np.arange(len(places)) == target, 0.5, -0.5)
        logs, posterior = np.log(believed), believed / believed.sum()
        gaze = int(np.linalg.norm(places - places.mean(axis=0), axis=1).argmin())
        fixated, posteriors = [], []
        while True:
            logs += seen[:, gaze] ** 2 * signs + seen[:, gaze] * rng.standard_normal(len(places))
            posterior = np.exp(logs - logs.max())
            posterior /= posterior.sum()
            fixated.append(gaze)
            posteriors.append(posterior)
            if posterior.max() >= self.confidence or len(fixated) == self.fixations:
                return Hunt(target, tuple(fixated), int(posterior.argmax()), np.array(posteriors))
            gaze = self.next_place(posterior, seen, rng)

    def next_place(
        self, posterior: NDArray[np.float64], detectabilities: NDArray[np.float64], rng: np.random.Generator | int = 0
    ) -> int:
        """Give where to look next.

        Parameters
        ----------
        posterior : array, shape (n,)
            How likely each place is.
        detectabilities : array, shape (n, n)
            From `detectabilities`.
        rng : numpy.random.Generator or int
            For the rule "random".
        """
        if self.rule == "random":
            return int(np.random.default_rng(rng).integers(len(posterior)))
        if self.rule == "map":
            return int(posterior.argmax())
        if self.rule == "entropy":
            return int((posterior @ detectabilities**2).argmax())
        nodes, shares = np.polynomial.hermite_e.hermegauss(NODES)
        gains = np.empty(len(posterior))
        likely = np.maximum(posterior, LEAST)
        kernels.ideal_gains(likely, detectabilities, nodes, shares / shares.sum(), gains)
        return int(gains.argmax())
