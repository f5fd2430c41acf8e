"""`foveal train`, as a user types it."""

import csv
import gzip
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import demos.commands.train
import demos.training.digits
import neural.files
import saliency.learning.unfinished
from demos.__main__ import main
from demos.training.digits import CORES, HUES, POLICIES, RECIPES, Recipe, network_of, scenes_of
from demos.training.resumable import THREADS
from foveation import read_image
from neural import (
    GRU,
    LSTM,
    CentrePolicy,
    Digits,
    GaussianPolicy,
    LossTerms,
    PriorityPolicy,
    RandomPolicy,
    ReLUCell,
    hue_search_scenes,
    rendered_digits,
)
from neural.files import read_network, read_provenance, write_network

QUICK = ["--pictures", "60", "--epochs", "3"]
NAMES = ["my-digits.csv", "my-digits.curve.png", "my-digits.glimpses.png", "my-digits.npz"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder, few held-out pictures, a figure with two of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demos.training.digits, "FEWEST", 30)
    monkeypatch.setattr(demos.commands.train, "SHOWN", 2)
    return tmp_path


@pytest.fixture
def no_figures(monkeypatch):
    """Do without figures, which take longer than such a training."""
    for name in ("_draw_curve", "_draw_glimpses"):
        monkeypatch.setattr(demos.commands.train, name, lambda *arguments: None)


