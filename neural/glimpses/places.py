"""Distributions over places: normal, categorical, uniform."""

import math
from typing import Any, NamedTuple, Protocol

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive
from numpy.typing import NDArray

from neural.layers.primitives import log_softmax
from saliency.gate.softmax import perturbed
from saliency.learning.autodiff import stop_gradient

Array = NDArray[Any]


class Places(Protocol):
    """A distribution over places (x, y), of any number of pictures at once."""

    def sample(self, rng: np.random.Generator) -> Array:
        """Draw: what `log_prob` and `where` take."""
        ...

    def mode(self) -> Array:
        """Give the most likely draw."""
        ...

    def where(self, drawn: Array) -> Array:
        """Give the locations (..., 2) that draws stand for."""
        ...

    def log_prob(self, drawn: Array) -> Any:  # noqa: ANN401
        """Give the logarithm of the probability (density) of a draw, (...,)."""
        ...

    def entropy(self) -> Any:  # noqa: ANN401
        """Give the entropy, (...,), in nats."""
        ...

    def expectation(self) -> Array:
        """Give the mean location, (..., 2)."""
        ...


class Normal(NamedTuple):
    """A round Gaussian around each of `mean` (..., 2), with standard deviation `spread`; draws beyond 1 are clipped.

    Examples
    --------
    >>> places = Normal(np.zeros((1, 2)), 0.1)
    >>> places.mode(), places.log_prob(np.zeros((1, 2))).round(3)
    (array([[0., 0.]]), array([2.767]))
    """

    mean: Any
    spread: float

    def sample(self, rng: np.random.Generator) -> Array:
        """Draw; beyond the picture's border too."""
        noise: Array = rng.standard_normal(self.mean.shape, self.mean.dtype)
        return np.asarray(self.mean + self.mean.dtype.type(self.spread) * noise)

    def mode(self) -> Array:
        """Give the means."""
        return np.asarray(stop_gradient(self.mean))

    def where(self, drawn: Array) -> Array:
        """Clip draws to the picture."""
        return np.clip(drawn, -1, 1)

    def log_prob(self, drawn: Array) -> Any:  # noqa: ANN401
        """Give the logarithm of the density of the unclipped draw."""
        return _log_density(self.mean, drawn, self.spread)

    def entropy(self) -> Any:  # noqa: ANN401
        """Give the entropy: the same everywhere."""
        kind = np.asarray(stop_gradient(self.mean))
        return np.full(kind.shape[:-1], math.log(2 * math.pi * math.e * self.spread**2), kind.dtype)

    def expectation(self) -> Array:
        """Give the means."""
        return self.mode()


@primitive
def _log_density(mean: Array, drawn: Array, spread: float) -> Array:
    """Give the logarithm of a round Gaussian's density, (...,), at `drawn` (..., 2)."""
    away = np.square(drawn - mean).sum(axis=-1)
    return np.asarray(away * float(-0.5 / spread**2) - float(np.log(2 * np.pi * spread**2)))


defvjp(
    _log_density,
    lambda _, mean, drawn, spread: lambda gradient: (drawn - mean) * (gradient[..., np.newaxis] * float(1 / spread**2)),
)


class Categorical(NamedTuple):
    r"""One of a number of places, with probability :math:`\propto e^s`; `grid` (n, places, 2) tells where they are.

    Examples
    --------
    >>> places = Categorical(np.log([[1.0, 3.0]]), np.array([[[-0.5, 0.0], [0.5, 0.0]]]))
    >>> places.mode(), places.where(places.mode()), places.expectation()
    (array([1]), array([[0.5, 0. ]]), array([[0.25, 0.  ]]))
    """

    scores: Any
    grid: Array

    def sample(self, rng: np.random.Generator) -> Array:
        """Draw numbers of places."""
        return np.asarray(perturbed(self.scores, 1.0, rng).argmax(axis=-1))

    def mode(self) -> Array:
        """Give the winner: winner-take-all."""
        return np.asarray(stop_gradient(self.scores).argmax(axis=-1))

    def where(self, drawn: Array) -> Array:
        """Give the places of these numbers."""
        return np.asarray(self.grid[np.arange(len(self.grid)), drawn])

    def log_prob(self, drawn: Array) -> Any:  # noqa: ANN401
        """Give the logarithm of the probability of a draw."""
        logs = anp.reshape(log_softmax(self.scores), (-1, self.grid.shape[1]))
        return anp.reshape(logs[np.arange(drawn.size), drawn.ravel()], drawn.shape)

    def entropy(self) -> Any:  # noqa: ANN401
        """Give the entropy over the places."""
        logs = log_softmax(self.scores)
        return -anp.sum(anp.exp(logs) * logs, axis=-1)

    def expectation(self) -> Array:
        """Give the mean place: soft attention."""
        weights = np.exp(log_softmax(stop_gradient(self.scores)))
        return np.asarray((weights[..., np.newaxis] * self.grid).sum(axis=-2))


class Even(NamedTuple):
    """All of the picture alike, for a batch of this shape; `looks` (n, 2) counts the looks before and the pictures."""

    shape: tuple[int, ...]
    looks: Array

    def sample(self, rng: np.random.Generator) -> Array:
        """Draw locations."""
        return rng.uniform(-1, 1, (*self.shape, 2)).astype(np.float32)

    def mode(self) -> Array:
        """Draw too, but always the same for a picture of this number: no place is more likely than another."""
        number, which = self.looks[..., 0], self.looks[..., 1]
        drawn = Even((int(which.max()) + 1,), self.looks).sample(np.random.default_rng(int(number.flat[0])))
        return np.asarray(drawn[which])

    def where(self, drawn: Array) -> Array:
        """Give them as they are."""
        return drawn

    def log_prob(self, drawn: Array) -> Array:
        """Give that of a density of a quarter."""
        return np.full(self.shape, -np.log(4), np.float32)

    def entropy(self) -> Array:
        """Give the logarithm of the area."""
        return np.full(self.shape, np.log(4), np.float32)

    def expectation(self) -> Array:
        """Give the centre."""
        return np.zeros((*self.shape, 2), np.float32)
