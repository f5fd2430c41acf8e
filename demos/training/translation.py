"""How `foveal translate --train` learns: recipes, pairs of sentences, and how well attention links their words."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from demos.arguments import asked_for
from demos.outputs import made_with, say
from demos.training.control import outputs_beside
from demos.training.held_out import HELD_OUT, MOST_HELD_OUT, TRAINING, WATCHED, check_asked, count_of, split
from demos.training.options import check_apart, check_outputs
from demos.training.resumable import digest
from demos.training.sentences import Lesson, Study, Wording, attention_line
from foveation.checks import check_one_of

if TYPE_CHECKING:
    from neural.sequences.corpus import Listed
    from neural.sequences.translation import Translation, Translator
    from saliency.learning.parameters import Parameters

ITEMS, EACH = (1, 4), (1, 2, 3, 4)  # least and most dates and numbers of a generated list; all there are
SQUARE = ("dot", "scaled", "cosine")  # scores that ask for as many units as a word of the source has numbers
CHOICES = ("vocabulary", "form", "score", "normalise", "coverage", "units", "epochs", "pairs", "max_length", "lower")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How translation is learned, in plain words and numbers: a help must not wait for the library.

    `vocabulary` is one of `VOCABULARIES` in `neural.sequences.vocabulary`; `units`, `embedding`, `dropout` and
    `smoothing` are those of `Translator` and `Decoder`; `epochs`, `batch` and `learning_rate` those of `fit`; `pairs`
    is how many there are to learn from, 0 for all; `max_length` the most pieces of a source sentence.
    """

    vocabulary: str
    units: int
    embedding: int
    epochs: int
    learning_rate: float
    pairs: int = 0
    batch: int = 64
    dropout: float = 0.0
    smoothing: float = 0.0
    max_length: int = 200
    form: str = "luong"
    score: str = "general"
    normalise: str = "softmax"
    coverage: float = 0.0
    lower: bool = False


RECIPES = {
    "lists": Recipe(vocabulary="characters", units=96, embedding=32, epochs=7, learning_rate=3e-3, pairs=40_000),
    "corpus": Recipe(
        vocabulary="words", units=256, embedding=256, epochs=12, learning_rate=2e-3, dropout=0.3, smoothing=0.1
    ),
}


def study_of(options: argparse.Namespace) -> Study:
    """Give what was asked for; refuse outputs that could not be written, and settings that do not exist."""
    recipe = _recipe(options)
    controlled, corpus = bool(options.control), tuple(options.corpus or ())
    output = check_outputs(options.output, "my-corpus.npz" if corpus else "my-dates.npz", controlled=controlled)
    held_out = tuple(options.held_out or ())
    check_apart(outputs_beside(output, controlled=controlled), [*corpus, *map(Path, held_out)])
    pairs = _Source(corpus, _columns(options.columns), held_out, options.seed)
    settings = {
        "command": "translate",
        "seed": options.seed,
        "columns": list(pairs.columns),
        "held-out": pairs.held_out_names or "by default",
        **asdict(recipe),
    }
    return Study(
        recipe=recipe,
        seed=options.seed,
        beam=options.beam,
        output=output,
        controlled=controlled,
        settings=settings,
        source=pairs.described,
        provenance=_provenance(recipe, pairs),
        own=bool(corpus),
        lesson=partial(_lesson, recipe, pairs, options.beam),
        wording=WORDING,
    )


def _recipe(options: argparse.Namespace) -> Recipe:
    from neural.sequences.vocabulary import VOCABULARIES

    if len(options.corpus or ()) > 2:
        raise ValueError("expected --corpus with one table (and its --columns) or with two texts")
    recipe = replace(RECIPES["corpus" if options.corpus else "lists"], **asked_for(options, CHOICES))
    check_one_of("vocabulary", recipe.vocabulary, VOCABULARIES)
    translator_of(recipe)  # refuses settings that do not exist
    return recipe


