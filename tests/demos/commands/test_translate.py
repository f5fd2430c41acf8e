"""`foveal translate`, as a user types it."""

import csv
import importlib.util
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import demos.training.control
import neural.files
import saliency.learning.unfinished
from demos.__main__ import main
from demos.commands.translate import LEARNING
from demos.training.control import MEASURED
from demos.training.translation import CHOICES, RECIPES, Recipe, translator_of
from foveation.picture_files import read_pixels
from neural import RecurrentAttentionModel
from neural.files import read_network, read_provenance, write_network
from neural.sequences.decoder import Decoder
from neural.sequences.teacher_forcing import SequenceLossTerms
from neural.sequences.translation import Translator
from neural.sequences.vocabulary import Words

PAIRS = [("ab", "ba"), ("cd", "dc"), ("ac", "ca"), ("bd", "db"), ("abcd", "dcba")]
QUICK = ["--pairs", "40", "--epochs", "3", "--units", "8", "--held-out", "30"]
TABLE = "en\tde\na dog\tein Hund\na cat\teine Katze\nthe dog\tder Hund\nthe cat\tdie Katze\nA Dog\tEin hund\n"


@pytest.fixture(scope="module")
def reverser(tmp_path_factory):
    """A file of a translator that writes letters in reverse."""
    translator = Translator(units=16, embedding=8, max_length=6, decoder=Decoder(size=16, embedding=8))
    path = tmp_path_factory.mktemp("models") / "reverser.npz"
    write_network(translator.fit(PAIRS, rng=0, epochs=120, batch=5, learning_rate=1e-2), path)
    return str(path)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_figures(monkeypatch):
    """Do without figures, which take longer than such a training."""
    monkeypatch.setattr(demos.training.control, "draw_curve", lambda *given: None)


def translated(capsys, *arguments):
    """Run a command that must do what it says; give what it says on both streams."""
    assert main(["translate", *arguments]) == 0
    said = capsys.readouterr()
    return said.out, said.err


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence, and leave no file; give the sentence."""
    before = files()
    assert main(["translate", *arguments]) == code
    said = capsys.readouterr()
    assert not said.out
    assert files() == before
    last = said.err.splitlines()[-1]
    assert last.startswith("foveal: ")
    return last


def files():
    return sorted(path.name for path in Path().iterdir())


def given(monkeypatch, content):
    """Put this on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def interrupted(monkeypatch, after):
    """Let a training be interrupted after so many epochs, as by Ctrl-C."""
    write, count = saliency.learning.unfinished.write_progress, [0]

    def write_and_stop(*arguments, **named):
        write(*arguments, **named)
        count[0] += 1
        if count[0] == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(saliency.learning.unfinished, "write_progress", write_and_stop)


def rows_of(table):
    return list(csv.DictReader(Path(table).read_text(encoding="utf-8").splitlines()))


def same(one, other):
    one, other = read_network(one, Translator), read_network(other, Translator)
    return one == other and all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


# Translating


def test_nothing_but_the_translations_goes_to_standard_output(capsys, reverser):
    assert translated(capsys, "--model", reverser, "ab") == ("ba\n", "")
    out, err = translated(capsys, "--model", reverser, "ab", "cd", "-o", "a.txt")
    assert out == "ba\ndc\n" == Path("a.txt").read_text()
    assert err.splitlines()[0].startswith("took this for 2 sentences; a sentence of several words is put in quotation")
    assert err.splitlines()[1:] == ["written a.txt"]


def test_lines_come_from_a_file_or_from_standard_input(capsys, monkeypatch, reverser):
    Path("lines.txt").write_bytes(b"ab\r\ncd\r\n")
    assert translated(capsys, "--model", reverser, "--file", "lines.txt") == ("ba\ndc\n", "")
    for arguments in (["-"], ["--file", "-"]):
        given(monkeypatch, b"bd\nac")
        assert translated(capsys, "--model", reverser, *arguments)[0] == "db\nca\n"
    given(monkeypatch, b" \n")
    assert "expected sentences on standard input, got none" in refused(capsys, "--model", reverser, "-")
    given(monkeypatch, b"caf\xe9")
    assert "expected text in UTF-8 on standard input" in refused(capsys, "--model", reverser, "-")


