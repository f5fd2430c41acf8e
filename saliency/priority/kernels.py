"""Compiled loops of priorities: the log-linear density with the observer's whole loop, and SceneWalk."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled

OLDEST = 12  # fixations that are remembered


class SaccadeTables(NamedTuple):
    """Logarithms of by how much a place is preferred, on nodes: see `saliency.log_linear.LogLinear`."""

    gain: NDArray[np.float64]  # (fixation number, amplitude)
    centre: NDArray[np.float64]  # (fixation number, 4)
    first: NDArray[np.float64]  # (amplitude,)
    turn: NDArray[np.float64]  # (amplitude, turning angle)
    direction: NDArray[np.float64]  # (amplitude, direction)
    previous: NDArray[np.float64]  # (amplitude, amplitude of the saccade before)
    back: NDArray[np.float64]  # (lag, distance)


class SaccadeAxes(NamedTuple):
    """How far apart the nodes of the tables lie: in square roots of degrees for amplitudes, degrees for distances."""

    amplitude: float
    previous: float
    distance: float


@compiled
def _on_nodes(position: float, nodes: int) -> tuple[int, float]:
    """Node below a position on an axis with nodes at 0, 1, ..., and how far on it is to the next; the ends hold."""
    position = min(max(position, 0.0), nodes - 1.0)
    node = int(min(nodes - 2.0, max(0.0, position)))
    return node, position - node


@compiled
def _round_nodes(turns: float, nodes: int) -> tuple[int, int, float]:
    """Nodes around a direction, in turns, on an axis that goes round, and how far it is on to the second."""
    position = (turns - math.floor(turns)) * nodes
    node = int(position)
    return node % nodes, (node + 1) % nodes, position - node


@compiled
def _polar_places(
    grid: NDArray[np.float64], x: float, y: float, step: float, directions: int, polar_places: NDArray[np.float64]
) -> None:
    """Give each cell's place on the axes of a polar table around (x, y): root of the distance, and direction.

    The arc tangent is that of Abramowitz and Stegun (1964), 4.4.49, to 2e-8: without branches, so that it is worked
    out for several cells at once.
    """
    whole, half, quarter = float(directions), directions * 0.5, directions * 0.25
    radian = half / math.pi
    for k in range(grid.shape[1]):
        right, up = grid[0, k] - x, grid[1, k] - y
        polar_places[0, k] = math.sqrt(math.sqrt(right * right + up * up)) / step
        wide, high = abs(right), abs(up)
        gradient = min(wide, high) / (max(wide, high) + 1e-30)
        square = gradient * gradient
        angle = 0.0028662257
        angle = angle * square - 0.0161657367
        angle = angle * square + 0.0429096138
        angle = angle * square - 0.0752896400
        angle = angle * square + 0.1065626393
        angle = angle * square - 0.1420889944
        angle = angle * square + 0.1999355085
        angle = angle * square - 0.3333314528
        angle = (angle * square + 1.0) * gradient * radian
        angle = quarter - angle if high > wide else angle
        angle = half - angle if right < 0 else angle
        polar_places[1, k] = whole - angle if up < 0 else angle


@compiled
def _saccade_before(history: NDArray[np.float64], axes: SaccadeAxes) -> tuple[float, float]:
    """Direction, in turns, and node position of the amplitude of the saccade that led here."""
    x, y = history[0, 0] - history[1, 0], history[0, 1] - history[1, 1]
    turns = math.atan2(y, x) / (2 * math.pi)
    return turns - math.floor(turns), math.sqrt(math.hypot(x, y)) / axes.previous


@compiled
def polar_scores(
    tables: SaccadeTables, axes: SaccadeAxes, history: NDArray[np.float64], polar: NDArray[np.float64]
) -> None:
    """Sum up what depends on amplitude and direction of the next saccade alone: `polar` (amplitude, direction).

    `history` holds the places of gaze in degrees, (n, 2), the present one first.
    """
    amplitudes, directions = polar.shape
    before, share, heading = 0, 0.0, 0.0
    if len(history) > 1:
        heading, position = _saccade_before(history, axes)
        before, share = _on_nodes(position, tables.previous.shape[1])
    for d in range(directions):
        low, high, between = _round_nodes(d / directions, tables.direction.shape[1])
        turned = abs(d / directions - heading)
        turn, on = _on_nodes(2 * min(turned, 1 - turned) * (tables.turn.shape[1] - 1), tables.turn.shape[1])
        for a in range(amplitudes):
            score = (1 - between) * tables.direction[a, low] + between * tables.direction[a, high]
            if len(history) > 1:
                score += (1 - on) * tables.turn[a, turn] + on * tables.turn[a, turn + 1]
                score += (1 - share) * tables.previous[a, before] + share * tables.previous[a, before + 1]
            else:
                score += tables.first[a]
            polar[a, d] = score


@compiled
def _add_returns(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    history: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Add what nearness to places visited before counts for."""
    reach = (tables.back.shape[1] - 1) * axes.distance
    for lag in range(1, min(len(history), OLDEST + 1)):
        row = tables.back[min(lag, len(tables.back)) - 1]
        x, y = history[lag]
        for k in range(len(out)):
            right, up = abs(grid[0, k] - x), abs(grid[1, k] - y)
            if right < reach and up < reach:
                distance = math.sqrt(right * right + up * up)
                if distance < reach:
                    node, on = _on_nodes(distance / axes.distance, tables.back.shape[1])
                    out[k] += (1 - on) * row[node] + on * row[node + 1]


