"""The command line, as a user types it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from demos.__main__ import COMMANDS, main
from foveation import Frame, Viewing, foveate, read_image, read_video, write_image, write_video
from foveation.picture_files import sample_pixels
from neural import Observer
from saliency import IttiKoch, Scanpath


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def photo(folder):
    write_image(folder / "photo.png", sample_pixels("rocket")[:, 100:500])
    return "photo.png"


@pytest.fixture
def clip(folder):
    disc = np.hypot(*np.mgrid[-30:90, -60:100]) < 12
    times = np.cumsum([0, 0.02, 0.06, 0.04] * 10)
    grey = (np.where(np.roll(disc, 3 * k, 1), 250, 90).astype(np.uint8) for k in range(len(times)))
    frames = (
        Frame(float(time), np.repeat(plane[..., None], 3, axis=2)) for time, plane in zip(times, grey, strict=True)
    )
    write_video(folder / "clip.mp4", frames)
    return "clip.mp4"


def files():
    return sorted(path.name for path in Path().iterdir())


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence; give the sentence."""
    before = files()
    try:
        assert main(list(arguments)) == code
        said = capsys.readouterr().err
    except SystemExit as leave:  # argparse
        assert leave.code == code
        said = capsys.readouterr().err.strip().splitlines()[-1] + "\n"
    assert said.startswith("foveal")
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert files() == before
    return said


def test_the_first_command_needs_nothing(capsys):
    assert main(["scanpath"]) == 0
    said = capsys.readouterr().out
    assert files() == ["astronaut.scanpath.csv", "astronaut.scanpath.png"]
    path = Scanpath.read("astronaut.scanpath.csv")
    assert f"{len(path)} fixations" in said.replace("fixations  ", "").replace(" in", " fixations in")
    for word in ("assumed", "60 cm", "37.9 px/deg", "astronaut.scanpath.png", "astronaut.scanpath.csv"):
        assert word in said
    assert read_image("astronaut.scanpath.png").shape[1] == pytest.approx(170 / 25.4 * 200, abs=2)


def test_a_scanpath_is_that_of_the_library(photo, capsys):
    assert (
        main(["scanpath", photo, "--ppd", "24", "--seed", "5", "--duration", "1.5", "-o", "a.json", "-o", "a.csv"]) == 0
    )
    image = sample_pixels("rocket")[:, 100:500]
    viewing = Viewing.from_pixels_per_degree(24, image.shape)
    expected = Observer.preset("typical").look(image, viewing, duration=1.5, rng=5, stimulus=photo)
    for name in ("a.json", "a.csv"):
        path = Scanpath.read(name)
        assert np.array_equal(path.places, expected.places)
        assert np.array_equal(path.onset, expected.onset)
        assert (path.stimulus, path.subject, path.viewing) == (photo, "typical 5", viewing)
    assert files() == ["a.csv", "a.json", photo]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_figures_are_what_their_ending_says(photo, ending):
    assert main(["scanpath", photo, "-o", f"a.{ending}", "--strip", f"strip.{ending}", "--duration", "0.8"]) == 0
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert Path(f"a.{ending}").read_bytes().startswith(magic)
    assert Path(f"strip.{ending}").read_bytes().startswith(magic)


