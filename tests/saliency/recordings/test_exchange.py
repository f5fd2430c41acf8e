"""Scanpaths to and from other tools: what goes round, what is lost, and what is said of files that are wrong."""

import csv
import gzip
import json
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing
from saliency import Scanpath
from saliency.recordings.exchange import (
    from_pymovements,
    read_asc,
    read_bids,
    read_coco_search,
    read_multimatch,
    read_pysaliency,
    read_scanpaths,
    read_table,
    to_pymovements,
    write_asc,
    write_bids,
    write_coco_search,
    write_multimatch,
    write_pysaliency,
    write_scanpaths,
    write_table,
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


# ---- the table


@settings(deadline=None, max_examples=40)
@given(paths=path_lists(), ending=st.sampled_from([".csv", ".tsv", ".txt"]))
def test_a_table_loses_nothing(tmp_path_factory, paths, ending):
    file = tmp_path_factory.mktemp("t") / f"a{ending}"
    write_table(paths, file)
    assert read_table(file) == paths


def test_a_table_keeps_unknown_times_scores_and_why_a_path_ended(tmp_path):
    paths = [
        simple(onset=[np.nan] * 3, score=[1, 0.5, np.nan], latency=[0.1, 0.123456789, 0.2], ended="no winner"),
        simple(stimulus='two, "words"'),
    ]
    write_table(paths, tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv") == paths


def test_the_same_observer_may_see_the_same_picture_again(tmp_path):
    paths = [simple(), simple(), simple(x=[1, 2, 3])]
    write_table(paths, tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv") == paths


def test_the_rows_of_a_table_may_be_mixed(tmp_path):
    paths = [simple(subject="s1"), simple(subject="s2", x=[1, 2, 3])]
    write_table(paths, tmp_path / "a.csv")
    titles, *rows = (tmp_path / "a.csv").read_text().splitlines()
    mixed = [rows[k] for k in (3, 0, 5, 2, 1, 4)]
    (tmp_path / "b.csv").write_text("\n".join([titles, *mixed]) + "\n")
    assert read_table(tmp_path / "b.csv") == paths[::-1]


def test_a_table_of_another_program_is_read(tmp_path):
    text = (
        "RECORDING_SESSION_LABEL;image;CURRENT_FIX_INDEX;CURRENT_FIX_X;CURRENT_FIX_Y;CURRENT_FIX_START;"
        "CURRENT_FIX_DURATION\nanna;a.png;2;3,5;4;300;200\nanna;a.png;1;1;2;0;250\nben;a.png;1;9;9;10;.\n"
    )
    (tmp_path / "a.csv").write_text(text)
    anna, ben = read_table(tmp_path / "a.csv", VIEWING)
    agree(anna, simple(x=[1, 3.5], y=[2, 4], onset=[0, 0.3], duration=[0.25, 0.2], subject="anna"))
    assert (ben.subject, np.isnan(ben.duration).all(), anna.watched) == ("ben", True, 0.5)
    without_cross = read_table(tmp_path / "a.csv", VIEWING, first=1)[0]
    assert (without_cross.x.tolist(), without_cross.start) == ([3.5], (1, 2))


def test_fixations_left_out_of_our_own_table_give_the_start(tmp_path):
    write_table(simple(), tmp_path / "a.csv")
    path = read_table(tmp_path / "a.csv", first=2)[0]
    assert (path.x.tolist(), path.start) == ([30.25], (90.5, 21.25))


def test_a_screen_that_is_given_replaces_that_of_the_table(tmp_path):
    write_table([simple(), simple(stimulus="b.png")], tmp_path / "a.csv")
    near = replace(VIEWING, distance_cm=30)
    paths = read_table(tmp_path / "a.csv", lambda name: near if name == "b.png" else VIEWING)
    assert [path.viewing.distance_cm for path in paths] == [60, 30]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n1,2\n", "a.csv': expected a column for image"),
        ("image,x,y\n", "there is no row"),
        ("image,x,y\na,1\n", "row 2: expected 3 cells, got 2"),
        ("image,x,y\na,1,2\na,one,2\n", "row 3: expected a number for x, got 'one'"),
        ("image,x,y\na,1,2\na,,2\n", "row 3: expected a place in pixels, got nan and 2"),
        ("image,x,y,duration_ms\na,1,2,30\na,1,2,-4\n", "row 3: expected a duration from 0 up"),
        ("image,x,y,t_ms\na,1,2,30\na,1,2,20\n", "row 3: expected an onset not before"),
        ("image,x,y,index\na,1,2,0\na,1,2,1\na,1,2,1\n", "row 4: fixation 1 of '' on 'a' is there twice"),
        ("image,x,y,index\na,1,2,0\na,1,2,0\na,1,2,1\n", "row 3: fixation 0 of '' on 'a' is there twice"),
        ("image,x,y,index\na,1,2,0\na,1,2,\n", "row 3: expected the number of the fixation"),
    ],
)
def test_a_wrong_table_is_refused_with_its_row(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / "a.csv", VIEWING)


def test_our_own_table_is_refused_where_it_is_damaged(tmp_path):
    file = tmp_path / "a.csv"
    write_table([simple(), simple(subject="s2")], file)
    whole = file.read_text()
    for change, message in (
        (whole.replace("a.png,s1,1,90.5", "a.png,s1,1,"), "rows 2 to 4: expected finite places"),
        (
            whole.replace("a.png,s1,1,90.5", "a.png,s1,0,90.5"),
            "row 4: fixation 2 of 's1' on 'a.png' is there twice or out of order",
        ),
        (whole[:-2] + "9\n", "row 7: expected the same start_x"),
        (whole[:-40], "row 7: expected 18 cells"),
        (whole.replace(",550,", ",five,"), "row 3: expected a number for onset_ms, got 'five'"),
        (whole.replace(",60.0", ",far"), "rows 2 to 4: could not convert"),
    ):
        assert change != whole
        file.write_text(change)
        with pytest.raises(ValueError, match=message):
            read_table(file)


def test_a_table_without_geometry_asks_for_it(tmp_path):
    (tmp_path / "a.csv").write_text("image,x,y\na,1,2\n")
    with pytest.raises(ValueError, match="does not tell the size of the screen"):
        read_table(tmp_path / "a.csv")


def test_pandas_and_polars_read_a_path():
    path = simple(score=[1, 0.5, np.nan])
    for module in ("pandas", "polars"):
        frame = pytest.importorskip(module).DataFrame(path.table())
        assert frame.shape == (3, 18)
        assert list(frame["x"]) == path.x.tolist()
        assert list(frame["onset_ms"]) == [200, 550, 950]


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


# ---- pysaliency


@pytest.mark.parametrize("ending", [".npz", ".hdf5"])
def test_arrays_of_pysaliency_go_round(tmp_path_factory, ending):
    if ending == ".hdf5":
        pytest.importorskip("h5py")

    @settings(deadline=None, max_examples=25)
    @given(paths=path_lists())
    def go_round(paths):
        file = tmp_path_factory.mktemp("p") / f"a{ending}"
        if not any(map(len, paths)):
            with pytest.raises(ValueError, match="at least one fixation"):
                write_pysaliency(paths, file)
            return
        write_pysaliency(paths, file)
        back = read_pysaliency(file, VIEWING)
        assert len(back) == len(paths)
        for theirs, ours in zip(back, paths, strict=True):
            agree(theirs, ours, places=1e-12 * 640)

    go_round()


def test_the_whole_part_of_their_coordinate_is_our_nearest_pixel(tmp_path):
    write_pysaliency(simple(x=[10.49, 10.51, 0]), tmp_path / "a.npz")
    stored = np.load(tmp_path / "a.npz")
    assert stored["train_xs"][0].astype(int).tolist() == [10, 11, 0]


def test_the_file_has_the_layout_of_their_fixation_trains(tmp_path):
    h5py = pytest.importorskip("h5py")
    write_pysaliency([simple(), simple(subject="s0")[:1]], tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        told = {name: bytes(value).decode() for name, value in file.attrs.items()}
        assert (told["type"], told["version"], told["__attributes__"]) == ("FixationTrains", "1.2", "[]")
        assert file["train_ts"][:].shape == (2, 3)
        assert np.isnan(file["train_xs"][1, 1:]).all()
        assert (file["train_ns"][:].tolist(), file["train_subjects"][:].tolist()) == ([0, 0], [1, 0])
        assert json.loads(file["scanpath_fixation_attributes"].attrs["__attributes__"]) == ["durations"]
        assert file["scanpath_fixation_attributes/durations"][0].tolist() == [0.25, 0.3, 0.2]


def test_pysaliency_reads_our_file(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it imports
        try:
            import pysaliency
        except (ImportError, AttributeError):
            pytest.skip("pysaliency cannot be imported")
        pytest.importorskip("h5py")
        write_pysaliency([simple(), simple(subject="s2")[:1]], tmp_path / "a.hdf5")
        theirs = pysaliency.read_hdf5(str(tmp_path / "a.hdf5"))
    assert theirs.x_int.tolist() == [10, 91, 30, 10]
    assert theirs.duration.tolist() == [0.25, 0.3, 0.2, 0.25]


def test_their_newer_kind_of_file_is_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.attrs["type"] = np.bytes_("ScanpathFixations")
        group = file.create_group("scanpaths")
        group["xs"], group["ys"] = [[10.5, 91.0], [1.5, np.nan]], [[20.5, 21.75], [2.5, np.nan]]
        group["n"], group["length"] = [1, 0], [2, 1]
        group["fixation_attributes/ts"] = [[0.2, 0.55], [0.1, np.nan]]
        group["scanpath_attributes/subject"] = [4, 5]
    first, second = read_pysaliency(tmp_path / "a.hdf5", VIEWING, images=["z", "a.png"])
    assert (first.x.tolist(), first.stimulus, first.subject) == ([10, 90.5], "a.png", "4")
    assert (second.x.tolist(), second.stimulus, np.isnan(second.duration).all()) == ([1], "z", True)


def npz(**change):
    arrays = {
        "train_xs": np.array([[1, 2.0]]),
        "train_ys": np.array([[1, 2.0]]),
        "train_ts": np.array([[0, 0.3]]),
        "train_ns": np.array([0]),
        "image_names": np.array(["a"]),
    } | change
    return {name: array for name, array in arrays.items() if array is not None}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (npz(train_xs=None), "there is no train_xs"),
        (npz(train_ys=np.ones((1, 3))), r"expected arrays \(paths, fixations\) alike, got train_ys \(1, 3\)"),
        (npz(train_ys=np.array([[1, np.nan]])), "path 0, fixation 1: expected a place in pixels"),
        (npz(train_ts=np.array([[1, 0.5]])), "path 0, fixation 1: expected an onset not before"),
        (npz(train_ns=np.array([3])), "path 0: expected the number of a picture from 0 to 0, got 3"),
        (npz(train_ns=np.array(["x", None])), "is no pysaliency file, or it is damaged"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_pysaliency(tmp_path / "a.npz", VIEWING)


def test_damaged_files_of_pysaliency_are_refused(tmp_path):
    pytest.importorskip("h5py")
    for name, message in (("a.hdf5", "cannot be read as a file of pysaliency"), ("a.npz", "is no pysaliency file")):
        write_pysaliency(simple(), tmp_path / name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-200])
        with pytest.raises(ValueError, match=message):
            read_pysaliency(tmp_path / name, VIEWING)


def test_another_hdf5_file_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["type"] = np.bytes_("Stimuli")
    with pytest.raises(ValueError, match="expected FixationTrains or ScanpathFixations of pysaliency, got Stimuli"):
        read_pysaliency(tmp_path / "a.h5", VIEWING)


def test_without_h5py_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="h5py is needed: pip install h5py"):
        write_pysaliency(simple(), tmp_path / "a.hdf5")
    assert not list(tmp_path.iterdir())


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
