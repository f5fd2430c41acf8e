"""SceneWalk: attention follows the gaze, inhibition tags what was seen, and the next place is drawn from both."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields, check_number, check_positive
from saliency.priority import kernels
from saliency.priority.context import GazeContext, share_of

SHORTEST_MAIN_S = 0.01  # a fixation too short to leave its main phase this has none before the next saccade


@dataclass(frozen=True, kw_only=True)
class SceneWalk:
    r"""Density of the next fixation from two maps that follow the gaze, one of attention and one of inhibition.

    While the gaze rests at :math:`f`, attention tends to what is salient near it and inhibition to its place,

    .. math::

        \hat A \propto S\, G(\theta_f; \sigma_A), \quad \hat F \propto G(\theta_f; \sigma_F), \quad
        A(t) = \hat A + e^{-\omega_A t} (A_0 - \hat A), \quad F(t) = \hat F + e^{-\omega_F t} (F_0 - \hat F)

    with :math:`S` the map as a density, :math:`G(\theta; \sigma) = e^{-\theta^2 / 2 \sigma^2}` of the exact angle, and
    all targets of sum 1. When the next place is chosen, the two oppose each other [1]_, [2]_:

    .. math::

        u = \frac{A^\lambda}{\sum A^\lambda} - C_F \frac{F^\gamma}{\sum F^\gamma} \quad\text{or}\quad
        u = \frac{A^\lambda}{(C_F / N)^\gamma + F^\gamma}

    and the density of :math:`N` cells is :math:`(1 - \zeta) [u]_+ / \sum [u]_+ + \zeta / N`. The extended model [3]_,
    `SceneWalk.extended()`, adds

    - a phase of `after_s` after each saccade, when attention is beyond the place, at :math:`f + \eta (f - f_{-1})`;
    - a phase of `before_s` before each saccade, when attention is at the next place already;
    - facilitation of return: near the fixation before this one attention decays at the slower rate `previous_rate`;
    - a start from a Gaussian at the picture's centre, left at the rate `centre_rate` during the first fixation;
    - a preference for saccades across and down: :math:`q / \sum q` times `potential` is added to :math:`u`, with
      :math:`q = 1 - |\Delta x\, \Delta y|^{2 \chi} / \max |\Delta x\, \Delta y|^{2 \chi}` around the gaze.

    Parameters
    ----------
    attention_deg, inhibition_deg : float
        Standard deviations :math:`\sigma_A, \sigma_F`, in degrees.
    attention_rate, inhibition_rate : float
        Rates :math:`\omega_A, \omega_F`, per second.
    attention_exponent, inhibition_exponent : float
        :math:`\lambda` and :math:`\gamma`, above 0.
    strength : float
        Inhibition :math:`C_F`, from 0 up; in the divisive form, 0 counts as 1e-12, which keeps :math:`u` finite.
    noise : float
        Share :math:`\zeta` of looks that go anywhere, from 0 to 1.
    floor : float
        Share of an even density that is mixed into :math:`S`, from 0 to 1. 0, as in the papers: attention never reaches
        where the map is 0, however near.
    combination : str
        "subtractive" or "divisive": the left or the right :math:`u`.
    usual_s : float
        Length, in seconds, that is taken for a fixation whose begin is unknown or which has only just begun.
    after_s, before_s : float
        Lengths of the phases after and before a saccade, in seconds; 0 for none. A fixation that would keep no more
        than 10 ms between them has none before the next saccade.
    shift, shift_deg : float
        :math:`\eta`, as a share of the saccade, and standard deviation of attention in that phase, in degrees.
    previous_rate : float or None
        Rate within `previous_deg` of the previous fixation, per second; None for no facilitation.
    previous_deg : float
        Radius around the previous fixation, in degrees.
    centre_deg : tuple of float or None
        Standard deviations across and down of attention at the start, in degrees; None: it starts empty.
    centre_rate : float
        Rate during the first fixation after such a start, per second.
    potential, potential_exponent : float
        Weight of the preference for saccades across and down, 0 for none, and :math:`\chi`.

    Raises
    ------
    ValueError
        If a parameter is outside its range or there is no such combination.

    Notes
    -----
    The fixation that goes on ends at `GazeContext.now`, or at its offset if that is later; the next place is chosen
    `before_s` before. The place that each past fixation led to is known, as in the authors' likelihood.

    The authors fit all parameters to each data set, and even to each person. The defaults of both forms are a light fit
    by likelihood to 90 fixation paths on 90 pictures of OSIE (Xu et al. 2014), half of them with the root of the
    `IttiKoch` map times the centre bias, and half with the map of `Readout`; only the lengths of the phases and the
    ratio of `previous_rate` are the authors'. Those of their demonstration are 6 and 12 degrees, 18.5 and 1.85 per
    second, exponents 0.6 and 8, strength 0.7 and noise 0.01.

    References
    ----------
    .. [1] Engbert, Trukenbrod, Barthelme and Wichmann (2015), Spatial statistics and attentional dynamics in scene
       viewing, Journal of Vision 15(1):14, equations 5 to 12.
    .. [2] Schuett et al. (2017), Likelihood-based parameter estimation and comparison of dynamical cognitive models,
       Psychological Review 124: the divisive form, the exponents.
    .. [3] Schwetlick et al. (2020), Modeling the effects of perisaccadic attention on gaze statistics during scene
       viewing, Communications Biology 3:727; the order of the phases is that of the authors' program.

    Examples
    --------
    >>> from foveation import Viewing
    >>> from saliency.memory.inhibition import Visit
    >>> places = np.stack(np.meshgrid(np.arange(20.0, 400, 40), np.arange(20.0, 300, 40)), axis=-1)
    >>> viewing = Viewing.from_pixels_per_degree(20, (280, 400))
    >>> context = GazeContext(np.ones((7, 10)), places, viewing, [Visit(60, 140, offset=0.3, onset=0.0)], 0.3)
    >>> density = SceneWalk()(context)
    >>> round(float(density.sum()), 9), bool(density[3, 3] > density[3, 8])
    (1.0, True)
    """

    attention_deg: float = 2.8
    inhibition_deg: float = 12.0
    attention_rate: float = 78.0
    inhibition_rate: float = 4.5
    attention_exponent: float = 0.55
    inhibition_exponent: float = 12.0
    strength: float = 0.56
    noise: float = 0.24
    floor: float = 0.0
    combination: str = "subtractive"
    usual_s: float = 0.25
    after_s: float = 0.0
    before_s: float = 0.0
    shift: float = 0.0
    shift_deg: float = 2.0
    previous_rate: float | None = None
    previous_deg: float = 1.0
    centre_deg: tuple[float, float] | None = None
    centre_rate: float = 1.5
    potential: float = 0.0
    potential_exponent: float = 0.1

    def __post_init__(self) -> None:
        check_fields(self)
        check_positive(
            self,
            "attention_deg",
            "inhibition_deg",
            "attention_rate",
            "inhibition_rate",
            "attention_exponent",
            "inhibition_exponent",
            "usual_s",
            "shift_deg",
            "previous_deg",
            "centre_rate",
            "potential_exponent",
        )
        for name in ("strength", "after_s", "before_s", "potential"):
            check_number(getattr(self, name), f"{name} from 0 up", least=0)
        check_number(self.floor, "a floor from 0 to 1", least=0, most=1)
        if not 0 <= self.noise <= 1 or not np.isfinite(self.shift):
            raise ValueError(f"expected a noise from 0 to 1 and a finite shift, got {self.noise} and {self.shift}")
        if self.previous_rate is not None and not self.previous_rate >= 0:
            raise ValueError(f"expected a previous_rate from 0 up, got {self.previous_rate}")
        if self.centre_deg is not None and not min(self.centre_deg) > 0:
            raise ValueError(f"expected a positive centre_deg, got {self.centre_deg}")
        if self.combination not in ("subtractive", "divisive"):
            raise ValueError(f"expected the combination 'subtractive' or 'divisive', got '{self.combination}'")

    @classmethod
    def extended(cls, **changes: Any) -> Self:  # noqa: ANN401  (any parameter of the class)
        """Give the model of 2020, with attention around saccades; `changes` are parameters of the class.

        Examples
        --------
        >>> SceneWalk.extended().after_s, SceneWalk.extended(potential=0.0).potential
        (0.1, 0.0)
        """
        return cls(**EXTENDED | changes)

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Density of the next fixation over the cells (rows, columns); its sum is 1."""
        attention, inhibition = self.states(context)
        return self.decided(context, attention, inhibition)

    def states(self, context: GazeContext) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give attention and inhibition (rows, columns) at the time of the choice.

        Before the first fixation attention is the map itself (or the start at the centre), and inhibition is 0.
        """
        shape = context.map.shape
        density = share_of(context.map, uniform=self.floor).reshape(-1)
        rays = context.viewing.rays(context.places.reshape(-1, 2))
        attention, inhibition = self._start(rays), np.zeros(density.size)
        if context.visits:
            kernels.scene_walk(density, _unit(rays), *self._course(context), self._walk(), attention, inhibition)
        elif self.centre_deg is None:
            attention = density
        if not attention.any():  # too early, too slow
            attention[:] = 1 / density.size
        return attention.reshape(shape), inhibition.reshape(shape)

    def decided(
        self, context: GazeContext, attention: NDArray[np.float64], inhibition: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Combine attention and inhibition (rows, columns) into the density of the next fixation."""
        if self.combination == "subtractive":
            drive = _powered(attention, self.attention_exponent)
            if inhibition.any():
                drive -= self.strength * _powered(inhibition, self.inhibition_exponent)
            scale = 1.0
        else:
            drive, scale = self._divided(attention, inhibition)
        if self.potential > 0:
            drive += scale * self.potential * self._potential(context)
        return share_of(np.maximum(drive, 0), uniform=self.noise)

    def _divided(
        self, attention: NDArray[np.float64], inhibition: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], float]:
        """Give the divisive combination times a factor, and the factor: its powers may be beyond all floats."""
        even = np.log(max(self.strength, 1e-12) / attention.size)
        with np.errstate(divide="ignore"):
            drive, brake = (np.log(state) for state in (attention, inhibition))
        u = self.attention_exponent * drive - np.logaddexp(
            self.inhibition_exponent * even, self.inhibition_exponent * brake
        )
        top = max(float(u.max()), 0.0 if self.potential > 0 else -np.inf)
        return np.asarray(np.exp(u - top)), float(np.exp(-top)) if self.potential > 0 else 1.0

    def _walk(self) -> kernels.Walk:
        attention, shift, inhibition = (
            0.5 / np.radians(spread) ** 2 for spread in (self.attention_deg, self.shift_deg, self.inhibition_deg)
        )
        return kernels.Walk(
            attention=attention,
            shift=shift,
            inhibition=inhibition,
            first_rate=self.attention_rate if self.centre_deg is None else self.centre_rate,
            attention_rate=self.attention_rate,
            previous_rate=self.attention_rate if self.previous_rate is None else self.previous_rate,
            inhibition_rate=self.inhibition_rate,
            near=0.0 if self.previous_rate is None else float(np.radians(self.previous_deg)) ** 2,
        )

    def _start(self, rays: NDArray[np.float64]) -> NDArray[np.float64]:
        """Attention (n,) of cells at `rays` (n, 2) before the first fixation: a Gaussian at the centre, or nothing."""
        if self.centre_deg is None:
            return np.zeros(len(rays))
        away = np.degrees(np.arctan(rays)) / self.centre_deg
        gaussian = np.exp(-0.5 * (away[:, 0] ** 2 + away[:, 1] ** 2))
        return np.asarray(gaussian / gaussian.sum())

    def _course(self, context: GazeContext) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Rays (n, 3) to each fixation and to where attention overshoots, and the lengths (n, 3) of the phases."""
        visits = context.visits
        places = np.array([visit[:2] for visit in visits])
        jumps = np.diff(places, axis=0, prepend=places[:1])
        ends = [*(visit.offset for visit in visits[:-1]), max(context.now, visits[-1].offset)]
        lengths = [end - visit.onset for visit, end in zip(visits, ends, strict=True)]
        phases = [self._phases(length, first=k == 0) for k, length in enumerate(lengths)]
        fixations, beyond = (_unit(context.viewing.rays(p)).T.copy() for p in (places, places + self.shift * jumps))
        return fixations, beyond, np.array(phases)

    def _phases(self, length: float, *, first: bool) -> tuple[float, float, float]:
        """Seconds after the saccade, with attention at the place, and before the next saccade."""
        length = length if length > 0 else self.usual_s  # also if it is NaN
        after = 0.0 if first else min(self.after_s, length)
        left = length - after
        before = self.before_s if left > self.before_s + SHORTEST_MAIN_S else 0.0
        return after, left - before, before

    def _potential(self, context: GazeContext) -> NDArray[np.float64]:
        """Preference (rows, columns) for what is straight across or down from the gaze; its sum is 1."""
        offsets = np.abs(context.places - context.gaze)
        oblique = (offsets[..., 0] * offsets[..., 1]) ** (2 * self.potential_exponent)
        top = float(oblique.max())
        return share_of(1 - oblique / top if top > 0 else np.ones(oblique.shape), uniform=0)


def _powered(values: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Values (at least one above 0) to a power, over their sum."""
    powers: NDArray[np.float64] = (values / values.max()) ** exponent
    return np.asarray(powers / powers.sum())


def _unit(rays: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give unit vectors (3, n) towards where rays (n, 2) cross the plane at distance 1."""
    x, y = rays.T
    z = 1 / np.sqrt(1 + x**2 + y**2)
    return np.stack([x * z, y * z, z])


EXTENDED: dict[str, Any] = {
    "attention_deg": 20.0,
    "inhibition_deg": 11.0,
    "attention_rate": 5.6,
    "inhibition_rate": 0.36,
    "attention_exponent": 1.0,
    "inhibition_exponent": 1.0,
    "strength": 0.37,
    "noise": 0.01,
    "after_s": 0.1,
    "before_s": 0.05,
    "shift": 0.12,
    "shift_deg": 1.4,
    "previous_rate": 0.56,  # a tenth of that elsewhere, as the authors have it
    "centre_deg": (2.8, 1.7),
    "centre_rate": 12.0,
    "potential": 0.39,
    "potential_exponent": 0.026,
}
