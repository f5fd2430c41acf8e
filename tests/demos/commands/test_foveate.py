"""`foveal foveate`, beyond a picture and a place: films, laws, losses, figures, and the window."""

import json
from pathlib import Path

import numpy as np
import pytest

from demos import window
from demos.__main__ import main
from demos.gaze import read_gaze
from foveation import FieldLoss, Foveator, Frame, GeislerPerry, Viewing, Watson2014, foveate, read_image, read_video
from foveation.films.video import write_video
from foveation.picture_files import sample_pixels, write_image
from saliency import Scanpath

IMAGE = sample_pixels("rocket")[:240, 200:520]
TIMES = np.cumsum([0, 0.02, 0.1, 0.04, 0.06] * 5)
VIEWING = Viewing.from_pixels_per_degree(12, IMAGE.shape)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("photo.png", IMAGE)
    write_video("clip.mp4", [Frame(float(time), np.roll(IMAGE, 3 * k, 1)) for k, time in enumerate(TIMES)])
    return tmp_path


def refused(capsys, *arguments, code=2):
    before = sorted(Path().iterdir())
    assert main(["foveate", *arguments]) == code
    said = capsys.readouterr().err
    assert said.startswith("foveal: ")
    assert said.count("\n") == 1
    assert sorted(Path().iterdir()) == before
    return said


def as_bytes(name):
    return (read_image(name) * 255).round().astype(np.uint8)


def test_laws_and_strength_are_those_of_the_library():
    assert main(["foveate", "photo.png", "--ppd", "12", "--law", "watson", "--strength", "2", "-o", "a.png"]) == 0
    expected = foveate(IMAGE, VIEWING.centre, VIEWING, acuity=Watson2014(strength=2.0))
    assert np.array_equal(as_bytes("a.png"), expected)


def test_a_loss_of_field_is_that_of_the_library():
    assert main(["foveate", "photo.png", "--ppd", "12", "--at", "100,90", "--loss", "tunnel:3", "-o", "a.png"]) == 0
    loss = FieldLoss(kind="tunnel", radius_deg=3)
    assert np.array_equal(as_bytes("a.png"), foveate(IMAGE, (100, 90), VIEWING, resolution=loss))


