"""Models to and from pysaliency."""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.checks import check_number
from foveation.image import as_bytes
from saliency.map import check_map
from saliency.models.catalogue import Model


def log_density(model: Model, image: ArrayLike, *, uniform: float = 0.01) -> NDArray[np.float64]:
    r"""Give the logarithm of the probability that each pixel of a picture is looked at, as a model has it.

    A model that has a `log_density` of its own is asked for it; of another the map is taken for the density,
    :math:`p_i = (1 - u) s_i / \sum_j s_j + u / n`.

    Parameters
    ----------
    model : callable
        Any saliency model.
    image : array, shape (height, width, 3)
        The picture.
    uniform : float
        Share :math:`u` of looks that go anywhere, above 0 and up to 1: without them, one look at a place that the map
        leaves empty would be impossible.

    Returns
    -------
    array of float64, shape (height, width)
        Natural logarithm; the exponentials sum to 1.

    Raises
    ------
    ValueError
        If the model gives no map, or `uniform` is not above 0 and up to 1.

    Examples
    --------
    >>> density = log_density(lambda image: image[:, :, 0], np.eye(4))
    >>> float(np.exp(density).sum().round(6)), bool(density[0, 0] > density[0, 1])
    (1.0, True)
    """
    check_number(uniform, "a uniform share above 0 and up to 1", above=0, most=1)
    picture = as_image(image)
    if hasattr(model, "log_density"):
        own: NDArray[np.float64] = np.asarray(model.log_density(picture), np.float64)
        return own
    map_ = check_map(model(picture), picture.shape).astype(np.float64)
    total = map_.sum()
    share = map_ / total if total else np.full(map_.shape, 1 / map_.size)
    density: NDArray[np.float64] = np.log((1 - uniform) * share + uniform / map_.size)
    return density


class PysaliencyModel:
    """One of our models with the methods of pysaliency's: made by `as_pysaliency`.

    Its stimuli are pictures, as arrays or as pysaliency's objects. The class that `as_pysaliency` uses inherits from
    those of pysaliency as well where they can be imported, and so has all of their measures.
    """

    def __init__(self, model: Model, *, uniform: float = 0.01) -> None:
        self.model = model
        self.uniform = uniform

    def saliency_map(self, stimulus: Any) -> NDArray[np.float64]:  # noqa: ANN401
        """Give the map of a stimulus, (height, width)."""
        picture = as_image(getattr(stimulus, "stimulus_data", stimulus))
        return check_map(self.model(picture), picture.shape).astype(np.float64)

    def log_density(self, stimulus: Any) -> NDArray[np.float64]:  # noqa: ANN401
        """Give the logarithm of the density of looks at a stimulus, (height, width)."""
        return log_density(self.model, getattr(stimulus, "stimulus_data", stimulus), uniform=self.uniform)

    _saliency_map = saliency_map  # by these names pysaliency asks for them
    _log_density = log_density

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made from: its class may have been made in this process."""
        return _made, (self.model, self.uniform)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Say why a method of pysaliency is not there."""
        reason = _pysaliency()[1]
        if reason and not name.startswith("_"):
            raise AttributeError(f"there is no '{name}' here, because pysaliency cannot be imported ({reason})")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


@lru_cache(maxsize=1)
def _pysaliency() -> tuple[Any, str]:
    """Give pysaliency, or the reason why it cannot be had."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it imports
            return import_module("pysaliency"), ""
    except (ImportError, AttributeError) as error:
        return None, f"{error}; it needs torch, and version 0.2.22 needs NumPy below 2.4"


@lru_cache(maxsize=1)
def _kind() -> type[PysaliencyModel]:
    package, _ = _pysaliency()
    if package is None:
        return PysaliencyModel

    class Registered(PysaliencyModel, package.Model, package.SaliencyMapModel):  # type: ignore[misc, name-defined]
        """One of our models as a real model of pysaliency; both kinds, so that it has the measures of both."""

        def __init__(self, model: Model, *, uniform: float = 0.01) -> None:
            package.Model.__init__(self, caching=False)  # both kinds would share one store
            PysaliencyModel.__init__(self, model, uniform=uniform)

    return Registered


def _made(model: Model, uniform: float) -> PysaliencyModel:
    return _kind()(model, uniform=uniform)


def as_pysaliency(model: Model, *, uniform: float = 0.01) -> PysaliencyModel:
    """Give a model to pysaliency: an object with its methods `saliency_map(stimulus)` and `log_density(stimulus)`.

    Where pysaliency can be imported, the object is one of its `Model` and `SaliencyMapModel`, with all their measures;
    where not, only the two methods are there, and asking for another says why.

    Parameters
    ----------
    model : callable
        Any saliency model.
    uniform : float
        As for `log_density`, if the model has no density of its own.

    Raises
    ------
    TypeError
        If the model cannot be called.

    References
    ----------
    Kuemmerer, Wallis and Bethge (2018), Saliency benchmarking made easy: separating models, maps and metrics, ECCV.

    Examples
    --------
    >>> theirs = as_pysaliency(lambda image: image.mean(axis=2))
    >>> theirs.saliency_map(np.full((4, 6), 0.5)).shape
    (4, 6)
    """
    if not callable(model):
        raise TypeError(f"expected a model that can be called with a picture, got {type(model).__name__}")
    return _made(model, uniform)


@dataclass(frozen=True)
class FromPysaliency:
    """A model of pysaliency as one of ours: made by `from_pysaliency`.

    Parameters
    ----------
    theirs : object
        Has `saliency_map(stimulus)` or `log_density(stimulus)` or both.
    """

    theirs: Any

    def __call__(self, image: ArrayLike) -> NDArray[np.float32]:
        """Give their map of a picture (height, width, 3), raised so that its least is 0 where it is negative.

        A model without maps is asked for its density, scaled to 1 at its greatest.
        """
        stimulus = _stimulus(image)
        if hasattr(self.theirs, "saliency_map"):
            map_ = np.asarray(self.theirs.saliency_map(stimulus), np.float64)
            return check_map(map_ - min(0.0, float(map_.min())), stimulus.shape)
        logarithms = np.asarray(self.theirs.log_density(stimulus), np.float64)
        return check_map(np.exp(logarithms - logarithms.max()), stimulus.shape)

    def log_density(self, image: ArrayLike) -> NDArray[np.float64]:
        """Give the logarithm of their density of looks; of a model that has only maps, that of its map."""
        if hasattr(self.theirs, "log_density"):
            return np.asarray(self.theirs.log_density(_stimulus(image)), np.float64)
        return log_density(self.__call__, image)


def from_pysaliency(theirs: Any) -> FromPysaliency:  # noqa: ANN401
    """Take a model from pysaliency.

    Parameters
    ----------
    theirs : object
        A `Model` or `SaliencyMapModel` of pysaliency, or anything with one of their two methods; stimuli are given to
        it as arrays of uint8, (height, width, 3).

    Raises
    ------
    TypeError
        If it has neither `saliency_map` nor `log_density`.

    Examples
    --------
    >>> class Bright:
    ...     def saliency_map(self, stimulus):
    ...         return stimulus.mean(axis=2) - 100
    >>> from_pysaliency(Bright())(np.eye(2))
    array([[255.,   0.],
           [  0., 255.]], dtype=float32)
    """
    if not (hasattr(theirs, "saliency_map") or hasattr(theirs, "log_density")):
        raise TypeError(f"expected a model with saliency_map or log_density, got {type(theirs).__name__}")
    return FromPysaliency(theirs)


def _stimulus(image: ArrayLike) -> NDArray[np.uint8]:
    return as_bytes(image)
