"""A scanpath drawn from what is salient, how people move their eyes, and where the gaze has been."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array, check_fields, check_whole
from foveation.files import load_arrays, reading
from saliency.priority.context import GazeContext, share_of
from saliency.scanpaths.scanpath import Scanpath

EDGES_DEG = np.append(0.0, 0.5 * 2.0 ** (np.arange(27) / 4))  # four bins an octave, up to 45 degrees
DIRECTIONS = 36


@dataclass(frozen=True, kw_only=True, eq=False)
class SaccadeTable:
    """How often people make a saccade of this size in this direction, for each square degree where it may land.

    Parameters
    ----------
    density : array, shape (amplitudes, directions)
        Share of the saccades for each square degree, in bins between `edges_deg` and of equal angles, from direction 0
        (to the right) counter-clockwise.
    edges_deg : array, shape (amplitudes + 1,)
        Edges of the bins of amplitude, in degrees, ascending from 0.
    provenance : str
        What it was made of.

    Raises
    ------
    ValueError
        If the density is negative or empty, or the edges do not fit it.

    Examples
    --------
    >>> table = SaccadeTable.pretrained()
    >>> near, far = table([1.0, 10.0], [0.0, 0.0])
    >>> across, slanting = table([5.0, 5.0], [0.0, 45.0])
    >>> bool(near > 10 * far), bool(across > 1.5 * slanting)
    (True, True)
    """

    density: NDArray[np.float64]
    edges_deg: NDArray[np.float64] = field(default_factory=lambda: EDGES_DEG)
    provenance: str = ""

    def __post_init__(self) -> None:
        density, edges = np.array(self.density, np.float64), np.array(self.edges_deg, np.float64)
        if density.ndim != 2 or not np.isfinite(density).all() or (density < 0).any() or not density.any():
            raise ValueError(f"expected a density (amplitudes, directions) from 0 up, got one of {density.shape}")
        if edges.shape != (len(density) + 1,) or edges[0] != 0 or not np.all(np.diff(edges) > 0):
            raise ValueError(f"expected {len(density) + 1} edges that ascend from 0, got {edges}")
        for name, values in (("density", density), ("edges_deg", edges)):
            values.setflags(write=False)
            object.__setattr__(self, name, values)

    @classmethod
    def of(cls, paths: Iterable[Scanpath], *, smoothing: float = 1.0, provenance: str = "") -> Self:
        """Count the saccades between the fixations of paths; what leads to the first fixation of a path is not counted.

        Parameters
        ----------
        paths : iterable of Scanpath
            What people did.
        smoothing : float
            Standard deviation of the Gaussian that smooths the counts, in bins.
        provenance : str
            What the paths are, in words.

        Raises
        ------
        ValueError
            If there is no saccade in them.
        """
        steps = [_steps(path) for path in paths]
        amplitude, direction = np.concatenate(steps, axis=1) if steps else np.empty((2, 0))
        moved = amplitude > 0
        turns = np.linspace(0, 360, DIRECTIONS + 1)
        counts, _, _ = np.histogram2d(amplitude[moved], direction[moved] % 360, (EDGES_DEG, turns))
        if not counts.any():
            raise ValueError("expected paths with saccades to count, got none")
        area = np.pi * np.diff(EDGES_DEG**2) / DIRECTIONS
        shares = _smooth(counts / counts.sum(), smoothing)
        return cls(density=shares / area[:, np.newaxis], edges_deg=EDGES_DEG, provenance=provenance)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a table that `numpy.savez` wrote with the names of the fields.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If it is no such file, is damaged, or lacks one of them.
        """
        arrays = load_arrays(path, "saccade table", ("density", "edges_deg", "provenance"))
        with reading(path, "is a damaged saccade table file"):
            return cls(density=arrays["density"], edges_deg=arrays["edges_deg"], provenance=str(arrays["provenance"]))

    @classmethod
    def pretrained(cls) -> "SaccadeTable":
        """Give the table that comes with the package; its `provenance` says what it was made of."""
        return _pretrained()

    def __call__(self, amplitude_deg: ArrayLike, direction_deg: ArrayLike) -> NDArray[np.float64]:
        """Density of saccades for each square degree, by linear interpolation over log amplitude and direction."""
        amplitude, direction = np.asarray(amplitude_deg, np.float64), np.asarray(direction_deg, np.float64)
        rows, directions = self.density.shape
        middles = np.log(np.append(self.edges_deg[1] / 2, np.sqrt(self.edges_deg[1:-1] * self.edges_deg[2:])))
        row = np.interp(np.log(np.maximum(amplitude, 1e-9)), middles, np.arange(rows))
        column = (direction / 360 * directions - 0.5) % directions
        above, left = np.minimum(row.astype(np.intp), max(rows - 2, 0)), column.astype(np.intp) % directions
        down, across = row - above, column - np.floor(column)
        below, right = np.minimum(above + 1, rows - 1), (left + 1) % directions
        upper = (1 - across) * self.density[above, left] + across * self.density[above, right]
        lower = (1 - across) * self.density[below, left] + across * self.density[below, right]
        return np.asarray((1 - down) * upper + down * lower)


