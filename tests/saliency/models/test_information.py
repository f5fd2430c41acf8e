"""Saliency from statistics of the picture itself: AIM, adaptive whitening, rarity; equal to slow twins, and lawful."""

import cv2
import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import check_model
from saliency.map import check_map
from saliency.models import kernels
from saliency.models.adaptive_whitening import AdaptiveWhitening, log_gabors, whitened
from saliency.models.aim import AIM, filter_answers, learn_filters, read_filters
from saliency.models.rarity import Rarity, line_strengths

MODELS = {"aim": AIM(), "adaptive whitening": AdaptiveWhitening(), "rarity": Rarity()}
PICTURE = as_image(cv2.resize(sample_pixels("coffee"), (300, 200), interpolation=cv2.INTER_AREA))


def likeness(map_, other):
    """Correlation of two maps."""
    return float(np.corrcoef(map_.ravel(), other.ravel())[0, 1])


# What holds for all three


@pytest.mark.parametrize("name", MODELS)
def test_the_model_passes_the_check(name):
    check_model(MODELS[name])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (16, 16), (3, 400), (400, 3), (127, 33)])
def test_maps_are_finite_not_negative_and_of_the_pictures_size(name, shape):
    image = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    map_ = check_map(MODELS[name](image), shape)
    assert map_.dtype == np.float32
    assert map_.max() <= 1


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=10, deadline=None)
@given(level=st.floats(0, 1), red=st.floats(0, 1), height=st.integers(2, 200))
def test_an_even_picture_has_an_empty_map(name, level, red, height):
    image = np.full((height, 90, 3), level, np.float32)
    image[:, :, 0] = red
    assert not MODELS[name](image).any()


@pytest.mark.parametrize("name", MODELS)
def test_grey_colour_and_transparency_are_all_taken(name):
    pixels = sample_pixels("chelsea")[:120, :160]
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    model = MODELS[name]
    assert model(opaque) == pytest.approx(model(pixels), abs=1e-6)
    assert likeness(model(grey), model(np.dstack([grey, grey, grey]))) > 0.9999


@pytest.mark.parametrize("name", MODELS)
def test_the_last_map_is_the_saliency_and_all_are_finite(name):
    maps = MODELS[name].maps(PICTURE)
    assert list(maps)[-1] == "saliency"
    assert np.array_equal(maps["saliency"], MODELS[name](PICTURE))
    assert all(np.isfinite(map_).all() and map_.dtype == np.float32 for map_ in maps.values())


@pytest.mark.parametrize("name", MODELS)
def test_less_contrast_in_the_whole_picture_changes_nothing(name):
    """Each measures a place by the statistics of the picture that it is in."""
    model = MODELS[name]
    assert likeness(model(PICTURE * np.float32(0.5)), model(PICTURE)) > 0.999


@pytest.mark.parametrize("name", ["adaptive whitening", "rarity"])
@pytest.mark.parametrize("flip", [np.s_[::-1], np.s_[:, ::-1]])
def test_mirror_the_picture_mirror_the_map(name, flip):
    """On sizes of 2^k n + 1 the samples of every level lie on one another's mirror images."""
    model = type(MODELS[name])(longer_side=225)
    picture = cv2.resize(PICTURE, (225, 161), interpolation=cv2.INTER_AREA)
    mirrored = np.ascontiguousarray(picture[flip])
    assert likeness(model(mirrored)[flip], model(picture)) > 0.999


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("feature", ["colour", "orientation"])
def test_the_odd_one_out_is_found(name, feature):
    image = np.full((480, 672, 3), 0.5, np.float32)
    for y in range(48, 480, 96):
        for x in range(48, 672, 96):
            image[y - 20 : y + 20, x - 5 : x + 5] = (0.2, 0.6, 0.2)
    image[240 - 20 : 240 + 20, 432 - 5 : 432 + 5] = 0.5 if feature == "orientation" else (0.8, 0.2, 0.2)
    if feature == "orientation":
        image[240 - 5 : 240 + 5, 432 - 20 : 432 + 20] = (0.2, 0.6, 0.2)
    row, column = np.unravel_index(MODELS[name](image).argmax(), image.shape[:2])
    assert abs(row - 240) < 40
    assert abs(column - 432) < 40


@pytest.mark.parametrize("name", MODELS)
def test_a_central_bias_moves_the_map_inwards(name):
    model = MODELS[name]
    biased = type(model)(centre_bias=1.0)
    rim = np.ones(PICTURE.shape[:2], bool)
    rim[30:-30, 45:-45] = False
    plain, central = model(PICTURE), biased(PICTURE)
    assert central[rim].mean() / central.mean() < 0.8 * plain[rim].mean() / plain.mean()


