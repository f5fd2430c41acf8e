"""Maps and models of others: files in a folder, and pysaliency in both directions."""

import pickle
import sys

import cv2
import numpy as np
import pytest

from foveation import sample_pixels
from saliency import IttiKoch, check_model
from saliency.features.regions import smart_crop
from saliency.measures.information import information_gain
from saliency.models import pysaliency as third_party
from saliency.models.pysaliency import as_pysaliency, from_pysaliency, log_density
from saliency.models.stored_maps import FixedDensity, FixedMap, MapFolder, read_map
from saliency.task.spatial_prior import Drawn

RNG = np.random.default_rng(0)
MAP = RNG.random((30, 40)).astype(np.float32)
COFFEE = sample_pixels("coffee")


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "floats.npy", MAP * 1e-6)
    np.savez_compressed(tmp_path / "packed.npz", anything=MAP.astype(np.float64))
    cv2.imwrite(str(tmp_path / "bytes.png"), np.rint(MAP * 255).astype(np.uint8))
    cv2.imwrite(str(tmp_path / "deep.png"), np.rint(MAP * 65535).astype(np.uint16))
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.repeat(np.rint(cv2.blur(MAP, (9, 9)) * 255)[..., None], 3, axis=2))
    cv2.imwrite(str(tmp_path / "heat.png"), np.rint(RNG.random((30, 40, 3)) * 255).astype(np.uint8))
    (tmp_path / "notes.txt").write_text("no map")
    return tmp_path


def test_the_names_of_a_folder_are_those_of_its_maps(folder):
    assert MapFolder(folder).names == ["bytes", "deep", "floats", "heat", "packed", "photo"]


@pytest.mark.parametrize(
    ("name", "expected", "error"),
    [
        ("floats.jpg", MAP * np.float32(1e-6), 0),
        ("some/where/packed.png", MAP, 0),
        ("deep", MAP, 0.51 / 65535),
        ("bytes.tif", MAP, 0.51 / 255),
        ("photo.jpg", cv2.blur(MAP, (9, 9)), 0.04),
    ],
)
def test_a_map_is_what_its_file_holds(folder, name, expected, error):
    map_ = MapFolder(folder).for_picture(name)(np.zeros((30, 40, 3), np.float32))
    assert map_.dtype == np.float32
    assert np.abs(map_ - expected).max() <= error


def test_sixteen_bits_are_sixteen_bits(tmp_path):
    steps = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    cv2.imwrite(str(tmp_path / "steps.png"), steps)
    assert len(np.unique(read_map(tmp_path / "steps.png"))) == 65536


def test_a_map_of_another_size_is_brought_to_that_of_the_picture(folder):
    model = MapFolder(folder).for_picture("packed")
    larger = model(np.zeros((120, 160, 3), np.float32))
    assert larger.shape == (120, 160)
    assert larger.mean() == pytest.approx(MAP.mean(), rel=0.01)
    smaller = model(np.zeros((15, 20, 3), np.float32))
    assert smaller == pytest.approx(MAP.reshape(15, 2, 20, 2).mean(axis=(1, 3)), abs=1e-6)


def test_a_stored_map_is_a_model(folder):
    model = MapFolder(folder).for_picture("deep.png")
    picture = sample_pixels("coffee")[:240, :320]
    assert pickle.loads(pickle.dumps(model)) == model
    assert np.exp(log_density(model, picture)).sum() == pytest.approx(1)
    with pytest.raises(ValueError, match=r"37 x 51 .*'.*deep.png' cannot be used: expected a map of the proport"):
        check_model(model)


def test_names_with_dots_are_names(tmp_path):
    np.save(tmp_path / "scene.2.npy", MAP)
    assert MapFolder(str(tmp_path)).for_picture("scene.2").path.name == "scene.2.npy"
    assert MapFolder(tmp_path).for_picture("scene.2.jpg").path.name == "scene.2.npy"


def test_what_is_missing_is_named(folder):
    with pytest.raises(FileNotFoundError, match=r"no map of 'other.jpg' in '.*': expected other.npy, other.npz"):
        MapFolder(folder).for_picture("other.jpg")
    with pytest.raises(FileNotFoundError, match=r"there is no folder '.*gone'"):
        MapFolder(folder / "gone").for_picture("photo")
    model = MapFolder(folder).for_picture("deep")
    (folder / "deep.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*deep.png'"):
        model(COFFEE)


