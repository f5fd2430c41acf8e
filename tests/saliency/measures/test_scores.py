"""Measures of a map at fixations: against pysaliency, against slow twins, and by their laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.measures.fixations import fixation_density, fixation_map, inside
from saliency.measures.information import information_gain, inter_observer, log_likelihood
from saliency.measures.scores import as_density, auc, auc_borji, auc_judd, auc_shuffled, cc, kl_divergence, nss, sim

# Made by pysaliency 0.2.22 (NumPy 2.3.5) from the maps and fixations of `case`, in the order of `ours`:
# metrics.NSS, AUC_per_image(uniform), AUC_Judd(jitter=False), AUC_per_image(fixations), metrics.CC, metrics.SIM,
# metrics.MIT_KLDiv, metrics.image_based_kl_divergence, log_likelihoods, information_gains over a baseline and over
# UniformModel, and two numbers of FixationMap(kernel_size=2.5)
PYSALIENCY = {
    "smooth": (
        0.03930583529454388,
        0.48701342852286245,
        0.4955333683657383,
        0.45211111111111113,
        0.006448719452610484,
        0.5293737471713404,
        0.6855302104986479,
        0.6855302104995721,
        -8.065142742878338,
        -0.008316372376770869,
        -0.6981676190200399,
        956.8405936953293,
        0.001999364240957863,
    ),
    "ties": (
        0.09780306515353729,
        0.5275454699983002,
        0.5281940063091483,
        0.5183333333333333,
        0.02085098387392812,
        0.6288942432498688,
        5.5499750963036245,
        9.038368741214402,
        -9.22849448683468,
        -1.8353846448311097,
        -2.3765294108353863,
        986.0838567333836,
        0.0015803259162832644,
    ),
    "plateau": (
        0.06581533792510687,
        0.509829168791433,
        0.5112075008762705,
        0.5059166666666667,
        0.033808907679149514,
        0.6717022492580889,
        0.29567434970890555,
        0.2956743497094181,
        -7.667918149497454,
        -0.052663669870398215,
        -0.1250936680303027,
        1037.1404840074795,
        0.0016983065078396114,
    ),
    "lone peak": (
        0.715653551426201,
        0.5080783613802481,
        0.5083333333333333,
        0.5083333333333333,
        0.015837926829085733,
        0.0007189491088196877,
        28.634528998404278,
        38.6353614675955,
        -13.587211111747708,
        -8.475186263511691,
        -8.664828270237686,
        982.2964204246402,
        0.0013410052859156015,
    ),
    "negative": (
        0.1001062685411423,
        0.5276729559748428,
        0.5371538731160183,
        0.5169166666666667,
        0.017793167357843278,
        0.666537041915465,
        0.4989675730458717,
        0.49901978558854065,
        -7.785538969456375,
        0.3193694179337055,
        -0.29478464169033436,
        991.4246607896866,
        0.002231813950851954,
    ),
    "zeros": (
        0.0,
        0.5,
        0.5,
        0.5,
        0.0,
        0.7492110329281141,
        0.19476450009902402,
        0.19476450009945934,
        -7.581209826196345,
        0.3935517255517972,
        0.0,
        1015.5981025004875,
        0.0018412017662366967,
    ),
    "tiny": (
        -0.09520277727558474,
        0.5,
        0.625,
        0.6,
        -0.41852496320604043,
        0.47683833283534394,
        1.17155261290186,
        1.1715526129018676,
        -1.9366676596382386,
        1.608019027405784,
        -0.20905832768896546,
        2.499332604485567,
        0.16674150172729482,
    ),
    "one fixation": (
        -0.8536750745569113,
        0.25726670066292706,
        0.6285714285714286,
        0.4,
        -0.029960770757167087,
        0.6706074318931399,
        0.4822318790823345,
        0.48223187908444753,
        -8.244426891358918,
        -1.3507064063981968,
        -0.9568199709429748,
        495.00283726776456,
        0.025465993214535496,
    ),
    "wide range": (
        0.042305591380044735,
        0.49556348801631817,
        0.5002630194634403,
        0.5056944444444444,
        0.009347190506986255,
        0.059673386098675923,
        22.748484132525945,
        41.71602824483039,
        -42.2124342227179,
        -49.31212987654414,
        -49.96229569677453,
        1082.725476150069,
        0.002215709194308532,
    ),
}


def case(name):
    """Give a map, fixations, fixations elsewhere and a second map."""
    rng = np.random.Generator(np.random.PCG64(sum(map(ord, name))))
    rows, columns = (2, 3) if name == "tiny" else (37, 53)
    n = {"one fixation": 1, "tiny": 2}.get(name, 60)
    noise = rng.integers(0, 1_000_003, (rows, columns)) / 1_000_003
    second = rng.integers(0, 1000, (rows, columns)) / 1000 + 0.001
    places = np.stack([rng.integers(0, columns, n), rng.integers(0, rows, n)], axis=1)
    others = np.stack([rng.integers(0, columns, 5 * n), rng.integers(0, rows, 5 * n)], axis=1)
    y, x = np.mgrid[:rows, :columns]
    values = {
        "smooth": 1 / (1 + (x - 20.0) ** 2 + (y - 11.0) ** 2) + 0.01 * noise,
        "ties": np.floor(noise * 5),
        "plateau": np.where(noise > 0.9, noise, 0.25),
        "lone peak": np.where((x == places[0, 0]) & (y == places[0, 1]), 1.0, 0.0),
        "negative": noise - 0.5,
        "zeros": np.zeros((rows, columns)),
        "wide range": 10.0 ** np.floor(40 * noise - 20),
    }
    return values.get(name, noise), places, others, second


def ours(name):
    saliency, places, others, second = case(name)
    model, baseline = (np.log(as_density(values, floor=1e-6)) for values in (saliency, second))
    density = fixation_density(places, saliency.shape, sigma=2.5)
    return (
        nss(saliency, places),
        auc_judd(saliency, places),
        auc_judd(saliency, places, negatives="unfixated", thresholds="fixated"),
        auc_shuffled(saliency, places, others),
        cc(saliency, second),
        sim(saliency, second),
        kl_divergence(saliency, second),
        kl_divergence(saliency, second, floor=1e-20, epsilon=0),
        log_likelihood(model, places),
        information_gain(model, places, baseline),
        information_gain(model, places),
        np.sum(density * np.arange(density.size).reshape(density.shape)),
        density.max(),
    )


def scene(seed=0, shape=(48, 64), n=40):
    rng = np.random.default_rng(seed)
    return rng.random(shape), rng.random((n, 2)) * (shape[1] - 1, shape[0] - 1), rng


@pytest.mark.parametrize("name", PYSALIENCY)
def test_the_measures_equal_the_committed_numbers_of_pysaliency(name):
    np.testing.assert_allclose(ours(name), PYSALIENCY[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_measures_equal_pysaliency_itself(seed):
    reference = pytest.importorskip("pysaliency.metrics", exc_type=ImportError)
    saliency, places, rng = scene(seed)
    other = rng.random(saliency.shape)
    places = np.rint(places)
    assert nss(saliency, places) == pytest.approx(reference.NSS(saliency, *places.T).mean(), rel=1e-12)
    for mine, theirs in ((cc, reference.CC), (sim, reference.SIM), (kl_divergence, reference.MIT_KLDiv)):
        assert mine(saliency, other) == pytest.approx(theirs(saliency, other), rel=1e-12)
    if hasattr(np, "trapz"):  # which its areas need
        from pysaliency.roc import general_roc

        assert auc(saliency, other) == pytest.approx(general_roc(saliency.ravel(), other.ravel())[0], rel=1e-12)


numbers = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=30
)


@given(positives=numbers, negatives=numbers)
@settings(deadline=None, max_examples=200)
def test_an_area_is_the_share_of_pairs_in_the_right_order(positives, negatives):
    pairs = [(p > n) + 0.5 * (p == n) for p in positives for n in negatives]
    assert auc(positives, negatives) == pytest.approx(np.mean(pairs), abs=1e-14)
    assert auc(positives, negatives) + auc(negatives, positives) == pytest.approx(1, abs=1e-14)


def test_the_area_of_a_map_is_exact():
    saliency, places, _ = scene()
    saliency = np.floor(saliency * 50).astype(np.float32)
    columns, rows = np.rint(places).astype(int).T
    pairs = saliency[rows, columns][:, np.newaxis] - saliency.ravel()
    assert auc_judd(saliency, places) == pytest.approx(np.mean((np.sign(pairs) + 1) / 2), abs=1e-14)


def test_unfixated_pixels_are_those_without_a_fixation():
    saliency, places, _ = scene(n=300)
    fixated = fixation_map(places, saliency.shape) > 0
    columns, rows = np.rint(places).astype(int).T
    assert auc_judd(saliency, places, negatives="unfixated") == pytest.approx(
        auc(saliency[rows, columns], saliency[~fixated]), abs=1e-14
    )


def test_areas_depend_on_the_order_of_values_only():
    saliency, places, rng = scene()
    elsewhere = inside(rng.random((200, 2)) * 64, saliency.shape)
    for measure in (auc_judd, lambda map_, at: auc_shuffled(map_, at, elsewhere)):
        assert measure(np.exp(5 * saliency) - 9, places) == measure(saliency, places)
        assert measure(-saliency, places) == pytest.approx(1 - measure(saliency, places), abs=1e-14)


def test_borjis_area_tends_to_judds():
    saliency, places, _ = scene(n=60)
    assert auc_borji(saliency, places, rng=1, splits=2000) == pytest.approx(auc_judd(saliency, places), abs=0.005)
    assert auc_borji(saliency, places, rng=1) == auc_borji(saliency, places, rng=np.random.default_rng(1))
    assert auc_borji(saliency, places, rng=1) != auc_borji(saliency, places, rng=2)


def test_borjis_area_is_the_mean_of_the_areas_of_its_splits():
    saliency, places, _ = scene(n=10)
    columns, rows = np.rint(places).astype(int).T
    drawn = np.random.default_rng(3).integers(saliency.size, size=(7, 10))
    areas = [auc(saliency[rows, columns], saliency.ravel()[split]) for split in drawn]
    assert auc_borji(saliency, places, rng=3, splits=7) == pytest.approx(np.mean(areas), abs=1e-14)


@given(gain=st.floats(0.01, 100), shift=st.floats(-10, 10))
@settings(deadline=None, max_examples=30)
def test_nss_and_cc_ignore_gain_and_offset(gain, shift):
    saliency, places, rng = scene()
    density = rng.random(saliency.shape)
    assert nss(gain * saliency + shift, places) == pytest.approx(nss(saliency, places), abs=1e-8)
    assert cc(gain * saliency + shift, density) == pytest.approx(cc(saliency, density), abs=1e-8)
    assert sim(gain * saliency, density) == pytest.approx(sim(saliency, density), abs=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.1, 0.3, 1.0, -7.3, 1e150])
def test_an_even_map_is_at_chance(level):
    saliency, places, _ = scene()
    even = np.full(saliency.shape, level)
    assert nss(even, places) == 0
    assert auc_judd(even, places) == auc_borji(even, places, rng=0) == auc_shuffled(even, places, places[:5]) == 0.5
    assert cc(even, saliency) == cc(saliency, even) == cc(even, even) == 0
    assert sim(even, np.ones(saliency.shape)) == pytest.approx(1)
    assert kl_divergence(even, np.ones(saliency.shape)) == pytest.approx(0, abs=1e-10)


def test_a_mirrored_picture_has_the_same_scores():
    saliency, places, _ = scene()
    density = fixation_density(places, saliency.shape, sigma=3)
    flipped = np.stack([63 - np.rint(places[:, 0]), places[:, 1]], axis=1)
    assert nss(saliency[:, ::-1], flipped) == pytest.approx(nss(saliency, places), abs=1e-12)
    assert auc_judd(saliency[:, ::-1], flipped) == auc_judd(saliency, places)
    np.testing.assert_allclose(fixation_density(flipped, saliency.shape, sigma=3), density[:, ::-1], atol=1e-17)


def test_a_map_agrees_best_with_itself():
    saliency, _, rng = scene()
    other = rng.random(saliency.shape)
    assert cc(saliency, saliency) == pytest.approx(1)
    assert sim(saliency, saliency) == pytest.approx(1)
    assert kl_divergence(saliency, saliency) == pytest.approx(0, abs=1e-9)
    assert cc(saliency, -saliency) == pytest.approx(-1)
    assert kl_divergence(saliency, other) > 0
    assert sim(saliency, other) == sim(other, saliency) < 1


def test_a_map_that_is_zero_where_people_look_is_punished():
    people = np.array([[0.5, 0.5, 0]])
    assert kl_divergence([[0, 1, 1]], people) > 15
    assert kl_divergence([[0, 1, 1]], people, epsilon=0) == np.inf
    assert kl_divergence([[1, 1, 0]], people, epsilon=0) == 0


def test_any_shape_and_number_type_can_be_scored():
    for shape in ((1, 1), (1, 9), (2, 2), (700, 3)):
        for kind in (np.uint8, np.float32, np.float64, np.int64):
            values = (np.arange(shape[0] * shape[1]).reshape(shape) % 100).astype(kind)
            assert 0 <= auc_judd(values, [(0, 0)]) <= 0.5
            assert nss(values, [(0, 0)]) <= 0


@given(exponent=st.integers(-290, 149))
@settings(deadline=None, max_examples=60)
def test_the_measures_hold_for_the_smallest_and_greatest_numbers(exponent):
    saliency, places, _ = scene(shape=(9, 11), n=5)
    scaled = saliency * 10.0**exponent
    assert auc_judd(scaled, places) == auc_judd(saliency, places)
    assert nss(scaled, places) == pytest.approx(nss(saliency, places), abs=1e-12)
    assert cc(scaled, saliency) == pytest.approx(1, abs=1e-12)
    assert sim(scaled, saliency) == pytest.approx(1, abs=1e-12)


def test_an_area_holds_over_the_whole_range_of_numbers():
    assert auc([0], [-1.7e308, 1.7e308]) == auc([0, 5e-324], [0, 5e-324]) == 0.5


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: nss([1, 2], [(0, 0)]), r"expected a map of shape \(height, width\), got \(2,\)"),
        (lambda: nss([[1, np.nan]], [(0, 0)]), "expected a finite map, got 1 values that are NaN or infinite"),
        (lambda: nss([[1, 2]], []), "expected at least one fixation, got none"),
        (lambda: nss([[1, 2]], [(0, 0, 0)]), r"expected fixations of shape \(n, 2\)"),
        (lambda: auc_judd([[1, 2]], [(0, 0), (2, 0)]), r"inside the 2 x 1 picture, got 1 of 2 outside.*\(2, 0\)"),
        (lambda: nss([[1, 2]], [(np.nan, 0)]), "1 of 1 outside"),
        (lambda: auc_judd([[1, 2]], [(0, 0)], negatives="some"), "expected negatives to be one of all, unfixated"),
        (lambda: auc_judd([[1, 2]], [(0, 0)], thresholds="some"), "expected thresholds to be one of all, fixated"),
        (lambda: auc_judd([[1, 2]], [(0, 0), (1, 0)], negatives="unfixated"), "fixations on every one"),
        (lambda: auc_borji([[1, 2]], [(0, 0)], rng=0, splits=0), "at least one split"),
        (lambda: auc_shuffled([[1, 2]], [(0, 0)], []), "at least one fixation"),
        (lambda: auc([], [1]), "at least one positive"),
        (lambda: auc([1], [np.nan]), "at least one negative number, and all of them finite"),
        (lambda: cc([[1, 2]], [[1], [2]]), r"expected a map of shape \(1, 2\), got \(2, 1\)"),
        (lambda: as_density([[1, 2]], floor=-1), "expected a floor from 0 up"),
        (lambda: nss([[1e308, 1.7e308]], [(0, 0)]), "expected a map of values up to 1e.150, got 1.7e.308"),
        (lambda: kl_divergence([[1, 2]], [[1, 2]], epsilon=-1), "expected an epsilon from 0 up"),
        (lambda: log_likelihood([[0.5, 0.5]], [(0, 0)]), "logarithms of probabilities that sum to 1, got a sum of 3.2"),
        (lambda: log_likelihood([[np.nan, 0]], [(0, 0)]), "got a sum of nan"),
        (lambda: log_likelihood([0.0], [(0, 0)]), "expected a log density of shape"),
        (lambda: information_gain([[0.0, -np.inf]], [(1, 0)], [[0.0, -np.inf]]), "baseline that gives every fixated"),
        (lambda: fixation_density([(0, 0)], (3, 3)), "either sigma in pixels, or sigma_deg and viewing"),
        (lambda: fixation_density([(0, 0)], (3, 3), sigma=1, sigma_deg=1), "either sigma in pixels"),
        (lambda: fixation_density([(0, 0)], (3, 3), sigma_deg=1), "expected a viewing with sigma_deg"),
        (
            lambda: fixation_density([(0, 0)], (3, 3), sigma=0),
            "a standard deviation above 0 .* in pixels, got 0",
        ),
        (
            lambda: inter_observer([[(0, 0)], []], (3, 3), sigma=1, rng=0),
            "at least two observers with fixations, got 1",
        ),
        (lambda: inter_observer([[(0, 0)]] * 2, (3, 3), sigma=1, rng=0, splits=0), "at least one split"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_every_docstring_names_what_it_equals():
    for measure in (nss, auc, auc_judd, auc_borji, auc_shuffled, cc, sim, kl_divergence, log_likelihood):
        assert "pysaliency" in measure.__doc__
    assert "pysaliency" in information_gain.__doc__
