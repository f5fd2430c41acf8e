"""`foveal translate`: translate sentences, and show where each word was looked for; or learn to."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.command import add_json, made_with, report, say, seed
from demos.lesson import (
    EPILOG,
    HELD_OUT,
    MOST_HELD_OUT,
    TRAINING,
    WATCHED,
    LengthScore,
    ResumableTraining,
    Run,
    check_apart,
    check_asked,
    check_counts,
    check_mode,
    check_outputs,
    control_of,
    count_of,
    courses_of,
    described_courses,
    digest,
    draw_lengths,
    kept_when_stopped,
    knows_bleu,
    one_thread,
    outputs_beside,
    part_of,
    report_groups,
    score_by_length,
    signature_of,
    split,
    write_courses,
)

if TYPE_CHECKING:
    from neural.sequences.corpus import Listed
    from neural.sequences.translation import Translation, Translator
    from saliency.learning.parameters import Parameters

SHIPPED, SENTENCE = "dates", "tuesday 3 may 1983"
ARRAYS, TEXTS = (".npz", ".json"), (".txt",)
ITEMS, EACH = (1, 4), (1, 2, 3, 4)  # least and most dates and numbers of a generated list; all there are
SQUARE = ("dot", "scaled", "cosine")  # scores that ask for as many units as a word of the source has numbers
BOTTLENECK = "Without attention, one vector of fixed size has to hold the whole sentence"
USING = ("sentences", "file", "model", "copy", "split")
CHOICES = ("vocabulary", "form", "score", "normalise", "coverage", "units", "epochs", "pairs", "max_length", "lower")
LEARNING = ("corpus", "columns", "held_out", "control", *CHOICES)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How translation is learned, in plain words and numbers: a help must not wait for the library.

    `vocabulary` is one of `neural.vocabulary.VOCABULARIES`; `units`, `embedding`, `dropout` and `smoothing` are those
    of `Translator` and `Decoder`; `epochs`, `batch` and `learning_rate` those of `fit`; `pairs` is how many there are
    to learn from, 0 for all; `max_length` the most pieces of a source sentence.
    """

    vocabulary: str
    units: int
    embedding: int
    epochs: int
    learning_rate: float
    pairs: int = 0
    batch: int = 64
    dropout: float = 0.0
    smoothing: float = 0.0
    max_length: int = 200
    form: str = "luong"
    score: str = "general"
    normalise: str = "softmax"
    coverage: float = 0.0
    lower: bool = False


RECIPES = {
    "lists": Recipe(vocabulary="characters", units=96, embedding=32, epochs=7, learning_rate=3e-3, pairs=40_000),
    "corpus": Recipe(
        vocabulary="words", units=256, embedding=256, epochs=12, learning_rate=2e-3, dropout=0.3, smoothing=0.1
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "sentences", nargs="*", metavar="SENTENCE", help=f'in quotation marks ("{SENTENCE}"); - for standard input'
    )
    parser.add_argument("--file", metavar="FILE", help="translate the lines of a text; - for standard input")
    parser.add_argument("--model", type=Path, metavar="FILE", help="what translates, .npz (the model of dates)")
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="figure of where each piece of the first sentence was looked for (.png, .svg, .pdf), translations (.txt), "
        "or these with pieces and weights (.npz, .json); may be given several times; with --train: the model, .npz",
    )  # fmt: skip
    parser.add_argument("--beam", type=int, default=1, metavar="N", help="beginnings that are followed at a time (1)")
    parser.add_argument(
        "--copy", action="store_true", default=None,
        help="put what was looked at most in the place of a word that is not known (<unknown>)",
    )  # fmt: skip
    parser.add_argument(
        "--split", action="store_true", default=None, help="translate over-long sentences in parts, and do not refuse"
    )
    add_json(parser)
    _add_learning(parser.add_argument_group("learning"))
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="draws weights, and what is held out (0)")
    parser.epilog = EPILOG


