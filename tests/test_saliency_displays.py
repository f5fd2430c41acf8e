"""Displays for search: seeded, with the odd one where they say, and it stands out for the model that claims so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency import IttiKoch
from saliency.displays import ODD, pop_out


@pytest.mark.parametrize("kind", ODD)
def test_the_same_seed_gives_the_same_display(kind):
    first, again, other = (pop_out(kind, rng=seed) for seed in (3, np.random.default_rng(3), 4))
    assert np.array_equal(first.image, again.image)
    assert first.target == again.target
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("kind", ODD)
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.0, 0.5, 1.0]), st.integers(2, 30))
def test_only_the_target_differs_from_the_others(kind, seed, background, items):
    display = pop_out(kind, background=background, items=items, rng=seed)
    assert display.items.shape == (items, 2)
    assert list(display.target) in display.items.tolist()
    patches = {}
    for x, y in display.items.astype(int).tolist():
        patch = display.image[y - 20 : y + 21, x - 20 : x + 21]
        patches.setdefault(patch.tobytes(), []).append([x, y])
    assert sorted(map(len, patches.values())) == sorted([1, items - 1])
    assert [list(display.target)] in patches.values()


@pytest.mark.parametrize(("kind", "width", "length"), [("colour", 10, 36), ("orientation", 36, 10), ("size", 20, 72)])
def test_what_makes_the_odd_one_odd(kind, width, length):
    display = pop_out(kind, items=2, background=0, gap=140, rng=5)
    for x, y in display.items.astype(int).tolist():
        patch = display.image[max(y - 50, 0) : y + 51, max(x - 50, 0) : x + 51]
        lit = patch.max(axis=2) > 0.3
        expected = (width, length) if (x, y) == display.target else (10, 36)
        assert (lit.any(axis=0).sum(), lit.any(axis=1).sum()) == pytest.approx(expected, abs=1.5)
        if kind == "colour":
            assert display.image[y, x].argmax() == (0 if (x, y) == display.target else 1)


def test_places_are_a_grid_with_jitter():
    display = pop_out("colour", gap=60, bar=(6, 24), shape=(300, 400), rng=0)
    grid = np.array([(x, y) for y in range(40, 270, 60) for x in range(40, 370, 60)])
    assert np.abs(display.items - grid).max() == 10
    assert display.image.shape == (300, 400, 3)


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("background", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("bar", "gap"), [((10, 36), 90), ((6, 24), 60), ((16, 48), 120)])
def test_the_odd_one_has_the_peak_of_ittis_map(kind, background, bar, gap):
    for seed in range(2):
        display = pop_out(kind, background=background, bar=bar, gap=gap, rng=seed)
        map_ = IttiKoch()(display.image)
        row, column = np.unravel_index(map_.argmax(), map_.shape)
        assert np.abs(np.subtract((column, row), display.target)).max() <= gap / 2


@pytest.mark.parametrize("items", [6, 12, 24])
def test_however_many_others_there_are(items):
    for kind in ODD:
        display = pop_out(kind, items=items, rng=items)
        map_ = IttiKoch()(display.image)
        row, column = np.unravel_index(map_.argmax(), map_.shape)
        assert np.abs(np.subtract((column, row), display.target)).max() <= 45, kind


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no display of kind 'taste'; expected one of: colour, orientation, size"):
        pop_out("taste")
    with pytest.raises(ValueError, match=r"at least 2 items .* 640 x 480, 30, got 36"):
        pop_out("colour", items=36)
    with pytest.raises(ValueError, match="got 1"):
        pop_out("colour", items=1)
    with pytest.raises(ValueError, match="got 0"):
        pop_out("colour", shape=(20, 20))
    with pytest.raises(ValueError, match=r"shorter than the gap, got background=0\.5, bar=\(10, 36\), gap=30"):
        pop_out("colour", gap=30)
    with pytest.raises(ValueError, match="background=2"):
        pop_out("colour", background=2)
