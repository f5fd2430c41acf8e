"""Scanpaths as a BIDS data set."""

import gzip
import json

import numpy as np
import pytest
from exchanged import VIEWING, agree, path_lists, simple
from hypothesis import given, settings

from saliency.recordings.exchange import (
    read_bids,
    write_bids,
)

# ---- BIDS


@settings(deadline=None, max_examples=8)
@given(paths=path_lists())
def test_a_bids_data_set_goes_round(tmp_path_factory, paths):
    folder = tmp_path_factory.mktemp("b") / "set"
    write_bids(paths, folder, rate=60)
    back = read_bids(folder)
    names = sorted({path.subject for path in paths}, key=lambda name: "".join(filter(str.isalnum, name)))
    for theirs, ours in zip(back, sorted(paths, key=lambda path: names.index(path.subject)), strict=True):
        agree(theirs, ours, times=1e-12)
        assert (theirs.start, theirs.watched) == (ours.start, ours.watched)
        np.testing.assert_allclose(theirs.viewing.screen_cm, VIEWING.screen_cm, rtol=0, atol=1e-12)


def test_the_files_have_the_keys_that_the_specification_requires(tmp_path):
    write_bids(simple(), tmp_path / "set", task="look", rate=100)
    run = tmp_path / "set" / "sub-s1" / "beh" / "sub-s1_task-look_run-1"
    physio, events, screen = (
        json.loads(run.with_name(run.name + ending).read_text())
        for ending in ("_recording-eye1_physio.json", "_recording-eye1_physioevents.json", "_events.json")
    )
    assert {"PhysioType", "Columns", "SamplingFrequency", "StartTime", "RecordedEye"} <= set(physio)
    assert physio["SampleCoordinateSystem"] == "gaze-on-screen"
    assert physio["Columns"] == ["timestamp", "x_coordinate", "y_coordinate"]
    assert physio["x_coordinate"]["Units"] == "pixel"
    assert events["OnsetSource"] == "timestamp"
    assert screen["StimulusPresentation"] == {
        "ScreenDistance": 0.6,
        "ScreenOrigin": ["top", "left"],
        "ScreenResolution": [640, 480],
        "ScreenSize": [0.32, 0.24],
    }
    samples = gzip.decompress(run.with_name(run.name + "_recording-eye1_physio.tsv.gz").read_bytes()).decode()
    assert samples.splitlines()[0].split("\t") == ["0.0", "5.0", "6.0"]
    assert len(samples.splitlines()) == 115
    rows = gzip.decompress(run.with_name(run.name + "_recording-eye1_physioevents.tsv.gz").read_bytes()).decode()
    kinds = [row.split("\t")[2] for row in rows.splitlines()]
    assert kinds == ["saccade", "fixation", "saccade", "fixation", "saccade", "fixation"]
    assert [row.split("\t") for row in rows.splitlines()][3] == ["0.55", "0.3", "fixation", "90.5", "21.25"]


