"""Spectral saliency (residual, signature, quaternions) and frequency-tuned saliency: slow twins, laws, phenomena."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import as_image, sample_pixels
from saliency import MODELS as CATALOGUE
from saliency import check_model
from saliency.features.early import working_picture
from saliency.models.frequency_tuned import FrequencyTuned
from saliency.models.image_signature import ImageSignature, cosine_transform
from saliency.models.quaternion_dct import TRANSFORMS, QuaternionDCT
from saliency.models.spectral_residual import SpectralResidual


def quaternions(transform):
    return QuaternionDCT(transform=transform)


RESIDUALS = [
    SpectralResidual(),
    SpectralResidual(amplitude="flat"),
    SpectralResidual(ends="joined"),
    SpectralResidual(squeezed=False, ends="joined", blurred="energy", colour_space="lab", neighbourhood=5),
]
SYMMETRIC = [ImageSignature(), *map(quaternions, TRANSFORMS), FrequencyTuned()]
MODELS = [*RESIDUALS, *SYMMETRIC]
UNIT = np.array([0, -1, -1, -1]) / np.sqrt(3)  # the axis of the quaternion transforms


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def truncated_gaussian(values, spread, reach, outside):
    """Average with a Gaussian that is cut off, place by place."""
    padded = np.pad(values, reach, mode=outside)
    offset = np.arange(-reach, reach + 1)
    weights = np.exp(-(offset**2) / (2 * spread**2))
    kernel = np.outer(weights, weights) / weights.sum() ** 2
    side = 2 * reach + 1
    return np.array(
        [
            [(padded[y : y + side, x : x + side] * kernel).sum() for x in range(values.shape[1])]
            for y in range(len(values))
        ]
    )


def slow_residual(image, *, flat=False):
    """Hou and Zhang's map as OpenCV makes it, with NumPy's Fourier transform and explicit averages."""
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (64, 64), interpolation=cv2.INTER_LINEAR_EXACT)
    spectrum = np.fft.fft2(grey.astype(np.float64))
    logarithm = np.log(1 + np.abs(spectrum))
    padded = np.pad(logarithm, 1, mode="reflect")
    mean = sum(padded[y : y + 64, x : x + 64] for y in range(3) for x in range(3)) / 9
    residual = 0 * logarithm if flat else logarithm - mean
    recovered = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum))))
    energy = truncated_gaussian(recovered, 8, 2, "reflect") ** 2
    return cv2.resize((energy / energy.max()).astype(np.float32), image.shape[1::-1])


def slow_signature(picture):
    """Hou, Harel and Koch's map with OpenCV's cosine transform, at the size of the picture."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).astype(np.float64)
    rebuilt = [cv2.idct(np.sign(cv2.dct(lab[:, :, k]))) for k in range(3)]
    spread = 0.045 * max(picture.shape)
    energy = truncated_gaussian(np.square(rebuilt).mean(axis=0), spread, round(2 * spread), "constant")
    return energy / energy.max()


def times(a, b):
    """Hamilton's product of quaternions (..., 4)."""
    (a0, a1, a2, a3), (b0, b1, b2, b3) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.stack(
        [
            a0 * b0 - a1 * b1 - a2 * b2 - a3 * b3,
            a0 * b1 + a1 * b0 + a2 * b3 - a3 * b2,
            a0 * b2 - a1 * b3 + a2 * b0 + a3 * b1,
            a0 * b3 + a1 * b2 - a2 * b1 + a3 * b0,
        ],
        axis=-1,
    )


def exponential(angle):
    """Give the quaternions exp(axis * angle)."""
    return np.cos(angle)[..., np.newaxis] * np.array([1, 0, 0, 0]) + np.sin(angle)[..., np.newaxis] * UNIT


def quaternion_fourier(quaternions, sign):
    """Left-sided discrete Fourier transform of quaternions (rows, columns, 4), a sum a frequency."""
    rows, columns, _ = quaternions.shape
    y, x = np.mgrid[:rows, :columns]
    out = np.empty_like(quaternions)
    for v in range(rows):
        for u in range(columns):
            turn = exponential(sign * 2 * np.pi * (v * y / rows + u * x / columns))
            out[v, u] = times(turn, quaternions).sum(axis=(0, 1))
    return out


def quaternion_cosine(quaternions, transform):
    """Left-sided cosine transform: that of each component, times the axis."""
    parts = np.stack([transform(np.ascontiguousarray(quaternions[:, :, k])) for k in range(4)], axis=-1)
    return times(np.broadcast_to(UNIT, parts.shape), parts)


