"""Figures of searches in photographs."""

import numpy as np
import pytest

from foveation import Viewing, sample_pixels
from neural.figures import performance_figure, search_photo_figure
from neural.laboratory.photo_search import PhotoSearcher

IMAGE = sample_pixels("coffee")


VIEWING = Viewing.from_pixels_per_degree(24, IMAGE.shape)


BOX = (300, 280, 60, 60)


def flat_map(image):
    """Bottom-up, nothing stands out: quick, and no place is preferred."""
    return np.ones(np.shape(image)[:2], np.float32)


QUICK = PhotoSearcher(model=flat_map)


def cut(image, box):
    left, top, width, height = box
    return image[top : top + height, left : left + width]


def many(searcher, image, template, n=12, **how):
    return searcher.search_many(image, template, VIEWING, n, rng=0, **how)


@pytest.fixture(scope="module")
def present():
    return many(QUICK, IMAGE, cut(IMAGE, BOX))


def test_the_figure_shows_the_path_the_box_and_the_beliefs(present):
    search = max(present, key=lambda each: each.fixations)
    figure = search_photo_figure(IMAGE, search, at_most=3)
    whole, *beliefs = figure.axes
    assert whole.get_title().startswith("found after")
    assert len(beliefs) == min(3, search.fixations + 1)
    assert beliefs[0].get_title().startswith("start")
    assert any(patch.get_width() == 60 for patch in whole.patches if hasattr(patch, "get_width"))
    figure.canvas.draw()
    with pytest.raises(ValueError, match="at least one belief"):
        search_photo_figure(IMAGE, search, at_most=0)


def test_the_curves_of_people_and_models_are_drawn_together():
    figure = performance_figure({"people": [0, 0.2, 0.5], "searcher": [0, 0.1, 0.4]})
    (ax,) = figure.axes
    assert [line.get_label() for line in ax.lines] == ["people", "searcher"]
    assert ax.lines[0].get_ydata().tolist() == [0, 0.2, 0.5]
