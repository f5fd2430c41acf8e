"""Rules of the compiled loops, read off their source: Numba's cache notices changes of one file only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("foveation", "saliency", "neural", "demos")
SOURCES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}


def is_compiled(node):
    return isinstance(node, ast.FunctionDef) and any(ast.unparse(each) == "compiled" for each in node.decorator_list)


def kernels_of(tree):
    return [node for node in tree.body if is_compiled(node)]


KERNEL_FILES = [name for name, tree in SOURCES.items() if kernels_of(tree)]


def foreign_names(tree):
    """Names that a module has from other modules of these packages."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    ours = [node for node in imports if (getattr(node, "module", None) or node.names[0].name).split(".")[0] in PACKAGES]
    return {alias.asname or alias.name.split(".")[0] for node in ours for alias in node.names}


def calls_elsewhere(tree):
    """Pairs of a kernel and a name from another file that it uses."""
    foreign = foreign_names(tree)
    used = [
        (kernel.name, node.id)
        for kernel in kernels_of(tree)
        for statement in kernel.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    ]
    return [(kernel, name) for kernel, name in used if name in foreign]


def test_there_is_a_file_of_kernels_in_each_room_that_has_some():
    assert KERNEL_FILES
    assert {Path(name).name for name in KERNEL_FILES} == {"kernels.py"}


@pytest.mark.parametrize("name", KERNEL_FILES)
def test_no_kernel_calls_one_of_another_file(name):
    assert calls_elsewhere(SOURCES[name]) == []


@pytest.mark.parametrize("name", KERNEL_FILES)
def test_a_kernel_file_needs_nothing_of_the_packages_but_the_compiler(name):
    assert foreign_names(SOURCES[name]) == {"compiled"}


def test_a_call_of_another_file_would_be_noticed():
    source = """
from foveation.jit import compiled
from saliency.gate import kernels
from saliency.gate.kernels import race

@compiled
def first(x):
    return race(x)

@compiled
def second(x):
    return kernels.race(first(x))
"""
    assert calls_elsewhere(ast.parse(source)) == [("first", "race"), ("second", "kernels")]


def test_nothing_is_compiled_for_parallel_loops():
    for name, tree in SOURCES.items():
        words = [word.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords]
        assert not {"parallel", "fastmath"} & set(words), name
