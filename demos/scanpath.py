"""`foveal scanpath`: where a person looks in a picture, and when."""

import argparse
import json
from pathlib import Path
from typing import Any

from demos.command import (
    add_input,
    add_json,
    add_observer,
    add_seed,
    add_viewing,
    angle_line,
    observer_of,
    outputs_of,
    picture_of,
    place,
    progress,
    report,
    viewing_of,
)

TABLE_ENDINGS = (".csv", ".json")
GIF_WIDTH_PX = 800  # a GIF is many times as large as other films


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="figure (.png, .svg, .pdf), table (.csv, .json) or film (.gif, .mp4, .webm); may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--duration", type=float, default=3.0, metavar="S", help="seconds for which the picture is seen (3)"
    )
    parser.add_argument(
        "--start", type=place, metavar="X,Y", help="gaze when the picture appears, in pixels (the middle)"
    )
    add_observer(parser, "typical")
    parser.add_argument("--strip", type=Path, metavar="FILE", help="also draw what the eye saw, and each choice, here")
    parser.add_argument("--fps", type=float, default=25.0, metavar="N", help="frames per second of a film (25)")
    parser.add_argument(
        "--slow", type=float, default=1.0, metavar="FACTOR", help="how much slower a film is than life (1)"
    )
    add_seed(parser)
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Look at the picture and write what was asked for."""
    from dataclasses import replace

    from foveation.files import FIGURE_ENDINGS, check_output
    from foveation.video import WRITTEN_ENDINGS

    name, pixels = picture_of(options)
    viewing, source = viewing_of(options, pixels.shape)
    endings = (*FIGURE_ENDINGS, *WRITTEN_ENDINGS, *TABLE_ENDINGS)
    outputs = outputs_of(options, name, (".scanpath.png", ".scanpath.csv"), endings)
    if options.strip:
        check_output(options.strip, FIGURE_ENDINGS)
    observer = observer_of(options).for_picture(name)
    how: dict[str, Any] = {"duration": options.duration, "rng": options.seed, "start": options.start}
    subject = f"{options.preset} {options.seed}"
    path = replace(observer.look(pixels, viewing, stimulus=name, **how), subject=subject)
    films = [output for output in outputs if output.suffix.lower() in WRITTEN_ENDINGS]
    written = {film: _film(observer, pixels, viewing, how, options, film) for film in films}
    for output in outputs:
        if output.suffix.lower() in TABLE_ENDINGS:
            path.write(output)
        elif output not in written:
            _draw(path, pixels, output)
    outputs = [written.get(output, output) for output in outputs]
    if options.strip:
        _draw_strip(observer, pixels, viewing, how, options.strip)
        outputs.append(options.strip)
    if options.json:
        print(json.dumps({**json.loads(path.to_json()), "written": [str(output) for output in outputs]}, indent=1))
        return
    width, height = viewing.screen_px
    report([("picture", f"{name}, {width} x {height} px"), ("viewing", source), ("", angle_line(viewing))])
    if path.ended == "no winner":
        report([("ended", "nothing in the picture stands out any more: no place wins over the others")])
    report([("fixations", f"{len(path)} in {options.duration:g} s")])
    for number, fixation in enumerate(path, start=1):
        times = f"at {fixation.onset * 1000:5.0f} ms for {fixation.duration * 1000:4.0f} ms"
        print(f"{number:>12}  x {fixation.x:7.1f}  y {fixation.y:7.1f}  {times}")
    report([("written", output) for output in outputs])
    if any(film != written[film] for film in films):
        report([("note", 'an .mp4 needs PyAV (pip install "foveal[video]"); the film became WebM')])


def _draw(path: Any, pixels: Any, output: Path) -> None:  # noqa: ANN401
    from foveation.figures import picture_figure, save_figure
    from saliency.figures.scanpaths import draw_scanpath

    figure, axes = picture_figure(pixels.shape)
    draw_scanpath(path, pixels, ax=axes)
    axes.set_title(f"{path.stimulus}: {len(path)} fixations in {path.watched:g} s", fontsize=8)
    save_figure(figure, output)


def _draw_strip(observer: Any, pixels: Any, viewing: Any, how: dict[str, Any], output: Path) -> None:  # noqa: ANN401
    from itertools import islice

    from foveation.figures import save_figure
    from neural.figures import glance_strip

    figure = glance_strip(list(islice(observer.glances(pixels, viewing, **how), 6)), pixels, viewing)
    save_figure(figure, output)


def _film(
    observer: Any,  # noqa: ANN401
    pixels: Any,  # noqa: ANN401
    viewing: Any,  # noqa: ANN401
    how: dict[str, Any],
    options: argparse.Namespace,
    output: Path,
) -> Path:
    """Write the film; give where it went."""
    from foveation import write_video
    from neural.films.paint import WIDEST_PX
    from neural.films.scanpath_film import scanpath_film

    width = GIF_WIDTH_PX if output.suffix.lower() == ".gif" else WIDEST_PX
    frames = scanpath_film(observer, pixels, viewing, **how, fps=options.fps, slow=options.slow, width=width)
    total = round(options.duration * options.fps * options.slow)
    return write_video(output, progress(frames, total, "frame"), fps=options.fps)
