"""What does looking cost? The density of the next fixation and the loop around it, beside plain NumPy.

Fixations are counted without the start; where a look has another number of them than 10, its time is scaled to 10.
"Once the map exists" is with one `Presentation` of the picture, as `look_many` and `fit` have it: the map is made,
pooled to 64 x 48 cells, and the cells' degrees are known.
"""

import cv2
import numpy as np
from measure import milliseconds, table

from foveation import Viewing, as_image, sample_pixels
from neural import Observer, SaccadeProgramming
from neural.observer import compiled_walk
from saliency import IttiKoch, LogLinear, Scanpath
from saliency.priority.kernels import SaccadeTables

SECONDS, SIDE = 3.0, 64

image = as_image(cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA))
viewing = Viewing.from_pixels_per_degree(24, image.shape)


def rounded(table: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Interpolate a row on an axis that goes round; positions in nodes."""
    low = np.floor(position).astype(int)
    on = position - low
    return (1 - on) * table[low % len(table)] + on * table[(low + 1) % len(table)]


def plain_density(tables: SaccadeTables, grid: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Work out the formula of `LogLinear`, linear between 48 directions, an array operation after the other."""
    number, gaze, directions = min(len(places) - 1, 3), places[-1], np.arange(48) / 48
    polar = np.stack([rounded(row, directions * 8) for row in tables.direction])
    if len(places) > 1:
        came = gaze - places[-2]
        turns = np.abs((directions - np.arctan2(came[1], came[0]) / (2 * np.pi) + 0.5) % 1 - 0.5)
        polar += np.stack([np.interp(turns * 16, np.arange(9), row) for row in tables.turn])
        before = np.sqrt(np.hypot(*came)) / 0.9
        polar += np.array([np.interp(before, np.arange(6), row) for row in tables.previous])[:, np.newaxis]
    else:
        polar += tables.first[:, np.newaxis]
    right, up = grid[:2] - gaze[:, np.newaxis]
    root = np.minimum(np.sqrt(np.hypot(right, up)) / 0.35, 15)
    node = np.minimum(root.astype(int), 14)
    far = root - node
    position = np.arctan2(up, right) / (2 * np.pi) % 1 * 48
    low = position.astype(int) % 48
    on, high = position - np.floor(position), (low + 1) % 48
    near_score = (1 - on) * polar[node, low] + on * polar[node, high]
    far_score = (1 - on) * polar[node + 1, low] + on * polar[node + 1, high]
    scores = (1 - far) * near_score + far * far_score
    scores += np.interp(root, np.arange(16), tables.gain[number]) * grid[4]
    across, across_2, down, down_2 = tables.centre[number]
    scores += across * grid[2] + across_2 * grid[2] ** 2 + down * grid[3] + down_2 * grid[3] ** 2
    for k in range(1, min(len(places) - 1, 12) + 1):
        away = np.hypot(grid[0] - places[-1 - k][0], grid[1] - places[-1 - k][1])
        scores += np.interp(away / 0.5, np.arange(11), tables.back[min(k, 4) - 1], right=0)
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def plain_look(model: LogLinear, grid: np.ndarray, seed: int) -> tuple[list[np.ndarray], list[float]]:
    """Run the loop of the default observer in NumPy: density, choice, landing, programmed time."""
    rng, clock, now = np.random.default_rng(seed), SaccadeProgramming(), 0.0
    rests, onsets, plan = [np.array(viewing.centre)], [0.0], None
    while True:
        plan = clock.plan(len(rests) - 1, plan, rng)
        weights = plain_density(model.tables, grid, viewing.degrees(np.array(rests)))
        cell = min(
            int(np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")), len(weights) - 1
        )
        jitter = rng.random(4)
        at = np.array([cell % SIDE, cell // SIDE]) + 0.5 + [jitter[0] - jitter[1], jitter[2] - jitter[3]]
        at = np.array([SIDE, 48]) - np.abs(np.array([SIDE, 48]) - np.abs(at))
        rests.append(np.clip(at * 10 - 0.5, 0, (639, 479)))
        turn = np.nan
        if len(rests) > 2:
            came, goes = np.diff(viewing.degrees(np.array(rests[-3:])), axis=0)
            turn = np.degrees(np.arctan2(came[0] * goes[1] - came[1] * goes[0], came @ goes))
        now += plan.duration * float(clock.lengthening(turn)) + clock.saccade(float(viewing.angle_deg(*rests[-2:])))
        if now >= SECONDS:
            return rests[:-1], onsets
        onsets.append(now)


def ten(cost: float, path: Scanpath) -> float:
    return cost * 10 / len(path)


finished = IttiKoch()(image)
observer = Observer(model=finished)
presentation = observer.presentation(image, viewing)


def walk(seed: int) -> Scanpath:
    path = compiled_walk.walk(presentation, viewing.centre, SECONDS, np.random.default_rng(seed))
    return compiled_walk.walked_path(path, presentation, SECONDS, "")


seed = next(seed for seed in range(100) if len(walk(seed)) == 10)
path, grid = walk(seed), presentation.log_linear_grid
plain_places, plain_onsets = plain_look(observer.priority, grid, seed)
assert np.abs(np.array(plain_places[1:]) - path.places).max() < 1e-6
assert np.abs(np.array(plain_onsets[1:]) - path.onset).max() < 1e-9

once, twin = milliseconds(lambda: walk(seed)), milliseconds(lambda: plain_look(observer.priority, grid, seed))
history = viewing.degrees(np.array(plain_places))
density = milliseconds(lambda: observer.priority.next_density(grid, history))
plain = milliseconds(lambda: plain_density(observer.priority.tables, grid, history))


def whole(of: Observer, repeats: int = 7) -> float:
    """Time of a look from the pixels on, for 10 fixations."""
    return ten(milliseconds(lambda: of.look(image, viewing, duration=SECONDS, rng=0), repeats),
               of.look(image, viewing, duration=SECONDS, rng=0))  # fmt: skip


likelihood = milliseconds(lambda: presentation.log_likelihood(path))
many = milliseconds(lambda: observer.look_many(image, viewing, observers=1000, duration=SECONDS, rng=0), 3)
pixels = milliseconds(lambda: observer.density(image, viewing, history=path))
itti, readout = whole(Observer(model=IttiKoch())), whole(Observer())
deciding, drawing = whole(Observer.preset("foveated")), whole(Observer(model=IttiKoch(), map_from_retina=True))
table(
    "The observer, 640 x 480, 64 x 48 cells, CPU time, one thread",
    [
        ("10 fixations, once the map exists: ours, twin", f"{once:.2f}, {twin:.1f} ms", "target 5 ms"),
        ("... faster than the twin by", f"{twin / once:.1f} x", ""),
        ("one density after 10 fixations: ours, twin", f"{density:.3f}, {plain:.2f} ms", ""),
        ("... faster than the twin by", f"{plain / density:.1f} x", ""),
        ("likelihood of 10 fixations, once the map exists", f"{likelihood:.2f} ms", "target 3 ms"),
        ("density of the pixels, from the picture on", f"{pixels:.1f} ms", ""),
        ("1000 observers of one picture, 3 s each, finished map", f"{many:.0f} ms", "target 1000 ms"),
        ("10 fixations from the picture on: Itti and Koch's map", f"{itti:.1f} ms", "target 30 ms"),
        ("... the read-out's map (the default)", f"{readout:.0f} ms", ""),
        ("... foveated and mapped anew each time, deciding", f"{deciding:.0f} ms", "target 150 ms"),
        ("... the same, drawing", f"{drawing:.0f} ms", "target 150 ms"),
    ],
)