def test_the_model_that_ships_answers_without_a_word(capsys, folder, monkeypatch, reverser):
    monkeypatch.setattr(neural.files, "files", lambda package: folder / package)
    assert "no network ships for 'dates'; there are: none" in refused(capsys)
    (folder / "neural" / "weights").mkdir(parents=True)
    translator = replace(read_network(reverser, Translator), max_length=30)
    write_network(translator, folder / "neural" / "weights" / "dates.npz", float16=True)
    out, err = translated(capsys)
    assert len(out.splitlines()) == 1
    assert err == "translating 'tuesday 3 may 1983'\n"


def test_a_model_that_knows_no_capitals_reads_small_letters(capsys, reverser):
    assert translated(capsys, "--model", reverser, "AB")[0] == "ba\n"
    translator = read_network(reverser, Translator)
    capital = replace(translator, source=type(translator.source)(("A", "b", "c", "d")))
    write_network(capital, "capital.npz")
    assert translated(capsys, "--model", "capital.npz", "Ab")[0] == "ba\n"


def test_pieces_weights_and_figures_are_written(capsys, reverser):
    names = ["a.json", "a.npz", "a.png", "a.svg"]
    outputs = [part for name in names for part in ("-o", name)]
    out, err = translated(capsys, "--model", reverser, "abcd", "bd", "--beam", "2", "--json", *outputs)
    assert "a.png shows the first of 2 sentences" in err
    told, kept = json.loads(out), json.loads(Path("a.json").read_text())
    assert told == {**kept, "written": names}
    assert (kept["model"], kept["beam"]) == ("reverser.npz", 2)
    first, second = kept["translations"]
    assert (first["translation"], second["translation"]) == ("dcba", "db")
    assert (first["source"], first["target"]) == (list("abcd"), [*"dcba", ""])
    assert first["log_prob"] < 0
    weights = np.array(first["weights"])
    assert weights.shape == (5, 4)
    assert np.allclose(weights.sum(axis=1), 1, atol=1e-3)
    with np.load("a.npz") as stored:
        header = json.loads(str(stored["header"]))
        assert header["format"] == "foveal translations"
        assert [row["translation"] for row in header["translations"]] == ["dcba", "db"]
        assert "weights" not in header["translations"][0]
        assert np.allclose(stored["weights_0"], weights, atol=1e-5)
        assert stored["weights_1"].shape == (3, 2)
    assert min(read_pixels("a.png").shape[:2]) > 300
    assert Path("a.svg").read_text().rstrip().endswith("</svg>")


def test_overlong_sentences_are_refused_or_split(capsys, reverser):
    assert "sentence 2 has 8 pieces; expected at most 6" in refused(capsys, "--model", reverser, "ab", "abcdabcd")
    out, _ = translated(capsys, "--model", reverser, "abcdabcd", "--split")
    assert out == "dcba dcba\n"


def test_unknown_words_are_shown_or_copied(capsys):
    pairs = [(f"{word} {number}", f"{number} {word}") for word in "abcdefgh" for number in "12345678"]
    words = [Words(tokens, lower=True) for tokens in (tuple("abcdefg1234567"), tuple("abcdefg1234567"))]
    start = Translator(units=16, embedding=16, source=words[0], target=words[1], decoder=Decoder(size=16, embedding=16))
    write_network(start.fit(pairs, rng=0, epochs=60, batch=16, learning_rate=1e-2), "swap.npz")
    assert translated(capsys, "--model", "swap.npz", "zoe 3")[0] == "3 <unknown>\n"
    assert translated(capsys, "--model", "swap.npz", "zoe 3", "--copy")[0] == "3 zoe\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ab", ""], "sentence 2 is empty; expected a sentence"),
        (["--file", "gap.txt"], "sentence 2 is empty; expected a sentence"),
        (["--file", "none.txt"], "there is no file 'none.txt'"),
        (["--file", "latin.txt"], "'latin.txt' is not text in the encoding utf-8"),
        (["ab", "--file", "gap.txt"], "expected sentences or --file, got both"),
        (["ab", "-o", "a.doc"], "cannot write 'a.doc': expected a name that ends in .png, .svg, .pdf, .npz, .json or"),
        (["ab", "-o", "none/a.png"], "the folder 'none' does not exist"),
        (["ab", "--beam", "0"], "--beam: expected beginnings, a whole number from 1 to 1000, got '0'"),
        (["ab", "--epochs", "3"], "--epochs does nothing here: expected it with --train"),
        (["ab", "--held-out", "3"], "--held-out does nothing here: expected it with --train"),
    ],
)
def test_what_cannot_be_translated_is_said_in_a_sentence(capsys, reverser, arguments, sentence):
    Path("gap.txt").write_text("ab\n\ncd\n")
    Path("latin.txt").write_bytes("caf\xe9".encode("latin-1"))
    assert sentence in refused(capsys, "--model", reverser, *arguments)


