"""`foveal scanpath`: where a person looks in a picture, and when."""

import argparse
import json
from pathlib import Path
from typing import Any

from demos.command import (
    add_input,
    add_json,
    add_seed,
    add_viewing,
    angle_line,
    outputs_of,
    picture_of,
    place,
    report,
    viewing_of,
)

TABLE_ENDINGS = (".csv", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="figure (.png, .svg, .pdf) or table (.csv, .json); may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--duration", type=float, default=3.0, metavar="S", help="seconds for which the picture is seen (3)"
    )
    parser.add_argument(
        "--start", type=place, metavar="X,Y", help="gaze when the picture appears, in pixels (the middle)"
    )
    parser.add_argument("--preset", default="free_viewing", metavar="NAME", help="free_viewing, or itti1998")
    parser.add_argument("--model", metavar="NAME", help="saliency model, such as itti or itti1998")
    parser.add_argument("--strip", type=Path, metavar="FILE", help="also draw what the eye saw, and each choice, here")
    add_seed(parser)
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Look at the picture and write what was asked for."""
    from dataclasses import replace

    from foveation.files import FIGURE_ENDINGS, check_output
    from neural import Observer
    from saliency import model_named

    name, pixels = picture_of(options)
    viewing, source = viewing_of(options, pixels.shape)
    outputs = outputs_of(options, name, (".scanpath.png", ".scanpath.csv"), (*FIGURE_ENDINGS, *TABLE_ENDINGS))
    if options.strip:
        check_output(options.strip, FIGURE_ENDINGS)
    observer = Observer.preset(options.preset)
    if options.model:
        observer = replace(observer, model=model_named(options.model))
    how: dict[str, Any] = {"duration": options.duration, "rng": options.seed, "start": options.start}
    path = replace(observer.look(pixels, viewing, stimulus=name, **how), subject=f"{options.preset} {options.seed}")
    for output in outputs:
        if output.suffix.lower() in TABLE_ENDINGS:
            path.write(output)
        else:
            _draw(path, pixels, output)
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


def _draw(path: Any, pixels: Any, output: Path) -> None:  # noqa: ANN401
    from foveation.figures import picture_figure, save_figure
    from saliency.figures import draw_scanpath

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
