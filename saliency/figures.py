"""Figures of maps and scanpaths: a function `draw_...` draws on the Axes it is given, one `..._figure` makes a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

from foveation import as_image
from foveation.figures import MILLIMETRE, OUTLINE, PAGE_MM, current_axes, draw_picture, draw_scale_bar, printable
from foveation.oculomotor import saccade_duration
from foveation.opencv import cv2
from saliency.conspicuity import EVEN, check_map
from saliency.displays import CueingTrial, Display
from saliency.evaluation import CEILING, FLOOR, MEASURES, Evaluation
from saliency.features import colour_channels
from saliency.gate import Argmax
from saliency.itti import CHANNELS, FEATURES, HUES, IttiKoch
from saliency.scanpath import Scanpath
from saliency.statistics import (
    LAGS,
    NUMBERS,
    RETURN_DEG,
    TURNING_EDGES_DEG,
    GammaFit,
    LogNormalFit,
    OculomotorStatistics,
    compare,
    gamma_fit,
    log_normal_fit,
)

SECOND_OF_REST = 2400.0  # area of the circle of a fixation of 1 s, in square points
SMALLEST_CIRCLE = 90.0
SMALL, LARGE = 6.5, 8.0  # points of type
LETTER_MM = 1.2  # width of a letter of small type
MARGIN_MM = 2.0
FLAT = 0.35  # height over width below which grids have rows for columns
TALLEST_PAGE_MM, MOST_COLUMNS = 230.0, 6
FOCUS = 1 / 6  # radius of the focus of attention, as a share of the picture's shorter side (Itti et al. 1998) ...
LONGEST = 2.0  # ... or of its longer side over this, if that is more: in a long strip the focus would be a dot
NEAR = 0.3  # of the shorter side: how far a winner's number may be from it
FAINTEST = 0.25  # of the first winner's saliency: what is fainter is not circled
VIVID = 0.995  # quantile of a hue at which its colours end: a few pixels would leave all others dark
HUE_ENDS = {"red-green": ("#009E73", "#D55E00"), "blue-yellow": ("#F0E442", "#56B4E9")}  # Okabe and Ito
WORST_AREA = 0.5  # where the axis of an area under a curve begins: a map that knows nothing
CHARTED = ("nss", "auc_shuffled", "cc")  # measures of a report
PEOPLE, MODEL = "#0072B2", "#D55E00"  # Okabe and Ito
ROSE_DEG, HISTOGRAM_BINS = 15, 40
TAIL = 99.0  # percentile at which a histogram ends
FEWEST = 10  # saccades of which a median is drawn
FOUND = "#0072B2"  # colour of the ring around a target
ARROW_S = 2.0  # seconds of motion that an arrow stands for


def draw_heatmap(
    map_: ArrayLike,
    image: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Lay a map over a picture: the higher the value, the warmer and the less transparent.

    Parameters
    ----------
    map_ : array, shape (height, width)
        Any map that is nowhere negative.
    image : array, shape (height, width, 3)
        The picture, shown grey below it; the map stands alone if none is given.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `imshow` of the map, such as `cmap`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the map is none.
    """
    ax = current_axes() if ax is None else ax
    values = check_map(map_)
    height, width = values.shape if image is None else np.shape(image)[:2]
    values = printable(values)
    share = values / values.max() if values.max() > 0 else values
    options: dict[str, Any] = {"cmap": "inferno", "vmin": 0, "vmax": 1, "origin": "upper", "interpolation": "bilinear"}
    options["extent"] = (-0.5, width - 0.5, height - 0.5, -0.5)
    if image is not None:
        grey = as_image(printable(np.asarray(image))).mean(axis=2)
        ax.imshow(grey, cmap="gray", vmin=0, vmax=1, origin="upper", extent=options["extent"])
        options["alpha"] = 0.15 + 0.7 * np.sqrt(share)
    ax.imshow(share, **{**options, **kwargs})
    ax.set_axis_off()
    return ax


