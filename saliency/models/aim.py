"""Attention by information maximisation: what the filters of natural pictures seldom answer is worth a look."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.checks import check_fields
from foveation.files import load_arrays, reading
from foveation.opencv import cv2
from saliency.features.early import working_picture
from saliency.map import finished
from saliency.models import kernels

STEP = 2  # answers are taken at every second pixel: the filters pass little that is finer
ROUNDS = 1000
SETTLED = 1e-6


@dataclass(frozen=True, kw_only=True)
class AIM:
    r"""Saliency as self-information: each place is worth as much as the answers of filters to it are unlikely.

    The filters are independent components of patches of natural pictures, so that the probability of a whole patch
    is the product of those of its answers :math:`a_i`. These are read off a histogram over the picture itself,
    :math:`S(x) = -\sum_i \ln p_i(a_i(x))`, and the sum is smoothed over about a degree [1]_.

    Parameters
    ----------
    longer_side : int
        Pixels at which the model works; 320 halves pictures of 640 pixels, as the authors' example does.
    bins : int
        Of each histogram, evenly between the least and the greatest answer of all filters, from 2 up.
    filters : str or Path, optional
        A file of filters as `benchmarks/learn_aim_filters.py` writes it; without it, the 25 that come with the package.
    blur : float
        Standard deviation of the last Gaussian, as a share of the longer side.
    centre_bias : float
        Exponent of a central Gaussian by which the map is multiplied; 0 leaves it out.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or the file holds no filters.

    Notes
    -----
    The authors' program leaves out a border of half a filter; here the picture is mirrored over its border. As many
    filters are kept as the authors', who kept 95 % of the variance of their patches; of the patches that ours were
    learned from, 25 components hold 92 %.

    References
    ----------
    .. [1] Bruce and Tsotsos (2009), Saliency, attention, and visual search: an information theoretic approach,
       Journal of Vision 9(3):5, and their program: 25 filters of 21 x 21 pixels, 256 bins, a Gaussian of 8 pixels in a
       picture halved.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:120, 200:220] = (0.9, 0.1, 0.1)
    >>> maps = AIM()(picture)
    >>> row, column = np.unravel_index(maps.argmax(), maps.shape)
    >>> bool(90 <= row <= 130 and 190 <= column <= 230)
    True
    """

    longer_side: int = 640
    bins: int = 256
    filters: str | Path | None = None
    blur: float = 0.025
    centre_bias: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)
        if self.longer_side < 2 or self.bins < 2:
            raise ValueError(
                f"expected longer_side and bins from 2 up, got longer_side={self.longer_side}, bins={self.bins}"
            )
        if self.blur < 0 or self.centre_bias < 0:
            raise ValueError(f"expected blur and centre_bias from 0 up, got {self.blur} and {self.centre_bias}")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Saliency of each pixel of a picture, from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Give all maps by name, in the order in which they are made.

        "answers" and "information", (n, rows, columns), hold for each filter its answer at every second pixel of the
        working picture and -ln of the answer's probability; "saliency" has the picture's size.
        """
        picture = working_picture(image, self.longer_side)
        answers = filter_answers(picture, read_filters(self.filters))
        low, high = float(answers.min()), float(answers.max())
        information = np.zeros_like(answers)
        if high > low:
            for values, out in zip(answers, information, strict=True):
                kernels.self_information(values.ravel(), low, high, self.bins, out.ravel())
        total = information.sum(axis=0)
        saliency = finished(total - total.min(), picture, np.shape(image), blur=self.blur, centre_bias=self.centre_bias)
        return {"answers": answers, "information": information, "saliency": saliency}


