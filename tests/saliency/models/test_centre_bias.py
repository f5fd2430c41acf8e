"""The centre bias: a density over pixels, fitted by maximum likelihood, the same for every picture of a size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.models.centre_bias import CentreBias


def places_from(middle, spread, shape, n=20_000, seed=0):
    """Places of a Gaussian, those outside the picture thrown away."""
    size = np.array(shape[::-1])
    return np.random.default_rng(seed).normal(np.multiply(middle, size), np.multiply(spread, size), (n, 2))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.05, 2), st.booleans())
def test_the_density_adds_up_to_one(rows, columns, spread, fitted):
    bias = CentreBias(spread=(spread, 2 * spread))
    if fitted:
        bias = CentreBias.fit(places_from((0.4, 0.6), (0.2, 0.1), (60, 80), 200), (60, 80), kind="kernels")
    log_density = bias.log_density((rows, columns))
    assert log_density.shape == (rows, columns)
    assert np.exp(log_density).sum() == pytest.approx(1)


def test_the_gaussian_is_that_of_the_formula():
    bias = CentreBias(spread=(0.2, 0.3), middle=(0.4, 0.6))
    y, x = np.mgrid[:48, :64]
    expected = np.exp(-0.5 * (((x + 0.5) / 64 - 0.4) / 0.2) ** 2 - 0.5 * (((y + 0.5) / 48 - 0.6) / 0.3) ** 2)
    assert bias(np.zeros((48, 64), np.uint8)) == pytest.approx(expected / expected.max(), abs=1e-6)


def test_only_the_size_of_a_picture_matters():
    rng = np.random.default_rng(0)
    first, other = (CentreBias()(rng.random((30, 40, 3), np.float32)) for _ in range(2))
    assert np.array_equal(first, other)
    assert np.array_equal(first, first[::-1, ::-1])
    assert first.max() == 1
    maps = CentreBias().maps(np.zeros((30, 40)))
    assert list(maps) == ["log density", "saliency"]
    assert maps["log density"] == pytest.approx(CentreBias().log_density((30, 40)), rel=1e-6)


@pytest.mark.parametrize("spread", [(0.1, 0.15), (0.3, 0.4)])
def test_the_fit_finds_the_gaussian_that_places_came_from(spread):
    """Wide ones are cut off by the picture: the plain mean and standard deviation would be too small."""
    places = places_from((0.45, 0.55), spread, (480, 640))
    bias = CentreBias.fit(places, (480, 640))
    assert bias.spread == pytest.approx(spread, rel=0.06)
    assert bias.middle == pytest.approx((0.45, 0.55), abs=0.02)


def test_no_other_gaussian_is_as_likely():
    places = places_from((0.5, 0.4), (0.3, 0.2), (120, 160), 3000)
    places = np.rint(places[np.all((places >= 0) & (places <= (159, 119)), axis=1)])
    fitted = CentreBias.fit(places, (120, 160))
    columns, rows = places.astype(int).T

    def likelihood(bias):
        return bias.log_density((120, 160))[rows, columns].mean()

    for change in (0.95, 1.05):
        wider = CentreBias(spread=(fitted.spread[0] * change, fitted.spread[1]), middle=fitted.middle)
        moved = CentreBias(spread=fitted.spread, middle=(fitted.middle[0], fitted.middle[1] * change))
        assert likelihood(fitted) > max(likelihood(wider), likelihood(moved))


def test_pictures_of_several_sizes_are_fitted_as_shares_of_their_sides():
    small, large = places_from((0.5, 0.5), (0.2, 0.2), (100, 200), 500), None
    large = (small + 0.5) * 3 - 0.5
    shapes = np.repeat([(100, 200), (300, 600)], 500, axis=0)
    both = CentreBias.fit(np.concatenate([small, large]), shapes)
    alone = CentreBias.fit(small, (100, 200))
    assert both.spread == pytest.approx(alone.spread)
    assert both.middle == pytest.approx(alone.middle)


def test_even_places_give_an_even_bias():
    places = np.random.default_rng(0).uniform(0, (159, 119), (20_000, 2))
    for kind in ("gaussian", "kernels"):
        density = np.exp(CentreBias.fit(places, (120, 160), kind=kind).log_density((120, 160))) * 120 * 160
        assert density.max() / density.min() < 1.5, kind


def test_kernels_follow_what_no_gaussian_can():
    """Two clusters: likelier under kernels, also for places that were not fitted."""
    fitted, unseen = (
        np.concatenate([places_from((x, 0.5), (0.06, 0.06), (120, 160), 500, seed + round(9 * x)) for x in (0.2, 0.8)])
        for seed in (0, 100)
    )
    columns, rows = np.clip(np.rint(unseen), 0, (159, 119)).astype(int).T
    scores = {
        kind: CentreBias.fit(fitted, (120, 160), kind=kind).log_density((120, 160))[rows, columns].mean()
        for kind in ("gaussian", "kernels")
    }
    assert scores["kernels"] > scores["gaussian"] + 0.3


def test_a_kernel_density_is_that_of_the_slow_twin():
    """Away from the borders: the sum of Gaussians at the places."""
    places = places_from((0.5, 0.5), (0.08, 0.08), (256, 256), 300)
    bias = CentreBias.fit(places, (256, 256), kind="kernels", bandwidth=0.05)
    y, x = np.mgrid[:256, :256]
    expected = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * (0.05 * 256) ** 2)) for px, py in places)
    density = np.exp(bias.log_density((256, 256)))
    assert density == pytest.approx(expected / expected.sum(), abs=0.02 * density.max())


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_mirrored_places_give_a_mirrored_bias(seed):
    places = places_from((0.4, 0.5), (0.2, 0.1), (60, 80), 50, seed)
    for kind in ("gaussian", "kernels"):
        bias, mirrored = (CentreBias.fit(each, (60, 80), kind=kind) for each in (places, [79, 0] - places * [1, -1]))
        assert mirrored.log_density((60, 80))[:, ::-1] == pytest.approx(bias.log_density((60, 80)), abs=1e-6)


def test_one_place_twice_is_no_reason_to_fail():
    for kind in ("gaussian", "kernels"):
        density = CentreBias.fit([(40, 30), (40, 30)], (60, 80), kind=kind).log_density((60, 80))
        assert np.isfinite(density).all()
        assert np.abs(np.subtract(np.unravel_index(density.argmax(), density.shape), (30, 40))).max() <= 1


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(ValueError, match="at least two places inside their pictures, got 0 of 2"):
        CentreBias.fit([(-5, 3), (900, 3)], (60, 80))
    with pytest.raises(ValueError, match=r"places of shape \(n, 2\), got \(3,\)"):
        CentreBias.fit([1, 2, 3], (60, 80))
    with pytest.raises(ValueError, match="one for each of 2 places"):
        CentreBias.fit([(1, 2), (3, 4)], [(60, 80)] * 3)
    with pytest.raises(ValueError, match="'gaussian' or 'kernels'"):
        CentreBias.fit([(1, 2), (3, 4)], (60, 80), kind="flat")
    with pytest.raises(ValueError, match="positive spreads"):
        CentreBias(spread=(0.2, 0))
    with pytest.raises(ValueError, match="rows of equal length"):
        CentreBias(cells=((1.0, 2.0), (1.0,)))
    with pytest.raises(ValueError, match=r"a shape \(height, width\) of whole numbers from 1 up, got \(0, 5\)"):
        CentreBias().log_density((0, 5))


def test_the_density_of_a_picture_is_that_of_its_size():
    picture = np.zeros((30, 40, 3), np.uint8)
    assert np.array_equal(CentreBias().log_density(picture), CentreBias().log_density(picture.shape))
