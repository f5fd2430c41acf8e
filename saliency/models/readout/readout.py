"""The learned read-out: plain channels, weighed by a small network that learned from people where they look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import autograd.numpy as anp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_fields, check_number
from foveation.files import check_output, read_arrays, reading, write_arrays
from foveation.image import check_pixels
from saliency.learning.autodiff import relu
from saliency.learning.convolution import convolved, enlarged, halved
from saliency.map import at_size, finished
from saliency.models.centre_bias import CentreBias
from saliency.models.readout.channels import COLOURS, Channels, Features

VERSION = 1
ENDINGS = (".npz",)
WIDTHS = (24, 32, 48, 64)
DECODED = 16
BLURRED = ("cc", "sim", "kl_divergence")
UNBIASED = ("auc_shuffled",)

Map = NDArray[np.float32]
Parameters = Mapping[str, Map]


class Weights(NamedTuple):
    """What was learned, and from what.

    Parameters
    ----------
    parameters : dict of str to array
        Of the network: see `scores`.
    mean, spread : array, shape (channels,)
        Of each channel over the pictures that were learned from; the network sees (channel - mean) / spread.
    centre : CentreBias
        Where people look in any picture.
    names : tuple of str
        The channels.
    blur : float
        Standard deviation of the Gaussian that makes the density the best map for CC, SIM and KL; a share of the
        longer side.
    provenance : str
        The pictures, the people, and the command.
    """

    parameters: Parameters
    mean: Map
    spread: Map
    centre: CentreBias
    names: tuple[str, ...]
    blur: float
    provenance: str

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a file that `write` made.

        Raises
        ------
        OSError
            If there is none.
        ValueError
            If it is no such file, is damaged, or was made by another version.
        """
        header, arrays = read_arrays(path, "read-out", VERSION)
        with reading(path, "is a damaged read-out file"):
            cells = arrays.pop("centre cells")
            weights = cls(
                mean=arrays.pop("mean"),
                spread=arrays.pop("spread"),
                parameters=arrays,
                centre=CentreBias(cells=tuple(map(tuple, cells.astype(np.float64).tolist()))),
                names=tuple(header["names"]),
                blur=float(header["blur"]),
                provenance=str(header["provenance"]),
            )
        for problem in weights._problems():
            raise ValueError(f"'{path}' is a damaged read-out file: {problem}")
        return weights

    def _problems(self) -> Iterator[str]:
        """Say which arrays are missing, are of another network, or hold what is no number."""
        if self.mean.ndim != 1 or not len(self.mean) >= len(self.names) > 0:
            yield f"expected statistics of {len(self.names)} channels or more, got an array of shape {self.mean.shape}"
            return
        count = len(self.mean)
        wanted: dict[str, NDArray[Any]] = {**random_parameters(count, np.random.default_rng(0))}
        wanted |= {"mean": self.mean, "spread": np.ones(count)}
        given = {**self.parameters, "mean": self.mean, "spread": self.spread}
        for name in [*wanted, *sorted(set(given) - set(wanted))]:
            shapes = [str(arrays[name].shape) if name in arrays else "none" for arrays in (wanted, given)]
            if shapes[0] != shapes[1]:
                yield f"expected '{name}' of shape {shapes[0]}, got {shapes[1]}"
            elif not np.isfinite(given[name]).all():
                yield f"'{name}' holds what is no number"

    def write(self, path: str | Path) -> None:
        """Write a file, whole or not at all."""
        path = check_output(path, ENDINGS)
        header = {"version": VERSION, "names": self.names, "blur": self.blur, "provenance": self.provenance}
        cells = np.asarray(self.centre.cells, np.float32)
        arrays = {**self.parameters, "mean": self.mean, "spread": self.spread, "centre cells": cells}
        write_arrays(path, header, arrays)


@lru_cache(maxsize=8)
def _read(path: str, _changed: int) -> Weights:
    return Weights.read(path)


