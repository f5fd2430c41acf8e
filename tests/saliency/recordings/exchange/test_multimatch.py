import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath
from saliency.recordings.exchange import (
    read_multimatch,
    write_multimatch,
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
        ("", "expected columns start_x, start_y, duration, got none"),
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
