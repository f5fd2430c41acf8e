"""MultiMatch, against multimatch-gaze."""

import numpy as np
import pytest

from saliency.scanpaths.multimatch import Simplification, multimatch

SHAPE = (480, 640)


DIAGONAL = 800


# Made by multimatch_gaze 0.1.3 (NumPy 2.4.6, SciPy 1.17.1) from `pair(0)`: docomparison as it is, and with
# grouping=True, TDir=45, TDur=0.3, TAmp=80
MULTIMATCH_GAZE = (0.8340924732280585, 0.7675746968279427, 0.8209790630816274, 0.6532662857444429, 0.6421980254997615)


MULTIMATCH_GAZE_GROUPED = (
    0.837662925408768,
    0.8018047891656808,
    0.8352511948491839,
    0.6302374677968814,
    0.6416206102465092,
)


def table(rng, n):
    return np.column_stack([rng.random(n) * 639, rng.random(n) * 479, rng.gamma(4, 0.06, n)])


def pair(seed, lengths=(9, 12)):
    rng = np.random.default_rng(seed)
    return tuple(table(rng, n) for n in lengths)


def reference(one, other, **options):
    package = pytest.importorskip("multimatch_gaze")
    kind = [("start_x", float), ("start_y", float), ("duration", float)]
    records = [np.array([tuple(row) for row in rows], kind) for rows in (one, other)]
    return tuple(map(float, package.docomparison(*records, [640, 480], **options)))


def test_multimatch_equals_the_committed_numbers_of_multimatch_gaze():
    given = {"rel": 1e-12, "abs": 1e-12}
    assert tuple(multimatch(*pair(0), shape=SHAPE)) == pytest.approx(MULTIMATCH_GAZE, **given)
    assert tuple(multimatch(*pair(0), shape=SHAPE, simplify=Simplification())) == pytest.approx(
        MULTIMATCH_GAZE_GROUPED, **given
    )


def test_multimatch_equals_multimatch_gaze_itself():
    rng = np.random.default_rng(1)
    for _ in range(200):
        one, other = (table(rng, n) for n in rng.integers(3, 15, 2))
        got = tuple(multimatch(one, other, shape=SHAPE))
        assert got == pytest.approx(reference(one, other), rel=1e-12, abs=1e-12)


def test_multimatch_of_simplified_paths_equals_multimatch_gaze_itself():
    rng = np.random.default_rng(2)
    joined = 0
    for _ in range(200):
        one, other = (table(rng, n) for n in rng.integers(9, 15, 2))
        for rows in (one, other):
            rows[:, :2] = 320 + np.cumsum(rng.normal(0, 60, (len(rows), 2)), axis=0)
        simplify = Simplification(amplitude=rng.uniform(0.02, 0.1), duration=rng.uniform(0.1, 0.4))
        grouping = {"TDir": 45, "TDur": simplify.duration, "TAmp": simplify.amplitude * DIAGONAL}
        try:
            expected = reference(one, other, grouping=True, **grouping)
        except IndexError:  # it fails where one short saccade is left
            continue
        got = tuple(multimatch(one, other, shape=SHAPE, simplify=simplify))
        joined += got != tuple(multimatch(one, other, shape=SHAPE))
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert joined > 100


def test_paths_at_known_angles_have_known_directions():
    right = np.array([(100, 100, 0.2), (200, 100, 0.2), (300, 100, 0.2)])
    down = right[:, [1, 0, 2]]
    assert multimatch(right, down, shape=SHAPE).direction == pytest.approx(0.5)
    assert multimatch(right, right[::-1], shape=SHAPE).direction == pytest.approx(0)
    assert multimatch(right, right[::-1], shape=SHAPE).shape == pytest.approx(1 - 200 / (2 * DIAGONAL))
    assert multimatch(right, right * (2, 1, 1), shape=SHAPE).length == pytest.approx(1 - 100 / DIAGONAL)
    assert multimatch(right, right * (1, 1, 4), shape=SHAPE).duration == pytest.approx(0.25)


def test_joined_saccades_are_one():
    steps = np.array([(100, 100, 0.2), (200, 100, 0.1), (300, 100, 0.2), (300, 300, 0.2), (100, 300, 0.2)])
    whole = np.delete(steps, 1, axis=0)
    simplify = Simplification(duration=0.15, amplitude=0)
    assert tuple(multimatch(steps, whole, shape=SHAPE, simplify=simplify)) == pytest.approx((1, 1, 1, 1, 1))
    assert multimatch(steps, whole, shape=SHAPE).shape < 1
    patient = Simplification(duration=0.05, amplitude=0)
    assert multimatch(steps, whole, shape=SHAPE, simplify=patient) == multimatch(steps, whole, shape=SHAPE)


def test_a_path_of_one_short_saccade_is_left_alone():
    near = np.array([(100, 100, 0.1), (110, 100, 0.1), (112, 100, 0.1)])
    assert tuple(multimatch(near, near, shape=SHAPE, simplify=Simplification())) == (1, 1, 1, 1, 1)


def test_trap_the_last_duration_plays_no_part_and_two_durations_of_zero_are_unknown():
    one, other = pair(5, (6, 6))
    longer = one.copy()
    longer[-1, 2] = 9
    assert multimatch(longer, other, shape=SHAPE) == multimatch(one, other, shape=SHAPE)
    one[:, 2] = other[:, 2] = 0
    scores = multimatch(one, other, shape=SHAPE)
    assert np.isnan(scores.duration)
    assert np.isfinite(scores[:4]).all()