@compiled
def next_place(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    history: NDArray[np.float64],
    number: int,
    polar: NDArray[np.float64],
    polar_places: NDArray[np.float64],
    out: NDArray[np.float64],
) -> float:
    """Give each cell a weight in proportion to its probability to be looked at next, and give back their sum.

    `grid` (5, cells): degrees rightward and upward, place across and down (-1 to 1), logarithm of the map's share.
    `polar` and `polar_places` (2, cells) are overwritten. The greatest weight is 1.
    """
    polar_scores(tables, axes, history, polar)
    amplitudes, directions = polar.shape
    _polar_places(grid, history[0, 0], history[0, 1], axes.amplitude, directions, polar_places)
    row = min(number, len(tables.gain) - 1)
    gain, (across, across_2, down, down_2) = tables.gain[row], tables.centre[row]
    for k in range(len(out)):
        a, far = _on_nodes(polar_places[0, k], amplitudes)
        low = int(min(directions, max(0.0, polar_places[1, k])))
        on = polar_places[1, k] - low
        low = low if low < directions else 0
        high = low + 1 if low + 1 < directions else 0
        near_score = (1 - on) * polar[a, low] + on * polar[a, high] + gain[a] * grid[4, k]
        far_score = (1 - on) * polar[a + 1, low] + on * polar[a + 1, high] + gain[a + 1] * grid[4, k]
        out[k] = (
            near_score
            + far * (far_score - near_score)
            + (across + across_2 * grid[2, k]) * grid[2, k]
            + (down + down_2 * grid[3, k]) * grid[3, k]
        )
    _add_returns(tables, axes, grid, history, out)
    top, total = -np.inf, 0.0
    for k in range(len(out)):
        top = max(top, out[k])
    for k in range(len(out)):
        out[k] = math.exp(out[k] - top)
        total += out[k]
    return total


@compiled
def _polar_gradients(
    axes: SaccadeAxes, history: NDArray[np.float64], polar: NDArray[np.float64], gradients: SaccadeTables
) -> None:
    """Hand the gradients of `polar_scores` on to the tables."""
    amplitudes, directions = polar.shape
    before, share, heading = 0, 0.0, 0.0
    if len(history) > 1:
        heading, position = _saccade_before(history, axes)
        before, share = _on_nodes(position, gradients.previous.shape[1])
    for d in range(directions):
        low, high, between = _round_nodes(d / directions, gradients.direction.shape[1])
        turned = abs(d / directions - heading)
        turn, on = _on_nodes(2 * min(turned, 1 - turned) * (gradients.turn.shape[1] - 1), gradients.turn.shape[1])
        for a in range(amplitudes):
            gradient = polar[a, d]
            gradients.direction[a, low] += (1 - between) * gradient
            gradients.direction[a, high] += between * gradient
            if len(history) > 1:
                gradients.turn[a, turn] += (1 - on) * gradient
                gradients.turn[a, turn + 1] += on * gradient
                gradients.previous[a, before] += (1 - share) * gradient
                gradients.previous[a, before + 1] += share * gradient
            else:
                gradients.first[a] += gradient


