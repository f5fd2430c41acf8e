"""THE MAP: features, saliency, the gate that picks one place, inhibition of return, scanpaths, measures."""

from saliency.adaptive_whitening import AdaptiveWhitening
from saliency.aim import AIM, learn_filters
from saliency.boolean_map import BooleanMap
from saliency.centre_bias import CentreBias
from saliency.channels import Channels, Features
from saliency.conspicuity import DivideByMean, Iterative, LocalMaxima, Unnormalised, check_map
from saliency.covariance import CovarianceSaliency
from saliency.displays import Display, pop_out
from saliency.evaluation import Evaluation, evaluate
from saliency.faces import Faces
from saliency.frequency_tuned import FrequencyTuned
from saliency.gate import Argmax, Gate, Softmax, Winner, WinnerTakeAll, softmax
from saliency.gbvs import GBVS
from saliency.image_signature import ImageSignature
from saliency.inhibition import InhibitionOfReturn, Memory, ShapeInhibition, ShapeMemory, Visit
from saliency.itti import IttiKoch, Keys
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
from saliency.onnx_features import OnnxFeatures
from saliency.proto_object import ProtoObject
from saliency.proto_region import attended_region
from saliency.quaternion_dct import QuaternionDCT
from saliency.rarity import Rarity
from saliency.readout import Readout
from saliency.recordings import Recordings
from saliency.regions import Box, Region, salient_regions, smart_crop
from saliency.scanpath import Fixation, Scanpath
from saliency.spectral_residual import SpectralResidual
from saliency.surprise import Surprise
from saliency.third_party import MapFolder, as_pysaliency, from_pysaliency
from saliency.video_saliency import VideoSaliency
from saliency.vocus2 import VOCUS2

__all__ = [
    "AIM",
    "GBVS",
    "MODELS",
    "VOCUS2",
    "AdaptiveWhitening",
    "Argmax",
    "BooleanMap",
    "Box",
    "CentreBias",
    "Channels",
    "CovarianceSaliency",
    "Display",
    "DivideByMean",
    "Evaluation",
    "Faces",
    "Features",
    "Fixation",
    "Flicker",
    "FrequencyTuned",
    "GainControl",
    "Gate",
    "ImageSignature",
    "InhibitionOfReturn",
    "Iterative",
    "IttiKoch",
    "Keys",
    "LocalMaxima",
    "MapFolder",
    "Memory",
    "Model",
    "Motion",
    "OnnxFeatures",
    "ProtoObject",
    "QuaternionDCT",
    "Rarity",
    "Readout",
    "Recordings",
    "Region",
    "Scanpath",
    "ShapeInhibition",
    "ShapeMemory",
    "Softmax",
    "SpectralResidual",
    "Surprise",
    "Unnormalised",
    "VideoSaliency",
    "Visit",
    "Winner",
    "WinnerTakeAll",
    "as_density",
    "as_pysaliency",
    "attended_region",
    "auc_borji",
    "auc_judd",
    "auc_shuffled",
    "cc",
    "check_map",
    "check_model",
    "evaluate",
    "fixation_density",
    "fixation_map",
    "from_pysaliency",
    "information_gain",
    "inter_observer",
    "kl_divergence",
    "learn_filters",
    "log_likelihood",
    "model_named",
    "nss",
    "pop_out",
    "salient_regions",
    "sim",
    "smart_crop",
    "softmax",
]