def test_what_is_read_is_never_written_over(capsys, folder):
    pairs = "".join(f"a{letter}\t{letter}a\n" for letter in "bcdefghijk")
    Path("pairs.csv").write_text(pairs, encoding="utf-8")
    error = refused(capsys, "--train", "--corpus", "pairs.csv", "--epochs", "1", "-o", "pairs.npz")
    assert "'pairs.csv', which is read" in error
    assert Path("pairs.csv").read_text(encoding="utf-8") == pairs
    Path("lines.txt").write_text("3 may 1983\n", encoding="utf-8")
    assert "which is read" in refused(capsys, "--file", "lines.txt", "-o", "lines.txt")
    assert Path("lines.txt").read_text(encoding="utf-8") == "3 may 1983\n"


def test_a_model_of_another_kind_is_refused(capsys, reverser):
    assert "there is no network file 'none.npz'" in refused(capsys, "--model", "none.npz", "ab")
    write_network(RecurrentAttentionModel(glimpses=4).initial(np.zeros((1, 28, 28))), "eye.npz")
    assert "expected a Translator, got RecurrentAttentionModel" in refused(capsys, "--model", "eye.npz", "ab")
    translator = read_network(reverser, Translator)
    other = replace(translator, source=type(translator.source)(tuple("abcdefg")))
    write_network(other, "other.npz")
    assert "expected 'source words' of shape (11, 8), got (8, 8)" in refused(capsys, "--model", "other.npz", "ab")


# Learning


def test_a_model_is_learned_and_written(capsys):
    out, err = translated(capsys, "--train", *QUICK)
    assert files() == ["my-dates.csv", "my-dates.curve.png", "my-dates.npz"]
    told = err.splitlines()
    assert [line.partition(":")[0] for line in told] == [f"epoch {k} of 3" for k in (1, 2, 3)]
    assert all("nats a piece, held out " in line and line.endswith(("s left", "min left")) for line in told)
    blocks = [block.splitlines() for block in out.split("\n\n")]
    assert blocks[0][0] == "learned from generated lists of 1 to 4 dates and numbers: 40 pairs, seed 0"
    assert blocks[0][1].startswith("attention    luong, general, softmax; 8 units, ")
    assert blocks[1][0].split() == ["dates", "and", "numbers", "number", "attention", "exact"]
    assert [row.split()[0] for row in blocks[1][1:]] == ["1", "2", "3", "4", "all"]
    assert int(blocks[1][-1].split()[1]) == sum(int(row.split()[1]) for row in blocks[1][1:-1])
    assert "alignment error rate" in blocks[2][0]
    assert blocks[3] == [f"written      my-dates{ending}" for ending in (".npz", ".csv", ".curve.png")]
    rows = rows_of("my-dates.csv")
    assert list(rows[0]) == ["epoch", *SequenceLossTerms._fields, *MEASURED]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[2]["words"]) < float(rows[0]["words"])
    assert float(rows[2]["held_out"]) < float(rows[0]["held_out"])
    assert read_pixels("my-dates.curve.png").shape[1] > 500
    network = read_network("my-dates.npz", Translator)
    assert network.decoder == translator_of(Recipe(**{**vars(RECIPES["lists"]), "units": 8})).decoder
    first, second, third, fourth = read_provenance("my-dates.npz").splitlines()
    assert first.startswith("Learned by: foveal translate --train --vocabulary characters --form luong --score general")
    assert first.endswith("--pairs 40 --held-out 30 --epochs 3 --seed 0")
    assert second == "From: generated lists of 1 to 4 dates and numbers"
    assert third.startswith("With: foveal ")
    assert fourth == "As: attention, 3 epochs"
    assert len(translated(capsys, "--model", "my-dates.npz", "3 may 1983")[0].splitlines()) == 1


