"""What the levels of a pyramid keep of a grating."""

import pytest

from foveation.image import blur_level, half_height_frequency, level_transfer


@pytest.mark.parametrize(
    ("level", "frequency"),
    [(1, 0.150076), (2, 0.067528), (3, 0.032989), (4, 0.016402), (5, 0.008189), (6, 0.004093)],
)
def test_half_height_of_each_level(level, frequency):
    assert half_height_frequency(level) == pytest.approx(frequency, abs=1e-6)
    assert level_transfer(level, half_height_frequency(level)) == pytest.approx(0.5)
    assert blur_level(half_height_frequency(level)) == pytest.approx(level)
