"""A training that can be resumed knows what it depends on."""

from typing import NamedTuple

import numpy as np
import pytest

from demos.training.resumable import ResumableTraining, digest
from saliency.learning.loop import Progress
from saliency.learning.unfinished import write_progress


class Terms(NamedTuple):
    error: float


def test_a_digest_tells_contents_apart():
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest([np.arange(3)]) == digest([np.arange(3)]) != digest([np.arange(4)])


@pytest.mark.parametrize("damage", [{}, {"epochs": 3}, {"epochs": [[]]}, {"epochs": [None]}])
def test_a_training_without_a_readable_history_is_refused_in_a_sentence(tmp_path, damage):
    weights = {"x": np.ones(2, np.float32)}
    progress = Progress(1, 2, Terms(0.5), weights, weights, weights, {})
    kept = ResumableTraining(part=tmp_path / "a.npz.part", settings={"seed": 0}, loss_terms=Terms)
    assert kept.kept() == (None, [])
    write_progress(progress, kept.part, notes={"settings": {"seed": 0}, "epochs": [[0.5, 0.1]]})
    assert kept.kept()[1][0].measured == [0.1]
    write_progress(progress, kept.part, notes={"settings": {"seed": 0}, **damage})
    with pytest.raises(ValueError, match=r"part' is a damaged unfinished training: remove it to start afresh: "):
        kept.kept()
