"""Where to look next: distributions that are what they say, and a policy that starts as bottom-up saliency."""

from dataclasses import replace
from itertools import pairwise

import autograd.numpy as anp
import naive
import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from foveation.image import normalised_to_pixels, pixels_to_normalised
from neural import CentrePolicy, GaussianPolicy, PictureBatch, PriorityPolicy, RandomPolicy
from neural.glimpses.places import Categorical, Even, Normal
from neural.layers.primitives import log_softmax
from saliency import Argmax, IttiKoch, WinnerTakeAll

UNITS = 5
HUES = {"red": (0.7, 0, 0), "green": (0, 0.7, 0), "blue": (0, 0, 0.7), "yellow": (0.35, 0.35, 0), "white": (1, 1, 1)}


def spots(places, *, colours=None, side=12, shape=(129, 129)):
    """A black picture with squares at these places (x, y), as a batch of one."""
    picture = np.zeros((*shape, 3), np.float32)
    for number, (x, y) in enumerate(places):
        half = side // 2
        colour = "white" if colours is None else colours[number]
        picture[y - half : y + half + 1, x - half : x + half + 1] = HUES[colour]
    return picture[np.newaxis]


def scene_of(policy, images, tasks=None):
    """Pictures as a policy sees them."""
    found = policy.keys(images)
    return PictureBatch(images, *(found or (None, None)), tasks)


def noise(count=3, shape=(40, 56), seed=0):
    return np.random.default_rng(seed).random((count, *shape, 3)).astype(np.float32)


def gaze(policy, scene, count, *, parameters=None, rng=None):
    """Where a policy looks, one place after the other, for states of nothing: (count, n, 2)."""
    given = policy.parameters(UNITS, np.random.default_rng(0)) if parameters is None else parameters
    states = np.zeros((len(scene.images), UNITS), np.float32)
    memory, places = None, None
    path = []
    for _ in range(count):
        memory = policy.remember(memory, places, scene)
        choice = policy(given, states, memory, scene)
        places = choice.where(choice.mode() if rng is None else choice.sample(rng))
        path.append(places)
    return np.array(path)


def random_parameters(policy, seed=0, dtype=np.float64):
    """Parameters of a policy, none of them zero."""
    rng = np.random.default_rng(seed)
    initial = policy.parameters(UNITS, rng)
    return {name: (0.5 * rng.normal(size=value.shape)).astype(dtype) for name, value in initial.items()}


def keyed(*, count=3, places=7, channels=3, tasks=2, dtype=np.float32, seed=0):
    """A scene without a picture: keys and places by chance."""
    rng = np.random.default_rng(seed)
    keys = rng.random((count, places, channels)).astype(dtype)
    grid = rng.uniform(-1, 1, (count, places, 2)).astype(dtype)
    return PictureBatch(np.zeros((count, 8, 8), np.uint8), keys, grid, np.arange(count) % tasks)


# Distributions


def test_draws_follow_their_probability():
    count, scores = 40_000, np.array([1.0, -1.0, 0.5, 2.0, -9.0])
    grid = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    places = Categorical(np.tile(scores, (count, 1)), np.broadcast_to(grid, (count, 5, 2)))
    drawn = places.sample(np.random.default_rng(1))
    wanted = np.exp(scores) / np.exp(scores).sum()
    assert np.bincount(drawn, minlength=5) / count == pytest.approx(wanted, abs=0.01)
    assert np.exp(places.log_prob(drawn)) == pytest.approx(wanted[drawn])
    assert places.mode().tolist() == [3] * count
    assert np.array_equal(places.where(drawn), grid[drawn])
    assert places.entropy() == pytest.approx(-(wanted * np.log(wanted)).sum())
    assert places.entropy()[0] == pytest.approx(-places.log_prob(drawn).mean(), abs=0.02)
    assert places.expectation()[0] == pytest.approx(places.where(drawn).mean(axis=0), abs=0.01)
    assert places.expectation() == pytest.approx(np.broadcast_to(wanted @ grid, (count, 2)))


def test_a_gaussian_is_one():
    """Its density integrates to one, its draws have its mean and spread, and the entropy is minus the mean log."""
    places = Normal(np.tile([0.3, -0.2], (100_000, 1)), 0.2)
    edges = np.linspace(-1.5, 1.5, 301)
    grid = np.stack(np.meshgrid(edges, edges), axis=-1)
    density = np.exp(Normal(np.array([0.3, -0.2]), 0.2).log_prob(grid))
    assert density.sum() * (edges[1] - edges[0]) ** 2 == pytest.approx(1, abs=1e-6)
    assert np.unravel_index(density.argmax(), density.shape) == (130, 180)
    drawn = places.sample(np.random.default_rng(0))
    assert drawn.mean(axis=0) == pytest.approx([0.3, -0.2], abs=0.003)
    assert np.cov(drawn.T) == pytest.approx(0.04 * np.eye(2), abs=5e-4)
    assert places.entropy()[0] == pytest.approx(-places.log_prob(drawn).mean(), abs=0.01)
    assert places.entropy().shape == (100_000,)
    assert np.array_equal(places.mode(), places.mean) and np.array_equal(places.expectation(), places.mean)


