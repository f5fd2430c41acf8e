"""Trials with a cue, and probes of inhibition of return."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.displays.cueing import inhibition_probe, posner
from saliency.displays.display import VIEWING


def alike(first, second):
    return first.shape == second.shape and np.abs(first - second).max() < 1e-5


def moments(cover):
    """Area, centre (x, y), and covariance of what is covered, as if pixels were points."""
    rows, columns = np.mgrid[: cover.shape[0], : cover.shape[1]]
    points, weights = np.stack([columns.ravel(), rows.ravel()]), cover.ravel()
    return weights.sum(), np.average(points, axis=1, weights=weights), np.cov(points, aweights=weights, ddof=0)


# cues


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["flash", "arrow"]), st.booleans(), st.sampled_from(["left", "right"]), st.floats(0.06, 1))
def test_a_cue_marks_the_targets_side_or_the_other(cue, valid, side, soa):
    trial = posner(cue, valid=valid, side=side, soa_s=soa)
    assert (trial.target[0] > trial.fixation[0]) == (side == "right")
    assert trial.valid is valid
    assert trial.distance_deg == pytest.approx(0 if valid else 14)
    assert VIEWING.angle_deg(trial.target, trial.fixation) == pytest.approx(7)
    x, y = np.rint(trial.target).astype(int)
    for time in (0.0, 0.5, 0.499 + soa, 0.501 + soa, trial.end_s - 1e-6):
        assert trial.at(time)[y, x, 0] == (1.0 if time >= 0.5 + soa else 0.5)
    lit = np.abs(trial.at(0.5) - trial.at(0)).sum(axis=2)
    weight, centre, _ = moments(lit)
    assert weight > 10
    if cue == "flash":
        assert centre == pytest.approx(trial.cued, abs=0.02)
    else:
        assert (centre[0] > trial.fixation[0]) == (trial.cued[0] > trial.fixation[0])
    assert trial.events[0] == "fixation"
    assert trial.events[-1] == "target"
    assert trial.times[trial.events.index("cue")] == 0.5
    assert trial.times[-1] == pytest.approx(0.5 + soa)
    assert trial.end_s == pytest.approx(0.5 + soa + 1)


@pytest.mark.parametrize("cue", ["flash", "arrow", "neutral"])
@pytest.mark.parametrize("valid", [True, False])
def test_left_and_right_are_mirror_images(cue, valid):
    left, right = (posner(cue, valid=valid, side=side) for side in ("left", "right"))
    assert alike(left.frames[:, :, ::-1], right.frames)
    assert left.events == right.events


def test_a_neutral_cue_tells_nothing():
    trials = [posner("neutral", side=side, soa_s=0.3, valid=valid) for side in ("left", "right") for valid in (0, 1)]
    for trial in trials:
        assert trial.valid is None
        assert trial.cued is None
        assert np.isnan(trial.distance_deg)
        assert np.array_equal(trial.at(0.6), trials[0].at(0.6))
        assert alike(trial.at(0.6), trial.at(0.6)[:, ::-1])


def test_a_flash_outlasts_the_start_of_an_early_target():
    trial = posner("flash", soa_s=0.02, cue_s=0.05, side="left")
    assert trial.events == ("fixation", "cue", "target", "target")
    assert trial.times == pytest.approx([0, 0.5, 0.52, 0.55])
    assert posner("flash", soa_s=0, side="left").events == ("fixation", "target", "target")


def test_chance_draws_the_side():
    sides = [posner(rng=seed).target[0] > VIEWING.centre[0] for seed in range(40)]
    assert 8 < sum(sides) < 32
    assert len({inhibition_probe(rng=seed).cued for seed in range(60)}) == 8


def test_probes_lie_farther_and_farther_from_the_cued_place():
    trials = [inhibition_probe(turn, direction_deg=30) for turn in (0, 45, 90, 135, 180)]
    assert np.all(np.diff([trial.distance_deg for trial in trials]) > 1)
    assert [trial.valid for trial in trials] == [True, False, False, False, False]
    assert inhibition_probe(-45, direction_deg=0).target[1] > VIEWING.centre[1]  # clockwise: below
    trial = trials[2]
    assert trial.events == ("fixation", "cue", "wait", "recue", "wait", "target")
    assert trial.times == pytest.approx([0, 0.5, 0.55, 0.8, 0.85, 1.1])
    flashed = moments(np.abs(trial.at(0.81) - trial.at(0.7)).sum(axis=2))[1]
    assert flashed == pytest.approx(VIEWING.centre, abs=1e-3)
    assert np.array_equal(trial.at(0.6), trial.at(0.9))
    assert trial.places.shape == (8, 2)
    assert VIEWING.angle_deg(trial.places, trial.fixation) == pytest.approx([7] * 8)
    assert inhibition_probe(recue_s=None).events == ("fixation", "cue", "wait", "target")


def test_trials_that_cannot_be_shown_are_refused():
    with pytest.raises(ValueError, match="no cue 'word'; expected one of: flash, arrow, neutral"):
        posner("word")
    with pytest.raises(ValueError, match="side 'left' or 'right', or None, got 'up'"):
        posner(side="up")
    with pytest.raises(ValueError, match="0 s or more from cue to target, got -1"):
        posner(soa_s=-1)
    with pytest.raises(ValueError, match="positive cue_s, got 0"):
        posner(cue_s=0)
    with pytest.raises(ValueError, match="boxes that fit the screen"):
        posner(eccentricity_deg=12)
    with pytest.raises(ValueError, match="eccentricity between 0 and 90"):
        posner(eccentricity_deg=0)
    with pytest.raises(ValueError, match=r"time from 0 to 1\.6 s, when the trial ends, got 2"):
        posner().at(2)
    with pytest.raises(ValueError, match="turn by whole boxes, 45 degrees apart, got 20"):
        inhibition_probe(20)
    with pytest.raises(ValueError, match=r"between the cue and the target, from 0\.05 to 0\.15 s .* got 0\.3"):
        inhibition_probe(soa_s=0.2)
    with pytest.raises(ValueError, match="at least 2 boxes, got 1"):
        inhibition_probe(places=1)
    with pytest.raises(ValueError, match="boxes that do not overlap"):
        inhibition_probe(places=40)
