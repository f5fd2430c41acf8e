"""Files: written whole or not at all, in the name that was asked for; read in one sentence."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from foveation import Frame, VideoWriter, Viewing, write_image
from foveation.figures import picture_figure, save_figure
from foveation.files import read_json, reading, unpacked, written_whole
from saliency import Readout, Scanpath, write_scanpaths

VIEWING = Viewing.from_pixels_per_degree(20, (480, 640))
MANY = np.arange(4000.0)
PATH = Scanpath(
    x=MANY % 600, y=MANY % 400, onset=MANY, duration=MANY * 0 + 0.2, viewing=VIEWING, watched=4001.0, stimulus="a.png"
)
NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


@pytest.fixture
def full(monkeypatch):
    """Let no file become longer than 20 kB: to a program that writes it is as if the disk were full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def film(path):
    with VideoWriter(path, NOISE.shape[:2], fps=25) as writer:
        for number in range(60):
            writer.write(Frame(number / 25, np.roll(NOISE, number, 0)))


def figure(path):
    drawn, axes = picture_figure(NOISE.shape)
    axes.imshow(NOISE)
    save_figure(drawn, path)


WRITERS = {
    **dict.fromkeys(("a.png", "a.tif", "a.bmp"), lambda path: write_image(path, NOISE)),
    **dict.fromkeys(("figure.png", "figure.svg", "figure.pdf"), figure),
    **dict.fromkeys(("a.mp4", "a.webm", "a.gif"), film),
    **dict.fromkeys(("own.csv", "own.json"), PATH.write),
    **dict.fromkeys(("a.csv", "a.tsv", "a.hdf5", "a.asc"), lambda path: write_scanpaths(PATH, path)),
    "coco.json": lambda path: write_scanpaths(PATH, path),
    "readout.npz": lambda path: Readout(faces=False).weights.write(path),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_told_in_the_name_that_was_asked_for_and_leaves_nothing(full, tmp_path, name):
    with pytest.raises(OSError, match=r"^\[Errno ") as refusal:
        WRITERS[name](tmp_path / name)
    assert refusal.value.errno in (errno.ENOSPC, errno.EFBIG)
    assert refusal.value.filename == str(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_other_errors_keep_their_names(tmp_path):
    with pytest.raises(FileNotFoundError, match="other"), written_whole(tmp_path / "a.txt"):
        (tmp_path / "other").read_text()
    with pytest.raises(OSError, match="no display"), written_whole(tmp_path / "a.txt"):
        raise OSError("no display")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecursionError("maximum"), "it is nested too deeply"),
        (MemoryError(), "it asks for more memory than there is"),
        (KeyError("x"), "'x' is missing"),
        (OverflowError("int too large\nto convert"), "int too large to convert"),
        (EOFError(), "EOFError"),
        (OSError("truncated file"), "truncated file"),
        (ValueError("expected an x"), "expected an x"),
    ],
)
def test_whatever_goes_wrong_in_reading_is_one_sentence(error, said):
    with pytest.raises(ValueError, match=rf"^'a.txt' cannot be read: {said}$"), reading("a.txt", "cannot be read"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("'a.txt', row 3: expected a number"),
        FileNotFoundError("there is no file 'a.txt'"),
        PermissionError(13, "Permission denied", "a.txt"),
        OSError(5, "Input/output error"),
        ImportError("h5py is needed"),
        KeyboardInterrupt(),
    ],
)
def test_what_is_told_already_or_is_no_damage_is_left_as_it_is(error):
    with pytest.raises(type(error)) as told, reading("a.txt", "cannot be read"):
        raise error
    assert told.value is error


def test_json_and_packed_files_are_read_or_refused(tmp_path):
    (tmp_path / "a.json").write_text("\ufeff[1]", encoding="utf-8")
    assert read_json(tmp_path / "a.json") == [1]
    assert unpacked(tmp_path / "a.json").endswith(b"[1]")
    (tmp_path / "a.json").write_bytes(b"\x1f\x8bnothing of the kind")
    with pytest.raises(ValueError, match=r"a.json' cannot be unpacked, expected a whole gzip file: "):
        unpacked(tmp_path / "a.json")


KERNELS = """from foveation.jit import compiled

@compiled
def twice(x):
    return 2 * x

@compiled
def more(x):
    return twice(x) + 1

print(more(3.0))
"""


def test_a_cut_cache_of_compiled_code_is_made_anew_with_a_note(tmp_path):
    (tmp_path / "kernels.py").write_text(KERNELS)

    def run():
        environment = {
            **os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[2])
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "kernels.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout == "7.0\n"
        return done.stderr

    assert run() == run() == ""
    kept = [path for path in (tmp_path / "cache").rglob("*more*") if path.suffix in (".nbi", ".nbc")]
    assert len(kept) == 2
    for path in kept:
        whole = path.read_bytes()
        for size in (0, len(whole) // 2):
            path.write_bytes(whole[:size])
            assert "compiled code was damaged and is made anew, in '" in run()
            assert run() == ""


def test_hdf5_is_what_its_library_reads(tmp_path):
    write_scanpaths(PATH, tmp_path / "a.hdf5")
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert file["train_xs"].shape == (1, len(PATH))
