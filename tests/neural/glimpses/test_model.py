"""The glimpse network: what it sees and says, when it stops, and that the two passes over it are one network."""

from dataclasses import replace

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from foveation import GlimpseSensor, LogPolar, LogPolarSensor, as_image, sample_pixels
from foveation.image import pixels_to_normalised
from neural import (
    GRU,
    LSTM,
    CentrePolicy,
    Context,
    GaussianPolicy,
    PriorityPolicy,
    RandomPolicy,
    RecurrentAttentionModel,
    ReLUCell,
)
from neural.glimpses.model import AT_ONCE
from neural.glimpses.rollout import check_pictures, share_seen
from neural.layers.recurrent import run
from saliency import IttiKoch, Scanpath
from saliency.measures.scores import nss

CORES = {"rectifier": ReLUCell(size=6), "gru": GRU(size=6), "lstm": LSTM(size=6)}
POLICIES = {
    "gaussian": GaussianPolicy(hidden=4, spread=0.3),
    "priority": PriorityPolicy(tasks=("a", "b"), temperature=0.3),
    "random": RandomPolicy(),
    "centre": CentrePolicy(),
}


def pictures(count=6, side=20, *, colour=False, seed=0):
    shape = (count, side, side, 3) if colour else (count, side, side)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def a_network(policy="gaussian", core="rectifier", *, images=None, scales=1, **knobs):
    """A small network with random weights, none of them zero, so that all of it counts."""
    sensor = GlimpseSensor(size=4, scales=scales, units="normalised")
    sizes = {"what": 7, "where": 5, "joined": 8, "classes": 3, "glimpses": 4} | knobs
    network = RecurrentAttentionModel(sensor=sensor, policy=POLICIES[policy], core=CORES[core], **sizes)
    network = network.initial(pictures() if images is None else images)
    rng = np.random.default_rng(7)
    weights = {
        name: value + (0.3 * rng.normal(size=value.shape)).astype(np.float32) for name, value in network.weights.items()
    }
    return replace(network, weights=weights)


def tasks_of(policy, count=6):
    return np.arange(count) % 2 if policy == "priority" else None


def relu(values):
    return np.maximum(values, 0)


