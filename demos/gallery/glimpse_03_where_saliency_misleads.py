"""Where saliency misleads: the digit that is asked for is dim, and only the task says which hue it has.

Bottom-up saliency sends the gaze to what is bright; a network that has learned by reward what each channel counts for
each task sends it to the hue instead, and names more of the digits. The bars compare the same weights with the gaze
sent elsewhere; a network that follows saliency alone and is trained that way from the start names 17 % of such digits,
beside 95 % for this one. The pictures are the first of each task among 500 from which nothing was learned.
"""

from dataclasses import replace

import numpy as np

from foveation.figures import save_figure
from neural import PriorityPolicy, RandomPolicy, hue_search_scenes, rendered_digits
from neural.figures import search_figure
from neural.files import load_pretrained

network = load_pretrained("search")
images, labels, _, tasks = hue_search_scenes(rendered_digits(500, rng=30), rng=31)
assert isinstance(network.policy, PriorityPolicy)
assert tasks is not None

saliency = replace(network, policy=replace(network.policy, guided=False))
said = {
    "its task": network.predict(images, tasks=tasks),
    "saliency alone": saliency.predict(images, tasks=tasks),
    "another task": network.predict(images, tasks=(tasks + 1) % len(network.policy.tasks)),
    "random": replace(network, policy=RandomPolicy()).predict(images),
}
right = {name: each.labels == labels for name, each in said.items()}
_, first = np.unique(tasks, return_index=True)
beside, levels = {"saliency alone": saliency}, {"chance": 0.1}
figure = search_figure(network, images[first], labels[first], tasks[first], right, beside=beside, levels=levels)
save_figure(figure, "glimpse_03_where_saliency_misleads.png")
