"""The Itti-Koch model from the picture to its winners: channels, features at several scales, conspicuity, saliency.

A red bar among green ones: its hue stands out in the differences between red and green, and N(.) promotes that map,
which has one strong peak, over those with many.
"""

import numpy as np

from foveation.figures import save_figure
from saliency import pop_out
from saliency.figures.cascade import cascade_figure

display = pop_out("colour", rng=np.random.default_rng(3))
save_figure(cascade_figure(display.image), "map_01_cascade.png")
