"""Evidence for faces, text and skin."""

import cv2
import numpy as np

from foveation import sample_pixels
from saliency import Text
from saliency.task.objects import OBJECTS
from saliency.task.task import Task

ROCKET = sample_pixels("rocket")[::2, ::2]


def peak(map_):
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    return np.array([column, row])


def test_faces_and_text_are_objects_that_can_be_looked_for():
    astronaut = sample_pixels("astronaut")
    assert np.abs(peak(Task.target("face")(astronaut)) - (224, 120)).max() < 40
    page = sample_pixels("rocket").copy()
    cv2.putText(page, "no entry today", (330, 380), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (250, 250, 250), 2)
    x, y = peak(Task.target("text")(page))
    assert 330 < x < 540
    assert 350 < y < 390


def test_lines_of_letters_look_more_like_text_than_stripes_and_squares():
    page = np.full((300, 400, 3), 230, np.uint8)
    for k, line in enumerate(("Lines of letters", "are dense strokes", "both ways")):
        cv2.putText(page, line, (20, 40 + 24 * k), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1)
    page[150:280, 20:180:8] = page[150:280, 21:180:8] = 20
    cv2.rectangle(page, (240, 160), (360, 270), (20, 20, 20), -1)
    map_ = Text()(page)
    assert map_[20:100, 20:180].mean() > 3 * map_[160:270, 30:170].mean()
    assert map_[20:100, 20:180].mean() > 3 * map_[150:280, 230:370].mean()
    assert Text()(np.full((64, 64, 3), 0.5, np.float32)).max() == 0


def test_all_objects_give_evidence_from_none_to_full():
    for evidence in OBJECTS.values():
        map_ = evidence(ROCKET)
        assert map_.shape == ROCKET.shape[:2]
        assert 0 <= map_.min() <= map_.max() <= 1
