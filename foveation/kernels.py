"""Compiled loops of this package: C-contiguous arrays in, results into arrays the caller made.

Nothing here checks its arguments, makes random numbers, or calls a kernel of another file.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveation.jit import compiled


class Screen(NamedTuple):
    """A screen in units of the viewing distance: its centre in pixels, its pitch, its pixels per degree straight on."""

    centre_x: float
    centre_y: float
    pitch_x: float
    pitch_y: float
    pixels_per_degree: float


class Laws(NamedTuple):
    """What is seen where, as tables.

    `cutoff` lists cycles per degree by the tangent of eccentricity, in one row or one for each direction; `level` lists
    pyramid levels by the wanted half-height frequency in cycles per pixel.
    """

    cutoff: NDArray[np.float64]
    entries_per_tangent: float
    level: NDArray[np.float64]
    entries_per_frequency: float


@compiled
def tabulated(table: NDArray[np.float64], entry: float) -> float:
    """Read a table between its entries; beyond its end, its last entry."""
    entry = min(entry, table.size - 1 - 1e-9)
    below = int(max(0.0, entry))
    value: float = table[below] + (table[below + 1] - table[below]) * (entry - below)
    return value


@compiled
def blur_levels(
    gazes: NDArray[np.float64], screen: Screen, laws: Laws, stride: int, reach: float, out: NDArray[np.float32]
) -> None:
    """Fill `out` with the pyramid level at which every `stride`-th pixel is seen, across and down.

    `gazes` are rays (n, 2) over the viewing distance; the nearest counts. A pixel less than `reach` (over the viewing
    distance) away from one that is seen sharp counts as sharp.
    """
    rows, columns = out.shape
    directions = laws.cutoff.shape[0]
    per_turn = directions / (2.0 * np.pi)
    for row in range(rows):
        y = (row * stride - screen.centre_y) * screen.pitch_y
        for column in range(columns):
            x = (column * stride - screen.centre_x) * screen.pitch_x
            density = screen.pixels_per_degree * (1.0 + x * x + y * y)
            finest = np.inf
            for k in range(gazes.shape[0]):
                gaze_x, gaze_y = gazes[k, 0], gazes[k, 1]
                turn = x * gaze_y - y * gaze_x
                cross = (x - gaze_x) ** 2 + (y - gaze_y) ** 2 + turn * turn
                # behind the eye lies beyond every table
                tangent = np.sqrt(cross) / max(x * gaze_x + y * gaze_y + 1.0, 1e-9)
                table = laws.cutoff[0]
                if directions > 1:
                    angle = np.arctan2(gaze_y - y, x - gaze_x) * per_turn + 0.5
                    table = laws.cutoff[int(np.floor(angle)) % directions]
                wanted = tabulated(table, tangent * laws.entries_per_tangent) / density
                level = tabulated(laws.level, wanted * laws.entries_per_frequency)
                if reach > 0.0 and 0.0 < level < 0.5:
                    nearer = tabulated(table, max(tangent - reach, 0.0) * laws.entries_per_tangent) / density
                    if tabulated(laws.level, nearer * laws.entries_per_frequency) <= 0.0:
                        level = 0.0
                finest = min(finest, level)
            out[row, column] = finest


@compiled
def spread_weights(
    grid: NDArray[np.float32], depth: int, channels: int, full: int, corners: NDArray[Any], wide: NDArray[Any]
) -> None:
    """Turn a grid of levels, a point every 8 pixels, into the weights of one pyramid level's own picture.

    `corners` (bands + 1, cells + 1) holds the weight, 0 to `full`, at every 8th pixel of that level, and `wide`
    (bands + 1, cells * 8 * channels) that of every value in these rows, from corner to corner in a straight line.
    """
    last_row, last_column = grid.shape[0] - 1, grid.shape[1] - 1
    for row in range(corners.shape[0]):
        levels = grid[min(row << depth, last_row)]
        for column in range(corners.shape[1]):
            share = min(max(depth + 1 - levels[min(column << depth, last_column)], 0.0), 1.0)
            corners[row, column] = share * full if full == 1 else np.rint(share * full)
        for cell in range(corners.shape[1] - 1):
            start, end = np.float32(corners[row, cell]), np.float32(corners[row, cell + 1])
            change = (end - start) * np.float32(0.125)
            values = wide[row, cell * 8 * channels : (cell + 1) * 8 * channels]
            for pixel in range(8):
                value = start + np.float32(pixel) * change
                for channel in range(channels):
                    values[pixel * channels + channel] = value


@compiled
def mirrored(index: int, length: int) -> int:
    """Index inside a line of `length`, mirrored at its ends without repeating them."""
    if index < 0:
        index = -index
    if index >= length:
        index = 2 * length - 2 - index
    return max(index, 0)


@compiled
def halve_bytes(
    source: NDArray[np.uint8],
    channels: int,
    sums: NDArray[np.uint16],
    smooth: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Blur by [1 4 6 4 1]/16 both ways and keep every second pixel of every second row: bit for bit OpenCV's pyrDown.

    `source` and `out` are rows of interleaved channels; `sums` holds a row and two pixels on either side of it.
    """
    rows, width = source.shape
    pixels, kept = width // channels, out.shape[1] // channels
    four, six, half, eight = np.uint16(4), np.uint16(6), np.uint16(128), np.uint16(8)
    inner = sums[2 * channels : 2 * channels + width]
    first, second, third = sums[:width], sums[channels : channels + width], inner
    fourth, fifth = sums[3 * channels : 3 * channels + width], sums[4 * channels : 4 * channels + width]
    for row in range(out.shape[0]):
        above, before = source[mirrored(2 * row - 2, rows)], source[mirrored(2 * row - 1, rows)]
        here, after = source[2 * row], source[mirrored(2 * row + 1, rows)]
        below = source[mirrored(2 * row + 2, rows)]
        for i in range(width):
            ends, near = np.uint16(above[i]) + np.uint16(below[i]), np.uint16(before[i]) + np.uint16(after[i])
            inner[i] = ends + four * near + six * np.uint16(here[i])
        for channel in range(channels):
            sums[channel] = inner[mirrored(-2, pixels) * channels + channel]
            sums[channels + channel] = inner[mirrored(-1, pixels) * channels + channel]
            sums[2 * channels + width + channel] = inner[mirrored(pixels, pixels) * channels + channel]
            sums[3 * channels + width + channel] = inner[mirrored(pixels + 1, pixels) * channels + channel]
        for i in range(width):
            total = first[i] + fifth[i] + four * (second[i] + fourth[i]) + six * third[i]
            smooth[i] = np.uint8((total + half) >> eight)
        target = out[row]
        if channels == 3:
            for k in range(kept):
                target[3 * k], target[3 * k + 1] = smooth[6 * k], smooth[6 * k + 1]
                target[3 * k + 2] = smooth[6 * k + 2]
        else:
            for k in range(kept):
                for channel in range(channels):
                    target[channels * k + channel] = smooth[2 * channels * k + channel]


