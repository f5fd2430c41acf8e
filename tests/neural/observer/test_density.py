"""The observer as a probability: densities, samples, likelihoods and the compiled loop are one and the same law."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from foveation import Viewing, sample_pixels, write_image
from neural import PRESETS, CovertShift, DecisionTiming, Observer, SaccadeProgramming
from neural.observer.compiled_walk import is_compiled, walk
from neural.observer.gaze import glances_on
from neural.observer.history import visits_of
from saliency import (
    Argmax,
    FixedMap,
    InhibitionOfReturn,
    IttiKoch,
    LogLinear,
    Luce,
    MapFolder,
    OculomotorStatistics,
    Race,
    Recordings,
    Scanpath,
    SceneWalk,
    Softmax,
    Visible,
    WinnerTakeAll,
    share_of,
)
from saliency.priority.kernels import SaccadeTables
from saliency.priority.log_linear import SHAPES, UNIFORM

SHAPE = (96, 128)
PICTURE = cv2.resize(sample_pixels("coffee"), SHAPE[::-1], interpolation=cv2.INTER_AREA)
VIEWING = Viewing.from_pixels_per_degree(6, SHAPE)


def hills(seed, shape=SHAPE, sharpness=3):
    """A map with some high places."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((max(2, shape[0] // 16), max(2, shape[1] // 16))).astype(np.float32) ** sharpness
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_LINEAR)


MAP = hills(0)
OBSERVER = Observer(model=MAP, cells=32)


def picture_of(shape, seed=0):
    return np.random.default_rng(seed).random((*shape, 3)).astype(np.float32)


def path_through(places, viewing=VIEWING, **rest):
    x, y = np.array(places, float).reshape(-1, 2).T
    onset = 0.2 + 0.3 * np.arange(len(x))
    return Scanpath(x=x, y=y, onset=onset, duration=np.full(len(x), 0.25), viewing=viewing, watched=9, **rest)


def shown_to(observer, picture=PICTURE, viewing=VIEWING):
    return observer.presentation(picture, viewing)


# The density.


@pytest.mark.parametrize(
    ("shape", "ppd"),
    [((2, 2), 4), ((2, 300), 20), ((301, 17), 4), ((65, 129), 4), ((97, 3), 1), ((63, 64), 20), ((150, 300), 160)],
)
@pytest.mark.parametrize("history", [[], [(0, 0)], [(1, 1), (0, 1), (1, 0)]])
def test_a_density_has_the_shape_of_the_picture_and_the_sum_1(shape, ppd, history):
    """Also on sides that cells do not divide, finer than any fovea, and larger than the screen."""
    viewing = Viewing.from_pixels_per_degree(ppd, (100, 100))
    observer = Observer(model=lambda image: image[..., 0])
    density = observer.density(picture_of(shape), viewing, history=history)
    assert density.shape == shape
    assert density.sum() == pytest.approx(1, abs=1e-9)
    assert density.min() >= 0


@pytest.mark.parametrize("columns", [1, 2, 7])
def test_cells_share_out_all_of_themselves(columns):
    """To the pixels as often as eyes land there, in one dimension; 1 cell, and cells of 1 pixel, included."""
    presentation = shown_to(Observer(model=lambda image: image[..., 0], cells=7), picture_of((7, 7 * columns)))
    down, across = presentation.grid.shares
    for shares in (down, across):
        assert shares.sum(axis=0) == pytest.approx(np.ones(shares.shape[1]))
        assert shares.min() >= 0
    assert down @ np.ones(down.shape[1]) == pytest.approx(np.full(7, down.shape[1] / 7))
    if down.shape[1] == 7:  # a triangle, reflected at the edges
        assert down[:3, 0] == pytest.approx([0.875, 0.125, 0])
        assert down[1:4, 2] == pytest.approx([0.125, 0.75, 0.125])


@pytest.mark.parametrize("observer", [OBSERVER, Observer(model=MAP, priority=SceneWalk())], ids=["log-linear", "walk"])
def test_a_history_is_a_path_or_its_numbers(observer):
    places = [(20.0, 30.0), (90.5, 60.2), (3.0, 95.4)]
    path = path_through(places)
    density = observer.density(PICTURE, VIEWING, history=path)
    rows = np.column_stack([path.x, path.y, path.duration])
    for history in (rows, rows.tolist(), places):
        assert np.abs(density - observer.density(PICTURE, VIEWING, history=history)).max() < 1e-3 / density.size
    other = observer.density(PICTURE, VIEWING, history=places[::-1])
    assert np.abs(density - other).max() > 0.01 * density.max()


