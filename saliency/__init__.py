"""THE MAP: features, saliency, the gate that picks one place, inhibition of return, scanpaths, measures."""

from saliency.adaptive_whitening import AdaptiveWhitening
from saliency.aim import AIM, learn_filters
from saliency.alignment import (
    SIMILARITIES,
    FixationClusters,
    MultiMatch,
    Recurrence,
    Simplification,
    cross_recurrence,
    dtw,
    fixation_clusters,
    frechet,
    multimatch,
    recurrence,
    scanmatch,
    sequence_score,
    similarities,
    string_edit,
    time_delay_embedding,
)
from saliency.boolean_map import BooleanMap
from saliency.centre_bias import CentreBias
from saliency.channels import Channels, Features
from saliency.conspicuity import DivideByMean, Iterative, LocalMaxima, Unnormalised, check_map
from saliency.covariance import CovarianceSaliency
from saliency.displays import (
    SEARCHES,
    CueingTrial,
    Display,
    Search,
    crowded_letters,
    inhibition_probe,
    pop_out,
    posner,
    search_display,
)
from saliency.drift_diffusion import Foraging, Race
from saliency.evaluation import Evaluation, evaluate
from saliency.exchange import read_scanpaths, write_scanpaths
from saliency.faces import Faces
from saliency.frequency_tuned import FrequencyTuned
from saliency.gate import Argmax, Gate, Luce, Softmax, Winner, WinnerTakeAll, softmax
from saliency.gbvs import GBVS
from saliency.image_signature import ImageSignature
from saliency.inhibition import InhibitionOfReturn, Memory, ShapeInhibition, ShapeMemory, Visit
from saliency.items import Item, Stroke
from saliency.itti import IttiKoch, Keys
from saliency.le_meur import LeMeur, SaccadeTable, best_of
from saliency.levy import ConstrainedLevy
from saliency.log_linear import LogLinear
from saliency.measures import (
    as_density,
    auc_borji,
    auc_judd,
    auc_shuffled,
    cc,
    fixation_density,
    fixation_map,
    information_gain,
    inter_observer,
    kl_divergence,
    log_likelihood,
    nss,
    sim,
)
from saliency.models import MODELS, Model, check_model, model_named
from saliency.motion import Flicker, GainControl, Motion
from saliency.objects import Text
from saliency.onnx_features import OnnxFeatures
from saliency.priority import Priority, Sight, Visible, share_of
from saliency.proto_object import ProtoObject
from saliency.proto_region import attended_region
from saliency.quaternion_dct import QuaternionDCT
from saliency.rarity import Rarity
from saliency.readout import Readout
from saliency.recordings import Recordings
from saliency.regions import Box, Region, salient_regions, smart_crop
from saliency.scanpath import Fixation, Scanpath
from saliency.scenewalk import SceneWalk
from saliency.spectral_residual import SpectralResidual
from saliency.star_fc import StarFC
from saliency.statistics import OculomotorStatistics, compare, wasserstein
from saliency.surprise import Surprise
from saliency.task import TASKS, Task
from saliency.template import Template
from saliency.third_party import FixedMap, MapFolder, as_pysaliency, from_pysaliency
from saliency.video_saliency import VideoSaliency
from saliency.vocus2 import VOCUS2

__all__ = [
    "AIM",
    "GBVS",
    "MODELS",
    "SEARCHES",
    "SIMILARITIES",
    "TASKS",
    "VOCUS2",
    "AdaptiveWhitening",
    "Argmax",
    "BooleanMap",
    "Box",
    "CentreBias",
    "Channels",
    "ConstrainedLevy",
    "CovarianceSaliency",
    "CueingTrial",
    "Display",
    "DivideByMean",
    "Evaluation",
    "Faces",
    "Features",
    "Fixation",
    "FixationClusters",
    "FixedMap",
    "Flicker",
    "Foraging",
    "FrequencyTuned",
    "GainControl",
    "Gate",
    "ImageSignature",
    "InhibitionOfReturn",
    "Item",
    "Iterative",
    "IttiKoch",
    "Keys",
    "LeMeur",
    "LocalMaxima",
    "LogLinear",
    "Luce",
    "MapFolder",
    "Memory",
    "Model",
    "Motion",
    "MultiMatch",
    "OculomotorStatistics",
    "OnnxFeatures",
    "Priority",
    "ProtoObject",
    "QuaternionDCT",
    "Race",
    "Rarity",
    "Readout",
    "Recordings",
    "Recurrence",
    "Region",
    "SaccadeTable",
    "Scanpath",
    "SceneWalk",
    "Search",
    "ShapeInhibition",
    "ShapeMemory",
    "Sight",
    "Simplification",
    "Softmax",
    "SpectralResidual",
    "StarFC",
    "Stroke",
    "Surprise",
    "Task",
    "Template",
    "Text",
    "Unnormalised",
    "VideoSaliency",
    "Visible",
    "Visit",
    "Winner",
    "WinnerTakeAll",
    "as_density",
    "as_pysaliency",
    "attended_region",
    "auc_borji",
    "auc_judd",
    "auc_shuffled",
    "best_of",
    "cc",
    "check_map",
    "check_model",
    "compare",
    "cross_recurrence",
    "crowded_letters",
    "dtw",
    "evaluate",
    "fixation_clusters",
    "fixation_density",
    "fixation_map",
    "frechet",
    "from_pysaliency",
    "information_gain",
    "inhibition_probe",
    "inter_observer",
    "kl_divergence",
    "learn_filters",
    "log_likelihood",
    "model_named",
    "multimatch",
    "nss",
    "pop_out",
    "posner",
    "read_scanpaths",
    "recurrence",
    "salient_regions",
    "scanmatch",
    "search_display",
    "sequence_score",
    "share_of",
    "sim",
    "similarities",
    "smart_crop",
    "softmax",
    "string_edit",
    "time_delay_embedding",
    "wasserstein",
    "write_scanpaths",
]
