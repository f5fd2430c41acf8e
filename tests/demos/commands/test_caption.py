"""`foveal caption`, as a user types it."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import demos.training.control
import neural.files
import saliency.learning.unfinished
from demos.__main__ import main
from demos.commands.caption import LEARNING
from demos.training.captioning import ATTENTIONS, CHOICES, RECIPES, Recipe, captioner_of, picture_for
from demos.training.control import MEASURED
from foveation import read_video, write_image
from foveation.picture_files import read_pixels
from neural.files import read_network, read_provenance, write_network
from neural.sequences.captioning import Captioner
from neural.sequences.corpus import read_pairs
from neural.sequences.decoder import Decoder
from neural.sequences.scenes import rendered_scenes
from neural.sequences.teacher_forcing import SequenceLossTerms
from neural.sequences.translation import Translator
from neural.sequences.vocabulary import Words
from saliency import IttiKoch, Scanpath

SIDE, LEARNED = 32, 6
QUICK = ["--pictures", "24", "--epochs", "2", "--units", "8", "--size", str(SIDE), "--held-out", "12"]
ONE = ["--objects", "1", "--seed", "3"]


@pytest.fixture(scope="module")
def teller(tmp_path_factory):
    """A file of a captioner that knows six scenes of one object by heart, those of the seeds 0 to 5."""
    scenes = [rendered_scenes(1, number, objects=(1, 1), size=SIDE) for number in range(LEARNED)]
    images = np.concatenate([scene.images for scene in scenes])
    decoder = Decoder(size=24, embedding=8, form="bahdanau", score="additive")
    captioner = Captioner(size=SIDE, decoder=decoder)
    captions = [scene.captions[0] for scene in scenes]
    path = tmp_path_factory.mktemp("models") / "teller.npz"
    write_network(captioner.fit(images, captions, rng=0, epochs=120, batch=6, learning_rate=5e-3), path)
    return str(path)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_figures(monkeypatch):
    """Do without figures, which take longer than such a training."""
    monkeypatch.setattr(demos.training.control, "draw_curve", lambda *given: None)


@pytest.fixture
def album():
    """A folder with eight pictures, two of them with a second caption."""
    Path("album").mkdir()
    scenes = rendered_scenes(8, 0, objects=(1, 2), size=SIDE)
    for number, image in enumerate(scenes.images):
        write_image(f"album/{number}.png", image)
    rows = [f"{number % 8}.png\t{scenes.captions[number % 8]}\n" for number in range(10)]
    Path("album/captions.tsv").write_text("".join(rows), encoding="utf-8")
    return "album"


def told(capsys, *arguments):
    """Run a command that must do what it says; give what it says on both streams."""
    assert main(["caption", *arguments]) == 0
    said = capsys.readouterr()
    return said.out, said.err


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence, and leave no file; give the sentence."""
    before = files()
    assert main(["caption", *arguments]) == code
    said = capsys.readouterr()
    assert not said.out
    assert files() == before
    last = said.err.splitlines()[-1]
    assert last.startswith("foveal: ")
    return last


def files():
    return sorted(path.name for path in Path().iterdir())


def same(one, other):
    one, other = read_network(one, Captioner), read_network(other, Captioner)
    return one == other and all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


# Telling


def test_nothing_but_the_caption_goes_to_standard_output(capsys, teller):
    truth = rendered_scenes(1, 3, objects=(1, 1), size=SIDE).captions[0]
    out, err = told(capsys, "--model", teller, *ONE)
    assert out == f"{truth}\n"
    assert err == f"drawn by seed 3: {truth}\n"