def test_json_goes_to_standard_output(photo, capsys):
    assert main(["scanpath", photo, "--json", "-o", "a.csv", "--preset", "itti1998", "--model", "itti1998"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["written"] == ["a.csv"]
    assert len(said["fixations"]) == len(Scanpath.read("a.csv"))


def test_an_even_picture_has_no_winner_and_says_so(capsys):
    write_image("grey.png", np.full((60, 80, 3), 128, np.uint8))
    assert main(["scanpath", "grey.png"]) == 0
    assert "nothing in the picture stands out" in capsys.readouterr().out
    assert len(Scanpath.read("grey.scanpath.csv")) == 0
    assert main(["map", "grey.png"]) == 0
    assert "none: nothing in the picture stands out" in capsys.readouterr().out


def test_a_map_is_that_of_the_library(photo, capsys):
    assert main(["map", photo, "--model", "itti", "-o", "m.npy", "-o", "m.png"]) == 0
    expected = IttiKoch()(read_image(photo))
    assert np.array_equal(np.load("m.npy"), expected)
    assert read_image("m.png")[:, :, 0] == pytest.approx(expected / expected.max(), abs=0.5 / 255 + 1e-6)
    row, column = np.unravel_index(expected.argmax(), expected.shape)
    assert f"at x {column}, y {row}" in capsys.readouterr().out


def test_a_channel_and_an_overlay(photo):
    assert main(["map", photo, "--channel", "colour", "-o", "c.npy"]) == 0
    assert np.array_equal(np.load("c.npy"), IttiKoch().conspicuity(read_image(photo))["colour"])
    assert main(["map", photo, "--overlay", "--json"]) == 0
    assert read_image("photo.map.png").std(axis=2).max() > 0.2


def test_a_foveated_picture_is_that_of_the_library(photo, capsys):
    assert main(["foveate", photo, "--at", "320,240", "-o", "seen.png", "--ppd", "10"]) == 0
    pixels = sample_pixels("rocket")[:, 100:500]
    seen = foveate(pixels, (320, 240), Viewing.from_pixels_per_degree(10, pixels.shape))
    assert np.array_equal((read_image("seen.png") * 255).round().astype(np.uint8), seen)
    assert "x 320, y 240" in capsys.readouterr().out


@pytest.mark.parametrize("ending", [".jpg", ".tif", ".webp", ".bmp"])
def test_every_command_takes_every_picture(ending):
    for name, pixels in {
        "grey": np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8),
        "colour": sample_pixels("coffee")[:123, :77],
    }.items():
        write_image(f"{name}{ending}", pixels)
        for command in ("scanpath", "map", "foveate"):
            assert main([command, f"{name}{ending}", "--json"]) == 0


def test_a_screen_can_be_given(photo, capsys):
    assert main(["scanpath", photo, "--screen", "1280x1024:37.6x30.1", "--distance", "57", "-o", "a.json"]) == 0
    viewing = Scanpath.read("a.json").viewing
    assert viewing.distance_cm == 57
    assert viewing.pitch_cm == pytest.approx((37.6 / 1280, 30.1 / 1024))
    assert "as given (screen and distance)" in capsys.readouterr().out


def test_a_film_keeps_its_times_and_has_a_gaze_table(clip, capsys):
    assert main(["video", clip, "-o", "looked.mp4"]) == 0
    assert files() == ["clip.mp4", "looked.csv", "looked.mp4"]
    was, is_now = (read_video(name) for name in (clip, "looked.mp4"))
    assert is_now.times() == pytest.approx(was.times(), abs=1e-3)
    rows = list(csv.DictReader(Path("looked.csv").read_text().splitlines()))
    assert [float(row["time_ms"]) for row in rows] == pytest.approx(1000 * was.times(), abs=1)
    assert {row["resting"] for row in rows} == {"0", "1"}
    assert int(rows[-1]["fixation"]) >= 2
    frame = list(is_now)[-1].image.astype(int)
    assert np.abs(frame - list(was)[-1].image).max() > 100  # something was drawn
    assert "looked.mp4" in capsys.readouterr().out


def test_a_film_without_pyav_becomes_webm_and_says_so(clip, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert main(["video", clip, "-o", "looked.mp4", "--no-map"]) == 0
    assert files() == ["clip.mp4", "looked.csv", "looked.webm"]
    assert "an .mp4 needs PyAV" in capsys.readouterr().out


def test_a_damaged_film_is_kept_as_far_as_it_goes(clip, capsys):
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), np.uint8)
    write_video("long.mp4", [Frame(0.04 * k, image) for k, image in enumerate(noise)])
    content = Path("long.mp4").read_bytes()
    Path("long.mp4").write_bytes(content[: len(content) * 2 // 3])
    assert main(["video", "long.mp4", "-o", "looked.mp4"]) == 1
    said = capsys.readouterr().err
    kept = len(list(read_video("looked.mp4")))
    assert said == f"foveal: 'long.mp4' is damaged: {kept} of 40 frames could be read; what could be read was kept\n"
    assert len(Path("looked.csv").read_text().splitlines()) == kept + 1


def test_a_film_that_is_interrupted_plays(folder, ctrl_c):
    picture = sample_pixels("rocket")[:200, :300]
    write_video("long.mp4", [Frame(0.04 * k, np.roll(picture, k, 1)) for k in range(600)])
    command = [sys.executable, "-m", "demos", "video", "long.mp4", "-o", "looked.mp4", "--seed", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if any(path.stat().st_size > 20_000 for path in Path().glob(".looked.*.mp4")):
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "foveal: interrupted\n")
    kept = len(list(read_video("looked.mp4")))
    assert 0 < kept < 600
    assert len(Path("looked.csv").read_text().splitlines()) - 1 in (kept, kept + 1, kept - 1)
    assert files() == ["long.mp4", "looked.csv", "looked.mp4"]


@pytest.mark.parametrize("command", ["scanpath", "map", "foveate", "video"])
def test_what_cannot_be_read_is_refused_in_one_sentence(command, capsys):
    Path("text.jpg").write_text("I am not a picture")
    Path("cut.png").write_bytes(cv2.imencode(".png", sample_pixels("coffee"))[1].tobytes()[:5000])
    Path("empty.png").write_bytes(b"")
    for name in ("missing.png", "text.jpg", "cut.png", "empty.png", "."):
        said = refused(capsys, command, name)
        assert f"'{name}'" in said


def test_pictures_without_anything_to_see_are_refused(capsys):
    cv2.imwrite("dot.png", np.zeros((1, 1), np.uint8))
    cv2.imwrite("nan.tiff", np.full((40, 40), np.nan, np.float32))
    for command in ("scanpath", "map", "foveate"):
        assert "at least 2 x 2 pixels, got 1 x 1" in refused(capsys, command, "dot.png")
        assert "1600 that are NaN" in refused(capsys, command, "nan.tiff")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["foveate", "--at", "9999,10"], "gaze (9999, 10) lies outside the 512 x 512 picture"),
        (["foveate", "--at", "nan,10"], "gaze (nan, 10) lies outside"),
        (["foveate", "--at", "there"], "expected x,y in pixels, such as 320,240; got 'there'"),
        (["scanpath", "--start", "1000,10"], "gaze (1000, 10) lies outside the 512 x 512 picture"),
        (["scanpath", "--duration", "0"], "expected seconds above 0 and up to 3600, got '0'"),
        (["scanpath", "--duration", "-3"], "expected seconds above 0 and up to 3600, got '-3'"),
        (["scanpath", "--duration", "soon"], "expected seconds above 0 and up to 3600, got 'soon'"),
        (["scanpath", "--model", "deepgaze"], "there is no model 'deepgaze'; expected one of: readout"),
        (["scanpath", "--preset", "me"], "there is no preset 'me'; expected one of: free_viewing"),
        (["scanpath", "-o", "a.doc"], ".png, .svg, .pdf, .mp4, .webm, .gif, .csv or .json"),
        (["scanpath", "-o", "nowhere/a.png"], "the folder 'nowhere' does not exist"),
        (["scanpath", "--strip", "a.csv"], "expected a name that ends in .png, .svg or .pdf"),
        (["scanpath", "--ppd", "0"], "expected pixels in a degree from 0.1 to 10000, got '0'"),
        (["scanpath", "--ppd", "20", "--distance", "50"], "expected either --ppd, or --screen and --distance"),
        (["scanpath", "--distance", "nan"], "expected a distance in cm above 0 and up to 100000, got 'nan'"),
        (["scanpath", "--screen", "large"], "expected pixels and centimetres, such as 1920x1080:53x29.8"),
        (["scanpath", "--seed", "-1"], "expected a seed, a whole number from 0 to"),
        (["map", "--model", "x"], "there is no model 'x'"),
        (["map", "--channel", "smell"], "there is no channel 'smell'; expected one of: intensity, colour"),
        (["map", "-o", "m.svg"], "expected a name that ends in"),
        (["dream"], "there is no command 'dream'"),
    ],
)
def test_bad_use_is_answered_in_one_sentence(arguments, message, capsys):
    assert message in refused(capsys, *arguments)


