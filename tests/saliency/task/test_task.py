"""Tasks: a query to the keys of the map, lawful, and strong enough to find what is looked for."""

import pickle
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from foveation import Viewing, as_image, sample_pixels
from neural import attend
from saliency import IttiKoch, Readout, Softmax, Template, Text
from saliency.displays.display import VIEWING
from saliency.displays.search import search_display
from saliency.task.task import Task
from saliency.task.vocabulary import FEATURES, KEYS, SIZES

ROCKET = sample_pixels("rocket")[::2, ::2]
COFFEE = as_image(sample_pixels("coffee"))
NAMES = (*FEATURES, *SIZES)


def peak(map_):
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    return np.array([column, row])


def bars():
    """A red upright, a green upright, a red flat and a green flat bar, and their places."""
    picture = np.full((240, 320, 3), 0.5, np.float32)
    places = {"red upright": (64, 64), "green upright": (256, 64), "red flat": (64, 176), "green flat": (256, 176)}
    for name, (x, y) in places.items():
        across, down = (4, 14) if "upright" in name else (14, 4)
        picture[y - down : y + down, x - across : x + across] = (0.8, 0.1, 0.1) if "red" in name else (0.1, 0.6, 0.1)
    return picture, places


# Query times keys


@pytest.mark.parametrize("model", [KEYS, IttiKoch(), IttiKoch.tuned(), Readout(faces=False)])
def test_with_gains_of_one_the_bottom_up_map_results_bit_for_bit(model):
    map_ = model(ROCKET)
    task = Task(gains=dict.fromkeys(NAMES, 1.0))
    assert np.array_equal(task(ROCKET, map_), map_)
    assert np.array_equal(task(ROCKET), KEYS(ROCKET))


def test_a_task_is_the_query_of_attention_to_the_keys_of_the_map():
    """The scores of `attend` are the task's map, its argmax the task's winner, its softmax the task's density."""
    task = Task(gains={"red": 3.0, "45 deg": 2.0, "small": 1.5, "skin": 0.5}, others=0.4)
    keys, map_ = task.keys(ROCKET), task(ROCKET)
    query = task.query(keys.names)
    values = keys.values.astype(float)
    assert_allclose(values @ query, map_, rtol=0, atol=1e-6 * map_.max())
    temperature = 0.2 * float(map_.max())
    soft = attend(query, values, values, temperature=temperature)
    assert_allclose(soft.weights, Softmax(temperature=temperature).weights(map_), rtol=1e-3)
    hard = attend(query, values, keys.places, normalise="argmax")
    assert np.array_equal(hard.context, peak(map_))


def test_a_prior_is_one_more_key_its_logarithm():
    r""":math:`\ln (A S) = \ln S + \ln A`, so that softmax of the logarithms is the map as a density."""
    viewing = Viewing.from_pixels_per_degree(20, ROCKET.shape)
    task = Task.target("red") + Task.where((3.0, 1.0), spread_deg=2.0)
    map_ = task(ROCKET, None, viewing).astype(float)
    keys = np.log(np.stack([Task.target("red")(ROCKET), task.priors[0](ROCKET.shape[:2], viewing)], axis=-1) + 1e-30)
    weights = attend(np.ones(2), keys, keys).weights
    assert_allclose(weights, map_ / map_.sum(), atol=1e-9)


@settings(deadline=None, max_examples=15)
@given(st.dictionaries(st.sampled_from((*NAMES, "skin")), st.floats(-3, 3), min_size=1), st.floats(-1, 2))
def test_whatever_the_gains_the_map_is_nowhere_negative_and_is_query_times_keys(gains, others):
    task = Task(gains=gains, others=others)
    image = ROCKET[::2, ::2]
    map_, keys = task(image), task.keys(image)
    assert map_.shape == image.shape[:2] and map_.dtype == np.float32
    assert map_.min() >= 0
    scores = keys.values.astype(float) @ task.query(keys.names)
    scale = np.abs(keys.values).max() * 12
    assert_allclose(map_, np.maximum(scores, 0), rtol=0, atol=1e-5 * scale)


@settings(deadline=None, max_examples=10)
@given(st.sampled_from(FEATURES), st.sampled_from(FEATURES), st.floats(1, 4), st.floats(1, 4))
def test_what_two_tasks_change_of_the_map_adds_up(one, other, gain, second):
    image = ROCKET[::2, ::2]
    first, last = Task(gains={one: gain}), Task(gains={other: second})
    changes = [task(image).astype(float) - KEYS(image) for task in (first, last, first + last)]
    assert_allclose(changes[2], changes[0] + changes[1], atol=1e-5 * KEYS(image).max())


