"""Where the gaze goes next, as people do it: a log-linear model of the next fixation, fitted by likelihood."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from foveation import Viewing
from foveation.files import check_output, load_arrays, reading, written_whole
from saliency.priority import kernels
from saliency.priority.context import GazeContext, Priority, share_of
from saliency.priority.kernels import SaccadeAxes, SaccadeTables

AXES = SaccadeAxes(amplitude=0.35, previous=0.9, distance=0.5)
SHAPES = {
    "gain": (4, 16),
    "centre": (4, 4),
    "first": (16,),
    "turn": (16, 9),
    "direction": (16, 8),
    "previous": (16, 6),
    "back": (4, 11),
}
DIRECTIONS = 48  # of the table in polar coordinates that is made for each saccade
UNIFORM = 0.01  # of the looks go anywhere
SHIPPED = ("readout", "map")  # of people who look freely
SEARCHING = "search"  # of people who look for something in photographs
PLAIN_GAIN = 0.7


class Study(NamedTuple):
    """A training example: one picture as a priority sees it, and the paths of people on it.

    Parameters
    ----------
    grid : array, shape (5, cells)
        Of each cell: degrees rightward and upward, place across and down (-1 to 1), logarithm of the map's share.
    paths : sequence of pairs of arrays
        Of each path: its places in degrees with the start first (n + 1, 2), and the cell of each fixation after it
        (n,), below 0 for one that does not count.
    """

    grid: NDArray[np.float64]
    paths: Sequence[tuple[NDArray[np.float64], NDArray[np.int64]]]


class LearningPriority(Priority, Protocol):
    """A priority that is fitted to people's paths by maximum likelihood; `Observer.fit` asks it to."""

    def fit(
        self,
        studies: Sequence[Study],
        *,
        executor: Executor | None = None,
        watch: Callable[[int, float], None] | None = None,
        provenance: str = "",
    ) -> Self:
        """Learn from pictures and the paths on them; `watch` gets each step and the mean log likelihood, in bits."""
        ...


@lru_cache
def _pretrained(name: str) -> tuple[SaccadeTables, str]:
    return _read(str(files("saliency").joinpath("weights", f"saccades-{name}.npz")))


def _read(path: str | Path) -> tuple[SaccadeTables, str]:
    arrays = load_arrays(path, "saccade table", (*SHAPES, "provenance"))
    with reading(path, "is a damaged saccade table file"):
        tables = SaccadeTables(**{name: arrays[name].astype(np.float64) for name in SHAPES})
    return tables, str(arrays["provenance"])