def test_a_draw_beyond_the_picture_is_looked_at_on_its_border_and_judged_where_it_was():
    places = Normal(np.array([[0.9, 0.0]]), 0.3)
    drawn = np.array([[1.5, -0.2]])
    assert places.where(drawn).tolist() == [[1.0, -0.2]]
    expected = -(0.6**2 + 0.2**2) / (2 * 0.09) - np.log(2 * np.pi * 0.09)
    assert places.log_prob(drawn) == pytest.approx([expected])
    assert places.sample(np.random.default_rng(0)).shape == (1, 2)
    many = Normal(np.tile([0.9, 0.0], (1000, 1)), 0.3).sample(np.random.default_rng(0))
    assert (many > 1).any()


def test_steps_stand_before_pictures():
    rng = np.random.default_rng(0)
    grid = rng.uniform(-1, 1, (3, 6, 2))
    scores, means = rng.normal(size=(4, 3, 6)), rng.normal(size=(4, 3, 2))
    for whole, parts in (
        (Categorical(scores, grid), [Categorical(each, grid) for each in scores]),
        (Normal(means, 0.2), [Normal(each, 0.2) for each in means]),
    ):
        drawn = np.stack([part.sample(rng) for part in parts])
        for method in ("where", "log_prob"):
            expected = np.stack([getattr(part, method)(one) for part, one in zip(parts, drawn, strict=True)])
            assert getattr(whole, method)(drawn) == pytest.approx(expected, abs=1e-12)
        for method in ("mode", "entropy", "expectation"):
            expected = np.stack([getattr(part, method)() for part in parts])
            assert getattr(whole, method)() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", ["categorical", "normal"])
def test_gradients_of_probability_and_entropy_are_those_of_central_differences(kind):
    rng = np.random.default_rng(0)
    grid, drawn = rng.uniform(-1, 1, (3, 6, 2)), rng.integers(0, 6, (2, 3))
    if kind == "normal":
        drawn = rng.normal(size=(2, 3, 2))
    here = rng.normal(size=(2, 3, 6 if kind == "categorical" else 2))
    weights = rng.normal(size=(2, 3))

    def places(values):
        return Categorical(values, grid) if kind == "categorical" else Normal(values, 0.3)

    for ask in (lambda values: places(values).log_prob(drawn), lambda values: places(values).entropy()):
        expected = np.empty(here.shape)
        for place in np.ndindex(here.shape):
            step = np.zeros(here.shape)
            step[place] = 1e-5
            expected[place] = (weights * (ask(here + step) - ask(here - step))).sum() / 2e-5
        if kind == "normal" and ask(here)[0, 0] == ask(here + 1)[0, 0]:
            assert not expected.any()  # the entropy of a Gaussian is the same wherever it stands
            continue
        gradient = grad(lambda values, ask=ask: anp.sum(weights * ask(values)))(here)
        assert np.linalg.norm(gradient - expected) <= 1e-6 * np.linalg.norm(expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_of_a_gaussians_log_density_is_the_way_to_the_draw_over_the_variance(dtype):
    """Williams (1992), section 6: the eligibility of the mean; also for draws beyond the picture."""
    rng = np.random.default_rng(1)
    mean, drawn = rng.uniform(-1, 1, (4, 5, 2)).astype(dtype), rng.normal(0, 2, (4, 5, 2)).astype(dtype)
    weights = rng.normal(size=(4, 5)).astype(dtype)
    gradient = grad(lambda mean: anp.sum(weights * Normal(mean, 0.2).log_prob(drawn)))(mean)
    expected = weights[..., np.newaxis] * (drawn - mean) / np.asarray(0.2**2, dtype)
    assert gradient.dtype == dtype
    assert np.linalg.norm(gradient - expected) <= 1e-6 * np.linalg.norm(expected)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.integers(2, 8), st.floats(-3, 3))
