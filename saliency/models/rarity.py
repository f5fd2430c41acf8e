"""Rarity: colours and orientations that few places of the picture share, at several scales."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import kernels as eye_kernels
from foveation.checks import check_fields, check_number
from foveation.opencv import cv2
from saliency.features.early import working_picture
from saliency.map import finished, unit_range
from saliency.models import kernels
from saliency.models.adaptive_whitening import whitened

WAVELENGTH = 4.0  # of the Gabor filters, in pixels of each scale
SPREAD = 2.0
REACH = 5


@dataclass(frozen=True, kw_only=True)
class Rarity:
    r"""Saliency as self-information: what is seldom in the picture is worth a look.

    The colours are turned into components that are uncorrelated in this picture. In each component, and in the strength
    of lines of each orientation and scale in it, the rarity of a place is :math:`-\ln p` of its value, :math:`p` being
    read off a histogram over the picture, added over the levels of a pyramid. The rarities of a component are fused,
    and then the components: maps :math:`m_i`, from 0 to 1, are put in ascending order of their efficiency
    :math:`e_i = (\max m_i - \bar m_i)^2`, which promotes lone peaks, and

    .. math:: S = \sum_{i=1}^{n} \frac{i}{n} \, e_i \, m_i,

    without those of less than a share of the greatest efficiency [1]_.

    Parameters
    ----------
    longer_side : int
        Pixels at which the model works.
    orientations : int
        Number of orientations, even, evenly from 0 to 180 degrees.
    scales : int
        Number of scales of the Gabor filters, each an octave below the one before.
    levels : int
        Number of levels over which a rarity is added, each half as large as the one before.
    bins : int
        Of each histogram, from 2 up.
    least_efficiency : float
        Share of the greatest efficiency below which a map is left out, from 0 to 1.
    blur : float
        Standard deviation of the last Gaussian, as a share of the longer side.
    centre_bias : float
        Exponent of a central Gaussian by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    The authors' program is not open, but lists its parameters: principal components of RGB, 8 orientations, 3 scales,
    4 levels, both shares of efficiency 0.3; it does not blur. The order of the steps, the weights and the widths of
    filters are those of the papers as recalled; the bins and the size of the picture are ours.

    References
    ----------
    .. [1] Riche, Mancas, Duvinage, Mibulumukini, Gosselin and Dutoit (2013), RARE2012: a multi-scale rarity-based
       saliency detection with its comparative statistical analysis, Signal Processing: Image Communication 28: 642-658.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:120, 200:220] = (0.9, 0.1, 0.1)
    >>> saliency = Rarity()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(90 <= row <= 130 and 190 <= column <= 230)
    True
    """

    longer_side: int = 240
    orientations: int = 8
    scales: int = 3
    levels: int = 4
    bins: int = 16
    least_efficiency: float = 0.3
    blur: float = 0.02
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, levels=20, orientations=180, scales=100)
        if self.longer_side < 2 or self.bins < 2:
            raise ValueError(f"expected longer_side and bins from 2 up, got {self.longer_side} and {self.bins}")
        if self.orientations < 2 or self.orientations % 2 or min(self.scales, self.levels) < 1:
            raise ValueError(
                "expected an even number of orientations, and scales and levels from 1 up, "
                f"got orientations={self.orientations}, scales={self.scales}, levels={self.levels}"
            )
        check_number(self.least_efficiency, "least_efficiency from 0 to 1", least=0, most=1)
        if self.blur < 0 or self.centre_bias < 0:
            raise ValueError(f"expected blur and centre_bias from 0 up, got {self.blur} and {self.centre_bias}")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture, from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "components", (3 or fewer, rows, columns), are the decorrelated colours; "rarities", (components, maps, rows,
        columns), those of a component itself and of its lines, orientation by orientation within scale by scale;
        "fused", what each component gives; "saliency" has the picture's size.
        """
        picture = working_picture(image, self.longer_side)
        rows, columns = picture.shape[:2]
        components = whitened(picture.reshape(-1, 3).T).reshape(-1, rows, columns)
        number = 1 + self.scales * self.orientations
        rarities = np.empty((len(components), number, rows, columns), np.float32)
        for component, maps in zip(components, rarities, strict=True):
            for index, (feature, out) in enumerate(zip(self._features(component), maps, strict=True)):
                scale = max(0, index - 1) // self.orientations
                eye_kernels.expand(self._rarity(feature), 2**scale, out)
        fused = np.array([self._fused(maps) for maps in rarities], np.float32).reshape(-1, rows, columns)
        saliency = finished(self._fused(fused), picture, np.shape(image), blur=self.blur, centre_bias=self.centre_bias)
        return {"components": components, "rarities": rarities, "fused": fused, "saliency": saliency}

    def _features(self, component: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Give a component and the strengths of its lines, each scale half as large as the one before."""
        features, smaller = [component], component
        for _ in range(self.scales):
            features.extend(line_strengths(smaller, self.orientations))
            smaller = cv2.pyrDown(smaller)
        return features

    def _rarity(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add -ln p of a map's values over the levels of its pyramid, all brought to the map's size."""
        rarities = [self._self_information(values)]
        for _ in range(self.levels - 1):
            values = cv2.pyrDown(values)
            rarities.append(self._self_information(values))
        total = rarities.pop()
        while rarities:
            finer = rarities.pop()
            expanded = np.empty_like(finer)
            eye_kernels.expand(total, 2, expanded)
            total = finer + expanded
        return np.asarray(total, np.float32)

    def _self_information(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give -ln p of each value of a map; 0 where all are equal."""
        information = np.zeros_like(values)
        low, high = float(values.min()), float(values.max())
        if high > low:
            kernels.self_information(values.ravel(), low, high, self.bins, information.ravel())
        return information

    def _fused(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add maps (n, rows, columns), weighted by their efficiency and by its rank."""
        scaled = np.stack([unit_range(map_ - map_.min()) for map_ in maps]) if len(maps) else maps
        efficiency = np.square(scaled.max(axis=(1, 2)) - scaled.mean(axis=(1, 2)))
        weights = np.zeros(len(maps), np.float32)
        ascending = np.argsort(efficiency, kind="stable")
        weights[ascending] = efficiency[ascending] * np.arange(1, len(maps) + 1) / max(1, len(maps))
        weights[efficiency < self.least_efficiency * efficiency.max(initial=0)] = 0
        return np.asarray(np.tensordot(weights, scaled, axes=1), np.float32)


def line_strengths(plane: NDArray[np.float32], orientations: int) -> NDArray[np.float32]:
    """Strength of lines at each orientation: the length of the answers of an even and an odd Gabor filter.

    Parameters
    ----------
    plane : array of float32, shape (height, width)
    orientations : int
        Even; the first answers to upright lines, each further one is turned on by a part of 180 degrees.

    Returns
    -------
    array of float32, shape (orientations, height, width)

    Examples
    --------
    >>> stripes = np.tile(np.cos(2 * np.pi * np.arange(28) / 4), (28, 1)).astype(np.float32)
    >>> int(line_strengths(stripes, 8)[:, 14, 14].argmax())
    0
    """
    strengths = np.empty((orientations, *plane.shape), np.float32)
    for number in range(orientations // 2 + 1):
        across, down = _factors(np.pi * number / orientations)
        even_even, odd_odd = _filtered(plane, across[0], down[0]), _filtered(plane, across[1], down[1])
        odd_even, even_odd = _filtered(plane, across[1], down[0]), _filtered(plane, across[0], down[1])
        strengths[number] = cv2.magnitude(even_even - odd_odd, odd_even + even_odd)
        if 0 < number < orientations // 2:  # the mirror image has the same factors
            strengths[-number] = cv2.magnitude(even_even + odd_odd, odd_even - even_odd)
    return strengths


def _filtered(
    plane: NDArray[np.float32], across: NDArray[np.float32], down: NDArray[np.float32]
) -> NDArray[np.float32]:
    return np.asarray(cv2.sepFilter2D(plane, cv2.CV_32F, across, down, borderType=cv2.BORDER_REFLECT))


@lru_cache(maxsize=64)
def _factors(angle: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the even and odd one-dimensional factors, along x and along y, of a Gabor filter with this wave vector."""
    axis = np.arange(-REACH, REACH + 1)
    envelope = np.exp(-(axis**2) / (2 * SPREAD**2))
    envelope /= envelope.sum()
    pair = []
    for part in (np.cos(angle), np.sin(angle)):
        phase = 2 * np.pi / WAVELENGTH * part * axis
        pair.append(np.stack([envelope * np.cos(phase), envelope * np.sin(phase)]).astype(np.float32))
    return pair[0], pair[1]
