r"""How a glimpse network learns: what to see by back-propagation, where to look by reward.

The loss has three terms, and each moves its own weights only:

=============  ===============================================  ================================================
term           what it is                                       what it moves
=============  ===============================================  ================================================
action         cross entropy of what the network says           glimpse network, core, classifier
baseline       squared error of the reward that it expected     the baseline
reinforce      -(reward - baseline) ln p of the place drawn     the policy (and its context network)
=============  ===============================================  ================================================

States of the core reach policy and baseline as plain numbers, and rewards and places reach nothing as anything else:
so no gradient leads from a reward to what is seen, nor from the classifier to where it is looked.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

import neural  # whose names are loaded when they are first used
from foveation.checks import check_fields, check_one_of
from neural.glimpses.rollout import Rollout
from neural.layers.primitives import cross_entropy, linear
from saliency.learning.autodiff import stop_gradient
from saliency.learning.parameters import Parameters

Array = NDArray[Any]

REWARDS = ("correct", "gain")
WORST = 3.0  # nats: a class that is less probable than 5 % is as bad as one of 5 %


class LossTerms(NamedTuple):
    """What the loss is made of; means over the pictures.

    Parameters
    ----------
    action, baseline, reinforce : float
        The three terms, weighted as they are added.
    entropy : float
        Of the policy, in nats; 0 where nothing is learned.
    accuracy : float
        Share of the pictures whose class was told after the last glimpse.
    reward, advantage : float
        Mean reward, and the standard deviation of what is left of it without the baseline.
    """

    action: float
    baseline: float
    reinforce: float
    entropy: float
    accuracy: float
    reward: float
    advantage: float


@dataclass(frozen=True, kw_only=True)
class HybridLoss:
    r"""The hybrid loss of a glimpse network: cross entropy, a learned baseline, and REINFORCE for the policy.

    .. math::

        L = -\frac{\alpha}{N} \sum_n \sum_t v_t \ln p_t(y_n) + \frac{1}{NT} \sum_{n,t} (R_{nt} - b_{nt})^2
            - \frac{\lambda}{N} \sum_{n,t} (R_{nt} - b_{nt}) \ln \pi(l_{nt}) - \eta \, \overline{H(\pi)}

    The third sum is over the places that the policy chose, not one where it was told to start; :math:`b` stands in it
    as a plain number.

    Parameters
    ----------
    action : float
        Weight :math:`\alpha` of the first term; 0 for a network that can read and is to learn only where to look (but
        the weight decay of `fit` moves all weights).
    reinforce : float
        :math:`\lambda`.
    early : float
        Weight :math:`v_t` of what is said before the last glimpse, relative to the last; all of them are then divided
        by their sum. 0 as published. Above 0 the network can be asked after each glimpse, and may stop early.
    reward : str
        "correct": 1 if the class was told in the end, else 0, as published [1]_. "gain": by how much the glimpses to
        come raise the log probability of the class, which tells good choices from bad ones in every picture; it is
        cut off at a probability of 5 %.
    entropy : float
        Weight :math:`\eta` of the policy's mean entropy, which keeps it from settling too soon.

    Raises
    ------
    ValueError
        If a weight is negative, or there is no such reward.

    References
    ----------
    .. [1] Mnih et al. (2014), NeurIPS, section 3.1; Williams (1992), Machine Learning 8: 229-256. Ba et al. (2015),
       ICLR, section 4, derive the log probability as the reward from a bound on the likelihood, and replace it by 0
       and 1; the state of the network tells the baseline as there.
    """

    action: float = 1.0
    reinforce: float = 0.05
    early: float = 0.3
    reward: str = "gain"
    entropy: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)
        if not all(weight >= 0 for weight in (self.action, self.reinforce, self.early, self.entropy)):
            got = f"{self.action}, {self.reinforce}, {self.early} and {self.entropy}"
            raise ValueError(f"expected weights from 0 up, got {got}")
        check_one_of("reward", self.reward, REWARDS)

    @classmethod
    def published(cls) -> "HybridLoss":
        """Give the loss of 2014: the reward is being right, only the end counts."""
        return cls(reinforce=0.01, early=0.0, reward="correct")

    def __call__(
        self, network: "neural.RecurrentAttentionModel", weights: Parameters, rollout: Rollout, labels: Array
    ) -> tuple[Any, LossTerms]:
        """Give the loss of a batch as a function of the weights, and its terms as plain numbers."""
        states = network.states(weights, rollout)
        steps, count = states.shape[:2]
        unit = np.float32(1 / count)
        classes = np.broadcast_to(labels, (steps, count))
        scores = linear(states, weights["class"], weights["class bias"])
        errors = cross_entropy(scores, classes)
        importance = np.full((steps, 1), self.early, np.float32)
        importance[-1] = 1
        action = anp.sum(errors * (importance * (unit * np.float32(self.action) / importance.sum())))
        right = stop_gradient(scores).argmax(axis=-1) == classes
        reward = self._reward(right, stop_gradient(errors), network.classes)
        start = np.zeros_like(rollout.steps.state[:1])
        before = np.concatenate([start, rollout.steps.state[:-1]])[..., : network.core.size]
        expected = anp.reshape(linear(before, weights["baseline"], weights["baseline bias"]), (steps, count))
        missed = expected - reward
        baseline = anp.sum(missed * missed) * (unit / np.float32(steps))
        advantage = (reward - stop_gradient(expected))[rollout.chosen]
        reinforced, entropy = self._learned(network, weights, rollout, before, advantage)
        total = action + baseline + reinforced - float(self.entropy) * entropy
        plain = (float(stop_gradient(each)) for each in (action, baseline, reinforced, entropy))
        spread = float(advantage.std()) if advantage.size else 0.0
        return total, LossTerms._make((*plain, float(right[-1].mean()), float(reward[0].mean()), spread))

    def _reward(self, right: Array, errors: Array, classes: int) -> Array:
        """Give what each choice led to, (steps, n)."""
        if self.reward == "correct":
            return np.broadcast_to(right[-1], right.shape).astype(errors.dtype)
        blank = np.full((1, errors.shape[1]), np.log(classes), errors.dtype)
        known = np.minimum(np.concatenate([blank, errors]), WORST)
        return np.asarray(known[:-1] - known[-1])

    def _learned(
        self,
        network: "neural.RecurrentAttentionModel",
        weights: Parameters,
        rollout: Rollout,
        before: Array,
        advantage: Array,
    ) -> tuple[Any, Any]:
        """Give the term that moves the policy (REINFORCE), and its mean entropy; both of the chosen places."""
        steps, count = advantage.shape
        if not network.policy.learns or not steps or not (self.reinforce or self.entropy):
            return np.float32(0), np.float32(0)
        lead = np.float32(0) if rollout.coarse is None else network.lead(weights, rollout.coarse)
        memory = None if rollout.steps.memory is None else rollout.steps.memory[rollout.chosen]
        choice = network.policy(weights, before[rollout.chosen] + lead, memory, rollout.scene)
        likely = anp.sum(choice.log_prob(rollout.steps.drawn[rollout.chosen]) * advantage)
        return likely * np.float32(-self.reinforce / count), anp.sum(choice.entropy()) * np.float32(1 / (steps * count))