def test_two_maps_of_one_picture_are_refused(folder):
    np.save(folder / "deep.npy", MAP)
    with pytest.raises(ValueError, match=r"expected one map of 'deep.jpg', got .*deep.npy, .*deep.png"):
        MapFolder(folder).for_picture("deep.jpg")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: np.save(path, MAP - 1), "nowhere negative"),
        (lambda path: np.save(path, np.full((3, 3), np.nan)), "expected a finite map"),
        (
            lambda path: np.save(path, np.zeros((3, 3, 3))),
            r"expected a map of .* got \(3, 3, 3\)",
        ),
        (lambda path: np.save(path, np.array([{}], object)), "holds no array that can be read"),
        (lambda path: path.write_bytes(b"nothing of the kind"), "holds no array that can be read"),
        (lambda path: np.savez(path.open("wb"), a=MAP, b=MAP), "expected one array, got a, b"),
        (lambda path: np.savez(path.open("wb")), "expected one array, got none"),
        (lambda path: np.save(path, np.array([["a"]])), "bad.npy"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_files_without_a_map_are_refused_by_name(tmp_path, write, message):
    write(tmp_path / "bad.npy")
    with pytest.raises(ValueError, match=message) as refusal:
        MapFolder(tmp_path).for_picture("bad")(COFFEE)
    assert "bad.npy" in str(refusal.value)


def test_a_map_in_colours_or_of_another_kind_is_refused(folder):
    with pytest.raises(ValueError, match=r"heat.png': expected a grey map, got a picture in colours"):
        read_map(folder / "heat.png")
    with pytest.raises(ValueError, match=r"cannot read '.*notes.txt': expected a name that ends in .npy"):
        read_map(folder / "notes.txt")


def test_a_density_is_the_map_and_a_little_anywhere():
    image = np.eye(8)[..., None].repeat(3, axis=2)
    density = np.exp(log_density(lambda image: image[:, :, 0], image, uniform=0.2))
    assert density == pytest.approx(0.8 * np.eye(8) / 8 + 0.2 / 64)
    even = np.exp(log_density(lambda image: image[:, :, 0] * 0, image))
    assert even == pytest.approx(1 / 64)


def test_a_model_with_a_density_of_its_own_is_asked_for_it():
    class Dense:
        def __call__(self, image):
            return image[:, :, 0]

        def log_density(self, image):
            return np.full(image.shape[:2], -np.log(image.shape[0] * image.shape[1]))

    assert log_density(Dense(), COFFEE) == pytest.approx(-np.log(240000))
    assert as_pysaliency(Dense()).log_density(COFFEE) == pytest.approx(-np.log(240000))


class Stimulus:
    """Like pysaliency's: the picture and its name."""

    def __init__(self, data):
        self.stimulus_data = data


def test_a_model_given_to_pysaliency_has_its_two_methods():
    theirs = as_pysaliency(IttiKoch())
    for stimulus in (COFFEE, Stimulus(COFFEE)):
        assert theirs.saliency_map(stimulus) == pytest.approx(IttiKoch()(COFFEE), abs=1e-6)
        assert np.exp(theirs.log_density(stimulus)).sum() == pytest.approx(1)
    grey = COFFEE[:, :, 0]
    assert theirs.saliency_map(Stimulus(grey)).shape == grey.shape
    assert np.array_equal(pickle.loads(pickle.dumps(theirs)).saliency_map(grey), theirs.saliency_map(grey))


def test_without_pysaliency_its_measures_say_why_they_are_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pysaliency", None)
    for cache in (third_party._pysaliency, third_party._kind):
        cache.cache_clear()
    try:
        theirs = as_pysaliency(IttiKoch())
        with pytest.raises(AttributeError, match=r"no 'NSS' here, because pysaliency cannot be imported .*needs torch"):
            theirs.NSS(None, None)
    finally:
        for cache in (third_party._pysaliency, third_party._kind):
            cache.cache_clear()


def test_where_pysaliency_is_there_the_model_is_one_of_its_own(monkeypatch):
    class TheirModel:
        def __init__(self, caching=True):
            self.caching = caching

    class TheirMapModel:
        def NSS(self, stimuli):
            return [self.saliency_map(stimulus).max() for stimulus in stimuli]

    package = type(sys)("pysaliency")
    package.Model, package.SaliencyMapModel = TheirModel, TheirMapModel
    monkeypatch.setitem(sys.modules, "pysaliency", package)
    for cache in (third_party._pysaliency, third_party._kind):
        cache.cache_clear()
    try:
        theirs = as_pysaliency(lambda image: image[:, :, 0])
        assert isinstance(theirs, TheirModel)
        assert isinstance(theirs, TheirMapModel)
        assert not theirs.caching
        assert theirs.NSS([np.eye(3), np.zeros((3, 3))]) == [1.0, 0.0]
    finally:
        for cache in (third_party._pysaliency, third_party._kind):
            cache.cache_clear()


class Bright:
    """A map model as pysaliency has them: stimuli 0 to 255, any numbers out."""

    def saliency_map(self, stimulus):
        return stimulus.mean(axis=2) - 128.0


class Uniform:
    """A probabilistic model as pysaliency has them."""

    def log_density(self, stimulus):
        return np.full(stimulus.shape[:2], -np.log(stimulus.shape[0] * stimulus.shape[1]))


def test_models_of_pysaliency_are_models_of_ours():
    for theirs in (Bright(), Uniform()):
        check_model(from_pysaliency(theirs))
    picture = np.zeros((4, 5, 3))
    picture[0, 0] = 1
    map_ = from_pysaliency(Bright())(picture)
    assert (map_[0, 0], map_[1, 1]) == (255, 0)
    assert (from_pysaliency(Uniform())(picture) == 1).all()
    assert from_pysaliency(Uniform()).log_density(picture) == pytest.approx(-np.log(20))
    assert np.exp(from_pysaliency(Bright()).log_density(picture)).sum() == pytest.approx(1)


def test_there_and_back_is_the_same_model():
    again = from_pysaliency(as_pysaliency(IttiKoch()))
    assert np.array_equal(again(COFFEE), IttiKoch()(COFFEE * np.float32(1 / 255)))
    assert again.log_density(COFFEE) == pytest.approx(log_density(IttiKoch(), COFFEE * np.float32(1 / 255)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: from_pysaliency(IttiKoch()), TypeError, "saliency_map or log_density, got IttiKoch"),
        (lambda: as_pysaliency("itti"), TypeError, "can be called with a picture, got str"),
        (lambda: log_density(IttiKoch(), COFFEE, uniform=0), ValueError, "uniform share"),
        (lambda: log_density(lambda image: image, COFFEE), ValueError, "expected a map of shape"),
    ],
)
def test_what_is_no_model_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.filterwarnings("ignore")
def test_the_real_pysaliency_scores_our_models_and_lends_its_own():
    pysaliency = pytest.importorskip("pysaliency", reason="needs torch and NumPy < 2.4", exc_type=ImportError)
    theirs = as_pysaliency(IttiKoch())
    assert isinstance(theirs, pysaliency.Model)
    assert isinstance(theirs, pysaliency.SaliencyMapModel)
    stimuli = pysaliency.Stimuli([COFFEE])
    fixations = pysaliency.FixationTrains.from_fixation_trains([[10, 200]], [[20, 150]], [[0, 1]], [0], [0])
    map_ = IttiKoch()(COFFEE).astype(np.float64)
    expected = ((map_ - map_.mean()) / map_.std())[[20, 150], [10, 200]].mean()
    assert theirs.NSS(stimuli, fixations) == pytest.approx(expected, rel=1e-5)
    gain = (log_density(IttiKoch(), COFFEE)[[20, 150], [10, 200]] + np.log(map_.size)).mean() / np.log(2)
    assert theirs.information_gain(stimuli, fixations) == pytest.approx(gain, rel=1e-5)
    for model in (pysaliency.GaussianSaliencyMapModel(), pysaliency.UniformModel()):
        check_model(from_pysaliency(model))


