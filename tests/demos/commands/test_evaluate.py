"""`foveal evaluate`, as a user types it."""

import csv
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import main
from foveation import write_image
from saliency import MODELS


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Four pictures with a bright bar and three observers each; one picture nobody saw."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = ["image,subject,index,x,y"]
    (tmp_path / "eyes" / "images").mkdir(parents=True)
    for k in range(5):
        picture = np.full((60, 80, 3), 90, np.uint8)
        x, y = (int(v) for v in rng.integers((12, 12), (68, 48)))
        picture[y - 5 : y + 6, x - 2 : x + 3] = 250
        write_image(tmp_path / "eyes" / "images" / f"p{k}.png", picture)
        if k < 4:
            for subject in "uvw":
                rows += [f"p{k}.png,{subject},0,39.5,29.5"]
                at = np.clip(rng.normal((x, y), 3, (4, 2)), 0, 59)
                rows += [f"p{k}.png,{subject},{i},{a:.1f},{b:.1f}" for i, (a, b) in enumerate(at, start=1)]
    (tmp_path / "eyes" / "fixations.csv").write_text("\n".join(rows))
    return tmp_path


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence; give the sentence."""
    assert main(["evaluate", *arguments]) == code
    said = capsys.readouterr()
    assert not said.out
    assert said.err.startswith("foveal: ")
    assert said.err.count("\n") == 1
    return said.err


def test_the_table_is_printed(capsys):
    assert main(["evaluate", "eyes", "--sigma-px", "4"]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0] == "eyes: 4 pictures with fixations; a fixation spreads 4 px, as given"
    assert lines[1] == "note: without fixations: p4.png"
    assert [line.split()[0] for line in lines[4:8]] == ["centre", "readout", "itti", "inter-observer"]
    assert "means over 4 pictures, 60 fixations" in lines[8]
    assert captured.err == ""


def test_a_degree_is_taken_from_the_viewing(capsys):
    assert main(["evaluate", "eyes", "--ppd", "5", "--limit", "2"]) == 0
    said = capsys.readouterr().out
    assert "spreads 5 px, one degree, as given, 5 px/deg" in said
    assert "means over 2 pictures" in said
    assert main(["evaluate", "eyes", "--limit", "1"]) == 0
    assert "assumed (change it by --screen, --distance or --ppd)" in capsys.readouterr().out


def test_the_first_fixations_are_left_out(capsys):
    assert main(["evaluate", "eyes", "--sigma-px", "4", "--first", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fixations"] == 48


def test_several_models_are_compared(capsys):
    assert main(["evaluate", "eyes", "--sigma-px", "4", "--models", "itti,itti1998", "--json", "--seed", "3"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in result["rows"]] == ["centre bias", "itti", "itti1998", "inter-observer"]
    assert result["rows"][1]["nss"] > result["rows"][0]["nss"]
    assert result["rows"][1]["information_gain"] is None
    assert result["seed"] == 3
    assert result["notes"] == ["without fixations: p4.png"]
    assert result["pictures"] == ["p0.png", "p1.png", "p2.png", "p3.png"]


def test_the_tables_are_written(capsys):
    arguments = ["--models", "itti", "--sigma-px", "4", "-o", "all.csv", "-o", "all.json", "--per-picture", "each.csv"]
    assert main(["evaluate", "eyes", *arguments]) == 0
    assert "written      each.csv" in capsys.readouterr().out
    with open("all.csv", newline="") as file:  # noqa: PTH123
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == ["centre bias", "itti", "inter-observer"]
    assert rows[1]["information_gain"] == ""
    with open("all.json") as file:  # noqa: PTH123
        assert json.load(file)[1]["nss"] == float(rows[1]["nss"])
    with open("each.csv", newline="") as file:  # noqa: PTH123
        each = list(csv.DictReader(file))
    assert len(each) == 3 * 4
    assert np.mean([float(row["nss"]) for row in each if row["model"] == "itti"]) == pytest.approx(
        float(rows[1]["nss"])
    )


def test_a_model_of_ones_own_can_be_named(folder, capsys):
    (folder / "own_model_of_this_test.py").write_text(
        "def light(image):\n    return image.mean(axis=2)\n\n"
        "class Late:\n    def __call__(self, image):\n        raise KeyError('nothing')\n\nnumber = 3\n"
    )
    assert main(["evaluate", "eyes", "--sigma-px", "4", "--models", "own_model_of_this_test:light"]) == 0
    assert "own_model_of_this_test:light" in capsys.readouterr().out
    assert main(["evaluate", "eyes", "--sigma-px", "4", "--model", "own_model_of_this_test:Late"]) == 1
    said = capsys.readouterr()
    assert "Late failed on 'p0.png' and 3 more: KeyError: 'nothing'" in said.out
    assert said.err == "foveal: failed on every picture: own_model_of_this_test:Late\n"
    assert "has no 'dark'" in refused(capsys, "eyes", "--models", "own_model_of_this_test:dark")
    assert "cannot be called with a picture" in refused(capsys, "eyes", "--models", "own_model_of_this_test:number")


def test_a_folder_of_maps_is_a_model(folder, capsys):
    (folder / "maps").mkdir()
    for k in range(4):
        (folder / "maps" / f"p{k}.png").write_bytes((folder / "eyes" / "images" / f"p{k}.png").read_bytes())
    assert main(["evaluate", "eyes", "--sigma-px", "4", "--models", "maps", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["failures"] == []
    assert result["rows"][1]["nss"] > 1


def test_workers_do_not_change_the_scores(capsys):
    results = []
    for workers in ("1", "2"):
        assert main(["evaluate", "eyes", "--sigma-px", "4", "--json", "--workers", workers]) == 0
        results.append(json.loads(capsys.readouterr().out))
        for row in results[-1]["rows"]:
            row.pop("milliseconds")
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "expected a folder of pictures and fixations, there is none at 'nowhere'"),
        (["eyes", "--models", "iti"], "there is no model 'iti'"),
        (["eyes", "--models", "no_such_module:model"], "there is no Python module 'no_such_module'"),
        (["eyes", "--limit", "0"], "--limit: expected pictures, a whole number from 1 to 1000000, got '0'"),
        (["eyes", "--workers", "0"], "--workers: expected workers, a whole number from 1 to 1024, got '0'"),
        (["eyes", "--sigma-px", "4", "--ppd", "5"], "--sigma-px does nothing here: expected it without"),
        (["eyes", "--sigma-px", "-4"], "--sigma-px: expected pixels from 0.01 to 10000, got '-4'"),
        (["eyes", "-o", "table.doc"], "expected a name that ends in .csv or .json"),
        (["eyes", "--figure", "report.doc"], "expected a name that ends in .png, .svg or .pdf"),
        (["eyes", "--models", "none.npz"], "there is no read-out file 'none.npz'"),
        (["eyes", "--first", "9"], "no picture in 'eyes' has fixations"),
    ],
)
def test_bad_use_is_answered_in_one_sentence(capsys, arguments, sentence):
    assert sentence in refused(capsys, *arguments)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_report_is_drawn(folder, ending, capsys):
    arguments = ["--sigma-px", "4", "--models", "itti,centre", "--figure", f"report.{ending}"]
    assert main(["evaluate", "eyes", *arguments]) == 0
    said = capsys.readouterr().out
    assert f"written      report.{ending}" in said
    assert "failed" not in said
    content = (folder / f"report.{ending}").read_bytes()
    assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending])


def test_the_report_shows_the_best_model_on_its_best_median_and_worst_picture(folder, capsys):
    arguments = ["--sigma-px", "4", "--models", "centre,itti", "--figure", "report.svg", "--per-picture", "each.csv"]
    assert main(["evaluate", "eyes", *arguments]) == 0
    with open("each.csv", newline="") as file:  # noqa: PTH123
        scores = {row["image"]: float(row["nss"]) for row in csv.DictReader(file) if row["model"] == "itti"}
    best, *_, worst = sorted(scores, key=scores.get, reverse=True)
    drawn = (folder / "report.svg").read_text()
    assert ">itti beside people<" in drawn
    assert f">best: {best}<" in drawn
    assert ">median: " in drawn
    assert f">worst: {worst}<" in drawn


def test_a_report_of_models_that_fail_has_the_scores_only(folder, capsys):
    (folder / "failing_model_of_this_test.py").write_text("def fail(image):\n    raise KeyError('x')\n")
    arguments = ["--sigma-px", "4", "--model", "failing_model_of_this_test:fail", "--figure", "report.svg"]
    assert main(["evaluate", "eyes", *arguments]) == 1
    drawn = (folder / "report.svg").read_text()
    assert ">failing_model_of_this_test:fail<" in drawn
    assert "best: " not in drawn


def test_a_read_out_file_is_a_model(folder, capsys):
    load_pretrained = Path(str(files("saliency").joinpath("weights", "readout-without-faces.npz")))
    (folder / "my.npz").write_bytes(load_pretrained.read_bytes())
    assert main(["evaluate", "eyes", "--sigma-px", "4", "--models", "my.npz,readout-without-faces", "--json"]) == 0
    _, mine, ours, _ = json.loads(capsys.readouterr().out)["rows"]
    assert mine["nss"] == ours["nss"]
    assert mine["information_gain"] is not None


def test_every_model_of_ours_can_be_scored(capsys):
    assert main(["evaluate", "eyes", "--sigma-px", "4", "--models", "all", "--limit", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["failures"] == []
    assert [row["model"] for row in result["rows"]] == ["centre bias", *MODELS, "inter-observer"]


def density_folders(folder):
    rng = np.random.default_rng(0)
    for name in ("maps", "some", "turned"):
        (folder / name).mkdir()
    for k in range(4):
        density = rng.random((60, 80)) + 0.1
        density /= density.sum()
        np.save(folder / "maps" / f"p{k}.npy", np.log(density))
        np.save(folder / "turned" / f"p{k}.npy", density.T)
        if k:
            np.save(folder / "some" / f"p{k}.npy", np.log(density))


def test_stored_densities_have_information_gain(folder, capsys):
    density_folders(folder)
    arguments = ["eyes", "--sigma-px", "4", "--models", "maps", "--json"]
    assert main(["evaluate", *arguments, "--maps-are", "log-density"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert np.isfinite(result["rows"][1]["information_gain"])
    assert result["notes"] == ["without fixations: p4.png"]
    assert main(["evaluate", *arguments]) == 1
    said = capsys.readouterr()
    assert said.err == "foveal: failed on every picture: maps\n"
    assert all("--maps-are log-density" in each["reason"] for each in json.loads(said.out)["failures"])


def test_rows_over_different_numbers_of_pictures_say_so(folder, capsys):
    density_folders(folder)
    arguments = ["eyes", "--sigma-px", "4", "--models", "maps,some", "--maps-are", "log-density", "-o", "all.csv"]
    said = "rows are over different numbers of pictures, and do not compare: centre bias 4, maps 4, some 3"
    assert main(["evaluate", *arguments, "-o", "all.json", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["notes"][1].startswith(said)
    assert [row["pictures"] for row in result["rows"]] == [4, 4, 3, 4]
    assert main(["evaluate", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(said) for line in lines)
    assert [line.split()[-1] for line in lines[3:8]] == ["pictures", "4", "4", "3", "4"]
    with Path("all.csv").open(newline="") as file:
        assert [row["pictures"] for row in csv.DictReader(file)] == ["4", "4", "3", "4"]
    assert [row["pictures"] for row in json.loads(Path("all.json").read_text())] == [4, 4, 3, 4]


@pytest.mark.parametrize("scanpaths", [[], ["--observers", "free_viewing", "--paths", "1", "--ppd", "20"]])
def test_a_model_that_fails_on_every_picture_is_a_failure(folder, capsys, scanpaths):
    density_folders(folder)
    assert main(["evaluate", "eyes", "--models", "turned", "-o", "all.csv", *scanpaths]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("foveal: failed on every picture: ")
    assert "it would fit transposed" in said.out
    assert Path("all.csv").exists()


def test_halves_want_an_observer_that_learns(capsys):
    said = refused(capsys, "eyes", "--observers", "itti1998", "--halves")
    assert "expected an observer that learns with --halves, got itti1998" in said
