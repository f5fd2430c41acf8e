"""How fast is the map? Beside the same model written plainly with NumPy and OpenCV (`tests/naive.py`)."""

import cv2
import numpy as np
from measure import milliseconds, table, twins

from foveation import as_image, sample_pixels
from saliency import Iterative, IttiKoch

naive = twins("naive")
vga = cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA)
hd = cv2.resize(sample_pixels("coffee"), (1920, 1080), interpolation=cv2.INTER_CUBIC)
model = IttiKoch()
image = as_image(vga)
ours, twin = milliseconds(lambda: model(image)), milliseconds(lambda: naive.itti(image))
from_bytes, twin_from_bytes = milliseconds(lambda: model(vga)), milliseconds(lambda: naive.itti(as_image(vga)))
large, large_twin = milliseconds(lambda: model(hd)), milliseconds(lambda: naive.itti(as_image(hd)), 5)
tuned, tuned_large = milliseconds(lambda: IttiKoch.tuned()(vga)), milliseconds(lambda: IttiKoch.tuned()(hd))
faithful = IttiKoch(shared_range=False)
iterative = milliseconds(lambda: IttiKoch(normalise=Iterative())(vga))
table(
    "Itti, Koch and Niebur's map, CPU time, one thread",
    [
        ("640 x 480, float: ours, twin", f"{ours:.1f}, {twin:.1f} ms", ""),
        ("640 x 480, float: faster than the twin by", f"{twin / ours:.1f} x", "target 5 x"),
        ("640 x 480, bytes: ours, twin", f"{from_bytes:.1f}, {twin_from_bytes:.1f} ms", ""),
        ("640 x 480, bytes: faster than the twin by", f"{twin_from_bytes / from_bytes:.1f} x", "target 5 x"),
        ("640 x 480, bytes, iterative normalisation", f"{iterative:.1f} ms", ""),
        ("640 x 480, 1920 x 1080, bytes, tuned for photographs", f"{tuned:.1f}, {tuned_large:.1f} ms", ""),
        ("1920 x 1080, bytes: ours, twin", f"{large:.1f}, {large_twin:.1f} ms", ""),
        ("1920 x 1080, bytes: frames a second on one core", f"{1000 / large:.0f}", "target 30"),
        (
            "largest difference of the maps, each scaled to 1 first",
            f"{np.abs(faithful(image) - naive.itti(image)).max():.1e}",
            "target 1e-4",
        ),
    ],
)
