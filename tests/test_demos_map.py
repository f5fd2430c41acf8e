"""`foveal map` on films, as a user types it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from demos.__main__ import main
from foveation import Frame, read_image, read_video, sample_pixels, write_image, write_video
from saliency import IttiKoch
from saliency.motion import VideoSaliency


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(k):
    """Discs on grey, one of which moves to the right."""
    image = np.full((90, 120, 3), 110, np.uint8)
    for number, (x, y) in enumerate((x, y) for y in (20, 45, 70) for x in (20, 60, 100)):
        cv2.circle(image, (x + (2 * k if number == 3 else 0), y), 6, (220, 220, 220), -1)
    return image


@pytest.fixture
def clip(folder):
    times = np.cumsum([0, 0.04, 0.04, 0.02, 0.06] + [0.04] * 5)
    write_video("clip.mp4", [Frame(float(time), picture(k)) for k, time in enumerate(times)])
    return "clip.mp4"


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence; give the sentence."""
    before = sorted(Path().iterdir())
    assert main(list(arguments)) == code
    said = capsys.readouterr().err
    assert said.startswith("foveal")
    assert said.count("\n") == 1
    assert sorted(Path().iterdir()) == before
    return said


def test_the_map_of_a_film_is_a_film_of_its_size_and_times(clip, capsys):
    assert main(["map", clip, "-o", "out.mp4"]) == 0
    said = capsys.readouterr().out
    assert "120 x 90 px, 10 frames" in said
    assert "out.mp4" in said
    assert read_video("out.mp4").shape == (90, 120)
    assert read_video("out.mp4").times() == pytest.approx(read_video(clip).times(), abs=1e-3)


def test_the_film_shows_what_the_library_says(clip):
    assert main(["map", clip, "-o", "out.mp4"]) == 0
    eye, level, before = VideoSaliency(), 0.1, 0.0
    for frame, shown in zip(read_video(clip), read_video("out.mp4"), strict=True):
        map_ = eye.update(frame.image, frame.time)
        level = max(level * np.exp(before - frame.time), map_.max())
        before = frame.time
        assert np.abs(shown.image[:, :, 0] / 255 - map_ / level).mean() < 0.03


def test_the_overlay_is_warm_where_something_moves(clip):
    assert main(["map", clip, "--overlay", "-o", "out.mp4"]) == 0
    frames = list(read_video("out.mp4"))
    colour = frames[5].image.astype(int)
    warmth = cv2.GaussianBlur((colour[:, :, 0] - colour[:, :, 2]).astype(np.float32), (0, 0), 3)
    row, column = np.unravel_index(warmth.argmax(), warmth.shape)
    assert np.hypot(column - 30, row - 45) < 10
    assert warmth[20, 100] < 0.3 * warmth.max()


@pytest.mark.parametrize("channel", ["static", "flicker", "motion", "surprise"])
def test_each_channel_can_be_had(clip, channel, capsys):
    assert main(["map", clip, "--channel", channel, "-o", "out.mp4", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["written"] == ["out.mp4"]
    assert said["peak"]["value"] > 0.3
    if channel != "static":
        assert 14 <= said["peak"]["x"] <= 46
        assert 35 <= said["peak"]["y"] <= 55


def test_json_tells_frames_cuts_and_peak(capsys):
    scenes = [cv2.resize(sample_pixels(name), (120, 80)) for name in ("coffee", "chelsea")]
    write_video("two.mp4", [Frame(k * 0.04, scenes[k // 6]) for k in range(12)])
    assert main(["map", "two.mp4", "--model", "itti1998", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["stimulus"] == "two.mp4"
    assert said["model"] == "itti1998"
    assert said["frames"] == 12
    assert said["cuts"] == [pytest.approx(0.24, abs=1e-3)]
    assert said["written"] == [str(Path.cwd() / "two.map.mp4")]


def test_the_model_is_that_of_the_static_part(clip):
    maps = []
    for name in ("itti", "itti1998"):
        assert main(["map", clip, "--model", name, "--channel", "static", "-o", f"{name}.mp4"]) == 0
        maps.append(next(iter(read_video(f"{name}.mp4"))).image[:, :, 0] / 255)
    static = IttiKoch()(next(iter(read_video(clip))).image)
    assert maps[0] == pytest.approx(static / static.max(), abs=0.1)


def test_a_film_without_anything_says_so(capsys):
    write_video("grey.mp4", [Frame(k * 0.04, np.full((40, 60, 3), 128, np.uint8)) for k in range(4)])
    assert main(["map", "grey.mp4"]) == 0
    assert "none: nothing in the film stands out" in capsys.readouterr().out
    assert max(frame.image.max() for frame in read_video("grey.map.mp4")) <= 2


def test_bad_use_is_refused_in_one_sentence(clip, capsys):
    assert "a film has no channel 'colour'; expected one of: static" in refused(
        capsys, "map", clip, "--channel", "colour"
    )
    assert "there is no model 'x'" in refused(capsys, "map", clip, "--model", "x")
    assert "expected a name that ends in .mp4 or .webm" in refused(capsys, "map", clip, "-o", "out.png")
    assert "expected one film to write" in refused(capsys, "map", clip, "-o", clip)
    assert "expected one film to write" in refused(capsys, "map", clip, "-o", "a.mp4", "-o", "b.mp4")
    assert "there is no file" in refused(capsys, "map", "none.mp4")
    Path("broken.mp4").write_bytes(b"no film")
    assert "not a video that can be read" in refused(capsys, "map", "broken.mp4")


def test_a_picture_is_mapped_as_before():
    write_image("coffee.png", sample_pixels("coffee")[:100, :160])
    assert main(["map", "coffee.png", "-o", "map.npy"]) == 0
    assert np.array_equal(np.load("map.npy"), IttiKoch()(read_image("coffee.png")))
