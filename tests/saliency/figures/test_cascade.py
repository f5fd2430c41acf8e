"""The cascade of Itti and Koch on a page."""

import numpy as np
import pytest
from pages import inside, shown

from foveation import sample_pixels
from saliency import IttiKoch, pop_out
from saliency.figures.cascade import cascade_figure

IMAGE = sample_pixels("rocket")


def test_the_cascade_shows_the_maps_of_the_model():
    maps = IttiKoch().maps(IMAGE)
    axes = cascade_figure(IMAGE).axes
    assert [ax.get_title() for ax in axes[:4]] == ["picture", "intensity", "red-green", "blue-yellow"]
    assert np.array_equal(shown(axes[1]), maps["intensity"])
    features, first, last = axes[4:11], axes[11:18], axes[18:25]
    assert [ax.get_title() for ax in features[3:]] == ["0 deg", "45 deg", "90 deg", "135 deg"]
    assert np.array_equal(shown(features[4]), maps["45 deg 2"])
    assert np.array_equal(shown(first[3]), maps["0 deg 2-5"])
    assert np.array_equal(shown(last[1]), maps["red-green+ 4-8"] - maps["red-green- 4-8"])
    sums, normalised = axes[25:28], axes[28:31]
    assert np.array_equal(shown(sums[1]), maps["colour sum"])
    assert np.array_equal(shown(normalised[1]), maps["colour conspicuity"])
    assert len({ax.images[0].get_clim() for ax in normalised}) == 1
    assert np.array_equal(shown(axes[31]), maps["saliency"])
    assert all(ax.images[0].get_extent() == [-0.5, 639.5, 426.5, -0.5] for ax in axes)


def test_the_hues_of_the_cascade_have_their_own_colours():
    picture = np.full((64, 96, 3), 0.5, np.float32)
    for k, colour in enumerate([(0.8, 0.2, 0.2), (0.2, 0.7, 0.2), (0.2, 0.2, 0.9), (0.8, 0.8, 0.2)]):
        picture[24:40, 10 + 20 * k : 26 + 20 * k] = colour
    for model in (IttiKoch(), IttiKoch.published(), IttiKoch.tuned(), IttiKoch(colour_space="ycrcb")):
        _, _, red_green, blue_yellow = cascade_figure(picture, model).axes[:4]
        seen = {}
        for ax in (red_green, blue_yellow):
            image = ax.images[0]
            colours = image.cmap(image.norm(image.get_array()))[:, :, :3]
            height, width = colours.shape[:2]
            for k, hue in enumerate(("red", "green", "blue", "yellow")):
                seen[ax.get_title(), hue] = colours[height // 2, (18 + 20 * k) * width // 96]
        red, green = (seen["red-green", hue] for hue in ("red", "green"))
        blue, yellow = (seen["blue-yellow", hue] for hue in ("blue", "yellow"))
        assert red[0] > red[1]
        assert green[1] > green[0]
        assert blue[2] > blue[0]
        assert yellow[0] > yellow[2]


def test_the_first_winner_of_the_cascade_is_the_odd_one():
    display = pop_out("colour", rng=2)
    for ax in cascade_figure(display.image).axes[-2:]:
        first = ax.patches[0]
        assert np.hypot(*np.subtract(first.center, display.target)) < 20
        assert first.radius == pytest.approx(480 / 6)


def test_winners_are_numbered_in_their_order_and_apart():
    saliency = IttiKoch()(IMAGE)
    *_, ax = cascade_figure(IMAGE, winners=4).axes
    centres = [circle.center for circle in ax.patches]
    heights = [saliency[y, x] for x, y in centres]
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3", "4"]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == saliency.max()
    assert min(np.hypot(*np.subtract(a, b)) for k, a in enumerate(centres) for b in centres[:k]) > 427 / 6 - 2


@pytest.mark.parametrize("shape", [(2, 2), (3, 7), (64, 640), (427, 80), (200, 200)])
def test_the_cascade_is_readable_for_every_shape(shape):
    picture = np.random.default_rng(0).random((*shape, 3))
    figure = cascade_figure(picture, winners=1)
    assert inside(figure)
    assert figure.get_size_inches()[1] * 25.4 < 270


def test_the_cascade_of_an_even_picture_says_that_nobody_won():
    figure = cascade_figure(np.full((60, 80, 3), 0.5))
    assert [text.get_text() for text in figure.axes[-2].texts] == ["nothing stands out"]
    assert not figure.axes[-1].patches
    for ax in figure.axes[2:4]:
        assert ax.images[0].cmap(ax.images[0].norm(shown(ax)))[:, :, :3].max() < 0.01


def test_only_the_stages_of_itti_and_koch_are_drawn():
    with pytest.raises(TypeError, match="expected an IttiKoch model, whose stages are drawn, got function"):
        cascade_figure(IMAGE, lambda image: image[:, :, 0])
    with pytest.raises(ValueError, match="winners from 0 up, got -1"):
        cascade_figure(IMAGE, winners=-1)
