"""A network of a user's own, written here byte by byte, against the same convolution by NumPy."""

import pickle
from itertools import permutations

import cv2
import numpy as np
import pytest
from onnx_file import BENT, EDGES, FIRST, IMAGE, MAPS, SECOND, network, node

from saliency.models.readout.onnx_features import OnnxFeatures

PLAIN = {"mean": (0.0, 0.0, 0.0), "scale": (1.0, 1.0, 1.0)}


@pytest.fixture
def tiny(tmp_path):
    return network(tmp_path / "tiny.onnx", EDGES, BENT, MAPS)


def convolved(picture):
    """The first layer by NumPy: 3 x 3, a step of two, zeros around."""
    padded = np.pad(picture.transpose(2, 0, 1), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
    return np.einsum("cyxij,ncij->nyx", windows, FIRST)


def test_the_output_is_that_of_the_same_convolution_by_numpy(tiny):
    expected = np.einsum("cyx,nc->nyx", np.maximum(convolved(IMAGE), 0), SECOND[:, :, 0, 0])
    channels = OnnxFeatures(tiny, **PLAIN)(IMAGE)
    assert channels.dtype == np.float32
    assert channels.shape == (2, 12, 16)
    assert channels == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("layer", "bend"), [("edges", lambda x: x), ("bent", lambda x: np.maximum(x, 0))])
def test_inner_layers_are_had_by_name(tiny, layer, bend):
    assert OnnxFeatures(tiny, layer, **PLAIN)(IMAGE) == pytest.approx(bend(convolved(IMAGE)), abs=1e-4)


MEAN = np.zeros((1, 3, 3, 3), np.float32)
MEAN[0, 0, 1, 1] = 1  # the red of the place itself


@pytest.fixture
def normed(tmp_path):
    """A convolution that gives the red of each place, then times 10 plus 5, then its part above 0."""
    weights = [("red", MEAN), *((name, [value]) for name, value in (("by", 10), ("plus", 5), ("mu", 0), ("var", 1)))]
    return network(
        tmp_path / "normed.onnx",
        node("Conv", ("picture", "red"), "conv", kernel_shape=(3, 3), pads=(1, 1, 1, 1), strides=(1, 1)),
        node("BatchNormalization", ("conv", "by", "plus", "mu", "var"), "norm"),
        node("Relu", ("norm",), "maps"),
        output=("maps", (1, 1, "rows", "columns")),
        weights=weights,
    )


@pytest.mark.parametrize("order", [*permutations(["conv", "norm", "maps", None]), ["conv", "norm", None, "conv"]])
def test_what_a_layer_answers_does_not_depend_on_what_was_asked_before(normed, order):
    expected = {"conv": 1, "norm": 15, "maps": 15, None: 15}
    for layer in order:
        answer = OnnxFeatures(normed, layer, **PLAIN)(np.ones((16, 24, 3), np.float32))
        assert answer == pytest.approx(np.full((1, 16, 24), expected[layer]), abs=1e-3)


def test_sums_and_bends_are_not_mixed_into_the_layers_before_them(tmp_path):
    path = network(
        tmp_path / "sum.onnx",
        EDGES,
        node("Add", ("edges", "edges"), "twice"),
        node("Relu", ("twice",), "maps"),
        output=("maps", (1, 4, "rows", "columns")),
    )
    edges = convolved(IMAGE)
    expected = {"edges": edges, "twice": 2 * edges, None: np.maximum(2 * edges, 0)}
    for layer in (None, "edges", "twice", "edges", None):
        assert OnnxFeatures(path, layer, **PLAIN)(IMAGE) == pytest.approx(expected[layer], abs=1e-4)


def test_of_several_outputs_one_has_to_be_named(tmp_path):
    side = node("Relu", ("edges",), "side")
    path = network(tmp_path / "two.onnx", EDGES, BENT, MAPS, side, more=[("side", (1, 4, "rows", "columns"))])
    with pytest.raises(ValueError, match="has 2 outputs: expected a layer, such as one of: maps, side"):
        OnnxFeatures(path, **PLAIN)(IMAGE)
    assert OnnxFeatures(path, "maps", **PLAIN)(IMAGE).shape == (2, 12, 16)
    assert OnnxFeatures(path, "side", **PLAIN)(IMAGE) == pytest.approx(np.maximum(convolved(IMAGE), 0), abs=1e-4)


