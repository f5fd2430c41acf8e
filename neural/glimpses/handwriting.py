"""Digits rendered by line, as if written by hand, with their variations."""

import numpy as np
from numpy.typing import NDArray

from foveation.checks import check_whole
from neural.glimpses import kernels
from neural.glimpses.mnist import CLASSES, Digits

# The shapes a hand draws, on paper 60 wide and 100 high, y down: for each digit one or more forms, each of strokes with
# a bar between them, each a smooth curve through the points x,y. A corner is where one stroke ends and the next begins.
FORMS = (
    (
        "34,0 12,14 3,50 10,84 28,100 47,86 57,50 52,14 34,0",
        "30,0 9,15 0,50 9,85 30,100 51,85 60,50 51,15 30,0",
    ),
    (
        "30,0 30,100",
        "10,23 32,0 | 32,0 32,100",
        "10,23 32,0 | 32,0 32,100 | 10,100 54,100",
    ),
    (
        "6,24 15,5 34,0 52,12 52,32 36,58 4,100 | 4,100 58,100",
        "6,20 28,0 50,18 40,55 15,90 5,92 9,80 25,84 42,98 60,92",
    ),
    (
        "6,14 28,0 50,14 46,36 26,47 | 26,47 50,56 55,78 36,98 16,98 2,84",
        "6,0 52,0 | 52,0 26,42 | 26,42 50,52 55,76 36,98 16,98 2,84",
    ),
    (
        "12,0 5,56 | 5,56 58,54 | 46,6 42,100",
        "44,0 2,66 | 2,66 60,66 | 44,0 44,100",
        "10,2 6,36 16,50 36,48 50,38 | 52,0 42,100",
    ),
    (
        "54,0 14,0 | 14,0 10,44 | 10,44 34,38 54,54 52,84 30,100 6,89",
        "56,2 36,6 16,3 | 16,3 11,42 30,44 50,60 46,90 24,100 3,92",
    ),
    (
        "46,0 22,20 6,54 8,86 28,100 50,88 52,64 34,51 14,60 7,76",
        "34,0 12,40 6,78 24,100 46,88 44,66 26,62 8,80",
    ),
    (
        "2,0 56,0 | 56,0 22,100",
        "2,2 56,0 | 56,0 34,46 26,100",
        "2,0 56,0 | 56,0 22,100 | 16,50 50,48",
        "2,18 4,0 | 4,0 56,0 | 56,0 34,46 26,100",
    ),
    (
        "49,13 30,0 10,14 16,36 42,56 53,80 30,100 7,82 16,58 44,36 49,13",
        "30,0 11,12 11,34 30,46 49,34 49,12 30,0 | 30,46 6,60 6,87 30,100 54,87 54,60 30,46",
    ),
    (
        "50,26 42,5 22,2 6,20 11,44 30,50 48,36 51,16 | 51,16 46,100",
        "52,24 34,0 10,10 8,38 28,50 48,38 52,24 | 52,24 51,62 38,94 12,98",
    ),
)
LINES_PER_SPAN = 5  # straight lines that stand for the curve from one point of a stroke to the next
AT_ONCE = 4096  # digits drawn before the next are prepared


