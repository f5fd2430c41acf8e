"""Scanpaths as events of pymovements."""

import numpy as np
import pytest
from exchanged import VIEWING, agree, path_lists, simple
from hypothesis import given, settings

from saliency.recordings.exchange import (
    from_pymovements,
    to_pymovements,
)

# ---- pymovements


@settings(deadline=None, max_examples=40)
@given(paths=path_lists(shortest=1))
def test_events_of_pymovements_go_round(paths):
    back = from_pymovements(to_pymovements(paths), VIEWING)
    assert len(back) == len(paths)
    for theirs, ours in zip(back, paths, strict=True):
        agree(theirs, ours, times=1e-15)


def test_events_are_a_row_a_fixation_in_milliseconds():
    events = to_pymovements([simple(), simple(subject="s2", onset=[np.nan] * 3)])
    assert events["name"] == ["fixation"] * 6
    assert events["onset"] == [200, 550, 950, None, None, None]
    assert events["offset"] == [450, 850, 1150, None, None, None]
    assert events["location"][1] == [90.5, 21.25]
    assert events["trial"] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("module", ["pandas", "polars"])
def test_events_in_a_frame_of_another_program_are_read(module):
    frame = pytest.importorskip(module).DataFrame(
        {
            "subject_id": [1, 1, 1, 2],
            "name": ["saccade", "fixation.ivt", "fixation.ivt", "fixation.ivt"],
            "onset": [0, 20, 120, 7],
            "offset": [20, 100, 200, 9],
            "location": [[0.0, 0.0], [1.0, 2.0], [3.0, 4.5], [5.0, 6.0]],
        }
    )
    first, second = from_pymovements(frame, VIEWING)
    agree(first, simple(x=[1, 3], y=[2, 4.5], onset=[0.02, 0.12], duration=[0.08, 0.08], subject="1", stimulus=""))
    assert (second.subject, second.x.tolist()) == ("2", [5])


def test_pymovements_takes_our_events():
    pymovements, polars = pytest.importorskip("pymovements"), pytest.importorskip("polars")
    paths = [simple(), simple(subject="s2", x=[1, 2, 3])]
    events = pymovements.Events(polars.DataFrame(to_pymovements(paths)), trial_columns=["image", "subject", "trial"])
    assert len(events.fixations) == 6
    for theirs, ours in zip(from_pymovements(events, VIEWING), paths, strict=True):
        agree(theirs, ours, times=1e-15)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"onset": None}, "expected a column onset, got image"),
        ({"location": None}, "expected a column location"),
        ({"location": [[1, 2], None, [3, 4]]}, "row 1: expected a place in pixels, got nan"),
        ({"location": [[1, 2], [1, 2, 3], [3, 4]]}, "row 1: expected a location of two numbers"),
        ({"onset": [200, 100, 300]}, "row 1: expected an onset not before"),
    ],
)
def test_wrong_events_are_refused_with_their_row(change, message):
    events = to_pymovements(simple()) | change
    with pytest.raises(ValueError, match=message):
        from_pymovements({name: column for name, column in events.items() if column is not None}, VIEWING)


def test_what_are_no_events_is_refused():
    with pytest.raises(TypeError, match="expected events of pymovements, a data frame or columns, got int"):
        from_pymovements(3, VIEWING)
