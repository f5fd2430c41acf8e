"""Why a hard choice cannot be back-propagated, and what its gradient costs otherwise.

Left: a bandit with four arms learns by estimates of the gradient, two choices in each. Through the choice itself
nothing comes back. REINFORCE is right on average; if no baseline takes the rewards' offset out, it is so noisy that
many runs end at a wrong arm. Right: bias and variance at one point, four choices in each estimate, for a reward that is
linear in the weights and one that bends between the choices: straight-through is perfect for the first and wrong for
the second, though both pay the same for each choice.
"""

from functools import partial

import autograd.numpy as np

from foveation.figures import save_figure
from neural.attention.estimator_comparison import estimator_table, learning_curve
from neural.attention.gradient_estimators import exact, gumbel_softmax, pathwise, reinforce
from neural.figures import estimators_figure

arms = np.array([5.0, 5.6, 5.2, 6.0])
noisy = {
    "through the choice (pathwise)": partial(pathwise, reward=arms, draws=1),
    "REINFORCE": partial(reinforce, reward=arms, copies=2, draws=1),
    "REINFORCE, leave-one-out": partial(reinforce, reward=arms, baseline="leave-one-out", copies=2, draws=1),
    "Gumbel-softmax, 0.5": partial(gumbel_softmax, reward=arms, relaxation=0.5, copies=2, draws=1),
}
curves = {}
for name, estimate in noisy.items():
    gradient = partial(lambda by, scores, rng: by(scores, rng=rng), estimate)
    curves[name] = [learning_curve(gradient, arms, rng=seed) for seed in range(20)]
curves["exact"] = [learning_curve(lambda scores, rng: exact(scores, arms), arms, rng=0)]

scores = np.array([0.4, -0.3, 0.9, 0.0])
tables = {
    "linear": estimator_table(scores, arms),
    "bent": estimator_table(scores, lambda weights: np.sum(arms * weights**2, axis=-1)),
}
save_figure(estimators_figure(tables, curves, best=max(arms)), "attention_03_hard_gradients.png")
