"""`foveal evaluate --scanpaths`, as a user types it."""

import csv
import json

import numpy as np
import pytest

from demos.__main__ import main
from foveation import write_image


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Four pictures with two bright bars, between which three observers look to and fro."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = ["image,subject,index,x,y,duration_ms"]
    (tmp_path / "eyes" / "images").mkdir(parents=True)
    for k in range(4):
        picture = np.full((60, 80, 3), 90, np.uint8)
        bars = rng.integers((12, 12), (68, 48), (2, 2))
        for x, y in bars:
            picture[y - 5 : y + 6, x - 2 : x + 3] = 250
        write_image(tmp_path / "eyes" / "images" / f"p{k}.png", picture)
        for subject in "uvw":
            at = np.clip(rng.normal(bars[np.arange(8) % 2], 2), 0, 59)
            rows += [f"p{k}.png,{subject},{i},{a:.1f},{b:.1f},{rng.integers(100, 400)}" for i, (a, b) in enumerate(at)]
    (tmp_path / "eyes" / "fixations.csv").write_text("\n".join(rows))
    return tmp_path


def result_of(capsys, *arguments):
    assert main(["evaluate", "eyes", "--ppd", "5", "--paths", "2", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_tables_are_printed_with_floor_ceiling_and_protocol(capsys):
    assert main(["evaluate", "eyes", "--scanpaths", "--ppd", "5", "--paths", "2"]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0] == "eyes: 4 pictures with fixations; the screen is as given, 5 px/deg"
    assert lines[2].split("  ")[-1].strip() == "inter-observer"
    assert "free_viewing" in lines[2]
    for words in ("Information gain over centre bias", "ScanMatch, 50 ms", "Wasserstein-1 of turning angle"):
        assert words in captured.out
    assert "Paths: 2 for each picture, seen as long as people" in captured.out
    assert captured.err == ""


def test_each_observer_looks_at_each_map(capsys):
    result = result_of(capsys, "--observers", "free_viewing,itti1998", "--model", "itti,centre", "--limit", "2")
    assert [row["model"] for row in result["rows"]][3:-1] == [
        "free_viewing, itti",
        "free_viewing, centre",
        "itti1998, itti",
        "itti1998, centre",
    ]
    assert result["pictures"] == ["p0.png", "p2.png"]
    assert result["failures"] == []
    assert result["rows"][3]["information_gain"] > result["rows"][4]["information_gain"]
    assert result["rows"][5]["information_gain"] is None
    assert any("No durations of their own" in sentence for sentence in result["protocol"])


def test_workers_and_seeds_do_what_they_should(capsys):
    results = []
    for more in (["--workers", "2"], [], ["--seed", "1"]):
        result = result_of(capsys, "--observer", "free_viewing", "--model", "itti", *more)
        results.append([{name: row[name] for name in row if name != "milliseconds"} for row in result["rows"]])
    assert results[0] == results[1]
    assert results[1] != results[2]


def test_tables_and_figures_are_written(folder, capsys):
    arguments = ["-o", "all.csv", "--per-picture", "each.csv", "--figure", "report.svg", "--duration", "1.5"]
    result = result_of(capsys, "--scanpaths", "--model", "itti", *arguments)
    assert result["written"] == ["all.csv", "each.csv", "report.svg", "report.free_viewing--itti.svg"]
    with open("all.csv", newline="") as file:  # noqa: PTH123
        rows = list(csv.DictReader(file))
    with open("each.csv", newline="") as file:  # noqa: PTH123
        each = list(csv.DictReader(file))
    assert float(rows[3]["scanmatch"]) == pytest.approx(result["rows"][3]["scanmatch"])
    assert len(each) == 5 * 4
    report, statistics = ((folder / name).read_text() for name in result["written"][2:])
    assert ">Conditional AUC<" in report
    assert "seen 1.5 s" in report
    assert ">Eye movements on eyes: people and free_viewing, itti<" in statistics


def test_an_observer_learns_from_one_half_and_is_scored_on_the_other(capsys):
    learned = result_of(capsys, "--scanpaths", "--model", "itti", "--halves", "--observer", "free_viewing,typical")
    assert len(learned["pictures"]) == 2
    assert learned["failures"] == []
    assert learned["rows"][3]["information_gain"] != learned["rows"][4]["information_gain"]  # typical stays so
    assert main(["evaluate", "eyes", "--scanpaths", "--model", "itti", "--ppd", "5", "--paths", "1", "--halves"]) == 0
    assert "observers learned from one half of the pictures and are scored on the other" in capsys.readouterr().out


def test_bad_rows_and_pictures_are_named_and_the_rest_is_done(folder, capsys):
    (folder / "eyes" / "images" / "p0.png").write_bytes(b"no picture")
    with (folder / "eyes" / "fixations.csv").open("a") as file:
        file.write("\np1.png,u,3,1,1,100\nz.png,u,1,1,1,1\np3.png,u,9,,4,100\n")
        file.write("p2.png,w,9,70,50,100\np2.png,w,9,70,50,100\n")
    assert main(["evaluate", "eyes", "--scanpaths", "--ppd", "5", "--paths", "2", "--model", "itti"]) == 0
    said = capsys.readouterr().out
    assert "note: 1 fixations on pictures that are not there: z.png" in said
    assert "note: 1 fixations without a place" in said
    assert "note: 1 rows repeat another one" in said
    assert "reading failed on 'p0.png'" in said
    assert "reading failed on 'p1.png': 'eyes/fixations.csv', rows 29 and 98: two fixations with index 3" in said
    assert "2 pictures, 6 paths of people" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--observers", "nobody"], "there is no preset 'nobody'"),
        (["--scanpaths", "--sigma-px", "4"], "--sigma-px does nothing here: expected it without --scanpaths"),
        (["--halves"], "--halves does nothing here: expected it with --scanpaths or --observers"),
        (["--scanpaths", "--paths", "0"], "--paths: expected paths, a whole number from 1 to 1000, got '0'"),
        (["--scanpaths", "--duration", "0"], "--duration: expected seconds above 0 and up to 3600, got '0'"),
        (["--scanpaths", "--models", "iti"], "there is no model 'iti'"),
    ],
)
def test_bad_use_is_answered_in_one_sentence(capsys, arguments, sentence):
    assert main(["evaluate", "eyes", *arguments]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("foveal: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1
