"""How the read-out learns: the right gradients, a planted task, the same again from the same seed, and going on."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from autograd import value_and_grad

from foveation import write_image
from saliency import CentreBias, Channels, Readout, Recordings
from saliency.models.readout.readout import WIDTHS, Weights, random_parameters, scores
from saliency.models.readout.training import Example, _loss, _statistics, _view, centre_of, examples, pooled, train

PLAIN = Channels(longer_side=48, faces=None)
RED, GREEN = (0.85, 0.2, 0.2), (0.2, 0.6, 0.2)


def discs(rng, shape=(36, 48)):
    """A red disc and three green ones, and 40 places where people look: most near the red one, some near the centre."""
    image = np.full((*shape, 3), 0.5, np.float32) + rng.normal(0, 0.01, (*shape, 3)).astype(np.float32)
    cells = [(x, y) for y in range(6, shape[0] - 5, 8) for x in range(6, shape[1] - 5, 9)]
    chosen = [cells[k] for k in rng.permutation(len(cells))[:4]]
    for place, colour in zip(chosen, (RED, GREEN, GREEN, GREEN), strict=True):
        cv2.circle(image, place, 3, colour, -1, cv2.LINE_AA)
    near = rng.normal(chosen[0], 1.5, (30, 2))
    middle = rng.normal(((shape[1] - 1) / 2, (shape[0] - 1) / 2), (8, 6), (10, 2))
    places = np.clip(np.concatenate([near, middle]), 0, np.array(shape[::-1]) - 1)
    return np.clip(image, 0, 1), places


def example(image, places, source=0):
    maps = PLAIN(image)
    counts = np.zeros(maps.shape[1:], np.float32)
    shares = (places + 0.5) / image.shape[1::-1]
    for u, v in shares:
        counts[int(v * counts.shape[0]), int(u * counts.shape[1])] += 1
    return Example(maps.astype(np.float16), counts, shares, source)


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(0)
    return [example(*discs(rng)) for _ in range(48)]


def bits(weights, pictures, *, centre_only=False):
    """Mean information of the fixations on pictures, above an even density."""
    gains = []
    for each in pictures:
        log = np.array(weights.centre.log_density(each.counts.shape))
        if not centre_only:
            units = [unit[:, np.newaxis, np.newaxis] for unit in (weights.mean, weights.spread)]
            seen = (each.channels.astype(np.float32) - units[0]) / units[1]
            log = scores(weights.parameters, seen) + float(weights.parameters["centre"]) * log
        log -= log.max()
        log -= np.log(np.exp(log).sum())
        gains.append((log * each.counts).sum() / each.counts.sum() + np.log(log.size))
    return float(np.mean(gains)) / np.log(2)


def same(one, other):
    return all(np.array_equal(one.parameters[name], other.parameters[name]) for name in one.parameters)


# --- the loss ---


def lesson(shape=(17, 22), channels=5):
    """Everything the loss needs, in double precision."""
    rng = np.random.default_rng(3)
    parameters = {name: value.astype(np.float64) for name, value in random_parameters(channels, rng).items()}
    parameters |= {"own": rng.normal(0, 0.3, channels)}
    for name in parameters:  # away from the kinks of the rectification
        if "bias" in name:
            parameters[name] = rng.normal(0.3, 0.1, parameters[name].shape)
    maps = rng.standard_normal((channels, *shape))
    counts = rng.poisson(0.1, shape).astype(np.float64)
    log_bias = CentreBias().log_density(shape)
    masks = [(rng.random((width, 1, 1)) > 0.2) / 0.8 for width in WIDTHS]
    return parameters, maps, counts, log_bias, masks


def test_the_loss_is_minus_the_mean_log_probability_of_the_fixations():
    parameters, maps, counts, log_bias, masks = lesson()
    score = scores(parameters, maps, masks) + parameters["centre"] * log_bias
    density = np.exp(score) / np.exp(score).sum()
    expected = 0.0
    for row, column in np.ndindex(counts.shape):
        expected -= counts[row, column] * np.log(density[row, column]) / counts.sum()
    assert float(_loss(parameters, maps, counts, log_bias, masks)) == pytest.approx(expected, rel=1e-6)


def test_the_gradient_of_the_loss_is_that_of_differences():
    parameters, maps, counts, log_bias, masks = lesson()

    def loss(parameters):
        return _loss(parameters, maps, counts, log_bias, masks)

    _, gradients = value_and_grad(loss)(parameters)
    rng = np.random.default_rng(0)
    for name, values in parameters.items():
        places = list(np.ndindex(values.shape))
        for place in [places[k] for k in rng.permutation(len(places))[:6]]:
            sides = []
            for size in (1e-5, -1e-5):
                moved = values.copy()
                moved[place] += size
                sides.append(float(loss(parameters | {name: moved})))
            expected = (sides[0] - sides[1]) / 2e-5
            assert np.asarray(gradients[name])[place] == pytest.approx(expected, rel=1e-5, abs=1e-8), name


def test_raising_the_score_everywhere_changes_nothing():
    parameters, maps, counts, log_bias, masks = lesson()
    maps[2] = 1.0  # a constant channel, whose own weight does that
    _, gradients = value_and_grad(_loss)(parameters, maps, counts, log_bias, masks)
    assert gradients["own"][2] == pytest.approx(0, abs=1e-12)


def test_the_gradients_of_single_precision_have_single_precision():
    parameters, *rest = lesson()
    parameters = {name: value.astype(np.float32) for name, value in parameters.items()}
    maps, counts, log_bias = (values.astype(np.float32) for values in rest[:3])
    loss, gradients = value_and_grad(_loss)(parameters, maps, counts, log_bias, [m.astype(np.float32) for m in rest[3]])
    assert np.asarray(loss).dtype == np.float32
    assert all(np.asarray(each).dtype == np.float32 for each in gradients.values())


# --- a planted task ---


def test_people_who_look_at_red_discs_are_understood_in_a_few_epochs(planted):
    taught, held_out = planted[:36], planted[36:]
    weights = train(taught, PLAIN.names, rng=0, epochs=8)
    gain, floor = bits(weights, held_out), bits(weights, held_out, centre_only=True)
    assert floor < 0.5
    assert gain > floor + 1.5


def test_epochs_make_it_better(planted):
    seen = []
    train(planted[:24], PLAIN.names, rng=0, epochs=6, watch=seen.append)
    assert [now.epoch for now in seen] == [1, 2, 3, 4, 5, 6]
    assert {now.epochs for now in seen} == {6}
    assert seen[-1].loss_terms.bits > seen[0].loss_terms.bits + 0.3


def test_starting_from_what_is_learned_is_ahead_at_once(planted):
    before = train(planted[:24], PLAIN.names, rng=0, epochs=6)
    firsts = []
    for start in (None, before):
        train(
            planted[24:36],
            PLAIN.names,
            rng=1,
            epochs=1,
            start=start,
            watch=lambda now: firsts.append(now.loss_terms.bits),
        )
    assert firsts[1] > firsts[0] + 0.5
    after = train(planted[24:36], PLAIN.names, rng=1, epochs=2, start=before)
    assert np.array_equal(after.mean, before.mean)
    assert np.array_equal(after.spread, before.spread)
    assert after.centre != before.centre
    assert bits(after, planted[36:]) > bits(after, planted[36:], centre_only=True) + 1


def test_what_is_learned_can_be_written_and_used(planted, tmp_path):
    weights = train(planted[:8], PLAIN.names, rng=0, epochs=1, provenance="eight pictures with discs")
    weights.write(tmp_path / "discs.npz")
    assert Weights.read(tmp_path / "discs.npz").provenance == "eight pictures with discs"
    density = Readout(path=tmp_path / "discs.npz").log_density(discs(np.random.default_rng(9))[0])
    assert np.exp(density).sum() == pytest.approx(1)


# --- the same again ---


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(planted):
    one, again, other = (train(planted[:12], PLAIN.names, rng=seed, epochs=2) for seed in (4, 4, 5))
    assert same(one, again)
    assert one.centre == again.centre
    assert not same(one, other)
    assert same(one, train(planted[:12], PLAIN.names, rng=np.random.default_rng(4), epochs=2))


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(planted, epoch):
    kept = []
    whole = train(planted[:12], PLAIN.names, rng=4, epochs=3, watch=kept.append)
    halfway = kept[epoch - 1]
    assert halfway.epoch == epoch
    later = []
    rest = train(
        planted[:12], PLAIN.names, rng=4, epochs=3, resume=pickle.loads(pickle.dumps(halfway)), watch=later.append
    )
    assert same(rest, whole)
    assert [now.loss_terms.bits for now in later] == [now.loss_terms.bits for now in kept[epoch:]]
    json.dumps(halfway.rng_state)  # the state of the random numbers can be kept in a text


def test_what_is_kept_is_not_changed_by_going_on(planted):
    kept = []
    train(planted[:12], PLAIN.names, rng=4, epochs=2, watch=kept.append)
    before = pickle.dumps(kept[0])
    train(planted[:12], PLAIN.names, rng=4, epochs=2, resume=kept[0])
    assert pickle.dumps(kept[0]) == before
    assert not np.array_equal(kept[0].weights["own"], kept[1].weights["own"])


def test_starting_weights_are_not_changed(planted):
    start = train(planted[:8], PLAIN.names, rng=0, epochs=1)
    before = {name: np.array(value) for name, value in start.parameters.items()}
    train(planted[:8], PLAIN.names, rng=0, epochs=1, start=start)
    assert all(np.array_equal(before[name], start.parameters[name]) for name in before)


# --- what is seen ---


def test_half_of_the_pictures_are_seen_mirrored_with_their_fixations(planted):
    units = (np.zeros(len(PLAIN.names), np.float32), np.ones(len(PLAIN.names), np.float32))
    each, bias = planted[0], CentreBias(middle=(0.3, 0.6))
    log_bias = bias.log_density(each.counts.shape).astype(np.float32)
    rng = np.random.default_rng(0)
    plain = 0
    for _ in range(200):
        channels, counts, log = _view(each, bias, units, rng, crops=0)
        way = slice(None) if np.array_equal(counts, each.counts) else slice(None, None, -1)
        plain += way == slice(None)
        assert np.array_equal(channels, each.channels.astype(np.float32)[:, :, way])
        assert np.array_equal(counts, each.counts[:, way])
        assert np.array_equal(log, log_bias[:, way])
    assert 70 < plain < 130


def test_crops_keep_channels_fixations_and_bias_together(planted):
    each = planted[0]
    rows, columns = np.indices(each.counts.shape)
    marked = each._replace(channels=np.stack([rows, columns]).astype(np.float16))
    units = (np.zeros(2, np.float32), np.ones(2, np.float32))
    bias = CentreBias(middle=(0.3, 0.6))
    rng = np.random.default_rng(0)
    shapes = set()
    for _ in range(60):
        channels, counts, log = _view(marked, bias, units, rng, crops=1)
        down, across = channels.astype(int)
        assert np.array_equal(counts, each.counts[down, across])
        assert np.array_equal(log, bias.log_density(each.counts.shape).astype(np.float32)[down, across])
        assert counts.sum() >= 5
        assert min(np.array(counts.shape) / each.counts.shape) > 0.57
        shapes.add(counts.shape)
    assert len(shapes) > 20


@pytest.mark.parametrize("shape", [(2, 2), (2, 30), (3, 2)])
def test_tiny_pictures_are_learned_from(shape):
    rng = np.random.default_rng(0)
    image = rng.random((*shape, 3)).astype(np.float32)
    places = rng.uniform(0, np.array(shape[::-1]) - 1, (20, 2))
    weights = train([example(image, places)] * 4, PLAIN.names, rng=0, epochs=2)
    assert all(np.isfinite(value).all() for value in weights.parameters.values())


def test_pictures_without_fixations_are_left_out(planted):
    blank = planted[0]._replace(counts=np.zeros_like(planted[0].counts), places=np.zeros((0, 2)))
    with_blanks = [blank, *planted[:6], blank, *planted[6:12], blank]
    assert same(train(with_blanks, PLAIN.names, rng=0, epochs=1), train(planted[:12], PLAIN.names, rng=0, epochs=1))
    with pytest.raises(ValueError, match="expected pictures with fixations to learn from, got none"):
        train([blank, blank], PLAIN.names, rng=0, epochs=1)


def test_the_channels_statistics_are_those_over_all_places(planted):
    several = [
        *planted[:3],
        example(np.random.default_rng(1).random((20, 48, 3)).astype(np.float32), planted[0].places * 4),
    ]
    places = np.concatenate([each.channels.reshape(11, -1).astype(np.float64) for each in several], axis=1)
    mean, spread = _statistics(several)
    assert mean == pytest.approx(places.mean(axis=1), rel=1e-5, abs=1e-6)
    assert spread == pytest.approx(np.maximum(places.std(axis=1), 1e-3), rel=1e-4)
    weights = train(several, PLAIN.names, rng=0, epochs=1)
    assert np.array_equal(weights.mean, mean)
    assert np.array_equal(weights.spread, spread)


def test_each_set_has_a_centre_bias_of_its_own_and_the_weights_hold_their_mean(planted):
    left = [each._replace(source=0, places=each.places * (0.5, 1)) for each in planted[:6]]
    right = [each._replace(source=7, places=1 - each.places * (0.5, 1)) for each in planted[6:12]]
    ours, theirs = centre_of(left), centre_of(right)
    assert ours.log_density((8, 8))[:, 0].mean() > theirs.log_density((8, 8))[:, 0].mean()
    weights = train(left + right, PLAIN.names, rng=0, epochs=1)
    assert weights.centre == pooled([ours, theirs])
    expected = (np.asarray(ours.cells) + np.asarray(theirs.cells)) / 2
    assert np.asarray(weights.centre.cells) == pytest.approx(expected)


def test_other_channels_or_epochs_than_before_are_refused(planted):
    kept = []
    start = train(planted[:8], PLAIN.names, rng=0, epochs=1, watch=kept.append)
    fewer = [each._replace(channels=each.channels[:5]) for each in planted[:8]]
    with pytest.raises(
        ValueError, match=r"expected the channels of the weights to go on from, boolean map, .*; got bool"
    ):
        train(fewer, PLAIN.names[:5], rng=0, epochs=1, start=start)
    more = [each._replace(channels=np.concatenate([each.channels] * 2)) for each in planted[:8]]
    with pytest.raises(ValueError, match=r"got boolean map, .* and 11 further"):
        train(more, PLAIN.names, rng=0, epochs=1, start=start)
    with pytest.raises(ValueError, match="expected to go on with a training of 1 epochs, got 2"):
        train(planted[:8], PLAIN.names, rng=0, epochs=2, resume=kept[0])


# --- pictures and fixations from folders ---


@pytest.fixture
def recordings(tmp_path):
    rng = np.random.default_rng(0)
    rows = ["image,subject,x,y"]
    for k in range(3):
        image, places = discs(rng, (60, 80))
        write_image(tmp_path / f"p{k}.png", image)
        rows += [f"p{k}.png,anna,{x},{y}" for x, y in places]
    rows += ["p2.png,ben,-7,3", "p2.png,ben,79.4,59.4", "p2.png,ben,-0.4,-0.4"]
    (tmp_path / "fixations.csv").write_text("\n".join(rows))
    return Recordings.read(tmp_path)


def test_examples_are_the_channels_and_the_fixations_on_each_cell(recordings):
    made = dict(examples([recordings], PLAIN))
    assert list(made) == ["p0.png", "p1.png", "p2.png"]
    last = made["p2.png"]
    assert last.channels.dtype == np.float16
    assert last.channels == pytest.approx(PLAIN(recordings.pixels("p2.png")), abs=0.01)
    assert last.counts.shape == (36, 48)
    assert last.counts.sum() == 42  # one of the 43 lies outside
    assert last.counts[-1, -1] >= 1
    assert last.counts[0, 0] >= 1
    assert last.places.min() >= 0
    assert last.places.max() <= 1


def test_several_sets_are_told_apart_and_an_executor_changes_nothing(recordings):
    alone = list(examples([recordings, recordings], PLAIN))
    assert [each.source for _, each in alone] == [0, 0, 0, 1, 1, 1]
    with ThreadPoolExecutor(2) as executor:
        together = list(examples([recordings, recordings], PLAIN, executor=executor))
    for (name, one), (other_name, other) in zip(alone, together, strict=True):
        assert name == other_name
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_picture_that_cannot_be_used_is_named(recordings, tmp_path):
    cv2.imwrite(str(tmp_path / "p1.png"), np.zeros((1, 9, 3), np.uint8))
    with pytest.raises(ValueError, match=r"p1\.png': expected a picture of at least 2 x 2 pixels"):
        list(examples([Recordings.read(tmp_path)], PLAIN))

    def weary(image):
        raise ValueError("no more today")

    with pytest.raises(ValueError, match=r"^'p0\.png': no more today$"):
        list(examples([recordings], Channels(faces=None, features=weary)))
