"""`foveal map`: what stands out in a picture, or from moment to moment in a film."""

import argparse
import json
import time
from dataclasses import dataclass, field, is_dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import MODEL_NAMES, add_input, add_json, add_maps_are, add_outputs
from demos.films import FilmBeside, film_beside
from demos.inputs import check_watches, failing_of_users, film_of, is_film, map_of, models_of, picture_of
from demos.outputs import film_output_of, ground_hint, note_webm, outputs_of, progress, report
from demos.parser import CommandParser

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foveation import Frame
    from saliency import Model
    from saliency.models.films import VideoWatcher

LEVEL_FALLS = 1.0  # s: a film of a map is brighter after so many seconds without a peak
FAINTEST = 0.1  # of the map's range: what never rises above it stays dark
MOST_NAMES = 20  # that an error lists


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    add_input(parser)
    add_outputs(
        parser,
        "map as a grey picture (.png, .jpg, .tif, .webp, .bmp) or as numbers (.npy), may be given several times; "
        "by several models, one sheet of all maps (.png, .pdf, .svg); of a film, a film (.mp4, .webm)",
    )
    parser.add_argument(
        "--model", metavar="NAMES",
        help=f"saliency model, or several separated by commas, or all: {', '.join(MODEL_NAMES)}; a read-out file of "
        "yours (.npz), a folder of maps by the picture's name, or module:callable (readout; itti for films, --channel "
        "and --figure)",
    )  # fmt: skip
    parser.add_argument(
        "--channel", metavar="NAME",
        help="instead of the saliency, one map on the way to it: intensity, colour or orientation of itti, or any that "
        "the model has; of a film static, flicker, motion or surprise",
    )  # fmt: skip
    add_maps_are(parser, "model")
    parser.add_argument("--overlay", action="store_true", help="lay the map over the picture or film, in colours")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE",
        help="also draw how itti comes from the picture to its winners, on one page (.png, .pdf, .svg)",
    )  # fmt: skip
    parser.only("overlay", where="with a picture to write", met=_draws)
    parser.only("ground", where="for a picture: a film has no transparency", met=lambda options: not is_film(options))
    add_json(parser)


def _draws(options: argparse.Namespace) -> bool:
    """Tell whether anything but numbers is written."""
    return any(path.suffix.lower() != ".npy" for path in options.output or [Path("map.png")])


def run(options: argparse.Namespace) -> None:
    """Compute the map of the picture or film and write it."""
    film = is_film(options)
    if film and options.figure:
        raise ValueError("expected a picture for --figure, got a film")
    if options.model is None:
        options.model = "itti" if film or options.channel or options.figure else "readout"
    models = models_of(options.model, options.maps_are)
    (name, model), *more = models.items()
    if more and (film or options.channel or options.figure):
        what = "a film" if film else "--channel" if options.channel else "--figure"
        raise ValueError(f"expected one model for {what}, got {len(models)}")
    if more:
        _run_sheet(options, models)
    elif film:
        _run_film(options, model)
    else:
        _run_picture(options, name, model)


def _run_sheet(options: argparse.Namespace, models: "dict[str, Model]") -> None:
    from foveation.figures import save_figure
    from foveation.files import FIGURE_ENDINGS
    from foveation.image import as_image
    from saliency.figures.maps import contact_sheet

    name, pixels = picture_of(options)
    outputs = outputs_of(options, name, (".maps.png",), FIGURE_ENDINGS)
    image = as_image(pixels)
    maps, milliseconds = {}, {}
    for label, model in progress(models.items(), len(models), "model"):
        maps[label], milliseconds[label] = _timed(model, image, label, name)
    figure = contact_sheet(image, maps, milliseconds, overlay=options.overlay)
    for output in outputs:
        save_figure(figure, output)
    rows = [{"model": label, "milliseconds": milliseconds[label], "peak": _peak(maps[label])} for label in maps]
    if options.json:
        print(json.dumps({"stimulus": name, "models": rows, "written": [str(output) for output in outputs]}))
    else:
        _report_sheet(name, pixels, rows, outputs)


