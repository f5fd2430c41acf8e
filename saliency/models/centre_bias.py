"""The baseline of every claim: people look at the middle of pictures, whatever these show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_shape
from foveation.image import check_pixels

CELLS = 64  # of a fitted density, along each side
LEAST = 1e-3  # share of an even density that is mixed in, so that no place is impossible


@dataclass(frozen=True, kw_only=True)
class CentreBias:
    r"""The same map for every picture of a size: a Gaussian at the centre, or a density fitted to places.

    .. math:: S(x, y) = \exp\left(-\frac{(u - m_u)^2}{2 s_u^2} - \frac{(v - m_v)^2}{2 s_v^2}\right)

    with :math:`u, v` from 0 to 1 over the two sides. It beats many saliency models on photographs [1]_, so that a model
    has shown nothing before it beats this.

    Parameters
    ----------
    spread : tuple of float
        Standard deviations :math:`s_u, s_v` along x and y, as shares of width and height.
    middle : tuple of float
        Centre :math:`m_u, m_v`, as shares of width and height.
    cells : tuple of tuples of float or None
        Densities (rows of columns) of a grid over the picture, from `fit`, in place of the Gaussian.

    Raises
    ------
    ValueError
        If a spread is not positive or the cells are no grid of densities above 0.

    References
    ----------
    .. [1] Tatler (2007), The central fixation bias in scene viewing, Journal of Vision 7(14):4; Judd, Durand and
       Torralba (2012), MIT CSAIL technical report 2012-001.

    Examples
    --------
    >>> CentreBias()(np.zeros((3, 5, 3)))[1].round(2)
    array([0.28, 0.73, 1.  , 0.73, 0.28], dtype=float32)
    """

    spread: tuple[float, float] = (0.25, 0.25)
    middle: tuple[float, float] = (0.5, 0.5)
    cells: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if not min(self.spread) > 0 or not np.isfinite([*self.spread, *self.middle]).all():
            raise ValueError(f"expected positive spreads and a finite middle, got {self.spread} and {self.middle}")
        if self.cells is not None:
            lengths = {len(row) for row in self.cells}
            if len(lengths) != 1 or lengths == {0} or not np.all(np.asarray(self.cells) > 0):
                raise ValueError("expected cells as rows of equal length, with densities above 0")

    @classmethod
    def fit(
        cls, places: ArrayLike, shapes: ArrayLike, *, kind: str = "gaussian", bandwidth: float | None = None
    ) -> Self:
        """Fit the bias to places that people looked at, in pictures of any sizes.

        Parameters
        ----------
        places : array, shape (n, 2)
            Pixels (x, y). Those outside their picture do not count.
        shapes : array, shape (2,) or (n, 2)
            Height and width of all pictures, or of the picture of each place.
        kind : str
            "gaussian": middle and spreads of greatest likelihood for a Gaussian that ends at the picture's sides;
            "kernels": a Gaussian on each place, on a grid of 64 x 64 cells, folded back at the sides.
        bandwidth : float or None
            Standard deviation of the kernels as a share of each side; None is Scott's rule, :math:`n^{-1/6}` times the
            places' own.

        Raises
        ------
        ValueError
            If there are fewer than two places inside their pictures, or no such kind.

        Examples
        --------
        >>> places = np.random.default_rng(0).normal((320, 240), (96, 72), (5000, 2))
        >>> bias = CentreBias.fit(places, (480, 640))
        >>> np.round(bias.spread, 2), np.round(bias.middle, 2)
        (array([0.15, 0.15]), array([0.5, 0.5]))
        """
        shares = _shares(places, shapes)
        if kind == "gaussian":
            fitted = [_truncated_gaussian(shares[:, axis]) for axis in (0, 1)]
            return cls(middle=(fitted[0][0], fitted[1][0]), spread=(fitted[0][1], fitted[1][1]))
        if kind == "kernels":
            return cls(cells=tuple(tuple(row) for row in _kernel_density(shares, bandwidth).tolist()))
        raise ValueError(f"there is no fit of kind '{kind}'; expected 'gaussian' or 'kernels'")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the map of a picture (height, width, 3), from 0 to 1 at its peak; only its size matters."""
        return np.asarray(self.maps(image)["saliency"], np.float32)

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give the log density over the pixels, "log density", and the map, "saliency"."""
        log_density = self.log_density(check_pixels(image).shape)
        return {
            "log density": log_density.astype(np.float32),
            "saliency": np.exp(log_density - log_density.max()).astype(np.float32),
        }

    def log_density(self, picture: Sequence[int] | ArrayLike) -> NDArray[np.float64]:
        """Give the natural logarithm of the probability of each pixel of a picture; over the picture they add up to 1.

        Parameters
        ----------
        picture : sequence of int, or array of shape (height, width, ...)
            Its height and width (more is ignored), or the picture itself, of which only these matter.
        """
        rows, columns = check_shape(np.shape(picture) if np.ndim(picture) > 1 else picture)[:2]
        v, u = ((np.arange(side) + 0.5) / side for side in (rows, columns))
        if self.cells is None:
            log = (
                -0.5 * ((v[:, np.newaxis] - self.middle[1]) / self.spread[1]) ** 2
                - 0.5 * ((u - self.middle[0]) / self.spread[0]) ** 2
            )
        else:
            log = np.log(_interpolated(np.asarray(self.cells), v, u))
        greatest = log.max()
        return np.asarray(log - greatest - np.log(np.exp(log - greatest).sum()), np.float64)


def _shares(places: ArrayLike, shapes: ArrayLike) -> NDArray[np.float64]:
    """Places as shares (n, 2) of width and height, from 0 to 1; those outside are dropped."""
    points, sizes = np.asarray(places, np.float64), np.asarray(shapes, np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"expected places of shape (n, 2), got {points.shape}")
    if sizes.shape not in ((2,), (3,)) and (sizes.ndim != 2 or sizes.shape[0] != len(points) or sizes.shape[1] < 2):
        raise ValueError(f"expected one shape (height, width), or one for each of {len(points)} places")
    shares = (points + 0.5) / sizes[..., 1::-1]
    inside = shares[np.all((shares >= 0) & (shares <= 1), axis=1)]
    if len(inside) < 2:
        raise ValueError(f"expected at least two places inside their pictures, got {len(inside)} of {len(points)}")
    return np.asarray(inside, np.float64)


def _truncated_gaussian(shares: NDArray[np.float64]) -> tuple[float, float]:
    r"""Middle and spread of greatest likelihood of a Gaussian cut off at 0 and 1, by Newton's method.

    In the natural parameters :math:`a = m / s^2` and :math:`b = -1 / (2 s^2)` the log-likelihood is concave; its
    gradient is the difference between the observed and the expected mean of :math:`u` and :math:`u^2`.
    """
    fine = (np.arange(2000) + 0.5) / 2000
    basis = np.stack([fine - 0.5, (fine - 0.5) ** 2])
    observed = np.array([(shares - 0.5).mean(), ((shares - 0.5) ** 2).mean()])
    natural = np.array([0.0, -1.0])
    value = -np.inf
    for _ in range(100):
        weights = np.exp(natural @ basis - (natural @ basis).max())
        weights /= weights.sum()
        expected = basis @ weights
        information = (basis * weights) @ basis.T - np.outer(expected, expected)
        move = np.linalg.solve(information + 1e-12 * np.eye(2), observed - expected)
        size = 1.0
        while size > 1e-6 and _likelihood(natural + size * move, basis, observed) < value:
            size /= 2
        natural = natural + size * move
        value = _likelihood(natural, basis, observed)
        if np.abs(move).max() < 1e-9 * (1 + np.abs(natural).max()):
            break
    curvature = min(natural[1], -0.05)  # flatter than that, or rising to the sides, is as good as even
    return float(0.5 - natural[0] / (2 * curvature)), float(np.sqrt(-0.5 / curvature))


def _likelihood(natural: NDArray[np.float64], basis: NDArray[np.float64], observed: NDArray[np.float64]) -> float:
    exponent = natural @ basis
    greatest = exponent.max()
    return float(natural @ observed - greatest - np.log(np.exp(exponent - greatest).mean()))


def _kernel_density(shares: NDArray[np.float64], bandwidth: float | None) -> NDArray[np.float64]:
    """Density of places over a grid of cells: a Gaussian on each, folded back at the sides; its mean is 1."""
    counts, _, _ = np.histogram2d(shares[:, 1], shares[:, 0], bins=CELLS, range=((0, 1), (0, 1)))
    for axis in (0, 1):
        own = shares[:, 1 - axis].std() * len(shares) ** (-1 / 6)
        spread = max(bandwidth if bandwidth is not None else own, 0.25 / CELLS)
        counts = np.moveaxis(np.tensordot(_folded_kernels(spread), counts, axes=(1, axis)), 0, axis)
    density = counts / counts.mean()
    return np.asarray((1 - LEAST) * density + LEAST, np.float64)


def _folded_kernels(spread: float) -> NDArray[np.float64]:
    """Share (cells, cells) of a Gaussian on cell j that falls on cell i, what lies outside folded back at the sides."""
    centres = (np.arange(CELLS) + 0.5) / CELLS
    images = np.concatenate([centres, -centres, 2 - centres])
    near = np.exp(-0.5 * ((images[:, np.newaxis] - centres) / spread) ** 2).reshape(3, CELLS, CELLS).sum(axis=0)
    return np.asarray(near / near.sum(axis=0), np.float64)


def _interpolated(cells: NDArray[np.float64], v: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring a grid to the places (v, u), shares of the two sides, linearly, one axis after the other."""
    for axis, shares in ((0, v), (1, u)):
        length = cells.shape[axis]
        position = np.clip(shares * length - 0.5, 0, length - 1)
        below = np.minimum(position.astype(int), max(length - 2, 0))
        part = np.expand_dims(position - below, 1 - axis)
        above = np.minimum(below + 1, length - 1)
        cells = (1 - part) * np.take(cells, below, axis) + part * np.take(cells, above, axis)
    return cells
