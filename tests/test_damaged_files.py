"""Every reader of every format answers a damaged file with one sentence that names it."""

import gzip
import json
import zlib
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from demos.gaze import read_gaze
from demos.training.resumable import ResumableTraining
from foveation import Viewing
from neural import RecurrentAttentionModel
from neural.files import read_network, write_network
from neural.glimpses.mnist import read_idx
from neural.sequences.corpus import read_pairs
from saliency import LogLinear, Readout, Recordings, Scanpath, read_scanpaths, write_scanpaths
from saliency.learning.loop import Progress
from saliency.learning.unfinished import read_progress, write_progress
from saliency.models.aim import read_filters
from saliency.models.readout.readout import Weights
from saliency.models.stored_maps import read_map
from saliency.priority.le_meur import SaccadeTable

VIEWING = Viewing.from_pixels_per_degree(20, (480, 640))
PATH = Scanpath(
    x=[100, 200.5, 300], y=[50, 60, 70], onset=[0.2, 0.5, 0.9], duration=[0.2, 0.3, 0.1], viewing=VIEWING,
    watched=1.2, stimulus="a.png", subject="someone",
)  # fmt: skip


IDX = bytes([0, 0, 8, 1, 0, 0, 0, 9, *range(9)])


class Terms(NamedTuple):
    """Of a loss."""

    error: float


def _exchanged(path, **options):
    return read_scanpaths(path, VIEWING, **options)


def _written_progress(path):
    weights = {"x": np.ones(200, np.float32)}
    write_progress(
        Progress(1, 2, Terms(0.5), weights, weights, weights, {}), path, notes={"settings": {}, "epochs": []}
    )


def _written_saccades(path):
    table = SaccadeTable.pretrained()
    np.savez(path, density=table.density, edges_deg=table.edges_deg, provenance=np.array("people"))


def _written_network(path):
    write_network(RecurrentAttentionModel(glimpses=2).initial(np.zeros((1, 28, 28))), path)


def _written_table(path):
    write_scanpaths([PATH, PATH.__class__(**{**_fields(PATH), "subject": "other"})], path)


def _fields(path):
    return {name: getattr(path, name) for name in ("x", "y", "onset", "duration", "viewing", "watched", "stimulus")}


def _recordings(path):
    folder = path.parent
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images" / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\0\0\0\0" + b"\xe1\x64\xe1\x57"
        + _chunk(b"IDAT", zlib.compress(b"\0" * 72)) + _chunk(b"IEND", b"")
    )  # fmt: skip
    return Recordings.read(folder)


def _chunk(kind, content):
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


READERS = {  # how a file of a name is written, and read
    "scanpath.csv": (lambda path: PATH.write(path), Scanpath.read),
    "scanpath.json": (lambda path: PATH.write(path), Scanpath.read),
    "table.csv": (_written_table, _exchanged),
    "multimatch.tsv": (partial(write_scanpaths, PATH), _exchanged),
    "pysaliency.hdf5": (partial(write_scanpaths, PATH), _exchanged),
    "pysaliency.npz": (partial(write_scanpaths, PATH), _exchanged),
    "coco.json": (partial(write_scanpaths, PATH), _exchanged),
    "eyelink.asc": (partial(write_scanpaths, PATH), _exchanged),
    "fixations.csv": (lambda path: path.write_text("image,subject,x,y\na.png,s,1,2\na.png,s,3,2\n"), _recordings),
    "readout.npz": (lambda path: Readout(faces=False).weights.write(path), Weights.read),
    "network.npz": (_written_network, read_network),
    "saccades.npz": (lambda path: LogLinear.pretrained().write(path), LogLinear.read),
    "densities.npz": (_written_saccades, SaccadeTable.read),
    "filters.npz": (lambda path: np.savez(path, filters=np.ones((2, 3, 3, 3))), read_filters),
    "training.npz.part": (_written_progress, partial(read_progress, loss_terms=Terms)),
    "digits-idx1-ubyte.gz": (
        lambda path: path.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 9, *range(9)]))),
        read_idx,
    ),
    "pairs.tsv": (lambda path: path.write_text("one\tun\ntwo\tdeux\n"), read_pairs),
    "pairs.tsv.gz": (lambda path: path.write_bytes(gzip.compress(b"one\tun\ntwo\tdeux\n" * 50)), read_pairs),
    "gaze.csv": (lambda path: path.write_text("time_ms,x,y\n0,1,2\n5,2,3\n"), read_gaze),
    "map.npy": (lambda path: np.save(path, np.eye(8)), read_map),
    "map.npz": (lambda path: np.savez(path, map=np.eye(8)), read_map),
}


def _answered(read, path):
    """Read a file that may be damaged: all is well, or there is one sentence that names it."""
    try:
        read(path)
    except (ValueError, OSError) as error:
        assert str(path.parent) in str(error)
        assert "\n" not in str(error)
        return str(error)
    return ""