def _report_sheet(name: str, pixels: "NDArray[Any]", rows: list[dict[str, Any]], outputs: list[Path]) -> None:
    report([("picture", f"{name}, {pixels.shape[1]} x {pixels.shape[0]} px")])
    width, hint = max(len(row["model"]) for row in rows), ground_hint(pixels)
    for row in rows:
        peak = row["peak"]
        place = f"peak at x {peak['x']}, y {peak['y']}" if peak["value"] > 0 else f"nothing stands out{hint}"
        print(f"{row['model']:<{width}}  {row['milliseconds']:8.1f} ms  {place}")
    report([("written", output) for output in outputs])


def _timed(model: "Model", image: "NDArray[Any]", label: str, name: str) -> "tuple[NDArray[Any], float]":
    """Give the map and the milliseconds it took: the less of two calls, since the first may have more to do."""
    took = []
    for _ in range(2):
        start = time.perf_counter()
        map_ = map_of(model, image, label, name)
        took.append(1000 * (time.perf_counter() - start))
    return map_, min(took)


def _peak(map_: "NDArray[Any]") -> dict[str, Any]:
    import numpy as np

    row, column = np.unravel_index(int(map_.argmax()), map_.shape)
    return {"x": int(column), "y": int(row), "value": float(map_[row, column])}


def _run_picture(options: argparse.Namespace, label: str, model: "Model") -> None:
    from foveation.files import FIGURE_ENDINGS, check_output
    from foveation.image import as_image
    from foveation.picture_files import IMAGE_ENDINGS
    from saliency import IttiKoch

    if options.figure:
        check_output(options.figure, FIGURE_ENDINGS)
        if not isinstance(model, IttiKoch):
            raise ValueError(f"expected a kind of itti for --figure, which shows its stages, got the model '{label}'")
    name, pixels = picture_of(options)
    outputs = outputs_of(options, name, (".map.png",), (*IMAGE_ENDINGS, ".npy"))
    image = as_image(pixels)
    map_ = _channel(model, image, options.channel) if options.channel else map_of(model, image, label, name)
    for output in outputs:
        _write(output, map_, pixels, options.overlay)
    if options.figure:
        _draw_cascade(image, model, options.figure)
        outputs.append(options.figure)
    peak, written = _peak(map_), [str(output) for output in outputs]
    if options.json:
        print(json.dumps({"stimulus": name, "model": options.model, "peak": peak, "written": written}))
        return
    report([("picture", f"{name}, {map_.shape[1]} x {map_.shape[0]} px")])
    report([("model", repr(model) if is_dataclass(model) else label), ("peak", _in_words(peak, pixels))])
    report([("written", output) for output in written])


def _in_words(peak: dict[str, Any], pixels: "NDArray[Any]") -> str:
    if peak["value"] > 0:
        return f"{peak['value']:.4g} at x {peak['x']}, y {peak['y']} (white in the picture of the map)"
    return f"none: nothing in the picture stands out{ground_hint(pixels)}"


def _draw_cascade(image: "NDArray[Any]", model: Any, output: Path) -> None:  # noqa: ANN401
    from foveation.figures import save_figure
    from saliency.figures.cascade import cascade_figure

    save_figure(cascade_figure(image, model), output)


def _channel(model: Any, image: "NDArray[Any]", channel: str) -> "NDArray[Any]":  # noqa: ANN401
    """Give one of the maps that a model makes on its way, at the size of the picture."""
    from foveation.opencv import cv2

    found = model.conspicuity(image) if hasattr(model, "conspicuity") else {}
    names = list(found)
    if channel not in found and hasattr(model, "maps"):
        found = {name: map_ for name, map_ in model.maps(image).items() if map_.ndim == 2}
        names = names or list(found)
    if not found:
        raise ValueError("this model has no channels of its own")
    if channel not in found:
        more = ", ..." if len(names) > MOST_NAMES else ""
        listed = ", ".join(names[:MOST_NAMES]) + more
        raise ValueError(f"there is no channel '{channel}'; expected one of: {listed}")
    height, width = image.shape[:2]
    map_: NDArray[Any] = found[channel]
    return map_ if map_.shape == (height, width) else cv2.resize(map_, (width, height))