@dataclass(frozen=True, kw_only=True)
class Readout:
    r"""Predict the density of people's fixations from plain channels, by a small network that learned from people.

    The channels :math:`c_k` (`Channels`) are seen by a pyramid of convolutions, which is what lets a place be judged by
    what surrounds it, near and far; the score is what the pyramid says, plus each channel's own weight, plus a centre
    bias :math:`b`,

    .. math:: s(q) = \sum_k a_k c_k(q) + \mathrm{pyramid}(c)(q) + w \ln b(q), \qquad
        p(q) = \frac{e^{s(q)}}{\sum_{q'} e^{s(q')}},

    learned by maximum likelihood of fixations, as in [1]_, but with no network that was trained on anything else: a
    map of scores and its softmax, as in neural attention.

    What ships learned from 744 pictures with free viewing: OSIE (Xu et al. 2014, counted twice), eyecrowd (Jiang et al.
    2014) and scene500 (Liang et al. 2015); `weights.provenance` says by which command. On OSIE pictures held out from
    training: NSS 2.69, AUC .892, information gain 1.40 bit over the centre bias (people: 3.68, .935, 2.12).

    Parameters
    ----------
    path : str or Path, optional
        A file that `foveal train-readout` wrote; the one that ships if none is given.
    faces : bool
        Whether the shipped read-out with channels of skin and faces is taken, or the faster one without.
    features : callable, optional
        The further channels with which the file was trained, such as `OnnxFeatures`.
    centre_bias : float
        Exponent of the centre bias, relative to what was learned: 1 as learned, 0 for none.
    sharpness : float
        Factor of all that does not come from the centre bias: 1 as learned. Pictures or people of another kind than
        those learned from are better met with less: trained without scene500, NSS on it is 1.34 with 1 and 1.48 with
        0.6 (information gain 0.27 and 0.42 bit), picked there out of four. Refitting is better still.

    Raises
    ------
    OSError, ValueError
        If the file is missing, is no read-out, is of another version, or was trained with other channels.

    Notes
    -----
    It looks at 160 cells along the longer side, 4 pixels each in a picture of 640. Over a lone disc of 20 to 40 pixels
    its peak lies within 12 pixels, three cells, of the middle; over a dot of 8 pixels within 6, without faces within
    32. The channels are in register with the picture: it is the filters learned from photographs, where lone dots do
    not occur, that answer beside it, mostly below. For displays of sparse items, `BooleanMap` and `VOCUS2` are exact.

    References
    ----------
    .. [1] Kuemmerer, Wallis, Gatys and Bethge (2017), Understanding low- and high-level contributions to fixation
       prediction, ICCV; and for `metric_map` Kuemmerer, Wallis and Bethge (2018), Saliency benchmarking made easy,
       ECCV.

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> density = np.exp(Readout(faces=False).log_density(sample_pixels("rocket")))
    >>> round(float(density.sum()), 6)
    1.0
    """

    saccade_tables: ClassVar[str] = "readout"  # of `LogLinear.pretrained`, learned with the maps of this model

    path: str | Path | None = None
    faces: bool = True
    features: Features | None = None
    centre_bias: float = 1.0
    sharpness: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self)
        check_number(self.centre_bias, "an exponent of the centre bias from 0 up", least=0)
        check_number(self.sharpness, "a sharpness from 0 up", least=0)

    @property
    def weights(self) -> Weights:
        """What was learned."""
        if self.path is None:
            name = "readout.npz" if self.faces else "readout-without-faces.npz"
            path = Path(str(files("saliency").joinpath("weights", name)))
        else:
            path = Path(self.path)
        return _read(str(path), path.stat().st_mtime_ns if path.exists() else 0)

    @cached_property
    def channels(self) -> Channels:
        """The channels that the file was trained with."""
        plain = Channels(features=self.features)
        return plain if "face" in self.weights.names else replace(plain, faces=None)

    def __call__(self, image: ArrayLike) -> Map:
        """Density of fixations, as a share of its peak: a map (height, width) from 0 to 1."""
        return self.maps(image)["saliency"]

    def maps(self, image: ArrayLike) -> dict[str, Map]:
        """Give each channel by name, "score" without and "log density" with the centre bias, and "saliency"."""
        pixels = check_pixels(image)
        channels = self.channels(pixels)
        named = dict(zip(self.weights.names, channels, strict=False))
        score = self._score(channels)
        biased = score + self._bias(score.shape)
        relative = np.exp(biased - biased.max())
        colours = channels[len(named) - len(COLOURS) : len(named)].transpose(1, 2, 0)
        saliency = finished(relative, colours, pixels.shape)
        log_density = np.asarray(biased - _log_sum(biased), np.float32)
        return {**named, "score": score, "log density": log_density, "saliency": saliency}

    def log_density(self, image: ArrayLike) -> NDArray[np.float64]:
        """Natural logarithm of the probability that a fixation falls on each pixel (height, width).

        In a picture in which nothing differs it is the centre bias.
        """
        pixels = check_pixels(image)
        maps = self.maps(pixels)
        bias = self.centre_bias * float(self.weights.parameters["centre"])
        if not maps["saliency"].any():
            log = bias * self.weights.centre.log_density(pixels.shape)
        else:
            log = np.log(np.maximum(maps["saliency"], np.float32(1e-12)), dtype=np.float64)
        return np.asarray(log - _log_sum(log))

    def metric_map(self, image: ArrayLike, measure: str) -> Map:
        """Give the map that is the best answer to a measure; see `metric_maps`."""
        return self.metric_maps(image, (measure,))[measure]

    def metric_maps(self, image: ArrayLike, measures: tuple[str, ...]) -> dict[str, Map]:
        """Give, for each measure, the map that this density says will score best.

        The density itself for NSS, AUC and information gain; blurred for CC, SIM and KL, which compare with blurred
        fixations; divided by the centre bias for shuffled AUC, whose negatives have that bias.
        """
        pixels = check_pixels(image)
        maps = self.maps(pixels)
        made = dict.fromkeys(measures, maps["saliency"])
        if maps["saliency"].any():
            blurred = at_size(np.exp(maps["log density"]), pixels.shape, blur=self.weights.blur)
            unbiased = at_size(np.exp(maps["score"] - maps["score"].max()), pixels.shape)
            made |= {measure: blurred for measure in measures if measure in BLURRED}
            made |= {measure: unbiased for measure in measures if measure in UNBIASED}
        return made

    def _score(self, channels: Map) -> Map:
        weights = self.weights
        if len(channels) != len(weights.mean):
            extra, wanted = (count - len(weights.names) for count in (len(channels), len(weights.mean)))
            raise ValueError(f"the read-out was trained with {wanted} further channels, got {extra} from `features`")
        seen = (channels - weights.mean[:, np.newaxis, np.newaxis]) / weights.spread[:, np.newaxis, np.newaxis]
        return np.asarray(scores(weights.parameters, seen) * np.float32(self.sharpness), np.float32)

    def _bias(self, shape: tuple[int, ...]) -> Map:
        weights = self.weights
        exponent = np.float32(self.centre_bias) * np.float32(weights.parameters["centre"])
        return np.asarray(exponent * weights.centre.log_density(shape), np.float32)


