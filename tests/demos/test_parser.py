"""What is asked for in vain, in other words than ours, or in numbers out of range: a sentence, before any work."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import COMMANDS, main, parser_for
from demos.parser import CommandParser, nearest
from foveation import Frame, write_image, write_video

NEEDED = {  # arguments without which a command cannot be
    "video": ["clip.mp4"],
    "read": ["note.txt"],
    "search": ["pop-out"],
    "batch": ["photos", "-o", "out"],
    "evaluate": ["photos"],
    "train-readout": ["photos"],
}


def actions(command):
    """Give the options of a command."""
    (commands,) = parser_for([command])._subparsers._group_actions
    return [action for action in commands.choices[command]._actions if action.option_strings]


def written(action):
    return max(action.option_strings, key=len)


def reads_numbers(action):
    """Whether an option takes a number, or several."""
    if action.type is None:
        return False
    try:
        value = action.type("1")
    except Exception:
        try:
            value = action.type("2")  # folds
        except Exception:
            return False
    value = value[0] if isinstance(value, list) else value
    return isinstance(value, int | float)


NUMBERS = [(command, written(action)) for command in COMMANDS for action in actions(command) if reads_numbers(action)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    write_image("photos/a.png", np.eye(20))
    write_image("a.png", np.eye(20))
    Path("note.txt").write_text("a note")
    Path("gaze.csv").write_text("time_ms,x,y\n0,1,2\n")
    return tmp_path


def refused(capsys, *arguments):
    """Run a command that must be refused with nothing written; give the last line that it says."""
    before = sorted(Path().rglob("*"))
    try:
        code = main(list(arguments))
    except SystemExit as leave:
        code = leave.code
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert sorted(Path().rglob("*")) == before
    return said.err.splitlines()[-1]


def test_no_option_reads_numbers_without_a_range():
    assert len(NUMBERS) > 60
    bare = [
        (command, action.dest) for command in COMMANDS for action in actions(command) if action.type in (int, float)
    ]
    assert not bare


@pytest.mark.parametrize("number", ["1e308", "1e20", "-1e20", "nan", "inf", "9" * 5000, "many"])
@pytest.mark.parametrize(("command", "option"), NUMBERS)
def test_numbers_out_of_range_are_bad_use(command, option, number, capsys):
    said = refused(capsys, command, *NEEDED.get(command, []), f"{option}={number}")
    assert said.startswith("foveal: ")
    assert option in said
    assert " to " in said  # the range
    assert len(said) < 250


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_shows_the_usage_of_its_command_and_the_nearest_name(command, capsys):
    for action in actions(command):
        name = written(action)
        if len(name) > 4:
            wrong = f"{name}z"
            with pytest.raises(SystemExit) as leave:
                main([command, wrong])
            usage, *_, said = capsys.readouterr().err.splitlines()
            assert leave.value.code == 2
            assert usage.startswith(f"usage: foveal {command} ")
            assert said == f"foveal {command}: error: there is no option '{wrong}'; did you mean '{name}'?"


def test_an_unknown_command_has_a_nearest_name(capsys):
    assert refused(capsys, "scanpaht") == "foveal: error: there is no command 'scanpaht'; did you mean 'scanpath'?"
    assert refused(capsys, "xylophone") == "foveal: error: there is no command 'xylophone'"
    assert refused(capsys, "--versoin").endswith("there is no option '--versoin'; did you mean '--version'?")
    assert refused(capsys, "map", "a.png", "b.png").endswith("expected nothing more, got 'b.png'")
    assert nearest("a", []) == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_two_dashes_are_no_value(command, capsys):
    for action in actions(command):
        said = refused(capsys, command, *NEEDED.get(command, []), f"{written(action)}=--")
        assert said.endswith(f"expected a value for {written(action)}, got '--'")


@pytest.mark.parametrize(
    "arguments",
    [
        ["map", "a.png", "-o", "m.npy", "--overlay"],
        ["map", "a.png", "--model", "itti", "--maps-are", "density"],
        ["map", "a.png", "--ground", "black"],
        ["map", "clip.mp4", "--ground", "black"],
        ["map", "--ground", "black"],
        ["foveate", "clip.mp4", "--ground", "black"],
        ["regions", "--max-pixels", "9"],
        ["scanpath", "a.png", "--fps", "25"],
        ["scanpath", "a.png", "--slow", "1", "-o", "a.csv"],
        ["scanpath", "a.png", "--maps-are", "saliency"],
        ["crop", "a.png", "--size", "4x4", "--share", "0.5"],
        ["foveate", "a.png", "--gaze", "gaze.csv"],
        ["foveate", "a.png", "--cortex"],
        ["foveate", "clip.mp4", "--live"],
        ["foveate", "clip.mp4", "--figure", "f.png"],
        ["foveate", "clip.mp4", "--at", "1,1", "--gaze", "gaze.csv"],
        ["read", "a.png", "--page", "1"],
        ["read", "a.png", "--columns", "72"],
        ["read", "a.png", "--encoding", "utf-8"],
        ["read", "a.png", "--language", "en"],
        ["read", "note.txt", "-o", "r.csv", "--strips", "8"],
        ["read", "note.txt", "-o", "r.csv", "--first", "2"],
        ["search", "pop-out", "--saccades", "3"],
        ["search", "pop-out", "--start", "1,1"],
        ["search", "pop-out", "--ppd", "20"],
        ["search", "a.png", "--target", "a.png", "--trials", "200"],
        ["search", "a.png", "--target", "a.png", "--eyes"],
        ["search", "a.png", "--target", "a.png", "--workers", "1"],
        ["evaluate", "photos", "--paths", "5"],
        ["evaluate", "photos", "--duration", "3"],
        ["evaluate", "photos", "--halves"],
        ["evaluate", "photos", "--scanpaths", "--sigma-px", "9"],
        ["evaluate", "photos", "--sigma-px", "9", "--distance", "60"],
        ["train-readout", "photos", "--sigma-px", "9"],
        ["train-readout", "photos", "--ppd", "9"],
        ["train-readout", "photos", "--layer", "conv"],
        ["train", "--demo", "--glimpses", "6"],
        ["translate", "--seed", "0"],
        ["translate", "--units", "9"],
        ["translate", "--train", "--copy"],
        ["translate", "--train", "--beam", "2", "--columns", "0,1"],
        ["translate", "--train", "--form", "none", "--score", "dot"],
        ["translate", "--train", "--form", "none", "--control"],
        ["caption", "a.png", "--seed", "1"],
        ["caption", "a.png", "--objects", "1"],
        ["caption", "--resize"],
        ["caption", "--ppd", "20"],
        ["caption", "--train", "--distance", "60"],
        ["caption", "--train", "--attention", "none", "--coverage", "1"],
        ["caption", "--train", "--score", "dot", "--units", "8"],
    ],
)
def test_what_would_do_nothing_is_refused(arguments, capsys):
    said = refused(capsys, *arguments)
    option = [word for word in arguments if word.startswith("--")]
    assert " does nothing here: expected it " in said
    assert said.split()[1] in option


def test_a_half_of_the_field_has_no_size(capsys):
    assert "without a size, got 'left:5'" in refused(capsys, "foveate", "a.png", "--loss", "left:5")


def test_defaults_are_no_wishes():
    parser = CommandParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--fps", default=25)
    parser.only("fps", "words", where="never", met=lambda options: False)
    assert vars(parser.parse_args([])) == {"words": [], "fps": 25}
    with pytest.raises(ValueError, match="--fps does nothing here: expected it never"):
        parser.parse_args(["--fps", "25"])
    with pytest.raises(ValueError, match="words does nothing here"):
        parser.parse_args(["--", "--fps"])


def shell(line):
    """Run a line of Bash in which $FOVEAL is the command."""
    environment = {**os.environ, "FOVEAL": f"{sys.executable} -m demos", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("$FOVEAL info | head -c 1", 0, ""),
        ("$FOVEAL info >&-", 0, ""),
        ("$FOVEAL info >/dev/full", 1, "foveal: No space left on device\n"),
        ("$FOVEAL map a.png --model itti -o a.npy --json >&-", 0, ""),
        ("$FOVEAL map none.png 2>&-", 2, ""),
        ("$FOVEAL map --duration 3 2>&1 >&- | head -c 1", 0, ""),
        (
            f"for name in {' '.join(COMMANDS)}; do $FOVEAL $name --help | head -c 1; $FOVEAL $name --help >&-; done",
            0,
            "",
        ),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is always full")
def test_standard_output_may_be_closed(line, code, said):
    assert shell(line) == (code, said)


def test_a_module_names_itself_in_its_usage():
    code, said = shell("$FOVEAL map --overlya")
    assert code == 2
    assert said.startswith("usage: python -m demos map ")
    assert said.splitlines()[-1].startswith("python -m demos map: error: there is no option '--overlya'")


def test_a_film_has_a_bound_of_frames(capsys):
    said = refused(capsys, "scanpath", "a.png", "-o", "a.gif", "--duration", "3600", "--fps", "1000", "--slow", "1000")
    assert "at most 1000000 frames" in said


def test_the_screen_has_a_bound(capsys):
    said = refused(capsys, "scanpath", "a.png", "--screen", "9x9:99999x99999", "--distance", "0.001")
    assert "expected a geometry of 0.1 to 10000 px/deg" in said


def test_films_are_known_by_their_ending(capsys):
    write_video("clip.mp4", [Frame(0.0, np.zeros((32, 32, 3), np.uint8))])
    assert "--figure does nothing here" in refused(capsys, "foveate", "clip.mp4", "--figure", "a.png")
