"""`foveal map` on pictures and films, as a user types it."""

import json
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from demos.__main__ import main
from foveation import Frame, read_image, read_video, sample_pixels, write_image, write_video
from saliency import MODELS, IttiKoch, Readout
from saliency.models.films import VideoSaliency


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
    eye, level, before = VideoSaliency().watch(), 0.1, 0.0
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
    assert main(["map", "coffee.png", "--model", "itti", "-o", "map.npy"]) == 0
    assert np.array_equal(np.load("map.npy"), IttiKoch()(read_image("coffee.png")))


@pytest.fixture
def photo(folder):
    write_image(folder / "photo.png", sample_pixels("coffee")[:100, :160])
    return "photo.png"


def test_a_picture_is_mapped_by_the_read_out_unless_another_model_is_named(photo, capsys):
    assert main(["map", photo, "-o", "map.npy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "readout"
    assert np.array_equal(np.load("map.npy"), MODELS["readout"](read_image(photo)))
    assert main(["map", photo, "--model", "bms", "-o", "map.npy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "bms"
    assert np.array_equal(np.load("map.npy"), MODELS["bms"](read_image(photo)))


def test_several_models_give_a_sheet_and_a_table(photo, capsys):
    assert main(["map", photo, "--model", "itti, signature,itti"]) == 0
    said = capsys.readouterr().out.splitlines()
    row, column = np.unravel_index(IttiKoch()(read_image(photo)).argmax(), (100, 160))
    assert [line.split()[0] for line in said] == ["picture", "itti", "signature", "written"]
    assert f"peak at x {column}, y {row}" in said[1]
    assert all(float(line.split()[1]) > 0 and " ms " in line for line in said[1:3])
    assert said[-1].endswith("photo.maps.png")
    assert read_image("photo.maps.png").shape[1] == pytest.approx(170 / 25.4 * 200, abs=2)


def test_all_models_are_on_one_sheet(photo, capsys):
    assert main(["map", photo, "--model", "all", "--overlay", "-o", "all.svg", "-o", "all.pdf", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in said["models"]] == list(MODELS)
    assert all(row["milliseconds"] > 0 for row in said["models"])
    assert said["written"] == ["all.svg", "all.pdf"]
    drawn = Path("all.svg").read_text()
    assert all(f">{name}<" in drawn for name in MODELS)
    assert Path("all.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_cascade_is_drawn_beside_the_map(photo, ending, capsys):
    figure = f"cascade.{ending}"
    assert main(["map", photo, "--figure", figure, "-o", "map.npy", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["model"], said["written"]) == ("itti", ["map.npy", figure])
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert Path(figure).read_bytes().startswith(magic)


def test_a_model_may_be_a_read_out_file_a_folder_of_maps_or_of_ones_own(folder, photo, capsys):
    load_pretrained = Path(str(files("saliency").joinpath("weights", "readout-without-faces.npz")))
    (folder / "my-readout.npz").write_bytes(load_pretrained.read_bytes())
    (folder / "maps").mkdir()
    np.save(folder / "maps" / "photo.npy", np.eye(50, 80))
    (folder / "own_map_of_this_test.py").write_text("def light(image):\n    return image.mean(axis=2)\n")
    image = read_image(photo)
    for name, expected in {
        "my-readout.npz": Readout(faces=False)(image),
        "maps": cv2.resize(np.eye(50, 80, dtype=np.float32), (160, 100)),
        "own_map_of_this_test:light": image.mean(axis=2),
    }.items():
        assert main(["map", photo, "--model", name, "-o", "map.npy"]) == 0
        assert np.load("map.npy") == pytest.approx(expected, abs=1e-6)
    capsys.readouterr()
    assert main(["map", photo, "--model", "maps,own_map_of_this_test:light,my-readout.npz", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in said["models"]] == ["maps", "own_map_of_this_test:light", "my-readout.npz"]


def test_a_name_of_ours_is_not_hidden_by_a_folder(folder, photo):
    (folder / "gbvs").mkdir()
    assert main(["map", photo, "--model", "gbvs", "-o", "map.npy"]) == 0
    assert np.array_equal(np.load("map.npy"), MODELS["gbvs"](read_image(photo)))


def test_any_map_on_the_way_can_be_had(photo):
    maps = MODELS["readout-without-faces"].maps(read_image(photo))
    for channel in ("corner", "score"):
        arguments = ["--model", "readout-without-faces", "--channel", channel, "-o", "map.npy", "-o", "map.png"]
        assert main(["map", photo, *arguments]) == 0
        expected = cv2.resize(maps[channel], (160, 100))
        assert np.array_equal(np.load("map.npy"), expected)
        low = min(expected.min(), 0)
        grey = (expected - low) / (expected.max() - low)
        assert read_image("map.png")[:, :, 0] == pytest.approx(grey, abs=0.5 / 255 + 1e-6)


def test_the_help_lists_the_models(capsys):
    with pytest.raises(SystemExit):
        main(["map", "--help"])
    words = capsys.readouterr().out.replace(",", " ").split()
    assert all(name in words or name in "".join(words) for name in MODELS)


def test_bad_use_with_pictures_is_refused_in_one_sentence(folder, photo, clip, capsys):
    (folder / "broken.npz").write_bytes(b"no file of ours")
    (folder / "maps").mkdir()
    (folder / "bad_models_of_this_test.py").write_text(
        "number = 3\nsmall = lambda image: image[:2, :2, 0]\n\ndef broken(image):\n    raise KeyError('x')\n"
    )
    (folder / "bad_module_of_this_test.py").write_text("def (\n")
    own = "bad_models_of_this_test"
    sentences = {
        ("--model", "iti"): "there is no model 'iti'; expected one of: readout, ",
        ("--model", "itti,"): "there is no model ''",
        ("--model", "none.npz"): "there is no read-out file 'none.npz'",
        ("--model", "broken.npz"): "'broken.npz' is no read-out file",
        ("--model", "maps"): "there is no map of 'photo.png' in 'maps'",
        ("--model", "no_such_module:x"): "there is no Python module 'no_such_module'",
        ("--model", "bad_module_of_this_test:x"): "cannot be made: SyntaxError",
        ("--model", f"{own}:none"): f"the module '{own}' has no 'none'",
        ("--model", f"{own}:number"): "cannot be called with a picture",
        ("--model", f"{own}:broken"): f"the model '{own}:broken' failed: KeyError: 'x'",
        ("--model", f"{own}:small"): "expected a map of shape (100, 160), got (2, 2)",
        ("--model", "all", "-o", "all.npy"): "expected a name that ends in .png, .svg or .pdf",
        ("--model", "all", "--figure", "a.png"): f"expected one model for --figure, got {len(MODELS)}",
        ("--model", "itti,bms", "--channel", "colour"): "expected one model for --channel, got 2",
        ("--model", "bms", "--figure", "a.png"): "expected a kind of itti for --figure",
        ("--model", "bms", "--channel", "smell"): "there is no channel 'smell'; expected one of: attention, saliency",
        ("--model", f"{own}:broken", "--channel", "x"): "this model has no channels of its own",
        ("--figure", "a.doc"): "expected a name that ends in .png, .svg or .pdf",
        ("--figure", "nowhere/a.png"): "the folder 'nowhere' does not exist",
    }
    (folder / "__pycache__").mkdir()  # which importing would add
    for arguments, sentence in sentences.items():
        assert sentence in refused(capsys, "map", photo, *arguments)
    assert "expected one model for a film, got 2" in refused(capsys, "map", clip, "--model", "itti,bms")
    assert "expected a picture for --figure, got a film" in refused(capsys, "map", clip, "--figure", "a.png")
    assert "each frame of a film, got maps of pictures: 'maps'" in refused(capsys, "map", clip, "--model", "maps")