@cache
def _pretrained() -> SaccadeTable:
    return SaccadeTable.read(str(resources.files("saliency") / "weights" / "saccade_table.npz"))


def _steps(path: Scanpath) -> NDArray[np.float64]:
    """Give amplitudes and directions, in degrees, (2, n), of the saccades from one fixation to the next."""
    step = np.diff(path.viewing.degrees(path.places), axis=0)
    return np.stack([path.amplitudes_deg, np.degrees(np.arctan2(step[:, 1], step[:, 0]))])


def _smooth(counts: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Smooth a table with a Gaussian; its columns are a circle, and nothing leaves it at the first and last row."""
    for axis, mode in ((0, "symmetric"), (1, "wrap")):
        reach = min(int(np.ceil(4 * sigma)), counts.shape[axis])
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-9)) ** 2)
        margin = [(reach, reach) if side == axis else (0, 0) for side in (0, 1)]
        padded = np.pad(counts, margin, mode=mode)  # type: ignore[call-overload]
        counts = np.apply_along_axis(np.convolve, axis, padded, weights / weights.sum(), "valid")
    return counts


MOST_CANDIDATES = 10_000


def best_of(density: ArrayLike, values: ArrayLike, n: int) -> NDArray[np.float64]:
    r"""Give the density of the candidate of greatest value, of `n` that are drawn from a density.

    .. math:: P(q) = F(v_q)^n - F(v_q^-)^n = p_q \sum_{k < n} F(v_q)^k\, F(v_q^-)^{n - 1 - k}

    where no other cell has the value of :math:`q`; :math:`F(v)` is the chance that one candidate is worth at most
    :math:`v`, :math:`F(v^-)` that it is worth less. Cells of equal value share what falls on them as :math:`p` does.

    Parameters
    ----------
    density : array, any shape
        Density :math:`p` of the candidates; sums to 1.
    values : array, same shape
        What a candidate is worth.
    n : int
        How many candidates are drawn, 1 to 10,000.

    Raises
    ------
    ValueError
        If there is no candidate, the shapes differ, or a number is not finite.

    Examples
    --------
    >>> best_of([0.5, 0.5], [1, 2], 2)
    array([0.25, 0.75])
    """
    proposal = check_array(density, "a density of the candidates")
    worth = check_array(values, "values of the candidates")
    check_whole("n", n, 1, MOST_CANDIDATES)
    if not np.isfinite(proposal).all() or not np.isfinite(worth).all():
        raise ValueError("expected a finite density and finite values of the candidates, got NaN or infinity")
    if proposal.shape != worth.shape:
        raise ValueError(f"expected values of shape {proposal.shape}, as the density, got {worth.shape}")
    _, level = np.unique(worth.ravel(), return_inverse=True)
    most = np.cumsum(np.bincount(level, proposal.ravel()))
    less = np.append(0.0, most[:-1])
    share, power = np.zeros(len(most)), np.ones(len(most))
    for _ in range(n):
        share = share * most + power  # after k rounds: the sum of the products of k - 1 factors
        power *= less
    return np.asarray(proposal * share[level].reshape(proposal.shape))


@dataclass(frozen=True, kw_only=True)
class LeMeur:
    r"""Where to look next is what is salient, times how people move their eyes, times what is not inhibited.

    .. math:: p(q) \propto S(q)\; p_B(d_q, \phi_q)\; p_M(q)

    :math:`p_B` is the density of human saccades of amplitude :math:`d` and direction :math:`\phi`; :math:`p_M` is 0
    within a disc around the present fixation, and there it recovers linearly with each further fixation. From
    :math:`p` a few candidates are drawn, and the gaze goes to the most salient of them. What this gives is the exact
    density of that choice (see `best_of`), so the gate that belongs to it is `Luce`.

    Parameters
    ----------
    table : SaccadeTable
        :math:`p_B`.
    candidates : int
        How many candidates are drawn; fewer are more random.
    radius_deg : float
        Radius of the disc, in degrees; 0 for no inhibition.
    recovery : int
        Number of fixations after which a disc has recovered.
    uniform : float
        Share of looks that go anywhere, so that no place is impossible.

    Raises
    ------
    ValueError
        If there is no candidate, the radius is negative, the recovery is not positive, or the share not from 0 to 1.

    Notes
    -----
    The authors' table is not public; the one that comes with the package was counted anew, see its `provenance`. It is
    a raw table, of where people landed, so it holds part of what the map says too: saccades become too short. The
    radius and the even share are ours, the radius picked for the amplitudes of saccades on 50 pictures of OSIE (Xu et
    al. 2014). As an account of single fixations of people, the product alone (`candidates=1, radius_deg=0`) is far
    better: people return, make small saccades, and do not always go to the most salient place.

    References
    ----------
    Le Meur and Liu (2015), Saccadic model of eye movements for free-viewing condition, Vision Research 116, 152-164.

    Examples
    --------
    >>> from foveation import Viewing
    >>> from saliency import Visit
    >>> places = np.stack(np.meshgrid(np.arange(10, 400, 20), np.arange(10, 300, 20)), axis=-1)
    >>> viewing = Viewing.from_pixels_per_degree(20, (300, 400))
    >>> context = GazeContext(np.ones(places.shape[:2]), places, viewing, [Visit(190, 150, 0.0)], 0.2)
    >>> density = LeMeur()(context)
    >>> round(float(density.sum()), 9), bool(density[7, 12] > 3 * density[7, 18])
    (1.0, True)
    """

    table: SaccadeTable = field(default_factory=SaccadeTable.pretrained)
    candidates: int = 5
    radius_deg: float = 2.5
    recovery: int = 8
    uniform: float = 0.01

    def __post_init__(self) -> None:
        check_fields(self, candidates=MOST_CANDIDATES)
        if self.candidates < 1 or not self.radius_deg >= 0 or self.recovery < 1 or not 0 <= self.uniform <= 1:
            raise ValueError(
                "expected at least 1 candidate, a radius from 0 up, a recovery of at least 1 fixation and a share from "
                f"0 to 1, got {self.candidates}, {self.radius_deg}, {self.recovery} and {self.uniform}"
            )

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Probability of each cell; sums to 1."""
        proposal = share_of(context.map, uniform=0) * self.saccades(context) * self.recovered(context)
        if not proposal.any():  # all that can be reached is inhibited
            proposal = np.ones(proposal.shape)
        return share_of(best_of(proposal / proposal.sum(), context.map, self.candidates), uniform=self.uniform)

    def saccades(self, context: GazeContext) -> NDArray[np.float64]:
        """Give :math:`p_B`, the density of saccades from the gaze to each cell, for each square degree."""
        amplitude = context.viewing.angle_deg(context.gaze, context.places)
        step = context.viewing.degrees(context.places) - context.viewing.degrees(context.gaze)
        return self.table(amplitude, np.degrees(np.arctan2(step[..., 1], step[..., 0])))

    def recovered(self, context: GazeContext) -> NDArray[np.float64]:
        """Give :math:`p_M`, from 0 where the gaze is to 1 where it has not been of late."""
        free = np.ones(context.map.shape)
        for ago, visit in enumerate(reversed(context.visits[-self.recovery :])):
            near = context.viewing.angle_deg(visit[:2], context.places) <= self.radius_deg
            free = np.where(near & (self.radius_deg > 0), np.minimum(free, ago / self.recovery), free)
        return free
