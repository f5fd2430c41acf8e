"""A collection of pictures: order, seeds, what is kept and what fails, with threads, processes and a cluster."""

import errno
import json
import os
import re
import shutil
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import Viewing, as_image, write_image
from foveation.picture_files import read_pixels
from neural import Observer
from neural.observer import collection
from neural.observer.collection import observe_all, seed_of, table_of
from neural.observer.parts import no_inhibition
from neural.observer.settings import described
from saliency import MapFolder, Scanpath, ShapeInhibition, Task
from saliency.recordings.exchange import read_table

SHAPE = (30, 40)
VIEWING = partial(Viewing.from_pixels_per_degree, 4)


def light(image):
    return image.mean(axis=2)


OBSERVER = Observer(model=light)
LOOK = {"viewing": VIEWING, "duration": 1.0}


def picture(seed):
    pixels = np.random.default_rng(seed).integers(40, 90, (*SHAPE, 3), dtype=np.uint8)
    pixels[4 + seed : 12 + seed, 5 + 3 * seed : 12 + 3 * seed] = 250
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Five pictures and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed, name in enumerate("abcde"):
        write_image(folder / f"{name}.png", picture(seed))
    (folder / "broken.png").write_text("no picture")
    return folder


@pytest.fixture
def pictures(folder):
    return [folder / f"{name}.png" for name in "abcde"]


class Immediate(Executor):
    """Works at once, and counts; what `answers` tells by name is the end of that picture."""

    def __init__(self, answers=None):
        self.submitted = []
        self.answers = answers or {}

    def submit(self, work, /, name, file):
        self.submitted.append(name)
        future = Future()
        future.set_running_or_notify_cancel()
        if name in self.answers:
            future.set_exception(self.answers[name])
        else:
            future.set_result(work(name, file))
        return future


def by_name(results):
    return {observed.name: observed.paths for observed in results}


def test_the_paths_are_those_of_look_many_with_the_seed_of_the_name(pictures):
    results = list(observe_all(pictures, OBSERVER, viewing=VIEWING, observers=3, duration=1.0, rng=7))
    assert [observed.name for observed in results] == ["a.png", "b.png", "c.png", "d.png", "e.png"]
    for file, observed in zip(pictures, results, strict=True):
        pixels, rng = read_pixels(file), np.random.default_rng(seed_of(file.name, 7))
        looked = OBSERVER.look_many(pixels, VIEWING(SHAPE), observers=3, duration=1.0, rng=rng, stimulus=observed.name)
        assert observed == (file.name, tuple(looked), "", False)
    assert len({path.x.tobytes() for observed in results for path in observed.paths}) == 15


@settings(deadline=None, max_examples=8)
@given(order=st.permutations("abcde").flatmap(lambda names: st.integers(1, 5).map(lambda n: names[:n])))
def test_neither_the_order_nor_the_other_pictures_matter(folder, order):
    everything = by_name(observe_all([folder / f"{name}.png" for name in "abcde"], OBSERVER, **LOOK))
    files = [folder / f"{name}.png" for name in order]
    some = list(observe_all(files, OBSERVER, **LOOK))
    assert [observed.name for observed in some] == [file.name for file in files]
    assert by_name(some) == {file.name: everything[file.name] for file in files}


def test_threads_give_the_same_in_the_same_order(folder, pictures):
    files = [folder / "broken.png", *pictures]
    alone = list(observe_all(files, OBSERVER, observers=2, **LOOK))
    for ahead in (1, 3, 64):
        with ThreadPoolExecutor(3) as executor:
            assert list(observe_all(files, OBSERVER, observers=2, executor=executor, ahead=ahead, **LOOK)) == alone


def test_a_generator_stands_for_the_seed_that_it_draws(pictures):
    drawn = int(np.random.default_rng(5).integers(2**63))
    results = list(observe_all(pictures[:2], OBSERVER, rng=np.random.default_rng(5), **LOOK))
    assert results == list(observe_all(pictures[:2], OBSERVER, rng=drawn, **LOOK))
    assert by_name(results) != by_name(observe_all(pictures[:2], OBSERVER, rng=5, **LOOK))


def test_one_screen_shows_all_pictures(pictures, screen):
    (observed,) = observe_all(pictures[:1], OBSERVER, viewing=screen, duration=1.0)
    assert observed.paths[0].viewing == screen.of_picture(SHAPE)