def test_a_finished_map_is_that_of_any_picture():
    model = FixedMap(MAP.astype(np.float64))
    assert np.array_equal(model(np.zeros((30, 40, 3))), MAP)
    assert np.array_equal(model(np.ones((30, 40))), MAP)
    smaller = model(np.zeros((15, 20, 3)))
    assert smaller == pytest.approx(MAP.reshape(15, 2, 20, 2).mean(axis=(1, 3)), abs=1e-6)
    larger = model(np.zeros((120, 160, 3)))
    assert larger.dtype == np.float32
    assert larger.shape == (120, 160)
    assert larger.mean() == pytest.approx(MAP.mean(), rel=0.01)
    assert np.array_equal(pickle.loads(pickle.dumps(model))(np.zeros((30, 40))), MAP)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (-MAP, "nowhere negative"),
        (MAP[0], "expected a map of shape"),
        (np.full((3, 4), np.nan), "12 values that are NaN"),
        (COFFEE, "expected a map of shape"),
    ],
)
def test_a_finished_map_is_a_map(values, message):
    with pytest.raises(ValueError, match=message):
        FixedMap(values)


PICTURE = np.zeros((48, 64, 3), np.float32)
DENSITY = RNG.random((48, 64)) ** 8 + 1e-9
DENSITY /= DENSITY.sum()


