"""Saliency models by name, and what any model has to do."""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saliency.conspicuity import Iterative, check_map
from saliency.itti import IttiKoch


class Model(Protocol):
    """Any saliency model: from a picture (height, width, 3) to a map (height, width) that is nowhere negative."""

    def __call__(self, image: NDArray[np.float32]) -> ArrayLike:
        """Return the map of the picture."""
        ...


MODELS: dict[str, Model] = {
    "itti": IttiKoch(),
    "itti1998": IttiKoch(opponent_cells="merged"),
    "itti-iterative": IttiKoch(normalise=Iterative()),
}


def model_named(name: str) -> Model:
    """Give the model of this name.

    Raises
    ------
    ValueError
        If there is none; the message lists the names.

    Examples
    --------
    >>> model_named("iti")
    Traceback (most recent call last):
    ...
    ValueError: there is no model 'iti'; expected one of: itti, itti1998, itti-iterative
    """
    if name not in MODELS:
        raise ValueError(f"there is no model '{name}'; expected one of: {', '.join(MODELS)}")
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
        If a map has another shape, is not finite or is negative, or two calls on one picture differ.

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
        try:
            first, again = (check_map(model(image.copy()), image.shape) for _ in range(2))
        except ValueError as error:
            raise ValueError(f"on {name}: {error}") from error
        if not np.array_equal(first, again):
            raise ValueError(f"on {name}: two calls gave different maps")