def test_what_fails_is_told_and_the_rest_is_done(folder, pictures):
    def fails_on_b(image):
        if np.array_equal(image, as_image(read_pixels(pictures[1]))):
            raise KeyError("no such feature")
        return light(image)

    files = [folder / "missing.png", folder / "broken.png", *pictures]
    results = list(observe_all(files, Observer(model=fails_on_b), **LOOK))
    failures = {observed.name: observed.failure for observed in results if observed.failure}
    assert failures == {
        "missing.png": f"FileNotFoundError: there is no file '{folder / 'missing.png'}'",
        "broken.png": f"'{folder / 'broken.png'}' is not a picture that can be read (or it is damaged)",
        "b.png": "KeyError: 'no such feature'",
    }
    assert all(bool(observed.paths) != bool(observed.failure) for observed in results)


def test_a_folder_of_maps_is_asked_for_the_map_of_each_picture(tmp_path, pictures):
    for file in pictures[:2]:
        np.save(tmp_path / f"{file.stem}.npy", light(as_image(read_pixels(file))))
    results = list(observe_all(pictures[:3], Observer(model=MapFolder(tmp_path)), **LOOK))
    assert by_name(results[:2]) == by_name(observe_all(pictures[:2], OBSERVER, **LOOK))
    assert "there is no map of 'c.png'" in results[2].failure


def test_only_so_many_pictures_are_ahead(pictures):
    executor = Immediate()
    results = observe_all(pictures, OBSERVER, executor=executor, ahead=2, **LOOK)
    assert executor.submitted == []
    for taken in range(1, 6):
        next(results)
        assert len(executor.submitted) == min(taken + 1, 5)


def test_a_table_is_written_before_its_turn(tmp_path, folder, pictures):
    def waits_for_the_others(image):
        if image.max() == 1:  # picture 'white'
            give_up = time.monotonic() + 120
            while not all(table_of(tmp_path / "out", file.name).exists() for file in pictures):
                assert time.monotonic() < give_up, "the others were not written"
                time.sleep(0.01)
        return light(image)

    write_image(tmp_path / "white.png", np.full((*SHAPE, 3), 255, np.uint8))
    with ThreadPoolExecutor(2) as executor:
        files = [tmp_path / "white.png", *pictures]
        observer = Observer(model=waits_for_the_others)
        results = list(observe_all(files, observer, out=tmp_path / "out", executor=executor, **LOOK))
    assert [observed.failure for observed in results] == [""] * 6


def test_what_is_kept_is_read_and_not_made_again(tmp_path, folder, pictures):
    out = tmp_path / "deep" / "out"
    first = list(observe_all([*pictures[:3], folder / "broken.png"], OBSERVER, out=out, observers=2, **LOOK))
    assert [observed.kept for observed in first] == [False] * 4
    tables = {name: table_of(out, f"{name}.png") for name in "abc"}
    times = {name: table.stat().st_mtime_ns for name, table in tables.items()}
    assert tuple(read_table(tables["a"])) == first[0].paths
    executor = Immediate()
    files = [*pictures, folder / "broken.png"]
    again = list(observe_all(files, OBSERVER, out=out, observers=2, executor=executor, **LOOK))
    assert executor.submitted == ["d.png", "e.png", "broken.png"]
    assert [observed.kept for observed in again] == [True] * 3 + [False] * 3
    assert again[0].paths == first[0].paths
    assert {name: table.stat().st_mtime_ns for name, table in tables.items()} == times
    assert by_name(again) == by_name(observe_all(files, OBSERVER, observers=2, **LOOK))
    assert sorted(path.name for path in out.rglob("*")) == [
        *(f"{name}.png.csv" for name in "abcde"),
        "scanpaths",
        "settings.json",
    ]


def test_a_path_without_fixations_is_kept_too(tmp_path):
    write_image(tmp_path / "grey.png", np.full((*SHAPE, 3), 128, np.uint8))
    observer = Observer.preset("itti1998")
    (first,) = observe_all([tmp_path / "grey.png"], observer, out=tmp_path / "out", **LOOK)
    (again,) = observe_all([tmp_path / "grey.png"], observer, out=tmp_path / "out", **LOOK)
    assert (len(first.paths), len(first.paths[0])) == (1, 0)
    assert again == first._replace(kept=True)


