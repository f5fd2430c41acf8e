"""Finished maps as models: an array, a file, or a folder of maps by the pictures' names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.image import FULL_SCALE, IMAGE_ENDINGS, read_pixels
from saliency.map import check_map, resized

MAP_ENDINGS = (".npy", ".npz", *IMAGE_ENDINGS)
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
            If it holds no map.
        """
        return resized(read_map(self.path), np.shape(image)[:2])


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
        check_map(self.values)

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the map at the size of the picture (height, width, ...)."""
        return resized(check_map(self.values), np.shape(image)[:2])


@dataclass(frozen=True)
class MapFolder:
    """A folder of maps that somebody else's program has made, one a picture, by the picture's name.

    Parameters
    ----------
    folder : str or Path
        Holds, for the picture `photo.jpg`, one of `photo.npy`, `photo.npz`, `photo.png`, `photo.jpg` and so on.

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

    def for_picture(self, name: str | Path) -> StoredMap:
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
        return StoredMap(found[0])


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
    if path.suffix.lower() not in MAP_ENDINGS:
        raise ValueError(f"cannot read '{path}': expected a name that ends in {', '.join(MAP_ENDINGS)}")
    if not path.exists():
        raise FileNotFoundError(f"there is no file '{path}'")
    values = _array_in(path) if path.suffix.lower() in (".npy", ".npz") else _grey(path)
    try:
        return check_map(values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"'{path}': {error}") from None


def _array_in(path: Path) -> NDArray[Any]:
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        with content:
            if len(content.files) != 1:
                raise ValueError(f"expected one array, got {', '.join(content.files) or 'none'}")
            array: NDArray[Any] = content[content.files[0]]
            return array
    except PermissionError:
        raise
    except Exception as error:  # damaged files make NumPy and zipfile raise almost anything
        raise ValueError(f"'{path}' holds no array that can be read: {error}") from None


def _grey(path: Path) -> NDArray[np.float32]:
    pixels = read_pixels(path)
    values = np.asarray(pixels, np.float32) / np.float32(FULL_SCALE.get(pixels.dtype, 1.0))
    if values.ndim == 2:
        return values
    colours = values[:, :, :3]
    if float(np.ptp(colours, axis=2).max()) > COLOURED:
        raise ValueError(f"'{path}': expected a grey map, got a picture in colours")
    return np.ascontiguousarray(colours.mean(axis=2, dtype=np.float32))
