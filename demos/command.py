"""What the commands share: how pictures, places and screens are given, and where results go."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foveation import Viewing

T = TypeVar("T")
ASSUMED_SCREEN = ((1920, 1080), (53.0, 29.8125), 60.0)  # a desktop screen of 24 inches at arm's length
SAMPLE = "astronaut"


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


def seed(text: str) -> int:
    """Read a whole number from 0 up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a seed from 0 up, got '{text}'")
    return int(text)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the picture, which may be left out."""
    parser.add_argument(
        "input", nargs="?", type=Path, help="picture file; one that ships with scikit-image if left out"
    )


def add_viewing(parser: argparse.ArgumentParser) -> None:
    """Add the geometry: the screen and its distance, or pixels per degree."""
    group = parser.add_argument_group("viewing geometry (a desktop screen at 60 cm is assumed)")
    group.add_argument("--ppd", type=float, metavar="N", help="pixels of the picture in one degree, at its centre")
    group.add_argument("--screen", type=screen, metavar="PX:CM", help="screen, such as 1920x1080:53x29.8")
    group.add_argument("--distance", type=float, metavar="CM", help="distance of the eye from the screen, in cm")


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add the seed."""
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="number of the simulated observer (0)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the choice of JSON on standard output."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def picture_of(options: argparse.Namespace) -> "tuple[str, NDArray[Any]]":
    """Give the picture's name and pixels."""
    from foveation.image import read_pixels, sample_pixels

    if options.input is None:
        return SAMPLE, sample_pixels(SAMPLE)
    return options.input.name, read_pixels(options.input)


def viewing_of(options: argparse.Namespace, shape: tuple[int, ...]) -> "tuple[Viewing, str]":
    """Give the viewing, in the pixels of a picture of `shape`, and a sentence that says what was assumed."""
    from foveation import Viewing

    if options.ppd is not None:
        if options.screen is not None or options.distance is not None:
            raise ValueError("expected either --ppd, or --screen and --distance, got both")
        viewing = Viewing.from_pixels_per_degree(options.ppd, shape)
        return viewing, f"as given, {options.ppd:g} px/deg"
    screen_px, screen_cm = options.screen or ASSUMED_SCREEN[:2]
    distance = ASSUMED_SCREEN[2] if options.distance is None else options.distance
    whole = Viewing(screen_px=screen_px, screen_cm=screen_cm, distance_cm=distance)
    given = [name for name in ("screen", "distance") if getattr(options, name) is not None]
    source = f"as given ({' and '.join(given)})" if given else "assumed (change it by --screen, --distance or --ppd)"
    return whole.of_picture(shape), f"{source}: a screen of {whole}"


def outputs_of(
    options: argparse.Namespace, name: str, defaults: tuple[str, ...], endings: tuple[str, ...]
) -> list[Path]:
    """Give the checked names of the outputs: those asked for, else the picture's name with `defaults` added."""
    from foveation.files import check_output

    asked = options.output or [Path.cwd() / f"{Path(name).stem}{addition}" for addition in defaults]
    return [check_output(path, endings) for path in asked]


def angle_line(viewing: "Viewing") -> str:
    """Say how large the picture is for the eye."""
    across, down = viewing.size_deg
    return f"the picture is {across:.1f} x {down:.1f} deg, {viewing.pixels_per_degree:.1f} px/deg"


def report(rows: Iterable[tuple[str, Any]]) -> None:
    """Print names and what they are, aligned."""
    for name, value in rows:
        print(f"{name:<12} {value}")


def progress(items: Iterable[T], total: int, unit: str) -> Iterable[T]:
    """Show a progress bar on standard error, if that is a terminal and tqdm is there."""
    if not sys.stderr.isatty():
        return items
    try:
        from tqdm import tqdm
    except ImportError:
        return items
    bar: Iterable[T] = tqdm(items, total=total or None, unit=unit)
    return bar
