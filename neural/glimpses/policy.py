"""Where to look next: from what a network remembers, and what is salient, to a distribution over places.

Every policy gives, for the state of the network, a distribution with `sample`, `mode`, `log_prob`, `entropy` and
`expectation`. Looking draws from it; learning asks it how likely that was. Locations are normalised, -1 to 1.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_fields, check_number
from foveation.image import pixels_to_normalised
from neural.glimpses.places import Categorical, Even, Normal, Places
from neural.glimpses.rollout import PictureBatch
from neural.layers.primitives import linear, linear_relu, tanh
from neural.layers.recurrent import he_normal
from saliency import IttiKoch
from saliency.learning.parameters import Parameters

SPATIAL = 3  # keys that are the place itself: x, y, x^2 + y^2
FLAT = 1e-6
COLDEST = 1e-4  # a temperature as good as 0
UNREMEMBERED = "expected what the policy remembers of the gaze, at the start `remember(None, None, scene)`, got None"

Array = NDArray[Any]


def _map_of(scene: PictureBatch) -> tuple[Array, Array]:
    """Give the keys of a scene and their grid."""
    if scene.keys is None or scene.grid is None:
        raise ValueError(
            "expected a scene with keys and their grid, `PictureBatch(images, *policy.keys(images))`, got none"
        )
    return scene.keys, scene.grid


class Policy(Protocol):
    """Any way to say where to look next."""

    @property
    def learns(self) -> bool:
        """Whether there is anything to learn."""
        ...

    def parameters(self, inputs: int, rng: np.random.Generator) -> Parameters:
        """Give random parameters for a network with so many units."""
        ...

    def keys(self, images: Array) -> tuple[Array, Array] | None:
        """Give keys (n, places, channels) and grid (n, places, 2) of pictures, if the policy needs them."""
        ...

    def start(self, scene: PictureBatch, rng: np.random.Generator) -> Array | None:
        """Give the first locations (n, 2), if they are not for the policy to choose; then draws are locations, too."""
        ...

    def remember(self, memory: Array | None, places: Array | None, scene: PictureBatch) -> Array | None:
        """Give what the policy remembers of the gaze itself, (n, ...), after a look at `places`; None at the start."""
        ...

    def __call__(self, parameters: Parameters, states: Any, memory: Array | None, scene: PictureBatch) -> Places:  # noqa: ANN401
        """Give the distribution of the next place for states (n, units), or of all steps (steps, n, units)."""
        ...


@dataclass(frozen=True, kw_only=True)
class GaussianPolicy:
    r"""The location network of Mnih et al.: a Gaussian around a place that the state of the network tells.

    .. math:: \mu = \tanh(W_2 \max(0, W_1 h + b_1) + b_2), \qquad u \sim N(\mu, \sigma^2 I)

    Parameters
    ----------
    spread : float
        :math:`\sigma`, in half sides of the picture.
    hidden : int
        Units of the layer between.
    first : str
        Where the first glimpse goes: "random" (as published), "centre", or "chosen" by the policy.

    Raises
    ------
    ValueError
        If the spread is not positive, there is no hidden unit, or `first` is none of the above.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 3.

    Examples
    --------
    >>> policy = GaussianPolicy(spread=0.1)
    >>> parameters = policy.parameters(256, np.random.default_rng(0))
    >>> policy(parameters, np.zeros((5, 256), np.float32), None, PictureBatch(np.zeros((5, 28, 28)))).mode().shape
    (5, 2)
    """

    spread: float = 0.1
    hidden: int = 128
    first: str = "random"

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.spread > 0:
            raise ValueError(f"expected a positive spread, got {self.spread}")
        check_number(self.hidden, "hidden units from 1 up", least=1)
        if self.first not in ("random", "centre", "chosen"):
            raise ValueError(f"expected the first glimpse random, centre or chosen, got '{self.first}'")

    @property
    def learns(self) -> bool:
        """It does."""
        return True

    def parameters(self, inputs: int, rng: np.random.Generator) -> Parameters:
        """Give random parameters for a network of `inputs` units."""
        return {
            "policy hidden": he_normal(inputs, self.hidden, rng, gain=np.sqrt(2)),
            "policy hidden bias": np.zeros(self.hidden, np.float32),
            "policy mean": he_normal(self.hidden, 2, rng, gain=0.5),
            "policy mean bias": np.zeros(2, np.float32),
        }

    def start(self, scene: PictureBatch, rng: np.random.Generator) -> Array | None:
        """Give random places, the centres, or None."""
        if self.first == "chosen":
            return None
        count = len(scene.images)
        return rng.uniform(-1, 1, (count, 2)).astype(np.float32) if self.first == "random" else _centres(count)

    def keys(self, images: Array) -> None:
        """Give none."""

    def remember(self, memory: Array | None, places: Array | None, scene: PictureBatch) -> None:
        """Remember nothing beyond what the network does."""

    def __call__(self, parameters: Parameters, states: Any, memory: Array | None, scene: PictureBatch) -> Normal:  # noqa: ANN401
        """Give the Gaussian around the place that the states tell."""
        hidden = linear_relu(states, parameters["policy hidden"], parameters["policy hidden bias"])
        return Normal(tanh(linear(hidden, parameters["policy mean"], parameters["policy mean bias"])), self.spread)


def _centres(count: int) -> Array:
    return np.zeros((count, 2), np.float32)


class _Unlearned:
    """What the policies have in common that learn nothing, need no keys, and choose the first place as all others."""

    @property
    def learns(self) -> bool:
        """There is nothing to learn."""
        return False

    def parameters(self, inputs: int, rng: np.random.Generator) -> Parameters:
        """Give none."""
        return {}

    def keys(self, images: Array) -> None:
        """Give none."""

    def start(self, scene: PictureBatch, rng: np.random.Generator) -> None:
        """Leave it to the policy."""


@dataclass(frozen=True)
class RandomPolicy(_Unlearned):
    """Look anywhere: the control that every policy has to beat.

    Examples
    --------
    >>> policy, scene = RandomPolicy(), PictureBatch(np.zeros((3, 28, 28)))
    >>> policy({}, np.zeros((3, 4)), policy.remember(None, None, scene), scene).sample(np.random.default_rng(0)).shape
    (3, 2)
    """

    def remember(self, memory: Array | None, places: Array | None, scene: PictureBatch) -> Array:
        """Count the looks, beside the number of each picture."""
        if memory is None:
            return np.stack([np.zeros(len(scene.images), np.int64), np.arange(len(scene.images))], axis=1)
        return np.asarray(memory + np.array([1, 0]))

    def __call__(self, parameters: Parameters, states: Any, memory: Array | None, scene: PictureBatch) -> Even:  # noqa: ANN401
        """Give the even distribution over the picture."""
        if memory is None:
            raise ValueError(UNREMEMBERED)
        return Even(np.shape(states)[:-1], memory)


@dataclass(frozen=True)
class CentrePolicy(_Unlearned):
    """Look at the middle, always: what the sensor tells without a choice.

    Examples
    --------
    >>> CentrePolicy()({}, np.zeros((3, 4), np.float32), None, PictureBatch(np.zeros((3, 28, 28)))).expectation().shape
    (3, 2)
    """

    def remember(self, memory: Array | None, places: Array | None, scene: PictureBatch) -> None:
        """Remember nothing."""

    def __call__(self, parameters: Parameters, states: Any, memory: Array | None, scene: PictureBatch) -> Categorical:  # noqa: ANN401
        """Give the one place there is."""
        shape = np.shape(states)[:-1]
        return Categorical(np.zeros((*shape, 1), np.float32), np.zeros((shape[-1], 1, 2), np.float32))


@dataclass(frozen=True, kw_only=True)
class PriorityPolicy:
    r"""Saliency tells where to look, and the network learns what it should count for: a query to the channels of a map.

    .. math::

        p(l) \propto e^{S(l) / T}, \qquad
        S(l) = q \cdot k(l) + a \ln \frac{\sigma}{\sigma + e(l)} - w \sum_{\tau} e^{-d(l, l_\tau)^2 / 2 \sigma^2}

    The keys :math:`k(l)` are the conspicuity maps [1]_ around :math:`l`, as much of them as a glimpse takes in (a
    Gaussian of spread :math:`\sigma`), in units of the picture's greatest saliency; and :math:`x, y, x^2 + y^2`, with
    which a query can ask for a place. The gaze lands at the centre of gravity of the saliency there, as people's
    saccades do (the global effect [2]_). The query :math:`q` is one of gains for each
    task, plus what the state of the network adds; before learning it asks all channels alike, and the policy is
    bottom-up saliency with inhibition of return. The two other terms are acuity, which falls off from where the gaze
    rests, and inhibition of return. At temperature 0, and when a trained network looks, it is winner-take-all.

    Parameters
    ----------
    model : IttiKoch
        The model whose channels are the keys; how it weighs them, and its blur, exponent and centre bias, do not count.
    features : bool
        Keys are single features (intensity, red, green, blue, yellow, four orientations), not the three channels.
    tasks : tuple of str
        Names of the tasks: each has gains of its own.
    guided : bool
        False: nothing is learned, saliency alone decides.
    stateful : bool
        Whether the state of the network adds to the query, or only the task.
    temperature : float
        :math:`T` while it learns, in units of the greatest saliency.
    reach : float
        :math:`\sigma`: about half the width of a glimpse, in half sides of the picture. It is the reach of the keys, of
        the inhibition, and where acuity has fallen to a half.
    inhibition, acuity : float
        Strength :math:`w` of the inhibition of return, and weight :math:`a` of acuity, in units of the greatest
        saliency.

    Raises
    ------
    ValueError
        If the temperature or a weight is negative, the reach is not positive, or there is no task; when called, if the
        scene has no keys, or a picture has no task, or one that there is not.

    References
    ----------
    .. [1] Itti, Koch and Niebur (1998), IEEE Trans. PAMI 20: 1254-1259. The query as gains: Navalpakkam and Itti
       (2007), Neuron 53: 605-617; hard attention learned by its reward: Mnih et al. (2014), NeurIPS.
    .. [2] Findlay (1982), Vision Research 22: 1033-1045.

    Examples
    --------
    >>> images = np.zeros((1, 64, 64), np.uint8)
    >>> images[0, 8:24, 40:56] = 200
    >>> policy = PriorityPolicy()
    >>> scene = PictureBatch(images, *policy.keys(images))
    >>> weights = policy.parameters(4, np.random.default_rng(0))
    >>> memory = policy.remember(None, None, scene)
    >>> places = policy(weights, np.zeros((1, 4), np.float32), memory, scene)
    >>> places.where(places.mode()).round(1)
    array([[ 0.5, -0.5]], dtype=float32)
    """

    model: IttiKoch = field(default_factory=IttiKoch)
    features: bool = False
    tasks: tuple[str, ...] = ("look",)
    guided: bool = True
    stateful: bool = True
    temperature: float = 0.1
    reach: float = 0.2
    inhibition: float = 2.0
    acuity: float = 0.1

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise ValueError(f"expected a temperature from 0 up, got {self.temperature}")
        if not (self.reach > 0 and self.inhibition >= 0 and self.acuity >= 0):
            raise ValueError(
                "expected a positive reach, and inhibition and acuity from 0 up, "
                f"got {self.reach}, {self.inhibition} and {self.acuity}"
            )
        if not self.tasks:
            raise ValueError("expected the names of the tasks, at least one, got none")

    @property
    def learns(self) -> bool:
        """Whether it is guided."""
        return self.guided

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the keys' channels."""
        return tuple(self.model.keys(np.zeros((8, 8)), features=self.features).names)

    def parameters(self, inputs: int, rng: np.random.Generator) -> Parameters:
        """Give parameters that ask all channels alike."""
        if not self.guided:
            return {}
        channels = len(self.names)
        gains = np.zeros((len(self.tasks), channels + SPATIAL), np.float32)
        gains[:, :channels] = 1 / channels
        return {"gains": gains} | (
            {"query": np.zeros((inputs, channels + SPATIAL), np.float32)} if self.stateful else {}
        )

    def keys(self, images: Array) -> tuple[Array, Array]:
        """Work out the keys (n, places, channels) of pictures, and where the gaze would land, (n, places, 2)."""
        found = [self.model.keys(image, features=self.features) for image in images]
        cells = pixels_to_normalised(found[0].places.reshape(-1, 2), images.shape[1:3]).astype(np.float32)
        channels = np.stack([each.values.reshape(len(cells), -1) for each in found])
        apart = ((cells[:, np.newaxis] - cells) ** 2).sum(axis=-1)
        window = np.exp(apart * np.float32(-0.5 / self.reach**2))
        keys = window @ channels
        greatest = np.maximum(keys.mean(axis=-1).max(axis=-1), FLAT)[:, np.newaxis, np.newaxis]
        mass = channels.mean(axis=-1, keepdims=True) + greatest * np.float32(FLAT)
        return keys / greatest, (window @ (mass * cells)) / (window @ mass)

    def start(self, scene: PictureBatch, rng: np.random.Generator) -> Array | None:
        """Leave the first look to the map."""
        return None

    def remember(self, memory: Array | None, places: Array | None, scene: PictureBatch) -> Array:
        """Give the inhibition of each place and how well it is seen, (n, 2, places)."""
        _, grid = _map_of(scene)
        if places is None or memory is None:
            return np.zeros((len(scene.images), 2, grid.shape[1]), np.float32)
        apart = ((places[:, np.newaxis] - grid) ** 2).sum(axis=-1)
        memory = memory.copy()
        memory[:, 0] += np.float32(self.inhibition) * np.exp(apart * np.float32(-0.5 / self.reach**2))
        memory[:, 1] = np.float32(-self.acuity) * np.log1p(np.sqrt(apart) * np.float32(1 / self.reach))
        return memory

    def __call__(self, parameters: Parameters, states: Any, memory: Array | None, scene: PictureBatch) -> Categorical:  # noqa: ANN401
        """Give the distribution over the places of the grid; steps, if any, are the first axis of states and memory."""
        _, grid = _map_of(scene)
        if memory is None:
            raise ValueError(UNREMEMBERED)
        seen = memory[..., 1, :] - memory[..., 0, :]
        scores = self._priority(parameters, states, scene) + seen
        return Categorical(scores * np.float32(1 / max(self.temperature, COLDEST)), grid)

    def _numbers(self, scene: PictureBatch) -> Array:
        """Give the number of the task for each picture."""
        wanted = f"expected a task for each picture, from 0 to {len(self.tasks) - 1} ({', '.join(self.tasks)})"
        if scene.tasks is None:
            if len(self.tasks) > 1:
                raise ValueError(f"{wanted}, got none")
            return np.zeros(len(scene.images), np.intp)
        if scene.tasks.dtype.kind not in "iu":
            raise ValueError(f"{wanted}, got {scene.tasks.dtype}")
        if scene.tasks.min() < 0 or scene.tasks.max() >= len(self.tasks):
            raise ValueError(f"{wanted}, got {scene.tasks.min()} to {scene.tasks.max()}")
        return scene.tasks

    def _priority(self, parameters: Parameters, states: Any, scene: PictureBatch) -> Any:  # noqa: ANN401
        """Give q . k of each place, (..., n, places)."""
        keys, grid = (np.asarray(each, np.float32) for each in _map_of(scene))
        if not self.guided:
            return keys.mean(axis=-1)
        query = parameters["gains"][self._numbers(scene)]
        if self.stateful:
            flat = anp.reshape(states, (-1, np.shape(states)[-1]))
            added = anp.reshape(anp.dot(flat, parameters["query"]), (*np.shape(states)[:-1], -1))
            query = query + added
        wide = np.concatenate([keys, grid, (grid**2).sum(axis=-1, keepdims=True)], axis=-1)
        if query.ndim == 2:
            return anp.matmul(wide, query[..., np.newaxis])[..., 0]
        return anp.transpose(anp.matmul(wide, anp.transpose(query, (1, 2, 0))), (2, 0, 1))
