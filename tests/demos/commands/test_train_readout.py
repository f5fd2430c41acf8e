"""`foveal train-readout`, as a user types it."""

import contextlib
import io
import json

import cv2
import numpy as np
import pytest
from onnx_file import BENT, EDGES, MAPS, network

from demos.__main__ import main
from foveation import write_image
from saliency import Channels, Readout
from saliency.learning import unfinished
from saliency.models.readout.readout import Weights

QUICK = ["--epochs", "2", "--without-faces"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Ten pictures with a red disc and green ones, three observers who look at the red one; two nobody saw."""
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "eyes", seed=0)
    return tmp_path


def make(folder, seed, count=10):
    rng = np.random.default_rng(seed)
    rows = ["image,subject,index,x,y"]
    (folder / "images").mkdir(parents=True)
    for k in range(count + 2):
        image = np.full((60, 80, 3), 120, np.uint8)
        places = [(x, y) for x in (12, 40, 68) for y in (12, 30, 48)]
        chosen = [places[i] for i in rng.permutation(9)[:4]]
        for place, colour in zip(chosen, [(210, 60, 60), *[(60, 160, 60)] * 3], strict=True):
            cv2.circle(image, place, 5, colour, -1)
        write_image(folder / "images" / f"p{k:02d}.png", image)
        for subject in "uvw" if k < count else "":
            rows += [f"p{k:02d}.png,{subject},0,39.5,29.5"]
            at = rng.normal(chosen[0], 3, (6, 2))
            rows += [f"p{k:02d}.png,{subject},{i},{x:.1f},{y:.1f}" for i, (x, y) in enumerate(at, start=1)]
    rows += [f"p{count:02d}.png,u,0,-900,12"]  # the only fixation on this picture lies outside
    (folder / "fixations.csv").write_text("\n".join(rows))


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence; give the sentence."""
    assert main(["train-readout", *arguments]) == code
    said = capsys.readouterr()
    assert not said.out
    last = said.err.splitlines()[-1]
    assert last.startswith("foveal: ")
    return last


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def same(one, other):
    one, other = Weights.read(one), Weights.read(other)
    return all(np.array_equal(one.parameters[name], other.parameters[name]) for name in one.parameters)


def stopped(monkeypatch, after):
    """Let a training be interrupted after so many epochs, as by Ctrl-C."""
    keep, count = unfinished.write_progress, [0]

    def keep_and_stop(*arguments, **notes):
        keep(*arguments, **notes)
        count[0] += 1
        if count[0] == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(unfinished, "write_progress", keep_and_stop)


def test_a_readout_is_learned_and_written(folder, capsys):
    assert main(["train-readout", "eyes", *QUICK]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].startswith("learned from eyes: 11 pictures, 3 observers, ")
    assert lines[1:3] == ["note: without fixations: p11.png", "note: left out, no fixation inside: p10.png"]
    assert lines[3:] == [
        "written      my-readout.npz",
        "use it by    foveal map photo.jpg --model my-readout.npz",
    ]
    told = said.err.splitlines()
    assert told[0] == "working out 11 channels of 11 pictures"
    assert [line.partition(":")[0] for line in told[1:]] == ["epoch 1 of 2", "epoch 2 of 2"]
    assert all("bits above an even density" in line and line.endswith(("s left", "min left")) for line in told[1:])
    assert files(folder) == ["my-readout.npz"]
    readout = Readout(path="my-readout.npz")
    assert readout.weights.names == Channels(faces=None).names
    assert readout(np.random.default_rng(0).random((60, 80, 3)).astype(np.float32)).shape == (60, 80)


def test_the_file_says_what_it_was_learned_from(folder):
    make(folder / "more", seed=5, count=4)
    arguments = ["eyes", str(folder / "more"), "--first", "1,0", "--seed", "3", "-o", "own.npz"]
    assert main(["train-readout", *arguments, *QUICK]) == 0
    first, second, third = Weights.read("own.npz").provenance.splitlines()
    assert first == "Learned by: foveal train-readout eyes more --epochs 2 --seed 3 --first 1,0 --without-faces"
    assert second.startswith("From: eyes: 10 pictures, 3 observers, ")
    assert "; more: 5 pictures, 3 observers, " in second
    assert third.startswith("With: foveal ")
    assert "NumPy" in third
    assert str(folder) not in Weights.read("own.npz").provenance


def test_it_learns(capsys):
    arguments = ["--epochs", "12", "--folds", "2", "--sigma-px", "4", "--first", "1"]
    assert main(["train-readout", "eyes", "--without-faces", "--json", *arguments]) == 0
    said = capsys.readouterr()
    result = json.loads(said.out)
    floor, readout, people = result["cross_validation"][0]["rows"]
    assert [row["model"] for row in (floor, readout, people)] == ["centre bias", "read-out", "inter-observer"]
    assert readout["nss"] > floor["nss"] + 1
    assert readout["auc_judd"] > floor["auc_judd"] + 0.1
    assert readout["information_gain"] > 0.5
    assert people["nss"] > floor["nss"] + 1
    assert readout["pictures"] == 10
    assert readout["failures"] == 0
    assert result["epochs"] == 12
    assert result["written"] == ["my-readout.npz"]
    assert "fold 2 of 2, epoch 12 of 12: " in said.err
    assert "scoring 10 pictures of eyes, each by the training that has not seen it" in said.err


def test_held_out_pictures_are_scored_by_a_training_that_has_not_seen_them(monkeypatch):
    from saliency import evaluation
    from saliency.models.readout import training

    train, evaluate = training.train, evaluation.evaluate
    seen, scored = [], {}

    def watched_train(pictures, *arguments, **named):
        weights = train(pictures, *arguments, **named)
        seen.append([each.places.tobytes() for each in pictures])
        return weights._replace(provenance=str(len(seen) - 1))

    def watched_evaluate(models, recordings, **named):
        (model,) = models.values()
        for name in recordings:
            number = int(model.for_picture(name).weights.provenance)
            places = ((recordings.places(name) + 0.5) / recordings.shape(name)[::-1]).tobytes()
            scored[name] = number
            assert places not in seen[number]
        return evaluate(models, recordings, **named)

    monkeypatch.setattr(training, "train", watched_train)
    monkeypatch.setattr(evaluation, "evaluate", watched_evaluate)
    assert main(["train-readout", "eyes", "--folds", "3", "--first", "1", "--sigma-px", "4", *QUICK]) == 0
    assert sorted(scored.values()) == [1] * 4 + [2] * 3 + [3] * 3
    assert [len(pictures) for pictures in seen] == [10, 6, 7, 7]


def test_the_table_names_floor_and_ceiling(capsys):
    assert main(["train-readout", "eyes", "--folds", "2", "--ppd", "4", *QUICK]) == 0
    out = capsys.readouterr().out
    assert "eyes, 2 folds; a fixation spreads 4 px, one degree, as given, 4 px/deg" in out
    head = next(line for line in out.splitlines() if "AUC-Judd" in line)
    assert all(measure in head for measure in ("NSS", "sAUC", "CC", "KL", "IG bit"))
    for row in ("centre bias", "read-out", "inter-observer"):
        assert any(line.startswith(row) for line in out.splitlines())


def test_workers_change_nothing():
    for workers in ("1", "2"):
        assert main(["train-readout", "eyes", "-o", f"{workers}.npz", "--workers", workers, *QUICK]) == 0
    assert same("1.npz", "2.npz")


def test_the_seed_decides(folder):
    make(folder / "few", seed=1, count=4)
    for name, number in (("one", "1"), ("again", "1"), ("two", "2")):
        assert main(["train-readout", "few", "-o", f"{name}.npz", "--seed", number, *QUICK]) == 0
    assert same("one.npz", "again.npz")
    assert not same("one.npz", "two.npz")


LONG = ["eyes", "--epochs", "4", "--without-faces", "--folds", "2", "--sigma-px", "4", "--first", "1", "--json"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The read-out and the scores of a training that nobody interrupts."""
    folder, out = tmp_path_factory.mktemp("whole"), io.StringIO()
    make(folder / "eyes", seed=0)
    with contextlib.chdir(folder), contextlib.redirect_stdout(out):
        assert main(["train-readout", *LONG, "-o", "whole.npz"]) == 0
    return folder / "whole.npz", json.loads(out.getvalue())["cross_validation"]


def scores(cross_validation):
    """Give the rows of the tables without the times."""
    return [[{**row, "milliseconds": 0} for row in table["rows"]] for table in cross_validation]


@pytest.mark.parametrize("after", [1, 3, 4, 7])
def test_an_interrupted_training_goes_on_as_if_it_had_not_been(folder, capsys, monkeypatch, whole, after):
    with monkeypatch.context() as patch:
        stopped(patch, after)
        assert main(["train-readout", *LONG, "-o", "broken.npz"]) == 130
    said = capsys.readouterr()
    assert not said.out
    assert "kept in 'broken.npz.part': the same command goes on from there" in said.err
    assert "broken.npz.part" in files(folder)
    assert ("broken.npz" in files(folder)) == (after > 4)
    assert main(["train-readout", *LONG, "-o", "broken.npz"]) == 0
    said = capsys.readouterr()
    assert f"going on after epoch {min(after, 4)} of 4, kept in 'broken.npz.part'" in said.err
    assert ("fold 1 of 2, going on after epoch 3 of 4" in said.err) == (after == 7)
    readout, cross_validation = whole
    assert same(readout, "broken.npz")
    assert scores(json.loads(said.out)["cross_validation"]) == scores(cross_validation)
    assert files(folder) == ["broken.npz"]


def test_an_unfinished_training_with_other_settings_is_not_lost(folder, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        stopped(patch, 1)
        assert main(["train-readout", "eyes", *QUICK]) == 130
    capsys.readouterr()
    for change, sentence in (
        (["--epochs", "3"], "other epochs (2, not 3): finish that one, or remove the file"),
        (["--seed", "9"], "other seed (0, not 9)"),
        (["--start", "shipped"], "other start: finish"),
        (["--first", "1"], "other first ([0], not [1])"),
        (["--folds", "2"], "other folds (None, not 2)"),
    ):
        said = refused(capsys, "eyes", *QUICK, *change)
        assert said.startswith("foveal: 'my-readout.npz.part' keeps an unfinished training with ")
        assert sentence in said
    image = np.full((60, 80, 3), 120, np.uint8)
    image[10:20, 10:20] = 250
    write_image(folder / "eyes" / "images" / "p03.png", image)
    assert "with other pictures: finish that one" in refused(capsys, "eyes", *QUICK)
    assert "my-readout.npz.part" in files(folder)
    part = folder / "my-readout.npz.part"
    part.write_bytes(part.read_bytes()[:5000])
    assert "damaged: File is not a zip file: remove 'my-readout.npz.part' to start afresh" in refused(
        capsys, "eyes", *QUICK
    )
    part.unlink()
    assert main(["train-readout", "eyes", *QUICK]) == 0


def test_training_goes_on_from_a_file_or_from_what_ships(capsys):
    assert main(["train-readout", "eyes", "-o", "before.npz", *QUICK]) == 0
    for start, name in (("before.npz", "after.npz"), ("shipped", "refitted.npz")):
        arguments = ["eyes", "--start", start, "-o", name, "--epochs", "1", "--without-faces", "--seed", "1"]
        assert main(["train-readout", *arguments]) == 0
        provenance = Weights.read(name).provenance
        assert f"--epochs 1 --seed 1 --start {start} --without-faces" in provenance
        assert "Gone on from: " in provenance
    assert np.array_equal(Weights.read("after.npz").mean, Weights.read("before.npz").mean)
    assert not same("before.npz", "after.npz")
    assert np.array_equal(Weights.read("refitted.npz").mean, Readout(faces=False).weights.mean)
    capsys.readouterr()
    assert "has the channels boolean map" in refused(capsys, "eyes", "--start", "before.npz")


def test_a_few_epochs_do_when_going_on(folder, capsys):
    make(folder / "few", seed=1, count=2)
    assert main(["train-readout", "few", "--start", "shipped", "--without-faces", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["epochs"] == 14
    assert result["cross_validation"] == []


def test_a_warning_is_given_where_validation_may_be_too_good(folder, capsys):
    make(folder / "few", seed=1, count=4)
    arguments = ["--start", "shipped", "--folds", "2", "--sigma-px", "4"]
    assert main(["train-readout", "few", *arguments, *QUICK]) == 0
    assert "note: if --start was learned from these very pictures, the cross-validated scores are too good" in (
        capsys.readouterr().out
    )


def test_faces_are_a_matter_of_choice():
    assert main(["train-readout", "eyes", "--epochs", "1"]) == 0
    assert Weights.read("my-readout.npz").names == Channels().names


def test_a_network_of_ones_own_gives_further_channels(folder, capsys):
    from saliency import OnnxFeatures

    network(folder / "tiny.onnx", EDGES, BENT, MAPS)
    arguments = ["--onnx", "tiny.onnx", "--layer", "bent", "--folds", "2", "--sigma-px", "4"]
    assert main(["train-readout", "eyes", *arguments, *QUICK]) == 0
    said = capsys.readouterr()
    use = "Readout(path='my-readout.npz', features=OnnxFeatures('tiny.onnx', 'bent')), in Python"
    assert f"use it by    {use}" in said.out
    assert "failed" not in said.out
    readout = eval(use.partition(", in")[0], {"Readout": Readout, "OnnxFeatures": OnnxFeatures})
    assert len(readout.weights.mean) == 11 + 4
    assert readout(np.random.default_rng(0).random((60, 80, 3)).astype(np.float32)).max() > 0
    assert "--onnx tiny.onnx bent" in readout.weights.provenance


def test_nothing_is_written_where_nothing_was_learned(folder, capsys):
    (folder / "eyes" / "fixations.csv").write_text("image,x,y\np00.png,900,12\np01.png,-30,4\n")
    assert "no picture has fixations inside it" in refused(capsys, "eyes", *QUICK)
    (folder / "eyes" / "images" / "p00.png").write_bytes(b"no picture")
    refused(capsys, "eyes", *QUICK)
    assert files(folder) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "expected a folder of pictures and fixations, there is none at 'nowhere'"),
        (["eyes", "--epochs", "0"], "--epochs: expected epochs, a whole number from 1 to 1000000, got '0'"),
        (["eyes", "--workers", "0"], "--workers: expected workers, a whole number from 1 to 1024, got '0'"),
        (["eyes", "--folds", "1"], "--folds: expected folds, a whole number from 2 to 1000000, got '1'"),
        (["eyes", "--folds", "40", *QUICK], "expected from 2 to 11 folds of 11 pictures, got 40"),
        (["eyes", "-o", "own.txt"], "expected a name that ends in .npz"),
        (["eyes", "-o", "none/own.npz"], "the folder 'none' does not exist"),
        (["eyes", "--first", "a"], "--first: expected indices, a whole number from 0 to 1000000, got 'a'"),
        (["eyes", "--first", "1,2"], "expected one number for --first, or one for each of 1 folders, got 2"),
        (["eyes", "--folds", "2", "--sigma-px", "0"], "--sigma-px: expected pixels from 0.01 to 10000, got '0'"),
        (
            ["eyes", "--folds", "2", "--sigma-px", "3", "--ppd", "5"],
            "--sigma-px does nothing here",
        ),
        (["eyes", "--layer", "conv"], "--layer does nothing here: expected it with --onnx"),
        (["eyes", "--onnx", "none.onnx"], "there is no file 'none.onnx'"),
        (["eyes", "--start", "none.npz"], "there is no read-out file 'none.npz'"),
        (["eyes", "--start", "shipped", "--onnx", "none.onnx"], "'none.onnx'"),
    ],
)
def test_bad_use_is_answered_in_one_sentence(folder, capsys, arguments, sentence):
    assert sentence in refused(capsys, *arguments)
    assert files(folder) == []