@dataclass(frozen=True, kw_only=True, eq=False)
class LogLinear:
    r"""A log-linear model of the next fixation: a product of powers and tables, each of which can be read by itself.

    .. math::

        \log P(q) = g_n(a) \log S(q) + c_n(q) + D(a, \delta) + T(a, \theta) + V(a, a') + \sum_k B_k(d_k) - \log Z

    :math:`S` is the share of the map, with 1 % of an even one mixed in, so that no logarithm is infinite; :math:`a` the
    amplitude of the saccade to :math:`q` and :math:`\delta` its direction; :math:`\theta` the angle by which it turns
    from the saccade before, whose amplitude was :math:`a'`;
    :math:`d_k` the distance to the place that was looked at :math:`k` fixations before the present one; :math:`n` the
    number of the fixation. So the map counts more or less by how far away a place is (:math:`g`: what acuity and effort
    leave), the centre draws (:math:`c`), saccades keep their sizes, directions and momentum (:math:`D, T, V`), and
    the gaze returns, or does not (:math:`B`). The tables are linear between their nodes.

    For the first fixation, before which there was no saccade, :math:`T + V` is a table of amplitude alone.

    Parameters
    ----------
    tables : SaccadeTables
        `gain` (fixation number, amplitude), `centre` (fixation number; across, its square, down, its square, of places
        from -1 to 1), `first` (amplitude), `turn` (amplitude, angle from 0 to 180), `direction` (amplitude, direction
        counter-clockwise from rightward), `previous` (amplitude, amplitude before), `back` (k, distance from 0 to 5
        degrees). Nodes of amplitude lie evenly in its square root: 0, 0.1, 0.5, 1.1, 2, 3.1, 4.4 ... 27.6 degrees, and
        0, 0.8, 3.2, 7.3, 13, 20 for the amplitude before. The last row serves for all later fixations (`gain`,
        `centre`) and all earlier places (`back`, up to twelve).
    provenance : str
        On what, and how, the tables were learned.

    Notes
    -----
    Likelihood is greatest where each table's expected counts are those of people (the moments of an exponential family
    match): that is what "calibrated against the map" means, and what iterative proportional fitting does for one table
    [1]_. A raw table of human amplitudes, multiplied with a map, gives saccades that are too short. Amplitudes and
    directions are those in the plane of visual degrees (`Viewing.degrees`). What depends on the direction of the next
    saccade is worked out for 48 directions, and linear between them.

    References
    ----------
    .. [1] Darroch and Ratcliff (1972), Generalized iterative scaling for log-linear models, Ann. Math. Stat. 43.

    Le Meur and Liu (2015), Vision Research 116: a table of amplitude and orientation times a map. Smith and Henderson
    (2011), J. Vision 11(1):3: momentum and returns. Tatler and Vincent (2009), Visual Cognition 17: saccadic biases
    predict fixations better than saliency does.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (12, 16))
    >>> places = np.stack(np.meshgrid(np.arange(16), np.arange(12)), axis=-1).astype(float)
    >>> density = LogLinear()(GazeContext(np.ones((12, 16)), places, viewing, [], 0.0))
    >>> density.shape, round(float(density.sum()), 9)
    ((12, 16), 1.0)
    """

    knows_eccentricity: ClassVar[bool] = True

    tables: SaccadeTables = field(default_factory=lambda: _pretrained("readout")[0], repr=False)
    provenance: str = ""

    def __post_init__(self) -> None:
        for name, shape in SHAPES.items():
            table = getattr(self.tables, name)
            if np.shape(table) != shape or not np.isfinite(table).all():
                raise ValueError(f"expected a table '{name}' of finite numbers {shape}, got {np.shape(table)}")

    @classmethod
    def pretrained(cls, name: str = "readout") -> Self:
        """Give the tables that were learned with a kind of map, "readout" or, for any other, "map".

        "search" are those of people who search for something.

        Raises
        ------
        ValueError
            If there are none of this name.
        """
        if name not in (*SHIPPED, SEARCHING):
            raise ValueError(f"there are no tables '{name}'; expected one of: {', '.join((*SHIPPED, SEARCHING))}")
        tables, provenance = _pretrained(name)
        return cls(tables=tables, provenance=provenance)

    def __eq__(self, other: object) -> bool:
        """Whether all tables are equal."""
        if not isinstance(other, LogLinear):
            return NotImplemented
        return all(np.array_equal(one, two) for one, two in zip(self.tables, other.tables, strict=True))

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def unlearned(cls) -> Self:
        """Give a model that follows the map alone, with the exponent 0.7: the start of learning."""
        tables = {name: np.zeros(shape) for name, shape in SHAPES.items()}
        tables["gain"] += PLAIN_GAIN
        return cls(tables=SaccadeTables(**tables), provenance="nothing")

    def typical(
        self, *, map_: float = 3.0, saccades: float = 0.4, inhibition: float = 1.0, spread_deg: float = 1.0
    ) -> Self:
        r"""Give a model that keeps to the likely places: its paths resemble those of most people more than people's do.

        The map's exponents are multiplied, the habits of saccades weakened, and places visited before are inhibited by
        :math:`1 + a\,e^{-d^2 / 2 \sigma^2}`. Likelihood and the statistics of saccades are no longer those of people.

        Parameters
        ----------
        map_ : float
            Factor of the map's exponents :math:`g`.
        saccades : float
            Factor of the tables of saccades and returns.
        inhibition, spread_deg : float
            Strength :math:`a`, from 0 up, and spread :math:`\sigma`, in degrees.

        Notes
        -----
        The four numbers were picked out of seventeen settings by ScanMatch, sequence score and MultiMatch on 60
        pictures of the half of OSIE from which the tables were learned.
        """
        tables, distance = self.tables, np.arange(SHAPES["back"][1]) * AXES.distance
        back = saccades * tables.back - np.log1p(inhibition * np.exp(-0.5 * (distance / spread_deg) ** 2))
        back[:, -1] = 0
        weaker = {name: saccades * getattr(tables, name) for name in ("first", "turn", "direction", "previous")}
        changed = tables._replace(gain=map_ * tables.gain, back=back, **weaker)
        return replace(self, tables=changed, provenance=f"{self.provenance}, typical")

    def __call__(self, context: GazeContext) -> NDArray[np.float64]:
        """Probability of each cell (rows, columns) to be looked at next; their sum is 1."""
        return self.precompute(context)(context)

    def precompute(self, context: GazeContext) -> Callable[[GazeContext], NDArray[np.float64]]:
        """Give the same priority, for contexts with the same map, places and viewing."""
        grid, viewing, shape = grid_of(context.map, context.places, context.viewing), context.viewing, context.map.shape

        def density(context: GazeContext) -> NDArray[np.float64]:
            history = places_in_degrees([visit[:2] for visit in context.visits] or [context.gaze], viewing)
            return self.next_density(grid, history).reshape(shape)

        return density

    def next_density(self, grid: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of each cell of a grid (see `grid_of`), after a history of places in degrees (n, 2)."""
        history = places[-kernels.OLDEST - 1 :][::-1]
        number, out, polar_places = len(places) - 1, np.empty(grid.shape[1]), np.empty((2, grid.shape[1]))
        total = kernels.next_place(self.tables, AXES, grid, history, number, np.empty(POLAR), polar_places, out)
        return np.asarray(out / total)

    def surprise(self, study: Study) -> tuple[float, SaccadeTables]:
        """Give minus the log likelihood, in nats, of all paths on a picture, and its gradients by the tables."""
        gradients = SaccadeTables(**{name: np.zeros(shape) for name, shape in SHAPES.items()})
        polar = np.empty(POLAR)
        total = sum(
            kernels.surprise_of_path(self.tables, AXES, study.grid, places, targets, polar, gradients)
            for places, targets in study.paths
        )
        gradients.back[:, -1] = 0  # far from a place visited before, that makes no difference
        return float(total), gradients

    def fit(
        self,
        studies: Sequence[Study],
        *,
        ridge: float = 1.0,
        steps: int = 60,
        executor: Executor | None = None,
        watch: Callable[[int, float], None] | None = None,
        provenance: str = "",
    ) -> Self:
        """Learn the tables from people: those under which their paths are the most likely.

        The problem is convex: there is one best answer, whatever the start.

        Parameters
        ----------
        studies : sequence of Study
            Pictures and paths.
        ridge : float
            Penalty on the squares of the tables' numbers (of the gain: of its difference from 0.7), in nats, from 0 up:
            what is seldom seen stays near 0.
        steps : int
            At most this many steps of the search (L-BFGS).
        executor : concurrent.futures.Executor, optional
            Works on several pictures at a time; the answer is the same up to rounding.
        watch : callable, optional
            Gets the number of the step and the mean log likelihood over an even density, in bits.
        provenance : str
            To be kept with the tables.

        Raises
        ------
        ValueError
            If there is no fixation to learn from.
        """
        from scipy.optimize import minimize  # here: only who fits waits for its import

        count = sum(int((targets >= 0).sum()) for study in studies for _, targets in study.paths)
        if not count:
            raise ValueError("expected fixations to learn from, got none")
        even = sum(np.log(s.grid.shape[1]) * (t >= 0).sum() for s in studies for _, t in s.paths) / count
        rest = _packed(type(self).unlearned().tables)
        seen = 0

        def loss(packed: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            nonlocal seen
            model = replace(self, tables=_unpacked(packed))
            parts = map(model.surprise, studies) if executor is None else executor.map(model.surprise, studies)
            total, gradients = ridge * float(((packed - rest) ** 2).sum()), 2 * ridge * (packed - rest)
            nats = 0.0
            for part, gradient in parts:
                nats += part
                gradients += _packed(gradient)
            seen += 1
            if watch is not None:
                watch(seen, (even - nats / count) / np.log(2))
            return (total + nats) / count, gradients / count

        found = minimize(
            loss, _packed(self.tables), jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 30}
        )
        return replace(self, tables=_unpacked(found.x), provenance=provenance)

    def write(self, path: str | Path) -> None:
        """Write the tables to an .npz file, whole or not at all; `read` gives them back."""
        path = check_output(path, (".npz",))
        with written_whole(path) as draft, draft.open("wb") as file:
            arrays: dict[str, Any] = {
                name: np.asarray(table, np.float32) for name, table in self.tables._asdict().items()
            }
            np.savez_compressed(file, provenance=np.array(self.provenance), **arrays)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read tables that `write` has written.

        Raises
        ------
        OSError
            If the file is missing.
        ValueError
            If it holds something else.
        """
        tables, provenance = _read(path)
        return cls(tables=tables, provenance=provenance)


POLAR = (SHAPES["turn"][0], DIRECTIONS)


def grid_of(map_: NDArray[np.float64], places: NDArray[np.float64], viewing: Viewing) -> NDArray[np.float64]:
    """Give what the model needs to know of each cell: see `Study`."""
    degrees = viewing.degrees(places.reshape(-1, 2))
    relative = (places.reshape(-1, 2) - viewing.centre) * 2 / viewing.screen_px
    share = np.log(share_of(map_, uniform=UNIFORM).ravel() * map_.size)
    return np.ascontiguousarray(np.concatenate([degrees.T, relative.T, share[np.newaxis]]))


def places_in_degrees(places: Iterable[Any], viewing: Viewing) -> NDArray[np.float64]:
    """Turn places (n, 2) in pixels into degrees from the centre, rightward and upward."""
    return viewing.degrees(np.asarray(list(places), np.float64).reshape(-1, 2))


def _packed(tables: SaccadeTables) -> NDArray[np.float64]:
    return np.concatenate([np.ravel(table) for table in tables])


def _unpacked(packed: NDArray[np.float64]) -> SaccadeTables:
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES.values()])
    parts = np.split(packed, ends[:-1])
    return SaccadeTables(*(part.reshape(shape).copy() for part, shape in zip(parts, SHAPES.values(), strict=True)))
