"""A network of a user's own, written here byte by byte, against the same convolution by NumPy."""

import pickle

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
