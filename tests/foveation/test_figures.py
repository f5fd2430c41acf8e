"""Figures of the eye: acuity, the fovea, the cortex."""

import numpy as np
import pytest

from foveation import GeislerPerry, Guenter2012, Viewing, Watson2014, foveate, sample_pixels
from foveation.cortex import cortical_view
from foveation.figures import (
    draw_acuity,
    draw_cortex,
    draw_fovea,
    picture_figure,
    seeing_figure,
)

IMAGE = sample_pixels("rocket")


VIEWING = Viewing.from_pixels_per_degree(24, IMAGE.shape)


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