def _add_learning(group: Any) -> None:  # noqa: ANN401
    group.add_argument("--train", action="store_true", help="learn a model (lists of dates and numbers, generated)")
    group.add_argument(
        "--corpus", type=Path, nargs="+", metavar="FILE",
        help="learn from pairs of sentences: one table with tabs between the cells, or two texts, line by line",
    )  # fmt: skip
    group.add_argument("--columns", metavar="A,B", help="columns of source and target, by title or from 0 (0,1)")
    group.add_argument("--pairs", type=int, metavar="N", help="pairs to learn from (40000 lists; all of a corpus)")
    group.add_argument(
        "--held-out", nargs="+", metavar="N|FILE", help="pairs to be measured on: so many, or files as for --corpus"
    )
    group.add_argument("--lower", action="store_true", default=None, help="read capitals as small letters")
    group.add_argument(
        "--vocabulary", metavar="NAME", help="characters, words or subwords (characters of lists, words of a corpus)"
    )
    group.add_argument("--form", metavar="NAME", help="of attention: luong, bahdanau or none (luong)")
    group.add_argument("--score", metavar="NAME", help="general, additive, dot, scaled, cosine or location (general)")
    group.add_argument(
        "--normalise", metavar="NAME",
        help="softmax, sparsemax, entmax15, argmax, sample, straight_through or chain (softmax)",
    )  # fmt: skip
    group.add_argument("--coverage", type=float, metavar="X", help="how much less attracts what was looked at (0)")
    group.add_argument("--units", type=int, metavar="N", help="units of encoder and decoder (96; 256 for a corpus)")
    group.add_argument("--longest", type=int, metavar="N", help="pieces of a source sentence at most (200)")
    group.add_argument("--epochs", type=int, metavar="N", help="how often each pair is seen (7; 12 for a corpus)")
    group.add_argument(
        "--control", action="store_true", default=None,
        help="let the same network learn without attention, too, for the same CPU time, and draw both by length",
    )  # fmt: skip


def run(options: argparse.Namespace) -> None:
    """Translate, or learn to."""
    one_thread()
    check_mode(options, USING, LEARNING)
    if not options.learn:
        _translate(options)
        return
    study = _Study.of(options)
    with kept_when_stopped(part_of(study.output), part_of(control_of(study.output))):
        _learn(options, study)


# Translating


def _translate(options: argparse.Namespace) -> None:
    from foveation.files import FIGURE_ENDINGS, check_output, written_whole
    from neural.files import pretrained_path, read_network
    from neural.sequences.translation import Translator

    outputs = [check_output(path, (*FIGURE_ENDINGS, *ARRAYS, *TEXTS)) for path in options.output or ()]
    path = options.model or pretrained_path(SHIPPED)
    check_apart(outputs, [path, *([Path(options.file)] if options.file else [])])
    translator = read_network(path, Translator)
    sentences = _read(options, translator)
    told: list[Translation] = translator.translate(
        sentences,
        beam=options.beam,
        unknown="copy" if options.copy else "show",
        overlong="split" if options.split else "refuse",
    )
    result = _result(options, path, sentences, told)
    for output in outputs:
        ending = output.suffix.lower()
        if ending in FIGURE_ENDINGS:
            _draw(output, sentences, told)
        elif ending == ".npz":
            _write_arrays(output, result, told)
        else:
            text = json.dumps(result, indent=1) if ending == ".json" else "\n".join(each.text for each in told)
            with written_whole(output) as draft:
                draft.write_text(f"{text}\n", encoding="utf-8")
        say(f"written {output}")
    if options.json:
        print(json.dumps({**result, "written": [str(output) for output in outputs]}, indent=1))
    else:
        for each in told:
            print(each.text)


