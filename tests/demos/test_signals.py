"""Signals that end a command: a film is kept as far as it goes; what a killed command left is cleared."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from demos.__main__ import main
from demos.signals import Stopped, heard
from foveation import Frame, read_video, sample_pixels, write_video

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
FRAMES = 600
NAMES = {"video": "looked", "map": "map", "foveate": "seen", "scanpath": "path"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    picture = sample_pixels("rocket")[:400, :600]
    frames = (Frame(0.04 * k, np.roll(picture, k, 1)) for k in range(FRAMES))
    return write_video(tmp_path_factory.mktemp("films") / "long.mp4", frames)


@pytest.fixture
def film(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return str(written)


def begun(command, film):
    """Begin to write a film; give the process when some of it is on disk."""
    source = ["--duration", "60", "--slow", "9"] if command == "scanpath" else [film]
    called = [sys.executable, "-m", "demos", command, *source, "-o", f"{NAMES[command]}.mp4"]
    process = subprocess.Popen(called, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if any(path.stat().st_size > 20_000 for path in Path().glob(f".{NAMES[command]}.*.mp4")):
            return process
        time.sleep(0.02)
    pytest.fail(f"no film was begun: {process.communicate()[1]}")


@pytest.mark.parametrize("command", NAMES)
def test_a_film_is_kept_as_far_as_it_goes_when_the_command_is_terminated(film, command):
    process = begun(command, film)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)  # one that is impatient
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (143, "foveal: interrupted\n")
    kept = len(list(read_video(f"{NAMES[command]}.mp4")))
    assert kept > 0
    assert kept < FRAMES or command == "scanpath"
    assert not list(Path().glob(".*"))


def test_a_terminal_that_is_closed_ends_the_command_alike(film):
    process = begun("map", film)
    process.send_signal(signal.SIGHUP)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (129, "foveal: interrupted\n")
    assert 0 < len(list(read_video("map.mp4"))) < FRAMES


def test_what_a_killed_command_left_is_cleared_by_the_next(film):
    process = begun("map", film)
    process.kill()
    process.communicate()
    assert len(list(Path().glob(".*"))) == 1
    assert main(["map", "-o", "astronaut.png", "--model", "centre"]) == 0
    assert sorted(path.name for path in Path().iterdir()) == ["astronaut.png"]


def test_signals_are_heard_inside_only_and_only_where_nobody_else_answers():
    with pytest.raises(Stopped), heard():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with heard():
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_command_can_run_in_a_thread():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join()
    assert codes == [0]
