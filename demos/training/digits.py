"""How `foveal train` learns: recipes, pictures of digits for a task, and a training that can be resumed."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import asked_for
from demos.outputs import made_with
from demos.training.held_out import HELD_OUT, TRAINING
from demos.training.resumable import Epoch, ResumableTraining, digest, part_of

if TYPE_CHECKING:
    from neural import Digits, RecurrentAttentionModel, Scenes
    from neural.glimpses.policy import Policy
    from saliency.learning.parameters import Parameters


POLICIES = ("priority", "gaussian", "saliency", "random", "centre")
CORES = ("rectifier", "gru", "lstm")
HUES = ("red", "green", "blue", "yellow")  # those of `hue_search_scenes`, in its order
FEWEST = 1000  # held-out pictures, at least; and those that are looked at after each epoch


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a task is learned, in plain words and numbers: a help must not wait for the library.

    Parameters
    ----------
    sensor : dict
        Settings of `GlimpseSensor`.
    policy, core : str
        Which ones.
    gaussian, priority : dict
        Settings of `GaussianPolicy`, and of `PriorityPolicy`, which is also the policy "saliency".
    layers : dict
        Settings of `RecurrentAttentionModel`: `what`, `where`, `joined`.
    units : int
        Units of the core.
    glimpses, pictures, epochs, batch : int
        How many.
    learning_rate, weight_decay : float
        As for `fit`.
    loss : dict
        Settings of `HybridLoss`.
    jitter : bool
        Whether pictures are moved, turned and scaled a little each time.
    alone : float
        Share of the pictures to learn from that show the digit alone, in "search".
    """

    sensor: Mapping[str, Any]
    policy: str
    core: str = "rectifier"
    gaussian: Mapping[str, Any] = field(default_factory=dict)
    priority: Mapping[str, Any] = field(default_factory=dict)
    layers: Mapping[str, Any] = field(default_factory=dict)
    units: int = 256
    glimpses: int = 6
    pictures: int = 60_000
    epochs: int = 60
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.0
    loss: Mapping[str, Any] = field(default_factory=dict)
    jitter: bool = False
    alone: float = 0.0


_GUIDED = {"temperature": 0.05, "acuity": 0.0}
RECIPES = {
    "digits": Recipe(
        sensor={"size": 8, "scales": 1}, policy="gaussian", priority=_GUIDED, epochs=40, learning_rate=1e-3, jitter=True
    ),
    "translated": Recipe(sensor={"size": 12, "scales": 3}, policy="priority", priority=_GUIDED, epochs=14, jitter=True),
    "cluttered": Recipe(sensor={"size": 12, "scales": 3}, policy="priority", priority=_GUIDED, epochs=16, jitter=True),
    "search": Recipe(
        sensor={"size": 12, "scales": 2},
        policy="priority",
        priority={"features": True, "tasks": HUES, "stateful": False, "temperature": 0.2, "acuity": 0.0},
        glimpses=3,
        pictures=20_000,
        epochs=24,
        loss={"reinforce": 0.3},
        alone=0.5,
    ),
}


class DigitStudy(NamedTuple):
    """What is learned, how, and where it is written."""

    task: str
    recipe: Recipe
    network: "RecurrentAttentionModel"
    data: Path | None
    seed: int
    output: Path

    @classmethod
    def of(cls, options: argparse.Namespace) -> "DigitStudy":
        """Give what was asked for; refuse outputs that could not be written."""
        from foveation.files import FIGURE_ENDINGS, check_output
        from neural.files import ENDINGS

        asked = asked_for(options, ("policy", "core", "glimpses", "pictures", "epochs"))
        recipe = replace(RECIPES[options.task], **asked)
        output = check_output(options.output or Path(f"my-{options.task}.npz"), ENDINGS)
        study = cls(options.task, recipe, network_of(recipe), options.data, options.seed, output)
        for path in study.beside:
            check_output(path, (".csv", *FIGURE_ENDINGS))
        return study

    @property
    def part(self) -> Path:
        """The file that keeps an unfinished training."""
        return part_of(self.output)

    @property
    def beside(self) -> tuple[Path, Path, Path]:
        """Table of the epochs, learning curve, glimpses."""
        table, curve, glimpses = (self.output.with_suffix(end) for end in (".csv", ".curve.png", ".glimpses.png"))
        return table, curve, glimpses

    def training(self, settings: Mapping[str, Any]) -> ResumableTraining:
        """Give the training, with all that its result depends on."""
        from neural import LossTerms

        return ResumableTraining(part=self.part, settings=settings, loss_terms=LossTerms)

    @property
    def source(self) -> str:
        """What is learned from, in words."""
        return f"{self.recipe.pictures} pictures of {_name(self.data)}, {self.recipe.epochs} epochs"

    @property
    def settings(self) -> dict[str, Any]:
        """All that the result depends on but the digits, as JSON gives it back."""
        settings: dict[str, Any] = json.loads(
            json.dumps({"task": self.task, "seed": self.seed, "data": _name(self.data), **asdict(self.recipe)})
        )
        return settings

    @property
    def provenance(self) -> str:
        """What was learned from, and the command."""
        recipe = self.recipe
        command = ["foveal train --task", self.task, *([] if self.data is None else ["--data", self.data.name])]
        command += [f"--{name} {getattr(recipe, name)}" for name in ("policy", "core", "glimpses", "pictures")]
        command += [f"--epochs {recipe.epochs} --seed {self.seed}"]
        return f"Learned by: {' '.join(command)}\nFrom: {self.source}\nWith: {made_with()}"


