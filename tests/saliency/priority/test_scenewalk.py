"""SceneWalk: its two maps against a slow twin, and what attention and inhibition do around the gaze."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency.memory.inhibition import Visit
from saliency.priority import kernels
from saliency.priority.context import GazeContext
from saliency.priority.scenewalk import SceneWalk

SHAPE = (480, 640)
VIEWING = Viewing.from_pixels_per_degree(20, SHAPE)
PLACES = np.stack(np.meshgrid(np.arange(10.0, 640, 20), np.arange(15.0, 480, 30)), axis=-1)  # cells are not square
EVEN = np.ones(PLACES.shape[:2])
PLAIN = {
    "attention_deg": 6.0,
    "inhibition_deg": 12.0,
    "attention_rate": 18.5,
    "inhibition_rate": 1.85,
    "attention_exponent": 0.6,
    "inhibition_exponent": 8.0,
    "strength": 0.7,
    "noise": 0.01,
}  # the authors' demonstration
SHIFTED = {"after_s": 0.1, "before_s": 0.05, "shift": 0.5}


def walk(**changes):
    return SceneWalk(**PLAIN | changes)


def visits(*places, length=0.3, flight=0.03):
    """Fixations of one length, one after the other."""
    return [
        Visit(*place, offset=k * (length + flight) + length, onset=k * (length + flight))
        for k, place in enumerate(places)
    ]


def seen(history, map_=EVEN, *, now=None):
    return GazeContext(map_, PLACES, VIEWING, history, history[-1].offset if now is None else now)


def cell(x, y):
    row, column = np.unravel_index(np.hypot(*np.moveaxis(PLACES - (x, y), -1, 0)).argmin(), EVEN.shape)
    return int(row), int(column)


def mean_place(density):
    return np.tensordot(density / density.sum(), PLACES, axes=2)


def gaussian(place, spread, weight):
    values = weight * np.exp(-0.5 * (VIEWING.angle_deg(place, PLACES) / spread) ** 2)
    return values / values.sum()


def twin(model, context):
    """Slow twin: the two maps taken from phase to phase as the paper has it, then opposed."""
    density = (1 - model.floor) * context.map / context.map.sum() + model.floor / context.map.size
    places = [np.array(visit[:2]) for visit in context.visits]
    ends = [visit.offset for visit in context.visits[:-1]] + [max(context.now, context.visits[-1].offset)]
    attention, inhibition = np.zeros(density.shape), np.zeros(density.shape)
    if model.centre_deg is not None:
        across, down = np.moveaxis(np.degrees(np.arctan(VIEWING.rays(PLACES))), -1, 0)
        attention = np.exp(-0.5 * (across / model.centre_deg[0]) ** 2 - 0.5 * (down / model.centre_deg[1]) ** 2)
        attention /= attention.sum()
    for k, (visit, place, end) in enumerate(zip(context.visits, places, ends, strict=True)):
        length = end - visit.onset
        length = model.usual_s if np.isnan(length) or length <= 0 else length
        after = min(model.after_s, length) if k else 0.0
        before = model.before_s if length - after > model.before_s + 0.01 else 0.0
        rate = np.full(density.shape, model.attention_rate)
        if k and model.previous_rate is not None:
            rate[VIEWING.angle_deg(places[k - 1], PLACES) < model.previous_deg] = model.previous_rate
        phases = [(place, model.attention_deg, length - after - before, rate)]
        if k == 0 and model.centre_deg is not None:
            phases = [(place, model.attention_deg, length - after - before, model.centre_rate)]
        if after:
            beyond = place + model.shift * (place - places[k - 1])
            phases.insert(0, (beyond, model.shift_deg, after, rate))
        last = k == len(places) - 1
        if before and not last:
            phases.append((places[k + 1], model.attention_deg, before, rate))
        for centre, spread, seconds, speed in phases:
            target = gaussian(centre, spread, density)
            attention = target + np.exp(-speed * seconds) * (attention - target)
        target = gaussian(place, model.inhibition_deg, 1.0)
        seconds = length - before * last
        inhibition = target + np.exp(-model.inhibition_rate * seconds) * (inhibition - target)
    drive, brake = attention**model.attention_exponent, inhibition**model.inhibition_exponent
    if model.combination == "subtractive":
        drive = drive / drive.sum() - model.strength * brake / brake.sum()
    else:
        drive = drive / ((model.strength / drive.size) ** model.inhibition_exponent + brake)
    oblique = np.abs(np.prod(PLACES - places[-1], axis=-1)) ** (2 * model.potential_exponent)
    liked = 1 - oblique / oblique.max()
    drive = np.maximum(drive + model.potential * liked / liked.sum(), 0)
    return (1 - model.noise) * drive / drive.sum() + model.noise / drive.size


PATH = [(320.0, 240.0), (330.0, 150.0), (505.0, 170.0), (508.0, 160.0), (120.0, 400.0)]


@pytest.mark.parametrize("combination", ["subtractive", "divisive"])
@pytest.mark.parametrize("make", [SceneWalk, SceneWalk.extended], ids=["basic", "extended"])
@pytest.mark.parametrize("length", [0.04, 0.155, 0.3], ids=["no main phase", "no phase before", "all phases"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_density_is_that_of_the_slow_twin(make, combination, length, count):
    map_ = np.random.default_rng(0).random(EVEN.shape) ** 3
    context = seen(visits(*PATH[:count], length=length), map_)
    for floor in (0.0, 0.05):
        model = make(combination=combination, strength=0.5, inhibition_deg=3.0, floor=floor)
        np.testing.assert_allclose(model(context), twin(model, context), rtol=1e-8)


@pytest.mark.parametrize("combination", ["subtractive", "divisive"])
@pytest.mark.parametrize("make", [SceneWalk, SceneWalk.extended], ids=["basic", "extended"])
def test_a_lone_thing_draws_the_gaze_from_far_away(make, combination):
    """Attention is the map's mass near the gaze: where there is one thing only, it is all of it."""
    lone = np.zeros(EVEN.shape)
    lone[cell(560.0, 240.0)] = 1
    model = make(combination=combination, potential=0.0)
    for gaze in ((160.0, 240.0), (20.0, 20.0)):  # 20 and 29 degrees
        density = model(seen(visits((300.0, 200.0), gaze), lone))
        assert density[lone > 0].item() == pytest.approx(1 - model.noise, abs=0.01)  # of the start, some is left


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("power", [0.01, 1.0, 500.0, 5000.0])
@pytest.mark.parametrize("make", [SceneWalk, SceneWalk.extended], ids=["basic", "extended"])
def test_powers_beyond_all_floats_leave_a_density(make, power):
    model = make(combination="divisive", attention_exponent=power, inhibition_exponent=power, noise=0.0)
    density = model(seen(visits(*PATH), np.random.default_rng(2).random(EVEN.shape)))
    assert density.sum() == pytest.approx(1)


