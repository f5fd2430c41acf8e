"""Figures of alignments: cells, signs, frames and bars, readable at any length."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from pages import all_lies_on_the_page, boxes_of, texts

from neural.figures.alignment import (
    LINK,
    NOTHING,
    SMALLEST_CELL_MM,
    alignment_figure,
    draw_alignment,
    entropies,
)

END, SPACE = "\N{END OF PROOF}", "\N{OPEN BOX}"


PAGE_INCHES = 170 / 25.4


class Translated(NamedTuple):
    """What a translation has to have."""

    source: list
    target: list
    weights: np.ndarray


def shares(rng, *shape):
    """Weights that sum to 1 over the last axis."""
    drawn = np.random.default_rng(rng).random(shape) ** 4
    return drawn / drawn.sum(axis=-1, keepdims=True)


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
