"""The belief of a searcher in a photograph is Bayes' rule, its information a sum over places."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from foveation import Viewing, as_image, sample_pixels
from neural.laboratory.photo_search import PhotoSearcher
from neural.laboratory.search_scene import FEWEST_CELLS
from saliency.priority.context import share_of
from saliency.task.template import Template

IMAGE = sample_pixels("coffee")


VIEWING = Viewing.from_pixels_per_degree(24, IMAGE.shape)


BOX = (300, 280, 60, 60)


ELSEWHERE = sample_pixels("rocket")[150:210, 300:360]


def flat_map(image):
    """Bottom-up, nothing stands out: quick, and no place is preferred."""
    return np.ones(np.shape(image)[:2], np.float32)


QUICK = PhotoSearcher(model=flat_map)


def cut(image, box):
    left, top, width, height = box
    return image[top : top + height, left : left + width]


def test_the_belief_is_bayes_rule():
    template, path = cut(IMAGE, BOX), QUICK.search(IMAGE, ELSEWHERE, VIEWING, saccades=3).path
    beliefs = list(QUICK.follow(IMAGE, template, VIEWING, path))
    assert beliefs[0].posterior.shape == (27, 40)
    logs = np.log(np.full((27, 40), 1 / (27 * 40)))
    absent = 0.5
    match, places = naive_match(template)
    for gaze, belief in zip([path.start, *path.places], beliefs, strict=True):
        eccentricity = VIEWING.angle_deg(gaze, places)
        visibility = QUICK.discriminability * (2.3 / (eccentricity + 2.3)) ** QUICK.crowding
        logs += visibility**2 * match
        weights = 0.5 * np.exp(logs)
        assert belief.posterior == pytest.approx(weights / (weights.sum() + absent), rel=1e-5)
        assert belief.absent == pytest.approx(absent / (weights.sum() + absent))


def naive_match(template):
    """Give how much each cell speaks for the target, and its middle, cell by cell."""
    resemblance = Template(picture=as_image(template), exponent=1.0)(IMAGE)
    rows = np.linspace(0, 400, 28).round().astype(int)
    columns = np.linspace(0, 600, 41).round().astype(int)
    best = np.array(
        [
            [resemblance[top:bottom, left:right].max() for left, right in pairwise(columns)]
            for top, bottom in pairwise(rows)
        ],
        np.float64,
    )
    across, down = (np.arange(40) + 0.5) * 15 - 0.5, (np.arange(27) + 0.5) * 400 / 27 - 0.5
    return np.clip((best - 0.7) / 0.6, -0.5, 0.5), np.stack(np.meshgrid(across, down), axis=-1)


def test_information_is_the_sum_over_all_places():
    belief = next(QUICK.follow(IMAGE, cut(IMAGE, BOX), VIEWING, QUICK.search(IMAGE, ELSEWHERE, VIEWING).path))
    rows, columns = belief.posterior.shape
    row, column = np.divmod(np.arange(rows * columns), columns)
    pitch = np.array([400 / rows, 600 / columns]) / VIEWING.pixels_per_degree
    apart = np.hypot(np.subtract.outer(row, row) * pitch[0], np.subtract.outer(column, column) * pitch[1])
    expected = ((2.3 / (apart + 2.3)) ** (2 * QUICK.crowding)) @ belief.posterior.ravel()
    assert belief.information.ravel() == pytest.approx(share_of(expected, uniform=0.0), rel=1e-9)


def test_the_prior_is_where_the_picture_stands_out():
    def left_half(image):
        values = np.zeros(np.shape(image)[:2], np.float32)
        values[:, : values.shape[1] // 2] = 1
        return values

    path = QUICK.search(IMAGE, ELSEWHERE, VIEWING, saccades=1).path
    biased = next(replace(QUICK, model=left_half).follow(IMAGE, ELSEWHERE, VIEWING, path)).posterior
    even = next(QUICK.follow(IMAGE, ELSEWHERE, VIEWING, path)).posterior
    assert biased[:, :20].sum() / biased.sum() > 0.9 > even[:, :20].sum() / even.sum()


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        (np.zeros((500, 30, 3), np.uint8) + np.arange(30, dtype=np.uint8)[:, None], "larger than the picture"),
        (np.zeros((0, 30, 3), np.uint8), "empty template"),
        (np.full((40, 40, 3), 90, np.uint8), "flat template"),
        (IMAGE[:3, :3], "at least 4 x 4 px"),
    ],
)
def test_a_template_that_is_none_is_refused(template, sentence):
    with pytest.raises(ValueError, match=sentence):
        QUICK.search(IMAGE, template, VIEWING)


def test_cells_as_large_as_the_template_are_refused_and_made_small_enough_by_themselves():
    with pytest.raises(ValueError, match="8 cells along 600 px are larger than the template of 60 x 60 px"):
        replace(QUICK, cells=8).search(IMAGE, cut(IMAGE, BOX), VIEWING)
    small = QUICK.search(IMAGE, IMAGE[300:308, 320:328], VIEWING, saccades=1)
    assert small.posteriors.shape[2] == 75 > FEWEST_CELLS
    wide = np.tile(IMAGE, (1, 3, 1))
    with pytest.raises(ValueError, match="too small to be searched for"):
        QUICK.search(wide, IMAGE[300:306, 320:328], Viewing.from_pixels_per_degree(24, wide.shape))