def _read(options: argparse.Namespace, translator: "Translator") -> list[str]:
    """Give the sentences; in small letters if the model knows no others."""
    if options.sentences == ["-"] and options.file is None:
        sentences = _lines("-")
    elif options.sentences and options.file is not None:
        raise ValueError("expected sentences or --file, got both")
    else:
        sentences = options.sentences or ([SENTENCE] if options.file is None else _lines(options.file))
    if len(options.sentences) > 1 and not any(" " in each.strip() for each in sentences):
        say(f"took this for {len(sentences)} sentences; a sentence of several words is put in quotation marks")
    if not (options.sentences or options.file):
        say(f"translating '{SENTENCE}'")
    known = "".join(getattr(translator.source, "tokens", ("A",)))
    return [each.lower() for each in sentences] if known == known.lower() else sentences


def _lines(name: str) -> list[str]:
    """Give the lines of a text, or of standard input; the model refuses those that are empty."""
    from foveation.files import read_text

    if name != "-":
        text = read_text(name)
    else:
        try:
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"expected text in UTF-8 on standard input, got other bytes ({error})") from None
        if not text.strip():
            raise ValueError("expected sentences on standard input, got none")
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _result(
    options: argparse.Namespace, model: Path, sentences: Sequence[str], told: "Sequence[Translation]"
) -> dict[str, Any]:
    """Give all that was told, as JSON takes it."""
    rows = [
        {
            "sentence": sentence,
            "translation": each.text,
            "source": each.source,
            "target": each.target,
            "log_prob": round(each.log_prob, 6),
            "weights": [[round(weight, 5) for weight in row] for row in each.weights.tolist()],
        }
        for sentence, each in zip(sentences, told, strict=True)
    ]
    return {"model": model.name, "beam": options.beam, "translations": rows}


def _draw(output: Path, sentences: Sequence[str], told: "Sequence[Translation]") -> None:
    """Draw where the pieces of the first translation were looked for."""
    from textwrap import shorten

    from foveation.figures import save_figure
    from neural.figures.sequences import alignment_figure

    if len(told) > 1:
        say(f"{output} shows the first of {len(told)} sentences")
    heading = shorten(f"{sentences[0]} → {told[0].text}", 90, placeholder=" …")
    save_figure(alignment_figure(told[0], heading=heading), output)


def _write_arrays(output: Path, result: Mapping[str, Any], told: "Sequence[Translation]") -> None:
    """Write weights as arrays, `weights_0` of the first sentence and so on, and all else in the header."""
    from foveation.files import write_arrays

    rows = [{name: value for name, value in row.items() if name != "weights"} for row in result["translations"]]
    header = {"format": "foveal translations", "version": 1, **result, "translations": rows}
    write_arrays(output, header, {f"weights_{number}": each.weights for number, each in enumerate(told)})


# Learning


class _Lesson(NamedTuple):
    """Pairs to learn from, others to be measured on, and how these are told apart by length."""

    pairs: "list[tuple[str, str]]"
    held_out: "list[tuple[str, str]]"
    lists: "list[Listed]"
    lengths: list[int]
    edges: tuple[int, ...]
    unit: str


