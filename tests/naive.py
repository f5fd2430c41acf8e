"""Slow twins: what the kernels compute, written the way a student would, with NumPy and OpenCV."""

import cv2
import numpy as np

from neural.sequences.vocabulary import START


def blurred_levels(image, depth):
    """Pyramid levels brought back to full size by repeated linear expansion, even samples in register."""
    levels, down = [image.astype(np.float64)], image.astype(np.float32)
    for level in range(1, depth + 1):
        down = cv2.pyrDown(down)
        up = down.astype(np.float64)
        for finer in range(level - 1, -1, -1):
            height, width = (-(-side // 2**finer) for side in image.shape[:2])
            up = np.stack([np.interp(np.arange(width) / 2, np.arange(len(row)), row) for row in up])
            up = np.stack([np.interp(np.arange(height) / 2, np.arange(len(row)), row) for row in up.T]).T
        levels.append(up)
    return levels


def blended(image, levels):
    """Mix, pixel by pixel, the two pyramid levels around the wanted one (grey pictures)."""
    stack = np.stack(blurred_levels(image, int(np.ceil(levels.max()))))
    below = np.minimum(np.floor(levels).astype(int), len(stack) - 2)
    share = levels - below
    rows, columns = np.indices(levels.shape)
    return (1 - share) * stack[below, rows, columns] + share * stack[below + 1, rows, columns]


def race(priority, *, current=2e-9, threshold=1e-3, step=1e-4, patience=2.0):
    """Two layers of leaky units, stepped one by one; give the winner's index and its time."""
    saliency = np.zeros(priority.size)
    units = np.full(priority.size, -20e-3)
    for tick in range(round(patience / step)):
        for k, drive in enumerate(priority.ravel()):
            saliency[k] += step / 50e-9 * (current * drive - 100e-9 * saliency[k])
            units[k] = max(units[k] + step / 1e-9 * (50e-9 * saliency[k] - 10e-9 * units[k]), -20e-3)
        if units.max() > threshold:
            return int(units.argmax()), (tick + 1) * step
    return -1, patience


def expanded(coarse, step, shape):
    """Bring a coarse map to `shape` linearly; its sample i lies on sample step * i."""
    columns, rows = np.meshgrid(np.arange(shape[1]) / step, np.arange(shape[0]) / step)
    return cv2.remap(
        coarse, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def local_maxima(values, floor):
    """Values of the peaks of a map: areas of equal neighbours, next to which nothing is higher."""
    level = values.astype(np.float32)
    grown = level - 1  # fill up the map from below: only peaks stay under water
    while True:
        higher = np.minimum(cv2.dilate(grown, np.ones((3, 3))), level)
        if np.array_equal(higher, grown):
            break
        grown = higher
    count, labels = cv2.connectedComponents(((level > grown) & (level >= floor)).astype(np.uint8), connectivity=8)
    return [level[labels == k][0] for k in range(1, count)]


def normalised(values):
    """N(.) of 1998: times the squared distance of the greatest peak from the mean of the others, in thousandths."""
    greatest = values.max()
    if greatest < 1e-5:
        return np.zeros_like(values)
    peaks = sorted(local_maxima(np.rint(values / greatest * 1000), 100))[:-1]
    rivals = np.mean(peaks) / 1000 if peaks else 0.0
    return (values / greatest * (1 - rivals) ** 2).astype(np.float32)


def border(shape):
    """Weights that fall off linearly over a twentieth of the longer side."""
    width = round(max(shape) / 20)
    rows = np.minimum(np.arange(shape[0]), np.arange(shape[0])[::-1]) + 1
    columns = np.minimum(np.arange(shape[1]), np.arange(shape[1])[::-1]) + 1
    return (np.minimum(rows / (width + 1), 1)[:, None] * np.minimum(columns / (width + 1), 1)).astype(np.float32)


def gabor(degrees, phase):
    """Nine pixels square, period 7, standard deviation 7/3, zero mean, unit norm; lines at `degrees`, y up."""
    y, x = np.mgrid[-4:5, -4:5].astype(np.float64)
    normal = np.radians(degrees + 90)
    across = x * np.cos(normal) - y * np.sin(normal)
    kernel = np.exp(-(x**2 + y**2) / (2 * (7 / 3) ** 2)) * np.cos(2 * np.pi * across / 7 + phase)
    kernel -= kernel.mean()
    return (kernel / np.linalg.norm(kernel)).astype(np.float32)


def itti(image, *, merged=False):
    """Itti, Koch and Niebur (1998), without any of our code: NumPy and OpenCV, a map after the other."""
    red, green, blue = (image[:, :, k] for k in range(3))
    intensity = (red + green + blue) / 3
    bright = intensity > intensity.max() / 10
    safe = np.where(bright, intensity, 1)
    r, g, b = (np.where(bright, colour / safe, 0) for colour in (red, green, blue))
    pure_red, pure_green = np.maximum(r - (g + b) / 2, 0), np.maximum(g - (r + b) / 2, 0)
    pure_blue, yellow = np.maximum(b - (r + g) / 2, 0), np.maximum((r + g) / 2 - np.abs(r - g) / 2 - b, 0)
    pyramids = {}
    for name, plane in (("i", intensity), ("rg", pure_red - pure_green), ("by", pure_blue - yellow)):
        pyramids[name] = [plane.astype(np.float32)]
        for _ in range(8):
            pyramids[name].append(cv2.pyrDown(pyramids[name][-1]))
    for degrees in (0, 45, 90, 135):
        pyramids[degrees] = [
            sum(np.abs(cv2.filter2D(level, cv2.CV_32F, gabor(degrees, phase))) for phase in (0, np.pi / 2))
            if index >= 2
            else level
            for index, level in enumerate(pyramids["i"])
        ]
    added = {}
    for name, pyramid in pyramids.items():
        total = 0
        for centre in (2, 3, 4):
            for delta in (3, 4):
                fine = pyramid[centre]
                surround = expanded(pyramid[centre + delta], 2**delta, fine.shape)
                difference = (fine - surround) * border(fine.shape)
                parts = [np.abs(difference)]
                if name in ("rg", "by") and not merged:
                    parts = [np.maximum(difference, 0), np.maximum(-difference, 0)]
                for part in parts:
                    for _ in range(4 - centre):
                        part = cv2.pyrDown(part)
                    total = total + normalised(part)
        added[name] = total
    colour = normalised(added["rg"]) + normalised(added["by"])
    lines = sum(normalised(added[degrees]) for degrees in (0, 45, 90, 135))
    conspicuity = [normalised(added["i"]), normalised(colour), normalised(lines)]
    return expanded(sum(conspicuity) / 3, 16, image.shape[:2])


# The decoder of sequences once more, with NumPy alone: one sentence, word by word


def logistic(values):
    return 1 / (1 + np.exp(-values))


def scores_of(decoder, w, state, values):
    """The score of each place, as published."""
    if decoder.score in ("dot", "scaled"):
        return np.array([state @ h for h in values]) / (np.sqrt(decoder.size) if decoder.score == "scaled" else 1)
    if decoder.score == "cosine":
        lengths = np.linalg.norm(state) * np.linalg.norm(values, axis=1)
        return w["sharpness"] * np.array([state @ h for h in values]) / lengths
    if decoder.score == "general":
        return np.array([state @ w["general"] @ h for h in values])
    if decoder.score == "location":
        return (state @ w["location"])[: len(values)]
    return np.array([w["vector"] @ np.tanh(state @ w["query"] + h @ w["key"] + w["key bias"]) for h in values])


def gated(w, drive, state, prefix=""):
    """The next state of a core with gates."""
    pull = state @ w[f"{prefix}recurrent"] + w[f"{prefix}recurrent bias"]
    size = len(state)
    reset, update = logistic(drive[:size] + pull[:size]), logistic(drive[size : 2 * size] + pull[size : 2 * size])
    new = np.tanh(drive[2 * size :] + reset * pull[2 * size :])
    return (1 - update) * new + update * state


def told_slowly(decoder, w, source, row, sentence, *, choose=lambda weights: weights):
    """ln p of every word (words + 1, tokens) after START and after each word, and where it looked."""
    places = source.mask[row] if source.mask is not None else slice(None)
    values, summary = source.values[row][places], source.summary[row]
    prior = 0 if source.bias is None else source.bias[row][places]
    state, covered = np.tanh(summary @ w["start"] + w["start bias"]), np.zeros(len(values))
    logs, looked = [], []

    def look(asking):
        scores = scores_of(decoder, w, asking, values) + prior
        scores = scores - np.exp(w["coverage"]) * covered if decoder.coverage else scores
        weights = choose(np.exp(scores) / np.exp(scores).sum())
        looked.append(weights)
        return weights @ values

    for word in [START, *sentence]:
        drive = w["words"][word] @ w["drive"] + w["drive bias"]
        if decoder.form == "luong":
            state = gated(w, drive, state)
            context = look(state)
        else:
            context = summary if decoder.form == "none" else look(state)
            state = gated(w, drive + context @ w["context drive"], state)
        covered = covered + (looked[-1] if looked else 0)
        output = np.tanh(state @ w["state out"] + context @ w["context out"] + w["out bias"])
        odds = w["words"] @ output + w["words bias"]
        logs.append(odds - np.log(np.exp(odds).sum()))
    return np.array(logs), np.array(looked)


def truncated_gaussian(values, spread, reach, outside):
    """Average with a Gaussian that is cut off, place by place."""
    padded = np.pad(values, reach, mode=outside)
    offset = np.arange(-reach, reach + 1)
    weights = np.exp(-(offset**2) / (2 * spread**2))
    kernel = np.outer(weights, weights) / weights.sum() ** 2
    side = 2 * reach + 1
    return np.array(
        [
            [(padded[y : y + side, x : x + side] * kernel).sum() for x in range(values.shape[1])]
            for y in range(len(values))
        ]
    )