def test_the_gain_of_a_channel_is_that_of_its_size_times_that_of_its_feature():
    task = Task(gains={"small": 3.0, "red": 2.0, "large red": 7.0}, others=0.5)
    names = ("small red", "medium red", "large red", "small green", "medium 0 deg", "nothing")
    assert task.query(names).tolist() == [6.0, 1.0, 7.0, 1.5, 0.25, 0.5]
    assert Task(gains={"red": -1.0, "small": -2.0}).query(["small red"]).tolist() == [-2.0]
    assert Task(gains={"colour": 2.0}) == Task(gains=dict.fromkeys(("red", "green", "blue", "yellow"), 2.0))


# What is wanted gets stronger


@pytest.mark.parametrize(
    ("name", "answering"),
    [("red", "red"), ("green", "green"), ("vertical", "upright"), ("horizontal", "flat")],
)
def test_doubling_a_gain_raises_the_regions_of_its_channel(name, answering):
    picture, places = bars()
    before, after = KEYS(picture), Task(gains={name: 2.0})(picture)
    raised = {item: after[y, x] / before[y, x] for item, (x, y) in places.items()}
    assert np.all(after >= before * 0.99999)
    answer = [ratio for item, ratio in raised.items() if answering in item]
    assert min(answer) > 1.05
    assert min(answer) > max(ratio for item, ratio in raised.items() if answering not in item)


def test_bright_and_dark_large_and_small_are_told_apart():
    picture = np.full((240, 320, 3), 0.5, np.float32)
    picture[50:70, 50:70], picture[50:70, 250:270] = 0.9, 0.1
    assert peak(Task.target("bright")(picture))[0] < 160 < peak(Task.target("dark")(picture))[0]
    picture = np.full((480, 640, 3), 0.5, np.float32)
    cv2.circle(picture, (160, 240), 10, (0.9, 0.9, 0.9), -1)
    cv2.circle(picture, (480, 240), 60, (0.9, 0.9, 0.9), -1)
    reach = {"reach": 60.0}
    small, large = (Task.target(word).activations(picture, [(160, 240), (480, 240)], **reach) for word in SIZES[::2])
    assert small[0] / small[1] > 1.5 * large[0] / large[1]


def test_a_red_upright_target_wins_among_green_upright_and_red_flat_ones():
    """Bottom-up it does not, and looking for red alone is not enough either."""
    found = {"red vertical": [], "red": [], "bottom-up": []}
    for seed in range(10):
        for items in (6, 18):
            display = search_display("conjunction", items, rng=seed)
            for words, hits in found.items():
                map_ = KEYS(display.image) if words == "bottom-up" else Task.target(words)(display.image)
                apart = np.linalg.norm(peak(map_) - display.items, axis=1)
                hits.append(apart.argmin() == display.target_index)
    assert np.mean(found["red vertical"]) >= 0.9
    assert max(np.mean(found["red"]), np.mean(found["bottom-up"])) < 0.6


def test_the_target_of_a_conjunction_is_more_active_than_each_distractor():
    reach = 1.5 * VIEWING.pixels_per_degree
    for seed in range(5):
        display = search_display("conjunction", 12, rng=seed)
        activations = Task.target("red vertical").activations(display.image, display.items, reach=reach)
        others = np.delete(activations, display.target_index)
        assert activations[display.target_index] > 1.2 * others.max()


def test_optimal_gains_from_displays_are_those_of_the_answers_at_the_items():
    """Red among green; each bar stands on a cell of the map, where the model's own maps tell what its cells answer."""
    picture, places = bars()
    task = Task.optimal_places([(picture, [places["red upright"]], [places["green upright"]])], reach=0)
    maps = KEYS.maps(picture)
    cells = {"red": "red-green+", "green": "red-green-", "blue": "blue-yellow+", "yellow": "blue-yellow-"}
    answers = {}
    for item in ("red upright", "green upright"):
        column, row = np.array(places[item]) // 16
        for colour, cell in cells.items():
            for size, centre in zip(SIZES, (2, 3, 4), strict=True):
                answer = sum(maps[f"{cell} {centre}-{centre + delta}"][row, column] for delta in (3, 4))
                answers[item, f"{size} {colour}"] = answer
    noise = 0.02 * max(answers.values())
    names = [f"{size} {colour}" for colour in cells for size in SIZES]
    ratios = np.array([(answers["red upright", n] + noise) / (answers["green upright", n] + noise) for n in names])
    assert_allclose([task.gains[name] / task.gains[names[0]] for name in names], ratios / ratios[0], rtol=1e-4)
    assert np.mean(list(task.gains.values())) == pytest.approx(1)
    assert task.gains["small red"] > 1.5 > 0.5 > task.gains["small green"]


