"""Figures of the glimpse network draw what it saw and said, and where it looked."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from pages import lines, words_lie_on_the_page

from foveation import GlimpseSensor, LogPolar, LogPolarSensor, Viewing
from neural import (
    CentrePolicy,
    GaussianPolicy,
    LossTerms,
    PriorityPolicy,
    RecurrentAttentionModel,
    hue_search_scenes,
    rendered_digits,
)
from neural.figures import (
    draw_gains,
    glimpses_figure,
    paths_figure,
    search_figure,
    training_figure,
)
from neural.figures.glimpses import RIGHT, WRONG
from saliency import Scanpath

DIGITS = rendered_digits(3, rng=0)


def parts(**numbers):
    """Parts of one epoch, all 0.5 but those that are given."""
    return LossTerms(**(dict.fromkeys(LossTerms._fields, 0.5) | numbers))


def test_the_learning_curve_has_the_parts_of_the_loss_and_the_errors():
    epochs = [parts(action=2.0, reinforce=-0.1, accuracy=0.4, reward=0.3), parts(action=1.0, accuracy=0.9)]
    figure = training_figure(epochs, test_error=[(2, 0.15)])
    losses, errors, rewards, entropy = figure.axes
    assert lines(losses)["action"].tolist() == [[1, 2.0], [2, 1.0]]
    assert lines(losses)["reinforce"].tolist() == [[1, -0.1], [2, 0.5]]
    assert set(lines(losses)) == {"action", "baseline", "reinforce"}
    assert lines(errors)["training"] == pytest.approx(np.array([[1, 60], [2, 10]]))
    assert lines(errors)["held out"] == pytest.approx(np.array([[2, 15]]))
    assert errors.get_yscale() == "log"
    assert lines(rewards)["mean"].tolist() == [[1, 0.3], [2, 0.5]]
    assert entropy.lines[0].get_ydata().tolist() == [0.5, 0.5]
    assert words_lie_on_the_page(figure)


def test_no_error_at_all_can_be_drawn():
    errors = training_figure([parts(accuracy=1.0)], test_error=[(1, 0.0)]).axes[1]
    assert [line.get_ydata().tolist() for line in errors.lines] == [[0.01], [0.01]]


def test_a_learning_curve_needs_an_epoch():
    with pytest.raises(ValueError, match="at least one epoch, got none"):
        training_figure([])


def network(**settings):
    settings = {"policy": GaussianPolicy(first="centre"), "glimpses": 3} | settings
    return RecurrentAttentionModel(**settings).initial(DIGITS.images, rng=3)


def test_a_frame_is_around_the_pixels_that_the_sensor_gave():
    figure = glimpses_figure(network(policy=CentrePolicy()), DIGITS.images)
    for image, (path, strip, _) in zip(DIGITS.images, np.reshape(figure.axes, (3, 3)), strict=True):
        for frame in path.patches:
            assert frame.get_xy() == (9.5, 9.5)
            assert (frame.get_width(), frame.get_height()) == (8, 8)
        for tile in strip.images:
            assert np.asarray(tile.get_array()) == pytest.approx(image[10:18, 10:18] / 255)


def test_the_frames_lie_where_the_network_looked_in_its_order():
    looker = network(policy=PriorityPolicy(), sensor=GlimpseSensor(size=6, scales=2, units="normalised"))
    places = looker.predict(DIGITS.images).places
    figure = glimpses_figure(looker, DIGITS.images)
    path, strip, _ = figure.axes[:3]
    centres = [np.add(frame.get_xy(), frame.get_width() / 2) for frame in path.patches]
    assert np.array(centres) == pytest.approx(places[0])
    assert path.get_xlim() == (-0.5, 27.5)
    assert path.get_ylim() == (27.5, -0.5)
    assert [text.get_text() for text in strip.texts if text.get_text().isdigit()] == ["1", "2", "3"]
    assert len(strip.images) == 3 * 2
    colours = [to_hex(frame.get_edgecolor()) for frame in path.patches]
    assert colours == [to_hex(frame.get_edgecolor()) for frame in strip.patches[::2]]
    assert len(set(colours)) == 3


def test_places_that_coincide_share_a_number():
    figure = glimpses_figure(network(policy=CentrePolicy()), DIGITS.images)
    assert "1\N{EN DASH}3" in [text.get_text() for text in figure.axes[0].texts]


def test_probabilities_are_those_of_the_network_and_what_is_wrong_is_red():
    looker = network()
    said = looker.predict(DIGITS.images)
    labels = said.labels.copy()
    labels[1] = (labels[1] + 1) % 10
    rows = np.reshape(glimpses_figure(looker, DIGITS.images, labels).axes, (3, 3))
    for number, (path, _, certain) in enumerate(rows):
        assert np.array_equal(np.asarray(certain.images[0].get_array()), said.probabilities[number].T)
        assert certain.images[0].get_clim() == (0, 1)
        last = certain.patches[-1]
        assert last.get_xy() == (2.5, said.labels[number] - 0.5)
        wrong = number == 1
        assert to_hex(last.get_edgecolor()).upper() == (WRONG if wrong else RIGHT)
        assert path.title.get_color() == (WRONG if wrong else "black")
        told = f"says {said.labels[number]}"
        assert path.get_title() == (f"{told}, is {labels[1]}" if wrong else told)


def test_without_labels_no_answer_is_right_or_wrong():
    certain = glimpses_figure(network(), DIGITS.images).axes[2]
    assert {to_hex(frame.get_edgecolor()) for frame in certain.patches} == {"#808080"}


def test_tasks_stand_beside_their_pictures_and_other_networks_behind():
    scenes = hue_search_scenes(rendered_digits(4, rng=1), rng=2)
    hues = ("red", "green", "blue", "yellow")
    looker = RecurrentAttentionModel(policy=PriorityPolicy(tasks=hues), glimpses=2).initial(scenes.images)
    figure = glimpses_figure(
        looker, scenes.images, scenes.labels, tasks=scenes.tasks, beside={"the same, drawn": looker}
    )
    axes = np.reshape(figure.axes, (4, 4))
    assert [
        hues[task] in [text.get_text() for text in row[0].texts] for row, task in zip(axes, scenes.tasks, strict=True)
    ]
    for row in axes:
        assert [frame.get_xy() for frame in row[0].patches] == [frame.get_xy() for frame in row[3].patches]
    assert np.asarray(axes[0, 1].images[0].get_array()).shape == (8, 8, 3)
    assert words_lie_on_the_page(figure)
    named = glimpses_figure(looker, scenes.images, tasks=scenes.tasks, task_names=["a", "b", "c", "d"])
    assert "abcd"[scenes.tasks[0]] in [text.get_text() for text in named.axes[0].texts]


@pytest.mark.parametrize(("glimpses", "scales"), [(1, 1), (9, 1), (6, 3)])
def test_the_page_is_readable_for_few_and_many_glimpses(glimpses, scales):
    looker = network(glimpses=glimpses, sensor=GlimpseSensor(size=8, scales=scales, units="normalised"))
    beside = {"a rather long name of a network": looker}
    for figure in (glimpses_figure(looker, DIGITS.images), glimpses_figure(looker, DIGITS.images, beside=beside)):
        assert words_lie_on_the_page(figure)
        assert figure.get_size_inches()[0] * 25.4 < 170.1


def test_a_retina_without_patches_has_no_frames():
    polar = LogPolarSensor(log_polar=LogPolar(rings=6, wedges=12, inner_px=1, outer_px=9), units="normalised")
    path, strip, *_ = glimpses_figure(network(sensor=polar), DIGITS.images).axes
    assert all(frame.get_width() == 0 for frame in path.patches)
    assert [np.shape(tile.get_array()) for tile in strip.images] == [(6, 12)] * 3


def test_pictures_labels_tasks_and_networks_have_to_fit():
    with pytest.raises(ValueError, match="expected a name for each task up to 2, got 2: a, b"):
        glimpses_figure(network(), DIGITS.images, tasks=[0, 2, 1], task_names=["a", "b"])
    with pytest.raises(ValueError, match="a task for each of the 3 pictures"):
        glimpses_figure(network(), DIGITS.images, tasks=[0])
    with pytest.raises(ValueError, match=r"a label for each of the 3 pictures, got shape \(2,\)"):
        glimpses_figure(network(), DIGITS.images, [1, 2])
    with pytest.raises(ValueError, match="expected a network that has weights"):
        glimpses_figure(RecurrentAttentionModel(), DIGITS.images)
    with pytest.raises(ValueError, match="expected a network that has weights"):
        glimpses_figure(network(), DIGITS.images, beside={"blank": RecurrentAttentionModel()})


VIEWING = Viewing.from_pixels_per_degree(10, (28, 28))
PATH = Scanpath(x=[3, 20], y=[4, 24], onset=[0.1, 0.4], duration=[0.2, 0.2], viewing=VIEWING, watched=1.0)


def test_paths_stand_side_by_side_with_what_drew_them():
    map_ = np.linspace(0, 2, 28 * 28).reshape(28, 28)
    looker = network(policy=PriorityPolicy())
    paths = {"by hand": PATH, "learned": looker.scanpath(DIGITS.images[0], VIEWING)}
    figure = paths_figure(DIGITS.images[0], paths, maps={"by hand": map_})
    first, second, map_below, nothing_below = figure.axes
    assert (first.get_title(), second.get_title()) == ("by hand", "learned")
    assert first.collections[0].get_offsets().tolist() == [[3, 4], [20, 24]]
    assert np.asarray(second.collections[0].get_offsets()) == pytest.approx(paths["learned"].places)
    assert np.asarray(map_below.images[-1].get_array()) == pytest.approx(map_ / 2, abs=1e-6)
    assert not nothing_below.images
    assert len(paths_figure(DIGITS.images[0], paths).axes) == 2


def test_paths_and_maps_have_to_belong_to_the_picture():
    with pytest.raises(ValueError, match="at least one path"):
        paths_figure(DIGITS.images[0], {})
    with pytest.raises(ValueError, match=r"paths in \(30, 28\) pixels, got 'mine' in \(28, 28\)"):
        paths_figure(np.zeros((28, 30)), {"mine": PATH})
    with pytest.raises(ValueError, match="expected maps of mine, got one of 'yours'"):
        paths_figure(DIGITS.images[0], {"mine": PATH}, maps={"yours": np.zeros((28, 28))})


def chart():
    return Figure().subplots()


def test_gains_are_written_in_their_cells_with_white_at_zero():
    gains = np.array([[0.5, -0.004, -1.25], [0.1, 0.2, 0.0]])
    ax = draw_gains(gains, ["find red", "find blue"], ["intensity", "red", "blue"], ax=chart())
    (image,) = ax.images
    assert np.array_equal(image.get_array(), gains)
    assert image.norm(0.0) == 0.5
    assert image.get_clim() == (-1.25, 1.25)
    dash = "\N{MINUS SIGN}"
    assert [text.get_text() for text in ax.texts] == ["0.50", "0.00", f"{dash}1.25", "0.10", "0.20", "0.00"]
    assert [text.get_position() for text in ax.texts[:3]] == [(0, 0), (1, 0), (2, 0)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["find red", "find blue"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["intensity", "red", "blue"]


def test_numbers_can_be_read_on_their_colours():
    ax = draw_gains(np.linspace(-1, 1, 101)[np.newaxis], ["look"], [""] * 101, ax=chart())
    for text in ax.texts:
        value = ax.images[0].get_array()[text.get_position()[::-1]]
        behind = luminance(ax.images[0].to_rgba(value)[:3])
        written = luminance(to_rgb(text.get_color()))
        assert (max(behind, written) + 0.05) / (min(behind, written) + 0.05) > 4


def luminance(colour):
    """Relative luminance of an sRGB colour, as the Web Content Accessibility Guidelines define it."""
    channels = np.asarray(colour)
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_gains_that_are_all_zero_can_be_drawn():
    ax = draw_gains(np.zeros((1, 2)), ["look"], ["a", "b"], ax=chart())
    assert ax.images[0].norm(0.0) == 0.5


def test_gains_have_to_fit_their_names():
    with pytest.raises(ValueError, match=r"gains of 1 tasks x 3 channels, got shape \(1, 2\)"):
        draw_gains([[1, 2]], ["a"], ["b", "c", "d"], ax=chart())
    with pytest.raises(ValueError, match="gains of 0 tasks"):
        draw_gains(np.zeros((0, 1)), [], ["b"], ax=chart())
    with pytest.raises(ValueError, match="gains that are finite"):
        draw_gains([[np.nan]], ["a"], ["b"], ax=chart())


HUES = ("red", "green", "blue", "yellow")


def searcher(**policy):
    scenes = hue_search_scenes(rendered_digits(4, rng=1), rng=2)
    policy = PriorityPolicy(tasks=HUES, features=True, stateful=False, **policy)
    looker = RecurrentAttentionModel(policy=policy, glimpses=2).initial(scenes.images, rng=3)
    return scenes, looker


def test_a_search_shows_paths_answers_gains_and_what_they_are_worth():
    scenes, looker = searcher()
    looker.weights["gains"][0] = np.arange(12) / 10
    alone = replace(looker, policy=replace(looker.policy, guided=False))
    right = {"its task": [True, False], "saliency alone": [False, False]}
    figure = search_figure(looker, *shown(scenes), right, beside={"saliency alone": alone}, levels={"chance": 0.1})
    *paths, gains, accuracy = figure.axes
    said = [looker.predict(scenes.images, tasks=scenes.tasks), alone.predict(scenes.images, tasks=scenes.tasks)]
    for number, row in enumerate(np.reshape(paths, (4, 2))):
        assert HUES[scenes.tasks[number]] in [text.get_text() for text in row[0].texts]
        for ax, told in zip(row, said, strict=True):
            centres = [np.add(frame.get_xy(), frame.get_width() / 2) for frame in ax.patches]
            assert np.array(centres) == pytest.approx(told.places[number])
            assert ax.get_title().startswith(f"says {told.labels[number]}")
    assert [label.get_text() for label in gains.get_yticklabels()] == list(HUES)
    assert np.asarray(gains.images[0].get_array()[0]) == pytest.approx(np.arange(9) / 10)
    assert [bar.get_height() for bar in accuracy.patches] == pytest.approx([50, 0])
    assert words_lie_on_the_page(figure)


def shown(scenes):
    return scenes.images, scenes.labels, scenes.tasks


def test_one_picture_searched_by_one_network_fits_its_page():
    scenes, looker = searcher()
    figure = search_figure(looker, *(each[:1] for each in shown(scenes)), {"a rather long name of a task": [True]})
    assert len(figure.axes) == 3
    assert words_lie_on_the_page(figure)


def test_a_search_needs_gains_that_were_learned_and_a_label_for_each_picture():
    scenes, looker = searcher()
    with pytest.raises(ValueError, match=r"a label for each of the 4 pictures, got shape \(3,\)"):
        search_figure(looker, scenes.images, scenes.labels[:3], scenes.tasks, {"its task": [True]})
    with pytest.raises(ValueError, match="a task for each"):
        search_figure(looker, scenes.images, scenes.labels, scenes.tasks[:3], {"its task": [True]})
    for other in (searcher(guided=False)[1], RecurrentAttentionModel(policy=CentrePolicy()).initial(scenes.images)):
        with pytest.raises(ValueError, match=f"learned gains, got one with a {type(other.policy).__name__}"):
            search_figure(other, *shown(scenes), {"its task": [True]})
