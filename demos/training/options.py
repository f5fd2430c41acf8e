"""Options of networks that tell sentences: their ranges, and where outputs may go."""

from collections.abc import Sequence
from pathlib import Path

from demos.training.control import outputs_beside

MOST_BEAM, MOST_UNITS, MOST_COVERAGE = 1000, 10_000, 1000


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
