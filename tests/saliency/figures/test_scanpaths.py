"""Figures of scanpaths, and the report, draw what they say, on the Axes they are given."""

import numpy as np
import pytest
from pages import inside, shown, titled

from foveation import Viewing, sample_pixels
from foveation.figures import (
    draw_picture,
    picture_figure,
    save_figure,
)
from saliency import Scanpath, cc, fixation_density, nss
from saliency.figures.evaluation import comparison_figure
from saliency.figures.scanpaths import draw_scanpath

IMAGE = sample_pixels("rocket")
VIEWING = Viewing.from_pixels_per_degree(24, IMAGE.shape)
PATH = Scanpath(
    x=[100, 300, 500], y=[50, 60, 70], onset=[0.2, 0.5, 1.0], duration=[0.2, 0.4, 0.1], viewing=VIEWING, watched=2.0
)


def test_circles_are_numbered_and_their_area_is_the_time():
    _, ax = picture_figure(IMAGE.shape)
    assert draw_scanpath(PATH, IMAGE, ax=ax, cmap="plasma") is ax
    (circles,) = ax.collections
    assert circles.get_offsets().tolist() == [[100, 50], [300, 60], [500, 70]]
    areas = circles.get_sizes()
    assert areas[1] / areas[0] == pytest.approx(2)
    assert circles.get_cmap().name == "plasma"
    labels = [text.get_text() for text in ax.texts]
    assert [label for label in labels if label.isdigit()] == ["1", "2", "3"]
    assert any(label.endswith(" deg") for label in labels)


def test_the_origin_is_at_the_top_left():
    for image in (IMAGE, None):
        _, ax = picture_figure(IMAGE.shape)
        draw_scanpath(PATH, image, ax=ax)
        assert ax.get_xlim() == (-0.5, IMAGE.shape[1] - 0.5)
        assert ax.get_ylim() == (IMAGE.shape[0] - 0.5, -0.5)


def test_the_scale_bar_has_the_length_it_states():
    _, ax = picture_figure(IMAGE.shape)
    draw_scanpath(PATH, IMAGE, ax=ax)
    (bar,) = [line for line in ax.lines if len(line.get_xdata()) == 2]
    (label,) = [text for text in ax.texts if text.get_text().endswith(" deg")]
    assert np.ptp(bar.get_xdata()) == pytest.approx(float(label.get_text().split()[0]) * 24)


def test_an_empty_path_is_drawn():
    empty = Scanpath(x=[], y=[], onset=[], duration=[], viewing=VIEWING, watched=1, ended="no winner")
    _, ax = picture_figure(IMAGE.shape)
    assert not draw_scanpath(empty, IMAGE, ax=ax).collections


def test_without_axes_the_current_ones_are_drawn_on():
    from matplotlib import pyplot

    figure = pyplot.figure()
    try:
        assert draw_picture(IMAGE) is pyplot.gca()
    finally:
        pyplot.close(figure)


def test_huge_pictures_are_reduced_for_print():
    _, ax = picture_figure((5000, 4000))
    draw_picture(np.zeros((5000, 4000, 3), np.uint8), ax=ax)
    assert ax.images[0].get_array().shape == (2000, 1600, 3)
    assert ax.images[0].get_extent() == [-0.5, 3999.5, 4999.5, -0.5]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_figure_gives_the_same_bytes(tmp_path, suffix):
    contents = []
    for name in ("a", "b"):
        figure, ax = picture_figure((40, 60))
        draw_scanpath(PATH, ax=ax)
        save_figure(figure, tmp_path / f"{name}{suffix}")
        contents.append((tmp_path / f"{name}{suffix}").read_bytes())
    assert contents[0] == contents[1]


def test_a_map_stands_beside_people_with_its_scores():
    places = np.array([[100.0, 50], [300, 400], [600, 20]])
    density, map_ = fixation_density(places, (427, 640), sigma=20), IMAGE.mean(axis=2)
    scores = {"nss": nss(map_, places), "cc": cc(map_, density), "information_gain": np.nan, "mine": 2.0}
    figure = comparison_figure(IMAGE, map_, density, places, scores=scores, title="rocket")
    axes = titled(figure)
    assert list(axes) == ["picture", "people", "model"]
    assert shown(axes["people"]) == pytest.approx(density / density.max(), abs=1e-6)
    assert shown(axes["model"]) == pytest.approx(map_ / map_.max())
    assert all(np.array_equal(ax.lines[0].get_xydata(), places) for ax in figure.axes)
    words = f"NSS {scores['nss']:.2f}     CC {scores['cc']:.2f}     mine 2.00"
    assert [text.get_text() for text in figure.texts] == [words, "rocket"]
    assert inside(figure)
    with pytest.raises(ValueError, match="expected a map of shape"):
        comparison_figure(IMAGE, map_[:10], density)
