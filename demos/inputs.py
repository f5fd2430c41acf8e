"""What a command works on, made from its options: the picture, models of its saliency, an observer, the viewing."""

import argparse
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import PIXELS_PER_DEGREE, asked_for, is_folder_of_maps
from foveation.checks import check_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foveation import Viewing
    from foveation.films.video import Video
    from neural import Observer
    from saliency import Model

ASSUMED_SCREEN = ((1920, 1080), (53.0, 29.8125), 60.0)  # a desktop screen of 24 inches at arm's length
SAMPLE = "astronaut"


def picture_of(options: argparse.Namespace) -> "tuple[str, NDArray[Any]]":
    """Give the picture's name and pixels."""
    from foveation import as_image, sample_pixels
    from foveation.image import has_alpha
    from foveation.picture_files import read_pixels

    if options.input is None:
        return SAMPLE, sample_pixels(SAMPLE)
    pixels = read_pixels(options.input, **asked_for(options, ("max_pixels",)))
    if options.ground is None:
        return options.input.name, pixels
    if not has_alpha(pixels):
        raise ValueError("--ground does nothing here: expected it for a picture with transparency")
    return options.input.name, as_image(pixels, ground=options.ground)


def film_of(options: argparse.Namespace) -> "Video":
    """Give the film."""
    from foveation import read_video

    return read_video(options.input, **asked_for(options, ("max_pixels",)))


def observer_of(options: argparse.Namespace) -> "Observer":
    """Give the observer that was asked for, with the map that was asked for."""
    from neural import Observer

    changes: dict[str, Any] = {}
    if options.task is not None:
        from saliency import Task

        changes["task"] = Task.target(options.task)
    if options.model is not None:
        models = list(models_of(options.model, options.maps_are).values())
        if len(models) > 1:
            raise ValueError(f"expected one model, got {len(models)}")
        changes["model"] = models[0]
    return Observer.preset(options.preset, **changes)


def is_film(options: argparse.Namespace) -> bool:
    """Tell whether the input is a film, by its ending."""
    from foveation.films.video import FILM_ENDINGS

    return options.input is not None and options.input.suffix.lower() in FILM_ENDINGS


def models_of(names: str, maps_are: str = "saliency") -> "dict[str, Model]":
    """Give the models of a list with commas: names (or all), read-out files, folders of maps, module:callable.

    `maps_are` is the kind of the maps in folders, as of `MapFolder`.

    Raises
    ------
    ValueError, OSError
        If there is no such model, or it cannot be used.
    """
    from saliency import MODELS

    models: dict[str, Model] = {}
    for name in (part.strip() for part in names.split(",")):
        models |= MODELS if name == "all" else {name: _model_of(name, maps_are)}
    return models


def _model_of(name: str, maps_are: str) -> Any:  # noqa: ANN401
    from saliency import MapFolder, model_named

    if is_folder_of_maps(name):
        return MapFolder(Path(name), maps_are)
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
    with failing(name):
        return check_map(model(image), image.shape)


@contextmanager
def failing(name: str) -> Iterator[None]:
    """Say that the model of this name failed, whatever a user's model does."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        from saliency.evaluation import sentence

        raise ValueError(f"the model '{name}' failed: {sentence(error)}") from error


@contextmanager
def failing_of_users(options: argparse.Namespace) -> Iterator[None]:
    """Say that the model that was asked for failed, if it is a user's own: `module:callable`."""
    if options.model is None or ":" not in options.model:
        yield
        return
    with failing(options.model):
        yield


def check_watches(model: Any, name: str | None) -> None:  # noqa: ANN401
    """Refuse finished maps for films, which have no maps of their frames."""
    if hasattr(model, "for_picture"):
        raise ValueError(f"expected a model that looks at each frame of a film, got maps of pictures: '{name}'")


def viewing_of(options: argparse.Namespace, shape: tuple[int, ...]) -> "tuple[Viewing, str]":
    """Give the viewing, in the pixels of a picture of `shape`, and a sentence that says what was assumed."""
    from foveation import Viewing

    if options.ppd is not None:
        if options.screen is not None or options.distance is not None:
            raise ValueError("expected either --ppd, or --screen and --distance, got both")
        return Viewing.from_pixels_per_degree(options.ppd, shape), f"as given, {options.ppd:g} px/deg"
    screen_px, screen_cm = options.screen or ASSUMED_SCREEN[:2]
    distance = ASSUMED_SCREEN[2] if options.distance is None else options.distance
    whole = Viewing(screen_px=screen_px, screen_cm=screen_cm, distance_cm=distance)
    least, most = PIXELS_PER_DEGREE
    check_number(whole.pixels_per_degree, f"a geometry of {least} to {most} px/deg", least=least, most=most)
    given = [name for name in ("screen", "distance") if getattr(options, name) is not None]
    source = f"as given ({' and '.join(given)})" if given else "assumed (change it by --screen, --distance or --ppd)"
    return whole.of_picture(shape), f"{source}: a screen of {whole}"