@pytest.mark.skipif(not hasattr(cv2.dnn, "ENGINE_NEW"), reason="OpenCV before 5 leaves the padding out")
def test_a_pool_that_counts_its_padding_counts_it_in_the_output(tmp_path):
    pool = node("AveragePool", ("picture",), "maps", kernel_shape=(3, 3), pads=(1, 1, 1, 1), strides=(1, 1),
                count_include_pad=1)  # fmt: skip
    path = network(tmp_path / "pool.onnx", pool, output=("maps", (1, 3, "rows", "columns")))
    answer = OnnxFeatures(path, **PLAIN)(np.ones((16, 24, 3), np.float32))
    assert answer[:, 0, 0] == pytest.approx(4 / 9, abs=1e-5)
    assert answer[:, 5, 5] == pytest.approx(1, abs=1e-5)


def test_the_network_sees_pixels_less_the_mean_times_the_scale_in_its_order_of_colours(tiny):
    mean, scale = (0.1, 0.2, 0.3), (2.0, 3.0, 4.0)
    seen = (IMAGE - np.array(mean, np.float32)) * np.array(scale, np.float32)
    for swap, picture in ((False, seen), (True, seen[:, :, ::-1])):
        channels = OnnxFeatures(tiny, "edges", mean=mean, scale=scale, swap_rb=swap)(IMAGE)
        assert channels == pytest.approx(convolved(picture), abs=1e-4)


def test_pictures_of_any_size_and_type_are_taken_one_after_the_other(tiny):
    features = OnnxFeatures(tiny, "edges", longer_side=40, **PLAIN)
    first = features(IMAGE)
    assert features(np.zeros((300, 600), np.uint8)).shape == (4, 10, 20)
    assert features(np.zeros((64, 10, 4))).shape == (4, 20, 3)
    assert np.array_equal(features(IMAGE), first)


def test_a_copy_in_another_process_carries_no_network(tiny):
    features = OnnxFeatures(tiny, **PLAIN)
    features(IMAGE)
    frozen = pickle.dumps(features)
    assert len(frozen) < 500
    assert pickle.loads(frozen) == features
    assert np.array_equal(pickle.loads(frozen)(IMAGE), features(IMAGE))


def test_a_file_that_changes_is_read_again(tmp_path, tiny):
    import os

    features = OnnxFeatures(tiny, **PLAIN)
    assert features(IMAGE).shape[0] == 2
    network(tiny, EDGES, output=("edges", (1, 4, "rows", "columns")))
    os.utime(tiny, ns=(1, 1))
    assert features(IMAGE).shape[0] == 4


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*none.onnx'"):
        OnnxFeatures(tmp_path / "none.onnx")(IMAGE)


def test_a_file_that_is_no_network_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "text.onnx").write_text("this is no network")
    with pytest.raises(ValueError, match=r"OpenCV cannot read '.*text.onnx' as a network") as refusal:
        OnnxFeatures(tmp_path / "text.onnx")(IMAGE)
    assert "\n" not in str(refusal.value)


def test_a_missing_layer_is_answered_with_those_that_are_there(tiny):
    with pytest.raises(ValueError, match=r"no layer 'conv9' in '.*tiny.onnx'; expected one of: .*edges.*bent.*maps"):
        OnnxFeatures(tiny, "conv9")(IMAGE)


def test_a_layer_that_gives_no_maps_is_refused(tmp_path):
    flat = node("Flatten", ("edges",), "flat")
    path = network(tmp_path / "flat.onnx", EDGES, flat, output=("flat", (1, "n")))
    with pytest.raises(
        ValueError, match=r"expected maps of shape \(1, n, rows, columns\) from the output, got \(1, 768"
    ):
        OnnxFeatures(path)(IMAGE)


@pytest.mark.parametrize("change", [{"longer_side": 1}, {"mean": (0.5, 0.5)}, {"scale": (1.0, 1.0, float("nan"))}])
def test_senseless_parameters_are_refused(change):
    with pytest.raises(ValueError, match="expected"):
        OnnxFeatures("any.onnx", **change)
