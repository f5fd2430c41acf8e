"""What looking costs, and what it is worth: errors by the number of glimpses, and by the part of the picture seen.

Small networks learn the same digits for a few seconds with a retina of 8 x 8 of the 28 x 28 pixels. They differ only in
who chooses the place: chance, the middle of the picture, saliency alone, or saliency with gains that are learned. The
dashed line is the last of these if it may stop as soon as it is sure enough, the star a network that sees the whole
picture at once.
"""

from dataclasses import replace

import numpy as np

from foveation import GlimpseSensor
from foveation.figures import page_figure, save_figure
from neural import (
    CentrePolicy,
    Prediction,
    PriorityPolicy,
    RandomPolicy,
    RecurrentAttentionModel,
    ReLUCell,
    rendered_digits,
)
from neural.figures import draw_budget, draw_errors_by_glimpse
from neural.glimpses.rollout import share_seen

learned_from, tested = rendered_digits(1500, rng=0), rendered_digits(500, rng=1)
sensor = GlimpseSensor(size=8, scales=1, units="normalised")
network = RecurrentAttentionModel(sensor=sensor, glimpses=5, core=ReLUCell(size=128), what=64, where=32, joined=128)
networks = {
    "guided": replace(network, policy=PriorityPolicy(reach=0.28)),
    "saliency alone": replace(network, policy=PriorityPolicy(reach=0.28, guided=False)),
    "centre": replace(network, policy=CentrePolicy()),
    "random": replace(network, policy=RandomPolicy()),
    "whole picture": replace(network, policy=CentrePolicy(), sensor=replace(sensor, size=28), glimpses=1),
}


def cost(prediction: Prediction) -> tuple[float, float, float]:
    """Give the mean number of glimpses, the mean share of the picture seen, and the share of errors."""
    area = share_seen(prediction.places, (28, 28), sensor).area[:, -1]
    return prediction.used.mean(), area.mean(), (prediction.labels != tested.labels).mean()


curves, points = {}, {}
for name, untrained in networks.items():
    learned = untrained.fit(learned_from.images, learned_from.labels, rng=2, epochs=12, batch=64, learning_rate=3e-3)
    prediction = learned.predict(tested.images)
    wrong = (prediction.probabilities.argmax(axis=2) != tested.labels[:, np.newaxis]).mean(axis=0)
    area = share_seen(prediction.places, (28, 28), learned.sensor).area.mean(axis=0)
    curves[name], points[name] = wrong, np.column_stack([area, wrong])
    if name == "guided":
        early = np.array([cost(prediction.stopped(confidence)) for confidence in np.linspace(0.3, 1.0, 15)])

whole = {"whole picture": curves.pop("whole picture")[0]}
chance = {"chance": 0.9}
figure, (left, right) = page_figure(170, 80, columns=2)
draw_errors_by_glimpse(curves, early={"guided": early[:, [0, 2]]}, levels=whole | chance, ax=left)
draw_budget(points, early={"guided": early[:, 1:]}, levels=chance, ax=right)
save_figure(figure, "glimpse_02_budget.png")
