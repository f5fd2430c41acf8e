"""The loop by which all networks learn: what it sees, what it tells, and that it can be stopped and taken up again."""

from typing import NamedTuple

import autograd.numpy as anp
import numpy as np
import pytest

from saliency.learning.autodiff import stop_gradient
from saliency.learning.loop import Progress, Schedule, mean_gradients, random_batches, train
from saliency.learning.optimiser import AdamW

START = {
    "slope": np.array([[0.5], [-1.0]], np.float32),
    "level": np.zeros((), np.float32),
    "idle": np.ones(3, np.float32),
}
COUNT, EPOCHS, KINDS = 5, 6, ("weights", "first_moments", "second_moments")


class Missed(NamedTuple):
    missed: float
    noise: float


class Stopped(Exception):
    pass


def batches(rng, _epoch=0):
    """Points of a line, in a drawn order."""
    inputs = rng.permutation(10).reshape(COUNT, 2, 1).astype(np.float32)
    return [(np.concatenate([each, 1 - each], axis=1), 2 * each[:, 0] + 1) for each in inputs]


def loss(weights, batch, rng):
    inputs, targets = batch
    noise = rng.normal()
    missed = anp.sum(anp.square(anp.dot(inputs, weights["slope"])[:, 0] + weights["level"] - targets))
    return missed * np.float32(1 + 0.1 * noise), Missed(float(stop_gradient(missed)), noise)


def schedule(**changes):
    how = {"epochs": EPOCHS, "items": 10, "batch": 2, "learning_rate": 0.05, "weight_decay": 0.1, "clip_norm": 2.0}
    return Schedule(**how | changes)


def learned(*, rng=3, resume=None, watch=None, **changes):
    return train(START, loss, batches, schedule(**changes), rng=rng, resume=resume, watch=watch)


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_weights_go_down_the_gradients_of_each_batch_in_turn():
    """The slow twin: gradients by hand, one step of AdamW for each batch."""
    rng = np.random.default_rng(3)
    optimiser = AdamW(START, learning_rate=0.05, steps=EPOCHS * COUNT, weight_decay=0.1, clip_norm=2.0)
    for _ in range(EPOCHS):
        for inputs, targets in batches(rng):
            noisy = np.float32(1 + 0.1 * rng.normal())
            missed = inputs @ optimiser.parameters["slope"] + optimiser.parameters["level"] - targets[:, np.newaxis]
            gradient = noisy * 2 * inputs.T @ missed
            optimiser.move({"slope": gradient, "level": np.float32(2 * noisy * missed.sum()), "idle": np.zeros(3)})
    expected, found = optimiser.state()[0], learned()
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=1e-4, abs=1e-6)
        assert found[name].dtype == np.float32
        assert np.shape(found[name]) == np.shape(START[name])


def test_it_finds_what_is_there_to_find():
    found = learned(epochs=200, weight_decay=0.0, clip_norm=np.inf)
    assert found["slope"][0, 0] - found["slope"][1, 0] == pytest.approx(2, abs=0.01)
    assert found["slope"][1, 0] + found["level"] == pytest.approx(1, abs=0.05)
    assert np.array_equal(found["idle"], START["idle"])


def test_the_start_is_left_as_it_was():
    before = {name: value.copy() for name, value in START.items()}
    learned()
    assert same(START, before)


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    assert same(learned(), learned())
    assert same(learned(rng=np.random.default_rng(3)), learned())
    assert not same(learned(rng=4), learned())


def test_who_watches_is_told_the_means_of_each_epoch():
    seen, drawn = [], []

    def noted(weights, batch, rng):
        value, parts = loss(weights, batch, rng)
        drawn.append(parts)
        return value, parts

    found = train(START, noted, batches, schedule(epochs=3), rng=0, watch=seen.append)
    assert [(each.epoch, each.epochs) for each in seen] == [(1, 3), (2, 3), (3, 3)]
    for number, each in enumerate(seen):
        assert isinstance(each.loss_terms, Missed)
        assert each.loss_terms == pytest.approx(np.mean(drawn[number * COUNT : (number + 1) * COUNT], axis=0))
    assert same(seen[-1].weights, found)
    assert seen[0].loss_terms.missed > 2 * seen[-1].loss_terms.missed
    seen[0].weights["slope"][:] = 9  # a copy: who watches cannot disturb
    assert not (found["slope"] == 9).any()


