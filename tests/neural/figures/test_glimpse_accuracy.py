"""Charts of errors by glimpse, by what was seen, and by way of looking."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pages import lines, on, words_lie_on_the_page

from neural.figures import (
    budget_figure,
    draw_accuracy,
    draw_budget,
    draw_errors_by_glimpse,
    glimpse_accuracy_figure,
)
from neural.figures.glimpse_accuracy import COUNTED


def chart():
    return Figure().subplots()


def test_errors_by_glimpse_are_means_with_their_range():
    ax = chart()
    runs = np.array([[0.4, 0.2, 0.0], [0.2, 0.1, 0.02]])
    early = {"guided": [(1.5, 0.2), (2.0, 0.15)]}
    assert draw_errors_by_glimpse({"random": [0.9, 0.8], "guided": runs}, early=early, ax=ax) is ax
    drawn = lines(ax)
    assert drawn["random"] == pytest.approx(np.array([[1, 90], [2, 80]]))
    assert drawn["guided"] == pytest.approx(np.array([[1, 30], [2, 15], [3, 1]]))
    assert drawn["guided, stops when sure"] == pytest.approx(np.array([[1.5, 20], [2, 15]]))
    heights = ax.collections[1].get_paths()[0].vertices[:, 1]
    assert (heights.max(), heights.min()) == pytest.approx((40, 0.01))
    colours = {line.get_label(): line.get_color() for line in ax.lines}
    assert colours["guided"] == colours["guided, stops when sure"] != colours["random"]


def test_levels_are_written_on_their_lines():
    ax = draw_errors_by_glimpse({"guided": [0.3, 0.1]}, levels={"chance": 0.9}, ax=chart(), lw=3)
    (level,) = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert level.get_ydata() == pytest.approx([90, 90])
    assert [(text.get_text(), text.get_position()[1]) for text in ax.texts] == [("chance", pytest.approx(90))]
    assert ax.lines[0].get_linewidth() == 3


def test_the_budget_is_in_per_cent_and_one_point_is_a_star():
    points = {"guided": [(0.04, 0.3), (0.08, 0.1)], "whole": (1.0, 0.05)}
    ax = draw_budget(points, early={"guided": [(0.05, 0.2)]}, ax=chart())
    drawn = lines(ax)
    assert drawn["guided"] == pytest.approx(np.array([[4, 30], [8, 10]]))
    assert drawn["whole"] == pytest.approx(np.array([[100, 5]]))
    assert drawn["guided, stops when sure"] == pytest.approx(np.array([[5, 20]]))
    assert [line.get_marker() for line in ax.lines[:2]] == ["o", "*"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlabel() == COUNTED["area"]
    assert draw_budget(points, counted="samples", ax=chart()).get_xlabel() == COUNTED["samples"]


def test_charts_on_pages_of_their_own_are_readable():
    names = ("guided", "saliency alone", "centre", "random")
    curves = {name: [0.5, 0.2] for name in names}
    points = {name: [(0.1, 0.5), (0.2, 0.2)] for name in names}
    for figure in (glimpse_accuracy_figure(curves, levels={"chance": 0.9}), budget_figure(points, levels={"x": 0.1})):
        assert words_lie_on_the_page(figure)
        box = figure.axes[0].get_legend().get_window_extent(FigureCanvasAgg(figure).get_renderer())
        assert on(box, figure)
        assert box.y0 > figure.axes[0].get_window_extent().y1 - 1


def test_charts_without_anything_in_them_are_refused():
    with pytest.raises(ValueError, match="at least one curve"):
        draw_errors_by_glimpse({}, ax=chart())
    with pytest.raises(ValueError, match="at least one network"):
        draw_budget({}, ax=chart())
    with pytest.raises(ValueError, match="one of area, samples; got 'time'"):
        draw_budget({"a": [(0.1, 0.1)]}, counted="time", ax=chart())
    with pytest.raises(ValueError, match=r"points of shape \(n, 2\), a cost and an error each, got \(1, 3\)"):
        draw_budget({"a": [(0.1, 0.1, 0.1)]}, ax=chart())


def test_accuracy_has_bars_numbers_and_the_range_of_chance():
    right = {"its task": np.arange(100) < 80, "random": [False] * 90 + [True] * 10}
    ax = draw_accuracy(right, levels={"chance": 0.1}, ax=chart(), color="black")
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([80, 10])
    assert [text.get_text() for text in ax.texts] == ["80 %", "10 %", "chance"]
    (ranges,) = [each for each in ax.collections if len(each.get_segments()) == 2]
    ends = [segment[:, 1].tolist() for segment in ranges.get_segments()]
    assert ends == [pytest.approx([80 - 7.84, 80 + 7.84]), pytest.approx([10 - 5.88, 10 + 5.88])]
    assert ax.patches[0].get_facecolor() == (0, 0, 0, 1)
    (level,) = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert level.get_ydata() == pytest.approx([10, 10])


def test_accuracy_needs_answers():
    for nothing in ({}, {"its task": []}):
        with pytest.raises(ValueError, match="at least one way to look"):
            draw_accuracy(nothing, ax=chart())
