"""Crowding: letters in a row are told apart at the gaze but not in the periphery, which pools over windows.

Left: pooling windows (every second ring and wedge) around the gaze. Right: the zone around each letter in which a
neighbour spoils it; red letters are crowded.
"""

import numpy as np

from foveation import PoolingWindows, Viewing, crowding_zone, is_crowded, sample_pixels
from foveation.figures import draw_picture, page_figure, save_figure

image = sample_pixels("coffee")
viewing = Viewing.from_pixels_per_degree(24, image.shape)
gaze = (300.0, 200.0)
figure, (left, right) = page_figure(170, 68, columns=2)

windows = PoolingWindows(scaling=0.5, innermost_deg=0.5, outermost_deg=12)
draw_picture(image, ax=left).set_title("pooling windows of scaling 0.5", fontsize=8)
for ring in range(1, windows.rings, 2):
    for wedge in range(0, windows.wedges, 2):
        x, y = windows.outline(ring, wedge, gaze, viewing).T
        left.fill(x, y, facecolor="none", edgecolor="white", lw=0.6)

right.set_title("crowded letters are red", fontsize=8)
right.set(xlim=(0, 600), ylim=(400, 0), aspect="equal", xticks=[], yticks=[])
for x, y in ((330.0, 200.0), (470.0, 200.0), (300.0, 330.0), (150.0, 90.0)):
    letters = np.array([(x - 22, y), (x, y), (x + 22, y)])
    crowded = is_crowded(letters, letters, gaze, viewing)
    for place, name, hidden in zip(letters, "RAN", crowded, strict=True):
        right.text(*place, name, ha="center", va="center", fontsize=9, color="red" if hidden else "black")
    right.fill(*crowding_zone((x, y), gaze, viewing).T, facecolor="none", edgecolor="grey", lw=0.7)
for ax in (left, right):
    ax.plot(*gaze, "+", color="orange", ms=9, mew=2)
    ax.set(xlim=(-0.5, 599.5), ylim=(399.5, -0.5))
save_figure(figure, "eye_03_crowding.png")