@compiled
def add_gradients(
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    history: NDArray[np.float64],
    number: int,
    polar: NDArray[np.float64],
    polar_places: NDArray[np.float64],
    surprise: NDArray[np.float64],
    gradients: SaccadeTables,
) -> None:
    """Add the gradients of one fixation's loss to those of the tables, from those of the scores of the cells.

    `polar_places` are those that `next_place` has left.
    """
    polar[:] = 0
    amplitudes, directions = polar.shape
    row = min(number, len(gradients.gain) - 1)
    for k in range(len(surprise)):
        gradient = surprise[k]
        a, far = _on_nodes(polar_places[0, k], amplitudes)
        low, high, on = _round_nodes(polar_places[1, k] / directions, directions)
        polar[a, low] += gradient * (1 - far) * (1 - on)
        polar[a, high] += gradient * (1 - far) * on
        polar[a + 1, low] += gradient * far * (1 - on)
        polar[a + 1, high] += gradient * far * on
        gradients.gain[row, a] += gradient * (1 - far) * grid[4, k]
        gradients.gain[row, a + 1] += gradient * far * grid[4, k]
        for axis in range(2):
            at = grid[2 + axis, k]
            gradients.centre[row, 2 * axis] += gradient * at
            gradients.centre[row, 2 * axis + 1] += gradient * at * at
    reach = (gradients.back.shape[1] - 1) * axes.distance
    for lag in range(1, min(len(history), OLDEST + 1)):
        row = gradients.back[min(lag, len(gradients.back)) - 1]
        x, y = history[lag]
        for k in range(len(surprise)):
            right, up = abs(grid[0, k] - x), abs(grid[1, k] - y)
            if right < reach and up < reach:
                distance = math.sqrt(right * right + up * up)
                if distance < reach:
                    node, on = _on_nodes(distance / axes.distance, gradients.back.shape[1])
                    row[node] += surprise[k] * (1 - on)
                    row[node + 1] += surprise[k] * on
    _polar_gradients(axes, history, polar, gradients)


@compiled
def surprise_of_path(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    places: NDArray[np.float64],
    targets: NDArray[np.int64],
    polar: NDArray[np.float64],
    gradients: SaccadeTables,
) -> float:
    """Add up the surprise, minus the log likelihood, of one path, and its gradients.

    `places` in degrees, the start first; `targets` the cell of each fixation after it, below 0 for one that does not
    count.
    """
    surprise, polar_places = np.empty(grid.shape[1]), np.empty((2, grid.shape[1]))
    total = 0.0
    for number in range(len(targets)):
        if targets[number] >= 0:
            history = places[max(0, number - OLDEST) : number + 1][::-1]
            summed = next_place(tables, axes, grid, history, number, polar, polar_places, surprise)
            surprise /= summed
            total -= math.log(max(surprise[targets[number]], 1e-300))
            surprise[targets[number]] -= 1
            add_gradients(axes, grid, history, number, polar, polar_places, surprise, gradients)
    return total


SQUARED_ANGLE = np.array([8 / (k**2 * math.comb(2 * k, k)) for k in range(14, 0, -1)])


