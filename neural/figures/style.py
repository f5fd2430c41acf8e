"""What the figures of this package share."""

from typing import Any

from matplotlib.axes import Axes

from foveation.image import OKABE_ITO

LEAST = 1e-4  # the left edge of an axis of variances
COLOURS = tuple(OKABE_ITO[name] for name in ("blue", "vermillion", "green", "purple", "black", "sky blue"))
SMALL = 6.5  # points of type


def dress(ax: Axes, x: str, y: str, **legend: Any) -> None:  # noqa: ANN401
    """Name the axes of a chart, and its lines if they have names."""
    ax.set_xlabel(x, fontsize=7)
    ax.set_ylabel(y, fontsize=7)
    ax.tick_params(labelsize=6, which="both")
    ax.grid(alpha=0.3, lw=0.4)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(fontsize=6, framealpha=0.9, edgecolor="none", **legend)
