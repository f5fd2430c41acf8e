"""Figures of the observer, of attention, of networks, and of the laboratory."""

from neural.figures.attention import estimators_figure, readouts_figure, structure_figure
from neural.figures.laboratory import (
    cueing_figure,
    draw_cueing,
    draw_orienting,
    draw_search_errors,
    draw_slopes,
    performance_figure,
    search_photo_figure,
    slopes_figure,
)
from neural.figures.networks import (
    budget_figure,
    draw_accuracy,
    draw_budget,
    draw_errors_by_glimpse,
    draw_gains,
    glimpse_accuracy_figure,
    glimpses_figure,
    paths_figure,
    search_figure,
    training_figure,
)
from neural.figures.observer import COLUMNS, draw_between, glance_strip, observers_figure
from neural.figures.reading import draw_reading, draw_span, reading_figure

__all__ = [
    "COLUMNS",
    "budget_figure",
    "cueing_figure",
    "draw_accuracy",
    "draw_between",
    "draw_budget",
    "draw_cueing",
    "draw_errors_by_glimpse",
    "draw_gains",
    "draw_orienting",
    "draw_reading",
    "draw_search_errors",
    "draw_slopes",
    "draw_span",
    "estimators_figure",
    "glance_strip",
    "glimpse_accuracy_figure",
    "glimpses_figure",
    "observers_figure",
    "paths_figure",
    "performance_figure",
    "reading_figure",
    "readouts_figure",
    "search_figure",
    "search_photo_figure",
    "slopes_figure",
    "structure_figure",
    "training_figure",
]
