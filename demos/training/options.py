"""Options of networks that tell sentences: which go together, and where outputs may go."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from demos.arguments import check_counts
from demos.training.control import outputs_beside


def check_mode(options: argparse.Namespace, using: Sequence[str], learning: Sequence[str]) -> None:
    """Refuse options that belong to learning where a model is used, and the other way round.

    Raises
    ------
    ValueError
        If there is one, or the beam is empty.
    """
    check_counts(options, "beam")
    for name in using if options.train else learning:
        given = getattr(options, name)
        if given is not None and given != []:
            option = "an input" if name in ("sentences", "input") else f"--{name.replace('_', '-')}"
            raise ValueError(f"expected {'--train without' if options.train else '--train with'} {option}")


def check_outputs(given: Sequence[Path] | None, default: str, *, controlled: bool) -> Path:
    """Give the file of the model; refuse it if it, or what is written beside it, could not be written."""
    from foveation.files import FIGURE_ENDINGS, check_output
    from neural.files import ENDINGS

    if given is not None and len(given) > 1:
        raise ValueError(f"expected one output with --train, got {len(given)}")
    output = check_output((given or [Path(default)])[0], ENDINGS)
    for path in outputs_beside(output, controlled=controlled):
        check_output(path, (".csv", *ENDINGS, *FIGURE_ENDINGS))
    return output


def check_apart(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Refuse to write over a file that is read.

    Raises
    ------
    ValueError
        If an output is one of the inputs.
    """
    read = {path.resolve() for path in inputs}
    for output in outputs:
        if output.resolve() in read:
            raise ValueError(f"expected another output than '{output}', which is read and would be lost")
