"""Displays on a page."""

import pytest

from saliency.displays.cueing import posner
from saliency.displays.search import search_display
from saliency.figures.displays import displays_figure

# figure


def test_the_figure_has_a_ring_around_each_target():
    displays = {"here": search_display("conjunction", rng=1), "not": search_display("conjunction", present=False)}
    figure = displays_figure(displays, {"cue": posner(rng=0)})
    here, absent, *frames = figure.axes
    (ring,) = here.patches
    assert ring.center == pytest.approx(displays["here"].target)
    assert not absent.patches
    assert [ax.get_title() for ax in frames] == ["fixation, 0 ms", "cue, 500 ms", "wait, 550 ms", "target, 600 ms"]
    with pytest.raises(ValueError, match="at least one display"):
        displays_figure({})
