"""How good sentences are, by their length: exact matches and BLEU."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from demos.outputs import say


class LengthScore(NamedTuple):
    """Scores of the sentences of one range of lengths: their number, exact matches as a share, BLEU if computed."""

    length: str
    sentences: int
    exact: float
    bleu: float | None


def score_by_length(
    told: Sequence[str], right: Sequence[str], lengths: Sequence[int], edges: Sequence[int], *, bleu: bool
) -> list[LengthScore]:
    """Score sentences against the references, by length and, last, all together; `edges` begin each range."""
    import numpy as np

    from neural.sequences.scores import exact_match

    groups = np.searchsorted(edges, lengths, side="right") - 1
    chosen = {_range(edges, group): np.flatnonzero(groups == group).tolist() for group in np.unique(groups).tolist()}
    found = []
    for name, which in {**chosen, "all": list(range(len(told)))}.items():
        some = [told[k] for k in which], [right[k] for k in which]
        found.append(LengthScore(name, len(which), exact_match(*some), _bleu(*some) if bleu else None))
    return found


def signature_of(networks: Mapping[str, Sequence[LengthScore]]) -> str | None:
    """Say how BLEU was computed, if it was."""
    if all(score.bleu is None for scores in networks.values() for score in scores):
        return None
    from neural.sequences.scores import bleu_signature

    return bleu_signature()


def _range(edges: Sequence[int], group: int) -> str:
    if group + 1 == len(edges):
        return f"{edges[group]} and more" if len(edges) > 1 and edges[-1] - edges[-2] > 1 else str(edges[group])
    return str(edges[group]) if edges[group + 1] - edges[group] == 1 else f"{edges[group]}-{edges[group + 1] - 1}"


def _bleu(told: Sequence[str], right: Sequence[str]) -> float:
    from neural.sequences.scores import bleu

    return bleu(told, right)


def knows_bleu() -> bool:
    """Tell whether BLEU can be computed here; say what is missing if not."""
    from importlib.util import find_spec

    if find_spec("sacrebleu") is None:
        say('BLEU is left out: it needs sacrebleu (pip install "foveal[translation]")')
        return False
    return True


def report_scores(unit: str, networks: Mapping[str, Sequence[LengthScore]]) -> None:
    """Print how good networks are, by length: a row a range of lengths, columns for each network."""
    signature = signature_of(networks)
    measures = ("exact",) if signature is None else ("exact", "BLEU")
    names = [f"{name} {measure}" for name in networks for measure in measures]
    widths = [max(len(name), 8) + 2 for name in names]
    print(f"\n{unit:<20}{'number':>8}" + "".join(f"{name:>{w}}" for name, w in zip(names, widths, strict=True)))
    for rows in zip(*networks.values(), strict=True):
        cells = [
            cell
            for row in rows
            for cell in ([f"{row.exact:.1%}"] + ([f"{row.bleu:.1f}"] if row.bleu is not None else []))
        ]
        numbers = "".join(f"{cell:>{w}}" for cell, w in zip(cells, widths, strict=True))
        print(f"{rows[0].length:<20}{rows[0].sentences:>8}{numbers}")
    if signature is not None:
        print(f"BLEU: {signature}")


def draw_lengths(output: Path, unit: str, networks: Mapping[str, Sequence[LengthScore]], heading: str) -> None:
    """Draw how good networks are, by length."""
    from foveation.figures import save_figure
    from neural.figures.sequences import length_figure

    rows = {name: scores[:-1] for name, scores in networks.items()}  # without that of all
    bleu = all(score.bleu is not None for scores in rows.values() for score in scores)
    curves: dict[str, Any] = {
        name: [score.bleu if bleu else score.exact for score in scores] for name, scores in rows.items()
    }
    lengths = [score.length for score in next(iter(rows.values()))]
    measure = "BLEU" if bleu else "share told exactly"
    save_figure(length_figure(curves, lengths, measure=measure, unit=unit, heading=heading), output)
