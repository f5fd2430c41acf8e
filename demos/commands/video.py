"""`foveal video`: a film with its saliency and a moving gaze."""

import argparse
import json
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from demos import Failure
from demos.arguments import add_json, add_observer, add_outputs, add_seed, add_viewing
from demos.inputs import check_watches, failing_of_users, observer_of, viewing_of
from demos.outputs import BECAME_WEBM, angle_line, outputs_of, progress, report
from demos.parser import CommandParser
from demos.tables import write_rows

if TYPE_CHECKING:
    from foveation import VideoWriter, Viewing
    from foveation.video import Video
    from neural import Observer, WatchedFrame

TRAIL_SECONDS = 1.0
GAZE_RADIUS_DEG = 1.0
COLUMNS = ("frame", "time_ms", "x", "y", "fixation", "resting")


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("input", type=Path, help="video file")
    add_outputs(parser, "film (.mp4, .webm); the gaze goes beside it as .csv")
    add_observer(parser, "foveated")
    parser.add_argument("--no-map", action="store_true", help="do not lay the saliency over the film")
    add_seed(parser)
    add_viewing(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Watch the film and write it, with the gaze beside it."""
    from foveation.files import check_output
    from foveation.video import VIDEO_ENDINGS, VideoWriter, grid_rate, has_av, read_video

    observer = observer_of(options)
    check_watches(observer.model, options.model)
    video = read_video(options.input)
    viewing, source = viewing_of(options, video.shape)
    outputs = outputs_of(options, options.input.name, (".looked.mp4",), VIDEO_ENDINGS)
    if len(outputs) > 1:
        raise ValueError(f"expected one film to write, got {len(outputs)}")
    if outputs[0].resolve() == options.input.resolve():
        raise ValueError(f"'{outputs[0]}' is the film to read: expected another name to write")
    table = check_output(outputs[0].with_suffix(".csv"), (".csv",))
    fps = video.fps if has_av() else grid_rate(video.times())
    rows: list[tuple[str, ...]] = []
    problem: ValueError | None = None
    film = VideoWriter(outputs[0], video.shape, fps=fps)
    try:
        with film, failing_of_users(options):
            problem = _film(options, observer, video, viewing, film, rows)
    finally:
        if rows:
            write_rows(table, COLUMNS, rows)
    summary = {"frames": len(rows), "fixations": int(rows[-1][4]) if rows else 0}
    if options.json:
        print(json.dumps({"stimulus": options.input.name, **summary, "written": [str(film.path), str(table)]}))
    else:
        report([("film", f"{options.input.name}, {video.shape[1]} x {video.shape[0]} px, {video.fps:.4g} frames/s")])
        report([("viewing", source), ("", angle_line(viewing))])
        report([("looked", f"{summary['fixations']} fixations in {summary['frames']} frames")])
        report([("written", film.path), ("written", table)])
        if film.path != outputs[0]:
            report([("note", BECAME_WEBM)])
    if problem:
        raise Failure(f"{problem}; what could be read was kept")


def _film(
    options: argparse.Namespace,
    observer: "Observer",
    video: "Video",
    viewing: "Viewing",
    film: "VideoWriter",
    rows: list[tuple[str, ...]],
) -> ValueError | None:
    """Write the film frame by frame; give the problem if it ended early."""
    from demos.overlay import draw_gaze, heat_over
    from foveation import Frame
    from foveation.video import BrokenVideoError

    radius = GAZE_RADIUS_DEG * viewing.pixels_per_degree
    trail: deque[tuple[float, tuple[float, float]]] = deque()
    peak = 0.0
    frames = progress(video, video.frame_count, "frame")
    try:
        for look in observer.watch(frames, viewing, rng=options.seed):
            peak = max(0.97 * peak, float(look.map.max()))  # no flicker from frame to frame
            picture = look.frame.image.copy() if options.no_map else heat_over(look.frame.image, look.map, peak)
            while trail and trail[0][0] < look.frame.time - TRAIL_SECONDS:
                trail.popleft()
            draw_gaze(picture, look.gaze, [spot for _, spot in trail], radius, look.resting)
            trail.append((look.frame.time, look.gaze))
            film.write(Frame(look.frame.time, picture))
            rows.append(_row(len(rows), look))
    except BrokenVideoError as error:
        return error
    return None


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
