"""The cascade from the picture over its channels to the saliency map, drawn."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.checks import check_number
from foveation.figures import MILLIMETRE, OUTLINE, draw_picture, printable
from foveation.image import OKABE_ITO
from foveation.opencv import cv2
from saliency.features.early import colour_channels
from saliency.figures.page import FAINTEST, FLAT, LARGE, LETTER_MM, LONGEST, SMALL, Row, page_of, row_of, write_beside
from saliency.gate.gates import Argmax
from saliency.map import EVEN
from saliency.models.itti import CHANNELS, FEATURES, HUES, IttiKoch

FOCUS = 1 / 6  # radius of the focus of attention, as a share of the picture's shorter side (Itti et al. 1998) ...
NEAR = 0.3  # of the shorter side: how far a winner's number may be from it
VIVID = 0.995  # quantile of a hue at which its colours end: a few pixels would leave all others dark
HUE_ENDS = {
    "red-green": (OKABE_ITO["green"], OKABE_ITO["vermillion"]),
    "blue-yellow": (OKABE_ITO["yellow"], OKABE_ITO["sky blue"]),
}


class _Panel(NamedTuple):
    """A map, how it is coloured, and the values at the two ends of the colours; without these, a picture."""

    values: NDArray[Any]
    colours: Any = None
    low: float = 0.0
    high: float = 0.0

    def draw(self, ax: Axes, shape: tuple[int, ...]) -> Axes:
        """Draw it at the place of a picture of this shape."""
        if self.colours is None:
            return draw_picture(self.values, ax=ax)
        extent = (-0.5, shape[1] - 0.5, shape[0] - 0.5, -0.5)
        limits = {"vmin": self.low, "vmax": self.high}
        options: dict[str, Any] = {"cmap": self.colours, "origin": "upper", "interpolation": "nearest", **limits}
        ax.imshow(printable(self.values), extent=extent, **options)
        ax.set_axis_off()
        return ax


class _Section(NamedTuple):
    """A part of a page: a heading, and a grid of panels with the names of its rows and columns."""

    heading: str
    grid: list[list[_Panel]]
    names: tuple[str, ...]
    columns: tuple[str, ...]
    tallest: float = 45.0

    def turned(self) -> "_Section":
        """Give the section with rows for columns."""
        grid = [list(panels) for panels in zip(*self.grid, strict=True)]
        return self._replace(grid=grid, names=self.columns, columns=self.names)

    def rows(self, aspect: float) -> list[Row]:
        """Give the rows for pictures whose height is `aspect` times their width."""
        spaces = [11.0 if any(self.columns) else 8.0] + [1.5] * (len(self.grid) - 1)
        count = len(self.grid[0])
        return [row_of(aspect, count, tallest=self.tallest, left=self.left, above=space) for space in spaces]

    @property
    def left(self) -> float:
        """Room for the names of the rows."""
        return LETTER_MM * max(map(len, self.names)) + 1 if any(self.names) else 0.0

    def draw(self, figure: Figure, axes: list[list[Axes]], shape: tuple[int, ...]) -> None:
        """Draw into the Axes of its rows, for a picture of this shape."""
        up = 5.5 if any(self.columns) else 2.0
        write_beside(figure, axes[0][0], self.heading, -self.left, up, fontsize=LARGE, weight="bold")
        for ax, name in zip(axes[0], self.columns, strict=True):
            ax.set_title(name, fontsize=SMALL, pad=3)
        height = (axes[0][0].get_position(original=True).height) * figure.get_size_inches()[1] / MILLIMETRE
        for row, panels, name in zip(axes, self.grid, self.names, strict=True):
            write_beside(figure, row[0], name, -self.left, -height / 2, va="center")
            for ax, panel in zip(row, panels, strict=True):
                panel.draw(ax, shape)


def cascade_figure(image: ArrayLike, model: IttiKoch | None = None, *, winners: int = 5) -> Figure:
    """Draw how the Itti-Koch model comes from a picture to the places that win, on one page.

    The picture and its three channels; the seven features at the finest scale; their differences between centre and
    surround, of the first and the last pair of scales; what the three channels add up to, before and after N; and the
    saliency map, with the first winners numbered. A winner's circle is the focus of attention, in which the map is set
    to 0 before the next one is picked.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The picture.
    model : IttiKoch
        The model; `IttiKoch()` if none is given.
    winners : int
        How many winners at most; a place with less than a quarter of the first one's saliency is not circled.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError
        If the model is another: these are not its stages.
    ValueError
        If `winners` is negative, or the picture is none.

    References
    ----------
    Itti, Koch and Niebur (1998), IEEE Trans. PAMI 20, figure 3 and section 2.3: a focus of a sixth of the picture's
    shorter side (in a picture longer than 2:1, of half the longer side).

    Examples
    --------
    >>> from foveation import sample_pixels
    >>> figure = cascade_figure(sample_pixels("coffee"), winners=3)
    >>> [text.get_text() for text in figure.axes[-1].texts]
    ['1', '2', '3']
    """
    model = IttiKoch() if model is None else model
    if not isinstance(model, IttiKoch):
        raise TypeError(f"expected an IttiKoch model, whose stages are drawn, got {type(model).__name__}")
    check_number(winners, "a number of winners from 0 up", least=0)
    pixels = as_image(image)
    maps = model.maps(image)
    aspect = pixels.shape[0] / pixels.shape[1]
    sections = [_channels_of(pixels, maps, model), _differences_of(maps, model), _conspicuity_of(maps)]
    sections.append(_result_of(pixels, maps["saliency"]))
    if aspect < FLAT:
        sections = [section.turned() for section in sections]
    rows = [section.rows(aspect) for section in sections]
    figure, axes = page_of([row for group in rows for row in group])
    begin = 0
    for section, group in zip(sections, rows, strict=True):
        section.draw(figure, axes[begin : begin + len(group)], pixels.shape)
        begin += len(group)
    _draw_winners(figure.axes[-2:], maps["saliency"], winners)
    return figure


def _hue(values: NDArray[Any], name: str, model: IttiKoch, neutral: float = 0.0) -> _Panel:
    """Give a plane of a hue, whose two ends are coloured as what they stand for; black is neither."""
    blue = np.full((2, 2, 3), (0.2, 0.2, 0.8), np.float32)
    low, high = HUE_ENDS[name]
    if name == "blue-yellow" and colour_channels(blue, model.colour_space)[2, 0, 0] < _neutral(model)[2]:
        low, high = high, low
    away = np.abs(values - neutral)
    reach = max(float(np.quantile(away, VIVID)) or float(away.max()), EVEN)
    colours = LinearSegmentedColormap.from_list(name, [low, "black", high])
    return _Panel(values, colours, neutral - reach, neutral + reach)


def _neutral(model: IttiKoch) -> NDArray[np.float32]:
    """Give what grey is in the three channels."""
    grey = np.full((2, 2, 3), 0.5, np.float32)
    neutral: NDArray[np.float32] = colour_channels(grey, model.colour_space)[:, 0, 0]
    return neutral


def _heat(values: NDArray[Any], high: float | None = None) -> _Panel:
    return _Panel(values, "inferno", 0.0, max(float(values.max()) if high is None else high, EVEN))


def _channels_of(pixels: NDArray[Any], maps: dict[str, NDArray[Any]], model: IttiKoch) -> _Section:
    grey = _Panel(maps["intensity"], "gray", 0.0, 1.0)
    hues = [
        _hue(maps[name], name, model, float(neutral)) for name, neutral in zip(HUES, _neutral(model)[1:], strict=True)
    ]
    columns = ("picture", *FEATURES[:3])
    return _Section("1  Channels", [[_Panel(pixels), grey, *hues]], ("",), columns, tallest=40)


def _differences_of(maps: dict[str, NDArray[Any]], model: IttiKoch) -> _Section:
    pairs = [key.removeprefix("intensity ") for key in maps if key.startswith("intensity ") and "-" in key]
    centre = pairs[0].split("-")[0]
    shown = list(dict.fromkeys([pairs[0], pairs[-1]]))
    grid = [_planes([maps[f"{name} {centre}"] for name in FEATURES], model, _neutral(model), white=1.0)]
    for pair in shown:
        differences = [_difference(maps, name, pair) for name in FEATURES]
        grid.append(_planes(differences, model, np.zeros(3, np.float32)))
    names = (f"scale {centre}", *(pair.replace("-", " - ") for pair in shown))
    return _Section("2  Features, and differences between centre and surround", grid, names, FEATURES, tallest=24)


def _difference(maps: dict[str, NDArray[Any]], name: str, pair: str) -> NDArray[Any]:
    """Give the difference of two scales, with its sign where the cells of a hue and its opponent are apart."""
    if f"{name} {pair}" in maps:
        return maps[f"{name} {pair}"]
    signed: NDArray[Any] = maps[f"{name}+ {pair}"] - maps[f"{name}- {pair}"]
    return signed


def _planes(
    planes: list[NDArray[Any]], model: IttiKoch, neutral: NDArray[np.float32], *, white: float = EVEN
) -> list[_Panel]:
    """Give the planes of the seven features, intensities up to `white` at least; the orientations share one range."""
    intensity, *hues = planes[:3]
    steepest = max(float(plane.max()) for plane in planes[3:])
    return [
        _Panel(intensity, "gray", 0.0, max(float(intensity.max()), white)),
        *(_hue(plane, name, model, float(zero)) for plane, name, zero in zip(hues, HUES, neutral[1:], strict=True)),
        *(_heat(plane, steepest) for plane in planes[3:]),
    ]


def _conspicuity_of(maps: dict[str, NDArray[Any]]) -> _Section:
    sums, normalised = ([maps[f"{name} {stage}"] for name in CHANNELS] for stage in ("sum", "conspicuity"))
    greatest = max(float(map_.max()) for map_ in normalised)
    grid = [[_heat(map_) for map_ in sums], [_heat(map_, greatest) for map_ in normalised]]
    heading = "3  Conspicuity: sums of the differences; after N, on one scale, the channels compete"
    return _Section(heading, grid, ("sum", "after N"), CHANNELS, tallest=26)


def _result_of(pixels: NDArray[Any], saliency: NDArray[Any]) -> _Section:
    heading = "4  Saliency, and the places that win, in their order"
    return _Section(heading, [[_heat(saliency), _Panel(pixels)]], ("",), ("", ""), tallest=55)


def _draw_winners(axes: list[Axes], saliency: NDArray[np.float32], most: int) -> None:
    """Circle and number the places that win, one after the other."""
    radius = FOCUS * max(min(saliency.shape), max(saliency.shape) / LONGEST)
    left, gate = saliency.copy(), Argmax()
    for number in range(1, most + 1):
        winner = gate(left)
        if winner is None or left[winner.y, winner.x] < FAINTEST * saliency.max():
            break
        place = (winner.x, winner.y)
        cv2.circle(left, place, max(1, round(radius)), 0, cv2.FILLED)
        colour = "white" if number > 1 else "#F0E442"
        for ax in axes:
            style: dict[str, Any] = {"fill": False, "color": colour, "lw": 1.2, "path_effects": OUTLINE}
            ax.add_patch(Circle(place, radius, **style))
            text: dict[str, Any] = {
                "ha": "center",
                "va": "center",
                "fontsize": LARGE,
                "weight": "bold",
                "clip_on": True,
            }
            ax.text(*_rim(place, radius, saliency.shape), str(number), color=colour, path_effects=OUTLINE, **text)
    if most and not axes[0].patches:
        style = {"ha": "center", "va": "center", "fontsize": SMALL, "transform": axes[0].transAxes}
        axes[0].text(0.5, 0.5, "nothing stands out", color="white", **style)


def _rim(place: tuple[int, int], radius: float, shape: tuple[int, ...]) -> tuple[float, float]:
    """Give the place of a circle's number: on its rim, towards the middle of the picture, so that nothing is hidden."""
    away = np.array([(shape[1] - 1) / 2 - place[0], (shape[0] - 1) / 2 - place[1]])
    away = away / max(float(np.hypot(*away)), 1e-9) if away.any() else np.array([0.0, -1.0])
    x, y = np.array(place) + min(radius, NEAR * min(shape)) * away
    return float(x), float(y)
