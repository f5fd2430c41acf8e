"""Processes that work beside the command, and are gone when it is gone."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def pool_of(workers: int, sent: Any) -> Iterator[ProcessPoolExecutor | None]:  # noqa: ANN401
    """Give so many processes to which this can be sent, or None for one; say in a sentence when one of them dies."""
    if workers == 1:
        yield None
        return
    with processes(workers, sent) as executor:
        try:
            yield executor
        except BrokenProcessPool:
            raise OSError("a worker process ended before its work was done, perhaps for want of memory") from None


@contextmanager
def processes(workers: int, sent: Any) -> Iterator[ProcessPoolExecutor]:  # noqa: ANN401
    """Give so many processes.

    Raises
    ------
    ValueError
        If what is to be `sent` to them cannot be.
    """
    try:
        pickle.dumps(sent)
    except Exception as error:  # each kind of object has its own way to refuse
        raise ValueError(f"a model cannot be sent to other processes ({error}): leave out --workers") from None
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent)
    try:
        with _deaf_to_ctrl_c():
            for _ in range(workers):
                executor.submit(int)  # each begins a process
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let the processes that begin here leave Ctrl-C to this one."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let libraries that are loaded here, and processes that begin here, have one thread each.

    So the results are the same, to the last bit, with any number of processes.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _end_with_parent() -> None:
    """Let this process end when the one that began it is gone, even where that was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_after() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_after, daemon=True).start()