def _write(output: Path, map_: Any, pixels: Any, overlay: bool) -> None:  # noqa: ANN401
    import numpy as np

    from demos.overlay import heat_over
    from foveation.files import written_whole
    from foveation.image import as_bytes
    from foveation.picture_files import write_image

    if output.suffix.lower() == ".npy":
        content = BytesIO()  # not the file: of a full disk NumPy gives no reason
        np.save(content, map_)
        with written_whole(output) as draft:
            draft.write_bytes(content.getvalue())
    elif overlay:
        write_image(output, heat_over(as_bytes(pixels), map_, float(map_.max())))
    else:
        low = min(float(map_.min()), 0.0)  # a channel may be negative
        write_image(output, (map_ - low) / max(float(map_.max()) - low, 1e-12))


def _run_film(options: argparse.Namespace, model: "Model") -> None:
    from concurrent.futures import ThreadPoolExecutor

    from saliency.models.films import VideoSaliency

    check_watches(model, options.model)
    video = film_of(options)
    output = film_output_of(options, ".map.mp4")
    _check_channel(options.channel)
    with ThreadPoolExecutor(1) as executor, film_beside(video, output) as film:
        watched = _Watched()
        with failing_of_users(options):
            _watch(options, film, VideoSaliency(model=model).watch(executor), watched)
    _report_film(options, film, watched)
    note_webm([output], [film.writer.path], aside=options.json)
    film.check()


@dataclass
class _Watched:
    """What a film showed: times of its cuts, and its greatest peak if anything stands out."""

    cuts: list[float] = field(default_factory=list)
    peak: dict[str, Any] | None = None


def _check_channel(channel: str | None) -> None:
    from saliency.models.films import CHANNELS

    if channel is not None and channel not in CHANNELS:
        raise ValueError(f"a film has no channel '{channel}'; expected one of: {', '.join(CHANNELS)}")


def _watch(options: argparse.Namespace, film: FilmBeside, eye: "VideoWatcher", watched: _Watched) -> None:
    """Write the map of each frame; note the cuts and the greatest peak."""
    import numpy as np

    from foveation import Frame

    level, before = FAINTEST, 0.0
    for frame in film.frames():
        map_ = _film_map(eye, frame, options.channel)
        peak = {"time": round(frame.time, 6), **_peak(map_)}
        level = max(level * float(np.exp((before - frame.time) / LEVEL_FALLS)), peak["value"], FAINTEST)
        before = frame.time
        film.writer.write(Frame(frame.time, _shown(frame, map_, level, options.overlay)))
        watched.cuts += [peak["time"]] if eye.is_cut else []
        if peak["value"] > (0 if watched.peak is None else watched.peak["value"]):
            watched.peak = peak


def _film_map(eye: "VideoWatcher", frame: "Frame", channel: str | None) -> Any:  # noqa: ANN401
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


def _report_film(options: argparse.Namespace, film: FilmBeside, watched: _Watched) -> None:
    name, shape, frames = options.input.name, film.video.shape, film.writer.frames
    written, cuts, peak = str(film.writer.path), watched.cuts, watched.peak
    if options.json:
        result = {"stimulus": name, "model": options.model, "frames": frames, "cuts": cuts, "peak": peak}
        print(json.dumps({**result, "written": [written]}))
        return
    report([("film", f"{name}, {shape[1]} x {shape[0]} px, {frames} frames"), ("model", options.model)])
    if peak:
        report([("peak", f"{peak['value']:.4g} at x {peak['x']}, y {peak['y']}, {peak['time']:.3f} s")])
    else:
        report([("peak", "none: nothing in the film stands out")])
    report([("cuts", ", ".join(f"{time:.2f} s" for time in cuts) or "none"), ("written", written)])
