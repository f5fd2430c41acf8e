"""`foveal caption`: tell what is in a picture, and show where each word was looked for; or learn to."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.command import add_json, add_viewing, made_with, progress, report, say, seed, viewing_of
from demos.lesson import (
    EPILOG,
    HELD_OUT,
    MOST_HELD_OUT,
    TRAINING,
    WATCHED,
    LengthScore,
    ResumableTraining,
    Run,
    check_apart,
    check_asked,
    check_counts,
    check_mode,
    check_outputs,
    control_of,
    count_of,
    courses_of,
    described_courses,
    digest,
    draw_lengths,
    kept_when_stopped,
    knows_bleu,
    one_thread,
    outputs_beside,
    part_of,
    report_groups,
    score_by_length,
    signature_of,
    split,
    write_courses,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neural.sequences.captioning import Caption, Captioner
    from neural.sequences.scenes import CaptionedScenes
    from saliency.learning.parameters import Parameters

SHIPPED, TABLE = "scenes", "captions.tsv"
ATTENTIONS: dict[str, dict[str, str]] = {
    "soft": {"normalise": "softmax"},
    "hard": {"normalise": "sample"},
    "none": {"form": "none"},
}
SQUARE = ("dot", "scaled", "cosine")  # scores that ask for as many units as a cell has numbers
PRIORS = ("saliency", "none")
OBJECTS, EACH = (1, 4), (1, 2, 3, 4)  # least and most objects of a scene that is drawn; all numbers there are
BOTTLENECK = "Without attention, one vector of fixed size has to hold the whole picture"
MOST_OBJECTS = 9  # that a scene has room for
FPS = 25.0  # of a film
USING = ("input", "model", "scene", "objects")
CHOICES = ("attention", "score", "coverage", "prior", "units", "size", "epochs", "pictures")
LEARNING = ("data", "attention", "score", "coverage", "units", "size", "epochs", "pictures", "held_out", "control")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How captions are learned, in plain words and numbers: a help must not wait for the library.

    `attention` is one of `ATTENTIONS`, `prior` one of `PRIORS`; `size` is the side of the pictures, in pixels; `units`,
    `score` and `coverage` are those of `Decoder`; `epochs`, `batch` and `learning_rate` those of `fit`; `pictures` is
    how many there are to learn from, 0 for all.
    """

    attention: str = "soft"
    score: str = "additive"
    coverage: float = 0.0
    prior: str = "none"
    units: int = 128
    size: int = 64
    epochs: int = 14
    pictures: int = 40_000
    batch: int = 48
    learning_rate: float = 3e-3


RECIPES = {"scenes": Recipe(), "pictures": Recipe(pictures=0, epochs=20)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("input", nargs="?", type=Path, metavar="PICTURE", help="a scene is drawn if left out")
    parser.add_argument(
        "-o", "--output", type=Path, action="append", metavar="FILE",
        help="figure, word by word (.png, .svg, .pdf), film (.gif, .mp4, .webm), the places looked at, a row a word "
        "(.csv), the caption (.txt), or it with its words and weights (.npz, .json); may be given several times; with "
        "--train: the model, .npz",
    )  # fmt: skip
    parser.add_argument("--model", type=Path, metavar="FILE", help="what tells it, .npz (the model of drawn scenes)")
    parser.add_argument("--beam", type=int, default=1, metavar="N", help="beginnings that are followed at a time (1)")
    parser.add_argument(
        "--resize", action="store_true", default=None,
        help="bring pictures to the size of the model; one that is not square goes on as it ends",
    )  # fmt: skip
    parser.add_argument("--scene", type=Path, metavar="FILE", help="keep the scene that is drawn as a picture")
    parser.add_argument("--objects", type=int, metavar="N", help="objects in that scene, 1 to 9 (1 to 4, by chance)")
    parser.add_argument(
        "--prior", metavar="NAME", help="saliency: what stands out draws attention; or none (as the model learned)"
    )
    add_json(parser)
    _add_learning(parser.add_argument_group("learning"))
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="draws the scene; weights and pictures (0)")
    add_viewing(parser)
    parser.epilog = EPILOG


