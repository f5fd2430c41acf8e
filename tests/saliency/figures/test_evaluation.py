"""Scores as bars, and the report over them."""

import numpy as np
import pytest
from pages import inside

from foveation import sample_pixels
from foveation.figures import (
    picture_figure,
)
from saliency import fixation_density
from saliency.evaluation import CEILING, FLOOR, MEASURES, Evaluation
from saliency.figures.evaluation import Comparison, draw_scores, ranked
from saliency.figures.scanpaths import report_figure

IMAGE = sample_pixels("rocket")


def evaluation(**nss):
    """Scores of models on two pictures, all measures the same."""
    rows = (FLOOR, *nss, CEILING)
    values = np.array([[1.0, 1.2], *nss.values(), [3.0, 3.4]])
    return Evaluation(
        rows=rows,
        pictures=("a.png", "b.png"),
        fixations=9,
        scores=dict.fromkeys(MEASURES, values),
        milliseconds=np.ones(values.shape),
    )


def test_scores_are_bars_between_floor_and_ceiling_the_greatest_first():
    scored = evaluation(bad=[0.5, 0.7], good=[2.0, 2.2], broken=[np.nan, np.nan])
    assert ranked(scored) == [CEILING, "good", FLOOR, "bad", "broken"]
    _, ax = picture_figure((3, 4))
    assert draw_scores(scored, ax=ax, height=0.5) is ax
    bars = [bar for bar in ax.patches if bar.get_height() == 0.5]
    assert [bar.get_width() for bar in bars] == pytest.approx([3.2, 2.1, 1.1, 0.6, 0.0])
    assert [label.get_text() for label in ax.get_yticklabels()] == ranked(scored)
    assert [label.get_text() for label in ax.texts] == ["3.20", "2.10", "1.10", "0.60", ""]
    lines = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert sorted(lines) == pytest.approx([1.1, 3.2])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_the_report_has_pictures_above_and_scores_below():
    places = np.array([[100.0, 50], [300, 400]])
    density = fixation_density(places, (427, 640), sigma=20)
    pictures = [Comparison(IMAGE, density, density, places, {"nss": 1.5}, name) for name in ("best: a", "worst: b")]
    figure = report_figure(evaluation(good=[2.0, 2.2]), pictures, heading="good beside people")
    assert len(figure.axes) == 2 * 3 + 3
    assert [ax.get_xlabel() for ax in figure.axes[-3:]] == ["NSS", "sAUC", "CC"]
    words = {text.get_text() for text in figure.texts}
    assert {"good beside people", "best: a", "worst: b", "NSS 1.50"} < words
    assert inside(figure)
    assert len(report_figure(evaluation(broken=[np.nan, np.nan])).axes) == 3
