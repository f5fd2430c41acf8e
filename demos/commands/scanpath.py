"""`foveal scanpath`: where a person looks in a picture, and when."""

import argparse
import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import (
    FILMS,
    add_duration,
    add_input,
    add_json,
    add_observer,
    add_outputs,
    add_seed,
    add_viewing,
    place,
    real,
    writes,
)
from demos.inputs import failing_of_users, observer_of, picture_of, viewing_of
from demos.outputs import angle_line, ground_hint, note_webm, outputs_of, progress, report, report_fixations
from demos.parser import CommandParser
from foveation.checks import check_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foveation import Viewing
    from neural import Observer
    from saliency import Scanpath

TABLE_ENDINGS = (".csv", ".json")
MOST_FRAMES = 1_000_000  # of a film
GIF_WIDTH_PX = 800  # a GIF is many times as large as other films
STRIP_LENGTH = 6  # fixations in a strip


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    add_outputs(
        parser,
        "figure (.png, .svg, .pdf), table (.csv, .json) or film (.gif, .mp4, .webm); may be given several times",
    )
    add_duration(parser, "seconds for which the picture is seen (3)", 3.0)
    parser.add_argument(
        "--start", type=place, metavar="X,Y", help="gaze when the picture appears, in pixels (the middle)"
    )
    add_observer(parser, "typical")
    parser.add_argument("--strip", type=Path, metavar="FILE", help="also draw what the eye saw, and each choice, here")
    parser.add_argument(
        "--fps",
        type=real("frames a second", least=0.001, most=1000),
        default=25.0,
        metavar="N",
        help="frames per second of a film (25)",
    )
    parser.add_argument(
        "--slow",
        type=real("a factor", least=0.001, most=1000),
        default=1.0,
        metavar="FACTOR",
        help="how much slower a film is than life (1)",
    )
    parser.only("fps", "slow", where=f"with a film to write ({', '.join(FILMS)})", met=writes(*FILMS))
    add_seed(parser)
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Look at the picture, write what was asked for, and report."""
    name, pixels = picture_of(options)
    viewing, source = viewing_of(options, pixels.shape)
    outputs = _outputs(options, name)
    look = _look(options, name, pixels, viewing)
    written = _write(options, look, outputs)
    if options.json:
        print(json.dumps({**json.loads(look.path.to_json()), "written": [str(output) for output in written]}, indent=1))
    else:
        _report(options, look, source, written)
    note_webm(outputs, written, aside=options.json)


def _outputs(options: argparse.Namespace, name: str) -> list[Path]:
    """Give the checked names of the outputs, without that of the strip."""
    from foveation.files import FIGURE_ENDINGS, check_output
    from foveation.films.video import WRITTEN_ENDINGS

    endings = (*FIGURE_ENDINGS, *WRITTEN_ENDINGS, *TABLE_ENDINGS)
    outputs = outputs_of(options, name, (".scanpath.png", ".scanpath.csv"), endings)
    if options.strip:
        check_output(options.strip, FIGURE_ENDINGS)
    frames = options.duration * options.fps * options.slow
    check_number(frames, f"at most {MOST_FRAMES} frames (--duration x --fps x --slow)", most=MOST_FRAMES)
    return outputs


# Look


class _Look(NamedTuple):
    """The path of the gaze of an observer over a picture, and `how` it came about."""

    observer: "Observer"
    pixels: "NDArray[Any]"
    viewing: "Viewing"
    how: dict[str, Any]
    path: "Scanpath"


def _look(options: argparse.Namespace, name: str, pixels: "NDArray[Any]", viewing: "Viewing") -> _Look:
    observer = observer_of(options).for_picture(name)
    how: dict[str, Any] = {"duration": options.duration, "rng": options.seed, "start": options.start}
    with failing_of_users(options):
        path = observer.look(pixels, viewing, stimulus=name, **how)
    return _Look(observer, pixels, viewing, how, replace(path, subject=f"{options.preset} {options.seed}"))


# Write


def _write(options: argparse.Namespace, look: _Look, outputs: list[Path]) -> list[Path]:
    """Write what was asked for, films first; give where each went."""
    from foveation.films.video import WRITTEN_ENDINGS

    films = [output for output in outputs if output.suffix.lower() in WRITTEN_ENDINGS]
    written = {film: _film(options, look, film) for film in films}
    for output in outputs:
        if output.suffix.lower() in TABLE_ENDINGS:
            look.path.write(output)
        elif output not in written:
            _draw(look, output)
    if options.strip:
        _draw_strip(look, options.strip)
    return [written.get(output, output) for output in outputs] + ([options.strip] if options.strip else [])


def _film(options: argparse.Namespace, look: _Look, output: Path) -> Path:
    """Write the film; give where it went."""
    from foveation import write_video
    from neural.films.paint import WIDEST_PX
    from neural.films.scanpath_film import scanpath_film

    width = GIF_WIDTH_PX if output.suffix.lower() == ".gif" else WIDEST_PX
    frames = scanpath_film(
        look.observer, look.pixels, look.viewing, **look.how, fps=options.fps, slow=options.slow, width=width
    )
    total = round(options.duration * options.fps * options.slow)
    return write_video(output, progress(frames, total, "frame"), fps=options.fps)


def _draw(look: _Look, output: Path) -> None:
    from foveation.figures import picture_figure, save_figure
    from saliency.figures.scanpaths import draw_scanpath

    path = look.path
    figure, axes = picture_figure(look.pixels.shape)
    draw_scanpath(path, look.pixels, ax=axes)
    axes.set_title(f"{path.stimulus}: {len(path)} fixations in {path.watched:g} s", fontsize=8)
    save_figure(figure, output)


def _draw_strip(look: _Look, output: Path) -> None:
    """Draw what the eye saw at each of the first fixations, and its choice."""
    from foveation.figures import save_figure
    from neural.figures import glance_strip

    glances = islice(look.observer.glances(look.pixels, look.viewing, **look.how), STRIP_LENGTH)
    save_figure(glance_strip(list(glances), look.pixels, look.viewing), output)


# Report


def _report(options: argparse.Namespace, look: _Look, source: str, written: list[Path]) -> None:
    path, (width, height) = look.path, look.viewing.screen_px
    report(
        [("picture", f"{path.stimulus}, {width} x {height} px"), ("viewing", source), ("", angle_line(look.viewing))]
    )
    if path.ended == "no winner":
        why = f"no place wins over the others{ground_hint(look.pixels)}"
        report([("ended", f"nothing in the picture stands out any more: {why}")])
    report([("fixations", f"{len(path)} in {options.duration:g} s")])
    report_fixations(path)
    report(("written", output) for output in written)
