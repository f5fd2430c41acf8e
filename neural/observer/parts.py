"""The parts of an observer, and which of them suit each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, Viewing
from neural.observer.saccade_programming import SaccadeProgramming
from neural.observer.timing import DecisionTiming, Plan, TimingModel
from saliency import Gate, InhibitionOfReturn, IttiKoch, Memory, Model, Readout, Visit
from saliency.features.regions import Region
from saliency.priority.context import Priority, Visible
from saliency.priority.log_linear import LogLinear


class TopDownBias(Protocol):
    """Any top-down bias of a map: `saliency.Task`, or yours."""

    def __call__(self, image: NDArray[np.float32], map: NDArray[np.float32], viewing: Viewing) -> NDArray[np.float32]:
        """Give the map of the picture as the task weighs it, from 0 up."""
        ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All parts of an observer, none left out: what the loop works with, and what it asks the parts about themselves.

    Any callable of the right shape is a part. What it says of itself beyond that is optional, and named in the
    protocols: `Gate`, `Priority`, `Memory` and `TimingModel`. What it does not say is taken as no.

    Parameters
    ----------
    eye, model, gate, task, priority, memory, timing, map_from_retina, cells
        As for `Observer`.
    """

    eye: Acuity | None
    model: Model
    gate: Gate
    task: TopDownBias | None
    priority: Priority
    memory: Memory
    timing: TimingModel
    map_from_retina: bool
    cells: int

    @property
    def draws(self) -> bool:
        """Whether the gate samples a place by its probability, rather than to decide for the strongest."""
        return draws(self.gate)

    @property
    def takes_density(self) -> bool:
        """Whether the gate takes a density as it is, rather than relative to its greatest value."""
        return bool(getattr(self.gate, "takes_density", False))

    @property
    def has_probabilities(self) -> bool:
        """Whether the gate tells the probability of each place."""
        return hasattr(self.gate, "weights")

    @property
    def knows_eccentricity(self) -> bool:
        """Whether the priority has learned what distance from the gaze leaves of a map."""
        return bool(getattr(self.priority, "knows_eccentricity", False))

    @property
    def is_covert(self) -> bool:
        """Whether attention moves without the eye, so that what it takes are no durations of fixations."""
        return bool(getattr(self.timing, "covert", False))

    @property
    def learns(self) -> bool:
        """Whether priority or timing can be fitted to people."""
        return hasattr(self.priority, "fit") or hasattr(self.timing, "fit")

    @property
    def counts_start(self) -> bool:
        """Whether the start is a place that was visited; attention without an eye is nowhere before its first shift."""
        return self.draws or self.eye is not None

    @property
    def has_many_maps(self) -> bool:
        """Whether the map depends on where the gaze is."""
        return self.map_from_retina and self.eye is not None

    def plan(self, number: int, before: Plan | None, rng: np.random.Generator) -> Plan | None:
        """Plan a fixation; None of a timing model that waits for the decision."""
        timing: Any = self.timing
        return timing.plan(number, before, rng) if hasattr(timing, "plan") else None

    def region(self, image: NDArray[np.float32], place: tuple[float, float]) -> Region | None:
        """Give the shape that was attended at a place of a picture, if memory is one of shapes."""
        memory: Any = self.memory
        return memory.region(image, place) if hasattr(memory, "region") else None


def draws(gate: Gate) -> bool:
    """Whether a gate samples a place by its probability, rather than to decide for the strongest."""
    return bool(getattr(gate, "draws", False))


def check_gate(gate: Gate) -> None:
    """Refuse a gate that says that it draws, and does not tell the probability of each place."""
    if draws(gate) and not hasattr(gate, "weights"):
        raise ValueError(
            f"a {type(gate).__name__} says that it draws: expected a method `weights`, the probability of each place"
        )


def check_callable(**parts: Any) -> None:  # noqa: ANN401
    """Refuse parts that cannot be called; a model of finished maps gives one by the picture's name, `for_picture`."""
    for name, part in parts.items():
        if isinstance(part, type) or not (callable(part) or hasattr(part, "for_picture")):
            got = f"the class {part.__name__}" if isinstance(part, type) else f"a {type(part).__name__}"
            raise TypeError(f"expected a {name} that can be called, got {got}")


def no_inhibition(visits: Sequence[Visit], now: float, places: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
    """Inhibit nothing: the memory of an observer whose priority has the history in itself."""
    return np.zeros(np.shape(places)[:-1])


def suited_to(gate: Gate, model: Model | None) -> dict[str, Any]:
    """Give the parts that suit a gate, and the tables of saccades that were learned with the maps of a model."""
    if not draws(gate):
        return {
            "model": IttiKoch(),
            "priority": Visible(),
            "memory": InhibitionOfReturn(),
            "timing": DecisionTiming(),
            "map_from_retina": True,
        }
    model = Readout() if model is None else model
    return {
        "model": model,
        "priority": LogLinear.pretrained(getattr(model, "saccade_tables", "map")),
        "memory": no_inhibition,
        "timing": SaccadeProgramming(),
        "map_from_retina": False,
    }
