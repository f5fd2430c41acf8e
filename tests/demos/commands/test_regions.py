"""The commands `foveal regions` and `foveal crop`, as a user types them."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from demos.__main__ import COMMANDS, main
from demos.commands.crop import aspect
from demos.overlay import draw_regions
from foveation import sample_pixels, write_image
from foveation.picture_files import read_pixels
from saliency import IttiKoch, Readout
from saliency.features.regions import salient_regions, smart_crop

ROCKET = sample_pixels("rocket")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("rocket.png", ROCKET)
    write_image("even.png", np.full((40, 60), 0.5))
    return tmp_path


def refused(capsys, *arguments):
    """Run a command that must fail with one plain sentence, and leave no file; give the sentence."""
    before = sorted(Path().iterdir())
    try:
        assert main(list(arguments)) == 2
    except SystemExit as leave:
        assert leave.code == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert "Traceback" not in " ".join(said)
    assert sorted(Path().iterdir()) == before
    return said[-1]


def test_who_waits_at_a_terminal_sees_how_far_it_is(capsys, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["regions", "rocket.png", "-o", "r.csv"]) == 0
    said = capsys.readouterr().err
    assert all(stage in said for stage in ("picture:", "map:", "regions:", "files:"))


def test_the_regions_are_those_of_the_library(capsys):
    outputs = ["-o", "r.csv", "-o", "r.json", "-o", "r.png"]
    assert main(["regions", "rocket.png", "-n", "3", *outputs]) == 0
    said = capsys.readouterr().out
    regions = salient_regions(IttiKoch()(ROCKET * np.float32(1 / 255)), 3)
    rows = list(csv.DictReader(Path("r.csv").read_text().splitlines()))
    content = json.loads(Path("r.json").read_text())
    assert len(rows) == len(regions) == len(content["regions"]) == 3
    for rank, (row, region, entry) in enumerate(zip(rows, regions, content["regions"], strict=True), start=1):
        assert tuple(int(row[name]) for name in ("x", "y", "width", "height")) == region.box
        assert (int(row["rank"]), int(row["area"])) == (rank, region.area)
        assert float(row["score"]) == entry["score"] == pytest.approx(region.score)
        assert (entry["centroid_x"], entry["centroid_y"]) == pytest.approx(region.centroid, abs=1e-3)
        assert f"{region.box.width} x {region.box.height} px" in said
    assert (content["stimulus"], content["width"], content["height"]) == ("rocket.png", 640, 427)
    drawn = ROCKET.copy()
    draw_regions(drawn, regions)
    assert np.array_equal(read_pixels("r.png"), drawn)


def test_boxes_and_numbers_are_drawn_at_their_regions_and_nowhere_else():
    regions = salient_regions(IttiKoch()(ROCKET), 3)
    drawn = ROCKET.copy()
    draw_regions(drawn, regions)
    changed = (drawn != ROCKET).any(axis=2)
    for region in regions:
        x, y, width, height = region.box
        assert (drawn[y, x + width // 2] == 255).all()
        assert (drawn[y + height - 1, x + width // 2] == 255).all()
        changed[max(y - 4, 0) : y + height + 30, max(x - 4, 0) : x + width + 30] = False
    assert not changed.any()


def test_regions_without_names_of_files_go_beside_the_picture(capsys):
    assert main(["regions", "rocket.png"]) == 0
    assert Path("rocket.regions.png").exists()
    assert Path("rocket.regions.csv").exists()
    assert main(["regions", "--json", "-o", "a.csv"]) == 0  # the sample picture
    content = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert content["stimulus"] == "astronaut"
    assert content["written"] == ["a.csv"]


def test_an_even_picture_has_no_regions_and_its_middle_is_kept(capsys):
    assert main(["regions", "even.png", "-o", "even.csv", "-o", "even.json"]) == 0
    assert "nothing in the picture stands out" in capsys.readouterr().out
    assert len(Path("even.csv").read_text().splitlines()) == 1
    assert json.loads(Path("even.json").read_text())["regions"] == []
    assert main(["crop", "even.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["box"] == {"x": 10, "y": 0, "width": 40, "height": 40}


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        ([], {"aspect": 1}),
        (["--aspect", "1:1"], {"aspect": 1}),
        (["--aspect", "16:9", "--share", "0.5"], {"aspect": 16 / 9, "share": 0.5}),
        (["--size", "200x100"], {"size": (200, 100)}),
    ],
)
def test_a_crop_is_that_of_the_library_pixel_for_pixel(capsys, arguments, how):
    assert main(["crop", "rocket.png", *arguments, "-o", "part.png"]) == 0
    map_ = Readout()(ROCKET * np.float32(1 / 255))
    box = smart_crop(ROCKET.shape, map_, **how)
    assert np.array_equal(read_pixels("part.png"), ROCKET[box.slices])
    said = capsys.readouterr().out
    assert f"{box.width} x {box.height} px at x {box.x}, y {box.y}" in said
    assert f"{map_[box.slices].sum() / map_.sum():.1%} of what stands out" in said


def test_depth_and_transparency_are_kept(folder):
    deep = np.random.default_rng(0).integers(0, 65536, (60, 90), np.uint16)
    cv2.imwrite("deep.png", deep)
    clear = np.random.default_rng(0).integers(0, 256, (60, 90, 4), np.uint8)
    cv2.imwrite("clear.png", clear)
    for name, dtype, shape in (("deep", np.uint16, (60, 60)), ("clear", np.uint8, (60, 60, 4))):
        assert main(["crop", f"{name}.png"]) == 0
        part = read_pixels(f"{name}.crop.png")
        assert (part.dtype, part.shape) == (dtype, shape)


def test_an_aspect_is_read_in_both_ways():
    assert aspect("16:9") == pytest.approx(16 / 9)
    assert aspect("1.5") == 1.5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["regions", "rocket.png", "-n", "0"], "regions, a whole number from 1 to 1000"),
        (["regions", "rocket.png", "--share", "2"], "a share above 0 and up to 1"),
        (["regions", "none.png"], "there is no file 'none.png'"),
        (["regions", "rocket.png", "-o", "r.doc"], "cannot write 'r.doc'"),
        (["regions", "rocket.png", "--model", "iti"], "there is no model 'iti'"),
        (["crop", "rocket.png", "--aspect", "0:1"], "expected an aspect from 1:1000 to 1000:1"),
        (["crop", "rocket.png", "--aspect", "1:0"], "expected an aspect from 1:1000 to 1000:1"),
        (["crop", "rocket.png", "--aspect", "wide"], "expected an aspect from 1:1000 to 1000:1"),
        (["crop", "rocket.png", "--size", "900x100"], "window from 1 x 1 to 640 x 427 pixels, got 900 x 100"),
        (["crop", "rocket.png", "--size", "900"], "expected width and height"),
        (["crop", "rocket.png", "--size", "90x90", "--aspect", "1:1"], "not allowed with"),
        (
            ["crop", "rocket.png", "--size", "90x90", "--share", "0.5"],
            "--share does nothing here",
        ),
        (["crop", "rocket.png", "--share", "nan"], "a share above 0 and up to 1"),
    ],
)
def test_wrong_use_is_answered_with_a_sentence(capsys, arguments, sentence):
    assert sentence in refused(capsys, *arguments)


def test_both_commands_are_in_the_list():
    assert {"regions", "crop"} <= set(COMMANDS)
