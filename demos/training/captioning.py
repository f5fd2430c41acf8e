"""How `foveal caption --train` learns: recipes, pictures with captions, and how well attention finds what is named."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import asked_for
from demos.outputs import made_with, progress
from demos.training.control import outputs_beside
from demos.training.held_out import HELD_OUT, MOST_HELD_OUT, TRAINING, WATCHED, check_asked, count_of, split
from demos.training.options import check_apart, check_outputs
from demos.training.resumable import digest
from demos.training.sentences import Lesson, Study, Wording, attention_line
from foveation.checks import check_one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neural.sequences.captioning import Caption, Captioner
    from neural.sequences.scenes import CaptionedScenes
    from saliency.learning.parameters import Parameters

TABLE = "captions.tsv"
ATTENTIONS: dict[str, dict[str, str]] = {
    "soft": {"normalise": "softmax"},
    "hard": {"normalise": "sample"},
    "none": {"form": "none"},
}
SQUARE = ("dot", "scaled", "cosine")  # scores that ask for as many units as a cell has numbers
PRIORS = ("saliency", "none")
OBJECTS, EACH = (1, 4), (1, 2, 3, 4)  # least and most objects of a scene that is drawn; all numbers there are
CHOICES = ("attention", "score", "coverage", "prior", "units", "size", "epochs", "pictures")


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


def study_of(options: argparse.Namespace) -> Study:
    """Give what was asked for; refuse outputs that could not be written, and settings that do not exist."""
    recipe = _recipe(options)
    controlled, default = bool(options.control), "my-scenes.npz" if options.data is None else "my-captions.npz"
    output = check_outputs(options.output, default, controlled=controlled)
    source = _Source(options.data, (options.held_out or [""])[0], options.seed, bool(options.resize))
    held_out = Path(source.held_out).name or "by default"
    return Study(
        recipe=recipe,
        seed=options.seed,
        beam=options.beam,
        output=output,
        controlled=controlled,
        settings={"command": "caption", "seed": options.seed, "held_out": held_out, **asdict(recipe)},
        source=source.described,
        provenance=_provenance(recipe, source),
        own=options.data is not None,
        lesson=partial(_lesson, recipe, source, options.beam, outputs_beside(output, controlled=controlled)),
        wording=WORDING,
    )


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = replace(RECIPES["scenes" if options.data is None else "pictures"], **asked_for(options, CHOICES))
    check_one_of("attention", recipe.attention, ATTENTIONS)
    captioner_of(recipe)  # refuses settings that do not exist
    return recipe


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


def prior_of(name: str) -> Any:  # noqa: ANN401
    """Give the model whose maps draw attention, if any does."""
    from saliency import IttiKoch

    return IttiKoch() if name == "saliency" else None


class _Source(NamedTuple):
    """Where pictures come from: a folder, or scenes that are drawn if there is none."""

    data: Path | None
    held_out: str
    seed: int
    resize: bool

    @property
    def held_out_count(self) -> int | None:
        """How many are held out, if a number was asked for."""
        return count_of([self.held_out] if self.held_out else [])

    @property
    def described(self) -> str:
        """What is learned from, in words."""
        if self.data is not None:
            return f"pictures in {self.data.resolve().name}"
        return f"drawn scenes of {OBJECTS[0]} to {OBJECTS[1]} objects"


def _provenance(recipe: Recipe, source: _Source) -> str:
    """Say what was learned from, and by which command."""
    names = ("attention", "score", "coverage", "prior", "units", "size", "epochs")
    command = ["foveal caption --train", *([] if source.data is None else ["--data", source.data.resolve().name])]
    command += [f"--{name} {getattr(recipe, name)}" for name in names]
    command += [f"--pictures {recipe.pictures}"] if recipe.pictures else []
    command += ["--resize"] if source.resize else []
    command += [f"--held-out {Path(source.held_out).name}"] if source.held_out else []
    command += [f"--seed {source.seed}"]
    return f"Learned by: {' '.join(command)}\nFrom: {source.described}\nWith: {made_with()}"


# Pictures with captions


class _Captioned(NamedTuple):
    """Pictures with captions to learn from, others that are held out, scenes if these were drawn, and their lengths."""

    images: "NDArray[Any]"
    captions: list[str]
    held_out: "NDArray[Any]"
    right: list[str]
    scenes: "CaptionedScenes | None"
    lengths: list[int]
    edges: tuple[int, ...]
    unit: str


def _lesson(recipe: Recipe, source: _Source, beam: int, written: Sequence[Path]) -> Lesson:
    pictures = _drawn(recipe, source) if source.data is None else _read(recipe, source, source.data, written)
    watched = pictures.held_out[:WATCHED], pictures.right[:WATCHED]

    def loss(network: "Captioner", weights: "Parameters") -> float:
        told = replace(network, weights=weights).align(*watched)
        return -sum(each.log_prob for each in told) / sum(len(each.words) for each in told)

    return Lesson(
        network=captioner_of(recipe).prepared(pictures.images, pictures.captions),
        examples=(pictures.images, pictures.captions),
        content={"pictures and captions": digest([pictures.images, *pictures.captions])},
        loss=loss,
        tell=lambda network: network.caption(pictures.held_out, beam=beam),
        aim=lambda network, told: _pointed(told, pictures.scenes),
        right=pictures.right,
        lengths=pictures.lengths,
        edges=pictures.edges,
        unit=pictures.unit,
    )


def _read(recipe: Recipe, source: _Source, folder: Path, written: Sequence[Path]) -> _Captioned:
    """Read pictures and their captions, and hold some out."""
    from neural.sequences.scores import EDGES

    rows, count = _rows(folder), source.held_out_count
    if source.held_out and count is None:
        others = _rows(Path(source.held_out))
    else:
        learned, kept = split(len(rows), count, [source.seed, HELD_OUT])
        others, rows = [rows[each] for each in kept], [rows[each] for each in learned]
    check_apart(written, [folder / TABLE, *(row.picture for row in (*rows, *others))])
    check_asked("pictures", recipe.pictures, len(rows))
    rows = rows[: recipe.pictures or None]
    images, held_out = (_pixels(each, captioner_of(recipe), resize=source.resize) for each in (rows, others))
    captions, right = ([" ".join(row.caption.lower().split()) for row in each] for each in (rows, others))
    lengths = [len(caption.split()) for caption in right]
    return _Captioned(images, captions, held_out, right, None, lengths, EDGES, "words of the caption")


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


def _pixels(rows: Sequence[_Row], captioner: "Captioner", *, resize: bool) -> "NDArray[Any]":
    """Read the pictures (n, size, size, 3); one that has several captions is read once."""
    import numpy as np

    pictures = {row.picture: None for row in rows}
    read = {path: picture_for(captioner, path, resize=resize) for path in progress(pictures, len(pictures), "picture")}
    return np.stack([read[row.picture] for row in rows])


def picture_for(captioner: "Captioner", path: Path, *, resize: bool) -> "NDArray[Any]":
    """Read a picture of the size that a captioner sees, as uint8; or bring it to that size.

    Raises
    ------
    ValueError
        If it has another size and is not to be brought to this one, or is no picture.
    """
    from foveation import read_image
    from foveation.image import as_bytes

    image, size = read_image(path), captioner.size
    height, width = image.shape[:2]
    if (height, width) != (size, size):
        if not resize:
            raise ValueError(
                f"'{path}' is {width} x {height} px; expected {size} x {size} px: --resize brings it to that size"
            )
        image = captioner.resized(image)
    return as_bytes(image)


def _drawn(recipe: Recipe, source: _Source) -> _Captioned:
    """Draw scenes, and others that are held out."""
    import numpy as np

    from neural.sequences.scenes import rendered_scenes

    count = source.held_out_count
    if source.held_out and count is None:
        raise ValueError(f"expected --held-out with a number, or --data, too, got '{source.held_out}'")
    learned, others = (
        rendered_scenes(number, np.random.default_rng([source.seed, part]), objects=OBJECTS, size=recipe.size)
        for number, part in ((recipe.pictures, TRAINING), (count or MOST_HELD_OUT, HELD_OUT))
    )
    lengths = [len(boxes) for boxes in others.boxes]
    return _Captioned(
        learned.images, learned.captions, others.images, others.captions, others, lengths, EACH, "objects"
    )


# Reporting


def _pointed(told: "Sequence[Caption]", scenes: "CaptionedScenes | None") -> float | None:
    """Give the share of words for which attention was greatest in the object they name, where this is known."""
    from neural.sequences.captioning import pointing_game

    if scenes is None or not any(each.weights.any() for each in told):
        return None
    return pointing_game(told, scenes)


def _described(captioner: "Captioner") -> str:
    sizes = f"{captioner.decoder.size} units, {len(captioner.vocabulary or ())} words"
    count = sum(values.size for values in captioner.weights.values())
    return f"{attention_line(captioner)}; {sizes}, {count} weights"


WORDING = Wording(
    examples="captions",
    telling="told",
    aim="pointing_game",
    aim_line="words that name an object, and look at it (pointing game)",
    heading="Without attention, one vector of fixed size has to hold the whole picture",
    described=_described,
)
