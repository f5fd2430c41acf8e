"""Scores of sentences by their length."""

import pytest

from demos.training.length_scores import score_by_length


def test_sentences_are_scored_by_length():
    told, right = ["a", "b", "c", "d", "e"], ["a", "b", "x", "d", "y"]
    groups = score_by_length(told, right, [1, 1, 2, 4, 9], (1, 2, 3, 5), bleu=False)
    assert [tuple(group) for group in groups] == [
        ("1", 2, 1.0, None),
        ("2", 1, 0.0, None),
        ("3-4", 1, 1.0, None),
        ("5 and more", 1, 0.0, None),
        ("all", 5, 0.6, None),
    ]
    assert score_by_length(["a dog runs far"], ["a dog runs far"], [4], (1, 2), bleu=True)[0].bleu == pytest.approx(100)