def test_reinforce_is_the_gradient_of_the_expected_reward_whatever_the_baseline(seed, count, baseline):
    """By enumeration: all draws, each as often as it is likely."""
    rng = np.random.default_rng(seed)
    scores, rewards = rng.normal(size=(1, count)), rng.normal(size=count)
    grid = np.zeros((1, count, 2))
    chances = np.exp(log_softmax(scores))[0]
    mean = np.zeros((1, count))
    for drawn in range(count):
        eligible = grad(lambda s, drawn=drawn: Categorical(s, grid).log_prob(np.array([drawn]))[0])(scores)
        mean += chances[drawn] * (rewards[drawn] - baseline) * eligible
    assert mean[0] == pytest.approx(chances * (rewards - chances @ rewards), abs=1e-12)


def test_reinforce_of_a_priority_policy_is_the_gradient_of_its_expected_reward():
    policy, scene = PriorityPolicy(tasks=("a", "b"), temperature=0.4), keyed(dtype=np.float64)
    parameters, rng = random_parameters(policy), np.random.default_rng(1)
    states, rewards = rng.normal(size=(3, UNITS)), rng.normal(size=(3, 7))
    memory = policy.remember(policy.remember(None, None, scene), rng.uniform(-1, 1, (3, 2)), scene)

    def likely(parameters, drawn):
        return policy(parameters, states, memory, scene).log_prob(drawn)

    everything = [np.full(3, place) for place in range(7)]
    chances = np.stack([np.exp(likely(parameters, drawn)) for drawn in everything], axis=1)
    assert chances.sum(axis=1) == pytest.approx(np.ones(3))

    def surprise(parameters):
        parts = [(chances * rewards)[:, k] * likely(parameters, drawn) for k, drawn in enumerate(everything)]
        return anp.sum(anp.concatenate(parts))

    wide = np.concatenate([scene.keys, scene.grid, (scene.grid**2).sum(axis=-1, keepdims=True)], axis=-1)
    wide = wide.astype(np.float32).astype(np.float64)
    driven = chances * (rewards - (chances * rewards).sum(axis=1, keepdims=True)) / 0.4
    pulled = np.einsum("np,npc->nc", driven, wide)
    gradients = grad(surprise)(parameters)
    assert gradients["gains"][0] == pytest.approx(pulled[0] + pulled[2], abs=1e-6)
    assert gradients["gains"][1] == pytest.approx(pulled[1], abs=1e-6)
    assert gradients["query"] == pytest.approx(states.T @ pulled, abs=1e-6)


