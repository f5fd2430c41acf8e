"""The one place where OpenCV is loaded, so that a missing system library is answered with its remedies."""

from typing import Any

__all__ = ["cv2"]

try:
    import cv2 as _cv2
except ImportError as error:
    raise ImportError(
        f"OpenCV could not be loaded ({error}). If a system library is missing, either install it "
        "(Debian, Ubuntu: apt-get install libgl1 libglib2.0-0), or use the OpenCV that needs none "
        "(pip uninstall opencv-python && pip install opencv-python-headless)."
    ) from error

cv2: Any = _cv2  # its stubs differ between versions 4 and 5
