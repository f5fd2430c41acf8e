"""Saliency of films: motion, flicker and surprise, whatever light and camera do."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from conftest import in_other_numbers
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import sample_pixels
from saliency import BooleanMap, IttiKoch, Readout
from saliency.features.motion import Flicker, GainControl, Motion
from saliency.features.surprise import Surprise
from saliency.models.films import CHANNELS, VideoSaliency

SHAPE = (180, 240)


PLACES = [(x, y) for y in range(30, 160, 40) for x in range(30, 220, 45)]


ODD = 7


def dots(places, *, radius=6, grey=0.5, white=0.85):
    """White dots with soft edges on grey."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    inside = sum(np.clip(radius + 0.5 - np.hypot(x - at_x, y - at_y), 0, 1) for at_x, at_y in places)
    plane = np.rint((grey + (white - grey) * inside) * 255).astype(np.uint8)
    return np.repeat(plane[:, :, np.newaxis], 3, axis=2)


def shifted(own, camera=(0, 0)):
    """The dots after the camera moved all of them and the odd one moved by `own` more."""
    return [
        (x + camera[0] + (own[0] if number == ODD else 0), y + camera[1] + (own[1] if number == ODD else 0))
        for number, (x, y) in enumerate(PLACES)
    ]


def watched(frames, step=0.04, **options):
    executor = options.pop("executor", None)
    eye = VideoSaliency(**options).watch(executor)
    return eye, [eye.update(frame, number * step) for number, frame in enumerate(frames)]


def peak(map_):
    row, column = np.unravel_index(int(map_.argmax()), map_.shape)
    return np.array([column, row])


def near(map_, place, within=9):
    return np.hypot(*(peak(map_) - place)) <= within


# what attracts


@pytest.mark.parametrize("own", [(3, 0), (0, -3), (-2, 2), (8, 0)])
def test_a_moving_dot_among_still_ones_wins_within_two_frames(own):
    _, maps = watched([dots(PLACES), dots(shifted(own))])
    assert near(maps[1], shifted(own)[ODD])


@pytest.mark.parametrize("camera", [(3, 0), (-2, 2), (0, 4)])
def test_a_dot_that_moves_otherwise_than_the_scene_wins_while_the_camera_pans(camera):
    own = (-camera[1], camera[0] + (3 if camera[0] == 0 else 0))
    frames = [dots(shifted(np.multiply(own, k), np.multiply(camera, k))) for k in range(5)]
    _, maps = watched(frames)
    for k in range(1, 5):
        assert near(maps[k], shifted(np.multiply(own, k), np.multiply(camera, k))[ODD])


def test_a_still_dot_wins_where_the_camera_takes_all_others_along():
    frames = [dots(shifted((-3 * k, 0), (3 * k, 0))) for k in range(4)]
    _, maps = watched(frames)
    assert near(maps[-1], PLACES[ODD])


def test_a_flickering_dot_wins():
    others = [place for number, place in enumerate(PLACES) if number != ODD]
    _, maps = watched([dots(PLACES if k % 2 else others) for k in range(6)])
    assert all(near(map_, PLACES[ODD]) for map_ in maps[1:])


@pytest.mark.parametrize(
    "flash", [lambda grey: grey + 25.0, lambda grey: grey - 40.0, lambda grey: grey * 1.15, lambda grey: grey * 0.6]
)
def test_a_flash_of_all_light_attracts_nobody(flash):
    calm = dots(PLACES)
    bright = np.rint(flash(calm.astype(float))).astype(np.uint8)
    eye, maps = watched([calm, calm, calm, bright, calm, calm])
    before = maps[2]
    for map_ in maps[3:]:
        gain = map_ - before
        assert np.ptp(gain) < 0.03 * before.max()
    assert not eye.is_cut


@pytest.mark.parametrize("flash", [lambda frame: frame + 60, lambda frame: frame * 1.4, lambda frame: frame * 0 + 255])
def test_a_flash_that_blinds_leaves_nothing_behind(flash):
    calm = cv2.resize(sample_pixels("coffee"), (240, 160), interpolation=cv2.INTER_AREA)
    blinding = np.clip(flash(calm.astype(float)), 0, 255).astype(np.uint8)
    eye = VideoSaliency().watch()
    for number, frame in enumerate([calm, calm, blinding, blinding, calm, calm]):
        eye.update(frame, number * 0.04)
        assert max(float(eye.maps()[name].max()) for name in ("flicker", "motion", "surprise")) < 0.05


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_a_lone_light_that_blinks_or_dims_attracts_on_any_ground(grey):
    on, off, dim = (dots([(150, 60)], grey=grey, white=grey + k * (0.5 - grey) + (k if grey == 0.5 else 0) * 0.4)
                    for k in (1.0, 0.0, 0.6))  # fmt: skip
    for frames in ([on, on, off], [off, off, on], [on, on, dim]):
        eye, _ = watched(frames)
        assert near(eye.maps()["flicker"], (150, 60))
        assert eye.maps()["flicker"].max() > 0.5


