"""However a picture lies in memory, it is the same: to every model, the observer, films and figures."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from foveation import Foveator, Frame, LogPolar, Viewing, as_image, cortical_view, foveate, sample_pixels
from foveation.figures import draw_picture
from neural import Observer
from saliency import MODELS, Task
from saliency.models.films import VideoSaliency

BYTES = np.ascontiguousarray(sample_pixels("coffee")[100:196:2, 200:328:2])
FLOATS = as_image(BYTES)
WORDS = BYTES.astype(np.uint16) * 257
HALVES, DOUBLES = FLOATS.astype(np.float16), FLOATS.astype(np.float64)


def _read_only(pixels):
    copy = pixels.copy()
    copy.flags.writeable = False
    return copy


FORMS = {  # and the plain array that holds the same
    "mirrored twice": (BYTES[::-1, ::-1].copy()[::-1, ::-1], BYTES),
    "columns first": (np.asfortranarray(BYTES), BYTES),
    "every second of more": (np.repeat(np.repeat(FLOATS, 2, 0), 2, 1)[::2, ::2], FLOATS),
    "planes": (np.ascontiguousarray(BYTES.transpose(2, 0, 1)).transpose(1, 2, 0), BYTES),
    "blue first": (np.ascontiguousarray(FLOATS[:, :, ::-1])[:, :, ::-1], FLOATS),
    "read-only bytes": (_read_only(BYTES), BYTES),
    "read-only floats": (_read_only(FLOATS), FLOATS),
    "big-endian uint16": (WORDS.astype(">u2"), WORDS),
    "big-endian float32": (FLOATS.astype(">f4"), FLOATS),
    "big-endian float64": (FLOATS.astype(">f8"), DOUBLES),
    "longdouble": (FLOATS.astype(np.longdouble), DOUBLES),
    "float16": (HALVES, FLOATS),
    "big-endian float16": (HALVES.astype(">f2"), FLOATS),
}
forms = pytest.mark.parametrize(("pixels", "plain"), FORMS.values(), ids=FORMS)
SLOW, FEW = ("covariance", "proto-object"), ("mirrored twice", "big-endian float32", "float16", "longdouble")
VIEWING = Viewing.from_pixels_per_degree(120, BYTES.shape)  # finer than any fovea: the observer shrinks
PLACE = (20.0, 30.0)


@pytest.mark.parametrize("name", MODELS)
def test_a_map_does_not_depend_on_it(name):
    expected = {id(plain): MODELS[name](plain) for _, plain in FORMS.values()}
    for form, (pixels, plain) in FORMS.items():
        if name not in SLOW or form in FEW:
            assert np.array_equal(MODELS[name](pixels), expected[id(plain)]), form


def _last_map(pixels):
    eye = VideoSaliency().watch()
    return [eye.update(np.roll(pixels, 3 * number, axis=1), number / 25) for number in range(3)][-1]


def _watched(pixels):
    frames = [Frame(number / 10, pixels) for number in range(3)]
    return [seen.map for seen in Observer.preset("foveated").watch(frames, VIEWING)]


USES = {
    "the map of a film": _last_map,
    "the map of who watches a film": _watched,
    "the density of the next fixation": lambda pixels: Observer().density(pixels, VIEWING),
    "a scanpath": lambda pixels: Observer.preset("foveated").look(pixels, VIEWING, duration=1).places,
    "what the eye sees": lambda pixels: foveate(pixels, PLACE, VIEWING),
    "what the cortex sees": lambda pixels: cortical_view(pixels, PLACE, VIEWING, mm_per_pixel=2).pixels,
    "the log-polar picture": lambda pixels: LogPolar(rings=8, wedges=12, outer_px=20).forward(pixels, PLACE),
    "a drawing": lambda pixels: draw_picture(pixels, ax=Figure().add_subplot()).images[0].get_array(),
    "what is looked for": lambda pixels: Task.target("red")(pixels),
}


@forms
@pytest.mark.parametrize("use", USES)
def test_nothing_that_is_made_of_it_depends_on_it(use, pixels, plain):
    rounding = 1e-6 if "film" in use else 0  # of matrix products
    assert np.asarray(USES[use](pixels)) == pytest.approx(np.asarray(USES[use](plain)), rel=0, abs=rounding)


@forms
def test_an_eye_for_films_does_not_depend_on_it(pixels, plain):
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize > 1:
        pixels, plain = as_image(pixels), as_image(plain)
    assert np.array_equal(Foveator(VIEWING, pixels.shape)(pixels), Foveator(VIEWING, plain.shape)(plain))


@pytest.mark.parametrize("name", MODELS)
def test_the_colour_of_what_is_transparent_counts_for_nothing(name):
    """Also where the picture is shrunk: means over areas would bring the hidden colour out."""
    pixels = np.repeat(np.repeat(BYTES, 12, 0), 12, 1)
    there = np.random.default_rng(0).integers(0, 2, BYTES.shape[:2])
    alpha = np.kron(there, np.ones((12, 12))).astype(np.uint8) * 255
    seen, hidden = np.dstack([pixels, alpha]), np.dstack([pixels, alpha])
    hidden[alpha == 0, :3] = (255, 0, 255)
    assert np.array_equal(MODELS[name](seen), MODELS[name](hidden))