def test_no_history_is_an_empty_one_and_the_start_counts():
    plain = OBSERVER.density(PICTURE, VIEWING)
    for empty in ([], np.empty((0, 2)), path_through([])):
        assert np.array_equal(OBSERVER.density(PICTURE, VIEWING, history=empty), plain)
    assert np.array_equal(OBSERVER.density(PICTURE, VIEWING, start=VIEWING.centre), plain)
    left = OBSERVER.density(PICTURE, VIEWING, start=(5, 48))
    assert np.array_equal(OBSERVER.density(PICTURE, VIEWING, history=path_through([], start=(5, 48))), left)
    assert left[:, :40].sum() > 1.5 * plain[:, :40].sum()


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([(5, 5), (200, 5)], r"fixation 2 of the history, \(200, 5\) lies outside the 128 x 96 picture"),
        ([(-0.6, 5)], "fixation 1 of the history, .* lies outside"),
        ([1, 2, 3], r"expected a history \(n, 2\) or \(n, 3\) of places in pixels, got \(3,\)"),
        (np.zeros((2, 4)), r"got \(2, 4\)"),
        ([(5, np.nan)], "expected a history of finite places in pixels, got NaN or infinity"),
    ],
)
def test_a_history_is_one_of_places_in_the_picture(history, message):
    with pytest.raises(ValueError, match=message):
        OBSERVER.density(PICTURE, VIEWING, history=history)


def test_the_start_of_a_density_lies_in_the_picture():
    with pytest.raises(ValueError, match=r"gaze \(128, 3\) lies outside the 128 x 96 picture"):
        OBSERVER.density(PICTURE, VIEWING, start=(128, 3))


@pytest.mark.parametrize("ask", ["density", "follow", "log_likelihood"])
def test_a_gate_that_only_decides_has_no_density(ask):
    arguments = () if ask == "density" else (path_through([(5, 5)]),)
    with pytest.raises(ValueError, match="a WinnerTakeAll gives no probabilities: expected a gate with `weights`"):
        getattr(Observer.preset("foveated"), ask)(PICTURE, VIEWING, *arguments)


def test_a_picture_finer_than_the_eye_has_the_same_density_in_its_own_pixels():
    coarse = Viewing.from_pixels_per_degree(80, (240, 320))
    fine = Viewing(screen_px=(640, 480), screen_cm=coarse.screen_cm, distance_cm=coarse.distance_cm)
    picture, places = picture_of((240, 320)), np.array([(100.0, 50.0), (220.0, 200.0)])
    observer = Observer(model=lambda image: image[..., 0])
    small = observer.density(picture, coarse, history=places)
    large = observer.density(np.kron(picture, np.ones((2, 2, 1), np.float32)), fine, history=2 * places + 0.5)
    assert pooled(large, 2) == pytest.approx(small, rel=2e-3)


# Likelihood.


@pytest.mark.parametrize(
    "observer",
    [
        OBSERVER,
        replace(OBSERVER, gate=Luce(exponent=2)),
        Observer(model=MAP, priority=SceneWalk.extended(), cells=16),
        Observer(model=MAP, map_from_retina=True, cells=16),
        Observer(model=IttiKoch(), cells=16, eye=None),
        Observer(model=MAP, gate=Softmax(temperature=0.5), cells=16),
    ],
    ids=["default", "powers", "scenewalk", "exact", "without an eye", "softmax"],
)
def test_likelihood_is_the_density_at_the_pixel_for_each_prefix(observer):
    path = path_through([(20.4, 30.6), (127.49, 95.49), (130, 20), (-0.5, 60), (64, 48)])
    known = observer.log_likelihood(PICTURE, VIEWING, path)
    assert known.shape == (5,)
    assert np.isnan(known).tolist() == [False, False, True, False, False]
    presentation = shown_to(observer)
    visits, cells = visits_of(path, None, presentation.grid), list(observer.follow(PICTURE, VIEWING, path))
    assert len(cells) == 5
    for n, (column, row) in enumerate(np.floor(path.places + 0.5).astype(int)):
        assert cells[n].sum() == pytest.approx(1)
        if n < 3:  # before the place outside, which `density` refuses
            density = observer.density(PICTURE, VIEWING, history=path[:n])
        else:
            density = presentation.grid.spread(presentation.density(visits[: n + 1]))
        assert density == pytest.approx(presentation.grid.spread(cells[n]), abs=1e-12)
        if n != 2:
            assert known[n] == pytest.approx(np.log(density[row, column]), abs=1e-9)