def translator_of(recipe: Recipe) -> "Translator":
    """Give the translator of a recipe, which has no vocabularies yet, and has learned nothing."""
    from neural.sequences.decoder import Decoder
    from neural.sequences.translation import Translator

    return Translator(
        units=recipe.units,
        embedding=recipe.embedding,
        max_length=recipe.max_length,
        decoder=Decoder(
            size=recipe.units * (2 if recipe.score in SQUARE else 1), embedding=recipe.embedding,
            form=recipe.form, score=recipe.score, normalise=recipe.normalise, coverage=recipe.coverage,
            dropout=recipe.dropout, smoothing=recipe.smoothing, max_places=recipe.max_length,
        ),
    )  # fmt: skip


class _Source(NamedTuple):
    """Where pairs come from: files of a corpus and their columns, or lists that are generated if there are none."""

    corpus: tuple[Path, ...]
    columns: tuple[Any, Any]
    held_out: tuple[str, ...]
    seed: int

    @property
    def held_out_names(self) -> str:
        """What is held out, if that was asked for."""
        return " ".join(Path(each).name for each in self.held_out)

    @property
    def described(self) -> str:
        """What is learned from, in words."""
        if self.corpus:
            return f"sentences in {' and '.join(path.name for path in self.corpus)}"
        return f"generated lists of {ITEMS[0]} to {ITEMS[1]} dates and numbers"


def _columns(text: str | None) -> tuple[Any, Any]:
    """Read two titles, or two numbers from 0."""
    parts = [part.strip() for part in (text or "0,1").split(",")]
    if len(parts) != 2 or not all(parts):
        raise ValueError(f"expected --columns with two titles or numbers, such as de,en; got '{text}'")
    first, second = (int(part) if all(each.isdecimal() for each in parts) else part for part in parts)
    return first, second


def _provenance(recipe: Recipe, pairs: _Source) -> str:
    """Say what was learned from, and by which command."""
    names = ("vocabulary", "form", "score", "normalise", "coverage", "units", "max_length")
    command = ["foveal translate --train"]
    if pairs.corpus:
        command += ["--corpus", *(path.name for path in pairs.corpus)]
        command += [f"--columns {','.join(map(str, pairs.columns))}"] if len(pairs.corpus) == 1 else []
    command += [f"--{name.replace('_', '-')} {getattr(recipe, name)}" for name in names]
    command += ["--lower"] if recipe.lower else []
    command += [f"--pairs {recipe.pairs}"] if recipe.pairs else []
    command += [f"--held-out {pairs.held_out_names}"] if pairs.held_out else []
    command += [f"--epochs {recipe.epochs} --seed {pairs.seed}"]
    return f"Learned by: {' '.join(command)}\nFrom: {pairs.described}\nWith: {made_with()}"


# Pairs of sentences


class _Pairs(NamedTuple):
    """Pairs to learn from, others that are held out, lists if these were generated, and their lengths."""

    learned: list[tuple[str, str]]
    held_out: list[tuple[str, str]]
    lists: "list[Listed]"
    lengths: list[int]
    edges: tuple[int, ...]
    unit: str


def _lesson(recipe: Recipe, source: _Source, beam: int) -> Lesson:
    pairs = _read(recipe, source) if source.corpus else _generated(recipe, source)
    translator = _with_vocabularies(recipe, pairs.learned)
    learned = _short(translator, pairs.learned, recipe.max_length)
    if len(learned) < len(pairs.learned):
        left = len(pairs.learned) - len(learned)
        say(f"left out of learning: {left} of {len(pairs.learned)} pairs, of more than {recipe.max_length} pieces")
    few = _short(translator, pairs.held_out, recipe.max_length)[:WATCHED]
    linked = pairs.lists[:WATCHED] if recipe.vocabulary == "characters" else []

    def loss(network: "Translator", weights: "Parameters") -> float:
        told = replace(network, weights=weights).align(few)
        return -sum(each.log_prob for each in told) / sum(len(each.target) for each in told)

    def tell(network: "Translator") -> "list[Translation]":
        return network.translate([text for text, _ in pairs.held_out], beam=beam, overlong="split")

    return Lesson(
        network=translator,
        examples=(learned,),
        content={"pairs of sentences": digest([text for pair in learned for text in pair])},
        loss=loss,
        tell=tell,
        aim=lambda network, told: _alignment_error(network, linked),
        right=[target for _, target in pairs.held_out],
        lengths=pairs.lengths,
        edges=pairs.edges,
        unit=pairs.unit,
    )


