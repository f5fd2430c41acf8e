"""Films that commands read and write: none is called damaged that is not, and the display is kept."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import main
from demos.outputs import BECAME_WEBM
from foveation import Frame, VideoWriter, Viewing, foveate, read_video, sample_pixels, write_image, write_video

COMMANDS = {"video": ["--no-map"], "map": [], "foveate": []}
PICTURE = sample_pixels("rocket")[100:190, 200:360]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def slides(name, start=0.0):
    """Three slides, of which the last is held from 3 to 8 s."""
    with VideoWriter(name, PICTURE.shape[:2], fps=10) as film:
        for number, time in enumerate((0.0, 1.0, 3.0)):
            film.write(Frame(start + time, np.roll(PICTURE, 9 * number, 1)))
        film.hold(start + 8.0)
    return film.path.name


@pytest.mark.parametrize("start", [0.0, 2.0])
@pytest.mark.parametrize("ending", ["mp4", "webm"])
@pytest.mark.parametrize("command", COMMANDS)
def test_times_are_kept_from_the_first_to_the_end(command, ending, start, capsys):
    name = slides(f"slides.{ending}", start)
    assert main([command, name, "-o", f"out.{ending}", *COMMANDS[command]]) == 0
    assert "damaged" not in "".join(capsys.readouterr())
    out = read_video(f"out.{ending}")
    assert out.times() == pytest.approx([start, start + 1, start + 3], abs=2e-3)
    assert out.end == pytest.approx(start + 8, abs=0.05)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_pyav_a_slide_is_held_too(command, monkeypatch):
    name = slides("slides.mp4", 2.0)
    monkeypatch.setitem(sys.modules, "av", None)
    assert main([command, name, "-o", "out.webm", *COMMANDS[command]]) == 0
    assert read_video("out.webm").end == pytest.approx(10, abs=0.6)  # on a grid of a frame a second


def test_a_gaze_that_a_player_timed_fits_a_film_that_begins_late(capsys):
    noise = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    name = write_video("late.mp4", [Frame(2.0 + 0.1 * k, noise) for k in range(3)]).name
    with Path("gaze.csv").open("w") as table:
        table.write("time_ms,x,y\n0,10,45\n1999,10,45\n2000,150,45\n9000,150,45\n")
    assert main(["foveate", name, "--gaze", "gaze.csv", "-o", "seen.mp4", "--ppd", "6"]) == 0
    viewing = Viewing.from_pixels_per_degree(6, noise.shape)
    seen, was = (next(iter(read_video(each))).image for each in ("seen.mp4", name))
    late, early = (np.abs(foveate(was, (x, 45), viewing).astype(int) - seen).mean() for x in (150, 10))
    assert late < 0.95 * early


def sources():
    write_video("clip.mp4", [Frame(0.1 * k, np.roll(PICTURE, 3 * k, 1)) for k in range(4)])
    write_image("photo.png", PICTURE)


@pytest.mark.parametrize(
    ("arguments", "aside"),
    [
        (["video", "clip.mp4", "--no-map"], False),
        (["map", "clip.mp4"], False),
        (["foveate", "clip.mp4"], False),
        (["scanpath", "photo.png", "--duration", "0.5"], False),
        (["caption", "photo.png", "--resize"], True),
    ],
)
def test_an_mp4_that_became_webm_is_told_by_every_command_in_one_sentence(arguments, aside, capfd, monkeypatch):
    sources()
    monkeypatch.setitem(sys.modules, "av", None)
    assert main([*arguments, "-o", "out.mp4"]) == 0
    said = capfd.readouterr()
    assert (said.err if aside else said.out).count(BECAME_WEBM) == 1
    assert "OpenCV" not in said.err
    assert main([*arguments, "-o", "out.mp4", "--json"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["written"][0] == "out.webm"
    assert said.err.count(BECAME_WEBM) == 1
    assert main([*arguments, "-o", "out.webm"]) == 0
    assert BECAME_WEBM not in "".join(capfd.readouterr())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_film_that_becomes_webm_is_not_written_over_its_source(command, capsys, monkeypatch):
    slides("clip.webm")
    monkeypatch.setitem(sys.modules, "av", None)
    assert main([command, "clip.webm", "-o", "clip.mp4"]) == 2
    assert "'clip.webm' is the film to read" in capsys.readouterr().err