@pytest.fixture
def mnist(folder):
    """Thirty digits for learning and twenty others, in the files of MNIST."""
    (folder / "mnist").mkdir()
    for prefix, count in (("train", 30), ("t10k", 20)):
        digits = rendered_digits(count, rng=count)
        for kind, code, values in (("images", 3, digits.images), ("labels", 1, digits.labels.astype(np.uint8))):
            head = bytes([0, 0, 8, code]) + b"".join(side.to_bytes(4, "big") for side in values.shape)
            path = folder / "mnist" / f"{prefix}-{kind}-idx{code}-ubyte.gz"
            path.write_bytes(gzip.compress(head + values.tobytes()))
    return folder / "mnist"


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence; give the sentence."""
    assert main(["train", *arguments]) == code
    said = capsys.readouterr()
    assert not said.out
    last = said.err.splitlines()[-1]
    assert last.startswith("foveal: ")
    return last


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def same(one, other):
    one, other = read_network(one), read_network(other)
    return one == other and all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


def rows_of(table):
    return list(csv.DictReader(Path(table).read_text(encoding="utf-8").splitlines()))


def stopped(monkeypatch, after):
    """Let a training be interrupted after so many epochs, as by Ctrl-C."""
    write, count = saliency.learning.unfinished.write_progress, [0]

    def write_and_stop(*arguments, **named):
        write(*arguments, **named)
        count[0] += 1
        if count[0] == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(saliency.learning.unfinished, "write_progress", write_and_stop)


def test_a_network_is_learned_and_written(folder, capsys):
    assert main(["train", *QUICK]) == 0
    said = capsys.readouterr()
    blocks = [block.splitlines() for block in said.out.split("\n\n")]
    assert blocks[0] == [
        "task         digits, 28 x 28 px",
        "learned from 60 pictures of drawn digits, 3 epochs, seed 0",
        "network      GaussianPolicy, ReLUCell of 256 units, 6 glimpses of 8 x 8 px, 242061 weights",
        "held out     30 pictures of other digits",
    ]
    assert blocks[1][0] == "glimpses     held-out error"
    assert [line.split()[0] for line in blocks[1][1:7]] == ["1", "2", "3", "4", "5", "6"]
    assert blocks[1][7].endswith("% when it stops as soon as a class is 90% probable")
    assert [line.split()[0] for line in blocks[2]] == ["looking", "random", "centre"]
    assert blocks[3] == [f"written      {NAMES[k]}" for k in (3, 0, 1, 2)]
    told = said.err.splitlines()
    assert [line.partition(":")[0] for line in told] == [f"epoch {k} of 3" for k in (1, 2, 3)]
    for part in ("action ", "baseline ", "reinforce ", "accuracy ", "reward ", "held-out error "):
        assert all(part in line for line in told)
    assert all(line.endswith(("s left", "min left")) for line in told)
    assert files(folder) == NAMES
    rows = rows_of("my-digits.csv")
    assert list(rows[0]) == ["epoch", *LossTerms._fields, "held_out_error"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert f"held-out error {float(rows[2]['held_out_error']):.1%}, " in told[2]
    assert blocks[1][6].split()[1] == f"{float(rows[2]['held_out_error']):.2%}"
    assert read_image("my-digits.curve.png").shape[1] > 1000
    assert read_image("my-digits.glimpses.png").shape[1] > 1000


def test_the_file_says_what_it_was_learned_from(folder, mnist, no_figures):
    how = ["--task", "translated", "--policy", "centre", "--core", "gru", "--glimpses", "2", "--seed", "3"]
    assert main(["train", *how, *QUICK, "--data", str(mnist), "-o", "own.npz"]) == 0
    first, second, third = read_provenance("own.npz").splitlines()
    assert first == (
        "Learned by: foveal train --task translated --data mnist --policy centre --core gru --glimpses 2 --pictures 60 "
        "--epochs 3 --seed 3"
    )
    assert second == "From: 60 pictures of digits in mnist, 3 epochs"
    assert third.startswith("With: foveal ")
    assert str(folder) not in read_provenance("own.npz")
    network = read_network("own.npz")
    assert (network.policy, network.core, network.glimpses) == (CentrePolicy(), GRU(), 2)


def test_it_learns(capsys, no_figures, monkeypatch):
    monkeypatch.setattr(demos.training.digits, "FEWEST", 500)
    assert main(["train", "--pictures", "2000", "--epochs", "5", "--json"]) == 0
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert result["pictures"] == 500
    assert len(result["errors"]) == 6
    assert result["errors"][-1] < 0.5
    assert result["errors"][0] > result["errors"][-1] + 0.2
    assert result["elsewhere"]["random"] > result["errors"][-1] + 0.2
    assert result["written"] == [NAMES[k] for k in (3, 0, 1, 2)]
    assert 1 <= result["early_glimpses"] <= 6
    assert result["gains"] == {}
    rows = rows_of("my-digits.csv")
    assert float(rows[-1]["held_out_error"]) == result["errors"][-1]
    assert float(rows[-1]["action"]) < float(rows[0]["action"])


def test_the_seed_decides(no_figures):
    for name, number in (("one", "1"), ("again", "1"), ("two", "2")):
        assert main(["train", "-o", f"{name}.npz", "--seed", number, *QUICK]) == 0
    assert same("one.npz", "again.npz")
    assert not same("one.npz", "two.npz")


@pytest.mark.parametrize(
    ("task", "after"), [("digits", 1), ("digits", 2), ("digits", 3), ("search", 2), ("cluttered", 1)]
)
def test_an_interrupted_training_goes_on_as_if_it_had_not_been(folder, capsys, monkeypatch, no_figures, task, after):
    arguments = ["--task", task, "--json", *QUICK]
    assert main(["train", *arguments, "-o", "whole.npz"]) == 0
    whole = json.loads(capsys.readouterr().out)
    with monkeypatch.context() as patch:
        stopped(patch, after)
        assert main(["train", *arguments, "-o", "broken.npz"]) == 130
    said = capsys.readouterr()
    assert not said.out
    assert "kept in 'broken.npz.part': the same command goes on from there" in said.err
    assert files(folder) == ["broken.npz.part", "whole.csv", "whole.npz"]
    assert main(["train", *arguments, "-o", "broken.npz"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[0] == f"going on after epoch {after} of 3, kept in 'broken.npz.part'"
    assert said.err.count("held-out error") == 3 - after
    assert same("whole.npz", "broken.npz")
    assert (folder / "whole.csv").read_bytes() == (folder / "broken.csv").read_bytes()
    assert json.loads(said.out) == {**whole, "written": [name.replace("whole", "broken") for name in whole["written"]]}
    assert files(folder) == ["broken.csv", "broken.npz", "whole.csv", "whole.npz"]


def test_what_was_learned_is_kept_where_the_figures_are_interrupted(folder, capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demos.commands.train, "_shown", interrupted)
        assert main(["train", *QUICK]) == 130
    assert files(folder) == ["my-digits.npz.part"]
    assert main(["train", *QUICK]) == 0
    assert "going on after epoch 3 of 3" in capsys.readouterr().err
    assert files(folder) == NAMES


def test_an_unfinished_training_with_other_settings_is_not_lost(folder, mnist, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        stopped(patch, 1)
        assert main(["train", *QUICK, "-o", "a.npz"]) == 130
        stopped(patch, 1)
        assert main(["train", *QUICK, "-o", "b.npz", "--data", "mnist", "--task", "translated"]) == 130
    capsys.readouterr()

    def never(*arguments, **named):
        raise AssertionError("the pictures were made before the settings were compared")

    with monkeypatch.context() as patch:
        patch.setattr(demos.training.digits, "scenes_from", never)
        for change, sentence in (
            (["--epochs", "4"], "other epochs (3, not 4): finish that one, or remove the file"),
            (["--seed", "9"], "other seed (0, not 9)"),
            (["--pictures", "61"], "other pictures (60, not 61)"),
            (["--task", "search"], "other task (digits, not search)"),
            (["--policy", "random"], "other policy (gaussian, not random)"),
            (["--core", "lstm"], "other core (rectifier, not lstm)"),
            (["--glimpses", "3"], "other glimpses (6, not 3)"),
            (["--data", "mnist"], "other data (drawn digits, not digits in mnist)"),
        ):
            said = refused(capsys, *QUICK, *change, "-o", "a.npz")
            assert said.startswith("foveal: 'a.npz.part' keeps an unfinished training with ")
            assert sentence in said
        patch.setitem(RECIPES, "digits", Recipe(**{**vars(RECIPES["digits"]), "learning_rate": 0.5}))
        assert "with other learning_rate (0.001, not 0.5)" in refused(capsys, *QUICK, "-o", "a.npz")
    images = mnist / "train-images-idx3-ubyte.gz"
    content = bytearray(gzip.decompress(images.read_bytes()))
    content[16 + 300] ^= 255
    images.write_bytes(gzip.compress(content))
    said = refused(capsys, *QUICK, "-o", "b.npz", "--data", "mnist", "--task", "translated")
    assert "with other pictures of digits: finish that one" in said
    part = folder / "a.npz.part"
    part.write_bytes(part.read_bytes()[:5000])
    said = refused(capsys, *QUICK, "-o", "a.npz")
    assert "is no unfinished training file, or it is damaged: " in said
    assert ": remove 'a.npz.part' to start afresh" in said
    assert files(folder) == ["a.npz.part", "b.npz.part"]


def test_what_a_task_asks_of_the_channels_is_printed(capsys, no_figures):
    assert main(["train", "--task", "search", *QUICK]) == 0
    out = capsys.readouterr().out
    rows = out[out.index("\ngains") + 1 :].splitlines()[:5]
    channels = ["intensity", "red", "green", "blue", "yellow", "0", "deg", "45", "deg", "90", "deg", "135", "deg"]
    assert rows[0].split() == ["gains", *channels]
    assert [row.split()[0] for row in rows[1:]] == list(HUES)
    gains = read_network("my-search.npz").weights["gains"]
    assert [float(number) for number in rows[2].split()[1:]] == [round(float(gain), 2) for gain in gains[1, :9]]
    looking = out[out.index("\nlooking") + 1 :].splitlines()
    assert [row.split("  ")[0] for row in looking[1:5]] == ["saliency", "random", "centre", "wrong task"]


def test_gains_are_in_the_json_by_task_and_channel(capsys, no_figures):
    assert main(["train", "--task", "search", *QUICK, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result["gains"]) == set(HUES)
    assert set(result["gains"]["blue"]) >= {"intensity", "red", "green", "blue", "yellow"}
    assert set(result["elsewhere"]) == {"saliency", "random", "centre", "wrong task"}


def test_all_of_the_held_out_digits_of_mnist_are_asked_for(mnist, capsys, no_figures):
    assert main(["train", "--data", "mnist", "--task", "cluttered", "--policy", "saliency", *QUICK, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["pictures"] == 20
    assert result["shape"] == [60, 60]
    assert result["gains"] == {}
    assert set(result["elsewhere"]) == {"random", "centre"}


def test_held_out_pictures_are_not_learned_from(no_figures, monkeypatch):
    made = []
    make = demos.training.digits.scenes_of
    monkeypatch.setattr(
        demos.training.digits, "scenes_of", lambda *given, **named: made.append(make(*given, **named)) or made[-1]
    )
    assert main(["train", *QUICK]) == 0
    learned, held_out = ({image.tobytes() for image in scenes.images} for scenes in made)
    assert (len(learned), len(held_out)) == (60, 30)
    assert not learned & held_out


@pytest.mark.parametrize("task", RECIPES)
def test_every_policy_and_core_can_be_asked_for(task):
    policies = (PriorityPolicy, GaussianPolicy, PriorityPolicy, RandomPolicy, CentrePolicy)
    for name, kind in zip(POLICIES, policies, strict=True):
        policy = network_of(Recipe(**{**vars(RECIPES[task]), "policy": name})).policy
        assert type(policy) is kind
        assert policy.learns == (name in ("priority", "gaussian"))
    for name, kind in zip(CORES, (ReLUCell, GRU, LSTM), strict=True):
        recipe = Recipe(**{**vars(RECIPES[task]), "core": name, "units": 32})
        assert network_of(recipe).core == kind(size=32)


def test_policies_that_need_keys_learn_from_jittered_pictures(no_figures):
    assert RECIPES["digits"].jitter
    for policy in ("priority", "saliency"):
        assert main(["train", "--policy", policy, *QUICK]) == 0
        assert type(read_network("my-digits.npz").policy) is PriorityPolicy


def test_the_hues_are_those_of_the_task():
    assert inspect.signature(hue_search_scenes).parameters["hues"].default == HUES


def test_digits_come_again_at_other_places_where_there_are_too_few():
    digits = rendered_digits(5, rng=0)
    scenes = scenes_of("translated", digits, 12, 0)
    assert len(scenes.images) == 12
    assert np.array_equal(scenes.labels, digits.labels[np.arange(12) % 5])
    assert len(np.unique(scenes.places[::5], axis=0)) == 3
    assert isinstance(digits, Digits)


def test_the_demonstration_shows_what_ships(folder, capsys, monkeypatch):
    monkeypatch.setattr(neural.files, "files", lambda package: folder / package)
    said = refused(capsys, "--demo")
    assert said == "foveal: no network ships for 'digits'; there are: none"
    (folder / "neural" / "weights").mkdir(parents=True)
    network = network_of(RECIPES["search"]).initial(np.zeros((1, 84, 84, 3), np.uint8))
    path = folder / "neural" / "weights" / "search.npz"
    write_network(
        network, path, float16=True, provenance="Learned by: hand\nFrom: 7 pictures of drawn digits\nWith: care"
    )
    assert "no network ships for 'digits'; there are: search" in refused(capsys, "--demo")
    assert main(["train", "--demo", "--task", "search"]) == 0
    out = capsys.readouterr().out
    assert "learned from 7 pictures of drawn digits\n" in out
    assert "\ngains " in out
    assert out.endswith("written      search.glimpses.png\n")
    assert files(folder) == ["search.glimpses.png"]
    assert main(["train", "--demo", str(path), "--task", "search", "--json", "-o", "own.png"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["provenance"] == read_provenance(path)
    assert result["written"] == ["own.png"]
    assert "--epochs does nothing here" in refused(capsys, "--demo", "--epochs", "2")
    assert "a name that ends in .png, .svg or .pdf" in refused(capsys, "--demo", str(path), "-o", "own.npz")
    assert "there is no network file 'none.npz'" in refused(capsys, "--demo", "none.npz")
    write_network(network_of(RECIPES["digits"]).initial(np.zeros((1, 28, 28), np.uint8)), "grey.npz")
    said = refused(capsys, "--demo", "grey.npz", "--task", "search")
    assert said == "foveal: expected glimpses of 64 numbers, as when the network learned, got 192"


def test_one_thread_is_taken_unless_the_user_says_otherwise():
    asked = (
        "import os, json, demos.commands.train as train\n"
        "from demos.training.resumable import THREADS\n"
        "threads = lambda: json.dumps({name: os.environ[name] for name in THREADS})\n"
        "train._check = lambda options: print(threads()) or exit()\n"
        "train.run(None)"
    )
    given = {name: value for name, value in os.environ.items() if name not in THREADS} | {"OMP_NUM_THREADS": "2"}
    told = subprocess.run([sys.executable, "-c", asked], env=given, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == {**dict.fromkeys(THREADS, "1"), "OMP_NUM_THREADS": "2"}


def test_the_threads_of_a_program_that_has_begun_are_left_alone(no_figures, monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    assert main(["train", *QUICK]) == 0
    assert not set(THREADS) & set(os.environ)


def test_a_help_does_not_wait_for_the_library_which_would_read_the_threads_too_early():
    code = (
        "import sys; from demos.__main__ import parser_for; parser_for(['train']).format_help(); "
        "assert not {'numpy', 'neural', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_closed_folder_is_refused_before_any_work(folder, capsys, monkeypatch):
    (folder / "closed").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "closed")  # the superuser may write anywhere
    said = refused(capsys, "-o", "closed/own.npz")
    assert said == "foveal: cannot write 'closed/own.npz': the folder 'closed' is not writable"
    assert files(folder / "closed") == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("train-images-idx3-ubyte.gz", None, "expected 'train-images-idx3-ubyte' or 'train-images-idx3-ubyte.gz' in"),
        ("t10k-labels-idx1-ubyte.gz", None, "expected 't10k-labels-idx1-ubyte' or"),
        ("train-images-idx3-ubyte.gz", b"no digits", "expected an idx file"),
        ("train-images-idx3-ubyte.gz", b"\x1f\x8b\x08damaged", "expected a whole gzip file"),
        ("train-images-idx3-ubyte.gz", bytes([0, 0, 8, 1, 0, 0, 0, 9, 1]), "expected 9 bytes for the 9 numbers"),
        ("t10k-labels-idx1-ubyte.gz", bytes([0, 0, 8, 1, 0, 0, 0, 2, 1, 1]), "and as many labels"),
    ],
)
def test_damaged_files_of_digits_are_refused(folder, mnist, capsys, name, content, sentence):
    if content is None:
        (mnist / name).unlink()
    else:
        (mnist / name).write_bytes(content)
    assert sentence in refused(capsys, "--data", "mnist", "--pictures", "20", "--epochs", "1")
    assert files(folder) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "nowhere"], "in the folder 'nowhere', found neither"),
        (["--epochs", "0"], "--epochs: expected epochs, a whole number from 1 to 1000000, got '0'"),
        (["--pictures", "0"], "--pictures: expected pictures, a whole number from 1 to 1000000, got '0'"),
        (["--glimpses", "-1"], "--glimpses: expected glimpses, a whole number from 1 to 100, got '-1'"),
        (["--pictures", "1", "--task", "search"], "expected --pictures from 2 up"),
        (["--task", "letters"], "there is no task 'letters'; expected one of: digits, translated, cluttered, search"),
        (["--policy", "best"], "there is no policy 'best'; expected one of: priority, gaussian, saliency, random"),
        (["--core", "mamba"], "there is no core 'mamba'; expected one of: rectifier, gru, lstm"),
        (["-o", "own.pth"], "expected a name that ends in .npz"),
        (["-o", "none/own.npz"], "the folder 'none' does not exist"),
        (["--data", "mnist", "--pictures", "31"], "expected --pictures up to 30, as many as there are, got 31"),
    ],
)
def test_bad_use_is_answered_in_one_sentence(folder, mnist, capsys, arguments, sentence):
    assert sentence in refused(capsys, *arguments)
    assert files(folder) == []
