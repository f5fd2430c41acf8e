"""Graph-based visual saliency: where a random walker, drawn to what differs, is most often found."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.early import working_picture
from saliency.map import ROUND_OFF, finished, resized
from saliency.models import kernels

CHANNELS = ("colour", "intensity", "orientation")
ANGLES_DEG = (0, 45, 90, 135)
LINE_SPREADS = (2.0, 4.0)  # of the Gabor filters, across and along their lines, in pixels
LINE_PERIOD = np.pi
ONE = np.ones(1, np.float32)
HALVING = np.array([1, 5, 10, 10, 5, 1], np.float32) / 32
FILTER_BORDER = 13  # pixels over which filtered levels fall off towards the border
DISPLAY_GAMMA = 2.2
# cone responses (long, middle, short) to the three phosphors, and to the display's grey: see Notes of GBVS
CONES = np.array([[18.32535, 44.60077, 7.46216], [4.09544, 28.20135, 6.66066], [0.02114, 0.10325, 1.05258]])
GREY = np.array([34.918538957799996, 19.314796676499999, 0.5856108185])


@dataclass(frozen=True, kw_only=True)
class GBVS:
    r"""Saliency as the equilibrium of Markov chains on the places of feature maps.

    Each feature map :math:`M` is brought to a small grid. A walker steps from place :math:`i` to :math:`j` with a
    probability in proportion to :math:`w_{ij} = |M_i - M_j| \exp(-d_{ij}^2 / 2 \sigma^2)`: it gathers at places that
    differ from their surround, and the share of time that it spends at each is the activation map [1]_. Activation maps
    are concentrated and summed.

    Parameters
    ----------
    longer_side : int
        Pixels of the longer side to which larger pictures are shrunk first, so that the filters keep their meaning.
    grid : int
        Places along the longer side of the graph.
    levels : tuple of int
        Pyramid levels of the feature maps; level 1 is the picture halved.
    colour, intensity, orientation : float
        Weights of the channels D (three axes of the DKL colour space), I and O (four orientations).
    spread : float
        :math:`\sigma` of the walker's steps, as a share of the mean of the grid's sides.
    concentration : str
        How activation maps :math:`A` are concentrated before they are summed: "power", :math:`A^{1.5}`, as in the
        authors' program, or "markov", a second chain with :math:`w_{ij} = A_j \exp(-d_{ij}^2 / 2 \sigma^2)`, as in the
        paper.
    exponent : float
        Of the "power" concentration.
    concentration_spread : float
        :math:`\sigma` of the second chain, as a share of the mean of the grid's sides.
    border : int
        Places over which the summed map falls off towards the border.
    blur : float
        Standard deviation of the last Gaussian, as a share of the longer side.
    centre_bias : float
        Exponent of the central Gaussian by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If the grid has fewer than 2 or more than 64 places a side, a level is below 1, there is none, the
        concentration is unknown, a spread is not positive, or a weight or share is negative.

    Notes
    -----
    Both equilibria are exact, without iteration. Weights :math:`w_{ij} = w_{ji}` make the chain reversible, so its
    equilibrium is in proportion to the degrees, :math:`\pi_i = \sum_j w_{ij} / \sum_{kj} w_{kj}`, for then
    :math:`\pi_i p_{ij} = w_{ij} / \sum_{kj} w_{kj}` is the same in both directions. The second chain is reversible too:
    with :math:`F_{ij} = \exp(-d_{ij}^2 / 2 \sigma^2)` its equilibrium is in proportion to :math:`A_i (F A)_i`.

    The constants are those of the authors' program, which measures the difference of two values where the paper has
    that of their logarithms. Its table of the display's gamma is here a power of 2.2. The walker is at home near the
    middle of the grid, where more places are near: this model has a centre bias of its own.

    References
    ----------
    .. [1] Harel, Koch and Perona (2006), Graph-based visual saliency, NIPS 19, section 3.
    .. [2] Derrington, Krauskopf and Lennie (1984), Chromatic mechanisms in lateral geniculate nucleus of macaque,
       J. Physiology 357: the DKL space.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:130, 200:230] = (0.9, 0.1, 0.1)
    >>> saliency = GBVS()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(90 <= row <= 140 and 190 <= column <= 240)
    True
    """

    longer_side: int = 640
    grid: int = 32
    levels: tuple[int, ...] = (2, 3, 4)
    colour: float = 1.0
    intensity: float = 1.0
    orientation: float = 1.0
    spread: float = 0.15
    concentration: str = "power"
    exponent: float = 1.5
    concentration_spread: float = 0.06
    border: int = 4
    blur: float = 0.02
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, levels=20)
        if not 2 <= self.grid <= 64 or self.longer_side < 2:
            raise ValueError(
                f"expected a grid of 2 to 64 places and a longer_side from 2 up, got {self.grid} and {self.longer_side}"
            )
        if not self.levels or min(self.levels) < 1:
            raise ValueError(f"expected pyramid levels from 1 up, got {self.levels}")
        if self.concentration not in ("power", "markov"):
            raise ValueError(f"expected concentration 'power' or 'markov', got '{self.concentration}'")
        if min(self.spread, self.concentration_spread, self.exponent) <= 0:
            raise ValueError(
                "expected spreads and an exponent above 0, "
                f"got {self.spread}, {self.concentration_spread} and {self.exponent}"
            )
        if min(self.colour, self.intensity, self.orientation, self.border, self.blur, self.centre_bias) < 0:
            raise ValueError("expected channel weights, border, blur and centre_bias from 0 up")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture (height, width, 3), from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made, at the size of the grid but the last.

        "features" and "activation" (n, rows, columns): for each channel with a weight, each of its features at each
        level; "colour", "intensity", "orientation" (rows, columns): the channels' sums of concentrated activation,
        before they are weighted; "saliency": at the picture's size, from 0 to 1.
        """
        pixels = np.asarray(image)
        picture = working_picture(pixels, self.longer_side)
        features = self._features(picture)
        stacked = np.concatenate(list(features.values()))
        activation = equilibrium(stacked, self.spread)
        if self.concentration == "power":
            concentrated = activation ** np.float32(self.exponent)
        else:
            concentrated = _gathered(activation, self.concentration_spread)
        ends = np.cumsum([len(maps) for maps in features.values()])
        sums = [part.sum(axis=0) for part in np.split(concentrated, ends[:-1])]
        named = dict(zip(features, sums, strict=True))
        total = sum(np.float32(getattr(self, name)) * map_ for name, map_ in named.items())
        faded = total * _border_ramp(stacked.shape[1:], self.border)
        saliency = finished(faded - faded.min(), picture, pixels.shape, blur=self.blur, centre_bias=self.centre_bias)
        return {"features": stacked, "activation": activation, **named, "saliency": saliency}

    def _features(self, picture: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Give the feature maps of each channel, (n, rows, columns), on the grid."""
        longer = max(picture.shape[:2])
        rows, columns = (max(1, round(self.grid * side / longer)) for side in picture.shape[:2])
        names = [name for name in CHANNELS if getattr(self, name) > 0] or list(CHANNELS)
        found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
        red, green, blue = cv2.split(picture)
        level = cv2.merge([red, green, blue, cv2.max(cv2.max(red, green), blue)])
        for depth in range(1, max(self.levels) + 1):
            level = _halved(level)
            if depth in self.levels:
                for name in names:
                    found[name] += [
                        resized(plane, (rows, columns), enlarging=cv2.INTER_CUBIC)
                        for plane in _feature_planes(level, name)
                    ]
        return {name: np.stack(planes) for name, planes in found.items()}


def equilibrium(features: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    r"""Share of time that a walker on a feature map spends at each place, with steps towards what differs.

    .. math:: \pi_i \propto \sum_j |M_i - M_j| \exp(-d_{ij}^2 / 2 \sigma^2)

    Parameters
    ----------
    features : array of float32, shape (n, rows, columns)
        Maps :math:`M`, each a chain of its own.
    spread : float
        :math:`\sigma` as a share of the mean of the two sides.

    Returns
    -------
    array of float32, shape (n, rows, columns)
        Each sums to 1, or is empty where a map is even.

    Examples
    --------
    >>> equilibrium(np.array([[[0, 0, 1]]], np.float32), 10.0).round(3)
    array([[[0.25, 0.25, 0.5 ]]], dtype=float32)
    """
    count, rows, columns = features.shape
    degrees = np.empty((count, rows * columns), np.float32)
    closeness = _closeness(rows, columns, spread)
    kernels.markov_degrees(np.ascontiguousarray(features).reshape(count, -1), closeness, degrees)
    even = np.ptp(features, axis=(1, 2)) < ROUND_OFF
    degrees[even] = 0
    return _shares(degrees.reshape(features.shape))


def _gathered(activation: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """Equilibrium of the second chain, in which the walker is drawn to places of strong activation nearby."""
    rows, columns = activation.shape[1:]
    sigma = spread * (rows + columns) / 2
    near = _gaussian_steps(rows, sigma) @ activation @ _gaussian_steps(columns, sigma)
    return _shares((activation * near).astype(np.float32))


def _shares(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide each map by its sum, where it has one."""
    totals = maps.sum(axis=(1, 2), keepdims=True)
    return np.asarray(maps / np.where(totals > 0, totals, 1), np.float32)


def _gaussian_steps(side: int, sigma: float) -> NDArray[np.float64]:
    places = np.arange(side)
    return np.asarray(np.exp(-((places[:, np.newaxis] - places) ** 2) / (2 * sigma**2)), np.float64)


@lru_cache(maxsize=4)
def _closeness(rows: int, columns: int, spread: float) -> NDArray[np.float32]:
    """Give exp(-d^2 / 2 sigma^2) for all pairs of places of a grid, (n, n)."""
    sigma = spread * (rows + columns) / 2
    return np.kron(_gaussian_steps(rows, sigma), _gaussian_steps(columns, sigma)).astype(np.float32)


def _halved(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur by [1 5 10 10 5 1]/32 both ways, centred between two pixels, and keep every other sample."""
    down = cv2.sepFilter2D(planes, -1, ONE, HALVING, anchor=(0, 2), borderType=cv2.BORDER_REFLECT)[::2]
    across = cv2.sepFilter2D(down, -1, HALVING, ONE, anchor=(2, 0), borderType=cv2.BORDER_REFLECT)[:, ::2]
    return np.ascontiguousarray(across, np.float32)


def _feature_planes(level: NDArray[np.float32], channel: str) -> list[NDArray[np.float32]]:
    """Give the features of one channel at one pyramid level, whose planes are red, green, blue and the greatest."""
    if channel == "colour":
        return list(cv2.split(cv2.transform(np.maximum(level[:, :, :3], 0) ** np.float32(DISPLAY_GAMMA), _dkl_axes())))
    brightest = np.ascontiguousarray(level[:, :, 3])
    if channel == "intensity":
        return [brightest]
    return [_line_energy(brightest, degrees) for degrees in ANGLES_DEG]


@lru_cache(maxsize=1)
def _dkl_axes() -> NDArray[np.float64]:
    """Give the matrix from linear RGB to luminance, red minus green and blue minus yellow of the DKL space."""
    long, middle, short = GREY
    opponency = np.hypot(long, middle)
    axes = [
        [np.sqrt(3), np.sqrt(3), 0],
        [opponency / long, -opponency / middle, 0],
        [-1, -1, (long + middle) / short],
    ]
    return np.asarray(np.array(axes) / (long + middle) @ CONES, np.float64)


def _line_energy(plane: NDArray[np.float32], degrees: int) -> NDArray[np.float32]:
    """Strength of lines at an angle (counter-clockwise, y up): both phases of a Gabor filter, without sign, added."""
    even, odd = (
        cv2.filter2D(plane, cv2.CV_32F, _gabor(degrees, phase), borderType=cv2.BORDER_REFLECT) for phase in (0, 90)
    )
    energy: NDArray[np.float32] = np.abs(even) + np.abs(odd)
    return energy * _border_ramp(plane.shape, FILTER_BORDER)


@lru_cache(maxsize=8)
def _gabor(degrees: int, phase_deg: int) -> NDArray[np.float32]:
    """Give a Gabor filter for lines at an angle, zero mean, unit norm."""
    across_spread, along_spread = LINE_SPREADS
    reach = int(np.ceil(along_spread * np.sqrt(10)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    angle = np.radians(degrees)
    along, across = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    envelope = np.exp(-(across**2) / (2 * across_spread**2) - along**2 / (2 * along_spread**2))
    filter_ = envelope * np.cos(2 * np.pi / LINE_PERIOD * across + np.radians(phase_deg))
    filter_ -= filter_.mean()
    return np.asarray(filter_ / np.linalg.norm(filter_), np.float32)


@lru_cache(maxsize=32)
def _border_ramp(shape: tuple[int, ...], width: int) -> NDArray[np.float32]:
    """Give weights that rise linearly to 1 over `width` samples from each border."""
    sides = [np.minimum(np.arange(side), np.arange(side)[::-1]) + 1 for side in shape]
    return np.minimum(np.outer(*(np.minimum(side / (width + 1), 1) for side in sides)), 1).astype(np.float32)