@compiled
def squared_angles(rays: NDArray[np.float64], ray: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill `out` (n,) with the squared angles, in square radians, of unit rays (3, n) from one unit ray (3,).

    With s the squared sine of a quarter of the angle, it is 16 asin(sqrt(s))^2, the sum of 8 (4 s)^k / (k^2 C(2k, k)).
    What is left out after 14 terms is below 1e-13 up to 90 degrees, and below 1e-9 up to 120.
    """
    for i in range(out.size):
        chord = (rays[0, i] - ray[0]) ** 2 + (rays[1, i] - ray[1]) ** 2 + (rays[2, i] - ray[2]) ** 2
        four_s = chord / (2 * (1 + math.sqrt(1 - 0.25 * chord)))
        total = 0.0
        for k in range(14):
            total = (total + SQUARED_ANGLE[k]) * four_s
        out[i] = total


@compiled
def _focused(
    angles: NDArray[np.float64], precision: float, density: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    total = 0.0
    for i in range(out.size):
        out[i] = density[i] * math.exp(-precision * angles[i])
        total += out[i]
    if total > 0:
        out /= total
    else:  # too far from all cells to be felt by any
        out[:] = density


@compiled
def _relax(
    state: NDArray[np.float64],
    target: NDArray[np.float64],
    kept: float,
    kept_near: float,
    angles: NDArray[np.float64],
    near: float,
) -> None:
    for i in range(state.size):
        share = kept_near if angles[i] < near else kept
        state[i] = target[i] + share * (state[i] - target[i])


class Walk(NamedTuple):
    """Constants of `scene_walk`: half inverse variances and `near` in radians squared, rates per second."""

    attention: float
    shift: float
    inhibition: float
    first_rate: float
    attention_rate: float
    previous_rate: float
    inhibition_rate: float
    near: float


@compiled
def scene_walk(
    density: NDArray[np.float64],
    rays: NDArray[np.float64],
    fixations: NDArray[np.float64],
    beyond: NDArray[np.float64],
    phases: NDArray[np.float64],
    walk: Walk,
    attention: NDArray[np.float64],
    inhibition: NDArray[np.float64],
) -> None:
    """Bring `attention` and `inhibition` (n,) from before the first fixation to the end of the last one's main phase.

    `density` (n,) is that of the cells, `rays` (3, n) point at them, `fixations` and `beyond` (k, 3) at each fixation
    and at where attention is just after the saccade to it; `phases` (k, 3) are the seconds after the saccade, with
    attention at the place, and before the next saccade.
    """
    count, cells = len(fixations), density.size
    even = np.full(cells, 1 / cells)
    angles, focus = np.empty((count, cells)), np.empty((count, cells))
    shifted, target = np.empty(cells), np.empty(cells)
    for k in range(count):
        squared_angles(rays, fixations[k], angles[k])
        _focused(angles[k], walk.attention, density, focus[k])
    for k in range(count):
        after, main, before = phases[k]
        previous, near = angles[max(k - 1, 0)], walk.near if k > 0 else 0.0
        if after > 0:
            squared_angles(rays, beyond[k], shifted)
            _focused(shifted, walk.shift, density, target)
            kept, kept_near = math.exp(-walk.attention_rate * after), math.exp(-walk.previous_rate * after)
            _relax(attention, target, kept, kept_near, previous, near)
        rate = walk.attention_rate if k > 0 else walk.first_rate
        _relax(attention, focus[k], math.exp(-rate * main), math.exp(-walk.previous_rate * main), previous, near)
        if k < count - 1 and before > 0:
            kept, kept_near = math.exp(-walk.attention_rate * before), math.exp(-walk.previous_rate * before)
            _relax(attention, focus[k + 1], kept, kept_near, previous, near)
        seen = after + main + (before if k < count - 1 else 0.0)
        _focused(angles[k], walk.inhibition, even, target)
        kept = math.exp(-walk.inhibition_rate * seen)
        _relax(inhibition, target, kept, kept, previous, 0.0)


@compiled
def program(
    timer_left: float, labile_left: float, flight: float, stages: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Let saccade programs run until the eye leaves; give the duration, and what timer and program have left.

    Times are in seconds. The timer has `timer_left` until it next starts a program; the one under way is labile for
    `labile_left` more, infinity if there is none. The eye lands after `flight`, and the fixation begins. `stages`
    (2 m + 1,) holds the next m intervals of the timer, the m labile stages that they begin, and the non-labile stage;
    after m programs no more begin in this fixation.
    """
    most = len(stages) // 2
    begun = 0
    now = -flight
    while timer_left < labile_left and begun < most:  # what was labile is cancelled
        now += timer_left
        timer_left, labile_left = stages[begun], stages[most + begun]
        begun += 1
    now += labile_left
    timer_left = max(timer_left - labile_left, 0.0)
    duration = max(now, 0.0) + stages[2 * most]
    rest = duration - now
    labile_left = np.inf
    while timer_left < rest and begun < most:  # for the next fixation
        rest -= timer_left
        timer_left, labile_left = stages[begun], stages[most + begun]
        begun += 1
    return duration, max(timer_left - rest, 0.0), max(labile_left - rest, 0.0)


@compiled
def programs(flight: float, stages: NDArray[np.float64], durations: NDArray[np.float64]) -> None:
    """Fill `durations` (n, k) with what `program` gives, for n gazes at rest at first, of `stages` (n, k, 2 m + 1)."""
    count, several = durations.shape
    for i in range(count):
        timer_left, labile_left, before = 0.0, np.inf, 0.0
        for k in range(several):
            durations[i, k], timer_left, labile_left = program(timer_left, labile_left, before, stages[i, k])
            before = flight


class Screen(NamedTuple):
    """A picture and its grid of cells: sizes, and the distance between pixels over that of the eye."""

    width: int
    height: int
    columns: int
    rows: int
    pitch_x: float
    pitch_y: float


class Rhythm(NamedTuple):
    """What a walk needs to know of time: see `neural.SaccadeProgramming`; seconds, and steps of walks."""

    steps: NDArray[np.float64]
    step_s: NDArray[np.float64]
    flight: float
    reversal: float


@compiled
def _degrees(screen: Screen, x: float, y: float) -> tuple[float, float]:
    """Give a place in degrees from the centre, rightward and upward; see `Viewing.degrees`."""
    right = (x - (screen.width - 1) / 2) * screen.pitch_x
    up = -(y - (screen.height - 1) / 2) * screen.pitch_y
    length = math.hypot(right, up)
    share = math.degrees(math.atan(length)) / length if length > 0 else math.degrees(1.0)
    return right * share, up * share


@compiled
def _angle_deg(screen: Screen, x: float, y: float, to_x: float, to_y: float) -> float:
    """Angle at the eye between two places; see `Viewing.angle_deg`."""
    ax, ay = (x - (screen.width - 1) / 2) * screen.pitch_x, (y - (screen.height - 1) / 2) * screen.pitch_y
    bx, by = (to_x - (screen.width - 1) / 2) * screen.pitch_x, (to_y - (screen.height - 1) / 2) * screen.pitch_y
    sine = math.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (ax * by - ay * bx) ** 2)
    return math.degrees(math.atan2(sine, 1 + ax * bx + ay * by))


