"""Letters among flankers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import is_crowded
from saliency.displays.crowding import crowded_letters
from saliency.displays.display import VIEWING
from saliency.displays.items import LETTERS

seeds = st.integers(0, 2**32 - 1)


def ink(image, background=0.5):
    """How much of each pixel is covered, if things have one colour."""
    off = np.abs(image.astype(np.float64) - background).sum(axis=2)
    return off / off.max()


# letters


@settings(max_examples=40, deadline=None)
@given(st.floats(1.0, 3.0), st.floats(0, 7), st.floats(-180, 180), st.sampled_from(["radial", "tangential"]), seeds)
def test_letters_stand_at_exact_angles(spacing, eccentricity, direction, flankers, seed):
    display = crowded_letters(
        spacing_deg=spacing,
        eccentricity_deg=eccentricity,
        direction_deg=direction,
        flankers=flankers,
        size_deg=0.6,
        rng=seed,
    )
    target, *others = display.items
    assert VIEWING.angle_deg(target, VIEWING.centre) == pytest.approx(eccentricity, abs=1e-9)
    assert VIEWING.angle_deg(target, others) == pytest.approx([spacing] * 2)
    from_gaze = VIEWING.angle_deg(others, VIEWING.centre)
    if flankers == "radial":
        assert sorted(from_gaze) == pytest.approx(sorted([abs(eccentricity - spacing), eccentricity + spacing]))
    else:
        assert from_gaze[0] == pytest.approx(from_gaze[1])
    assert len(set(display.labels)) == 3
    assert set(display.labels) <= set(LETTERS)
    assert display.target_index == 0


def test_flankers_crowd_a_letter_when_near_and_not_when_far():
    for spacing, hidden in ((1.2, True), (3.5, False)):
        display = crowded_letters("K", spacing_deg=spacing, eccentricity_deg=6, rng=1)
        assert display.labels[0] == "K"
        assert bool(is_crowded(display.items[0], display.items[1:], VIEWING.centre, VIEWING)) is hidden
    assert len(crowded_letters(flankers="none").items) == 1


@pytest.mark.parametrize("name", LETTERS)
def test_letters_are_as_large_as_stated_and_different(name):
    display = crowded_letters(name, eccentricity_deg=0, flankers="none", size_deg=2)
    cover = ink(display.image)
    assert cover.any(axis=1).sum() == pytest.approx(40, abs=3)
    assert cover.any(axis=0).sum() == pytest.approx(40, abs=5)
    for other in set(LETTERS) - {name}:
        unlike = ink(crowded_letters(other, eccentricity_deg=0, flankers="none", size_deg=2).image)
        assert np.abs(cover - unlike).sum() > 0.1 * cover.sum()


def test_letters_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match="no letter 'Q'; expected one of: C, D"):
        crowded_letters("Q")
    with pytest.raises(ValueError, match="no place for flankers 'above'; expected one of: radial, tangential, none"):
        crowded_letters(flankers="above")
    with pytest.raises(ValueError, match="letters that do not overlap"):
        crowded_letters(spacing_deg=0.5)
    with pytest.raises(ValueError, match="letters that fit the screen"):
        crowded_letters(eccentricity_deg=11)
    with pytest.raises(ValueError, match="letters of positive size"):
        crowded_letters(size_deg=0)
