"""How options are written: types that read them, and the groups that several commands share."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from string import hexdigits
from typing import Any

from foveation.checks import check_number

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


def place(text: str) -> tuple[float, float]:
    """Read `x,y` in pixels."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected x,y in pixels, such as 320,240; got '{text}'") from None
    return x, y


def screen(text: str) -> tuple[tuple[int, int], tuple[float, float]]:
    """Read `WIDTHxHEIGHT:WIDTHxHEIGHT`, pixels and centimetres."""
    try:
        pixels, centimetres = (part.split("x") for part in text.split(":"))
        (width, height), (width_cm, height_cm) = map(int, pixels), map(float, centimetres)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected pixels and centimetres, such as 1920x1080:53x29.8; got '{text}'"
        ) from None
    return (width, height), (width_cm, height_cm)


def colour(text: str) -> tuple[float, ...]:
    """Read `white`, `grey`, `black` or `#RRGGBB`: red, green and blue from 0 to 1."""
    code = {"white": "#ffffff", "grey": "#808080", "black": "#000000"}.get(text, text)
    if len(code) != 7 or code[0] != "#" or not set(code[1:]) <= set(hexdigits):
        raise argparse.ArgumentTypeError(f"expected white, grey, black or a colour such as #ff8000, got '{text}'")
    return tuple(int(code[place : place + 2], 16) / 255 for place in (1, 3, 5))


def seed(text: str) -> int:
    """Read a whole number from 0 up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a seed from 0 up, got '{text}'")
    return int(text)


def asked_for(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Give what was asked for by these options: those that were not left out."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def check_counts(options: argparse.Namespace, *names: str, least: int = 1) -> None:
    """Refuse what was asked for by these options if it is below the least."""
    for name, given in asked_for(options, names).items():
        check_number(given, f"--{name.replace('_', '-')} from {least} up", least=least)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the picture, which may be left out, and how it is read."""
    parser.add_argument(
        "input", nargs="?", type=Path, help="picture file; one that ships with scikit-image if left out"
    )
    parser.add_argument(
        "--ground", type=colour, metavar="COLOUR",
        help="what a transparent picture lies on: white, grey, black or #RRGGBB (white)",
    )  # fmt: skip
    parser.add_argument(
        "--max-pixels", type=int, metavar="N", help="most pixels that are read of a picture or a frame (268 million)"
    )


def add_outputs(parser: argparse.ArgumentParser, summary: str) -> None:
    """Add the files to write."""
    parser.add_argument("-o", "--output", type=Path, action="append", metavar="FILE", help=summary)


def add_viewing(parser: argparse.ArgumentParser) -> None:
    """Add the geometry: the screen and its distance, or pixels per degree."""
    group = parser.add_argument_group("viewing geometry (a desktop screen at 60 cm is assumed)")
    group.add_argument("--ppd", type=float, metavar="N", help="pixels of the picture in one degree, at its centre")
    group.add_argument("--screen", type=screen, metavar="PX:CM", help="screen, such as 1920x1080:53x29.8")
    group.add_argument("--distance", type=float, metavar="CM", help="distance of the eye from the screen, in cm")


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add the seed."""
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="number of the simulated observer (0)")


def add_observer(parser: argparse.ArgumentParser, preset: str) -> None:
    """Add the choice of the observer and of its map; `preset` is what it is if nothing is asked for."""
    parser.add_argument(
        "--preset", default=preset, metavar="NAME", help=f"kind of observer: {', '.join(PRESET_NAMES)} ({preset})"
    )
    parser.add_argument(
        "--model", metavar="NAME",
        help="saliency model, such as readout, itti or gbvs (see foveal map --help), a read-out file (.npz), "
        "module:callable, or a folder of maps (that of the preset)",
    )  # fmt: skip
    parser.add_argument(
        "--task", metavar="WORDS", help='what is looked for, such as "red" or "vertical bright" (nothing: free viewing)'
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the choice of JSON on standard output."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