def slow(network, images, places):
    """Class probabilities (steps, classes) of one picture looked at at these normalised places, layer after layer."""
    w = {name: value.astype(np.float64) for name, value in network.weights.items()}
    size = network.core.size
    h, c, said = np.zeros(size), np.zeros(size), []
    for place in places:
        phi = network.sensor(images[np.newaxis], place[np.newaxis]).reshape(-1)
        what = relu(phi @ w["what"] + w["what bias"])
        where = relu(place @ w["where"] + w["where bias"])
        joined = relu(np.concatenate([what, where]) @ w["joined"] + w["joined bias"])
        x, u = joined @ w["drive"] + w["drive bias"], h @ w["recurrent"] + w["recurrent bias"]
        gates = [
            1 / (1 + np.exp(-(a + b)))
            for a, b in zip(np.split(x, len(x) // size), np.split(u, len(u) // size), strict=True)
        ]
        if isinstance(network.core, ReLUCell):
            h = relu(x + u)
        elif isinstance(network.core, GRU):
            h = (1 - gates[1]) * np.tanh(x[2 * size :] + gates[0] * u[2 * size :]) + gates[1] * h
        else:
            c = gates[1] * c + gates[0] * np.tanh((x + u)[2 * size : 3 * size])
            h = gates[3] * np.tanh(c)
        scores = np.exp(h @ w["class"] + w["class bias"])
        said.append(scores / scores.sum())
    return np.array(said)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("core", CORES)
def test_what_it_says_is_that_of_the_slow_twin(core, colour):
    images = pictures(3, colour=colour)
    network = a_network(core=core, images=images, scales=2)
    found = network.predict(images)
    assert found.probabilities.shape == (3, 4, 3) and found.probabilities.dtype == np.float32
    for number, image in enumerate(images):
        places = pixels_to_normalised(found.places[number], image.shape)
        assert found.probabilities[number] == pytest.approx(slow(network, image, places), abs=1e-5)
    assert np.ptp(found.probabilities, axis=1).max() > 0.01


@pytest.mark.parametrize("rng", [None, 3])
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("policy", POLICIES)
def test_predicting_is_looking(policy, core, rng):
    images, tasks = pictures(colour=True), tasks_of(policy)
    network = a_network(policy, core, images=images, context=Context(size=3, hidden=4))
    found = network.predict(images, tasks=tasks, rng=rng)
    rollout = network.look(network.scene(images, tasks), None if rng is None else np.random.default_rng(rng))
    units = rollout.steps.state[..., :6]
    scores = np.exp(units @ network.weights["class"] + network.weights["class bias"])
    expected = (scores / scores.sum(axis=-1, keepdims=True)).swapaxes(0, 1)
    assert found.probabilities == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(found.labels, found.probabilities[:, -1].argmax(axis=1))
    places = pixels_to_normalised(found.places, images.shape[1:3]).swapaxes(0, 1)
    assert places == pytest.approx(rollout.steps.places, abs=1e-6)
    assert found.used.tolist() == [4] * 6
    assert rollout.chosen.tolist() == [policy != "gaussian", True, True, True]


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("policy", POLICIES)
def test_what_was_recorded_is_what_the_second_pass_would_work_out(policy, core):
    """Layer by layer, and the states too: so the gradients are those of what was looked at."""
    images, tasks = pictures(), tasks_of(policy)
    network = a_network(policy, core)
    rollout = network.look(network.scene(images, tasks), np.random.default_rng(0))
    steps = rollout.steps
    assert np.array_equal(network.states(network.weights, rollout), steps.state[..., :6])
    seen = np.stack([network.sensor(images, places).reshape(6, -1) for places in steps.places])
    assert np.array_equal(steps.glimpses, seen)
    for found, recorded in zip(
        network._perceive(network.weights, seen, steps.places), (steps.what, steps.where, steps.joined), strict=True
    ):
        assert recorded.any() and recorded == pytest.approx(found, abs=1e-5)
    drive = steps.joined @ network.weights["drive"] + network.weights["drive bias"]
    pull = (network.weights["recurrent"], network.weights["recurrent bias"])
    again = run(network.core, drive, *pull, np.zeros_like(steps.state[0]))
    assert again.states == pytest.approx(steps.state, abs=1e-5)
    assert again.kept == pytest.approx(steps.kept, abs=1e-5)


@pytest.mark.parametrize("core", CORES)
def test_states_from_recorded_activations_have_the_gradients_of_states_worked_out_anew(core):
    network = a_network(core=core)
    weights = {name: value.astype(np.float64) for name, value in network.weights.items()}
    network = replace(network, weights=weights)
    rollout = network.look(network.scene(pictures()), np.random.default_rng(0))
    steps = rollout.steps

    def anew(weights):
        both = [anp.dot(steps.glimpses, weights["what"]) + weights["what bias"]]
        both.append(anp.dot(steps.places, weights["where"]) + weights["where bias"])
        layer = anp.concatenate([anp.maximum(each, 0) for each in both], axis=-1)
        layer = anp.maximum(anp.dot(layer, weights["joined"]) + weights["joined bias"], 0)
        drive = anp.dot(layer, weights["drive"]) + weights["drive bias"]
        h, c, states = np.zeros((6, 6)), np.zeros((6, 6)), []
        for x in drive:
            u = anp.dot(h, weights["recurrent"]) + weights["recurrent bias"]
            if core == "rectifier":
                h = anp.maximum(x + u, 0)
            elif core == "gru":
                r, z = (1 / (1 + anp.exp(-(x + u)[:, 6 * k : 6 * k + 6])) for k in range(2))
                h = (1 - z) * anp.tanh(x[:, 12:] + r * u[:, 12:]) + z * h
            else:
                i, f, o = (1 / (1 + anp.exp(-(x + u)[:, 6 * k : 6 * k + 6])) for k in (0, 1, 3))
                c = f * c + i * anp.tanh((x + u)[:, 12:18])
                h = o * anp.tanh(c)
            states.append(h)
        return anp.stack(states)

    assert anew(weights) == pytest.approx(network.states(weights, rollout), abs=1e-12)
    gradients, expected = (
        grad(lambda given, states=states: anp.sum(states(given) ** 3))(weights)
        for states in (lambda given: network.states(given, rollout), anew)
    )
    for name in ("what", "where", "joined", "drive", "recurrent"):
        for part in (name, f"{name} bias"):
            assert np.linalg.norm(expected[part]) > 1e-6
            assert gradients[part] == pytest.approx(expected[part], rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("policy", POLICIES)
def test_rows_of_probabilities_sum_to_one_and_places_lie_in_the_picture(policy):
    images = pictures(9)
    for rng in (None, 0):
        found = a_network(policy).predict(images, tasks=tasks_of(policy, 9), rng=rng)
        assert found.probabilities.sum(axis=-1) == pytest.approx(np.ones((9, 4)), abs=1e-6)
        assert (found.places >= -0.5).all() and (found.places <= 19.5).all()
        assert found.labels.dtype == np.int64 and found.places.dtype == np.float64


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("policy", POLICIES)
def test_it_stops_when_it_is_sure(policy, core):
    """What it says until then is what it says without a stop; afterwards nothing changes any more."""
    images, tasks = pictures(40), tasks_of(policy, 40)
    network = a_network(policy, core, glimpses=5, context=Context(size=3, hidden=4))
    whole = network.predict(images, tasks=tasks)
    some, first = (whole.probabilities[:, steps].max(axis=-1) for steps in (slice(None), 0))
    sure = float(first[np.abs(first - np.quantile(some, 0.75)).argmin()])  # one is as sure as that, and not surer
    found = network.predict(images, tasks=tasks, early_exit=sure)
    assert 1 <= found.used.min() < found.used.max() == 5
    for number, used in enumerate(found.used):
        confident = whole.probabilities[number].max(axis=1) >= sure
        assert used == (confident.argmax() + 1 if confident.any() else 5)
        assert found.probabilities[number, :used] == pytest.approx(whole.probabilities[number, :used], abs=1e-5)
        assert np.ptp(found.probabilities[number, used - 1 :], axis=0).max() == 0
        assert found.places[number, :used] == pytest.approx(whole.places[number, :used], abs=1e-4)
        assert np.isnan(found.places[number, used:]).all()
        assert found.labels[number] == found.probabilities[number, used - 1].argmax()


def test_it_stops_at_once_or_never():
    network, images = a_network(), pictures()
    assert network.predict(images, early_exit=0).used.tolist() == [1] * 6
    never = network.predict(images, early_exit=1)
    assert never.used.tolist() == [4] * 6
    assert np.array_equal(never.probabilities, network.predict(images).probabilities)
    drawn = [network.predict(images, early_exit=early, rng=5).probabilities for early in (None, 1)]
    assert np.array_equal(*drawn)


@pytest.mark.parametrize("early_exit", [None, 0.5])
@pytest.mark.parametrize("policy", POLICIES)
def test_what_it_says_of_a_picture_does_not_depend_on_the_others(policy, early_exit):
    images, tasks = pictures(12), tasks_of(policy, 12)
    network = a_network(policy)
    whole = network.predict(images, tasks=tasks, early_exit=early_exit)
    other = np.concatenate([images[:5], pictures(3, seed=9)])
    found = network.predict(other, tasks=None if tasks is None else tasks[:8], early_exit=early_exit)
    for part, same in zip(found, whole, strict=True):
        assert part[:5] == pytest.approx(same[:5], abs=1e-4, nan_ok=True)
    if policy in ("priority", "centre"):  # the others take a fixed first place, or all, by the picture's number
        turned = network.predict(images[::-1], tasks=None if tasks is None else tasks[::-1], early_exit=early_exit)
        for part, same in zip(turned, whole, strict=True):
            assert part[::-1] == pytest.approx(same, abs=1e-4, nan_ok=True)


def test_many_pictures_are_looked_at_in_batches_with_their_own_tasks():
    count = AT_ONCE + 9
    images, tasks = pictures(count, 10), np.random.default_rng(0).integers(0, 2, count)
    network = a_network("priority", glimpses=2)
    whole = network.predict(images, tasks=tasks)
    assert whole.labels.shape == (count,)
    rest = network.predict(images[AT_ONCE:], tasks=tasks[AT_ONCE:])
    assert whole.probabilities[AT_ONCE:] == pytest.approx(rest.probabilities, abs=1e-5)


def test_more_and_fewer_glimpses_can_be_asked_for():
    network, images = a_network(), pictures()
    whole = network.predict(images)
    for count in (1, 3, 7):
        found = network.predict(images, glimpses=count)
        assert found.probabilities.shape == (6, count, 3)
        same = min(count, 4)
        assert np.array_equal(found.probabilities[:, :same], whole.probabilities[:, :same])


def test_chance_makes_paths_differ_and_a_seed_makes_them_the_same():
    network, images = a_network(), pictures()
    first, second, other, likely = (network.predict(images, rng=rng).places for rng in (1, 1, 2, None))
    assert np.array_equal(first, second)
    assert (np.abs(first - other).max(axis=(1, 2)) > 1).all() and (np.abs(first - likely).max(axis=(1, 2)) > 1).all()
    assert np.array_equal(likely, network.predict(images).places)


def test_a_policy_follows_what_was_seen():
    """Another picture under the first glimpse moves the second; the tasks of a priority policy too."""
    network, images = a_network(), pictures()
    first = network.predict(images).places
    other = network.predict(pictures(seed=1)).places
    assert np.array_equal(first[:, 0], other[:, 0])
    assert (np.abs(first[:, 1] - other[:, 1]).max(axis=1) > 1e-3).all()
    guided = a_network("priority")
    paths = [guided.predict(images, tasks=np.full(6, task)).places for task in (0, 1)]
    assert np.abs(paths[0] - paths[1]).max() > 1


def test_a_context_network_tells_the_policy_and_not_the_classifier():
    images = pictures()
    network = a_network(context=Context(size=3, hidden=4), policy="gaussian")
    coarse = Context(size=3, hidden=4).see(images)
    assert coarse.shape == (6, 9) and coarse.dtype == np.float32
    assert network.look(network.scene(images)).coarse == pytest.approx(coarse)
    deaf = replace(network, weights=network.weights | {"context": 0 * network.weights["context"]})
    found, other = (each.predict(images) for each in (network, deaf))
    assert np.array_equal(found.probabilities[:, 0], other.probabilities[:, 0])  # one glimpse at the same place
    assert np.abs(found.places[:, 1] - other.places[:, 1]).max() > 0.1
    still = replace(network, policy=CentrePolicy()), replace(deaf, policy=CentrePolicy())
    assert np.array_equal(*(each.predict(images).probabilities for each in still))


@pytest.mark.parametrize("colour", [False, True])
def test_a_first_look_is_the_mean_of_each_cell(colour):
    images = pictures(2, 24, colour=colour)
    expected = images.reshape(2, 4, 6, 4, 6, -1).mean(axis=(2, 4)) / 255
    coarse = Context(size=4).see(images)
    assert coarse == pytest.approx(expected.reshape(2, -1), abs=0.5 / 255 + 1e-6)  # in whole steps of grey
    floats = Context(size=4).see((images / 255).astype(np.float32))
    assert floats == pytest.approx(expected.reshape(2, -1), abs=1e-6)


def test_mirror_the_picture_mirror_the_glimpses():
    image = as_image(sample_pixels("coffee"))[:257, 60:573]
    network = a_network("priority", images=image[np.newaxis])
    network = replace(network, policy=PriorityPolicy(guided=False), glimpses=5)
    plain, mirrored = network.predict(np.stack([image, image[:, ::-1]])).places
    assert mirrored[:, 0] == pytest.approx(512 - plain[:, 0], abs=0.5)
    assert mirrored[:, 1] == pytest.approx(plain[:, 1], abs=0.5)


@pytest.mark.parametrize("colour", [False, True])
def test_bytes_and_floats_say_the_same(colour):
    images = pictures(colour=colour)
    network = a_network("priority", images=images)
    found, same = (network.predict(each, tasks=tasks_of("priority")) for each in (images, images / 255))
    assert found.probabilities == pytest.approx(same.probabilities, abs=1e-4)
    assert found.places == pytest.approx(same.places, abs=1e-2)


def test_any_retina_will_do():
    images = pictures(3, 32)
    log_polar = LogPolarSensor(log_polar=LogPolar(rings=6, wedges=8, inner_px=1, outer_px=12), units="normalised")
    below, top = images.copy(), images.copy()
    below[:, 1:], top[:, 0, :5] = 0, 255 - top[:, 0, :5]
    for sensor, sees_below in ((log_polar, True), (lambda seen, places: seen[:, 0, :5] / np.float32(255), False)):
        network = RecurrentAttentionModel(sensor=sensor, classes=2, glimpses=2).initial(images)
        found, changed_below, changed_top = (network.predict(each).probabilities for each in (images, below, top))
        assert found.shape == (3, 2, 2)
        assert np.array_equal(found, changed_below) != sees_below
        assert sees_below or not np.allclose(found, changed_top)


def test_what_has_been_seen_of_a_picture_is_what_the_patches_cover():
    """Looked at pixel by pixel: a glimpse at a picture that is white there alone is not all black."""
    sensor = GlimpseSensor(size=4, scales=2)
    places = np.array([[3.5, 4.5], [5.5, 4.5], [np.nan, np.nan], [12.5, 0.5]])
    share = share_seen(places, (10, 14), sensor)
    assert share.samples == pytest.approx(np.array([32, 64, 64, 96]) / 140)
    lone = np.eye(140, dtype=np.float32).reshape(140, 10, 14)
    seen = np.zeros((4, 140), bool)
    for number in (0, 1, 3):
        seen[number] = sensor(lone, np.tile(places[number], (140, 1)))[:, 0].any(axis=(1, 2))
    assert share.area == pytest.approx(np.maximum.accumulate(seen).mean(axis=1))
    assert share_seen(places[np.newaxis], (10, 14), sensor).area.shape == (1, 4)
    with pytest.raises(ValueError, match=r"expected places of shape \(..., glimpses, 2\), got \(2,\)"):
        share_seen(places[0], (10, 14), sensor)
    with pytest.raises(TypeError, match="expected a GlimpseSensor, whose patches are counted, got function"):
        share_seen(places, (10, 14), lambda images, places: images)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_scanpath_is_one(policy, screen):
    image = sample_pixels("coffee")
    network = a_network(policy, images=image[np.newaxis], glimpses=5)
    task = 1 if policy == "priority" else None
    path = network.scanpath(image, screen, task=task, rng=4, stimulus="coffee")
    assert isinstance(path, Scanpath) and len(path) == 5
    assert path.viewing == screen.of_picture(image.shape)
    assert path.onset.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0] and path.watched == 1.25
    assert path.stimulus == "coffee" and path.subject == type(POLICIES[policy]).__name__
    places = network.predict(image[np.newaxis], tasks=None if task is None else [task], rng=4).places[0]
    assert np.stack([path.x, path.y], axis=1) == pytest.approx(places, abs=0.51)
    assert np.isfinite(nss(IttiKoch()(image), np.stack([path.x, path.y], axis=1)))
    assert path.amplitudes_deg.shape == (4,)


def test_a_gaze_on_the_border_is_in_the_picture(screen):
    """The outer corner of the last pixel is the first place of the next: no measure would count it."""
    image = sample_pixels("coffee")
    network = a_network(images=image[np.newaxis])
    for far, (x, y) in ((99, (599, 399)), (-99, (0, 0))):
        drawn = {"policy mean": 0 * network.weights["policy mean"], "policy mean bias": np.full(2, far, np.float32)}
        path = replace(network, weights=network.weights | drawn).scanpath(image, screen)
        assert (path.x[1:] == x).all() and (path.y[1:] == y).all()


def test_weights_come_from_the_seed_and_none_are_shared():
    images = pictures()
    network = RecurrentAttentionModel(context=Context())
    first, second, other = (network.initial(images, seed).weights for seed in (3, 3, 4))
    assert first.keys() == second.keys() == other.keys()
    for name, value in first.items():
        assert value.dtype == np.float32
        assert np.array_equal(value, second[name])
        assert not value.any() or not np.array_equal(value, other[name])
    assert network.weights == {}
    assert not first["baseline"].any()
    again = network.initial(images, 3).initial(pictures(colour=True), 3)
    assert again.weights["what"].shape == (3 * 64, 128)


@pytest.mark.parametrize("policy", ["gaussian", "priority"])
@pytest.mark.parametrize("other", POLICIES)
def test_another_policy_starts_anew_and_all_else_stays(policy, other):
    network = a_network(policy)
    size = network.core.size
    led = network.with_policy(POLICIES[other], rng=3)
    before = network.policy.parameters(size, np.random.default_rng(0))
    own = POLICIES[other].parameters(size, np.random.default_rng(0))
    assert led.policy == POLICIES[other]
    assert led.weights.keys() == (network.weights.keys() - before.keys()) | own.keys()
    for name, value in led.weights.items():
        assert np.array_equal(value, network.weights.get(name)) == (name not in own), name
    again = network.with_policy(POLICIES[other], rng=3)
    assert all(np.array_equal(value, again.weights[name]) for name, value in led.weights.items())
    assert led.predict(pictures(), tasks=tasks_of(other)).labels.shape == (6,)
    assert not replace(network, weights={}).with_policy(POLICIES[other]).weights


def test_networks_are_their_settings():
    assert RecurrentAttentionModel(glimpses=3) == RecurrentAttentionModel(glimpses=3, weights={"a": np.zeros(2)})
    assert RecurrentAttentionModel(glimpses=3) != RecurrentAttentionModel()
    assert "weights" not in repr(RecurrentAttentionModel())


# Bad input


@pytest.mark.parametrize("name", ["glimpses", "classes", "what", "where", "joined"])
def test_a_network_needs_one_of_each(name):
    with pytest.raises(ValueError, match=f"expected {name} from 1 up, got 0"):
        RecurrentAttentionModel(**{name: 0})


def test_a_sensor_counts_in_normalised_units():
    with pytest.raises(ValueError, match="sensor that takes normalised locations, got units 'pixels'"):
        RecurrentAttentionModel(sensor=GlimpseSensor(size=4, scales=1))
    for knobs in ({"size": 0}, {"hidden": 0}):
        with pytest.raises(ValueError, match="expected cells and units from 1 up"):
            Context(**knobs)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((8, 8)), ValueError, r"expected pictures .n, height, width.* got shape \(8, 8\)"),
        (np.zeros((2, 8, 8, 2)), ValueError, r"got shape \(2, 8, 8, 2\)"),
        (np.zeros((0, 8, 8)), ValueError, r"at least one, got shape \(0, 8, 8\)"),
        (np.zeros((2, 8, 8), np.int64), TypeError, "expected pictures of uint8 or float, got int64"),
        (np.full((2, 8, 8), np.nan), ValueError, "expected finite pixels, got NaN or infinity"),
        (np.full((2, 8, 8), np.inf, np.float32), ValueError, "expected finite pixels, got NaN or infinity"),
        (np.linspace(0, 255, 128).reshape(2, 8, 8), ValueError, "expected float pixels from 0 to 1, got 0 to 255"),
        (np.linspace(-1, 1, 128).reshape(2, 8, 8), ValueError, "expected float pixels from 0 to 1, got -1 to 1"),
    ],
)
def test_what_is_no_batch_of_pictures_is_refused(images, error, message):
    for ask in (check_pictures, a_network().predict, RecurrentAttentionModel().initial, a_network().scene):
        with pytest.raises(error, match=message):
            ask(images)


