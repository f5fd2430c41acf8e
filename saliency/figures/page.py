"""The page of a figure: rows and panels at fixed size in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foveation.figures import MILLIMETRE, PAGE_MM

SMALL, LARGE = 6.5, 8.0  # points of type
LETTER_MM = 1.2  # width of a letter of small type
MARGIN_MM = 2.0


@dataclass(frozen=True)
class Row:
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


def page_of(rows: Sequence[Row]) -> tuple[Figure, list[list[Axes]]]:
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


def row_of(
    aspect: float, count: int, *, tallest: float = 45.0, left: float = 0.0, letters: int = 14, **room: float
) -> Row:
    """Give a row of panels for pictures whose height is `aspect` times their width, wide enough for so many letters."""
    width = Row(count, 0, left=left).width
    height = min(max(width * aspect, 2.0), tallest)
    return Row(count, height, left=left, widest=max(height / aspect, LETTER_MM * letters), **room)


def write_beside(figure: Figure, ax: Axes, text: str, right: float, up: float, **style: Any) -> None:  # noqa: ANN401
    """Write beside a panel: so many millimetres to the right of its left edge, and above its top edge."""
    width, height = figure.get_size_inches() / MILLIMETRE
    box = ax.get_position(original=True)
    figure.text(box.x0 + right / width, box.y1 + up / height, text, **{"fontsize": SMALL, **style})


FLAT = 0.35  # height over width below which grids have rows for columns
FAINTEST = 0.25  # of the first winner's saliency: what is fainter is not circled
LONGEST = 2.0  # ... or of its longer side over this, if that is more: in a long strip the focus would be a dot
