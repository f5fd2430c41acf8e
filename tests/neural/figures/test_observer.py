"""The strip of an observer's glances."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from foveation import Viewing, sample_pixels
from neural import Observer
from neural.figures import COLUMNS, glance_strip

IMAGE = sample_pixels("rocket")


VIEWING = Viewing.from_pixels_per_degree(24, IMAGE.shape)


def test_the_strip_has_a_row_a_glance():
    glances = list(Observer.preset("foveated").glances(IMAGE, VIEWING, duration=1.0, rng=0))
    figure = glance_strip(glances, IMAGE, VIEWING, at_most=3)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 3 * len(COLUMNS)
    assert [ax.get_title() for ax in figure.axes[:4]] == list(COLUMNS)
    eye, priority, inhibition, _ = figure.axes[:4]
    assert np.array_equal(eye.images[0].get_array(), np.clip(glances[0].retina, 0, 1))
    assert priority.images[0].get_array().shape == inhibition.images[0].get_array().shape == glances[0].priority.shape
    with pytest.raises(ValueError, match="at least one glance"):
        glance_strip([], IMAGE, VIEWING)


def test_a_strip_without_inhibition_has_no_column_for_it_and_no_time_of_a_decision():
    glances = list(Observer().glances(IMAGE, VIEWING, duration=0.6, rng=0))
    figure = glance_strip(glances, IMAGE, VIEWING, at_most=2)
    assert [ax.get_title() for ax in figure.axes[:3]] == ["what the eye sees", "priority", "choice"]
    assert f"rests {glances[0].duration * 1000:.0f} ms" in figure.axes[0].texts[0].get_text()


def test_the_strip_of_an_even_picture_says_that_nobody_won():
    grey = np.full((40, 60, 3), 0.5)
    figure = glance_strip(list(Observer().glances(grey, VIEWING)), grey, VIEWING)
    assert any("no winner" in text.get_text() for text in figure.axes[0].texts)