@compiled
def widen(coarse: NDArray[Any], channels: int, out: NDArray[Any]) -> None:
    """Fill `out` with twice the linear expansion of a row of interleaved channels; past its end, its last pixel."""
    pixels = coarse.size // channels
    if channels == 3:
        for i in range(pixels - 1):
            red, green, blue = coarse[3 * i], coarse[3 * i + 1], coarse[3 * i + 2]
            out[6 * i], out[6 * i + 1], out[6 * i + 2] = red + red, green + green, blue + blue
            out[6 * i + 3], out[6 * i + 4] = red + coarse[3 * i + 3], green + coarse[3 * i + 4]
            out[6 * i + 5] = blue + coarse[3 * i + 5]
    else:
        for i in range(pixels - 1):
            for channel in range(channels):
                value = coarse[channels * i + channel]
                out[2 * channels * i + channel] = value + value
                out[channels * (2 * i + 1) + channel] = value + coarse[channels * (i + 1) + channel]
    for channel in range(channels):
        value = coarse[channels * (pixels - 1) + channel]
        out[2 * channels * (pixels - 1) + channel] = value + value
        out[channels * (2 * pixels - 1) + channel] = value + value


class Rows(NamedTuple):
    """Space for single rows, so that nothing is allocated for a frame; each holds a row and a cell more."""

    upper: NDArray[Any]
    lower: NDArray[Any]
    expanded: NDArray[Any]
    weights: NDArray[Any]


