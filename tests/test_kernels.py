"""Rules of the compiled loops, read off their source: Numba's cache notices changes of one file only."""

import ast
from pathlib import Path

import numpy as np
import pytest

from foveation import kernels as eye_kernels
from neural.glimpses import kernels as digit_kernels
from neural.sequences import kernels as shape_kernels
from saliency.measures import kernels as score_kernels
from saliency.models import kernels as model_kernels
from saliency.priority import kernels as priority_kernels
from saliency.priority.log_linear import LogLinear

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


# Floats that become indices: nothing outside an array is read or written (`.ci/run` runs these with indices checked)

WILD = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-310, -1e-310, -1.0, 0.0, 7.5)


@pytest.mark.parametrize("wild", WILD)
def test_the_index_of_an_entry_stays_in_its_table(wild):
    table = np.array([1.0, 2.0, 4.0])
    read = eye_kernels.tabulated(table, wild)
    assert wild < 0 or read == pytest.approx(np.interp(wild, [0, 1, 2], table), abs=1e-6, nan_ok=True)
    cells = np.array([0, 1, 2, 2])
    gaps, equal = np.zeros(3, np.int64), np.zeros(2, np.int64)
    score_kernels.count_at(np.array([wild]), np.array([0.0, 1.0]), 0.0, 2.0, cells, gaps, equal)
    assert gaps.sum() + equal.sum() == 1


@pytest.mark.parametrize("wild", WILD)
def test_the_index_of_a_bin_stays_in_its_histogram(wild):
    with np.errstate(over="ignore"):
        values, out = np.array([0, wild, 1], np.float32), np.empty(3, np.float32)
    model_kernels.self_information(values, 0.0, 1.0, 4, out)
    assert np.isfinite(out).all()
    if np.isfinite(values[1]):
        model_kernels.self_information(values, float(values.min()), float(values.max()), 4, out)
        assert np.isfinite(out).all()


@pytest.mark.parametrize("wild", WILD)
def test_the_indices_of_a_place_stay_in_the_tables_of_saccades(wild):
    tables = LogLinear.pretrained().tables
    axes = priority_kernels.SaccadeAxes(0.1, 0.1, 0.1)
    grid, out = np.random.default_rng(0).normal(size=(5, 6)), np.empty(6)
    polar, places = np.empty((tables.first.size, 16)), np.empty((2, 6))
    gradients = priority_kernels.SaccadeTables(*(np.zeros_like(table) for table in tables))
    for history in ([[wild, 0.0]], [[0.0, wild], [wild, wild]], [[0.0, 0.0], [1.0, wild], [wild, 1.0]]):
        gazes = np.array(history)
        with np.errstate(all="ignore"):
            priority_kernels.next_place(tables, axes, grid, gazes, 1, polar, places, out)
            priority_kernels.add_gradients(axes, grid, gazes, 1, polar, places, np.ones(6), gradients)


@pytest.mark.parametrize("wild", WILD)
def test_the_indices_of_what_is_drawn_stay_in_the_picture(wild):
    digits, image = np.zeros((1, 8, 8), np.uint8), np.zeros((1, 8, 8, 3), np.uint8)
    strokes = np.array([[[1.0, wild], [wild, 3.0]]])
    digit_kernels.draw_strokes(strokes, np.array([[True]]), np.array([2.0]), np.array([1.0]), digits)
    digit_kernels.affine(digits, np.array([[[1.0, 0.0, wild], [0.0, wild, 1.0]]]), np.empty_like(digits))
    for shape in range(4):
        shape_kernels.draw_shapes(
            np.array([0]), np.array([[wild, 3.0]]), np.array([abs(wild)]), np.array([shape]), np.ones((1, 3)), image
        )