def test_reinforce_of_a_gaussian_is_the_gradient_of_its_expected_reward():
    """By quadrature, exact for a reward that falls with the square of the distance from a goal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    draws = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    chances = np.outer(weights, weights).ravel() / (2 * np.pi)
    mean, goal = np.array([[0.3, -0.4]]), np.array([0.5, 0.5])
    drawn = mean + 0.25 * draws
    rewards = -((drawn - goal) ** 2).sum(axis=1)
    gradient = grad(lambda m: anp.sum(chances * rewards * Normal(anp.repeat(m, 64, axis=0), 0.25).log_prob(drawn)))(
        mean
    )
    assert gradient[0] == pytest.approx(-2 * (mean[0] - goal), abs=1e-12)


# Policies


GAUSSIAN, PRIORITY = GaussianPolicy(hidden=4), PriorityPolicy(tasks=("a", "b"), temperature=0.7)
POLICIES = {
    "gaussian": GAUSSIAN,
    "priority": PRIORITY,
    "priority, task alone": replace(PRIORITY, stateful=False),
}


def asked(policy, parameters, states, scene, memory, drawn):
    """A number that depends on all probabilities and entropies."""
    choice = policy(parameters, states, memory, scene)
    kind = np.asarray(states).dtype
    weights = np.cos(np.arange(np.size(states) // UNITS)).reshape(np.shape(states)[:-1]).astype(kind)
    return anp.sum(weights * choice.log_prob(drawn)) + anp.sum(np.asarray(0.3, kind) * weights * choice.entropy())


def question(policy, dtype):
    """Parameters, and for two steps of three pictures states, memory and draws."""
    rng = np.random.default_rng(3)
    scene = keyed()
    parameters = random_parameters(policy, dtype=dtype)
    states = rng.normal(size=(2, 3, UNITS)).astype(dtype)
    first = policy.remember(None, None, scene)
    second = policy.remember(first, rng.uniform(-1, 1, (3, 2)).astype(np.float32), scene)
    memory = None if first is None else np.stack([first, second])
    drawn = policy(parameters, states, memory, scene).sample(rng)
    return parameters, states, scene, memory, drawn


@pytest.mark.parametrize("name", POLICIES)
def test_gradients_of_a_policy_are_those_of_central_differences(name):
    policy = POLICIES[name]
    parameters, states, *rest = question(policy, np.float64)
    gradients = grad(lambda given: asked(policy, given, states, *rest))(parameters)
    assert gradients.keys() == parameters.keys()
    for part, here in parameters.items():
        expected = np.empty(here.shape)
        for place in np.ndindex(here.shape):
            ahead, behind = here.copy(), here.copy()
            ahead[place] += 1e-5
            behind[place] -= 1e-5
            rise = [asked(policy, {**parameters, part: moved}, states, *rest) for moved in (ahead, behind)]
            expected[place] = (rise[0] - rise[1]) / 2e-5
        assert np.linalg.norm(expected) > 0.01
        assert np.linalg.norm(gradients[part] - expected) <= 1e-6 * np.linalg.norm(expected), part


@pytest.mark.parametrize("name", POLICIES)
def test_float32_stays_float32(name):
    policy = POLICIES[name]
    parameters, states, scene, memory, drawn = question(policy, np.float32)
    choice = policy(parameters, states, memory, scene)
    for values in (choice.log_prob(drawn), choice.entropy(), choice.where(drawn), choice.expectation()):
        assert values.dtype == np.float32
    gradients = grad(lambda given: asked(policy, given, states, scene, memory, drawn))(parameters)
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}
    initial = policy.parameters(UNITS, np.random.default_rng(0))
    assert {value.dtype for value in initial.values()} == {np.dtype(np.float32)}


def priority(policy, parameters, states, scene, before):
    """The scores of the docstring's formula, one place after the other; `before` are the places (steps, n, 2) seen."""
    scores = np.empty(scene.grid.shape[:2])
    for n, number in np.ndindex(scores.shape):
        x, y = scene.grid[n, number].astype(float)
        query = parameters["gains"][scene.tasks[n]].astype(float)
        if policy.stateful:
            query = query + states[n] @ parameters["query"]
        score = query @ [*scene.keys[n, number], x, y, x * x + y * y]
        for seen in before:
            apart = (x - seen[n, 0]) ** 2 + (y - seen[n, 1]) ** 2
            score -= policy.inhibition * np.exp(-apart / (2 * policy.reach**2))
        if len(before):
            score += policy.acuity * np.log(policy.reach / (policy.reach + np.sqrt(apart)))
        scores[n, number] = score / policy.temperature
    return scores


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.integers(0, 3), st.booleans(), st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 2.0]))
def test_priority_is_query_and_acuity_and_inhibition_of_return(seed, looks, stateful, acuity, inhibition):
    policy = replace(PRIORITY, stateful=stateful, acuity=acuity, inhibition=inhibition, reach=0.3)
    scene, parameters = keyed(seed=seed), random_parameters(policy, seed)
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(3, UNITS))
    before = rng.uniform(-1, 1, (looks, 3, 2))
    memory = policy.remember(None, None, scene)
    for seen in before:
        memory = policy.remember(memory, seen, scene)
    choice = policy(parameters, states, memory, scene)
    assert choice.scores == pytest.approx(priority(policy, parameters, states, scene, before), abs=1e-4)
    assert np.array_equal(choice.grid, scene.grid)


def test_memory_is_not_written_to():
    scene, places = keyed(), np.zeros((3, 2), np.float32)
    first = PRIORITY.remember(None, None, scene)
    second = PRIORITY.remember(first, places, scene)
    kept = second.copy()
    PRIORITY.remember(second, places, scene)
    assert not first.any() and np.array_equal(second, kept)


def pooled(policy, image):
    """Saliency around each place of the map, in a Gaussian window: (rows, columns), and the places (x, y) in pixels."""
    found = policy.model.keys(image, features=policy.features)
    where = pixels_to_normalised(found.places, image.shape[:2])
    total = np.zeros(where.shape[:2])
    for row, column in np.ndindex(total.shape):
        apart = ((where - where[row, column]) ** 2).sum(axis=-1)
        total[row, column] = (np.exp(-apart / (2 * policy.reach**2)) * found.values.mean(axis=-1)).sum()
    return total, found.places