def test_a_film_does_not_overwrite_its_source(clip, capsys):
    assert "is the film to read" in refused(capsys, "video", clip, "-o", clip)
    assert "ends in .mp4 or .webm" in refused(capsys, "video", clip, "-o", "a.avi")


def test_a_full_disk_leaves_nothing(photo, capsys, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert "No space left on device" in refused(capsys, "foveate", photo, code=1)


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as leave:
        main(["--help"])
    said = capsys.readouterr().out
    assert leave.value.code == 0
    assert all(name in said for name in COMMANDS)
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert f"foveal {name}" in capsys.readouterr().out


def test_versions_are_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("foveal ")
    assert main(["info"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("numpy", "opencv", "numba", "H.264"))
    assert main([]) == 2


def test_a_reader_that_goes_away_is_no_error(photo):
    command = f"{sys.executable} -m demos scanpath {photo} -o a.csv | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("picture")
    assert done.stderr == ""


def test_a_failure_is_one_sentence_when_the_package_is_run_as_a_module(photo):
    command = [sys.executable, "-m", "demos", "foveate", photo, "--live"]
    without = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=without)
    assert done.returncode == 1
    assert done.stderr.startswith("foveal: there is no display")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["map", "scanpath", "video"])
def test_a_model_of_ones_own_may_fail_in_any_way(command, photo, clip, folder, capsys):
    (folder / "lost_model_of_this_test.py").write_text("def lost(image):\n    raise KeyError('nothing')\n")
    said = refused(capsys, command, clip if command == "video" else photo, "--model", "lost_model_of_this_test:lost")
    assert said == "foveal: the model 'lost_model_of_this_test:lost' failed: KeyError: 'nothing'\n"


@pytest.mark.parametrize("command", ["map", "video"])
def test_maps_of_pictures_are_none_of_films(command, clip, folder, capsys):
    (folder / "maps").mkdir()
    said = refused(capsys, command, clip, "--model", "maps")
    assert "expected a model that looks at each frame of a film, got maps of pictures: 'maps'" in said
