"""THE MAP: features, saliency, the gate that picks one place, inhibition of return, scanpaths."""

from saliency.conspicuity import Iterative, LocalMaxima, check_map
from saliency.gate import Argmax, Gate, Softmax, Winner, WinnerTakeAll, softmax
from saliency.inhibition import InhibitionOfReturn, Memory, Visit
from saliency.itti import IttiKoch
from saliency.models import MODELS, Model, check_model, model_named
from saliency.scanpath import Fixation, Scanpath

__all__ = [
    "MODELS",
    "Argmax",
    "Fixation",
    "Gate",
    "InhibitionOfReturn",
    "Iterative",
    "IttiKoch",
    "LocalMaxima",
    "Memory",
    "Model",
    "Scanpath",
    "Softmax",
    "Visit",
    "Winner",
    "WinnerTakeAll",
    "check_map",
    "check_model",
    "model_named",
    "softmax",
]
