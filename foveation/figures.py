"""Figures of the eye: each function draws on the Axes it is given and returns it; what every figure shares is here."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke
from numpy.typing import ArrayLike, NDArray

from foveation.acuity import Acuity
from foveation.cortex import CorticalImage, cortical_view
from foveation.files import FIGURE_ENDINGS, check_output, written_whole
from foveation.image import OKABE_ITO, as_image, opaque, shrunk
from foveation.retina import blur_levels, foveate
from foveation.viewing import Viewing

MILLIMETRE = 1 / 25.4  # of an inch
PAGE_MM = 170.0
PRINTABLE_PX = 2000
OUTLINE: list[AbstractPathEffect] = [withStroke(linewidth=2.2, foreground="black")]


def current_axes() -> Axes:
    """Give the Axes that pyplot would draw on."""
    from matplotlib import pyplot

    return pyplot.gca()


def picture_figure(shape: tuple[int, ...], *, width_mm: float = PAGE_MM) -> tuple[Figure, Axes]:
    """Give a figure, and one Axes in it, for a picture of `shape` (height, width, ...), without pyplot.

    Examples
    --------
    >>> figure, axes = picture_figure((480, 640), width_mm=85)
    >>> (figure.get_size_inches() * 25.4).round()
    array([85., 74.])
    """
    height, width = shape[:2]
    height_mm = min(width_mm * height / width, 1.6 * width_mm) + 10
    figure = Figure(figsize=(width_mm * MILLIMETRE, height_mm * MILLIMETRE), layout="constrained")
    return figure, figure.add_subplot()


def page_figure(width_mm: float, height_mm: float, *, columns: int = 1) -> tuple[Figure, Any]:
    """Give a figure of this size in print, and the Axes in it (one, or an array of `columns`), without pyplot."""
    figure = Figure(figsize=(width_mm * MILLIMETRE, height_mm * MILLIMETRE), layout="constrained")
    return figure, figure.subplots(1, columns)


def draw_picture(image: ArrayLike, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Show a picture, pixel centres at whole numbers, origin at the top left; `kwargs` go to `imshow`."""
    ax = current_axes() if ax is None else ax
    height, width = np.shape(image)[:2]
    options = {"origin": "upper", "interpolation": "nearest", "extent": (-0.5, width - 0.5, height - 0.5, -0.5)}
    ax.imshow(as_image(printable(opaque(image))), **{**options, **kwargs})
    ax.set_axis_off()
    return ax


def printable(values: NDArray[Any]) -> NDArray[Any]:
    """Reduce a picture or map to what a page can show: a large one would take minutes to draw."""
    return shrunk(values, PRINTABLE_PX)


