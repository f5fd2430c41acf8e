"""Scanpaths as an EyeLink recording."""

import numpy as np
import pytest
from exchanged import VIEWING, agree, path_lists, simple
from hypothesis import given, settings

from saliency.recordings.exchange import (
    read_asc,
    write_asc,
)

# ---- EyeLink


@settings(deadline=None, max_examples=40)
@given(paths=path_lists(subjects=("anna b",)))
def test_a_recording_goes_round_to_a_tenth_of_a_pixel_and_a_millisecond(tmp_path_factory, paths):
    file = tmp_path_factory.mktemp("e") / "a.asc"
    write_asc(paths, file)
    back = read_asc(file, VIEWING)
    for theirs, ours in zip(back, paths, strict=True):
        agree(theirs, ours, places=0.0501, times=0.000501)
        np.testing.assert_allclose(theirs.start, ours.start, rtol=0, atol=0.0501)
        assert theirs.watched == pytest.approx(ours.watched, abs=0.0015)


RECORDING = """** CONVERTED FROM somebody.edf
MSG	100 DISPLAY_COORDS 0 0 639 479
MSG	200 TRIALID 1
START	210 	LEFT	RIGHT	SAMPLES	EVENTS
MSG	211 !MODE RECORD CR 1000 2 1 LR
210	  100.0	  100.0	  900.0	...
SFIX L   212
EFIX L   212	320	109	  100.5	  101.5	    900
EFIX R   212	318	107	  102.5	  103.5	    900
MSG	300 SYNCTIME
SSACC R  319
SBLINK R 330
EBLINK R 330	340	11
ESACC R  319	349	31	 102.5	 103.5	   .	   .	    .	      0
EFIX L   345	460	116	  200.5	  201.5	    900
EFIX R   350	459	110	  202.5	  203.5	    900
END	500 	SAMPLES	EVENTS	RES	  20.0	  20.0
MSG	510 !V TRIAL_VAR image my photo.png
MSG	600 TRIALID 2
START	610 	LEFT	RIGHT	SAMPLES	EVENTS
EFIX R   620	700	81	  302.5	  303.5	    900
END	800 	SAMPLES	EVENTS	RES	  20.0	  20.0
"""


def test_a_recording_of_a_tracker_is_read(tmp_path):
    (tmp_path / "s7.asc").write_text(RECORDING)
    first, second = read_asc(tmp_path / "s7.asc", VIEWING)
    assert (first.stimulus, first.subject, first.start, first.watched) == ("my photo.png", "s7", (102.5, 103.5), 0.2)
    assert (first.x.tolist(), first.onset.tolist(), first.duration.tolist()) == ([202.5], [0.05], [0.11])
    assert (second.stimulus, second.onset.tolist(), second.start) == ("2", [0.01], VIEWING.centre)


def test_the_other_eye_and_another_message_can_be_chosen(tmp_path):
    (tmp_path / "s7.asc").write_text(
        RECORDING.replace("TRIALID 2", "TRIALID 2\nMSG\t605 !MODE").replace("EFIX R", "EFIX L", 9)
    )
    (tmp_path / "s8.asc").write_text(RECORDING.split("MSG\t600")[0])
    left = read_asc(tmp_path / "s8.asc", VIEWING, eye="L", start="!MODE", subject="anna")[0]
    assert (left.x.tolist(), left.onset.round(3).tolist(), left.subject) == ([100.5, 200.5], [0.001, 0.134], "anna")
    assert read_asc(tmp_path / "s7.asc", VIEWING)[1].x.tolist() == [302.5]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (("350\t459\t110\t  202.5\t  203.5\t    900", "350\t459\t110"), {}, "row 16: expected EFIX, eye, start, end"),
        (("  202.5", "    ."), {}, r"row 16: expected a number, got '\.'"),
        (("END\t800", "ENDS\t800"), {}, "ends within the trial that begins in row 19: it has no END"),
        (
            ("0 0 639 479", "0 0 1919 1079"),
            {},
            r"row 3: its screen has \(1920, 1080\) pixels, the viewing \(640, 480\)",
        ),
        (("0 0 639 479", "0 0 639"), {}, "row 2: expected left, top, right and bottom"),
        (("", ""), {"start": "SYNCTIME"}, "the trial that begins in row 19 has no message 'SYNCTIME'"),
        (("", ""), {"eye": "L"}, "the trial that begins in row 19 has no eye 'L'"),
        (("", ""), {"eye": "left"}, "expected eye 'L' or 'R'"),
    ],
)
def test_a_wrong_recording_is_refused_with_its_row(tmp_path, change, options, message):
    (tmp_path / "a.asc").write_text(RECORDING.replace(*change) if change[0] else RECORDING)
    with pytest.raises(ValueError, match=message):
        read_asc(tmp_path / "a.asc", VIEWING, **options)


def test_a_recording_is_of_one_observer(tmp_path):
    with pytest.raises(ValueError, match="the recording of one observer, got s1, s2"):
        write_asc([simple(), simple(subject="s2")], tmp_path / "a.asc")
    with pytest.raises(ValueError, match="expected names of one line"):
        write_asc(simple(stimulus="two\nlines"), tmp_path / "a.asc")
    assert not list(tmp_path.iterdir())
