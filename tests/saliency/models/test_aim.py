"""AIM: self-information against its slow twin, and filters that are learned."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency.models import kernels
from saliency.models.aim import AIM, filter_answers, learn_filters, read_filters

PICTURE = as_image(cv2.resize(sample_pixels("coffee"), (300, 200), interpolation=cv2.INTER_AREA))


def likeness(map_, other):
    """Correlation of two maps."""
    return float(np.corrcoef(map_.ravel(), other.ravel())[0, 1])


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


@pytest.mark.parametrize("exponent", [-149, -140, -127, -100, 0, 100, 126])
def test_the_scale_of_a_map_does_not_count_for_self_information(exponent):
    """-ln p depends on which values share a bin, however small or large their range is."""
    steps = np.random.default_rng(0).integers(-2, 3, 40)
    expected = np.array([-np.log(np.mean(steps == step)) for step in steps])
    values = np.ldexp(steps.astype(np.float32), exponent)
    out = np.empty_like(values)
    kernels.self_information(values, float(values.min()), float(values.max()), 5, out)
    assert out == pytest.approx(expected, abs=1e-5)


def test_self_information_writes_nowhere_else_for_numbers_beyond_the_range():
    out = np.empty(5, np.float32)
    kernels.self_information(np.array([-np.inf, np.nan, 0.5, 7, np.inf], np.float32), 0.0, 1.0, 3, out)
    assert np.isfinite(out).all()


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


def learn():
    pictures = [sample_pixels(name) for name in LEARNED_FROM]
    return learn_filters(pictures, side=11, count=9000, variance=0.97, rng=7)


@pytest.fixture(scope="module")
def learned():
    return learn()


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


def test_learning_gives_the_same_filters_every_time(learned):
    assert np.array_equal(learned, learn())


def test_learned_filters_answer_more_sparsely_than_principal_components(learned):
    seen = patches(LEARNED_FROM, 11)
    _, vectors = np.linalg.eigh(seen.T @ seen)
    principal = seen @ vectors[:, -len(learned) :]
    assert kurtosis(seen @ learned.reshape(len(learned), -1).T).mean() > 1.2 * kurtosis(principal).mean()


@pytest.mark.parametrize("which", ["shipped", "learned"])
def test_filters_look_like_edges(which, learned):
    """Most have most of their energy at a frequency above that of the patch, and along one direction."""
    filters = read_filters() if which == "shipped" else learned
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