@pytest.fixture(params=READERS, ids=str)
def written(request, tmp_path):
    if request.param.endswith((".hdf5",)):
        pytest.importorskip("h5py")
    write, read = READERS[request.param]
    path = tmp_path / request.param
    write(path)
    read(path)
    return path, read


@pytest.mark.filterwarnings("ignore")
def test_a_file_that_is_cut_off_or_damaged_is_answered_in_a_sentence(written):
    path, read = written
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for size in {0, 1, 7, len(whole) // 3, len(whole) // 2, len(whole) - 30, len(whole) - 1}:
        path.write_bytes(whole[: max(size, 0)])
        _answered(read, path)
    for _ in range(40):
        damaged = bytearray(whole)
        for place in rng.integers(len(whole), size=rng.integers(1, 6)):
            damaged[place] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        _answered(read, path)


TEXTS = ("scanpath.csv", "table.csv", "multimatch.tsv", "fixations.csv", "gaze.csv")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("cell", ["x" * 200_000, "a word", "1e999", "9" * 6000, '"', "\0", ""])
def test_cells_that_hold_no_number_are_answered_in_a_sentence(tmp_path, name, cell):
    write, read = READERS[name]
    write(tmp_path / name)
    text = (tmp_path / name).read_text()
    delimiter = "\t" if name.endswith(".tsv") else ","
    lines = text.splitlines()
    for column in range(len(lines[1].split(delimiter))):
        for row in (0, 1):
            cells = lines[row].split(delimiter)
            cells[column] = cell
            changed = [*lines[:row], delimiter.join(cells), *lines[row + 1 :]]
            (tmp_path / name).write_text("\n".join(changed) + "\n")
            said = _answered(read, tmp_path / name)
            if len(cell) == 200_000 and name != "gaze.csv":
                assert "field larger than field limit" in said


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("name", ["scanpath.json", "coco.json"])
@pytest.mark.parametrize("value", [DEEP, "9" * 6000, "1e999", "null", '"a word"', "{}", "[[[1]]]", "true"])
def test_json_of_any_content_is_answered_in_a_sentence(tmp_path, name, value):
    write, read = READERS[name]
    write(tmp_path / name)
    whole = json.loads((tmp_path / name).read_text())

    def changed(part):
        """Give the content with each of its values replaced in turn."""
        pairs = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        for key, inner in list(pairs):
            part[key] = "@"
            yield json.dumps(whole)
            part[key] = inner
            yield from changed(inner)

    (tmp_path / name).write_text(value)
    assert _answered(read, tmp_path / name)
    for text in changed(whole):
        (tmp_path / name).write_text(text.replace('"@"', value))
        _answered(read, tmp_path / name)


@pytest.mark.parametrize("header", [DEEP, "9" * 6000, "[]", "{}", "", '{"version": []}'])
@pytest.mark.parametrize("name", ["readout.npz", "network.npz", "training.npz.part"])
def test_headers_of_any_content_are_answered_in_a_sentence(tmp_path, name, header):
    with (tmp_path / name).open("wb") as file:
        np.savez(file, header=np.array(header), x=np.ones(3))
    assert _answered(READERS[name][1], tmp_path / name)


@pytest.mark.parametrize("name", ["saccades.npz", "densities.npz", "filters.npz", "readout.npz", "network.npz"])
def test_arrays_of_words_are_answered_in_a_sentence(tmp_path, name):
    write, read = READERS[name]
    write(tmp_path / name)
    arrays = dict(np.load(tmp_path / name))
    for each in arrays:
        np.savez(tmp_path / name, **{**arrays, each: np.array([["a word"]])})
        _answered(read, tmp_path / name)


@pytest.mark.parametrize("changes", [{"train_ns": np.array([np.nan])}, {"train_xs": np.array([["a", "b", "c"]])}])
def test_arrays_of_another_kind_are_answered_in_a_sentence(tmp_path, changes):
    path = tmp_path / "pysaliency.npz"
    write_scanpaths(PATH, path)
    np.savez(path, **{**np.load(path), **changes})
    assert "cannot be read as a file of pysaliency" in _answered(_exchanged, path)


def test_settings_and_epochs_of_an_unfinished_training_are_read_as_any(tmp_path):
    kept = ResumableTraining(part=tmp_path / "a.part", settings={}, loss_terms=Terms)
    weights = {"x": np.ones(2, np.float32)}
    write_progress(
        Progress(1, 2, Terms(0.5), weights, weights, weights, {}), kept.part, notes={"epochs": 3, "settings": {}}
    )
    assert "remove it to start afresh" in _answered(lambda path: kept.kept(), kept.part)


def test_a_header_of_an_array_may_claim_too_much(tmp_path):
    content = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 999999), }"
    (tmp_path / "a.npy").write_bytes(content.ljust(127) + b"\n")
    assert "holds no array that can be read" in _answered(read_map, tmp_path / "a.npy")
