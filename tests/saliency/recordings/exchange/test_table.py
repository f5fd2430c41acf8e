"""Scanpaths as tables."""

from dataclasses import replace

import numpy as np
import pytest
from exchanged import VIEWING, agree, path_lists, simple
from hypothesis import given, settings
from hypothesis import strategies as st

from saliency.recordings.exchange import (
    read_table,
    write_table,
)

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