@pytest.mark.parametrize("temperature", [0.0, 0.1])
@pytest.mark.parametrize("features", [False, True])
@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea", "astronaut"])
def test_before_learning_it_is_winner_take_all_on_the_saliency_map(name, features, temperature):
    """For any state of the network, and for each task; at temperature 0 a draw is the winner too."""
    image = as_image(sample_pixels(name))
    policy = PriorityPolicy(features=features, temperature=temperature, tasks=("a", "b"))
    total, places = pooled(policy, image)
    won = Argmax()(total.astype(np.float32))
    scene = scene_of(policy, np.stack([image, image]), np.array([0, 1]))
    states = np.random.default_rng(0).normal(size=(2, UNITS)).astype(np.float32)
    parameters = policy.parameters(UNITS, np.random.default_rng(0))
    choice = policy(parameters, states, policy.remember(None, None, scene), scene)
    winner = won.y * total.shape[1] + won.x
    assert choice.mode().tolist() == [winner, winner]
    assert choice.scores[0].reshape(total.shape) == pytest.approx(
        total / total.max() / max(temperature, 1e-4), rel=1e-3
    )
    drawn = choice.sample(np.random.default_rng(1))
    assert (drawn == winner).all() or temperature > 0
    landed = normalised_to_pixels(choice.where(choice.mode()), image.shape)[0]
    assert np.linalg.norm(landed - places[won.y, won.x]) < 0.15 * max(image.shape)


def test_the_race_of_neurons_picks_the_same_place():
    policy = PriorityPolicy()
    images = spots([(30, 40), (90, 100)], colours=["white", "yellow"])
    scene = scene_of(policy, images)
    total, _ = pooled(policy, images[0])
    won = WinnerTakeAll()(total.astype(np.float32))
    choice = policy(
        policy.parameters(UNITS, np.random.default_rng(0)),
        np.zeros((1, UNITS)),
        policy.remember(None, None, scene),
        scene,
    )
    assert choice.mode()[0] == won.y * total.shape[1] + won.x


def test_the_mean_of_the_keys_is_the_saliency_map():
    """With a reach so short that a key is that of its place alone."""
    image = as_image(sample_pixels("coffee"))
    policy = PriorityPolicy(reach=1e-3)
    keys, grid = policy.keys(image[np.newaxis])
    model = IttiKoch()(image)
    priority = keys[0].mean(axis=-1).reshape(25, 38)
    assert priority.max() == pytest.approx(1, abs=1e-6)
    assert naive.expanded(priority, 16, image.shape[:2]) * model.max() == pytest.approx(model, abs=2e-3)
    places = normalised_to_pixels(grid[0], image.shape).reshape(25, 38, 2)
    assert places[3, 5] == pytest.approx([80, 48], abs=1e-3)


def test_keys_and_landing_places_are_those_of_the_slow_twin():
    images = noise()
    policy = PriorityPolicy(reach=0.3, features=True)
    keys, grid = policy.keys(images)
    assert keys.dtype == grid.dtype == np.float32
    for number, image in enumerate(images):
        found = policy.model.keys(image, features=True)
        where = pixels_to_normalised(found.places, image.shape[:2]).reshape(-1, 2)
        values = found.values.reshape(len(where), -1).astype(np.float64)
        plain = np.empty(values.shape)
        for place in range(len(where)):
            window = np.exp(-((where - where[place]) ** 2).sum(axis=1) / (2 * 0.3**2))
            plain[place] = window @ values
            mass = window * values.mean(axis=1)
            assert grid[number, place] == pytest.approx(mass @ where / mass.sum(), abs=1e-4)
        assert keys[number] == pytest.approx(plain / plain.mean(axis=1).max(), abs=1e-4)


def test_keys_know_no_contrast_and_no_other_picture():
    images = np.concatenate([spots([(30, 40)]), 0.5 * spots([(30, 40)]), spots([(90, 90), (20, 100)])])
    policy = PriorityPolicy()
    keys, grid = policy.keys(images)
    assert keys[0] == pytest.approx(keys[1], abs=1e-4)
    for number, image in enumerate(images):
        alone = policy.keys(image[np.newaxis])
        assert np.array_equal(alone[0][0], keys[number]) and np.array_equal(alone[1][0], grid[number])


def test_the_gaze_lands_on_a_lone_spot_between_the_places_of_the_map():
    """Far nearer to it than the middles of the map's cells, 16 pixels wide, are."""
    policy, rng = PriorityPolicy(), np.random.default_rng(0)
    where = rng.integers(22, 107, (30, 2))
    images = np.concatenate([spots([place]) for place in where])
    scene = scene_of(policy, images)
    landed = normalised_to_pixels(gaze(policy, scene, 1)[0], (129, 129))
    assert np.abs(landed - where).max() < 6
    to_cell = (where + 8) % 16 - 8
    assert ((landed - where) ** 2).mean() < 0.5 * (to_cell**2).mean()


def test_the_gaze_lands_between_two_spots_that_are_close():
    """The global effect (Findlay 1982); spots that are far apart are looked at one by one."""
    policy = PriorityPolicy()
    close = normalised_to_pixels(gaze(policy, scene_of(policy, spots([(56, 64), (72, 64)], side=6)), 1)[0], (129, 129))
    assert close[0] == pytest.approx([64, 64], abs=3)
    far = normalised_to_pixels(gaze(policy, scene_of(policy, spots([(24, 64), (104, 64)])), 2)[:, 0], (129, 129))
    assert sorted(far[:, 0]) == pytest.approx([24, 104], abs=9)


