"""`foveal caption`: tell what is in a picture, and show where each word was looked for; or learn to."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import (
    MOST_COUNT,
    VIEWING,
    add_json,
    add_outputs,
    add_viewing,
    given_any,
    real,
    seed,
    whole,
    writes,
)
from demos.inputs import viewing_of
from demos.outputs import note_webm, progress, say
from demos.parser import CommandParser
from demos.training.captioning import OBJECTS, PRIORS, SQUARE, TABLE, picture_for, prior_of, study_of
from demos.training.options import MOST_BEAM, MOST_COVERAGE, MOST_UNITS, check_apart
from demos.training.resumable import EPILOG, one_thread
from demos.training.sentences import report_trained, train_sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neural.sequences.captioning import Caption, Captioner
    from neural.sequences.scenes import CaptionedScenes

SHIPPED = "scenes"
MOST_OBJECTS = 9  # that a scene has room for
MOST_SIDE = 4096
FPS = 25.0  # of a film
USING = ("input", "model", "scene", "objects")
LEARNING = ("data", "attention", "score", "coverage", "units", "size", "epochs", "pictures", "held_out", "control")


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("input", nargs="?", type=Path, metavar="PICTURE", help="a scene is drawn if left out")
    add_outputs(
        parser,
        "figure, word by word (.png, .svg, .pdf), film (.gif, .mp4, .webm), the places looked at, a row a word "
        "(.csv), the caption (.txt), or it with its words and weights (.npz, .json); may be given several times; with "
        "--train: the model, .npz",
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help="what tells it, .npz (the model of drawn scenes)")
    parser.add_argument(
        "--beam",
        type=whole("beginnings", most=MOST_BEAM),
        default=1,
        metavar="N",
        help="beginnings that are followed at a time (1)",
    )
    parser.add_argument(
        "--resize", action="store_true", default=None,
        help="bring pictures to the size of the model; one that is not square goes on as it ends",
    )  # fmt: skip
    parser.add_argument("--scene", type=Path, metavar="FILE", help="keep the scene that is drawn as a picture")
    parser.add_argument(
        "--objects",
        type=whole("objects", most=MOST_OBJECTS),
        metavar="N",
        help="objects in that scene, 1 to 9 (1 to 4, by chance)",
    )
    parser.add_argument(
        "--prior", metavar="NAME", help="saliency: what stands out draws attention; or none (as the model learned)"
    )
    add_json(parser)
    _add_learning(parser.add_argument_group("learning"))
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="draws the scene; weights and pictures (0)")
    add_viewing(parser)
    parser.epilog = EPILOG
    _add_effects(parser)


def _add_effects(parser: CommandParser) -> None:
    parser.only(*USING, where="without --train", met=lambda options: not options.train)
    parser.only(*LEARNING, where="with --train", met=given_any("train"))
    parser.only("scene", "objects", where="without a picture: none is drawn", met=_draws)
    parser.only(
        "seed", where="where a scene is drawn, or with --train", met=lambda options: options.train or _draws(options)
    )
    parser.only("resize", where="for pictures of yours", met=given_any("input", "data"))
    parser.only(*VIEWING, where="with a .csv to write", met=writes(".csv"))
    parser.only(
        "score", "coverage", "control", where="with attention (--attention none has none)",
        met=lambda options: options.attention != "none",
    )  # fmt: skip
    parser.only(
        "units", where=f"with another --score than {', '.join(SQUARE)}, which fix the units",
        met=lambda options: options.score not in SQUARE,
    )  # fmt: skip


def _draws(options: argparse.Namespace) -> bool:
    """Tell whether a scene is drawn to be told."""
    return options.input is None


def _add_learning(group: Any) -> None:  # noqa: ANN401
    group.add_argument("--train", action="store_true", help="learn a model (from scenes that are drawn)")
    group.add_argument(
        "--data", type=Path, metavar="FOLDER",
        help=f"learn from own pictures: a folder with these and {TABLE}, a row a caption: file, tab, caption",
    )  # fmt: skip
    group.add_argument(
        "--pictures",
        type=whole("pictures", most=MOST_COUNT),
        metavar="N",
        help="how many to learn from (40000 scenes; all there are)",
    )
    group.add_argument(
        "--held-out", nargs=1, metavar="N|FOLDER", help="pictures to be measured on: so many, or a folder as for --data"
    )
    group.add_argument("--attention", metavar="NAME", help="soft, hard (one place a word) or none (soft)")
    group.add_argument("--score", metavar="NAME", help="additive, general, dot, scaled, cosine or location (additive)")
    group.add_argument(
        "--coverage",
        type=real("a weight", least=0, most=MOST_COVERAGE),
        metavar="X",
        help="how much less attracts what was looked at (0)",
    )
    group.add_argument("--units", type=whole("units", most=MOST_UNITS), metavar="N", help="units of the decoder (128)")
    group.add_argument(
        "--size",
        type=whole("pixels", most=MOST_SIDE),
        metavar="N",
        help="side of the pictures, in pixels, a multiple of 8 (64)",
    )
    group.add_argument(
        "--epochs",
        type=whole("epochs", most=MOST_COUNT),
        metavar="N",
        help="how often each picture is seen (14; 20 if they are your own)",
    )
    group.add_argument(
        "--control", action="store_true", default=None,
        help="let the same network learn without attention, too, for the same CPU time, and draw both by length",
    )  # fmt: skip


def run(options: argparse.Namespace) -> None:
    """Tell what is in a picture, or learn to."""
    one_thread()
    if options.prior is not None and options.prior not in PRIORS:
        raise ValueError(f"there is no prior '{options.prior}'; expected one of: {', '.join(PRIORS)}")
    if not options.train:
        _tell(options)
        return
    report_trained(train_sentences(study_of(options)), as_json=options.json)


# Telling


class _Seen(NamedTuple):
    """A picture (height, width, 3), its name, and what is in it, if it was drawn here."""

    name: str
    pixels: "NDArray[Any]"
    scene: "CaptionedScenes | None" = None


def _tell(options: argparse.Namespace) -> None:
    from foveation.files import FIGURE_ENDINGS, check_output
    from foveation.films.video import WRITTEN_ENDINGS
    from foveation.picture_files import write_image
    from neural.files import pretrained_path, read_network
    from neural.sequences.captioning import Captioner

    endings = (*FIGURE_ENDINGS, *WRITTEN_ENDINGS, ".csv", ".txt", ".npz", ".json")
    outputs = [check_output(path, endings) for path in options.output or ()]
    path = options.model or pretrained_path(SHIPPED)
    read = [each for each in (path, options.input) if each is not None]
    check_apart([*outputs, *([] if options.scene is None else [options.scene])], read)
    captioner = read_network(path, Captioner)
    if options.prior is not None:
        captioner = replace(captioner, prior=prior_of(options.prior))
    seen = _seen(options, captioner)
    if options.scene is not None:
        write_image(options.scene, seen.pixels)
    (caption,) = captioner.caption(seen.pixels[None], beam=options.beam)
    result = _result(options, path, seen, caption)
    written = [] if options.scene is None else [options.scene]
    for output in outputs:
        written.append(_write(options, output, seen, caption, result))
    for file in written:
        say(f"written {file}")
    if options.json:
        print(json.dumps({**result, "written": [str(file) for file in written]}, indent=1))
    else:
        print(caption.text)


def _seen(options: argparse.Namespace, captioner: "Captioner") -> _Seen:
    """Read the picture, or draw a scene."""
    from foveation.files import check_output
    from foveation.picture_files import IMAGE_ENDINGS
    from neural.sequences.scenes import rendered_scenes

    if options.input is not None:
        return _Seen(options.input.name, picture_for(captioner, options.input, resize=bool(options.resize)))
    if options.scene is not None:
        check_output(options.scene, IMAGE_ENDINGS)
    objects = OBJECTS if options.objects is None else (options.objects, options.objects)
    scene = rendered_scenes(1, options.seed, objects=objects, size=captioner.size)
    say(f"drawn by seed {options.seed}: {scene.captions[0]}")
    return _Seen(f"scene {options.seed}", scene.images[0], scene)


def _result(options: argparse.Namespace, model: Path, seen: _Seen, caption: "Caption") -> dict[str, Any]:
    """Give all that was told, as JSON takes it."""
    return {
        "model": model.name,
        "beam": options.beam,
        "picture": seen.name,
        "caption": caption.text,
        **({} if seen.scene is None else {"drawn": seen.scene.captions[0]}),
        "words": caption.words,
        "log_prob": round(caption.log_prob, 6),
        "weights": [[[round(each, 5) for each in row] for row in grid] for grid in caption.weights.tolist()],
    }


def _write(
    options: argparse.Namespace, output: Path, seen: _Seen, caption: "Caption", result: Mapping[str, Any]
) -> Path:
    """Write one of the outputs; give where it went."""
    from foveation.files import FIGURE_ENDINGS, write_arrays, written_whole
    from foveation.films.video import WRITTEN_ENDINGS

    ending = output.suffix.lower()
    if ending in FIGURE_ENDINGS:
        _draw(output, seen, caption)
    elif ending in WRITTEN_ENDINGS:
        return _film(output, seen, caption)
    elif ending == ".csv":
        viewing, _ = viewing_of(options, seen.pixels.shape)
        caption.scanpath(viewing, stimulus=seen.name).write(output)
    elif ending == ".npz":
        header = {name: value for name, value in result.items() if name != "weights"}
        kind = {"format": "foveal caption", "version": 1}
        write_arrays(output, {**kind, **header}, {"picture": seen.pixels, "weights": caption.weights})
    else:
        text = json.dumps(result, indent=1) if ending == ".json" else caption.text
        with written_whole(output) as draft:
            draft.write_text(f"{text}\n", encoding="utf-8")
    return output


def _draw(output: Path, seen: _Seen, caption: "Caption") -> None:
    """Draw where each word was looked for; with what was meant, where the scene was drawn and told as it is."""
    from foveation.figures import save_figure
    from neural.figures.captions import caption_figure

    scene = seen.scene
    if scene is None or scene.captions[0] != caption.text:
        save_figure(caption_figure(seen.pixels, caption), output)
        return
    save_figure(caption_figure(seen.pixels, caption, boxes=scene.boxes[0], named=scene.words[0]), output)


def _film(output: Path, seen: _Seen, caption: "Caption") -> Path:
    """Write the film; give where it went."""
    from foveation import write_video
    from neural.films.caption_film import caption_film

    film = write_video(output, progress(caption_film(seen.pixels, caption, fps=FPS), 0, "frame"), fps=FPS)
    note_webm([output], [film], aside=True)
    return film
