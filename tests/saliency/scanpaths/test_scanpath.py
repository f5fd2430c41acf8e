"""Scanpaths: what they hold, and files without loss."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath

VIEWING = Viewing.from_pixels_per_degree(20, (480, 640))
number = st.floats(0, 1e4)


@st.composite
def paths(draw):
    n = draw(st.integers(0, 6))
    numbers = [draw(st.lists(number, min_size=n, max_size=n)) for _ in range(4)]
    maybe = st.lists(st.one_of(number, st.just(float("nan"))), min_size=n, max_size=n)
    return Scanpath(
        x=np.array(numbers[0]),
        y=np.array(numbers[1]),
        onset=np.sort(np.array(numbers[2])),
        duration=np.array(numbers[3]),
        latency=np.array(draw(maybe)),
        score=np.array(draw(maybe)),
        viewing=Viewing(
            screen_px=(640, 480), screen_cm=(draw(st.floats(1, 99)), 24.1), distance_cm=draw(st.floats(1, 99))
        ),
        start=(draw(number), 3.0),
        watched=draw(number),
        stimulus=draw(st.sampled_from(["", "a.png", 'we,ird "name"\nof two lines', "été"])),
        subject=draw(st.sampled_from(["", "s01"])),
        ended=draw(st.sampled_from(["time", "no winner"])),
    )


@pytest.mark.parametrize("ending", [".csv", ".json"])
@settings(max_examples=60, deadline=None)
@given(path=paths())
def test_files_lose_nothing(tmp_path_factory, ending, path):
    file = tmp_path_factory.mktemp("path") / f"a{ending}"
    path.write(file)
    assert Scanpath.read(file) == path


def simple(**change):
    series = {"x": [10, 90.5], "y": [20, 20], "onset": [0.2, 0.55], "duration": [0.25, 0.3]}
    return Scanpath(**{**series, "viewing": VIEWING, "watched": 1.0, "stimulus": "a.png", **change})


def test_the_table_has_a_row_a_fixation_with_units_in_the_names(tmp_path):
    table = simple().table()
    assert {len(column) for column in table.values()} == {2}
    assert (table["index"], table["x"], table["onset_ms"], table["duration_ms"]) == (
        [0, 1],
        [10, 90.5],
        [200, 550],
        [250, 300],
    )
    simple().write(tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [row["onset_ms"] for row in rows] == ["200", "550"]
    assert rows[0]["latency_ms"] == ""
    assert (rows[0]["image"], rows[0]["distance_cm"], rows[0]["picture_width_px"]) == ("a.png", "60.0", "640")


def test_the_start_is_no_fixation():
    path = simple(start=(1, 2))
    assert (len(path), path.start, path[0].x) == (2, (1.0, 2.0), 10.0)
    assert simple().start == VIEWING.centre


def test_slices_are_paths_and_items_are_fixations():
    path = simple()
    assert path[1:] == simple(x=[90.5], y=[20], onset=[0.55], duration=[0.3])
    assert [fixation.duration for fixation in path] == [0.25, 0.3]
    assert path[-1].onset == 0.55
    assert path != simple(subject="other")
    assert path.places.tolist() == [[10, 20], [90.5, 20]]
    assert path.amplitudes_deg == pytest.approx(VIEWING.angle_deg((10, 20), (90.5, 20)))
    with pytest.raises(IndexError):
        path[2]


def test_series_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        simple().x[0] = 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": [1]}, "series of equal length"),
        ({"x": [1, np.nan]}, "finite places"),
        ({"onset": [1, 0.5]}, "onsets that ascend"),
    ],
)
def test_what_is_no_path_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        simple(**change)


def test_unknown_times_are_allowed():
    assert np.isnan(simple(onset=[np.nan, np.nan]).onset).all()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "is empty: expected text"),
        ("a.csv", "image,x,y\na,1,2\n", "'subject' is missing"),
        ("a.json", "{", "is not JSON, or only a part of it"),
        ("a.json", "[" * 99_999, "is not JSON, or only a part of it: it is nested too deeply"),
        ("a.json", json.dumps({"format": "other"}), "expected the format"),
        ("a.txt", "", r"ends in \.csv or \.json"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        Scanpath.read(tmp_path / name)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        Scanpath.read(tmp_path / "a.csv")


def test_a_table_that_went_through_a_spreadsheet_is_read(tmp_path):
    simple().write(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "a.csv").read_bytes().replace(b"\n", b"\r\n"))
    assert Scanpath.read(tmp_path / "b.csv") == simple()


def test_two_observers_in_one_table_are_not_one_path(tmp_path):
    simple(subject="s1").write(tmp_path / "a.csv")
    simple(subject="s2").write(tmp_path / "b.csv")
    second = (tmp_path / "b.csv").read_text().splitlines()[1:]
    with (tmp_path / "a.csv").open("a") as file:
        file.write("\n".join(second) + "\n")
    with pytest.raises(ValueError, match="one observer on one picture"):
        Scanpath.read(tmp_path / "a.csv")
