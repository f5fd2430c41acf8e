"""`foveal foveate`: what the eye sees of a picture when it looks at one place."""

import argparse
import json
from pathlib import Path

from demos.command import (
    add_input,
    add_json,
    add_viewing,
    angle_line,
    outputs_of,
    picture_of,
    place,
    report,
    viewing_of,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="picture (.png, .jpg, .tif, .webp, .bmp); may be given several times",
    )  # fmt: skip
    parser.add_argument("--at", type=place, metavar="X,Y", help="where the eye looks, in pixels (the middle)")
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Foveate the picture and write it."""
    from foveation import foveate, write_image
    from foveation.image import IMAGE_ENDINGS
    from foveation.retina import blur_levels

    name, pixels = picture_of(options)
    height, width = pixels.shape[:2]
    viewing, source = viewing_of(options, pixels.shape)
    outputs = outputs_of(options, name, (".foveated.png",), IMAGE_ENDINGS)
    x, y = options.at or viewing.centre
    if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
        raise ValueError(f"gaze ({x:g}, {y:g}) lies outside the {width} x {height} picture")
    seen = foveate(pixels, (x, y), viewing)
    for output in outputs:
        write_image(output, seen)
    levels = blur_levels((x, y), viewing)
    sharp, coarsest = float((levels == 0).mean()), float(levels.max())
    if options.json:
        result = {"stimulus": name, "gaze_px": [x, y], "pixels_per_degree": viewing.pixels_per_degree}
        result |= {"sharp_share": sharp, "coarsest_level": coarsest, "written": [str(output) for output in outputs]}
        print(json.dumps(result))
        return
    report([("picture", f"{name}, {width} x {height} px"), ("viewing", source), ("", angle_line(viewing))])
    report([("gaze", f"x {x:g}, y {y:g}")])
    report([("seen", f"{sharp:.1%} of the pixels in full detail, the coarsest at 1/{2**coarsest:.1f} of it")])
    report([("written", output) for output in outputs])
