"""The glimpse network: it looks at a picture piece by piece, decides where to look next, and says what it saw.

Looking and learning are two passes over the same network. `look` goes step by step, draws places, and records what came
of it, without a thought of gradients; `states` then puts all steps, at once, through the same network for `autograd`,
which takes the recorded activations instead of working them out again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import autograd.numpy as anp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import GlimpseSensor, Viewing
from foveation.checks import check_number
from foveation.image import normalised_to_pixels
from neural.glimpses.context import Context
from neural.glimpses.loss import HybridLoss, LossTerms
from neural.glimpses.policy import GaussianPolicy, Policy
from neural.glimpses.rollout import GlimpseStep, PictureBatch, Prediction, Rollout, check_confidence, check_pictures
from neural.glimpses.training import LabelledPictures
from neural.layers.primitives import linear, linear_relu, log_softmax
from neural.layers.recurrent import Cell, ReLUCell, Unrolled, he_normal, pull, unroll
from saliency import Scanpath
from saliency.learning.autodiff import stop_gradient
from saliency.learning.loop import Progress, Schedule, random_batches, train
from saliency.learning.parameters import Parameters

Array = NDArray[Any]
Augment = Callable[[PictureBatch, np.random.Generator], PictureBatch]
AT_ONCE = 512  # pictures


@dataclass(frozen=True, kw_only=True)
class RecurrentAttentionModel:
    r"""A network that sees only glimpses, chooses where to take the next, and tells the class from what it remembers.

    .. math::

        g_t = \mathrm{ReLU}(W_g [\mathrm{ReLU}(W_\phi \phi_t); \mathrm{ReLU}(W_l l_t)]), \quad
        h_t = f(g_t, h_{t-1}), \quad l_{t+1} \sim \pi(\cdot | h_t), \quad p = \mathrm{softmax}(W_c h_t)

    A glimpse :math:`\phi_t` is cut out at a location :math:`l_t` in whole: no gradient leads from it to the location.
    So the policy :math:`\pi` learns from what came of its choices (`HybridLoss`), all else by back-propagation.

    Parameters
    ----------
    sensor : callable
        The retina: from images and normalised places to glimpses; `GlimpseSensor(..., units="normalised")`.
    policy : Policy
        `GaussianPolicy`, `PriorityPolicy`, `RandomPolicy`, `CentrePolicy`, or yours.
    core : Cell
        `ReLUCell`, `GRU` or `LSTM`.
    glimpses : int
        How many are taken.
    classes : int
        How many there are to tell apart.
    what, where, joined : int
        Units for what is seen, for where, and for both.
    context : Context or None
        A first coarse look at the whole, for the policy only.
    weights : dict of str to array
        What was learned; empty before `initial` or `fit`.

    Raises
    ------
    ValueError
        If a number is below 1, or the sensor counts in pixels.

    References
    ----------
    Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS, section 3.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 255, (5, 28, 28), np.uint8)
    >>> network = RecurrentAttentionModel().initial(images)
    >>> prediction = network.predict(images)
    >>> prediction.probabilities.shape, prediction.places.shape
    ((5, 6, 10), (5, 6, 2))
    """

    sensor: Any = field(default_factory=lambda: GlimpseSensor(size=8, scales=1, units="normalised"))
    policy: Policy = field(default_factory=GaussianPolicy)
    core: Cell = field(default_factory=ReLUCell)
    glimpses: int = 6
    classes: int = 10
    what: int = 128
    where: int = 128
    joined: int = 256
    context: Context | None = None
    weights: Parameters = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("glimpses", "classes", "what", "where", "joined"):
            check_number(getattr(self, name), f"{name} from 1 up", least=1)
        if getattr(self.sensor, "units", "normalised") != "normalised":
            raise ValueError(f"expected a sensor that takes normalised locations, got units '{self.sensor.units}'")

    def initial(self, images: ArrayLike, rng: np.random.Generator | int = 0) -> Self:
        """Give the network with random weights, for pictures like `images` (n, height, width[, channels])."""
        rng = np.random.default_rng(rng)
        pixels = check_pictures(images)[:1]
        inputs = replace(self, weights={})._see(pixels, np.zeros((1, 2), np.float32)).shape[1]
        size, drives = self.core.size, self.core.drives * self.core.size
        layers = {
            "what": (inputs, self.what, np.sqrt(2)),
            "where": (2, self.where, np.sqrt(2)),
            "joined": (self.what + self.where, self.joined, np.sqrt(2)),
            "drive": (self.joined, drives, 1.0),
            "recurrent": (size, drives, 1.0),
            "class": (size, self.classes, 1.0),
            "baseline": (size, 1, 0.0),
        }
        if self.context is not None:
            coarse = self.context.see(pixels).shape[1]
            layers["context hidden"] = (coarse, self.context.hidden, np.sqrt(2))
            layers["context"] = (self.context.hidden, size, 1.0)
        weights: Parameters = {}
        for name, (rows, columns, gain) in layers.items():
            weights[name] = he_normal(rows, columns, rng, gain=float(gain))
            weights[f"{name} bias"] = np.zeros(columns, np.float32)
        return replace(self, weights=weights | self.policy.parameters(size, rng))

    def with_policy(self, policy: Policy, rng: np.random.Generator | int = 0) -> Self:
        """Give the same network with another policy, which has learned nothing yet; all else it has learned stays.

        So a network that can read is taught where to look: `fit` it with `HybridLoss(action=0)`.

        Examples
        --------
        >>> from neural.glimpses.policy import PriorityPolicy
        >>> network = RecurrentAttentionModel().initial(np.zeros((1, 28, 28), np.uint8))
        >>> sorted(set(network.with_policy(PriorityPolicy()).weights) - set(network.weights))
        ['gains', 'query']
        """
        size, rng = self.core.size, np.random.default_rng(rng)
        old = self.policy.parameters(size, rng)
        kept = {name: values for name, values in self.weights.items() if name not in old}
        return replace(self, policy=policy, weights=kept | policy.parameters(size, rng) if kept else {})

    def scene(self, images: ArrayLike, tasks: ArrayLike | None = None) -> PictureBatch:
        """Give pictures (n, height, width[, channels]), tasks (n,), and the keys that the policy needs as one scene."""
        pixels = check_pictures(images)
        found = self.policy.keys(pixels)
        keys, grid = (None, None) if found is None else found
        return PictureBatch(pixels, keys, grid, _as_tasks(tasks, len(pixels)))

    def look(
        self, scene: PictureBatch, rng: np.random.Generator | None = None, *, glimpses: int | None = None
    ) -> Rollout:
        """Look at pictures: with `rng` places are drawn, else the most likely are taken, from a start that is fixed.

        Raises
        ------
        ValueError
            If the network has no weights, or the pictures do not fit.
        """
        self._check_weights()
        coarse, lead = self._glance(scene)
        steps: list[GlimpseStep] = []
        given = self._start(scene, rng)
        for number in range(self.glimpses if glimpses is None else glimpses):
            before = steps[-1] if steps else None
            steps.append(self._step(scene, lead, before, given if number == 0 else None, rng))
        stacked = (None if each[0] is None else np.stack(each) for each in zip(*steps, strict=True))
        chosen = np.arange(len(steps)) > (-1 if given is None else 0)
        return Rollout(scene, GlimpseStep(*stacked), chosen, coarse)  # type: ignore[arg-type]

    def _check_weights(self) -> None:
        if not self.weights:
            raise ValueError("expected a network that has weights: call `fit`, `initial` or `read_network` first")

    def _glance(self, scene: PictureBatch) -> tuple[Array | None, Any]:
        """Give what the context network sees, and what it tells the policy."""
        if self.context is None:
            return None, np.float32(0)
        coarse = self.context.see(scene.images)
        inputs = len(self.weights["context hidden"])
        if coarse.shape[1] != inputs:
            raise ValueError(
                f"expected a first look of {inputs} numbers, as when the network learned, got {coarse.shape[1]}"
            )
        return coarse, self.lead(self.weights, coarse)

    def lead(self, weights: Parameters, coarse: Array) -> Any:  # noqa: ANN401
        """Give what the context network adds to the states that the policy sees, (n, units)."""
        hidden = linear_relu(coarse, weights["context hidden"], weights["context hidden bias"])
        return linear(hidden, weights["context"], weights["context bias"])

    def _start(self, scene: PictureBatch, rng: np.random.Generator | None) -> Array | None:
        return self.policy.start(scene, np.random.default_rng(0) if rng is None else rng)

    def _step(
        self,
        scene: PictureBatch,
        lead: Any,  # noqa: ANN401
        before: GlimpseStep | None,
        given: Array | None,
        rng: np.random.Generator | None,
    ) -> GlimpseStep:
        """Take one look, at the places that are given or that the policy chooses."""
        weights, units = self.weights, self.core.size
        count = len(scene.images)
        state = np.zeros((count, self.core.width), np.float32) if before is None else before.state
        memory = self.policy.remember(before and before.memory, before and before.places, scene)
        if given is None:
            choice = self.policy(weights, state[:, :units] + lead, memory, scene)
            drawn = choice.mode() if rng is None else choice.sample(rng)
            places = choice.where(drawn)
        else:
            drawn = places = given
        seen = self._see(scene.images, places)
        what, where, joined = self._perceive(weights, seen, places)
        drive = linear(joined, weights["drive"], weights["drive bias"])
        pulled = pull(self.core, before and before.state, weights["recurrent"], weights["recurrent bias"])
        after, kept = self.core.step(drive, state, pulled)
        return GlimpseStep(drawn, places, memory, seen, what, where, joined, drive, after, kept)

    def _see(self, images: Array, places: Array) -> Array:
        sides = images.shape[1:3]
        if getattr(self.sensor, "extents_px", (0,))[0] > min(sides):
            raise ValueError(
                f"expected pictures of at least the size of a glimpse, {self.sensor.extents_px[0]:g} pixels, "
                f"got {sides[1]} x {sides[0]}"
            )
        seen: Array = self.sensor(images, places)
        flat = seen.reshape(len(seen), -1)
        inputs = len(self.weights["what"]) if self.weights else flat.shape[1]
        if flat.shape[1] != inputs:
            raise ValueError(f"expected glimpses of {inputs} numbers, as when the network learned, got {flat.shape[1]}")
        return flat

    def _perceive(
        self, weights: Parameters, seen: Array, places: Array, known: GlimpseStep | None = None
    ) -> tuple[Any, ...]:
        """Give the three layers of the glimpse network; `known` holds their activations, if they were recorded."""
        kept = (None, None, None) if known is None else (known.what, known.where, known.joined)
        what = linear_relu(seen, weights["what"], weights["what bias"], kept[0])
        where = linear_relu(places, weights["where"], weights["where bias"], kept[1])
        both = anp.concatenate([what, where], axis=-1)
        return what, where, linear_relu(both, weights["joined"], weights["joined bias"], kept[2])

    def states(self, weights: Parameters, rollout: Rollout) -> Any:  # noqa: ANN401
        """Give what the core's units were after each glimpse, (steps, n, units), as a function of the weights."""
        steps = rollout.steps
        joined = self._perceive(weights, steps.glimpses, steps.places, steps)[2]
        drive = linear(joined, weights["drive"], weights["drive bias"], steps.drive)
        known = Unrolled(steps.state, steps.kept)
        states = unroll(drive, weights["recurrent"], weights["recurrent bias"], None, self.core, known=known)
        return states if self.core.width == self.core.size else states[..., : self.core.size]

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        *,
        rng: np.random.Generator | int,
        tasks: ArrayLike | None = None,
        epochs: int = 20,
        batch: int = 128,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        loss: HybridLoss | None = None,
        augment: Augment | None = None,
        resume: Progress | None = None,
        watch: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Learn from pictures and their classes, by AdamW with a learning rate that falls along half a cosine.

        A network that has weights goes on from them. One thread for linear algebra is fastest
        (`OPENBLAS_NUM_THREADS=1`): the products are small.

        Parameters
        ----------
        images : array, shape (n, height, width) or (n, height, width, 3)
            Of uint8, or float from 0 to 1.
        labels : array of int, shape (n,)
            Classes, from 0.
        rng : numpy.random.Generator or int
            The same seed gives the same weights.
        tasks : array of int, shape (n,)
            The number of the task for each picture.
        epochs : int
            How often each picture is seen.
        batch : int
            Pictures from which one step is made.
        learning_rate, weight_decay : float
            Of AdamW: the greatest step, and the share of it by which weights shrink.
        loss : HybridLoss
            The loss; the default one, if none is given.
        augment : callable
            From a `PictureBatch` and a random generator to one that is a little different: `Jitter()`.
        resume : Progress
            Go on with a training that was stopped, bit for bit as if it had not been; all else must be as it was.
        watch : callable
            Called with a `Progress` after each epoch.

        Returns
        -------
        RecurrentAttentionModel
            The network with what it has learned.

        Raises
        ------
        ValueError
            If the numbers of pictures, labels and tasks differ, a label is no class, the pictures do not fit, or
            `resume` has other epochs or weights.

        References
        ----------
        Mnih, Heess, Graves and Kavukcuoglu (2014), Recurrent models of visual attention, NeurIPS.

        Examples
        --------
        >>> images = np.zeros((40, 28, 28), np.uint8)
        >>> images[::2, :, :14], images[1::2, :, 14:] = 255, 255
        >>> network = RecurrentAttentionModel(classes=2, glimpses=3)
        >>> learned = network.fit(images, np.arange(40) % 2, rng=0, epochs=30, batch=20)
        >>> bool((learned.predict(images).labels == np.arange(40) % 2).mean() > 0.9)
        True
        """
        pictures = LabelledPictures.of(self, images, labels, tasks)
        items = len(pictures.images)
        schedule = Schedule(
            epochs=epochs, items=items, batch=batch, learning_rate=learning_rate, weight_decay=weight_decay
        )
        rng = np.random.default_rng(rng)
        learner = self if self.weights else self.initial(pictures.images, rng)
        criterion = HybridLoss() if loss is None else loss

        def batches(rng: np.random.Generator, _epoch: int) -> list[NDArray[np.intp]]:
            return random_batches(items, batch, rng)

        def batch_loss(weights: Parameters, which: Array, rng: np.random.Generator) -> tuple[Any, LossTerms]:
            scene, classes = pictures.some(which)
            scene = scene if augment is None else augment(scene, rng)
            plain = {name: stop_gradient(values) for name, values in weights.items()}
            return criterion(learner, weights, replace(learner, weights=plain).look(scene, rng), classes)

        learned = train(learner.weights, batch_loss, batches, schedule, rng=rng, resume=resume, watch=watch)
        return replace(learner, weights=learned)

    def predict(
        self,
        images: ArrayLike | PictureBatch,
        *,
        tasks: ArrayLike | None = None,
        glimpses: int | None = None,
        early_exit: float | None = None,
        rng: np.random.Generator | int | None = None,
    ) -> Prediction:
        """Say what each picture shows, after a few glimpses, one path each: no mean over several.

        Parameters
        ----------
        images : array, shape (n, height, width) or (n, height, width, channels), or PictureBatch
            Of uint8, or float from 0 to 1. Pictures that are looked at again and again are best made a `scene` first:
            then the keys of a `PriorityPolicy` are worked out once.
        tasks : array of int, shape (n,)
            The number of the task for each picture; a scene has its own.
        glimpses : int
            How many to take; as many as it learned with, if none is given.
        early_exit : float
            Stop as soon as one class is this probable, from 0 to 1.
        rng : numpy.random.Generator or int
            Draw places from the policy. None: take the most likely one each time.

        Raises
        ------
        ValueError
            If the network has learned nothing yet, or the pictures do not fit.
        """
        self._check_weights()
        if glimpses is not None and glimpses < 1:
            raise ValueError(f"expected glimpses from 1 up, got {glimpses}")
        if early_exit is not None:
            check_confidence(early_exit)
        whole = images if isinstance(images, PictureBatch) else PictureBatch(check_pictures(images))
        if not isinstance(images, PictureBatch):
            whole = whole._replace(tasks=_as_tasks(tasks, len(whole.images)))
        elif tasks is not None:
            raise ValueError("expected a scene, which has tasks of its own, or pictures with tasks, got both")
        rng = None if rng is None else np.random.default_rng(rng)
        parts = []
        for first in range(0, len(whole.images), AT_ONCE):
            some = whole.take(slice(first, first + AT_ONCE))
            scene = self.scene(some.images, some.tasks) if some.keys is None else some
            parts.append(self._predicted(scene, glimpses or self.glimpses, early_exit, rng))
        probabilities, used, places = (np.concatenate(each) for each in zip(*parts, strict=True))
        return Prediction(probabilities[:, -1].argmax(axis=1), probabilities, used, places)

    def _predicted(
        self, scene: PictureBatch, glimpses: int, early_exit: float | None, rng: np.random.Generator | None
    ) -> tuple[Array, Array, Array]:
        count = len(scene.images)
        probabilities = np.empty((count, glimpses, self.classes), np.float32)
        used = np.zeros(count, np.int64)
        places = np.full((count, glimpses, 2), np.nan)
        awake = np.arange(count)
        (_, lead), given = self._glance(scene), self._start(scene, rng)
        before: GlimpseStep | None = None
        for number in range(glimpses):
            before = self._step(scene, lead, before, given if number == 0 else None, rng)
            said = np.exp(
                log_softmax(
                    linear(before.state[:, : self.core.size], self.weights["class"], self.weights["class bias"])
                )
            )
            probabilities[awake, number:] = said[:, np.newaxis]
            places[awake, number] = normalised_to_pixels(before.places, scene.images.shape[1:3])
            used[awake] += 1
            if early_exit is not None:
                on = np.flatnonzero(said.max(axis=1) < early_exit)
                awake, scene = awake[on], scene.take(on)
                before = GlimpseStep(*(None if each is None else each[on] for each in before))  # type: ignore[arg-type]
                lead = lead[on] if np.ndim(lead) else lead
            if not len(awake):
                break
        return probabilities, used, places

    def scanpath(
        self,
        image: ArrayLike,
        viewing: Viewing,
        *,
        task: int | None = None,
        rng: np.random.Generator | int | None = None,
        glimpse_s: float = 0.25,
        stimulus: str = "",
    ) -> Scanpath:
        """Give where the network looks at one picture (height, width[, channels]), as a `Scanpath`.

        Parameters
        ----------
        image : array, shape (height, width) or (height, width, channels)
            The picture.
        viewing : Viewing
            The screen on which it stands.
        task, rng
            As for `predict`.
        glimpse_s : float
            How long each glimpse is taken to last, in seconds: the network knows no time.
        stimulus : str
            The picture's name, for the tables.

        Raises
        ------
        ValueError
            As for `predict`.
        """
        pixels = np.asarray(image)
        tasks = None if task is None else np.array([task])
        places = self.predict(pixels[np.newaxis], tasks=tasks, rng=rng).places[0]
        places = np.clip(places, 0, (pixels.shape[1] - 1, pixels.shape[0] - 1))  # the outermost pixels' middles
        onset = np.arange(len(places), dtype=np.float64) * glimpse_s
        return Scanpath(
            x=places[:, 0],
            y=places[:, 1],
            onset=onset,
            duration=np.full(len(places), glimpse_s),
            viewing=viewing.of_picture(pixels.shape),
            watched=len(places) * glimpse_s,
            stimulus=stimulus,
            subject=type(self.policy).__name__,
        )


def _as_tasks(tasks: ArrayLike | None, count: int) -> Array | None:
    which = None if tasks is None else np.asarray(tasks)
    if which is not None and which.shape != (count,):
        raise ValueError(f"expected a task for each of the {count} pictures, got shape {which.shape}")
    return which
