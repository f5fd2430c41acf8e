"""What makes no sense is refused in words of ours, by every public name: never in another library's, never by NaN."""

import inspect
from dataclasses import MISSING, fields, is_dataclass

import numpy as np
import pytest

import foveation
import saliency
from foveation import (
    CrowdingAsymmetry,
    Foveator,
    LogPolar,
    VideoWriter,
    Viewing,
    blur_levels,
    cortical_magnification,
    critical_spacing_deg,
    crowding_zone,
    extract_glimpses,
    foveate,
    gaussian_pyramid,
    normalised_to_pixels,
    pixels_to_normalised,
    sample_pixels,
)
from saliency import (
    CentreBias,
    FixedMap,
    Template,
    as_density,
    auc_judd,
    best_of,
    check_map,
    dtw,
    fixation_density,
    fixation_map,
    log_likelihood,
    multimatch,
    nss,
    pop_out,
    salient_regions,
    scanmatch,
    share_of,
    smart_crop,
    string_edit,
)

PICTURE = sample_pixels("coffee")[:40, :60]
VIEWING = Viewing.from_pixels_per_degree(20, PICTURE.shape)
MAP = np.ones((40, 60), np.float32)
PATH = [(10.0, 10.0), (20.0, 30.0)]
SENSELESS = {"words": "many", "complex": 1j, "nothing": None, "NaN": float("nan"), "a list": [1, 2], "huge": 10**400}


def _classes():
    """Give each public class of parameters, with its fields that hold one number."""
    for package in (foveation, saliency):
        for name in sorted(package.__all__):
            kind = getattr(package, name)
            if not (inspect.isclass(kind) and is_dataclass(kind)):
                continue
            if any(field.default is MISSING and field.default_factory is MISSING for field in fields(kind)):
                continue
            for field in fields(kind):
                if field.type in (int, float):
                    yield pytest.param(kind, field.name, id=f"{name}-{field.name}")


@pytest.mark.parametrize(("kind", "name"), list(_classes()))
def test_a_parameter_that_is_no_number_is_refused(kind, name):
    for what, value in SENSELESS.items():
        with pytest.raises(ValueError, match="expected"):
            kind(**{name: value})
            pytest.fail(what)


# Arrays