@pytest.mark.parametrize("stop", [1, 2, EPOCHS - 1, EPOCHS])
def test_a_training_that_was_stopped_goes_on_bit_for_bit(stop):
    whole, kept, rest = [], [], []
    expected = learned(watch=whole.append)

    def watch(now):
        kept.append(now)
        if now.epoch == stop:
            raise Stopped

    with pytest.raises(Stopped):
        learned(watch=watch)
    found = learned(resume=kept[-1], watch=rest.append, rng=99)  # the state of the generator comes with what was kept
    assert same(found, expected)
    assert [each.epoch for each in rest] == list(range(stop + 1, EPOCHS + 1))
    for one, other in zip(whole[stop:], rest, strict=True):
        assert one[:3] == other[:3] and one.rng_state == other.rng_state
        assert all(same(getattr(one, kind), getattr(other, kind)) for kind in KINDS)


def test_a_training_is_taken_up_only_where_it_fits():
    kept = []
    learned(watch=kept.append)
    state = kept[0]
    with pytest.raises(ValueError, match="expected to go on with a training of 6 epochs, got 7"):
        learned(resume=state, epochs=7)
    for change, sentence in (
        ({"slope": np.zeros((3, 1), np.float32)}, r"weights 'slope' of shape \(2, 1\), got \(3, 1\)"),
        ({"more": np.zeros(2, np.float32)}, "to go on without weights 'more', which this network has not"),
    ):
        with pytest.raises(ValueError, match=sentence):
            learned(resume=state._replace(weights={**state.weights, **change}))
    fewer = {name: value for name, value in state.weights.items() if name != "level"}
    with pytest.raises(ValueError, match=r"weights 'level' of shape \(\), got none"):
        learned(resume=Progress(1, EPOCHS, state.loss_terms, fewer, fewer, fewer, state.rng_state))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epochs": 0}, "expected epochs from 1 up to learn, got 0"),
        ({"items": 0}, "expected items from 1 up to learn, got 0"),
        ({"batch": 0}, "expected batch from 1 up to learn, got 0"),
        ({"learning_rate": 0.0}, "expected a positive learning rate, got 0"),
        ({"weight_decay": -1.0}, "expected a weight decay from 0 up, got -1"),
        ({"clip_norm": 0.0}, "expected a positive clip norm, got 0"),
    ],
)
def test_numbers_that_make_no_training_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        learned(**change)


def test_items_one_by_one_give_the_mean_gradient_of_their_batch():
    """The slow twin: the gradient of the mean loss, all items of a batch at once."""

    def dealt(rng, _epoch):
        return [[(inputs[[k]], targets[[k]]) for k in range(2)] for inputs, targets in batches(rng)]

    def alone(weights, item, _rng):
        inputs, targets = item
        missed = anp.sum(anp.square(anp.dot(inputs, weights["slope"])[:, 0] + weights["level"] - targets))
        return missed, Missed(float(stop_gradient(missed)), 0.0)

    def together(weights, batch, rng):
        missed, terms = alone(weights, batch, rng)
        return missed / np.float32(2), Missed(terms.missed / 2, 0.0)

    one, other = [], []
    singly = train(START, alone, dealt, schedule(), rng=3, gradients=mean_gradients, watch=one.append)
    whole = train(START, together, batches, schedule(), rng=3, watch=other.append)
    assert all(singly[name] == pytest.approx(whole[name], abs=1e-5) for name in START)
    assert [each.loss_terms.missed for each in one] == pytest.approx([each.loss_terms.missed for each in other])


def test_each_item_is_in_one_batch_and_the_epoch_is_told():
    dealt = random_batches(7, 3, np.random.default_rng(0))
    assert [len(each) for each in dealt] == [3, 3, 1]
    assert sorted(np.concatenate(dealt)) == list(range(7))
    told = []

    def noted(rng, epoch):
        told.append(epoch)
        return batches(rng)

    kept = []
    train(START, loss, noted, schedule(), rng=3, watch=kept.append)
    train(START, loss, noted, schedule(), rng=3, resume=kept[3])
    assert told == [*range(EPOCHS), 4, 5]