def draw_scanpath(
    scanpath: Scanpath,
    image: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw fixations as numbered circles, their area the time the gaze rested, and saccades as arrows.

    A cross marks the gaze with which the viewing began; a bar shows degrees of visual angle.

    Parameters
    ----------
    scanpath : Scanpath
        The path; places in pixels of the picture.
    image : array, shape (height, width, 3)
        The picture below; a blank frame of its size if none is given.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `scatter` of the fixations, such as `cmap`.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    if image is not None:
        draw_picture(image, ax=ax)
    width, height = scanpath.viewing.screen_px
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal", xticks=[], yticks=[])
    ax.set_axis_on()
    area = np.maximum(SECOND_OF_REST * np.nan_to_num(scanpath.duration, nan=0.2), SMALLEST_CIRCLE)
    stops = np.vstack([[scanpath.start], scanpath.places])
    for begin, end, radius in zip(stops, stops[1:], np.sqrt(area / np.pi), strict=False):
        arrow = {
            "arrowstyle": "-|>",
            "color": "white",
            "lw": 1.2,
            "shrinkA": 0,
            "shrinkB": radius,
            "mutation_scale": 10,
        }
        line = ax.annotate("", xy=tuple(end), xytext=tuple(begin), arrowprops={**arrow, "zorder": 2})
        if line.arrow_patch is not None:
            line.arrow_patch.set_path_effects(OUTLINE)
    start_x, start_y = scanpath.start
    ax.plot(start_x, start_y, "+", color="white", ms=9, mew=1.6, path_effects=OUTLINE, zorder=3)
    if len(scanpath):
        options: dict[str, Any] = {
            "cmap": "viridis",
            "edgecolors": "black",
            "linewidths": 0.8,
            "alpha": 0.85,
            "zorder": 4,
        }
        order = np.arange(len(scanpath))
        options |= {"vmin": 0, "vmax": max(1, len(scanpath) - 1)}
        ax.scatter(scanpath.x, scanpath.y, s=area, c=order, **{**options, **kwargs})
    for number, (x, y) in enumerate(scanpath.places, start=1):
        text = ax.text(x, y, str(number), ha="center", va="center", color="white", fontsize=7, weight="bold", zorder=5)
        text.set_path_effects(OUTLINE)
    draw_scale_bar(scanpath.viewing, ax)
    return ax


@dataclass(frozen=True)
class _Row:
    """A row of equal panels on a page: how many, how high, and the room that is left around them, in millimetres."""

    count: int
    height: float
    above: float = 4.0
    below: float = 0.0
    left: float = 0.0
    gap: float = 2.0
    widest: float = PAGE_MM

    @property
    def width(self) -> float:
        """Width of a panel."""
        return min(self.widest, (PAGE_MM - 2 * MARGIN_MM - self.left - self.gap * (self.count - 1)) / self.count)


def _page(rows: Sequence[_Row]) -> tuple[Figure, list[list[Axes]]]:
    """Give a page with these rows, and the Axes of each row."""
    height = 2 * MARGIN_MM + sum(row.above + row.height + row.below for row in rows)
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, height * MILLIMETRE))
    axes, top = [], MARGIN_MM
    for row in rows:
        top += row.above
        lefts = [MARGIN_MM + row.left + k * (row.width + row.gap) for k in range(row.count)]
        bottom = 1 - (top + row.height) / height
        boxes = [(left / PAGE_MM, bottom, row.width / PAGE_MM, row.height / height) for left in lefts]
        axes.append([figure.add_axes(box) for box in boxes])
        top += row.height + row.below
    return figure, axes


def _row_of(
    aspect: float, count: int, *, tallest: float = 45.0, left: float = 0.0, letters: int = 14, **room: float
) -> _Row:
    """Give a row of panels for pictures whose height is `aspect` times their width, wide enough for so many letters."""
    width = _Row(count, 0, left=left).width
    height = min(max(width * aspect, 2.0), tallest)
    return _Row(count, height, left=left, widest=max(height / aspect, LETTER_MM * letters), **room)