def test_a_scene_that_was_kept_is_told_in_the_same_way(capsys, teller):
    drawn, _ = told(capsys, "--model", teller, *ONE, "--scene", "scene.png", "--json")
    read, err = told(capsys, "--model", teller, "scene.png", "--json", "--beam", "1")
    assert err == ""
    drawn, read = json.loads(drawn), json.loads(read)
    assert drawn["written"] == ["scene.png"]
    for name in ("caption", "words", "weights", "log_prob"):
        assert drawn[name] == read[name]
    assert drawn["drawn"] == drawn["caption"]
    assert "drawn" not in read
    assert np.array_equal(read_pixels("scene.png"), rendered_scenes(1, 3, objects=(1, 1), size=SIDE).images[0])


def test_every_output_is_written(capsys, teller):
    names = ["a.png", "a.svg", "a.json", "a.npz", "a.csv", "a.txt", "a.gif"]
    out, err = told(capsys, "--model", teller, *ONE, *(part for name in names for part in ("-o", name)))
    assert err.splitlines()[1:] == [f"written {name}" for name in names]
    assert files() == sorted(names)
    result = json.loads(Path("a.json").read_text())
    words = result["caption"].split()
    assert result["words"] == [*words, ""]
    weights = np.array(result["weights"])
    assert weights.shape == (len(words) + 1, SIDE // 8, SIDE // 8)
    assert np.allclose(weights.sum(axis=(1, 2)), 1, atol=1e-3)
    assert Path("a.txt").read_text() == out == f"{result['caption']}\n"
    with np.load("a.npz") as stored:
        header = json.loads(str(stored["header"]))
        assert (header["format"], header["caption"]) == ("foveal caption", result["caption"])
        assert "weights" not in header
        assert np.allclose(stored["weights"], weights, atol=1e-5)
        assert stored["picture"].shape == (SIDE, SIDE, 3)
    path = Scanpath.read("a.csv")
    best = weights.reshape(len(weights), -1).argmax(axis=1)
    assert np.allclose(path.x, (best % 4) * 8 + 3.5)
    assert np.allclose(path.y, (best // 4) * 8 + 3.5)
    assert min(read_pixels("a.png").shape[:2]) > 200
    frames = [frame.image for frame in read_video("a.gif")]
    assert len(frames) > len(words)
    assert frames[0].shape[1] >= 320


def test_boxes_are_drawn_where_the_scene_is_told_as_it_is(capsys, teller, monkeypatch):
    import neural.figures.captions

    drawn = []
    draw = neural.figures.captions.caption_figure
    monkeypatch.setattr(
        neural.figures.captions, "caption_figure", lambda *given, **how: drawn.append(how) or draw(*given, **how)
    )
    told(capsys, "--model", teller, *ONE, "-o", "a.png")
    wrong, err = told(capsys, "--model", teller, "--objects", "3", "-o", "b.png")
    assert wrong not in err
    assert list(drawn[0]) == ["boxes", "named"]
    assert drawn[1] == {}


def test_a_picture_of_another_size_is_refused_or_brought_to_size(capsys, teller):
    image = np.full((30, 60, 3), 255, np.uint8)
    image[:15] = 0
    write_image("wide.png", image)
    said = refused(capsys, "--model", teller, "wide.png")
    assert said == "foveal: 'wide.png' is 60 x 30 px; expected 32 x 32 px: --resize brings it to that size"
    out, _ = told(capsys, "--model", teller, "wide.png", "--resize", "-o", "a.npz")
    assert len(out.splitlines()) == 1
    with np.load("a.npz") as stored:
        picture = stored["picture"]
    assert (picture[:15] == 0).all()
    assert (picture[17:] == 255).all()


def test_a_picture_of_the_right_size_is_left_alone():
    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    write_image("exact.png", image)
    assert np.array_equal(picture_for(Captioner(size=SIDE), Path("exact.png"), resize=True), image)


def test_the_prior_changes_where_it_looks(capsys, teller):
    plain, prior, none = (
        json.loads(told(capsys, "--model", teller, *ONE, "--json", *extra)[0])
        for extra in ([], ["--prior", "saliency"], ["--prior", "none"])
    )
    assert plain["weights"] == none["weights"]
    assert plain["weights"] != prior["weights"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.png"], "there is no"),
        (["no.png"], "no.png"),
        (["scene.png", "--objects", "2"], "--objects does nothing here: expected it without a picture: none is drawn"),
        (["scene.png", "--scene", "b.png"], "--scene does nothing here: expected it without a picture: none is drawn"),
        (["--objects", "10"], "--objects: expected objects, a whole number from 1 to 9, got '10'"),
        (["--scene", "a.gif"], "cannot write 'a.gif'"),
        (["-o", "a.doc"], "cannot write 'a.doc': expected a name that ends in .png, .svg, .pdf, .mp4, .webm, .gif"),
        (["-o", "none/a.png"], "the folder 'none' does not exist"),
        (["--beam", "0"], "--beam: expected beginnings, a whole number from 1 to 1000, got '0'"),
        (["--prior", "hope"], "there is no prior 'hope'; expected one of: saliency, none"),
        (["--epochs", "3"], "--epochs does nothing here: expected it with --train"),
        (["--attention", "hard"], "--attention does nothing here: expected it with --train"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_sentence(capsys, teller, arguments, sentence):
    write_image("scene.png", np.zeros((SIDE, SIDE, 3), np.uint8))
    Path("no.png").write_text("no picture")
    assert sentence in refused(capsys, "--model", teller, *arguments)


def test_a_model_of_another_kind_is_refused(capsys, folder, monkeypatch):
    pairs = [("ab", "ba")]
    translator = Translator(units=2, embedding=2, decoder=Decoder(size=2, embedding=2)).prepared(pairs).initial(0)
    write_network(translator, "words.npz")
    assert "expected a Captioner, got Translator" in refused(capsys, "--model", "words.npz")
    monkeypatch.setattr(neural.files, "files", lambda package: folder / package)
    assert "no network ships for 'scenes'; there are: none" in refused(capsys)


# Learning


def test_a_model_is_learned_and_written(capsys):
    out, err = told(capsys, "--train", *QUICK)
    assert files() == ["my-scenes.csv", "my-scenes.curve.png", "my-scenes.npz"]
    assert [line.partition(":")[0] for line in err.splitlines()] == ["epoch 1 of 2", "epoch 2 of 2"]
    blocks = [block.splitlines() for block in out.split("\n\n")]
    assert blocks[0][0] == "learned from drawn scenes of 1 to 4 objects: 24 captions, seed 0"
    assert blocks[0][1].startswith("attention    luong, additive, softmax; 8 units, ")
    assert blocks[1][0].split() == ["objects", "number", "attention", "exact"]
    assert blocks[1][-1].split()[:2] == ["all", "12"]
    assert "pointing game" in blocks[2][0]
    rows = list(csv.DictReader(Path("my-scenes.csv").read_text().splitlines()))
    assert list(rows[0]) == ["epoch", *SequenceLossTerms._fields, *MEASURED]
    assert float(rows[1]["words"]) < float(rows[0]["words"])
    assert read_pixels("my-scenes.curve.png").shape[1] > 500
    lines = read_provenance("my-scenes.npz").splitlines()
    assert lines[0] == (
        "Learned by: foveal caption --train --attention soft --score additive --coverage 0.0 --prior none --units 8 "
        "--size 32 --epochs 2 --pictures 24 --held-out 12 --seed 0"
    )
    assert lines[1] == "From: drawn scenes of 1 to 4 objects"
    assert len(told(capsys, "--model", "my-scenes.npz")[0].splitlines()) == 1


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(capsys, monkeypatch, no_figures):
    told(capsys, "--train", *QUICK, "-o", "whole.npz")
    write = saliency.learning.unfinished.write_progress

    def write_and_stop(*arguments, **named):
        write(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(saliency.learning.unfinished, "write_progress", write_and_stop)
        assert main(["caption", "--train", *QUICK, "-o", "broken.npz"]) == 130
    assert "kept in 'broken.npz.part'" in capsys.readouterr().err
    said = refused(capsys, "--train", *QUICK, "-o", "broken.npz", "--attention", "hard")
    assert "other attention (soft, not hard)" in said
    _, err = told(capsys, "--train", *QUICK, "-o", "broken.npz")
    assert err.splitlines()[0] == "going on after epoch 1 of 2, kept in 'broken.npz.part'"
    assert same("whole.npz", "broken.npz")
    assert files() == ["broken.csv", "broken.npz", "whole.csv", "whole.npz"]


@pytest.mark.parametrize("name", ATTENTIONS)
def test_attention_is_soft_or_hard_or_not_there(capsys, no_figures, name):
    out, _ = told(capsys, "--train", *QUICK, "--attention", name, "--json")
    networks = json.loads(out)["networks"]
    assert list(networks) == ["no attention" if name == "none" else "attention"]
    assert (next(iter(networks.values()))["pointing_game"] is None) == (name == "none")
    weights = np.array(json.loads(told(capsys, "--model", "my-scenes.npz", "--json")[0])["weights"])
    places = (weights > 0.0).sum(axis=(1, 2))
    assert {"soft": places.max() > 1, "hard": (places == 1).all(), "none": (places == 0).all()}[name]


def test_saliency_can_be_part_of_what_is_learned(capsys, no_figures):
    told(capsys, "--train", *QUICK, "--prior", "saliency", "-o", "prior.npz")
    told(capsys, "--train", *QUICK, "-o", "plain.npz")
    one, other = (read_network(name, Captioner) for name in ("prior.npz", "plain.npz"))
    assert one.prior == IttiKoch()
    assert other.prior is None
    assert not np.array_equal(one.weights["words"], other.weights["words"])


def test_the_control_is_drawn_beside(capsys, monkeypatch):
    monkeypatch.setattr(demos.training.control, "epochs_in", lambda seconds, fit: 1)
    out, _ = told(capsys, "--train", *QUICK, "--control", "-o", "a.npz")
    endings = (".control.csv", ".control.npz", ".csv", ".curve.png", ".lengths.png", ".npz")
    assert files() == sorted(f"a{ending}" for ending in endings)
    assert "no attention exact" in out
    assert read_network("a.control.npz", Captioner).decoder.form == "none"


def test_own_pictures_are_learned_from(capsys, no_figures, album):
    own = ["--train", "--data", album, "--epochs", "1", "--units", "8", "--size", str(SIDE)]
    out, _ = told(capsys, *own, "--held-out", "3", "--json")
    result = json.loads(out)
    assert result["captions"] == 7
    assert result["written"][0] == "my-captions.npz"
    held_out = result["networks"]["attention"]["held_out"][-1]
    assert (held_out["length"], held_out["sentences"]) == ("all", 3)
    assert result["networks"]["attention"]["pointing_game"] is None
    assert "--data album" in read_provenance("my-captions.npz")
    out, _ = told(capsys, *own, "--held-out", album, "--json")
    assert json.loads(out)["captions"] == 10
    captions = [caption for _, caption in read_pairs("album/captions.tsv")]
    assert read_network("my-captions.npz", Captioner).vocabulary == Words.learn(captions, least=1)


def test_own_pictures_of_another_size_are_refused_or_brought_to_size(capsys, no_figures, album):
    write_image("album/0.png", np.zeros((20, 40, 3), np.uint8))
    own = ["--train", "--data", album, "--epochs", "1", "--units", "8", "--size", str(SIDE)]
    assert "0.png' is 40 x 20 px; expected 32 x 32 px" in refused(capsys, *own)
    told(capsys, *own, "--resize")
    assert "--resize" in read_provenance("my-captions.npz")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["scene.png"], "PICTURE does nothing here: expected it without --train"),
        (["--model", "a.npz"], "--model does nothing here: expected it without --train"),
        (["--scene", "a.png"], "--scene does nothing here: expected it without --train"),
        (["--units", "0"], "--units: expected units, a whole number from 1 to 10000, got '0'"),
        (["--pictures", "0"], "--pictures: expected pictures, a whole number from 1 to 1000000, got '0'"),
        (["--held-out", "0"], "expected --held-out from 1 to 1000000, got 0"),
        (["--held-out", "album"], "expected --held-out with a number, or --data, too, got 'album'"),
        (["--attention", "some"], "there is no attention 'some'; expected one of: soft, hard, none"),
        (["--size", "30"], "expected a size that is a multiple of 8, up to 1024 pixels, got 30"),
        (["--score", "best"], "there is no score 'best'"),
        (["--coverage", "-1"], "--coverage: expected a weight from 0 to 1000, got '-1'"),
        (["--attention", "none", "--control"], "--control does nothing here: expected it with attention"),
        (["--data", "none"], "there is no table 'none/captions.tsv': expected a row a caption, file, tab, caption"),
        (["--data", "odd"], "'odd/captions.tsv', row 2: expected at least 2 columns with tabs between them, got 1"),
        (["--data", "gone"], "there is no file 'gone/8.png'"),
        (["--data", "album", "--pictures", "99", "--size", "32"], "expected --pictures up to 9"),
        (["-o", "a.png"], "expected a name that ends in .npz"),
        (["-o", "none/a.npz"], "the folder 'none' does not exist"),
    ],
)
def test_what_cannot_be_learned_is_said_in_a_sentence(capsys, album, arguments, sentence):
    for name, rows in (("odd", "0.png\ta\n1.png\n"), ("gone", "9.png\ta dog\n8.png\ta cat\n")):
        Path(name).mkdir()
        Path(name, "captions.tsv").write_text(rows, encoding="utf-8")
    assert sentence in refused(capsys, "--train", *arguments)


def test_every_setting_of_learning_is_one_of_the_recipe():
    assert set(CHOICES) == {name for name in vars(RECIPES["scenes"]) if name not in ("batch", "learning_rate")}
    assert set(CHOICES) - {"prior"} <= set(LEARNING)
    recipe = Recipe(attention="hard", prior="saliency", units=12, size=40, coverage=0.5)
    captioner = captioner_of(recipe)
    assert (captioner.size, captioner.prior) == (40, IttiKoch())
    assert (captioner.decoder.size, captioner.decoder.normalise, captioner.decoder.coverage) == (12, "sample", 0.5)


def test_a_help_does_not_wait_for_the_library():
    code = (
        "import sys; from demos.__main__ import parser_for; parser_for(['caption']).format_help(); "
        "assert not {'numpy', 'neural', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("score", ["dot", "location"])
def test_every_score_learns(capsys, score):
    quick = [*QUICK[:4], *QUICK[6:]] if score == "dot" else QUICK  # a dot product fixes the units
    told(capsys, "--train", *quick, "--score", score)
    assert "my-scenes.npz" in files()


def test_a_picture_is_never_written_over(capsys):
    write_image("scene.png", rendered_scenes(1, 0, size=24).images[0])
    before = Path("scene.png").read_bytes()
    assert "scene.png" in refused(capsys, "scene.png", "-o", "scene.png")
    assert Path("scene.png").read_bytes() == before


def test_pictures_that_are_learned_from_are_never_written_over(capsys, album):
    Path("album/0.png").rename("album/mine.curve.png")
    rows = Path("album/captions.tsv").read_text(encoding="utf-8").replace("0.png\t", "mine.curve.png\t")
    Path("album/captions.tsv").write_text(rows, encoding="utf-8")
    how = ["--data", album, "--epochs", "1", "--units", "8", "--size", str(SIDE), "--held-out", "2"]
    assert "mine.curve.png', which is read and would be lost" in refused(
        capsys, "--train", *how, "-o", "album/mine.npz"
    )
