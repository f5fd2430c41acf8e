"""Figures draw what they say, on the Axes they are given."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
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
from saliency import IttiKoch, Scanpath, cc, fixation_density, nss, pop_out
from saliency.evaluation import CEILING, FLOOR, MEASURES, Evaluation
from saliency.figures.cascade import cascade_figure
from saliency.figures.evaluation import Comparison, comparison_figure, draw_scores, ranked
from saliency.figures.maps import contact_sheet, draw_heatmap
from saliency.figures.scanpaths import draw_scanpath, report_figure

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


def titled(figure):
    """Give the panels of a page by their titles."""
    return {ax.get_title(): ax for ax in figure.axes}


def shown(ax):
    return np.asarray(ax.images[-1].get_array())


def inside(figure):
    """Tell whether all that is written on a page lies on it and covers no panel, and no words cover others."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    around, within = (
        [*figure.texts, *(ax.title for ax in figure.axes)],
        [text for ax in figure.axes for text in ax.texts],
    )
    boxes = [text.get_window_extent(renderer) for text in [*around, *within] if text.get_text()]
    panels = [ax.get_window_extent(renderer) for ax in figure.axes]
    outside = [text.get_window_extent(renderer) for text in around if text.get_text()]
    apart = all(not one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
    clear = all(not one.overlaps(panel) for one in outside for panel in panels)
    return (
        apart
        and clear
        and all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)
    )


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


def test_the_sheet_has_each_map_with_its_name_and_time():
    maps = {"light": IMAGE.mean(axis=2), "red": IMAGE[:, :, 0] / 255}
    axes = titled(contact_sheet(IMAGE, maps, {"light": 12.34, "red": 1.26}))
    assert list(axes) == ["picture", "light\n12 ms", "red\n1.3 ms"]
    assert shown(axes["red\n1.3 ms"]) == pytest.approx(maps["red"] / maps["red"].max())
    assert list(titled(contact_sheet(IMAGE, maps))) == ["picture", "light", "red"]


def test_the_maps_of_a_sheet_can_lie_over_the_picture():
    light = IMAGE.mean(axis=2)
    _, ax = contact_sheet(IMAGE, {"light": light}, overlay=True).axes
    below, above = ax.images
    assert np.asarray(below.get_array()) == pytest.approx(light / 255, abs=1e-6)
    assert np.asarray(above.get_array()) == pytest.approx(light / light.max(), abs=1e-6)
    assert 0 < above.get_alpha().min() < above.get_alpha().max() < 1


@pytest.mark.parametrize("shape", [(2, 2), (40, 400), (400, 40), (60, 80)])
@pytest.mark.parametrize("count", [1, 4, 22])
def test_the_sheet_is_readable_for_every_shape(shape, count):
    picture = np.random.default_rng(0).random((*shape, 3))
    maps = {f"a-name-of-20-lett.-{k:02}": picture[:, :, 0] for k in range(count)}
    figure = contact_sheet(picture, maps, dict.fromkeys(maps, 1234.5))
    assert inside(figure)
    assert len(figure.axes) == count + 1
    assert figure.get_size_inches()[1] * 25.4 < 270


def test_a_name_that_is_too_long_for_its_sheet_is_cut_at_its_beginning():
    maps = {"/home/somebody/maps/of-a-very-long-kind/of-network-17": IMAGE[:, :, 0]} | dict.fromkeys(
        "abcdefg", IMAGE[:, :, 1]
    )
    figure = contact_sheet(IMAGE, maps)
    assert figure.axes[1].get_title().startswith("…")
    assert figure.axes[1].get_title().endswith("of-network-17")
    assert inside(figure)


def test_a_sheet_wants_maps_of_the_picture():
    with pytest.raises(ValueError, match="at least one map"):
        contact_sheet(IMAGE, {})
    with pytest.raises(ValueError, match=r"shape \(427, 640\), got \(2, 2\)"):
        contact_sheet(IMAGE, {"small": np.ones((2, 2))})


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
