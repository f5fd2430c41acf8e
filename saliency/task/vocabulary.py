"""The words in which a task can be told: colours, orientations, sizes, and what they mean for features."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from saliency.features.normalisation import Unnormalised
from saliency.models.itti import IttiKoch
from saliency.task.objects import OBJECTS

COLOURS = ("red", "green", "blue", "yellow")
ORIENTATIONS = ("0 deg", "45 deg", "90 deg", "135 deg")
DIMENSIONS = {"intensity": ("bright", "dark"), "colour": COLOURS, "orientation": ORIENTATIONS}
FEATURES = tuple(feature for features in DIMENSIONS.values() for feature in features)
SIZES = ("small", "medium", "large")
OPPOSITES = (("bright", "dark"), ("red", "green"), ("blue", "yellow"), ("0 deg", "90 deg"), ("45 deg", "135 deg"))
OPPOSITE = {one: other for a, b in (*OPPOSITES, ("small", "large")) for one, other in ((a, b), (b, a))}
SYNONYMS = {"horizontal": "0 deg", "rising": "45 deg", "vertical": "90 deg", "falling": "135 deg"}
VOCABULARY = ("bright", "dark", *COLOURS, "horizontal", "rising", "vertical", "falling", *SIZES, "face", "text", "skin")
KEYS = IttiKoch(normalise=Unnormalised())
NOTHING = "nothing"  # the key of places at which no channel answers

# The strengths of all tasks. Bottom-up, each feature has a gain of 1, each object one of 0.
WANTED, OTHERS, EXCLUDED = 2.0, 0.5, -1.0  # gains of a target's features, of other ones, of their opposites
SOUGHT = 2.0  # gain of a template or an object that is searched for, in units of the map's peak
UNSOUGHT = 0.25  # gain of all features then


def feature_of(word: str) -> str:
    """Give the feature that a word names, or refuse the word."""
    if word in VOCABULARY:
        return SYNONYMS.get(word, word)
    raise ValueError(f"there is no word '{word}'; expected some of: {', '.join(VOCABULARY)}")


def features_named(name: str) -> tuple[str, ...]:
    """Give the names of all gains that a name stands for: a dimension is all its features."""
    if name in DIMENSIONS:
        return DIMENSIONS[name]
    one = SYNONYMS.get(name, name)
    if one in (*FEATURES, *SIZES, *OBJECTS):
        return (one,)
    size, _, feature = name.partition(" ")
    feature = SYNONYMS.get(feature, feature)
    if size in SIZES and feature in FEATURES:
        return (f"{size} {feature}",)
    raise ValueError(
        f"there is no channel '{name}'; expected one of: {', '.join((*VOCABULARY, *DIMENSIONS))}, "
        "or a size and a feature, such as 'small red'"
    )


def listed_words(pictures: ArrayLike | Iterable[ArrayLike]) -> list[ArrayLike]:
    """Give pictures as a list; one picture is a list of one."""
    if isinstance(pictures, np.ndarray) and pictures.ndim < 4:
        return [pictures]
    return list(pictures)  # type: ignore[arg-type]