class _Study(NamedTuple):
    """What is learned, how, and where it is written."""

    recipe: Recipe
    corpus: tuple[Path, ...]
    columns: tuple[Any, Any]
    held_out: tuple[str, ...]
    seed: int
    output: Path
    controlled: bool

    @classmethod
    def of(cls, options: argparse.Namespace) -> "_Study":
        """Give what was asked for; refuse outputs that could not be written, and settings that do not exist."""
        from neural.sequences.vocabulary import VOCABULARIES

        if options.corpus is None and options.columns is not None:
            raise ValueError("expected --corpus with --columns")
        if len(options.corpus or ()) > 2 or (options.columns is not None and len(options.corpus) > 1):
            raise ValueError("expected --corpus with one table (and its --columns) or with two texts")
        asked = {name: getattr(options, name) for name in CHOICES if getattr(options, name) is not None}
        check_counts(asked, ("units", "epochs", "pairs", "max_length"))
        recipe = replace(RECIPES["corpus" if options.corpus else "lists"], **asked)
        if recipe.vocabulary not in VOCABULARIES:
            raise ValueError(
                f"there is no vocabulary '{recipe.vocabulary}'; expected one of: {', '.join(VOCABULARIES)}"
            )
        if options.control and recipe.form == "none":
            raise ValueError("expected --control without --form none: the control is that network")
        translator_of(recipe)
        controlled, corpus = bool(options.control), tuple(options.corpus or ())
        output = check_outputs(options.output, "my-corpus.npz" if corpus else "my-dates.npz", controlled=controlled)
        held_out = tuple(options.held_out or ())
        check_apart(outputs_beside(output, controlled=controlled), [*corpus, *map(Path, held_out)])
        return cls(recipe, corpus, _columns(options.columns), held_out, options.seed, output, controlled)

    @property
    def written(self) -> list[Path]:
        """Every file."""
        return outputs_beside(self.output, controlled=self.controlled)

    @property
    def settings(self) -> dict[str, Any]:
        """All that the result depends on but the pairs, as JSON gives it back."""
        told = {"command": "translate", "seed": self.seed, "columns": list(self.columns), "held-out": self._held_out}
        return {**told, **asdict(self.recipe)}

    @property
    def _held_out(self) -> str:
        return " ".join(Path(each).name for each in self.held_out) or "by default"

    @property
    def provenance(self) -> str:
        """What was learned from, and the command."""
        recipe, names = self.recipe, ("vocabulary", "form", "score", "normalise", "coverage", "units", "max_length")
        command = ["foveal translate --train"]
        if self.corpus:
            command += ["--corpus", *(path.name for path in self.corpus)]
            command += [f"--columns {','.join(map(str, self.columns))}"] if len(self.corpus) == 1 else []
        command += [f"--{name} {getattr(recipe, name)}" for name in names]
        command += ["--lower"] if recipe.lower else []
        command += [f"--pairs {recipe.pairs}"] if recipe.pairs else []
        command += [f"--held-out {self._held_out}"] if self.held_out else []
        command += [f"--epochs {recipe.epochs} --seed {self.seed}"]
        return f"Learned by: {' '.join(command)}\nFrom: {self.told}\nWith: {made_with()}"

    @property
    def told(self) -> str:
        """What is learned from, in words."""
        if self.corpus:
            return f"sentences in {' and '.join(path.name for path in self.corpus)}"
        return f"generated lists of {ITEMS[0]} to {ITEMS[1]} dates and numbers"


def translator_of(recipe: Recipe) -> "Translator":
    """Give the translator of a recipe, which has no vocabularies yet, and has learned nothing."""
    from neural.sequences.decoder import Decoder
    from neural.sequences.translation import Translator

    return Translator(
        units=recipe.units,
        embedding=recipe.embedding,
        max_length=recipe.max_length,
        decoder=Decoder(
            size=recipe.units * (2 if recipe.score in SQUARE else 1), embedding=recipe.embedding,
            form=recipe.form, score=recipe.score, normalise=recipe.normalise, coverage=recipe.coverage,
            dropout=recipe.dropout, smoothing=recipe.smoothing, max_places=recipe.max_length,
        ),
    )  # fmt: skip


def _columns(text: str | None) -> tuple[Any, Any]:
    """Read two titles, or two numbers from 0."""
    parts = [part.strip() for part in (text or "0,1").split(",")]
    if len(parts) != 2 or not all(parts):
        raise ValueError(f"expected --columns with two titles or numbers, such as de,en; got '{text}'")
    first, second = (int(part) if all(each.isdecimal() for each in parts) else part for part in parts)
    return first, second