def _name(data: Path | None) -> str:
    return "drawn digits" if data is None else f"digits in {data.resolve().name}"


def network_of(recipe: Recipe) -> "RecurrentAttentionModel":
    """Give the network of a recipe, which has learned nothing yet."""
    from foveation import GlimpseSensor
    from neural import RecurrentAttentionModel
    from neural.layers import recurrent

    return RecurrentAttentionModel(
        sensor=GlimpseSensor(**recipe.sensor, units="normalised"),
        policy=_policy_of(recipe),
        core=recurrent.CORES[recipe.core](size=recipe.units),
        glimpses=recipe.glimpses,
        **recipe.layers,
    )


def _policy_of(recipe: Recipe) -> "Policy":
    from neural import CentrePolicy, GaussianPolicy, PriorityPolicy, RandomPolicy

    if recipe.policy in ("priority", "saliency"):
        return PriorityPolicy(**recipe.priority, guided=recipe.policy == "priority")
    if recipe.policy == "gaussian":
        return GaussianPolicy(**recipe.gaussian)
    return RandomPolicy() if recipe.policy == "random" else CentrePolicy()


def scenes_of(task: str, digits: "Digits", count: int, rng: Any, *, alone: float = 0.0) -> "Scenes":  # noqa: ANN401
    """Make so many pictures for a task; digits come again, at other places, if there are fewer."""
    import numpy as np

    from neural import Digits, centred_digits, cluttered_digits, hue_search_scenes, translated_digits

    which = np.arange(count) % len(digits.labels)
    some = Digits(digits.images[which], digits.labels[which])
    if task == "digits":
        return centred_digits(some)
    if task == "search":
        return hue_search_scenes(some, rng, hues=HUES, alone=alone)
    return {"translated": translated_digits, "cluttered": cluttered_digits}[task](some, rng)


def scenes_from(
    task: str, data: Path | None, part: int, count: int, *, seed: int, alone: float = 0.0
) -> "tuple[Digits, Scenes]":
    """Give digits for learning, or others that are held out, and pictures of them: all of MNIST that is held out."""
    import numpy as np

    from neural import read_mnist, rendered_digits

    rng = np.random.default_rng([seed, part])
    if data is None:
        digits = rendered_digits(count, rng)
    else:
        digits = read_mnist(data, "train" if part == TRAINING else "test")
        count = count if part == TRAINING else len(digits.labels)
    if task == "digits" and count > len(digits.labels):
        raise ValueError(f"expected --pictures up to {len(digits.labels)}, as many as there are, got {count}")
    return digits, scenes_of(task, digits, count, rng, alone=alone)


def held_out_scenes(task: str, data: Path | None, seed: int, *, learned: int = 0) -> "Scenes":
    """Give pictures of other digits than those that are `learned`: a sixth as many, at least `FEWEST`."""
    _, scenes = scenes_from(task, data, HELD_OUT, max(FEWEST, learned // 6), seed=seed)
    return scenes


class Trained(NamedTuple):
    """A trained network, what came of each epoch, and pictures of other digits to ask it about."""

    network: "RecurrentAttentionModel"
    epochs: list[Epoch]
    held_out: "Scenes"


def train_digits(study: DigitStudy) -> Trained:
    """Train, or go on with what is kept; count errors on some held-out pictures after each epoch."""
    study.training(study.settings).kept()  # says at once what does not fit
    recipe = study.recipe
    digits, scenes = scenes_from(study.task, study.data, TRAINING, recipe.pictures, seed=study.seed, alone=recipe.alone)
    held_out = held_out_scenes(study.task, study.data, study.seed, learned=recipe.pictures)
    training = study.training(study.settings | {"pictures of digits": digest(digits)})
    fit, errors = _fit(study, scenes), partial(_errors, study.network, held_out)
    network, epochs = training.train(fit, epochs=recipe.epochs, measure=errors, line=_line)
    return Trained(network, epochs, held_out)


def _fit(study: DigitStudy, scenes: "Scenes") -> "Callable[..., RecurrentAttentionModel]":
    from neural import HybridLoss, Jitter

    recipe = study.recipe
    return partial(
        study.network.fit, scenes.images, scenes.labels, tasks=scenes.tasks, rng=study.seed, batch=recipe.batch,
        learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay, loss=HybridLoss(**recipe.loss),
        augment=Jitter() if recipe.jitter else None,
    )  # fmt: skip


def _errors(network: "RecurrentAttentionModel", held_out: "Scenes", weights: "Parameters") -> list[float]:
    tasks = None if held_out.tasks is None else held_out.tasks[:FEWEST]
    said = replace(network, weights=weights).predict(network.scene(held_out.images[:FEWEST], tasks))
    return [float((said.labels != held_out.labels[:FEWEST]).mean())]


def _line(epoch: Epoch) -> str:
    loss_terms = epoch.loss_terms
    return (
        f"action {loss_terms.action:.3f}, baseline {loss_terms.baseline:.3f}, reinforce {loss_terms.reinforce:+.3f}, "
        f"accuracy {loss_terms.accuracy:.1%}, reward {loss_terms.reward:.3f}, held-out error {epoch.measured[0]:.1%}"
    )
