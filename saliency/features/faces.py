"""Face detection: a cascade of classifiers that was learned on frontal faces."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields
from saliency.features.early import working_picture


@dataclass(frozen=True, kw_only=True)
class Faces:
    r"""Evidence for frontal faces: every window that the cascade takes for a face votes for its place.

    With windows :math:`k` at :math:`q_k` of width :math:`w_k`, the evidence at a place :math:`q` is

    .. math:: E(q) = \log\left(1 + \sum_k \exp\left(-\frac{|q - q_k|^2}{2 (s w_k)^2}\right)\right)

    so that many overlapping windows, the mark of a real face, count more than a lone one.

    Parameters
    ----------
    longer_side : int
        Pixels of the longer side of the picture in which is searched. The smallest face found has the width of
        `smallest` of these pixels.
    smallest : int
        Width of the smallest window; 24 is that on which the cascade was learned.
    growth : float
        Each window size is so many times the one before.
    step : float
        Distance between windows, in pixels at the smallest size.
    spread : float
        Standard deviation :math:`s` of a vote, as a share of the window's width.

    Raises
    ------
    ValueError
        If a size is below 2 pixels, the growth not above 1, or a step or spread not positive.

    Notes
    -----
    The cascade of local binary patterns and its reader ship with scikit-image, so that faces are found alike with
    OpenCV 4 and 5: version 5 has no cascades. Profiles are not found, nor faces that lean by more than some 20 degrees.

    References
    ----------
    .. [1] Liao, Zhu, Lei, Zhang and Li (2007), Learning multi-scale block local binary patterns for face recognition,
       ICB; Viola and Jones (2001), CVPR.
    .. [2] Cerf, Frady and Koch (2009), Faces and text attract gaze independent of the task, J. Vision 9(12):10.

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> evidence = Faces().evidence(sample_pixels("astronaut"), (128, 128))
    >>> row, column = np.unravel_index(evidence.argmax(), evidence.shape)  # her face is at about (56, 30)
    >>> bool(abs(column - 56) < 6 and abs(row - 30) < 6)
    True
    """

    longer_side: int = 512
    smallest: int = 24
    growth: float = 1.2
    step: float = 1.5
    spread: float = 0.28

    def __post_init__(self) -> None:
        check_fields(self)
        if min(self.longer_side, self.smallest) < 2 or not self.growth > 1 or min(self.step, self.spread) <= 0:
            raise ValueError(
                "expected sizes from 2 pixels up, a growth above 1 and a positive step and spread, got "
                f"{self.longer_side}, {self.smallest}, {self.growth}, {self.step} and {self.spread}"
            )

    def windows(self, image: ArrayLike) -> NDArray[np.float64]:
        """Give the windows taken for faces, (n, 3): centre x, y and width, in pixels of the picture."""
        pixels = np.asarray(image)
        picture = working_picture(pixels, self.longer_side)
        if min(picture.shape[:2]) <= self.smallest:
            return np.zeros((0, 3))
        found = _cascade().detect_multi_scale(
            img=picture,
            scale_factor=self.growth,
            step_ratio=self.step,
            min_size=(self.smallest, self.smallest),
            max_size=(min(picture.shape[:2]),) * 2,
            min_neighbor_number=1,
            intersection_score_threshold=1.01,  # nothing overlaps that much: every window stays on its own
        )
        rows = [(each["c"] + each["width"] / 2, each["r"] + each["height"] / 2, each["width"]) for each in found]
        scale = max(pixels.shape[:2]) / max(picture.shape[:2])
        edges = np.array(sorted(rows), np.float64).reshape(-1, 3) * scale
        return np.asarray(edges - (0.5, 0.5, 0), np.float64)

    def evidence(self, image: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Give the evidence as a map of `shape` (rows, columns), from 0 up."""
        height, width = np.asarray(image).shape[:2]
        rows, columns = (np.arange(side) + 0.5 for side in shape[:2])
        votes = np.zeros(shape[:2])
        for x, y, side in self.windows(image):
            across = (columns - (x + 0.5) * shape[1] / width) / (self.spread * side * shape[1] / width)
            down = (rows - (y + 0.5) * shape[0] / height) / (self.spread * side * shape[0] / height)
            votes += np.outer(np.exp(-0.5 * down**2), np.exp(-0.5 * across**2))
        return np.log1p(votes).astype(np.float32)


@lru_cache(maxsize=1)
def _cascade() -> Any:  # noqa: ANN401  (scikit-image has no types)
    from skimage import data
    from skimage.feature import Cascade

    learned: Any = data
    return Cascade(learned.lbp_frontal_face_cascade_filename())
