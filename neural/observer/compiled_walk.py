"""The whole loop compiled, for the parts with which people's looking is simulated: the same law, many times faster.

It holds for exactly these classes, because a subclass may do something else. Any other part takes the plain loop, whose
paths differ by rounding alone.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neural.observer.parts import Parts, no_inhibition
from neural.observer.presentation import Glance, Presentation
from neural.observer.saccade_programming import SaccadeProgramming
from saliency import LogLinear, Luce, Scanpath, Visit
from saliency.map import is_flat
from saliency.priority import kernels
from saliency.priority.log_linear import AXES, POLAR


def is_compiled(parts: Parts) -> bool:
    """Whether the whole loop is compiled: a log-linear density of one map, drawn from, in programmed time."""
    return (
        type(parts.priority) is LogLinear
        and type(parts.gate) is Luce
        and type(parts.timing) is SaccadeProgramming
        and parts.memory is no_inhibition
        and not parts.map_from_retina
    )


def walk(
    presentation: Presentation, start: tuple[float, float], duration: float, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Look at a picture for a while: x, y, onset, duration, score and next cell of each rest of the gaze.

    A row more than rests in the time holds where the gaze would go next. None: the loop is not compiled for these
    parts, or no place differs from the others.
    """
    if not is_compiled(presentation.parts) or is_flat(presentation.retina.sharp.map):
        return None
    parts: Any = presentation.parts
    most = 8 + int(12 * duration)
    while True:
        path = np.empty((most, 6))
        path[0, :2] = start
        state = rng.bit_generator.state
        rests = kernels.walk_log_linear(
            parts.priority.tables,
            AXES,
            presentation.log_linear_grid,
            _screen(presentation),
            parts.timing.rhythm,
            float(parts.gate.exponent),
            duration,
            np.empty(POLAR),
            rng,
            path,
        )
        if rests < most:
            return path[: rests + 1]
        rng.bit_generator.state = state  # more fixations than were thought of: once again, with room for them
        most *= 2


def _screen(presentation: Presentation) -> kernels.Screen:
    (rows, columns), viewing = presentation.grid.shape, presentation.grid.viewing
    pitch_x, pitch_y = (pitch / viewing.distance_cm for pitch in viewing.pitch_cm)
    return kernels.Screen(*viewing.screen_px, columns, rows, pitch_x, pitch_y)


def walked_path(path: NDArray[np.float64], presentation: Presentation, watched: float, stimulus: str) -> Scanpath:
    """Give the scanpath of a walk."""
    x, y, onset, rest = path[1:-1, :4].T
    return Scanpath(
        x=x,
        y=y,
        onset=onset,
        duration=np.minimum(rest, watched - onset),
        score=path[:-2, 4],
        start=(path[0, 0], path[0, 1]),
        viewing=presentation.grid.viewing,
        watched=float(watched),
        stimulus=stimulus,
    )


def walked_glances(path: NDArray[np.float64], presentation: Presentation) -> Iterator[Glance]:
    """Give the glances of a walk."""
    visits: list[Visit] = []
    for (x, y, onset, duration, score, _), (to_x, to_y, *_) in pairwise(path.tolist()):
        visits.append(Visit(x, y, offset=onset, onset=onset))
        glance = presentation.glance((x, y), onset, visits, duration, see=True)
        yield glance._replace(duration=duration, winner=(to_x, to_y), score=score)
        visits[-1] = visits[-1]._replace(offset=onset + duration)