def test_optimal_gains_find_the_target_in_new_displays():
    def told(seed):
        display = search_display("conjunction", 12, rng=seed)
        target = display.items[[display.target_index]]
        return display.image, target, np.delete(display.items, display.target_index, axis=0)

    reach = 1.5 * VIEWING.pixels_per_degree
    task = Task.optimal_places([told(seed) for seed in range(4)], reach=reach)
    assert task.gains["small red"] > 1 > task.gains["small green"]
    assert task.gains["small 90 deg"] > task.gains["small 0 deg"]
    ranks = []
    for seed in range(10, 20):
        image, target, others = told(seed)
        for each in (task, Task(gains={"red": 1.0})):
            activations = each.activations(image, np.concatenate([target, others]), reach=reach)
            ranks.append((activations[1:] > activations[0]).sum())
    assert np.mean(ranks[::2]) < 2 < 5 < np.mean(ranks[1::2])  # of 11 distractors: optimal, bottom-up


def test_a_cue_decides_between_two_equal_items():
    picture = np.full((240, 320, 3), 0.5, np.float32)
    picture[100:140, 60:80] = picture[100:140, 240:260] = 0.9
    viewing = Viewing.from_pixels_per_degree(20, picture.shape)
    for side in (-1, 1):
        map_ = (Task.target("bright") + Task.where((side * 4.5, 0.0)))(picture, None, viewing)
        assert np.sign(peak(map_)[0] - 159.5) == side


def test_a_task_can_be_copied_pickled_and_compared():
    task = Task.target("small red") + Task.where((1.0, 2.0)) + Task.target("face")
    again = pickle.loads(pickle.dumps(task))
    assert again == task
    assert hash(again) == hash(task)
    assert replace(task, others=0.1) != task
    viewing = Viewing.from_pixels_per_degree(20, ROCKET.shape)
    assert np.array_equal(again(ROCKET, None, viewing), task(ROCKET, None, viewing))


def test_words_one_by_one_are_words_together():
    assert Task.target("red") + Task.target("vertical") == Task.target("red vertical")


# Bad input


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Task(), "an empty task"),
        (lambda: Task.target("  "), "an empty task: expected words, some of: bright, dark, red"),
        (lambda: Task.target("red crimson"), "there is no word 'crimson'; expected some of: bright, dark, red"),
        (lambda: Task.target("red", without="red"), "contradictory: 'red' is both wanted and excluded"),
        (lambda: Task(gains={"reddish": 2.0}), "there is no channel 'reddish'; expected one of: bright"),
        (lambda: Task(gains={"vertical": 2.0, "90 deg": 0.5}), "contradictory gains of '90 deg': 2 and 0.5"),
        (lambda: Task(gains={"red": np.nan}), "expected a finite gain of 'red', got nan"),
        (lambda: Task.target("red") + Task.target("green"), "contradictory gains of '(red|green)': one task raises it"),
        (lambda: Task(others=2.0) + Task(others=0.5), "contradictory gains of all other features: 2 and 0.5"),
        (lambda: Task(gains={"red": 2.0}, model=IttiKoch.published()), "separate opponent cells"),
        (lambda: Task.target("red") + Task(others=0.5, model=IttiKoch()), "two tasks with the same model"),
        (lambda: Task.box(COFFEE, (500, 300, 200, 200)), r"inside the 600 x 400 picture, got \(500, 300, 200, 200\)"),
        (lambda: Task.where((1.0, np.nan)), "expected a tuple of 2 numbers|finite"),
        (lambda: Task.where(np.zeros((3, 3))), "above 0 somewhere"),
        (lambda: Task.where((1.0, 1.0))(ROCKET), r"a place in degrees, \(1.0, 1.0\), needs a viewing; got none"),
        (lambda: Task.like(COFFEE)(ROCKET), "the template of 600 x 400 px is larger than the picture of 320 x 214 px"),
        (lambda: Task.target("red")(ROCKET, np.ones((3, 3))), r"expected a map of shape \(214, 320\), got \(3, 3\)"),
        (lambda: Task.optimal(target=[], distractors=COFFEE), "at least one picture of the target, got none"),
        (lambda: Task.optimal_places([], reach=3), "at least one target and one distractor, got none"),
        (lambda: Task.target("red").activations(ROCKET, [(999, 3)], reach=3), "inside the 320 x 214 picture"),
        (lambda: Template(picture=COFFEE, scales=()), "positive sizes"),
        (lambda: Text(heights=(1,)), "sizes from 2 pixels up"),
    ],
)
def test_bad_input_is_answered_by_a_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()
