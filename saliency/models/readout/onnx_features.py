"""The channels of a network that a user brings: what one layer of an ONNX file answers to a picture."""

import threading
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_number
from foveation.opencv import cv2
from saliency.features.early import working_picture

SHOWN = 20  # layers named in a message


@dataclass(frozen=True)
class OnnxFeatures:
    r"""A user's own network as channels: the answers of one of its layers, a map each.

    The network sees :math:`(pixel - mean) \cdot scale` of each colour, with pixels from 0 to 1. It runs in OpenCV's own
    interpreter, each layer by itself; nothing else is needed.

    Parameters
    ----------
    path : str or Path
        The .onnx file.
    layer : str, optional
        Name of a layer: of a node of the file, or of what the node puts out where it has no name. The network's output
        if none is given, which has to be the only one.
    longer_side : int
        Pixels of the longer side of what the network sees; a smaller picture stays as it is.
    mean, scale : tuple of float
        Of red, green and blue; those of ImageNet.
    swap_rb : bool
        Whether the network takes blue, green, red.

    Raises
    ------
    ValueError
        If the longer side is below 2, or mean or scale are not three finite numbers.

    Notes
    -----
    OpenCV is not let fuse layers: what a layer answers would depend on those after it, and on what was asked before.
    An average pool that counts its padding (`count_include_pad`) does so in the output only, and from OpenCV 5 on. For
    inner layers there is only its older engine, which leaves the padding out, as OpenCV 4 does.

    The network is read when it is first used, once in each thread, and read again when the file changes. Copies that go
    to other processes carry only the parameters above.

    Examples
    --------
    >>> OnnxFeatures("network.onnx", "conv4", longer_side=256).layer
    'conv4'
    """

    path: str | Path
    layer: str | None = None
    _: KW_ONLY
    longer_side: int = 320
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    scale: tuple[float, float, float] = (1 / 0.229, 1 / 0.224, 1 / 0.225)
    swap_rb: bool = False

    def __post_init__(self) -> None:
        check_number(self.longer_side, "a longer side of at least 2 px", least=2)
        for name in ("mean", "scale"):
            numbers = np.asarray(getattr(self, name), np.float64)
            if numbers.shape != (3,) or not np.isfinite(numbers).all():
                raise ValueError(f"expected three finite numbers for {name}, got {getattr(self, name)}")

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give the channels of a picture, (n, rows, columns), at the layer's own resolution.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If OpenCV cannot read or run it, there is no such layer, or the layer gives no maps; if none is named, and
            the network has several outputs.
        """
        path = Path(self.path)
        if not path.is_file():
            raise FileNotFoundError(f"there is no file '{path}'")
        picture = working_picture(image, self.longer_side)
        seen = (picture - np.asarray(self.mean, np.float32)) * np.asarray(self.scale, np.float32)
        blob = np.ascontiguousarray(seen[np.newaxis, :, :, :: -1 if self.swap_rb else 1].transpose(0, 3, 1, 2))
        inner = self.layer is not None
        network = _network(str(path), inner, path.stat().st_mtime_ns, threading.get_ident())
        output = self._output(network)
        try:
            network.setInput(blob)
            answer = np.asarray(network.forward(output) if output else network.forward(), np.float32)
        except cv2.error as error:
            size = f"{picture.shape[1]} x {picture.shape[0]}"
            raise ValueError(f"OpenCV cannot run '{path}' on a picture of {size} pixels: {_reason(error)}") from None
        if answer.ndim != 4 or len(answer) != 1:
            what = self.layer or "the output"
            raise ValueError(f"expected maps of shape (1, n, rows, columns) from {what}, got {answer.shape}")
        maps: NDArray[np.float32] = answer[0].copy()
        return maps

    def _output(self, network: Any) -> str | None:  # noqa: ANN401
        """Give the layer's name as this network has it: readers of ONNX put a mark and the operation before it."""
        if self.layer is None:
            outputs = [str(name) for name in network.getUnconnectedOutLayersNames()]
            if len(outputs) > 1:
                named = _shown(outputs)
                raise ValueError(f"'{self.path}' has {len(outputs)} outputs: expected a layer, such as one of: {named}")
            return None
        names = [str(name) for name in network.getLayerNames()]
        for name in names:
            if self.layer in (name, name.rpartition("!")[2]):
                return name
        raise ValueError(f"there is no layer '{self.layer}' in '{self.path}'; expected one of: {_shown(names)}")


@lru_cache(maxsize=8)
def _network(path: str, inner: bool, changed: int, thread: int) -> Any:  # noqa: ANN401
    try:
        if not inner:
            return cv2.dnn.readNetFromONNX(path)
        classic = getattr(cv2.dnn, "ENGINE_CLASSIC", None)  # OpenCV 5: the only one that gives inner layers
        network = cv2.dnn.readNetFromONNX(path) if classic is None else cv2.dnn.readNetFromONNX(path, classic)
        network.enableFusion(False)
    except cv2.error as error:
        raise ValueError(f"OpenCV cannot read '{path}' as a network: {_reason(error)}") from None
    return network


def _shown(names: list[str]) -> str:
    """Give the names of layers, as far as a sentence takes them, without the marks of OpenCV's reader."""
    bare = list(dict.fromkeys(name.rpartition("!")[2] for name in names))
    return ", ".join(bare if len(bare) <= SHOWN else [*bare[:SHOWN], "..."])


def _reason(error: Exception) -> str:
    """Give OpenCV's own words, without file, line, number and function."""
    words = str(error).strip().splitlines()[0].rpartition("error: ")[2].partition(" in function ")[0]
    return words.partition(") ")[2] or words or "no more is known"
