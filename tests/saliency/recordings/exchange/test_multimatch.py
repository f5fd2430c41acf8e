"""Scanpaths as files of multimatch-gaze."""

import numpy as np
import pytest
from exchanged import VIEWING, agree, path_lists, simple
from hypothesis import given, settings

from saliency.recordings.exchange import (
    read_multimatch,
    write_multimatch,
)

# ---- multimatch


@settings(deadline=None, max_examples=40)
@given(paths=path_lists())
def test_a_multimatch_file_goes_round(tmp_path_factory, paths):
    file = tmp_path_factory.mktemp("m") / "a.tsv"
    write_multimatch(paths[0], file)
    names = {"stimulus": paths[0].stimulus, "subject": paths[0].subject}
    agree(read_multimatch(file, VIEWING, **names)[0], paths[0], onsets=False)


def test_multimatch_gaze_takes_our_files(tmp_path):
    multimatch_gaze = pytest.importorskip("multimatch_gaze")
    write_multimatch(simple(), tmp_path / "a.tsv")
    write_multimatch(simple(duration=[0.5, 0.6, 0.4]), tmp_path / "b.tsv")
    a, b = (np.genfromtxt(tmp_path / name, names=True, delimiter="\t").view(np.recarray) for name in ("a.tsv", "b.tsv"))
    np.testing.assert_allclose(multimatch_gaze.docomparison(a, b, screensize=[640, 480]), [1, 1, 1, 1, 0.5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty: expected text"),
        ("x\ty\tduration\n1\t2\t3\n", "expected columns start_x, start_y, duration, got x, y, duration"),
        ("start_x\tstart_y\tduration\n1\t2\n", "row 2: expected 3 cells, got 2"),
        ("start_x\tstart_y\tduration\n1\t2\t3\nnan\t2\t3\n", "row 3: expected a place in pixels"),
        ("start_x\tstart_y\tduration\n1\ttwo\t3\n", "row 2: expected a number for start_y, got 'two'"),
    ],
)
def test_a_wrong_multimatch_file_is_refused(tmp_path, text, message):
    (tmp_path / "a.tsv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_multimatch(tmp_path / "a.tsv", VIEWING)


def test_a_multimatch_file_holds_one_path(tmp_path):
    with pytest.raises(ValueError, match="holds one path, got 2"):
        write_multimatch([simple(), simple()], tmp_path / "a.tsv")
    with pytest.raises(ValueError, match="expected all durations to be known"):
        write_multimatch(simple(duration=[np.nan] * 3), tmp_path / "a.tsv")
