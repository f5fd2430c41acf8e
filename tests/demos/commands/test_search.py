"""`foveal search`: displays and photographs."""

import json
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import main
from demos.commands.search import KINDS
from foveation import read_image, sample_pixels, write_image
from saliency.displays.search import SEARCHES, SHORT


@pytest.fixture(autouse=True)
def _in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_an_experiment_prints_its_slopes_beside_peoples(capsys):
    assert main(["search", "conjunction", "--sizes", "3", "12", "--trials", "10", "-o", "s.png", "-o", "s.csv"]) == 0
    said = capsys.readouterr().out
    assert "slope (ms an item)" in said
    assert "25.7" in said
    assert "Wolfe, Palmer and Horowitz (2010)" in said
    assert read_image("s.png").std() > 0.05
    lines = Path("s.csv").read_text().splitlines()
    assert lines[0] == "search,set_size,target_present,answer_present,error,rt_ms,inspected,fixations"
    assert len(lines) == 21


def test_json_gives_all_numbers(capsys):
    assert main(["search", "pop-out", "--sizes", "3", "6", "--trials", "12", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["search"] == "pop-out-colour"
    assert told["set_sizes"] == [3, 6]
    assert abs(told["slope_present_ms_per_item"]) < 30
    assert abs(told["slope_absent_ms_per_item"]) < 30
    assert 300 < told["intercept_present_ms"] < 600
    assert 300 < told["intercept_absent_ms"] < 600
    assert len(told["miss_rate"]) == len(told["false_alarm_rate"]) == 2
    assert told["people"]["slope_absent_ms_per_item"] == -0.5
    assert told["fixations"] == 1


def test_eyes_may_move_and_workers_change_nothing(capsys):
    arguments = ["search", "q-among-o", "--sizes", "3", "12", "--trials", "4", "--eyes", "--json", "--seed", "2"]
    assert main(arguments) == 0
    alone = json.loads(capsys.readouterr().out)
    assert alone["fixations"] > 1
    assert alone["people"] is None
    assert main([*arguments, "--workers", "2"]) == 0
    assert json.loads(capsys.readouterr().out) == alone


def test_one_set_size_has_no_slope(capsys):
    assert main(["search", "t-among-l", "--sizes", "6", "--trials", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["slope_present_ms_per_item"] is None


def test_all_searches_of_the_library_are_named():
    assert set(KINDS) == {*SEARCHES, *SHORT}


def photograph():
    image = sample_pixels("coffee")[:240, :320]
    write_image("coffee.png", image)
    write_image("spoon.png", image[60:110, 180:230])


def test_a_thing_is_found_in_a_photograph(capsys):
    photograph()
    command = ["search", "coffee.png", "--target", "spoon.png", "--ppd", "16"]
    assert main([*command, "-o", "found.png", "-o", "found.csv"]) == 0
    said = capsys.readouterr().out
    assert "found at" in said
    assert "fixation" in said
    assert read_image("found.png").std() > 0.05
    assert Path("found.csv").exists()
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["found"]
    assert np.hypot(told["place"][0] - 205, told["place"][1] - 85) < 30
    assert told["fixations"] == len(told["path"]["fixations"])


def test_a_thing_that_is_not_there_is_reported_absent(capsys):
    photograph()
    rng = np.random.default_rng(0)
    write_image("noise.png", rng.random((40, 40, 3)).astype(np.float32))
    assert main(["search", "coffee.png", "--target", "noise.png", "--ppd", "16", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "absent"
    assert 500 < told["time_ms"] < 20_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hats"], "there is no search 'hats'; expected a picture, or one of: pop-out"),
        (["conjunction", "--sizes", "3", "60"], "no more than the 25 that fit"),
        (["conjunction", "--trials", "1"], "at least 2 trials"),
        (["conjunction", "--ppd", "20"], "--ppd does nothing here: expected it with --target"),
        (["conjunction", "--workers", "0"], "--workers: expected workers, a whole number from 1 to 1024"),
        (["conjunction", "-o", "slopes.txt"], "slopes.txt"),
        (["coffee.png"], "expected --target, a picture of the thing to find in 'coffee.png'"),
        (["spoon.png", "--target", "coffee.png"], "larger than the picture"),
        (["coffee.png", "--target", "nowhere.png"], "nowhere.png"),
    ],
)
def test_bad_use_is_a_sentence_and_exit_code_2(arguments, said, capsys):
    photograph()
    assert main(["search", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("foveal: ")
    assert told.count("\n") == 1
    assert said in told
