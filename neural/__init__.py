"""THE OBSERVER: the loop that looks, attention as mathematics, and networks that learn where to look."""

from neural.attention import (
    Additive,
    Attention,
    Cosine,
    Coverage,
    General,
    Location,
    MultiHeadAttention,
    Score,
    attend,
    coverage_loss,
    doubly_stochastic_loss,
)
from neural.digits import (
    Digits,
    Scenes,
    centred,
    cluttered,
    jittered,
    read_idx,
    read_mnist,
    rendered_digits,
    search,
    translated,
)
from neural.network import Context, Prediction, RecurrentAttentionModel, Trace
from neural.observer import PRESETS, Glance, Look, Observer
from neural.ops import entmax15, sparsemax
from neural.policy import CentrePolicy, GaussianPolicy, Policy, PriorityPolicy, RandomPolicy, Scene
from neural.recurrent import GRU, LSTM, Rectifier
from neural.structured import HierarchicalAttention, Hierarchy, LinearChainAttention, attend_groups
from neural.timing import CovertShift, Timing
from neural.training import HybridLoss, Parts, Progress

__all__ = [
    "GRU",
    "LSTM",
    "PRESETS",
    "Additive",
    "Attention",
    "CentrePolicy",
    "Context",
    "Cosine",
    "Coverage",
    "CovertShift",
    "Digits",
    "GaussianPolicy",
    "General",
    "Glance",
    "HierarchicalAttention",
    "Hierarchy",
    "HybridLoss",
    "LinearChainAttention",
    "Location",
    "Look",
    "MultiHeadAttention",
    "Observer",
    "Parts",
    "Policy",
    "Prediction",
    "PriorityPolicy",
    "Progress",
    "RandomPolicy",
    "Rectifier",
    "RecurrentAttentionModel",
    "Scene",
    "Scenes",
    "Score",
    "Timing",
    "Trace",
    "attend",
    "attend_groups",
    "centred",
    "cluttered",
    "coverage_loss",
    "doubly_stochastic_loss",
    "entmax15",
    "jittered",
    "read_idx",
    "read_mnist",
    "rendered_digits",
    "search",
    "sparsemax",
    "translated",
]
