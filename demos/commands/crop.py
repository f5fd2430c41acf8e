"""`foveal crop`: the part of a picture that keeps what stands out in it."""

import argparse
import json

from demos.arguments import MOST_PIXELS, add_input, add_json, add_outputs, real, whole
from demos.inputs import picture_of
from demos.outputs import ground_hint, outputs_of, report
from demos.parser import CommandParser
from foveation.checks import check_number

MOST_ASPECT = 1000  # and its inverse the least


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    add_outputs(parser, "the part as a picture (.png, .jpg, .tif, .webp, .bmp); may be given several times")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument(
        "--aspect", type=aspect, metavar="W:H", help="shape of the part, such as 1:1 or 16:9; the largest that fits"
    )
    shape.add_argument("--size", type=size, metavar="WxH", help="width and height of the part, in pixels")
    parser.add_argument(
        "--share",
        type=real("a share", above=0, most=1),
        metavar="N",
        help="with --aspect: the smallest part that keeps this share, from 0 to 1",
    )
    parser.only("share", where="without --size", met=lambda options: options.size is None)
    parser.add_argument("--model", default="readout", metavar="NAME", help="saliency model (readout)")
    add_json(parser)


def aspect(text: str) -> float:
    """Read `W:H`, or width over height as one number."""
    try:
        across, _, down = text.partition(":")
        ratio = float(across) / float(down or 1)
        check_number(ratio, "an aspect", least=1 / MOST_ASPECT, most=MOST_ASPECT)
    except (ValueError, ArithmeticError):
        raise argparse.ArgumentTypeError(
            f"expected an aspect from 1:1000 to 1000:1, such as 16:9, got '{text[:40]}'"
        ) from None
    return ratio


def size(text: str) -> tuple[int, int]:
    """Read `WIDTHxHEIGHT` in pixels."""
    try:
        across, down = text.split("x")
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected width and height such as 400x300, got '{text}'") from None
    side = whole("pixels", most=MOST_PIXELS)
    return side(across), side(down)


def run(options: argparse.Namespace) -> None:
    """Find the part and write it."""
    from foveation.image import as_image
    from foveation.picture_files import IMAGE_ENDINGS, write_image
    from saliency import check_map, model_named
    from saliency.features.regions import smart_crop

    name, pixels = picture_of(options)
    outputs = outputs_of(options, name, (".crop.png",), IMAGE_ENDINGS)
    image = as_image(pixels)
    map_ = check_map(model_named(options.model)(image), image.shape)
    ratio = options.aspect or (None if options.size else 1.0)
    box = smart_crop(pixels.shape, map_, aspect=ratio, size=options.size, share=options.share)
    for output in outputs:
        write_image(output, pixels[box.slices])
    kept = float(map_[box.slices].sum(dtype="float64") / max(map_.sum(dtype="float64"), 1e-12))
    if options.json:
        result = {"stimulus": name, "model": options.model, "box": box._asdict(), "kept": kept}
        print(json.dumps(result | {"written": [str(output) for output in outputs]}))
        return
    height, width = map_.shape
    report(
        [
            ("picture", f"{name}, {width} x {height} px"),
            ("part", f"{box.width} x {box.height} px at x {box.x}, y {box.y}"),
        ]
    )
    if not map_.any():
        report([("note", f"nothing in the picture stands out{ground_hint(pixels)}")])
    report([("kept", f"{kept:.1%} of what stands out, in {box.width * box.height / map_.size:.1%} of the picture")])
    report([("written", output) for output in outputs])