def _add_learning(group: Any) -> None:  # noqa: ANN401
    group.add_argument("--train", action="store_true", help="learn a model (from scenes that are drawn)")
    group.add_argument(
        "--data", type=Path, metavar="FOLDER",
        help=f"learn from own pictures: a folder with these and {TABLE}, a row a caption: file, tab, caption",
    )  # fmt: skip
    group.add_argument("--pictures", type=int, metavar="N", help="how many to learn from (40000 scenes; all there are)")
    group.add_argument(
        "--held-out", nargs=1, metavar="N|FOLDER", help="pictures to be measured on: so many, or a folder as for --data"
    )
    group.add_argument("--attention", metavar="NAME", help="soft, hard (one place a word) or none (soft)")
    group.add_argument("--score", metavar="NAME", help="additive, general, dot, scaled, cosine or location (additive)")
    group.add_argument("--coverage", type=float, metavar="X", help="how much less attracts what was looked at (0)")
    group.add_argument("--units", type=int, metavar="N", help="units of the decoder (128)")
    group.add_argument("--size", type=int, metavar="N", help="side of the pictures, in pixels, a multiple of 8 (64)")
    group.add_argument(
        "--epochs", type=int, metavar="N", help="how often each picture is seen (14; 20 if they are your own)"
    )
    group.add_argument(
        "--control", action="store_true", default=None,
        help="let the same network learn without attention, too, for the same CPU time, and draw both by length",
    )  # fmt: skip


def run(options: argparse.Namespace) -> None:
    """Tell what is in a picture, or learn to."""
    one_thread()
    check_mode(options, USING, LEARNING)
    if options.objects is not None and not 1 <= options.objects <= MOST_OBJECTS:
        raise ValueError(f"expected --objects from 1 to {MOST_OBJECTS}, got {options.objects}")
    if options.prior is not None and options.prior not in PRIORS:
        raise ValueError(f"there is no prior '{options.prior}'; expected one of: {', '.join(PRIORS)}")
    if not options.learn:
        _tell(options)
        return
    study = _Study.of(options)
    with kept_when_stopped(part_of(study.output), part_of(control_of(study.output))):
        _learn(options, study)


# Telling


class _Seen(NamedTuple):
    """A picture (height, width, 3), its name, and what is in it, if it was drawn here."""

    name: str
    pixels: "NDArray[Any]"
    scene: "CaptionedScenes | None" = None


def _tell(options: argparse.Namespace) -> None:
    from foveation.files import FIGURE_ENDINGS, check_output
    from foveation.image import write_image
    from foveation.video import WRITTEN_ENDINGS
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


def prior_of(name: str) -> Any:  # noqa: ANN401
    """Give the model whose maps draw attention, if any does."""
    from saliency import IttiKoch

    return IttiKoch() if name == "saliency" else None


def _seen(options: argparse.Namespace, captioner: "Captioner") -> _Seen:
    """Read the picture, or draw a scene."""
    from foveation.files import check_output
    from foveation.image import IMAGE_ENDINGS
    from neural.sequences.scenes import rendered_scenes

    if options.input is not None:
        for name in ("scene", "objects"):
            if getattr(options, name) is not None:
                raise ValueError(f"expected --{name} without a picture: none is drawn")
        return _Seen(options.input.name, picture_of(options.input, captioner, resize=bool(options.resize)))
    if options.scene is not None:
        check_output(options.scene, IMAGE_ENDINGS)
    objects = OBJECTS if options.objects is None else (options.objects, options.objects)
    scene = rendered_scenes(1, options.seed, objects=objects, size=captioner.size)
    say(f"drawn by seed {options.seed}: {scene.captions[0]}")
    return _Seen(f"scene {options.seed}", scene.images[0], scene)


def picture_of(path: Path, captioner: "Captioner", *, resize: bool) -> "NDArray[Any]":
    """Read a picture of the size that a captioner sees, as uint8; or bring it to that size.

    Raises
    ------
    ValueError
        If it has another size and is not to be brought to this one, or is no picture.
    """
    import numpy as np

    from foveation import read_image

    image, size = read_image(path), captioner.size
    height, width = image.shape[:2]
    if (height, width) != (size, size):
        if not resize:
            raise ValueError(
                f"'{path}' is {width} x {height} px; expected {size} x {size} px: --resize brings it to that size"
            )
        image = captioner.resized(image)
    return np.rint(image * 255).astype(np.uint8)


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
    from foveation.video import WRITTEN_ENDINGS

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
    from neural.figures.sequences import caption_figure

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
    if film != output:
        say('an .mp4 needs PyAV (pip install "foveal[video]"); the film became WebM')
    return film


# Learning


class _Lesson(NamedTuple):
    """Pictures with captions to learn from, others to be measured on, and how these are told apart by length."""

    images: "NDArray[Any]"
    captions: list[str]
    held_out: "NDArray[Any]"
    right: list[str]
    scenes: "CaptionedScenes | None"
    lengths: list[int]
    edges: tuple[int, ...]
    unit: str


