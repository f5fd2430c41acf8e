"""Names that are written twice, so that a help does not wait for the library."""

from demos.arguments import FIGURES, FILMS, MAP_KINDS, MODEL_NAMES, PRESET_NAMES
from foveation.files import FIGURE_ENDINGS
from foveation.films.video import WRITTEN_ENDINGS
from neural import PRESETS
from saliency import MODELS
from saliency.models import stored_maps


def test_the_names_of_presets_are_those_of_the_library():
    assert tuple(PRESETS) == PRESET_NAMES


def test_the_names_of_models_are_those_of_the_library():
    assert tuple(MODELS) == MODEL_NAMES


def test_the_endings_and_kinds_of_maps_are_those_of_the_library():
    assert FIGURES == FIGURE_ENDINGS
    assert FILMS == WRITTEN_ENDINGS
    assert tuple(stored_maps.MAP_KINDS) == MAP_KINDS
