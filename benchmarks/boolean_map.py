"""How fast are Boolean maps and the graph-based map? Beside their plain twins in the tests."""

import cv2
import numpy as np
from measure import milliseconds, table, twins

from foveation import as_image, sample_pixels
from saliency.models.boolean_map import BooleanMap
from saliency.models.gbvs import GBVS

plain_boolean_map = twins("saliency/models/test_boolean_map").plain_boolean_map
plain_gbvs = twins("saliency/models/test_gbvs").plain_gbvs
vga = cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA)
hd = cv2.resize(sample_pixels("coffee"), (1920, 1080), interpolation=cv2.INTER_CUBIC)
noise = np.random.default_rng(0).integers(0, 256, vga.shape, np.uint8)
image = as_image(vga)
boolean, graph = BooleanMap(), GBVS()
channel = BooleanMap(longer_side=160, region_width=3, map_width=1, blur=0)
ours, twin = milliseconds(lambda: boolean(vga)), milliseconds(lambda: plain_boolean_map(vga), 5)
graph_ours, graph_twin = milliseconds(lambda: graph(vga)), milliseconds(lambda: plain_gbvs(image), 3)
table(
    "Boolean maps and graph-based saliency, CPU time, one thread, 640 x 480 unless said",
    [
        ("Boolean maps: ours, twin", f"{ours:.1f}, {twin:.1f} ms", "target 12 ms"),
        ("Boolean maps: faster than the twin by", f"{twin / ours:.1f} x", ""),
        ("Boolean maps, noise (as many regions as there can be)", f"{milliseconds(lambda: boolean(noise)):.1f} ms", ""),
        ("Boolean maps, 1920 x 1080", f"{milliseconds(lambda: boolean(hd)):.1f} ms", ""),
        ("Boolean maps at 160 x 120", f"{milliseconds(lambda: channel(vga)):.1f} ms", "target 4 ms"),
        ("largest difference from the twin", f"{np.abs(boolean(vga) - plain_boolean_map(vga)).max():.1e}", "rounding"),
        ("graph-based, exact chain: ours, twin", f"{graph_ours:.1f}, {graph_twin:.1f} ms", "target 40 ms"),
        ("graph-based: faster than the twin by", f"{graph_twin / graph_ours:.1f} x", ""),
        ("graph-based, second chain", f"{milliseconds(lambda: GBVS(concentration='markov')(vga)):.1f} ms", ""),
        ("largest difference from the twin", f"{np.abs(graph(vga) - plain_gbvs(image)).max():.1e}", "1e-3"),
    ],
)