class _Study(NamedTuple):
    """What is learned, how, and where it is written."""

    recipe: Recipe
    data: Path | None
    held_out: str
    seed: int
    output: Path
    resize: bool
    controlled: bool

    @classmethod
    def of(cls, options: argparse.Namespace) -> "_Study":
        """Give what was asked for; refuse outputs that could not be written, and settings that do not exist."""
        asked = {name: getattr(options, name) for name in CHOICES if getattr(options, name) is not None}
        check_counts(asked, ("units", "epochs", "pictures", "size"))
        recipe = replace(RECIPES["scenes" if options.data is None else "pictures"], **asked)
        if recipe.attention not in ATTENTIONS:
            raise ValueError(f"there is no attention '{recipe.attention}'; expected one of: {', '.join(ATTENTIONS)}")
        if options.control and recipe.attention == "none":
            raise ValueError("expected --control without --attention none: the control is that network")
        captioner_of(recipe)
        controlled, default = bool(options.control), "my-scenes.npz" if options.data is None else "my-captions.npz"
        output = check_outputs(options.output, default, controlled=controlled)
        held_out = (options.held_out or [""])[0]
        return cls(recipe, options.data, held_out, options.seed, output, bool(options.resize), controlled)

    @property
    def written(self) -> list[Path]:
        """Every file."""
        return outputs_beside(self.output, controlled=self.controlled)

    @property
    def settings(self) -> dict[str, Any]:
        """All that the result depends on but the pictures, as JSON gives it back."""
        told = {"command": "caption", "seed": self.seed, "held_out": Path(self.held_out).name or "by default"}
        return {**told, **asdict(self.recipe)}

    @property
    def provenance(self) -> str:
        """What was learned from, and the command."""
        recipe, names = self.recipe, ("attention", "score", "coverage", "prior", "units", "size", "epochs")
        command = ["foveal caption --train", *([] if self.data is None else ["--data", self.data.resolve().name])]
        command += [f"--{name} {getattr(recipe, name)}" for name in names]
        command += [f"--pictures {recipe.pictures}"] if recipe.pictures else []
        command += ["--resize"] if self.resize else []
        command += [f"--held-out {Path(self.held_out).name}"] if self.held_out else []
        command += [f"--seed {self.seed}"]
        return f"Learned by: {' '.join(command)}\nFrom: {self.told}\nWith: {made_with()}"

    @property
    def told(self) -> str:
        """What is learned from, in words."""
        if self.data is not None:
            return f"pictures in {self.data.resolve().name}"
        return f"drawn scenes of {OBJECTS[0]} to {OBJECTS[1]} objects"


def captioner_of(recipe: Recipe) -> "Captioner":
    """Give the captioner of a recipe, which has no vocabulary yet, and has learned nothing."""
    from neural.sequences.captioning import Captioner

    plain = Captioner()
    how: dict[str, Any] = {"form": plain.decoder.form, **ATTENTIONS[recipe.attention]}
    units = plain.channels[-1] if recipe.score in SQUARE else recipe.units
    decoder = replace(plain.decoder, size=units, score=recipe.score, coverage=recipe.coverage, **how)
    captioner = replace(plain, size=recipe.size, prior=prior_of(recipe.prior))
    cells = captioner.grid[0] * captioner.grid[1]
    return replace(captioner, decoder=replace(decoder, max_places=max(cells, decoder.max_places)))


def _learn(options: argparse.Namespace, study: _Study) -> None:
    from neural.sequences.teacher_forcing import SequenceLossTerms

    recipe = study.recipe
    ResumableTraining(
        part=part_of(study.output), settings=study.settings, loss_terms=SequenceLossTerms
    ).kept()  # says what does not fit
    lesson = _lesson(study)
    captioner = captioner_of(recipe).prepared(lesson.images, lesson.captions)

    def fit(network: "Captioner", **how: Any) -> "Captioner":  # noqa: ANN401
        return network.fit(
            lesson.images,
            lesson.captions,
            rng=study.seed,
            batch=recipe.batch,
            learning_rate=recipe.learning_rate,
            **how,
        )

    def loss(network: "Captioner", weights: "Parameters") -> float:
        told = replace(network, weights=weights).align(lesson.held_out[:WATCHED], lesson.right[:WATCHED])
        return -sum(each.log_prob for each in told) / sum(len(each.words) for each in told)

    content = {"pictures and captions": digest([lesson.images, *lesson.captions])}
    courses = courses_of(
        captioner, fit, loss,
        output=study.output, settings=study.settings | content, epochs=recipe.epochs, controlled=study.controlled,
    )  # fmt: skip
    bleu = study.data is not None and knows_bleu()
    grades, pointed = {}, {}
    for name, course in courses.items():
        told = course.network.caption(lesson.held_out, beam=options.beam)
        grades[name] = score_by_length(
            [each.text for each in told], lesson.right, lesson.lengths, lesson.edges, bleu=bleu
        )
        pointed[name] = _pointed(told, lesson)
    write_courses(courses, study.provenance)
    if study.controlled:
        draw_lengths(study.written[-1], lesson.unit, grades, BOTTLENECK)
    for course in courses.values():
        part_of(course.output).unlink(missing_ok=True)
    _report(options, study, courses, lesson, grades, pointed)


