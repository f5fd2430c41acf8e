"""Figures that compare models by the measures of an evaluation."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from foveation import as_image
from foveation.figures import MILLIMETRE, current_axes, draw_picture
from foveation.image import OKABE_ITO
from saliency.evaluation import CEILING, FLOOR, MEASURES, Evaluation
from saliency.figures.maps import draw_heatmap
from saliency.figures.page import SMALL, Row, page_of, row_of, write_beside
from saliency.map import check_map

WORST_AREA = 0.5  # where the axis of an area under a curve begins: a map that knows nothing
CHARTED = ("nss", "auc_shuffled", "cc")  # measures of a report


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

    def row(self, above: float = 8.0) -> Row:
        """Give the row of a page that it needs."""
        height, width = np.shape(self.image)[:2]
        return row_of(height / width, 3, tallest=60, above=above, below=5)

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
        write_beside(figure, axes[0], "     ".join(words), 0, -height - 1.5, va="top")
        write_beside(figure, axes[0], self.title, 0, 4.5)


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
    figure, (axes,) = page_of([comparison.row()])
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
    colours = ["#999999" if row in (FLOOR, CEILING) else OKABE_ITO["blue"] for row in shown]
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