def test_a_floor_lets_attention_reach_where_the_map_is_empty():
    lone = np.zeros(EVEN.shape)
    lone[cell(560.0, 240.0)] = 1
    history = visits((300.0, 200.0), (160.0, 240.0))
    near = [SceneWalk(floor=floor).states(seen(history, lone))[0][cell(160.0, 240.0)] for floor in (0.0, 0.01)]
    assert near[0] == 0
    assert near[1] > 0


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 639), st.floats(0, 479)), max_size=6),
    st.floats(0.05, 30),
    st.floats(0.05, 30),
    st.floats(0.1, 8),
    st.floats(0.1, 8),
    st.floats(0, 5),
    st.sampled_from(["subtractive", "divisive"]),
    st.booleans(),
)
def test_it_is_a_density_whatever_happened(places, near, far, power, brake, strength, combination, extended):
    model = (SceneWalk.extended if extended else SceneWalk)(
        attention_deg=near,
        inhibition_deg=far,
        attention_exponent=power,
        inhibition_exponent=brake,
        strength=strength,
        combination=combination,
        noise=0.05,
    )
    density = model(GazeContext(EVEN, PLACES, VIEWING, visits(*places), 2.0))
    assert density.sum() == pytest.approx(1, abs=1e-9)
    assert density.min() >= 0.05 / density.size * (1 - 1e-9)


def test_angles_are_those_of_the_flat_screen():
    wide = Viewing(screen_px=(1600, 900), screen_cm=(160.0, 90.0), distance_cm=60)  # 106 degrees across
    places = np.stack(np.meshgrid(np.arange(0.0, 1600, 50), np.arange(0.0, 900, 50)), axis=-1).reshape(-1, 2)
    rays = np.concatenate([wide.rays(places), np.ones((len(places), 1))], axis=1)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    out = np.empty(len(places))
    for k in (0, 300):
        kernels.squared_angles(np.ascontiguousarray(rays.T), rays[k], out)
        np.testing.assert_allclose(np.sqrt(out), np.radians(wide.angle_deg(places[k], places)), rtol=1e-9, atol=1e-12)


def test_attention_falls_to_half_its_distance_in_the_half_life():
    model, first, second = walk(attention_rate=4.0), (100.0, 100.0), (500.0, 300.0)
    settled = [Visit(*first, onset=0.0, offset=100.0)]
    old, _ = model.states(seen(settled))
    new, _ = model.states(seen([Visit(*second, onset=0.0, offset=100.0)]))
    half, _ = model.states(seen([*settled, Visit(*second, onset=101.0, offset=101.0 + np.log(2) / 4)]))
    np.testing.assert_allclose(half, (old + new) / 2, rtol=1e-9)
    np.testing.assert_allclose(old, gaussian(first, model.attention_deg, EVEN), rtol=1e-9)


def test_without_a_map_attention_stays_near_the_gaze():
    for gaze in ((150.0, 150.0), (480.0, 330.0)):
        density = walk(strength=0.0)(seen(visits((320.0, 240.0), gaze)))
        away = VIEWING.angle_deg(gaze, PLACES)
        assert density[away < 5].mean() > 3 * density[away > 15].mean()


