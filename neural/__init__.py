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
from neural.bayesian_searcher import BayesianSearcher
from neural.checkpoint import read_network, shipped, write_network
from neural.collection import Observed, observe_all
from neural.cueing import Cueing, Discrimination, Orienting, run_cueing
from neural.digits import (
    Digits,
    Jitter,
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
from neural.evaluation import ScanpathEvaluation, evaluate_scanpaths
from neural.film import path_film, scanpath_film
from neural.network import Context, Prediction, RecurrentAttentionModel, Share, Trace, share_seen
from neural.observer import PRESETS, Look, Observer
from neural.ops import entmax15, sparsemax
from neural.page import LineAssignment, Page, Word, assign_lines, nearest_lines, read_text
from neural.photo_search import PhotoSearch, PhotoSearcher
from neural.policy import CentrePolicy, GaussianPolicy, Policy, PriorityPolicy, RandomPolicy, Scene
from neural.programming import SaccadeProgramming
from neural.reading import Reader, Reading, ReadingStatistics
from neural.recurrent import GRU, LSTM, Rectifier
from neural.searcher import OvertSearcher, Searcher, SearchExperiment, run_experiment
from neural.structured import HierarchicalAttention, Hierarchy, LinearChainAttention, attend_groups
from neural.timing import Clock, CovertShift, Plan, Step, Timing
from neural.training import HybridLoss, Parts, Progress
from neural.view import Glance

__all__ = [
    "GRU",
    "LSTM",
    "PRESETS",
    "Additive",
    "Attention",
    "BayesianSearcher",
    "CentrePolicy",
    "Clock",
    "Context",
    "Cosine",
    "Coverage",
    "CovertShift",
    "Cueing",
    "Digits",
    "Discrimination",
    "GaussianPolicy",
    "General",
    "Glance",
    "HierarchicalAttention",
    "Hierarchy",
    "HybridLoss",
    "Jitter",
    "LineAssignment",
    "LinearChainAttention",
    "Location",
    "Look",
    "MultiHeadAttention",
    "Observed",
    "Observer",
    "Orienting",
    "OvertSearcher",
    "Page",
    "Parts",
    "PhotoSearch",
    "PhotoSearcher",
    "Plan",
    "Policy",
    "Prediction",
    "PriorityPolicy",
    "Progress",
    "RandomPolicy",
    "Reader",
    "Reading",
    "ReadingStatistics",
    "Rectifier",
    "RecurrentAttentionModel",
    "SaccadeProgramming",
    "ScanpathEvaluation",
    "Scene",
    "Scenes",
    "Score",
    "SearchExperiment",
    "Searcher",
    "Share",
    "Step",
    "Timing",
    "Trace",
    "Word",
    "assign_lines",
    "attend",
    "attend_groups",
    "centred",
    "cluttered",
    "coverage_loss",
    "doubly_stochastic_loss",
    "entmax15",
    "evaluate_scanpaths",
    "jittered",
    "nearest_lines",
    "observe_all",
    "path_film",
    "read_idx",
    "read_mnist",
    "read_network",
    "read_text",
    "rendered_digits",
    "run_cueing",
    "run_experiment",
    "scanpath_film",
    "search",
    "share_seen",
    "shipped",
    "sparsemax",
    "translated",
    "write_network",
]
