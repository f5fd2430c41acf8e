"""Compiled loops of this package: C-contiguous arrays in, results into arrays the caller made.

Nothing here checks its arguments or calls a kernel of another file: what is kept on disk would not notice when that
file changes. Random numbers come from a generator that is handed in.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


@compiled
def draw_strokes(
    points: NDArray[np.float64],
    inked: NDArray[np.bool_],
    widths: NDArray[np.float64],
    softness: NDArray[np.float64],
    out: NDArray[np.uint8],
) -> None:
    """Draw lines from point to point, (n, k, 2), white into the black pictures `out` (n, size, size).

    `inked` (n, k - 1) says which lines are drawn. A line is `widths` (n,) pixels wide where it is half as bright as
    white, and its edge takes `softness` (n,) pixels from white to black. Where lines cross, the brighter counts.
    """
    count, size, _ = out.shape
    for i in range(count):
        reach = 0.5 * (widths[i] + softness[i])
        for k in range(inked.shape[1]):
            if not inked[i, k]:
                continue
            x, y = points[i, k]
            along_x, along_y = points[i, k + 1, 0] - x, points[i, k + 1, 1] - y
            squared_length = max(along_x * along_x + along_y * along_y, 1e-12)
            top = max(math.ceil(min(y, y + along_y) - reach), 0)
            bottom = min(math.floor(max(y, y + along_y) + reach), size - 1)
            left = max(math.ceil(min(x, x + along_x) - reach), 0)
            right = min(math.floor(max(x, x + along_x) + reach), size - 1)
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    from_x, from_y = column - x, row - y
                    share = (from_x * along_x + from_y * along_y) / squared_length
                    share = min(max(share, 0.0), 1.0)
                    distance = math.hypot(from_x - share * along_x, from_y - share * along_y)
                    ink = min((reach - distance) / softness[i], 1.0)
                    if ink > 0:
                        out[i, row, column] = max(out[i, row, column], np.uint8(255.0 * ink + 0.5))


@compiled
def paste(
    pieces: NDArray[np.uint8], corners: NDArray[np.int64], tints: NDArray[np.float64], out: NDArray[np.uint8]
) -> None:
    """Paste `pieces` (n, k, height, width) into `out` (n, rows, columns, channels), the brighter value winning.

    `corners` (n, k, 2) are the (x, y) of their first pixels; what lies outside is left out. `tints` (n, k, channels)
    multiply them.
    """
    count, several, height, width = pieces.shape
    _, rows, columns, channels = out.shape
    for i in range(count):
        for k in range(several):
            x, y = corners[i, k]
            for row in range(max(0, -y), min(height, rows - y)):
                for column in range(max(0, -x), min(width, columns - x)):
                    value = pieces[i, k, row, column]
                    if value == 0:
                        continue
                    for channel in range(channels):
                        tinted = np.uint8(value * tints[i, k, channel] + 0.5)
                        if tinted > out[i, y + row, x + column, channel]:
                            out[i, y + row, x + column, channel] = tinted


@compiled
def affine(images: NDArray[Any], sources: NDArray[np.float64], out: NDArray[Any]) -> None:
    """Fill `out` (n, height, width) with what the images of uint8 show, between pixels by bilinear interpolation.

    Pixel (x, y) comes from (x', y') = A (x, y, 1), with A = `sources` (n, 2, 3); outside the picture there is black.
    """
    count, height, width = images.shape
    for i in range(count):
        image = images[i]
        for row in range(height):
            for column in range(width):
                x = sources[i, 0, 0] * column + sources[i, 0, 1] * row + sources[i, 0, 2]
                y = sources[i, 1, 0] * column + sources[i, 1, 1] * row + sources[i, 1, 2]
                if not (-1.0 < x < width and -1.0 < y < height):
                    out[i, row, column] = 0
                    continue
                left, top = math.floor(x), math.floor(y)
                right, below = x - left, y - top
                total = 0.5
                if top >= 0 and left >= 0:
                    total += (1.0 - below) * (1.0 - right) * image[top, left]
                if top >= 0 and left + 1 < width:
                    total += (1.0 - below) * right * image[top, left + 1]
                if top + 1 < height and left >= 0:
                    total += below * (1.0 - right) * image[top + 1, left]
                if top + 1 < height and left + 1 < width:
                    total += below * right * image[top + 1, left + 1]
                out[i, row, column] = np.uint8(total)


@compiled
def rectify(values: NDArray[Any], bias: NDArray[Any]) -> None:
    """Add `bias` (units,) to `values` (n, units), and put 0 in place of what is negative."""
    rows, units = values.shape
    zero = values.dtype.type(0.0)
    for i in range(rows):
        row = values[i]
        for j in range(units):
            value = row[j] + bias[j]
            row[j] = zero if value < zero else value


class Stage(NamedTuple):
    """The constants of the decision stage; see `neural.searcher.Searcher`."""

    selection: float
    accept: float
    reject: float
    caution: float
    resolve: float
    memory: float
    step: float


@compiled
def _drawn(weights: NDArray[np.float64], share: float) -> int:
    """Give the item at which the running sum of the weights reaches `share` of them all; -1 for a share of 1 or more.

    Items that weigh nothing are never given.
    """
    goal = share * weights.sum()
    for item in range(len(weights)):
        if weights[item] > 0:
            goal -= weights[item]
            if goal < 0:
                return item
    return -1


@compiled
def _identified(drift: float, stage: Stage, rng: np.random.Generator) -> tuple[float, bool]:
    """Gather noisy evidence until it reaches a bound; give the seconds, and whether it was that of the target."""
    evidence, steps, spread = 0.0, 0, math.sqrt(stage.step)
    while -stage.reject < evidence < stage.accept:
        evidence += drift * stage.step + spread * rng.standard_normal()
        steps += 1
    return steps * stage.step, evidence > 0


@compiled
def _doubt_at(odds: float, stage: Stage) -> float:
    """Give the weight of the quitting unit, relative to all that is left, at these odds that there is no target."""
    weight: float = min((stage.caution * (odds - 1)) ** stage.resolve, 1e12)
    return weight


@compiled
def covert_search(
    weights: NDArray[np.float64],
    drifts: NDArray[np.float64],
    advantage: float,
    stage: Stage,
    inspected: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[float, bool, int]:
    """Select and identify one item after the other; give the seconds, the answer, and how many were selected.

    `inspected` takes their numbers, in order; the search ends when it is full.
    """
    left, doubt, odds, elapsed = weights.copy(), 0.0, 1.0, 0.0
    for count in range(len(inspected)):
        item = _drawn(left, rng.random() * (1 + doubt))
        if item < 0:
            return elapsed, False, count
        inspected[count] = item
        seconds, found = _identified(drifts[item], stage, rng)
        elapsed += stage.selection * rng.standard_gamma(4.0) / 4 + seconds
        if found:
            return elapsed, True, count + 1
        others = left.sum() - left[item]
        if rng.random() < stage.memory:
            left[item] = 0.0
        if others <= 0:
            return elapsed, False, count + 1
        odds *= 1 + advantage / others
        doubt = _doubt_at(odds, stage)
    return elapsed, False, len(inspected)


class Gaze(NamedTuple):
    """The constants of an eye that searches; see `neural.searcher.OvertSearcher`."""

    half_deg: float
    timer: float
    steps: float


@compiled
def overt_search(
    weights: NDArray[np.float64],
    drifts: NDArray[np.float64],
    advantage: float,
    stage: Stage,
    gaze: Gaze,
    distances_deg: NDArray[np.float64],
    path: NDArray[np.float64],
    inspected: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[float, bool, int, int]:
    """Search with eye movements; give the seconds, the answer, and how many items were selected and fixated.

    `distances_deg` (n + 1, n + 1) are those between the items, and in the last row and column those to where the gaze
    begins. `path` (m, 3) takes of each fixation the item (n: the beginning), its onset and its end. Search ends when
    `path` or `inspected` is full.
    """
    items = len(weights)
    left, seen, doubt, odds, elapsed = weights.copy(), np.empty(items), 0.0, 1.0, 0.0
    here, fixations = items, 1
    path[0, 0], path[0, 1] = here, elapsed
    leave = gaze.timer * rng.standard_gamma(gaze.steps) / gaze.steps
    for count in range(len(inspected)):
        sought, free = 0.0, 0
        for item in range(items):
            sharpness = 1 / (1 + distances_deg[here, item] / gaze.half_deg)
            seen[item] = 0.0
            if left[item] > 0:
                seen[item] = left[item] ** sharpness * sharpness
                sought += advantage**sharpness * sharpness
                free += 1
        item = _drawn(seen, rng.random() * (1 + doubt))
        path[fixations - 1, 2] = elapsed
        if item < 0 or (fixations == len(path) and item != here):
            return elapsed, False, count, fixations
        inspected[count] = item
        others = seen.sum() - seen[item]
        if item != here and (distances_deg[here, item] > gaze.half_deg or elapsed >= leave):
            path[fixations - 1, 2] = max(elapsed, leave)
            elapsed = path[fixations - 1, 2] + 0.021 + 0.0022 * distances_deg[here, item]
            here = item
            path[fixations, 0], path[fixations, 1] = here, elapsed
            fixations += 1
            leave = elapsed + gaze.timer * rng.standard_gamma(gaze.steps) / gaze.steps
        sharpness = 1 / (1 + distances_deg[here, item] / gaze.half_deg)
        seconds, found = _identified(drifts[item] * sharpness, stage, rng)
        elapsed += stage.selection * rng.standard_gamma(4.0) / 4 + seconds
        path[fixations - 1, 2] = elapsed
        if found:
            return elapsed, True, count + 1, fixations
        if rng.random() < stage.memory:
            left[item] = 0.0
        if others <= 0:
            return elapsed, False, count + 1, fixations
        odds *= 1 + sought / free / others
        doubt = _doubt_at(odds, stage)
    return elapsed, False, len(inspected), fixations


@compiled
def ideal_gains(
    posterior: NDArray[np.float64],
    detectability: NDArray[np.float64],
    nodes: NDArray[np.float64],
    shares: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    r"""Fill `out` (n,) with the probability that the likeliest place will be the right one after a look at each place.

    .. math:: \sum_i p_i \int \phi(w) \prod_{j \ne i}
        \Phi\left(\frac{-2 \ln(p_j / p_i) + d_j^2 + 2 d_i w + d_i^2}{2 d_j}\right) dw

    with the detectability :math:`d_i` (place, gaze) of the target at each place. `nodes` and `shares` are those of a
    Gauss-Hermite rule for the normal density.
    """
    n = len(posterior)
    for gaze in range(n):
        total = 0.0
        for i in range(n):
            if posterior[i] < 1e-6:
                continue
            own = detectability[i, gaze]
            for node in range(len(nodes)):
                chance = 1.0
                for j in range(n):
                    if j != i and posterior[j] > 0:
                        other = detectability[j, gaze]
                        odds = -2 * math.log(posterior[j] / posterior[i])
                        lead = (odds + other * other + 2 * own * nodes[node] + own * own) / (2 * other)
                        chance *= 0.5 * math.erfc(-lead * math.sqrt(0.5))
                        if chance < 1e-9:
                            break
                total += posterior[i] * shares[node] * chance
        out[gaze] = total


@compiled
def add_rows(rows: NDArray[Any], numbers: NDArray[Any], out: NDArray[Any]) -> None:
    """Add each of `rows` (n, width) to the row of `out` (words, width) whose number is given."""
    for row in range(len(numbers)):
        into = numbers[row]
        for column in range(rows.shape[1]):
            out[into, column] += rows[row, column]


@compiled
def draw_shapes(
    picture: NDArray[np.int64],
    centres: NDArray[np.float64],
    radii: NDArray[np.float64],
    shapes: NDArray[np.int64],
    colours: NDArray[np.float64],
    out: NDArray[np.uint8],
) -> None:
    """Draw circles (0), squares (1), triangles (2) and crosses (3) into the pictures `out` (n, rows, columns, 3).

    Each fills the box of `radii` (k,) pixels to all sides of its centre (k, 2), (x, y). A pixel whose middle is d
    pixels within the outline shows d + 1/2 of the colour (k, 3), at most all of it, over what was there.
    """
    _, rows, columns, _ = out.shape
    slant = 1 / math.sqrt(5.0)
    for k in range(len(radii)):
        image, (middle_x, middle_y), radius = out[picture[k]], centres[k], radii[k]
        top, bottom = max(math.ceil(middle_y - radius - 0.5), 0), min(math.floor(middle_y + radius + 0.5), rows - 1)
        left, right = max(math.ceil(middle_x - radius - 0.5), 0), min(math.floor(middle_x + radius + 0.5), columns - 1)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                x, y = abs(column - middle_x), row - middle_y
                if shapes[k] == 0:
                    beyond = math.hypot(x, y) - radius
                elif shapes[k] == 1:
                    beyond = max(x, abs(y)) - radius
                elif shapes[k] == 2:
                    beyond = max(y - radius, (2 * x - y - radius) * slant)
                else:
                    beyond = min(max(x - radius, abs(y) - radius / 3), max(x - radius / 3, abs(y) - radius))
                ink = min(max(0.5 - beyond, 0.0), 1.0)
                for channel in range(3):
                    ground = image[row, column, channel]
                    image[row, column, channel] = np.uint8(ground + ink * (colours[k, channel] - ground) + 0.5)


@compiled
def neighbourhoods(wide: NDArray[Any], stride: int, out: NDArray[Any]) -> None:
    """Fill `out` (n, rows, columns, 3, 3 * channels) with the 3 x 3 places around every `stride`-th place of maps.

    The maps stand in `wide` (n, height + 2, (width + 2) * channels), with a border round them.
    """
    count, rows, columns, _, length = out.shape
    pace = stride * (length // 3)
    for i in range(count):
        for row in range(rows):
            for down in range(3):
                line = wide[i, row * stride + down]
                for column in range(columns):
                    source, target = line[column * pace :], out[i, row, column, down]
                    for k in range(length):
                        target[k] = source[k]


@compiled
def gather_neighbourhoods(slopes: NDArray[Any], stride: int, wide: NDArray[Any]) -> None:
    """Add `slopes` (n, rows, columns, 3, 3 * channels) to where they came from in `wide`, which holds zeros at first.

    The transpose of `neighbourhoods`.
    """
    count, rows, columns, _, length = slopes.shape
    pace = stride * (length // 3)
    for i in range(count):
        for row in range(rows):
            for down in range(3):
                line = wide[i, row * stride + down]
                for column in range(columns):
                    target, source = line[column * pace :], slopes[i, row, column, down]
                    for k in range(length):
                        target[k] += source[k]
