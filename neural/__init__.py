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
from neural.caption_film import caption_film
from neural.captioning import Caption, Captioner, pointing_game
from neural.checkpoint import read_network, shipped, write_network
from neural.collection import Observed, observe_all
from neural.corpus import Listed, dates_and_numbers, read_aligned, read_pairs
from neural.cueing import Cueing, Discrimination, Orienting, run_cueing
from neural.decoder import Decoder
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
from neural.documents import (
    DocumentClassifier,
    DocumentReading,
    GeneratedDocument,
    deletion,
    generated_documents,
    read_documents,
)
from neural.evaluation import ScanpathEvaluation, evaluate_scanpaths
from neural.film import path_film, scanpath_film
from neural.learning import Progress
from neural.network import Context, Prediction, RecurrentAttentionModel, Share, Trace, share_seen
from neural.observer import PRESETS, Look, Observer
from neural.ops import entmax15, sparsemax
from neural.page import LineAssignment, Page, Word, assign_lines, nearest_lines, read_text
from neural.photo_search import PhotoSearch, PhotoSearcher
from neural.policy import CentrePolicy, GaussianPolicy, Policy, PriorityPolicy, RandomPolicy, Scene
from neural.programming import SaccadeProgramming
from neural.reading import Reader, Reading, ReadingStatistics
from neural.recurrent import GRU, LSTM, Rectifier
from neural.scenes import CaptionedScenes, rendered_scenes
from neural.searcher import OvertSearcher, Searcher, SearchExperiment, run_experiment
from neural.structured import HierarchicalAttention, Hierarchy, LinearChainAttention, attend_groups
from neural.timing import Clock, CovertShift, Plan, Step, Timing
from neural.training import HybridLoss, Parts
from neural.translation import Translation, Translator
from neural.translation_evaluation import (
    alignment_error_rate,
    alignment_links,
    attention_on_source,
    bleu,
    bleu_by_length,
    exact_match,
)
from neural.view import Glance
from neural.vocabulary import Characters, Subwords, Vocabulary, Words

__all__ = [
    "GRU",
    "LSTM",
    "PRESETS",
    "Additive",
    "Attention",
    "BayesianSearcher",
    "Caption",
    "CaptionedScenes",
    "Captioner",
    "CentrePolicy",
    "Characters",
    "Clock",
    "Context",
    "Cosine",
    "Coverage",
    "CovertShift",
    "Cueing",
    "Decoder",
    "Digits",
    "Discrimination",
    "DocumentClassifier",
    "DocumentReading",
    "GaussianPolicy",
    "General",
    "GeneratedDocument",
    "Glance",
    "HierarchicalAttention",
    "Hierarchy",
    "HybridLoss",
    "Jitter",
    "LineAssignment",
    "LinearChainAttention",
    "Listed",
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
    "Subwords",
    "Timing",
    "Trace",
    "Translation",
    "Translator",
    "Vocabulary",
    "Word",
    "Words",
    "alignment_error_rate",
    "alignment_links",
    "assign_lines",
    "attend",
    "attend_groups",
    "attention_on_source",
    "bleu",
    "bleu_by_length",
    "caption_film",
    "centred",
    "cluttered",
    "coverage_loss",
    "dates_and_numbers",
    "deletion",
    "doubly_stochastic_loss",
    "entmax15",
    "evaluate_scanpaths",
    "exact_match",
    "generated_documents",
    "jittered",
    "nearest_lines",
    "observe_all",
    "path_film",
    "pointing_game",
    "read_aligned",
    "read_documents",
    "read_idx",
    "read_mnist",
    "read_network",
    "read_pairs",
    "read_text",
    "rendered_digits",
    "rendered_scenes",
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