def test_no_place_is_looked_at_twice_in_a_row_and_all_spots_are_seen():
    policy = PriorityPolicy()
    places = [(24, 24), (104, 24), (24, 104), (104, 104)]
    path = normalised_to_pixels(gaze(policy, scene_of(policy, spots(places)), 4)[:, 0], (129, 129))
    nearest = [int(np.linalg.norm(np.subtract(places, seen), axis=1).argmin()) for seen in path]
    assert sorted(nearest) == [0, 1, 2, 3]
    scene = scene_of(policy, noise(12, (64, 64)))
    for rng in (None, np.random.default_rng(0)):
        for before, after in pairwise(gaze(policy, scene, 6, rng=rng)):
            assert (np.linalg.norm(after - before, axis=1) > policy.reach).all()
    again = replace(policy, inhibition=0.0, acuity=0.0)
    assert np.ptp(gaze(again, scene, 3), axis=0).max() == 0


def test_acuity_prefers_what_is_near():
    grid = np.array([[[-0.8, 0], [0.0, 0], [0.8, 0]]], np.float32)
    scene = PictureBatch(np.zeros((1, 8, 8)), np.ones((1, 3, 3), np.float32), grid)
    here = np.array([[0.8, 0.0]], np.float32)
    for acuity in (0.0, 0.1):
        policy = PriorityPolicy(acuity=acuity, reach=0.2)
        parameters = policy.parameters(UNITS, np.random.default_rng(0))
        memory = policy.remember(policy.remember(None, None, scene), here, scene)
        left, middle, seen = policy(parameters, np.zeros((1, UNITS)), memory, scene).scores[0] * policy.temperature
        assert middle - left == pytest.approx(acuity * np.log(1.8 / 1.0), abs=2e-3)
        assert seen < left - 1
    half = PriorityPolicy(acuity=1.0, inhibition=0.0, reach=0.8)
    memory = half.remember(half.remember(None, None, scene), here, scene)
    assert np.exp(memory[0, 1]) == pytest.approx([1 / 3, 0.5, 1.0])  # half as well one reach away


@pytest.mark.parametrize("hue", ["red", "green", "blue", "yellow"])
def test_gains_of_a_hue_find_it_beside_a_brighter_spot(hue):
    policy = PriorityPolicy(features=True, tasks=("anything", hue))
    images = spots([(30, 30), (100, 90)], colours=["white", hue])
    images = np.concatenate([images, images])
    parameters = policy.parameters(UNITS, np.random.default_rng(0))
    parameters["gains"][1] = 0
    parameters["gains"][1, policy.names.index(hue)] = 1
    landed = gaze(policy, scene_of(policy, images, np.array([0, 1])), 1, parameters=parameters)[0]
    assert normalised_to_pixels(landed, (129, 129)) == pytest.approx(np.array([[30, 30], [100, 90]]), abs=6)


def test_gains_of_places_ask_for_a_place():
    policy = PriorityPolicy(stateful=False)
    parameters = policy.parameters(UNITS, np.random.default_rng(0))
    scene = scene_of(policy, spots([(24, 24), (104, 24), (64, 64), (104, 104)]))
    for (x, y, square), expected in {(5, 5, 0): (104, 104), (-5, -5, 0): (24, 24), (0, 0, -9): (64, 64)}.items():
        parameters["gains"][0, 3:] = x, y, square
        landed = normalised_to_pixels(gaze(policy, scene, 1, parameters=parameters)[0, 0], (129, 129))
        assert np.linalg.norm(landed - expected) < 24


@pytest.mark.parametrize("axis", [0, 1])
def test_mirror_the_picture_mirror_the_gaze(axis):
    image = as_image(sample_pixels("coffee"))[:257, 60:573]
    policy = PriorityPolicy()
    scene = scene_of(policy, np.stack([image, np.flip(image, axis)]))
    rows, columns = 17, 33
    for part in (scene.keys, scene.grid):
        plain, mirrored = part.reshape(2, rows, columns, -1)
        expected = np.flip(plain, axis).copy()
        if part is scene.grid:
            expected[..., 1 - axis] *= -1
        assert mirrored == pytest.approx(expected, abs=2e-3)
    path = gaze(policy, scene, 5)
    path[:, 1, 1 - axis] *= -1
    assert path[:, 1] == pytest.approx(path[:, 0], abs=2e-3)


