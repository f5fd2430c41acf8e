"""The retinal image: what is left of a picture after the eye's acuity, for a gaze."""

from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import kernels
from foveation.acuity import Acuity, GeislerPerry, Resolution
from foveation.checks import check_array, check_shape
from foveation.image import DEEPEST, SEAM, SHARP, as_image, blur_level, check_pixels
from foveation.opencv import cv2
from foveation.viewing import Viewing

CELL = 8  # pixels between the points at which levels are worked out
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear light, ITU-R BT.709
WIDEST_TANGENT = np.tan(np.radians(85.0))


@lru_cache(maxsize=1)
def _levels_by_frequency() -> tuple[NDArray[np.float64], float]:
    frequency = np.linspace(0, SHARP + 0.01, 32769)
    return blur_level(frequency), (frequency.size - 1) / (SHARP + 0.01)


@lru_cache(maxsize=16)
def _laws(acuity: Acuity) -> kernels.Laws:
    """Tabulate a law of acuity by the tangent of eccentricity, in each direction if they differ."""
    directions = np.array([0.0]) if acuity.isotropic else np.arange(360.0)
    tangent = np.linspace(0, WIDEST_TANGENT, 65537 if acuity.isotropic else 4097)
    cutoff = acuity.cutoff_cpd(np.degrees(np.arctan(tangent)), directions[:, np.newaxis])
    table = np.ascontiguousarray(np.broadcast_to(cutoff, (directions.size, tangent.size)), np.float64)
    level, entries_per_frequency = _levels_by_frequency()
    return kernels.Laws(table, (tangent.size - 1) / WIDEST_TANGENT, level, entries_per_frequency)


def _gaze_rays(gaze: ArrayLike, viewing: Viewing) -> NDArray[np.float64]:
    gazes = np.atleast_2d(check_array(gaze, "a gaze (x, y) in pixels"))
    if gazes.ndim != 2 or gazes.shape[1] != 2 or not len(gazes):
        raise ValueError(f"expected a gaze (x, y) or several of shape (n, 2), got shape {np.shape(gaze)}")
    if not np.isfinite(gazes).all():
        raise ValueError(f"expected a finite gaze in pixels, got {gazes.reshape(np.shape(gaze)).tolist()}")
    return viewing.rays(gazes)


def _screen(viewing: Viewing) -> kernels.Screen:
    pitch_x, pitch_y = viewing.pitch_cm
    return kernels.Screen(
        centre_x=viewing.centre[0],
        centre_y=viewing.centre[1],
        pitch_x=pitch_x / viewing.distance_cm,
        pitch_y=pitch_y / viewing.distance_cm,
        pixels_per_degree=float(np.radians(1.0) * viewing.distance_cm / viewing.mean_pitch_cm),
    )


def blur_levels(gaze: ArrayLike, viewing: Viewing, *, acuity: Acuity | None = None) -> NDArray[np.float32]:
    """Map of the pyramid level at which each pixel is seen: 0 in the fovea, growing with eccentricity.

    Parameters
    ----------
    gaze : array, shape (2,) or (n, 2)
        Where the eye looks, (x, y) in pixels; several gazes share the picture and the nearest one counts.
    viewing : Viewing
        Geometry, in the pixels of the picture.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.

    Returns
    -------
    array of float32, shape (height, width)

    Raises
    ------
    ValueError
        If `gaze` is not finite or not of that shape.
    """
    out = np.empty(viewing.screen_px[::-1], np.float32)
    laws = _laws(GeislerPerry() if acuity is None else acuity)
    kernels.blur_levels(_gaze_rays(gaze, viewing), _screen(viewing), laws, 1, 0.0, out)
    return out