def test_what_cannot_happen_has_no_likelihood():
    path = path_through([(20, 30), (100, 70)])
    known = Observer(model=MAP, priority=Visible(), gate=Argmax()).log_likelihood(PICTURE, VIEWING, path)
    assert (known == -np.inf).all()


def test_paths_of_people_who_look_as_the_model_does_are_likelier():
    paths = OBSERVER.look_many(PICTURE, VIEWING, observers=20, rng=0)
    other = Observer(model=hills(5), cells=32)
    mine, theirs, even = (
        sum(float(observer.log_likelihood(PICTURE, VIEWING, path).sum()) for path in paths)
        for observer in (OBSERVER, other, Observer(model=MAP, priority=lambda context: np.ones(context.map.shape)))
    )
    assert mine > max(theirs, even) + 50


# Samples.


def excess(counts, expected):
    """Chi-square, less its mean, over its standard deviation; blocks with few expected are pooled."""
    order = np.argsort(expected.ravel())
    counts, expected = counts.ravel()[order], expected.ravel()[order]
    few = np.searchsorted(np.cumsum(expected), 8) + 1
    counts, expected = (np.append(values[few:], values[:few].sum()) for values in (counts, expected))
    freedom = len(counts) - 1
    return (np.sum((counts - expected) ** 2 / expected) - freedom) / np.sqrt(2 * freedom)


