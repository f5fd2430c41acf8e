"""Figures of sequences and the film of a caption show the weights that they are given, in order, where they belong."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from foveation import read_video, write_video
from foveation.figures import save_figure
from neural.figures.alignment import (
    BOTTLENECK,
    LINK,
    NOTHING,
    SMALLEST_CELL_MM,
    alignment_figure,
    draw_alignment,
    entropies,
)
from neural.figures.captions import caption_figure, draw_attention
from neural.figures.sequences import draw_by_length, draw_influence, influence_figure, learning_figure, length_figure
from neural.films.caption_film import COVER, Spoken, _Sheet, caption_film
from neural.films.paint import TITLE

END, SPACE = "\N{END OF PROOF}", "\N{OPEN BOX}"
GREY = np.full((64, 96, 3), 0.5)
PAGE_INCHES = 170 / 25.4


class Translated(NamedTuple):
    """What a translation has to have."""

    source: list
    target: list
    weights: np.ndarray


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


def texts(labels):
    return [label.get_text() for label in labels]


def between(value, ends):
    return min(ends) <= value <= max(ends)


def boxes_of(figure):
    """Where each text of a figure stands, in dots of the page."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    written = [*figure.texts]
    for ax in figure.axes:
        written += [ax.title, *ax.texts]
        if ax.axison:
            written += [ax.xaxis.label, ax.yaxis.label]
            written += [each for each in ax.get_xticklabels() if between(each.get_position()[0], ax.get_xlim())]
            written += [each for each in ax.get_yticklabels() if between(each.get_position()[1], ax.get_ylim())]
    return {text: text.get_window_extent(canvas.get_renderer()) for text in written if text.get_text()}


def all_lies_on_the_page(figure):
    width, height = figure.bbox.size
    lying = boxes_of(figure)
    return all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in lying.values())


def labels_keep_apart(ax):
    """Whether no label of an axis covers another."""
    lying = boxes_of(ax.figure)
    for side in (ax.get_xticklabels(), ax.get_yticklabels()):
        found = [lying[label] for label in side if label in lying]
        if any(one.overlaps(other) for one, other in pairwise(found)):
            return False
    return True


# Alignments


@settings(deadline=None, max_examples=15)
@given(rows=st.integers(1, 9), columns=st.integers(1, 9), seed=st.integers(0, 99))
def test_the_cells_of_an_alignment_are_its_weights_and_the_labels_its_pieces_in_order(rows, columns, seed):
    weights = shares(seed, rows, columns)
    source, target = [f"s{k}" for k in range(columns)], [f"t{k}" for k in range(rows)]
    ax = alignment_figure(Translated(source, target, weights)).axes[0]
    assert np.array_equal(np.asarray(ax.images[0].get_array()), weights)
    assert ax.images[0].get_clim() == (0, weights.max())
    assert texts(ax.get_xticklabels()) == source
    assert texts(ax.get_yticklabels()) == target
    assert ax.get_xlim() == (-0.5, columns - 0.5)
    assert ax.get_ylim() == (rows - 0.5, -0.5)  # the first piece above


def test_the_end_and_a_space_have_signs_and_a_dollar_is_no_formula():
    ax = draw_alignment(np.ones((2, 4)), ["5$", " ", "x" * 40, "$x$"], ["", "a_b$"], ax=Figure().subplots())
    assert texts(ax.get_xticklabels()) == ["5$", SPACE, "x" * 25 + "…", "$x$"]
    assert texts(ax.get_yticklabels()) == [END, "a_b$"]
    assert not any(label.get_parse_math() for label in (*ax.get_xticklabels(), *ax.get_yticklabels()))


def test_single_characters_stand_upright_and_words_on_end():
    for source, turned in (("abc", 0), (["ab", "c", "d"], 90)):
        ax = draw_alignment(np.ones((1, 3)), list(source), ["a"], ax=Figure().subplots())
        assert {label.get_rotation() for label in ax.get_xticklabels()} == {turned}


def test_links_are_frames_around_their_pieces():
    said = Translated(list("3 may"), list("05-03"), shares(0, 5, 5))
    figure = alignment_figure(said, links=[((2, 5), (0, 2)), ((0, 1), (3, 5))])
    frames = [(box.get_xy(), box.get_width(), box.get_height()) for box in figure.axes[0].patches]
    assert frames == [((1.5, -0.5), 3, 2), ((-0.5, 2.5), 1, 2)]
    assert {to_hex(box.get_edgecolor()).upper() for box in figure.axes[0].patches} == {LINK}
    assert "belong together" in texts(figure.axes[-1].texts)
    assert "belong together" not in texts(alignment_figure(said).axes[-1].texts)


