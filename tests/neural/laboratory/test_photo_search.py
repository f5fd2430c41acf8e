"""Search in photographs: what is there is found, what is not is reported absent, and the belief adds up."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import GeislerPerry, Viewing, sample_pixels
from foveation.opencv import cv2
from neural.laboratory.photo_search import PhotoSearcher, search_habits
from saliency import LogLinear

IMAGE = sample_pixels("coffee")
VIEWING = Viewing.from_pixels_per_degree(24, IMAGE.shape)
BOX = (300, 280, 60, 60)
SPOON = (390, 235, 56, 60)
ELSEWHERE = sample_pixels("rocket")[150:210, 300:360]


def flat_map(image):
    """Bottom-up, nothing stands out: quick, and no place is preferred."""
    return np.ones(np.shape(image)[:2], np.float32)


QUICK = PhotoSearcher(model=flat_map)


def cut(image, box):
    left, top, width, height = box
    return image[top : top + height, left : left + width]


def middle(box):
    return box[0] + (box[2] - 1) / 2, box[1] + (box[3] - 1) / 2


def many(searcher, image, template, n=12, **how):
    return searcher.search_many(image, template, VIEWING, n, rng=0, **how)


@pytest.fixture(scope="module")
def present():
    return many(QUICK, IMAGE, cut(IMAGE, BOX))


@pytest.fixture(scope="module")
def absent():
    return many(QUICK, IMAGE, ELSEWHERE)


@pytest.mark.parametrize("box", [BOX, SPOON])
def test_what_is_there_is_found_where_it_is(box):
    searches = many(QUICK, IMAGE, cut(IMAGE, box))
    right = [s for s in searches if s.found and np.abs(np.subtract(s.place, middle(box))).max() < 10]
    assert len(right) >= 10
    for search in right:
        assert search.path.ended == search.verdict == "found"
        assert np.abs(search.path.places[-1] - search.place).max() <= 1.35 * 24 + 1e-9
        left, top, width, height = search.box
        assert (width, height) == box[2:]
        assert (left + width / 2, top + height / 2) == pytest.approx(search.place)


@pytest.mark.parametrize(("size", "light"), [(0.8, 1.0), (1.2, 1.0), (1.0, 0.6), (1.2, 1.4), (0.85, 0.7)])
def test_a_template_of_another_size_in_other_light_is_still_found(size, light):
    template = cv2.resize(cut(IMAGE, BOX), None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    template = np.clip(template.astype(np.float32) / 255 * light, 0, 1)
    searches = many(QUICK, IMAGE, template)
    assert sum(s.found and np.abs(np.subtract(s.place, middle(BOX))).max() < 12 for s in searches) >= 9


def test_what_is_not_there_is_reported_absent_after_a_plausible_time(present, absent):
    assert sum(search.verdict == "absent" for search in absent) >= 11
    longer = np.mean([search.time_s for search in absent]) / np.mean([search.time_s for search in present])
    assert 1.2 < longer < 6
    assert all(1 < search.time_s < 20 for search in absent)
    assert all(search.place is None and search.box is None for search in absent)


def test_the_budget_ends_a_search(absent):
    search = QUICK.search(IMAGE, ELSEWHERE, VIEWING, saccades=2)
    assert search.verdict == search.path.ended == "budget"
    assert search.fixations == 2
    assert QUICK.search(IMAGE, ELSEWHERE, VIEWING, saccades=0).fixations == 0


def test_a_target_at_the_gaze_is_found_without_a_saccade():
    searches = many(QUICK, IMAGE, cut(IMAGE, BOX), starts=[middle(BOX)] * 12)
    assert sum(search.fixations == 0 and search.found for search in searches) >= 10


def test_the_same_seed_gives_the_same_search_and_another_another():
    one, two, other = (QUICK.search(IMAGE, ELSEWHERE, VIEWING, rng=seed) for seed in (5, 5, 6))
    assert one.path == two.path
    assert np.array_equal(one.posteriors, two.posteriors)
    assert one.path != other.path
    assert QUICK.search(IMAGE, ELSEWHERE, VIEWING, rng=np.random.default_rng(5)).path == one.path


def test_probabilities_sum_to_one(present, absent):
    for search in [*present, *absent]:
        assert search.posteriors.shape[0] == search.absent.shape[0] == search.fixations + 1
        assert np.all(search.posteriors >= 0)
        assert search.posteriors.sum(axis=(1, 2)) + search.absent == pytest.approx(1)


def test_uncertainty_falls_on_average(present, absent):
    def entropy(posterior, nowhere):
        chances = np.append(posterior.ravel(), nowhere)
        return -np.sum(chances * np.log2(np.maximum(chances, 1e-300)))

    falls = [
        entropy(search.posteriors[0], search.absent[0]) - entropy(search.posteriors[-1], search.absent[-1])
        for search in [*present, *absent]
    ]
    assert np.mean(falls) > 1
    assert min(falls) > -0.5


def test_a_narrower_fovea_needs_more_fixations(present):
    narrow = replace(QUICK, eye=GeislerPerry(half_eccentricity_deg=0.8), missing=0.0)
    slow = many(narrow, IMAGE, cut(IMAGE, BOX), saccades=40)
    quick = many(replace(QUICK, missing=0.0), IMAGE, cut(IMAGE, BOX), saccades=40)
    assert np.mean([s.fixations for s in slow]) > 1.5 * np.mean([s.fixations for s in quick])


def test_guidance_finds_sooner_than_search_that_does_not_know_its_target():
    blind = replace(QUICK, discriminability=1e-6, pursuit=0.0)
    paths = [search.path for search in many(blind, IMAGE, cut(IMAGE, SPOON), saccades=6)]
    hits = sum(bool(np.any(np.abs(path.places - middle(SPOON)).max(axis=1) < 32)) for path in paths)
    guided = many(QUICK, IMAGE, cut(IMAGE, SPOON), saccades=6)
    assert sum(search.found for search in guided) > hits + 2


def test_the_density_is_a_distribution_that_prefers_the_target():
    template = cut(IMAGE, SPOON)
    history = [(300.0, 200.0), (380.0, 220.0)]
    density = QUICK.density(IMAGE, template, VIEWING, history)
    assert density.shape == IMAGE.shape[:2]
    assert density.sum() == pytest.approx(1)
    assert density.min() > 0
    blind = replace(QUICK, discriminability=1e-6, pursuit=0.0).density(IMAGE, template, VIEWING, history)
    assert cut(density, SPOON).sum() > 2 * cut(blind, SPOON).sum()


def test_a_searcher_alone_in_the_crowd_draws_from_its_own_density():
    def hill(image):
        return np.outer(*(np.hanning(side + 2)[1:-1] for side in np.shape(image)[:2])).astype(np.float32)

    alone = replace(QUICK, model=hill, crowd=1, discriminability=1e-6)
    path = QUICK.search(IMAGE, ELSEWHERE, VIEWING, saccades=3).path
    densities = next(alone.foresee(IMAGE, cut(IMAGE, BOX), VIEWING, [path]))
    beliefs = alone.follow(IMAGE, cut(IMAGE, BOX), VIEWING, path)
    for density, belief in zip(densities, beliefs, strict=True):
        assert density == pytest.approx(belief.density, rel=1e-3)


@settings(deadline=None, max_examples=10)
@given(x=st.floats(0, 599), y=st.floats(0, 399), seed=st.integers(0, 99))
def test_paths_stay_in_the_picture_and_times_ascend(x, y, seed):
    search = QUICK.search(IMAGE, ELSEWHERE, VIEWING, start=(x, y), rng=seed, saccades=5)
    assert search.path.start == (x, y)
    assert np.all((search.path.places > -0.5) & (search.path.places < (599.5, 399.5)))
    assert np.all(np.diff([0, *search.path.onset, search.time_s]) > 0)
    ends = search.path.onset + search.path.duration
    assert search.time_s == pytest.approx(ends[-1] if len(ends) else search.time_s)


def test_the_habits_that_ship_say_from_what_they_were_learned():
    assert isinstance(search_habits(), LogLinear)
    assert "interiors_search" in search_habits().provenance
    assert PhotoSearcher().habits == search_habits() != LogLinear()


def test_each_of_many_may_have_a_budget_and_a_start_of_its_own():
    searches = QUICK.search_many(
        IMAGE, ELSEWHERE, VIEWING, 2, saccades=[1, 2], starts=[(10.0, 20.0), None], rng=3, stimulus="cup"
    )
    assert [search.fixations for search in searches] == [1, 2]
    assert [search.path.start for search in searches] == [(10.0, 20.0), VIEWING.centre]
    assert {search.path.stimulus for search in searches} == {"cup"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"discriminability": 0.0}, "discriminability to be positive"),
        ({"crowding": np.nan}, "crowding to be positive"),
        ({"criterion": 1.0}, "criterion between 0 and 1"),
        ({"pursuit": 1.5}, "pursuit from 0 to 1"),
        ({"missing": 1.0}, "missing from 0 to below 1"),
        ({"sure": 0.4}, "sure between 0.5 and 1"),
        ({"cells": 1}, "at least 2 cells"),
        ({"crowd": 0}, "at least one searcher"),
    ],
)
def test_parameters_outside_their_range_are_refused(changed, sentence):
    with pytest.raises(ValueError, match=sentence):
        PhotoSearcher(**changed)


def test_bad_starts_and_numbers_are_refused():
    template = cut(IMAGE, BOX)
    with pytest.raises(ValueError, match="lies outside"):
        QUICK.search(IMAGE, template, VIEWING, start=(-5.0, 0.0))
    with pytest.raises(ValueError, match="at least one searcher"):
        QUICK.search_many(IMAGE, template, VIEWING, 0)
    with pytest.raises(ValueError, match="for each of 2 searchers"):
        QUICK.search_many(IMAGE, template, VIEWING, 2, saccades=[1])
    with pytest.raises(ValueError, match="from 0 up"):
        QUICK.search(IMAGE, template, VIEWING, saccades=-1)