# AIM


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 400), st.integers(2, 60), st.integers(0, 999))
def test_self_information_is_that_of_a_plain_histogram(n, bins, seed):
    values = np.random.default_rng(seed).normal(size=n).astype(np.float32)
    low, high = float(values.min()) - 0.5, float(values.max())
    place = np.floor((values - np.float32(low)) * np.float32((bins - 1) / (high - low)) + np.float32(0.5)).astype(int)
    expected = [-np.log(np.mean(place == k)) for k in place]
    out = np.empty(n, np.float32)
    kernels.self_information(values, low, high, bins, out)
    assert out == pytest.approx(np.array(expected), abs=1e-5)


@pytest.mark.parametrize("shape", [(60, 80), (61, 83), (7, 5)])
def test_answers_are_those_of_plain_correlation(shape):
    """On a picture without the finest detail, which half as many places could not hold."""
    noise = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    picture = cv2.GaussianBlur(noise, (0, 0), 2, borderType=cv2.BORDER_REFLECT_101)
    filters = read_filters()[:6]
    padded = cv2.copyMakeBorder(picture, 10, 10, 10, 10, cv2.BORDER_REFLECT_101)
    patches = np.lib.stride_tricks.sliding_window_view(padded, (21, 21), axis=(0, 1))
    expected = np.einsum("xyckl,nklc->nxy", patches, filters)[:, ::2, ::2]
    assert filter_answers(picture, filters) == pytest.approx(expected, abs=0.01 * float(np.ptp(expected)))


def test_answers_to_a_photograph_are_nearly_those_of_plain_correlation():
    filters = read_filters()
    answers = filter_answers(PICTURE, filters)
    for answer, kernel in zip(answers, filters, strict=True):
        planes = [
            cv2.filter2D(PICTURE[:, :, k], cv2.CV_32F, kernel[:, :, k], borderType=cv2.BORDER_REFLECT_101)
            for k in range(3)
        ]
        assert likeness(answer, sum(planes)[::2, ::2]) > 0.99


def test_aim_is_its_slow_twin():
    picture = as_image(PICTURE)
    answers = filter_answers(picture, read_filters())
    low, high = answers.min(), answers.max()
    total = 0
    for answer in answers:
        place = np.rint((answer - low) / (high - low) * 255).astype(int)
        share = np.bincount(place.ravel(), minlength=256) / place.size
        total = total - np.log(share[place])
    total = cv2.GaussianBlur(total - total.min(), (0, 0), 0.025 * 150, borderType=cv2.BORDER_REPLICATE)
    expected = cv2.resize(total / total.max(), (300, 200))
    assert AIM()(PICTURE) == pytest.approx(expected, abs=5e-3)


def test_the_filters_that_come_with_the_package_say_where_they_are_from():
    from importlib import resources

    source = resources.files("saliency") / "weights" / "aim_filters.npz"
    assert len(source.read_bytes()) < 200_000
    with source.open("rb") as file:
        provenance = str(np.load(file)["provenance"])
    for word in ("25 independent components", "50000 patches", "seed 0", "skimage_", "learn_aim_filters.py"):
        assert word in provenance


LEARNED_FROM = ("coffee", "chelsea", "rocket")


def learned():
    pictures = [sample_pixels(name) for name in LEARNED_FROM]
    return learn_filters(pictures, side=11, count=9000, variance=0.97, rng=7)


def patches(names, side, count=4000):
    """Patches of sample pictures as rows, without their mean."""
    rng, rows = np.random.default_rng(1), []
    for name in names:
        windows = np.lib.stride_tricks.sliding_window_view(as_image(sample_pixels(name)), (side, side), axis=(0, 1))
        places = rng.integers(windows.shape[0], size=count), rng.integers(windows.shape[1], size=count)
        rows.append(windows[places].transpose(0, 2, 3, 1).reshape(count, -1).astype(np.float64))
    return np.concatenate(rows) - np.concatenate(rows).mean(axis=0)


def kurtosis(values):
    """Kurtosis of each column: 3 for a normal distribution."""
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    return (scaled**4).mean(axis=0)


def test_learning_gives_the_same_filters_every_time():
    assert np.array_equal(learned(), learned())