def _read(recipe: Recipe, source: _Source) -> _Pairs:
    """Read pairs of a corpus, and hold some out."""
    from neural.sequences.scores import EDGES

    pairs, count = _read_pairs(source.corpus, source.columns), count_of(source.held_out)
    if source.held_out and count is None:
        held_out = _read_pairs([Path(each) for each in source.held_out], source.columns)
    else:
        learned, others = split(len(pairs), count, [source.seed, HELD_OUT])
        held_out, pairs = [pairs[each] for each in others], [pairs[each] for each in learned]
    check_asked("pairs", recipe.pairs, len(pairs))
    pairs = pairs[: recipe.pairs or None]
    if recipe.lower:
        pairs, held_out = ([(first.lower(), second.lower()) for first, second in each] for each in (pairs, held_out))
    return _Pairs(pairs, held_out, [], [len(first.split()) for first, _ in held_out], EDGES, "words of the source")


def _read_pairs(files: Sequence[Path], columns: tuple[Any, Any]) -> list[tuple[str, str]]:
    from neural.sequences.corpus import read_aligned, read_pairs

    if len(files) > 2:
        raise ValueError(f"expected one table or two texts, got {len(files)} files")
    return read_pairs(files[0], columns) if len(files) == 1 else read_aligned(files[0], files[1])


def _generated(recipe: Recipe, source: _Source) -> _Pairs:
    """Generate lists, and others that are not among these."""
    import numpy as np

    from neural.sequences.corpus import dates_and_numbers

    count = count_of(source.held_out)
    if source.held_out and count is None:
        raise ValueError(f"expected --held-out with a number, or --corpus, too, got '{' '.join(source.held_out)}'")
    count = MOST_HELD_OUT if count is None else count
    learned, others = (
        dates_and_numbers(number, np.random.default_rng([source.seed, part]), items=ITEMS)
        for number, part in ((recipe.pairs, TRAINING), (count, HELD_OUT))
    )
    known = {each.source for each in learned}
    lists = [each for each in others if each.source not in known]
    if not lists:
        raise ValueError(f"expected more lists to be held out than {count}, of which none is new")
    pairs, held_out = ([(each.source, each.target) for each in some] for some in (learned, lists))
    return _Pairs(pairs, held_out, lists, [len(each.spans) for each in lists], EACH, "dates and numbers")


def _with_vocabularies(recipe: Recipe, pairs: Sequence[tuple[str, str]]) -> "Translator":
    """Give a translator that knows the words of these pairs."""
    from neural.sequences.vocabulary import VOCABULARIES

    kind: Any = VOCABULARIES[recipe.vocabulary]
    how = {} if recipe.vocabulary == "characters" else {"lower": recipe.lower}
    source, target = (kind.learn([pair[side] for pair in pairs], **how) for side in (0, 1))
    return replace(translator_of(recipe), source=source, target=target)


def _short(translator: "Translator", pairs: Sequence[tuple[str, str]], max_length: int) -> list[tuple[str, str]]:
    """Give the pairs whose source is not too long."""
    assert translator.source is not None
    short = [pair for pair in pairs if len(translator.source.encode(pair[0])) <= max_length]
    if not short:
        raise ValueError(f"expected sentences of at most {max_length} pieces, but all are longer: see --max-length")
    return short


# Reporting


def _alignment_error(translator: "Translator", lists: "Sequence[Listed]") -> float | None:
    """Give the share of wrong links between words of generated lists, where attention has weights."""
    from neural.sequences.scores import alignment_error_rate_of

    if not lists or translator.decoder.form == "none":
        return None
    told = translator.align([(each.source, each.target) for each in lists])
    return alignment_error_rate_of([each.weights for each in told], lists)


def _described(translator: "Translator") -> str:
    kind = type(translator.source).__name__.lower()
    sizes = f"{len(translator.source or ())} and {len(translator.target or ())} {kind}"
    count = sum(values.size for values in translator.weights.values())
    return f"{attention_line(translator)}; {translator.units} units, {sizes}, {count} weights"


WORDING = Wording(
    examples="pairs",
    telling="translated",
    aim="alignment_error_rate",
    aim_line="links between words that are wrong (alignment error rate)",
    heading="Without attention, one vector of fixed size has to hold the whole sentence",
    described=_described,
)