def _learn(options: argparse.Namespace, study: _Study) -> None:
    from neural.sequences.teacher_forcing import SequenceLossTerms

    recipe = study.recipe
    ResumableTraining(
        part=part_of(study.output), settings=study.settings, loss_terms=SequenceLossTerms
    ).kept()  # says what does not fit
    translator, lesson = _prepared(study, _lesson(study))
    few = _short(translator, lesson.held_out, recipe.max_length)[:WATCHED]

    def fit(network: "Translator", **how: Any) -> "Translator":  # noqa: ANN401
        return network.fit(lesson.pairs, rng=study.seed, batch=recipe.batch, learning_rate=recipe.learning_rate, **how)

    def loss(network: "Translator", weights: "Parameters") -> float:
        told = replace(network, weights=weights).align(few)
        return -sum(each.log_prob for each in told) / sum(len(each.target) for each in told)

    content = {"pairs of sentences": digest([text for pair in lesson.pairs for text in pair])}
    courses = courses_of(
        translator, fit, loss,
        output=study.output, settings=study.settings | content, epochs=recipe.epochs, controlled=study.controlled,
    )  # fmt: skip
    bleu = bool(study.corpus) and knows_bleu()
    grades = {name: _graded(options, course.network, lesson, bleu) for name, course in courses.items()}
    errors = {name: _alignment_error(course.network, lesson) for name, course in courses.items()}
    write_courses(courses, study.provenance)
    if study.controlled:
        draw_lengths(study.written[-1], lesson.unit, grades, BOTTLENECK)
    for course in courses.values():
        part_of(course.output).unlink(missing_ok=True)
    _report(options, study, courses, lesson, grades, errors)


def _lesson(study: _Study) -> _Lesson:
    """Read or generate pairs, and hold some out."""
    if not study.corpus:
        return _generated(study)
    from neural.sequences.scores import EDGES

    pairs, count = _pairs(study.corpus, study.columns), count_of(study.held_out)
    if study.held_out and count is None:
        held_out = _pairs([Path(each) for each in study.held_out], study.columns)
    else:
        learned, others = split(len(pairs), count, [study.seed, HELD_OUT])
        held_out, pairs = [pairs[each] for each in others], [pairs[each] for each in learned]
    check_asked("pairs", study.recipe.pairs, len(pairs))
    pairs = pairs[: study.recipe.pairs or None]
    if study.recipe.lower:
        pairs, held_out = ([(source.lower(), target.lower()) for source, target in each] for each in (pairs, held_out))
    return _Lesson(pairs, held_out, [], [len(source.split()) for source, _ in held_out], EDGES, "words of the source")


def _generated(study: _Study) -> _Lesson:
    """Generate lists, and others that are not among these."""
    import numpy as np

    from neural.sequences.corpus import dates_and_numbers

    count = count_of(study.held_out)
    if study.held_out and count is None:
        raise ValueError(f"expected --held-out with a number, or --corpus, too, got '{' '.join(study.held_out)}'")
    count = MOST_HELD_OUT if count is None else count
    learned, others = (
        dates_and_numbers(number, np.random.default_rng([study.seed, part]), items=ITEMS)
        for number, part in ((study.recipe.pairs, TRAINING), (count, HELD_OUT))
    )
    known = {each.source for each in learned}
    lists = [each for each in others if each.source not in known]
    if not lists:
        raise ValueError(f"expected more lists to be held out than {count}, of which none is new")
    pairs, held_out = ([(each.source, each.target) for each in some] for some in (learned, lists))
    return _Lesson(pairs, held_out, lists, [len(each.spans) for each in lists], EACH, "dates and numbers")


def _pairs(files: Sequence[Path], columns: tuple[Any, Any]) -> list[tuple[str, str]]:
    from neural.sequences.corpus import read_aligned, read_pairs

    if len(files) > 2:
        raise ValueError(f"expected one table or two texts, got {len(files)} files")
    return read_pairs(files[0], columns) if len(files) == 1 else read_aligned(files[0], files[1])


