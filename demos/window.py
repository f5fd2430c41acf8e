"""A window whose sharp spot follows the mouse."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demos import Failure
from foveation import Foveator, Frame
from foveation.opencv import cv2

LEAVE = (27, ord("q"))
NO_DISPLAY = "there is no display for a window here: give a gaze by --at or --gaze FILE instead"


class MouseWindow:
    """A window on the screen; asked for its gaze, it says where the mouse is, in pixels of the picture."""

    def __init__(self, title: str, start: tuple[float, float]) -> None:
        graphical = ("DISPLAY", "WAYLAND_DISPLAY")
        if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in graphical):
            raise Failure(NO_DISPLAY)
        self.title, self.gaze = title, start
        try:
            cv2.namedWindow(title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
            cv2.setMouseCallback(title, self._moved)
        except cv2.error:
            raise Failure(NO_DISPLAY) from None

    def _moved(self, event: int, x: int, y: int, flags: int, data: Any) -> None:  # noqa: ANN401
        self.gaze = (float(x), float(y))

    def show(self, picture: NDArray[np.uint8], wait: float = 0.0) -> bool:
        """Show an RGB picture for at least `wait` seconds; tell whether the viewer still looks on."""
        bgr = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        cv2.imshow(self.title, bgr)
        key = cv2.waitKey(max(1, round(1000 * wait)))
        return key not in LEAVE and cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) >= 1

    def close(self) -> None:
        """Take the window from the screen."""
        cv2.destroyWindow(self.title)


def follow_mouse(
    frames: Iterable[Frame], foveator: Foveator, seen: Callable[[Frame, tuple[float, float], NDArray[np.uint8]], None]
) -> None:
    """Play frames in true time, foveated at the mouse, until they end or the viewer presses q or escape.

    `seen` is told of every frame shown, the gaze, and what was shown.
    """
    window = MouseWindow("foveal: q or escape leaves", foveator.viewing.centre)
    start = time.perf_counter()
    try:
        for frame in frames:
            gaze = window.gaze
            picture = foveator.look(gaze)(frame.image)
            seen(frame, gaze, picture)
            if not window.show(picture, frame.time - (time.perf_counter() - start)):
                return
    finally:
        window.close()
