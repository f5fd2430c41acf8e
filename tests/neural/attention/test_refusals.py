"""Parts of attention that do not fit each other are refused, each with its sentence."""

from dataclasses import replace

import numpy as np
import pytest
from attention_cases import a_score

from neural import attend
from neural.attention.coverage import Coverage, coverage_loss
from neural.attention.multihead import MultiHeadAttention


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Coverage(strength=-1), "strength from 0 up and a decay in 0..1, got -1"),
        (lambda: Coverage(strength=np.nan), "strength from 0 up"),
        (lambda: Coverage(decay=1.1), "got 1.0 and 1.1"),
        (lambda: Coverage(kernel=np.ones((3, 2))), r"odd length along each axis, got shape \(3, 2\)"),
        (lambda: Coverage(kernel=np.ones((3, 3))).add(None, np.ones(4)), r"axes of the weights \(4,\), got \(3, 3\)"),
        (lambda: Coverage().add(np.ones(3), np.ones(4)), r"shape of the weights, \(4,\), got \(3,\)"),
        (lambda: coverage_loss(np.ones(3), np.ones(4)), r"of one shape, got \(3,\) and \(4,\)"),
        (lambda: replace(a_score("additive"), bias=np.ones(7)), "of one length along their last axis"),
        (lambda: a_score("additive").project(np.ones((6, 2))), r"keys and.*'key' differ: got \(..., 2\) and \(3, 4\)"),
        (lambda: a_score("additive").projected(np.ones((1, 1, 3)), np.ones((1, 6, 3))), "expected projected keys"),
        (lambda: MultiHeadAttention.initial(width=6, heads=4, rng=0), "divides the width 6, got 4"),
        (lambda: replace(MultiHeadAttention.initial(width=6, heads=2, rng=0), key=np.ones((6, 5))), "of one width"),
        (
            lambda: MultiHeadAttention.initial(width=6, heads=2, rng=0)(
                np.ones((4, 5)), np.ones((4, 6)), np.ones((4, 6))
            ),
            r"the query and.*'query' differ: got \(..., 5\) and \(6, 6\)",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_mask_is_of_bool():
    with pytest.raises(TypeError, match="mask of bool, True where attention may go, got float64"):
        attend(np.ones(3), np.ones((5, 3)), np.ones((5, 2)), mask=np.zeros(5))
