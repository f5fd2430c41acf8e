"""Charts of sequence models: scores by length, influence, learning curves."""

from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from pages import all_lies_on_the_page, texts

from foveation.figures import save_figure
from neural.figures.alignment import (
    BOTTLENECK,
    alignment_figure,
)
from neural.figures.captions import caption_figure
from neural.figures.sequences import draw_by_length, draw_influence, influence_figure, learning_figure, length_figure

GREY = np.full((64, 96, 3), 0.5)


class Translated(NamedTuple):
    """What a translation has to have."""

    source: list
    target: list
    weights: np.ndarray


class Captioned(NamedTuple):
    """What a caption has to have."""

    words: list
    weights: np.ndarray


def blurred(cells, rows, columns):
    """Maps with a hill around each cell, of weights that sum to 1."""
    y, x = np.mgrid[:rows, :columns]
    hills = np.array([np.exp(-((y - row) ** 2 + (x - column) ** 2)) for row, column in cells])
    return hills / hills.sum(axis=(1, 2), keepdims=True)


# Charts


def test_scores_by_length_are_means_with_their_range():
    runs = np.array([[1.0, 0.9, 0.8], [0.9, 0.5, 0.2]])
    scores = {"attention": runs, "one vector": [0.9, 0.1, 0.0]}
    ax = draw_by_length(scores, [1, 2, 4], learned=(1, 2), levels={"chance": [0.3, 0.2, 0.1]}, ax=Figure().subplots())
    drawn = {line.get_label(): line.get_xydata() for line in ax.lines}
    assert drawn["attention"] == pytest.approx(np.column_stack([[1, 2, 4], runs.mean(axis=0)]))
    assert drawn["one vector"] == pytest.approx(np.array([[1, 0.9], [2, 0.1], [4, 0]]))
    heights = ax.collections[0].get_paths()[0].vertices
    for length, low, high in zip([1, 2, 4], runs.min(axis=0), runs.max(axis=0), strict=True):
        at = heights[heights[:, 0] == length, 1]
        assert (at.min(), at.max()) == pytest.approx((low, high))
    assert "lengths learned from" in texts(ax.get_legend().get_texts())
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert dotted[0].get_ydata().tolist() == [0.3, 0.2, 0.1]
    assert texts(ax.texts) == ["chance"]


def test_bands_of_lengths_stand_side_by_side_and_the_heading_tells_the_bottleneck():
    figure = length_figure({"attention": [31, 30], "one vector": [20, 9]}, ["1-9", "10 and more"], measure="BLEU")
    (ax,) = figure.axes
    assert ax.get_title() == BOTTLENECK
    assert ax.get_ylabel() == "BLEU"
    assert texts(ax.get_xticklabels()) == ["1-9", "10 and more"]
    assert ax.get_ylim()[0] == 0
    assert all_lies_on_the_page(figure)


def test_influence_is_drawn_as_bars_beside_chance():
    runs = np.array([[0.9, 0.8], [0.7, 0.6], [0.8, 0.7]])
    figure = influence_figure({"attention": runs, "one vector": [0.5, 0.3]}, [2, 4], chance=[0.5, 0.25])
    (ax,) = figure.axes
    bars = ax.patches
    assert [bar.get_height() for bar in bars] == pytest.approx([0.8, 0.7, 0.5, 0.3])
    middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
    assert middles[0] < 0 < middles[2] < middles[1] < 1 < middles[3]
    (levels,) = ax.collections
    assert [segment[0][1] for segment in levels.get_segments()] == [0.5, 0.25]
    for segment, groups in zip(levels.get_segments(), (middles[::2], middles[1::2]), strict=True):
        assert segment[0][0] < min(groups) < max(groups) < segment[1][0]
    (dots,) = ax.lines
    assert sorted(dots.get_ydata()) == sorted(runs.ravel())
    assert texts(ax.get_xticklabels()) == ["2", "4"]
    assert all_lies_on_the_page(figure)


def test_learning_curves_may_be_of_several_seeds_and_lengths():
    runs = np.array([[2.0, 1.0, 0.5], [3.0, 2.0, 1.5]])
    (ax,) = learning_figure({"attention": runs, "one vector": [2.5, 2.0]}).axes
    first, second = ax.lines
    assert first.get_xydata() == pytest.approx(np.array([[1, 2.5], [2, 1.5], [3, 1]]))
    assert second.get_xydata() == pytest.approx(np.array([[1, 2.5], [2, 2]]))
    bands = [to_hex(band.get_facecolor()[0]) for band in ax.collections]
    assert bands == [to_hex(line.get_color()) for line in ax.lines]
    assert bands[0] != bands[1]


def test_charts_of_nothing_are_refused():
    for draw in (lambda: length_figure({}, [1]), lambda: influence_figure({}, [1], chance=1)):
        with pytest.raises(ValueError, match="scores of at least one model, got none"):
            draw()
    with pytest.raises(ValueError, match="curve of at least one model, got none"):
        learning_figure({})
    with pytest.raises(ValueError, match="scores of 'a'"):
        learning_figure({"a": []})
    with pytest.raises(ValueError, match=r"expected 2 scores of 'a', or \(seeds, 2\), got shape \(1, 3\)"):
        draw_by_length({"a": [1, 2, 3]}, [1, 2])
    with pytest.raises(ValueError, match=r"shares from 0 to 1, got 0\.5 to 1\.5 of 'a'"):
        draw_influence({"a": [0.5, 1.5]}, [1, 2], chance=1)


def test_figures_can_be_written(tmp_path):
    save_figure(caption_figure(GREY, Captioned(["$a$", "_b"], blurred([(1, 1), (2, 2)], 4, 4))), tmp_path / "a.png")
    save_figure(alignment_figure(Translated(["a"], [""], np.ones((1, 1)))), tmp_path / "b.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.svg"]