def counted(places, shape, block):
    columns, rows = np.floor(np.transpose(places) + 0.5).astype(int) // block
    counts = np.zeros((-(-shape[0] // block), -(-shape[1] // block)))
    np.add.at(counts, (rows, columns), 1)
    return counts


def pooled(density, block):
    return np.add.reduceat(
        np.add.reduceat(density, range(0, density.shape[0], block)), range(0, density.shape[1], block), 1
    )


@pytest.mark.parametrize(
    ("shape", "cells", "exponent", "block"),
    [(SHAPE, 32, 1.0, 8), (SHAPE, 32, 2.5, 8), ((12, 15), 64, 1.0, 1), ((50, 66), 32, 1.0, 3), ((2, 2), 64, 1.0, 1)],
)
def test_first_fixations_are_drawn_from_the_density(shape, cells, exponent, block):
    """Chi-square of 3000 of them; a picture of 15 x 12 pixels has cells of one pixel."""
    model = np.random.default_rng(4).random(shape) ** 2 if max(shape) < 32 else hills(1, shape)
    observer = Observer(model=model, cells=cells, gate=Luce(exponent=exponent))
    picture, viewing = picture_of(shape), Viewing.from_pixels_per_degree(6, shape)
    paths = observer.look_many(picture, viewing, observers=3000, duration=0.9, rng=0)
    first = [path.places[0] for path in paths if len(path)]
    assert len(first) > 2950
    counts, expected = counted(first, shape, block), pooled(observer.density(picture, viewing), block) * len(first)
    assert excess(counts, expected) < 4
    assert shape == (2, 2) or excess(counts, expected[::-1]) > 10


def test_later_fixations_are_drawn_from_the_densities_of_their_histories():
    paths = OBSERVER.look_many(PICTURE, VIEWING, observers=150, duration=3, rng=5)
    presentation = shown_to(OBSERVER)
    counts = expected = spread = np.zeros((6, 8))
    for path in paths:
        assert len(path) >= 3
        visits = visits_of(path, None, presentation.grid)
        for n in range(1, len(path)):
            chance = pooled(presentation.grid.spread(presentation.density(visits[: n + 1])), 16)
            counts, expected = counts + counted(path.places[n : n + 1], SHAPE, 16), expected + chance
            spread = spread + chance * (1 - chance)
    often = spread > 4
    scores = (counts - expected)[often] / np.sqrt(spread[often])
    assert often.sum() > 20
    assert np.abs(scores).max() < 4.5
    assert 0.6 < np.mean(scores**2) < 1.6


def test_one_look_is_a_row_of_many():
    paths = OBSERVER.look_many(PICTURE, VIEWING, observers=5, duration=1.5, rng=3, start=(20, 20), stimulus="cup")
    rngs = np.random.default_rng(3).spawn(5)
    for k, (path, rng) in enumerate(zip(paths, rngs, strict=True), start=1):
        alone = OBSERVER.look(PICTURE, VIEWING, duration=1.5, rng=rng, start=(20, 20), stimulus="cup")
        assert replace(alone, subject=str(k)) == path
    assert len({tuple(path.x) for path in paths}) == 5


@pytest.mark.parametrize(
    "observer",
    [OBSERVER, Observer.preset("foveated", cells=16), Observer(model=IttiKoch(), map_from_retina=True, cells=16)],
    ids=["compiled", "decides", "exact"],
)
def test_many_looks_are_the_same_in_threads(observer):
    paths = observer.look_many(PICTURE, VIEWING, observers=4, duration=1, rng=1)
    with ThreadPoolExecutor(3) as executor:
        assert observer.look_many(PICTURE, VIEWING, observers=4, duration=1, rng=1, executor=executor) == paths
        alone = list(executor.map(lambda rng: observer.look(PICTURE, VIEWING, duration=1, rng=rng), range(6)))
    assert alone == [observer.look(PICTURE, VIEWING, duration=1, rng=rng) for rng in range(6)]


def test_at_least_one_observer_looks():
    with pytest.raises(ValueError, match="at least one observer, got 0"):
        OBSERVER.look_many(PICTURE, VIEWING, observers=0)


# The compiled loop.

SIZES = [((96, 128), 6), ((2, 2), 2), ((2, 300), 20), ((61, 33), 160), ((97, 3), 1), ((240, 320), 40)]


@pytest.mark.parametrize(("shape", "ppd"), SIZES)
@pytest.mark.parametrize("exponent", [0.5, 1.0, 3.0])
def test_the_compiled_loop_is_the_plain_one(shape, ppd, exponent):
    observer = Observer(model=lambda image: image[..., 0] ** 2, gate=Luce(exponent=exponent), cells=24)
    viewing = Viewing.from_pixels_per_degree(ppd, shape)
    presentation = shown_to(observer, picture_of(shape), viewing)
    assert is_compiled(observer.parts)
    for seed in range(4):
        start = (shape[1] // 3, 1)
        path = walk(presentation, start, 2.5, np.random.default_rng(seed))
        glances = list(glances_on(presentation, start, 2.5, np.random.default_rng(seed), see=False))
        assert len(path) == len(glances) + 1 >= 5
        expected = [(*glance.gaze, glance.onset, glance.duration, glance.score) for glance in glances]
        assert path[:-1, :5] == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9)
        assert path[-1, :2] == pytest.approx(glances[-1].winner, rel=1e-9, abs=1e-9)


def test_the_compiled_loop_is_the_plain_one_without_an_eye():
    observer = replace(OBSERVER, eye=None)
    plain = replace(observer, memory=lambda visits, now, places, viewing: np.zeros(places.shape[:-1]))
    assert is_compiled(observer.parts) > is_compiled(plain.parts)
    path, expected = (one.look(PICTURE, VIEWING, duration=2, rng=2, start=(9, 80)) for one in (observer, plain))
    assert path.places == pytest.approx(expected.places)
    assert path == OBSERVER.look(PICTURE, VIEWING, duration=2, rng=2, start=(9, 80))


@pytest.mark.parametrize(
    "change",
    [
        {"timing": DecisionTiming()},
        {"memory": InhibitionOfReturn()},
        {"gate": Softmax()},
        {"map_from_retina": True},
        {"priority": SceneWalk()},
        {"gate": lambda priority, rng: Luce()(priority, rng)},
    ],
    ids=lambda change: "".join(change),
)
def test_only_the_whole_default_loop_is_compiled(change):
    observer = replace(OBSERVER, **change)
    assert not is_compiled(observer.parts)
    assert len(observer.look(PICTURE, VIEWING, duration=1, rng=0)) >= 1


@pytest.mark.parametrize("start", [None, (20.0, 80.0)])
def test_glances_are_those_of_the_look(start):
    for observer in (OBSERVER, Observer(model=MAP, priority=SceneWalk(), cells=16)):
        path = observer.look(PICTURE, VIEWING, duration=2, rng=4, start=start)
        glances = list(observer.glances(PICTURE, VIEWING, duration=2, rng=4, start=start))
        assert len(glances) == len(path) + 1
        assert glances[0].gaze == path.start == (start or VIEWING.centre)
        assert [glance.gaze for glance in glances[1:]] == [(x, y) for x, y in path.places.tolist()]
        assert [glance.onset for glance in glances[1:]] == path.onset.tolist()
        assert [glance.score for glance in glances[:-1]] == pytest.approx(path.score.tolist())
        assert [glance.duration for glance in glances[1:-1]] == path.duration[:-1].tolist()
        for n, glance in enumerate(glances[:-1]):
            density = observer.density(PICTURE, VIEWING, history=path[:n])
            assert np.isclose(glance.priority, glance.score, rtol=1e-9, atol=0).any()
            expected = shown_to(observer).grid.spread(glance.priority / glance.priority.sum())
            if observer is OBSERVER:  # of SceneWalk the durations count too, which the loop knows exactly
                assert density == pytest.approx(expected, abs=1e-12)


def test_a_path_longer_than_was_thought_of_is_the_same():
    hasty = replace(OBSERVER, timing=SaccadeProgramming(timer=0.02, labile=0.012, nonlabile=0.006), cells=8)
    path = hasty.look(PICTURE, VIEWING, duration=60, rng=0)
    assert len(path) > 8 + 12 * 60
    assert path.onset[-1] < 60 <= path.onset[-1] + path.duration[-1] + 0.1
    short = hasty.look(PICTURE, VIEWING, duration=20, rng=0)
    assert np.array_equal(path.places[: len(short)], short.places)
    assert np.array_equal(path.onset[: len(short)], short.onset)
    rng = np.random.default_rng(0)
    assert len(hasty.look(PICTURE, VIEWING, duration=20, rng=rng)) > 8 + 12 * 20
    again = np.random.default_rng(0)
    list(glances_on(shown_to(hasty), VIEWING.centre, 20, again, see=False))
    assert rng.random() == again.random()  # as much was drawn as if it had been known


def test_a_minute_of_looking_is_lived_through():
    path = OBSERVER.look(PICTURE, VIEWING, duration=60, rng=0)
    assert 180 < len(path) < 300
    assert path.onset[-1] + path.duration[-1] == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize("level", [0.0, 0.4])
def test_on_a_blank_map_nobody_wins(level):
    for observer in (Observer(), Observer(model=np.full(SHAPE, level))):
        path = observer.look(np.full((*SHAPE, 3), level), VIEWING, rng=0, start=(3, 4))
        assert (len(path), path.ended, path.start) == (0, "no winner", (3, 4))
        (glance,) = observer.glances(np.full((*SHAPE, 3), level), VIEWING, rng=0)
        assert glance.winner is None


# Parts.


def test_a_finished_map_is_a_model():
    observer = Observer(model=MAP)
    assert isinstance(observer.model, FixedMap)
    assert observer.priority == LogLinear.pretrained("map")
    paths = observer.look_many(PICTURE, VIEWING, observers=40, duration=2, rng=0)
    x, y = np.floor(np.concatenate([path.places for path in paths]).T + 0.5).astype(int)
    assert MAP[y, x].mean() > 1.3 * MAP.mean()
    same = Observer(model=lambda image: MAP)
    assert same.look(PICTURE, VIEWING, rng=1) == observer.look(PICTURE, VIEWING, rng=1)
    with pytest.raises(ValueError, match="expected a map of shape"):
        Observer(model=np.zeros(5))


def test_tables_fit_the_model():
    for observer in (Observer(), Observer.preset("typical")):
        assert "read-outs" in observer.priority.provenance
    assert Observer(model=IttiKoch()).priority == LogLinear.pretrained("map") != Observer().priority
    assert Observer.preset("typical", model=MAP).priority == LogLinear.pretrained("map").typical()


def test_a_folder_of_maps_is_asked_for_the_picture_of_the_path(tmp_path):
    np.save(tmp_path / "cup.npy", MAP)
    observer, plain = Observer(model=MapFolder(tmp_path), cells=32), OBSERVER
    path = observer.look(PICTURE, VIEWING, duration=1, rng=0, stimulus="cup.png")
    assert path == plain.look(PICTURE, VIEWING, duration=1, rng=0, stimulus="cup.png")
    known = observer.log_likelihood(PICTURE, VIEWING, path)
    assert np.array_equal(known, plain.log_likelihood(PICTURE, VIEWING, path))
    density = observer.density(PICTURE, VIEWING, history=path)
    assert np.array_equal(density, plain.density(PICTURE, VIEWING, history=path))
    with pytest.raises(FileNotFoundError, match=r"there is no map of 'plate.png'"):
        observer.look(PICTURE, VIEWING, stimulus="plate.png")


def test_any_priority_is_told_what_it_needs_and_its_density_is_the_observer_s():
    told = []

    def left_half(context):
        told.append(context)
        return np.where(context.places[..., 0] < 63.5, context.map, 0)

    observer = Observer(model=MAP, priority=left_half, cells=32)
    density = observer.density(PICTURE, VIEWING, history=[(20, 30), (40, 50)])
    assert density[:, 66:].sum() == 0
    context = told[-1]
    assert [visit[:2] for visit in context.visits] == [VIEWING.centre, (20, 30), (40, 50)]
    assert context.now == pytest.approx(0.2 + 0.25 + 0.25)
    assert context.gaze == (40, 50)
    assert context.map.shape == (24, 32)
    assert context.map == pytest.approx(MAP.reshape(24, 4, 32, 4).mean(axis=(1, 3)), abs=1e-6)
    assert context.visibility.max() == context.visibility[12, 10] < 1.001
    path = observer.look(PICTURE, VIEWING, duration=2, rng=0)
    assert len(path) >= 4
    assert path.x.max() < 68


def test_what_the_eye_sees_coarsely_is_drawn_less_often_by_a_priority_that_asks():
    near, sharp = (
        Observer(model=np.ones(SHAPE) + 0.01 * MAP, priority=Visible(), gate=Luce(), **change)
        for change in ({}, {"eye": None})
    )
    corner, sharp_corner = (observer.density(PICTURE, VIEWING, start=(5, 5))[-20:, -20:] for observer in (near, sharp))
    assert corner.sum() < 0.7 * sharp_corner.sum()


def test_any_gate_memory_and_clock_will_do():
    priorities = []

    def strongest(priority, rng):
        priorities.append(priority)
        return Argmax(latency=0.1)(priority)

    def never_back(visits, now, places, viewing):
        return 1e9 * sum(viewing.angle_deg(visit[:2], places) < 3 for visit in visits)

    observer = Observer(
        model=MAP, gate=strongest, memory=never_back, timing=CovertShift(), map_from_retina=False, cells=32
    )
    path = observer.look(PICTURE, VIEWING, duration=0.65, rng=0)
    assert path.onset == pytest.approx(0.1 * np.arange(1, 7))
    assert path.duration == pytest.approx([0.1] * 5 + [0.05])
    for k in range(1, 6):
        assert VIEWING.angle_deg(path.places[k], path.places[:k]).min() > 2
    assert all(priority.max() <= 1 for priority in priorities)


def test_gates_that_decide_get_a_density_relative_to_its_strongest_place():
    for gate in (Argmax(), Softmax(temperature=0.1), WinnerTakeAll()):
        observer = replace(OBSERVER, gate=gate)
        glance = next(observer.glances(PICTURE, VIEWING, rng=0))
        assert glance.priority.max() == pytest.approx(1)
        own = replace(OBSERVER, gate=gate, priority=lambda context: OBSERVER.priority(context) / 2)
        halved = next(own.glances(PICTURE, VIEWING, rng=0)).priority  # no density: left as it is
        assert halved == pytest.approx(glance.priority * halved.max(), rel=1e-5)
        assert halved.max() < 0.1
    peaks = replace(OBSERVER, gate=Softmax(temperature=0.1)).density(PICTURE, VIEWING)
    assert peaks.max() > 20 * np.median(peaks)


def test_inhibition_divides_a_density_too():
    observer = replace(OBSERVER, memory=InhibitionOfReturn(strength=50, spread_deg=2, decay_s=100))
    for n in (1, 2):
        history = [(100.0, 30.0), (40.0, 70.0)][:n]
        plain, held = (one.density(PICTURE, VIEWING, history=history) for one in (OBSERVER, observer))
        assert held.sum() == pytest.approx(1)
        for x, y in np.array(history, int):
            assert held[y, x] < 0.2 * plain[y, x]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_looks_and_repeats_itself_bit_for_bit(preset):
    observer = Observer.preset(preset)
    path = observer.look(PICTURE, VIEWING, duration=1, rng=11, stimulus="cup")
    assert path == observer.look(PICTURE, VIEWING, duration=1, rng=np.random.default_rng(11), stimulus="cup")
    assert len(path) >= 1
    assert path.start == VIEWING.centre
    assert ((path.places >= -0.5) & (path.places <= np.array(SHAPE[::-1]) - 0.5)).all()
    assert (path.onset < 1).all()
    assert path.ended == "time"
    if hasattr(observer.gate, "weights"):
        assert observer.density(PICTURE, VIEWING, history=path).sum() == pytest.approx(1)
        assert np.isfinite(observer.log_likelihood(PICTURE, VIEWING, path)).all() or preset == "starfc"
    else:
        assert isinstance(observer.gate, WinnerTakeAll | Race)


# Time.


def test_when_does_not_depend_on_where_but_for_the_turn():
    """The same seed on two maps: other places, and the same durations once the turns are taken out."""
    planned = []
    for model in (hills(1), hills(9, sharpness=8)):
        observer = Observer(model=model)
        path = observer.look(PICTURE, VIEWING, duration=4, rng=6)
        turns = OculomotorStatistics.of([path]).turning_angle_deg
        planned.append((path.places, path.duration / observer.timing.lengthening(turns)))
    count = min(len(durations) for _, durations in planned) - 1
    (first, one), (second, other) = ((places[:count], durations[1 : count - 1]) for places, durations in planned)
    assert np.abs(first - second).max() > 5
    assert one == pytest.approx(other, rel=1e-9)


@cache
def crowd():
    picture = sample_pixels("coffee")
    viewing = Viewing.from_pixels_per_degree(24, picture.shape)
    return OculomotorStatistics.of(Observer().look_many(picture, viewing, observers=300, duration=3, rng=0))


def test_durations_are_those_of_people():
    """OSIE: 0.23 s on average; the first one shorter; longer before reversals (Smith and Henderson 2011)."""
    people = crowd()
    settled = people.number >= 3
    assert np.nanmean(people.duration[settled]) == pytest.approx(0.22, abs=0.02)
    assert np.nanmean(people.duration[people.number == 1]) < 0.9 * np.nanmean(people.duration[settled])
    onward, back = people.turning_angle_deg < 30, people.turning_angle_deg > 150
    assert np.nanmean(people.duration[back]) > 1.1 * np.nanmean(people.duration[onward])


def test_the_first_fixation_is_nearer_the_centre_than_later_ones():
    people = crowd()
    first, later = (np.nanmean(people.centre_distance_deg[which]) for which in (people.number == 1, people.number >= 4))
    assert first < 0.8 * later


def test_people_on_the_whole_make_saccades_of_a_few_degrees_and_go_on_or_come_back():
    people = crowd()
    assert 3 < np.nanmean(people.amplitude_deg) < 7
    turns = people.turning_angle_deg[np.isfinite(people.turning_angle_deg)]
    shares = np.histogram(turns, (0, 30, 60, 90, 120, 150, 180))[0] / len(turns)
    assert min(shares[0], shares[-1]) > max(shares[2], shares[3])


# Learning.


def momentum():
    """A known observer: it follows the light of a picture, makes short saccades and goes on."""
    root, turn = 0.35 * np.arange(16)[:, np.newaxis], np.arange(9) * 22.5
    tables = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    tables["gain"] += 1.5
    tables["first"] -= 0.2 * root[:, 0] ** 2
    tables["turn"] += 1.2 * np.cos(np.radians(turn)) - 0.2 * root**2
    return Observer(model=light, priority=LogLinear(tables=SaccadeTables(**tables)), cells=12)


def light(image):
    return np.ascontiguousarray(image[..., 0])


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Eight small pictures, at each of which the known observer has looked twelve times."""
    folder = tmp_path_factory.mktemp("recordings")
    rows = ["image,subject,index,x,y,onset_s,duration_s"]
    for k in range(8):
        picture = np.repeat(np.rint(255 * hills(20 + k, (48, 64)))[..., np.newaxis], 3, axis=2).astype(np.uint8)
        write_image(folder / f"{k}.png", picture)
        viewing = Viewing.from_pixels_per_degree(4, (48, 64))
        for path in momentum().look_many(picture, viewing, observers=12, duration=2, rng=k):
            for n, f in enumerate(path):
                rows.append(f"{k}.png,{path.subject},{n},{f.x!r},{f.y!r},{f.onset!r},{f.duration!r}")
    (folder / "fixations.csv").write_text("\n".join(rows) + "\n")
    return Recordings.read(folder)


def total(observer, recordings, viewing):
    return sum(
        float(observer.log_likelihood(recordings.pixels(name), viewing, path).sum())
        for name in recordings
        for path in recordings.scanpaths(name, viewing)
    )


def test_an_observer_learns_from_people_what_serves_on_other_pictures(recordings):
    viewing = Viewing.from_pixels_per_degree(4, (48, 64))
    start = replace(momentum(), priority=LogLinear.unlearned(), timing=SaccadeProgramming(timer=0.4))
    seen, names = [], [f"{k}.png" for k in range(6)]
    with ThreadPoolExecutor(2) as executor:
        fitted = start.fit(
            recordings, viewing, names=names, executor=executor, watch=lambda *step: seen.append(step), provenance="six"
        )
    held_out = recordings.select(["6.png", "7.png"])
    before, after, best = (total(observer, held_out, viewing) for observer in (start, fitted, momentum()))
    assert after > before + 0.6 * (best - before)
    assert fitted.priority.provenance == "six"
    assert seen[-1][1] > seen[0][1]
    known = [path.duration[2:-1] for name in names for path in recordings.scanpaths(name, viewing)]
    simulated = fitted.timing.durations(2000, 8, 0)[:, 3:]
    assert simulated.mean() == pytest.approx(np.concatenate(known).mean(), rel=0.1)
    assert (fitted.model, fitted.gate, fitted.cells) == (start.model, start.gate, start.cells)


def test_parts_that_cannot_learn_stay_as_they_are(recordings):
    viewing = Viewing.from_pixels_per_degree(4, (48, 64))
    observer = Observer(model=light, priority=SceneWalk(), cells=12)
    fitted = observer.fit(recordings, viewing)
    assert fitted.priority == observer.priority
    assert fitted.timing != observer.timing
    with pytest.raises(ValueError, match=r"a priority or a timing that learns.*got SceneWalk and DecisionTiming"):
        replace(observer, timing=DecisionTiming()).fit(recordings, viewing)


def test_a_study_is_the_grid_the_degrees_and_the_cells_of_fixations():
    path = path_through([(0, 0), (127.4, 95.4), (-0.4, 50), (300, 4), (64, 48)], start=(10, 20))
    study = shown_to(OBSERVER).study([path])
    ((places, targets),) = study.paths
    assert targets.tolist() == [0, 24 * 32 - 1, 12 * 32, -1, 12 * 32 + 16]
    assert places == pytest.approx(VIEWING.degrees([path.start, *path.places.tolist()]))
    share = share_of(MAP.reshape(24, 4, 32, 4).mean(axis=(1, 3)), uniform=UNIFORM)
    assert np.exp(study.grid[4]) == pytest.approx(share.ravel() * share.size, rel=1e-5)
    nats, _ = OBSERVER.priority.surprise(study)
    cells = [density.ravel() for density in OBSERVER.follow(PICTURE, VIEWING, path)]
    assert nats == pytest.approx(-sum(np.log(c[t]) for c, t in zip(cells, targets, strict=True) if t >= 0))
