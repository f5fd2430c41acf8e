"""What all tests share: the reference screen, a picture with one red bar among green ones, no window system."""

import os
import signal
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read by NumPy's import: here no product is worth a second thread

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import settings

from foveation import Viewing

mpl.use("Agg")
settings.register_profile("same every time", derandomize=True)
settings.load_profile("same every time")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Divide whole folders among the cores; single files and tests by name run at once, in this process."""
    folders = all(Path(argument).is_dir() for argument in config.args)
    return None if folders and not config.option.keyword else 0


@pytest.fixture
def ctrl_c():
    """Let children answer Ctrl-C also where this process ignores it, as a shell's jobs in the background do."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def screen() -> Viewing:
    """1920 x 1080 square pixels, 53 cm wide, at 60 cm."""
    return Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 53.0 * 1080 / 1920), distance_cm=60.0)


def bars(seed: int, *, target: bool = True, shape: tuple[int, int] = (480, 640)) -> tuple[np.ndarray, tuple[int, int]]:
    """Green upright bars on a grid with jitter, on grey, one of them red; give the picture and the red bar's centre."""
    rng = np.random.default_rng(seed)
    image = np.full((*shape, 3), 0.5, np.float32)
    places = [(x, y) for y in range(60, shape[0] - 40, 90) for x in range(60, shape[1] - 40, 90)]
    odd = int(rng.integers(len(places)))
    centre = (0, 0)
    for number, (x, y) in enumerate(places):
        x, y = x + int(rng.integers(-15, 16)), y + int(rng.integers(-15, 16))
        colour = (0.85, 0.15, 0.15) if target and number == odd else (0.15, 0.6, 0.15)
        image[y - 18 : y + 18, x - 5 : x + 5] = colour
        if number == odd:
            centre = (x, y)
    return image, centre


THREADS = {name: os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


@pytest.fixture(autouse=True)
def threads_as_they_were():
    """Take back what dask tells its workers by the environment: later tests compare with processes of their own."""
    yield
    for name, value in THREADS.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def in_other_numbers(pixels):
    """Give a picture of bytes as 16 bits and as floats that differ from one another in their last bits."""
    shares = pixels / 255
    noise = np.random.default_rng(0).uniform(-1e-7, 1e-7, pixels.shape)
    return {
        "a float32 product": pixels * np.float32(1 / 255),
        "a float64 quotient": shares,
        "a float32 quotient": shares.astype(np.float32),
        "another byte order": shares.astype(">f8"),
        "half precision": shares.astype(np.float16),
        "extended precision": pixels / np.longdouble(255),
        "16 bits": pixels.astype(np.uint16) * 257,
        "noise of 1e-7": np.clip(shares + noise, 0, 1).astype(np.float32),
    }
