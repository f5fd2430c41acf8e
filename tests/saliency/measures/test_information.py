"""Information gain, and the agreement of people as a ceiling."""

import numpy as np
import pytest

from saliency.measures.fixations import fixation_density
from saliency.measures.information import information_gain, inter_observer
from saliency.measures.scores import as_density, nss


def test_information_is_gained_over_the_baseline():
    even = np.full((4, 4), -np.log(16))
    good = as_density(np.eye(4), floor=0.1)
    on_diagonal = [(0, 0), (2, 2)]
    assert information_gain(np.log(good), on_diagonal) == information_gain(np.log(good), on_diagonal, even) > 1
    assert information_gain(even, on_diagonal) == 0
    assert information_gain(even, on_diagonal, np.log(good)) == -information_gain(np.log(good), on_diagonal)
    with np.errstate(divide="ignore"):
        assert information_gain(np.log(as_density(np.eye(4))), [(1, 0)]) == -np.inf


def test_people_who_agree_have_a_high_ceiling():
    rng = np.random.default_rng(0)
    agree = [rng.normal((20, 30), 2, (8, 2)) for _ in range(6)]
    differ = [rng.random((8, 2)) * (63, 47) for _ in range(6)]
    elsewhere = rng.random((300, 2)) * (63, 47)
    baseline = np.full((48, 64), -np.log(48 * 64))
    same, other = (
        inter_observer(people, (48, 64), sigma=3, rng=0, elsewhere=elsewhere, baseline=baseline)
        for people in (agree, differ)
    )
    for measure in ("nss", "auc_judd", "auc_shuffled", "cc", "sim", "information_gain"):
        assert same[measure] > other[measure]
    assert same["kl_divergence"] < other["kl_divergence"]
    assert same["nss"] > 3
    assert abs(other["nss"]) < 0.5


def test_the_ceiling_leaves_one_observer_out():
    people = [np.array([(5.0, 5)]), np.array([(20.0, 9), (21, 9)]), np.array([(6.0, 6)]), np.empty((0, 2))]
    density = [
        fixation_density(np.concatenate([p for p in people if p is not left]), (20, 30), sigma=2) for left in people
    ]
    ceiling = inter_observer(people, (20, 30), sigma=2, rng=0)
    assert ceiling["nss"] == pytest.approx(np.mean([nss(density[k], people[k]) for k in range(3)]))
    assert set(ceiling) == {"nss", "auc_judd", "cc", "sim", "kl_divergence"}
    even = np.full((20, 30), -np.log(600))
    gain = inter_observer(people, (20, 30), sigma=2, rng=0, baseline=even)["information_gain"]
    mixed = [np.log(0.9 * density[k] + 0.1 / 600) for k in range(3)]
    assert gain == pytest.approx(np.mean([information_gain(mixed[k], people[k]) for k in range(3)]))
