"""Observers by name: models of the literature, as parts of an `Observer`."""

from typing import Any

import numpy as np

from neural.observer.parts import no_inhibition
from neural.observer.timing import CovertShift, DecisionTiming
from saliency import (
    AIM,
    Argmax,
    ConstrainedLevy,
    Foraging,
    InhibitionOfReturn,
    LeMeur,
    Race,
    SceneWalk,
    StarFC,
    WinnerTakeAll,
)

PRESETS: dict[str, dict[str, Any]] = {
    "free_viewing": {},
    "typical": {},
    "foveated": {"gate": WinnerTakeAll(noise=0.2)},
    "itti1998": {
        "eye": None,
        "gate": WinnerTakeAll(charged_s=np.inf),
        "memory": InhibitionOfReturn(strength=2e4, spread_deg=1.0, decay_s=0.09),  # down to 1 after 0.9 s
        "timing": CovertShift(),
    },
    "scenewalk": {"priority": SceneWalk.extended()},
    "scenewalk_basic": {"priority": SceneWalk()},
    "levy": {"priority": ConstrainedLevy()},
    "lemeur": {"priority": LeMeur()},
    "race": {
        "eye": None,
        "priority": Foraging(),
        "gate": Race(),
        "memory": no_inhibition,
        "timing": DecisionTiming(dead_time=0, spread=0),  # the race is the fixation
        "cells": 20,
    },
    "starfc": {"model": AIM(), "priority": StarFC(), "gate": Argmax(), "memory": no_inhibition},
}
