"""How options are written: types that read them, and the groups that several commands share."""

import argparse
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from string import hexdigits
from typing import Any

from demos.parser import CommandParser
from foveation.checks import check_number, check_whole

FIGURES, FILMS = (".png", ".svg", ".pdf"), (".mp4", ".webm", ".gif")  # those of foveation.files and .video, as above
MAP_KINDS = ("saliency", "density", "log-density")  # those of saliency.models.stored_maps
VIEWING = ("ppd", "screen", "distance")
PIXELS_PER_DEGREE = 0.1, 10_000
MOST_PIXELS = 100_000  # along a side
MOST_CM = 100_000  # of a screen, or from it
LEAST_SIGMA_PX, MOST_SIGMA_PX = 0.01, 10_000
MOST_SECONDS = 3600  # for which a picture is seen
MOST_COUNT = 1_000_000  # of what is counted: trials, pictures, epochs
MOST_WORKERS = 1024

MODEL_NAMES = (  # those of saliency.MODELS: a help must not wait for the library
    "readout",
    "readout-without-faces",
    "itti",
    "itti1998",
    "itti-iterative",
    "itti-tuned",
    "gbvs",
    "bms",
    "signature",
    "spectral-residual",
    "quaternion-dct",
    "pqft",
    "whitening",
    "frequency-tuned",
    "aim",
    "aws",
    "rarity",
    "covariance",
    "vocus2",
    "vocus2-cluttered",
    "proto-object",
    "centre",
)


PRESET_NAMES = (  # those of neural.PRESETS
    "free_viewing",
    "typical",
    "foveated",
    "itti1998",
    "scenewalk",
    "scenewalk_basic",
    "levy",
    "lemeur",
    "race",
    "starfc",
)


def real(
    what: str, *, above: float = -math.inf, least: float = -math.inf, most: float = math.inf
) -> Callable[[str], float]:
    """Give what reads a number within a range; `what` says of what, with its unit.

    Examples
    --------
    >>> real("a share", above=0, most=1)("0.5")
    0.5
    >>> real("a share", above=0, most=1)("1e308")
    Traceback (most recent call last):
    ...
    argparse.ArgumentTypeError: expected a share above 0 and up to 1, got '1e308'
    """
    lower = f"above {above:g}" if above > -math.inf else f"from {least:g}"
    wanted = f"{what} {lower} {'and up ' if above > -math.inf else ''}to {most:g}"

    def read(text: str) -> float:
        try:
            value = float(text)
            check_number(value, wanted, above=above, least=least, most=most)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {wanted}, got {_shortened(text)}") from None
        return value

    return read


def whole(what: str, *, least: int = 1, most: int) -> Callable[[str], int]:
    """Give what reads a whole number within a range; `what` says of what.

    Examples
    --------
    >>> whole("trials", most=1000)("0")
    Traceback (most recent call last):
    ...
    argparse.ArgumentTypeError: expected trials, a whole number from 1 to 1000, got '0'
    """

    def read(text: str) -> int:
        try:
            value = int(text)
            check_whole(what, value, least, most)
        except ValueError:
            wanted = f"{what}, a whole number from {least} to {most}"
            raise argparse.ArgumentTypeError(f"expected {wanted}, got {_shortened(text)}") from None
        return value

    return read


def _shortened(text: str) -> str:
    """Give what was typed, without the rest of what is very long."""
    return repr(text if len(text) <= 40 else f"{text[:36]} ...")


