"""Signals that ask the command to end: they are answered as Ctrl-C is, so that what is done is kept."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP")  # of a system that shuts down, of a terminal that is closed


class Stopped(KeyboardInterrupt):
    """A signal asked the command to end.

    Parameters
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_code(stop: KeyboardInterrupt) -> int:
    """Give the exit code by which a shell knows the signal; 130 for Ctrl-C."""
    return 128 + (stop.number if isinstance(stop, Stopped) else signal.SIGINT)


@contextmanager
def heard() -> Iterator[None]:
    """Raise `Stopped` at the first signal, and leave those that follow unheard: what is half done is finished in peace.

    A signal that is ignored, as under nohup, or answered by somebody else stays so.
    """
    if threading.current_thread() is not threading.main_thread():  # Python hears signals in that one
        yield
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def stop(number: int, frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