@pytest.mark.parametrize("harm", ["empty", "cut", "fewer", "another", "older"])
def test_a_table_that_does_not_fit_is_made_again(tmp_path, folder, pictures, harm):
    out = tmp_path / "out"
    whole = list(observe_all(pictures[:2], OBSERVER, out=out, observers=2, **LOOK))
    table, other = (table_of(out, name) for name in ("a.png", "b.png"))
    text = table.read_text()
    changed = {
        "empty": "",
        "cut": text[: len(text) // 2],
        "fewer": "".join(line for line in text.splitlines(keepends=True) if not line.startswith("a.png,2,")),
        "another": other.read_text(),
        "older": text,
    }
    table.write_text(changed[harm])
    if harm == "older":
        os.utime(table, (1e9, 1e9))
    again = list(observe_all(pictures[:2], OBSERVER, out=out, observers=2, **LOOK))
    assert [observed.kept for observed in again] == [False, True]
    assert by_name(again) == by_name(whole)
    assert table.read_text() == text


def test_names_with_folders_and_those_of_a_dict_are_kept(tmp_path, pictures):
    files = {"day/a.png": pictures[0], "night/a.png": pictures[0]}
    results = list(observe_all(files, OBSERVER, out=tmp_path / "out", **LOOK))
    assert [observed.name for observed in results] == list(files)
    assert not np.array_equal(results[0].paths[0].x, results[1].paths[0].x)  # another name, another seed
    assert (tmp_path / "out" / "scanpaths" / "night" / "a.png.csv").is_file()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rng": 1}, r"another seed \(0, not 1\)"),
        ({"duration": 2.0}, r"another duration \(1.0, not 2.0\)"),
        ({"observers": 2}, r"another number of observers \(1, not 2\)"),
        ({"viewing": partial(Viewing.from_pixels_per_degree, 5)}, "another viewing"),
        ({"observer": Observer(model=lambda image: image.max(axis=2))}, "another model of the observer"),
        ({"observer": replace(OBSERVER, cells=32)}, r"another cells of the observer \(64, not 32\)"),
    ],
)
def test_results_of_other_settings_are_refused(tmp_path, pictures, change, sentence):
    given = {"observer": OBSERVER, **LOOK}
    before = list(observe_all(pictures[:1], out=tmp_path, **given))
    with pytest.raises(ValueError, match=f"holds results with {sentence}: give another folder"):
        observe_all(pictures[:1], out=tmp_path, **given | change)
    assert by_name(observe_all(pictures[:1], out=tmp_path, **given)) == by_name(before)


STORED = {
    "free_viewing": Observer(),
    "itti1998": Observer.preset("itti1998"),
    "race": Observer.preset("race"),
    "task": Observer.preset("foveated", task=Task.target("red"), memory=ShapeInhibition()),
}


@pytest.mark.parametrize("name", STORED)
def test_a_folder_of_the_first_format_that_told_classes_by_files_resumes(tmp_path, folder, pictures, name):
    out = tmp_path / "out"
    shutil.copytree(Path(__file__).parents[2] / "stored" / "batch" / name, out, copy_function=shutil.copyfile)
    before = {path: path.read_bytes() for path in out.rglob("*.*")}
    first, second = observe_all(pictures[:2], STORED[name], out=out, **LOOK)
    assert (first.kept, second.kept, second.failure) == (True, False, "")
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(ValueError, match="another cells of the observer"):
        observe_all(pictures[:1], replace(STORED[name], cells=16), out=out, **LOOK)


@pytest.mark.parametrize("name", STORED)
def test_settings_name_no_file_of_ours(name):
    told = json.dumps(described(STORED[name]))
    ours = re.findall(r'"is": "((?:foveation|saliency|neural)[^"]*)"', told)
    assert len(ours) > 3
    assert {each.count(".") for each in ours} == {1}


def test_a_wrapper_with_the_name_of_ours_is_told_by_what_it_does():
    def wrapped(strength):
        return wraps(no_inhibition)(lambda visits, now, places, viewing: strength + np.zeros(np.shape(places)[:-1]))

    assert described(no_inhibition) == {"is": "neural.no_inhibition"}
    one, other = described(wrapped(1.0)), described(wrapped(2.0))
    assert one != other
    assert one == described(wrapped(1.0)) != described(no_inhibition)


