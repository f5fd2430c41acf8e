"""`foveal batch`, as a user types it: stopped, killed, gone on with, on several processes and a cluster."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import main
from foveation import Viewing, read_image, write_image
from neural import Observer
from neural.observer.collection import observe_all
from saliency import Recordings, model_named
from saliency.recordings.exchange import read_table

QUICK = ("--model", "spectral-residual", "--ppd", "4", "--duration", "1")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Four pictures, one of them in a folder, and a model that takes its time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    photos = tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    for seed, name in enumerate(("a.png", "b.jpg", "c.png", "more/a.png")):
        pixels = np.random.default_rng(seed).integers(40, 90, (30, 40, 3), dtype=np.uint8)
        pixels[4 + seed : 12 + seed, 5 + 3 * seed : 12 + 3 * seed] = 250
        write_image(photos / name, pixels)
    return tmp_path


def write_model(folder, name, seconds):
    """Write a module with a model that takes some seconds, and one that ends its process on a wide picture."""
    (folder / f"{name}.py").write_text(
        "import os, time\n\n"
        f"def look(image):\n    time.sleep({seconds})\n    return image.mean(axis=2)\n\n"
        "def die(image):\n    return image.mean(axis=2) if image.shape[1] == 40 else os._exit(1)\n"
    )


def tables(out="out"):
    """Give the tables that are finished, without drafts."""
    return [path for path in Path(out, "scanpaths").rglob("*.csv") if not path.name.startswith(".")]


def rows(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def refused(capsys, *arguments, code=2):
    """Run a command that must fail with one plain sentence and write nothing; give the sentence."""
    before = contents(".")
    try:
        assert main(["batch", *arguments]) == code
    except SystemExit as leave:  # argparse
        assert leave.code == code
    said = capsys.readouterr()
    assert not said.out
    assert said.err.splitlines()[-1].startswith("foveal")
    assert contents(".") == before
    return said.err


def test_a_folder_is_looked_at(capsys):
    assert main(["batch", "photos", "-o", "out", *QUICK, "--observers", "2", "--seed", "3"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    names = ["a.png", "b.jpg", "c.png", "more/a.png"]
    files = {name: Path("photos") / name for name in names}
    expected = list(
        observe_all(
            files,
            Observer(model=model_named("spectral-residual")),
            viewing=lambda shape: Viewing.from_pixels_per_degree(4, shape),
            observers=2,
            duration=1.0,
            rng=3,
        )
    )
    for observed in expected:
        assert tuple(read_table(f"out/scanpaths/{observed.name}.csv")) == observed.paths
    table = rows("out/fixations.csv")
    assert list(table[0]) == ["image", "subject", "index", "x", "y", "onset_ms", "duration_ms"]
    fixations = [
        (path.stimulus, path.subject, k, fixation)
        for observed in expected
        for path in observed.paths
        for k, fixation in enumerate(path)
    ]
    assert len(table) == len(fixations)
    for row, (name, subject, k, fixation) in zip(table, fixations, strict=True):
        assert (row["image"], row["subject"], int(row["index"])) == (name, subject, k)
        assert (float(row["x"]), float(row["y"])) == fixation[:2]
        assert float(row["onset_ms"]) == pytest.approx(1000 * fixation.onset)
        assert float(row["duration_ms"]) == pytest.approx(1000 * fixation.duration)
    assert "pictures     photos, 4\n" in said.out
    assert "by 2 observers for 1 s each, seed 3" in said.out
    assert f"done         4, 0 of them before; {len(fixations)} fixations" in said.out
    assert sorted(contents("out")) == ["fixations.csv", *(f"scanpaths/{name}.csv" for name in names), "settings.json"]


def test_the_table_can_be_evaluated_like_that_of_people(folder):
    (folder / "eyes" / "images").mkdir(parents=True)
    for name in ("a.png", "b.jpg"):
        (folder / "eyes" / "images" / name).write_bytes((folder / "photos" / name).read_bytes())
    assert main(["batch", "eyes", "-o", "out", *QUICK, "--observers", "3"]) == 0
    recordings = Recordings.read("eyes", fixations="out/fixations.csv")
    assert list(recordings) == ["a.png", "b.jpg"]
    assert recordings.subjects("a.png") == ["1", "2", "3"]
    assert recordings.missing == {}
    assert len(recordings.places("a.png")) == sum(row["image"] == "a.png" for row in rows("out/fixations.csv"))


def test_the_default_needs_only_folders_and_figures_are_drawn(capsys):
    assert main(["batch", "photos", "-o", "out", "--figures", "--duration", "0.6"]) == 0
    said = capsys.readouterr().out
    assert "assumed (change it by --screen, --distance or --ppd)" in said
    assert f"out{os.sep}figures{os.sep}, a figure a picture" in said
    assert sorted(path.name for path in Path("out/figures").iterdir()) == [
        "a.png.png",
        "b.jpg.png",
        "c.png.png",
        "more",
    ]
    assert read_image("out/figures/more/a.png.png").shape[1] == pytest.approx(170 / 25.4 * 200, abs=2)
    times = {path: path.stat().st_mtime_ns for path in Path("out/figures").rglob("*.png")}
    Path("out/figures/b.jpg.png").unlink()
    assert main(["batch", "photos", "-o", "out", "--figures", "--duration", "0.6"]) == 0
    again = {path: path.stat().st_mtime_ns for path in Path("out/figures").rglob("*.png")}
    assert {path for path in times if again[path] != times[path]} == {Path("out/figures/b.jpg.png")}


def test_figures_of_several_observers_show_their_heat(folder):
    write_image(folder / "photos" / "grey.png", np.full((30, 40, 3), 128, np.uint8))
    arguments = ["--preset", "itti1998", "--ppd", "4", "--duration", "0.3", "--observers", "2", "--figures"]
    assert main(["batch", "photos", "-o", "out", *arguments]) == 0
    heat = read_image("out/figures/a.png.png")
    grey = read_image("out/figures/grey.png.png")  # nothing stands out: the picture alone
    assert np.ptp(heat, axis=2).max() > 0.5
    assert np.ptp(grey, axis=2).max() == 0
    assert not [row for row in rows("out/fixations.csv") if row["image"] == "grey.png"]


def test_what_fails_is_listed_and_the_rest_is_done(folder, capsys):
    whole = (folder / "photos" / "b.jpg").read_bytes()
    (folder / "photos" / "b.jpg").write_bytes(whole[:100])
    assert main(["batch", "photos", "-o", "out", *QUICK]) == 1
    said = capsys.readouterr()
    assert said.err == "foveal: 1 of 4 pictures failed: b.jpg\n"
    assert "failed       b.jpg: " in said.out
    assert "is cut off: its end is missing" in said.out
    assert "done         3, 0 of them before" in said.out
    (row,) = rows("out/failures.csv")
    assert row["image"] == "b.jpg"
    assert "its end is missing" in row["reason"]
    (folder / "photos" / "b.jpg").write_bytes(whole)
    assert main(["batch", "photos", "-o", "out", *QUICK]) == 0
    assert "done         4, 3 of them before" in capsys.readouterr().out
    assert not Path("out/failures.csv").exists()
    assert [row["image"] for row in rows("out/fixations.csv") if row["index"] == "0"] == [
        *("a.png", "b.jpg", "c.png", "more/a.png")
    ]


def test_many_failures_are_not_all_printed(folder, capsys):
    for k in range(25):
        (folder / "photos" / f"z{k:02}.png").write_text("none")
    assert main(["batch", "photos", "-o", "out", *QUICK]) == 1
    said = capsys.readouterr()
    assert said.out.count("\nfailed ") == 20
    assert "and 5 more" in said.out
    assert "25 of 29 pictures failed: z00.png, z01.png, z02.png and 22 more" in said.err
    assert len(rows("out/failures.csv")) == 25


def test_the_results_are_no_pictures_to_look_at(capsys):
    for _ in range(2):
        assert main(["batch", "photos", "-o", "photos/out", *QUICK, "--figures", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["pictures"] == 4


def test_json_tells_the_counts(folder, capsys):
    (folder / "photos" / "z.png").write_text("none")
    assert main(["batch", "photos", "-o", "out", *QUICK, "--json", "--seed", "4"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert {name: result[name] for name in ("folder", "pictures", "done", "kept", "observers", "seed")} == {
        "folder": "photos",
        "pictures": 5,
        "done": 4,
        "seed": 4,
        "kept": 0,
        "observers": 1,
    }
    assert [failure["image"] for failure in result["failures"]] == ["z.png"]
    assert result["fixations"] == len(rows("out/fixations.csv"))
    assert result["written"] == [str(Path("out/fixations.csv")), str(Path("out/failures.csv"))]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_run_that_is_killed_is_gone_on_with(folder, capsys):
    write_model(folder, "slow_model_of_this_test", 0.1)
    for k in range(6):
        (folder / "photos" / f"d{k}.png").write_bytes((folder / "photos" / "a.png").read_bytes())
    arguments = ["--model", "slow_model_of_this_test:look", "--ppd", "4", "--duration", "1", "--observers", "2"]
    with begun(*arguments, "--workers", "2") as process:
        wait_until(lambda: len(tables()) >= 3)
    assert process.returncode == -signal.SIGKILL
    times = {path: path.stat().st_mtime_ns for path in tables()}
    assert 3 <= len(times) < 10
    assert not Path("out/fixations.csv").exists()
    assert main(["batch", "photos", "-o", "out", *arguments]) == 0
    assert f"done         10, {len(times)} of them before" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert main(["batch", "photos", "-o", "whole", *arguments]) == 0
    drafts = [name for name in contents("out") if Path(name).name.startswith(".")]
    assert {name: text for name, text in contents("out").items() if name not in drafts} == contents("whole")


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the children of a process on Linux only")


@LINUX
def test_processes_end_with_the_command_that_began_them(folder):
    write_model(folder, "waiting_model_of_this_test", 30)
    with begun("--model", "waiting_model_of_this_test:look", "--workers", "2") as process:
        wait_until(lambda: sum(map(has_begun, children(process))) == 2)
        workers = children(process)
    wait_until(lambda: not any(map(is_alive, workers)))


@LINUX
def test_ctrl_c_is_answered_in_a_sentence_also_while_processes_begin(folder, ctrl_c):
    with begun("--workers", "2") as process:
        wait_until(lambda: len(children(process)) >= 2)
        time.sleep(0.1)  # they import
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate()[1].splitlines()
        assert set(said) <= {"kept in 'out': the same command goes on from there", "foveal: interrupted"}
        assert process.returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_all_processes_keeps_what_is_done(folder, capsys, ctrl_c, number, code):
    write_model(folder, "model_to_interrupt", 0.3)
    arguments = ["--model", "model_to_interrupt:look", "--ppd", "4", "--duration", "1", "--workers", "2"]
    with begun(*arguments) as process:
        wait_until(tables)
        os.killpg(process.pid, number)  # as a terminal does, and a system that shuts down
        said = process.communicate()[1]
    assert process.returncode == code
    assert said == "kept in 'out': the same command goes on from there\nfoveal: interrupted\n"
    done = len(tables())
    assert 1 <= done < 4
    assert main(["batch", "photos", "-o", "out", *arguments[:-2]]) == 0
    assert f"done         4, {done} of them before" in capsys.readouterr().out


@contextmanager
def begun(*arguments):
    """Begin the command in a session of its own; end it by force."""
    command = [sys.executable, "-m", "demos", "batch", "photos", "-o", "out", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def wait_until(condition):
    give_up = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def children(process):
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [Path("/proc") / child for child in told.split()]


def has_begun(worker):
    """Whether a process has the thread that waits for the end of its parent."""
    return "\nThreads:\t1\n" not in (worker / "status").read_text()


def is_alive(worker):
    try:
        return "\nState:\tZ" not in (worker / "status").read_text()
    except OSError:
        return False


def test_workers_do_not_change_the_results_and_the_loss_of_one_is_told(folder, capsys):
    write_image(folder / "photos" / "d.png", np.zeros((30, 60, 3), np.uint8))
    write_model(folder, "model_that_ends_its_process", 0)
    arguments = ["--model", "model_that_ends_its_process:die", "--ppd", "4", "--duration", "1"]
    before = dict(os.environ)
    assert main(["batch", "photos", "-o", "out", *arguments, "--workers", "2"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("foveal: the workers were lost, killed perhaps for want of memory, at one of ")
    assert "d.png" in said
    assert said.endswith("what is done is kept in 'out'\n")
    assert dict(os.environ) == before
    (folder / "photos" / "d.png").unlink()
    assert main(["batch", "photos", "-o", "out", *arguments, "--workers", "2"]) == 0
    assert main(["batch", "photos", "-o", "alone", *arguments]) == 0
    assert contents("out") == contents("alone")


def test_a_dask_cluster_works(folder, capsys):
    distributed = pytest.importorskip("distributed")
    (folder / "photos" / "z.png").write_text("none")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        arguments = [*QUICK, "--figures", "--dask", cluster.scheduler_address]
        assert main(["batch", "photos", "-o", "out", *arguments]) == 1
    assert capsys.readouterr().err == "foveal: 1 of 5 pictures failed: z.png\n"
    assert main(["batch", "photos", "-o", "alone", *QUICK, "--figures"]) == 1
    assert contents("out") == contents("alone")


def test_without_dask_a_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refused(capsys, "photos", "-o", "out", "--dask", "tcp://127.0.0.1:9", code=1)
    assert said == 'foveal: --dask needs dask.distributed: pip install "foveal[cluster]"\n'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "-o", "out"], "expected a folder of pictures, there is none at 'nowhere'"),
        (["photos/more/a.png", "-o", "out"], "expected a folder of pictures, there is none at"),
        (["photos"], "the following arguments are required: -o/--output"),
        (["photos", "-o", "photos/a.png"], "expected a folder for the results, 'photos/a.png' is a file"),
        (
            ["photos", "-o", "out", "--workers", "0"],
            "expected workers, a whole number from 1 to 1024, got '0'",
        ),
        (["photos", "-o", "out", "--workers", "2", "--dask", "x:1"], "not allowed with argument"),
        (["photos", "-o", "out", "--dask", "here"], "expected an address such as tcp://10.0.0.5:8786 for --dask"),
        (
            ["photos", "-o", "out", "--observers", "0"],
            "expected observers, a whole number from 1 to 10000, got '0'",
        ),
        (["photos", "-o", "out", "--duration", "-1"], "--duration: expected seconds above 0 and up to 3600, got '-1'"),
        (["photos", "-o", "out", "--preset", "none"], "there is no preset 'none'"),
        (["photos", "-o", "out", "--model", "none"], "there is no model 'none'"),
        (["photos", "-o", "out", "--model", "itti,aim"], "expected one model, got 2"),
        (["photos", "-o", "out", "--ppd", "4", "--distance", "60"], "expected either --ppd, or --screen"),
    ],
)
def test_bad_use_is_answered_in_one_sentence(capsys, arguments, sentence):
    if os.sep != "/":
        sentence = sentence.replace("photos/a.png", f"photos{os.sep}a.png")
    assert sentence in refused(capsys, *arguments)


def test_a_folder_without_pictures_is_refused(folder, capsys):
    (folder / "empty").mkdir()
    (folder / "empty" / ".hidden.png").write_bytes((folder / "photos" / "a.png").read_bytes())
    assert "there is no picture in 'empty': expected files that end in .png" in refused(capsys, "empty", "-o", "out")


def test_results_of_other_settings_are_refused(capsys):
    assert main(["batch", "photos", "-o", "out", *QUICK]) == 0
    capsys.readouterr()
    assert "'out' holds results with another seed (0, not 1)" in refused(
        capsys, "photos", "-o", "out", *QUICK, "--seed", "1"
    )
    assert "another duration (1.0, not 3.0)" in refused(capsys, "photos", "-o", "out", *QUICK[:4])
    assert "another viewing" in refused(capsys, "photos", "-o", "out", *QUICK[:2], "--duration", "1")
    assert "another model of the observer" in refused(capsys, "photos", "-o", "out", *QUICK[2:])


def test_a_model_that_cannot_be_sent_to_processes_is_refused(folder, capsys):
    (folder / "local_model_of_this_test.py").write_text("look = lambda image: image.mean(axis=2)\n")
    arguments = ["photos", "-o", "out", "--model", "local_model_of_this_test:look", "--workers", "2"]
    assert "a model cannot be sent to other processes" in refused(capsys, *arguments)
