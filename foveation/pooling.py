"""Pooling: the windows over which peripheral vision averages, growing with eccentricity."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import kernels
from foveation.checks import check_array, check_number, check_positive
from foveation.viewing import Viewing


def mother_window(x: ArrayLike, *, transition: float = 0.5) -> NDArray[np.float64]:
    r"""Window of width 1 with flat top and cosine flanks; its copies at every whole number sum to one.

    .. math:: f(x) = \begin{cases}
        \cos^2\left(\frac{\pi}{2} \frac{x - (t-1)/2}{t}\right) & -(1+t)/2 < x \le (t-1)/2 \\
        1 & (t-1)/2 < x \le (1-t)/2 \\
        1 - \cos^2\left(\frac{\pi}{2} \frac{x - (1+t)/2}{t}\right) & (1-t)/2 < x \le (1+t)/2 \\
        0 & \text{else}
        \end{cases}

    Parameters
    ----------
    x : array
        Distance from the window's centre, in units of its full width at half height.
    transition : float
        Width :math:`t` of each flank, above 0 and at most 1.

    Raises
    ------
    ValueError
        If `transition` is outside its range.

    References
    ----------
    Freeman and Simoncelli (2011), Metamers of the ventral stream, Nature Neuroscience 14, online methods.

    Examples
    --------
    >>> mother_window([0, 0.25, 0.5, 0.75]).round(3)
    array([1. , 1. , 0.5, 0. ])
    """
    _check_transition(transition)
    inside = ((1 + transition) / 2 - np.abs(np.asarray(x, np.float64))) / transition
    window: NDArray[np.float64] = np.sin(np.pi / 2 * np.clip(inside, 0, 1)) ** 2
    return window


def polar_deg(places: ArrayLike, gaze: ArrayLike, viewing: Viewing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eccentricity of `places` and their direction around the gaze, as the eye has them: exact for every gaze.

    Parameters
    ----------
    places : array, shape (..., 2)
        (x, y) in pixels.
    gaze : array, shape (..., 2)
        Where the eye looks, (x, y) in pixels.
    viewing : Viewing
        Geometry, in the same pixels.

    Returns
    -------
    eccentricity, direction : arrays, shape (...)
        Degrees. The direction runs around the ray of the gaze, 0 to 360 counter-clockwise; 0 is the side of the
        screen's right, 90 that of its top. With the gaze at the screen's centre it is the direction on the screen. At
        the gaze itself it is 0.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> eccentricity, direction = polar_deg([319.5, 100], viewing.centre, viewing)
    >>> round(float(eccentricity), 2), float(direction)
    (6.94, 90.0)
    """
    (x, y), (gaze_x, gaze_y) = (np.moveaxis(viewing.rays(place), -1, 0) for place in (places, gaze))
    length = np.sqrt(1 + gaze_x**2 + gaze_y**2)
    right = (x * (1 + gaze_y**2) - gaze_x * (1 + y * gaze_y)) / length
    return viewing.angle_deg(gaze, places), np.degrees(np.arctan2(gaze_y - y, right)) % 360


def polar_places(
    eccentricity_deg: ArrayLike, direction_deg: ArrayLike, gaze: ArrayLike, viewing: Viewing
) -> NDArray[np.float64]:
    """Places (..., 2) in pixels at an eccentricity and a direction around the gaze: the inverse of `polar_deg`.

    A direction in which the eye does not meet the screen's plane gives NaN.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> eccentricity, direction = polar_deg(polar_places(7, 130, (100, 50), viewing), (100, 50), viewing)
    >>> round(float(eccentricity), 9), round(float(direction), 9)
    (7.0, 130.0)
    """
    x, y = np.moveaxis(viewing.rays(gaze), -1, 0)
    length, upright = np.sqrt(1 + x**2 + y**2), np.sqrt(1 + y**2)
    away, around = np.radians(np.asarray(eccentricity_deg, np.float64)), np.radians(direction_deg)
    forward, right, up = np.cos(away) / length, np.sin(away) * np.cos(around), np.sin(away) * np.sin(around)
    right, up = right / (length * upright), up / upright
    depth = forward - right * x + up * y
    rays = np.stack([forward * x + right * upright**2, forward * y - right * x * y - up], axis=-1)
    rays = rays / np.where(depth > 0, depth, np.nan)[..., np.newaxis]
    places: NDArray[np.float64] = rays * viewing.distance_cm / viewing.pitch_cm + viewing.centre
    return places


