"""What a contributor runs: `nox` checks and tests all, `nox -s test -- saliency/gate` one room.

`nox --no-venv --no-install` takes the environment that is active in place of one of its own.
"""

from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "test"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the direction of imports."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def test(session: nox.Session) -> None:
    """Test everything, or the rooms named: their tests and their doctests. What is no room goes to pytest as it is."""
    session.install("-e", ".[test]")
    paths = [path for named in session.posargs for path in _of_room(named)]
    session.run("python", "-m", "pytest", *paths)


@nox.session
def doctest(session: nox.Session) -> None:
    """Run the examples in the docstrings, of all packages or of those named."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *(session.posargs or ("foveation", "saliency", "neural", "demos")))


@nox.session
def bench(session: nox.Session) -> None:
    """Run a benchmark by name, with its options; those beside PyTorch want the extra `bench` too."""
    session.install("-e", ".[test]")
    if not session.posargs:
        names = sorted(file.stem for file in Path("benchmarks").glob("*.py") if file.stem != "measure")
        session.error(f"expected the name of a benchmark: {', '.join(names)}")
    name, *options = session.posargs
    session.run("python", f"benchmarks/{name}.py", *options, env={"OPENBLAS_NUM_THREADS": "1"})


def _of_room(named: str) -> list[str]:
    """Give the folders of a room, `saliency/gate`: the room and its tests."""
    return [path for path in (named, f"tests/{named}") if Path(path).is_dir()] or [named]
