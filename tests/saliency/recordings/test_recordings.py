"""Recorded fixations: what is read, what is left out, and what is said about it."""

import numpy as np
import pytest

from foveation import Viewing, write_image
from saliency.measures.fixations import fixation_density
from saliency.recordings.recordings import Recordings

TABLE = """image,subject,index,x,y,t_ms,duration_ms,inside
b.png,s2,0,10,20,100,250,1
a.png,s1,0,3.4,2.6,,200,1
a.png,s1,1,39.4,29.4,300,,1
a.png,s2,0,-3,2,0,100,0
a.png,s2,1,5,5,150,80,0
a.png,s2,2,,,230,90,1
gone.png,s1,0,1,1,0,1,1
"""
SIZES = {"a.png": (30, 40), "b.png": (60, 50), "c.png": (20, 20)}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name, shape in SIZES.items():
        write_image(tmp_path / "images" / name, np.full((*shape, 3), 128, np.uint8))
    (tmp_path / "fixations.csv").write_text(TABLE)
    return tmp_path


def told(folder, text, **reading):
    """Read the folder with another table."""
    (folder / "fixations.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return Recordings.read(folder, **reading)


def many(folder, n=7):
    rng = np.random.default_rng(0)
    rows = ["image,subject,x,y"]
    for k in range(n):
        write_image(folder / "images" / f"p{k}.png", np.full((20 + k, 30, 3), 90, np.uint8))
        rows += [f"p{k}.png,s{s},{x:.2f},{y:.2f}" for s in range(3) for x, y in rng.random((4, 2)) * (29, 19)]
    return told(folder, "\n".join(rows))


def test_a_folder_is_read(folder):
    recordings = Recordings.read(folder)
    assert list(recordings) == ["a.png", "b.png"]
    assert len(recordings) == 2
    assert recordings.places("a.png").tolist() == [[3.4, 2.6], [39.4, 29.4]]
    assert recordings.places("a.png", "s2").shape == (0, 2)
    assert recordings.places("b.png", "s2").tolist() == [[10, 20]]
    assert recordings.subjects("a.png") == ["s1", "s2"]
    assert recordings.shape("b.png") == (60, 50)
    assert recordings.pixels("a.png").shape == (30, 40, 3)
    assert repr(recordings) == "Recordings(2 pictures, 2 observers, 6 fixations)"


def test_order_and_times_are_kept_of_all_fixations(folder):
    rows = Recordings.read(folder).fixations("a.png")
    assert rows.subject.tolist() == ["s1", "s1", "s2", "s2", "s2"]
    assert rows.index.tolist() == [0, 1, 0, 1, 2]
    assert rows.inside.tolist() == [True, True, False, False, False]
    np.testing.assert_array_equal(rows.onset_s, [np.nan, 0.3, 0, 0.15, 0.23])
    np.testing.assert_array_equal(rows.duration_s, [0.2, np.nan, 0.1, 0.08, 0.09])


def test_pictures_without_fixations_and_fixations_without_pictures_are_named(folder):
    recordings = Recordings.read(folder)
    assert recordings.unfixated == ("c.png",)
    assert recordings.missing == {"gone.png": 1}
    assert recordings.remarks() == [
        "without fixations: c.png",
        "1 fixations on pictures that are not there: gone.png",
        "1 fixations without a place (x or y is blank) do not count",
    ]


def test_the_first_fixations_can_be_left_out(folder):
    recordings = Recordings.read(folder, first=1)
    assert list(recordings) == ["a.png"]
    assert recordings.places("a.png").tolist() == [[39.4, 29.4]]
    assert recordings.unfixated == ("b.png", "c.png")


@pytest.mark.parametrize(
    "text",
    [
        "filename,observer,X,Y\na.png,s1,3,4\n",
        "stimulus;participant;fix_x;fix_y\na.png;s1;3,0;4\n",
        "picture\tsubj\tCURRENT_FIX_X\tCURRENT_FIX_Y\na.png\ts1\t3\t4\n",
        "Image, Subject ,x,y\r\nimages/a.png,s1,3,4\r\n\r\n",
        'image,subject,x,y\n"C:\\study\\a.png",s1,3,4',
        "image,subject,x,y\na,s1,3,4\n",
        b"\xef\xbb\xbfimage,subject,x,y\na.png,s1,3,4\n",
        "image\tsubject\tx\ty\na.png\ts1\t3\t4\n".encode("utf-16"),
        "image,subject,x,y\na.png,s1,3,4\na.png,s1,.,NA\n",
    ],
)
def test_the_usual_tables_are_understood(folder, text):
    recordings = told(folder, text)
    assert recordings.places("a.png", "s1").tolist() == [[3, 4]]


def test_times_are_read_in_their_unit(folder):
    for title, cells, expected in (
        ("duration_s", "0.2", 0.2),
        ("duration_ms", "200", 0.2),
        ("duration", "200", 0.2),
        ("duration", "0.2", 0.2),
        ("CURRENT_FIX_DURATION", "200", 0.2),
    ):
        rows = told(folder, f"image,x,y,{title}\na.png,1,1,{cells}\n").fixations("a.png")
        assert rows.duration_s[0] == expected
    assert told(folder, "image,x,y,onset_s\na.png,1,1,0.3\n").fixations("a.png").onset_s[0] == 0.3


def test_without_an_index_the_rows_are_counted(folder):
    text = "image,subject,x,y\na.png,u,1,1\na.png,v,2,2\na.png,u,3,3\nb.png,u,4,4\n"
    assert told(folder, text).fixations("a.png").index.tolist() == [0, 0, 1]
    assert told(folder, text, first=1).places("a.png").tolist() == [[3, 3]]


def test_pictures_may_lie_in_the_folder_itself_and_the_table_have_another_name(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((9, 9), np.uint8))
    (tmp_path / "eyes.tsv").write_text("image\tx\ty\na.png\t1\t2\n")
    recordings = Recordings.read(tmp_path)
    assert recordings.places("a.png").tolist() == [[1, 2]]
    assert recordings.subjects("a.png") == [""]
    (tmp_path / "more.csv").write_text("image,x,y\na.png,5,6\n")
    with pytest.raises(FileNotFoundError, match=r"no 'fixations.csv' in .*: it has eyes.tsv, more.csv"):
        Recordings.read(tmp_path)
    assert Recordings.read(tmp_path, fixations=tmp_path / "more.csv").places("a.png").tolist() == [[5, 6]]


def test_sizes_can_be_told(folder):
    (folder / "images.csv").write_text("image,width,height\na.png,40,30\nb.png,50,61\n")
    recordings = Recordings.read(folder)
    assert recordings.shape("b.png") == (61, 50)
    assert recordings.pixels("a.png").shape[:2] == (30, 40)
    with pytest.raises(ValueError, match=r"'images.csv' says that 'b.png' has 50 x 61 pixels; it has 50 x 60"):
        recordings.pixels("b.png")
    (folder / "images.csv").write_text("image,width,height\na.png,40,wide\n")
    with pytest.raises(ValueError, match=r"images.csv', row 2: expected width and height as whole numbers"):
        Recordings.read(folder)


def test_fixations_elsewhere_are_scaled_to_the_picture(folder):
    recordings = Recordings.read(folder)
    np.testing.assert_allclose(recordings.elsewhere("a.png"), [[(10.5) * 40 / 50 - 0.5, 20.5 * 30 / 60 - 0.5]])
    assert len(recordings.elsewhere("b.png")) == 2
    corner = told(folder, "image,x,y\na.png,39.499999999,29.499999999\nb.png,1,1\n")
    assert corner.elsewhere("b.png").shape == (1, 2)


def test_the_centre_bias_is_that_of_the_other_pictures(folder):
    recordings = many(folder)
    without = recordings.density((24, 32), without="p3.png", sigma=4)
    others = recordings.select([name for name in recordings if name != "p3.png"]).density((24, 32), sigma=4)
    np.testing.assert_array_equal(without, others)
    assert without.sum() == pytest.approx(1)
    assert np.abs(without - recordings.density((24, 32), sigma=4)).max() > 1e-5
    assert without.min() >= 0.01 / (24 * 32)
    pooled = np.concatenate([recordings.select(["p0.png"]).places("p0.png")])
    even = recordings.select(["p0.png"]).density((20, 30), sigma=3)
    np.testing.assert_allclose(even, 0.99 * fixation_density(pooled, (20, 30), sigma=3) + 0.01 / 600)


def test_more_fixations_give_a_finer_centre_bias(folder):
    recordings = many(folder)
    few = recordings.select(["p0.png", "p1.png"])
    assert recordings.density((24, 32)).max() > recordings.density((24, 32), sigma=12).max()
    assert few.density((24, 32)).sum() == pytest.approx(1)


def test_folds_part_the_pictures(folder):
    recordings = many(folder)
    folds = recordings.folds(3, rng=0)
    held_out = [name for _, part in folds for name in part]
    assert sorted(held_out) == list(recordings)
    for rest, part in folds:
        assert sorted([*rest, *part]) == list(recordings)
        assert len(part) in (2, 3)
    assert [list(part) for _, part in folds] == [list(part) for _, part in recordings.folds(3, rng=0)]
    assert [list(part) for _, part in folds] != [list(part) for _, part in recordings.folds(3, rng=1)]
    first, second = recordings.halves(rng=np.random.default_rng(2))
    assert sorted([*first, *second]) == list(recordings)
    assert {len(first), len(second)} == {3, 4}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("image,x\na.png,1\n", r"fixations.csv': expected a column for y \(y, fix_y, .*\), got image, x"),
        ("", "is empty: expected text"),
        ("image,x,y\na.png,1,2\n\na.png,one,2\n", r"fixations.csv', row 4: expected a number for x, got 'one'"),
        ("image,x,y\na.png,1,inf\n", "row 2: expected a finite number for y, got 'inf'"),
        ("image,x,y\na.png,1\n", "row 2: expected 3 cells, got 2"),
        ("image,x,y\n,1,2\n", "row 2: expected the name of a picture, got a blank"),
        ("image,x,y\nz.png,1,2\n", r"no picture in .* has fixations in 'fixations.csv'; it tells of z.png"),
        ("image,x,y\na.png,,\n", "no picture in .* has fixations"),
        (b"image,x,y\n\xe4.png,1,2\n", "is not text in the encoding utf-8"),
    ],
)
def test_a_bad_table_is_answered_with_file_and_row(folder, text, sentence):
    with pytest.raises(ValueError, match=sentence):
        told(folder, text)