def test_held_out_lists_are_not_learned_from(capsys, monkeypatch, no_figures):
    learned, translated_ = [], []
    fit, translate = Translator.fit, Translator.translate
    monkeypatch.setattr(Translator, "fit", lambda self, pairs, **how: learned.extend(pairs) or fit(self, pairs, **how))
    monkeypatch.setattr(
        Translator, "translate", lambda self, asked, **how: translated_.extend(asked) or translate(self, asked, **how)
    )
    out, _ = translated(capsys, "--train", *QUICK, "--pairs", "1500", "--epochs", "1", "--held-out", "200", "--json")
    assert len(learned) == 1500
    assert not {source for source, _ in learned} & set(translated_)
    all_of = json.loads(out)["networks"]["attention"]["held_out"][-1]
    assert all_of["sentences"] == len(translated_) < 200  # some single numbers are in both


def test_the_seed_decides(capsys, no_figures):
    for name, number in (("one", "1"), ("again", "1"), ("two", "2")):
        translated(capsys, "--train", *QUICK, "-o", f"{name}.npz", "--seed", number)
    assert same("one.npz", "again.npz")
    assert not same("one.npz", "two.npz")


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_interrupted_training_goes_on_as_if_it_had_not_been(capsys, monkeypatch, no_figures, after):
    translated(capsys, "--train", *QUICK, "-o", "whole.npz")
    with monkeypatch.context() as patch:
        interrupted(patch, after)
        assert main(["translate", "--train", *QUICK, "-o", "broken.npz"]) == 130
    said = capsys.readouterr()
    assert not said.out
    assert "kept in 'broken.npz.part': the same command goes on from there" in said.err
    _, err = translated(capsys, "--train", *QUICK, "-o", "broken.npz")
    assert err.splitlines()[0] == f"going on after epoch {after} of 3, kept in 'broken.npz.part'"
    assert same("whole.npz", "broken.npz")
    one, other = ([{**row, "cpu_s": ""} for row in rows_of(name)] for name in ("whole.csv", "broken.csv"))
    assert one == other
    assert files() == ["broken.csv", "broken.npz", "whole.csv", "whole.npz"]


def test_an_unfinished_training_with_other_settings_is_not_lost(capsys, monkeypatch):
    with monkeypatch.context() as patch:
        interrupted(patch, 1)
        assert main(["translate", "--train", *QUICK, "-o", "a.npz"]) == 130
    capsys.readouterr()
    for change, sentence in (
        (["--epochs", "4"], "other epochs (3, not 4)"),
        (["--seed", "9"], "other seed (0, not 9)"),
        (["--units", "9"], "other units (8, not 9)"),
        (["--form", "bahdanau"], "other form (luong, not bahdanau)"),
        (["--held-out", "31"], "other held-out (30, not 31)"),
    ):
        assert sentence in refused(capsys, "--train", *QUICK, *change, "-o", "a.npz")
    part = Path("a.npz.part")
    part.write_bytes(part.read_bytes()[:500])
    assert "remove 'a.npz.part' to start afresh" in refused(capsys, "--train", *QUICK, "-o", "a.npz")


