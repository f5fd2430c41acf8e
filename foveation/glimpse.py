"""Glimpses: the small pictures, sharp where the gaze is and coarse around it, that a network learns from."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval, isbox
from numpy.typing import ArrayLike, NDArray

from foveation import kernels
from foveation.acuity import Acuity
from foveation.checks import check_array, check_number, check_whole
from foveation.image import FULL_SCALE, normalised_to_pixels
from foveation.logpolar import LogPolar
from foveation.retina import foveate
from foveation.viewing import Viewing

Padding = Literal["zeros", "edge", "mean"]
Units = Literal["pixels", "normalised"]

MOST_CHANNELS = 4  # a three-dimensional array with a longer last axis is a batch of grey pictures
WIDEST = 2  # a patch may be this many times as wide as the picture's longer side
STEEPEST_LOGARITHM = 80.0
LARGEST, MOST_SCALES = 30_000, 10_000  # samples along the side of a glimpse, and glimpses in one another


class _Batch(NamedTuple):
    """Pictures (n, height, width, channels), places (n, k, 2) in pixels, and the axes before and after a glimpse's."""

    images: NDArray[Any]
    places: NDArray[np.float64]
    before: tuple[int, ...]
    after: tuple[int, ...]


def _as_batch(images: ArrayLike, locations: ArrayLike, units: Units) -> _Batch:
    pixels, where = np.asarray(images), check_array(locations, "locations (x, y)")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype not in FULL_SCALE and pixels.dtype.kind != "f":
        raise TypeError(f"expected images of uint8, uint16 or float, got {pixels.dtype}")
    coloured = pixels.ndim == 4 or (pixels.ndim == 3 and pixels.shape[2] <= MOST_CHANNELS)
    single = pixels.ndim == (3 if coloured else 2)
    if pixels.ndim not in (2, 3, 4) or 0 in pixels.shape[0 if single else 1 :]:
        raise ValueError(
            "expected images of shape (height, width), (height, width, channels), (n, height, width) or "
            f"(n, height, width, channels), got {pixels.shape}"
        )
    if pixels.dtype.kind == "f":
        pixels = pixels.astype(np.float32, copy=False)
    pixels = pixels[np.newaxis] if single else pixels
    pixels = pixels if coloured else pixels[..., np.newaxis]
    _check_locations(where, None if single else len(pixels))
    if units == "normalised":
        where = normalised_to_pixels(where, pixels.shape[1:3])
    several = where.ndim - (0 if single else 1) == 2
    places = where.reshape(len(pixels), where.shape[-2] if several else 1, 2)
    return _Batch(np.ascontiguousarray(pixels), places, where.shape[:-1], pixels.shape[3:] if coloured else ())


def _check_locations(where: NDArray[np.float64], count: int | None) -> None:
    """Say what is wrong with the locations in `count` images, or in one image on its own."""
    if count is None:
        fits, wanted = where.ndim in (1, 2), "(2,) or (k, 2) for one image"
    else:
        fits = where.ndim in (2, 3) and len(where) == count
        wanted = f"({count}, 2) or ({count}, k, 2) for {count} images"
    if not fits or where.shape[-1] != 2:
        raise ValueError(f"expected locations of shape {wanted}, got {where.shape}")
    finite = np.isfinite(where).all(axis=-1)
    if not finite.all():
        raise ValueError(f"expected finite locations (x, y), got {where[~finite][0].tolist()}")


def _check_choices(padding: str, units: str) -> None:
    for name, choice, choices in (("padding", padding, get_args(Padding)), ("units", units, get_args(Units))):
        if choice not in choices:
            raise ValueError(f"expected {name} to be one of {', '.join(choices)}; got '{choice}'")


