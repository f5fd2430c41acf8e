"""`foveal map`: what stands out in a picture, or from moment to moment in a film."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.command import add_input, add_json, outputs_of, picture_of, progress, report
from demos.foveate import FILMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foveation import Frame, VideoWriter
    from saliency.motion import VideoSaliency

LEVEL_FALLS = 1.0  # s: a film of a map is brighter after so many seconds without a peak
FAINTEST = 0.1  # of the map's range: what never rises above it stays dark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="map as a grey picture (.png, .jpg, .tif, .webp, .bmp) or as numbers (.npy), may be given several times; "
        "of a film, a film (.mp4, .webm)",
    )  # fmt: skip
    parser.add_argument(
        "--model", default="itti", metavar="NAME", help="saliency model: itti, itti1998, itti-iterative"
    )
    parser.add_argument(
        "--channel", metavar="NAME",
        help="one conspicuity map: intensity, colour or orientation; of a film static, flicker, motion or surprise",
    )  # fmt: skip
    parser.add_argument("--overlay", action="store_true", help="lay the map over the picture or film, in colours")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Compute the map of the picture or film and write it."""
    if options.input is not None and options.input.suffix.lower() in FILMS:
        _run_film(options)
    else:
        _run_picture(options)


def _run_picture(options: argparse.Namespace) -> None:
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


def _run_film(options: argparse.Namespace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from demos.__main__ import Failure
    from foveation.video import VIDEO_ENDINGS, BrokenVideoError, VideoWriter, grid_rate, has_av, read_video
    from saliency import model_named
    from saliency.motion import VideoSaliency

    video = read_video(options.input)
    outputs = outputs_of(options, options.input.name, (".map.mp4",), VIDEO_ENDINGS)
    if len(outputs) > 1 or outputs[0].resolve() == options.input.resolve():
        raise ValueError(f"expected one film to write, under another name than '{options.input}'")
    _check_channel(options.channel)
    model = model_named(options.model)
    fps = video.fps if has_av() else grid_rate(video.times())
    found: dict[str, Any] = {"cuts": [], "peak": None}
    problem = None
    with ThreadPoolExecutor(1) as executor, VideoWriter(outputs[0], video.shape, fps=fps) as film:
        eye = VideoSaliency(model, executor=executor)
        try:
            _watch(options, progress(video, video.frame_count, "frame"), eye, film, found)
        except BrokenVideoError as error:
            problem = error
    _report_film(options, video.shape, film, found)
    if problem:
        raise Failure(f"{problem}; what could be read was kept")


def _check_channel(channel: str | None) -> None:
    from saliency.motion import CHANNELS

    if channel is not None and channel not in CHANNELS:
        raise ValueError(f"a film has no channel '{channel}'; expected one of: {', '.join(CHANNELS)}")


def _watch(
    options: argparse.Namespace,
    frames: "Iterable[Frame]",
    eye: "VideoSaliency",
    film: "VideoWriter",
    found: dict[str, Any],
) -> None:
    """Write the map of each frame; note the cuts, and where the film's greatest peak is."""
    import numpy as np

    from foveation import Frame

    level, before = FAINTEST, 0.0
    for frame in frames:
        map_ = _film_map(eye, frame, options.channel)
        peak = float(map_.max())
        level = max(level * float(np.exp((before - frame.time) / LEVEL_FALLS)), peak, FAINTEST)
        before = frame.time
        film.write(Frame(frame.time, _shown(frame, map_, level, options.overlay)))
        if eye.is_cut:
            found["cuts"].append(round(frame.time, 6))
        if peak > 0 and (found["peak"] is None or peak > found["peak"]["value"]):
            row, column = np.unravel_index(int(map_.argmax()), map_.shape)
            found["peak"] = {"time": round(frame.time, 6), "x": int(column), "y": int(row), "value": peak}


def _film_map(eye: "VideoSaliency", frame: "Frame", channel: str | None) -> Any:  # noqa: ANN401
    """Give the map of the next frame, or one of its channels, at the frame's size."""
    from foveation.opencv import cv2

    map_ = eye.update(frame.image, frame.time)
    return map_ if channel is None else cv2.resize(eye.maps()[channel], map_.shape[::-1])


def _shown(frame: "Frame", map_: Any, level: float, overlay: bool) -> Any:  # noqa: ANN401
    """Give the map as pixels: warm colours over the frame, or grey; `level` is white."""
    import numpy as np

    from demos.overlay import heat_over

    if overlay:
        return heat_over(frame.image, map_, level)
    grey = np.rint(map_ * (255 / level)).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _report_film(
    options: argparse.Namespace, shape: tuple[int, int], film: "VideoWriter", found: dict[str, Any]
) -> None:
    name, written = options.input.name, str(film.path)
    if options.json:
        result = {"stimulus": name, "model": options.model, "frames": film.frames, **found, "written": [written]}
        print(json.dumps(result))
        return
    report([("film", f"{name}, {shape[1]} x {shape[0]} px, {film.frames} frames"), ("model", options.model)])
    peak = found["peak"]
    if peak:
        report([("peak", f"{peak['value']:.4g} at x {peak['x']}, y {peak['y']}, {peak['time']:.3f} s")])
    else:
        report([("peak", "none: nothing in the film stands out")])
    report([("cuts", ", ".join(f"{time:.2f} s" for time in found["cuts"]) or "none"), ("written", written)])
