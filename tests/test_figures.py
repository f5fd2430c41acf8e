"""Figures draw what they say, on the Axes they are given."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from foveation import GeislerPerry, Guenter2012, Viewing, Watson2014, foveate, sample_pixels
from foveation.cortex import cortical_view
from foveation.figures import (
    draw_acuity,
    draw_cortex,
    draw_fovea,
    draw_picture,
    picture_figure,
    save_figure,
    seeing_figure,
)
from neural import Observer
from neural.figures import COLUMNS, glance_strip
from saliency import Scanpath
from saliency.figures import draw_heatmap, draw_scanpath

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


def test_a_heat_map_lies_on_its_picture():
    map_ = np.zeros((40, 60))
    map_[10, 50] = 3.0
    _, ax = picture_figure(IMAGE.shape)
    assert draw_heatmap(map_, IMAGE, ax=ax) is ax
    below, above = ax.images
    assert below.get_extent() == above.get_extent() == [-0.5, 639.5, 426.5, -0.5]
    assert above.get_array().max() == 1.0
    assert np.unravel_index(above.get_alpha().argmax(), (40, 60)) == (10, 50)


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


def test_the_strip_has_a_row_a_glance():
    glances = list(Observer().glances(IMAGE, VIEWING, duration=1.0, rng=0))
    figure = glance_strip(glances, IMAGE, VIEWING, at_most=3)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 3 * len(COLUMNS)
    assert [ax.get_title() for ax in figure.axes[:4]] == list(COLUMNS)
    eye, priority, inhibition, _ = figure.axes[:4]
    assert np.array_equal(eye.images[0].get_array(), np.clip(glances[0].retina, 0, 1))
    assert priority.images[0].get_array().shape == inhibition.images[0].get_array().shape == glances[0].priority.shape
    with pytest.raises(ValueError, match="at least one glance"):
        glance_strip([], IMAGE, VIEWING)


def test_the_strip_of_an_even_picture_says_that_nobody_won():
    grey = np.full((40, 60, 3), 0.5)
    figure = glance_strip(list(Observer().glances(grey, VIEWING)), grey, VIEWING)
    assert any("no winner" in text.get_text() for text in figure.axes[0].texts)


def test_acuity_is_drawn_a_line_a_law_and_points_where_they_were_measured():
    _, ax = picture_figure((3, 4))
    points = {"Guenter": [(5, 3.8), (10, 2.1)]}
    assert draw_acuity({"Guenter": Guenter2012(), "Watson": Watson2014()}, points, ax=ax) is ax
    labels = ["Guenter", "Guenter, measured", "Watson right", "Watson up", "Watson left", "Watson down"]
    assert [line.get_label() for line in ax.lines] == labels
    line, measured = ax.lines[:2]
    assert line.get_ydata() == pytest.approx(Guenter2012().cutoff_cpd(line.get_xdata()))
    assert measured.get_xydata().tolist() == [[5, 3.8], [10, 2.1]]


def test_the_foveas_outline_is_where_detail_begins_to_go():
    _, ax = picture_figure(IMAGE.shape)
    assert draw_fovea((320, 200), VIEWING, rings_deg=(5, 90), ax=ax, colors="red") is ax
    rings, outline = ax.collections
    away = VIEWING.angle_deg((320, 200), np.concatenate([path.vertices for path in rings.get_paths()]))
    assert away == pytest.approx(np.full(away.shape, 5.0), abs=0.02)
    edge = VIEWING.angle_deg((320, 200), np.concatenate([path.vertices for path in outline.get_paths()]))
    wanted = GeislerPerry().critical_eccentricity_deg(0.6 * VIEWING.pixels_per_degree)
    assert edge == pytest.approx(np.full(edge.shape, wanted), abs=0.15)


def test_the_cortex_has_a_bar_of_ten_millimetres():
    _, ax = picture_figure((100, 100))
    cortex = cortical_view(IMAGE, (320, 200), VIEWING, mm_per_pixel=0.5)
    draw_cortex(cortex, ax=ax)
    assert np.ptp(ax.lines[0].get_xdata()) * cortex.mm_per_pixel == pytest.approx(10)


@pytest.mark.parametrize("cortex", [False, True])
def test_what_you_look_at_stands_beside_what_the_eye_sends(cortex):
    figure = seeing_figure(IMAGE, (320, 200), VIEWING, cortex=cortex, acuity=GeislerPerry(strength=3.0))
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[:2] == ["what you look at", "what the eye sends, exaggerated 3 times"]
    assert len(titles) == 2 + cortex
    sent = foveate(IMAGE, (320, 200), VIEWING, acuity=GeislerPerry(strength=3.0))
    assert np.asarray(figure.axes[1].images[0].get_array()) == pytest.approx(sent / 255, abs=1e-6)