def test_learned_filters_answer_more_sparsely_than_principal_components():
    filters = learned()
    seen = patches(LEARNED_FROM, 11)
    _, vectors = np.linalg.eigh(seen.T @ seen)
    principal = seen @ vectors[:, -len(filters) :]
    assert kurtosis(seen @ filters.reshape(len(filters), -1).T).mean() > 1.2 * kurtosis(principal).mean()


@pytest.mark.parametrize("which", ["shipped", "learned"])
def test_filters_look_like_edges(which):
    """Most have most of their energy at a frequency above that of the patch, and along one direction."""
    filters = read_filters() if which == "shipped" else learned()
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(filters.shape[1])] * 2))
    angle = np.arctan2(*np.meshgrid(*[np.fft.fftfreq(filters.shape[1])] * 2))
    energy = np.square(np.abs(np.fft.fft2(filters.sum(axis=3))))
    energy /= energy.sum(axis=(1, 2), keepdims=True)
    passed = energy[:, (frequency > 0.5 / filters.shape[1]) & (frequency < 0.25)].sum(axis=1)
    oriented = np.abs((energy * np.exp(2j * angle)).sum(axis=(1, 2)))
    assert np.median(passed) > 0.7
    assert np.median(oriented) > 0.3


def test_filters_have_unit_variance_and_come_sparsest_first():
    pictures = [sample_pixels("coffee")]
    filters = learn_filters(pictures, side=7, count=3000, variance=0.97, rng=0)
    answers = patches(["coffee"], 7) @ filters.reshape(len(filters), -1).T
    assert answers.std(axis=0) == pytest.approx(np.ones(len(filters)), abs=0.25)
    sparse = kurtosis(answers)
    assert sparse[0] > 2 * sparse[-1]


def test_own_filters_are_read_from_a_file(tmp_path):
    np.savez(tmp_path / "own.npz", filters=read_filters()[:3].astype(np.float16))
    assert len(AIM(filters=tmp_path / "own.npz").maps(PICTURE)["answers"]) == 3
    np.savez(tmp_path / "even.npz", filters=np.zeros((3, 8, 8, 3)))
    with pytest.raises(ValueError, match=r"expected \(n, side, side, 3\) with odd side, got \(3, 8, 8, 3\)"):
        AIM(filters=tmp_path / "even.npz")(PICTURE)
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(ValueError, match="is no filter file"):
        AIM(filters=tmp_path / "other.npz")(PICTURE)
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ValueError, match="is no filter file"):
        AIM(filters=tmp_path / "text.npz")(PICTURE)
    with pytest.raises(FileNotFoundError):
        AIM(filters=tmp_path / "missing.npz")(PICTURE)


@pytest.mark.parametrize(
    ("pictures", "parameters", "message"),
    [
        ([], {}, "expected pictures to learn from, got none"),
        ([np.zeros((30, 10, 3), np.uint8)], {}, "at least 21 x 21 pixels, got 10 x 30"),
        ([np.zeros((30, 30, 3), np.uint8)], {"count": 50}, "pictures with more in them"),
        ([sample_pixels("coffee")], {"side": 4}, "odd side from 3 up"),
        ([sample_pixels("coffee")], {"variance": 1.5}, "variance above 0 to 1"),
    ],
)
def test_learning_from_nothing_is_refused(pictures, parameters, message):
    with pytest.raises(ValueError, match=message):
        learn_filters(pictures, **parameters, rng=0)


# Adaptive whitening


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(20, 300), st.integers(0, 999))
def test_whitened_rows_are_uncorrelated_and_of_unit_variance(rows, n, seed):
    rng = np.random.default_rng(seed)
    mixed = (rng.normal(size=(rows, rows)) + 2 * np.eye(rows)) @ rng.normal(size=(rows, n))
    white = whitened(mixed).astype(np.float64)
    assert np.cov(white, bias=True).reshape(len(white), -1) == pytest.approx(np.eye(len(white)), abs=0.02)


def test_the_distance_is_that_of_mahalanobis():
    values = np.random.default_rng(0).normal(size=(4, 500)).cumsum(axis=0)
    centred = values - values.mean(axis=1, keepdims=True)
    expected = np.einsum("in,ij,jn->n", centred, np.linalg.inv(np.cov(values, bias=True)), centred)
    assert np.square(whitened(values)).sum(axis=0) == pytest.approx(expected, rel=1e-3)


def test_rows_that_do_not_vary_are_left_out():
    one = np.random.default_rng(0).normal(size=100)
    assert whitened([one, one, 2 * one]).shape == (1, 100)
    assert whitened(np.ones((3, 100))).shape == (0, 100)