def test_a_folder_that_does_not_say_how_it_was_made_is_refused(tmp_path, pictures):
    list(observe_all(pictures[:1], OBSERVER, out=tmp_path, **LOOK))
    told = tmp_path / "settings.json"
    for text in ("{}", "[1]", "no JSON", '{"format": "foveal collection 0"}'):
        told.write_text(text)
        with pytest.raises(ValueError, match="does not say how our results were made"):
            observe_all(pictures, OBSERVER, out=tmp_path, **LOOK)
    told.unlink()
    with pytest.raises(ValueError, match="is missing"):
        observe_all(pictures, OBSERVER, out=tmp_path, **LOOK)
    with pytest.raises(NotADirectoryError, match="is a file"):
        observe_all(pictures, OBSERVER, out=pictures[0], **LOOK)


@pytest.mark.parametrize("executor", [None, Immediate()])
def test_a_full_disk_ends_with_a_sentence_and_loses_nothing(tmp_path, pictures, monkeypatch, executor):
    whole = by_name(observe_all(pictures, OBSERVER, **LOOK))
    write, written = collection.write_table, []

    def until_full(paths, path):
        written.append(path)
        if len(written) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(paths, path)

    monkeypatch.setattr(collection, "write_table", until_full)
    with pytest.raises(OSError, match=r"No space left on device \(what is done is kept in") as full:
        list(observe_all(pictures, OBSERVER, out=tmp_path, executor=executor, **LOOK))
    assert full.value.errno == errno.ENOSPC
    assert full.value.filename.endswith(".png.csv")
    monkeypatch.setattr(collection, "write_table", write)
    again = list(observe_all(pictures, OBSERVER, out=tmp_path, executor=executor, **LOOK))
    assert sum(observed.kept for observed in again) == 2
    assert by_name(again) == whole


def test_a_pool_that_is_gone_ends_with_a_sentence_and_loses_nothing(tmp_path, pictures):
    broken = dict.fromkeys(("b.png", "d.png"), BrokenProcessPool("terminated abruptly"))
    with pytest.raises(BrokenExecutor, match=r"workers were lost, .* at one of b.png, d.png; what is done is kept in"):
        list(observe_all(pictures, OBSERVER, out=tmp_path, executor=Immediate(broken), **LOOK))
    again = list(observe_all(pictures, OBSERVER, out=tmp_path, **LOOK))
    assert [observed.kept for observed in again] == [True, False, True, False, True]


def test_work_that_a_cluster_cancels_ends_with_a_sentence(pictures):
    class Cancelling(Immediate):
        def submit(self, work, /, name, file):
            future = Future()
            if name != "a.png":
                future.cancel()
                future.set_running_or_notify_cancel()
                return future
            return super().submit(work, name, file)

    with pytest.raises(BrokenExecutor, match="the workers were lost"):
        list(observe_all(pictures, OBSERVER, executor=Cancelling(), **LOOK))


def test_the_end_of_a_worker_is_the_failure_of_its_picture(pictures):
    class KilledWorker(Exception):
        pass

    executor = Immediate({"b.png": KilledWorker("task 7", "worker 3"), "c.png": AttributeError("cannot be pickled")})
    failures = [observed.failure for observed in observe_all(pictures, OBSERVER, executor=executor, **LOOK)]
    assert failures[1] == "all workers that tried it were killed, perhaps for want of memory"
    assert failures[2] == "AttributeError: cannot be pickled"
    assert [failures[0], *failures[3:]] == ["", "", ""]


class Idle(Executor):
    """Works on no picture but 'a.png'."""

    def __init__(self):
        self.futures = []

    def submit(self, work, /, name, file):
        self.futures.append(Future())
        if name == "a.png":
            self.futures[-1].set_running_or_notify_cancel()
            self.futures[-1].set_result(work(name, file))
        return self.futures[-1]


def test_who_stops_early_leaves_no_work_behind(pictures):
    executor = Idle()
    results = observe_all(pictures, OBSERVER, executor=executor, **LOOK)
    assert next(results).name == "a.png"
    results.close()
    assert [future.cancelled() for future in executor.futures] == [False, True, True, True, True]


