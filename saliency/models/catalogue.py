"""Saliency models by name, and what any model has to do."""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_one_of
from saliency.features.normalisation import Iterative
from saliency.map import check_map
from saliency.models.adaptive_whitening import AdaptiveWhitening
from saliency.models.aim import AIM
from saliency.models.boolean_map import BooleanMap
from saliency.models.centre_bias import CentreBias
from saliency.models.covariance import CovarianceSaliency
from saliency.models.frequency_tuned import FrequencyTuned
from saliency.models.gbvs import GBVS
from saliency.models.image_signature import ImageSignature
from saliency.models.itti import IttiKoch
from saliency.models.proto_object import ProtoObject
from saliency.models.quaternion_dct import QuaternionDCT
from saliency.models.rarity import Rarity
from saliency.models.readout.readout import Readout
from saliency.models.spectral_residual import SpectralResidual
from saliency.models.vocus2 import VOCUS2


class Model(Protocol):
    """Any saliency model: from a picture (height, width, 3) to a map (height, width) that is nowhere negative.

    A model may name the tables of `LogLinear.pretrained` that were learned with its maps, as
    ``saccade_tables = "readout"``; the others get those for any map.
    """

    def __call__(self, image: NDArray[np.float32]) -> ArrayLike:
        """Return the map of the picture."""
        ...


MODELS: dict[str, Model] = {
    "readout": Readout(),
    "readout-without-faces": Readout(faces=False),
    "itti": IttiKoch(),
    "itti1998": IttiKoch.published(),
    "itti-iterative": IttiKoch(normalise=Iterative()),
    "itti-tuned": IttiKoch.tuned(),
    "gbvs": GBVS(),
    "bms": BooleanMap(),
    "signature": ImageSignature(),
    "spectral-residual": SpectralResidual(),
    "quaternion-dct": QuaternionDCT(),
    "pqft": QuaternionDCT(transform="pqft"),
    "whitening": QuaternionDCT(transform="whitening"),
    "frequency-tuned": FrequencyTuned(),
    "aim": AIM(),
    "aws": AdaptiveWhitening(),
    "rarity": Rarity(),
    "covariance": CovarianceSaliency(),
    "vocus2": VOCUS2(),
    "vocus2-cluttered": VOCUS2.cluttered(),
    "proto-object": ProtoObject(),
    "centre": CentreBias(),
}


def model_named(name: str) -> Model:
    """Give the model of this name, or the `Readout` whose weights are in the .npz file of this name.

    Raises
    ------
    ValueError
        If there is none, and the message lists the names; or if the file holds no read-out.
    OSError
        If there is no such file.

    Examples
    --------
    >>> model_named("bms") == BooleanMap()
    True
    >>> model_named("iti")
    Traceback (most recent call last):
    ...
    ValueError: there is no model 'iti'; expected one of: readout, ...
    """
    if name.lower().endswith(".npz"):
        readout = Readout(path=name)
        _ = readout.weights  # says at once what is wrong with the file
        return readout
    check_one_of("model", name, MODELS)
    return MODELS[name]


def check_model(model: Model) -> None:
    """Call a model on three small pictures and say what is wrong with its maps.

    Parameters
    ----------
    model : callable
        Yours or anybody's: from a picture (height, width, 3) of float32 to a map (height, width).

    Raises
    ------
    TypeError
        If it cannot be called.
    ValueError
        If a map has another shape, is not finite or is negative, two calls on one picture differ, or a call changes
        the picture.

    Examples
    --------
    >>> check_model(lambda image: image.mean(axis=2))
    >>> check_model(lambda image: image.mean(axis=2) - 0.5)
    Traceback (most recent call last):
    ...
    ValueError: on noise of 64 x 48 pixels: expected a map that is nowhere negative, got -0.4...
    """
    if not callable(model):
        raise TypeError(f"expected a model that can be called with a picture, got {type(model).__name__}")
    rng = np.random.default_rng(0)
    for name, image in {
        "noise of 64 x 48 pixels": rng.random((48, 64, 3), np.float32),
        "noise of 37 x 51 pixels": rng.random((51, 37, 3), np.float32),
        "an even grey": np.full((48, 64, 3), 0.5, np.float32),
    }.items():
        given = image.copy()
        try:
            first, again = (check_map(np.array(model(given), np.float32), image.shape) for _ in range(2))
        except ValueError as error:
            raise ValueError(f"on {name}: {error}") from error
        if not np.array_equal(first, again):
            raise ValueError(f"on {name}: two calls gave different maps")
        if not np.array_equal(given, image):
            raise ValueError(f"on {name}: the model changed the picture that it was given")