class Shares(NamedTuple):
    """To which windows each pixel belongs: to two rings and two wedges, that is to four cells of a table.

    The table has one row for what lies inside all rings, one for each ring, one for what lies outside; one column for
    each wedge, and once more the first.

    Parameters
    ----------
    cells : array of int32, shape (height, width)
        Cell of the inner ring and the first wedge, counted through the table's rows.
    outward, onward : array of float32, shape (height, width)
        Share of the next ring, and of the next wedge; 0 to 1. The rest is that of the first.
    totals : array, shape (rings, wedges)
        Sum of each window over the picture, in pixels.
    """

    cells: NDArray[np.int32]
    outward: NDArray[np.float32]
    onward: NDArray[np.float32]
    totals: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PoolingWindows:
    r"""Windows that grow with eccentricity and tile the visual field: peripheral vision keeps averages over them.

    Each window is the product of a window in direction, :math:`f((\theta - n w_\theta) / w_\theta)`, and one in log
    eccentricity, :math:`f((\ln e - \ln e_0 - n w_e) / w_e)`, with the `mother_window` :math:`f` [1]_. Its width at half
    height, over its eccentricity, is the scaling :math:`s = 2 \sinh(w_e / 2)` everywhere, so
    :math:`w_e = 2 \operatorname{asinh}(s / 2)`. Around the gaze there are :math:`N = 2 \pi a / s` wedges, rounded,
    with :math:`w_\theta = 2 \pi / N`.

    From `innermost_deg` to `outermost_deg` the windows sum to one. To that end ring 0 stands at `innermost_deg` itself
    (the paper's first ring is ring 1 here), and there are as many rings as it takes. Further in, they give way to the
    fovea, where nothing is pooled.

    A pixel belongs to two rings and two wedges at most. Only these are kept, never a stack of windows.

    Parameters
    ----------
    scaling : float
        Radial width over eccentricity :math:`s`. The paper's model of V1 needs about 0.25, that of the mid-ventral
        stream about 0.5 (recalled: a starting point).
    innermost_deg, outermost_deg : float
        Eccentricities :math:`e_0` and :math:`e_r` between which the windows sum to one, in degrees.
    aspect : float
        Width :math:`a` of a window in the radial direction, over that around the gaze.
    transition : float
        Width of a flank, in units of the window's: above 0, at most 1.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    .. [1] Freeman and Simoncelli (2011), Metamers of the ventral stream, Nature Neuroscience 14, online methods.

    Examples
    --------
    >>> windows = PoolingWindows(scaling=0.5)
    >>> windows.rings, windows.wedges, windows.count
    (8, 25, 200)
    >>> windows.eccentricities_deg[:4].round(5)
    array([0.5    , 0.82019, 1.34544, 2.20704])
    >>> viewing = Viewing.from_pixels_per_degree(8, (256, 256))
    >>> windows.pool(np.ones((256, 256, 3)), viewing.centre, viewing).shape
    (8, 25, 3)
    """

    scaling: float = 0.5
    innermost_deg: float = 0.5
    outermost_deg: float = 15.0
    aspect: float = 2.0
    transition: float = 0.5

    def __post_init__(self) -> None:
        check_positive(self, "scaling", "innermost_deg", "aspect")
        check_number(
            self.outermost_deg, f"outermost_deg beyond innermost_deg={self.innermost_deg}", above=self.innermost_deg
        )
        _check_transition(self.transition)

    @property
    def ring_width(self) -> float:
        r"""Width of a ring at half height, in log eccentricity: :math:`w_e = 2 \operatorname{asinh}(s / 2)`."""
        return float(2 * np.arcsinh(self.scaling / 2))

    @property
    def wedge_width_deg(self) -> float:
        r"""Width of a wedge at half height, :math:`w_\theta`, in degrees around the gaze."""
        return 360 / self.wedges

    @property
    def rings(self) -> int:
        """Number of rings: the first at `innermost_deg`, the last so that the sum is still one at `outermost_deg`."""
        widths = float(np.log(self.outermost_deg / self.innermost_deg)) / self.ring_width
        return 1 + max(0, int(np.ceil(widths - (1 - self.transition) / 2 - 1e-9)))

    @property
    def wedges(self) -> int:
        """Number of wedges around the gaze."""
        return max(1, round(2 * np.pi * self.aspect / self.scaling))

    @property
    def count(self) -> int:
        """Number of windows."""
        return self.rings * self.wedges

    @property
    def eccentricities_deg(self) -> NDArray[np.float64]:
        """Eccentricity of the centre of each ring, in degrees."""
        eccentricities: NDArray[np.float64] = self.innermost_deg * np.exp(self.ring_width * np.arange(self.rings))
        return eccentricities

    @property
    def directions_deg(self) -> NDArray[np.float64]:
        """Direction of the centre of each wedge, in degrees counter-clockwise from rightward (see `polar_deg`)."""
        directions: NDArray[np.float64] = self.wedge_width_deg * np.arange(self.wedges, dtype=np.float64)
        return directions

    def shares(self, gaze: ArrayLike, viewing: Viewing) -> Shares:
        """To which windows each pixel belongs; the last two gazes are remembered.

        Parameters
        ----------
        gaze : array, shape (2,)
            Where the eye looks, (x, y) in pixels; it may lie outside of the picture.
        viewing : Viewing
            Geometry, in the pixels of the picture.

        Raises
        ------
        ValueError
            If `gaze` is not one finite place.
        """
        x, y = check_places("a gaze", gaze, (2,))
        return _shares(self, (float(x), float(y)), viewing)

    def pool(
        self, image: ArrayLike, gaze: ArrayLike, viewing: Viewing, *, empty: float = np.nan
    ) -> NDArray[np.float32]:
        """Average a picture, or a map of features, over each window: what is left of it in the periphery.

        Parameters
        ----------
        image : array, shape (height, width) or (height, width, channels)
            Finite numbers, taken as they are; every pixel counts by the window's height there.
        gaze : array, shape (2,)
            Where the eye looks, (x, y) in pixels; it may lie outside of the picture.
        viewing : Viewing
            Geometry, in the pixels of `image` (see `Viewing.of_picture` and, for a coarser map, `Viewing.resampled`).
        empty : float
            The answer for windows that lie off the picture.

        Returns
        -------
        array of float32, shape (rings, wedges) or (rings, wedges, channels)

        Raises
        ------
        TypeError
            If `image` does not hold real numbers.
        ValueError
            If its shape is not that of `viewing`, or one of its numbers, or the gaze, is not finite.

        Examples
        --------
        >>> viewing = Viewing.from_pixels_per_degree(8, (256, 256))
        >>> below = np.arange(256)[:, np.newaxis] > np.full(256, 127.5)
        >>> means = PoolingWindows().pool(below, viewing.centre, viewing)
        >>> means[5, [0, 6, 18]].round(2)  # to the right, above, below
        array([0.5, 0. , 1. ], dtype=float32)
        """
        values = np.asarray(image)
        if values.dtype.kind not in "fiub":
            raise TypeError(f"expected a picture or map of real numbers, got {values.dtype}")
        if values.ndim not in (2, 3) or values.shape[:2] != viewing.screen_px[::-1] or values.size == 0:
            width, height = viewing.screen_px
            raise ValueError(
                f"expected shape (height, width) or (height, width, channels) of the {width} x {height} px viewing, "
                f"got {values.shape}; Viewing.of_picture and Viewing.resampled give other viewings of the same screen"
            )
        if not np.isfinite(values).all():
            raise ValueError(f"expected finite pixels, got {np.count_nonzero(~np.isfinite(values))} that are not")
        shares = self.shares(gaze, viewing)
        sums = self._sums(values.astype(np.float32, copy=False), shares)
        totals = shares.totals[..., np.newaxis]
        means = np.where(totals > 0, sums / np.where(totals > 0, totals, 1), empty).astype(np.float32)
        return means.reshape(self.rings, self.wedges, *values.shape[2:])

    def project(
        self, pooled: ArrayLike, gaze: ArrayLike, viewing: Viewing, *, beyond: ArrayLike = 0.0
    ) -> NDArray[np.float32]:
        """Show what is left after pooling as a picture: each pixel is the mixture of its windows' averages.

        Parameters
        ----------
        pooled : array, shape (rings, wedges) or (rings, wedges, channels)
            From `pool`; windows off the picture may hold anything.
        gaze, viewing
            As given to `pool`.
        beyond : float or array that fits the picture
            What to show in the fovea and beyond the last ring, where the windows sum to less than one: a number, or
            the picture itself.

        Returns
        -------
        array of float32, shape (height, width) or (height, width, channels)

        Raises
        ------
        ValueError
            If `pooled` has another shape, a window on the picture holds no finite number, or the gaze is not finite.
        """
        means = np.asarray(pooled, np.float32)
        if means.ndim not in (2, 3) or means.shape[:2] != (self.rings, self.wedges):
            raise ValueError(f"expected averages of {self.rings} rings x {self.wedges} wedges, got shape {means.shape}")
        shares = self.shares(gaze, viewing)
        seen = np.where(shares.totals[..., np.newaxis] > 0, means.reshape(self.rings, self.wedges, -1), 0)
        if not np.isfinite(seen).all():
            raise ValueError("expected finite averages, got some that are not, in windows on the picture")
        image = self._mixture(seen, shares).reshape(*shares.cells.shape, *means.shape[2:])
        if not np.any(beyond):
            return image
        rest = 1 - self._mixture(np.ones((self.rings, self.wedges, 1)), shares)
        filled = image + rest.reshape(*shares.cells.shape, *(1,) * (means.ndim - 2)) * np.asarray(beyond, np.float32)
        return filled.astype(np.float32, copy=False)

    def window(self, ring: int, wedge: int, gaze: ArrayLike, viewing: Viewing) -> NDArray[np.float32]:
        """One window as a map (height, width), 0 to 1, to look at.

        Examples
        --------
        >>> viewing = Viewing.from_pixels_per_degree(8, (256, 256))
        >>> float(PoolingWindows().window(5, 0, viewing.centre, viewing).max())
        1.0
        """
        self._check_window(ring, wedge)
        alone = np.zeros((self.rings, self.wedges))
        alone[ring, wedge] = 1
        return self.project(alone, gaze, viewing)

    def coverage(self, gaze: ArrayLike, viewing: Viewing) -> NDArray[np.float32]:
        """Sum of all windows as a map (height, width): one from `innermost_deg` to `outermost_deg`, 0 in the fovea."""
        return self.project(np.ones((self.rings, self.wedges)), gaze, viewing)

    def outline(
        self, ring: int, wedge: int, gaze: ArrayLike, viewing: Viewing, *, points: int = 16
    ) -> NDArray[np.float64]:
        """Outline of one window where a factor of it is at half height, as a closed line (n, 2) in pixels.

        Parameters
        ----------
        ring, wedge : int
            Which window.
        gaze, viewing
            As for `pool`.
        points : int
            Points on each of the four sides, at least 2.

        Raises
        ------
        ValueError
            If there is no such window, or `gaze` is not one finite place.
        """
        self._check_window(ring, wedge)
        check_number(points, "at least 2 points on a side", least=2)
        place, side = check_places("a gaze", gaze, (2,)), np.linspace(-0.5, 0.5, points)
        low, high = np.full(points, -0.5), np.full(points, 0.5)
        out, around = np.concatenate([low, side, high, -side]), np.concatenate([side, high, -side, low])
        eccentricity = self.innermost_deg * np.exp(self.ring_width * (ring + out))
        return polar_places(eccentricity, self.wedge_width_deg * (wedge + around), place, viewing)

    def _check_window(self, ring: int, wedge: int) -> None:
        if not (0 <= ring < self.rings and 0 <= wedge < self.wedges):
            raise ValueError(f"expected one of {self.rings} rings and {self.wedges} wedges, got ({ring}, {wedge})")

    def _sums(self, values: NDArray[np.float32], shares: Shares) -> NDArray[np.float64]:
        """Add up `values` (height, width, ...) under each window: (rings, wedges, channels)."""
        pixels = np.ascontiguousarray(values).reshape(shares.cells.size, -1)
        table = np.zeros((self.rings + 2, self.wedges + 1, pixels.shape[1]))
        kernels.pool_cells(
            pixels,
            shares.cells.reshape(-1),
            shares.outward.reshape(-1),
            shares.onward.reshape(-1),
            self.wedges + 1,
            table.reshape(-1, pixels.shape[1]),
        )
        table[:, 0] += table[:, -1]
        return table[1:-1, :-1]

    def _mixture(self, means: NDArray[Any], shares: Shares) -> NDArray[np.float32]:
        """Mix the `means` (rings, wedges, channels) of each pixel's windows: (pixels, channels), 0 without windows."""
        table = np.zeros((self.rings + 2, self.wedges + 1, means.shape[2]), np.float32)
        table[1:-1, :-1] = means
        table[:, -1] = table[:, 0]
        out = np.empty((shares.cells.size, means.shape[2]), np.float32)
        kernels.project_cells(
            table.reshape(-1, means.shape[2]),
            shares.cells.reshape(-1),
            shares.outward.reshape(-1),
            shares.onward.reshape(-1),
            self.wedges + 1,
            out,
        )
        return out


