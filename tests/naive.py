"""Slow twins: what the kernels compute, written the way a student would, with NumPy and OpenCV."""

import cv2
import numpy as np


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
