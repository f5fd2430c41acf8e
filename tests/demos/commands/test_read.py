"""`foveal read`, as a user types it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import main
from foveation import sample_pixels, write_image
from foveation.picture_files import read_pixels
from neural.reading.page import Page
from saliency import Scanpath

TEXT = "A page is read by a few words at a time.\nThe rest is only there, as a promise.\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("note.txt").write_text(TEXT, encoding="utf-8")
    write_image("page.png", Page.of_text(TEXT)[0].image)
    return tmp_path


def result_of(capsys, *arguments):
    assert main(["read", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence, and leave no file; give the sentence."""
    before = sorted(Path().iterdir())
    assert main(["read", *arguments]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert sorted(Path().iterdir()) == before
    return said.err


def test_without_a_name_a_figure_and_a_table_are_written(capsys):
    assert main(["read", "note.txt"]) == 0
    said = capsys.readouterr()
    assert "19 words in 2 lines" in said.out
    assert "letters to the degree" in said.out
    assert said.err == ""
    assert min(read_pixels("note.reading.png").shape[:2]) > 500
    path = Scanpath.read("note.reading.csv")
    with Path("note.reading.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(path) > 5
    assert {row["spelling"] for row in rows} <= set(TEXT.split())
    assert rows[-1]["line"] == "1"


def test_a_picture_is_read_as_its_text(capsys):
    text, picture = (result_of(capsys, name, "-o", "a.csv") for name in ("note.txt", "page.png"))
    assert (text["words"], text["lines"]) == (picture["words"], picture["lines"]) == (19, 2)
    assert picture["written"] == ["a.csv"]
    with Path("a.csv").open(newline="") as file:
        assert {row["spelling"] for row in csv.DictReader(file)} == {""}
    assert sum(picture["kinds"].values()) == picture["fixations"]
    assert 1 < picture["words_in_span"] < 6


def test_seeds_and_the_rate_count(capsys):
    first, again, other = (result_of(capsys, "note.txt", "-o", "a.csv", "--seed", seed) for seed in "113")
    assert first == again != other
    slow = result_of(capsys, "note.txt", "-o", "a.csv", "--words-per-minute", "100")
    assert slow["seconds"] > first["seconds"]


def test_figures_show_the_fixations_asked_for(capsys):
    heights = []
    for strips in ("1", "4"):
        result_of(capsys, "note.txt", "-o", "a.png", "--strips", strips, "--first", "2")
        heights.append(read_pixels("a.png").shape[0])
    assert heights[1] > heights[0] + 300
    assert "a fixation from 0 to" in refused(capsys, "note.txt", "-o", "b.png", "--first", "999")


def test_longer_texts_have_pages(capsys):
    Path("long.txt").write_text("\n".join(f"line number {k}" for k in range(45)))
    assert result_of(capsys, "long.txt", "-o", "a.csv", "--page", "3")["lines"] == 5
    assert "a page from 1 to 3, got 4" in refused(capsys, "long.txt", "--page", "4")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cat.png"], "found no text in the picture"),
        (["empty.txt"], "'empty.txt' is empty: expected text with at least one word"),
        (["latin.txt"], "is not text in the encoding utf-8 (byte 3)"),
        (["note.txt", "--encoding", "klingon"], "there is no encoding 'klingon'"),
        (["none.txt"], "there is no file 'none.txt'"),
        (["note.doc"], "expected a picture (.png"),
        (["note.txt", "-o", "a.doc"], "cannot write 'a.doc'"),
        (["note.txt", "--columns", "0"], "--columns: expected columns, a whole number from 1 to 500, got '0'"),
        (["note.txt", "--strips", "0"], "--strips: expected strips, a whole number from 1 to 100, got '0'"),
        (
            ["note.txt", "--words-per-minute", "9999"],
            "expected words a minute above 0 and up to 2000, got '9999'",
        ),
        (["note.txt", "--ppd", "900"], "too small to be told apart"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(capsys, arguments, sentence):
    write_image("cat.png", sample_pixels("chelsea"))
    Path("empty.txt").write_text("")
    Path("note.doc").write_text(TEXT)
    Path("latin.txt").write_bytes("caf\xe9".encode("latin-1"))
    assert sentence in refused(capsys, *arguments)


def test_a_language_needs_its_list(capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "wordfreq", None)
    assert "need wordfreq" in refused(capsys, "note.txt", "--language", "en", code=1)


def test_drawing_shows_only_what_the_span_lets_through():
    from matplotlib.figure import Figure

    from foveation import Viewing
    from neural.figures import draw_reading, draw_span
    from neural.reading.reader import Reader
    from neural.reading.statistics import span_of

    page = Page.of_text(TEXT)[0]
    reading = Reader().read(page, Viewing.from_pixels_per_degree(36, page.shape), rng=0)
    x, line = float(reading.path.x[2]), int(reading.line[2])
    shown = np.asarray(draw_span(reading, 2, ax=Figure().add_subplot()).images[0].get_array())[..., 0]
    left, right = span_of(page, x)
    band = slice(*np.rint(page.line_y[line] + np.array([-0.3, 0.3]) * page.line_px).astype(int))
    inside = shown[band, max(0, int(left) + 2) : int(right) - 2]
    outside = shown[band, int(right) + 3 :]
    assert inside.min() < 0.4  # ink
    assert outside.min() > 0.85
    ax = draw_reading(reading, ax=Figure().add_subplot())
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == len(reading.path)