def _write(figure: Figure, ax: Axes, text: str, right: float, up: float, **style: Any) -> None:  # noqa: ANN401
    """Write beside a panel: so many millimetres to the right of its left edge, and above its top edge."""
    width, height = figure.get_size_inches() / MILLIMETRE
    box = ax.get_position(original=True)
    figure.text(box.x0 + right / width, box.y1 + up / height, text, **{"fontsize": SMALL, **style})


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

    def rows(self, aspect: float) -> list[_Row]:
        """Give the rows for pictures whose height is `aspect` times their width."""
        spaces = [11.0 if any(self.columns) else 8.0] + [1.5] * (len(self.grid) - 1)
        count = len(self.grid[0])
        return [_row_of(aspect, count, tallest=self.tallest, left=self.left, above=space) for space in spaces]

    @property
    def left(self) -> float:
        """Room for the names of the rows."""
        return LETTER_MM * max(map(len, self.names)) + 1 if any(self.names) else 0.0

    def draw(self, figure: Figure, axes: list[list[Axes]], shape: tuple[int, ...]) -> None:
        """Draw into the Axes of its rows, for a picture of this shape."""
        up = 5.5 if any(self.columns) else 2.0
        _write(figure, axes[0][0], self.heading, -self.left, up, fontsize=LARGE, weight="bold")
        for ax, name in zip(axes[0], self.columns, strict=True):
            ax.set_title(name, fontsize=SMALL, pad=3)
        height = (axes[0][0].get_position(original=True).height) * figure.get_size_inches()[1] / MILLIMETRE
        for row, panels, name in zip(axes, self.grid, self.names, strict=True):
            _write(figure, row[0], name, -self.left, -height / 2, va="center")
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
    if winners < 0:
        raise ValueError(f"expected a number of winners from 0 up, got {winners}")
    pixels = as_image(image)
    maps = model.maps(image)
    aspect = pixels.shape[0] / pixels.shape[1]
    sections = [_channels_of(pixels, maps, model), _differences_of(maps, model), _conspicuity_of(maps)]
    sections.append(_result_of(pixels, maps["saliency"]))
    if aspect < FLAT:
        sections = [section.turned() for section in sections]
    rows = [section.rows(aspect) for section in sections]
    figure, axes = _page([row for group in rows for row in group])
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


