"""`foveal translate`: translate sentences, and show where each word was looked for; or learn to."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import MOST_COUNT, add_json, add_outputs, given_any, real, seed, whole
from demos.outputs import say
from demos.parser import CommandParser
from demos.training.options import MOST_BEAM, MOST_COVERAGE, MOST_UNITS, check_apart
from demos.training.resumable import EPILOG, one_thread
from demos.training.sentences import report_trained, train_sentences
from demos.training.translation import CHOICES, study_of

if TYPE_CHECKING:
    from neural.sequences.translation import Translation, Translator

SHIPPED, SENTENCE = "dates", "tuesday 3 may 1983"
MOST_PIECES = 10_000  # of a sentence
ARRAYS, TEXTS = (".npz", ".json"), (".txt",)
USING = ("sentences", "file", "model", "copy", "split")
LEARNING = ("corpus", "columns", "held_out", "control", *CHOICES)


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "sentences", nargs="*", metavar="SENTENCE", help=f'in quotation marks ("{SENTENCE}"); - for standard input'
    )
    parser.add_argument("--file", metavar="FILE", help="translate the lines of a text; - for standard input")
    parser.add_argument("--model", type=Path, metavar="FILE", help="what translates, .npz (the model of dates)")
    add_outputs(
        parser,
        "figure of where each piece of the first sentence was looked for (.png, .svg, .pdf), translations (.txt), "
        "or these with pieces and weights (.npz, .json); may be given several times; with --train: the model, .npz",
    )
    parser.add_argument(
        "--beam",
        type=whole("beginnings", most=MOST_BEAM),
        default=1,
        metavar="N",
        help="beginnings that are followed at a time (1)",
    )
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
    parser.only(*USING, where="without --train", met=lambda options: not options.train)
    parser.only(*LEARNING, "seed", where="with --train", met=given_any("train"))
    parser.only("columns", where="with a single table as --corpus", met=lambda options: len(options.corpus or ()) == 1)
    parser.only(
        "score", "normalise", "coverage", "control", where="with attention (--form none has none)",
        met=lambda options: options.form != "none",
    )  # fmt: skip


def _add_learning(group: Any) -> None:  # noqa: ANN401
    group.add_argument("--train", action="store_true", help="learn a model (lists of dates and numbers, generated)")
    group.add_argument(
        "--corpus", type=Path, nargs="+", metavar="FILE",
        help="learn from pairs of sentences: one table with tabs between the cells, or two texts, line by line",
    )  # fmt: skip
    group.add_argument("--columns", metavar="A,B", help="columns of source and target, by title or from 0 (0,1)")
    group.add_argument(
        "--pairs",
        type=whole("pairs", most=MOST_COUNT),
        metavar="N",
        help="pairs to learn from (40000 lists; all of a corpus)",
    )
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
    group.add_argument(
        "--coverage",
        type=real("a weight", least=0, most=MOST_COVERAGE),
        metavar="X",
        help="how much less attracts what was looked at (0)",
    )
    group.add_argument(
        "--units",
        type=whole("units", most=MOST_UNITS),
        metavar="N",
        help="units of encoder and decoder (96; 256 for a corpus)",
    )
    group.add_argument(
        "--max-length",
        type=whole("pieces", most=MOST_PIECES),
        metavar="N",
        help="pieces of a source sentence at most (200)",
    )
    group.add_argument(
        "--epochs",
        type=whole("epochs", most=MOST_COUNT),
        metavar="N",
        help="how often each pair is seen (7; 12 for a corpus)",
    )
    group.add_argument(
        "--control", action="store_true", default=None,
        help="let the same network learn without attention, too, for the same CPU time, and draw both by length",
    )  # fmt: skip


def run(options: argparse.Namespace) -> None:
    """Translate, or learn to."""
    one_thread()
    if not options.train:
        _translate(options)
        return
    report_trained(train_sentences(study_of(options)), as_json=options.json)


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
    from neural.figures.alignment import alignment_figure

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
