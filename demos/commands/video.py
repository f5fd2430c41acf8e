"""`foveal video`: a film with its saliency and a moving gaze."""

import argparse
import json
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from demos.arguments import add_json, add_max_pixels, add_observer, add_outputs, add_seed, add_viewing
from demos.films import FilmBeside, film_beside
from demos.inputs import check_watches, failing_of_users, film_of, observer_of, viewing_of
from demos.outputs import angle_line, film_output_of, note_webm, report
from demos.parser import CommandParser
from demos.tables import write_rows

if TYPE_CHECKING:
    from foveation import Viewing
    from neural import Observer, WatchedFrame

TRAIL_SECONDS = 1.0
GAZE_RADIUS_DEG = 1.0
COLUMNS = ("frame", "time_ms", "x", "y", "fixation", "resting")


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("input", type=Path, help="video file")
    add_max_pixels(parser)
    add_outputs(parser, "film (.mp4, .webm); the gaze goes beside it as .csv")
    add_observer(parser, "foveated")
    parser.add_argument("--no-map", action="store_true", help="do not lay the saliency over the film")
    add_seed(parser)
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Watch the film and write it, with the gaze beside it."""
    from foveation.files import check_output

    observer = observer_of(options)
    check_watches(observer.model, options.model)
    video = film_of(options)
    viewing, source = viewing_of(options, video.shape)
    output = film_output_of(options, ".looked.mp4")
    table = check_output(output.with_suffix(".csv"), (".csv",))
    rows: list[tuple[str, ...]] = []
    try:
        with film_beside(video, output) as film, failing_of_users(options):
            _film(options, observer, film, viewing, rows)
    finally:
        if rows:
            write_rows(table, COLUMNS, rows)
    written = film.writer.path
    summary = {"frames": len(rows), "fixations": int(rows[-1][4]) if rows else 0}
    if options.json:
        print(json.dumps({"stimulus": options.input.name, **summary, "written": [str(written), str(table)]}))
    else:
        report([("film", f"{options.input.name}, {video.shape[1]} x {video.shape[0]} px, {video.fps:.4g} frames/s")])
        report([("viewing", source), ("", angle_line(viewing))])
        report([("looked", f"{summary['fixations']} fixations in {summary['frames']} frames")])
        report([("written", written), ("written", table)])
    note_webm([output], [written], aside=options.json)
    film.check()


def _film(
    options: argparse.Namespace,
    observer: "Observer",
    film: FilmBeside,
    viewing: "Viewing",
    rows: list[tuple[str, ...]],
) -> None:
    """Write the film frame by frame."""
    from demos.overlay import draw_gaze, heat_over
    from foveation import Frame

    radius = GAZE_RADIUS_DEG * viewing.pixels_per_degree
    trail: deque[tuple[float, tuple[float, float]]] = deque()
    peak = 0.0
    for look in observer.watch(film.frames(), viewing, rng=options.seed):
        peak = max(0.97 * peak, float(look.map.max()))  # no flicker from frame to frame
        picture = look.frame.image.copy() if options.no_map else heat_over(look.frame.image, look.map, peak)
        while trail and trail[0][0] < look.frame.time - TRAIL_SECONDS:
            trail.popleft()
        draw_gaze(picture, look.gaze, [spot for _, spot in trail], radius, look.resting)
        trail.append((look.frame.time, look.gaze))
        film.writer.write(Frame(look.frame.time, picture))
        rows.append(_row(len(rows), look))


def _row(number: int, look: "WatchedFrame") -> tuple[str, ...]:
    x, y = look.gaze
    return (
        str(number),
        f"{look.frame.time * 1000:.3f}",
        f"{x:.2f}",
        f"{y:.2f}",
        str(look.fixation),
        str(int(look.resting)),
    )