def test_inhibition_tags_a_place_that_was_left_and_forgets_it():
    model = walk(strength=0.5, inhibition_deg=1.5, inhibition_rate=2.0, attention_rate=50.0, noise=0.01)
    left, other = (240.0, 240.0), (400.0, 240.0)  # as far from the gaze as each other
    short, long = (
        model(seen([*visits(left), Visit(320.0, 240.0, onset=0.33, offset=0.33 + length)])) for length in (0.3, 3.0)
    )
    tagged, later = (density[cell(*left)] / density[cell(*other)] for density in (short, long))
    assert tagged < 0.8
    assert tagged < later < 1.001


def test_facilitation_brings_the_gaze_back_to_the_last_place_but_one():
    history, before = visits((100.0, 240.0), (420.0, 240.0)), cell(100.0, 240.0)
    chances = [walk(previous_rate=rate)(seen(history))[before] for rate in (None, 4.0, 1.0, 0.1)]
    assert all(more > less for less, more in pairwise(chances))
    assert chances[-1] > 3 * chances[0]
    elsewhere = [walk(previous_rate=rate).states(seen(history))[0][cell(300.0, 100.0)] for rate in (None, 0.1)]
    assert elsewhere[0] == elsewhere[1]


def test_after_a_saccade_attention_is_further_on():
    history = visits((200.0, 240.0), (320.0, 240.0), length=0.12)
    onward = mean_place(walk(**SHIFTED).states(seen(history))[0])
    plain = mean_place(walk().states(seen(history))[0])
    assert onward[0] > plain[0] + 20
    assert onward[1] == pytest.approx(plain[1], abs=1)


def test_before_a_saccade_attention_is_at_its_target_already():
    history = visits((200.0, 240.0), (420.0, 240.0), length=0.08)
    model = walk(attention_rate=8.0)
    waiting = mean_place(model.states(seen(history))[0])
    ahead = mean_place(walk(attention_rate=8.0, before_s=0.05).states(seen(history))[0])
    assert ahead[0] > waiting[0] + 5


def test_the_start_at_the_centre_draws_the_first_saccade():
    first = visits((60.0, 60.0))
    towards = mean_place(walk(centre_deg=(4.0, 3.0)).states(seen(first))[0])
    plain = mean_place(walk().states(seen(first))[0])
    assert np.all(towards > plain + 10)


def test_saccades_across_and_down_are_preferred_to_oblique_ones():
    gaze = (310.0, 225.0)
    model = walk(potential=0.5, potential_exponent=0.1, strength=0.0, attention_deg=20.0)
    density = model(seen(visits(gaze)))
    straight, oblique = density[cell(510.0, 225.0)], density[cell(450.0, 375.0)]
    assert straight > 1.3 * oblique
    assert walk(strength=0.0)(seen(visits(gaze)))[cell(510.0, 225.0)] < straight


def test_a_fixation_of_unknown_length_counts_as_a_usual_one():
    model = SceneWalk(usual_s=0.3)
    known = model(seen(visits(*PATH, length=0.3)))
    timeless = [Visit(*place, offset=np.nan) for place in PATH]
    np.testing.assert_allclose(model(seen(timeless, now=np.nan)), known, rtol=1e-12)
    begun = visits(*PATH, length=0.3)
    begun[-1] = begun[-1]._replace(offset=begun[-1].onset)
    np.testing.assert_allclose(model(seen(begun)), known, rtol=1e-12)
    np.testing.assert_allclose(model(seen(begun, now=begun[-1].onset + 0.3)), known, rtol=1e-9)


def test_before_the_first_fixation_it_is_the_map():
    map_ = np.random.default_rng(1).random(EVEN.shape)
    model = SceneWalk(attention_exponent=1.0, noise=0.0)
    np.testing.assert_allclose(model(GazeContext(map_, PLACES, VIEWING, [], 0.0)), map_ / map_.sum(), rtol=1e-12)


def test_an_empty_map_is_an_even_one():
    np.testing.assert_allclose(SceneWalk()(seen(visits(*PATH), 0 * EVEN)), SceneWalk()(seen(visits(*PATH))), rtol=1e-9)


def test_inhibition_beyond_all_attention_leaves_an_even_density():
    density = SceneWalk(strength=1e6, inhibition_deg=100.0)(seen(visits(*PATH)))
    np.testing.assert_allclose(density, 1 / EVEN.size)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attention_deg", 0.0),
        ("inhibition_rate", np.nan),
        ("inhibition_exponent", -1.0),
        ("strength", -0.1),
        ("noise", 1.1),
        ("shift", np.inf),
        ("before_s", -0.01),
        ("floor", -0.01),
        ("floor", 1.5),
        ("previous_rate", -1.0),
        ("centre_deg", (0.0, 3.0)),
        ("combination", "additive"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(name, value):
    with pytest.raises(ValueError, match="combination" if name == "combination" else name):
        SceneWalk(**{name: value})