@lru_cache(maxsize=8)
def read_filters(path: str | Path | None = None) -> NDArray[np.float32]:
    """Read filters (n, side, side, 3) from a file, or those that come with the package.

    Raises
    ------
    OSError
        If the file is missing.
    ValueError
        If it holds no filters.

    Examples
    --------
    >>> read_filters().shape
    (25, 21, 21, 3)
    """
    source = str(resources.files("saliency") / "weights" / "aim_filters.npz") if path is None else path
    with reading(source, "is a damaged filter file"):
        filters = load_arrays(source, "filter", ("filters",))["filters"].astype(np.float32)
    if filters.ndim != 4 or filters.shape[1] != filters.shape[2] or filters.shape[3] != 3 or not filters.shape[1] % 2:
        raise ValueError(f"'{source}' holds no filters: expected (n, side, side, 3) with odd side, got {filters.shape}")
    filters.setflags(write=False)
    return np.asarray(filters)


def filter_answers(picture: NDArray[np.float32], filters: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlate a picture, mirrored over its border, with filters, and keep every second row and column.

    The product of the spectra is taken for low frequencies only, where the filters that come with the package have all
    but 5 % of their amplitude at most.

    Parameters
    ----------
    picture : array of float32, shape (height, width, 3)
    filters : array of float32, shape (n, side, side, 3)

    Returns
    -------
    array of float32, shape (n, ceil(height / 2), ceil(width / 2))
    """
    reach = STEP * -(-filters.shape[1] // (2 * STEP))  # a multiple of the step: the first place is the first pixel
    shape = picture.shape[:2]
    height, width = (2 * STEP * cv2.getOptimalDFTSize(-(-(side + 2 * reach) // (2 * STEP))) for side in shape)
    below, right = height - shape[0] - reach, width - shape[1] - reach
    padded = cv2.copyMakeBorder(picture, reach, below, reach, right, cv2.BORDER_REFLECT_101)
    spectrum = _low_frequencies(np.fft.rfft2(padded.transpose(2, 0, 1)))
    first, rows, columns = reach // STEP, *(-(-side // STEP) for side in shape)
    answers = np.empty((len(filters), rows, columns), np.float32)
    for answer, transfer in zip(answers, _transfer(filters.tobytes(), filters.shape, (height, width)), strict=True):
        every = np.fft.irfft2(np.sum(spectrum * transfer, axis=0), (height // STEP, width // STEP))
        answer[:] = every[first : first + rows, first : first + columns]
    return answers


@lru_cache(maxsize=2)
def _transfer(filters: bytes, shape: tuple[int, ...], size: tuple[int, int]) -> NDArray[np.complex64]:
    """Give what each filter does to each low frequency of a picture of this size, scaled for every second place."""
    side = shape[1]
    spread = np.zeros((*size, 3), np.float32)
    low = []
    for kernel in np.frombuffer(filters, np.float32).reshape(shape):
        spread[:side, :side] = kernel / STEP**2
        centred = np.roll(spread, (-(side // 2), -(side // 2)), axis=(0, 1))
        low.append(_low_frequencies(np.fft.rfft2(centred.transpose(2, 0, 1)).conj()))
    return np.stack(low)


def _low_frequencies(spectrum: NDArray[np.complexfloating]) -> NDArray[np.complex64]:
    """Cut from a half spectrum (..., height, width / 2 + 1) what a picture of every second pixel can hold."""
    quarter, across = spectrum.shape[-2] // (2 * STEP), (spectrum.shape[-1] - 1) // STEP + 1
    both = spectrum[..., :quarter, :across], spectrum[..., -quarter:, :across]
    return np.ascontiguousarray(np.concatenate(both, axis=-2), np.complex64)


def learn_filters(
    pictures: Sequence[ArrayLike],
    *,
    side: int = 21,
    count: int = 50_000,
    variance: float = 0.95,
    rng: np.random.Generator | int,
) -> NDArray[np.float32]:
    r"""Learn the independent components of patches of pictures: oriented, band-pass, seldom and then strongly active.

    Patches are taken from random places, their mean is taken off, principal components that hold a share of the
    variance are kept and brought to unit variance, :math:`z = V x`, and symmetric FastICA with :math:`\tanh` turns
    them until they are as independent as can be,
    :math:`W \leftarrow (N N^T)^{-1/2} N` with :math:`N = E[\tanh(W z) z^T] - \mathrm{diag}(E[1 - \tanh^2(W z)]) W`
    [1]_. The filters are the rows of :math:`W V`.

    Parameters
    ----------
    pictures : sequence of array, each (height, width, 3)
        Whatever `as_image` takes, none smaller than a patch.
    side : int
        Rows and columns of a patch, odd.
    count : int
        Number of patches; each picture gives as many.
    variance : float
        Share of the variance that the kept principal components hold, above 0 to 1.
    rng : Generator or int
        Picks the places and the first turn: same pictures, same `rng`, same filters.

    Returns
    -------
    array of float32, shape (n, side, side, 3)
        The sparsest first; each has unit variance over the patches and its strongest coefficient is positive.

    Raises
    ------
    ValueError
        If there is no picture, one is smaller than a patch, or a parameter is out of its range.

    References
    ----------
    .. [1] Hyvarinen (1999), Fast and robust fixed-point algorithms for independent component analysis,
       IEEE Trans. Neural Networks 10: 626-634.

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> learn_filters([sample_pixels("coffee")], side=9, count=2000, variance=0.9, rng=0).shape[1:]
    (9, 9, 3)
    """
    if side < 3 or side % 2 == 0 or count < 2 or not 0 < variance <= 1:
        raise ValueError(
            "expected an odd side from 3 up, count from 2 up and variance above 0 to 1, "
            f"got side={side}, count={count}, variance={variance}"
        )
    rng = np.random.default_rng(rng)
    patches = _patches(pictures, side, count, rng)
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    kept = int(np.searchsorted(np.cumsum(values), variance * values.sum())) + 1
    if values[kept - 1] <= 0:
        raise ValueError(f"expected pictures with more in them: {kept} principal components do not vary")
    whitening = vectors[:, :kept] / np.sqrt(values[:kept])
    white = patches @ whitening
    unmixing = _independent(white, rng)
    answers = white @ unmixing.T
    filters = unmixing @ whitening.T
    filters *= np.sign(filters[np.arange(kept), np.abs(filters).argmax(axis=1)])[:, np.newaxis]
    sparsest_first = np.argsort(-(answers**4).mean(axis=0), kind="stable")
    return np.asarray(filters[sparsest_first].reshape(kept, side, side, 3), np.float32)


def _patches(pictures: Sequence[ArrayLike], side: int, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Give patches of random places as rows, equally many of each picture, without their mean."""
    if not len(pictures):
        raise ValueError("expected pictures to learn from, got none")
    each = -(-count // len(pictures))
    patches = np.empty((len(pictures) * each, side * side * 3))
    for number, pixels in enumerate(pictures):
        image = as_image(pixels)
        if min(image.shape[:2]) < side:
            raise ValueError(
                f"expected pictures of at least {side} x {side} pixels, got {image.shape[1]} x {image.shape[0]}"
            )
        windows = np.lib.stride_tricks.sliding_window_view(image, (side, side), axis=(0, 1))
        rows, columns = (rng.integers(length, size=each) for length in windows.shape[:2])
        some = windows[rows, columns].transpose(0, 2, 3, 1)
        patches[number * each : (number + 1) * each] = some.reshape(each, -1)
    return np.asarray(patches - patches.mean(axis=0))


def _independent(white: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Turn white data (m, n) until its n coordinates are as independent as FastICA can make them."""
    count, size = white.shape
    unmixing = np.linalg.qr(rng.standard_normal((size, size)))[0]
    for _ in range(ROUNDS):
        answers = np.tanh(white @ unmixing.T)
        moved = answers.T @ white / count - (1 - answers**2).mean(axis=0)[:, np.newaxis] * unmixing
        left, _, right = np.linalg.svd(moved)
        turned = left @ right
        unsettled = float(np.abs(np.abs(np.sum(turned * unmixing, axis=1)) - 1).max())
        unmixing = turned
        if unsettled < SETTLED:
            break
    return np.asarray(unmixing)