def decorrelated(values):
    """Whitening as in the textbook, in double precision: the component of greatest variance first."""
    centred = values - values.mean(axis=1, keepdims=True)
    variances, axes = np.linalg.eigh(np.cov(values, bias=True))
    return ((axes / np.sqrt(variances)).T @ centred)[::-1]


def log_gabor_strength(plane, wavelength, degrees):
    """Length of the complex answer of a log-Gabor filter, pixel of the spectrum by pixel."""
    transfer = np.zeros(plane.shape)
    for (row, column), _ in np.ndenumerate(plane):
        v, u = np.fft.fftfreq(plane.shape[0])[row], np.fft.fftfreq(plane.shape[1])[column]
        if u or v:
            turn = (np.degrees(np.arctan2(-v, u)) - degrees + 180) % 360 - 180
            octave = np.log(np.hypot(u, v) * wavelength) / np.log(0.55)
            transfer[row, column] = np.exp(-(octave**2) / 2 - turn**2 / (2 * 37.5**2))
    return np.abs(np.fft.ifft2(np.fft.fft2(plane) * transfer))


def test_adaptive_whitening_is_its_slow_twin():
    small = cv2.resize(PICTURE, (48, 32), interpolation=cv2.INTER_AREA)
    total = np.zeros((32, 48))
    for number, component in enumerate(decorrelated(small.reshape(-1, 3).T.astype(np.float64))):
        size = cv2.getOptimalDFTSize(32 + 10), cv2.getOptimalDFTSize(48 + 10)
        margins = [(5, size[0] - 37), (5, size[1] - 53)]
        plane = np.pad(component.reshape(32, 48), margins, mode="symmetric")
        for degrees in (0, 45, 90, 135):
            octaves = range(4 if number == 0 else 2)
            strengths = [log_gabor_strength(plane, 4 * 2**k, degrees)[5:37, 5:53].ravel() for k in octaves]
            total += np.square(decorrelated(np.stack(strengths))).sum(axis=0).reshape(32, 48)
    expected = cv2.GaussianBlur(total, (0, 0), 0.021 * 48, borderType=cv2.BORDER_REPLICATE)
    model = AdaptiveWhitening(scales=(6, 2), shortest_wavelength=4)  # four octaves fit into 48 pixels
    assert model(small) == pytest.approx(expected / expected.max(), abs=2e-3)


def test_a_log_gabor_passes_its_own_wavelength_best():
    bank = log_gabors((64, 64), 4, 4.0, 3)
    assert not bank[:, :, 0, 0].any()
    for scale, wavelength in enumerate((4, 8, 16)):
        assert bank[0, scale, 0].argmax() == 64 // wavelength
        assert bank[2, scale, :, 0].argmax() == 64 - 64 // wavelength  # y runs down


@settings(max_examples=8, deadline=None)
@given(st.floats(-0.3, 0.3), st.floats(0.1, 1))
def test_light_and_contrast_do_not_matter_to_adaptive_whitening(offset, contrast):
    changed = np.clip(PICTURE * 0.3 + 0.35, 0, 1)
    other = (changed - 0.5) * np.float32(contrast) + np.float32(0.5 + 0.5 * offset)
    assert likeness(AdaptiveWhitening()(other), AdaptiveWhitening()(changed)) > 0.999


# Rarity


def gabor_strength(plane, angle):
    """Length of the answers of an even and an odd Gabor filter of 11 x 11 pixels, two-dimensional."""
    y, x = np.mgrid[-5:6, -5:6].astype(np.float64)
    envelope = np.exp(-(x**2 + y**2) / 8)
    phase = 2 * np.pi / 4 * (x * np.cos(angle) + y * np.sin(angle))
    envelope /= envelope.sum()
    parts = [
        cv2.filter2D(plane, cv2.CV_64F, envelope * wave, borderType=cv2.BORDER_REFLECT)
        for wave in (np.cos(phase), np.sin(phase))
    ]
    return np.hypot(*parts)


@pytest.mark.parametrize("orientations", [2, 4, 8, 6])
def test_line_strengths_are_those_of_plain_gabors(orientations):
    plane = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    strengths = line_strengths(plane, orientations)
    for number in range(orientations):
        expected = gabor_strength(plane.astype(np.float64), np.pi * number / orientations)
        assert strengths[number] == pytest.approx(expected, abs=1e-5)


def unit(map_):
    return (map_ - map_.min()) / max(float(map_.max() - map_.min()), 1e-9)