def test_bad_folders_and_names_are_answered_in_words(folder, tmp_path):
    recordings = Recordings.read(folder)
    with pytest.raises(NotADirectoryError, match="expected a folder of pictures and fixations, there is none at"):
        Recordings.read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no picture 'z.png' with fixations; there are a.png, b.png"):
        recordings.places("z.png")
    with pytest.raises(ValueError, match=r"no observer 's9' of 'a.png'; there are s1, s2"):
        recordings.places("a.png", "s9")
    with pytest.raises(ValueError, match="expected from 2 to 2 folds of 2 pictures, got 3"):
        recordings.folds(3, rng=0)
    with pytest.raises(ValueError, match="fixations on other pictures to take the centre bias from, got none"):
        recordings.select(["a.png"]).density((30, 40), without="a.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="it has no table at all"):
        Recordings.read(tmp_path / "empty")
    (tmp_path / "empty" / "fixations.csv").write_text("image,x,y\na.png,1,1\n")
    with pytest.raises(ValueError, match="there is no picture in"):
        Recordings.read(tmp_path / "empty")


HERE = Viewing.from_pixels_per_degree(10, (30, 40))


def test_rows_that_repeat_another_one_count_once_and_are_told(folder):
    text = "image,subject,index,x,y,dur\na.png,u,0,1,1,200\na.png,u,1,2,2,\na.png,u,1,2,2,\na.png,v,0,1,1,200\n"
    recordings = told(folder, text + "a.png,u,0,1,1,200\n")
    assert recordings.fixations("a.png").row.tolist() == [2, 3, 5]
    assert recordings.remarks()[-1].startswith("2 rows repeat another one")
    assert [len(path) for path in recordings.scanpaths("a.png", HERE)] == [2, 1]
    nobody = told(folder, "image,x,y\na.png,1,1\na.png,1,1\n")
    assert len(nobody.places("a.png")) == 2
    assert nobody.repeated == 0


def test_rows_in_any_order_give_the_same_paths(folder):
    rows = [f"a.png,{who},{k},{k + shift},{k},{200 * k}" for who, shift in (("u", 0), ("v", 9)) for k in range(8)]
    paths = []
    for order in (range(16), np.random.default_rng(1).permutation(16)):
        text = "\n".join(["image,subject,index,x,y,t_ms", *(rows[k] for k in order)])
        paths.append(told(folder, text).scanpaths("a.png", HERE))
    assert paths[0] == paths[1]
    assert paths[0][1].x.tolist() == list(range(9, 17))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("u,0,1,1,0 u,1,2,2,9 u,1,2,3,9", r"rows 3 and 4: two fixations with index 1 of observer 'u' on 'a.png'"),
        ("u,1,1,1,5 v,1,1,1,5 u,0,1,1,9", r"rows 2 and 4: the fixation with index 1 of observer 'u' on 'a.png' begins"),
    ],
)
def test_rows_that_contradict_each_other_are_named(folder, rows, sentence):
    text = "\n".join(["image,subject,index,x,y,t_ms", *(f"a.png,{row}" for row in rows.split())])
    recordings = told(folder, text)
    with pytest.raises(ValueError, match=f"fixations.csv', {sentence}"):
        recordings.scanpaths("a.png", HERE)
    assert len(recordings.places("a.png")) == 3  # a map does not ask for the order


def test_column_names_of_different_programs_may_be_mixed(folder):
    text = (
        "Stimulus,RECORDING_SESSION_LABEL,Current Fix Index,fix_x,Y,CURRENT_FIX_START,duration_s\na.png,u,1,3,4,5,.2\n"
    )
    path = told(folder, text).scanpaths("a.png", HERE)[0]
    assert (path[0].x, path[0].y, path[0].onset, path[0].duration, path.subject) == (3, 4, 0.005, 0.2, "u")
