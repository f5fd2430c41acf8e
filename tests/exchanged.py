"""Scanpaths that go to files of other tools and back."""

import numpy as np
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath

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
