"""Where a glimpse network looks in a cluttered picture, what it sees there, and how sure of the digit it becomes.

Its retina is sharp in 12 x 12 of the 60 x 60 pixels. Where to look next is told by the channels of the saliency map;
how much each of them counts, and what that has to do with the glimpses before, is learned by reward. In a few seconds
the network learns to stay on the digit and to leave the scraps of other digits alone; with more training it names more
of them. Right: the same network, if saliency alone tells it where to look.
"""

from dataclasses import replace

from foveation import GlimpseSensor
from foveation.figures import save_figure
from neural import PriorityPolicy, Rectifier, RecurrentAttentionModel, cluttered, rendered_digits
from neural.figures import glimpses_figure

learned_from = cluttered(rendered_digits(1500, rng=0), rng=1)
shown = cluttered(rendered_digits(5, rng=4), rng=5)

policy = PriorityPolicy(inhibition=1)
network = RecurrentAttentionModel(
    sensor=GlimpseSensor(size=12, scales=3, units="normalised"),
    policy=policy,
    core=Rectifier(size=128),
    glimpses=4,
    what=64,
    where=32,
    joined=128,
)
network = network.fit(learned_from.images, learned_from.labels, rng=2, epochs=11, batch=32, step=3e-3)
saliency = replace(network, policy=replace(policy, guided=False))
figure = glimpses_figure(network, shown.images, shown.labels, beside={"saliency alone": saliency})
save_figure(figure, "glimpse_01_where_it_looks.png")