def test_bars_beside_the_rows_are_their_entropies_and_what_is_given():
    weights = np.array([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]])
    said = Translated(list("abcd"), ["x", ""], weights)
    figure = alignment_figure(said, entropy=True, beside={"log p": [-0.5, -2.0]})
    _, entropy, logs, _ = figure.axes
    assert [bar.get_width() for bar in entropy.patches] == pytest.approx([0, np.log(4)])
    assert [bar.get_width() for bar in logs.patches] == [-0.5, -2]
    assert (entropy.get_title(), logs.get_title()) == ("entropy (nats)", "log p")
    assert entropy.get_ylim() == figure.axes[0].get_ylim()


@settings(deadline=None, max_examples=25)
@given(count=st.integers(1, 30), shown=st.integers(1, 30))
def test_the_entropy_of_n_even_weights_is_log_n_whatever_else_is_0(count, shown):
    weights = np.zeros(count + shown)
    weights[:count] = 1 / count
    assert entropies(weights) == pytest.approx(np.log(count), abs=1e-12)


@pytest.mark.parametrize(("columns", "rows"), [(70, 44), (1, 1), (25, 25), (140, 20)])
def test_characters_can_be_read_at_any_length(columns, rows):
    source, target = ([*("tuesday 3 may 1983, " * 8)[: count - 1], ""] for count in (columns, rows))
    figure = alignment_figure(Translated(source, target, shares(1, rows, columns)), entropy=True, heading="a list")
    ax = figure.axes[0]
    assert all_lies_on_the_page(figure)
    assert labels_keep_apart(ax)
    cell_mm = ax.get_position().width * figure.get_size_inches()[0] * 25.4 / columns
    assert cell_mm >= SMALLEST_CELL_MM - 1e-9
    assert cell_mm == pytest.approx(ax.get_position().height * figure.get_size_inches()[1] * 25.4 / rows)
    assert ax.get_xticklabels()[0].get_size() >= 4.5
    if columns <= 70:
        assert figure.get_size_inches()[0] <= PAGE_INCHES + 1e-9


def test_words_can_be_read_and_are_on_the_page():
    source = ["ein", "kleiner", "hund", "auf", "der", "donaudampfschifffahrtsgesellschaft", "und", "sonst", "nichts"]
    target = ["a", "small", "dog", "on", "the", "<unknown>", "and", "nothing", "else", "."]
    said = Translated([*source, ""], [*target, ""], shares(2, len(target) + 1, len(source) + 1))
    figure = alignment_figure(said, entropy=True, links=[((0, 1), (0, 1))], heading="a dog")
    assert all_lies_on_the_page(figure)
    assert labels_keep_apart(figure.axes[0])


def test_the_key_says_what_the_colours_mean_and_their_greatest_value():
    weights = np.array([[0.75, 0.25]])
    key = alignment_figure(Translated(["a", "b"], ["c"], weights), meaning="share of the gradient").axes[-1]
    assert "share of the gradient" in texts(key.texts)
    assert texts(key.get_xticklabels()) == ["0", "0.38", "0.75"]


def test_without_attention_the_figure_says_so():
    figure = alignment_figure(Translated(["a", ""], ["b", ""], np.zeros((2, 2))), entropy=True)
    assert NOTHING in texts(figure.axes[-1].texts)
    assert figure.axes[0].images[0].get_clim() == (0, 1)


def test_an_alignment_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"expected weights of 2 target x 3 source pieces, got shape \(3, 2\)"):
        draw_alignment(np.ones((3, 2)), ["a", "b", "c"], ["d", "e"])
    with pytest.raises(ValueError, match=r"expected weights of 0 target x 1 source pieces"):
        alignment_figure(Translated(["a"], [], np.zeros((0, 1))))
    for wrong in (np.nan, -0.1):
        with pytest.raises(ValueError, match="finite and not negative"):
            draw_alignment([[wrong]], ["a"], ["b"])
    with pytest.raises(ValueError, match=r"links within 1 source and 1 target pieces, got \(\(0, 2\), \(0, 1\)\)"):
        draw_alignment([[1.0]], ["a"], ["b"], links=[((0, 2), (0, 1))], ax=Figure().subplots())
    with pytest.raises(ValueError, match=r"expected 'log p' for each of the 1 target pieces, got \(2,\)"):
        alignment_figure(Translated(["a"], ["b"], np.ones((1, 1))), beside={"log p": [0, 0]})


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