@compiled
def _drawn_cell(weights: NDArray[np.float64], exponent: float, rng: np.random.Generator) -> int:
    """Draw a cell in proportion to its weight to the power of `exponent`."""
    total = 0.0
    for k in range(len(weights)):
        total += weights[k] if exponent == 1.0 else weights[k] ** exponent
    left = rng.random() * total
    for k in range(len(weights)):
        left -= weights[k] if exponent == 1.0 else weights[k] ** exponent
        if left < 0:
            return k
    return int(np.argmax(weights))


@compiled
def _landing(position: float, cells: int, pixels: int) -> float:
    """Turn a position on the axis of cells into pixels; beyond an edge it is reflected back inside."""
    position = cells - abs(cells - abs(position))
    return min(max(position * pixels / cells - 0.5, 0.0), pixels - 1.0)


@compiled
def walk_log_linear(
    tables: SaccadeTables,
    axes: SaccadeAxes,
    grid: NDArray[np.float64],
    screen: Screen,
    rhythm: Rhythm,
    exponent: float,
    watched: float,
    polar: NDArray[np.float64],
    rng: np.random.Generator,
    path: NDArray[np.float64],
) -> int:
    """Let one observer look at a picture: the loop of `Observer` for a log-linear priority, drawn by Luce's choice.

    `path` (n, 6) takes of each rest of the gaze: x, y, onset, duration, and the score and cell of the next place; the
    first row holds the start. The number of rows is given back: less than n, or the time was too long for them.
    """
    places = np.empty((len(path) + 1, 2))
    weights, polar_places = np.empty(grid.shape[1]), np.empty((2, grid.shape[1]))
    stages = np.empty(len(rhythm.steps))
    timer_left, labile_left, flight, now = 0.0, np.inf, 0.0, 0.0
    places[0] = _degrees(screen, path[0, 0], path[0, 1])
    for number in range(len(path) - 1):
        for k in range(len(stages)):
            stages[k] = rng.standard_gamma(rhythm.steps[k]) * rhythm.step_s[1 if number == 1 else 0, k]
        planned, timer_left, labile_left = program(timer_left, labile_left, flight, stages)
        flight = rhythm.flight
        history = places[max(0, number - OLDEST) : number + 1][::-1]
        total = next_place(tables, axes, grid, history, number, polar, polar_places, weights)
        cell = _drawn_cell(weights, exponent, rng)
        across, down = rng.random() - rng.random(), rng.random() - rng.random()
        x = _landing(cell % screen.columns + 0.5 + across, screen.columns, screen.width)
        y = _landing(cell // screen.columns + 0.5 + down, screen.rows, screen.height)
        places[number + 1] = _degrees(screen, x, y)
        if number > 0:
            came, goes = places[number] - places[number - 1], places[number + 1] - places[number]
            sizes = math.hypot(came[0], came[1]) * math.hypot(goes[0], goes[1])
            if sizes > 0:
                planned *= 1 - rhythm.reversal * (came[0] * goes[0] + came[1] * goes[1]) / sizes
        path[number, 2], path[number, 3], path[number, 4], path[number, 5] = now, planned, weights[cell] / total, cell
        path[number + 1, 0], path[number + 1, 1] = x, y
        now += planned + 0.021 + 0.0022 * _angle_deg(screen, path[number, 0], path[number, 1], x, y)
        if now >= watched:
            return number + 1
    return len(path)