def test_a_policy_that_is_not_guided_is_saliency_and_nothing_else():
    images = noise(4, (64, 64))
    alone, guided = PriorityPolicy(guided=False), PriorityPolicy()
    assert alone.parameters(UNITS, np.random.default_rng(0)) == {} and not alone.learns and guided.learns
    paths = [gaze(policy, scene_of(policy, images), 4) for policy in (alone, guided)]
    assert np.array_equal(*paths)


def test_a_warmer_policy_looks_about():
    scene = scene_of(PriorityPolicy(), noise(1, (64, 64)))
    entropies = []
    for temperature in (0.0, 0.03, 0.1, 1.0, 1e6):
        policy = PriorityPolicy(temperature=temperature)
        choice = policy(
            policy.parameters(UNITS, np.random.default_rng(0)),
            np.zeros((1, UNITS)),
            policy.remember(None, None, scene),
            scene,
        )
        entropies.append(float(choice.entropy()[0]))
    assert entropies[0] == pytest.approx(0, abs=1e-3)
    assert entropies == sorted(entropies)
    assert entropies[-1] == pytest.approx(np.log(64))


def test_names_are_those_of_the_keys():
    assert PriorityPolicy().names == ("intensity", "colour", "orientation")
    merged = PriorityPolicy(model=IttiKoch.published(), features=True)
    assert merged.names == ("intensity", "red-green", "blue-yellow", "0 deg", "45 deg", "90 deg", "135 deg")
    for policy in (PriorityPolicy(), merged, PriorityPolicy(features=True)):
        count = len(policy.names)
        parameters = policy.parameters(UNITS, np.random.default_rng(0))
        assert parameters["gains"].shape == (1, count + 3) and parameters["query"].shape == (UNITS, count + 3)
        assert parameters["gains"][0] == pytest.approx([1 / count] * count + [0] * 3)
        assert not parameters["query"].any()
        assert policy.keys(noise())[0].shape[2] == count
    assert PriorityPolicy(stateful=False).parameters(UNITS, np.random.default_rng(0)).keys() == {"gains"}


def test_a_gaussian_policy_stands_around_what_its_network_says():
    parameters, rng = random_parameters(GAUSSIAN), np.random.default_rng(0)
    states = rng.normal(size=(3, UNITS))
    hidden = np.maximum(states @ parameters["policy hidden"] + parameters["policy hidden bias"], 0)
    expected = np.tanh(hidden @ parameters["policy mean"] + parameters["policy mean bias"])
    choice = GAUSSIAN(parameters, states, None, PictureBatch(np.zeros((3, 8, 8))))
    assert choice.mean == pytest.approx(expected) and choice.spread == 0.1


def test_the_first_glimpse_is_where_it_was_asked_for():
    scene = PictureBatch(np.zeros((2000, 8, 8), np.uint8))
    places = GaussianPolicy().start(scene, np.random.default_rng(0))
    assert places.shape == (2000, 2) and places.dtype == np.float32
    assert places.mean(axis=0) == pytest.approx([0, 0], abs=0.05)
    assert places.std(axis=0) == pytest.approx(np.full(2, 1 / np.sqrt(3)), abs=0.02)
    assert np.abs(places).max() <= 1
    assert not GaussianPolicy(first="centre").start(scene, np.random.default_rng(0)).any()
    for policy in (GaussianPolicy(first="chosen"), PriorityPolicy(), RandomPolicy(), CentrePolicy()):
        assert policy.start(scene, np.random.default_rng(0)) is None


def test_a_random_policy_looks_anywhere():
    policy, scene = RandomPolicy(), PictureBatch(np.zeros((5000, 8, 8), np.uint8))
    assert not policy.learns and policy.parameters(UNITS, np.random.default_rng(0)) == {}
    for rng in (None, np.random.default_rng(0)):
        first, second = gaze(policy, scene, 2, rng=rng)
        for places in (first, second):
            counts = np.histogram2d(*places.T, bins=4, range=[[-1, 1], [-1, 1]])[0]
            assert counts.sum() == 5000 and counts.min() > 240 and counts.max() < 390
        assert np.abs(np.corrcoef(first[:, 0], second[:, 0])[0, 1]) < 0.05
        assert np.abs(np.corrcoef(first.T)[0, 1]) < 0.05
    places = Even((5000,), policy.remember(None, None, scene))
    assert places.log_prob(first) == pytest.approx(np.full(5000, -np.log(4)))
    assert places.entropy() == pytest.approx(np.full(5000, np.log(4)))
    assert not places.expectation().any() and places.where(first) is first