def rendered_digits(count: int, rng: np.random.Generator | int, *, size: int = 28) -> Digits:
    r"""Draw digits as a hand would, no two alike: the set for when there is no other.

    Each digit has a few forms, given by strokes through a few points. A form's points are moved by a smooth random
    field, then stretched, slanted and turned; a pen of random width and softness follows the curves through them. As in
    MNIST the longer side takes 20 of 28 pixels, and the centre of the ink (the mean place along the strokes) lies
    within half a pixel of the picture's centre. The ten classes come equally often, in random order.

    Parameters
    ----------
    count : int
        Number of digits.
    rng : Generator or int
        Source of randomness. The same seed draws the same digits.
    size : int
        Side of the pictures in pixels, at least 8.

    Raises
    ------
    ValueError
        If `count` is below 1 or `size` below 8.

    Examples
    --------
    >>> digits = rendered_digits(20, rng=0)
    >>> digits.images.shape, np.bincount(digits.labels).tolist()
    ((20, 28, 28), [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    check_whole("count", count, 1)
    check_whole("size", size, 8)
    rng = np.random.default_rng(rng)
    labels = rng.permutation(count) % CLASSES
    firsts = np.cumsum([0, *(len(forms) for forms in FORMS)])
    forms = firsts[labels] + (rng.random(count) * np.diff(firsts)[labels]).astype(np.int64)
    warps = _warps(count, rng)
    widths, softness = (rng.uniform(low, high, count) * size / 28 for low, high in ((2.0, 3.6), (1.0, 1.7)))
    shifts = rng.uniform(-0.5, 0.5, (count, 1, 2))
    images = np.zeros((count, size, size), np.uint8)
    bases, inked = _traced()
    for start in range(0, count, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        points, ink = bases[forms[some]] @ warps[some], inked[forms[some]]
        points = _fitted(points, ink, BOX * size - widths[some]) + shifts[some] + (size - 1) / 2
        kernels.draw_strokes(points, ink, widths[some], softness[some], images[some])
    return Digits(images, labels)


def _warps(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Give what makes the points (x, y) of a digit of the functions of place in `_traced`: matrices (count, 7, 2)."""
    bend = rng.normal(0.0, 0.07, (count, 5, 2))
    straight = np.broadcast_to(np.eye(2), (count, 2, 2))
    slant = np.clip(rng.normal(0.15, 0.2, count), -0.4, 0.7)
    stretch = np.exp(np.clip(rng.normal(0.0, 0.2, count), -0.5, 0.4))
    turn = np.radians(np.clip(rng.normal(0.0, 6.0, count), -15, 15))
    shape = np.zeros((count, 2, 2))  # rows: what x and what y contribute
    shape[:, 0, 0], shape[:, 1, 0], shape[:, 1, 1] = stretch, -slant, 1.0
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]).transpose(2, 0, 1)
    warps: NDArray[np.float64] = np.concatenate([straight, bend], axis=1) @ shape @ rotation
    return warps


def _traced() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Trace every form: functions of the place (forms, k, 7) of its points, and which lines between them are drawn.

    The functions are x and y, and those that bend: x^2, x y, y^2, sin(pi x) and sin(pi y), for y from -1 to 1.
    """
    traces = [[_curve(stroke) for stroke in form.split("|")] for forms in FORMS for form in forms]
    most = max(sum(map(len, rollout)) for rollout in traces)
    points, inked = np.zeros((len(traces), most, 2)), np.zeros((len(traces), most - 1), bool)
    for number, rollout in enumerate(traces):
        ends = np.cumsum([len(curve) for curve in rollout])
        points[number, : ends[-1]] = np.concatenate(rollout)
        points[number, ends[-1] :] = rollout[-1][-1]
        inked[number, : ends[-1] - 1] = True
        inked[number, ends[:-1] - 1] = False
    x, y = np.moveaxis((points - PAPER_CENTRE) / PAPER_UNIT, -1, 0)
    return np.stack([x, y, x * x, x * y, y * y, np.sin(np.pi * x), np.sin(np.pi * y)], axis=-1), inked


def _curve(stroke: str) -> NDArray[np.float64]:
    """Give points (k, 2) on the Catmull-Rom curve through those of the stroke, which closes if they do."""
    points = np.array([point.split(",") for point in stroke.split()]).astype(np.float64)
    closed = (points[0] == points[-1]).all()
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    around = np.concatenate([[before], points, [after]])
    gradients = (around[2:] - around[:-2]) / 2
    t = np.arange(LINES_PER_SPAN)[:, np.newaxis] / LINES_PER_SPAN
    spans = [
        (1 + 2 * t) * (1 - t) ** 2 * points[i]
        + t * (1 - t) ** 2 * gradients[i]
        + t**2 * (3 - 2 * t) * points[i + 1]
        + t**2 * (t - 1) * gradients[i + 1]
        for i in range(len(points) - 1)
    ]
    return np.concatenate([*spans, points[-1:]])


def _fitted(points: NDArray[np.float64], inked: NDArray[np.bool_], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale each digit's points (n, k, 2) so that its longer side is `sides` (n,), the centre of its ink at (0, 0)."""
    extents = np.ptp(points, axis=1).max(axis=1)
    points = points * (sides / extents)[:, np.newaxis, np.newaxis]
    lengths = np.hypot(*np.moveaxis(np.diff(points, axis=1), -1, 0)) * inked
    middles = (points[:, 1:] + points[:, :-1]) / 2
    centres = (lengths[..., np.newaxis] * middles).sum(axis=1) / lengths.sum(axis=1)[:, np.newaxis]
    fitted: NDArray[np.float64] = points - centres[:, np.newaxis]
    return fitted


PAPER_CENTRE, PAPER_UNIT = (30, 50), 50
BOX = 20 / 28  # part of the picture's side that the longer side of a digit takes, as in MNIST