def _prepared(study: _Study, lesson: _Lesson) -> "tuple[Translator, _Lesson]":
    """Give a translator with vocabularies, and the pairs whose source is not too long for it."""
    from neural.sequences.vocabulary import VOCABULARIES

    recipe = study.recipe
    kind: Any = VOCABULARIES[recipe.vocabulary]
    how = {} if recipe.vocabulary == "characters" else {"lower": recipe.lower}
    source, target = (kind.learn([pair[side] for pair in lesson.pairs], **how) for side in (0, 1))
    translator = replace(translator_of(recipe), source=source, target=target)
    short = _short(translator, lesson.pairs, recipe.max_length)
    if len(short) < len(lesson.pairs):
        left = len(lesson.pairs) - len(short)
        say(f"left out of learning: {left} of {len(lesson.pairs)} pairs, of more than {recipe.max_length} pieces")
    return translator, lesson._replace(pairs=short)


def _short(translator: "Translator", pairs: Sequence[tuple[str, str]], max_length: int) -> list[tuple[str, str]]:
    """Give the pairs whose source is not too long."""
    assert translator.source is not None
    short = [pair for pair in pairs if len(translator.source.encode(pair[0])) <= max_length]
    if not short:
        raise ValueError(f"expected sentences of at most {max_length} pieces, but all are longer: see --longest")
    return short


def _graded(options: argparse.Namespace, translator: "Translator", lesson: _Lesson, bleu: bool) -> list[LengthScore]:
    """Translate what is held out, and compare."""
    told = translator.translate([source for source, _ in lesson.held_out], beam=options.beam, overlong="split")
    right = [target for _, target in lesson.held_out]
    return score_by_length([each.text for each in told], right, lesson.lengths, lesson.edges, bleu=bleu)


def _alignment_error(translator: "Translator", lesson: _Lesson) -> float | None:
    """Give the share of wrong links between words of generated lists, where characters are attended to."""
    from neural.sequences.scores import alignment_error_rate_of
    from neural.sequences.vocabulary import Characters

    if not lesson.lists or translator.decoder.form == "none" or not isinstance(translator.source, Characters):
        return None
    lists = lesson.lists[:WATCHED]
    told = translator.align([(each.source, each.target) for each in lists])
    return alignment_error_rate_of([each.weights for each in told], lists)


def _report(
    options: argparse.Namespace,
    study: _Study,
    courses: Mapping[str, Run],
    lesson: _Lesson,
    grades: Mapping[str, Sequence[LengthScore]],
    errors: Mapping[str, float | None],
) -> None:
    if options.json:
        result = {
            "seed": study.seed,
            "pairs": len(lesson.pairs),
            "beam": options.beam,
            "provenance": study.provenance,
            "bleu": signature_of(grades),
            "networks": described_courses(courses, grades, alignment_error_rate=errors),
        }
        print(json.dumps({**result, "written": [str(path) for path in study.written]}, indent=1))
        return
    report([("learned from", f"{study.told}: {len(lesson.pairs)} pairs, seed {study.seed}")])
    for name, course in courses.items():
        report([(name, f"{_told(course.network)}; {len(course.epochs)} epochs, {course.seconds:.0f} CPU-s")])
    report([("held out", f"{len(lesson.held_out)} pairs, translated with a beam of {options.beam}")])
    report_groups(lesson.unit, grades)
    for name, error in errors.items():
        if error is not None:
            print(f"\nlinks between words that are wrong (alignment error rate), {name}: {error:.1%}")
    print()
    report([("written", path) for path in study.written])


def _told(translator: "Translator") -> str:
    decoder, kind = translator.decoder, type(translator.source).__name__.lower()
    how = decoder.form if decoder.form == "none" else f"{decoder.form}, {decoder.score}, {decoder.normalise}"
    sizes = f"{len(translator.source or ())} and {len(translator.target or ())} {kind}"
    count = sum(values.size for values in translator.weights.values())
    return f"{how}; {translator.units} units, {sizes}, {count} weights"