def _log_sum(values: NDArray[Any]) -> Any:  # noqa: ANN401
    greatest = values.max()
    return greatest + np.log(np.exp(values - greatest).sum(dtype=np.float64))


def random_parameters(channels: int, rng: np.random.Generator) -> dict[str, Map]:
    """Start a network for so many channels: weights of He et al. (2015), and none of a channel's own."""

    def normal(*shape: int) -> Map:
        return np.asarray(rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:])), np.float32)

    made = {"own": np.zeros(channels, np.float32), "centre": np.array(0.8, np.float32)}
    inputs = channels
    for level, width in enumerate(WIDTHS):
        made |= {f"encode {level}": normal(width, inputs, 3, 3), f"encode bias {level}": np.zeros(width, np.float32)}
        made |= {f"side {level}": normal(DECODED, width), f"side bias {level}": np.zeros(DECODED, np.float32)}
        made |= {f"mix {level}": normal(DECODED, DECODED, 3, 3), f"mix bias {level}": np.zeros(DECODED, np.float32)}
        inputs = width
    return made | {"out": normal(1, DECODED)[0] * np.float32(0.1)}


def scores(parameters: Parameters, channels: Map, masks: list[Map] | None = None) -> Map:
    r"""Score each place: the pyramid's answer and each channel's own weight, without the centre bias.

    On the way up, each level halves the one before it and mixes neighbours,
    :math:`e_l = [W_l * \mathrm{half}(e_{l-1})]_+`; on the way down, each level adds what the coarser one found,
    :math:`d_l = [V_l * [U_l e_l + \mathrm{enlarged}(d_{l+1})]_+]_+`.

    Parameters
    ----------
    parameters : dict of str to array
        "own", "out", and for each level l "encode l", "side l", "mix l" with their biases.
    channels : array, shape (channels, rows, columns)
        In units of their spread.
    masks : list of array, optional
        Factors of the maps of each level, in training (dropout).

    Returns
    -------
    array, shape (rows, columns)
    """
    levels, here = [], channels
    for level in range(len(WIDTHS)):
        here = convolved(halved(here), parameters[f"encode {level}"], parameters[f"encode bias {level}"])
        here = relu(here)
        here = here if masks is None else here * masks[level]
        levels.append(here)
    found = None
    for level in reversed(range(len(WIDTHS))):
        side = anp.tensordot(parameters[f"side {level}"], levels[level], axes=1)
        side = side + anp.reshape(parameters[f"side bias {level}"], (-1, 1, 1))
        side = side if found is None else side + enlarged(found, side.shape[1:])
        side = relu(side)
        found = relu(convolved(side, parameters[f"mix {level}"], parameters[f"mix bias {level}"]))
    pyramid = anp.tensordot(anp.reshape(parameters["out"], (1, -1)), found, axes=1)
    own = anp.tensordot(parameters["own"], channels, axes=1)
    total: Map = own + anp.reshape(enlarged(pyramid, channels.shape[1:]), own.shape)
    return total