ARRAYS = {
    "words": "abc",
    "a list of words": ["a", "b"],
    "complex": np.full((40, 60), 1j),
    "objects": np.array([object()] * 2),
    "nothing": None,
    "rows of different lengths": [[1, 2], [3]],
}
TAKE_ARRAYS = {
    "foveate a picture": lambda array: foveate(array, (3, 3), VIEWING),
    "blur levels around a gaze": lambda array: blur_levels(array, VIEWING),
    "glimpses at": lambda array: extract_glimpses(PICTURE, array, size=4, scales=1),
    "log-polar around": lambda array: LogPolar(rings=4, wedges=4, outer_px=9).forward(PICTURE, array),
    "magnification": cortical_magnification,
    "critical spacing": critical_spacing_deg,
    "critical spacing in a direction": lambda array: critical_spacing_deg(3.0, array),
    "the factor of a direction": CrowdingAsymmetry().factor,
    "a zone around": lambda array: crowding_zone(array, (0, 0), VIEWING),
    "rays": VIEWING.rays,
    "angles": lambda array: VIEWING.angle_deg(array, (0, 0)),
    "places of angles": VIEWING.pixels,
    "pixels of locations": lambda array: normalised_to_pixels(array, (40, 60)),
    "locations of pixels": lambda array: pixels_to_normalised(array, (40, 60)),
    "a map": check_map,
    "a model of a map": FixedMap,
    "a density": as_density,
    "shares": lambda array: share_of(array, uniform=0.01),
    "the best of": lambda array: best_of(array, array, 2),
    "NSS of a map": lambda array: nss(array, PATH),
    "NSS of places": lambda array: nss(MAP, array),
    "AUC of places": lambda array: auc_judd(MAP, array),
    "likelihood of a density": lambda array: log_likelihood(array, PATH),
    "the map of fixations": lambda array: fixation_map(array, (40, 60)),
    "the density of fixations": lambda array: fixation_density(array, (40, 60), sigma=3),
    "the regions of a map": salient_regions,
    "the crop by a map": lambda array: smart_crop((40, 60), array, aspect=1.0),
    "DTW": lambda array: dtw(array, PATH, viewing=VIEWING),
    "ScanMatch": lambda array: scanmatch(PATH, array, shape=(40, 60), bin_s=None),
    "MultiMatch": lambda array: multimatch(array, PATH, shape=(40, 60)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("take", TAKE_ARRAYS.values(), ids=TAKE_ARRAYS)
def test_arrays_that_hold_no_real_numbers_are_refused(take, array):
    with pytest.raises((ValueError, TypeError), match="expected"):
        take(array)


SHAPES = [(), (3,), (0, 5), (-1, 5), (2.5, 3.5), (float("nan"), 3), (10**30, 3), "ab", None, 5]
TAKE_SHAPES = {
    "a viewing": lambda shape: Viewing.from_pixels_per_degree(20, shape),
    "an eye": lambda shape: Foveator(VIEWING, shape),
    "a film": lambda shape: VideoWriter("a.gif", shape, fps=25),
    "pixels of locations": lambda shape: normalised_to_pixels((0, 0), shape),
    "locations of pixels": lambda shape: pixels_to_normalised((0, 0), shape),
    "the centre bias": lambda shape: CentreBias().log_density(shape),
    "the map of fixations": lambda shape: fixation_map(PATH, shape),
    "the density of fixations": lambda shape: fixation_density(PATH, shape, sigma=2),
    "a display": lambda shape: pop_out("colour", shape=shape),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("take", TAKE_SHAPES.values(), ids=TAKE_SHAPES)
def test_shapes_of_no_picture_are_refused(take, shape):
    with pytest.raises(ValueError, match="expected"):
        take(shape)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Viewing(screen_px=(0.5, 0.5), screen_cm=(1, 1), distance_cm=1), "screen_px to be a positive width"),
        (lambda: Viewing(screen_px=(10**400, 5), screen_cm=(1, 1), distance_cm=1), "screen_px to be"),
        (lambda: LogPolar(rings=float("inf"), outer_px=9), "rings to be a whole number"),
        (lambda: extract_glimpses(PICTURE, (3, 3), size=4, scales=10**12), "expected"),
        (lambda: extract_glimpses(PICTURE, (3, 3), size=10**12, scales=1), "expected"),
        (lambda: best_of([0.5, 0.5], [1, 2], 10**12), "n to be a whole number"),
        (lambda: best_of([np.nan, 0.5], [1, 2], 2), "finite density"),
        (lambda: share_of([], uniform=0.0), "a finite map from 0 up"),
        (lambda: share_of([np.inf, 1], uniform=0.0), "a finite map from 0 up"),
        (lambda: share_of([-3.0, 1], uniform=0.0), "a finite map from 0 up"),
        (lambda: gaussian_pyramid(np.zeros((0, 4), np.float32), 2), r"got float32 of shape \(0, 4\)"),
        (lambda: gaussian_pyramid(np.zeros((4, 4), np.int64), 2), "got int64"),
        (lambda: gaussian_pyramid(np.zeros((4, 4), np.float32), 10**12), "depth to be a whole number"),
        (lambda: gaussian_pyramid(np.zeros((4, 4), np.float32), -1), "depth to be a whole number"),
        (lambda: Template(picture=np.zeros((3, 3, 7))), "a picture of shape"),
        (lambda: Template(picture=np.full((9, 9), np.nan)), "finite pixels"),
        (lambda: Template(picture=np.zeros(4, complex)), "a picture of uint8, uint16 or float"),
        (lambda: Foveator(VIEWING, (40, 60))(np.full((40, 60), np.nan, np.float32)), "finite pixels"),
        (lambda: Foveator(VIEWING, (40, 60))(np.full((40, 60), np.inf, np.float32)), "finite pixels"),
        (lambda: check_map(MAP.astype(complex)), "a map of real numbers, got complex"),
        (lambda: salient_regions(MAP, 2.5), "n to be a whole number"),
        (lambda: string_edit(PATH, PATH, shape=(40, 60), bins=(2.5, 3)), "bins across and down"),
        (lambda: fixation_density(PATH, (40, 60), sigma=1e12), "a standard deviation above 0"),
        (lambda: crowding_zone((5, 5), (0, 0), VIEWING, points=10**12), "points to be a whole number"),
        (lambda: critical_spacing_deg(3.0, np.inf), "finite directions"),
        (lambda: pop_out("colour", gap=np.inf), "gap to be a whole number"),
        (lambda: pop_out("colour", items=2.5), "items to be a whole number"),
        (lambda: pop_out("colour", bar=()), r"a bar \(width, length\)"),
    ],
)
def test_numbers_beyond_all_sense_are_refused_at_once(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_numbers_of_any_kind_are_taken():
    """Python's own, NumPy's, of no dimension, in columns of objects as data frames have them."""
    for number in (3, 3.0, np.float32(3), np.int64(3), np.array(3.0)):
        assert Viewing.from_pixels_per_degree(number, (40, 60)).pixels_per_degree == pytest.approx(3)
    column = np.array(PATH, object)
    assert np.array_equal(fixation_map(column, (40, 60)), fixation_map(PATH, (40, 60)))
    assert check_map([[True, False]]).tolist() == [[1, 0]]


@pytest.mark.parametrize("model", [kind for kind in map(type, saliency.MODELS.values()) if is_dataclass(kind)])
def test_counts_beyond_all_memory_and_patience_are_refused_at_once(model):
    for field in fields(model):
        if field.type is int:
            with pytest.raises(ValueError, match=rf"expected {field.name} of at most .*, got 1000000000000"):
                model(**{field.name: 10**12})