def _pointed(told: "Sequence[Caption]", lesson: _Lesson) -> float | None:
    """Give the share of words for which attention was greatest in the object they name, where this is known."""
    from neural.sequences.captioning import pointing_game

    if lesson.scenes is None or not any(each.weights.any() for each in told):
        return None
    return pointing_game(told, lesson.scenes)


def _lesson(study: _Study) -> _Lesson:
    """Draw scenes or read pictures, and hold some out."""
    if study.data is None:
        return _drawn(study)
    from neural.sequences.scores import EDGES

    given = [study.held_out] if study.held_out else []
    rows, count = _rows(study.data), count_of(given)
    if given and count is None:
        others = _rows(Path(study.held_out))
    else:
        learned, kept = split(len(rows), count, [study.seed, HELD_OUT])
        others, rows = [rows[each] for each in kept], [rows[each] for each in learned]
    check_apart(study.written, [study.data / TABLE, *(row.picture for row in (*rows, *others))])
    check_asked("pictures", study.recipe.pictures, len(rows))
    rows = rows[: study.recipe.pictures or None]
    images, held_out = (_read(each, captioner_of(study.recipe), resize=study.resize) for each in (rows, others))
    captions, right = ([" ".join(row.caption.lower().split()) for row in each] for each in (rows, others))
    lengths = [len(caption.split()) for caption in right]
    return _Lesson(images, captions, held_out, right, None, lengths, EDGES, "words of the caption")


def _drawn(study: _Study) -> _Lesson:
    import numpy as np

    from neural.sequences.scenes import rendered_scenes

    given = [study.held_out] if study.held_out else []
    count = count_of(given)
    if given and count is None:
        raise ValueError(f"expected --held-out with a number, or --data, too, got '{study.held_out}'")
    learned, others = (
        rendered_scenes(number, np.random.default_rng([study.seed, part]), objects=OBJECTS, size=study.recipe.size)
        for number, part in ((study.recipe.pictures, TRAINING), (count or MOST_HELD_OUT, HELD_OUT))
    )
    lengths = [len(boxes) for boxes in others.boxes]
    return _Lesson(learned.images, learned.captions, others.images, others.captions, others, lengths, EACH, "objects")


class _Row(NamedTuple):
    """A caption, and the picture that it is of."""

    picture: Path
    caption: str


def _rows(folder: Path) -> list[_Row]:
    """Read which picture has which caption.

    Raises
    ------
    ValueError, OSError
        If there is no such folder or table, or a row of the table is not whole.
    """
    from neural.sequences.corpus import read_pairs

    if not (folder / TABLE).is_file():
        raise FileNotFoundError(f"there is no table '{folder / TABLE}': expected a row a caption, file, tab, caption")
    return [_Row(folder / name, caption) for name, caption in read_pairs(folder / TABLE)]


def _read(rows: Sequence[_Row], captioner: "Captioner", *, resize: bool) -> "NDArray[Any]":
    """Read the pictures (n, size, size, 3); one that has several captions is read once."""
    import numpy as np

    pictures = {row.picture: None for row in rows}
    read = {path: picture_of(path, captioner, resize=resize) for path in progress(pictures, len(pictures), "picture")}
    return np.stack([read[row.picture] for row in rows])


def _report(
    options: argparse.Namespace,
    study: _Study,
    courses: Mapping[str, Run],
    lesson: _Lesson,
    grades: Mapping[str, Sequence[LengthScore]],
    pointed: Mapping[str, float | None],
) -> None:
    if options.json:
        result = {
            "seed": study.seed,
            "captions": len(lesson.images),
            "beam": options.beam,
            "provenance": study.provenance,
            "bleu": signature_of(grades),
            "networks": described_courses(courses, grades, pointing_game=pointed),
        }
        print(json.dumps({**result, "written": [str(path) for path in study.written]}, indent=1))
        return
    report([("learned from", f"{study.told}: {len(lesson.images)} captions, seed {study.seed}")])
    for name, course in courses.items():
        report([(name, f"{_told(course.network)}; {len(course.epochs)} epochs, {course.seconds:.0f} CPU-s")])
    report([("held out", f"{len(lesson.right)} captions, told with a beam of {options.beam}")])
    report_groups(lesson.unit, grades)
    for name, share in pointed.items():
        if share is not None:
            print(f"\nwords that name an object, and look at it (pointing game), {name}: {share:.1%}")
    print()
    report([("written", path) for path in study.written])


def _told(captioner: "Captioner") -> str:
    decoder = captioner.decoder
    how = decoder.form if decoder.form == "none" else f"{decoder.form}, {decoder.score}, {decoder.normalise}"
    count = sum(values.size for values in captioner.weights.values())
    return f"{how}; {decoder.size} units, {len(captioner.vocabulary or ())} words, {count} weights"
