"""`foveal foveate`: what the eye sees of a picture, or of a film, when it looks at one place or moves."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import add_input, add_json, add_outputs, add_viewing, given_any, place, real
from demos.films import FilmBeside, film_beside
from demos.inputs import film_of, is_film, picture_of, viewing_of
from demos.outputs import angle_line, film_output_of, note_webm, outputs_of, report
from demos.parser import CommandParser
from foveation.checks import check_one_of

if TYPE_CHECKING:
    from foveation import Foveator, Viewing

LAWS = {"geisler-perry": "GeislerPerry", "weymouth": "Weymouth", "guenter": "Guenter2012", "watson": "Watson2014"}


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    add_outputs(parser, "picture (.png, .jpg, .tif, .webp, .bmp), or film (.mp4, .webm) of a film")
    parser.add_argument("--at", type=place, metavar="X,Y", help="where the eye looks, in pixels (the middle)")
    parser.add_argument(
        "--gaze", metavar="FILE", help="gaze in a film: .csv (time_ms, x, y), a scanpath, or the word mouse"
    )
    parser.add_argument("--live", action="store_true", help="a window in which the eye follows the mouse")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="also draw what you look at beside what the eye sends"
    )
    parser.add_argument("--cortex", action="store_true", help="add what the visual cortex has to that figure")
    parser.add_argument("--law", default="geisler-perry", metavar="NAME", help=f"law of acuity: {', '.join(LAWS)}")
    parser.add_argument(
        "--strength",
        type=real("a strength", above=0, most=1000),
        default=1.0,
        metavar="N",
        help="exaggerate the periphery, to show it (1)",
    )
    parser.add_argument(
        "--loss", type=loss, metavar="KIND[:DEG]", help="loss of field: scotoma:5, tunnel:5, left or right"
    )
    parser.add_argument("--linear-light", action="store_true", help="average light, not numbers")
    parser.only("gaze", where="for a film; a picture takes --at", met=is_film)
    parser.only(
        "live", "figure", where="for a picture; a film takes --at or --gaze", met=lambda options: not is_film(options)
    )
    parser.only("ground", where="for a picture: a film has no transparency", met=lambda options: not is_film(options))
    parser.only("cortex", where="with --figure", met=given_any("figure"))
    parser.only("at", where="without the --gaze of a table", met=lambda options: options.gaze in (None, "mouse"))
    add_viewing(parser)
    add_json(parser)


def loss(text: str) -> tuple[str, float | None]:
    """Read `KIND` or `KIND:DEG`."""
    kind, colon, size = text.partition(":")
    if colon and kind in ("left", "right"):
        raise argparse.ArgumentTypeError(f"expected the loss of a half of the field without a size, got '{text}'")
    return kind, real("degrees of a loss, such as scotoma:5,", above=0, most=180)(size) if colon else None


def run(options: argparse.Namespace) -> None:
    """Foveate the picture or film and write it."""
    if is_film(options):
        _run_film(options)
    else:
        _run_picture(options)


def _eye(options: argparse.Namespace) -> dict[str, Any]:
    """Give the options of `foveate` that describe the eye."""
    import foveation

    check_one_of("law of acuity", options.law, LAWS)
    acuity = getattr(foveation, LAWS[options.law])(strength=options.strength)
    return {"acuity": acuity, "linear_light": options.linear_light, "resolution": _loss(options)}


def _loss(options: argparse.Namespace) -> Any:  # noqa: ANN401
    if not options.loss:
        return None
    from foveation import FieldLoss

    kind, size = options.loss
    return FieldLoss(kind=kind) if size is None else FieldLoss(kind=kind, radius_deg=size)


def _gaze(options: argparse.Namespace, viewing: "Viewing") -> tuple[float, float]:
    width, height = viewing.screen_px
    x, y = options.at or viewing.centre
    if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
        raise ValueError(f"gaze ({x:g}, {y:g}) lies outside the {width} x {height} picture")
    return x, y


def _run_picture(options: argparse.Namespace) -> None:
    from foveation import foveate, write_image
    from foveation.files import FIGURE_ENDINGS, check_output
    from foveation.picture_files import IMAGE_ENDINGS
    from foveation.retina import blur_levels

    name, pixels = picture_of(options)
    viewing, source = viewing_of(options, pixels.shape)
    eye = _eye(options)
    outputs = outputs_of(options, name, () if options.live else (".foveated.png",), IMAGE_ENDINGS)
    if options.figure:
        check_output(options.figure, FIGURE_ENDINGS)
    gaze = _gaze(options, viewing)
    if options.live:
        gaze = _look_live(pixels, gaze, viewing, eye)
    seen = foveate(pixels, gaze, viewing, **eye)
    for output in outputs:
        write_image(output, seen)
    if options.figure:
        _draw(options, pixels, gaze, viewing, eye)
        outputs.append(options.figure)
    levels = blur_levels(gaze, viewing, acuity=eye["acuity"])
    sharp, coarsest = float((levels == 0).mean()), float(levels.max())
    if options.json:
        result = {"stimulus": name, "gaze_px": list(gaze), "pixels_per_degree": viewing.pixels_per_degree}
        result |= {"sharp_share": sharp, "coarsest_level": coarsest, "written": [str(output) for output in outputs]}
        print(json.dumps(result))
        return
    width, height = viewing.screen_px
    report([("picture", f"{name}, {width} x {height} px"), ("viewing", source), ("", angle_line(viewing))])
    report([("gaze", f"x {gaze[0]:g}, y {gaze[1]:g}"), ("eye", repr(eye["acuity"]))])
    report([("seen", f"{sharp:.1%} of the pixels in full detail, the coarsest at 1/{2**coarsest:.1f} of it")])
    report([("written", output) for output in outputs])


def _draw(options: argparse.Namespace, pixels: Any, gaze: Any, viewing: "Viewing", eye: dict[str, Any]) -> None:  # noqa: ANN401
    from foveation.figures import save_figure, seeing_figure

    save_figure(seeing_figure(pixels, gaze, viewing, cortex=options.cortex, **eye), options.figure)


def _look_live(pixels: Any, start: tuple[float, float], viewing: "Viewing", eye: dict[str, Any]) -> tuple[float, float]:  # noqa: ANN401
    """Let the viewer look around in a window; give the last gaze."""
    from demos.window import follow_mouse
    from foveation import Foveator, Frame
    from foveation.image import as_bytes

    picture = as_bytes(pixels)
    gazes = [start]

    def endless() -> Iterator[Frame]:
        while True:
            yield Frame(0.0, picture)

    follow_mouse(
        endless(), Foveator(viewing, picture.shape, gaze=start, **eye), lambda frame, gaze, seen: gazes.append(gaze)
    )
    return gazes[-1]


def _run_film(options: argparse.Namespace) -> None:
    from foveation import Foveator

    video = film_of(options)
    viewing, source = viewing_of(options, video.shape)
    output = film_output_of(options, ".foveated.mp4")
    course = _course(options, viewing)
    foveator = Foveator(viewing, (*video.shape, 3), gaze=_gaze(options, viewing), **_eye(options))
    with film_beside(video, output) as film:
        _play(film, foveator, course)
    frames, written = film.writer.frames, film.writer.path
    if options.json:
        print(json.dumps({"stimulus": options.input.name, "frames": frames, "written": [str(written)]}))
    else:
        report([("film", f"{options.input.name}, {video.shape[1]} x {video.shape[0]} px, {frames} frames")])
        report([("viewing", source), ("", angle_line(viewing)), ("written", written)])
    note_webm([output], [written], aside=options.json)
    film.check()


def _course(options: argparse.Namespace, viewing: "Viewing") -> Any:  # noqa: ANN401
    """Give the place of the gaze by time; None for the mouse."""
    from demos.gaze import read_gaze

    if options.gaze == "mouse":
        return None
    if options.gaze:
        return read_gaze(Path(options.gaze))
    still = _gaze(options, viewing)
    return lambda time: still


def _play(film: FilmBeside, foveator: "Foveator", course: Any) -> None:  # noqa: ANN401
    from foveation import Frame

    if course is None:
        from demos.window import follow_mouse

        follow_mouse(film.frames(), foveator, lambda frame, gaze, seen: film.writer.write(Frame(frame.time, seen)))
        return
    for frame in film.frames():
        film.writer.write(Frame(frame.time, foveator.look(course(frame.time))(frame.image)))