def recorded(root):
    """Make a data set as a tracker's would be: a clock of its own in milliseconds, no places, two pictures in a run."""
    beside = root / "sub-01" / "beh"
    beside.mkdir(parents=True)
    stem = "sub-01_task-view_run-1"
    shared = {"Columns": ["timestamp", "x_coordinate", "y_coordinate"], "SamplingFrequency": 100, "StartTime": 0}
    (root / "task-view_physio.json").write_text(json.dumps(shared | {"timestamp": {"Units": "ms"}}))
    (beside / f"{stem}_recording-eye1_physio.json").write_text('{"StartTime": 1.0}')
    events = {"Columns": ["onset", "duration", "trial_type"], "OnsetSource": "timestamp"}
    (root / "task-view_physioevents.json").write_text(json.dumps(events))
    screen = {"ScreenDistance": 0.6, "ScreenResolution": [640, 480], "ScreenSize": [0.32, 0.24]}
    (root / "task-view_events.json").write_text(json.dumps({"StimulusPresentation": screen}))
    (beside / f"{stem}_events.tsv").write_text("onset\tduration\tstim_file\n1.1\t0.5\ta.png\n1.7\t0.3\tb.png\n")
    samples = [f"{7000 + 10 * k}\t{k if k != 25 else 'n/a'}\t{2 * k}" for k in range(101)]
    (beside / f"{stem}_recording-eye1_physio.tsv.gz").write_bytes(gzip.compress("\n".join(samples).encode()))
    rows = ["7000\t200\tfixation", "7201\t18\tsaccade", "7220\t100\tfixation", "7750\t200\tfixation"]
    (beside / f"{stem}_recording-eye1_physioevents.tsv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    return beside / f"{stem}_recording-eye1_physioevents.tsv.gz"


def test_a_recorded_data_set_is_read_by_its_clock_and_its_samples(tmp_path):
    recorded(tmp_path)
    first, second = read_bids(tmp_path)
    assert (first.stimulus, first.subject, first.watched, first.viewing) == ("a.png", "01", 0.5, VIEWING)
    assert (first.onset.tolist(), first.duration.tolist()) == ([0.12], [0.1])
    assert first.x == pytest.approx(np.mean([k for k in range(22, 33) if k != 25]))
    assert first.start == (10, 20)  # the mean of the samples of the fixation that was under way
    assert (second.stimulus, second.onset.tolist(), second.start) == ("b.png", [0.05], (70, 140))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"7000\t200\n", "row 1: expected 3 cells, got 2"),
        (b"7000\t200\tfixation\n7300\tlong\tfixation\n", "row 2: expected a number for duration, got 'long'"),
        (b"9990\t200\tfixation\n7200\t5\tfixation", None),
        (b"7300\t200\tfixation\n7200\t5\tfixation", "row 2: expected an onset not before"),
    ],
)
def test_wrong_rows_of_events_are_refused(tmp_path, content, message):
    recorded(tmp_path).write_bytes(gzip.compress(content))
    if message is None:  # an event outside all pictures belongs to no path
        assert [len(path) for path in read_bids(tmp_path)] == [1, 0]
        return
    with pytest.raises(ValueError, match=message):
        read_bids(tmp_path)


def test_a_data_set_is_refused_where_it_is_damaged(tmp_path):
    events = recorded(tmp_path)
    whole = events.read_bytes()
    events.write_bytes(whole[:-9])
    with pytest.raises(ValueError, match="cannot be unpacked"):
        read_bids(tmp_path)
    events.write_bytes(whole)
    (tmp_path / "task-view_events.json").write_text("{}")
    with pytest.raises(ValueError, match="expected ScreenSize, ScreenResolution and ScreenDistance"):
        read_bids(tmp_path)
    assert len(read_bids(tmp_path, VIEWING)) == 2
    (tmp_path / "task-view_physioevents.json").write_text("{}")
    with pytest.raises(ValueError, match=r"expected Columns in its \.json file"):
        read_bids(tmp_path)
    (tmp_path / "task-view_physioevents.json").write_text('{"Columns": ')
    with pytest.raises(ValueError, match="is not JSON, or only a part of it"):
        read_bids(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no"):
        read_bids(tmp_path, recording="eye2")


def test_observers_with_names_alike_have_their_own_label(tmp_path):
    paths = [simple(subject=name) for name in ("a-1", "a1", "é")]
    write_bids(paths, tmp_path / "set", rate=20)
    assert {path.subject for path in read_bids(tmp_path / "set")} == {"a-1", "a1", "é"}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"onset": [0.1, np.nan, 0.3]}, {}, r"path 0 \(picture 'a.png', observer 's1'\): expected all onsets"),
        ({"onset": [-0.1, 0.2, 0.3]}, {}, "expected onsets from 0 s up, got -0.1 s"),
        ({"watched": 0}, {}, "expected a positive time watched"),
        ({}, {"task": "free view"}, "expected a task of letters and digits"),
        ({}, {"rate": 0}, "expected a positive rate"),
    ],
)
def test_what_bids_cannot_hold_is_refused(tmp_path, change, options, message):
    with pytest.raises(ValueError, match=message):
        write_bids(simple(**change), tmp_path / "set", **options)


def test_a_folder_that_holds_something_is_not_written_to(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(FileExistsError, match="it is not an empty folder"):
        write_bids(simple(), tmp_path)
