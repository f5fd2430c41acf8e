"""A training that can be resumed knows what it depends on."""

import numpy as np

from demos.training.resumable import digest


def test_a_digest_tells_contents_apart():
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest([np.arange(3)]) == digest([np.arange(3)]) != digest([np.arange(4)])
