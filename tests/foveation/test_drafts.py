"""Drafts: the files that are written before they take their names, and what is left of them by a process that died."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from foveation import files
from foveation.files import written_whole

WRITES = """
import os, signal, sys
from foveation.files import written_whole
with written_whole("a.txt") as draft:
    draft.write_text("half of it")
    print(draft.name, flush=True)
    {then}
"""
DIES, LIVES = "os.kill(os.getpid(), signal.SIGKILL)", "sys.stdin.read()"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="drafts are cleared where a process can be asked for")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun(then):
    return subprocess.Popen(
        [sys.executable, "-c", WRITES.format(then=then)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def names():
    return sorted(path.name for path in Path().iterdir())


def write(name):
    with written_whole(name) as draft:
        draft.write_text("all of it")


@pytest.mark.parametrize("name", ["a.txt", "another.png", "none"])
def test_what_a_killed_process_left_is_cleared_by_the_next_that_writes_there(name):
    with begun(DIES) as process:
        left = process.stdout.readline().strip()
    assert names() == [left]
    write(name)
    assert names() == [name]


def test_what_is_not_yet_buried_is_dead():
    process = begun(DIES)
    left = process.stdout.readline().strip()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    write("b.txt")
    assert (left in names()) is not Path("/proc/self/stat").exists()
    process.communicate()


def test_the_draft_of_a_living_process_is_left_alone():
    with begun(LIVES) as process:
        draft = process.stdout.readline().strip()
        write("b.txt")
        write("a.txt")
        assert names() == [draft, "a.txt", "b.txt"]
        process.communicate("")
    assert names() == ["a.txt", "b.txt"]
    assert Path("a.txt").read_text() == "half of it"  # it ended last


def test_our_own_drafts_are_left_alone():
    with written_whole("a.txt") as one, written_whole("a.txt") as other:
        one.write_text("1")
        other.write_text("2")
        write("b.txt")
        assert len(names()) == 3
    assert names() == ["a.txt", "b.txt"]
    assert Path("a.txt").read_text() == "1"


def test_a_number_that_another_process_has_now_does_not_keep_a_draft(monkeypatch):
    monkeypatch.setattr(files, "_birth", lambda process: "12345678")
    with written_whole("a.txt") as draft:
        draft.touch()
        left = draft.name
    Path(left).touch()
    write("b.txt")
    assert left in names()
    monkeypatch.setattr(files, "_birth", lambda process: "87654321")
    write("b.txt")
    assert left not in names()


def test_where_births_are_not_told_the_number_decides(monkeypatch):
    monkeypatch.setattr(files, "_birth", lambda process: files.UNTOLD)
    with written_whole("a.txt") as draft:
        draft.touch()
        left = draft.name
    dead = left.replace(f"-{os.getpid()}-", "-999999999-")
    for name in (left, dead):
        Path(name).touch()
    write("b.txt")
    assert names() == [left, "a.txt", "b.txt"]


@pytest.mark.parametrize("name", [".hidden.txt", ".looked.0a1b2c3d.mp4", ".a.foveal-00000000-1-00000000-00000000.txt"])
def test_files_of_others_and_of_other_machines_are_left_alone(name):
    Path(name).touch()
    write("b.txt")
    assert names() == sorted([name, "b.txt"])


def test_a_long_name_has_a_draft_too():
    name = "ä" * 120 + ".txt"
    write(name)
    assert names() == [name]