def slow_quaternions(picture, transform):
    """Schauerte and Stiefelhagen's energy by quaternion arithmetic."""
    ycrcb = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb).astype(np.float64)
    pixels = np.concatenate([np.zeros((*picture.shape[:2], 1)), ycrcb], axis=2)
    if transform == "whitening":
        spectra = np.fft.fft2(ycrcb, axes=(0, 1))
        return np.square(np.abs(np.fft.ifft2(spectra / np.abs(spectra), axes=(0, 1)))).sum(axis=2)
    if transform == "qdct":
        coefficients = quaternion_cosine(pixels, cv2.dct)
        back = quaternion_cosine(coefficients / np.linalg.norm(coefficients, axis=2, keepdims=True), cv2.idct)
        return np.square(back).sum(axis=2)
    spectrum = quaternion_fourier(pixels, -1)
    if transform == "eigenpqft":
        phase = spectrum / np.linalg.norm(spectrum, axis=2, keepdims=True)
    else:
        phase = exponential(np.arctan2(spectrum @ UNIT, spectrum[:, :, 0]))
    return np.square(quaternion_fourier(phase, 1) / (picture.shape[0] * picture.shape[1])).sum(axis=2)


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_the_spectral_residual_is_that_of_its_slow_twin(name, flat):
    image = sample_pixels(name)
    saliency = SpectralResidual(amplitude="flat" if flat else "residual")(image)
    assert np.abs(saliency - slow_residual(image, flat=flat)).max() < 2e-4


def test_the_spectral_residual_is_opencvs_where_that_is_installed():
    if not hasattr(cv2, "saliency"):
        pytest.skip("OpenCV's contributed modules are not installed")
    image = sample_pixels("coffee")
    _, theirs = cv2.saliency.StaticSaliencySpectralResidual_create().computeSaliency(image[:, :, ::-1].copy())
    assert np.abs(SpectralResidual()(image) - theirs).max() < 2e-4


def test_phase_alone_gives_much_the_same_map():
    """Guo, Ma and Zhang (2008), section 2: the residual matters little, the phase does the work."""
    image = sample_pixels("coffee")
    both = [SpectralResidual(amplitude=amplitude)(image).ravel() for amplitude in ("residual", "flat")]
    assert np.corrcoef(both)[0, 1] > 0.9


@settings(deadline=None, max_examples=8)
@given(rows=st.integers(2, 16), columns=st.integers(2, 16), seed=st.integers(0, 99))
def test_the_signature_is_that_of_its_slow_twin(rows, columns, seed):
    picture = noise((2 * rows, 2 * columns, 3), seed)  # OpenCV transforms even sizes only
    assert np.abs(ImageSignature()(picture) - slow_signature(picture)).max() < 1e-5


@pytest.mark.parametrize("transform", TRANSFORMS)
@settings(deadline=None, max_examples=5)
@given(rows=st.integers(1, 4), columns=st.integers(1, 4), seed=st.integers(0, 99))
def test_quaternion_saliency_is_that_of_quaternion_arithmetic(transform, rows, columns, seed):
    picture = noise((2 * rows, 2 * columns, 3), seed)
    maps = QuaternionDCT(transform=transform, blur=0)(picture), slow_quaternions(picture, transform)
    np.testing.assert_allclose(maps[0], maps[1] / maps[1].max(), atol=1e-5)


def test_quaternion_saliency_is_blurred_by_nine_pixels_of_which_those_outside_are_empty():
    picture = noise((48, 64, 3))
    energy = QuaternionDCT().maps(picture)["energy"].sum(axis=0)
    blurred = truncated_gaussian(energy, 2.5, 4, "constant")
    np.testing.assert_allclose(QuaternionDCT()(picture), blurred / blurred.max(), atol=1e-5)


def test_frequency_tuned_saliency_is_that_of_its_slow_twin():
    picture = noise((23, 31, 3))
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).astype(np.float64)
    padded = np.pad(lab, ((2, 2), (2, 2), (0, 0)), mode="reflect")
    binomial = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    blurred = sum(binomial[y, x] * padded[y : y + 23, x : x + 31] for y in range(5) for x in range(5))
    distance = np.linalg.norm(blurred - lab.mean(axis=(0, 1)), axis=2)
    np.testing.assert_allclose(FrequencyTuned()(picture), distance / distance.max(), atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (48, 64), (37, 51)])
