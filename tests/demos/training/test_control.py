"""A control that trains for the same CPU time."""

import time

from demos.training.control import epochs_in


def test_the_epochs_of_the_control_fill_the_time():
    def busy(epochs):
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass

    assert 20 <= epochs_in(0.5, busy) <= 25
    assert epochs_in(0.0, busy) == 1
