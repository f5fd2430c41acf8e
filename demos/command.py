"""What the commands share: how pictures, places and screens are given, and where results go."""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foveation import Viewing
    from neural import Observer
    from saliency import Model

T = TypeVar("T")
ASSUMED_SCREEN = ((1920, 1080), (53.0, 29.8125), 60.0)  # a desktop screen of 24 inches at arm's length
SAMPLE = "astronaut"
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


def picture_of(options: argparse.Namespace) -> "tuple[str, NDArray[Any]]":
    """Give the picture's name and pixels."""
    from foveation.image import read_pixels, sample_pixels

    if options.input is None:
        return SAMPLE, sample_pixels(SAMPLE)
    return options.input.name, read_pixels(options.input)


def observer_of(options: argparse.Namespace) -> "Observer":
    """Give the observer that was asked for, with the map that was asked for."""
    from neural import Observer

    changes: dict[str, Any] = {}
    if options.task is not None:
        from saliency import Task

        changes["task"] = Task.target(options.task)
    if options.model is not None:
        models = list(models_of(options.model).values())
        if len(models) > 1:
            raise ValueError(f"expected one model, got {len(models)}")
        changes["model"] = models[0]
    return Observer.preset(options.preset, **changes)


def is_film(options: argparse.Namespace) -> bool:
    """Tell whether the input is a film, by its ending."""
    from foveation.video import FILM_ENDINGS

    return options.input is not None and options.input.suffix.lower() in FILM_ENDINGS


def models_of(names: str) -> "dict[str, Model]":
    """Give the models of a list with commas: names (or all), read-out files, folders of maps, module:callable.

    Raises
    ------
    ValueError, OSError
        If there is no such model, or it cannot be used.
    """
    from saliency import MODELS

    models: dict[str, Model] = {}
    for name in (part.strip() for part in names.split(",")):
        models |= MODELS if name == "all" else {name: _model_of(name)}
    return models


def _model_of(name: str) -> Any:  # noqa: ANN401
    from saliency import MODELS, MapFolder, model_named

    if name not in MODELS and name and Path(name).is_dir():
        return MapFolder(Path(name))
    return _imported(name) if ":" in name and not name.lower().endswith(".npz") else model_named(name)


def _imported(name: str) -> Any:  # noqa: ANN401
    """Give the model `module:callable`; a class is called for its model."""
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:  # noqa: PTH109
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        imported = importlib.import_module(module)
        found = getattr(imported, attribute, None)
        model: Any = found() if isinstance(found, type) else found
    except Exception as error:  # whatever a user's module does
        if isinstance(error, ModuleNotFoundError) and error.name == module:
            raise ValueError(f"there is no Python module '{module}' for the model '{name}'") from None
        from saliency.evaluation import sentence

        raise ValueError(f"the model '{name}' cannot be made: {sentence(error)}") from error
    if found is None:
        raise ValueError(f"the module '{module}' has no '{attribute}'")
    if not callable(model) and not hasattr(model, "for_picture"):
        raise ValueError(f"'{name}' is no model: it cannot be called with a picture")
    return model


def map_of(model: "Model", image: "NDArray[Any]", name: str, picture: str) -> "NDArray[Any]":
    """Give the map of an image by a model of this name; `picture` is what a folder of maps knows the image by.

    Raises
    ------
    ValueError
        If the model fails, or what it gives is no map of the image.
    OSError
        If there is no map of the picture in a folder.
    """
    from saliency import check_map

    if hasattr(model, "for_picture"):
        model = model.for_picture(picture)
    try:
        return check_map(model(image), image.shape)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # whatever a user's model does
        from saliency.evaluation import sentence

        raise ValueError(f"the model '{name}' failed: {sentence(error)}") from error


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


class Clock:
    """Guesses the time that is left from that of the work done so far.

    Parameters
    ----------
    total : float
        All there is to do, in any unit.
    """

    def __init__(self, total: float) -> None:
        self.total, self.done, self.begin = total, 0.0, time.monotonic()

    def skip(self, work: float) -> None:
        """Count work that was done before this run."""
        self.total -= work

    def left(self, work: float) -> str:
        """Count work that was just done; give the time for the rest."""
        self.done += work
        seconds = (time.monotonic() - self.begin) / self.done * (self.total - self.done)
        return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def say(sentence: str) -> None:
    """Write a line on standard error, for who waits."""
    print(sentence, file=sys.stderr, flush=True)


def made_with() -> str:
    """Name the versions on which a result depends."""
    from importlib.metadata import version
    from platform import python_version

    import numpy as np

    from foveation.opencv import cv2

    return f"foveal {version('foveal')}, Python {python_version()}, NumPy {np.__version__}, OpenCV {cv2.__version__}"
