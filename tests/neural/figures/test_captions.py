"""Figures of captions: each word with the place that was attended."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pages import all_lies_on_the_page, boxes_of, texts

from neural.figures.alignment import (
    NOTHING,
)
from neural.figures.captions import caption_figure, draw_attention
from neural.films.caption_film import COVER, caption_film

GREY = np.full((64, 96, 3), 0.5)


PAGE_INCHES = 170 / 25.4


class Captioned(NamedTuple):
    """What a caption has to have."""

    words: list
    weights: np.ndarray


def shares(rng, *shape):
    """Weights that sum to 1 over the last axis."""
    drawn = np.random.default_rng(rng).random(shape) ** 4
    return drawn / drawn.sum(axis=-1, keepdims=True)


def maps_at(cells, rows, columns):
    """One-hot maps (n, rows, columns)."""
    maps = np.zeros((len(cells), rows, columns))
    for number, (row, column) in enumerate(cells):
        maps[number, row, column] = 1
    return maps


def blurred(cells, rows, columns):
    """Maps with a hill around each cell, of weights that sum to 1."""
    y, x = np.mgrid[:rows, :columns]
    hills = np.array([np.exp(-((y - row) ** 2 + (x - column) ** 2)) for row, column in cells])
    return hills / hills.sum(axis=(1, 2), keepdims=True)


# Captions


@settings(deadline=None, max_examples=10)
@given(words=st.integers(1, 8), rows=st.integers(2, 6), columns=st.integers(2, 6), seed=st.integers(0, 99))
def test_each_panel_has_a_word_for_title_and_its_weights_over_the_whole_picture(words, rows, columns, seed):
    weights = shares(seed, words + 1, rows * columns).reshape(-1, rows, columns)
    said = [f"word{k}" for k in range(words)]
    picture, *panels, key = caption_figure(GREY, Captioned([*said, ""], weights)).axes
    assert [ax.get_title() for ax in (picture, *panels)] == ["picture", *said]
    assert len(picture.images) == 1
    for ax, map_ in zip(panels, weights, strict=False):
        below, above = ax.images
        assert np.array_equal(np.asarray(above.get_array()), map_)
        assert above.get_clim() == (0, weights[:words].max())
        assert list(above.get_extent()) == list(below.get_extent()) == [-0.5, 95.5, 63.5, -0.5]
        assert np.asarray(above.get_alpha()) == pytest.approx(COVER * np.sqrt(map_ / weights[:words].max()))
    assert "attention to a cell (all sum to 1)" in texts(key.texts)


def test_the_brightest_place_of_a_panel_is_in_the_cell_of_the_greatest_weight():
    for row, column in ((0, 0), (2, 4), (3, 1)):
        figure = Figure(figsize=(2, 2 * 64 / 96))
        ax = figure.add_axes((0, 0, 1, 1))
        draw_attention(blurred([(row, column)], 4, 6)[0], np.zeros((64, 96, 3)), ax=ax)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        light = np.asarray(canvas.buffer_rgba())[..., :3].sum(axis=2)
        y, x = np.argwhere(light == light.max()).mean(axis=0)
        assert (int(4 * y / light.shape[0]), int(6 * x / light.shape[1])) == (row, column)


def test_in_the_middle_of_a_cell_the_panel_has_the_colour_of_its_weight():
    weights = np.array([[0.5, 0.0, 0.1], [0.05, 0.3, 0.05]])
    figure = Figure(figsize=(3, 2), dpi=101)
    ax = figure.add_axes((0, 0, 1, 1))
    draw_attention(weights, np.zeros((60, 90, 3)), ax=ax)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shown = np.asarray(canvas.buffer_rgba())[50::101, 50::101, :3]
    heat = np.sqrt(weights / 0.5)
    expected = COVER * heat[..., np.newaxis] * colormaps["inferno"](heat)[..., :3]
    assert shown / 255 == pytest.approx(expected, abs=0.02)


def test_hard_attention_is_a_frame_around_the_chosen_cell():
    cells = [(0, 0), (3, 5), (2, 1)]
    figure = caption_figure(GREY, Captioned(["a", "red", "disc"], maps_at(cells, 4, 6)))
    _, *panels, key = figure.axes
    for ax, (row, column) in zip(panels, cells, strict=True):
        (frame,) = ax.patches
        assert len(ax.images) == 1
        assert frame.get_xy() == (column * 16 - 0.5, row * 16 - 0.5)
        assert (frame.get_width(), frame.get_height()) == (16, 16)
    assert texts(key.texts) == ["frame: the place chosen for the word"]


def test_objects_are_framed_in_the_picture_and_in_the_panels_of_their_words():
    boxes = [[1.5, 2.5, 10.5, 12.5], [30, 20, 50, 44]]
    said = Captioned(["a", "disc", "cross", ""], blurred([(0, 0)] * 4, 4, 4))
    picture, *panels, _ = caption_figure(GREY, said, boxes=boxes, named=[-1, 0, 1]).axes
    framed = [[(*box.get_xy(), box.get_width(), box.get_height()) for box in ax.patches] for ax in (picture, *panels)]
    first, second = (1.5, 2.5, 9, 10), (30, 20, 20, 24)
    assert framed == [[first, second], [], [first], [second]]


@pytest.mark.parametrize(("words", "shape"), [(1, (64, 64)), (5, (60, 120)), (16, (120, 60)), (24, (64, 64))])
def test_captions_of_any_length_are_on_the_page_and_titles_keep_apart(words, shape):
    said = Captioned(["photographer", *["disc"] * (words - 1)], blurred([(1, 1)] * words, 4, 4))
    figure = caption_figure(np.full((*shape, 3), 0.5), said)
    assert len(figure.axes) == words + 2
    assert all_lies_on_the_page(figure)
    lying = [box for text, box in boxes_of(figure).items() if text.get_text() in ("photographer", "disc")]
    assert not any(one.overlaps(other) for k, one in enumerate(lying) for other in lying[:k])
    assert figure.get_size_inches()[0] <= PAGE_INCHES + 1e-9


def test_a_caption_without_attention_shows_the_picture_and_says_so():
    figure = caption_figure(GREY, Captioned(["disc", ""], np.zeros((2, 4, 4))))
    picture, panel, key = figure.axes
    assert np.array_equal(np.asarray(panel.images[0].get_array()), np.asarray(picture.images[0].get_array()))
    assert texts(key.texts) == [NOTHING]


def test_captions_that_are_none_are_refused():
    good = blurred([(0, 0), (1, 1)], 3, 3)
    with pytest.raises(ValueError, match=r"a map for each of 3 words, got weights of \(2, 3, 3\)"):
        caption_figure(GREY, Captioned(["a", "b", ""], good))
    with pytest.raises(ValueError, match="at least one word, got none"):
        caption_film(GREY, Captioned(["", ""], good))
    with pytest.raises(ValueError, match="finite and not negative"):
        caption_film(GREY, Captioned(["a", "b"], -good))
    with pytest.raises(ValueError, match=r"boxes of shape \(k, 4\): left, top, right, bottom; got shape \(4,\)"):
        caption_figure(GREY, Captioned(["a", "b"], good), boxes=[0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"an object, or -1, for each of the 2 words, got shape \(1,\)"):
        caption_figure(GREY, Captioned(["a", "b"], good), named=[-1])
    with pytest.raises(ValueError, match="objects from -1 to 0, got 0 to 1"):
        caption_figure(GREY, Captioned(["a", "b"], good), boxes=[[0, 0, 1, 1]], named=[0, 1])