def test_light_that_changes_in_one_place_only_attracts():
    calm = dots(PLACES)
    lit = calm.copy()
    lit[100:130, 60:90] = np.minimum(lit[100:130, 60:90] + 40, 255)
    _, maps = watched([calm, calm, lit])
    assert near(maps[2], (75, 115), within=20)


def test_television_snow_is_boring_and_one_new_thing_in_it_is_not():
    rng = np.random.default_rng(0)
    frames = [np.repeat(rng.integers(0, 256, (*SHAPE, 1), np.uint8), 3, axis=2) for _ in range(12)]
    for frame in frames[-3:]:
        cv2.circle(frame, (150, 60), 14, (255, 255, 255), -1)
    eye, _ = watched(frames[:9])
    noise = eye.maps()
    assert noise["flicker"].max() < 0.1 and noise["surprise"].max() < 0.3
    maps = [eye.update(frame, 0.36 + 0.04 * k) for k, frame in enumerate(frames[9:])]
    assert all(near(map_, (150, 60), within=14) for map_ in maps)
    assert eye.maps()["surprise"].max() > 2 * noise["surprise"].max()


def test_a_still_film_settles_at_the_static_map():
    picture = cv2.resize(sample_pixels("coffee"), (240, 160), interpolation=cv2.INTER_AREA)
    moved = np.roll(picture, 3, axis=1)
    eye, maps = watched([moved, *[picture] * 50])
    static = IttiKoch()(picture)
    assert maps[-1] / maps[-1].max() == pytest.approx(static / static.max(), abs=0.01)
    assert maps[-1].max() == pytest.approx(0.25, abs=0.01)
    assert max(float(eye.maps()[name].max()) for name in ("flicker", "motion", "surprise")) < 1e-3


def test_sensor_noise_in_a_still_film_attracts_little():
    rng = np.random.default_rng(0)
    picture = cv2.resize(sample_pixels("coffee"), (240, 160), interpolation=cv2.INTER_AREA).astype(float)
    eye, _ = watched([np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8) for _ in range(12)])
    assert max(float(eye.maps()[name].max()) for name in ("flicker", "motion", "surprise")) < 0.1


def test_a_new_peak_changes_next_to_nothing_elsewhere():
    still = [place for number, place in enumerate(PLACES) if number != ODD]
    frames = [dots([*still, (30, 80 + (k % 2))]) for k in range(6)]  # one dot that always trembles
    eye, _ = watched(frames, weights={"static": 0})
    before = eye.maps()
    eye.update(dots([*still, (30, 80), (200, 95)]), 0.24)
    after = eye.maps()
    assert after["flicker"].max() > 0.5
    other, _ = watched([*frames, dots([*still, (30, 80)])], weights={"static": 0})
    without = other.maps()
    corner = np.s_[60:100, 10:50]
    assert after["flicker"][corner] == pytest.approx(without["flicker"][corner], abs=0.05)
    assert before["flicker"][corner].max() > 0.1


# time


def film(time, kind):
    if kind == "moves":
        return dots(shifted((60 * time, 0)))
    if kind == "against the camera":
        return dots(shifted((0, 60 * time), (40 * time, 0)))
    return dots([p for number, p in enumerate(PLACES) if number != ODD or int(time / 0.2 + 1e-6) % 2 == 0])


@pytest.mark.parametrize("kind", ["moves", "against the camera", "flickers"])
def test_films_of_25_and_50_frames_a_second_give_nearly_the_same_maps(kind):
    slow, fast = VideoSaliency().watch(), VideoSaliency().watch()
    for number in range(20):
        of_fast = fast.update(film(number * 0.02, kind), number * 0.02)
        if number % 2 == 0:
            of_slow = slow.update(film(number * 0.02, kind), number * 0.02)
            if number > 4:
                assert np.corrcoef(of_slow.ravel(), of_fast.ravel())[0, 1] > 0.97
                assert of_slow.max() == pytest.approx(of_fast.max(), abs=0.12)


def test_a_frame_that_is_shown_twice_changes_little():
    once, twice = VideoSaliency().watch(), VideoSaliency().watch()
    for number in range(10):
        frame = film(number * 0.04, "moves")
        map_ = once.update(frame, number * 0.04)
        again = twice.update(frame, number * 0.04)
        assert again == pytest.approx(map_, abs=0.08)
        twice.update(frame, number * 0.04 + 0.02)


