"""Scanpaths to and from other tools: the ending tells the format, and what is wrong is said."""

import csv

import numpy as np
import pytest
from exchanged import VIEWING, simple

from saliency.recordings.exchange import (
    read_scanpaths,
    write_coco_search,
    write_scanpaths,
)

# ---- all of them


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.npz", "a.h5", "a.json", "a.asc", "folder"])
def test_the_ending_tells_the_format(tmp_path, name):
    if name == "a.h5":
        pytest.importorskip("h5py")
    write_scanpaths([simple()], tmp_path / name)
    path = read_scanpaths(tmp_path / name, VIEWING)[0]
    np.testing.assert_allclose(path.places, simple().places, rtol=0, atol=0.0501)


def test_the_format_can_be_named(tmp_path):
    write_scanpaths([simple(), simple()], tmp_path / "a.tsv", "table")
    assert read_scanpaths(tmp_path / "a.tsv", format="table") == [simple(), simple()]
    with (tmp_path / "a.tsv").open(newline="") as file:
        assert next(csv.reader(file, delimiter="\t"))[:3] == ["image", "subject", "index"]


def test_options_reach_the_format(tmp_path):
    write_scanpaths(simple(subject="1"), tmp_path / "a.json", task="cup")
    assert read_scanpaths(tmp_path / "a.json", VIEWING, task="bowl") == []


@pytest.mark.parametrize("call", [write_scanpaths, read_scanpaths])
def test_unknown_formats_and_endings_are_refused(tmp_path, call):
    start = ([simple()],) if call is write_scanpaths else ()
    with pytest.raises(ValueError, match=r"ends in \.csv, \.tsv, .*, or a format: table, multimatch"):
        call(*start, tmp_path / "a.doc")
    with pytest.raises(ValueError, match="there is no format 'edf'; expected one of: table"):
        call(*start, tmp_path / "a.csv", format="edf")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.npz", "a.json", "a.asc", "folder"])
def test_a_missing_file_is_missing(tmp_path, name):
    with pytest.raises(FileNotFoundError, match="there is no"):
        read_scanpaths(tmp_path / name, VIEWING)


@pytest.mark.parametrize("name", ["a.tsv", "a.npz", "a.json", "a.asc"])
def test_what_does_not_tell_the_geometry_asks_for_it(tmp_path, name):
    write_scanpaths([simple()], tmp_path / name)
    with pytest.raises(ValueError, match=f"{name}' does not tell the size of the screen in cm"):
        read_scanpaths(tmp_path / name)


def test_what_is_no_path_is_refused(tmp_path):
    with pytest.raises(TypeError, match="expected scanpaths, got int"):
        write_scanpaths([3], tmp_path / "a.csv")
    with pytest.raises(ValueError, match="there is no path to write"):
        write_scanpaths([], tmp_path / "a.csv")


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path):
    write_coco_search(simple(), tmp_path / "a.json")
    before = (tmp_path / "a.json").read_bytes()
    with pytest.raises(TypeError):
        write_coco_search(simple(), tmp_path / "a.json", facts=[{"bbox": {1, 2}}])
    assert (tmp_path / "a.json").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