class _Stack:
    """The levels of a picture of one size and type, and space for all that is done with them."""

    def __init__(self, shape: tuple[int, int, int], dtype: Any) -> None:  # noqa: ANN401
        height, width, self.channels = shape
        self.bytes = np.dtype(dtype) == np.uint8
        weight: Any = np.uint16 if self.bytes else np.float32
        sizes = [(height, width)]
        while max(sizes[-1]) > 1 and len(sizes) <= DEEPEST:
            sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
        self.depth = len(sizes) - 1
        flat = [(rows, columns * self.channels) for rows, columns in sizes]
        self.pictures = [np.empty(size, dtype) for size in flat]
        self.seen = [np.empty(size, dtype) for size in flat]
        grids = [(-(-rows // CELL) + 1, -(-columns // CELL)) for rows, columns in sizes[:-1]]
        self.corners = [np.empty((bands, cells + 1), weight) for bands, cells in grids]
        self.wide = [np.empty((bands, cells * CELL * self.channels), weight) for bands, cells in grids]
        row = (width + 2 * CELL) * self.channels
        narrow = np.empty(row, np.uint8 if self.bytes else np.float32)
        self.rows = kernels.Rows(np.empty(row, weight), np.empty(row, weight), narrow, np.empty(row, weight))
        self.kinds = np.empty(width // CELL + 2, np.uint8)
        self.built = 0

    def take(self, picture: NDArray[Any]) -> None:
        """Take a new picture, rows of interleaved channels; its coarser levels are made when they are needed."""
        self.pictures[0] = picture
        self.built = 0

    def weigh(self, grid: NDArray[np.float32], depth: int) -> None:
        for level in range(depth):
            full = 256 if self.bytes else 1
            kernels.spread_weights(grid, level, self.channels, full, self.corners[level], self.wide[level])

    def show(self, depth: int, out: NDArray[Any]) -> None:
        """Mix the levels into `out`, rows of interleaved channels, from the coarsest that is needed up."""
        while self.built < depth:
            self._halve(self.built)
            self.built += 1
        coarse = self.pictures[depth]
        for level in range(depth - 1, -1, -1):
            own, target = self.pictures[level], out if level == 0 else self.seen[level]
            corners, wide = self.corners[level], self.wide[level]
            if self.bytes:
                kernels.collapse_bytes(
                    own, coarse, self.channels, corners, wide, self.rows, self.kinds, level % 2, target
                )
            else:
                kernels.collapse_floats(own, coarse, self.channels, wide, self.rows, target)
            coarse = target
        if not depth:
            np.copyto(out, coarse)

    def _halve(self, level: int) -> None:
        fine, half = self.pictures[level], self.pictures[level + 1]
        if self.bytes:
            kernels.halve_bytes(fine, self.channels, self.rows.upper, self.rows.expanded, half)
        else:
            views = (picture.reshape(picture.shape[0], -1, self.channels) for picture in (fine, half))
            cv2.pyrDown(next(views), dst=next(views))


class Foveator:
    """Foveation of a stream: blurs frame by frame as the eye does, and allocates nothing for a frame.

    `look` says where the eye looks, and is repeated when the gaze moves; calling the object gives the retinal image of
    a frame. The answer lies in the same memory each time, unless `out` is given. Threads need one object each.

    Parameters
    ----------
    viewing : Viewing
        The screen; the picture stands in its middle (`Viewing.of_picture`).
    shape : tuple of int
        Shape of the frames: (height, width) or (height, width, 3).
    gaze : array, shape (2,) or (n, 2)
        First gaze, (x, y) in pixels; the middle of the picture if none is given. Of several, the nearest counts.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.
    resolution : Resolution, or array of shape (height, width)
        What is left of the resolution, from 0 (nothing) to 1 (all). A callable, such as a `FieldLoss`, goes with the
        gaze; an array belongs to the picture, and stays where it is.
    linear_light : bool
        Average light instead of the numbers that stand for it (sRGB), so that fine patterns keep their brightness.
    colour_acuity : Acuity
        Another, coarser law for colour: luminance is blurred by `acuity`, what differs from it by this.

    Raises
    ------
    ValueError
        If the shape, the gaze or the resolution is not what is expected, or a frame has another shape or type than
        the one before it.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (48, 64))
    >>> foveator = Foveator(viewing, (48, 64, 3))
    >>> frame = np.full((48, 64, 3), 200, np.uint8)
    >>> bool((foveator.look((10, 10))(frame) == 200).all())
    True
    """

    def __init__(
        self,
        viewing: Viewing,
        shape: tuple[int, ...],
        *,
        gaze: ArrayLike | None = None,
        acuity: Acuity | None = None,
        resolution: Resolution | ArrayLike | None = None,
        linear_light: bool = False,
        colour_acuity: Acuity | None = None,
    ) -> None:
        shape = check_shape(shape)
        if len(shape) not in (2, 3) or min(shape[:2]) < 2 or (len(shape) == 3 and shape[2] not in (1, 3)):
            raise ValueError(f"expected frames of shape (height, width) or (height, width, 3), got {tuple(shape)}")
        if colour_acuity is not None and tuple(shape[2:]) != (3,):
            raise ValueError(f"expected frames of three colours for an acuity of colour, got shape {tuple(shape)}")
        self.shape = tuple(shape)
        self.viewing = viewing.of_picture(shape)
        self.linear_light = linear_light
        self.acuity = GeislerPerry() if acuity is None else acuity
        self.laws = [self.acuity] if colour_acuity is None else [self.acuity, colour_acuity]
        rows, columns = (np.arange(-(-side // CELL) + 1) * CELL for side in self.shape[:2])
        points = (rows.size, columns.size)
        self._places = np.stack(np.meshgrid(columns, rows), axis=-1)
        self._resolution = resolution if resolution is None or callable(resolution) else self._picked(resolution)
        self._grids = [np.empty(points, np.float32) for _ in self.laws]
        self._depths = [0] * len(self.laws)
        self._dtype: Any = None
        self._stacks: list[_Stack] = []
        self._screen = _screen(self.viewing)
        self.look(self.viewing.centre if gaze is None else gaze)

    def look(self, gaze: ArrayLike) -> Self:
        """Look at a place (x, y), or several (n, 2), in pixels of the picture; it may lie outside."""
        rays = _gaze_rays(gaze, self.viewing)
        reach = CELL * np.sqrt(2) * max(self._screen.pitch_x, self._screen.pitch_y)
        worst = self._worst_level(gaze)
        for number, law in enumerate(self.laws):
            grid = self._grids[number]
            kernels.blur_levels(rays, self._screen, _laws(law), CELL, reach, grid)
            if worst is not None:
                np.maximum(grid, worst, out=grid)
            self._depths[number] = int(np.ceil(grid.max()))
        self._weigh()
        return self

    def _picked(self, resolution: ArrayLike) -> NDArray[np.float64]:
        """Give a resolution map of the picture at every 8th pixel."""
        share = _check_shares(resolution, self.shape[:2], "resolution map of the frames' shape")
        columns, rows = np.moveaxis(np.minimum(self._places, np.array(self.shape[1::-1]) - 1), -1, 0)
        return np.asarray(share[rows, columns])

    def _worst_level(self, gaze: ArrayLike) -> NDArray[np.float64] | None:
        """Pyramid level that what is left of the resolution allows, at every 8th pixel."""
        share: Any = self._resolution
        if callable(share):
            if np.shape(gaze) != (2,):
                raise ValueError(f"expected one gaze (x, y) for a resolution that goes with it, got {np.shape(gaze)}")
            given = share(self._places, gaze, self.viewing)
            share = _check_shares(given, self._places.shape[:-1], "resolution at each place, of shape")
        return None if share is None else blur_level(SHARP * share)

    def take(self, frame: ArrayLike) -> Self:
        """Take a frame, to be seen from one gaze or more by `see`; it must not change before that."""
        if np.shape(frame) != self.shape:
            raise ValueError(f"expected frames of shape {self.shape}, got {np.shape(frame)}")
        pixels = check_pixels(frame)
        if pixels.dtype == np.uint16:
            raise ValueError(f"expected frames of uint8 or float, got {pixels.dtype}")
        pixels = pixels.astype(np.uint8 if pixels.dtype == np.uint8 else np.float32, copy=False)
        if pixels.dtype != self._dtype:
            if self._dtype is not None:
                raise ValueError(f"expected frames of {self._dtype} as before, got {pixels.dtype}")
            self._prepare(pixels.dtype)
        if self.linear_light or len(self.laws) > 1:
            for stack, part in zip(self._stacks, self._split(pixels), strict=True):
                stack.take(part)
        else:
            self._stacks[0].take(pixels.reshape(self.shape[0], -1))
        return self

    def see(self, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Give the retinal image of the frame that was taken last, in `out` if it is given."""
        if self._dtype is None:
            raise ValueError("expected a frame to be taken first")
        if out is None:
            out = self._out
        elif out.shape != self.shape or out.dtype != self._dtype or not out.flags.c_contiguous:
            raise ValueError(f"expected `out` to be a C-contiguous {self._dtype} array of shape {self.shape}")
        if not (self.linear_light or len(self.laws) > 1):
            self._stacks[0].show(self._depth(0), out.reshape(self.shape[0], -1))
            return out
        parts = [np.empty_like(stack.pictures[0]) for stack in self._stacks]
        for number, (stack, part) in enumerate(zip(self._stacks, parts, strict=True)):
            stack.show(self._depth(number), part)
        np.copyto(out, self._joined(parts))
        return out

    def __call__(self, frame: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Give the retinal image of a frame, of its shape and type."""
        return self.take(frame).see(out)

    def _depth(self, number: int) -> int:
        return min(self._depths[number], self._stacks[number].depth)

    def _weigh(self) -> None:
        for number, stack in enumerate(self._stacks):
            stack.weigh(self._grids[number], self._depth(number))

    def _prepare(self, dtype: Any) -> None:  # noqa: ANN401
        height, width = self.shape[:2]
        channels = self.shape[2] if len(self.shape) == 3 else 1
        self._dtype, self._out = dtype, np.empty(self.shape, dtype)
        if len(self.laws) > 1:
            self._stacks = [_Stack((height, width, 1), np.float32), _Stack((height, width, 3), np.float32)]
        else:
            self._stacks = [_Stack((height, width, channels), np.float32 if self.linear_light else dtype)]
        self._weigh()

    def _split(self, pixels: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Give the planes to blur: the picture's light or numbers, or its luminance and what differs from it."""
        image = pixels.astype(np.float32) / np.float32(255 if self._dtype == np.uint8 else 1)
        if self.linear_light:
            image = light(image)
        if len(self.laws) == 1:
            return [image.reshape(self.shape[0], -1)]
        luminance = image @ LUMINANCE
        rest = image - luminance[:, :, np.newaxis]
        return [np.asarray(luminance, np.float32), np.ascontiguousarray(rest.reshape(self.shape[0], -1))]

    def _joined(self, parts: list[NDArray[np.float32]]) -> NDArray[Any]:
        image = parts[-1].reshape(self.shape)
        if len(parts) > 1:
            image = image + parts[0][:, :, np.newaxis]
        image = np.clip(image, 0, 1)
        if self.linear_light:
            image = display(image)
        return np.rint(image * 255).astype(np.uint8) if self._dtype == np.uint8 else image


def _check_shares(shares: ArrayLike, shape: tuple[int, ...], what: str) -> NDArray[np.float64]:
    array = check_array(shares, f"a {what} {shape}")
    if array.shape != shape:
        raise ValueError(f"expected a {what} {shape}, got {array.shape}")
    if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise ValueError(f"expected a resolution map from 0 to 1, got {array.min():g} to {array.max():g}")
    return array


def light(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn the numbers of an sRGB picture, 0 to 1, into amounts of light, 0 to 1 (IEC 61966-2-1).

    Examples
    --------
    >>> light(np.array([0.0, 0.5, 1.0], np.float32)).round(3)
    array([0.   , 0.214, 1.   ], dtype=float32)
    """
    steep = ((np.maximum(numbers, 0.04045) + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(numbers <= 0.04045, numbers / np.float32(12.92), steep).astype(np.float32)


def display(amounts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn amounts of light, 0 to 1, into the numbers of an sRGB picture: undoes `light`."""
    steep = np.float32(1.055) * np.maximum(amounts, 0.0031308) ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(amounts <= 0.0031308, amounts * np.float32(12.92), steep).astype(np.float32)


def foveate(
    image: ArrayLike,
    gaze: ArrayLike,
    viewing: Viewing,
    *,
    acuity: Acuity | None = None,
    resolution: Resolution | ArrayLike | None = None,
    linear_light: bool = False,
    colour_acuity: Acuity | None = None,
) -> NDArray[Any]:
    """Blur a picture as the eye does that looks at one place: sharp there, coarser with every degree away.

    At each pixel the amplitude of a grating falls to half at the cut-off frequency of the acuity law, in cycles per
    degree, with the exact angles of the flat screen. For films and moving gazes: `Foveator`.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, 3)
        uint8 or float from 0 to 1 (anything else that `as_image` takes becomes float32 RGB first).
    gaze : array, shape (2,) or (n, 2)
        Where the eye looks, (x, y) in pixels of the picture; it may lie outside. Of several, the nearest counts.
    viewing : Viewing
        The screen; the picture stands in its middle, pixel for pixel, shrunk if it is too large (`Viewing.of_picture`).
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.
    resolution : Resolution, or array of shape (height, width)
        What is left of the resolution at each pixel, from 0 to 1: a `FieldLoss`, say, or any map.
    linear_light : bool
        Average light instead of the numbers that stand for it (sRGB).
    colour_acuity : Acuity
        Another law for colour.

    Returns
    -------
    array of the same shape
        uint8 for uint8, else float32. In the fovea it equals the picture bit for bit (float pictures up to rounding in
        linear light or with an acuity of colour).

    Raises
    ------
    ValueError
        If the picture, the gaze or the resolution is not what is expected.

    References
    ----------
    Geisler and Perry (1998), Proc. SPIE 3299; Perry and Geisler (2002), Proc. SPIE 4662.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(24, (480, 640))
    >>> noise = np.random.default_rng(0).random((480, 640, 3))
    >>> seen = foveate(noise, (100, 240), viewing)
    >>> bool(seen[240, 100:120].std() > 3 * seen[240, 600:620].std())
    True
    """
    pixels = check_pixels(image)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype.kind == "f" and channels in (1, 3):
        pixels = np.clip(pixels, 0, 1).astype(np.float32, copy=False)
    elif pixels.dtype != np.uint8 or channels not in (1, 3):
        pixels = as_image(pixels)
    foveator = Foveator(
        viewing,
        pixels.shape,
        gaze=gaze,
        acuity=acuity,
        resolution=resolution,
        linear_light=linear_light,
        colour_acuity=colour_acuity,
    )
    return foveator(pixels)


def measured_cutoff_cpd(
    eccentricity_deg: ArrayLike, viewing: Viewing, *, acuity: Acuity | None = None, steps: int = 12
) -> NDArray[np.float64]:
    """Measure, in the real output, the grating of which half the amplitude is left, right of a gaze at the middle.

    Vertical gratings are foveated, and their amplitude around each eccentricity is read off, at frequencies between 0.5
    and 2 times the law's until half is enclosed.

    Parameters
    ----------
    eccentricity_deg : array
        Where to measure, in degrees; inside the screen, with some pixels to spare.
    viewing : Viewing
        The screen.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.
    steps : int
        Bisections.

    Returns
    -------
    array of float64
        Cycles per degree; NaN where the screen cannot show the grating.

    Examples
    --------
    >>> screen = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8125), distance_cm=60)
    >>> measured = measured_cutoff_cpd([8, 15], screen)
    >>> bool(np.all(abs(measured / GeislerPerry().cutoff_cpd([8, 15]) - 1) < 0.02))
    True
    """
    law = GeislerPerry() if acuity is None else acuity
    strip = viewing.of_picture((33, viewing.screen_px[0]))
    found = []
    for degrees in np.atleast_1d(np.asarray(eccentricity_deg, np.float64)):
        density = float(strip.local_pixels_per_degree(strip.pixels([degrees, 0.0]))[0])
        wanted = float(law.cutoff_cpd(degrees)) / density
        low, high = np.log(wanted / 2), np.log(min(2 * wanted, SEAM))
        if wanted > 0.8 * SEAM or _share_kept(strip, law, degrees, np.exp(high)) > 0.5:
            found.append(np.nan)
            continue
        for _ in range(steps):
            middle = (low + high) / 2
            more = _share_kept(strip, law, degrees, float(np.exp(middle))) > 0.5
            low, high = (middle, high) if more else (low, middle)
        found.append(float(np.exp((low + high) / 2)) * density)
    return np.array(found)


def _share_kept(strip: Viewing, law: Acuity, degrees: float, frequency: float) -> float:
    """Share of a grating's amplitude, in cycles per pixel, that is left around a place to the right of the gaze."""
    axis = np.arange(strip.screen_px[0]) - strip.pixels([degrees, 0.0])[0]
    wave = np.exp(2j * np.pi * frequency * axis)
    window = np.exp(-0.5 * (axis / (0.8 / frequency + 5)) ** 2)
    answer = 0j
    for part, unit in ((wave.real, 1), (wave.imag, 1j)):
        plane = np.broadcast_to(0.5 + 0.4 * part, strip.screen_px[::-1])
        line = foveate(np.ascontiguousarray(plane, np.float32), strip.centre, strip, acuity=law)[
            strip.screen_px[1] // 2
        ]
        answer += unit * np.sum(window * (line - 0.5) * wave.conj())
    return float(abs(answer) / np.sum(window) / 0.4)