@compiled
def collapse_floats(
    own: NDArray[np.float32],
    coarse: NDArray[np.float32],
    channels: int,
    wide: NDArray[np.float32],
    rows: Rows,
    out: NDArray[np.float32],
) -> None:
    """Mix a level's `own` picture with the linearly expanded `coarse` one, row by row of interleaved channels.

    `wide` holds the weights of the own picture in every 8th row (`spread_weights`, from 0 to 1).
    """
    height, width = own.shape
    last = coarse.shape[0] - 1
    upper, lower = rows.upper, rows.lower
    widen(coarse[0], channels, upper)
    for pair in range((height + 1) // 2):
        widen(coarse[min(pair + 1, last)], channels, lower)
        top, bottom = wide[pair // 4], wide[pair // 4 + 1]
        for odd in range(min(2, height - 2 * pair)):
            source, target = own[2 * pair + odd], out[2 * pair + odd]
            down = np.float32((2 * pair + odd) % 8) * np.float32(0.125)
            of_upper, of_lower = np.float32(0.5 - 0.25 * odd), np.float32(0.25 * odd)
            for i in range(width):
                weight = top[i] + down * (bottom[i] - top[i])
                expanded = of_upper * upper[i] + of_lower * lower[i]
                target[i] = source[i] * weight + expanded * (np.float32(1.0) - weight)
        upper, lower = lower, upper


@compiled
def collapse_bytes(
    own: NDArray[np.uint8],
    coarse: NDArray[np.uint8],
    channels: int,
    corners: NDArray[np.uint16],
    wide: NDArray[np.uint16],
    rows: Rows,
    kinds: NDArray[np.uint8],
    up_half: int,
    out: NDArray[np.uint8],
) -> None:
    """Do what `collapse_floats` does in 16 bits: cells of 8 x 8 pixels are copied, expanded or mixed, run by run.

    `corners` and `wide` hold the weights of the own picture, 0 to 256 (`spread_weights`). Halves are rounded up if
    `up_half` is 1, down if it is 0: levels in turn, so that they do not drift.
    """
    height, width = own.shape
    cells, cell = corners.shape[1] - 1, 8 * channels
    last = coarse.shape[0] - 1
    two, three, eight = np.uint16(2), np.uint16(3), np.uint16(8)
    even, uneven = np.uint16(up_half), np.uint16(1 + up_half)
    half, full = np.uint16(128), np.uint16(256)
    upper, lower = rows.upper, rows.lower
    widen(coarse[0], channels, upper)
    for pair in range((height + 1) // 2):
        widen(coarse[min(pair + 1, last)], channels, lower)
        band = pair // 4
        if pair % 4 == 0:  # a new band of cells: 2 is the own picture alone, 0 the expanded one alone, 1 a mixture
            for k in range(cells):
                above, below = corners[band], corners[band + 1]
                least = min(min(above[k], above[k + 1]), min(below[k], below[k + 1]))
                most = max(max(above[k], above[k + 1]), max(below[k], below[k + 1]))
                kinds[k] = 2 if least == full else (0 if most == 0 else 1)
        for odd in range(min(2, height - 2 * pair)):
            row = 2 * pair + odd
            # weights run straight from the upper edge of the band to the lower one, in eighths
            down = np.uint16(row - 8 * band)
            up = np.uint16(eight - down)
            k = 0
            while k < cells:
                first, kind = k, kinds[k]  # a run of cells of one kind
                while k < cells and kinds[k] == kind:
                    k += 1
                begin, end = first * cell, min(k * cell, width)
                source, target = own[row, begin:end], out[row, begin:end]
                if kind == 2:
                    for i in range(target.size):
                        target[i] = source[i]
                    continue
                # the coarse picture: between two of its rows in odd rows, on one in even rows
                over, under = upper[begin:end], lower[begin:end]
                expanded = target if kind == 0 else rows.expanded[begin:end]
                if odd:
                    for i in range(expanded.size):
                        expanded[i] = np.uint8(np.uint16(over[i] + under[i] + uneven) >> two)
                else:
                    for i in range(expanded.size):
                        expanded[i] = np.uint8(np.uint16(over[i] + even) >> np.uint16(1))
                if kind == 0:
                    continue
                # the mixture of both, by the weights in this row
                weights, top, bottom = rows.weights[begin:end], wide[band, begin:end], wide[band + 1, begin:end]
                for i in range(weights.size):
                    weights[i] = np.uint16(np.uint16(top[i] * up) + np.uint16(bottom[i] * down)) >> three
                for i in range(target.size):
                    kept = np.uint16(np.uint16(source[i]) * weights[i])
                    filled = np.uint16(np.uint16(expanded[i]) * np.uint16(full - weights[i]))
                    target[i] = np.uint8(np.uint16(kept + filled + half) >> eight)
        upper, lower = lower, upper


@compiled
def expand(coarse: NDArray[np.float32], step: int, out: NDArray[np.float32]) -> None:
    """Fill `out` (height, width) linearly from `coarse`, whose sample `i` lies on sample `step * i` of `out`."""
    rows, columns = out.shape
    last_row, last_column = coarse.shape[0] - 1, coarse.shape[1] - 1
    part = np.float32(1.0) / np.float32(step)
    start, change = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for upper in range(last_row + 1):
        lower = min(upper + 1, last_row)
        for column in range(columns):
            left = column // step
            right = min(left + 1, last_column)
            across = np.float32(column - left * step) * part
            top = coarse[upper, left] + across * (coarse[upper, right] - coarse[upper, left])
            bottom = coarse[lower, left] + across * (coarse[lower, right] - coarse[lower, left])
            start[column] = top
            change[column] = (bottom - top) * part
        for row in range(upper * step, min(upper * step + step, rows)):
            down = np.float32(row - upper * step)
            values = out[row]
            for column in range(columns):
                values[column] = start[column] + down * change[column]


@compiled
def pool_cells(
    values: NDArray[Any],
    cells: NDArray[np.int32],
    outward: NDArray[np.float32],
    onward: NDArray[np.float32],
    stride: int,
    sums: NDArray[np.float64],
) -> None:
    """Add each of `values` (pixels, channels) to the four cells of `sums` (cells, channels) that it belongs to.

    A pixel lies between cell `c` and `c + 1` by its share `onward`, and between these and `stride` beyond by `outward`.
    """
    pixels, channels = values.shape
    for channel in range(channels):
        near = near_next = far = far_next = 0.0
        run = cells[0]
        for pixel in range(pixels):
            cell = cells[pixel]
            if cell != run:  # neighbours mostly share their cells: sum them up before storing
                sums[run, channel] += near
                sums[run + 1, channel] += near_next
                sums[run + stride, channel] += far
                sums[run + stride + 1, channel] += far_next
                near = near_next = far = far_next = 0.0
                run = cell
            beyond = values[pixel, channel] * np.float64(outward[pixel])
            within = values[pixel, channel] * (1.0 - np.float64(outward[pixel]))
            share = np.float64(onward[pixel])
            near += within * (1.0 - share)
            near_next += within * share
            far += beyond * (1.0 - share)
            far_next += beyond * share
        sums[run, channel] += near
        sums[run + 1, channel] += near_next
        sums[run + stride, channel] += far
        sums[run + stride + 1, channel] += far_next


@compiled
def project_cells(
    table: NDArray[np.float32],
    cells: NDArray[np.int32],
    outward: NDArray[np.float32],
    onward: NDArray[np.float32],
    stride: int,
    out: NDArray[np.float32],
) -> None:
    """Fill `out` (pixels, channels) with the mixture of the four cells of `table` that each pixel belongs to."""
    pixels, channels = out.shape
    for pixel in range(pixels):
        cell, share, beyond = cells[pixel], onward[pixel], outward[pixel]
        rest, within = np.float32(1.0) - share, np.float32(1.0) - beyond
        for channel in range(channels):
            near = rest * table[cell, channel] + share * table[cell + 1, channel]
            far = rest * table[cell + stride, channel] + share * table[cell + stride + 1, channel]
            out[pixel, channel] = within * near + beyond * far


LANES = 16  # rows of buffers are padded to a multiple of this, so that their loops run in whole vectors


@compiled
def cut_patch(
    image: NDArray[Any],
    left: int,
    top: int,
    outside: NDArray[np.float32],
    edge: bool,
    unit: np.float32,
    patch: NDArray[np.float32],
) -> None:
    """Copy a square of `image` (height, width * channels) from (`left`, `top`) on, times `unit`, into `patch`.

    `patch` has a row for each row of the square, and room for its columns. What lies outside the picture becomes its
    nearest pixel if `edge`, else `outside` (channels,). Unsigned indices need no wraparound, so loops become vectors.
    """
    columns, channels = patch.shape[0], outside.size
    height, width = image.shape[0], image.shape[1] // channels
    before = min(max(-left, 0), columns)
    after = max(min(width - left, columns), before)
    depth, whole = np.uint64(channels), np.uint64(columns * channels)
    begin, end = np.uint64(before * channels), np.uint64(after * channels)
    inside, skipped = np.uint64((after - before) * channels), np.uint64(max(left, 0) * channels)
    for row in range(columns):
        source = min(max(top + row, 0), height - 1)
        seen = edge or source == top + row
        if seen:
            for j in range(inside):
                patch[row, begin + j] = unit * image[source, skipped + j]
        stop = begin if seen else whole
        for channel in range(depth):
            first = last = outside[channel]
            if edge:
                first, last = unit * image[source, channel], unit * image[source, (width - 1) * channels + channel]
            for j in range(channel, stop, depth):
                patch[row, j] = first
            for j in range(end + channel, whole, depth):
                patch[row, j] = last


@compiled
def area_patches(
    images: NDArray[Any],
    places: NDArray[np.float64],
    cells: NDArray[np.float64],
    outside: NDArray[np.float32],
    edge: bool,
    unit: np.float32,
    out: NDArray[np.float32],
) -> None:
    """Fill `out` (n, k, scales, size, size, channels) with area averages of `images` (n, height, width, channels).

    Scale `i` has square cells of side `cells[i]` (at least 1, ascending) and is centred on `places` (n, k, 2), (x, y).
    Pixels count `unit`; those outside the picture as in `cut_patch`, with `outside` (n, channels).
    """
    count, height, width, channels = images.shape
    glimpses, scales, size = out.shape[1], out.shape[2], out.shape[3]
    columns = int(np.ceil(cells[scales - 1] * size)) + 2
    # rows are filled up to whole lanes, so that the inner loops have no remainder
    lanes = (columns * channels + LANES - 1) // LANES * LANES + LANES
    patch = np.zeros((columns, lanes), np.float32)
    sums = np.empty((size, lanes), np.float32)  # of the rows of each cell
    flat = images.reshape(count, height, width * channels)
    depth = np.uint64(channels)
    for i in range(count):
        for k in range(glimpses):
            # one buffer for all scales: the pixels under the widest patch
            reach = 0.5 * size * cells[scales - 1] - 0.5
            left, top = int(np.floor(places[i, k, 0] - reach)), int(np.floor(places[i, k, 1] - reach))
            cut_patch(flat[i], left, top, outside[i], edge, unit, patch)
            for scale in range(scales):
                cell = cells[scale]
                share = np.float32(1.0 / cell)
                x = places[i, k, 0] + 0.5 - 0.5 * size * cell - left  # edges of the patch, from those of the buffer
                y = places[i, k, 1] + 0.5 - 0.5 * size * cell - top
                begin = np.uint64(int(x) * channels)
                wide = (int(x + size * cell) - int(x) + 1) * channels
                wide_lanes = np.uint64((wide + LANES - 1) // LANES * LANES)
                # first down: the first and last row of a cell count by the share of them that lies in it
                for u in range(size):
                    low, high = int(y + u * cell), int(y + (u + 1) * cell)
                    head = share * np.float32(low + 1 - (y + u * cell))
                    tail = share * np.float32(y + (u + 1) * cell - high)
                    for j in range(wide_lanes):
                        sums[u, j] = head * patch[low, begin + j] + tail * patch[high, begin + j]
                    for row in range(low + 1, high):
                        for j in range(wide_lanes):
                            sums[u, j] += share * patch[row, begin + j]
                # then across, in the same way, each channel by itself
                for v in range(size):
                    low, high = int(x + v * cell), int(x + (v + 1) * cell)
                    head = share * np.float32(low + 1 - (x + v * cell))
                    tail = share * np.float32(x + (v + 1) * cell - high)
                    for channel in range(depth):
                        first = np.uint64(low - int(x)) * depth + channel
                        last = np.uint64(high - int(x)) * depth + channel
                        for u in range(size):
                            total = np.float32(0.0)
                            for j in range(first + depth, last, depth):
                                total += sums[u, j]
                            out[i, k, scale, u, v, channel] = (
                                head * sums[u, first] + tail * sums[u, last] + share * total
                            )


@compiled
def blend_rows(
    finer: NDArray[Any], coarser: NDArray[Any], share: NDArray[np.float32], rounding: np.float32, out: NDArray[Any]
) -> None:
    """Mix two arrays (rows, columns) of one type into `out`, each row with its own `share` of the `coarser` one."""
    rows, columns = out.shape
    for row in range(rows):
        part = share[row]
        fine, coarse, mixed = finer[row], coarser[row], out[row]
        for column in range(columns):
            here = np.float32(fine[column])
            mixed[column] = here + part * (np.float32(coarse[column]) - here) + rounding
