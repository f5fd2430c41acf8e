"""What is imported from where, and what an import costs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def modules_after(statement):
    code = f"{statement}; import sys; print(*sorted(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_packages_follow_the_path_of_light():
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml")) == EXIT_STATUS_SUCCESS


def test_the_library_imports_neither_matplotlib_nor_scikit_image():
    every = "[getattr(package, name) for package in (foveation, saliency, neural) for name in package.__all__]"
    loaded = modules_after(f"import foveation, saliency, neural; {every}")
    assert not {"matplotlib", "skimage", "av", "tqdm"} & loaded


def test_help_imports_nothing_heavy():
    code = "import demos.__main__ as m\ntry:\n m.main(['--help'])\nexcept SystemExit:\n pass"
    loaded = modules_after(f"exec({code!r})")
    assert not {"demos.arguments", "demos.outputs"} & loaded
    assert not {"numpy", "cv2", "numba", "foveation"} & loaded


@pytest.mark.parametrize("package", ["foveation", "saliency", "neural", "demos"])
def test_a_missing_system_library_is_answered_with_its_remedies(tmp_path, package):
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import demos.__main__ as m; sys.exit(m.main(['scanpath']))"
    )
    if package != "demos":
        every = "[getattr(package, name) for name in package.__all__]"
        code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {package} as package; {every}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    for remedy in ("libGL.so.1", "apt-get install libgl1 libglib2.0-0", "pip install opencv-python-headless"):
        assert remedy in done.stderr
    if package == "demos":
        assert "Traceback" not in done.stderr


def test_kernels_are_compiled_without_a_folder_for_their_code(monkeypatch):
    from numba.core import caching

    from foveation import compiled

    def no_place(*args, **kwargs):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(caching.FunctionCache, "__init__", no_place)

    @compiled
    def double(number):
        return 2 * number

    assert double(21) == 42
