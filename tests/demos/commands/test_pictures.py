"""What all commands that take a picture share: its depth, its transparency, the ground it lies on, its size."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from demos.__main__ import main
from foveation import Frame, as_image, sample_pixels, write_image, write_video
from foveation.picture_files import IMAGE_ENDINGS, read_pixels

COFFEE = np.ascontiguousarray(sample_pixels("coffee")[40:360:4, 100:500:4])
COMMANDS = {  # options that are quick
    "map": ["--model", "frequency-tuned"],
    "regions": ["--model", "frequency-tuned"],
    "crop": ["--model", "frequency-tuned"],
    "foveate": [],
    "scanpath": ["--preset", "itti1998"],
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("deep.png", COFFEE.astype(np.uint16) * 257)
    write_image("plain.png", COFFEE)
    logo = np.full((60, 90, 4), (255, 255, 255, 0), np.uint8)
    cv2.putText(logo, "a", (30, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (255, 255, 255, 255), 4)
    write_image("logo.png", logo)
    return tmp_path


def refused(capsys, *arguments):
    try:
        assert main(list(arguments)) == 2
    except SystemExit as leave:
        assert leave.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("ending", IMAGE_ENDINGS)
@pytest.mark.parametrize("command", [["crop", "--aspect", "5:4"], ["foveate", "--strength", "0.01"]])
def test_a_picture_of_16_bits_stays_what_it_is_in_every_format(ending, command):
    assert main([command[0], "deep.png", *command[1:], "-o", f"out{ending}"]) == 0
    apart = np.abs(as_image(read_pixels(f"out{ending}")) - as_image(COFFEE))
    assert apart.mean() < (0.03 if ending in (".jpg", ".jpeg") else 0.5 / 255)


@pytest.mark.parametrize("command", [["map", "--overlay", "--model", "frequency-tuned"], ["regions"], ["foveate"]])
def test_a_picture_of_16_bits_is_drawn_as_one_of_8(command):
    """The same bytes, 0 to 255, come out: 257 steps of 16 bits are one of 8."""
    for name in ("deep", "plain"):
        assert main([command[0], f"{name}.png", *command[1:], "-o", f"{name}.out.png"]) == 0
    assert read_pixels("deep.out.png").astype(int) == pytest.approx(read_pixels("plain.out.png").astype(int), abs=1)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "foveate"])
def test_a_white_thing_on_transparency_needs_another_ground_and_is_told_so(capsys, command):
    assert main([command, "logo.png", *COMMANDS[command]]) == 0
    said = capsys.readouterr().out
    assert "stands out" in said
    assert "what is transparent shows white: --ground black lays it on another ground" in said
    assert main([command, "logo.png", *COMMANDS[command], "--ground", "black"]) == 0
    assert "--ground" not in capsys.readouterr().out


def test_an_even_picture_without_transparency_says_nothing_of_a_ground(capsys):
    write_image("even.png", np.full((40, 60, 4), 255, np.uint8))
    assert main(["map", "even.png", *COMMANDS["map"]]) == 0
    said = capsys.readouterr().out
    assert "nothing in the picture stands out" in said
    assert "ground" not in said


@pytest.mark.parametrize(
    ("ground", "colour"), [("white", 255), ("black", 0), ("grey", 128), ("#102040", (16, 32, 64)), ("#FFffFF", 255)]
)
def test_the_ground_is_the_colour_that_was_asked_for(ground, colour):
    assert main(["crop", "logo.png", *COMMANDS["crop"], "--ground", ground, "--size", "90x60", "-o", "out.bmp"]) == 0
    assert np.all(read_pixels("out.bmp")[:3, :3] == colour)


@pytest.mark.parametrize("ground", ["blue-ish", "#12", "#12345g", "102040", ""])
def test_what_is_no_ground_is_refused(capsys, ground):
    said = refused(capsys, "crop", "logo.png", "--ground", ground)
    assert "expected white, grey, black or a colour such as #ff8000" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_picture_larger_than_asked_for_is_refused(capsys, command):
    said = refused(capsys, command, "plain.png", "--max-pixels", "7999")
    assert "is 100 x 80 px, 8,000 pixels: expected at most 7,999 (max_pixels, or --max-pixels, allows more)" in said
    assert "expected pixels, a whole number from 1" in refused(capsys, command, "plain.png", "--max-pixels", "0")


@pytest.mark.parametrize("command", ["map", "foveate", "video"])
def test_a_film_is_bounded_too_and_lies_on_no_ground(capsys, command):
    film = write_video("clip.webm", [Frame(number / 5, COFFEE) for number in range(3)], fps=5)
    assert "8,000 pixels: expected at most 99" in refused(capsys, command, str(film), "--max-pixels", "99")
    if command != "video":  # it takes no pictures
        assert "--ground does nothing here" in refused(capsys, command, str(film), "--ground", "black")
    assert sorted(path.name for path in Path().iterdir() if path.suffix == ".webm") == ["clip.webm"]