def test_pictures_are_kept_as_bytes_or_become_float32():
    images = pictures()
    assert check_pictures(images) is images
    for kind in (np.float16, np.float32, np.float64):
        assert check_pictures((images / 255).astype(kind)).dtype == np.float32


def test_a_network_without_weights_says_so():
    with pytest.raises(ValueError, match="expected a network that has weights: call `fit`, `initial` or"):
        RecurrentAttentionModel().predict(pictures())
    with pytest.raises(ValueError, match="expected a network that has weights"):
        RecurrentAttentionModel().look(RecurrentAttentionModel().scene(pictures()))


def test_a_glimpse_larger_than_the_picture_is_refused():
    network = RecurrentAttentionModel(sensor=GlimpseSensor(size=12, scales=1, units="normalised"))
    message = "expected pictures of at least the size of a glimpse, 12 pixels, got 20 x 10"
    with pytest.raises(ValueError, match=message):
        network.initial(np.zeros((2, 10, 20)))
    with pytest.raises(ValueError, match=message):
        network.initial(pictures()).predict(np.zeros((2, 10, 20)))
    assert network.initial(np.zeros((2, 12, 12))).predict(np.zeros((2, 12, 12))).used.tolist() == [6, 6]


def test_pictures_of_another_kind_than_it_learned_are_refused():
    grey, coloured = a_network(), a_network(images=pictures(colour=True))
    with pytest.raises(ValueError, match="glimpses of 16 numbers, as when the network learned, got 48"):
        grey.predict(pictures(colour=True))
    with pytest.raises(ValueError, match="glimpses of 48 numbers, as when the network learned, got 16"):
        coloured.predict(pictures())
    wider = replace(grey, sensor=GlimpseSensor(size=5, scales=1, units="normalised"))
    with pytest.raises(ValueError, match="glimpses of 16 numbers, as when the network learned, got 25"):
        wider.predict(pictures())
    with pytest.raises(ValueError, match="first look of 9 numbers, as when the network learned, got 27"):
        a_network(context=Context(size=3)).predict(pictures(colour=True))


