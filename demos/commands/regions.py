"""`foveal regions`: what stands out in a picture, region by region."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import add_input, add_json, add_outputs, real, whole
from demos.inputs import picture_of
from demos.outputs import ground_hint, outputs_of, report, stages
from demos.parser import CommandParser
from demos.tables import write_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saliency.features.regions import Region

TABLE_ENDINGS = (".csv", ".json")
MOST_REGIONS = 1000
COLUMNS = ("rank", "x", "y", "width", "height", "centroid_x", "centroid_y", "score", "peak", "area")


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    add_outputs(
        parser,
        "table (.csv, .json) or the picture with the regions in it (.png, .jpg, ...); may be given several times",
    )
    parser.add_argument(
        "-n", type=whole("regions", most=MOST_REGIONS), default=5, metavar="N", help="how many regions at most (5)"
    )
    parser.add_argument(
        "--share",
        type=real("a share", above=0, most=1),
        default=0.75,
        metavar="N",
        help="height of a region's edge, as a share of its peak (0.75)",
    )
    parser.add_argument("--model", default="itti", metavar="NAME", help="saliency model (itti)")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Find the regions and write them."""
    from foveation.picture_files import IMAGE_ENDINGS
    from saliency import check_map, model_named
    from saliency.features.regions import salient_regions

    with stages("picture", "map", "regions", "files") as next_stage:
        name, pixels = picture_of(options)
        outputs = outputs_of(options, name, (".regions.png", ".regions.csv"), (*IMAGE_ENDINGS, *TABLE_ENDINGS))
        next_stage()
        map_ = check_map(model_named(options.model)(pixels), pixels.shape)
        next_stage()
        regions = salient_regions(map_, options.n, share=options.share)
        height, width = map_.shape
        rows = [_row(rank, region) for rank, region in enumerate(regions, start=1)]
        result = {"stimulus": name, "model": options.model, "width": width, "height": height, "regions": rows}
        next_stage()
        for output in outputs:
            _write(output, regions, result, pixels)
    if options.json:
        print(json.dumps({**result, "written": [str(output) for output in outputs]}))
        return
    report([("picture", f"{name}, {width} x {height} px")])
    report([("regions", len(rows) if rows else f"none: nothing in the picture stands out{ground_hint(pixels)}")])
    for row in rows:
        box = "{width} x {height} px at x {x}, y {y}".format(**row)
        print(f"{row['rank']:>12}  {box:<32} {row['score']:6.1%} of the saliency")
    report([("written", output) for output in outputs])


def _row(rank: int, region: "Region") -> dict[str, Any]:
    (x, y), box = region.centroid, region.box._asdict()
    rest = {"centroid_x": round(x, 3), "centroid_y": round(y, 3), "score": region.score, "peak": region.peak}
    return {"rank": rank, **box, **rest, "area": region.area}


def _write(output: Path, regions: "list[Region]", result: dict[str, Any], pixels: "NDArray[Any]") -> None:
    from demos.overlay import draw_regions
    from foveation.files import written_whole
    from foveation.image import as_bytes
    from foveation.picture_files import write_image

    if output.suffix.lower() not in TABLE_ENDINGS:
        picture = as_bytes(pixels).copy()
        draw_regions(picture, regions)
        write_image(output, picture)
    elif output.suffix.lower() == ".csv":
        write_rows(output, COLUMNS, ([row[title] for title in COLUMNS] for row in result["regions"]))
    else:
        with written_whole(output) as draft:
            draft.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
