"""Where the eye is and where the picture is: pixels on a flat screen, angles at the eye."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation.checks import check_array, check_number, check_shape

MOST_SIDE = 1e9  # of a screen, in pixels or cm


@dataclass(frozen=True, kw_only=True)
class Viewing:
    r"""A flat screen, seen by one eye in front of its centre.

    A pixel :math:`(x, y)` lies at :math:`X = (x - (W-1)/2)\,p`, :math:`Y = (y - (H-1)/2)\,p` on the screen, so its ray
    is :math:`r = (X, Y, d)`, and the angle between two pixels is that between their rays,
    :math:`\mathrm{atan2}(|r_1 \times r_2|, r_1 \cdot r_2)`: exact for every gaze, also off the centre.

    Parameters
    ----------
    screen_px : tuple of int
        Width and height :math:`W, H` in pixels.
    screen_cm : tuple of float
        Width and height in centimetres; pixel pitch :math:`p` is their ratio.
    distance_cm : float
        Distance :math:`d` of the eye from the screen's centre, in centimetres.

    Raises
    ------
    ValueError
        If a size or the distance is not a positive finite number.

    Examples
    --------
    >>> viewing = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8125), distance_cm=60)
    >>> round(viewing.pixels_per_degree, 3)
    37.936
    >>> round(float(viewing.angle_deg((480, 270), (1440, 810))), 3)
    28.436
    """

    screen_px: tuple[int, int]
    screen_cm: tuple[float, float]
    distance_cm: float

    def __post_init__(self) -> None:
        for name, what in (
            ("screen_px", "positive width and height in pixels"),
            ("screen_cm", "positive width and height in cm"),
        ):
            sides = check_array(getattr(self, name), f"{name} to be a {what}")
            whole = name == "screen_cm" or np.array_equal(sides, np.rint(sides))
            if sides.shape != (2,) or not whole or not np.all((sides > 0) & (sides < MOST_SIDE)):
                raise ValueError(f"expected {name} to be a {what}, got {getattr(self, name)}")
        check_number(self.distance_cm, "a positive viewing distance in cm", above=0)
        object.__setattr__(self, "screen_px", (int(self.screen_px[0]), int(self.screen_px[1])))
        object.__setattr__(self, "screen_cm", (float(self.screen_cm[0]), float(self.screen_cm[1])))
        object.__setattr__(self, "distance_cm", float(self.distance_cm))

    @classmethod
    def from_pixels_per_degree(cls, pixels_per_degree: float, shape: tuple[int, ...]) -> Self:
        """Give the viewing in which a picture of `shape` (height, width, ...) has so many pixels per degree.

        Examples
        --------
        >>> Viewing.from_pixels_per_degree(24, (480, 640)).pixels_per_degree
        24.0
        """
        check_number(pixels_per_degree, "positive pixels per degree", above=0)
        height, width = check_shape(shape)[:2]
        distance = 60.0
        pitch = 2 * distance * np.tan(np.radians(0.5 / pixels_per_degree))
        return cls(screen_px=(width, height), screen_cm=(width * pitch, height * pitch), distance_cm=distance)

    def of_picture(self, shape: tuple[int, ...]) -> Self:
        """Give the same viewing in the pixels of a picture of `shape` (height, width, ...) shown on this screen.

        A picture stands in the middle of the screen, pixel for pixel; one too large for it is shrunk until it fits.

        Examples
        --------
        >>> screen = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8125), distance_cm=60)
        >>> round(screen.of_picture((480, 640)).pixels_per_degree, 3)
        37.936
        >>> round(screen.of_picture((2160, 3840)).pixels_per_degree, 2)
        75.87
        """
        height, width = shape[:2]
        shrink = min(1.0, self.screen_px[0] / width, self.screen_px[1] / height)
        pitch_x, pitch_y = self.pitch_cm
        return type(self)(
            screen_px=(width, height),
            screen_cm=(width * pitch_x * shrink, height * pitch_y * shrink),
            distance_cm=self.distance_cm,
        )

    def resampled(self, shape: tuple[int, ...]) -> Self:
        """Give the same screen, of the same size in cm, with the pixels of `shape` (height, width, ...)."""
        height, width = shape[:2]
        return type(self)(screen_px=(width, height), screen_cm=self.screen_cm, distance_cm=self.distance_cm)

    @property
    def pitch_cm(self) -> tuple[float, float]:
        """Distance between the centres of neighbouring pixels, across and down, in cm."""
        return self.screen_cm[0] / self.screen_px[0], self.screen_cm[1] / self.screen_px[1]

    @property
    def centre(self) -> tuple[float, float]:
        """The screen's centre, in pixels: half-way between pixels when their number is even."""
        return (self.screen_px[0] - 1) / 2, (self.screen_px[1] - 1) / 2

    @property
    def pixels_per_degree(self) -> float:
        r"""Pixels in one degree at the screen's centre, across: :math:`1 / (2 \arctan(p / 2d))`."""
        return float(1 / np.degrees(2 * np.arctan(self.pitch_cm[0] / (2 * self.distance_cm))))

    @property
    def nyquist_cpd(self) -> float:
        """Finest grating that the screen can show at its centre, in cycles per degree."""
        return self.pixels_per_degree / 2

    @property
    def size_deg(self) -> tuple[float, float]:
        """Width and height of the screen, edge to edge, in degrees."""
        across, down = (np.degrees(2 * np.arctan(side / (2 * self.distance_cm))) for side in self.screen_cm)
        return float(across), float(down)

    def rays(self, places: ArrayLike) -> NDArray[np.float64]:
        """Rays from the eye to `places` (..., 2) in pixels: where they cross the screen, over the distance."""
        rays: NDArray[np.float64] = (
            (check_array(places, "places (x, y) in pixels") - self.centre) * self.pitch_cm / self.distance_cm
        )
        return rays

    def angle_deg(self, a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
        """Angle at the eye between places `a` and `b` (..., 2) in pixels; degrees, exact on the flat screen."""
        (ax, ay), (bx, by) = (np.moveaxis(self.rays(places), -1, 0) for places in (a, b))
        sine = np.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (ax * by - ay * bx) ** 2)
        angle: NDArray[np.float64] = np.degrees(np.arctan2(sine, 1 + ax * bx + ay * by))
        return angle

    def local_pixels_per_degree(self, places: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""Pixels per degree at `places` (..., 2): away from the screen's centre, and around it.

        With :math:`t` the angle from the screen's normal, :math:`k / \cos^2 t` and :math:`k / \cos t`, where
        :math:`k = \pi d / 180 p`.
        """
        slant = 1 + np.sum(self.rays(places) ** 2, axis=-1)  # 1 / cos^2 t
        straight_on = np.radians(1.0) * self.distance_cm / self.mean_pitch_cm
        return straight_on * slant, straight_on * np.sqrt(slant)

    @property
    def mean_pitch_cm(self) -> float:
        """Geometric mean of the pixel pitch across and down, in cm."""
        return float(np.sqrt(self.pitch_cm[0] * self.pitch_cm[1]))

    def degrees(self, places: ArrayLike) -> NDArray[np.float64]:
        """Turn `places` (..., 2) in pixels into degrees from the screen's centre, rightward and upward.

        The length of the answer is the exact angle from the centre, its direction that on the screen.
        """
        tangent = self.rays(places) * (1, -1)
        length = np.linalg.norm(tangent, axis=-1, keepdims=True)
        slope = np.degrees(np.arctan(length)) / np.where(length > 0, length, 1)
        result: NDArray[np.float64] = tangent * np.where(length > 0, slope, np.degrees(1.0))
        return result

    def pixels(self, degrees: ArrayLike) -> NDArray[np.float64]:
        """Turn degrees from the screen's centre (..., 2), rightward and upward, into places in pixels."""
        angle = np.radians(check_array(degrees, "angles (right, up) in degrees"))
        length = np.linalg.norm(angle, axis=-1, keepdims=True)
        slope = np.tan(length) / np.where(length > 0, length, 1)
        tangent = angle * np.where(length > 0, slope, 1.0) * (1, -1)
        result: NDArray[np.float64] = tangent * self.distance_cm / self.pitch_cm + self.centre
        return result

    def __str__(self) -> str:
        """Say the geometry in one line, in the reader's units."""
        (width, height), (across, down) = self.screen_px, self.size_deg
        return (
            f"{width} x {height} px = {self.screen_cm[0]:.1f} x {self.screen_cm[1]:.1f} cm "
            f"at {self.distance_cm:g} cm = {across:.1f} x {down:.1f} deg, {self.pixels_per_degree:.1f} px/deg"
        )