def test_uneven_times_give_what_even_ones_give():
    even, uneven = VideoSaliency().watch(), VideoSaliency().watch()
    times = np.cumsum([0, 0.04, 0.02, 0.02, 0.04, 0.04, 0.02, 0.02, 0.04])
    for time in times:
        map_ = uneven.update(film(time, "moves"), time)
    for time in np.arange(0, times[-1] + 1e-9, 0.04):
        expected = even.update(film(time, "moves"), time)
    assert np.corrcoef(map_.ravel(), expected.ravel())[0, 1] > 0.99


def test_slower_time_with_slower_constants_is_the_same_film():
    slow = VideoSaliency(
        flicker=Flicker(fade=0.1),
        motion=Motion(fade=0.1),
        surprise=Surprise(space=0, interval=2 / 30),
        gain=GainControl(settle=4.0),
        persistence=0.2,
        adaptation=20.0,
        floors={"motion": 0.05},  # a speed
        weights={"surprise": 0},  # its cells count speeds against a fixed scale
    ).watch()
    plain = VideoSaliency(weights={"surprise": 0}).watch()
    for number in range(6):
        frame = film(number * 0.04, "moves")
        assert slow.update(frame, number * 0.08) == pytest.approx(plain.update(frame, number * 0.04), abs=1e-4)


def test_where_a_film_begins_in_time_does_not_matter():
    _, maps = watched([film(k * 0.04, "moves") for k in range(3)])
    eye = VideoSaliency().watch()
    later = [eye.update(film(k * 0.04, "moves"), 16.0 + k * 0.04) for k in range(3)]
    assert later[-1] == pytest.approx(maps[-1], abs=1e-6)


def test_a_cut_begins_anew():
    coffee, cat = (cv2.resize(sample_pixels(name), (240, 160)) for name in ("coffee", "chelsea"))
    eye, cuts = VideoSaliency().watch(), []
    for number in range(9):
        scene = coffee if number < 4 else cat
        eye.update(np.roll(scene, number, axis=1), number * 0.04)
        cuts += [number] if eye.is_cut else []
        if number == 4:
            assert all(eye.maps()[name].max() == 0 for name in ("flicker", "motion", "surprise"))
    assert cuts == [4]


def test_without_cuts_a_new_scene_is_one_great_change():
    coffee, cat = (cv2.resize(sample_pixels(name), (240, 160)) for name in ("coffee", "chelsea"))
    eye, _ = watched([coffee, coffee, cat], cut=2.0)
    assert not eye.is_cut
    assert eye.maps()["change"].mean() > 0.1


# laws


def test_a_mirrored_film_gives_mirrored_maps():
    frames = [film(k * 0.04, "against the camera") for k in range(5)]
    _, maps = watched(frames)
    _, mirrored = watched([frame[:, ::-1].copy() for frame in frames])
    assert np.corrcoef(mirrored[-1][:, ::-1].ravel(), maps[-1].ravel())[0, 1] > 0.97


def test_a_second_thread_changes_no_bit():
    frames = [film(k * 0.04, "against the camera") for k in range(5)]
    _, maps = watched(frames)
    with ThreadPoolExecutor(1) as executor:
        _, threaded = watched(frames, executor=executor)
    assert all(np.array_equal(one, other) for one, other in zip(maps, threaded, strict=True))


def test_the_caller_may_use_its_array_and_the_maps_again():
    frames = [film(k * 0.04, "moves").astype(np.float32) / 255 for k in range(4)]
    _, expected = watched(frames)
    eye, buffer = VideoSaliency().watch(), np.empty_like(frames[0])
    for number, frame in enumerate(frames):
        buffer[:] = frame
        map_ = eye.update(buffer, number * 0.04)
        assert np.array_equal(map_, expected[number])
        for each in eye.maps().values():
            each[:] = 0.5


def test_the_map_is_the_weighted_mean_of_its_channels():
    weights = {"static": 2.0, "flicker": 1.0, "motion": 0.5, "surprise": 0.0}
    eye, maps = watched([film(k * 0.04, "moves") for k in range(4)], weights=weights)
    parts = eye.maps()
    assert list(parts) == ["change", "speed", "wows", *CHANNELS, "saliency"]
    mean = sum(weights[name] * parts[name] for name in CHANNELS) / 3.5
    assert maps[-1] == pytest.approx(mean, abs=1e-6)  # smaller than the working size: nothing is resized