@pytest.mark.parametrize("early_exit", [-0.1, 1.1, float("nan")])
def test_an_early_exit_is_a_probability(early_exit):
    with pytest.raises(ValueError, match=f"early exit at a probability from 0 to 1, got {early_exit}"):
        a_network().predict(pictures(), early_exit=early_exit)


@pytest.mark.parametrize("glimpses", [0, -2])
def test_no_glimpses_cannot_be_asked_for(glimpses):
    with pytest.raises(ValueError, match=f"expected glimpses from 1 up, got {glimpses}"):
        a_network().predict(pictures(), glimpses=glimpses)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (None, r"a task for each picture, from 0 to 1 \(a, b\), got none"),
        ([0, 1], r"expected a task for each of the 6 pictures, got shape \(2,\)"),
        (1, r"expected a task for each of the 6 pictures, got shape \(\)"),
        ([0, 1] * 300, r"expected a task for each of the 6 pictures, got shape \(600,\)"),
        ([0, 1, 2, 0, 1, 2], r"from 0 to 1 \(a, b\), got 0 to 2"),
        ([0, 1, -1, 0, 1, 0], r"from 0 to 1 \(a, b\), got -1 to 1"),
        ([0.0] * 6, r"from 0 to 1 \(a, b\), got float64"),
    ],
)
def test_tasks_that_do_not_fit_are_refused(tasks, message):
    with pytest.raises(ValueError, match=message):
        a_network("priority").predict(pictures(), tasks=tasks)