def test_without_chance_a_random_policy_looks_at_a_picture_as_ever():
    """Whatever pictures come after it, and whichever have gone."""
    policy, images = RandomPolicy(), np.zeros((9, 8, 8), np.uint8)
    whole, few = (gaze(policy, PictureBatch(images[:count]), 3) for count in (9, 4))
    assert np.array_equal(whole[:, :4], few) and np.array_equal(whole, gaze(policy, PictureBatch(images), 3))
    memory = policy.remember(None, None, PictureBatch(images))
    left = policy(
        {},
        np.zeros((3, UNITS)),
        policy.remember(memory, None, PictureBatch(images))[[2, 5, 8]],
        PictureBatch(images[:3]),
    )
    assert np.array_equal(left.mode(), whole[1, [2, 5, 8]])


def test_a_centre_policy_looks_at_the_middle():
    scene = PictureBatch(np.zeros((6, 8, 8), np.uint8))
    assert (
        not gaze(CentrePolicy(), scene, 3).any()
        and not gaze(CentrePolicy(), scene, 3, rng=np.random.default_rng(0)).any()
    )
    choice = CentrePolicy()({}, np.zeros((2, 6, UNITS)), None, scene)
    assert choice.log_prob(choice.mode()).tolist() == [[0.0] * 6] * 2
    assert not choice.entropy().any() and not CentrePolicy().learns


def test_a_scene_gives_some_of_its_pictures():
    scene = keyed()
    some = scene.take(np.array([2, 0]))
    for part, whole in zip(some, scene, strict=True):
        assert np.array_equal(part, whole[[2, 0]])
    alone = PictureBatch(np.zeros((3, 8, 8))).take(np.array([True, False, True]))
    assert alone.images.shape == (2, 8, 8) and alone.keys is None and alone.tasks is None


# Bad input


@pytest.mark.parametrize(
    ("policy", "knobs", "message"),
    [
        (GaussianPolicy, {"spread": 0.0}, "expected a positive spread, got 0.0"),
        (GaussianPolicy, {"hidden": 0}, "expected hidden units from 1 up, got 0"),
        (GaussianPolicy, {"first": "left"}, "expected the first glimpse random, centre or chosen, got 'left'"),
        (PriorityPolicy, {"temperature": -0.1}, "expected a temperature from 0 up, got -0.1"),
        (PriorityPolicy, {"temperature": float("nan")}, "expected a temperature from 0 up, got nan"),
        (PriorityPolicy, {"reach": 0.0}, "expected a positive reach, .* got 0.0, 2.0 and 0.1"),
        (PriorityPolicy, {"inhibition": -1.0}, "inhibition and acuity from 0 up, got 0.2, -1.0 and 0.1"),
        (PriorityPolicy, {"acuity": -1.0}, "inhibition and acuity from 0 up, got 0.2, 2.0 and -1.0"),
        (PriorityPolicy, {"tasks": ()}, "expected the names of the tasks, at least one, got none"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(policy, knobs, message):
    with pytest.raises(ValueError, match=message):
        policy(**knobs)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (None, r"expected a task for each picture, from 0 to 1 \(a, b\), got none"),
        (np.array([0, 1, 2]), r"from 0 to 1 \(a, b\), got 0 to 2"),
        (np.array([0, -1, 0]), r"from 0 to 1 \(a, b\), got -1 to 0"),
        (np.array([0.0, 1.0, 0.0]), r"from 0 to 1 \(a, b\), got float64"),
    ],
)
def test_a_task_that_there_is_not_is_told(tasks, message):
    scene = keyed()._replace(tasks=tasks)
    with pytest.raises(ValueError, match=message):
        PRIORITY(random_parameters(PRIORITY), np.zeros((3, UNITS)), PRIORITY.remember(None, None, scene), scene)
    alone = replace(PRIORITY, tasks=("look",))
    if tasks is None:
        alone(random_parameters(alone), np.zeros((3, UNITS)), alone.remember(None, None, scene), scene)


def test_a_scene_without_keys_and_a_gaze_without_memory_are_told():
    policy, images = PriorityPolicy(), noise()
    parameters, states = policy.parameters(4, np.random.default_rng(0)), np.zeros((3, 4), np.float32)
    scene = scene_of(policy, images)
    with pytest.raises(ValueError, match="expected a scene with keys and their grid"):
        policy.remember(None, None, PictureBatch(images))
    with pytest.raises(ValueError, match="expected a scene with keys and their grid"):
        policy(parameters, states, policy.remember(None, None, scene), PictureBatch(images))
    for one in (policy, RandomPolicy()):
        with pytest.raises(ValueError, match="expected what the policy remembers of the gaze"):
            one(parameters, states, None, scene)