@pytest.mark.parametrize("model", [Readout(), BooleanMap()])
def test_frames_of_8_bits_have_one_map_in_whatever_numbers_they_come(model):
    photograph = cv2.resize(sample_pixels("rocket"), (660, 220), interpolation=cv2.INTER_AREA)
    frames = [photograph, np.roll(photograph, 3, axis=1)]
    frames[1][100:120, 300:330] = 250

    def last(frames):
        eye = VideoSaliency(model=model).watch()
        return [eye.update(frame, 0.04 * number) for number, frame in enumerate(frames)][-1]

    expected = last(frames)
    for number, pair in enumerate(zip(*(in_other_numbers(frame).values() for frame in frames), strict=True)):
        assert np.abs(last(pair) - expected).max() <= 1e-3 * expected.max(), list(in_other_numbers(frames[0]))[number]


def test_any_model_gives_the_static_map():
    ramp = np.tile(np.linspace(0, 1, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))
    eye, maps = watched([dots(PLACES)], model=lambda image: ramp * 7)
    assert eye.maps()["static"] == pytest.approx(ramp, abs=1e-6)
    assert maps[0] == pytest.approx(ramp / 4, abs=1e-6)


@settings(deadline=None, max_examples=15)
@given(st.integers(2, 70), st.integers(2, 70), st.sampled_from([None, 1, 3, 4]), st.integers(0, 3))
def test_maps_are_finite_and_between_0_and_1_for_frames_of_any_shape(rows, columns, depth, seed):
    rng = np.random.default_rng(seed)
    shape = (rows, columns) if depth is None else (rows, columns, depth)
    eye, maps = watched([rng.integers(0, 256, shape, np.uint8) for _ in range(3)])
    for map_ in maps:
        assert map_.shape == (rows, columns)
        assert map_.dtype == np.float32
        assert map_.min() >= 0
        assert map_.max() <= 1
    assert all(np.isfinite(each).all() for each in eye.maps().values())


def test_an_even_film_is_empty():
    _, maps = watched([np.full((50, 70, 3), grey, np.uint8) for grey in (0, 0, 90, 255, 255)])
    assert not any(map_.any() for map_ in maps)


def test_a_large_frame_gives_a_map_of_its_size():
    frame = cv2.resize(dots(PLACES), (1920, 1440))
    moved = cv2.resize(dots(shifted((4, 0))), (1920, 1440))
    _, maps = watched([frame, moved])
    assert maps[1].shape == (1440, 1920)
    assert near(maps[1], 8 * np.array(shifted((4, 0))[ODD]), within=70)


# bad input


def test_frames_out_of_time_are_refused():
    eye, _ = watched([dots(PLACES)] * 2)
    with pytest.raises(ValueError, match=r"expected a frame later than 0\.04 s, got one at 0\.04 s"):
        eye.update(dots(PLACES), 0.04)
    with pytest.raises(ValueError, match=r"expected a frame later than 0\.04 s, got one at 0\.01 s"):
        eye.update(dots(PLACES), 0.01)
    with pytest.raises(ValueError, match="expected the time of the frame in seconds, got nan"):
        eye.update(dots(PLACES), float("nan"))
    assert eye.update(dots(PLACES), 0.08).max() > 0  # and nothing was spoilt


def test_frames_of_another_size_are_refused_until_a_reset():
    eye, _ = watched([dots(PLACES)])
    with pytest.raises(ValueError, match="expected frames of 240 x 180 pixels, got 120 x 90 at 1 s"):
        eye.update(dots(PLACES)[::2, ::2], 1.0)
    eye.reset()
    assert eye.update(dots(PLACES)[::2, ::2], 0.0).shape == (90, 120)


def test_frames_that_are_no_pictures_are_refused():
    eye = VideoSaliency().watch()
    with pytest.raises(ValueError, match="expected finite pixels"):
        eye.update(np.full((20, 20, 3), np.nan), 0.0)
    with pytest.raises(TypeError, match="expected a picture"):
        eye.update(np.zeros((20, 20, 3), int), 0.0)
    with pytest.raises(ValueError, match="expected a frame first"):
        eye.maps()


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"weights": {"sound": 1}}, "expected weights of static, flicker, motion, surprise, got 'sound'"),
        ({"weights": {"static": -1}}, "expected weights from 0 up"),
        ({"weights": dict.fromkeys(CHANNELS, 0)}, "a weight that is above 0"),
        ({"floors": {"motion": 0}}, "expected positive"),
        ({"longer_side": 1}, "expected sizes"),
        ({"persistence": -1}, "expected positive"),
    ],
)
def test_senseless_parameters_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        VideoSaliency(**options)