def stored(tmp_path, name, values, kind="saliency"):
    np.save(tmp_path / f"{name}.npy", values)
    return MapFolder(tmp_path, kind).for_picture(name)


WAYS = {  # to lay a map over a picture
    "file": lambda tmp_path, map_: stored(tmp_path, "a", map_),
    "density": lambda tmp_path, map_: stored(tmp_path, "a", map_, "density"),
    "log density": lambda tmp_path, map_: stored(tmp_path, "a", np.log(map_ / map_.sum()), "log-density"),
    "array": lambda tmp_path, map_: FixedMap(map_),
    "prior": lambda tmp_path, map_: lambda picture: Drawn(map=map_.astype(np.float32))(picture.shape[:2], None),
    "crop": lambda tmp_path, map_: lambda picture: smart_crop(picture, map_, size=(8, 8)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("shape", "cure"),
    [
        ((64, 48), "transposed"),
        ((32, 24), "transposed"),
        ((48, 48), "proportions first"),
        ((36, 64), "proportions first"),
    ],
)
def test_no_map_is_stretched(tmp_path, way, shape, cure):
    with pytest.raises(ValueError, match=rf"64 x 48 picture, got one of {shape[1]} x {shape[0]}.* stretched: .*{cure}"):
        WAYS[way](tmp_path, np.ones(shape))(PICTURE)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", [(48, 64), (96, 128), (24, 32), (3, 4), (4, 5), (47, 64), (16, 22)])
def test_maps_of_any_size_may_be_rounded_by_a_pixel(tmp_path, way, shape):
    assert WAYS[way](tmp_path, np.ones(shape))(PICTURE) is not None


def test_a_log_density_is_understood_when_told_and_refused_when_not(tmp_path):
    told = stored(tmp_path, "a", np.log(DENSITY), "log-density")
    assert told(PICTURE) == pytest.approx(DENSITY / DENSITY.max(), rel=1e-5)
    assert np.array_equal(told.log_density(PICTURE), np.log(DENSITY))
    assert pickle.loads(pickle.dumps(told)) == told
    for make in (lambda: stored(tmp_path, "a", np.log(DENSITY))(PICTURE), lambda: FixedMap(np.log(DENSITY))):
        with pytest.raises(
            ValueError, match=r"nowhere negative.*have to be told: kind='log-density', --maps-are log-d"
        ):
            make()
    for wrong in (np.log2(DENSITY), np.log10(DENSITY), np.log(DENSITY) - 1, DENSITY):
        with pytest.raises(ValueError, match="expected the logarithms of probabilities that sum to 1"):
            stored(tmp_path, "a", wrong, "log-density")(PICTURE)
    with pytest.raises(ValueError, match="nowhere negative"):
        stored(tmp_path, "a", np.log(DENSITY), "density")(PICTURE)
    with pytest.raises(ValueError, match="0 everywhere"):
        FixedDensity(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="no kind of map 'logs'; expected one of: saliency, density, log-density"):
        MapFolder(tmp_path, "logs")


@pytest.mark.parametrize("scale", [1, 255.0, 1e-9])
@pytest.mark.parametrize("size", [(48, 64), (24, 32), (96, 128)])
def test_a_density_sums_to_one_at_any_size_and_scale(scale, size):
    model = FixedDensity(DENSITY * scale)
    picture = np.zeros((*size, 3), np.float32)
    assert np.exp(model.log_density(picture)).sum() == pytest.approx(1)
    assert log_density(model, picture) == pytest.approx(model.log_density(picture))
    assert model(picture).max() <= 1
    zero = np.where(DENSITY.mean() < DENSITY, DENSITY, 0)
    assert np.isneginf(FixedDensity(zero).log_density(PICTURE)).sum() == (zero == 0).sum()


def test_only_a_density_that_is_told_has_information_gain(tmp_path):
    assert not hasattr(stored(tmp_path, "a", DENSITY), "log_density")
    places = RNG.choice(DENSITY.size, 400, p=DENSITY.ravel())
    xy = np.stack([places % 64, places // 64], axis=1)
    gain = information_gain(stored(tmp_path, "a", DENSITY, "density").log_density(PICTURE), xy)
    assert gain == pytest.approx(float(np.mean(np.log2(DENSITY.ravel()[places] * DENSITY.size))))
