"""`foveal read`: how a person reads a page."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import FIGURES, MOST_COUNT, add_json, add_outputs, add_seed, add_viewing, real, whole, writes
from demos.inputs import viewing_of
from demos.outputs import outputs_of, report
from demos.parser import CommandParser
from foveation.checks import check_number

if TYPE_CHECKING:
    from neural.reading.page import Page
    from neural.reading.statistics import Reading

TABLE_ENDINGS = (".csv",)
TEXT_ENDINGS = (".txt", ".md", ".text")
MOST_COLUMNS, MOST_STRIPS = 500, 100
MOST_PACE = 2000.0  # words a minute


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "input", type=Path, help=f"picture of a page, or text ({', '.join(TEXT_ENDINGS)}), which is laid out"
    )
    add_outputs(parser, "figure (.png, .svg, .pdf) or table (.csv); may be given several times")
    parser.add_argument(
        "--page", type=whole("a page", most=MOST_COUNT), default=1, metavar="N", help="which page of a longer text (1)"
    )
    parser.add_argument(
        "--columns",
        type=whole("columns", most=MOST_COLUMNS),
        default=72,
        metavar="N",
        help="letters in a line of text (72)",
    )
    parser.add_argument("--encoding", default="utf-8", metavar="NAME", help="how letters are stored in a text (utf-8)")
    parser.add_argument(
        "--language", metavar="NAME",
        help="take word frequencies from the list of this language, such as en (needs wordfreq; by the words' length)",
    )  # fmt: skip
    parser.add_argument(
        "--words-per-minute",
        type=real("words a minute", above=0, most=MOST_PACE),
        metavar="N",
        help="how fast the reader is (as people were who read for us)",
    )
    parser.add_argument(
        "--first",
        type=whole("a fixation", most=MOST_COUNT),
        default=1,
        metavar="N",
        help="first fixation of the strips (1)",
    )
    parser.add_argument(
        "--strips",
        type=whole("strips", most=MOST_STRIPS),
        default=8,
        metavar="N",
        help="how many fixations have a strip (8)",
    )
    parser.only(
        "page",
        "columns",
        "encoding",
        "language",
        where="for a text",
        met=lambda options: options.input.suffix.lower() in TEXT_ENDINGS,
    )
    parser.only("first", "strips", where="with a figure to write", met=writes(*FIGURES, default=True))
    add_seed(parser)
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Read the page and write what was asked for."""
    from foveation.files import FIGURE_ENDINGS
    from neural.reading.reader import Reader

    outputs = outputs_of(
        options, options.input.name, (".reading.png", ".reading.csv"), (*FIGURE_ENDINGS, *TABLE_ENDINGS)
    )
    page, pages = _page_of(options)
    viewing, source = viewing_of(options, page.shape)
    reader = Reader(language=options.language)
    if options.words_per_minute is not None:
        reader = reader.at_pace(options.words_per_minute, page, viewing)
    reading = reader.read(page, viewing, rng=options.seed, stimulus=options.input.name)
    facts = _facts(reading)
    for output in outputs:
        if output.suffix.lower() in TABLE_ENDINGS:
            reading.write(output)
        else:
            _draw(reading, options, facts, output)
    if options.json:
        print(json.dumps({**facts, "written": [str(output) for output in outputs]}, indent=1))
    else:
        _report(options, reading, facts, source, pages)
        report([("written", output) for output in outputs])


def _report(options: argparse.Namespace, reading: "Reading", facts: dict[str, Any], source: str, pages: int) -> None:
    page = reading.page
    which = f", page {options.page} of {pages}" if pages > 1 else ""
    words = f"{facts['words']} words in {facts['lines']} lines, letters of {page.letter_px:.1f} px"
    letter_deg = page.letter_px / reading.path.viewing.pixels_per_degree
    report([("page", f"{options.input.name}{which}: {words}"), ("viewing", source)])
    report([("", f"a letter is {letter_deg:.2f} deg wide, {1 / letter_deg:.1f} letters to the degree")])
    report([("read", f"in {facts['seconds']:.1f} s: {facts['words_per_minute']:.0f} words per minute")])
    report([("fixations", f"{facts['fixations']}, of {facts['mean_duration_ms']:.0f} ms in the mean")])
    report([("", f"{count} {kind}") for kind, count in facts["kinds"].items()])
    report([("skipped", f"{facts['skipped']:.0%} of the words, when the eye first went beyond them")])
    report([("span", f"{facts['words_in_span']:.1f} of {facts['words']} words at a time")])


def _page_of(options: argparse.Namespace) -> "tuple[Page, int]":
    """Give the page, and of how many it is one."""
    from foveation.files import read_text
    from foveation.picture_files import IMAGE_ENDINGS, read_pixels
    from neural.reading.page import Page

    ending = options.input.suffix.lower()
    if ending in IMAGE_ENDINGS:
        pages = [Page.find(read_pixels(options.input))]
    elif ending in TEXT_ENDINGS:
        pages = Page.of_text(read_text(options.input, encoding=options.encoding), columns=options.columns)
    else:
        raise ValueError(
            f"cannot read '{options.input}': expected a picture ({', '.join(IMAGE_ENDINGS)}) "
            f"or text ({', '.join(TEXT_ENDINGS)})"
        )
    check_number(options.page, f"a page from 1 to {len(pages)}", least=1, most=len(pages))
    return pages[options.page - 1], len(pages)


def _facts(reading: "Reading") -> dict[str, Any]:
    import numpy as np

    from neural.reading.statistics import KINDS, words_in_span

    page, path = reading.page, reading.path
    counts = Counter(reading.kind)
    inside = [len(words_in_span(page, float(x), int(line))) for x, line in zip(path.x, reading.line, strict=True)]
    return {
        "words": len(page.words),
        "lines": len(page.line_y),
        "fixations": len(path),
        "seconds": round(path.watched, 3),
        "words_per_minute": round(reading.words_per_minute, 1),
        "mean_duration_ms": round(1000 * float(path.duration.mean()), 1),
        "kinds": {kind: counts[kind] for kind in KINDS},
        "skipped": round(float(np.nanmean(reading.skipped)), 3),
        "words_in_span": round(float(np.mean(inside)), 2),
    }


def _draw(reading: "Reading", options: argparse.Namespace, facts: dict[str, Any], output: Path) -> None:
    from foveation.figures import save_figure
    from neural.figures import reading_figure

    heading = (
        f"{options.input.name}: {facts['words']} words in {facts['lines']} lines, "
        f"{facts['fixations']} fixations, {facts['words_per_minute']:.0f} words per minute"
    )
    save_figure(reading_figure(reading, at_most=options.strips, first=options.first - 1, heading=heading), output)
