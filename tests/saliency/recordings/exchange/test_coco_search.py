"""Scanpaths as trials of COCO-Search18."""

import json

import numpy as np
import pytest
from exchanged import VIEWING, agree, path_lists, simple
from hypothesis import given, settings

from saliency.recordings.exchange import (
    read_coco_search,
    write_coco_search,
)

# ---- COCO-Search18


@settings(deadline=None, max_examples=40)
@given(paths=path_lists(subjects=("3", "12")))
def test_trials_of_coco_search_go_round(tmp_path_factory, paths):
    file = tmp_path_factory.mktemp("c") / "a.json"
    write_coco_search(paths, file)
    for theirs, ours in zip(read_coco_search(file, VIEWING), paths, strict=True):
        agree(theirs, ours, times=0.000501, onsets=False)


def test_a_trial_has_their_fields(tmp_path):
    facts = [{"bbox": [1, 2, 30, 40], "fixOnTarget": True}, {"correct": 0, "RT": 700}]
    paths = [simple(subject="zoe"), simple(subject="4")]
    write_coco_search(paths, tmp_path / "a.json", task="cup", condition="present", split="train", facts=facts)
    first, second = json.loads((tmp_path / "a.json").read_text())
    assert first == {
        "name": "a.png",
        "subject": 1,
        "task": "cup",
        "condition": "present",
        "X": [10, 90.5, 30.25],
        "Y": [20, 21.25, 40],
        "T": [250, 300, 200],
        "length": 3,
        "correct": 1,
        "RT": 1150,
        "split": "train",
        "bbox": [1, 2, 30, 40],
        "fixOnTarget": True,
    }
    assert (second["subject"], second["correct"], second["RT"]) == (4, 0, 700)


def test_trials_are_chosen_and_their_forced_fixation_is_the_start(tmp_path):
    paths = [simple(subject="1"), simple(subject="2")]
    write_coco_search(paths, tmp_path / "a.json", facts=[{"task": "cup"}, {"task": "sink", "split": "valid"}])
    assert [path.subject for path in read_coco_search(tmp_path / "a.json", VIEWING, task="sink")] == ["2"]
    chosen = read_coco_search(tmp_path / "a.json", VIEWING, split="valid", first=1)
    assert (len(chosen), chosen[0].start, chosen[0].x.tolist()) == (1, (10, 20), [90.5, 30.25])


TRIAL = {"name": "a", "subject": 1, "X": [1, 2], "Y": [1, 2], "T": [100, 200], "length": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"name": "a", ', "is not JSON, or only a part of it"),
        ('{"format": "foveal scanpath 1"}', "expected a list of trials, got dict"),
        ("[3]", "trial 1: expected a trial with named fields, got int"),
        ([TRIAL, {"name": "a"}], "trial 2: expected the fields name, subject, X, Y and T, there is no subject"),
        ([TRIAL | {"X": [1]}], "trial 1: expected X, Y and T alike, got 1, 2 and 2, and length 2"),
        ([TRIAL | {"length": 3}], "trial 1: expected X, Y and T alike"),
        ([TRIAL | {"X": [1, None]}], "trial 1, fixation 2: expected a place in pixels|expected lists of numbers"),
        ([TRIAL | {"X": "ab"}], "trial 1: expected lists of numbers for X, Y and T"),
        ([TRIAL | {"T": [1, -2]}], "trial 1, fixation 2: expected a duration from 0 up"),
    ],
)
def test_wrong_trials_are_refused_with_their_number(tmp_path, content, message):
    (tmp_path / "a.json").write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ValueError, match=message):
        read_coco_search(tmp_path / "a.json", VIEWING)


def test_trials_need_durations_and_facts_for_each(tmp_path):
    with pytest.raises(ValueError, match=r"path 0 .*: expected all durations to be known"):
        write_coco_search(simple(duration=[np.nan] * 3), tmp_path / "a.json")
    with pytest.raises(ValueError, match="expected facts for each of the 1 paths, got 2"):
        write_coco_search(simple(), tmp_path / "a.json", facts=[{}, {}])
