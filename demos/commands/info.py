"""`foveal info`: versions, for a report, and whether another package has overwritten ours."""

import argparse
import importlib.metadata
import platform

from demos.outputs import report
from demos.parser import CommandParser

PACKAGES = ("foveation", "saliency", "neural", "demos")
DEPENDENCIES = ("numpy", "opencv-python", "scikit-image", "numba", "matplotlib", "autograd", "av", "tqdm")


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command: there are none."""


def run(options: argparse.Namespace) -> None:
    """Print the versions and what clashes."""
    report([("foveal", _version("foveal")), ("python", f"{platform.python_version()} on {platform.platform()}")])
    report((name.removesuffix("-python"), _version(name)) for name in DEPENDENCIES)
    for clash in clashes():
        report([("clash", clash)])
    try:
        from foveation.films.video import has_av
    except ImportError as error:
        report([("problem", error)])
        return
    report(
        [("films", "H.264 in MP4 (PyAV)" if has_av() else "VP8 or VP9 in WebM (OpenCV); H.264 needs the extra `video`")]
    )


def clashes(owners: dict[str, list[str]] | None = None) -> list[str]:
    """Say which other distributions own a package of ours: they overwrite files on disk without a word.

    Parameters
    ----------
    owners : dict
        Distributions by import name; those installed if none is given.

    Examples
    --------
    >>> clashes({"saliency": ["foveal", "saliency"], "neural": ["foveal"]})
    ["The distribution 'saliency' also owns the package 'saliency' of foveal: uninstall it, install foveal again."]
    """
    owned = importlib.metadata.packages_distributions() if owners is None else owners
    return [
        f"The distribution '{other}' also owns the package '{package}' of foveal: uninstall it, install foveal again."
        for package in PACKAGES
        for other in sorted(set(owned.get(package, [])) - {"foveal"})
    ]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        headless = f"{name}-headless"
        if name.startswith("opencv") and headless in {each.name for each in importlib.metadata.distributions()}:
            return f"{importlib.metadata.version(headless)} (headless)"
        return "not installed"
