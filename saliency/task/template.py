"""Template matching: where a picture resembles that of a target, in features rather than in pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from foveation.image import as_image, check_pixels
from foveation.opencv import cv2
from saliency.features.early import orientation_energy, working_picture
from saliency.map import resized

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False, kw_only=True)
class Template:
    r"""Evidence for a thing that looks like a picture of it, smaller or larger, in more light or less.

    Both pictures are described by lightness, two opponent colours and the energy of lines at four orientations, a
    vector :math:`f(q)` a pixel. A window that holds :math:`f` answers the template :math:`t` with

    .. math::

        e = \left[\frac{\sum_q (f(q) - \bar f) \cdot (t(q) - \bar t)}
        {\sqrt{\sum_q |f(q) - \bar f|^2 \sum_q |t(q) - \bar t|^2}}\right]_+^n
        \exp\left(-\frac{|c_f - c_t|^2}{2 \tau^2}\right),

    the best over the template's sizes, where :math:`c` is the mean colour as a share of the mean lightness. In
    lightness and colour of CIE L*a*b* more light is a factor, and a factor changes neither.

    Parameters
    ----------
    picture : array of float32, shape (height, width, 3)
        The thing, cut out with little around it.
    scales : tuple of float
        Sizes that are tried, relative to the picture.
    side : int
        Pixels to which the template's longer side is reduced, and the picture with it.
    exponent : float
        :math:`n`: above 1, what is only alike counts for less.
    colour_tolerance : float
        :math:`\tau`.

    References
    ----------
    Rao, Zelinsky, Hayhoe and Ballard (2002), Eye movements in iconic visual search, Vision Research 42: 1447-1463, for
    search by similarity to a template in feature space; Lewis (1995), Fast normalized cross-correlation, for the
    formula's first factor.

    Examples
    --------
    >>> from foveation import as_image, sample_pixels
    >>> image = sample_pixels("coffee")
    >>> evidence = Template(picture=as_image(image[80:180, 300:420]))(image)
    >>> row, column = np.unravel_index(evidence.argmax(), evidence.shape)
    >>> bool(abs(row - 130) < 5 and abs(column - 360) < 5)
    True
    """

    picture: Map
    scales: tuple[float, ...] = (0.7, 0.84, 1.0, 1.19, 1.4)
    side: int = 32
    exponent: float = 3.0
    colour_tolerance: float = 0.15

    def __post_init__(self) -> None:
        check_fields(self)
        object.__setattr__(self, "picture", as_image(self.picture))
        if not self.scales or not min(self.scales) > 0 or self.side < 4:
            raise ValueError(f"expected positive sizes and a side from 4 px up, got {self.scales} and {self.side}")
        if not (self.exponent > 0 and self.colour_tolerance > 0):
            raise ValueError(
                f"expected a positive exponent and colour tolerance, got {self.exponent} and {self.colour_tolerance}"
            )

    def __call__(self, image: ArrayLike) -> Map:
        """Give the evidence (height, width), from 0 to 1, at the middle of each window.

        Raises
        ------
        ValueError
            If the template is larger than the picture.
        """
        pixels = check_pixels(image)
        height, width, _ = self.picture.shape
        if height > pixels.shape[0] or width > pixels.shape[1]:
            raise ValueError(
                f"the template of {width} x {height} px is larger than the picture of "
                f"{pixels.shape[1]} x {pixels.shape[0]} px"
            )
        shrink = min(1.0, self.side / max(height, width))
        described = _described(working_picture(pixels, max(2, round(shrink * max(pixels.shape[:2])))))
        best: Map = np.zeros_like(described[0])
        for scale in self.scales:
            rows, columns = (max(3, round(side * shrink * scale)) for side in (height, width))
            if rows <= best.shape[0] and columns <= best.shape[1]:
                template = _described(resized(self.picture, (rows, columns)))
                best = np.maximum(best, self._answer(described, template))
        return np.clip(resized(best, pixels.shape), 0, 1)

    def _answer(self, picture: Map, template: Map) -> Map:
        """Answer of the window around each pixel, for one size of the template."""
        rows, columns = template.shape[1:]
        top, left = rows // 2, columns // 2
        edges = (top, rows - 1 - top, left, columns - 1 - left)
        shape = picture.shape[1:]
        shared, power, means = np.zeros(shape, np.float32), np.zeros(shape, np.float32), []
        for plane, part in zip(picture, template, strict=True):
            wide = cv2.copyMakeBorder(plane, *edges, cv2.BORDER_REPLICATE)
            mean, square = (_window_mean(each, (columns, rows), shape) for each in (wide, wide * wide))
            shared += cv2.matchTemplate(wide, part - part.mean(), cv2.TM_CCORR) / np.float32(rows * columns)
            power += np.maximum(square - mean * mean, 0)
            means.append(mean)
        alike = np.maximum(shared, 0) / np.sqrt(power * np.float32(template.var(axis=(1, 2)).sum()) + np.float32(1e-8))
        own = template[1:3].mean(axis=(1, 2)) / (template[0].mean())
        apart = sum((mean / means[0] - one) ** 2 for mean, one in zip(means[1:3], own, strict=True))
        near = np.exp(-apart / (2 * self.colour_tolerance**2))
        return np.asarray(np.minimum(alike, 1) ** np.float32(self.exponent) * near, np.float32)


def _described(picture: Map) -> Map:
    """Lightness (as far from black as L* would be on a pure cube root), a*, b*, and lines, (7, rows, columns)."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).transpose(2, 0, 1) * np.float32(0.01)
    lab[0] += np.float32(0.16)
    return np.concatenate([lab, orientation_energy(lab[0]) * np.float32(0.25)])


def _window_mean(values: Map, size: tuple[int, int], shape: tuple[int, ...]) -> Map:
    """Mean of each window of this width and height that lies inside."""
    means: Map = cv2.blur(values, size, anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)[: shape[0], : shape[1]]
    return means
