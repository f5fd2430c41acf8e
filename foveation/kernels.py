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


@compiled
def blur_levels(
    gazes: NDArray[np.float64],
    screen: Screen,
    cutoff: NDArray[np.float64],
    tangents_per_entry: float,
    level: NDArray[np.float64],
    frequency_per_entry: float,
    out: NDArray[np.float32],
) -> None:
    """Fill `out` (height, width) with the pyramid level that each pixel is seen at.

    `gazes` are rays (n, 2) over the viewing distance; `cutoff` lists cycles per degree by the tangent of eccentricity;
    `level` lists pyramid levels by the wanted half-height frequency in cycles per pixel.
    """
    rows, columns = out.shape
    last_cutoff, last_level = cutoff.size - 1 - 1e-9, level.size - 1 - 1e-9
    cutoffs_per_tangent, levels_per_frequency = 1.0 / tangents_per_entry, 1.0 / frequency_per_entry
    entries = np.empty(columns)
    for row in range(rows):
        y = (row - screen.centre_y) * screen.pitch_y
        entries[:] = last_cutoff
        for k in range(gazes.shape[0]):
            gaze_x, gaze_y = gazes[k, 0], gazes[k, 1]
            for column in range(columns):
                x = (column - screen.centre_x) * screen.pitch_x
                dot = x * gaze_x + y * gaze_y + 1.0
                turn = x * gaze_y - y * gaze_x
                cross = (x - gaze_x) ** 2 + (y - gaze_y) ** 2 + turn * turn
                entry = np.sqrt(cross) / max(dot, 1e-9) * cutoffs_per_tangent  # behind the eye: beyond the table
                entries[column] = entry if entry < entries[column] else entries[column]
        for column in range(columns):
            x = (column - screen.centre_x) * screen.pitch_x
            below = int(entries[column])
            finest = cutoff[below] + (cutoff[below + 1] - cutoff[below]) * (entries[column] - below)
            wanted = finest / (screen.pixels_per_degree * (1.0 + x * x + y * y))
            entry = min(wanted * levels_per_frequency, last_level)
            below = int(entry)
            out[row, column] = level[below] + (level[below + 1] - level[below]) * (entry - below)


@compiled
def blend_level(
    own: NDArray[Any],
    coarse: NDArray[Any],
    levels: NDArray[np.float32],
    depth: int,
    rounding: np.float32,
    out: NDArray[Any],
) -> None:
    """Mix a level's `own` picture with the expanded `coarse` one, by how far `levels` lies beyond `depth`.

    `own` and `out` are (height, width, channels), `coarse` half of that; `levels` is the map of the whole picture.
    """
    rows, columns, channels = own.shape
    last_row, last_column = coarse.shape[0] - 1, coarse.shape[1] - 1
    stride = 1 << depth
    half = np.float32(0.5)
    for row in range(rows):
        upper = row >> 1
        lower = min(upper + (row & 1), last_row)
        for column in range(columns):
            share = levels[row * stride, column * stride] - np.float32(depth)
            if share <= np.float32(0.0):
                for channel in range(channels):
                    out[row, column, channel] = own[row, column, channel]
                continue
            share = min(share, np.float32(1.0))
            left = column >> 1
            right = min(left + (column & 1), last_column)
            for channel in range(channels):
                top = np.float32(coarse[upper, left, channel]) + np.float32(coarse[upper, right, channel])
                bottom = np.float32(coarse[lower, left, channel]) + np.float32(coarse[lower, right, channel])
                expanded = half * half * (top + bottom)
                here = np.float32(own[row, column, channel])
                out[row, column, channel] = here + share * (expanded - here) + rounding


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