def test_figures_can_be_written(tmp_path):
    save_figure(caption_figure(GREY, Captioned(["$a$", "_b"], blurred([(1, 1), (2, 2)], 4, 4))), tmp_path / "a.png")
    save_figure(alignment_figure(Translated(["a"], [""], np.ones((1, 1)))), tmp_path / "b.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.svg"]


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


# The film


CELLS = [(0, 0), (2, 3), (1, 5), (3, 2)]
SOFT = Captioned(["a", "red", "disc", "there", ""], blurred([*CELLS, (0, 5)], 4, 6))
HARD = Captioned(SOFT.words, maps_at([*CELLS, (0, 5)], 4, 6))
BLACK = np.zeros((64, 96, 3))


def seen(image, sheet):
    """The part of a frame in which the picture stands."""
    top, left = sheet.corner
    return image[top : top + sheet.size[0], left : left + sheet.size[1]].astype(float)


def brightest(image, sheet):
    """Row and column, in cells of 4 x 6, of the brightest place of the picture."""
    light = seen(image, sheet).sum(axis=2)
    y, x = np.argwhere(light == light.max()).mean(axis=0)
    return (y + 0.5) / sheet.size[0] * 4 - 0.5, (x + 0.5) / sheet.size[1] * 6 - 0.5


@settings(deadline=None, max_examples=8)
@given(fps=st.sampled_from([5, 10, 12.5]), seconds=st.sampled_from([0.4, 0.8, 1.0]), words=st.integers(1, 4))
def test_a_film_lasts_as_long_as_its_words_and_two_more(fps, seconds, words):
    said = Captioned(SOFT.words[:words], SOFT.weights[:words])
    frames = list(caption_film(GREY, said, seconds=seconds, fps=fps, width=320))
    assert len(frames) == round((words + 2) * seconds * fps)
    assert [frame.time for frame in frames] == pytest.approx(np.arange(len(frames)) / fps)
    assert len({frame.image.shape for frame in frames}) == 1
    assert all(side % 2 == 0 for side in frames[0].image.shape[:2])


@pytest.mark.parametrize("said", [SOFT, HARD])
def test_the_brightest_place_moves_as_the_weights_do(said):
    frames = list(caption_film(BLACK, said, seconds=1.0, fade=0.5, fps=2, width=320))
    sheet = _Sheet(BLACK, Spoken.of(said), 320)
    for number, cell in enumerate(CELLS):
        settled = frames[2 * (number + 1) + 1]
        assert tuple(np.rint(brightest(settled.image, sheet))) == cell


def test_between_two_words_the_soft_map_is_their_mixture_and_the_hard_frame_halfway():
    sheet = _Sheet(BLACK, Spoken.of(SOFT), 320)
    mixed = Spoken(("a",), SOFT.weights[:2].mean(axis=0, keepdims=True), hard=False)
    halfway = _Sheet(BLACK, mixed._replace(weights=np.concatenate([mixed.weights, SOFT.weights[:4]])), 320)
    assert np.abs(seen(sheet.draw(1, 0.5), sheet) - seen(halfway.draw(0, 1.0), sheet)).max() <= 1
    framed = _Sheet(BLACK, Spoken.of(HARD), 320)
    assert brightest(framed.draw(1, 0.5), framed) == pytest.approx(np.mean(CELLS[:2], axis=0), abs=0.2)


def test_the_picture_stands_alone_before_the_first_and_after_the_last_word():
    picture = np.random.default_rng(0).random((40, 60, 3))
    frames = list(caption_film(picture, SOFT, seconds=1.0, fade=0.2, fps=5, width=320))
    sheet = _Sheet(picture, Spoken.of(SOFT), 320)
    for alone in (frames[0], frames[4], frames[-1]):
        assert np.abs(seen(alone.image, sheet) - sheet.picture).max() <= 0.5
    for k in range(6, len(frames) - 5):
        assert np.abs(seen(frames[k].image, sheet) - sheet.picture).max() > 20


