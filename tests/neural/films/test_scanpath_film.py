"""Films of scanpaths: true times, the gaze where it was, and the race as it was run."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import GeislerPerry, Viewing, foveate, gaze_trace, sample_pixels
from neural import DecisionTiming, Observer
from neural.films.panels import (
    PANELS,
    BarsPanel,
    Moment,
    RacePanel,
    Rests,
    Stage,
    _leading,
    _ticks,
)
from neural.films.scanpath_film import _choices, _with_onsets, path_film, scanpath_film
from neural.observer.gaze import scanpath_of
from saliency import Argmax, Luce, Scanpath, WinnerTakeAll

IMAGE = sample_pixels("coffee")[::2, ::2]
VIEWING = Viewing.from_pixels_per_degree(12, IMAGE.shape)
GREY = np.full((200, 300, 3), 0.4)
SCREEN = Viewing.from_pixels_per_degree(10, GREY.shape)
PATH = Scanpath(
    x=[60.0, 250.5, 240.0],
    y=[50.0, 160.0, 30.25],
    onset=[0.25, 0.6, 1.0],
    duration=[0.3, 0.35, 0.4],
    viewing=SCREEN,
    watched=1.4,
)
FOVEATED = Observer.preset("foveated")
QUIET = replace(FOVEATED, gate=WinnerTakeAll(), timing=DecisionTiming(spread=0.0))


def ring_centre(panel):
    """Where the ring is that is all white in a grey panel."""
    y, x = np.nonzero((panel > 240).all(axis=-1))
    return (x.min() + x.max()) / 2, (y.min() + y.max()) / 2


def panel_of(frame, stage, number):
    """The picture in one panel of a frame."""
    top, left = stage.corner(number)
    top, left = top + (stage.box[0] - stage.size[0]) // 2, left + (stage.box[1] - stage.size[1]) // 2
    return frame.image[top : top + stage.size[0], left : left + stage.size[1]]


def choices_of(observer, seed=0, duration=1.5):
    return list(_choices(observer, IMAGE, VIEWING, {"duration": duration, "rng": seed, "start": None}))


@settings(deadline=None, max_examples=8)
@given(fps=st.sampled_from([10, 25, 29.97]), slow=st.sampled_from([0.5, 1, 4]))
def test_frame_k_shows_the_moment_k_over_fps_over_slow(fps, slow):
    frames = list(path_film(PATH, GREY, fps=fps, slow=slow, panels=["retina"], width=320))
    assert [frame.time for frame in frames] == pytest.approx(np.arange(len(frames)) / fps)
    assert len(frames) == np.ceil(1.4 * fps * slow - 1e-6)
    trace = gaze_trace(PATH, fps * slow)
    stage = Stage(GREY, SCREEN, ["retina"], 320)
    for k in range(0, len(frames), max(1, len(frames) // 12)):
        found = ring_centre(panel_of(frames[k], stage, 0))
        assert found == pytest.approx(stage.shown(trace.places[k]), abs=1)


def test_a_place_is_shown_where_its_pixel_is():
    spot = np.zeros((200, 300, 3), np.float32)
    spot[60:63, 249:252] = 1
    stage = Stage(spot, SCREEN, ["gaze"], 1000)
    y, x = np.indices(stage.size)
    weight = stage.picture[..., 0] / stage.picture[..., 0].sum(dtype=float)
    assert stage.shown((250, 61)) == pytest.approx(((x * weight).sum(), (y * weight).sum()), abs=0.05)


def test_the_gaze_flies_along_the_main_sequence_and_the_ring_with_it():
    frames = list(path_film(PATH, GREY, fps=25, slow=20, panels=["retina"], width=400))
    stage = Stage(GREY, SCREEN, ["retina"], 400)
    trace = gaze_trace(PATH, 500)
    in_flight = np.flatnonzero((trace.time > 0.56) & (trace.time < 0.585))
    places = np.array([ring_centre(panel_of(frames[k], stage, 0)) for k in in_flight])
    assert np.all(np.diff(places[:, 0]) > 0)
    assert np.ptp(places[:, 0]) > 0.25 * stage.size[1]


def test_the_ring_on_the_picture_is_where_that_on_the_retina_is():
    stage = Stage(GREY, SCREEN, ["gaze", "retina"], 800)
    frame = next(path_film(PATH, GREY, width=800))
    assert ring_centre(panel_of(frame, stage, 0)) == pytest.approx(stage.shown(PATH.start), abs=1)
    assert ring_centre(panel_of(frame, stage, 1)) == pytest.approx(stage.shown(PATH.start), abs=1)


def test_what_the_eye_sees_is_foveated_around_the_gaze():
    path = Scanpath(x=[60], y=[100], onset=[0.1], duration=[0.4], viewing=VIEWING, watched=0.5)
    frame = list(path_film(path, IMAGE, panels=["retina"], width=640))[-1]
    stage = Stage(IMAGE, VIEWING, ["retina"], 640)
    seen = panel_of(frame, stage, 0).astype(float)
    expected = foveate(stage.picture, stage.shown((60, 100)), stage.near, acuity=GeislerPerry())
    away = np.hypot(*(np.indices(stage.size)[::-1] - np.array(stage.shown((60, 100)))[:, None, None])) > stage.ring + 4
    assert np.array_equal(seen[away], expected[away])
    sharp = np.abs(seen - stage.picture)[away]
    assert sharp.max() > 20  # far from the gaze the picture is blurred


def test_a_film_is_the_path_that_look_gives():
    for observer in (Observer(), FOVEATED):
        choices = choices_of(observer, seed=3)
        path = scanpath_of([choice.glance for choice in choices], VIEWING.of_picture(IMAGE.shape), 1.5)
        look = observer.look(IMAGE, VIEWING, duration=1.5, rng=3)
        for name in ("x", "y", "onset", "duration", "start"):
            assert getattr(path, name) == pytest.approx(getattr(look, name))


@pytest.mark.parametrize("preset", ["free_viewing", "foveated"])
def test_the_same_seed_gives_the_same_film_bit_for_bit(preset):
    how = {"duration": 0.6, "width": 400, "fps": 10}
    first, again, other = (
        list(scanpath_film(Observer.preset(preset), IMAGE, VIEWING, rng=seed, **how)) for seed in (5, 5, 6)
    )
    assert len(first) == len(again)
    assert all(np.array_equal(a.image, b.image) and a.time == b.time for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.image, b.image) for a, b in zip(first, other, strict=False))


@pytest.mark.parametrize("gate", [WinnerTakeAll(), WinnerTakeAll(noise=0.2), WinnerTakeAll(charged_s=np.inf, peak=0.5)])
def test_potentials_are_those_of_the_race_that_the_gate_ran(gate):
    for choice in choices_of(replace(QUIET, gate=gate), duration=1.0):
        glance = choice.glance
        drives = np.sort(choice.drive.ravel())[::-1]
        potentials = gate.potentials(drives, glance.latency)
        assert potentials[-1, 0] > gate.threshold
        assert np.all(potentials[:-1] <= gate.threshold)
        assert np.all(potentials[0] == gate.reset)
        row, column = np.unravel_index(choice.drive.argmax(), choice.drive.shape)
        assert glance.score == pytest.approx(float(glance.priority[row, column]))


def test_noting_the_race_does_not_change_it():
    noted = [choice.glance for choice in choices_of(FOVEATED, seed=2)]
    plain = list(FOVEATED.glances(IMAGE, VIEWING, duration=1.5, rng=2))
    assert [glance.winner for glance in noted] == [glance.winner for glance in plain]
    assert [glance.duration for glance in noted] == [glance.duration for glance in plain]


def test_the_race_fits_into_the_fixation_that_it_stretches():
    for choice in choices_of(FOVEATED):
        glance, dead_time = choice.glance, FOVEATED.timing.dead_time
        assert 0 < choice.decided < glance.duration
        assert choice.decided / glance.latency == pytest.approx((glance.duration - choice.decided) / dead_time)
    for choice in choices_of(QUIET):
        assert choice.decided == pytest.approx(choice.glance.latency)


def test_the_race_ends_on_screen_when_the_unit_fires():
    choices = choices_of(QUIET)
    stage = Stage(IMAGE, VIEWING, PANELS, 800)
    panel = RacePanel(stage, choices, QUIET.gate)
    onset, latency = choices[1].glance.onset, choices[1].glance.latency
    level = panel._at(0, QUIET.gate.threshold)[1]
    tops = []
    for time in (0.3 * latency, 0.99 * latency, latency + 1e-6, latency + 0.05):
        drawn = panel.draw(Moment(onset + time, (0, 0), 1))
        orange = (np.abs(drawn.astype(int) - (213, 94, 0)) < 8).all(axis=-1)
        orange[: panel.top] = False  # the letters
        tops.append(np.nonzero(orange)[0].min())
    assert tops[0] > tops[1] >= tops[2]
    assert tops[2] == tops[3] == pytest.approx(level, abs=7)


def test_the_leading_places_are_apart_and_the_strongest_first():
    for observer in (Observer(), FOVEATED, QUIET):
        choice = choices_of(observer)[0]
        stage = Stage(IMAGE, VIEWING, PANELS, 800)
        leaders = _leading(choice, stage)
        places = np.array([leader.place for leader in leaders])
        angles = VIEWING.angle_deg(places[:, None], places[None])
        assert angles[~np.eye(len(places), dtype=bool)].min() > 3
        values = choice.weights if choice.drive is None else choice.drive
        assert values[leaders[0].row, leaders[0].column] == values.max()


def test_chances_are_shares_of_the_density():
    choices = choices_of(Observer())
    panel = BarsPanel(Stage(IMAGE, VIEWING, PANELS, 800), choices)
    assert len(panel.values[0]) > 2
    for choice, values in zip(choices, panel.values, strict=True):
        assert choice.weights.sum() == pytest.approx(1)
        assert max(values) >= choice.weights.max()
        assert 0 < sum(values) <= 1 + 1e-9


def test_a_place_that_is_drawn_counts_as_chosen_when_the_eye_leaves():
    for choice in choices_of(Observer()):
        assert choice.decided == choice.glance.duration
    choice = choices_of(Observer(gate=Luce(latency=0.2), timing=DecisionTiming(spread=0.0)))[0]
    assert choice.decided == pytest.approx(0.2)


def test_the_winner_of_a_chance_is_named_only_after_it_is_chosen():
    choices = choices_of(Observer())
    panel = BarsPanel(Stage(IMAGE, VIEWING, PANELS, 800), choices)
    glance = choices[0].glance
    early, late, later = (
        panel.draw(Moment(glance.onset + time, (0, 0), 0))
        for time in (0, glance.duration * 0.99, glance.duration + 1e-6)
    )
    assert np.array_equal(early, late)
    assert not np.array_equal(late, later)


def test_the_present_moves_along_the_time_axis():
    frames = list(path_film(PATH, GREY, width=640, fps=20))
    bottom = [np.nonzero((frame.image[-46] == 0).all(axis=-1))[0].mean() for frame in frames]
    steps = np.diff(bottom)
    assert steps == pytest.approx(np.full(len(steps), (frames[0].image.shape[1] - 24) / 1.4 / 20), abs=1.01)


def test_the_rests_are_those_of_the_trace():
    rests = Rests.of(PATH)
    trace = gaze_trace(PATH, 1000)
    for place, begin, end in zip(rests.places, rests.begin, rests.end, strict=True):
        during = trace.places[(trace.time >= begin) & (trace.time <= end - 1e-9)]
        assert np.all(during == place)
    assert rests.end[0] < PATH.onset[0]


def test_unknown_onsets_are_filled_in_by_the_main_sequence():
    path = _with_onsets(replace(PATH, onset=[np.nan] * 3, watched=1.0))
    assert path.onset[0] == 0
    flights = 0.021 + 0.0022 * path.amplitudes_deg
    assert np.diff(path.onset) == pytest.approx(path.duration[:-1] + flights)
    assert path.watched == pytest.approx(path.onset[-1] + path.duration[-1])
    frames = list(path_film(replace(PATH, onset=[np.nan] * 3, watched=1.0), GREY, panels=["retina"], width=320))
    stage = Stage(GREY, SCREEN, ["retina"], 320)
    assert len(frames) == np.ceil(25 * path.watched)
    assert ring_centre(panel_of(frames[0], stage, 0)) == pytest.approx(stage.shown(PATH.places[0]), abs=1)
    assert _with_onsets(PATH) is PATH


@pytest.mark.parametrize("shape", [(40, 60), (17, 16), (300, 60), (40, 400), (700, 1000)])
@pytest.mark.parametrize("width", [320, 1280])
def test_any_picture_fits(shape, width):
    image = np.random.default_rng(0).random((*shape, 3))
    viewing = Viewing.from_pixels_per_degree(max(shape) / 10, shape)
    observer = Observer(model=np.random.default_rng(1).random(shape).astype(np.float32))
    frames = list(scanpath_film(observer, image, viewing, duration=0.5, fps=4, width=width))
    assert len({frame.image.shape for frame in frames}) == 1
    height, across, _ = frames[0].image.shape
    assert across <= width
    assert height % 2 == across % 2 == 0
    assert height <= max(0.7 * width, 4 * 160) + 60


def test_panels_come_in_the_order_asked_for():
    drawn = {}
    for order in (PANELS, PANELS[::-1], ("retina", "race", "gaze", "priority")):
        *_, last = scanpath_film(FOVEATED, IMAGE, VIEWING, duration=0.6, fps=10, panels=order, width=600)
        stage = Stage(IMAGE, VIEWING, order, 600)
        for number, name in enumerate(order):
            top, left = stage.corner(number)
            drawn.setdefault(name, []).append(last.image[top : top + stage.box[0], left : left + stage.box[1]])
    for first, *others in drawn.values():
        assert all(np.array_equal(first, other) for other in others)
    assert [name for name in PANELS if np.median(drawn[name][0]) == 255] == ["race"]  # the only one on white
    assert not np.array_equal(drawn["gaze"][0], drawn["retina"][0])


def test_other_gates_and_no_eye_are_filmed():
    for observer in (Observer(gate=Argmax()), Observer.preset("itti1998")):
        frames = list(scanpath_film(observer, IMAGE, VIEWING, duration=0.4, fps=20, width=400))
        assert len(frames) in (7, 8)
    stage = Stage(IMAGE, VIEWING, PANELS, 400)
    away = np.ones(stage.size, bool)
    x, y = (round(value) for value in stage.shown(VIEWING.centre))
    away[max(0, y - 60) : y + 60, max(0, x - 60) : x + 60] = False
    assert np.array_equal(panel_of(frames[0], stage, 1)[away], stage.picture[away])


def test_where_nothing_stands_out_the_film_shows_a_gaze_at_rest():
    for observer in (Observer(), FOVEATED):
        frames = list(scanpath_film(observer, GREY, SCREEN, duration=0.4, fps=10, panels=["retina", "race"], width=640))
        stage = Stage(GREY, SCREEN, ["retina", "race"], 640)
        assert len(frames) == 4
        assert {ring_centre(panel_of(frame, stage, 0)) for frame in frames} == {
            ring_centre(panel_of(frames[0], stage, 0))
        }


@pytest.mark.parametrize("span", [0.05, 0.3, 1, 2.5, 60, 3600])
def test_ticks_are_round_and_few(span):
    ticks = _ticks(span, 10)
    assert ticks[0] == 0
    assert 2 < len(ticks) <= 11
    assert ticks[-1] <= span + 1e-9


@pytest.mark.parametrize("fps", [0, -25, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused(fps):
    with pytest.raises(ValueError, match="expected a positive frames per second, got"):
        path_film(PATH, GREY, fps=fps)
    with pytest.raises(ValueError, match="expected a positive factor of slowness, got"):
        scanpath_film(Observer(), GREY, SCREEN, slow=fps)


def test_what_cannot_be_filmed_is_refused_at_once():
    with pytest.raises(ValueError, match="cannot film a path without fixations"):
        path_film(PATH[:0], GREY)
    with pytest.raises(ValueError, match="expected the picture of the path, 300 x 200 pixels, got 192 x 100"):
        path_film(PATH, np.zeros((100, 192, 3)))
    with pytest.raises(ValueError, match="known onsets and durations"):
        path_film(replace(PATH, duration=[np.nan] * 3), GREY)
    for panels in ([], ["gazes"], "gaze"):
        with pytest.raises(ValueError, match="expected some panels out of gaze, retina, priority, race"):
            scanpath_film(Observer(), GREY, SCREEN, panels=panels)
    with pytest.raises(ValueError, match="expected panels out of gaze, retina for a path, got gaze, race"):
        path_film(PATH, GREY, panels=["gaze", "race"])
    with pytest.raises(ValueError, match="expected a width of at least 320 pixels, got 100"):
        path_film(PATH, GREY, width=100)
    with pytest.raises(ValueError, match="expected a positive duration"):
        scanpath_film(Observer(), GREY, SCREEN, duration=0)