def test_the_control_learns_without_attention_for_the_same_time(capsys, monkeypatch):
    monkeypatch.setattr(demos.training.control, "epochs_in", lambda seconds, fit: 4)
    with monkeypatch.context() as patch:
        interrupted(patch, 5)  # in the control
        assert main(["translate", "--train", *QUICK, "--control", "-o", "a.npz"]) == 130
    said = capsys.readouterr().err
    assert "kept in 'a.npz.part'" in said
    assert "kept in 'a.control.npz.part'" in said
    monkeypatch.setattr(demos.training.control, "epochs_in", lambda seconds, fit: 99)  # it is not asked again
    out, err = translated(capsys, "--train", *QUICK, "--control", "-o", "a.npz", "--json")
    assert "going on after epoch 3 of 3" in err
    assert "no attention: 4 epochs in the same" in err
    assert "going on after epoch 2 of 4, kept in 'a.control.npz.part'" in err
    result = json.loads(out)
    names = ["a.npz", "a.csv", "a.curve.png", "a.control.npz", "a.control.csv", "a.lengths.png"]
    assert result["written"] == names
    assert files() == sorted(names)
    assert list(result["networks"]) == ["attention", "no attention"]
    assert result["networks"]["no attention"]["epochs"] == 4
    assert result["networks"]["no attention"]["alignment_error_rate"] is None
    assert read_network("a.control.npz", Translator).decoder.form == "none"
    assert read_provenance("a.control.npz").endswith("\nAs: no attention, 4 epochs")
    assert read_pixels("a.lengths.png").shape[1] > 500


def test_a_corpus_is_a_table_or_two_texts(capsys, no_figures):
    Path("pairs.tsv").write_text(TABLE, encoding="utf-8")
    rows = [line.split("\t") for line in TABLE.splitlines()[1:]]
    for column, name in enumerate(("en.txt", "de.txt")):
        Path(name).write_text("".join(f"{row[column]}\n" for row in rows), encoding="utf-8")
    quick = ["--train", "--epochs", "2", "--units", "8", "--held-out", "1", "--json"]
    outs = []
    for name, corpus in (("a", ["pairs.tsv", "--columns", "de,en"]), ("b", ["de.txt", "en.txt"])):
        out, _ = translated(capsys, *quick, "--corpus", *corpus, "-o", f"{name}.npz")
        outs.append(json.loads(out))
    assert same("a.npz", "b.npz")
    assert outs[0]["pairs"] == outs[1]["pairs"] == 4
    network = read_network("a.npz", Translator)
    assert isinstance(network.source, Words)
    assert not network.source.lower
    out, _ = translated(capsys, *quick, "--corpus", "pairs.tsv", "--columns", "en,de", "--lower", "-o", "c.npz")
    lower = read_network("c.npz", Translator)
    assert lower.source.lower
    assert "dog" in lower.source.tokens
    result = json.loads(out)
    assert result["bleu"].startswith("nrefs:1|case:lc|")
    assert all(group["bleu"] >= 0 for group in result["networks"]["attention"]["held_out"])


def test_held_out_pairs_come_from_files_too(capsys, no_figures):
    Path("pairs.tsv").write_text(TABLE, encoding="utf-8")
    Path("test.tsv").write_text("en\tde\nthe dog\tder Hund\n" * 1 + "a cat\teine Katze\n", encoding="utf-8")
    corpus = ["--train", "--corpus", "pairs.tsv", "--columns", "de,en", "--epochs", "1", "--units", "8", "--lower"]
    out, _ = translated(capsys, *corpus, "--held-out", "test.tsv")
    assert "learned from sentences in pairs.tsv: 5 pairs, seed 0" in out
    assert "held out     2 pairs" in out
    said = refused(capsys, *corpus, "--held-out", "none.tsv")
    assert "No such file or directory: 'none.tsv'" in said
    assert "'test.tsv': expected a column 'fr', there are: en, de" in refused(
        capsys, "--train", "--corpus", "test.tsv", "--columns", "de,fr"
    )


def test_bleu_is_left_out_where_it_cannot_be_computed(capsys, monkeypatch, no_figures):
    Path("pairs.tsv").write_text(TABLE, encoding="utf-8")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sacrebleu" else find(name))
    corpus = ["--train", "--corpus", "pairs.tsv", "--columns", "de,en", "--epochs", "1", "--units", "8", "--json"]
    out, err = translated(capsys, *corpus)
    assert json.loads(out)["networks"]["attention"]["held_out"][-1]["bleu"] is None
    assert "BLEU is left out: it needs sacrebleu" in err