def fused(maps):
    """Weigh maps by efficiency and its rank, one by one, and leave out those with less than 0.3 of the greatest."""
    maps = [unit(map_) for map_ in maps]
    order = sorted(range(len(maps)), key=lambda k: (1 - maps[k].mean()) ** 2)
    best = (1 - maps[order[-1]].mean()) ** 2
    total = 0
    for rank, k in enumerate(order, start=1):
        efficiency = (1 - maps[k].mean()) ** 2
        if efficiency >= 0.3 * best:
            total = total + rank / len(maps) * efficiency * maps[k]
    return total


def rarity(map_):
    """-ln p over four levels, by NumPy's own histogram of 16 bins."""
    total, level = 0, map_
    for k in range(4):
        place = np.rint(unit(level) * 15).astype(int)
        share = np.bincount(place.ravel(), minlength=16) / place.size
        total = total + naive.expanded(-np.log(share[place]), 2**k, map_.shape)
        level = cv2.pyrDown(level)
    return total


def test_rarity_is_its_slow_twin():
    small = cv2.resize(PICTURE, (96, 64), interpolation=cv2.INTER_AREA)
    channels = []
    for component in whitened(small.reshape(-1, 3).T).reshape(3, 64, 96):
        maps, level = [rarity(component)], component
        for k in range(3):
            maps.extend(naive.expanded(rarity(strength), 2**k, (64, 96)) for strength in line_strengths(level, 8))
            level = cv2.pyrDown(level)
        channels.append(fused(maps))
    expected = cv2.GaussianBlur(fused(channels), (0, 0), 0.02 * 96, borderType=cv2.BORDER_REPLICATE)
    found = Rarity()(small)
    assert found == pytest.approx(expected / expected.max(), abs=0.02)
    assert likeness(found, expected) > 0.9999


def test_what_is_rare_is_salient_wherever_it_is():
    rng = np.random.default_rng(0)
    for _ in range(5):
        image = np.full((120, 160, 3), 0.3, np.float32)
        row, column = rng.integers(20, 90), rng.integers(20, 130)
        image[row : row + 8, column : column + 8] = (0.3, 0.3, 0.8)
        found = np.unravel_index(Rarity()(image).argmax(), image.shape[:2])
        assert np.hypot(found[0] - row - 3.5, found[1] - column - 3.5) < 10


def test_a_map_with_a_lone_peak_outweighs_one_with_many():
    lone, crowd = np.zeros((2, 40, 40), np.float32)
    lone[10, 10] = 1
    crowd[::3, ::3] = 1
    both = Rarity(least_efficiency=0)._fused(np.stack([lone, crowd]))
    assert both[10, 10] > 2 * both[3, 3] > 0
    assert not Rarity(least_efficiency=0.9)._fused(np.stack([lone, crowd]))[3, 3]


# Parameters


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        (AIM, {"longer_side": 1}, "longer_side and bins from 2 up, got longer_side=1"),
        (AIM, {"bins": 1}, "bins=1"),
        (AIM, {"blur": -0.1}, "blur and centre_bias from 0 up, got -0.1"),
        (AdaptiveWhitening, {"orientations": 0}, "orientations from 1 up"),
        (AdaptiveWhitening, {"scales": (7,)}, "two numbers of scales"),
        (AdaptiveWhitening, {"shortest_wavelength": 1}, "wavelengths from 2 pixels up"),
        (AdaptiveWhitening, {"centre_bias": -1}, "blur and centre_bias from 0 up"),
        (Rarity, {"bins": 1}, "longer_side and bins from 2 up, got 240 and 1"),
        (Rarity, {"orientations": 3}, "even number of orientations"),
        (Rarity, {"levels": 0}, "levels=0"),
        (Rarity, {"least_efficiency": 2}, "least_efficiency from 0 to 1, got 2"),
        (Rarity, {"blur": -1}, "blur and centre_bias from 0 up"),
    ],
)
def test_senseless_parameters_are_refused(model, parameters, message):
    with pytest.raises(ValueError, match=message):
        model(**parameters)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_no_picture_is_refused(name):
    with pytest.raises(TypeError, match="picture of uint8"):
        MODELS[name](np.zeros((20, 20), int))
    with pytest.raises(ValueError, match="finite"):
        MODELS[name](np.full((20, 20, 3), np.nan))


def test_models_are_their_parameters():
    assert AIM() == AIM()
    assert hash(Rarity()) != hash(Rarity(bins=32))
    assert AdaptiveWhitening(orientations=8) != AdaptiveWhitening()
