"""`foveal map`: what stands out in a picture."""

import argparse
import json
from pathlib import Path
from typing import Any

from demos.command import add_input, add_json, outputs_of, picture_of, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="map as a grey picture (.png, .jpg, .tif, .webp, .bmp) or as numbers (.npy); may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--model", default="itti", metavar="NAME", help="saliency model: itti, itti1998, itti-iterative"
    )
    parser.add_argument("--channel", metavar="NAME", help="one conspicuity map: intensity, colour or orientation")
    parser.add_argument("--overlay", action="store_true", help="lay the map over the picture, in colours")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Compute the map and write it."""
    import numpy as np

    from foveation.image import IMAGE_ENDINGS, as_image
    from saliency import check_map, model_named

    name, pixels = picture_of(options)
    outputs = outputs_of(options, name, (".map.png",), (*IMAGE_ENDINGS, ".npy"))
    model = model_named(options.model)
    image = as_image(pixels)
    map_ = _channel(model, image, options.channel) if options.channel else check_map(model(image), image.shape)
    for output in outputs:
        _write(output, map_, pixels, options.overlay)
    row, column = np.unravel_index(int(map_.argmax()), map_.shape)
    peak = {"x": int(column), "y": int(row), "value": float(map_.max())}
    if options.json:
        print(
            json.dumps({"stimulus": name, "model": options.model, "peak": peak, "written": [str(o) for o in outputs]})
        )
        return
    report([("picture", f"{name}, {map_.shape[1]} x {map_.shape[0]} px"), ("model", repr(model))])
    if peak["value"] > 0:
        report([("peak", f"{peak['value']:.4g} at x {column}, y {row} (white in the picture of the map)")])
    else:
        report([("peak", "none: nothing in the picture stands out")])
    report([("written", output) for output in outputs])


def _channel(model: Any, image: Any, channel: str) -> Any:  # noqa: ANN401
    if not hasattr(model, "conspicuity"):
        raise ValueError("this model has no channels of its own")
    maps = model.conspicuity(image)
    if channel not in maps:
        raise ValueError(f"there is no channel '{channel}'; expected one of: {', '.join(maps)}")
    return maps[channel]


def _write(output: Path, map_: Any, pixels: Any, overlay: bool) -> None:  # noqa: ANN401
    import numpy as np

    from demos.overlay import heat_over
    from foveation.files import written_whole
    from foveation.image import as_image, write_image

    if output.suffix.lower() == ".npy":
        with written_whole(output) as draft:
            np.save(draft, map_)
    elif overlay:
        write_image(output, heat_over((as_image(pixels) * 255).astype(np.uint8), map_, float(map_.max())))
    else:
        write_image(output, map_ / max(float(map_.max()), 1e-12))
