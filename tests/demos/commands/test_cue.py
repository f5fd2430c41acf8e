"""`foveal cue`, as a user types it."""

import csv
import json

import pytest

from demos.__main__ import main


def result_of(capsys, *arguments):
    assert main(["cue", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_reaction_times_are_printed_beside_peoples(capsys):
    assert main(["cue", "exogenous", "--soas", "100", "300", "--trials", "40"]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].endswith("a flash at one of two places; valid in 50 % of trials")
    assert lines[2].split()[:5] == ["interval", "valid", "invalid", "difference", "neutral"]
    assert lines[3].split()[-3:] == ["554", "622", "68"]
    assert lines[4].split()[-3:] == ["-", "-", "-"]
    assert "Mathôt" in captured.out
    assert captured.err == ""


def test_the_course_goes_from_facilitation_to_inhibition(capsys):
    result = result_of(capsys, "exogenous", "--soas", "100", "1000", "--trials", "200")
    first, later = (row["invalid_minus_valid_ms"] for row in result["effects"])
    assert 30 < first < 100
    assert -30 < later < 0
    assert result["validity"] == 0.5
    assert result["effects"][0]["people_invalid_minus_valid_ms"] == 68.0


def test_an_arrow_has_benefit_and_cost_and_no_people_of_its_own(capsys):
    result = result_of(capsys, "endogenous", "--soas", "500", "--trials", "200")
    (row,) = result["effects"]
    assert 15 < row["benefit_ms"] < 60
    assert 15 < row["cost_ms"] < 60
    assert row["people_valid_ms"] is None
    assert result["validity"] == 0.8
    assert main(["cue", "endogenous", "--soas", "500", "--trials", "20"]) == 0
    assert "benefit" in capsys.readouterr().out


def test_a_single_trial_gives_null_where_nothing_is_known(capsys):
    result = result_of(capsys, "exogenous", "--soas", "100", "--trials", "1")
    assert result["effects"][0]["error_ms"] is None
    assert None in result["conditions"]["rt_ms"]


def test_seeds_decide(capsys):
    one, same, other = (
        result_of(capsys, "--soas", "100", "--trials", "20", "--seed", seed) for seed in ("1", "1", "2")
    )
    assert one == same != other


def test_figure_and_table_are_written(tmp_path, capsys):
    figure, table = tmp_path / "course.pdf", tmp_path / "course.csv"
    result = result_of(capsys, "--soas", "100", "500", "--trials", "20", "-o", str(figure), "-o", str(table))
    assert result["written"] == [str(figure), str(table)]
    assert figure.read_bytes().startswith(b"%PDF")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 8
    assert rows[0]["soa_ms"] == "100.0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--soas", "-100"], "an interval in ms above 0 and up to 10000"),
        (["--trials", "0"], "trials, a whole number from 1 to 1000000"),
        (["--validity", "2"], "a share from 0 to 1"),
        (["-o", "course.doc"], "expected a name that ends in"),
    ],
)
def test_bad_use_is_one_sentence(arguments, words, capsys):
    assert main(["cue", "exogenous", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
