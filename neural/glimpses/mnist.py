"""The files of MNIST and of sets in its format."""

import math
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_one_of
from foveation.files import unpacked

CLASSES = 10
UNSIGNED_BYTE = 0x08  # type code of the idx format
GZIP = b"\x1f\x8b"
PREFIXES = {"train": "train", "test": "t10k"}


class Digits(NamedTuple):
    """Pictures of single digits, white on black.

    Parameters
    ----------
    images : array of uint8, shape (n, height, width)
        28 x 28 pixels in MNIST.
    labels : array of int64, shape (n,)
        Which digit it is, 0 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def read_idx(path: str | Path) -> NDArray[np.uint8]:
    r"""Read an array of unsigned bytes from an idx file, plain or compressed by gzip.

    Two zero bytes, a type code (8: unsigned bytes), the number of axes, the length of each axis as four bytes with the
    most significant first, then the numbers, the last axis running fastest.

    Parameters
    ----------
    path : str or Path
        Compressed or not is seen from the content, not from the name.

    Returns
    -------
    array of uint8
        Of the shape the file states.

    Raises
    ------
    ValueError
        If the file is not of this format, holds other numbers than unsigned bytes, or is shorter or longer than its
        header says.
    OSError
        If it cannot be opened.

    References
    ----------
    LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "labels-idx1-ubyte"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    >>> read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    content = _content(Path(path))
    if len(content) < 4 or content[:2] != b"\0\0":
        raise ValueError(
            f"cannot read '{path}': expected an idx file, which begins with two zero bytes, a type code and the number "
            f"of axes; got {content[:4].hex(' ') or 'nothing'}"
        )
    code, axes = content[2], content[3]
    if code != UNSIGNED_BYTE:
        raise ValueError(f"cannot read '{path}': expected unsigned bytes, type code 0x08, got type code 0x{code:02x}")
    start = 4 + 4 * axes
    if axes == 0 or len(content) < start:
        raise ValueError(
            f"cannot read '{path}': expected at least one axis and a header of {start} bytes for the {axes} axes it "
            f"states, got {len(content)} bytes"
        )
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"cannot read '{path}': expected {math.prod(shape)} bytes for the {' x '.join(map(str, shape))} numbers "
            f"its header states, got {len(content) - start}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _content(path: Path) -> bytes:
    """Give what the file holds, uncompressed."""
    return unpacked(path)


def read_mnist(folder: str | Path, part: Literal["train", "test"] = "train") -> Digits:
    """Read the handwritten digits of MNIST [1]_ from a folder with its original files.

    Parameters
    ----------
    folder : str or Path
        Where ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` lie, for the test ``t10k-...``; with a dot in
        place of the last hyphen but one (``train-images.idx3-ubyte``) they are found too, and compressed (``.gz``).
    part : str
        "train": 60,000 digits; or "test": 10,000.

    Raises
    ------
    ValueError
        If there is no such part, a file is damaged (see `read_idx`), or images and labels do not belong together.
    FileNotFoundError
        If a file is missing.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition,
       Proceedings of the IEEE 86.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> one_image = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 9, 9, 0])
    >>> _ = (folder / "t10k-images-idx3-ubyte").write_bytes(one_image)
    >>> _ = (folder / "t10k-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    >>> read_mnist(folder, "test").labels
    array([7])
    """
    check_one_of("part", part, PREFIXES)
    images_at, labels_at = (_found(Path(folder), part, kind) for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    images, labels = read_idx(images_at), read_idx(labels_at)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(
            f"expected images (n, height, width) in '{images_at}' and as many labels (n,) in '{labels_at}', "
            f"got shapes {images.shape} and {labels.shape}"
        )
    if images.size == 0 or labels.max() >= CLASSES:
        raise ValueError(
            f"expected at least one image in '{images_at}' and labels from 0 to 9 in '{labels_at}', "
            f"got {len(images)} images and labels up to {labels.max(initial=0)}"
        )
    return Digits(images, labels.astype(np.int64))


def _found(folder: Path, part: str, kind: str) -> Path:
    """Give the file of a part of MNIST under the names that are in use."""
    names = [f"{PREFIXES[part]}-{kind.replace('-idx', joint)}" for joint in ("-idx", ".idx")]
    for name in (f"{name}{ending}" for name in names for ending in ("", ".gz")):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"expected '{names[0]}' or '{names[0]}.gz' in the folder '{folder}', found neither")