def draw_acuity(
    laws: Mapping[str, Acuity],
    points: Mapping[str, ArrayLike] | None = None,
    *,
    farthest_deg: float = 40.0,
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw the finest visible grating by eccentricity, a line a law, and measured values as points.

    Parameters
    ----------
    laws : mapping of str to Acuity
        Laws by name; one whose meridians differ gets a line for right, up, left and down.
    points : mapping of str to array, shape (n, 2)
        Eccentricity in degrees and cut-off in cycles per degree, by the law's name: data, or what
        `foveation.retina.measured_cutoff_cpd` finds in the real output.
    farthest_deg : float
        Where the axis ends, in degrees, above 0.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `plot` of the lines.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    eccentricity = np.linspace(0, farthest_deg, 400)
    for (name, law), colour in zip(laws.items(), OKABE_ITO.values(), strict=False):
        sides = {"": 0} if law.isotropic else {" right": 0, " up": 90, " left": 180, " down": 270}
        for (side, direction), style in zip(sides.items(), ("-", "--", "-.", ":"), strict=False):
            cutoff = law.cutoff_cpd(eccentricity, direction)
            ax.plot(eccentricity, cutoff, **{"color": colour, "ls": style, "lw": 1.3, "label": name + side, **kwargs})
        if points is not None and name in points:
            at, seen = np.asarray(points[name], np.float64).T
            ax.plot(at, seen, "o", color=colour, ms=4, mfc="white", label=f"{name}, measured")
    ax.set(
        xlabel="eccentricity (deg)", ylabel="finest visible grating (cycles/deg)", yscale="log", xlim=(0, farthest_deg)
    )
    ax.grid(alpha=0.3, which="both", lw=0.4)
    ax.legend(fontsize=6, framealpha=1, edgecolor="none")
    return ax


def draw_fovea(
    gaze: ArrayLike,
    viewing: Viewing,
    *,
    acuity: Acuity | None = None,
    rings_deg: tuple[float, ...] = (2, 5, 10, 20),
    ax: Axes | None = None,
    **kwargs: Any,  # noqa: ANN401
) -> Axes:
    """Draw into a picture where the eye sees all its detail (solid) and circles of eccentricity (dashed, in degrees).

    Circles are those of the exact angle, so they widen away from the middle of the screen.

    Parameters
    ----------
    gaze : array, shape (2,)
        Where the eye looks, (x, y) in pixels.
    viewing : Viewing
        Geometry, in the pixels of the picture.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given.
    rings_deg : tuple of float
        Eccentricities to mark, in degrees.
    ax : Axes
        Where to draw; pyplot's current Axes if none is given.
    **kwargs
        Passed to the `contour` of the rings, such as `colors`.

    Returns
    -------
    Axes
    """
    ax = current_axes() if ax is None else ax
    step = max(1, max(viewing.screen_px) // 400)
    x, y = (np.arange(0, side, step) for side in viewing.screen_px)
    places = np.stack(np.meshgrid(x, y), axis=-1)
    eccentricity = viewing.angle_deg(gaze, places)
    levels = blur_levels(gaze, viewing, acuity=acuity)[::step, ::step]
    shown = [ring for ring in rings_deg if eccentricity.min() < ring < eccentricity.max()]
    if shown:
        options = {"levels": shown, "colors": "white", "linestyles": "dashed", "linewidths": 0.8, **kwargs}
        rings = ax.contour(x, y, eccentricity, **options)
        for label in ax.clabel(rings, fmt="%g deg", fontsize=6):
            label.set_path_effects(OUTLINE)
    if levels.min() <= 0 < levels.max():
        ax.contour(x, y, levels, levels=[1e-3], colors="white", linewidths=1.4)
    horizontal, vertical = np.asarray(gaze, np.float64)
    ax.plot(horizontal, vertical, "+", color="white", ms=8, mew=1.5, path_effects=OUTLINE)
    return ax


def draw_cortex(cortex: CorticalImage, *, ax: Axes | None = None, **kwargs: Any) -> Axes:  # noqa: ANN401
    """Show a picture as primary visual cortex has it, with a bar of 10 mm; `kwargs` go to `imshow`."""
    ax = current_axes() if ax is None else ax
    draw_picture(cortex.pixels, ax=ax, **kwargs)
    height, width = cortex.pixels.shape[:2]
    length = 10 / cortex.mm_per_pixel
    left, bottom = (width - length) / 2, 0.97 * height  # the hemispheres leave room there
    ax.plot([left, left + length], [bottom, bottom], color="black", lw=2, solid_capstyle="butt")
    ax.text(left + length / 2, bottom - 0.015 * height, "10 mm", ha="center", va="bottom", fontsize=7)
    return ax


def seeing_figure(
    image: ArrayLike,
    gaze: ArrayLike,
    viewing: Viewing,
    *,
    acuity: Acuity | None = None,
    cortex: bool = False,
    **options: Any,  # noqa: ANN401
) -> Figure:
    """Draw, side by side, what you look at and what the eye sends; and, if asked, what the cortex makes of it.

    Parameters
    ----------
    image : array, shape (height, width, 3)
        The picture.
    gaze : array, shape (2,)
        Where the eye looks, (x, y) in pixels.
    viewing : Viewing
        Geometry, as for `foveate`.
    acuity : Acuity
        Law of acuity; `GeislerPerry()` if none is given. One of a `strength` other than 1 is named in the title.
    cortex : bool
        Whether to add the cortical view.
    **options
        Passed to `foveate`, such as `resolution`.

    Returns
    -------
    Figure
    """
    height, width = np.shape(image)[:2]
    aspect = height / width
    rows: Any = [["look", "sent"]]
    shares = [0.5 * aspect]
    if cortex:
        rows.append(["cortex", "cortex"])
        shares.append(0.42)
    figure = Figure(figsize=(PAGE_MM * MILLIMETRE, (PAGE_MM * sum(shares) + 12) * MILLIMETRE), layout="constrained")
    axes = figure.subplot_mosaic(rows, height_ratios=shares)
    whole = viewing.of_picture((height, width))
    draw_picture(image, ax=axes["look"]).set_title("what you look at", fontsize=8)
    draw_fovea(gaze, whole, acuity=acuity, ax=axes["look"])
    draw_scale_bar(whole, axes["look"])
    strength = getattr(acuity, "strength", 1.0)
    title = "what the eye sends" if strength == 1 else f"what the eye sends, exaggerated {strength:g} times"
    draw_picture(foveate(image, gaze, viewing, acuity=acuity, **options), ax=axes["sent"]).set_title(title, fontsize=8)
    if cortex:
        reach = float(whole.angle_deg(gaze, [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]).max())
        view = cortical_view(image, gaze, viewing, mm_per_pixel=0.15, reach_deg=min(reach, 80.0))
        draw_cortex(view, ax=axes["cortex"]).set_title("what the visual cortex has", fontsize=8)
    return figure


def draw_scale_bar(viewing: Viewing, ax: Axes) -> None:
    """Draw a bar of a round number of degrees, about a sixth of the picture, into the lower left corner."""
    width, height = viewing.screen_px
    wanted = width / viewing.pixels_per_degree / 6
    rounds = [base * 10.0**power for power in range(-3, 3) for base in (1, 2, 5)]
    degrees = min(rounds, key=lambda candidate: abs(np.log(candidate / wanted)))
    left, bottom = 0.03 * width, height - 0.04 * height
    right = left + degrees * viewing.pixels_per_degree
    ax.plot([left, right], [bottom, bottom], color="white", lw=2, solid_capstyle="butt", path_effects=OUTLINE, zorder=6)
    label = f"{degrees:g} deg"
    style = {"ha": "center", "va": "bottom", "color": "white", "fontsize": 7, "path_effects": OUTLINE, "zorder": 6}
    ax.text((left + right) / 2, bottom - 0.012 * height, label, **style)  # type: ignore[arg-type]


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure as .png, .svg or .pdf, whole or not at all; the same figure gives the same bytes.

    Raises
    ------
    ValueError
        If the ending is another.
    OSError
        If the folder is missing or closed to us.
    """
    path = check_output(path, FIGURE_ENDINGS)
    suffix = path.suffix.lower()
    metadata = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(suffix)
    content = BytesIO()  # not the file: a full disk leaves the writer of PDF in pieces
    with mpl.rc_context({"svg.hashsalt": "foveal", "svg.fonttype": "none", "pdf.fonttype": 42}):
        figure.savefig(content, dpi=200, format=suffix.removeprefix("."), metadata=metadata)
    with written_whole(path) as draft:
        draft.write_bytes(content.getvalue())
