"""Where a glimpse network looks in a cluttered picture, what it sees there, and how sure of the digit it becomes.

Its retina is sharp in 12 x 12 of the 60 x 60 pixels. Where to look next is told by the channels of the saliency map;
how much each of them counts, and what that has to do with the glimpses before, it has learned by reward. It finds
the digit at once and comes back to it, where saliency with inhibition of return goes on to scraps of other digits
(right: the same network, if saliency alone tells it where to look). The network ships; `foveal train --task cluttered`
makes it.
"""

from dataclasses import replace

from foveation.figures import save_figure
from neural import PriorityPolicy, cluttered_digits, load_pretrained, rendered_digits
from neural.figures import glimpses_figure

network = load_pretrained("cluttered")
assert isinstance(network.policy, PriorityPolicy)
saliency = replace(network, policy=replace(network.policy, guided=False))
shown = cluttered_digits(rendered_digits(5, rng=4), rng=5)
figure = glimpses_figure(network, shown.images, shown.labels, beside={"saliency alone": saliency})
save_figure(figure, "glimpse_01_where_it_looks.png")