def _area_averages(batch: _Batch, size: int, cells: NDArray[np.float64], padding: Padding) -> NDArray[np.float32]:
    """Glimpses (n, k, scales, size, size, channels) of cells that are `cells` (scales,) pixels wide."""
    images = batch.images
    unit = np.float32(1 / FULL_SCALE.get(images.dtype, 1.0))
    count, height, width, channels = images.shape
    widest = size * cells[-1]
    if widest > WIDEST * max(height, width):
        raise ValueError(
            f"expected a coarsest patch of at most {WIDEST} x the longer side of the {width} x {height} image, "
            f"got {widest:g} pixels: {len(cells)} scales of {size} cells, the widest of {cells[-1]:g} pixels"
        )
    outside = np.zeros((count, channels), np.float32)
    if padding == "mean":
        outside = (images.mean(axis=(1, 2), dtype=np.float64) * unit).astype(np.float32)
    places = np.clip(batch.places, -widest, np.array([width, height]) + widest)  # farther away all is padding
    out = np.empty((count, places.shape[1], len(cells), size, size, channels), np.float32)
    kernels.area_patches(images, places, cells, outside, padding == "edge", unit, out)
    if not np.isfinite(out).all():
        raise ValueError("expected finite pixels, got a glimpse of pixels that are NaN or infinite")
    return out


