"""What is held out: how many, which, and none is lost."""

import pytest

from demos.training.held_out import count_of, split


def test_what_is_held_out_is_drawn_and_none_is_lost():
    learned, held_out = split(50, 7, 0)
    assert sorted(learned + held_out) == list(range(50))
    assert len(held_out) == 7
    assert split(50, None, 0)[1] == sorted(split(50, None, 0)[1])
    assert len(split(50, None, 0)[1]) == 5
    assert len(split(50_000, None, 0)[1]) == 1000
    assert split(50, 7, 1) != (learned, held_out)


def test_numbers_are_told_from_files():
    assert [count_of(given) for given in (["12"], ["a.tsv"], ["1", "2"], [])] == [12, None, None, None]
    with pytest.raises(ValueError, match="from 1 to 1000000, got -3"):
        count_of(["-3"])
