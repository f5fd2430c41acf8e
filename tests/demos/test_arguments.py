"""Names that are written twice, so that a help does not wait for the library."""

from demos.arguments import MODEL_NAMES, PRESET_NAMES
from neural import PRESETS
from saliency import MODELS


def test_the_names_of_presets_are_those_of_the_library():
    assert tuple(PRESETS) == PRESET_NAMES


def test_the_names_of_models_are_those_of_the_library():
    assert tuple(MODELS) == MODEL_NAMES