def test_linear_light_is_that_of_the_library():
    assert main(["foveate", "photo.png", "--ppd", "12", "--linear-light", "-o", "a.png"]) == 0
    assert np.array_equal(as_bytes("a.png"), foveate(IMAGE, VIEWING.centre, VIEWING, linear_light=True))


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_a_figure_shows_both(ending, capsys):
    assert main(["foveate", "photo.png", "--figure", f"f.{ending}", "--cortex", "-o", "a.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] == ["a.png", f"f.{ending}"]
    assert Path(f"f.{ending}").stat().st_size > 20_000


def test_a_film_is_foveated_where_the_table_says(capsys):
    Path("gaze.csv").write_text("frame,time_ms,x,y\n0,0,20,30\n1,500,20,30\n2,501,300,200\n3,2000,300,200\n")
    assert main(["foveate", "clip.mp4", "--gaze", "gaze.csv", "--ppd", "4", "--strength", "3", "-o", "seen.mp4"]) == 0
    was, seen = list(read_video("clip.mp4")), list(read_video("seen.mp4"))
    assert [frame.time for frame in seen] == pytest.approx([frame.time for frame in was], abs=1e-3)
    eye = Foveator(Viewing.from_pixels_per_degree(4, IMAGE.shape), IMAGE.shape, acuity=GeislerPerry(strength=3.0))
    for number in (3, -2):
        gaze = (20, 30) if was[number].time < 0.5 else (300, 200)
        expected = eye.look(gaze)(was[number].image).astype(float)
        assert np.abs(seen[number].image - expected).mean() < 6  # H.264 loses a little


def test_a_film_is_foveated_along_a_scanpath():
    path = Scanpath(
        x=[40.0, 280.0], y=[200.0, 40.0], onset=[0.2, 0.6], duration=[0.3, 0.4], viewing=VIEWING, watched=1.0
    )
    for name in ("path.json", "path.csv"):
        path.write(name)
        course = read_gaze(Path(name))
        assert course(0.0) == pytest.approx(VIEWING.centre)
        assert course(0.3) == pytest.approx((40, 200))
        assert course(9.0) == pytest.approx((280, 40))
        x, _ = course(0.57)
        assert 40 < x < 280
    assert main(["foveate", "clip.mp4", "--gaze", "path.json", "-o", "seen.webm"]) == 0
    assert len(list(read_video("seen.webm"))) == len(TIMES)


def test_a_loss_of_field_goes_with_the_gaze_in_a_film():
    Path("gaze.csv").write_text("time_ms,x,y\n0,40,120\n500,40,120\n501,280,120\n3000,280,120\n")
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    write_video("noise.mp4", [Frame(float(time), noise) for time in TIMES])
    assert (
        main(["foveate", "noise.mp4", "--gaze", "gaze.csv", "--ppd", "12", "--loss", "scotoma:9", "-o", "a.mp4"]) == 0
    )
    seen, was = list(read_video("a.mp4")), list(read_video("noise.mp4"))
    eye = Foveator(VIEWING, IMAGE.shape, resolution=FieldLoss(kind="scotoma", radius_deg=9))
    for number, gaze in ((2, (40, 120)), (-2, (280, 120))):
        expected = eye.look(gaze)(was[number].image).astype(float)
        away = eye.look((320 - gaze[0], 120))(was[number].image).astype(float)
        error, other = (np.abs(seen[number].image - picture).mean() for picture in (expected, away))
        assert error < 0.5 * other  # H.264 loses a little


def test_a_film_may_be_looked_at_in_one_place(capsys):
    assert main(["foveate", "clip.mp4", "--at", "10,10", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["frames"] == len(TIMES)
    assert said["written"][0].endswith("clip.foveated.mp4")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photo.png", "--gaze", "gaze.csv"], "--gaze does nothing here: expected it for a film"),
        (["photo.png", "--law", "eagle"], "there is no law of acuity 'eagle'; expected one of: geisler-perry"),
        (["photo.png", "--strength", "0"], "strength"),
        (["photo.png", "--loss", "dark"], "there is no field loss 'dark'"),
        (["photo.png", "--loss", "tunnel:wide"], "degrees of a loss, such as scotoma:5"),
        (["photo.png", "--cortex"], "--cortex does nothing here: expected it with --figure"),
        (["photo.png", "--figure", "a.csv"], "ends in .png, .svg or .pdf"),
        (["clip.mp4", "--live"], "--live does nothing here: expected it for a picture"),
        (["clip.mp4", "--gaze", "missing.csv"], "there is no file 'missing.csv'"),
        (["clip.mp4", "--gaze", "notes.txt"], "ends in .csv or .json, or mouse"),
        (["clip.mp4", "--gaze", "bad.csv"], "is no table of gaze: expected numbers"),
        (["clip.mp4", "--gaze", "nan.csv"], "expected finite places at times that ascend"),
        (["clip.mp4", "-o", "clip.mp4"], "under another name"),
        (["missing.mp4"], "there is no file"),
    ],
)
def test_bad_use_is_answered_in_one_sentence(arguments, message, capsys):
    Path("bad.csv").write_text("time_ms,x,y\n0,1,here\n")
    Path("nan.csv").write_text("time_ms,x,y\n0,1,nan\n")
    assert message in refused(capsys, *arguments)


@pytest.mark.parametrize("arguments", [["photo.png", "--live"], ["clip.mp4", "--gaze", "mouse"]])
def test_without_a_display_there_is_no_window(arguments, capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(window.sys, "platform", "linux")
    assert "there is no display for a window here" in refused(capsys, *arguments, code=1)


class Screen:
    """OpenCV's window functions, with a mouse that moves by itself and a key that is pressed at the end."""

    error, WINDOW_AUTOSIZE, WINDOW_GUI_NORMAL, WND_PROP_VISIBLE, COLOR_RGB2BGR = RuntimeError, 1, 16, 4, 4

    def __init__(self, leave_after):
        self.shown, self.leave_after, self.open = [], leave_after, False

    def namedWindow(self, title, flags):
        self.open = True

    def setMouseCallback(self, title, callback):
        self.callback = callback

    def cvtColor(self, picture, code):
        return picture[..., ::-1]

    def imshow(self, title, picture):
        self.shown.append(picture[..., ::-1].copy())
        self.callback(0, 10 * len(self.shown), 100, 0, None)

    def waitKey(self, milliseconds):
        return ord("q") if len(self.shown) == self.leave_after else -1

    def getWindowProperty(self, title, name):
        return 1.0

    def destroyWindow(self, title):
        self.open = False


def test_the_sharp_spot_follows_the_mouse(monkeypatch, capsys):
    monkeypatch.setenv("DISPLAY", ":0")
    screen = Screen(leave_after=4)
    monkeypatch.setattr(window, "cv2", screen)
    assert main(["foveate", "photo.png", "--live", "--ppd", "12", "-o", "last.png"]) == 0
    gazes = [VIEWING.centre, (10, 100), (20, 100), (30, 100)]
    for picture, gaze in zip(screen.shown, gazes, strict=True):
        assert np.array_equal(picture, foveate(IMAGE, gaze, VIEWING))
    assert not screen.open
    assert np.array_equal(as_bytes("last.png"), screen.shown[-1])


def test_a_film_can_be_recorded_under_the_mouse(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    screen = Screen(leave_after=6)
    monkeypatch.setattr(window, "cv2", screen)
    assert main(["foveate", "clip.mp4", "--gaze", "mouse", "-o", "seen.mp4"]) == 0
    assert len(list(read_video("seen.mp4"))) == len(screen.shown) == 6
