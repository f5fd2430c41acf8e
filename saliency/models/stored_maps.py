"""Finished maps as models: an array, a file, or a folder of maps by the pictures' names."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_one_of
from foveation.files import reading
from foveation.image import FULL_SCALE
from foveation.picture_files import IMAGE_ENDINGS, read_pixels
from saliency.map import check_map, fitted
from saliency.measures.information import check_log_density

MAP_ENDINGS = (".npy", ".npz", *IMAGE_ENDINGS)
LOGARITHMS = "logarithms of densities have to be told: kind='log-density', --maps-are log-density"
COLOURED = 0.05  # red, green and blue of a grey picture differ by less than this, even after JPEG


@dataclass(frozen=True)
class StoredMap:
    """A map in a file, as a model: of the picture that it is called with it takes only the size.

    Parameters
    ----------
    path : Path
        A .npy or .npz file with one array (height, width), or a grey picture of 8 or 16 bit, whose full scale is 1.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "photo.npy"
    >>> np.save(path, np.eye(3))
    >>> StoredMap(path)(np.zeros((3, 3, 3)))
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """

    path: Path

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the map at the size of the picture (height, width, ...).

        Raises
        ------
        OSError
            If the file is missing or cannot be read.
        ValueError
            If it holds no map, or one of another shape than the picture has.
        """
        with reading(self.path, "cannot be used"):
            return FixedMap(_values_in(self.path))(image)


@dataclass(frozen=True)
class StoredDensity:
    """A density of looks in a file, as a model that tells its logarithm, too; see `FixedDensity`.

    Parameters
    ----------
    path : Path
        As for `StoredMap`.
    logarithms : bool
        Whether the file holds natural logarithms.
    """

    path: Path
    logarithms: bool = False

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the density at the size of the picture (height, width, ...), 1 at its greatest; see `StoredMap`."""
        with reading(self.path, "cannot be used"):
            return self._density(image)

    def log_density(self, image: ArrayLike) -> NDArray[np.float64]:
        """Give the logarithm of the density at the size of the picture (height, width, ...)."""
        with reading(self.path, "cannot be used"):
            return self._density.log_density(image)

    @property
    def _density(self) -> "FixedDensity":
        return FixedDensity(_values_in(self.path), logarithms=self.logarithms)


def _hint(values: ArrayLike) -> str:
    """Give what may help with a map that is none."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        return ""
    told = array.dtype.kind == "f" and array.ndim == 2 and array.size and array.max() <= 0
    return f" ({LOGARITHMS})" if told else ""


@dataclass(frozen=True, eq=False)
class FixedMap:
    """A finished map as a model, such as a deep model's array: it is the map of the picture, whatever that is.

    Parameters
    ----------
    values : array, shape (height, width)
        The map, from 0 up.

    Raises
    ------
    ValueError
        If it is no map.

    Examples
    --------
    >>> FixedMap(np.eye(2))(np.zeros((2, 2, 3)))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    values: NDArray[Any]

    def __post_init__(self) -> None:
        try:
            check_map(self.values)
        except ValueError as error:
            raise ValueError(f"{error}{_hint(self.values)}") from None

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the map at the size of the picture (height, width, ...), whose shape it has to have."""
        return fitted(check_map(self.values), np.shape(image)[:2])


