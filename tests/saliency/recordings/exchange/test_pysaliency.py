"""Scanpaths as arrays of pysaliency."""

import json
import sys
import warnings

import numpy as np
import pytest
from exchanged import VIEWING, agree, path_lists, simple
from hypothesis import given, settings

from saliency.recordings.exchange import (
    read_pysaliency,
    write_pysaliency,
)

# ---- pysaliency


@pytest.mark.parametrize("ending", [".npz", ".hdf5"])
def test_arrays_of_pysaliency_go_round(tmp_path_factory, ending):
    if ending == ".hdf5":
        pytest.importorskip("h5py")

    @settings(deadline=None, max_examples=25)
    @given(paths=path_lists())
    def go_round(paths):
        file = tmp_path_factory.mktemp("p") / f"a{ending}"
        if not any(map(len, paths)):
            with pytest.raises(ValueError, match="at least one fixation"):
                write_pysaliency(paths, file)
            return
        write_pysaliency(paths, file)
        back = read_pysaliency(file, VIEWING)
        assert len(back) == len(paths)
        for theirs, ours in zip(back, paths, strict=True):
            agree(theirs, ours, places=1e-12 * 640)

    go_round()


def test_the_whole_part_of_their_coordinate_is_our_nearest_pixel(tmp_path):
    write_pysaliency(simple(x=[10.49, 10.51, 0]), tmp_path / "a.npz")
    stored = np.load(tmp_path / "a.npz")
    assert stored["train_xs"][0].astype(int).tolist() == [10, 11, 0]


def test_the_file_has_the_layout_of_their_fixation_trains(tmp_path):
    h5py = pytest.importorskip("h5py")
    write_pysaliency([simple(), simple(subject="s0")[:1]], tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        told = {name: bytes(value).decode() for name, value in file.attrs.items()}
        assert (told["type"], told["version"], told["__attributes__"]) == ("FixationTrains", "1.2", "[]")
        assert file["train_ts"][:].shape == (2, 3)
        assert np.isnan(file["train_xs"][1, 1:]).all()
        assert (file["train_ns"][:].tolist(), file["train_subjects"][:].tolist()) == ([0, 0], [1, 0])
        assert json.loads(file["scanpath_fixation_attributes"].attrs["__attributes__"]) == ["durations"]
        assert file["scanpath_fixation_attributes/durations"][0].tolist() == [0.25, 0.3, 0.2]


def test_pysaliency_reads_our_file(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it imports
        try:
            import pysaliency
        except (ImportError, AttributeError):
            pytest.skip("pysaliency cannot be imported")
        pytest.importorskip("h5py")
        write_pysaliency([simple(), simple(subject="s2")[:1]], tmp_path / "a.hdf5")
        theirs = pysaliency.read_hdf5(str(tmp_path / "a.hdf5"))
    assert theirs.x_int.tolist() == [10, 91, 30, 10]
    assert theirs.duration.tolist() == [0.25, 0.3, 0.2, 0.25]


def test_their_newer_kind_of_file_is_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.attrs["type"] = np.bytes_("ScanpathFixations")
        group = file.create_group("scanpaths")
        group["xs"], group["ys"] = [[10.5, 91.0], [1.5, np.nan]], [[20.5, 21.75], [2.5, np.nan]]
        group["n"], group["length"] = [1, 0], [2, 1]
        group["fixation_attributes/ts"] = [[0.2, 0.55], [0.1, np.nan]]
        group["scanpath_attributes/subject"] = [4, 5]
    first, second = read_pysaliency(tmp_path / "a.hdf5", VIEWING, images=["z", "a.png"])
    assert (first.x.tolist(), first.stimulus, first.subject) == ([10, 90.5], "a.png", "4")
    assert (second.x.tolist(), second.stimulus, np.isnan(second.duration).all()) == ([1], "z", True)


def npz(**change):
    arrays = {
        "train_xs": np.array([[1, 2.0]]),
        "train_ys": np.array([[1, 2.0]]),
        "train_ts": np.array([[0, 0.3]]),
        "train_ns": np.array([0]),
        "image_names": np.array(["a"]),
    } | change
    return {name: array for name, array in arrays.items() if array is not None}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (npz(train_xs=None), "there is no train_xs"),
        (npz(train_ys=np.ones((1, 3))), r"expected arrays \(paths, fixations\) alike, got train_ys \(1, 3\)"),
        (npz(train_ys=np.array([[1, np.nan]])), "path 0, fixation 1: expected a place in pixels"),
        (npz(train_ts=np.array([[1, 0.5]])), "path 0, fixation 1: expected an onset not before"),
        (npz(train_ns=np.array([3])), "path 0: expected the number of a picture from 0 to 0, got 3"),
        (npz(train_ns=np.array(["x", None])), "is no pysaliency file, or it is damaged"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_pysaliency(tmp_path / "a.npz", VIEWING)


def test_damaged_files_of_pysaliency_are_refused(tmp_path):
    pytest.importorskip("h5py")
    for name, message in (("a.hdf5", "cannot be read as a file of pysaliency"), ("a.npz", "is no pysaliency file")):
        write_pysaliency(simple(), tmp_path / name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-200])
        with pytest.raises(ValueError, match=message):
            read_pysaliency(tmp_path / name, VIEWING)


def test_another_hdf5_file_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["type"] = np.bytes_("Stimuli")
    with pytest.raises(ValueError, match="expected FixationTrains or ScanpathFixations of pysaliency, got Stimuli"):
        read_pysaliency(tmp_path / "a.h5", VIEWING)


def test_without_h5py_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="h5py is needed: pip install h5py"):
        write_pysaliency(simple(), tmp_path / "a.hdf5")
    assert not list(tmp_path.iterdir())
