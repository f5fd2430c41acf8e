"""Region covariances: a patch stands out if even the most similar of its neighbours differ from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.opencv import cv2
from saliency.features.early import working_picture
from saliency.map import finished

ROUND_OFF = 1e-12  # an eigenvalue below this is one of rounding


@dataclass(frozen=True, kw_only=True)
class CovarianceSaliency:
    r"""Saliency as the difference of a patch's feature covariance from those of its neighbours, on several scales.

    Each pixel has the features :math:`(L, a, b, |\partial_x L|, |\partial_y L|, x, y)`. A patch :math:`i` is described
    by their covariance :math:`C_i`; with the generalised eigenvalues :math:`\lambda_k` of two patches' covariances,

    .. math:: d_{ij} = \frac{\sqrt{\sum_k \ln^2 \lambda_k(C_i, C_j)}}{1 + |x_i - x_j|},

    :math:`|x_i - x_j|` counted in patches. The saliency of a patch is the mean :math:`d_{ij}` to the most similar of
    its neighbours; maps of all patch sizes are multiplied [1]_.

    Parameters
    ----------
    longer_side : int
        Pixels of both sides of the square to which the picture is brought, a multiple of every patch size.
    patches : tuple of int
        Sides of the square patches that tile the picture, in pixels.
    radius : float
        Of the neighbourhood, in patches, from 1 up.
    most_similar : float
        Share of the neighbours that count, above 0 to 1; one counts at least.
    noise : float
        Standard deviation, in units of each feature, that is added to all of them: an even patch has some, too.
    central_weight : float
        Exponent of :math:`1 - d / d_{max}`, :math:`d` being the distance from the picture's centre, by which patches
        are weighted; 0 leaves it out.
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
    The picture's size, the patches, the radius, the share of similar patches and the central weight are the authors'.
    The noise is ours: some has to be added where a patch is even, and one unit is about the least difference in Lab
    that is seen. So is the blur.

    References
    ----------
    .. [1] Erdem and Erdem (2013), Visual saliency estimation by nonlinearly integrating features using region
       covariances, Journal of Vision 13(4):11.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:120, 200:220] = (0.9, 0.1, 0.1)
    >>> saliency = CovarianceSaliency()(picture)
    >>> row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    >>> bool(90 <= row <= 130 and 190 <= column <= 230)
    True
    """

    longer_side: int = 512
    patches: tuple[int, ...] = (8, 16, 32, 64, 128)
    radius: float = 3.0
    most_similar: float = 0.1
    noise: float = 1.0
    central_weight: float = 1.0
    blur: float = 0.02
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, radius=100)
        if not self.patches or min(self.patches) < 2 or any(self.longer_side % side for side in self.patches):
            raise ValueError(
                "expected patches from 2 pixels up that tile the longer side, "
                f"got {self.patches} in {self.longer_side} pixels"
            )
        if self.longer_side // max(self.patches) < 2 or self.radius < 1 or not 0 < self.most_similar <= 1:
            raise ValueError(
                "expected two patches a side at least, a radius from 1 up and a share above 0 to 1, "
                f"got {self.patches}, radius={self.radius}, most_similar={self.most_similar}"
            )
        if self.noise <= 0:
            raise ValueError(f"expected noise above 0, got {self.noise}")
        if min(self.central_weight, self.blur, self.centre_bias) < 0:
            raise ValueError(
                "expected central_weight, blur and centre_bias from 0 up, "
                f"got {self.central_weight}, {self.blur} and {self.centre_bias}"
            )

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture, from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "features", (7, side, side); "8 px", "16 px", ..., the saliency of the patches of each size, (n, n);
        "saliency", of the picture's size.
        """
        picture = working_picture(image, self.longer_side)
        square = (self.longer_side, self.longer_side)
        features = region_features(cv2.resize(picture, square, interpolation=cv2.INTER_LINEAR))
        maps = {"features": features}
        product = np.ones(square, np.float32)
        for side in self.patches:
            saliency = self._saliency(features, side)
            maps[f"{side} px"] = saliency
            product *= cv2.resize(saliency, square, interpolation=cv2.INTER_LINEAR)
        level = cv2.resize(product, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
        maps["saliency"] = finished(level, picture, np.shape(image), blur=self.blur, centre_bias=self.centre_bias)
        return maps

    def _saliency(self, features: NDArray[np.float32], side: int) -> NDArray[np.float32]:
        """Mean distance of each patch of this size to the most similar ones around it, (n, n)."""
        distances = neighbour_distances(patch_covariances(features, side, noise=self.noise), self.radius)
        known = np.isfinite(distances).sum(axis=0)
        count = np.maximum(1, np.rint(self.most_similar * known).astype(int))
        distances.sort(axis=0)
        nearest = np.cumsum(np.where(np.isfinite(distances), distances, 0), axis=0)
        mean = np.take_along_axis(nearest, count[np.newaxis] - 1, axis=0)[0] / count
        from_middle = np.arange(len(mean)) - (len(mean) - 1) / 2
        distance = np.hypot(from_middle[:, np.newaxis], from_middle)
        mean = mean * (1 - distance / distance.max()) ** self.central_weight
        return np.asarray(mean, np.float32)


def region_features(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give what a patch's covariance is taken of: L, a, b, the two gradients of L without sign, and x and y.

    Parameters
    ----------
    picture : array of float32, shape (height, width, 3)

    Returns
    -------
    array of float32, shape (7, height, width)
        Colours in units of CIE Lab, gradients in these units between the neighbours on both sides, places in pixels
        from the middle.

    Examples
    --------
    >>> ramp = np.tile(np.linspace(0, 1, 5, dtype=np.float32), (3, 1))
    >>> region_features(np.dstack([ramp, ramp, ramp]))[6, :, 0]
    array([-1.,  0.,  1.], dtype=float32)
    """
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)
    lightness = np.ascontiguousarray(lab[:, :, 0])
    difference, alone = np.array([-1, 0, 1], np.float32), np.ones(1, np.float32)
    across = cv2.sepFilter2D(lightness, cv2.CV_32F, difference, alone)
    down = cv2.sepFilter2D(lightness, cv2.CV_32F, alone, difference)
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    places = [x - x.mean(), y - y.mean()]
    return np.stack([*lab.transpose(2, 0, 1), np.abs(across), np.abs(down), *places])


def patch_covariances(features: NDArray[np.float32], side: int, *, noise: float) -> NDArray[np.float64]:
    """Give the covariance of the features within each patch, with the variance of noise added to each feature.

    Parameters
    ----------
    features : array of float32, shape (d, height, width)
    side : int
        Of the patches, which tile the picture from its upper left corner.
    noise : float
        Standard deviation, the same for all features.

    Returns
    -------
    array, shape (height // side, width // side, d, d)
    """
    number, height, width = features.shape
    tiles = features.reshape(number, height // side, side, width // side, side).transpose(1, 3, 0, 2, 4)
    values = tiles.reshape(*tiles.shape[:3], side * side).astype(np.float64)
    values -= values.mean(axis=-1, keepdims=True)
    covariances = values @ values.swapaxes(-1, -2) / (side * side - 1)
    return np.asarray(covariances + noise**2 * np.eye(number))


def neighbour_distances(covariances: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    r"""Give the distance of each patch from each of its neighbours.

    It is :math:`\sqrt{\sum \ln^2 \lambda} / (1 + |x_i - x_j|)`. The eigenvalues :math:`\lambda` of :math:`C_j` relative
    to :math:`C_i` are those of :math:`L^{-1} C_j L^{-T}` with :math:`C_i = L L^T`. The distance is the same both ways,
    so only half of the pairs are computed.

    Parameters
    ----------
    covariances : array, shape (rows, columns, d, d)
    radius : float
        Of the neighbourhood, in patches.

    Returns
    -------
    array, shape (neighbours, rows, columns)
        Infinite where there is no neighbour.

    Examples
    --------
    >>> two = np.array([[np.eye(2), np.eye(2) * np.e]])
    >>> float(neighbour_distances(two, 1).min())  # sqrt(1 + 1) / (1 + 1)
    0.7071067811865476
    """
    rows, columns = covariances.shape[:2]
    inverse = np.linalg.inv(np.linalg.cholesky(covariances))
    reach = range(-int(radius), int(radius) + 1)
    half = [(y, x) for y in reach for x in reach if (y, x) > (0, 0) and np.hypot(x, y) <= radius]
    distances = np.full((2 * len(half), rows, columns), np.inf)
    for number, (y, x) in enumerate(half):
        here = np.s_[: max(0, rows - y), max(0, -x) : max(0, columns - max(0, x))]
        there = np.s_[y:, max(0, x) : max(0, columns - max(0, -x))]
        turned = inverse[here] @ covariances[there] @ inverse[here].swapaxes(-1, -2)
        logarithms = np.log(np.maximum(np.linalg.eigvalsh(turned), ROUND_OFF))
        distance = np.sqrt(np.square(logarithms).sum(axis=-1)) / (1 + np.hypot(x, y))
        distances[2 * number][here] = distance
        distances[2 * number + 1][there] = distance
    return distances