def test_what_is_kept_waits_for_no_other_picture(tmp_path, pictures):
    list(observe_all(pictures[1:2], OBSERVER, out=tmp_path, **LOOK))
    executor = Idle()
    waited = Timer(5, lambda: [future.set_exception(ValueError()) for future in executor.futures])
    waited.start()
    assert next(observe_all(pictures[1:], OBSERVER, out=tmp_path, executor=executor, **LOOK)).kept
    waited.cancel()
    assert len(executor.futures) == 3
    assert not any(future.done() and not future.cancelled() for future in executor.futures)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"files": []}, ValueError, "expected pictures, got none"),
        ({"files": "a.png"}, TypeError, "expected a list of files, got one: 'a.png'"),
        ({"files": ["x/a.png", "y/a.png"]}, ValueError, "different names, got .*: give a dict"),
        ({"files": {"../a.png": Path("a.png")}}, ValueError, "expected the name of a picture, .* got '../a.png'"),
        ({"files": {"/a.png": Path("a.png")}}, ValueError, "expected the name of a picture"),
        ({"files": {"": Path("a.png")}}, ValueError, "expected the name of a picture"),
        ({"observers": 0}, ValueError, "expected at least one observer, got 0"),
        ({"ahead": 0}, ValueError, "expected at least one picture ahead, got 0"),
        ({"duration": 0}, ValueError, "expected a positive duration in seconds, got 0"),
        ({"rng": -1}, ValueError, "expected a seed from 0 up, got -1"),
    ],
)
def test_bad_use_is_refused_before_any_work(tmp_path, change, error, sentence):
    given = {"files": ["a.png"], "observer": OBSERVER, "out": tmp_path / "out", **LOOK}
    with pytest.raises(error, match=sentence):
        observe_all(**given | change)
    assert not (tmp_path / "out").exists()


@dataclass
class Weighted:
    weights: np.ndarray
    inner: object = None


class Plain:
    def __init__(self, level):
        self.level = level
        self.self = self


def scaled(factor):
    return lambda image: factor * image.mean(axis=2)


LOWERED, LOWERED_TOO, RAISED = (lambda image: image - 0.5), (lambda image: image - 0.5), (lambda image: image - 0.25)


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (Weighted(np.arange(3.0)), Weighted(np.arange(3.0)), Weighted(np.array([0, 1, 3.0]))),
        (Weighted(np.zeros(4)), Weighted(np.zeros(4)), Weighted(np.zeros((2, 2)))),
        (Weighted(np.zeros(1), light), Weighted(np.zeros(1), light), Weighted(np.zeros(1), scaled(1))),
        (Plain(1), Plain(1), Plain(2)),
        (scaled(2), scaled(2), scaled(3)),
        (partial(light, 1), partial(light, 1), partial(light, 2)),
        (Plain(1).__init__, Plain(1).__init__, Plain(2).__init__),
        ({"x": {1, 2}, "y": b"12"}, {"y": b"12", "x": {2, 1}}, {"x": {1, 2}, "y": b"13"}),
        (np.float64(np.nan), np.float64(np.nan), np.float64(1)),
        (Plain, Plain, Weighted),
        (Observer(), Observer(), Observer.preset("itti1998")),
        (LOWERED, LOWERED_TOO, RAISED),
    ],
)
def test_things_that_work_differently_are_described_differently(one, same, other):
    one, same, other = (json.dumps(described(thing), sort_keys=True) for thing in (one, same, other))
    assert one == same
    assert one != other


def test_a_file_is_described_by_its_content(tmp_path):
    file = tmp_path / "weights.npz"
    file.write_bytes(b"1")
    before = described(Weighted(np.zeros(1), file))
    assert described(Weighted(np.zeros(1), file)) == before
    file.write_bytes(b"2")
    assert described(Weighted(np.zeros(1), file)) != before


def test_a_cluster_of_two_workers_gives_the_same(tmp_path, folder, pictures):
    distributed = pytest.importorskip("distributed")
    files = [pictures[0], folder / "broken.png", *pictures[1:]]
    alone = list(observe_all(files, OBSERVER, observers=2, **LOOK))
    with distributed.Client(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as client:
        assert len(client.ncores()) == 2
        for ahead in (64, 2):
            out = tmp_path / str(ahead)
            results = observe_all(
                files, OBSERVER, observers=2, out=out, executor=client.get_executor(), ahead=ahead, **LOOK
            )
            assert list(results) == alone
        workers = set(client.run(os.getpid).values())
        assert len(workers) == 2
        assert os.getpid() not in workers
    assert alone[1].failure.endswith("is not a picture that can be read (or it is damaged)")
    kept = list(observe_all(pictures, OBSERVER, observers=2, out=tmp_path / "2", **LOOK))
    assert all(observed.kept for observed in kept)
    assert all(isinstance(path, Scanpath) for observed in kept for path in observed.paths)