@dataclass(frozen=True, kw_only=True)
class GlimpseSensor:
    r"""A retina of square patches: each of the same number of cells, each wider and coarser than the one before.

    Patch :math:`i` covers :math:`g f^i` pixels square around the location and is reduced to :math:`g \times g` cells,
    each the exact average of the area it covers, fractions of pixels included. Around the place :math:`x` it reaches
    from :math:`x - g f^i / 2` to :math:`x + g f^i / 2`, where pixel :math:`p` covers :math:`p \pm 1/2`: at
    :math:`x = 29.5` a patch of 12 pixels is pixels 24 to 35.

    Parameters
    ----------
    size : int
        Cells across and down, :math:`g`.
    scales : int
        Number of patches.
    factor : float
        Growth :math:`f` of the cells from patch to patch, above 1.
    padding : str
        What lies outside the picture: "zeros"; "edge", its nearest pixel; or "mean", its own average colour.
    units : str
        "pixels", with pixel centres at whole numbers; or "normalised", from -1 to 1 (`normalised_to_pixels`).

    Raises
    ------
    ValueError
        If a parameter is outside its range; when called, if the shapes do not fit, a location or a pixel that is seen
        is not finite, or the coarsest patch is wider than twice the longer side of the picture.
    TypeError
        When called, if the pixels are not uint8, uint16 or float.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 3.1: 12 x 12
    pixels and three scales for pictures of 60 x 60, in units "normalised".

    Examples
    --------
    >>> sensor = GlimpseSensor(size=12, scales=3, units="normalised")
    >>> sensor.extents_px
    (12.0, 24.0, 48.0)
    >>> images = np.random.default_rng(0).random((5, 60, 60))
    >>> sensor(images, np.zeros((5, 2))).shape
    (5, 3, 12, 12)
    """

    size: int = 12
    scales: int = 3
    factor: float = 2.0
    padding: Padding = "zeros"
    units: Units = "pixels"

    def __post_init__(self) -> None:
        check_whole("size", self.size, 1, LARGEST)
        check_whole("scales", self.scales, 1, MOST_SCALES)
        check_number(self.factor, "a factor above 1", above=1)
        _check_choices(self.padding, self.units)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one glimpse: scales, rows, columns."""
        return self.scales, self.size, self.size

    @property
    def extents_px(self) -> tuple[float, ...]:
        """Width of each patch in pixels, the finest first."""
        with np.errstate(over="ignore"):  # so many scales are refused when a picture comes
            return tuple((self.size * float(self.factor) ** np.arange(self.scales)).tolist())

    def __call__(self, images: ArrayLike, locations: ArrayLike) -> NDArray[np.float32]:
        """Glimpse at `images`, once or several times each: see `extract_glimpses` for the shapes."""
        batch = _as_batch(images, locations, self.units)
        cells = np.array(self.extents_px) / self.size
        glimpses = _area_averages(batch, self.size, cells, self.padding)
        return glimpses.reshape(*batch.before, *self.shape, *batch.after)


def extract_glimpses(
    images: ArrayLike,
    locations: ArrayLike,
    *,
    size: int,
    scales: int = 3,
    factor: float = 2.0,
    padding: Padding = "zeros",
    units: Units = "pixels",
) -> NDArray[np.float32]:
    r"""Cut out what a retina of coarsening square patches sees at each location, exact to fractions of a pixel.

    Parameters
    ----------
    images : array, shape (n, height, width) or (n, height, width, channels), or one image without n
        uint8 or uint16, which become 0 to 1, or float of any range. Of three dimensions it is one picture in colour if
        the last has at most 4 numbers, else n grey ones.
    locations : array, shape (n, 2) or (n, k, 2); for one image (2,) or (k, 2)
        Centres of the glimpses, (x, y), also outside the picture.
    size, scales, factor, padding, units
        As in `GlimpseSensor`.

    Returns
    -------
    array of float32, shape (n, scales, size, size), (n, k, scales, size, size), for one image without n
        With the channels behind, if the images have them. The finest scale comes first.

    Raises
    ------
    ValueError, TypeError
        As in `GlimpseSensor`.

    Examples
    --------
    >>> ramp = np.tile(np.arange(60.0), (60, 1))
    >>> extract_glimpses(ramp, (29.5, 29.5), size=2, scales=3)[:, 0]
    array([[29. , 30. ],
           [28.5, 30.5],
           [27.5, 31.5]], dtype=float32)
    """
    sensor = GlimpseSensor(size=size, scales=scales, factor=factor, padding=padding, units=units)
    return sensor(images, locations)


@dataclass(frozen=True, kw_only=True)
class FoveatedSensor:
    """A retina that follows an acuity law: the picture as the eye sees it that looks there, cut out around the gaze.

    The whole picture is blurred by `foveation.foveate` for the location, then a square of `size` x `size` cells is cut
    out, each the average of `cell_px` x `cell_px` pixels.

    Parameters
    ----------
    viewing : Viewing
        The screen on which the pictures are shown.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.
    size : int
        Cells across and down.
    cell_px : float
        Side of a cell in pixels, at least 1.
    padding, units : str
        As in `GlimpseSensor`.

    Raises
    ------
    ValueError, TypeError
        As in `GlimpseSensor`, and as in `foveate`.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(8, (64, 96))
    >>> sensor = FoveatedSensor(viewing=viewing, size=32)
    >>> sensor(np.random.default_rng(0).random((64, 96, 3)), [(20, 30), (70.5, 12)]).shape
    (2, 32, 32, 3)
    """

    viewing: Viewing
    acuity: Acuity | None = None
    size: int = 48
    cell_px: float = 1.0
    padding: Padding = "zeros"
    units: Units = "pixels"

    def __post_init__(self) -> None:
        check_whole("size", self.size, 1, LARGEST)
        check_number(self.cell_px, "cell_px to be at least 1 pixel", least=1)
        _check_choices(self.padding, self.units)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one glimpse: rows, columns."""
        return self.size, self.size

    def __call__(self, images: ArrayLike, locations: ArrayLike) -> NDArray[np.float32]:
        """Look at `images` with the eye on each location: (n, [k,] size, size[, channels]), without n for one image."""
        batch = _as_batch(images, locations, self.units)
        if batch.images.shape[3] not in (1, 3):
            raise ValueError(f"expected grey or RGB images, got {batch.images.shape[3]} channels")
        if batch.images.dtype == np.uint16:
            batch = batch._replace(images=batch.images * np.float32(1 / FULL_SCALE[batch.images.dtype]))
        cells = np.array([self.cell_px], np.float64)
        glimpses = np.empty((*batch.places.shape[:2], *self.shape, batch.images.shape[3]), np.float32)
        for i, k in np.ndindex(glimpses.shape[:2]):
            place = batch.places[i, k]
            seen = foveate(batch.images[i], place, self.viewing, acuity=self.acuity)
            one = _Batch(np.ascontiguousarray(seen)[np.newaxis], place.reshape(1, 1, 2), (), ())
            glimpses[i, k] = _area_averages(one, self.size, cells, self.padding)[0, 0, 0]
        return glimpses.reshape(*batch.before, *self.shape, *batch.after)