def contact_sheet(
    image: ArrayLike,
    maps: Mapping[str, ArrayLike],
    milliseconds: Mapping[str, float] | None = None,
    *,
    overlay: bool = False,
) -> Figure:
    r"""Draw a picture and its maps by several models on one page, each with the model's name and time.

    Each map is drawn from 0 to its own greatest value.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The picture.
    maps : mapping of str to array, shape (height, width)
        The maps by the models' names.
    milliseconds : mapping of str to float, optional
        What each map took.
    overlay : bool
        Whether the maps are laid over the picture.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no map, or one is no map of the picture.

    Examples
    --------
    >>> picture = np.random.default_rng(0).random((60, 80, 3))
    >>> figure = contact_sheet(picture, {"light": picture.mean(axis=2)}, {"light": 0.1})
    >>> [ax.get_title() for ax in figure.axes]
    ['picture', 'light\n0.1 ms']
    """
    pixels = as_image(image)
    if not maps:
        raise ValueError("expected at least one map, got none")
    checked = {name: check_map(map_, pixels.shape) for name, map_ in maps.items()}
    aspect, cells, letters = pixels.shape[0] / pixels.shape[1], len(checked) + 1, max(map(len, checked))
    rows = {
        columns: _row_of(aspect, columns, tallest=55, letters=letters, above=8)
        for columns in range(1, MOST_COLUMNS + 1)
    }
    columns = _columns(cells, rows, fewest=2 if aspect < FLAT else 3)
    row = rows[columns]
    figure, axes = _page([row] * -(-cells // columns))
    first, *others = [ax for line in axes for ax in line]
    draw_picture(pixels, ax=first).set_title("picture", fontsize=SMALL, pad=3)
    for ax, (name, map_) in zip(others, checked.items(), strict=False):
        draw_heatmap(map_, pixels if overlay else None, ax=ax)
        took = [] if milliseconds is None else [_duration(milliseconds[name])]
        ax.set_title("\n".join([_fitting(name, row.width), *took]), fontsize=SMALL, pad=3, linespacing=1.1)
    for ax in others[len(checked) :]:
        ax.remove()
    return figure


def _columns(cells: int, rows: dict[int, _Row], *, fewest: int) -> int:
    """Give the least number of columns with which a sheet fits a page, if there is one that leaves one cell empty."""
    fitting = [
        columns
        for columns in range(min(cells, fewest), MOST_COLUMNS + 1)
        if -(-cells // columns) * (rows[columns].height + rows[columns].above) < TALLEST_PAGE_MM
    ] or [MOST_COLUMNS]
    return next((columns for columns in fitting if -cells % columns <= 1), fitting[0])


def _duration(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def _fitting(name: str, width_mm: float) -> str:
    """Cut a name at its beginning if there is no room for all of it."""
    letters = max(6, int(width_mm / LETTER_MM))
    return name if len(name) <= letters else f"…{name[1 - letters :]}"


class Comparison(NamedTuple):
    """A model and people on one picture.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The picture.
    map : array, shape (height, width)
        The model's map.
    density : array, shape (height, width)
        Where people looked, as `fixation_density` gives it.
    places : array, shape (n, 2)
        The fixations, in pixels.
    scores : dict of str to float
        What the map scores, by measure.
    title : str
        Name of the picture.
    """

    image: ArrayLike
    map: ArrayLike
    density: ArrayLike
    places: ArrayLike = ()
    scores: Mapping[str, float] = {}
    title: str = ""

    def row(self, above: float = 8.0) -> _Row:
        """Give the row of a page that it needs."""
        height, width = np.shape(self.image)[:2]
        return _row_of(height / width, 3, tallest=60, above=above, below=5)

    def draw(self, figure: Figure, axes: Sequence[Axes]) -> None:
        """Draw the picture, people and the model into three Axes of that row, and the words around them."""
        pixels = as_image(self.image)
        draw_picture(pixels, ax=axes[0])
        for ax, map_ in zip(axes[1:], (self.density, self.map), strict=True):
            draw_heatmap(check_map(map_, pixels.shape), pixels, ax=ax)
        x, y = np.reshape(np.asarray(self.places, np.float64), (-1, 2)).T
        dots: dict[str, Any] = {"ls": "", "marker": ".", "ms": 3, "mec": "black", "mew": 0.3, "color": "white"}
        for ax, name in zip(axes, ("picture", "people", "model"), strict=True):
            ax.plot(x, y, **dots)
            ax.set_title(name, fontsize=SMALL, pad=3)
        known = {measure: score for measure, score in self.scores.items() if np.isfinite(score)}
        words = [f"{MEASURES.get(measure, measure)} {score:.2f}" for measure, score in known.items()]
        height = axes[0].get_position(original=True).height * figure.get_size_inches()[1] / MILLIMETRE
        _write(figure, axes[0], "     ".join(words), 0, -height - 1.5, va="top")
        _write(figure, axes[0], self.title, 0, 4.5)


def comparison_figure(
    image: ArrayLike,
    map_: ArrayLike,
    density: ArrayLike,
    places: ArrayLike = (),
    *,
    scores: Mapping[str, float] | None = None,
    title: str = "",
) -> Figure:
    """Draw where people looked in a picture beside what a model says, with the measures under it.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The picture.
    map_ : array, shape (height, width)
        The model's map.
    density : array, shape (height, width)
        Where people looked, as `fixation_density` gives it.
    places : array, shape (n, 2)
        The fixations, x and y in pixels: dots in the picture and in both maps.
    scores : mapping of str to float, optional
        What the map scores, by measure; those that are not finite are left out.
    title : str
        What stands above.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the map or the density is none of the picture.

    Examples
    --------
    >>> picture = np.random.default_rng(0).random((60, 80, 3))
    >>> map_ = picture.mean(axis=2)
    >>> figure = comparison_figure(picture, map_, map_, [(40, 30)], scores={"cc": 1.0}, title="noise")
    >>> [ax.get_title() for ax in figure.axes]
    ['picture', 'people', 'model']
    """
    comparison = Comparison(image, map_, density, places, scores or {}, title)
    figure, (axes,) = _page([comparison.row()])
    comparison.draw(figure, axes)
    return figure


def draw_scores(
    evaluation: Evaluation,
    measure: str = "nss",
    *,
    rows: Sequence[str] | None = None,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw the mean of a measure for each model as a bar with its standard error, between floor and ceiling.

    Dashed lines continue the floor (the centre bias) and the ceiling (the agreement of people).

    Parameters
    ----------
    evaluation : Evaluation
        From `evaluate`.
    measure : str
        One of its measures, such as "nss" or "auc_shuffled".
    rows : sequence of str, optional
        The rows to draw, from top to bottom; all, the greatest first, if left out.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `barh` of the bars, such as `height`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no such measure or row.
    """
    ax = current_axes() if ax is None else ax
    shown = ranked(evaluation, measure) if rows is None else list(rows)
    means = {row: evaluation.mean(row, measure) for row in shown}
    least = WORST_AREA if measure.startswith("auc") else 0.0
    values = np.nan_to_num([mean.value for mean in means.values()], nan=least)
    colours = ["#999999" if row in (FLOOR, CEILING) else "#0072B2" for row in shown]
    options: dict[str, Any] = {"color": colours, "height": 0.7, "left": least}
    errors = np.nan_to_num([mean.error for mean in means.values()])
    style = {"error_kw": {"lw": 0.8}, "xerr": errors}
    bars = ax.barh(np.arange(len(shown)), values - least, **{**options, **style, **kwargs})
    labels = ["" if np.isnan(mean.value) else f"{mean.value:.2f}" for mean in means.values()]
    ax.bar_label(bars, labels, fontsize=SMALL - 1, padding=2)
    for row in (FLOOR, CEILING):
        if row in means and np.isfinite(means[row].value):
            ax.axvline(means[row].value, color="#555555", lw=0.7, ls="--", zorder=0)
    ax.set_yticks(np.arange(len(shown)), shown, fontsize=SMALL)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.margins(x=0.18)
    ax.tick_params(axis="x", labelsize=SMALL)
    ax.set_xlabel(MEASURES[measure], fontsize=SMALL)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def ranked(evaluation: Evaluation, measure: str = "nss") -> list[str]:
    """Give the rows of an evaluation, the greatest mean of a measure first, those without one last."""
    means = {row: evaluation.mean(row, measure).value for row in evaluation.rows}
    return sorted(means, key=lambda row: -np.inf if np.isnan(means[row]) else means[row], reverse=True)


def report_figure(evaluation: Evaluation, comparisons: Sequence[Comparison] = (), *, heading: str = "") -> Figure:
    """Draw how good models are on one page: some pictures with people beside a model, and the scores of all models.

    Parameters
    ----------
    evaluation : Evaluation
        From `evaluate`.
    comparisons : sequence of Comparison
        Pictures to show, from top to bottom.
    heading : str
        What stands above the pictures, such as the model whose maps they are.

    Returns
    -------
    Figure
    """
    order = ranked(evaluation)
    left = LETTER_MM * max(map(len, order)) + 2
    chart = _Row(len(CHARTED), 4.2 * len(order) + 2, above=8, below=9, left=left, gap=5)
    figure, axes = _page(
        [*(comparison.row(above=12 if k == 0 else 8) for k, comparison in enumerate(comparisons)), chart]
    )
    for comparison, row in zip(comparisons, axes, strict=False):
        comparison.draw(figure, row)
    if comparisons:
        _write(figure, axes[0][0], heading, 0, 9, fontsize=LARGE, weight="bold")
    for number, (measure, ax) in enumerate(zip(CHARTED, axes[-1], strict=True)):
        draw_scores(evaluation, measure, rows=order, ax=ax)
        if number:
            ax.set_yticklabels([])
    words = f"Means over {len(evaluation.pictures)} pictures, between the centre bias and the agreement of people"
    _write(figure, axes[-1][0], words, -left, 3, fontsize=LARGE, weight="bold")
    return figure


class _Side(NamedTuple):
    """Those whose statistics are drawn: people or a model."""

    name: str
    colour: str
    statistics: OculomotorStatistics


def _draw_histogram(
    ax: Axes,
    sides: Sequence[_Side],
    series: str,
    fitted: Callable[[NDArray[np.float64]], GammaFit | LogNormalFit],
    words: str,
    *,
    scale: float = 1.0,
) -> None:
    """Draw the density of a series of each side as steps, and a distribution fitted to it as a dashed line.

    `words` tell the two parameters of the distribution.
    """
    samples = [scale * side.statistics.known(series) for side in sides]
    end = max([float(np.percentile(sample, TAIL)) for sample in samples if sample.size] or [1.0]) or 1.0
    edges = np.linspace(0, end, HISTOGRAM_BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    highest = 0.0
    for side, sample in zip(sides, samples, strict=True):
        if not sample.size:
            continue
        density = np.histogram(sample, edges)[0] / (sample.size * edges[1])
        highest = max(highest, float(density.max()))
        ax.stairs(density, edges, color=side.colour, fill=True, alpha=0.25)
        ax.stairs(density, edges, color=side.colour, lw=0.7)
        fit = fitted(sample)
        if np.isfinite(fit).all():
            ax.plot(middles, fit.density(middles), color=side.colour, ls="--", lw=1.0, label=words.format(*fit))
    ax.set(xlim=(0, end), ylim=(0, 1.3 * highest or 1.0))
    _draw_legend(ax, "upper right")


def _draw_legend(ax: Axes, place: str) -> None:
    if ax.get_legend_handles_labels()[0]:
        style: dict[str, Any] = {"frameon": False, "handlelength": 1.5, "labelcolor": "linecolor", "borderpad": 0}
        ax.legend(**{"fontsize": SMALL - 1, "loc": place, **style})


def _draw_amplitudes(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_histogram(ax, sides, "amplitude_deg", gamma_fit, "gamma: shape {:.2f}, scale {:.2f} deg")
    ax.set(xlabel="amplitude (deg)", ylabel="saccades (share per deg)")


def _draw_durations(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_histogram(ax, sides, "duration", log_normal_fit, "log-normal: {1:.0f} ms, sigma {0:.2f}", scale=1000)
    ax.set(xlabel="duration of fixation (ms)", ylabel="fixations (share per ms)")


def _draw_rose(ax: Axes, sides: Sequence[_Side], series: str, edges: NDArray[np.float64]) -> None:
    """Draw the shares of angles as sectors."""
    middles, width = np.radians((edges[1:] + edges[:-1]) / 2), np.radians(np.diff(edges))
    highest = 0.0
    for side in sides:
        angles = (side.statistics.known(series) - edges[0]) % 360 + edges[0]
        shares = np.histogram(angles, edges)[0] / max(angles.size, 1)
        highest = max(highest, float(shares.max()))
        ax.bar(middles, shares, width, color=side.colour, alpha=0.25)
        ax.bar(middles, shares, width, fill=False, ec=side.colour, lw=0.7)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    ax.set_ylim(0, 1.05 * highest or 1.0)
    ax.grid(lw=0.3)


def _draw_directions(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_rose(ax, sides, "direction_deg", np.arange(-ROSE_DEG / 2, 360, ROSE_DEG))
    ax.set_xticks(np.radians(np.arange(0, 360, 45)))
    if isinstance(ax, PolarAxes):
        ax.set_rlabel_position(67.5)


def _draw_turns(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_rose(ax, sides, "turning_angle_deg", np.arange(0, 181.0, ROSE_DEG))
    ax.set(thetamin=0, thetamax=180, xticks=np.radians(np.arange(0, 181, 30)))


def _draw_main_sequence(ax: Axes, sides: Sequence[_Side]) -> None:
    """Draw the median time in flight by amplitude of each side that knows it, and the line of the textbooks."""
    farthest = 20.0
    line = np.array([0, farthest])
    ax.plot(line, 1000 * saccade_duration(line), color="#555555", ls=":", lw=1.0, label="21 ms + 2.2 ms/deg")
    for side in sides:
        amplitude, flight = side.statistics.amplitude_deg, side.statistics.saccade_duration
        known = np.isfinite(amplitude + flight)
        degrees = np.floor(amplitude[known])
        shown = [degree for degree in np.arange(farthest) if np.sum(degrees == degree) >= FEWEST]
        medians = [1000 * np.median(flight[known][degrees == degree]) for degree in shown]
        ax.plot(np.add(shown, 0.5), medians, **_dots(side))
        if not known.any():
            ax.plot([], [], color=side.colour, ls="", label=f"{side.name}: not known")
    _draw_legend(ax, "lower right")
    ax.set(xlim=(0, farthest), xlabel="amplitude (deg)", ylabel="time in flight (ms)")
    ax.set_ylim(bottom=0)


def _dots(side: _Side) -> dict[str, Any]:
    return {"color": side.colour, "marker": "o", "ms": 3, "lw": 1.0, "clip_on": False}


def _draw_durations_before_turns(ax: Axes, sides: Sequence[_Side]) -> None:
    edges = TURNING_EDGES_DEG
    middles = np.convolve(edges, (0.5, 0.5), "valid")
    for side in sides:
        before = [side.statistics.duration_before(low, high) for low, high in pairwise(edges)]
        ax.plot(middles, np.multiply(before, 1000), **_dots(side))
    ax.set(xlabel="turning angle (deg)", ylabel="fixation before it (ms)", xlim=(0, 180), xticks=edges[::2])


def _draw_by_number(ax: Axes, sides: Sequence[_Side], series: str, label: str, *, scale: float = 1.0) -> None:
    numbers = np.arange(1, NUMBERS + 1)
    for side in sides:
        ax.plot(numbers, scale * side.statistics.by_number(series), **_dots(side))
    ax.set(xlabel="number of fixation", ylabel=label, xticks=numbers, xlim=(0.5, NUMBERS + 0.5))


def _draw_durations_by_number(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_by_number(ax, sides, "duration", "duration of fixation (ms)", scale=1000)


def _draw_centre_distances(ax: Axes, sides: Sequence[_Side]) -> None:
    _draw_by_number(ax, sides, "centre_distance_deg", "distance from centre (deg)")
    ax.set_ylim(bottom=0)


def _draw_returns(ax: Axes, sides: Sequence[_Side]) -> None:
    for side in sides:
        ax.plot(LAGS, [100 * side.statistics.return_rate(lag) for lag in LAGS], **_dots(side))
    ax.set(xlabel="fixations ago", ylabel=f"back within {RETURN_DEG:g} deg (%)", xticks=LAGS)
    ax.set(xlim=(LAGS[0] - 0.5, LAGS[-1] + 0.5))
    ax.set_ylim(bottom=0)


STATISTICS: dict[str, Callable[[Axes, Sequence[_Side]], None]] = {
    "amplitude": _draw_amplitudes,
    "direction": _draw_directions,
    "turning angle": _draw_turns,
    "duration": _draw_durations,
    "main sequence": _draw_main_sequence,
    "duration before turn": _draw_durations_before_turns,
    "duration by number": _draw_durations_by_number,
    "centre bias": _draw_centre_distances,
    "returns": _draw_returns,
}
ROSES = ("direction", "turning angle")


def draw_statistic(
    statistic: str,
    people: OculomotorStatistics,
    model: OculomotorStatistics | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw one thing about how eyes move: people blue, a model beside them red.

    Parameters
    ----------
    statistic : str
        "amplitude" (dashed: gamma distribution), "direction", "turning angle" (0: straight on, 180: back), "duration"
        (dashed: log-normal distribution), "main sequence" (medians by degree; dotted: the line of the textbooks),
        "duration before turn", "duration by number", "centre bias" or "returns".
    people, model : OculomotorStatistics
        From `OculomotorStatistics.of`.
    ax : Axes
        Where to draw, polar for "direction" and "turning angle"; pyplot's current Axes if none is given.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no such statistic, or the Axes are not polar for an angle.
    """
    if statistic not in STATISTICS:
        raise ValueError(f"there is no statistic '{statistic}'; expected one of: {', '.join(STATISTICS)}")
    ax = current_axes() if ax is None else ax
    if statistic in ROSES and not isinstance(ax, PolarAxes):
        raise ValueError(f"expected polar Axes for '{statistic}', got {ax.name} ones")
    STATISTICS[statistic](ax, _sides(people, model))
    ax.tick_params(labelsize=SMALL - 1, pad=1 if statistic in ROSES else 2)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(SMALL)
    if statistic not in ROSES:
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def _sides(people: OculomotorStatistics, model: OculomotorStatistics | None) -> list[_Side]:
    return [_Side("people", PEOPLE, people), *([] if model is None else [_Side("model", MODEL, model)])]


def statistics_figure(
    people: OculomotorStatistics, model: OculomotorStatistics | None = None, *, heading: str = ""
) -> Figure:
    """Draw how people's eyes move on one page, and a model's beside them; titles tell the Wasserstein-1 distances.

    Parameters
    ----------
    people, model : OculomotorStatistics
        From `OculomotorStatistics.of`; of the same pictures, since amplitudes grow with the picture.
    heading : str
        What stands above, such as the names of the pictures and of the model.

    Returns
    -------
    Figure

    Examples
    --------
    >>> from foveation import Viewing
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> places = {"x": [100, 140, 300], "y": [50, 50, 90]}
    >>> path = Scanpath(**places, onset=[0, 1, 2], duration=[1, 1, 1], viewing=viewing, watched=3)
    >>> figure = statistics_figure(OculomotorStatistics.of([path]))
    >>> [ax.get_title() for ax in figure.axes[:3]]
    ['amplitude', 'direction', 'turning angle']
    """
    figure, axes = _page([_Row(3, 40, above=above, below=10, left=11, gap=15, widest=40) for above in (16, 8, 8)])
    boxes = [ax.get_position().bounds for row in axes for ax in row]
    figure.clear()
    apart = _distances(people, model)
    for name, box in zip(STATISTICS, boxes, strict=True):
        ax = figure.add_axes(box, projection="polar" if name in ROSES else None)
        draw_statistic(name, people, model, ax=ax).set_title(name + apart.get(name, ""), fontsize=SMALL, pad=6)
    _write(figure, figure.axes[0], heading, -11, 10, fontsize=LARGE, weight="bold")
    for side, up in zip(_sides(people, model), (12, 9), strict=False):
        words = f"{side.name} (paths: {side.statistics.paths}, fixations: {len(side.statistics)})"
        _write(figure, figure.axes[0], words, 155, up, color=side.colour, ha="right")
    return figure


def _distances(people: OculomotorStatistics, model: OculomotorStatistics | None) -> dict[str, str]:
    """Give what the titles of the distributions say about how far apart the two sides are."""
    if model is None:
        return {}
    amplitude, turn, duration, _ = compare(model, people).distances()
    of_statistic = {"amplitude": amplitude, "turning angle": turn, "duration": duration}
    digits = {"deg": 2, "ms": 0}
    return {
        name: f", W1 {distance.value:.{digits[distance.unit]}f} {distance.unit}"
        for name, distance in of_statistic.items()
        if np.isfinite(distance.value)
    }


def draw_display(display: Display, *, ax: Axes | None = None) -> Axes:
    """Draw a display with a ring around its target, if it has one, and an arrow on what moves.

    Parameters
    ----------
    display : Display
        From `search_display`, `crowded_letters` or `pop_out`.
    ax : Axes, optional
        Where to draw; by default the current one of pyplot.

    Returns
    -------
    Axes
    """
    ax = draw_picture(display.image, ax=ax, interpolation="antialiased")
    if display.target_index is not None:
        x, y, width, height = display.boxes[display.target_index].tolist()
        middle, radius = (x + width / 2, y + height / 2), float(np.hypot(width, height)) / 2
        room = 0.02 * max(display.image.shape)
        ax.add_patch(Circle(middle, radius + room, facecolor="none", edgecolor=FOUND, linewidth=1.0))
    for (x, y), item in zip(display.items.tolist(), display.drawn, strict=True):
        if any(item.velocity):
            tip = (x + ARROW_S * item.velocity[0], y - ARROW_S * item.velocity[1])
            ax.annotate("", tip, (x, y), arrowprops={"arrowstyle": "->", "color": FOUND, "mutation_scale": 6})
    return ax


def displays_figure(displays: Mapping[str, Display], trials: Mapping[str, CueingTrial] | None = None) -> Figure:
    """Draw displays on one page, their targets in rings, and below them what is seen one after the other in trials.

    Parameters
    ----------
    displays : mapping of str to Display
        By the names that stand above them.
    trials : mapping of str to CueingTrial, optional
        By the names that stand above them; each frame has its time above it.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no display.

    Examples
    --------
    >>> from saliency.displays import search_display
    >>> figure = displays_figure({"T among L": search_display("t-among-l")})
    >>> [ax.get_title() for ax in figure.axes]
    ['T among L']
    """
    if not displays:
        raise ValueError("expected at least one display, got none")
    shows = {} if trials is None else dict(trials)
    first = next(iter(displays.values())).image
    columns = min(5, len(displays))
    grid = _row_of(first.shape[0] / first.shape[1], columns, letters=22)
    films = [
        _row_of(trial.frames.shape[1] / trial.frames.shape[2], max(6, len(trial.times)), above=10)
        for trial in shows.values()
    ]
    figure, axes = _page([grid] * -(-len(displays) // columns) + films)
    panels = [ax for row in axes[: len(axes) - len(films)] for ax in row]
    for ax, (name, display) in zip(panels, displays.items(), strict=False):
        draw_display(display, ax=ax).set_title(name, fontsize=SMALL, pad=2)
    for (name, trial), row in zip(shows.items(), axes[len(axes) - len(films) :], strict=True):
        _write(figure, row[0], name, 0, 5, weight="bold")
        for ax, frame, event, time in zip(row, trial.frames, trial.events, trial.times, strict=False):
            draw_picture(frame, ax=ax, interpolation="antialiased").set_title(
                f"{event}, {1000 * time:.0f} ms", fontsize=SMALL, pad=2
            )
    for ax in [ax for ax in figure.axes if not ax.images]:
        ax.remove()
    return figure
