"""The loop: repeatable, replaceable, and honest about its input."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import bars, in_other_numbers

from foveation import Frame, GeislerPerry, Viewing, foveate, sample_pixels
from neural import PRESETS, CovertShift, DecisionTiming, Observer
from saliency import Argmax, InhibitionOfReturn, IttiKoch, Luce, Scanpath, Softmax, WinnerTakeAll

IMAGE = sample_pixels("coffee")
VIEWING = Viewing.from_pixels_per_degree(24, IMAGE.shape)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_seed_gives_the_same_path_bit_for_bit(preset):
    observer = Observer.preset(preset)
    first, again = (observer.look(IMAGE, VIEWING, duration=1.5, rng=7) for _ in range(2))
    assert first == again
    assert len(first) >= 3
    assert first == observer.look(IMAGE, VIEWING, duration=1.5, rng=np.random.default_rng(7))


def test_other_seeds_are_other_people():
    paths = [Observer().look(IMAGE, VIEWING, duration=1.5, rng=seed) for seed in range(4)]
    assert len({tuple(path.x) for path in paths}) == 4


@pytest.mark.parametrize("pixels_per_degree", [24, 100])  # more than 80 are averaged away
@pytest.mark.parametrize("gate", [Luce(), WinnerTakeAll(), Argmax()], ids=lambda gate: type(gate).__name__)
def test_bytes_and_floats_are_one_picture(gate, pixels_per_degree):
    image = np.ascontiguousarray(IMAGE[::2, ::2])
    viewing = Viewing.from_pixels_per_degree(pixels_per_degree, image.shape)
    expected = Observer(gate=gate).look(image, viewing, duration=1, rng=3)
    for name, pixels in in_other_numbers(image).items():
        assert Observer(gate=gate).look(pixels, viewing, duration=1, rng=3) == expected, name


def test_the_clock_adds_up():
    observer = Observer()
    glances = list(observer.glances(IMAGE, VIEWING, duration=3.0, rng=0))
    path = observer.look(IMAGE, VIEWING, duration=3.0, rng=0)
    assert len(path) == len(glances) - 1
    for before, after in pairwise(glances):
        flight = 0.021 + 0.0022 * float(VIEWING.angle_deg(before.gaze, after.gaze))
        assert after.onset == pytest.approx(before.onset + before.duration + flight)
        assert after.gaze == before.winner
    assert path.onset.tolist() == [glance.onset for glance in glances[1:]]
    assert np.all(path.onset < 3.0)
    assert path.onset[-1] + path.duration[-1] <= 3.0
    assert np.isnan(path.latency).all()  # the clock plans by itself
    assert path.score.tolist() == [glance.score for glance in glances[:-1]]
    raced = Observer.preset("foveated")
    glances = list(raced.glances(IMAGE, VIEWING, duration=1.0, rng=0))
    path = raced.look(IMAGE, VIEWING, duration=1.0, rng=0)
    assert path.latency.tolist() == [glance.latency for glance in glances[:-1]]
    assert path.start == VIEWING.centre


def test_the_eye_sees_through_the_fovea():
    for glance in Observer.preset("foveated").glances(IMAGE, VIEWING, duration=0.6, rng=0):
        expected = foveate((IMAGE * np.float32(1 / 255)).astype(np.float32), glance.gaze, VIEWING)
        assert np.array_equal(glance.retina, expected)
        assert np.array_equal(glance.map, IttiKoch()(expected))
    sharp = next(Observer(eye=None, gate=Argmax()).glances(IMAGE, VIEWING, rng=0))
    assert np.array_equal((sharp.retina * 255).round(), IMAGE)
    assert (sharp.visibility == 1).all()


def test_visibility_is_relative_acuity():
    glance = next(Observer().glances(IMAGE, VIEWING, rng=0, start=(100, 200)))
    rows, columns = glance.visibility.shape
    nearest = np.unravel_index(glance.visibility.argmax(), (rows, columns))
    assert (nearest[1] * glance.cell, nearest[0] * glance.cell) == pytest.approx((100, 200), abs=glance.cell)
    corner = ((columns - 0.5) * glance.cell - 0.5, (rows - 0.5) * glance.cell - 0.5)
    law = GeislerPerry()
    away = VIEWING.angle_deg((100, 200), corner)
    assert glance.visibility[-1, -1] == pytest.approx(law.cutoff_cpd(away) / law.cutoff_cpd(0), rel=1e-6)


def test_every_part_can_be_replaced_by_any_callable():
    target = np.zeros(IMAGE.shape[:2])
    target[30, 40], target[200, 300] = 1.0, 0.8
    observer = Observer(
        eye=None,
        model=lambda image: target,
        gate=lambda priority, rng: Argmax(latency=0.05)(priority),
        memory=lambda visits, now, places, viewing: InhibitionOfReturn(strength=99)(visits, now, places, viewing),
        timing=CovertShift(),
    )
    path = observer.look(IMAGE, VIEWING, duration=0.11, start=(500, 350))
    assert path.places.tolist() == [[40, 30], [300, 200]]
    assert path.onset.tolist() == pytest.approx([0.05, 0.10])


def test_parts_are_seen_in_their_repr():
    assert replace(Observer(), gate=Softmax(temperature=0.2)).gate == Softmax(temperature=0.2)
    assert Observer() == Observer()
    assert Observer() == Observer.preset("free_viewing") != Observer.preset("foveated")
    assert "WinnerTakeAll" in repr(Observer.preset("foveated"))


def test_nothing_stands_out_in_an_even_picture():
    for image in (np.full((60, 80, 3), 0.4), np.zeros((200, 300), np.uint8)):
        path = Observer().look(image, VIEWING, rng=0)
        assert (len(path), path.ended) == (0, "no winner")


@pytest.mark.parametrize("shape", [(16, 16), (16, 300), (301, 17), (2, 2)])
def test_small_pictures_can_be_looked_at(shape):
    image = np.random.default_rng(0).random((*shape, 3))
    path = Observer().look(image, Viewing.from_pixels_per_degree(4, shape), duration=1)
    assert isinstance(path, Scanpath)
    assert np.all((path.places >= 0) & (path.places <= np.array(shape[::-1]) - 1))


def test_a_picture_finer_than_the_eye_is_reduced_and_places_are_still_its_own():
    image, (x, y) = bars(0, shape=(480, 640))
    fine = np.kron(image, np.ones((4, 4, 1), np.float32))
    viewing = Viewing.from_pixels_per_degree(160, fine.shape)
    glance = next(Observer.preset("foveated").glances(fine, viewing, rng=0))
    assert glance.retina.shape == (960, 1280, 3)
    assert glance.winner == pytest.approx((4 * x, 4 * y), abs=4 * 24)


@pytest.mark.parametrize("duration", [0, -1, float("nan"), float("inf")])
def test_a_duration_is_positive(duration):
    with pytest.raises(ValueError, match="positive duration in seconds, got"):
        Observer().look(IMAGE, VIEWING, duration=duration)


def test_the_gaze_starts_in_the_picture():
    with pytest.raises(ValueError, match=r"gaze \(812, 90\) lies outside the 600 x 400 picture"):
        Observer().look(IMAGE, VIEWING, start=(812, 90))
    with pytest.raises(ValueError, match="lies outside"):
        Observer().look(IMAGE, VIEWING, start=(float("nan"), 90))


def test_a_model_that_gives_no_map_is_refused():
    with pytest.raises(ValueError, match="expected a map of shape"):
        Observer(model=lambda image: image[:5, :5, 0]).look(IMAGE, VIEWING)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Observer.preset("itti98"), "no preset 'itti98'; expected one of: free_viewing, typical"),
        (lambda: Observer(cells=1), "at least 2 cells"),
        (lambda: DecisionTiming(spread=-1), "a dead time and a spread from 0 up"),
    ],
)
def test_impossible_observers_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def film(places, step=0.04, size=14):
    """A film of a bright disc on grey that is at one of `places` in each frame."""
    rows, columns = np.mgrid[:240, :320]
    for number, (x, y) in enumerate(places):
        image = np.full((240, 320, 3), 110, np.uint8)
        image[(columns - x) ** 2 + (rows - y) ** 2 < size**2] = (255, 230, 40)
        yield Frame(number * step, image)


def test_the_gaze_follows_what_jumps_in_a_film():
    viewing = Viewing.from_pixels_per_degree(16, (240, 320))
    looks = list(
        Observer(timing=DecisionTiming(spread=0)).watch(film([(80, 60)] * 25 + [(250, 180)] * 25), viewing, rng=0)
    )
    assert len(looks) == 50
    assert np.hypot(looks[22].gaze[0] - 80, looks[22].gaze[1] - 60) < 40
    assert min(np.hypot(look.gaze[0] - 250, look.gaze[1] - 180) for look in looks[30:]) < 25
    assert looks[0].gaze == (159.5, 119.5)
    assert [look.fixation for look in looks] == sorted(look.fixation for look in looks)
    flights = [look for look in looks if not look.resting]
    assert all(0 <= look.gaze[0] <= 319 and 0 <= look.gaze[1] <= 239 for look in flights)


def test_a_film_is_watched_like_a_picture():
    """Where all frames are one picture, the fixations are those of `look`."""
    image = sample_pixels("rocket")
    viewing = Viewing.from_pixels_per_degree(24, image.shape)
    path = Observer().look(image, viewing, duration=2.0, rng=3)
    looks = list(Observer().watch((Frame(k / 25, image) for k in range(50)), viewing, rng=3))
    stops = {look.fixation: look.gaze for look in looks if look.resting}
    seen = np.array([stops[k + 1] for k in range(len(path) - 1)])
    assert seen == pytest.approx(path.places[:-1], abs=1e-6)


def test_a_film_that_begins_late_is_looked_at_from_its_first_frame():
    viewing = Viewing.from_pixels_per_degree(24, (240, 320))
    spots = [(80, 60)] * 10 + [(250, 180)] * 10
    late = (frame._replace(time=frame.time + 5) for frame in film(spots))
    for here, there in zip(*(Observer().watch(each, viewing, rng=0) for each in (film(spots), late)), strict=True):
        assert there.gaze == pytest.approx(here.gaze, abs=1e-6)
        assert (there.fixation, there.resting) == (here.fixation, here.resting)


def test_the_gaze_waits_while_a_film_shows_nothing():
    viewing = Viewing.from_pixels_per_degree(16, (240, 320))
    looks = list(Observer().watch(film([(-99, -99)] * 10 + [(250, 180)] * 10), viewing, rng=0))
    assert {look.gaze for look in looks[:10]} == {(159.5, 119.5)}
    assert looks[9].fixation == 0
    assert looks[-1].gaze == pytest.approx((250, 180), abs=25)


def test_timing_has_the_median_it_states():
    rng = np.random.default_rng(0)
    durations = [DecisionTiming(dead_time=0.09, spread=0.5).fixation(0.11, rng) for _ in range(4000)]
    assert np.median(durations) == pytest.approx(0.2, rel=0.03)
    assert np.std(np.log(durations)) == pytest.approx(0.5, rel=0.05)
    assert DecisionTiming().saccade(10) == pytest.approx(0.043)


def test_the_gate_of_the_default_observer_takes_time():
    latencies = Observer(gate=WinnerTakeAll()).look(IMAGE, VIEWING, duration=2).latency
    assert 0.09 < latencies.min() < latencies.max() < 0.4


def test_frames_are_of_one_size():
    viewing = Viewing.from_pixels_per_degree(16, (240, 320))
    frames = [Frame(0.0, IMAGE), Frame(0.04, IMAGE[:, :-2])]
    with pytest.raises(ValueError, match="expected frames of 600 x 400 pixels, got 598 x 400"):
        list(Observer().watch(frames, viewing))