@dataclass(frozen=True, eq=False)
class FixedDensity:
    r"""A finished density as a model: how probable it is that each pixel is looked at, as deep models tell it.

    As it tells its logarithm, it has information gain in an `evaluate`. At another size than its own, it is
    interpolated, and sums to 1 again.

    Parameters
    ----------
    values : array, shape (height, width)
        The density, from 0 up, which is divided by its sum; or its natural logarithm, whose exponentials sum to 1.
    logarithms : bool
        Whether it is the logarithm :math:`\ln p`.

    Raises
    ------
    ValueError
        If it is no density.

    References
    ----------
    Kuemmerer, Wallis and Bethge (2015), Information-theoretic model comparison unifies saliency metrics, PNAS 112.

    Examples
    --------
    >>> model = FixedDensity(np.log([[0.5, 0.25], [0.125, 0.125]]), logarithms=True)
    >>> model(np.zeros((2, 2, 3)))
    array([[1.  , 0.5 ],
           [0.25, 0.25]], dtype=float32)
    >>> np.exp(model.log_density(np.zeros((2, 2, 3)))).round(3)
    array([[0.5  , 0.25 ],
           [0.125, 0.125]])
    """

    values: NDArray[Any]
    logarithms: bool = False

    def __post_init__(self) -> None:
        if self.logarithms:
            check_log_density(self.values)
        elif not check_map(self.values).any():
            raise ValueError("expected a density, got a map that is 0 everywhere")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the density at the size of the picture (height, width, ...), 1 at its greatest."""
        logarithms = self._log_density()
        return fitted(np.exp(logarithms - logarithms.max()).astype(np.float32), np.shape(image)[:2])

    def log_density(self, image: ArrayLike) -> NDArray[np.float64]:
        """Give the natural logarithm of the density at the size of the picture (height, width, ...)."""
        logarithms, shape = self._log_density(), np.shape(image)[:2]
        return logarithms if logarithms.shape == shape else _log_share(self(image))

    def _log_density(self) -> NDArray[np.float64]:
        return np.asarray(self.values, np.float64) if self.logarithms else _log_share(self.values)


def _log_share(values: NDArray[Any]) -> NDArray[np.float64]:
    """Give the logarithm of the share that each place has of the sum."""
    shares = np.asarray(values, np.float64)
    with np.errstate(divide="ignore"):  # what is impossible has the logarithm minus infinity
        logarithms: NDArray[np.float64] = np.log(shares / shares.sum())
    return logarithms


@dataclass(frozen=True)
class MapFolder:
    """A folder of maps that somebody else's program has made, one a picture, by the picture's name.

    Parameters
    ----------
    folder : str or Path
        Holds, for the picture `photo.jpg`, one of `photo.npy`, `photo.npz`, `photo.png`, `photo.jpg` and so on.
    kind : str
        What the files hold: "saliency", any numbers from 0 up; "density", in proportion to how probable it is that a
        place is looked at; or "log-density", natural logarithms of probabilities that sum to 1. Only densities have
        information gain.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> np.save(folder / "photo.npy", np.ones((30, 40)))
    >>> model = MapFolder(folder).for_picture("pictures/photo.jpg")
    >>> model(np.zeros((60, 80, 3))).shape
    (60, 80)
    """

    folder: str | Path
    kind: str = "saliency"

    def __post_init__(self) -> None:
        check_one_of("kind of map", self.kind, MAP_KINDS)

    @property
    def names(self) -> list[str]:
        """Names of the pictures that have a map, without ending, in order.

        Raises
        ------
        OSError
            If the folder is missing.
        """
        folder = Path(self.folder)
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder '{folder}'")
        return sorted({path.stem for path in folder.iterdir() if path.suffix.lower() in MAP_ENDINGS})

    def for_picture(self, name: str | Path) -> StoredMap | StoredDensity:
        """Give the map of a picture, as a model.

        Parameters
        ----------
        name : str or Path
            The picture's name or path; folder and ending do not matter.

        Raises
        ------
        OSError
            If the folder or the map is missing; the message names it.
        ValueError
            If there are several maps of this name.
        """
        stem = Path(name).stem if Path(name).suffix.lower() in MAP_ENDINGS else Path(name).name
        if stem not in self.names:
            wanted = f"{stem}.npy, {stem}.npz, {stem}.png or another picture of that name"
            raise FileNotFoundError(f"there is no map of '{name}' in '{self.folder}': expected {wanted}")
        found = sorted(
            path for path in Path(self.folder).iterdir() if path.stem == stem and path.suffix.lower() in MAP_ENDINGS
        )
        if len(found) > 1:
            raise ValueError(f"expected one map of '{name}', got {', '.join(str(path) for path in found)}")
        return MAP_KINDS[self.kind](found[0])


MAP_KINDS: dict[str, Callable[[Path], StoredMap | StoredDensity]] = {
    "saliency": StoredMap,
    "density": StoredDensity,
    "log-density": partial(StoredDensity, logarithms=True),
}


def read_map(path: str | Path) -> NDArray[np.float32]:
    """Read a map (height, width) from a .npy or .npz file or a grey picture; no value is rounded further.

    Raises
    ------
    OSError
        If the file is missing or cannot be read.
    ValueError
        If it holds no map.
    """
    path = Path(path)
    with reading(path, "cannot be used"):
        return check_map(FixedMap(_values_in(path)).values)


def _values_in(path: Path) -> NDArray[Any]:
    if path.suffix.lower() not in MAP_ENDINGS:
        raise ValueError(f"cannot read '{path}': expected a name that ends in {', '.join(MAP_ENDINGS)}")
    if not path.exists():
        raise FileNotFoundError(f"there is no file '{path}'")
    return _array_in(path) if path.suffix.lower() in (".npy", ".npz") else _grey(path)


def _array_in(path: Path) -> NDArray[Any]:
    with reading(path, "holds no array that can be read"):
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        with content:
            if len(content.files) != 1:
                raise ValueError(f"expected one array, got {', '.join(content.files) or 'none'}")
            array: NDArray[Any] = content[content.files[0]]
            return array


def _grey(path: Path) -> NDArray[np.float32]:
    pixels = read_pixels(path)
    values = np.asarray(pixels, np.float32) / np.float32(FULL_SCALE.get(pixels.dtype, 1.0))
    if values.ndim == 2:
        return values
    colours = values[:, :, :3]
    if float(np.ptp(colours, axis=2).max()) > COLOURED:
        raise ValueError(f"'{path}': expected a grey map, got a picture in colours")
    return np.ascontiguousarray(colours.mean(axis=2, dtype=np.float32))
