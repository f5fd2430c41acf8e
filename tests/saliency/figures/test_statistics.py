"""The page of a model's eye movements beside people's draws what the statistics say."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from foveation import Viewing
from foveation.figures import save_figure
from saliency import Scanpath
from saliency.figures.statistics import ROSES, STATISTICS, draw_statistic, statistics_figure
from saliency.scanpaths.statistics import LAGS, OculomotorStatistics, compare

VIEWING = Viewing.from_pixels_per_degree(20, (480, 640))


def statistics_of(seed, paths=40, spread=90, gap=0.05):
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(paths):
        duration = rng.gamma(4, 0.06, 10)
        places = rng.normal((320, 240), spread, (10, 2))
        onset = np.cumsum(duration + gap) - duration
        series = {"x": places[:, 0], "y": places[:, 1], "onset": onset, "duration": duration}
        made.append(Scanpath(**series, viewing=VIEWING, watched=3))
    return OculomotorStatistics.of(made)


PEOPLE, MODEL = statistics_of(0), statistics_of(1, spread=40, gap=0.03)


def axes(statistic):
    figure = Figure()
    return figure.add_subplot(projection="polar" if statistic in ROSES else None)


def test_the_page_has_a_panel_a_statistic_and_distances_in_the_titles():
    figure = statistics_figure(PEOPLE, MODEL, heading="here")
    comparison = compare(MODEL, PEOPLE)
    titles = [ax.get_title() for ax in figure.axes]
    assert [title.split(",")[0] for title in titles] == list(STATISTICS)
    assert titles[0] == f"amplitude, W1 {comparison.wasserstein_amplitude_deg:.2f} deg"
    assert titles[3] == f"duration, W1 {1000 * comparison.wasserstein_duration:.0f} ms"
    words = [text.get_text() for text in figure.texts]
    assert words == ["here", "people (paths: 40, fixations: 400)", "model (paths: 40, fixations: 400)"]
    assert [ax.get_title() for ax in statistics_figure(PEOPLE).axes] == list(STATISTICS)


def test_all_axes_have_units():
    for name, ax in zip(STATISTICS, statistics_figure(PEOPLE, MODEL).axes, strict=True):
        if name in ROSES:
            ax.figure.canvas.draw()
            assert ax.get_xticklabels()[0].get_text().endswith("°")
            assert ax.get_yticklabels()[0].get_text().endswith("%")
        else:
            for label in (ax.get_xlabel(), ax.get_ylabel()):
                assert "(" in label or "number" in label or "ago" in label


@pytest.mark.parametrize("statistic", ["amplitude", "duration"])
def test_histograms_are_densities_under_which_their_fits_lie(statistic):
    ax = draw_statistic(statistic, PEOPLE, MODEL, ax=axes(statistic))
    outlines = [patch.get_data() for patch in ax.patches[1::2]]
    assert len(outlines) == len(ax.lines) == 2
    for outline, line in zip(outlines, ax.lines, strict=True):
        assert (outline.values * np.diff(outline.edges)).sum() == pytest.approx(1, abs=0.06)
        x, y = line.get_data()
        assert np.trapezoid(y, x) == pytest.approx(1, abs=0.1)
        assert np.abs(y - outline.values).mean() < 0.5 * outline.values.mean()


@pytest.mark.parametrize(("statistic", "sectors"), [("direction", 24), ("turning angle", 12)])
def test_roses_hold_all_saccades(statistic, sectors):
    ax = draw_statistic(statistic, PEOPLE, ax=axes(statistic))
    heights = [patch.get_height() for patch in ax.patches]
    assert len(heights) == 2 * sectors
    assert sum(heights) == pytest.approx(2)  # filled, and outlined


def test_a_rightward_saccade_is_in_the_rightward_sector():
    path = Scanpath(x=[100, 300], y=[240, 240], onset=[0, 1], duration=[1, 1], viewing=VIEWING, watched=2)
    ax = draw_statistic("direction", OculomotorStatistics.of([path]), ax=axes("direction"))
    (sector,) = [patch for patch in ax.patches[:24] if patch.get_height() > 0]
    assert sector.get_x() + sector.get_width() / 2 == pytest.approx(0)


def test_lines_are_the_statistics_of_their_side():
    ax = draw_statistic("returns", PEOPLE, MODEL, ax=axes("returns"))
    for line, side in zip(ax.lines, (PEOPLE, MODEL), strict=True):
        assert line.get_ydata() == pytest.approx([100 * side.return_rate(lag) for lag in LAGS])
    ax = draw_statistic("duration by number", PEOPLE, MODEL, ax=axes(""))
    assert ax.lines[1].get_ydata() == pytest.approx(1000 * MODEL.by_number("duration"))
    ax = draw_statistic("centre bias", PEOPLE, MODEL, ax=axes(""))
    assert ax.lines[0].get_ydata() == pytest.approx(PEOPLE.by_number("centre_distance_deg"))
    ax = draw_statistic("duration before turn", PEOPLE, ax=axes(""))
    assert ax.lines[0].get_xydata()[-1] == pytest.approx([165, 1000 * PEOPLE.duration_before(150, 180)])


def test_the_main_sequence_shows_flights_where_they_are_known_and_the_textbooks_line():
    silent = statistics_of(2, gap=np.nan)
    ax = draw_statistic("main sequence", silent, MODEL, ax=axes(""))
    line, people, _, model = ax.lines
    assert line.get_ydata() == pytest.approx([21, 65])
    assert not people.get_xydata().size
    assert model.get_ydata() == pytest.approx(np.full(len(model.get_ydata()), 30), abs=1e-6)
    assert "people: not known" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_page_of_empty_paths_is_drawn_and_written(tmp_path):
    empty = OculomotorStatistics.of([Scanpath(x=[], y=[], onset=[], duration=[], viewing=VIEWING, watched=1)])
    save_figure(statistics_figure(empty, empty), tmp_path / "a.png")
    save_figure(statistics_figure(PEOPLE, empty, heading="here"), tmp_path / "b.png")
    assert (tmp_path / "a.png").stat().st_size > 1000 < (tmp_path / "b.png").stat().st_size


def test_bad_requests_are_refused():
    with pytest.raises(ValueError, match="no statistic 'speed'; expected one of: amplitude"):
        draw_statistic("speed", PEOPLE, ax=axes(""))
    with pytest.raises(ValueError, match="polar Axes for 'direction', got rectilinear"):
        draw_statistic("direction", PEOPLE, ax=axes(""))
