"""`foveal scanpath` with a film as its output."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import main
from foveation import Viewing, read_video, sample_pixels
from foveation.picture_files import write_image
from neural import Observer
from neural.films.scanpath_film import scanpath_film

IMAGE = sample_pixels("rocket")[:240, 200:520]
HOW = ["--ppd", "16", "--duration", "0.6", "--seed", "3"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("photo.png", IMAGE)


def files():
    return sorted(path.name for path in Path().iterdir() if path.name != "photo.png")


@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_a_film_is_that_of_the_library(ending, capsys):
    name = f"a.{ending}"
    assert main(["scanpath", "photo.png", *HOW, "-o", name, "--fps", "20", "--slow", "2"]) == 0
    assert f"written      {name}" in capsys.readouterr().out
    viewing = Viewing.from_pixels_per_degree(16, IMAGE.shape)
    expected = list(scanpath_film(Observer(), IMAGE, viewing, duration=0.6, rng=3, fps=20, slow=2))
    back = list(read_video(name))
    assert len(back) == len(expected)
    assert [frame.time for frame in back] == pytest.approx([frame.time for frame in expected], abs=1e-3)
    for seen, wanted in zip(back[::8], expected[::8], strict=True):
        assert np.abs(seen.image.astype(int) - wanted.image).mean() < 8
    assert files() == [name]


def test_a_gif_lasts_as_long_as_the_path_and_is_smaller():
    from PIL import Image

    assert (
        main(["scanpath", "photo.png", *HOW, "--preset", "foveated", "-o", "a.gif", "-o", "a.mp4", "-o", "a.csv"]) == 0
    )
    lasts = read_video("a.mp4").times()[-1] + 0.04
    with Image.open("a.gif") as gif:
        steps = []
        for k in range(gif.n_frames):
            gif.seek(k)
            steps.append(gif.info["duration"] / 1000)
        assert gif.size[0] <= 800
    assert sum(steps) == pytest.approx(lasts, rel=0.02)
    assert files() == ["a.csv", "a.gif", "a.mp4"]


def test_without_pyav_the_film_becomes_webm_and_says_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "av", None)
    assert main(["scanpath", "photo.png", *HOW, "-o", "a.mp4"]) == 0
    said = capsys.readouterr().out
    assert "written      a.webm" in said
    assert "an .mp4 needs PyAV" in said
    assert main(["scanpath", "photo.png", *HOW, "-o", "b.mp4", "-o", "b.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] == ["b.webm", "b.csv"]
    assert files() == ["a.webm", "b.csv", "b.webm"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-o", "a.mp4", "--fps", "0"], "--fps: expected frames a second from 0.001 to 1000, got '0'"),
        (["-o", "a.mp4", "--slow", "-1"], "--slow: expected a factor from 0.001 to 1000, got '-1'"),
        (["-o", "a.gif", "--fps", "60"], "at least 0.02 s apart"),
        (["-o", "a.avi"], "expected a name that ends in .png, .svg, .pdf, .mp4, .webm, .gif, .csv or .json"),
        (["-o", "nowhere/a.gif"], "the folder 'nowhere' does not exist"),
        (["-o", "a.mp4", "--duration", "0"], "--duration: expected seconds above 0 and up to 3600"),
    ],
)
def test_bad_use_is_one_sentence_and_leaves_nothing(arguments, sentence, capsys):
    assert main(["scanpath", "photo.png", "-o", "a.csv", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert files() == []