def test_overlong_pairs_are_left_out_of_learning(capsys, no_figures):
    Path("pairs.tsv").write_text("a b\tb a\n" * 5 + "a b a b\tb a b a\n" * 2, encoding="utf-8")
    corpus = ["--train", "--corpus", "pairs.tsv", "--epochs", "1", "--units", "8", "--held-out", "pairs.tsv"]
    out, err = translated(capsys, *corpus, "--max-length", "3")
    assert "left out of learning: 2 of 7 pairs, of more than 3 pieces" in err
    assert "in pairs.tsv: 5 pairs" in out
    assert "held out     7 pairs" in out
    assert "of at most 1 pieces, but all are longer" in refused(capsys, *corpus, "--max-length", "1")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ab"], "SENTENCE does nothing here: expected it without --train"),
        (["--model", "a.npz"], "--model does nothing here: expected it without --train"),
        (["--file", "a.txt"], "--file does nothing here: expected it without --train"),
        (["--units", "0"], "--units: expected units, a whole number from 1 to 10000, got '0'"),
        (["--pairs", "0"], "--pairs: expected pairs, a whole number from 1 to 1000000, got '0'"),
        (["--held-out", "0"], "expected --held-out from 1 to 1000000, got 0"),
        (["--held-out", "some.tsv"], "expected --held-out with a number, or --corpus, too, got 'some.tsv'"),
        (["--vocabulary", "letters"], "no vocabulary 'letters'; expected one of: characters, words, subwords"),
        (["--form", "self"], "there is no form of attention 'self'; expected one of: luong, bahdanau, none"),
        (["--score", "best"], "there is no score 'best'; expected one of: "),
        (["--normalise", "most"], "there is no normaliser 'most'; expected one of: softmax"),
        (["--coverage", "-1"], "--coverage: expected a weight from 0 to 1000, got '-1'"),
        (["--form", "none", "--control"], "--control does nothing here: expected it with attention"),
        (["--columns", "de,en"], "--columns does nothing here: expected it with a single table as --corpus"),
        (["--corpus", "a", "b", "c"], "expected --corpus with one table (and its --columns) or with two texts"),
        (["--corpus", "a", "b", "--columns", "0,1"], "expected it with a single table as --corpus"),
        (["--corpus", "one.tsv", "--columns", "de"], "expected --columns with two titles or numbers"),
        (["--corpus", "none.tsv"], "No such file or directory: 'none.tsv'"),
        (["--corpus", "five.txt", "three.txt"], "'three.txt' ends at line 3, but 'five.txt' has 5 lines"),
        (["--corpus", "gap.txt", "three.txt"], "'gap.txt', line 2: expected a sentence, got an empty line"),
        (["--corpus", "three.txt"], "'three.txt', row 1: expected at least 2 columns with tabs between them, got 1"),
        (["--corpus", "one.tsv"], "expected --held-out below 1, as many as there are, got 1"),
        (["--corpus", "two.tsv", "--pairs", "2"], "expected --pairs up to 1, as many as are not held out, got 2"),
        (["-o", "a.png"], "expected a name that ends in .npz"),
        (["-o", "a.npz", "-o", "b.npz"], "expected one output with --train, got 2"),
        (["-o", "none/a.npz"], "the folder 'none' does not exist"),
    ],
)
def test_what_cannot_be_learned_is_said_in_a_sentence(capsys, arguments, sentence):
    for name, content in (("five.txt", "a\n" * 5), ("three.txt", "a\n" * 3), ("gap.txt", "a\n\nb\n")):
        Path(name).write_text(content)
    for name, count in (("one.tsv", 1), ("two.tsv", 2)):
        Path(name).write_text("a\tb\n" * count)
    assert sentence in refused(capsys, "--train", *arguments)


def test_every_score_fits_the_units_that_are_asked_for():
    for score in ("general", "additive", "dot", "scaled", "cosine", "location"):
        recipe = Recipe(**{**vars(RECIPES["lists"]), "units": 6, "score": score})
        translator = translator_of(recipe).prepared(PAIRS)
        assert translator.initial(0).decoder.size == (12 if score in ("dot", "scaled", "cosine") else 6)


# What is shared with other commands


def test_a_help_does_not_wait_for_the_library():
    code = (
        "import sys; from demos.__main__ import parser_for; parser_for(['translate']).format_help(); "
        "assert not {'numpy', 'neural', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_setting_of_learning_is_one_of_the_recipe():
    assert set(CHOICES) <= set(vars(RECIPES["corpus"]))
    assert set(CHOICES) <= set(LEARNING)