def test_the_words_appear_one_after_the_other_and_stay():
    frames = list(caption_film(GREY, SOFT, seconds=1.0, fade=0.0, fps=1, width=320))
    sheet = _Sheet(GREY, Spoken.of(SOFT), 320)
    below = sheet.corner[0] + sheet.size[0]
    for number, frame in enumerate(frames):
        ink = (frame.image[below:] < 200).any(axis=(0, 2))
        for told, (left, _) in enumerate(sheet.places):
            assert ink[round(left) : round(left) + 6].any() == (told < number)


def test_long_captions_are_set_in_lines_within_the_frame():
    said = Captioned(["photographer"] * 24, blurred([(1, 1)] * 24, 4, 6))
    for width in (320, 480):
        sheet = _Sheet(GREY, Spoken.of(said), width)
        last = sheet.draw(24, 1.0)
        margin = np.concatenate([last[TITLE:, :8], last[TITLE:, -8:]], axis=1)
        assert (margin > 250).all()
        assert (last[-8:] > 250).all()
        levels = sorted({level for _, level in sheet.places})
        assert len(levels) > 2
        assert np.diff(levels).min() >= sheet.type_px


def test_a_mark_follows_its_word_without_a_space():
    said = Spoken(("disc", ",", "a"), np.ones((3, 1, 2)) / 2, hard=False)
    (first, _), (mark, _), (last, _) = _Sheet(GREY, said, 320).places
    assert first < mark < last
    spaced = _Sheet(GREY, said._replace(words=("disc", "l", "a")), 320).places[1][0]
    assert spaced - mark > 4


@pytest.mark.parametrize("shape", [(40, 40), (30, 400), (400, 30), (641, 480)])
def test_any_picture_is_shown_whole(shape):
    frame = next(caption_film(np.ones((*shape, 3)), SOFT, width=321))
    sheet = _Sheet(np.ones((*shape, 3)), Spoken.of(SOFT), 321)
    assert frame.image.shape[1] == 320
    assert sheet.size[0] / sheet.size[1] == pytest.approx(shape[0] / shape[1], rel=0.1)
    assert max(sheet.corner[0] + sheet.size[0] - frame.image.shape[0], sheet.corner[1] + sheet.size[1] - 320) < 0


def test_without_attention_the_film_shows_the_picture_and_says_so():
    frames = list(caption_film(GREY, Captioned(["disc"], np.zeros((1, 4, 4))), seconds=0.4, fps=5, width=320))
    sheet = _Sheet(GREY, Spoken(("disc",), np.zeros((1, 4, 4)), hard=False), 320)
    assert all(np.abs(seen(frame.image, sheet) - sheet.picture).max() <= 0.5 for frame in frames)
    soft = next(caption_film(GREY, SOFT, width=320))
    assert not np.array_equal(soft.image[:TITLE], frames[0].image[:TITLE])


def test_attention_to_a_grid_of_one_cell_is_not_a_choice():
    assert not Spoken.of(Captioned(["a"], np.ones((1, 1, 1)))).hard
    assert Spoken.of(HARD).hard
    assert not Spoken.of(SOFT).hard
    assert Spoken.of(HARD).chosen.tolist() == [list(cell) for cell in CELLS]


@pytest.mark.parametrize("ending", [".gif", ".mp4", ".webm"])
def test_a_film_can_be_written_with_every_ending(ending, tmp_path):
    path = write_video(tmp_path / f"said{ending}", caption_film(GREY, SOFT, seconds=0.4, fps=10, width=320), fps=10)
    assert path.stat().st_size > 1000
    if ending != ".gif":
        assert sum(1 for _ in read_video(path)) == 24


def test_films_that_cannot_be_are_refused_at_once():
    for fps in (0, np.nan, -5):
        with pytest.raises(ValueError, match="positive frames per second"):
            caption_film(GREY, SOFT, fps=fps)
    with pytest.raises(ValueError, match="positive number of seconds for each word, got 0"):
        caption_film(GREY, SOFT, seconds=0)
    with pytest.raises(ValueError, match=r"fade from 0 to the 0\.5 s of a word, got 0\.6"):
        caption_film(GREY, SOFT, seconds=0.5, fade=0.6)
    with pytest.raises(ValueError, match="width of at least 320 pixels, got 100"):
        caption_film(GREY, SOFT, width=100)
