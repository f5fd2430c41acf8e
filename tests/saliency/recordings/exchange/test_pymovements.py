import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath
from saliency.recordings.exchange import (
    from_pymovements,
    to_pymovements,
)

VIEWING = Viewing(screen_px=(640, 480), screen_cm=(32.0, 24.0), distance_cm=60.0)


@st.composite
def path_lists(draw, shortest=0, subjects=("s1", "anna b", "7")):
    """Draw paths whose fixations follow each other with time to fly."""
    paths = []
    for _ in range(draw(st.integers(1, 4))):
        n = draw(st.integers(shortest, 5))

        def series(low, high, n=n):
            return np.array(draw(st.lists(st.floats(low, high, width=32), min_size=n, max_size=n)), np.float64)

        duration, gap = series(0.0625, 0.5), series(0.0625, 0.125)
        onset = np.cumsum(gap) + np.cumsum(np.append(0, duration))[:n]
        paths.append(
            Scanpath(
                x=series(0, 639),
                y=series(0, 479),
                onset=onset,
                duration=duration,
                viewing=VIEWING,
                start=(draw(st.floats(0, 639)), draw(st.floats(0, 479))),
                watched=float(onset[-1] + duration[-1]) if n else 0.25,
                stimulus=draw(st.sampled_from(["a.png", "b c.png"])),
                subject=draw(st.sampled_from(subjects)),
            )
        )
    return paths


def simple(**change):
    series = {"x": [10, 90.5, 30.25], "y": [20, 21.25, 40], "onset": [0.2, 0.55, 0.95], "duration": [0.25, 0.3, 0.2]}
    return Scanpath(
        **{
            **series,
            "viewing": VIEWING,
            "watched": 1.15,
            "stimulus": "a.png",
            "subject": "s1",
            "start": (5, 6),
            **change,
        }
    )


def agree(theirs, ours, *, places=0.0, times=0.0, onsets=True):
    assert (theirs.stimulus, theirs.subject, len(theirs)) == (ours.stimulus, ours.subject, len(ours))
    np.testing.assert_allclose(theirs.places, ours.places, rtol=0, atol=places)
    np.testing.assert_allclose(theirs.duration, ours.duration, rtol=0, atol=times)
    expected = ours.onset if onsets else np.full(len(ours), np.nan)
    np.testing.assert_allclose(theirs.onset, expected, rtol=0, atol=times)


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