@lru_cache(maxsize=2)
def _shares(windows: PoolingWindows, gaze: tuple[float, float], viewing: Viewing) -> Shares:
    width, height = viewing.screen_px
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    eccentricity, direction = polar_deg(places, gaze, viewing)
    ring = 1 + np.log(np.maximum(eccentricity, 1e-12) / windows.innermost_deg) / windows.ring_width
    ring, outward = _between(np.clip(ring, 0, windows.rings + 1), windows.rings, windows.transition)
    wedge, onward = _between(direction / windows.wedge_width_deg, windows.wedges - 1, windows.transition)
    cells = (ring * (windows.wedges + 1) + wedge).astype(np.int32)
    for part in (cells, outward, onward):  # they are remembered, so nobody may write to them
        part.flags.writeable = False
    shares = Shares(cells, outward, onward, np.empty(0))
    return shares._replace(totals=windows._sums(np.ones(cells.shape, np.float32), shares)[..., 0])


def _between(
    position: NDArray[np.float64], last: int, transition: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Split positions into the window before, at most the `last`, and the share of the one after."""
    before = np.minimum(np.floor(position), last)
    inside = ((position - before - (1 - transition) / 2) * (np.pi / 2 / transition)).astype(np.float32)
    share: NDArray[np.float32] = np.sin(np.clip(inside, np.float32(0), np.float32(np.pi / 2))) ** 2
    return before, share


def check_places(what: str, places: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """Return places (x, y) in pixels, or say why they are none."""
    array = check_array(places, f"{what} as places (x, y)")
    if array.ndim not in (1, 2) or array.shape[-1] != 2 or (shape is not None and array.shape != shape):
        wanted = "one place (x, y)" if shape else "places (x, y) of shape (n, 2)"
        raise ValueError(f"expected {what} as {wanted}, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"expected {what} at a finite place in pixels, got {array.tolist()}")
    return array


def _check_transition(transition: float) -> None:
    check_number(transition, "a transition above 0 and at most 1", above=0, most=1)