def place(text: str) -> tuple[float, float]:
    """Read `x,y` in pixels."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected x,y in pixels, such as 320,240; got {_shortened(text)}") from None
    return x, y


def screen(text: str) -> tuple[tuple[int, int], tuple[float, float]]:
    """Read `WIDTHxHEIGHT:WIDTHxHEIGHT`, pixels and centimetres."""
    try:
        pixels, centimetres = (part.split("x") for part in text.split(":"))
        (width, height), (width_cm, height_cm) = pixels, centimetres
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected pixels and centimetres, such as 1920x1080:53x29.8; got {_shortened(text)}"
        ) from None
    px = whole("pixels of a screen", most=MOST_PIXELS)
    cm = real("centimetres of a screen", above=0, most=MOST_CM)
    return (px(width), px(height)), (cm(width_cm), cm(height_cm))


def colour(text: str) -> tuple[float, ...]:
    """Read `white`, `grey`, `black` or `#RRGGBB`: red, green and blue from 0 to 1."""
    code = {"white": "#ffffff", "grey": "#808080", "black": "#000000"}.get(text, text)
    if len(code) != 7 or code[0] != "#" or not set(code[1:]) <= set(hexdigits):
        raise argparse.ArgumentTypeError(f"expected white, grey, black or a colour such as #ff8000, got '{text}'")
    return tuple(int(code[place : place + 2], 16) / 255 for place in (1, 3, 5))


seed = whole("a seed", least=0, most=2**64 - 1)


def asked_for(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Give what was asked for by these options: those that were not left out."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def given_any(*names: str) -> Callable[[argparse.Namespace], bool]:
    """Give what tells whether any of these options was asked for."""
    return lambda options: any(getattr(options, name) not in (None, False) for name in names)


def writes(*endings: str, default: bool = False) -> Callable[[argparse.Namespace], bool]:
    """Give what tells whether an output has one of these endings; `default` is the answer if no output is named."""
    return lambda options: any(path.suffix.lower() in endings for path in options.output) if options.output else default


def add_input(parser: CommandParser) -> None:
    """Add the picture, which may be left out, and how it is read."""
    parser.add_argument(
        "input", nargs="?", type=Path, help="picture file; one that ships with scikit-image if left out"
    )
    parser.add_argument(
        "--ground", type=colour, metavar="COLOUR",
        help="what a transparent picture lies on: white, grey, black or #RRGGBB (white)",
    )  # fmt: skip
    add_max_pixels(parser)
    parser.only("ground", "max_pixels", where="with a file to read", met=given_any("input"))


def add_max_pixels(parser: CommandParser) -> None:
    """Add the bound of what is read."""
    parser.add_argument(
        "--max-pixels",
        type=whole("pixels", most=MOST_PIXELS**2),
        metavar="N",
        help="most pixels that are read of a picture or a frame (268 million)",
    )


def add_outputs(parser: CommandParser, summary: str) -> None:
    """Add the files to write."""
    parser.add_argument("-o", "--output", type=Path, action="append", metavar="FILE", help=summary)


def add_viewing(parser: CommandParser) -> None:
    """Add the geometry: the screen and its distance, or pixels per degree."""
    group = parser.add_argument_group("viewing geometry (a desktop screen at 60 cm is assumed)")
    group.add_argument(
        "--ppd",
        type=real("pixels in a degree", least=PIXELS_PER_DEGREE[0], most=PIXELS_PER_DEGREE[1]),
        metavar="N",
        help="pixels of the picture in one degree, at its centre",
    )
    group.add_argument("--screen", type=screen, metavar="PX:CM", help="screen, such as 1920x1080:53x29.8")
    group.add_argument(
        "--distance",
        type=real("a distance in cm", above=0, most=MOST_CM),
        metavar="CM",
        help="distance of the eye from the screen, in cm",
    )


def add_seed(parser: CommandParser) -> None:
    """Add the seed."""
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="number of the simulated observer (0)")


def add_observer(parser: CommandParser, preset: str) -> None:
    """Add the choice of the observer and of its map; `preset` is what it is if nothing is asked for."""
    parser.add_argument(
        "--preset", default=preset, metavar="NAME", help=f"kind of observer: {', '.join(PRESET_NAMES)} ({preset})"
    )
    parser.add_argument(
        "--model", metavar="NAME",
        help="saliency model, such as readout, itti or gbvs (see foveal map --help), a read-out file (.npz), "
        "module:callable, or a folder of maps (that of the preset)",
    )  # fmt: skip
    add_maps_are(parser, "model")
    parser.add_argument(
        "--task", metavar="WORDS", help='what is looked for, such as "red" or "vertical bright" (nothing: free viewing)'
    )


def add_workers(parser: "CommandParser | argparse._ActionsContainer", summary: str) -> None:
    """Add the number of processes."""
    parser.add_argument(
        "--workers", type=whole("workers", most=MOST_WORKERS), default=1, metavar="N", help=f"{summary} (1)"
    )


def add_duration(parser: "CommandParser | argparse._ActionsContainer", summary: str, default: float | None) -> None:
    """Add the seconds for which a picture is seen."""
    parser.add_argument(
        "--duration", type=real("seconds", above=0, most=MOST_SECONDS), default=default, metavar="S", help=summary
    )


def add_maps_are(parser: CommandParser, models: str) -> None:
    """Add what the maps in folders are, where the option `models` may name some."""
    parser.add_argument(
        "--maps-are", choices=MAP_KINDS, default=MAP_KINDS[0], metavar="KIND",
        help=f"what files in folders of maps hold: {', '.join(MAP_KINDS)} (natural logarithms, as of DeepGaze); "
        f"densities have information gain ({MAP_KINDS[0]})",
    )  # fmt: skip
    parser.only(
        "maps_are", where="with a folder of maps as a model",
        met=lambda options: any(map(is_folder_of_maps, ",".join(_listed(getattr(options, models))).split(","))),
    )  # fmt: skip


def _listed(given: str | list[str] | None) -> list[str]:
    return given if isinstance(given, list) else [given or ""]


def is_folder_of_maps(name: str) -> bool:
    """Tell whether a model that is named like this is a folder of maps."""
    name = name.strip()
    return bool(name) and name not in MODEL_NAMES and Path(name).is_dir()


def add_json(parser: CommandParser) -> None:
    """Add the choice of JSON on standard output."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