def test_cosine_transforms_keep_the_energy_and_lead_back(shape):
    planes = np.random.default_rng(1).normal(size=(2, *shape))
    coefficients = cosine_transform(planes)
    np.testing.assert_allclose(np.square(coefficients).sum(), np.square(planes).sum())
    np.testing.assert_allclose(cosine_transform(coefficients, inverse=True), planes, atol=1e-12)


def test_the_signature_finds_sparse_foreground_on_a_spectrally_sparse_background():
    """Hou, Harel and Koch (2012), section 2: a mean cosine of 1/2 or more with N/6 background frequencies."""
    rng = np.random.default_rng(2)
    size, cosines = 32 * 32, []
    for _ in range(40):
        foreground, background = np.zeros(size), np.zeros(size)
        foreground[rng.choice(size, size // 40, replace=False)] = rng.normal(size=size // 40)
        background[rng.choice(size, size // 6, replace=False)] = rng.normal(0, 10, size // 6)
        spectra = cosine_transform(foreground.reshape(1, 32, 32)), background.reshape(1, 32, 32)
        alone, mixed = np.sign(spectra[0]), np.sign(spectra[0] + spectra[1])
        cosines.append((alone * mixed).sum() / (np.linalg.norm(alone) * np.linalg.norm(mixed)))
    assert np.mean(cosines) >= 0.5


@pytest.mark.parametrize("model", [model for model in MODELS if model not in CATALOGUE.values()], ids=str)
def test_a_variant_that_has_no_name_is_a_model_too(model):
    check_model(model)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_maps_have_the_size_of_the_picture_and_run_to_one(model):
    for shape in (2, 2, 3), (2, 300, 3), (301, 3), (5, 7, 1), (1300, 40, 4):
        saliency = model(noise(shape))
        assert saliency.shape == shape[:2]
        assert saliency.dtype == np.float32
        assert saliency.min() >= 0
        assert 0 < saliency.max() <= 1


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_an_even_picture_has_an_empty_map(model):
    for colour in (0, 0, 0), (255, 255, 255), (200, 30, 90):
        even = np.full((60, 80, 3), colour, np.uint8)
        assert not model(even).any()
        assert not model(as_image(even)).any()


def test_grey_sees_nothing_in_colours_of_one_luma():
    picture = np.full((40, 40, 3), (0.5, 0.5, 0.5), np.float32)
    picture[10:20, 10:20] += np.float32([0.2, -0.2 * 0.299 / 0.587, 0])
    assert not SpectralResidual()(picture).any()
    assert SpectralResidual(colour_space="lab")(picture).any()


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_saliency_map_is_the_last_of_all_maps(model):
    image = sample_pixels("coffee")
    maps = model.maps(image)
    assert (next(iter(maps)), list(maps)[-1]) == ("channels", "saliency")
    assert np.array_equal(maps["saliency"], model(image))
    assert all(map_.dtype == np.float32 and np.isfinite(map_).all() for map_ in maps.values())


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_bytes_floats_and_views_of_one_picture_have_one_map(model):
    image = working_picture(sample_pixels("coffee"), 64)  # no shrinking, which rounds bytes
    pixels = np.rint(image * 255).astype(np.uint8)
    expected = model(pixels)
    floats, opaque = pixels / 255, np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    for same in (floats, opaque):  # bytes are rounded once more when colours are added to grey
        assert np.corrcoef(model(same).ravel(), expected.ravel())[0, 1] > 0.995
    view = np.repeat(pixels, 2, axis=1)[:, ::-2][:, ::-1]
    assert np.array_equal(model(view), expected)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_grey_picture_has_the_map_of_its_grey_channel(model):
    grey = sample_pixels("coffee")[:, :, 1]
    coloured = np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    assert np.abs(model(grey) - model(coloured)).max() < 1e-3


@pytest.mark.parametrize("model", [ImageSignature(colour_space="lab"), QuaternionDCT(colour_space="lab")], ids=str)
def test_colours_of_a_grey_picture_do_not_count(model):
    picture = np.repeat(noise((48, 64, 1)), 3, axis=2)
    maps = model.maps(picture)
    assert not maps["channels"][1:].any()
    assert not maps["energy"][1:].any()


@pytest.mark.parametrize("model", MODELS, ids=str)
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 99))
def test_a_mirrored_or_turned_picture_has_a_mirrored_or_turned_map(model, seed):
    image = cv2.GaussianBlur(noise((48, 64, 3), seed), (0, 0), 0.7)
    saliency = model(image)
    assert np.abs(model(image.transpose(1, 0, 2)).T - saliency).max() < 1e-3
    if model != SpectralResidual():  # see the next test
        assert np.abs(model(image[:, ::-1])[:, ::-1] - saliency).max() < 1e-3
        assert np.abs(model(image[::-1])[::-1] - saliency).max() < 1e-3


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_mirroring_the_ends_of_the_spectrum_does_little_harm_to_the_symmetry_of_photographs(name):
    image, model = sample_pixels(name), SpectralResidual()
    saliency = model(image)
    for mirrored in (model(image[:, ::-1])[:, ::-1], model(image[::-1])[::-1]):
        assert 0 < np.abs(mirrored - saliency).max() < 0.02


def test_the_signature_does_not_mind_brightness_and_contrast():
    image = noise((48, 64, 3)) * 0.5
    model = ImageSignature(colour_space="rgb")
    assert np.abs(model(image * 0.6 + np.float32(0.3)) - model(image)).max() < 1e-4


def test_a_symmetric_picture_has_a_symmetric_map():
    """Where the cosine transform vanishes its sign must be 0, not that of the rounding."""
    half = noise((48, 32, 3))
    picture = np.concatenate([half, half[:, ::-1]], axis=1)
    assert not ImageSignature().maps(picture)["signature"][:, :, 1::2].any()
    for model in SYMMETRIC:
        saliency = model(picture)
        assert np.abs(saliency - saliency[:, ::-1]).max() < 1e-4


@pytest.mark.parametrize("model", [ImageSignature(), *map(quaternions, ("qdct", "eigenpqft", "whitening"))], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_a_red_bar_among_green_bars_stands_out(model, seed):
    rng = np.random.default_rng(seed)
    picture = np.full((240, 320, 3), 0.5, np.float32)
    target = rng.integers(1, 3), rng.integers(1, 4)
    for row in range(4):
        for column in range(5):
            y, x = 64 * row + rng.integers(12, 29), 64 * column + rng.integers(12, 29)
            picture[y : y + 24, x : x + 8] = (0.8, 0.2, 0.2) if (row, column) == target else (0.2, 0.6, 0.2)
    row, column = np.unravel_index(model(picture).argmax(), (240, 320))
    assert (row // 64, column // 64) == target


def test_frequency_tuned_maps_fill_objects_evenly_up_to_their_borders():
    picture = np.full((90, 120, 3), (0.3, 0.5, 0.3), np.float32)
    picture[30:60, 40:80] = (0.8, 0.3, 0.2)
    saliency = FrequencyTuned()(picture)
    assert np.ptp(saliency[32:58, 42:78]) < 1e-4
    assert saliency[32:58, 42:78].min() > 2 * saliency[:28].max()


@pytest.mark.parametrize("model", [SpectralResidual, ImageSignature, QuaternionDCT, FrequencyTuned])
def test_centre_bias_draws_to_the_middle(model):
    image = sample_pixels("astronaut")
    plain, drawn = model()(image), model(centre_bias=2.0)(image)
    edge = np.s_[:40]
    assert drawn[edge].mean() / drawn.mean() < 0.5 * plain[edge].mean() / plain.mean()


def test_weights_silence_a_channel():
    picture = noise((48, 64, 3))
    luma = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert np.abs(QuaternionDCT(weights=(1, 0, 0))(picture) - QuaternionDCT()(luma)).max() < 1e-4


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        (SpectralResidual, {"longer_side": 1}, "at least 2 pixels, got 1"),
        (SpectralResidual, {"neighbourhood": 4}, "1, 3, 5 ... frequencies, got 4"),
        (SpectralResidual, {"amplitude": "full"}, "residual or flat"),
        (SpectralResidual, {"ends": "open"}, "ends to be mirrored or joined, got 'open'"),
        (SpectralResidual, {"blurred": "map"}, "amplitude or energy"),
        (ImageSignature, {"colour_space": "grey"}, "no colour space 'grey'; expected one of: rgb"),
        (ImageSignature, {"blur": -0.1}, "blur=-0.1"),
        (ImageSignature, {"blur": float("nan")}, "blur=nan"),
        (ImageSignature, {"blur_reach": 0}, "blur_reach=0"),
        (QuaternionDCT, {"transform": "dft"}, "no transform 'dft'; expected one of: qdct"),
        (QuaternionDCT, {"weights": (0, 0, 0)}, "not all 0"),
        (QuaternionDCT, {"weights": (1, 1)}, "three weights"),
        (FrequencyTuned, {"centre_bias": -1}, "centre_bias=-1"),
    ],
)
def test_senseless_parameters_are_refused(model, parameters, message):
    with pytest.raises(ValueError, match=message):
        model(**parameters)
