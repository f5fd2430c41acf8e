"""What the pages and the benchmarks name exists: modules, names, files, commands."""

import ast
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from demos.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))
PACKAGES = ("foveation", "saliency", "neural", "demos")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def assert_imports_resolve(code):
    for line in ast.walk(ast.parse(code)):
        if isinstance(line, ast.ImportFrom) and line.module.partition(".")[0] in PACKAGES:
            assert all(hasattr(import_module(line.module), name.name) for name in line.names), line.module


def quoted(page):
    """Give everything between single backticks outside blocks of code."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))


@every_page
def test_every_dotted_name_resolves(page):
    pattern = rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+"
    for name in {found for text in quoted(page) for found in re.findall(rf"^{pattern}", text)}:
        if not name.endswith((".py", ".pyi")):
            pkgutil.resolve_name(name)


@every_page
def test_every_file_exists(page):
    folders = "|".join([*PACKAGES, "tests", "benchmarks", "docs"])
    named = {found for text in quoted(page) for found in re.findall(rf"^(?:{folders})/[\w/.*-]+", text)}
    named |= {target for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()) if "://" not in target}
    for name in sorted(named):
        if "NAME" not in name and "ROOM" not in name:
            assert list(ROOT.glob(name)) or (page.parent / name).exists(), name


@every_page
def test_every_command_exists(page):
    for command in re.findall(r"\bfoveal ([a-z][a-z-]+)", " ".join(quoted(page))):
        assert command in COMMANDS


@every_page
def test_the_imports_of_every_example_resolve(page):
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL):
        assert_imports_resolve(block)


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda benchmark: benchmark.stem)
def test_the_imports_of_every_benchmark_resolve(benchmark):
    assert_imports_resolve(benchmark.read_text(encoding="utf-8"))