@dataclass(frozen=True, kw_only=True)
class LogPolarSensor:
    """A retina of rings and wedges: the log-polar map of the picture around each location.

    Parameters
    ----------
    log_polar : LogPolar
        The rings and wedges. Beyond the picture its border is repeated.
    units : str
        As in `GlimpseSensor`.

    Raises
    ------
    ValueError, TypeError
        As in `GlimpseSensor`, and as in `LogPolar.forward`.

    Examples
    --------
    >>> sensor = LogPolarSensor(log_polar=LogPolar(rings=16, wedges=32, inner_px=1, outer_px=24))
    >>> images = np.random.default_rng(0).random((5, 60, 60))
    >>> sensor(images, np.full((5, 2), 29.5)).shape
    (5, 16, 32)
    """

    log_polar: LogPolar
    units: Units = "pixels"

    def __post_init__(self) -> None:
        _check_choices("zeros", self.units)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one glimpse: rings, wedges."""
        return self.log_polar.rings, self.log_polar.wedges

    def __call__(self, images: ArrayLike, locations: ArrayLike) -> NDArray[np.float32]:
        """Look at `images` from each location: (n, [k,] rings, wedges[, channels]), without n for one image."""
        batch = _as_batch(images, locations, self.units)
        unit = np.float32(1 / FULL_SCALE.get(batch.images.dtype, 1.0))
        glimpses = np.empty((*batch.places.shape[:2], *self.shape, batch.images.shape[3]), np.float32)
        for i, k in np.ndindex(glimpses.shape[:2]):
            samples = self.log_polar.forward(batch.images[i], batch.places[i, k])
            glimpses[i, k] = unit * samples.reshape(glimpses.shape[2:])
        return glimpses.reshape(*batch.before, *self.shape, *batch.after)


@dataclass(frozen=True, kw_only=True)
class GaussianWindow:
    r"""A grid of Gaussian filters that reads a patch out of a picture, or writes one into it, with a gradient.

    Five numbers place it: :math:`(\tilde g_X, \tilde g_Y, \log\sigma^2, \log\tilde\delta, \log\gamma)`. In a picture
    of width :math:`A` and height :math:`B`, with pixels counted from 1 as in the paper,

    .. math:: g_X = \frac{A+1}{2}(\tilde g_X + 1), \quad g_Y = \frac{B+1}{2}(\tilde g_Y + 1), \quad
              \delta = \frac{\max(A, B) - 1}{N - 1} \tilde\delta, \quad \mu_i = g + (i - N/2 - 1/2)\,\delta

    and :math:`F[i, a] = \exp(-(a - \mu_i)^2 / 2\sigma^2) / Z_i`, where :math:`Z_i` makes each row sum to one. Here
    pixels count from 0, so every :math:`g` and :math:`\mu` of this class is the paper's less one: :math:`\tilde g = 0`
    is the picture's centre in both. All is written for `autograd`, which differentiates it by every argument.

    Parameters
    ----------
    size : int
        Filters across and down, :math:`N`, at least 2.

    Raises
    ------
    ValueError
        If `size` is smaller; when called, if the parameters are not five finite numbers (..., 5), a logarithm is
        beyond 80, or the picture or patch has another shape.

    References
    ----------
    Gregor, Danihelka, Graves, Rezende and Wierstra (2015), DRAW: a recurrent neural network for image generation,
    ICML, eq. 19-29.

    Examples
    --------
    >>> window = GaussianWindow(size=12)
    >>> across, down = window.centres([0, 0, 0, np.log(0.5), 0], (60, 60))
    >>> (across[[0, -1]] + 1).round(6)
    array([15.75, 45.25])
    >>> window.read(np.ones((60, 60)), [0, 0, 0, np.log(0.5), 0]).round(6).mean()
    np.float64(1.0)
    """

    size: int = 12

    def __post_init__(self) -> None:
        check_whole("size", self.size, 2, LARGEST)

    def parameters(
        self,
        place: ArrayLike,
        shape: tuple[int, int],
        *,
        spacing_px: float,
        spread_px: float,
        intensity: float = 1.0,
    ) -> NDArray[np.float64]:
        r"""Give the five numbers (..., 5) of a window at `place` (..., 2), (x, y) in pixels of a picture of `shape`.

        Parameters
        ----------
        place : array, shape (..., 2)
            Centre of the grid.
        shape : tuple of int
            Height and width of the picture.
        spacing_px, spread_px : float
            Distance :math:`\delta` between the filters and their standard deviation :math:`\sigma`, in pixels.
        intensity : float
            Factor :math:`\gamma` of what is read.

        Examples
        --------
        >>> window = GaussianWindow(size=5)
        >>> window.centres(window.parameters((10, 20), (40, 60), spacing_px=2, spread_px=1), (40, 60))[0].round(6)
        array([ 6.,  8., 10., 12., 14.])
        """
        for name, value in (("spacing_px", spacing_px), ("spread_px", spread_px), ("intensity", intensity)):
            check_number(value, f"a positive {name}", above=0)
        height, width = shape
        middle = (np.asarray(place, np.float64) + 1) * 2 / np.array([width + 1, height + 1]) - 1
        stride = spacing_px * (self.size - 1) / (max(height, width) - 1)
        rest = np.log([spread_px**2, stride, intensity])
        return np.concatenate([middle, np.broadcast_to(rest, (*middle.shape[:-1], 3))], axis=-1)

    def centres(self, parameters: Any, shape: tuple[int, int]) -> tuple[Any, Any]:  # noqa: ANN401  (autograd boxes)
        r"""Columns and rows :math:`\mu` on which the filters are centred, two arrays (..., size), in pixels from 0."""
        five = self._checked(parameters)
        height, width = shape
        steps = np.arange(self.size) - (self.size - 1) / 2
        offsets = (max(height, width) - 1) / (self.size - 1) * anp.exp(five[..., 3:4]) * steps
        across = (width + 1) / 2 * (five[..., 0:1] + 1) - 1
        down = (height + 1) / 2 * (five[..., 1:2] + 1) - 1
        return across + offsets, down + offsets

    def filters(self, parameters: Any, shape: tuple[int, int]) -> tuple[Any, Any]:  # noqa: ANN401
        """Give the filters across (..., size, width) and down (..., size, height); each row of them sums to one."""
        precision = anp.exp(-self._checked(parameters)[..., 2:3])[..., np.newaxis]
        across, down = self.centres(parameters, shape)
        return _gaussians(across, precision, shape[1]), _gaussians(down, precision, shape[0])

    def read(self, image: Any, parameters: Any) -> Any:  # noqa: ANN401
        r"""Read :math:`\gamma F_Y x F_X^T`, (..., size, size), from `image` (..., height, width) of float.

        The axes before those of `image` and of `parameters` (..., 5) are matched as NumPy broadcasts them; put the
        channels of a colour picture there.
        """
        if np.ndim(getval(image)) < 2:
            raise ValueError(f"expected an image (..., height, width), got shape {np.shape(getval(image))}")
        five = self._checked(parameters)
        across, down = self.filters(five, np.shape(getval(image))[-2:])
        return anp.exp(five[..., 4:5])[..., np.newaxis] * anp.matmul(
            anp.matmul(down, image), anp.swapaxes(across, -1, -2)
        )

    def write(self, patch: Any, parameters: Any, shape: tuple[int, int]) -> Any:  # noqa: ANN401
        r"""Write `patch` (..., size, size) into an empty picture (..., height, width): :math:`F_Y^T w F_X / \gamma`."""
        if np.shape(getval(patch))[-2:] != (self.size, self.size):
            raise ValueError(f"expected a patch (..., {self.size}, {self.size}), got shape {np.shape(getval(patch))}")
        five = self._checked(parameters)
        across, down = self.filters(five, shape)
        drawn = anp.matmul(anp.matmul(anp.swapaxes(down, -1, -2), patch), across)
        return anp.exp(-five[..., 4:5])[..., np.newaxis] * drawn

    def _checked(self, parameters: Any) -> Any:  # noqa: ANN401
        plain = np.asarray(getval(parameters))
        if plain.shape[-1:] != (5,):
            raise ValueError(f"expected the five parameters of a window, shape (..., 5), got {plain.shape}")
        if not np.isfinite(plain).all() or np.abs(plain[..., 2:]).max(initial=0) > STEEPEST_LOGARITHM:
            raise ValueError(
                f"expected finite parameters, logarithms within {STEEPEST_LOGARITHM:g}, got {plain.tolist()}"
            )
        return parameters if isbox(parameters) else plain.astype(np.float64)


def _gaussians(centres: Any, precision: Any, length: int) -> Any:  # noqa: ANN401
    """Gaussians (..., size, length) around `centres` (..., size) that sum to one over the pixels of a side."""
    distance = np.arange(length) - centres[..., np.newaxis]
    energy = -0.5 * precision * distance**2
    nearest = np.max(np.asarray(getval(energy)), axis=-1, keepdims=True)  # a constant that cancels: no row sums to 0
    weights = anp.exp(energy - nearest)
    return weights / anp.sum(weights, axis=-1, keepdims=True)
